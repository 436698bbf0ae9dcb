"""Places in a page for what is known once the whole book is read; `generated` fills them."""

from __future__ import annotations

from docutils import nodes

from casebook.core.text.marked_text import Text


class Generated(nodes.General, nodes.Element):
    """A place for content that needs the whole book; `what` says which."""


def late(text: Text) -> Generated:
    """Return a place for the words of a text, where nothing of it can be a link."""
    return Generated("", what="words", text=text)
