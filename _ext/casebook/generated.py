"""Resolve phase: content that needs the whole book, made of standard nodes.

A directive leaves a `Generated` placeholder; here it is replaced.  Which function makes what is
said by the table `LISTS` of each feature's module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from . import claims, codelists, insights, inventory, metriclists, patternlists
from .directive import Generated
from .domain import domain_of
from .figures import charts
from .page import ListMaker, Page

if TYPE_CHECKING:
    from sphinx.application import Sphinx

MAKERS = (metriclists, patternlists, codelists, charts, insights, claims, inventory)
LISTS: dict[str, ListMaker] = {
    name: make for module in MAKERS for name, make in module.LISTS.items()
}


class FillGenerated(SphinxPostTransform):
    """Replace each placeholder, before references are resolved."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        domain = domain_of(self.env)
        page = Page(domain.book, self.env, domain.source_labels)
        for link in list(self.document.findall(addnodes.pending_xref)):
            row = page.book.rows.get(link["reftarget"])
            if link.get("label") and row:
                # On a card the link's words are the label of the row.
                link.replace_self(page.metric(row.metric.id, row.metric.label, link["refdoc"]))
        for node in list(self.document.findall(Generated)):
            if node["what"] in LISTS:
                node.replace_self(LISTS[node["what"]](page, node))
                continue
            # A figure that could not be computed has been reported where its formula stands.
            figure = page.book.figures.get(node["name"])
            node.replace_self(
                metriclists.FIGURES[node["what"]](page, figure, node) if figure else []
            )


def setup_generated(app: Sphinx) -> None:
    """Register the transform, and the placeholder, which no builder meets."""
    app.add_config_value("casebook_date", "", "", str)
    app.add_node(Generated)
    app.add_post_transform(FillGenerated)
