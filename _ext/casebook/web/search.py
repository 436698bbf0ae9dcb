"""The search of the web edition: it leads to sections, not pages, and knows numbers.

Sphinx's index holds pages.  Here each section is an entry of its own beside its page, named
"page#anchor", which holds the words that no section below it holds.  `search.js`, which only the
search page loads, makes links of these names.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from docutils import nodes
from sphinx.builders.dirhtml import DirectoryHTMLBuilder
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.search import IndexBuilder, SearchLanguage

from casebook.base.standard_nodes import top_section

if TYPE_CHECKING:
    import os

    from sphinx.application import Sphinx

SCRIPT = Path(__file__).with_name("search.js")


@dataclass(frozen=True, slots=True)
class Part:
    """What a page holds outside its sections, or a section outside those below it."""

    anchor: str
    """That of the section; "" is the page itself."""
    title: str
    element: nodes.Element
    """Not of the page's tree: its children keep their own parents."""


def parts(doctree: nodes.document) -> Iterator[Part]:
    """Yield the page itself, then its sections in reading order.

    What stands under the page's title belongs to the page, as does a section without an anchor.
    """
    first = top_section(doctree)
    own: list[nodes.Node] = []
    sections: list[Part] = []

    def collect(element: nodes.Element, into: list[nodes.Node]) -> None:
        for child in element.children:
            if not isinstance(child, nodes.section):
                into.append(child)
            elif "no-search" in child["classes"]:
                continue
            elif child is first or not child["ids"]:
                collect(child, into)
            else:
                title = next((t.astext() for t in child.children if isinstance(t, nodes.title)), "")
                below = nodes.Element()
                sections.append(Part(child["ids"][0], title, below))
                collect(child, below.children)

    collect(doctree, own)
    page = nodes.Element()
    page.children = own
    yield Part("", "", page)
    yield from sections


class _WithNumbers(SearchLanguage):
    """A language to which numbers are words."""

    def __init__(self, options: dict[str, str]) -> None:
        super().__init__(options)
        self._stems: dict[str, str] = {}

    def stem(self, word: str) -> str:
        # Sphinx remembers stems as long as it feeds one entry, and here a page has many.
        if word not in self._stems:
            self._stems[word] = super().stem(word)
        return self._stems[word]

    def word_filter(self, word: str) -> bool:
        return word.isdigit() or super().word_filter(word)


class SectionIndex(IndexBuilder):
    """An index of pages and their sections."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        # Not registered with Sphinx, which would change the language of other books, too.
        language = type(self.lang)
        mixed = type(language.__name__, (_WithNumbers, language), {})
        self.lang = mixed(self.lang.options)

    def feed(
        self, docname: str, filename: str | os.PathLike[str], title: str, doctree: nodes.document
    ) -> None:
        """Add a page: its words by section, its titles and index entries as Sphinx does."""
        titles: list[tuple[str, str | None]] = []
        entries: set[tuple[str, str, str]] = set()
        for part in parts(doctree):
            entry, name = docname, title
            if part.anchor:
                # In the words of Sphinx's own results for titles, so that none is listed twice.
                entry = f"{docname}#{part.anchor}"
                name = title if part.title == title else f"{title} > {part.title}"
            super().feed(entry, filename, name, cast("nodes.document", part.element))
            titles += [
                (words, place or part.anchor or None) for words, place in self._all_titles[entry]
            ]
            entries.update(self._index_entries.pop(entry))
            self._all_titles[entry] = []
        self._all_titles[docname] = titles
        self._index_entries[docname] = sorted(entries)

    def prune(self, docnames: Iterable[str]) -> None:
        """Remove all pages but these, with their sections."""
        kept = set(docnames)
        super().prune([entry for entry in self._titles if entry.partition("#")[0] in kept])


class Html(StandaloneHTMLBuilder):
    """Writes a file for each page, and that index."""

    def load_indexer(self, docnames: Set[str]) -> None:
        """Read the index of the last build into one of our own."""
        config = self.config
        self.indexer = SectionIndex(
            self.env,
            config.html_search_language or config.language,
            config.html_search_options,
            config.html_search_scorer,
        )
        super().load_indexer(docnames)


class DirHtml(Html, DirectoryHTMLBuilder):
    """Writes a folder for each page, and that index."""


def setup(app: Sphinx) -> None:
    """Put these builders in place of Sphinx's, and the script beside the pages."""
    app.add_builder(Html, override=True)
    app.add_builder(DirHtml, override=True)
    app.config.html_static_path = [*app.config.html_static_path, str(SCRIPT)]
    app.config.epub_exclude_files = [*app.config.epub_exclude_files, "_static/search.js"]
