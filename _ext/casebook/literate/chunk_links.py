"""Code on the screen: a use of a chunk inside code is a link to it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import escape
from typing import TYPE_CHECKING, Any

from docutils import nodes
from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]
from pygments.lexers.special import TextLexer  # type: ignore[import-untyped]
from pygments.token import Generic, Text  # type: ignore[import-untyped]
from sphinx.transforms.post_transforms import SphinxPostTransform

from casebook.base.domain import domain_of
from casebook.core.code_styles import is_ink
from casebook.core.literate.chunks import REFERENCE, quoted
from casebook.literate.listings import LANGUAGE

if TYPE_CHECKING:
    from sphinx.application import Sphinx

_MARKED = re.compile(r'<span class="ge">‹(.*?)›</span>')


class LiterateLexer(PythonLexer):  # type: ignore[misc]
    """Python in which a line may stand for a chunk; such a line is set as the chunk's name."""

    name = "Literate Python"
    aliases = [LANGUAGE]  # noqa: RUF012 - as Pygments declares it

    def get_tokens_unprocessed(
        self, text: str, stack: tuple[str, ...] = ("root",)
    ) -> Iterator[tuple[int, Any, str]]:
        """The tokens of Python, and one for each use of a chunk."""
        uses: dict[int, str] = {}
        lines = text.split("\n")
        for i, line in enumerate(lines):
            found = REFERENCE.fullmatch(line)
            if found:
                # A name keeps the code around it whole for the lexer.
                lines[i] = found[1] + "_" * (len(line) - len(found[1]))
                uses[sum(map(len, lines[:i])) + i + len(found[1])] = found[2]
        for at, kind, value in super().get_tokens_unprocessed("\n".join(lines), stack):
            if at in uses:
                yield at, Generic.Emph, quoted(uses[at])
            else:  # a span that changes no colour would only weigh
                yield at, Text if is_ink(kind) else kind, value


class LinkUses(SphinxPostTransform):
    """Make links of the names of chunks inside code, which a literal block cannot hold."""

    default_priority = 600
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        program = domain_of(self.env).code(self.env.docname).program
        names = {quoted(c.name)[1:-1]: c for c in reversed(program.chunks)}

        def link(found: re.Match[str]) -> str:
            chunk = names.get(found[1])
            if not chunk:
                return found[0]  # reported where the page was read
            # What is copied is the source as written; what is read is the name.
            return (
                f'<span class="chunk-use"><a class="reference internal" href="#{chunk.anchor}">'
                f"‹{escape(found[1])}›</a>"
                f'<span class="as-written" aria-hidden="true">&lt;&lt;{chunk.name}&gt;&gt;</span>'
                "</span>"
            )

        for block in list(self.document.findall(nodes.literal_block)):
            if block.get("language") == LANGUAGE and "<<" in block.rawsource:
                builder: Any = self.env._app.builder
                made = builder.highlighter.highlight_block(
                    block.rawsource, LANGUAGE, location=block
                )
                linked = _MARKED.sub(link, made)
                html = f'<div class="highlight-{LANGUAGE} notranslate">{linked}</div>'
                block.replace_self(nodes.raw("", html, format="html"))


def setup(app: Sphinx) -> None:
    """Register lexer and transform."""
    app.add_lexer(LANGUAGE, LiterateLexer)
    # Of fences within fences, as the authors' pages have them, Pygments colours every other one.
    app.add_lexer("markdown", TextLexer)
    app.add_post_transform(LinkUses)
