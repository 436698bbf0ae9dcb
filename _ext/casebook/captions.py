"""Captions that hold roles, as links to them print them.

Sphinx takes the words of a caption for its label while the page is read, when roles have none yet.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms import SphinxTransform

from .core.records import Captioned
from .core.view import View
from .domain import domain_of
from .words import text_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


class GatherCaptions(SphinxTransform):
    """Keep the caption of each figure and table in which a role stands."""

    default_priority = 870  # before MyST and Sphinx look for what links lead to

    def apply(self, **kwargs: Any) -> None:
        domain, page = domain_of(self.env), self.env.docname
        for node in self.document.findall(nodes.Element):
            if isinstance(node, nodes.figure | nodes.table) and node["ids"]:
                for caption in node.children:
                    if isinstance(caption, nodes.caption | nodes.title):
                        words = text_of(caption.children, page)
                        if words.marks:
                            domain.add(page, Captioned(page, tuple(node["ids"]), words))


def _name(app: Sphinx, env: BuildEnvironment) -> None:
    domain = domain_of(env)
    domain.thaw()
    view = View(domain.answers)
    std: Any = env.get_domain("std")
    captions = {
        (record.page, anchor): record.caption
        for page in domain.data["pages"]
        for record in domain.records(page, Captioned)
        for anchor in record.anchors
    }
    for name, (page, anchor, _) in list(std.labels.items()):
        if (page, anchor) in captions:
            std.labels[name] = page, anchor, view.words(captions[page, anchor])
    domain.thaw()


def setup_captions(app: Sphinx) -> None:
    """Register the transform, and what names the labels once the book is read."""
    app.add_transform(GatherCaptions)
    app.connect("env-updated", _name, priority=900)  # when sources have their labels
