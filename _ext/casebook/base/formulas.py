"""Formulas, looked at once while their page is read.

Whatever an edition could not set is reported there and shown as code, so that every builder says
the same and none of them stops.  Where a formula's words are wanted (in a tooltip, an index, a data
file) it has them in `words`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes

from casebook.base.config import settings
from casebook.base.reporting import report
from casebook.core.problems import Kind, Problem

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment


def checked(env: BuildEnvironment, parts: list[nodes.Node]) -> list[nodes.Node]:
    """Return nodes that were parsed and have no place yet, their formulas checked."""
    box = nodes.Element("", *parts)
    check_formulas(env, box)
    return list(box.children)


def check_formulas(env: BuildEnvironment, root: nodes.Element) -> None:
    """Give each formula in a tree its words, or refuse it."""
    if settings(env).formulas:
        for formula in [*root.findall(nodes.math), *root.findall(nodes.math_block)]:
            if "words" not in formula:
                _check(formula)


def _check(formula: nodes.Element) -> None:
    from casebook.core.mathematics.linear import words
    from casebook.core.mathematics.mathml import read

    latex, display = formula.astext(), isinstance(formula, nodes.math_block)
    found = read(latex, display)
    problem = found if isinstance(found, Problem) else _beside(formula)
    if problem is None:
        formula["words"] = words(latex, display)
        return
    report(problem, formula)
    if display:
        formula["words"], formula["refused"] = latex, True  # it has its number, and may be linked
    else:
        formula.replace_self(nodes.literal(latex, latex))


def _beside(formula: nodes.Element) -> Problem | None:
    """Return what is wrong with the place of a formula."""
    at, around = formula.parent.index(formula), formula.parent
    before = around[at - 1].astext() if at else ""
    behind = around[at + 1].astext() if at + 1 < len(around) else ""
    if before.endswith("$") and behind.startswith("$"):
        message = (
            "a formula within a sentence stands between single dollar signs; "
            "'$$' stands on lines of its own"
        )
        return Problem(Kind.BAD_MATHEMATICS, message)
    if formula.get("no-wrap", formula.get("nowrap")):
        message = "a formula needs no 'no-wrap' here; several lines are aligned by '&'"
        return Problem(Kind.BAD_MATHEMATICS, message)
    return None
