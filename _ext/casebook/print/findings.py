"""Insights, claims and the reasons of decisions on paper, and insights in plain text.

These editions know no boxes with classes of their own: each part becomes a container, for which
``styles/casebookfindings.sty`` has an environment, and its label a command.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.texescape import escape

from casebook.print.ordering import raw

if TYPE_CHECKING:
    from sphinx.application import Sphinx

QUIET = (
    "table-note",
    "insight-meta",
    "exercise-check",
    "claim-text",
    "claim-instead",
    "claim-sources",
)
"""Classes of paragraphs that are set smaller."""


KINDS = {"insight", "exercise"}
"""Classes of admonitions whose label hangs."""

ROOM = r"\cbneed{19\baselineskip}"
"""What a heading needs before an insight, which no page ends within."""


class PlainInsights(SphinxPostTransform):
    """An insight as paragraphs: its label and title, its text, and for whom it is."""

    default_priority = 230  # after the marks
    formats: tuple[str, ...] = ("text",)

    def run(self, **kwargs: Any) -> None:
        on_paper = "latex" in self.formats
        for box in list(self.document.findall(nodes.admonition)):
            if not KINDS & {*box["classes"]}:
                continue
            title, *body = box.children
            label, _, *words = title.children
            made = nodes.container("", classes=["insight"])
            if on_paper:
                kind = box["classes"][-1].removeprefix("insight-")
                name = escape(label.astext(), "lualatex")
                made += raw(rf"\casebookinsight{{{kind}}}{{{name}}}")
                opening: list[nodes.Node] = []
            else:
                opening = [label, nodes.Text(". ")]
            heading = nodes.paragraph("", "", *opening, nodes.strong("", "", *words))
            made += _reachable(heading, box)
            if on_paper:
                made += raw(r"\nobreak")
            made += body
            section: Any = box.parent
            if on_paper and section.index(box) == 1:
                # The first of a section takes its heading with it to the next page.
                section.parent.insert(section.parent.index(section), raw(ROOM))
            box.replace_self(made)


class PrintInsights(PlainInsights):
    """The same on paper, with the label in the hang column."""

    formats = ("latex",)


class PrintFindings(SphinxPostTransform):
    """Claims as containers, and small paragraphs in containers of their own."""

    default_priority = 231
    formats = ("latex",)

    def run(self, **kwargs: Any) -> None:
        for listed in list(self.document.findall(nodes.enumerated_list)):
            if "claims" in listed["classes"]:
                claims = nodes.container("", classes=["claims"])
                for item in list(listed.children):
                    claims += self._claim(item)
                listed.replace_self(claims)
        for reasons in list(self.document.findall(nodes.definition_list)):
            if "reasons" in reasons["classes"]:
                box = nodes.container("", classes=["reasons"])
                reasons.replace_self(box)
                box += reasons
        for paragraph in list(self.document.findall(nodes.paragraph)):
            classes = [name for name in paragraph["classes"] if name in QUIET]
            if classes:
                # A container, since the distance of lines is decided where a paragraph ends.
                box = nodes.container("", classes=classes)
                paragraph.replace_self(box)
                box += paragraph

    def _claim(self, item: Any) -> nodes.container:
        verdict, quoted, *rest = item.children
        label = raw(rf"\casebookverdict{{{verdict.astext()}}}")
        return nodes.container("", label, _reachable(quoted, item), *rest, classes=["claim"])


def _reachable(paragraph: nodes.Element, named: nodes.Element) -> nodes.Element:
    """Give a paragraph the ids of what it opens: LaTeX gives a container no label."""
    paragraph.insert(0, nodes.target("", "", ids=named["ids"]))
    return paragraph


def setup(app: Sphinx) -> None:
    """Register what plain text needs in every book."""
    app.add_post_transform(PlainInsights)


def setup_design(app: Sphinx) -> None:
    """Register what belongs to the styles of the press."""
    app.add_post_transform(PrintInsights)
    app.add_post_transform(PrintFindings)
