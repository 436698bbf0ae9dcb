"""A study and its chapters: one list of contents, and what each page says of itself.

The list of chapters stands on the essay, hidden.  Sphinx numbers what a list of contents names
where the list stands, and Markdown cannot close a section: so the list is lifted to the end of the
page, and the chapters are numbered after all sections of the essay.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

from casebook.base.domain import domain_of
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.reporting import report
from casebook.base.standard_nodes import joined, top_section
from casebook.core.book.fronts import Front, PageKind
from casebook.core.literate.printed import Code
from casebook.core.metrics.metric import MetricRow
from casebook.core.problems import Kind, Problem
from casebook.core.text.counted import counted

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


class LiftContents(SphinxTransform):
    """Move the list of chapters to the end of the essay."""

    default_priority = 870  # Sphinx collects the contents of a page at 880

    def apply(self, **kwargs: Any) -> None:
        top = top_section(self.document)
        if top is None or not self.env.metadata[self.env.docname].get("study"):
            return
        for contents in list(self.document.findall(addnodes.toctree)):
            around = contents.parent
            wrapped = "toctree-wrapper" in around.get("classes", ())
            moved = around if wrapped else contents
            moved.parent.remove(moved)
            top += moved


@dataclass(frozen=True, slots=True)
class FrontLine(Content):
    """What a page of a study is, and how long it takes; nothing on other pages."""

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        front = page.view.front(at["page"])
        if not front:
            return []
        parts = joined(_parts(front, page), " · ")
        return [nodes.container("", nodes.paragraph("", "", *parts), classes=["page-front"])]


def _parts(front: Front, page: PageContext) -> Iterator[list[nodes.Node]]:
    def said(words: str) -> list[nodes.Node]:
        return [nodes.Text(words)]

    time = said(f"{front.minutes} min")
    if front.kind is PageKind.ESSAY:
        yield said("Essay")
        yield time
        if front.path_minutes:
            yield said(f"path {front.path_minutes} min")
        if front.first:
            link = page.place(front.first, "", counted(front.chapters, "chapter"))
            lines = counted(front.lines, "line")
            yield [nodes.Text("program: "), link, nodes.Text(f", {lines}")]
        return
    yield [page.place(front.essay, "", page.view.words(page.view.title(front.essay)))]
    if front.kind is PageKind.CHAPTER:
        yield said(f"chapter {front.chapter} of {front.chapters}")
        yield time
        if front.lines:
            yield said(f"{counted(front.lines, 'line')} of code")
    else:
        yield said("ledger")
        yield time
        yield said(counted(front.metrics, "metric"))


class PlaceFrontLines(SphinxTransform):
    """Leave a place for the front line under the title, or under the deck if there is one."""

    default_priority = 895  # its words are not counted

    def apply(self, **kwargs: Any) -> None:
        page, top = self.env.docname, top_section(self.document)
        own = bool(self.env.metadata[page].get("study"))
        if top is None or not (own or any(_essays(page, self.env.found_docs))):
            return
        place = Placeholder(content=FrontLine(), page=page)
        place.source, place.line = self.document["source"], 1
        shown = (node for node in top.children[1:] if not isinstance(node, nodes.comment))
        deck = next(shown, None)
        if isinstance(deck, nodes.container) and "study-deck" in deck["classes"]:
            top.insert(top.index(deck) + 1, place)
        else:
            top.insert(1, place)


def _essays(page: str, pages: set[str]) -> Iterator[str]:
    """Yield the pages in whose folder a page lies, the nearest first."""
    while page := page.rpartition("/")[0]:
        if page in pages:
            yield page


def _outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    # A page has a place for a front line if it may be a chapter.
    moved = added | removed
    return [page for page in env.found_docs if any(_essays(page, moved)) and page in env.all_docs]


def _check(app: Sphinx, env: BuildEnvironment) -> None:
    """Report chapters that no essay leads to."""
    domain = domain_of(env)
    studies = domain.book.studies
    for essay, chapters in domain.book.chapters.items():
        listed = set(env.toctree_includes.get(essay, ()))
        for page in chapters:
            parents = [parent for parent, pages in env.toctree_includes.items() if page in pages]
            if page in listed or any(parent in chapters for parent in parents):
                continue
            others = "".join(f", but in that of '{parent}'" for parent in sorted(parents)[:1])
            message = (
                f"the chapter '{page}' is not in the list of contents of its essay{others}; "
                f"name it in a toctree of '{essay}'"
            )
            report(Problem(Kind.LOST_CHAPTER, message), (page, 1))
    folders = {essay.rpartition("/")[0] for essay in studies}
    for page in sorted(env.found_docs):
        folder = page.rpartition("/")[0]
        beside_studies = folder and folder.rpartition("/")[0] in folders
        known = folder in env.found_docs or f"{folder}/index" in env.found_docs
        if beside_studies and not known and _is_of_a_study(env, page):
            message = (
                f"the page lies where a chapter would, but there is no essay '{folder}' "
                "beside its folder; write the essay, or move the page"
            )
            report(Problem(Kind.LOST_CHAPTER, message), (page, 1))


def _is_of_a_study(env: BuildEnvironment, page: str) -> bool:
    domain = domain_of(env)
    return bool(domain.records(page, Code) or domain.records(page, MetricRow))


def setup(app: Sphinx) -> None:
    """Register the transforms, and the check of all chapters."""
    app.add_transform(LiftContents)
    app.add_transform(PlaceFrontLines)
    app.connect("env-get-outdated", _outdated)
    app.connect("env-check-consistency", _check)
