"""Dates of metrics: a year, a month or a day, or a span of two of them.

Written as in ISO 8601-1:2019 (`2018`, `2018-09`, `2018-09-10`), a span with two dots.
"""

from __future__ import annotations

import calendar
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from casebook.core.problems import Kind, Problem, shortened

_DATE = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec")


@dataclass(frozen=True, slots=True, order=True)
class Day:
    """A date that may lack its day, or its day and month (then they are 0)."""

    year: int
    month: int = 0
    day: int = 0

    def last(self) -> date:
        """Return the last day that this date may mean."""
        month = self.month or 12
        return date(self.year, month, self.day or calendar.monthrange(self.year, month)[1])

    def iso(self) -> str:
        """Return the date as it was written: `2018`, `2018-12` or `2018-12-31`."""
        parts = [f"{self.year:04d}"] + [f"{n:02d}" for n in (self.month, self.day) if n]
        return "-".join(parts)

    def __str__(self) -> str:
        month = _MONTHS[self.month - 1] if self.month else ""
        parts = (str(self.day or ""), month, str(self.year))
        return "\N{NO-BREAK SPACE}".join(part for part in parts if part)


@dataclass(frozen=True, slots=True)
class Span:
    """From `first` to `last`, both included; the two are equal for a single date."""

    first: Day
    last: Day

    def iso(self) -> str:
        """Return the span in the grammar that `parse` reads."""
        first, last = self.first.iso(), self.last.iso()
        return first if first == last else f"{first}..{last}"

    def __str__(self) -> str:
        a, b = self.first, self.last
        if a == b:
            return str(a)
        if not (a.month or b.month):
            short = f"{b.year % 100:02d}" if a.year // 100 == b.year // 100 else str(b.year)
            return f"{a.year}–{short}"
        if (a.year, a.month) == (b.year, b.month) and a.day and b.day:
            return f"{a.day}–{b}"
        if a.year == b.year and a.month and b.month and not (a.day or b.day):
            return f"{_MONTHS[a.month - 1]}–{b}"
        return f"{a}\N{NO-BREAK SPACE}– {b}"


def parse(text: str) -> Span | Problem:
    """Read a date or a span, or say why it is none."""
    first_text, dots, last_text = text.partition("..")
    first = _day(first_text)
    if isinstance(first, Problem):
        return first
    last = _day(last_text) if dots else first
    if isinstance(last, Problem):
        return last
    if last.last() < first.last():
        return Problem(Kind.BAD_DATE, f"the span {shortened(text)} runs backwards")
    return Span(first, last)


def hull(spans: Iterable[Span]) -> Span:
    """Return the shortest span that holds all of `spans`, of which there must be one.

    Of two ends that fall on the same day, the less precise one stands: 2018 holds December 2018.
    """
    held = list(spans)
    last = max((span.last for span in held), key=lambda d: (d.last(), -d.month, -d.day))
    return Span(min(span.first for span in held), last)


def _day(text: str) -> Day | Problem:
    match = _DATE.fullmatch(text.strip())
    if not match:
        forms = "YYYY, YYYY-MM, YYYY-MM-DD or a span with '..'"
        return Problem(Kind.BAD_DATE, f"{shortened(text)} is no date; write {forms}")
    year, month, day = (int(part or 0) for part in match.groups())
    try:
        date(year, 1 if match[2] is None else month, 1 if match[3] is None else day)
    except ValueError:
        return Problem(Kind.BAD_DATE, f"{shortened(text)} is not a day of the calendar")
    return Day(year, month, day)
