"""Charts of records, drawn: each point is the mark of its kind of evidence."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casebook.core.figures.chart_plot import draw_grid, number
from casebook.core.figures.chart_style import COLOURS, Size, picture
from casebook.core.figures.chart_text import at, put, unplaced
from casebook.core.figures.drawing import Drawing, DrawingError
from casebook.core.figures.free_places import Room, free_place, pieces
from casebook.core.figures.ranges import with_room
from casebook.core.figures.record_chart import RecordChart, RecordForm, RecordPoint
from casebook.core.metrics.metric import Evidence

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_MARKS = {
    Evidence.REPORTED: ("o", True),
    Evidence.SECONDARY: ("o", False),
    Evidence.DERIVED: ("D", True),
    Evidence.MODELLED: ("D", False),
    Evidence.MEASURED: ("^", True),
}
"""The marks of the book: a circle was said, a diamond computed, a triangle measured; a solid one
is first-hand."""
_ROW = 2.1
"""The height of a bar with its room, in letters."""
_MOST_LABEL = 0.45
"""So much of the width may be labels."""


def draw(chart: RecordChart, size: Size, font_dir: Path) -> Drawing:
    """Draw a chart of records; it raises what `chart_style.picture` raises."""
    if chart.form is RecordForm.BAR:
        height = size.letters * (_ROW * len(chart.points) + 2.4)
        return picture(size, height, font_dir, lambda figure: _bars(chart, figure, size))
    return picture(size, size.height, font_dir, lambda figure: _points(chart, figure, size))


def _mark(axes: Axes, x: float, y: float, point: RecordPoint, size: Size) -> None:
    shape, solid = _MARKS[point.evidence]
    axes.plot(
        [x], [y], marker=shape, markersize=(7.5 if shape == "o" else 6.5) * size.line,
        color=COLOURS["series-1"], markerfacecolor=COLOURS["series-1" if solid else "paper"],
        markeredgewidth=1.5 * size.line, zorder=4, clip_on=False,
    )  # fmt: skip


# --- on an axis of dates ---


def _points(chart: RecordChart, figure: Figure, size: Size) -> None:
    from matplotlib.ticker import MaxNLocator

    axes, letters, box = figure.add_axes((0, 0, 1, 1)), size.letters, figure.bbox
    points = sorted(chart.points, key=lambda point: point.date)
    _set_ranges(axes, points)
    number(axes.yaxis, 8)
    axes.xaxis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10], integer=True))
    axes.xaxis.set_major_formatter(lambda year, _: f"{year:.0f}")
    figure.draw_without_rendering()
    widest = max(label.get_window_extent().width for label in axes.get_yticklabels())
    left, right = widest + 8 * size.line + 7, 1.6 * letters
    bottom, top = 2.2 * letters, 2.2 * letters
    axes.set_position(
        (
            left / box.width,
            bottom / box.height,
            (box.width - left - right) / box.width,
            (box.height - bottom - top) / box.height,
        )
    )
    axes.text(
        letters * 0.1, box.height - letters * 1.1, chart.axis, transform=None,
        color=COLOURS["ink-2"],
    )  # fmt: skip
    _draw_points(chart, axes, points, size)
    _write_values(chart, axes, points, size)


def _set_ranges(axes: Axes, points: Sequence[RecordPoint]) -> None:
    ends = [end for point in points for end in point.span]
    axes.set_ylim(*with_room(min(ends), max(ends), 0.16))
    first, last = min(point.first for point in points), max(point.last for point in points)
    aside = (last - first) * 0.04 or 0.5
    axes.set_xlim(first - aside, last + aside)


def _draw_points(chart: RecordChart, axes: Axes, points: Sequence[RecordPoint], size: Size) -> None:
    if chart.form is RecordForm.LINE:
        axes.plot(
            [point.date for point in points], [point.value for point in points],
            color=COLOURS["series-1"], linewidth=1.4 * size.line, zorder=3, clip_on=False,
        )  # fmt: skip
    thin: dict[str, Any] = {"color": COLOURS["series-1"], "linewidth": 1.1 * size.line}
    thin |= {"zorder": 3, "clip_on": False}
    for point in points:
        x, y = point.date, point.value
        if point.last > point.first:
            axes.plot([point.first, point.last], [y, y], **thin)
        low, high = point.span
        if high > low:
            axes.plot([x, x], [low, high], marker="_", markersize=7 * size.line, **thin)
        if point.is_bound:
            # A bound: the value lies somewhere above it, or below.
            place = at(axes, (x, y))
            way = (-1 if point.low is None else 1) * size.letters * 1.1
            head = "v" if point.low is None else "^"
            tip = (place[0], place[1] + way)
            axes.plot([place[0], tip[0]], [place[1], tip[1]], transform=None, **thin)
            axes.plot(
                [tip[0]], [tip[1]], transform=None, marker=head, markersize=4 * size.line,
                color=COLOURS["series-1"], markeredgewidth=0, zorder=4, clip_on=False,
            )  # fmt: skip
        _mark(axes, x, y, point, size)


def _write_values(
    chart: RecordChart, axes: Axes, points: Sequence[RecordPoint], size: Size
) -> None:
    """Write each value beside its mark."""
    half = size.letters * 0.48
    places = [at(axes, (point.date, point.value)) for point in points]
    covered = [(x - half, y - half, x + half, y + half) for x, y in places]
    for point, (x, y) in zip(points, places, strict=True):
        for date in (point.first, point.last):
            covered += pieces((x, y), at(axes, (date, point.value)))
        for end in point.span:
            covered += pieces((x, y), at(axes, (point.date, end)))
        if point.is_bound:
            way = (-3 if point.low is None else 3) * half
            covered += pieces((x, y), (x, y + way))
    if chart.form is RecordForm.LINE:
        for one, other in itertools.pairwise(places):
            covered += pieces(one, other)
    room = Room(axes.get_window_extent().extents, {0: covered})
    for point, place in zip(points, places, strict=True):
        words, extent = unplaced(axes, point.words)
        found = free_place([place], extent, room, starts=(0.5, 0.15, 0.85, 1.0))
        if found is None:
            raise DrawingError(f"There is no room in the chart for the value {point.words}.")
        put(words, found.words, room)
    draw_grid(axes, room.words, size)


# --- bars with labels ---


def _bars(chart: RecordChart, figure: Figure, size: Size) -> None:
    axes, letters, box = figure.add_axes((0, 0, 1, 1)), size.letters, figure.bbox
    axes.set_axis_off()
    axes.set_xlim(0, box.width)
    axes.set_ylim(0, box.height)
    ink: dict[str, Any] = {"va": "center", "color": COLOURS["ink-2"]}
    labels = [axes.text(0, 0, point.label, **ink) for point in chart.points]
    values = [axes.text(0, 0, point.words, **ink) for point in chart.points]
    left = max(label.get_window_extent().width for label in labels) + letters
    if left > box.width * _MOST_LABEL:
        raise DrawingError("The labels of the records are too long to stand beside their bars.")
    after = max(value.get_window_extent().width for value in values) + 1.6 * letters
    ends = [end for point in chart.points for end in point.span]
    low, high = min(0.0, *ends), max(0.0, *ends)
    unit = (box.width - left - after) / (high - low or 1)
    nought = left - low * unit
    for i, point in enumerate(chart.points):
        y = box.height - (1.9 + (i + 0.55) * _ROW) * letters
        mark = nought + point.value * unit
        first, last = (nought + end * unit for end in point.span)
        labels[i].set_position((0, y))
        axes.plot(
            [nought, first], [y, y], color=COLOURS["series-1"], linewidth=0.55 * letters,
            solid_capstyle="butt", zorder=2, clip_on=False,
        )  # fmt: skip
        axes.plot(
            [first, last], [y, y], color=COLOURS["series-1"], linewidth=1.1 * size.line,
            marker="|", markersize=7 * size.line, zorder=3, clip_on=False,
        )  # fmt: skip
        _mark(axes, mark, y, point, size)
        values[i].set_position((max(last, nought) + 0.8 * letters, y))
    floor = box.height - (1.9 + len(chart.points) * _ROW) * letters
    axes.plot(
        [nought, nought], [floor, box.height - 1.9 * letters], color=COLOURS["line"],
        linewidth=0.9 * size.line, clip_on=False,
    )  # fmt: skip
    axes.text(left, box.height - letters * 1.1, chart.axis, color=COLOURS["ink-2"])
