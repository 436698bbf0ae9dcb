"""Tooltips, of the web edition alone: notes on links to metrics, patterns and sources.

Each note stands once, in a list at the end of its page, and every link to what it tells of is
described by it.  `tooltips.js` shows it beside the link; without a script the link leads to the
row, the section or the reference itself.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinxcontrib.bibtex.citation_target import parse_citation_targets

from casebook.base.domain import domain_of, marked_links
from casebook.core.book.view import View

if TYPE_CHECKING:
    from sphinx.application import Sphinx

MOST_NAMED = 10
"""How many studies a tooltip names.  More are counted: else each page would name nearly all
studies, nobody would read them, and a study more would cost the more, the more there are."""


NOTES = "Notes on the links of this page"


class Tooltips(SphinxPostTransform):
    """Give each link its note, and the page the list of them; the notes hold no link."""

    default_priority = 200  # after references are resolved
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        if self.env._app.builder.name.startswith("epub"):
            return
        view = domain_of(self.env).view(self.env.docname)
        notes: dict[str, list[str]] = {}
        for link, kind, name in [*_marked(self.document), *_cited(self.document, view)]:
            note = f"tooltip-{kind}-{name}"
            notes[note] = notes.get(note) or LINES[kind](view, name)
            _describe(link, kind, note)
        if notes:
            # Outside the tree of nodes, so that neither the search nor a reader who goes from line
            # to line finds a note in the middle of a sentence.
            self.document["tooltips"] = _listed(notes)


def _marked(document: nodes.document) -> Iterator[tuple[nodes.reference, str, str]]:
    for link in marked_links(document):
        kind, name = link["casebook"]
        yield link, kind, name


def _cited(document: nodes.document, view: View) -> Iterator[tuple[nodes.reference, str, str]]:
    for citation in document.findall(nodes.inline):
        if "bibtex-citation" not in citation["classes"]:
            continue
        keys = [cited.key for cited in parse_citation_targets(citation.rawsource)]
        anchors = {source.anchor: key for key in keys for source in view.source(key)}
        for link in citation.findall(nodes.reference):
            anchor = link.get("refid") or link["refuri"].partition("#")[2]
            if anchor in anchors:
                yield link, "source", anchors[anchor]


def _describe(link: nodes.reference, kind: str, note: str) -> None:
    # Not as HTML of our own: search and inventory take the words of titles, and those alone.
    if kind != "source":
        wrapper = nodes.inline("", "", classes=[kind])
        link.parent.replace(link, wrapper)
        wrapper += link
    link["classes"].append(note)


def _listed(notes: dict[str, list[str]]) -> str:
    items = (
        f'<li id="{escape(note)}">{"".join(f"<p>{line}</p>" for line in lines)}</li>'
        for note, lines in notes.items()
    )
    listed = "".join(items)
    return f'<aside class="tooltips" aria-label="{NOTES}"><p>{NOTES}</p><ul>{listed}</ul></aside>'


def _metric_lines(view: View, name: str) -> list[str]:
    valued = view.metric(name)
    assert valued, "a link to it was made"
    assert valued.resolved
    resolved, metric = valued.resolved, valued.metric
    makers = [maker.words for output in resolved.outputs if (maker := view.maker(output))]
    sources = ", ".join([*map(view.label, resolved.sources), *makers])
    source = f"{'by' if metric.output else 'from' if metric.formula else ''} {sources}".strip()
    where = f"{metric.measured.where}, " if metric.measured else ""
    via = f", read through {view.words(metric.via)}" if metric.via else ""
    evidence = (
        f'<span class="evidence evidence-{metric.evidence.value}">{resolved.evidence_words}</span>'
    )
    doubts = [f"Doubt: {escape(view.words(doubt))}" for doubt in resolved.doubts]
    label = escape(view.words(metric.label))
    return [
        f"<b>{label}: {escape(str(resolved.printed))}</b>, {resolved.date}",
        escape(view.words(metric.what)),
        *doubts,
        f"{evidence} · {escape(where + source + via)}",
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


def _source_lines(view: View, key: str) -> list[str]:
    source = view.source(key)[0]
    return [f"<b>{escape(source.label)}</b>", escape(source.text)]


LINES: dict[str, Callable[[View, str], list[str]]] = {
    "metric": _metric_lines,
    "pattern": _pattern_lines,
    "source": _source_lines,
}
"""What the note of each kind of link says, line by line, as HTML."""


_DESCRIBED = re.compile(r'<a class="(tooltip-[^" ]+) reference internal"')


def _add_notes(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if doctree is not None and "tooltips" in doctree:
        described = r'<a class="reference internal" aria-describedby="\1"'
        context["body"] = _DESCRIBED.sub(described, context["body"]) + doctree["tooltips"]


def setup(app: Sphinx) -> None:
    """Register the transform, and the place of the notes."""
    app.add_post_transform(Tooltips)
    app.connect("html-page-context", _add_notes)
