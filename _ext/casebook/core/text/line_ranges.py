"""Ranges of lines, as authors write them and pages print them; lines count from 1."""

from __future__ import annotations

import re
from collections.abc import Sequence

Range = tuple[int, int]
"""The first and the last line."""

_RANGE = re.compile(r"\s*([0-9]{1,6})(?:\s*[-–]\s*([0-9]{1,6}))?\s*")


def parse(text: str) -> Range | None:
    """Read one line or a range such as "4-19"; None if it is neither."""
    found = _RANGE.fullmatch(text)
    first, last = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    return (first, last) if 1 <= first <= last else None


def count(ranges: Sequence[Range]) -> int:
    """Count the lines of some ranges."""
    return sum(last - first + 1 for first, last in ranges)


def described(ranges: Sequence[Range]) -> str:
    """Name the lines of some ranges: "line 4", "lines 1–3, 8"."""
    words = ", ".join(f"{first}–{last}" if last > first else f"{first}" for first, last in ranges)
    return f"{'lines' if count(ranges) > 1 else 'line'} {words}"
