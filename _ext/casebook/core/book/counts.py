"""How much a study holds, counted and never typed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

from casebook.core.findings.claim import ClaimEntry
from casebook.core.findings.decision import Decision
from casebook.core.findings.insight import Insight
from casebook.core.literate.printed import Listing

if TYPE_CHECKING:
    from casebook.core.book.book import Book

KINDS = {
    "visuals": "Visual elements",
    "diagrams": "Diagrams",
    "tables": "Tables",
    "charts": "Charts",
    "listings": "Listings",
    "decision_matrices": "Decision matrices",
    "metrics": "Metrics with sources",
    "insights": "Insights",
    "pattern_links": "Links to patterns",
    "patterns": "Patterns",
    "claims": "Claims examined",
}
"""What is counted, with the words for it; the first is the sum of the five after it."""
VISUALS = ("diagrams", "tables", "charts", "listings", "decision_matrices")

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
    return {
        "diagrams": {page: shown.diagrams for page, shown in contents},
        "tables": {page: shown.tables for page, shown in contents},
        "charts": {page: shown.charts for page, shown in contents},
        # What is added to a chunk later belongs to its listing.
        "listings": Counter(x.page for x in book.of(Listing) if x.chunk.part == 1),
        "decision_matrices": Counter(decision.page for decision in book.of(Decision)),
        "metrics": Counter(row.page for row in book.rows.values()),
        "insights": Counter(insight.page for insight in book.of(Insight)),
        "pattern_links": book.pattern_links,
        "patterns": {},  # a pattern that two pages of a study use counts once
        "claims": Counter(entry.page for entry in book.of(ClaimEntry)),
    }


def _study(pages: Mapping[str, Mapping[str, int]], own: list[str]) -> Counts:
    counts = {kind: sum(found.get(page, 0) for page in own) for kind, found in pages.items()}
    return {"visuals": sum(counts[kind] for kind in VISUALS)} | counts
