"""Run what the pages store: experiments, texts, the search for counterexamples, and measurements.

The tests and `make outputs` come here, for measurements `make measure` alone; a build of the book
never does.
"""

from __future__ import annotations

import importlib
import os
import platform
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from random import Random
from types import ModuleType
from typing import Any, NamedTuple

from hypothesis import HealthCheck, find, settings
from hypothesis import strategies as st
from hypothesis.errors import NoSuchExample

from casebook.core.literate.chunks import Chunk
from casebook.core.literate.stored_outputs import (
    experiment,
    function_of,
    is_counterexample,
    read,
    stored_in,
    text,
    written,
)
from casebook.core.problems import Problem
from casebook.literate.programs import Page

MOST_MOVES = 12
"""A counterexample longer than this would not be read."""
TRIES = 20_000


@dataclass(frozen=True, slots=True)
class Made:
    """What is to be stored: the file, from the folder of outputs on, and its text."""

    file: str
    text: str


def made(pages: Iterable[Page]) -> Iterator[Made]:
    """Make everything that chunks of the pages say they compute.  The pages must be importable."""
    for page, chunk in makers(pages):
        if not chunk.measured:
            yield make(page, chunk)


def makers(pages: Iterable[Page]) -> Iterator[tuple[Page, Chunk]]:
    """Yield the chunks that say that they compute or measure something, each with its page."""
    for page in pages:
        yield from ((page, chunk) for chunk in page.program.chunks if chunk.output)


def make(page: Page, chunk: Chunk) -> Made:
    """Run the function of one chunk."""
    run = _measure if chunk.measured else _run
    return Made(stored_in(chunk.output), written(run(_module(page, chunk), chunk.output)))


def _measure(module: ModuleType, name: str) -> dict[str, Any]:
    """Run a function that measures, and say when and on what.

    Raises ``ValueError`` where it returns no ratio, or no versions.
    """
    result = dict(getattr(module, function_of(name))())
    here = {
        "date": date.today().isoformat(),
        "cores": cores(),
        "python": platform.python_version(),
        "machine": platform.machine(),
        "system": platform.system(),
        "versions": result.pop("versions", {}),
    }
    found = {**experiment(result), "measured": here}
    stored = read(name, written(found))
    if isinstance(stored, Problem):
        raise ValueError(
            f"{name}: 'ratio' is missing among the values, or 'versions' is no dictionary of words"
        )
    return found


def cores() -> int:
    """Count the cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _module(page: Page, chunk: Chunk) -> ModuleType:
    names = {file.path: file.module for file in page.program.files}
    return importlib.import_module(names[chunk.file])


def _run(module: ModuleType, name: str) -> dict[str, Any]:
    function = getattr(module, function_of(name))
    if is_counterexample(name):
        return counterexample(module, function)
    result = function()
    return text(result) if isinstance(result, str) else experiment(result)


class Trace(NamedTuple):
    """What each move of a list showed, and the rule that the last one broke, if it broke one."""

    shown: list[str]
    broken: str


def play(world: Any, moves: Iterable[str]) -> Trace:
    """Play moves in a world until one of them breaks a rule."""
    shown = []
    for name in moves:
        shown.append(world.move(name))
        if broken := world.broken():
            return Trace(shown, broken)
    return Trace(shown, "")


def counterexample(module: ModuleType, without: Any) -> dict[str, Any]:
    """Find the shortest list of a module's `MOVES` that breaks a rule once a guard is gone.

    They are played in a fresh `World` of the module.  Raises ``LookupError`` if none is found, or
    if the moves break the rule with the guard in place as well.
    """

    def unguarded(moves: list[str]) -> Trace:
        world = module.World()
        without(world)
        return play(world, moves)

    lists = st.lists(st.sampled_from(module.MOVES), max_size=MOST_MOVES)
    options = settings(
        max_examples=TRIES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
    )
    try:
        moves = find(
            lists, lambda moves: bool(unguarded(moves).broken),
            settings=options, random=Random(0),
        )  # fmt: skip
    except NoSuchExample:
        message = f"no list of moves breaks a rule in {module.__name__} once this guard is gone"
        raise LookupError(f"{message}: {without.__name__}") from None
    guarded, trace = play(module.World(), moves), unguarded(moves)
    if guarded.broken:
        raise LookupError(f"{guarded.broken} with the guard in place as well: {without.__name__}")
    return {
        "moves": moves,
        "guarded": guarded.shown,
        "unguarded": trace.shown,
        "broken": trace.broken,
    }
