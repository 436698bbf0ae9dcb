"""How much a study holds, counted and never typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from .book import Book

KINDS = {
    "visuals": "Visual elements",
    "diagrams": "Diagrams",
    "tables": "Tables",
    "charts": "Charts",
    "listings": "Listings",
    "decision_matrices": "Decision matrices",
    "metrics": "Figures with sources",
    "insights": "Insights",
    "pattern_links": "Links to patterns",
    "patterns": "Patterns",
    "claims": "Claims examined",
}
"""What is counted, with the words for it; the first is the sum of the five after it."""
VISUALS = ("diagrams", "tables", "charts", "listings", "decision_matrices")

Counts = dict[str, int]


def count(book: Book) -> tuple[dict[str, Counts], Counts]:
    """The counts of each study, by its page, and those of all studies together.

    A pattern that two studies use counts once in the total; everything else is added up.
    """
    studies = {study.page: _page(book, study.page) for study in book.studies}
    total = {kind: sum(counts[kind] for counts in studies.values()) for kind in KINDS}
    total["patterns"] = len({p.slug for page in studies for p in book.used_by(page)})
    return studies, total


def _page(book: Book, page: str) -> Counts:
    shown = book.contents.get(page)
    counts = {
        "diagrams": shown.diagrams if shown else 0,
        "tables": shown.tables if shown else 0,
        "charts": shown.charts if shown else 0,
        # What is added to a chunk later belongs to its listing.
        "listings": sum(x.page == page and x.chunk.part == 1 for x in book.listings),
        "decision_matrices": sum(decision.page == page for decision in book.decisions),
        "metrics": sum(row.page == page for row in book.rows.values()),
        "insights": sum(insight.page == page for insight in book.insights),
        "pattern_links": book.pattern_links.get(page, 0),
        "patterns": len(book.used_by(page)),
        "claims": sum(entry.page == page for entry in book.claims),
    }
    return {"visuals": sum(counts[kind] for kind in VISUALS)} | counts


def as_data(book: Book) -> dict[str, object]:
    """The counts by the last part of each study's page name, as they are exported."""
    studies, total = count(book)
    return {
        "studies": {page.rpartition("/")[2]: counts for page, counts in studies.items()},
        "total": total,
    }
