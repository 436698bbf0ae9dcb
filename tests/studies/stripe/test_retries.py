"""The client's half, held against the library that it is taken from."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any
from unittest.mock import patch

import pytest
import stripe
from hypothesis import given, settings
from hypothesis import strategies as st
from stripe._http_client import HTTPClient

from mini_stripe.retries import (
    BASE,
    CAP,
    MOST,
    full_jitter,
    no_jitter,
    persist,
    sdk,
    step,
    worth_it,
)

quick = settings(max_examples=150)
LIBRARY = HTTPClient()

STATUSES = st.sampled_from([200, 301, 400, 401, 402, 404, 408, 409, 424, 429, 499, 500, 502, 503])
SAID = st.sampled_from(["true", "false", "True", "FALSE", "", "1", "maybe", "true "])
HEADERS = st.fixed_dictionaries(
    {"request-id": st.just("req_1")},
    optional={"stripe-should-retry": SAID | st.text(max_size=5), "retry-after": st.just("3")},
)
CODES = st.sampled_from([None, "rate_limit", "lock_timeout", "idempotency_key_in_use", ""])
BODIES: st.SearchStrategy[Any] = st.sampled_from([None, {"error": {}}]) | CODES.map(
    lambda code: {"error": {"code": code}}
)


def library(status: int, headers: Mapping[str, str]) -> bool:
    return bool(LIBRARY._should_retry((b"", status, headers), None, 0, MOST))


@given(status=STATUSES | st.integers(100, 599), headers=HEADERS, body=BODIES)
@quick
def test_a_repeat_is_worth_it_where_the_library_repeats(
    status: int, headers: dict[str, str], body: Any
) -> None:
    """But for a lock that timed out: the Ruby library repeats it, and the Python library does not.

    It does what the header says, or else it looks at the status only."""
    expected = library(status, headers)
    if status == 429 and body and body["error"].get("code") == "lock_timeout":
        expected = expected or headers.get("stripe-should-retry") != "false"
    assert worth_it(status, headers, body) == expected


def test_the_header_overrules_the_status_in_both_directions() -> None:
    for status in range(100, 600):
        assert worth_it(status, {"stripe-should-retry": "true"})
        assert not worth_it(status, {"stripe-should-retry": "false"})


def test_a_lock_that_timed_out_is_worth_a_repeat() -> None:
    locked = {"error": {"code": "lock_timeout"}}
    assert worth_it(429, {}, locked)
    assert not worth_it(429, {"stripe-should-retry": "false"}, locked)
    assert not worth_it(429, {}, {"error": {"code": "rate_limit"}})
    assert not worth_it(429, {})
    assert not worth_it(400, {}, locked)
    assert not library(429, {}), "this library repeats no 429"


@pytest.mark.parametrize(
    "body",
    [
        {}, {"message": "slow down"}, {"error": "slow down"}, {"error": None}, {"error": []},
        [], ["error"], "slow down", b"<html>", 7,
    ],
    ids=repr,
)  # fmt: skip
def test_a_429_that_is_not_stripes_is_not_worth_it(body: Any) -> None:
    """A proxy before the API answers as it likes, and the client must not fail at it."""
    assert not worth_it(429, {}, body)


def test_no_answer_is_worth_a_repeat() -> None:
    """As for the library, where the failure was one of the line."""
    lost = stripe.APIConnectionError("gone", should_retry=True)  # type: ignore[no-untyped-call]
    assert LIBRARY._should_retry(None, lost, 0, MOST)
    assert worth_it(None, {})
    assert worth_it(None, {"stripe-should-retry": "false"}), "there was nobody to say it"


def test_the_numbers_are_the_librarys() -> None:
    assert stripe.max_network_retries == MOST
    assert HTTPClient.INITIAL_DELAY == BASE
    assert HTTPClient.MAX_DELAY == CAP
    assert not LIBRARY._should_retry((b"", 500, {}), None, MOST, MOST)


@given(retry=st.integers(1, 40), dice=st.floats(0, 1))
@quick
def test_the_wait_is_the_librarys(retry: int, dice: float) -> None:
    with patch.object(random, "uniform", lambda low, high: low + (high - low) * dice):
        assert sdk(retry, dice) == LIBRARY._sleep_time_seconds(retry)


@given(
    answers=st.lists(
        st.tuples(st.none() | STATUSES, HEADERS, BODIES), min_size=MOST + 1, max_size=MOST + 1
    ),
    dice=st.lists(st.floats(0, 1), min_size=MOST, max_size=MOST),
)
@quick
def test_a_client_asks_as_often_as_it_is_worth_it_and_twice_more_at_most(
    answers: list[Any], dice: list[float]
) -> None:
    """It waits before each repeat, and not after the last answer."""
    left, thrown, slept = iter(answers), iter(dice), list[float]()
    got = persist(lambda: next(left), slept.append, lambda: next(thrown))
    sent = len(answers) - len([*left])
    assert got == answers[sent - 1]
    assert all(worth_it(*answer) for answer in answers[: sent - 1])
    assert sent == MOST + 1 or not worth_it(*got)
    assert slept == [sdk(retry, dice[retry - 1]) for retry in range(1, sent)]


def test_a_client_gives_up_after_its_last_repeat() -> None:
    slept = list[float]()
    sent = [(500, dict[str, str](), None)] * 9
    assert persist(sent.pop, slept.append, lambda: 1.0) == (500, {}, None)
    assert (len(sent), slept) == (9 - MOST - 1, [0.5, 1.0])


BOUNDS = {1: (0.5, 0.5), 2: (0.5, 1), 3: (1, 2), 4: (2, 4), 5: (2.5, 5), 6: (2.5, 5), 9: (2.5, 5)}


@pytest.mark.parametrize("retry", BOUNDS)
@given(dice=st.floats(0, 1))
@quick
def test_the_wait_has_its_bounds(retry: int, dice: float) -> None:
    least, most = BOUNDS[retry]
    assert least <= sdk(retry, dice) <= most
    assert (sdk(retry, 0), sdk(retry, 1)) == (least, most)
    assert 0 <= full_jitter(retry, dice) <= most == no_jitter(retry, dice)
    assert full_jitter(retry, dice) == pytest.approx(most * dice)


def test_the_step_doubles_up_to_its_cap() -> None:
    assert [step(retry) for retry in range(1, 8)] == [0.5, 1, 2, 4, 5, 5, 5]
    assert step(1000) == 5


@given(dice=st.floats(0, 1), other=st.floats(0, 1))
@quick
def test_the_first_wait_is_the_same_for_everybody(dice: float, other: float) -> None:
    assert sdk(1, dice) == sdk(1, other) == BASE
