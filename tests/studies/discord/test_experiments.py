"""What the chapters on sound, quality and forwarding read off their experiments, computed again."""

from __future__ import annotations

import base64
import io
import itertools
import json
import math
import re
import wave
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest

from discord_lab import forwarding, quality
from discord_lab.sound import listen, network, packets, sent_at
from mini_discord.playout import JitterBuffer
from mini_discord.rtp import Packet
from mini_discord.speech import RATE, SIZE, SYLLABLE, speak

ROOT = Path(__file__).parents[3]
PAGES = ROOT / "source" / "elite" / "discord-voice-infrastructure"
FOLDER = ROOT / "source" / "elite" / "outputs" / "discord"


def stored(name: str) -> Any:
    return json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8"))


def says(page: str, words: str) -> bool:
    """Whether a page has these words, so that what is computed here is what it says."""
    return words in (PAGES / page).read_text(encoding="utf-8")


def mean_opinion(delay: float, loss: float, robust: float) -> float:
    """The E-model in one polynomial: the rating, and the score in powers of it."""
    rating = 93.2 - 0.024 * delay - (0.11 * (delay - 177.3) if delay > 177.3 else 0)
    rating = max(0, rating - 95 + 95 * robust / (loss + robust))
    return max(1, 1 + 0.035 * rating + 7e-6 * (160 * rating**2 - rating**3 - 6000 * rating))


# -- Sound


def test_the_network_loses_what_it_is_told_to() -> None:
    sent = packets(speak(2))
    assert len(sent) == 100
    for percent in (0, 5, 15, 30):
        arrivals = network(sent, percent / 100)
        assert len({packet.sequence for _, packet in arrivals}) == 100 - percent
        assert arrivals == sorted(arrivals, key=lambda arrival: arrival[0])
        assert all(at > sent_at(packet) + 40 for at, packet in arrivals)
    assert network(sent, 0.1) == network(sent, 0.1)
    assert network(sent, 0.1) != network(sent, 0.1, seed=6)
    ways = [at - 20 * n - 40 for at, packet in network(sent * 40, spread=30)
            for n in [packet.sequence]]  # fmt: skip
    assert sum(ways) / len(ways) == pytest.approx(30, rel=0.05), "the spread is the mean"


def test_the_listener_begins_with_the_first_voice() -> None:
    sent = [Packet(7, n, 960 * n, b"%d" % n) for n in range(5)]
    arrivals = [(20.0 * n + 500, packet) for n, packet in enumerate(sent)]
    frames = listen(arrivals, JitterBuffer(40), 7)
    assert [frame.payload for frame in frames] == [b"0", b"1", b"2", b"3", b"4", b"", b""]


def test_what_is_heard_of_the_clip_with_gaps() -> None:
    """Of fifteen lost packets two lie in the pause; two others follow one another."""
    voice = speak(2)
    gone = {*range(100)} - {one.sequence for _, one in network(packets(voice), 0.15)}
    assert len(gone) == 15
    loud = {n for n in gone if any(voice[SIZE * n : SIZE * n + SIZE])}
    assert len(loud) == 13
    breaks = [n for n in loud if n - 1 not in loud]
    runs = [next(k for k in itertools.count(1) if n + k not in loud) for n in breaks]
    assert len(breaks) == 12
    assert {*runs} == {1, 2}
    assert says("sound.md", "twelve times in two seconds it breaks off for 20 ms or 40")
    assert says("sound.md", "Thirteen of the fifteen lost packets held voice")
    hisses = {n for n in gone for k in range(SIZE) if hissing((SIZE * n + k) / RATE)}
    assert hisses, "a hiss is gone"


def hissing(time: float) -> bool:
    phrase, inside = divmod(time, 1.15)
    syllable = int(inside / SYLLABLE) + 5 * int(phrase)
    return inside < 5 * SYLLABLE and syllable % 3 == 0 and inside % SYLLABLE < 0.05


# -- Quality

CLIPS = {
    "nothing lost": (60, 0, True),
    "5 % lost, gaps": (60, 5, False),
    "5 % lost, concealed": (60, 5, True),
    "15 % lost, gaps": (60, 15, False),
    "15 % lost, concealed": (60, 15, True),
    "30 % lost, gaps": (60, 30, False),
    "30 % lost, concealed": (60, 30, True),
    "jitter, 20 ms buffer": (20, 19, True),
    "jitter, 120 ms buffer": (120, 1, True),
}


def test_the_scores_of_the_clips_are_those_of_their_loss_and_delay() -> None:
    """Nine of them; the loss of the last two is counted below."""
    output = stored("heard")
    assert [*output["sounds"]] == [*CLIPS]
    scores = [mean_opinion(80 + depth, loss, 25.1 if concealed else 4.3)
              for depth, loss, concealed in CLIPS.values()]  # fmt: skip
    assert output["columns"]["score"] == [round(score, 2) for score in scores]
    by_name = dict(zip(CLIPS, scores, strict=True))
    assert by_name["15 % lost, concealed"] > by_name["5 % lost, gaps"]
    assert (
        by_name["30 % lost, concealed"]
        < by_name["jitter, 20 ms buffer"]
        < by_name["15 % lost, concealed"]
    )


def test_of_the_clips_with_jitter_a_fifth_is_late_or_one_packet() -> None:
    """Each packet against the time at which its slot is played; the first one decides on that."""
    sent = packets(speak(2))
    ways = {packet.sequence: at - sent_at(packet) for at, packet in network(sent, spread=40)}
    for name, depth in (("jitter, 20 ms buffer", 20), ("jitter, 120 ms buffer", 120)):
        due = 20 * math.ceil((min(ways.values()) + depth) / 20)
        start = max(due, 20 * math.ceil(ways[0] / 20))
        assert start <= due + 20, "at most a frame later"
        assert sum(way > start for way in ways.values()) == CLIPS[name][1]
    assert says("quality.md", "a fifth of the packets come too late")


def samples(name: str) -> list[int]:
    with wave.open(io.BytesIO(base64.b64decode(stored("heard")["sounds"][name]))) as sound:
        data = sound.readframes(10**6)
    return [int.from_bytes(data[n : n + 2], "little", signed=True) for n in range(0, len(data), 4)]


def test_the_clips_hold_what_their_names_say() -> None:
    """Two seconds each.  A gap is silent, and concealed it isn't, but for the pause."""
    whole, sent = samples("nothing lost"), packets(speak(2))
    assert len(whole) == 2 * RATE
    voiced = [n for n in range(100) if any(whole[SIZE * n : SIZE * n + SIZE])]
    for percent in (5, 15, 30):
        gaps, filled = (samples(f"{percent} % lost, {how}") for how in ("gaps", "concealed"))
        holes = [n for n in voiced if not any(gaps[SIZE * n : SIZE * n + SIZE])]
        gone = {*range(100)} - {one.sequence for _, one in network(sent, percent / 100)}
        assert holes == sorted(gone & {*voiced})
        error = sum(abs(a - b) for a, b in zip(whole, filled, strict=True))
        silent = sum(abs(a - b) for a, b in zip(whole, gaps, strict=True))
        rest = [n for n in holes if not any(filled[SIZE * n : SIZE * n + SIZE])]
        assert len(rest) <= len(holes) // 10, "hardly any stay empty"
        assert error != silent


def test_the_four_lines_of_the_score() -> None:
    columns = stored("opinions")["columns"]
    for percent in (0, 2, 5, 15):
        for delay, score in zip(columns["delay"], columns[f"{percent} % lost"], strict=True):
            assert score == pytest.approx(mean_opinion(delay, percent, 25.1), abs=1e-5)
    none, most = columns["0 % lost"], columns["15 % lost"]
    at = columns["delay"].index
    told = [none[0], mean_opinion(150, 0, 25.1), none[at(400)], none[at(600)], most[0]]
    assert [f"{score:.1f}" for score in told] == ["4.4", "4.3", "3.1", "1.7", "3.0"]
    assert says("quality.md", "from 4.4 to 4.3 at 150 ms, 3.1 at 400 ms and 1.7 at 600 ms")
    assert says("quality.md", "With 15 % lost it begins at 3.0.")
    assert none[0] - none[at(180)] < 0.11, "a call loses little by delay"
    slopes = (none[at(200)] - none[at(600)]) / 400
    assert 0.1 / slopes == pytest.approx(15, abs=2), "ms for a tenth of a point"


def later(way: float, spread: float) -> float:
    """How likely a packet takes longer: the tail of a gamma distribution of shape 2."""
    x = 2 * max(0.0, way) / spread
    return math.exp(-x) * (1 + x)


def missing(spread: float, depth: int) -> float:
    """The percentage that isn't there in time, of a spurt and all ways in which it can begin.

    In each tick from the first one's due on, it begins with the first slot that is due and there.
    With none there it begins later, and what follows is waited for as much longer.
    """
    fastest = 40 + spread * 0.05  # of 250 packets, about
    due = 20 * math.ceil((fastest + depth) / 20) - 40
    lost, reached = 0.0, 1.0
    for ticks in range(12):
        absent = 1.0  # given that none was there a tick ago
        for slot in range(ticks + 1):
            wait = due + 20 * (ticks - slot)
            before = later(wait - 20, spread) if slot < ticks else 1.0
            here = absent * (1 - later(wait, spread) / before)
            absent -= here
            lost += reached * here * (slot + (45 - slot) * later(wait, spread)) / 45
        reached *= absent
    return 100 * (1 - 0.995 * (1 - lost))


@pytest.mark.parametrize(("name", "spread"), [("cable", 10), ("Wi-Fi", 40), ("mobile", 80)])
def test_what_comes_late_is_the_tail_of_the_distribution(name: str, spread: int) -> None:
    """Within a point and a half: there are 60 spurts, of which each begins in its own way."""
    assert quality.SPREADS[name] == spread
    columns = stored("late-loss")["columns"]
    for depth, share in zip(columns["depth"], columns[name], strict=True):
        assert share == pytest.approx(missing(spread, depth), abs=1.5)
        in_time = 1 - later(20 * math.ceil((40 + spread / 20 + depth) / 20) - 40, spread)
        plain = 100 * (1 - 0.995 * in_time)
        assert share < plain + 2, "no more than if every spurt began in time"


@pytest.mark.parametrize(("name", "spread"), [("cable", 10), ("Wi-Fi", 40), ("mobile", 80)])
def test_late_loss_is_that_of_spurts_drawn_anew(name: str, spread: int) -> None:
    """Other spurts, another seed, and a buffer that is nothing but a comparison of times."""
    rng, columns = Random(spread), stored("late-loss")["columns"]
    for depth, share in zip(columns["depth"], columns[name], strict=True):
        due, late, spurts = 41 + spread / 20 + depth, 0, 400
        for _ in range(spurts):
            ways = [math.inf if rng.random() < 0.005 else 40 + rng.gammavariate(2, spread / 2)
                    for _ in range(50)]  # fmt: skip
            start = begin(ways, due)
            late += sum(way > start for way in ways[:45])
        assert share == pytest.approx(100 * late / spurts / 45, abs=3)


def begin(ways: list[float], due: float) -> int:
    """How long after it was sent a slot is played: decided by the first that is there and due."""
    for now in itertools.count(0, 20):
        here = [n for n, way in enumerate(ways) if 20 * n + way <= now]
        if here and 20 * here[0] + due <= now:
            return now - 20 * here[0]
    raise AssertionError


def test_the_words_about_late_loss() -> None:
    columns = stored("late-loss")["columns"]
    at = columns["depth"].index
    assert max(columns["cable"][at(40) :]) < 0.55
    assert columns["Wi-Fi"][at(20)] == pytest.approx(100 / 3, abs=1.5)
    assert columns["Wi-Fi"][at(160)] < 1 < columns["Wi-Fi"][at(120)]
    assert columns["mobile"][at(20)] > 50
    assert columns["mobile"][at(300)] < 1 < columns["mobile"][at(240)]
    assert says("quality.md", "from a third at 20 ms to under one percent at 160")
    assert says("quality.md", "from more than a half at 20 ms to under one percent at 300")
    for name in quality.SPREADS:
        assert columns[name] == sorted(columns[name], reverse=True)
        assert columns[name][-1] >= 0.5, "lost for good"


def test_the_best_depth_is_that_of_both_impairments() -> None:
    lost, best = stored("late-loss")["columns"], stored("best-depth")
    columns, values = best["columns"], best["values"]
    ways, depths = columns["way"], columns["depth"]
    assert [*zip(ways, depths, strict=True)] == [
        (way, depth) for way in (80, 150, 250) for depth in lost["depth"]
    ]
    for name in quality.SPREADS:
        shares = dict(zip(lost["depth"], lost[name], strict=True))
        scores = [mean_opinion(way + depth, shares[depth], 25.1)
                  for way, depth in zip(ways, depths, strict=True)]  # fmt: skip
        assert columns[name] == pytest.approx(scores, abs=2e-5)
        near = scores[: len(shares)]
        assert values[f"{name} best"] == depths[near.index(max(near))]
        far = scores[-len(shares) :]
        moved = depths[far.index(max(far))] - values[f"{name} best"]
        assert -20 <= moved <= 0, "the tops hardly move"
        assert max(far) < max(near), "they're lower"
    best = [values[f"{name} best"] for name in quality.SPREADS]
    assert best == [40, 120, 240]
    assert [values[f"{name} chosen"] for name in quality.SPREADS] == [40, 120, 200]
    assert says("quality.md", "the top of the cable lies at 40 ms, that of Wi-Fi at 120 and that")
    assert says("quality.md", "that of mobile at 240.")


def test_the_buffer_chooses_the_95th_percentile() -> None:
    """Found by halving, over the fastest of 250; its limit keeps it from more on a mobile one."""
    for name, spread in quality.SPREADS.items():
        low, high = 0.0, 1000.0
        while high - low > 0.01:
            middle = (low + high) / 2
            low, high = (middle, high) if later(middle, spread) > 0.05 else (low, middle)
        wanted = 20 * math.ceil((low - spread * 0.04) / 20)
        chosen = stored("best-depth")["values"][f"{name} chosen"]
        assert abs(min(200, wanted) - chosen) <= 20
        assert (chosen == 200) == (name == "mobile")


# -- Forwarding


def test_the_bandwidth_of_a_mesh() -> None:
    """220 octets fifty times a second, to everybody else."""
    columns = stored("topologies")["columns"]
    assert columns["mesh"] == [(n - 1) * 220 * 8 * 50 / 1000 for n in columns["people"]]
    assert {*columns["with a server"]} == {88}
    assert (columns["people"][-1], columns["mesh"][-1]) == (25, 2112)


def conversation(people: int) -> float:
    """Streams that a listener gets, from the chain of how many talk: in the long run, exactly.

    Who has stopped is sent for five frames more, unless he begins again meanwhile."""
    spurt, pause, polite = forwarding.SPURT, forwarding.PAUSE, forwarding.POLITE
    size = people + 1
    steps = [[0.0] * size for _ in range(size)]
    for talking in range(size):
        begin = polite**talking / pause
        for end in range(talking + 1):
            for start in range(people - talking + 1):
                chance = binomial(talking, end, 1 / spurt)
                chance *= binomial(people - talking, start, begin)
                steps[talking][talking - end + start] += chance
    shares = [1 / size] * size
    for _ in range(3000):
        shares = [sum(shares[one] * steps[one][to] for one in range(size)) for to in range(size)]
    talking = sum(n * share for n, share in enumerate(shares))
    ending = talking / spurt
    begin = sum(share * polite**n / pause for n, share in enumerate(shares))
    trailing = ending * sum((1 - begin) ** frame for frame in range(5))
    return (talking + trailing) * (people - 1) / people


def binomial(n: int, k: int, p: float) -> float:
    return math.comb(n, k) * p**k * (1 - p) ** (n - k)


def test_the_streams_of_a_conversation_are_those_of_its_chain() -> None:
    """Five minutes are a short time for spurts of a second, so within a tenth."""
    columns = stored("silence")["columns"]
    for people, streams in zip(columns["people"], columns["gate"], strict=True):
        assert streams == pytest.approx(conversation(people), rel=0.1)
    assert columns["no gate"] == [people - 1 for people in columns["people"]]


def test_the_words_about_silence() -> None:
    output = stored("silence")
    columns, values = output["columns"], output["values"]
    gate = dict(zip(columns["people"], columns["gate"], strict=True))
    assert values["four"] == gate[4]
    assert values["saved"] == pytest.approx(100 - 100 * gate[12] / 11, rel=1e-5)
    assert [f"{gate[n]:.1f}" for n in (2, 4, 12)] == ["0.4", "0.8", "1.6"]
    assert says("forwarding.md", "from 0.4 streams for two people over 0.8 for four to 1.6")
    for name, streams in (("gated", "gate"), ("ungated", "no gate")):
        assert columns[name] == pytest.approx([88 * one for one in columns[streams]], rel=1e-5)
    ends = [round(columns[name][at]) for name in ("ungated", "gated") for at in (0, -1)]
    assert ends == [88, 968, 33, 141]
    assert round(120 / 2.6 / 50, 2) == 0.92


# -- The numbers of captions


def fences(page: str, kind: str) -> Iterator[tuple[str, str]]:
    """Name and text of each fence of a kind."""
    text = (PAGES / page).read_text(encoding="utf-8")
    yield from re.findall(rf"^```{{{kind}}} (\S+)\n(.*?)^```", text, re.M | re.S)


def test_the_caption_of_the_mesh_says_what_is_stored() -> None:
    text = dict(fences("forwarding.md", "chart"))["discord/topologies"]
    columns = stored("topologies")["columns"]
    assert f"rises from {columns['mesh'][0]} kbit/s" in text
    assert f"to {columns['mesh'][-1]:,} for {columns['people'][-1]}" in text
    assert f"{columns['mesh'][-1] / 1000:.1f} Mbit/s" in text


def test_every_page_names_the_outputs_that_are_computed_here() -> None:
    named = {name for page in ("sound.md", "quality.md", "forwarding.md")
             for kind in ("chart", "audio") for name, _ in fences(page, kind)}  # fmt: skip
    assert named == {f"discord/{name}" for name in (
        "heard", "opinions", "late-loss", "best-depth", "topologies", "silence",
    )}  # fmt: skip
