"""Import the book's packages straight from its pages."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from pathlib import Path
from types import CodeType, ModuleType

from casebook.core.literate.locate import compiled
from casebook.core.literate.tangle import Tangled
from casebook.literate.programs import Page


class PageLoader(InspectLoader):
    """Loads one file of a page; its code carries the page's path, lines and columns."""

    def __init__(self, page: Path, file: Tangled) -> None:
        self._page, self._file = page, file

    def get_code(self, fullname: str) -> CodeType:
        """Compile the code anew: a page changes more often than it is imported."""
        return compiled(self._file, str(self._page))

    def get_source(self, fullname: str) -> str:
        """Return the whole page, so that a traceback shows the line that its number names."""
        return self._page.read_text(encoding="utf-8")

    def is_package(self, fullname: str) -> bool:
        """Tell whether the file is the one that is run when its folder is imported."""
        return self._file.path.endswith("/__init__.py")


class PageFinder(MetaPathFinder):
    """Finds the packages whose files are printed on pages."""

    def __init__(self, pages: Iterable[Page]) -> None:
        self._files = {
            file.module: (page.path, file) for page in pages for file in page.program.files
        }
        names = list(self._files)
        self._folders = {
            ".".join(name.split(".")[:i]) for name in names for i in range(1, name.count(".") + 1)
        }

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the book's module of that name; None if it has none.

        A folder without `__init__.py` is a package too.
        """
        if name in self._files:
            page, file = self._files[name]
            spec = spec_from_loader(name, PageLoader(page, file), origin=str(page))
            if spec:
                spec.has_location = True  # `__file__` is the page
            return spec
        if name in self._folders:
            spec = ModuleSpec(name, None, is_package=True)
            spec.submodule_search_locations = []
            return spec
        return None


def install(pages: Iterable[Page]) -> PageFinder:
    """Let the interpreter import from pages, before it looks anywhere else."""
    finder = PageFinder(pages)
    sys.meta_path.insert(0, finder)
    return finder
