"""The server dies before and after every statement and every call, once and twice."""

from __future__ import annotations

import os
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier
from typing import Any

import pytest

from mini_stripe.faults import Crash, Fuse
from mini_stripe.idempotency import Request, Response
from mini_stripe.network import DECLINED
from stripe_world import (
    CUSTOMERS,
    POINTS,
    REFUNDS,
    V1,
    V2,
    World,
    customer,
    order,
    refund,
    steps,
)

REQUESTS = {
    "v1": order(V1),
    "v2": order(V2),
    "part": refund(amount=200),
    "all": refund(),
    "customer": customer(),
}
CAPTURES = {
    "v1": [("mini-1", 500)],
    "v2": [("mini-1", 500)],
    "part": [("mini-1", 500), ("mini-2", -200)],
    "all": [("mini-1", 500), ("mini-2", -500)],
    "customer": [],
}
# No key, a claim, each commit of a phase, and a response of the network that nobody noted.
LEFT = {"v1": 6, "v2": 6, "part": 5, "all": 5, "customer": 3}
TABLES = {V1: "charges", V2: "charges", REFUNDS: "refunds", CUSTOMERS: "customers"}
PAID = order(key="paid")


def before(name: str, folder: Path) -> World:
    """The world that the request comes to: a refund finds a charge that is paid."""
    world = World(folder, "before")
    if REQUESTS[name].path == REFUNDS:
        assert world.call(PAID) is not None
    return world


def steps_of(name: str) -> list[str]:
    with TemporaryDirectory() as folder:
        fuse = Fuse()
        assert before(name, Path(folder)).call(REQUESTS[name], fuse) is not None
    return fuse.steps


with TemporaryDirectory() as folder:
    STEPS = steps(order(), Path(folder))
ALL_STEPS = {name: steps_of(name) for name in REQUESTS}
NAMED_STEPS = [
    pytest.param(name, at, id=f"{name}-{at}-{ALL_STEPS[name][at - 1]}")
    for name in REQUESTS
    for at in range(1, len(ALL_STEPS[name]) + 1)
]


def check_rows(world: World) -> list[str]:
    """What holds after every death, before anybody repairs anything.

    Returns where the keys stand that came after the charge of `PAID`."""
    assert all(number == 1 for number in world.captures_per_key().values())
    keys, charges, refunds, customers, events = world.tables(
        "SELECT * FROM keys",
        "SELECT * FROM charges",
        "SELECT * FROM refunds",
        "SELECT * FROM customers",
        "SELECT * FROM events",
    )
    objects = {"charges": charges, "refunds": refunds, "customers": customers}
    owned: dict[str, list[int]] = {table: [] for table in objects}
    settled, finished = 0, []
    for key in keys:
        points = POINTS[key["path"]]
        point = points.index(key["recovery_point"])
        assert (key["object_id"] is not None) == (point >= 1)
        if point >= 1:
            owned[TABLES[key["path"]]].append(key["object_id"])
        settled += key["path"] in (V1, V2) and point >= 2
        if key["recovery_point"] == "finished":
            finished.append(key["request_id"])
    for table, rows in objects.items():
        assert sorted(owned[table]) == [row["id"] for row in rows]
    assert sum(charge["status"] != "pending" for charge in charges) == settled
    assert sorted(event["request_id"] for event in events) == sorted(finished)
    for charge in charges:
        parts = [row["amount"] for row in refunds if row["charge"] == charge["id"]]
        assert charge["refunded"] == sum(parts)
        assert sum(parts) <= charge["amount"] * (charge["status"] == "succeeded")
    return [key["recovery_point"] for key in keys if key["key"] != PAID.key]


def check_end(world: World, name: str) -> None:
    """The client comes back; then everything stands once."""
    world.clock.now += 90
    response = world.call(REQUESTS[name])
    assert response is not None
    assert response.status == 200
    assert check_rows(world) == ["finished"]
    assert world.network.captures == CAPTURES[name]
    again = world.call(REQUESTS[name])
    assert again is not None
    assert (again.status, again.body) == (response.status, response.body)


def test_the_steps_of_a_request() -> None:
    assert len(STEPS) == len(ALL_STEPS["v2"]) == 48
    assert [len(names) for names in ALL_STEPS.values()] == [48, 48, 46, 46, 26]
    for name, names in ALL_STEPS.items():
        assert names[0] == "before BEGIN IMMEDIATE"
        assert names[-1] == "after COMMIT"
        calls = [step for step in names if "network" in step]
        assert calls == ([] if name == "customer" else ["before network", "after network"])
        depth = 0
        for step in names:
            depth += (step == "after BEGIN IMMEDIATE") - (step == "before COMMIT")
            assert not (depth and "network" in step), "no call inside a transaction"


def test_a_twin_has_what_stands_in_the_log_only(tmp_path: Path) -> None:
    """While a server lives, what it has committed lies beside the file, in a log."""
    world = World(tmp_path)
    with world.server() as server:
        assert server.handle(order()).status == 200
        server.db.execute("BEGIN IMMEDIATE")
        server.db.execute("DELETE FROM charges")
        with closing(sqlite3.connect(f"file:{world.file}?immutable=1", uri=True)) as file_alone:
            assert file_alone.execute("SELECT count(*) FROM keys").fetchone() == (0,)
        twin = world.twin("twin")
    assert twin.dump() == world.dump()
    assert [row["id"] for row in twin.rows("SELECT * FROM charges")] == [1]
    assert twin.call(order()) == world.call(order())


@pytest.mark.parametrize(("name", "at"), NAMED_STEPS)
def test_a_crash(tmp_path: Path, name: str, at: int) -> None:
    world = before(name, tmp_path)
    assert world.call(REQUESTS[name], Fuse(at)) is None
    check_rows(world)
    check_end(world, name)
    rows = world.dump()
    world.clock.now += 301
    world.complete()
    assert world.dump() == rows, "nothing is left for the completer"


def worlds_after_a_death(name: str, folder: Path) -> list[World]:
    """What a death can leave to the next process, with the death at every step.

    Most deaths leave the same as the one a step earlier: the same rows, the same network."""
    found: dict[str, World] = {}
    start = before(name, folder)
    for at in range(1, len(ALL_STEPS[name]) + 1):
        world = start.twin(f"dead-{at}")
        assert world.call(REQUESTS[name], Fuse(at)) is None
        check_rows(world)
        network = (world.network.captures, world.network.approved)
        found.setdefault(f"{world.dump()} {network}", world)
    assert len(found) == LEFT[name]
    return list(found.values())


# A full refund takes the steps of a partial one, and writes as much.
@pytest.mark.parametrize("name", [name for name in REQUESTS if name != "all"])
def test_a_crash_and_a_crash_of_the_retry(tmp_path: Path, name: str) -> None:
    for dead in worlds_after_a_death(name, tmp_path):
        dead.clock.now += 90
        second, died = 0, True
        while died:
            second += 1
            world = dead.twin("again")
            died = world.call(REQUESTS[name], Fuse(second)) is None
            check_rows(world)
            check_end(world, name)
        assert second > 6  # the retry has at least the steps of a claim or a replay


@pytest.mark.parametrize("name", REQUESTS)
def test_the_completer_finishes_without_the_client(tmp_path: Path, name: str) -> None:
    """Once the claim is committed, the work ends even if nobody asks again."""
    for dead in worlds_after_a_death(name, tmp_path):
        claimed = len(check_rows(dead))
        dead.clock.now += 301
        second, left = 0, True
        while left:
            second += 1
            world, fuse = dead.twin("again"), Fuse(second)
            world.complete(fuse)
            left = len(fuse.steps) >= second
            check_rows(world)
            world.clock.now += 301
            world.complete()
            assert check_rows(world) == ["finished"] * claimed
            assert world.network.captures == (CAPTURES[name] if claimed else dead.network.captures)


@pytest.mark.parametrize("path", [V1, V2])
def test_a_crash_around_a_decline(tmp_path: Path, path: str) -> None:
    declined = order(path, source=DECLINED)
    fuse = Fuse()
    World(tmp_path).call(declined, fuse)
    for at in range(1, len(fuse.steps) + 1):
        world = World(tmp_path, at)
        assert world.call(declined, Fuse(at)) is None
        world.clock.now += 90
        response = world.call(declined)
        assert response is not None
        assert response.status == 402
        assert check_rows(world) == ["finished"]
        assert world.network.captures == []


@pytest.mark.parametrize(
    ("name", "at"), [p for p in NAMED_STEPS if p.values[0] not in ("all", "customer")]
)
def test_a_lost_response_and_a_crash(tmp_path: Path, name: str, at: int) -> None:
    """Money moved, response lost; then death at any step of the error or of the retry."""
    world, request = before(name, tmp_path), REQUESTS[name]
    world.network.lost_responses = 1
    first = world.call(request, Fuse(at))
    world.clock.now += 90
    world.network.lost_responses = 0
    retry = world.call(request)
    assert retry is not None
    if first is not None and request.path != V2:
        assert (retry.status, retry.body, retry.replayed) == (500, first.body, True)
    world.clock.now += 301
    world.complete()
    assert check_rows(world) == ["finished"]
    assert world.network.captures == CAPTURES[name]
    again = world.call(request)
    assert again is not None
    if request.path != V2 or retry.status == 200:
        assert (again.status, again.body) == (retry.status, retry.body)


@pytest.mark.parametrize("at", range(1, len(ALL_STEPS["all"]) + 1))
def test_two_refunds_of_everything_and_one_dies(tmp_path: Path, at: int) -> None:
    """Whoever reserves first gets it all; the other hears that nothing is left."""
    world = before("all", tmp_path)
    assert world.call(refund("one"), Fuse(at)) is None
    reserved = bool(world.rows("SELECT * FROM refunds"))
    other = world.call(refund("two"))
    assert other is not None
    assert other.status == (400 if reserved else 200)
    world.clock.now += 90
    one = world.call(refund("one"))
    assert one is not None
    assert one.status == (200 if reserved else 400)
    loser = other if reserved else one
    assert loser.body["error"]["code"] == "charge_already_refunded"
    assert [amount for _, amount in world.network.captures] == [500, -500]
    [charge] = world.rows("SELECT * FROM charges")
    assert charge["refunded"] == 500
    assert [row["amount"] for row in world.rows("SELECT * FROM refunds")] == [500]
    assert [row["type"] for row in world.rows("SELECT * FROM events ORDER BY id")] == [
        "charge.succeeded",
        "charge.refunded",
    ]


@pytest.mark.parametrize("amounts", [(None, None), (300, 300), (None, 1), (200, 300)])
def test_refunds_of_many_threads_stay_within_what_was_paid(
    tmp_path: Path, amounts: tuple[int | None, int | None]
) -> None:
    """Six clients with keys of their own, half of them with each amount."""
    world, barrier = before("all", tmp_path), Barrier(6)

    def client(number: int) -> Response:
        amount = amounts[number % 2]
        part: dict[str, Any] = {} if amount is None else {"amount": amount}
        request = refund(f"r{number}", **part)
        with world.server() as server:
            server.db.execute("PRAGMA busy_timeout = 60000")
            barrier.wait()
            return server.handle(request)

    with ThreadPoolExecutor(6) as pool:
        responses = list(pool.map(client, range(6)))
    given = [response.body["amount"] for response in responses if response.status == 200]
    assert given
    assert {response.status for response in responses} <= {200, 400}
    [charge] = world.rows("SELECT * FROM charges")
    assert charge["refunded"] == sum(given) <= 500
    assert charge["refunded"] + min(amount or 1 for amount in amounts) > 500, "nobody goes short"
    assert sorted(-amount for _, amount in world.network.captures[1:]) == sorted(given)


class Killer(Fuse):
    """End the process where a `Crash` would only unwind it: nothing of ours runs any more."""

    def step(self, name: str) -> None:  # pragma: no cover
        try:
            super().step(name)
        except Crash:
            os._exit(7)


def really_dies(world: World, request: Request, at: int) -> None:
    child = os.fork()
    if child == 0:  # pragma: no cover
        try:
            with world.server(Killer(at)) as server:
                server.handle(request)
        finally:
            os._exit(8)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork, which Windows lacks")
@pytest.mark.parametrize(("name", "at"), [p for p in NAMED_STEPS if p.values[0] in ("v1", "part")])
def test_a_real_death_leaves_the_same_rows(tmp_path: Path, name: str, at: int) -> None:
    """A `Crash` stands for a death, and handlers may see it; here a process really dies."""
    closed = before(name, tmp_path)
    killed = closed.twin("killed")
    assert closed.call(REQUESTS[name], Fuse(at)) is None
    really_dies(killed, REQUESTS[name], at)
    with closing(sqlite3.connect(killed.file)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert killed.dump() == closed.dump()
