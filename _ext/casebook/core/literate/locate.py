"""Compile a tangled file so that it speaks of the page.

Functions, tracebacks, breakpoints, warnings and coverage then name the line that the author wrote.
"""

from __future__ import annotations

import ast
from types import CodeType

from .tangle import Tangled


def compiled(file: Tangled, page: str) -> CodeType:
    """The code of a file, with the lines and columns of the page at the path `page`."""
    tree = ast.parse(file.text, page)
    for node in ast.walk(tree):
        if isinstance(node, (ast.expr, ast.stmt, ast.excepthandler, ast.pattern, ast.arg,
                             ast.keyword, ast.alias)):  # fmt: skip
            _relocate(node, file)
    return compile(tree, page, "exec", dont_inherit=True)


def _relocate(node: ast.expr | ast.stmt | ast.excepthandler | ast.pattern | ast.arg | ast.keyword
              | ast.alias, file: Tangled) -> None:  # fmt: skip
    begin = _place(file, node.lineno, node.col_offset)
    end = _place(file, node.end_lineno or node.lineno, node.end_col_offset or node.col_offset)
    # What begins in one chunk and ends in one printed earlier would run backwards, which Python
    # refuses to compile.
    node.lineno, node.col_offset = begin
    node.end_lineno, node.end_col_offset = max(begin, end)


def _place(file: Tangled, line: int, column: int) -> tuple[int, int]:
    found = file.origin(line)
    return found.origin, max(0, column - found.indent)
