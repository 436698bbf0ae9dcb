"""Patterns on the page: links, sections, and the lists that the press gathers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

from casebook.base.directive import BookDirective, BookLink, TableDirective
from casebook.base.domain import domain_of
from casebook.base.node_text import pieces, text_of
from casebook.base.placeholders import Generated
from casebook.base.reporting import report
from casebook.core.book.records import PatternSection, PatternUse, Study
from casebook.core.problems import Kind
from casebook.core.text.marked_text import Text
from casebook.core.text.sentences import around

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class PatternDirective(BookDirective):
    """``pattern``: makes the section that it opens the home of a pattern."""

    has_content = False
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        slug = self.arguments[0].strip()
        # Read again when the catalogue changes: it says whether this is a pattern at all.
        self.env.note_dependency(str(self.book.catalogue_path))
        return [self.generated("pattern-head", name=slug)]


class RelatedPatterns(BookDirective):
    """``related-patterns``: the patterns of this page, with their relations."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        return [self.generated("related-patterns")]


class PatternIndex(BookDirective):
    """``pattern-index``: all patterns by category."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        return [self.generated("pattern-index")]


class PatternMatrix(TableDirective):
    """``pattern-matrix``: which study uses which pattern; the argument is the caption."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        rows = self.generated("pattern-matrix")
        return [self.table(self.arguments[0], ["pattern-matrix", "matrix"], rows)]


class GatherPatterns(SphinxTransform):
    """Keep what a page says about patterns: its sections, its uses, and whether it is a study."""

    default_priority = 500

    def apply(self, **kwargs: Any) -> None:
        domain, page = domain_of(self.env), self.env.docname
        for head in list(self.document.findall(Generated)):
            if head["what"] == "pattern-head":
                self._open_section(head)
        for link in self.document.findall(addnodes.pending_xref):
            if (link.get("refdomain"), link.get("reftype")) == ("casebook", "pattern"):
                domain.add(page, self._use(link))
        name = self.env.metadata[page].get("study")
        if name:
            title = next(iter(self.document.findall(nodes.title)), None)
            words = text_of(title.children) if title is not None else Text(str(name))
            domain.add(page, Study(page, str(name), words))

    def _open_section(self, head: Generated) -> None:
        domain, page, slug = domain_of(self.env), self.env.docname, head["name"]
        if not domain.catalogue.find(slug):
            message = f"unknown pattern '{slug}'{domain.catalogue.near(slug)}"
            report(Kind.UNKNOWN_PATTERN, message, head)
            return
        section = head.parent
        if not isinstance(section, nodes.section):
            message = "the directive 'pattern' stands directly under the heading of its section"
            report(Kind.PATTERN_PAGE, message, head)
            return
        record = PatternSection(page, slug, section["ids"][0], head.line or 0)
        domain.add(page, record)
        uses = nodes.section("", nodes.title("", "Where the book uses it"), ids=[f"{slug}-uses"])
        uses += Generated("", what="uses", name=slug, page=page)
        self.document.note_explicit_target(uses)
        section += uses

    def _use(self, link: addnodes.pending_xref) -> PatternUse:
        block: nodes.Node = link
        while isinstance(block, nodes.Inline):
            block = block.parent  # up to the paragraph, title or caption
        section: Any = link
        while section is not None and not isinstance(section, nodes.section):
            section = section.parent
        anchor = section["ids"][0] if section is not None else ""
        heading = text_of(section[0].children) if section is not None else Text("")
        line = link.line or getattr(block, "line", 0) or 0
        # A link that stands in no sentence brings one.
        sentence = link.get("sentence") or _sentence(block, link, self.env.docname)
        return PatternUse(self.env.docname, link["reftarget"], anchor, heading, sentence, line)


def _sentence(block: nodes.Node, link: addnodes.pending_xref, page: str) -> Text:
    """Return the sentence around a link."""
    text, place = "", 0
    for node, words in pieces(block.children, page):
        if node is link:
            place = len(text)
        text += words
    return Text(around(text, place))


def setup(app: Sphinx) -> None:
    """Register directives, role and transform."""
    app.add_role("pattern-link", BookLink("pattern"))
    app.add_directive("pattern", PatternDirective)
    app.add_directive("related-patterns", RelatedPatterns)
    app.add_directive("pattern-index", PatternIndex)
    app.add_directive("pattern-matrix", PatternMatrix)
    app.add_transform(GatherPatterns)
