"""Headings hold the words that they are known by: navigation, search and links repeat them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms import SphinxTransform

from casebook.base.config import settings
from casebook.base.node_text import text_of
from casebook.base.placeholders import Placeholder
from casebook.base.reporting import report
from casebook.core.problems import Kind, Problem
from casebook.study.lengths import Minutes

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class CheckHeadings(SphinxTransform):
    """Report a role in a heading that stands for words which only the whole book knows."""

    default_priority = 870  # Sphinx copies headings at 880

    def apply(self, **kwargs: Any) -> None:
        for title in self.document.findall(nodes.title):
            if isinstance(title.parent, nodes.section):
                self._check(title)

    def _check(self, title: nodes.title) -> None:
        for link in title.findall(addnodes.pending_xref):
            for kind, name in text_of([link]).marks:
                role = {"metric": "metric", "pattern": "pattern-link"}.get(kind)
                if not (role or settings(self.env).design):
                    continue  # plain Sphinx bears it
                hint = f", as in {{{role}}}`words <{name}>`" if role else ""
                message = (
                    f"a heading is repeated where '{name}' stands for nothing; "
                    f"write the words{hint}, or leave it out"
                )
                report(Problem(Kind.BAD_HEADING, message), title)
        for place in list(title.findall(Placeholder)):
            if isinstance(place.content, Minutes):
                message = "a heading is repeated where no reading time is known; leave it out"
                report(Problem(Kind.BAD_HEADING, message), place)
                place.replace_self(nodes.Text(place.content.of))


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(CheckHeadings)
