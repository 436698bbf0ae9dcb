"""``counterexample``: how an invariant breaks when its guard is taken away, move by move."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives

from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.standard_nodes import cell, table
from casebook.core.literate.stored_outputs import Counterexample
from casebook.figures.output_directive import OutputDirective
from casebook.literate.made_by import Evident

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class CounterexampleDirective(OutputDirective):
    """``counterexample``: a table of moves, and what each showed with the guard and without it."""

    option_spec: ClassVar = {"name": directives.unchanged, "caption": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        if self.lacks("caption"):
            return []
        stored = self.found(self.output, Counterexample)
        if stored is None:
            return []
        said = self.text_at(self.options["caption"], self.option_line("caption"))
        made = _moves(stored, self.nodes_of(said))
        self.kept(made, said, ToldMoves(stored))
        return [made, _note(stored, self.source(Evident(self.output)))]


@dataclass(frozen=True, slots=True)
class ToldMoves(Content):
    """A counterexample on another page: its table without a caption, the note without a source."""

    stored: Counterexample

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        return [_moves(self.stored, []), _note(self.stored)]


def _moves(stored: Counterexample, caption: list[nodes.Node]) -> nodes.table:
    heads = [cell(nodes.Text(head)) for head in ("Move", "With the guard", "Without it")]
    made, body = table(caption, "counterexample", (24, 38, 38), heads)
    last = len(stored.moves) - 1
    for i, moves in enumerate(zip(stored.moves, stored.guarded, stored.unguarded, strict=True)):
        move, guarded, unguarded = (nodes.Text(text or "–") for text in moves)
        broken = ("broken",) if i == last else ()
        body += nodes.row("", cell(move), cell(guarded), cell(unguarded, classes=broken))
    return made


def _note(stored: Counterexample, *source: nodes.inline) -> nodes.paragraph:
    told = nodes.Text(f"Broken at the last move: {stored.broken}. ")
    return nodes.paragraph("", "", told, *source, classes=["table-note"])


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("counterexample", CounterexampleDirective)
