"""`sources.json`: every source that the book cites, with the metrics that rest on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from casebook.core.book.book import Book
from casebook.core.exports.common import Anchor, Filled, Name, Page


@dataclass(frozen=True, slots=True)
class JsonSource:
    """A source, where a list of references first shows it."""

    key: Annotated[Filled, "The key of the source, unique in the book."]
    label: Annotated[Filled, "Author and year, as it is cited."]
    text: Annotated[Filled, "The whole reference in plain words."]
    url: Annotated[str | None, "Its address; null if it has none."]
    checked: Annotated[str | None, "The day on which it was last read; null if that is not noted."]
    page: Page
    anchor: Anchor
    metrics: Annotated[tuple[Name, ...], "The ids in metrics.json of what rests on it, sorted."]


@dataclass(frozen=True, slots=True)
class Sources:
    """The sources that the book cites."""

    sources: Annotated[tuple[JsonSource, ...], "All sources, sorted by key."]


def export(book: Book) -> Sources:
    """Return all sources, each with the metrics that rest on it."""
    resting: dict[str, list[str]] = {}
    for metric in book.resolved.values():
        for key in metric.sources:
            resting.setdefault(key, []).append(metric.metric.id)
    return Sources(
        tuple(
            JsonSource(
                key=key,
                label=source.label,
                text=source.text,
                url=source.url or None,
                checked=source.checked or None,
                page=source.page,
                anchor=source.anchor,
                metrics=tuple(sorted(resting.get(key, ()))),
            )
            for key, (source, *_) in sorted(book.sources.items())
        )
    )
