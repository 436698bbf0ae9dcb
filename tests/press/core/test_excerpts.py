"""Excerpts: which lines they show, and what they find in a book."""

from __future__ import annotations

import itertools

import pytest
from casebook.core.book.book import Book, Frame
from casebook.core.book.originals import original
from casebook.core.book.records import Record, Study
from casebook.core.figures.exhibit import Exhibit
from casebook.core.literate.excerpts import (
    LEFT_OUT,
    Excerpt,
    Ranges,
    cut,
    described,
    parse_of,
    parse_ranges,
)
from casebook.core.literate.printed import Listing
from casebook.core.problems import Kind, Problem
from casebook.core.text.line_ranges import count
from casebook.core.text.marked_text import Text
from casebook.core.text.reading_time import Length, PageLength
from hypothesis import given
from hypothesis import strategies as st

from .webs import chunk, good

# --- lines ---

STEPS = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), min_size=1, max_size=5)


def rising(steps: list[tuple[int, int]]) -> Ranges:
    """Ranges that begin so many lines after the last one, and are so many lines longer than one."""
    ranges, last = [], 0
    for gap, more in steps:
        ranges.append((last + gap, last + gap + more))
        last += gap + more
    return tuple(ranges)


@given(STEPS.map(rising))
def test_ranges_are_read_as_they_are_written(ranges: Ranges) -> None:
    assert parse_ranges(",".join(f" {first} - {last}" for first, last in ranges)) == ranges
    short = (f"{first}–{last}" if first < last else f"{first}" for first, last in ranges)
    assert parse_ranges(", ".join(short)) == ranges


@given(STEPS.map(rising))
def test_a_cut_holds_the_lines_of_its_ranges_and_a_sign_for_each_gap(ranges: Ranges) -> None:
    lines = [str(i) for i in range(1, ranges[-1][1] + 3)]
    shown = cut(lines, ranges)
    named = [str(i) for first, last in ranges for i in range(first, last + 1)]
    assert [line for line in shown if line != LEFT_OUT] == named
    assert len(named) == count(ranges)
    gaps = [i for i, line in enumerate(shown) if line == LEFT_OUT]
    assert all(int(shown[i + 1]) > int(shown[i - 1]) + 1 for i in gaps)
    whole = [line for line in shown if line != LEFT_OUT]
    breaks = sum(int(b) > int(a) + 1 for a, b in itertools.pairwise(whole))
    assert len(gaps) == breaks


def test_without_ranges_all_lines_are_shown() -> None:
    assert cut(("a", "", "b"), ()) == ["a", "", "b"]


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("", "''"),
        ("x", "'x'"),
        ("0", "'0'"),
        ("9-4", "'9-4'"),
        ("1-3, 3", "'1-3, 3'"),
        ("1-3,", "'1-3,'"),
        ("4, 1", "'4, 1'"),
        ("1-2-3", "'1-2-3'"),
        ("9" * 5000, f"'{'9' * 59}…'"),
    ],
)
def test_what_is_no_range(text: str, shown: str) -> None:
    message = f"{shown} names no lines in their order; write ':lines: 4-19', or ':lines: 1-3, 8-10'"
    assert parse_ranges(text) == Problem(Kind.BAD_EXCERPT, message)


def test_lines_in_words() -> None:
    assert described(((4, 19),), 40) == "lines 4–19 of 40"
    assert described(((4, 4),), 40) == "line 4 of 40"
    assert described(((1, 3), (8, 8)), 40) == "lines 1–3, 8 of 40"
    assert described((), 40) == "40 lines"
    assert described((), 1) == "1 line"


def test_what_an_excerpt_names() -> None:
    assert parse_of(" ../x/keys # claim ") == ("../x/keys", "claim")
    assert parse_of("#claim") == ("", "claim")
    for text in ("keys", "keys#", "#"):
        message = f"an excerpt names a page and what it shows, 'keys#claim', not '{text}'"
        assert parse_of(text) == Problem(Kind.BAD_EXCERPT, message)


# --- in a book ---

CODE = good(
    chunk("claim", "a = 1\nb = 2\nc = 3", "pack/b.py") + chunk("claim", "d = 4", option="append")
)
LISTINGS = [Listing("x/one/keys", one, Text("Claims")) for one in CODE.chunks]
OTHER = Listing("x/two/keys", good(chunk("other", "e = 5", "other/c.py")).chunks[0], Text("O"))
ALONE = Listing("alone", good(chunk("alone", "f = 6", "alone/d.py")).chunks[0], Text("A"))
FIGURE = Exhibit("x/two", "fig-way", Text("The way"), ("diagram",), "drawing")
PAGES = ("x/one", "x/one/keys", "x/two", "x/two/keys", "alone", "x/keys")
RECORDS: tuple[Record, ...] = (
    Study("x/one", "One", Text("One")),
    Study("x/two", "Two", Text("Two")),
    *LISTINGS,
    OTHER,
    ALONE,
    FIGURE,
    Excerpt("x/two", "again", "one#fig", line=3),
)
FRAME = Frame(titles={page: Text(page) for page in PAGES})


def book(*records: Record) -> Book:
    return Book((*RECORDS, *records), order={p: i for i, p in enumerate(PAGES)}, frame=FRAME)


def found(page: str, of: str, ranges: Ranges = ()) -> tuple[str, str] | str:
    """Where that stands which an excerpt shows, or the message."""
    shown = original(book(), Excerpt(page, "excerpt-1", of, ranges))
    if isinstance(shown, Problem):
        return f"{shown.message} [{shown.kind.value}]"
    anchor = shown.chunk.anchor if isinstance(shown, Listing) else shown.anchor
    return shown.page, anchor


CLAIM = ("x/one/keys", "chunk-claim")


@pytest.mark.parametrize(
    ("page", "of", "place"),
    [
        ("x/one", "keys#claim", CLAIM),
        ("x/one", "one/keys#claim", CLAIM),
        ("x/one", "/x/one/keys#claim", CLAIM),
        ("x/one/keys", "#claim", CLAIM),
        ("x/one", "keys#chunk-claim", CLAIM),
        ("x/one", "keys#claim--2", ("x/one/keys", "chunk-claim--2")),
        ("x/two", "keys#other", ("x/two/keys", "chunk-other")),
        ("x/two/keys", "two#fig-way", ("x/two", "fig-way")),
        ("x/one/keys", "../two#fig-way", ("x/two", "fig-way")),
        ("alone", "x/one/keys#claim", CLAIM),
        ("alone", "#alone", ("alone", "chunk-alone")),
    ],
)
def test_what_an_excerpt_finds(page: str, of: str, place: tuple[str, str]) -> None:
    assert found(page, of) == place


@pytest.mark.parametrize(
    ("page", "of", "message"),
    [
        ("x/one", "claim", "an excerpt names a page and what it shows, 'keys#claim', not 'claim'"
         " [bad-excerpt]"),
        ("x/one", "kyes#claim", "there is no page 'x/kyes' to show anything of; did you mean"
         " 'keys'? [unknown-page]"),
        ("alone", "../../alnoe#claim", "there is no page 'alnoe' to show anything of; did you mean"
         " 'alone'? [unknown-page]"),
        ("x/one", "keys#clam", "'x/one/keys' has no chunk, figure, output or counterexample 'clam';"
         " did you mean 'claim' or 'claim--2'? [bad-excerpt]"),
        ("alone", "x/keys#fig-way", "'x/keys' has no chunk, figure, output or counterexample"
         " 'fig-way'; did you mean '/x/two#fig-way'? [bad-excerpt]"),
        ("alone", "x/keys#zebra", "'x/keys' has no chunk, figure, output or counterexample 'zebra'"
         " [bad-excerpt]"),
        ("alone", "#alnoe", "this page has no chunk, figure, output or counterexample 'alnoe'; "
         "did you mean 'alone'? [bad-excerpt]"),
        ("x/one", "two#again", "'again' is an excerpt itself; show 'one#fig', as it does"
         " [bad-excerpt]"),
        ("x/one", "two/keys#other", "'two/keys#other' is code of another study; a study shows its"
         " own, so link to it [bad-excerpt]"),
        ("x/one/keys", "/alone#alone", "'/alone#alone' is code of another study; a study shows its"
         " own, so link to it [bad-excerpt]"),
    ],
)  # fmt: skip
def test_what_an_excerpt_names_in_vain(page: str, of: str, message: str) -> None:
    assert found(page, of) == message


def test_lines_are_those_of_a_chunk() -> None:
    assert found("x/one", "keys#claim", ((1, 1), (3, 3))) == CLAIM
    assert found("x/one", "keys#claim", ((3, 4),)) == (
        "'keys#claim' has 3 lines; name lines from 1 to 3 [bad-excerpt]"
    )
    assert found("x/one", "two#fig-way", ((1, 2),)) == (
        "'two#fig-way' is no chunk, and only a chunk has lines; leave ':lines:' out [bad-excerpt]"
    )


def test_where_a_chunk_stands_in_its_source_changes_nothing() -> None:
    moved = good("\n\nWords.\n\n" + chunk("claim", "a = 1\nb = 2\nc = 3", "pack/b.py"))
    there = Book((Listing("alone", moved.chunks[0], Text("Claims")),), frame=FRAME)
    here = Book((Listing("alone", CODE.chunks[0], Text("Claims")),), frame=FRAME)
    excerpt = Excerpt("x", "excerpt-1", "alone#claim")
    assert repr(original(there, excerpt)) == repr(original(here, excerpt))


def test_what_is_shown_again_takes_time() -> None:
    def lengths(*excerpts: Excerpt) -> Length:
        page = PageLength("x/one", Length(words=1))
        return book(page, *excerpts).lengths["x/one"]

    assert lengths() == Length(words=1)
    assert lengths(Excerpt("x/one", "1", "keys#claim")) == Length(words=1, lines=3)
    assert lengths(Excerpt("x/one", "1", "two#fig-way")) == Length(words=1, pictures=1)
    # Lines that are named have been counted while the page was read.
    assert lengths(Excerpt("x/one", "1", "keys#claim", ((1, 2),))) == Length(words=1)
    assert lengths(Excerpt("x/one", "1", "keys#lost")) == Length(words=1)


def test_an_excerpt_asks_for_what_it_shows() -> None:
    made = book()
    assert made.excerpts == {("x/two", "again"): Excerpt("x/two", "again", "one#fig", line=3)}
