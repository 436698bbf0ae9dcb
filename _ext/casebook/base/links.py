"""What the makers of generated content share: the page at hand, and links into the book.

They know the book through the page's `View` alone, which remembers what they asked.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx import addnodes

from casebook.base.placeholders import Generated
from casebook.base.table_nodes import plain_link
from casebook.core.book.view import View
from casebook.core.metrics.metric import Resolved
from casebook.core.patterns.catalogue import Pattern

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment


@dataclass(frozen=True)
class Page:
    """The page that is being resolved, and its view of the book around it."""

    view: View
    env: BuildEnvironment

    def metric(self, name: str, words: str, page: str) -> addnodes.pending_xref:
        """A link to a metric's row."""
        return plain_link("casebook", "metric", name, words, page)

    def pattern(self, pattern: Pattern, page: str) -> addnodes.pending_xref:
        """A link to a pattern's section."""
        return plain_link("casebook", "pattern", pattern.slug, pattern.title, page)

    def patterns(self, slugs: tuple[str, ...], page: str) -> list[nodes.Node]:
        """Links to patterns, with commas; a pattern without a section stands as plain words."""
        found: list[nodes.Node] = []
        for slug in slugs:
            described = self.view.pattern(slug)
            if described:
                pattern = described.pattern
                link = self.pattern(pattern, page) if described.section else None
                found += [nodes.Text(", ")] if found else []
                found.append(link or nodes.Text(pattern.title))
        return found

    def source(self, key: str, page: str) -> addnodes.pending_xref:
        """A source's label, linked to its entry in a list of references."""
        self.view.source(key)  # which sphinxcontrib-bibtex looks up
        link = plain_link("cite", "label", key, key, page)
        link["refexplicit"] = False
        return link

    def maker(self, output: str, page: str) -> list[nodes.Node]:
        """A link to the chunk that makes an output; nothing if none does, which is reported."""
        maker = self.view.maker(output)
        if not maker:
            return []
        link = self.place(maker.page, maker.anchor, maker.words, page)
        for words in link.findall(nodes.inline):
            words["classes"].append("chunk-name")
        return [link]

    def place(self, target: str, anchor: str, words: str, page: str) -> nodes.reference:
        """A link to a section of the book."""
        link = nodes.reference("", "", nodes.inline("", words), internal=True)
        builder = self.env._app.builder
        if builder.format == "latex":
            link["refuri"] = f"%{target}#{anchor}"
        elif target == page:
            link["refid"] = anchor
        else:
            link["refuri"] = f"{builder.get_relative_uri(page, target)}#{anchor}"
        return link


FigureMaker = Callable[[Page, Resolved, Generated], list[nodes.Node]]
ListMaker = Callable[[Page, Generated], list[nodes.Node]]


def definition(
    term: Sequence[nodes.Node], words: Sequence[nodes.Node]
) -> nodes.definition_list_item:
    """A term and one paragraph on it."""
    return nodes.definition_list_item(
        "",
        nodes.term("", "", *term),
        nodes.definition("", nodes.paragraph("", "", *words)),
    )
