"""The sentence around a place, and how many there are."""

from __future__ import annotations

import pytest
from casebook.core.text.sentences import around, count, split
from hypothesis import given
from hypothesis import strategies as st

TEXT = "One “thing.” Two things (see v2.5 at 3 p.m. or so)! Did it? 4 said\nso. iOS too. End"


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("One", "One “thing.”"),
        ("thing.”", "One “thing.”"),
        ("v2.5", "Two things (see v2.5 at 3 p.m. or so)!"),
        ("Did", "Did it?"),
        ("so. iOS", "4 said so. iOS too."),
        ("End", "End"),
    ],
)
def test_around(word: str, sentence: str) -> None:
    assert around(TEXT, TEXT.index(word)) == sentence


@pytest.mark.parametrize(
    "text",
    [
        "Companies, e.g. Stripe, retry.",
        "That is, i.e. Stripe retries.",
        "It retries (cf. Figure 3).",
        "Fast vs. Slow, as in fig. 3 and Fig. 4.",
        "Acme Inc. Europe and Acme Ltd. Asia (p. 3, pp. 4 to 5).",
        "It is v1.0 of the API.",
    ],
)
def test_an_abbreviation_ends_no_sentence(text: str) -> None:
    assert count(text) == 1
    assert split(text) == [text]
    assert around(text, 0) == around(text, len(text) - 1) == text


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("", 0),
        ("  \n", 0),
        ("No end", 1),
        ("One. Two.", 2),
        ("One! “Two?” (Three.) 'Four.' \"Five.\" ", 5),
        ("The suffix of leg. Then.", 2),
        (TEXT, 5),
    ],
)
def test_count(text: str, number: int) -> None:
    assert count(text) == number


PROSE = st.text(alphabet="ab AB12.!?”“()'\n é", max_size=80)


@given(st.one_of(PROSE, st.text(max_size=80)), st.data())
def test_the_sentence_holds_the_place(text: str, data: st.DataObject) -> None:
    if text:
        offset = data.draw(st.integers(0, len(text) - 1))
        marked = text[:offset] + "\N{BULLET}" + text[offset + 1 :]
        assert around(text, offset) in " ".join(text.split())
        # The very character, by marking it; a mark may join two sentences, never lose the place.
        assert "\N{BULLET}" in around(marked, offset)


def test_split_keeps_the_white_space_before_a_sentence() -> None:
    assert split("One “thing.”\n Two? ") == ["One “thing.”", "\n Two? "]
    assert split(" \n") == []


@given(PROSE)
def test_split_loses_nothing(text: str) -> None:
    assert "".join(split(text)).strip() == text.strip()
    assert len(split(text)) == count(text)
    for sentence in split(text):
        assert around(text, text.index(sentence.strip())) in " ".join(text.split())


@given(PROSE)
def test_the_sentences_of_all_places_make_the_text(text: str) -> None:
    found = list(dict.fromkeys(around(text, i) for i in range(len(text))))
    assert {w for s in found for w in s.split()} == set(text.split())
    assert len(found) <= count(text) or not text.strip()
