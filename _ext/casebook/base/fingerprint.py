"""What everything that the press stores rests on: its own files, fonts too, and the renderers."""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256
from importlib import metadata
from pathlib import Path

PACKAGE = Path(__file__).parents[1]
RENDERERS = ("math-core", "matplotlib", "mmdr", "tinycss2", "typst", "ziamath")
"""The packages that draw and set, and the one that reads their style sheets."""


def number() -> int:
    """Return a number that any change of what the press rests on changes.

    It is the version of the environment and of the domain's data, and part of each drawing's key,
    so nothing that is stored outlives it.
    """
    return digest(PACKAGE, [_version(package) for package in RENDERERS])


def digest(package: Path, versions: Iterable[str]) -> int:
    """Return the number for the files of a package, and for versions."""
    found = sha256(" ".join(versions).encode())
    for path in sorted(package.rglob("*.*")):
        if path.is_file() and path.suffix != ".pyc":
            name = path.relative_to(package).as_posix()
            found.update(f"\n{name} {path.stat().st_size} ".encode() + path.read_bytes())
    return int.from_bytes(found.digest()[:6])


def _version(package: str) -> str:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return ""  # reported where something is to be drawn
