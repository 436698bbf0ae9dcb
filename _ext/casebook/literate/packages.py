"""Resolve phase of code: the files of a package, and the index of chunks."""

from __future__ import annotations

from docutils import nodes
from sphinx.util.osutil import relative_uri

from casebook.base.links import ListMaker, Page
from casebook.base.placeholders import Generated
from casebook.base.reporting import report
from casebook.base.table_nodes import cell, table
from casebook.core.problems import Kind, suggestion

FOLDER = "code"
"""Where the site offers packages."""


def _package(page: Page, node: Generated) -> list[nodes.Node]:
    files = page.view.package(node["name"])
    if not files and not page.view.is_printed(node["name"]):
        hint = suggestion(node["name"], page.view.packages())
        report(Kind.UNKNOWN_PACKAGE, f"unknown package '{node['name']}'{hint}", node)
    heads = [cell(nodes.Text(words)) for words in ("File", "What it holds", "Lines", "Begins in")]
    made, body = table([], "", (30, 36, 8, 26), heads)
    for file in files:
        begin = page.place(file.begin.page, file.begin.anchor, file.begin.words, node["page"])
        body += nodes.row(
            "",
            cell(nodes.literal("", file.path)),
            cell(nodes.Text(file.purpose)),
            cell(nodes.Text(str(file.lines)), classes=("number",)),
            cell(begin),
        )
    return list(made.children)


def _download(page: Page, node: Generated) -> list[nodes.Node]:
    files = page.view.package(node["name"])
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
    lines = sum(file.lines for file in files)
    total = f": the files above, {lines:,} lines, as they are printed here."
    return [nodes.paragraph("", "", *words, nodes.Text(total), classes=["package-download"])]


def _index(page: Page, node: Generated) -> list[nodes.Node]:
    heads = [cell(nodes.Text(words)) for words in ("Chunk", "What to see", "File")]
    made, body = table([], "", (30, 40, 30), heads)
    for row in sorted(page.view.listings(), key=lambda row: (row.name, row.place.page)):
        if row.part == 1:
            link = page.place(row.place.page, row.place.anchor, row.place.words, node["page"])
            file = nodes.literal("", row.file) if row.file else nodes.Text("–")
            caption = nodes.Text(page.view.words(row.caption))
            body += nodes.row("", cell(link), cell(caption), cell(file))
    return list(made.children)


LISTS: dict[str, ListMaker] = {
    "package": _package,
    "package-download": _download,
    "chunk-index": _index,
}
"""What a placeholder becomes."""
