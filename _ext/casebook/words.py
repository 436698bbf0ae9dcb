"""The words of nodes that are not resolved yet, as they will be read."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinxcontrib.bibtex.citation_target import parse_citation_targets

from .core.text import Text, mark
from .placeholders import Generated


def pieces(parts: Iterable[nodes.Node]) -> Iterator[tuple[Any, str]]:
    """Yield each text and each unresolved link inside nodes, in reading order, with its words.

    Marks stand for what the whole book decides.
    """
    for part in parts:
        if isinstance(part, nodes.Text):
            yield part, part.astext()
        elif isinstance(part, addnodes.pending_xref):
            yield part, _words(part)
        elif isinstance(part, Generated) and part["what"] == "words":
            yield part, part["text"].marked
        else:
            yield from pieces(part.children)


def _words(link: addnodes.pending_xref) -> str:
    domain, kind, target = link.get("refdomain"), link["reftype"], link["reftarget"]
    if link.get("refexplicit"):
        return link.astext()
    if domain == "cite":
        keys = ",".join(cited.key for cited in parse_citation_targets(target))
        return mark("label" if kind == "label" else "cite", keys)
    if domain == "casebook":
        return mark(kind, target)
    # Plain Markdown links to metrics, patterns and insights have their anchors as targets.
    anchor = re.fullmatch("(metric|pattern)-(.+)", target)
    return mark(*anchor.groups()) if anchor else mark("target", target_of(link))


def target_of(link: addnodes.pending_xref) -> str:
    """Return the name of what a link leads to: a label, a page, or a place on a page."""
    place = link.get("reftargetid")
    return f"{link['reftarget']}#{place}" if place else str(link["reftarget"])


def text_of(parts: Iterable[nodes.Node], line: int = 0) -> Text:
    """Return all words of some nodes, on one line."""
    return Text(" ".join("".join(words for _, words in pieces(parts)).split()), line)
