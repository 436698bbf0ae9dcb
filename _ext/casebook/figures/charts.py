"""``chart``: columns of a stored output, drawn."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives

from casebook.base.domain import domain_of
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.reporting import report
from casebook.core.figures import chart as core
from casebook.core.figures.chart import Chart
from casebook.core.figures.drawing import Drawing, DrawingError, RendererMissing, to_pdf
from casebook.core.literate.stored_outputs import Output
from casebook.core.problems import Kind, Problem
from casebook.core.text.marked_text import Text
from casebook.core.text.sentences import around
from casebook.figures.chart_data import folded_numbers, numbers_table
from casebook.figures.drawings import FONTS, cached, image, inline
from casebook.figures.output_directive import OutputDirective

if TYPE_CHECKING:
    from sphinx.application import Sphinx

PRINT_WIDTH = 334
"""Width of a chart on paper, in points: the measure."""


@dataclass(frozen=True, slots=True)
class DrawnChart(Content):
    """A chart as the edition at hand can show it; its numbers where it cannot be drawn."""

    output: str
    chart: Chart
    caption: Text
    alt: Text

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        try:
            return self._drawn(page, at)
        except RendererMissing as error:
            report(Problem(Kind.NO_RENDERER, f"{error} The page shows its numbers instead."), at)
        except DrawingError as error:
            report(Problem(Kind.BAD_CHART, str(error)), at)
        return [numbers_table(self.chart)]

    def _drawn(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        env, chart = page.env, self.chart
        alt = domain_of(env).bare_words(env.docname, self.alt, at)
        title = around(page.view.words(self.caption), 0)
        builder = env._app.builder
        if builder.format == "latex":
            data = cached(env, ("pdf", chart), lambda: to_pdf(self._draw(True), FONTS))
            return [image(env, data, "pdf", alt=alt, stem="chart", width=f"{PRINT_WIDTH}pt")]
        if builder.name.startswith("epub"):
            key: object = ("file", chart, title, alt)
            data = cached(env, key, lambda: self._draw().standalone(title, alt).encode())
            return [image(env, data, "svg", alt=alt, stem="chart")]
        if builder.format == "html":
            figure: Any = at.parent
            numbers = nodes.raw("", folded_numbers(page, self.output, chart), format="html")
            figure += nodes.legend("", numbers, classes=["figure-actions"])
            name = figure["ids"][0] + "-drawing"
            key = ("inline", chart, name, title, alt)
            data = cached(env, key, lambda: inline(self._draw(), name, title, alt).encode())
            return [nodes.raw("", data.decode(), format="html")]
        return [nodes.paragraph("", alt)]

    def _draw(self, on_paper: bool = False) -> Drawing:
        from casebook.core.figures import chart_drawing  # with matplotlib, which takes a second

        size = chart_drawing.PAPER if on_paper else chart_drawing.SCREEN
        return chart_drawing.draw(self.chart, size, FONTS)


class ChartDirective(OutputDirective):
    """``chart``: which columns are drawn, in which form, with a caption and an alt."""

    option_spec: ClassVar = dict.fromkeys(
        ("name", "type", "x", "y", "caption", "alt"), directives.unchanged
    )

    def run(self) -> list[nodes.Node]:
        if self.lacks("type", "x", "y", "caption", "alt"):
            return []
        stored = self.found(self.output, Output)
        if stored is None:
            return []
        chart = core.parse(stored, *(self.options[name] for name in ("type", "x", "y")))
        if isinstance(chart, Problem):
            self.warn(chart, self.lineno)
            return []
        said = self.text_at(self.options["caption"], self.option_line("caption"))
        alt = self.bare_text_at(self.options["alt"], self.option_line("alt"))
        maker = self.maker(self.output, stored.measured)
        caption = nodes.caption("", "", *self.nodes_of(said), nodes.Text(" "), maker)
        drawn = DrawnChart(self.output, chart, said, alt)
        figure = nodes.figure("", self.place(drawn), caption, classes=["chart"])
        self.kept(figure, said, chart, drawn, stored.measured)
        return [figure]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("chart", ChartDirective)
