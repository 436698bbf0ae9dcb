"""Charts: the grammar of an axis, what an output must hold, and what would be read wrongly."""

from __future__ import annotations

import pytest
from casebook.core.figures.axes import Axis, Form, shown
from casebook.core.figures.chart import Chart, parse
from casebook.core.literate.stored_outputs import Output
from casebook.core.problems import Kind, Problem
from hypothesis import given
from hypothesis import strategies as st

OUTPUT = Output(
    "stripe/retry-storm",
    {
        "time": (0, 1, 2.5),
        "offered": (5, 7, 9),
        "served": (5, 6, 6),
        "client’s key": (1, 1, 2),
        "who": ("a", "b", "c"),
        **{f"s{n}": (n, n, n) for n in range(1, 8)},
    },
)


def chart(form: str = "line", x: str = "time (s)", y: str = "offered (request/s)") -> Chart:
    found = parse(OUTPUT, form, x, y)
    assert isinstance(found, Chart), found
    return found


def refusal(
    form: str = "line", x: str = "time", y: str = "offered", output: Output = OUTPUT
) -> str:
    found = parse(output, form, x, y)
    assert isinstance(found, Problem), found
    assert (found.kind, found.line) == (Kind.BAD_CHART, 1)
    return found.message


def test_a_chart() -> None:
    found = chart(y="offered (request/s), served (request/s)")
    assert found.form is Form.LINE
    assert found.x == Axis("time", "s")
    assert found.series == (Axis("offered", "request/s"), Axis("served", "request/s"))
    # Only the columns that are drawn.
    columns = {"time": (0, 1, 2.5), "offered": (5, 7, 9), "served": (5, 6, 6)}
    assert (found.columns, list(found.columns)) == (columns, list(columns))
    assert found.heads == ("time, s", "offered, request/s", "served, request/s")
    assert found.rows == [(0, 5, 5), (1, 7, 6), (2.5, 9, 6)]


@pytest.mark.parametrize("form", Form)
def test_every_form_has_its_word(form: Form) -> None:
    assert chart(form.value).form is form


def test_the_label_of_the_vertical_axis() -> None:
    assert chart().y_label == "offered, request/s"
    assert chart(y="offered").y_label == "offered"
    assert chart(y="offered (request/s), served (request/s)").y_label == "request/s"
    assert chart(y="offered, served").y_label == ""


@pytest.mark.parametrize(
    ("text", "axis"),
    [
        ("time (s)", Axis("time", "s")),
        ("time(s)", Axis("time", "s")),
        ("  time  (  s  )  ", Axis("time", "s")),
        ("time", Axis("time")),
        ("time ( )", Axis("time")),
        ("client’s key (charge/s)", Axis("client’s key", "charge/s")),
    ],
)
def test_an_axis_is_a_column_and_its_unit(text: str, axis: Axis) -> None:
    assert chart(x=text, y="served").x == axis
    assert chart(x="s1", y=text).series == (axis,)
    assert str(axis) == (f"{axis.name}, {axis.unit}" if axis.unit else axis.name)


@pytest.mark.parametrize(
    "text",
    ["", " ", "(s)", " (s)", "time (s", "time s)", "time (s) (s)", "time (s) x", "time ((s))"],
)
@pytest.mark.parametrize("at", ["x", "y", "second y"])
def test_what_is_no_axis(text: str, at: str) -> None:
    given = {"x": {"x": text}, "y": {"y": text}, "second y": {"y": f"offered,{text}"}}[at]
    flat = " ".join(text.split())
    assert refusal(**given) == f"'{flat}' is no axis; write a column and its unit: 'wait (s)'"


COLUMNS = "; its columns are " + ", ".join(OUTPUT.columns)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        (
            {"form": "pie"},
            "unknown type of chart 'pie'; the types are line, step, bar, scatter, heat",
        ),
        (
            {"form": ""},
            "unknown type of chart ''; the types are line, step, bar, scatter, heat",
        ),
        ({"x": "tmie"}, "'stripe/retry-storm' has no column 'tmie'; did you mean 'time'?"),
        ({"y": "zebra (s)"}, "'stripe/retry-storm' has no column 'zebra'" + COLUMNS),
        (
            {"y": "offered, sreved"},
            "'stripe/retry-storm' has no column 'sreved'; did you mean 'served'?",
        ),
        ({"y": "offered, offered"}, "a column stands twice in this chart"),
        ({"y": "offered (s), offered (m)"}, "a column stands twice in this chart"),
        ({"x": "offered"}, "a column stands twice in this chart"),
        ({"y": "s1, s2, s3, s4, s5, s6, s7"}, "the chart has 7 series, and 6 is the limit"),
        (
            {"y": "offered (request/s), served"},
            "a chart has one vertical axis, so all its series have one unit",
        ),
        (
            {"y": "offered (s), served (ms)"},
            "a chart has one vertical axis, so all its series have one unit",
        ),
        ({"y": "who"}, "the column 'who' holds words, and a series needs numbers"),
        ({"y": "offered, who"}, "the column 'who' holds words, and a series needs numbers"),
        *(
            (
                {"form": form, "x": "who"},
                "the column 'who' holds words; only 'bar' and 'heat' can show them",
            )
            for form in ("line", "step", "scatter")
        ),
    ],
    ids=str,
)
def test_what_cannot_be_drawn(given: dict[str, str], message: str) -> None:
    assert refusal(**given) == message


@pytest.mark.parametrize("number", [1e101, -1e308, 10**400], ids=["1e101", "-1e308", "10^400"])
@pytest.mark.parametrize("name", ["time", "offered"])
def test_numbers_that_no_axis_holds(number: float, name: str) -> None:
    columns = {"time": (0, 1), "offered": (0, 1), name: (0, number)}
    message = f"the column '{name}' holds a number that is too large to be drawn"
    assert refusal(output=Output("a/b", columns)) == message


def test_an_output_without_columns_or_cells() -> None:
    assert refusal(output=Output("a/b")) == "'a/b' has no column 'time'; its columns are none"
    empty = Output("a/b", {"time": (), "offered": ()})
    assert refusal(output=empty) == "there is nothing to draw: the columns are empty"


def test_words_stand_below_bars_and_cells_and_six_series_are_fine() -> None:
    for form in ("bar", "heat"):
        assert chart(form, "who").rows[0] == ("a", 5)
    assert len(chart(y="s1,s2,s3,s4,s5,s6").series) == 6


@pytest.mark.parametrize(
    ("rows", "series", "short"), [(24, 7, True), (25, 7, False), (24, 8, False), (1, 1, True)]
)
def test_short_data_can_be_read_as_a_table(rows: int, series: int, short: bool) -> None:
    columns = dict.fromkeys(("x", *(f"y{n}" for n in range(series))), (0,) * rows)
    axes = tuple(map(Axis, columns))
    assert Chart(Form.LINE, axes[0], axes[1:], columns).is_short is short


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        ("a word-with-hyphens", "a word-with-hyphens"),
        (1234567, "1,234,567"),
        (1234.5, "1,234.5"),
        (-0.25, "−0.25"),
        (-1234, "−1,234"),
        (1e-07, "1e−07"),
        (2.0, "2"),
        (0.1, "0.1"),
        (0, "0"),
    ],
)
def test_a_cell_as_it_is_printed(cell: int | float | str, words: str) -> None:
    assert shown(cell) == words


WORDS = st.sampled_from([*OUTPUT.columns, "", " ", "x", "(", ")", "(s)", ",", ", ", "\n"])
TEXTS = st.text(max_size=12) | st.lists(WORDS, max_size=9).map("".join)


@given(st.text(max_size=5) | st.sampled_from([form.value for form in Form]), TEXTS, TEXTS)
def test_any_options_give_a_chart_or_a_problem(form: str, x: str, y: str) -> None:
    found = parse(OUTPUT, form, x, y)
    if isinstance(found, Problem):
        assert found.kind is Kind.BAD_CHART
        assert "\n" not in found.message
    else:
        assert len(found.heads) == len(found.rows[0]) == 1 + len(found.series)
        assert {len(column) for column in found.columns.values()} == {len(found.rows)}
