"""The pattern catalogue: `catalogue.toml`, read and checked.

A pattern has a slug, a title, a category, one line of intent, other names, relations to other
patterns, and, where the Distributed Systems Studio (DStudio) describes it, its page and tier.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from typing import Any

from casebook.core.problems import Kind, Problem, shortened, suggestion
from casebook.core.text.names import is_name

DSTUDIO = "https://deepaucksharma.github.io/DStudio/pattern-library/"
RELATIONS = {"needs": "needs", "alternative-to": "alternative to", "leads-to": "leads to"}
_STRINGS = ("title", "category", "intent", "dstudio", "tier")
_LISTS = ("aliases", *RELATIONS)
_NEEDED = ("title", "category", "intent")
_MARKUP = re.compile(r"`|\]\(")
_TIERS = ("gold", "silver", "bronze")


@dataclass(frozen=True, slots=True)
class Pattern:
    """A pattern; `relations` maps the names in `RELATIONS` to slugs."""

    slug: str
    title: str
    category: str
    intent: str
    aliases: tuple[str, ...] = ()
    relations: tuple[tuple[str, tuple[str, ...]], ...] = ()
    dstudio: str = ""
    tier: str = ""

    @property
    def link(self) -> str:
        """The address of the pattern's page in DStudio, or nothing."""
        return f"{DSTUDIO}{self.dstudio}/" if self.dstudio else ""

    @property
    def words(self) -> str:
        """The title as it stands inside a sentence."""
        return in_sentence(self.title)


def in_sentence(title: str) -> str:
    """A title as it stands inside a sentence; an abbreviation keeps its capitals."""
    head, *rest = title.split(" ")
    return " ".join([head if head[1:] != head[1:].lower() else head.lower(), *rest])


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All patterns by slug, in the file's order."""

    patterns: Mapping[str, Pattern]

    def find(self, name: str) -> Pattern | None:
        """The pattern of a slug."""
        return self.patterns.get(name)

    def near(self, name: str) -> str:
        """A hint for a slug that is not there; an alias leads to its pattern."""
        for pattern in self.patterns.values():
            if _spoken(name) in map(_spoken, (pattern.title, *pattern.aliases)):
                return f"; did you mean '{pattern.slug}'?"
        return suggestion(name, self.patterns)

    def categories(self) -> dict[str, list[Pattern]]:
        """The patterns of each category, both sorted."""
        found: dict[str, list[Pattern]] = {}
        for pattern in sorted(self.patterns.values(), key=lambda p: (p.category, p.title.lower())):
            found.setdefault(pattern.category, []).append(pattern)
        return found


def _spoken(name: str) -> str:
    return name.replace("-", " ").lower()


EMPTY = Catalogue({})


def parse(text: str) -> tuple[Catalogue, list[Problem]]:
    """Read the catalogue; what is wrong is left out and reported at its line."""
    text = text.replace("\r\n", "\n")
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        # At the end of the document, and at a limit of Python's own, tomllib names no line.
        place = re.search(r"\(at line (\d+), column \d+\)$", str(error))
        line = int(place[1]) if place else text.rstrip("\n").count("\n") + 1
        return EMPTY, [Problem(Kind.BAD_CATALOGUE, f"this is not TOML: {error}", line)]
    faults: list[_Fault] = []
    patterns: dict[str, Pattern] = {}
    for slug, entry in data.items():
        wrong = _wrong(slug, entry)
        faults += wrong
        if not wrong:
            patterns[slug] = _pattern(slug, entry)
    catalogue = Catalogue(patterns)
    for slug, pattern in patterns.items():
        wrong = _wrong_relations(pattern, catalogue, data)
        faults += wrong
        patterns[slug] = _related(pattern, patterns)
    lines = _lines(text) if faults else {}
    return catalogue, [
        Problem(
            Kind.BAD_CATALOGUE,
            fault.message,
            lines.get((fault.slug, fault.field), lines[fault.slug,]),
        )
        for fault in faults
    ]


@dataclass(frozen=True, slots=True)
class _Fault:
    slug: str
    field: str
    message: str


def _lines(text: str) -> dict[tuple[str, ...], int]:
    """The line on which each table and each of its fields starts.

    tomllib keeps no positions.  But each statement is TOML by itself, so it ends with the first
    line at which the lines gathered since the last one can be read.
    """
    lines: dict[tuple[str, ...], int] = {}
    table: tuple[str, ...] = ()
    gathered: list[str] = []
    for number, line in enumerate(text.split("\n"), 1):
        gathered.append(line)
        try:
            statement = tomllib.loads("\n".join(gathered))
        except tomllib.TOMLDecodeError:
            continue
        start = number - len(gathered) + 1
        is_header = gathered[0].lstrip().startswith("[")
        gathered = []
        above = () if is_header else table
        for name, value in statement.items():
            inner = value if isinstance(value, dict) else ()
            paths = [(*above, name), *((*above, name, field) for field in inner)]
            for path in paths:
                lines.setdefault(path, start)
            table = paths[-1] if is_header else table
    return lines


def _wrong(slug: str, entry: Any) -> list[_Fault]:
    if not is_name(slug) or not isinstance(entry, dict):
        message = f"{shortened(slug)} is no pattern; name a table in lower-case words with hyphens"
        return [_Fault(slug, "", message)]
    wrong = [
        _Fault(slug, name, f"'{slug}' lacks the field '{name}'")
        for name in _NEEDED
        if name not in entry or entry[name] == ""
    ]
    for name, value in entry.items():
        if name not in (*_STRINGS, *_LISTS):
            hint = suggestion(name, (*_STRINGS, *_LISTS))
            message = f"'{slug}' has an unknown field {shortened(name)}{hint}"
            wrong.append(_Fault(slug, name, message))
        elif not _fits(name, value):
            shape = "a list of strings" if name in _LISTS else "a string"
            message = f"the field '{name}' of '{slug}' must be {shape}"
            wrong.append(_Fault(slug, name, message))
        elif any(_MARKUP.search(text) for text in ([value] if isinstance(value, str) else value)):
            message = f"the field '{name}' of '{slug}' is printed as it stands and holds no markup"
            wrong.append(_Fault(slug, name, message))
    tier = entry.get("tier", "")
    if tier and (tier not in _TIERS or not entry.get("dstudio")):
        message = f"the tier of '{slug}' is DStudio's ({', '.join(_TIERS)}) and needs 'dstudio'"
        wrong.append(_Fault(slug, "tier", message))
    return wrong


def _fits(name: str, value: Any) -> bool:
    if name in _LISTS:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, str)


def _pattern(slug: str, entry: Mapping[str, Any]) -> Pattern:
    return Pattern(
        slug,
        title=entry["title"],
        category=entry["category"],
        intent=entry["intent"],
        aliases=tuple(entry.get("aliases", ())),
        relations=tuple((name, tuple(entry.get(name, ()))) for name in RELATIONS),
        dstudio=entry.get("dstudio", "").strip("/"),
        tier=entry.get("tier", ""),
    )


def _wrong_relations(
    pattern: Pattern, catalogue: Catalogue, written: Collection[str]
) -> list[_Fault]:
    wrong: list[_Fault] = []
    for relation, slugs in pattern.relations:
        for slug in slugs:
            if slug == pattern.slug:
                why = "refers to itself"
            elif slug not in written:
                why = f"is unknown{catalogue.near(slug)}"
            else:
                continue  # there, or left out with a problem of its own
            message = f"'{relation}' of '{pattern.slug}': {shortened(slug)} {why}"
            wrong.append(_Fault(pattern.slug, relation, message))
    return wrong


def _related(pattern: Pattern, patterns: Mapping[str, Pattern]) -> Pattern:
    kept = tuple(
        (relation, tuple(slug for slug in slugs if slug in patterns and slug != pattern.slug))
        for relation, slugs in pattern.relations
    )
    return replace(pattern, relations=kept)
