"""A page is a study when its front matter says so."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms import SphinxTransform

from casebook.base.domain import domain_of
from casebook.base.node_text import text_of
from casebook.base.reporting import report
from casebook.core.book.records import Study
from casebook.core.problems import Kind, Problem
from casebook.core.text.marked_text import Text

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class GatherStudies(SphinxTransform):
    """Keep the short name and the title of a study: ``study: Stripe``."""

    default_priority = 500

    def apply(self, **kwargs: Any) -> None:
        page = self.env.docname
        written = self.env.metadata[page].get("study")
        # MyST hands on what is no text as JSON, and nothing as "null".
        name = "" if written is None or written[:1] in "[{" else str(written).strip()
        if name and name != "null":
            title = next(iter(self.document.findall(nodes.title)), None)
            words = text_of(title.children) if title is not None else Text(name)
            domain_of(self.env).add(Study(page, name, words))
        elif written is not None:
            message = "'study' in the front matter holds the short name of the study, in words"
            report(Problem(Kind.MISSING_FIELD, message), (page, 1))


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(GatherStudies)
