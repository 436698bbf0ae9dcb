"""Sounds: which bytes are one, how they are stored, and what their waveforms show."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest
from casebook.core import palette
from casebook.core.figures import audio
from casebook.core.figures.audio import COLUMNS, HEIGHT, MOST, MOST_SIGNS, Audio, Clip, parse
from casebook.core.figures.audio_drawing import draw
from casebook.core.figures.chart_style import PAPER, SCREEN, Size
from casebook.core.figures.drawing import DrawingError, to_pdf
from casebook.core.figures.misfit import Misfit
from casebook.core.literate import sounds
from casebook.core.literate.sounds import RATE, Sound, fault
from casebook.core.literate.stored_outputs import Output, experiment, read, written
from casebook.core.problems import Kind, Problem
from hypothesis import given
from hypothesis import strategies as st
from waves import stored, wav

FONTS = Path(__file__).parents[3] / "_ext/casebook/fonts"
SAMPLES = st.lists(st.integers(-32768, 32767), min_size=1, max_size=50)
GOOD = wav([0, 1, -1])


# --- files ---


@given(SAMPLES)
def test_a_file_of_the_book_s_form(samples: list[int]) -> None:
    file = wav(samples)
    assert bool(fault(file)) is not any(samples)
    assert Sound(file).samples == tuple(samples)
    assert Sound(file).length == len(samples)


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (b"", "is no WAV file"),
        (b"RIFF", "is no WAV file"),
        (b"OggS" + bytes(60), "is no WAV file such as Python's module 'wave' writes"),
        (GOOD[:-1], "is a WAV file whose header does not say how long it is"),
        (GOOD + b"\0\0", "is a WAV file whose header does not say how long it is"),
        (wav([1, 1], channels=2), "has 2 channels; store one"),
        (wav([1], width=1), "has 8 bits a sample; store 16"),
        (wav([1], rate=48_000), "has 48,000 samples a second; store 16,000"),
        (wav([1] * (10 * RATE + 1_600)), "is 10.1 s long, and 10 s is the limit"),
        (wav([0] * 100), "is silent from end to end"),
        (wav([]), "is silent from end to end"),
    ],
)
def test_what_is_no_sound(file: bytes, words: str) -> None:
    assert fault(file) == words
    with pytest.raises(ValueError, match=f"^'a' {words}$"):
        experiment({"a": file})


def test_a_sample_is_whole() -> None:
    odd = struct.pack("<4sI4s4sIHHIIHH4sI", b"RIFF", 39, b"WAVE", b"fmt ", 16, 1, 1, RATE,
                      RATE * 2, 2, 16, b"data", 3)  # fmt: skip
    assert fault(odd + b"\1\1\1") == "ends within a sample"


def test_ten_seconds_are_not_too_long() -> None:
    assert fault(wav([1] * (10 * RATE))) == ""


# --- stored ---


@given(SAMPLES.filter(any), SAMPLES.filter(any))
def test_what_is_stored_comes_back_to_the_byte(one: list[int], other: list[int]) -> None:
    result = {"as sent": wav(one), "5 % lost": wav(other), "MOS": [4.4, 3], "rate": RATE}
    text = written(experiment(result))
    found = read("a/b", text)
    assert isinstance(found, Output)
    assert {name: sound.file for name, sound in found.sounds.items()} == {
        "as sent": wav(one),
        "5 % lost": wav(other),
    }
    assert (found.columns, found.values) == ({"MOS": (4.4, 3)}, {"rate": RATE})
    assert len(text.splitlines()) == 12, "a sound has a line of its own"


def test_an_output_without_sounds_does_not_speak_of_them() -> None:
    assert "sounds" not in experiment({"a": 1})


@pytest.mark.parametrize("coded", ['"not base64!"', '"QQ"', '"é"', "1", "null", '["QQ=="]'])
def test_letters_that_no_one_has_written(coded: str) -> None:
    text = f'{{"columns": {{}}, "values": {{}}, "sounds": {{"a": {coded}}}}}'
    message = "the stored output 'a/b' is not what 'make outputs' writes; run it again"
    assert read("a/b", text) == Problem(Kind.BAD_OUTPUT, message)


@pytest.mark.parametrize("held", ["[]", "1", '"a"'])
def test_sounds_that_are_none(held: str) -> None:
    assert isinstance(
        read("a/b", f'{{"columns": {{}}, "values": {{}}, "sounds": {held}}}'), Problem
    )


def test_a_stored_file_of_another_form() -> None:
    text = stored({"a": wav([1], rate=8_000)})
    message = "the sound 'a' of 'a/b' has 8,000 samples a second; store 16,000; run 'make outputs'"
    assert read("a/b", text) == Problem(Kind.BAD_OUTPUT, message)


# --- shown ---


def output(columns: dict[str, tuple[float | str, ...]] | None = None, **named: list[int]) -> Output:
    made = {name: Sound(wav(samples)) for name, samples in named.items()}
    return Output("acme/heard", columns or {}, sounds=made)


THREE = output(
    {"MOS": (4.41, 1, 3), "who": ("a", "b", "c"), "delay": (1, 2500, 3)},
    sent=[0, 8, -4, 2] * 300, lost=[0, 4, 0, 0], late=[1] * 600,
)  # fmt: skip


def shown(clips: str = "", values: str = "", of: Output = THREE) -> Audio:
    found = parse(of, clips, values)
    assert isinstance(found, Audio), found
    return found


def refusals(clips: str = "", values: str = "", of: Output = THREE) -> list[tuple[str, str]]:
    found = parse(of, clips, values)
    assert isinstance(found, list), found
    assert {one.problem.kind for one in found} == {Kind.BAD_AUDIO}
    assert all(isinstance(one, Misfit) for one in found)
    return [(one.option, one.problem.message) for one in found]


def test_all_sounds_in_the_order_of_the_output() -> None:
    found = shown(values="MOS")
    assert [(clip.number, clip.label) for clip in found.clips] == [
        (1, "sent, MOS 4.41"),
        (2, "lost, MOS 1"),
        (3, "late, MOS 3"),
    ]
    assert (found.loudest, found.longest) == (8, 1200)
    assert found.alt == "Waveforms. sent, MOS 4.41; lost, MOS 1; late, MOS 3."


def test_some_sounds_in_another_order() -> None:
    found = shown('late, "sent"', "delay (ms)")
    assert [(clip.number, clip.label) for clip in found.clips] == [
        (3, "late, delay 3 ms"),
        (1, "sent, delay 1 ms"),
    ]
    assert [audio.file_of("acme/heard", clip.number) for clip in found.clips] == [
        "acme/heard-3.wav",
        "acme/heard-1.wav",
    ]
    assert [clip.label for clip in shown("lost").clips] == ["lost"]
    assert shown("lost", "who").clips[0].value == "who b"


@pytest.mark.parametrize(
    ("length", "seconds", "size"),
    [
        (32_000, "2 s", "64 kB"),
        (8_000, "0.5 s", "16 kB"),
        (20_000, "1.25 s", "40 kB"),
        (20_001, "1.25 s", "41 kB"),
    ],
)
def test_how_long_and_how_large(length: int, seconds: str, size: str) -> None:
    clip = Clip(1, "a", "", length, ())
    assert (clip.seconds, clip.size) == (seconds, size)


NO_X = "'acme/heard' has no sound 'x'; its sounds are 'sent', 'lost', 'late'"


@pytest.mark.parametrize(
    ("clips", "values", "expected"),
    [
        ("sint", "", [("clips", "'acme/heard' has no sound 'sint'; did you mean 'sent'?")]),
        ("x", "", [("clips", NO_X)]),
        ("sent, sent", "", [("clips", "the sound 'sent' stands twice")]),
        (",", "", [("clips", "'clips' names no sound")]),
        ("", "MAS", [("values", "'acme/heard' has no column 'MAS'; did you mean 'MOS'?")]),
        ("", "(", [("values", "'(' is no axis; write a column and its unit: 'wait (s)'")]),
        ("x, x", "(", [
            ("clips", NO_X),
            ("clips", NO_X),
            ("values", "'(' is no axis; write a column and its unit: 'wait (s)'"),
        ]),
    ],
)  # fmt: skip
def test_options_that_do_not_fit(clips: str, values: str, expected: list[tuple[str, str]]) -> None:
    assert refusals(clips, values) == expected


def test_outputs_that_do_not_fit() -> None:
    assert refusals(of=output()) == [
        ("", "'acme/heard' holds no sound; let its function return the bytes of WAV files")
    ]
    assert refusals(values="MOS", of=output({"MOS": (1, 2)}, a=[1])) == [
        ("values", "the column 'MOS' has 2 values and 'acme/heard' 1 sound; give each sound one")
    ]
    many = output(**{f"a{n}": [1] for n in range(MOST + 1)})
    assert refusals(of=many) == [
        ("clips", f"there are {MOST + 1} sounds, and {MOST} is the limit; choose some with 'clips'")
    ]
    assert len(shown(", ".join(f"a{n}" for n in range(MOST)), of=many).clips) == MOST
    long = "a" * (MOST_SIGNS + 1)
    assert refusals(of=output(**{long: [1]})) == [
        ("", f"'{'a' * 59}…' has {MOST_SIGNS + 1} signs, and {MOST_SIGNS} is the limit; "
         "give the sound a shorter name")
    ]  # fmt: skip
    assert len(shown(of=output(**{long[1:]: [1]})).clips) == 1
    for name in ("", " ", "a\nb", "\x00"):
        words = f"{name!r} cannot be printed; give the sound another name"
        assert refusals(of=output(**{name: [1]})) == [("clips", words)]


# --- waveforms ---


def test_a_column_holds_the_lowest_and_the_highest_of_its_samples() -> None:
    peaks = shown().clips[0].peaks
    assert len(peaks) == COLUMNS
    assert set(peaks) == {(-4, 8)}
    assert shown().clips[1].peaks == ((0, 4),)


@given(SAMPLES.filter(any), st.integers(1, 9))
def test_only_silence_is_a_gap(samples: list[int], gap: int) -> None:
    """A column is as wide as one sample here; where the wave goes on, the columns touch."""
    found = shown(of=output(a=[*samples, *[0] * gap])).clips[0]
    assert len(found.peaks) == len(samples) + gap
    for i, (low, high) in enumerate(found.peaks):
        sample = [*samples, *[0] * gap][i]
        assert low <= sample <= high
        if sample and i:
            assert low <= samples[i - 1] <= high
        if not sample:
            assert low == high == 0


@pytest.mark.parametrize("length", [1, 299, 300, 301, 599, 601, 32_000, 160_000])
def test_the_longest_is_as_wide_as_there_is_room(length: int) -> None:
    found = shown(of=output(a=[5] * length, b=[5])).clips
    assert len(found[0].peaks) <= COLUMNS
    assert len(found[1].peaks) == 1


def test_the_path_of_a_waveform() -> None:
    clip = Clip(1, "a", "", 4, ((-8, 8), (0, 0), (0, 4), (-1, 0)))
    assert audio.outline(clip, 8) == "M1 0V64M5 16V32M7 32V36"
    assert audio.outline(clip, 32768) == "M1 32V33M5 32V33M7 32V33", "soft, and not silent"
    assert HEIGHT == 64


# --- drawings ---


@pytest.mark.parametrize("size", [SCREEN, PAPER], ids=["screen", "paper"])
def test_the_drawing_of_all_sounds(size: Size) -> None:
    drawing = draw(shown(values="MOS"), size, FONTS)
    text = drawing.standalone("Title", "Words")
    words = drawing.picture.root.text()
    for part in ("sent", "lost", "late", "MOS 4.41", "MOS 1", "0 s"):
        assert part in words
    assert palette.printed("var(--cb-series-1)") in text
    assert draw(shown(values="MOS"), size, FONTS) == drawing


def test_the_drawing_can_be_set_and_fits_a_page() -> None:
    many = output(**{f"a{n}": [9, -9] * 8_000 for n in range(MOST)})
    drawing = draw(shown(of=many), PAPER, FONTS)
    assert to_pdf(drawing, FONTS).startswith(b"%PDF")
    assert drawing.height * 0.75 < 400
    text = drawing.picture.root.text()
    assert all(f"{tick} s" in text for tick in ("0", "0.2", "0.4", "0.6", "0.8", "1"))


def test_a_letter_that_the_book_does_not_have() -> None:
    with pytest.raises(DrawingError, match="no letter"):
        draw(shown(of=output(**{"語": [1]})), PAPER, FONTS)


def test_what_is_coded_is_json() -> None:
    assert json.loads(json.dumps(sounds.coded(GOOD))) == sounds.coded(GOOD)
    assert sounds.decoded(sounds.coded(GOOD)) == GOOD
