"""What a forwarder takes and sends on real sockets, dissected by tshark."""

from __future__ import annotations

import asyncio
import socket
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import pytest

from discord_pcap import RTCP, RTP, Address, Datagram, dissect, expected, streams, told
from mini_discord import discovery
from mini_discord.client import VoiceClient
from mini_discord.gateway import REGION, Gateway
from mini_discord.handshake import State
from mini_discord.rtcp import Block, Report
from mini_discord.rtp import STEP, Packet
from mini_discord.seal import Seal
from mini_discord.server import VoiceServer
from mini_discord.sfu import Forwarder
from mini_discord.speech import SIZE, speak

Unmeasured = Callable[[], AbstractContextManager[None]]

PATIENCE = 60  # seconds, for a datagram on the loopback of a busy machine
ANA, BEN, CHO = 7, 8, 9


class Person:
    """A client with a socket, a key, and all that it has opened."""

    def __init__(self, ssrc: int, own: socket.socket, server: Address) -> None:
        self.ssrc, self.socket, self.server = ssrc, own, server
        self.key = b"key %d" % ssrc
        self.outgoing, self.incoming = Seal(self.key, "client"), Seal(self.key, "server")
        self.numbers = count(65_533)
        self.heard: list[Packet] = []

    @property
    def address(self) -> Address:
        host, port = self.socket.getsockname()
        return host, port

    def send(self, data: bytes) -> None:
        self.socket.sendto(data, self.server)

    def speak(self, word: bytes) -> None:
        number = next(self.numbers)
        packet = Packet(self.ssrc, number % 2**16, number * STEP % 2**32, word)
        self.send(self.outgoing.seal(packet.to_bytes(), 12))

    def report(self, *blocks: Block) -> None:
        self.send(self.outgoing.seal(Report(self.ssrc, blocks).to_bytes(), 8))

    def listen(self) -> None:
        data = self.socket.recv(2048)
        self.heard.append(Packet.from_bytes(self.incoming.open(data, 12)))


@dataclass
class Call:
    """Three people, a forwarder behind a socket, and a record of each datagram."""

    socket: socket.socket
    people: dict[int, Person]
    forwarder: Forwarder = field(default_factory=lambda: Forwarder(log=lambda line: None))
    record: list[Datagram] = field(default_factory=list)

    @property
    def address(self) -> Address:
        host, port = self.socket.getsockname()
        return host, port

    def step(self) -> list[int]:
        """Handle one datagram as a server does; say who gets what comes of it."""
        data, seen = self.socket.recvfrom(2048)
        self.record.append(Datagram(seen, self.address, data))
        sent = self.forwarder.receive(data, seen)
        for answer, target in sent:
            self.socket.sendto(answer, target)
            self.record.append(Datagram(self.address, target, answer))
        homes = {person.address: ssrc for ssrc, person in self.people.items()}
        return [homes[target] for _, target in sent]

    def say(self, ssrc: int, *words: bytes) -> None:
        for word in words:
            self.people[ssrc].speak(word)
            for other in self.step():
                self.people[other].listen()


@pytest.fixture
def call() -> Iterator[Call]:
    """Everybody has asked for its address, and told it."""
    with ExitStack() as sockets:
        own = [
            sockets.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
            for _ in range(4)
        ]
        for one in own:
            one.settimeout(PATIENCE)
            one.bind(("127.0.0.1", 0))
        server = own.pop()
        called = Call(
            server,
            {
                ssrc: Person(ssrc, one, server.getsockname())
                for ssrc, one in zip((ANA, BEN, CHO), own, strict=True)
            },
        )
        for ssrc, person in called.people.items():
            called.forwarder.join(ssrc, "lobby", person.key)
            member = called.forwarder.members[ssrc]
            person.send(discovery.request(ssrc))
            assert called.step() == [ssrc]
            told_address = discovery.read(person.socket.recv(2048), discovery.RESPONSE)
            assert told_address == (ssrc, person.address)
            member.address = member.discovered
            member.speaking = True
        yield called


def converse(call: Call) -> None:
    """Ana speaks across a wrap, is muted for three packets, and goes on; Ben answers."""
    call.say(ANA, b"one", b"two", b"three", b"four")
    call.forwarder.members[ANA].muted = True
    call.say(ANA, b"not", b"heard", b"now")
    call.forwarder.members[ANA].muted = False
    call.say(ANA, b"five", b"six")
    call.say(BEN, b"yes")
    call.people[BEN].report(Block(ANA, 0, 0, 2**16 + 2, 3))
    assert call.step() == []


def sealed_reports(call: Call) -> list[int]:
    return [at for at, datagram in enumerate(call.record) if datagram.data[1] in (200, 201)]


def test_a_call_is_dissected_without_a_complaint(call: Call, tmp_path: Path) -> None:
    converse(call)
    hidden = sealed_reports(call)
    assert len(call.record) == 3 * 2 + 6 * 3 + 3 + 1 * 3 + 1
    frames = dissect(call.record, call.address[1], "rtp", [*RTP, *RTCP], tmp_path)
    for at, (frame, datagram) in enumerate(zip(frames, call.record, strict=True)):
        if at in hidden:  # behind the first eight octets a seal hides what it says
            assert frame["rtcp.pt"].split(",")[0] == "201"
            assert frame["rtcp.senderssrc"].split(",")[0] == f"0x{BEN:08x}"
        else:
            assert told(frame) == expected(datagram.data)
    assert len(hidden) == 1


def test_what_ben_opens_is_plain_rtp_with_all_numbers(call: Call, tmp_path: Path) -> None:
    converse(call)
    ben = call.people[BEN]
    assert [packet.payload for packet in ben.heard] == b"one two three four five six".split()
    opened = [Datagram(call.address, ben.address, packet.to_bytes()) for packet in ben.heard]
    frames = dissect(opened, call.address[1], "rtp", RTP, tmp_path)
    assert [frame["rtp.seq"] for frame in frames] == ["65533", "65534", "65535", "0", "1", "2"]
    assert {frame["rtp.ssrc"] for frame in frames} == {f"0x{ANA:08x}"}
    assert {frame["rtp.p_type"] for frame in frames} == {"120"}
    steps = [int(frame["rtp.timestamp"]) // STEP for frame in frames]
    assert steps == [65_533, 65_534, 65_535, 65_536, 65_540, 65_541], "the mute is a pause"


def test_tshark_counts_no_loss_where_packets_were_muted(call: Call, tmp_path: Path) -> None:
    """Its analysis of the streams reads the sequence numbers as a listener does."""
    converse(call)
    call.people[ANA].numbers = count(next(call.people[ANA].numbers) + 2)  # two are lost
    call.say(ANA, b"seven")
    found = streams(call.record, call.address[1], tmp_path)
    ana, ben, cho = (call.people[ssrc].address[1] for ssrc in (ANA, BEN, CHO))
    server = call.address[1]
    assert found == {
        (ana, server, ANA): (10, 2),
        (server, ben, ANA): (7, 2),
        (server, cho, ANA): (7, 2),
        (ben, server, BEN): (1, 0),
        (server, ana, BEN): (1, 0),
        (server, cho, BEN): (1, 0),
    }


def test_what_a_stranger_sends_reaches_nobody(call: Call) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
        for data in (b"", b"\x80", Packet(ANA, 1, 2, b"boo").to_bytes(), discovery.request(99)):
            stranger.sendto(data, call.address)
            assert call.step() == []
    call.say(ANA, b"still here")
    assert [packet.payload for packet in call.people[CHO].heard] == [b"still here"]
    assert call.forwarder.counts["forwarded"] == 2


def test_a_report_reaches_the_server(call: Call) -> None:
    converse(call)
    [block] = call.forwarder.members[BEN].reports.values()
    assert (block.ssrc, block.highest) == (ANA, 2**16 + 2)


# -- The program itself


async def until(done: Callable[[], bool]) -> None:
    async with asyncio.timeout(PATIENCE):
        while not done():
            await asyncio.sleep(0.02)


async def program(record: list[Datagram]) -> tuple[VoiceServer, list[VoiceClient]]:
    """Let two clients of the program talk over a server of the program, for half a second each."""

    def arrived() -> bool:
        """Whether everything has, but for what overtook its announcement."""
        total = sum((client.counts for client in clients), Counter())
        return total["received"] == total["sent"] - server.forwarder.counts["unannounced"]

    gateway, server = Gateway(quiet), VoiceServer("rotterdam-1", REGION, quiet)
    await gateway.start()
    await server.start()
    gateway.add(server)
    receive = server.forwarder.receive

    def recorded(data: bytes, seen: Address) -> list[tuple[bytes, Address]]:
        sent = receive(data, seen)
        record.append(Datagram(seen, server.address, data))
        record.extend(Datagram(server.address, target, answer) for answer, target in sent)
        return sent

    server.forwarder.receive = recorded  # type: ignore[method-assign]
    clients = [VoiceClient(name, "lobby", quiet) for name in ("ana", "ben")]
    try:
        for client in clients:
            await client.start(gateway.address)
        await until(lambda: all(one.handshake.state is State.ESTABLISHED for one in clients))
        for one in clients:
            sound = speak(0.5)
            one.microphone.extend(sound[n : n + SIZE] for n in range(0, len(sound), SIZE))
            await until(lambda one=one: not one.microphone and not one.gate.speaking)
            await until(arrived)
    finally:
        for client in clients:
            client.stop()
        server.kill()
        gateway.stop()
        await asyncio.sleep(0.05)  # what was aborted ends
    return server, clients


def quiet(line: str) -> None:
    """Keep what the program says to itself."""


def test_two_clients_of_the_program_are_dissected(tmp_path: Path, unmeasured: Unmeasured) -> None:
    """By the clock, so what it runs would be a matter of chance; other tests are measured."""
    record: list[Datagram] = []
    with unmeasured():
        server, clients = asyncio.run(program(record))
    port = server.address[1]
    frames = dissect(record, port, "rtp", [*RTP, *RTCP], tmp_path)
    kinds = Counter[tuple[str, str]]()
    for frame, datagram in zip(frames, record, strict=True):
        if datagram.data[1] in (200, 201):  # sealed, as above
            assert frame["rtcp.pt"].split(",")[0] == "201"
        else:
            assert told(frame) == expected(datagram.data)
            kinds[frame["frame.protocols"], frame["rtp.p_type"]] += 1
    sent = {client.handshake.ssrc: client.counts["sent"] for client in clients}
    assert min(sent.values()) > 25, "half a second, and the end of it"
    overtook = server.forwarder.counts["unannounced"]
    assert kinds.pop(("ip:udp:rtp", "120")) == 2 * sum(sent.values()) - overtook
    assert kinds.keys() == {("ip:udp:data", "")}
    found = streams(record, port, tmp_path)
    assert len(found) == 4
    for (_, target, ssrc), (seen, missed) in found.items():
        assert missed == 0
        assert 0 <= sent[ssrc] - seen <= (overtook if target != port else 0)
