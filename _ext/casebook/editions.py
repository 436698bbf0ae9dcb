"""What one edition alone needs, as raw nodes born for that edition.

On the screen a link to a figure or a pattern carries a slip: a note that shows on hover and focus.
On paper the same link carries the mark of its evidence and the page of its row.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from .core.book import Book
from .domain import domain_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class Slips(SphinxPostTransform):
    """The web edition's slips; the link is the trigger, so the slip holds no link."""

    default_priority = 200  # after references are resolved
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        if self.env._app.builder.name.startswith("epub"):
            return
        domain = domain_of(self.env)
        labels = {c.key: c.formatted_entry.label for c in self.env.get_domain("cite").citations}  # type: ignore[attr-defined]
        for i, link in enumerate(_marked_links(self.document), 1):
            kind, name = link["casebook"]
            lines = _metric_lines(domain.book, name, labels) if kind == "metric" else (
                _pattern_lines(domain.book, name))  # fmt: skip
            href = link.get("refuri") or f"#{link['refid']}"
            opening = (
                f'<span class="{kind}"><a class="reference internal" href="{escape(href)}" '
                f'aria-describedby="slip-{i}">'
            )
            body = "".join(f'<span class="slip-line">{line}</span>' for line in lines)
            closing = f'</a><span class="slip" role="tooltip" id="slip-{i}">{body}</span></span>'
            link.replace_self([_raw("html", opening), *link.children, _raw("html", closing)])


class PrintMarks(SphinxPostTransform):
    """The print edition's marks: the kind of evidence, or an arrow, and a page number."""

    default_priority = 200
    formats = ("latex",)

    def run(self, **kwargs: Any) -> None:
        domain = domain_of(self.env)
        for link in _marked_links(self.document):
            kind, name = link["casebook"]
            if kind == "metric":
                row = domain.book.rows[name]
                label, mark = f"{row.page}:{row.anchor}", row.metric.evidence.value
            else:
                section = domain.book.sections[name]
                label, mark = f"{section.page}:{section.anchor}", "pattern"
            words = nodes.inline("", "", *link.children, classes=[f"casebook-{kind}"])
            link.replace_self(
                [words, _raw("latex", rf"\casebookmark{{{mark}}}{{\detokenize{{{label}}}}}")]
            )


def _marked_links(document: nodes.document) -> list[nodes.reference]:
    return [link for link in document.findall(nodes.reference) if "casebook" in link]


def _metric_lines(book: Book, name: str, labels: dict[str, str]) -> list[str]:
    figure = book.figures[name]
    metric = figure.metric
    sources = ", ".join(labels.get(key, key) for key in figure.sources)
    source = f"from {sources}" if metric.formula else sources
    via = f", read through {metric.via}" if metric.via else ""
    evidence = (
        f'<span class="evidence evidence-{metric.evidence.value}">{figure.evidence_words}</span>'
    )
    doubts = [f"Doubt: {escape(doubt)}" for doubt in figure.doubts]
    return [
        f"<b>{escape(metric.label)}: {escape(str(figure.printed))}</b>, {figure.as_of}",
        escape(metric.what),
        *doubts,
        f"{evidence} · {escape(source + via)}",
    ]


def _pattern_lines(book: Book, name: str) -> list[str]:
    pattern = book.catalogue.patterns[name]
    pages = {use.page for use in book.uses.get(name, ())}
    studies = [study.name for study in book.studies if study.page in pages]
    used = f" · used in {', '.join(studies)}" if studies else ""
    return [
        f"<b>{escape(pattern.title)}</b>",
        escape(pattern.intent),
        escape(pattern.category.replace("-", " ") + used),
    ]


def _raw(form: str, text: str) -> nodes.raw:
    return nodes.raw("", text, format=form)


def setup_editions(app: Sphinx) -> None:
    """Register the transforms."""
    app.add_post_transform(Slips)
    app.add_post_transform(PrintMarks)
