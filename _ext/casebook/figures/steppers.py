"""``stepper``: states of a stored output, one after another.

Everywhere it is a table of some steps.  On the web all steps lie beside it as data, of which a
script makes buttons, a slider and one state at a time.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives

from casebook.base.page_context import PageContext
from casebook.base.page_files import link_files
from casebook.base.placeholders import Content, Placeholder
from casebook.base.standard_nodes import cell, head_cell, table
from casebook.core.figures import stepper as core
from casebook.core.figures.stepper import Stepper
from casebook.core.literate.stored_outputs import Output
from casebook.core.text.reading_time import Length
from casebook.figures.output_directive import OutputDirective
from casebook.literate.made_by import Evident

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = Path(__file__).parent
_START = '<div class="stepper-steps"'
STEP_WIDTHS = 8, 26
"""The width of the first column in signs, with numbers alone and with words."""
LEAST, MOST = 8, 30
"""What a column of the state is taken to be as wide as, in signs."""


@dataclass(frozen=True, slots=True)
class AllSteps(Content):
    """All steps as data for the script, in editions that have one."""

    stepper: Stepper

    @property
    def length(self) -> Length:
        """A stepper is a picture; the words of its table count by themselves."""
        return Length(pictures=1)

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        if not page.on_screen:
            return []
        one = self.stepper
        held = {
            "columns": one.columns,
            "states": one.states,
            "events": one.events,
            "phases": [(phase.first, phase.last, phase.name) for phase in one.phases],
        }
        data = json.dumps(held, ensure_ascii=False, separators=(",", ":"))
        # In single quotes, since the data is full of double ones.
        written = escape(data, quote=False).replace("'", "&#39;")
        made = f"{_START} hidden data-steps='{written}'></div>"
        return [nodes.raw("", made, format="html")]


class StepperDirective(OutputDirective):
    """``stepper``: which columns and phases, and which steps stand on paper."""

    option_spec: ClassVar = dict.fromkeys(
        ("name", "columns", "step", "phases", "print", "caption"), directives.unchanged
    )

    def run(self) -> list[nodes.Node]:
        if self.lacks("print", "caption"):
            return []
        stored = self.found(self.output, Output)
        if stored is None:
            return []
        given = (self.options.get(name, "") for name in ("columns", "step", "phases", "print"))
        stepper = core.parse(stored, *given)
        if not isinstance(stepper, Stepper):
            for wrong in stepper:
                self.warn(wrong.problem, self.option_line(wrong.option))
            return []
        said = self.text_at(self.options["caption"], self.option_line("caption"))
        made = _table(stepper, self.nodes_of(said))
        self.kept(made, said, ToldSteps(stepper), stored.measured)
        steps = self.place(AllSteps(stepper))
        note = _note(self.source(Evident(self.output, stored.measured)))
        return [nodes.container("", made, steps, note, classes=["stepper"])]


@dataclass(frozen=True, slots=True)
class ToldSteps(Content):
    """A stepper on another page: its table without a caption, all steps, a note without words."""

    stepper: Stepper

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        return [_table(self.stepper, []), *AllSteps(self.stepper).fill(page, at), _note()]


def _note(*source: nodes.inline) -> nodes.paragraph:
    return nodes.paragraph("", "", *source, classes=["table-note"])


def _table(stepper: Stepper, caption: list[nodes.Node]) -> nodes.table:
    """Return the steps that stand on paper."""
    heads = [cell(nodes.Text(head)) for head in ("Step", *stepper.columns)]
    columns = zip(stepper.columns, *stepper.states, strict=True)
    signs = [min(max(LEAST, *map(len, texts)), MOST) + 1 for texts in columns]
    first = STEP_WIDTHS[bool(stepper.events or stepper.phases)]
    made, body = table(caption, "steps", (first, *signs), heads)
    for step in stepper.printed:
        told = "; ".join(filter(None, (stepper.event(step), stepper.phase(step))))
        words = [nodes.inline("", told, classes=["what"])] if told else []
        state = [cell(nodes.Text(text or "–")) for text in stepper.states[step - 1]]
        body += nodes.row("", head_cell([nodes.Text(str(step))], words), *state)
    return made


def _add_files(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if _START in context.get("body", ""):
        link_files(app, FOLDER / "stepper.css", FOLDER / "stepper.js")


def setup(app: Sphinx) -> None:
    """Register the directive, and lay its files beside the pages that have one."""
    app.add_directive("stepper", StepperDirective)
    app.connect("html-page-context", _add_files)
