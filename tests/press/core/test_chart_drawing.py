"""Charts as they are drawn: nothing active, nothing cut or covered, and no need of colour."""

from __future__ import annotations

import builtins
import functools
import io
import itertools
import math
import random
import re
import types
from collections.abc import Iterator
from pathlib import Path

import matplotlib as mpl
import pypdf
import pytest
from casebook.core import palette
from casebook.core.figures import chart_heat, chart_style
from casebook.core.figures.axes import Form
from casebook.core.figures.chart import Chart, parse, with_options
from casebook.core.figures.chart_drawing import draw
from casebook.core.figures.chart_style import PAPER, SCREEN, Size
from casebook.core.figures.drawing import Drawing, DrawingError, RendererMissing, to_pdf
from casebook.core.literate.stored_outputs import Cell, Output
from casebook.core.svg import sanitiser
from casebook.core.svg.allowed import COLOUR_PROPERTIES, ELEMENTS
from casebook.core.svg.sanitiser import Element
from PIL import ImageFont

FONTS = Path(__file__).parents[3] / "_ext/casebook/fonts"
FONT = ImageFont.truetype(str(FONTS / "casebook-sans-400.ttf"), 1000)
SIZES = {"screen": SCREEN, "paper": PAPER}
Columns = dict[str, tuple[Cell, ...]]
Box = tuple[float, float, float, float]

WORDS: Columns = {
    "way": ("no key", "client’s key", "both"),
    "offered": (5, 30, 12.5),
    "served": (25, 8, 10),
}
NUMBERS: Columns = {**WORDS, "time": (0, 1, 2.5)}


def chart(form: Form, x: str, y: str, columns: Columns) -> Chart:
    found = parse(Output("a/b", columns), form.value, x, y)
    assert isinstance(found, Chart), found
    return found


def made(form: Form, y: dict[str, tuple[float, ...]], x: tuple[Cell, ...] = ()) -> Chart:
    """A chart of series without units over 0, 1, 2, … or over what is given."""
    length = len(next(iter(y.values())))
    return chart(form, "x (s)", ",".join(y), {"x": x or tuple(range(length)), **y})


@functools.cache
def sample(form: Form) -> Chart:
    x = "way" if form in (Form.BAR, Form.HEAT) else "time (s)"
    return chart(form, x, "offered (request/s), served (request/s)", NUMBERS)


@functools.cache
def drawn(form: Form, size: str) -> Drawing:
    return draw(sample(form), SIZES[size], FONTS)


FORMS_AND_SIZES = pytest.mark.parametrize(
    ("form", "size"), list(itertools.product(Form, SIZES)), ids=lambda v: getattr(v, "value", v)
)


def elements(drawing: Drawing, *tags: str) -> list[Element]:
    return [element for element in drawing.picture.root.walk() if element.tag in tags]


def placed(drawing: Drawing) -> list[tuple[Element, Box]]:
    """Every text with its box: left, top, right, bottom."""
    found = []
    for element in elements(drawing, "text"):
        own = element.attributes
        assert own["transform"].startswith("rotate(-0 ")
        letters, width = float(own["font-size"]), FONT.getlength(element.text()) / 1000
        x, y, width = float(own["x"]), float(own["y"]), width * letters
        left = x - {"start": 0.0, "middle": width / 2, "end": width}[own["text-anchor"]]
        found.append((element, (left, y - 0.72 * letters, left + width, y + 0.18 * letters)))
    return found


def boxes(drawing: Drawing) -> list[tuple[str, Box]]:
    return [(element.text(), box) for element, box in placed(drawing)]


def texts(drawing: Drawing) -> list[str]:
    return [text for text, _ in boxes(drawing)]


def meets(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def check_words(drawing: Drawing) -> None:
    """No word is cut, none covers another, and no line of the grid runs through one."""
    found = boxes(drawing)
    for text, (left, top, right, bottom) in found:
        inside = min(left, top, drawing.width - right, drawing.height - bottom)
        assert inside > -0.1, text
    for (one, box), (other, near) in itertools.combinations(found, 2):
        assert not meets(box, near), (one, other)
    for line, (text, box) in itertools.product(grid(drawing), found):
        assert not meets(box, line), text


def paths(drawing: Drawing, **wanted: str) -> list[Element]:
    """The paths with these attributes."""
    names = {name.replace("_", "-"): value for name, value in wanted.items()}
    return [p for p in elements(drawing, "path") if names.items() <= p.attributes.items()]


def points(path: Element) -> list[tuple[float, float]]:
    """The corners of a path of straight lines."""
    numbers = list(map(float, re.findall(r"-?[\d.]+", path.attributes["d"])))
    return list(zip(numbers[::2], numbers[1::2], strict=True))


def box_of(path: Element) -> Box:
    x, y = zip(*points(path), strict=True)
    return min(x), min(y), max(x), max(y)


def grid(drawing: Drawing) -> list[Box]:
    """The level lines behind everything, in the pieces that words leave of them."""
    return [box_of(path) for path in paths(drawing, fill="none", stroke="var(--cb-hair)")]


def line_of(drawing: Drawing, number: int) -> list[tuple[float, float]]:
    """The line of a series."""
    (found,) = paths(drawing, fill="none", stroke=f"var(--cb-series-{number})")
    return points(found)


def fills_of(drawing: Drawing, number: int) -> dict[str, str]:
    """What the bars of a series are filled with: its colour, or a pattern on it; and its lines."""
    colour = f"var(--cb-series-{number})"
    return {colour: ""} | {
        f"url(#{pattern.attributes['id']})": pattern.children[-1].attributes["d"]
        for pattern in elements(drawing, "pattern")
        if any(part.attributes.get("fill") == colour for part in pattern.walk())
    }  # fmt: skip


def bars_of(drawing: Drawing, number: int) -> list[Box]:
    """The bars of a series."""
    fills = fills_of(drawing, number)
    return [box_of(p) for p in elements(drawing, "path") if p.attributes.get("fill") in fills]


def marks_of(drawing: Drawing, number: int) -> list[tuple[float, float]]:
    """The points of a scatter plot."""
    uses = elements(drawing, "use")
    found = [u for u in uses if u.attributes.get("stroke") == f"var(--cb-series-{number})"]
    return [(float(u.attributes["x"]), float(u.attributes["y"])) for u in found]


# --- what every chart is ---


@FORMS_AND_SIZES
def test_it_has_its_size_and_its_words(form: Form, size: str) -> None:
    drawing = drawn(form, size)
    assert drawing.width == SIZES[size].width
    if form is not Form.HEAT:
        assert drawing.height == SIZES[size].height
    assert {"offered", "served", "request/s", str(sample(form).x)} <= set(texts(drawing))
    assert {"no key", "client’s key", "both"} <= set(texts(drawing)) or form not in (
        Form.BAR,
        Form.HEAT,
    )
    check_words(drawing)


@FORMS_AND_SIZES
def test_its_colours_are_names_and_it_runs_and_loads_nothing(form: Form, size: str) -> None:
    drawing = drawn(form, size)
    used = set()
    for element in drawing.picture.root.walk():
        assert element.tag in ELEMENTS
        for name, value in element.attributes.items():
            assert name != "style"
            # Contrast was measured without any.
            assert "opacity" not in name or form is Form.HEAT
            assert not name.startswith("on")
            assert "url(" not in value or re.fullmatch(r"url\(#\d+\)", value)
            if name in COLOUR_PROPERTIES:
                form_of = re.fullmatch(r"var\(--cb-([a-z0-9-]+)\)|none|transparent|url.*", value)
                assert form_of, value
                used |= {form_of[1]} - {None}
    assert used <= set(palette.TOKENS)
    assert ({"series-1", "series-2"} <= used) is (form is not Form.HEAT)
    for text in (drawing.inline("fig", "T", "D"), drawing.standalone("T", "D")):
        assert not re.search(
            r"<(?:script|style|image|foreignObject)|style=|data:|http(?!://www.w3)", text
        )
    assert "var(" not in drawing.standalone("T", "D")


@pytest.mark.parametrize("form", [Form.LINE, Form.BAR, Form.HEAT])
def test_drawing_twice_gives_the_same_whatever_the_settings_of_the_machine(form: Form) -> None:
    odd = {
        "axes.grid": True,
        "savefig.bbox": "tight",
        "savefig.facecolor": "red",
        "lines.solid_capstyle": "butt",
        "text.hinting": "native",
    }
    with mpl.rc_context(odd):
        again = draw(sample(form), SCREEN, FONTS)
        assert mpl.rcParams["savefig.facecolor"] == "red"  # its own settings are gone again
    assert again.inline("x", "T", "D") == drawn(form, "screen").inline("x", "T", "D")


@pytest.mark.parametrize("form", [Form.LINE, Form.BAR, Form.HEAT])
def test_on_paper_its_words_are_text_in_the_books_font(form: Form) -> None:
    drawing = drawn(form, "paper")
    data = to_pdf(drawing, FONTS)
    (page,) = pypdf.PdfReader(io.BytesIO(data)).pages
    assert float(page.mediabox.width) == pytest.approx(PAPER.width * 0.75, abs=0.01)
    assert not page.images
    assert b"CasebookSans" in data.replace(b" ", b"")
    found = page.extract_text()
    assert all(text in found for text in ("offered", "served", "request/s", str(sample(form).x)))


def test_a_sign_of_mathematics_is_a_sign() -> None:
    columns: Columns = {"per $x$": (1, 2), "price ^$^": (3, 4), "fee_$a$": (1, 2)}
    for form in (Form.LINE, Form.HEAT):
        found = texts(draw(chart(form, "per $x$", "price ^$^,fee_$a$", columns), SCREEN, FONTS))
        assert set(columns) <= set(found)


@pytest.mark.filterwarnings("error")
def test_a_letter_that_the_book_has_not_is_refused() -> None:
    with pytest.raises(DrawingError) as caught:
        draw(chart(Form.BAR, "x", "y", {"x": ("λ", "日本"), "y": (1, 2)}), SCREEN, FONTS)
    assert str(caught.value) == "The chart holds '日', for which the book has no letter."


def test_matplotlib_may_be_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def refuse(name: str, *args: object) -> types.ModuleType:
        if name.partition(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(RendererMissing) as caught:
        draw(sample(Form.LINE), SCREEN, FONTS)
    assert str(caught.value) == "The package 'matplotlib', which draws charts, is missing."


def test_the_books_font_may_be_missing(tmp_path: Path) -> None:
    with pytest.raises(DrawingError) as caught:
        draw(sample(Form.LINE), SCREEN, tmp_path)
    message = "The chart cannot be drawn without the font casebook-sans-400.ttf."
    assert str(caught.value) == message


def test_a_colour_of_matplotlibs_own_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(chart_style.COLOURS, "hair", "#123456")
    with pytest.raises(DrawingError) as caught:
        draw(sample(Form.LINE), SCREEN, FONTS)
    assert str(caught.value) == "The chart holds a colour that is not the palette's: #123456."


def test_what_the_sanitiser_refuses_is_a_drawing_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sanitiser, "MAX_ELEMENTS", 9)
    with pytest.raises(DrawingError, match=r"^The chart cannot be used: The drawing .* 9 .*\.$"):
        draw(sample(Form.HEAT), SCREEN, FONTS)


# --- scales ---


def ticks(drawing: Drawing) -> dict[str, float]:
    """The numbers along the vertical axis, with their heights."""
    found = [t for t in elements(drawing, "text") if t.attributes["text-anchor"] == "end"]
    return {t.text(): float(t.attributes["y"]) for t in found if t.text()[-1].isdigit()}


def test_bars_begin_at_nought_and_are_as_long_as_their_numbers() -> None:
    drawing = draw(made(Form.BAR, {"a": (104, 101, 208), "b": (-52, 26, 0)}), SCREEN, FONTS)
    first, second = bars_of(drawing, 1), bars_of(drawing, 2)
    nought = first[0][3]
    unit = (nought - first[0][1]) / 104
    for boxes_, values in ((first, (104, 101, 208)), (second, (-52, 26, 0))):
        for box, value in zip(boxes_, values, strict=True):
            ends = sorted((nought, nought - value * unit))
            assert (box[1], box[3]) == pytest.approx(ends, abs=0.02)
    heights = ticks(drawing)
    letters = heights["0"] - nought  # below its line
    assert heights["200"] - letters == pytest.approx(nought - 200 * unit, abs=0.1)
    assert "−50" in heights


def test_bars_of_large_numbers_begin_at_nought_as_well_and_stand_over_their_names() -> None:
    drawing = draw(made(Form.BAR, {"a": (104, 101), "b": (104, 52)}, ("x", "y")), PAPER, FONTS)
    first, second = bars_of(drawing, 1), bars_of(drawing, 2)
    axis = max(y for p in paths(drawing, stroke="var(--cb-line)") for _, y in points(p))
    assert {box[3] for box in (*first, *second)} == {axis}
    assert "0" in ticks(drawing)
    assert axis - second[1][1] == pytest.approx((axis - first[0][1]) / 2, abs=0.02)
    middles = {t.text(): float(t.attributes["x"]) for t in elements(drawing, "text")}
    for name, left, right in zip("xy", first, second, strict=True):
        assert (left[0] + right[2]) / 2 == pytest.approx(middles[name], abs=0.02)
        assert left[2] < right[0]


@pytest.mark.parametrize(
    ("values", "from_nought"),
    [
        ((100, 110), False),
        ((10, 29), False),
        ((10, 30), True),
        ((0, 0), True),
        ((-5, 5), False),
        ((-9, -3), False),
        ((7, 7), False),
    ],
)
def test_a_line_that_comes_near_nought_begins_there(
    values: tuple[float, float], from_nought: bool
) -> None:
    drawing = draw(made(Form.LINE, {"a": values}), PAPER, FONTS)
    heights = ticks(drawing)
    # The lowest line is that of the horizontal axis.
    axis = max(
        y for p in paths(drawing, stroke="var(--cb-line)", fill="none") for _, y in points(p)
    )
    lowest = max(heights.values())
    at_axis = abs(lowest - axis - PAPER.letters * 0.5) < PAPER.letters * 0.3
    assert (at_axis and heights.get("0") == lowest) is from_nought
    check_words(drawing)


@pytest.mark.parametrize(
    ("size", "scale", "end"),
    [
        (PAPER, 0.001, "0.001"),
        (PAPER, -1e6, "−1,000,000"),
        (PAPER, 1e10, "10,000,000,000"),
        (SCREEN, 1e6, "1,000,000"),
    ],
)
def test_numbers_along_the_axes_are_whole_and_readable(size: Size, scale: float, end: str) -> None:
    drawing = draw(made(Form.LINE, {"a": (0, scale)}, (0, min(abs(scale), 1e6))), size, FONTS)
    check_words(drawing)
    assert end in texts(drawing)
    assert not re.search("-|e[+−]", " ".join(texts(drawing)))


@pytest.mark.parametrize("form", Form)
@pytest.mark.parametrize("number", [9e99, 1e-300])
def test_very_large_and_very_small_numbers_are_drawn(form: Form, number: float) -> None:
    ends = (-number, number)
    drawing = draw(made(form, {"a": ends}, ends), SCREEN, FONTS)
    assert not re.search("nan|inf", drawing.inline("x", "", ""))


def test_one_series_is_named_at_its_axis_only() -> None:
    drawing = draw(made(Form.LINE, {"load": (1, 2)}), SCREEN, FONTS)
    assert texts(drawing).count("load") == 1
    (box,) = [box for text, box in boxes(drawing) if text == "load"]
    assert box[3] < min(y for _, y in line_of(drawing, 1))


@pytest.mark.parametrize("size", SIZES)
def test_numbers_below_bars_leave_each_other_room(size: str) -> None:
    for count in (1, 40):
        x = tuple(range(-1000, 100_000, 1000))[:count]
        drawing = draw(made(Form.BAR, {"a": (3,) * count}, x), SIZES[size], FONTS)
        assert len(bars_of(drawing, 1)) == count
        check_words(drawing)
        assert "−1,000" in texts(drawing)


def test_words_below_bars_that_have_no_room_are_refused() -> None:
    long = tuple(f"a rather long name {n}" for n in range(8))
    with pytest.raises(DrawingError) as caught:
        draw(made(Form.BAR, {"a": (1,) * 8}, long), PAPER, FONTS)
    message = "The words below the bars are too long to stand side by side."
    assert str(caught.value) == message


# --- telling series apart ---

SIX = {letter: tuple(n + i % 3 for i in range(4)) for n, letter in enumerate("abcdef", 1)}


def test_every_line_has_a_dash_and_a_marker_of_its_own() -> None:
    drawing = draw(made(Form.LINE, SIX), SCREEN, FONTS)
    lines = [paths(drawing, fill="none", stroke=f"var(--cb-series-{n})") for n in range(1, 7)]
    assert len({line.attributes.get("stroke-dasharray") for (line,) in lines}) == 6
    shapes = {p.attributes["d"] for p in paths(drawing) if "id" in p.attributes}
    assert len(shapes) == 6 + 2  # and the ticks of two axes
    assert len(marks_of(drawing, 1)) == 4


@pytest.mark.parametrize(("points", "marked"), [(12, 12), (13, 0)])
def test_many_points_of_a_line_have_no_markers(points: int, marked: int) -> None:
    drawing = draw(made(Form.LINE, {"a": (1,) * points}), PAPER, FONTS)
    assert len(marks_of(drawing, 1)) == marked


def test_every_bar_has_a_hatch_of_its_own() -> None:
    drawing = draw(made(Form.BAR, SIX), SCREEN, FONTS)
    hatches = []
    for number in range(1, 7):
        assert len(bars_of(drawing, number)) == 4
        hatches.append(max(fills_of(drawing, number).values()))
    assert hatches[0] == ""
    assert len(set(hatches)) == 6
    assert max(map(len, hatches)) < 2_000, "a page with two such charts would weigh too much"


def test_a_step_stays_until_the_next_point_and_dots_are_not_joined() -> None:
    step, scatter = drawn(Form.STEP, "screen"), drawn(Form.SCATTER, "screen")
    for (x0, y0), (x1, y1) in itertools.pairwise(line_of(step, 1)):
        assert x0 == x1 or y0 == y1
    assert marks_of(step, 1) == []
    assert len(marks_of(scatter, 1)) == len(marks_of(scatter, 2)) == 3
    assert not any(p.attributes.get("stroke-width") != "0" for p in
                   paths(scatter, fill="none", stroke="var(--cb-series-1)"))  # fmt: skip
    assert [round(x) for x, _ in marks_of(scatter, 1)] == [
        round(x) for x, _ in line_of(drawn(Form.LINE, "screen"), 1)
    ]


# --- names beside series ---


def near(box: Box, place: tuple[float, float]) -> float:
    """How far a point lies from a box."""
    x, y = place
    return math.hypot(max(box[0] - x, 0, x - box[2]), max(box[1] - y, 0, y - box[3]))


def leaders(drawing: Drawing) -> Iterator[list[tuple[float, float]]]:
    """The thin lines from a series to its name: alone of their kind, they begin in the chart."""
    for path in paths(drawing, stroke="var(--cb-line)", fill="none"):
        corners = points(path)
        width = float(path.attributes["stroke-width"])
        if len(corners) == 2 and width in (0.8, round(0.8 * PAPER.line, 2)):
            yield corners


def check_names(found: Chart, drawing: Drawing) -> None:
    """Every series is named once, its name covers nothing and is tied to the series."""
    check_words(drawing)
    places = dict(boxes(drawing))
    names = [axis.name for axis in found.series]
    ties = list(leaders(drawing))
    assert len(ties) == len(names)
    for number, name in enumerate(names, 1):
        assert texts(drawing).count(name) == 1
        box = places[name]
        assert min(near(box, end) for tie in ties for end in tie) < 0.6 * (box[3] - box[1])
        (tie,) = [t for t in ties if near(box, t[1]) == min(near(box, u[1]) for u in ties)]
        if found.form is Form.BAR:
            bars = bars_of(drawing, number)
            assert any(
                abs(tie[0][0] - (b[0] + b[2]) / 2) < 0.1 and near(b, tie[0]) < 0.1 for b in bars
            )
        elif found.form is Form.SCATTER:
            assert any(math.dist(tie[0], mark) < 0.1 for mark in marks_of(drawing, number))
        else:
            assert any(math.dist(tie[0], place) < 0.1 for place in line_of(drawing, number))
    for number in range(1, len(names) + 1):
        for name in names:
            assert not any(meets(places[name], part) for part in covered(found, drawing, number))


def covered(found: Chart, drawing: Drawing, number: int) -> Iterator[Box]:
    """What a series covers, in small boxes."""
    if found.form is Form.BAR:
        yield from bars_of(drawing, number)
    elif found.form is Form.SCATTER:
        yield from ((x - 2, y - 2, x + 2, y + 2) for x, y in marks_of(drawing, number))
    else:
        for (x0, y0), (x1, y1) in itertools.pairwise(line_of(drawing, number)):
            for i in range(21):
                x, y = x0 + (x1 - x0) * i / 20, y0 + (y1 - y0) * i / 20
                yield (x, y, x, y)


@FORMS_AND_SIZES
def test_names_of_the_samples(form: Form, size: str) -> None:
    if form is not Form.HEAT:
        check_names(sample(form), drawn(form, size))


@pytest.mark.parametrize("form", [Form.LINE, Form.STEP, Form.BAR, Form.SCATTER])
@pytest.mark.parametrize("seed", range(3))
def test_names_stand_free_and_by_their_series(form: Form, seed: int) -> None:
    chance = random.Random(seed)
    count, length = 2 + seed, (4 if form is Form.BAR else 7)
    series = {
        name: tuple(chance.randint(-20 if seed % 2 else 0, 100) for _ in range(length))
        for name in chance.sample(["load", "p99", "served", "in flight", "shed", "late"], count)
    }
    found = made(form, series)
    size = PAPER if seed % 3 == 2 else SCREEN
    check_names(found, draw(found, size, FONTS))


def test_names_of_bars_below_nought_stand_off_them() -> None:
    found = made(Form.BAR, {"loss": (-6, -5), "gain": (8, 9)})
    check_names(found, draw(found, SCREEN, FONTS))
    found = made(Form.BAR, {"loss": (-6,), "gain": (8,)})
    check_names(found, draw(found, SCREEN, FONTS))


def test_names_begin_in_the_left_half_where_there_is_room() -> None:
    found = made(Form.LINE, {"a": tuple(range(20)), "b": tuple(range(20, 40))})
    drawing = draw(found, SCREEN, FONTS)
    assert all(dict(boxes(drawing))[name][0] < SCREEN.width * 0.6 for name in "ab")


def test_a_name_without_room_is_refused() -> None:
    long = "a name " * 20
    with pytest.raises(DrawingError) as caught:
        draw(made(Form.LINE, {"a": (1, 2), long.strip(): (2, 1)}), PAPER, FONTS)
    message = f"There is no room in the chart for the name '{long.strip()}'."
    assert str(caught.value) == message


# --- heat ---


def heat(rows: dict[str, tuple[float, ...]], size: Size = SCREEN) -> Drawing:
    return draw(made(Form.HEAT, rows), size, FONTS)


def cells(drawing: Drawing) -> list[tuple[str, str, str, str]]:
    """Every cell with the number in it: text, ink, ground, and how much of the ground."""
    found = []
    for path in elements(drawing, "path")[1:]:  # the first is the whole picture
        held = [text for text, box in placed(drawing) if meets(box, box_of(path))]
        (text,) = held
        own = path.attributes
        ink, ground = text.attributes["fill"], own["fill"]
        found.append((text.text(), ink[9:-1], ground[9:-1], own.get("opacity", "1")))
    return found


def test_a_grid_of_numbered_cells() -> None:
    found = cells(heat({"a": (0, 10, 20), "b": (40, 50, 60)}))
    assert found == [
        ("0", "ink", "", "1"),
        ("10", "ink", "accent", "0.12"),
        ("20", "ink", "accent", "0.24"),
        ("40", "ink", "accent", "0.48"),
        ("50", "paper", "accent", "0.82"),
        ("60", "paper", "accent", "1"),
    ]


def test_equal_cells_are_equally_light() -> None:
    assert {cell[1:3] for cell in cells(heat({"a": (7, 7), "b": (7, 7)}))} == {("ink", "")}


def test_a_heat_map_grows_with_its_rows() -> None:
    one, two = (heat(dict.fromkeys(names, (1, 2))) for names in ("a", "ab"))
    assert two.height - one.height == pytest.approx(
        chart_heat.ROW_HEIGHT * SCREEN.letters, abs=0.01
    )
    assert one.width == two.width == SCREEN.width
    # A row stands beside its name.
    places = dict(boxes(two))
    assert places["a"][3] < places["b"][1]
    assert places["a"][0] == places["b"][0] == pytest.approx(0)


@pytest.mark.parametrize("size", SIZES.values(), ids=list(SIZES))
@pytest.mark.parametrize("name", ["1000000000 or 2000000000", "all of their requests"])
def test_words_are_measured_as_they_are_set(size: Size, name: str) -> None:
    drawing = heat({name: (1, 2), "b": (3, 4)}, size)
    first = box_of(elements(drawing, "path")[1])
    assert first[0] - dict(boxes(drawing))[name][2] == pytest.approx(size.letters, rel=0.05)


@pytest.mark.parametrize("size", SIZES.values(), ids=list(SIZES))
def test_many_columns_are_counted_in_fives(size: Size) -> None:
    drawing = draw(made(Form.HEAT, {"load": (1, 2) * 20}, tuple(range(100, 140))), size, FONTS)
    check_words(drawing)
    below = [t for t in elements(drawing, "text") if t.attributes["fill"] == "var(--cb-ink-2)"]
    numbers = [t.text() for t in below if t.text().isdigit()]
    assert numbers == ["100", *map(str, range(104, 140, 5))]


def test_signs_and_thousands_in_cells() -> None:
    columns: Columns = {"x": (-1000, 2000), "a": (-1234.5, 10**6)}
    found = texts(draw(chart(Form.HEAT, "x", "a", columns), SCREEN, FONTS))
    assert {"−1,000", "2,000", "−1,234.5", "1,000,000"} <= set(found)


def test_cells_too_narrow_for_their_numbers_are_refused() -> None:
    for found in (
        made(Form.HEAT, {"a": (123456.0,) * 20}),
        made(Form.HEAT, {"name" * 30: (1, 2)}),
    ):
        with pytest.raises(DrawingError) as caught:
            draw(found, PAPER, FONTS)
        assert str(caught.value) == "The cells of the chart are too narrow for their numbers."


PHASES = (
    "x=1..11 nothing is stored; x=12..23 the key is stored; x=24..31 the money has moved; "
    "x=32..48 written down"
)


def banded(band: str, size: Size, names: tuple[str, ...] = ("new keys",)) -> Drawing:
    rows: Columns = dict.fromkeys(names, (1, 2) * 24)
    output = Output("a/b", {"x": tuple(range(1, 49)), **rows})
    found = parse(output, "heat", "x", ",".join(f"{name} (payments)" for name in names))
    assert isinstance(found, Chart), found
    found = with_options(found, output, {"band": band} if band else {})
    assert isinstance(found, Chart), found
    return draw(found, size, FONTS)


def brackets(drawing: Drawing) -> list[Box]:
    """The lines over the columns of each band."""
    return [box_of(path) for path in paths(drawing, fill="none", stroke="var(--cb-ink-2)")]


@pytest.mark.parametrize("size", SIZES.values(), ids=list(SIZES))
def test_a_bracket_holds_the_columns_of_a_band_and_bears_its_name(size: Size) -> None:
    plain, drawing = (banded(band, size, names=("new keys alone", "b")) for band in ("", PHASES))
    check_words(drawing)
    places = dict(boxes(drawing))
    row = [box for text, box in boxes(drawing) if text in "12"][:48]
    found = brackets(drawing)
    assert len(found) == 4
    shown = [["nothing is stored"], ["the key is stored"], ["the money", "has moved"],
             ["written down"]]  # fmt: skip
    for bracket, (first, last), lines in zip(
        found, [(1, 11), (12, 23), (24, 31), (32, 48)], shown, strict=True
    ):
        held = [n for n, b in enumerate(row, 1) if bracket[0] < (b[0] + b[2]) / 2 < bracket[2]]
        assert held == list(range(first, last + 1))
        assert bracket[3] < min(box[1] for box in row)
        for words in lines:
            left, top, right, bottom = places[words]
            assert bracket[0] < left
            assert right < bracket[2]
            assert bottom < bracket[1]
            assert top > places["payments"][3]
    assert places["the money"][3] < places["has moved"][1]
    # The rows stand where they stood, and the picture has grown.
    assert plain.width == drawing.width
    lines = 2 * 1.25
    assert drawing.height - plain.height == pytest.approx((0.6 + lines) * size.letters, abs=0.05)
    distance = [d.height - dict(boxes(d))["b"][3] for d in (plain, drawing)]
    assert distance[0] == pytest.approx(distance[1], abs=0.05)


@pytest.mark.parametrize("size", SIZES.values(), ids=list(SIZES))
@pytest.mark.parametrize(
    ("band", "lines"),
    [
        ("x=1..1 a long name at the left edge", ["a long name at the left edge"]),
        ("x=48..48 a long name at the right edge", ["a long name at the right edge"]),
        ("x=20..20 unbreakable", ["unbreakable"]),
        ("x=20..21 the window; x=22..23 it is written", ["the", "window", "it is", "written"]),
        ("x=22..23 it is written; x=20..21 the window", ["the", "window", "it is", "written"]),
        ("x=39..42 the window; x=48..48 it is written", ["the window", "it is written"]),
    ],
)
def test_names_over_few_columns_leave_neither_the_drawing_nor_their_columns(
    band: str, lines: list[str], size: Size
) -> None:
    drawing = banded(band, size)
    check_words(drawing)
    assert sorted(lines) == sorted(set(texts(drawing)) & set(lines))
    middles = [(bracket[0] + bracket[2]) / 2 for bracket in brackets(drawing)]
    for middle in middles:
        assert any(box[0] < middle < box[2] for text, box in boxes(drawing) if text in lines)


@pytest.mark.parametrize(
    ("band", "name"),
    [
        ("x=1..48 " + "a name " * 30, ("a name " * 30).strip()),
        ("x=46..47 the window; x=48..48 it is written", "the window"),
    ],
)
def test_a_name_without_room_over_its_columns_is_refused(band: str, name: str) -> None:
    with pytest.raises(DrawingError) as caught:
        banded(band, PAPER)
    assert str(caught.value) == f"There is no room in the chart for the name '{name}'."
