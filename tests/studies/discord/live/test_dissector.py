"""tshark, Wireshark's dissector, reads what the miniature sends, and says what is malformed."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from discord_pcap import RTCP, RTP, Address, Datagram, as_packet, dissect, expected, told
from mini_discord import discovery
from mini_discord.rtcp import Block, Report, Sent, is_rtcp
from mini_discord.rtp import STEP, VOICE, Packet, clear_size
from mini_discord.seal import Seal

CLIENT: Address = ("192.0.2.7", 40_000)
SERVER: Address = ("198.51.100.1", 50_000)


def up(*sent: bytes) -> list[Datagram]:
    return [Datagram(CLIENT, SERVER, data) for data in sent]


def said(datagrams: Sequence[Datagram], folder: Path) -> list[dict[str, str]]:
    return dissect(datagrams, SERVER[1], "rtp", [*RTP, *RTCP], folder)


def check(datagrams: Sequence[Datagram], folder: Path) -> None:
    """Everything is read as we read it, and tshark complains of nothing."""
    frames = said(datagrams, folder)
    for frame, datagram in zip(frames, datagrams, strict=True):
        assert told(frame) == expected(datagram.data)


VOICES = [
    Packet(7, 65535, 2**32 - STEP, b"\xf8\xff\xfe", marker=True),
    Packet(7, 0, 0, bytes(range(160))),
    Packet(2**32 - 1, 1, STEP, b""),
]


def test_voice_packets_are_read_as_ours(tmp_path: Path) -> None:
    check(up(*(packet.to_bytes() for packet in VOICES)), tmp_path)


def test_a_seal_leaves_the_header_to_be_read(tmp_path: Path) -> None:
    seal = Seal(b"secret", "client")
    plain = [packet.to_bytes() for packet in VOICES]
    sealed = [seal.seal(data, clear_size(data)) for data in plain]
    check(up(*sealed), tmp_path)
    for before, after in zip(plain, sealed, strict=True):
        assert after[:12] == before[:12]
        assert len(before) < 15 or before[12:] not in after


def test_reports_are_read_as_ours(tmp_path: Path) -> None:
    blocks = (
        Block(9, 64, -2, 65539, 211),
        Block(2**32 - 1, 255, 2**23 - 1, 2**32 - 1, 2**32 - 1, 2**32 - 1, 2**32 - 1),
        Block(1, 0, -(2**23), 0, 0, 0xB7052000, 0x54000),
    )
    sent = Sent(0xB44DB705_20000000, 960, 50, 8000)
    reports = (Report(7), Report(7, blocks), Report(7, (), sent), Report(7, blocks, sent))
    check(up(*(report.to_bytes() for report in reports)), tmp_path)


def test_ip_discovery_is_neither_rtp_nor_stun(tmp_path: Path) -> None:
    """It begins as STUN does, with 0001 and a length; that length would be 54 in STUN."""
    asked, answer = discovery.request(7), discovery.response(7, CLIENT)
    check([Datagram(CLIENT, SERVER, asked), Datagram(SERVER, CLIENT, answer)], tmp_path)
    assert [data[:8].hex() for data in (asked, answer)] == ["0001004600000007", "0002004600000007"]
    assert len(asked) == len(answer) == 74


GOOD = VOICES[1].to_bytes()
REPORT = Report(7, (Block(9, 64, -2, 65539, 211),)).to_bytes()
BROKEN = {
    "no whole header": GOOD[:9],
    "a source that is not there": b"\x81" + GOOD[1:12],
    "an extension that is not there": b"\x90" + GOOD[1:12],
    "an extension that is too long": b"\x90" + GOOD[1:12] + b"\0\1\0\4" + bytes(12),
    "a report that is cut": REPORT[:-5],
    "a block that is not there": b"\x82" + REPORT[1:],
}


@pytest.mark.parametrize("broken", BROKEN)
def test_what_is_broken_is_said_to_be(broken: str, tmp_path: Path) -> None:
    """So the checks above can fail.  We refuse the same packets."""
    data = BROKEN[broken]
    [before, frame, after] = said(up(GOOD, data, GOOD), tmp_path)
    assert "Malformed" in frame["_ws.expert.message"] or frame["rtcp.length_check"] == "0"
    assert told(before) == told(after) == as_packet(GOOD)
    read = Report.from_bytes if is_rtcp(data) else Packet.from_bytes
    with pytest.raises(ValueError, match=r"\w"):
        read(data)


def test_another_version_is_no_rtp(tmp_path: Path) -> None:
    data = b"\x40" + GOOD[1:]
    [frame] = said(up(data), tmp_path)
    assert frame["frame.protocols"] == "ip:udp:data"
    with pytest.raises(ValueError, match="version 2"):
        Packet.from_bytes(data)


def test_a_check_fails_where_a_field_differs(tmp_path: Path) -> None:
    """One wrong number in what is expected is seen."""
    [frame] = said(up(GOOD), tmp_path)
    assert told(frame) == as_packet(GOOD)
    other = Packet(7, 1, 0, VOICES[1].payload).to_bytes()
    assert told(frame) != as_packet(other)
    assert frame["rtp.p_type"] == str(VOICE) == "120"
