"""Where a chart's data stand along its axes, and from where to where the axes run.

All panels of a chart have the same axes, so that a reader can compare them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from casebook.core.figures.axes import Form
from casebook.core.figures.panels import Part

if TYPE_CHECKING:
    from casebook.core.figures.chart import Chart

Range = tuple[float, float]

COUNTED = (Form.BAR, Form.HEAT)
"""The forms whose horizontal axis holds words, or numbers that are read as words."""


def places(chart: Chart, part: Part) -> list[float]:
    """Return where the rows of a panel stand along the horizontal axis.

    Bars and the columns of a heat map stand at 0, 1, 2, …
    """
    column = part.columns[chart.x.name]
    if chart.form in COUNTED:
        return list(map(float, range(len(column))))
    return [float(cell) for cell in column]


def x_range(chart: Chart) -> Range:
    """Return the first and the last place of the data along the horizontal axis."""
    found = [at for part in chart.parts for at in places(chart, part)]
    return min(found), max(found)


def y_range(chart: Chart) -> Range:
    """Return the ends of the vertical axis, which holds all limits and bands as well.

    A bar begins at nought, and so does a line that comes near it.
    """
    found = [float(v) for series in chart.series for v in chart.columns[series.name]]
    found += [limit.at for limit in chart.marks.limits if limit.axis == "y"]
    found += [
        end for band in chart.marks.bands if band.axis == "y" for end in (band.low, band.high)
    ]
    if chart.form is Form.BAR:
        found.append(0.0)
    # Names need room above what they name.
    few = chart.marks.is_empty and (len(chart.series) == 1 or chart.is_by_series)
    return with_room(min(found), max(found), 0.06 if few else 0.16)


def with_room(low: float, high: float, share: float) -> Range:
    """Return the ends of an axis that holds some values, from nought if they come near it.

    At each end but nought it has room, a share of its length.
    """
    if 0 <= low <= high / 3:
        low = 0.0
    room = (high - low or abs(high) or 1) * share
    return low if low == 0 else low - room, high + room
