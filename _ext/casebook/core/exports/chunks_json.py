"""`chunks.json`: every printed chunk, with its code and the tests that run it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from casebook.core.book.book import Book
from casebook.core.exports.common import Anchor, Count, Filled, Name, Number, Page, words_of
from casebook.core.exports.schema import Must
from casebook.core.literate.printed import Code, Listing
from casebook.core.literate.runs import NAMED, NO_TESTS


@dataclass(frozen=True, slots=True)
class Tests:
    """The tests that run the chunk."""

    count: Annotated[Count, "How many there are, groups left out."]
    first: Annotated[
        tuple[Filled, ...], Must("maxItems", NAMED), "The names of those that are meant for it."
    ]
    groups: Annotated[tuple[Filled, ...], "Groups of tests that run it as well."]


@dataclass(frozen=True, slots=True)
class JsonChunk:
    """A piece of code, as a page prints it."""

    name: Annotated[Name, "The name of the chunk; what is added to it later has the same."]
    part: Annotated[Number, "1 for the chunk itself, 2 and more for what is added to it later."]
    file: Annotated[str | None, "The file that it begins or continues; null if chunks use it."]
    caption: Annotated[Filled, "What is said of it in one line."]
    code: Annotated[Filled, "Its code, as it stands in the page."]
    uses: Annotated[tuple[Name, ...], "The names of the chunks that stand inside this one."]
    output: Annotated[str | None, "The stored output that its function makes; null if none does."]
    measured: Annotated[bool, "Whether that output is measured, by the clock of a machine."]
    tests: Tests
    page: Page
    anchor: Anchor
    line: Annotated[Number, "The line of the page on which the code begins."]


@dataclass(frozen=True, slots=True)
class Chunks:
    """The code that the book prints."""

    chunks: Annotated[tuple[JsonChunk, ...], "All chunks, in the order of the book."]


def export(book: Book) -> Chunks:
    """Return all printed chunks, with their code as it stands in the page."""
    words = words_of(book)
    by_page = {code.page: code.tests for code in book.of(Code)}
    listed = []
    for listing in book.of(Listing):
        chunk = listing.chunk
        tests = by_page[listing.page].get(chunk.anchor, NO_TESTS)
        listed.append(
            JsonChunk(
                name=chunk.name,
                part=chunk.part,
                file=chunk.file or None,
                caption=words(listing.caption),
                code="\n".join(chunk.lines) + "\n",
                uses=tuple(name for _, name in chunk.references()),
                output=chunk.output or None,
                measured=chunk.measured,
                tests=Tests(tests.count, tests.first, tests.groups),
                page=listing.page,
                anchor=chunk.anchor,
                line=chunk.first,
            )
        )
    return Chunks(tuple(listed))
