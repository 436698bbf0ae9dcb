"""Write the book's records as JSON beside the site, with their schemas, and what they lead to."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from casebook.base.config import settings
from casebook.base.domain import domain_of
from casebook.base.files import read_text
from casebook.base.page_context import SCREEN
from casebook.base.written_pages import kept_file
from casebook.core.book.book import Book
from casebook.core.book.practice import practice_files
from casebook.core.exports.registry import EXPORTS, schemas
from casebook.core.exports.schema import as_data
from casebook.core.figures.exhibit import Shown
from casebook.core.literate import stored_outputs
from casebook.core.literate.stored_outputs import Output
from casebook.figures.audio import has_players, sound_file
from casebook.figures.chart_data import FOLDER as DATA
from casebook.figures.chart_data import data_file
from casebook.literate.packages import FOLDER
from casebook.web import archive

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def _export(app: Sphinx, exception: Exception | None) -> None:
    """Write the files, and remove those of the last build that are no longer wanted.

    No other file is removed: a project may offer data and code of its own in the same folders.
    """
    if exception or not has_players(app.builder):
        return
    kept = kept_file(app, "exported", "txt")
    before = kept.read_text(encoding="utf-8").splitlines() if kept.exists() else []
    written = set(_written(app)) if domain_of(app.env).is_used else set()
    for name in set(before) - written:
        Path(app.outdir, name).unlink(missing_ok=True)
    kept.write_text("".join(f"{name}\n" for name in sorted(written)), encoding="utf-8")


def _written(app: Sphinx) -> Iterator[str]:
    """Write each file, and yield its path in the output."""
    book, out = domain_of(app.env).book, Path(app.outdir)
    for name, file in _sounds(app, book):
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_bytes(file)
        yield name
    if app.builder.name not in SCREEN:
        return
    files = {name: as_data(made(book)) for name, made in EXPORTS.items()}
    files |= {f"{name}.schema": schema for name, schema in schemas().items()}
    texts = {
        f"{DATA}/{name}.json": json.dumps(data, ensure_ascii=False, indent=1) + "\n"
        for name, data in files.items()
    }
    for name, text in (texts | dict(_numbers(app, book))).items():
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        (out / name).write_text(text, encoding="utf-8", newline="")
        yield name
    for package, code in sorted(book.packages.items()):
        name = f"{FOLDER}/{package}.zip"
        (out / name).parent.mkdir(parents=True, exist_ok=True)
        texts = {one.file.path: one.file.text for one in code} | practice_files(book, package)
        members = sorted((path, text.encode()) for path, text in texts.items())
        archive.write(out / name, members, settings(app).date)
        yield name


def _numbers(app: Sphinx, book: Book) -> Iterator[tuple[str, str]]:
    """Yield the file and the text of each chart's numbers, as CSV."""
    for output in _outputs(app, {shown.output for shown in book.of(Shown) if shown.chart}):
        yield data_file(output.name), stored_outputs.as_csv(output)


def _sounds(app: Sphinx, book: Book) -> Iterator[tuple[str, bytes]]:
    """Yield the file of each sound that can be heard, and what it holds."""
    heard: dict[str, set[int]] = {}
    for shown in book.of(Shown):
        if shown.sounds:
            heard.setdefault(shown.output, set()).update(shown.sounds)
    for output in _outputs(app, heard):
        for number, sound in enumerate(output.sounds.values(), 1):
            if number in heard[output.name]:
                yield sound_file(output.name, number), sound.file


def _outputs(app: Sphinx, names: Iterable[str]) -> Iterator[Output]:
    """Yield what experiments have stored under some names."""
    folder = Path(app.srcdir, settings(app).outputs)
    for name in sorted(names):
        text = read_text(folder / stored_outputs.stored_in(name))
        output = stored_outputs.read(name, text) if isinstance(text, str) else text
        if isinstance(output, Output):
            yield output


def setup(app: Sphinx) -> None:
    """Register the last step of the web edition."""
    app.connect("build-finished", _export)
