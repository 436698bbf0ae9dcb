"""What stands on the axes of one panel: its series, limits and bands, and the scales."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from casebook.core.figures.axes import Form, shown
from casebook.core.figures.chart import Chart
from casebook.core.figures.chart_frame import Layout
from casebook.core.figures.chart_style import COLOURS, Size
from casebook.core.figures.free_places import Box, Point
from casebook.core.figures.panels import Part
from casebook.core.figures.ranges import Range, places, x_range, y_range

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.axis import Axis
    from matplotlib.figure import Figure

    from casebook.core.figures.annotations import Band, Limit

# In line widths: solid, long, dotted, long and short, longer, short.
_DASHES: tuple[tuple[float, ...], ...] = ((), (6, 2), (2, 1.6), (7, 2, 1.5, 2), (10, 3), (1, 2))
_MARKERS = ("o", "s", "^", "D", "v", "P")
_HATCHES = ("", "///", "---", "\\\\\\", "xxx", "|||")
_FEW_POINTS = 12
"""With more, markers would run into each other and only the dash tells."""
HALF_GROUP = 0.4
"""Half of what the bars of one place take of the way to the next."""


@dataclass(frozen=True, slots=True)
class Plot:
    """A panel on its axes; each of its series has points to which its name may be tied."""

    part: Part
    axes: Axes
    ties: dict[int, Sequence[Point]]


def plotted(chart: Chart, part: Part, figure: Figure, size: Size, layout: Layout) -> Plot:
    """Draw what one panel shows on axes of its own."""
    axes = figure.add_axes((0, 0, 1, 1), label=part.name)
    at = places(chart, part)
    ties = {}
    for order, number in enumerate(part.series):
        values = [float(value) for value in part.columns[chart.series[number].name]]
        if chart.form is Form.BAR:
            ties[number] = _bars(axes, number, _shares(at, order, len(part.series)), values)
        else:
            _line(chart, axes, size, number, at, values)
            ties[number] = list(zip(at, values, strict=True))
    if chart.form is Form.BAR:
        axes.set_xticks(at, [shown(cell) for cell in part.columns[chart.x.name]])
        axes.tick_params(axis="x", length=0)
    _scale(chart, axes, layout)
    _limits_and_bands(chart, axes, size)
    return Plot(part, axes, ties)


def _shares(at: list[float], order: int, count: int) -> tuple[list[float], float]:
    """Return the middles of the bars of a series, and how wide each may be."""
    share = 2 * HALF_GROUP / count
    return [place - HALF_GROUP + (order + 0.5) * share for place in at], share


def _bars(
    axes: Axes, number: int, stands: tuple[list[float], float], values: list[float]
) -> Sequence[Point]:
    middles, share = stands
    axes.bar(
        middles, values, share * 0.92, facecolor=COLOURS[f"series-{number + 1}"],
        hatch=_HATCHES[number], edgecolor=COLOURS["paper"], linewidth=0,
    )  # fmt: skip
    return list(zip(middles, values, strict=True))


def _line(
    chart: Chart, axes: Axes, size: Size, number: int, at: list[float], values: list[float]
) -> None:
    few = chart.form is Form.SCATTER or (chart.form is Form.LINE and len(at) <= _FEW_POINTS)
    dash = _DASHES[number]
    axes.plot(
        at, values, color=COLOURS[f"series-{number + 1}"], clip_on=False, zorder=3,
        drawstyle="steps-post" if chart.form is Form.STEP else "default",
        linewidth=0 if chart.form is Form.SCATTER else 1.9 * size.line,
        linestyle=(0, dash) if dash else "-",
        marker=_MARKERS[number] if few else "", markersize=6 * size.line,
        markerfacecolor=COLOURS["paper"], markeredgewidth=1.4 * size.line,
    )  # fmt: skip


def _scale(chart: Chart, axes: Axes, layout: Layout) -> None:
    """Set ranges and ticks, which all panels share."""
    low, high = x_range(chart)
    if chart.form is Form.BAR:
        low, high = low - HALF_GROUP, high + HALF_GROUP
    room = (high - low) * 0.02 or abs(low) * 0.05 or 0.05
    axes.set_xlim(low - room, high + room)
    axes.set_ylim(*y_range(chart))
    for axis, most in ((axes.yaxis, layout.y_ticks), (axes.xaxis, layout.x_ticks)):
        if axis is axes.yaxis or chart.form is not Form.BAR:
            number(axis, most)


def draw_grid(axes: Axes, words: Iterable[Box], size: Size) -> None:
    """Draw a thin line at each number of the vertical axis; it leaves out what words stand on."""
    left, bottom, right, top = axes.bbox.extents
    for value in axes.get_yticks():
        y = axes.transData.transform((0, value))[1]
        if not bottom - 0.1 <= y <= top + 0.1:
            continue
        ends = [left, right]
        for box in words:
            if box[1] <= y <= box[3]:
                ends += [box[0] - 1, box[2] + 1]
        ends.sort()
        for start, end in zip(ends[::2], ends[1::2], strict=True):
            axes.plot(
                [start, end], [y, y], transform=None, zorder=0.5, clip_on=False,
                color=COLOURS["hair"], linewidth=0.8 * size.line,
            )  # fmt: skip


def number(axis: Axis, most: int) -> None:
    """Write round numbers along an axis, so many at the most."""
    from matplotlib.ticker import MaxNLocator

    axis.set_major_locator(MaxNLocator(nbins=most, steps=[1, 2, 5, 10]))
    axis.set_major_formatter(_written)


def _written(value: float, _: float) -> str:
    return shown(float(f"{value:.10g}"))


def _limits_and_bands(chart: Chart, axes: Axes, size: Size) -> None:
    from matplotlib.patches import Rectangle

    ends: dict[str, Range] = {"x": axes.get_xlim(), "y": axes.get_ylim()}
    for band in chart.marks.bands:
        low, high = edges(chart, band)
        xs, ys = (low, high), ends["y"]
        if band.axis == "y":
            xs, ys = ends["x"], (low, high)
        axes.add_patch(
            Rectangle(
                (xs[0], ys[0]), xs[1] - xs[0], ys[1] - ys[0], facecolor=COLOURS["tint"],
                edgecolor="none", zorder=0, clip_on=False,
            )
        )  # fmt: skip
        # The tint is faint: where it ends, a line tells.
        for end in (low, high):
            _across(axes, band.axis, end, ends, color=COLOURS["line"], linewidth=0.6 * size.line)
    for limit in chart.marks.limits:
        style = {"color": COLOURS["ink-2"], "linewidth": 1.1 * size.line}
        _across(axes, limit.axis, limit.at, ends, **style)


def edges(chart: Chart, mark: Limit | Band) -> Range:
    """Return where a limit or a band begins and ends; a band holds the whole of its bars."""
    low, high = mark.ends
    if mark.axis == "y" or chart.form is not Form.BAR:
        return low, high
    first, last = x_range(chart)
    half = HALF_GROUP + 0.1
    return max(low - half, first - HALF_GROUP), min(high + half, last + HALF_GROUP)


def _across(axes: Axes, axis: str, at: float, ends: dict[str, Range], **style: Any) -> None:
    """Draw a line across the whole panel at a value of an axis."""
    xs, ys = ((at, at), ends["y"]) if axis == "x" else (ends["x"], (at, at))
    axes.plot(xs, ys, zorder=2, clip_on=False, **style)
