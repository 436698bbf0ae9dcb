"""``metric-index``, ``source-index`` and ``aged-metrics``: pages made of the whole book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docutils import nodes

from casebook.base.directive import BookList
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.standard_nodes import cell, definition, joined, table
from casebook.core.metrics import dates
from casebook.core.metrics.metric import Resolved, aged
from casebook.core.problems import Problem
from casebook.metrics.values import EvidenceWord

if TYPE_CHECKING:
    from sphinx.application import Sphinx

Listed = tuple[Resolved, list[nodes.Node]]
"""A metric, and what stands in the last column of its row."""


def _all(page: PageContext) -> list[Resolved]:
    return [valued.resolved for valued in page.view.metrics() if valued.resolved]


def _label(page: PageContext, metric: Resolved) -> str:
    return page.view.words(metric.metric.label)


def _link(page: PageContext, metric: Resolved) -> nodes.Node:
    return page.metric(metric.metric.id, _label(page, metric))


def _table(page: PageContext, rows: list[Listed], last: str, none: str) -> list[nodes.Node]:
    if not rows:
        return [nodes.paragraph("", none)]
    heads = [cell(nodes.Text(head)) for head in ("Measure", "Value", "As of", last)]
    made, body = table([], "metrics-list", (38, 24, 21, 17), heads)
    for metric, words in rows:
        body += nodes.row(
            "",
            cell(_link(page, metric)),
            # A plain space between the two: in a narrow column a long unit takes its own line.
            cell(nodes.Text(f"{metric.printed.number} {metric.printed.unit}".strip())),
            cell(nodes.Text(metric.date)),
            cell(*words),
        )
    return [made]


@dataclass(frozen=True, slots=True)
class AllMetrics(Content):
    """Every metric of the book, by its label."""

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        metrics = sorted(_all(page), key=lambda m: (_label(page, m).lower(), m.metric.id))
        rows = [(metric, EvidenceWord(metric.metric.id).shown(page, metric)) for metric in metrics]
        return _table(page, rows, "Evidence", "The book has no metric.")


@dataclass(frozen=True, slots=True)
class AgedMetrics(Content):
    """The metrics that are older than two years on the day of the edition, the oldest first."""

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        today = dates.parse(page.view.date())
        if isinstance(today, Problem):
            return [nodes.paragraph("", "The edition has no date, so ages cannot be told.")]
        old = [metric for metric in _all(page) if aged(metric, today)]
        old.sort(key=lambda m: (m.as_of and m.as_of.last.last(), _label(page, m)))
        rows = [(metric, _last_checked(page, metric)) for metric in old]
        none = "No metric of the book is older than two years."
        return _table(page, rows, "Last checked", none)


def _last_checked(page: PageContext, metric: Resolved) -> list[nodes.Node]:
    days = [dates.parse(page.view.checked(key)) for key in metric.sources]
    spans = [day for day in days if not isinstance(day, Problem)]
    words = str(min(spans, key=lambda s: s.last.last())) if spans else "not noted"
    return [nodes.Text(words)]


@dataclass(frozen=True, slots=True)
class AllSources(Content):
    """Every source that the book cites, with the metrics that rest on it."""

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        resting: dict[str, list[nodes.Node]] = {}
        for metric in _all(page):
            if metric.metric.source:
                resting.setdefault(metric.metric.source, []).append(_link(page, metric))
        listed = nodes.definition_list(classes=["related"])
        for source in sorted(page.view.sources(), key=lambda s: (s.label.lower(), s.key)):
            words = joined([[link] for link in resting.get(source.key, [])], "; ")
            unused = nodes.Text("cited in the text; no metric rests on it")
            listed += definition([page.source(source.key)], words or [unused])
        return [listed] if listed.children else [nodes.paragraph("", "The book has no source.")]


class MetricIndex(BookList):
    """``metric-index``: all metrics."""

    listed = AllMetrics


class SourceIndex(BookList):
    """``source-index``: all sources."""

    listed = AllSources


class AgedMetricIndex(BookList):
    """``aged-metrics``: the metrics that may be out of date."""

    listed = AgedMetrics


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("metric-index", MetricIndex)
    app.add_directive("source-index", SourceIndex)
    app.add_directive("aged-metrics", AgedMetricIndex)
