"""How long a text takes to read."""

from __future__ import annotations

import math
import re

WORDS_A_MINUTE = 220
"""A little less than the mean of 238 words a minute that Brysbaert (2019, "How many words do we
read per minute?") found for adults who read English non-fiction in silence."""

_WORD = re.compile(r"\w+(?:[’'.,:/-]\w+)*")


def count(text: str) -> int:
    """Count the words of a text; what a hyphen joins, or a number with its signs, is one."""
    return len(_WORD.findall(text))


def minutes(words: int) -> int:
    """Return the whole minutes in which so many words can be read, at least one."""
    return max(1, math.ceil(words / WORDS_A_MINUTE))
