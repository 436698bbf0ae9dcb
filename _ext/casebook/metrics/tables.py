"""``metrics-table``: metrics with value, date, evidence and source.

Its body holds records, which are printed in full, or a list of ids: then it is a glance at metrics
whose records stand elsewhere, and each row leads there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from docutils import nodes

from casebook.base.directive import BookLink, CaptionedDirective
from casebook.base.domain import domain_of
from casebook.base.reporting import report
from casebook.base.standard_nodes import cell, evidence_mark, head_cell, plain_link
from casebook.core.metrics import metric as core
from casebook.core.metrics.formulas import Reference
from casebook.core.metrics.metric import Metric, MetricRow
from casebook.core.problems import Kind, Problem
from casebook.core.text import yaml_records
from casebook.core.text.yaml_records import Scalar
from casebook.literate.made_by import MadeBy, check_made
from casebook.metrics.values import (
    AsOf,
    EvidenceKind,
    EvidenceWord,
    Input,
    Label,
    Number,
    Origins,
    RestsOn,
    UnitInColumn,
)

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

HEADS = ("Measure", "Value", "Unit", "As of", "Evidence")
CLASSES = ((), ("num",), ("unit",), ("as-of",), ("evidence-cell",))
WIDTHS = (44, 15, 16, 13, 20)
GLANCE_HEADS, GLANCE_WIDTHS = ("Measure", "Value", "As of", "Evidence"), (25, 28, 17, 30)


class MetricsTable(CaptionedDirective):
    """``metrics-table``: a table of metrics, each with value, date, evidence and source."""

    def run(self) -> list[nodes.Node]:
        if self.is_empty():
            return []
        named = yaml_records.names(self.body)
        if named:
            return [self._glance(tuple(self._once(named)))]
        read = core.parse(self.body, self.sources, self.stored, self.text)
        for problem in read.problems:
            self.warn(problem)
        heads = [
            cell(nodes.Text(head), classes=classes)
            for head, classes in zip(HEADS, CLASSES, strict=True)
        ]
        made, body = self.captioned("metrics-table", WIDTHS, heads)
        for metric in read.metrics:
            body += self._table_row(self._kept(metric))
        return [made]

    def _once(self, named: tuple[Scalar, ...]) -> Iterator[Scalar]:
        seen: set[str] = set()
        for one in named:
            if one.text in seen:
                message = f"'{one.text}' has a row in this table already"
                self.warn(Problem(Kind.DUPLICATE_ID, message, one.line))
            else:
                yield one
            seen.add(one.text)

    def _glance(self, named: tuple[Scalar, ...]) -> nodes.table:
        heads = [cell(nodes.Text(head)) for head in GLANCE_HEADS]
        made, body = self.captioned("metrics-list", GLANCE_WIDTHS, heads)
        made["classes"].append("metrics-glance")
        for one in named:
            value = plain_link("casebook", "metric", one.text, "", self.env.docname)
            value.source, value.line = self.get_source_info()[0], self.body_line(one.line)
            value["plain"] = False  # the rest of the record shows on the link
            body += nodes.row(
                "",
                cell(self.place(Label(one.text))),
                cell(value),
                cell(self.place(AsOf(one.text))),
                nodes.entry(
                    "",
                    nodes.paragraph("", "", self.place(EvidenceWord(one.text))),
                    nodes.paragraph("", "", self.place(Origins(one.text))),
                ),
            )
        return made

    def _kept(self, metric: Metric) -> MetricRow:
        lines = (metric.line, metric.formula_line, metric.source_line)
        line, formula_line, source_line = map(self.body_line, lines)
        here = replace(metric, line=line, formula_line=formula_line, source_line=source_line)
        row = MetricRow(self.env.docname, here)
        self.book.add(row)
        return row

    def _table_row(self, kept: MetricRow) -> nodes.row:
        metric = kept.metric
        target = nodes.target("", "", ids=[kept.anchor])
        self.state.document.note_explicit_target(target)
        label = nodes.inline("", "", *self.nodes_of(metric.label), classes=["measure"])
        row = nodes.row("", head_cell([target, label], self._explained(metric)))
        parts = (Number(metric.id), UnitInColumn(metric.id), AsOf(metric.id))
        for part, classes in zip(parts, CLASSES[1:4], strict=True):
            row += cell(self.place(part), classes=classes)
        row += nodes.entry("", *self._evidence(metric), classes=list(CLASSES[4]))
        return row

    def _explained(self, metric: Metric) -> list[nodes.inline]:
        lines = [nodes.inline("", "", *self.nodes_of(metric.what), classes=["what"])]
        if metric.formula:
            pieces = [
                self.place(Input(piece.id)) if isinstance(piece, Reference) else nodes.Text(piece)
                for piece in metric.formula.pieces()
            ]
            lines.append(nodes.inline("", "", *pieces, classes=["what", "formula"]))
        if metric.doubt:
            doubt = [nodes.Text("Doubt: "), *self.nodes_of(metric.doubt)]
            lines.append(nodes.inline("", "", *doubt, classes=["what", "doubt"]))
        return lines

    def _evidence(self, metric: Metric) -> list[nodes.Node]:
        if metric.formula or metric.output:
            made_by = MadeBy(metric.output, metric.measured)
            rests_on = RestsOn(metric.id) if metric.formula else made_by
            return [
                nodes.paragraph("", "", self.place(EvidenceKind(metric.id))),
                nodes.paragraph("", "", self.place(rests_on)),
            ]
        where: list[nodes.Node] = [nodes.Text(metric.locator)]
        if metric.via:
            where += [nodes.Text("; read through "), *self.nodes_of(metric.via)]
        return [
            nodes.paragraph("", "", evidence_mark(metric.evidence, metric.evidence.value)),
            nodes.paragraph("", "", self.cited(metric.source, metric.source_line)),
            nodes.paragraph("", "", nodes.inline("", "", *where, classes=["locator"])),
        ]


def _check(app: Sphinx, env: BuildEnvironment) -> None:
    """Report metrics that exist twice, and formulas that cannot be computed."""
    book = domain_of(env).book
    for row, first in book.doubled:
        place = f"{env.doc2path(first.page, False)}:{first.metric.line}"
        message = f"the metric '{row.metric.id}' exists already, at {place}"
        report(Problem(Kind.DUPLICATE_ID, message), (row.page, row.metric.line))
    for name, misfit in book.misfits.items():
        row = book.rows[name]
        report(misfit, (row.page, row.metric.formula_line))
    for row in book.rows.values():
        check_made(book, row.metric.output, row.page, row.metric.line, bool(row.metric.measured))
    for metric in core.lonely(row.metric for row in book.rows.values()):
        row = book.rows[metric.id]
        message = (
            f"the metric '{metric.id}' holds of one machine alone; "
            f"add one of a ratio in '{metric.output}', whose unit is 'ratio' or 'percent'"
        )
        report(Problem(Kind.BAD_OUTPUT, message), (row.page, metric.line))


def setup(app: Sphinx) -> None:
    """Register the role, the directive and the check of all metrics of the book."""
    app.add_role("metric", BookLink("metric"))
    app.add_directive("metrics-table", MetricsTable)
    app.connect("env-check-consistency", _check)
