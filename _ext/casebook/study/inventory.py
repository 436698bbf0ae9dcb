"""The inventory: what each study holds, counted when it is read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms import SphinxTransform

from casebook.base.directive import BookTable
from casebook.base.domain import domain_of
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.standard_nodes import cell, table
from casebook.core.book import counts
from casebook.core.book.records import Contents

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class CountContents(SphinxTransform):
    """Count what only the whole page shows: drawings and tables."""

    default_priority = 900

    def apply(self, **kwargs: Any) -> None:
        page = self.env.docname
        tables = list(self.document.findall(nodes.table))
        figures = list(self.document.findall(nodes.figure))
        found = Contents(
            page,
            diagrams=sum("diagram" in figure["classes"] for figure in figures),
            tables=sum("decision-matrix" not in found["classes"] for found in tables),
            charts=sum("chart" in figure["classes"] for figure in figures),
        )
        if any((found.diagrams, found.tables, found.charts)):
            domain_of(self.env).add(found)


@dataclass(frozen=True, slots=True)
class InventoryRows(Content):
    """The rows of the inventory: a kind of content each, a study in each column."""

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        studies, total = page.view.inventory()
        names = [study.name for study in page.view.studies()]
        columns = [*studies.values(), total]
        num = ("num",)
        heads = [cell(nodes.Text(name), classes=num) for name in [*names, "All"]]
        widths = (40, *([60 // len(columns)] * len(columns)))
        made, body = table([], "", widths, [cell(nodes.Text("What")), *heads])
        for kind, words in counts.KINDS.items():
            numbers = [cell(nodes.Text(f"{found[kind]:,}"), classes=num) for found in columns]
            body += nodes.row("", cell(nodes.Text(words)), *numbers)
        return list(made.children)


class InventoryDirective(BookTable):
    """``inventory``: a table of what each study holds; the argument is the caption."""

    kinds = ("inventory",)
    listed = InventoryRows


def setup(app: Sphinx) -> None:
    """Register directive and transform."""
    app.add_directive("inventory", InventoryDirective)
    app.add_transform(CountContents)
