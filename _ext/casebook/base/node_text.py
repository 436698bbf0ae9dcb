"""The words of nodes that are not resolved yet, as they will be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from docutils import nodes
from docutils.utils.smartquotes import smartyPants
from sphinx import addnodes
from sphinx.util import docname_join
from sphinxcontrib.bibtex.citation_target import parse_citation_targets

from casebook.base.placeholders import LateWords, Placeholder
from casebook.core.text.marked_text import Text, mark

_NO_WORDS = (nodes.comment, nodes.footnote_reference, nodes.system_message, nodes.target)


def pieces(parts: Iterable[nodes.Node], page: str = "") -> Iterator[tuple[Any, str]]:
    """Yield each text and each unresolved link inside nodes, in reading order, with its words.

    Marks stand for what the whole book decides; `page` is the page of the nodes.
    """
    for part in parts:
        if isinstance(part, nodes.raw):
            yield part, " " if part.astext().startswith("<br") else ""  # tags, and no words
        elif isinstance(part, _NO_WORDS):
            continue
        elif isinstance(part, nodes.math | nodes.math_block):
            yield part, part.get("words", part.astext())
        elif isinstance(part, nodes.Text):
            literal = isinstance(part.parent, nodes.literal)
            # Sphinx sets dashes and dots later.
            yield part, part.astext() if literal else smartyPants(part.astext(), "De")
        elif isinstance(part, addnodes.pending_xref):
            yield part, _words(part)
        elif isinstance(part, Placeholder) and isinstance(part.content, LateWords):
            yield part, part.content.text.marked
        elif isinstance(part, nodes.reference) and part.get("id_link") and not part.children:
            # A link of Markdown to a place, which MyST resolves later.
            yield part, _anchored(part["refuri"].removeprefix("#"), page)
        else:
            yield from pieces(part.children, page)
            if not isinstance(part, nodes.Inline):
                yield part, " "  # between two blocks


def _words(link: addnodes.pending_xref) -> str:
    domain, kind, target = link.get("refdomain"), link["reftype"], link["reftarget"]
    if link.get("refexplicit"):
        return link.astext()
    if domain == "cite":
        keys = ",".join(cited.key for cited in parse_citation_targets(target))
        return mark("label" if kind == "label" else "cite", keys)
    if domain == "casebook":
        return mark(kind, target)
    return _anchored(target_of(link), "")


def _anchored(target: str, page: str) -> str:
    # What has a name in the press is named by it, other places by their titles.
    named = re.fullmatch("(metric|pattern|insight|exercise|chunk)-(.+)", target)
    place = f"{page}#{target}" if page else target
    return mark(*named.groups()) if named else mark("target", place)


def target_of(link: addnodes.pending_xref) -> str:
    """Return the name of what a link leads to: a label, a page, or a place on a page."""
    target, place = str(link["reftarget"]), link.get("reftargetid")
    if link["reftype"] == "doc":
        target = docname_join(link["refdoc"], target)
    return f"{target}#{place}" if place else target


def text_of(parts: Iterable[nodes.Node], page: str = "", line: int = 0) -> Text:
    """Return all words of some nodes of a page, on one line."""
    return Text(" ".join("".join(words for _, words in pieces(parts, page)).split()), line)
