"""Reporting: one function through which every message of the press goes."""

from __future__ import annotations

from typing import Any

from sphinx.util import logging

from casebook.core.problems import Kind

_logger = logging.getLogger(__name__)


def report(kind: Kind, message: str, location: Any) -> None:
    """Warn at a place: a node, "path:line", or a pair of page name and line."""
    _logger.warning("%s", message, location=location, type="casebook", subtype=kind.value)
