"""The mailbox against a plain list, the threshold from both sides, and the lease."""

from __future__ import annotations

from itertools import pairwise, product
from math import inf, isclose, log

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from discord_lab.mailbox import (
    MOVES,
    REPAIRS,
    Flow,
    World,
    mailbox_repairs,
    mailbox_ring,
    mailbox_threshold,
    ring,
    served_within,
    without_own_lease,
)
from mini_discord.mailbox import Lease, Mailbox, Message, Node, Process, threshold

quick = settings(max_examples=100)

# -- The mailbox

MESSAGES = st.builds(Message, st.sampled_from(["start", "started", "refresh"]), st.integers(0, 3))


@given(st.lists(MESSAGES | st.sampled_from(["start", "started", "refresh"]), max_size=40))
@quick
def test_receive_takes_the_oldest_that_fits_and_looks_at_all_before_it(
    steps: list[Message | str],
) -> None:
    """A message is sent, a word is received; a list is the second account."""
    mailbox, plain = Mailbox(), list[Message]()
    for step in steps:
        if isinstance(step, Message):
            mailbox.send(step)
            plain.append(step)
            continue
        before = mailbox.looks
        found = mailbox.receive(lambda message, kind=step: message.kind == kind)  # type: ignore[misc]
        places = [place for place, message in enumerate(plain) if message.kind == step]
        assert mailbox.looks - before == (places[0] + 1 if places else len(plain))
        assert found == (plain.pop(places[0]) if places else None)
        assert [*mailbox.messages] == plain


@given(st.lists(st.sampled_from("abc"), max_size=30), st.lists(st.sampled_from("abc")))
@quick
def test_messages_of_a_sender_come_in_order_and_once(sent: list[str], wanted: list[str]) -> None:
    mailbox, received = Mailbox(), list[Message]()
    for number, sender in enumerate(sent):
        mailbox.send(Message(sender, number))
    for sender in [*wanted, *sent]:
        if found := mailbox.receive(lambda message, of=sender: message.kind == of):  # type: ignore[misc]
            received.append(found)
    assert sorted(message.number for message in received) == list(range(len(sent)))
    for sender in "abc":
        numbers = [message.number for message in received if message.kind == sender]
        assert numbers == sorted(numbers)


# -- A process


def test_a_start_looks_at_the_whole_mailbox() -> None:
    for waiting in range(1, 60):
        process = Process(Lease(), base=2.0, look=1.0)
        for number in range(waiting):
            process.mailbox.send(Message("start", number))
        process.run(until=0.5)
        assert process.started == [0]
        assert process.mailbox.looks == waiting + 1
        assert process.now == 2.0 + waiting + 1


@given(st.lists(st.sampled_from([0, 0, 0, 1, 7, 60]), max_size=40), st.integers(1, 4))
@quick
def test_each_request_is_started_once_and_in_order_by_its_owner(
    gaps: list[int], parts: int
) -> None:
    """Some refreshes come between; what is asked is started or still queued."""
    node, now = Node(parts=parts, own_lease=False, look=0.05), 0
    for number, gap in enumerate(gaps):
        now += gap
        assert node.ask(number, now)
        for owner, supervisor in enumerate(node.supervisors):
            queued = [m.number for m in supervisor.mailbox.messages if m.kind == "start"]
            assert supervisor.started + queued == list(range(owner, number + 1, parts))
    node.run(now + 10_000)
    assert sum(len(supervisor.started) for supervisor in node.supervisors) == len(gaps)


@pytest.mark.parametrize("parts", [1, 2, 3])
def test_the_threshold_divides_the_backlogs_of_a_small_node(parts: int) -> None:
    """Each backlog up to half above it; each part gets 2 requests a second.

    With a backlog of Q and the request that has just come, a start looks at Q + 2.
    """
    limit = threshold(rate=2 * parts, base=1e-4, look=0.02, parts=parts)
    assert isclose(limit, (1 / 2 - 1e-4) / 0.02)
    for backlog in range(int(limit * 1.5)):
        node = Node(parts=parts, look=0.02)
        for number in range(backlog * parts):
            node.ask(number, now=0)
        for number in range(backlog * parts, (backlog + 240) * parts):
            node.ask(number, now=number // parts / 2 - backlog / 2)
        for supervisor in node.supervisors:
            left = len(supervisor.mailbox.messages)
            assert (left < 2) == (backlog + 2 <= limit), (backlog, left)


@given(st.integers(0, 60), st.floats(0.5, 0.99), st.lists(st.floats(0, 0.3), max_size=300))
@quick
def test_an_admission_limit_lets_any_backlog_shrink(
    backlog: int, share: float, gaps: list[float]
) -> None:
    node = Node(look=1e-3)
    for number in range(backlog):
        node.supervisors[0].mailbox.send(Message("start", number))
    slowest = 1e-4 + 1e-3 * (backlog + 3)
    node.limit = share / slowest
    now, admitted = 0.0, list[float]()
    for number, gap in enumerate(gaps):
        now += gap
        if node.ask(backlog + number, now):
            admitted.append(now)
        assert len(node.supervisors[0].mailbox.messages) <= backlog + 1
    assert all(later - one >= slowest for one, later in pairwise(admitted))


def test_without_a_limit_nobody_is_refused() -> None:
    node = Node()
    assert all(node.ask(number, now=0) for number in range(100))
    node = Node(limit=10)
    taken = [node.ask(number, now) for number, now in enumerate([0, 0.05, 0.1, 0.19, 0.2])]
    assert taken == [True, False, True, False, True]


# -- The lease


def test_a_lease_that_has_run_out_stays_so() -> None:
    for first, second in product(range(0, 130, 5), repeat=2):
        lease = Lease()
        lease.refresh(first)
        assert lease.holds(first) == (first < 60)
        lease.refresh(first + second)
        assert lease.holds(first + second) == (first < 60 and second < 60)


@given(st.lists(st.sampled_from(MOVES), max_size=12))
@settings(quick, max_examples=60)
def test_a_process_of_its_own_keeps_the_lease(moves: list[str]) -> None:
    world = World()
    for move in moves:
        assert world.move(move).endswith(", in the ring")
        assert not world.broken()


def test_without_it_a_node_that_works_is_taken_for_dead() -> None:
    world = World()
    without_own_lease(world)
    world.move("100 requests come")
    for _ in range(4):
        shown = world.move("20 s pass")
    assert shown.endswith("out of the ring")
    assert world.broken()
    started = len(world.node.supervisors[0].started)
    world.move("20 s pass")
    assert len(world.node.supervisors[0].started) > started


# -- The mailbox as a level


RATES = st.floats(1, 1000)
TIMES = st.floats(0, 0.02)


@given(RATES, TIMES, st.floats(1, 1e6))
@quick
def test_without_looks_it_is_stable_if_the_server_is_faster(
    rate: float, base: float, queued: float
) -> None:
    assume(not 0.95 < rate * base < 1.05)
    flow = Flow(rate, queued, base=base, look=0.0)
    for _ in range(10):
        flow.step(1.0)
    if rate * base < 1:
        assert flow.queued <= max(0.0, queued - 10 * (1 / base - rate if base else inf)) + 1e-6
    else:
        assert flow.queued > queued


@given(RATES, st.floats(0, 0.9), st.floats(1e-9, 1e-3), st.floats(0.01, 3), st.integers(1, 8))
@quick
def test_below_the_threshold_it_empties_and_above_it_grows(
    rate: float, load: float, look: float, share: float, parts: int
) -> None:
    assume(abs(share - 1) > 0.01)
    base = load * parts / rate
    limit = threshold(rate, base, look, parts)
    assert limit > 0
    assume(limit > 100)
    flow = Flow(rate, share * limit * parts, parts, base=base, look=look)
    before = flow.queued
    flow.step(1e-3 * before / rate)  # short, against the time to fill it anew
    assert (flow.queued < before) == (share < 1)


@given(
    st.lists(st.sampled_from(["second", "minute", "restart"]), max_size=40),
    RATES,
    st.floats(0, 1e6),
    st.integers(1, 4),
    st.floats(1, 1000) | st.just(inf),
)
@quick
def test_nothing_is_lost(
    moves: list[str], rate: float, queued: float, parts: int, limit: float
) -> None:
    flow, passed = Flow(rate, queued, parts, limit), 0.0
    for move in moves:
        if move == "restart":
            flow.restart()
        else:
            seconds = 1.0 if move == "second" else 60.0
            flow.step(seconds)
            passed += seconds
        assert min(flow.queued, flow.outside, flow.served) >= -1e-6
        held = flow.queued + flow.outside + flow.served
        assert isclose(held, queued + rate * passed, rel_tol=1e-9, abs_tol=1e-6)


@given(st.floats(1e3, 5e6), st.floats(0.1, 0.9))
@settings(quick, max_examples=20)
def test_with_a_limit_any_backlog_drains(queued: float, share: float) -> None:
    flow = Flow(100, queued)
    flow.limit = share / (flow.base + flow.look * queued)
    before = queued
    for _ in range(100):
        flow.step(1.0)
        assert flow.queued < before or flow.queued <= flow.limit
        before = flow.queued


@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_it_empties_in_the_time_that_the_equation_gives(share: float) -> None:
    """dQ/dt = λ − 1 / cQ, from x Q*, takes −(x + ln(1 − x)) / cλ² to nought."""
    flow, seconds = Flow(queued=share * 1e6, base=0.0), 0
    while flow.queued > 1:
        flow.step(1.0)
        seconds += 1
    assert isclose(seconds, -(share + log(1 - share)) / (1e-8 * 100**2), rel_tol=0.02)


# -- The experiments


def columns(made: dict[str, list[float] | list[str] | float], *names: str) -> list[list[float]]:
    """Return columns of numbers."""
    return [[float(value) for value in made[name]] for name in names]  # type: ignore[union-attr]


def test_backlogs_leave_the_threshold_on_their_own_side() -> None:
    made = mailbox_threshold()
    for percent in (50, 80, 95):
        (levels,) = columns(made, f"from {percent} %")
        assert all(later < one or later < 1 for one, later in pairwise(levels))
    (levels,) = columns(made, "from 115 %")
    assert all(later > one for one, later in pairwise(levels))


def test_a_restart_alone_repairs_nothing() -> None:
    made = mailbox_repairs()
    queued, outside = columns(made, "queued", "outside")
    for place, name in enumerate(REPAIRS):
        last = 91 * place + 90
        recovered = queued[last] + outside[last] < 1
        assert recovered == (name != "alone") == (f"{name} took" in made)


def test_with_a_lease_of_its_own_no_node_leaves_the_ring() -> None:
    assert {*ring(1e5, shared=False)} == {15}
    shared = ring(1e5, shared=True)
    assert shared == sorted(shared, reverse=True)
    assert shared[0] == 15
    assert shared[-1] == 0


def test_the_mailbox_that_costs_the_lease() -> None:
    (many,) = [mailbox_ring()["too many"]]
    assert isinstance(many, float)
    assert served_within(60, many - 1000)
    assert not served_within(60, many)
    assert many < threshold(rate=100) / 8


def test_the_program_and_the_level_agree() -> None:
    """60 requests at a node with slow looks: served one by one, and as a level."""
    node, flow = Node(look=0.05), Flow(0.0, 60.0, base=1e-4, look=0.05)
    for number in range(60):
        node.ask(number, now=0)
    for second in range(1, 80):
        node.run(second)
        for _ in range(100):
            flow.step(0.01)
        assert abs(len(node.supervisors[0].started) - flow.served) < 2.5, second
