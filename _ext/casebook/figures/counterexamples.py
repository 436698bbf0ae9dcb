"""``counterexample``: how an invariant breaks when its guard is taken away, move by move."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives

from casebook.base.standard_nodes import cell, table
from casebook.core.literate.stored_outputs import Counterexample
from casebook.figures.output_directive import OutputDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class CounterexampleDirective(OutputDirective):
    """``counterexample``: a table of moves, and what each showed with the guard and without it."""

    option_spec: ClassVar = {"name": directives.unchanged, "caption": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        if self.lacks("caption"):
            return []
        stored = self.found(counterexample=True)
        if not isinstance(stored, Counterexample):
            return []
        said = self.text_at(self.options["caption"], self.option_line("caption"))
        heads = [cell(nodes.Text(head)) for head in ("Move", "With the guard", "Without it")]
        made, body = table(self.nodes_of(said), "counterexample", (24, 38, 38), heads)
        last = len(stored.moves) - 1
        for i, moves in enumerate(zip(stored.moves, stored.guarded, stored.unguarded, strict=True)):
            move, guarded, unguarded = (nodes.Text(text or "–") for text in moves)
            broken = ("broken",) if i == last else ()
            body += nodes.row("", cell(move), cell(guarded), cell(unguarded, classes=broken))
        self.kept(made, said, None)
        told = nodes.Text(f"Broken at the last move: {stored.broken}. ")
        return [made, nodes.paragraph("", "", told, self.maker(), classes=["table-note"])]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("counterexample", CounterexampleDirective)
