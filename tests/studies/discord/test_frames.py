"""The frame format, against a second reader of the same document."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mini_discord.frames import (
    MARKER,
    SILENCE,
    TAG,
    Frame,
    cut,
    is_encrypted,
    join,
    numbers,
    split,
    uleb128,
    weave,
)

quick = settings(max_examples=150)


@st.composite
def frames(draw: st.DrawFn) -> Frame:
    media = draw(st.binary(max_size=40))
    bounds = sorted(draw(st.lists(st.integers(0, len(media)), max_size=8)))
    clear = tuple((a, b - a) for a, b in zip(bounds[::2], bounds[1::2], strict=False))
    nonce = draw(st.integers(0, 2**32 - 1) | st.sampled_from([0, 127, 128, 2**24, 2**32 - 1]))
    return Frame(media, draw(st.binary(min_size=TAG, max_size=TAG)), nonce, clear)


def reads(data: bytes) -> bool:
    """The whitepaper's frame check once more, from the other end and byte by byte."""
    if len(data) < 3 or data[-1] != 0xFA or data[-2] != 0xFA:
        return False
    if data[-3] > len(data) or data[-3] < 12:
        return False
    left = list(data[len(data) - data[-3] + 8 : -3])
    values: list[int] = []
    while left:
        value = place = 0
        while True:
            if not left:
                return False
            byte = left.pop(0)
            value += (byte % 128) * 128**place
            place += 1
            if byte < 128:
                break
        values.append(value)
    if values[0] >> 32 or len(values) % 2 == 0:
        return False
    at, media = 0, len(data) - data[-3]
    for offset, length in zip(values[1::2], values[2::2], strict=True):
        if offset < at or offset + length > media:
            return False
        at = offset + length
    return True


@given(frames())
@quick
def test_a_frame_comes_back(frame: Frame) -> None:
    data = join(frame)
    assert split(data) == frame
    assert is_encrypted(data)
    assert reads(data)
    assert len(data) - len(frame.media) >= 12


@given(frames(), st.data())
@quick
def test_any_change_is_read_as_the_document_says_or_refused(
    frame: Frame, data: st.DataObject
) -> None:
    octets = bytearray(join(frame))
    for _ in range(data.draw(st.integers(1, 3))):
        # Most of the footer's meaning is in its last bytes.
        where = -data.draw(st.integers(1, min(len(octets), 20)))
        octets[where] = data.draw(st.integers(0, 255))
    cut_off = bytes(octets[data.draw(st.integers(0, len(octets))) :])
    for one in (bytes(octets), cut_off):
        assert is_encrypted(one) == reads(one)


@given(st.binary(max_size=24), st.binary(max_size=6), st.integers(0, 40))
@example(b"", b"", 12)
@quick
def test_what_ends_like_a_frame_is_read_or_refused(start: bytes, end: bytes, size: int) -> None:
    data = start + end + bytes([size]) + MARKER
    assert is_encrypted(data) == reads(data)
    if is_encrypted(data):
        frame = split(data)
        kept, others = cut(frame.media, frame.clear)
        assert weave(frame.clear, kept, others) == frame.media


def footer(*said: int, media: bytes = b"123", size: int | None = None) -> bytes:
    body = bytes(TAG) + bytes(said)
    return media + body + bytes([len(body) + 3 if size is None else size]) + MARKER


@pytest.mark.parametrize(
    "data",
    [
        b"",
        MARKER,
        b"\x0c" + MARKER,
        SILENCE,
        footer(1)[:-1],  # no marker
        footer(1)[:-2] + b"\xfa\xfb",
        footer(1, size=11),  # too small for a nonce
        footer(1, size=16),  # larger than the frame
        footer(),
        footer(0x80),  # a nonce without an end
        footer(0x80, 0x80, 0x80, 0x80, 0x10),  # 2**32
        footer(1, 0),  # an offset without a length
        footer(1, 0, 0x81),
        footer(1, 0, 4),  # beyond the media
        footer(1, 3, 1),
        footer(1, 1, 1, 0, 1),  # out of order
        footer(1, 0, 2, 1, 1),  # overlapping
    ],
)
def test_malformed(data: bytes) -> None:
    assert not is_encrypted(data)
    assert not reads(data)
    with pytest.raises(ValueError, match=r"\w"):
        split(data)


def test_small_domain_of_ranges() -> None:
    """All footers of two ranges over three bytes of media."""
    good = 0
    for bounds in product(range(5), repeat=4):
        data = footer(7, *bounds)
        assert is_encrypted(data) == reads(data)
        good += is_encrypted(data)
    assert good == 35  # four bounds in order among four places


def test_numbers() -> None:
    assert uleb128(0) == b"\0"
    assert uleb128(127) == b"\x7f"
    assert uleb128(128) == b"\x80\x01"
    assert uleb128(624485) == b"\xe5\x8e\x26"  # the usual example
    assert numbers(b"\xe5\x8e\x26\x00") == [624485, 0]
    assert len(uleb128(2**32 - 1)) == 5


def test_too_many_ranges_for_one_byte_of_size() -> None:
    clear = tuple((n, 1) for n in range(0, 260, 2))
    with pytest.raises(ValueError, match="range"):
        join(Frame(bytes(300), bytes(TAG), 1, clear))
