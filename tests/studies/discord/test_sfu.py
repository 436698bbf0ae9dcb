"""The forwarder against a model of who hears what, under which number; and what a call costs."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from discord_lab import forwarding as lab
from mini_discord import discovery
from mini_discord.playout import SILENCE
from mini_discord.rtcp import Block, Report, Sent
from mini_discord.rtp import MAX_DROPOUT, MAX_MISORDER, Packet, Source
from mini_discord.seal import Seal
from mini_discord.sfu import Dropped, Forwarder, Rewriter
from mini_discord.speech import SIZE, encode
from mini_discord.talk import HOLD, LOUD, TRAIL, Gate
from mini_discord.topology import Load, forwarder, mesh, mixer

MOD = 2**16
REASONS = {
    "unknown", "from elsewhere", "too short to hold a seal", "forged", "replayed", "broken",
    "unannounced", "far away",
}  # fmt: skip


def quiet(line: str) -> None:
    """Log nothing."""


# -- The model

Fate = str  # "forwarded", "left out", "lost", or "begun anew"


def listed(first: int, fates: list[Fate]) -> list[int]:
    """The numbers that a listener gets: each lost packet leaves a gap, unless it was lost between
    two that were left out, or before the source began anew."""
    numbers, at, gap, before = list[int](), first, 0, "left out"
    for fate in fates:
        if fate == "lost":
            gap += 1
            continue
        hidden = before == fate == "left out"
        at += 0 if hidden or fate == "begun anew" else gap
        if fate == "forwarded":
            numbers.append(at % MOD)
            at += 1
        gap, before = 0, "left out" if fate == "begun anew" else fate
    return numbers


def test_the_model_counts_what_a_hand_counts() -> None:
    f, m, x, new = "forwarded", "left out", "lost", "begun anew"
    assert listed(7, [f, x, f]) == [7, 9]
    assert listed(7, [f, m, m, f]) == [7, 8]
    assert listed(7, [f, m, x, m, f]) == [7, 8]
    assert listed(7, [f, x, m, f]) == listed(7, [f, m, x, f]) == [7, 9]
    assert listed(MOD - 1, [m, f, x, new, f]) == [MOD - 1, 0]


@dataclass
class Person:
    """A client, and what it has got of each source."""

    ssrc: int
    channel: str
    number: int
    key: bytes = b""
    got: dict[int, list[int]] = field(default_factory=dict)
    fates: dict[int, tuple[int, list[Fate]]] = field(default_factory=dict)
    expected: int = -1  # the number that would confirm a restart
    highest: int | None = None

    def __post_init__(self) -> None:
        self.key = b"key %d" % self.ssrc
        self.sealing, self.opening = Seal(self.key, "client"), Seal(self.key, "server")

    @property
    def home(self) -> tuple[str, int]:
        return "home", self.ssrc


class Call:
    """A forwarder, the people in it, and the model beside it."""

    def __init__(self) -> None:
        self.forwarder, self.people = Forwarder(quiet), dict[int, Person]()
        self.ssrcs, self.sent = itertools.count(7), 0

    def join(self, channel: str, number: int, selected: bool) -> None:
        person = Person(next(self.ssrcs), channel, number)
        self.people[person.ssrc] = person
        self.forwarder.join(person.ssrc, channel, person.key)
        member = self.forwarder.members[person.ssrc]
        member.speaking = True
        if selected:
            member.address = person.home

    def leave(self, person: Person) -> None:
        self.forwarder.leave(person.ssrc)
        del self.people[person.ssrc]
        for other in self.people.values():
            other.fates.pop(person.ssrc, None)
            other.got.pop(person.ssrc, None)

    def accepted(self, person: Person) -> tuple[bool, bool]:
        """Whether RFC 3550 takes the packet, and whether the source begins anew with it."""
        if person.highest is None:
            person.highest = person.number
            return True, False
        ahead = (person.number - person.highest) % MOD
        far = MAX_DROPOUT <= ahead <= MOD - MAX_MISORDER
        if far and person.number != person.expected:
            person.expected = (person.number + 1) % MOD
            return False, False
        if far or ahead < MAX_DROPOUT:
            person.highest = person.number
        if far:
            person.expected = -1
        return True, far

    def send(self, person: Person, payload: bytes) -> None:
        self.sent += 1
        marker, kind = bool(self.sent % 2), self.sent % 64
        stamp = 960 * self.sent
        packet = Packet(person.ssrc, person.number, stamp, payload, kind, marker)
        before = self.forwarder.counts.copy()
        data = self.forwarder.receive(person.sealing.seal(packet.to_bytes(), 12), person.home)
        done = self.forwarder.counts - before
        member = self.forwarder.members[person.ssrc]
        if member.address is None:
            assert (data, done) == ([], {"from elsewhere": 1})
            person.number = (person.number + 1) % MOD
            return
        taken, anew = self.accepted(person)
        person.number = (person.number + 1) % MOD
        if not taken:
            assert (data, done) == ([], {"far away": 1})
            for other in self.others(person):
                self.fate(other, person, packet.sequence, "lost")
            return
        homes, left = [], Counter[str]()
        for other in self.others(person):
            if anew:
                self.fate(other, person, packet.sequence, "begun anew")
            deaf = self.forwarder.members[other.ssrc].deaf
            if member.muted or deaf:
                left["muted" if member.muted else "deaf"] += 1
                self.fate(other, person, packet.sequence, "left out")
            else:
                homes.append(other.home)
                self.fate(other, person, packet.sequence, "forwarded")
        assert [home for _, home in data] == homes
        assert done == left + Counter(forwarded=len(homes))
        for sealed, (_, ssrc) in data:
            other = self.people[ssrc]
            opened = Packet.from_bytes(other.opening.open(sealed, 12))
            assert replace(opened, sequence=packet.sequence) == packet, "the rest is untouched"
            other.got.setdefault(person.ssrc, []).append(opened.sequence)

    def others(self, person: Person) -> Iterator[Person]:
        for other in self.people.values():
            here = other.channel == person.channel and other is not person
            if here and self.forwarder.members[other.ssrc].address:
                yield other

    def fate(self, other: Person, source: Person, number: int, fate: Fate) -> None:
        if fate != "lost" or source.ssrc in other.fates:
            other.fates.setdefault(source.ssrc, (number, []))[1].append(fate)

    def lose(self, person: Person) -> None:
        person.sealing.seal(b"", 0)
        for other in self.others(person):
            self.fate(other, person, person.number, "lost")
        person.number = (person.number + 1) % MOD

    def report(self, person: Person, unknown: int) -> None:
        blocks = tuple(Block(ssrc, 1, 2, 3, 4) for ssrc in (*self.people, unknown))[:31]
        sealed = person.sealing.seal(Report(person.ssrc, blocks).to_bytes(), 8)
        assert self.forwarder.receive(sealed, person.home) == []

    def check(self) -> None:
        members, people = self.forwarder.members, self.people
        assert {*members} == {*people}
        channels = {person.channel for person in people.values()}
        assert {*self.forwarder.channels} == channels, "no empty ones"
        for ssrc, person in people.items():
            member = members[ssrc]
            assert member in self.forwarder.channels[person.channel]
            here = {one.ssrc for one in people.values() if one.channel == person.channel}
            assert {*member.reports} <= {*member.streams} <= here - {ssrc}
            for source, (first, fates) in person.fates.items():
                assert person.got.get(source, []) == listed(first, fates)


SENDS = st.tuples(st.just("send"), st.integers(0, 9), st.binary(max_size=12))
ORDERS = st.tuples(st.sampled_from(["mute", "deaf"]), st.integers(0, 9), st.none())
STEPS = st.one_of(
    SENDS,
    SENDS,
    SENDS,
    ORDERS,
    st.tuples(st.just("lose"), st.integers(0, 9), st.none()),
    st.tuples(st.just("join"), st.integers(0, 3), st.sampled_from([0, 1, 65_533, 65_535])),
    st.tuples(st.just("select"), st.integers(0, 9), st.none()),
    st.tuples(st.just("leave"), st.integers(0, 9), st.none()),
    st.tuples(st.just("outage"), st.integers(0, 9), st.integers(1, 6000)),
    st.tuples(st.just("report"), st.integers(0, 9), st.integers(0, 3)),
)
Steps = list[tuple[str, int, Any]]


def play(steps: Steps, beginning: int = 65_533) -> Call:
    """Three people in a channel and one in another; then whatever happens."""
    call = Call()
    for channel in ("lobby", "lobby", "lobby", "attic"):
        call.join(channel, beginning, selected=True)
    for name, who, what in steps:
        if name == "join":
            call.join(("lobby", "attic")[who % 2], what, selected=who > 1)
            continue
        if not call.people:
            continue
        person = [*call.people.values()][who % len(call.people)]
        member = call.forwarder.members[person.ssrc]
        match name:
            case "send":
                call.send(person, what)
            case "lose":
                call.lose(person)
            case "mute":
                member.muted = not member.muted
            case "deaf":
                member.deaf = not member.deaf
            case "select":
                member.address = person.home
            case "leave":
                call.leave(person)
            case "restart":
                person.number = what
            case "outage":
                for _ in range(min(what, 3)):
                    call.lose(person)
                if what > 3:
                    person.number = (person.number + what - 3) % MOD
                    unseen = ["lost"] * (what - 3)
                    for other in call.others(person):
                        if person.ssrc in other.fates:
                            other.fates[person.ssrc][1].extend(unseen)
            case "report":
                call.report(person, what)
    call.check()
    return call


SPEAK = [("send", 0, b"word")]


@given(st.lists(STEPS, max_size=60))
@example([*SPEAK, ("mute", 0, None), *SPEAK, *SPEAK, ("mute", 0, None), *SPEAK])
@example([*SPEAK, ("outage", 0, 2999), *SPEAK, ("outage", 0, 3000), *SPEAK, *SPEAK])
@example([*SPEAK, ("report", 1, 0), ("leave", 0, None), ("report", 1, 0)])
@example([("mute", 0, None), *SPEAK, ("lose", 0, None), *SPEAK, ("mute", 0, None), *SPEAK])
@example([*SPEAK, ("leave", 3, None), ("leave", 0, None), ("leave", 0, None), ("leave", 0, None)])
def test_everybody_hears_what_the_model_says(steps: Steps) -> None:
    """Each packet goes to exactly those who may hear it, gap-free but for what was lost."""
    play(steps)


@st.composite
def restarts(draw: st.DrawFn) -> Steps:
    """Somebody begins anew, from far away, again and again, and loses packets meanwhile."""
    number, steps = 10_000, [*SPEAK]
    for _ in range(draw(st.integers(1, 5))):
        number += draw(st.integers(MAX_DROPOUT + 100, MOD - MAX_MISORDER - 100))
        steps.append(("restart", 0, number % MOD))
        steps += draw(st.lists(SENDS | ORDERS, max_size=8))
        steps += SPEAK * draw(st.integers(2, 4))
    return steps


@given(restarts())
def test_a_source_that_begins_anew_is_heard_again(steps: Steps) -> None:
    play(steps, beginning=10_000)


@pytest.mark.parametrize("base", [0, 1, 40_000])
def test_a_source_may_begin_anew_where_it_began_last(base: int) -> None:
    """Twice from the same number, which is the base of its statistics both times."""
    far = [("restart", 0, (base + 20_000) % MOD), *SPEAK * 3]
    again = [("restart", 0, base), *SPEAK * 3]
    call = play([*SPEAK, *far, *again, *far, *again], beginning=(base + 1) % MOD)
    [_, ben, *_] = call.people.values()
    assert ben.got[7] == [(base + 1 + n) % MOD for n in range(9)]
    gone = [("outage", 0, 2000), *SPEAK, ("outage", 0, 2000), *SPEAK]
    call = play([*SPEAK, *gone, *again], beginning=(base + 1) % MOD)
    [_, ben, *_] = call.people.values()
    steps = (0, 2001, 4002, 4003, 4004)
    assert ben.got[7] == [(base + 1 + step) % MOD for step in steps]


@given(st.integers(MAX_DROPOUT, MOD - MAX_MISORDER - 1), st.integers(0, MOD - 1))
def test_an_outage_costs_one_packet_more(gap: int, first: int) -> None:
    """Of any length; the listener's numbers go on as if nothing had been lost."""
    call = play([*SPEAK, ("outage", 0, gap), *SPEAK * 3], beginning=first)
    [_, ben, *_] = call.people.values()
    assert ben.got[7] == [first, (first + 1) % MOD, (first + 2) % MOD]
    assert call.forwarder.counts["far away"] == 1


# -- Out of order


@given(
    st.integers(0, MOD - 1),
    st.integers(0, 999),
    st.lists(st.tuples(st.integers(1, 20), st.booleans()), min_size=1, max_size=8),
    st.sampled_from([0, 1, 2, 8, 40]),
)
def test_out_of_order_no_number_is_given_twice(
    first: int, seed: int, stretches: list[tuple[int, bool]], width: int
) -> None:
    """Muted or not in turn.  What comes late over the edge of a mute is missing; nothing else."""
    rng, stream = Random(seed), Rewriter(first)
    numbers = range(first, first + sum(size for size, _ in stretches))
    order = sorted(numbers, key=lambda n: n + rng.uniform(0, width) if n > first else n)
    muted = [mute for size, mute in stretches for _ in range(size)]
    got, late = dict[int, int](), 0
    for turn, number in enumerate(order):
        if muted[turn]:
            late += number < stream.newest
            stream.skip(number)
        elif number > stream.skipped:
            got[number] = stream.rewrite(number)
        else:
            late += 1
    heard = sorted(got)
    assert len(set(got.values())) == len(got)
    source = Source(first)
    for number in heard:
        assert source.update(got[number]) is not None
    whole = [source.base + n for n in range(len(heard))] if not late else []
    assert 0 <= source.lost - (len(heard) == 0) <= late
    if width == 0:
        assert [got[number] for number in heard] == [number % MOD for number in whole]


def test_a_straggler_for_one_is_none_for_the_other() -> None:
    """Packet 1 overtakes packet 0; Ben was deaf for it, and Cho wasn't."""
    call = play([*SPEAK])
    ana, ben, cho, _ = call.people.values()
    late = ana.sealing.seal(Packet(7, 65_534, 0, b"late").to_bytes(), 12)
    ana.number = 65_535
    call.forwarder.members[ben.ssrc].deaf = True
    early = ana.sealing.seal(Packet(7, 65_535, 0, b"early").to_bytes(), 12)
    [(data, home)] = call.forwarder.receive(early, ana.home)
    assert home == cho.home
    assert Packet.from_bytes(cho.opening.open(data, 12)).sequence == 65_535
    call.forwarder.members[ben.ssrc].deaf = False
    before = call.forwarder.counts.copy()
    [(data, home)] = call.forwarder.receive(late, ana.home)
    assert home == cho.home
    assert Packet.from_bytes(cho.opening.open(data, 12)).sequence == 65_534
    assert call.forwarder.counts - before == {"straggler": 1, "forwarded": 1}
    after = ana.sealing.seal(Packet(7, 0, 0, b"on time").to_bytes(), 12)
    told = call.forwarder.receive(after, ana.home)
    numbers = [Packet.from_bytes(one.opening.open(data, 12)).sequence
               for one, (data, _) in zip((ben, cho), told, strict=True)]  # fmt: skip
    assert numbers == [65_535, 0], "Ben's gap is what came before he was deaf"


# -- What goes no further


def lobby() -> tuple[Call, Person, Person]:
    call = Call()
    for _ in range(2):
        call.join("lobby", 0, selected=True)
    ana, ben = call.people.values()
    return call, ana, ben


def dropped(call: Call, data: bytes, seen: tuple[str, int]) -> str:
    """The one reason that is counted."""
    before = call.forwarder.counts.copy()
    assert call.forwarder.receive(data, seen) == []
    [(reason, count)] = (call.forwarder.counts - before).items()
    assert count == 1
    return reason


def test_each_reason_to_drop_a_datagram() -> None:
    call, ana, ben = lobby()
    voice = Packet(ana.ssrc, 0, 0, b"word").to_bytes()
    sealed = ana.sealing.seal(voice, 12)
    assert dropped(call, Packet(99, 0, 0, b"").to_bytes(), ana.home) == "unknown"
    assert dropped(call, discovery.request(99), ana.home) == "unknown"
    assert dropped(call, sealed, ben.home) == "from elsewhere"
    assert dropped(call, sealed[:31], ana.home) == "too short to hold a seal"
    assert dropped(call, sealed[:-1] + b"\1", ana.home) == "forged"
    assert dropped(call, sealed[:9] + b"\0" + sealed[10:-1] + b"\2", ana.home) == "forged"
    assert dropped(call, ben.sealing.seal(voice, 12), ana.home) == "forged"
    assert dropped(call, b"", ana.home) == "broken"
    assert dropped(call, b"\0\1\0\x46" + bytes(69), ana.home) == "broken"
    assert dropped(call, bytes(12), ana.home) == "broken"
    padded = b"\xa0" + voice[1:] + b"\xff"
    assert dropped(call, ana.sealing.seal(padded, 12), ana.home) == "broken"
    other = Report(ana.ssrc).to_bytes()
    assert dropped(call, ana.sealing.seal(b"\x81" + other[1:], 8), ana.home) == "broken"
    call.forwarder.members[ana.ssrc].speaking = False
    assert dropped(call, ana.sealing.seal(voice, 12), ana.home) == "unannounced"
    call.forwarder.members[ana.ssrc].speaking = True
    assert len(call.forwarder.receive(sealed, ana.home)) == 1
    assert dropped(call, sealed, ana.home) == "replayed"
    far = ana.sealing.seal(Packet(ana.ssrc, 30_000, 0, b"").to_bytes(), 12)
    assert dropped(call, far, ana.home) == "far away"
    assert {*call.forwarder.counts} == REASONS | {"forwarded"}


def test_a_reason_is_told_once() -> None:
    lines = list[str]()
    forwarder = Forwarder(lines.append)
    for _ in range(3):
        forwarder.receive(b"", ("home", 1))
        forwarder.receive(bytes([0x80]) + bytes(11), ("home", 2))
    assert lines == ["dropped from home:1: broken", "dropped from home:2: unknown"]
    assert forwarder.counts == {"broken": 3, "unknown": 3}


def test_no_seal_is_computed_for_a_stranger(monkeypatch: pytest.MonkeyPatch) -> None:
    call, ana, ben = lobby()
    sealed = ana.sealing.seal(Packet(ana.ssrc, 0, 0, b"").to_bytes(), 12)

    def never(*_: object) -> bytes:
        raise AssertionError

    monkeypatch.setattr(Seal, "open", never)
    assert dropped(call, sealed, ben.home) == "from elsewhere"
    call.forwarder.members[ana.ssrc].address = None
    assert dropped(call, sealed, ana.home) == "from elsewhere"


@given(st.binary(max_size=100), st.sampled_from([b"", b"\x80\x78", b"\x80\xc9", b"\0\1\0\x46"]))
@example(b"", b"\x80\xc9")
@example(b"\0\0\0\0\0\7", b"\x80\xc9")
@example(bytes(3) + b"\7" + bytes(66), b"\0\1\0\x46")
def test_random_octets_are_dropped_for_one_reason(data: bytes, start: bytes) -> None:
    call, ana, _ = lobby()
    before = call.forwarder.counts.copy()
    told = call.forwarder.receive(start + data, ana.home)
    [(what, count)] = (call.forwarder.counts - before).items()
    assert count == 1
    assert what in REASONS or (what == "discovered" and len(told) == 1)


def test_a_client_learns_its_address_and_cannot_be_given_another() -> None:
    call, ana, ben = lobby()
    member = call.forwarder.members[ana.ssrc]
    told = call.forwarder.receive(discovery.request(ana.ssrc), ("198.51.100.1", 9))
    answer = discovery.response(ana.ssrc, ("198.51.100.1", 9))
    assert told == [(answer, ("198.51.100.1", 9))]
    assert (member.discovered, member.address) == (("198.51.100.1", 9), ana.home)
    assert call.forwarder.counts == {"discovered": 1}
    sealed = ben.sealing.seal(Packet(ben.ssrc, 0, 0, b"").to_bytes(), 12)
    [(_, home)] = call.forwarder.receive(sealed, ben.home)
    assert home == ana.home, "until it's selected"


def test_nobody_without_an_address_is_sent_anything() -> None:
    call = Call()
    call.join("lobby", 0, selected=True)
    call.join("lobby", 0, selected=False)
    ana, ben = call.people.values()
    sealed = ana.sealing.seal(Packet(ana.ssrc, 0, 0, b"").to_bytes(), 12)
    assert call.forwarder.receive(sealed, ana.home) == []
    assert call.forwarder.counts == {"forwarded": 0}
    assert call.forwarder.members[ben.ssrc].streams == {}


def test_extensions_sources_and_padding_stay_behind() -> None:
    call, ana, ben = lobby()
    head = b"\xb2\x78\0\5\0\0\0\6" + ana.ssrc.to_bytes(4, "big") + b"csrccsrc" + b"\xbe\xde\0\1"
    sealed = ana.sealing.seal(head + b"levl" + b"word" + b"\0\0\3", 24)
    [(data, _)] = call.forwarder.receive(sealed, ana.home)
    assert ben.opening.open(data, 12) == Packet(ana.ssrc, 5, 6, b"word").to_bytes()


# -- Reports


def test_reports_tell_of_those_who_are_heard_and_of_nobody_else() -> None:
    call = play([*SPEAK, ("report", 1, 3), ("report", 3, 3)])
    ana, ben, cho, dan = (call.forwarder.members[ssrc] for ssrc in call.people)
    assert ben.reports == {ana.ssrc: Block(ana.ssrc, 1, 2, 3, 4)}
    assert cho.reports == dan.reports == ana.reports == {}
    assert call.forwarder.counts["reported"] == 2
    call.leave(call.people[ana.ssrc])
    assert ben.reports == {}, "who has left is forgotten"


def test_a_report_may_be_a_senders() -> None:
    call, ana, ben = lobby()
    call.send(ana, b"word")
    said = Report(ben.ssrc, (Block(ana.ssrc, 0, 0, 0, 0),), Sent(1, 2, 3, 4))
    assert call.forwarder.receive(ben.sealing.seal(said.to_bytes(), 8), ben.home) == []
    assert {*call.forwarder.members[ben.ssrc].reports} == {ana.ssrc}


def test_a_thousand_who_come_and_go_leave_nothing() -> None:
    """Neither streams nor reports, of which each sender's last one is kept."""
    call, _, ben = lobby()
    member = call.forwarder.members[ben.ssrc]
    for _ in range(1000):
        call.join("lobby", 0, selected=True)
        guest = [*call.people.values()][-1]
        call.send(guest, b"hello")
        for _ in range(2):
            call.report(ben, 3)
        assert [*member.reports] == [guest.ssrc]
        call.leave(guest)
    assert member.streams == member.reports == {}
    assert {*call.forwarder.counts} == {"forwarded", "reported"}
    assert len(call.forwarder.channels["lobby"]) == 2


def test_a_reason_to_drop_is_an_exception_of_its_own() -> None:
    assert not issubclass(Dropped, ValueError), "or it would be counted as broken"


# -- Topologies


@pytest.mark.parametrize("n", range(1, 13))
def test_what_a_conference_costs(n: int) -> None:
    """Streams drawn one by one, as sender and receiver; the server is −1."""
    people = range(n)
    for s in range(n + 1):
        speakers = range(s)
        direct = {(one, other) for one in speakers for other in people if one != other}
        up = {(one, -1) for one in speakers}
        down = {(one, other) for one, other in direct}  # copies: whose voice, and to whom
        listening = [sum(other == me for _, other in direct) for me in people]
        load = mesh(n, s)
        assert load.links == len([*itertools.combinations(people, 2)])
        assert all(sum(one == me for one, _ in direct) == load.uplink for me in speakers)
        assert listening == [load.downlink - (me in speakers) for me in people]
        assert load == Load(load.links, load.uplink, load.downlink)
        load = forwarder(n, s)
        assert (load.links, load.uplink) == (n, 1)
        assert listening == [load.downlink - (me in speakers) for me in people]
        assert (load.server_in, load.server_out) == (len(up), len(down))
        assert (load.decodes, load.encodes) == (0, 0)
        load = mixer(n, s)
        mixes = {me: frozenset(speakers) - {me} for me in people}
        assert (load.links, load.uplink, load.downlink) == (n, 1, 1)
        assert (load.server_in, load.decodes) == (len(up), len(up))
        assert load.server_out == load.encodes == len(mixes)
        assert len({*mixes.values()}) <= load.encodes


def test_two_people_cost_the_same_uplink_either_way() -> None:
    assert mesh(2, 1).uplink == forwarder(2, 1).uplink == mixer(2, 1).uplink == 1


# -- The gate

NOISE, HUSH = [int(LOUD) + 1] * SIZE, [int(LOUD)] * SIZE


def gated(loud: list[bool]) -> list[bytes | None]:
    gate = Gate()
    sent = list[bytes | None]()
    for one in loud:
        speaking = gate.speaking
        payload = gate.payload(NOISE if one else HUSH)
        assert (payload is not None) == (one or speaking)
        sent.append(payload)
    return sent


@given(st.lists(st.booleans(), max_size=80))
@example([True] + [False] * 20)
@example([True] + [False] * 12 + [True] + [False] * 20)
def test_the_gate_sends_a_word_five_frames_of_silence_and_nothing(loud: list[bool]) -> None:
    """By how long ago it was loud: for ten frames the voice, for five more silence."""
    ago = 10**9
    for one, payload in zip(loud, gated(loud), strict=True):
        ago = 0 if one else ago + 1
        if ago < 10:
            assert payload == encode(NOISE if one else HUSH)
        else:
            assert payload == (SILENCE if ago < 15 else None)
    assert (HOLD, TRAIL) == (10, 5)


@given(st.lists(st.booleans(), max_size=80))
def test_a_spurt_ends_in_exactly_five_frames_of_silence(loud: list[bool]) -> None:
    sent = gated(loud + [False] * 15)
    ends = 0
    for (payload, run), following in itertools.pairwise(
        [*((key, len([*group])) for key, group in itertools.groupby(sent)), (b"", 0)]
    ):
        if payload == SILENCE:
            assert run == TRAIL if following[0] is None or following[1] == 0 else run <= TRAIL
            ends += following[0] is None or following[1] == 0
    spurts = sum(key is not None for key, _ in itertools.groupby(sent, lambda it: it and b""))
    assert ends == spurts


def test_how_loud_is_loud() -> None:
    gate = Gate()
    assert gate.payload(HUSH) is None
    assert gate.payload([0] * SIZE) is None
    assert not gate.speaking
    assert gate.payload([0] * (SIZE - 1) + [2530]) == encode([0] * (SIZE - 1) + [2530])
    assert gate.speaking
    assert 2529**2 < LOUD**2 * SIZE < 2530**2
    assert Gate().payload([0] * (SIZE - 1) + [-2529]) is None


# -- The guard


def test_a_mute_is_no_loss_and_a_loss_is_one() -> None:
    world = lab.World()
    moves = ("Ana speaks", "Ana is muted or unmuted", "Ana speaks", "Ana is muted or unmuted")
    shown = [world.move(name) for name in (*moves, "one is lost", "Ana speaks")]
    assert shown == ["Ben misses 0", "muted", "Ben misses 0", "unmuted", "lost", "Ben misses 1"]
    assert world.broken() == ""
    assert world.missing() == world.lost == 1
