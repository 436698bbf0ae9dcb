"""How long a page takes: what counts as a word, and what a minute holds."""

from __future__ import annotations

import pytest
from casebook.core.text.reading_time import Length, count
from hypothesis import given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        ("– …", 0),
        ("One two", 2),
        ("a well-known 1,000.5 and/or it’s", 5),
        ("24 h", 2),
    ],
)
def test_words(text: str, number: int) -> None:
    assert count(text) == number


@pytest.mark.parametrize(
    ("length", "minutes"),
    [
        (Length(), 1),
        (Length(words=220), 1),
        (Length(words=221), 2),
        (Length(lines=20), 1),
        (Length(lines=21), 2),
        (Length(pictures=4), 1),
        (Length(pictures=5), 2),
        (Length(words=110, lines=5, pictures=1), 1),
        (Length(words=111, lines=5, pictures=1), 2),
        (Length(words=11_000, lines=200, pictures=8), 62),
    ],
)
def test_minutes(length: Length, minutes: int) -> None:
    assert length.minutes == minutes


LENGTHS = st.builds(Length, *[st.integers(0, 100_000)] * 3)


@given(LENGTHS, LENGTHS)
def test_two_parts_take_no_longer_than_each_by_itself(one: Length, two: Length) -> None:
    whole = one + two
    assert whole == two + one
    assert whole + Length() == whole
    assert max(one.minutes, two.minutes) <= whole.minutes <= one.minutes + two.minutes
