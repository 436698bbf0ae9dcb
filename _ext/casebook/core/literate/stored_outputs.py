"""Stored outputs: what the printed code computed, as `make outputs` has written it to JSON files.

A build runs no code; it shows these.  There are three forms: what an experiment gave (columns of
equal length, single values, and sounds), a text (what went over a wire, or a trace), and a
counterexample (what was done, and what it showed with a guard and without it).  What `make measure`
wrote has the form of an experiment, and says when and on what it was measured.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from typing import Any

from casebook.core.literate import measured, sounds
from casebook.core.literate.measured import Measured
from casebook.core.literate.settled import settled
from casebook.core.literate.sounds import Sound
from casebook.core.problems import Kind, Problem, shortened, suggestion
from casebook.core.text.names import PATTERN

Cell = int | float | str
"""What a column holds: numbers throughout, or words throughout."""

DIGITS = 6
"""Significant digits that are stored, so that two Pythons agree in every one of them."""

_GREATEST = 1.7976931348623157e308
_NAME = re.compile(rf"({PATTERN})/({PATTERN})")
_WITHOUT = "without-"


@dataclass(frozen=True, slots=True)
class Output:
    """What an experiment gave."""

    name: str
    columns: Mapping[str, tuple[Cell, ...]] = field(default_factory=dict)
    values: Mapping[str, int | float] = field(default_factory=dict)
    measured: Measured | None = None
    """When and on what it was measured; None if it was computed."""
    sounds: Mapping[str, Sound] = field(default_factory=dict)

    def rows(self) -> list[tuple[Cell, ...]]:
        """Return the columns side by side: a tuple for each row."""
        return list(zip(*self.columns.values(), strict=True))


@dataclass(frozen=True, slots=True)
class Counterexample:
    """The shortest way that was found to break an invariant once its guard is gone."""

    name: str
    moves: tuple[str, ...]
    guarded: tuple[str, ...]
    """What each move showed with the guard in place."""
    unguarded: tuple[str, ...]
    broken: str
    """The invariant that broke at the last move."""


@dataclass(frozen=True, slots=True)
class StoredText:
    """What was said or sent, line by line."""

    name: str
    lines: tuple[str, ...]


Stored = Output | StoredText | Counterexample


def is_output(name: str) -> bool:
    """Tell whether something can be stored under this name: a study and a name, with a slash."""
    return bool(_NAME.fullmatch(name))


def is_counterexample(name: str) -> bool:
    """Tell whether the name is one of a guard taken away."""
    return name.partition("/")[2].startswith(_WITHOUT)


def function_of(name: str) -> str:
    """Name the function that makes an output: `stripe/crash-points` comes from `crash_points`."""
    return name.partition("/")[2].replace("-", "_")


def stored_in(name: str) -> str:
    """Name the file of an output, from the folder of outputs on."""
    return f"{name}.json"


def read(name: str, text: str) -> Stored | Problem:
    """Return what a file holds, or what is wrong if `make outputs` has not written it so."""
    try:
        data = json.loads(text, parse_constant=_refuse)
        if is_counterexample(name):
            return _counterexample(name, data)
        stored = _text(name, data) if "text" in data else _output(name, data)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        message = f"the stored output '{name}' is not what 'make outputs' writes; run it again"
        return Problem(Kind.BAD_OUTPUT, message)
    if not isinstance(stored, Output):
        return stored
    for key, sound in stored.sounds.items():
        if fault := sounds.fault(sound.file):
            message = f"the sound {shortened(key)} of '{name}' {fault}; run 'make outputs'"
            return Problem(Kind.BAD_OUTPUT, message)
    return _with_measured(stored, data)


def _with_measured(output: Output, data: Mapping[str, Any]) -> Output | Problem:
    if "measured" not in data:
        return output
    again = f"run 'make measure ONE={output.name}'"
    if measured.lacks_ratio(output.values):
        message = f"'{output.name}' was measured and holds no ratio; {again}"
        return Problem(Kind.BAD_OUTPUT, message)
    try:
        return replace(output, measured=measured.parse(data["measured"]))
    except (ValueError, KeyError, TypeError):
        message = f"'{output.name}' does not say when and on what it was measured; {again}"
        return Problem(Kind.BAD_OUTPUT, message)


def _output(name: str, data: Any) -> Output:
    columns = {key: tuple(_column(cells)) for key, cells in data["columns"].items()}
    values = {key: _number(value) for key, value in data["values"].items()}
    if len({len(column) for column in columns.values()}) > 1:
        raise ValueError("columns of different lengths")
    coded = data.get("sounds", {}).items()
    made = {key: Sound(sounds.decoded(letters)) for key, letters in coded}
    return Output(name, columns, values, sounds=made)


def _text(name: str, data: Any) -> StoredText:
    lines = tuple(_words(data["text"]))
    if _unprintable(lines):
        raise ValueError("not lines of text")
    return StoredText(name, lines)


def _unprintable(lines: Sequence[str]) -> str:
    """Say what in the lines is no text on one line; nothing if all is."""
    if not any(lines):
        return "the text is empty"
    for at, line in enumerate(lines, 1):
        for sign in line:
            if not sign.isprintable():
                return f"line {at} of the text holds {sign!r}, which no edition can print"
    return ""


def _counterexample(name: str, data: Any) -> Counterexample:
    moves, guarded, unguarded = (
        tuple(_words(data[part])) for part in ("moves", "guarded", "unguarded")
    )
    if not len(moves) == len(guarded) == len(unguarded) > 0:
        raise ValueError("not one text for each move")
    (broken,) = _words([data["broken"]])
    return Counterexample(name, moves, guarded, unguarded, broken)


def _number(value: Any) -> int | float:
    """Return the value, if it is a number that every reader of JSON can hold (RFC 8259, section 6).

    Raises ``ValueError`` if it is not.
    """
    if type(value) in (int, float) and abs(value) <= _GREATEST:  # false for what is no number
        return value  # type: ignore[no-any-return]
    raise ValueError(f"{value!r} is no number")


def _words(cells: Any) -> list[str]:
    if isinstance(cells, list) and all(isinstance(cell, str) for cell in cells):
        return cells
    raise ValueError("not a list of words")


def _column(cells: Any) -> list[Cell]:
    """Return the cells, if they are numbers throughout or words throughout.

    Raises ``ValueError`` if they are neither.
    """
    if isinstance(cells, list) and cells and isinstance(cells[0], str):
        return list(_words(cells))
    if isinstance(cells, list):
        return [_number(cell) for cell in cells]
    raise ValueError("not a list")


def as_csv(output: Output) -> str:
    """Return the columns of an output as a CSV file (RFC 4180)."""
    file = io.StringIO()
    csv.writer(file).writerows([list(output.columns), *output.rows()])
    return file.getvalue()


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def written(data: Mapping[str, Any]) -> str:
    """Format what is stored: rounded, one line a column, so that a change is easy to see.

    A text has its own lines.
    """
    if "text" in data:
        return '{\n "text": [\n  ' + ",\n  ".join(map(_line, data["text"])) + "\n ]\n}\n"
    parts = [
        f" {_line(part)}: {{\n"
        + ",\n".join(f"  {_line(key)}: {_line(value)}" for key, value in content.items())
        + "\n }"
        if isinstance(content, dict) and content
        else f" {_line(part)}: {_line(content)}"
        for part, content in _rounded(data).items()
    ]
    return "{\n" + ",\n".join(parts) + "\n}\n"


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False)


def text(result: str) -> dict[str, list[str]]:
    """Return a text in the form that is stored: its lines, with what differs each time settled.

    Raises ``ValueError`` if the text is empty, or holds what is not printed.
    """
    lines = [line.rstrip(" ") for line in settled(result).strip("\n").split("\n")]
    if fault := _unprintable(lines):
        raise ValueError(fault)
    return {"text": lines}


def experiment(result: Mapping[str, Any]) -> dict[str, Any]:
    """Return what an experiment returned, in the form that is stored.

    Lists are columns, numbers values, and bytes are sounds.  Raises ``ValueError`` for anything
    else, for lists that differ in length, and for bytes that are no WAV file of the book's form.
    """
    made: dict[str, Any] = {"columns": {}, "values": {}}
    for key, value in result.items():
        if isinstance(value, bytes):
            if fault := sounds.fault(value):
                raise ValueError(f"{key!r} {fault}")
            made.setdefault("sounds", {})[key] = sounds.coded(value)
            continue
        try:
            part = "columns" if isinstance(value, list) else "values"
            made[part][key] = _column(value) if part == "columns" else _number(value)
        except ValueError as error:
            message = f"{key!r} is neither a number nor a list of numbers or of words"
            raise ValueError(message) from error
    lengths = {key: len(column) for key, column in made["columns"].items()}
    for key, length in lengths.items():
        if length != next(iter(lengths.values())):
            raise ValueError(f"{key!r} has another length than the list before it")
    return made


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        short = float(f"{value:.{DIGITS}g}")
        # An integer reads better, as long as it has no more digits than were kept.
        return int(short) if short.is_integer() and abs(short) < 10**15 else short
    if isinstance(value, Mapping):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_rounded(item) for item in value]
    return value


def value_of(stored: Output, key: str) -> Fraction | Problem:
    """Return a single value as an exact number, or that the output has none of this name."""
    if key not in stored.values:
        hint = suggestion(key, stored.values)
        message = f"the stored output '{stored.name}' has no value {shortened(key)}{hint}"
        return Problem(Kind.BAD_OUTPUT, message)
    return Fraction(str(stored.values[key]))
