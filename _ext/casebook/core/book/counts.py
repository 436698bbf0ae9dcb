"""How much a study holds, counted and never typed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from casebook.core.findings.claim import ClaimEntry
from casebook.core.findings.decision import Decision
from casebook.core.findings.insight import Insight
from casebook.core.literate.imports import only_imports
from casebook.core.literate.printed import Listing

if TYPE_CHECKING:
    from casebook.core.book.book import Book

KINDS = {
    "visuals": "Visual elements",
    "pictures": "Pictures",
    "diagrams": "Diagrams",
    "charts": "Charts",
    "steppers": "Steppers",
    "marked_outputs": "Marked outputs",
    "sounds": "Sounds",
    "tables": "Tables",
    "decision_matrices": "Decision matrices",
    "listings": "Listings",
    "sessions": "Sessions",
    "metrics": "Metrics with sources",
    "insights": "Insights",
    "pattern_links": "Links to patterns",
    "patterns": "Patterns",
    "claims": "Claims examined",
}
"""What is counted, with the words for it; two of them are the sums of others."""
PICTURES = ("diagrams", "charts", "steppers", "marked_outputs", "sounds")
"""What a reader looks at; their sum is `pictures`."""
VISUALS = (*PICTURES, "tables", "decision_matrices", "listings")
"""What stands out of the text; their sum is `visuals`.  A session reads as a part of the text."""

Counts = dict[str, int]


def count(book: Book) -> tuple[dict[str, Counts], Counts]:
    """Return the counts of each study, by its page, and those of all studies together.

    A pattern that two studies use counts once in the total; everything else is added up.
    """
    pages = _pages(book)
    studies = {essay: _study(pages, [essay, *book.chapters[essay]]) for essay in book.studies}
    for essay, counts in studies.items():
        counts["patterns"] = len(book.used_by(essay))
    total = {kind: sum(counts[kind] for counts in studies.values()) for kind in KINDS}
    total["patterns"] = len({p.slug for page in studies for p in book.used_by(page)})
    return studies, total


def _pages(book: Book) -> dict[str, Mapping[str, int]]:
    """Count how many of each kind every page holds, in one pass over the book."""
    contents = book.contents.items()
    # What is added to a chunk later belongs to its listing; a list of imports is none.
    listings = {(x.page, x.chunk.name) for x in book.of(Listing) if not only_imports(x.chunk)}
    return {
        "diagrams": {page: shown.diagrams for page, shown in contents},
        "charts": {page: shown.charts for page, shown in contents},
        "steppers": {page: shown.steppers for page, shown in contents},
        "marked_outputs": {page: shown.marked_outputs for page, shown in contents},
        "sounds": {page: shown.sounds for page, shown in contents},
        "tables": {page: shown.tables for page, shown in contents},
        "decision_matrices": Counter(decision.page for decision in book.of(Decision)),
        "listings": Counter(page for page, _ in listings),
        "sessions": {page: shown.sessions for page, shown in contents},
        "metrics": Counter(row.page for row in book.rows.values()),
        "insights": Counter(insight.page for insight in book.of(Insight)),
        "pattern_links": book.pattern_links,
        "patterns": {},  # a pattern that two pages of a study use counts once
        "claims": Counter(entry.page for entry in book.of(ClaimEntry)),
    }


def _study(pages: Mapping[str, Mapping[str, int]], own: list[str]) -> Counts:
    counts = {kind: sum(found.get(page, 0) for page in own) for kind, found in pages.items()}
    sums = {"visuals": VISUALS, "pictures": PICTURES}
    return {kind: sum(counts[part] for part in parts) for kind, parts in sums.items()} | counts
