"""Which tests run a chunk, from what coverage saw of each line of the page."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Mapping

from .program import Program
from .tangle import Tangled

SESSIONS = "the sessions of this page"
"""Stands for all transcripts of a page, whose line numbers change with the text."""

LIVE = "the tests of the running program"
"""Stands for all tests in a folder `live`: of a program with threads, which of its lines run
during which test is chance, and only what they run together can be relied on."""

GROUPS = (LIVE, SESSIONS)


def tests_by_chunk(program: Program, contexts: Mapping[int, Iterable[str]]) -> dict[str, list[str]]:
    """The tests of each chunk, by its anchor.

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


def read_tests(stored: bytes) -> dict[str, list[str]] | None:
    """The tests of each chunk from the bytes of a stored file; None if it holds something else."""
    try:
        found = json.loads(stored)
        return {str(anchor): [str(name) for name in names] for anchor, names in found.items()}
    except (ValueError, AttributeError, TypeError):
        return None


def changes(stored: Mapping[str, list[str]], now: Mapping[str, list[str]]) -> Iterator[str]:
    """What differs between the tests that are stored and those that run, a line a chunk.

    Threads decide which chunks a group runs, so a group counts only where nothing else does.
    """
    for anchor in sorted({*stored, *now}):
        was, found = _counted(stored.get(anchor, [])), _counted(now.get(anchor, []))
        gone, new = ([n for n in a if n not in b] for a, b in ((was, found), (found, was)))
        if gone:
            yield f"{anchor} is not run by {', '.join(gone)}"
        if new:
            yield f"{anchor} is also run by {', '.join(new)}"
        if was != found and not gone and not new:
            yield f"{anchor} has its tests in another order"


def _counted(names: list[str]) -> list[str]:
    return [name for name in names if name not in GROUPS] or (["a group"] if names else [])


def stored_tests(page: str) -> str:
    """The file that keeps the tests of a page's chunks, from the folder of outputs on."""
    return f"{page.replace('/', '.')}.tests.json"


def test_name(context: str) -> str:
    """What a context of pytest-cov is called: a test function or a group; "" for neither."""
    path, _, name = context.removesuffix("|run").partition("::")
    if name.endswith(("|setup", "|teardown")) or not name:
        return ""
    # Parameters may hold every sign; the test of a state machine is named by its class alone.
    parts = name.partition("[")[0].removesuffix("::runTest").split("::")
    if path.endswith(".md"):
        return SESSIONS
    return LIVE if "/live/" in path else parts[-1]


def _in_functions(file: Tangled) -> Iterator[int]:
    for node in ast.walk(ast.parse(file.text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            last = node.end_lineno or node.lineno
            yield from (file.origin(n).origin for n in range(node.body[0].lineno, last + 1))
