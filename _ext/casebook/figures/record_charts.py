"""``chart`` with ``metrics``: published numbers that are records, drawn with their evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docutils import nodes

from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.reporting import report
from casebook.base.standard_nodes import cell, evidence_mark, joined, table
from casebook.core.book.answers import Valued
from casebook.core.figures import record_chart as core
from casebook.core.figures import record_drawing
from casebook.core.figures.chart import OPTIONS
from casebook.core.figures.chart_style import Size
from casebook.core.figures.drawing import Drawing
from casebook.core.figures.record_chart import RecordChart, Wanted
from casebook.core.metrics.metric import Evidence
from casebook.core.problems import Kind, Problem
from casebook.figures.drawings import FONTS
from casebook.figures.drawn_charts import DrawnChart

if TYPE_CHECKING:
    from casebook.figures.output_directive import OutputDirective

NEEDED = ("type", "metrics", "caption", "alt")
"""The options without which no records are drawn."""
HEADS, WIDTHS = ("Measure", "As of", "Value", "Evidence"), (40, 20, 25, 15)


@dataclass(frozen=True, slots=True)
class DrawnRecords(DrawnChart[RecordChart]):
    """A chart of records."""

    wanted: Wanted

    def charted(self, page: PageContext, at: Placeholder) -> RecordChart | None:
        found = []
        for name in self.wanted.metrics:
            valued = page.view.metric(name)
            if valued is None:
                message = f"unknown metric '{name}'{page.view.near('metric', name)}"
                report(Problem(Kind.UNKNOWN_METRIC, message), at)
            elif valued.resolved:  # else its formula has been reported
                found.append((page.view.words(valued.metric.label), valued.resolved))
        if len(found) < len(self.wanted.metrics):
            return None
        chart = core.charted(self.wanted, found)
        if isinstance(chart, Problem):
            report(chart, at)
            return None
        return chart

    def draw(self, chart: RecordChart, size: Size) -> Drawing:
        return record_drawing.draw(chart, size, FONTS)

    def numbers(self, page: PageContext) -> nodes.table:
        return records_table(page, self.wanted.metrics)


@dataclass(frozen=True, slots=True)
class KindsOf(Content):
    """The kinds of evidence of some metrics, each with its mark."""

    metrics: tuple[str, ...]

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        found = {valued.metric.evidence for valued in _valued(page, self.metrics)}
        kinds = sorted(found, key=lambda kind: kind.weight)
        return joined([evidence_mark(kind, kind.value)] for kind in kinds)


def records_table(page: PageContext, metrics: tuple[str, ...]) -> nodes.table:
    """Return records as a table; each value leads to its row."""
    made, body = table([], "chart-data", WIDTHS, [cell(nodes.Text(head)) for head in HEADS])
    for valued in _valued(page, metrics):
        if valued.resolved:
            value = str(valued.resolved.printed)
            kind: Evidence = valued.metric.evidence
            body += nodes.row(
                "",
                cell(nodes.Text(page.view.words(valued.metric.label))),
                cell(nodes.Text(valued.resolved.date)),
                cell(page.metric(valued.metric.id, value)),
                cell(evidence_mark(kind, kind.value)),
            )
    return made


def _valued(page: PageContext, metrics: tuple[str, ...]) -> list[Valued]:
    found = (page.view.metric(name) for name in metrics)
    return [valued for valued in found if valued]


def record_chart(directive: OutputDirective) -> list[nodes.Node]:
    """Read the options of a chart of records, and return its figure."""
    options = directive.options
    if "metrics" not in options:
        message = "the chart names neither an output nor, with the option 'metrics', records"
        directive.warn(Problem(Kind.MISSING_FIELD, message), directive.lineno)
        return []
    if directive.lacks(*NEEDED):
        return []
    for option in ("x", *OPTIONS):
        if option in options:
            message = f"a chart of records has no '{option}'"
            directive.warn(Problem(Kind.BAD_CHART, message), directive.option_line(option))
            return []
    wanted = core.parse(options["type"], options["metrics"], options.get("y"))
    if isinstance(wanted, Problem):
        directive.warn(wanted, directive.lineno)
        return []
    said = directive.text_at(options["caption"], directive.option_line("caption"))
    alt = directive.bare_text_at(options["alt"], directive.option_line("alt"))
    kinds, drawn = KindsOf(wanted.metrics), DrawnRecords(said, alt, wanted)
    source = [nodes.Text(" "), directive.source(kinds)]
    caption = nodes.caption("", "", *directive.nodes_of(said), *source)
    drawing = directive.place(drawn)
    drawing.line = directive.option_line("metrics")
    figure = nodes.figure("", drawing, caption, classes=["chart"])
    directive.named(figure, wanted.metrics[0])
    directive.noted(figure, "", said, metrics=wanted.metrics)
    directive.shown_again(figure, said, drawn, kinds)
    return [figure]
