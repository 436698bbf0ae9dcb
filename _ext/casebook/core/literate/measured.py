"""When and on what something was measured: without that a wall-clock result says nothing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from casebook.core.problems import Kind, Problem
from casebook.core.text.counted import counted

MONTHS = 18
"""A measurement that is older is made again."""
RATIO = "ratio"
"""The name of a value that says the same on another machine; other words may stand before it."""


@dataclass(frozen=True, slots=True)
class Measured:
    """The day and the machine of a measurement; nothing that names this very machine."""

    day: date
    cores: int
    python: str
    machine: str
    """The kind of processor, such as `x86_64`."""
    system: str
    versions: Mapping[str, str]
    """What else the result depends on, such as SQLite, with its version."""

    @property
    def where(self) -> str:
        """What it was measured on, as it is printed: "on 2 cores, Python 3.11.7"."""
        versions = {"Python": self.python, **self.versions}
        cores = f"on {counted(self.cores, 'core')}"
        parts = (cores, *(f"{name} {version}" for name, version in versions.items()))
        return ", ".join(part.replace(" ", "\N{NO-BREAK SPACE}") for part in parts)

    def stale(self, name: str, today: date) -> Problem | None:
        """Say that a measurement is too old, or of a day to come; None if it is neither."""
        again = f"run 'make measure ONE={name}'"
        if self.day > today + timedelta(days=1):  # where the sun rises earlier, it is tomorrow
            message = f"'{name}' was measured on {self.day}, which is yet to come; {again}"
            return Problem(Kind.BAD_OUTPUT, message)
        months = 12 * (today.year - self.day.year) + today.month - self.day.month
        if (months, today.day) > (MONTHS, self.day.day):
            message = f"'{name}' was measured on {self.day}, over {MONTHS} months ago; {again}"
            return Problem(Kind.BAD_OUTPUT, message)
        return None


def parse(data: Any) -> Measured:
    """Read what is stored of the day and the machine.

    Raises ``ValueError``, ``KeyError`` or ``TypeError`` where it is anything else.
    """
    words = {name: _word(data[name]) for name in ("python", "machine", "system")}
    cores, versions = data["cores"], data["versions"]
    if type(cores) is not int or cores < 1:
        raise ValueError(f"{cores!r} is no number of cores")
    return Measured(
        date.fromisoformat(data["date"]),
        cores,
        **words,
        versions={_word(name): _word(version) for name, version in dict(versions).items()},
    )


def _word(value: Any) -> str:
    if isinstance(value, str) and value.strip() and value.isprintable():
        return value
    raise ValueError(f"{value!r} is no word")


def lacks_ratio(values: Mapping[str, object]) -> bool:
    """Tell whether none of some values says the same on another machine."""
    return not any(name.rpartition(" ")[2] == RATIO for name in values)
