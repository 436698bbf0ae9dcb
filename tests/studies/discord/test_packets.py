"""The octets of a packet: what is read, what is refused, and what a seal is good for."""

from __future__ import annotations

import math
import struct
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from hashlib import blake2b
from random import Random

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from discord_lab import packets as lab
from mini_discord import discovery, seal
from mini_discord.playout import SILENCE
from mini_discord.rtcp import RECEIVER, SENDER, Block, Report, Sent, block, is_rtcp
from mini_discord.rtp import (
    FRAME,
    HEADER,
    MAX_DROPOUT,
    MAX_MISORDER,
    STEP,
    VOICE,
    Packet,
    Source,
    clear_size,
    extend,
    newer,
)
from mini_discord.seal import MODE, NONCE, TAG, WINDOW, Seal

Unmeasured = Callable[[], AbstractContextManager[None]]
MOD, HALF = 2**16, 2**15
WORDS = st.integers(0, 2**32 - 1)
NUMBERS = st.integers(0, MOD - 1)

# -- Numbers that wrap

EDGES = (0, 1, 2, HALF - 1, HALF, HALF + 1, MOD - 2, MOD - 1)


@pytest.mark.parametrize("other", [0, HALF, MOD - 1])
def test_of_two_numbers_one_is_newer(other: int, unmeasured: Unmeasured) -> None:
    """But for two that are equal, and two that are half the circle apart."""
    with unmeasured():
        for one in range(MOD):
            distance = (one - other) % MOD
            assert newer(one, other) == (distance in range(1, HALF))
            alone = newer(one, other) != newer(other, one)
            assert alone == (distance not in (0, HALF))


def around(centre: int, width: int) -> range:
    return range(centre - width, centre + width + 1)


@pytest.mark.parametrize("bits", [16, 24, 32])
@pytest.mark.parametrize("rounds", [-2, -1, 0, 1, 5])
def test_extend_takes_the_nearest_of_all_numbers_that_end_so(bits: int, rounds: int) -> None:
    """Within half the circle the number itself comes back; at exactly half, the one below."""
    circle = 1 << bits
    for near in (rounds * circle + edge for edge in (0, 1, circle // 2, circle - 1)):
        for centre in (near, near - circle // 2, near + circle // 2):
            for number in around(centre, 3):
                found = extend(number % circle, near, bits)
                assert (found - number) % circle == 0
                assert -(circle // 2) <= found - near < circle // 2
                if -(circle // 2) <= number - near < circle // 2:
                    assert found == number


def test_extend_has_sixteen_bits_unless_told() -> None:
    assert [extend(at, HALF) for at in EDGES] == [*EDGES]
    assert [extend(at, 0) for at in EDGES[:4]] == [*EDGES[:4]]
    assert [extend(at, 0) for at in EDGES[4:]] == [at - MOD for at in EDGES[4:]]


@pytest.mark.parametrize("size", [2, 1000])
def test_extend_follows_a_stream_that_is_shuffled(size: int, unmeasured: Unmeasured) -> None:
    """Three rounds and more, reversed in groups of up to a thousand: each number comes back."""
    with unmeasured():
        near = 65_000
        for start in range(65_000, 65_000 + 3 * MOD, size):
            group = range(start, start + size)[::-1]
            for number in group:
                assert extend(number % MOD, near) == number
                near = max(near, number)
        assert near > 3 * MOD + 64_000


@given(NUMBERS, st.integers(0, 999))
def test_a_source_numbers_a_shuffled_stream(first: int, seed: int) -> None:
    """Within its limit: fewer than a hundred packets late."""
    source, rng = Source(first), Random(seed)
    sent = [*range(first, first + 300)]
    order = sorted(sent[1:], key=lambda number: number + rng.uniform(0, MAX_MISORDER - 1))
    assert [source.update(number % MOD) for number in (first, *order)] == [first, *order]
    assert (source.lost, source.expected, source.highest) == (0, 300, first + 299)


def test_what_a_source_does_not_know_yet() -> None:
    source = Source(7)
    assert (source.base, source.highest, source.received) == (7, 7, 0)
    assert (source.jitter, source.transit, source.expected_next) == (0, None, -1)


def test_a_restart_begins_the_counting_anew() -> None:
    source = Source(0)
    for number in (0, 1, 30_000):
        source.update(number)
    assert source.fraction() == 0
    assert source.update(30_001) == 30_001
    assert (source.base, source.received, source.expected, source.lost) == (30_001, 1, 1, 0)
    assert (source.expected_prior, source.received_prior, source.expected_next) == (0, 0, -1)


def test_one_number_after_the_end_is_zero() -> None:
    source = Source(0)
    assert [source.update(n) for n in (0, MOD // 2 + 7, MOD // 2 + 9)] == [0, None, None]
    source = Source(20_000)
    assert [source.update(n) for n in (20_000, MOD - 1, 0)] == [20_000, None, 0]


@pytest.mark.parametrize(
    ("numbers", "fractions"),
    [
        (((0, 1, 2, 3),), [0]),
        (((0, 3),), [128]),
        (((0,), (255,)), [0, 254 * 256 // 255]),
        (((0, 2), (4,), (5,)), [256 // 3, 128, 0]),
        (((0, 1), (1, 1)), [0, 0]),  # twice
        (((0, 1, 1, 1), (5,)), [0, 3 * 256 // 4]),
    ],
)
def test_the_fraction_is_of_what_came_since_the_last(
    numbers: tuple[tuple[int, ...], ...], fractions: list[int]
) -> None:
    source, found = Source(0), []
    for some in numbers:
        for number in some:
            source.update(number)
        found.append(source.fraction())
    assert found == fractions


# -- Layouts, octet by octet


def test_the_header_is_the_one_that_discord_documents() -> None:
    """Version and flags 0x80, payload type 0x78, then 2, 4 and 4 octets, all big-endian."""
    data = Packet(0x01020304, 0x0506, 0x0708090A, b"sound").to_bytes()
    assert data == bytes.fromhex("80 78 0506 0708090a 01020304") + b"sound"
    assert (HEADER.size, VOICE, STEP, FRAME) == (12, 120, 960, 20)
    assert STEP * 1000 == 48_000 * FRAME
    marked = Packet(1, 2, 3, b"", 96, marker=True).to_bytes()
    assert marked[:2] == b"\x80\xe0"


def test_five_frames_of_silence_have_three_octets_each() -> None:
    assert SILENCE.hex(" ") == "f8 ff fe"


def test_ip_discovery_has_74_octets() -> None:
    """Type 1 or 2, length 70, SSRC, 64 octets that end in nulls, and a port; all big-endian."""
    asked = discovery.request(0xDEADBEEF)
    assert asked == bytes.fromhex("0001 0046 deadbeef") + bytes(66)
    told = discovery.response(7, ("203.0.113.9", 0xABCD))
    assert told == (
        bytes.fromhex("0002 0046 00000007") + b"203.0.113.9".ljust(64, b"\0") + b"\xab\xcd"
    )
    assert len(asked) == len(told) == 74, "an answer is no longer than its question"
    assert discovery.read(asked, discovery.REQUEST) == (0xDEADBEEF, ("", 0))
    assert discovery.read(told, discovery.RESPONSE) == (7, ("203.0.113.9", 0xABCD))
    longest = "f" * 64
    assert discovery.read(discovery.response(1, (longest, 1)), 2) == (1, (longest, 1))


@given(st.binary(max_size=80) | st.binary(min_size=70, max_size=70).map(b"\0\2\0\x46".__add__))
@example(discovery.request(1))
@example(discovery.response(1, ("::1", 2))[:-1])
@example(discovery.response(1, ("::1", 2)) + b"\0")
@example(b"\0\2\0\x45" + bytes(70))
@example(b"\0\3\0\x46" + bytes(70))
def test_what_is_no_answer_is_refused(data: bytes) -> None:
    good = len(data) == 74 and data[:4] == b"\0\2\0\x46" and data[8:72].isascii()
    try:
        ssrc, (host, port) = discovery.read(data, discovery.RESPONSE)
    except ValueError:
        assert not good
    else:
        assert good
        assert discovery.response(ssrc, (host, port)) == data


def test_the_seal_has_the_layout_of_rtpsize() -> None:
    """The header in the clear, with the first word of an extension; the counter is last."""
    sender = Seal(b"key", "client")
    plain = Packet(7, 1, 960, b"sound").to_bytes()
    for count in range(3):
        sealed = sender.seal(plain, 12)
        assert sealed[:12] == plain[:12]
        assert sealed[12:17] != b"sound"
        assert int.from_bytes(sealed[-4:], "big") == count
        assert len(sealed) == len(plain) + 16 + 4
    assert (TAG, NONCE, MODE) == (16, 4, "toy_shake256_blake2b_rtpsize")
    extended = b"\x92\x78" + bytes(10) + b"csrccsrc" + b"\xbe\xde\0\1" + b"word" + b"sound"
    assert clear_size(extended) == 12 + 8 + 4
    assert Packet.from_bytes(extended).payload == b"sound"


def test_a_report_has_the_layout_of_the_rfc() -> None:
    one = Block(0x01020304, 0x80, -1, 0x00010002, 0x11, 0x22, 0x33)
    words = "01020304 80ffffff 00010002 00000011 00000022 00000033"
    assert Report(5, (one,)).to_bytes() == bytes.fromhex("81c9 0007 00000005" + words)
    sent = Sent(0x0102030405060708, 9, 10, 11)
    told = "01020304 05060708 00000009 0000000a 0000000b"
    assert Report(5, (one,), sent).to_bytes() == bytes.fromhex("81c8 000c 00000005" + told + words)
    assert (SENDER, RECEIVER) == (200, 201)
    assert [kind for kind in range(256) if is_rtcp(bytes([0x80, kind]))] == [*range(192, 224)]
    assert not is_rtcp(b"\x80")


def test_a_block_is_made_of_what_was_counted() -> None:
    source = Source(MOD - 2)
    for number in (MOD - 2, 1):
        source.update(number)
    source.jitter = 211.9
    assert block(9, source) == Block(9, 128, 2, MOD + 1, 211)
    assert block(9, source).fraction == 0, "since the last report"
    source.received = 2**24
    assert block(9, source).lost == -(2**23)
    source.received = -(2**24)
    assert block(9, source).lost == 2**23 - 1
    source.highest = 2**32 + 5
    assert block(9, source).highest == 5


# -- What is refused

PACKETS = st.builds(
    Packet, WORDS, NUMBERS, WORDS, st.binary(max_size=40), st.integers(0, 127), st.booleans()
)
BLOCKS = st.builds(
    Block, WORDS, st.integers(0, 255), st.integers(-(2**23), 2**23 - 1), WORDS, WORDS, WORDS, WORDS
)
REPORTS = st.builds(
    Report,
    WORDS,
    st.lists(BLOCKS, max_size=31).map(tuple),
    st.none() | st.builds(Sent, st.integers(0, 2**64 - 1), WORDS, WORDS, WORDS),
)


def refused(read: Callable[[bytes], object], data: bytes) -> bool:
    """Whether it is; any error but ValueError comes through."""
    try:
        read(data)
    except ValueError:
        return True
    return False


@given(PACKETS, st.integers(0, 15), st.integers(0, 3), st.integers(0, 9), st.booleans())
def test_a_packet_is_read_or_refused_at_every_length(
    packet: Packet, sources: int, words: int, padding: int, extended: bool
) -> None:
    """Written here by hand, with all that others may put in; cut, the header never is a packet."""
    data = packet.to_bytes()
    first = 0x80 | bool(padding) << 5 | extended << 4 | sources
    more = b"\xbe\xde" + words.to_bytes(2, "big") + b"more" * words
    head = bytes([first]) + data[1:12] + b"csrc" * sources + more * extended
    whole = head + packet.payload + (bytes([padding]) * padding)
    assert Packet.from_bytes(whole) == packet
    assert clear_size(whole) == 12 + 4 * sources + 4 * extended
    for size in range(len(head)):
        assert refused(Packet.from_bytes, whole[:size])
        assert refused(clear_size, whole[:size]) == (size < clear_size(whole))


@given(st.binary(max_size=120), st.sampled_from([0x80, 0x8F, 0x90, 0xA0, 0xBF, None]))
@example(bytes(12), 0xA0)
@example(bytes(16), 0xB1)
@example(b"\x40" + bytes(30), None)
@example(b"\xc0" + bytes(30), None)
def test_random_octets_are_a_packet_or_refused(data: bytes, first: int | None) -> None:
    if first is not None:
        data = bytes([first]) + data[1:]
    if not refused(Packet.from_bytes, data):
        packet = Packet.from_bytes(data)
        assert data[0] >> 6 == 2
        again = packet.to_bytes()
        assert again[1:12] == data[1:12]
        assert packet.payload in data[12:]


@given(REPORTS)
@example(Report(7))
@example(Report(7, (Block(1, 2, 3, 4, 5),) * 31, Sent(1, 2, 3, 4)))
def test_a_report_comes_back_and_its_truncations_are_refused(report: Report) -> None:
    data = report.to_bytes()
    assert Report.from_bytes(data) == report
    assert Report.from_bytes(data + b"what follows it") == report
    for size in range(len(data)):
        assert refused(Report.from_bytes, data[:size])


def test_32_blocks_are_too_many() -> None:
    full = Report(7, (Block(1, 2, 3, 4, 5),) * 31)
    assert Report.from_bytes(full.to_bytes()) == full
    assert refused(lambda _: Report(7, (*full.blocks, full.blocks[0])).to_bytes(), b"")


@given(
    st.binary(max_size=120),
    st.sampled_from([0x80, 0x81, 0x82, 0x9F, None]),
    st.sampled_from([199, 200, 201, 202, 203]),
    st.integers(0, 30),
)
@example(bytes(8), 0x80, 202, 1)
@example(bytes(8), 0x80, 201, 0)
@example(bytes(8), 0x80, 200, 1)
@example(b"\x40\xc9\0\1" + bytes(4), None, 0, 0)
def test_random_octets_are_a_report_or_refused(
    data: bytes, first: int | None, kind: int, words: int
) -> None:
    if first is not None:
        data = bytes([first, kind]) + words.to_bytes(2, "big") + data[4:]
    if not refused(Report.from_bytes, data):
        report = Report.from_bytes(data)
        assert data[0] >> 6 == 2
        assert data[1] in (SENDER, RECEIVER)
        again = report.to_bytes()
        assert again[4:] == data[4 : len(again)]
        assert len(again) <= 4 * struct.unpack(">H", data[2:4])[0] + 4 <= len(data)


# -- The seal

KEYS = st.binary(max_size=64)
SENDERS = st.sampled_from(["client", "server"])


@given(KEYS, SENDERS, st.lists(st.binary(max_size=60), max_size=8), st.integers(0, 12))
@example(b"", "client", [b""], 0)
def test_what_is_sealed_opens_once(
    key: bytes, sender: str, packets: list[bytes], clear: int
) -> None:
    one, other = Seal(key, sender), Seal(key, sender)
    for count, packet in enumerate(packets):
        size = min(clear, len(packet))
        sealed = one.seal(packet, size)
        assert sealed[:size] == packet[:size]
        assert sealed[-4:] == count.to_bytes(4, "big")
        assert other.open(sealed, size) == packet
        with pytest.raises(ValueError, match="replayed"):
            other.open(sealed, size)


def test_every_flipped_bit_is_refused_and_costs_nothing() -> None:
    packet = Packet(7, 1, 960, b"hello").to_bytes()
    one, other = Seal(b"key", "client"), Seal(b"key", "client")
    sealed = one.seal(packet, 12)
    for bit in range(8 * len(sealed)):
        forged = bytearray(sealed)
        forged[bit // 8] ^= 1 << bit % 8
        with pytest.raises(ValueError, match="forged"):
            other.open(bytes(forged), 12)
    assert (other.seen, other.highest) == (set(), -1), "nothing of that is remembered"
    assert other.open(sealed, 12) == packet


@given(st.binary(max_size=60), st.integers(0, 70))
@example(bytes(20), 0)
@example(bytes(32), 12)
@example(bytes(31), 12)
@example(b"", 0)
def test_what_nobody_sealed_is_refused(data: bytes, clear: int) -> None:
    short = len(data) < clear + TAG + NONCE
    with pytest.raises(ValueError, match="too short" if short else "forged"):
        Seal(b"key", "client").open(data, clear)


@given(KEYS, KEYS, st.binary(min_size=8, max_size=40))
def test_another_key_and_the_other_direction_open_nothing(
    key: bytes, other: bytes, text: bytes
) -> None:
    sealed = Seal(key, "client").seal(text, 0)
    for reader in [Seal(key, "server"), *([Seal(other, "client")] if key != other else [])]:
        with pytest.raises(ValueError, match="forged"):
            reader.open(sealed, 0)


def test_no_two_packets_have_a_stream_in_common() -> None:
    """Of nulls the sealed text is the stream itself: over keys, directions and counters."""
    streams = []
    for key in (b"one", b"two"):
        for sender in ("client", "server"):
            one = Seal(key, sender)
            streams += [one.seal(bytes(16), 0)[:16] for _ in range(300)]
    assert len(set(streams)) == len(streams) == 1200


def test_two_packets_do_not_betray_each_other() -> None:
    """Under one stream the difference of two texts would be that of the sealed ones."""
    up, down = Seal(b"k", "client"), Seal(b"k", "server")
    one, other = b"attack at dawn!!", b"retreat at dusk!"
    first, second, third = (it.seal(text, 0)[:16] for it, text in
                            ((up, one), (up, other), (down, other)))  # fmt: skip
    plain = bytes(a ^ b for a, b in zip(one, other, strict=True))
    for sealed in (second, third):
        assert bytes(a ^ b for a, b in zip(first, sealed, strict=True)) != plain


def test_a_counter_is_never_used_twice_under_a_key() -> None:
    """All that is sealed passes through `crypt`; and after 2**32 packets it raises."""
    used: set[tuple[bytes, bytes]] = set()

    class Watched(Seal):
        def crypt(self, text: bytes, nonce: bytes) -> bytes:
            assert (self.key, nonce) not in used
            used.add((self.key, nonce))
            return super().crypt(text, nonce)

    for key in (b"1", b"2"):
        for sender in ("client", "server"):
            watched = Watched(key, sender)
            for _ in range(300):
                watched.seal(b"packet", 0)
    assert len(used) == 4 * 300
    assert {nonce for _, nonce in used} == {n.to_bytes(4, "big") for n in range(300)}
    last = Seal(b"1", "client")
    last.count = 2**32 - 1
    assert last.seal(b"last", 0)[-4:] == b"\xff" * 4
    with pytest.raises(OverflowError):
        last.seal(b"one too many", 0)


def test_the_key_of_a_direction_is_made_with_its_name() -> None:
    """Both are hashes of the common key under different persons, so neither tells the other."""
    for sender in ("client", "server"):
        made = blake2b(key=b"key", person=sender.encode()).digest()
        assert Seal(b"key", sender).key == made
    assert not hasattr(Seal(b"key", "client"), "common")


@st.composite
def arrivals(draw: st.DrawFn) -> list[int]:
    """Counters as they come: shuffled, doubled, lost, and far behind."""
    near = st.integers(0, 40)
    far = st.sampled_from([WINDOW - 1, WINDOW, WINDOW + 1, 2 * WINDOW, 2 * WINDOW + 1])
    return draw(st.lists(st.one_of(near, far, st.integers(0, 5 * WINDOW)), max_size=60))


@given(arrivals())
@example([WINDOW, 0])  # just too late
@example([WINDOW - 1, 0])  # just in time
@example([0, 0])
@example([*range(2 * WINDOW + 1), WINDOW + 1, WINDOW])
def test_a_counter_opens_once_and_within_the_window(counts: list[int]) -> None:
    """The model remembers everything."""
    reader, opened = Seal(b"k", "client"), set[int]()
    for count in counts:
        fresh = count not in opened and count > max(opened, default=-1) - WINDOW
        if fresh:
            reader.remember(count)
            opened.add(count)
        else:
            with pytest.raises(ValueError, match="replayed"):
                reader.remember(count)


def shuffled(count: int, width: int) -> Iterator[int]:
    """Numbers in groups that come backwards, the first of each group last."""
    for start in range(0, count, width):
        yield from reversed(range(start, start + width))


@pytest.mark.parametrize("width", [1, 2, 128, WINDOW])
def test_what_comes_out_of_order_opens_once_each(width: int) -> None:
    """Up to the width of the window; and what is remembered stays small."""
    one, other, most = Seal(b"k", "client"), Seal(b"k", "client"), 0
    sealed = [one.seal(b"%d" % n, 0) for n in range(4 * WINDOW)]
    for n in shuffled(4 * WINDOW, width):
        assert other.open(sealed[n], 0) == b"%d" % n
        most = max(most, len(other.seen))
    assert most == 2 * WINDOW, "it forgets when one more has come"
    for data in sealed:
        with pytest.raises(ValueError, match="replayed"):
            other.open(data, 0)


def test_the_window_is_twenty_seconds() -> None:
    assert WINDOW == 1024
    assert pytest.approx(20, abs=0.5) == WINDOW * FRAME / 1000


def test_the_module_says_that_it_is_a_toy() -> None:
    assert "TOY" in (seal.__doc__ or "")
    assert "toy" in MODE


# -- The numbers of the page


def test_the_numbers_of_the_text() -> None:
    assert round(MOD / 50 / 60, 1) == 21.8, "minutes until a sequence number is back"
    assert 1 < 2**32 / 48_000 / 86_400 < 1.1, "days until a timestamp is back"
    assert round(2**32 / 50 / 86_400 / 365.25, 1) == 2.7, "years of talking"
    sealed = Seal(b"k", "client").seal(Packet(7, 0, 0, bytes(160)).to_bytes(), 12)
    assert len(sealed) == 192
    assert (len(sealed) + 28) * 8 / FRAME == 88
    assert (MAX_DROPOUT, MAX_MISORDER) == (3000, 100)


def test_the_output_is_cut_where_the_packet_is() -> None:
    """Every octet that the output shows, in its order, and what is left out."""
    whole = Packet(7, 65535, 960, bytes(160)).to_bytes()
    data = Seal(b"secret", "client").seal(whole, 12)
    parts = [line.split("  ")[0] for line in lab.packet().split("\n")]
    shown = bytes.fromhex("".join(parts))
    assert shown[:16] == data[:16]
    assert shown[16:] == data[-20:]
    assert len(data) - len(shown) == 156, "octets more"


MOVES = ("a stranger guesses the next counter", "the speaker sends")


def test_a_stranger_takes_no_counter_away() -> None:
    world = lab.World()
    shown = [world.move(name) for name in [*MOVES, *MOVES]]
    assert shown == ["forged", "heard"] * 2
    assert world.broken() == ""
    lab.without_order(world)
    assert [world.move(name) for name in MOVES] == ["forged", "replayed"]
    assert world.broken() == "what the speaker sends is heard"


@given(st.lists(st.floats(0, 1000), min_size=2, max_size=30))
def test_jitter_is_a_running_mean_of_the_differences(ways: list[float]) -> None:
    source, mean = Source(0), 0.0
    for n, way in enumerate(ways):
        source.arrived(STEP * n, STEP * n + way)
        if n:
            mean += (abs(way - ways[n - 1]) - mean) / 16
    assert math.isclose(source.jitter, mean, rel_tol=1e-6, abs_tol=1e-6)
