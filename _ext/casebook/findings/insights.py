"""Insights on the page, and the index of all of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes

from casebook.base.directive import BookDirective, BookList
from casebook.base.domain import domain_of
from casebook.base.node_text import text_of
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.reporting import report
from casebook.base.standard_nodes import definition, joined
from casebook.core.findings import insight as core
from casebook.core.findings.insight import EvidenceItem, Insight
from casebook.core.problems import Kind, Problem, suggestion
from casebook.core.text.marked_text import Text
from casebook.core.text.sentences import count
from casebook.literate.made_by import Evident, check_made

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


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
        self.book.add(record)
        words = self.place(Label(kind.value, record.page, anchor))
        label = nodes.inline("", "", words, classes=["insight-label"])
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

    def _check(self, body: list[nodes.Node]) -> None:
        links = sum(1 for part in body for _ in _links(part))
        problem = core.check(count(" ".join(part.astext() for part in body)), links)
        if problem:
            self.warn(problem, self.lineno)

    def _meta(self, insight: Insight) -> Iterator[nodes.Node]:
        yield nodes.Text(core.for_whom(insight.audience) + " · Evidence: ")
        yield from joined([self._evidence(one)] for one in insight.evidence)
        if insight.patterns:
            yield nodes.Text(f" · {_patterns(insight)}")
            yield from joined([self._pattern(slug, insight)] for slug in insight.patterns)

    def _pattern(self, slug: str, insight: Insight) -> nodes.Node:
        link = addnodes.pending_xref(
            "", nodes.inline("", slug), refdomain="casebook", reftype="pattern", reftarget=slug,
            refexplicit=False, refdoc=self.env.docname, refwarn=True, sentence=insight.title,
        )  # fmt: skip
        link.source, link.line = self.get_source_info()[0], self.option_line("patterns")
        return link

    def _evidence(self, one: EvidenceItem) -> nodes.Node:
        if one.kind == "source":
            return self.cited(one.name, self.option_line("evidence"))
        if one.kind == "output":
            return self.place(Evident(one.name))
        return self.place(MetricAsEvidence(one.name))


def _links(node: nodes.Node) -> Iterator[nodes.Node]:
    """Yield the links within a text that lead to a place in the book, and not to a source."""
    for link in node.findall(addnodes.pending_xref):
        if link.get("refdomain") not in ("cite", "casebook") or link["reftype"] == "chunk":
            yield link
    for reference in node.findall(nodes.reference):
        if "refid" in reference or str(reference.get("refuri", "")).startswith("#"):
            yield reference


@dataclass(frozen=True, slots=True)
class Label(Content):
    """The kind and the number of an insight: "Lesson 1.7"."""

    kind: str
    page: str
    anchor: str

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        return [nodes.Text(_label(page, self.kind, self.page, self.anchor))]


def _label(page: PageContext, kind: str, home: str, anchor: str) -> str:
    return f"{kind.capitalize()} {page.view.insight_number(home, anchor)}"


@dataclass(frozen=True, slots=True)
class MetricAsEvidence(Content):
    """The label of a metric, linked to its row."""

    id: str

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        valued = page.view.metric(self.id)
        if not valued:
            return [nodes.Text(self.id)]  # reported once the whole book is read
        return [page.metric(self.id, page.view.words(valued.metric.label))]


def _patterns(insight: Insight) -> str:
    return "Patterns: " if len(insight.patterns) > 1 else "Pattern: "


@dataclass(frozen=True, slots=True)
class AllInsights(Content):
    """Every insight of the book, by page."""

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        def item(insight: Insight) -> nodes.definition_list_item:
            link = page.place(insight.page, insight.anchor, page.view.words(insight.title))
            label = _label(page, insight.kind.value, insight.page, insight.anchor)
            said = [link, nodes.Text(f". {core.for_whom(insight.audience)}.")]
            patterns = page.patterns(insight.patterns)
            if patterns:
                said += [nodes.Text(f" {_patterns(insight)}"), *patterns, nodes.Text(".")]
            return definition([nodes.Text(label)], said)

        return page.by_study(Insight, item, "The book has no insight.")


class InsightIndex(BookList):
    """``insight-index``: all insights, by study."""

    listed = AllInsights


def _check(app: Sphinx, env: BuildEnvironment) -> None:
    """Report what insights name as evidence and nobody knows."""
    domain = domain_of(env)
    book, sources = domain.book, env.get_domain("cite").bibdata.data.entries  # type: ignore[attr-defined]
    for insight in book.of(Insight):
        for one in insight.evidence:
            if one.kind == "output":
                check_made(book, one.name, insight.page, insight.evidence_line)
            if one.kind == "metric" and one.name not in book.rows:
                hint = suggestion(one.name, [*book.rows, *sources])
                message = f"unknown evidence '{one.name}': no source, metric or output{hint}"
                report(Problem(Kind.UNKNOWN_METRIC, message), (insight.page, insight.evidence_line))


def setup(app: Sphinx) -> None:
    """Register the directives and the check of what insights rest on."""
    app.add_directive("insight", InsightDirective)
    app.add_directive("insight-index", InsightIndex)
    app.connect("env-check-consistency", _check)
