"""Resolve phase of code: the files of a package, and the index of chunks."""

from __future__ import annotations

from docutils import nodes
from sphinx.util.osutil import relative_uri

from .core.problems import Kind, suggestion
from .directive import Generated
from .page import ListMaker, Page
from .problems import report
from .tables import cell, table

FOLDER = "code"
"""Where the site offers packages."""


def _package(page: Page, node: Generated) -> list[nodes.Node]:
    files = page.book.packages.get(node["name"], [])
    # A package whose chunks are reported has no files either.
    printed = {row.chunk.file.partition("/")[0] for row in page.book.listings}
    if not files and node["name"] not in printed:
        hint = suggestion(node["name"], page.book.packages)
        report(Kind.UNKNOWN_PACKAGE, f"unknown package '{node['name']}'{hint}", node)
    heads = [cell(nodes.Text(words)) for words in ("File", "What it holds", "Lines", "Begins in")]
    made, body = table([], "", (30, 36, 8, 26), heads)
    for code in files:
        name = code.first.title
        begin = page.place(code.page, code.first.anchor, name, node["page"])
        body += nodes.row(
            "",
            cell(nodes.literal("", code.file.path)),
            cell(nodes.Text(code.file.purpose)),
            cell(nodes.Text(str(len(code.file.lines))), classes=("number",)),
            cell(begin),
        )
    return list(made.children)


def _download(page: Page, node: Generated) -> list[nodes.Node]:
    files = page.book.packages.get(node["name"])
    if not files:
        return []  # reported above
    archive = f"{node['name']}.zip"
    builder = page.env._app.builder
    if builder.name in ("html", "dirhtml"):
        uri = relative_uri(builder.get_target_uri(node["page"]), f"{FOLDER}/{archive}")
        link = nodes.reference("", "", nodes.literal("", archive), refuri=uri, internal=True)
        words = [nodes.Text("Download "), link]
    else:
        words = [nodes.Text("The web edition offers "), nodes.literal("", archive)]
    lines = sum(len(code.file.lines) for code in files)
    total = f": the files above, {lines:,} lines, as they are printed here."
    return [nodes.paragraph("", "", *words, nodes.Text(total), classes=["package-download"])]


def _index(page: Page, node: Generated) -> list[nodes.Node]:
    heads = [cell(nodes.Text(words)) for words in ("Chunk", "What to see", "File")]
    made, body = table([], "", (30, 40, 30), heads)
    for row in sorted(page.book.listings, key=lambda row: (row.chunk.name, row.page)):
        if row.chunk.part == 1:
            words = row.chunk.title
            link = page.place(row.page, row.chunk.anchor, words, node["page"])
            file = nodes.literal("", row.chunk.file) if row.chunk.file else nodes.Text("–")
            body += nodes.row("", cell(link), cell(nodes.Text(row.caption)), cell(file))
    return list(made.children)


LISTS: dict[str, ListMaker] = {
    "package": _package,
    "package-download": _download,
    "chunk-index": _index,
}
"""What a placeholder becomes."""
