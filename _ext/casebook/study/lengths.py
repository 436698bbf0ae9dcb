"""How long pages take to read: measured as they are read, told by the role ``reading-time``."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.util import docname_join
from sphinx.util.docutils import SphinxRole

from casebook.base.domain import domain_of
from casebook.base.node_text import text_of
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.reporting import report
from casebook.core.problems import Kind, Problem, suggestion
from casebook.core.text.counted import counted
from casebook.core.text.reading_time import Length, PageLength, count

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def length_of(part: nodes.Element) -> Length:
    """Return how much there is to read in a part of a page.

    What is made of the whole book, such as a list of all patterns, is not there yet and does not
    count, unless it knows its own length already.
    """
    words = lines = 0
    for block in part.findall(nodes.TextElement):
        if isinstance(block, nodes.Inline | nodes.Invisible):
            continue  # a part of a block, or nothing to read
        if isinstance(block, nodes.literal_block):
            lines += len(block.astext().splitlines())
        elif not isinstance(block, nodes.raw):
            words += count(text_of([block]).words(lambda _, name: name))
    later = (place.content.length for place in part.findall(Placeholder))
    return sum(later, Length(words, lines, sum(1 for _ in part.findall(nodes.figure))))


class MeasurePages(SphinxTransform):
    """Note how much there is to read on each page."""

    default_priority = 890  # before the page says so itself

    def apply(self, **kwargs: Any) -> None:
        record = PageLength(self.env.docname, length_of(self.document))
        domain_of(self.env).add(record)


@dataclass(frozen=True, slots=True)
class Minutes(Content):
    """How long another page takes: "52 minutes"."""

    of: str

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        minutes = page.view.minutes(self.of)
        if minutes is None:
            hint = suggestion(self.of, page.env.found_docs)
            message = f"there is no page '{self.of}' whose reading time could be told{hint}"
            report(Problem(Kind.UNKNOWN_PAGE, message), at)
            return [nodes.Text(self.of)]
        return [nodes.Text(counted(minutes, "minute"))]


class ReadingTime(SphinxRole):
    """``reading-time``: how long a page takes to read; it is named as in a list of contents."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        page = docname_join(self.env.docname, self.text.strip())
        self.inliner.document["casebook"] = True
        made = Placeholder(content=Minutes(page), page=self.env.docname)
        self.set_source_info(made)
        return [made], []


def setup(app: Sphinx) -> None:
    """Register the role and the transform."""
    app.add_role("reading-time", ReadingTime())
    app.add_transform(MeasurePages)
