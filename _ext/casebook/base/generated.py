"""Resolve phase: content that needs the whole book, made of standard nodes.

A directive leaves a `Generated` placeholder; here it is replaced.  Which function makes what is
said by the table `LISTS` of each feature's module.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from casebook.base.domain import domain_of
from casebook.base.links import ListMaker, Page
from casebook.base.placeholders import Generated
from casebook.figures import charts
from casebook.findings import claims, insights
from casebook.literate import packages as codelists
from casebook.metrics import values as metriclists
from casebook.patterns import lists as patternlists
from casebook.study import inventory

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
        view = domain_of(self.env).view(self.env.docname)
        page = Page(view, self.env)
        for link in list(self.document.findall(addnodes.pending_xref)):
            valued = view.metric(link["reftarget"]) if link.get("label") else None
            if valued:
                # On a card the link's words are the label of the row.
                words = view.words(valued.metric.label)
                link.replace_self(page.metric(link["reftarget"], words, link["refdoc"]))
        for node in list(self.document.findall(Generated)):
            node.replace_self(self._made(page, node))

    def _made(self, page: Page, node: Generated) -> list[nodes.Node]:
        if node["what"] == "words":
            return [nodes.Text(page.view.words(node["text"]))]
        if node["what"] in LISTS:
            return LISTS[node["what"]](page, node)
        # A metric that could not be computed has been reported where its formula stands.
        valued = page.view.metric(node["name"])
        if valued is None or valued.resolved is None:
            return []
        return metriclists.FIGURES[node["what"]](page, valued.resolved, node)


def setup(app: Sphinx) -> None:
    """Register the transform, and the placeholder, which no builder meets."""
    app.add_config_value("casebook_date", "", "", str)
    app.add_node(Generated)
    app.add_post_transform(FillGenerated)
