"""Axes and forms: what an author names of a chart.

An axis is written as a column's name and its unit: ``offered (request/s)``.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum

from casebook.core.literate.stored_outputs import Cell, Output
from casebook.core.problems import Kind, Problem, shortened, suggestion

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


def read(text: str) -> Axis | Problem:
    """Read a name and a unit, or say how they are written."""
    found = _AXIS.fullmatch(text)
    if not found:
        words = f"{shortened(text)} is no axis; write a column and its unit: 'wait (s)'"
        return Problem(Kind.BAD_CHART, words)
    return Axis(found[1], (found[2] or "").strip())


def column_of(output: Output, text: str) -> Axis | Problem:
    """Read the name of a column and its unit, or say why an output has no such column."""
    axis = read(text)
    if isinstance(axis, Problem) or axis.name in output.columns:
        return axis
    return Problem(Kind.BAD_CHART, lacking(output, axis.name))


def lacking(output: Output, name: str) -> str:
    """Say that an output has no column of a name, and which ones it has."""
    known = "; its columns are " + (", ".join(output.columns) or "none")
    hint = suggestion(name, output.columns) or known
    return f"'{output.name}' has no column {shortened(name)}{hint}"


def shown(cell: Cell) -> str:
    """Format a cell as it is printed in a table."""
    if isinstance(cell, str):
        return cell
    return f"{cell:,.15g}".replace("-", "−")
