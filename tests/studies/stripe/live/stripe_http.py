"""The server of the miniature on loopback, as its clients see it, and a receiver of webhooks."""

from __future__ import annotations

import json
import socket
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from functools import partialmethod
from http.client import HTTPConnection, parse_headers
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from typing import Any, NamedTuple
from unittest.mock import patch
from urllib.parse import urlencode

import mini_stripe.server as server
from mini_stripe.api import open_account
from mini_stripe.idempotency import IdempotencyLayer
from mini_stripe.limiters import Limits
from mini_stripe.service import open_layer
from stripe_world import empty_database

PATIENCE = 120  # seconds, for a thread in the background on a busy machine
CHARGE = {"amount": 500, "currency": "eur", "source": "tok_visa"}


def until(true: Callable[[], Any]) -> None:
    """Wait for a thread in the background; the deadline is generous."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.005)


class Response(NamedTuple):
    status: int
    headers: Mapping[str, str]  # names in lower case
    body: Any


def clear(response: Response) -> tuple[int, str, str | None]:
    """An error that says what it is: its status, type and code."""
    assert response.headers["content-type"] == "application/json"
    assert set(response.body) == {"error"}
    error = response.body["error"]
    assert {"type", "code", "message"} <= set(error)
    assert error["message"]
    assert response.status >= 400
    return response.status, error["type"], error["code"]


def responses(raw: bytes) -> list[Response]:
    """What a server wrote to a connection, response by response."""
    found = []
    while raw:
        head, _, rest = raw.partition(b"\r\n\r\n")
        line, _, fields = head.partition(b"\r\n")
        assert line.startswith(b"HTTP/1.1 "), raw
        headers = {k.lower(): v for k, v in parse_headers(BytesIO(fields)).items()}
        length = int(headers["content-length"])
        body, raw = rest[:length], rest[length:]
        found.append(Response(int(line.split()[1]), headers, json.loads(body)))
    return found


@dataclass
class Served:
    """A running server, its file, and its canonical lines."""

    running: server.Running
    file: str
    lines: list[str]

    @property
    def port(self) -> int:
        return int(self.running.url.rpartition(":")[2])

    def account(self, name: str) -> str:
        """The key of an account."""
        with closing(self.connect()) as db:
            return open_account(db, name)

    def connect(self) -> sqlite3.Connection:
        return sqlite3.connect(self.file, timeout=30, isolation_level=None)

    def rows(self, query: str, *values: object) -> list[dict[str, Any]]:
        with closing(self.connect()) as db:
            db.row_factory = sqlite3.Row
            return [dict(row) for row in db.execute(query, values)]

    def captures(self, account: str = "acct_1") -> list[int]:
        """The amounts that an account's charges moved, in their order."""
        keys = {
            row["network_key"]
            for row in self.rows("SELECT network_key FROM charges WHERE account = ?", account)
        }
        return [amount for key, amount in self.running.network.captures if key in keys]

    def ask(
        self,
        method: str,
        path: str,
        params: Mapping[str, Any] | None = None,
        body: bytes | None = None,
        key: str | None = None,
        **headers: str,
    ) -> Response:
        """One request on a connection of its own; `stripe_version` names a header."""
        if params is not None:
            body = urlencode(params, doseq=True).encode()
        sent = {"Authorization": f"Bearer {key or self.running.key}"}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        with closing(HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)) as connection:
            connection.request(method, path, body, sent)
            response = connection.getresponse()
            headers = {name.lower(): value for name, value in response.getheaders()}
            return Response(response.status, headers, json.loads(response.read()))

    def charge(self, key: str | None = None, **headers: str) -> Response:
        return self.ask("POST", "/v1/charges", CHARGE, None, key, **headers)

    def talk(self, sent: bytes, cut: bool = False) -> bytes:
        """What comes back for some bytes, if need be cut off there, until the end."""
        with socket.create_connection(("127.0.0.1", self.port), PATIENCE) as connection:
            connection.sendall(sent)
            if cut:
                connection.shutdown(socket.SHUT_WR)
            return b"".join(iter(lambda: connection.recv(65536), b""))

    def head(self, text: str, length: int | None = None, key: str | None = None) -> bytes:
        """The head of a request that ends its connection: its first line, then headers."""
        lines = [*text.split("\n"), "Connection: close"]
        lines.append(f"Authorization: Bearer {key or self.running.key}")
        if length is not None:
            lines.append(f"Content-Length: {length}")
        return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def opened(*its: Any) -> IdempotencyLayer:
    """Return a layer that never waits for the disk: a process may die here, the machine doesn't."""
    layer = open_layer(*its)
    layer.db.execute("PRAGMA synchronous = OFF")
    return layer


@contextmanager
def served(
    file: Path,
    clock: Callable[[], int] = lambda: int(time.time()),
    limits: Limits | None = None,
) -> Iterator[Served]:
    """A server that reads and writes a file, new or old, and ends quickly."""
    if not file.exists():
        file.write_bytes(empty_database())
    lines: list[str] = []
    run = partialmethod(ThreadingHTTPServer.serve_forever, 0.01)
    with ExitStack() as stack:
        with (
            patch.object(server, "open_layer", opened),
            patch.object(server.Server, "serve_forever", run),
        ):
            serving = server.serve(str(file), clock=clock, log=lines.append, limits=limits)
            running = stack.enter_context(serving)
        yield Served(running, str(file), lines)


class Delivery(NamedTuple):
    path: str
    signature: str
    body: bytes


@dataclass
class Receiver:
    """Takes what is sent to a webhook endpoint, and responds with the status it is given."""

    url: str
    got: list[Delivery] = field(default_factory=list)
    status: int = 200
    hold: threading.Event = field(default_factory=threading.Event)  # responses wait while clear


@contextmanager
def receiver() -> Iterator[Receiver]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            it.got.append(Delivery(self.path, self.headers["Stripe-Signature"], body))
            assert it.hold.wait(PATIENCE)
            self.send_response(it.status)
            self.end_headers()

        def log_message(self, *_: Any) -> None:
            """Write no log."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        it = Receiver(f"http://127.0.0.1:{http.server_port}/hook")
        it.hold.set()
        thread = threading.Thread(target=http.serve_forever, args=(0.01,), name="receiver")
        thread.start()
        try:
            yield it
        finally:
            http.shutdown()
            thread.join()
