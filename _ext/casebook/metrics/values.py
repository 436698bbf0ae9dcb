"""Parts of one metric that are known once all formulas have been computed."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass

from docutils import nodes

from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.standard_nodes import evidence_mark, joined
from casebook.core.metrics.metric import Resolved
from casebook.core.patterns.catalogue import in_sentence
from casebook.core.text.line_breaks import breakable


@dataclass(frozen=True, slots=True)
class MetricContent(Content):
    """Something of the metric `id`; nothing where it could not be computed, which is reported
    at its formula."""

    id: str

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        valued = page.view.metric(self.id)
        return self.shown(page, valued.resolved) if valued and valued.resolved else []

    @abstractmethod
    def shown(self, page: PageContext, metric: Resolved) -> list[nodes.Node]:
        """Return what a reader gets."""


class Number(MetricContent):
    """The number, without its unit."""

    __slots__ = ()

    def shown(self, page: PageContext, metric: Resolved) -> list[nodes.Node]:
        return [nodes.Text(metric.printed.number)]


class UnitInColumn(MetricContent):
    """The unit; a long one may be broken in the narrow column of a table."""

    __slots__ = ()

    def shown(self, page: PageContext, metric: Resolved) -> list[nodes.Node]:
        return [nodes.Text(breakable(metric.printed.unit))]


class AsOf(MetricContent):
    """The date."""

    __slots__ = ()

    def shown(self, page: PageContext, metric: Resolved) -> list[nodes.Node]:
        return [nodes.Text(metric.date)]


class Input(MetricContent):
    """The label, linked to its row, as it stands in a formula."""

    __slots__ = ()

    def shown(self, page: PageContext, metric: Resolved) -> list[nodes.Node]:
        label = in_sentence(page.view.words(metric.metric.label))
        return [page.metric(self.id, label)]


class Label(MetricContent):
    """The label in plain words."""

    __slots__ = ()

    def shown(self, page: PageContext, metric: Resolved) -> list[nodes.Node]:
        return [nodes.Text(page.view.words(metric.metric.label))]


class EvidenceKind(MetricContent):
    """The kind of evidence, and what a derived metric rests on: "derived from secondary"."""

    __slots__ = ()

    def shown(self, page: PageContext, metric: Resolved) -> list[nodes.Node]:
        return [evidence_mark(metric.metric.evidence, metric.evidence_words)]


class EvidenceWord(MetricContent):
    """The kind of evidence in one word."""

    __slots__ = ()

    def shown(self, page: PageContext, metric: Resolved) -> list[nodes.Node]:
        return [evidence_mark(metric.metric.evidence, metric.metric.evidence.value)]


def _rests_on(page: PageContext, metric: Resolved) -> list[list[nodes.Node]]:
    found: list[list[nodes.Node]] = [[page.source(key)] for key in metric.sources]
    return found + [page.maker(name) for name in metric.outputs]


class Origins(MetricContent):
    """What it rests on, in one line: a source or a chunk, and how many more."""

    __slots__ = ()

    def shown(self, page: PageContext, metric: Resolved) -> list[nodes.Node]:
        found = _rests_on(page, metric)
        first, more = found[:1], len(found) - 1
        words = joined(first) + ([nodes.Text(f" and {more} more")] if more > 0 else [])
        return [nodes.inline("", "", *words, classes=["source"])]


class RestsOn(MetricContent):
    """The sources, and the chunks that made the outputs, that a computed metric rests on."""

    __slots__ = ()

    def shown(self, page: PageContext, metric: Resolved) -> list[nodes.Node]:
        words = [nodes.Text("from "), *joined(_rests_on(page, metric))]
        return [nodes.inline("", "", *words, classes=["source"])]
