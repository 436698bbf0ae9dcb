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
from casebook.core.figures.chart import Chart, Shown
from casebook.core.text.sentences import around
from casebook.figures.record_charts import records_table

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = "data"
"""Where the site offers the numbers of charts, and all records."""


def data_file(output: str) -> str:
    """Return where the site keeps the numbers of an output."""
    return f"{FOLDER}/{output}.csv"


def folded_numbers(page: PageContext, output: str, chart: Chart) -> str:
    """Return the numbers of a chart as HTML: a table that opens if they are few, and a file."""
    builder, file = page.env._app.builder, ""
    if builder.name in ("html", "dirhtml"):  # which have the file
        uri = relative_uri(builder.get_target_uri(page.name), data_file(output))
        file = f'<a class="reference internal" href="{escape(uri)}" download>CSV</a>'
    if not chart.is_short:
        return f'<span class="small">Numbers: {file}</span>' if file else ""
    heads = "".join(
        f'<th class="head" scope="col"><p>{escape(head)}</p></th>' for head in chart.heads
    )
    rows = "".join(
        f'<tr><th scope="row"><p>{escape(shown(first))}</p></th>'
        + "".join(f'<td class="num"><p>{escape(shown(c))}</p></td>' for c in others)
        + "</tr>"
        for first, *others in chart.rows
    )
    return (
        '<details class="data"><summary>Numbers</summary>'
        '<div class="table-wrapper docutils container"><table class="docutils">'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        + (f'<p class="small">The same as {file}.</p>' if file else "")
        + "</details>"
    )


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
    file = data_file(found.output)
    name: nodes.Node = nodes.literal("", file)
    builder = page.env._app.builder
    where = " beside the web edition."
    if builder.name in ("html", "dirhtml"):
        uri = relative_uri(builder.get_target_uri(page.name), file)
        name, where = nodes.reference("", "", name, refuri=uri, internal=True), "."
    rows = nodes.Text(f"{len(found.chart.rows)} rows, in ")
    return nodes.paragraph("", "", rows, name, nodes.Text(where))


class ChartData(BookList):
    """``chart-data``: the numbers of all charts."""

    listed = AllChartData


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("chart-data", ChartData)
