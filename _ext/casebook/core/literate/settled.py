"""Recorded texts made the same on every run: random ids, and dates that a clock gave.

What a program prints twice alike stays as it is: words, names of versions, ids that count.
"""

from __future__ import annotations

import itertools
import re

_ID = re.compile(
    r"(?<![\w-])((?:[a-z]+_)+)(?=[A-Za-z0-9]*[0-9]|[a-f]{16})([A-Za-z0-9]{8,})(?![\w-])", re.ASCII
)
"""A prefix and eight letters or more, one of them a digit: `ch_1NxxYZ2e`, and no `tok_visa`."""
_DATES = (
    # The date of a header (RFC 9110, section 5.6.7).
    (
        re.compile(r"\b[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT\b", re.ASCII),
        "Thu, 01 Jan 2026 00:00:00 GMT",
    ),
    # A time of RFC 3339; a day alone may be the name of a version.
    (
        re.compile(
            r"\b\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2})?(?!\d)",
            re.ASCII,
        ),
        "2026-01-01T00:00:00Z",
    ),
    # Seconds since 1970, in a field of JSON whose name says that it is a time.
    (
        re.compile(r'("(?:created|timestamp|\w+_at)":\s*)\d{10}\b', re.ASCII),
        r"\g<1>1767225600",
    ),
)


def settled(text: str) -> str:
    """Return the text with random ids counted in their order, and times that are always the same.

    Ids that were equal stay equal, and others stay apart.
    """
    for pattern, fixed in _DATES:
        text = pattern.sub(fixed, text)
    names: dict[str, str] = {}
    taken = set(re.findall(r"\w+", text))

    def counted(found: re.Match[str]) -> str:
        if found[0] not in names:
            free = (f"{found[1]}{n}" for n in itertools.count(1))
            names[found[0]] = next(name for name in free if name not in taken)
            taken.add(names[found[0]])
        return names[found[0]]

    return _ID.sub(counted, text)
