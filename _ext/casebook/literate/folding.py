"""Listings on the screen: chunks that only import are folded, and so are the names of tests."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from casebook.base.page_context import SCREEN
from casebook.base.standard_nodes import joined
from casebook.core.literate.runs import RunBy
from casebook.core.text.counted import counted

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class FoldListings(SphinxPostTransform):
    """Make admonitions that collapse, which Sphinx writes as `details`.

    A browser opens one of itself when a link leads to something inside.
    """

    default_priority = 590
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        if self.env._app.builder.name not in SCREEN:
            return  # not every reader of electronic books can open what is folded
        for words in list(self.document.findall(nodes.inline)):
            if tests := words.get("tests"):
                _fold_names(words, tests)
        for box in list(self.document.findall(nodes.container)):
            if box.get("folds"):
                self._fold_code(box)

    def _fold_code(self, box: nodes.container) -> None:
        """Fold a listing with all that stands under it; its head becomes that of the fold."""
        (head,) = box.findall(nodes.caption)
        wrapper = head.parent
        wrapper.remove(head)
        name = nodes.inline("", "", *head.children, classes=["caption-text"])
        parts = (*self._number(wrapper), name, nodes.Text("\u00a0· "), lines_of(wrapper))
        title = nodes.title("", "", *parts)
        title["classes"] = ["code-block-caption"]
        folded = fold("chunk-imports", title, *box.children)
        box.children = []
        box += folded

    def _number(self, wrapper: nodes.Element) -> list[nodes.Node]:
        # Sphinx would put it into the caption that the head was.
        listed = self.env.toc_fignumbers.get(self.env.docname, {}).get("code-block", {})
        numbers = listed.get(wrapper["ids"][0])
        if not numbers:
            return []
        words = self.config.numfig_format["code-block"] % ".".join(map(str, numbers))
        return [nodes.inline("", f"{words} ", classes=["caption-number"])]


def lines_of(listing: nodes.Element) -> nodes.inline:
    """Return how many lines of code a fold holds."""
    count = listing.astext().count("\n") + 1
    return nodes.inline("", counted(count, "line"), classes=["chunk-lines"])


def _fold_names(words: nodes.inline, tests: RunBy) -> None:
    """Let the number of a chunk's tests open their names, which no paragraph can hold."""
    line = words.parent
    line.remove(words)
    rest = tests.count - len(tests.first)
    others = [*([f"{rest} more"] if rest else []), *tests.groups]
    parts: list[nodes.Node] = [nodes.literal("", name) for name in tests.first]
    parts += map(nodes.Text, others)
    names = joined([[part] for part in parts], last=" and ")
    foot = nodes.container(classes=line["classes"])
    line.replace_self(foot)
    if line.children:
        line["classes"] = []
        foot += line
    said = nodes.paragraph("", "", *names)
    foot += fold("chunk-tests", nodes.title("", words.astext()), said)


def fold(kind: str, title: nodes.title, *content: nodes.Node) -> nodes.admonition:
    """Return what a click on its title opens."""
    return nodes.admonition("", title, *content, classes=[kind], collapsible=True)


def setup(app: Sphinx) -> None:
    """Register the transform."""
    app.add_post_transform(FoldListings)
