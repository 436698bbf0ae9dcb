"""The whole program: as readers start it, with servers that die, and with everything that comes."""

from __future__ import annotations

import asyncio
import json
import os
import re
import runpy
import signal
import socket
import subprocess
import sys
import wave
from array import array
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from hashlib import blake2b, shake_256
from itertools import product
from pathlib import Path
from random import Random
from typing import Any

import pytest

from discord_lab.rates import forward_rate
from mini_discord import __main__ as program
from mini_discord import discovery, gateway, lines, server
from mini_discord.client import VoiceClient
from mini_discord.gateway import REGION, VOICE_SERVER_PING, Gateway
from mini_discord.handshake import Op, State
from mini_discord.playout import Concealer, JitterBuffer
from mini_discord.rtcp import Report
from mini_discord.rtp import STEP, Packet
from mini_discord.seal import MODE
from mini_discord.server import VoiceServer
from mini_discord.signalling import Connection, Ticket
from mini_discord.speech import SIZE, speak

ROOT = Path(__file__).parents[4]
RATES = ROOT / "source/elite/outputs/discord/forward-rate.json"
PATIENCE = 60  # seconds, for a machine that is busy
LOUD = [8000, -8000] * (SIZE // 2)
signals = pytest.mark.skipif(os.name == "nt", reason="Windows has other signals")


# -- The program, as a reader runs it


@pytest.fixture(scope="module")
def folder(plain: Callable[[str], Path]) -> Path:
    return plain("mini_discord")


def command(*options: str) -> list[str]:
    return [sys.executable, "-W", "error", "-m", "mini_discord", *options]


def printed() -> str:
    """Return what the chapter says that the program prints."""
    text = (ROOT / "source/elite/discord-voice-infrastructure/call.md").read_text(encoding="utf-8")
    return re.findall(r"```text\n(.*?)```", text, re.DOTALL)[1]


def without_ports(text: str) -> str:
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)


def test_the_program_prints_what_the_chapter_shows(folder: Path) -> None:
    done = subprocess.run(command(), cwd=folder, capture_output=True, text=True, timeout=PATIENCE)
    assert (done.returncode, done.stderr) == (0, "")
    assert without_ports(done.stdout) == without_ports(printed())


def loud_frames(file: Path) -> list[bool]:
    """Return for each 20 ms of a WAV file whether it holds sound."""
    with wave.open(str(file)) as sound:
        assert (sound.getframerate(), sound.getnchannels()) == (16_000, 1)
        assert sound.getsampwidth() == 2
        samples = array("h", sound.readframes(sound.getnframes()))
    frames = range(0, len(samples), 320)
    return [max(map(abs, samples[n : n + 320])) > 500 for n in frames]


def test_each_hears_the_other_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(program, "SECONDS", 0.6)
    said = list[str]()
    assert program.main(["--wav", str(tmp_path / "heard")], said.append) == 0
    ana, ben = (loud_frames(tmp_path / f"heard/{name}.wav") for name in ("ana", "ben"))
    assert said[-2:] == ["wrote ana.wav: what ana heard", "wrote ben.wav: what ben heard"]
    assert 20 <= sum(ben) <= 40, "0.6 s of a voice that pauses between syllables"
    assert 20 <= sum(ana) <= 80, "1.2 s, of which a moment is missing"
    last_of_ben = len(ben) - ben[::-1].index(True)
    assert last_of_ben < ana.index(True), "Ana spoke first, and then Ben"


def test_the_demonstration_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "SECONDS", 0.6)
    said = list[str]()
    assert program.main([], said.append) == 0
    shown = printed().splitlines()
    assert len(said) == len(shown)
    for said_line, shown_line in zip(said, shown, strict=True):
        assert re.sub(r"[\d.:]+", "N", said_line) == re.sub(r"[\d.:]+", "N", shown_line)


def test_a_call_that_never_comes_about_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    async def waits(*_: object) -> None:
        await program.until(lambda: False, 0.05)

    said = list[str]()
    file = tmp_path / "file"
    file.touch()
    assert program.main(["--wav", str(file)], said.append) == 1
    assert "File exists" in said.pop()
    monkeypatch.setattr(program, "demonstrate", waits)
    assert program.main([], said.append) == 1
    assert said == ["mini_discord: it took too long"]


@contextmanager
def free_ports() -> Iterator[tuple[int, socket.socket]]:
    """Find two neighbours that nobody uses; keep the second for UDP."""
    for _ in range(100):
        with socket.create_server(("127.0.0.1", 0)) as first:
            port = first.getsockname()[1]
        with suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
            udp.bind(("127.0.0.1", port + 1))
            with socket.create_server(("127.0.0.1", port + 1)):
                pass
            yield port, udp
            return
    raise AssertionError("no two ports are free")


def test_a_port_in_use_is_said_in_a_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    with free_ports() as (port, _):  # which is taken for UDP
        assert program.main(["--serve", "--port", str(port)]) == 1
        with socket.create_server(("127.0.0.1", port)):
            assert program.main(["--serve", "--port", str(port)]) == 1
            assert program.main(["--serve", "--port", str(port - 1)]) == 1
    out, err = capsys.readouterr()
    complaints = [line for line in out.splitlines() if line.startswith("mini_discord: ")]
    assert len(complaints) == 3
    assert all("address already in use" in one.lower() for one in complaints)
    assert err == ""


@pytest.mark.parametrize("port", ["-1", "65535", "x"])
def test_a_port_that_cannot_be(port: str) -> None:
    with pytest.raises(SystemExit) as ended:
        program.main(["--serve", "--port", port])
    assert ended.value.code == 2


def test_the_module_is_a_program(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "mini_discord.__main__")
    monkeypatch.setattr(sys, "argv", ["mini_discord", "--port", "65535"])
    with pytest.raises(SystemExit) as ended:
        runpy.run_module("mini_discord", run_name="__main__")
    assert ended.value.code == 2


@signals
def test_a_signal_ends_the_server_in_this_process() -> None:
    said = list[str]()

    async def strange(at: tuple[str, int]) -> None:
        _, writer = await asyncio.open_connection(*at)
        writer.write(b"hello\n")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            stranger.sendto(b"hello", at)
        await asyncio.sleep(0.1)
        writer.close()
        signal.raise_signal(signal.SIGTERM)

    tasks = list[asyncio.Task[None]]()

    def log(line: str) -> None:
        said.append(line)
        if line.startswith("voice"):
            at = "127.0.0.1", int(line.rpartition(":")[2])
            tasks.append(asyncio.get_running_loop().create_task(strange(at)))

    assert program.main(["--serve"], log) == 0
    assert said[-2:] == [f"{REGION}-1: 1 closed with 4002", "1 broken"]


# -- A client of somebody else’s, which imports nothing of the program


class Plain:
    """A client written from what the chapters say of lines, packets and seals."""

    def __init__(self, host: str, port: int, user: str) -> None:
        self.user = user
        self.sockets = list[socket.socket]()
        self.gateway = self.connect(host, port)
        state = {"user_id": user, "channel_id": "den", "self_mute": False, "self_deaf": False}
        self.write(self.gateway, {"op": 4, "d": state})
        told = {one["t"]: one["d"] for one in (self.read(self.gateway), self.read(self.gateway))}
        self.session = told["VOICE_STATE_UPDATE"]["session_id"]
        where = told["VOICE_SERVER_UPDATE"]
        host, _, at = where["endpoint"].rpartition(":")
        self.voice = self.connect(host, int(at))
        self.join(where["token"])

    def connect(self, host: str, port: int) -> Any:
        self.sockets.append(socket.create_connection((host, port), PATIENCE))
        return self.sockets[-1].makefile("rw")

    def write(self, line: Any, message: object) -> None:
        line.write(json.dumps(message) + "\n")
        line.flush()

    def read(self, line: Any) -> Any:
        return json.loads(line.readline())

    def wait(self, op: int) -> Any:
        while (message := self.read(self.voice))["op"] != op:
            pass
        return message["d"]

    def join(self, token: str) -> None:
        assert self.wait(8)["heartbeat_interval"] == 41_250
        who = {"user_id": self.user, "server_id": "den"}
        self.write(self.voice, {"op": 0, "d": who | {"session_id": self.session, "token": token}})
        ready = self.wait(2)
        self.ssrc, server = ready["ssrc"], (ready["ip"], ready["port"])
        self.udp = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.udp.settimeout(PATIENCE)
        self.udp.connect(server)
        self.udp.send((1).to_bytes(2) + (70).to_bytes(2) + self.ssrc.to_bytes(4) + bytes(66))
        answer = self.udp.recv(99)
        assert len(answer) == 74
        seen = answer[8:72].rstrip(b"\0").decode(), int.from_bytes(answer[72:])
        assert seen == self.udp.getsockname()
        data = {"address": seen[0], "port": seen[1], "mode": ready["modes"][0]}
        self.write(self.voice, {"op": 1, "d": {"protocol": "udp", "data": data}})
        self.key = bytes(self.wait(4)["secret_key"])

    def crypt(self, sender: bytes, text: bytes, nonce: bytes) -> bytes:
        own = blake2b(key=self.key, person=sender).digest()
        stream = shake_256(own + nonce).digest(len(text))
        return bytes(a ^ b for a, b in zip(text, stream, strict=True))

    def say(self, number: int, sound: bytes) -> None:
        head = bytes([0x80, 0x78]) + number.to_bytes(2) + (960 * number).to_bytes(4)
        head += self.ssrc.to_bytes(4)
        nonce = number.to_bytes(4)
        sealed = head + self.crypt(b"client", sound, nonce)
        own = blake2b(key=self.key, person=b"client").digest()
        tag = blake2b(nonce + sealed, key=own, digest_size=16).digest()
        self.udp.send(sealed + tag + nonce)

    def hear(self) -> tuple[int, bytes]:
        data = self.udp.recv(999)
        text = self.crypt(b"server", data[12:-20], data[-4:])
        return int.from_bytes(data[8:12]), text

    def close(self) -> None:
        for one in self.gateway, self.voice, self.udp, *self.sockets:
            one.close()


@contextmanager
def serving(folder: Path, *options: str, before: tuple[str, ...] = ()) -> Iterator[Any]:
    pipe = subprocess.PIPE
    words = [*before, *command("--serve", *options)]
    with subprocess.Popen(words, cwd=folder, stdout=pipe, stderr=pipe, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def addresses(process: Any) -> list[tuple[str, int]]:
    """Return where the gateway and the voice server are: the first two lines."""
    found = [process.stdout.readline() for _ in "ab"]
    pattern = r"(?:gateway|voice    rotterdam-1)\s+(127\.0\.0\.1):(\d+)\n"
    matches = [re.fullmatch(pattern, line) for line in found]
    assert all(matches), found
    return [(one[1], int(one[2])) for one in matches if one]


@signals
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_client_of_ones_own_speaks_and_hears(folder: Path, number: int) -> None:
    with serving(folder) as process:
        at = addresses(process)
        ana, ben = (Plain(*at[0], name) for name in ("ana", "ben"))
        assert ana.wait(11) == {"user_ids": ["ben"]}
        ana.write(ana.voice, {"op": 5, "d": {"speaking": 1, "delay": 0, "ssrc": ana.ssrc}})
        heard = ben.wait(5)
        assert (heard["user_id"], heard["ssrc"]) == ("ana", ana.ssrc)
        for n in range(1, 4):
            ana.say(n, b"word %d" % n)
        assert [ben.hear() for _ in range(3)] == [(ana.ssrc, b"word %d" % n) for n in (1, 2, 3)]
        ana.write(ana.voice, {"op": 3, "d": {"t": 7, "seq_ack": 0}})
        assert ana.wait(6) == {"t": 7}
        ana.write(ana.voice, {"op": 77, "d": None})
        while "close" not in (last := ana.read(ana.voice)):
            pass
        assert last == {"close": 4001}
        process.send_signal(number)
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, err) == (0, "")
        assert out.splitlines()[-3:] == [
            f"{REGION}-1: 1 closed with 4001",
            "2 discovered",
            "3 forwarded",
        ]
        for one in ana, ben:
            one.close()


@signals
def test_a_port_takes_itself_and_the_next_one(folder: Path) -> None:
    with free_ports() as (port, udp):
        udp.close()
        with (
            serving(folder, "--port", str(port)) as process,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
        ):
            assert addresses(process) == [("127.0.0.1", port), ("127.0.0.1", port + 1)]
            with pytest.raises(OSError, match="in use"):
                other.bind(("127.0.0.1", port + 1))
            process.send_signal(signal.SIGTERM)
            assert process.communicate(timeout=PATIENCE)[1] == ""
            assert process.returncode == 0


@signals
def test_a_crowd_needs_no_more_files_than_a_process_has(folder: Path) -> None:
    """Most systems give a process 1,024 of them."""
    few = ("sh", "-c", 'ulimit -n 1024; exec "$0" "$@"')
    with serving(folder, before=few) as process:
        crowd = [socket.create_connection(at) for at in addresses(process) * 350]
        for one in crowd:
            one.close()
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, err) == (0, "")
        for name in "gateway", "rotterdam-1":
            [number] = re.findall(rf"{name}: (\d+) crowded out", out)
            assert int(number) > 50


# -- A call on real sockets, in this process


class Call:
    """A gateway, servers, clients, and everything that was said or went wrong."""

    def __init__(self) -> None:
        self.said, self.wrong = list[str](), list[dict[str, Any]]()
        self.gateway = Gateway(self.said.append)
        self.clients = dict[str, VoiceClient]()

    def server(self, n: int) -> VoiceServer:
        return self.gateway.servers[f"{REGION}-{n}"]

    async def add_server(self, n: int) -> None:
        added = VoiceServer(f"{REGION}-{n}", REGION, self.said.append)
        await added.start()
        self.gateway.add(added)

    async def add_client(self, name: str, channel: str = "lobby") -> VoiceClient:
        client = self.clients[name] = VoiceClient(name, channel, self.said.append)
        await client.start(self.gateway.address)
        await until(lambda: program.in_call(client))
        return client

    def moves(self) -> list[str]:
        return [line for line in self.said if line.startswith("lobby is on ")]

    def carrier(self) -> str | None:
        return self.gateway.placement.calls["lobby"].server

    async def carries(self) -> None:
        """Let Ana and Ben speak; wait until each has heard the other."""
        both = self.clients["ana"], self.clients["ben"]
        before = [one.counts["received"] for one in both]
        for one in both:
            one.microphone.extend([LOUD] * 3)
        await until(
            lambda: all(
                one.counts["received"] >= heard + 10
                for one, heard in zip(both, before, strict=True)
            )
        )


async def until(done: Callable[[], object]) -> None:
    await program.until(lambda: bool(done()), PATIENCE)


@asynccontextmanager
async def calling(servers: int = 1) -> AsyncIterator[Call]:
    """Hold a call of Ana and Ben, which must carry packets at the end too."""
    call = Call()
    loop = asyncio.get_running_loop()
    loop.set_exception_handler(lambda _, context: call.wrong.append(context))
    try:
        await call.gateway.start()
        for n in range(1, servers + 1):
            await call.add_server(n)
        for name in ("ana", "ben"):
            await call.add_client(name)
        await call.carries()
        yield call
        await call.carries()
    finally:
        for client in call.clients.values():
            client.stop()
        for one in call.gateway.servers.values():
            one.kill()
        call.gateway.stop()
        await asyncio.sleep(0.02)  # what was aborted ends
    assert call.wrong == []


def run(test: Callable[[], Awaitable[None]]) -> Callable[[], None]:
    """Make a test of a coroutine."""

    def wrapped() -> None:
        asyncio.run(test())  # type: ignore[arg-type]

    wrapped.__name__, wrapped.__doc__ = test.__name__, test.__doc__
    return wrapped


# -- What comes by UDP


def bad_datagrams(call: Call) -> dict[str, Iterator[bytes]]:
    """Return what strangers send, by kind, a few thousand in all."""
    rng, ana = Random(7), call.clients["ana"].handshake
    header = Packet(ana.ssrc, 1, 960, b"").to_bytes()
    return {
        "noise": (rng.randbytes(rng.randrange(80)) for _ in range(3000)),
        "headers": (header[: rng.randrange(13)] for _ in range(300)),
        "from elsewhere": (header + rng.randbytes(40) for _ in range(300)),
        "no such source": (discovery.request(rng.randrange(9, 2**32)) for _ in range(300)),
        "half a discovery": (discovery.request(1)[: rng.randrange(4, 74)] for _ in range(300)),
    }


def bad_from_a_member(client: VoiceClient) -> Iterator[bytes]:
    """Return what somebody with a key and an address can do wrong."""
    rng, ssrc = Random(8), client.handshake.ssrc
    for n in range(600):
        packet = Packet(ssrc, 30_000 * n % 2**16, 960 * n, rng.randbytes(20)).to_bytes()
        yield packet[: rng.randrange(12, 32)]  # too short to hold a seal
        sealed = client.sealing.seal(packet, 12)
        yield sealed[: rng.randrange(32, len(sealed))]
        yield sealed  # far away, mostly
        yield sealed
        report = Report(ssrc).to_bytes() + rng.randbytes(30)
        yield client.sealing.seal(bytes([0x80 + rng.randrange(64)]) + report[1:], 8)
        padded = bytes([0xB0]) + packet[1:]  # an extension and padding, which aren’t there
        yield client.sealing.seal(padded, 12 + 4)


async def send_all(send: Callable[[bytes], None], datagrams: Iterator[bytes]) -> int:
    """Send in portions that a socket’s buffer can hold."""
    for number, one in enumerate(datagrams, 1):
        send(one)
        if number % 20 == 0:
            for _ in range(25):  # the loop takes one datagram at a time
                await asyncio.sleep(0)
    return number


def drops(call: Call) -> Counter[str]:
    """Count the lines of the log about datagrams, by their reason."""
    pattern = re.compile(r"dropped from 127\.0\.0\.1:\d+: (.*)")
    found = (pattern.fullmatch(line) for line in call.said)
    return Counter(one[1] for one in found if one)


@run
async def test_bad_datagrams_are_counted_and_each_kind_is_logged_once() -> None:
    async with calling() as call:
        counts, ana = call.server(1).forwarder.counts, call.clients["ana"]
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            at = call.server(1).address
            for kind in bad_datagrams(call).values():
                await send_all(lambda data: stranger.sendto(data, at) and None, kind)
        await call.carries()
        assert counts["broken"] > 1000
        assert counts["unknown"] > 100
        assert counts["from elsewhere"] > 100
        assert ana.udp
        await send_all(ana.udp.sendto, bad_from_a_member(ana))
        for reason in ("too short to hold a seal", "forged", "replayed", "far away"):
            assert counts[reason] > 100, reason
        logged = drops(call)
        assert {*logged.values()} == {1}
        good = {"discovered", "forwarded", "reported", "straggler"}
        assert logged.keys() == counts.keys() - good
        ana.sequence = (ana.sequence + 1) % 2**16


@run
async def test_a_flood_is_over_when_it_is_over() -> None:
    async with calling() as call:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger:
            for _ in range(100):
                for _ in range(200):
                    stranger.sendto(b"\x80\x78" + bytes(200), call.server(1).address)
                await asyncio.sleep(0)
            await call.carries()
        assert call.server(1).forwarder.counts["unknown"] > 200, "the others found no room"
        assert drops(call)["unknown"] == 1


# -- What comes by TCP


async def ending(at: tuple[str, int], *sent: bytes) -> int | None:
    """Send something; return the code that the connection is closed with."""
    reader, writer = await asyncio.open_connection(*at)
    try:
        for data in sent:
            writer.write(data)
        answer = b""
        async with asyncio.timeout(PATIENCE):
            with suppress(ConnectionError):  # closed with something unread
                while data := await reader.read(2**16):
                    answer += data
    finally:
        writer.close()
    last = answer.splitlines()[-1:]
    return json.loads(last[0])["close"] if b'"close"' in answer else None


BAD_LINES = {
    b"hello": 4002,
    b"": 4002,
    b"\xff\xfe{": 4002,
    b"null": 4002,
    b"[]": 4002,
    b'"op"': 4002,
    b"1e999": 4002,
    b"[" * 4000: 4002,
    b'{"a":' * 700 + b"1" + b"}" * 700: 4002,
    b'{"op": ' + b"9" * 4301 + b"}": 4002,
    b" " * 4097: 4002,
    b"{}": 4002,
    b'{"op": 3}': 4002,
}


@run
async def test_what_is_no_line_of_json_ends_the_connection() -> None:
    async with calling() as call:
        both = call.gateway.address, call.server(1).address
        for at, (line, code) in product(both, BAD_LINES.items()):
            assert await ending(at, line + b"\n") == code, line[:20]
        for at in both:
            assert await ending(at, b" " * 5000) == 4002, "without an end"
            huge = b'{"op": ' + b"9" * 4085 + b"}\n"
            assert await ending(at, huge) in (4001, 4002)
            assert await ending(at, b"x" * 2**20) in (4002, None), "it may be lost on the way"
            _, writer = await asyncio.open_connection(*at)
            writer.write(b'{"op": 4, "d": {"user')  # and then it’s gone
            writer.close()
        for places in call.gateway.places, call.server(1).places:
            assert places.counts["closed with 4002"] >= len(BAD_LINES) + 2
            assert call.said.count(f"{places.name}: closed with 4002") == 1


WRONG = (None, True, -1, 10**400, 1.5, float("nan"), float("inf"), "", "x", "\ud800", [], {}, [[]])


def spoilt(message: Any) -> Iterator[Any]:
    """Return a message with each of its values replaced, or gone."""
    for wrong in WRONG:
        yield wrong
    if isinstance(message, dict):
        for name, value in message.items():
            yield {one: message[one] for one in message if one != name}
            for wrong in spoilt(value):
                yield message | {name: wrong}


def state(user: Any = "eve", channel: Any = "den", mute: Any = False) -> dict[str, Any]:
    told = {"user_id": user, "channel_id": channel, "self_mute": mute, "self_deaf": False}
    return {"op": 4, "d": told}


class Eve:
    """Somebody who can do everything, line by line."""

    def __init__(self, call: Call) -> None:
        self.call, self.at = call, call.server(1).address

    async def enter(self) -> None:
        self.reader, self.writer = await asyncio.open_connection(*self.call.gateway.address)
        self.say(self.writer, state())
        one, other = [json.loads(await self.reader.readline()) for _ in "ab"]
        self.session = one["d"]["session_id"]
        self.token = other["d"]["token"]

    def say(self, writer: asyncio.StreamWriter, message: object) -> None:
        writer.write(json.dumps(message).encode() + b"\n")

    @property
    def identify(self) -> dict[str, Any]:
        who = {"user_id": "eve", "server_id": "den"}
        return {"op": Op.IDENTIFY, "d": who | {"session_id": self.session, "token": self.token}}

    async def code(self, *messages: Any) -> int | None:
        """Say some things on a voice connection, and what can’t be at the end."""
        said = [json.dumps(one).encode() + b"\n" for one in (*messages, {"op": 99, "d": 0})]
        return await ending(self.at, *said)

    def leave(self) -> None:
        self.writer.close()


@run
async def test_wrong_types_in_what_is_said_to_the_voice_server() -> None:
    async with calling() as call:
        eve = Eve(call)
        await eve.enter()
        data = {"address": "127.0.0.1", "port": 9, "mode": MODE}
        select = {"op": Op.SELECT_PROTOCOL, "d": {"protocol": "udp", "data": data}}
        who = {"session_id": eve.session, "token": eve.token, "seq_ack": -1}
        resume = {"op": Op.RESUME, "d": who}
        beat = {"op": Op.HEARTBEAT, "d": {"t": 1, "seq_ack": 1}}
        speaking = {"op": Op.SPEAKING, "d": {"speaking": 1}}
        codes = Counter[int | None]()
        for before, one in product(([], [eve.identify]), (eve.identify, resume, beat, select)):
            for message in spoilt(one):
                codes[await eve.code(*before, message)] += 1
        for message in spoilt(speaking):
            codes[await eve.code(eve.identify, message)] += 1
        assert codes.keys() == {4001, 4002, 4003, 4004, 4005, 4006, 4012, 4016, 4020}
        counts = call.server(1).places.counts
        for code, number in codes.items():
            assert counts[f"closed with {code}"] >= number
            assert call.said.count(f"{REGION}-1: closed with {code}") == 1
        eve.leave()


@run
async def test_wrong_types_in_what_a_speaker_says() -> None:
    """Only an established session may say it, and the others are told."""
    async with calling() as call:
        for message in spoilt({"op": Op.SPEAKING, "d": {"speaking": 1}}):
            ana = call.clients["ana"]
            if ana.voice is None:  # as the code of the end says
                ana.stop()
                ana = await call.add_client("ana")
            assert ana.voice
            ana.voice.send(message)
            with suppress(TimeoutError):
                await program.until(lambda ana=ana: ana.voice is None, 0.03)
        if call.clients["ana"].voice is None:
            call.clients["ana"].stop()
            await call.add_client("ana")
        assert call.server(1).places.counts.keys() >= {
            f"closed with {code}" for code in (4001, 4002, 4020)
        }


@run
async def test_wrong_types_in_what_is_said_to_the_gateway() -> None:
    async with calling() as call:
        codes = Counter[int | None]()
        ping = state() | {"op": VOICE_SERVER_PING}
        for message in (*spoilt(state()), *spoilt(ping)):
            said = [json.dumps(one).encode() + b"\n" for one in (message, {"op": 99})]
            codes[await ending(call.gateway.address, *said)] += 1
        assert codes.keys() == {4001, 4002, 4004, 4020}
        for code in codes:
            assert call.said.count(f"gateway: closed with {code}") == 1
        await until(lambda: call.gateway.users.keys() == {"ana", "ben"})
        assert call.gateway.placement.calls.keys() == {"lobby"}
        assert all(line.isprintable() for line in call.said)


@run
async def test_who_does_not_read_is_cut_off() -> None:
    async with calling() as call:
        noise = json.dumps({"op": Op.HEARTBEAT, "d": {"t": "x" * 4000}}).encode() + b"\n"
        moves = [json.dumps(state(channel=c * 32)).encode() + b"\n" for c in "ab"]
        targets: list[tuple[Any, Any, bytes]] = [
            (call.server(1), call.server(1).places, noise),
            (call.gateway, call.gateway.places, b"".join(moves) * 20),
        ]
        for owner, places, data in targets:
            for one in owner.listener.sockets:
                one.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
            with socket.socket() as deaf:
                deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
                deaf.connect(owner.address)
                deaf.setblocking(False)
                loop = asyncio.get_running_loop()
                with suppress(ConnectionError):
                    while not places.counts["doesn’t read"]:
                        await loop.sock_sendall(deaf, data)
            await until(lambda places=places: places.counts["doesn’t read"] == 1)
            assert call.said.count(f"{places.name}: doesn’t read") == 1
        await until(lambda: call.gateway.users.keys() == {"ana", "ben"})


@contextmanager
def many_files(number: int) -> Iterator[None]:
    """Let this process hold so many files."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard < number:
        pytest.skip(f"{hard} files are too few")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, number), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def crowd(at: tuple[str, int], number: int) -> list[socket.socket]:
    """Connect so many times, and say nothing."""
    loop, sockets = asyncio.get_running_loop(), list[socket.socket]()
    for _ in range(number // 50):
        portion = [socket.socket() for _ in range(50)]
        for one in portion:
            one.setblocking(False)
        await asyncio.gather(*(loop.sock_connect(one, at) for one in portion))
        sockets += portion
        for _ in range(5):  # more than the queue holds would wait for a second
            await asyncio.sleep(0)
    return sockets


@run
async def test_two_thousand_silent_connections_keep_nobody_out() -> None:
    with many_files(6000):
        async with calling() as call:
            places = call.gateway.places, call.server(1).places
            silent = await crowd(call.gateway.address, 2000)
            silent += await crowd(call.server(1).address, 2000)
            for one in places:
                await until(lambda one=one: one.counts["crowded out"] >= 2000 - one.limit)
                assert len(one.lines) == one.limit
                assert call.said.count(f"{one.name}: crowded out") == 1
            await call.carries()
            cho = await call.add_client("cho")
            assert cho.counts["complaints"] == 0
            for one in silent:
                one.close()
            await until(lambda: all(len(one.lines) == 3 for one in places))


@run
async def test_a_place_that_only_members_have_is_not_taken_from_them() -> None:
    async with calling() as call:
        for places in call.gateway.places, call.server(1).places:
            places.limit = 2
        for at in call.gateway.address, call.server(1).address:
            assert await ending(at) is None
        assert call.gateway.places.counts["crowded out"] == 1


def test_who_never_says_who_it_is_gives_its_place_back(monkeypatch: pytest.MonkeyPatch) -> None:
    @run
    async def test() -> None:
        async with calling() as call:
            monkeypatch.setattr(lines, "STRANGER", 100)
            assert await ending(call.gateway.address) == 4009
            assert await ending(call.server(1).address) == 4009
            reader, writer = await asyncio.open_connection(*call.gateway.address)
            del reader
            *_, line = call.gateway.places.lines  # closing, but with something unread
            await until(lambda: len(call.gateway.places.lines) == 3 or writer.is_closing())
            await until(lambda: line.transport.is_closing())
            writer.close()

    test()


@run
async def test_a_line_that_is_closed_and_never_read_to_its_end_is_cut() -> None:
    async with calling() as call:
        places = call.gateway.places
        _, writer = await asyncio.open_connection(*call.gateway.address)
        await until(lambda: len(places.lines) == 3)
        *_, line = places.lines
        transport = line.transport
        transport.pause_reading()
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(lines, "STRANGER", 0)
            patch.setattr(type(transport), "close", closing_slowly)
            line.close(4000)
            await until(lambda: len(places.lines) == 2)
        writer.close()


def closing_slowly(transport: Any) -> None:
    """Close as with a peer that doesn’t read: what waits is never sent."""
    transport._closing = True


# -- The gateway, and who is in a call


@run
async def test_who_comes_with_a_name_that_is_taken_has_it() -> None:
    async with calling() as call:
        eve, other = Eve(call), Eve(call)
        await eve.enter()
        await other.enter()
        assert json.loads(await eve.reader.readline()) == {"close": 4006}
        assert eve.session != other.session
        for one in eve, other:
            one.leave()
        await until(lambda: "eve" not in call.gateway.users)


@run
async def test_who_leaves_is_let_go_and_cannot_come_back_with_its_token() -> None:
    async with calling() as call:
        eve = Eve(call)
        await eve.enter()
        eve.say(eve.writer, state(channel="lobby"))
        for _ in "ab":
            told = json.loads(await eve.reader.readline())["d"]
            eve.session = told.get("session_id", eve.session)
            eve.token = told.get("token", eve.token)
        who = eve.identify
        who["d"]["server_id"] = "lobby"
        assert await eve.code(who) == 4001, "she was let in"
        reader, writer = await asyncio.open_connection(*eve.at)
        eve.say(writer, who)
        others = call.clients["ana"].handshake.others
        await until(lambda: "eve" in others)
        eve.say(eve.writer, state(channel=None))
        await until(lambda: "eve" not in others)
        assert (await reader.read()).splitlines()[-1] == b'{"close": 4014}'
        assert await eve.code(who) == 4004
        for one in writer, eve.writer:
            one.close()


@run
async def test_a_mute_reaches_the_forwarder() -> None:
    async with calling() as call:
        ana, counts = call.clients["ana"], call.server(1).forwarder.counts
        ana.gateway.send(state("ana", "lobby", True))
        ana.microphone.extend([LOUD] * 3)
        await until(lambda: counts["muted"] > 5)
        ana.gateway.send(state("ana", "lobby", False))


@run
async def test_a_list_of_members_may_be_longer_than_a_line_of_a_stranger() -> None:
    async with calling() as call:
        signalling = call.server(1).signalling
        for n in range(150):
            name = f"{n:032}"
            ticket = Ticket(name, "lobby", name)
            who = {"user_id": name, "server_id": "lobby", "session_id": name, "token": name}
            signalling.expect(name, ticket)
            one = Connection(signalling, lambda message: None, lambda code: None, 0)
            one.receive({"op": Op.IDENTIFY, "d": who}, lines.clock())
        cho = VoiceClient("cho", "lobby")
        cho.handshake.voice_state_update("of cho")
        cho.handshake.voice_server_update("{}:{}".format(*call.server(1).address), "cho’s")
        signalling.expect("cho’s", Ticket("cho", "lobby", "of cho"))
        cho.begin(cho.connect())
        await until(lambda: len(cho.handshake.others) == 152 and program.in_call(cho))
        cho.hang_up()


# -- A connection breaks, or a server


def in_call_on(call: Call, n: int) -> bool:
    port = call.server(n).address[1]
    clients = [call.clients[name] for name in ("ana", "ben")]
    return all(
        program.in_call(one) and (one.handshake.endpoint or "").endswith(f":{port}")
        for one in clients
    )


@run
async def test_a_line_breaks_and_the_session_goes_on() -> None:
    async with calling() as call:
        ana, ben = call.clients["ana"], call.clients["ben"]
        before = ana.handshake.ssrc, ana.key, ana.udp
        assert ana.voice
        first = ana.voice
        first.transport.abort()
        await until(lambda: ana.voice not in (None, first) and program.in_call(ana))
        assert (ana.handshake.ssrc, ana.key, ana.udp) == before
        connecting = ana.connecting
        await until(lambda: connecting and connecting.done())
        assert ana.connecting is connecting, "it has answered in time"
        ana.drop_line()  # and stays away for a while
        ana.handshake.closed(None)
        heard = ben.counts["received"]
        ana.microphone.extend([LOUD] * 3)
        cho = await call.add_client("cho")
        cho.microphone.extend([LOUD] * 3)
        await until(lambda: ben.counts["received"] > heard + 20 and cho.announced)
        assert "cho" not in ana.handshake.others
        ana.begin(ana.connect())
        await until(lambda: ana.handshake.others.get("cho") == cho.handshake.ssrc)
        assert (ana.handshake.ssrc, ana.key, ana.udp) == before
        assert ana.counts["complaints"] == 0


@run
async def test_who_was_away_for_too_long_joins_anew_and_is_heard() -> None:
    async with calling() as call:
        ana, ben = call.clients["ana"], call.clients["ben"]
        before, source = ana.key, ana.handshake.ssrc
        ana.microphone.extend([LOUD] * 200)  # in the middle of a word
        await until(lambda: ana.announced)
        ana.drop_line()
        ana.handshake.closed(None)
        assert ben.voice
        for _ in range(150):
            ben.voice.send({"op": Op.SPEAKING, "d": {"speaking": 1}})
        session = call.gateway.users["ana"].session_id
        seq = call.server(1).signalling.sessions[session]
        await until(lambda: seq.seq >= 150)
        ana.begin(ana.connect())
        await until(lambda: program.in_call(ana) and ana.key not in (b"", before))
        assert ana.handshake.ssrc != source
        heard = ben.counts["received"]
        await until(lambda: ben.counts["received"] > heard + 10)
        assert call.server(1).places.counts["closed with 4006"] == 1
        ana.microphone.clear()


@run
async def test_reports_reach_the_server_every_five_seconds() -> None:
    async with calling() as call:
        ana, ben = (call.clients[name] for name in ("ana", "ben"))
        counts = call.server(1).forwarder.counts
        assert ben.voices.keys() == {ana.handshake.ssrc}
        ben.voices[99] = JitterBuffer(), Concealer()  # of whom nothing has come as yet
        before, ben.timestamp = counts["reported"], 249 * STEP
        await until(lambda: counts["reported"] > before)
        members = call.server(1).forwarder.members
        assert members[ben.handshake.ssrc].reports.keys() == {ana.handshake.ssrc}


@run
async def test_a_client_takes_no_packet_without_a_key() -> None:
    async with calling() as call:
        ana, heard = call.clients["ana"], call.clients["ana"].counts["received"]
        ana.datagram_received(b"\x80\x78" + bytes(80), call.server(1).address)
        key, ana.key = ana.key, b""
        ana.datagram_received(b"\x80\x78" + bytes(80), call.server(1).address)
        ana.key = key
        assert ana.counts["received"] == heard


def test_a_server_that_talks_nonsense_is_left(monkeypatch: pytest.MonkeyPatch) -> None:
    """And a client that talks to nobody counts nothing."""

    @run
    async def test() -> None:
        async with calling(2) as call:
            ana = call.clients["ana"]
            [line] = [one for one in call.server(1).places.lines if spoken_by(one, "ana")]
            first = ana.voice
            line.transport.write(b"hello\n")
            await until(lambda: ana.voice not in (None, first) and program.in_call(ana))

    test()


def spoken_by(line: Any, user: str) -> bool:
    return bool(line.connection.session.ticket.user == user)


@run
async def test_heartbeats_keep_a_session() -> None:
    async with calling() as call:
        signalling = call.server(1).signalling
        signalling.interval, signalling.patience = 100, 300
        sessions = {*signalling.sessions.values()}
        for one in call.clients.values():
            one.handshake.interval, one.beat = 100, 0
        await asyncio.sleep(1.5)
        assert {*signalling.sessions.values()} == sessions
        for one in sessions:
            assert len(one.buffer) < 5, "what has arrived is forgotten"


@run
async def test_a_server_dies_in_the_middle_of_a_word() -> None:
    async with calling(2) as call:
        ana, ben = call.clients["ana"], call.clients["ben"]
        ana.microphone.extend([LOUD] * 300)
        await until(lambda: ana.announced)
        call.server(1).kill()
        await until(lambda: in_call_on(call, 2))
        heard = ben.counts["received"]
        await until(lambda: ben.counts["received"] > heard + 10)
        assert call.carrier() == f"{REGION}-2"
        ana.microphone.clear()


def silence(call: Call, patch: pytest.MonkeyPatch, n: int) -> None:
    """Let a server accept connections, and say nothing."""
    made = server.Caller.connection_made

    def connection_made(self: Any, transport: Any) -> None:
        made(self, transport)

    hello = Connection.__init__

    def mute(self: Connection, signalling: Any, send: Any, close: Any, now: float) -> None:
        hung = signalling is call.server(n).signalling
        hello(self, signalling, (lambda message: None) if hung else send, close, now)

    patch.setattr(server.Connection, "__init__", mute)


def test_a_server_that_hangs_is_found_by_the_gateway(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its heartbeats stop, and it accepts connections without a word."""

    @run
    async def test() -> None:
        async with calling(2) as call:
            beat = call.gateway.beat
            call.gateway.beat = lambda one: one is call.server(1) or beat(one)  # type: ignore
            silence(call, monkeypatch, 1)
            await until(lambda: in_call_on(call, 2))
            assert all(one.counts["complaints"] == 0 for one in call.clients.values())
            assert call.moves()[-1] == f"lobby is on {REGION}-2"

    test()


def test_silence_without_a_hello_is_found_by_a_client(monkeypatch: pytest.MonkeyPatch) -> None:
    """All heartbeats arrive, and Ana’s line breaks."""

    @run
    async def test() -> None:
        async with calling(2) as call:
            silence(call, monkeypatch, 1)
            ana = call.clients["ana"]
            assert ana.voice
            ana.voice.transport.abort()
            await until(lambda: in_call_on(call, 2))
            assert ana.counts["complaints"] >= 1

    test()


def test_heartbeats_that_get_lost_move_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server still says Hello when it’s asked."""
    monkeypatch.setattr(gateway, "PATIENCE", 300)

    @run
    async def test() -> None:
        async with calling(2) as call:
            moves, beat = call.moves(), call.gateway.beat
            placement = call.gateway.placement
            call.gateway.beat = lambda one: one is call.server(1) or beat(one)  # type: ignore
            heard = placement.servers[f"{REGION}-1"].heard
            await until(lambda: placement.servers[f"{REGION}-1"].heard > heard + 500)
            assert call.moves() == moves

    test()


@run
async def test_a_false_report_moves_nothing() -> None:
    async with calling(2) as call:
        moves, keys = call.moves(), [one.key for one in call.clients.values()]
        asked = list[str]()
        probe = call.gateway.probe

        def counted(name: str) -> Any:
            asked.append(name)
            return probe(name)

        call.gateway.probe = counted  # type: ignore[method-assign]
        for _ in range(50):
            call.clients["ana"].say_to_gateway(VOICE_SERVER_PING)
        await until(lambda: asked and not call.gateway.placement.probing)
        await call.carries()
        assert len(asked) < 50
        assert call.moves() == moves
        assert [one.key for one in call.clients.values()] == keys


@run
async def test_without_a_server_a_call_waits_for_the_next_one() -> None:
    async with calling(2) as call:
        for n in 1, 2:
            call.server(n).kill()
        both = [call.clients[name].handshake for name in ("ana", "ben")]
        await until(lambda: all(one.endpoint is None for one in both))
        assert {one.state for one in both} == {State.WAITING}
        assert call.moves()[-1] == "lobby is on no server"
        await call.add_server(3)
        await until(lambda: in_call_on(call, 3))


@run
async def test_a_drained_server_keeps_its_call_and_gets_no_other() -> None:
    async with calling(2) as call:
        call.gateway.placement.drain(f"{REGION}-1")
        cho = await call.add_client("cho", "den")
        placement = call.gateway.placement
        assert placement.calls["den"].server == f"{REGION}-2"
        assert call.carrier() == f"{REGION}-1"
        assert cho.handshake.endpoint == "{}:{}".format(*call.server(2).address)


@run
async def test_a_server_that_comes_back_is_empty() -> None:
    """The owner has given its calls away, so it lets go of whatever it holds."""
    async with calling(2) as call:
        signalling = call.server(1).signalling
        call.gateway.carry_out(call.gateway.placement.leave(f"{REGION}-1", lines.clock()))
        signalling.expect("old", Ticket("eve", "den", "old"))
        await until(lambda: in_call_on(call, 2))
        await until(lambda: f"{REGION}-1" in call.gateway.placement.servers)
        assert not signalling.expected
        assert not signalling.sessions


@run
async def test_a_probe_of_a_server_that_says_nothing_ends() -> None:
    async with calling(2) as call:
        with socket.create_server(("127.0.0.1", 0)) as hung:
            call.server(2).address = hung.getsockname()
            call.gateway.placement.probing.add(f"{REGION}-2")
            await call.gateway.probe(f"{REGION}-2")
            assert call.carrier() == f"{REGION}-1"


# -- What a packet costs


def test_what_a_packet_costs_is_measured() -> None:
    measured = forward_rate(3)
    stored = json.loads(RATES.read_text(encoding="utf-8"))
    assert measured.pop("listeners") == [1, 4, 9]
    columns = {name: measured.pop(name) for name in [*stored["columns"]][1:]}
    assert [*measured] == [*stored["values"]]
    whole, calls, seals = columns.values()
    for row in columns.values():
        assert 0 < row[0] < row[2], "nine listeners cost more than one"
    for one in zip(whole, calls, seals, strict=True):
        assert one[0] > one[2], "a seal is only a part"
    assert measured["ratio"] > 1
    assert measured["one"] == 1e6 / whole[0]
    assert measured["copies"] == 9e6 / whole[2]
    assert 0 < measured["seals"] < 100
    assert measured["sockets"] < 100


def test_a_voice_of_two_seconds_is_a_hundred_frames() -> None:
    assert len(speak(program.SECONDS)) == 100 * SIZE
