"""Resolve phase: each placeholder becomes the standard nodes that its content makes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sphinx.transforms.post_transforms import SphinxPostTransform

from casebook.base.domain import domain_of
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Placeholder

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class FillPlaceholders(SphinxPostTransform):
    """Replace each placeholder, before references are resolved."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        view = domain_of(self.env).view(self.env.docname)
        for place in list(self.document.findall(Placeholder)):
            page = PageContext(view, self.env, place["page"])
            place.replace_self(place.content.fill(page, place))


def setup(app: Sphinx) -> None:
    """Register the transform, and the placeholder, which no builder meets."""
    app.add_node(Placeholder)
    app.add_post_transform(FillPlaceholders)
