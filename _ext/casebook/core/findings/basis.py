"""What whole paragraphs rest on, where no source says them."""

from __future__ import annotations

from enum import Enum

from casebook.core.problems import Kind, Problem, shortened, suggestion


class Basis(Enum):
    """The words that stand beside such paragraphs, as authors write them."""

    RECONSTRUCTION = "reconstruction"
    """A design that would do what is seen from outside."""
    INFERRED = "inferred"
    """Something that follows from what sources say."""
    NOT_PUBLIC = "not-public"
    """Something of which no source was found."""

    @property
    def words(self) -> str:
        """The word as a reader sees it."""
        return self.value.replace("-", " ")


def parse(text: str) -> Basis | Problem:
    """Read the word that an author has written."""
    known = [one.value for one in Basis]
    if text in known:
        return Basis(text)
    hint = suggestion(text, known) or f"; the words are {', '.join(known)}"
    return Problem(Kind.BAD_EVIDENCE, f"no paragraph rests on {shortened(text)}{hint}")
