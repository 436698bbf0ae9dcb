"""A page is a study when its front matter says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms import SphinxTransform

from casebook.base.domain import domain_of
from casebook.base.node_text import text_of
from casebook.core.book.records import Study
from casebook.core.text.marked_text import Text

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class GatherStudies(SphinxTransform):
    """Keep the short name and the title of a study: ``study: Stripe``."""

    default_priority = 500

    def apply(self, **kwargs: Any) -> None:
        page = self.env.docname
        name = self.env.metadata[page].get("study")
        if name:
            title = next(iter(self.document.findall(nodes.title)), None)
            words = text_of(title.children) if title is not None else Text(str(name))
            domain_of(self.env).add(Study(page, str(name), words))


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(GatherStudies)
