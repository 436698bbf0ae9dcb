"""The contract of a key, rule by rule."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
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
from mini_stripe.versions import CURRENT
from stripe_world import REFUNDS, V1, V2, World, customer, order, refund


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def ask(world: World, request: Request) -> Answer:
    answer = world.call(request)
    assert answer is not None
    return answer


def refused(world: World, request: Request, name: str, code: str | None) -> Answer:
    """A parameter is wrong, the answer names it, and the key remembers nothing."""
    answer = ask(world, request)
    assert code_of(answer) == (400, "invalid_request_error", code)
    assert answer.body["error"]["param"] == name
    assert world.rows("SELECT * FROM keys") == []
    return answer


def replay(answer: Answer, version: str = CURRENT) -> Answer:
    """What a repeat gets of a stored answer: it says in whose version it is told."""
    return dataclasses.replace(answer, replayed=True, version=version)


def code_of(answer: Answer) -> tuple[int, str, str | None]:
    fields = answer.body["error"]
    more = {"card_declined": {"decline_code", "charge"}}.get(fields["code"], set())
    if answer.status == 404 or fields["message"].startswith("Check "):
        more = {"param"}
    assert set(fields) == {"type", "code", "message"} | more
    assert fields["message"]
    return answer.status, fields["type"], fields["code"]


CHARGE = {
    "id": "ch_1",
    "object": "charge",
    "created": 0,
    "livemode": False,
    "metadata": {},
    "amount": 500,
    "amount_refunded": 0,
    "currency": "eur",
    "customer": None,
    "description": None,
    "paid": True,
    "refunded": False,
    "source": {"object": "card", "brand": "Visa", "last4": "4242"},
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
    [event] = world.rows("SELECT * FROM events")
    assert (event["type"], json.loads(event["object"])["id"]) == ("charge.succeeded", "ch_1")
    assert (event["account"], event["key"]) == ("acct_1", "cart-17")
    key = world.key()
    assert key["recovery_point"] == "finished"
    assert key["locked_at"] is None


def test_v1_replays_the_stored_answer(world: World) -> None:
    first = ask(world, order())
    assert ask(world, order()) == replay(first)
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
        server.db.execute("UPDATE charges SET refunded = 500")
    assert ask(world, order(V1, key="old")) == replay(Answer(200, CHARGE))
    refunded = CHARGE | {"id": "ch_2", "amount_refunded": 500, "refunded": True}
    assert ask(world, order(V2, key="new")) == Answer(200, refunded, replayed=False)


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
    [name] = params
    answer = refused(world, order(**params), name, code)
    assert name in answer.body["error"]["message"]
    assert ask(world, order()).status == 200, "the key is still free"


@pytest.mark.parametrize("missing", ["amount", "currency", "source"])
def test_a_missing_parameter_leaves_nothing(world: World, missing: str) -> None:
    request = order()
    rest = {name: value for name, value in request.params.items() if name != missing}
    refused(world, dataclasses.replace(request, params=rest), missing, "parameter_missing")


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


def insert_two(server: IdempotencyLayer, *secrets: str | None) -> None:
    with transaction(server.db):
        for secret in secrets:
            server.db.execute("INSERT INTO accounts VALUES ('acct_' || ?, ?, NULL)", (secret,) * 2)


def test_a_failed_transaction_is_rolled_back(world: World) -> None:
    with world.server() as server:
        with pytest.raises(sqlite3.IntegrityError):
            insert_two(server, "a", None)
        assert not server.db.in_transaction
        assert server.db.execute("SELECT count(*) FROM accounts").fetchone()[0] == 0
        insert_two(server, "a", "b")
    assert len(world.rows("SELECT * FROM accounts")) == 2


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
            outcome = phase.abroad(slow.db, late) if phase.abroad else None
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
    assert ask(world, order()) == replay(fault)
    world.clock.now += 301
    world.complete()
    assert world.key()["recovery_point"] == "finished"
    assert [row["status"] for row in world.rows("SELECT * FROM charges")] == ["succeeded"]
    assert len(world.rows("SELECT * FROM events")) == 1
    assert len(world.network.captures) == 1
    assert ask(world, order()) == replay(fault)


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
    assert ask(world, order()) == replay(Answer(200, CHARGE))


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


def test_the_completer_goes_on_after_a_key_whose_endpoint_is_gone(world: World) -> None:
    for path, key in ((V2, "old"), (V1, "new")):
        assert world.call(order(path, key=key), Fuse(15)) is None
    world.clock.now += 301
    with world.server() as server:
        server.endpoints = {path: one for path, one in server.endpoints.items() if path != V2}
        assert server.complete() == 2
    assert world.key("new")["recovery_point"] == "finished"
    assert world.key("old")["trouble"] == f"KeyError({V2!r})"
    assert ask(world, order(V2, key="old")) == Answer(200, CHARGE | {"id": "ch_2"})


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
        server.db.execute("INSERT INTO accounts VALUES ('acct_1', 'sk', NULL)")
    assert world.rows("SELECT * FROM accounts") == []


def test_keys_are_unique_for_the_database_too(world: World) -> None:
    ask(world, order())
    again = (
        "INSERT INTO keys (account, key, path, params, version, request_id, created_at) "
        "SELECT account, key, path, params, version, request_id, created_at FROM keys"
    )
    with (
        closing(sqlite3.connect(world.file)) as db,
        pytest.raises(sqlite3.IntegrityError, match="UNIQUE"),
    ):
        db.execute(again)


# -- Refunds


def kept(world: World, request: Request) -> Answer:
    """The answer to a request that ends; the repeat must be the same."""
    first = ask(world, request)
    assert ask(world, request) == replay(first)
    return first


def refunded(world: World) -> list[int]:
    return [row["refunded"] for row in world.rows("SELECT * FROM charges ORDER BY id")]


REFUND = {
    "id": "re_1",
    "object": "refund",
    "created": 0,
    "livemode": False,
    "metadata": {},
    "amount": 500,
    "charge": "ch_1",
    "reason": None,
    "status": "succeeded",
}
USED_UP = (400, "invalid_request_error", "charge_already_refunded")
TOO_MUCH = (400, "invalid_request_error", None)
NOBODYS = (404, "invalid_request_error", "resource_missing")
ALIASES = ["{0}0", "{0} ", " {0}", "{0}\n", "{0}.0", "{0}_1", "{0}{0}"]
STRANGERS = ["1", "_1", "ch_0", "ch_01", "ch_-1", "ch_+1", "ch_\u0661", "ch_", "CH_1", "cus_1x"]


def test_a_refund_without_an_amount_gives_everything_back(world: World) -> None:
    ask(world, order())
    assert kept(world, refund()) == Answer(200, REFUND)
    assert world.network.captures == [("mini-1", 500), ("mini-2", -500)]
    assert refunded(world) == [500]


def test_the_parts_of_a_refund_end_at_what_was_paid(world: World) -> None:
    ask(world, order())
    part = kept(world, refund("a", amount=200, metadata={"why": "late"}))
    assert part == Answer(200, REFUND | {"amount": 200, "metadata": {"why": "late"}})
    too_much = kept(world, refund("b", amount=301))
    assert code_of(too_much) == TOO_MUCH
    assert "300" in too_much.body["error"]["message"]
    assert kept(world, refund("c")) == Answer(200, REFUND | {"id": "re_2", "amount": 300})
    assert code_of(kept(world, refund("d", amount=1))) == USED_UP
    assert code_of(kept(world, refund("e"))) == USED_UP
    assert refunded(world) == [500]
    assert [amount for _, amount in world.network.captures] == [500, -200, -300]


def test_the_event_of_a_refund_holds_the_charge_with_its_refunds(world: World) -> None:
    ask(world, order())
    ask(world, refund("a", amount=200))
    ask(world, refund("b", amount=50))
    events = [json.loads(row["object"]) for row in world.rows("SELECT * FROM events ORDER BY id")]
    assert [event["amount_refunded"] for event in events] == [0, 200, 250]
    assert [[part["id"] for part in event["refunds"]["data"]] for event in events] == [
        [],
        ["re_1"],
        ["re_2", "re_1"],
    ]
    types = [row["type"] for row in world.rows("SELECT * FROM events ORDER BY id")]
    assert types == ["charge.succeeded", "charge.refunded", "charge.refunded"]


def test_a_refund_shows_its_charge_and_what_that_holds_if_asked(world: World) -> None:
    ask(world, customer())
    charge = ask(world, order(customer="cus_1")).body
    assert charge == CHARGE | {"customer": "cus_1"}
    short = ask(world, refund("a", amount=1, expand=["charge"])).body
    assert short["charge"] == charge | {"amount_refunded": 1}
    paths = ["charge.customer", "charge.refunds"]
    long = ask(world, refund("b", amount=1, expand=paths)).body["charge"]
    assert long["customer"]["object"] == "customer"
    assert [part["id"] for part in long["refunds"]["data"]] == ["re_2", "re_1"]
    nobody = ask(world, order(key="other", expand=["customer", "refunds"])).body
    assert nobody["customer"] is None
    assert nobody["refunds"]["data"] == []


@pytest.mark.parametrize("name", [alias.format("ch_1") for alias in ALIASES] + STRANGERS)
def test_a_name_that_is_nobodys_cannot_be_refunded(world: World, name: str) -> None:
    ask(world, order())
    answer = kept(world, refund(charge=name))
    assert code_of(answer) == NOBODYS
    assert answer.body["error"]["message"] == f"No such charge: {name}"
    assert answer.body["error"]["param"] == "charge"
    assert refunded(world) == [0]


def test_a_charge_of_another_account_cannot_be_refunded(world: World) -> None:
    ask(world, order())
    answer = kept(world, refund(account="acct_2"))
    assert code_of(answer) == NOBODYS
    assert answer.body["error"]["message"] == "No such charge: ch_1"
    assert refunded(world) == [0]
    assert world.rows("SELECT * FROM refunds") == []
    assert len(world.rows("SELECT * FROM events")) == 1
    assert ask(world, refund()).status == 200, "the account that owns it can"


@pytest.mark.parametrize("params", [{}, {"amount": 1}, {"amount": 500}])
def test_what_was_never_paid_is_not_given_back(world: World, params: dict[str, Any]) -> None:
    assert ask(world, order(key="declined", source=DECLINED)).status == 402
    assert world.call(order(key="dead"), Fuse("before network")) is None
    for number in (1, 2):
        answer = kept(world, refund(f"r{number}", charge=f"ch_{number}", **params))
        assert code_of(answer) == TOO_MUCH
    assert refunded(world) == [0, 0]
    assert world.network.captures == []


def test_what_was_never_paid_is_not_called_refunded(world: World) -> None:
    ask(world, order(source=DECLINED))
    assert ask(world, refund()).body["error"]["code"] != "charge_already_refunded"


@pytest.mark.parametrize(
    "params",
    [
        {"amount": 0},
        {"amount": -1},
        {"amount": True},
        {"amount": "1"},
        {"amount": None},
        {"charge": ""},
        {"charge": None},
        {"charge": ["ch_1"]},
        {"metadata": "x"},
        {"metadata": {"a": 1}},
        {"expand": ["customer"]},
        {"expand": "charge"},
        {"reason": "requested_by_customer"},
    ],
)
def test_a_refund_with_bad_parameters_leaves_nothing(world: World, params: dict[str, Any]) -> None:
    ask(world, order())
    before = world.dump()
    answer = ask(world, refund(**params))
    assert code_of(answer)[:2] == (400, "invalid_request_error")
    [name] = params
    assert answer.body["error"]["param"] == name
    assert world.dump() == before


def test_a_refund_whose_answer_is_lost_is_made_once(world: World) -> None:
    ask(world, order())
    world.network.lost_answers = 1
    assert code_of(kept(world, refund())) == FAULT
    assert [row["status"] for row in world.rows("SELECT * FROM refunds")] == ["pending"]
    assert code_of(ask(world, refund("b"))) == USED_UP, "what is reserved is spoken for"
    world.clock.now += 301
    world.complete()
    assert [row["status"] for row in world.rows("SELECT * FROM refunds")] == ["succeeded"]
    assert world.network.captures == [("mini-1", 500), ("mini-2", -500)]
    assert code_of(ask(world, refund())) == FAULT


# -- Customers


CUSTOMER = {
    "id": "cus_1",
    "object": "customer",
    "created": 0,
    "livemode": False,
    "metadata": {},
    "default_source": None,
    "email": "a@shop",
    "name": None,
}


def test_a_customer(world: World) -> None:
    assert kept(world, customer()) == Answer(200, CUSTOMER)
    whole: dict[str, Any] = {"name": "Ada", "source": "tok_visa", "metadata": {"cart": "17"}}
    assert kept(world, customer("b", **whole)).body == CUSTOMER | {
        "id": "cus_2",
        "name": "Ada",
        "default_source": "card_2",
        "metadata": {"cart": "17"},
    }
    events = world.rows("SELECT * FROM events ORDER BY id")
    assert [event["type"] for event in events] == ["customer.created"] * 2
    assert json.loads(events[0]["object"]) == CUSTOMER
    assert world.network.captures == []


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"email": ""}, None),
        ({"email": "x" * 501}, None),
        ({"name": 5}, None),
        ({"source": "tok_nobody"}, None),
        ({"metadata": []}, None),
        ({"expand": ["default_source"]}, None),
        ({"default_source": "tok_visa"}, "parameter_unknown"),
    ],
)
def test_a_customer_with_bad_parameters_leaves_nothing(
    world: World, params: dict[str, Any], code: str | None
) -> None:
    [name] = params
    refused(world, customer(**params), name, code)


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize(
    "name", [alias.format("cus_1") for alias in ALIASES] + ["cus_2", "cus_3", "ch_1", "cus_0"]
)
def test_a_charge_for_nobody_ends_before_any_money_moves(
    world: World, path: str, name: str
) -> None:
    """`cus_2` is a customer of another account; and an error with no object is kept for v2 too."""
    ask(world, customer("one"))
    ask(world, customer("two", account="acct_2"))
    before = len(world.rows("SELECT * FROM events"))
    answer = kept(world, order(path, customer=name))
    assert code_of(answer) == NOBODYS
    assert answer.body["error"]["message"] == f"No such customer: {name}"
    assert answer.body["error"]["param"] == "customer"
    assert world.rows("SELECT * FROM charges") == []
    assert len(world.rows("SELECT * FROM events")) == before
    assert world.network.captures == []
    assert world.key()["recovery_point"] == "finished"


@pytest.mark.parametrize("path", [V1, V2])
def test_the_error_is_kept_although_the_customer_comes_later(world: World, path: str) -> None:
    assert code_of(ask(world, order(path, customer="cus_1"))) == NOBODYS
    ask(world, customer())
    assert code_of(ask(world, order(path, customer="cus_1"))) == NOBODYS
    assert ask(world, order(path, key="new", customer="cus_1")).body["customer"] == "cus_1"


def test_a_charge_keeps_what_the_client_says_of_it(world: World) -> None:
    said: dict[str, Any] = {"description": "Tea", "metadata": {"cart": "17", "object": "charge"}}
    assert ask(world, order(**said)).body == CHARGE | said


# -- Endpoints for events

HOOKS = "/v1/webhook_endpoints"


def hook(key: str = "hook-17", account: str = "acct_1", **params: Any) -> Request:
    wanted = {"url": "http://shop", "enabled_events": ["*"]}
    return Request(account, key, HOOKS, wanted | params, CURRENT)


def test_an_endpoint_and_its_secret(world: World) -> None:
    body = kept(world, hook(api_version="2015-02-18", metadata={"a": "b"})).body
    [secret] = world.rows("SELECT * FROM secrets")
    assert body == {
        "id": "we_1",
        "object": "webhook_endpoint",
        "created": 0,
        "livemode": False,
        "metadata": {"a": "b"},
        "api_version": "2015-02-18",
        "enabled_events": ["*"],
        "status": "enabled",
        "url": "http://shop",
        "secret": secret["secret"],
    }
    assert (secret["endpoint"], secret["expires"]) == (1, None)
    assert kept(world, hook("b")).body["api_version"] is None
    assert world.rows("SELECT * FROM events") == []


def test_an_account_has_sixteen_endpoints_at_most(world: World) -> None:
    for number in range(16):
        assert ask(world, hook(f"h{number}")).status == 200
    assert code_of(kept(world, hook())) == TOO_MUCH
    assert len(world.rows("SELECT * FROM webhook_endpoints")) == 16
    assert len(world.rows("SELECT * FROM secrets")) == 16
    assert ask(world, hook(account="acct_2")).status == 200, "the others are not counted"


@pytest.mark.parametrize(
    "params",
    [
        {"url": "shop"},
        {"url": "ftp://shop"},
        {"url": 5},
        {"url": "http://" + "x" * 500},
        {"enabled_events": "*"},
        {"enabled_events": [5]},
        {"api_version": "2015-02-19"},
        {"api_version": ["2015-02-18"]},
        {"metadata": {"a": ""}},
        {"expand": ["secret"]},
    ],
)
def test_an_endpoint_with_bad_parameters_leaves_nothing(
    world: World, params: dict[str, Any]
) -> None:
    [name] = params
    refused(world, hook(**params), name, None)


@pytest.mark.parametrize("request_", [refund(), customer(), hook()])
def test_another_account_cannot_see_that_a_key_is_used(world: World, request_: Request) -> None:
    ask(world, order())
    first = ask(world, request_)
    other = ask(world, dataclasses.replace(request_, account="acct_2"))
    assert not other.replayed
    assert other.body.get("id") != first.body["id"]
    assert {REFUNDS: 404}.get(request_.path, 200) == other.status


def test_paths_do_not_share_a_key(world: World) -> None:
    for request in (order(key="k"), refund("k"), customer("k"), hook("k")):
        answer = ask(world, request)
        assert (answer.status == 200) == (request.path == V1)
        if request.path != V1:
            assert code_of(answer) == MISMATCH


# -- Repeats from a client of another version


OLD = "2015-02-18"  # shows the refunds of a charge unasked


@pytest.mark.parametrize("path", [V1, V2])
def test_a_repeat_in_another_version(world: World, path: str) -> None:
    """v1 tells again what it told; v2 renders for the version that asks."""
    old = dataclasses.replace(order(path), version=OLD)
    first = ask(world, old)
    assert "refunds" in first.body
    again = ask(world, order(path))
    assert ("refunds" in again.body) == (path == V1)
    if path == V1:
        assert again == replay(first, OLD)
    assert len(world.network.captures) == 1


def test_v2_goes_on_in_the_version_that_asks(world: World) -> None:
    dead = dataclasses.replace(order(V2, key="dead"), version=OLD)
    assert world.call(dead, Fuse("before network")) is None
    world.clock.now += 90
    assert "refunds" not in ask(world, dataclasses.replace(dead, version=CURRENT)).body


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize(("first", "then"), [(OLD, CURRENT), (CURRENT, OLD), (OLD, OLD)])
def test_an_answer_has_the_shape_of_the_version_that_it_names(
    world: World, path: str, first: str, then: str
) -> None:
    """Also where one request died and another one, of a newer client, goes on."""
    request = dataclasses.replace(order(path), version=first)
    assert world.call(request, Fuse("before network")) is None
    world.clock.now += 90
    for version in (then, first, then):
        answer = ask(world, dataclasses.replace(request, version=version))
        told = answer.version or version
        assert ("refunds" in answer.body) == (told == OLD)
