"""How the chunks of a page hang together: where a reader may want to turn back to."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from casebook.core.literate.chunks import Chunk


@dataclass(frozen=True, slots=True)
class Ties:
    """The ties of one chunk to others of its page."""

    continues: Chunk | None = None
    """The part of the same file, or of the same chunk, that comes before it."""
    used_in: Chunk | None = None


def file_of(chunk: Chunk, chunks: tuple[Chunk, ...]) -> str:
    """Return the file in which a chunk of a page ends up; nothing if it ends up in none."""
    ties, passed = weave(chunks), set[str]()
    while not chunk.file and chunk.anchor not in passed:
        passed.add(chunk.anchor)
        tie = ties[chunk.anchor]
        chunk = tie.continues or tie.used_in or chunk
    return chunk.file


@functools.lru_cache(maxsize=1)  # each chunk of a page asks
def weave(chunks: tuple[Chunk, ...]) -> Mapping[str, Ties]:
    """Return the ties of each chunk, by its anchor."""
    first = {chunk.name: chunk for chunk in reversed(chunks)}
    user: dict[str, Chunk] = {}
    before: dict[str, Chunk] = {}
    last: dict[str, Chunk] = {}
    for chunk in chunks:
        for _, name in chunk.references():
            user.setdefault(name, chunk)
        if chunk.part > 1:
            before[chunk.anchor] = first[chunk.name]
        elif chunk.file:
            if chunk.file in last:
                before[chunk.anchor] = last[chunk.file]
            last[chunk.file] = chunk
    return {
        chunk.anchor: Ties(
            before.get(chunk.anchor), user.get(chunk.name) if chunk.part == 1 else None
        )
        for chunk in chunks
    }
