"""Messages of linters about tangled files, turned into messages about the pages."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence
from typing import TypedDict

_PLACE = re.compile(r"^(?P<path>[^\s:][^:\n]*\.py):(?P<line>\d+)(?::(?P<column>\d+))?(?=:)", re.M)
_OTHER = re.compile(r"\b(on|from) line (\d+)")
_HUNK = re.compile(r"@@ -(\d+)(?:,\d+)? .*")


class Origin(TypedDict):
    """Where a tangled file comes from, as `origins.json` holds it."""

    page: str
    lines: list[tuple[int, int]]
    """For each line its line in the page, and how many columns it was moved to the right."""


Origins = Mapping[str, Origin]
"""By path of the tangled file."""


def mapped(text: str, origins: Origins) -> str:
    """Return a linter's report ("path:line:column: message") with the places of the pages."""
    return "\n".join(_line(line, origins) for line in text.split("\n"))


def _line(line: str, origins: Origins) -> str:
    found = _PLACE.match(line)
    if not found or found["path"] not in origins:
        return line
    origin = origins[found["path"]]
    at, indent = _at(origin["lines"], int(found["line"]))
    place = f"{origin['page']}:{at}"
    if found["column"]:
        place += f":{max(1, int(found['column']) - indent)}"
    # A second place in the same file: mypy's "already defined on line 12", ruff's "from line 12".
    rest = _OTHER.sub(
        lambda m: f"{m[1]} line {_at(origin['lines'], int(m[2]))[0]}", line[found.end() :]
    )
    return place + rest


def hunks(diff: str, path: str, origins: Origins) -> str:
    """Return a unified diff of one tangled file, with the page's place of each first change."""
    origin = origins[path]
    lines = diff.split("\n")
    for i, line in enumerate(lines):
        found = _HUNK.fullmatch(line)
        if found:
            # A hunk begins with lines that do not change.
            same = itertools.takewhile(lambda text: text.startswith(" "), lines[i + 1 :])
            at, _ = _at(origin["lines"], int(found[1]) + len(list(same)))
            lines[i] = f"{origin['page']}:{at}: would be formatted otherwise"
    return "\n".join(lines)


def _at(lines: Sequence[tuple[int, int]], line: int) -> tuple[int, int]:
    return lines[min(max(line, 1), len(lines)) - 1]
