"""What an excerpt shows: looked up by a page and a name once the whole book has been read."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable
from dataclasses import replace
from typing import TYPE_CHECKING

from casebook.core.figures.exhibit import Exhibit
from casebook.core.literate.excerpts import Excerpt, parse_of
from casebook.core.literate.printed import Listing
from casebook.core.problems import Kind, Problem, suggestion
from casebook.core.text.counted import counted
from casebook.core.text.reading_time import Length

if TYPE_CHECKING:
    from casebook.core.book.book import Book

Original = Listing | Exhibit


def original(book: Book, excerpt: Excerpt) -> Original | Problem:
    """Return what an excerpt shows, or why it shows nothing.

    A chunk is returned without its lines in the source, which no page shows.
    """
    written = parse_of(excerpt.of)
    if isinstance(written, Problem):
        return written
    page = _page(book, excerpt.page, written[0])
    if isinstance(page, Problem):
        return page
    found = _named(book, excerpt.page, page, written[1])
    return found if isinstance(found, Problem) else _allowed(book, excerpt, found)


def length(book: Book, excerpt: Excerpt) -> Length:
    """Return what an excerpt adds to its page that was not known while the page was read."""
    found = original(book, excerpt)
    if isinstance(found, Problem) or excerpt.ranges:
        return Length()
    if isinstance(found, Listing):
        return Length(lines=len(found.chunk.lines))
    return Length(pictures=1)


def _page(book: Book, at: str, name: str) -> str | Problem:
    pages = book.frame.titles
    if not name:
        return at
    study = book.study(at)
    own = [study.page, *book.chapters[study.page]] if study else []
    short = {page.rpartition("/")[2]: page for page in reversed(own)}
    if name in short:  # an essay and its chapters lie in two folders, and have one set of names
        return short[name]
    page = posixpath.normpath(posixpath.join("/", at, "..", name)).strip("/")
    if page in pages:
        return page
    hint = suggestion(name, short) or suggestion(page, pages)
    return Problem(Kind.UNKNOWN_PAGE, f"there is no page '{page}' to show anything of{hint}")


def _named(book: Book, at: str, page: str, name: str) -> Original | Problem:
    listings = {x.chunk.anchor: x for x in reversed(book.of(Listing)) if x.page == page}
    exhibits = {x.anchor: x for x in reversed(book.of(Exhibit)) if x.page == page}
    found = listings.get(f"chunk-{name}") or listings.get(name) or exhibits.get(name)
    if found:
        return found
    for other in book.of(Excerpt):
        if (other.page, other.anchor) == (page, name):
            message = f"'{name}' is an excerpt itself; show '{other.of}', as it does"
            return Problem(Kind.BAD_EXCERPT, message)
    known = [anchor.removeprefix("chunk-") for anchor in listings]
    hint = suggestion(name, [*known, *exhibits]) or _elsewhere(book, name)
    where = "this page" if page == at else f"'{page}'"
    message = f"{where} has no chunk, figure, output or counterexample '{name}'{hint}"
    return Problem(Kind.BAD_EXCERPT, message)


def _elsewhere(book: Book, name: str) -> str:
    places: Iterable[tuple[str, str]] = (
        *((x.page, x.chunk.anchor.removeprefix("chunk-")) for x in book.of(Listing)),
        *((x.page, x.anchor) for x in book.of(Exhibit)),
    )
    return next((f"; did you mean '/{page}#{name}'?" for page, one in places if one == name), "")


def _allowed(book: Book, excerpt: Excerpt, found: Original) -> Original | Problem:
    if not isinstance(found, Listing):
        if excerpt.ranges:
            message = f"'{excerpt.of}' is no chunk, and only a chunk has lines; leave ':lines:' out"
            return Problem(Kind.BAD_EXCERPT, message)
        return found
    study = book.study(excerpt.page)
    if study and study != book.study(found.page):
        message = f"'{excerpt.of}' is code of another study; a study shows its own, so link to it"
        return Problem(Kind.BAD_EXCERPT, message)
    lines = len(found.chunk.lines)
    if excerpt.ranges and excerpt.ranges[-1][1] > lines:
        message = f"'{excerpt.of}' has {counted(lines, 'line')}; name lines from 1 to {lines}"
        return Problem(Kind.BAD_EXCERPT, message)
    return replace(found, chunk=replace(found.chunk, line=0, first=0))
