"""What a chart says of itself: limits, bands and notes, each with its words.

``:limit: 100 capacity; x=60 the shedder wakes``, ``:band: x=20..35 the outage`` and
``:note: 12, 340 everybody comes back``; in a chart with panels a note names its panel:
``:note: no jitter | 0.5, 300 everybody comes back``.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from casebook.core.figures.axes import Form, shown
from casebook.core.figures.ranges import COUNTED, Range, places, x_range, y_range
from casebook.core.problems import Kind, Problem, shortened

if TYPE_CHECKING:
    from casebook.core.figures.chart import Chart

_NUMBER = r"[-−]?\d{1,15}(?:\.\d{1,15})?(?:[eE][-+]?\d{1,2})?"
_LIMIT = re.compile(rf"(?:([xy])\s*=\s*)?({_NUMBER})\s+(\S.*)")
_BAND = re.compile(r"([xy])\s*=\s*(\S+?)\s*\.\.\s*(\S+)\s+(\S.*)")
_NOTE = re.compile(rf"(?:([^|]*?)\s*\|\s*)?([^,|]+?)\s*,\s*({_NUMBER})\s+(\S.*)")


@dataclass(frozen=True, slots=True)
class Limit:
    """A line across the chart at a value of an axis, with its name."""

    axis: str
    at: float
    name: str

    @property
    def ends(self) -> Range:
        """Where it begins and ends along its axis."""
        return self.at, self.at


@dataclass(frozen=True, slots=True)
class Band:
    """A range of an axis, with its name."""

    axis: str
    low: float
    high: float
    name: str

    @property
    def ends(self) -> Range:
        """Where it begins and ends along its axis."""
        return self.low, self.high


@dataclass(frozen=True, slots=True)
class Note:
    """Words at a point of a panel."""

    panel: int
    x: float
    y: float
    words: str


@dataclass(frozen=True, slots=True)
class Marks:
    """All that a chart says of itself."""

    limits: tuple[Limit, ...] = ()
    bands: tuple[Band, ...] = ()
    notes: tuple[Note, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Tell whether a chart says nothing."""
        return not (self.limits or self.bands or self.notes)

    @property
    def across(self) -> tuple[Band | Limit, ...]:
        """What goes across the whole chart."""
        return (*self.bands, *self.limits)


NO_MARKS = Marks()


def limited(chart: Chart, text: str) -> Chart | Problem:
    """Draw limits as `:limit:` says."""
    made = []
    for words in _each(text):
        found = _LIMIT.fullmatch(words)
        if not found:
            example = "write a number and a name: '100 capacity' or 'x=60 the end'"
            return _problem(f"{shortened(words)} is no limit; {example}")
        limit = Limit(found[1] or "y", _number(found[2]), found[3])
        if limit.axis == "x" and chart.form is Form.BAR:
            return _problem("a limit of x stands between bars; draw a band or a note instead")
        if limit.axis == "x" and (misfit := _outside("the limit", words, limit.at, chart)):
            return misfit
        made.append(limit)
    return replace(chart, marks=replace(chart.marks, limits=tuple(made)))


def banded(chart: Chart, text: str) -> Chart | Problem:
    """Draw bands as `:band:` says."""
    made = []
    for words in _each(text):
        found = _BAND.fullmatch(words)
        ends = [_place(chart, found[1], found[n]) for n in (2, 3)] if found else []
        low, high = ends if ends else (None, None)
        if found is None or low is None or high is None:
            example = "write an axis, its range and a name: 'x=20..35 the outage'"
            return _problem(f"{shortened(words)} is no band; {example}")
        if chart.form is Form.HEAT and found[1] == "y":
            return _problem("a band of a heat map names some of its columns: 'x=20..35 the outage'")
        if low > high or (low == high and chart.form not in COUNTED):
            return _problem(f"the band {shortened(words)} ends before it begins")
        for end in (low, high):
            if found[1] == "x" and (misfit := _outside("the band", words, end, chart)):
                return misfit
        made.append(Band(found[1], low, high, found[4]))
    if chart.form is Form.HEAT and (misfit := _meeting(made)):
        return misfit
    return replace(chart, marks=replace(chart.marks, bands=tuple(made)))


def _meeting(bands: list[Band]) -> Problem | None:
    """Report two bands that hold the same column of a heat map."""
    for one, other in itertools.combinations(bands, 2):
        if one.low <= other.high and other.low <= one.high:
            return _problem(
                f"the bands '{one.name}' and '{other.name}' hold the same column, and a column of "
                "a heat map belongs to one"
            )
    return None


def noted(chart: Chart, text: str) -> Chart | Problem:
    """Set notes as `:note:` says; limits and bands may have made the vertical axis longer."""
    made = []
    names = [part.name for part in chart.parts]
    for words in _each(text):
        found = _NOTE.fullmatch(words)
        x = _place(chart, "x", found[2]) if found else None
        if found is None or x is None:
            example = "write a point and words: '12, 340 everybody comes back'"
            return _problem(f"{shortened(words)} is no note; {example}")
        panel = _panel(chart, found[1])
        if panel is None:
            if chart.panels is None:
                return _problem("the chart has no panels, so a note names none")
            first = f"'{names[0]} | {found[2]}, …'"
            return _problem(f"a note names its panel first, as in {first}; {_listed(names)}")
        y = _number(found[3])
        low, high = y_range(chart)
        if misfit := _outside("the note", words, x, chart):
            return misfit
        if not low <= y <= high:
            return _problem(
                f"the note {shortened(words)} stands outside of the axes; y runs from "
                f"{_rounded(low)} to {_rounded(high)}"
            )
        made.append(Note(panel, x, y, found[4]))
    return replace(chart, marks=replace(chart.marks, notes=tuple(made)))


def _each(text: str) -> Iterator[str]:
    for words in text.split(";"):
        yield " ".join(words.split())


def _number(text: str) -> float:
    return float(text.replace("−", "-"))


def _place(chart: Chart, axis: str, text: str) -> float | None:
    """Return where a value stands along an axis.

    Bars and the columns of a heat map stand at what is written below them.
    """
    if axis == "x" and chart.form in COUNTED:
        part = chart.parts[0]
        below = [shown(cell) for cell in part.columns[chart.x.name]]
        return places(chart, part)[below.index(text)] if text in below else None
    return _number(text) if re.fullmatch(_NUMBER, text) else None


def _panel(chart: Chart, name: str | None) -> int | None:
    """Return the number of a panel by its name, or by the value that it shows."""
    if chart.panels is None:
        return 0 if name is None else None
    for number, part in enumerate(chart.parts):
        names = [part.name]
        if chart.panels.by:
            names += [chart.panels.label(number), shown(chart.panels.values[number])]
        if name in names:
            return number
    return None


def _outside(what: str, words: str, x: float, chart: Chart) -> Problem | None:
    low, high = x_range(chart)
    if low <= x <= high:
        return None
    span = f"x runs from {_rounded(low)} to {_rounded(high)}"
    return _problem(f"{what} {shortened(words)} stands outside of the axes; {span}")


def _rounded(number: float) -> str:
    return shown(float(f"{number:.6g}"))


def _listed(names: list[str]) -> str:
    return "the panels are " + ", ".join(f"'{name}'" for name in names)


def _problem(message: str) -> Problem:
    return Problem(Kind.BAD_CHART, message)
