"""Metrics on the page: tables, cards, comparisons, and the value in a sentence."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes

from casebook.base.directive import BookDirective, BookLink
from casebook.base.placeholders import Generated
from casebook.base.table_nodes import cell, evidence_mark, head_cell, plain_link, table
from casebook.core.book.records import MetricRow
from casebook.core.metrics import metric as core
from casebook.core.metrics.formulas import Reference
from casebook.core.metrics.metric import Metric
from casebook.core.problems import Kind, Problem
from casebook.core.text.yaml_records import Record, records

if TYPE_CHECKING:
    from sphinx.application import Sphinx

HEADS = ("Measure", "Value", "Unit", "As of", "Evidence")
CLASSES = ((), ("num",), ("unit",), ("as-of",), ("evidence-cell",))
WIDTHS = (44, 15, 16, 13, 20)
NOT_PUBLISHED = "not published"


class MetricsDirective(BookDirective):
    """A directive whose body names figures."""

    def figure_link(self, name: str, line: int) -> addnodes.pending_xref:
        """A link to a figure's row, named on a line of the body."""
        link = plain_link("casebook", "metric", name, "", self.env.docname)
        link.source, link.line = self.get_source_info()[0], self.body_line(line)
        return link


class CaptionedDirective(MetricsDirective):
    """A directive with a caption as its argument and a name to link to."""

    required_arguments = 1
    option_spec: ClassVar = {"name": directives.unchanged, "class": directives.class_option}

    def captioned(
        self, kind: str, widths: tuple[int, ...], heads: list[nodes.entry]
    ) -> tuple[nodes.table, nodes.tbody]:
        """The table, with caption, name and classes."""
        caption = self.inline(self.arguments[0], self.lineno)
        made, body = table(caption, kind, widths, heads)
        made["classes"] += self.options.get("class", [])
        self.set_source_info(made)
        self.add_name(made)
        return made, body


class MetricsTable(CaptionedDirective):
    """``metrics-table``: a table of figures, each with value, date, evidence and source."""

    def run(self) -> list[nodes.Node]:
        if self.is_empty():
            return []
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

    def _kept(self, metric: Metric) -> MetricRow:
        lines = (metric.line, metric.formula_line, metric.source_line)
        line, formula_line, source_line = map(self.body_line, lines)
        here = replace(metric, line=line, formula_line=formula_line, source_line=source_line)
        row = MetricRow(self.env.docname, here)
        self.book.add(self.env.docname, row)
        return row

    def _table_row(self, kept: MetricRow) -> nodes.row:
        metric = kept.metric
        target = nodes.target("", "", ids=[kept.anchor])
        self.state.document.note_explicit_target(target)
        label = nodes.inline("", "", *self.nodes_of(metric.label), classes=["measure"])
        row = nodes.row("", head_cell([target, label], self._explained(metric)))
        for what, classes in zip(("number", "unit", "date"), CLASSES[1:4], strict=True):
            row += cell(Generated("", what=what, name=metric.id), classes=classes)
        row += nodes.entry("", *self._evidence(metric), classes=list(CLASSES[4]))
        return row

    def _explained(self, metric: Metric) -> list[nodes.inline]:
        lines = [nodes.inline("", "", *self.nodes_of(metric.what), classes=["what"])]
        if metric.formula:
            pieces: list[nodes.Node] = []
            for piece in metric.formula.pieces():
                if isinstance(piece, Reference):
                    pieces.append(Generated("", what="input", name=piece.id, page=self.env.docname))
                else:
                    pieces.append(nodes.Text(piece))
            lines.append(nodes.inline("", "", *pieces, classes=["what", "formula"]))
        if metric.doubt:
            doubt = [nodes.Text("Doubt: "), *self.nodes_of(metric.doubt)]
            lines.append(nodes.inline("", "", *doubt, classes=["what", "doubt"]))
        return lines

    def _evidence(self, metric: Metric) -> list[nodes.Node]:
        if metric.formula or metric.output:
            what = "sources" if metric.formula else "maker"
            name = metric.id if metric.formula else metric.output
            rests_on = Generated("", what=what, name=name, page=self.env.docname)
            self.set_source_info(rests_on)
            return [
                nodes.paragraph("", "", Generated("", what="evidence", name=metric.id)),
                nodes.paragraph("", "", rests_on),
            ]
        where: list[nodes.Node] = [nodes.Text(metric.locator)]
        if metric.via:
            where += [nodes.Text("; read through "), *self.nodes_of(metric.via)]
        return [
            nodes.paragraph("", "", evidence_mark(metric.evidence, metric.evidence.value)),
            nodes.paragraph("", "", self.cited(metric.source, metric.source_line)),
            nodes.paragraph("", "", nodes.inline("", "", *where, classes=["locator"])),
        ]


class MetricsComparison(CaptionedDirective):
    """``metrics-comparison``: figures side by side, with a note where they are not alike."""

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
            cell(nodes.Text(HEADS[0])),
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

    def _row(self, record: Record, columns: int) -> nodes.row | None:
        record.check_fields(("label", "figures", "note"))
        label, figures, note = (
            record.need("label"),
            record.need_list("figures"),
            record.text("note"),
        )
        if figures and len(figures) != columns:
            message = f"the row has {len(figures)} figures for {columns} columns; write "
            record.report(
                Kind.BAD_VALUE, f"{message}'{NOT_PUBLISHED}' where there is none", "figures"
            )
        if record.problems:
            return None
        notes: list[nodes.inline] = []
        if note:
            said = self.inline(note, self.body_line(record.line_of("note")))
            notes.append(nodes.inline("", "", *said, classes=["what"]))
        names = tuple(f.text for f in figures if f.text != NOT_PUBLISHED)
        likeness = self.generated("likeness", figures=names, noted=bool(note))
        likeness.line = self.body_line(record.line)
        said = self.inline(label, self.body_line(record.line_of("label")))
        label_node = nodes.inline("", "", *said, classes=["measure"])
        row = nodes.row("", head_cell([likeness, label_node], notes))
        for figure in figures:
            if figure.text == NOT_PUBLISHED:
                row += cell(nodes.inline("", NOT_PUBLISHED, classes=["unit"]), classes=("num",))
                continue
            value = self.figure_link(figure.text, figure.line)
            mark = Generated("", what="evidence-word", name=figure.text)
            figure_cell = nodes.entry("", nodes.paragraph("", "", value), classes=["num"])
            figure_cell += nodes.paragraph("", "", mark, classes=["evidence-line"])
            row += figure_cell
        return row


class MetricCards(MetricsDirective):
    """``metric-cards``: three or six figures large, each with its evidence."""

    def run(self) -> list[nodes.Node]:
        if self.is_empty():
            return []
        cards = nodes.container(classes=["metric-cards"])
        cards += nodes.rubric("", "Key figures", classes=["hang-label"])
        names = [(i, line.strip()) for i, line in enumerate(self.content, 1) if line.strip()]
        if len(names) not in (3, 6):
            message = f"metric cards come in threes or sixes, not {len(names)}"
            self.warn(Problem(Kind.BAD_OPENING, message), self.lineno)
        for at, name in names:
            label = self.figure_link(name, at)
            label["label"] = True
            cards += nodes.container(
                "",
                nodes.paragraph("", "", label, classes=["metric-label"]),
                nodes.paragraph(
                    "", "",
                    Generated("", what="card-value", name=name),
                    classes=["metric-value"],
                ),
                nodes.paragraph(
                    "", "",
                    Generated("", what="evidence-date", name=name),
                    classes=["metric-evidence"],
                ),
                classes=["metric-card"],
            )  # fmt: skip
        return [cards]


class MetricIndex(BookDirective):
    """``metric-index``, ``source-index``, ``aged-metrics``: pages made of the whole book."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        return [self.generated(self.name)]


def setup(app: Sphinx) -> None:
    """Register the directives and the role."""
    app.add_directive("metrics-table", MetricsTable)
    app.add_directive("metrics-comparison", MetricsComparison)
    app.add_directive("metric-cards", MetricCards)
    for name in ("metric-index", "source-index", "aged-metrics"):
        app.add_directive(name, MetricIndex)
    app.add_role("metric", BookLink("metric"))
