"""`metrics.json`: every metric of the book, with its value, its date and what it rests on."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Annotated

from casebook.core.book.book import Book
from casebook.core.exports.common import Anchor, Filled, Name, Number, Page, words_of
from casebook.core.exports.schema import Must
from casebook.core.literate.measured import Measured
from casebook.core.metrics.metric import Evidence, Resolved
from casebook.core.metrics.quantities import End, Quantity
from casebook.core.text.marked_text import Text

_DATE = r"\d{4}(-\d{2}(-\d{2})?)?"
Date = Annotated[str, Must("pattern", rf"^{_DATE}(\.\.{_DATE})?$")]


@dataclass(frozen=True, slots=True)
class Value:
    """A value with its unit; a single number has two equal ends."""

    printed: Annotated[Filled, "The value as the book prints it."]
    low: Annotated[float | None, "The lower end in `unit`; null if there is none."]
    high: Annotated[float | None, "The upper end in `unit`; null if there is none."]
    low_open: Annotated[bool, "Whether the lower end itself is left out."]
    high_open: Annotated[bool, "Whether the upper end itself is left out."]
    approximate: Annotated[bool, "Whether the value is only about right."]
    unit: Annotated[str, "The unit; empty for a plain number."]


@dataclass(frozen=True, slots=True)
class JsonMeasured:
    """What something was measured on."""

    cores: Annotated[Number, "How many cores the program could use."]
    python: Annotated[Filled, "The version of Python."]
    machine: Annotated[Filled, "The kind of processor."]
    system: Annotated[Filled, "The operating system."]
    versions: Annotated[Mapping[str, Filled], "What else it depends on, with its version."]


@dataclass(frozen=True, slots=True)
class JsonMetric:
    """A metric of the book."""

    id: Annotated[Name, "The id of the metric, unique in the book."]
    label: Annotated[Filled, "What the metric is called."]
    what: Annotated[Filled, "What exactly was measured."]
    kind: Annotated[Evidence, "The kind of evidence."]
    basis: Annotated[Evidence, "The weakest kind of evidence among what it was computed from."]
    value: Value
    as_of: Annotated[
        Date | None,
        "The date that the value holds for, or two with '..' between them; null if the book's own "
        "programs computed it.",
    ]
    formula: Annotated[str | None, "How it is computed from other metrics; null if it is not."]
    inputs: Annotated[tuple[Name, ...], "The ids of the metrics in the formula."]
    sources: Annotated[tuple[Filled, ...], "The keys in sources.json of what it rests on."]
    outputs: Annotated[
        tuple[Filled, ...], "The stored outputs of the book's programs that it rests on."
    ]
    locator: Annotated[str | None, "Where in its source the value stands; null if it has none."]
    via: Annotated[
        str | None, "What was read because the original could not be; null if the original was."
    ]
    measured: Annotated[
        JsonMeasured | None, "What it was measured on; null unless its kind is `measured`."
    ]
    doubts: Annotated[tuple[Filled, ...], "What is doubtful about it, or about its inputs."]
    page: Page
    anchor: Anchor


@dataclass(frozen=True, slots=True)
class Metrics:
    """The metrics of the book."""

    metrics: Annotated[tuple[JsonMetric, ...], "All metrics, sorted by id."]


def export(book: Book) -> Metrics:
    """Return all metrics that could be computed."""
    words = words_of(book)
    found = sorted(book.resolved.values(), key=lambda found: found.metric.id)
    return Metrics(tuple(_metric(book, one, words) for one in found))


def _metric(book: Book, one: Resolved, words: Callable[[Text], str]) -> JsonMetric:
    metric, row = one.metric, book.rows[one.metric.id]
    pieces = metric.formula.pieces() if metric.formula else []
    return JsonMetric(
        id=metric.id,
        label=words(metric.label),
        what=words(metric.what),
        kind=metric.evidence,
        basis=one.basis,
        value=_value(str(one.printed), one.quantity),
        as_of=one.as_of.iso() if one.as_of else None,
        formula="".join(p if isinstance(p, str) else p.id for p in pieces) or None,
        inputs=metric.formula.ids if metric.formula else (),
        sources=one.sources,
        outputs=one.outputs,
        locator=metric.locator or None,
        via=words(metric.via) or None,
        measured=_measured(metric.measured) if metric.measured else None,
        doubts=tuple(map(words, one.doubts)),
        page=row.page,
        anchor=row.anchor,
    )


def _measured(found: Measured) -> JsonMeasured:
    return JsonMeasured(
        found.cores, found.python, found.machine, found.system, dict(found.versions)
    )


def _value(printed: str, quantity: Quantity) -> Value:
    return Value(
        printed=printed.replace("\N{NO-BREAK SPACE}", " "),
        low=_end(quantity.low),
        high=_end(quantity.high),
        low_open=quantity.low_open,
        high_open=quantity.high_open,
        approximate=quantity.approximate,
        unit=quantity.unit.written(),
    )


def _end(end: End) -> float | None:
    return None if math.isinf(end) else float(end)
