"""Exhibits: what a page draws or tells in a table, kept so that another page can show it again."""

from __future__ import annotations

from dataclasses import dataclass

from casebook.core.text.marked_text import Text


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A diagram, a chart or a counterexample that has an anchor."""

    page: str
    anchor: str
    caption: Text
    classes: tuple[str, ...]
    """Those of its node: its kind comes first."""
    content: object
    """What makes its nodes; plain data that only the page which shows it has to understand."""
    source: object = None
    """What makes the words that say where it comes from; none for a diagram."""
