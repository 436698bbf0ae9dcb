"""Stripe's own library for Python believes the server of the miniature."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from sqlite3 import OperationalError
from types import SimpleNamespace
from typing import Any

import pytest
import stripe

import mini_stripe.api as api_module
from mini_stripe.api import HttpRequest, HttpResponse
from mini_stripe.faults import Clock
from mini_stripe.network import DECLINED
from mini_stripe.versions import CURRENT, is_version
from mini_stripe.webhooks import MAX_ENDPOINTS, OVERLAP, roll
from stripe_http import (
    CHARGE,
    PATIENCE,
    Delivery,
    Receiver,
    Served,
    clear,
    receiver,
    served,
    until,
)

SDK = stripe.api_version
NOW = 1_790_000_000
CARD: Any = CHARGE  # the types of the library want literals


def close(http: stripe.RequestsClient) -> None:
    """End the connections of this thread."""
    http.close()  # type: ignore[no-untyped-call]


@dataclass
class Shop:
    """A server, and the library in front of it."""

    served: Served
    http: stripe.RequestsClient

    def client(self, key: str | None = None, **options: Any) -> stripe.StripeClient:
        return stripe.StripeClient(
            key or self.served.running.key,
            base_addresses={"api": self.served.running.url},
            http_client=self.http,
            **options,
        )

    def pinned(self, version: str | None, name: str = "acct_old") -> str:
        """The key of an account with a version."""
        key = self.served.account(name)
        with closing(self.served.connect()) as db:
            db.execute("UPDATE accounts SET version = ? WHERE id = ?", (version, name))
        return key


@pytest.fixture(autouse=True)
def library(monkeypatch: pytest.MonkeyPatch) -> Iterator[stripe.RequestsClient]:
    """It sends nothing but requests, straight to the loopback, and hardly waits."""
    monkeypatch.setattr(stripe, "enable_telemetry", False)
    monkeypatch.setattr(stripe.HTTPClient, "_sleep_time_seconds", lambda *_: 0.005)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    http = stripe.RequestsClient(timeout=PATIENCE)
    yield http
    close(http)


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def shop(tmp_path: Path, library: stripe.RequestsClient, clock: Clock) -> Iterator[Shop]:
    with served(tmp_path / "mini.db", clock) as it:
        yield Shop(it, library)
        close(library)


@pytest.fixture
def module(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Shop:
    """The library as a module with one key for all."""
    monkeypatch.setattr(stripe, "api_key", shop.served.running.key)
    monkeypatch.setattr(stripe, "api_base", shop.served.running.url)
    monkeypatch.setattr(stripe, "default_http_client", shop.http)
    monkeypatch.setattr(stripe, "max_network_retries", 0)
    return shop


# -- Objects


def check_charge(charge: Any, **more: Any) -> None:
    assert type(charge) is stripe.Charge
    wanted = {
        "object": "charge",
        "amount": 500,
        "amount_refunded": 0,
        "created": NOW,
        "currency": "eur",
        "customer": None,
        "description": None,
        "livemode": False,
        "metadata": {},
        "paid": True,
        "refunded": False,
        "status": "succeeded",
        **more,
    }
    rendered = charge.to_dict()
    assert {name: rendered[name] for name in wanted} == wanted
    assert set(rendered) - set(wanted) == {"id", "source"}
    assert type(charge.source) is stripe.Card
    assert (charge.source.brand, charge.source.last4) == ("Visa", "4242")


def test_charges(module: Shop) -> None:
    customer = stripe.Customer.create(email="ada@example.com")
    more: Any = {
        "customer": customer.id,
        "description": "Tea & cake, ½ price",
        "metadata": {"cart": "17", "note": "a b+c=d"},
    }
    first = stripe.Charge.create(**CARD)
    second = stripe.Charge.create(**CARD, **more)
    check_charge(first)
    check_charge(second, **more)
    assert stripe.Charge.retrieve(second.id) == second
    assert stripe.Charge.retrieve(first.id) == first
    list_object = stripe.Charge.list()
    assert type(list_object) is stripe.ListObject
    assert (list_object.url, list_object.has_more) == ("/v1/charges", False)
    assert list_object.data == [second, first]
    assert stripe.Charge.list(customer=customer.id).data == [second]
    assert first.refresh() == first
    assert module.served.captures() == [500, 500]


def test_customers(module: Shop) -> None:
    customer = stripe.Customer.create(
        email="ada@example.com", name="Ada", source="tok_mastercard", metadata={"a": "b"}
    )
    assert type(customer) is stripe.Customer
    assert type(customer.default_source) is str
    assert customer.to_dict() == {
        "id": "cus_1",
        "object": "customer",
        "created": NOW,
        "default_source": customer.default_source,
        "email": "ada@example.com",
        "livemode": False,
        "metadata": {"a": "b"},
        "name": "Ada",
    }
    empty = stripe.Customer.create()
    assert (empty.email, empty.name, empty.default_source) == (None, None, None)
    assert stripe.Customer.retrieve(customer.id) == customer
    assert stripe.Customer.list().data == [empty, customer]


def test_refunds(module: Shop) -> None:
    charge = stripe.Charge.create(**CARD)
    part = stripe.Refund.create(charge=charge.id, amount=200, metadata={"why": "cold"})
    assert type(part) is stripe.Refund
    assert part.to_dict() == {
        "id": "re_1",
        "object": "refund",
        "amount": 200,
        "charge": charge.id,
        "created": NOW,
        "currency": "eur",
        "livemode": False,
        "metadata": {"why": "cold"},
        "reason": None,
        "status": "succeeded",
    }
    assert stripe.Charge.retrieve(charge.id).amount_refunded == 200
    rest = stripe.Refund.create(charge=charge.id)
    assert rest.amount == 300
    check_charge(stripe.Charge.retrieve(charge.id), amount_refunded=500, refunded=True)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        stripe.Refund.create(charge=charge.id)
    assert caught.value.code == "charge_already_refunded"
    assert stripe.Refund.retrieve(part.id) == part
    assert stripe.Refund.list(charge=charge.id).data == [rest, part]
    assert stripe.Refund.list(charge="ch_99").data == []
    assert [amount for _, amount in module.served.running.network.captures] == [500, -200, -300]


def test_webhook_endpoints(module: Shop) -> None:
    made = stripe.WebhookEndpoint.create(
        url="https://127.0.0.1:1/hook?a=b",
        enabled_events=["charge.succeeded", "customer.created"],
        api_version="2020-08-27",
        metadata={"a": "b"},
    )
    assert type(made) is stripe.WebhookEndpoint
    assert made.secret
    assert made.secret.startswith("whsec_")
    rendered = made.to_dict()
    assert rendered == {
        "id": "we_1",
        "object": "webhook_endpoint",
        "api_version": "2020-08-27",
        "created": NOW,
        "enabled_events": ["charge.succeeded", "customer.created"],
        "livemode": False,
        "metadata": {"a": "b"},
        "secret": made.secret,
        "status": "enabled",
        "url": "https://127.0.0.1:1/hook?a=b",
    }
    again = stripe.WebhookEndpoint.retrieve(made.id)
    assert again.to_dict() == {k: v for k, v in rendered.items() if k != "secret"}
    assert stripe.WebhookEndpoint.list().data == [again]


def test_the_number_of_webhook_endpoints_is_limited(shop: Shop) -> None:
    make = shop.client().v1.webhook_endpoints.create
    asked: Any = {"url": "http://127.0.0.1:1", "enabled_events": ["*"]}
    for _ in range(MAX_ENDPOINTS):
        make(asked)
    with pytest.raises(stripe.InvalidRequestError) as caught:
        make(asked)
    assert caught.value.http_status == 400
    others = shop.client(shop.served.account("acct_2")).v1.webhook_endpoints
    assert others.create(asked).id == f"we_{MAX_ENDPOINTS + 1}"


def test_events(module: Shop) -> None:
    customer = stripe.Customer.create(idempotency_key="new-customer")
    charge = stripe.Charge.create(**CARD, customer=customer.id, idempotency_key="cart-17")
    refund = stripe.Refund.create(charge=charge.id)
    with pytest.raises(stripe.CardError):
        stripe.Charge.create(amount=500, currency="eur", source=DECLINED)
    events = stripe.Event.list().data
    assert [event.type for event in events] == [
        "charge.failed",
        "charge.refunded",
        "charge.succeeded",
        "customer.created",
    ]
    failed, refunded, succeeded, _ = events
    inside: Any = succeeded.data.object
    assert type(succeeded) is stripe.Event
    assert (succeeded.livemode, succeeded.created) == (False, NOW)
    assert succeeded.api_version == CURRENT
    assert succeeded.request
    assert succeeded.request.idempotency_key == "cart-17"
    assert charge.last_response
    assert succeeded.request.id == charge.last_response.request_id
    assert type(inside) is stripe.Charge
    assert inside == charge
    assert refunded.data.object["amount_refunded"] == refund.amount
    assert failed.data.object["status"] == "failed"
    assert stripe.Event.retrieve(succeeded.id) == succeeded
    assert stripe.Event.list(type="charge.failed").data == [failed]


def test_a_client_sees_what_the_module_sees(module: Shop) -> None:
    client = module.client().v1
    customer = client.customers.create({"name": "Ada"})
    charge = client.charges.create(CARD | {"customer": customer.id})
    refund = client.refunds.create({"charge": charge.id, "amount": 1})
    endpoint = client.webhook_endpoints.create(
        {"url": "http://127.0.0.1:1", "enabled_events": ["*"]}
    )
    pairs: list[tuple[Any, Any, str]] = [
        (client.charges, stripe.Charge, charge.id),
        (client.customers, stripe.Customer, customer.id),
        (client.events, stripe.Event, "evt_1"),
        (client.refunds, stripe.Refund, refund.id),
        (client.webhook_endpoints, stripe.WebhookEndpoint, endpoint.id),
    ]
    for mine, its, name in pairs:
        assert mine.retrieve(name) == its.retrieve(name)
        assert mine.list().data == its.list().data
        assert mine.list().data


def test_accounts_see_nothing_of_each_other(shop: Shop) -> None:
    mine, other = shop.client(), shop.client(shop.served.account("acct_2"))
    charge = mine.v1.charges.create(CARD)
    assert other.v1.charges.list().data == []
    with pytest.raises(stripe.InvalidRequestError) as caught:
        other.v1.charges.retrieve(charge.id)
    assert (caught.value.http_status, caught.value.code) == (404, "resource_missing")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        other.v1.refunds.create({"charge": charge.id})
    assert (caught.value.param, caught.value.code) == ("charge", "resource_missing")


# -- Errors


def headers(error: stripe.StripeError) -> dict[str, str]:
    """Return those of the response that was an error."""
    assert error.headers
    return error.headers


def test_a_wrong_key_is_an_authentication_error(shop: Shop) -> None:
    with pytest.raises(stripe.AuthenticationError) as caught:
        shop.client("sk_test_wrong").v1.charges.list()
    assert caught.value.http_status == 401
    assert caught.value.user_message


def test_a_declined_card_is_a_card_error(shop: Shop) -> None:
    with pytest.raises(stripe.CardError) as caught:
        shop.client().v1.charges.create({"amount": 500, "currency": "eur", "source": DECLINED})
    error = caught.value
    assert (error.http_status, error.code) == (402, "card_declined")
    assert error.user_message == "Your card was declined."
    assert error.error
    assert error.error.charge
    charge = shop.client().v1.charges.retrieve(error.error.charge)
    assert (charge.status, charge.paid) == ("failed", False)
    assert shop.served.captures() == []


def test_an_unknown_parameter_is_named(shop: Shop) -> None:
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.client().v1.charges.create(CARD | {"capture": False})
    assert (caught.value.param, caught.value.code) == ("capture", "parameter_unknown")
    with pytest.raises(stripe.InvalidRequestError) as caught:
        shop.client().v1.charges.create({"amount": 500, "currency": "eur"})
    assert caught.value.user_message == "Must provide source or customer."


@pytest.mark.parametrize("name", ["order-id", "order id", "17", "a.b", "ключ"])
def test_metadata_have_names_of_all_kinds(shop: Shop, name: str) -> None:
    metadata = {name: "6735", "other": "1"}
    charge = shop.client().v1.charges.create(CARD | {"metadata": metadata})
    assert charge.metadata.to_dict() == metadata


# -- Keys


def test_a_repeated_key_gives_the_same_object(module: Shop) -> None:
    first = stripe.Charge.create(**CARD, idempotency_key="cart-17")
    again = stripe.Charge.create(**CARD, idempotency_key="cart-17")
    assert again == first
    assert first.last_response
    assert again.last_response
    assert "Idempotent-Replayed" not in first.last_response.headers
    assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert again.last_response.idempotency_key == "cart-17"
    assert again.last_response.request_id != first.last_response.request_id
    assert module.served.captures() == [500]


def test_every_kind_of_object_is_made_once_for_a_key(module: Shop) -> None:
    charge = stripe.Charge.create(**CARD)
    makers: list[Callable[[], Any]] = [
        lambda: stripe.Customer.create(name="Ada", idempotency_key="a"),
        lambda: stripe.Refund.create(charge=charge.id, amount=1, idempotency_key="b"),
        lambda: stripe.WebhookEndpoint.create(
            url="http://127.0.0.1:1", enabled_events=["*"], idempotency_key="c"
        ),
    ]
    for make in makers:
        first, again = make(), make()
        assert again == first
        assert again.last_response.headers["Idempotent-Replayed"] == "true"
    assert len(module.served.rows("SELECT * FROM refunds")) == 1
    assert len(module.served.rows("SELECT * FROM secrets")) == 1


def test_a_decline_is_replayed(module: Shop) -> None:
    errors = []
    for _ in range(2):
        with pytest.raises(stripe.CardError) as caught:
            stripe.Charge.create(
                amount=500, currency="eur", source=DECLINED, idempotency_key="cart-17"
            )
        errors.append(caught.value)
    assert errors[0].json_body == errors[1].json_body
    assert headers(errors[1])["Idempotent-Replayed"] == "true"
    assert len(module.served.rows("SELECT * FROM charges")) == 1


def test_a_key_with_other_parameters_is_an_idempotency_error(module: Shop) -> None:
    stripe.Charge.create(**CARD, idempotency_key="cart-17")
    with pytest.raises(stripe.IdempotencyError) as caught:
        stripe.Charge.create(amount=900, currency="eur", source="tok_visa",
                             idempotency_key="cart-17")  # fmt: skip
    assert caught.value.http_status == 400
    with pytest.raises(stripe.IdempotencyError):
        stripe.Customer.create(name="Ada", idempotency_key="cart-17")
    assert module.served.captures() == [500]


def test_the_library_sends_a_new_key_of_its_own_each_time(shop: Shop) -> None:
    client = shop.client()
    client.v1.charges.create(CARD)
    client.v1.charges.create(CARD)
    keys = [row["key"] for row in shop.served.rows("SELECT key FROM keys")]
    assert len(set(keys)) == 2
    assert all(len(key) == 36 for key in keys)
    assert shop.served.captures() == [500, 500]


# -- Faults


Fault = Callable[[Callable[[HttpRequest], HttpResponse], HttpRequest], HttpResponse]


def dropped_before(
    handle: Callable[[HttpRequest], HttpResponse], request: HttpRequest
) -> HttpResponse:
    raise ConnectionError


def dropped_after(
    handle: Callable[[HttpRequest], HttpResponse], request: HttpRequest
) -> HttpResponse:
    handle(request)
    raise ConnectionError


def instead(status: int, **headers: str) -> Fault:
    """A response that some machine in front of the server could give."""

    def fault(handle: Callable[[HttpRequest], HttpResponse], request: HttpRequest) -> HttpResponse:
        its = {name.replace("_", "-"): value for name, value in headers.items()}
        return HttpResponse(status, its, b'{"error": {"type": "api_error", "message": "Oh."}}')

    return fault


def after(status: int, **headers: str) -> Fault:
    def fault(handle: Callable[[HttpRequest], HttpResponse], request: HttpRequest) -> HttpResponse:
        handle(request)
        return instead(status, **headers)(handle, request)

    return fault


@dataclass
class Attempts:
    """What arrives at a server, of which the first requests meet faults."""

    handle: Callable[[HttpRequest], HttpResponse]
    faults: list[Fault] = field(default_factory=list)
    requests: list[HttpRequest] = field(default_factory=list)
    responses: list[HttpResponse] = field(default_factory=list)
    conflict: threading.Event = field(default_factory=threading.Event)

    def __call__(self, request: HttpRequest) -> HttpResponse:
        self.requests.append(request)
        fault = self.faults.pop(0) if self.faults else None
        response = fault(self.handle, request) if fault else self.handle(request)
        self.responses.append(response)
        if response.status == 409:
            self.conflict.set()
        return response

    def keys(self) -> set[str]:
        return {request.headers["idempotency-key"] for request in self.requests}


@pytest.fixture
def attempts(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> Attempts:
    found = Attempts(shop.served.running.api.handle)
    monkeypatch.setattr(shop.served.running.api, "handle", found)
    return found


@pytest.mark.parametrize(
    "faults",
    [
        [],
        [dropped_before],
        [dropped_after],
        [dropped_before, dropped_after],
        [dropped_after, dropped_after],
        [instead(500)],
        [instead(500, Stripe_Should_Retry="true")],
        [instead(503), instead(502)],
        [after(500)],
        [after(500), dropped_after],
        [instead(409), dropped_before],
        [instead(400, Stripe_Should_Retry="true")],
        [instead(429, Stripe_Should_Retry="true")],
    ],
)
def test_the_library_asks_again_and_there_is_one_capture(
    shop: Shop, attempts: Attempts, faults: list[Fault]
) -> None:
    attempts.faults = [*faults]
    charge = shop.client(max_network_retries=2).v1.charges.create(CARD)
    check_charge(charge)
    assert len(attempts.requests) == len(faults) + 1
    assert len(attempts.keys()) == 1
    assert shop.served.captures() == [500]


@pytest.mark.parametrize(
    ("fault", "error"),
    [
        (instead(500, Stripe_Should_Retry="false"), stripe.APIError),
        (instead(503, Stripe_Should_Retry="false"), stripe.APIError),
        (instead(409, Stripe_Should_Retry="false"), stripe.APIError),
        (instead(400), stripe.InvalidRequestError),
        (instead(429), stripe.RateLimitError),
    ],
)
def test_the_library_does_not_ask_again(
    shop: Shop, attempts: Attempts, fault: Fault, error: type[stripe.StripeError]
) -> None:
    attempts.faults = [fault]
    with pytest.raises(error):
        shop.client(max_network_retries=2).v1.charges.create(CARD)
    assert len(attempts.requests) == 1


@pytest.mark.parametrize(
    ("fault", "error"),
    [(dropped_before, stripe.APIConnectionError), (instead(500), stripe.APIError)],
)
def test_the_library_gives_up_and_the_shop_can_come_back(
    shop: Shop, attempts: Attempts, fault: Fault, error: type[stripe.StripeError]
) -> None:
    attempts.faults = [fault] * 3
    client = shop.client(max_network_retries=2)
    with pytest.raises(error):
        client.v1.charges.create(CARD, {"idempotency_key": "cart-17"})
    assert len(attempts.requests) == 3
    assert shop.served.captures() == []
    check_charge(client.v1.charges.create(CARD, {"idempotency_key": "cart-17"}))
    assert shop.served.captures() == [500]


def test_a_stored_500_is_not_asked_for_again(shop: Shop, attempts: Attempts) -> None:
    """The card network took the money, and its response was lost."""
    shop.served.running.network.lost_responses = 1
    client = shop.client(max_network_retries=2)
    errors = []
    for _ in range(2):
        with pytest.raises(stripe.APIError) as caught:
            client.v1.charges.create(CARD, {"idempotency_key": "cart-17"})
        errors.append(caught.value)
        assert caught.value.http_status == 500
        assert headers(caught.value)["Stripe-Should-Retry"] == "false"
    assert len(attempts.requests) == 2
    assert errors[0].json_body == errors[1].json_body
    assert [headers(it).get("Idempotent-Replayed") for it in errors] == [None, "true"]
    assert len(shop.served.running.network.captures) == 1


def test_a_500_that_is_not_stored_is_asked_for_again(
    shop: Shop, attempts: Attempts, monkeypatch: pytest.MonkeyPatch
) -> None:
    work, errors = api_module.work, [OperationalError("database is locked")]

    def failing(*its: Any) -> Any:
        if errors:
            raise errors.pop()
        return work(*its)

    monkeypatch.setattr(api_module, "work", failing)
    check_charge(shop.client(max_network_retries=2).v1.charges.create(CARD))
    assert [response.status for response in attempts.responses] == [500, 200]
    assert attempts.responses[0].headers["Stripe-Should-Retry"] == "true"
    assert shop.served.captures() == [500]


def together(shop: Shop, number: int, make: Callable[[stripe.StripeClient], Any]) -> list[Any]:
    """What a number of clients get that ask at once and are patient."""
    barrier = threading.Barrier(number)

    def one(_: int) -> Any:
        http = stripe.RequestsClient(timeout=PATIENCE)
        client = Shop(shop.served, http).client(max_network_retries=1000)
        barrier.wait(PATIENCE)
        try:
            return make(client)
        finally:
            close(http)

    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(one, range(number)))


def test_two_at_once_with_one_key_make_one_charge(
    shop: Shop, attempts: Attempts, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second finds the key in use, asks again by itself, and gets the replay."""
    network = shop.served.running.network
    charge = network.charge

    def slow(*its: Any) -> bool:
        assert attempts.conflict.wait(PATIENCE)
        return charge(*its)

    monkeypatch.setattr(network, "charge", slow)
    first, second = together(
        shop, 2, lambda it: it.v1.charges.create(CARD, {"idempotency_key": "cart-17"})
    )
    check_charge(first)
    assert first == second
    assert {response.status for response in attempts.responses} == {200, 409}
    refused = [response.headers for response in attempts.responses if response.status == 409]
    assert {headers["Stripe-Should-Retry"] for headers in refused} == {"true"}
    replayed = [response.headers.get("Idempotent-Replayed") for response in attempts.responses]
    assert replayed.count("true") == 1
    assert shop.served.captures() == [500]


def test_many_at_once_with_one_key_make_one_charge(shop: Shop) -> None:
    made = together(shop, 6, lambda it: it.v1.charges.create(CARD, {"idempotency_key": "cart-17"}))
    assert all(charge == made[0] for charge in made)
    assert shop.served.captures() == [500]
    assert len(shop.served.rows("SELECT * FROM events")) == 1


# -- Versions


def test_the_library_sends_its_own_version(module: Shop, attempts: Attempts) -> None:
    assert is_version(SDK)
    charge = stripe.Charge.create(**CARD)
    module.client().v1.charges.list()
    assert [request.headers["stripe-version"] for request in attempts.requests] == [SDK, SDK]
    assert charge.last_response
    assert charge.last_response.headers["Stripe-Version"] == SDK


def test_without_a_version_the_account_has_its_own(
    module: Shop, attempts: Attempts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stripe, "api_version", None)
    charge = stripe.Charge.create(**CARD)
    assert "stripe-version" not in attempts.requests[0].headers
    assert charge.last_response
    assert charge.last_response.headers["Stripe-Version"] == CURRENT
    monkeypatch.setattr(stripe, "api_key", module.pinned("2014-06-17"))
    old = stripe.Charge.create(amount=500, currency="eur", card="tok_visa")  # type: ignore[call-arg]
    assert old.last_response
    assert old.last_response.headers["Stripe-Version"] == "2014-06-17"
    assert old["card"]["last4"] == "4242"
    assert old["refunds"].data == []
    newer = stripe.Charge.retrieve(old.id, stripe_version=SDK)
    assert newer.source
    assert "card" not in newer


def test_the_first_request_pins_the_version(shop: Shop) -> None:
    name = "acct_new"
    key = shop.served.account(name)
    query = "SELECT version FROM accounts WHERE id = ?"
    assert shop.served.rows(query, name) == [{"version": None}]
    with pytest.raises(stripe.AuthenticationError):
        shop.client("sk_test_wrong").v1.charges.list()
    assert shop.served.rows(query, name) == [{"version": None}]
    shop.client(key, stripe_version="2014-06-17").v1.charges.list()
    assert shop.served.rows(query, name) == [{"version": CURRENT}]
    shop.client(key, stripe_version="2011-01-01").v1.charges.list()
    assert shop.served.rows(query, name) == [{"version": CURRENT}]


def test_an_unknown_version_is_refused(shop: Shop) -> None:
    for version in ("2012-02-30", "2026-09-29.endive", "2027-01-01.fern", "latest"):
        with pytest.raises(stripe.InvalidRequestError) as caught:
            shop.client(stripe_version=version).v1.charges.list()
        assert caught.value.http_status == 400
        assert CURRENT in (caught.value.user_message or "")


@pytest.mark.parametrize(
    ("version", "card", "nulls", "refunds", "lenient"),
    [
        ("2011-01-01", "card", False, list, True),
        ("2011-06-21", "card", False, list, False),
        ("2012-02-23", "card", True, list, False),
        ("2014-06-17", "card", True, stripe.ListObject, False),
        ("2015-02-18", "source", True, stripe.ListObject, False),
        ("2017-05-25", "source", True, stripe.ListObject, False),
        ("2020-08-27", "source", True, stripe.ListObject, False),
        ("2022-11-15", "source", True, None, False),
        (CURRENT, "source", True, None, False),
        (SDK, "source", True, None, False),
    ],
)
def test_a_charge_as_each_version_knew_it(
    shop: Shop, version: str, card: str, nulls: bool, refunds: type[Any] | None, lenient: bool
) -> None:
    client = shop.client(stripe_version=version)
    asked: Any = {"amount": 500, "currency": "eur", card: "tok_visa"}
    charge = client.v1.charges.create(asked)
    client.v1.refunds.create({"charge": charge.id, "amount": 1})
    rendered: Any = client.v1.charges.retrieve(charge.id)
    assert rendered[card].last4 == "4242"
    assert ({"card", "source"} & set(rendered.to_dict())) == {card}
    assert ("description" in rendered) is nulls
    if refunds is None:
        assert "refunds" not in rendered
        rendered = client.v1.charges.retrieve(charge.id, {"expand": ["refunds"]})
        refunds = stripe.ListObject
    assert type(rendered["refunds"]) is refunds
    [refund] = rendered["refunds"]
    assert type(refund) is stripe.Refund
    assert ("reason" in refund) is nulls
    if lenient:
        client.v1.charges.create(asked | {"capture": "false"})
    else:
        with pytest.raises(stripe.InvalidRequestError):
            client.v1.charges.create(asked | {"capture": "false"})
    with pytest.raises(stripe.InvalidRequestError) as caught:
        client.v1.charges.create(asked | {card: {"number": "4242"}})
    assert caught.value.param == card, "an error uses the name that the version has"


@pytest.mark.parametrize(
    ("version", "card", "request_is"),
    [
        ("2011-01-01", "card", str),
        ("2014-06-17", "card", str),
        ("2015-02-18", "source", str),
        ("2017-05-25", "source", dict),
        (CURRENT, "source", dict),
    ],
)
def test_events_keep_the_version_of_the_account(
    shop: Shop, version: str, card: str, request_is: type[Any]
) -> None:
    key = shop.pinned(version)
    charge = shop.client(key).v1.charges.create(CARD)  # the library's version
    assert charge.source
    [event] = shop.client(key).v1.events.list()
    assert event.api_version == version
    assert card in event.data.object
    assert charge.last_response
    rendered = event.to_dict()["request"]
    assert type(rendered) is request_is
    named = rendered if request_is is str else rendered["id"]
    assert named == charge.last_response.request_id


# -- Lists and expansion


@contextmanager
def charging(client: stripe.StripeClient, number: int) -> Iterator[Callable[[], None]]:
    """Makes a charge on every third call, until there are enough."""
    calls, made = 0, 0

    def one() -> None:
        nonlocal calls, made
        calls += 1
        if calls % 3 == 0 and made < number:
            client.v1.charges.create(CARD)
            made += 1

    yield one
    assert made == number


def test_pages_forwards_while_charges_arrive(shop: Shop) -> None:
    client = shop.client()
    there = [client.v1.charges.create(CARD).id for _ in range(26)]
    seen = []
    with charging(client, 8) as one:
        for charge in client.v1.charges.list({"limit": 7}).auto_paging_iter():
            seen.append(charge.id)
            one()
    assert seen == there[::-1]


def test_pages_backwards_while_charges_arrive(shop: Shop) -> None:
    client = shop.client()
    oldest, *there = [client.v1.charges.create(CARD).id for _ in range(27)]
    seen = []
    with charging(client, 8) as one:
        first = client.v1.charges.list({"limit": 7, "ending_before": oldest})
        for charge in first.auto_paging_iter():
            seen.append(charge.id)
            one()
    assert seen[: len(there)] == there
    new = client.v1.charges.list({"limit": 100, "ending_before": there[-1]}).data
    assert seen[len(there) :] == [charge.id for charge in new[::-1]], "the new come last"


@pytest.mark.parametrize("size", [1, 7, 13, 25, 26, 27, 100])
def test_pages_of_every_size_hold_each_charge_once(shop: Shop, size: int) -> None:
    client = shop.client()
    made = 26
    with closing(shop.served.connect()) as db:
        db.executemany(
            """INSERT INTO charges (account, created, network_key, amount, currency, source,
               metadata, status) VALUES ('acct_1', 0, 'k', 1, 'eur', 'tok_visa', '{}',
               'succeeded')""",
            [()] * made,
        )
    names = [f"ch_{number}" for number in range(1, made + 1)]
    forwards = client.v1.charges.list({"limit": size}).auto_paging_iter()
    assert [charge.id for charge in forwards] == names[::-1]
    back = client.v1.charges.list({"limit": size, "ending_before": names[0]}).auto_paging_iter()
    assert [charge.id for charge in back] == names[1:]
    page = client.v1.charges.list({"limit": size})
    assert page.has_more is (made > size)


def test_pages_of_one_customer_alone(shop: Shop) -> None:
    client = shop.client()
    ada, bob = (client.v1.customers.create().id for _ in range(2))
    for _ in range(9):
        client.v1.charges.create(CARD | {"customer": ada})
        client.v1.charges.create(CARD | {"customer": bob})
    pages = client.v1.charges.list({"limit": 4, "customer": ada}).auto_paging_iter()
    assert [charge.customer for charge in pages] == [ada] * 9


def test_a_page_leads_to_its_neighbours(shop: Shop) -> None:
    client = shop.client()
    one, two, three = (client.v1.customers.create().id for _ in range(3))
    page = client.v1.customers.list({"limit": 1})
    assert [it.id for it in page] == [three]
    assert page.has_more
    page = page.next_page()
    assert [it.id for it in page] == [two]
    page = page.next_page()
    assert [it.id for it in page] == [one]
    assert not page.has_more
    assert page.next_page().is_empty


def test_expansion(shop: Shop) -> None:
    client = shop.client().v1
    customer = client.customers.create({"name": "Ada"})
    charge = client.charges.create(CARD | {"customer": customer.id, "expand": ["customer"]})
    plain = client.charges.create(CARD)
    assert type(charge.customer) is stripe.Customer
    assert charge.customer == customer
    assert client.charges.retrieve(charge.id).customer == customer.id
    refund = client.refunds.create({"charge": charge.id, "expand": ["charge.customer"]})
    assert type(refund.charge) is stripe.Charge
    assert refund.charge.customer == customer
    for paths in (["charge"], ["charge", "charge.customer"], ["charge.customer", "charge"]):
        again = client.refunds.retrieve(refund.id, {"expand": paths})
        assert type(again.charge) is stripe.Charge
        whole = "charge.customer" in paths
        assert again.charge.customer == (customer if whole else customer.id)
        assert "refunds" not in again.charge
    inside = client.refunds.retrieve(refund.id, {"expand": ["charge.refunds"]}).charge
    assert type(inside) is stripe.Charge
    assert inside.refunds
    assert inside.refunds.data == [client.refunds.retrieve(refund.id)]
    limit: Any = 1
    assert inside.refunds.list(limit=limit).data == inside.refunds.data
    list_object = client.charges.list({"expand": ["data.customer", "data.refunds"]}).data
    assert [it.customer for it in list_object] == [None, customer]
    assert [it.to_dict()["refunds"]["data"] for it in list_object] == [
        [],
        [it.to_dict() for it in inside.refunds.data],
    ]
    assert client.charges.retrieve(plain.id, {"expand": ["customer"]}).customer is None
    [only] = client.refunds.list({"expand": ["data.charge.customer"]}).data
    assert type(only.charge) is stripe.Charge
    assert only.charge.customer == customer


@pytest.mark.parametrize("path", ["source", "customer.email", "data.customer", "refunds.data", ""])
def test_what_cannot_be_expanded(shop: Shop, path: str) -> None:
    client = shop.client().v1
    charge = client.charges.create(CARD)
    asked: list[Callable[[], Any]] = [
        lambda: client.charges.retrieve(charge.id, {"expand": [path]}),
        lambda: client.charges.create(CARD | {"expand": [path]}),
        lambda: client.charges.list({"expand": [path.removeprefix("data.")]}),
        lambda: client.charges.list({"expand": [f"data.{path}"]}),
        lambda: client.customers.list({"expand": ["data.charges"]}),
    ]
    for ask in asked:
        with pytest.raises(stripe.InvalidRequestError) as caught:
            ask()
        assert (caught.value.http_status, caught.value.param) == (400, "expand")
    assert shop.served.captures() == [500]


# -- The second contract


def test_v2_goes_on_after_a_500(shop: Shop, attempts: Attempts) -> None:
    shop.served.running.network.lost_responses = 1
    client = shop.client()
    with pytest.raises(stripe.APIError) as caught:
        client.raw_request("post", "/v2/charges", **CARD, idempotency_key="cart-17")
    assert caught.value.http_status == 500
    assert headers(caught.value)["Stripe-Should-Retry"] == "true"
    response = client.raw_request("post", "/v2/charges", **CARD, idempotency_key="cart-17")
    assert attempts.requests[0].headers["content-type"] == "application/json"
    assert response.code == 200
    assert "Idempotent-Replayed" not in response.headers
    check_charge(client.deserialize(response, api_mode="V1"))
    assert shop.served.captures() == [500]


def test_the_library_asks_v2_again_after_a_500(shop: Shop, attempts: Attempts) -> None:
    shop.served.running.network.lost_responses = 2
    client = shop.client(max_network_retries=2)
    response = client.raw_request("post", "/v2/charges", **CARD)
    assert response.code == 200
    assert [response.status for response in attempts.responses] == [500, 500, 200]
    assert shop.served.captures() == [500]


def test_v2_shows_the_object_as_it_is_now(shop: Shop) -> None:
    client = shop.client()
    for _ in range(2):
        response = client.raw_request("post", "/v2/charges", **CARD, idempotency_key="cart-17")
        charge = client.deserialize(response, api_mode="V1")
        if not charge["amount_refunded"]:
            client.v1.refunds.create({"charge": charge["id"], "amount": 200})
    assert charge["amount_refunded"] == 200
    assert shop.served.captures() == [500]


def test_v2_errors(shop: Shop) -> None:
    client = shop.client()
    client.raw_request("post", "/v2/charges", **CARD, idempotency_key="cart-17")
    with pytest.raises(stripe.IdempotencyError):
        client.raw_request("post", "/v2/charges", **CARD | {"amount": 1}, idempotency_key="cart-17")
    with pytest.raises(stripe.CardError) as caught:
        client.raw_request("post", "/v2/charges", **CARD | {"source": DECLINED})
    assert caught.value.code == "card_declined"
    with pytest.raises(stripe.InvalidRequestError):
        client.raw_request("post", "/v2/charges", **CARD | {"amount": "500"})


def test_v2_needs_a_version_and_json(shop: Shop) -> None:
    body = b'{"amount": 500, "currency": "eur", "source": "tok_visa"}'
    ask = shop.served.ask
    response = ask("POST", "/v2/charges", body=body)
    assert clear(response) == (400, "invalid_request_error", None)
    assert "Stripe-Version" in response.body["error"]["message"]
    assert ask("POST", "/v2/charges", body=body, stripe_version=CURRENT).status == 200
    form = ask("POST", "/v2/charges", CHARGE, stripe_version=CURRENT)
    assert clear(form) == (400, "invalid_request_error", None)


# -- Webhooks


@pytest.fixture
def post() -> Iterator[Receiver]:
    with receiver() as it:
        yield it


@pytest.fixture
def their_clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The time of the machine that receives."""
    its = Clock(NOW)
    monkeypatch.setattr("stripe._webhook.time", SimpleNamespace(time=its))
    return its


def subscribed(shop: Shop, post: Receiver, **options: Any) -> str:
    """The secret of an endpoint, registered by the library."""
    client = shop.client(options.pop("key", None))
    asked: Any = {"enabled_events": ["*"], "url": post.url, **options}
    made = client.v1.webhook_endpoints.create(asked)
    assert made.secret
    return made.secret


def event_of(delivery: Delivery, secret: str) -> stripe.Event:
    event = stripe.Webhook.construct_event(delivery.body, delivery.signature, secret)
    assert isinstance(event, stripe.Event)
    return event


def test_the_library_believes_a_delivery(shop: Shop, post: Receiver, their_clock: Clock) -> None:
    secret = subscribed(shop, post)
    charge = shop.client().v1.charges.create(CARD)
    until(lambda: post.got)
    [delivery] = post.got
    event = event_of(delivery, secret)
    assert type(event) is stripe.Event
    assert event.type == "charge.succeeded"
    assert event.data.object == charge
    [list_object] = shop.client().v1.events.list()
    assert event == list_object
    with pytest.raises(stripe.SignatureVerificationError):
        event_of(delivery, "whsec_wrong")
    with pytest.raises(stripe.SignatureVerificationError):
        event_of(delivery._replace(body=delivery.body + b" "), secret)


def test_an_endpoint_gets_what_it_asked_for(shop: Shop, post: Receiver) -> None:
    subscribed(shop, post, url=f"{post.url}/a?b=c", enabled_events=["charge.failed"])
    subscribed(shop, post, url=f"{post.url}/all")
    client = shop.client()
    client.v1.charges.create(CARD)
    with pytest.raises(stripe.CardError):
        client.v1.charges.create({"amount": 1, "currency": "usd", "source": DECLINED})
    until(lambda: len(post.got) == 3)
    assert sorted(delivery.path for delivery in post.got) == [
        "/hook/a?b=c",
        "/hook/all",
        "/hook/all",
    ]


def test_an_old_timestamp_is_not_believed(shop: Shop, post: Receiver, their_clock: Clock) -> None:
    secret = subscribed(shop, post)
    shop.client().v1.charges.create(CARD)
    until(lambda: post.got)
    their_clock.now = NOW + 300
    assert event_of(post.got[0], secret)
    their_clock.now = NOW + 301
    with pytest.raises(stripe.SignatureVerificationError, match="Timestamp outside"):
        event_of(post.got[0], secret)


def test_a_delivery_is_signed_anew_hours_later(
    shop: Shop, post: Receiver, clock: Clock, their_clock: Clock
) -> None:
    secret = subscribed(shop, post)
    post.status = 500
    shop.client().v1.charges.create(CARD)
    until(lambda: shop.served.rows("SELECT * FROM deliveries WHERE attempts = 1"))
    post.status = 200
    clock.now = their_clock.now = NOW + 5 * 3600
    until(lambda: len(post.got) == 2)
    first, second = post.got
    assert first.body == second.body
    assert event_of(second, secret).created == NOW
    with pytest.raises(stripe.SignatureVerificationError, match="Timestamp outside"):
        event_of(first, secret)


def test_two_secrets_sign_for_a_day_after_a_roll(
    shop: Shop, post: Receiver, clock: Clock, their_clock: Clock
) -> None:
    old = subscribed(shop, post)
    with closing(shop.served.connect()) as db:
        new = roll(db, 1, NOW)
    clock.now = their_clock.now = NOW + OVERLAP - 1
    shop.client().v1.charges.create(CARD)
    until(lambda: len(post.got) == 1)
    assert event_of(post.got[0], old) == event_of(post.got[0], new)
    clock.now = their_clock.now = NOW + OVERLAP
    shop.client().v1.charges.create(CARD)
    until(lambda: len(post.got) == 2)
    assert event_of(post.got[1], new)
    with pytest.raises(stripe.SignatureVerificationError):
        event_of(post.got[1], old)


def test_an_endpoint_with_a_version_of_its_own(
    shop: Shop, post: Receiver, their_clock: Clock
) -> None:
    """The account's events keep the account's version, and so do its other endpoints."""
    key = shop.pinned("2014-06-17")
    secrets = {
        "/hook/new": subscribed(
            shop, post, key=key, url=f"{post.url}/new", api_version="2020-08-27"
        ),
        "/hook/old": subscribed(shop, post, key=key, url=f"{post.url}/old"),
    }
    shop.client(key).v1.charges.create(CARD)
    until(lambda: len(post.got) == 2)
    events = {
        delivery.path: event_of(delivery, secrets[delivery.path]).to_dict() for delivery in post.got
    }
    new, old = events["/hook/new"], events["/hook/old"]
    assert new["id"] == old["id"]
    assert "source" in new["data"]["object"]
    assert "card" in old["data"]["object"]
    assert type(new["request"]) is dict
    assert type(old["request"]) is str
    [list_object] = shop.client(key).v1.events.list()
    assert list_object.to_dict() == old
    assert list_object.api_version == "2014-06-17"
