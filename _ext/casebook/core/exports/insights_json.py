"""`insights.json`: every insight, with its audience and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from casebook.core.book.book import Book
from casebook.core.exports.common import (
    Anchor,
    Filled,
    Name,
    Number,
    Page,
    StudyName,
    study_name,
    words_of,
)
from casebook.core.exports.schema import Must
from casebook.core.findings.insight import Audience, InsightKind
from casebook.core.findings.insight import Insight as Record


@dataclass(frozen=True, slots=True)
class FromSource:
    """Evidence from a source."""

    source: Annotated[Filled, "The key in sources.json."]


@dataclass(frozen=True, slots=True)
class FromMetric:
    """Evidence from a metric."""

    metric: Annotated[Name, "The id in metrics.json."]


@dataclass(frozen=True, slots=True)
class FromOutput:
    """Evidence from a program of the book."""

    output: Annotated[Filled, "The name of the stored output."]


Evidence = FromSource | FromMetric | FromOutput
_EVIDENCE: dict[str, type[Evidence]] = {
    "source": FromSource,
    "metric": FromMetric,
    "output": FromOutput,
}


@dataclass(frozen=True, slots=True)
class JsonInsight:
    """An insight."""

    label: Annotated[Filled, 'Study and number: "Stripe 7"; on a page of no study, the page.']
    study: StudyName
    number: Annotated[
        Number, "Which insight of its study it is, from 1; on a page of no study, of its page."
    ]
    kind: Annotated[InsightKind, "What it teaches: a lesson, a pitfall, or a practice."]
    title: Annotated[Filled, "The insight in one line."]
    text: Annotated[Filled, "The insight in full."]
    audience: Annotated[tuple[Audience, ...], Must("minItems", 1), "Whom it is for."]
    patterns: Annotated[tuple[Name, ...], "The slugs in patterns.json of patterns it is about."]
    evidence: Annotated[tuple[Evidence, ...], Must("minItems", 1), "What it rests on."]
    page: Page
    anchor: Anchor


@dataclass(frozen=True, slots=True)
class Insights:
    """The insights of the book."""

    insights: Annotated[tuple[JsonInsight, ...], "All insights, in the order of the book."]


def export(book: Book) -> Insights:
    """Return all insights; the label counts those of a study: "Stripe 7"."""
    words = words_of(book)
    return Insights(
        tuple(
            JsonInsight(
                label=f"{study_name(book, insight.page) or insight.page} {number}",
                study=study_name(book, insight.page),
                number=number,
                kind=insight.kind,
                title=words(insight.title),
                text=words(insight.text),
                audience=insight.audience,
                patterns=insight.patterns,
                evidence=tuple(_EVIDENCE[one.kind](one.name) for one in insight.evidence),
                page=insight.page,
                anchor=insight.anchor,
            )
            for insight in book.of(Record)
            for number in [book.insight_numbers[insight.page, insight.anchor]]
        )
    )
