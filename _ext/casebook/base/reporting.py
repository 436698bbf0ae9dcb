"""Reporting: the one function through which every message of the press goes."""

from __future__ import annotations

from docutils import nodes
from sphinx.util import logging

from casebook.core.problems import Problem

_logger = logging.getLogger(__name__)

Where = nodes.Node | str | tuple[str, int]
"""A node, "path:line", or a page's name and a line."""


def report(problem: Problem, where: Where | None = None) -> None:
    """Warn of a problem at a place, which is the problem's own if none is given.

    A node that shows something `again` says nothing: what is wrong is said where it stands first.
    """
    if isinstance(where, nodes.Element) and where.get("again"):
        return
    location = f"{problem.file}:{problem.line}" if where is None else where
    _logger.warning(
        "%s", problem.message, location=location, type="casebook", subtype=problem.kind.value
    )
