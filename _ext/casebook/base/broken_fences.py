"""A directive that Markdown took for text is reported, not printed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from docutils import nodes
from docutils.parsers.rst import directives, languages
from sphinx.transforms import SphinxTransform

from casebook.base.config import settings
from casebook.base.reporting import report
from casebook.core.problems import Kind, Problem

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_FENCE = re.compile(r"`{3,}\{([a-z-]+)\}")


class CheckFences(SphinxTransform):
    """The first line of a fence of back-ticks may hold no other back-tick (CommonMark 4.5)."""

    default_priority = 901

    def apply(self, **kwargs: Any) -> None:
        for paragraph in self.document.findall(nodes.paragraph):
            found = _FENCE.match(paragraph.rawsource) or _FENCE.match(paragraph.astext())
            if found and self._ours(found[1]):
                message = (
                    f"Markdown sees no directive '{found[1]}' here, since the first line of its "
                    "fence holds a back-tick; begin and end it with colons: ':::'"
                )
                report(Problem(Kind.BROKEN_FENCE, message), paragraph)

    def _ours(self, name: str) -> bool:
        # In a book of its own design the press watches over all directives, elsewhere over its own.
        english: Any = languages.get_language("en")
        known, _ = directives.directive(name, english, self.document)
        return settings(self.env).design or getattr(known, "__module__", "").startswith("casebook.")


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_transform(CheckFences)
