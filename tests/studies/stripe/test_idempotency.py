"""The contract of a key, rule by rule."""

from __future__ import annotations

import dataclasses
import runpy
import sqlite3
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from mini_stripe.faults import Crash, Fuse
from mini_stripe.idempotency import (
    Answer,
    Contract,
    IdempotencyLayer,
    Refusal,
    Request,
    transaction,
)
from mini_stripe.network import DECLINED, CardNetwork
from stripe_world import ORDER, V1, V2, World, order


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def ask(world: World, request: Request) -> Answer:
    answer = world.call(request)
    assert answer is not None
    return answer


def code_of(answer: Answer) -> tuple[int, str, str | None]:
    fields = answer.body["error"]
    assert set(fields) == {"type", "code", "message"}
    assert fields["message"]
    return answer.status, fields["type"], fields["code"]


CHARGE = {
    "id": "ch_1",
    "object": "charge",
    "amount": 500,
    "currency": "eur",
    "paid": True,
    "refunded": False,
    "status": "succeeded",
}
IN_USE = (409, "invalid_request_error", "idempotency_key_in_use")
MISMATCH = (400, "idempotency_error", None)
FAULT = (500, "api_error", None)


# -- A first request and its repeats


@pytest.mark.parametrize("path", [V1, V2])
def test_a_charge(world: World, path: str) -> None:
    assert ask(world, order(path)) == Answer(200, CHARGE, replayed=False)
    assert world.network.captures == [("mini-1", 500)]
    assert world.rows("SELECT type, charge_id FROM events") == [
        {"type": "charge.succeeded", "charge_id": 1}
    ]
    key = world.key()
    assert key["recovery_point"] == "finished"
    assert key["locked_at"] is None


def test_v1_replays_the_stored_answer(world: World) -> None:
    first = ask(world, order())
    assert ask(world, order()) == dataclasses.replace(first, replayed=True)
    assert len(world.network.captures) == 1


def test_a_repeat_may_order_its_parameters_differently(world: World) -> None:
    request = order()
    ask(world, request)
    turned = dataclasses.replace(request, params=dict(reversed(list(request.params.items()))))
    assert ask(world, turned).replayed


def test_a_refund_shows_in_a_v2_repeat_and_not_in_a_v1_replay(world: World) -> None:
    ask(world, order(V1, key="old"))
    ask(world, order(V2, key="new"))
    with world.server() as server:
        server.db.execute("UPDATE charges SET refunded = 1")
    assert ask(world, order(V1, key="old")) == Answer(200, CHARGE, replayed=True)
    assert ask(world, order(V2, key="new")) == Answer(
        200, CHARGE | {"id": "ch_2", "refunded": True}, replayed=False
    )


@pytest.mark.parametrize("path", [V1, V2])
def test_a_declined_card_is_a_final_answer(world: World, path: str) -> None:
    declined = ask(world, order(path, source=DECLINED))
    assert code_of(declined) == (402, "card_error", "card_declined")
    again = ask(world, order(path, source=DECLINED))
    assert again.body == declined.body
    assert again.replayed is (path == V1)
    assert world.key()["recovery_point"] == "finished"
    assert world.network.captures == []
    assert [row["type"] for row in world.rows("SELECT * FROM events")] == ["charge.failed"]
    assert [row["status"] for row in world.rows("SELECT * FROM charges")] == ["failed"]


def test_accounts_do_not_share_keys(world: World) -> None:
    assert ask(world, order(account="acct_1")).body["id"] == "ch_1"
    assert ask(world, order(account="acct_2")).body["id"] == "ch_2"
    assert world.network.captures == [("mini-1", 500), ("mini-2", 500)]


# -- Refusals leave nothing under the key


def test_other_parameters_are_an_error(world: World) -> None:
    first = ask(world, order())
    before = world.dump()
    assert code_of(ask(world, order(amount=900))) == MISMATCH
    assert world.dump() == before
    assert ask(world, order()).body == first.body


def test_another_path_is_an_error(world: World) -> None:
    ask(world, order(V1))
    assert code_of(ask(world, order(V2))) == MISMATCH


def test_other_parameters_are_an_error_while_the_first_runs(world: World) -> None:
    assert world.call(order(), Fuse(15)) is None
    assert code_of(ask(world, order(amount=900))) == MISMATCH


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"amount": 0}, None),
        ({"amount": 10**8}, None),
        ({"amount": -1}, None),
        ({"amount": True}, None),
        ({"amount": "500"}, None),
        ({"amount": 5.0}, None),
        ({"currency": "zzz"}, None),
        ({"currency": ["eur"]}, None),
        ({"source": ""}, None),
        ({"source": None}, None),
        ({"capture": False}, "parameter_unknown"),
    ],
)
def test_bad_parameters_leave_nothing(
    world: World, params: dict[str, Any], code: str | None
) -> None:
    answer = ask(world, order(**params))
    assert code_of(answer) == (400, "invalid_request_error", code)
    assert world.rows("SELECT * FROM keys") == []
    [name] = params
    assert name in answer.body["error"]["message"]
    assert ask(world, order()).status == 200, "the key is still free"


@pytest.mark.parametrize("missing", ["amount", "currency", "source"])
def test_a_missing_parameter_leaves_nothing(world: World, missing: str) -> None:
    request = order()
    rest = {name: value for name, value in request.params.items() if name != missing}
    answer = ask(world, dataclasses.replace(request, params=rest))
    assert code_of(answer) == (400, "invalid_request_error", "parameter_missing")
    assert world.rows("SELECT * FROM keys") == []


@pytest.mark.parametrize(("length", "status"), [(0, 400), (1, 200), (255, 200), (256, 400)])
def test_the_length_of_a_key(world: World, length: int, status: int) -> None:
    assert ask(world, order(key="k" * length)).status == status
    assert len(world.rows("SELECT * FROM keys")) == (status == 200)


# -- Locks


def test_a_key_in_use_is_refused_and_nothing_is_stored(world: World) -> None:
    assert world.call(order(), Fuse(15)) is None
    before = world.dump()
    world.clock.now += 89
    assert code_of(ask(world, order())) == IN_USE
    assert world.dump() == before


def test_a_lock_of_90_seconds_is_stale(world: World) -> None:
    assert world.call(order(), Fuse(15)) is None
    world.clock.now += 90
    assert ask(world, order()) == Answer(200, CHARGE)
    assert world.key()["attempt"] == 2


def test_progress_renews_the_lock(world: World) -> None:
    with world.server() as server:
        endpoint = server.endpoints[V1]
        claim = server.claim(order(), endpoint)
        assert not isinstance(claim, Answer)
        world.clock.now += 80
        claim, _ = server.record(claim, endpoint.phases["started"], None)
        world.clock.now += 80
        assert code_of(server.handle(order())) == IN_USE
        world.clock.now += 10
        assert server.handle(order()).status == 200


def insert_two(server: IdempotencyLayer, *charges: int | None) -> None:
    with transaction(server.db):
        for charge in charges:
            server.db.execute("INSERT INTO events (type, charge_id) VALUES ('x', ?)", (charge,))


def test_a_failed_transaction_is_rolled_back(world: World) -> None:
    with world.server() as server:
        with pytest.raises(sqlite3.IntegrityError):
            insert_two(server, 1, None)
        assert not server.db.in_transaction
    assert world.rows("SELECT * FROM events") == []


# -- A worker that comes back late


@pytest.mark.parametrize("point", ["started", "row_created", "paid"])
@pytest.mark.parametrize("path", [V1, V2])
def test_a_late_worker_changes_nothing(world: World, path: str, point: str) -> None:
    with world.server() as slow, world.server() as fast:
        endpoint = slow.endpoints[path]
        late = slow.claim(order(path), endpoint)
        assert not isinstance(late, Answer)
        while late.recovery_point != point:
            phase = endpoint.phases[late.recovery_point]
            outcome = phase.abroad(late) if phase.abroad else None
            late, _ = slow.record(late, phase, outcome)
        world.clock.now += 90
        answer = fast.handle(order(path))
        assert answer.status == 200
        before = world.dump()
        with pytest.raises(Refusal) as refusal:
            slow.run(late, endpoint.contract)
        assert code_of(refusal.value.answer) == IN_USE
    assert world.dump() == before
    assert world.network.captures == [("mini-1", 500)]
    assert ask(world, order(path)).body == answer.body


def test_a_late_worker_cannot_store_its_error(world: World) -> None:
    with world.server() as slow, world.server() as fast:
        late = slow.claim(order(), slow.endpoints[V1])
        assert not isinstance(late, Answer)
        world.clock.now += 90
        assert fast.claim(order(), fast.endpoints[V1]) != late
        before = world.dump()
        with pytest.raises(Refusal):
            slow.fail(late, Contract.REPLAY, OSError("late"))
    assert world.dump() == before


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize("round_", range(20))
def test_two_threads_race_on_a_key(world: World, path: str, round_: int) -> None:
    barrier = Barrier(2)
    with world.server():
        pass  # the schema stands before the race

    def client(_: int) -> Answer:
        sys.settrace(None)  # who wins is chance, and what is stored of coverage must not be
        with world.server() as server:
            barrier.wait()
            return server.handle(order(path))

    with ThreadPoolExecutor(2) as pool:
        answers = list(pool.map(client, range(2)))
    assert len(world.network.captures) == 1
    assert len(world.rows("SELECT * FROM charges")) == 1
    assert len(world.rows("SELECT * FROM events")) == 1
    winners = [answer for answer in answers if answer.status == 200]
    losers = [answer for answer in answers if answer.status != 200]
    assert winners
    assert all(answer.body == CHARGE for answer in winners)
    assert all(code_of(answer) == IN_USE for answer in losers)
    assert ask(world, order(path)).body == CHARGE


# -- Errors


def test_v1_keeps_the_500_although_the_work_is_finished_later(world: World) -> None:
    world.network.lost_answers = 1
    fault = ask(world, order())
    assert code_of(fault) == FAULT
    assert world.network.captures == [("mini-1", 500)], "the money has moved"
    assert world.key()["trouble"] == "TimeoutError('no answer from the network')"
    assert ask(world, order()) == dataclasses.replace(fault, replayed=True)
    world.clock.now += 301
    world.complete()
    assert world.key()["recovery_point"] == "finished"
    assert [row["status"] for row in world.rows("SELECT * FROM charges")] == ["succeeded"]
    assert len(world.rows("SELECT * FROM events")) == 1
    assert len(world.network.captures) == 1
    assert ask(world, order()) == dataclasses.replace(fault, replayed=True)


def test_v2_goes_on_after_a_500(world: World) -> None:
    world.network.lost_answers = 1
    assert code_of(ask(world, order(V2))) == FAULT
    key = world.key()
    assert (key["recovery_point"], key["answer"], key["locked_at"]) == (
        "row_created",
        None,
        None,
    )
    assert ask(world, order(V2)) == Answer(200, CHARGE)
    assert len(world.network.captures) == 1


def test_an_error_in_a_local_phase_rolls_back_its_work(world: World) -> None:
    with world.server() as server:
        server.db.executescript(
            """CREATE TRIGGER full BEFORE INSERT ON events
               BEGIN SELECT raise(ABORT, 'no room'); END"""
        )
    assert code_of(ask(world, order(V2))) == FAULT
    assert world.key()["recovery_point"] == "paid"
    with world.server() as server:
        server.db.executescript("DROP TRIGGER full")
    assert ask(world, order(V2)) == Answer(200, CHARGE)


# -- The completer and the reaper


def test_the_completer_waits_for_the_client(world: World) -> None:
    assert world.call(order(), Fuse(15)) is None
    world.clock.now += 300
    with world.server() as server:
        assert server.complete() == 0
        world.clock.now += 1
        assert server.complete() == 1
        assert server.complete() == 0
    assert ask(world, order()) == Answer(200, CHARGE, replayed=True)


def test_the_completer_pauses_after_a_run(world: World) -> None:
    world.network.lost_answers = 1
    assert ask(world, order(V2)).status == 500
    world.clock.now += 301
    world.network.lost_answers = 1
    with world.server() as server:
        assert server.complete() == 1
        assert world.key()["recovery_point"] == "row_created"
        world.clock.now += 60
        assert server.complete() == 0
        world.clock.now += 1
        assert server.complete() == 1
    assert world.key()["recovery_point"] == "finished"


def test_an_error_of_the_completer_is_not_kept_as_the_answer(world: World) -> None:
    assert world.call(order(), Fuse(15)) is None
    world.clock.now += 301
    world.network.lost_answers = 1
    world.complete()
    assert world.key()["answer"] is None
    assert ask(world, order()) == Answer(200, CHARGE)


def test_the_completer_leaves_a_running_request_alone(world: World) -> None:
    assert world.call(order(), Fuse(15)) is None
    world.clock.now += 1000
    assert world.call(order(), Fuse(15)) is None
    world.clock.now += 80
    with world.server() as server:
        assert server.complete() == 0


def test_the_completer_passes_over_what_another_one_took(world: World) -> None:
    for key in ("a", "b"):
        assert world.call(order(key=key), Fuse(15)) is None
    world.clock.now += 301
    with world.server() as first, world.server() as second:
        take = first.take

        def slow_take(key_id: int) -> Any:
            first.db.execute("ROLLBACK")  # the other completer is faster
            second.complete()
            first.db.execute("BEGIN IMMEDIATE")
            return take(key_id)

        first.take = slow_take  # type: ignore[method-assign]
        assert first.complete() == 2
    assert set(world.captures_per_key().values()) == {1}
    assert [row["recovery_point"] for row in world.rows("SELECT * FROM keys")] == ["finished"] * 2
    assert [row["attempt"] for row in world.rows("SELECT * FROM keys")] == [2, 2]


def test_the_completer_works_in_batches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mini_stripe.idempotency.BATCH", 2)
    for number in range(3):
        world.call(order(key=f"k{number}"), Fuse(15))
        world.clock.now += 1
    world.clock.now += 301
    with world.server() as server:
        assert [server.complete() for _ in range(3)] == [2, 1, 0]
    assert [row["attempt"] for row in world.rows("SELECT * FROM keys ORDER BY id")] == [2, 2, 2]


def test_the_completer_begins_with_what_has_waited_longest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that always fails does not keep the others from their turn."""
    monkeypatch.setattr("mini_stripe.idempotency.BATCH", 1)
    for key in ("bad", "good"):
        assert world.call(order(V2, key=key), Fuse("before network")) is None
    world.clock.now += 301
    world.network.lost_answers = 1
    world.complete()
    assert world.key("bad")["trouble"] is not None
    world.clock.now += 61
    world.complete()
    assert world.key("good")["recovery_point"] == "finished"


def test_the_completer_goes_on_after_a_busy_database(world: World) -> None:
    for key in ("a", "b"):
        assert world.call(order(key=key), Fuse(15)) is None
    world.clock.now += 301
    with world.server() as server:
        take, busy = server.take, [sqlite3.OperationalError("database is locked")]

        def busy_take(key_id: int) -> Any:
            if busy:
                raise busy.pop()
            return take(key_id)

        server.take = busy_take  # type: ignore[method-assign]
        assert server.complete() == 2
    points = [row["recovery_point"] for row in world.rows("SELECT * FROM keys ORDER BY id")]
    assert sorted(points) == ["finished", "started"]


def test_a_kept_500_is_replayed_although_the_completer_died_at_work(world: World) -> None:
    world.network.lost_answers = 1
    assert code_of(ask(world, order())) == FAULT
    world.clock.now += 301
    world.complete(Fuse("before network"))
    assert world.key()["locked_at"] is not None
    assert ask(world, order()).replayed


@pytest.mark.parametrize("path", [V1, V2])
def test_nobody_goes_on_with_a_key_that_the_network_may_have_forgotten(
    world: World, path: str
) -> None:
    assert world.call(order(path), Fuse("after network")) is None
    world.clock.now += 24 * 3600 - 1
    assert world.call(order(path), Fuse("before network")) is None  # a second earlier it may
    world.clock.now += 90
    world.network.approved.clear()
    before = world.dump()
    world.complete()
    expired = (409, "invalid_request_error", "idempotency_key_expired")
    assert code_of(ask(world, order(path))) == expired
    assert world.dump() == before
    assert world.network.captures == [("mini-1", 500)]
    with world.server() as server:
        [left] = server.reap()
    assert left["recovery_point"] == "row_created"


def test_a_stored_answer_is_given_at_any_age(world: World) -> None:
    world.network.lost_answers = 1
    assert code_of(ask(world, order(key="failed"))) == FAULT
    assert ask(world, order(key="done")).status == 200
    world.clock.now += 48 * 3600
    assert code_of(ask(world, order(key="failed"))) == FAULT
    assert ask(world, order(key="done")).replayed


def test_the_reaper_deletes_what_is_finished_and_hands_over_the_rest(world: World) -> None:
    assert ask(world, order(key="done")).status == 200
    world.network.lost_answers = 1
    assert ask(world, order(key="stuck")).status == 500
    with world.server() as server:
        world.clock.now += 24 * 3600 - 1
        assert server.reap() == []
        world.clock.now += 1
        [stuck] = server.reap()
        assert (stuck["key"], stuck["recovery_point"]) == ("stuck", "row_created")
        world.clock.now += 48 * 3600
        server.reap()
        assert len(world.rows("SELECT * FROM keys")) == 2
        world.clock.now += 1
        server.reap()
    assert [row["key"] for row in world.rows("SELECT * FROM keys")] == ["stuck"]


def test_the_reaper_counts_from_the_last_run(world: World) -> None:
    """What was finished late is kept for the client that comes back late."""
    world.network.lost_answers = 1
    assert ask(world, order(V2)).status == 500
    world.clock.now += 23 * 3600
    world.complete()
    world.clock.now += 60 * 3600
    with world.server() as server:
        assert server.reap() == []
    assert ask(world, order(V2)) == Answer(200, CHARGE)
    assert world.network.captures == [("mini-1", 500)]


def test_a_reaped_key_is_new_and_charges_again(world: World) -> None:
    assert ask(world, order()).body["id"] == "ch_1"
    world.clock.now += 72 * 3600 + 1
    with world.server() as server:
        server.reap()
    assert ask(world, order()).body["id"] == "ch_2"
    assert world.network.captures == [("mini-1", 500), ("mini-2", 500)]


def test_no_downstream_key_comes_twice(world: World) -> None:
    """Another purchase after the reaper: the network must not take it for an old one."""
    ask(world, order(key="monday", amount=500))
    world.clock.now += 72 * 3600 + 1
    with world.server() as server:
        server.reap()
    ask(world, order(key="friday", amount=900))
    assert [amount for _, amount in world.network.captures] == [500, 900]


# -- The parts


def test_the_network_keeps_the_first_outcome_of_a_key() -> None:
    network = CardNetwork()
    assert network.charge("a", 500, "tok_visa")
    assert network.charge("a", 500, "tok_visa")
    assert not network.charge("b", 500, DECLINED)
    assert not network.charge("b", 500, "tok_visa")
    assert network.captures == [("a", 500)]


def test_the_network_acts_although_its_answer_is_lost() -> None:
    network = CardNetwork()
    network.lost_answers = 1
    with pytest.raises(TimeoutError):
        network.charge("a", 500, "tok_visa")
    assert network.charge("a", 500, "tok_visa")
    assert network.captures == [("a", 500)]


def test_the_fuse_burns_at_its_step_and_only_there() -> None:
    fuse = Fuse(2)
    fuse.step("a")
    with pytest.raises(Crash, match=r"^b$"):
        fuse.step("b")
    fuse.step("c")
    assert fuse.steps == ["a", "b", "c"]


def test_the_fuse_burns_at_a_step_by_name() -> None:
    fuse = Fuse("after network")
    fuse.step("before network")
    with pytest.raises(Crash, match=r"^after network$"):
        fuse.step("after network")


def test_an_open_transaction_dies_with_its_process(world: World) -> None:
    """Closing a connection is the model of a death: the database rolls back."""
    with world.server() as server:
        server.db.execute("BEGIN IMMEDIATE")
        server.db.execute("INSERT INTO events (type, charge_id) VALUES ('x', 1)")
    assert world.rows("SELECT * FROM events") == []


def test_keys_are_unique_for_the_database_too(world: World) -> None:
    ask(world, order())
    again = (
        "INSERT INTO keys (account, key, path, params, created_at) "
        "SELECT account, key, path, params, created_at FROM keys"
    )
    with closing(sqlite3.connect(world.file)) as db, pytest.raises(sqlite3.IntegrityError):
        db.execute(again)


def test_the_demonstration(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_module("mini_stripe", run_name="__main__")
    runpy.run_module("mini_stripe.__main__", run_name="imported")  # which prints nothing
    table, total = capsys.readouterr().out.split("\n\n")
    points = [line.split()[0] for line in table.splitlines()[1:]]
    assert points == ["no", *ORDER]
    deaths = sum(int(line.split()[-2]) for line in table.splitlines()[1:])
    assert total == f"{deaths} retries ended with 1 charge\n"
