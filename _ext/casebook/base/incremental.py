"""Incremental builds: which pages are read again, and which are written again.

Sphinx reads a page again when a file that it was made of has changed.  Whether a page must be
written again, its view says: it is, when the book would now answer something else than when the
page was written last.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.addnodes import pending_xref, toctree
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinxcontrib.bibtex.citation_target import parse_citation_targets
from sphinxcontrib.bibtex.nodes import bibliography

from casebook.base.config import settings
from casebook.base.domain import domain_of
from casebook.base.frame import OTHERS
from casebook.base.node_text import target_of
from casebook.base.written_pages import WrittenPage, WrittenPages

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


def _outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> Iterable[str]:
    """Name the pages that Sphinx would not read again although what they were read of changed."""
    found: set[str] = set()
    if added or removed:
        # A list of contents that named a page before it was there has left it out.
        found |= {page for page in env.toctree_includes if page in env.found_docs}
    cite: Any = env.get_domain("cite")
    files, domain = [str(path) for path in cite.bibdata.bibfiles], domain_of(env)
    if domain.data["bibfiles"] != files:
        # A list of references knows the entries of the files that there were.
        domain.data["bibfiles"] = files
        found |= {key.docname for key in cite.bibliographies}
    return found


def _forget(app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
    # Sphinx forgets a page just before it reads it, unless it reads in parallel: what moves to an
    # earlier page would stand twice until the later one is read.
    for page in docnames:
        env.clear_doc(page)


class FewPages:
    """Reads few pages in the process at hand: another would need all that is known, twice."""

    def __init__(self) -> None:
        self._parallel = 0

    def read(self, app: Sphinx, env: BuildEnvironment, docnames: list[str]) -> None:
        """Take the processes from Sphinx while it reads, if there are more of them than pages."""
        self._parallel = app.parallel
        if len(docnames) < app.parallel:
            app.parallel = 1

    def give_back(self, app: Sphinx, env: BuildEnvironment) -> None:
        """Let Sphinx write in as many processes as it was told."""
        app.parallel = self._parallel or app.parallel


def _unnumber(app: Sphinx, env: BuildEnvironment) -> None:
    # Sphinx numbers what is to be numbered now, and leaves the numbers of what no longer is.
    links = (link for toc in env.tocs.values() for link in toc.findall(nodes.reference))
    for node in (*env.titles.values(), *links):
        node.attributes.pop("secnumber", None)


def _spare_parents(app: Sphinx, env: BuildEnvironment) -> None:
    # Sphinx writes a page again when one that it lists is read again.  A hidden list shows nothing
    # of it, and what a page shows elsewhere its view knows.  This runs when the environment has
    # been stored, and when it has been looked for pages that no list names.
    showing = {
        page
        for page, toc in env.tocs.items()
        if any(not listed.get("hidden") for listed in toc.findall(toctree))
    }
    for parents in env.files_to_rebuild.values():
        parents &= showing


class AskForLinks(SphinxPostTransform):
    """Note what others resolve: Sphinx's and MyST's own links, citations, lists of references."""

    default_priority = 3  # before any of them is resolved

    def run(self, **kwargs: Any) -> None:
        view = domain_of(self.env).view(self.env.docname)
        for link in self.document.findall(pending_xref):
            domain, target = link.get("refdomain"), link["reftarget"]
            if domain == "cite":
                for cited in parse_citation_targets(target):
                    view.source(cited.key)
                view.study(link["refdoc"])  # whose list of references comes first
            elif domain in OTHERS:
                view.objects()
            elif domain != "casebook":
                name = target_of(link)
                for kind in ("page", "place", "label", "object"):
                    view.words(view.target(f"{kind} {name}").title)
                view.target(f"term {name.lower()}")
        if any(self.document.findall(bibliography)):
            view.references(self.env.docname)
        if self.env._app.builder.format == "html":
            view.tree()
            # Other themes than the book's own open in it the pages above, with their sections.
            for page in () if settings(self.env).design else _above(self.env):
                view.headings(page)
        if any(self.document.findall(toctree)):
            view.outline()
        view.shown_numbers(self.env.docname)


def _above(env: BuildEnvironment) -> set[str]:
    """Return the pages whose lists of contents lead to the page at hand."""
    found, following = set[str](), {env.docname}
    while following:
        found |= following
        following = {
            page
            for page, listed in env.toctree_includes.items()
            if not following.isdisjoint(listed)
        } - found
    return found - {env.docname}


class Keeper:
    """Knows, during one build, what the pages showed when they were written last."""

    def __init__(self) -> None:
        self._shown: WrittenPages | None = None
        self._written: dict[str, WrittenPage] = {}

    def changed(self, app: Sphinx, env: BuildEnvironment) -> Iterable[str]:
        """Return the pages that would show something else now."""
        domain, shown = domain_of(env), WrittenPages.load(app)
        domain.thaw()
        changed = set(shown.changed(env.all_docs, domain.answers))
        if app.builder.name.startswith("epub"):
            changed = set(env.all_docs)  # one file holds them all, and no drawing of another time
        # A build that fails in the middle leaves some of them written, and nobody knows which.
        kept = env.all_docs.keys() - changed
        shown.pages = {page: w for page, w in shown.pages.items() if page in kept}
        shown.save()
        self._shown = shown
        return sorted(changed)

    def note(self, app: Sphinx, doctree: nodes.document, docname: str) -> None:
        """Note what a page asked, now that it is resolved."""
        read = app.env.all_docs.get(docname)
        if read is not None:
            self._written[docname] = WrittenPage(read, domain_of(app.env).view(docname).asked)

    def keep(self, app: Sphinx, exception: Exception | None) -> None:
        """Keep it for the next build, if this one went well."""
        if self._shown and exception is None:
            self._shown.pages |= self._written
            self._shown.save()


def setup(app: Sphinx) -> None:
    """Register what decides between builds."""
    keeper, few = Keeper(), FewPages()
    app.connect("env-get-outdated", _outdated)
    app.connect("env-before-read-docs", _forget)
    app.connect("env-before-read-docs", few.read, priority=900)
    app.connect("env-updated", few.give_back)
    app.connect("env-updated", _unnumber)
    app.connect("env-check-consistency", _spare_parents)
    # After Sphinx has numbered sections and tables.
    app.connect("env-get-updated", keeper.changed, priority=900)
    app.add_post_transform(AskForLinks)
    # After all others that change a page once it is resolved.
    app.connect("doctree-resolved", keeper.note, priority=900)
    app.connect("build-finished", keeper.keep)
