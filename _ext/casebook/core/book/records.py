"""What pages contribute to the book: frozen records, each of them beside its feature.

Here stand those that belong to no feature, and what all have in common.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from casebook.core.text.marked_text import Text


class Record(Protocol):
    """What a page contributes.

    Two records that show the same are equal and have the same `repr`, by which the book tells
    whether a page that shows them is out of date: lines of the source are left out of it.
    """

    @property
    def page(self) -> str:
        """The name of the page."""


@dataclass(frozen=True, slots=True)
class Study:
    """A study: its essay is a page, its chapters are the pages in the folder of that page's name.

    `name` is the short one of the essay's front matter.
    """

    page: str
    name: str
    title: Text


def study_of(page: str, studies: Mapping[str, Study]) -> Study | None:
    """Return the study that a page belongs to by its path; None if it belongs to none.

    `studies` holds the studies by the pages of their essays.
    """
    while page and page not in studies:
        page = page.rpartition("/")[0]
    return studies.get(page)


@dataclass(frozen=True, slots=True)
class Contents:
    """How many elements a page shows of each kind that no record stands for.

    What the page shows again of another is not counted.
    """

    page: str
    diagrams: int = 0
    tables: int = 0
    charts: int = 0
    steppers: int = 0
    marked_outputs: int = 0
    sounds: int = 0
    sessions: int = 0


@dataclass(frozen=True, slots=True)
class Captioned:
    """The caption of a figure or a table, in which a role stands."""

    page: str
    anchors: tuple[str, ...]
    caption: Text
