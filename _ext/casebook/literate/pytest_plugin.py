"""The pytest plugin: imports come from the pages; their sessions and exercises are tests.

The ini option ``casebook_source`` names the folder of the pages, from the root of the tests.
"""

from __future__ import annotations

from collections.abc import Iterable
from doctest import REPORT_NDIFF
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from sybil import Document, Region, Sybil
from sybil.evaluators.doctest import DocTestEvaluator
from sybil.parsers.abstract import DocTestStringParser

from casebook.literate import exercise_items, importing
from casebook.literate.programs import SOURCE, Page, pages

if TYPE_CHECKING:
    from collections.abc import Callable


class Transcripts:
    """Finds in a document the examples of the sessions that the press sees on its page."""

    def __init__(self, found: dict[Path, Page]) -> None:
        self._pages = found
        self._parse = DocTestStringParser(DocTestEvaluator(REPORT_NDIFF))

    def __call__(self, document: Document) -> Iterable[Region]:
        """Yield a region for each example, with the names of all examples before it."""
        lines = document.text.split("\n")
        for session in self._pages[Path(document.path)].program.sessions:
            offset = sum(len(line) + 1 for line in lines[: session.first - 1])
            for region in self._parse(session.text, document.path):
                region.start += offset
                region.end += offset
                yield region


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the option."""
    parser.addini("casebook_source", "folder of the book's pages", "string", SOURCE)


def pytest_configure(config: pytest.Config) -> None:
    """Read the book's pages once, and let them be imported."""
    folder = config.getini("casebook_source")
    found = {page.path: page for page in pages(config.rootpath, folder)}
    importing.install(found.values())
    config.stash[exercise_items.PAGES] = found
    config.pluginmanager.register(Exercises(found), "casebook-exercises")
    hook = Sybil(
        parsers=[Transcripts(found)], patterns=["*.md"], path=str(config.rootpath)
    ).pytest()
    config.pluginmanager.register(Collector(found, hook), "casebook-sessions")


class Collector:
    """Collects the pages that hold sessions, and no other Markdown."""

    def __init__(self, found: dict[Path, Page], hook: Callable[..., Any]) -> None:
        self._pages, self._hook = found, hook

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> Any:
        """Collect the examples of a page as test items; None where there are none."""
        page = self._pages.get(file_path)
        return self._hook(file_path, parent) if page and page.program.sessions else None


class Exercises:
    """Collects the pages that hold exercises."""

    def __init__(self, found: dict[Path, Page]) -> None:
        self._pages = found

    def pytest_collect_file(self, file_path: Path, parent: pytest.Collector) -> Any:
        """Collect the exercises of a page as test items; None where there are none."""
        page = self._pages.get(file_path)
        if page and page.program.checks:
            return exercise_items.ExercisePage.from_parent(parent, path=file_path)
        return None
