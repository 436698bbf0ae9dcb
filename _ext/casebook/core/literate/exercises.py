"""Exercises as pages write them: a task, the test that says whether it is solved, a solution.

The solution stands in the place of a chunk, or makes a new file.  The package of the book is the
unsolved one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from casebook.core.literate.chunks import Token, misplaced, odd_signs, split, too_large
from casebook.core.literate.tangle import Line, Tangled
from casebook.core.problems import Kind, Problem
from casebook.core.text.names import is_name

FOLDER = "exercises"
"""Where the tests lie, beside the package."""

_INFO = re.compile(r"\{(exercise|exercise-test|solution)\}(?:\s+(.*))?")


@dataclass(frozen=True, slots=True)
class Task:
    """The fence in which an exercise says what is to be done."""

    name: str
    line: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ExerciseTest:
    """The fence of the test of an exercise."""

    exercise: str
    line: int
    first: int
    lines: tuple[str, ...]

    @property
    def file(self) -> Tangled:
        """The file that a reader runs."""
        path = f"{FOLDER}/{self.exercise}/test_{self.exercise.replace('-', '_')}.py"
        return Tangled(path, tuple(Line(text, n) for n, text in enumerate(self.lines, self.first)))


@dataclass(frozen=True, slots=True)
class Solution:
    """The fence of a solution, or of a part of one."""

    exercise: str
    line: int
    first: int
    lines: tuple[str, ...]
    instead: str
    """The chunk in whose place it stands, with all that is added to that chunk; or else"""
    file: str
    """the new file that it makes."""
    part: int = 1

    @property
    def anchor(self) -> str:
        """The id of the solution on its page."""
        return f"solution-{self.exercise}" + (f"--{self.part}" if self.part > 1 else "")


@dataclass(frozen=True, slots=True)
class Exercises:
    """What a page holds of exercises, in reading order."""

    tasks: tuple[Task, ...] = ()
    tests: tuple[ExerciseTest, ...] = ()
    solutions: tuple[Solution, ...] = ()
    refused: frozenset[int] = frozenset()
    """Lines of fences that are reported, and stand for nothing."""


NO_EXERCISES = Exercises()


def read(tokens: Iterable[Token]) -> tuple[Exercises, list[Problem]]:
    """Read the exercises of a page, and what is wrong with each fence by itself."""
    reader = _Reader()
    for token in tokens:
        found = _INFO.fullmatch(token.info.strip()) if token.type.endswith("fence") else None
        if found and token.map:
            reader.fence(token, found[1], (found[2] or "").strip(), token.map[0] + 1)
    exercises = Exercises(
        tuple(reader.tasks), tuple(reader.tests), tuple(reader.solutions), frozenset(reader.refused)
    )
    return exercises, reader.problems


class _Reader:
    def __init__(self) -> None:
        self.tasks: list[Task] = []
        self.tests: list[ExerciseTest] = []
        self.solutions: list[Solution] = []
        self.refused: set[int] = set()
        self.problems: list[Problem] = []

    def fence(self, token: Token, kind: str, argument: str, line: int) -> None:
        options, skipped, lines = split(token.content, kind != "exercise-test")
        first = line + 1 + skipped
        name = options.get("name", "") if kind == "exercise" else argument
        found = list(self._problems(token, kind, name, line, first, lines))
        if found:
            self.problems += found
            self.refused.add(line)
        elif kind == "exercise":
            self.tasks.append(Task(name, line, lines))
        else:
            self.problems += too_large(kind.removeprefix("exercise-"), line, first, lines)
            if kind == "solution":
                part = 1 + sum(other.exercise == name for other in self.solutions)
                place = options.get("instead", ""), options.get("file", "")
                self.solutions.append(Solution(name, line, first, lines, *place, part))
            else:
                self.tests.append(ExerciseTest(name, line, first, lines))

    def _problems(
        self, token: Token, kind: str, name: str, line: int, first: int, lines: Sequence[str]
    ) -> Iterator[Problem]:
        task = kind == "exercise"
        if token.level or (token.type != "fence" and not task):
            yield Problem(Kind.MISPLACED_CHUNK, misplaced(kind), line)
        elif not name:
            needs = (
                "an exercise needs one line ':name: …'"
                if task
                else f"name the exercise: '{{{kind}}} its-name'"
            )
            yield Problem(Kind.MISSING_FIELD, needs, line)
        elif task and not is_name(name):
            message = f"'{name}' is not a name for an exercise; write lower-case words-with-hyphens"
            yield Problem(Kind.BAD_ID, message, line)
        elif not lines:
            yield Problem(Kind.EMPTY, f"the directive '{kind}' is empty", line)
        elif not task:
            yield from odd_signs(first, lines)
