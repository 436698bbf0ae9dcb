"""The book's look for charts, and the way of matplotlib's drawings into the book.

A drawing leaves here as any other of the book: sanitised, its colours the names of tokens.
"""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casebook.core.figures.drawing import Drawing, DrawingError, RendererMissing
from casebook.core.svg import sanitiser
from casebook.core.svg.allowed import COLOUR_PROPERTIES

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True, slots=True)
class Size:
    """How large a chart is drawn, in points, and its letters; lines are `line` times as wide."""

    width: float
    height: float
    letters: float
    line: float


SCREEN = Size(624, 330, 12.5, 1.0)
PAPER = Size(334, 176, 7.4, 0.6)

_TOKENS = (
    *("paper", "ink", "ink-2", "line", "hair", "accent", "tint"),
    *(f"series-{n}" for n in range(1, 7)),
)
COLOURS = {token: f"#c1a0{number:02x}" for number, token in enumerate(_TOKENS)}
_NAMES = {colour: token for token, colour in COLOURS.items()}


def picture(size: Size, height: float, font_dir: Path, paint: Callable[[Figure], None]) -> Drawing:
    """Return what `paint` draws on a figure of a size, but for its height, in the book's look.

    `font_dir` holds the book's print fonts, by which words are measured.  Raises
    ``RendererMissing`` if matplotlib cannot be imported, ``DrawingError`` if nothing can be drawn.
    """
    # What it says of its own caches, on a machine that it has not run on, is no message of a build.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        import matplotlib as mpl
        from matplotlib import font_manager
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise RendererMissing(
            "The package 'matplotlib', which draws charts, is missing."
        ) from error
    font_file = font_dir / "casebook-sans-400.ttf"
    if not font_file.exists():
        raise DrawingError(f"The chart cannot be drawn without the font {font_file.name}.")
    font = font_manager.get_font(str(font_file))
    if font.family_name not in {entry.name for entry in font_manager.fontManager.ttflist}:
        font_manager.fontManager.addfont(str(font_file))
    # From matplotlib's own settings, whatever a file on this machine has made of them.
    own: Any = {key: value for key, value in mpl.rcParamsDefault.items() if key != "backend"}
    with mpl.rc_context({**own, **_settings(font.family_name, size)}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph")  # what is missing is found below
        figure = Figure(figsize=(size.width / 72, height / 72), dpi=72)
        FigureCanvasAgg(figure)  # measures words; the file is SVG
        paint(figure)
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None}, transparent=True)
    try:
        cleaned = sanitiser.clean(file.getvalue().decode("utf-8"))
    except sanitiser.SvgError as error:
        raise DrawingError(f"The chart cannot be used: {error}") from error
    known = {*map(chr, font.get_charmap()), "\n"}
    if missing := next((sign for sign in cleaned.root.text() if sign not in known), ""):
        raise DrawingError(f"The chart holds {missing!r}, for which the book has no letter.")
    return Drawing(cleaned.map(_token))


def _token(name: str, value: str) -> str:
    if name not in COLOUR_PROPERTIES or value in ("none", "transparent") or value[:4] == "url(":
        return value
    if value.lower() not in _NAMES:
        raise DrawingError(f"The chart holds a colour that is not the palette's: {value}.")
    return f"var(--cb-{_NAMES[value.lower()]})"


def _settings(family: str, size: Size) -> Any:
    return {
        "font.family": family,
        "font.size": size.letters,
        "svg.fonttype": "none",
        "svg.hashsalt": "casebook",
        "text.parse_math": False,
        "text.hinting": "none",  # words are as wide as they will be set, not as pixels make them
        "text.color": COLOURS["ink-2"],
        "axes.edgecolor": COLOURS["line"],
        "axes.linewidth": 0.9 * size.line,
        "axes.labelcolor": COLOURS["ink-2"],
        "axes.unicode_minus": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": COLOURS["line"],
        "ytick.color": COLOURS["line"],
        "xtick.labelcolor": COLOURS["ink-2"],
        "ytick.labelcolor": COLOURS["ink-2"],
        "xtick.major.width": 0.9 * size.line,
        "ytick.major.width": 0.9 * size.line,
        "xtick.major.size": 4 * size.line,
        "ytick.major.size": 4 * size.line,
        "hatch.color": COLOURS["paper"],
        "hatch.linewidth": 1.6 * size.line,
    }
