"""Diagrams: Mermaid fences drawn at build time, the same for screen, e-book and paper.

The directive is sphinxcontrib-mermaid's, held to the rules of the house; a post-transform draws,
so none of that extension's own renderers ever runs.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.transforms.post_transforms import SphinxPostTransform
from sphinxcontrib.mermaid import Mermaid, mermaid

from casebook.base.directive import BookDirective
from casebook.base.domain import domain_of
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.reporting import report
from casebook.core.figures.drawing import Drawing, DrawingError, RendererMissing, to_pdf
from casebook.core.figures.exhibit import Exhibit
from casebook.core.figures.mermaid import author_colours, draw
from casebook.core.problems import Kind, Problem, shortened
from casebook.core.text.marked_text import Text
from casebook.core.text.sentences import around
from casebook.figures.drawings import FONTS, MEASURE, WIDE, image, inline, width_class

if TYPE_CHECKING:
    from sphinx.application import Sphinx

POINTS_PER_PIXEL = 0.56
MEASURE_POINTS, WIDE_POINTS = 334, 408


class Diagram(Mermaid, BookDirective):  # type: ignore[misc]
    """``mermaid``: a diagram with a caption that says what to see and words for who cannot."""

    option_spec: ClassVar = {
        name: Mermaid.option_spec[name] for name in ("name", "alt", "caption")
    } | {"class": directives.class_option}

    def run(self, **kwargs: Any) -> list[nodes.Node]:
        if not self.arguments and self.is_empty():
            return []
        for field in ("caption", "alt"):
            if not self.options.get(field, "").strip():
                message = f"the option '{field}' is missing; a diagram needs a caption and an alt"
                self.warn(Problem(Kind.MISSING_FIELD, message), self.lineno)
                self.options[field] = "Diagram"
        colours = author_colours(self.body)
        for line, text in colours:
            message = f"a diagram sets no colours, settings or links of its own: {shortened(text)}"
            self.warn(Problem(Kind.BAD_DIAGRAM, message, line))
        # The figure is made here: the extension's own takes the caption for a whole block of text.
        said = self.text_at(self.options["caption"], self.option_line("caption"))
        alt = self.bare_text_at(self.options["alt"], self.option_line("alt"))
        del self.options["caption"]
        name = self.options.pop("name", "")
        figure = nodes.figure(
            "", *super().run(**kwargs), nodes.caption("", "", *self.nodes_of(said))
        )
        self.set_source_info(figure)
        figure["classes"] += ["diagram", *self.options.get("class", [])]
        if name:
            self.options["name"] = name
            self.add_name(figure)
        for drawing in figure.findall(mermaid):
            self.set_source_info(drawing)
            drawing["reported"], drawing["said"], drawing["alt"] = bool(colours), said, alt
            if figure["ids"]:
                page, anchor, classes = self.env.docname, figure["ids"][0], figure["classes"]
                content = DrawnDiagram(drawing["code"], said, alt)
                self.book.add(Exhibit(page, anchor, said, tuple(classes), content))
        return [figure]


@dataclass(frozen=True, slots=True)
class DrawnDiagram(Content):
    """A diagram on another page; what is wrong with it is reported where it stands first."""

    code: str
    said: Text
    alt: Text

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        made = mermaid("", code=self.code, options={}, said=self.said, alt=self.alt)
        made.source, made.line = at.source, at.line
        made["again"] = True
        return [made]


class DrawDiagrams(SphinxPostTransform):
    """Replace each diagram by what the edition at hand can show."""

    default_priority = 6  # when excerpts are there, before captions are numbered

    def run(self, **kwargs: Any) -> None:
        for i, node in enumerate(list(self.document.findall(mermaid)), 1):
            try:
                drawing = draw(node["code"])
                shown = self._shown(node, drawing, f"diagram-{i}")
            except RendererMissing as error:
                report(
                    Problem(Kind.NO_RENDERER, f"{error} The page shows the source instead."), node
                )
                shown = _listing(node)
            except DrawingError as error:
                if not node.get("reported"):
                    report(Problem(Kind.BAD_DIAGRAM, str(error)), node)
                shown = _listing(node)
            node.replace_self(shown)

    def _shown(self, node: mermaid, drawing: Drawing, identifier: str) -> nodes.Node:
        figure = node.parent
        wide = "wide" in figure.get("classes", ())
        limit = WIDE if wide else MEASURE
        if drawing.width > limit:
            message = (
                f"the diagram is {drawing.width:.0f} px wide, and {limit} px is the limit here; "
                "shorten labels or turn it"
            )
            report(Problem(Kind.BAD_DIAGRAM, message), node)
        builder = self.env._app.builder
        domain, page = domain_of(self.env), self.env.docname
        title = around(domain.view(page).words(node["said"]), 0)
        alt = domain.bare_words(page, node["alt"], node)
        if builder.format == "latex":
            most = WIDE_POINTS if wide else MEASURE_POINTS
            width = min(drawing.width * POINTS_PER_PIXEL, most)
            data = to_pdf(drawing, FONTS)
            return image(self.env, data, "pdf", alt=alt, stem="diagram", width=f"{width:.1f}pt")
        if builder.name.startswith("epub"):
            data = drawing.standalone(title, alt).encode()
            return image(self.env, data, "svg", alt=alt, stem="diagram")
        if builder.format == "html":
            self._add_enlarged(figure, drawing, identifier, title)
            return nodes.raw("", inline(drawing, identifier, title, alt), format="html")
        return nodes.paragraph("", alt)

    def _add_enlarged(
        self, figure: nodes.Element, drawing: Drawing, identifier: str, title: str
    ) -> None:
        # A popover with a <use> of the drawing: no second copy, no script, Escape closes it.
        large = f"{identifier}-large"
        button = f'<button class="enlarge" type="button" popovertarget="{large}">Enlarge</button>'
        figure += nodes.legend("", nodes.raw("", button, format="html"), classes=["figure-actions"])
        left, top, width, height = drawing.picture.view_box.split()
        popover = (
            f'<div class="enlarged {width_class(drawing.width)}" id="{large}" popover="auto" '
            f'role="dialog" aria-label="{escape(title)}">'
            f'<button class="enlarge" type="button" popovertarget="{large}" '
            'popovertargetaction="hide" autofocus>Close</button>'
            f'<svg viewBox="{left} {top} {width} {height}" role="img" '
            f'aria-labelledby="{identifier}-title">'
            f'<use href="#{identifier}" x="{left}" y="{top}" width="{width}" height="{height}"/>'
            "</svg></div>"
        )
        parent = figure.parent
        parent.insert(parent.index(figure) + 1, nodes.raw("", popover, format="html"))


def _listing(node: mermaid) -> nodes.literal_block:
    return nodes.literal_block(node["code"], node["code"], language="none")


def setup(app: Sphinx) -> None:
    """Take over the directive and the drawing, once it is known that the book wants that."""
    app.setup_extension("sphinxcontrib.mermaid")
    app.add_directive("mermaid", Diagram, override=True)
    app.add_post_transform(DrawDiagrams)
