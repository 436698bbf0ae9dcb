"""Dates: what is one, how it is printed, and which span holds others."""

from __future__ import annotations

from datetime import date

import pytest
from casebook.core.metrics.dates import Day, Span, hull, parse
from casebook.core.problems import Kind, Problem
from hypothesis import given
from hypothesis import strategies as st


def span(text: str) -> Span:
    read = parse(text)
    assert isinstance(read, Span), read
    return read


@st.composite
def days(draw: st.DrawFn) -> Day:
    whole = draw(st.dates())
    precision = draw(st.integers(1, 3))
    return Day(whole.year, whole.month if precision > 1 else 0, whole.day if precision > 2 else 0)


@st.composite
def spans(draw: st.DrawFn) -> Span:
    first, last = sorted([draw(days()), draw(days())], key=lambda day: day.last())
    return Span(first, last)


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("2018", "2018"),
        ("2018-09", "Sept 2018"),
        ("2018-09-10", "10 Sept 2018"),
        (" 2018-05 .. 2018-06 ", "May–June 2018"),
        ("2023..2025", "2023–25"),
        ("2000..2001", "2000–01"),
        ("1999..2003", "1999–2003"),
        ("2018..2018", "2018"),
        ("2023-11-24..2023-11-27", "24–27 Nov 2023"),
        ("2023-11-24..2023-12-01", "24 Nov 2023 – 1 Dec 2023"),
        ("2023-11-24..2023-11", "24 Nov 2023 – Nov 2023"),
        ("2023-11..2023-11-24", None),
        ("2024-09..2026", "Sept 2024 – 2026"),
        ("2024-02-29", "29 Feb 2024"),
        ("0999", "999"),
    ],
)
def test_printed(text: str, printed: str | None) -> None:
    read = parse(text)
    # Within a date the spaces don't break; after the dash of a span a line may.
    shown = str(read) if isinstance(read, Span) else None
    assert (shown and shown.replace("\N{NO-BREAK SPACE}", " ")) == printed
    assert shown is None or shown.count(" ") == shown.count("– ")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "yesterday",
            "'yesterday' is no date; write YYYY, YYYY-MM, YYYY-MM-DD or a span with '..'",
        ),
        ("2018-9", "'2018-9' is no date; "),
        ("", "'' is no date; "),
        ("2018..", "'' is no date; "),
        ("..2018", "'' is no date; "),
        ("2018..2019..2020", "'2019..2020' is no date; "),
        ("2018-2019", "'2018-2019' is no date; "),
        ("٢٠١٨", "'٢٠١٨' is no date; "),
        ("２０１８", "'２０１８' is no date; "),
        ("2020-13-45", "'2020-13-45' is not a day of the calendar"),
        ("2018-00", "'2018-00' is not a day of the calendar"),
        ("2018-01-00", "'2018-01-00' is not a day of the calendar"),
        ("2023-02-29", "'2023-02-29' is not a day of the calendar"),
        ("0000", "'0000' is not a day of the calendar"),
        ("2025..2023", "the span '2025..2023' runs backwards"),
        ("2018..2018-06", "the span '2018..2018-06' runs backwards"),
    ],
)
def test_no_date(text: str, message: str) -> None:
    found = parse(text)
    assert isinstance(found, Problem)
    assert (found.kind, found.message[: len(message)]) == (Kind.BAD_DATE, message)


@given(st.text(max_size=40))
def test_any_text_gives_a_span_or_a_sentence(text: str) -> None:
    assert isinstance(parse(text), Span | Problem)


@given(spans())
def test_what_is_written_is_read_again(written: Span) -> None:
    assert parse(written.iso()) == written
    assert str(written)


@pytest.mark.parametrize(
    ("text", "last"),
    [
        ("2024", date(2024, 12, 31)),
        ("2024-02", date(2024, 2, 29)),
        ("2023-02", date(2023, 2, 28)),
        ("2023-02-03", date(2023, 2, 3)),
    ],
)
def test_last_day(text: str, last: date) -> None:
    assert span(text).last.last() == last


def test_the_less_precise_end_holds_the_other() -> None:
    for texts in (["2018-12-31", "2018-12", "2018"], ["2018", "2018-12-31"]):
        for order in (texts, texts[::-1]):
            assert hull(map(span, order)) == span("2018")
    assert hull([span("2017-03"), span("2018-12-31"), span("2018-12")]) == span("2017-03..2018-12")


@given(st.lists(spans(), min_size=1, max_size=4))
def test_hull_holds_all_in_any_order(some: list[Span]) -> None:
    whole = hull(some)
    assert hull(some[::-1]) == whole
    assert parse(whole.iso()) == whole
    assert all(whole.first <= one.first and one.last.last() <= whole.last.last() for one in some)
