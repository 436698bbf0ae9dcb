"""Charts and counterexamples: what the printed code computed, drawn or told step by step.

A build runs no code.  It reads what `make outputs` has stored, and names the chunk that made it.
"""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.osutil import relative_uri

from casebook.base.directive import BookDirective
from casebook.base.domain import domain_of
from casebook.base.links import ListMaker, Page
from casebook.base.placeholders import Generated
from casebook.base.reporting import report
from casebook.base.table_nodes import cell, evidence_mark, table
from casebook.core.book.records import Shown
from casebook.core.figures import chart as core
from casebook.core.figures.drawing import Drawing, DrawingError, RendererMissing, to_pdf
from casebook.core.literate.stored_outputs import Counterexample, Output, Stored, is_counterexample
from casebook.core.metrics.metric import Evidence
from casebook.core.problems import Kind, Problem
from casebook.core.text.marked_text import Text
from casebook.core.text.sentences import around
from casebook.figures.drawings import cached, font_dir, image, inline

if TYPE_CHECKING:
    from sphinx.application import Sphinx

DATA = "data"
"""Where the site offers the numbers of a chart."""
PRINT_WIDTH = 334
"""Width of a chart on paper, in points: the measure."""


class OutputDirective(BookDirective):
    """A directive whose argument names a stored output."""

    has_content = False
    required_arguments = 1

    @property
    def output(self) -> str:
        """The name of the output."""
        return str(self.arguments[0].strip())

    def lacks(self, *needed: str) -> bool:
        """Report missing options."""
        lacking = [name for name in needed if not self.options.get(name, "").strip()]
        for name in lacking:
            message = f"the option '{name}' is missing; '{self.name}' needs {_listed(needed)}"
            self.warn(Problem(Kind.MISSING_FIELD, message), self.lineno)
        return bool(lacking)

    def found(self, counterexample: bool) -> Stored | None:
        """The output, or a message why it cannot be shown."""
        if is_counterexample(self.output) is not counterexample:
            right = "counterexample" if is_counterexample(self.output) else "chart"
            message = f"'{self.output}' is shown by the directive '{right}'"
            self.warn(Problem(Kind.BAD_OUTPUT, message), self.lineno)
            return None
        stored = self.stored(self.output)
        if isinstance(stored, str):
            unreadable = "is not what" in stored
            kind = Kind.BAD_OUTPUT if unreadable else Kind.UNKNOWN_OUTPUT
            self.warn(Problem(kind, stored), self.lineno)
            return None
        return stored

    def kept(self, node: nodes.Element, caption: Text, chart: core.Chart | None) -> None:
        """Name what is shown, and note it."""
        self.options.setdefault("name", self.name + "-" + self.output.replace("/", "-"))
        self.add_name(node)
        self.set_source_info(node)
        anchor = node["ids"][0] if node["ids"] else ""
        page = self.env.docname
        self.book.add(page, Shown(page, anchor, self.output, caption, chart, self.lineno))

    def maker(self) -> nodes.inline:
        """Says that this is modelled, and by which chunk."""
        made = self.generated("modelled", name=self.output)
        return nodes.inline("", "", made, classes=["figure-source"])


def _listed(names: tuple[str, ...]) -> str:
    return ", ".join(names[:-1]) + f" and {names[-1]}" if len(names) > 1 else names[0]


class ChartDirective(OutputDirective):
    """``chart``: columns of a stored output, drawn."""

    option_spec: ClassVar = dict.fromkeys(
        ("name", "type", "x", "y", "caption", "alt"), directives.unchanged
    )

    def run(self) -> list[nodes.Node]:
        if self.lacks("type", "x", "y", "caption", "alt"):
            return []
        stored = self.found(counterexample=False)
        if not isinstance(stored, Output):
            return []
        chart = core.parse(stored, *(self.options[name] for name in ("type", "x", "y")))
        if isinstance(chart, Problem):
            self.warn(chart, self.lineno)
            return []
        said = self.text_at(self.options["caption"], self.option_line("caption"))
        alt = self.bare_text_at(self.options["alt"], self.option_line("alt"))
        caption = nodes.caption("", "", *self.nodes_of(said), nodes.Text(" "), self.maker())
        drawing = self.generated("chart", chart=chart, said=said, alt=alt, name=self.output)
        figure = nodes.figure("", drawing, caption, classes=["chart"])
        self.kept(figure, said, chart)
        return [figure]


class CounterexampleDirective(OutputDirective):
    """``counterexample``: how an invariant breaks when its guard is taken away, move by move."""

    option_spec: ClassVar = {"name": directives.unchanged, "caption": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        if self.lacks("caption"):
            return []
        stored = self.found(counterexample=True)
        if not isinstance(stored, Counterexample):
            return []
        said = self.text_at(self.options["caption"], self.option_line("caption"))
        heads = [cell(nodes.Text(head)) for head in ("Move", "With the guard", "Without it")]
        made, body = table(self.nodes_of(said), "counterexample", (24, 38, 38), heads)
        last = len(stored.moves) - 1
        for i, moves in enumerate(zip(stored.moves, stored.guarded, stored.unguarded, strict=True)):
            move, guarded, unguarded = (nodes.Text(text or "–") for text in moves)
            broken = ("broken",) if i == last else ()
            body += nodes.row("", cell(move), cell(guarded), cell(unguarded, classes=broken))
        self.kept(made, said, None)
        told = nodes.Text(f"Broken at the last move: {stored.broken}. ")
        return [made, nodes.paragraph("", "", told, self.maker(), classes=["table-note"])]


class ChartData(BookDirective):
    """``chart-data``: the numbers of all charts, where they are few enough to be read."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        return [self.generated("chart-data")]


def _modelled(page: Page, node: Generated) -> list[nodes.Node]:
    maker = page.maker(node["name"], node["page"])
    return [evidence_mark(Evidence.MODELLED, "modelled"), nodes.Text(" by "), *maker]


def _maker(page: Page, node: Generated) -> list[nodes.Node]:
    maker = page.maker(node["name"], node["page"])
    return [nodes.inline("", "", nodes.Text("by "), *maker, classes=["source"])]


def _chart(page: Page, node: Generated) -> list[nodes.Node]:
    chart: core.Chart = node["chart"]
    try:
        return _drawn(page, node, chart)
    except RendererMissing as error:
        report(Kind.NO_RENDERER, f"{error} The page shows its numbers instead.", node)
    except DrawingError as error:
        report(Kind.BAD_CHART, str(error), node)
    return [_table(chart)]


def _drawn(page: Page, node: Generated, chart: core.Chart) -> list[nodes.Node]:
    env = page.env
    alt = domain_of(env).bare_words(env.docname, node["alt"], node)
    figure: Any = node.parent
    builder = env._app.builder
    title = around(page.view.words(node["said"]), 0)
    if builder.format == "latex":
        fonts = font_dir(env)
        data = cached(env, ("pdf", chart), lambda: to_pdf(_draw(page, chart, True), fonts))
        return [image(env, data, "pdf", alt=alt, stem="chart", width=f"{PRINT_WIDTH}pt")]
    if builder.name.startswith("epub"):
        key: object = ("file", chart, title, alt)
        data = cached(env, key, lambda: _draw(page, chart).standalone(title, alt).encode())
        return [image(env, data, "svg", alt=alt, stem="chart")]
    if builder.format == "html":
        numbers = nodes.raw("", _numbers(page, node, chart), format="html")
        figure += nodes.legend("", numbers, classes=["figure-actions"])
        name = figure["ids"][0] + "-drawing"
        key = ("inline", chart, name, title, alt)
        data = cached(env, key, lambda: inline(_draw(page, chart), name, title, alt).encode())
        return [nodes.raw("", data.decode(), format="html")]
    return [nodes.paragraph("", alt)]


def _draw(page: Page, chart: core.Chart, on_paper: bool = False) -> Drawing:
    from casebook.core.figures import chart_drawing as chartdrawing

    size = chartdrawing.PAPER if on_paper else chartdrawing.SCREEN
    return chartdrawing.draw(chart, size, font_dir(page.env))


def data_file(output: str) -> str:
    """Where the site keeps the numbers of an output."""
    return f"{DATA}/{output}.csv"


def _numbers(page: Page, node: Generated, chart: core.Chart) -> str:
    """The numbers of a chart: as a table that opens where they are few, and always as a file."""
    uri = relative_uri(page.env._app.builder.get_target_uri(node["page"]), data_file(node["name"]))
    file = f'<a class="reference internal" href="{escape(uri)}" download>CSV</a>'
    if not chart.is_short:
        return f'<span class="small">Numbers: {file}</span>'
    heads = "".join(
        f'<th class="head" scope="col"><p>{escape(head)}</p></th>' for head in chart.heads
    )
    rows = "".join(
        f'<tr><th scope="row"><p>{escape(core.shown(first))}</p></th>'
        + "".join(f'<td class="num"><p>{escape(core.shown(c))}</p></td>' for c in others)
        + "</tr>"
        for first, *others in chart.rows
    )
    return (
        '<details class="data"><summary>Numbers</summary>'
        '<div class="table-wrapper docutils container"><table class="docutils">'
        f"<thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>"
        f'<p class="small">The same as {file}.</p></details>'
    )


def _table(chart: core.Chart) -> nodes.table:
    heads = [
        cell(nodes.Text(head), classes=("num",) if i else ()) for i, head in enumerate(chart.heads)
    ]
    widths = (28, *([72 // len(chart.series)] * len(chart.series)))
    made, body = table([], "chart-data", widths, heads)
    for row in chart.rows:
        first, *others = map(core.shown, row)
        numbers = [cell(nodes.Text(words), classes=("num",)) for words in others]
        body += nodes.row("", cell(nodes.Text(first)), *numbers)
    return made


def _data(page: Page, node: Generated) -> list[nodes.Node]:
    made: list[nodes.Node] = []
    for shown in page.view.shown():
        if shown.chart:
            caption = around(page.view.words(shown.caption), 0)
            link = page.place(shown.page, shown.anchor, caption, node["page"])
            made.append(nodes.paragraph("", "", link))
            made.append(_table(shown.chart) if shown.chart.is_short else _long(page, node, shown))
    return made or [nodes.paragraph("", "The book has no chart.")]


def _long(page: Page, node: Generated, shown: Shown) -> nodes.paragraph:
    assert shown.chart
    file = data_file(shown.output)
    name: nodes.Node = nodes.literal("", file)
    builder = page.env._app.builder
    where = " beside the web edition."
    if builder.name in ("html", "dirhtml"):
        uri = relative_uri(builder.get_target_uri(node["page"]), file)
        name, where = nodes.reference("", "", name, refuri=uri, internal=True), "."
    rows = nodes.Text(f"{len(shown.chart.rows)} rows, in ")
    return nodes.paragraph("", "", rows, name, nodes.Text(where))


LISTS: dict[str, ListMaker] = {
    "chart": _chart,
    "modelled": _modelled,
    "maker": _maker,
    "chart-data": _data,
}
"""What a placeholder becomes."""


def setup(app: Sphinx) -> None:
    """Register the directives."""
    app.add_directive("chart", ChartDirective)
    app.add_directive("counterexample", CounterexampleDirective)
    app.add_directive("chart-data", ChartData)
