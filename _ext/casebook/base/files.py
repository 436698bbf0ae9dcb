"""The door for files that authors write: what cannot be read is a problem, never a traceback."""

from __future__ import annotations

from pathlib import Path

from casebook.core.problems import Kind, Problem


def read_text(path: Path) -> str | Problem:
    """Return the text of a file, or why there is none; the problem names the file."""
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        line = error.object.count(b"\n", 0, error.start) + 1
        message = f"'{path.name}' is not UTF-8; save the file in that encoding"
        return Problem(Kind.BAD_FILE, message, line, str(path))
    except OSError as error:
        message = f"'{path.name}' cannot be read: {error.strerror}"
        return Problem(Kind.BAD_FILE, message, 1, str(path))
