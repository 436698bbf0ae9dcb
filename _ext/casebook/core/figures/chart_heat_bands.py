"""Names over columns of a heat map: a bracket over each band, and its name above.

A name stays over its own columns where it can: it breaks onto two lines before it reaches over
those of another band.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from casebook.core.figures.annotations import Band
from casebook.core.figures.chart_style import COLOURS, Size
from casebook.core.figures.drawing import DrawingError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_LINE, _GAP = 1.25, 0.7
"""Height of a line of a name, and the least room between two names, in letters."""


@dataclass(frozen=True, slots=True)
class Columns:
    """Where the columns stand: the left edge of the first, their width, the edge of the drawing."""

    left: float
    width: float
    end: float

    def ends(self, band: Band) -> tuple[float, float]:
        """Return where the cells of a band begin and end."""
        start = self.left + band.low * self.width
        return start, start + (band.high - band.low + 0.94) * self.width


@dataclass(frozen=True, slots=True)
class _Name:
    lines: tuple[str, ...]
    width: float


def bracketed(axes: Axes, bands: Sequence[Band], size: Size, columns: Columns, top: float) -> float:
    """Draw the bands of a heat map above its first row, and return the height that they take.

    `top` is where the first row begins.  Raises ``DrawingError`` if a name has no room.
    """
    if not bands:
        return 0.0

    def width(words: str) -> float:
        text = axes.text(0, 0, words, transform=None)
        found = float(text.get_window_extent().width)
        text.remove()
        return found

    letters = size.letters
    bands = sorted(bands, key=lambda band: band.low)
    names, starts = _arranged(bands, columns, width, _GAP * letters)
    line = top + 0.3 * letters
    for band, name, start in zip(bands, names, starts, strict=True):
        first, last = columns.ends(band)
        inset = min(0.12 * letters, 0.2 * columns.width)
        xs = [first + inset, first + inset, last - inset, last - inset]
        axes.plot(
            xs, [line - 0.3 * letters, line, line, line - 0.3 * letters],
            transform=None, clip_on=False, color=COLOURS["ink-2"], linewidth=0.9 * size.line,
        )  # fmt: skip
        for number, words in enumerate(reversed(name.lines)):
            axes.text(
                start + name.width / 2, line + (0.45 + number * _LINE) * letters, words,
                transform=None, ha="center", color=COLOURS["ink-2"],
            )  # fmt: skip
    return letters * (0.6 + _LINE * max(len(name.lines) for name in names))


def _arranged(
    bands: Sequence[Band], columns: Columns, width: Callable[[str], float], gap: float
) -> tuple[Sequence[_Name], Sequence[float]]:
    """Return the names as they are set, and where each begins."""
    whole = [_Name((band.name,), width(band.name)) for band in bands]
    broken = [_broken(name, width) for name in whole]
    ends = [columns.ends(band) for band in bands]
    # What no band takes belongs to both that stand beside it.
    lows = [0.0, *(end for _, end in ends[:-1])]
    highs = [*(start for start, _ in ends[1:]), columns.end]
    ideal = [_over(ends[i], name, columns.end) for i, name in enumerate(whole)]
    mixed = [
        name if low <= start and start + name.width <= high else short
        for name, short, start, low, high in zip(whole, broken, ideal, lows, highs, strict=True)
    ]
    for names in (mixed, broken):
        starts = _apart([_over(*each, columns.end) for each in zip(ends, names, strict=True)],
                        names, columns.end, gap)  # fmt: skip
        astray = [
            name
            for name, start, (first, last) in zip(names, starts, ends, strict=True)
            if not start <= (first + last) / 2 <= start + name.width
            or not -0.1 < start < columns.end - name.width + 0.1
        ]
        if not astray:
            return names, starts
    words = " ".join(astray[0].lines)
    raise DrawingError(f"There is no room in the chart for the name '{words}'.")


def _over(ends: tuple[float, float], name: _Name, edge: float) -> float:
    """Return where a name begins that stands over the middle of its columns, inside the drawing."""
    return max(0.0, min(sum(ends) / 2 - name.width / 2, edge - name.width))


def _apart(
    starts: Sequence[float], names: Sequence[_Name], edge: float, gap: float
) -> Sequence[float]:
    """Move names that would meet away from each other, inside the drawing as far as they can."""
    widths = [name.width for name in names]
    back = [edge - start - width for start, width in zip(starts, widths, strict=True)]
    right = _pushed(starts, widths, edge, gap)
    left = _pushed(back[::-1], widths[::-1], edge, gap)[::-1]
    # Halfway between two rows of names that do not meet they do not meet either.
    return [
        (one + edge - other - width) / 2
        for one, other, width in zip(right, left, widths, strict=True)
    ]


def _pushed(
    starts: Sequence[float], widths: Sequence[float], edge: float, gap: float
) -> list[float]:
    """Push names onwards until none meets the one before it, and back from the edge."""
    found = list(starts)
    for i in range(1, len(found)):
        found[i] = max(found[i], found[i - 1] + widths[i - 1] + gap)
    limit = edge
    for i in reversed(range(len(found))):
        found[i] = min(found[i], limit - widths[i])
        limit = found[i] - gap
    return found


def _broken(name: _Name, width: Callable[[str], float]) -> _Name:
    """Break a name at the space that leaves the longer of its two lines shortest."""
    words = name.lines[0].split()
    tried = [(" ".join(words[:at]), " ".join(words[at:])) for at in range(1, len(words))]
    made = [_Name(lines, max(map(width, lines))) for lines in tried]
    return min([*made, name], key=lambda each: each.width)
