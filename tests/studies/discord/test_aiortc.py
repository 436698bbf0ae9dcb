"""aiortc, a WebRTC stack, reads what the miniature writes, and the miniature what aiortc writes."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import astuple
from fractions import Fraction
from typing import Any, NamedTuple

import aiortc.rtcrtpreceiver as receiver
import pytest
from aiortc import RTCRtpHeaderExtensionParameters, RTCRtpParameters
from aiortc.rtp import (
    HeaderExtensions,
    HeaderExtensionsMap,
    RtcpByePacket,
    RtcpPacket,
    RtcpReceiverInfo,
    RtcpRrPacket,
    RtcpSdesPacket,
    RtcpSenderInfo,
    RtcpSourceInfo,
    RtcpSrPacket,
    RtpPacket,
    clamp_packets_lost,
)
from aiortc.rtp import is_rtcp as is_theirs
from aiortc.utils import uint16_gt
from hypothesis import assume, example, given
from hypothesis import strategies as st

from mini_discord.rtcp import Block, Report, Sent, block, is_rtcp
from mini_discord.rtp import STEP, VOICE, Packet, Source, newer

Unmeasured = Callable[[], AbstractContextManager[None]]
MOD = 1 << 16
SEQUENCES = st.integers(0, MOD - 1)
WORDS = st.integers(0, 2**32 - 1)
KINDS = st.integers(0, 127)
SOUND = st.binary(max_size=40)

OURS = st.builds(Packet, WORDS, SEQUENCES, WORDS, SOUND, KINDS, st.booleans())


def fields(packet: RtpPacket) -> tuple[Any, ...]:
    """What both know of a packet, in the order of our fields."""
    return (
        packet.ssrc, packet.sequence_number, packet.timestamp, packet.payload,
        packet.payload_type, bool(packet.marker),
    )  # fmt: skip


# -- RTP


@given(OURS)
def test_aiortc_reads_our_packets(packet: Packet) -> None:
    data = packet.to_bytes()
    read = RtpPacket.parse(data)
    assert fields(read) == astuple(packet)
    assert (read.version, read.csrc, read.padding_size) == (2, [], 0)
    assert read.extensions == HeaderExtensions()
    assert read.serialize() == data, "aiortc writes the same octets"


def map_of(first: int) -> HeaderExtensionsMap:
    """Extensions that browsers send, numbered from `first`; above 14 they need two octets."""
    kinds = [
        "urn:ietf:params:rtp-hdrext:ssrc-audio-level",
        "urn:ietf:params:rtp-hdrext:sdes:mid",
        "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time",
        "http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01",
    ]
    known = HeaderExtensionsMap()
    listed = [
        RTCRtpHeaderExtensionParameters(id=number, uri=kind)
        for number, kind in enumerate(kinds, first)
    ]
    known.configure(RTCRtpParameters(headerExtensions=listed))
    return known


ONE_OCTET, TWO_OCTETS = map_of(1), map_of(20)
EXTENSIONS = st.builds(
    HeaderExtensions,
    audio_level=st.none() | st.tuples(st.booleans(), KINDS),
    mid=st.none() | st.text("abc0", min_size=1, max_size=20),
    abs_send_time=st.none() | st.integers(0, 2**24 - 1),
    transport_sequence_number=st.none() | SEQUENCES,
)


@st.composite
def theirs(draw: st.DrawFn) -> tuple[RtpPacket, HeaderExtensionsMap]:
    """Any packet that aiortc can write, with all that RTP allows to be in it."""
    packet = RtpPacket(
        draw(KINDS), draw(st.integers(0, 1)), draw(SEQUENCES), draw(WORDS), draw(WORDS),
        draw(SOUND),
    )  # fmt: skip
    packet.csrc = draw(st.lists(WORDS, max_size=15))
    packet.padding_size = draw(st.sampled_from([0, 0, 1, 4, 255]))
    packet.extensions = draw(EXTENSIONS)
    return packet, draw(st.sampled_from([ONE_OCTET, TWO_OCTETS]))


@given(theirs())
def test_we_read_the_packets_of_aiortc(
    sent: tuple[RtpPacket, HeaderExtensionsMap],
) -> None:
    packet, known = sent
    data = packet.serialize(known)
    assert astuple(Packet.from_bytes(data)) == fields(packet)
    assert RtpPacket.parse(data, known).extensions == packet.extensions, "they were there"
    head = len(data) - len(packet.payload) - packet.padding_size
    for short in range(head):
        with pytest.raises(ValueError, match=r"\w"):
            Packet.from_bytes(data[:short])


def outcome(read: Callable[[bytes], tuple[Any, ...]], data: bytes) -> tuple[Any, ...] | None:
    try:
        return read(data)
    except ValueError as refused:
        # What is inside an extension aiortc reads, and we skip.
        assume("header extension" not in str(refused))
        return None


@given(st.binary(max_size=60), st.sampled_from([0x80, 0x90, 0xA0, 0xB0, 0x8F, 0xBF, 0x40, None]))
@example(bytes(11), 0x80)
@example(bytes(15), 0x90)
@example(bytes(12), 0xA0)
@example(bytes(11) + b"\1", 0xA0)
@example(bytes(12) + b"\2", 0xA0)
@example(bytes(12) + b"\xbe\xde\0\1\0\0\0", 0x90)
@example(bytes(12) + b"\xbe\xde\0\1\0\0\0\5", 0xB0)
@example(bytes(12) + b"\xbe\xde\0\1\0\0\0\0\1", 0xB0)
def test_both_refuse_the_same_octets(data: bytes, first: int | None) -> None:
    if first is not None:
        data = bytes([first]) + data[1:]
    read = outcome(lambda it: fields(RtpPacket.parse(it)), data)
    assert outcome(lambda it: astuple(Packet.from_bytes(it)), data) == read


@pytest.mark.parametrize("base", [0, 1, 2**15 - 1, 2**15, 2**15 + 1, MOD - 2, MOD - 1])
def test_both_agree_on_what_is_newer(base: int, unmeasured: Unmeasured) -> None:
    """Of any two, half the circle apart too: there, both say of neither that it is newer."""
    edges = (0, 1, 2, 2**15 - 1, 2**15, 2**15 + 1, MOD - 1)
    for distance in edges:
        other = (base + distance) % MOD
        assert newer(other, base) == uint16_gt(other, base) == (0 < distance < 2**15)
    with unmeasured():
        for other in range(MOD):
            assert newer(other, base) == uint16_gt(other, base)
            assert newer(base, other) == uint16_gt(base, other)


# -- RTCP

LOST = st.integers(-(2**23), 2**23 - 1)
BLOCKS = st.builds(Block, WORDS, st.integers(0, 255), LOST, WORDS, WORDS, WORDS, WORDS)
REPORTS = st.builds(
    Report,
    WORDS,
    st.lists(BLOCKS, max_size=4).map(tuple),
    st.none() | st.builds(Sent, st.integers(0, 2**64 - 1), WORDS, WORDS, WORDS),
)


def as_theirs(report: Report) -> RtcpSrPacket | RtcpRrPacket:
    """The same report, made of aiortc's classes."""
    infos = [RtcpReceiverInfo(*astuple(block)) for block in report.blocks]
    if report.sent is None:
        return RtcpRrPacket(report.ssrc, infos)
    return RtcpSrPacket(report.ssrc, RtcpSenderInfo(*astuple(report.sent)), infos)


@given(REPORTS)
@example(Report(7, (Block(9, 255, -1, 2**32 - 1, 0),)))
@example(Report(7, tuple(Block(9, at, -at, at, at) for at in range(31)), Sent(1, 2, 3, 4)))
@example(Report(7, (Block(9, 0, -(2**23), 0, 0), Block(9, 0, 2**23 - 1, 0, 0))))
def test_reports_are_the_same_octets(report: Report) -> None:
    data = report.to_bytes()
    assert RtcpPacket.parse(data) == [as_theirs(report)]
    assert bytes(as_theirs(report)) == data
    assert Report.from_bytes(bytes(as_theirs(report))) == report
    assert is_rtcp(data)
    assert is_theirs(data)


@given(REPORTS, st.data())
def test_a_report_that_is_cut_is_refused_by_both(report: Report, data: st.DataObject) -> None:
    whole = report.to_bytes()
    cut = whole[: data.draw(st.integers(1, len(whole) - 1))]
    for read in (RtcpPacket.parse, Report.from_bytes):
        with pytest.raises(ValueError, match=r"\w"):
            read(cut)


@given(OURS)
def test_both_tell_voice_from_reports(packet: Packet) -> None:
    """Payload types 64 to 95 look like RTCP with the marker set, which is why nobody has them."""
    assume(packet.payload_type not in range(64, 96))
    assert not is_rtcp(packet.to_bytes())
    assert not is_theirs(packet.to_bytes())


def test_what_both_take_for_rtcp() -> None:
    """RFC 5761 keeps 192 to 223 for it; aiortc stops at 208, the end of what has a meaning."""
    for kind in range(256):
        data = bytes([0x80, kind, 0, 1, 0, 0, 0, 0])
        assert is_theirs(data) == (192 <= kind <= 208)
        assert is_rtcp(data) == (192 <= kind <= 223)


REST = {
    "goodbye": RtcpByePacket([7]),
    "description": RtcpSdesPacket([RtcpSourceInfo(7, [(1, b"ada")])]),
    "report": RtcpRrPacket(9, [RtcpReceiverInfo(7, 1, 2, 3, 4, 5, 6)]),
}


@pytest.mark.parametrize("rest", REST)
@pytest.mark.parametrize("sent", [None, Sent(1, 2, 3, 4)])
def test_of_a_compound_packet_we_read_the_first_part(rest: str, sent: Sent | None) -> None:
    """aiortc sends a report and a description in one datagram, as RFC 3550 asks."""
    first = Report(7, (Block(9, 64, -2, 65539, 211),), sent)
    data = bytes(as_theirs(first)) + bytes(REST[rest])
    assert RtcpPacket.parse(data) == [as_theirs(first), REST[rest]]
    assert Report.from_bytes(data) == first


@pytest.mark.parametrize("kind", ["goodbye", "description"])
def test_what_is_no_report_is_refused(kind: str) -> None:
    data = bytes(REST[kind])
    assert is_rtcp(data)
    with pytest.raises(ValueError, match="no report"):
        Report.from_bytes(data)


@given(REPORTS, st.integers(1, 63))
def test_padding_at_the_end_of_a_report_is_left_out(report: Report, words: int) -> None:
    data = report.to_bytes()
    size = len(data) // 4 - 1 + words
    head = bytes([data[0] | 0x20, data[1]]) + size.to_bytes(2, "big")
    padded = head + data[4:] + bytes(4 * words - 1) + bytes([4 * words])
    assert RtcpPacket.parse(padded) == [as_theirs(report)]
    assert Report.from_bytes(padded) == report


def test_a_report_has_room_for_31_blocks() -> None:
    """The 32nd would set the bit of the padding: aiortc writes that, and can't read it."""
    report = Report(7, (Block(9, 0, 0, 0, 0),) * 32)
    with pytest.raises(ValueError, match="at most 31"):
        report.to_bytes()
    with pytest.raises(ValueError, match="invalid"):
        RtcpPacket.parse(bytes(as_theirs(report)))


# -- Statistics


class Arrival(NamedTuple):
    """A packet, and when it comes, on a clock of 48 kHz."""

    number: int  # extended; it is sent at STEP times this
    now: int


class Peer:
    """aiortc's statistics of a stream, with a clock that the test sets."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0
        monkeypatch.setattr(receiver, "time", self)
        self.statistics = receiver.StreamStatistics(48_000)

    def time(self) -> Fraction:
        """Exact, so that multiplying by the rate gives whole samples."""
        return Fraction(self.now, 48_000)

    def add(self, arrival: Arrival, offset: int = 0) -> None:
        self.now = arrival.now
        timestamp = (arrival.number * STEP + offset) % 2**32
        packet = RtpPacket(VOICE, 0, arrival.number % MOD, timestamp, 7, b"")
        self.statistics.add(RtpPacket.parse(packet.serialize()))


@st.composite
def streams(draw: st.DrawFn) -> list[Arrival]:
    """Packets with losses, copies and delays, in the order in which they arrive."""
    first = draw(st.sampled_from([0, 1, 100, MOD - 3, MOD - 1, 2 * MOD - 20]))
    fates = draw(
        st.lists(
            st.tuples(st.sampled_from([1, 1, 1, 1, 0, 2]), st.integers(0, 4 * STEP)),
            min_size=1,
            max_size=60,
        )
    )
    arrivals = [
        Arrival(number, number * STEP + delay + copy * 7)
        for number, (copies, delay) in enumerate(fates, first)
        for copy in range(copies)
    ]
    assume(arrivals)
    return sorted(arrivals, key=lambda arrival: arrival.now)


@given(streams(), st.sets(st.integers(0, 60)))
def test_what_is_lost_is_counted_alike(stream: list[Arrival], reports: set[int]) -> None:
    """Late and doubled packets and a round of numbers included; jitter is below."""
    with pytest.MonkeyPatch.context() as monkeypatch:
        peer, source = Peer(monkeypatch), Source(stream[0].number % MOD)
        theirs = peer.statistics
        for index, arrival in enumerate(stream):
            peer.add(arrival)
            assert source.update(arrival.number % MOD) is not None
            assert theirs.packets_received == source.received
            assert theirs.packets_expected == source.expected
            assert theirs.packets_lost == source.lost
            assert theirs.cycles + theirs.max_seq == source.highest
            assert theirs.base_seq == source.base
            if index in reports:
                assert theirs.fraction_lost == source.fraction()
        assert theirs.fraction_lost == source.fraction()


@given(streams())
def test_the_jitter_is_alike_where_packets_come_in_order(stream: list[Arrival]) -> None:
    """Half a unit between sixteenths and reals, and one that aiortc cuts off."""
    newest = list(itertools.accumulate((arrival.number for arrival in stream), max, initial=-1))
    order = [arrival for arrival, so_far in zip(stream, newest, strict=False)
             if arrival.number > so_far]  # fmt: skip
    with pytest.MonkeyPatch.context() as monkeypatch:
        peer, source = Peer(monkeypatch), Source(0)
        for arrival in order:
            peer.add(arrival)
            source.arrived(arrival.number * STEP, arrival.now)
            assert -1.5 <= peer.statistics.jitter - source.jitter <= 0.5


def test_aiortc_leaves_late_packets_out_of_the_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 3550 takes each packet in the order of arrival, and so do we."""
    peer, source = Peer(monkeypatch), Source(0)
    for arrival in (Arrival(0, 0), Arrival(2, 2 * STEP), Arrival(1, 2 * STEP)):
        peer.add(arrival)
        source.arrived(arrival.number * STEP, arrival.now)
    assert peer.statistics.jitter == 0
    assert source.jitter == STEP / 16


def test_aiortc_takes_a_wrap_of_the_timestamp_for_jitter(monkeypatch: pytest.MonkeyPatch) -> None:
    """With timestamps from `extend` nothing happens; its difference is of one day."""
    peer, source = Peer(monkeypatch), Source(0)
    for number in range(4):
        arrival = Arrival(number, number * STEP)
        peer.add(arrival, offset=2**32 - 2 * STEP)
        source.arrived(2**32 + (number - 2) * STEP, arrival.now)
    assert peer.statistics.jitter > 2**27
    assert source.jitter == 0


def test_aiortc_believes_a_packet_from_far_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """One forged number, and it counts 20,000 as lost; RFC 3550 asks for the one after it."""
    peer, source = Peer(monkeypatch), Source(0)
    for number in (0, 1, 20_001, 2):
        peer.add(Arrival(number, 0))
        source.update(number)
    assert peer.statistics.packets_lost == 20_002 - 4
    assert (source.lost, source.received) == (0, 3)


@pytest.mark.parametrize("count", [-(2**23) - 1, -(2**23), 2**23 - 1, 2**23, 2**30])
def test_a_count_of_lost_packets_stays_in_its_24_bits(count: int) -> None:
    """A count that wrapped would make of many lost packets many that came twice."""
    source = Source(0)
    source.received = 1 - count
    assert source.lost == count
    source.fraction()  # from here on
    [held] = Report.from_bytes(Report(7, (block(9, source),)).to_bytes()).blocks
    assert held.lost == clamp_packets_lost(count)
