"""Which tests run a chunk, from what coverage saw of each line of the page."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import reduce
from hashlib import sha256
from operator import xor

from casebook.core.literate.program import Program
from casebook.core.literate.tangle import Tangled
from casebook.core.problems import Kind, Problem
from casebook.core.text.counted import counted

SESSIONS = "the sessions of this page"
"""Stands for all transcripts of a page, whose line numbers change with the text."""

LIVE = "the tests of the running program"
"""Stands for all tests in a folder `live`: of a program with threads, which of its lines run
during which test is chance, and only what they run together can be relied on."""

GROUPS = (LIVE, SESSIONS)

NAMED = 2
"""How many tests a page names under a chunk."""


def tests_by_chunk(program: Program, contexts: Mapping[int, Iterable[str]]) -> dict[str, list[str]]:
    """Return the tests of each chunk, by its anchor.

    `contexts` holds for each line of the page the tests that ran it, as pytest names them.  Lines
    outside of functions run once, when their module is imported, and say nothing of a test.  Of
    the tests of a chunk those come first that run the fewest chunks: they are meant for it.
    """
    inside = {line for file in program.files for line in _in_functions(file)}
    found: dict[str, set[str]] = {}
    for chunk in program.chunks:
        lines = set(range(chunk.first, chunk.first + len(chunk.lines))) & inside
        names = {name for line in lines for name in map(test_name, contexts.get(line, ())) if name}
        if names:
            found[chunk.anchor] = names
    reach: dict[str, int] = {}
    for names in found.values():
        for name in names:
            reach[name] = reach.get(name, 0) + 1
    # Groups run whatever they show; a test of its own says more.
    return {
        anchor: sorted(names - set(GROUPS), key=lambda name: (reach[name], name))
        + [name for name in GROUPS if name in names]
        for anchor, names in found.items()
    }


@dataclass(frozen=True, slots=True)
class RunBy:
    """The tests of a chunk as they are stored: those that a page names, and a mark of all."""

    first: tuple[str, ...]
    """The tests that are meant for the chunk, two at most."""
    count: int
    """How many tests run it, groups left out."""
    mark: int
    """The digests of their names, each of 32 bits, combined by exclusive or."""
    groups: tuple[str, ...] = ()

    @property
    def number(self) -> str:
        """How many tests run it, in words."""
        return counted(self.count, "test")

    @classmethod
    def of(cls, names: Sequence[str]) -> RunBy:
        """Return what is stored of a chunk's tests, which come in the order of `tests_by_chunk`."""
        alone = [name for name in names if name not in GROUPS]
        groups = tuple(name for name in names if name in GROUPS)
        mark = reduce(xor, map(_digest, alone), 0)
        return cls(tuple(alone[:NAMED]), len(alone), mark, groups)


NO_TESTS = RunBy((), 0, 0)


def _digest(name: str) -> int:
    return int.from_bytes(sha256(name.encode()).digest()[:4])


def stored_text(found: Mapping[str, Sequence[str]]) -> str:
    """Return the text of a file that keeps the tests of each chunk, a line a chunk.

    Renaming a test changes the lines of the chunks that it runs, and no more.
    """
    lines = (f"\n{json.dumps(anchor)}: {_line(RunBy.of(names))}" for anchor, names in found.items())
    return "{" + ",".join(lines) + "\n}\n"


def _line(tests: RunBy) -> str:
    data = {"tests": tests.count, "mark": f"{tests.mark:08x}", "first": tests.first}
    return json.dumps(data | ({"groups": tests.groups} if tests.groups else {}))


def read_tests(stored: bytes) -> dict[str, RunBy] | Problem:
    """Return the tests of each chunk from a stored file, or that it holds something else."""
    try:
        return {
            str(anchor): RunBy(
                tuple(map(str, one["first"])),
                int(one["tests"]),
                int(one["mark"], 16),
                tuple(map(str, one.get("groups", ()))),
            )
            for anchor, one in json.loads(stored).items()
        }
    except (ValueError, AttributeError, TypeError, KeyError):
        message = "the file is not what 'make outputs' writes; run it again"
        return Problem(Kind.BAD_OUTPUT, message)


def changes(stored: Mapping[str, RunBy], now: Mapping[str, Sequence[str]]) -> Iterator[str]:
    """Yield what differs between the tests that are stored and those that run, a line a chunk.

    Threads decide which chunks a group runs, so a group counts only where nothing else does.  One
    test more or less is named; of more than one only the number is known.
    """
    known = {_digest(name): name for names in now.values() for name in names if name not in GROUPS}
    for anchor in sorted({*stored, *now}):
        was, found = stored.get(anchor, NO_TESTS), RunBy.of(now.get(anchor, ()))
        more, name = found.count - was.count, known.get(found.mark ^ was.mark)
        if (found.count, found.mark) != (was.count, was.mark):
            if abs(more) == 1 and name:
                yield f"{anchor} is {'also' if more > 0 else 'not'} run by {name}"
            else:
                others = "" if more else ", of other names"
                yield f"{anchor} is run by {found.number}; stored are {was.number}{others}"
        elif bool(found.groups) != bool(was.groups) and not found.count:
            yield f"{anchor} is {'also' if found.groups else 'not'} run by a group"
        elif found.first != was.first:
            yield f"{anchor} has its tests in another order"


def stored_tests(page: str) -> str:
    """Return the file that keeps the tests of a page's chunks, from the folder of outputs on."""
    return f"{page.replace('/', '.')}.tests.json"


def test_name(context: str) -> str:
    """Name a context of pytest-cov: a test function or a group; "" for neither."""
    path, _, name = context.removesuffix("|run").partition("::")
    if name.endswith(("|setup", "|teardown")) or not name:
        return ""
    # Parameters may hold every sign; the test of a state machine is named by its class alone.
    parts = name.partition("[")[0].removesuffix("::runTest").split("::")
    if path.endswith(".md"):
        return SESSIONS
    return LIVE if "/live/" in path else parts[-1]


def _in_functions(file: Tangled) -> Iterator[int]:
    for node in ast.walk(ast.parse(file.text if file.is_python else "")):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            last = node.end_lineno or node.lineno
            yield from (file.origin(n).origin for n in range(node.body[0].lineno, last + 1))
