"""Ranges of lines, as they are written and as they are printed."""

from __future__ import annotations

import pytest
from casebook.core.text.line_ranges import Range, count, described, parse


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("4-19", (4, 19)),
        (" 4 – 19 ", (4, 19)),
        ("7", (7, 7)),
        ("7-7", (7, 7)),
        ("9-4", None),
        ("0-4", None),
        ("1234567", None),
        ("a few", None),
        ("", None),
    ],
)
def test_a_range_is_read(text: str, found: Range | None) -> None:
    assert parse(text) == found


def test_ranges_are_counted_and_named() -> None:
    assert (count([(1, 3), (8, 8)]), described([(1, 3), (8, 8)])) == (4, "lines 1–3, 8")
    assert (count([(4, 4)]), described([(4, 4)])) == (1, "line 4")
