"""The statistics of a source against the program in RFC 3550's appendix, said once more here."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mini_discord.rtcp import Block, Report, Sent
from mini_discord.rtp import MAX_DROPOUT, MAX_MISORDER, Source, extend, newer

Unmeasured = Callable[[], AbstractContextManager[None]]
MOD = 1 << 16


@dataclass
class Oracle:
    """Appendix A.1, A.3 and A.8, statement by statement, with the names of its C."""

    base_seq: int = 0
    max_seq: int = 0
    cycles: int = 0
    bad_seq: int = MOD + 1
    probation: int = 0
    received: int = 0
    expected_prior: int = 0
    received_prior: int = 0
    transit: int | None = None
    jitter: int = field(default=0)  # sixteenths

    def init_seq(self, seq: int) -> None:
        self.base_seq = self.max_seq = seq
        self.bad_seq = MOD + 1
        self.cycles = self.received = self.received_prior = self.expected_prior = 0

    @classmethod
    def heard(cls, seq: int, min_sequential: int) -> Oracle:
        """A source whose first packet has come and has yet to be handed to `update_seq`."""
        source = cls()
        source.init_seq(seq)
        source.max_seq = (seq - 1) % MOD
        source.probation = min_sequential
        return source

    def update_seq(self, seq: int) -> bool:
        udelta = (seq - self.max_seq) % MOD
        if self.probation:
            # C compares with max_seq + 1 as an int, so 0 never follows 65535 there.
            if seq == self.max_seq + 1:
                self.probation -= 1
                self.max_seq = seq
                if self.probation == 0:
                    self.init_seq(seq)
                    self.received += 1
                    return True
            else:
                self.probation = 2 - 1
                self.max_seq = seq
            return False
        if udelta < 3000:
            if seq < self.max_seq:
                self.cycles += MOD
            self.max_seq = seq
        elif udelta <= MOD - 100:
            if seq == self.bad_seq:
                self.init_seq(seq)
            else:
                self.bad_seq = (seq + 1) & (MOD - 1)
                return False
        self.received += 1
        return True

    @property
    def extended_max(self) -> int:
        return self.cycles + self.max_seq

    @property
    def expected(self) -> int:
        return self.extended_max - self.base_seq + 1

    @property
    def lost(self) -> int:
        return max(-0x800000, min(0x7FFFFF, self.expected - self.received))

    def fraction(self) -> int:
        expected_interval = self.expected - self.expected_prior
        self.expected_prior = self.expected
        received_interval = self.received - self.received_prior
        self.received_prior = self.received
        lost_interval = expected_interval - received_interval
        if expected_interval == 0 or lost_interval <= 0:
            return 0
        return (lost_interval << 8) // expected_interval

    def arrived(self, ts: int, arrival: int) -> None:
        transit = arrival - ts
        if self.transit is not None:
            d = abs(transit - self.transit)
            self.jitter += d - ((self.jitter + 8) >> 4)
        self.transit = transit


def announced(sequence: int) -> Oracle:
    """A source that signalling has announced: its first packet counts, whatever comes next."""
    oracle = Oracle()
    oracle.init_seq(sequence)
    return oracle


def same(source: Source, oracle: Oracle) -> None:
    """All that a report needs is the same."""
    ours = source.highest, source.expected, source.received, source.lost
    assert ours == (oracle.extended_max, oracle.expected, oracle.received, oracle.lost)


def both(source: Source, oracle: Oracle, sequence: int) -> int | None:
    number = source.update(sequence)
    assert (number is not None) == oracle.update_seq(sequence)
    assert number is None or number % MOD == sequence
    same(source, oracle)
    return number


# -- Sequence numbers


def test_the_limits_are_those_of_the_appendix() -> None:
    assert (MAX_DROPOUT, MAX_MISORDER) == (3000, 100)


EDGES = (0, 1, 99, 100, 101, 2999, 3000, 3001, 32767, 32768, 32769, 65435, 65436, 65437, 65535)


FIRSTS = (0, 1, 2999, 32768, 65534, 65535)


@pytest.mark.parametrize("first", FIRSTS)
def test_every_second_packet_is_taken_or_dropped_as_there(
    first: int, unmeasured: Unmeasured
) -> None:
    """All distances, each of them from one of the first packets."""

    def try_all(distances: Iterable[int]) -> None:
        for distance in distances:
            source, oracle = Source(first), announced(first)
            for sequence in (first, (first + distance) % MOD, (first + distance + 1) % MOD):
                both(source, oracle, sequence)
            assert source.fraction() == oracle.fraction()

    try_all(EDGES)
    with unmeasured():
        try_all(range(FIRSTS.index(first), MOD, len(FIRSTS)))


# Most go on by one; some come twice, late, after a gap, or from far away.
STEPS = st.one_of(
    st.just(1),
    st.integers(-3, 4),
    st.sampled_from([-101, -100, -99, 2999, 3000, 3001, 20000, 2**15]),
    st.integers(0, MOD - 1),
)
SEQUENCES = st.integers(0, MOD - 1) | st.sampled_from([0, 65530, 65535])


@given(SEQUENCES, st.lists(st.tuples(STEPS, st.booleans()), max_size=60))
@example(0, [(-1, True), (1, True), (1, False)])  # the second packet is older than the first
@example(65535, [(1, False), (40000, False), (1, True), (1, True)])  # it wraps, then restarts
def test_any_stream_is_counted_as_there(first: int, steps: list[tuple[int, bool]]) -> None:
    source, oracle = Source(first), announced(first)
    sequence = first
    both(source, oracle, first)
    for step, report in steps:
        sequence = (sequence + step) % MOD
        both(source, oracle, sequence)
        if report:
            fraction = source.fraction()
            assert fraction == oracle.fraction()
            assert 0 <= fraction < 256, "it has an octet"
    assert source.fraction() == oracle.fraction()


@given(SEQUENCES.filter(lambda first: first < MOD - 2), st.integers(1, 50))
def test_on_probation_the_appendix_forgets_the_first_packet(first: int, more: int) -> None:
    """With MIN_SEQUENTIAL 2 it counts from the second on, and loses no packet after that."""
    source, careful = Source(first), Oracle.heard(first, 2)
    taken = [careful.update_seq((first + step) % MOD) for step in range(more + 1)]
    assert taken == [False] + [True] * more
    for step in range(more + 1):
        source.update((first + step) % MOD)
    assert careful.received == source.received - 1
    assert careful.base_seq == (first + 1) % MOD
    assert careful.extended_max == source.highest
    assert careful.lost == source.lost == 0
    trusting = Oracle.heard(first, 1)
    assert trusting.update_seq(first) == (first > 0), "0 follows nothing, as C compares"
    assert trusting.received == (first > 0), "one packet is enough, as for us"


def test_many_rounds_lose_nothing(unmeasured: Unmeasured) -> None:
    with unmeasured():
        source, oracle = Source(65000), announced(65000)
        for number in range(65000, 65000 + 3 * MOD):
            assert source.update(number % MOD) == number
            assert oracle.update_seq(number % MOD)
    same(source, oracle)
    assert (source.lost, oracle.cycles) == (0, 3 * MOD)


# -- Jitter

CLOCK = st.lists(st.tuples(st.integers(0, 3000), st.integers(0, 20_000)), max_size=80)


@given(st.integers(0, 2**20), CLOCK)
def test_the_jitter_is_the_estimate_of_the_appendix(offset: int, packets: list[Any]) -> None:
    """That one has sixteenths and rounds each, by half a unit at most in all; we round nothing."""
    source, oracle = Source(0), announced(0)
    now = offset
    for later, timestamp in packets:
        now += later
        source.arrived(timestamp, now)
        oracle.arrived(timestamp, now)
        assert abs(source.jitter - oracle.jitter / 16) <= 0.5


def test_the_jitter_of_an_even_stream_is_nothing() -> None:
    source = Source(0)
    for number in range(100):
        source.arrived(number * 960, 5000 + number * 960)
    assert source.jitter == 0
    source.arrived(100 * 960, 5000 + 100 * 960 + 336)  # 7 ms later than the others
    assert source.jitter == 336 / 16


@given(st.integers(0, 5000), st.integers(1, 300))
def test_the_jitter_of_a_steady_difference_comes_near_it(difference: int, packets: int) -> None:
    """After n of them a part of (15/16)^n is missing."""
    source = Source(0)
    for number in range(packets + 1):
        source.arrived(number * 960, number * 960 + (number % 2) * difference)
    assert source.jitter == pytest.approx(difference * (1 - (15 / 16) ** packets))


# -- The numbers of the text


def test_the_way_there_and_back_of_the_figure() -> None:
    """Section 6.4.1, figure 2: a report of 10 November 1995 gives 6.125 s for both ways."""
    ntp = 0xB44DB705_20000000
    heard = 0xB7108000
    sent = Report.from_bytes(Report(1, (), Sent(ntp, 0, 0, 0)).to_bytes()).sent
    assert sent
    assert sent.ntp / 2**32 == 3_024_992_005.125
    middle = sent.ntp >> 16 & 0xFFFFFFFF
    assert middle == 0xB7052000
    answer = Report(2, (Block(1, 0, 0, 0, 0, middle, 0x54000),))
    [block] = Report.from_bytes(answer.to_bytes()).blocks
    assert block.delay / 2**16 == 5.25
    assert heard - block.last_report - block.delay == 0x00062000
    assert 0x00062000 / 2**16 == 6.125


@given(SEQUENCES, SEQUENCES)
def test_one_of_two_numbers_is_newer(one: int, other: int) -> None:
    apart = one != other and (one - other) % MOD != 2**15
    assert (newer(one, other) != newer(other, one)) == apart
    near = extend(one, other)
    assert near % MOD == one
    assert (near > other) == newer(one, other)
    assert abs(near - other) <= 2**15
