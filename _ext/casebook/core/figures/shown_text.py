"""Stored texts as they are shown: of which form, which of their lines, and which are marked."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum

from casebook.core.literate.chunks import MOST_COLUMNS, MOST_LINES
from casebook.core.literate.stored_outputs import StoredText
from casebook.core.problems import Kind, Problem, shortened
from casebook.core.text import line_ranges
from casebook.core.text.line_ranges import Range

BESIDE = {2: 36, 3: 23}
"""Columns of each of two or of three texts that stand side by side."""

_REQUEST = re.compile(r"[A-Z]+ \S+(?: HTTP/\d(?:\.\d)?)?")
_STATUS = re.compile(r"HTTP/\d(?:\.\d)? \d{3}(?: .*)?")
_HEADER = re.compile(r"[\w!#$%&'*+.^`|~-]+: ?\S.*", re.ASCII)
_OCTETS = re.compile(r"[0-9A-Fa-f]{2}(?: [0-9A-Fa-f]{2})* {2,}\S.*")
_PIECE = re.compile(r"""\s*(?:"([^"]*)"|'([^']*)'|([^,]*?))\s*(?:,|$)""")


class Form(Enum):
    """The form of a text, which decides how it is checked and coloured."""

    HTTP = "http"
    JSON = "json"
    PACKET = "packet"
    TRACE = "trace"

    @property
    def label(self) -> str:
        """The word that names a text of this form at its left."""
        return _LABELS[self]


_LABELS = {
    Form.HTTP: "Exchange",
    Form.JSON: "Object",
    Form.PACKET: "Packet",
    Form.TRACE: "Trace",
}


@dataclass(frozen=True, slots=True)
class Part:
    """What is shown of a text."""

    lines: tuple[str, ...]
    marked: tuple[int, ...] = ()
    """The lines that are marked, counted from 1."""


def form_of(name: str) -> Form | Problem:
    """Read the name of a form."""
    known = [form.value for form in Form]
    if name in known:
        return Form(name)
    if not name:
        message = f"the option 'as' is missing; the forms are {', '.join(known)}"
        return Problem(Kind.MISSING_FIELD, message)
    message = f"unknown form {shortened(name)}; the forms are {', '.join(known)}"
    return Problem(Kind.BAD_OUTPUT, message)


def begins_message(line: str) -> bool:
    """Tell whether an HTTP message may begin with this line."""
    return bool(_REQUEST.fullmatch(line) or _STATUS.fullmatch(line))


def is_header(line: str) -> bool:
    """Tell whether a line is a header of HTTP."""
    return bool(_HEADER.fullmatch(line))


def span(text: StoredText, lines: str) -> Range | Problem:
    """Read a range of lines such as `4-19`."""
    found = line_ranges.parse(lines)
    if found is None:
        message = f"'lines' is a range such as '4-19', not {shortened(lines)}"
        return Problem(Kind.BAD_OUTPUT, message)
    if found[1] > len(text.lines):
        message = f"'{text.name}' has no line {found[1]}, but {len(text.lines)} in all"
        return Problem(Kind.BAD_OUTPUT, message)
    return found


def part(
    text: StoredText,
    form: Form,
    lines: Range | None = None,
    together: int = 1,
) -> Part | Problem:
    """Return what is shown of a text: all of it, or its lines from a first to a last.

    `together` texts stand side by side, and leave each other less room.  The answer is a problem if
    the text is not of its form, or too long or too broad to be read.
    """
    fault = _misfit(text, form)
    if fault:
        return Problem(Kind.BAD_OUTPUT, fault)
    columns = BESIDE.get(together, MOST_COLUMNS)
    first, last = lines or (1, len(text.lines))
    shown = text.lines[first - 1 : last]
    if len(shown) > MOST_LINES:
        message = (
            f"'{text.name}' has {len(shown)} lines, and {MOST_LINES} is the limit; "
            "choose some with 'lines'"
        )
        return Problem(Kind.BAD_OUTPUT, message)
    for at, line in enumerate(shown, first):
        if len(line) > columns:
            where = {2: " beside another text", 3: " beside two others"}.get(together, "")
            message = (
                f"line {at} of '{text.name}' has {len(line)} columns, "
                f"and {columns} is the limit{where}"
            )
            return Problem(Kind.BAD_OUTPUT, message)
    return Part(shown)


def _misfit(text: StoredText, form: Form) -> str:
    """Say why a text is not of a form; nothing if it is."""
    found = _FAULTS[form](text.lines) if form in _FAULTS else None
    if not found:
        return ""
    at, fault = found
    quoted = shortened(text.lines[at - 1])
    return f"'{text.name}' is not of the form '{form.value}': line {at}, {quoted}, {fault}"


def _no_exchange(lines: Sequence[str]) -> tuple[int, str] | None:
    """Return the first line that keeps lines from being messages of HTTP, and why."""
    inside = ""
    for at, line in enumerate(lines, 1):
        # A body ends where, after a blank line, the next message begins.
        after_blank = at == 1 or not lines[at - 2]
        if after_blank and begins_message(line):
            inside = "head"
        elif not inside:
            return at, "is neither a request line nor a status line"
        elif inside == "head" and line and not is_header(line):
            return at, "is no header; a blank line ends the headers"
        elif not line:
            inside = "body"
    return None


def _no_json(lines: Sequence[str]) -> tuple[int, str] | None:
    try:
        json.loads("\n".join(lines), parse_constant=_refuse)
    except json.JSONDecodeError as error:
        return error.lineno, f"cannot be read as JSON: {error.msg}"
    except (ValueError, RecursionError):
        return 1, "cannot be read as JSON"
    return None


def _refuse(constant: str) -> float:
    raise ValueError(constant)


def _no_packet(lines: Sequence[str]) -> tuple[int, str] | None:
    fault = "is not octets in hex, two spaces, and what they say"
    return next(
        ((at, fault) for at, line in enumerate(lines, 1) if not _OCTETS.fullmatch(line)), None
    )


_FAULTS: Mapping[Form, Callable[[Sequence[str]], tuple[int, str] | None]] = {
    Form.HTTP: _no_exchange,
    Form.JSON: _no_json,
    Form.PACKET: _no_packet,
}
"""What finds the first line that is not of a form, and says why; a trace may hold any lines."""


def pieces(option: str) -> list[str]:
    """Split a list at its commas; one that is part of a piece stands between quotation marks."""
    found: Iterable[tuple[str, str, str]] = _PIECE.findall(option)
    return [piece for piece in ("".join(each) for each in found) if piece]


def marked(parts: Sequence[Part], option: str) -> tuple[list[Part], list[Problem]]:
    """Mark each line that holds one of the pieces, and report pieces that no line holds."""
    wanted = pieces(option)
    lines = [line for part in parts for line in part.lines]
    problems = [
        Problem(Kind.BAD_OUTPUT, f"no line holds {shortened(piece)}{_nearest(piece, lines)}")
        for piece in wanted
        if not any(piece in line for line in lines)
    ]
    if not wanted:
        problems.append(Problem(Kind.BAD_OUTPUT, "'mark' names no piece of the text"))
    return [Part(part.lines, tuple(_holding(wanted, part.lines))) for part in parts], problems


def _holding(wanted: Sequence[str], lines: Sequence[str]) -> Iterator[int]:
    """Yield the numbers of the lines that hold one of the pieces."""
    for at, line in enumerate(lines, 1):
        if any(piece in line for piece in wanted):
            yield at


def _nearest(piece: str, lines: Sequence[str]) -> str:
    """Name the line that has most in common with a piece; none if that is next to nothing."""

    def common(line: str) -> int:
        matcher = SequenceMatcher(None, piece.lower(), line.lower(), autojunk=False)
        return sum(found.size for found in matcher.get_matching_blocks() if found.size > 2)

    best = max(lines, key=common)
    return f"; the nearest is {shortened(best)}" if 2 * common(best) >= len(piece) else ""
