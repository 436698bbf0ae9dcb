"""What stands in an entry of a bibliography: LaTeX, decoded by pybtex, with the marks that it has.

pybtex decodes accents, dashes, quotes and other signs.  Commands that set words apart become the
marks that pybtex's own styles use.  What nobody knows here is named, so that it can be reported.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from pybtex.richtext import HRef, Protected, String, Tag, Text
from pybtex.scanner import PybtexSyntaxError

TAGS = {
    "emph": "em", "em": "em", "textit": "em", "it": "em", "itshape": "em", "textsl": "em",
    "textbf": "strong", "bf": "strong", "bfseries": "strong",
    "texttt": "tt", "tt": "tt", "ttfamily": "tt",
    "textsuperscript": "sup", "textsubscript": "sub",
}  # fmt: skip
"""Commands that set words apart, and pybtex's names for it."""
PLAIN = {"mbox", "text", "textsc", "textrm", "textup", "textnormal", "rm", "relax"}
"""Commands without which the words read the same."""
_GROUPS = TAGS.keys() | PLAIN
_SIGNS = str.maketrans("`'\ue010\ue011\ue012", "‘’{}\\")
NAMES = {
    "$": "$",
    "dots": "…",
    "textellipsis": "…",
    "textquoteright": "’",
    "textquoteleft": "‘",
    "textless": "<",
    "textgreater": ">",
    "texteuro": "€",
    "textasciicircum": "^",
    "ng": "ŋ",
    ",": "\N{NARROW NO-BREAK SPACE}",
    "LaTeX": "LaTeX",
    "TeX": "TeX",
    "BibTeX": "BibTeX",
}
_COMMAND = re.compile(r"\\(?:([A-Za-z]+) ?|(.))")
_FORMULA = re.compile(r"(?<!\\)\$(?=[^$]*[_^\\])(?:\\.|[^$\\])+\$")
_LAST = re.compile(r"\\([A-Za-z]+)\s*$")
_FIRST = re.compile(r"^\\([A-Za-z]+)\s*")
_BARE_PERCENT = re.compile(r"(?<!\\)((?:\\\\)*)%")
_ESCAPED = re.compile(r"\\([%&#_~${}])")
_TILDE = re.compile(r"\\textasciitilde(\{\}|\b ?)|\\~(\{\})?")


def _composed(accent: str) -> Callable[[re.Match[str]], str]:
    return lambda found: unicodedata.normalize("NFC", found[1] + accent)


_BEFORE: tuple[tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]], ...] = (
    # Signs that stand for themselves, out of the decoder's way.
    (re.compile(r"(?<!\\)\\\{"), "\ue010"),
    (re.compile(r"(?<!\\)\\\}"), "\ue011"),
    (re.compile(r"\\textbackslash(\{\}|\b ?)"), "\ue012"),
    # A letter without its dot, under an accent.
    (re.compile(r"(\\[\"'`^~=.uv])\s*\{\\([ij])\}"), r"\1{\2}"),
    (re.compile(r"(\\[\"'`^~=.uv])\s*\\([ij])(?![A-Za-z]) ?"), r"\1{\2}"),
    (re.compile(r"\\d\{(\w)\}"), _composed("\u0323")),
    (re.compile(r"\\b\{(\w)\}"), _composed("\u0331")),
)
"""What the decoder does not know."""


def decoded(text: str) -> Text:
    """Return the words of a field, with marks for emphasis and the like.

    A bare percent sign, which begins a comment in LaTeX, stands for itself.  A field that pybtex
    cannot decode keeps its words without braces; `unknown` says so.
    """
    return _decoded(text)[0]


def words(text: str) -> str:
    """Return the words of a field without marks."""
    return str(decoded(text))


def unknown(text: str) -> tuple[str, ...]:
    """Return the commands in a field that would be printed as they stand."""
    return _decoded(text)[1]


def address(text: str) -> str:
    """Return an address, in which only the signs that LaTeX needs escaped are escaped."""
    plain = _TILDE.sub("~", text.strip())
    plain = re.sub(r"^\\url\{(.*)\}$", r"\1", plain)
    return _ESCAPED.sub(r"\1", plain).replace("{", "").replace("}", "")


@functools.lru_cache(maxsize=65_536)
def _decoded(text: str) -> tuple[Text, tuple[str, ...]]:
    # Addresses are no text, wherever they stand.
    before, *others = re.split(r"\\url\{([^{}]*)\}", text)
    words, lost = _text(before)
    for link, after in zip(others[::2], others[1::2], strict=True):
        more, lost_after = _text(after)
        words, lost = words + HRef(address(link), address(link)) + more, lost + lost_after
    return words, tuple(dict.fromkeys(lost))


def _text(text: str) -> tuple[Text, tuple[str, ...]]:
    prepared = _BARE_PERCENT.sub(r"\1\\%", text)
    for pattern, plain in _BEFORE:
        prepared = pattern.sub(plain, prepared)
    try:
        raw = Text.from_latex(prepared)
    except (PybtexSyntaxError, UnicodeDecodeError):
        return Text(re.sub(r"[{}]", "", text)), ("a brace or backslash without its partner",)
    lost = [f"the formula '{found[0]}'" for found in _FORMULA.finditer(text)]
    return Text(*_marked(raw.parts, lost)), tuple(lost)


def _marked(parts: Iterable[Any], lost: list[str]) -> Iterator[Any]:
    pending = ""
    queue = list(parts)
    for i, part in enumerate(queue):
        if isinstance(part, Protected):
            inner = list(part.parts)
            if not pending and inner and isinstance(inner[0], String):
                first = _FIRST.match(str(inner[0]))
                if first and first[1] in _GROUPS:  # {\em words}
                    pending = first[1]
                    inner[0] = String(str(inner[0])[first.end() :])
            yield _set_apart(pending, list(_marked(inner, lost)))
            pending = ""
            continue
        said = str(part)
        before_group = i + 1 < len(queue) and isinstance(queue[i + 1], Protected)
        command = _LAST.search(said) if before_group else None
        if command and command[1] in _GROUPS:
            pending = command[1]
            said = said[: command.start()]
        yield String(_COMMAND.sub(lambda found: _named(found, lost), said).translate(_SIGNS))


def _named(found: re.Match[str], lost: list[str]) -> str:
    name = found[1] or found[2]
    if name in NAMES:
        return NAMES[name]
    lost.append(f"'\\{name}'")
    return found[0]


def _set_apart(command: str, parts: list[Any]) -> Any:
    # A group protects its words from a change of case; what follows keeps that.
    return Tag(TAGS[command], *parts) if command in TAGS else Protected(*parts)
