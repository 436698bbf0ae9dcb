"""Places in a page for what is known once the whole book is read.

A directive leaves a `Placeholder` with a `Content`, a small object that makes nodes of it when the
page is resolved.  A content stands in the module of its directive, so that one file says what an
author writes and what a reader gets.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import TYPE_CHECKING

from docutils import nodes

from casebook.core.text.marked_text import Text
from casebook.core.text.reading_time import Length

if TYPE_CHECKING:
    from casebook.base.page_context import PageContext


class Content(ABC):
    """What a placeholder stands for.  Sphinx pickles it with its page, so it holds plain data."""

    __slots__ = ()

    @property
    def length(self) -> Length:
        """How much of it there is to read, as far as that is known while its page is read."""
        return Length()

    @abstractmethod
    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        """Return standard nodes, none of them if nothing is to be shown; `at` is the place."""


class Placeholder(nodes.General, nodes.Element):
    """A place on a page; no builder meets it."""

    def __init__(self, rawsource: str = "", *, content: Content | None = None, page: str = "",
                 **attributes: object) -> None:  # fmt: skip
        super().__init__(rawsource, content=content, page=page, **attributes)

    @property
    def content(self) -> Content:
        """The content that it stands for."""
        content: Content = self["content"]
        return content


@dataclass(frozen=True, slots=True)
class LateWords(Content):
    """The words of a text, where nothing of it can be a link."""

    text: Text

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        return [nodes.Text(page.view.words(self.text))]


def late(text: Text) -> Placeholder:
    """Return a place for the words of a text, where nothing of it can be a link."""
    return Placeholder(content=LateWords(text))
