"""The inventory: what each study holds, counted when it is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinxcontrib.mermaid import mermaid

from casebook.base.directive import TableDirective
from casebook.base.domain import domain_of
from casebook.base.links import ListMaker, Page
from casebook.base.placeholders import Generated
from casebook.base.table_nodes import cell, table
from casebook.core.book import counts as core
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
            diagrams=len(list(self.document.findall(mermaid))),
            tables=sum("decision-matrix" not in found["classes"] for found in tables),
            charts=sum("chart" in figure["classes"] for figure in figures),
        )
        if any((found.diagrams, found.tables, found.charts)):
            domain_of(self.env).add(page, found)


class Inventory(TableDirective):
    """``inventory``: a table of what each study holds; the argument is the caption."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        rows = self.generated("inventory")
        return [self.table(self.arguments[0], ["inventory"], rows)]


def _inventory(page: Page, node: Generated) -> list[nodes.Node]:
    studies, total = page.view.inventory()
    names = [study.name for study in page.view.studies()]
    columns = [*studies.values(), total]
    num = ("num",)
    heads = [cell(nodes.Text("What")), *(cell(nodes.Text(n), classes=num) for n in [*names, "All"])]
    widths = (40, *([60 // len(columns)] * len(columns)))
    made, body = table([], "", widths, heads)
    for kind, words in core.KINDS.items():
        numbers = [cell(nodes.Text(f"{counts[kind]:,}"), classes=num) for counts in columns]
        body += nodes.row("", cell(nodes.Text(words)), *numbers)
    return list(made.children)


LISTS: dict[str, ListMaker] = {"inventory": _inventory}
"""What a placeholder becomes."""


def setup(app: Sphinx) -> None:
    """Register directive and transform."""
    app.add_directive("inventory", Inventory)
    app.add_transform(CountContents)
