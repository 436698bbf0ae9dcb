"""Decision matrices: weighted totals, and how far the judgement behind them carries.

Weights and scores are judgement.  So the table says whose it is, gives a reason for each, and says
by how much a single weight would have to change for another option to come first.  All arithmetic
is exact.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from casebook.core.problems import Kind, Problem, shortened, suggestion
from casebook.core.text import yaml_records
from casebook.core.text.marked_text import Named, Reader, Text
from casebook.core.text.names import is_name
from casebook.core.text.yaml_records import YamlRecord

LOWEST, HIGHEST = 1, 5
"""A score is a whole number from poor to good."""
_WEIGHT = re.compile(r"[0-9]{1,3}(?:\.[0-9]{1,2})?")
_SCORE = re.compile(f"[{LOWEST}-{HIGHEST}]")


@dataclass(frozen=True, slots=True)
class Criterion:
    """What counts, and how much."""

    id: str
    label: Text
    weight: Fraction
    why: Text


@dataclass(frozen=True, slots=True)
class Option:
    """What could have been done; `scores` and `why` are by criterion."""

    id: str
    label: Text
    scores: Mapping[str, int]
    why: Mapping[str, Text]


@dataclass(frozen=True, slots=True)
class Flip:
    """The smallest change of one weight after which another option comes first."""

    criterion: Criterion
    rival: Option
    level: Fraction
    """The weight at which the two are level; beyond it the rival leads."""


@dataclass(frozen=True, slots=True)
class Matrix:
    """Criteria and options."""

    criteria: tuple[Criterion, ...]
    options: tuple[Option, ...]

    @property
    def weight(self) -> Fraction:
        """The sum of all weights."""
        return sum((criterion.weight for criterion in self.criteria), Fraction(0))

    def total(self, option: Option) -> Fraction:
        """Return the weighted sum of an option's scores."""
        return sum((c.weight * option.scores[c.id] for c in self.criteria), Fraction(0))

    def mean(self, option: Option) -> Fraction:
        """Return the weighted mean of an option's scores, from 1 to 5."""
        return self.total(option) / self.weight

    @property
    def leaders(self) -> tuple[Option, ...]:
        """The options with the greatest total."""
        most = max(self.total(option) for option in self.options)
        return tuple(option for option in self.options if self.total(option) == most)

    def flip(self) -> Flip | None:
        """Find the smallest change of one weight that puts another option first.

        None if two options share the lead already, or no change of one weight does it.
        """
        if len(self.leaders) > 1:
            return None
        leader = self.leaders[0]
        found: list[tuple[Fraction, int, Flip]] = []
        for rival in self.options:
            gap = self.total(leader) - self.total(rival)
            for criterion in self.criteria:
                better = rival.scores[criterion.id] - leader.scores[criterion.id]
                # At a weight of nought the two stay level, and below it a weight has no sense.
                if better and (level := criterion.weight + gap / better) > 0:
                    # Of two that draw level together the one that gains more leads beyond.
                    change = abs(level - criterion.weight)
                    found.append((change, -abs(better), Flip(criterion, rival, level)))
        return min(found, key=lambda flip: flip[:2])[2] if found else None


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision matrix, and the option that was chosen."""

    page: str
    anchor: str
    caption: Text
    matrix: Matrix
    chosen: str


def parse(body: str, text: Reader = Text) -> tuple[Matrix | None, list[Problem]]:
    """Read the body of a matrix: a mapping with `criteria` and `options`."""
    record = yaml_records.record(body)
    if isinstance(record, Problem):
        return None, [record]
    record.check_fields(("criteria", "options"))
    listed = {name: record.need_records(name) for name in ("criteria", "options")}
    criteria = tuple(c for c in (_criterion(c, text) for c in listed["criteria"]) if c)
    # With a criterion that could not be read, its scores would be reported as unknown as well.
    whole = len(criteria) == len(listed["criteria"]) > 0
    named = [criterion.id for criterion in criteria]
    options = tuple(o for o in (_option(o, named, text) for o in listed["options"] if whole) if o)
    parts = [part for records in listed.values() for part in records]
    problems = [problem for part in (record, *parts) for problem in part.problems]
    problems += [*_twice(listed["criteria"], "criterion"), *_twice(listed["options"], "option")]
    if not problems and not sum(criterion.weight for criterion in criteria):
        message = "the weights add up to nought, so nothing is weighed"
        problems.append(Problem(Kind.BAD_MATRIX, message, record.line_of("criteria")))
    if not problems and len(options) < 2:
        message = "a decision has at least two options"
        problems.append(Problem(Kind.BAD_MATRIX, message, record.line_of("options")))
    return (None if problems else Matrix(criteria, options)), problems


def _twice(records: tuple[YamlRecord, ...], kind: str) -> list[Problem]:
    seen: set[str] = set()
    found = []
    for record in records:
        name = record.text("id") if "id" in record else ""
        if name and name in seen:
            message = f"the {kind} '{name}' stands twice"
            found.append(Problem(Kind.DUPLICATE_ID, message, record.line_of("id")))
        seen.add(name)
    return found


def _identity(record: YamlRecord) -> tuple[str, tuple[str, int]]:
    """Return the id, and the label with its line."""
    identifier = record.need("id")
    if identifier and not is_name(identifier):
        message = f"the id {shortened(identifier)} must be lower-case words joined by hyphens"
        record.report(Kind.BAD_ID, message, "id")
    label = record.text("label") or identifier.replace("-", " ").capitalize()
    return identifier, (label, record.line_of("label"))


def _criterion(record: YamlRecord, text: Reader) -> Criterion | None:
    record.check_fields(("id", "label", "weight", "why"))
    identifier, label = _identity(record)
    weight = record.need("weight")
    why = record.need("why", "; say what the weight rests on, or that it is our judgement")
    if weight and not _WEIGHT.fullmatch(weight):
        message = f"a weight is a number from 0 to 999, not {shortened(weight)}"
        record.report(Kind.BAD_MATRIX, message, "weight")
    if record.problems:
        return None
    said = text(why, record.line_of("why"))
    return Criterion(identifier, text(*label), Fraction(weight), said)


def _option(record: YamlRecord, known: list[str], text: Reader) -> Option | None:
    record.check_fields(("id", "label", "scores", "why"))
    identifier, label = _identity(record)
    scores, reasons = record.need_mapping("scores"), record.need_mapping("why")
    for field_name, given in (("score", scores), ("reason", reasons)):
        for name, scalar in given.items():
            if name not in known:
                message = f"unknown criterion '{name}'{suggestion(name, known)}"
                record.problems.append(Problem(Kind.BAD_MATRIX, message, scalar.line))
        for name in known if given else ():
            if name not in given:
                message = f"the {field_name} of '{identifier}' for '{name}' is missing"
                at = "scores" if field_name == "score" else "why"
                record.report(Kind.BAD_MATRIX, message, at)
    for scalar in scores.values():
        if not _SCORE.fullmatch(scalar.text):
            message = f"a score is a whole number from 1 to 5, not {shortened(scalar.text)}"
            record.problems.append(Problem(Kind.BAD_MATRIX, message, scalar.line))
    if record.problems:
        return None
    return Option(
        identifier,
        text(*label),
        {name: int(scalar.text) for name, scalar in scores.items()},
        {name: text(scalar.text, scalar.line) for name, scalar in reasons.items()},
    )


def decimal(number: Fraction, places: int = 2) -> str:
    """Format a number with at most so many decimals, rounded to the nearest."""
    return f"{float(round(number, places)):.{places}f}".rstrip("0").rstrip(".")


def stability(matrix: Matrix, chosen: str, named: Named) -> str:
    """Return what other weights would change, after a word on a leader that was not chosen."""
    labels = [f"“{option.label.words(named)}”" for option in matrix.leaders]
    names = ", ".join(labels[:-1]) + f" and {labels[-1]}" if len(labels) > 1 else labels[0]
    lead = ""
    if chosen not in {option.id for option in matrix.leaders}:
        lead = f"By these weights {names} would come first, which is not what was chosen. "
    return lead + _flips(matrix, names, named)


def _flips(matrix: Matrix, names: str, named: Named) -> str:
    if len(matrix.leaders) > 1:
        return f"{names} share the lead, so a small change of a weight can decide."
    flip = matrix.flip()
    if flip is None:
        return f"{names} stays first whatever one weight is changed to."
    rises = flip.level > flip.criterion.weight
    # Rounded to the side on which the rival has not yet lost its lead again.
    hundred = flip.level * 100
    bound = Fraction(math.ceil(hundred) if rises else math.floor(hundred), 100)
    beyond = "nought" if not bound else f"{'more' if rises else 'less'} than {decimal(bound)}"
    how = f"{'rose' if rises else 'fell'} from {decimal(flip.criterion.weight)} to {beyond}"
    return (
        f"“{flip.rival.label.words(named)}” would come before {names} if the weight of "
        f"“{flip.criterion.label.words(named)}” {how}; no smaller change of one weight does it."
    )
