"""A page as a program: tokens in, files with their line maps out.

The Sphinx build, the tangler, the import hook, coverage and the transcripts' tests all come here,
so no two of them can see different code.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from casebook.core.literate import chunks, tangle
from casebook.core.literate.chunks import Fences, Token
from casebook.core.literate.tangle import Tangled
from casebook.core.problems import Problem


@dataclass(frozen=True, slots=True)
class Program(Fences):
    """The chunks and sessions of a page, and the files that the chunks make."""

    files: tuple[Tangled, ...] = ()


def read(tokens: Iterable[Token]) -> tuple[Program, list[Problem]]:
    """Read the program of a page, and everything that is wrong with it, by line."""
    fences, problems = chunks.read(tokens)
    # What a refused chunk would have defined is missing; to report that as well would not help.
    files, more = tangle.tangle(fences.chunks) if not fences.refused else ((), [])
    program = Program(fences.chunks, fences.sessions, fences.refused, files)
    return program, sorted([*problems, *more], key=lambda problem: problem.line)
