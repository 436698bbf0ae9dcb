"""Write the book's records as JSON beside the site, with their schemas."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

from casebook.base.config import settings
from casebook.base.domain import domain_of
from casebook.core.book.book import Book
from casebook.core.exports.registry import EXPORTS, schemas
from casebook.core.exports.schema import as_data
from casebook.core.figures.chart import Shown
from casebook.core.literate import stored_outputs
from casebook.core.literate.stored_outputs import Output
from casebook.figures.chart_data import FOLDER as DATA
from casebook.figures.chart_data import data_file
from casebook.literate.packages import FOLDER
from casebook.web import archive

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def _export(app: Sphinx, exception: Exception | None) -> None:
    if exception or app.builder.name not in ("html", "dirhtml"):
        return
    if not domain_of(app.env).is_used:
        return
    book = domain_of(app.env).book
    _write_exports(Path(app.outdir, DATA), book)
    _write_numbers(app, book)
    _write_packages(Path(app.outdir, FOLDER), book, settings(app).date)


def _write_exports(folder: Path, book: Book) -> None:
    folder.mkdir(exist_ok=True)
    files = {name: as_data(made(book)) for name, made in EXPORTS.items()}
    files |= {f"{name}.schema": schema for name, schema in schemas().items()}
    for name, data in files.items():
        text = json.dumps(data, ensure_ascii=False, indent=1) + "\n"
        (folder / f"{name}.json").write_text(text, encoding="utf-8")


def _write_numbers(app: Sphinx, book: Book) -> None:
    """Write the numbers of each chart, as CSV, and remove those that no page shows any more."""
    stored = Path(app.srcdir, settings(app).outputs)
    kept = set()
    for name in sorted({shown.output for shown in book.of(Shown) if shown.chart}):
        output = stored_outputs.read(
            name, (stored / stored_outputs.stored_in(name)).read_text(encoding="utf-8")
        )
        target = Path(app.outdir, data_file(name))
        kept.add(target)
        if isinstance(output, Output):
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(stored_outputs.as_csv(output), encoding="utf-8", newline="")
    for old in Path(app.outdir, DATA).glob("*/*.csv"):
        if old not in kept:
            old.unlink()


def _write_packages(folder: Path, book: Book, date: str) -> None:
    folder.mkdir(exist_ok=True)
    for name, files in sorted(book.packages.items()):
        members = [(code.file.path, code.file.text.encode()) for code in files]
        archive.write(folder / f"{name}.zip", sorted(members), date)
    for old in folder.glob("*.zip"):
        if old.stem not in book.packages:
            old.unlink()


def setup(app: Sphinx) -> None:
    """Register the last step of the web edition."""
    app.connect("build-finished", _export)
