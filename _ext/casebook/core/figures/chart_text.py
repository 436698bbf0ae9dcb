"""Words on the axes of a drawing: where they stand is decided once they have been measured."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casebook.core.figures.free_places import Box, Point, Room

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.text import Text


def at(axes: Axes, point: Point) -> Point:
    """Return where a point of the data stands on the drawing."""
    x, y = axes.transData.transform(point)
    return float(x), float(y)


def unplaced(axes: Axes, text: str) -> tuple[Text, Point]:
    """Set words that have no place yet, and measure them."""
    words = axes.text(0, 0, text, transform=None, va="center", zorder=5)
    extent = words.get_window_extent()
    return words, (extent.width, extent.height)


def put(words: Text, box: Box, room: Room) -> None:
    """Give words their place, which no others can have then."""
    words.set_position((box[0], (box[1] + box[3]) / 2))
    room.words.append(box)
