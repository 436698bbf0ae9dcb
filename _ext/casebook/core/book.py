"""The book as data: what its pages contributed, and the answers that pages want of one another.

Pages contribute frozen records.  A `Book` is the view of all of them that is computed once every
page has been read; nothing in it is stored, so nothing can go stale.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from . import metrics
from .catalogue import EMPTY, Catalogue, Pattern
from .metrics import Metric, Misfit, Resolved

# Private-use characters, which no text of the book holds.
_MARK = re.compile("\ue000([a-z]+):([^\ue001]*)\ue001")


def mark(kind: str, name: str) -> str:
    """Stands in a sentence for words that are known once the book is read.

    That is the value of a ``metric``, or the name of a ``pattern``.
    """
    return f"\ue000{kind}:{name}\ue001"


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
class PatternSection:
    """The section that describes a pattern."""

    page: str
    slug: str
    anchor: str
    line: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class PatternUse:
    """A place that links to a pattern: its section and the sentence around the link."""

    page: str
    slug: str
    anchor: str
    heading: str
    sentence: str
    line: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class Study:
    """A page that is a study; `name` is the short one of its front matter."""

    page: str
    name: str
    title: str


Record = MetricRow | PatternSection | PatternUse | Study
T = TypeVar("T", MetricRow, PatternSection, PatternUse, Study)


@dataclass(frozen=True)
class Book:
    """All records of all pages, in the order of pages and lines."""

    records: tuple[Record, ...] = ()
    catalogue: Catalogue = EMPTY
    order: Mapping[str, int] = field(default_factory=dict)

    @functools.cached_property
    def rows(self) -> dict[str, MetricRow]:
        """The row of each metric; of a doubled id the first one."""
        found: dict[str, MetricRow] = {}
        for row in self._of(MetricRow):
            found.setdefault(row.metric.id, row)
        return found

    @functools.cached_property
    def doubled(self) -> list[tuple[MetricRow, MetricRow]]:
        """Rows whose id another row has already, with that other row."""
        rows = self._of(MetricRow)
        return [
            (row, self.rows[row.metric.id]) for row in rows if self.rows[row.metric.id] is not row
        ]

    @functools.cached_property
    def _resolution(self) -> tuple[dict[str, Resolved], list[Misfit]]:
        return metrics.resolve({name: row.metric for name, row in self.rows.items()})

    @property
    def figures(self) -> dict[str, Resolved]:
        """Every metric that could be computed."""
        return self._resolution[0]

    @property
    def misfits(self) -> list[Misfit]:
        """Every formula that could not."""
        return self._resolution[1]

    @functools.cached_property
    def sections(self) -> dict[str, PatternSection]:
        """The section of each pattern; of several the first one."""
        found: dict[str, PatternSection] = {}
        for section in self._of(PatternSection):
            found.setdefault(section.slug, section)
        return found

    @functools.cached_property
    def all_sections(self) -> list[PatternSection]:
        """Every section that says that it describes a pattern."""
        return self._of(PatternSection)

    @functools.cached_property
    def studies(self) -> list[Study]:
        """The studies in the order of the book."""
        return self._of(Study)

    @functools.cached_property
    def uses(self) -> dict[str, list[PatternUse]]:
        """Where each pattern is used, one use a sentence; pages of patterns do not count."""
        own = {section.page for section in self.all_sections}
        found: dict[str, list[PatternUse]] = {}
        seen: set[tuple[str, str, str]] = set()
        for raw in self._of(PatternUse):
            use = replace(raw, sentence=_MARK.sub(self._words, raw.sentence))
            key = (use.slug, use.page, use.sentence)
            if use.page not in own and key not in seen:
                seen.add(key)
                found.setdefault(use.slug, []).append(use)
        return found

    def _words(self, found: re.Match[str]) -> str:
        kind, name = found.groups()
        figure, pattern = self.figures.get(name), self.catalogue.find(name)
        if kind == "metric":
            return str(figure.printed) if figure else name
        return pattern.words if pattern else name

    @functools.cached_property
    def _slugs(self) -> dict[str, list[str]]:
        found: dict[str, dict[str, None]] = {}
        for use in self._of(PatternUse):
            found.setdefault(use.page, {})[use.slug] = None
        return {page: list(slugs) for page, slugs in found.items()}

    def used_by(self, page: str) -> list[Pattern]:
        """The patterns that a page uses, in the order of its first uses."""
        patterns = self.catalogue.patterns
        return [patterns[slug] for slug in self._slugs.get(page, ()) if slug in patterns]

    def answer(self, question: tuple[str, str]) -> str:
        """What the book says now to a question that a page asked; equal answers, equal text."""
        kind, name = question
        if kind in self._whole:
            return self._whole[kind]
        if kind == "uses":
            return repr((self.uses.get(name), self.studies))
        if kind == "metric":
            row = self.rows.get(name)
            return repr((row and row.page, self.figures.get(name)))
        if kind == "pattern":
            pages = sorted({use.page for use in self.uses.get(name, ())})
            return repr((self.catalogue.find(name), self.sections.get(name), pages))
        raise KeyError(kind)

    @functools.cached_property
    def _whole(self) -> dict[str, str]:
        """The answers that take the whole book; many pages ask the same one."""
        patterns = (self.catalogue.patterns, self.sections)
        pages = {name: row.page for name, row in self.rows.items()}
        return {
            "figures": repr((pages, self.figures)),
            "patterns": repr(patterns),
            "all-uses": repr((*patterns, self.uses, self.studies)),
        }

    def digest(self, questions: Iterable[tuple[str, str]]) -> str:
        """A short text that changes when, and only when, an answer does."""
        answers = [(q, self.answer(q)) for q in sorted(set(questions))]
        return hashlib.sha256(repr(answers).encode()).hexdigest()

    def _of(self, kind: type[T]) -> list[T]:
        found = [record for record in self.records if isinstance(record, kind)]
        last = len(self.order)  # a page without a place comes behind the others
        return sorted(found, key=lambda record: (self.order.get(record.page, last), record.page))
