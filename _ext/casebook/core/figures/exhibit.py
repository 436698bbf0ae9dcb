"""What a page shows of outputs, records and diagrams, noted for the rest of the book."""

from __future__ import annotations

from dataclasses import dataclass, field

from casebook.core.figures.chart import Chart
from casebook.core.text.marked_text import Text


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page shows of a stored output or of records, where it is printed."""

    page: str
    anchor: str
    output: str
    """The name of the output; nothing for records."""
    caption: Text
    chart: Chart | None
    line: int = field(repr=False)
    measured: bool = False
    metrics: tuple[str, ...] = ()
    """The ids of the records that it shows."""
    sounds: tuple[int, ...] = ()
    """The sounds of the output that can be heard, counted from 1."""


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A figure, text or table that has an anchor, kept so that another page can show it again."""

    page: str
    anchor: str
    caption: Text
    classes: tuple[str, ...]
    """Those of its node: its kind comes first."""
    content: object
    """What makes its nodes; plain data that only the page which shows it has to understand."""
    source: object = None
    """What makes the words that say where it comes from; none for a diagram."""
