"""What one page asks of the whole book, remembered as it is asked.

A page shows values, names and titles of other pages.  It gets them from a `View`, and the view
keeps the digest of every answer that it gave.  When the book is built again, a page whose digests
are still those of the book's answers shows what a clean build would show.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from casebook.core.book import answers
from casebook.core.book.answers import (
    Answers,
    Described,
    IndexedChunk,
    Place,
    PrintedFile,
    Question,
    Valued,
)
from casebook.core.book.book import Book, Source, Target
from casebook.core.book.counts import Counts
from casebook.core.book.fronts import Front
from casebook.core.book.originals import Original
from casebook.core.book.records import Record, Study
from casebook.core.findings.insight import Insight
from casebook.core.literate.chunks import quoted
from casebook.core.literate.printed import Exercise
from casebook.core.patterns.catalogue import Pattern
from casebook.core.patterns.uses import PatternUse
from casebook.core.problems import Problem
from casebook.core.text.marked_text import Text

T = TypeVar("T")
R = TypeVar("R", bound=Record)


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
        kind = answering.__name__
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
        if kind in ("insight", "exercise"):
            titled = self.titled(kind, name)
            return self.words(titled.title) if titled else name
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
        return self._ask(answers.metric, name)

    def metrics(self) -> tuple[Valued, ...]:
        """Return every metric that could be computed."""
        return self._ask(answers.metrics)

    def pattern(self, slug: str) -> Described | None:
        """Return the pattern of a slug; None if the catalogue has none."""
        return self._ask(answers.pattern, slug)

    def categories(self) -> tuple[tuple[str, tuple[Pattern, ...]], ...]:
        """Return the patterns of each category, both sorted."""
        return self._ask(answers.categories)

    def uses(self, slug: str) -> tuple[PatternUse, ...]:
        """Return where a pattern is used."""
        return self._ask(answers.uses, slug)

    def used_by(self, page: str) -> tuple[Pattern, ...]:
        """Return the patterns that a page uses, in the order of its first uses."""
        return self._ask(answers.used_by, page)

    def users(self, slug: str) -> tuple[str, ...]:
        """Return the names of the studies that use a pattern."""
        return self._ask(answers.users, slug)

    def studies(self) -> tuple[Study, ...]:
        """Return the studies in the order of the book."""
        return self._ask(answers.studies)

    def study(self, page: str) -> Study | None:
        """Return the study that a page belongs to; None if it belongs to none."""
        return self._ask(answers.study, page)

    def front(self, page: str) -> Front | None:
        """Return what a page says of itself; None if it belongs to no study."""
        return self._ask(answers.front, page)

    def minutes(self, page: str) -> int | None:
        """Return how many minutes a page takes to read; None if there is no such page."""
        return self._ask(answers.minutes, page)

    def maker(self, output: str) -> Place | None:
        """Return the chunk that makes an output; None if no chunk does."""
        return self._ask(answers.maker, output)

    def measures(self, output: str) -> bool:
        """Tell whether a chunk measures an output, and does not compute it."""
        return self._ask(answers.measures, output)

    def chunk(self, page: str, anchor: str) -> Place | None:
        """Return the chunk of an anchor: on the page itself, or else on the first page of its study
        that has one; None if none has."""
        return self._ask(answers.chunk, f"{page}#{anchor}")

    def excerpt(self, page: str, anchor: str) -> Original | Problem | None:
        """Return what an excerpt shows, or why it shows nothing; None if there is no excerpt."""
        return self._ask(answers.excerpt, f"{page}#{anchor}")

    def package(self, name: str) -> tuple[PrintedFile, ...]:
        """Return the files of a package."""
        return self._ask(answers.package, name)

    def packages(self) -> tuple[str, ...]:
        """Return the names of all packages."""
        return self._ask(answers.packages)

    def is_printed(self, package: str) -> bool:
        """Tell whether chunks name files of a package.

        Such a package still has no files if what is wrong with its chunks has been reported.
        """
        return self._ask(answers.is_printed, package)

    def listings(self) -> tuple[IndexedChunk, ...]:
        """Return every chunk that is printed, in the order of the book."""
        return self._ask(answers.listings)

    def of(self, kind: type[R]) -> tuple[R, ...]:
        """Return the records of one kind, in the order of the book."""
        found = self._ask(answers.records, kind.__name__)
        return tuple(record for record in found if isinstance(record, kind))

    def records_elsewhere(self, page: str) -> tuple[tuple[Place, Text], ...]:
        """Return chunks, metrics, insights, charts and counterexamples on an essay's chapters, each
        with the words for it."""
        return self._ask(answers.records_elsewhere, page)

    def insight(self, anchor: str) -> Insight | None:
        """Return the first insight of an anchor; None if there is none."""
        return self._ask(answers.insight, anchor)

    def exercise(self, name: str) -> Exercise | None:
        """Return the exercise of a name; None if there is none."""
        return self._ask(answers.exercise, name)

    def titled(self, kind: str, name: str) -> Insight | Exercise | None:
        """Return the insight or the exercise of a name, as its kind says; None if there is none."""
        if kind == "insight":
            return self.insight(f"insight-{name}")
        return self.exercise(name) if kind == "exercise" else None

    def insight_number(self, page: str, anchor: str) -> str:
        """Return the number of an insight: that of its study, and which of its insights it is."""
        return self._ask(answers.insight_number, f"{page}#{anchor}")

    def inventory(self) -> tuple[dict[str, Counts], Counts]:
        """Return the counts of each study, and those of all."""
        return self._ask(answers.inventory)

    def label(self, key: str) -> str:
        """Return a source's author and year; its key if no list of references holds it."""
        found = self.source(key)
        return found[0].label if found else key

    def source(self, key: str) -> tuple[Source, ...]:
        """Return a source as each list of references that holds it shows it."""
        return self._ask(answers.source, key)

    def sources(self) -> tuple[Source, ...]:
        """Return every cited source once."""
        return self._ask(answers.sources)

    def references(self, page: str) -> tuple[Source, ...]:
        """Return the list of references of a page."""
        return self._ask(answers.references, page)

    def checked(self, key: str) -> str:
        """Return when a source was last read, as its entry says; empty if it does not."""
        return self._ask(answers.checked, key)

    def date(self) -> str:
        """Return the date of the edition."""
        return self._ask(answers.date)

    def title(self, page: str) -> Text:
        """Return the title of a page; its name if it has none."""
        return self._ask(answers.title, page)

    def tree(self) -> str:
        """Return the navigation of the site, as one text."""
        return self._ask(answers.tree)

    def outline(self) -> str:
        """Return all headings of all pages, as one text."""
        return self._ask(answers.outline)

    def headings(self, page: str) -> str:
        """Return all headings of a page, as one text."""
        return self._ask(answers.headings, page)

    def objects(self) -> str:
        """Return what other domains hold, as one text."""
        return self._ask(answers.objects)

    def number(self, page: str, anchor: str = "") -> str:
        """Return the number of a section, or of a page's chapter; nothing if it has none."""
        return self._ask(answers.number, f"{page}#{anchor}")

    def shown_numbers(self, page: str) -> str:
        """Return the numbers that a page prints by itself, as one text."""
        return self._ask(answers.shown_numbers, page)

    def near(self, kind: str, name: str) -> str:
        """Return a hint for a metric or a pattern that is not there, or nothing."""
        return self._ask(answers.near_metric if kind == "metric" else answers.near_pattern, name)

    def target(self, name: str) -> Target:
        """Return where a link leads, to one of `Frame.targets`."""
        return self._ask(answers.target, name)
