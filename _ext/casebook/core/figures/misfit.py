"""What is wrong with an option of a chart, a stepper or sounds."""

from __future__ import annotations

from dataclasses import dataclass

from casebook.core.problems import Problem


@dataclass(frozen=True, slots=True)
class Misfit:
    """An option that does not fit, and why; without its name, the whole does not."""

    option: str
    problem: Problem
