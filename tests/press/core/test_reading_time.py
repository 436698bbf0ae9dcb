"""Words and minutes of a marked path."""

from casebook.core.text.reading_time import WORDS_A_MINUTE, count, minutes


def test_words() -> None:
    assert count("It’s a well-known 1,234.5 (a/b) – or 5.") == 7
    assert count("… — !") == 0
    assert [minutes(n) for n in (0, 1, WORDS_A_MINUTE, WORDS_A_MINUTE + 1)] == [1, 1, 1, 2]
