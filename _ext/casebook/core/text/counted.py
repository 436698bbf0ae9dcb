"""Numbers of things, in words."""

from __future__ import annotations


def counted(number: int, what: str) -> str:
    """Return a number and what it counts, a noun that takes an "s": "1 line", "1,200 lines"."""
    return f"{number:,} {what}{'s' * (number != 1)}"
