"""Claims on the page, and the ledger of all of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docutils import nodes

from casebook.base.directive import BookDirective, BookList
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.standard_nodes import definition, joined
from casebook.core.findings import claim as core
from casebook.core.findings.claim import Claim, ClaimEntry, Verdict

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class Claims(BookDirective):
    """``claims``: what is often said, and what the public record says of it."""

    def run(self) -> list[nodes.Node]:
        if self.is_empty():
            return []
        claims, problems = core.parse(self.body, self.sources, self.text)
        for problem in problems:
            self.warn(problem)
        listed = nodes.enumerated_list(enumtype="arabic", prefix="", suffix=".")
        listed["classes"] = ["claims"]
        for claim in claims:
            listed += self._item(claim)
        self.set_source_info(listed)
        return [listed] if claims else []

    def _item(self, claim: Claim) -> nodes.list_item:
        instead = nodes.paragraph("", "", *self.nodes_of(claim.instead))
        instead["classes"] = ["claim-instead"]
        number = 1 + len(self.book.records(self.env.docname, ClaimEntry))
        entry = ClaimEntry(self.env.docname, number, claim)
        self.book.add(entry)
        words = [nodes.Text("“"), *self.nodes_of(claim.claim), nodes.Text("”")]
        quoted = nodes.paragraph("", "", *words, classes=["claim-text"])
        item = nodes.list_item(
            "", nodes.paragraph("", "", verdict(claim.verdict), classes=["claim-verdict"]),
            quoted, instead, ids=[entry.anchor], classes=["claim"],
        )  # fmt: skip
        self.state.document.note_explicit_target(item)
        if claim.sources:
            line = self.body_line(claim.line)
            cited = joined([self.cited(key, line)] for key in claim.sources)
            item += nodes.paragraph("", "", *cited, classes=["claim-sources"])
        return item


def verdict(given: Verdict) -> nodes.inline:
    """Return a verdict: a shape, which the style sheets draw, and the word."""
    return nodes.inline("", given.value, classes=["verdict", f"verdict-{given.value}"])


@dataclass(frozen=True, slots=True)
class AllClaims(Content):
    """Every claim of the book with its verdict, by page."""

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        def item(entry: ClaimEntry) -> nodes.definition_list_item:
            quoted = f"“{page.view.words(entry.claim.claim)}”"
            link = page.place(entry.page, entry.anchor, quoted)
            words = [link, nodes.Text(f" {page.view.words(entry.claim.instead)}")]
            return definition([verdict(entry.claim.verdict)], words)

        return page.by_study(ClaimEntry, item, "The book has examined no claim.")


class ClaimsLedger(BookList):
    """``claims-ledger``: all claims of the book, with their verdicts."""

    listed = AllClaims


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("claims", Claims)
    app.add_directive("claims-ledger", ClaimsLedger)
