"""Sounds that a printed program computed: WAV files of one form, which every browser plays."""

from __future__ import annotations

import base64
import binascii
import struct
from dataclasses import dataclass, field

RATE = 16_000
"""Samples a second: enough for speech."""
MOST_SECONDS = 10
"""A longer sound is too heavy to be stored."""

_HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
"""What Python's module `wave` writes before the samples."""


@dataclass(frozen=True, slots=True)
class Sound:
    """A WAV file: 16 bits, one channel, `RATE` samples a second."""

    file: bytes = field(repr=False)

    @property
    def samples(self) -> tuple[int, ...]:
        """The samples, from -32768 to 32767."""
        return struct.unpack_from(f"<{self.length}h", self.file, _HEADER.size)

    @property
    def length(self) -> int:
        """How many samples there are."""
        return (len(self.file) - _HEADER.size) // 2


def fault(file: bytes) -> str:
    """Say what keeps bytes from being a sound; nothing if they are one."""
    if len(file) < _HEADER.size:
        return "is no WAV file"
    riff, size, wave, head, head_size, form, channels, rate, _, _, bits, data, data_size = (
        _HEADER.unpack_from(file)
    )
    if (riff, wave, head, head_size, form, data) != (b"RIFF", b"WAVE", b"fmt ", 16, 1, b"data"):
        return "is no WAV file such as Python's module 'wave' writes"
    if (size, data_size) != (len(file) - 8, len(file) - _HEADER.size):
        return "is a WAV file whose header does not say how long it is"
    if channels != 1:
        return f"has {channels} channels; store one"
    if bits != 16:
        return f"has {bits} bits a sample; store 16"
    if rate != RATE:
        return f"has {rate:,} samples a second; store {RATE:,}"
    if data_size % 2:
        return "ends within a sample"
    if data_size > MOST_SECONDS * RATE * 2:
        seconds = data_size / 2 / RATE
        return f"is {seconds:.1f} s long, and {MOST_SECONDS} s is the limit"
    if not any(file[_HEADER.size :]):
        return "is silent from end to end"
    return ""


def coded(file: bytes) -> str:
    """Return a file as letters, as it is stored."""
    return base64.b64encode(file).decode("ascii")


def decoded(letters: str) -> bytes:
    """Return a file from its letters; raises ``ValueError`` if they are none."""
    try:
        return base64.b64decode(letters, validate=True)
    except binascii.Error as error:
        raise ValueError("is no base64") from error
