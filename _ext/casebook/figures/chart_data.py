"""The numbers of charts: as a table where they are few, and always as a file of the site."""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.osutil import relative_uri

from casebook.base.directive import BookList
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.standard_nodes import cell, table
from casebook.core.figures.axes import shown
from casebook.core.figures.chart import Chart
from casebook.core.figures.exhibit import Shown
from casebook.core.text.sentences import around
from casebook.figures.drawn_charts import folded
from casebook.figures.record_charts import records_table

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = "data"
"""Where the site offers the numbers of charts, and all records."""


def data_file(output: str) -> str:
    """Return where the site keeps the numbers of an output."""
    return f"{FOLDER}/{output}.csv"


def _uri(page: PageContext, output: str) -> str:
    """Return where a page finds the numbers of an output; nothing in an edition without files."""
    if not page.on_screen:
        return ""
    return relative_uri(page.builder.get_target_uri(page.name), data_file(output))


def folded_numbers(page: PageContext, output: str, chart: Chart) -> list[nodes.Node]:
    """Return the numbers of a chart in HTML: a table that opens if they are few, and a file."""
    below: list[nodes.Node] = []
    if uri := _uri(page, output):
        file = f'<a class="reference internal" href="{escape(uri)}" download>CSV</a>'
        html = f'<span class="small">Numbers: {file}</span>'
        if chart.is_short:
            html = f'<p class="small">The same as {file}.</p>'
        below.append(nodes.raw("", html, format="html"))
    return folded(numbers_table(chart), *below) if chart.is_short else below


def numbers_table(chart: Chart) -> nodes.table:
    """Return the numbers of a chart as a table."""
    heads = [
        cell(nodes.Text(head), classes=("num",) if i else ()) for i, head in enumerate(chart.heads)
    ]
    others_wide = len(chart.heads) - 1
    widths = (28, *([72 // others_wide] * others_wide))
    made, body = table([], "chart-data", widths, heads)
    for row in chart.rows:
        first, *others = map(shown, row)
        numbers = [cell(nodes.Text(words), classes=("num",)) for words in others]
        body += nodes.row("", cell(nodes.Text(first)), *numbers)
    return made


@dataclass(frozen=True, slots=True)
class AllChartData(Content):
    """The numbers of every chart, or where they lie if they are many."""

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        made: list[nodes.Node] = []
        # Where a chart is shown again, as on a home page, its last place has the text about it.
        shown_last = {
            (found.output, found.chart.heads if found.chart else found.metrics): found
            for found in page.view.of(Shown)
            if found.chart or found.metrics
        }
        for found in shown_last.values():
            caption = around(page.view.words(found.caption), 0)
            link = page.place(found.page, found.anchor, caption)
            made.append(nodes.paragraph("", "", link))
            chart = found.chart
            if chart is None:
                made.append(records_table(page, found.metrics))
            else:
                made.append(numbers_table(chart) if chart.is_short else _where(page, found))
        return made or [nodes.paragraph("", "The book has no chart.")]


def _where(page: PageContext, found: Shown) -> nodes.paragraph:
    assert found.chart
    name: nodes.Node = nodes.literal("", data_file(found.output))
    where = " beside the web edition."
    if uri := _uri(page, found.output):
        name, where = nodes.reference("", "", name, refuri=uri, internal=True), "."
    rows = nodes.Text(f"{len(found.chart.rows)} rows, in ")
    return nodes.paragraph("", "", rows, name, nodes.Text(where))


class ChartData(BookList):
    """``chart-data``: the numbers of all charts."""

    listed = AllChartData


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("chart-data", ChartData)
