"""`patterns.json`: the pattern catalogue, with the section and the uses of each pattern."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Annotated

from casebook.core.book.book import Book
from casebook.core.exports.common import Anchor, Filled, Name, Page, words_of


class Relation(Enum):
    """How a pattern is related to others."""

    NEEDS = "needs"
    ALTERNATIVE_TO = "alternative-to"
    LEADS_TO = "leads-to"


class Tier(Enum):
    """What the Distributed Systems Studio thinks of a pattern."""

    GOLD = "gold"
    SILVER = "silver"
    BRONZE = "bronze"


@dataclass(frozen=True, slots=True)
class Use:
    """A place that links to the pattern."""

    page: Page
    anchor: Annotated[Anchor, "The id of its section on that page."]
    sentence: Annotated[Filled, "The sentence around the link."]


@dataclass(frozen=True, slots=True)
class JsonPattern:
    """A pattern of the catalogue."""

    slug: Annotated[Name, "The name of the pattern in links, unique in the book."]
    title: Annotated[Filled, "What the pattern is called."]
    category: Annotated[Filled, "The group of patterns that it belongs to."]
    intent: Annotated[Filled, "What it is for, in one line."]
    aliases: Annotated[tuple[Filled, ...], "Its other names."]
    relations: Annotated[
        Mapping[Relation, tuple[Name, ...]], "The slugs of related patterns, for each relation."
    ]
    library: Annotated[
        str | None, "Its address in a library of patterns; null if it has none there."
    ]
    tier: Annotated[Tier | None, "How that library ranks it; null if it doesn't."]
    page: Annotated[str | None, "The page that describes it; null if none does."]
    anchor: Annotated[str | None, "The id on that page; null if no page describes it."]
    uses: Annotated[tuple[Use, ...], "Where the book uses it, in the order of the book."]


@dataclass(frozen=True, slots=True)
class Patterns:
    """The pattern catalogue, and where the book uses each pattern."""

    patterns: Annotated[tuple[JsonPattern, ...], "All patterns, sorted by slug."]


def export(book: Book) -> Patterns:
    """Return the catalogue, with the section of each pattern and every place that uses it."""
    words = words_of(book)
    listed = []
    for slug, pattern in sorted(book.catalogue.patterns.items()):
        section = book.sections.get(slug)
        listed.append(
            JsonPattern(
                slug=slug,
                title=pattern.title,
                category=pattern.category,
                intent=pattern.intent,
                aliases=pattern.aliases,
                relations={Relation(name): slugs for name, slugs in pattern.relations},
                library=pattern.link or None,
                tier=Tier(pattern.tier) if pattern.tier else None,
                page=section.page if section else None,
                anchor=section.anchor if section else None,
                uses=tuple(
                    Use(use.page, use.anchor, words(use.sentence))
                    for use in book.uses.get(slug, ())
                ),
            )
        )
    return Patterns(tuple(listed))
