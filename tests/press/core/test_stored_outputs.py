"""Stored outputs: what is written comes back, and nothing else gets in."""

from __future__ import annotations

import csv
import io
import json
import math
import re
from decimal import Decimal
from fractions import Fraction

import pytest
from casebook.core.literate import stored_outputs
from casebook.core.literate.stored_outputs import (
    Counterexample,
    Output,
    StoredText,
    as_csv,
    experiment,
    function_of,
    is_counterexample,
    is_output,
    read,
    stored_in,
    text,
    value_of,
    written,
)
from casebook.core.problems import Kind, Problem
from hypothesis import example, given
from hypothesis import strategies as st

NAME, WITHOUT = "stripe/retry-storm", "stripe/without-fence"


def wrong(name: str) -> Problem:
    message = f"the stored output '{name}' is not what 'make outputs' writes; run it again"
    return Problem(Kind.BAD_OUTPUT, message)


# --- names ---


@pytest.mark.parametrize("name", [NAME, WITHOUT, "a/b", "a-1/b2-c"])
def test_a_name_is_a_study_and_a_word(name: str) -> None:
    assert is_output(name)


@pytest.mark.parametrize(
    "name",
    ["", "a", "a/", "/b", "a/b/c", "a/b#c", "A/b", "a/B", "a/b_c", "../b", "a/..", "a/b ", "a/b\n"],
)
def test_what_is_no_name(name: str) -> None:
    assert not is_output(name)


@pytest.mark.parametrize(
    ("name", "taken_away"),
    [
        (WITHOUT, True),
        (NAME, False),
        ("stripe/without", False),
        ("without-x/y", False),
        ("without-x", False),
        ("a/going-without-x", False),
    ],
)
def test_a_guard_taken_away_is_told_by_its_name(name: str, taken_away: bool) -> None:
    assert is_counterexample(name) is taken_away


def test_what_makes_an_output_and_where_it_is_stored() -> None:
    assert function_of("stripe/crash-points") == "crash_points"
    assert function_of(WITHOUT) == "without_fence"
    assert stored_in(NAME) == "stripe/retry-storm.json"


# --- writing ---


def test_the_text_that_is_stored() -> None:
    made = experiment({"t": [0, 0.5], "peak": 2 / 3, "who": ["a", "é"]})
    assert written(made) == (
        '{\n "columns": {\n  "t": [0, 0.5],\n  "who": ["a", "é"]\n },\n'
        ' "values": {\n  "peak": 0.666667\n }\n}\n'
    )
    assert written(experiment({})) == '{\n "columns": {},\n "values": {}\n}\n'
    assert written({"moves": ("a", "b"), "broken": "it broke"}) == (
        '{\n "moves": ["a", "b"],\n "broken": "it broke"\n}\n'
    )


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (123456.7, "123457"),
        (1234567.8, "1234570"),
        (1234567, "1234567"),  # whole numbers are exact on every Python
        (0.1 + 0.2, "0.3"),
        (2.0, "2"),
        (-0.0, "0"),
        (-1.23456789e-7, "-1.23457e-07"),
        (1e23, "1e+23"),
    ],
)
def test_rounding(number: float, text: str) -> None:
    assert written({"values": {"x": number}}) == f'{{\n "values": {{\n  "x": {text}\n }}\n}}\n'


NUMBERS = st.integers(-(10**20), 10**20) | st.floats(-1e99, 1e99)
WORDS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)


@st.composite
def results(draw: st.DrawFn) -> dict[str, object]:
    """What an experiment may return: single numbers, and columns of one length."""
    length = draw(st.integers(0, 4))
    cells = st.lists(NUMBERS, min_size=length, max_size=length)
    words = st.lists(WORDS, min_size=length, max_size=length)
    found: dict[str, object] = draw(st.dictionaries(KEYS, NUMBERS | cells | words, max_size=5))
    return found


def near(stored: object, given: object) -> bool:
    """Whether a number is stored well: whole numbers exactly, others to six digits."""
    if isinstance(given, float):
        assert isinstance(stored, int | float)
        return math.isclose(stored, given, rel_tol=5.1e-6)
    return type(stored) is type(given) and stored == given


@given(results())
def test_what_is_written_is_read_again(result: dict[str, object]) -> None:
    found = read(NAME, written(experiment(result)))
    assert isinstance(found, Output)
    assert [found.name, *found.columns, *found.values] == [
        NAME,
        *(key for key, value in result.items() if isinstance(value, list)),
        *(key for key, value in result.items() if not isinstance(value, list)),
    ]
    for key, value in found.values.items():
        assert near(value, result[key])
    for key, column in found.columns.items():
        given = result[key]
        assert isinstance(given, list)
        assert len(column) == len(given)
        assert all(map(near, column, given))
    # What is stored already does not change when it is stored again.
    stored = {"columns": dict(found.columns), "values": dict(found.values)}
    assert read(NAME, written(stored)) == found


@given(st.floats(-1e99, 1e99))
@example(1e23)
def test_a_broken_number_has_six_significant_digits(number: float) -> None:
    text = written({"values": {"x": number}})
    stored = json.loads(text, parse_float=Decimal, parse_int=Decimal)["values"]["x"]
    assert len(stored.normalize().as_tuple().digits) <= stored_outputs.DIGITS
    assert abs(stored - Decimal(number)) <= abs(Decimal(number)) * Decimal("5.01e-6")


@pytest.mark.parametrize(
    "value",
    [
        True,
        None,
        "word",
        float("nan"),
        float("inf"),
        -float("inf"),
        10**400,
        (1, 2),
        {"a": 1},
        [1, "a"],
        [1, True],
        [None],
        [[1]],
        [1.0, float("nan")],
        [1, float("inf")],
        [10**400],
    ],
    ids=lambda value: repr(value)[:12],
)
def test_what_an_experiment_may_not_return(value: object) -> None:
    message = "^'peak' is neither a number nor a list of numbers or of words$"
    with pytest.raises(ValueError, match=message):
        experiment({"fine": 1, "peak": value})


def test_columns_of_an_experiment_have_one_length() -> None:
    with pytest.raises(ValueError, match="'b'"):
        experiment({"a": [1, 2], "n": 5, "b": [1]})


# --- reading ---


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "null",
        "5",
        "[]",
        "{}",
        '{"columns": {}}',
        '{"values": {}}',
        '{"columns": [], "values": {}}',
        '{"columns": {}, "values": []}',
        '{"columns": {"a": 5}, "values": {}}',
        '{"columns": {"a": null}, "values": {}}',
        '{"columns": {"a": "xyz"}, "values": {}}',
        '{"columns": {"a": ""}, "values": {}}',
        '{"columns": {"a": {}}, "values": {}}',
        '{"columns": {"a": {"x": 1}}, "values": {}}',
        '{"columns": {"a": [1, "x"]}, "values": {}}',
        '{"columns": {"a": [1, true]}, "values": {}}',
        '{"columns": {"a": [true]}, "values": {}}',
        '{"columns": {"a": [null]}, "values": {}}',
        '{"columns": {"a": [[1]]}, "values": {}}',
        '{"columns": {"a": [1], "b": [1, 2]}, "values": {}}',
        '{"columns": {"a": [1], "b": []}, "values": {}}',
        '{"columns": {"a": [NaN]}, "values": {}}',
        '{"columns": {"a": [1e999]}, "values": {}}',
        '{"columns": {}, "values": {"a": "x"}}',
        '{"columns": {}, "values": {"a": true}}',
        '{"columns": {}, "values": {"a": null}}',
        '{"columns": {}, "values": {"a": [1]}}',
        '{"columns": {}, "values": {"a": NaN}}',
        '{"columns": {}, "values": {"a": Infinity}}',
        '{"columns": {}, "values": {"a": -Infinity}}',
        '{"columns": {}, "values": {"a": 1e999}}',
        '{"columns": {}, "values": {"a": -1e999}}',
        '{"columns": {}, "values": {"a": 1' + 400 * "0" + "}}",
        '{"columns": {}, "values": {"a": 1' + 5000 * "0" + "}}",
        '{"columns": {}, "values": {}} {}',
        "[" * 100_000,
    ],
    ids=lambda text: text[:40],
)
def test_what_is_no_output(text: str) -> None:
    assert read(NAME, text) == wrong(NAME)


def test_an_output() -> None:
    text = '{"columns": {"t": [0, 0.5, 1e3], "w": ["a", "", "c"]}, "values": {"p": 5, "q": -0.25}}'
    found = read(NAME, text)
    columns = {"t": (0, 0.5, 1000.0), "w": ("a", "", "c")}
    assert found == Output(NAME, columns, {"p": 5, "q": -0.25})
    assert found.rows() == [(0, "a"), (0.5, ""), (1000.0, "c")]
    assert Output(NAME).rows() == []
    # Anything that the future adds is left alone.
    assert read(NAME, '{"columns": {}, "values": {}, "more": 1}') == Output(NAME)


def test_a_text_has_a_line_for_each_of_its_own() -> None:
    made = text("\nHTTP/1.1 200 OK  \nId: req_7d3d217d3c0a2a62\n\né\n\n")
    written_text = written(made)
    assert written_text == (
        '{\n "text": [\n  "HTTP/1.1 200 OK",\n  "Id: req_1",\n  "",\n  "é"\n ]\n}\n'
    )
    lines = ("HTTP/1.1 200 OK", "Id: req_1", "", "é")
    assert read(NAME, written_text) == StoredText(NAME, lines)
    # The name of a counterexample says that it is none.
    assert read(WITHOUT, written_text) == wrong(WITHOUT)


@pytest.mark.parametrize(
    ("said", "fault"),
    [
        ("", "the text is empty"),
        ("\n \n", "the text is empty"),
        ("a\n\tb", r"line 2 of the text holds '\t', which no edition can print"),
        ("a\x1b[0m", r"line 1 of the text holds '\x1b', which no edition can print"),
    ],
)
def test_what_is_no_text(said: str, fault: str) -> None:
    with pytest.raises(ValueError, match=f"^{re.escape(fault)}$"):
        text(said)


@pytest.mark.parametrize("lines", ["a", None, [], [""], [1], ["a\nb"], {"a": 1}])
def test_what_is_no_stored_text(lines: object) -> None:
    assert read(NAME, json.dumps({"text": lines})) == wrong(NAME)


TRACE = {"moves": ["a", "b"], "guarded": ["", "ok"], "unguarded": ["", "no"], "broken": "it broke"}


def test_a_counterexample() -> None:
    found = read(WITHOUT, written(TRACE))
    assert found == Counterexample(WITHOUT, ("a", "b"), ("", "ok"), ("", "no"), "it broke")
    # The name says which of the two forms is meant.
    assert read(NAME, written(TRACE)) == wrong(NAME)
    assert read(WITHOUT, written(experiment({}))) == wrong(WITHOUT)


@pytest.mark.parametrize(
    "changed",
    [
        *({part: value} for part in TRACE for value in (None, 5, {}, [5, 6], ...)),
        {"moves": "ab"},
        {"guarded": "ab"},
        {"unguarded": {"a": "x", "b": "y"}},
        {"moves": ["a", None]},
        {"moves": ["a"]},
        {"guarded": ["", "ok", "ok"]},
        {"unguarded": []},
        {"moves": [], "guarded": [], "unguarded": []},
        {"broken": ["it", "broke"]},
    ],
    ids=str,
)
def test_what_is_no_counterexample(changed: dict[str, object]) -> None:
    trace = {part: value for part, value in {**TRACE, **changed}.items() if value is not ...}
    assert read(WITHOUT, json.dumps(trace)) == wrong(WITHOUT)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=4),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from([*TRACE, "columns", "values", "a"]), inner, max_size=6)
    ),
    max_leaves=12,
)
SHAPED = st.fixed_dictionaries(
    {name: st.dictionaries(st.text(max_size=2), JSON, max_size=3) for name in ("columns", "values")}
)


@given(st.text(max_size=60) | (JSON | SHAPED).map(json.dumps), st.sampled_from([NAME, WITHOUT]))
def test_any_text_is_an_output_or_a_sentence(text: str, name: str) -> None:
    found = read(name, text)
    if isinstance(found, Output):
        assert len({len(column) for column in found.columns.values()}) <= 1
        cells = [*found.values.values(), *(c for col in found.columns.values() for c in col)]
        assert all(
            isinstance(c, str) or (type(c) in (int, float) and math.isfinite(c)) for c in cells
        )
        assert all(isinstance(value_of(found, key), Fraction) for key in found.values)
    elif isinstance(found, StoredText):
        assert all(line.isprintable() for line in found.lines)
    elif isinstance(found, Counterexample):
        assert len(found.moves) == len(found.guarded) == len(found.unguarded)
    else:
        assert found == wrong(name)


# --- values and files ---


@pytest.mark.parametrize(
    ("number", "exact"),
    [
        (5, Fraction(5)),
        (0.1, Fraction(1, 10)),
        (-1.5e-7, Fraction(-3, 20_000_000)),
        (1e23, Fraction(10**23)),
        (10**20 + 1, Fraction(10**20 + 1)),
    ],
)
def test_a_value_is_exactly_what_is_stored(number: float, exact: Fraction) -> None:
    assert value_of(Output(NAME, values={"x": number}), "x") == exact


def test_a_value_that_is_not_there() -> None:
    stored = Output(NAME, {"peek": ()}, {"peak": 5, "mean": 3})
    said = f"the stored output '{NAME}' has no value "
    assert value_of(stored, "peek") == Problem(
        Kind.BAD_OUTPUT, said + "'peek'; did you mean 'peak'?"
    )
    assert value_of(stored, "zebra") == Problem(Kind.BAD_OUTPUT, said + "'zebra'")
    assert value_of(stored, "") == Problem(Kind.BAD_OUTPUT, said + "''")
    assert value_of(stored, "a\n b") == Problem(Kind.BAD_OUTPUT, said + "'a b'")


def test_a_file_of_columns() -> None:
    found = Output(NAME, {"t, s": (0, 0.5), "who": ('a "b"', "c\nd")}, {"p": 1})
    assert as_csv(found) == '"t, s",who\r\n0,"a ""b"""\r\n0.5,"c\nd"\r\n'


@given(results())
def test_columns_come_back_from_their_file(result: dict[str, object]) -> None:
    output = read(NAME, written(experiment(result)))
    assert isinstance(output, Output)
    head, *rows = csv.reader(io.StringIO(as_csv(output), newline=""))
    assert head == list(output.columns)
    assert rows == [[str(cell) for cell in row] for row in output.rows()]
