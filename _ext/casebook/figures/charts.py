"""``chart``: columns of a stored output, drawn; or records, which are in `record_charts`."""

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
from casebook.core.figures.chart import Chart, Misfit
from casebook.core.figures.drawing import Drawing, DrawingError, RendererMissing, to_pdf
from casebook.core.literate.stored_outputs import Output
from casebook.core.problems import Kind, Problem
from casebook.core.text.marked_text import Text
from casebook.core.text.sentences import around
from casebook.figures import choosing
from casebook.figures.chart_data import folded_numbers, numbers_table
from casebook.figures.drawings import FONTS, PRINT_WIDTH, cached, image, inline
from casebook.figures.output_directive import OutputDirective
from casebook.figures.record_charts import record_chart

if TYPE_CHECKING:
    from sphinx.application import Sphinx

NEEDED = ("type", "x", "y", "caption", "alt")
"""The options without which no columns are drawn."""


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
        only = chart.panels.printed if chart.panels else None
        builder = env._app.builder
        if builder.format == "latex":
            data = cached(env, ("pdf", chart), lambda: to_pdf(self._draw(only, True), FONTS))
            return [image(env, data, "pdf", alt=alt, stem="chart", width=f"{PRINT_WIDTH}pt")]
        if builder.name.startswith("epub"):
            key: object = ("file", chart, title, alt)
            data = cached(env, key, lambda: self._draw(only).standalone(title, alt).encode())
            return [image(env, data, "svg", alt=alt, stem="chart")]
        if builder.format == "html":
            figure: Any = at.parent
            numbers = nodes.raw("", folded_numbers(page, self.output, chart), format="html")
            figure += nodes.legend("", numbers, classes=["figure-actions"])
            return [nodes.raw("", self._on_screen(page, at, title, alt), format="html")]
        return [nodes.paragraph("", alt)]

    def _on_screen(self, page: PageContext, at: Placeholder, title: str, alt: str) -> str:
        """Return the drawing as HTML; if a reader chooses, each panel with its button."""
        figure: Any = at.parent
        name, panels = figure["ids"][0] + "-drawing", self.chart.panels
        if panels is None or not panels.chosen:
            return self._inline(page, name, title, alt)
        # What is shown first has the name that an undivided drawing would have.
        drawings = [
            self._inline(
                page,
                name if number == panels.first else f"{name}-panel-{number}",
                f"{part.name}: {title}",
                alt,
                number,
            )
            for number, part in enumerate(self.chart.parts)
        ]
        return choosing.fieldset(panels, figure["ids"][0] + "-choice", drawings)

    def _inline(
        self, page: PageContext, name: str, title: str, alt: str, only: int | None = None
    ) -> str:
        key = ("inline", self.chart, only, name, title, alt)
        made = cached(page.env, key, lambda: inline(self._draw(only), name, title, alt).encode())
        return made.decode()

    def _draw(self, only: int | None, on_paper: bool = False) -> Drawing:
        # With matplotlib, which takes a second.
        from casebook.core.figures import chart_drawing, chart_style

        size = chart_style.PAPER if on_paper else chart_style.SCREEN
        return chart_drawing.draw(self.chart, size, FONTS, only)


class ChartDirective(OutputDirective):
    """``chart``: what is drawn, in which form, with a caption and an alt."""

    required_arguments = 0
    optional_arguments = 1
    option_spec: ClassVar = dict.fromkeys(
        ("name", *NEEDED, *core.OPTIONS, "metrics"), directives.unchanged
    )

    def run(self) -> list[nodes.Node]:
        if not self.arguments:
            return record_chart(self)
        if "metrics" in self.options:
            message = "a chart shows an output or records; leave out the output or 'metrics'"
            self.warn(Problem(Kind.BAD_CHART, message), self.option_line("metrics"))
            return []
        if self.lacks(*NEEDED):
            return []
        stored = self.found(self.output, Output)
        if stored is None:
            return []
        chart = core.parse(stored, *(self.options[name] for name in ("type", "x", "y")))
        if isinstance(chart, Problem):
            self.warn(chart, self.lineno)
            return []
        made = core.with_options(chart, stored, self.options)
        if isinstance(made, Misfit):
            self.warn(made.problem, self.option_line(made.option) if made.option else self.lineno)
            return []
        said = self.text_at(self.options["caption"], self.option_line("caption"))
        alt = self.bare_text_at(self.options["alt"], self.option_line("alt"))
        maker = self.maker(self.output, stored.measured)
        caption = nodes.caption("", "", *self.nodes_of(said), nodes.Text(" "), maker)
        drawn = DrawnChart(self.output, made, said, alt)
        figure = nodes.figure("", self.place(drawn), caption, classes=["chart"])
        self.kept(figure, said, made, drawn, stored.measured)
        return [figure]


def setup(app: Sphinx) -> None:
    """Register the directive, and what a chart that chooses needs."""
    app.add_directive("chart", ChartDirective)
    choosing.setup(app)
