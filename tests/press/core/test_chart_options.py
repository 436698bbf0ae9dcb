"""What a chart says of itself, and how it is parted: the grammar of each option."""

from __future__ import annotations

import pytest
from casebook.core.figures.annotations import Band, Limit, Note
from casebook.core.figures.axes import Axis, Form
from casebook.core.figures.chart import OPTIONS, Chart, parse, with_options
from casebook.core.figures.misfit import Misfit
from casebook.core.figures.panels import Panels
from casebook.core.figures.ranges import x_range, y_range
from casebook.core.literate.stored_outputs import Output
from casebook.core.problems import Kind
from hypothesis import given
from hypothesis import strategies as st

OUTPUT = Output(
    "a/b",
    {
        "time": (0, 10, 0, 10, 0, 10),
        "loss": (5, 5, 0, 0, 20, 20),
        "sent": (50, 60, 51, 61, 52, 62),
        "heard": (30, 20, 31, 21, 32, 22),
        "copy": (30, 20, 31, 21, 32, 62),
        "way": ("no key", "both", "no key", "both", "no key", "both"),
        "other way": ("no key", "both", "no key", "both", "none", "both"),
        "all one": (1, 1, 1, 1, 1, 1),
        "at": (1, 2, 3, 4, 5, 6),
        "seven": (1, 2, 3, 4, 5, 6),
        "grade": ("a", "a", "b", "b", "c", "c"),
        "half": (0.5, 0.5, 1.5, 1.5, 2, 2),
    },
)
LONG = Output("a/b", {"x": tuple(range(7)), "y": tuple(range(7)), "by": tuple(range(7))})


def parsed(form: str, x: str, y: str, output: Output) -> Chart:
    found = parse(output, form, x, y)
    assert isinstance(found, Chart), found
    return found


def chart(form: str = "scatter", x: str = "time (s)", y: str = "sent", **options: str) -> Chart:
    found = with_options(parsed(form, x, y, OUTPUT), OUTPUT, options)
    assert isinstance(found, Chart), found
    return found


def refusal(form: str = "scatter", x: str = "time", y: str = "sent", **options: str) -> str:
    found = with_options(parsed(form, x, y, OUTPUT), OUTPUT, options)
    assert isinstance(found, Misfit), found
    assert found.problem.kind is Kind.BAD_CHART
    assert found.option == ("" if not options else list(options)[-1])
    return found.problem.message


# --- panels ---


def test_a_chart_without_panels_is_one_part() -> None:
    (part,) = chart(y="sent, heard").parts
    assert (part.name, part.series) == ("", (0, 1))
    assert part.columns["heard"] == OUTPUT.columns["heard"]


@pytest.mark.parametrize("word", ["series", "yes", " series "])
def test_a_panel_for_each_series(word: str) -> None:
    found = chart(y="sent, heard", panels=word)
    assert [(part.name, part.series) for part in found.parts] == [("sent", (0,)), ("heard", (1,))]
    assert found.is_by_series
    assert found.heads == ("time, s", "sent", "heard")


@pytest.mark.parametrize("option", ["panels", "choose"])
def test_a_panel_for_each_value_of_a_parameter(option: str) -> None:
    found = chart(y="sent, heard", **{option: "loss (%)"})
    assert found.panels == Panels(Axis("loss", "%"), (5, 0, 20), option == "choose")
    assert [part.name for part in found.parts] == ["loss 5 %", "loss 0 %", "loss 20 %"]
    assert {part.series for part in found.parts} == {(0, 1)}
    assert [part.columns["sent"] for part in found.parts] == [(50, 60), (51, 61), (52, 62)]
    # All values stand in the table of its data.
    assert found.heads == ("loss, %", "time, s", "sent", "heard")
    assert found.rows[2] == (0, 0, 51, 31)
    assert not found.is_by_series


def test_a_parameter_may_hold_words() -> None:
    assert [p.name for p in chart(panels="grade").parts] == ["grade a", "grade b", "grade c"]


@pytest.mark.parametrize(
    ("words", "number"),
    [("5", 0), ("0", 1), (" 20 ", 2), ("20 %", 2), ("20%", 2)],
)
def test_the_value_that_is_shown_first_and_the_one_on_paper(words: str, number: int) -> None:
    found = chart(choose="loss (%)", shown=words, print=words)
    assert found.panels
    assert (found.panels.first, found.panels.printed) == (number, number)


def test_without_a_word_the_first_is_shown_and_all_are_printed() -> None:
    found = chart(choose="loss (%)").panels
    assert found
    assert (found.first, found.printed) == (0, None)
    assert [found.label(number) for number in range(3)] == ["5 %", "0 %", "20 %"]
    assert chart(choose="half", shown="1.5").panels == Panels(
        Axis("half"), (0.5, 1.5, 2), chosen=True, first=1
    )


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"panels": "series"}, "the chart has one series, so there is nothing to part"),
        ({"panels": "losss"}, "'a/b' has no column 'losss'; did you mean 'loss'?"),
        ({"panels": "(%)"}, "'(%)' is no axis; write a column and its unit: 'wait (s)'"),
        ({"choose": "time"}, "the parameter 'time' is also an axis of this chart"),
        ({"choose": "sent"}, "the parameter 'sent' is also an axis of this chart"),
        (
            {"choose": "all one"},
            "the parameter 'all one' has 1 value; a chart shows between 2 and 6",
        ),
        (
            {"choose": "loss (%)", "shown": "7"},
            "the parameter 'loss' has no value '7'; its values are 5, 0, 20",
        ),
        (
            {"choose": "loss (%)", "print": "7 %"},
            "the parameter 'loss' has no value '7'; its values are 5, 0, 20",
        ),
        ({"shown": "5"}, "'shown' belongs to a chart with 'choose'"),
        ({"panels": "loss", "print": "5"}, "'print' belongs to a chart with 'choose'"),
        ({"panels": "loss", "choose": "loss"}, "a chart has either 'panels' or 'choose'"),
    ],
    ids=str,
)
def test_how_a_chart_cannot_be_parted(options: dict[str, str], message: str) -> None:
    assert refusal(**options) == message


def test_only_a_chart_of_series_has_no_value_to_be_shown() -> None:
    message = "'print' belongs to a chart with 'choose'"
    assert refusal(y="sent, heard", panels="series", print="5") == message


def test_seven_values_are_too_many() -> None:
    found = with_options(parsed("line", "x", "y", LONG), LONG, {"choose": "by"})
    assert isinstance(found, Misfit)
    message = "the parameter 'by' has 7 values; a chart shows between 2 and 6"
    assert found.problem.message == message


def test_bars_stand_over_the_same_words_in_all_panels() -> None:
    assert len(chart("bar", "way", panels="loss").parts) == 3
    message = "bars need the same 'other way' for each value of 'loss'"
    assert refusal("bar", "other way", panels="loss") == message


@pytest.mark.parametrize("option", ["series", "loss"])
def test_a_heat_map_has_no_panels(option: str) -> None:
    message = "a heat map has no panels; give each of its rows a column"
    assert refusal("heat", "way", panels=option) == message


# --- limits, bands, notes ---


def test_limits() -> None:
    found = chart(limit="55 capacity; x = 2.5  the shedder  wakes;y=-1e1 below;−3 sign")
    assert found.marks.limits == (
        Limit("y", 55, "capacity"),
        Limit("x", 2.5, "the shedder wakes"),
        Limit("y", -10, "below"),
        Limit("y", -3, "sign"),
    )


def test_bands() -> None:
    found = chart(band="x=2..3.5 the outage; y = 0 .. 10 good")
    assert found.marks.bands == (Band("x", 2, 3.5, "the outage"), Band("y", 0, 10, "good"))
    assert chart("bar", "way", band="x=both..both b").marks.bands == (Band("x", 1, 1, "b"),)


def test_notes() -> None:
    assert chart(note="2, 50 one; 3,60 two, three").marks.notes == (
        Note(0, 2, 50, "one"),
        Note(0, 3, 60, "two, three"),
    )
    assert chart("bar", "way", note="both, 3 n").marks.notes == (Note(0, 1, 3, "n"),)


@pytest.mark.parametrize(
    ("options", "number"),
    [
        ({"y": "sent, heard", "panels": "series", "note": "heard | 2, 50 n"}, 1),
        ({"panels": "loss (%)", "note": "loss 0 % | 2, 50 n"}, 1),
        ({"panels": "loss (%)", "note": "0 %|2, 50 n"}, 1),
        ({"choose": "loss (%)", "note": "20 | 2, 50 n"}, 2),
    ],
)
def test_a_note_names_its_panel(options: dict[str, str], number: int) -> None:
    assert chart(**options).marks.notes == (Note(number, 2, 50, "n"),)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        *(
            (
                {"limit": words},
                f"'{words}' is no limit; write a number and a name: '100 capacity' or "
                "'x=60 the end'",
            )
            for words in ("", "100", "z=3 a", "ten a", "x= a")
        ),
        *(
            (
                {"band": words},
                f"'{words}' is no band; write an axis, its range and a name: "
                "'x=20..35 the outage'",
            )
            for words in ("", "1..2 a", "x=1..2", "x=1..b a", "x=a..2 a", "x=1 a")
        ),
        *(
            (
                {"note": words},
                f"'{words}' is no note; write a point and words: "
                "'12, 340 everybody comes back'",
            )
            for words in ("", "1, 2", "1 2 a", "a, 2 b", "1, b a")
        ),
        ({"limit": "x=11 a"}, "the limit 'x=11 a' stands outside of the axes; x runs from 0 to 10"),
        (
            {"band": "x=-1..2 a"},
            "the band 'x=-1..2 a' stands outside of the axes; x runs from 0 to 10",
        ),
        ({"band": "x=3..2 a"}, "the band 'x=3..2 a' ends before it begins"),
        ({"band": "y=3..3 a"}, "the band 'y=3..3 a' ends before it begins"),
        (
            {"note": "11, 50 a"},
            "the note '11, 50 a' stands outside of the axes; x runs from 0 to 10",
        ),
        (
            {"note": "1, 500 a"},
            "the note '1, 500 a' stands outside of the axes; y runs from 49.28 to 62.72",
        ),
        ({"note": "sent | 1, 50 a"}, "the chart has no panels, so a note names none"),
        (
            {"choose": "loss (%)", "note": "1, 50 a"},
            "a note names its panel first, as in 'loss 5 % | 1, …'; the panels are 'loss 5 %', "
            "'loss 0 %', 'loss 20 %'",
        ),
        (
            {"panels": "grade", "note": "d | 1, 50 a"},
            "a note names its panel first, as in 'grade a | 1, …'; the panels are 'grade a', "
            "'grade b', 'grade c'",
        ),
    ],
    ids=str,
)  # fmt: skip
def test_what_a_chart_cannot_say(options: dict[str, str], message: str) -> None:
    assert refusal(**options) == message


def test_bars_know_their_words_alone() -> None:
    words = "'x=1..2 a' is no band; write an axis, its range and a name: 'x=20..35 the outage'"
    assert refusal("bar", "way", band="x=1..2 a") == words
    message = "a limit of x stands between bars; draw a band or a note instead"
    assert refusal("bar", "way", limit="x=1 a") == message


@pytest.mark.parametrize("option", ["limit", "note"])
def test_a_heat_map_has_neither_limits_nor_notes(option: str) -> None:
    message = f"a heat map has a number in every cell, and no '{option}'"
    assert refusal("heat", "way", **{option: "1 a"}) == message


def test_bands_of_a_heat_map_hold_columns() -> None:
    found = chart("heat", "at", band="x=1..3 early; x=4..4 the window; x=6..6 late")
    assert found.marks.bands == (
        Band("x", 0, 2, "early"), Band("x", 3, 3, "the window"), Band("x", 5, 5, "late"),
    )  # fmt: skip
    assert chart("heat", "way", band="x=both..both b").marks.bands == (Band("x", 1, 1, "b"),)


@pytest.mark.parametrize(
    ("band", "message"),
    [
        ("y=1..2 a", "a band of a heat map names some of its columns: 'x=20..35 the outage'"),
        ("x=3..2 a", "the band 'x=3..2 a' ends before it begins"),
        ("x=1..2.5 a", "'x=1..2.5 a' is no band; write an axis, its range and a name: "
         "'x=20..35 the outage'"),
        ("x=4..5 a; x=1..4 b", "the bands 'a' and 'b' hold the same column, and a column of a "
         "heat map belongs to one"),
    ],
)  # fmt: skip
def test_what_a_band_of_a_heat_map_cannot_be(band: str, message: str) -> None:
    assert refusal("heat", "at", band=band) == message


# --- axes ---


def test_all_panels_have_the_axes_of_the_whole() -> None:
    found = chart(panels="loss", limit="100 capacity", band="y=-20..-10 never")
    assert x_range(found) == (0, 10)
    low, high = y_range(found)
    assert low == pytest.approx(-20 - 0.16 * 120)
    assert high == pytest.approx(100 + 0.16 * 120)
    # What stands at a value of x is no value of y.
    assert y_range(chart(limit="x=1 a", band="x=1..2 a")) == pytest.approx((48.08, 63.92))


def test_a_panel_that_bears_the_name_of_its_series_needs_no_room_for_it() -> None:
    whole, apart = chart(y="sent, heard"), chart(y="sent, heard", panels="series")
    assert y_range(whole)[1] > y_range(apart)[1]


# --- lines that hide each other ---

HIDES = "'heard' and 'copy' coincide over most of their length, so one hides the other; "


@pytest.mark.parametrize("form", ["line", "step"])
def test_a_line_that_hides_another_is_a_problem(form: str) -> None:
    advice = "write ':panels: series', which gives each a panel of its own"
    assert refusal(form, "at", "sent, heard, copy") == HIDES + advice
    chart(form, "at", "sent, heard, copy", panels="series")
    found = with_options(parsed(form, "at", "heard, copy", OUTPUT), OUTPUT, {"panels": "grade"})
    assert isinstance(found, Misfit)
    assert (found.option, found.problem.message) == ("", HIDES + "leave one of them out")


@pytest.mark.parametrize("form", ["bar", "scatter"])
def test_bars_and_points_hide_nothing(form: str) -> None:
    chart(form, "at", "heard, copy")


@pytest.mark.parametrize(("same", "hidden"), [(6, True), (5, False)])
def test_most_of_its_length_is_six_tenths(same: int, hidden: bool) -> None:
    columns = {"x": tuple(range(10)), "a": (0,) * 9 + (100,)}
    columns["b"] = (1,) * same + (40,) * (10 - same)  # within 1 percent of the axis
    output = Output("a/b", columns)
    found = with_options(parsed("line", "x", "a, b", output), output, {})
    assert isinstance(found, Misfit) is hidden


def test_one_point_is_no_length() -> None:
    output = Output("a/b", {"x": (1,), "a": (1,), "b": (1,)})
    assert isinstance(with_options(parsed("line", "x", "a, b", output), output, {}), Chart)


PIECES = st.sampled_from(
    [*OUTPUT.columns, "x=", "y=", "1", "2", "..", ", ", "|", ";", " ", "a name", "(%)", "−", "e9"]
)


@given(
    st.sampled_from([form.value for form in Form]),
    st.dictionaries(
        st.sampled_from(OPTIONS), st.lists(PIECES, max_size=8).map("".join), max_size=3
    ),
)
def test_any_options_give_a_chart_or_a_problem(form: str, options: dict[str, str]) -> None:
    x = "way" if form in ("bar", "heat") else "time"
    found = with_options(parsed(form, x, "sent, heard", OUTPUT), OUTPUT, options)
    if isinstance(found, Misfit):
        assert found.option in ("", *options)
        assert "\n" not in found.problem.message
    else:
        assert {len(row) for row in found.rows} == {len(found.heads)}
        assert sum(len(part.columns["sent"]) for part in found.parts) % 6 == 0
