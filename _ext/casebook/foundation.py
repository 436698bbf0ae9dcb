"""What everything that the press stores rests on: its own files, the fonts, the renderers."""

from __future__ import annotations

from hashlib import sha256
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx

RENDERERS = ("matplotlib", "mmdr", "typst")
"""The packages that draw."""


def of(app: Sphinx) -> int:
    """Return a number that any change of what the press rests on changes.

    It is the version of the environment and of the domain's data, and part of each drawing's key,
    so nothing that is stored outlives it.
    """
    fonts = Path(app.srcdir, app.config.casebook_print_fonts)
    digest = sha256()
    own = (path for path in Path(__file__).parent.rglob("*.*") if path.suffix != ".pyc")
    for path in sorted([*own, *fonts.glob("*")]):
        if path.is_file():
            digest.update(f"{path.name} {path.stat().st_size} ".encode() + path.read_bytes())
    for package in RENDERERS:
        digest.update(f"{package} {_version(package)} ".encode())
    return int.from_bytes(digest.digest()[:6])


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""  # reported where something is to be drawn
