"""What is stored is what the printed programs compute now, on this Python as on any other.

And what the text reads off the experiments is computed a second time, by other means."""

from __future__ import annotations

import ast
import itertools
import json
import math
import re
import statistics
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, closing
from dataclasses import replace
from datetime import date
from fractions import Fraction
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any
from unittest.mock import patch

import pytest
from casebook.core.figures import chart
from casebook.core.figures.chart import Chart
from casebook.core.figures.ranges import places, y_range
from casebook.core.literate.stored_outputs import (
    Output,
    function_of,
    is_counterexample,
    read,
    stored_in,
)
from casebook.literate import running
from casebook.literate.programs import pages
from casebook.literate.running import Trace, play
from stripe.params import _webhook_endpoint_create_params

import discord_lab.epochs as epoch_experiments
import discord_lab.forwarding as forwarding_experiments
import discord_lab.joining as joining_experiments
import discord_lab.mailbox as mailbox_experiments
import discord_lab.packets as packet_experiments
import discord_lab.placement as placement_experiments
import discord_lab.playout as playout_experiments
import mini_stripe.objects as objects
import mini_stripe.versions as versions
import stripe_lab.crashes as crash_experiments
import stripe_lab.exchanges as exchanges
import stripe_lab.limits as limit_experiments
import stripe_lab.moving as guards_moving
import stripe_lab.versions as version_experiments
import stripe_lab.webhooks as webhook_experiments
from mini_stripe import retries
from mini_stripe.faults import ORDER, Clock
from mini_stripe.network import CardNetwork
from mini_stripe.objects import list_object, to_body
from mini_stripe.service import open_layer
from mini_stripe.store import get
from mini_stripe.webhooks import WINDOW, backoff, signature_header

Moves = tuple[str, ...]
Unmeasured = Callable[[], AbstractContextManager[None]]
ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "source" / "elite" / "outputs"
ALL = {chunk.output: (page, chunk) for page, chunk in running.makers(pages(ROOT))}
MAKERS = {name: made for name, made in ALL.items() if not made[1].measured}
MEASURED = [name for name in ALL if name not in MAKERS]


def stored(name: str) -> Any:
    return json.loads((FOLDER / stored_in(name)).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", MAKERS)
def test_stored_output_is_what_the_page_computes(name: str) -> None:
    path = FOLDER / stored_in(name)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    made = running.make(*MAKERS[name]).text
    assert text == made, f"{path.relative_to(ROOT)} is stale: run 'make outputs'"


NOTED = re.compile(r"^```\{chart\} (\S+)\n((?::.*\n)*?:note: .*\n(?::.*\n)*)```", re.M)


def noted() -> Iterator[tuple[str, dict[str, str]]]:
    """Every chart with notes: the output that it draws, and its options."""
    for page in sorted((ROOT / "source").rglob("*.md")):
        if "authors" not in page.parts:
            for name, lines in NOTED.findall(page.read_text(encoding="utf-8")):
                options = (line[1:].split(":", 1) for line in lines.splitlines())
                yield name, {key: words.strip() for key, words in options}


def test_notes_point_at_what_is_drawn() -> None:
    """A note is written by hand; what it points at is computed."""
    charts = list(noted())
    assert len(charts) > 4
    for name, options in charts:
        output = read(name, (FOLDER / stored_in(name)).read_text(encoding="utf-8"))
        assert isinstance(output, Output)
        bare = chart.parse(output, options["type"], options["x"], options["y"])
        assert isinstance(bare, Chart)
        drawn = chart.with_options(bare, output, options)
        assert isinstance(drawn, Chart)
        low, high = y_range(drawn)
        for note in drawn.marks.notes:
            part = drawn.parts[note.panel]
            series = [part.columns[drawn.series[number].name] for number in part.series]
            at = [i for i, place in enumerate(places(drawn, part)) if place == note.x]
            here = [values[i] for values in series for i in at]
            near = [v for v in here if abs(float(v) - note.y) <= (high - low) / 500]
            assert near, f"{name}: '{note.words}' points at {note.y}, and drawn there is {here}"


def test_nothing_else_is_stored() -> None:
    found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.json")}
    assert found == set(map(stored_in, ALL)), "run 'make outputs', or 'make measure'"


@pytest.mark.parametrize("name", MEASURED)
def test_what_was_measured_says_when_and_on_what_and_is_young(name: str) -> None:
    """Its times are never compared: the study's own tests say what holds on any machine."""
    path = FOLDER / stored_in(name)
    assert path.exists(), f"run 'make measure ONE={name}'"
    output = read(name, path.read_text(encoding="utf-8"))
    assert isinstance(output, Output), output
    assert output.measured, f"run 'make measure ONE={name}'"
    assert output.measured.stale(name, date.today()) is None
    # Nothing more: neither the name of the machine nor a path on it.
    assert list(stored(name)) == ["columns", "values", "measured"]
    here = ["date", "cores", "python", "machine", "system", "versions"]
    assert list(stored(name)["measured"]) == here


# -- Guards taken away

GUARDS: dict[str, ModuleType] = {
    "discord/without-all-proposals": epoch_experiments,
    "discord/without-confirmation": placement_experiments,
    "discord/without-eviction": placement_experiments,
    "discord/without-front": playout_experiments,
    "discord/without-order": packet_experiments,
    "discord/without-own-lease": mailbox_experiments,
    "discord/without-push-first": placement_experiments,
    "discord/without-refusal": joining_experiments,
    "discord/without-rewriting": forwarding_experiments,
    "stripe/without-fence": crash_experiments,
    "stripe/without-memory": webhook_experiments,
    "stripe/without-tolerance": webhook_experiments,
    "stripe/without-stamp": limit_experiments,
    "stripe/without-stale": limit_experiments,
    "stripe/without-gate": guards_moving,
    "stripe/without-early-position": guards_moving,
}
each_guard = pytest.mark.parametrize("name", GUARDS)


def unguarded(name: str, moves: Sequence[str]) -> Trace:
    world = GUARDS[name].World()
    getattr(GUARDS[name], function_of(name))(world)
    return play(world, moves)


def test_every_counterexample_is_looked_at_here() -> None:
    assert {name for name in MAKERS if is_counterexample(name)} == set(GUARDS)


@each_guard
def test_the_stored_moves_break_a_rule_at_their_last(name: str) -> None:
    example = stored(name)
    trace = unguarded(name, example["moves"])
    assert list(trace) == [example["unguarded"], example["broken"]]
    assert trace.broken
    assert not unguarded(name, example["moves"][:-1]).broken
    assert unguarded(name, [*example["moves"], "another"]) == trace, "it ends where a rule breaks"
    assert list(play(GUARDS[name].World(), example["moves"])) == [example["guarded"], ""]


def all_lists(moves: Sequence[str], length: int, unmeasured: Unmeasured) -> Iterator[Moves]:
    """Every list of some length.  One in seven is measured: that shows which chunks run them."""
    yield from itertools.islice(itertools.product(moves, repeat=length), 0, None, 7)
    with unmeasured():
        yield from itertools.product(moves, repeat=length)


@each_guard
def test_no_shorter_list_of_moves_breaks_a_rule(name: str, unmeasured: Unmeasured) -> None:
    """Every list up to the stored one's length, without the guard.

    A play ends at the first rule that breaks, so the lists of one length hold all shorter ones."""
    moves = stored(name)["moves"]
    for shorter in all_lists(GUARDS[name].MOVES, len(moves) - 1, unmeasured):
        trace = unguarded(name, shorter)
        assert len(trace.shown) == len(shorter)
        assert not trace.broken, shorter


@pytest.mark.slow
@pytest.mark.parametrize("module", dict.fromkeys(GUARDS.values()))
def test_the_guard_holds(module: ModuleType, unmeasured: Unmeasured) -> None:
    """With the guards in place no list as long as the longest stored one breaks a rule."""
    length = max(len(stored(name)["moves"]) for name in GUARDS if GUARDS[name] is module)
    for moves in all_lists(module.MOVES, length, unmeasured):
        assert not play(module.World(), moves).broken, moves


# -- Texts


def test_a_retry_gets_the_same_bytes_and_a_header_more() -> None:
    first, retry = (stored(f"stripe/{name}")["text"] for name in ("charge-first", "charge-retried"))
    at = retry.index("Idempotent-Replayed: true")
    assert retry[:at] + retry[at + 1 :] == first
    bodies: list[bytes] = []

    class Watched(HTTPResponse):
        def read(self, amount: int | None = None) -> bytes:
            bodies.append(super().read(amount))
            return bodies[-1]

    with patch.object(HTTPConnection, "response_class", Watched):
        assert exchanges.charge_retried().split("\n") == retry
    assert exchanges.charge_first().split("\n") == first
    assert bodies[0] == bodies[1]
    assert f"Content-Length: {len(bodies[0])}" in first
    assert first[-1] == '{"id": "ch_1", "amount": 500, …}'


@pytest.mark.parametrize(
    ("name", "version", "hidden"),
    [
        ("2011", versions.FIRST, {"customer", "source"}),
        ("2014", versions.SUBLIST.version, {"source"}),
        ("today", versions.CURRENT, {"card", "refunds"}),
    ],
)
def test_a_shape_of_the_charge_is_whole(name: str, version: str, hidden: set[str]) -> None:
    """Nothing is left out that the version knows, of the fields that any of the three shows."""
    layer = open_layer(":memory:", CardNetwork(), Clock())
    with closing(layer.db) as db:
        layer.handle(ORDER)
        row = get(db, "charge", 1)
        whole = objects.render_row(db, "charge", row, replace(ORDER, version=version))
    lines = stored(f"stripe/charge-{name}")["text"]
    shown = json.loads("\n".join(lines))
    outer = {"id", "object", "amount", "currency", "customer", "card", "source", "refunds"}
    assert shown.keys() == outer & whole.keys() == outer - hidden
    for field, value in shown.items():
        if isinstance(value, dict):
            assert value.items() <= whole[field].items()
        else:
            assert value == whole[field]
    assert max(map(len, lines)) <= 23, "three stand beside one another"


def test_a_refusal_and_its_line_have_one_id() -> None:
    text, line = exchanges.misspelt()
    head, _, body = text.partition("\n\n{")
    error = json.loads("{" + body)["error"]
    [name] = re.findall("Request-Id: (req_[0-9a-f]{16})", head)
    [status] = re.findall(r"HTTP/1.1 (\d+)", head)
    assert f" id='{name}' " in line
    assert f" status={status} " in line
    assert (status, error["code"]) == ("400", "parameter_unknown")
    assert f"{error['param']}=" in head
    kept = " ".join(stored("stripe/log-line")["text"])
    assert kept.replace("req_1", name).replace("'…'", "") == re.sub(r"'[\d.]+'$", "", line)


def test_the_delivery_is_of_the_event_that_it_shows_in_part() -> None:
    text = "\n".join(stored("stripe/delivery")["text"])
    head, body, answer = text.split("\n\n")
    with closing(webhook_experiments.charged(Clock(webhook_experiments.SIGNED))) as db:
        row = get(db, "event", 1)
        whole = objects.render_event(db, row, row["api_version"])
    sent = json.dumps(whole).encode()
    header = signature_header(["whsec_1"], webhook_experiments.SIGNED, sent)
    [signed] = re.findall("Stripe-Signature: (.+)…", head)
    assert header.startswith(signed)
    assert len(header) == len(signed) + 32
    shown = json.loads(body)
    charge = shown.pop("data")["object"]
    assert charge.items() <= whole["data"]["object"].items()
    assert shown.items() <= whole.items()
    assert answer == "HTTP/1.1 200 OK"


# -- Experiments


def test_the_versions_of_the_library_are_those_of_the_text() -> None:
    """Read as a syntax tree, and not as text; the figures of the page on gaps and years."""
    tree = ast.parse(Path(_webhook_endpoint_create_params.__file__).read_text(encoding="utf-8"))
    field = next(
        node.annotation
        for node in ast.walk(tree)
        if isinstance(node, ast.AnnAssign) and ast.unparse(node.target) == "api_version"
    )
    names = [node.value for node in ast.walk(field) if isinstance(node, ast.Constant)]
    days = sorted(date.fromisoformat(str(name)[:10]) for name in names)
    data = stored("stripe/version-history")
    assert data["values"]["in all"] == len(names) == len(set(names))
    assert data["columns"]["released"] == [
        sum(f"’{day.year - 2000}" == year for day in days) for year in data["columns"]["year"]
    ]
    assert max(data["columns"]["released"]) == 19
    dated = [date.fromisoformat(str(name)) for name in names if "." not in str(name)]
    gaps = [(new - old).days for old, new in itertools.pairwise(sorted(dated))]
    assert (len(dated), statistics.median(gaps), max(gaps)) == (102, 23, 704)
    assert data["values"]["longest gap"] == 704


def test_the_window_of_the_chart_is_the_row_that_waits() -> None:
    """The rehearsal of the page counts the same deaths: 8 of them charged at `row_created`."""
    data = stored("stripe/duplicate-charges")
    columns, values = data["columns"], data["values"]
    window = [step for step, n in zip(columns["step"], columns["one key"], strict=True) if n > 1]
    assert window == list(range(window[0], window[0] + 8))
    assert list(values) == ["steps", *(f"{world} twice" for world in list(columns)[1:])]
    assert list(values.values()) == [48, 37, 25, 8, 0]
    assert set(columns["one + network"]) == {1}
    assert min(columns["new keys"]) == 1, "every purchase is paid for in the end"


AGES = ["2011-01-01", *(change.version for change in versions.CHANGES)][::-1]


@pytest.fixture(scope="module")
def charge() -> dict[str, Any]:
    layer = open_layer(":memory:", CardNetwork(), Clock())
    with closing(layer.db) as db:
        layer.handle(ORDER)
        return to_body(db, "charge", get(db, "charge", 1))


def looked_at(body: Any, version: str, monkeypatch: pytest.MonkeyPatch) -> int:
    """The objects and lists that come to `everywhere` while a body is rendered for a version."""
    seen, everywhere = 0, versions.everywhere

    def watched(value: Any, *how: Any) -> Any:
        nonlocal seen
        seen += isinstance(value, (dict, list))
        return everywhere(value, *how)

    with monkeypatch.context() as patch:
        patch.setattr(versions, "everywhere", watched)
        patch.setattr(objects, "everywhere", watched)
        objects.render(body, version, False)
    return seen


def test_the_cost_of_a_version_is_what_the_downgrade_looks_at(
    charge: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    columns = stored("stripe/version-cost")["columns"]
    assert columns["changes behind"] == [len(versions.changes_after(age)) for age in AGES]
    for name, body in (
        ("one charge", charge),
        ("page of ten", list_object("/v1/charges", [charge] * 10, False)),
    ):
        assert columns[name] == [looked_at(body, age, monkeypatch) for age in AGES]


def test_each_change_that_is_undone_costs_a_rewriting_and_nothing_else_does() -> None:
    """But for taking the refunds out of what a version gets that must ask for them."""
    columns = stored("stripe/version-cost")["columns"]
    for name in ("one charge", "page of ten"):
        costs = dict(zip(AGES, columns[name], strict=True))
        for newer, older in itertools.pairwise(AGES):
            [change] = [change for change in versions.CHANGES if change.version == newer]
            if versions.includes(newer, versions.ON_DEMAND):
                assert costs[newer] > costs[older] == 0
            elif change.side_effect:
                assert costs[newer] == costs[older]
            else:
                assert costs[newer] < costs[older]
    assert all(ten > 10 * one or ten == one == 0 for one, ten in zip(
        columns["one charge"], columns["page of ten"], strict=True
    ))  # fmt: skip
    assert version_experiments.size([]) == 1
    assert version_experiments.size({"a": [{}, 1], "b": {"c": "d"}, "metadata": {"e": "x"}}) == 4
    assert version_experiments.size("text") == 0


def waves(delay: Callable[[int, float], float]) -> tuple[list[int], int]:
    """The herd again: one list of arrivals, sorted anew before each step, and one of served."""
    rng = Random(7)
    waiting = [(delay(1, rng.random()), 1) for _ in range(300)]
    arrivals, served = [0] * 180, 0
    while waiting:
        waiting.sort(reverse=True)
        at, retry = waiting.pop()
        arrivals[math.floor(at * 10)] += 1
        if arrivals[math.floor(at * 10)] <= 20:
            served += 1
        elif retry < 6:
            waiting.append((at + delay(retry + 1, rng.random()), retry + 1))
    return arrivals, 300 - served


DELAYS = {
    "SDK": retries.sdk_delay,
    "full jitter": retries.full_jitter_delay,
    "no jitter": retries.no_jitter_delay,
}


@pytest.mark.parametrize("name", DELAYS)
def test_the_herd(name: str) -> None:
    data = stored("stripe/retry-herd")
    shown, values = data["columns"][name], data["values"]
    arrivals, lost = waves(DELAYS[name])
    assert (arrivals, lost) == limit_experiments.herd(DELAYS[name])
    assert shown == arrivals[: len(data["columns"]["time"])]
    assert values[f"{name} lost"] == lost
    assert values[f"{name} calls"] == sum(arrivals)
    assert values[f"{name} peak"] == max(arrivals) == max(shown)
    served = sum(min(number, 20) for number in arrivals)
    assert served + lost == 300, "each client is served or gives up"
    repeats = sum(max(number - 20, 0) for number in arrivals) - lost
    assert values[f"{name} calls"] == 300 + repeats, "who is refused and goes on repeats"


def test_the_first_retries_of_the_sdk_come_back_together() -> None:
    """All in one tenth of a second, and without jitter every later wave as well."""
    crowds = {
        name: {
            at / 10: number for at, number in enumerate(limit_experiments.herd(delay)[0]) if number
        }
        for name, delay in DELAYS.items()
    }
    assert next(iter(crowds["SDK"].items())) == (0.5, 300)
    assert crowds["no jitter"] == {0.5: 300, 1.5: 280, 3.5: 260, 7.5: 240, 12.5: 220, 17.5: 200}
    data = stored("stripe/retry-herd")
    assert data["columns"]["time"] == [at / 10 for at in range(len(data["columns"]["time"]))]
    values = data["values"]
    assert values["SDK peak"] == values["no jitter peak"] == 300
    assert values["full jitter peak"] == max(crowds["full jitter"].values()) < 300
    assert values["SDK lost"] == values["full jitter lost"] == 0
    assert values["no jitter lost"] == 300 - 6 * 20


def test_the_bucket_admits_its_reserve_and_then_the_rate() -> None:
    """After t seconds 500 + 100 t at most, and all of that as long as so many come."""
    columns = stored("stripe/token-bucket")["columns"]
    assert columns["second"] == list(range(20)) * 3
    assert columns["sent"] == [150] * 20 + [200] * 20 + [400] * 20
    for run, rate in enumerate((150, 200, 400)):
        each = columns["admitted"][20 * run : 20 * run + 20]
        total = 0
        for second, admitted in enumerate(each[:10], 1):
            total += admitted
            last = second - Fraction(1, rate)  # when the last request of this second comes
            assert total == min(rate * second, math.floor(500 + 100 * last))
        assert each[10:] == [50] * 10


@pytest.mark.parametrize(
    ("name", "rest", "grace"),
    [("as meant", Fraction(-28, 120), 28), ("as written", Fraction(-1), 120)],
)
def test_shedding_begins_after_the_grace(name: str, rest: Fraction, grace: int) -> None:
    """Up by 1 in 120 s of full load; down by 2/7 of that while half the workers are busy."""
    data = stored("stripe/shedding")
    seconds = data["columns"]["second"]
    level, levels = rest, []
    for second, before in zip(seconds, [0, *seconds], strict=False):
        slope = Fraction(1) if second < 300 else Fraction(-2, 7)
        level = min(Fraction(1), max(rest, level + slope * (second - before) / 120))
        levels.append(float(level))
    assert data["columns"][name] == pytest.approx(levels, abs=1e-5)
    assert levels[seconds.index(grace)] == 0, "nothing is shed up to here"
    assert levels[seconds.index(grace) + 1] > 0
    assert data["values"][f"grace {name}"] == grace


def attempts_of(outage: int) -> list[int]:
    """When attempts are made, in seconds, by the formula of `backoff` alone."""
    times = [0]
    while times[-1] < outage and times[-1] + backoff(len(times)) <= WINDOW:
        times.append(times[-1] + backoff(len(times)))
    return times


def test_the_attempts_are_those_of_the_schedule() -> None:
    columns = stored("stripe/webhook-attempts")["columns"]
    times = attempts_of(10**9)
    assert columns["hours"] == pytest.approx([at / 3600 for at in times], rel=1e-5)
    assert columns["attempt"] == list(range(1, len(times) + 1))


def test_an_outage_ends_with_the_first_attempt_after_it() -> None:
    data = stored("stripe/webhook-outage")
    columns, values = data["columns"], data["values"]
    last = attempts_of(10**9)
    assert last[-1] <= WINDOW < last[-1] + backoff(len(last))
    assert values["attempts in all"] == len(last)
    assert columns["outage"] == columns["outage ends"]
    assert values["longest survived"] == columns["outage"][-1] == last[-1] // 3600
    assert values["last attempt"] == pytest.approx(last[-1] / 3600, rel=1e-5)
    assert values["wait after 12 h"] == pytest.approx(
        attempts_of(12 * 3600)[-1] / 3600 - 12, rel=1e-5
    )
    for hours, delivered, copies in zip(
        columns["outage"], columns["delivered"], columns["copies"], strict=True
    ):
        times = attempts_of(hours * 3600)
        assert times[-1] >= hours * 3600
        assert delivered == pytest.approx(times[-1] / 3600, rel=1e-5)
        assert copies == len(times)
    for hours in range(int(columns["outage"][-1]) + 1, 96):
        assert webhook_experiments.outage(hours) == (-1, len(last))
