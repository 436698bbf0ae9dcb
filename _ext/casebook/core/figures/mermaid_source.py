"""What a diagram's source may say: its kind, and nothing about colours, settings or links.

Mermaid lets a source carry settings, styles and links; in the book these belong to the palette and
to the text. So they are found here, before anything is drawn, each with its line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import MappingProxyType

KINDS: Mapping[str, str] = MappingProxyType(
    {
        "flowchart": "flowchart",
        "graph": "flowchart",
        "sequenceDiagram": "sequence",
        "stateDiagram-v2": "state",
        "stateDiagram": "state",
        "classDiagram": "class",
        "erDiagram": "er",
        "gantt": "gantt",
        "timeline": "timeline",
    }
)
"""The first word of a source that can be drawn, and the kind of diagram that it begins."""

_KIND = re.compile(r"[A-Za-z][A-Za-z0-9-]*")
_DIRECTIVE = re.compile(r"%%\s*\{.*")
_COLOUR = re.compile(r"\b(?:fill|stroke|color|background(?:-color)?)\s*:", re.IGNORECASE)
_STYLE = re.compile(r"(?:style|classDef|linkStyle)\s")
_CLASS = re.compile(r":::\s*([\w-]+)")
_ASSIGNMENT = re.compile(r"class\s+([^\s:{]+(?:\s*,\s*[^\s:{,]+)*)\s+([\w-]+)\s*\Z")
_MEDIA = re.compile(r"@\{[^}]*\b(?:img|icon)\s*:")
_LINKS: Mapping[str, re.Pattern[str]] = MappingProxyType(
    {
        "flowchart": re.compile(r"(?:click|href)\s+\S"),
        "state": re.compile(r"click\s+\S"),
        "class": re.compile(r"(?:click|link|callback)\s+\S+\s+\S"),
        "gantt": re.compile(r"click\s+\S+\s+(?:href|call)\b"),
        "sequence": re.compile(
            r"(?:links?|properties|details)\s+[^:\->]+:|(?:rect|box)\s+(?:rgb|hsl|\#)"
        ),
    }
)
DOUBTS = "inferred", "unknown"
"""Classes of nodes and of edges, for what no source says."""
CLASSES = ("key", *DOUBTS)
"""The classes that an author may give; ``key`` is for the one node that matters."""


def kind_of(source: str) -> str:
    """Return the diagram's first word, after comments and blank lines; empty if it has none."""
    for line in source.splitlines():
        text = line.strip()
        if text and not text.startswith("%%"):
            match = _KIND.match(text)
            return match.group() if match else text[:20]
    return ""


def author_colours(source: str) -> list[tuple[int, str]]:
    """Find where a source sets colours, settings, classes or links of its own.

    Each as its line (from 1) and the offending text, in order. Empty for a source that leaves all
    that to the book; widths and dashes may be set, and one of ``CLASSES`` given.
    """
    lines = source.splitlines()
    kind = KINDS.get(kind_of(source), "")
    first = next((number for number, line in enumerate(lines, 1) if line.strip()), 0)
    found: list[tuple[int, str]] = []
    for number, line in enumerate(lines, 1):
        text = line.strip()
        if number == first and text.startswith("---"):
            found.append((number, text))
        elif directive := _DIRECTIVE.search(text):
            found.append((number, directive.group()))
        elif not text.startswith("%%"):
            found.extend((number, part) for part in _offences(text, kind))
    return found


def _offences(line: str, kind: str) -> list[str]:
    found = [match.group() for match in _CLASS.finditer(line) if match[1] not in CLASSES]
    found += [match.group() for match in _MEDIA.finditer(line)]
    for part in line.split(";"):
        statement = part.strip()
        links = _LINKS.get(kind)
        assigned = _ASSIGNMENT.match(statement) if kind in ("flowchart", "state") else None
        if (
            (links and links.match(statement))
            or (_STYLE.match(statement) and _COLOUR.search(line))
            or (assigned and assigned[2] not in CLASSES)
        ):
            found.append(statement)
    return found


def doubted(source: str) -> dict[str, list[str]]:
    """Return the names to which statements of a flowchart give each of ``DOUBTS``.

    An edge has a name where the source gives it one: ``A name@--> B``.
    """
    found: dict[str, list[str]] = {name: [] for name in DOUBTS}
    statements = (part for line in source.splitlines() for part in line.split(";"))
    for assigned in filter(None, (_ASSIGNMENT.match(part.strip()) for part in statements)):
        if assigned[2] in DOUBTS:
            names = (name.strip() for name in assigned[1].split(","))
            found[assigned[2]] += [name for name in names if re.fullmatch(r"[\w-]+", name)]
    return found
