"""Stored texts on the page: their form, their size, and the lines that are marked."""

from __future__ import annotations

import json

import pytest
from casebook.core.figures.shown_text import (
    Form,
    Part,
    form_of,
    marked,
    part,
    pieces,
    span,
)
from casebook.core.literate.stored_outputs import StoredText
from casebook.core.problems import Kind, Problem
from hypothesis import given
from hypothesis import strategies as st

NAME = "stripe/charge"
EXCHANGE = """POST /v1/charges HTTP/1.1
Idempotency-Key: cart-17

amount=500

HTTP/1.1 200 OK

HTTP/2 404
X: y

{"a": 1,

 "b": 2}"""


def text(lines: str) -> StoredText:
    return StoredText(NAME, tuple(lines.split("\n")))


def bad(message: str) -> Problem:
    return Problem(Kind.BAD_OUTPUT, message)


def test_a_form_has_a_name_and_a_label() -> None:
    assert form_of("json") is Form.JSON
    assert [form.label for form in Form] == ["Exchange", "Object", "Packet", "Trace"]
    message = "the option 'as' is missing; the forms are http, json, packet, trace"
    assert form_of("") == Problem(Kind.MISSING_FIELD, message)
    assert form_of("x\ny") == bad("unknown form 'x y'; the forms are http, json, packet, trace")


@pytest.mark.parametrize(
    ("form", "lines"),
    [
        (Form.HTTP, EXCHANGE),
        (Form.HTTP, "GET /"),
        (Form.HTTP, "HTTP/1.1 200 OK\nA: b\n\nbody\n\nmore body"),
        (Form.JSON, '{"a": [1, "…"]}'),
        (Form.JSON, "1"),
        (Form.PACKET, "80 78  version 2\nfF  x"),
        (Form.TRACE, "anything\n\n  at all"),
    ],
)
def test_a_text_of_its_form_is_shown_whole(form: Form, lines: str) -> None:
    assert part(text(lines), form) == Part(tuple(lines.split("\n")))


@pytest.mark.parametrize(
    ("form", "lines", "at", "line", "why"),
    [
        ("http", "Hello", 1, "Hello", "is neither a request line nor a status line"),
        ("http", "\nGET /", 1, "", "is neither a request line nor a status line"),
        ("http", "GET / HTTP/1.1\nbody", 2, "body", "is no header; a blank line ends the headers"),
        ("json", '{\n"a": 1, …}', 2, '"a": 1, …}',
         "cannot be read as JSON: Expecting property name enclosed in double quotes"),
        ("json", "NaN", 1, "NaN", "cannot be read as JSON"),
        ("json", "[" * 70, 1, "[" * 59 + "…", "cannot be read as JSON: Expecting value"),
        ("packet", "80 78  version\n80 version", 2, "80 version",
         "is not octets in hex, two spaces, and what they say"),
        ("packet", "80 7  v", 1, "80 7 v", "is not octets in hex, two spaces, and what they say"),
    ],
)  # fmt: skip
def test_a_text_of_another_form(form: str, lines: str, at: int, line: str, why: str) -> None:
    message = f"'{NAME}' is not of the form '{form}': line {at}, {line!r}, {why}"
    assert part(text(lines), Form(form)) == bad(message)


def test_a_range_of_lines() -> None:
    ten = text("\n".join(map(str, range(1, 11))))
    assert part(ten, Form.TRACE, (2, 4)) == Part(("2", "3", "4"))
    assert (span(ten, "2-4"), span(ten, "9 – 10"), span(ten, "7")) == ((2, 4), (9, 10), (7, 7))
    for words in ("x", "0", "4-2", "-3", "3-", "1-2-3"):
        message = f"'lines' is a range such as '4-19', not '{words}'"
        assert span(ten, words) == bad(message)
    message = f"'{NAME}' has no line 11, but 10 in all"
    assert span(ten, "9-11") == bad(message)


def test_how_much_can_be_read() -> None:
    long = text("\n".join("x" for _ in range(41)))
    message = f"'{NAME}' has 41 lines, and 40 is the limit; choose some with 'lines'"
    assert part(long, Form.TRACE) == bad(message)
    assert part(long, Form.TRACE, (2, 41)) == Part(("x",) * 40)
    wide = text("x" * 74 + "\n" + "x" * 75)
    message = f"line 2 of '{NAME}' has 75 columns, and 74 is the limit"
    assert part(wide, Form.TRACE) == part(wide, Form.TRACE, (2, 2)) == bad(message)
    assert part(wide, Form.TRACE, (1, 1)) == Part(("x" * 74,))
    message = f"line 1 of '{NAME}' has 74 columns, and 36 is the limit beside another text"
    assert part(wide, Form.TRACE, (1, 1), 2) == bad(message)
    message = f"line 1 of '{NAME}' has 74 columns, and 23 is the limit beside two others"
    assert part(wide, Form.TRACE, (1, 1), 3) == bad(message)


@pytest.mark.parametrize(("together", "columns"), [(1, 74), (2, 36), (3, 23)])
def test_how_wide_each_of_several_may_be(together: int, columns: int) -> None:
    assert part(text("x" * columns), Form.TRACE, None, together) == Part(("x" * columns,))
    assert isinstance(part(text("x" * (columns + 1)), Form.TRACE, None, together), Problem)


@pytest.mark.parametrize(
    ("option", "found"),
    [
        ("a", ["a"]),
        ('Idempotency-Key, Idempotent-Replayed, "id": "ch_1"',
         ["Idempotency-Key", "Idempotent-Replayed", '"id": "ch_1"']),
        (' "a, b" , c d,', ["a, b", "c d"]),
        ("""'"a": 1, "b": 2', x""", ['"a": 1, "b": 2', "x"]),
        ('"open, x', ['"open', "x"]),
        (" , ,, ", []),
        ("", []),
    ],
)  # fmt: skip
def test_pieces_stand_between_commas(option: str, found: list[str]) -> None:
    assert pieces(option) == found


WORDS = st.text("ab: \"'{}", min_size=1, max_size=8).map(str.strip).filter(bool)


@given(st.lists(WORDS.filter(lambda word: word[0] not in "\"'"), max_size=5))
def test_pieces_without_commas_come_back(words: list[str]) -> None:
    assert pieces(", ".join(words)) == words


def test_each_line_with_a_piece_is_marked() -> None:
    parts = [Part(("a: 1", "b: 2", "a: 3")), Part(("c: 4",))]
    assert marked(parts, "a:, 4") == (
        [Part(("a: 1", "b: 2", "a: 3"), (1, 3)), Part(("c: 4",), (1,))],
        [],
    )


def test_a_piece_that_no_line_holds() -> None:
    parts = [Part(("Idempotency-Key: cart-17", "HTTP/1.1 200 OK")), Part(("Replayed: true",))]
    found, problems = marked(parts, "Idempotancy-Key, zzz, replayed")
    assert found == parts
    assert problems == [
        bad("no line holds 'Idempotancy-Key'; the nearest is 'Idempotency-Key: cart-17'"),
        bad("no line holds 'zzz'"),
        bad("no line holds 'replayed'; the nearest is 'Replayed: true'"),
    ]
    assert marked(parts, " ,")[1] == [bad("'mark' names no piece of the text")]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=4),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@given(JSON.map(lambda value: json.dumps(value, indent=1)) | st.text(max_size=30))
def test_any_text_is_a_part_or_a_sentence(lines: str) -> None:
    for form in Form:
        found = part(text(lines), form)
        if isinstance(found, Problem):
            assert found.kind is Kind.BAD_OUTPUT
            assert "\n" not in found.message
        else:
            assert "\n".join(found.lines) == lines
