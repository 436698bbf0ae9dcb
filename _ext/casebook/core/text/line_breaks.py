"""Where a line may end in what has no spaces: a path, an address, a unit."""

from __future__ import annotations

import re

_BREAK = "\N{ZERO WIDTH SPACE}"
_BREAKABLE = re.compile(r"(?<=[/_.=?&])(?=\w)|(?<=\w)(?=-\w)")
"""After a mark; but before a hyphen, which at the end of a line would seem to be ours."""


def breakable(text: str) -> str:
    """Let a text go on in the next line after its marks and before its hyphens."""
    return _BREAKABLE.sub(_BREAK, text)
