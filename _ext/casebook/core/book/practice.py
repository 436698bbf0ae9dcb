"""The files of the book's exercises, as readers get them beside a package."""

from __future__ import annotations

from casebook.core.book.answers import Answers
from casebook.core.book.book import Book
from casebook.core.book.view import View
from casebook.core.literate.exercise_files import readme, runner


def practice_files(book: Book, package: str | None = None) -> dict[str, str]:
    """Return tasks, tests and what checks them, by path: those of a package, or all."""
    words = View(Answers(book)).words
    files: dict[str, str] = {}
    for page, check in book.checks:
        exercise = book.exercises.get(check.name)
        if exercise and exercise.page == page and package in (None, check.package):
            path, text = readme(check, words(exercise.title), map(words, exercise.task))
            files |= {path: text, check.test.path: check.test.text}
    return files | runner() if files else files
