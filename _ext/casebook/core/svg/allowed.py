"""Which elements, attributes and values an SVG of ours may hold; everything not listed is left out.

A value is kept only when it matches the grammar of its attribute, so there is no list of attacks to
keep up to date: a handler, a foreign link or a hidden expression matches nothing.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

_PRESENT = ("id",)
_SHAPE = (*_PRESENT, "transform")

ATTRIBUTES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "svg": ("aria-roledescription",),
        "g": _SHAPE,
        "defs": (),
        "symbol": (*_PRESENT, "viewBox", "width", "height", "overflow"),
        "use": (*_SHAPE, "href", "x", "y", "width", "height"),
        "path": (*_SHAPE, "d"),
        "rect": (*_SHAPE, "x", "y", "width", "height", "rx", "ry"),
        "circle": (*_SHAPE, "cx", "cy", "r"),
        "ellipse": (*_SHAPE, "cx", "cy", "rx", "ry"),
        "line": (*_SHAPE, "x1", "y1", "x2", "y2"),
        "polyline": (*_SHAPE, "points"),
        "polygon": (*_SHAPE, "points"),
        "text": (*_SHAPE, "x", "y", "dx", "dy", "rotate", "textLength", "lengthAdjust"),
        "tspan": (*_PRESENT, "x", "y", "dx", "dy", "rotate"),
        "marker": (
            *_PRESENT,
            *("viewBox", "refX", "refY", "markerUnits", "markerWidth", "markerHeight", "orient"),
        ),
        "clipPath": (*_SHAPE, "clipPathUnits"),
        "pattern": (
            *(*_PRESENT, "x", "y", "width", "height", "viewBox"),
            *("patternUnits", "patternContentUnits", "patternTransform"),
        ),
        "linearGradient": (
            *(*_PRESENT, "x1", "y1", "x2", "y2"),
            *("gradientUnits", "gradientTransform", "spreadMethod"),
        ),
        "stop": ("offset",),
    }
)
"""The elements that may stay, each with its own attributes; the drawing properties come on top."""

ELEMENTS = frozenset(ATTRIBUTES)
DEFINITIONS = frozenset({"symbol", "marker", "clipPath", "pattern", "linearGradient"})
"""Elements that are seen only through a reference."""

_NUMBER = r"[-+]?(?:\d{1,12}(?:\.\d{0,20})?|\.\d{1,20})(?:[eE][-+]?\d{1,3})?"
_LENGTH = rf"{_NUMBER}(?:px|pt|em|ex|%)?"
_COLOUR = (
    r"\#[0-9a-fA-F]{3,8}|(?:rgb|hsl)a?\([\d\s.,%/+-]{1,80}\)"
    r"|var\(--cb-[a-z0-9-]{1,40}\)|[a-zA-Z]{3,30}"
)
_REFERENCE = r"url\(\s*[\"']?#([\w.:-]{1,200})[\"']?\s*\)"
REFERENCE = re.compile(_REFERENCE)
"""A local reference, ``url(#id)``; group 1 is the id."""

_WORD = re.compile(r"[a-zA-Z-]{1,40}")
_LENGTH_RE = re.compile(_LENGTH)
_LENGTHS = re.compile(rf"{_LENGTH}(?:[\s,]+{_LENGTH}){{0,2000}}")
_PAINT = re.compile(rf"{_COLOUR}|{_REFERENCE}(?:\s+none)?")
_WEIGHT = re.compile(r"[1-9]00|normal|bold|bolder|lighter")
_DASHES = re.compile(rf"none|{_LENGTH}(?:[\s,]+{_LENGTH}){{0,20}}")

_PROPERTY_GRAMMAR: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        **dict.fromkeys(("fill", "stroke", "color", "stop-color"), _PAINT),
        **dict.fromkeys(
            (
                *("opacity", "fill-opacity", "stroke-opacity", "stop-opacity", "stroke-width"),
                *("stroke-miterlimit", "stroke-dashoffset", "font-size", "letter-spacing"),
            ),
            _LENGTH_RE,
        ),
        **dict.fromkeys(
            (
                *("fill-rule", "clip-rule", "stroke-linecap", "stroke-linejoin", "font-style"),
                *("text-anchor", "dominant-baseline", "alignment-baseline", "visibility"),
                *("display", "text-decoration", "paint-order", "vector-effect"),
            ),
            re.compile(r"[a-zA-Z-]{1,20}(?: [a-zA-Z-]{1,20}){0,2}"),
        ),
        **dict.fromkeys(
            ("marker-start", "marker-mid", "marker-end", "clip-path"), re.compile(_REFERENCE)
        ),
        "font-weight": _WEIGHT,
        "baseline-shift": re.compile(rf"{_LENGTH}|sub|super|baseline"),
        "stroke-dasharray": _DASHES,
    }
)
PROPERTIES = frozenset(_PROPERTY_GRAMMAR) | {"font"}
"""Properties that may be written as attributes; ``font`` is only read, for its size and weight."""

COLOUR_PROPERTIES = frozenset({"fill", "stroke", "color", "stop-color"})
"""The properties whose value is a colour."""

_PATH = re.compile(r"[\s\d.,+\-eEMmLlHhVvCcSsQqTtAaZz]*")
_TRANSFORM = re.compile(
    r"\s*(?:(?:translate|scale|rotate|matrix|skewX|skewY)\s*\([\d\s.,eE+-]{0,300}\)[\s,]*){0,20}"
)
_ATTRIBUTE_GRAMMAR: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "id": re.compile(r"[^\s\"'<>&()#]{1,200}"),
        "href": re.compile(r"#[^\s\"'<>&()#]{1,200}"),
        "d": _PATH,
        "points": re.compile(r"[\s\d.,+\-eE]*"),
        "viewBox": re.compile(rf"\s*{_NUMBER}(?:[\s,]+{_NUMBER}){{3}}\s*"),
        "orient": re.compile(rf"auto|auto-start-reverse|{_NUMBER}"),
        **dict.fromkeys(("transform", "gradientTransform", "patternTransform"), _TRANSFORM),
        **dict.fromkeys(
            (
                *("role", "aria-roledescription", "overflow", "lengthAdjust", "markerUnits"),
                *("clipPathUnits", "gradientUnits", "spreadMethod", "patternUnits"),
                "patternContentUnits",
            ),
            re.compile(r"[a-zA-Z0-9 -]{1,60}"),
        ),
    }
)
_LONG = re.compile(r"-?\d*\.\d{3,}")
_NO_EFFECT = frozenset({"inherit", "initial", "unset", "revert"})


def clean_attribute(name: str, value: str) -> str | None:
    """Return the value of a listed attribute, shortened; None if it is not of the right form."""
    value = value.strip()
    if not _ATTRIBUTE_GRAMMAR.get(name, _LENGTHS).fullmatch(value):
        return None
    if name in ("id", "href", "role", "aria-roledescription"):
        return value
    return _shorten(name, value)


def clean_property(name: str, value: str) -> str | None:
    """Return the value of a drawing property as an attribute; None if it may not stay."""
    value = value.strip()
    grammar = _PROPERTY_GRAMMAR.get(name)
    if grammar is None or value in _NO_EFFECT or not grammar.fullmatch(value):
        return None
    if reference := REFERENCE.search(value):
        return f"url(#{reference[1]})"
    if name in COLOUR_PROPERTIES:
        return value
    return _shorten(name, value.removesuffix("px") if _LENGTH_RE.fullmatch(value) else value)


def _shorten(name: str, value: str) -> str:
    """Round numbers to 2 decimals, and factors of a matrix to 5.

    No eye can tell the drawing from the original.
    """
    places = 5 if name.lower().endswith("transform") and "(" in value else 2

    def short(match: re.Match[str]) -> str:
        text = f"{float(match.group()):.{places}f}".rstrip("0").rstrip(".")
        return "0" if text == "-0" else text

    value = _LONG.sub(short, value)
    return " ".join(value.split()) if name in ("d", "points") else value


_FONT = re.compile(
    r"(?P<before>(?:[a-z0-9-]{1,20}\s+){0,4})(?P<size>[\d.]{1,10}px)(?:\s*/\s*[\d.a-z%]{1,10})?(?:\s|\Z)"
)


def font_parts(value: str) -> list[tuple[str, str]]:
    """Take size, weight and style out of a ``font`` shorthand; the family belongs to the page."""
    match = _FONT.match(value.strip())
    if match is None:
        return []
    words = match["before"].split()
    parts = [("font-size", match["size"])]
    weights = (word for word in words if word != "normal" and _WEIGHT.fullmatch(word))
    parts += [("font-weight", word) for word in weights]
    parts += [("font-style", word) for word in words if word in ("italic", "oblique")]
    return parts
