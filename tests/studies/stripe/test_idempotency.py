"""The contract of a key, rule by rule."""

from __future__ import annotations

import dataclasses
import json
import re
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from threading import Barrier
from typing import Any

import pytest

from mini_stripe.completer import complete, reap
from mini_stripe.faults import Crash, Fuse
from mini_stripe.idempotency import (
    Contract,
    IdempotencyLayer,
    Refusal,
    Request,
    Response,
)
from mini_stripe.network import DECLINED, CardNetwork
from mini_stripe.store import transaction
from mini_stripe.versions import CURRENT
from stripe_world import REFUNDS, V1, V2, World, customer, order, refund


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)


def ask(world: World, request: Request) -> Response:
    response = world.call(request)
    assert response is not None
    return response


def refused(world: World, request: Request, name: str, code: str | None) -> Response:
    """A parameter is wrong, the response names it, and the key remembers nothing."""
    response = ask(world, request)
    assert code_of(response) == (400, "invalid_request_error", code)
    assert response.body["error"]["param"] == name
    assert world.rows("SELECT * FROM keys") == []
    return response


def replay(response: Response, version: str = CURRENT) -> Response:
    """What a repeat gets of a stored response: it names the version whose shape it has."""
    return dataclasses.replace(response, replayed=True, version=version)


def code_of(response: Response) -> tuple[int, str, str | None]:
    fields = response.body["error"]
    code, more = fields["code"], set[str]()
    if code == "card_declined":
        more = {"decline_code", "charge"}
    elif (
        code == "resource_missing"
        or "parameter" in (code or "")
        or fields["message"].startswith("Invalid ")
    ):
        more = {"param"}
    assert set(fields) == {"type", "code", "message"} | more
    assert fields["message"]
    return response.status, fields["type"], code


def message_of(response: Response) -> str:
    return str(response.body["error"]["message"])


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
    assert ask(world, order(path)) == Response(200, CHARGE, replayed=False)
    assert world.network.captures == [("mini-1", 500)]
    [event] = world.rows("SELECT * FROM events")
    assert (event["type"], json.loads(event["object"])["id"]) == ("charge.succeeded", "ch_1")
    assert (event["account"], event["key"]) == ("acct_1", "cart-17")
    key = world.key()
    assert key["recovery_point"] == "finished"
    assert key["locked_at"] is None


def test_v1_replays_the_stored_response(world: World) -> None:
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
    assert ask(world, order(V1, key="old")) == replay(Response(200, CHARGE))
    refunded = CHARGE | {"id": "ch_2", "amount_refunded": 500, "refunded": True}
    assert ask(world, order(V2, key="new")) == Response(200, refunded, replayed=False)


@pytest.mark.parametrize("path", [V1, V2])
def test_a_declined_card_is_a_final_response(world: World, path: str) -> None:
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
        ({"amount": ""}, "parameter_invalid_empty"),
        ({"currency": ""}, "parameter_invalid_empty"),
        ({"source": ""}, "parameter_missing"),
        ({"source": None}, None),
        ({"source": "tok_nobody"}, "resource_missing"),
        ({"source": "card_1"}, "resource_missing"),
        ({"capture": False}, "parameter_unknown"),
    ],
)
def test_bad_parameters_leave_nothing(
    world: World, params: dict[str, Any], code: str | None
) -> None:
    [name] = params
    response = refused(world, order(**params), name, code)
    assert name in message_of(response) or code == "resource_missing"
    assert ask(world, order()).status == 200, "the key is still free"


@pytest.mark.parametrize("missing", ["amount", "currency", "source"])
def test_a_missing_parameter_leaves_nothing(world: World, missing: str) -> None:
    request = order()
    rest = {name: value for name, value in request.params.items() if name != missing}
    refused(world, dataclasses.replace(request, params=rest), missing, "parameter_missing")


@pytest.mark.parametrize(
    ("params", "code", "message"),
    [
        ({}, "parameter_missing", "Missing required param: amount."),
        ({"amount": ""}, "parameter_invalid_empty", "amount can't be empty."),
        (
            {"amount": 0},
            None,
            "Invalid amount: it must be a whole number from 1 to 99999999.",
        ),
        ({"amount": 1, "currency": ""}, "parameter_invalid_empty", "currency can't be empty."),
        ({"amount": 1, "currency": "zzz"}, None, "Invalid currency: it must be one of eur, usd."),
        (
            {"amount": 1, "currency": "eur"},
            "parameter_missing",
            "Must provide source or customer.",
        ),
        (
            {"amount": 1, "currency": "eur", "source": "", "customer": ""},
            "parameter_missing",
            "Must provide source or customer.",
        ),
        (
            {"amount": 1, "currency": "eur", "source": "tok_nobody"},
            "resource_missing",
            "No such token: 'tok_nobody'",
        ),
        (
            {"amount": 1, "currency": "eur", "capture": True},
            "parameter_unknown",
            "Received unknown parameter: capture",
        ),
    ],
)
def test_a_refused_charge_says_what_is_wrong(
    world: World, params: dict[str, Any], code: str | None, message: str
) -> None:
    response = ask(world, dataclasses.replace(order(), params=params))
    assert (code_of(response)[2], message_of(response)) == (code, message)
    assert world.rows("SELECT * FROM keys") == []


@pytest.mark.parametrize("params", [{}, {"card": ""}])
def test_an_old_client_is_told_of_its_card(world: World, params: dict[str, Any]) -> None:
    """A charge knew its source as a card, so it would not find a param `source` in its code."""
    params = {"amount": 1, "currency": "eur"} | params
    response = ask(world, Request("acct_1", "k", V1, params, "2014-12-22"))
    assert message_of(response) == "Must provide card or customer."
    assert response.body["error"]["param"] == "card"
    response = ask(world, Request("acct_1", "k", V1, params | {"card": "x"}, "2014-12-22"))
    assert (message_of(response), response.body["error"]["param"]) == ("No such token: 'x'", "card")


@pytest.mark.parametrize("name", ["description", "customer", "metadata"])
def test_an_empty_string_leaves_out_what_is_optional(world: World, name: str) -> None:
    assert ask(world, order(**{name: ""})) == Response(200, CHARGE)


def test_an_empty_string_in_metadata_leaves_out_its_name(world: World) -> None:
    metadata = {"cart": "17", "note": ""}
    assert ask(world, order(metadata=metadata)).body["metadata"] == {"cart": "17"}


def test_what_ends_a_key_or_refuses_it_says_so(world: World) -> None:
    bad = ask(world, order(key=""))
    assert code_of(bad) == (400, "invalid_request_error", None)
    assert message_of(bad) == "A key has 1 to 255 characters."
    assert world.call(order(), Fuse(15)) is None
    assert message_of(ask(world, order())) == "The key is in use."
    assert message_of(ask(world, order(amount=1))) == "The key came with another request first."
    world.clock.now += 24 * 3600
    assert message_of(ask(world, order())) == "The key is too old."
    declined = ask(world, order(key="declined", source=DECLINED))
    assert declined.body["error"] == {
        "type": "card_error",
        "code": "card_declined",
        "message": "Your card was declined.",
        "decline_code": "generic_decline",
        "charge": "ch_1",
    }
    world.network.lost_responses = 1
    fault = ask(world, order(key="lost"))
    assert message_of(fault) == "Something went wrong on our side."


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
    assert ask(world, order()) == Response(200, CHARGE)
    assert world.key()["attempt"] == 2


def test_progress_renews_the_lock(world: World) -> None:
    with world.server() as server:
        claim = server.claim(order())
        assert not isinstance(claim, Response)
        world.clock.now += 80
        claim, _ = server.run_phase(claim)
        world.clock.now += 80
        assert code_of(server.handle(order())) == IN_USE
        world.clock.now += 10
        assert server.handle(order()).status == 200


ACCOUNT = "INSERT INTO accounts VALUES ('acct_' || ?, ?, NULL)"


def insert_two(server: IdempotencyLayer, *secrets: str | None) -> None:
    with transaction(server.db):
        for secret in secrets:
            server.db.execute(ACCOUNT, (secret,) * 2)


def insert_and_stop(server: IdempotencyLayer) -> None:
    with transaction(server.db):
        server.db.execute(ACCOUNT, ("a", "a"))
        raise KeyboardInterrupt


def test_a_failed_transaction_is_rolled_back(world: World) -> None:
    with world.server() as server:
        with pytest.raises(sqlite3.IntegrityError):
            insert_two(server, "a", None)
        with pytest.raises(KeyboardInterrupt):
            insert_and_stop(server)
        assert not server.db.in_transaction
        assert server.db.execute("SELECT count(*) FROM accounts").fetchone()[0] == 0
        insert_two(server, "a", "b")
    assert len(world.rows("SELECT * FROM accounts")) == 2


# -- A worker that comes back late


@pytest.mark.parametrize("point", ["started", "row_created", "paid"])
@pytest.mark.parametrize("path", [V1, V2])
def test_a_late_worker_changes_nothing(world: World, path: str, point: str) -> None:
    with world.server() as slow, world.server() as fast:
        late = slow.claim(order(path))
        assert not isinstance(late, Response)
        while late.recovery_point != point:
            late, _ = slow.run_phase(late)
        world.clock.now += 90
        response = fast.handle(order(path))
        assert response.status == 200
        before = world.dump()
        with pytest.raises(Refusal) as refusal:
            slow.run(late, slow.endpoints[path].contract)
        assert code_of(refusal.value.response) == IN_USE
    assert world.dump() == before
    assert world.network.captures == [("mini-1", 500)]
    assert ask(world, order(path)).body == response.body


def test_a_late_worker_cannot_store_its_error(world: World) -> None:
    with world.server() as slow, world.server() as fast:
        late = slow.claim(order())
        assert not isinstance(late, Response)
        world.clock.now += 90
        assert fast.claim(order()) != late
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

    def client(_: int) -> Response:
        with world.server() as server:
            barrier.wait()
            return server.handle(order(path))

    with ThreadPoolExecutor(2) as pool:
        responses = list(pool.map(client, range(2)))
    assert len(world.network.captures) == 1
    assert len(world.rows("SELECT * FROM charges")) == 1
    assert len(world.rows("SELECT * FROM events")) == 1
    winners = [response for response in responses if response.status == 200]
    losers = [response for response in responses if response.status != 200]
    assert winners
    assert all(response.body == CHARGE for response in winners)
    assert all(code_of(response) == IN_USE for response in losers)
    assert ask(world, order(path)).body == CHARGE


# -- Errors


def test_v1_keeps_the_500_although_the_work_is_finished_later(world: World) -> None:
    world.network.lost_responses = 1
    fault = ask(world, order())
    assert code_of(fault) == FAULT
    assert world.network.captures == [("mini-1", 500)], "the money has moved"
    assert world.key()["last_error"] == "TimeoutError('no response from the network')"
    assert ask(world, order()) == replay(fault)
    world.clock.now += 301
    world.complete()
    assert world.key()["recovery_point"] == "finished"
    assert [row["status"] for row in world.rows("SELECT * FROM charges")] == ["succeeded"]
    assert len(world.rows("SELECT * FROM events")) == 1
    assert len(world.network.captures) == 1
    assert ask(world, order()) == replay(fault)


def test_v2_goes_on_after_a_500(world: World) -> None:
    world.network.lost_responses = 1
    assert code_of(ask(world, order(V2))) == FAULT
    key = world.key()
    assert (key["recovery_point"], key["response"], key["locked_at"]) == (
        "row_created",
        None,
        None,
    )
    assert ask(world, order(V2)) == Response(200, CHARGE)
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
    assert ask(world, order(V2)) == Response(200, CHARGE)


FULL = "database or disk is full"
LONG = {f"note-{number}": "x" * 500 for number in range(20)}  # more than two pages


def fill(server: IdempotencyLayer) -> None:
    """Leave the file no page to grow by, as a full disk does."""
    [pages] = server.db.execute("PRAGMA page_count").fetchone()
    server.db.executescript(f"PRAGMA max_page_count = {pages}")


def test_a_full_disk_names_its_cause_before_there_is_a_key(world: World) -> None:
    with world.server() as server:
        fill(server)
        with pytest.raises(sqlite3.OperationalError, match=rf"^{FULL}$"):
            server.handle(order(metadata=LONG))
        assert not server.db.in_transaction
    assert world.rows("SELECT * FROM keys") == []
    assert ask(world, order(metadata=LONG)).status == 200


def status_or_error(server: IdempotencyLayer, request: Request) -> int | str:
    try:
        return server.handle(request).status
    except sqlite3.OperationalError as error:
        return str(error)


@pytest.mark.parametrize("path", [V1, V2])
def test_a_full_disk_names_its_cause_wherever_it_is_noticed(world: World, path: str) -> None:
    """Charges go on until no page has room.  Some fail before they have a key, some in a phase."""
    seen = set()
    with world.server() as server:
        fill(server)
        for number in range(100):
            outcome = status_or_error(server, order(path, key=f"cart-{number}"))
            seen.add(outcome)
            if isinstance(outcome, int):
                noted = None if outcome == 200 else f"OperationalError('{FULL}')"
                assert world.key(f"cart-{number}")["last_error"] == noted
            assert not server.db.in_transaction
    assert seen == {200, 500, FULL}


# -- The completer and the reaper


def test_the_completer_waits_for_the_client(world: World) -> None:
    assert world.call(order(), Fuse(15)) is None
    world.clock.now += 300
    with world.server() as server:
        assert complete(server) == 0
        world.clock.now += 1
        assert complete(server) == 1
        assert complete(server) == 0
    assert ask(world, order()) == replay(Response(200, CHARGE))


def test_the_completer_pauses_after_a_run(world: World) -> None:
    world.network.lost_responses = 1
    assert ask(world, order(V2)).status == 500
    world.clock.now += 301
    world.network.lost_responses = 1
    with world.server() as server:
        assert complete(server) == 1
        assert world.key()["recovery_point"] == "row_created"
        world.clock.now += 60
        assert complete(server) == 0
        world.clock.now += 1
        assert complete(server) == 1
    assert world.key()["recovery_point"] == "finished"


def test_an_error_of_the_completer_is_not_kept_as_the_response(world: World) -> None:
    assert world.call(order(), Fuse(15)) is None
    world.clock.now += 301
    world.network.lost_responses = 1
    world.complete()
    assert world.key()["response"] is None
    assert ask(world, order()) == Response(200, CHARGE)


def test_the_completer_leaves_a_running_request_alone(world: World) -> None:
    assert world.call(order(), Fuse(15)) is None
    world.clock.now += 1000
    assert world.call(order(), Fuse(15)) is None
    world.clock.now += 80
    with world.server() as server:
        assert complete(server) == 0


def test_the_completer_passes_over_what_another_one_took(world: World) -> None:
    for key in ("a", "b"):
        assert world.call(order(key=key), Fuse(15)) is None
    world.clock.now += 301
    with world.server() as first, world.server() as second:
        lock = first.lock

        def slow_lock(key_id: int) -> Any:
            first.db.execute("ROLLBACK")  # the other completer is faster
            complete(second)
            first.db.execute("BEGIN IMMEDIATE")
            return lock(key_id)

        first.lock = slow_lock  # type: ignore[method-assign]
        assert complete(first) == 2
    assert set(world.captures_per_key().values()) == {1}
    assert [row["recovery_point"] for row in world.rows("SELECT * FROM keys")] == ["finished"] * 2
    assert [row["attempt"] for row in world.rows("SELECT * FROM keys")] == [2, 2]


def test_the_completer_works_in_batches(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("mini_stripe.completer.BATCH", 2)
    for number in range(3):
        world.call(order(key=f"k{number}"), Fuse(15))
        world.clock.now += 1
    world.clock.now += 301
    with world.server() as server:
        assert [complete(server) for _ in range(3)] == [2, 1, 0]
    assert [row["attempt"] for row in world.rows("SELECT * FROM keys ORDER BY id")] == [2, 2, 2]


def test_the_completer_begins_with_what_has_waited_longest(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A key that always fails does not keep the others from their turn."""
    monkeypatch.setattr("mini_stripe.completer.BATCH", 1)
    for key in ("bad", "good"):
        assert world.call(order(V2, key=key), Fuse("before network")) is None
    world.clock.now += 301
    world.network.lost_responses = 1
    world.complete()
    assert world.key("bad")["last_error"] is not None
    world.clock.now += 61
    world.complete()
    assert world.key("good")["recovery_point"] == "finished"


def test_the_completer_goes_on_after_a_busy_database(world: World) -> None:
    for key in ("a", "b"):
        assert world.call(order(key=key), Fuse(15)) is None
    world.clock.now += 301
    with world.server() as server:
        lock, busy = server.lock, [sqlite3.OperationalError("database is locked")]

        def busy_lock(key_id: int) -> Any:
            if busy:
                raise busy.pop()
            return lock(key_id)

        server.lock = busy_lock  # type: ignore[method-assign]
        assert complete(server) == 2
    points = [row["recovery_point"] for row in world.rows("SELECT * FROM keys ORDER BY id")]
    assert sorted(points) == ["finished", "started"]


def test_the_completer_goes_on_after_a_key_whose_endpoint_is_gone(world: World) -> None:
    for path, key in ((V2, "old"), (V1, "new")):
        assert world.call(order(path, key=key), Fuse(15)) is None
    world.clock.now += 301
    with world.server() as server:
        server.endpoints = {path: one for path, one in server.endpoints.items() if path != V2}
        assert complete(server) == 2
    assert world.key("new")["recovery_point"] == "finished"
    assert world.key("old")["last_error"] == f"KeyError({V2!r})"
    assert ask(world, order(V2, key="old")) == Response(200, CHARGE | {"id": "ch_2"})


def test_the_completer_goes_on_after_a_key_that_cannot_be_translated(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    for key in ("bad", "good"):
        assert world.call(order(key=key, description=key), Fuse(15)) is None
    world.clock.now += 301

    def upgrade(_: str, params: dict[str, Any], __: str) -> dict[str, Any]:
        if params["description"] == "bad":
            raise ValueError("bad")
        return params

    monkeypatch.setattr("mini_stripe.idempotency.upgrade", upgrade)
    world.complete()
    assert world.key("good")["recovery_point"] == "finished"
    bad = world.key("bad")
    assert (bad["last_error"], bad["locked_at"]) == ("ValueError('bad')", None)
    assert bad["last_run_at"] == world.clock.now, "the others have their turn"


def test_a_kept_500_is_replayed_although_the_completer_died_at_work(world: World) -> None:
    world.network.lost_responses = 1
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
        [left] = reap(server)
    assert left["recovery_point"] == "row_created"


def test_a_key_that_grows_too_old_while_the_completer_works_is_left(world: World) -> None:
    for key in ("slow", "next"):
        assert world.call(order(key=key), Fuse("before network")) is None
    world.clock.now += 24 * 3600 - 1
    charge = world.network.charge

    def slow(*call: Any) -> bool:
        world.clock.now += 80
        return charge(*call)

    world.network.charge = slow  # type: ignore[method-assign]
    world.complete()
    assert world.network.captures == [("mini-1", 500)]
    assert world.key("next")["attempt"] == 1


def test_a_stored_response_is_given_at_any_age(world: World) -> None:
    world.network.lost_responses = 1
    assert code_of(ask(world, order(key="failed"))) == FAULT
    assert ask(world, order(key="done")).status == 200
    world.clock.now += 48 * 3600
    assert code_of(ask(world, order(key="failed"))) == FAULT
    assert ask(world, order(key="done")).replayed


def test_the_reaper_deletes_what_is_finished_and_hands_over_the_rest(world: World) -> None:
    assert ask(world, order(key="done")).status == 200
    world.network.lost_responses = 1
    assert ask(world, order(key="stuck")).status == 500
    with world.server() as server:
        world.clock.now += 24 * 3600 - 1
        assert reap(server) == []
        world.clock.now += 1
        [stuck] = reap(server)
        assert (stuck["key"], stuck["recovery_point"]) == ("stuck", "row_created")
        world.clock.now += 48 * 3600
        reap(server)
        assert len(world.rows("SELECT * FROM keys")) == 2
        world.clock.now += 1
        reap(server)
    assert [row["key"] for row in world.rows("SELECT * FROM keys")] == ["stuck"]


def test_the_reaper_counts_from_the_last_run(world: World) -> None:
    """What was finished late is kept for the client that comes back late."""
    world.network.lost_responses = 1
    assert ask(world, order(V2)).status == 500
    world.clock.now += 23 * 3600
    world.complete()
    world.clock.now += 60 * 3600
    with world.server() as server:
        assert reap(server) == []
    assert ask(world, order(V2)) == Response(200, CHARGE)
    assert world.network.captures == [("mini-1", 500)]


def test_a_reaped_key_is_new_and_charges_again(world: World) -> None:
    assert ask(world, order()).body["id"] == "ch_1"
    world.clock.now += 72 * 3600 + 1
    with world.server() as server:
        reap(server)
    assert ask(world, order()).body["id"] == "ch_2"
    assert world.network.captures == [("mini-1", 500), ("mini-2", 500)]


def test_no_network_key_comes_twice(world: World) -> None:
    """Another purchase after the reaper: the network must not take it for an old one."""
    ask(world, order(key="monday", amount=500))
    world.clock.now += 72 * 3600 + 1
    with world.server() as server:
        reap(server)
    ask(world, order(key="friday", amount=900))
    assert [amount for _, amount in world.network.captures] == [500, 900]


# -- The parts


def test_a_request_has_an_id_of_its_own() -> None:
    first, second = order().request_id, order().request_id
    assert first != second
    assert re.fullmatch("req_[0-9a-f]{16}", first)


def test_the_network_keeps_the_first_outcome_of_a_key() -> None:
    network = CardNetwork()
    assert network.charge("a", 500, "tok_visa")
    assert network.charge("a", 500, "tok_visa")
    assert not network.charge("b", 500, DECLINED)
    assert not network.charge("b", 500, "tok_visa")
    assert network.captures == [("a", 500)]


def test_the_network_acts_although_its_response_is_lost() -> None:
    network = CardNetwork()
    network.lost_responses = 1
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


def kept(world: World, request: Request) -> Response:
    """The response to a request that ends; the repeat must be the same."""
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
    "currency": "eur",
    "reason": None,
    "status": "succeeded",
}
USED_UP = (400, "invalid_request_error", "charge_already_refunded")
TOO_MUCH = (400, "invalid_request_error", None)
NOBODYS = (400, "invalid_request_error", "resource_missing")  # not 404: it is no URL
ALIASES = ["{0}0", "{0} ", " {0}", "{0}\n", "{0}.0", "{0}_1", "{0}{0}"]
STRANGERS = ["1", "_1", "ch_0", "ch_01", "ch_-1", "ch_+1", "ch_\u0661", "ch_", "CH_1", "cus_1x"]


def test_a_refund_without_an_amount_gives_everything_back(world: World) -> None:
    ask(world, order())
    assert kept(world, refund()) == Response(200, REFUND)
    assert world.network.captures == [("mini-1", 500), ("mini-2", -500)]
    assert refunded(world) == [500]


def test_the_parts_of_a_refund_end_at_what_was_paid(world: World) -> None:
    ask(world, order())
    part = kept(world, refund("a", amount=200, metadata={"why": "late"}))
    assert part == Response(200, REFUND | {"amount": 200, "metadata": {"why": "late"}})
    too_much = kept(world, refund("b", amount=301))
    assert code_of(too_much) == TOO_MUCH
    assert "300" in too_much.body["error"]["message"]
    assert kept(world, refund("c")) == Response(200, REFUND | {"id": "re_2", "amount": 300})
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
    response = kept(world, refund(charge=name))
    assert code_of(response) == NOBODYS
    assert response.body["error"]["message"] == f"No such charge: '{name}'"
    assert response.body["error"]["param"] == "charge"
    assert refunded(world) == [0]


def test_a_charge_of_another_account_cannot_be_refunded(world: World) -> None:
    ask(world, order())
    response = kept(world, refund(account="acct_2"))
    assert code_of(response) == NOBODYS
    assert response.body["error"]["message"] == "No such charge: 'ch_1'"
    assert refunded(world) == [0]
    assert world.rows("SELECT * FROM refunds") == []
    assert len(world.rows("SELECT * FROM events")) == 1
    assert ask(world, refund()).status == 200, "the account that owns it can"


@pytest.mark.parametrize("params", [{}, {"amount": 1}, {"amount": 500}])
def test_what_was_never_paid_is_not_given_back(world: World, params: dict[str, Any]) -> None:
    assert ask(world, order(key="declined", source=DECLINED)).status == 402
    assert world.call(order(key="dead"), Fuse("before network")) is None
    for number in (1, 2):
        response = kept(world, refund(f"r{number}", charge=f"ch_{number}", **params))
        assert code_of(response) == TOO_MUCH
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
    response = ask(world, refund(**params))
    assert code_of(response)[:2] == (400, "invalid_request_error")
    [name] = params
    assert response.body["error"]["param"] == name
    assert world.dump() == before


def test_a_refund_whose_response_is_lost_is_made_once(world: World) -> None:
    ask(world, order())
    world.network.lost_responses = 1
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
    assert kept(world, customer()) == Response(200, CUSTOMER)
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
    response = kept(world, order(path, customer=name))
    assert code_of(response) == NOBODYS
    assert response.body["error"]["message"] == f"No such customer: '{name}'"
    assert response.body["error"]["param"] == "customer"
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
    own: dict[str, Any] = {"description": "Tea", "metadata": {"cart": "17", "object": "charge"}}
    assert ask(world, order(**own)).body == CHARGE | own


# -- A customer's card


def cardholder(world: World, **params: Any) -> None:
    assert ask(world, customer("holder", source="tok_mastercard", **params)).status == 200


def card_of(response: Response) -> tuple[str, str]:
    source = response.body["source"]
    return source["brand"], source["last4"]


MASTERCARD, VISA = ("MasterCard", "4444"), ("Visa", "4242")


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize(
    ("params", "card"),
    [
        ({}, MASTERCARD),
        ({"source": ""}, MASTERCARD),
        ({"source": "card_1"}, MASTERCARD),
        ({"source": "tok_visa"}, VISA),
    ],
)
def test_a_charge_takes_the_card_of_its_customer_unless_it_names_another(
    world: World, path: str, params: dict[str, Any], card: tuple[str, str]
) -> None:
    cardholder(world)
    own = {"amount": 500, "currency": "eur", "customer": "cus_1"} | params
    request = dataclasses.replace(order(path), params=own)
    response = ask(world, request)
    assert (response.status, response.body["customer"], card_of(response)) == (200, "cus_1", card)
    assert world.network.captures == [("mini-2", 500)]


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize(
    ("who", "source"),
    [
        ("cus_1", None),
        ("cus_1", ""),
        ("cus_1", "card_1"),
        ("cus_1", "card_2"),
        ("cus_2", "card_1"),
        ("cus_2", "card_20"),
        ("cus_2", "tok_nobody"),
    ],
)
def test_a_card_that_the_customer_does_not_have_is_missing(
    world: World, path: str, who: str, source: str | None
) -> None:
    """The first customer has no card, the second has `card_2`."""
    ask(world, customer())
    cardholder(world)
    own = {"amount": 500, "currency": "eur", "customer": who}
    own |= {} if source is None else {"source": source}
    response = kept(world, dataclasses.replace(order(path), params=own))
    assert response == Response(
        402,
        {
            "error": {
                "type": "card_error",
                "code": "missing",
                "message": "Cannot charge a customer that has no active card",
            }
        },
    )
    assert world.rows("SELECT * FROM charges") == []
    assert world.network.captures == []


def test_a_saved_card_can_be_declined(world: World) -> None:
    ask(world, customer(source=DECLINED))
    own = {"amount": 500, "currency": "eur", "customer": "cus_1"}
    response = kept(world, dataclasses.replace(order(), params=own))
    assert code_of(response) == (402, "card_error", "card_declined")


@pytest.mark.parametrize("path", ["/v1/customers/cus_2", "DELETE /v1/customers/cus_2"])
def test_what_is_missing_in_a_url_is_404(world: World, path: str) -> None:
    """And what is missing in a body is 400, with the name of its parameter: see `NOBODYS`."""
    ask(world, customer())
    response = kept(world, Request("acct_1", "k", path, {}, CURRENT))
    assert code_of(response) == (404, "invalid_request_error", "resource_missing")
    assert message_of(response) == "No such customer: 'cus_2'"
    assert response.body["error"]["param"] == "id"


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
        {"api_version": "2015-02-29"},
        {"api_version": ["2015-02-18"]},
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
    assert {REFUNDS: 400}.get(request_.path, 200) == other.status


def test_paths_do_not_share_a_key(world: World) -> None:
    for request in (order(key="k"), refund("k"), customer("k"), hook("k")):
        response = ask(world, request)
        assert (response.status == 200) == (request.path == V1)
        if request.path != V1:
            assert code_of(response) == MISMATCH


# -- Repeats from a client of another version


OLD = "2015-02-18"  # shows the refunds of a charge unasked


@pytest.mark.parametrize("path", [V1, V2])
def test_a_repeat_in_another_version(world: World, path: str) -> None:
    """v1 replays the first response; v2 renders for the version that asks."""
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
def test_a_response_has_the_shape_of_the_version_that_it_names(
    world: World, path: str, first: str, then: str
) -> None:
    """Also where one request died and another one, of a newer client, goes on."""
    request = dataclasses.replace(order(path), version=first)
    assert world.call(request, Fuse("before network")) is None
    world.clock.now += 90
    for version in (then, first, then):
        response = ask(world, dataclasses.replace(request, version=version))
        shape = response.version or version
        assert ("refunds" in response.body) == (shape == OLD)
