"""The electronic book's file: the same book, the same bytes."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from casebook.base.config import settings
from casebook.base.domain import domain_of
from casebook.web import archive

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def _repack(app: Sphinx, exception: Exception | None) -> None:
    """Write the archive again with one time for all its members, instead of the building's."""
    if exception or app.builder.name != "epub" or not domain_of(app.env).is_used:
        return
    path = Path(app.outdir, app.config.epub_basename + ".epub")
    with zipfile.ZipFile(path) as book:
        first, *others = [(info.filename, book.read(info)) for info in book.infolist()]
    archive.write(path, [first, *sorted(others)], settings(app).date)


def _clear(app: Sphinx) -> None:
    """Remove the drawings of the last build: the book would hold them all."""
    if app.builder.name == "epub":
        shutil.rmtree(Path(app.outdir, "_images"), ignore_errors=True)


def setup(app: Sphinx) -> None:
    """Register the first and the last step."""
    app.connect("builder-inited", _clear)
    app.connect("build-finished", _repack)
