"""Paper without the styles of the press: what not every TeX can set."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from casebook.findings.evidence import PlainEvidenceOnPaper

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class PlainAnchors(SphinxPostTransform):
    """Let links reach insights and exercises: LaTeX gives an admonition no label."""

    default_priority = 200
    formats = ("latex",)

    def run(self, **kwargs: Any) -> None:
        for box in self.document.findall(nodes.admonition):
            words = next(iter(box.findall(nodes.paragraph)), None)
            if words is not None and box["ids"]:
                words.insert(0, nodes.target("", "", ids=box["ids"]))


class PlainSigns(SphinxPostTransform):
    """Set the sign of a definition as mathematics, and leave out where a unit may be broken."""

    default_priority = 200
    formats = ("latex",)

    def run(self, **kwargs: Any) -> None:
        for sign in self.document.findall(nodes.inline):
            if "chunk-sign" in sign["classes"]:
                formula = sign.astext().replace("≡", r"\equiv")
                sign.children = []
                sign += nodes.math(formula, formula)
        for cell in self.document.findall(nodes.entry):
            if "unit" in cell["classes"]:
                for words in list(cell.findall(nodes.Text)):
                    words.parent.replace(words, nodes.Text(words.replace("\u200b", "")))


def setup(app: Sphinx) -> None:
    """Register the transforms, in a book that has not asked for the design."""
    app.add_post_transform(PlainAnchors)
    app.add_post_transform(PlainSigns)
    app.add_post_transform(PlainEvidenceOnPaper)
