"""Captions that hold roles or formulas, as links to them print them.

Sphinx takes the words of a caption for its label while the page is read, when roles have none yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms import SphinxTransform

from casebook.base.domain import domain_of
from casebook.base.node_text import text_of
from casebook.core.book.records import Captioned
from casebook.core.book.view import View

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


class GatherCaptions(SphinxTransform):
    """Keep the caption of each figure and table in which a role or a formula stands."""

    default_priority = 870  # before MyST and Sphinx look for what links lead to

    def apply(self, **kwargs: Any) -> None:
        domain, page = domain_of(self.env), self.env.docname
        for caption in self.document.findall(nodes.TextElement):
            named = caption.parent
            if isinstance(caption, nodes.caption | nodes.title) and named["ids"]:
                words = text_of(caption.children, page)
                unread = words.marks or any(True for _ in caption.findall(nodes.math))
                if unread and isinstance(named, nodes.figure | nodes.table):
                    domain.add(Captioned(page, tuple(named["ids"]), words))


def _name(app: Sphinx, env: BuildEnvironment) -> list[str]:
    answers = domain_of(env).answers
    view = View(answers)
    std: Any = env.get_domain("std")
    for name, (page, anchor, _) in list(std.labels.items()):
        caption = answers.book.captions.get((page, anchor))
        if caption:
            std.labels[name] = page, anchor, view.words(caption)
    return []  # the pages that link to them have asked for the same words


def setup(app: Sphinx) -> None:
    """Register the transform, and what names the labels once the book is read."""
    app.add_transform(GatherCaptions)
    app.connect("env-get-updated", _name, priority=910)  # when the book has been computed
