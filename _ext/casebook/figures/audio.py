"""``audio``: sounds of a stored output, to be heard on the web.

A browser's own player stands below each waveform, and loads its file when a reader plays it.  Where
nothing can be heard the waveforms are one drawing.  The words of the directive's body say what is
to be heard, everywhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.osutil import relative_uri

from casebook.base.node_text import text_of
from casebook.base.page_context import PageContext
from casebook.base.page_files import link_files
from casebook.base.placeholders import Placeholder
from casebook.base.standard_nodes import cell, table
from casebook.core.figures import audio as core
from casebook.core.figures import audio_drawing
from casebook.core.figures.audio import COLUMN, COLUMNS, HEIGHT, Audio, Clip
from casebook.core.figures.chart_style import Size
from casebook.core.figures.drawing import Drawing
from casebook.core.literate.stored_outputs import Output
from casebook.core.problems import Kind, Problem
from casebook.core.text.marked_text import Text
from casebook.figures.chart_data import FOLDER
from casebook.figures.drawings import FONTS
from casebook.figures.drawn_charts import DrawnChart
from casebook.figures.output_directive import OutputDirective
from casebook.literate.made_by import Evident

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.builders import Builder

SHEET = Path(__file__).with_name("audio.css")
_START = '<ul class="clips">'


def has_players(builder: Builder) -> bool:
    """Tell whether a builder's pages are read in a browser, and have files beside them."""
    return builder.format == "html" and not builder.name.startswith("epub")


def sound_file(output: str, number: int) -> str:
    """Return where the site keeps a sound of an output."""
    return f"{FOLDER}/{core.file_of(output, number)}"


@dataclass(frozen=True, slots=True)
class Heard(DrawnChart[Audio]):
    """Sounds as the edition at hand can offer them: players, a drawing, or a table."""

    audio: Audio
    transcript: Text
    """What is to be heard, for a page that shows the sounds again."""

    def charted(self, page: PageContext, at: Placeholder) -> Audio:
        return self.audio

    def draw(self, chart: Audio, size: Size) -> Drawing:
        return audio_drawing.draw(chart, size, FONTS)

    def numbers(self, page: PageContext) -> nodes.table:
        heads = [cell(nodes.Text(head)) for head in ("Sound", "Value", "Length")]
        made, body = table([], "chart-data", (50, 30, 20), heads)
        for clip in self.audio.clips:
            words = (clip.name, clip.value or "–", clip.seconds)
            body += nodes.row("", *(cell(nodes.Text(one)) for one in words))
        return made

    def _drawn(self, page: PageContext, at: Placeholder, chart: Audio) -> list[nodes.Node]:
        figure: Any = at.parent
        if at.get("again"):
            figure += _legend(nodes.paragraph("", page.view.words(self.transcript)))
        if has_players(page.builder):
            words = figure[-1]
            opening = '<details class="data"><summary>Transcript</summary>'
            words.insert(0, nodes.raw("", opening, format="html"))
            words += nodes.raw("", "</details>", format="html")
            players = "".join(_player(page, chart, clip) for clip in chart.clips)
            return [nodes.raw("", f"{_START}{players}</ul>", format="html")]
        if page.on_paper or page.builder.format == "html":
            return DrawnChart._drawn(self, page, at, chart)
        return [self.numbers(page)]


def _legend(*words: nodes.Node) -> nodes.legend:
    return nodes.legend("", *words, classes=["transcript"])


def _player(page: PageContext, audio: Audio, clip: Clip) -> str:
    """Return a sound in HTML: what it is, its waveform, the browser's player, and its file."""
    file = sound_file(audio.output, clip.number)
    uri = escape(relative_uri(page.builder.get_target_uri(page.name), file))
    name, label = escape(clip.name), escape(clip.label)
    value = f' <span class="clip-value">{escape(clip.value)}</span>' if clip.value else ""
    wave = core.outline(clip, audio.loudest)
    rest = f"M0 {HEIGHT // 2}H{COLUMN * len(clip.peaks)}"
    return (
        f'<li><p class="clip-name"><span>{name}</span>{value}</p>'
        f'<svg viewBox="0 0 {COLUMN * COLUMNS} {HEIGHT}" aria-hidden="true">'
        f'<path class="rest" d="{rest}"/><path d="{wave}"/></svg>'
        f'<div class="clip-player"><audio controls preload="none" aria-label="{label}" '
        f'src="{uri}"></audio><a class="reference internal" href="{uri}" download '
        f'aria-label="WAV of {name}, {clip.seconds}, {clip.size}">'
        f"WAV, {clip.seconds}, {clip.size}</a></div></li>"
    )


class AudioDirective(OutputDirective):
    """``audio``: which sounds, a value beside each; its body is the transcript."""

    has_content = True
    option_spec: ClassVar = dict.fromkeys(
        ("name", "clips", "values", "caption"), directives.unchanged
    )

    def run(self) -> list[nodes.Node]:
        lacking = self.lacks("caption")
        if not self.body.strip():
            message = "the transcript is missing; say in the body of 'audio' what is to be heard"
            self.warn(Problem(Kind.MISSING_FIELD, message), self.lineno)
        if lacking or not self.body.strip():
            return []
        stored = self.found(self.output, Output)
        if stored is None:
            return []
        given = (self.options.get(name, "") for name in ("clips", "values"))
        audio = core.parse(stored, *given)
        if not isinstance(audio, Audio):
            for wrong in audio:
                self.warn(wrong.problem, self.option_line(wrong.option))
            return []
        said = self.text_at(self.options["caption"], self.option_line("caption"))
        words = self.parse_content_to_nodes()
        transcript = text_of(words, self.env.docname, self.body_line(1))
        heard = Heard(said, Text(audio.alt), audio, transcript)
        source = self.source(Evident(self.output, stored.measured))
        caption = nodes.caption("", "", *self.nodes_of(said), nodes.Text(" "), source)
        figure = nodes.figure("", self.place(heard), caption, _legend(*words), classes=["audio"])
        sounds = tuple(clip.number for clip in audio.clips)
        self.kept(figure, said, heard, stored.measured, sounds=sounds)
        return [figure]


def _add_sheet(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if _START in context.get("body", ""):
        link_files(app, SHEET)


def setup(app: Sphinx) -> None:
    """Register the directive, and lay its style sheet beside the pages that have one."""
    app.add_directive("audio", AudioDirective)
    app.connect("html-page-context", _add_sheet)
