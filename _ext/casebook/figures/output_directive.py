"""What directives that show a stored output have in common.

A build runs no code.  It reads what `make outputs` has stored, and names the chunk that made it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes

from casebook.base.directive import BookDirective
from casebook.base.domain import domain_of
from casebook.base.placeholders import Content
from casebook.core.figures.chart import Chart, Shown
from casebook.core.figures.exhibit import Exhibit
from casebook.core.literate.measured import Measured
from casebook.core.literate.stored_outputs import Stored, is_counterexample
from casebook.core.problems import Kind, Problem
from casebook.core.text.marked_text import Text
from casebook.literate.made_by import Evident, check_made

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


class OutputDirective(BookDirective):
    """A directive whose argument names a stored output."""

    has_content = False
    required_arguments = 1

    @property
    def output(self) -> str:
        """The name of the output."""
        return str(self.arguments[0].strip())

    def lacks(self, *needed: str) -> bool:
        """Report missing options."""
        lacking = [name for name in needed if not self.options.get(name, "").strip()]
        for name in lacking:
            message = f"the option '{name}' is missing; '{self.name}' needs {_listed(needed)}"
            self.warn(Problem(Kind.MISSING_FIELD, message), self.lineno)
        return bool(lacking)

    def found(self, counterexample: bool) -> Stored | None:
        """Return the output; None if it cannot be shown, which is reported."""
        if is_counterexample(self.output) is not counterexample:
            right = "counterexample" if is_counterexample(self.output) else "chart"
            message = f"'{self.output}' is shown by the directive '{right}'"
            self.warn(Problem(Kind.BAD_OUTPUT, message), self.lineno)
            return None
        stored = self.stored(self.output)
        if isinstance(stored, Problem):
            self.warn(stored, self.lineno)
            return None
        return stored

    def kept(
        self,
        node: nodes.Element,
        caption: Text,
        chart: Chart | None,
        content: Content,
        measured: Measured | None = None,
    ) -> None:
        """Name what is shown, and note it; `content` shows it again on another page."""
        self.options.setdefault("name", self.name + "-" + self.output.replace("/", "-"))
        self.add_name(node)
        self.set_source_info(node)
        anchor = node["ids"][0] if node["ids"] else ""
        page, classes = self.env.docname, tuple(node["classes"])
        shown = Shown(page, anchor, self.output, caption, chart, self.lineno, bool(measured))
        self.book.add(shown)
        source = Evident(self.output, measured)
        self.book.add(Exhibit(page, anchor, caption, classes, content, source))

    def maker(self, measured: Measured | None = None) -> nodes.inline:
        """Say that this is modelled, or when and on what it was measured, and by which chunk."""
        said = self.place(Evident(self.output, measured))
        return nodes.inline("", "", said, classes=["figure-source"])


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
