"""``evidence``: a word beside paragraphs that no source says, and a line along them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from casebook.base.directive import BookDirective
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.core.findings.basis import Basis, parse
from casebook.core.problems import Kind, Problem

if TYPE_CHECKING:
    from sphinx.application import Sphinx

CLASS = "evidence-block"
BLOCKS = nodes.figure, nodes.table, nodes.literal_block, nodes.container, nodes.Admonition
"""What has a form of its own in the hang column, or floats on paper."""


@dataclass(frozen=True, slots=True)
class Label(Content):
    """The word, linked on a screen to the place of the book that explains it, if there is one.

    That is a place named ``evidence-inferred``, or as the word may be.
    """

    basis: Basis

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        target = page.view.target(f"label evidence-{self.basis.value}")
        if target.page and page.builder.format == "html":
            return [page.place(target.page, target.anchor, self.basis.words)]
        return [nodes.Text(self.basis.words)]


class EvidenceDirective(BookDirective):
    """``evidence``: its argument is the word, its body the paragraphs."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        if self.is_empty():
            return []
        basis = parse(self.arguments[0])
        body = self.parse_content_to_nodes()
        if isinstance(basis, Problem):
            self.warn(basis, self.lineno)
            return body
        box = nodes.container("", *body, classes=[CLASS, f"evidence-{basis.value}"])
        inner = next((found for node in body for found in node.findall(_is_block)), None)
        if isinstance(inner, nodes.Element):
            found = "another" if CLASS in inner["classes"] else f"a {_name(inner)}"
            message = f"'evidence' stands around paragraphs and lists; {found} has to stand outside"
            self.warn(Problem(Kind.BAD_EVIDENCE, message), self.lineno)
            return body
        box.insert(0, nodes.rubric("", "", self.place(Label(basis)), classes=["hang-label"]))
        self.set_source_info(box)
        return [box]


def _is_block(node: nodes.Node) -> bool:
    return isinstance(node, BLOCKS)


def _name(node: nodes.Element) -> str:
    return "listing" if isinstance(node, nodes.literal_block) else node.tagname.replace("_", " ")


class PlainEvidence(SphinxPostTransform):
    """The word before the paragraphs, which are indented, where no style draws a line."""

    default_priority = 230
    formats: tuple[str, ...] = ("text",)

    def run(self, **kwargs: object) -> None:
        for box in list(self.document.findall(nodes.container)):
            if CLASS in box["classes"]:
                label, *body = box.children
                word = nodes.paragraph("", "", *label.children, nodes.Text(":"))
                box.replace_self([word, nodes.block_quote("", *body)])


class PlainEvidenceOnPaper(PlainEvidence):
    """The same on paper that has no styles of the press."""

    formats = ("latex",)


def setup(app: Sphinx) -> None:
    """Register the directive, and its form in plain text."""
    app.add_directive("evidence", EvidenceDirective)
    app.add_post_transform(PlainEvidence)
