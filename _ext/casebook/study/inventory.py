"""The inventory: what each study holds, counted when it is read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
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


KINDS: tuple[tuple[str, type[nodes.Element], str], ...] = (
    ("stepper", nodes.Element, "steppers"),
    ("output-marked", nodes.Element, "marked_outputs"),
    ("session", nodes.container, "sessions"),
    ("diagram", nodes.figure, "diagrams"),
    ("chart", nodes.figure, "charts"),
    ("audio", nodes.figure, "sounds"),
)
"""What is counted by its class: the class, where it must stand, and the count it goes to."""


class CountContents(SphinxTransform):
    """Count what only the whole page shows: pictures, tables and sessions."""

    default_priority = 900

    def apply(self, **kwargs: Any) -> None:
        if found := Counter(_shown(self.document)):
            domain_of(self.env).add(Contents(self.env.docname, **found))


def _shown(node: nodes.Element) -> Iterator[str]:
    """Yield the kind of everything that is counted in a node.

    What stands inside of it belongs to it.  What another page shows is counted there, and a
    decision matrix by its record.
    """
    for part in node.children:
        if not isinstance(part, nodes.Element) or "excerpt" in part["classes"]:
            continue
        if kind := _kind(part):
            yield kind
        elif "decision-matrix" not in part["classes"]:
            yield from _shown(part)


def _kind(node: nodes.Element) -> str:
    classes = node["classes"]
    for name, form, kind in KINDS:
        if name in classes and isinstance(node, form):
            return kind
    is_table = isinstance(node, nodes.table) and "decision-matrix" not in classes
    return "tables" if is_table else ""


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
