"""Formulas as drawings, for electronic books: few of their readers set MathML."""

from __future__ import annotations

import copy
import math
from dataclasses import dataclass
from xml.etree import ElementTree

STEPS = 10
"""To the em: a drawing is made so high that a class of the style sheet can say it."""
DEEPEST, HIGHEST = 60, 200
"""In steps."""
SIZE = 16
"""Pixels to the em."""


@dataclass(frozen=True, slots=True)
class FormulaDrawing:
    """An SVG, with the height of its frame and what of it is below the line of the text."""

    svg: bytes
    height: int
    depth: int
    """In steps of the em."""


def draw(root: ElementTree.Element) -> FormulaDrawing:
    """Draw a formula, given as MathML."""
    from ziamath.config import config
    from ziamath.zmath import Math

    config.svg2 = False  # paths alone: many readers copy no symbols
    tree = copy.deepcopy(root)
    tree.set("displaystyle", "true" if root.get("display") == "block" else "false")
    _align(tree)
    drawn = Math(ElementTree.tostring(tree, encoding="unicode"), size=SIZE, margin=0)
    box = drawn.node.bbox
    unit = SIZE / STEPS
    above = max(math.ceil(box.ymax / unit), 1)
    below = max(math.ceil(-box.ymin / unit), 0)
    picture = drawn.svgxml()
    width, height = box.xmax - box.xmin, (above + below) * unit
    picture.set("viewBox", f"{box.xmin:.2f} {-above * unit:.2f} {width:.2f} {height:.2f}")
    picture.set("width", f"{width:.2f}")
    picture.set("height", f"{height:.2f}")
    return FormulaDrawing(ElementTree.tostring(picture), above + below, below)


def _align(root: ElementTree.Element) -> None:
    # The drawing program knows attributes of MathML 3 only, and no classes.
    for table in root.iter("mtable"):
        row = next(iter(table), None)
        cells = [] if row is None else [cell.get("class", "") for cell in row]
        sides = [
            "left" if "m-left" in c else "right" if "m-right" in c else "center" for c in cells
        ]
        table.set("columnalign", " ".join(sides))


def css() -> str:
    """Return the style sheet of the drawings: their heights, and how deep they hang."""
    return "".join(
        [
            "img.formula-image { width: auto; max-width: 100%; }\n",
            *(f".formula-h{n} {{ height: {n / STEPS}em; }}\n" for n in range(1, HIGHEST + 1)),
            *(
                f".formula-d{n} {{ vertical-align: -{n / STEPS}em; }}\n"
                for n in range(1, DEEPEST + 1)
            ),
        ]
    )
