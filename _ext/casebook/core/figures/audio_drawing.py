"""Waveforms, one below another, drawn in the book's look where nothing can be heard."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from casebook.core.figures.audio import COLUMNS, Audio
from casebook.core.figures.axes import shown
from casebook.core.figures.chart_style import COLOURS, Size, picture
from casebook.core.figures.drawing import Drawing
from casebook.core.literate.sounds import RATE

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_WORDS, _WAVE, _AXIS = 1.6, 3.2, 2.4
"""Heights in letters: of the words over a waveform, of a waveform with its room, of the axis."""


def draw(audio: Audio, size: Size, font_dir: Path) -> Drawing:
    """Draw all waveforms on one scale; it raises what `chart_style.picture` raises."""
    height = size.letters * ((_WORDS + _WAVE) * len(audio.clips) + _AXIS)
    return picture(size, height, font_dir, lambda figure: _paint(audio, figure, size))


def _paint(audio: Audio, figure: Figure, size: Size) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Outline

    axes, letters, box = figure.add_axes((0, 0, 1, 1)), size.letters, figure.bbox
    axes.set_axis_off()
    axes.set_xlim(0, box.width)
    axes.set_ylim(0, box.height)
    ink: dict[str, Any] = {"va": "center", "color": COLOURS["ink-2"]}
    thin: dict[str, Any] = {"color": COLOURS["line"], "linewidth": 0.6 * size.line}
    # A column is as wide as on the screen, whatever the longest sound fills of them.
    column = box.width / max(len(clip.peaks) for clip in audio.clips)
    unit = letters * (_WAVE - 0.4) / 2 / audio.loudest
    for i, clip in enumerate(audio.clips):
        top = box.height - letters * (_WORDS + _WAVE) * i
        middle = top - letters * (_WORDS + _WAVE / 2)
        axes.text(0, top - letters * _WORDS / 2, clip.name, **(ink | {"color": COLOURS["ink"]}))
        axes.text(box.width, top - letters * _WORDS / 2, clip.value, ha="right", **ink)
        axes.plot([0, column * len(clip.peaks)], [middle, middle], **thin, zorder=1)
        ends = [
            (column * (x + 0.5), middle + unit * end)
            for x, peak in enumerate(clip.peaks)
            if any(peak)
            for end in peak
        ]
        codes = [Outline.MOVETO, Outline.LINETO] * (len(ends) // 2)
        axes.add_patch(
            PathPatch(
                Outline(ends, codes), edgecolor=COLOURS["series-1"], facecolor="none",
                linewidth=box.width / COLUMNS, capstyle="butt", zorder=2, clip_on=False,
            )
        )  # fmt: skip
    _draw_axis(audio, figure, size)


def _draw_axis(audio: Audio, figure: Figure, size: Size) -> None:
    """Draw the seconds below the last waveform."""
    from matplotlib.ticker import MaxNLocator

    (axes,), letters, width = figure.axes, size.letters, figure.bbox.width
    seconds = audio.longest / RATE
    y = letters * (_AXIS - 0.4)
    thin: dict[str, Any] = {"color": COLOURS["line"], "linewidth": 0.9 * size.line}
    axes.plot([0, width], [y, y], **thin)
    ticks = MaxNLocator(nbins=5, steps=[1, 2, 5, 10]).tick_values(0, seconds)
    for tick in (float(f"{tick:.10g}") for tick in ticks if 0 <= tick <= seconds):
        x = width * tick / seconds
        axes.plot([x, x], [y, y - 4 * size.line], **thin, clip_on=False)
        side = "left" if tick == 0 else "right" if tick > seconds * 0.95 else "center"
        axes.text(
            x, y - letters * 1.1, f"{shown(tick)} s", ha=side, va="center", color=COLOURS["ink-2"]
        )
