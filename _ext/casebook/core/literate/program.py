"""A page as a program: tokens in, files with their line maps out.

The Sphinx build, the tangler, the import hook, coverage and the transcripts' tests all come here,
so no two of them can see different code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from casebook.core.literate import chunks, exercise_checks, exercises, tangle
from casebook.core.literate.chunks import Fences, Token
from casebook.core.literate.exercise_checks import Check
from casebook.core.literate.exercises import NO_EXERCISES, Exercises
from casebook.core.literate.tangle import Tangled
from casebook.core.problems import Problem


@dataclass(frozen=True, slots=True)
class Program(Fences):
    """What a page holds of code, the files that its chunks make, and how exercises are checked."""

    files: tuple[Tangled, ...] = ()
    exercises: Exercises = NO_EXERCISES
    checks: tuple[Check, ...] = ()


def read(tokens: Iterable[Token]) -> tuple[Program, list[Problem]]:
    """Read the program of a page, and everything that is wrong with it, by line."""
    tokens = list(tokens)
    fences, problems = chunks.read(tokens)
    practice, bad = exercises.read(tokens)
    problems += bad
    # What a refused chunk would have defined is missing; to report that as well would not help.
    files, wrong = tangle.tangle(fences.chunks) if not fences.refused else ((), [])
    problems += wrong
    checks: tuple[Check, ...] = ()
    if not (fences.refused or practice.refused or wrong):
        checks, unfit = exercise_checks.checks(practice, fences.chunks, files)
        problems += unfit
    refused = fences.refused | practice.refused
    program = Program(fences.chunks, fences.sessions, refused, files, practice, checks)
    return program, sorted(problems, key=lambda problem: problem.line)
