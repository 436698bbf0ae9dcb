"""``chart``: columns of a stored output, drawn; or records, which are in `record_charts`."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives

from casebook.base.page_context import PageContext
from casebook.base.placeholders import Placeholder
from casebook.core.figures import chart as core
from casebook.core.figures import chart_drawing
from casebook.core.figures.chart import Chart
from casebook.core.figures.chart_style import SCREEN, Size
from casebook.core.figures.drawing import Drawing
from casebook.core.figures.misfit import Misfit
from casebook.core.literate.stored_outputs import Output
from casebook.core.problems import Kind, Problem
from casebook.figures import choosing
from casebook.figures.chart_data import folded_numbers, numbers_table
from casebook.figures.drawings import FONTS
from casebook.figures.drawn_charts import DrawnChart, inline_html
from casebook.figures.output_directive import OutputDirective
from casebook.figures.record_charts import record_chart
from casebook.literate.made_by import Evident

if TYPE_CHECKING:
    from sphinx.application import Sphinx

NEEDED = ("type", "x", "y", "caption", "alt")
"""The options without which no columns are drawn."""


@dataclass(frozen=True, slots=True)
class OutputChart(DrawnChart[Chart]):
    """A chart of a stored output; on the screen a reader may choose among its panels."""

    output: str
    chart: Chart

    def charted(self, page: PageContext, at: Placeholder) -> Chart:
        return self.chart

    def draw(self, chart: Chart, size: Size) -> Drawing:
        only = chart.panels.printed if chart.panels else None
        return chart_drawing.draw(chart, size, FONTS, only)

    def numbers(self, page: PageContext) -> nodes.table:
        return numbers_table(self.chart)

    def folded(self, page: PageContext) -> list[nodes.Node]:
        return folded_numbers(page, self.output, self.chart)

    def on_screen(self, page: PageContext, chart: Chart, name: str, title: str, alt: str) -> str:
        panels = chart.panels
        if panels is None or not panels.chosen:
            return DrawnChart.on_screen(self, page, chart, name, title, alt)
        # What is shown first has the name that an undivided drawing would have.
        names = [f"{name}-drawing-panel-{number}" for number in range(len(chart.parts))]
        names[panels.first] = f"{name}-drawing"
        drawings = [
            inline_html(
                page, (chart, number),
                functools.partial(chart_drawing.draw, chart, SCREEN, FONTS, number),
                names[number], f"{part.name}: {title}", alt,
            )
            for number, part in enumerate(chart.parts)
        ]  # fmt: skip
        return choosing.fieldset(panels, f"{name}-choice", drawings)


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
            self.warn(made.problem, self.option_line(made.option))
            return []
        said = self.text_at(self.options["caption"], self.option_line("caption"))
        alt = self.bare_text_at(self.options["alt"], self.option_line("alt"))
        source = [nodes.Text(" "), self.source(Evident(self.output, stored.measured))]
        caption = nodes.caption("", "", *self.nodes_of(said), *source)
        drawn = OutputChart(said, alt, self.output, made)
        figure = nodes.figure("", self.place(drawn), caption, classes=["chart"])
        self.kept(figure, said, drawn, stored.measured, made)
        return [figure]


def setup(app: Sphinx) -> None:
    """Register the directive, and what a chart that chooses needs."""
    app.add_directive("chart", ChartDirective)
    choosing.setup(app)
