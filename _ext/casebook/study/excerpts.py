"""``excerpt``: a chunk, a figure or a counterexample of another page, shown again.

It leads to its home and has no number: it is counted, indexed and exported there.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives

from casebook.base.directive import BookDirective
from casebook.base.domain import domain_of
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.reporting import report
from casebook.base.standard_nodes import joined
from casebook.core.book.book import Book
from casebook.core.book.originals import Original, original
from casebook.core.figures.exhibit import Exhibit, Shown
from casebook.core.literate.chunks import REFERENCE, quoted
from casebook.core.literate.excerpts import (
    Excerpt,
    Ranges,
    cut,
    described,
    parse_of,
    parse_ranges,
)
from casebook.core.literate.printed import Listing
from casebook.core.problems import Kind, Problem
from casebook.core.text.line_ranges import count
from casebook.core.text.reading_time import Length

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


_MADE_UP = re.compile(r"id\d+")
"""What docutils calls a place whose name makes no id."""


@dataclass(frozen=True, slots=True)
class ShownAgain(Content):
    """What an excerpt shows.  A caption of its own stands in the placeholder, as a paragraph."""

    anchor: str
    of: str
    ranges: Ranges

    @property
    def length(self) -> Length:
        """The lines that it names; how long a whole chunk is, only the whole book knows."""
        return Length(lines=count(self.ranges))

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        found = page.view.excerpt(page.name, self.anchor)
        if found is None or isinstance(found, Problem):  # which is reported
            return [nodes.paragraph("", "", nodes.literal("", self.of))]
        own = [words for paragraph in at.children for words in paragraph.children]
        caption = own or [nodes.Text(page.view.words(found.caption))]
        if isinstance(found, Listing):
            return [self._code(page, at, found, caption)]
        if "stored-output" in found.classes:
            return [_text(page, at, found, caption)]
        if {"counterexample", "steps"} & {*found.classes}:
            return _table(page, at, found, caption)
        return [_figure(page, at, found, caption)]

    def _code(
        self, page: PageContext, at: Placeholder, found: Listing, caption: list[nodes.Node]
    ) -> nodes.container:
        chunk = found.chunk
        text = "\n".join(cut(chunk.lines, self.ranges))
        block = nodes.literal_block(text, text, language=found.lexer)
        # A cut may open a string that it does not close.
        block["force"], block["uses"] = True, _uses(page, found.page, text)
        name: nodes.Node = page.place(found.page, chunk.anchor, chunk.title)
        if page.on_paper:
            name = nodes.Text(chunk.title)  # the foot leads there, and names the page
        parts = (
            nodes.inline("", "", name, classes=["chunk-name"]),
            nodes.inline("", "", *caption, classes=["chunk-caption"]),
        )
        words = joined([[part] for part in parts], " ")
        head = nodes.inline("", "", *words, classes=["chunk-title"])
        file = [nodes.inline("", chunk.file, classes=["chunk-file"])] if chunk.file else []
        lines = nodes.Text(described(self.ranges, len(chunk.lines)))
        told = [part for part in ([lines], file, _origin(page, found)) if part]
        foot = nodes.paragraph("", "", *joined(told, "\u00a0· "), classes=["chunk-foot"])
        if page.on_paper:
            return nodes.container("", _head(at, [head]), block, foot, classes=["excerpt"])
        wrapper = nodes.container("", nodes.caption("", "", head), block)
        wrapper["classes"], wrapper["literal_block"] = ["literal-block-wrapper"], True
        wrapper["ids"] = at["ids"]
        at["ids"] = []  # which the box would take over
        return nodes.container("", wrapper, foot, classes=["chunk", "excerpt"])


def _text(
    page: PageContext, at: Placeholder, found: Exhibit, caption: list[nodes.Node]
) -> nodes.container:
    """Return a stored text, with its foot."""
    said = nodes.inline("", "", *caption)
    words = [*([said, nodes.Text(" ")] if said.astext() else []), _source(page, at, found)]
    foot = nodes.container("", nodes.paragraph("", "", *words), classes=["output-foot"])
    texts = _again(at, found)
    box = nodes.container("", texts, foot, classes=[*found.classes, "excerpt"], ids=at["ids"])
    at["ids"] = []  # which the box would take over
    texts.replace_self(texts.content.fill(page, texts))
    return box


def _figure(
    page: PageContext, at: Placeholder, found: Exhibit, caption: list[nodes.Node]
) -> nodes.figure:
    """Return a drawing, made by the same code as the first one."""
    words = [*caption, nodes.Text(" "), _source(page, at, found)]
    drawing = _again(at, found)
    figure = nodes.figure("", drawing, classes=[*found.classes, "excerpt"], ids=at["ids"])
    if page.on_paper:
        figure += nodes.legend("", _head(at, words))
    else:
        figure += nodes.caption("", "", *words)
    drawing.replace_self(drawing.content.fill(page, drawing))
    return figure


def _table(
    page: PageContext, at: Placeholder, found: Exhibit, caption: list[nodes.Node]
) -> list[nodes.Node]:
    """Return a table and the note under it, between them the steps of a stepper."""
    table, *steps, note = _again(at, found).content.fill(page, at)
    assert isinstance(table, nodes.table)
    assert isinstance(note, nodes.paragraph)
    note += _source(page, at, found)
    table["classes"] = [*table["classes"], "excerpt"]
    if page.on_paper:
        return [_head(at, caption), table, note]
    table.insert(0, nodes.title("", "", *caption))
    if steps:
        table["ids"], at["ids"] = at["ids"], []  # which the box would take over
        return [nodes.container("", table, *steps, note, classes=["stepper", "excerpt"])]
    return [table, note]


def _again(at: Placeholder, found: Exhibit) -> Placeholder:
    assert isinstance(found.content, Content)
    made = Placeholder(content=found.content, page=at["page"])
    made.source, made.line = at.source, at.line
    made["again"] = True
    return made


def _head(at: Placeholder, words: list[nodes.Node]) -> nodes.paragraph:
    """Return the caption on paper, where Sphinx would give another one a number.

    It takes the ids, since LaTeX gives neither a container nor a figure without a caption a label.
    """
    place = nodes.target("", "", ids=at["ids"])
    return nodes.paragraph("", "", place, *words, classes=["excerpt-head"])


def _source(page: PageContext, at: Placeholder, found: Exhibit) -> nodes.inline:
    """Say what made it, if anything did, and where its home is."""
    made = found.source.fill(page, at) if isinstance(found.source, Content) else []
    parts = joined([part for part in (made, _origin(page, found)) if part], "\u00a0· ")
    return nodes.inline("", "", *parts, classes=["figure-source"])


def _origin(page: PageContext, found: Original) -> list[nodes.Node]:
    anchor = found.chunk.anchor if isinstance(found, Listing) else found.anchor
    number = page.view.number(found.page)
    title = page.view.words(page.view.title(found.page))
    words = f"{number} {title}" if number else title
    return [nodes.Text("from "), page.place(found.page, anchor, words)]


def _uses(page: PageContext, home: str, text: str) -> dict[str, tuple[str, str]]:
    """Return where the names of chunks in some code lead, by their titles."""
    found = {}
    for line in text.split("\n"):
        use = REFERENCE.fullmatch(line)
        place = page.view.chunk(home, f"chunk-{use[2]}") if use else None
        if use and place:
            link = page.place(place.page, place.anchor, "")
            found[quoted(use[2])] = link.get("refuri") or f"#{link['refid']}", use[2]
    return found


class ExcerptDirective(BookDirective):
    """``excerpt``: its argument names a page and what it shows, ``keys#claim``."""

    has_content = False
    required_arguments = 1
    option_spec: ClassVar = dict.fromkeys(("lines", "caption", "name"), directives.unchanged)

    def run(self) -> list[nodes.Node]:
        page, of = self.env.docname, self.arguments[0].strip()
        written = parse_of(of)
        ranges = parse_ranges(self.options["lines"]) if "lines" in self.options else ()
        if isinstance(written, Problem):
            self.warn(written, self.lineno)
        if isinstance(ranges, Problem):
            self.warn(ranges, self.option_line("lines"))
        if isinstance(written, Problem) or isinstance(ranges, Problem):
            return []
        # A drawing needs an id, also where the pages of the book become one.
        number = 1 + len(self.book.records(page, Excerpt))
        named = nodes.Element()
        self.add_name(named)
        anchor = next(iter(named["ids"]), "") or f"excerpt-{nodes.make_id(page)}-{number}"
        place = self.place(ShownAgain(anchor, of, ranges))
        place["ids"], place["names"] = [anchor], named["names"]
        self.state.document.ids[anchor] = place
        if caption := self.options.get("caption", "").strip():
            said = self.text_at(caption, self.option_line("caption"))
            place += nodes.paragraph("", "", *self.nodes_of(said))
        self.book.add(Excerpt(page, anchor, of, ranges, self.lineno))
        return [place]


def _check(app: Sphinx, env: BuildEnvironment) -> None:
    """Report excerpts that cannot be shown."""
    book = domain_of(env).book
    for excerpt in book.of(Excerpt):
        found = original(book, excerpt)
        if isinstance(found, Problem):
            report(found, (excerpt.page, excerpt.line))
    _check_names(env, book)


def _check_names(env: BuildEnvironment, book: Book) -> None:
    """Report names that two pages give: a link to one leads to the page that was read last.

    Sphinx says so of what has a caption to link by, and an excerpt or a text has none.
    """
    bare = {(x.page, x.anchor) for x in book.of(Exhibit) if "stored-output" in x.classes}
    bare |= {(x.page, x.anchor) for x in book.of(Excerpt)}
    first: dict[str, tuple[str, int]] = {}
    all_named: list[Shown | Excerpt] = [*book.of(Shown), *book.of(Excerpt)]
    for named in all_named:
        if _MADE_UP.fullmatch(named.anchor):
            continue
        page, line = first.setdefault(named.anchor, (named.page, named.line))
        if page != named.page and {(page, named.anchor), (named.page, named.anchor)} & bare:
            place = f"{env.doc2path(page, False)}:{line}"
            message = f"the name '{named.anchor}' stands in the book already, at {place}; "
            message += "give this one another with ':name:'"
            report(Problem(Kind.DUPLICATE_ID, message), (named.page, named.line))


def setup(app: Sphinx) -> None:
    """Register the directive, and the check of what excerpts name."""
    app.add_directive("excerpt", ExcerptDirective)
    app.connect("env-check-consistency", _check)
