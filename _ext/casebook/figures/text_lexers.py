"""The colours of stored texts: HTTP messages one after the other, and packets."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import groupby
from typing import TYPE_CHECKING, Any

from pygments.lexer import Lexer, RegexLexer, bygroups  # type: ignore[import-untyped]
from pygments.lexers.data import JsonLexer  # type: ignore[import-untyped]
from pygments.lexers.textfmts import HttpLexer  # type: ignore[import-untyped]
from pygments.token import Comment, Error, Text, Whitespace  # type: ignore[import-untyped]

from casebook.core.figures.shown_text import Form, begins_message, is_header

if TYPE_CHECKING:
    from sphinx.application import Sphinx

LANGUAGES = {
    Form.HTTP: "http-exchange",
    Form.JSON: "json",
    Form.PACKET: "packet",
    Form.TRACE: "text",
}


class ExchangeLexer(Lexer):  # type: ignore[misc]
    """Messages of HTTP in a row; that of Pygments knows one, and ends where its body begins."""

    name = "HTTP exchange"
    aliases = [LANGUAGES[Form.HTTP]]  # noqa: RUF012 - as Pygments declares it

    def get_tokens_unprocessed(self, text: str) -> Iterator[tuple[int, Any, str]]:
        """Yield the tokens of each head and of each body in JSON."""
        at = 0
        for head, lines in groupby(_in_head(text), key=lambda line: line[0]):
            words = "".join(line for _, line in lines)
            if head:
                lexer: Any = HttpLexer()
            elif words.lstrip().startswith(("{", "[", '"', "}", "]")):
                lexer = JsonLexer()
            else:
                lexer = None
            tokens = lexer.get_tokens_unprocessed(words) if lexer else [(0, Text, words)]
            for place, kind, value in tokens:
                yield at + place, Text if kind is Error else kind, value
            at += len(words)


def _in_head(text: str) -> Iterator[tuple[bool, str]]:
    """Yield the lines, and whether each belongs to a head; a text may begin in the middle."""
    inside, blank = False, True
    for at, line in enumerate(re.findall(r".*\n|.+$", text)):
        bare = line.rstrip("\n")
        begins = blank and begins_message(bare)
        inside = begins or ((inside or at == 0) and is_header(bare))
        blank = not bare
        yield inside, line


class PacketLexer(RegexLexer):  # type: ignore[misc]
    """Octets in hex, and what they say."""

    name = "Packet"
    aliases = [LANGUAGES[Form.PACKET]]  # noqa: RUF012 - as Pygments declares it
    tokens = {  # noqa: RUF012 - as Pygments declares it
        "root": [
            (r"(\S+(?: \S+)*)( {2,})(.*)", bygroups(Text, Whitespace, Comment)),
            (r"\n", Whitespace),
        ]
    }


def setup(app: Sphinx) -> None:
    """Register the lexers."""
    app.add_lexer(LANGUAGES[Form.HTTP], ExchangeLexer)
    app.add_lexer(LANGUAGES[Form.PACKET], PacketLexer)
