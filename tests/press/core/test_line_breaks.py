"""A line may end after a mark and before a hyphen, and nowhere else."""

import pytest
from casebook.core.text.line_breaks import breakable


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("requests/day", ["requests/", "day"]),
        ("stripe.com/blog/rate-limiters", ["stripe.", "com/", "blog/", "rate", "-limiters"]),
        ("test_a?b=c&d", ["test_", "a?", "b=", "c&", "d"]),
        ("a -1 – b. c --db e_", ["a -1 – b. c --db e_"]),
        ("", [""]),
    ],
)
def test_where_a_line_may_end(text: str, parts: list[str]) -> None:
    assert breakable(text).split("\N{ZERO WIDTH SPACE}") == parts
