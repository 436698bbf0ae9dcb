"""Archives of which the same content makes the same bytes."""

from __future__ import annotations

import time
import zipfile
from collections.abc import Iterable
from pathlib import Path

_EARLIEST = (1980, 1, 1, 0, 0, 0)  # what a ZIP file can hold
STORED = "mimetype"
"""The member that an electronic book must hold first and not compressed (EPUB 3.3, OCF)."""


def write(path: Path, members: Iterable[tuple[str, bytes]], date: str) -> None:
    """Write a ZIP file whose members, names and contents, all carry one date ("2026-11-22")."""
    stamp = time.strptime(date, "%Y-%m-%d")[:6] if date else _EARLIEST
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in members:
            method = zipfile.ZIP_STORED if name == STORED else zipfile.ZIP_DEFLATED
            archive.writestr(zipfile.ZipInfo(name, stamp), data, method)
