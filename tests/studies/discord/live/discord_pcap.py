"""A file such as a capture of the network leaves, and what tshark reads in it."""

from __future__ import annotations

import os
import re
import shutil
import socket
import struct
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import NamedTuple

from editions import without

from mini_discord.rtcp import Report, is_rtcp
from mini_discord.rtp import Packet

Address = tuple[str, int]
IPV4 = 228  # LINKTYPE_IPV4: each packet begins with its IP header
UDP = 17
PATIENCE = 60  # seconds, for tshark to start on a busy machine


class Datagram(NamedTuple):
    """What went from one address to another."""

    source: Address
    target: Address
    data: bytes


def checksum(data: bytes) -> int:
    """The checksum of RFC 1071: the sum of 16-bit words in ones' complement, inverted."""
    words = struct.unpack(f"!{len(data) // 2 + len(data) % 2}H", data + bytes(len(data) % 2))
    total = sum(words)
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def in_ip(datagram: Datagram, number: int) -> bytes:
    """The datagram with an IPv4 and a UDP header."""
    ends = b"".join(socket.inet_aton(host) for host, _ in datagram[:2])
    ports = datagram.source[1], datagram.target[1]
    length = 8 + len(datagram.data)
    pseudo = ends + struct.pack("!2H", UDP, length)
    bare = struct.pack("!4H", *ports, length, 0) + datagram.data
    udp = bare[:6] + struct.pack("!H", checksum(pseudo + bare) or 0xFFFF) + bare[8:]
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, number, 0, 64, UDP, 0) + ends
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + udp


def pcap(datagrams: Iterable[Datagram]) -> bytes:
    """A classic capture file, with 20 ms between two packets."""
    parts = [struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 0xFFFF, IPV4)]
    for number, datagram in enumerate(datagrams):
        packet = in_ip(datagram, number)
        seconds, fiftieths = divmod(number, 50)
        parts += [struct.pack("<4I", seconds, fiftieths * 20_000, *[len(packet)] * 2), packet]
    return b"".join(parts)


def need_tshark() -> None:
    """Skip where there is no tshark."""
    if not shutil.which("tshark"):
        without("tshark", "sudo apt-get install --no-install-recommends tshark")


ALWAYS = ("frame.protocols", "udp.srcport", "udp.dstport", "udp.length", "_ws.expert.message")
SUMS = ("ip.checksum.status", "udp.checksum.status")
TRUTH = {"True": "1", "False": "0"}  # as newer versions write it


def tshark(
    datagrams: Sequence[Datagram], port: int, as_what: str, options: Sequence[str], folder: Path
) -> str:
    """What tshark prints of a capture, if what goes to or from a port is of a protocol."""
    need_tshark()
    path = folder / "capture.pcap"
    path.write_bytes(pcap(datagrams))
    command = ["tshark", "-n", "-r", str(path), "-d", f"udp.port=={port},{as_what}"]
    command += ["-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", *options]
    # What its user has set elsewhere does not count.
    its = {"WIRESHARK_CONFIG_DIR": str(folder), "LC_ALL": "C.UTF-8"}
    done = subprocess.run(
        command, env=os.environ | its, capture_output=True, text=True, encoding="utf-8",
        timeout=PATIENCE, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def dissect(
    datagrams: Sequence[Datagram], port: int, as_what: str, fields: Sequence[str], folder: Path
) -> list[dict[str, str]]:
    """Fields of each datagram, as tshark reads it; empty where it has none."""
    asked = [*ALWAYS, *SUMS, *fields]
    options = ["-T", "fields", "-E", "separator=/t", "-E", "occurrence=a", "-E", "aggregator=,"]
    for name in asked:
        options += ["-e", name]
    said = tshark(datagrams, port, as_what, options, folder)
    rows = [line.split("\t") for line in said.splitlines()]
    frames = [
        dict(zip(asked, (TRUTH.get(value, value) for value in row), strict=True)) for row in rows
    ]
    assert len(frames) == len(datagrams)
    for frame, datagram in zip(frames, datagrams, strict=True):
        assert [frame.pop(name) for name in SUMS] == ["1", "1"]  # both are good
        assert int(frame.pop("udp.length")) == 8 + len(datagram.data)
        ports = (int(frame.pop("udp.srcport")), int(frame.pop("udp.dstport")))
        assert ports == (datagram.source[1], datagram.target[1])
    return frames


STREAM = re.compile(r"\S+ +(\d+) +\S+ +(\d+) +0x([0-9A-Fa-f]+) .*? (\d+) +(-?\d+) \(")


def streams(
    datagrams: Sequence[Datagram], port: int, folder: Path
) -> dict[tuple[int, int, int], tuple[int, int]]:
    """How many packets of each stream tshark sees, and how many it misses.

    A stream is two ports and a source.
    """
    said = tshark(datagrams, port, "rtp", ["-q", "-z", "rtp,streams"], folder)
    found = {}
    for one, other, ssrc, seen, missed in STREAM.findall(said):
        found[int(one), int(other), int(ssrc, 16)] = int(seen), int(missed)
    return found


# -- What tshark should say of ours

RTP = (
    "rtp.version", "rtp.p_type", "rtp.marker", "rtp.seq", "rtp.timestamp", "rtp.ssrc",
    "rtp.payload", "rtp.padding", "rtp.ext", "rtp.cc", "data.data",
)  # fmt: skip
RTCP = (
    "rtcp.version", "rtcp.pt", "rtcp.senderssrc", "rtcp.length_check", "rtcp.padding",
    "rtcp.ssrc.identifier", "rtcp.ssrc.fraction", "rtcp.ssrc.cum_nr", "rtcp.ssrc.ext_high",
    "rtcp.ssrc.jitter", "rtcp.ssrc.lsr", "rtcp.ssrc.dlsr", "rtcp.timestamp.ntp.msw",
    "rtcp.timestamp.ntp.lsw", "rtcp.timestamp.rtp", "rtcp.sender.packetcount",
    "rtcp.sender.octetcount",
)  # fmt: skip


def as_packet(data: bytes) -> dict[str, str]:
    """What tshark should say of a voice packet, and that it says nothing else of it."""
    packet = Packet.from_bytes(data)
    return {
        "frame.protocols": "ip:udp:rtp",
        "rtp.version": "2",
        "rtp.p_type": str(packet.payload_type),
        "rtp.marker": str(int(packet.marker)),
        "rtp.seq": str(packet.sequence),
        "rtp.timestamp": str(packet.timestamp),
        "rtp.ssrc": f"0x{packet.ssrc:08x}",
        "rtp.payload": packet.payload.hex(),
        "rtp.padding": "0",
        "rtp.ext": "0",
        "rtp.cc": "0",
    }


def as_report(data: bytes) -> dict[str, str]:
    """What tshark should say of a report; of several blocks it says each value in turn."""
    report = Report.from_bytes(data)

    def each(name: str, form: str = "d") -> str:
        return ",".join(format(getattr(block, name), form) for block in report.blocks)

    shown = {
        "frame.protocols": "ip:udp:rtp:rtcp",
        "rtcp.version": "2",
        "rtcp.padding": "0",
        "rtcp.pt": "200" if report.sent else "201",
        "rtcp.senderssrc": f"0x{report.ssrc:08x}",
        "rtcp.length_check": "1",
        "rtcp.ssrc.identifier": each("ssrc", "#010x"),
        "rtcp.ssrc.fraction": each("fraction"),
        "rtcp.ssrc.cum_nr": each("lost"),
        "rtcp.ssrc.ext_high": each("highest"),
        "rtcp.ssrc.jitter": each("jitter"),
        "rtcp.ssrc.lsr": each("last_report"),
        "rtcp.ssrc.dlsr": each("delay"),
    }
    if report.sent:
        shown |= {
            "rtcp.timestamp.ntp.msw": str(report.sent.ntp >> 32),
            "rtcp.timestamp.ntp.lsw": str(report.sent.ntp % 2**32),
            "rtcp.timestamp.rtp": str(report.sent.timestamp),
            "rtcp.sender.packetcount": str(report.sent.packets),
            "rtcp.sender.octetcount": str(report.sent.octets),
        }
    return shown


def as_unknown(data: bytes) -> dict[str, str]:
    """IP discovery is nobody's standard: version 0 is no RTP, so tshark shows the octets."""
    return {"frame.protocols": "ip:udp:data", "rtp.version": "0", "data.data": data.hex()}


def expected(data: bytes) -> dict[str, str]:
    """What tshark should say of any datagram of ours, without what is empty."""
    if data[0] >> 6 != 2:
        return as_unknown(data)
    return told(as_report(data) if is_rtcp(data) else as_packet(data))


def told(frame: dict[str, str]) -> dict[str, str]:
    return {name: value for name, value in frame.items() if value}
