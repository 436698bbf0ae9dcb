"""The files of all pages as they are written to a folder, and changes of them brought home."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import pairwise

from casebook.core.literate.messages import Origin
from casebook.core.literate.tangle import Tangled

ORIGINS = "origins.json"
"""Holds for each file its page, and for each of its lines the page's line and the columns added."""


def planned(files: Iterable[tuple[str, Tangled]]) -> dict[str, str]:
    """Return the text of each file by its path, from pairs of a page and a file that it makes."""
    texts: dict[str, str] = {}
    origins: dict[str, Origin] = {}
    for page, file in sorted(files, key=lambda pair: pair[1].path):
        texts[file.path] = file.text
        lines = [(line.origin, line.indent) for line in file.lines]
        origins[file.path] = {"page": page, "lines": lines}
    return texts | {ORIGINS: json.dumps(origins, indent=0) + "\n"}


@dataclass(frozen=True, slots=True)
class Edit:
    """Lines of a page, counted from 1 and up to but not with `end`, and what takes their place."""

    start: int
    end: int
    lines: tuple[str, ...]


def edits(before: Sequence[str], after: Sequence[str], origin: Origin) -> Iterator[Edit]:
    """Yield the edits of a page that change its file from `before` to `after`.

    What a page cannot say is left out: a change across two chunks, or of the blank lines that
    stand between them in the file alone.
    """
    places = origin["lines"]
    # The blank lines between two chunks have the place of the code below, and no line of their own.
    own = [a != b for (a, _), (b, _) in pairwise(places)] + [True]
    for kind, i, j, k, m in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if kind == "equal":
            continue
        # Lines that are added go below the one before them, if the page goes on where they come.
        first, last = (i, j) if i < j else (i - 1, min(i + 1, len(before)))
        around = places[max(first, 0) : last]
        indents = {indent for _, indent in around}
        in_a_row = all(b == a + 1 for (a, _), (b, _) in pairwise(around))
        new = [_outdented(line, min(indents, default=0)) for line in after[k:m]]
        if first >= 0 and all(own[i:j]) and len(indents) == 1 and in_a_row and None not in new:
            start = around[0][0] + (i == j)
            yield Edit(start, start + j - i, tuple(line for line in new if line is not None))


def _outdented(line: str, columns: int) -> str | None:
    return line[columns:] if not line[:columns].strip() else None


def edited(page: str, changes: Iterable[Edit]) -> str:
    """Return a page after its edits, which do not overlap."""
    lines = page.split("\n")
    for change in sorted(changes, key=lambda change: change.start, reverse=True):
        lines[change.start - 1 : change.end - 1] = change.lines
    return "\n".join(lines)
