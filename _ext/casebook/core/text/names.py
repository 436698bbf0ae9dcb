"""The names that authors give: lower-case words joined by hyphens."""

from __future__ import annotations

import re

PATTERN = r"[a-z][a-z0-9]*(?:-[a-z0-9]+)*"
"""What a name looks like, for patterns that hold more than one."""
_NAME = re.compile(PATTERN)


def is_name(text: str) -> bool:
    """Tell whether a metric, a pattern or a chunk may be called so."""
    return bool(_NAME.fullmatch(text))
