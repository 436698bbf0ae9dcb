"""Charts of records: published numbers of one unit, each with its date and kind of evidence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from enum import Enum
from fractions import Fraction

from casebook.core.figures import axes
from casebook.core.figures.axes import Axis
from casebook.core.metrics import quantities, units
from casebook.core.metrics.dates import Day, Span
from casebook.core.metrics.metric import DIGITS, Evidence, Resolved
from casebook.core.metrics.quantities import Quantity
from casebook.core.metrics.units import Unit
from casebook.core.problems import Kind, Problem, shortened
from casebook.core.text.counted import counted

FEWEST, MOST = 2, 12
"""One number is a sentence; of more than a dozen no point can be told from the next."""
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))


class RecordForm(Enum):
    """The form of a chart of records."""

    LINE = "line"
    """Points on an axis of dates, joined."""
    SCATTER = "scatter"
    """Points on an axis of dates."""
    BAR = "bar"
    """A bar for each record, with its label."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What an author asks for: a form, the ids of records, and the axis of their values."""

    form: RecordForm
    metrics: tuple[str, ...]
    axis: Axis | None = None
    unit: Unit | None = None
    """The unit in which they are drawn; without it that of the first record."""


@dataclass(frozen=True, slots=True)
class RecordPoint:
    """A record, where it stands: its value from `low` to `high`, its date from `first` to `last`.

    Of a bound one end is open: then it is None.
    """

    label: str
    words: str
    """The value as it is printed, with the sign of a bound."""
    evidence: Evidence
    low: float | None
    high: float | None
    first: float = 0.0
    last: float = 0.0

    @property
    def value(self) -> float:
        """Where its mark stands: at its bound, or in the middle of its range."""
        return sum(self.span) / 2

    @property
    def span(self) -> tuple[float, float]:
        """From where to where it reaches: a bound or a single number is one point."""
        known = [end for end in (self.low, self.high) if end is not None]
        return min(known), max(known)

    @property
    def is_bound(self) -> bool:
        """Tell whether the value lies somewhere beyond its mark."""
        return self.low is None or self.high is None

    @property
    def date(self) -> float:
        """Where its mark stands along an axis of dates."""
        return (self.first + self.last) / 2


@dataclass(frozen=True, slots=True)
class RecordChart:
    """What is drawn."""

    form: RecordForm
    axis: str
    """What the values are, and their unit."""
    points: tuple[RecordPoint, ...]


def parse(form: str, metrics: str, y: str | None) -> Wanted | Problem:
    """Read the options of a chart of records."""
    known = [known.value for known in RecordForm]
    if form not in known:
        message = f"unknown type of chart {shortened(form)}; records are drawn as "
        return _problem(message + ", ".join(known))
    names = tuple(name.strip() for name in metrics.split(","))
    if len(set(names)) < len(names):
        return _problem("a record stands twice in this chart")
    if not FEWEST <= len(names) <= MOST:
        count = counted(len(names), "record")
        return _problem(f"the chart has {count}, and it shows between {FEWEST} and {MOST}")
    if y is None:
        return Wanted(RecordForm(form), names)
    axis = axes.read(y)
    if isinstance(axis, Problem):
        return axis
    unit = units.parse(axis.unit) if axis.unit else None
    if isinstance(unit, Problem):
        return unit
    return Wanted(RecordForm(form), names, axis, unit)


def charted(wanted: Wanted, found: Sequence[tuple[str, Resolved]]) -> RecordChart | Problem:
    """Return what is drawn of records, each with its label, or say why they do not fit."""
    unit = wanted.unit or found[0][1].quantity.unit
    for _, metric in found:
        own = metric.quantity.unit
        if own.dimension != unit.dimension:
            return _problem(
                f"the metric '{metric.metric.id}' is in {own.written() or 'no unit'}, and the "
                f"chart in {unit.written() or 'none'}; all records of a chart measure the same"
            )
        if wanted.form is not RecordForm.BAR and metric.as_of is None:
            return _problem(
                f"the metric '{metric.metric.id}' has no date, so it has no place on an axis of "
                "dates; the type 'bar' needs none"
            )
    converted = [metric.quantity.converted(unit) for _, metric in found]
    ends = [abs(end) for q in converted for end in (q.low, q.high) if isinstance(end, Fraction)]
    scale, word = next(((s, w) for s, w in _SCALES if max(ends) >= s), (1, ""))
    written = f"{word} {unit.written()}".strip()
    name = wanted.axis.name if wanted.axis else ""
    spans = [metric.as_of for _, metric in found]
    points = [
        _point(label, metric, _scaled(quantity, scale), _dates(spans, metric.as_of))
        for (label, metric), quantity in zip(found, converted, strict=True)
    ]
    return RecordChart(wanted.form, ", ".join(filter(None, (name, written))), tuple(points))


def _scaled(quantity: Quantity, scale: int) -> Quantity:
    low, high = (end / scale for end in (quantity.low, quantity.high))
    return replace(quantity, low=low, high=high, unit=units.DIMENSIONLESS)


def _point(
    label: str, metric: Resolved, quantity: Quantity, dates: tuple[float, float]
) -> RecordPoint:
    low, high = (
        float(end) if isinstance(end, Fraction) else None for end in (quantity.low, quantity.high)
    )
    if high is not None and quantity.low == 0 and not quantity.is_exact:
        low = None  # "at most" begins at nought
    words = quantities.printed(quantity, max(DIGITS, metric.metric.digits)).number
    return RecordPoint(label, words, metric.metric.evidence, low, high, *dates)


def _dates(spans: Sequence[Span | None], own: Span | None) -> tuple[float, float]:
    """Return where a date begins and ends, in years; bare years alone stand at their numbers."""
    if own is None:
        return 0.0, 0.0
    if all(span and span.first == span.last and not span.first.month for span in spans):
        return float(own.first.year), float(own.first.year)
    return _years(_first_day(own.first)), _years(own.last.last())


def _first_day(day: Day) -> date:
    return date(day.year, day.month or 1, day.day or 1)


def _years(day: date) -> float:
    start = date(day.year, 1, 1)
    return day.year + (day - start).days / 366


def _problem(message: str) -> Problem:
    return Problem(Kind.BAD_CHART, message)
