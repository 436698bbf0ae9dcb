"""What one page asks of the whole book, remembered as it is asked.

A page shows values, names and titles of other pages.  It gets them from a `View`, and the view
keeps the digest of every answer that it gave.  When the book is built again, a page whose digests
are still those of the book's answers shows what a clean build would show.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from casebook.core.book import counts, fronts, originals
from casebook.core.book.book import NOWHERE, Book, Source, Target
from casebook.core.book.counts import Counts
from casebook.core.book.fronts import Front
from casebook.core.book.originals import Original
from casebook.core.book.records import Record, Study
from casebook.core.figures.chart import Shown
from casebook.core.findings.insight import Insight
from casebook.core.literate.chunks import quoted
from casebook.core.literate.printed import Exercise, Listing
from casebook.core.literate.program import Program
from casebook.core.metrics.metric import Metric, Resolved
from casebook.core.patterns.catalogue import Pattern
from casebook.core.patterns.uses import PatternUse
from casebook.core.problems import Problem, suggestion
from casebook.core.text.marked_text import Text

Question = tuple[str, str]
"""The kind of a question, and what it is about."""
T = TypeVar("T")
R = TypeVar("R", bound=Record)
NO_PROGRAM = Program()


@dataclass(frozen=True, slots=True)
class Place:
    """A place in the book, and the words for it."""

    page: str
    anchor: str
    words: str = ""


@dataclass(frozen=True, slots=True)
class Valued:
    """A metric, where its row stands, and its value if it could be computed."""

    row: Place
    metric: Metric
    resolved: Resolved | None


@dataclass(frozen=True, slots=True)
class Described:
    """A pattern, and its section if it has one."""

    pattern: Pattern
    section: Place | None


@dataclass(frozen=True, slots=True)
class IndexedChunk:
    """A chunk in the index of chunks: where it is printed, its caption, its file."""

    place: Place
    name: str
    caption: Text
    file: str
    part: int


@dataclass(frozen=True, slots=True)
class PrintedFile:
    """A file of a package, and the chunk that begins it."""

    begin: Place
    path: str
    lines: int
    purpose: str


def _metric(book: Book, name: str) -> Valued | None:
    row = book.rows.get(name)
    if row is None:
        return None
    return Valued(Place(row.page, row.anchor), row.metric, book.resolved.get(name))


def _metrics(book: Book, _: str) -> tuple[Valued, ...]:
    found = (_metric(book, name) for name in book.resolved)
    return tuple(valued for valued in found if valued)


def _pattern(book: Book, slug: str) -> Described | None:
    pattern, section = book.catalogue.find(slug), book.sections.get(slug)
    if pattern is None:
        return None
    return Described(pattern, Place(section.page, section.anchor) if section else None)


def _near_pattern(book: Book, slug: str) -> str:
    return book.catalogue.near(slug)


def _near_metric(book: Book, name: str) -> str:
    return suggestion(name, book.rows)


def _categories(book: Book, _: str) -> tuple[tuple[str, tuple[Pattern, ...]], ...]:
    return tuple((name, tuple(found)) for name, found in book.catalogue.categories().items())


def _uses(book: Book, slug: str) -> tuple[PatternUse, ...]:
    return tuple(book.uses.get(slug, ()))


def _used_by(book: Book, page: str) -> tuple[Pattern, ...]:
    return tuple(book.used_by(page))


def _users(book: Book, slug: str) -> tuple[str, ...]:
    return tuple(study.name for study in book.users.get(slug, ()))


def _studies(book: Book, _: str) -> tuple[Study, ...]:
    return tuple(book.studies.values())


def _study(book: Book, page: str) -> Study | None:
    return book.study(page)


def _front(book: Book, page: str) -> Front | None:
    return fronts.front(book, page)


def _minutes(book: Book, page: str) -> int | None:
    length = book.lengths.get(page)
    return length.minutes if length else None


def _maker(book: Book, output: str) -> Place | None:
    maker = book.makers.get(output)
    return Place(maker.page, maker.chunk.anchor, maker.chunk.title) if maker else None


def _measures(book: Book, output: str) -> bool:
    maker = book.makers.get(output)
    return bool(maker and maker.chunk.measured)


def _chunk(book: Book, place: str) -> Place | None:
    page, _, anchor = place.partition("#")
    study = book.study(page)
    pages = [page, *([study.page, *book.chapters[study.page]] if study else [])]
    found = (
        Place(one, chunk.anchor, chunk.title)
        for one in pages
        for chunk in book.programs.get(one, NO_PROGRAM).chunks
        if chunk.anchor == anchor
    )
    return next(found, None)


def _excerpt(book: Book, place: str) -> Original | Problem | None:
    page, _, anchor = place.partition("#")
    excerpt = book.excerpts.get((page, anchor))
    return originals.original(book, excerpt) if excerpt else None


def _package(book: Book, name: str) -> tuple[PrintedFile, ...]:
    return tuple(
        PrintedFile(
            Place(code.page, code.first.anchor, code.first.title),
            code.file.path,
            len(code.file.lines),
            code.file.purpose,
        )
        for code in book.packages.get(name, ())
    )


def _packages(book: Book, _: str) -> tuple[str, ...]:
    return tuple(book.packages)


def _is_printed(book: Book, package: str) -> bool:
    return any(found.chunk.file.partition("/")[0] == package for found in book.of(Listing))


def _listings(book: Book, _: str) -> tuple[IndexedChunk, ...]:
    return tuple(
        IndexedChunk(
            Place(found.page, found.chunk.anchor, found.chunk.title),
            found.chunk.name,
            found.caption,
            found.chunk.file,
            found.chunk.part,
        )
        for found in book.of(Listing)
    )


def _records_elsewhere(book: Book, page: str) -> tuple[Place, ...]:
    own = set(book.chapters.get(page, ()))
    words = View(Answers(book)).words
    found = [Place(x.page, x.chunk.anchor, x.chunk.title) for x in book.of(Listing)]
    found += [Place(r.page, r.anchor, words(r.metric.label)) for r in book.rows.values()]
    found += [Place(i.page, i.anchor, words(i.title)) for i in book.of(Insight)]
    found += [Place(s.page, s.anchor, words(s.caption)) for s in book.of(Shown)]
    return tuple(place for place in found if place.page in own)


def _records(book: Book, kind: str) -> tuple[Record, ...]:
    return tuple(book.named(kind))


def _insight(book: Book, anchor: str) -> Insight | None:
    return next((found for found in book.of(Insight) if found.anchor == anchor), None)


def _exercise(book: Book, name: str) -> Exercise | None:
    return book.exercises.get(name)


def _insight_number(book: Book, place: str) -> str:
    page, _, anchor = place.partition("#")
    study = book.study(page)
    chapter = _number(book, f"{study.page if study else page}#")
    return f"{chapter}{'.' if chapter else ''}{book.insight_numbers.get((page, anchor), '')}"


def _inventory(book: Book, _: str) -> tuple[dict[str, Counts], Counts]:
    return counts.count(book)


def _source(book: Book, key: str) -> tuple[Source, ...]:
    return book.sources.get(key, ())


def _sources(book: Book, _: str) -> tuple[Source, ...]:
    return tuple(found[0] for found in book.sources.values())


def _references(book: Book, page: str) -> tuple[Source, ...]:
    return tuple(source for source in book.frame.sources if source.page == page)


def _checked(book: Book, key: str) -> str:
    return book.frame.checked.get(key, "")


def _date(book: Book, _: str) -> str:
    return book.frame.date


def _title(book: Book, page: str) -> Text:
    return book.frame.titles.get(page, Text(page))


def _tree(book: Book, _: str) -> str:
    return book.frame.tree


def _outline(book: Book, _: str) -> str:
    return repr(sorted(book.frame.headings.items()))


def _headings(book: Book, page: str) -> str:
    return book.frame.headings.get(page, "")


def _objects(book: Book, _: str) -> str:
    return book.frame.objects


def _number(book: Book, place: str) -> str:
    page, _, anchor = place.partition("#")
    return book.frame.numbers.get(page, {}).get(anchor, "")


def _shown_numbers(book: Book, page: str) -> str:
    return book.frame.shown_numbers.get(page, "")


def _target(book: Book, name: str) -> Target:
    found = book.frame.targets.get(name, NOWHERE)
    caption = book.captions.get((found.page, found.anchor))
    return replace(found, title=caption) if caption else found


Answering = Callable[[Book, str], object]
_ANSWERING: Mapping[str, Answering] = {
    answering.__name__.removeprefix("_"): answering
    for answering in (
        _metric, _metrics, _pattern, _near_metric, _near_pattern, _categories, _uses, _used_by,
        _users, _studies, _study, _front, _minutes, _maker, _measures, _chunk, _excerpt, _package,
        _packages, _is_printed, _listings, _exercise, _insight, _insight_number, _records,
        _records_elsewhere, _inventory, _source, _sources, _references, _checked, _date, _title,
        _tree, _outline, _headings, _objects, _number, _shown_numbers, _target,
    )
}  # fmt: skip
"""What answers each kind of question."""


class Answers:
    """The answers of one book, each made once, with its digest."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self._answers: dict[Question, object] = {}
        self._digests: dict[Question, str] = {}

    def answer(self, kind: str, about: str) -> Any:
        """Return the answer to a question; raise ``KeyError`` for a kind that nothing answers."""
        question = kind, about
        if question not in self._answers:
            self._answers[question] = _ANSWERING[kind](self.book, about)
        return self._answers[question]

    def digest(self, kind: str, about: str) -> str:
        """Return a short text that changes when, and only when, what a page could show does."""
        question = kind, about
        if question not in self._digests:
            shown = repr(self.answer(kind, about)).encode()
            self._digests[question] = hashlib.sha256(shown).hexdigest()[:16]
        return self._digests[question]

    def agree(self, asked: Mapping[Question, str]) -> bool:
        """Tell whether the book still answers what it answered, by the digests of its answers."""
        return all(
            kind in _ANSWERING and self.digest(kind, about) == digest
            for (kind, about), digest in asked.items()
        )


class View:
    """The book as one page sees it."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._questions: dict[Question, None] = {}

    @property
    def asked(self) -> dict[Question, str]:
        """The digest of every answer that was given, by its question."""
        return {question: self._answers.digest(*question) for question in self._questions}

    def _ask(self, answering: Callable[[Book, str], T], about: str = "") -> T:
        kind = answering.__name__.removeprefix("_")
        self._questions[kind, about] = None
        answer: T = self._answers.answer(kind, about)
        return answer

    def words(self, text: Text) -> str:
        """Return a text as it is read now."""
        return text.words(self.named)

    def named(self, kind: str, name: str) -> str:
        """Return the words for a mark in a text; for what the book does not have, its name."""
        if kind == "metric":
            valued = self.metric(name)
            return str(valued.resolved.printed) if valued and valued.resolved else name
        if kind == "pattern":
            described = self.pattern(name)
            return described.pattern.words if described else name
        if kind == "insight":
            insight = self.insight(f"insight-{name}")
            return self.words(insight.title) if insight else name
        if kind == "exercise":
            exercise = self.exercise(name)
            return self.words(exercise.title) if exercise else name
        if kind == "chunk":
            return quoted(name)
        if kind == "target":
            anchor = name.rpartition("#")[2]
            known = (f"place {name}", f"label {anchor}", f"page {anchor}")
            titles = (self.words(self.target(place).title) for place in known)
            return next(filter(None, titles), anchor)
        # In the order of a list of references, as on the page.
        labels = ", ".join(sorted(map(self.label, name.split(",")), key=str.casefold))
        return labels if kind == "label" else f"[{labels}]"

    def metric(self, name: str) -> Valued | None:
        """Return the metric of an id; None if no row has it."""
        return self._ask(_metric, name)

    def metrics(self) -> tuple[Valued, ...]:
        """Return every metric that could be computed."""
        return self._ask(_metrics)

    def pattern(self, slug: str) -> Described | None:
        """Return the pattern of a slug; None if the catalogue has none."""
        return self._ask(_pattern, slug)

    def categories(self) -> tuple[tuple[str, tuple[Pattern, ...]], ...]:
        """Return the patterns of each category, both sorted."""
        return self._ask(_categories)

    def uses(self, slug: str) -> tuple[PatternUse, ...]:
        """Return where a pattern is used."""
        return self._ask(_uses, slug)

    def used_by(self, page: str) -> tuple[Pattern, ...]:
        """Return the patterns that a page uses, in the order of its first uses."""
        return self._ask(_used_by, page)

    def users(self, slug: str) -> tuple[str, ...]:
        """Return the names of the studies that use a pattern."""
        return self._ask(_users, slug)

    def studies(self) -> tuple[Study, ...]:
        """Return the studies in the order of the book."""
        return self._ask(_studies)

    def study(self, page: str) -> Study | None:
        """Return the study that a page belongs to; None if it belongs to none."""
        return self._ask(_study, page)

    def front(self, page: str) -> Front | None:
        """Return what a page says of itself; None if it belongs to no study."""
        return self._ask(_front, page)

    def minutes(self, page: str) -> int | None:
        """Return how many minutes a page takes to read; None if there is no such page."""
        return self._ask(_minutes, page)

    def maker(self, output: str) -> Place | None:
        """Return the chunk that makes an output; None if no chunk does."""
        return self._ask(_maker, output)

    def measures(self, output: str) -> bool:
        """Tell whether a chunk measures an output, and does not compute it."""
        return self._ask(_measures, output)

    def chunk(self, page: str, anchor: str) -> Place | None:
        """Return the chunk of an anchor: on the page itself, or else on the first page of its study
        that has one; None if none has."""
        return self._ask(_chunk, f"{page}#{anchor}")

    def excerpt(self, page: str, anchor: str) -> Original | Problem | None:
        """Return what an excerpt shows, or why it shows nothing; None if there is no excerpt."""
        return self._ask(_excerpt, f"{page}#{anchor}")

    def package(self, name: str) -> tuple[PrintedFile, ...]:
        """Return the files of a package."""
        return self._ask(_package, name)

    def packages(self) -> tuple[str, ...]:
        """Return the names of all packages."""
        return self._ask(_packages)

    def is_printed(self, package: str) -> bool:
        """Tell whether chunks name files of a package.

        Such a package still has no files if what is wrong with its chunks has been reported.
        """
        return self._ask(_is_printed, package)

    def listings(self) -> tuple[IndexedChunk, ...]:
        """Return every chunk that is printed, in the order of the book."""
        return self._ask(_listings)

    def of(self, kind: type[R]) -> tuple[R, ...]:
        """Return the records of one kind, in the order of the book."""
        found = self._ask(_records, kind.__name__)
        return tuple(record for record in found if isinstance(record, kind))

    def records_elsewhere(self, page: str) -> tuple[Place, ...]:
        """Return chunks, metrics, insights, charts and counterexamples on an essay's chapters."""
        return self._ask(_records_elsewhere, page)

    def insight(self, anchor: str) -> Insight | None:
        """Return the first insight of an anchor; None if there is none."""
        return self._ask(_insight, anchor)

    def exercise(self, name: str) -> Exercise | None:
        """Return the exercise of a name; None if there is none."""
        return self._ask(_exercise, name)

    def insight_number(self, page: str, anchor: str) -> str:
        """Return the number of an insight: that of its study, and which of its insights it is."""
        return self._ask(_insight_number, f"{page}#{anchor}")

    def inventory(self) -> tuple[dict[str, Counts], Counts]:
        """Return the counts of each study, and those of all."""
        return self._ask(_inventory)

    def label(self, key: str) -> str:
        """Return a source's author and year; its key if no list of references holds it."""
        found = self.source(key)
        return found[0].label if found else key

    def source(self, key: str) -> tuple[Source, ...]:
        """Return a source as each list of references that holds it shows it."""
        return self._ask(_source, key)

    def sources(self) -> tuple[Source, ...]:
        """Return every cited source once."""
        return self._ask(_sources)

    def references(self, page: str) -> tuple[Source, ...]:
        """Return the list of references of a page."""
        return self._ask(_references, page)

    def checked(self, key: str) -> str:
        """Return when a source was last read, as its entry says; empty if it does not."""
        return self._ask(_checked, key)

    def date(self) -> str:
        """Return the date of the edition."""
        return self._ask(_date)

    def title(self, page: str) -> Text:
        """Return the title of a page; its name if it has none."""
        return self._ask(_title, page)

    def tree(self) -> str:
        """Return the navigation of the site, as one text."""
        return self._ask(_tree)

    def outline(self) -> str:
        """Return all headings of all pages, as one text."""
        return self._ask(_outline)

    def headings(self, page: str) -> str:
        """Return all headings of a page, as one text."""
        return self._ask(_headings, page)

    def objects(self) -> str:
        """Return what other domains hold, as one text."""
        return self._ask(_objects)

    def number(self, page: str, anchor: str = "") -> str:
        """Return the number of a section, or of a page's chapter; nothing if it has none."""
        return self._ask(_number, f"{page}#{anchor}")

    def shown_numbers(self, page: str) -> str:
        """Return the numbers that a page prints by itself, as one text."""
        return self._ask(_shown_numbers, page)

    def near(self, kind: str, name: str) -> str:
        """Return a hint for a metric or a pattern that is not there, or nothing."""
        return self._ask(_near_metric if kind == "metric" else _near_pattern, name)

    def target(self, name: str) -> Target:
        """Return where a link leads, to one of `Frame.targets`."""
        return self._ask(_target, name)
