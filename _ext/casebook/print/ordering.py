"""What paper needs of the whole book: its order, its references, widths for its tables.

These transforms run for LaTeX alone, on the one document that Sphinx has joined from all pages.
Their raw nodes call commands of ``styles/*.sty``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.texescape import escape

from casebook.base.standard_nodes import top_section
from casebook.core.text.line_breaks import breakable
from casebook.core.text.sentences import around

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_NARROW, _BROAD = 6, 45
"""Bounds, in letters, of what a column of a plain table counts for."""


class PrintOrder(SphinxPostTransform):
    """The book's own page becomes the front matter, each numbered page a chapter.

    On the screen the list of pages may stand anywhere on the first page; on paper everything under
    it would become part of the section where it happens to stand.
    """

    default_priority = 2
    formats = ("latex",)

    def run(self, **kwargs: Any) -> None:
        book = top_section(self.document)
        if book is None:
            return
        _adopt(self.document)
        pages = list(_outermost(book))
        for page in pages:
            page.parent.remove(page)
        if not pages:
            return
        title, *own = book.children
        about = nodes.section("", nodes.title("", "About this book"), *own, ids=["about-this-book"])
        about["docname"] = self.document["docname"]
        numbered = self.env.toc_secnumbers
        before = [page for page in pages if not numbered.get(page["docname"])]
        after = [page for page in pages if numbered.get(page["docname"])]
        book.children = []
        book += [
            title,
            raw(r"\casebookfrontmatter"),
            about,
            *before,
            raw(r"\casebookmainmatter"),
            *after,
        ]


class PrintClasses(SphinxPostTransform):
    """Carry classes that LaTeX would not see: those of lists, of paragraphs, of captions."""

    default_priority = 210  # after the marks
    formats = ("latex",)

    def run(self, **kwargs: Any) -> None:
        for listed in list(self.document.findall(nodes.definition_list)):
            if "facts" in listed["classes"]:
                box = nodes.container(classes=["facts"])
                listed.replace_self(box)
                box += listed
        for card in list(self.document.findall(nodes.container)):
            if "metric-card" in card["classes"]:
                for paragraph in list(card.findall(nodes.paragraph)):
                    words = nodes.inline("", "", *paragraph.children, classes=paragraph["classes"])
                    paragraph.children = []
                    paragraph += words
        for caption in [*self.document.findall(_is_listed)]:
            said = "".join(map(_read, (p for p in caption.children if not _is_source(p))))
            short = escape(around(said, 0).rstrip("."), "lualatex")
            named: Any = caption.parent
            at = named.parent.index(named)
            named.parent.insert(at, raw(rf"\casebookshortcaption{{{short}}}"))
        for table in list(self.document.findall(nodes.table)):
            if "colwidths-given" not in table["classes"]:
                _give_widths(table)
            if "longtable" not in table["classes"]:
                table["classes"].append("longtable")
        for words in list(self.document.findall(nodes.inline)):
            if "locator" in words["classes"]:
                break_inside(words)


class PrintReferences(SphinxPostTransform):
    """Set each study's references where the study has them, author and year hanging.

    Sphinx would gather them all at the end of the book.
    """

    default_priority = 700  # before Sphinx gathers them
    formats = ("latex",)

    def run(self, **kwargs: Any) -> None:
        last: nodes.Node | None = None
        for citation in list(self.document.findall(nodes.citation)):
            parent, at = citation.parent, citation.parent.index(citation)
            made: list[nodes.Node] = []
            if last is None or at == 0 or parent[at - 1] is not last:
                made.append(raw(r"\begin{casebookreferences}"))
            label, *rest = citation.children
            name = escape(label.astext(), "lualatex")
            anchor = f"{citation['docname']}:{citation['ids'][0]}"
            command = rf"\casebookreference{{{name}}}{{\detokenize{{{anchor}}}}}"
            for link in list(citation.findall(nodes.reference)):
                break_inside(link)
            words = [child for paragraph in rest for child in paragraph.children]
            opening = nodes.raw("", command, format="latex")
            made.append(nodes.paragraph("", "", opening, *words))
            following = parent[at + 1] if at + 1 < len(parent) else None
            if not isinstance(following, nodes.citation):
                made.append(raw(r"\end{casebookreferences}"))
            citation.replace_self(made)
            last = made[-1]


class PrintCode(SphinxPostTransform):
    """Give chunks what LaTeX must know before it sets the code: their length and their foot.

    The foot goes before the code, so that no page ends between the two.
    """

    default_priority = 220  # after marks and classes
    formats = ("latex",)

    def run(self, **kwargs: Any) -> None:
        for chunk in list(self.document.findall(nodes.container)):
            if "chunk" in chunk["classes"]:
                self._chunk(chunk)
        for head in list(self.document.findall(nodes.paragraph)):
            if "excerpt-head" in head["classes"]:
                self._excerpt(head)
        for listed in list(self.document.findall(nodes.table)):
            if {"package", "chunk-index"} & set(listed["classes"]):
                for words in listed.findall(nodes.inline):
                    if isinstance(words.parent, nodes.reference):
                        words["classes"].append("chunk-name")

    def _chunk(self, chunk: nodes.container) -> None:
        wrapper, *feet = chunk.children
        classed = [words for words in wrapper.findall(nodes.inline) if words["classes"]]
        parts = {words["classes"][0]: words for words in reversed(classed)}
        name, caption = (
            escape(_read(parts[kind]), "lualatex") for kind in ("chunk-name", "chunk-caption")
        )
        block = next(iter(wrapper.findall(nodes.literal_block)))
        lines = block.astext().count("\n") + 1
        short = rf"\casebookshortcaption{{\casebookchunkname{{{name}}}{caption.rstrip('.')}}}"
        chunk.children = []
        chunk += [*map(_foot, feet), raw(rf"\casebookchunk{{{lines}}}{short}"), wrapper]

    def _excerpt(self, head: nodes.paragraph) -> None:
        """Set the head of an excerpt like a caption; its code has a foot like that of a chunk."""
        box: Any = head.parent
        kinds = {nodes.legend: "drawing", nodes.container: "code"}
        kind = kinds.get(type(box), "table")
        head.replace_self(_command(f"casebookexcerpt{kind}", head))
        if kind == "code":
            _, block, foot = box.children
            lines = block.astext().count("\n") + 1
            box.remove(foot)
            box.insert(0, [_foot(foot), raw(rf"\casebookchunk{{{lines}}}")])


def _foot(foot: nodes.Node) -> nodes.inline:
    for words in foot.findall(nodes.inline):
        if "chunk-file" in words["classes"]:
            break_inside(words)
    return _command("casebookchunkfoot", foot)


def _command(name: str, words: nodes.Node) -> nodes.inline:
    begin = nodes.raw("", f"\n\\{name}{{", format="latex")
    return nodes.inline("", "", begin, *words.children, raw("}"))


def _is_listed(node: nodes.Node) -> bool:
    """Tell whether these are words of the list of figures, or of that of tables."""
    if isinstance(node.parent, nodes.table):
        return isinstance(node, nodes.title)
    return isinstance(node, nodes.caption) and isinstance(node.parent, nodes.figure)


def _is_source(node: nodes.Node) -> bool:
    return isinstance(node, nodes.inline) and "figure-source" in node["classes"]


def _read(node: nodes.Node) -> str:
    """Return the words of a node, without the marks that follow links on paper."""
    said = ""
    for text in node.findall(nodes.Text):
        if isinstance(text.parent, nodes.math):
            said += text.parent.get("words", text.astext())
        elif not isinstance(text.parent, nodes.raw):
            said += text.astext()
    return said


def raw(text: str) -> nodes.raw:
    """Return a line of LaTeX."""
    return nodes.raw("", f"\n{text}\n", format="latex")


def break_inside(node: nodes.Element) -> None:
    """Let the words of a node break where paths and addresses may."""
    for text in list(node.findall(nodes.Text)):
        if not isinstance(text.parent, nodes.raw):
            text.parent.replace(text, nodes.Text(breakable(text.astext())))


def _adopt(node: nodes.Node) -> None:
    # Sphinx joins the pages without telling their nodes who their parents are now.
    for child in node.children:
        child.parent = node
        _adopt(child)


def _outermost(node: nodes.Element) -> Iterator[addnodes.start_of_file]:
    for child in node.children:
        if isinstance(child, addnodes.start_of_file):
            yield child
        elif isinstance(child, nodes.Element):
            yield from _outermost(child)


def _give_widths(table: nodes.table) -> None:
    # Markdown gives no widths; equal columns would starve the one that holds sentences.
    specs = list(table.findall(nodes.colspec))
    for i, spec in enumerate(specs):
        cells = [row[i].astext() for row in table.findall(nodes.row) if i < len(row)]
        letters = max((len(cell) for cell in cells), default=1)
        spec["colwidth"] = min(max(letters + 2, _NARROW), _BROAD)
    table["classes"].append("colwidths-given")


def setup(app: Sphinx) -> None:
    """Register the transforms."""
    app.add_post_transform(PrintOrder)
    app.add_post_transform(PrintClasses)
    app.add_post_transform(PrintReferences)
    app.add_post_transform(PrintCode)
