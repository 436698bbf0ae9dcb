"""How the chunks of a page hang together: what a reader may want to turn to."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from casebook.core.literate.chunks import Chunk


@dataclass(frozen=True, slots=True)
class Ties:
    """The ties of one chunk to others of its page."""

    uses: tuple[Chunk, ...] = ()
    used_in: Chunk | None = None
    continues: Chunk | None = None
    """The part of the same file, or of the same chunk, that comes before it."""
    continued_in: Chunk | None = None
    added_to_in: tuple[Chunk, ...] = ()
    """Later parts of the chunk itself."""


@functools.lru_cache(maxsize=1)  # each chunk of a page asks
def weave(chunks: tuple[Chunk, ...]) -> Mapping[str, Ties]:
    """Return the ties of each chunk, by its anchor."""
    first = {chunk.name: chunk for chunk in reversed(chunks)}
    user: dict[str, Chunk] = {}
    before: dict[str, Chunk] = {}
    after: dict[str, Chunk] = {}
    last: dict[str, Chunk] = {}
    added: dict[str, list[Chunk]] = {}
    for chunk in chunks:
        for _, name in chunk.references():
            user.setdefault(name, chunk)
        if chunk.part > 1:
            before[chunk.anchor] = first[chunk.name]
            added.setdefault(first[chunk.name].anchor, []).append(chunk)
        elif chunk.file:
            if chunk.file in last:
                before[chunk.anchor] = last[chunk.file]
                after[last[chunk.file].anchor] = chunk
            last[chunk.file] = chunk
    return {
        chunk.anchor: Ties(
            tuple(first[name] for _, name in chunk.references() if name in first),
            user.get(chunk.name) if chunk.part == 1 else None,
            before.get(chunk.anchor),
            after.get(chunk.anchor),
            tuple(added.get(chunk.anchor, ())),
        )
        for chunk in chunks
    }
