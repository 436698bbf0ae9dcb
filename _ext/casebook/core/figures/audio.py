"""Sounds that a reader can hear: which of an output, a value beside each, and their waveforms."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from casebook.core.figures.axes import Axis, column_of, shown
from casebook.core.figures.misfit import Misfit
from casebook.core.figures.shown_text import pieces
from casebook.core.literate.sounds import RATE
from casebook.core.literate.stored_outputs import Output
from casebook.core.problems import Kind, Problem, shortened, suggestion
from casebook.core.text.counted import counted

MOST = 10
"""More sounds would not fit a page of paper, and nobody would hear them all."""
MOST_SIGNS = 64
"""A name and a value stand on one line over the waveform."""
COLUMNS = 300
"""The longest sound is so many columns wide; each shows the lowest and the highest sample."""
COLUMN, HEIGHT = 2, 64
"""How wide a column of a waveform is on the screen, and how high the loudest one, in pixels."""

Peak = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Clip:
    """A sound, as it is shown."""

    number: int
    """Its place in the output, from 1, after which its file is named."""
    name: str
    value: str
    """The words of the value beside it; empty if there is none."""
    length: int
    """In samples."""
    peaks: tuple[Peak, ...]
    """The lowest and the highest sample of each column; both are nought where there is silence."""

    @property
    def label(self) -> str:
        """Its name and its value."""
        return ", ".join(filter(None, (self.name, self.value)))

    @property
    def seconds(self) -> str:
        """How long it is, in words."""
        return f"{shown(float(f'{self.length / RATE:.3g}'))} s"

    @property
    def size(self) -> str:
        """How large its file is, in words."""
        return f"{math.ceil(self.length * 2 / 1000)} kB"


@dataclass(frozen=True, slots=True)
class Audio:
    """Sounds of one output, all drawn on one scale."""

    output: str
    clips: tuple[Clip, ...]

    @property
    def alt(self) -> str:
        """The words for a drawing of the waveforms; a transcript stands below it."""
        return "Waveforms. " + "; ".join(clip.label for clip in self.clips) + "."

    @property
    def loudest(self) -> int:
        """The greatest distance of a sample from nought."""
        return max(max(-low, high) for clip in self.clips for low, high in clip.peaks)

    @property
    def longest(self) -> int:
        """The length of the longest sound, in samples."""
        return max(clip.length for clip in self.clips)


def file_of(output: str, number: int) -> str:
    """Name the file of a sound, from the folder of the book's data on."""
    return f"{output}-{number}.wav"


def parse(output: Output, clips: str, values: str) -> Audio | list[Misfit]:
    """Read the options; the answer is what is wrong when they do not fit the output.

    `clips` names some of the sounds, with commas; if it is empty all are shown.  `values` is a
    column with a value for each sound of the output, and its unit.
    """
    if not output.sounds:
        words = f"'{output.name}' holds no sound; let its function return the bytes of WAV files"
        return [_misfit("", words)]
    names = pieces(clips) if clips.strip() else list(output.sounds)
    told = _values(output, values)
    wrong = [*_names(output, names), *([told] if isinstance(told, Misfit) else ())]
    if isinstance(told, Misfit) or wrong:
        return wrong
    all_names = list(output.sounds)
    numbers = [all_names.index(name) for name in names]
    width = math.ceil(max(output.sounds[name].length for name in names) / COLUMNS)
    found = tuple(
        Clip(
            number + 1, name, told[number], output.sounds[name].length,
            tuple(_peaks(output.sounds[name].samples, width)),
        )
        for number, name in zip(numbers, names, strict=True)
    )  # fmt: skip
    long = [clip.label for clip in found if len(clip.label) > MOST_SIGNS]
    if long:
        words = f"{shortened(long[0])} has {len(long[0])} signs, and {MOST_SIGNS} is the limit"
        return [_misfit("", f"{words}; give the sound a shorter name")]
    return Audio(output.name, found)


def _misfit(option: str, words: str) -> Misfit:
    return Misfit(option, Problem(Kind.BAD_AUDIO, words))


def _names(output: Output, names: list[str]) -> Iterable[Misfit]:
    for i, name in enumerate(names):
        if name not in output.sounds:
            known = "; its sounds are " + ", ".join(map(shortened, output.sounds))
            hint = suggestion(name, output.sounds) or known
            yield _misfit("clips", f"'{output.name}' has no sound {shortened(name)}{hint}")
        elif name in names[:i]:
            yield _misfit("clips", f"the sound {shortened(name)} stands twice")
        elif not name.isprintable() or not name.strip():
            words = f"{name!r} cannot be printed; give the sound another name"
            yield _misfit("clips", words)
    if not names:
        yield _misfit("clips", "'clips' names no sound")
    if len(names) > MOST:
        words = f"there are {counted(len(names), 'sound')}, and {MOST} is the limit"
        yield _misfit("clips", f"{words}; choose some with 'clips'")


def _values(output: Output, values: str) -> list[str] | Misfit:
    """Return the words of the value of each sound of an output."""
    if not values.strip():
        return [""] * len(output.sounds)
    axis = column_of(output, values.strip())
    if isinstance(axis, Problem):
        return Misfit("values", replace(axis, kind=Kind.BAD_AUDIO))
    column = output.columns[axis.name]
    if len(column) != len(output.sounds):
        words = f"the column {shortened(axis.name)} has {counted(len(column), 'value')}"
        sounds = counted(len(output.sounds), "sound")
        return _misfit("values", f"{words} and '{output.name}' {sounds}; give each sound one")
    return [_told(axis, shown(cell)) for cell in column]


def _told(axis: Axis, cell: str) -> str:
    return " ".join(filter(None, (axis.name, cell, axis.unit)))


def _peaks(samples: Sequence[int], width: int) -> Iterable[Peak]:
    """Yield the lowest and the highest of each `width` samples, and of the one before them.

    So a wave that is longer than a column is drawn without gaps; only silence is one.
    """
    for start in range(0, len(samples), width):
        part = samples[start : start + width]
        with_last = samples[max(start - 1, 0) : start + width]
        yield (min(with_last), max(with_last)) if any(part) else (0, 0)


def outline(clip: Clip, loudest: int) -> str:
    """Return the path of a waveform in SVG: a line for each column that is not silent."""
    middle = HEIGHT / 2
    lines = []
    for i, (low, high) in enumerate(clip.peaks):
        if low or high:
            top, bottom = (round(middle - middle * end / loudest) for end in (high, low))
            lines.append(f"M{COLUMN * i + COLUMN // 2} {top}V{max(bottom, top + 1)}")
    return "".join(lines)
