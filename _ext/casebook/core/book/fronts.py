"""What a page of a study says of itself under its title."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from casebook.core.text.reading_time import Length

if TYPE_CHECKING:
    from casebook.core.book.book import Book

LEDGER = "ledger"
"""The name, in the folder of a study, of the page that holds its records in full."""


class PageKind(Enum):
    """What a page of a study is."""

    ESSAY = "essay"
    CHAPTER = "chapter"
    LEDGER = "ledger"


@dataclass(frozen=True, slots=True)
class Front:
    """What a page of a study is, how long it takes, and what it holds."""

    kind: PageKind
    essay: str
    """The page of the study's essay."""
    minutes: int
    path_minutes: int = 0
    """Of the path that is marked through it; 0 if none is."""
    first: str = ""
    """The first chapter; empty if there is none."""
    chapter: int = 0
    """Which chapter it is, from 1."""
    chapters: int = 0
    """How many chapters the study has."""
    lines: int = 0
    """Lines of its program: of the study's for an essay, of the page's for a chapter."""
    metrics: int = 0
    """How many metrics it holds."""


def front(book: Book, page: str) -> Front | None:
    """Return what a page says of itself; None if it belongs to no study."""
    study = book.study(page)
    if study is None:
        return None
    own = book.chapters[study.page]
    chapters = [one for one in own if one != f"{study.page}/{LEDGER}"]
    minutes = book.lengths.get(page, Length()).minutes
    lines = dict.fromkeys([study.page, *own], 0)
    for code in book.files.values():
        if code.page in lines:
            lines[code.page] += len(code.file.lines)
    if page == study.page:
        path = book.path_lengths.get(page)
        return Front(
            PageKind.ESSAY, study.page, minutes, path.minutes if path else 0,
            next(iter(chapters), ""), 0, len(chapters), sum(lines.values()),
        )  # fmt: skip
    if page not in chapters:
        metrics = sum(row.page == page for row in book.rows.values())
        return Front(PageKind.LEDGER, study.page, minutes, metrics=metrics)
    return Front(
        PageKind.CHAPTER, study.page, minutes, chapter=chapters.index(page) + 1,
        chapters=len(chapters), lines=lines[page],
    )  # fmt: skip
