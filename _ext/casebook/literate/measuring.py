"""Coverage of the pages' code: which lines of Markdown ran, and which branches were taken.

A plugin for coverage.py, named in its configuration::

    [run]
    plugins = casebook.literate.measuring
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coverage import CoveragePlugin, FileReporter, FileTracer
from coverage.parser import PythonParser

from ..core.literate.tangle import Tangled
from .pages import Page, pages

if TYPE_CHECKING:
    from coverage.plugin_support import Plugins
    from coverage.types import TArc, TLineNo


class PageTracer(FileTracer):
    """Says that code which names a page as its file belongs to that page."""

    def __init__(self, path: str) -> None:
        self._path = path

    def source_filename(self) -> str:
        """The page."""
        return self._path


class PageReporter(FileReporter):
    """What could run on a page: what `coverage` finds in each tangled file, at the page's lines."""

    def __init__(self, page: Page) -> None:
        super().__init__(str(page.path))
        self._parsed = [_Parsed(file) for file in page.program.files]

    def lines(self) -> set[TLineNo]:
        """The lines that begin a statement."""
        return {line for parsed in self._parsed for line in parsed.lines()}

    def excluded_lines(self) -> set[TLineNo]:
        """Those that a comment takes out of the count."""
        return {line for parsed in self._parsed for line in parsed.excluded()}

    def translate_lines(self, lines: Any) -> set[TLineNo]:
        """Every line of a long statement counts as its first."""
        first = self._first_lines()
        return {first.get(line, line) for line in lines}

    def arcs(self) -> set[TArc]:
        """The ways from line to line; a negative one begins or ends a function."""
        return {arc for parsed in self._parsed for arc in parsed.arcs()}

    def translate_arcs(self, arcs: Any) -> set[TArc]:
        """Arcs between the first lines of statements."""
        first = self._first_lines()
        return {(_signed(a, first), _signed(b, first)) for a, b in arcs}

    def no_branch_lines(self) -> set[TLineNo]:
        """Lines whose branches need not all be taken."""
        return {line for parsed in self._parsed for line in parsed.no_branch()}

    def exit_counts(self) -> dict[TLineNo, int]:
        """How many ways lead on from each line."""
        return {line: n for parsed in self._parsed for line, n in parsed.exits().items()}

    def _first_lines(self) -> dict[int, int]:
        return {a: b for parsed in self._parsed for a, b in parsed.first_lines().items()}


_MODULE = -1
"""Begins and ends every arc into or out of a module, wherever its first line stands."""


class _Parsed:
    def __init__(self, file: Tangled) -> None:
        self._file = file
        self._parser = PythonParser(text=file.text, exclude="pragma: no cover")
        self._parser.parse_source()

    def _page(self, line: int) -> int:
        if line == _MODULE:
            return line
        found = self._file.origin(abs(line)).origin
        return -found if line < 0 else found

    def lines(self) -> set[int]:
        return {self._page(line) for line in self._parser.statements}

    def excluded(self) -> set[int]:
        return {self._page(line) for line in self._parser.excluded}

    def first_lines(self) -> dict[int, int]:
        lines = range(1, len(self._file.lines) + 1)
        return {self._page(n): self._page(self._parser.first_line(n)) for n in lines
                if self._file.lines[n - 1].text}  # fmt: skip

    def arcs(self) -> set[tuple[int, int]]:
        return {(self._page(a), self._page(b)) for a, b in self._parser.arcs()}

    def no_branch(self) -> set[int]:
        found = self._parser.lines_matching(r"#\s*pragma: no branch")
        return {self._page(line) for line in self._parser.first_lines(found)}

    def exits(self) -> dict[int, int]:
        return {self._page(line): n for line, n in self._parser.exit_counts().items()}


def _signed(line: int, first: dict[int, int]) -> int:
    return -first.get(-line, -line) if line < 0 else first.get(line, line)


class PagePlugin(CoveragePlugin):
    """Measures the pages of the book in whose root coverage was started."""

    def __init__(self, root: Path) -> None:
        self._pages = {str(page.path): page for page in pages(root)}

    def file_tracer(self, filename: str) -> FileTracer | None:
        """A tracer for code that names one of the pages."""
        return PageTracer(filename) if filename in self._pages else None

    def find_executable_files(self, src_dir: str) -> Iterable[str]:
        """The pages with programs, so that one which nothing imports counts as well."""
        for name, page in self._pages.items():
            if page.program.files and Path(src_dir) in page.path.parents:
                yield name

    def file_reporter(self, filename: str) -> FileReporter | str:
        """What could have run on a page."""
        return PageReporter(self._pages[filename])


def coverage_init(reg: Plugins, options: Any) -> None:
    """Called by coverage."""
    reg.add_file_tracer(PagePlugin(Path.cwd()))
