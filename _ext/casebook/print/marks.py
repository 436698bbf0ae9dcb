"""Marks, of the print edition alone: evidence, pages and addresses where the web has links."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.texescape import escape as escape_latex

from casebook.base.domain import domain_of, marked_links
from casebook.core.text.line_breaks import breakable

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class PrintMarks(SphinxPostTransform):
    """The print edition's marks: the kind of evidence, or an arrow, and a page number.

    Every other link within the book carries the page it leads to, and a link out of the book shows
    its address, since paper has no pointer.
    """

    default_priority = 200
    formats = ("latex",)

    def run(self, **kwargs: Any) -> None:
        view = domain_of(self.env).view(self.env.docname)
        for link in marked_links(self.document):
            kind, name = link["casebook"]
            valued, described = view.metric(name), view.pattern(name)
            if kind == "metric" and valued:
                label = _label(valued.row.page, valued.row.anchor)
                made = [_raw(rf"\casebookmark{{{valued.metric.evidence.value}}}{{{label}}}")]
            elif described and described.section:
                label = _label(described.section.page, described.section.anchor)
                entry = _index_entry(described.pattern.title)
                made = [_raw(rf"\casebookmark{{pattern}}{{{label}}}"), entry]
            else:
                raise AssertionError("a link was made to it")
            words = nodes.inline("", "", *link.children, classes=[f"casebook-{kind}"])
            # The contents repeat a heading, and lead nowhere but to it.
            heading = any(
                isinstance(node, nodes.title) and isinstance(node.parent, nodes.section)
                for node in _parents(link)
            )
            link.replace_self([words] if heading else [words, *made])
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
            shown = rf"\casebookurl{{{breakable(escape_latex(short, 'lualatex'))}}}"
        else:
            return
        parent = link.parent
        parent.insert(parent.index(link) + 1, _raw(shown))


def _label(page: str, anchor: str) -> str:
    return rf"\detokenize{{{page}:{anchor or ':doc'}}}"


def _index_entry(title: str) -> nodes.raw:
    words = re.sub(r"(?=[\"!@|])", '"', escape_latex(title, "lualatex"))
    return _raw(rf"\index{{{words}@\spxentry{{{words}}}}}")


def _parents(node: nodes.Node) -> list[nodes.Element]:
    found: list[nodes.Element] = []
    while node.parent is not None:
        found.append(node.parent)
        node = node.parent
    return found


def _raw(text: str) -> nodes.raw:
    return nodes.raw("", text, format="latex")


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_post_transform(PrintMarks)
