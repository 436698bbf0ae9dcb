"""Charts drawn in the book's look by matplotlib, once for the screen and once for paper.

Each series is named beside itself, so there is no key to look up; it has a dash and a marker or a
hatch of its own, so colour is never needed.  The drawing leaves here as any other of the book:
sanitised, its colours the names of tokens.
"""

from __future__ import annotations

import io
import itertools
import logging
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casebook.core.figures.chart import Chart, Form, shown
from casebook.core.figures.drawing import Drawing, DrawingError, RendererMissing
from casebook.core.figures.series_names import Box, Point, free_place
from casebook.core.svg import sanitiser
from casebook.core.svg.allowed import COLOUR_PROPERTIES

if TYPE_CHECKING:
    from matplotlib.axes import Axes


@dataclass(frozen=True, slots=True)
class Size:
    """How large a chart is drawn, in points, and its letters; lines are `line` times as wide."""

    width: float
    height: float
    letters: float
    line: float


SCREEN = Size(624, 330, 12.5, 1.0)
PAPER = Size(334, 176, 7.4, 0.6)
ROW_HEIGHT = 2.4
"""Height of a row of a heat map, in letters."""

_TOKENS = ("paper", "ink", "ink-2", "line", "hair", "accent", *(f"series-{n}" for n in range(1, 7)))
_COLOURS = {token: f"#c1a0{number:02x}" for number, token in enumerate(_TOKENS)}
_NAMES = {colour: token for token, colour in _COLOURS.items()}
# In line widths: solid, long, dotted, long and short, longer, short.
_DASHES: tuple[tuple[float, ...], ...] = ((), (6, 2), (2, 1.6), (7, 2, 1.5, 2), (10, 3), (1, 2))
_MARKERS = ("o", "s", "^", "D", "v", "P")
_HATCHES = ("", "///", "...", "\\\\\\", "xxx", "---")
_FEW_POINTS = 12
"""With more, markers would run into each other and only the dash tells."""
_SHADES = (0.0, 0.12, 0.24, 0.36, 0.48, 0.82, 1.0)
"""How much accent a cell of a heat map holds; from the sixth on its number is set in paper."""


def draw(chart: Chart, size: Size, font_dir: Path) -> Drawing:
    """Draw a chart; `font_dir` holds the book's print fonts, by which words are measured.

    Raises ``RendererMissing`` if matplotlib cannot be imported, ``DrawingError`` if the numbers
    cannot be drawn.
    """
    # What it says of its own caches, on a machine that it has not run on, is no message of a build.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    try:
        import matplotlib as mpl
        from matplotlib import font_manager
        from matplotlib.backends.backend_agg import FigureCanvasAgg
        from matplotlib.figure import Figure
    except ImportError as error:
        raise RendererMissing(
            "The package 'matplotlib', which draws charts, is missing."
        ) from error
    font_file = font_dir / "casebook-sans-400.ttf"
    if not font_file.exists():
        raise DrawingError(f"The chart cannot be drawn without the font {font_file.name}.")
    font = font_manager.get_font(str(font_file))
    if font.family_name not in {entry.name for entry in font_manager.fontManager.ttflist}:
        font_manager.fontManager.addfont(str(font_file))
    height = size.height
    if chart.form is Form.HEAT:
        height = size.letters * (ROW_HEIGHT * len(chart.series) + 3.9)
    # From matplotlib's own settings, whatever a file on this machine has made of them.
    own: Any = {key: value for key, value in mpl.rcParamsDefault.items() if key != "backend"}
    with mpl.rc_context({**own, **_settings(font.family_name, size)}):
        figure = Figure(figsize=(size.width / 72, height / 72), dpi=72)
        FigureCanvasAgg(figure)  # measures words; the file is SVG
        axes = figure.add_axes((0, 0, 1, 1))
        (_heat if chart.form is Form.HEAT else _plot)(chart, axes, size)
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None}, transparent=True)
    try:
        picture = sanitiser.clean(file.getvalue().decode("utf-8"))
    except sanitiser.SvgError as error:
        raise DrawingError(f"The chart cannot be used: {error}") from error
    return Drawing(picture.map(_token))


def _token(name: str, value: str) -> str:
    if name not in COLOUR_PROPERTIES or value in ("none", "transparent") or value[:4] == "url(":
        return value
    if value.lower() not in _NAMES:
        raise DrawingError(f"The chart holds a colour that is not the palette's: {value}.")
    return f"var(--cb-{_NAMES[value.lower()]})"


def _settings(family: str, size: Size) -> Any:
    return {
        "font.family": family,
        "font.size": size.letters,
        "svg.fonttype": "none",
        "svg.hashsalt": "casebook",
        "text.parse_math": False,
        "text.hinting": "none",  # words are as wide as they will be set, not as pixels make them
        "text.color": _COLOURS["ink-2"],
        "axes.edgecolor": _COLOURS["line"],
        "axes.linewidth": 0.9 * size.line,
        "axes.labelcolor": _COLOURS["ink-2"],
        "axes.unicode_minus": True,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "xtick.color": _COLOURS["line"],
        "ytick.color": _COLOURS["line"],
        "xtick.labelcolor": _COLOURS["ink-2"],
        "ytick.labelcolor": _COLOURS["ink-2"],
        "xtick.major.width": 0.9 * size.line,
        "ytick.major.width": 0.9 * size.line,
        "xtick.major.size": 4 * size.line,
        "ytick.major.size": 4 * size.line,
        "grid.color": _COLOURS["hair"],
        "grid.linewidth": 0.8 * size.line,
        "hatch.color": _COLOURS["paper"],
        "hatch.linewidth": 1.6 * size.line,
    }


def _plot(chart: Chart, axes: Axes, size: Size) -> None:
    data = chart.columns
    names = [shown(cell) for cell in data[chart.x.name]]
    places: list[float] = (
        list(range(len(names)))
        if chart.form is Form.BAR
        else [float(cell) for cell in data[chart.x.name]]
    )
    marks = [
        _series(chart, axes, size, number, places, [float(v) for v in data[series.name]])
        for number, series in enumerate(chart.series)
    ]
    if chart.form is Form.BAR:
        axes.set_xticks(places, names)
        axes.tick_params(axis="x", length=0)
    _scale(chart, axes)
    _frame(chart, axes, size)
    if len(chart.series) > 1:
        _name_series(chart, axes, size, marks)


def _series(
    chart: Chart, axes: Axes, size: Size, number: int, places: list[float], values: list[float]
) -> Sequence[Point]:
    """Draw one series, and say where its name may be tied to it: places and values."""
    colour = _COLOURS[f"series-{number + 1}"]
    if chart.form is Form.BAR:
        share = 0.8 / len(chart.series)
        left = [at - 0.4 + (number + 0.5) * share for at in places]
        axes.bar(
            left, values, share * 0.92, facecolor=colour,
            hatch=_HATCHES[number], edgecolor=_COLOURS["paper"], linewidth=0,
        )  # fmt: skip
        return list(zip(left, values, strict=True))
    few = chart.form is Form.SCATTER or (chart.form is Form.LINE and len(places) <= _FEW_POINTS)
    dash = _DASHES[number]
    axes.plot(
        places, values, color=colour, clip_on=False, zorder=3,
        drawstyle="steps-post" if chart.form is Form.STEP else "default",
        linewidth=0 if chart.form is Form.SCATTER else 1.9 * size.line,
        linestyle=(0, dash) if dash else "-",
        marker=_MARKERS[number] if few else "", markersize=6 * size.line,
        markerfacecolor=_COLOURS["paper"], markeredgewidth=1.4 * size.line,
    )  # fmt: skip
    return list(zip(places, values, strict=True))


def _scale(chart: Chart, axes: Axes) -> None:
    """Set ranges and ticks; a bar begins at nought, and so does a line that comes near it."""
    from matplotlib.ticker import MaxNLocator

    values = [float(v) for series in chart.series for v in chart.columns[series.name]]
    low, high = min(values), max(values)
    if chart.form is Form.BAR or 0 <= low <= high / 3:
        low = min(low, 0)
    # Names need room above what they name.
    room = (high - low or abs(high) or 1) * (0.06 if len(chart.series) == 1 else 0.16)
    axes.set_ylim(low if low == 0 else low - room, high + room)
    axes.margins(x=0.02)
    axes.yaxis.grid(True)
    axes.set_axisbelow(True)
    for axis in (axes.yaxis, axes.xaxis):
        if axis is axes.yaxis or chart.form is not Form.BAR:
            axis.set_major_locator(MaxNLocator(nbins=8, steps=[1, 2, 5, 10]))
            axis.set_major_formatter(_thousands)


def _thousands(value: float, _: float) -> str:
    return shown(float(f"{value:.10g}"))


def _frame(chart: Chart, axes: Axes, size: Size) -> None:
    """Leave room for the labels: y above its axis, x at the right end of its own."""
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]
    renderer = axes.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    letters, figure = size.letters, axes.figure.bbox
    ticks = [label for label in axes.get_xticklabels() if label.get_text()]
    below = max(label.get_window_extent(renderer).width for label in ticks)
    widest = max(label.get_window_extent(renderer).width for label in axes.get_yticklabels())
    # The first and the last label below may stand half outside of the axis.
    left = max(widest + 8 * size.line + 7, below / 2 + 2)
    right = max(letters * 0.7, below / 2 + 2)
    bottom, top = 3.4 * letters, 2.2 * letters
    axes.set_position(
        (
            left / figure.width,
            bottom / figure.height,
            (figure.width - left - right) / figure.width,
            (figure.height - bottom - top) / figure.height,
        )
    )
    if chart.form is Form.BAR:
        _thin_out(chart, axes, renderer)
    place: dict[str, Any] = {"transform": None, "color": _COLOURS["ink-2"]}
    axes.text(letters * 0.1, figure.height - letters * 1.1, chart.y_label, **place)
    axes.text(figure.width - 1, letters * 0.5, str(chart.x), ha="right", **place)


def _thin_out(chart: Chart, axes: Axes, renderer: Any) -> None:
    """Leave out labels of bars that would touch; numbers go on by themselves, words do not."""
    axes.figure.draw_without_rendering()  # type: ignore[union-attr]
    labels = axes.get_xticklabels()
    widest = max(label.get_window_extent(renderer).width for label in labels)
    places = [axes.transData.transform((at, 0))[0] for at in axes.get_xticks()]
    apart = (places[-1] - places[0]) / (len(places) - 1) if len(places) > 1 else widest * 2
    every = math.ceil((widest + 4) / apart)
    if every > 1 and isinstance(chart.columns[chart.x.name][0], str):
        raise DrawingError("The words below the bars are too long to stand side by side.")
    axes.set_xticks(axes.get_xticks()[::every], [label.get_text() for label in labels][::every])


def _name_series(chart: Chart, axes: Axes, size: Size, marks: list[Sequence[Point]]) -> None:
    """Write each name where it covers nothing, in the left part, with a thin leader to its series.

    Of all free places the one nearest to its series is taken; a phone shows the left part first.
    """
    renderer = axes.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    inside: Box = axes.get_window_extent(renderer).extents
    drawn = [[tuple(axes.transData.transform(point)) for point in points] for points in marks]
    (origin, floor), (unit, _) = (axes.transData.transform((at, 0)) for at in (0, 1))
    half = 0.4 / len(chart.series) * (unit - origin)
    boxes = [list(_covered(chart, points, half, floor)) for points in drawn]
    names: list[Box] = []
    for number, series in enumerate(chart.series):
        words = axes.text(0, 0, series.name, transform=None, va="center", zorder=5)
        extent = words.get_window_extent(renderer)
        others = [box for i, covered in enumerate(boxes) if i != number for box in covered]
        place = free_place(
            drawn[number], (extent.width, extent.height), boxes[number], [*others, *names], inside
        )
        if place is None:
            raise DrawingError(f"There is no room in the chart for the name '{series.name}'.")
        words.set_position((place.name[0], (place.name[1] + place.name[3]) / 2))
        (x0, y0), (x1, y1) = place.leader
        axes.plot(
            [x0, x1], [y0, y1], transform=None, color=_COLOURS["line"],
            linewidth=0.8 * size.line, zorder=2, clip_on=False,
        )  # fmt: skip
        names.append(place.name)


def _covered(chart: Chart, points: Sequence[Point], half: float, floor: float) -> Iterator[Box]:
    """Yield what a series covers: its bars, or its line in short pieces.

    A bar is twice `half` wide and begins at the height `floor`, all in points.
    """
    if chart.form is Form.BAR:
        yield from ((x - half, min(floor, y), x + half, max(floor, y)) for x, y in points)
        return
    if chart.form is Form.STEP:
        corners = [(x1, y0) for (_, y0), (x1, _) in itertools.pairwise(points)]
        points = [p for pair in zip(points, corners, strict=False) for p in pair] + [points[-1]]
    if chart.form is not Form.SCATTER:
        for (x0, y0), (x1, y1) in itertools.pairwise(points):
            pieces = 1 + int(math.hypot(x1 - x0, y1 - y0) / 4)
            for i in range(pieces + 1):
                x, y = x0 + (x1 - x0) * i / pieces, y0 + (y1 - y0) * i / pieces
                yield (x - 2, y - 2, x + 2, y + 2)
    yield from ((x - 4, y - 4, x + 4, y + 4) for x, y in points)


def _heat(chart: Chart, axes: Axes, size: Size) -> None:
    from matplotlib.patches import Rectangle

    letters = size.letters
    figure = axes.figure.bbox
    renderer = axes.figure.canvas.get_renderer()  # type: ignore[attr-defined]
    rows = [[float(value) for value in chart.columns[series.name]] for series in chart.series]
    names = [shown(cell) for cell in chart.columns[chart.x.name]]
    flat = [value for row in rows for value in row]
    low, high = min(flat), max(flat)
    labels = [axes.text(0, 0, series.name, transform=None) for series in chart.series]
    left = max(label.get_window_extent(renderer).width for label in labels) + letters
    cell, tall = (figure.width - left - 1) / len(names), ROW_HEIGHT * letters
    top = figure.height - 1.6 * letters
    if cell < letters * 0.75 * max(len(_short(value)) for value in flat):
        raise DrawingError("The cells of the chart are too narrow for their numbers.")
    for number, (label, row) in enumerate(zip(labels, rows, strict=True)):
        y = top - (number + 1) * tall
        label.set_position((0, y + tall / 2))
        label.set_verticalalignment("center")
        for i, value in enumerate(row):
            shade = round((value - low) / (high - low) * (len(_SHADES) - 1)) if high > low else 0
            place = (left + i * cell, y + 0.08 * tall)
            axes.add_patch(
                Rectangle(
                    place, cell * 0.94, tall * 0.84, transform=None, clip_on=False,
                    facecolor=_COLOURS["accent"] if shade else "none", alpha=_SHADES[shade] or 1,
                    edgecolor="none",
                )
            )  # fmt: skip
            ink = "paper" if _SHADES[shade] > 0.5 else "ink"
            axes.text(
                place[0] + cell * 0.47, y + tall / 2, _short(value), transform=None,
                ha="center", va="center", color=_COLOURS[ink],
            )  # fmt: skip
    axes.set_axis_off()
    words: dict[str, Any] = {"transform": None, "color": _COLOURS["ink-2"]}
    axes.text(left, figure.height - letters, chart.y_label, **words)
    floor = top - len(rows) * tall
    wide = max(len(name) for name in names) * letters * 0.62 / cell
    every = 1 if wide < 0.9 else 5 * math.ceil(wide / 5)
    for i in range(len(names)):
        if i and (i + 1) % every:
            continue
        at = left + (i + 0.47) * cell
        label = axes.text(at, floor - letters * 0.9, names[i], ha="center", **words)
        beyond = at + label.get_window_extent(renderer).width / 2 - figure.width + 1
        if beyond > 0:
            label.set_x(at - beyond)
    axes.text(figure.width - 1, letters * 0.2, str(chart.x), ha="right", **words)


def _short(value: float) -> str:
    return shown(float(f"{value:.6g}"))
