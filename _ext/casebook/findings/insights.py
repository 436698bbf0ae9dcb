"""Insights on the page, and the index of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes

from casebook.base.directive import BookDirective
from casebook.base.links import ListMaker, Page, definition
from casebook.base.node_text import text_of
from casebook.base.placeholders import Generated
from casebook.core.book.records import Insight
from casebook.core.findings import insight as core
from casebook.core.findings.insight import Evidence
from casebook.core.problems import Kind, Problem
from casebook.core.text.marked_text import Text
from casebook.core.text.sentences import count

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class InsightDirective(BookDirective):
    """``insight``: a statement to act on, what it rests on, and when it does not hold."""

    required_arguments = 1
    option_spec: ClassVar = dict.fromkeys(
        ("name", "kind", "audience", "patterns", "evidence"), directives.unchanged
    )

    def run(self) -> list[nodes.Node]:
        if self.is_empty():
            return []
        given = [self.options.get(name, "") for name in ("kind", "audience", "evidence")]
        read = core.parse(given[0], given[1], given[2], self.sources)
        if isinstance(read, list):
            for problem in read:
                self.warn(problem, self.lineno)
            return []
        kind, audience, evidence = read
        title = self.text_at(self.arguments[0], self.lineno)
        body = self.parse_content_to_nodes()
        self._check(body)
        name = self.options.get("name") or nodes.make_id(self._bare(title))
        anchor = f"insight-{name}"
        record = Insight(
            self.env.docname,
            anchor,
            self._number(),
            title,
            text_of(body, self.env.docname, self.body_line(1)),
            kind,
            audience,
            evidence,
            tuple(self.options.get("patterns", "").split()),
            self.lineno,
            self.option_line("evidence"),
        )
        if any(i.anchor == anchor for i in self.book.records(self.env.docname, Insight)):
            message = f"the insight '{anchor}' stands on this page already; give it a ':name:'"
            self.warn(Problem(Kind.DUPLICATE_ID, message), self.lineno)
            return []
        self.book.add(self.env.docname, record)
        label = nodes.inline("", "", self.generated("insight-label", kind=kind.value,
                             number=record.number), classes=["insight-label"])  # fmt: skip
        box = nodes.admonition(
            "", nodes.title("", "", label, nodes.Text(" "), *self.nodes_of(title))
        )
        box["classes"] = ["insight", f"insight-{kind.value}"]
        box["ids"] = [anchor]
        self.state.document.note_explicit_target(box)
        self.set_source_info(box)
        box += [*body, nodes.paragraph("", "", *self._meta(record), classes=["insight-meta"])]
        return [box]

    def _bare(self, title: Text) -> str:
        # An anchor cannot change with a value: a mark counts as its name.
        return title.uncited.words(lambda _, name: name)

    def _number(self) -> int:
        return 1 + len(self.book.records(self.env.docname, Insight))

    def _check(self, body: list[nodes.Node]) -> None:
        wrong = core.wrong_length(count(" ".join(part.astext() for part in body)))
        links = [link for part in body for link in _links(part)]
        if not links:
            wrong = wrong or "an insight links to the section that explains its mechanism"
        if wrong:
            self.warn(Problem(Kind.BAD_INSIGHT, wrong), self.lineno)

    def _meta(self, insight: Insight) -> Iterator[nodes.Node]:
        yield nodes.Text(core.for_whom(insight.audience) + " · Evidence: ")
        for i, one in enumerate(insight.evidence):
            yield from [nodes.Text(", ")] if i else []
            yield self._evidence(one)
        if insight.patterns:
            yield nodes.Text(f" · {_patterns(insight)}")
        for i, slug in enumerate(insight.patterns):
            yield from [nodes.Text(", ")] if i else []
            link = addnodes.pending_xref(
                "", nodes.inline("", slug), refdomain="casebook", reftype="pattern",
                reftarget=slug, refexplicit=False, refdoc=self.env.docname, refwarn=True,
                sentence=insight.title,
            )  # fmt: skip
            link.source, link.line = self.get_source_info()[0], self.option_line("patterns")
            yield link

    def _evidence(self, one: Evidence) -> nodes.Node:
        if one.kind == "source":
            return self.cited(one.name, self.option_line("evidence"))
        if one.kind == "output":
            return self.generated("modelled", name=one.name)
        return self.generated("metric-evidence", name=one.name)


def _links(node: nodes.Node) -> Iterator[nodes.Node]:
    """The links within a text that lead to a place in the book, and not to a source."""
    for link in node.findall(addnodes.pending_xref):
        if link.get("refdomain") not in ("cite", "casebook") or link["reftype"] == "chunk":
            yield link
    for reference in node.findall(nodes.reference):
        if "refid" in reference or str(reference.get("refuri", "")).startswith("#"):
            yield reference


class InsightIndex(BookDirective):
    """``insight-index``: all insights, by study."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        return [self.generated("insight-index")]


def _label(page: Page, node: Generated) -> list[nodes.Node]:
    return [nodes.Text(_words(page, node["page"], node["kind"], node["number"]))]


def _words(page: Page, name: str, kind: str, number: int) -> str:
    chapter = page.view.number(name)
    return f"{kind.capitalize()} {chapter}{'.' if chapter else ''}{number}"


def _metric(page: Page, node: Generated) -> list[nodes.Node]:
    valued = page.view.metric(node["name"])
    if not valued:
        return [nodes.Text(node["name"])]  # reported once the whole book is read
    return [page.metric(node["name"], page.view.words(valued.metric.label), node["page"])]


def _patterns(insight: Insight) -> str:
    return "Patterns: " if len(insight.patterns) > 1 else "Pattern: "


def _index(page: Page, node: Generated) -> list[nodes.Node]:
    made: list[nodes.Node] = []
    insights = page.view.insights()
    for name in dict.fromkeys(insight.page for insight in insights):
        made.append(nodes.rubric("", page.view.words(page.view.title(name))))
        listed = nodes.definition_list(classes=["related"])
        for insight in (i for i in insights if i.page == name):
            link = page.place(name, insight.anchor, page.view.words(insight.title), node["page"])
            label = _words(page, name, insight.kind.value, insight.number)
            said = [link, nodes.Text(f". {core.for_whom(insight.audience)}.")]
            patterns = page.patterns(insight.patterns, node["page"])
            if patterns:
                said += [nodes.Text(f" {_patterns(insight)}"), *patterns, nodes.Text(".")]
            listed += definition([nodes.Text(label)], said)
        made.append(listed)
    return made or [nodes.paragraph("", "The book has no insight.")]


LISTS: dict[str, ListMaker] = {
    "insight-label": _label,
    "metric-evidence": _metric,
    "insight-index": _index,
}
"""What a placeholder becomes."""


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("insight", InsightDirective)
    app.add_directive("insight-index", InsightIndex)
