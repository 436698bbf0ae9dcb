"""Compile a tangled file so that it speaks of the page.

Functions, tracebacks, breakpoints, warnings and coverage then name the line that the author wrote.
"""

from __future__ import annotations

import ast
from types import CodeType
from typing import Any

from casebook.core.literate.tangle import Tangled, on_page


def compiled(file: Tangled, page: str) -> CodeType:
    """Compile a file, with the lines and columns of the page at the path `page`.

    Raises ``SyntaxError``, at the line of the page, if Python cannot read the file.
    """
    try:
        tree = ast.parse(file.text, page)
    except SyntaxError as error:
        error.msg = on_page(error.msg, file)
        error.lineno = error.end_lineno = file.origin(error.lineno or 1).origin
        raise
    for node in ast.walk(tree):
        if "lineno" in node._attributes:
            _relocate(node, file)
    return compile(tree, page, "exec", dont_inherit=True)


def _relocate(node: Any, file: Tangled) -> None:
    begin = _place(file, node.lineno, node.col_offset)
    end = _place(file, node.end_lineno, node.end_col_offset)
    # What begins in one chunk and ends in one printed earlier would run backwards, which Python
    # refuses to compile.
    node.lineno, node.col_offset = begin
    node.end_lineno, node.end_col_offset = max(begin, end)


def _place(file: Tangled, line: int, column: int) -> tuple[int, int]:
    found = file.origin(line)
    return found.origin, max(0, column - found.indent)
