"""WAV files for the tests, of the book's form and of others."""

from __future__ import annotations

import base64
import io
import json
import struct
import wave
from collections.abc import Sequence


def wav(samples: Sequence[int], channels: int = 1, width: int = 2, rate: int = 16_000) -> bytes:
    file = io.BytesIO()
    with wave.open(file, "wb") as made:
        made.setparams((channels, width, rate, 0, "NONE", ""))
        made.writeframes(b"".join(struct.pack("<i", sample)[:width] for sample in samples))
    return file.getvalue()


def stored(sounds: dict[str, bytes], columns: dict[str, list[float]] | None = None) -> str:
    coded = {name: base64.b64encode(file).decode() for name, file in sounds.items()}
    return json.dumps({"columns": columns or {}, "values": {}, "sounds": coded})
