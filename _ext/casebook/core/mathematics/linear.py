"""Formulas on one line of plain text, for the places that hold words alone."""

from __future__ import annotations

import unicodedata
from xml.etree import ElementTree

from casebook.core.mathematics.mathml import read
from casebook.core.problems import Problem

RAISED = str.maketrans("123", "¹²³")
LOWERED = str.maketrans("012", "₀₁₂")
"""What every face of the book has."""
SIGNS = frozenset("∂∆∏∑−∕√∞∫≈≠≤≥→←↔·×÷±…′₀₁₂")
"""What the faces of the book have, beside Latin and Greek."""
GREEK = str.maketrans("ϵϕϑϱϖϰ", "εφθρπκ")
"""Other forms of letters, which no face has."""
_UNSEEN = "\u2061\u2062\u2063\u2064\ufe00"
_SPACED = frozenset("=<>≤≥≠≈+−×·→÷±")


class _NoLineError(Exception):
    """A formula has no form on one line."""


def words(latex: str, display: bool = False) -> str:
    """Return a formula as a line of text, or its source where that has no such form."""
    root = read(latex, display)
    if isinstance(root, Problem):
        return latex
    try:
        said = " ".join(_row(root).split()).translate(GREEK)
        return said if all(map(_is_common, said)) else latex
    except _NoLineError:
        return latex


def _is_common(letter: str) -> bool:
    return letter in SIGNS or letter < "\u0180" or "\u0386" <= letter <= "\u03ce"


def _row(row: ElementTree.Element) -> str:
    said = ""
    before: ElementTree.Element | None = None
    for child in row:
        piece = _said(child)
        # Two letters side by side are a product, and not a word.
        if before is not None and child.tag == before.tag == "mi":
            said += " "
        said += piece
        before = child if piece else before
    return said


def _said(element: ElementTree.Element) -> str:
    text = "".join(c for c in element.text or "" if c not in _UNSEEN).replace("⋅", "·")
    match element.tag:
        case "mi" | "mn" | "mtext":
            return "".join(map(_plain, text))
        case "mo":
            beside = element.get("lspace") == element.get("rspace") == "0"
            return (
                f" {text} " if text in _SPACED and not beside else f"{text} "[: 1 + (text == ",")]
            )
        case "mspace":
            return " " if element.get("width", "0") != "0" else ""
        case "mrow" | "mstyle" | "mpadded":
            return _row(element)
        case "mfrac" if element.get("linethickness") != "0":
            above, below = element
            return f"{_grouped(above)}/{_grouped(below)}"
        case "msqrt":
            return f"√{_group(_row(element))}"
        case "msup" | "mover" if element.get("accent") is None:
            return _said(element[0]) + _raised(element[1])
        case "msub" | "munder" if element.get("accentunder") is None:
            return _said(element[0]) + _lowered(element[1])
        case "msubsup" | "munderover":
            base, low, high = element
            return f"{_said(base)}{_lowered(low)}{_raised(high)} "
    raise _NoLineError


def _plain(letter: str) -> str:
    """Return a letter without the face that mathematics gives it."""
    styled = "\u2100" <= letter <= "\u214f" or letter >= "\U0001d400"
    return unicodedata.normalize("NFKC", letter) if styled else letter


def _raised(part: ElementTree.Element) -> str:
    said = _said(part).strip()
    if said == "′":
        return said
    return said.translate(RAISED) if said in ("1", "2", "3") else f"^{_group(said)}"


def _lowered(part: ElementTree.Element) -> str:
    said = _said(part).strip()
    return said.translate(LOWERED) if said in ("0", "1", "2") else f"_{_group(said)}"


def _grouped(part: ElementTree.Element) -> str:
    return _group(_said(part).strip())


def _group(said: str) -> str:
    return said if said.isalnum() else f"({said.strip()})"
