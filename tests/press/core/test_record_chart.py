"""Charts of records: what fits together, where a point stands, and how it is drawn."""

from __future__ import annotations

from pathlib import Path

import pytest
from casebook.core.figures import record_drawing
from casebook.core.figures.chart_style import PAPER, SCREEN
from casebook.core.figures.drawing import Drawing, DrawingError
from casebook.core.figures.record_chart import RecordChart, RecordForm, Wanted, charted, parse
from casebook.core.metrics import dates, quantities
from casebook.core.metrics.dates import Span
from casebook.core.metrics.metric import Evidence, Metric, Resolved
from casebook.core.metrics.quantities import Quantity
from casebook.core.problems import Kind, Problem
from casebook.core.text.marked_text import Text

from .test_chart_drawing import SIZES, boxes, check_words, elements, paths, points, texts

FONTS = Path(__file__).parents[3] / "_ext/casebook/fonts"


def record(
    name: str, value: str, date: str = "", kind: Evidence = Evidence.REPORTED
) -> tuple[str, Resolved]:
    quantity = quantities.parse(value)
    assert isinstance(quantity, Quantity), quantity
    span = dates.parse(date) if date else None
    assert span is None or isinstance(span, Span)
    metric = Metric(name, Text(name), Text("w"), kind, 1, quantity)
    return name, Resolved(metric, quantity, span, kind, ())


def made(
    *records: tuple[str, Resolved], form: str = "scatter", y: str | None = None
) -> RecordChart:
    wanted = parse(form, ",".join(name for name, _ in records), y)
    assert isinstance(wanted, Wanted), wanted
    found = charted(wanted, records)
    assert isinstance(found, RecordChart), found
    return found


# --- what is asked for ---


def test_what_an_author_asks_for() -> None:
    found = parse("bar", "a, b ,c", "load (request/s)")
    assert isinstance(found, Wanted)
    assert (found.form, found.metrics) == (RecordForm.BAR, ("a", "b", "c"))
    assert str(found.axis) == "load, request/s"
    assert parse("line", "a,b", None) == Wanted(RecordForm.LINE, ("a", "b"))


@pytest.mark.parametrize(
    ("form", "metrics", "y", "message"),
    [
        (
            "heat",
            "a,b",
            None,
            "unknown type of chart 'heat'; records are drawn as line, scatter, bar",
        ),
        ("line", "a", None, "the chart has 1 record, and it shows between 2 and 12"),
        (
            "line",
            ",".join("abcdefghijklm"),
            None,
            "the chart has 13 records, and it shows between 2 and 12",
        ),
        ("line", "a, b, a", None, "a record stands twice in this chart"),
        (
            "line",
            "a, b",
            "(s)",
            "'(s)' is no axis; write a column and its unit: 'wait (s)'",
        ),
    ],
)
def test_what_no_chart_can_be_of(form: str, metrics: str, y: str | None, message: str) -> None:
    assert parse(form, metrics, y) == Problem(Kind.BAD_CHART, message)


# --- which records fit ---


def refusal(*records: tuple[str, Resolved], form: str = "line", y: str | None = None) -> str:
    wanted = parse(form, ",".join(name for name, _ in records), y)
    assert isinstance(wanted, Wanted)
    found = charted(wanted, records)
    assert isinstance(found, Problem)
    return found.message


def test_all_records_measure_the_same() -> None:
    a, b = record("a", "3 request/s", "2024"), record("b", "3 day", "2025")
    both = "all records of a chart measure the same"
    message = f"the metric 'b' is in days, and the chart in requests/s; {both}"
    assert refusal(a, b) == message
    message = f"the metric 'a' is in requests/s, and the chart in s; {both}"
    assert refusal(a, b, y="time (s)") == message
    plain = record("c", "3 ratio", "2025")
    bare = plain[0], Resolved(
        plain[1].metric, quantities.number(plain[1].quantity.low), plain[1].as_of,  # type: ignore[arg-type]
        Evidence.REPORTED, (),
    )  # fmt: skip
    assert refusal(b, bare) == f"the metric 'c' is in no unit, and the chart in days; {both}"
    assert refusal(bare, b) == f"the metric 'b' is in days, and the chart in none; {both}"


def test_an_axis_of_dates_needs_dates() -> None:
    dated, model = record("a", "3 s", "2024"), record("b", "3 s", kind=Evidence.MODELLED)
    message = (
        "the metric 'b' has no date, so it has no place on an axis of dates; "
        "the type 'bar' needs none"
    )
    assert refusal(dated, model) == refusal(dated, model, form="scatter") == message
    assert made(dated, model, form="bar").points[1].date == 0


def test_an_unknown_unit_is_reported_as_everywhere() -> None:
    found = parse("bar", "a,b", "time (sec)")
    assert isinstance(found, Problem)
    assert found.kind is Kind.UNKNOWN_UNIT


# --- where a point stands ---


def test_values_are_converted_and_scaled() -> None:
    a, b = record("a", "120 request/min"), record("b", "> 5e6 request/s")
    found = made(a, b, form="bar")
    assert found.axis == "million requests/min"
    assert [point.words for point in found.points] == ["0.00012", ">\N{NO-BREAK SPACE}300"]
    found = made(a, b, form="bar", y="load (request/s)")
    assert found.axis == "load, million requests/s"
    assert found.points[1].low == 5
    assert made(a, record("c", "6 request/min"), form="bar", y="load").axis == (
        "load, requests/min"
    )
    billions = made(record("a", "3e9 byte"), record("b", "2e12 byte"), form="bar")
    assert billions.axis == "trillion B"


@pytest.mark.parametrize(
    ("value", "low", "high", "bound", "at", "words"),
    [
        ("5 s", 5, 5, False, 5, "5"),
        ("~ 5 s", 5, 5, False, 5, "≈ 5"),
        ("2..4 s", 2, 4, False, 3, "2–4"),
        (">= 5 s", 5, None, True, 5, "≥ 5"),
        ("< 5 s", None, 5, True, 5, "< 5"),
        ("0 s", 0, 0, False, 0, "0"),
    ],
)
def test_bounds_and_ranges(
    value: str, low: float | None, high: float | None, bound: bool, at: float, words: str
) -> None:
    point = made(record("a", value), record("b", "1 s"), form="bar").points[0]
    assert (point.low, point.high, point.is_bound, point.value) == (low, high, bound, at)
    assert point.words == words.replace(" ", "\N{NO-BREAK SPACE}")


def test_bare_years_stand_at_their_numbers() -> None:
    found = made(record("a", "1 s", "2021"), record("b", "1 s", "2023"))
    assert [(p.first, p.last) for p in found.points] == [(2021, 2021), (2023, 2023)]


def test_other_dates_are_as_long_as_they_may_be() -> None:
    found = made(
        record("a", "1 s", "2021"), record("b", "1 s", "2023-07"), record("c", "1 s", "2023-07-02")
    )
    spans = [(round(p.first, 2), round(p.last, 2)) for p in found.points]
    assert spans == [(2021, 2021.99), (2023.49, 2023.58), (2023.5, 2023.5)]
    spans = [
        (round(p.first, 2), round(p.last, 2))
        for p in made(record("a", "1 s", "2021..2022"), record("b", "1 s", "2021")).points
    ]
    assert spans == [(2021, 2022.99), (2021, 2021.99)]


# --- the drawing ---

KINDS = [
    record(kind.value, f"{n} request/s", f"202{n}", kind) for n, kind in enumerate(Evidence, 1)
]
MIXED = [
    record("a", "100..300 request/s", "2021-03..2021-09"),
    record("b", ">= 250 request/s", "2022", Evidence.SECONDARY),
    record("c", "<= 350 request/s", "2023-05-01", Evidence.DERIVED),
    record("d", "~ 6000 request/min", "2024", Evidence.MODELLED),
]
FORMS = pytest.mark.parametrize("form", ["line", "scatter", "bar"])
BOTH = pytest.mark.parametrize("size", SIZES)


@FORMS
@BOTH
def test_every_value_is_written_and_no_word_covers_another(form: str, size: str) -> None:
    drawing = record_drawing.draw(made(*MIXED, form=form, y="load"), SIZES[size], FONTS)
    check_words(drawing)
    values = {
        "100–300",
        "≥\N{NO-BREAK SPACE}250",
        "≤\N{NO-BREAK SPACE}350",
        "≈\N{NO-BREAK SPACE}100",
    }
    assert {*values, "load, requests/s"} <= set(texts(drawing))
    assert ({"a", "b", "c", "d"} <= set(texts(drawing))) is (form == "bar")


def marks(drawing: Drawing) -> list[tuple[str, str]]:
    """The shape of every mark, and what it is filled with."""
    shapes = {p.attributes["id"]: p.attributes["d"] for p in paths(drawing) if "id" in p.attributes}
    found = []
    for use in elements(drawing, "use"):
        if use.attributes.get("stroke") == "var(--cb-series-1)":
            found.append((shapes[use.attributes["href"][1:]], use.attributes["fill"]))
    return found


@FORMS
def test_a_mark_tells_the_kind_of_evidence(form: str) -> None:
    found = marks(record_drawing.draw(made(*KINDS, form=form), SCREEN, FONTS))
    solid, paper = "var(--cb-series-1)", "var(--cb-paper)"
    # An end of a range is a stroke, and has no area.
    reported, secondary, derived, modelled, *_ = (m for m in found if m[0].count(" ") > 6)
    assert reported[1] == derived[1] == solid
    assert secondary[1] == modelled[1] == paper
    assert reported[0] == secondary[0] != derived[0] == modelled[0]
    assert "C" in reported[0]
    assert "C" not in derived[0]


def test_a_line_joins_its_points_in_the_order_of_their_dates() -> None:
    late, early = record("a", "1 s", "2024"), record("b", "3 s", "2022")
    middle = record("c", "2 s", "2023")
    drawing = record_drawing.draw(made(late, early, middle, form="line"), SCREEN, FONTS)
    (line,) = [
        points(p) for p in paths(drawing, fill="none", stroke="var(--cb-series-1)")
        if len(points(p)) == 3
    ]  # fmt: skip
    assert [x for x, _ in line] == sorted(x for x, _ in line)
    assert [y for _, y in line] == sorted(y for _, y in line)
    assert {"2022", "2023", "2024"} <= set(texts(drawing))


def test_bars_are_as_long_as_their_values() -> None:
    found = made(record("a", "10 s"), record("b", "20 s"), record("c", "5..15 s"), form="bar")
    drawing = record_drawing.draw(found, SCREEN, FONTS)
    wide = [
        points(p) for p in paths(drawing, fill="none", stroke="var(--cb-series-1)")
        if float(p.attributes["stroke-width"]) > 2
    ]  # fmt: skip
    lengths = [bar[1][0] - bar[0][0] for bar in wide]
    assert lengths[1] == pytest.approx(2 * lengths[0], abs=0.05)
    assert lengths[2] == pytest.approx(lengths[0] / 2, abs=0.05)
    places = dict(boxes(drawing))
    assert places["a"][1] < places["b"][1] < places["c"][1]


def test_bars_may_reach_below_nought() -> None:
    found = made(record("a", "-10 s"), record("b", "20 s"), record("c", "0 s"), form="bar")
    check_words(record_drawing.draw(found, PAPER, FONTS))
    check_words(
        record_drawing.draw(made(record("a", "0 s"), record("b", "0 s"), form="bar"), PAPER, FONTS)
    )


def test_values_far_from_nought_do_not_begin_there() -> None:
    found = made(record("a", "100 s", "2021"), record("b", "101 s", "2021"))
    assert "0" not in texts(record_drawing.draw(found, SCREEN, FONTS))


def test_labels_and_values_without_room_are_refused() -> None:
    long = record("a rather long label " * 5, "1 s"), record("b", "2 s")
    with pytest.raises(DrawingError) as caught:
        record_drawing.draw(made(*long, form="bar"), PAPER, FONTS)
    message = "The labels of the records are too long to stand beside their bars."
    assert str(caught.value) == message
    crowd = [record(f"m{n}", "1000 s", "2021") for n in range(12)]
    apart = record("far", "1001 s", "2021")
    with pytest.raises(DrawingError) as caught:
        record_drawing.draw(made(*crowd[:11], apart), PAPER, FONTS)
    assert str(caught.value) == "There is no room in the chart for the value 1,000."
