"""Labels: lists that start at one left edge, and grounds under words that cross a line.

Members of classes and attributes of entities are lists. merman sets a label that was meant as HTML
in the middle of the width it estimated, which shifts every line by its own error. The place where
the label was to begin is still in the drawing, as an empty group.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType

from casebook.core.svg.sanitiser import Element

_LISTS = (
    *("members-group", "methods-group"),
    *("attribute-type", "attribute-name", "attribute-keys", "attribute-comment"),
)
_TRANSLATE = re.compile(r"\s*translate\(\s*(-?[\d.]{1,20})(?:[\s,]+(-?[\d.]{1,20}))?\s*\)\s*")
_SOURCE = "data-merman-source-classes"
_LINE = 25.0
"""Upper bound of the height of a line, px."""


def left_align(root: Element) -> Element:
    """Return the drawing with lines of lists anchored at their start, and milestones on end.

    A line takes the nearest empty group of its list to the left; without one it is left alone, so
    a change in merman can at worst bring the ragged edge back.
    """
    places = {name: list(_places(root, name, 0.0, 0.0, False)) for name in _LISTS}

    def visit(element: Element) -> Element:
        if element.tag == "text":
            return _anchored(element, places)
        if element.tag == "rect" and "milestone" in element.attributes.get("class", "").split():
            return _diamond(element)
        children = tuple(c if isinstance(c, str) else visit(c) for c in element.children)
        return Element(element.tag, element.attributes, children)

    return visit(root)


def _diamond(square: Element) -> Element:
    """Turn the square of a milestone by its `transform`.

    merman turns it by CSS, which no attribute can say in the same way.
    """
    x, y, size = (_number(square.attributes.get(name, "")) for name in ("x", "y", "width"))
    middle, centre, side = x + size / 2, y + size / 2, size * 0.7
    attributes = {
        **square.attributes,
        **{"x": f"{middle - side / 2:.2f}", "y": f"{centre - side / 2:.2f}"},
        **{"width": f"{side:.2f}", "height": f"{side:.2f}", "rx": "0", "ry": "0"},
        "transform": f"rotate(45 {middle:.2f} {centre:.2f})",
    }
    return Element(square.tag, MappingProxyType(attributes), square.children)


def _places(
    element: Element, name: str, x: float, y: float, inside: bool
) -> Iterator[tuple[float, float]]:
    """Yield left edge and top of the labels of one list, in the drawing's coordinates."""
    if match := _TRANSLATE.fullmatch(element.attributes.get("transform", "")):
        x, y = x + _number(match[1]), y + _number(match[2] or "0")
    classes = element.attributes.get("class", "").split()
    inside = inside or name in classes
    if inside and "label" in classes:
        yield x, y
    for child in element.children:
        if isinstance(child, Element):
            yield from _places(child, name, x, y, inside)


def _anchored(text: Element, places: dict[str, list[tuple[float, float]]]) -> Element:
    words = text.attributes.get(_SOURCE, "").split()
    name = next((name for name in _LISTS if name in words), None)
    if name is None:
        return text
    middle, height = (_number(text.attributes.get(axis, "")) for axis in ("x", "y"))
    fitting = [x for x, top in places[name] if 0 <= height - top <= _LINE and x <= middle]
    nearest = max(fitting, default=None)
    if nearest is None:
        return text
    style = f"{text.attributes.get('style', '')};text-anchor:start"
    attributes = {**text.attributes, "x": f"{nearest:.2f}", "style": style}
    return Element(text.tag, MappingProxyType(attributes), text.children)


_HEIGHT = 14.0
_ADVANCE = 6.9
"""Mean width of a letter of 14 px, px; measured on labels set in Plex Sans."""


_SIDES = {"start": 1, "end": -1}
"""On which side of its anchor a text stands."""


def with_plates(root: Element) -> Element:
    """Return the same drawing with every halo turned into a rectangle behind the words.

    typst draws a text letter by letter, so the halo of each would cut into the letter before it.
    """
    children: list[Element | str] = []
    for child in root.children:
        if isinstance(child, Element) and child.tag != "text":
            children.append(with_plates(child))
        elif isinstance(child, Element) and "paint-order" in child.attributes:
            halo = {"stroke", "stroke-width", "stroke-linejoin", "paint-order"}
            kept = {n: v for n, v in child.attributes.items() if n not in halo}
            children += _plates(child)
            children.append(Element(child.tag, MappingProxyType(kept), child.children))
        else:
            children.append(child)
    return Element(root.tag, root.attributes, tuple(children))


def _plates(text: Element) -> Iterator[Element]:
    own = text.attributes
    down = _number(own.get("y", "")) + _shift(own.get("dy", ""))
    if "dominant-baseline" not in own:
        down -= 0.35 * _HEIGHT
    margin = _number(own.get("stroke-width", "")) / 2
    for child in text.children:
        words = child if isinstance(child, str) else child.text()
        if isinstance(child, Element):
            down += _shift(child.attributes.get("dy", ""))
        width = len(words.strip()) * _ADVANCE + 2 * margin
        middle = _number(own.get("x", ""))
        anchor = own.get("text-anchor", "start")
        middle += _SIDES.get(anchor, 0) * (width / 2 - margin)
        rectangle = {
            "x": f"{middle - width / 2:.2f}",
            "y": f"{down - _HEIGHT / 2 - margin / 2:.2f}",
            "width": f"{width:.2f}",
            "height": f"{_HEIGHT + margin:.2f}",
            "fill": own.get("stroke", "none"),
        }
        if "transform" in own:
            rectangle["transform"] = own["transform"]
        yield Element("rect", MappingProxyType(rectangle))


def _shift(length: str) -> float:
    if length.endswith("em"):
        return _number(length.removesuffix("em")) * _HEIGHT
    return _number(length)


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return 0.0
