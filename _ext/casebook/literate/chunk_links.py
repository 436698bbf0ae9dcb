"""Code on the screen: a use of a chunk inside code is a link to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from itertools import starmap
from typing import TYPE_CHECKING, Any, TextIO

from docutils import nodes
from markupsafe import Markup
from pygments.formatters.html import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]
from pygments.token import Comment, Error, Generic, Text  # type: ignore[import-untyped]
from sphinx.transforms.post_transforms import SphinxPostTransform

from casebook.base.domain import domain_of
from casebook.core.code_styles import is_ink
from casebook.core.literate.chunks import REFERENCE, quoted
from casebook.core.literate.excerpts import LEFT_OUT
from casebook.literate.listings import LANGUAGE

if TYPE_CHECKING:
    from sphinx.application import Sphinx

# What is read is the chunk's title; what is copied is its use as it was written.
_LINK = Markup(
    '<span class="chunk-use"><a class="reference internal" href="{address}">{title}</a>'
    '<span class="as-written" aria-hidden="true">&lt;&lt;{name}&gt;&gt;</span></span>'
)


class LiterateLexer(PythonLexer):  # type: ignore[misc]
    """Python in which a line may stand for a chunk; such a line is set as the chunk's name."""

    name = "Literate Python"
    aliases = [LANGUAGE]  # noqa: RUF012 - as Pygments declares it

    def get_tokens_unprocessed(
        self, text: str, stack: tuple[str, ...] = ("root",)
    ) -> Iterator[tuple[int, Any, str]]:
        """Yield the tokens of Python, and one for each use of a chunk."""
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
            elif kind is Error and value == LEFT_OUT:
                yield at, Comment, value
            else:  # a span that changes no colour would only weigh
                yield at, Text if is_ink(kind) else kind, value


class LinkingFormatter(HtmlFormatter):  # type: ignore[misc]
    """HTML in which the use of a chunk is a link to it.

    The option `chunks` has the address and the name of each by its title.
    """

    def format_unencoded(self, tokensource: Iterable[tuple[Any, str]], outfile: TextIO) -> None:
        """Write the HTML of the tokens."""
        super().format_unencoded(starmap(self._linked, tokensource), outfile)

    def _linked(self, kind: Any, value: str) -> tuple[Any, str]:
        use = self.options["chunks"].get(value) if kind is Generic.Emph else None
        if not use:  # a name that is unknown stays; it was reported where the page was read
            return kind, value
        address, name = use
        return Text, _LINK.format(address=address, name=name, title=value)

    def _translate_parts(self, value: str) -> list[str]:
        # The lines of a token as HTML, which a link is already.
        return [value] if isinstance(value, Markup) else super()._translate_parts(value)


class LinkUses(SphinxPostTransform):
    """Make links of the names of chunks inside code, which a literal block cannot hold."""

    default_priority = 600
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        program = domain_of(self.env).code(self.env.docname).program
        chunks = {
            quoted(chunk.name): (f"#{chunk.anchor}", chunk.name)
            for chunk in reversed(program.chunks)
        }
        builder: Any = self.env._app.builder
        highlighter = copy(builder.highlighter)  # which sets all other code
        highlighter.formatter = LinkingFormatter
        for block in list(self.document.findall(nodes.literal_block)):
            if block.get("language") == LANGUAGE and "<<" in block.rawsource:
                code = highlighter.highlight_block(
                    block.rawsource, LANGUAGE, location=block, force=block.get("force", False),
                    chunks=block.get("uses", chunks),
                )  # fmt: skip
                html = f'<div class="highlight-{LANGUAGE} notranslate">{code}</div>'
                block.replace_self(nodes.raw("", html, format="html"))


def setup(app: Sphinx) -> None:
    """Register lexer and transform."""
    app.add_lexer(LANGUAGE, LiterateLexer)
    app.add_post_transform(LinkUses)
