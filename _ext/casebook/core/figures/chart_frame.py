"""How the panels of a chart stand in its picture, and what is written around them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from casebook.core.figures.axes import Form
from casebook.core.figures.chart_style import COLOURS, Size
from casebook.core.figures.drawing import DrawingError

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from casebook.core.figures.chart import Chart
    from casebook.core.figures.chart_plot import Plot

# In letters.
_TOP, _BOTTOM, _TITLE, _GAP, _ASIDE = 2.2, 3.4, 1.7, 0.8, 1.8
_LOW = 0.42
"""The height of one of several panels, where that of a single one is 1."""


@dataclass(frozen=True, slots=True)
class Layout:
    """How many panels stand below and beside each other, and whether they have names."""

    rows: int
    columns: int
    named: bool

    @property
    def x_ticks(self) -> int:
        """The most numbers along a horizontal axis."""
        return 8 if self.columns == 1 else 4

    @property
    def y_ticks(self) -> int:
        """The most numbers along a vertical axis."""
        return 8 if self.rows == 1 else 4


def _plot_height(layout: Layout, size: Size) -> float:
    whole = size.height - (_TOP + _BOTTOM) * size.letters
    return whole if layout.rows == 1 else whole * _LOW


def height(layout: Layout, size: Size) -> float:
    """Return the height of a chart's picture."""
    titles = layout.rows * _TITLE * layout.named + (layout.rows - 1) * _GAP
    around = (_TOP + _BOTTOM + titles) * size.letters
    return around + layout.rows * _plot_height(layout, size)


def arrange(chart: Chart, plots: Sequence[Plot], size: Size, layout: Layout) -> None:
    """Place the panels, and write the labels: y above its axis, x at the right end of its own."""
    first = plots[0].axes
    figure, letters = first.figure, size.letters
    figure.draw_without_rendering()  # type: ignore[union-attr]
    box = figure.bbox
    ticks = [label for label in first.get_xticklabels() if label.get_text()]
    below = max(label.get_window_extent().width for label in ticks)
    widest = max(label.get_window_extent().width for label in first.get_yticklabels())
    # The first and the last label below may stand half outside of the axis.
    left = max(widest + 8 * size.line + 7, below / 2 + 2)
    right = max(letters * 0.7, below / 2 + 2)
    aside = max(_ASIDE * letters, below + 4)
    wide = (box.width - left - right - (layout.columns - 1) * aside) / layout.columns
    tall = _plot_height(layout, size)
    title = _TITLE * letters * layout.named
    style: dict[str, Any] = {"transform": None, "color": COLOURS["ink-2"]}
    for number, plot in enumerate(plots):
        row, column = divmod(number, layout.columns)
        x = left + column * (wide + aside)
        y = box.height - _TOP * letters - (row + 1) * (title + tall) - row * _GAP * letters
        plot.axes.set_position((x / box.width, y / box.height, wide / box.width, tall / box.height))
        if layout.named:
            plot.axes.text(x, y + tall + 0.45 * letters, plot.part.name, **style)
        if chart.form is Form.BAR:
            _thin_out(chart, plot.axes)
        if column:
            plot.axes.tick_params(labelleft=False)
        if number + layout.columns < len(plots):
            plot.axes.tick_params(labelbottom=False)
    first.text(letters * 0.1, box.height - letters * 1.1, chart.y_label, **style)
    first.text(box.width - 1, letters * 0.5, str(chart.x), ha="right", **style)


def _thin_out(chart: Chart, axes: Axes) -> None:
    """Leave out labels of bars that would touch; numbers go on by themselves, words do not."""
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]
    labels = axes.get_xticklabels()
    widest = max(label.get_window_extent().width for label in labels)
    places = [axes.transData.transform((at, 0))[0] for at in axes.get_xticks()]
    apart = (places[-1] - places[0]) / (len(places) - 1) if len(places) > 1 else widest * 2
    every = math.ceil((widest + 4) / apart)
    if every > 1 and isinstance(chart.columns[chart.x.name][0], str):
        raise DrawingError("The words below the bars are too long to stand side by side.")
    axes.set_xticks(axes.get_xticks()[::every], [label.get_text() for label in labels][::every])
