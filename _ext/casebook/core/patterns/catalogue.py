"""The pattern catalogue: `catalogue.yaml`, read and checked.

A pattern has a slug (its `id`), a title, a category, one line of intent, other names, relations to
other patterns, and, where a library of patterns describes it, its page and tier there.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from casebook.core.problems import Kind, Problem, shortened, suggestion
from casebook.core.text import yaml_records
from casebook.core.text.names import is_name
from casebook.core.text.yaml_records import Scalar, YamlRecord

RELATIONS = {"needs": "needs", "alternative-to": "alternative to", "leads-to": "leads to"}
_PRINTED = ("title", "category", "intent")
_FIELDS = ("id", *_PRINTED, "aliases", *RELATIONS, "library", "tier")
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
    library: str = ""
    tier: str = ""
    link: str = ""
    """The address of the pattern's page in the library, or nothing."""

    @property
    def words(self) -> str:
        """The title as it stands inside a sentence."""
        return in_sentence(self.title)


def in_sentence(title: str) -> str:
    """Return a title as it stands inside a sentence; an abbreviation keeps its capitals."""
    head, *rest = title.split(" ")
    return " ".join([head if head[1:] != head[1:].lower() else head.lower(), *rest])


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All patterns by slug, in the file's order."""

    patterns: Mapping[str, Pattern]

    def find(self, name: str) -> Pattern | None:
        """Return the pattern of a slug; None if there is none."""
        return self.patterns.get(name)

    def linked(self, library: str) -> Catalogue:
        """Return the catalogue with links into the library at an address, or without."""
        home = f"{library.rstrip('/')}/" if library else ""
        linked = {
            slug: replace(p, link=f"{home}{p.library}/" if home and p.library else "")
            for slug, p in self.patterns.items()
        }
        return Catalogue(linked)

    def near(self, name: str) -> str:
        """Return a hint for a slug that is not there, or nothing; an alias leads to its pattern."""
        for pattern in self.patterns.values():
            if _spoken(name) in map(_spoken, (pattern.title, *pattern.aliases)):
                return f"; did you mean '{pattern.slug}'?"
        return suggestion(name, self.patterns)

    def categories(self) -> dict[str, list[Pattern]]:
        """Return the patterns of each category, both sorted."""
        found: dict[str, list[Pattern]] = {}
        for pattern in sorted(self.patterns.values(), key=lambda p: (p.category, p.title.lower())):
            found.setdefault(pattern.category, []).append(pattern)
        return found


def _spoken(name: str) -> str:
    return name.replace("-", " ").lower()


EMPTY = Catalogue({})


def parse(text: str) -> tuple[Catalogue, list[Problem]]:
    """Read the catalogue; what is wrong is left out and reported at its line."""
    records, problems = yaml_records.records(text)
    written: set[str] = set()
    read = [(record, _pattern(record, written)) for record in records]
    patterns = {pattern.slug: pattern for record, pattern in read if not record.problems}
    catalogue = Catalogue(patterns)
    for record, pattern in read:
        relations = tuple(
            (name, _related(record, name, pattern.slug, catalogue, written)) for name in RELATIONS
        )
        if patterns.get(pattern.slug) is pattern:
            patterns[pattern.slug] = replace(pattern, relations=relations)
        problems += record.problems
    return catalogue, problems


def _pattern(record: YamlRecord, written: set[str]) -> Pattern:
    """Read all but the relations, which need the other patterns; note the slug in `written`."""
    record.check_fields(_FIELDS)
    slug = record.need("id")
    if slug in written:
        record.report(Kind.DUPLICATE_ID, f"the pattern {shortened(slug)} stands twice", "id")
    elif slug and not is_name(slug):
        message = f"the id {shortened(slug)} must be lower-case words joined by hyphens"
        record.report(Kind.BAD_ID, message, "id")
    if slug:
        written.add(slug)
    title, category, intent = (
        _plain(record, name, Scalar(record.need(name), record.line_of(name))) for name in _PRINTED
    )
    aliases = tuple(_plain(record, "aliases", alias) for alias in _items(record, "aliases"))
    library, tier = record.text("library").strip("/"), record.text("tier")
    if tier and (tier not in _TIERS or not library):
        message = f"a tier is the library's ({', '.join(_TIERS)}) and needs 'library'"
        record.report(Kind.BAD_CATALOGUE, message, "tier")
    return Pattern(slug, title, category, intent, aliases, library=library, tier=tier)


def _plain(record: YamlRecord, field: str, scalar: Scalar) -> str:
    """Return words that are printed as they stand, and report markup in them."""
    if _MARKUP.search(scalar.text):
        message = f"the field '{field}' is printed as it stands and may hold no markup"
        record.problems.append(Problem(Kind.BAD_CATALOGUE, message, scalar.line))
    return scalar.text


def _items(record: YamlRecord, field: str) -> tuple[Scalar, ...]:
    return record.need_list(field) if field in record else ()


def _related(
    record: YamlRecord, relation: str, slug: str, catalogue: Catalogue, written: Collection[str]
) -> tuple[str, ...]:
    """Return the slugs of a relation that can be followed, and report those that never could."""
    found = []
    for other in _items(record, relation):
        if other.text not in written:
            message = f"unknown pattern {shortened(other.text)}{catalogue.near(other.text)}"
            record.problems.append(Problem(Kind.UNKNOWN_PATTERN, message, other.line))
        elif other.text == slug:
            message = f"the pattern {shortened(slug)} refers to itself"
            record.problems.append(Problem(Kind.BAD_CATALOGUE, message, other.line))
        elif other.text in catalogue.patterns:  # or left out with a problem of its own
            found.append(other.text)
    return tuple(found)
