"""Exercises: a task, the test that says whether it is solved, and a solution.

The solution stands in the place of a chunk, or makes a new file.  The package of the book is the
unsolved one.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from casebook.core.literate import exercise_runner
from casebook.core.literate.chunks import (
    Chunk,
    Token,
    file_problem,
    misplaced,
    odd_signs,
    split,
    too_large,
)
from casebook.core.literate.tangle import Line, Tangled, syntax_problems, tangle
from casebook.core.problems import Kind, Problem, suggestion
from casebook.core.text.names import is_name

FOLDER = "exercises"
"""Where the tests lie, beside the package."""

RUNNER = "check.py"
"""The program beside the package that says whether an exercise is solved."""

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
class Check:
    """What it takes to say whether an exercise is solved."""

    name: str
    line: int
    test: Tangled
    solved: tuple[Tangled, ...]
    """The files that the solution changes or adds, with the solution in them."""
    lines: frozenset[int]
    """The lines of the page that are the solution's."""

    @property
    def package(self) -> str:
        """The package that the reader changes."""
        return self.solved[0].package

    @property
    def command(self) -> str:
        """What a reader types to have the exercise checked."""
        return f"python {RUNNER} {self.name}"


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
            where = "an exercise stands directly under a heading, in nothing else"
            yield Problem(Kind.MISPLACED_CHUNK, where if task else misplaced(kind), line)
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


def checks(
    found: Exercises, chunks: Sequence[Chunk], files: Sequence[Tangled]
) -> tuple[tuple[Check, ...], list[Problem]]:
    """Return how each exercise of a page is checked, and what is wrong with how its parts fit.

    `files` is what the chunks of the page make, with no problem in it.
    """
    problems = list(_misfits(found, chunks, files))
    if problems:
        return (), problems
    made: list[Check] = []
    texts = {file.path: file.text for file in files}
    for task in found.tasks:
        (test,) = (test for test in found.tests if test.exercise == task.name)
        parts = [part for part in found.solutions if part.exercise == task.name]
        tangled, wrong = tangle(_solved(parts, chunks))
        problems += [*syntax_problems(test.file), *wrong]
        if not wrong:
            solved = tuple(file for file in tangled if texts.get(file.path) != file.text)
            lines = {n for p in parts for n in range(p.first, p.first + len(p.lines))}
            if solved:
                made.append(Check(task.name, task.line, test.file, solved, frozenset(lines)))
            else:
                message = "the solution is the code that is there already"
                problems.append(Problem(Kind.BAD_EXERCISE, message, parts[0].line))
    return tuple(made), problems


def _misfits(
    found: Exercises, chunks: Sequence[Chunk], files: Sequence[Tangled]
) -> Iterator[Problem]:
    tasks: dict[str, int] = {}
    for task in found.tasks:
        if task.name in tasks:
            message = f"the exercise '{task.name}' exists already, in line {tasks[task.name]}"
            yield Problem(Kind.DUPLICATE_ID, message, task.line)
        tasks.setdefault(task.name, task.line)
    parts: list[ExerciseTest | Solution] = [*found.tests, *found.solutions]
    for part in parts:
        if part.exercise not in tasks:
            hint = suggestion(part.exercise, tasks)
            message = f"there is no exercise '{part.exercise}' on this page{hint}"
            yield Problem(Kind.BAD_EXERCISE, message, part.line)
    tests: dict[str, int] = {}
    for test in found.tests:
        if test.exercise in tests:
            message = (
                f"the exercise '{test.exercise}' has a test already, in line {tests[test.exercise]}"
            )
            yield Problem(Kind.BAD_EXERCISE, message, test.line)
        tests.setdefault(test.exercise, test.line)
        if not any(line.startswith("def test_") for line in test.lines):
            message = "the test of an exercise has functions 'def test_…():'; it has none"
            yield Problem(Kind.BAD_EXERCISE, message, test.line)
    solved = {solution.exercise for solution in found.solutions}
    for name, line in tasks.items():
        for what, kind, given in (
            ("test", "exercise-test", tests),
            ("solution", "solution", solved),
        ):
            if name not in given:
                message = f"the exercise '{name}' has no {what}; write '{{{kind}}} {name}' below it"
                yield Problem(Kind.BAD_EXERCISE, message, line)
    yield from _bad_places(found.solutions, chunks, files)


def _bad_places(
    solutions: Sequence[Solution], chunks: Sequence[Chunk], files: Sequence[Tangled]
) -> Iterator[Problem]:
    names = {chunk.name for chunk in chunks}
    taken: dict[tuple[str, str], int] = {}
    for part in solutions:
        place = part.exercise, part.instead or part.file
        if bool(part.instead) == bool(part.file):
            message = (
                "a solution needs one line, ':instead: …' with the chunk that it replaces or "
                "':file: …' with the file that it adds"
            )
            yield Problem(Kind.MISSING_FIELD, message, part.line)
        elif part.instead and part.instead not in names:
            message = f"unknown chunk '{part.instead}'{suggestion(part.instead, names)}"
            yield Problem(Kind.UNKNOWN_CHUNK, message, part.line)
        elif part.file and (problem := file_problem(part.file)):
            yield problem.at(part.line)
        elif any(file.path == part.file for file in files):
            message = f"the file '{part.file}' is there already; name its chunk in ':instead:'"
            yield Problem(Kind.CHUNK_FILE, message, part.line)
        elif place in taken:
            message = f"the solution has this place already, in line {taken[place]}"
            yield Problem(Kind.BAD_EXERCISE, message, part.line)
        taken.setdefault(place, part.line)


def _solved(parts: Sequence[Solution], chunks: Sequence[Chunk]) -> list[Chunk]:
    """Return the chunks of a page with a solution among them."""
    instead = {part.instead: part for part in parts if part.instead}
    made = [
        replace(chunk, first=part.first, lines=part.lines)
        if (part := instead.get(chunk.name))
        else chunk
        for chunk in chunks
        if chunk.name not in instead or chunk.part == 1
    ]
    for part in parts:
        if part.file:
            made.append(Chunk(part.anchor, part.file, 1, part.line, part.first, part.lines))
    # What was used by the chunk that is gone is no fault of the solution.
    while True:
        used = {name for chunk in made for _, name in chunk.references()}
        left = [chunk for chunk in made if chunk.file or chunk.name in used]
        if len(left) == len(made):
            return made
        made = left


def laid_out(check: Check, files: Iterable[Tangled], *, solved: bool) -> dict[str, str]:
    """Return the files, by path, with which a reader starts; or with which one has ended.

    `files` is what the whole book makes.
    """
    given = {file.path: file for file in files if file.package == check.package}
    if solved:
        given |= {file.path: file for file in check.solved}
    return {file.path: file.text for file in (*given.values(), check.test)} | runner()


def runner() -> dict[str, str]:
    """Return the program that says whether an exercise is solved, by its path."""
    return {RUNNER: Path(exercise_runner.__file__).read_text(encoding="utf-8")}


def readme(check: Check, title: str, task: Iterable[str]) -> tuple[str, str]:
    """Return the path and the text of the file that says in words what is to be done."""
    edited = " and ".join(file.path for file in check.solved)
    how = f"Change {edited}. Then ask, in the folder that holds {RUNNER}:"
    parts = (f"# {title}", *task, how, f"    {check.command}")
    return f"{FOLDER}/{check.name}/README.md", "\n\n".join(parts) + "\n"


_PLACE = re.compile(r'File "(?P<path>[^"]+)", line (?P<line>\d+)')


def on_pages(said: str, origins: Mapping[str, tuple[str, Tangled]]) -> str:
    """Return what a check said with the places of the pages.

    `origins` holds for the path of each file its page, and the file.
    """

    def place(match: re.Match[str]) -> str:
        for path, (page, file) in origins.items():
            if match["path"].endswith(f"/{path}"):
                return f'File "{page}", line {file.origin(int(match["line"])).origin}'
        return match[0]

    return _PLACE.sub(place, said)
