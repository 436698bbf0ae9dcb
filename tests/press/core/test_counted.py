"""Numbers of things: one of them, and more."""

from __future__ import annotations

import pytest
from casebook.core.text.counted import counted


@pytest.mark.parametrize(
    ("number", "words"), [(0, "0 lines"), (1, "1 line"), (2, "2 lines"), (1200, "1,200 lines")]
)
def test_counted(number: int, words: str) -> None:
    assert counted(number, "line") == words
