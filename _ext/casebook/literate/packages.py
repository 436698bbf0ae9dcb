"""``package`` and ``chunk-index``: the files of a package, and every chunk of the book."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.util.osutil import relative_uri

from casebook.base.directive import BookTable
from casebook.base.domain import domain_of
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.reporting import report
from casebook.base.standard_nodes import cell, table
from casebook.core.problems import Kind, Problem, suggestion

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment

FOLDER = "code"
"""Where the site offers packages."""


@dataclass(frozen=True, slots=True)
class Files(Content):
    """The rows of a package's table: file, purpose, lines, first chunk."""

    package: str

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        files = page.view.package(self.package)
        if not files and not page.view.is_printed(self.package):
            hint = suggestion(self.package, page.view.packages())
            report(Problem(Kind.UNKNOWN_PACKAGE, f"unknown package '{self.package}'{hint}"), at)
        heads = ("File", "What it holds", "Lines", "Begins in")
        made, body = table([], "", (30, 36, 8, 26), [cell(nodes.Text(words)) for words in heads])
        for file in files:
            begin = page.place(file.begin.page, file.begin.anchor, file.begin.words)
            body += nodes.row(
                "",
                cell(nodes.literal("", file.path)),
                cell(nodes.Text(file.purpose)),
                cell(nodes.Text(str(file.lines)), classes=("number",)),
                cell(begin),
            )
        return list(made.children)


def archive_name(page: PageContext, package: str) -> nodes.Node:
    """Return the name of the archive of a package, on the screen a link to it."""
    archive = nodes.literal("", f"{package}.zip")
    if not page.on_screen:
        return archive
    uri = relative_uri(page.builder.get_target_uri(page.name), f"{FOLDER}/{package}.zip")
    return nodes.reference("", "", archive, refuri=uri, internal=True)


@dataclass(frozen=True, slots=True)
class Download(Content):
    """Where to get a package; nothing for one that is not there, which `Files` reports."""

    package: str

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        files = page.view.package(self.package)
        if not files:
            return []
        offer = nodes.Text("Download " if page.on_screen else "The web edition offers ")
        words = [offer, archive_name(page, self.package)]
        lines = sum(file.lines for file in files)
        total = nodes.Text(f": the files above, {lines:,} lines, as they are printed here.")
        return [nodes.paragraph("", "", *words, total, classes=["package-download"])]


class PackageDirective(BookTable):
    """``package``: the files of a package, and where to download it."""

    kinds = ("package",)

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0].strip()
        files = self.table(f"The files of `{name}`", Files(name))
        return [files, self.place(Download(name))]


@dataclass(frozen=True, slots=True)
class AllChunks(Content):
    """The rows of the index of chunks, by name."""

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        heads = [cell(nodes.Text(words)) for words in ("Chunk", "What to see", "File")]
        made, body = table([], "", (30, 40, 30), heads)
        for row in sorted(page.view.listings(), key=lambda row: (row.name, row.place.page)):
            if row.part == 1:
                link = page.place(row.place.page, row.place.anchor, row.place.words)
                file = nodes.literal("", row.file) if row.file else nodes.Text("–")
                caption = nodes.Text(page.view.words(row.caption))
                body += nodes.row("", cell(link), cell(caption), cell(file))
        return list(made.children)


class ChunkIndex(BookTable):
    """``chunk-index``: every chunk of the book; the argument is the caption."""

    kinds = ("chunk-index",)
    listed = AllChunks


def _check(app: Sphinx, env: BuildEnvironment) -> None:
    """Report files that two pages print, packages of two studies, outputs that two chunks make."""
    book = domain_of(env).book
    for package, files in book.packages.items():
        first, *others = files
        for code in others:
            study = book.study(first.page)
            if book.study(code.page) != study:
                place = f"{env.doc2path(first.page, False)}:{first.first.line}"
                whose = f"the study '{study.name}'" if study else "a page of no study"
                message = (
                    f"the package '{package}' belongs to {whose}, which begins it at {place}; "
                    "choose another name"
                )
                report(Problem(Kind.CHUNK_FILE, message), (code.page, code.first.line))
    for code, other in book.clashes:
        place = f"{env.doc2path(other.page, False)}:{other.first.line}"
        same = code.file.path == other.file.path
        words = "is printed already" if same else "would stand beside a folder of its name"
        message = f"the file '{code.file.path}' {words}, at {place}"
        report(Problem(Kind.CHUNK_FILE, message), (code.page, code.first.line))
    for output, maker in book.all_makers:
        first_maker = book.makers[output]
        if maker != first_maker:
            place = f"{env.doc2path(first_maker.page, False)}:{first_maker.chunk.line}"
            message = f"the output '{output}' is made already, at {place}"
            report(Problem(Kind.DUPLICATE_ID, message), (maker.page, maker.chunk.line))


def setup(app: Sphinx) -> None:
    """Register the directives, and the check of all programs of the book."""
    app.add_directive("package", PackageDirective)
    app.add_directive("chunk-index", ChunkIndex)
    app.connect("env-check-consistency", _check)
