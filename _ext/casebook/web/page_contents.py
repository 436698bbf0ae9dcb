"""The sections of the page at hand: beside the text, and in the book's contents.

furo shows the titles of pages at the left.  The page at hand opens there to its own sections, so
that they can be reached where the column at the right has no room.
"""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.environment.adapters.toctree import document_toc, global_toctree_for_doc

if TYPE_CHECKING:
    from sphinx.application import Sphinx

LEVELS = 2
"""Of headings below the title."""
SECTION = "page-section"
"""The class of a section in the contents of the book."""
_FOLDED = re.compile(rf'(<li class="[^"]*\b{SECTION} has-children">.*?<input )', re.DOTALL)


def _own(builder: StandaloneHTMLBuilder, page: str) -> nodes.Element:
    """Return a list of the page's title with its sections."""
    contents = document_toc(builder.env, page, builder.tags)
    assert isinstance(contents, nodes.Element)
    _cut(contents, 1 + LEVELS)
    return contents


def _cut(contents: nodes.Element, levels: int) -> None:
    """Remove what is deeper, the pages below, and lists that held nothing else."""
    kept = [item for item in contents.children if isinstance(item, nodes.list_item)]
    contents.children = list(kept)
    for item in kept:
        for below in [child for child in item.children if isinstance(child, nodes.bullet_list)]:
            _cut(below, levels - 1)
            if levels == 1 or not below.children:
                item.remove(below)


def _book(builder: StandaloneHTMLBuilder, page: str, **how: Any) -> str:
    """Return the contents of the book as HTML, with the page's own sections above those below it.

    It stands in place of Sphinx's own function, which can't do that for one page alone.
    """
    contents = global_toctree_for_doc(builder.env, page, builder, tags=builder.tags, **how)
    if contents is None:
        return ""
    links = contents.findall(nodes.reference)
    here = [link for link in links if "current" in link["classes"]]
    for link in here[-1:]:  # where furo marks it
        _hang(link.parent.parent, _own(builder, page))
    return builder.render_partial(contents)["fragment"]


def _hang(item: nodes.Element, own: nodes.Element) -> None:
    title, *others = own.children
    assert isinstance(title, nodes.Element)
    sections = [
        *(section for below in title.children[1:] for section in below.children),
        *others,  # where a page has a second title
    ]
    [level] = [int(name[9:]) for name in item["classes"] if name.startswith("toctree-l")]
    for section in sections:
        _classify(section, level + 1)
    pages = next((child for child in item.children if isinstance(child, nodes.bullet_list)), None)
    if pages is not None:
        pages[:0] = sections
    elif sections:
        item += nodes.bullet_list("", *sections)


def _classify(section: nodes.Node, level: int) -> None:
    assert isinstance(section, nodes.Element)
    section["classes"] += [f"toctree-l{level}", SECTION]
    for below in section.children[1:]:
        for deeper in below.children:
            _classify(deeper, level + 1)


def _before_furo(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    builder = app.builder
    if doctree is not None and builder.name in ("html", "dirhtml"):
        assert isinstance(builder, StandaloneHTMLBuilder)
        context["toc"] = builder.render_partial(_own(builder, page))["fragment"]
        context["toctree"] = functools.partial(_book, builder, page)


def _after_furo(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if "furo_navigation_tree" in context:
        # furo opens what leads to the page at hand, and what is below it is to be open, too.
        tree = context["furo_navigation_tree"]
        context["furo_navigation_tree"] = _FOLDED.sub(r'\1checked="" ', tree)


def setup(app: Sphinx) -> None:
    """Register both sides of furo's own handler."""
    app.connect("html-page-context", _before_furo, priority=400)
    app.connect("html-page-context", _after_furo, priority=600)
