"""Slips, of the web edition alone: notes on a link to a figure or a pattern.

A slip shows on hover and focus.  It is a raw node, born after references are resolved.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from .core.view import View
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
        view = domain_of(self.env).view(self.env.docname)
        for i, link in enumerate(marked_links(self.document), 1):
            kind, name = link["casebook"]
            lines = _metric_lines(view, name) if kind == "metric" else _pattern_lines(view, name)
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


def _metric_lines(view: View, name: str) -> list[str]:
    valued = view.metric(name)
    assert valued, "a link to it was made"
    assert valued.resolved
    figure, metric = valued.resolved, valued.metric
    makers = [maker.words for output in figure.outputs if (maker := view.maker(output))]
    sources = ", ".join([*map(view.label, figure.sources), *makers])
    source = f"{'by' if metric.output else 'from' if metric.formula else ''} {sources}".strip()
    via = f", read through {view.words(metric.via)}" if metric.via else ""
    evidence = (
        f'<span class="evidence evidence-{metric.evidence.value}">{figure.evidence_words}</span>'
    )
    doubts = [f"Doubt: {escape(view.words(doubt))}" for doubt in figure.doubts]
    label = escape(view.words(metric.label))
    return [
        f"<b>{label}: {escape(str(figure.printed))}</b>, {figure.date}",
        escape(view.words(metric.what)),
        *doubts,
        f"{evidence} · {escape(source + via)}",
    ]


def _pattern_lines(view: View, name: str) -> list[str]:
    described = view.pattern(name)
    assert described, "a link to it was made"
    pattern, names = described.pattern, view.users(name)
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
