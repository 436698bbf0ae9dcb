"""``moved``: old addresses of a page whose sections have moved to chapters, and where they lead.

An address that ends in "#section" cannot be led on by a server, which never sees what follows the
sign.  So the page keeps a hidden list of its old anchors.  A browser shows the one that an address
names, and a script follows its link.
"""

from __future__ import annotations

import posixpath
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from casebook.base.directive import BookDirective
from casebook.base.domain import domain_of
from casebook.base.reporting import report
from casebook.core.book.view import View
from casebook.core.problems import Kind, Problem
from casebook.web.tokens import write

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

FILES = ("moved.css", "moved.js")


@dataclass(frozen=True, slots=True)
class Moved:
    """An anchor that a page had, and the place that took over what stood there."""

    page: str
    anchor: str
    place: str
    """A page and an anchor, with "#" between them."""
    line: int = field(repr=False)


class MovedDirective(BookDirective):
    """``moved``: a line for each section that has moved: ``anchor -> page#anchor``.

    Chunks, metrics, insights, charts and counterexamples of the study's chapters need no line.
    """

    def run(self) -> list[nodes.Node]:
        page = self.env.docname
        if self.is_empty():
            return []
        for number, line in enumerate(self.content, 1):
            old, arrow, new = (part.strip() for part in line.partition("->"))
            target, sign, anchor = new.partition("#")
            if not (old and arrow and target and sign and anchor):
                message = "a line says 'old-anchor -> page#anchor'"
                self.warn(Problem(Kind.BAD_MOVE, message, number))
                continue
            home = posixpath.normpath(posixpath.join(posixpath.dirname(page), target))
            self.book.add(Moved(page, old, f"{home}#{anchor}", self.body_line(number)))
        return []


class ListMoved(SphinxPostTransform):
    """Make the list, outside the tree of nodes: neither search nor reader finds it in the text."""

    default_priority = 200
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        page, builder = self.env.docname, self.env._app.builder
        view = domain_of(self.env).view(page)
        own = [one for one in view.of(Moved) if one.page == page]
        if own and not builder.name.startswith("epub"):
            items = dict(_automatic(view, page)) | dict(_written(view, own))
            self.document["moved"] = _listed(builder, page, items)


def _automatic(view: View, page: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for place in view.records_elsewhere(page):
        yield place.anchor, (f"{place.page}#{place.anchor}", place.words)


def _written(view: View, moved: list[Moved]) -> Iterator[tuple[str, tuple[str, str]]]:
    for one in moved:
        target = view.target(f"place {one.place}")
        yield one.anchor, (f"{target.page}#{target.anchor}", view.words(target.title))


def _listed(builder: Builder, page: str, items: dict[str, tuple[str, str]]) -> str:
    made = []
    for anchor, (place, words) in items.items():
        target, _, name = place.partition("#")
        address = f"{builder.get_relative_uri(page, target)}#{name}"
        link = f'<a href="{escape(address)}">{escape(words)}</a>'
        made.append(f'<li id="{escape(anchor)}"><p>This has moved to {link}.</p></li>')
    return f'<ul class="moved">{"".join(made)}</ul>'


def _add_list(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if doctree is None or "moved" not in doctree:
        return
    context["body"] += doctree["moved"]
    for name in FILES:
        text = Path(__file__).with_name(name).read_text(encoding="utf-8")
        write(Path(app.outdir, "_static", f"casebook-{name}"), text)
    app.add_css_file("casebook-moved.css")
    app.add_js_file("casebook-moved.js", defer="defer")


def _check(app: Sphinx, env: BuildEnvironment) -> None:
    """Report anchors that have not moved, and places that are nowhere."""
    targets = domain_of(env).book.frame.targets
    for one in domain_of(env).book.of(Moved):
        if f"place {one.page}#{one.anchor}" in targets:
            message = f"'{one.anchor}' is on this page still, and has not moved"
        elif f"place {one.place}" not in targets:
            message = f"there is no place '{one.place}' to lead to"
        else:
            continue
        report(Problem(Kind.BAD_MOVE, message), (one.page, one.line))


def setup(app: Sphinx) -> None:
    """Register the directive, its list, and the check of where it leads."""
    app.add_directive("moved", MovedDirective)
    app.add_post_transform(ListMoved)
    app.connect("html-page-context", _add_list)
    app.connect("env-check-consistency", _check)
