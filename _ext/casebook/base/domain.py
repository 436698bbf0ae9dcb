"""The domain: what each page contributed, under the page's name.

Clearing and merging are one line each; every index is computed from the records by `core.book`.
A page that is resolved asks the book through its `core.view.View`, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterator, Set
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from docutils import nodes
from sphinx.domains import Domain, ObjType
from sphinx.roles import XRefRole
from sphinx.util.nodes import make_refnode
from sphinxcontrib.bibtex.domain import get_docnames

from casebook.base import bibliography, fingerprint
from casebook.base.config import settings
from casebook.base.files import read_text
from casebook.base.frame import frame
from casebook.base.reporting import report
from casebook.core.book.answers import Answers, Place
from casebook.core.book.book import Book
from casebook.core.book.records import Captioned, Contents, Record, Study
from casebook.core.book.view import View
from casebook.core.findings.insight import Insight
from casebook.core.literate.chunks import words as in_words
from casebook.core.literate.printed import Code, Listing
from casebook.core.metrics.metric import states_another_number
from casebook.core.patterns import catalogue as catalogues
from casebook.core.problems import Kind, Problem
from casebook.core.text.marked_text import Text
from casebook.core.text.reading_time import PageLength

if TYPE_CHECKING:
    from docutils.nodes import Element
    from sphinx.addnodes import pending_xref
    from sphinx.application import Sphinx
    from sphinx.builders import Builder
    from sphinx.environment import BuildEnvironment


T = TypeVar("T", bound=Record)


class CasebookDomain(Domain):
    """Metrics and patterns: their records, links and messages."""

    name = "casebook"
    label = "Casebook"
    object_types: ClassVar = {
        "metric": ObjType("metric", "metric"),
        "pattern": ObjType("pattern", "pattern"),
        "chunk": ObjType("chunk"),
        "insight": ObjType("insight"),
        "exercise": ObjType("exercise"),
    }
    roles: ClassVar = {"metric": XRefRole(), "pattern": XRefRole()}
    initial_data: ClassVar = {"pages": {}, "bibfiles": []}

    def __init__(self, env: BuildEnvironment) -> None:
        super().__init__(env)
        self.catalogue = catalogues.EMPTY
        self.catalogue_problems: list[Problem] = []
        self._answers: Answers | None = None
        self._views: dict[str, View] = {}

    # --- read phase: pages contribute, and are forgotten ---

    def add(self, record: Record) -> None:
        """Keep a record of its page."""
        self.data["pages"].setdefault(record.page, []).append(record)

    def records(self, page: str, kind: type[T]) -> list[T]:
        """Return what a page contributed of one kind, also while it is being read."""
        return [r for r in self.data["pages"].get(page, ()) if isinstance(r, kind)]

    def code(self, page: str) -> Code:
        """Return the code of a page, also while it is being read; it may be empty."""
        return next(iter(self.records(page, Code)), Code(page))

    def pages_with_code(self) -> list[str]:
        """Return the names of the pages that hold chunks or sessions, sorted."""
        pages = self.data["pages"]
        return sorted(page for page in pages if self.records(page, Code))

    def studies(self) -> dict[str, Study]:
        """Return the studies by the pages of their essays, as far as pages have been read."""
        pages = self.data["pages"]
        return {page: study for page in pages for study in self.records(page, Study)}

    @property
    def is_used(self) -> bool:
        """Tell whether the project uses the press: what is noted of every page does not count."""
        everywhere = (Captioned, Contents, PageLength)
        pages = self.data["pages"].values()
        listed = bibliography.is_used(self.env.get_domain("cite"))
        return listed or any(not isinstance(r, everywhere) for page in pages for r in page)

    def clear_doc(self, docname: str) -> None:
        """Forget a page."""
        self.data["pages"].pop(docname, None)
        self.thaw()

    def merge_domaindata(self, docnames: Set[str], otherdata: dict[str, Any]) -> None:
        """Take over the pages that another process has read."""
        pages = otherdata["pages"]
        self.data["pages"].update({page: pages[page] for page in docnames if page in pages})

    def thaw(self) -> None:
        """Forget what was computed of the pages, since they change."""
        self._answers, self._views = None, {}

    # --- from then on the book is frozen ---

    @property
    def answers(self) -> Answers:
        """The whole book as it has been read, and what it answers."""
        if self._answers is None:
            order = {page: i for i, page in enumerate(_reading_order(self.env))}
            records = [r for page in sorted(self.data["pages"]) for r in self.data["pages"][page]]
            book = Book(tuple(records), self.catalogue, order, frame(self.env))
            self._answers = Answers(book)
        return self._answers

    @property
    def book(self) -> Book:
        """The whole book, for what is made anew in every build; a page has its `view`."""
        return self.answers.book

    def view(self, page: str) -> View:
        """Return what a page asks of the book; all that it shows of other pages comes from here."""
        if page not in self._views:
            self._views[page] = View(self.answers)
        return self._views[page]

    def bare_words(self, page: str, text: Text, node: Element) -> str:
        """Return the words of a text that stands in no link, and report what it names in vain.

        A node that shows it `again` says nothing of that.
        """
        view = self.view(page)
        known = {"metric": view.metric, "pattern": view.pattern}
        for kind, name in text.marks:
            problem: Problem | None = None
            if kind in known and known[kind](name) is None:
                problem = self.missing(page, kind, name)
            elif kind in ("cite", "label"):
                lost = [key for key in name.split(",") if not view.source(key)]
                message = f"no list of references holds '{', '.join(lost)}'"
                problem = Problem(Kind.UNKNOWN_SOURCE, message) if lost else None
            if problem and not node.get("again"):
                report(problem, f"{node.source}:{text.line}")
        return view.words(text)

    def check_consistency(self) -> None:
        """Report what is wrong with the catalogue; features report the rest."""
        for problem in self.catalogue_problems:
            report(problem, f"{self.catalogue_path}:{problem.line}")

    @property
    def catalogue_path(self) -> Path:
        """The path of the pattern catalogue."""
        return Path(self.env.srcdir, settings(self.env).catalogue)

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
        view = self.view(fromdocname)
        if typ == "metric":
            valued = view.metric(target)
            if valued is None or valued.resolved is None:
                return None
            wrong = states_another_number(contnode.astext(), valued.resolved)
            if wrong and explicit and not plain:
                report(wrong, node)
            words = contnode.astext() if explicit else str(valued.resolved.printed)
            link = self._link(builder, fromdocname, valued.row, words)
            return link if plain else self._marked(link, "metric", target)
        if typ == "pattern":
            described = view.pattern(target)
            if described is None or described.section is None:
                return None
            words = contnode.astext() if explicit else described.pattern.words
            link = self._link(builder, fromdocname, described.section, words)
            return link if plain else self._marked(link, "pattern", target)
        if typ == "chunk":
            return self._chunk_link(builder, fromdocname, target, contnode if explicit else None)
        if titled := view.titled(typ, target):
            words = contnode.astext() if explicit else view.words(titled.title)
            return self._link(builder, fromdocname, Place(titled.page, titled.anchor), words)
        return None

    def _chunk_link(
        self, builder: Builder, page: str, target: str, content: Element | None
    ) -> nodes.reference | None:
        place = self.view(page).chunk(page, f"chunk-{target}")
        if place is None:
            return None
        if content is not None:
            return self._link(builder, page, place, content.astext())
        return self._link(builder, page, place, place.words, ("chunk-name",))

    def _link(
        self,
        builder: Builder,
        source: str,
        place: Place,
        words: str,
        classes: tuple[str, ...] = (),
    ) -> nodes.reference:
        shown = nodes.inline("", words, classes=list(classes))
        return make_refnode(builder, source, place.page, place.anchor, shown)

    def _marked(self, link: nodes.reference, kind: str, name: str) -> nodes.reference:
        # Links in running text carry their evidence or intent: a tooltip on the screen
        # (`web.tooltips`), a mark and a page number on paper (`print.marks`).
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
        """Let plain Markdown links reach what has a name in the press by its anchor."""
        kind, _, name = target.partition("-")
        if kind not in self.object_types or not name:
            return []
        node["refexplicit"] = bool(contnode.astext()) and contnode.astext() != target
        link = self.resolve_xref(env, fromdocname, builder, kind, name, node, contnode)
        return [(f"casebook:{kind}", link)] if link else []

    def get_objects(self) -> Iterator[tuple[str, str, str, str, str, int]]:
        """Yield what has a name in the press, for the search and Sphinx's inventory.

        The names carry their kind: where a name equals the anchor, or the anchor without its kind,
        Sphinx's search would make the anchor from the words that it displays.
        """
        words = View(self.answers).words
        for name, row in sorted(self.book.rows.items()):
            label = words(row.metric.label)
            yield f"metric:{name}", label, "metric", row.page, row.anchor, 1
        for slug, section in sorted(self.book.sections.items()):
            pattern = self.catalogue.find(slug)
            title = pattern.title if pattern else slug
            yield f"pattern:{slug}", title, "pattern", section.page, section.anchor, 1
        for insight in self.book.of(Insight):
            name = f"insight:{insight.page}:{insight.anchor}"
            yield name, words(insight.title), "insight", insight.page, insight.anchor, 1
        for exercise in self.book.exercises.values():
            title = words(exercise.title)
            yield f"exercise:{exercise.name}", title, "exercise", exercise.page, exercise.anchor, 1
        for listing in self.book.of(Listing):
            chunk = listing.chunk
            name = f"chunk:{listing.page}:{chunk.anchor}"
            yield name, in_words(chunk.name), "chunk", listing.page, chunk.anchor, 1

    def missing(self, page: str, kind: str, target: str) -> Problem | None:
        """Say why a link led nowhere; nothing when it has been reported elsewhere."""
        view = self.view(page)
        found = view.metric(target) if kind == "metric" else view.pattern(target)
        if found:
            return None
        named = Kind.UNKNOWN_METRIC if kind == "metric" else Kind.UNKNOWN_PATTERN
        return Problem(named, f"unknown {kind} '{target}'{view.near(kind, target)}")


def _reading_order(env: BuildEnvironment) -> list[str]:
    pages: list[str] = list(get_docnames(env))  # type: ignore[no-untyped-call]
    return pages


def domain_of(env: BuildEnvironment) -> CasebookDomain:
    """Return the domain of an environment."""
    domain = env.domains["casebook"]
    assert isinstance(domain, CasebookDomain)
    return domain


def marked_links(document: nodes.document) -> list[nodes.reference]:
    """Return the links of running text to metrics and patterns, in reading order."""
    return [link for link in document.findall(nodes.reference) if "casebook" in link]


def _load_catalogue(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    domain = domain_of(env)
    path = domain.catalogue_path
    if path.exists():
        text = read_text(path)
        if isinstance(text, Problem):
            domain.catalogue, domain.catalogue_problems = catalogues.EMPTY, [text]
            return
        catalogue, domain.catalogue_problems = catalogues.parse(text)
        domain.catalogue = catalogue.linked(settings(app).pattern_library)


def _warn_missing(app: Sphinx, domain: Domain | None, node: pending_xref) -> bool | None:
    if not isinstance(domain, CasebookDomain):
        return None
    problem = domain.missing(node["refdoc"], node["reftype"], node["reftarget"])
    if problem:
        report(problem, node)
    return True


def setup(app: Sphinx) -> None:
    """Register the domain and its place in the build."""
    CasebookDomain.data_version = fingerprint.number()
    app.add_domain(CasebookDomain)
    app.connect("env-before-read-docs", _load_catalogue)
    app.connect("warn-missing-reference", _warn_missing)
