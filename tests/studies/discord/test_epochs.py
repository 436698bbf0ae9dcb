"""Epochs: who can open what, whatever the members and the network do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from itertools import permutations, product
from math import inf
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from discord_lab.epochs import Call
from mini_discord.epochs import (
    GENERATION,
    KEEP,
    MEMORY,
    TIMEOUT,
    Commit,
    Decryptor,
    Encryptor,
    Execute,
    KeyPackage,
    Leave,
    Member,
    Proposals,
    Ready,
    Welcome,
    ratchet,
)
from mini_discord.frames import NONCES, SILENCE, Frame, cut, join, split, weave

NAMES = ["Ana", "Ben", "Cho", "Dan"]
SECRET = b"sixteen bytes ok"

# -- One sender, one epoch


def pair(count: int = 0) -> tuple[Encryptor, Decryptor]:
    encryptor, decryptor = Encryptor(SECRET, "Ana"), Decryptor(SECRET, "Ana")
    encryptor.count = decryptor.newest = count
    return encryptor, decryptor


@pytest.mark.parametrize("count", [0, 126, 2**24 - 3, 2**31 - 3, 2**32 - 3, 2**33 + 2**24 - 3])
def test_six_frames_over_every_border(count: int) -> None:
    """The generation follows the count past 2**24 and the wrap; no key has a nonce twice."""
    encryptor, decryptor = pair(count)
    used = set[tuple[bytes, int]]()
    for n in range(1, 7):
        frame = split(encryptor.encrypt(b"words"))
        assert frame.nonce == (count + n) % NONCES
        used.add((ratchet(SECRET, "Ana", count + n >> GENERATION), frame.nonce))
        assert decryptor.decrypt(frame) == b"words"
        assert decryptor.decrypt(frame) is None
    assert len(used) == 6


def test_a_wrapped_nonce_meets_another_key() -> None:
    first, second = pair(0)[0].encrypt(b"words"), pair(NONCES)[0].encrypt(b"words")
    assert split(first).nonce == split(second).nonce == 1
    assert split(first).media != split(second).media
    assert pair(NONCES)[1].decrypt(split(first)) is None


@given(st.permutations(range(7)), st.sampled_from([0, 2**24 - 4, 2**32 - 4]))
@settings(max_examples=40)
def test_any_order(order: list[int], count: int) -> None:
    encryptor, decryptor = pair(count)
    frames = [split(encryptor.encrypt(b"%d" % n)) for n in range(7)]
    for n in order:
        assert decryptor.decrypt(frames[n]) == b"%d" % n
    for n in order:
        assert decryptor.decrypt(frames[n]) is None


def test_a_thousand_are_remembered() -> None:
    encryptor, decryptor = pair()
    frames = [split(encryptor.encrypt(b"words")) for _ in range(MEMORY + 3)]
    assert decryptor.decrypt(frames[-1]) == b"words"
    assert len(decryptor.missing) == MEMORY
    assert decryptor.decrypt(frames[1]) is None, "forgotten"
    assert decryptor.decrypt(frames[2]) == b"words", "the oldest that isn't"
    later = [split(encryptor.encrypt(b"words")) for _ in range(3)]
    assert decryptor.decrypt(later[2]) == b"words"
    assert len(decryptor.missing) == MEMORY
    assert decryptor.decrypt(frames[3]) is None


def test_a_nonce_from_before_the_beginning() -> None:
    frame = split(pair()[0].encrypt(b"words"))
    for nonce in (0, NONCES - 1, NONCES // 2):
        forged = Frame(frame.media, frame.tag, nonce)
        assert pair()[1].decrypt(forged) is None


# -- The relay, which has no key


def tampered(data: bytes) -> Iterable[bytes]:
    for where, bit in product(range(len(data)), range(8)):
        octets = bytearray(data)
        octets[where] ^= 1 << bit
        yield bytes(octets)
    for end in range(len(data)):
        yield data[:end]
        yield data[end:] if end else b""


@pytest.mark.parametrize("clear", [(), ((0, 1),), ((1, 2), (4, 1))])
def test_the_relay_makes_no_voice(clear: tuple[tuple[int, int], ...]) -> None:
    """Every bit turned and every end cut off: nothing is heard, and no nonce is spent."""
    call = talking("Ana", "Ben")
    ben = call.members["Ben"]
    encryptor = call.members["Ana"].encryptor
    assert encryptor
    data = encryptor.encrypt(b"a word", clear)
    for forged in tampered(data):
        assert ben.hear("Ana", forged, call.now) is None
    assert ben.hear("Ben", data, call.now) is None, "of another sender"
    assert ben.hear("Eve", data, call.now) is None, "of nobody"
    assert ben.hear("Ana", data, call.now) == b"a word"
    assert ben.hear("Ana", data, call.now) is None, "again"


def test_the_relay_can_inject_silence() -> None:
    """On purpose: the paper makes this exception, and says what it allows."""
    call = talking("Ana", "Ben")
    for sender in ("Ana", "Eve"):
        assert call.members["Ben"].hear(sender, SILENCE, call.now) == SILENCE
    assert call.members["Ben"].hear("Ana", SILENCE * 2, call.now) is None


def test_the_relay_can_move_clear_bytes() -> None:
    """On purpose too: ranges aren't signed (TOB-DISCE2EC-7)."""
    encryptor, decryptor = pair()
    frame = split(encryptor.encrypt(b"header", ((0, 1),)))
    kept, others = cut(frame.media, frame.clear)
    moved = ((5, 1),)
    forged = join(Frame(weave(moved, kept, others), frame.tag, frame.nonce, moved))
    assert decryptor.decrypt(split(forged)) == b"eaderh"


# -- Calls


def talking(*names: str) -> Call:
    call = Call()
    for name in names:
        call.join(name)
        call.run()
    return call


def speak(call: Call, name: str, words: bytes = b"words") -> bytes:
    encryptor = call.members[name].encryptor
    assert encryptor
    return encryptor.encrypt(words)


def hears(call: Call, name: str, sender: str) -> bool:
    return call.members[name].hear(sender, speak(call, sender), call.now) == b"words"


@pytest.mark.parametrize("order", list(permutations(NAMES[:3])))
def test_everybody_hears_everybody(order: tuple[str, ...]) -> None:
    for names in (order[:2], order):
        call = talking(*names)
        assert all(hears(call, a, b) for a, b in permutations(names, 2))
        assert {m.encryptor.secret for m in call.members.values() if m.encryptor} == {
            call.members[names[0]].keys[call.gateway.epoch].secret
        }


def test_three_who_join_at_once_share_an_epoch() -> None:
    call = Call()
    for name in NAMES:
        call.join(name)
    call.run()
    assert call.gateway.epoch == 2, "Ana alone, then all"
    assert all(hears(call, a, b) for a, b in permutations(NAMES, 2))


def test_one_commit_wins() -> None:
    """Three commits for one epoch, in each order; two are dropped."""
    for order in permutations(NAMES[:3]):
        call = talking(*NAMES[:3])
        epoch = call.gateway.epoch
        newcomer = call.join("Dan")
        made = dict[str, Commit]()
        for to, message in call.gateway.receive(KeyPackage("Dan", newcomer.package), 0):
            (made[to],) = (
                one for one in call.members[to].receive(message, 0) if isinstance(one, Commit)
            )
        sent = [call.gateway.receive(made[name], 0) for name in order]
        assert [bool(one) for one in sent] == [True, False, False]
        assert {type(m) for _, m in sent[0]} == {Commit, Welcome}
        assert call.gateway.epoch == epoch + 1


def test_a_commit_that_misses_a_proposal_is_refused() -> None:
    call = talking(*NAMES[:3])
    gateway, ana = call.gateway, call.members["Ana"]
    dan = Member("Dan", Random(1))
    (early,) = [
        one
        for to, message in gateway.receive(KeyPackage("Dan", dan.package), 0)
        if to == "Ana"
        for one in ana.receive(message, 0)
    ]
    proposals = gateway.receive(Leave("Cho"), 0)
    assert {to for to, _ in proposals} == {"Ana", "Ben"}
    assert not gateway.receive(early, 0)
    (whole,) = ana.receive(proposals[0][1], 0)
    assert isinstance(whole, Commit)
    assert "Cho" not in whole.envelopes
    assert gateway.receive(whole, 0)


def test_a_commit_of_a_stranger_or_of_nothing() -> None:
    call = talking("Ana", "Ben")
    gateway = call.gateway
    batch = gateway.batch
    assert not gateway.receive(Commit(gateway.epoch, "Ana", batch, 3, {}), 0)
    gateway.receive(KeyPackage("Cho", 5), 0)
    stranger = Commit(gateway.epoch, "Cho", gateway.batch, 3, {})
    late = Commit(gateway.epoch - 1, "Ana", gateway.batch, 3, {})
    future = Commit(gateway.epoch + 1, "Ana", gateway.batch, 3, {})
    for one in (stranger, late, future):
        assert not gateway.receive(one, 0)
    assert gateway.receive(Commit(gateway.epoch, "Ben", gateway.batch, 3, {}), 0)


def test_a_proposal_that_is_taken_back() -> None:
    """Dan comes and goes before anybody's commit has arrived."""
    call = talking("Ana", "Ben")
    epoch = call.gateway.epoch
    sent = call.gateway.receive(KeyPackage("Dan", 5), 0)
    assert {to for to, _ in sent} == {"Ana", "Ben"}
    (early,) = call.members["Ana"].receive(sent[0][1], 0)
    sent = call.gateway.receive(Leave("Dan"), 0)
    assert sent == [(n, Proposals(epoch, frozenset())) for n in ("Ana", "Ben")]
    assert call.members["Ana"].receive(sent[0][1], 0) == []
    assert not call.gateway.receive(early, 0)
    assert call.gateway.epoch == epoch


def test_a_member_refuses_what_was_not_proposed() -> None:
    call = talking("Ana", "Ben")
    ben = call.members["Ben"]
    strange = Commit(ben.epoch, "Ana", frozenset({KeyPackage("Eve", 5)}), 3, {})
    assert ben.receive(strange, 0) == []
    assert ben.roster.keys() == {"Ana", "Ben"}


def test_who_is_not_ready_is_waited_for_and_not_for_ever() -> None:
    call = talking("Ana", "Ben")
    cho = call.join("Cho")
    while call.gateway.deadline == inf:
        call.step()
    before = speak(call, "Ana")
    while call.queue:
        mute = [one for one in call.queue if one[4] != Ready("Ben", cho.epoch)]
        call.queue, mute = mute, []
        if call.queue:
            call.step()
    assert call.gateway.awaiting == {"Ben"}
    call.run(TIMEOUT - 0.1)
    assert not cho.encryptor
    call.run(TIMEOUT + 0.1)
    assert hears(call, "Cho", "Ana")
    assert hears(call, "Ben", "Ana")
    assert cho.hear("Ana", before, call.now) is None, "from before it came"


def test_a_bad_envelope_leads_to_another_key_package() -> None:
    call = talking("Ana", "Ben", "Cho")
    ben = call.members["Ben"]
    package, epoch = ben.package, call.gateway.epoch
    call.join("Dan")
    while call.gateway.epoch == epoch:
        call.step()
    for n, (at, number, to, up, message) in enumerate(call.queue):
        if isinstance(message, Commit) and to is ben:
            envelopes = {**message.envelopes, "Ben": bytes(24)}
            changed = replace(message, envelopes=envelopes)
            call.queue[n] = at, number, to, up, changed
    call.run()
    assert ben.package != package
    assert call.gateway.epoch == epoch + 2
    assert all(hears(call, a, b) for a, b in permutations(NAMES, 2))


def test_a_sole_member_starts_afresh() -> None:
    call = talking("Ana", "Ben")
    ben = call.leave("Ben")
    while call.queue:
        call.step()
    assert call.gateway.roster.keys() == {"Ana"}
    assert ben.hear("Ana", speak(call, "Ana"), call.now) is None
    assert call.members["Ana"].receive(Execute(1), 0) == [], "of an epoch that is over"
    call.leave("Ana")
    call.run()
    cho = call.join("Cho")
    call.run()
    assert cho.encryptor
    assert call.gateway.roster == {"Cho": cho.package}


def test_who_leaves_reads_until_the_switch() -> None:
    """The paper's two seconds: old keys are in use until all are ready or time is up."""
    call = talking("Ana", "Ben", "Cho")
    cho = call.leave("Cho")
    heard = []
    while call.due < inf:
        heard.append(cho.hear("Ana", speak(call, "Ana"), call.now) == b"words")
        call.step()
    assert heard[0]
    assert heard == sorted(heard, reverse=True), "and never again"
    assert cho.hear("Ana", speak(call, "Ana"), call.now) is None


def lost(keep: float, slow: float, seed: int, *, hangs: bool) -> int:
    """Let Ana talk while Dan joins; count what Ben, who is in both epochs, can't open."""
    chance = Random(seed)
    call = Call(lambda: chance.uniform(0, slow), keep)
    ana, ben, _ = (call.join(name) for name in NAMES[:3])
    call.run()
    if hangs:
        del call.members["Cho"]
    call.join("Dan")
    air: list[tuple[float, bytes]] = []
    count, end = 0, call.now + 8 * slow + 2 * TIMEOUT
    while call.now < end or air:
        if call.now < end:
            air.append((call.now + chance.uniform(0, slow), speak(call, "Ana")))
        call.run(call.now + slow / 5)
        for at, data in sorted(one for one in air if one[0] <= call.now):
            count += ben.hear("Ana", data, at) is None
        air = [one for one in air if one[0] > call.now]
    assert ana.epoch == ben.epoch == 3
    return count


@pytest.mark.parametrize("slow", [0.1, 1.0, 4.0])
@pytest.mark.parametrize("hangs", [False, True])
def test_no_frame_is_lost_if_old_keys_are_kept_for_long_enough(slow: float, hangs: bool) -> None:
    """Long enough is the gateway's patience and two trips: its word's, and the frame's."""
    runs = range(8)
    assert not any(lost(TIMEOUT + 2 * slow, slow, seed, hangs=hangs) for seed in runs)
    assert any(lost(0.2 * slow, slow, seed, hangs=hangs) for seed in runs)
    if hangs:
        assert any(lost(0.6 * TIMEOUT, slow, seed, hangs=True) for seed in runs)


# -- Whatever happens


class Machine(RuleBasedStateMachine):
    """Members come, go and speak; messages and frames take their time."""

    slow = 0.3

    def __init__(self) -> None:
        super().__init__()
        self.chance = Random(0)
        self.call = Call(lambda: self.chance.uniform(0, self.slow))
        self.everybody: list[Member] = []
        self.rosters: dict[int, dict[str, int]] = {}
        self.packages: dict[int, set[int]] = {}  # by member, since one may ask anew
        self.entered: dict[int, set[int]] = {}
        self.secrets: dict[int, bytes] = {}
        self.won = list[int]()
        self.used = set[tuple[bytes, str, int]]()
        self.tapped: list[tuple[str, int, bytes, float]] = []
        self.air: list[tuple[float, str, int, bytes, int]] = []

    @initialize(seed=st.integers(0, 99))
    def begin(self, seed: int) -> None:
        """Let two talk, so that there is something to change."""
        self.chance.seed(seed)
        for name in NAMES[:2]:
            self.come(name)
        self.time(60.0)

    @rule(name=st.sampled_from(NAMES))
    def come(self, name: str) -> None:
        if name not in self.call.members:
            self.everybody.append(self.call.join(name))
            self.packages[len(self.everybody) - 1] = {self.everybody[-1].package}
            self.entered[len(self.everybody) - 1] = set()

    @rule(name=st.sampled_from(NAMES))
    def go(self, name: str) -> None:
        if name in self.call.members:
            self.call.leave(name)

    @rule(seconds=st.sampled_from([0.01, 0.1, 0.5, 3.0, 9.0]))
    def time(self, seconds: float) -> None:
        end = self.call.now + seconds
        while True:
            due = self.call.due
            frame = min([one[0] for one in self.air], default=inf)
            if min(due, frame) > end:
                break
            if frame <= due:
                self.arrive()
            else:
                self.deliver()
        self.call.run(end)

    def deliver(self) -> None:
        gateway, before = self.call.gateway, self.call.gateway.epoch
        self.call.step()
        for number, member in enumerate(self.everybody):
            self.packages[number].add(member.package)
            self.entered[number].update(member.keys)
        if gateway.epoch != before:
            self.won.append(gateway.epoch)
            self.rosters[gateway.epoch] = dict(gateway.roster)
            assert gateway.epoch == before + 1 or len(gateway.roster) == 1

    def arrive(self) -> None:
        self.air.sort()
        at, sender, epoch, data, receiver = self.air.pop(0)
        self.call.now = max(self.call.now, at)
        member = self.everybody[receiver]
        ready = epoch in self.entered[receiver]
        heard = member.hear(sender, data, at)
        if heard:
            assert self.belonged(member, epoch)
        if member in self.call.members.values() and ready:
            assert TIMEOUT + 2 * self.slow <= KEEP
            assert heard == b"words", "whoever was ready for an epoch loses none of it"

    @rule(name=st.sampled_from(NAMES), times=st.integers(1, 3))
    def say(self, name: str, times: int) -> None:
        member = self.call.members.get(name)
        encryptor = member.encryptor if member else None
        if not member or not encryptor:
            return
        epoch = next(e for e, k in member.keys.items() if k.secret == encryptor.secret)
        for _ in range(times):
            data = encryptor.encrypt(b"words")
            once = (encryptor.secret, name, encryptor.count)
            assert once not in self.used
            self.used.add(once)
            self.tapped.append((name, epoch, data, self.call.now))
            for number, one in enumerate(self.everybody):
                if one is not member:
                    at = self.call.now + self.chance.uniform(0, self.slow)
                    self.air.append((at, name, epoch, data, number))

    @precondition(lambda self: self.tapped)
    @rule(number=st.integers(0, 50))
    def replay(self, number: int) -> None:
        """The relay plays an old frame to everybody; nobody hears it twice."""
        name, _, data, _ = self.tapped[number % len(self.tapped)]
        for member in self.everybody:
            if member.name != name:
                first = member.hear(name, data, self.call.now)
                assert first is None or member.hear(name, data, self.call.now) is None
        self.air = [one for one in self.air if one[3] != data]

    def belonged(self, member: Member, epoch: int) -> bool:
        number = self.everybody.index(member)
        return self.rosters[epoch].get(member.name) in self.packages[number]

    @invariant()
    def one_secret_an_epoch(self) -> None:
        for member in self.everybody:
            for epoch, keys in member.keys.items():
                assert self.secrets.setdefault(epoch, keys.secret) == keys.secret
                assert self.belonged(member, epoch)
        assert len(self.won) == len(set(self.won)), "one commit an epoch"

    def teardown(self) -> None:
        """In the end everybody who is there hears everybody, and nobody else does."""
        self.time(60.0)
        call = self.call
        assert call.gateway.roster == call.gateway.wanted or not call.members
        assert call.gateway.wanted == {n: m.package for n, m in call.members.items()}
        for name, member in call.members.items():
            data = speak(call, name)
            for one in self.everybody:
                if one is not member:
                    there = one in call.members.values()
                    assert (one.hear(name, data, call.now) == b"words") == there
        for member in self.everybody:
            assert sum(keys.until >= call.now for keys in member.keys.values()) <= 1


@pytest.mark.parametrize("slow", [0.0, 0.3, 4.0])
def test_any_call(slow: float) -> None:
    """Without delay, with some, and with delays beyond the gateway's patience."""
    machine = type("Slow", (Machine,), {"slow": slow})
    run_state_machine_as_test(machine, settings=settings(max_examples=40, stateful_step_count=25))
