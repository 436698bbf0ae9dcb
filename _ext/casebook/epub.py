"""The electronic book's file: the same book, the same bytes."""

from __future__ import annotations

import time
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_EARLIEST = (1980, 1, 1, 0, 0, 0)  # what a ZIP file can hold


def _repack(app: Sphinx, exception: Exception | None) -> None:
    """Write the archive again with one time for all its members, instead of the building's."""
    if exception or app.builder.name != "epub":
        return
    path = Path(app.outdir, app.config.epub_basename + ".epub")
    stamp = _EARLIEST
    if app.config.casebook_date:
        stamp = time.strptime(app.config.casebook_date, "%Y-%m-%d")[:6]
    with zipfile.ZipFile(path) as archive:
        members = [(info.filename, archive.read(info)) for info in archive.infolist()]
    first, *others = members  # "mimetype" comes first and is not compressed (EPUB 3.3, OCF)
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(zipfile.ZipInfo(first[0], stamp), first[1], zipfile.ZIP_STORED)
        for name, data in sorted(others):
            archive.writestr(zipfile.ZipInfo(name, stamp), data, zipfile.ZIP_DEFLATED)


def setup_epub(app: Sphinx) -> None:
    """Register the last step."""
    app.connect("build-finished", _repack)
