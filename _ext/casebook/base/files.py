"""Text files: what authors write is read, and what the press makes is written."""

from __future__ import annotations

import os
from pathlib import Path

from casebook.core.problems import Kind, Problem


def read_text(path: Path) -> str | Problem:
    """Return the text of an author's file, or why there is none; the problem names the file."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        message = f"'{path.name}' is not UTF-8; save the file in that encoding"
        return Problem(Kind.BAD_FILE, message, line, str(path))
    except OSError as error:
        message = f"'{path.name}' cannot be read: {error.strerror}"
        return Problem(Kind.BAD_FILE, message, 1, str(path))


def write_text(path: Path, text: str) -> None:
    """Write a file that differs, in a folder that may not be there yet, at once.

    Two processes may write the same file, and a third read it.
    """
    if not path.exists() or path.read_text(encoding="utf-8") != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        own = path.with_name(f"{path.name}.{os.getpid()}")
        own.write_text(text, encoding="utf-8")
        own.replace(path)
