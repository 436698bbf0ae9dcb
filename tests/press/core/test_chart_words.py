"""Panels, and what a chart says of itself, as they are drawn: in place, and covering nothing."""

from __future__ import annotations

import functools
import itertools
import random
from pathlib import Path

import pytest
from casebook.core.figures.axes import Form
from casebook.core.figures.chart import Chart, parse, with_options
from casebook.core.figures.chart_drawing import draw
from casebook.core.figures.chart_style import PAPER, SCREEN
from casebook.core.figures.drawing import Drawing, DrawingError
from casebook.core.figures.free_places import Room, beside_level, first_free, free_place
from casebook.core.literate.stored_outputs import Output

from .test_chart_drawing import (
    SIZES,
    box_of,
    boxes,
    check_words,
    covered,
    elements,
    grid,
    line_of,
    meets,
    paths,
    points,
    texts,
    ticks,
)

FONTS = Path(__file__).parents[3] / "_ext/casebook/fonts"
DATA = Output(
    "a/b",
    {
        "time": tuple(range(20)) * 5,
        "loss": tuple(loss for loss in (0, 1, 5, 10, 20) for _ in range(20)),
        "sent": tuple(range(50, 70)) * 5,
        "heard": tuple(at + 45 - loss for loss in (0, 1, 5, 10, 20) for at in range(20)),
        "late": tuple(at % 7 for at in range(100)),
    },
)
ONE = Output("a/b", {name: column[:20] for name, column in DATA.columns.items()})
BARS = Output("a/b", {"year": ("’21", "’22", "’23"), "made": (6, 2, 9), "sold": (5, 1, 3)})
BOTH = pytest.mark.parametrize("size", SIZES)


def chart(form: str, y: str, output: Output = ONE, x: str = "time (s)", **options: str) -> Chart:
    found = parse(output, form, x, y)
    assert isinstance(found, Chart), found
    made = with_options(found, output, options)
    assert isinstance(made, Chart), made
    return made


@functools.cache
def drawn(size: str, *options: tuple[str, str], y: str = "sent, heard, late") -> Drawing:
    output = DATA if {"panels", "choose"} & dict(options).keys() else ONE
    return draw(chart("line", y, output, **dict(options)), SIZES[size], FONTS)


def box(drawing: Drawing, words: str) -> tuple[float, float, float, float]:
    (found,) = [place for text, place in boxes(drawing) if text == words]
    return found


# --- panels ---


@BOTH
def test_panels_of_series_stand_one_above_the_other_under_their_names(size: str) -> None:
    drawing = drawn(size, ("panels", "series"))
    # In panels of series the rows of a parameter would be joined: one series, all its rows.
    check_words(drawing)
    places = [box(drawing, name) for name in ("sent", "heard", "late")]
    assert [p[1] for p in places] == sorted(p[1] for p in places)
    assert len({p[0] for p in places}) == 1
    for number, (upper, lower) in enumerate(itertools.pairwise([*places, box(drawing, "time, s")])):
        line = line_of(drawing, number + 1)
        assert upper[3] < min(y for _, y in line)
        assert max(y for _, y in line) < lower[1]
    # The lowest panel alone counts along its horizontal axis.
    assert texts(drawing).count("15") == 1
    assert texts(drawing).count("60") == 3


@BOTH
def test_five_panels_stand_in_two_columns(size: str) -> None:
    drawing = drawn(size, ("panels", "loss (%)"), y="heard")
    check_words(drawing)
    names = ["loss 0 %", "loss 1 %", "loss 5 %", "loss 10 %", "loss 20 %"]
    places = [box(drawing, name) for name in names]
    assert places[0][0] == places[2][0] == places[4][0] < places[1][0] == places[3][0]
    assert places[0][1] == places[1][1] < places[2][1] == places[3][1] < places[4][1]
    # The left column alone counts along its vertical axis.
    assert list(ticks(drawing)).count("40") <= 1
    assert texts(drawing).count("15") == 2
    lines = paths(drawing, fill="none", stroke="var(--cb-series-1)")
    assert len(lines) == 5


def test_a_panel_alone_has_the_axes_of_all_and_its_name() -> None:
    found = chart("line", "sent, heard", DATA, choose="loss (%)")
    alone = [draw(found, SCREEN, FONTS, only) for only in range(5)]
    assert [dict(boxes(one)).keys() & {"loss 0 %", "loss 20 %"} for one in alone] == [
        {"loss 0 %"}, set(), set(), set(), {"loss 20 %"},
    ]  # fmt: skip
    assert len({tuple(ticks(one).items()) for one in alone}) == 1
    assert len({one.height for one in alone}) == 1
    # What differs is the one line that the parameter changes.
    assert len({tuple(line_of(one, 1)) for one in alone}) == 1
    assert len({tuple(line_of(one, 2)) for one in alone}) == 5
    assert alone[0].height > draw(chart("line", "sent, heard"), SCREEN, FONTS).height


@BOTH
def test_names_of_series_stand_once_in_the_first_panel_with_room(size: str) -> None:
    drawing = drawn(size, ("choose", "loss (%)"), y="sent, heard")
    check_words(drawing)
    assert texts(drawing).count("sent") == texts(drawing).count("heard") == 1


def test_bars_have_panels() -> None:
    found = chart("bar", "made, sold", BARS, "year", panels="series")
    drawing = draw(found, SCREEN, FONTS)
    check_words(drawing)
    assert texts(drawing).count("’22") == 1


# --- limits, bands, notes ---

SAID = (
    ("limit", "75 capacity; x=15 the end"),
    ("band", "x=4..9 no worker; y=60..66 good"),
    ("note", "2, 2 nothing waits; 18, 68 much waits here"),
)
WORDS = ("capacity", "the end", "no worker", "good", "nothing waits", "much waits here")


@BOTH
def test_what_a_chart_says_covers_nothing(size: str) -> None:
    drawing = drawn(size, *SAID)
    check_words(drawing)
    found = chart("line", "sent, heard, late", **dict(SAID))
    for words in (*WORDS, "sent", "heard", "late"):
        place = box(drawing, words)
        for number in (1, 2, 3):
            parts = covered(found, drawing, number)
            assert not any(meets(place, part) for part in parts), words
        for line in paths(drawing, stroke="var(--cb-ink-2)", fill="none"):
            assert not meets(place, box_of(line)), words


@BOTH
def test_where_limits_bands_and_notes_stand(size: str) -> None:
    drawing = drawn(size, *SAID)
    level, upright = sorted(
        (box_of(line) for line in paths(drawing, stroke="var(--cb-ink-2)", fill="none")),
        key=lambda one: one[3] - one[1],
    )
    assert level[1] == level[3]
    assert upright[0] == upright[2]
    across, up = line_of(drawing, 1), line_of(drawing, 1)
    assert upright[0] == pytest.approx(across[15][0], abs=0.02)
    unit = (up[0][1] - up[10][1]) / 10
    assert level[1] == pytest.approx(up[0][1] - 25 * unit, abs=0.02)
    bands = [box_of(path) for path in paths(drawing, fill="var(--cb-tint)")]
    tall = max(bands, key=lambda one: one[3] - one[1])
    assert (tall[0], tall[2]) == pytest.approx((across[4][0], across[9][0]), abs=0.02)
    wide = max(bands, key=lambda one: one[2] - one[0])
    assert (wide[3], wide[1]) == pytest.approx((up[10][1], up[16][1]), abs=0.02)
    # The name of a band is in it, that of a limit beside it, and both before the leaders.
    name = box(drawing, "no worker")
    letters = SIZES[size].letters
    if tall[2] - tall[0] > name[2] - name[0] + 8:
        assert tall[0] < name[0] < name[2] < tall[2]
    else:
        assert tall[2] < name[0] < tall[2] + letters
    end = box(drawing, "the end")
    assert min(abs(end[0] - upright[0]), abs(end[2] - upright[0])) < letters
    capacity = box(drawing, "capacity")
    assert min(abs(capacity[3] - level[1]), abs(capacity[1] - level[1])) < letters
    # A note is tied to its point.
    starts = [
        points(path)[0] for path in paths(drawing, stroke="var(--cb-ink)", fill="none")
        if len(points(path)) == 2
    ]  # fmt: skip
    for at in ((across[2][0], up[0][1] + 48 * unit), (across[18][0], up[18][1])):
        assert any(start == pytest.approx(at, abs=0.05) for start in starts)


@BOTH
def test_the_grid_has_gaps_for_words_and_no_others(size: str) -> None:
    drawing = drawn(size, *SAID)
    lines: dict[float, list[tuple[float, float]]] = {}
    for left, top, right, _ in grid(drawing):
        lines.setdefault(top, []).append((left, right))
    assert len(lines) == len(ticks(drawing))
    begin, end = min(min(line) for line in lines.values())[0], drawing.width
    gaps = []
    for pieces in lines.values():
        ends = [at for piece in sorted(pieces) for at in piece]
        assert ends[0] == begin
        assert end - ends[-1] < SIZES[size].letters
        gaps += zip(ends[1:-1:2], ends[2::2], strict=True)
    assert gaps
    for start, stop in gaps:
        assert any(start < place[0] < place[2] < stop for _, place in boxes(drawing))


def test_a_band_over_bars_holds_the_whole_of_them() -> None:
    found = chart("bar", "made, sold", BARS, "year", band="x=’22..’23 few", note="’21, 6 most")
    drawing = draw(found, SCREEN, FONTS)
    check_words(drawing)
    (band,) = [box_of(path) for path in paths(drawing, fill="var(--cb-tint)")]
    middles = {t.text(): float(t.attributes["x"]) for t in elements(drawing, "text")}
    assert band[0] < middles["’22"] < middles["’23"] < band[2]
    assert middles["’21"] < band[0] - (middles["’22"] - middles["’21"]) / 3


def test_limits_are_in_every_panel_and_notes_in_theirs() -> None:
    options = {"limit": "40 breaks up", "note": "20 | 5, 30 lost"}
    found = chart("line", "sent, heard", DATA, choose="loss (%)", **options)
    whole = draw(found, SCREEN, FONTS)
    assert len(paths(whole, stroke="var(--cb-ink-2)", fill="none")) == 5
    assert texts(whole).count("breaks up") == texts(whole).count("lost") == 1
    assert "lost" not in texts(draw(found, SCREEN, FONTS, 0))
    assert {"lost", "breaks up"} <= set(texts(draw(found, SCREEN, FONTS, 4)))


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_said_stands_apart(seed: int) -> None:
    chance = random.Random(seed)
    limits = "; ".join(f"{chance.randint(0, 60)} limit {n}" for n in range(2))
    start = chance.randint(0, 14)
    notes = "; ".join(
        f"{chance.randint(0, 19)}, {chance.randint(1, 60)} a note of words {n}" for n in range(2)
    )
    options = {"limit": limits, "band": f"x={start}..{start + 4} the band", "note": notes}
    check_words(draw(chart("line", "sent, late", **options), PAPER, FONTS))


@pytest.mark.parametrize(
    ("option", "words", "what"),
    [
        ("limit", "60 {}", "name"),
        ("limit", "x=6 {}", "name"),
        ("band", "x=6..7 {}", "name"),
        ("note", "6, 60 {}", "note"),
    ],
)
def test_words_without_room_are_refused(option: str, words: str, what: str) -> None:
    long = "word after word " * 20
    found = chart("line", "sent", **{option: words.format(long)})
    with pytest.raises(DrawingError) as caught:
        draw(found, PAPER, FONTS)
    message = f"There is no room in the chart for the {what} '{long.strip()}'."
    assert str(caught.value) == message


# --- the geometry alone ---


def test_a_leader_crosses_no_words() -> None:
    # Words right above the point leave only the way down.
    room = Room((0, 0, 200, 200), {}, words=[(60, 106, 140, 112)])
    place = free_place([(100, 100)], (20, 10), room)
    assert place
    assert place.words[3] < 100


def test_a_thin_band_has_its_name_beside_it() -> None:
    inside = (0.0, 0.0, 100.0, 100.0)
    thin = next(beside_level(50, 52, (20, 10), inside))
    assert thin[1] == 54
    assert next(beside_level(40, 60, (20, 10), inside))[1:4:2] == (45, 55)
    full = Room(inside, {0: [inside]})
    assert first_free(beside_level(40, 60, (20, 10), inside), full) is None


def test_forms_that_are_no_heat_map_say_something() -> None:
    for form in (Form.LINE, Form.STEP, Form.SCATTER):
        found = chart(form.value, "sent", limit="60 l", note="3, 55 n")
        check_words(draw(found, PAPER, FONTS))
