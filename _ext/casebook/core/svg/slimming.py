"""What a drawing says twice, or draws without a trace, is left out: less to send, nothing else."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from casebook.core.svg.sanitiser import Element

# Of the attributes that may stay, those that an element hands down (SVG 2, property index).
_HANDED_DOWN = frozenset(
    {
        *("fill", "fill-opacity", "fill-rule", "clip-rule", "paint-order", "visibility"),
        *("stroke", "stroke-width", "stroke-opacity", "stroke-linecap", "stroke-linejoin"),
        *("stroke-miterlimit", "stroke-dasharray", "stroke-dashoffset"),
        *("marker-start", "marker-mid", "marker-end"),
        *("text-anchor", "font-size", "font-style", "font-weight"),
    }
)
_NO_TURN = re.compile(r"rotate\(-?0(?:[\s,][^)]*)?\)")


def slim(root: Element) -> Element:
    """Return the same drawing with less said.

    An attribute goes if an element around it says the same, and so does a turn by nothing, and a
    path that is neither filled nor stroked.  What is drawn through a reference inherits from
    there, so from an id on everything stays.
    """
    return _slim(root, {})


def _slim(element: Element, inherited: Mapping[str, str]) -> Element:
    if "id" in element.attributes:
        return element
    said = {name: value for name, value in element.attributes.items() if not _idle(name, value)}
    now = {**inherited, **{name: value for name, value in said.items() if name in _HANDED_DOWN}}
    own = {name: value for name, value in said.items() if inherited.get(name) != value}
    children: list[Element | str] = []
    for child in element.children:
        if isinstance(child, str):
            children.append(child)
            continue
        lean = _slim(child, now)
        if lean.tag == "g" and not lean.attributes:
            children.extend(lean.children)
        elif not _traceless(lean, now):
            children.append(lean)
    return replace(element, attributes=MappingProxyType(own), children=tuple(children))


def _idle(name: str, value: str) -> bool:
    return name == "transform" and _NO_TURN.fullmatch(value) is not None


def _traceless(element: Element, inherited: Mapping[str, str]) -> bool:
    said = {**inherited, **element.attributes}
    plain = "id" not in said and not any(name.startswith("marker-") for name in said)
    return (
        element.tag == "path" and plain and said.get("fill") == said.get("stroke", "none") == "none"
    )
