"""The programs of the book's pages, read from disk as the Sphinx build reads them.

Nothing here needs a build: tests import the miniatures straight from the Markdown.
"""

from __future__ import annotations

import runpy
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from myst_parser.config.main import MdParserConfig
from myst_parser.parsers.mdit import create_md_parser
from sphinx.util.matching import get_matching_files

from casebook.core.literate.languages import LANGUAGES
from casebook.core.literate.program import Program, read
from casebook.core.problems import Kind, Problem

SETTINGS = ("commonmark_only", "gfm_only", "enable_extensions", "disable_syntax")
"""The settings of MyST that decide where a fence begins and ends, in `conf.py` with "myst_"."""

FENCES = ("chunk", "session", "exercise", "exercise-test", "solution")

KINDS = (*LANGUAGES, ".md")
"""The ends of the names of what is written: code, and the tasks of exercises."""

Parser = Callable[[str], list[Token]]


@dataclass(frozen=True, slots=True)
class Page:
    """A page that holds code, and its program."""

    path: Path
    program: Program


def parser(settings: Mapping[str, Any]) -> Parser:
    """Return MyST's parser with the book's settings."""
    config = MdParserConfig(**{name: settings[name] for name in SETTINGS if name in settings})
    return create_md_parser(config, RendererHTML).parse


def program(text: str, parse: Parser) -> tuple[Program, list[Problem]]:
    """Read the program of a page; most pages have none, and are not parsed for it."""
    if not any(f"{{{kind}}}" in text for kind in FENCES):
        return Program(), []
    return read(parse(text))


def write(files: Mapping[str, str], folder: Path) -> None:
    """Write the files that differ from what a folder holds, and remove others of their kinds.

    What a tool keeps in a folder of its own, whose name begins with a dot, stays.
    """
    for path, text in files.items():
        target = folder / path
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
    for target in list(folder.rglob("*")):
        name = target.relative_to(folder).as_posix()
        if target.suffix in KINDS and name not in files and not name.startswith("."):
            target.unlink()


SOURCE = "source"
"""The folder of the pages, from the root of a book that says nothing else."""


def pages(root: Path, folder: str = SOURCE) -> Iterator[Page]:
    """Yield the pages that hold code, of a book whose pages lie in a folder of `root`.

    `conf.py` lies beside the pages, or in the root.  Raises ``FileNotFoundError`` without it.
    """
    for path, found, _ in _read(root, folder):
        if found != Program():
            yield Page(path, found)


def faults(root: Path, folder: str = SOURCE) -> Iterator[str]:
    """Say where code of the pages cannot be read, so that a tool does not run what is left of it.

    A chunk that is only too long can be run.
    """
    for path, _, problems in _read(root, folder):
        for problem in problems:
            if problem.kind is not Kind.LONG_CHUNK:
                yield f"{path.relative_to(root)}:{problem.line}: {problem.message}"


def _read(root: Path, folder: str) -> Iterator[tuple[Path, Program, list[Problem]]]:
    source, conf = root / folder, _conf(root, folder)
    parse = _parser(conf)
    for name in sorted(get_matching_files(source, ["**.md"], conf.get("exclude_patterns", []))):
        path = source / name
        yield path, *program(path.read_text(encoding="utf-8"), parse)


def book_parser(root: Path, folder: str = SOURCE) -> Parser:
    """Return the parser of a book's pages.  Raises ``FileNotFoundError`` without a `conf.py`."""
    return _parser(_conf(root, folder))


def _conf(root: Path, folder: str) -> dict[str, Any]:
    places = [place / "conf.py" for place in (root / folder, root)]
    found = next((place for place in places if place.is_file()), None)
    if not found:
        raise FileNotFoundError(f"no conf.py: neither {' nor '.join(map(str, places))}")
    return runpy.run_path(str(found))


def _parser(conf: Mapping[str, Any]) -> Parser:
    return parser({name: conf[f"myst_{name}"] for name in SETTINGS if f"myst_{name}" in conf})
