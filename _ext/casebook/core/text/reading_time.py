"""How long a text takes to read."""

from __future__ import annotations

import math
import re

WORDS_A_MINUTE = 220
"""A little less than the mean of 238 words a minute that Brysbaert (2019, "How many words do we
read per minute?") found for adults who read English non-fiction in silence."""

_WORD = re.compile(r"\w+(?:[’'.,:/-]\w+)*")


def count(text: str) -> int:
    """How many words a text has; what is joined by a hyphen, or a number with its signs, is one."""
    return len(_WORD.findall(text))


def minutes(words: int) -> int:
    """Whole minutes in which so many words can be read, at least one."""
    return max(1, math.ceil(words / WORDS_A_MINUTE))
