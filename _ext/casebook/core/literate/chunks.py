"""Chunks and sessions as they stand on a page.

A page reaches this module as the tokens of its Markdown parser, so that what is printed and what
is run are read in the same way.
"""

from __future__ import annotations

import doctest
import keyword
import re
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from casebook.core.literate.languages import LANGUAGES
from casebook.core.literate.stored_outputs import function_of, is_counterexample, is_output
from casebook.core.problems import Kind, Problem, suggestion
from casebook.core.text.names import is_name

MOST_LINES, MOST_COLUMNS = 40, 74
"""What a reader takes in at once, and what both editions set without breaking a line."""

NO_TRANSCRIPT = "a session is a transcript: it begins with '>>> '"

_INFO = re.compile(r"\{(chunk|session)\}(?:\s+(.*))?")
_OPTION = re.compile(r":([a-z]+):(?:\s+(.*))?")
_ODD = re.compile("[\v\f\x1c-\x1e\x85\u2028\u2029]")
_FILE = re.compile(r"[a-z_][a-z0-9_]*(?:/[a-z_][a-z0-9_]*)+(\.[a-z]+)", re.ASCII)
REFERENCE = re.compile(r"( *)<<([^<>]*)>>\s*")
"""A line that stands for a chunk: nothing but its name."""


class Token(Protocol):
    """What is used of a token of markdown-it."""

    type: str
    info: str
    content: str
    level: int
    map: list[int] | None


@dataclass(frozen=True, slots=True)
class Chunk:
    """A piece of a program.  Lines count from 1 in the page."""

    name: str
    """Its own name, or that of the chunk it adds to."""
    file: str
    """The file it belongs to; empty for one that another chunk uses."""
    part: int
    """1, and more for one that adds to the chunk of its name."""
    line: int
    """Where its fence begins."""
    first: int
    """Where its code begins."""
    lines: tuple[str, ...]
    output: str = ""
    """The stored output that a function of this chunk makes."""
    measured: bool = False
    """Whether it measures that output, by the clock of a machine."""

    @property
    def anchor(self) -> str:
        """The id of the chunk on its page."""
        return f"chunk-{self.name}" + (f"--{self.part}" if self.part > 1 else "")

    @property
    def title(self) -> str:
        """The chunk's name as it is printed; later parts carry their number."""
        return quoted(self.name) + (f" {self.part}" if self.part > 1 else "")

    def references(self) -> Iterator[tuple[int, str]]:
        """Yield the chunks it uses: the line of each use in the page, and the name."""
        for at, text in enumerate(self.lines, self.first):
            found = REFERENCE.fullmatch(text)
            if found:
                yield at, found[2]


@dataclass(frozen=True, slots=True)
class Session:
    """A transcript of the interpreter."""

    line: int
    first: int
    lines: tuple[str, ...]

    @property
    def text(self) -> str:
        """The transcript, as `doctest` reads it."""
        return "\n".join(self.lines) + "\n"


@dataclass(frozen=True, slots=True)
class Fences:
    """What a page holds, in reading order."""

    chunks: tuple[Chunk, ...] = ()
    sessions: tuple[Session, ...] = ()
    refused: frozenset[int] = frozenset()
    """Lines of fences that are reported, and stand for nothing."""


def read(tokens: Iterable[Token]) -> tuple[Fences, list[Problem]]:
    """Read the chunks and sessions of a page, and what is wrong with each by itself."""
    reader = _Reader()
    for token in tokens:
        found = _INFO.fullmatch(token.info.strip()) if token.type.endswith("fence") else None
        if found and token.map:
            reader.fence(token, found[1], found[2] or "", token.map[0] + 1)
    fences = Fences(tuple(reader.chunks), tuple(reader.sessions), frozenset(reader.refused))
    return fences, reader.problems


def words(name: str) -> str:
    """Return a chunk's name in words."""
    return name.replace("-", " ")


def quoted(name: str) -> str:
    """Return a chunk's name as it is printed: its words between marks."""
    return f"‹{words(name)}›"


class _Reader:
    def __init__(self) -> None:
        self.chunks: list[Chunk] = []
        self.sessions: list[Session] = []
        self.refused: set[int] = set()
        self.problems: list[Problem] = []
        self._parts: dict[str, list[Chunk]] = {}
        self._unread: set[str] = set()

    def fence(self, token: Token, kind: str, argument: str, line: int) -> None:
        options, skipped, lines = split(token.content, kind == "chunk")
        first = line + 1 + skipped
        before = len(self.problems)
        if token.type != "fence" or token.level:
            message = misplaced(kind)
            self._report(Kind.MISPLACED_CHUNK, message, line)
        elif kind == "session" and argument:
            # The press reads it as the first line of the body.
            self._report(Kind.BAD_CODE, NO_TRANSCRIPT, line)
        elif not lines:
            self._report(Kind.EMPTY, f"the directive '{kind}' is empty", line)
        elif odd := list(odd_signs(first, lines)):
            self.problems += odd
        elif kind == "session":
            self._session(Session(line, first, lines))
        else:
            self._chunk(argument, options, line, first, lines)
        # One that is only too long stands on the page all the same.
        if any(p.kind is not Kind.LONG_CHUNK for p in self.problems[before:]):
            self.refused.add(line)
            self._unread.add(options.get("name", ""))

    def _session(self, session: Session) -> None:
        problem = transcript_problem(session)
        if problem:
            self.problems.append(problem)
        else:
            self.sessions.append(session)
            self.problems += too_large("session", session.line, session.first, session.lines)

    def _chunk(
        self, file: str, options: dict[str, str], line: int, first: int, lines: tuple[str, ...]
    ) -> None:
        name, base = options.get("name", ""), options.get("append", "")
        measure = options.get("measure", "")
        output = measure or options.get("output", "")
        problem = self._chunk_problem(file, name, base) or _output_problem(options, file, lines)
        if problem:
            self.problems.append(problem.at(line))
            return
        others = self._parts.setdefault(name or base, [])
        file = file or (others[0].file if others else "")
        part = len(others) + 1
        chunk = Chunk(name or base, file, part, line, first, lines, output, bool(measure))
        others.append(chunk)
        self.chunks.append(chunk)
        self.problems += too_large("chunk", line, first, lines)

    def _chunk_problem(self, file: str, name: str, base: str) -> Problem | None:
        if bool(name) == bool(base):
            message = (
                "a chunk needs one line ':name: …', or ':append: …' to add to an earlier chunk"
                if not name
                else "a chunk has a name of its own or adds to another, not both"
            )
            return Problem(Kind.MISSING_FIELD, message)
        if name and not is_name(name):
            return Problem(
                Kind.BAD_ID, f"'{name}' is not a chunk name; write lower-case words-with-hyphens"
            )
        if name in self._parts:
            at = f"in line {self._parts[name][0].line}"
            message = f"the chunk '{name}' exists already, {at}; ':append: {name}' adds to it"
            return Problem(Kind.DUPLICATE_ID, message)
        if base and base not in self._parts and base not in self._unread:
            hint = suggestion(base, self._parts)
            return Problem(
                Kind.UNKNOWN_CHUNK, f"there is no earlier chunk '{base}' to add to{hint}"
            )
        if base and file:
            return Problem(
                Kind.CHUNK_FILE, f"a chunk that adds to '{base}' goes where that one goes"
            )
        return file_problem(file) if file else None

    def _report(self, kind: Kind, message: str, line: int) -> None:
        self.problems.append(Problem(kind, message, line))


def _output_problem(
    options: Mapping[str, str], file: str, lines: tuple[str, ...]
) -> Problem | None:
    computed, measured = options.get("output", ""), options.get("measure", "")
    output = measured or computed
    if not output:
        return None
    if computed and measured:
        message = "a chunk computes its output or measures it; take ':output:' or ':measure:' away"
        return Problem(Kind.BAD_OUTPUT, message)
    if not is_output(output):
        return Problem(Kind.BAD_OUTPUT, f"'{output}' names no output; write 'study/what-is-stored'")
    if measured and is_counterexample(output):
        message = f"'{output}' is the name of a counterexample, and none is measured"
        return Problem(Kind.BAD_OUTPUT, message)
    function = function_of(output)
    if not file or not any(text.startswith(f"def {function}(") for text in lines):
        message = f"a chunk that makes '{output}' names its file and defines '{function}'"
        return Problem(Kind.BAD_OUTPUT, message)
    return None


def misplaced(kind: str) -> str:
    """Return the message for a fence of code where only part of the press would see it."""
    if kind == "exercise":  # whose fence may be of colons
        return "an exercise stands directly under a heading, in nothing else"
    what = "the test of an exercise" if kind == "exercise-test" else f"a {kind}"
    return f"{what} is a fence of back-ticks directly under a heading, in nothing else"


def odd_signs(first: int, lines: Iterable[str]) -> Iterator[Problem]:
    """Yield a problem for each sign at which some programs break lines, and Markdown does not."""
    for at, text in enumerate(lines, first):
        for sign in _ODD.findall(text):
            message = f"the line holds {sign!r}, at which some programs break lines"
            yield Problem(Kind.BAD_CODE, message, at)


def too_large(kind: str, line: int, first: int, lines: Sequence[str]) -> Iterator[Problem]:
    """Yield what is longer or wider than a reader takes in at once; a session may be long."""
    if kind != "session" and len(lines) > MOST_LINES:
        message = f"the {kind} has {len(lines)} lines, and {MOST_LINES} is the limit; split it"
        yield Problem(Kind.LONG_CHUNK, message, line)
    for at, text in enumerate(lines, first):
        if len(text) > MOST_COLUMNS:
            message = f"the line has {len(text)} columns, and {MOST_COLUMNS} is the limit"
            yield Problem(Kind.LONG_CHUNK, message, at)


def file_problem(file: str) -> Problem | None:
    """Say why a path is none for a file of a package; None if it is good."""
    if file.partition("/")[0] in sys.stdlib_module_names:
        return Problem(Kind.CHUNK_FILE, f"'{file}' would hide a module of Python's own library")
    found = _FILE.fullmatch(file)
    if found and found[1] not in LANGUAGES:
        kinds = ", ".join(f"'{suffix}'" for suffix in LANGUAGES)
        message = f"'{file}' is of no kind that the press reads; its name ends with one of {kinds}"
        return Problem(Kind.CHUNK_FILE, message)
    if not is_file(file):
        return Problem(
            Kind.CHUNK_FILE,
            f"'{file}' is not a file of a package; write a path such as "
            "'mini_stripe/idempotency.py'",
        )
    return None


def is_file(file: str) -> bool:
    """Tell whether a path names a file that chunks may make, from the package's folder on."""
    found = _FILE.fullmatch(file)
    return bool(found and found[1] in LANGUAGES) and not any(
        keyword.iskeyword(part) for part in file.rpartition(".")[0].split("/")
    )


def transcript_problem(session: Session) -> Problem | None:
    """Say what keeps `doctest` from reading a transcript; None if nothing does."""
    try:
        examples = doctest.DocTestParser().get_examples(session.text)
    except ValueError as error:
        found = re.fullmatch(r"line (\d+) of .*? (has .*|lacks .*)", str(error), re.DOTALL)
        line, fault = (int(found[1]), found[2]) if found else (1, str(error))
        message = f"the transcript cannot be read: the line {' '.join(fault.split())}"
        return Problem(Kind.BAD_CODE, message, session.first + line - 1)
    if not examples or session.lines[0][:4] not in (">>> ", ">>>"):
        return Problem(Kind.BAD_CODE, NO_TRANSCRIPT, session.first)
    return None


def split(content: str, optioned: bool) -> tuple[dict[str, str], int, tuple[str, ...]]:
    """Split off the options, and blank lines around the code.

    Returns the options, how many lines stand before the code, and the lines of code.
    """
    lines: Sequence[str] = content.split("\n")
    options: dict[str, str] = {}
    at = 0
    # As MyST does: every line with a colon at its head.  It reports the options that are none.
    while optioned and at < len(lines) and lines[at].lstrip().startswith(":"):
        if found := _OPTION.fullmatch(lines[at].strip()):
            options.setdefault(found[1], (found[2] or "").strip())
        at += 1
    while at < len(lines) and not lines[at].strip():
        at += 1
    last = len(lines)
    while last > at and not lines[last - 1].strip():
        last -= 1
    return options, at, tuple(line.rstrip() for line in lines[at:last])
