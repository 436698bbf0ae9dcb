"""The tokens of the look as a style sheet: colours, and the widths of drawings.

They have one source, `core.palette`; what is made of it here is written at each build.
"""

from __future__ import annotations

from casebook.core import palette
from casebook.figures.drawings import WIDE, WIDTH_STEP


def css(dark: str = palette.DARK, by_system: str = palette.BY_SYSTEM) -> str:
    """Return the style sheet, with the selectors of a dark page."""
    widths = range(WIDTH_STEP, WIDE + WIDTH_STEP + 1, WIDTH_STEP)
    return palette.css(dark, by_system) + "".join(f".w-{w}{{--w:{w}px}}\n" for w in widths)
