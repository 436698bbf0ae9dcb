"""What charts of outputs and charts of records have in common: their form in each edition."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

from docutils import nodes

from casebook.base.domain import domain_of
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.reporting import report
from casebook.core.figures.chart_style import PAPER, SCREEN, Size
from casebook.core.figures.drawing import Drawing, DrawingError, RendererMissing, to_pdf
from casebook.core.problems import Kind, Problem
from casebook.core.text.marked_text import Text
from casebook.core.text.sentences import around
from casebook.figures.drawings import FONTS, PRINT_WIDTH, cached, image, inline

C = TypeVar("C")


@dataclass(frozen=True, slots=True)
class DrawnChart(Content, Generic[C]):
    """A chart as the edition at hand can show it; its numbers where it cannot be drawn."""

    caption: Text
    alt: Text

    @abstractmethod
    def charted(self, page: PageContext, at: Placeholder) -> C | None:
        """Return what is drawn; None if nothing can be, which is reported."""

    @abstractmethod
    def draw(self, chart: C, size: Size) -> Drawing:
        """Draw a chart."""

    @abstractmethod
    def numbers(self, page: PageContext) -> nodes.table:
        """Return its numbers as a table."""

    def folded(self, page: PageContext) -> list[nodes.Node]:
        """Return its numbers under a drawing on the screen: a table that a click opens."""
        return folded(self.numbers(page))

    def on_screen(self, page: PageContext, chart: C, name: str, title: str, alt: str) -> str:
        """Return its drawing as HTML; `name` is the id of its figure."""
        name = f"{name}-drawing"
        return inline_html(page, chart, lambda: self.draw(chart, SCREEN), name, title, alt)

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        chart = self.charted(page, at)
        if chart is None:
            return []
        try:
            return self._drawn(page, at, chart)
        except RendererMissing as error:
            report(Problem(Kind.NO_RENDERER, f"{error} The page shows its numbers instead."), at)
        except DrawingError as error:
            report(Problem(Kind.BAD_CHART, str(error)), at)
        return [self.numbers(page)]

    def _drawn(self, page: PageContext, at: Placeholder, chart: C) -> list[nodes.Node]:
        env = page.env
        alt = domain_of(env).bare_words(env.docname, self.alt, at)
        title = around(page.view.words(self.caption), 0)
        if page.on_paper:
            data = cached(env, ("pdf", chart), lambda: to_pdf(self.draw(chart, PAPER), FONTS))
            return [image(env, data, "pdf", alt=alt, stem="chart", width=f"{PRINT_WIDTH}pt")]
        if page.builder.name.startswith("epub"):
            key = "file", chart, title, alt
            data = cached(
                env, key, lambda: self.draw(chart, SCREEN).standalone(title, alt).encode()
            )
            return [image(env, data, "svg", alt=alt, stem="chart")]
        if page.builder.format == "html":
            figure: Any = at.parent
            figure += nodes.legend("", *self.folded(page), classes=["figure-actions"])
            html = self.on_screen(page, chart, figure["ids"][0], title, alt)
            return [nodes.raw("", html, format="html")]
        return [nodes.paragraph("", alt)]


def inline_html(
    page: PageContext, key: object, draw: Callable[[], Drawing], name: str, title: str, alt: str
) -> str:
    """Return a drawing as HTML; it's drawn again when its `key` or its words are others."""
    key = "inline", key, name, title, alt
    return cached(page.env, key, lambda: inline(draw(), name, title, alt).encode()).decode()


def folded(numbers: nodes.table, *below: nodes.Node) -> list[nodes.Node]:
    """Return numbers that a click opens, in HTML."""
    opening = '<details class="data"><summary>Numbers</summary>'
    return [
        nodes.raw("", opening, format="html"),
        numbers,
        *below,
        nodes.raw("", "</details>", format="html"),
    ]
