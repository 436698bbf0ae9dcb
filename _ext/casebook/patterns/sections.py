"""``pattern``: the section of a pattern; and what every page says about patterns."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

from casebook.base.config import settings
from casebook.base.directive import BookDirective, BookLink
from casebook.base.domain import domain_of
from casebook.base.node_text import pieces, text_of
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.reporting import report
from casebook.base.standard_nodes import definition
from casebook.core.patterns.catalogue import RELATIONS
from casebook.core.patterns.uses import PatternSection, PatternUse
from casebook.core.problems import Kind, Problem
from casebook.core.text.marked_text import Text
from casebook.core.text.sentences import around

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


@dataclass(frozen=True, slots=True)
class Facts(Content):
    """What the catalogue says of a pattern: intent, category, other names, relations."""

    slug: str

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        described = page.view.pattern(self.slug)
        if not described:
            return []  # reported when the page was read
        pattern = described.pattern
        facts = nodes.definition_list(classes=["facts"])

        def fact(name: str, *words: nodes.Node) -> None:
            nonlocal facts
            facts += definition([nodes.Text(name)], words)

        fact("Category", nodes.Text(pattern.category.replace("-", " ")))
        if pattern.aliases:
            fact("Also called", nodes.Text(", ".join(pattern.aliases)))
        for relation, slugs in pattern.relations:
            links = page.patterns(slugs)
            if links:
                fact(RELATIONS[relation].capitalize(), *links)
        library = settings(page.env).library
        if pattern.link:
            outward = nodes.reference("", f"the pattern in {library}", refuri=pattern.link)
            tier = f", tier {pattern.tier}" if pattern.tier else ""
            fact("Elsewhere", outward, nodes.Text(tier))
        elif library:
            fact("Elsewhere", nodes.Text(f"described here only; {library} has no page on it"))
        intent = nodes.paragraph("", pattern.intent)
        return [nodes.container("", intent, classes=["study-deck", "intent"]), facts]


@dataclass(frozen=True, slots=True)
class Uses(Content):
    """Where the book uses a pattern: a link, and the sentence around it."""

    slug: str

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        listed = nodes.bullet_list(classes=["uses"])
        for use in page.view.uses(self.slug):
            title = page.view.words(page.view.title(use.page))
            heading = page.view.words(use.heading)
            words = heading if heading == title else f"{title}, {heading}"
            place = page.place(use.page, use.anchor, words)
            sentence = nodes.Text(f": “{page.view.words(use.sentence)}”")
            listed += nodes.list_item("", nodes.paragraph("", "", place, sentence))
        return [listed] if listed.children else [nodes.paragraph("", "No study uses it.")]


class PatternDirective(BookDirective):
    """``pattern``: makes the section that it opens the home of a pattern."""

    has_content = False
    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        slug = self.arguments[0].strip()
        # Read again when the catalogue changes: it says whether this is a pattern at all.
        self.env.note_dependency(str(self.book.catalogue_path))
        return [self.place(Facts(slug))]


class GatherPatterns(SphinxTransform):
    """Keep what a page says about patterns: its sections and its uses."""

    default_priority = 500

    def apply(self, **kwargs: Any) -> None:
        domain = domain_of(self.env)
        for place in list(self.document.findall(Placeholder)):
            if isinstance(place.content, Facts):
                self._open_section(place, place.content.slug)
        for link in self.document.findall(addnodes.pending_xref):
            if (link.get("refdomain"), link.get("reftype")) == ("casebook", "pattern"):
                domain.add(self._use(link))

    def _open_section(self, head: Placeholder, slug: str) -> None:
        domain, page = domain_of(self.env), self.env.docname
        if not domain.catalogue.find(slug):
            message = f"unknown pattern '{slug}'{domain.catalogue.near(slug)}"
            report(Problem(Kind.UNKNOWN_PATTERN, message), head)
            return
        section = head.parent
        if not isinstance(section, nodes.section):
            message = "the directive 'pattern' stands directly under the heading of its section"
            report(Problem(Kind.PATTERN_PAGE, message), head)
            return
        domain.add(PatternSection(page, slug, section["ids"][0], head.line or 0))
        uses = nodes.section("", nodes.title("", "Where the book uses it"), ids=[f"{slug}-uses"])
        uses += Placeholder(content=Uses(slug), page=page)
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


def _check(app: Sphinx, env: BuildEnvironment) -> None:
    """Report patterns that have two sections, or are used and have none."""
    book = domain_of(env).book
    for section in book.of(PatternSection):
        first = book.sections[section.slug]
        if section != first:
            place = f"{env.doc2path(first.page, False)}:{first.line}"
            message = f"the pattern '{section.slug}' has its section already, at {place}"
            report(Problem(Kind.PATTERN_PAGE, message), (section.page, section.line))
    for slug in sorted(book.uses):
        if book.catalogue.find(slug) and slug not in book.sections:
            use = book.uses[slug][0]
            message = f"the pattern '{slug}' has no section in the book; write one with 'pattern'"
            report(Problem(Kind.PATTERN_PAGE, message), (use.page, use.line))


def setup(app: Sphinx) -> None:
    """Register directive, role, transform and check."""
    app.add_role("pattern-link", BookLink("pattern"))
    app.add_directive("pattern", PatternDirective)
    app.add_transform(GatherPatterns)
    app.connect("env-check-consistency", _check)
