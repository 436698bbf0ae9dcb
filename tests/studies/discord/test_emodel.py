"""The simplified E-model against tables, and against the full one of G.107."""

from __future__ import annotations

import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mini_discord.emodel import BEST, CONCEALED, KNEE, PLAIN, opinion, rating, score

DELAYS, LOSSES = st.floats(0, 2000), st.floats(0, 100)


def test_the_best_call_has_the_rating_of_g107() -> None:
    assert rating(0) == BEST == 93.2
    assert round(opinion(0), 2) == 4.41
    assert (KNEE, CONCEALED, PLAIN) == (177.3, 25.1, 4.3)


@pytest.mark.parametrize(
    ("stands_for", "mean"),
    [(90, 4.34), (80, 4.03), (70, 3.60), (60, 3.10), (50, 2.58), (100, 4.5), (0, 1)],
)
def test_the_points_that_the_itu_prints(stands_for: float, mean: float) -> None:
    """Annex B of G.107: the borders between the classes of satisfaction, and both ends.

    For 80 its formula gives 4.024, and its table 4.03."""
    assert score(stands_for) == pytest.approx(mean, abs=0.0061 if stands_for == 80 else 0.0051)


LOST = (0, 0.5, 1, 2, 5, 10, 20, 40)  # percent
TABLE = {
    50: (4.38, 4.34, 4.30, 4.20, 3.87, 3.35, 2.57, 1.76),
    100: (4.36, 4.31, 4.26, 4.16, 3.82, 3.29, 2.51, 1.71),
    150: (4.33, 4.28, 4.23, 4.12, 3.77, 3.23, 2.44, 1.66),
    200: (4.23, 4.17, 4.11, 3.98, 3.60, 3.04, 2.25, 1.51),
    300: (3.71, 3.63, 3.54, 3.38, 2.93, 2.34, 1.62, 1.10),
    400: (3.05, 2.96, 2.86, 2.69, 2.23, 1.70, 1.17, 1.00),
}


@pytest.mark.parametrize(("delay", "loss"), [*itertools.product(TABLE, LOST)])
def test_the_scores_are_those_of_a_table(delay: int, loss: float) -> None:
    assert round(opinion(delay, loss), 2) == TABLE[delay][LOST.index(loss)]


@given(DELAYS, LOSSES, st.sampled_from([CONCEALED, PLAIN]), st.floats(0, 500), st.floats(0, 100))
def test_more_of_anything_bad_is_never_better(
    delay: float, loss: float, robust: float, later: float, more: float
) -> None:
    here = opinion(delay, loss, robust)
    assert 1 <= here <= 4.5
    assert opinion(delay + later, loss, robust) <= here + 1e-12
    assert opinion(delay, loss + more, robust) <= here + 1e-12
    assert opinion(delay, loss, PLAIN) <= opinion(delay, loss, CONCEALED)
    assert 0 <= rating(delay, loss, robust) <= BEST


@given(st.floats(0, 93.2), st.floats(0, 93.2))
def test_a_better_rating_is_no_worse_an_opinion(one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert 1 <= score(low) <= score(high) <= 4.5


def test_below_six_and_a_half_the_cubic_dips() -> None:
    """Its zeros beside 0 are those of R² - 160 R + 1000."""
    dip = 80 - math.sqrt(5400)
    assert dip == pytest.approx(6.515, abs=0.001)
    assert score(dip - 0.01) == score(3) == 1
    assert score(dip + 0.01) > 1


def test_delay_costs_what_the_text_says() -> None:
    """Without a step at the knee."""
    assert rating(0) - rating(KNEE) == pytest.approx(0.024 * KNEE)
    assert rating(KNEE) - rating(KNEE + 1) == pytest.approx(0.024 + 0.11)
    assert rating(KNEE - 1) - rating(KNEE) == pytest.approx(0.024)
    assert rating(KNEE - 1e-9) == pytest.approx(rating(KNEE + 1e-9), abs=1e-8)
    assert rating(2000) == 0


def test_at_a_loss_of_its_robustness_half_is_gone() -> None:
    for robust in (CONCEALED, PLAIN, 10):
        assert BEST - rating(0, robust, robust) == pytest.approx(95 / 2)


# -- The whole model, with its default values and the names of the recommendation

SLR, RLR, STMR, TELR, WEPL, LSTR = 8, 2, 15, 65, 110, 18
NC, NFOR, PS, PR, DS, QDU = -70, -64, 35, 35, 3, 1


def power(*levels: float) -> float:
    return 10 * math.log10(sum(10 ** (level / 10) for level in levels))


def noise() -> float:
    send = PS - SLR - DS - 100 + 0.004 * (PS - SLR - RLR - DS - 14) ** 2
    pre = PR + 10 * math.log10(1 + 10 ** ((10 - LSTR) / 10))
    receive = RLR - 121 + pre + 0.008 * (pre - 35) ** 2
    return power(NC, send, receive, NFOR + RLR)


NO = noise()
RO = 15 - 1.5 * (SLR + NO)


def simultaneous(t: float) -> float:
    olr = SLR + RLR + 0.2 * (64 + NO - RLR)
    iolr = 20 * ((1 + (olr / 8) ** 8) ** (1 / 8) - olr / 8)
    stmro = -power(-STMR, -TELR - 10 * t / 4 / math.log(10))
    ist = 12 * (1 + ((stmro - 13) / 6) ** 8) ** (1 / 8)
    ist -= 28 * (1 + ((stmro + 1) / 19.4) ** 35) ** (1 / 35)
    ist -= 13 * (1 + ((stmro - 3) / 33) ** 13) ** (1 / 13) - 29
    q = 37 - 15 * math.log10(QDU)
    g = 1.07 + 0.258 * q + 0.0602 * q * q
    y, z = (RO - 100) / 15 + 46 / 8.4 - g / 9, 46 / 30 - g / 40
    return iolr + ist + 15 * math.log10(1 + 10**y + 10**z)


def idte(t: float) -> float:
    if t < 1:
        return 0.0
    terv = TELR - 40 * math.log10((1 + t / 10) / (1 + t / 150)) + 6 * math.exp(-0.3 * t * t)
    apart = -1.5 * (NO - RLR) - (80 + 2.5 * (terv - 14))
    return (apart / 2 + math.sqrt(apart**2 / 4 + 100) - 1) * (1 - math.exp(-t))


def idle(t: float) -> float:
    apart = RO - 10.5 * (WEPL + 7) * (2 * t + 1) ** -0.25
    return apart / 2 + math.sqrt(apart**2 / 4 + 169)


def idd(t: float) -> float:
    if t <= 100:
        return 0.0
    x = math.log2(t / 100)
    return 25 * ((1 + x**6) ** (1 / 6) - 3 * (1 + (x / 3) ** 6) ** (1 / 6) + 2)


def full(t: float) -> float:
    """The rating of a call with this delay, of which its echoes have as much."""
    return RO - simultaneous(t) - idte(t) - idle(t) - idd(t)


def test_the_full_model_begins_where_the_itu_says() -> None:
    assert pytest.approx(-61.18, abs=0.005) == NO
    assert pytest.approx(94.77, abs=0.005) == RO
    assert simultaneous(0) == pytest.approx(1.41, abs=0.005)
    assert full(0) == pytest.approx(93.2, abs=0.01)


def test_two_lines_are_near_the_full_model_up_to_300_ms() -> None:
    """In the whole model, echo and all; of the terms for delay alone, Idd and Idte, by 1.1."""
    apart = {t / 10: rating(t / 10) - full(t / 10) for t in range(3001)}
    assert round(max(map(abs, apart.values())), 1) == 0.9
    assert max(apart, key=lambda t: abs(apart[t])) == KNEE, "too kind there"
    assert round(full(400) - rating(400), 1) == 3.1
    terms = [0.024 * t + 0.11 * max(0, t - KNEE) - idd(t) - idte(t) for t in apart]
    assert round(max(map(abs, terms)), 1) == 1.1
