"""How the parts of an exercise fit each other and the page, and what it takes to check them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from casebook.core.literate.chunks import Chunk, file_problem
from casebook.core.literate.exercises import Exercises, ExerciseTest, Solution
from casebook.core.literate.tangle import Tangled, syntax_problems, tangle
from casebook.core.problems import Kind, Problem, suggestion

RUNNER = "check.py"
"""The program beside the package that says whether an exercise is solved."""


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
            packages = list(dict.fromkeys(file.package for file in solved))
            if len(packages) == 1:
                made.append(Check(task.name, task.line, test.file, solved, frozenset(lines)))
            else:
                message = (
                    f"a solution stays in one package, and this one has files of '{packages[0]}' "
                    f"and of '{packages[1]}'"
                    if packages
                    else "the solution is the code that is there already"
                )
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
