"""Formulas: MathML on the web, drawings in the electronic book, TeX's own on paper.

Sphinx's writers set them; what the web needs is a renderer, as Sphinx calls it.
"""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx.transforms import SphinxTransform
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinx.util.math import get_node_equation_number

from casebook.base.formulas import check_formulas
from casebook.base.page_files import link_files, link_text
from casebook.base.reporting import report
from casebook.core.mathematics import drawing
from casebook.core.mathematics.mathml import mathml, read
from casebook.core.mathematics.source import lost_in, prepared
from casebook.core.problems import Kind, Problem
from casebook.figures.drawings import image

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.writers.html5 import HTML5Translator

RENDERER = "casebook"
SHEET = Path(__file__).with_name("formulas.css")


class CheckFormulas(SphinxTransform):
    """Check what no directive of the press has read, and look for formulas that became text."""

    default_priority = 860  # before captions are gathered

    def apply(self, **kwargs: Any) -> None:
        check_formulas(self.env, self.document)
        for title in self.document.findall(nodes.title):
            if isinstance(title.parent, nodes.section):
                _only_words(title)
        lost: dict[int, tuple[Problem, nodes.Element]] = {}  # a text may be in several pieces
        for text in self.document.findall(nodes.Text):
            problem = lost_in(text.astext()) if "$" in text and _is_prose(text) else None
            if problem:
                lost.setdefault(id(text.parent), (problem, text.parent))
        for problem, place in lost.values():
            report(problem, place)


def _only_words(title: nodes.title) -> None:
    for formula in list(title.findall(nodes.math)):
        message = (
            "a heading holds words, since contents and bookmarks show it as well; "
            f"write '{formula['words']}'"
        )
        report(Problem(Kind.BAD_MATHEMATICS, message), title)
        formula.replace_self(nodes.Text(formula["words"]))


_NO_PROSE = (nodes.FixedTextElement, nodes.literal, nodes.math, nodes.raw)


def _is_prose(text: nodes.Text) -> bool:
    return not isinstance(text.parent, _NO_PROSE)


class SetOnPaper(SphinxPostTransform):
    """Align the lines of a formula for TeX, and keep from it what it would stop at."""

    default_priority = 200
    formats = ("latex",)

    def run(self, **kwargs: Any) -> None:
        for block in list(self.document.findall(nodes.math_block)):
            latex = block.astext()
            if block.get("refused"):
                block.replace_self(nodes.literal_block(latex, latex, language="none"))
            else:
                block.children = []
                block += nodes.Text(prepared(latex))


class DrawFormulas(SphinxPostTransform):
    """Draw each formula for the electronic book."""

    default_priority = 200
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        if not self.env._app.builder.name.startswith("epub"):
            return
        for formula in list(self.document.findall(nodes.math)):
            formula.replace_self(self._drawn(formula, display=False))
        for block in list(self.document.findall(nodes.math_block)):
            parts: list[nodes.Node] = [self._drawn(block, display=True)]
            if number := self._number(block):
                parts[:0] = [nodes.inline("", f"({number})", classes=["eqno"]), nodes.Text(" ")]
            box = nodes.container("", nodes.paragraph("", "", *parts), classes=["math-block"])
            box["ids"] = block["ids"]
            block.replace_self(box)

    def _drawn(self, formula: nodes.Element, *, display: bool) -> nodes.Node:
        root = read(formula.astext(), display)
        if isinstance(root, Problem):  # a formula that another extension has made
            return nodes.literal("", formula.astext())
        drawn = drawing.draw(root)
        words = formula.get("words", formula.astext())
        made = image(self.env, drawn.svg, "svg", alt=words, stem="formula")
        made["classes"] = ["formula-image", f"formula-h{drawn.height}"]
        if drawn.depth and not display:
            made["classes"].append(f"formula-d{drawn.depth}")
        return made

    def _number(self, block: nodes.math_block) -> str:
        config = self.config
        if not block.get("number") or not (config.math_numfig and config.numfig):
            return str(block.get("number") or "")
        found = self.env.toc_fignumbers[self.env.docname].get("displaymath", {})
        *chapters, last = found.get(block["ids"][0], ("",))
        head = ".".join(map(str, chapters))
        return f"{head}{config.math_numsep}{last}" if head else str(last)


class Unwrap(SphinxPostTransform):
    """Undo furo's wrapper, which repeats the id of a formula and hides what hangs."""

    default_priority = 510  # after furo, at 500
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        for wrapper in list(self.document.findall(nodes.container)):
            if "math-wrapper" in wrapper["classes"]:
                wrapper.parent.replace(wrapper, wrapper.children)  # and no class of it stays


def _inline(self: HTML5Translator, node: nodes.math) -> None:
    self.body.append(_written(node, display=False))
    raise nodes.SkipNode


def _block(self: HTML5Translator, node: nodes.math_block) -> None:
    self.body.append(self.starttag(node, "div", CLASS="math-block"))
    if node.get("number"):
        self.body.append(f'<span class="eqno">({get_node_equation_number(self, node)})')
        self.add_permalink_ref(node, "Link to this equation")
        self.body.append("</span>")
    self.body.append(f'<div class="math-line">{_written(node, display=True)}</div></div>\n')
    raise nodes.SkipNode


def _written(node: nodes.Element, *, display: bool) -> str:
    root = read(node.astext(), display)
    if isinstance(root, Problem):
        return f"<code>{escape(node.astext())}</code>"
    return mathml(root)


def _link_sheet(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    """Load a style sheet where there are formulas."""
    body = context.get("body", "")
    if app.builder.name.startswith("epub"):
        if "formula-image" in body:
            link_text(app, "casebook-formulas-ebook.css", drawing.css())
    elif "<math " in body:
        link_files(app, SHEET)


def setup(app: Sphinx) -> None:
    """Take over formulas, once it is known that the book wants that."""
    app.add_html_math_renderer(RENDERER, (_inline, None), (_block, None))
    app.config.html_math_renderer = RENDERER  # else each page with a formula loads MathJax
    app.add_transform(CheckFormulas)
    app.add_post_transform(SetOnPaper)
    app.add_post_transform(DrawFormulas)
    app.add_post_transform(Unwrap)
    app.connect("html-page-context", _link_sheet)
