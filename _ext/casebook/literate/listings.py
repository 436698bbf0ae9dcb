"""``chunk`` and ``session``: the code on the page, in standard nodes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, ClassVar, TypeVar

from docutils import nodes
from docutils.parsers.rst import directives

from casebook.base.directive import BookDirective
from casebook.core.literate.chunks import Chunk, Session, misplaced
from casebook.core.literate.printed import Code, Listing
from casebook.core.literate.runs import NO_TESTS, RunBy
from casebook.core.literate.weave import Ties, weave
from casebook.core.problems import Kind, Problem

if TYPE_CHECKING:
    from sphinx.application import Sphinx

Fence = TypeVar("Fence", Chunk, Session)
LANGUAGE = "literate-python"


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
    """``chunk``: a piece of a program, with its name, its file, and its ties to others."""

    optional_arguments = 1
    option_spec: ClassVar = {
        "name": directives.unchanged,
        "append": directives.unchanged,
        "caption": directives.unchanged,
        "output": directives.unchanged,
    }

    def run(self) -> list[nodes.Node]:
        code = self.code
        chunk = self.found(code.program.chunks)
        block = self.listing(LANGUAGE)
        caption = self.options.get("caption", "").strip()
        if chunk and not caption:
            message = "a chunk needs a line ':caption: …' that says what to see"
            self.warn(Problem(Kind.MISSING_FIELD, message), self.lineno)
        if chunk is None or not caption:
            return [block]
        ties = weave(code.program.chunks)[chunk.anchor]
        said = self.text_at(caption, self.option_line("caption"))
        self.book.add(Listing(self.env.docname, chunk, said))
        head = nodes.caption("", "", _head(chunk, ties, self.nodes_of(said)))
        # Its wrapper takes the id: Sphinx numbers it and labels it for print.
        wrapper = nodes.container("", head, block, classes=["literal-block-wrapper"])
        wrapper["literal_block"] = True
        wrapper["ids"] = [chunk.anchor]
        self.set_source_info(head)
        self.set_source_info(wrapper)
        self.state.document.note_explicit_target(wrapper)
        foot = [*_foot(ties), *_tests(code.tests.get(chunk.anchor, NO_TESTS))]
        shown_foot = [nodes.paragraph("", "", *foot, classes=["chunk-foot"])] if foot else []
        return [nodes.container("", wrapper, *shown_foot, classes=["chunk"])]


class SessionDirective(LiterateDirective):
    """``session``: a transcript that the tests replay."""

    def run(self) -> list[nodes.Node]:
        block = self.listing("pycon")
        if not self.found(self.code.program.sessions):
            return [block]
        label = nodes.rubric("", "Session", classes=["hang-label"])
        return [nodes.container("", label, block, classes=["session"])]


def _head(chunk: Chunk, ties: Ties, words: list[nodes.Node]) -> nodes.inline:
    # The sign of a definition stands beside what is defined here: the file, or the chunk's name.
    sign = nodes.inline("", "+≡" if ties.continues else "≡", classes=["chunk-sign"])
    in_file = bool(chunk.file) and chunk.part == 1
    title = nodes.inline("", classes=["chunk-title"])
    title += nodes.inline("", chunk.title, classes=["chunk-name"])
    if not in_file:
        title += [nodes.Text(" "), sign]
    title += [nodes.Text(" "), nodes.inline("", "", *words, classes=["chunk-caption"])]
    if chunk.file:
        place = nodes.inline("", chunk.file, classes=["chunk-file"])
        if in_file:
            place += [nodes.Text(" "), sign]
        title += [nodes.Text(" "), place]
    return title


def _foot(ties: Ties) -> Iterator[nodes.Node]:
    for words, others, arrow in (
        ("Uses ", ties.uses, ()),
        ("Used in ", (ties.used_in,), ("tie-back",)),
        ("Continues ", (ties.continues,), ("tie-back",)),
        ("Added to in ", ties.added_to_in, ("tie-on",)),
        ("Continued in ", (ties.continued_in,), ("tie-on",)),
    ):
        links = [_tie_link(other) for other in others if other]
        if links:
            tie = nodes.inline("", words, classes=["chunk-tie", *arrow])
            for i, link in enumerate(links):
                tie += [*([nodes.Text(", ")] if i else []), link]
            yield tie
            yield nodes.Text(" ")


def _tests(tests: RunBy) -> Iterator[nodes.Node]:
    tie = nodes.inline("", classes=["chunk-tests"])
    if tests.count:
        tie += nodes.Text(
            "Run by 1 test: " if tests.count == 1 else f"Run by {tests.count} tests: "
        )
        for i, name in enumerate(tests.first):
            tie += [*([nodes.Text(", ")] if i else []), nodes.literal("", name)]
        if tests.count > len(tests.first):
            tie += nodes.Text(", …")
    if tests.groups:
        tie += nodes.Text((", and by " if tests.count else "Run by ") + " and ".join(tests.groups))
    if tests != NO_TESTS:
        yield tie


def _tie_link(chunk: Chunk) -> nodes.reference:
    words = nodes.inline("", chunk.title, classes=["chunk-name"])
    return nodes.reference("", "", words, refid=chunk.anchor, internal=True)


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("chunk", ChunkDirective)
    app.add_directive("session", SessionDirective)
