"""Tables, marks, links and lists in standard nodes, as every feature of the press builds them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from docutils import nodes
from sphinx import addnodes

from casebook.core.metrics.metric import Evidence


def table(
    caption: list[nodes.Node], kind: str, widths: tuple[int, ...], heads: list[nodes.entry]
) -> tuple[nodes.table, nodes.tbody]:
    """Return a table of given widths, whose first column heads its rows, and its empty body."""
    body = nodes.tbody()
    group = nodes.tgroup("", cols=len(widths))
    for i, width in enumerate(widths):
        group += nodes.colspec("", colwidth=width, **({"stub": 1} if i == 0 else {}))
    group += [nodes.thead("", nodes.row("", *heads)), body]
    made = nodes.table("", classes=[kind, "colwidths-given", "longtable"])
    if caption:
        made += nodes.title("", "", *caption)
    made += group
    return made, body


def cell(*content: nodes.Node, classes: tuple[str, ...] = ()) -> nodes.entry:
    """Return a cell with one paragraph."""
    return nodes.entry("", nodes.paragraph("", "", *content), classes=list(classes))


def head_cell(first: list[nodes.Node], lines: list[nodes.inline]) -> nodes.entry:
    """Return the cell that heads a row: what it is, and what explains it, each a paragraph."""
    paragraphs = [nodes.paragraph("", "", line) for line in lines]
    return nodes.entry("", nodes.paragraph("", "", *first), *paragraphs)


def evidence_mark(evidence: Evidence, words: str) -> nodes.inline:
    """Return the kind of evidence: a shape, which the style sheets draw, and the word."""
    return nodes.inline("", words, classes=["evidence", f"evidence-{evidence.value}"])


def plain_link(domain: str, kind: str, target: str, words: str, page: str) -> addnodes.pending_xref:
    """Return a link that is resolved once the book is read.

    Without words it prints what it leads to.  Plain: it stands beside what a tooltip or a mark
    would say.
    """
    return addnodes.pending_xref(
        "", nodes.inline("", words), refdomain=domain, reftype=kind, reftarget=target,
        refexplicit=bool(words), refdoc=page, refwarn=True, plain=True,
    )  # fmt: skip


def definition(
    term: Sequence[nodes.Node], words: Sequence[nodes.Node]
) -> nodes.definition_list_item:
    """Return a term and one paragraph on it."""
    return nodes.definition_list_item(
        "",
        nodes.term("", "", *term),
        nodes.definition("", nodes.paragraph("", "", *words)),
    )


def top_section(document: nodes.document) -> nodes.section | None:
    """Return the section that the title of a page heads; None if it has no title."""
    return next((node for node in document.children if isinstance(node, nodes.section)), None)


def joined(
    parts: Iterable[Sequence[nodes.Node]], by: str = ", ", last: str = ""
) -> list[nodes.Node]:
    """Return the parts in a row, with a comma or another sign between them.

    `last` stands before the last of several parts, in place of the sign.
    """
    found: list[nodes.Node] = []
    row = list(parts)
    for number, part in enumerate(row, 1):
        sign = last if last and number == len(row) else by
        found += [*([nodes.Text(sign)] if found else []), *part]
    return found
