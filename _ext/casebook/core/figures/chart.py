"""Charts: which columns of a stored output are drawn, in which form, against which axis."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from casebook.core.figures.annotations import NO_MARKS, Marks, banded, limited, noted
from casebook.core.figures.axes import Axis, Form, column_of
from casebook.core.figures.misfit import Misfit
from casebook.core.figures.panels import (
    Panels,
    Part,
    choosing,
    parted,
    parts,
    printed_alone,
    shown_first,
)
from casebook.core.figures.ranges import y_range
from casebook.core.literate.stored_outputs import Cell, Output
from casebook.core.problems import Kind, Problem, shortened

MOST_SERIES = 6
"""More no reader tells apart, and no palette either."""
MOST = 10**100
"""Beyond it the arithmetic of axes overflows."""
SHORT_TABLE = 24, 8
"""So many rows and columns can be read as a table; longer data is for a program."""
MOST_COVERED, NEAR = 0.6, 0.01
"""Two series coincide if so many of their points are nearer than so much of the vertical axis."""


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn."""

    form: Form
    x: Axis
    series: tuple[Axis, ...]
    columns: Mapping[str, tuple[Cell, ...]]
    """The data of the parameter, of `x` and of each of the series, by name."""
    panels: Panels | None = None
    marks: Marks = NO_MARKS

    @property
    def y_label(self) -> str:
        """The label of the vertical axis: the only series, or the unit that all share."""
        first = self.series[0]
        return str(first) if len(self.series) == 1 else first.unit

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The columns of the table of its data: the parameter, x and the series."""
        by = self.panels.by if self.panels else None
        return (*([by] if by else []), self.x, *self.series)

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads of the table of its data."""
        return tuple(map(str, self.axes))

    @property
    def rows(self) -> list[tuple[Cell, ...]]:
        """The rows of the table of its data."""
        return list(zip(*(self.columns[axis.name] for axis in self.axes), strict=True))

    @property
    def is_short(self) -> bool:
        """Tell whether its data can be read as a table."""
        rows, columns = SHORT_TABLE
        return len(self.rows) <= rows and len(self.heads) <= columns

    @property
    def parts(self) -> tuple[Part, ...]:
        """What each of its panels shows."""
        return parts(self)

    @property
    def is_by_series(self) -> bool:
        """Tell whether each series has a panel of its own, which bears its name."""
        return self.panels is not None and self.panels.by is None


def parse(output: Output, form: str, x: str, y: str) -> Chart | Problem:
    """Read what a chart shows; the answer is a problem when it does not fit the output."""
    known = [known.value for known in Form]
    if form not in known:
        words = f"unknown type of chart {shortened(form)}; the types are {', '.join(known)}"
        return Problem(Kind.BAD_CHART, words)
    axes = []
    for text in (x, *y.split(",")):
        axis = column_of(output, text)
        if isinstance(axis, Problem):
            return axis
        axes.append(axis)
    first, *series = axes
    columns = {axis.name: output.columns[axis.name] for axis in axes}
    chart = Chart(Form(form), first, tuple(series), columns)
    misfit = _misfit(chart)
    return Problem(Kind.BAD_CHART, misfit) if misfit else chart


_Step = Callable[[Chart, Output, str], Chart | Problem]


def _of_chart(step: Callable[[Chart, str], Chart | Problem]) -> _Step:
    return lambda chart, _, words: step(chart, words)


_STEPS: Mapping[str, _Step] = {
    "panels": parted,
    "choose": choosing,
    "shown": _of_chart(shown_first),
    "print": _of_chart(printed_alone),
    "limit": _of_chart(limited),
    "band": _of_chart(banded),
    "note": _of_chart(noted),
}
"""What each option makes of a chart, in the order in which they build on each other."""
OPTIONS = tuple(_STEPS)
"""The options that a chart may have besides those that it needs."""


def with_options(chart: Chart, output: Output, options: Mapping[str, str]) -> Chart | Misfit:
    """Part a chart, and let it say what it shows; or return the option that does not fit it."""
    for option, step in _STEPS.items():
        if option in options:
            if option in ("limit", "note") and chart.form is Form.HEAT:
                message = f"a heat map has a number in every cell, and no '{option}'"
                return Misfit(option, Problem(Kind.BAD_CHART, message))
            found = step(chart, output, options[option])
            if isinstance(found, Problem):
                return Misfit(option, found)
            chart = found
    hidden = _hidden(chart)
    return Misfit("", Problem(Kind.BAD_CHART, hidden)) if hidden else chart


def _misfit(chart: Chart) -> str:
    """Say why a chart cannot be drawn so that it is read rightly; nothing if it can."""
    names = [axis.name for axis in chart.series]
    if len(set(names)) < len(names) or chart.x.name in names:
        return "a column stands twice in this chart"
    if len(names) > MOST_SERIES:
        return f"the chart has {len(names)} series, and {MOST_SERIES} is the limit"
    if len({axis.unit for axis in chart.series}) > 1:
        return "a chart has one vertical axis, so all its series have one unit"
    if not chart.rows:
        return "there is nothing to draw: the columns are empty"
    words = [name for name in names if isinstance(chart.columns[name][0], str)]
    if words:
        return f"the column '{words[0]}' holds words, and a series needs numbers"
    in_words = isinstance(chart.columns[chart.x.name][0], str)
    if in_words and chart.form not in (Form.BAR, Form.HEAT):
        return f"the column '{chart.x.name}' holds words; only 'bar' and 'heat' can show them"
    for name, column in chart.columns.items():
        if any(not isinstance(cell, str) and abs(cell) > MOST for cell in column):
            return f"the column '{name}' holds a number that is too large to be drawn"
    return ""


def _hidden(chart: Chart) -> str:
    """Say which of two lines hides the other; nothing if none does."""
    if chart.form not in (Form.LINE, Form.STEP) or chart.is_by_series or len(chart.rows) < 2:
        return ""
    low, high = y_range(chart)
    for one, other in itertools.combinations([axis.name for axis in chart.series], 2):
        pairs = zip(chart.columns[one], chart.columns[other], strict=True)
        near = sum(abs(float(a) - float(b)) <= NEAR * (high - low) for a, b in pairs)
        if near >= MOST_COVERED * len(chart.rows):
            advice = "leave one of them out"
            if chart.panels is None:
                advice = "write ':panels: series', which gives each a panel of its own"
            return (
                f"'{one}' and '{other}' coincide over most of their length, so one hides the "
                f"other; {advice}"
            )
    return ""
