"""``chunk`` and ``session``: the code on the page, in standard nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar, TypeVar

from docutils import nodes
from docutils.parsers.rst import directives

from casebook.base.directive import BookDirective
from casebook.base.standard_nodes import joined
from casebook.core.literate.chunks import Chunk, Session, misplaced
from casebook.core.literate.exercises import ExerciseTest, Solution, Task
from casebook.core.literate.imports import only_imports
from casebook.core.literate.languages import language_of
from casebook.core.literate.printed import Code, Listing
from casebook.core.literate.runs import NO_TESTS, RunBy
from casebook.core.literate.weave import Ties, file_of, weave
from casebook.core.problems import Kind, Problem

if TYPE_CHECKING:
    from sphinx.application import Sphinx

Fence = TypeVar("Fence", Chunk, Session, Task, ExerciseTest, Solution)


class LiterateDirective(BookDirective):
    """A fence of code.  What it holds was read from the page's tokens before."""

    def found(self, among: tuple[Fence, ...]) -> Fence | None:
        """Return what the press read at this fence; None if nothing, which is reported once."""
        lines = tuple(self.lines)
        for one in among:
            if one.line == self.lineno and one.lines == lines:
                return one
        if self.lineno not in self.code.program.refused:
            self.warn(Problem(Kind.MISPLACED_CHUNK, misplaced(self.name)), self.lineno)
        return None

    @property
    def code(self) -> Code:
        """All code of this page."""
        return self.book.code(self.env.docname)

    @property
    def lines(self) -> list[str]:
        """The lines of code, without blank ones around them."""
        lines = [line.rstrip() for line in self.content]
        filled = [i for i, line in enumerate(lines) if line]
        return lines[filled[0] : filled[-1] + 1] if filled else []

    def listing(self, language: str) -> nodes.literal_block:
        """Return a listing of the code as it stands in the fence."""
        text = "\n".join(self.lines)
        block = nodes.literal_block(text, text, language=language)
        self.set_source_info(block)
        return block


class ChunkDirective(LiterateDirective):
    """``chunk``: a piece of a program, and a line that says where it belongs and what tests it."""

    optional_arguments = 1
    option_spec: ClassVar = {
        "name": directives.unchanged,
        "append": directives.unchanged,
        "caption": directives.unchanged,
        "output": directives.unchanged,
        "measure": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        code = self.code
        chunk = self.found(code.program.chunks)
        lexer = lexer_of(chunk, code.program.chunks)
        block = self.listing(lexer)
        caption = self.options.get("caption", "").strip()
        if chunk and not caption:
            message = "a chunk needs a line ':caption: …' that says what to see"
            self.warn(Problem(Kind.MISSING_FIELD, message), self.lineno)
        if chunk is None or not caption:
            return [block]
        ties = weave(code.program.chunks)[chunk.anchor]
        said = self.text_at(caption, self.option_line("caption"))
        self.book.add(Listing(self.env.docname, chunk, said, lexer))
        head = nodes.caption("", "", _head(chunk, ties, self.nodes_of(said)))
        # Its wrapper takes the id: Sphinx numbers it and labels it for print.
        wrapper = nodes.container("", head, block, classes=["literal-block-wrapper"])
        wrapper["literal_block"] = True
        wrapper["ids"] = [chunk.anchor]
        self.set_source_info(head)
        self.set_source_info(wrapper)
        self.state.document.note_explicit_target(wrapper)
        box = nodes.container("", wrapper, classes=["chunk"], folds=only_imports(chunk))
        if foot := _foot(chunk, ties, code.tests.get(chunk.anchor, NO_TESTS)):
            box += nodes.paragraph("", "", *foot, classes=["chunk-foot"])
        return [box]


class SessionDirective(LiterateDirective):
    """``session``: a transcript that the tests replay."""

    def run(self) -> list[nodes.Node]:
        block = self.listing("pycon")
        if not self.found(self.code.program.sessions):
            return [block]
        label = nodes.rubric("", "Session", classes=["hang-label"])
        return [nodes.container("", label, block, classes=["session"])]


def lexer_of(chunk: Chunk | None, chunks: tuple[Chunk, ...]) -> str:
    """Name the lexer for a chunk of a page: that of the file in which the chunk ends up."""
    return language_of(file_of(chunk, chunks) if chunk else "").lexer


def _head(chunk: Chunk, ties: Ties, words: list[nodes.Node]) -> nodes.inline:
    parts = (
        nodes.inline("", chunk.title, classes=["chunk-name"]),
        # The sign of a definition: the name stands for this, or for this as well.
        nodes.inline("", "+≡" if ties.continues else "≡", classes=["chunk-sign"]),
        nodes.inline("", "", *words, classes=["chunk-caption"]),
    )
    return nodes.inline("", "", *joined([[part] for part in parts], " "), classes=["chunk-title"])


def _foot(chunk: Chunk, ties: Ties, tests: RunBy) -> list[nodes.Node]:
    parts = [nodes.inline("", chunk.file, classes=["chunk-file"])] if chunk.file else []
    for words, other in (("continues ", ties.continues), ("used in ", ties.used_in)):
        if other:
            parts.append(nodes.inline("", words, tie_link(other), classes=["chunk-tie"]))
    if tests.count:
        parts.append(nodes.inline("", tests.number, classes=["chunk-tests"], tests=tests))
    elif tests.groups:
        # Both would not fit into the line, and what tests says more than what shows.
        parts.append(nodes.inline("", f"run by {tests.groups[0]}"))
    return joined([[part] for part in parts], "\u00a0· ")


def tie_link(chunk: Chunk) -> nodes.reference:
    """Return the name of a chunk of the same page, linked to it."""
    words = nodes.inline("", chunk.title, classes=["chunk-name"])
    return nodes.reference("", "", words, refid=chunk.anchor, internal=True)


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("chunk", ChunkDirective)
    app.add_directive("session", SessionDirective)
