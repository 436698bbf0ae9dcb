"""The sentences of a text, and the one around a place in it."""

from __future__ import annotations

import re
from itertools import pairwise

# A full stop, question or exclamation mark (with a closing quote or bracket behind it), white
# space, and a capital, digit or opening quote; not after a common abbreviation.  Good enough for
# prose, and a wrong cut does no harm.
_END = re.compile(
    r"(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bcf\.)(?<!\bvs\.)(?<!\b[Ff]ig\.)"
    r"(?<!\bInc\.)(?<!\bLtd\.)(?<!\bp\.)(?<!\bpp\.)"
    r"(?<=[.!?])[”’\"')\]]*\s+(?=[A-Z0-9“‘\"'(\[])"
)


def around(text: str, offset: int) -> str:
    """Return the sentence of `text` that holds the character at `offset`, on one line."""
    start = 0
    for match in _END.finditer(text):
        if match.end() > offset:
            return " ".join(text[start : match.end()].split())
        start = match.end()
    return " ".join(text[start:].split())


def split(text: str) -> list[str]:
    """Cut a text into its sentences; together they hold every character of it.

    White space between two of them belongs to the later one.
    """
    cuts = [0, *(match.end() - _blank(match[0]) for match in _END.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(cuts) if text[start:end].strip()]


def _blank(end: str) -> int:
    """Count the characters of white space at the end of a text."""
    return len(end) - len(end.rstrip())


def count(text: str) -> int:
    """Count the sentences of a text."""
    return len(_END.findall(text.strip())) + bool(text.strip())
