"""`claims.json`: claims that are often made, and what the public record says of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from casebook.core.book.book import Book
from casebook.core.exports.common import Anchor, Filled, Page, StudyName, study_name, words_of
from casebook.core.findings.claim import ClaimEntry, Verdict


@dataclass(frozen=True, slots=True)
class JsonClaim:
    """A claim that the book examines."""

    claim: Annotated[Filled, "The claim as it is heard."]
    verdict: Annotated[Verdict, "What the public record says of it."]
    instead: Annotated[Filled, "What can be cited instead."]
    sources: Annotated[tuple[Filled, ...], "The keys in sources.json of what the verdict rests on."]
    study: StudyName
    page: Page
    anchor: Anchor


@dataclass(frozen=True, slots=True)
class JsonClaims:
    """The claims that the book examines."""

    claims: Annotated[tuple[JsonClaim, ...], "All claims, in the order of the book."]


def export(book: Book) -> JsonClaims:
    """Return all claims with their verdicts and what can be cited instead."""
    words = words_of(book)
    return JsonClaims(
        tuple(
            JsonClaim(
                claim=words(entry.claim.claim),
                verdict=entry.claim.verdict,
                instead=words(entry.claim.instead),
                sources=entry.claim.sources,
                study=study_name(book, entry.page),
                page=entry.page,
                anchor=entry.anchor,
            )
            for entry in book.of(ClaimEntry)
        )
    )
