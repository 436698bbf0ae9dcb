"""The code of a page as the book keeps it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from casebook.core.literate.chunks import Chunk
from casebook.core.literate.languages import PYTHON
from casebook.core.literate.program import Program
from casebook.core.literate.runs import RunBy
from casebook.core.text.marked_text import Text


@dataclass(frozen=True, slots=True)
class Code:
    """A page that holds code, and which tests run each of its chunks."""

    page: str
    program: Program = field(repr=False, default=Program())
    tests: Mapping[str, RunBy] = field(repr=False, default_factory=dict)


@dataclass(frozen=True, slots=True)
class Listing:
    """A chunk as it is printed."""

    page: str
    chunk: Chunk
    caption: Text
    lexer: str = PYTHON.lexer
    """The name under which it is coloured."""


@dataclass(frozen=True, slots=True)
class Exercise:
    """An exercise as it is printed."""

    page: str
    name: str
    title: Text
    task: tuple[Text, ...]
    """Its paragraphs."""
    line: int = field(repr=False)

    @property
    def anchor(self) -> str:
        """The id of the exercise on its page."""
        return f"exercise-{self.name}"
