"""Where words of a chart can stand: beside what they name, covering nothing.

Plain geometry, in points of the drawing.  A phone shows the left part of a chart first.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""

_AWAY = (0.9, 1.2, 1.6, 2.2, 3.0, 4.0, 5.5, 7.5)
_ASIDE = (0.0, 0.25, 0.5, 1.0, -0.4)
"""Distances that are tried, in heights of the words."""
_STEP = 4.0
"""The distance between two places that are tried along a line, in points."""


@dataclass(frozen=True, slots=True)
class WordPlace:
    """The box of some words, and the leader to them from what they name."""

    words: Box
    leader: tuple[Point, Point]


@dataclass(frozen=True, slots=True)
class Room:
    """The inside of a panel, and what stands there already."""

    inside: Box
    series: dict[int, list[Box]]
    """What each series covers, by its number."""
    lines: list[Box] = field(default_factory=list)
    """Limits and leaders, which words may not cover."""
    words: list[Box] = field(default_factory=list)

    def holds(self, box: Box) -> bool:
        """Tell whether words can stand in a box, without covering anything."""
        left, bottom, right, top = self.inside
        roomy = (box[0] - 2, box[1], box[2] + 2, box[3])
        if roomy[0] < left or roomy[2] > right or box[1] < bottom or box[3] > top:
            return False
        taken = itertools.chain(self.lines, self.words, *self.series.values())
        return not _meets_any(roomy, taken)


def free_place(
    points: Sequence[Point],
    extent: Point,
    room: Room,
    *,
    own: int | None = None,
    starts: tuple[float, ...] = (0.15,),
) -> WordPlace | None:
    """Find where words of an extent can stand beside one of the points; None if nowhere.

    A name is that of the series `own`, and its leader should cross no other.  `starts` says how
    much of the words may stand left of their point.
    """
    width, height = extent
    left, _, right, _ = room.inside
    others = [box for number, boxes in room.series.items() if number != own for box in boxes]
    best: tuple[float, WordPlace] | None = None
    for tie_x, tie_y in points:
        at = (tie_x - left) / (right - left)
        # The left half, but not its very edge.
        far = max(0.0, at - 0.5) * 400 + max(0.0, 0.08 - at) * 100
        for start, up, away, aside in itertools.product(starts, (1, -1), _AWAY, _ASIDE):
            x = tie_x - width * start + aside * height * 3
            y = tie_y + up * away * height
            box = (x, y - height / 2, x + width, y + height / 2)
            cost = (away + abs(aside)) * height + far
            if (best and cost >= best[0]) or not room.holds(box):
                continue
            end = (min(max(tie_x, x), box[2]), box[1] - 1 if up > 0 else box[3] + 1)
            leader = ((tie_x, tie_y), end)
            if _crosses_any(leader, room.words):
                continue
            # Nobody could tell which of two series is meant by a leader that crosses both.
            if own is not None and _crosses_any(leader, others):
                cost += 200
            if best is None or cost < best[0]:
                best = (cost, WordPlace(box, leader))
    return best[1] if best else None


def first_free(boxes: Iterable[Box], room: Room) -> Box | None:
    """Return the first box in which words can stand; None if they can in none."""
    return next(filter(room.holds, boxes), None)


def beside_level(low: float, high: float, extent: Point, inside: Box) -> Iterator[Box]:
    """Yield places for the name of a range of y: in it, above it or below, from left to right."""
    width, height = extent
    middle = (low + high - height) / 2
    heights = [middle] if high - low > height + 2 else []
    heights += [high + 2, low - height - 2]
    half = (inside[2] - inside[0]) / 2
    for from_x in (inside[0] + 4, inside[0] + half):
        for y in heights:
            for i in range(int(half / _STEP)):
                x = from_x + i * _STEP
                yield (x, y, x + width, y + height)


def beside_upright(low: float, high: float, extent: Point, inside: Box) -> Iterator[Box]:
    """Yield places for the name of a range of x: in it, or beside it, from the top down."""
    width, height = extent
    starts = [(low + high - width) / 2] if high - low > width + 8 else []
    starts += [high + 4, low - width - 4]
    for i in range(int((inside[3] - inside[1]) / _STEP)):
        y = inside[3] - height - 1 - i * _STEP
        for x in starts:
            yield (x, y, x + width, y + height)


def pieces(start: Point, end: Point, thick: float = 2.0) -> Iterator[Box]:
    """Yield what a line covers, in short pieces."""
    (x0, y0), (x1, y1) = start, end
    count = 1 + int(math.hypot(x1 - x0, y1 - y0) / 4)
    for i in range(count + 1):
        x, y = x0 + (x1 - x0) * i / count, y0 + (y1 - y0) * i / count
        yield (x - thick, y - thick, x + thick, y + thick)


def _meets_any(shape: Box, boxes: Iterable[Box]) -> bool:
    x0, y0, x1, y1 = shape
    return any(b[2] >= x0 and b[0] <= x1 and b[3] >= y0 and b[1] <= y1 for b in boxes)


def _crosses_any(leader: tuple[Point, Point], boxes: Sequence[Box]) -> bool:
    """Tell whether a line between two points meets any of the boxes."""
    (x0, y0), (x1, y1) = leader
    steps = 1 + int(math.hypot(x1 - x0, y1 - y0) / 2)
    way = [(x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps) for i in range(steps + 1)]
    return any(b[0] <= x <= b[2] and b[1] <= y <= b[3] for x, y in way for b in boxes)
