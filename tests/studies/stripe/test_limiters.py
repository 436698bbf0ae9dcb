"""Four limiters, each against a second account of the same rule, and what stands around them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from fractions import Fraction
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
    assert Limits().lock is not Limits().lock
    assert Limits().fleet.most == 160
    assert Limits().user.most == 100


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


@given(moves=MOVES, most=st.integers(0, 3))
@settings(quick, max_examples=300)
def test_slots_are_taken_given_back_and_forgotten(
    moves: list[tuple[str, str, int, int]], most: int
) -> None:
    slots, now, log = InFlight(most), 0, list[tuple[str, str, int]]()
    for what, user, number, seconds in moves:
        name = f"{number}"
        if what == "wait":
            now += seconds
        elif what == "leave":
            slots.leave(user, name)
            log = [one for one in log if one[:2] != (user, name)]
        elif (user, name) not in [one[:2] for one in log]:  # a request enters once
            under_way = [one for one in log if one[0] == user and now - one[2] < 60]
            assert slots.enter(user, name, now) == (len(under_way) < most)
            if len(under_way) < most:
                log.append((user, name, now))
            assert len(slots.running[user]) <= most
            assert set(slots.running[user]) == {
                one[1] for one in log if one[0] == user and now - one[2] < 60
            }


def test_never_more_than_most_and_leaving_frees() -> None:
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
        before = rest if shedder.level is None else shedder.level
        shedder.observe(busy, now)
        assert shedder.level is not None
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
def test_one_look_speaks_for_a_short_time_and_for_no_time_twice(
    steps: list[float], busy: float
) -> None:
    """A long time without a look, or a clock that goes back and forth, moves the level little."""
    shedder, now, latest, seen = Shedder(level=0.3), 0.0, 0.0, 0.0
    shedder.observe(busy, now)
    for step in steps:
        now += step
        seen += min(max(0.0, now - latest), 8)
        latest = max(latest, now)
        shedder.observe(busy, now)
        moved = seen / 120 if busy else -seen / 120
        assert shedder.level == pytest.approx(min(1, max(Shedder.rest, 0.3 + moved)))


# -- The four around a request

FULL = 10**9


def limits(**parts: Any) -> Limits:
    """Limits that let everything through, but for the parts that are named."""
    wide: dict[str, Any] = {
        "bucket": TokenBucket(FULL, FULL),
        "user": InFlight(FULL),
        "fleet": InFlight(FULL),
        "shedder": Shedder(),
        "dice": lambda: 0.999,
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
        with limits.around(user, kind, request, 1.0, 0):
            return ""
    except Limited as refused:
        return refused.reason


def tripped(limits: Limits) -> dict[str, int]:
    """What was counted, but for noughts, and for requests that met no limit."""
    return {reason: number for reason, number in limits.tripped.items() if reason and number}


def failures(limits: Limits) -> int:
    """How often a limiter has failed."""
    return sum(number for reason, number in limits.tripped.items() if reason.endswith("error"))


def free(limits: Limits) -> bool:
    """No slot is taken."""
    return not any([*limits.user.running.values(), *limits.fleet.running.values()])


@pytest.mark.parametrize("kind", CLASSES)
def test_what_is_within_the_limits_passes(kind: str) -> None:
    one = Limits()
    with one.around("ann", kind, "r", 0, 0):
        assert set(one.user.running["ann"]) == {"r"}
        assert not free(one)
    assert free(one)
    assert tripped(one) == {}


@pytest.mark.parametrize(
    ("reason", "status"),
    [("global-rate", 429), ("global-concurrency", 429), ("fleet", 503), ("workers", 503)],
)
def test_each_refusal_has_its_status_and_reason(reason: str, status: int) -> None:
    one = limits(**PARTS[reason]())
    with pytest.raises(Limited) as refused, one.around("ann", "GET", "r", 1, 0):
        raise AssertionError("it must not get in")
    assert isinstance(refused.value, Refusal)
    assert refused.value.reason == reason
    answer = refused.value.answer
    assert answer.status == status
    assert answer.body["error"]["type"] == "invalid_request_error"
    assert answer.body["error"]["code"] == "rate_limit"
    assert answer.body["error"]["message"]
    assert tripped(one) == {reason: 1}
    assert free(one)


def test_the_first_limiter_that_refuses_is_the_reason() -> None:
    reasons = list(PARTS)
    for first in range(len(reasons)):
        parts: dict[str, Any] = {}
        for reason in reasons[first:]:
            parts |= PARTS[reason]()
        assert outcome(limits(**parts)) == reasons[first]


def test_critical_requests_pass_while_the_share_of_the_others_is_full() -> None:
    one = limits(fleet=InFlight(2))
    with ExitStack() as stack:
        for number, kind in enumerate(["GET", "test"]):
            stack.enter_context(one.around(f"user {number}", kind, f"r{number}", 0, 0))
        for kind in ("test", "GET", "POST"):
            assert outcome(one, kind, "late") == "fleet"
        for number in range(5):
            stack.enter_context(one.around("ann", "critical", f"c{number}", 0, 0))
        assert set(one.fleet.running["fleet"]) == {"r0", "r1"}
    assert free(one)
    assert outcome(one, "POST") == ""


def test_critical_requests_count_for_their_user() -> None:
    one = limits(user=InFlight(1))
    with one.around("ann", "critical", "a", 0, 0):
        assert outcome(one, "critical", "b") == "global-concurrency"
        assert outcome(one, "critical", "b", user="bob") == ""


@pytest.mark.parametrize(("dice", "passes"), [(0.0, False), (0.49, False), (0.5, True)])
def test_the_dice_decide_who_is_shed(dice: float, passes: bool) -> None:
    shedder = Shedder(level=0.375, then=0)  # half of what reads
    one = limits(shedder=shedder, dice=lambda: dice)
    assert outcome(one, "test") == "workers"
    assert outcome(one, "GET") == ("" if passes else "workers")
    assert outcome(one, "POST") == outcome(one, "critical") == ""


def test_requests_show_the_shedder_the_load() -> None:
    one = limits(dice=lambda: 1.0)
    for second in range(149):
        with one.around("ann", "critical", "r", 1.0, second):
            pass
    assert one.shedder.level == pytest.approx(1)
    for second in range(149, 149 + 121):
        with one.around("ann", "critical", "r", 0.0, second):
            pass
    assert one.shedder.level == pytest.approx(0, abs=0.01)


class Broken:
    """A limiter whose store is ill."""

    def __getattr__(self, name: str) -> Any:
        raise ConnectionError(name)


@pytest.mark.parametrize("reason", PARTS)
@pytest.mark.parametrize("part", ["bucket", "user", "fleet", "shedder"])
def test_a_limiter_that_fails_does_not_switch_off_the_others(part: str, reason: str) -> None:
    """A store that is ill costs the protection of what is kept in it, and no other."""
    others = {"global-rate": "bucket", "global-concurrency": "user", "workers": "shedder"}
    if others.get(reason, "fleet") == part:
        return
    one = limits(**PARTS[reason]() | {part: Broken()})
    assert outcome(one) == reason
    assert tripped(one)[reason] == 1


@pytest.mark.parametrize("part", ["bucket", "user", "fleet", "shedder"])
@pytest.mark.parametrize("kind", ["GET", "POST"])
def test_a_limiter_that_fails_lets_the_request_through_and_counts(part: str, kind: str) -> None:
    """At its beginning and at its end: the work that was done must be answered."""
    one = limits(**{part: Broken()})
    assert outcome(one, kind) == ""
    assert failures(one) >= 1
    assert set(tripped(one)) <= {reason for reason in one.tripped if reason.endswith("error")}
    assert not one.lock.locked()
    for slots in (one.user, one.fleet):
        assert isinstance(slots, Broken) or not any(slots.running.values())


def test_dice_that_fail_let_the_request_through() -> None:
    def dice() -> float:
        raise OSError("no entropy")

    one = limits(dice=dice)
    assert outcome(one) == ""
    assert failures(one) == 1
    assert free(one)


@pytest.mark.parametrize("reason", PARTS)
def test_a_dark_limiter_counts_and_lets_pass(reason: str) -> None:
    one = limits(**PARTS[reason](), dark=frozenset({reason}))
    assert outcome(one) == ""
    assert one.tripped[reason] == 1
    assert free(one)
    one.dark = frozenset(set(PARTS) - {reason})
    assert outcome(one) == reason
    assert one.tripped[reason] == 2


@pytest.mark.parametrize("dark", PARTS)
@pytest.mark.parametrize("reason", PARTS)
def test_a_dark_limiter_does_not_switch_off_the_others(dark: str, reason: str) -> None:
    """A new limiter is tried beside those that protect the system, not in place of them."""
    if dark == reason:
        return
    one = limits(**PARTS[dark](), **PARTS[reason](), dark=frozenset({dark}))
    assert outcome(one) == reason
    assert free(one)


@pytest.mark.parametrize("dark", ["global-rate", "fleet", "workers"])
def test_what_a_dark_limiter_lets_pass_is_under_way(dark: str) -> None:
    one = limits(**PARTS[dark](), dark=frozenset({dark}), user=InFlight(1))
    with one.around("ann", "GET", "a", 1, 0):
        assert outcome(one, request="b") == "global-concurrency"


@pytest.mark.parametrize(
    "failure", [ValueError("at work"), KeyboardInterrupt(), Limited("fleet")], ids=repr
)
def test_slots_come_back_whatever_the_request_does(failure: BaseException) -> None:
    one = limits(user=InFlight(1), fleet=InFlight(1))
    for number in range(3):
        with (
            pytest.raises(type(failure)) as raised,
            one.around("ann", "GET", f"{number}", 0, 0),
        ):
            raise failure
        assert raised.value is failure
    assert free(one)
    assert tripped(one) == {}


@pytest.mark.parametrize("reason", PARTS)
def test_a_refused_request_keeps_no_slot(reason: str) -> None:
    one = limits(**PARTS[reason]())
    for number in range(3):
        assert outcome(one, request=f"{number}") == reason
    assert free(one)


def test_a_refused_request_takes_no_slot_from_one_that_runs() -> None:
    one = limits(user=InFlight(1))
    with one.around("ann", "GET", "a", 0, 0):
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
    def counted(user: str) -> Iterator[None]:
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
                with one.around(user, "GET", f"{worker} {number}", 0, 0), counted(user):
                    outcomes.append("")
            except Limited as refused:
                outcomes.append(refused.reason)

    threads = [Thread(target=run, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(outcomes) == 800
    assert tripped(one) == {reason: outcomes.count(reason) for reason in {*outcomes} - {""}}
    assert max(most.values()) <= 3
    taken = 800 - one.tripped["global-rate"]
    assert taken == sum(300 - bucket[0] for bucket in one.bucket.levels.values())
    assert free(one)
