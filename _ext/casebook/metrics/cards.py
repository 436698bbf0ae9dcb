"""``metric-cards``: three or six metrics large, each with its evidence."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docutils import nodes

from casebook.base.directive import BookDirective
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.core.metrics.metric import Resolved
from casebook.core.problems import Kind, Problem
from casebook.metrics.values import EvidenceWord, MetricContent

if TYPE_CHECKING:
    from sphinx.application import Sphinx


@dataclass(frozen=True, slots=True)
class CardLabel(Content):
    """The label, linked to its row; a metric that is not there is reported as the link's."""

    id: str

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        valued = page.view.metric(self.id)
        link = page.metric(self.id, page.view.words(valued.metric.label) if valued else "")
        link.source, link.line = at.source, at.line
        return [link]


class CardValue(MetricContent):
    """The number and its unit."""

    __slots__ = ()

    def shown(self, page: PageContext, metric: Resolved) -> list[nodes.Node]:
        unit = nodes.inline("", f" {metric.printed.unit}", classes=["unit"])
        return [nodes.Text(metric.printed.number), unit]


class CardEvidence(EvidenceWord):
    """The kind of evidence and the date."""

    __slots__ = ()

    def shown(self, page: PageContext, metric: Resolved) -> list[nodes.Node]:
        return [*super().shown(page, metric), nodes.Text(f", {metric.date}")]


class MetricCards(BookDirective):
    """``metric-cards``: the ids of metrics, a line each."""

    def run(self) -> list[nodes.Node]:
        if self.is_empty():
            return []
        cards = nodes.container(classes=["metric-cards"])
        cards += nodes.rubric("", "Key metrics", classes=["hang-label"])
        names = [(i, line.strip()) for i, line in enumerate(self.content, 1) if line.strip()]
        if len(names) not in (3, 6):
            message = f"metric cards come in threes or sixes, not {len(names)}"
            self.warn(Problem(Kind.BAD_OPENING, message), self.lineno)
        for at, name in names:
            card = nodes.container(classes=["metric-card"])
            for part, kind in (
                (CardLabel(name), "metric-label"),
                (CardValue(name), "metric-value"),
                (CardEvidence(name), "metric-evidence"),
            ):
                place = self.place(part)
                place.line = self.body_line(at)
                card += nodes.paragraph("", "", place, classes=[kind])
            cards += card
        return [cards]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("metric-cards", MetricCards)
