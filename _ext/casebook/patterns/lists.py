"""Lists of patterns: those of a page, all of them, and which study uses which."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docutils import nodes

from casebook.base.directive import BookList, BookTable
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.standard_nodes import cell, definition, joined, table
from casebook.core.patterns.catalogue import RELATIONS
from casebook.core.patterns.uses import PatternUse

if TYPE_CHECKING:
    from sphinx.application import Sphinx


@dataclass(frozen=True, slots=True)
class Related(Content):
    """The patterns that the page uses, with their relations."""

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        listed = nodes.definition_list(classes=["related"])
        for pattern in page.view.used_by(page.name):
            words: list[nodes.Node] = [nodes.Text(pattern.intent)]
            for relation, slugs in pattern.relations:
                links = page.patterns(slugs)
                if links:
                    words += [nodes.Text(f" {RELATIONS[relation].capitalize()}: "), *links]
                    words.append(nodes.Text("."))
            listed += definition(page.patterns((pattern.slug,)), words)
        return [listed] if listed.children else [nodes.paragraph("", "This page uses no pattern.")]


class RelatedPatterns(BookList):
    """``related-patterns``: the patterns of this page."""

    listed = Related


@dataclass(frozen=True, slots=True)
class AllPatterns(Content):
    """All patterns by category, with the studies that use each."""

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        made: list[nodes.Node] = []
        for category, patterns in page.view.categories():
            made.append(nodes.rubric("", category.replace("-", " ").capitalize()))
            listed = nodes.definition_list(classes=["related"])
            for pattern in patterns:
                names = page.view.users(pattern.slug)
                used = f" Used in: {', '.join(names)}." if names else ""
                links = page.patterns((pattern.slug,))
                listed += definition(links, [nodes.Text(pattern.intent + used)])
            made.append(listed)
        return made


class PatternIndex(BookList):
    """``pattern-index``: all patterns by category."""

    listed = AllPatterns


@dataclass(frozen=True, slots=True)
class PatternsByStudy(Content):
    """The rows of the matrix: the sections of each study that use a pattern."""

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        studies = page.view.studies()
        heads = [cell(nodes.Text("Pattern")), *(cell(nodes.Text(s.name)) for s in studies)]
        widths = (40, *([60 // max(1, len(studies))] * len(studies)))
        made, body = table([], "", widths, heads)
        for _, patterns in page.view.categories():
            for pattern in patterns:
                row = nodes.row("", cell(*page.patterns((pattern.slug,))))
                uses = page.view.uses(pattern.slug)
                for study in studies:
                    row += cell(
                        *_sections(page, [u for u in uses if page.view.study(u.page) == study])
                    )
                body += row
        return list(made.children)


def _sections(page: PageContext, uses: list[PatternUse]) -> list[nodes.Node]:
    if not uses:
        return [nodes.inline("", "not used", classes=["no-use"])]
    found: dict[str, nodes.Node] = {}
    for use in uses:
        number = page.view.number(use.page, use.anchor) or page.view.number(use.page)
        words = number or page.view.words(use.heading)
        found.setdefault(words, page.place(use.page, use.anchor, words))
    return joined([link] for link in found.values())


class PatternMatrix(BookTable):
    """``pattern-matrix``: which study uses which pattern; the argument is the caption."""

    kinds = ("pattern-matrix", "matrix")
    listed = PatternsByStudy


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("related-patterns", RelatedPatterns)
    app.add_directive("pattern-index", PatternIndex)
    app.add_directive("pattern-matrix", PatternMatrix)
