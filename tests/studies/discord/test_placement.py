"""Placement against a world whose servers crash, return, drain and get out of reach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import product
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from discord_lab import placement as lab
from mini_discord.placement import (
    Announce,
    Command,
    Evict,
    Placement,
    Probe,
    Push,
    VoiceState,
)
from mini_discord.sites import best_site, nearest, worst

PATIENCE, TIMEOUT = 4, 1
REGIONS, USERS, CHANNELS = ("eu", "us"), ("ana", "ben", "cho"), ("raid", "chess")
SLOTS = ("a", "b", "c")  # machines; a server is one life of one of them


@dataclass
class Fake:
    """A voice server, and the connection that the owner has to it."""

    region: str
    alive: bool = True
    cut: bool = False
    died: int = 0
    holds: dict[str, dict[str, VoiceState]] = field(default_factory=dict)
    queue: list[Push | Evict] = field(default_factory=list)

    @property
    def reachable(self) -> bool:
        return self.alive and not self.cut

    def obey(self) -> None:
        for command in self.queue if self.reachable else ():
            match command:
                case Push(_, channel, states):
                    self.holds[channel] = {state.user: state for state in states}
                case Evict(_, None):
                    self.holds.clear()
                case Evict(_, channel):
                    self.holds.pop(channel or "", None)
        if self.reachable:
            self.queue.clear()


class Machine(RuleBasedStateMachine):
    """Any story of three machines, two regions, three users and two channels."""

    def __init__(self) -> None:
        super().__init__()
        self.owner, self.now, self.lives = Placement(PATIENCE), 0, 0
        self.machines: dict[str, str] = {}
        self.servers: dict[str, Fake] = {}
        self.at: dict[str, str | None] = {}
        self.asked: dict[str, int] = {}
        self.drained: dict[str, set[str]] = {}

    # What the caller does

    def do(self, commands: list[Command]) -> None:
        for command in commands:
            match command:
                case Announce(channel, server, users):
                    assert set(users) <= {*self.owner.calls[channel].states}
                    assert server is None or server in self.owner.servers
                    self.at |= dict.fromkeys(users, server)
                case Probe(server):
                    assert server not in self.asked, "one question at a time"
                    self.asked[server] = self.now
                case Push(server) | Evict(server):
                    self.servers[server].queue.append(command)
                    self.servers[server].obey()
        for name, fake in self.servers.items():
            if name not in self.owner.servers:
                fake.queue.clear()
                self.asked.pop(name, None)

    def do_without_a_move(self, commands: list[Command]) -> None:
        before = {channel: call.server for channel, call in self.owner.calls.items()}
        self.do(commands)
        for channel, server in before.items():
            call = self.owner.calls.get(channel)
            assert call is None or server is None or call.server == server

    # What happens

    @rule(slot=st.sampled_from(SLOTS), region=st.sampled_from(REGIONS))
    def start(self, slot: str, region: str) -> None:
        if slot not in self.machines:
            self.lives += 1
            name = self.machines[slot] = f"{slot}{self.lives}"
            self.servers[name] = Fake(region)
            self.beat(name)

    def beat(self, name: str) -> None:
        fake = self.servers[name]
        load = sum(map(len, fake.holds.values()))
        self.do_without_a_move(self.owner.beat(name, fake.region, load, self.now))

    @rule(slot=st.sampled_from(SLOTS))
    def crash(self, slot: str) -> None:
        if name := self.machines.pop(slot, None):
            fake = self.servers[name]
            fake.alive, fake.died = False, self.now
            fake.holds.clear()

    @rule(slot=st.sampled_from(SLOTS))
    def leave(self, slot: str) -> None:
        if name := self.machines.pop(slot, None):
            self.do(self.owner.leave(name, self.now))
            self.servers[name].alive = False
            self.servers[name].holds.clear()

    @rule(slot=st.sampled_from(SLOTS))
    def drain(self, slot: str) -> None:
        if (name := self.machines.get(slot, "")) in self.owner.servers:
            self.owner.drain(name)
            self.drained.setdefault(name, self.on(name))

    @rule(slot=st.sampled_from(SLOTS), cut=st.booleans())
    def cut(self, slot: str, cut: bool) -> None:
        if name := self.machines.get(slot):
            self.servers[name].cut = cut
            self.servers[name].obey()

    @rule(
        user=st.sampled_from(USERS), channel=st.sampled_from(CHANNELS),
        region=st.sampled_from(REGIONS), mute=st.booleans(),
    )  # fmt: skip
    def join(self, user: str, channel: str, region: str, mute: bool) -> None:
        state = VoiceState(user, channel, mute)
        self.at.setdefault(user, None)
        self.do_without_a_move(self.owner.join(state, region, self.now))

    @rule(user=st.sampled_from(USERS), channel=st.sampled_from(CHANNELS))
    def part(self, user: str, channel: str) -> None:
        if self.owner.channels.get(user) == channel:
            self.at.pop(user)
        self.do_without_a_move(self.owner.part(user, channel))

    @rule(user=st.sampled_from(USERS), channel=st.sampled_from(CHANNELS))
    def complain(self, user: str, channel: str) -> None:
        """With or without a reason: somebody’s own network may have failed."""
        self.do_without_a_move(self.owner.report(user, channel))

    @rule(channel=st.sampled_from(CHANNELS), region=st.sampled_from(REGIONS))
    def move(self, channel: str, region: str) -> None:
        self.do(self.owner.move(channel, region, self.now))

    @precondition(lambda self: self.servers)
    @rule()
    def time_passes(self) -> None:
        self.now += 1
        for name in [*self.servers]:
            if self.servers[name].reachable:
                self.beat(name)
        for name, since in [*self.asked.items()]:
            alive = self.servers[name].reachable
            if alive or self.now - since >= TIMEOUT:
                del self.asked[name]
                commands = self.owner.probed(name, alive, self.now)
                (self.do_without_a_move if alive else self.do)(commands)
        self.do_without_a_move(self.owner.tick(self.now))

    # What holds

    def on(self, name: str) -> set[str]:
        return {c for c, call in self.owner.calls.items() if call.server == name}

    @invariant()
    def no_server_within_reach_holds_what_is_not_its_own(self) -> None:
        for name, fake in self.servers.items():
            if fake.reachable and name in self.owner.servers:
                assert fake.holds == {c: self.owner.calls[c].states for c in self.on(name)}

    @invariant()
    def another_holder_is_out_of_reach_or_not_yet_heard_again(self) -> None:
        for name, fake in self.servers.items():
            if fake.alive and set(fake.holds) - self.on(name):
                assert fake.cut or name not in self.owner.servers

    @invariant()
    def no_call_stays_on_a_dead_server(self) -> None:
        for call in self.owner.calls.values():
            if call.server and not self.servers[call.server].alive:
                assert self.now - self.servers[call.server].died <= PATIENCE + TIMEOUT

    @invariant()
    def calls_wait_only_while_no_server_is_fit(self) -> None:
        for call in self.owner.calls.values():
            if call.server is None:
                assert not self.owner.fit(call.region, self.now)

    @invariant()
    def members_are_where_the_owner_says(self) -> None:
        for channel, call in self.owner.calls.items():
            assert call.states
            for user, state in call.states.items():
                assert (state.user, state.channel) == (user, channel)
                assert self.owner.channels[user] == channel
                assert self.at[user] == call.server
        assert sum(len(c.states) for c in self.owner.calls.values()) == len(self.owner.channels)

    @invariant()
    def a_drained_server_empties(self) -> None:
        for name, had in self.drained.items():
            if name in self.owner.servers and self.owner.servers[name].draining:
                assert self.on(name) <= had
                self.drained[name] = self.on(name)

    @invariant()
    def questions_are_under_way(self) -> None:
        assert self.owner.probing == set(self.asked) <= set(self.owner.servers)


Machine.TestCase.settings = settings(max_examples=80, stateful_step_count=30)
TestMachine = Machine.TestCase


# -- The choice

LOADS = st.lists(st.integers(0, 5), min_size=1, max_size=6)


@given(loads=LOADS, joins=st.integers(0, 30))
@settings(max_examples=100)
def test_calls_level_the_servers_between_two_reports(loads: list[int], joins: int) -> None:
    """No server gets a call while another carries less, though nothing is reported."""
    owner, carried = Placement(10), {f"s{n}": load for n, load in enumerate(loads)}
    for name, load in carried.items():
        owner.beat(name, "eu", load, 0)
    for n in range(joins):
        least = min(carried.values())
        owner.join(VoiceState(f"u{n}", f"c{n}"), "eu", 0)
        name = owner.calls[f"c{n}"].server
        assert name == min(s for s, load in carried.items() if load == least)
        carried[name] += 1
    assert {name: owner.load(name) for name in carried} == carried


STORIES = st.lists(
    st.tuples(st.booleans(), st.sampled_from(USERS), st.sampled_from(CHANNELS)), max_size=20
)


@given(story=STORIES)
def test_members_who_come_and_go_are_counted(story: list[tuple[bool, str, str]]) -> None:
    """The owner’s count is right without a further report, in calls of any size."""
    owner = Placement(10)
    for name in SLOTS:
        owner.beat(name, "eu", 7, 0)
    for joins, user, channel in story:
        if joins:
            owner.join(VoiceState(user, channel), "eu", 0)
        else:
            owner.part(user, channel)
        for name in SLOTS:
            on = [call for call in owner.calls.values() if call.server == name]
            assert owner.load(name) == 7 + sum(len(call.states) for call in on)


KINDS = ("fit", "elsewhere", "draining", "silent", "gone")


def test_only_fit_servers_are_chosen() -> None:
    """Each of three servers in each of five states, all of them less loaded than a fit one."""
    for kinds in product(KINDS, repeat=3):
        owner, fit = Placement(10), []
        for n, kind in enumerate(kinds):
            name = f"s{n}"
            owner.beat(name, "us" if kind == "elsewhere" else "eu", 9 if kind == "fit" else 0,
                       0 if kind == "silent" else 10)  # fmt: skip
            if kind == "draining":
                owner.drain(name)
            if kind == "gone":
                owner.leave(name, 10)
            if kind == "fit":
                fit.append(name)
        commands = owner.join(VoiceState("ana", "raid"), "eu", 10)
        assert owner.calls["raid"].server == (fit[0] if fit else None), kinds
        assert commands[-1] == Announce("raid", fit[0] if fit else None, ("ana",))


def test_a_heartbeat_keeps_a_drained_server_drained() -> None:
    owner = Placement(10)
    owner.drain("nobody")
    owner.beat("a", "eu", 0, 0)
    owner.drain("a")
    owner.beat("a", "eu", 0, 1)
    assert owner.fit("eu", 1) == []


def test_a_call_moves_to_a_region_that_has_a_server() -> None:
    owner = Placement(10)
    owner.beat("a", "eu", 0, 0)
    state = VoiceState("ana", "raid")
    owner.join(state, "eu", 0)
    assert owner.move("raid", "us", 0) == owner.move("raid", "eu", 0) == []
    assert owner.move("chess", "eu", 0) == []
    owner.beat("b", "us", 0, 0)
    assert owner.move("raid", "us", 0) == [
        Push("b", "raid", (state,)),
        Announce("raid", "b", ("ana",)),
        Evict("a", "raid"),
    ]
    assert (owner.load("a"), owner.load("b")) == (0, 1)


def test_a_waiting_call_moves_to_a_region_that_has_a_server() -> None:
    owner = Placement(10)
    owner.join(VoiceState("ana", "raid"), "eu", 0)
    owner.beat("b", "us", 0, 0)
    commands = owner.move("raid", "us", 0)
    assert [type(command) for command in commands] == [Push, Announce]


def test_a_server_that_changes_its_region_keeps_its_call() -> None:
    owner = Placement(10)
    owner.beat("a", "eu", 0, 0)
    owner.join(VoiceState("ana", "raid"), "eu", 0)
    owner.beat("a", "us", 1, 1)
    assert [type(command) for command in owner.move("raid", "us", 1)] == [Push, Announce]
    assert owner.load("a") == 1


def test_a_late_answer_moves_nothing() -> None:
    owner = Placement(10)
    owner.beat("a", "eu", 0, 0)
    owner.join(VoiceState("ana", "raid"), "eu", 0)
    assert owner.probed("a", False, 1) == []
    assert owner.report("ben", "raid") == owner.report("ana", "chess") == []
    assert owner.report("ana", "raid") == [Probe("a")]
    assert owner.report("ana", "raid") == []
    assert owner.probed("a", True, 1) == owner.probed("a", False, 1) == []
    assert owner.tick(10) == []
    assert owner.tick(11) == [Probe("a")]


def test_a_server_that_left_is_asked_nothing_more() -> None:
    owner = Placement(10)
    owner.beat("a", "eu", 0, 0)
    owner.join(VoiceState("ana", "raid"), "eu", 0)
    owner.report("ana", "raid")
    owner.leave("a", 1)
    assert owner.probed("a", True, 1) == owner.probed("a", False, 1) == []
    assert owner.report("ana", "raid") == []


# -- Sites

DELAYS = st.integers(1, 4).flatmap(
    lambda members: st.dictionaries(
        st.sampled_from("abcdef"),
        st.lists(st.integers(0, 20), min_size=members, max_size=members),
        min_size=1,
    )
)


@given(delays=DELAYS)
def test_the_best_site_is_best_and_a_new_one_makes_it_no_worse(
    delays: dict[str, list[int]],
) -> None:
    best = worst(delays[best_site(delays)])
    assert best <= worst(delays[nearest(delays)])
    for site in delays:
        assert best <= worst(delays[site])
        fewer = {name: ways for name, ways in delays.items() if name != site}
        assert not fewer or best <= worst(fewer[best_site(fewer)])


@given(delays=st.lists(st.integers(0, 20), min_size=2, max_size=5))
def test_the_longest_way_is_between_two_members(delays: list[int]) -> None:
    pairs = [a + b for i, a in enumerate(delays) for b in delays[:i]]
    assert worst(delays) == max(pairs)


# -- The experiments’ world

GUARDS: list[Callable[[lab.World], None]] = [
    lab.without_push_first, lab.without_confirmation, lab.without_eviction,
]  # fmt: skip


def test_no_story_of_four_moves_breaks_a_rule() -> None:
    for moves in product(lab.MOVES, repeat=4):
        world = lab.World()
        for name in moves:
            world.move(name)
            assert not world.broken(), moves


@pytest.mark.parametrize("without", GUARDS)
def test_each_guard_is_needed(without: Callable[[lab.World], None]) -> None:
    random, broken = Random(1), set()
    for _ in range(300):
        world = lab.World()
        without(world)
        for name in random.choices(lab.MOVES, k=8):
            world.move(name)
            broken.add(world.broken())
    assert len(broken) > 1
