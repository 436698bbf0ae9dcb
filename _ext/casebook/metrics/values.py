"""Resolve phase of metrics: values, evidence, and the pages made of all figures."""

from __future__ import annotations

from docutils import nodes

from casebook.base.links import FigureMaker, ListMaker, Page, definition
from casebook.base.placeholders import Generated
from casebook.base.reporting import report
from casebook.base.table_nodes import cell, evidence_mark, table
from casebook.core.metrics import dates
from casebook.core.metrics.metric import Resolved, aged
from casebook.core.patterns.catalogue import in_sentence
from casebook.core.problems import Kind
from casebook.core.text.line_breaks import breakable


def _number(page: Page, figure: Resolved, node: Generated) -> list[nodes.Node]:
    return [nodes.Text(figure.printed.number)]


def _unit(page: Page, figure: Resolved, node: Generated) -> list[nodes.Node]:
    # A long unit may be broken in the narrow column of a table.
    return [nodes.Text(breakable(figure.printed.unit))]


def _date(page: Page, figure: Resolved, node: Generated) -> list[nodes.Node]:
    return [nodes.Text(figure.date)]


def _input(page: Page, figure: Resolved, node: Generated) -> list[nodes.Node]:
    label = in_sentence(page.view.words(figure.metric.label))
    return [page.metric(figure.metric.id, label, node["page"])]


def _evidence(page: Page, figure: Resolved, node: Generated) -> list[nodes.Node]:
    return [evidence_mark(figure.metric.evidence, figure.evidence_words)]


def _evidence_word(page: Page, figure: Resolved, node: Generated) -> list[nodes.Node]:
    return [evidence_mark(figure.metric.evidence, figure.metric.evidence.value)]


def _evidence_date(page: Page, figure: Resolved, node: Generated) -> list[nodes.Node]:
    return [*_evidence_word(page, figure, node), nodes.Text(f", {figure.date}")]


def _card_value(page: Page, figure: Resolved, node: Generated) -> list[nodes.Node]:
    unit = nodes.inline("", f" {figure.printed.unit}", classes=["unit"])
    return [nodes.Text(figure.printed.number), unit]


def _sources(page: Page, figure: Resolved, node: Generated) -> list[nodes.Node]:
    cited: list[nodes.Node] = [nodes.Text("from ")]
    for key in figure.sources:
        comma = [nodes.Text(", ")] if len(cited) > 1 else []
        cited += [*comma, page.source(key, node["page"])]
    for name in figure.outputs:
        comma = [nodes.Text(", ")] if len(cited) > 1 else []
        cited += [*comma, *page.maker(name, node["page"])]
    return [nodes.inline("", "", *cited, classes=["source"])]


def _likeness(page: Page, node: Generated) -> list[nodes.Node]:
    named = (page.view.metric(name) for name in node["figures"])
    figures = [valued.resolved for valued in named if valued and valued.resolved]
    kinds = {figure.metric.evidence for figure in figures}
    spans = {figure.as_of for figure in figures}
    differing = [w for w, found in (("kinds", kinds), ("dates", spans)) if len(found) > 1]
    if differing and not node["noted"]:
        what = " and ".join(differing)
        message = f"the figures of this row have different {what}; say so in 'note'"
        report(Kind.MIXED_EVIDENCE, message, node)
    return []


def _all(page: Page) -> list[Resolved]:
    return [valued.resolved for valued in page.view.metrics() if valued.resolved]


def _label(page: Page, figure: Resolved) -> str:
    return page.view.words(figure.metric.label)


def _metric_index(page: Page, node: Generated) -> list[nodes.Node]:
    figures = sorted(_all(page), key=lambda f: (_label(page, f).lower(), f.metric.id))
    rows = [(figure, _evidence_word(page, figure, node)) for figure in figures]
    return _listed(page, node, rows, "Evidence") or [nodes.paragraph("", "The book has no figure.")]


def _aged(page: Page, node: Generated) -> list[nodes.Node]:
    today = dates.parse(page.view.date())
    if isinstance(today, str):
        return [nodes.paragraph("", "The edition has no date, so ages cannot be told.")]
    old = [figure for figure in _all(page) if aged(figure, today)]
    old.sort(key=lambda f: (f.as_of and f.as_of.last.last(), _label(page, f)))
    rows = [(figure, _last_checked(page, figure)) for figure in old]
    return _listed(page, node, rows, "Last checked") or [
        nodes.paragraph("", "No figure of the book is older than two years.")
    ]


def _last_checked(page: Page, figure: Resolved) -> list[nodes.Node]:
    days = [dates.parse(page.view.checked(key)) for key in figure.sources]
    spans = [day for day in days if not isinstance(day, str)]
    words = str(min(spans, key=lambda s: s.last.last())) if spans else "not noted"
    return [nodes.Text(words)]


def _listed(
    page: Page, node: Generated, rows: list[tuple[Resolved, list[nodes.Node]]], last: str
) -> list[nodes.Node]:
    if not rows:
        return []
    heads = [cell(nodes.Text(head)) for head in ("Measure", "Value", "As of", last)]
    made, body = table([], "metrics-list", (38, 24, 21, 17), heads)
    for figure, words in rows:
        metric = figure.metric
        body += nodes.row(
            "",
            cell(page.metric(metric.id, _label(page, figure), node["page"])),
            # A plain space between the two: in a narrow column a long unit takes its own line.
            cell(nodes.Text(f"{figure.printed.number} {figure.printed.unit}".strip())),
            cell(nodes.Text(figure.date)),
            cell(*words),
        )
    return [made]


def _source_index(page: Page, node: Generated) -> list[nodes.Node]:
    resting: dict[str, list[Resolved]] = {}
    for figure in _all(page):
        if figure.metric.source:
            resting.setdefault(figure.metric.source, []).append(figure)
    listed = nodes.definition_list(classes=["related"])
    for source in sorted(page.view.sources(), key=lambda s: (s.label.lower(), s.key)):
        words: list[nodes.Node] = []
        for figure in resting.get(source.key, []):
            link = page.metric(figure.metric.id, _label(page, figure), node["page"])
            words += [*([nodes.Text("; ")] if words else []), link]
        unused = [nodes.Text("cited in the text; no figure rests on it")]
        listed += definition([page.source(source.key, node["page"])], words or list(unused))
    return [listed] if listed.children else [nodes.paragraph("", "The book has no source.")]


FIGURES: dict[str, FigureMaker] = {
    "number": _number,
    "unit": _unit,
    "date": _date,
    "input": _input,
    "evidence": _evidence,
    "evidence-word": _evidence_word,
    "evidence-date": _evidence_date,
    "card-value": _card_value,
    "sources": _sources,
}
"""What a placeholder of one figure becomes."""

LISTS: dict[str, ListMaker] = {
    "likeness": _likeness,
    "metric-index": _metric_index,
    "aged-metrics": _aged,
    "source-index": _source_index,
}
"""What a placeholder of many figures becomes."""
