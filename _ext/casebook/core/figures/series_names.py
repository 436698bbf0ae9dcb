"""Where the names of a chart's series stand: beside them, covering nothing, in the left part.

Plain geometry, in points of the drawing.  A phone shows the left part of a chart first.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

Point = tuple[float, float]
Box = tuple[float, float, float, float]
"""Left, bottom, right, top."""

_AWAY = (0.9, 1.2, 1.6, 2.2, 3.0, 4.0, 5.5, 7.5)
_ASIDE = (0.0, 0.25, 0.5, 1.0, -0.4)
"""Distances that are tried, in heights of the name."""


@dataclass(frozen=True, slots=True)
class NamePlace:
    """The box of a name, and the leader from its series to it."""

    name: Box
    leader: tuple[Point, Point]


def free_place(
    points: Sequence[Point], extent: Point, own: list[Box], others: list[Box], inside: Box
) -> NamePlace | None:
    """Find where a name of this extent can stand; None if it can stand nowhere.

    `own` is what its series covers, `others` what other series and names cover; `inside` is the
    plot.
    """
    width, height = extent
    left, bottom, right, top = inside
    best: tuple[float, NamePlace] | None = None
    for tie_x, tie_y in points:
        at = (tie_x - left) / (right - left)
        # The left half, but not its very edge.
        far = max(0.0, at - 0.5) * 400 + max(0.0, 0.08 - at) * 100
        for up, away, aside in itertools.product((1, -1), _AWAY, _ASIDE):
            x = tie_x - width * 0.15 + aside * height * 3
            y = tie_y + up * away * height
            box = (x, y - height / 2, x + width, y + height / 2)
            roomy = (x - 2, box[1], box[2] + 2, box[3])
            cost = (away + abs(aside)) * height + far
            outside = roomy[0] < left or roomy[2] > right or box[1] < bottom or box[3] > top
            if outside or (best and cost >= best[0]) or _meets_any(roomy, [*own, *others]):
                continue
            end = (min(max(tie_x, x), box[2]), box[1] - 1 if up > 0 else box[3] + 1)
            leader = ((tie_x, tie_y), end)
            # Nobody could tell which of two series is meant by a leader that crosses both.
            if _meets_any(leader, others):
                cost += 200
            if best is None or cost < best[0]:
                best = (cost, NamePlace(box, leader))
    return best[1] if best else None


def _meets_any(shape: Box | tuple[Point, Point], boxes: list[Box]) -> bool:
    """Tell whether a box, or a line between two points, meets any of the boxes."""
    if len(shape) == 4:
        x0, y0, x1, y1 = shape
        return any(b[2] >= x0 and b[0] <= x1 and b[3] >= y0 and b[1] <= y1 for b in boxes)
    (x0, y0), (x1, y1) = shape
    steps = 1 + int(math.hypot(x1 - x0, y1 - y0) / 2)
    way = [(x0 + (x1 - x0) * i / steps, y0 + (y1 - y0) * i / steps) for i in range(steps + 1)]
    return any(b[0] <= x <= b[2] and b[1] <= y <= b[3] for x, y in way for b in boxes)
