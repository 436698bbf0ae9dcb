"""Recorded texts: what differs on each run is made the same, and nothing else is touched."""

from __future__ import annotations

import re

import pytest
from casebook.core.literate.settled import settled
from hypothesis import example, given
from hypothesis import strategies as st


@pytest.mark.parametrize(
    ("recorded", "stored"),
    [
        ('{"id": "ch_1NxxYZ2eZvKYlo2C"}', '{"id": "ch_1"}'),
        ("Request-Id: req_7d3d217d3c0a2a62", "Request-Id: req_1"),
        # All letters of hex, which chance may give.
        ("req_abcdefabcdefabcd", "req_1"),
        ("Bearer sk_test_8d969eef6ecad3c29a3a629280", "Bearer sk_test_1"),
        ("re_11111111 ch_22222222 re_33333333 re_11111111", "re_1 ch_1 re_2 re_1"),
        # A name that the program itself has given is not given twice.
        ("ch_1 paid, ch_99999999 not", "ch_1 paid, ch_2 not"),
        ("Date: Mon, 30 Nov 2026 08:29:44 GMT", "Date: Thu, 01 Jan 2026 00:00:00 GMT"),
        ("at 2026-11-30T08:29:44Z", "at 2026-01-01T00:00:00Z"),
        ("2026-11-30T08:29:44.123456+02:00 x", "2026-01-01T00:00:00Z x"),
        ("2026-11-30 08:29:44 x", "2026-01-01T00:00:00Z x"),
        ('{"created": 1796027384, "n": 1}', '{"created": 1767225600, "n": 1}'),
        ('{"expires_at":1796027384}', '{"expires_at":1767225600}'),
    ],
)
def test_what_differs_is_settled(recorded: str, stored: str) -> None:
    assert settled(recorded) == stored


@pytest.mark.parametrize(
    "text",
    [
        "Idempotency-Key: cart-17",
        "amount=500&currency=eur&source=tok_visa",
        '{"type": "idempotency_error", "code": "charge_already_refunded"}',
        "ch_1 evt_12 acct_1 row_created payment_intent_succeeded",
        "Stripe-Version: 2026-09-30.endive",
        '{"amount": 1796027384, "last4": "4242", "latest": 1796027384}',
        '{"created": 0}',
        "cart-ch_12345678 xch_12345678_y",
        "",
    ],
)
def test_what_is_the_same_each_time_stays(text: str) -> None:
    assert settled(text) == text


PIECES = st.sampled_from(
    [
        "ch_", "req_", "a_b_", "1Nxx99YZ", "12345678", "abcdefabcdefabcd", "1", "2", " ", "-", '"',
        "2026-11-30T08:29:44", ".5", "Z", "+02:00", "Mon, 30 Nov 2026 08:29:44 GMT", "_", "visa",
        '"created": ', '"x_at":', "1796027384", "\n",
    ]
)  # fmt: skip
TEXTS = st.lists(PIECES | st.text(max_size=3), max_size=12).map("".join)


@given(TEXTS)
@example("ch_12345678 ch_1")
def test_settled_twice_is_settled_once(text: str) -> None:
    assert settled(settled(text)) == settled(text)


@given(st.lists(st.from_regex(r"\A[a-z]{1,3}_[0-9a-f]{1,12}\Z"), max_size=8))
def test_equal_ids_stay_equal_and_others_apart(ids: list[str]) -> None:
    after = settled(" ".join(ids)).split()
    assert len(after) == len(ids)
    assert len(set(zip(ids, after, strict=True))) == len(set(ids)) == len(set(after))
    assert [re.sub("_.*", "", one) for one in ids] == [re.sub("_.*", "", one) for one in after]
