"""Which chunk made what was computed."""

from __future__ import annotations

from dataclasses import dataclass

from docutils import nodes

from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.reporting import report
from casebook.base.standard_nodes import evidence_mark
from casebook.core.book.book import Book
from casebook.core.metrics.metric import Evidence
from casebook.core.problems import Kind, Problem, suggestion


@dataclass(frozen=True, slots=True)
class MadeBy(Content):
    """ "by" and the chunk that makes a stored output."""

    output: str

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        words = [nodes.Text("by "), *page.maker(self.output)]
        return [nodes.inline("", "", *words, classes=["source"])]


@dataclass(frozen=True, slots=True)
class Modelled(Content):
    """The kind of evidence of a stored output, and the chunk that makes it."""

    output: str

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        mark = evidence_mark(Evidence.MODELLED, "modelled")
        return [mark, nodes.Text(" by "), *page.maker(self.output)]


def check_made(book: Book, output: str, page: str, line: int) -> None:
    """Report an output that a line of a page shows and no chunk makes."""
    if output and output not in book.makers:
        message = f"no chunk makes the output '{output}'{suggestion(output, book.makers)}"
        report(Problem(Kind.UNKNOWN_OUTPUT, message), (page, line))
