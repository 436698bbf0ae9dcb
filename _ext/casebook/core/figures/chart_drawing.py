"""Charts drawn in the book's look by matplotlib, once for the screen and once for paper.

Each series is named beside itself, so there is no key to look up; it has a dash and a marker or a
hatch of its own, so colour is never needed.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from casebook.core.figures import chart_frame, chart_heat
from casebook.core.figures.axes import Form
from casebook.core.figures.chart import Chart
from casebook.core.figures.chart_frame import Layout
from casebook.core.figures.chart_plot import Plot, plotted
from casebook.core.figures.chart_style import Size, picture
from casebook.core.figures.chart_words import write_names
from casebook.core.figures.drawing import Drawing
from casebook.core.figures.panels import Part

if TYPE_CHECKING:
    from matplotlib.figure import Figure

STACKED = 3
"""So many panels stand one above the other, so that they share their horizontal axis."""


def draw(chart: Chart, size: Size, font_dir: Path, only: int | None = None) -> Drawing:
    """Draw a chart with all its panels, or `only` one of them, with the axes that all share.

    `font_dir` holds the book's print fonts, by which words are measured.  Raises
    ``RendererMissing`` if matplotlib cannot be imported, ``DrawingError`` if the numbers cannot be
    drawn.
    """
    if chart.form is Form.HEAT:
        height = chart_heat.height(chart, size)
        return picture(size, height, font_dir, lambda figure: chart_heat.paint(chart, figure, size))
    numbers = range(len(chart.parts)) if only is None else [only]
    columns = 1 if len(numbers) <= STACKED else 2
    layout = Layout(math.ceil(len(numbers) / columns), columns, bool(chart.parts[0].name))
    height = chart_frame.height(layout, size)
    return picture(
        size, height, font_dir, lambda figure: _paint(chart, figure, size, layout, numbers)
    )


def _paint(
    chart: Chart, figure: Figure, size: Size, layout: Layout, numbers: Sequence[int]
) -> None:
    parts: tuple[Part, ...] = chart.parts
    plots: dict[int, Plot] = {
        number: plotted(chart, parts[number], figure, size, layout) for number in numbers
    }
    chart_frame.arrange(chart, list(plots.values()), size, layout)
    write_names(chart, plots, size)
