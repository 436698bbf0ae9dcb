"""Chunks that do nothing but import, which a page may fold."""

from __future__ import annotations

import ast
import warnings

from casebook.core.literate.chunks import Chunk


def only_imports(chunk: Chunk) -> bool:
    """Tell whether a chunk holds imports and nothing else but the docstring of its module.

    Imports for type checkers alone count.  A chunk that uses another holds what that one holds.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # they are reported where the file is put together
            module = ast.parse("\n".join(chunk.lines))
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False  # a part of a function, for one
    code = module.body if ast.get_docstring(module) is None else module.body[1:]
    return bool(code) and all(map(_imports, code)) and not any(chunk.references())


def _imports(statement: ast.stmt) -> bool:
    match statement:
        case ast.Import() | ast.ImportFrom():
            return True
        case ast.If(ast.Name("TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"), body, []):
            return all(map(_imports, body))
    return False
