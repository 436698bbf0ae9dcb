"""Sound and its codec, the buffer that holds packets back, and what fills a gap."""

from __future__ import annotations

import io
import itertools
import math
import sys
import warnings
import wave
from bisect import bisect_right
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from random import Random

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from discord_lab import playout as lab
from mini_discord.playout import (
    BLEND,
    FULL,
    GIVE_UP,
    GONE,
    HALF,
    LONGEST,
    RECENT,
    SHORTEST,
    SILENCE,
    Concealer,
    Frame,
    JitterBuffer,
)
from mini_discord.rtp import FRAME, MAX_DROPOUT, STEP, Packet
from mini_discord.speech import (
    CLIP,
    RATE,
    SAMPLES,
    SIZE,
    SYLLABLE,
    decode,
    encode,
    loudness,
    mix,
    speak,
    to_wav,
)

# -- µ-law

ENDS = (0, 31, 95, 223, 479, 991, 2015, 4063, 8159)  # of the segments, of 14 bits: G.711, table 2a
VALUES = (0, 2, 30, 33, 93, 99, 219, 231, 471, 495, 975, 1023, 1983, 2079, 3999, 4191, 8031)


def table() -> tuple[list[int], list[int]]:
    """Where each interval of the table begins, and the value that stands for it."""
    starts, values = [0, *range(1, 31, 2)], [0, *range(2, 31, 2)]
    for low, high in itertools.pairwise(ENDS[1:]):
        step = (high - low) // 16
        starts += range(low, high, step)
        values += range(low + step // 2, high, step)
    return starts, values


STARTS, HEIGHTS = table()


def test_the_table_has_the_values_that_g711_prints() -> None:
    assert len(STARTS) == len(HEIGHTS) == 128
    first_and_last = [HEIGHTS[0], HEIGHTS[1], HEIGHTS[15]]
    for segment in range(1, 8):
        first_and_last += [HEIGHTS[16 * segment], HEIGHTS[16 * segment + 15]]
    assert tuple(first_and_last) == VALUES


def test_each_sample_is_coded_as_the_table_says() -> None:
    """All 65,536: sign and number of the interval, with all bits inverted."""
    samples = range(-(2**15), 2**15)
    for sample, octet in zip(samples, encode(samples), strict=True):
        interval = bisect_right(STARTS, abs(sample) / 4) - 1
        assert octet == 0xFF - interval - 128 * (sample < 0)


def test_each_octet_stands_for_the_value_of_the_table() -> None:
    for octet, sample in zip(range(256), decode(bytes(range(256))), strict=True):
        interval = (0xFF - octet) % 128
        assert sample == (-4 if octet < 128 else 4) * HEIGHTS[interval]
    assert decode(bytes(range(256))) == SAMPLES


def test_a_sample_comes_back_within_half_a_step() -> None:
    """The step is 8 for quiet sounds, and doubles with each segment."""
    for sample in range(-(2**15), 2**15):
        [back] = decode(encode([sample]))
        segment = max(0, sum(abs(sample) >= 4 * end for end in ENDS) - 1)
        cut = max(0, abs(sample) - 4 * ENDS[-1])
        assert abs(back - sample) <= (4 << min(segment, 7)) + cut
        assert back * sample >= 0
    assert encode(decode(bytes(range(128, 256)))) == bytes(range(128, 256))


def test_python_codes_as_we_do() -> None:
    """Of negative samples it cuts two bits off downwards first, so there only every fourth."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        audioop = pytest.importorskip("audioop", reason="Python has it until 3.12")
    for sample in (*range(2**15), *range(-(2**15), 0, 4)):
        assert audioop.lin2ulaw(sample.to_bytes(2, "little", signed=True), 2) == encode([sample])
    octets = bytes(range(256))
    theirs = memoryview(audioop.ulaw2lin(octets, 2)).cast("h")
    assert decode(octets) == [*theirs]


# -- Speech, files and mixes


def test_the_voice_says_nothing_in_phrases() -> None:
    voice = speak(2.4)
    assert len(voice) == 2.4 * RATE
    assert speak(0.5) == voice[: RATE // 2], "it is the same each time"
    for n, sample in enumerate(voice):
        pause = n / RATE % 1.15 >= 5 * SYLLABLE
        assert pause == (loudness(n / RATE) == 0) or sample == 0
        assert not (pause and sample)
        assert abs(sample) <= CLIP
    assert speak(0.5, 200) != voice[: RATE // 2]


def test_a_file_is_twice_as_long_and_holds_every_sample() -> None:
    samples = [0, 100, -101, CLIP, -CLIP, 5]
    with wave.open(io.BytesIO(to_wav(samples))) as sound:
        kind = sound.getnchannels(), sound.getsampwidth(), sound.getframerate()
        data = sound.readframes(100)
    assert kind == (1, 2, 2 * RATE)
    read = [int.from_bytes(data[n : n + 2], "little", signed=True) for n in range(0, len(data), 2)]
    assert read[::2] == samples
    between = [math.floor((a + b) / 2) for a, b in itertools.pairwise([*samples, 0])]
    assert read[1::2] == between
    with wave.open(io.BytesIO(to_wav([]))) as sound:
        assert sound.getnframes() == 0


def test_the_octets_of_a_file_are_swapped_once_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """The module `wave` swaps them itself, on a machine that has them the other way round."""
    little = to_wav([1, 2, 3])[44:]
    with monkeypatch.context() as patch:
        patch.setattr(sys, "byteorder", "big")
        big = to_wav([1, 2, 3])[44:]
    assert big == b"".join(little[n : n + 2][::-1] for n in range(0, len(little), 2))


VOICES = st.integers(0, 5).flatmap(
    lambda size: st.lists(
        st.lists(st.integers(-CLIP, CLIP), min_size=size, max_size=size), max_size=4
    )
)


@given(VOICES)
def test_a_mix_is_the_sum_in_any_order(voices: list[list[int]]) -> None:
    mixed = mix(voices)
    for order in itertools.permutations(voices):
        assert mix(order) == mixed
    sums = [sum(column) for column in zip(*voices, strict=True)]
    assert mixed == [sorted((-32635, total, 32635))[1] for total in sums]


def test_voices_of_different_lengths_are_no_mix() -> None:
    with pytest.raises(ValueError, match="zip"):
        mix([[1, 2], [3]])


# -- The buffer


@dataclass
class Sent:
    """A packet, and when its copies arrive; at no time at all if it is lost."""

    number: int  # both of these never wrap
    slot: int
    payload: bytes
    arrivals: list[int] = field(default_factory=list)

    def packet(self, sequence: int = 0, timestamp: int = 0) -> Packet:
        stamp = (STEP * self.slot + timestamp) % 2**32
        return Packet(7, (self.number + sequence) % 2**16, stamp, self.payload)


Story = list[Sent]


@st.composite
def stories(draw: st.DrawFn, clean: bool = False, slowest: int = 400) -> Story:
    """Spurts of speech.  Most end in silence; a mute leaves slots out, and no numbers.

    Where it is clean, nothing is lost or doubled, and everything takes 50 ms.
    """
    story, slot = Story(), 0
    for _ in range(draw(st.integers(1, 4))):
        voice = draw(st.integers(1, 20))
        trail = 5 if clean or draw(st.booleans()) else 0
        for n in range(voice + trail):
            number = len(story)
            silent = n >= voice
            payload = SILENCE if silent else b"%d" % number
            sent = Sent(number, slot, payload)
            copies = 1 if clean else draw(st.sampled_from([1, 1, 1, 1, 1, 0, 2]))
            for _ in range(copies):
                way = 50 if clean else draw(st.integers(0, 3) | st.integers(0, slowest))
                sent.arrivals.append(FRAME * slot + way)
            story.append(sent)
            slot += 1
        slot += draw(st.integers(0, 60))
    return story


@dataclass
class Heard:
    """What a buffer made of a story."""

    buffer: JitterBuffer
    frames: list[Frame]
    silent: int  # packets of silence that were taken out
    base: int  # the slot in which the story begins


def hear(story: Story, depth: int | None, sequence: int = 0, timestamp: int = 0) -> Heard:
    """Put packets in as they arrive, and take a frame every 20 ms until nothing is left."""
    arrivals = sorted(
        (at, sent.number, copy) for sent in story for copy, at in enumerate(sent.arrivals)
    )
    buffer, frames, silent = JitterBuffer(depth), list[Frame](), 0
    end = max((at for at, *_ in arrivals), default=0) + 500 + (depth or LONGEST)
    coming = iter(arrivals)
    following = next(coming, None)
    for now in range(0, end, FRAME):
        while following and following[0] <= now:
            buffer.put(story[following[1]].packet(sequence, timestamp), following[0])
            following = next(coming, None)
        before = len(buffer.waiting)
        frame = buffer.take(now)
        taken = before - len(buffer.waiting)
        assert taken == (frame.kind == "voice") or (taken == 1 and frame.kind == "silence")
        silent += taken and frame.kind == "silence"
        frames.append(frame)
    base = 0
    if arrivals:
        first = story[arrivals[0][1]]
        base = first.packet(0, timestamp).timestamp // STEP - first.slot
    return Heard(buffer, frames, silent, base)


DEPTHS = st.sampled_from([None, 0, 20, 60, 200])
WRAPS = st.sampled_from([0, 1, 65_530, 65_535])
STAMPS = st.sampled_from([0, 1, 959, STEP * 1000, 2**32 - 1, 2**32 - 20 * STEP, 2**31])


@given(stories(), DEPTHS, WRAPS, STAMPS)
def test_each_packet_has_one_fate(
    story: Story, depth: int | None, sequence: int, timestamp: int
) -> None:
    heard = hear(story, depth, sequence, timestamp)
    counts, put = heard.buffer.counts, sum(len(sent.arrivals) for sent in story)
    fates = counts["played"] + counts["late"] + counts["twice"] + counts["strange"]
    assert put == fates + heard.silent + len(heard.buffer.waiting)
    assert not heard.buffer.waiting, "in the end nothing waits"
    assert not counts["strange"]
    kinds = Counter(frame.kind for frame in heard.frames)
    assert (kinds["voice"], kinds["lost"]) == (counts["played"], counts["lost"])


@given(stories(), DEPTHS, WRAPS, STAMPS)
def test_slots_are_played_in_their_order_and_once(
    story: Story, depth: int | None, sequence: int, timestamp: int
) -> None:
    """Those that are concealed too; and each has the sound that belongs there."""
    heard = hear(story, depth, sequence, timestamp)
    slots = [frame.slot for frame in heard.frames if frame.kind != "silence"]
    assert slots == sorted(set(slots))
    sounds = {heard.base + sent.slot: sent.payload for sent in story}
    for frame in heard.frames:
        if frame.kind == "voice":
            assert frame.payload == sounds[frame.slot] != SILENCE
        else:
            assert frame.payload == b""


@given(stories(), DEPTHS, st.integers(0, 2**16 - 1), st.integers(0, 2**32 - 1))
@example([Sent(n, n, b"", [FRAME * n]) for n in range(9)], None, 65_532, 2**32 - 4 * STEP)
def test_where_the_numbers_begin_changes_nothing(
    story: Story, depth: int | None, sequence: int, timestamp: int
) -> None:
    one, other = hear(story, depth), hear(story, depth, sequence, timestamp)
    assert one.buffer.counts == other.buffer.counts
    assert len(one.frames) == len(other.frames)
    for here, there in zip(one.frames, other.frames, strict=True):
        assert (here.kind, here.payload) == (there.kind, there.payload)
    assert one.buffer.target() == other.buffer.target()
    if one.buffer.source and other.buffer.source:
        assert one.buffer.source.lost == other.buffer.source.lost
        assert one.buffer.source.jitter == other.buffer.source.jitter


@given(stories(clean=True), DEPTHS, WRAPS, STAMPS)
def test_on_a_perfect_network_nothing_is_concealed(
    story: Story, depth: int | None, sequence: int, timestamp: int
) -> None:
    """Everything is played, and every slot as long after it was sent as the others."""
    heard = hear(story, depth, sequence, timestamp)
    counts, buffer = heard.buffer.counts, heard.buffer
    voices = [sent.slot for sent in story if sent.payload != SILENCE]
    assert counts == {"played": len(voices)}
    wait = math.ceil((50 + (SHORTEST if depth is None else depth)) / FRAME)
    played = [at for at, frame in enumerate(heard.frames) if frame.kind == "voice"]
    assert played == [slot + wait for slot in voices]
    assert buffer.source
    assert (buffer.source.lost, buffer.source.jitter) == (0, 0)
    assert buffer.target() == (SHORTEST if depth is None else depth)


@given(stories(slowest=150).filter(lambda story: any(sent.arrivals for sent in story)))
def test_what_the_buffer_waits_for_is_never_late(story: Story) -> None:
    """With the slowest way for a depth, what is missing is what was lost, and no more."""
    heard = hear(story, depth=150)
    got = [sent for sent in story if sent.arrivals]
    copies = sum(len(sent.arrivals) - 1 for sent in got)
    assert heard.buffer.counts["late"] + heard.buffer.counts["twice"] == copies
    voices = [sent.payload for sent in got if sent.payload != SILENCE]
    assert [frame.payload for frame in heard.frames if frame.kind == "voice"] == voices


def even(slots: Sequence[int], payload: bytes = b"v", way: int = 10) -> Story:
    return [Sent(n, slot, payload, [FRAME * slot + way]) for n, slot in enumerate(slots)]


@pytest.mark.parametrize("missing", [1, 2, 3, GIVE_UP, GIVE_UP + 1, 30])
@pytest.mark.parametrize("depth", [20, 60, 200])
def test_a_loss_is_concealed_to_its_end_if_something_follows_in_time(
    missing: int, depth: int
) -> None:
    """While nothing waits, a loss is assumed for ten frames."""
    story = even(range(60))
    for sent in story[5 : 5 + missing]:
        sent.arrivals.clear()
    heard = hear(story, depth)
    wait = math.ceil((10 + depth) / FRAME)
    seen = missing < GIVE_UP + wait  # the next one is there before it gives up
    ending = GIVE_UP  # nothing tells that the last word is over
    assert heard.buffer.counts["lost"] == (missing if seen else GIVE_UP) + ending
    assert heard.buffer.counts["played"] == 60 - missing


@pytest.mark.parametrize("pause", [1, 2, 9, 10, 11, 300])
def test_a_pause_is_no_loss(pause: int) -> None:
    """A jump of the timestamp without one of the numbers, after at least one frame of silence."""
    for heard_of_five in range(1, 6):
        story = even([*range(10), *range(9 + pause, 19 + pause)])
        for sent in story[5:10] + story[15:20]:
            sent.payload = SILENCE
        for sent in story[5 + heard_of_five : 10] + story[15 + heard_of_five : 20]:
            sent.arrivals.clear()
        heard = hear(story, 40)
        assert heard.buffer.counts["played"] == 10
        assert heard.buffer.counts["lost"] == 0


@pytest.mark.parametrize(("pause", "gone"), [(1, 2), (5, 2), (8, 2), (9, 2), (40, 2), (40, 9)])
def test_in_a_pause_no_more_is_concealed_than_was_lost(pause: int, gone: int) -> None:
    """Packets lost, and then a pause: the numbers tell how many, once the next one is there."""
    numbers = [*range(5), *range(5 + gone, 10 + gone)]
    slots = [*range(5), *range(5 + gone + pause, 10 + gone + pause)]
    story = [Sent(n, n, b"", []) for n in range(10 + gone)]
    for number, slot in zip(numbers, slots, strict=True):
        story[number] = Sent(number, slot, b"v", [FRAME * slot])
    heard = hear(story, 20)
    ending = GIVE_UP
    known = max(gone, gone + pause - 1) if gone + pause <= GIVE_UP else GIVE_UP
    assert heard.buffer.counts["lost"] == known + ending
    deep = hear(story, 20 * (pause + gone + 1))
    assert deep.buffer.counts["lost"] == gone + ending, "what comes next is there in time"


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(1, 60)), min_size=1, max_size=4))
def test_a_mute_is_no_loss(spurts: list[tuple[int, int]]) -> None:
    """With numbers that are rewritten.  While the next word isn't there, ten frames are guessed."""
    slots, start = list[int](), 0
    for voice, gap in spurts:
        slots += range(start, start + voice)
        start += voice + gap
    heard = hear(even(slots), 40)
    assert heard.buffer.source
    assert heard.buffer.source.lost == 0, "so a report says"
    assert heard.buffer.counts["played"] == len(slots)
    assert heard.buffer.counts["lost"] <= GIVE_UP * len(spurts)
    deep = hear(even(slots), FRAME * 70)
    assert deep.buffer.counts["lost"] == GIVE_UP, "at the end, where nothing tells"


def test_a_packet_from_far_away_is_strange_and_two_are_a_restart() -> None:
    buffer = JitterBuffer(20)
    buffer.put(Packet(7, 0, 0, b"a"), 0)
    buffer.put(Packet(7, MAX_DROPOUT, STEP, b"b"), 20)
    assert (buffer.counts["strange"], [*buffer.waiting]) == (1, [0])
    assert [*buffer.transits] == [0]
    buffer.put(Packet(7, MAX_DROPOUT + 1, 2 * STEP, b"c"), 40)
    assert buffer.waiting == {0: (0, b"a"), 2: (MAX_DROPOUT + 1, b"c")}
    buffer.put(Packet(7, MAX_DROPOUT + 1, 2 * STEP, b"c"), 40)
    assert buffer.counts == {"strange": 1, "twice": 1}


def test_an_outage_of_a_minute_costs_one_packet_more() -> None:
    """The first one after it looks strange; from the second on, all are played."""
    gap = MAX_DROPOUT + 500
    story = [Sent(n, n, b"v", [FRAME * n]) for n in range(gap + 100)]
    for sent in story[50:gap]:
        sent.arrivals.clear()
    heard = hear(story, 40, sequence=65_000)
    assert heard.buffer.counts["strange"] == 1
    assert heard.buffer.counts["played"] == 149
    assert heard.buffer.counts["lost"] == 2 * GIVE_UP


def test_a_clock_that_is_set_back_is_not_heard() -> None:
    """What the page says that it doesn't handle; set forward, it is a pause."""
    for back in (True, False):
        buffer = JitterBuffer(20)
        buffer.put(Packet(7, 0, STEP * 1000, b"one"), 0)
        assert [buffer.take(now).payload for now in (0, 20)] == [b"", b"one"]
        buffer.put(Packet(7, 1, STEP * (500 if back else 1500), b"two"), 2000)
        heard = [buffer.take(now).payload for now in range(2000, 2100, FRAME)]
        assert (b"two" in heard) == (not back)
        assert buffer.counts["late"] == back


@given(st.lists(st.integers(0, 1000), min_size=1, max_size=600))
@example([0] * 475 + [100] * 25)
@example([0] * 475 + [100] * 26)
@example(([0] * 24 + [100]) * 20)
@example(([0] * 24 + [100]) + [0] * 475)
@example([7, 7 + 20])
@example([7, 7 + 21])
@example([7, 7 + 181])
@example([100, *[0] * (RECENT - 1)])
@example([100, *[0] * RECENT])
@example([*[100] * 75, *[0] * (RECENT - 75)])
@example([*[100] * 100, *[0] * (RECENT - 100)])
def test_in_95_half_seconds_of_100_nothing_is_late(ways: list[int]) -> None:
    """In whole frames, from 20 to 200 ms, over the last half a minute of speech."""
    buffer = JitterBuffer()
    for n, way in enumerate(ways):
        buffer.put(Packet(7, n, STEP * n, b""), FRAME * n + way)
    recent = ways[-RECENT:]
    assert [*buffer.transits] == recent
    target = buffer.target()
    assert SHORTEST <= target <= LONGEST
    assert target % FRAME == 0

    def spoilt(depth: float) -> set[int]:
        """The half-seconds, counted from the oldest packet on, in which any packet is late."""
        return {n // HALF for n, way in enumerate(recent) if way > min(recent) + depth}

    halves = math.ceil(len(recent) / HALF)
    assert 20 * len(spoilt(target)) <= halves or target == LONGEST
    if target > SHORTEST:  # a frame less, and it would not be enough
        assert 20 * len(spoilt(target - FRAME)) >= halves
    assert buffer.due(3) == 3 * FRAME + min(recent) + target
    assert JitterBuffer(70).target() == 70


def test_the_limits_are_those_of_the_text() -> None:
    assert (SHORTEST, LONGEST, RECENT * FRAME, HALF * FRAME) == (20, 200, 30_000, 500)
    assert (FULL, GONE, GIVE_UP) == (10, 60, 10)


@given(stories(), st.integers(0, 3))
def test_the_buffer_keeps_to_its_limits_all_along(story: Story, start: int) -> None:
    buffer = JitterBuffer()
    for sent in story[start:]:
        for at in sent.arrivals:
            buffer.put(sent.packet(), at)
            assert buffer.target() in range(SHORTEST, LONGEST + 1, FRAME)


def test_a_spurt_whose_first_packet_is_slow_is_on_time() -> None:
    """If the buffer has heard the network before; and the slow one is late."""
    slots = [*range(10), *range(100, 110)]
    story = even(slots)
    for sent in story[5:10]:
        sent.payload = SILENCE
    story[10].arrivals = [100 * FRAME + 75]
    heard = hear(story, 20)
    assert heard.buffer.counts["late"] == 1
    played = {frame.slot: at for at, frame in enumerate(heard.frames) if frame.kind == "voice"}
    assert {at - slot for slot, at in played.items()} == {2}


# -- What fills a gap


def period(size: int, seed: int = 1) -> list[int]:
    rng = Random(seed)
    return [rng.randrange(-8000, 8000) for _ in range(size)]


def voiced(samples: Sequence[int]) -> Frame:
    return Frame("voice", encode(samples))


def after(concealer: Concealer, samples: Sequence[int]) -> list[int]:
    """Say samples, and return what was heard."""
    heard = list[int]()
    for start in range(0, len(samples), SIZE):
        heard += concealer.sound(voiced(samples[start : start + SIZE]))
    return heard


@pytest.mark.parametrize("size", [40, 41, 77, 80, 81, 123, 159, 160])
def test_the_period_is_found_from_5_to_20_ms(size: int) -> None:
    concealer = Concealer()
    said = (period(size) * 20)[: 3 * SIZE]
    heard = after(concealer, said)
    assert concealer.past == heard == decode(encode(said))
    assert concealer.lag() == size
    lost = concealer.sound(Frame("lost"))
    wanted = [concealer.period[n % size] for n in range(SIZE)]
    assert concealer.period == heard[-size:]
    full = RATE * FULL // 1000
    assert lost[:full] == wanted[:full], "it goes on as if nothing were lost"


@settings(max_examples=25)
@given(st.integers(40, 160), st.integers(1, 6), st.integers(0, 99))
def test_the_guess_fades_to_nothing_after_60_ms(size: int, frames: int, seed: int) -> None:
    concealer = Concealer()
    after(concealer, (period(size, seed) * 20)[: 3 * SIZE])
    invented = [one for _ in range(frames) for one in concealer.sound(Frame("lost"))]
    cycle = concealer.period
    for n, sample in enumerate(invented):
        time = n / 8  # ms
        volume = 1.0 if time <= 10 else max(0.0, 1 - (time - 10) / 50)
        assert sample == pytest.approx(volume * cycle[n % len(cycle)], abs=0.501)
        assert time < GONE or sample == 0
    assert concealer.invented == frames * SIZE
    assert concealer.past[-SIZE:] == invented[-SIZE:]
    assert len(concealer.past) == 3 * SIZE


@settings(max_examples=25)
@given(st.integers(1, 5), st.integers(0, 99))
def test_the_voice_comes_back_without_a_step(frames: int, seed: int) -> None:
    """The first sample is the guess's, and each of the next 32 is a 32nd nearer the voice."""
    concealer, twin = Concealer(), Concealer()
    for one in (concealer, twin):
        after(one, (period(100, seed) * 20)[: 3 * SIZE])
        for _ in range(frames):
            one.sound(Frame("lost"))
    guess = twin.invent(BLEND)
    said = period(SIZE, seed + 1)
    heard, voice = concealer.sound(voiced(said)), decode(encode(said))
    assert heard[0] == guess[0]
    for n in range(BLEND):
        mixed = (voice[n] * n + guess[n] * (BLEND - n)) / BLEND
        assert mixed - 1 < heard[n] <= mixed
    assert heard[BLEND:] == voice[BLEND:]
    assert concealer.invented == 0
    again = concealer.sound(voiced(said))
    assert again == voice, "it blends once"


def test_silence_and_gaps_are_silent() -> None:
    concealer, plain = Concealer(), Concealer(conceal=False)
    for one in (concealer, plain):
        after(one, period(SIZE))
        assert one.sound(Frame("silence")) == [0] * SIZE
    after(plain, period(SIZE))
    assert plain.sound(Frame("lost")) == [0] * SIZE
    assert plain.sound(voiced(period(SIZE))) == decode(encode(period(SIZE)))
    assert Concealer().sound(Frame("lost")) == [0] * SIZE, "nothing was said yet"
    after(concealer, period(SIZE))
    concealer.sound(Frame("lost"))
    concealer.sound(Frame("silence"))
    assert concealer.sound(voiced(period(SIZE))) == decode(encode(period(SIZE))), "no blend"


@settings(max_examples=25)
@given(st.binary(max_size=2 * SIZE), st.booleans())
def test_a_payload_of_any_length_is_20_ms_of_sound(payload: bytes, gap: bool) -> None:
    concealer = Concealer()
    if gap:
        concealer.sound(Frame("lost"))
    heard = concealer.sound(Frame("voice", payload))
    assert len(heard) == SIZE
    if not gap:
        wanted = decode(payload)[:SIZE]
        assert heard == wanted + [0] * (SIZE - len(wanted))


# -- The guard


def test_a_late_packet_is_not_played() -> None:
    moves = ("a packet is held up", "a packet comes", "20 ms pass", "it comes", "20 ms pass")
    world = lab.World()
    assert [world.move(name) for name in moves] == ["", "", "voice 1", "1 late", "lost 2"]
    assert (world.move("20 ms pass"), world.broken()) == ("lost 3", "")
    assert world.move("it comes") == "1 late", "nothing is held up any more"
    world.move("a packet is held up")
    world.move("a packet is held up")  # the second of two is lost
    assert world.held
    assert world.held.sequence == 2
