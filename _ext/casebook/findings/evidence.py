"""``evidence``: a word beside paragraphs that no source says, and a line along them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
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
LISTS = nodes.bullet_list, nodes.enumerated_list, nodes.definition_list
ITEMS = nodes.list_item, nodes.definition_list_item, nodes.definition, nodes.term
PLAIN = (*LISTS, *ITEMS, nodes.paragraph, nodes.block_quote, nodes.attribution, nodes.math_block,
         nodes.footnote, nodes.raw, nodes.Invisible, nodes.system_message)  # fmt: skip
"""What has no form of its own in the hang column, and doesn't float on paper."""
NAMES: dict[type, str] = {
    nodes.figure: "a figure",
    nodes.image: "a figure",
    nodes.table: "a table",
    nodes.literal_block: "a listing",
    nodes.rubric: "a heading",
    nodes.Admonition: "a note",
}
"""How other things are called."""


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
        if all(isinstance(node, nodes.Invisible) for node in body):
            self.warn(Problem(Kind.EMPTY, f"the directive '{self.name}' is empty"), self.lineno)
            return body
        if other := next(_others(body), None):
            message = f"'evidence' stands around paragraphs and lists; {other} has to stand outside"
            self.warn(Problem(Kind.BAD_EVIDENCE, message), self.lineno)
            return body
        box.insert(0, nodes.rubric("", "", self.place(Label(basis)), classes=["hang-label"]))
        self.set_source_info(box)
        return [box]


def _others(body: Iterable[nodes.Node]) -> Iterator[str]:
    """Name all that is neither a paragraph nor a list."""
    for node in body:
        if not isinstance(node, PLAIN) or "claims" in node.get("classes", ()):
            yield _name(node)
        elif not isinstance(node, nodes.TextElement):
            yield from _others(node.children)


def _name(node: nodes.Node) -> str:
    if isinstance(node, nodes.container) and CLASS in node["classes"]:
        return "another"
    found = (name for kind, name in NAMES.items() if isinstance(node, kind))
    return next(found, "what is neither")


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
