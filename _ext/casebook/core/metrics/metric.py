"""Metrics: numbers that carry their source, date and kind of evidence.

A row of a metrics table becomes a `Metric`, still unresolved: a derived one holds a formula over
other metrics of the book.  `resolve` computes all of them at once; dates, sources and the weakest
kind of evidence are inherited along the formulas.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from fractions import Fraction
from graphlib import CycleError, TopologicalSorter
from typing import TypeVar

from casebook.core.literate.measured import Measured
from casebook.core.literate.stored_outputs import Output, Stored, is_counterexample, value_of
from casebook.core.metrics import dates, formulas, quantities, units
from casebook.core.metrics.dates import Day, Span
from casebook.core.metrics.formulas import Formula
from casebook.core.metrics.quantities import Printed, Quantity
from casebook.core.metrics.units import Unit
from casebook.core.problems import Kind, Problem, shortened, suggestion
from casebook.core.text import yaml_records
from casebook.core.text.marked_text import NO_TEXT, Reader, Text
from casebook.core.text.names import is_name
from casebook.core.text.yaml_records import YamlRecord

T = TypeVar("T")
_COMMON = ("id", "label", "what", "kind", "doubt")
_SAID = (*_COMMON, "value", "as-of", "source", "locator", "via")
_COMPUTED = (*_COMMON, "formula", "unit", "digits")
_MODELLED = (*_COMMON, "output", "unit", "digits")
_ALL = tuple(dict.fromkeys(_SAID + _COMPUTED + _MODELLED))
_STATED = re.compile(r"(?<![\w.])\d+(?:,\d{3})*(?:\.\d+)?(?!\.?\d|(?:st|nd|rd|th)\b)")
_SCALE = re.compile(r"\b(?:thousand|million|billion|trillion)\b")
_ROLE = re.compile(r"\{[\w:-]+\}`")
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
DIGITS = 4
"""Significant digits of a computed metric, unless its row says otherwise."""


class Evidence(Enum):
    """How a metric is known, from the strongest to the weakest."""

    REPORTED = "reported"
    """Said by those who know: the company, its code, its documentation."""
    SECONDARY = "secondary"
    """Said by others, who quote those who know."""
    DERIVED = "derived"
    """Computed from other metrics of the book."""
    MODELLED = "modelled"
    """Computed by a program of the book."""
    MEASURED = "measured"
    """Measured by a program of the book, on one machine; another one gives other values."""

    @property
    def weight(self) -> int:
        """The place among the kinds of evidence, from 0; greater is weaker."""
        return list(Evidence).index(self)


_OF_PROGRAMS = (Evidence.MODELLED, Evidence.MEASURED)
_MADE = {Evidence.MODELLED: "computed and not measured", Evidence.MEASURED: "measured"}


@dataclass(frozen=True, slots=True)
class Metric:
    """A row as it was written; either `quantity` or `formula` is there.

    A modelled one has its quantity from the stored `output`, and neither date nor source; a
    measured one has its date from there as well.
    """

    id: str
    label: Text
    what: Text
    evidence: Evidence
    line: int = field(repr=False)
    quantity: Quantity | None = None
    formula: Formula | None = None
    formula_line: int = field(default=0, repr=False)
    unit: Unit = units.DIMENSIONLESS
    digits: int = DIGITS
    as_of: Span | None = None
    source: str = ""
    source_line: int = field(default=0, repr=False)
    locator: str = ""
    via: Text = NO_TEXT
    doubt: Text = NO_TEXT
    output: str = ""
    measured: Measured | None = None


@dataclass(frozen=True, slots=True)
class MetricRow:
    """A row of a metrics table, on the page that holds it."""

    page: str
    metric: Metric

    @property
    def anchor(self) -> str:
        """The id of the row on its page."""
        return f"metric-{self.metric.id}"


@dataclass(frozen=True, slots=True)
class Resolved:
    """A metric with its value; `basis` is the weakest evidence among what it was computed from."""

    metric: Metric
    quantity: Quantity
    as_of: Span | None
    """None if it was computed from the book's own programs alone."""
    basis: Evidence
    sources: tuple[str, ...]
    doubts: tuple[Text, ...] = ()
    outputs: tuple[str, ...] = ()
    """The stored outputs that it rests on."""

    @property
    def date(self) -> str:
        """The date as it is printed; `model` without one."""
        return str(self.as_of) if self.as_of else "model"

    @property
    def printed(self) -> Printed:
        """The value as it is printed everywhere in the book."""
        return quantities.printed(
            self.quantity,
            self.metric.digits if self.metric.formula or self.metric.output else None,
        )

    @property
    def evidence_words(self) -> str:
        """The evidence as words: `reported`, `secondary`, `derived` or `derived from secondary`."""
        word = self.metric.evidence.value
        strong = (Evidence.REPORTED, Evidence.DERIVED)
        weak = self.metric.formula and self.basis not in strong
        return f"{word} from {self.basis.value}" if weak else word


@dataclass(slots=True)
class Table:
    """What the body of a metrics table gave."""

    metrics: list[Metric] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


Outputs = Callable[[str], Stored | Problem]
"""Finds a stored output by its name, or says why there is none."""


def nothing_stored(name: str) -> Problem:
    """Find nothing: the reader of a book without outputs."""
    return Problem(Kind.UNKNOWN_OUTPUT, f"there is no stored output '{name}'")


def parse(
    body: str,
    sources: Collection[str],
    outputs: Outputs = nothing_stored,
    text: Reader = Text,
) -> Table:
    """Read the rows of a metrics table; `sources` are the keys of the bibliography."""
    records, problems = yaml_records.records(body)
    table = Table(problems=problems)
    for record in records:
        metric = _metric(record, sources, outputs, text)
        table.problems += record.problems
        if metric:
            table.metrics.append(metric)
    return table


def _metric(
    record: YamlRecord, sources: Collection[str], outputs: Outputs, text: Reader
) -> Metric | None:
    evidence = _evidence(record)
    fields = {None: _ALL, Evidence.DERIVED: _COMPUTED}
    fields |= dict.fromkeys(_OF_PROGRAMS, _MODELLED)
    record.check_fields(fields.get(evidence, _SAID))
    identifier = record.need("id")
    if identifier and not is_name(identifier):
        message = f"the id {shortened(identifier)} must be lower-case words joined by hyphens"
        record.report(Kind.BAD_ID, message, "id")
    said = {"label": record.need("label"), "what": record.need("what")}
    said |= {name: record.text(name) for name in ("doubt", "via")}
    bare = Metric(identifier, NO_TEXT, NO_TEXT, evidence or Evidence.REPORTED, record.line)
    metric: Metric | None = None
    if evidence is Evidence.DERIVED:
        metric = _computed(record, bare)
    elif evidence in _OF_PROGRAMS:
        metric = _made(record, bare, outputs)
    elif evidence:
        metric = _said(record, bare, sources)
    if record.problems or metric is None:
        return None
    # Read when all else is right: what is read is cited.
    texts = {name: text(words, record.line_of(name)) for name, words in said.items() if words}
    label, what, doubt, via = (texts.get(name, NO_TEXT) for name in said)
    return replace(metric, label=label, what=what, doubt=doubt, via=via)


def _evidence(record: YamlRecord) -> Evidence | None:
    word = record.need("kind")
    known = [kind.value for kind in Evidence]
    if word in known:
        return Evidence(word)
    if word:
        message = f"unknown kind of evidence {shortened(word)}; the kinds are {', '.join(known)}"
        record.report(Kind.BAD_KIND, message, "kind")
    return None


def _said(record: YamlRecord, bare: Metric, sources: Collection[str]) -> Metric | None:
    value, date = record.need("value"), record.need("as-of")
    source = record.need("source")
    locator = record.need("locator", "; say where in the source the number stands")
    if _ROLE.search(locator):
        message = "a locator is printed as it stands and holds no role; say it in 'what' or 'doubt'"
        record.report(Kind.BAD_VALUE, message, "locator")
    quantity = quantities.parse(value) if value else None
    if isinstance(quantity, Problem):
        record.refuse(quantity, "value")
    span = dates.parse(date) if date else None
    if isinstance(span, Problem):
        record.refuse(span, "as-of")
    if source and source not in sources:
        message = f"unknown source {shortened(source)}{suggestion(source, sources)}"
        record.report(Kind.UNKNOWN_SOURCE, message, "source")
    if isinstance(quantity, Quantity) and isinstance(span, Span):
        line = record.line_of("source")
        return replace(bare, quantity=quantity, unit=quantity.unit, as_of=span, source=source,
                       source_line=line, locator=locator)  # fmt: skip
    return None


def _computed(record: YamlRecord, bare: Metric) -> Metric | None:
    text = record.need("formula")
    formula = formulas.parse(text) if text else None
    if isinstance(formula, Problem):
        record.refuse(formula, "formula")
    unit, digits = _printing(record)
    if isinstance(formula, Formula) and unit:
        line = record.line_of("formula")
        return replace(bare, formula=formula, formula_line=line, unit=unit, digits=digits)
    return None


def _made(record: YamlRecord, bare: Metric, outputs: Outputs) -> Metric | None:
    name, hash_sign, key = record.need("output").partition("#")
    unit, digits = _printing(record)
    if not name or not hash_sign:
        lacking = (
            f"the value as well: '{name}#…'" if name else f"the output as well: 'study/name#{key}'"
        )
        if name or hash_sign:
            record.report(Kind.BAD_OUTPUT, f"name {lacking}", "output")
        return None
    stored = outputs(name)
    if isinstance(stored, Problem):
        record.refuse(stored, "output")
        return None
    if not isinstance(stored, Output):
        form = "counterexample" if is_counterexample(name) else "text"
        record.report(Kind.BAD_OUTPUT, f"'{name}' is a {form} and has no values", "output")
        return None
    value = value_of(stored, key)
    found = stored.measured
    right = Evidence.MEASURED if found else Evidence.MODELLED
    if bare.evidence is not right:
        message = f"what is stored as '{name}' was {_MADE[right]}; its kind is '{right.value}'"
        record.report(Kind.BAD_KIND, message, "kind")
    elif isinstance(value, Problem):
        record.refuse(value, "output")
    elif unit:
        made = replace(bare, quantity=Quantity(value, value, unit), unit=unit, digits=digits)
        return replace(made, output=name, measured=found, as_of=day_of(found) if found else None)
    return None


def day_of(measured: Measured) -> Span:
    """Return the date of a measurement, as metrics have it."""
    day = Day(measured.day.year, measured.day.month, measured.day.day)
    return Span(day, day)


def _printing(record: YamlRecord) -> tuple[Unit | None, int]:
    """Read how a metric is printed whose value was not typed: its unit and number of digits.

    The unit is None if a field is missing or wrong, which is reported.
    """
    text = record.need("unit")
    unit = units.parse(text) if text else None
    if isinstance(unit, Problem):
        record.refuse(unit, "unit")
        unit = None
    digits = record.text("digits") or str(DIGITS)
    if not re.fullmatch(r"[1-9]", digits):
        message = f"'digits' is a number from 1 to 9, not {shortened(digits)}"
        record.report(Kind.BAD_VALUE, message, "digits")
        return None, DIGITS
    return unit, int(digits)


def resolve(metrics: Mapping[str, Metric]) -> tuple[dict[str, Resolved], dict[str, Problem]]:
    """Compute every metric that can be computed, and say by id why the others cannot."""
    inputs = {m.id: m.formula.ids if m.formula else () for m in metrics.values()}
    misfits: dict[str, Problem] = {}
    order: list[str] | None = None
    remaining = dict(sorted(inputs.items()))
    while order is None:
        try:
            order = list(TopologicalSorter(remaining).static_order())
        except CycleError as error:
            # Break the cycle at its first member and look again: each is reported once.
            cycle: list[str] = error.args[1][::-1]
            start = min(cycle)
            del remaining[start]
            misfits[start] = Problem(Kind.BAD_FORMULA, _cycle_sentence(cycle, start))
    done: dict[str, Resolved] = {}
    for identifier in order:
        if identifier not in remaining:
            continue  # unknown, or the first of a ring: reported where it is used or above
        result = _resolved(metrics[identifier], metrics, done)
        if isinstance(result, Resolved):
            done[identifier] = result
        elif result:
            misfits[identifier] = result
    return done, misfits


def _cycle_sentence(cycle: list[str], start: str) -> str:
    ring = cycle[:-1]
    at = ring.index(start)
    names = [*ring[at:], *ring[:at], start]
    return f"the formula refers to itself: {' → '.join(names)}"


def _resolved(
    metric: Metric, metrics: Mapping[str, Metric], done: Mapping[str, Resolved]
) -> Resolved | Problem | None:
    if metric.formula is None:
        assert metric.quantity
        doubts = (metric.doubt,) if metric.doubt else ()
        sources = (metric.source,) if metric.source else ()
        outputs = (metric.output,) if metric.output else ()
        basis = metric.evidence
        return Resolved(metric, metric.quantity, metric.as_of, basis, sources, doubts, outputs)
    for name in metric.formula.ids:
        if name not in metrics:
            hint = suggestion(name, metrics)
            return Problem(Kind.UNKNOWN_METRIC, f"unknown metric '{name}'{hint}")
    if any(name not in done for name in metric.formula.ids):
        return None  # its own problem has been reported
    parts = [done[name] for name in metric.formula.ids]
    value = formulas.evaluate(metric.formula, lambda name: done[name].quantity)
    if isinstance(value, Problem):
        return Problem(value.kind, f"the formula of '{metric.id}' fails: {value.message}")
    if value.unit.dimension != metric.unit.dimension:
        unit, wanted = value.unit.written() or "a plain number", metric.unit.written()
        message = f"the formula of '{metric.id}' gives {unit}, which is not a kind of {wanted}"
        return Problem(Kind.BAD_FORMULA, message)
    if quantities.says_nothing(value):
        message = f"the bounds in the formula of '{metric.id}' leave every value possible"
        return Problem(Kind.BAD_FORMULA, message)
    return Resolved(
        metric,
        value.converted(metric.unit),
        dates.hull(spans) if (spans := [part.as_of for part in parts if part.as_of]) else None,
        max((part.basis for part in parts), key=lambda basis: basis.weight),
        _unique(source for part in parts for source in part.sources),
        _unique([*([metric.doubt] if metric.doubt else []), *(d for p in parts for d in p.doubts)]),
        _unique(output for part in parts for output in part.outputs),
    )


def lonely(metrics: Iterable[Metric]) -> Iterator[Metric]:
    """Yield measured metrics in a unit, such as a time, of whose output no ratio is a metric.

    A ratio of two times says something of another machine as well, and a time hardly does.
    """
    measured = [metric for metric in metrics if metric.measured]
    with_ratio = {metric.output for metric in measured if not metric.unit.dimension}
    yield from (metric for metric in measured if metric.output not in with_ratio)


def _unique(items: Iterable[T]) -> tuple[T, ...]:
    return tuple(dict.fromkeys(items))


def states_another_number(words: str, resolved: Resolved) -> Problem | None:
    """Say what is wrong when the words of a link hold a number that the metric does not print.

    A number counts with the million or billion behind it.  The years of the metric's date may be
    named; spelled-out numbers, ordinals and digits inside a word (`p99`) are not looked at.
    """
    printed = resolved.printed
    scale = printed.unit.partition(" ")[0]
    right = {_plain(number) * _SCALES.get(scale, 1) for number in _STATED.findall(printed.number)}
    span = resolved.as_of
    years = {str(day.year) for day in (span.first, span.last)} if span else set()
    stated = [match for match in _STATED.finditer(words) if match[0] not in years]
    wrong = any(right.isdisjoint(_meant(match, words)) for match in stated)
    # Without a number of its own, a "billion" must be the metric's.
    lone = _SCALE.search(words)
    if wrong or (lone and not stated and lone[0] != scale):
        message = f"the words {words!r} do not state what the metric prints, '{printed}'"
        return Problem(Kind.WRONG_NUMBER, message)
    return None


def _plain(number: str) -> Fraction:
    return Fraction(number.replace(",", ""))


def _meant(match: re.Match[str], words: str) -> set[Fraction]:
    """Return what a number in a text may mean: in "2 to 4 million", 2 is two million, or two."""
    number, behind = _plain(match[0]), words[match.end() :]
    scale = _SCALE.search(behind)
    if not scale:
        return {number}
    scaled = number * _SCALES[scale[0]]
    return {scaled} if scale.start() <= 1 else {scaled, number}


def aged(resolved: Resolved, today: Span, years: int = 2) -> bool:
    """Tell whether a metric's date lies more than `years` before the book's own date.

    A metric without a date does not age.
    """
    if resolved.as_of is None:
        return False
    end = resolved.as_of.last.last()
    now = today.last.last()
    return (end.year + years, end.month, end.day) < (now.year, now.month, now.day)
