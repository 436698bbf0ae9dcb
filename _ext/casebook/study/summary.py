"""The opening of a study: its deck, its summary, its key insight."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from docutils import nodes

from casebook.base.directive import BookDirective
from casebook.core.problems import Kind, Problem
from casebook.core.text.sentences import count

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class Opening(BookDirective):
    """A part of the opening: a container with its label in the hang column."""

    label: ClassVar[str] = ""
    sentences: ClassVar[int] = 0
    """At most so many sentences; 0 for no limit."""

    def run(self) -> list[nodes.Node]:
        if self.is_empty():
            return []
        part = nodes.container(classes=[self.name])
        if self.label:
            part += nodes.rubric("", self.label, classes=["hang-label"])
        parsed = self.parse_content_to_nodes()
        found = count(" ".join(node.astext() for node in parsed))
        if self.sentences and found > self.sentences:
            message = (
                f"'{self.name}' holds at most {self.sentences} sentences, and this has {found}"
            )
            self.warn(Problem(Kind.BAD_OPENING, message), self.lineno)
        part += parsed
        return [part]


class StudyDeck(Opening):
    """``study-deck``: one sentence under the title."""

    sentences = 1


class ExecutiveSummary(Opening):
    """``executive-summary``: the study for a reader with two minutes."""

    label = "Summary"


class KeyInsight(Opening):
    """``key-insight``: what to remember, in at most three sentences."""

    label = "Key insight"
    sentences = 3


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("study-deck", StudyDeck)
    app.add_directive("executive-summary", ExecutiveSummary)
    app.add_directive("key-insight", KeyInsight)
