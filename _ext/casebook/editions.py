"""What one edition alone needs, as raw nodes born for that edition.

On the screen a link to a figure or a pattern carries a slip: a note that shows on hover and focus.
On paper the same link carries the mark of its evidence and the page of its row.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.texescape import escape as escape_latex

from .core.book import Book
from .domain import domain_of
from .printing import BREAK, setup_printing

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
            # The space keeps the lines' words apart for the search, which drops the tags.
            body = " ".join(f'<span class="slip-line">{line}</span>' for line in lines)
            closing = f'</a><span class="slip" role="tooltip" id="slip-{i}">{body}</span></span>'
            link.replace_self([_raw("html", opening), *link.children, _raw("html", closing)])


class PrintMarks(SphinxPostTransform):
    """The print edition's marks: the kind of evidence, or an arrow, and a page number.

    Every other link within the book carries the page it leads to, and a link out of the book shows
    its address, since paper has no pointer.
    """

    default_priority = 200
    formats = ("latex",)

    def run(self, **kwargs: Any) -> None:
        domain = domain_of(self.env)
        for link in _marked_links(self.document):
            kind, name = link["casebook"]
            if kind == "metric":
                row = domain.book.rows[name]
                label, mark = _label(row.page, row.anchor), row.metric.evidence.value
            else:
                section = domain.book.sections[name]
                label, mark = _label(section.page, section.anchor), "pattern"
            made = [_raw("latex", rf"\casebookmark{{{mark}}}{{{label}}}")]
            if kind == "pattern":
                made.append(_index_entry(domain.book.catalogue.patterns[name].title))
            words = nodes.inline("", "", *link.children, classes=[f"casebook-{kind}"])
            link.replace_self([words, *made])
        for link in list(self.document.findall(nodes.reference)):
            if "casebook" not in link:
                self._page_or_address(link)

    def _page_or_address(self, link: nodes.reference) -> None:
        address = link.get("refuri", "")
        parents = _parents(link)
        if any(isinstance(p, (nodes.title, nodes.citation)) for p in parents) or any(
            "formula" in p.get("classes", ()) for p in parents
        ):
            return  # a heading, a reference, or an input in a row of the same kind
        if "refid" in link:
            page = next((p["docname"] for p in parents if "docname" in p), "")
            address = f"%{page}#{link['refid']}"
        if address.startswith("%"):
            page, _, anchor = address[1:].partition("#")
            shown = rf"\casebookpage{{{_label(page, anchor)}}}"
        elif "://" in address and link.astext() not in address:
            short = address.partition("://")[2].rstrip("/")
            words = BREAK.join(re.split(r"(?<=[/_.])(?=\w)", escape_latex(short, "lualatex")))
            shown = rf"\casebookurl{{{words}}}"
        else:
            return
        parent = link.parent
        parent.insert(parent.index(link) + 1, _raw("latex", shown))


def _label(page: str, anchor: str) -> str:
    return rf"\detokenize{{{page}:{anchor or ':doc'}}}"


def _index_entry(title: str) -> nodes.raw:
    words = re.sub(r"(?=[\"!@|])", '"', escape_latex(title, "lualatex"))
    return _raw("latex", rf"\index{{{words}@\spxentry{{{words}}}}}")


def _parents(node: nodes.Node) -> list[nodes.Element]:
    found: list[nodes.Element] = []
    while node.parent is not None:
        found.append(node.parent)
        node = node.parent
    return found


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
    setup_printing(app)
