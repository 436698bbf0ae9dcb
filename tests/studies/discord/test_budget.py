"""The budget of a call, and the cities that can share one, each computed a second time."""

from __future__ import annotations

import itertools
import math

import pytest
from readings import says, stored

from discord_lab import budget

PAGE = "quality.md"
PARTS = ["mic", "codec", "up", "server", "down", "buffer", "play"]
KM = {"one city": 0, "New York–London": 5570, "Sydney–London": 16994}


def test_what_is_stored_is_what_is_computed() -> None:
    """To six digits."""
    for name, made in (("budget", budget.budget()), ("distances", budget.distances())):
        kept = stored(name)
        for key, value in {**kept["columns"], **kept["values"]}.items():
            assert made[key] == (value if key in ("part", "to") else pytest.approx(value, rel=1e-5))
        assert {*made} == {*kept["columns"], *kept["values"]}


# -- The budget


@pytest.mark.parametrize("call", KM)
def test_each_sum_is_the_last_one_and_a_part(call: str) -> None:
    leg = KM[call] * 4.9 * 1.5 / 1000 / 2
    columns = stored("budget")["columns"]
    assert columns["part"] == PARTS
    steps = [after - before for before, after in itertools.pairwise([0, *columns[call]])]
    assert steps == pytest.approx([10, 26.5, leg, 1, leg, 40, 10], abs=2e-3)
    assert columns[call] == sorted(columns[call])


def test_the_parts_that_depend_on_nothing_are_those_of_their_lists() -> None:
    """From 68 to 138 ms, and 88 to 98 with a buffer of 40 ms, to the nearest millisecond."""
    values = stored("budget")["values"]
    least, most = 10 + 26.5 + 1 + 20 + 10, 10 + 26.5 + 1 + 80 + 20
    assert (values["fixed least"], values["fixed most"]) == (least, most) == (67.5, 137.5)
    assert values["left most"] == 150 - (least + 20) == 62.5
    assert values["left least"] == 150 - (least + 20 + 10) == 52.5
    assert values["one city in all"] == least + 20
    for low, drawn, high in budget.PARTS.values():
        assert low <= drawn <= high
    assert says(PAGE, "`68 ms <discord-fixed-least>` to {metric}`138 ms <discord-fixed-most>`")
    assert says(PAGE, "`52 ms <discord-left-least>` to {metric}`62 ms <discord-left-most>`")


def test_what_is_left_is_a_distance() -> None:
    values = stored("budget")["values"]
    for end in ("least", "most"):
        assert budget.way(values[f"reach {end}"]) == pytest.approx(values[f"left {end}"], rel=1e-5)
    assert [round(values[f"reach {end}"], -2) for end in ("least", "most")] == [7100, 8500]
    assert says(PAGE, "7,100 to 8,500 km")


def test_sydney_and_london_are_late_before_the_buffer() -> None:
    columns, values = stored("budget")["columns"], stored("budget")["values"]
    sums = {call: dict(zip(PARTS, columns[call], strict=True)) for call in KM}
    assert sums["Sydney–London"]["server"] < 150 < sums["Sydney–London"]["down"]
    assert all(values[f"{call} in all"] == sums[call]["play"] for call in KM)
    assert values["New York–London in all"] + 10 < 150, "with the longest playout too"
    told = [(round(sums[call]["down"], 1), round(values[f"{call} in all"], 1)) for call in KM]
    assert told == [(37.5, 87.5), (78.4, 128.4), (162.4, 212.4)]
    assert says(PAGE, "37.5 ms before the buffer and 87.5 at the end")
    assert says(
        PAGE, "78 before the buffer and 128 at the end, between Sydney and London 162 and 212"
    )


# -- The cities


def on_a_ball(one: str, other: str) -> float:
    """The km between two cities, by the angle between two vectors."""

    def vector(city: str) -> tuple[float, float, float]:
        north, east = (math.radians(degrees) for degrees in budget.CITIES[city][1:])
        return (
            math.cos(north) * math.cos(east),
            math.cos(north) * math.sin(east),
            math.sin(north),
        )

    dot = sum(a * b for a, b in zip(vector(one), vector(other), strict=True))
    return 6371 * math.acos(min(1.0, dot))


@pytest.mark.parametrize(
    ("one", "other", "km", "light"),
    [
        ("New York", "London", 5570, 27),
        ("Los Angeles", "Tokyo", 8817, 43),
        ("Singapore", "Frankfurt", 10258, 50),
        ("Sydney", "London", 16994, 83),
    ],
)
def test_the_distances_are_those_of_a_table(one: str, other: str, km: int, light: int) -> None:
    assert budget.distance(one, other) == pytest.approx(km, rel=0.01)
    assert budget.way(budget.distance(one, other)) / 1.5 == pytest.approx(light, abs=0.5)
    if f"{one}–{other}" in KM:
        assert budget.CALLS[f"{one}–{other}"] == KM[f"{one}–{other}"] == km


def test_the_distance_is_one_of_a_ball() -> None:
    for one, other in itertools.product(budget.CITIES, repeat=2):
        km = budget.distance(one, other)
        assert km == pytest.approx(on_a_ball(one, other), abs=0.1)
        assert km == pytest.approx(budget.distance(other, one))
        assert (km == 0) == (one == other)
        assert km <= math.pi * 6371
        for third in budget.CITIES:
            assert km <= budget.distance(one, third) + budget.distance(third, other) + 1e-6


def test_the_cells_are_the_ways_in_whole_milliseconds() -> None:
    columns = stored("distances")["columns"]
    codes = {code: city for city, (code, _, _) in budget.CITIES.items()}
    assert columns["to"] == [*codes]
    rows = [name for name in columns if name != "to"]
    assert [*budget.CITIES] == [*rows[:3], "London", "Frankfurt", *rows[3:]]
    for row in rows:
        assert columns[row] == pytest.approx(
            [on_a_ball(row, codes[code]) * 4.9 * 1.5 / 1000 for code in columns["to"]], abs=0.51
        )
    assert round(budget.way(on_a_ball("London", "Frankfurt"))) == 5
    assert says(PAGE, "The rows of London and Frankfurt are left out; they’re 5 ms apart.")


def test_which_pairs_miss_the_target() -> None:
    values = stored("distances")["values"]
    pairs = {pair: on_a_ball(*pair) for pair in itertools.combinations(budget.CITIES, 2)}
    reach = stored("budget")["values"]["reach most"]
    late = {pair for pair, km in pairs.items() if km > reach}
    never = {pair for pair, km in pairs.items() if km > reach * 1.5}
    assert never < late
    assert (values["pairs"], values["too far"]) == (len(pairs), len(late)) == (28, 20)
    assert values["too far straight"] == len(never) == 8
    assert says(PAGE, "Of 28 calls between two of these cities")
    assert {*pairs} - late == {
        ("Los Angeles", "New York"),
        ("New York", "São Paulo"),
        ("New York", "London"),
        ("New York", "Frankfurt"),
        ("London", "Frankfurt"),
        ("Singapore", "Tokyo"),
        ("Singapore", "Sydney"),
        ("Tokyo", "Sydney"),
    }
    over = {pair: budget.way(km - reach) for pair, km in pairs.items()}
    assert min(over[pair] for pair in late) == over["Los Angeles", "London"]
    assert round(over["Los Angeles", "London"]) == 2
    assert round(over["London", "Sydney"]) == 62
    assert says(PAGE, "Los Angeles and London miss by 2 ms")
    assert says(PAGE, "Sydney and London miss by 62.")


def test_the_words_below_the_map_are_its_cells() -> None:
    columns = stored("distances")["columns"]

    def cell(row: str, to: str) -> int:
        return int(columns[row][columns["to"].index(to)])

    assert says(PAGE, f"Los Angeles to New York {cell('Los Angeles', 'NYC')}, New York to London "
                f"{cell('New York', 'LON')} and to Frankfurt {cell('New York', 'FRA')}, Singapore "
                f"to Tokyo {cell('Singapore', 'TYO')} and to Sydney {cell('Singapore', 'SYD')}, "
                f"New York to São Paulo {cell('New York', 'SAO')} and Tokyo to Sydney "
                f"{cell('Tokyo', 'SYD')} fit.")  # fmt: skip
    assert says(PAGE, f"Between Los Angeles and London it’s {cell('Los Angeles', 'LON')}, "
                f"Los Angeles and Tokyo {cell('Los Angeles', 'TYO')}, Singapore and Frankfurt "
                f"{cell('Singapore', 'FRA')}, Sydney and London {cell('Sydney', 'LON')}, and São "
                f"Paulo and Tokyo {cell('São Paulo', 'TYO')}.")  # fmt: skip
