"""The book as data: what its pages contributed, and the answers that pages want of one another.

Pages contribute frozen records.  A `Book` is computed of all of them once every page has been
read; nothing in it is stored, so nothing can go stale.  A page asks it through a `view.View`, which
remembers what it answered.
"""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from casebook.core.book import originals
from casebook.core.book.records import Captioned, Contents, Record, Study, study_of
from casebook.core.findings.insight import Insight
from casebook.core.literate.chunks import Chunk
from casebook.core.literate.excerpts import Excerpt
from casebook.core.literate.exercise_checks import Check
from casebook.core.literate.printed import Code, Exercise
from casebook.core.literate.program import Program
from casebook.core.literate.tangle import Tangled
from casebook.core.metrics import metric
from casebook.core.metrics.metric import MetricRow, Resolved
from casebook.core.patterns.catalogue import EMPTY, Catalogue, Pattern
from casebook.core.patterns.uses import PatternSection, PatternUse
from casebook.core.problems import Problem
from casebook.core.text.marked_text import NO_TEXT, Text
from casebook.core.text.reading_time import Length, PageLength, PathLength

T = TypeVar("T", bound=Record)


@dataclass(frozen=True, slots=True)
class Source:
    """A source as a list of references shows it."""

    key: str
    label: str
    """Author and year, as it is cited."""
    text: str
    """The whole entry in plain words."""
    marked: str
    """The whole entry with its marks for emphasis and addresses."""
    url: str
    checked: str
    page: str
    anchor: str


@dataclass(frozen=True, slots=True)
class Target:
    """Where a link leads, and the words that it prints if it has none of its own."""

    page: str
    anchor: str
    title: Text
    number: str = ""


NOWHERE = Target("", "", NO_TEXT)


@dataclass(frozen=True, slots=True)
class Frame:
    """What pages show of one another that is no record: titles, numbers, sources, the date."""

    titles: Mapping[str, Text] = field(default_factory=dict)
    """The title of each page."""
    tree: str = ""
    """The navigation that every page of a site shows, as one text."""
    headings: Mapping[str, str] = field(default_factory=dict)
    """All headings of each page, as one text."""
    objects: str = ""
    """What the domains hold that are no business of the press, as one text."""
    numbers: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """By page and anchor the number of a section, "1.2"; that of the page has the anchor ""."""
    shown_numbers: Mapping[str, str] = field(default_factory=dict)
    """All numbers that a page prints by itself, as one text."""
    targets: Mapping[str, Target] = field(default_factory=dict)
    """What links lead to: "page …", "label …", "term …", "object …", and "place page#anchor"."""
    sources: tuple[Source, ...] = ()
    """Every entry of every list of references."""
    checked: Mapping[str, str] = field(default_factory=dict)
    """When the source of each key was last read, as its entry says."""
    date: str = ""
    """The date of the edition, as YYYY-MM-DD."""


@dataclass(frozen=True, slots=True)
class CodeFile:
    """A file of a package, and the page that prints it."""

    page: str
    file: Tangled
    first: Chunk
    """The chunk that begins it."""


@dataclass(frozen=True, slots=True)
class Maker:
    """The chunk whose function makes a stored output, and its page."""

    page: str
    chunk: Chunk


@dataclass(frozen=True)
class Book:
    """All records of all pages, in the order of pages and lines."""

    records: tuple[Record, ...] = ()
    catalogue: Catalogue = EMPTY
    order: Mapping[str, int] = field(default_factory=dict)
    frame: Frame = Frame()

    @functools.cached_property
    def rows(self) -> dict[str, MetricRow]:
        """The row of each metric, by its id; of a doubled id the first one."""
        found: dict[str, MetricRow] = {}
        for row in self.of(MetricRow):
            found.setdefault(row.metric.id, row)
        return found

    @functools.cached_property
    def doubled(self) -> list[tuple[MetricRow, MetricRow]]:
        """The rows whose id another row has already, each with that other row."""
        rows = self.of(MetricRow)
        return [
            (row, self.rows[row.metric.id]) for row in rows if self.rows[row.metric.id] is not row
        ]

    @functools.cached_property
    def _resolution(self) -> tuple[dict[str, Resolved], dict[str, Problem]]:
        return metric.resolve({name: row.metric for name, row in self.rows.items()})

    @property
    def resolved(self) -> dict[str, Resolved]:
        """Every metric that could be computed, by its id."""
        return self._resolution[0]

    @property
    def misfits(self) -> dict[str, Problem]:
        """The problem of every other metric, by its id."""
        return self._resolution[1]

    @functools.cached_property
    def sections(self) -> dict[str, PatternSection]:
        """The section of each pattern, by its slug; of several the first one."""
        found: dict[str, PatternSection] = {}
        for section in self.of(PatternSection):
            found.setdefault(section.slug, section)
        return found

    @functools.cached_property
    def studies(self) -> dict[str, Study]:
        """The studies by the pages of their essays, in the order of the book."""
        return {study.page: study for study in self.of(Study)}

    def study(self, page: str) -> Study | None:
        """Return the study that a page belongs to; None if it belongs to none."""
        return study_of(page, self.studies)

    @functools.cached_property
    def chapters(self) -> dict[str, list[str]]:
        """The pages of each study but for its essay, by the essay, in the order of the book."""
        found: dict[str, list[str]] = {essay: [] for essay in self.studies}
        for page in sorted(self.order, key=self.order.__getitem__):
            study = self.study(page)
            if study and study.page != page:
                found[study.page].append(page)
        return found

    @functools.cached_property
    def insight_numbers(self) -> dict[tuple[str, str], int]:
        """The number of each insight within its study or its page, by page and anchor."""
        seen: Counter[str] = Counter()
        found: dict[tuple[str, str], int] = {}
        for insight in self.of(Insight):
            study = self.study(insight.page)
            home = study.page if study else insight.page
            seen[home] += 1
            found[insight.page, insight.anchor] = seen[home]
        return found

    @functools.cached_property
    def uses(self) -> dict[str, list[PatternUse]]:
        """The uses of each pattern, one use a sentence; pages of patterns do not count."""
        own = {section.page for section in self.of(PatternSection)}
        found: dict[str, list[PatternUse]] = {}
        seen: set[tuple[str, str, Text]] = set()
        for use in self.of(PatternUse):
            key = (use.slug, use.page, use.sentence)
            if use.page not in own and key not in seen:
                seen.add(key)
                found.setdefault(use.slug, []).append(use)
        return found

    @functools.cached_property
    def users(self) -> dict[str, list[Study]]:
        """The studies that use each pattern, in the order of the book."""
        used = {slug: [self.study(use.page) for use in uses] for slug, uses in self.uses.items()}
        return {slug: [s for s in self.studies.values() if s in used[slug]] for slug in used}

    @functools.cached_property
    def sources(self) -> dict[str, tuple[Source, ...]]:
        """The entries of each key, in the order of the lists."""
        found: dict[str, tuple[Source, ...]] = {}
        for source in self.frame.sources:
            found[source.key] = (*found.get(source.key, ()), source)
        return found

    @functools.cached_property
    def pattern_links(self) -> Mapping[str, int]:
        """The number of links to patterns on each page."""
        return Counter(use.page for use in self.of(PatternUse))

    @functools.cached_property
    def _slugs(self) -> dict[str, list[str]]:
        found: dict[str, dict[str, None]] = {}
        for use in self.of(PatternUse):
            found.setdefault(use.page, {})[use.slug] = None
        return {page: list(slugs) for page, slugs in found.items()}

    def used_by(self, page: str) -> list[Pattern]:
        """Return the patterns that a page uses, in the order of first uses; an essay's chapters
        count as part of it."""
        patterns = self.catalogue.patterns
        pages = [page, *self.chapters.get(page, ())]
        slugs = dict.fromkeys(slug for one in pages for slug in self._slugs.get(one, ()))
        return [patterns[slug] for slug in slugs if slug in patterns]

    @functools.cached_property
    def programs(self) -> dict[str, Program]:
        """The program of each page that holds code."""
        return {code.page: code.program for code in self.of(Code)}

    @functools.cached_property
    def all_files(self) -> list[CodeFile]:
        """Every file of every page."""
        return [
            CodeFile(code.page, file, next(c for c in code.program.chunks if c.file == file.path))
            for code in self.of(Code)
            for file in code.program.files
        ]

    @functools.cached_property
    def files(self) -> dict[str, CodeFile]:
        """The files by path; of one that two pages print, the first."""
        return {found.file.path: found for found in reversed(self.all_files)}

    @functools.cached_property
    def clashes(self) -> list[tuple[CodeFile, CodeFile]]:
        """The files that another one keeps from lying where they should, with that other one.

        It has the same path, or lies in a folder of the module's name.
        """
        taken = dict(self.files)
        for path, code in self.files.items():  # the last first
            parts = path.split("/")
            taken.update({"/".join(parts[:i]) + ".py": code for i in range(1, len(parts))})
        pairs = [(code, taken[code.file.path]) for code in self.all_files]
        return [(code, other) for code, other in pairs if code is not other]

    @functools.cached_property
    def packages(self) -> dict[str, list[CodeFile]]:
        """The files of each package, in the order in which they begin."""
        found: dict[str, list[CodeFile]] = {}
        for code in self.all_files:
            if self.files[code.file.path] is code:
                found.setdefault(code.file.package, []).append(code)
        return found

    @functools.cached_property
    def all_makers(self) -> list[tuple[str, Maker]]:
        """Every output that a chunk says it makes, with that chunk."""
        return [
            (chunk.output, Maker(code.page, chunk))
            for code in self.of(Code)
            for chunk in code.program.chunks
            if chunk.output
        ]

    @functools.cached_property
    def makers(self) -> dict[str, Maker]:
        """The chunk that makes each output; of several the first one."""
        return dict(reversed(self.all_makers))

    @functools.cached_property
    def exercises(self) -> dict[str, Exercise]:
        """The exercises by name; of a name that two pages have, the first."""
        return {found.name: found for found in reversed(self.of(Exercise))}

    @functools.cached_property
    def checks(self) -> list[tuple[str, Check]]:
        """How each exercise is checked, with its page; one that lacks a part has no check."""
        return [(code.page, check) for code in self.of(Code) for check in code.program.checks]

    @functools.cached_property
    def contents(self) -> dict[str, Contents]:
        """The contents of each page."""
        return {found.page: found for found in self.of(Contents)}

    @functools.cached_property
    def lengths(self) -> dict[str, Length]:
        """How much there is to read on each page, with what its excerpts show."""
        found = {one.page: one.length for one in self.of(PageLength)}
        for excerpt in self.of(Excerpt):
            whole = found.get(excerpt.page, Length())
            found[excerpt.page] = whole + originals.length(self, excerpt)
        return found

    @functools.cached_property
    def excerpts(self) -> dict[tuple[str, str], Excerpt]:
        """The excerpts by page and anchor."""
        return {(one.page, one.anchor): one for one in self.of(Excerpt)}

    @functools.cached_property
    def path_lengths(self) -> dict[str, Length]:
        """How much there is to read on the path through each page that has one."""
        return {found.page: found.length for found in self.of(PathLength)}

    @functools.cached_property
    def captions(self) -> dict[tuple[str, str], Text]:
        """The captions in which roles stand, by page and anchor."""
        found = self.of(Captioned)
        return {(one.page, anchor): one.caption for one in found for anchor in one.anchors}

    def of(self, kind: type[T]) -> list[T]:
        """Return the records of one kind in the order of the book."""
        return [record for record in self.named(kind.__name__) if isinstance(record, kind)]

    def named(self, kind: str) -> list[Record]:
        """Return the records of the kind of a name, in the order of the book."""
        return self._by_kind.get(kind, [])

    @functools.cached_property
    def _by_kind(self) -> dict[str, list[Record]]:
        found: dict[str, list[Record]] = {}
        for record in self.records:
            found.setdefault(type(record).__name__, []).append(record)
        last = len(self.order)  # a page without a place comes behind the others
        for records in found.values():
            records.sort(key=lambda record: (self.order.get(record.page, last), record.page))
        return found
