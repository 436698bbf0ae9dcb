"""The pattern catalogue: `catalogue.toml`, read and checked.

A pattern has a slug, a title, a category, one line of intent, other names, relations to other
patterns, and, where the Distributed Systems Studio (DStudio) describes it, its page and tier.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from .problems import Kind, Problem, suggestion

DSTUDIO = "https://deepaucksharma.github.io/DStudio/pattern-library/"
RELATIONS = {"needs": "needs", "alternative-to": "alternative to", "leads-to": "leads to"}
_SLUG = re.compile(r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*")
_STRINGS = ("title", "category", "intent", "dstudio", "tier")
_LISTS = ("aliases", *RELATIONS)
_NEEDED = ("title", "category", "intent")
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
            if name.replace("-", " ").lower() in (alias.lower() for alias in pattern.aliases):
                return f"; did you mean '{pattern.slug}'?"
        return suggestion(name, self.patterns)

    def categories(self) -> dict[str, list[Pattern]]:
        """The patterns of each category, both sorted."""
        found: dict[str, list[Pattern]] = {}
        for pattern in sorted(self.patterns.values(), key=lambda p: (p.category, p.title)):
            found.setdefault(pattern.category, []).append(pattern)
        return found


EMPTY = Catalogue({})


def parse(text: str) -> tuple[Catalogue, list[Problem]]:
    """Read the catalogue; what is wrong is left out and reported at its line."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        line = re.search(r"line (\d+)", str(error))
        # At the end of the document tomllib names no line.
        at = int(line[1]) if line else text.count("\n") + 1
        return EMPTY, [Problem(Kind.BAD_CATALOGUE, f"this is not TOML: {error}", at)]
    problems: list[Problem] = []
    patterns: dict[str, Pattern] = {}
    for slug, entry in data.items():
        pattern = _pattern(slug, entry, _line_of(text, slug), problems)
        if pattern:
            patterns[slug] = pattern
    catalogue = Catalogue(patterns)
    _check_relations(catalogue, text, problems)
    return catalogue, problems


def _line_of(text: str, slug: str, field: str = "") -> int:
    # tomllib keeps no positions; a table header and its fields stand on lines of their own.
    lines = text.splitlines()
    start = next((i for i, line in enumerate(lines) if line.strip() == f"[{slug}]"), 0)
    if field:
        for i in range(start + 1, len(lines)):
            if lines[i].startswith("["):
                break
            if re.match(rf"\s*{field}\s*=", lines[i]):
                return i + 1
    return start + 1


def _pattern(slug: str, entry: Any, line: int, problems: list[Problem]) -> Pattern | None:
    wrong: list[str] = []
    if not _SLUG.fullmatch(slug) or not isinstance(entry, dict):
        wrong.append(f"'{slug}' is no pattern: a table whose name is lower-case words with hyphens")
        entry = {}
    else:
        wrong += [f"'{slug}' lacks the field '{name}'" for name in _NEEDED if not entry.get(name)]
    for name, value in entry.items():
        if name not in (*_STRINGS, *_LISTS):
            hint = suggestion(name, (*_STRINGS, *_LISTS))
            wrong.append(f"'{slug}' has an unknown field '{name}'{hint}")
        elif not _fits(name, value):
            shape = "a list of strings" if name in _LISTS else "a string"
            wrong.append(f"the field '{name}' of '{slug}' must be {shape}")
    tier = entry.get("tier", "")
    if tier and (tier not in _TIERS or not entry.get("dstudio")):
        wrong.append(f"the tier of '{slug}' is DStudio's ({', '.join(_TIERS)}) and needs 'dstudio'")
    problems += [Problem(Kind.BAD_CATALOGUE, message, line) for message in wrong]
    if wrong:
        return None
    return Pattern(
        slug,
        *(entry[name] for name in _NEEDED),
        aliases=tuple(entry.get("aliases", ())),
        relations=tuple((name, tuple(entry.get(name, ()))) for name in RELATIONS),
        dstudio=entry.get("dstudio", "").strip("/"),
        tier=tier,
    )


def _fits(name: str, value: Any) -> bool:
    if name in _LISTS:
        return isinstance(value, list) and all(isinstance(item, str) for item in value)
    return isinstance(value, str)


def _check_relations(catalogue: Catalogue, text: str, problems: list[Problem]) -> None:
    for pattern in catalogue.patterns.values():
        for relation, slugs in pattern.relations:
            for slug in slugs:
                if slug not in catalogue.patterns or slug == pattern.slug:
                    why = "refers to itself" if slug == pattern.slug else f"is unknown{catalogue.near(slug)}"
                    message = f"'{relation}' of '{pattern.slug}': '{slug}' {why}"
                    line = _line_of(text, pattern.slug, relation)
                    problems.append(Problem(Kind.BAD_CATALOGUE, message, line))
