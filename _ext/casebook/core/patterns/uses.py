"""Where the book describes patterns, and where it uses them."""

from __future__ import annotations

from dataclasses import dataclass, field

from casebook.core.text.marked_text import Text


@dataclass(frozen=True, slots=True)
class PatternSection:
    """The section that describes a pattern."""

    page: str
    slug: str
    anchor: str
    line: int = field(repr=False)


@dataclass(frozen=True, slots=True)
class PatternUse:
    """A place that links to a pattern: its section and the sentence around the link."""

    page: str
    slug: str
    anchor: str
    heading: Text
    sentence: Text
    line: int = field(repr=False)
