"""Panels: a chart that is parted, by its series or by the values of a parameter.

A parameter is one more column of the output: its rows are parted by their values, in the order in
which these first appear.  On the screen a reader may choose one of them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from casebook.core.figures.axes import Axis, Form, column_of, shown
from casebook.core.literate.stored_outputs import Cell, Output
from casebook.core.problems import Kind, Problem, shortened
from casebook.core.text.counted import counted

if TYPE_CHECKING:
    from casebook.core.figures.chart import Chart

MOST_PANELS = 6
BY_SERIES = ("series", "yes")
"""What `:panels:` may hold instead of a parameter."""


@dataclass(frozen=True, slots=True)
class Panels:
    """How a chart is parted: by the values of a parameter, or without one by its series."""

    by: Axis | None = None
    values: tuple[Cell, ...] = ()
    chosen: bool = False
    """Whether a reader chooses one of them, where the edition allows it."""
    first: int = 0
    """The value that is chosen until somebody chooses another."""
    printed: int | None = None
    """The value that stands for all of them on paper; None for all."""

    def label(self, number: int) -> str:
        """Return a value with its unit, as it is offered to a reader."""
        assert self.by
        return f"{shown(self.values[number])} {self.by.unit}".strip()


@dataclass(frozen=True, slots=True)
class Part:
    """What one panel shows: some series, by their numbers, and the rows of their columns."""

    name: str
    series: tuple[int, ...]
    columns: Mapping[str, tuple[Cell, ...]]


def parts(chart: Chart) -> tuple[Part, ...]:
    """Return what each panel of a chart shows; an undivided chart is one panel without a name."""
    panels, every = chart.panels, tuple(range(len(chart.series)))
    if panels is None:
        return (Part("", every, chart.columns),)
    if panels.by is None:
        return tuple(
            Part(axis.name, (number,), chart.columns) for number, axis in enumerate(chart.series)
        )
    parameter = chart.columns[panels.by.name]
    return tuple(
        Part(
            f"{panels.by.name} {panels.label(number)}",
            every,
            {
                name: tuple(c for c, at in zip(column, parameter, strict=True) if at == value)
                for name, column in chart.columns.items()
            },
        )
        for number, value in enumerate(panels.values)
    )


def parted(chart: Chart, output: Output, words: str) -> Chart | Problem:
    """Part a chart as `:panels:` says: by its series, or by the values of a parameter."""
    if words.strip() not in BY_SERIES:
        return _by_parameter(chart, output, words, chosen=False)
    if chart.form is Form.HEAT:
        return _problem(_NO_HEAT)
    if len(chart.series) < 2:
        return _problem("the chart has one series, so there is nothing to part")
    return replace(chart, panels=Panels())


def choosing(chart: Chart, output: Output, words: str) -> Chart | Problem:
    """Let a reader choose among the values of a parameter, as `:choose:` says."""
    if chart.panels:
        return _problem("a chart has either 'panels' or 'choose'")
    return _by_parameter(chart, output, words, chosen=True)


def shown_first(chart: Chart, words: str) -> Chart | Problem:
    """Choose the value that is shown first, as `:shown:` says."""
    return _with_value(chart, "shown", words, lambda panels, n: replace(panels, first=n))


def printed_alone(chart: Chart, words: str) -> Chart | Problem:
    """Choose the value that stands for all of them on paper, as `:print:` says."""
    return _with_value(chart, "print", words, lambda panels, n: replace(panels, printed=n))


_NO_HEAT = "a heat map has no panels; give each of its rows a column"


def _by_parameter(chart: Chart, output: Output, words: str, *, chosen: bool) -> Chart | Problem:
    axis = column_of(output, words)
    if isinstance(axis, Problem):
        return axis
    if chart.form is Form.HEAT:
        return _problem(_NO_HEAT)
    if axis.name in (chart.x.name, *(series.name for series in chart.series)):
        return _problem(f"the parameter '{axis.name}' is also an axis of this chart")
    column = output.columns[axis.name]
    values = tuple(dict.fromkeys(column))
    if not 2 <= len(values) <= MOST_PANELS:
        count = counted(len(values), "value")
        return _problem(
            f"the parameter '{axis.name}' has {count}; a chart shows between 2 and {MOST_PANELS}"
        )
    columns = {axis.name: column, **chart.columns}
    made = replace(chart, columns=columns, panels=Panels(axis, values, chosen))
    if chart.form is Form.BAR and len({part.columns[chart.x.name] for part in parts(made)}) > 1:
        message = f"bars need the same '{chart.x.name}' for each value of '{axis.name}'"
        return _problem(message)
    return made


def _with_value(
    chart: Chart, option: str, words: str, put: Callable[[Panels, int], Panels]
) -> Chart | Problem:
    """Put the number of a value, among which a reader chooses, into the panels."""
    panels = chart.panels
    if panels is None or panels.by is None or not panels.chosen:
        return _problem(f"'{option}' belongs to a chart with 'choose'")
    wanted = words.strip().removesuffix(panels.by.unit).strip()
    known = [shown(value) for value in panels.values]
    for number, value in enumerate(panels.values):
        if wanted in (str(value), known[number]):
            return replace(chart, panels=put(panels, number))
    return _problem(
        f"the parameter '{panels.by.name}' has no value {shortened(wanted)}; "
        f"its values are {', '.join(known)}"
    )


def _problem(message: str) -> Problem:
    return Problem(Kind.BAD_CHART, message)
