"""From chunks to files: every line of a file knows the line of the page that it comes from."""

from __future__ import annotations

import ast
import inspect
import io
import re
import tokenize
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from casebook.core.literate.chunks import REFERENCE, Chunk
from casebook.core.literate.languages import (
    PYTHON,
    Language,
    first_comment,
    language_of,
    web_problems,
)
from casebook.core.problems import Kind, Problem, suggestion


class Line(NamedTuple):
    """A line of a file."""

    text: str
    origin: int
    """Its line in the page; of an empty line between chunks, that of the code after it."""
    indent: int = 0
    """How many columns further right it stands than in the page."""


@dataclass(frozen=True, slots=True)
class Tangled:
    """A file as it runs."""

    path: str
    lines: tuple[Line, ...]

    @property
    def text(self) -> str:
        """The whole file."""
        return "".join(f"{line.text}\n" for line in self.lines)

    @property
    def package(self) -> str:
        """The folder that holds the whole program."""
        return self.path.partition("/")[0]

    @property
    def language(self) -> Language:
        """The language in which it is written."""
        return language_of(self.path)

    @property
    def is_python(self) -> bool:
        """Whether it is a module; other files of a package are its resources."""
        return self.language is PYTHON

    @property
    def module(self) -> str:
        """The name by which a module is imported."""
        return self.path.removesuffix(".py").removesuffix("/__init__").replace("/", ".")

    @property
    def purpose(self) -> str:
        """The first line of its docstring, or of the comment that begins it; it may be empty."""
        if not self.is_python:
            return first_comment(self.text)
        # Only its beginning is read: every page that lists files asks, in each build.
        tokens = tokenize.generate_tokens(io.StringIO(self.text).readline)
        try:
            first = next(t for t in tokens if t.type not in (tokenize.COMMENT, tokenize.NL))
            found = ast.literal_eval(first.string) if first.type == tokenize.STRING else ""
        except (tokenize.TokenError, SyntaxError, ValueError):
            return ""  # which is reported where the page is read
        return inspect.cleandoc(found).partition("\n")[0] if isinstance(found, str) else ""

    def origin(self, line: int) -> Line:
        """Return a line of the file, counted from 1; the nearest for one outside it."""
        return self.lines[min(max(line, 1), len(self.lines)) - 1]


def tangle(chunks: Sequence[Chunk]) -> tuple[tuple[Tangled, ...], list[Problem]]:
    """Return the files of a page, in the order in which they begin, and what is wrong.

    With a problem in how chunks hang together no file is whole, and none is returned.
    """
    web = _Web(chunks)
    problems = list(web.problems())
    if problems:
        return (), sorted(problems, key=lambda problem: problem.line)
    files = tuple(Tangled(file, tuple(web.lines_of(file))) for file in web.files)
    return files, [problem for file in files for problem in syntax_problems(file)]


def syntax_problems(file: Tangled) -> list[Problem]:
    """Say where a file cannot be read as its language; nothing of it is run."""
    if not file.is_python:
        found = web_problems(file.text, file.language)
        return [problem.at(file.origin(problem.line).origin) for problem in found]
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # an invalid escape in a string, for one
            compile(file.text, file.path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        line = getattr(error, "lineno", None) or 1
        words = getattr(error, "msg", "") or str(error) or type(error).__name__
        words = f"not Python: {on_page(words, file)}"
        return [Problem(Kind.BAD_CODE, words, file.origin(line).origin)]
    return []


def on_page(message: str, file: Tangled) -> str:
    """Name lines of the page in a message of Python, which may name a second line of the file."""
    return re.sub(r"\bline (\d+)", lambda m: f"line {file.origin(int(m[1])).origin}", message)


class _Web:
    """The chunks of a page by name and by file, and which uses which."""

    def __init__(self, chunks: Sequence[Chunk]) -> None:
        self.parts: dict[str, list[Chunk]] = {}
        self.files: dict[str, list[str]] = {}
        self.uses: list[tuple[Chunk, int, str]] = []
        for chunk in chunks:
            self.parts.setdefault(chunk.name, []).append(chunk)
            if chunk.file and chunk.part == 1:
                self.files.setdefault(chunk.file, []).append(chunk.name)
            self.uses += [(chunk, line, name) for line, name in chunk.references()]

    def problems(self) -> Iterator[Problem]:
        used: dict[str, int] = {}
        usable = [name for name, parts in self.parts.items() if not parts[0].file]
        for _, line, name in self.uses:
            if name not in self.parts:
                words = f"unknown chunk '{name}'{suggestion(name, usable)}"
                yield Problem(Kind.UNKNOWN_CHUNK, words, line)
            elif self.parts[name][0].file:
                words = f"the chunk '{name}' has its place in a file and cannot be used again"
                yield Problem(Kind.CHUNK_USE, words, line)
            elif name in used:
                words = f"the chunk '{name}' is used already, in line {used[name]}"
                yield Problem(Kind.CHUNK_USE, words, line)
            else:
                used[name] = line
        yield from self._circles()
        if any(name not in self.parts for _, _, name in self.uses):
            return  # the unknown name may be meant for a chunk that seems never used
        for name in usable:
            if name not in used:
                words = (
                    f"the chunk '{name}' is never used; write '<<{name}>>' where it belongs, "
                    "or name its file"
                )
                yield Problem(Kind.CHUNK_USE, words, self.parts[name][0].line)

    def _circles(self) -> Iterator[Problem]:
        # A chunk is used at most once, so a way up from it ends, or comes back to it.
        user = {name: (chunk.name, line) for chunk, line, name in reversed(self.uses)}
        told: set[str] = set()
        for name in (name for name, parts in self.parts.items() if not parts[0].file):
            way = [name]
            while way[-1] in user and user[way[-1]][0] not in way:
                way.append(user[way[-1]][0])
            if way[-1] in user and user[way[-1]][0] == name and name not in told:
                told.update(way)
                circle = " in ".join(f"'{part}'" for part in [*way, name])
                words = f"chunks that hold each other can never be printed: {circle}"
                yield Problem(Kind.CHUNK_USE, words, user[name][1])

    def lines_of(self, file: str) -> Iterator[Line]:
        for i, name in enumerate(self.files[file]):
            lines = list(self._expanded(name, 0))
            if i:
                # As formatters set Python: two lines before what stands at the edge, else one.
                nested = lines[0].text.startswith(" ") or language_of(file) is not PYTHON
                blanks = 1 if nested else 2
                yield from [Line("", lines[0].origin)] * blanks
            yield from lines

    def _expanded(self, name: str, indent: int) -> Iterator[Line]:
        for chunk in self.parts[name]:
            for at, text in enumerate(chunk.lines, chunk.first):
                found = REFERENCE.fullmatch(text)
                if found:
                    yield from self._expanded(found[2], indent + len(found[1]))
                else:
                    yield Line(" " * indent + text if text else "", at, indent)
