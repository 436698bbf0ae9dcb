"""`inventory.json`: how much each study holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from casebook.core.book import counts
from casebook.core.book.book import Book
from casebook.core.exports.common import Count


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is of each kind."""

    visuals: Annotated[Count, "Pictures, tables, decision matrices and listings together."]
    pictures: Annotated[Count, "Diagrams, charts, steppers, marked outputs and sounds together."]
    diagrams: Annotated[Count, "Diagrams."]
    charts: Annotated[Count, "Charts."]
    steppers: Annotated[Count, "Steppers."]
    marked_outputs: Annotated[Count, "Outputs in which lines are marked."]
    sounds: Annotated[Count, "Figures of sounds, each with one or more that can be heard."]
    tables: Annotated[Count, "Tables, without decision matrices and the numbers of charts."]
    decision_matrices: Annotated[Count, "Decision matrices."]
    listings: Annotated[
        Count, "Listings; a chunk that is continued is one, and one that only imports is none."
    ]
    sessions: Annotated[Count, "Sessions."]
    metrics: Annotated[Count, "Metrics in tables."]
    insights: Annotated[Count, "Insights."]
    pattern_links: Annotated[Count, "Links to patterns."]
    patterns: Annotated[Count, "Patterns that are linked to."]
    claims: Annotated[Count, "Claims that are examined."]


@dataclass(frozen=True, slots=True)
class JsonInventory:
    """What the studies hold."""

    studies: Annotated[Mapping[str, Counts], "Each study, by the last part of its page's path."]
    total: Annotated[Counts, "All studies together; a pattern that two of them use counts once."]


def export(book: Book) -> JsonInventory:
    """Return the counts of each study and of all together."""
    studies, total = counts.count(book)
    named = {page.rpartition("/")[2]: Counts(**found) for page, found in studies.items()}
    return JsonInventory(named, Counts(**total))
