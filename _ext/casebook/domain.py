"""The domain: what each page contributed, under the page's name.

Clearing and merging are one line each; every index is computed from the records by `core.book`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from docutils import nodes
from sphinx.domains import Domain, ObjType
from sphinx.roles import XRefRole
from sphinx.util.nodes import make_refnode
from sphinxcontrib.bibtex.domain import get_docnames

from . import checks
from .core import catalogue as catalogues
from .core.book import Book
from .core.literate.chunks import words
from .core.metrics import states_another_number
from .core.problems import Kind, Problem, suggestion
from .core.records import Code, Record
from .problems import report

if TYPE_CHECKING:
    from docutils.nodes import Element
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment


NUMBERED = {("all-uses", ""), ("insights", "")}
"""Questions whose answers are shown with the numbers of sections."""

T = TypeVar("T", bound=Record)


class CasebookDomain(Domain):
    """Metrics and patterns: their records, links and messages."""

    name = "casebook"
    label = "Elite Engineering Case Studies"
    object_types: ClassVar = {
        "metric": ObjType("metric", "metric"),
        "pattern": ObjType("pattern", "pattern"),
        "chunk": ObjType("chunk"),
        "insight": ObjType("insight"),
    }
    roles: ClassVar = {"metric": XRefRole(), "pattern": XRefRole()}
    initial_data: ClassVar = {"pages": {}, "questions": {}, "shown": {}}
    data_version = 5  # raised with every change of the records: they are stored by position

    def __init__(self, env: BuildEnvironment) -> None:
        super().__init__(env)
        self.catalogue = catalogues.EMPTY
        self.catalogue_problems: list[Problem] = []
        self._book: Book | None = None
        self._labels: dict[str, str] | None = None

    # --- read phase: pages contribute, ask, and are forgotten ---

    def add(self, page: str, record: Record) -> None:
        """Keep a record of a page."""
        self.data["pages"].setdefault(page, []).append(record)

    def ask(self, page: str, kind: str, name: str) -> None:
        """Note that a page shows an answer of the book."""
        self.data["questions"].setdefault(page, set()).add((kind, name))

    def records(self, page: str, kind: type[T]) -> list[T]:
        """What a page that is being read, or has been, contributed of one kind."""
        return [r for r in self.data["pages"].get(page, ()) if isinstance(r, kind)]

    def code(self, page: str) -> Code:
        """The code of a page that is being read, or has been."""
        return next(iter(self.records(page, Code)), Code(page))

    def pages_with_code(self) -> list[str]:
        """The pages that hold chunks or sessions."""
        pages = self.data["pages"]
        return sorted(page for page in pages if self.records(page, Code))

    def clear_doc(self, docname: str) -> None:
        """Forget a page."""
        for store in self.data.values():
            if isinstance(store, dict):
                store.pop(docname, None)
        self._book = None

    def merge_domaindata(self, docnames: Set[str], otherdata: dict[str, Any]) -> None:
        """Take over the pages that another process has read."""
        for store in ("pages", "questions"):
            found = {page: otherdata[store][page] for page in docnames if page in otherdata[store]}
            self.data[store].update(found)

    # --- from then on the book is frozen ---

    @property
    def book(self) -> Book:
        """The whole book as it has been read."""
        if self._book is None:
            order = {page: i for i, page in enumerate(_reading_order(self.env))}
            records = [r for page in sorted(self.data["pages"]) for r in self.data["pages"][page]]
            self._book = Book(tuple(records), self.catalogue, order)
        return self._book

    @property
    def source_labels(self) -> dict[str, str]:
        """The label of each cited source: "Leach 2017"."""
        if self._labels is None:
            cite: Any = self.env.get_domain("cite")
            self._labels = {c.key: c.formatted_entry.label for c in cite.citations}
        return self._labels

    def changed_pages(self) -> list[str]:
        """The pages that would now show something else of other pages than when last written."""
        self._book = self._labels = None
        shown, changed = self.data["shown"], []
        # Every page of the site shows the titles of all in its sidebar.
        titles = {page: title.astext() for page, title in self.env.titles.items()}
        tree = (sorted(titles.items()), sorted(self.env.toctree_includes.items()))
        navigation = _digest(tree)
        numbers = _digest(sorted(self.env.toc_secnumbers.items()))
        cited, sources = self._cited()
        for page in sorted(self.env.found_docs):
            questions = self.data["questions"].get(page, set())
            digest = self.book.digest(questions) + cited.get(page, "") + navigation
            if ("figures", "") in questions:
                digest += self.env.config.casebook_date + sources
            if not questions.isdisjoint(NUMBERED):
                digest += numbers
            if shown.get(page) != digest:
                shown[page] = digest
                changed.append(page)
        return changed

    def _cited(self) -> tuple[dict[str, str], str]:
        """What each page shows of sources, and what a page of all sources shows, as digests.

        sphinxcontrib-bibtex leaves pages stale whose labels change with a citation elsewhere.
        """
        cite: Any = self.env.get_domain("cite")
        by_key: dict[str, list[object]] = {}
        shown: dict[str, list[object]] = {}
        for c in cite.citations:
            page = c.bibliography_key.docname
            label = (c.key, c.formatted_entry.label, page, c.citation_id)
            by_key.setdefault(c.key, []).append(label)
            shown.setdefault(page, []).append((label, str(c.formatted_entry.text)))
        keys: dict[str, set[str]] = {}
        for ref in cite.citation_refs:
            keys.setdefault(ref.docname, set()).update(target.key for target in ref.targets)
        for page, cited in keys.items():
            shown.setdefault(page, []).append([by_key.get(key) for key in sorted(cited)])
        return {page: _digest(parts) for page, parts in shown.items()}, _digest(by_key)

    def check_consistency(self) -> None:
        """Report what only the whole book shows."""
        checks.check(self.env, self.book)
        for problem in self.catalogue_problems:
            report(problem.kind, problem.message, f"{self.catalogue_path}:{problem.line}")

    @property
    def catalogue_path(self) -> Path:
        """Where the pattern catalogue lies."""
        return Path(self.env.srcdir, self.env.config.casebook_catalogue)

    # --- resolve phase: links ---

    def resolve_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: pending_xref,
        contnode: Element,
    ) -> nodes.reference | None:
        """Make the link that `metric` and `pattern-link` stand for."""
        explicit, plain = node["refexplicit"], node.get("plain", False)
        if typ == "metric" and target in self.book.figures:
            figure = self.book.figures[target]
            wrong = states_another_number(contnode.astext(), figure)
            if wrong and explicit and not plain:
                report(Kind.WRONG_NUMBER, wrong, node)
            words = contnode.astext() if explicit else str(figure.printed)
            row = self.book.rows[target]
            link = self._link(builder, fromdocname, row.page, row.anchor, words)
            return link if plain else self._marked(link, "metric", target)
        section, pattern = self.book.sections.get(target), self.catalogue.find(target)
        if typ == "pattern" and section and pattern:
            words = contnode.astext() if explicit else pattern.words
            link = self._link(builder, fromdocname, section.page, section.anchor, words)
            return link if plain else self._marked(link, "pattern", target)
        if typ == "chunk":
            return self._chunk_link(builder, fromdocname, target, contnode if explicit else None)
        if typ == "insight" and explicit:
            return self._insight_link(builder, fromdocname, target, contnode.astext())
        return None

    def _chunk_link(
        self, builder: Builder, page: str, target: str, content: Element | None
    ) -> nodes.reference | None:
        # Names of chunks belong to their page.
        for chunk in self.code(page).program.chunks:
            if chunk.anchor == f"chunk-{target}":
                if content is not None:
                    return self._link(builder, page, page, chunk.anchor, content.astext())
                text = chunk.title
                return self._link(builder, page, page, chunk.anchor, text, ("chunk-name",))
        return None

    def _insight_link(
        self, builder: Builder, page: str, target: str, words: str
    ) -> nodes.reference | None:
        # Without words of its own the link would go stale with the title on another page.
        for insight in self.book.insights:
            if insight.anchor == f"insight-{target}":
                return self._link(builder, page, insight.page, insight.anchor, words)
        return None

    def _link(
        self,
        builder: Builder,
        source: str,
        page: str,
        anchor: str,
        words: str,
        classes: tuple[str, ...] = (),
    ) -> nodes.reference:
        shown = nodes.inline("", words, classes=list(classes))
        return make_refnode(builder, source, page, anchor, shown)

    def _marked(self, link: nodes.reference, kind: str, name: str) -> nodes.reference:
        # Links in running text carry their evidence or intent: a slip on the screen (`slips`), a
        # mark and a page number on paper (`printmarks`).
        link["casebook"] = (kind, name)
        return link

    def resolve_any_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        target: str,
        node: pending_xref,
        contnode: Element,
    ) -> list[tuple[str, nodes.reference]]:
        """Let plain Markdown links reach metrics, patterns and insights by their anchors."""
        kind, _, name = target.partition("-")
        if kind not in self.object_types or not name:
            return []
        node["refexplicit"] = bool(contnode.astext()) and contnode.astext() != target
        link = self.resolve_xref(env, fromdocname, builder, kind, name, node, contnode)
        return [(f"casebook:{kind}", link)] if link else []

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """Metrics, patterns, chunks and insights, for the search and Sphinx's inventory.

        The names carry their kind: where a name equals the anchor, or the anchor without its kind,
        Sphinx's search would make the anchor from the words that it displays.
        """
        for name, row in sorted(self.book.rows.items()):
            yield f"metric:{name}", row.metric.label, "metric", row.page, row.anchor, 1
        for slug, section in sorted(self.book.sections.items()):
            pattern = self.catalogue.find(slug)
            title = pattern.title if pattern else slug
            yield f"pattern:{slug}", title, "pattern", section.page, section.anchor, 1
        for insight in self.book.insights:
            name = f"insight:{insight.page}:{insight.anchor}"
            yield name, insight.title, "insight", insight.page, insight.anchor, 1
        for listing in self.book.listings:
            chunk = listing.chunk
            name = f"chunk:{listing.page}:{chunk.anchor}"
            yield name, words(chunk.name), "chunk", listing.page, chunk.anchor, 1

    def missing(self, kind: str, target: str) -> tuple[Kind, str] | None:
        """The message for a link that led nowhere; nothing when it has been reported elsewhere."""
        if kind == "metric":
            if target in self.book.rows:
                return None
            hint = suggestion(target, self.book.rows)
            return Kind.UNKNOWN_METRIC, f"unknown metric '{target}'{hint}"
        if self.catalogue.find(target):
            return None
        return Kind.UNKNOWN_PATTERN, f"unknown pattern '{target}'{self.catalogue.near(target)}"


def _digest(shown: object) -> str:
    return hashlib.sha256(repr(shown).encode()).hexdigest()


def _reading_order(env: BuildEnvironment) -> list[str]:
    pages: list[str] = list(get_docnames(env))  # type: ignore[no-untyped-call]
    return pages


def domain_of(env: BuildEnvironment) -> CasebookDomain:
    """The domain of an environment."""
    domain = env.domains["casebook"]
    assert isinstance(domain, CasebookDomain)
    return domain


def marked_links(document: nodes.document) -> list[nodes.reference]:
    """The links of running text to figures and patterns, in reading order."""
    return [link for link in document.findall(nodes.reference) if "casebook" in link]


def _load_catalogue(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    domain = domain_of(env)
    path = domain.catalogue_path
    if path.exists():
        text = path.read_text(encoding="utf-8")
        domain.catalogue, domain.catalogue_problems = catalogues.parse(text)


def _changed(app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
    return domain_of(env).changed_pages()


def _warn_missing(app: Sphinx, domain: Domain | None, node: pending_xref) -> bool | None:
    if not isinstance(domain, CasebookDomain):
        return None
    problem = domain.missing(node["reftype"], node["reftarget"])
    if problem:
        report(*problem, node)
    return True


def _sort_bibliographies(app: Sphinx, env: BuildEnvironment) -> None:
    # The bibliographies are kept in the order of reading, which parallel and incremental builds
    # change.  A citation on a page without a list of its own leads to the last that holds it, so
    # the order is turned round for it to be the first.
    bibliographies: dict[Any, Any] = env.get_domain("cite").bibliographies  # type: ignore[attr-defined]
    items = sorted(
        bibliographies.items(), key=lambda item: (item[0].docname, item[0].id_), reverse=True
    )
    bibliographies.clear()
    bibliographies.update(items)


def setup_domain(app: Sphinx) -> None:
    """Register the domain and its place in the build."""
    app.add_config_value("casebook_catalogue", "patterns/catalogue.toml", "", str)
    app.add_domain(CasebookDomain)
    app.connect("env-before-read-docs", _load_catalogue)
    app.connect("env-updated", _sort_bibliographies, priority=100)
    # After Sphinx has numbered sections and tables.
    app.connect("env-get-updated", _changed, priority=900)
    app.connect("warn-missing-reference", _warn_missing)
