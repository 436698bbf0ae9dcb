"""``metrics-comparison``: metrics side by side, with a note where they are not alike."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives

from casebook.base.directive import CaptionedDirective
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.reporting import report
from casebook.base.standard_nodes import cell, head_cell, plain_link
from casebook.core.problems import Kind, Problem
from casebook.core.text.yaml_records import YamlRecord, records
from casebook.metrics.values import EvidenceWord

if TYPE_CHECKING:
    from sphinx.application import Sphinx

NOT_PUBLISHED = "not published"


@dataclass(frozen=True, slots=True)
class Likeness(Content):
    """Nothing to see: metrics of different kinds or dates are reported, unless a note says so."""

    metrics: tuple[str, ...]
    noted: bool

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        named = (page.view.metric(name) for name in self.metrics)
        metrics = [valued.resolved for valued in named if valued and valued.resolved]
        kinds = {metric.metric.evidence for metric in metrics}
        spans = {metric.as_of for metric in metrics}
        differing = [w for w, found in (("kinds", kinds), ("dates", spans)) if len(found) > 1]
        if differing and not self.noted:
            what = " and ".join(differing)
            message = f"the metrics of this row have different {what}; say so in 'note'"
            report(Problem(Kind.MIXED_EVIDENCE, message), at)
        return []


class MetricsComparison(CaptionedDirective):
    """``metrics-comparison``: a row for each measure, a column for each thing compared."""

    option_spec: ClassVar = CaptionedDirective.option_spec | {"columns": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        if self.is_empty():
            return []
        columns = [c.strip() for c in self.options.get("columns", "").split(",") if c.strip()]
        if not columns:
            message = "the option 'columns' is missing; name the columns, with commas between them"
            self.warn(Problem(Kind.MISSING_FIELD, message), self.lineno)
            return []
        heads = [
            cell(nodes.Text("Measure")),
            *(cell(nodes.Text(c), classes=("num",)) for c in columns),
        ]
        made, body = self.captioned(
            "matrix", (30, *([max(1, 70 // len(columns))] * len(columns))), heads
        )
        rows, problems = records(self.body)
        for record in rows:
            row = self._row(record, len(columns))
            problems += record.problems
            if row:
                body += row
        for problem in problems:
            self.warn(problem)
        return [made]

    def _row(self, record: YamlRecord, columns: int) -> nodes.row | None:
        record.check_fields(("label", "metrics", "note"))
        label, metrics, note = (
            record.need("label"),
            record.need_list("metrics"),
            record.text("note"),
        )
        if metrics and len(metrics) != columns:
            message = f"the row has {len(metrics)} metrics for {columns} columns; write "
            record.report(
                Kind.BAD_VALUE, f"{message}'{NOT_PUBLISHED}' where there is none", "metrics"
            )
        if record.problems:
            return None
        notes: list[nodes.inline] = []
        if note:
            said = self.inline(note, self.body_line(record.line_of("note")))
            notes.append(nodes.inline("", "", *said, classes=["what"]))
        names = tuple(m.text for m in metrics if m.text != NOT_PUBLISHED)
        likeness = self.place(Likeness(names, bool(note)))
        likeness.line = self.body_line(record.line)
        said = self.inline(label, self.body_line(record.line_of("label")))
        label_node = nodes.inline("", "", *said, classes=["measure"])
        row = nodes.row("", head_cell([likeness, label_node], notes))
        for metric in metrics:
            if metric.text == NOT_PUBLISHED:
                row += cell(nodes.inline("", NOT_PUBLISHED, classes=["unit"]), classes=("num",))
            else:
                row += self._cell(metric.text, metric.line)
        return row

    def _cell(self, name: str, line: int) -> nodes.entry:
        value = plain_link("casebook", "metric", name, "", self.env.docname)
        value.source, value.line = self.get_source_info()[0], self.body_line(line)
        mark = self.place(EvidenceWord(name))
        return nodes.entry(
            "",
            nodes.paragraph("", "", value),
            nodes.paragraph("", "", mark, classes=["evidence-line"]),
            classes=["num"],
        )


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("metrics-comparison", MetricsComparison)
