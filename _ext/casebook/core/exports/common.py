"""What several exports share: types of fields, and the words of texts."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from casebook.core.book.answers import Answers
from casebook.core.book.book import Book
from casebook.core.book.view import View
from casebook.core.exports.schema import Must
from casebook.core.text import names
from casebook.core.text.marked_text import Text

Filled = Annotated[str, Must("minLength", 1)]
Name = Annotated[str, Must("pattern", f"^{names.PATTERN}$")]
Count = Annotated[int, Must("minimum", 0)]
Number = Annotated[int, Must("minimum", 1)]
Page = Annotated[Filled, "The page, as a path from the folder of the sources, without suffix."]
Anchor = Annotated[Filled, "The id on that page."]
StudyName = Annotated[str | None, "The short name of the study; null if the page belongs to none."]


def words_of(book: Book) -> Callable[[Text], str]:
    """Return what gives a text of the book as it is read."""
    return View(Answers(book)).words


def study_name(book: Book, page: str) -> str | None:
    """Return the short name of the study that a page belongs to; None if it belongs to none."""
    study = book.study(page)
    return study.name if study else None
