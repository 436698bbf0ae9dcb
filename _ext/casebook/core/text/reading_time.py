"""How long a page takes to read."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

WORDS_A_MINUTE = 220
"""A little less than the mean of 238 words a minute that Brysbaert (2019, "How many words do we
read per minute?") found for adults who read English non-fiction in silence."""
LINES_A_MINUTE = 20
"""Lines of code; the book's own guess."""
SECONDS_A_PICTURE = 15
"""For a diagram or a chart; the book's own guess.  Its caption counts as words."""

_WORD = re.compile(r"\w+(?:[’'.,:/-]\w+)*")


def count(text: str) -> int:
    """Count the words of a text; what a hyphen joins, or a number with its signs, is one."""
    return len(_WORD.findall(text))


@dataclass(frozen=True, slots=True)
class Length:
    """How much there is to read: words, those of tables and captions too, code, pictures."""

    words: int = 0
    lines: int = 0
    """Lines of code, of listings and of transcripts."""
    pictures: int = 0

    def __add__(self, other: Length) -> Length:
        return Length(
            self.words + other.words, self.lines + other.lines, self.pictures + other.pictures
        )

    @property
    def minutes(self) -> int:
        """The whole minutes that it takes, at least one."""
        needed = (
            self.words / WORDS_A_MINUTE
            + self.lines / LINES_A_MINUTE
            + self.pictures * SECONDS_A_PICTURE / 60
        )
        return max(1, math.ceil(needed))


@dataclass(frozen=True, slots=True)
class PageLength:
    """How much there is to read on a page."""

    page: str
    length: Length


@dataclass(frozen=True, slots=True)
class PathLength:
    """How much there is to read on the path that is marked through a page."""

    page: str
    length: Length
