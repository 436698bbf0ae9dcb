"""The server dies before and after every statement and every call, once and twice."""

from __future__ import annotations

import os
import sqlite3
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from mini_stripe.faults import Crash, Fuse
from mini_stripe.network import DECLINED
from stripe_world import ORDER, V1, V2, World, order, steps

with TemporaryDirectory() as folder:
    STEPS = steps(order(), Path(folder))


def check_rows(world: World) -> tuple[list[str], int, int]:
    """What holds after every death, before anybody repairs anything.

    Returns where the keys stand, and the numbers of charges and events."""
    assert all(number == 1 for number in world.captures_per_key().values())
    keys, charges, events = world.tables(
        "SELECT * FROM keys", "SELECT * FROM charges", "SELECT * FROM events"
    )
    points = [ORDER.index(key["recovery_point"]) for key in keys]
    assert len(charges) == sum(point >= 1 for point in points)
    for key, point in zip(keys, points, strict=True):
        assert (key["object_id"] is not None) == (point >= 1)
    settled = [charge for charge in charges if charge["status"] != "pending"]
    assert len(settled) == sum(point >= 2 for point in points)
    assert len(events) == points.count(3)
    return [key["recovery_point"] for key in keys], len(charges), len(events)


def check_end(world: World, path: str) -> None:
    """The client comes back; then everything stands once."""
    world.clock.now += 90
    answer = world.call(order(path))
    assert answer is not None
    assert answer.status == 200
    assert check_rows(world) == (["finished"], 1, 1)
    assert len(world.network.captures) == 1
    again = world.call(order(path))
    assert again is not None
    assert (again.status, again.body) == (answer.status, answer.body)


def test_the_steps_of_a_request() -> None:
    assert len(STEPS) == 40
    assert STEPS[0] == "before BEGIN IMMEDIATE"
    assert STEPS[-1] == "after COMMIT"
    assert [name for name in STEPS if "network" in name] == ["before network", "after network"]
    depth = 0
    for name in STEPS:
        depth += (name == "after BEGIN IMMEDIATE") - (name == "before COMMIT")
        assert not (depth and "network" in name), "no call inside a transaction"


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize("at", range(1, len(STEPS) + 1), ids=lambda at: f"{at}-{STEPS[at - 1]}")
def test_a_crash(tmp_path: Path, path: str, at: int) -> None:
    world = World(tmp_path)
    assert world.call(order(path), Fuse(at)) is None
    check_rows(world)
    check_end(world, path)
    before = world.dump()
    world.clock.now += 301
    world.complete()
    assert world.dump() == before, "nothing is left for the completer"


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize("at", range(1, len(STEPS) + 1))
def test_a_crash_and_a_crash_of_the_retry(tmp_path: Path, path: str, at: int) -> None:
    second, died = 0, True
    while died:
        second += 1
        world = World(tmp_path, second)
        assert world.call(order(path), Fuse(at)) is None
        world.clock.now += 90
        died = world.call(order(path), Fuse(second)) is None
        check_rows(world)
        check_end(world, path)
    assert second > 6  # the retry has at least the steps of a claim or a replay


@pytest.mark.parametrize("at", range(1, len(STEPS) + 1))
def test_the_completer_finishes_without_the_client(tmp_path: Path, at: int) -> None:
    """Once the claim is committed, the work ends even if nobody asks again."""
    path = (V1, V2)[at % 2]  # the completer works alike under both contracts
    second, left = 0, True
    while left:
        second += 1
        world = World(tmp_path, second)
        assert world.call(order(path), Fuse(at)) is None
        claimed = len(check_rows(world)[0])
        world.clock.now += 301
        fuse = Fuse(second)
        world.complete(fuse)
        left = len(fuse.steps) >= second
        check_rows(world)
        world.clock.now += 301
        world.complete()
        assert check_rows(world) == (["finished"] * claimed, claimed, claimed)
        assert len(world.network.captures) == claimed


@pytest.mark.parametrize("path", [V1, V2])
def test_a_crash_around_a_decline(tmp_path: Path, path: str) -> None:
    declined = order(path, source=DECLINED)
    fuse = Fuse()
    World(tmp_path).call(declined, fuse)
    for at in range(1, len(fuse.steps) + 1):
        world = World(tmp_path, at)
        assert world.call(declined, Fuse(at)) is None
        world.clock.now += 90
        answer = world.call(declined)
        assert answer is not None
        assert answer.status == 402
        assert check_rows(world) == (["finished"], 1, 1)
        assert world.network.captures == []


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize("at", range(1, len(STEPS) + 1))
def test_a_lost_answer_and_a_crash(tmp_path: Path, path: str, at: int) -> None:
    """Money moved, answer lost; then death at any step of the error or of the retry."""
    world = World(tmp_path)
    world.network.lost_answers = 1
    first = world.call(order(path), Fuse(at))
    world.clock.now += 90
    world.network.lost_answers = 0
    retry = world.call(order(path))
    assert retry is not None
    if first is not None and path == V1:
        assert (retry.status, retry.body, retry.replayed) == (500, first.body, True)
    world.clock.now += 301
    world.complete()
    assert check_rows(world) == (["finished"], 1, 1)
    assert len(world.network.captures) == 1
    again = world.call(order(path))
    assert again is not None
    if path == V1 or retry.status == 200:
        assert (again.status, again.body) == (retry.status, retry.body)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs os.fork, which Windows lacks")
@pytest.mark.parametrize("at", range(1, len(STEPS) + 1))
def test_a_real_death_leaves_the_same_rows(tmp_path: Path, at: int) -> None:
    """Closing a connection stands for a death; here a process really dies."""
    closed, killed = World(tmp_path, "closed"), World(tmp_path, "killed")
    assert closed.call(order(), Fuse(at)) is None
    child = os.fork()
    if child == 0:  # pragma: no cover
        try:
            with killed.server(Fuse(at)) as server:
                try:
                    server.handle(order())
                except Crash:
                    os._exit(7)
        finally:
            os._exit(8)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7
    with closing(sqlite3.connect(killed.file)) as db:
        assert db.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    assert killed.dump() == closed.dump()
