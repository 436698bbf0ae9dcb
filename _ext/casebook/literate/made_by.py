"""Which chunk made what was computed."""

from __future__ import annotations

from dataclasses import dataclass

from docutils import nodes

from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.reporting import report
from casebook.base.standard_nodes import evidence_mark
from casebook.core.book.book import Book
from casebook.core.literate.measured import Measured
from casebook.core.metrics.metric import Evidence, day_of
from casebook.core.problems import Kind, Problem, suggestion


@dataclass(frozen=True, slots=True)
class MadeBy(Content):
    """ "by" and the chunk that makes a stored output, after what it was measured on, if it was."""

    output: str
    measured: Measured | None = None

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        where = f"{self.measured.where}, " if self.measured else ""
        words = [nodes.Text(f"{where}by "), *page.maker(self.output)]
        return [nodes.inline("", "", *words, classes=["source"])]


@dataclass(frozen=True, slots=True)
class Evident(Content):
    """The kind of evidence of a stored output, and the chunk that makes it.

    Where the output itself is shown, it says when and on what it was measured.
    """

    output: str
    measured: Measured | None = None

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        measures = page.view.measures(self.output)
        kind = Evidence.MEASURED if measures or self.measured else Evidence.MODELLED
        found = self.measured
        where = f" {day_of(found)} {found.where}," if found else ""
        return [
            evidence_mark(kind, kind.value),
            nodes.Text(f"{where} by "),
            *page.maker(self.output),
        ]


def check_made(book: Book, output: str, page: str, line: int, measured: bool | None = None) -> None:
    """Report an output that a line of a page shows and no chunk makes.

    `measured` says whether what is stored was measured, where the line shows what is stored.
    """
    if not output:
        return
    maker = book.makers.get(output)
    if not maker:
        message = f"no chunk makes the output '{output}'{suggestion(output, book.makers)}"
        report(Problem(Kind.UNKNOWN_OUTPUT, message), (page, line))
    elif measured is not None and measured is not maker.chunk.measured:
        message = (
            f"what is stored as '{output}' was measured, and {maker.chunk.title} computes it; "
            "run 'make outputs'"
            if measured
            else f"what is stored as '{output}' was computed, and {maker.chunk.title} measures it; "
            f"run 'make measure ONE={output}'"
        )
        report(Problem(Kind.BAD_OUTPUT, message), (page, line))
