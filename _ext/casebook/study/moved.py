"""``moved``: old addresses of a page whose sections have moved to chapters, and where they lead.

An address that ends in "#section" cannot be led on by a server, which never sees what follows the
sign.  So the page keeps a hidden list of its old anchors.  A browser shows the one that an address
names, and a script follows its link.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util import docname_join

from casebook.base.directive import BookDirective
from casebook.base.domain import domain_of
from casebook.base.page_files import link_files
from casebook.base.reporting import report
from casebook.core.book.view import View
from casebook.core.problems import Kind, Problem, suggestion

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

FOLDER = Path(__file__).parent


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
            if not (old and arrow and target and sign and anchor) or "#" in old + anchor:
                message = "a line says 'old-anchor -> page#anchor'"
                self.warn(Problem(Kind.BAD_MOVE, message, number))
                continue
            if any(one.anchor == old for one in self.book.records(page, Moved)):
                message = f"'{old}' leads to another place already; an old anchor has one line"
                self.warn(Problem(Kind.BAD_MOVE, message, number))
                continue
            place = f"{docname_join(page, target)}#{anchor}"
            self.book.add(Moved(page, old, place, self.body_line(number)))
        return []


class FindUnmoved(SphinxTransform):
    """Report anchors that the page still has."""

    default_priority = 880

    def apply(self, **kwargs: Any) -> None:
        moved = domain_of(self.env).records(self.env.docname, Moved)
        here = _anchors(self.document) if moved else set()
        for one in moved:
            if one.anchor in here:
                message = f"'{one.anchor}' is still on this page; take its line out of the list"
                report(Problem(Kind.BAD_MOVE, message), (one.page, one.line))


def _anchors(document: nodes.document) -> set[str]:
    return {str(name) for node in document.findall(nodes.Element) for name in node["ids"]}


class ListMoved(SphinxPostTransform):
    """Make the list, outside the tree of nodes: neither search nor reader finds it in the text."""

    default_priority = 200
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        page, builder = self.env.docname, self.env._app.builder
        view, own = domain_of(self.env).view(page), domain_of(self.env).records(page, Moved)
        if own and not builder.name.startswith("epub"):
            here, items = _anchors(self.document), dict[str, tuple[str, str]]()
            for anchor, place in (*_written(view, own), *_automatic(view, page)):
                if anchor not in here:  # such as a chunk whose name a chapter has as well
                    items.setdefault(anchor, place)
            self.document["moved"] = _listed(builder, page, items)


def _automatic(view: View, page: str) -> Iterator[tuple[str, tuple[str, str]]]:
    for place, words in view.records_elsewhere(page):
        yield place.anchor, (f"{place.page}#{place.anchor}", view.words(words))


def _written(view: View, moved: list[Moved]) -> Iterator[tuple[str, tuple[str, str]]]:
    for one in moved:
        target = view.target(f"place {one.place}")
        if target.page:  # else it is reported
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
    link_files(app, FOLDER / "moved.css", FOLDER / "moved.js")


def _check(app: Sphinx, env: BuildEnvironment) -> None:
    """Report places that are nowhere."""
    book = domain_of(env).book
    for one in book.of(Moved):
        if f"place {one.place}" not in book.frame.targets:
            known = [name.removeprefix("place ") for name in book.frame.targets]
            message = f"there is no place '{one.place}' to lead to{suggestion(one.place, known)}"
            report(Problem(Kind.BAD_MOVE, message), (one.page, one.line))


def setup(app: Sphinx) -> None:
    """Register the directive, its list, and the checks of what it names."""
    app.add_directive("moved", MovedDirective)
    app.add_transform(FindUnmoved)
    app.add_post_transform(ListMoved)
    app.connect("html-page-context", _add_list)
    app.connect("env-check-consistency", _check)
