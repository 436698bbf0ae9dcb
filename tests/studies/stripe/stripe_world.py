"""A database file, a card network and a clock that outlive every server of the miniature."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from mini_stripe.completer import complete
from mini_stripe.faults import Clock, Crash, Fuse, crashing_layer
from mini_stripe.idempotency import IdempotencyLayer, Request, Response
from mini_stripe.network import CardNetwork
from mini_stripe.service import open_layer
from mini_stripe.versions import CURRENT

V1, V2 = "/v1/charges", "/v2/charges"
REFUNDS, CUSTOMERS = "/v1/refunds", "/v1/customers"
PARAMS = {"amount": 500, "currency": "eur", "source": "tok_visa"}
ORDER = ["started", "row_created", "paid", "finished"]
POINTS = {
    V1: ORDER,
    V2: ORDER,
    REFUNDS: ["started", "reserved", "finished"],
    CUSTOMERS: ["started", "finished"],
}


def order(path: str = V1, key: str = "cart-17", account: str = "acct_1", **params: Any) -> Request:
    return Request(account, key, path, PARAMS | params, CURRENT)


def refund(key: str = "back-17", account: str = "acct_1", **params: Any) -> Request:
    return Request(account, key, REFUNDS, {"charge": "ch_1"} | params, CURRENT)


def customer(key: str = "who-17", account: str = "acct_1", **params: Any) -> Request:
    return Request(account, key, CUSTOMERS, {"email": "a@shop"} | params, CURRENT)


@cache
def empty_database() -> bytes:
    """The tables of a new server, made once: a file for each world would cost a flush each."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "mini.db"
        open_layer(str(file), CardNetwork(), Clock()).db.close()
        return file.read_bytes()


class World:
    def __init__(self, folder: Path, name: object = "mini") -> None:
        self.file = str(folder / f"{name}.db")
        Path(self.file).write_bytes(empty_database())
        self.network = CardNetwork()
        self.clock = Clock()

    def twin(self, name: object) -> World:
        """Another world in which the same has happened so far."""
        twin = World(Path(self.file).parent, name)
        with (
            closing(sqlite3.connect(self.file)) as ours,
            closing(sqlite3.connect(twin.file)) as theirs,
        ):
            theirs.executescript("PRAGMA synchronous = OFF")
            ours.backup(theirs)  # with what is committed and still stands in the log
        twin.clock.now = self.clock.now
        twin.network.captures = [*self.network.captures]
        twin.network.approved = {**self.network.approved}
        twin.network.lost_responses = self.network.lost_responses
        return twin

    @contextmanager
    def server(self, fuse: Fuse | None = None) -> Iterator[IdempotencyLayer]:
        """A server process; closing its connection is what its death does to it."""
        server = crashing_layer(self.file, self.network, self.clock, fuse or Fuse())
        with closing(server.db):
            # A process dies here, never the machine: nothing has to reach the disk.
            server.db.executescript("PRAGMA synchronous = OFF")
            yield server

    def call(self, request: Request, fuse: Fuse | None = None) -> Response | None:
        """One request to a process of its own; None when that died."""
        with self.server(fuse) as server:
            try:
                return server.handle(request)
            except Crash:
                return None

    def complete(self, fuse: Fuse | None = None) -> None:
        with self.server(fuse) as server:
            try:
                complete(server)
            except Crash:
                return

    def rows(self, query: str) -> list[dict[str, Any]]:
        [rows] = self.tables(query)
        return rows

    def tables(self, *queries: str) -> list[list[dict[str, Any]]]:
        with closing(sqlite3.connect(self.file)) as db:
            db.row_factory = sqlite3.Row
            return [[dict(row) for row in db.execute(sql)] for sql in queries]

    def key(self, name: str = "cart-17") -> dict[str, Any]:
        [row] = self.rows(f"SELECT * FROM keys WHERE key = '{name}'")
        return row

    def captures_per_key(self) -> Counter[str]:
        return Counter(key for key, _ in self.network.captures)

    def dump(self) -> str:
        with closing(sqlite3.connect(self.file)) as db:
            return "\n".join(db.iterdump())


def steps(request: Request, folder: Path) -> list[str]:
    """The names of all steps of a request that nothing disturbs."""
    fuse = Fuse()
    World(folder).call(request, fuse)
    return fuse.steps
