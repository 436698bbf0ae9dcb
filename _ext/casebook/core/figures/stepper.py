"""Steppers: states of a stored output, one after another, with names for stretches of them.

A row of the output is a step, and its columns are the parts of the state.  Steps count from 1.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from casebook.core.figures.axes import lacking, shown
from casebook.core.figures.misfit import Misfit
from casebook.core.literate.stored_outputs import Output
from casebook.core.problems import Kind, Problem, shortened
from casebook.core.text.counted import counted

FEWEST, MOST = 2, 200
"""Fewer steps are no way, and nobody walks more."""

_PHASE = re.compile(r"([0-9]{1,9}) ?\.\. ?([0-9]{1,9}) (.+)")


@dataclass(frozen=True, slots=True)
class Phase:
    """A stretch of steps that has a name."""

    first: int
    last: int
    name: str


@dataclass(frozen=True, slots=True)
class Stepper:
    """What a reader steps through."""

    columns: tuple[str, ...]
    """The parts of a state, by name."""
    states: tuple[tuple[str, ...], ...]
    """The words of each part, step by step."""
    events: tuple[str, ...]
    """What happened in each step; empty where the output does not say."""
    phases: tuple[Phase, ...]
    """They cover all steps, or there are none."""
    printed: tuple[int, ...]
    """The steps that stand on paper."""

    def phase(self, step: int) -> str:
        """Return the name of the phase that a step belongs to; empty if there are none."""
        return next((one.name for one in self.phases if one.first <= step <= one.last), "")

    def event(self, step: int) -> str:
        """Return what happened in a step; empty if the output does not say."""
        return self.events[step - 1] if self.events else ""


def parse(
    output: Output, columns: str, step: str, phases: str, printed: str
) -> Stepper | list[Misfit]:
    """Read the options of a stepper; the answer is what is wrong when they do not fit the output.

    Without `columns` all are shown, except the one of `step`.
    """
    total = max(map(len, output.columns.values()), default=0)
    if not FEWEST <= total <= MOST:
        words = f"'{output.name}' has {counted(total, 'step')}; a stepper has {FEWEST} to {MOST}"
        return [_misfit("", words)]
    step, names = step.strip(), [name.strip() for name in columns.split(",")]
    if not columns.strip():
        names = [name for name in output.columns if name != step]
    found, steps = _phases(phases, total), _printed(printed, total)
    wrong = [
        *_columns(output, "columns", names),
        *(_columns(output, "step", [step]) if step else ()),
        *([_misfit("step", f"the column {shortened(step)} stands twice")] if step in names else ()),
        *(one for one in (*found, *steps) if isinstance(one, Misfit)),
    ]
    if wrong:
        return wrong
    return Stepper(
        tuple(names),
        tuple(zip(*(map(shown, output.columns[name]) for name in names), strict=True)),
        tuple(map(shown, output.columns[step])) if step else (),
        tuple(one for one in found if isinstance(one, Phase)),
        tuple(one for one in steps if isinstance(one, int)),
    )


def _misfit(option: str, words: str) -> Misfit:
    return Misfit(option, Problem(Kind.BAD_STEPPER, words))


def _columns(output: Output, option: str, names: list[str]) -> Iterable[Misfit]:
    for i, name in enumerate(names):
        if name not in output.columns:
            yield _misfit(option, lacking(output, name))
        elif name in names[:i]:
            yield _misfit(option, f"the column {shortened(name)} stands twice")
        elif not any(shown(cell).strip() for cell in output.columns[name]):
            words = f"the column {shortened(name)} is empty at every step; leave it out"
            yield _misfit(option, words)
    if not names:
        yield _misfit(option, f"'{output.name}' has no column but that of the steps")


def _phases(text: str, total: int) -> list[Phase | Misfit]:
    made: list[Phase | Misfit] = []
    after = 1  # where the next phase has to begin
    for part in text.split(";") if text.strip() else ():
        found = _PHASE.fullmatch(" ".join(part.split()))
        if not found:
            words = f"{shortened(part)} is no phase; write its first step, its last and its name"
            return [_misfit("phases", words + ": '1..4 nothing is stored'")]
        phase = Phase(int(found[1]), int(found[2]), found[3])
        wrong = _misplaced(phase, after, total)
        if wrong:  # of those behind it nothing can be said
            return [_misfit("phases", f"the phase {shortened(phase.name)} {wrong}")]
        made.append(phase)
        after = phase.last + 1
    if made and after <= total:
        words = f"the phases end at step {after - 1}, and the last step is {total}"
        return [_misfit("phases", words)]
    return made


def _misplaced(phase: Phase, after: int, total: int) -> str:
    if phase.last < phase.first:
        return f"ends at step {phase.last}, before it begins at {phase.first}"
    if phase.first < after:
        return f"begins at step {phase.first}; the first step that is free is {after}"
    if phase.last > total:
        return f"ends at step {phase.last}, and the last step is {total}"
    if phase.first > after:
        return f"begins at step {phase.first} and leaves out step {after}"
    return ""


def _printed(text: str, total: int) -> list[int | Misfit]:
    made: list[int | Misfit] = []
    last = 0
    for part in text.split(","):
        number = part.strip()
        if not re.fullmatch("[0-9]{1,9}", number):
            words = f"{shortened(part)} is no step; write steps with commas: '1, {total}'"
            return [_misfit("print", words)]
        step = int(number)
        if not 1 <= step <= total:
            return [_misfit("print", f"there is no step {step}; the steps are 1 to {total}")]
        if step <= last:
            return [_misfit("print", f"step {step} comes after step {last}; let the steps rise")]
        made.append(step)
        last = step
    return made
