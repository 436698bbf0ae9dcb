"""The recipe for a shop, against the server: one purchase is paid and shipped once."""

from __future__ import annotations

import json
import logging
import re
import sqlite3
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product
from pathlib import Path
from threading import Event, Thread
from types import SimpleNamespace
from typing import Any

import pytest
import stripe

import shop.payments as recipe
from mini_stripe.completer import MIN_AGE
from mini_stripe.faults import Clock
from mini_stripe.idempotency import HORIZON
from mini_stripe.network import DECLINED
from mini_stripe.server import Running, serve
from mini_stripe.webhooks import signature_header
from shop.payments import (
    DEADLINE,
    EVENTS,
    LOOK_BACK,
    RETRIES,
    STATES,
    TIMEOUT,
    Shop,
    open_client,
)

PATIENCE = 120  # seconds, for a thread in the background on a busy machine
NOW = 1_790_000_000
LEDGER = Path(__file__).parents[4] / "source/elite/stripe-api-excellence/ledger.md"
ORDER: Any = ("order-1", 500, "tok_visa")


def until(true: Callable[[], Any]) -> None:
    """Wait for a thread in the background; the deadline is generous."""
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end, "nothing happened"
        time.sleep(0.005)


@pytest.fixture(autouse=True)
def _library(monkeypatch: pytest.MonkeyPatch) -> None:
    """It sends nothing but requests, straight to the loopback, and hardly waits."""
    monkeypatch.setattr(stripe, "enable_telemetry", False)
    monkeypatch.setattr(stripe.HTTPClient, "_sleep_time_seconds", lambda *_: 0.005)
    monkeypatch.setattr(recipe, "TIMEOUT", PATIENCE)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@dataclass
class World:
    """What outlives the processes: two files, a clock, and a port for events."""

    folder: Path
    clock: Clock
    stack: ExitStack
    running: Running = field(init=False)
    url: str = "http://127.0.0.1:1"  # nobody
    secret: str = ""
    key: str = "sk_test_none"

    @contextmanager
    def server(self) -> Iterator[Running]:
        file = str(self.folder / "mini.db")
        with serve(file, clock=self.clock, log=lambda line: None) as running:
            self.running, self.url, self.key = running, running.url, running.key
            yield running

    def shop(self, http: stripe.RequestsClient | None = None) -> Shop:
        """A process of the shop, perhaps with a connection of its own kind."""
        client = open_client(self.key, base_addresses={"api": self.url})
        if http:
            client = stripe.StripeClient(
                self.key, http_client=http, base_addresses={"api": self.url}
            )
        db = sqlite3.connect(self.folder / "shop.db", timeout=30, check_same_thread=False)
        self.stack.enter_context(closing(db))
        self.stack.callback(client._requestor._client.close)
        return Shop(db, client, self.secret, self.clock)

    def captures(self) -> list[int]:
        return [amount for _, amount in self.running.network.captures]

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        with closing(sqlite3.connect(self.folder / "shop.db")) as db:
            return db.execute(query).fetchall()

    def states(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT order_id, state FROM payments ORDER BY rowid")

    def shipments(self) -> list[tuple[Any, ...]]:
        return self.rows("SELECT order_id FROM shipments ORDER BY order_id")

    @contextmanager
    def receiver(self) -> Iterator[None]:
        """A process that receives events, registered at the server."""
        world = self

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                db = sqlite3.connect(world.folder / "shop.db", timeout=30)
                with closing(db):
                    client = open_client(world.key)
                    shop = Shop(db, client, world.secret, world.clock)
                    status = shop.receive(body, self.headers["Stripe-Signature"])
                self.send_response(status)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Write no log."""

        with ThreadingHTTPServer(("127.0.0.1", 0), Hook) as http:
            url = f"http://127.0.0.1:{http.server_port}/hook"
            client = self.shop().client
            params: Any = {"url": url, "enabled_events": EVENTS}
            made = client.v1.webhook_endpoints.create(params)
            assert made.secret
            self.secret = made.secret
            thread = Thread(target=http.serve_forever, args=(0.01,))
            thread.start()
            try:
                yield
            finally:
                http.shutdown()
                thread.join()


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    clock = Clock(NOW)
    monkeypatch.setattr("stripe._webhook.time", SimpleNamespace(time=clock))
    with ExitStack() as stack:
        yield World(tmp_path, clock, stack)


# -- What the customer hears


def test_an_order_is_paid_and_shipped_once(world: World) -> None:
    with world.server():
        shop = world.shop()
        assert [shop.pay(*ORDER) for _ in range(3)] == ["paid"] * 3
        shop.reconcile()
        assert world.captures() == [500]
        [charge] = shop.client.v1.charges.list().data
    [(key,)] = world.rows("SELECT key FROM payments")
    assert charge.metadata is not None
    assert charge.metadata.to_dict() == {"payment": key}
    assert world.shipments() == [("order-1",)]


def test_a_declined_card_is_final_and_another_one_pays(world: World) -> None:
    with world.server():
        shop = world.shop()
        assert shop.pay("order-1", 500, DECLINED) == "declined"
        assert world.shipments() == []
        assert shop.pay(*ORDER) == "paid"
        assert shop.pay("order-1", 500, DECLINED) == "paid", "no third charge"
        assert world.captures() == [500]
    assert world.states() == [("order-1", "declined"), ("order-1", "paid")]
    assert world.shipments() == [("order-1",)]
    assert len({*world.rows("SELECT key FROM payments")}) == 2


def test_each_order_has_a_key_of_its_own(world: World) -> None:
    with world.server():
        shop = world.shop()
        for number in range(3):
            assert shop.pay(f"order-{number}", 100 + number, "tok_visa") == "paid"
        assert world.captures() == [100, 101, 102]
    assert len({*world.rows("SELECT key FROM payments")}) == 3
    assert len(world.shipments()) == 3


def test_the_key_is_stored_before_the_charge_is_sent(world: World) -> None:
    """And committed: another process sees it while the request is under way."""
    seen = []

    class Watching(stripe.RequestsClient):
        def request(self, *args: Any, **more: Any) -> Any:
            seen.append((world.states(), args[2]["Idempotency-Key"]))
            return super().request(*args, **more)

    with world.server():
        world.shop(Watching()).pay(*ORDER)
    [(key,)] = world.rows("SELECT key FROM payments")
    assert seen == [([("order-1", "unknown")], key)]


def test_a_call_has_a_timeout_and_two_repeats() -> None:
    client = open_client("sk_test_1")
    http = client._requestor._client
    assert isinstance(http, stripe.RequestsClient)
    assert http._timeout == recipe.TIMEOUT == PATIENCE, "which the tests have set"
    assert client._requestor._options.max_network_retries == RETRIES == 2
    assert TIMEOUT == 8


# -- What nobody knows


def test_a_charge_that_the_server_finishes_late_is_found_in_the_list(world: World) -> None:
    """The network's response is lost: the server stores a 500, and its completer asks again."""
    with world.server() as running:
        running.network.lost_responses = 1
        assert world.shop().pay(*ORDER) == "unknown"
        shop = world.shop()
        for _ in range(2):
            assert shop.pay(*ORDER) == "unknown"
            shop.reconcile()
        assert world.states() == [("order-1", "unknown")]
        assert world.captures() == [500]
        world.clock.now += MIN_AGE + 100
        until(lambda: shop.reconcile() or world.shipments())
        assert world.captures() == [500]
    assert world.states() == [("order-1", "paid")]


def test_a_charge_that_the_server_finishes_late_is_told_by_its_event(world: World) -> None:
    with world.server() as running, world.receiver():
        running.network.lost_responses = 1
        assert world.shop().pay(*ORDER) == "unknown"
        world.clock.now += MIN_AGE + 100
        until(world.shipments)
        assert world.captures() == [500]
        assert world.shop().pay(*ORDER) == "paid"
    assert world.states() == [("order-1", "paid")]


def test_a_late_decline_lets_the_customer_try_another_card(world: World) -> None:
    with world.server() as running, world.receiver():
        running.network.lost_responses = 1
        shop = world.shop()
        assert shop.pay("order-1", 500, DECLINED) == "unknown"
        assert shop.pay(*ORDER) == "unknown", "the second card waits for the first"
        world.clock.now += MIN_AGE + 100
        until(lambda: world.states() == [("order-1", "declined")])
        assert shop.pay(*ORDER) == "paid"
        assert world.captures() == [500]
    assert world.shipments() == [("order-1",)]


def test_nobody_listens_and_then_the_shop_starts_again(world: World) -> None:
    shop = world.shop()
    assert shop.pay(*ORDER) == "unknown"
    [(key,)] = world.rows("SELECT key FROM payments")
    shop.db.close()
    with world.server():
        assert world.shop().pay(*ORDER) == "paid"
        assert world.captures() == [500]
    assert world.rows("SELECT key FROM payments") == [(key,)]


class Lossy(stripe.RequestsClient):
    """Sends requests and loses the responses."""

    def request(self, *args: Any, **more: Any) -> Any:
        super().request(*args, **more)
        raise stripe.APIConnectionError("the connection was cut", should_retry=True)


@pytest.mark.parametrize("card", ["tok_visa", DECLINED])
@pytest.mark.parametrize("dies", [False, True])
def test_the_response_is_lost_and_the_shop_starts_again(
    world: World, card: str, dies: bool
) -> None:
    """The server may have died as well; its file has the key and the response."""
    outcome = "paid" if card == "tok_visa" else "declined"
    with ExitStack() as servers:
        running = servers.enter_context(world.server())
        assert world.shop(Lossy()).pay("order-1", 500, card) == "unknown"
        captured = running.network.captures
        if dies:
            servers.close()
            servers.enter_context(world.server())
        world.shop().reconcile()
        assert world.states() == [("order-1", outcome)]
        assert not dies or world.captures() == [], "the new server charges nobody"
        assert len(captured) == (outcome == "paid")
    assert world.shipments() == [("order-1",)] * (outcome == "paid")


def test_a_key_in_use_leaves_the_payment_open(world: World) -> None:
    """Two processes send the same payment: one gets 409, and both know it in the end."""
    inside, go_on = Event(), Event()

    with world.server() as running, ThreadPoolExecutor(1) as pool:
        charge = running.network.charge

        def slow(*args: Any) -> bool:
            inside.set()
            assert go_on.wait(PATIENCE)
            return charge(*args)

        running.network.charge = slow  # type: ignore[method-assign]
        first, second = world.shop(), world.shop()
        paid = pool.submit(lambda: first.pay(*ORDER))
        assert inside.wait(PATIENCE)
        assert second.pay(*ORDER) == "unknown"
        go_on.set()
        assert paid.result(PATIENCE) == "paid"
        assert second.pay(*ORDER) == "paid"
        assert world.captures() == [500]
    assert world.shipments() == [("order-1",)]


def warnings(caplog: pytest.LogCaptureFixture) -> list[str]:
    records = [record for record in caplog.records if record.name == "shop.payments"]
    assert all(record.levelno == logging.WARNING for record in records)
    return [record.getMessage() for record in records]


def test_what_the_server_refuses_at_once_is_declined_and_another_card_pays(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """The server has begun nothing with this key, so no charge can exist."""
    with world.server():
        shop = world.shop()
        assert shop.pay("order-1", 500, "tok_typo") == "declined"
        assert world.captures() == []
        [(key,)] = world.rows("SELECT key FROM payments")
        [message] = warnings(caplog)
        assert message.startswith(f"{key}: InvalidRequestError(")
        assert shop.pay(*ORDER) == "paid"
        assert world.captures() == [500]
    assert world.states() == [("order-1", "declined"), ("order-1", "paid")]
    assert world.shipments() == [("order-1",)]


def test_a_later_refusal_leaves_the_payment_open_and_is_logged(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    """A 400 to a repeat says nothing of the first attempt, so a person has to look."""
    assert world.shop().pay("order-1", 500, "tok_typo") == "unknown"
    caplog.clear()
    with world.server():
        shop = world.shop()
        shop.reconcile()
        assert shop.pay("order-1", 500, "tok_typo") == "unknown"
        assert world.captures() == []
    [(key,)] = world.rows("SELECT key FROM payments")
    assert [message[:53] for message in warnings(caplog)] == [f"{key}: InvalidRequestError"] * 2
    assert world.states() == [("order-1", "unknown")]


class Refusing(stripe.RequestsClient):
    """Whatever is asked, the server can't say."""

    def __init__(self, error: stripe.StripeError) -> None:
        super().__init__()
        self.error = error

    def request(self, *args: Any, **more: Any) -> Any:
        raise self.error


@pytest.mark.parametrize(
    "error",
    [
        stripe.AuthenticationError("no such key"),
        stripe.IdempotencyError("another request had this key"),
        stripe.RateLimitError("too many"),
        stripe.PermissionError("not with this key"),
        stripe.APIError("a fault"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_no_other_error_settles_a_payment(world: World, error: stripe.StripeError) -> None:
    assert world.shop(Refusing(error)).pay(*ORDER) == "unknown"
    assert world.states() == [("order-1", "unknown")]


@pytest.mark.parametrize("state", ["paid", "unknown"])
def test_another_amount_for_the_same_order_is_an_error(world: World, state: str) -> None:
    with world.server():
        shop = world.shop(Lossy() if state == "unknown" else None)
        assert shop.pay(*ORDER) == state
        with pytest.raises(ValueError, match=r"^order-1 has a payment of another amount$"):
            shop.pay("order-1", 900, "tok_visa")
        assert world.captures() == [500]
    assert world.states() == [("order-1", state)]


def test_after_a_declined_card_the_amount_may_change(world: World) -> None:
    with world.server():
        shop = world.shop()
        assert shop.pay("order-1", 900, DECLINED) == "declined"
        assert shop.pay(*ORDER) == "paid"
        assert world.captures() == [500]


# -- The deadline


def recorded_hours(name: str) -> int:
    record = rf'^- id: {name}\n(?:  .*\n)*?  value: "?(?:>= )?(\d+) hour'
    [number] = re.findall(record, LEDGER.read_text(encoding="utf-8"), re.M)
    return int(number)


def test_no_key_is_sent_when_the_server_may_have_forgotten_it() -> None:
    last = DEADLINE + (RETRIES + 1) * TIMEOUT
    assert last < HORIZON / 2 + 3600, "half of the time is left for clocks that differ"
    assert recorded_hours("stripe-key-retention-v1") * 3600 == HORIZON


@pytest.mark.parametrize(("late", "sent"), [(0, 1), (DEADLINE, 1), (DEADLINE + 1, 0)])
def test_after_the_deadline_a_payment_is_only_looked_up(world: World, late: int, sent: int) -> None:
    methods = []

    class Counting(stripe.RequestsClient):
        def request(self, method: str, *args: Any, **more: Any) -> Any:
            methods.append(method)
            return super().request(method, *args, **more)

    with world.server():
        world.shop(Lossy()).pay(*ORDER)
        world.clock.now += late
        shop = world.shop(Counting())
        shop.reconcile()
        assert methods == (["post"] if sent else ["get"])
        assert world.states() == [("order-1", "paid")]
        assert world.captures() == [500]


def test_after_the_deadline_a_second_click_sends_nothing(world: World) -> None:
    assert world.shop().pay(*ORDER) == "unknown"
    world.clock.now += DEADLINE + 1
    with world.server():
        shop = world.shop()
        assert shop.pay(*ORDER) == "unknown"
        shop.reconcile()
        assert world.captures() == []
    assert world.states() == [("order-1", "unknown")], "a person decides"


@pytest.mark.parametrize(
    ("late", "state"), [(LOOK_BACK - 1, "paid"), (LOOK_BACK, "unknown"), (10**7, "unknown")]
)
def test_nobody_looks_for_a_charge_for_ever(world: World, late: int, state: str) -> None:
    """One payment that stays open must not let every look read all charges since."""
    with world.server():
        world.shop(Lossy()).pay(*ORDER)
        world.clock.now += late
        world.shop().reconcile()
    assert world.states() == [("order-1", state)]


def test_a_list_that_fails_is_logged_and_read_the_next_time(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with world.server():
        world.shop(Lossy()).pay(*ORDER)
        world.clock.now += DEADLINE + 1
        caplog.clear()
        world.shop(Refusing(stripe.APIConnectionError("cut"))).reconcile()
        [message] = warnings(caplog)
        assert message.startswith("the list of charges: APIConnectionError(")
        world.shop().reconcile()
    assert world.states() == [("order-1", "paid")]


def test_the_list_is_read_to_its_end_and_from_before_the_payment(world: World) -> None:
    """The server's clock may be five minutes behind; a page holds a hundred charges."""
    with world.server():
        world.shop(Lossy()).pay(*ORDER)
        with closing(sqlite3.connect(world.folder / "shop.db")) as db, db:
            db.execute("UPDATE payments SET created = created + 300")
        other = world.shop().client.v1.charges
        for _ in range(105):
            other.create({"amount": 7, "currency": "eur", "source": "tok_visa"})
        world.clock.now += DEADLINE + 301
        world.shop().reconcile()
    assert world.states() == [("order-1", "paid")]
    assert world.shipments() == [("order-1",)]


# -- Events


def test_the_event_comes_before_the_response(world: World) -> None:
    class Late(stripe.RequestsClient):
        def request(self, *args: Any, **more: Any) -> Any:
            response = super().request(*args, **more)
            until(world.shipments)
            return response

    with world.server(), world.receiver():
        assert world.shop(Late()).pay(*ORDER) == "paid"
        assert world.captures() == [500]
    assert world.shipments() == [("order-1",)]


def event(key: str, kind: str = "succeeded", **changes: Any) -> bytes:
    """An event of a charge, as the miniature and Stripe send it."""
    status = "failed" if kind == "failed" else "succeeded"
    charge = {"id": "ch_1", "object": "charge", "status": status, "metadata": {"payment": key}}
    charge |= {"refunded": kind == "refunded"} | changes
    body = {"id": "evt_1", "object": "event", "type": f"charge.{kind}", "data": {"object": charge}}
    return json.dumps(body).encode()


def letter(body: bytes, secret: str = "whsec_1", at: int = NOW) -> tuple[bytes, str]:
    return body, signature_header([secret], at, body)


def open_payment(world: World) -> tuple[Shop, str]:
    """A shop with a payment that nobody knows of."""
    world.secret = "whsec_1"
    shop = world.shop()
    assert shop.pay(*ORDER) == "unknown"
    [(key,)] = world.rows("SELECT key FROM payments")
    return shop, key


KINDS = ("succeeded", "refunded", "other")


@pytest.mark.parametrize("kinds", [*product(KINDS, repeat=3)], ids=" ".join)
def test_events_come_twice_and_in_any_order(world: World, kinds: tuple[str, ...]) -> None:
    """Goods leave once, and not at all if the money went back first."""
    shop, key = open_payment(world)
    for kind in kinds:
        sent = event(key, kind) if kind != "other" else event(key, "captured")
        assert shop.receive(*letter(sent)) == 200
    news = [kind for kind in kinds if kind != "other"]
    state = "refunded" if "refunded" in news else "paid" if news else "unknown"
    assert world.states() == [("order-1", state)]
    assert world.shipments() == [("order-1",)] * (news[:1] == ["succeeded"])


@pytest.mark.parametrize("kinds", [*product(["succeeded", "failed"], repeat=2)], ids=" ".join)
def test_the_first_outcome_stays(world: World, kinds: tuple[str, ...]) -> None:
    shop, key = open_payment(world)
    for kind in kinds:
        assert shop.receive(*letter(event(key, kind))) == 200
    assert world.states() == [("order-1", STATES[kinds[0]])]


def test_a_refund_of_a_declined_payment_changes_nothing(world: World) -> None:
    """It would be a second payment of the order that isn't declined, and no delivery would pass."""
    shop, key = open_payment(world)
    assert shop.receive(*letter(event(key, "failed"))) == 200
    with world.server():
        assert world.shop().pay(*ORDER) == "paid"
    assert shop.receive(*letter(event(key, "refunded"))) == 200
    assert world.states() == [("order-1", "declined"), ("order-1", "paid")]


def test_a_charge_that_is_pending_settles_nothing(world: World) -> None:
    shop, key = open_payment(world)
    assert shop.receive(*letter(event(key, status="pending"))) == 200
    assert world.states() == [("order-1", "unknown")]


@pytest.mark.parametrize("metadata", [{}, {"payment": "another"}, {"payment": ""}, {"order": "1"}])
def test_charges_of_other_programs_are_none_of_ours(world: World, metadata: dict[str, str]) -> None:
    shop, _ = open_payment(world)
    assert shop.receive(*letter(event("", metadata=metadata))) == 200
    assert (world.states(), world.shipments()) == ([("order-1", "unknown")], [])


def test_what_is_not_verified_is_refused_and_changes_nothing(world: World) -> None:
    shop, key = open_payment(world)
    body, header = letter(event(key))
    refused = [
        (body + b" ", header),
        (body, ""),
        (body, "t=1,v1=é"),
        (body, header.replace("v1=", "v1=é,v1=")),
        (b"\xff", header),
        letter(b"{"),
        letter(body, "whsec_2"),
        letter(body, at=NOW - 301),
    ]
    assert [shop.receive(*sent) for sent in refused] == [400] * len(refused)
    assert (world.states(), world.shipments()) == ([("order-1", "unknown")], [])
    assert shop.receive(body, header) == 200
    assert world.states() == [("order-1", "paid")]


def test_an_order_that_cannot_be_shipped_stays_open(world: World) -> None:
    """State and shipment are one transaction, so the next event tries again."""
    shop, key = open_payment(world)
    with shop.db:
        shop.db.execute("INSERT INTO shipments VALUES ('order-1')")
    with pytest.raises(sqlite3.IntegrityError):
        shop.receive(*letter(event(key)))
    assert world.states() == [("order-1", "unknown")]
