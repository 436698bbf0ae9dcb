"""Import the book's packages straight from its pages."""

from __future__ import annotations

import sys
import zipfile
from collections.abc import Iterable, Sequence
from importlib.abc import InspectLoader, Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.resources.abc import Traversable, TraversableResources
from importlib.util import spec_from_loader
from io import BytesIO
from pathlib import Path
from types import CodeType, ModuleType
from zipfile import ZipFile

from casebook.core.literate.locate import compiled
from casebook.core.literate.tangle import Tangled
from casebook.literate.programs import Page


class PageLoader(InspectLoader):
    """Loads one file of a page; its code carries the page's path, lines and columns."""

    def __init__(self, page: Path, file: Tangled, resources: Resources) -> None:
        self._page, self._file, self._resources = page, file, resources

    def get_code(self, fullname: str) -> CodeType:
        """Compile the code anew: a page changes more often than it is imported."""
        return compiled(self._file, str(self._page))

    def get_source(self, fullname: str) -> str:
        """Return the whole page, so that a traceback shows the line that its number names."""
        return self._page.read_text(encoding="utf-8")

    def is_package(self, fullname: str) -> bool:
        """Tell whether the file is the one that is run when its folder is imported."""
        return self._file.path.endswith("/__init__.py")

    def get_resource_reader(self, fullname: str) -> PageResources:
        """Return what `importlib.resources` asks for the other files of a package."""
        return self._resources.of(fullname)


class FolderLoader(Loader):
    """Loads a folder in which no `__init__.py` is printed, as a package without code."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    def create_module(self, spec: ModuleSpec) -> None:
        """Leave it to the interpreter to make the module."""

    def exec_module(self, module: ModuleType) -> None:
        """Run nothing."""

    def get_resource_reader(self, fullname: str) -> PageResources:
        """Return what `importlib.resources` asks for the files of the folder."""
        return self._resources.of(fullname)


class PageResources(TraversableResources):
    """The files of a folder, in an archive in memory."""

    def __init__(self, archive: ZipFile, folder: str) -> None:
        self._archive, self._folder = archive, folder

    def files(self) -> Traversable:
        """Return the folder, as if it lay on a disk."""
        return zipfile.Path(self._archive, self._folder)


class Resources:
    """All files of all pages, in an archive in memory."""

    def __init__(self, files: Iterable[Tangled]) -> None:
        stored = BytesIO()
        with ZipFile(stored, "w") as archive:
            for path, text in {file.path: file.text for file in files}.items():
                archive.writestr(path, text)
        self._archive = ZipFile(stored)

    def of(self, package: str) -> PageResources:
        """Return the files of a package."""
        return PageResources(self._archive, package.replace(".", "/") + "/")


class PageFinder(MetaPathFinder):
    """Finds the packages whose files are printed on pages."""

    def __init__(self, pages: Iterable[Page]) -> None:
        found = [(page.path, file) for page in pages for file in page.program.files]
        self._files = {file.module: (page, file) for page, file in found if file.is_python}
        paths = [file.path.split("/")[:-1] for _, file in found]
        self._folders = {".".join(path[:i]) for path in paths for i in range(1, len(path) + 1)}
        self._resources = Resources(file for _, file in found)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Find the book's module of that name; None if it has none.

        A folder without `__init__.py` is a package too.
        """
        if name in self._files:
            page, file = self._files[name]
            spec = spec_from_loader(name, PageLoader(page, file, self._resources), origin=str(page))
            if spec:
                spec.has_location = True  # `__file__` is the page
            return spec
        if name in self._folders:
            spec = ModuleSpec(name, FolderLoader(self._resources), is_package=True)
            spec.submodule_search_locations = []
            return spec
        return None


def install(pages: Iterable[Page]) -> PageFinder:
    """Let the interpreter import from pages, before it looks anywhere else."""
    finder = PageFinder(pages)
    sys.meta_path.insert(0, finder)
    return finder
