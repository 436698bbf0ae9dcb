"""``output``: stored texts, as they were sent or printed; up to three stand side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives

from casebook.base.config import settings
from casebook.base.domain import domain_of
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.standard_nodes import joined
from casebook.core.figures import shown_text
from casebook.core.figures.shown_text import BESIDE, Form, Part
from casebook.core.literate.stored_outputs import StoredText
from casebook.core.problems import Kind, Problem
from casebook.core.text import line_ranges
from casebook.core.text.line_ranges import Range
from casebook.core.text.marked_text import NO_TEXT, Text
from casebook.core.text.reading_time import Length
from casebook.figures import text_lexers
from casebook.figures.output_directive import OutputDirective
from casebook.figures.text_lexers import LANGUAGES
from casebook.literate.made_by import Evident, MadeBy

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_MARKED = re.compile(r'<span class="hll">(.*\n)</span>')
"""A marked line as Pygments writes it."""


@dataclass(frozen=True, slots=True)
class ShownTexts(Content):
    """One text, or two or three side by side, with the word for their form at the left.

    A marked line is an element of its own on the screen, so that it can be told without colour; it
    has a bar on paper, and a sign where there are only letters.
    """

    form: Form
    parts: tuple[Part, ...]
    labels: tuple[Text, ...] = ()
    """The name over each text."""

    @property
    def length(self) -> Length:
        """A text whose lines are marked is looked at like a picture, another is read."""
        marked = any(part.marked for part in self.parts)
        lines = sum(len(part.lines) for part in self.parts)
        return Length(pictures=1) if marked else Length(lines=lines)

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        label = nodes.rubric("", self.form.label, classes=["hang-label"])
        panels = nodes.container("", classes=["output-panels"])
        for number, part in enumerate(self.parts):
            panel = nodes.container("", classes=["output-panel"])
            if self.labels:
                words = domain_of(page.env).bare_words(page.env.docname, self.labels[number], at)
                name = nodes.paragraph("", words)
                panel += nodes.container("", name, classes=["output-label"])
            panel += self._block(part, page, at)
            panels += panel
        if len(self.parts) > 1:
            panels["classes"].append("output-pair" if len(self.parts) == 2 else "output-three")
        made: list[nodes.Node] = [label, panels]
        if page.on_paper:
            made.insert(0, self._opening(page, at))
        return made

    def _block(self, part: Part, page: PageContext, at: Placeholder) -> nodes.Node:
        builder: Any = page.builder
        lines = "\n".join(part.lines)
        language = LANGUAGES[self.form]
        if part.marked and builder.format == "html":
            code = builder.highlighter.highlight_block(
                lines, language, location=at, force=True, hl_lines=part.marked
            )
            code = _MARKED.sub(r'<mark class="hll">\1</mark>', code)
            html = f'<div class="highlight-{language} notranslate">{code}</div>'
            return nodes.raw("", html, format="html")
        styled = page.on_paper and settings(page.env).design
        if part.marked and not styled:
            lines = "\n".join(
                f"{'> ' if number in part.marked else '  '}{line}".rstrip()
                for number, line in enumerate(part.lines, 1)
            )
            language = "text"
        block = nodes.literal_block(lines, lines, language=language, force=True)
        if styled:
            block["highlight_args"] = {"hl_lines": list(part.marked)}
        block.source, block.line = at.source, at.line
        return block

    def _opening(self, page: PageContext, at: Placeholder) -> nodes.raw:
        """Keep short texts in one piece, and give the place the label that LaTeX needs."""
        box: Any = at.parent
        code = "".join(
            rf"\phantomsection\label{{\detokenize{{{at['page']}:{name}}}}}" for name in box["ids"]
        )
        if settings(page.env).design:
            length = max(len(part.lines) for part in self.parts)
            code = rf"\casebookoutput{{{length}}}{code}"
        return nodes.raw("", f"\n{code}\n", format="latex")


@dataclass(frozen=True, slots=True)
class Sources(Content):
    """The kind of evidence of the texts, the chunks that make them, the lines shown."""

    first: str
    others: tuple[str, ...]
    lines: Range | None

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        makers = [Evident(self.first), *map(MadeBy, self.others)]
        made = joined([maker.fill(page, at) for maker in makers], last=" and ")
        if self.lines:
            made.append(nodes.Text(f", {line_ranges.described([self.lines])}"))
        return made


class StoredTextDirective(OutputDirective):
    """``output``: its argument names one stored text, or two or three that stand side by side."""

    option_spec: ClassVar = dict.fromkeys(
        ("as", "mark", "lines", "caption", "labels", "name"), directives.unchanged
    )

    def run(self) -> list[nodes.Node]:
        names = self.output.split()
        if len(names) > max(BESIDE):
            message = f"'output' shows one to three stored texts, not {len(names)}"
            self.warn(Problem(Kind.BAD_OUTPUT, message), self.lineno)
            return []
        texts = [text for name in names if (text := self.found(name, StoredText))]
        form = shown_text.form_of(self.options.get("as", "").strip())
        if isinstance(form, Problem):
            self.warn(form, self.option_line("as"))
            return []
        parts = self._parts(texts, form)
        labels = self._labels(len(names))
        if len(parts) < len(names) or labels is None:
            return []
        return [self._box(ShownTexts(form, tuple(parts), labels), texts)]

    def _parts(self, texts: list[StoredText], form: Form) -> list[Part]:
        """Return what is shown of each text that can be shown; others are reported."""
        wanted = len(self.output.split())
        parts = []
        for text in texts:
            lines = self._lines(text)
            if isinstance(lines, Problem):
                self.warn(lines, self.option_line("lines"))
                continue
            part = shown_text.part(text, form, lines, wanted)
            if isinstance(part, Problem):
                self.warn(part, self.lineno)
                continue
            parts.append(part)
        if "mark" in self.options and len(parts) == wanted:
            parts, problems = shown_text.marked(parts, self.options["mark"])
            for problem in problems:
                self.warn(problem, self.option_line("mark"))
        return parts

    def _lines(self, text: StoredText) -> Range | Problem | None:
        lines = self.options.get("lines", "").strip()
        return shown_text.span(text, lines) if lines else None

    def _labels(self, wanted: int) -> tuple[Text, ...] | None:
        """Return the names over the texts; None if there is not one for each: it's reported."""
        if "labels" not in self.options:
            return ()
        line = self.option_line("labels")
        labels = [label.strip() for label in self.options["labels"].split("|")]
        if len(labels) != wanted or not all(labels):
            message = "'labels' has a name for each text, with '|' between them: 'First | Retry'"
            self.warn(Problem(Kind.BAD_OUTPUT, message), line)
            return None
        return tuple(self.bare_text_at(label, line) for label in labels)

    def _box(self, shown: ShownTexts, texts: list[StoredText]) -> nodes.container:
        box = nodes.container("", self.place(shown), classes=["stored-output"])
        if any(part.marked for part in shown.parts):
            box["classes"].append("output-marked")
        first, *others = (text.name for text in texts)
        said, foot = NO_TEXT, nodes.paragraph()
        if self.options.get("caption", "").strip():
            said = self.text_at(self.options["caption"], self.option_line("caption"))
            foot += [*self.nodes_of(said), nodes.Text(" ")]
        lines = line_ranges.parse(self.options.get("lines", ""))
        source = Sources(first, tuple(others), lines)
        foot += self.source(source)
        box += nodes.container("", foot, classes=["output-foot"])
        self.named(box, "-".join([first.replace("/", "-"), *(n.partition("/")[2] for n in others)]))
        for text in dict.fromkeys(texts):
            words = said or Text(f"{shown.form.label}: {text.name.partition('/')[2]}")
            self.noted(box, text.name, words)
        self.shown_again(box, said, shown, source)
        return box


def setup(app: Sphinx) -> None:
    """Register the directive and the colours of what it shows."""
    text_lexers.setup(app)
    app.add_directive("output", StoredTextDirective)
