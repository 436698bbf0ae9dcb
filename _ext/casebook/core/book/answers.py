"""Answers to what pages ask of the whole book: a function for each kind of question.

`View` has a method of the same name for each, which says what it returns.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from casebook.core.book import counts, fronts, originals
from casebook.core.book.book import NOWHERE, Book, Source, Target
from casebook.core.book.counts import Counts
from casebook.core.book.fronts import Front
from casebook.core.book.originals import Original
from casebook.core.book.records import Record, Study
from casebook.core.figures.exhibit import Shown
from casebook.core.findings.insight import Insight
from casebook.core.literate.printed import Exercise, Listing
from casebook.core.literate.program import Program
from casebook.core.metrics.metric import Metric, Resolved
from casebook.core.patterns.catalogue import Pattern
from casebook.core.patterns.uses import PatternUse
from casebook.core.problems import Problem, suggestion
from casebook.core.text.marked_text import Text

Question = tuple[str, str]
"""The kind of a question, and what it is about."""
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


def metric(book: Book, name: str) -> Valued | None:
    row = book.rows.get(name)
    if row is None:
        return None
    return Valued(Place(row.page, row.anchor), row.metric, book.resolved.get(name))


def metrics(book: Book, _: str) -> tuple[Valued, ...]:
    found = (metric(book, name) for name in book.resolved)
    return tuple(valued for valued in found if valued)


def pattern(book: Book, slug: str) -> Described | None:
    pattern, section = book.catalogue.find(slug), book.sections.get(slug)
    if pattern is None:
        return None
    return Described(pattern, Place(section.page, section.anchor) if section else None)


def near_pattern(book: Book, slug: str) -> str:
    return book.catalogue.near(slug)


def near_metric(book: Book, name: str) -> str:
    return suggestion(name, book.rows)


def categories(book: Book, _: str) -> tuple[tuple[str, tuple[Pattern, ...]], ...]:
    return tuple((name, tuple(found)) for name, found in book.catalogue.categories().items())


def uses(book: Book, slug: str) -> tuple[PatternUse, ...]:
    return tuple(book.uses.get(slug, ()))


def used_by(book: Book, page: str) -> tuple[Pattern, ...]:
    return tuple(book.used_by(page))


def users(book: Book, slug: str) -> tuple[str, ...]:
    return tuple(study.name for study in book.users.get(slug, ()))


def studies(book: Book, _: str) -> tuple[Study, ...]:
    return tuple(book.studies.values())


def study(book: Book, page: str) -> Study | None:
    return book.study(page)


def front(book: Book, page: str) -> Front | None:
    return fronts.front(book, page)


def minutes(book: Book, page: str) -> int | None:
    length = book.lengths.get(page)
    return length.minutes if length else None


def maker(book: Book, output: str) -> Place | None:
    maker = book.makers.get(output)
    return Place(maker.page, maker.chunk.anchor, maker.chunk.title) if maker else None


def measures(book: Book, output: str) -> bool:
    maker = book.makers.get(output)
    return bool(maker and maker.chunk.measured)


def chunk(book: Book, place: str) -> Place | None:
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


def excerpt(book: Book, place: str) -> Original | Problem | None:
    page, _, anchor = place.partition("#")
    excerpt = book.excerpts.get((page, anchor))
    return originals.original(book, excerpt) if excerpt else None


def package(book: Book, name: str) -> tuple[PrintedFile, ...]:
    return tuple(
        PrintedFile(
            Place(code.page, code.first.anchor, code.first.title),
            code.file.path,
            len(code.file.lines),
            code.file.purpose,
        )
        for code in book.packages.get(name, ())
    )


def packages(book: Book, _: str) -> tuple[str, ...]:
    return tuple(book.packages)


def is_printed(book: Book, package: str) -> bool:
    return any(found.chunk.file.partition("/")[0] == package for found in book.of(Listing))


def listings(book: Book, _: str) -> tuple[IndexedChunk, ...]:
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


def records_elsewhere(book: Book, page: str) -> tuple[tuple[Place, Text], ...]:
    own = set(book.chapters.get(page, ()))
    found = [(x.page, x.chunk.anchor, Text(x.chunk.title)) for x in book.of(Listing)]
    found += [(r.page, r.anchor, r.metric.label) for r in book.rows.values()]
    found += [(i.page, i.anchor, i.title) for i in book.of(Insight)]
    found += [(s.page, s.anchor, s.caption) for s in book.of(Shown)]
    return tuple((Place(page, anchor), words) for page, anchor, words in found if page in own)


def records(book: Book, kind: str) -> tuple[Record, ...]:
    return tuple(book.named(kind))


def insight(book: Book, anchor: str) -> Insight | None:
    return next((found for found in book.of(Insight) if found.anchor == anchor), None)


def exercise(book: Book, name: str) -> Exercise | None:
    return book.exercises.get(name)


def insight_number(book: Book, place: str) -> str:
    page, _, anchor = place.partition("#")
    study = book.study(page)
    chapter = number(book, f"{study.page if study else page}#")
    return f"{chapter}{'.' if chapter else ''}{book.insight_numbers.get((page, anchor), '')}"


def inventory(book: Book, _: str) -> tuple[dict[str, Counts], Counts]:
    return counts.count(book)


def source(book: Book, key: str) -> tuple[Source, ...]:
    return book.sources.get(key, ())


def sources(book: Book, _: str) -> tuple[Source, ...]:
    return tuple(found[0] for found in book.sources.values())


def references(book: Book, page: str) -> tuple[Source, ...]:
    return tuple(source for source in book.frame.sources if source.page == page)


def checked(book: Book, key: str) -> str:
    return book.frame.checked.get(key, "")


def date(book: Book, _: str) -> str:
    return book.frame.date


def title(book: Book, page: str) -> Text:
    return book.frame.titles.get(page, Text(page))


def tree(book: Book, _: str) -> str:
    return book.frame.tree


def outline(book: Book, _: str) -> str:
    return repr(sorted(book.frame.headings.items()))


def headings(book: Book, page: str) -> str:
    return book.frame.headings.get(page, "")


def objects(book: Book, _: str) -> str:
    return book.frame.objects


def number(book: Book, place: str) -> str:
    page, _, anchor = place.partition("#")
    return book.frame.numbers.get(page, {}).get(anchor, "")


def shown_numbers(book: Book, page: str) -> str:
    return book.frame.shown_numbers.get(page, "")


def target(book: Book, name: str) -> Target:
    found = book.frame.targets.get(name, NOWHERE)
    caption = book.captions.get((found.page, found.anchor))
    return replace(found, title=caption) if caption else found


Answering = Callable[[Book, str], object]
ANSWERING: Mapping[str, Answering] = {
    answering.__name__: answering
    for answering in (
        metric, metrics, pattern, near_metric, near_pattern, categories, uses, used_by,
        users, studies, study, front, minutes, maker, measures, chunk, excerpt, package,
        packages, is_printed, listings, exercise, insight, insight_number, records,
        records_elsewhere, inventory, source, sources, references, checked, date, title,
        tree, outline, headings, objects, number, shown_numbers, target,
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
            self._answers[question] = ANSWERING[kind](self.book, about)
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
            kind in ANSWERING and self.digest(kind, about) == digest
            for (kind, about), digest in asked.items()
        )
