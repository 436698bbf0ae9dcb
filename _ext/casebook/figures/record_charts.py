"""``chart`` with ``metrics``: published numbers that are records, drawn with their evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docutils import nodes

from casebook.base.domain import domain_of
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.reporting import report
from casebook.base.standard_nodes import cell, evidence_mark, joined, table
from casebook.core.book.view import Valued
from casebook.core.figures import record_chart as core
from casebook.core.figures.chart import OPTIONS
from casebook.core.figures.drawing import Drawing, DrawingError, RendererMissing, to_pdf
from casebook.core.figures.record_chart import RecordChart, Wanted
from casebook.core.metrics.metric import Evidence
from casebook.core.problems import Kind, Problem
from casebook.core.text.marked_text import Text
from casebook.core.text.sentences import around
from casebook.figures.drawings import FONTS, PRINT_WIDTH, cached, image, inline

if TYPE_CHECKING:
    from casebook.figures.output_directive import OutputDirective

NEEDED = ("type", "metrics", "caption", "alt")
"""The options without which no records are drawn."""
HEADS, WIDTHS = ("Measure", "As of", "Value", "Evidence"), (40, 20, 25, 15)


@dataclass(frozen=True, slots=True)
class DrawnRecords(Content):
    """A chart of records as the edition at hand can show it."""

    wanted: Wanted
    caption: Text
    alt: Text

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        chart = self._charted(page, at)
        if chart is None:
            return []
        try:
            return self._drawn(page, at, chart)
        except RendererMissing as error:
            report(Problem(Kind.NO_RENDERER, f"{error} The page shows its numbers instead."), at)
        except DrawingError as error:
            report(Problem(Kind.BAD_CHART, str(error)), at)
        return [records_table(page, self.wanted.metrics)]

    def _charted(self, page: PageContext, at: Placeholder) -> RecordChart | None:
        """Return what is drawn; None if the records do not fit, which is reported."""
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

    def _drawn(self, page: PageContext, at: Placeholder, chart: RecordChart) -> list[nodes.Node]:
        env = page.env
        alt = domain_of(env).bare_words(env.docname, self.alt, at)
        title = around(page.view.words(self.caption), 0)
        builder = env._app.builder
        if builder.format == "latex":
            data = cached(env, ("pdf", chart), lambda: to_pdf(_draw(chart, True), FONTS))
            return [image(env, data, "pdf", alt=alt, stem="chart", width=f"{PRINT_WIDTH}pt")]
        if builder.name.startswith("epub"):
            key: object = ("file", chart, title, alt)
            data = cached(env, key, lambda: _draw(chart).standalone(title, alt).encode())
            return [image(env, data, "svg", alt=alt, stem="chart")]
        if builder.format == "html":
            figure: Any = at.parent
            figure += nodes.legend("", *self._numbers(page), classes=["figure-actions"])
            name = figure["ids"][0] + "-drawing"
            key = ("inline", chart, name, title, alt)
            data = cached(env, key, lambda: inline(_draw(chart), name, title, alt).encode())
            return [nodes.raw("", data.decode(), format="html")]
        return [nodes.paragraph("", alt)]

    def _numbers(self, page: PageContext) -> list[nodes.Node]:
        """Return the table of its records, which opens."""
        opening = '<details class="data"><summary>Numbers</summary>'
        return [
            nodes.raw("", opening, format="html"),
            records_table(page, self.wanted.metrics),
            nodes.raw("", "</details>", format="html"),
        ]


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


def _draw(chart: RecordChart, on_paper: bool = False) -> Drawing:
    # With matplotlib, which takes a second.
    from casebook.core.figures import chart_style, record_drawing

    return record_drawing.draw(chart, chart_style.PAPER if on_paper else chart_style.SCREEN, FONTS)


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
    kinds, drawn = KindsOf(wanted.metrics), DrawnRecords(wanted, said, alt)
    source = nodes.inline("", "", directive.place(kinds), classes=["figure-source"])
    caption = nodes.caption("", "", *directive.nodes_of(said), nodes.Text(" "), source)
    drawing = directive.place(drawn)
    drawing.line = directive.option_line("metrics")
    figure = nodes.figure("", drawing, caption, classes=["chart"])
    directive.named(figure, wanted.metrics[0])
    directive.noted(figure, "", said, metrics=wanted.metrics)
    directive.shown_again(figure, said, drawn, kinds)
    return [figure]
