"""Formulas as MathML, which browsers set without a script and without a request."""

from __future__ import annotations

import html
import re
from xml.etree import ElementTree

from casebook.core.mathematics.source import prepared, problem_of, quoted
from casebook.core.problems import Kind, Problem

NAMESPACE = "http://www.w3.org/1998/Math/MathML"
CLASSES = {
    "text-align:left": "m-left",
    "text-align:right": "m-right",
    "padding-left:0": "m-joined",
    "padding-left:1em": "m-gap",
    "padding-right:0": "m-tight",
    "margin-left:-0.16666667em": "m-back",
}
"""The page's policy forbids style attributes, so each declaration is a class of formulas.css."""
LEFT_OUT = ("justify-items", "padding-top")
"""Goes with the alignment, or makes little difference."""
NOT_ON_PAPER = frozenset("þϝ϶Ⅎ⅁⋔⎰⎱▴▵▾▿★⧵⨝⩞⪵⪶⪷⪸⪹⪺⫅⫆⫋⫌")
"""Signs for which math-core has a command, and Latin Modern Math has no glyph."""
_ENTITY = re.compile(r"&(?!(?:amp|lt|gt|quot|apos);)(\w+);")


def read(latex: str, display: bool) -> ElementTree.Element | Problem:
    """Return a formula as a tree of MathML, or why the book can't set it."""
    problem = problem_of(latex, display)
    if problem:
        return problem
    from math_core import LatexError, LatexToMathML

    source = prepared(latex) if display else latex
    try:
        made = LatexToMathML(fancy_error=False).convert_with_local_state(
            source, displaystyle=display
        )
    except LatexError as error:
        return _refused(latex, source, str(error))
    # Names of HTML, which XML does not know.
    root = ElementTree.fromstring(_ENTITY.sub(lambda name: html.unescape(name[0]), made))
    unknown = _tidy(root)
    if unknown:
        message = f"not every edition can set {unknown} of this formula: {quoted(latex)}"
        return Problem(Kind.BAD_MATHEMATICS, message)
    root.set("alttext", " ".join(latex.split()))
    return root


def _refused(latex: str, source: str, error: str) -> Problem:
    at, _, words = error.partition(": ")
    words = words.rstrip(".")
    words = words[0].lower() + words[1:]
    before = source[: int(at)].removeprefix(r"\begin{aligned}")
    behind = latex[len(before) :]
    where = f" at {quoted(behind, 30)}" if behind.strip() and behind != latex else ""
    message = f"this formula cannot be set: {words}{where}, in {quoted(latex)}"
    return Problem(Kind.BAD_MATHEMATICS, message)


def _tidy(root: ElementTree.Element) -> str:
    """Make classes of styles, in place; return what cannot be set."""
    for element in root.iter():
        if lacking := NOT_ON_PAPER & set(element.text or ""):
            return f"the sign '{min(lacking)}'"
        classes = []
        for declared in element.attrib.pop("style", "").split(";"):
            name, _, value = (part.strip() for part in declared.partition(":"))
            if name and name not in LEFT_OUT:
                found = CLASSES.get(f"{name}:{value}")
                if found is None:
                    return f"the '{name}'"
                classes.append(found)
        if classes:
            element.set("class", " ".join(classes))
    return ""


def mathml(root: ElementTree.Element) -> str:
    """Return the text of a tree, to stand in a page."""
    root.set("xmlns", NAMESPACE)
    return ElementTree.tostring(root, encoding="unicode")
