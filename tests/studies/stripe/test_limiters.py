"""Four limiters, each against a second account of the same rule, and what stands around them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import product
from math import ceil
from threading import Barrier, Lock, Thread
from time import sleep
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mini_stripe.idempotency import Refusal
from mini_stripe.limiters import CLASSES, InFlight, Limited, Limits, Shedder, TokenBucket

quick = settings(max_examples=120)

# -- Rate

USERS = st.sampled_from(["ann", "bob"])
STEPS = st.integers(-64, 1024).map(lambda n: n / 16) | st.sampled_from([0.0, 1.0, 0.0625])
SCHEDULES = st.lists(st.tuples(USERS, STEPS), max_size=60)
RATES = st.integers(1, 80).map(lambda n: n / 8)
SIZES = st.integers(0, 80).map(lambda n: n / 8)


@dataclass
class Arrivals:
    """The same limit in other words: each grant books a place on a line of future times.

    A user may be ahead of time by as much as the whole bucket but one is worth."""

    rate: Fraction
    capacity: Fraction
    booked: dict[str, Fraction] = field(default_factory=dict)
    latest: dict[str, Fraction] = field(default_factory=dict)

    def take(self, user: str, at: float) -> bool:
        now = max(Fraction(at), self.latest.get(user, Fraction(at)))
        self.latest[user] = now
        free = max(self.booked.get(user, now), now)
        if free - now > (self.capacity - 1) / self.rate or self.capacity < 1:
            return False
        self.booked[user] = free + 1 / self.rate
        return True


@given(schedule=SCHEDULES, rate=RATES, capacity=SIZES)
@settings(quick, max_examples=300)
def test_the_bucket_agrees_with_exact_arithmetic(
    schedule: list[tuple[str, float]], rate: float, capacity: float
) -> None:
    """On numbers that a float holds exactly, grant for grant; clocks may go back."""
    bucket = TokenBucket(rate, capacity)
    oracle, now = Arrivals(Fraction(rate), Fraction(capacity)), 0.0
    for user, step in schedule:
        now += step
        assert bucket.take(user, now) == oracle.take(user, now)
        tokens, then = bucket.levels[user]
        assert 0 <= tokens <= capacity
        assert Fraction(then) == oracle.latest[user]
        spent = (oracle.booked.get(user, Fraction(then)) - Fraction(then)) * oracle.rate
        assert Fraction(tokens) == Fraction(capacity) - max(spent, Fraction(0))


FLOATS = st.floats(0, 20, allow_subnormal=False)


@given(steps=st.lists(FLOATS | st.just(0.0), max_size=60), rate=st.floats(0.01, 200), size=FLOATS)
@quick
def test_no_window_gets_more_than_the_capacity_and_the_rate(
    steps: list[float], rate: float, size: float
) -> None:
    bucket, now, grants = TokenBucket(rate, size), 0.0, []
    for step in steps:
        now += step / rate
        if bucket.take("ann", now):
            grants.append(now)
        assert 0 <= bucket.levels["ann"][0] <= size
    for first, start in enumerate(grants):
        for last in range(first, len(grants)):
            window = grants[last] - start
            assert last - first + 1 <= size + rate * window + 1e-6


@given(steps=st.lists(STEPS, max_size=60), rate=RATES, capacity=SIZES)
@quick
def test_a_clock_that_goes_back_adds_no_tokens(
    steps: list[float], rate: float, capacity: float
) -> None:
    """What the bucket grants is what it grants to the latest time that anybody has shown it."""
    bucket, honest, now, latest = TokenBucket(rate, capacity), TokenBucket(rate, capacity), 0.0, 0.0
    for step in steps:
        now += step
        latest = max(latest, now) if bucket.levels else now
        before, _ = bucket.levels.get("ann", (capacity, now))
        assert bucket.take("ann", now) == honest.take("ann", latest)
        if now < latest:
            assert bucket.levels["ann"][0] <= before
        assert bucket.levels == honest.levels


def test_a_clock_that_was_ahead_starves_its_users_once_it_is_right() -> None:
    bucket = TokenBucket(rate=1, capacity=1)
    assert [bucket.take("ann", second + 3600) for second in range(3)] == [True] * 3
    assert not any(bucket.take("ann", second) for second in range(3, 3600 + 3))
    assert bucket.take("ann", 3600 + 3)


@given(schedule=SCHEDULES, rate=RATES, capacity=SIZES)
@quick
def test_users_do_not_share_a_bucket(
    schedule: list[tuple[str, float]], rate: float, capacity: float
) -> None:
    shared, now = TokenBucket(rate, capacity), 0.0
    alone: dict[str, TokenBucket] = {}
    for user, step in schedule:
        now += step
        own = alone.setdefault(user, TokenBucket(rate, capacity))
        assert shared.take(user, now) == own.take(user, now)


def test_the_settings_of_the_sample() -> None:
    """500 at once, then 100 a second; a long rest gives no more than 500."""
    bucket = TokenBucket()
    assert sum(bucket.take("ann", 0) for _ in range(1000)) == 500
    assert sum(bucket.take("ann", 1) for _ in range(1000)) == 100
    assert sum(bucket.take("ann", 10**6) for _ in range(1000)) == 500
    assert bucket.take("bob", 0)


def test_two_dataclasses_share_nothing() -> None:
    assert TokenBucket().levels is not TokenBucket().levels
    assert InFlight().running is not InFlight().running
    for name in ("lock", "disabled", "dry_run", "refused", "failed", "bucket", "user", "shedder"):
        assert getattr(Limits(), name) is not getattr(Limits(), name)
    assert Limits().fleet.limit == 160
    assert Limits().user.limit == 100


# -- Concurrency

MOVES = st.lists(
    st.tuples(
        st.sampled_from(["enter", "enter", "leave", "wait"]),
        USERS,
        st.integers(0, 5),
        st.sampled_from([0, 1, 29, 30, 59, 60, 61]),
    ),
    max_size=60,
)


@given(moves=MOVES, limit=st.integers(0, 3))
@settings(quick, max_examples=300)
def test_slots_are_taken_given_back_and_forgotten(
    moves: list[tuple[str, str, int, int]], limit: int
) -> None:
    slots, now, log = InFlight(limit), 0, list[tuple[str, str, int]]()
    for what, user, number, seconds in moves:
        name = f"{number}"
        if what == "wait":
            now += seconds
        elif what == "leave":
            slots.leave(user, name)
            log = [one for one in log if one[:2] != (user, name)]
        elif (user, name) not in [one[:2] for one in log]:  # a request enters once
            under_way = [one for one in log if one[0] == user and now - one[2] < 60]
            assert slots.enter(user, name, now) == (len(under_way) < limit)
            if len(under_way) < limit:
                log.append((user, name, now))
            assert len(slots.running[user]) <= limit
            assert set(slots.running[user]) == {
                one[1] for one in log if one[0] == user and now - one[2] < 60
            }


def test_never_more_than_the_limit_and_leaving_frees() -> None:
    slots = InFlight()
    assert [slots.enter("ann", f"{number}", 0) for number in range(102)] == [True] * 100 + [
        False
    ] * 2
    assert slots.enter("bob", "0", 0)
    slots.leave("ann", "17")
    assert slots.enter("ann", "100", 1)
    assert not slots.enter("ann", "101", 1)


def test_a_slot_is_forgotten_after_a_minute() -> None:
    slots = InFlight(1)
    assert slots.enter("ann", "dead", 0)
    assert not slots.enter("ann", "a", 59.9)
    assert slots.enter("ann", "b", 60)
    slots.leave("ann", "dead")  # it lives after all, and takes nobody's slot with it
    assert not slots.enter("ann", "c", 60)
    slots.leave("ann", "b")
    assert slots.enter("ann", "c", 60)


def test_leaving_twice_or_without_having_entered_is_harmless() -> None:
    slots = InFlight(1)
    slots.leave("ann", "a")
    assert slots.enter("ann", "a", 0)
    slots.leave("bob", "a")
    slots.leave("ann", "b")
    assert not slots.enter("ann", "b", 0)
    for _ in range(2):
        slots.leave("ann", "a")
    assert slots.enter("ann", "b", 0)
    slots.leave("ann", "a")
    assert not slots.enter("ann", "c", 0)


# -- Shedding

LOADS = st.lists(
    st.tuples(st.sampled_from([0, 0.35, 0.69, 0.7, 0.75, 0.8, 0.9, 1]) | st.floats(0, 1),
              st.floats(0, 60)),
    max_size=40,
)  # fmt: skip


def chances(shedder: Shedder) -> list[float]:
    return [shedder.chance(kind) for kind in CLASSES]


def leveled(level: float) -> Shedder:
    shedder = Shedder()
    shedder.level = level
    return shedder


def fed(shedder: Shedder, busy: float, start: int, end: int) -> Shedder:
    """The shedder after so many seconds of this load."""
    for second in range(start, end + 1):
        shedder.observe(busy, second)
    return shedder


@given(loads=LOADS, rest=st.sampled_from([-28 / 120, -1.0, 0.0]))
@quick
def test_the_level_and_the_chances_keep_their_bounds(
    loads: list[tuple[float, float]], rest: float
) -> None:
    shedder, now = Shedder(rest), 0.0
    assert chances(shedder) == [0, 0, 0, 0]
    for busy, seconds in loads:
        now += seconds
        before = shedder.level
        shedder.observe(busy, now)
        assert rest <= shedder.level <= 1
        assert abs(shedder.level - before) <= seconds / 120 + 1e-9
        assert all(0 <= chance <= 1 for chance in chances(shedder))
        assert chances(shedder) == sorted(chances(shedder), reverse=True), "test mode goes first"
        if busy < 0.7:
            assert shedder.level <= before
        elif busy < 0.8:
            assert shedder.level == before
        else:
            assert shedder.level >= before
        shed = [chance for chance in chances(shedder) if 0 < chance < 1]
        assert len(shed) <= 1, "a class is reached when the one before it is all gone"


@given(steps=st.lists(st.floats(0, 8), max_size=20))
@quick
def test_nothing_is_shed_in_the_first_28_seconds(steps: list[float]) -> None:
    shedder, now = Shedder(), 0.0
    shedder.observe(1, 0)
    for step in steps:
        if now + step < 27:
            now += step
            shedder.observe(1, now)
            assert chances(shedder) == [0, 0, 0, 0]
    assert chances(fed(shedder, 1, ceil(now), 28)) == pytest.approx([0] * 4, abs=1e-9)
    assert chances(fed(shedder, 1, 28, 29)) == pytest.approx([1 / 30, 0, 0, 0])


@pytest.mark.parametrize(
    ("second", "shed"),
    [
        (28, [0, 0, 0, 0]), (43, [0.5, 0, 0, 0]), (58, [1, 0, 0, 0]), (73, [1, 0.5, 0, 0]),
        (88, [1, 1, 0, 0]), (118, [1, 1, 1, 0]), (133, [1, 1, 1, 0.5]), (148, [1, 1, 1, 1]),
        (600, [1, 1, 1, 1]),
    ],
)  # fmt: skip
def test_the_classes_go_one_after_the_other(second: int, shed: list[float]) -> None:
    assert chances(fed(Shedder(), 1, 0, second)) == pytest.approx(shed, abs=1e-9)


@pytest.mark.parametrize("busy", [0.7, 0.75, 0.79])
@pytest.mark.parametrize("loaded", [0, 28, 60, 148])
def test_in_the_dead_zone_nothing_moves(busy: float, loaded: int) -> None:
    shedder = fed(Shedder(), 1, 0, loaded)
    before = shedder.level
    assert fed(shedder, busy, loaded, loaded + 500).level == before


def test_idle_workers_pull_the_level_down_as_fast_as_busy_ones_push_it_up() -> None:
    shedder = fed(Shedder(), 1, 0, 148)
    assert shedder.level == pytest.approx(1)
    assert chances(fed(shedder, 0, 148, 148 + 60)) == pytest.approx([1, 1, 0, 0], abs=1e-9)
    assert chances(fed(shedder, 0, 208, 208 + 60)) == pytest.approx([0, 0, 0, 0], abs=1e-9)
    assert fed(shedder, 0, 268, 268 + 29).level == Shedder.rest
    assert chances(fed(shedder, 1, 297, 297 + 27)) == [0, 0, 0, 0], "the grace is back"


def test_a_long_overload_is_over_as_soon_as_a_short_one() -> None:
    shedder = fed(Shedder(), 1, 0, 10_000)
    assert shedder.level == 1
    assert chances(fed(shedder, 0, 10_000, 10_120)) == pytest.approx([0, 0, 0, 0], abs=1e-9)


def test_half_a_load_pulls_more_slowly() -> None:
    down = fed(fed(Shedder(), 1, 0, 148), 0.35, 148, 268)
    assert down.level == pytest.approx(0.5)
    up = fed(Shedder(0), 0.9, 0, 60)
    assert up.level == pytest.approx(0.25)


def test_the_division_of_integers_waits_for_two_minutes() -> None:
    shedder = Shedder(-28 // 120)
    assert shedder.rest == -1
    assert chances(fed(shedder, 1, 0, 119)) == [0, 0, 0, 0]
    assert chances(fed(shedder, 1, 119, 120)) == pytest.approx([0, 0, 0, 0], abs=1e-9)
    assert chances(fed(shedder, 1, 120, 121)) == pytest.approx([1 / 30, 0, 0, 0])


def test_no_look_is_no_load() -> None:
    """Before the first look nothing is known, and the first says how it is but not how long."""
    shedder = Shedder()
    shedder.observe(1, 10**6)
    assert shedder.level == Shedder.rest


@given(steps=st.lists(st.floats(-100, 100), max_size=20), busy=st.sampled_from([0.0, 1.0]))
@quick
def test_a_look_at_busy_workers_speaks_for_a_short_time_and_no_look_for_any_time_twice(
    steps: list[float], busy: float
) -> None:
    """Nor does a clock that goes back and forth count a second twice, up or down."""
    shedder, now, latest, seen = leveled(0.3), 0.0, 0.0, 0.0
    shedder.observe(busy, now)
    for step in steps:
        now += step
        passed = max(0.0, now - latest)
        seen += min(passed, 8) if busy else passed
        latest = max(latest, now)
        shedder.observe(busy, now)
        moved = seen / 120 if busy else -seen / 120
        assert shedder.level == pytest.approx(min(1, max(Shedder.rest, 0.3 + moved)))


@pytest.mark.parametrize("kind", CLASSES)
def test_an_hour_without_requests_opens_a_shedder_that_was_shut(kind: str) -> None:
    """Whatever asks first finds idle workers, and isn't shed for the load of an hour ago."""
    one = limits(shedder=fed(Shedder(), 1, 0, 148), rng=lambda: 0.0)
    assert outcome(one, kind) == "workers"
    with one.admit("ann", kind, "r", 0.0, 148 + 3600):
        assert one.shedder.level == Shedder.rest


# -- The four around a request

FULL = 10**9


def limits(**parts: Any) -> Limits:
    """Limits that let everything through, but for the parts that are named."""
    wide: dict[str, Any] = {
        "bucket": TokenBucket(FULL, FULL),
        "user": InFlight(FULL),
        "fleet": InFlight(FULL),
        "shedder": Shedder(),
        "rng": lambda: 0.999,
    }
    return Limits(**wide | parts)


def overloaded() -> Shedder:
    return fed(Shedder(), 1, -1000, 0)


PARTS: dict[str, Callable[[], dict[str, Any]]] = {
    "global-rate": lambda: {"bucket": TokenBucket(1, 0)},
    "global-concurrency": lambda: {"user": InFlight(0)},
    "fleet": lambda: {"fleet": InFlight(0)},
    "workers": lambda: {"shedder": overloaded()},
}


def outcome(limits: Limits, kind: str = "GET", request: str = "r", user: str = "ann") -> str:
    """The reason of a refusal, or nothing."""
    try:
        with limits.admit(user, kind, request, 1.0, 0):
            return ""
    except Limited as refusal:
        return refusal.reason


def counted(counter: Counter[str]) -> dict[str, int]:
    """What was counted, but for noughts."""
    return {reason: number for reason, number in counter.items() if number}


def free(limits: Limits) -> bool:
    """No slot is taken."""
    return not any([*limits.user.running.values(), *limits.fleet.running.values()])


@pytest.mark.parametrize("kind", CLASSES)
def test_what_is_within_the_limits_passes(kind: str) -> None:
    one = Limits()
    with one.admit("ann", kind, "r", 0, 0):
        assert set(one.user.running["ann"]) == {"r"}
        assert one.fleet.running == ({} if kind == "critical" else {"fleet": {"r": 0}})
    assert free(one)
    assert counted(one.refused) == counted(one.failed) == {}


TOO_MANY = {"type": "invalid_request_error", "code": "rate_limit", "message": "Too many requests."}
BUSY = TOO_MANY | {"message": "We are busy."}


@pytest.mark.parametrize(
    ("reason", "status", "body"),
    [
        ("global-rate", 429, TOO_MANY),
        ("global-concurrency", 429, TOO_MANY),
        ("fleet", 503, BUSY),
        ("workers", 503, BUSY),
    ],
)
def test_each_refusal_has_its_status_and_reason(
    reason: str, status: int, body: dict[str, str]
) -> None:
    one = limits(**PARTS[reason]())
    with pytest.raises(Limited) as refused, one.admit("ann", "GET", "r", 1, 0):
        raise AssertionError("it must not get in")
    assert isinstance(refused.value, Refusal)
    assert refused.value.reason == reason
    [response] = refused.value.args
    assert (response.status, response.body) == (status, {"error": body})
    assert counted(one.refused) == {reason: 1}
    assert free(one)


class Broken:
    """A limiter whose store is ill."""

    def __getattr__(self, name: str) -> Any:
        raise ConnectionError(name)


FIELDS = dict(zip(PARTS, ["bucket", "user", "fleet", "shedder"], strict=True))
STATES = ("admits", "refuses", "fails", "is disabled", "is in a dry run")


@pytest.mark.parametrize("kind", CLASSES)
def test_each_limiter_does_its_part_whatever_the_others_do(kind: str) -> None:
    """Each of four limiters in each of five states, asked in their order up to a refusal.

    One that is disabled, or tried in a dry run, is one that would refuse."""
    for states in product(STATES, repeat=4):
        one, refused, failed, expected = limits(), dict[str, int](), dict[str, int](), ""
        for reason, state in zip(PARTS, states, strict=True):
            if state == "fails":
                setattr(one, FIELDS[reason], Broken())
            elif state != "admits":
                vars(one).update(PARTS[reason]())
            if state == "is disabled":
                one.disabled.add(reason)
            if state == "is in a dry run":
                one.dry_run.add(reason)
            if expected or (reason == "fleet" and kind == "critical"):
                continue
            if state == "fails":
                failed[reason] = 1
            elif state in ("refuses", "is in a dry run"):
                refused[reason] = 1
            if state == "refuses":
                expected = reason
        assert outcome(one, kind) == expected, states
        assert counted(one.refused) == refused, states
        assert counted(one.failed) == failed, states
        assert not one.lock.locked()
        for slots in (one.user, one.fleet):
            assert isinstance(slots, Broken) or not any(slots.running.values()), states


@pytest.mark.parametrize("reason", PARTS)
def test_a_switch_works_while_the_server_runs(reason: str) -> None:
    one = limits(**PARTS[reason]())
    for switch in (one.disabled, one.dry_run):
        assert outcome(one) == reason
        switch.add(reason)
        assert outcome(one) == ""
        switch.clear()
    assert counted(one.refused) == {reason: 3}, "what is disabled isn't even counted"


def test_a_bucket_that_is_disabled_keeps_its_tokens() -> None:
    one = limits(bucket=TokenBucket(0, 1), disabled={"global-rate"})
    assert [outcome(one) for _ in range(3)] == ["", "", ""]
    one.disabled.clear()
    assert [outcome(one) for _ in range(3)] == ["", "global-rate", "global-rate"]


@pytest.mark.parametrize("user", [0, 1, 3, 100])
@pytest.mark.parametrize("fleet", [0, 1, 3, 160])
def test_a_refused_request_does_not_wait_for_those_that_run(user: int, fleet: int) -> None:
    """As many as fit are held inside; the next is refused while they run, at once and as often."""
    one = limits(user=InFlight(user), fleet=InFlight(fleet))
    with ExitStack() as inside:
        for number in range(min(user, fleet)):
            inside.enter_context(one.admit("ann", "GET", f"r{number}", 1, 0))
        assert not one.lock.locked(), "the next would wait, and this test for ever"
        for number in range(3):
            assert outcome(one, request=f"late {number}") == (
                "global-concurrency" if user <= fleet else "fleet"
            )
    assert free(one)
    assert outcome(one) == ("" if user and fleet else "fleet" if user else "global-concurrency")


def test_critical_requests_pass_while_the_share_of_the_others_is_full() -> None:
    one = limits(fleet=InFlight(2))
    with ExitStack() as stack:
        for number, kind in enumerate(["GET", "test"]):
            stack.enter_context(one.admit(f"user {number}", kind, f"r{number}", 0, 0))
        for kind in ("test", "GET", "POST"):
            assert outcome(one, kind, "late") == "fleet"
        for number in range(5):
            stack.enter_context(one.admit("ann", "critical", f"c{number}", 0, 0))
        assert set(one.fleet.running["fleet"]) == {"r0", "r1"}
    assert free(one)
    assert outcome(one, "POST") == ""


def test_critical_requests_count_for_their_user() -> None:
    one = limits(user=InFlight(1))
    with one.admit("ann", "critical", "a", 0, 0):
        assert outcome(one, "critical", "b") == "global-concurrency"
        assert outcome(one, "critical", "b", user="bob") == ""


@pytest.mark.parametrize(("drawn", "passes"), [(0.0, False), (0.49, False), (0.5, True)])
def test_who_is_shed_is_drawn(drawn: float, passes: bool) -> None:
    shedder = leveled(0.375)  # half of what reads
    one = limits(shedder=shedder, rng=lambda: drawn)
    assert outcome(one, "test") == "workers"
    assert outcome(one, "GET") == ("" if passes else "workers")
    assert outcome(one, "POST") == outcome(one, "critical") == ""


def test_requests_show_the_shedder_the_load() -> None:
    one = limits(rng=lambda: 1.0)
    for second in range(149):
        with one.admit("ann", "critical", "r", 1.0, second):
            pass
    assert one.shedder.level == pytest.approx(1)
    for second in range(149, 149 + 121):
        with one.admit("ann", "critical", "r", 0.0, second):
            pass
    assert one.shedder.level == pytest.approx(0, abs=0.01)


def test_a_draw_that_fails_lets_the_request_through() -> None:
    def rng() -> float:
        raise OSError("no entropy")

    one = limits(rng=rng)
    assert outcome(one) == ""
    assert counted(one.failed) == {"workers": 1}
    assert free(one)


@pytest.mark.parametrize("reason", ["global-rate", "fleet", "workers"])
def test_what_a_dry_run_lets_pass_is_under_way(reason: str) -> None:
    one = limits(**PARTS[reason](), dry_run={reason}, user=InFlight(1))
    with one.admit("ann", "GET", "a", 1, 0):
        assert outcome(one, request="b") == "global-concurrency"


@pytest.mark.parametrize(
    "failure", [ValueError("at work"), KeyboardInterrupt(), Limited("fleet")], ids=repr
)
def test_slots_come_back_whatever_the_request_does(failure: BaseException) -> None:
    one = limits(user=InFlight(1), fleet=InFlight(1))
    for number in range(3):
        with (
            pytest.raises(type(failure)) as raised,
            one.admit("ann", "GET", f"{number}", 0, 0),
        ):
            raise failure
        assert raised.value is failure
    assert free(one)
    assert counted(one.refused) == counted(one.failed) == {}


@pytest.mark.parametrize("reason", PARTS)
def test_a_refused_request_keeps_no_slot(reason: str) -> None:
    one = limits(**PARTS[reason]())
    for number in range(3):
        assert outcome(one, request=f"{number}") == reason
    assert free(one)


def test_a_refused_request_takes_no_slot_from_one_that_runs() -> None:
    one = limits(user=InFlight(1))
    with one.admit("ann", "GET", "a", 0, 0):
        for number in range(3):
            assert outcome(one, request=f"{number}") == "global-concurrency"
        assert set(one.user.running["ann"]) == set(one.fleet.running["fleet"]) == {"a"}


class Watched(InFlight):
    """Slots that notice when two threads are at them."""

    inside, most_inside = 0, 0

    def enter(self, user: str, request: str, now: float) -> bool:
        with self.alone():
            return super().enter(user, request, now)

    def leave(self, user: str, request: str) -> None:
        with self.alone():
            super().leave(user, request)

    @contextmanager
    def alone(self) -> Iterator[None]:
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        sleep(0.0005)  # a chance for the others
        yield
        self.inside -= 1


def test_one_thread_at_a_time_looks_at_the_limits() -> None:
    slots = Watched(5)
    one, start = limits(user=slots), Barrier(4)

    def run() -> None:
        start.wait(30)
        for number in range(10):
            assert outcome(one, "critical", f"{number}") == ""

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert slots.most_inside == 1


def test_many_threads_at_once() -> None:
    """Never more inside than slots, every call is counted once, and all slots come back."""
    one = limits(user=InFlight(3), fleet=InFlight(5), bucket=TokenBucket(0, 300))
    start, lock = Barrier(8), Lock()
    inside = {"ann": 0, "bob": 0}
    most = dict(inside)
    outcomes: list[str] = []

    @contextmanager
    def watched(user: str) -> Iterator[None]:
        with lock:
            inside[user] += 1
            most[user] = max(most[user], inside[user])
            assert sum(inside.values()) <= 5
        yield
        with lock:
            inside[user] -= 1

    def run(worker: int) -> None:
        user = "ann" if worker % 2 else "bob"
        start.wait(30)
        for number in range(100):
            try:
                with one.admit(user, "GET", f"{worker} {number}", 0, 0), watched(user):
                    outcomes.append("")
            except Limited as refusal:
                outcomes.append(refusal.reason)

    threads = [Thread(target=run, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 800
    assert counted(one.refused) == {reason: outcomes.count(reason) for reason in {*outcomes} - {""}}
    assert max(most.values()) <= 3
    taken = 800 - one.refused["global-rate"]
    assert taken == sum(300 - bucket[0] for bucket in one.bucket.levels.values())
    assert free(one)
