"""What directives that show a stored output have in common.

A build runs no code.  It reads what `make outputs` has stored, and names the chunk that made it.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, TypeVar

from docutils import nodes

from casebook.base.directive import BookDirective
from casebook.base.domain import domain_of
from casebook.base.placeholders import Content
from casebook.core.figures.chart import Chart
from casebook.core.figures.exhibit import Exhibit, Shown
from casebook.core.literate.measured import Measured
from casebook.core.literate.stored_outputs import (
    Counterexample,
    Output,
    Stored,
    StoredText,
    is_counterexample,
)
from casebook.core.problems import Kind, Problem
from casebook.core.text.marked_text import Text
from casebook.literate.made_by import Evident, check_made

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

S = TypeVar("S", Output, StoredText, Counterexample)
SHOWN_BY: dict[type[Stored], str] = {
    Output: "'chart', 'stepper' or 'audio'",
    StoredText: "'output'",
    Counterexample: "'counterexample'",
}
"""The directives for each form of what is stored."""


class OutputDirective(BookDirective):
    """A directive whose argument names a stored output."""

    has_content = False
    required_arguments = 1

    @property
    def output(self) -> str:
        """The name of the output."""
        return str(self.arguments[0].strip()) if self.arguments else ""

    def lacks(self, *needed: str) -> bool:
        """Report missing options."""
        lacking = [name for name in needed if not self.options.get(name, "").strip()]
        for name in lacking:
            message = f"the option '{name}' is missing; '{self.name}' needs {_listed(needed)}"
            self.warn(Problem(Kind.MISSING_FIELD, message), self.lineno)
        return bool(lacking)

    def found(self, name: str, form: type[S]) -> S | None:
        """Return an output of a form; None if it cannot be shown, which is reported."""
        # The name tells a counterexample, whether it is stored or not.
        other = is_counterexample(name) and form is not Counterexample
        stored = None if other else self.stored(name)
        if isinstance(stored, form):
            return stored
        if isinstance(stored, Problem):
            self.warn(stored, self.lineno)
            return None
        right = SHOWN_BY[type(stored) if stored else Counterexample]
        message = f"'{name}' is shown by the directive {right}"
        self.warn(Problem(Kind.BAD_OUTPUT, message), self.lineno)
        return None

    def kept(
        self,
        node: nodes.Element,
        caption: Text,
        content: Content,
        measured: Measured | None = None,
        chart: Chart | None = None,
        sounds: tuple[int, ...] = (),
    ) -> None:
        """Name what is shown, and note it; `content` shows it again on another page."""
        self.named(node, self.output.replace("/", "-"))
        self.noted(node, self.output, caption, chart, measured, sounds=sounds)
        self.shown_again(node, caption, content, Evident(self.output, measured))

    def named(self, node: nodes.Element, name: str) -> None:
        """Give a node the name that its author has given it, or this one.

        What is shown again on the page has a number behind it.
        """
        own = f"{self.name}-{name}"
        free = (own if n == 1 else f"{own}-{n}" for n in itertools.count(1))
        taken = self.state.document.nameids
        if not self.options.get("name", "").strip():
            self.options["name"] = next(name for name in free if name not in taken)
        self.add_name(node)
        self.set_source_info(node)

    def noted(
        self,
        node: nodes.Element,
        output: str,
        caption: Text,
        chart: Chart | None = None,
        measured: Measured | None = None,
        metrics: tuple[str, ...] = (),
        sounds: tuple[int, ...] = (),
    ) -> None:
        """Note that a node shows an output, or records."""
        page, anchor = self.env.docname, next(iter(node["ids"]), "")
        by_clock = measured is not None
        line = self.lineno
        shown = Shown(page, anchor, output, caption, chart, line, by_clock, metrics, sounds)
        self.book.add(shown)

    def shown_again(
        self, node: nodes.Element, caption: Text, content: Content, source: Content
    ) -> None:
        """Let other pages show a node again; `source` says where it comes from."""
        page, anchor = self.env.docname, next(iter(node["ids"]), "")
        self.book.add(Exhibit(page, anchor, caption, tuple(node["classes"]), content, source))

    def source(self, content: Content) -> nodes.inline:
        """Return the words that say where something comes from."""
        return nodes.inline("", "", self.place(content), classes=["figure-source"])


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]


def _check(app: Sphinx, env: BuildEnvironment) -> None:
    """Report outputs that are shown and that no chunk makes."""
    book = domain_of(env).book
    for shown in book.of(Shown):
        check_made(book, shown.output, shown.page, shown.line, shown.measured)


def setup(app: Sphinx) -> None:
    """Register the check of all outputs that are shown."""
    app.connect("env-check-consistency", _check)
