"""What authors wrote, made once while their page is read: words, with marks for roles.

A role may stand for words that only the whole book knows: the value of a metric, the name of a
pattern, the label of a source.  A `Text` keeps a mark in its place.  Tooltips, indexes, exports
and the titles of drawings show `Text.words`, so none of them ever holds the source of a role.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field

_MARK = re.compile("\ue000([a-z]+):([^\ue001]*)\ue001")
"""Between private-use characters, which no text of the book holds."""
_CITATION = re.compile("\\s*\ue000(?:cite|label):[^\ue001]*\ue001")

Named = Callable[[str, str], str]
"""Gives the words for a kind of mark, and a name.

The kinds are "metric", "pattern", "insight", "chunk", "cite" (sources in brackets), "label"
(without them) and "target" (a place that a link leads to, "page#anchor" or a label)."""


def mark(kind: str, name: str) -> str:
    """Return what stands in a text for words that are known once the book is read."""
    return f"\ue000{kind}:{name}\ue001"


@dataclass(frozen=True, slots=True)
class Text:
    """A text of one line, and the line of its page on which it starts."""

    marked: str
    line: int = field(default=0, compare=False, repr=False)

    def __bool__(self) -> bool:
        return bool(self.marked)

    def words(self, named: Named) -> str:
        """Return the text as it is read, with the words that `named` gives for each mark."""
        return _MARK.sub(lambda found: named(found[1], found[2]), self.marked)

    @property
    def marks(self) -> list[tuple[str, str]]:
        """The kind and the name of each mark."""
        return _MARK.findall(self.marked)

    @property
    def uncited(self) -> Text:
        """The text without its citations; a space before one goes with it."""
        return Text(_CITATION.sub("", self.marked), self.line)


NO_TEXT = Text("")

Reader = Callable[[str, int], Text]
"""Makes a text of what an author wrote on a line (from 1) of a body."""
