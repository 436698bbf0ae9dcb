"""Heat maps: a grid of numbered cells."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from casebook.core.figures.axes import shown
from casebook.core.figures.chart import Chart
from casebook.core.figures.chart_heat_bands import Columns, bracketed
from casebook.core.figures.chart_style import COLOURS, Size
from casebook.core.figures.drawing import DrawingError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ROW_HEIGHT = 2.4
"""Height of a row of a heat map, in letters."""
_SHADES = (0.0, 0.12, 0.24, 0.36, 0.48, 0.82, 1.0)
"""How much accent a cell of a heat map holds; from the sixth on its number is set in paper."""


def height(chart: Chart, size: Size) -> float:
    """Return the height of a heat map's picture, which grows with its rows; bands need more."""
    return size.letters * (ROW_HEIGHT * len(chart.series) + 3.9)


def paint(chart: Chart, figure: Figure, size: Size) -> None:
    """Draw a heat map: each series is a row of numbered cells."""
    from matplotlib.patches import Rectangle

    letters, axes, box = size.letters, figure.add_axes((0, 0, 1, 1)), figure.bbox
    rows = [[float(value) for value in chart.columns[series.name]] for series in chart.series]
    names = [shown(cell) for cell in chart.columns[chart.x.name]]
    flat = [value for row in rows for value in row]
    low, high = min(flat), max(flat)
    labels = [axes.text(0, 0, series.name, transform=None) for series in chart.series]
    left = max(label.get_window_extent().width for label in labels) + letters
    cell, tall = (box.width - left - 1) / len(names), ROW_HEIGHT * letters
    if cell < letters * 0.75 * max(len(_short(value)) for value in flat):
        raise DrawingError("The cells of the chart are too narrow for their numbers.")
    top = box.height - 1.6 * letters
    floor = top - len(rows) * tall
    more = bracketed(axes, chart.marks.bands, size, Columns(left, cell, box.width - 1), top)
    figure.set_figheight((box.height + more) / 72)
    for number, (label, row) in enumerate(zip(labels, rows, strict=True)):
        y = top - (number + 1) * tall
        label.set_position((0, y + tall / 2))
        label.set_verticalalignment("center")
        for i, value in enumerate(row):
            shade = round((value - low) / (high - low) * (len(_SHADES) - 1)) if high > low else 0
            place = (left + i * cell, y + 0.08 * tall)
            axes.add_patch(
                Rectangle(
                    place, cell * 0.94, tall * 0.84, transform=None, clip_on=False,
                    facecolor=COLOURS["accent"] if shade else "none", alpha=_SHADES[shade] or 1,
                    edgecolor="none",
                )
            )  # fmt: skip
            ink = "paper" if _SHADES[shade] > 0.5 else "ink"
            axes.text(
                place[0] + cell * 0.47, y + tall / 2, _short(value), transform=None,
                ha="center", va="center", color=COLOURS[ink],
            )  # fmt: skip
    axes.set_axis_off()
    words: dict[str, Any] = {"transform": None, "color": COLOURS["ink-2"]}
    axes.text(left, box.height - letters, chart.y_label, **words)
    wide = max(len(name) for name in names) * letters * 0.62 / cell
    every = 1 if wide < 0.9 else 5 * math.ceil(wide / 5)
    for i in range(len(names)):
        if i and (i + 1) % every:
            continue
        at = left + (i + 0.47) * cell
        label = axes.text(at, floor - letters * 0.9, names[i], ha="center", **words)
        beyond = at + label.get_window_extent().width / 2 - box.width + 1
        if beyond > 0:
            label.set_x(at - beyond)
    axes.text(box.width - 1, letters * 0.2, str(chart.x), ha="right", **words)


def _short(value: float) -> str:
    return shown(float(f"{value:.6g}"))
