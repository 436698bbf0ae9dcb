"""Excerpts: what one page prints, shown again on another, whole or some of its lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from casebook.core.problems import Kind, Problem, shortened
from casebook.core.text import line_ranges
from casebook.core.text.counted import counted
from casebook.core.text.line_ranges import Range

Ranges = tuple[Range, ...]
"""In the order of the lines."""
LEFT_OUT = "…"
"""Stands on a line of its own for lines that are left out."""


@dataclass(frozen=True, slots=True)
class Excerpt:
    """A place that shows again what stands elsewhere."""

    page: str
    anchor: str
    of: str
    """What it shows, as it is written: a page and a name, with "#" between them."""
    ranges: Ranges = ()
    """The lines that it shows of a chunk; none for all."""
    line: int = field(default=0, repr=False)


def parse_of(text: str) -> tuple[str, str] | Problem:
    """Read what an excerpt shows: a page, which may be left out for the page at hand, and a name.

    A chunk may be named by its anchor as well.
    """
    page, sign, name = (part.strip() for part in text.partition("#"))
    if not sign or not name:
        message = f"an excerpt names a page and what it shows, 'keys#claim', not {shortened(text)}"
        return Problem(Kind.BAD_EXCERPT, message)
    return page, name


def parse_ranges(text: str) -> Ranges | Problem:
    """Read ranges of lines, such as "4-19" or "1-3, 8"."""
    ranges: list[Range] = []
    for part in text.split(","):
        found = line_ranges.parse(part)
        if found is None or (ranges and found[0] <= ranges[-1][1]):
            message = (
                f"{shortened(text)} names no lines in their order; "
                "write ':lines: 4-19', or ':lines: 1-3, 8-10'"
            )
            return Problem(Kind.BAD_EXCERPT, message)
        ranges.append(found)
    return tuple(ranges)


def cut(lines: Sequence[str], ranges: Ranges) -> list[str]:
    """Return the lines of some ranges, with a sign where lines between two of them are left out."""
    if not ranges:
        return list(lines)
    made: list[str] = []
    before = ranges[0][0] - 1
    for first, last in ranges:
        made += [LEFT_OUT] if first > before + 1 else []
        made += lines[first - 1 : last]
        before = last
    return made


def described(ranges: Ranges, of: int) -> str:
    """Say which lines are shown: "lines 4–19 of 40"; of a whole chunk, how many it has."""
    return f"{line_ranges.described(ranges)} of {of}" if ranges else counted(of, "line")
