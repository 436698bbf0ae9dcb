"""What everything that the press stores rests on: its own files, the fonts, the renderers."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PACKAGE = Path(__file__).parents[1]
RENDERERS = ("matplotlib", "mmdr", "tinycss2", "typst")
"""The packages that draw, and the one that reads their style sheets."""


def of(app: Sphinx) -> int:
    """Return a number that any change of what the press rests on changes.

    It is the version of the environment and of the domain's data, and part of each drawing's key,
    so nothing that is stored outlives it.
    """
    fonts = Path(app.srcdir, app.config.casebook_print_fonts)
    return digest(PACKAGE, fonts, [_version(package) for package in RENDERERS])


def digest(package: Path, fonts: Path, versions: Iterable[str]) -> int:
    """Return the number for the files of a package and a folder of fonts, and for versions."""
    found = sha256(" ".join(versions).encode())
    for folder in (package, fonts):
        for path in sorted(folder.rglob("*.*")):
            if path.is_file() and path.suffix != ".pyc":
                name = path.relative_to(folder).as_posix()
                found.update(f"\n{name} {path.stat().st_size} ".encode() + path.read_bytes())
    return int.from_bytes(found.digest()[:6])


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""  # reported where something is to be drawn
