"""The words inside a chart's panels: names of limits, bands and series, and notes.

Each stands where it covers nothing.  A name that belongs to several panels stands in the first one
that has room for it.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from casebook.core.figures.axes import Form
from casebook.core.figures.chart import Chart
from casebook.core.figures.chart_plot import HALF_GROUP, Plot, draw_grid, edges
from casebook.core.figures.chart_style import COLOURS, Size
from casebook.core.figures.chart_text import at, put, unplaced
from casebook.core.figures.drawing import DrawingError
from casebook.core.figures.free_places import (
    Box,
    Point,
    Room,
    beside_level,
    beside_upright,
    first_free,
    free_place,
    pieces,
)

if TYPE_CHECKING:
    from casebook.core.figures.annotations import Band, Limit, Note


_BESIDE = (0.15, 0.5, 0.85, 1.0, -0.3, 1.3)
"""How much of a note may stand left of its point; it has one point, and a name has many."""


def write_names(chart: Chart, plots: Mapping[int, Plot], size: Size) -> None:
    """Write every name and note of the panels that are drawn; a plot's key is its panel."""
    rooms = {number: _room(chart, plot) for number, plot in plots.items()}
    pairs = [(plots[number], room) for number, room in rooms.items()]
    # Those that have the fewest places come first.
    for mark in chart.marks.across:
        _name_mark(chart, mark, pairs)
    for note in chart.marks.notes:
        if note.panel in plots:
            _write_note(note, plots[note.panel], rooms[note.panel], size)
    if len(chart.series) > 1 and not chart.is_by_series:
        for number, series in enumerate(chart.series):
            _name_series(series.name, number, pairs, size)
    for plot, room in pairs:
        draw_grid(plot.axes, room.words, size)


Pairs = Sequence[tuple[Plot, Room]]


def _name_mark(chart: Chart, mark: Limit | Band, pairs: Pairs) -> None:
    """Write the name of a limit or a band beside it, in the first panel with room."""
    for plot, room in pairs:
        words, extent = unplaced(plot.axes, mark.name)
        start, end = (at(plot.axes, (value, value)) for value in edges(chart, mark))
        tried: Iterable[Box] = beside_level(start[1], end[1], extent, room.inside)
        if mark.axis == "x":
            tried = beside_upright(start[0], end[0], extent, room.inside)
        box = first_free(tried, room)
        if box:
            put(words, box, room)
            return
        words.remove()
    raise _no_room("name", mark.name)


def _name_series(name: str, number: int, pairs: Pairs, size: Size) -> None:
    """Write the name of a series, in the left part, with a thin leader to it.

    Of all free places the one nearest to its series is taken; a phone shows the left part first.
    """
    for plot, room in pairs:
        words, extent = unplaced(plot.axes, name)
        points = [at(plot.axes, point) for point in plot.ties[number]]
        place = free_place(points, extent, room, own=number)
        if place:
            put(words, place.words, room)
            _lead(plot, place.leader, room, color=COLOURS["line"], linewidth=0.8 * size.line)
            return
        words.remove()
    raise _no_room("name", name)


def _write_note(note: Note, plot: Plot, room: Room, size: Size) -> None:
    words, extent = unplaced(plot.axes, note.words)
    point = at(plot.axes, (note.x, note.y))
    place = free_place([point], extent, room, starts=_BESIDE)
    if place is None:
        raise _no_room("note", note.words)
    put(words, place.words, room)
    _lead(plot, place.leader, room, color=COLOURS["ink"], linewidth=0.7 * size.line)
    plot.axes.plot(
        [point[0]], [point[1]], transform=None, marker="o", markersize=3.6 * size.line,
        color=COLOURS["ink"], markeredgewidth=0, zorder=6, clip_on=False,
    )  # fmt: skip


def _no_room(what: str, words: str) -> DrawingError:
    return DrawingError(f"There is no room in the chart for the {what} '{words}'.")


def _lead(plot: Plot, leader: tuple[Point, Point], room: Room, **style: Any) -> None:
    (x0, y0), (x1, y1) = leader
    plot.axes.plot([x0, x1], [y0, y1], transform=None, zorder=2, clip_on=False, **style)
    room.lines.extend(pieces(*leader, thick=1.0))


def _room(chart: Chart, plot: Plot) -> Room:
    """Return the inside of a panel with its series, limits and the edges of its bands."""
    inside: Box = plot.axes.get_window_extent().extents
    (origin, floor), (unit, _) = (at(plot.axes, (value, 0.0)) for value in (0.0, 1.0))
    half = HALF_GROUP / len(plot.part.series) * (unit - origin)
    series = {
        number: list(_covered(chart, [at(plot.axes, tie) for tie in ties], half, floor))
        for number, ties in plot.ties.items()
    }
    room = Room(inside, series)
    for mark in chart.marks.across:
        for value in edges(chart, mark):
            x, y = at(plot.axes, (value, value))
            upright, level = (x, inside[1], x, inside[3]), (inside[0], y, inside[2], y)
            room.lines.append(upright if mark.axis == "x" else level)
    return room


def _covered(chart: Chart, points: Sequence[Point], half: float, floor: float) -> Iterator[Box]:
    """Yield what a series covers: its bars, or its line in short pieces.

    A bar is twice `half` wide and begins at the height `floor`, all in points.
    """
    if chart.form is Form.BAR:
        yield from ((x - half, min(floor, y), x + half, max(floor, y)) for x, y in points)
        return
    if chart.form is Form.STEP:
        corners = [(x1, y0) for (_, y0), (x1, _) in itertools.pairwise(points)]
        points = [p for pair in zip(points, corners, strict=False) for p in pair] + [points[-1]]
    if chart.form is not Form.SCATTER:
        for start, end in itertools.pairwise(points):
            yield from pieces(start, end)
    yield from ((x - 4, y - 4, x + 4, y + 4) for x, y in points)
