"""Any schedule of requests, deaths, lost answers, late workers, completer and reaper."""

from __future__ import annotations

import json
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from mini_stripe.faults import Crash, Fuse
from mini_stripe.idempotency import Answer, Claim, IdempotencyLayer, Refusal, Request
from mini_stripe.network import DECLINED
from stripe_world import ORDER, V1, V2, World, order

KEYS = st.sampled_from(["a", "b", "c"])
PATHS = st.sampled_from([V1, V2])
PARAMS = st.sampled_from([{}, {}, {}, {"amount": 900}, {"source": DECLINED}, {"amount": -1}])
FUSES = st.none() | st.integers(1, 45)
WAITS = st.sampled_from([1, 61, 90, 301, 72 * 3600 + 1])


class Worker:
    """A server that stands still between two of its phases."""

    def __init__(self, server: IdempotencyLayer, claim: Claim) -> None:
        self.server = server
        self.claim = claim


class Machine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.stack = ExitStack()
        folder = self.stack.enter_context(TemporaryDirectory())
        self.world = World(Path(folder))
        self.points: dict[int, int] = {}
        self.final: dict[int, tuple[int, dict[str, Any]]] = {}
        self.workers: list[Worker] = []

    def row_of(self, request: Request) -> int | None:
        for row in self.world.rows("SELECT * FROM keys"):
            if (row["account"], row["key"]) == (request.account, request.key):
                return int(row["id"])
        return None

    def saw(self, request: Request, answer: Answer) -> None:
        """A client got this answer: is it what the contract allows?"""
        row = self.row_of(request)
        if answer.status == 500:
            assert row is not None
            if request.path == V2:
                return  # not an end: the next request goes on
        if answer.status in (200, 402, 500):
            assert row is not None
            told = (answer.status, answer.body)
            if row in self.final:
                assert answer.replayed is (request.path == V1)
            assert self.final.setdefault(row, told) == told
        else:
            assert answer.status in (400, 409)
            assert not answer.replayed

    @rule(key=KEYS, path=PATHS, params=PARAMS, fuse=FUSES)
    def call_rule(self, key: str, path: str, params: dict[str, Any], fuse: int | None) -> None:
        self.call(key, path, params, fuse)

    def call(self, key: str, path: str, params: dict[str, Any], fuse: int | None) -> None:
        request = order(path, key, **params)
        before = self.world.dump()
        answer = self.world.call(request, Fuse(fuse))
        if answer is None:
            return
        if answer.status in (400, 409):
            assert self.world.dump() == before, "a refusal stores nothing"
        self.saw(request, answer)

    @rule(key=KEYS, path=PATHS, steps=st.integers(0, 2))
    def start_and_stand_still(self, key: str, path: str, steps: int) -> None:
        request = order(path, key)
        server = self.stack.enter_context(self.world.server())
        try:
            claim = server.claim(request, server.endpoints[path])
        except Refusal:
            return
        if isinstance(claim, Claim):
            self.workers.append(Worker(server, claim))
            for _ in range(steps):
                self.work(self.workers[-1])

    def work(self, worker: Worker) -> Answer | None:
        """One phase, as the layer runs it; a lost answer of the network only stops it."""
        server = worker.server
        phase = server.endpoints[worker.claim.path].phases.get(worker.claim.recovery_point)
        if phase is None:
            return None
        try:
            outcome = phase.abroad(worker.claim) if phase.abroad else None
        except TimeoutError:
            return None
        worker.claim, answer = server.record(worker.claim, phase, outcome)
        return answer

    @precondition(lambda self: self.workers)
    @rule(which=st.integers(0, 5), whole=st.booleans(), overtaken=st.booleans())
    def go_on(self, which: int, whole: bool, overtaken: bool) -> None:
        worker = self.workers[which % len(self.workers)]
        if overtaken:
            for key in self.world.rows(f"SELECT * FROM keys WHERE id = {worker.claim.id}"):
                self.world.clock.now += 90
                self.call(key["key"], key["path"], {}, None)
        rows = self.world.rows(f"SELECT * FROM keys WHERE id = {worker.claim.id}")
        row = rows[0] if rows else None
        late = row is None or row["attempt"] != worker.claim.attempt
        before = self.world.dump()
        try:
            if whole and worker.claim.recovery_point != "finished":
                contract = worker.server.endpoints[worker.claim.path].contract
                answer: Answer | None = worker.server.run(worker.claim, contract)
                self.workers.remove(worker)
            else:
                answer = self.work(worker)
            if answer is not None:
                assert row is not None
                assert not late
                self.saw(order(worker.claim.path, row["key"]), answer)
        except Refusal:
            assert late
            assert self.world.dump() == before, "a late worker stores nothing"
            self.workers.remove(worker)

    @rule(number=st.integers(0, 2))
    def lose_answers(self, number: int) -> None:
        self.world.network.lost_answers = number

    @rule(seconds=WAITS)
    def wait(self, seconds: int) -> None:
        self.world.clock.now += seconds
        if seconds > 72 * 3600:
            # Longer than the network remembers; and nobody stands still for so long.
            self.world.network.approved.clear()
            self.workers.clear()

    @rule(fuse=FUSES)
    def complete(self, fuse: int | None) -> None:
        self.world.complete(Fuse(fuse))

    @rule(fuse=FUSES, late=st.booleans())
    def reap(self, fuse: int | None, late: bool) -> None:
        if late:
            self.wait(72 * 3600 + 1)
        before = {row["id"]: row for row in self.world.rows("SELECT * FROM keys")}
        with self.world.server(Fuse(fuse)) as server:
            try:
                left = {row["id"] for row in server.reap()}
            except Crash:
                left = set()
        after = {row["id"] for row in self.world.rows("SELECT * FROM keys")}
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
        keys, charges, events = self.world.tables(
            "SELECT * FROM keys", "SELECT * FROM charges", "SELECT * FROM events"
        )
        by_id = {charge["id"]: charge for charge in charges}
        staged = [event["charge_id"] for event in events]
        assert len(staged) == len(set(staged))
        owned = [key["object_id"] for key in keys if key["object_id"] is not None]
        assert len(owned) == len(set(owned))
        for key in keys:
            point = ORDER.index(key["recovery_point"])
            assert point >= self.points.get(key["id"], 0), "a recovery point went back"
            self.points[key["id"]] = point
            assert (key["object_id"] in by_id) == (point >= 1)
            assert (key["object_id"] in staged) == (point == 3)
            if point >= 1:
                assert (by_id[key["object_id"]]["status"] == "pending") == (point == 1)
            if point == 3:
                assert key["answer"] is not None
                assert key["locked_at"] is None
        paid = {f"mini-{key['id']}" for key in keys if key["recovery_point"] == "paid"}
        assert paid <= self.world.captures_per_key().keys()

    def teardown(self) -> None:
        """Faults end, the completer comes once more: everything stands once."""
        with self.stack:
            self.world.network.lost_answers = 0
            self.world.clock.now += 301
            self.world.complete()
            self.rows_agree()
            self.one_capture_for_a_key()
            keys = self.world.rows("SELECT * FROM keys")
            horizon = self.world.clock.now - 24 * 3600
            unfinished = {key["id"] for key in keys if key["recovery_point"] != "finished"}
            assert all(key["created_at"] <= horizon for key in keys if key["id"] in unfinished)
            paid = self.world.rows("SELECT network_key FROM charges WHERE status = 'succeeded'")
            captured = self.world.captures_per_key().keys()
            assert {charge["network_key"] for charge in paid} <= captured
            assert captured <= {charge["network_key"] for charge in paid} | {
                f"mini-{number}" for number in unfinished
            }
            for key in keys:
                params = json.loads(key["params"])
                request = Request(key["account"], key["key"], key["path"], params)
                answer = self.world.call(request)
                assert answer is not None
                if key["id"] in unfinished and answer.status == 409:
                    continue  # a human has it now
                told = (answer.status, answer.body)
                assert self.final.get(key["id"], told) == told


TestMachine = Machine.TestCase
TestMachine.settings = settings(
    derandomize=True,
    deadline=None,
    max_examples=100,
    stateful_step_count=30,
    suppress_health_check=list(HealthCheck),
)
