"""Coverage of the pages' code: which lines of Markdown ran, and which branches were taken.

A plugin for coverage.py, named in its configuration::

    [run]
    plugins = casebook.literate.coverage_plugin

    [casebook.literate.coverage_plugin]
    source = docs

The second part names the folder of the pages, where that is another than ``source``.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from coverage import CoveragePlugin, FileReporter, FileTracer
from coverage.parser import PythonParser

from casebook.core.literate.tangle import Tangled
from casebook.literate.programs import SOURCE, Page, pages

if TYPE_CHECKING:
    from coverage.plugin_support import Plugins
    from coverage.types import TArc, TLineNo


class PageTracer(FileTracer):
    """Says that code which names a page as its file belongs to that page."""

    def __init__(self, path: str) -> None:
        self._path = path

    def source_filename(self) -> str:
        """Return the path of the page."""
        return self._path


_MODULE = -1
"""Begins and ends every arc into or out of a module, wherever its first line stands."""


class PageReporter(FileReporter):
    """What could run on a page: what `coverage` finds in each tangled file, at the page's lines."""

    def __init__(self, page: Page) -> None:
        super().__init__(str(page.path))
        self._lines: set[TLineNo] = set()
        self._excluded: set[TLineNo] = set()
        self._no_branch: set[TLineNo] = set()
        self._arcs: set[TArc] = set()
        self._exits: dict[TLineNo, int] = {}
        self._first: dict[TLineNo, TLineNo] = {}
        self._parts: list[tuple[PythonParser, dict[TLineNo, TLineNo], Tangled]] = []
        for file in page.program.files:
            if file.is_python:
                self._add(file)

    def _add(self, file: Tangled) -> None:
        parser = PythonParser(text=file.text, exclude="pragma: no cover")
        parser.parse_source()
        at = functools.partial(_on_page, file)
        self._lines |= {at(line) for line in parser.statements}
        self._excluded |= {at(line) for line in parser.excluded}
        partial = parser.lines_matching(r"#\s*pragma: no branch")
        self._no_branch |= {at(line) for line in parser.first_lines(partial)}
        self._arcs |= {(at(a), at(b)) for a, b in parser.arcs()}
        self._exits |= {at(line): n for line, n in parser.exit_counts().items()}
        filled = [n for n, line in enumerate(file.lines, 1) if line.text]
        self._first |= {at(n): at(parser.first_line(n)) for n in filled}
        self._parts.append((parser, {at(n): n for n in filled} | {_MODULE: _MODULE}, file))

    def lines(self) -> set[TLineNo]:
        """Return the lines of the page that begin a statement."""
        return self._lines

    def excluded_lines(self) -> set[TLineNo]:
        """Return the lines that a comment takes out of the count."""
        return self._excluded

    def translate_lines(self, lines: Iterable[TLineNo]) -> set[TLineNo]:
        """Count every line of a long statement as its first."""
        return {self._first.get(line, line) for line in lines}

    def arcs(self) -> set[TArc]:
        """Return the ways from line to line; a negative one begins or ends a function."""
        return self._arcs

    def translate_arcs(self, arcs: Iterable[TArc]) -> set[TArc]:
        """Return arcs between the first lines of statements, and past the end of a `with`.

        An interpreter leaves a `with` by way of its first line, which `coverage` takes out again;
        it knows the lines of the file, so the arcs go there and come back.
        """
        measured, found = set(arcs), set()
        for parser, lines, file in self._parts:
            mine = {(_signed(lines, a), _signed(lines, b)) for a, b in measured}
            known = {(a, b) for a, b in mine if a is not None and b is not None}
            found |= {
                (_on_page(file, a), _on_page(file, b)) for a, b in parser.translate_arcs(known)
            }
        return found

    def no_branch_lines(self) -> set[TLineNo]:
        """Return the lines whose branches need not all be taken."""
        return self._no_branch

    def exit_counts(self) -> dict[TLineNo, int]:
        """Return how many ways lead on from each line."""
        return self._exits


def _on_page(file: Tangled, line: TLineNo) -> TLineNo:
    if line == _MODULE:
        return line
    found = file.origin(abs(line)).origin
    return -found if line < 0 else found


def _signed(lines: dict[TLineNo, TLineNo], line: TLineNo) -> TLineNo | None:
    """Return the file's line for one of the page; None if it belongs to another file."""
    found = lines.get(line) or lines.get(abs(line))
    return -found if found and line < 0 and found > 0 else found


class PagePlugin(CoveragePlugin):
    """Measures the pages of the book in whose root coverage was started."""

    def __init__(self, root: Path, folder: str) -> None:
        self._pages = {str(page.path): page for page in pages(root, folder)}

    def file_tracer(self, filename: str) -> FileTracer | None:
        """Return a tracer for code that names one of the pages, and None for any other."""
        return PageTracer(filename) if filename in self._pages else None

    def find_executable_files(self, src_dir: str) -> Iterable[str]:
        """Yield the pages with programs, so that one which nothing imports counts as well."""
        for name, page in self._pages.items():
            if any(f.is_python for f in page.program.files) and Path(src_dir) in page.path.parents:
                yield name

    def file_reporter(self, filename: str) -> FileReporter | str:
        """Return the reporter of what could have run on a page."""
        return PageReporter(self._pages[filename])


def coverage_init(reg: Plugins, options: Any) -> None:
    """Register the plugin; coverage calls this."""
    reg.add_file_tracer(PagePlugin(Path.cwd(), options.get("source", SOURCE)))
