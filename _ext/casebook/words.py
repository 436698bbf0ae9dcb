"""The words of nodes that are not resolved yet, as they will be read."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from docutils import nodes
from sphinx import addnodes

from .core.records import mark


def pieces(node: nodes.Node) -> Iterator[tuple[Any, str]]:
    """Each text and each unresolved link inside a node, in reading order, with its words.

    A citation has none; values and names that the whole book decides are marks.
    """
    yield from _pieces(node.children)


def _pieces(children: Iterable[nodes.Node]) -> Iterator[tuple[Any, str]]:
    for child in children:
        if isinstance(child, nodes.Text):
            yield child, child.astext()
        elif isinstance(child, addnodes.pending_xref):
            yield child, _words(child)
        else:
            yield from _pieces(child.children)


def _words(link: addnodes.pending_xref) -> str:
    domain = link.get("refdomain")
    if link.get("refexplicit"):
        return link.astext()
    if domain == "cite":
        return ""
    return mark(link["reftype"], link["reftarget"]) if domain == "casebook" else link.astext()


def readable(parts: Iterable[nodes.Node]) -> str:
    """All words of some nodes, on one line; a space before a citation goes with it."""
    text = ""
    for _, words in _pieces(parts):
        text = text + words if words else text.rstrip()
    return " ".join(text.split())
