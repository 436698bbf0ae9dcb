"""The page that is being resolved, and its links to the rest of the book.

What it shows of the book it asks of its `View` alone, which remembers what was asked.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from docutils import nodes
from sphinx import addnodes

from casebook.base.standard_nodes import plain_link
from casebook.core.book.records import Record
from casebook.core.book.view import View
from casebook.core.patterns.catalogue import Pattern

if TYPE_CHECKING:
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment

R = TypeVar("R", bound=Record)
SCREEN = ("html", "dirhtml")
"""The builders of a site: it has files beside its pages, and every reader can open what is
folded."""


@dataclass(frozen=True, slots=True)
class PageContext:
    """The page around a placeholder."""

    view: View
    env: BuildEnvironment
    name: str
    """The page's name; an edition that joins all pages resolves them as one."""

    @property
    def builder(self) -> Builder:
        """What writes the edition at hand."""
        return self.env._app.builder

    @property
    def on_screen(self) -> bool:
        """Tell whether the edition is a site."""
        return self.builder.name in SCREEN

    @property
    def on_paper(self) -> bool:
        """Tell whether LaTeX sets the edition."""
        return self.builder.format == "latex"

    def metric(self, name: str, words: str) -> addnodes.pending_xref:
        """Return a link to a metric's row."""
        return plain_link("casebook", "metric", name, words, self.name)

    def pattern(self, pattern: Pattern) -> addnodes.pending_xref:
        """Return a link to a pattern's section."""
        return plain_link("casebook", "pattern", pattern.slug, pattern.title, self.name)

    def patterns(self, slugs: tuple[str, ...]) -> list[nodes.Node]:
        """Return links to patterns, with commas; a pattern without a section is plain words."""
        found: list[nodes.Node] = []
        for slug in slugs:
            described = self.view.pattern(slug)
            if described:
                pattern = described.pattern
                link = self.pattern(pattern) if described.section else None
                found += [nodes.Text(", ")] if found else []
                found.append(link or nodes.Text(pattern.title))
        return found

    def source(self, key: str) -> addnodes.pending_xref:
        """Return a source's label, linked to its entry in a list of references."""
        self.view.source(key)  # which sphinxcontrib-bibtex looks up
        link = plain_link("cite", "label", key, key, self.name)
        link["refexplicit"] = False
        return link

    def maker(self, output: str) -> list[nodes.Node]:
        """Return a link to the chunk that makes an output; none if no chunk does: it's reported."""
        maker = self.view.maker(output)
        if not maker:
            return []
        link = self.place(maker.page, maker.anchor, maker.words)
        for words in link.findall(nodes.inline):
            words["classes"].append("chunk-name")
        return [link]

    def place(self, page: str, anchor: str, words: str) -> nodes.reference:
        """Return a link to a place of the book; without an anchor it is the page."""
        anchor = f"#{anchor}" if anchor else ""
        link = nodes.reference("", "", nodes.inline("", words), internal=True)
        if self.on_paper:
            link["refuri"] = f"%{page}{anchor}"
        elif page == self.name and anchor:
            link["refid"] = anchor.removeprefix("#")
        else:
            uri = self.builder.get_relative_uri(self.name, page)
            # In a book of one page a page is a place already.
            link["refuri"] = anchor if anchor and "#" in uri else f"{uri}{anchor}"
        return link

    def by_study(
        self, kind: type[R], item: Callable[[R], nodes.definition_list_item], none: str
    ) -> list[nodes.Node]:
        """Return all records of a kind as lists of terms, one under the title of each study.

        A page of no study stands for itself.

        `item` makes one entry of a list; `none` is what is said if the book has no such record.
        """
        made: list[nodes.Node] = []
        found: dict[str, list[R]] = {}
        for record in self.view.of(kind):
            study = self.view.study(record.page)
            found.setdefault(study.page if study else record.page, []).append(record)
        for page, records in found.items():
            made.append(nodes.rubric("", self.view.words(self.view.title(page))))
            made.append(nodes.definition_list("", *map(item, records), classes=["related"]))
        return made or [nodes.paragraph("", none)]
