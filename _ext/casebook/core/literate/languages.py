"""The kinds of file that chunks may make: Python, and what a browser reads."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from casebook.core.problems import Kind, Problem, shortened

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tree_sitter import Node


@dataclass(frozen=True, slots=True)
class Language:
    """A language in which a file may be written."""

    name: str
    lexer: str
    """The name under which its listings are coloured."""


PYTHON = Language("Python", "literate-python")
LANGUAGES = {
    ".py": PYTHON,
    ".html": Language("HTML", "literate-html"),
    ".css": Language("CSS", "literate-css"),
    ".js": Language("JavaScript", "literate-javascript"),
}
"""By the end of the name of their files."""

MAY_STAY_OPEN = re.compile(
    "area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr|html|head|body|p|li|dt|dd|rt|rp"
    "|option|optgroup|colgroup|caption|thead|tbody|tfoot|tr|td|th",
    re.IGNORECASE,
)
"""The elements of HTML that have no end tag, or may leave it out."""

END = "@end-of-the-file;"
"""What stands alone at the end of a style sheet in which everything is closed."""

_COMMENT = re.compile(
    r"\s*(?:<!doctype[^>]*>\s*)?(?:<!--+|/\*+|//+)\s*(.*?)\s*(?:--+>|\*+/|\n|$)", re.IGNORECASE
)


def language_of(file: str) -> Language:
    """Return the language of a file; Python for one of no known kind, which is reported."""
    return LANGUAGES.get(f".{file.rpartition('.')[2]}", PYTHON)


def first_comment(text: str) -> str:
    """Return the first line of the comment with which a file of the web begins; or nothing."""
    found = _COMMENT.match(text)
    return found[1] if found else ""


def web_problems(text: str, language: Language) -> Iterator[Problem]:
    """Yield the first place at which a file of the web cannot be read."""
    try:
        for line, words in _CHECKS[language.name](text):
            yield Problem(Kind.BAD_CODE, f"not {language.name}: {words}", line)
            return
    except ImportError as error:
        message = f"{language.name} cannot be checked without the package '{error.name}'; add it"
        yield Problem(Kind.BAD_CODE, message)


Fault = tuple[int, str]
"""A line of the file, and what is wrong there."""


def _html(text: str) -> Iterator[Fault]:
    from tree_sitter_html import language

    for node in _nodes(language(), text):
        line, said = node.start_point[0] + 1, _said(node)
        parts = {child.type: child for child in node.children}
        if node.type == "erroneous_end_tag":
            yield line, f"'{said}' closes nothing"
        elif node.type == "element" and "start_tag" in parts and "end_tag" not in parts:
            name = _said(parts["start_tag"].children[1])
            if not MAY_STAY_OPEN.fullmatch(name):
                yield line, f"'<{name}>' is not closed"
        # HTML allows the sign "&" before a space, and the grammar does not.
        elif said[:1] != "&":
            yield from _faults(node)


def _javascript(text: str) -> Iterator[Fault]:
    from tree_sitter_javascript import language

    for node in _nodes(language(), text):
        yield from _faults(node)


def _nodes(grammar: object, text: str) -> Iterator[Node]:
    """Yield the parts of a text, each before those that it holds."""
    from tree_sitter import Language as Grammar
    from tree_sitter import Parser

    waiting = [Parser(Grammar(grammar)).parse(text.encode()).root_node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting += reversed(node.children)


def _said(node: Node) -> str:
    return (node.text or b"").decode()


def _faults(node: Node) -> Iterator[Fault]:
    """Yield a node that stands for no code, or for code that is missing."""
    line = node.start_point[0] + 1
    if node.is_missing:
        yield line, f"'{node.type}' is missing"
    elif node.is_error:
        yield line, f"it cannot be read from {shortened(_said(node), 20)} on"


def _css(text: str) -> Iterator[Fault]:
    import tinycss2

    rules = tinycss2.parse_stylesheet(f"{text}\n{END}", skip_whitespace=True)
    for rule in rules:
        yield from _css_faults(rule)
    if rules[-1].serialize() != END:
        yield rules[-1].source_line, "what begins here is not closed"


def _css_faults(part: Any) -> Iterator[Fault]:
    from tinycss2 import parse_blocks_contents

    if part.type == "error":
        yield part.source_line, part.message.rstrip(".")
    is_rule = part.type in ("qualified-rule", "at-rule")
    for name in ("prelude", "value", "arguments", "content"):
        inside = getattr(part, name, None)
        if isinstance(inside, list):
            whole = is_rule and name == "content"
            for inner in parse_blocks_contents(inside) if whole else inside:
                yield from _css_faults(inner)


_CHECKS: dict[str, Callable[[str], Iterator[Fault]]] = {
    "HTML": _html,
    "CSS": _css,
    "JavaScript": _javascript,
}
