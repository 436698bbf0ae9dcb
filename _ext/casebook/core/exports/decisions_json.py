"""`decisions.json`: every decision matrix; scores and weights are the authors' judgement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from casebook.core.book.book import Book
from casebook.core.exports.common import Anchor, Filled, Name, Page, words_of
from casebook.core.exports.schema import Must
from casebook.core.findings.decision import HIGHEST, LOWEST, stability
from casebook.core.findings.decision import Decision as Record
from casebook.core.text.marked_text import Text, mark

Score = Annotated[int, Must("minimum", LOWEST), Must("maximum", HIGHEST)]
Mean = Annotated[float, Must("minimum", LOWEST), Must("maximum", HIGHEST)]


@dataclass(frozen=True, slots=True)
class JsonCriterion:
    """What counts in a decision, and how much."""

    id: Annotated[Name, "The id of the criterion, unique in the matrix."]
    label: Annotated[Filled, "What the criterion is called."]
    weight: Annotated[float, Must("minimum", 0), "How much it counts."]
    why: Annotated[Filled, "What the weight rests on."]


@dataclass(frozen=True, slots=True)
class JsonOption:
    """What could have been done."""

    id: Annotated[Name, "The id of the option, unique in the matrix."]
    label: Annotated[Filled, "What the option is called."]
    scores: Annotated[Mapping[str, Score], "From poor to good, by the id of the criterion."]
    why: Annotated[Mapping[str, Filled], "The reason for each score, by the id of the criterion."]
    total: Annotated[float, "The weighted sum of the scores."]
    mean: Annotated[Mean, "The weighted mean of the scores."]


@dataclass(frozen=True, slots=True)
class JsonDecision:
    """A decision matrix; its scores and weights are the authors' judgement."""

    caption: Annotated[Filled, "The caption of the matrix."]
    chosen: Annotated[Name, "The id of the option that was chosen in fact."]
    leaders: Annotated[
        tuple[Name, ...], Must("minItems", 1), "The ids of the options with the greatest total."
    ]
    criteria: Annotated[
        tuple[JsonCriterion, ...], Must("minItems", 1), "What the options are held to."
    ]
    options: Annotated[tuple[JsonOption, ...], Must("minItems", 2), "What could have been done."]
    stability: Annotated[
        Filled, "The smallest change of one weight that puts another option first."
    ]
    page: Page
    anchor: Anchor


@dataclass(frozen=True, slots=True)
class Decisions:
    """The decision matrices of the book."""

    decisions: Annotated[tuple[JsonDecision, ...], "All matrices, in the order of the book."]


def export(book: Book) -> Decisions:
    """Return all decision matrices, with their totals."""
    words = words_of(book)
    listed = []
    for decision in book.of(Record):
        matrix = decision.matrix
        listed.append(
            JsonDecision(
                caption=words(decision.caption),
                chosen=decision.chosen,
                leaders=tuple(option.id for option in matrix.leaders),
                criteria=tuple(
                    JsonCriterion(one.id, words(one.label), float(one.weight), words(one.why))
                    for one in matrix.criteria
                ),
                options=tuple(
                    JsonOption(
                        id=option.id,
                        label=words(option.label),
                        scores=option.scores,
                        why={name: words(why) for name, why in option.why.items()},
                        total=float(matrix.total(option)),
                        mean=float(matrix.mean(option)),
                    )
                    for option in matrix.options
                ),
                stability=words(Text(stability(matrix, decision.chosen, mark))),
                page=decision.page,
                anchor=decision.anchor,
            )
        )
    return Decisions(tuple(listed))
