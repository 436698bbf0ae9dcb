"""What Discord's gateway does for DAVE, as far as its library needs one: RFC 9420 by hand.

An external sender proposes who is added and removed; commits are checked and passed on.
The signatures are real and the key isn't kept from anybody, since this is a test.
"""

from __future__ import annotations

from collections.abc import Iterable
from hashlib import sha256

# -- ECDSA over P-256, for one signer

P = 2**256 - 2**224 + 2**192 + 2**96 - 1
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
POINT = (
    0x6B17D1F2E12C4247F8BCE6E563A440F277037D812DEB33A0F4A13945D898C296,
    0x4FE342E2FE1A7F9B8EE7EB4A7C0F9E162BCE33576B315ECECBB6406837BF51F5,
)
Point = tuple[int, int] | None


def add(a: Point, b: Point) -> Point:
    if a is None or b is None:
        return a or b
    if a[0] == b[0] and a[1] != b[1]:
        return None
    if a == b:
        slope = (3 * a[0] * a[0] - 3) * pow(2 * a[1], -1, P)
    else:
        slope = (b[1] - a[1]) * pow(b[0] - a[0], -1, P)
    x = (slope * slope - a[0] - b[0]) % P
    return x, (slope * (a[0] - x) - a[1]) % P


def times(number: int, point: Point = POINT) -> tuple[int, int]:
    total: Point = None
    while number:
        if number & 1:
            total = add(total, point)
        point, number = add(point, point), number >> 1
    assert total
    return total


def integer(number: int) -> bytes:
    body = number.to_bytes(number.bit_length() // 8 + 1, "big")
    return b"\x02" + bytes([len(body)]) + body


def sign(key: int, message: bytes) -> bytes:
    digest = sha256(message).digest()
    once = int.from_bytes(sha256(key.to_bytes(32, "big") + digest).digest(), "big") % ORDER
    r = times(once)[0] % ORDER
    s = pow(once, -1, ORDER) * (int.from_bytes(digest, "big") + r * key) % ORDER
    body = integer(r) + integer(s)
    return b"\x30" + bytes([len(body)]) + body


# -- The encoding of RFC 9420


def vector(data: bytes) -> bytes:
    """Write a length of one, two or four bytes before the data."""
    size = len(data)
    if size < 64:
        return bytes([size]) + data
    if size < 16_384:
        return (0x4000 | size).to_bytes(2, "big") + data
    return (0x8000_0000 | size).to_bytes(4, "big") + data


class Reader:
    """Read a message field by field."""

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def take(self, size: int) -> bytes:
        self.at += size
        assert self.at <= len(self.data)
        return self.data[self.at - size : self.at]

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def vector(self) -> bytes:
        first = self.number(1)
        size = first & 0x3F
        for _ in range((1 << (first >> 6)) - 1):
            size = size << 8 | self.number(1)
        return self.take(size)

    def vectors(self, count: int) -> None:
        for _ in range(count):
            self.vector()


def key_package(data: bytes) -> bytes:
    """Check the outermost fields of a key package and return it."""
    reader = Reader(data)
    assert reader.number(2) == 1, "MLS 1.0"
    assert reader.number(2) == 2, "DHKEMP256_AES128GCM_SHA256_P256"
    return data


def leaf_node(reader: Reader) -> None:
    reader.vectors(2)  # encryption key, signature key
    assert reader.number(2) == 1, "a basic credential"
    reader.vectors(1 + 5)  # identity; five lists of capabilities
    assert reader.number(1) == 3, "from a commit"
    reader.vectors(3)  # hash of the parent, extensions, signature


class Committed:
    """A commit, read as the gateway may: who, in which epoch, for which proposals."""

    def __init__(self, data: bytes) -> None:
        reader = Reader(data)
        assert reader.number(4) == 0x0001_0001, "MLS 1.0, a public message"
        self.group, self.epoch = reader.vector(), reader.number(8)
        assert reader.number(1) == 1, "from a member"
        self.leaf = reader.number(4)
        reader.vector()
        assert reader.number(1) == 3, "a commit"
        listed = Reader(reader.vector())
        self.references = set[bytes]()
        while listed.at < len(listed.data):
            assert listed.number(1) == 2, "by reference"
            self.references.add(listed.vector())
        if reader.number(1):  # a new path through the tree
            leaf_node(reader)
            reader.vector()
        reader.vectors(3)  # signature, confirmation tag, membership tag
        self.commit, self.welcome = data[: reader.at], data[reader.at :]


class External:
    """The gateway's place in a group: it proposes, and is no member."""

    def __init__(self, group: int, key: int = 0xDA7E) -> None:
        self.group, self.key, self.epoch = group.to_bytes(8, "big"), key, 0
        self.leaves: list[str | None] = []
        self.references = set[bytes]()
        self.changes: list[tuple[str, bytes | None]] = []

    def package(self) -> bytes:
        """Opcode 25: the key that signs proposals."""
        x, y = times(self.key)
        point = b"\x04" + x.to_bytes(32, "big") + y.to_bytes(32, "big")
        return vector(point) + b"\x00\x01" + vector(b"gateway")

    def propose(self, changes: Iterable[tuple[str, bytes | None]]) -> bytes:
        """Opcode 27, without its head: append proposals to add (a key package) or remove."""
        messages = b""
        for user, package in changes:
            if package is None:
                proposal = b"\x00\x03" + self.leaves.index(user).to_bytes(4, "big")
            else:
                proposal = b"\x00\x01" + key_package(package)
            sender = b"\x02" + bytes(4)  # the first external sender
            content = vector(self.group) + self.epoch.to_bytes(8, "big") + sender
            content += vector(b"") + b"\x02" + proposal
            signed = b"\x00\x01\x00\x01" + content
            labelled = vector(b"MLS 1.0 FramedContentTBS") + vector(signed)
            tail = vector(sign(self.key, labelled))
            messages += b"\x00\x01\x00\x01" + content + tail
            named = vector(b"MLS 1.0 Proposal Reference")
            self.references.add(sha256(named + vector(b"\x00\x01" + content + tail)).digest())
            self.changes.append((user, package))
        return b"\x00" + vector(messages)

    def is_valid(self, commit: Committed) -> bool:
        """The whitepaper's rule: this epoch, and all of its proposals and nothing else."""
        same = commit.group == self.group and commit.epoch == self.epoch
        return same and commit.references == self.references

    def accept(self, commit: Committed) -> None:
        """Follow the group into the next epoch: removals first, newcomers into free leaves."""
        assert self.is_valid(commit)
        for user, package in self.changes:
            if package is None:
                self.leaves[self.leaves.index(user)] = None
        while self.leaves and self.leaves[-1] is None:
            self.leaves.pop()
        for user, package in self.changes:
            if package is not None:
                if None not in self.leaves:
                    self.leaves.append(None)
                self.leaves[self.leaves.index(None)] = user
        self.epoch += 1
        self.references, self.changes = set(), []
