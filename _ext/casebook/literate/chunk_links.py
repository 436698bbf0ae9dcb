"""Code on the screen: a use of a chunk inside code is a link to it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from copy import copy
from itertools import starmap
from typing import TYPE_CHECKING, Any, TextIO

from docutils import nodes
from markupsafe import Markup
from pygments.formatters.html import HtmlFormatter  # type: ignore[import-untyped]
from pygments.lexer import Lexer  # type: ignore[import-untyped]
from pygments.lexers.css import CssLexer  # type: ignore[import-untyped]
from pygments.lexers.html import HtmlLexer  # type: ignore[import-untyped]
from pygments.lexers.javascript import JavascriptLexer  # type: ignore[import-untyped]
from pygments.lexers.python import PythonLexer  # type: ignore[import-untyped]
from pygments.token import Comment, Error, Generic, Text  # type: ignore[import-untyped]
from sphinx.transforms.post_transforms import SphinxPostTransform

from casebook.base.domain import domain_of
from casebook.core.code_styles import is_ink
from casebook.core.literate.chunks import REFERENCE, quoted
from casebook.core.literate.excerpts import LEFT_OUT
from casebook.core.literate.languages import LANGUAGES

if TYPE_CHECKING:
    from sphinx.application import Sphinx

# What is read is the chunk's title; what is copied is its use as it was written.
_LINK = Markup(
    '<span class="chunk-use"><a class="reference internal" href="{address}">{title}</a>'
    '<span class="as-written" aria-hidden="true">&lt;&lt;{name}&gt;&gt;</span></span>'
)


class LiterateLexer(Lexer):  # type: ignore[misc]
    """A lexer before which a line that stands for a chunk becomes the chunk's name."""

    filled = "{}"
    """What takes the place of a use, with signs in the braces that make it as long: it keeps the
    code around it whole for the lexer."""

    def get_tokens_unprocessed(
        self, text: str, stack: tuple[str, ...] = ("root",)
    ) -> Iterator[tuple[int, Any, str]]:
        """Yield the tokens of the language, and one for each use of a chunk."""
        uses: list[tuple[int, int, str]] = []
        lines, start = text.split("\n"), 0
        for i, line in enumerate(lines):
            if found := REFERENCE.fullmatch(line):
                at, width = len(found[1]), len(line) - len(found[1])
                lines[i] = found[1] + self.filled.format("_" * (width - len(self.filled) + 2))
                uses.append((start + at, start + len(line), found[2]))
            start += len(line) + 1
        done = 0
        for at, kind, value in super().get_tokens_unprocessed("\n".join(lines), stack):
            end = at + len(value)
            # A token may hold more than a use, or a part of one.
            while uses and uses[0][0] < end:
                begin, after, name = uses.pop(0)
                if begin > max(at, done):
                    yield from _token(max(at, done), kind, value[max(at, done) - at : begin - at])
                yield begin, Generic.Emph, quoted(name)
                done = after
            if end > done:
                yield from _token(max(at, done), kind, value[max(at, done) - at :])


def _token(at: int, kind: Any, value: str) -> Iterator[tuple[int, Any, str]]:
    if kind is Error and value == LEFT_OUT:
        yield at, Comment, value
    else:  # a span that changes no colour would only weigh
        yield at, Text if is_ink(kind) else kind, value


class LiteratePython(LiterateLexer, PythonLexer):  # type: ignore[misc]
    """Python with chunks."""


class LiterateHtml(LiterateLexer, HtmlLexer):  # type: ignore[misc]
    """HTML with chunks."""


class LiterateCss(LiterateLexer, CssLexer):  # type: ignore[misc]
    """CSS with chunks."""

    filled = "/*{}*/"


class LiterateJavascript(LiterateLexer, JavascriptLexer):  # type: ignore[misc]
    """JavaScript with chunks."""

    filled = "/*{}*/"


LEXERS: dict[str, type[LiterateLexer]] = {
    "Python": LiteratePython,
    "HTML": LiterateHtml,
    "CSS": LiterateCss,
    "JavaScript": LiterateJavascript,
}


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
        known = {language.lexer for language in LANGUAGES.values()}
        for block in list(self.document.findall(nodes.literal_block)):
            lexer = block.get("language")
            if lexer in known and "<<" in block.rawsource:
                code = highlighter.highlight_block(
                    block.rawsource, lexer, location=block, force=block.get("force", False),
                    chunks=block.get("uses", chunks),
                )  # fmt: skip
                html = f'<div class="highlight-{lexer} notranslate">{code}</div>'
                block.replace_self(nodes.raw("", html, format="html"))


def setup(app: Sphinx) -> None:
    """Register lexers and transform."""
    for language in LANGUAGES.values():
        app.add_lexer(language.lexer, LEXERS[language.name])
    app.add_post_transform(LinkUses)
