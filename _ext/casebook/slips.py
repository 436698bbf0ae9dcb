"""Slips, of the web edition alone: notes on a link to a figure or a pattern.

A slip shows on hover and focus.  It is a raw node, born after references are resolved.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from .core.book import Book
from .domain import domain_of, marked_links

if TYPE_CHECKING:
    from sphinx.application import Sphinx

MOST_NAMED = 10
"""How many studies a slip names.  More are counted: else each page would name nearly all studies,
nobody would read them in a slip, and a study more would cost the more, the more there are."""


class Slips(SphinxPostTransform):
    """The web edition's slips; the link is the trigger, so the slip holds no link."""

    default_priority = 200  # after references are resolved
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        if self.env._app.builder.name.startswith("epub"):
            return
        domain = domain_of(self.env)
        labels = domain.source_labels
        for i, link in enumerate(marked_links(self.document), 1):
            kind, name = link["casebook"]
            lines = _metric_lines(domain.book, name, labels) if kind == "metric" else (
                _pattern_lines(domain.book, name))  # fmt: skip
            href = link.get("refuri") or f"#{link['refid']}"
            opening = (
                f'<span class="{kind}"><a class="reference internal" href="{escape(href)}" '
                f'aria-describedby="slip-{i}">'
            )
            # The space keeps the lines' words apart for the search, which drops the tags.
            body = " ".join(f'<span class="slip-line">{line}</span>' for line in lines)
            closing = f'</a><span class="slip" role="tooltip" id="slip-{i}">{body}</span></span>'
            link.replace_self(
                [
                    nodes.raw("", opening, format="html"),
                    *link.children,
                    nodes.raw("", closing, format="html"),
                ]
            )


def _metric_lines(book: Book, name: str, labels: dict[str, str]) -> list[str]:
    figure = book.figures[name]
    metric = figure.metric
    makers = [book.makers[name].chunk.title for name in figure.outputs if name in book.makers]
    sources = ", ".join([*(labels.get(key, key) for key in figure.sources), *makers])
    source = f"{'by' if metric.output else 'from' if metric.formula else ''} {sources}".strip()
    via = f", read through {metric.via}" if metric.via else ""
    evidence = (
        f'<span class="evidence evidence-{metric.evidence.value}">{figure.evidence_words}</span>'
    )
    doubts = [f"Doubt: {escape(doubt)}" for doubt in figure.doubts]
    return [
        f"<b>{escape(metric.label)}: {escape(str(figure.printed))}</b>, {figure.date}",
        escape(metric.what),
        *doubts,
        f"{evidence} · {escape(source + via)}",
    ]


def _pattern_lines(book: Book, name: str) -> list[str]:
    pattern = book.catalogue.patterns[name]
    names = [study.name for study in book.users.get(name, ())]
    shown = ", ".join(names) if len(names) <= MOST_NAMED else f"{len(names)} studies"
    used = f" · used in {shown}" if names else ""
    return [
        f"<b>{escape(pattern.title)}</b>",
        escape(pattern.intent),
        escape(pattern.category.replace("-", " ") + used),
    ]


def setup_slips(app: Sphinx) -> None:
    """Register the transform."""
    app.add_post_transform(Slips)
