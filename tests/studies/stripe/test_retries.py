"""The client's half, held against the library that it is taken from."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from itertools import product
from typing import Any
from unittest.mock import patch

import pytest
import stripe
from stripe._http_client import HTTPClient

from mini_stripe.retries import (
    BASE,
    CAP,
    MAX_RETRIES,
    full_jitter_delay,
    no_jitter_delay,
    sdk_delay,
    should_retry,
    with_retries,
)

LIBRARY = HTTPClient()

# -- What is worth a retry

STATUSES = range(100, 600)
ADVICE: dict[str | None, bool | None] = {
    None: None, "true": True, "false": False,
    # What is no advice, so the status decides.
    "": None, "True": None, "FALSE": None, "true ": None, "1": None, "0": None, "maybe": None,
}  # fmt: skip
LOCKED = {"error": {"code": "lock_timeout", "type": "invalid_request_error"}}
OTHER_BODIES: list[Any] = [
    None, {}, {"error": {}}, {"error": None}, {"error": []}, {"error": "lock_timeout"},
    {"error": {"code": None}}, {"error": {"code": "rate_limit"}}, {"code": "lock_timeout"},
    {"error": {"code": "idempotency_key_in_use"}}, {"error": {"type": "lock_timeout"}},
    {"message": "slow down"}, [], ["error"], "lock_timeout", b"<html>", 7,
]  # fmt: skip


def headers_of(advice: str | None) -> Iterator[dict[str, str]]:
    """A response with the advice, and with headers that must not matter."""
    advised = {} if advice is None else {"stripe-should-retry": advice}
    yield advised
    yield advised | {"request-id": "req_1", "retry-after": "3", "should-retry": "true"}


def responses() -> Iterator[tuple[int, str | None, dict[str, str], Any]]:
    for status, advice, body in product(STATUSES, ADVICE, [LOCKED, *OTHER_BODIES]):
        for headers in headers_of(advice):
            yield status, advice, headers, body


def library(status: int, headers: Mapping[str, str]) -> bool:
    return bool(LIBRARY._should_retry((b"", status, headers), None, 0, MAX_RETRIES))


def test_what_is_worth_a_retry(unmeasured: Any) -> None:
    """Every status, with every advice and every body, against the rules written as a table."""
    assert should_retry(409, {}, None), "one is measured; that shows what runs the chunk"
    with unmeasured():
        for status, advice, headers, body in responses():
            by_status = status in {409, *range(500, 600)} or (status, body) == (429, LOCKED)
            told = ADVICE[advice]
            expected = by_status if told is None else told
            assert should_retry(status, headers, body) is expected, (status, headers, body)


def test_a_retry_is_worth_it_where_the_library_retries() -> None:
    """But for a lock that timed out: the Ruby library repeats it, and the Python library does not.

    It does what the header says, or else it looks at the status only."""
    for status, advice in product(STATUSES, ADVICE):
        for headers in headers_of(advice):
            assert should_retry(status, headers) == library(status, headers), (status, headers)
    assert should_retry(429, {}, LOCKED)
    assert not library(429, {}), "this library repeats no 429"


def test_without_a_response_there_is_nobody_to_advise() -> None:
    """As for the library, where the failure was one of the connection."""
    lost = stripe.APIConnectionError("gone", should_retry=True)  # type: ignore[no-untyped-call]
    assert LIBRARY._should_retry(None, lost, 0, MAX_RETRIES)
    for advice, body in product(ADVICE, [LOCKED, *OTHER_BODIES]):
        for headers in headers_of(advice):
            assert should_retry(None, headers, body)


# -- How long it waits


def test_the_numbers_are_the_librarys() -> None:
    assert stripe.max_network_retries == MAX_RETRIES
    assert HTTPClient.INITIAL_DELAY == BASE
    assert HTTPClient.MAX_DELAY == CAP
    assert not LIBRARY._should_retry((b"", 500, {}), None, MAX_RETRIES, MAX_RETRIES)


DRAWS = [n / 64 for n in range(65)]


@pytest.mark.parametrize("retry", range(1, 41))
def test_the_wait_is_the_librarys(retry: int) -> None:
    for u in DRAWS:
        with patch.object(random, "uniform", lambda low, high, u=u: low + (high - low) * u):
            assert sdk_delay(retry, u) == LIBRARY._sleep_time_seconds(retry)


BOUNDS = {1: (0.5, 0.5), 2: (0.5, 1), 3: (1, 2), 4: (2, 4), 5: (2.5, 5), 6: (2.5, 5), 9: (2.5, 5)}


@pytest.mark.parametrize("retry", BOUNDS)
def test_the_wait_has_its_bounds(retry: int) -> None:
    least, longest = BOUNDS[retry]
    assert (sdk_delay(retry, 0), sdk_delay(retry, 1)) == (least, longest)
    for u in DRAWS:
        assert least <= sdk_delay(retry, u) <= longest
        assert no_jitter_delay(retry, u) == longest
        assert full_jitter_delay(retry, u) == longest * u


def test_the_step_doubles_up_to_its_cap() -> None:
    assert [no_jitter_delay(retry, 0) for retry in range(1, 8)] == [0.5, 1, 2, 4, 5, 5, 5]
    assert no_jitter_delay(1000, 0) == 5


def test_the_first_wait_is_the_same_for_everybody() -> None:
    assert {sdk_delay(1, u) for u in DRAWS} == {BASE}


# -- The loop

OUTCOMES: dict[str, tuple[int | None, dict[str, str], Any]] = {
    "lost": (None, {}, None),
    "done": (200, {}, "paid"),
    "done, again": (200, {"stripe-should-retry": "true"}, None),
    "refused": (402, {}, None),
    "in use": (409, {}, None),
    "limited": (429, {}, None),
    "locked": (429, {}, LOCKED),
    "stored": (500, {"stripe-should-retry": "false"}, None),
    "busy": (503, {}, None),
}
RETRIED = {"lost", "done, again", "in use", "locked", "busy"}


def sent(names: tuple[str, ...]) -> tuple[Any, int, list[float], int]:
    """What the client returns; how often it sends, its waits, and how often it draws."""
    left, drawn, slept = [*names], [0.25, 0.75], list[float]()
    got = with_retries(lambda: OUTCOMES[left.pop(0)], slept.append, lambda: drawn.pop(0))
    return got, len(names) - len(left), slept, 2 - len(drawn)


def test_a_client_sends_as_long_as_it_is_worth_it_and_three_times_at_most() -> None:
    """It draws and waits before each retry, and not after the last outcome."""
    for names in product(OUTCOMES, repeat=3):
        retries = 0
        while retries < 2 and names[retries] in RETRIED:
            retries += 1
        expected = OUTCOMES[names[retries]], retries + 1, [0.5, 0.875][:retries], retries
        assert sent(names) == expected, names
