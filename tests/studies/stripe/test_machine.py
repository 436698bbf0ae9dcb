"""Any schedule of requests, deaths, lost responses, late workers, completer and reaper."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from mini_stripe.completer import reap
from mini_stripe.faults import Crash, Fuse
from mini_stripe.idempotency import Claim, IdempotencyLayer, Refusal, Request, Response
from mini_stripe.network import DECLINED
from mini_stripe.versions import CURRENT
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
)

TABLES = {V1: "charges", V2: "charges", REFUNDS: "refunds", CUSTOMERS: "customers"}
ACCOUNTS = st.sampled_from(["acct_1", "acct_1", "acct_1", "acct_2"])
PARAMS = st.sampled_from(
    [
        {},
        {},
        {},
        {"amount": 900},
        {"source": DECLINED},
        {"amount": -1},
        {"customer": "cus_1"},
        {"customer": "cus_2"},
        {"customer": "cus_1", "source": ""},
    ]
)
ORDERS = st.builds(
    lambda path, key, account, params: order(path, key, account, **params),
    st.sampled_from([V1, V2]),
    st.sampled_from(["a", "b", "c"]),
    ACCOUNTS,
    PARAMS,
)
BACK = st.builds(
    lambda wanted, account: refund(wanted[0], account, charge=wanted[1], **wanted[2]),
    st.sampled_from(
        [
            ("r", "ch_1", {}),
            ("s", "ch_1", {"amount": 100}),
            ("t", "ch_1", {"amount": 200}),
            ("u", "ch_1", {"amount": 200}),
            ("v", "ch_1", {"amount": 350}),
            ("v", "ch_1", {"amount": 150}),
            ("w", "ch_1", {"amount": 501}),
            ("x", "ch_3", {}),
            ("y", "ch_3", {"amount": 300}),
            ("z", "ch_2", {"amount": 300}),
            ("q", "ch_3", {}),
            ("p", "ch_4", {}),
            ("a", "ch_1", {}),  # which may be the key of a charge
        ]
    ),
    ACCOUNTS,
)
PEOPLE = st.builds(
    lambda key, account: customer(key, account, name="Bob"),
    st.sampled_from(["k", "l", "b"]),
    ACCOUNTS,
)
FUSES = st.none() | st.just("after network") | st.integers(1, 50)
WAITS = st.sampled_from([1, 61, 90, 301, 72 * 3600 + 1])
CHANGING = ("amount_refunded", "refunded")  # in a charge that v2 renders afresh


class Worker:
    """A server that stands still between two of its phases."""

    def __init__(self, server: IdempotencyLayer, claim: Claim) -> None:
        self.server = server
        self.claim = claim


def asked_by(key: dict[str, Any]) -> Request:
    """The request that the row of a key holds."""
    params = json.loads(key["params"])
    return Request(key["account"], key["key"], key["path"], params, CURRENT, key["request_id"])


def is_end(request: Request, response: Response) -> bool:
    """Whether the key keeps it: the work was done, or was found to be impossible."""
    if response.status == 500:
        return request.path != V2  # v2 goes on at the next request
    if response.status == 400:
        message = str(response.body["error"]["message"])
        return message.startswith(("There is", "The charge has not succeeded", "No such c"))
    return response.status in (200, 402)


def is_without_object(response: Response) -> bool:
    """Whether nothing was made: then v2, too, has only the stored response."""
    return "error" in response.body and response.body["error"]["code"] != "card_declined"


def stable(response: Response) -> tuple[int, dict[str, Any]]:
    """What every repeat must get; under v2 a charge may have been refunded since."""
    return response.status, {k: v for k, v in response.body.items() if k not in CHANGING}


def names_in(value: Any) -> Iterator[tuple[str, int]]:
    """The objects that a response names, as table and number."""
    if isinstance(value, dict):
        for inner in value.values():
            yield from names_in(inner)
    elif isinstance(value, str) and value[-1:].isdecimal():
        prefix, _, number = value.partition("_")
        for table in ("charges", "customers", "refunds"):
            if prefix == {"charges": "ch", "customers": "cus", "refunds": "re"}[table]:
                yield table, int(number)


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = self.stack.enter_context(TemporaryDirectory())
        self.world = World(Path(folder))
        self.reader = self.stack.enter_context(closing(sqlite3.connect(self.world.file)))
        self.reader.row_factory = sqlite3.Row
        self.points: dict[int, int] = {}
        self.final: dict[int, tuple[int, dict[str, Any]]] = {}
        self.objects: dict[int, tuple[str, int]] = {}  # of all keys, also of reaped ones
        self.finished: set[str] = set()  # the first requests of all finished keys
        self.workers: list[Worker] = []

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        return [dict(row) for row in self.reader.execute(query, values)]

    def stored(self) -> int:
        """A number that any commit of another connection changes; the file alone would not do."""
        [version] = self.reader.execute("PRAGMA data_version").fetchone()
        return int(version)

    def get(self, request: Request) -> int | None:
        query = "SELECT id FROM keys WHERE account = ? AND key = ?"
        for row in self.rows(query, request.account, request.key):
            return int(row["id"])
        return None

    def saw(self, request: Request, response: Response) -> None:
        """A client got this response: is it what the contract allows?"""
        row = self.get(request)
        if response.status == 200:
            self.nothing_of_others(request, response)
        if is_end(request, response):
            assert row is not None
            known = stable(response)
            if row in self.final:
                shown_now = request.path == V2 and not is_without_object(response)
                assert response.replayed is not shown_now
            assert self.final.setdefault(row, known) == known
            if request.path == V2 and response.status == 200:
                query = f"SELECT * FROM charges WHERE id = {response.body['id'][3:]}"
                [charge] = self.rows(query)
                assert response.body["amount_refunded"] == charge["refunded"]
        else:
            assert response.status in (400, 409, 500)
            assert (response.status == 500) <= (row is not None)
            assert not response.replayed

    def nothing_of_others(self, request: Request, response: Response) -> None:
        for table, number in names_in(response.body):
            [row] = self.rows(f"SELECT * FROM {table} WHERE id = {number}")
            assert row["account"] == request.account

    @initialize()
    def somebody_has_paid(self) -> None:
        """So that there is something to give back: ``ch_1``; and ``ch_2`` is another account's."""
        self.call(order(V1, "paid"), None)
        self.call(order(V2, "paid", "acct_2"), None)

    @rule(request=ORDERS | PEOPLE, fuse=FUSES)
    def charge(self, request: Request, fuse: int | str | None) -> None:
        self.call(request, fuse)

    @rule(request=BACK, fuse=FUSES)
    def give_back(self, request: Request, fuse: int | str | None) -> None:
        self.call(request, fuse)

    def call(self, request: Request, fuse: int | str | None) -> None:
        before = self.stored()
        response = self.world.call(request, Fuse(fuse))
        if response is None:
            return
        if response.status in (400, 409) and not is_end(request, response):
            assert self.stored() == before, "a refusal stores nothing"
        self.saw(request, response)

    @rule(which=st.integers(0, 9), seconds=WAITS, fuse=FUSES)
    def come_back(self, which: int, seconds: int, fuse: int | str | None) -> None:
        """A client repeats its request; first those who have no response yet."""
        keys = self.rows("SELECT * FROM keys ORDER BY response IS NOT NULL, id DESC")
        if keys:
            self.wait(seconds)
            self.call(asked_by(keys[which % min(4, len(keys))]), fuse)

    @rule(request=ORDERS | BACK, steps=st.integers(0, 2))
    def start_and_stand_still(self, request: Request, steps: int) -> None:
        server = self.stack.enter_context(self.world.server())
        try:
            server.endpoints[request.path].validate(request)
            claim = server.claim(request)
        except Refusal:
            return
        if isinstance(claim, Claim):
            self.workers.append(Worker(server, claim))
            for _ in range(steps):
                self.work(self.workers[-1])

    def work(self, worker: Worker) -> Response | None:
        """One phase, as the layer runs it; a lost response of the network only stops it."""
        if worker.claim.recovery_point == "finished":
            return None
        try:
            worker.claim, response = worker.server.run_phase(worker.claim)
        except TimeoutError:
            return None
        return response

    @precondition(lambda self: self.workers)
    @rule(which=st.integers(0, 5), whole=st.booleans(), overtaken=st.booleans())
    def go_on(self, which: int, whole: bool, overtaken: bool) -> None:
        worker = self.workers[which % len(self.workers)]
        if overtaken:
            for key in self.rows(f"SELECT * FROM keys WHERE id = {worker.claim.id}"):
                self.world.clock.now += 90
                self.call(asked_by(key), None)
        rows = self.rows(f"SELECT * FROM keys WHERE id = {worker.claim.id}")
        row = rows[0] if rows else None
        late = row is None or row["attempt"] != worker.claim.attempt
        before = self.stored()
        try:
            if whole and worker.claim.recovery_point != "finished":
                contract = worker.server.endpoints[worker.claim.path].contract
                response: Response | None = worker.server.run(worker.claim, contract)
                self.workers.remove(worker)
            else:
                response = self.work(worker)
            if response is not None:
                assert row is not None
                assert not late
                self.saw(asked_by(row), response)
        except Refusal:
            assert late
            assert self.stored() == before, "a late worker stores nothing"
            self.workers.remove(worker)

    @rule(number=st.integers(0, 2))
    def lose_responses(self, number: int) -> None:
        self.world.network.lost_responses = number

    @rule(seconds=WAITS)
    def wait(self, seconds: int) -> None:
        self.world.clock.now += seconds
        if seconds > 72 * 3600:
            # Longer than the network remembers; and nobody stands still for so long.
            self.world.network.approved.clear()
            self.workers.clear()

    @rule(fuse=FUSES)
    def complete(self, fuse: int | str | None) -> None:
        self.world.complete(Fuse(fuse))

    @rule(fuse=FUSES, late=st.booleans())
    def reap(self, fuse: int | str | None, late: bool) -> None:
        if late:
            self.wait(72 * 3600 + 1)
        before = {row["id"]: row for row in self.rows("SELECT * FROM keys")}
        with self.world.server(Fuse(fuse)) as server:
            try:
                left = {row["id"] for row in reap(server)}
            except Crash:
                left = set()
        after = {row["id"] for row in self.rows("SELECT * FROM keys")}
        for number in before.keys() - after:
            assert before[number]["recovery_point"] == "finished"
            assert before[number]["last_run_at"] < self.world.clock.now - 72 * 3600
        assert all(before[number]["recovery_point"] != "finished" for number in left)

    @invariant()
    def one_capture_for_a_key(self) -> None:
        """Also where the network has forgotten what it did, and would do it again."""
        assert all(number == 1 for number in self.world.captures_per_key().values())

    @invariant()
    def rows_agree(self) -> None:
        keys, charges, refunds, customers, events = (
            self.rows(f"SELECT * FROM {table}")
            for table in ("keys", "charges", "refunds", "customers", "events")
        )
        tables = {
            "charges": {row["id"]: row for row in charges},
            "refunds": {row["id"]: row for row in refunds},
            "customers": {row["id"]: row for row in customers},
        }
        for key in keys:
            point = POINTS[key["path"]].index(key["recovery_point"])
            assert point >= self.points.get(key["id"], 0), "a recovery point went back"
            self.points[key["id"]] = point
            finished = key["recovery_point"] == "finished"
            if key["object_id"] is not None:
                self.objects[key["id"]] = (TABLES[key["path"]], key["object_id"])
                owned = tables[TABLES[key["path"]]][key["object_id"]]
                assert owned["account"] == key["account"]
                assert point >= 1
                if key["path"] in (V1, V2):
                    assert (owned["status"] == "pending") == (point == 1)
                if key["path"] == REFUNDS:
                    assert (owned["status"] == "pending") == (point == 1)
            else:
                assert point == 0 or (finished and key["response"] is not None)
            if finished:
                assert key["response"] is not None
                assert key["locked_at"] is None
                if key["object_id"] is not None:
                    self.finished.add(key["request_id"])
        assert len(set(self.objects.values())) == len(self.objects), "an object has two keys"
        assert sorted(self.objects.values()) == sorted(
            (table, number) for table, rows in tables.items() for number in rows
        ), "an object has no key"
        assert sorted(event["request_id"] for event in events) == sorted(self.finished)
        for event in events:
            assert json.loads(event["object"])["id"]
        for charge in charges:
            if charge["customer"] is not None:
                assert tables["customers"][charge["customer"]]["account"] == charge["account"]

        self.nobody_gets_more_back_than_was_paid(charges, refunds)

    def nobody_gets_more_back_than_was_paid(
        self, charges: list[dict[str, Any]], refunds: list[dict[str, Any]]
    ) -> None:
        given: Counter[int] = Counter()
        for row in refunds:
            given[row["charge"]] += row["amount"]
            assert row["amount"] > 0
        for charge in charges:
            paid = charge["amount"] if charge["status"] == "succeeded" else 0
            assert charge["refunded"] == given.pop(charge["id"], 0) <= paid
        assert not given
        accounts = {charge["id"]: charge["account"] for charge in charges}
        assert all(accounts[row["charge"]] == row["account"] for row in refunds)
        self.the_network_agrees(
            {row["id"]: row for row in charges}, {row["id"]: row for row in refunds}
        )

    def the_network_agrees(
        self, charges: dict[int, dict[str, Any]], refunds: dict[int, dict[str, Any]]
    ) -> None:
        """Each movement is that of one object, and all of a charge together are no loss."""
        balance: Counter[int] = Counter()
        for key, amount in self.world.network.captures:
            table, number = self.objects[int(key.removeprefix("mini-"))]
            if table == "charges":
                assert amount == charges[number]["amount"]
                assert key == charges[number]["network_key"]
                balance[number] += amount
            else:
                assert table == "refunds"
                assert -amount == refunds[number]["amount"]
                balance[refunds[number]["charge"]] += amount
        assert all(amount >= 0 for amount in balance.values())
        captured = self.world.captures_per_key().keys()
        for number, (table, row) in self.objects.items():
            if table in ("charges", "refunds"):
                done = {"charges": charges, "refunds": refunds}[table][row]["status"]
                assert (done == "succeeded") <= (f"mini-{number}" in captured)
                assert (done == "failed") <= (f"mini-{number}" not in captured)

    def teardown(self) -> None:
        """Faults end, the completer comes once more: everything stands once."""
        with self.stack:
            self.world.network.lost_responses = 0
            self.world.clock.now += 301
            self.world.complete()
            self.rows_agree()
            self.one_capture_for_a_key()
            keys = self.rows("SELECT * FROM keys")
            horizon = self.world.clock.now - 24 * 3600
            unfinished = {key["id"] for key in keys if key["recovery_point"] != "finished"}
            assert all(key["created_at"] <= horizon for key in keys if key["id"] in unfinished)
            moved = {f"mini-{number}" for number in unfinished}
            for number, (table, row) in self.objects.items():
                if table != "customers":
                    [found] = self.rows(f"SELECT * FROM {table} WHERE id = {row}")
                    if found["status"] == "succeeded":
                        moved.add(f"mini-{number}")
            assert self.world.captures_per_key().keys() <= moved
            for key in keys:
                response = self.world.call(asked_by(key))
                assert response is not None
                if key["id"] in unfinished and response.status == 409:
                    continue  # a human has it now
                assert self.final.get(key["id"], stable(response)) == stable(response)


TestMachine = pytest.mark.slow(Machine.TestCase)
TestMachine.settings = settings(
    max_examples=130,
    stateful_step_count=30,
    suppress_health_check=list(HealthCheck),
)
