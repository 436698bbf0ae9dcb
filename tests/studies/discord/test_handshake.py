"""The two ends of a voice connection, over links that break, and message by message."""

from __future__ import annotations

import json
from collections import Counter, deque
from itertools import product
from random import Random
from typing import Any
from unittest.mock import patch

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)
from readings import stored

from discord_lab import joining as lab
from mini_discord import discovery, handshake, signalling
from mini_discord.handshake import Client, Closed, Message, Op, State
from mini_discord.rtp import Packet
from mini_discord.seal import MODE, Seal
from mini_discord.sfu import Forwarder
from mini_discord.signalling import BUFFER, Connection, Session, Signalling, Ticket

INTERVAL, PATIENCE = 41_250.0, 15_000.0
SILENCE = INTERVAL * 1.5 + PATIENCE  # how long a connected client may say nothing
SERVER, ELSEWHERE = "voice:9", None
USERS, CHANNELS = ("ana", "ben", "cho"), ("lobby", "den")
FRESH = {4006, 4009}  # identify again
STOP = {1000, 4001, 4002, 4003, 4004, 4005, 4011, 4012, 4014, 4016, 4017, 4020, 4021}
SMALL = 3  # messages in a buffer, so that breaks are often too long


def over(message: Any) -> Any:
    """Return what arrives of a message that is sent as JSON."""
    return json.loads(json.dumps(message))


# A network that breaks at any point


class Link:
    """A connection over TCP: in order both ways, until it breaks."""

    def __init__(self, world: World, user: str) -> None:
        self.down, self.up = deque[Any](), deque[Message]()
        self.world, self.user = world, user
        self.broken = self.closing = False
        self.ended = False  # the server knows that it's over
        self.resuming: int | None = None  # the numbers that it has to replay from
        self.connection = Connection(world.signalling, self.send, self.close, world.now)

    def send(self, message: Message) -> None:
        assert not self.closing, "nothing is sent on what has been closed"
        if not self.broken:
            self.down.append(over(message))

    def close(self, code: int) -> None:
        assert not self.closing, "a connection is closed once"
        self.closing = True
        self.up.clear()
        if not self.broken:
            self.down.append(code)

    def lose(self) -> None:
        """Break, with all that's under way; neither end knows as yet."""
        self.broken = True
        self.down.clear()
        self.up.clear()

    def end(self) -> None:
        """Let the server find out, as the end of a socket tells it."""
        if not self.ended:
            self.ended, self.closing = True, True
            before = self.connection.session
            held = before is not None and before.connection is self.connection
            self.connection.end(None)
            if before and held:
                self.world.away[before.ssrc] = self.world.now


class Device:
    """A user's client, and what its gateway has still to tell it."""

    def __init__(self, world: World, user: str, channel: str, life: int) -> None:
        self.world, self.user, self.channel = world, user, channel
        self.client = Client(user, channel)
        self.session_id = f"session {life} of {user}"
        self.token = self.said = ""  # the gateway's newest, and the client's
        self.states, self.servers = deque([self.session_id]), deque[tuple[str | None, str]]()
        self.link: Link | None = None
        self.last: int | None = None  # the code of the last end
        self.anew, self.resumed = True, False
        self.seen: list[int] = []  # numbers, since the last Ready

    def connect(self) -> None:
        assert self.client.state is State.CONNECTING
        self.link = Link(self.world, self.user)
        self.world.links.append(self.link)

    def hang_up(self) -> None:
        """Give the link up; the server finds out when it does."""
        if self.link:
            self.link.lose()
            self.link = None

    def take_state(self) -> None:
        if self.client.voice_state_update(self.states.popleft()):
            assert self.client.session_id
            assert self.client.endpoint
            self.hang_up()
            self.anew = True
            self.connect()

    def take_server(self) -> None:
        endpoint, token = self.servers.popleft()
        self.hang_up()
        self.said, self.anew, self.last = token, True, None
        if self.client.voice_server_update(endpoint, token):
            self.connect()
        else:
            assert self.client.state is State.WAITING
        assert not self.client.key

    def lost(self, code: int | None) -> None:
        """Do what the client says about an end."""
        self.link, self.last = None, code
        key = self.client.key
        again = self.client.closed(code)
        assert again == (code in {None, 4015} | FRESH)
        assert (self.client.state is State.STOPPED) == (code in STOP)
        if code in {None, 4015} and key:
            assert self.client.key == key, "it will resume"
        else:
            assert not self.client.key
            assert not self.client.others
            self.anew = True
        if again:
            self.connect()

    def receive(self) -> None:
        assert self.link
        message = self.link.down.popleft()
        if isinstance(message, int):
            self.lost(message)
            return
        if message["op"] == Op.READY:
            self.seen.clear()
        if "seq" in message:
            assert message["seq"] == len(self.seen), "once, and in order"
            self.seen.append(message["seq"])
        for answer in self.client.receive(message):
            if answer["op"] == Op.IDENTIFY:
                self.anew = self.resumed = False
            assert answer["op"] != Op.RESUME or not self.anew, "its token was changed"
            self.link.up.append(over(answer))
        if message["op"] == Op.RESUMED:
            self.resumed = True


class World(RuleBasedStateMachine):
    """Three users, two channels, one voice server, and a network that can't be trusted."""

    def __init__(self) -> None:
        super().__init__()
        self.patched = patch.object(signalling, "BUFFER", SMALL)
        self.patched.start()
        self.now, self.lives, self.forwarded = 0.0, 0, 0
        self.forwarder = Forwarder(lambda line: None)
        self.signalling = Signalling(self.forwarder, ("voice", 9), INTERVAL, PATIENCE)
        self.devices: dict[str, Device] = {}
        self.links: list[Link] = []
        self.numbered: dict[tuple[int, int], Message] = {}
        self.heard: dict[int, float] = {}  # by SSRC, the last sign of life
        self.away: dict[int, float] = {}  # by SSRC, when its connection went
        self.keys: dict[int, bytes] = {}
        self.packets = Counter[int]()
        self.seals: dict[bytes, Seal] = {}

    # The gateway

    @initialize(calls=st.booleans())
    def begin(self, calls: bool) -> None:
        for user in USERS:
            self.join(user, "lobby")
        if calls:
            self.calm()

    @rule(user=st.sampled_from(USERS), channel=st.sampled_from(CHANNELS))
    def join(self, user: str, channel: str) -> None:
        """Somebody joins, or hangs up and joins again."""
        if earlier := self.devices.pop(user, None):
            earlier.hang_up()
        self.lives += 1
        self.devices[user] = Device(self, user, channel, self.lives)
        self.new_token(user, nowhere=False)

    @rule(user=st.sampled_from(USERS), nowhere=st.booleans())
    def new_token(self, user: str, nowhere: bool) -> None:
        """The gateway names a server, perhaps after it has named none."""
        self.lives += 1
        one = self.devices[user]
        one.token = f"token {self.lives} of {user}"
        self.signalling.expect(one.token, Ticket(user, one.channel, one.session_id))
        if nowhere:
            one.servers.append((ELSEWHERE, ""))
        one.servers.append((SERVER, one.token))

    @rule(user=st.sampled_from(USERS))
    def no_server(self, user: str) -> None:
        self.devices[user].servers.append((ELSEWHERE, ""))

    @rule(user=st.sampled_from(USERS), mute=st.booleans(), deaf=st.booleans())
    def mute(self, user: str, mute: bool, deaf: bool) -> None:
        one = self.devices[user]
        ticket = Ticket(user, one.channel, one.session_id, mute, deaf)
        if one.token in self.signalling.expected:
            self.signalling.expect(one.token, ticket)
            one.states.append(one.session_id)
            session = self.signalling.sessions.get(one.session_id)
            if session:
                member = self.forwarder.members[session.ssrc]
                assert (member.muted, member.deaf) == (mute, deaf)

    @rule(channel=st.sampled_from(CHANNELS))
    def close_channel(self, channel: str) -> None:
        self.signalling.close_channel(channel, 4022)
        assert channel not in self.forwarder.channels

    @rule(user=st.sampled_from(USERS), state=st.booleans())
    def gateway_tells(self, user: str, state: bool) -> None:
        one = self.devices[user]
        if state and one.states:
            one.take_state()
        elif not state and one.servers:
            one.take_server()

    # The network

    @rule(user=st.sampled_from(USERS), much=st.integers(1, 12))
    def server_tells(self, user: str, much: int) -> None:
        for _ in range(much):
            one = self.devices[user]
            if one.link and one.link.down:
                one.receive()

    @rule(user=st.sampled_from(USERS))
    def client_tells(self, user: str) -> None:
        one = self.devices[user]
        if one.link and one.link.up:
            self.arrive(one.link, one.link.up.popleft())

    @rule(user=st.sampled_from(USERS))
    def flows(self, user: str) -> None:
        """Everything is delivered, so that the other rules meet a call."""
        for _ in range(20):
            one = self.devices[user]
            if one.states or one.servers:
                self.gateway_tells(user, bool(one.states))
            self.server_tells(user, 12)
            self.client_tells(user)
            self.discover(user)

    @rule(user=st.sampled_from(USERS))
    def breaks(self, user: str) -> None:
        if link := self.devices[user].link:
            link.lose()

    @rule(user=st.sampled_from(USERS))
    def client_notices(self, user: str) -> None:
        one = self.devices[user]
        if one.link and (one.link.broken or one.client.state is State.ESTABLISHED):
            one.link.lose()  # the other end may be sure that it still stands
            one.lost(None)

    @rule(n=st.integers(0, 5))
    def server_notices(self, n: int) -> None:
        broken = [link for link in self.links if link.broken or link.closing]
        if broken:
            broken[n % len(broken)].end()

    @rule(user=st.sampled_from(USERS), code=st.sampled_from([*STOP, *FRESH, 4015, 4022]))
    def server_closes(self, user: str, code: int) -> None:
        link = self.devices[user].link
        if link and not link.closing:
            session = link.connection.session
            if session and code != 4015:
                self.signalling.end(session, code)
            else:
                link.connection.end(code)
                if session:
                    self.away[session.ssrc] = self.now

    @rule(
        user=st.sampled_from(USERS),
        known=st.booleans(),
        missed=st.integers(0, SMALL + 2),
        delivered=st.lists(st.integers(0, 6), max_size=3),
    )
    def tunnel(self, user: str, known: bool, missed: int, delivered: list[int]) -> None:
        """Somebody is away while others speak, and comes back, perhaps for moments only."""
        one = self.devices[user]
        self.flows(user)
        if one.client.state is State.ESTABLISHED and one.link:
            one.link.lose()
            if known:
                one.link.end()
            for n in range(missed):
                other = USERS[USERS.index(user) - 1 - n % 2]
                self.speaking(other, n % 2)
                self.flows(other)
            one.lost(None)
            for much in delivered:
                self.server_tells(user, 1)
                self.client_tells(user)
                self.server_tells(user, much)
                self.heartbeat(user, True)
                self.client_tells(user)
                self.client_notices(user)

    # What a client does in a call

    @rule(user=st.sampled_from(USERS))
    def discover(self, user: str) -> None:
        one = self.devices[user]
        if one.client.state is State.DISCOVERING and one.link:
            request = discovery.request(one.client.ssrc)
            for reply, _ in self.forwarder.receive(request, (user, 1)):
                _, seen = discovery.read(reply, discovery.RESPONSE)
                one.link.up.append(over(one.client.discovered(seen)))

    @rule(user=st.sampled_from(USERS), flags=st.sampled_from([0, 1, 5]))
    def speaking(self, user: str, flags: int) -> None:
        one = self.devices[user]
        if one.client.state is State.ESTABLISHED and one.link:
            one.link.up.append({"op": 5, "d": {"speaking": flags, "delay": 0}})

    @rule(user=st.sampled_from(USERS), says=st.booleans())
    def heartbeat(self, user: str, says: bool) -> None:
        one = self.devices[user]
        if one.link and one.client.state is not State.CONNECTING:
            beat = over(one.client.heartbeat(self.now))
            if not says:
                del beat["d"]["seq_ack"]  # which stands for no message at all
            one.link.up.append(beat)

    @rule(user=st.sampled_from(USERS))
    def packet(self, user: str) -> None:
        """Whoever has a source sends a packet, whatever state it's in."""
        client = self.devices[user].client
        self.packets[client.ssrc] += 1
        key = client.key or b"none"
        seal = self.seals.setdefault(key, Seal(key, "client"))
        data = Packet(client.ssrc, self.packets[client.ssrc], 0, b"hello").to_bytes()
        sent = self.forwarder.receive(seal.seal(data, 12), (user, 1))
        if sent:
            self.forwarded += 1
            [session] = self.sessions(client.ssrc)
            assert session.established
            assert session.key == client.key
            assert self.forwarder.members[client.ssrc].speaking
            there = [one for one in self.sessions() if one.ticket.channel == session.ticket.channel]
            there = [one for one in there if one.established and one is not session]
            assert {home for _, home in sent} <= {(one.ticket.user, 1) for one in there}

    @rule(ms=st.sampled_from([0.0, 1_000.0, PATIENCE, PATIENCE + 1, INTERVAL, 62_000.0]))
    def passes(self, ms: float) -> None:
        """Time passes, and the server looks who has been silent for too long."""
        self.now += ms
        before = {one.ssrc: one for one in self.sessions()}
        strangers = [one for one in self.signalling.connections if one.session is None]
        self.signalling.tick(self.now)
        after = {one.ssrc for one in self.sessions()}
        for ssrc, session in before.items():
            if session.connection or (ssrc not in after and ssrc not in self.away):
                silent = self.now - self.heard[ssrc] > SILENCE
                assert (ssrc not in after) == silent
            elif self.now - self.away[ssrc] <= PATIENCE:
                assert ssrc in after, "it's been away for a while, and no longer"
        for one in strangers:
            assert (one in self.signalling.connections) == (self.now - one.begun <= PATIENCE)

    # The server

    def sessions(self, ssrc: int | None = None) -> list[Session]:
        there = [*self.signalling.sessions.values()]
        return [one for one in there if ssrc in (None, one.ssrc)]

    def arrive(self, link: Link, message: Message) -> None:
        """Hand the server a message, and hold it to what it does."""
        if link.closing:
            return  # nobody reads what comes to a closed socket
        data, connection = message["d"], link.connection
        resumes = message["op"] == Op.RESUME and self.may_resume(data)
        code = None
        try:
            connection.receive(message, self.now)
        except Closed as reason:
            code = reason.code
            connection.end(code)
            assert code in (4004, 4006), "a client that keeps to the rules is told no other"
        if code is None and connection.session:
            ssrc = connection.session.ssrc
            if message["op"] in (Op.IDENTIFY, Op.RESUME, Op.HEARTBEAT):
                self.heard[ssrc] = self.now
            if message["op"] in (Op.IDENTIFY, Op.RESUME):
                self.away.pop(ssrc, None)
        if message["op"] == Op.RESUME:
            assert (code is None) == resumes, "it succeeds iff nothing is missing"
            assert code in (None, 4006)
        if message["op"] == Op.IDENTIFY:
            assert (code is None) == (data["token"] in self.signalling.expected)
            assert code in (None, 4004)

    def may_resume(self, data: dict[str, Any]) -> bool:
        session = self.signalling.sessions.get(data["session_id"])
        if not session or data["token"] not in self.signalling.expected:
            return False
        oldest = session.buffer[0]["seq"] if session.buffer else session.seq + 1
        return session.token == data["token"] and oldest - 1 <= data["seq_ack"] <= session.seq

    @invariant()
    def members_are_sessions(self) -> None:
        members = {one.ssrc: one.channel for one in self.forwarder.members.values()}
        assert members == {one.ssrc: one.ticket.channel for one in self.sessions()}
        inside = [one.ssrc for many in self.forwarder.channels.values() for one in many]
        assert sorted(inside) == sorted(members)
        assert all(self.forwarder.channels.values())

    @invariant()
    def sources_and_keys_are_nobody_elses(self) -> None:
        for one in self.sessions():
            assert self.keys.setdefault(one.ssrc, one.key) == one.key
        assert len({*self.keys.values()}) == len(self.keys)
        users = [one.ticket.user for one in self.sessions()]
        assert len({*users}) == len(users), "one voice each"

    @invariant()
    def sessions_and_connections_agree(self) -> None:
        for connection in self.signalling.connections:
            assert connection.session is None or connection.session.connection is connection
        for one in self.sessions():
            assert one.connection is None or one.connection.session is one
            assert one.connection is None or one.connection in self.signalling.connections
            assert len(one.buffer) <= SMALL
            for message in one.buffer:
                key = one.ssrc, message["seq"]
                assert self.numbered.setdefault(key, over(message)) == over(message)

    @invariant()
    def nothing_comes_before_the_key(self) -> None:
        for one in self.sessions():
            member = self.forwarder.members[one.ssrc]
            assert (member.address is not None) == one.established
            assert one.established or not member.speaking

    # The calm

    def settle(self) -> None:
        """Deliver everything until nothing is under way and nobody has to act."""
        for _ in range(60):
            busy = False
            for link in self.links:
                if (link.broken or link.closing) and not link.ended:
                    link.end()
            for user, one in self.devices.items():
                if one.link and one.link.broken:
                    one.lost(None)
                waiting = one.states or one.servers or (one.link and (one.link.down or one.link.up))
                if waiting or one.client.state is State.DISCOVERING:
                    busy = True
                    self.flows(user)
            if not busy:
                return
        raise AssertionError("it never calms down")

    @rule()
    def calm(self) -> None:
        self.settle()
        channels = Counter[str]()
        for one in self.devices.values():
            session = self.signalling.sessions.get(one.session_id)
            match one.client.state:
                case State.ESTABLISHED:
                    assert one.link
                    assert session
                    assert session.connection is one.link.connection
                    assert session.established
                    assert session.key == one.client.key
                    assert session.ssrc == one.client.ssrc
                    assert session.seq == one.client.seq_ack
                    channels[one.channel] += 1
                case State.WAITING:
                    assert one.client.endpoint is None
                    assert one.last == 4022 or not one.said, "it was told to wait"
                case State.STOPPED:
                    assert one.last in STOP
                    assert one.last != 4004 or one.link is None
                case State.CONNECTING | State.IDENTIFYING | State.RESUMING | State.SELECTING:
                    raise AssertionError(f"{one.user} is stuck: {one.client.state}")
        for one in self.devices.values():
            if one.client.state is State.ESTABLISHED:
                session = self.signalling.sessions[one.session_id]
                others = {other.ticket.user: other for other in self.signalling.others(session)}
                assert {*one.client.others} == {*others}
                for user, ssrc in one.client.others.items():
                    spoken = self.forwarder.members[others[user].ssrc].speaking
                    assert ssrc in ((others[user].ssrc,) if spoken else (0, others[user].ssrc))

    @precondition(lambda self: self.forwarded < 3)
    @rule(user=st.sampled_from(USERS))
    def everybody_hears(self, user: str) -> None:
        """Once it's calm, a member that speaks is heard by all others of its channel."""
        self.calm()
        one = self.devices[user]
        if one.client.state is State.ESTABLISHED:
            self.speaking(user, 1)
            self.settle()
            session = self.signalling.sessions[one.session_id]
            member = self.forwarder.members[session.ssrc]
            others = [other for other in self.signalling.others(session) if other.established]
            deaf = [other for other in others if self.forwarder.members[other.ssrc].deaf]
            before = self.forwarder.counts["forwarded"]
            self.packet(user)
            heard = 0 if member.muted else len(others) - len(deaf)
            assert self.forwarder.counts["forwarded"] - before == heard

    def teardown(self) -> None:
        self.patched.stop()
        if self.devices:
            self.calm()
            for one in self.devices.values():
                one.hang_up()
            for link in self.links:
                link.end()
            self.signalling.tick(self.now)
            self.signalling.tick(self.now + PATIENCE + 1)
            assert not self.signalling.sessions
            assert not self.forwarder.members
            assert not self.signalling.connections
            assert not self.forwarder.channels


World.TestCase.settings = settings(max_examples=80, stateful_step_count=40)
TestWorld = World.TestCase


# Every message in every state


def call(user: str = "ana") -> lab.Wire:
    return lab.Wire(Signalling(Forwarder(lambda line: None), ("voice", 9)), user)


def identify(**changes: Any) -> Message:
    data = {"server_id": "lobby", "user_id": "ana", "session_id": "session of ana"}
    return {"op": 0, "d": data | {"token": "token of ana"} | changes}


def resume(**changes: Any) -> Message:
    data = {"server_id": "lobby", "session_id": "session of ana", "token": "token of ana"}
    return {"op": 7, "d": data | {"seq_ack": 1} | changes}


def select(protocol: Any = "udp", **changes: Any) -> Message:
    data = {"address": "ana", "port": 1, "mode": MODE} | changes
    return {"op": 1, "d": {"protocol": protocol, "data": data}}


def wire_in(state: str) -> lab.Wire:
    """Return a client whose connection the server sees in a state."""
    ana = call()
    ana.connect()
    if state == "away":  # a new connection, and a session that has lost its own
        ana.send(identify())
        ana.cut()
        ana.connect()
    if state in ("identified", "discovered", "established"):
        ana.send(identify())
    if state in ("discovered", "established"):
        ssrc = ana.signalling.sessions["session of ana"].ssrc
        ana.signalling.forwarder.receive(discovery.request(ssrc), ana.home)
    if state == "established":
        ana.send(select())
    assert ana.connection
    ana.inbox.clear()
    return ana


def answer(state: str, message: Any) -> int | list[int]:
    """Return the code of the end, or the opcodes of the answers."""
    ana = wire_in(state)
    assert ana.connection
    before = shape(ana)
    try:
        ana.connection.receive(over(message), 0)
    except Closed as reason:
        assert shape(ana) == before, "what is refused changes nothing"
        return reason.code
    return [int(one["op"]) for one in ana.inbox]


def shape(ana: lab.Wire) -> Any:
    members = [vars(one).copy() for one in ana.signalling.forwarder.members.values()]
    sessions = [vars(one).copy() for one in ana.signalling.sessions.values()]
    buffers = [[*one.buffer] for one in ana.signalling.sessions.values()]
    connection = ana.connection and ana.connection.session
    return members, sessions, buffers, connection, [*ana.inbox], ana.code


STATES = ("new", "away", "identified", "discovered", "established")
GOOD: dict[int, Message] = {
    0: identify(),
    1: select(),
    3: {"op": 3, "d": {"t": 7, "seq_ack": 0}},
    5: {"op": 5, "d": {"speaking": 1, "delay": 0}},
    7: resume(),
}
WHAT_A_GOOD_ONE_DOES: dict[str, dict[int, int | list[int]]] = {
    "new": {0: [2, 11], 1: 4003, 3: [6], 5: 4003, 7: 4006},
    "away": {0: [2, 11], 1: 4003, 3: [6], 5: 4003, 7: [9]},
    "identified": {0: 4005, 1: 4020, 3: [6], 5: 4020, 7: 4005},
    "discovered": {0: 4005, 1: [4], 3: [6], 5: 4020, 7: 4005},
    "established": {0: 4005, 1: 4020, 3: [6], 5: [], 7: 4005},
}
JUNK: tuple[Any, ...] = (None, True, 7, -1.5, "x", [], ["x"], {}, {"x": 1}, 10**400)


@pytest.mark.parametrize("state", STATES)
def test_what_each_message_does_in_each_state(state: str) -> None:
    for op, message in GOOD.items():
        assert answer(state, message) == WHAT_A_GOOD_ONE_DOES[state][op], op
    for op in {*Op} - {*GOOD}:  # those of the server
        expected = 4003 if state in ("new", "away") else 4020
        assert answer(state, {"op": op, "d": {}}) == expected


@pytest.mark.parametrize("state", STATES)
def test_what_isnt_a_message_has_a_code_in_each_state(state: str) -> None:
    for junk in (*JUNK, {"op": 0}, {"d": {}}):
        assert answer(state, junk) == 4002
    for op in (-1, 10, 12, 14, 15, 99, None, "0", "x", [], {}, 0.5, 10**400):
        assert answer(state, {"op": op, "d": {}}) == 4001


@pytest.mark.parametrize(("state", "op"), [*product(STATES, GOOD)])
def test_a_malformed_message_is_a_bad_request(state: str, op: int) -> None:
    does = WHAT_A_GOOD_ONE_DOES[state][op]
    allowed = does not in (4003, 4005, 4020)
    refused = 4020 if allowed or does == 4020 else does
    for junk in JUNK:
        assert answer(state, {"op": op, "d": junk}) == refused
    optional = {"delay", "seq_ack", "server_id" if op == 7 else ""}
    for field in {*GOOD[op]["d"]} - optional:
        less = {name: value for name, value in GOOD[op]["d"].items() if name != field}
        assert answer(state, {"op": op, "d": less}) in (refused, 4006 if does == 4006 else refused)


def test_what_a_client_may_claim() -> None:
    cases: list[tuple[str, Message, int]] = [
        *(("new", identify(**{name: "eve"}), 4004) for name in identify()["d"]),
        *(("away", resume(**{name: "eve"}), 4006) for name in ("session_id", "token")),
        *(("away", resume(seq_ack=n), 4006) for n in (-3, -2, 2, 99)),
        *(("away", resume(seq_ack=n), 4020) for n in (None, "x", [], float("inf"))),
        *(("new", identify(token=junk), 4020) for junk in ([], {})),
        *(("identified", GOOD[3] | {"d": {"t": 1, "seq_ack": n}}, 4020) for n in (None, "x", [])),
        *(("discovered", select(protocol), 4012) for protocol in ("webrtc", "tcp", None, 1)),
        *(("discovered", select(mode=mode), 4016) for mode in ("xsalsa20_poly1305", None, 1, [])),
        *(("discovered", select(address=one), 4020) for one in ("eve", None, 1, [])),
        *(("discovered", select(port=one), 4020) for one in (2, "1", None, [])),
        *(("established", GOOD[5] | {"d": {"speaking": n}}, 4020) for n in (None, "x", [])),
    ]
    for state, message, code in cases:
        assert answer(state, message) == code, (state, message)
    for n, resent in ((-1, [2, 11, 9]), (0, [11, 9]), (1, [9])):
        assert answer("away", resume(seq_ack=n)) == resent
    nothing = {name: value for name, value in resume()["d"].items() if name != "seq_ack"}
    assert answer("away", {"op": 7, "d": nothing}) == [2, 11, 9], "it has got no message"
    assert answer("identified", {"op": 3, "d": {"t": 1}}) == [6]


FIELD = st.sampled_from(["t", "seq_ack", "token", "session_id", "user_id", "speaking", "data"])


@given(
    junk=st.dictionaries(FIELD, st.none() | st.integers() | st.text(max_size=3) | st.floats()),
    state=st.sampled_from(STATES),
    op=st.sampled_from(Op),
)
@settings(max_examples=100)
def test_whatever_comes_only_a_code_comes_out(junk: dict[str, Any], state: str, op: Op) -> None:
    ana = wire_in(state)
    ana.send({"op": op, "d": junk})  # which lets nothing pass but `Closed`
    assert ana.code is None or 4001 <= ana.code <= 4020


# The client's end


def client_in(state: State) -> Client:
    client = Client("ana", "lobby")
    if state is State.WAITING:
        return client
    client.voice_state_update("s")
    client.voice_server_update("voice:9", "t")
    if state is State.STOPPED:
        client.closed(4014)
    if state in (State.CONNECTING, State.STOPPED):
        return client
    client.receive(TOLD[Op.HELLO])
    if state is State.IDENTIFYING:
        return client
    client.receive(TOLD[Op.READY])
    if state is State.DISCOVERING:
        return client
    client.discovered(("home", 5))
    if state is State.SELECTING:
        return client
    client.receive(TOLD[Op.SESSION_DESCRIPTION])
    if state is State.RESUMING:
        client.closed(None)
        client.receive(TOLD[Op.HELLO])
    return client


TOLD: dict[Op, Message] = {
    Op.HELLO: {"op": 8, "d": {"v": 8, "heartbeat_interval": 41250}},
    Op.READY: {"op": 2, "seq": 0, "d": {"ssrc": 3, "ip": "voice", "port": 9, "modes": [MODE]}},
    Op.SESSION_DESCRIPTION: {"op": 4, "seq": 1, "d": {"mode": MODE, "secret_key": [7] * 32}},
    Op.RESUMED: {"op": 9, "d": None},
    Op.HEARTBEAT_ACK: {"op": 6, "d": {"t": 1}},
    Op.SPEAKING: {"op": 5, "seq": 2, "d": {"user_id": "ben", "ssrc": 4, "speaking": 1}},
    Op.CLIENTS_CONNECT: {"op": 11, "seq": 3, "d": {"user_ids": ["ben", "cho"]}},
    Op.CLIENT_DISCONNECT: {"op": 13, "seq": 4, "d": {"user_id": "ben"}},
}
NEXT = {
    (State.CONNECTING, Op.HELLO): State.IDENTIFYING,
    (State.IDENTIFYING, Op.READY): State.DISCOVERING,
    (State.SELECTING, Op.SESSION_DESCRIPTION): State.ESTABLISHED,
    (State.RESUMING, Op.RESUMED): State.ESTABLISHED,
}


@pytest.mark.parametrize(("state", "op"), [*product(State, TOLD)])
def test_what_a_message_means_to_a_client(state: State, op: Op) -> None:
    client = client_in(state)
    assert client.state is state
    before, seq = (client.key, client.ssrc, client.interval), client.seq_ack
    answers = client.receive(TOLD[op])
    assert client.state is NEXT.get((state, op), state)
    assert [one["op"] for one in answers] == ([0] if (state, op) == (State.CONNECTING, 8) else [])
    assert client.seq_ack == TOLD[op].get("seq", seq)
    if (state, op) not in NEXT:
        assert (client.key, client.ssrc, client.interval) == before
    others = {5: {"ben": 4}, 11: {"ben": 0, "cho": 0}}
    assert client.others == others.get(op, {})
    client.others = {"ben": 4, "cho": 5}
    client.receive(TOLD[Op.CLIENT_DISCONNECT])
    client.receive(TOLD[Op.CLIENT_DISCONNECT])
    assert client.others == {"cho": 5}


LINKED = [one for one in State if one not in (State.WAITING, State.STOPPED)]
CODES = (None, 1000, 1006, *range(4000, 4030))


@pytest.mark.parametrize(("state", "code"), [*product(LINKED, CODES)])
def test_what_a_code_means_to_a_client(state: State, code: int | None) -> None:
    client = client_in(state)
    keyed = state in (State.ESTABLISHED, State.RESUMING)
    again = client.closed(code)
    if code in (None, 4015, 4006, 4009):
        assert again
        assert client.state is State.CONNECTING
        [hello] = client.receive(TOLD[Op.HELLO])
        resumes = keyed and code in (None, 4015)
        assert hello["op"] == (Op.RESUME if resumes else Op.IDENTIFY)
        assert hello["d"].get("seq_ack") == (1 if resumes else None)
        return
    assert not again
    assert not client.key
    assert client.seq_ack == -1
    assert not client.others
    assert client.state is (State.WAITING if code == 4022 else State.STOPPED)
    stopped = client.state
    assert not client.voice_state_update("s")
    assert client.state is stopped, "it was only a mute"
    assert not client.voice_server_update(None, "")
    assert client.state is State.WAITING
    assert client.voice_server_update("voice:8", "u"), "the gateway has found another"


@pytest.mark.parametrize("order", ["state first", "server first", "null first"])
def test_the_gateways_answers_come_in_either_order(order: str) -> None:
    client = Client("ana", "lobby")
    if order == "server first":
        assert not client.voice_server_update("voice:9", "t")
        assert client.voice_state_update("s")
    else:
        assert not client.voice_state_update("s")
        assert order != "null first" or not client.voice_server_update(None, "")
        assert client.voice_server_update("voice:9", "t")
    assert client.receive(TOLD[Op.HELLO]) == [
        {
            "op": 0,
            "d": {"server_id": "lobby", "user_id": "ana", "session_id": "s", "token": "t"},
        }
    ]


@pytest.mark.parametrize("state", State)
def test_news_of_the_gateway_in_any_state(state: State) -> None:
    known = state is not State.WAITING
    client = client_in(state)
    if known:
        assert not client.voice_state_update("s")
        assert client.state is state
    assert client.voice_state_update("another") == known
    assert not client.key
    client = client_in(state)
    assert client.voice_server_update("voice:9", "new") == known
    assert not client.key
    assert client.seq_ack == -1
    if known:
        [hello] = client.receive(TOLD[Op.HELLO])
        assert hello["op"] == Op.IDENTIFY
        assert hello["d"]["token"] == "new"


# What Discord's documentation says of the messages

FIELDS = {  # by opcode: what has to be in it, and what may be
    0: ({"server_id", "user_id", "session_id", "token"}, {"max_dave_protocol_version"}),
    1: ({"protocol", "data"}, set()),
    2: ({"ssrc", "ip", "port", "modes"}, {"heartbeat_interval"}),
    3: ({"t", "seq_ack"}, set()),
    4: ({"mode", "secret_key"}, {"dave_protocol_version"}),
    5: ({"speaking"}, {"delay", "ssrc", "user_id"}),
    6: ({"t"}, set()),
    7: ({"server_id", "session_id", "token", "seq_ack"}, set()),
    8: ({"heartbeat_interval"}, {"v"}),
    11: ({"user_ids"}, set()),
    13: ({"user_id"}, set()),
}


def test_the_messages_have_the_documented_fields() -> None:
    sent = list[Message]()
    ana = call()
    ben = lab.Wire(ana.signalling, "ben")
    for wire in ana, ben:
        wire.told()
        while wire.client.state is not State.ESTABLISHED:
            while wire.inbox:
                sent.append(over(wire.inbox[0]))
                message = wire.inbox.popleft()
                for one in wire.client.receive(message):
                    sent.append(one)
                    wire.send(one)
            if wire.client.state is State.DISCOVERING:
                wire.discover()
    ana.send(lab.SPEAK)
    sent.append(ana.client.heartbeat(5))
    ana.send(sent[-1])
    sent += [over(one) for one in ana.inbox]
    ana.cut()
    ben.send(lab.SPEAK)
    ana.client.closed(None)
    ana.connect()
    [hello] = ana.client.receive(ana.inbox.popleft())
    sent.append(hello)
    ana.send(hello)
    ana.signalling.end(ana.signalling.sessions["session of ana"], 4014)
    sent += [over(one) for one in (*ana.inbox, *ben.inbox)]
    seen = {one["op"] for one in sent}
    assert {int(op) for op in Op} - seen == {1}
    assert seen <= {int(op) for op in Op}
    for message in sent:
        op, data = message["op"], message["d"]
        if op == 9:
            assert data is None
            assert "seq" not in message
            continue
        needed, more = FIELDS[op]
        assert needed <= {*data} <= needed | more, op
        assert ("seq" in message) == (op in (2, 4, 5, 11, 13))
    [protocol] = {json.dumps(ana.client.discovered(("192.0.2.1", 5)))}
    assert json.loads(protocol) == {
        "op": 1,
        "d": {"protocol": "udp", "data": {"address": "192.0.2.1", "port": 5, "mode": MODE}},
    }
    key = next(one["d"]["secret_key"] for one in sent if one["op"] == 4)
    assert len(bytes(key)) == 32, "an array of octets"
    assert {one["d"].get("v") for one in sent if one["op"] == 8} == {8}
    assert {one["d"]["heartbeat_interval"] for one in sent if one["op"] == 8} == {41_250}


def test_the_numbers_are_the_documented_ones() -> None:
    names = "identify select_protocol ready heartbeat session_description speaking heartbeat_ack"
    names += " resume hello resumed"
    assert [op.name.lower() for op in sorted(Op)][:10] == names.split()
    assert [int(op) for op in sorted(Op)] == [*range(10), 11, 13]
    codes = {
        "UNKNOWN_OPCODE": 4001,
        "NOT_DECODED": 4002,
        "NOT_AUTHENTICATED": 4003,
        "AUTHENTICATION_FAILED": 4004,
        "ALREADY_AUTHENTICATED": 4005,
        "SESSION_INVALID": 4006,
        "SESSION_TIMEOUT": 4009,
        "UNKNOWN_PROTOCOL": 4012,
        "DISCONNECTED": 4014,
        "CRASHED": 4015,
        "UNKNOWN_MODE": 4016,
        "BAD_REQUEST": 4020,
        "CALL_ENDED": 4022,
    }
    assert {name: getattr(handshake, name) for name in codes} == codes


# What outlives what


def test_the_end_of_an_old_connection_leaves_the_new_one_alone() -> None:
    ana = call()
    ana.join()
    old = ana.connection
    assert old
    ended = list[int]()
    old.close = ended.append  # whose client doesn't listen any more
    ana.client.closed(None)
    ana.connect()
    while ana.inbox:
        ana.deliver()
    session = ana.signalling.sessions["session of ana"]
    new = session.connection
    assert new not in (None, old)
    assert [*ana.signalling.connections] == [new]
    assert ended == [4009]
    old.end(None)  # its socket is gone at last
    assert session.connection is new


def test_being_away_counts_from_the_break_and_not_from_the_last_heartbeat() -> None:
    ana = call()
    ana.join()
    signalling = ana.signalling
    signalling.tick(40_000)
    ana.cut()
    signalling.tick(41_000)
    signalling.tick(41_000 + PATIENCE)
    assert signalling.sessions
    signalling.tick(41_001 + PATIENCE)
    assert not signalling.sessions


def test_one_heartbeat_more_is_heard() -> None:
    for silent, there in ((SILENCE, True), (SILENCE + 1, False)):
        ana = call()
        ana.join()
        assert ana.connection
        ana.connection.receive({"op": 3, "d": {"t": 1, "seq_ack": 2}}, 30_000)
        ana.signalling.tick(30_000 + silent)
        assert bool(ana.signalling.sessions) == there
        assert ana.code == (None if there else 4009)


def test_who_never_says_who_they_are_is_ended() -> None:
    ana = call()
    ana.connect()
    ana.signalling.tick(PATIENCE)
    assert ana.code is None
    ana.signalling.tick(PATIENCE + 1)
    assert ana.code == 4009
    assert not ana.signalling.connections


def test_a_user_who_comes_from_elsewhere_speaks_with_one_voice() -> None:
    ana = call()
    ana.join()
    ben = lab.Wire(ana.signalling, "ben")
    ben.join()
    ana.signalling.expect("other", Ticket("ana", "lobby", "other session"))
    again = Connection(ana.signalling, lambda message: None, lambda code: None, 0)
    again.receive(identify(token="other", session_id="other session"), 0)
    assert ana.code == 4014, "which tells the other one not to come back"
    assert {*ana.signalling.sessions} == {"other session", "session of ben"}
    while ben.inbox:
        ben.deliver()
    assert {*ben.client.others} == {"ana"}


def test_a_token_that_was_replaced_opens_nothing() -> None:
    ana = call()
    ana.join()
    ana.cut()
    ana.signalling.expect("new", Ticket("ana", "lobby", "session of ana"))
    for message, code in ((resume(), 4006), (resume(token="new"), 4006), (identify(), 4004)):
        ana.connect()
        ana.send(message)
        assert ana.code == code
    ana.connect()
    ana.send(identify(token="new"))
    assert ana.connection
    assert ana.connection.session


def test_a_mute_and_another_channel() -> None:
    ana = call()
    ana.join()
    [member] = ana.signalling.forwarder.members.values()
    ana.signalling.expect(ana.token, Ticket("ana", "lobby", "session of ana", deaf=True))
    assert (member.muted, member.deaf) == (False, True)
    ana.signalling.expect("den", Ticket("ana", "den", "session of ana", mute=True))
    assert not member.muted, "it's the other channel's"
    ana.connect()
    ana.send(identify(token="den", server_id="den"))
    assert [*ana.signalling.forwarder.channels] == ["den"]


def test_a_session_keeps_as_many_messages_as_it_says() -> None:
    for missed, code in ((BUFFER, None), (BUFFER + 1, 4006)):
        ana = call()
        ana.join()
        session = ana.signalling.sessions["session of ana"]
        ana.cut()
        for n in range(missed):
            session.tell(Op.CLIENTS_CONNECT, {"user_ids": [f"{n}"]})
        ana.client.closed(None)
        ana.connect()
        ana.deliver()
        assert ana.code == code
        while code is None and ana.inbox:
            ana.deliver()
        assert len(ana.client.others) == (missed if code is None else 0)


def test_only_one_channel_is_closed() -> None:
    ana = call()
    ana.join()
    ana.signalling.expect("den", Ticket("cho", "den", "session of cho"))
    den = Connection(ana.signalling, lambda message: None, lambda code: None, 0)
    den.receive(
        identify(token="den", server_id="den", session_id="session of cho", user_id="cho"), 0
    )
    ana.signalling.close_channel("lobby", 4022)
    assert ana.code == 4022
    assert [*ana.signalling.sessions] == ["session of cho"]
    assert [*ana.signalling.expected] == ["den"]


# The page


def test_the_steps_are_what_the_text_says() -> None:
    steps = stored("join-steps")["columns"]
    assert steps == lab.join_steps()
    assert len(steps["what happens"]) == 12
    key = [n for n, known in enumerate(steps["knows"], 1) if known == "key"]
    assert key[0] == 10, "the key comes in step 10"
    forwarded = [n for n, fate in enumerate(steps["voice"], 1) if fate == "forwarded"]
    assert forwarded == [11, 12], "and nothing is forwarded before she says that she'll speak"
    assert steps["voice"][9] == "unannounced"
    assert steps["client"][3:10:3] == ["connecting", "discovering", "established"]
    assert {*steps["client"]} == {one.value for one in State} - {"resuming", "stopped"}
    gateway = [n for n, what in enumerate(steps["what happens"], 1) if "gateway" in what]
    assert gateway == [1, 2, 3]


def test_an_identify_makes_somebody_new_and_a_resume_does_not() -> None:
    ana = call()
    ana.join()
    before = ana.client.ssrc, ana.client.key
    ana.cut()
    ana.client.closed(None)
    ana.connect()
    while ana.inbox:
        ana.deliver()
    assert (ana.client.ssrc, ana.client.key) == before
    ana.cut()
    ana.client.closed(None)
    ana.join()
    assert ana.client.ssrc != before[0]
    assert ana.client.key != before[1]


def test_her_voice_needs_no_connection() -> None:
    ana = call()
    lab.Wire(ana.signalling, "ben").join()
    ana.join()
    ana.send(lab.SPEAK)
    ana.cut()
    assert lab.fate(ana, 1) == "forwarded"


def run(moves: tuple[str, ...], guarded: bool) -> str:
    world = lab.World()
    if not guarded:
        lab.without_refusal(world)
    for move in moves:
        world.move(move)
        if world.broken():
            return world.broken()
    return ""


def test_with_the_refusal_nobody_is_shown_who_is_not_there() -> None:
    random = Random(1)
    for _ in range(100):
        assert not run(tuple(random.choices(lab.MOVES, k=12)), guarded=True)


def test_without_it_four_moves_suffice_and_three_do_not() -> None:
    example = stored("without-refusal")
    assert run(tuple(example["moves"]), guarded=False) == example["broken"]
    assert len(example["moves"]) == 4
    for moves in product(lab.MOVES, repeat=3):
        assert not run(moves, guarded=False)
