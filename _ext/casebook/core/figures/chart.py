"""Charts: which columns of a stored output are drawn, in which form, against which axis.

An axis is written as a column's name and its unit: ``offered (request/s)``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from casebook.core.literate.stored_outputs import Cell, Output
from casebook.core.problems import Kind, Problem, shortened, suggestion
from casebook.core.text.marked_text import Text

MOST_SERIES = 6
"""More no reader tells apart, and no palette either."""
MOST = 10**100
"""Beyond it the arithmetic of axes overflows."""
SHORT_TABLE = 24, 8
"""So many rows and columns can be read as a table; longer data is for a program."""

_AXIS = re.compile(r"\s*([^()\s][^()]*?)\s*(?:\(([^()]+)\))?\s*")


class Form(Enum):
    """The form of a chart."""

    LINE = "line"
    STEP = "step"
    """Like a line, of a value that stays until the next point."""
    BAR = "bar"
    SCATTER = "scatter"
    HEAT = "heat"
    """A grid of numbered cells: a column a row of cells."""


@dataclass(frozen=True, slots=True)
class Axis:
    """A column and the unit of its numbers."""

    name: str
    unit: str = ""

    def __str__(self) -> str:
        return f"{self.name}, {self.unit}" if self.unit else self.name


@dataclass(frozen=True, slots=True)
class Chart:
    """What is drawn."""

    form: Form
    x: Axis
    series: tuple[Axis, ...]
    columns: Mapping[str, tuple[Cell, ...]]
    """The data of `x` and of each of the series, by name."""

    @property
    def y_label(self) -> str:
        """The label of the vertical axis: the only series, or the unit that all share."""
        first = self.series[0]
        return str(first) if len(self.series) == 1 else first.unit

    @property
    def heads(self) -> tuple[str, ...]:
        """The heads of the table of its data."""
        return (str(self.x), *map(str, self.series))

    @property
    def rows(self) -> list[tuple[Cell, ...]]:
        """The rows of the table of its data."""
        axes = (self.x, *self.series)
        return list(zip(*(self.columns[axis.name] for axis in axes), strict=True))

    @property
    def is_short(self) -> bool:
        """Tell whether its data can be read as a table."""
        rows, columns = SHORT_TABLE
        return len(self.rows) <= rows and len(self.heads) <= columns


@dataclass(frozen=True, slots=True)
class Shown:
    """A chart of a stored output, or a counterexample, where it is printed."""

    page: str
    anchor: str
    output: str
    caption: Text
    chart: Chart | None
    line: int = field(repr=False)
    measured: bool = False


def parse(output: Output, form: str, x: str, y: str) -> Chart | Problem:
    """Read the options of a chart; the answer is a problem when they do not fit the output."""
    known = [known.value for known in Form]
    if form not in known:
        words = f"unknown type of chart {shortened(form)}; the types are {', '.join(known)}"
        return Problem(Kind.BAD_CHART, words)
    axes = [_axis(text) for text in (x, *y.split(","))]
    for text, axis in zip((x, *y.split(",")), axes, strict=True):
        if axis is None:
            words = f"{shortened(text)} is no axis; write a column and its unit: 'wait (s)'"
            return Problem(Kind.BAD_CHART, words)
        if axis.name not in output.columns:
            hint = suggestion(axis.name, output.columns)
            known_columns = "; its columns are " + (", ".join(output.columns) or "none")
            words = f"'{output.name}' has no column {shortened(axis.name)}{hint or known_columns}"
            return Problem(Kind.BAD_CHART, words)
    first, *series = [axis for axis in axes if axis]
    columns = {axis.name: output.columns[axis.name] for axis in (first, *series)}
    chart = Chart(Form(form), first, tuple(series), columns)
    misfit = _misfit(chart)
    return Problem(Kind.BAD_CHART, misfit) if misfit else chart


def _axis(text: str) -> Axis | None:
    found = _AXIS.fullmatch(text)
    return Axis(found[1], (found[2] or "").strip()) if found else None


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


def shown(cell: Cell) -> str:
    """Format a cell as it is printed in a table."""
    if isinstance(cell, str):
        return cell
    return f"{cell:,.15g}".replace("-", "−")
