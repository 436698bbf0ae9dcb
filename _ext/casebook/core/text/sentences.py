"""The sentence around a place in a text."""

from __future__ import annotations

import re

# A full stop, question or exclamation mark (with a closing quote or bracket behind it), white
# space, and a capital, digit or opening quote; not after a common abbreviation.  Good enough for
# prose, and a wrong cut does no harm.
_END = re.compile(
    r"(?<!\be\.g\.)(?<!\bi\.e\.)(?<!\bcf\.)(?<!\bvs\.)(?<!\b[Ff]ig\.)"
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


def count(text: str) -> int:
    """Count the sentences of a text."""
    return len(_END.findall(text.strip())) + bool(text.strip())
