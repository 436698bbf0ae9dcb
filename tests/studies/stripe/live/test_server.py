"""The server of the miniature meets everything that a client can send and should not."""

from __future__ import annotations

import itertools
import json
import random
import re
import socket
import threading
import time
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, suppress
from functools import partial
from http.client import HTTPConnection
from itertools import cycle
from math import inf
from pathlib import Path
from sqlite3 import Connection, Cursor, OperationalError
from types import SimpleNamespace
from typing import Any, ClassVar, NoReturn

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

import mini_stripe.api as api_module
import mini_stripe.server as server
import stripe_http
import stripe_lab.overload as overload
from mini_stripe.api import Api, HttpRequest, HttpResponse, Log, open_account
from mini_stripe.completer import KEEP, MIN_AGE
from mini_stripe.faults import Clock
from mini_stripe.idempotency import HORIZON, IdempotencyLayer
from mini_stripe.limiters import InFlight, Limits, Shedder, TokenBucket
from mini_stripe.network import CardNetwork
from mini_stripe.service import open_layer
from mini_stripe.versions import CHANGES, CURRENT
from stripe_http import (
    CHARGE,
    PATIENCE,
    Response,
    Served,
    clear,
    empty_database,
    opened,
    receiver,
    responses,
    served,
    until,
)

INVALID = "invalid_request_error"
EMPTY = "parameter_invalid_empty"
LINE = re.compile(r"canonical-api-line (\w+=\S.*)")
FORM = b"amount=500&currency=eur&source=tok_visa"
NOW = 1_790_000_000
OVERLOAD = Path(__file__).parents[4] / "source/elite/outputs/stripe/overload.json"


@pytest.fixture
def clock() -> Clock:
    return Clock(NOW)


@pytest.fixture
def it(tmp_path: Path, clock: Clock) -> Iterator[Served]:
    with served(tmp_path / "mini.db", clock) as running:
        yield running


@pytest.fixture(scope="module")
def patient(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all tests that leave nothing behind."""
    with served(tmp_path_factory.mktemp("patient") / "mini.db", Clock(NOW)) as running:
        running.running.api.limits.bucket = TokenBucket(rate=1e9, capacity=1e9)
        yield running
        well(running)


@pytest.fixture
def same(patient: Served) -> Iterator[Served]:
    """It stays as it is, even if a test fails."""
    patient.lines.clear()
    yield patient
    with closing(patient.connect()) as db:
        db.execute("DELETE FROM keys")


def fields(line: str) -> dict[str, str]:
    """What a canonical line says."""
    found = LINE.fullmatch(line)
    assert found, line
    return dict(re.findall(r"""(\w+)=('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^ ]+)""", found[1]))


def well(it: Served) -> None:
    """The server is there, and all its workers are."""
    assert it.ask("GET", "/v1/events").status == 200
    assert it.running.api.workers.qsize() == it.running.api.worker_count


def one_error(it: Served, response: Response) -> tuple[int, str, str | None]:
    """The response is a clear error, and one line tells of it."""
    assert len(it.lines) == 1, it.lines
    assert fields(it.lines[0])["status"] == str(response.status)
    it.lines.clear()
    well(it)
    it.lines.clear()
    return clear(response)


# -- Requests that are well-formed and wrong


@pytest.mark.parametrize(
    ("path", "form", "param", "code"),
    [
        ("charges", "", "amount", "parameter_missing"),
        ("charges", FORM.decode() + "&capture=true", "capture", "parameter_unknown"),
        ("charges", FORM.decode() + "&created[gte]=1", "created", "parameter_unknown"),
        ("charges", "amount=5.0&currency=eur&source=tok_visa", "amount", None),
        ("charges", "amount=-5&currency=eur&source=tok_visa", "amount", None),
        ("charges", "amount=0&currency=eur&source=tok_visa", "amount", None),
        ("charges", "amount=%2B5&currency=eur&source=tok_visa", "amount", None),
        ("charges", "amount=%D9%A3&currency=eur&source=tok_visa", "amount", None),
        ("charges", "amount=&currency=eur&source=tok_visa", "amount", EMPTY),
        ("charges", f"amount={10**8}&currency=eur&source=tok_visa", "amount", None),
        ("charges", f"amount={'9' * 5000}&currency=eur&source=tok_visa", "amount", None),
        ("charges", "amount[]=500&currency=eur&source=tok_visa", "amount", None),
        ("charges", "amount[a]=500&currency=eur&source=tok_visa", "amount", None),
        ("charges", "amount=500&currency=zzz&source=tok_visa", "currency", None),
        ("charges", "amount=500&currency=EUR&source=tok_visa", "currency", None),
        ("charges", "amount=500&currency[]=eur&source=tok_visa", "currency", None),
        ("charges", "amount=500&currency=&source=tok_visa", "currency", EMPTY),
        ("charges", "amount=500&currency=eur&source[number]=4242", "source", None),
        ("charges", FORM.decode() + "&metadata=1", "metadata", None),
        ("charges", FORM.decode() + f"&metadata[a]={'x' * 501}", "metadata", None),
        ("charges", FORM.decode() + f"&description={'x' * 501}", "description", None),
        ("charges", FORM.decode() + "&expand=customer", "expand", None),
        ("charges", FORM.decode() + "&expand[a]=customer", "expand", None),
        ("customers", "email[]=a", "email", None),
        ("customers", "source=tok_none", "source", None),
        ("refunds", "", "charge", "parameter_missing"),
        ("customers", "metadata[a]=b&limit=3", "limit", "parameter_unknown"),
        ("customers/cus_1", "email[]=a", "email", None),
        ("customers/cus_1", "balance=5", "balance", "parameter_unknown"),
        ("refunds", "charge=", "charge", EMPTY),
        ("refunds", "charge=ch_1&amount=x", "amount", None),
        ("refunds", "charge=ch_1&reason=x", "reason", "parameter_unknown"),
        ("webhook_endpoints", "url=http://a", "enabled_events", "parameter_missing"),
        ("webhook_endpoints", "enabled_events[]=*", "url", "parameter_missing"),
        ("webhook_endpoints", "url=ftp://a&enabled_events[]=*", "url", None),
        ("webhook_endpoints", "url[]=http://a&enabled_events[]=*", "url", None),
        ("webhook_endpoints", "url=http://a&enabled_events=*", "enabled_events", None),
        ("webhook_endpoints", "url=http://a&enabled_events[]=", "enabled_events", None),
        ("webhook_endpoints", "url=http://a&enabled_events[]=*&api_version=1", "api_version", None),
    ],
)
def test_a_parameter_that_is_wrong_is_named(
    same: Served, path: str, form: str, param: str, code: str | None
) -> None:
    response = same.ask("POST", f"/v1/{path}", body=form.encode(), idempotency_key="cart-17")
    assert one_error(same, response) == (400, INVALID, code)
    assert response.body["error"]["param"] == param
    assert param in response.body["error"]["message"]
    assert same.rows("SELECT * FROM keys") == []


@pytest.mark.parametrize(
    "body",
    [
        b'{"amount": 500, "currency": "eur", "source": "tok_visa"}',
        b"amount",
        b"&",
        FORM + b"&",
        b"a=1&&b=2",
        b"=1",
        b"amount[=500",
        b"amount]=500",
        b"metadata[a][b]=1",
        b"metadata=1&metadata[a]=2",
        b"expand[]=a&expand[a]=b",
        b"a%ff=1",
        b"description=%ED%A0%80",
        b"description=\xff",
        b"\x00",
        b"amount=500&amount=900",
        b"&".join(b"a=1" for _ in range(201)),
        b"--x\r\nContent-Disposition: form-data; name=amount\r\n\r\n500\r\n--x--",
    ],
)
def test_what_is_no_form(same: Served, body: bytes) -> None:
    response = same.ask("POST", "/v1/charges", body=body, idempotency_key="cart-17")
    assert one_error(same, response) == (400, INVALID, None)
    assert same.rows("SELECT * FROM keys") == []


@pytest.mark.parametrize(
    "body",
    [
        FORM,
        b"{",
        b"[]",
        b"null",
        b'"amount"',
        b"5",
        b"NaN",
        b'{"amount": 500,}',
        b'{"description": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"amount": 500, "amount": 900}',
        b'{"metadata": {"a": "b", "a": "c"}}',
        b"\xff",
        b"[" * 60_000,
        b'{"a":' * 10_000,
        b"9" * 60_000,
        b'{"amount": ' + b"9" * 5_000 + b"}",
    ],
)
def test_what_is_no_json(same: Served, body: bytes) -> None:
    response = same.ask("POST", "/v2/charges", body=body, stripe_version=CURRENT)
    assert one_error(same, response) == (400, INVALID, None)
    assert same.rows("SELECT * FROM keys") == []


@pytest.mark.parametrize(
    ("new", "param"),
    [
        ({"amount": "500"}, "amount"),
        ({"amount": 5.0}, "amount"),
        ({"amount": True}, "amount"),
        ({"amount": None}, "amount"),
        ({"amount": [500]}, "amount"),
        ({"amount": float("nan")}, "amount"),
        ({"amount": float("inf")}, "amount"),
        ({"amount": 10**300}, "amount"),
        ({"currency": ["eur"]}, "currency"),
        ({"currency": {"eur": 1}}, "currency"),
        ({"source": {}}, "source"),
        ({"metadata": {"a": 1}}, "metadata"),
        ({"metadata": ["a"]}, "metadata"),
        ({"metadata": {"a": {"b": "c"}}}, "metadata"),
        ({"customer": 1}, "customer"),
        ({"description": 1}, "description"),
        ({"expand": "customer"}, "expand"),
        ({"expand": [1]}, "expand"),
        ({"": 1}, ""),
    ],
)
def test_a_value_of_a_wrong_type_in_json(same: Served, new: dict[str, Any], param: str) -> None:
    body = json.dumps(CHARGE | new).encode()
    response = same.ask("POST", "/v2/charges", body=body, stripe_version=CURRENT)
    status, kind, code = one_error(same, response)
    assert (status, kind) == (400, INVALID)
    assert code == (None if param else "parameter_unknown")
    assert response.body["error"]["param"] == param


@pytest.mark.parametrize(
    "name",
    ["ch_0", "ch_007", "ch_1x", "ch_-1", "ch_", "ch", "1", "cus_1", "ch_١", "ch_1%20", "%63h_1",
     "ch_1/", "ch_1/charges", "ch_1/refunds/", "ch_999999999999999999",
     "ch_9999999999999999999", "CH_1", "%00", "..", "ch_1;", "ch_2"],
)  # fmt: skip
def test_a_name_that_stands_for_nothing(it: Served, name: str) -> None:
    """`ch_2` is there, and belongs to somebody else."""
    it.charge()
    it.charge(key=it.account("acct_2"))
    it.lines.clear()
    path = name.encode().decode("latin-1")
    raw = it.talk(it.head(f"GET /v1/charges/{path} HTTP/1.1"))
    [response] = responses(raw)
    code = None if "/" in name else "resource_missing"  # no such URL
    assert one_error(it, response) == (404, INVALID, code)
    form = {**CHARGE, "customer": name}
    response = it.ask("POST", "/v1/charges", form)
    assert one_error(it, response) == (400, INVALID, "resource_missing")
    assert response.body["error"]["param"] == "customer"
    response = it.ask("POST", "/v1/refunds", {"charge": name})
    assert one_error(it, response) == (400, INVALID, "resource_missing")
    assert response.body["error"]["param"] == "charge"
    assert it.captures() == [500]


@pytest.mark.parametrize(
    ("query", "param", "status"),
    [
        ("limit=0", "limit", 400),
        ("limit=101", "limit", 400),
        ("limit=-1", "limit", 400),
        ("limit=ten", "limit", 400),
        ("limit=1.5", "limit", 400),
        (f"limit={'9' * 400}", "limit", 400),
        ("limit[]=1", "limit", 400),
        ("starting_after=ch_1&ending_before=ch_1", "ending_before", 400),
        ("ending_before=ch_1&starting_after=ch_1", "ending_before", 400),
        ("starting_after[]=ch_1", "starting_after", 400),
        ("starting_after=ch_0", "starting_after", 400),
        ("starting_after=ch_2", "starting_after", 400),
        ("starting_after=cus_1", "starting_after", 400),
        ("ending_before=ch_99", "ending_before", 400),
        ("customer[]=cus_1", "customer", 400),
        ("created=yesterday", "created", 400),
        ("created[gte]=-1", "created", 400),
        ("created[ne]=1", "created", 400),
        ("created[gte]=1&created=1", None, 400),
        ("expand=data.customer", "expand", 400),
        ("%C3%A9=1", "é", 400),
    ],
)
def test_a_bad_page(it: Served, query: str, param: str | None, status: int) -> None:
    it.charge()
    it.charge(key=it.account("acct_2"))
    it.lines.clear()
    response = it.ask("GET", f"/v1/charges?{query}")
    assert one_error(it, response)[:2] == (status, INVALID)
    assert response.body["error"].get("param") == param


@pytest.mark.parametrize(
    "query",
    ["?", "?&", "=", "a", "&&", "%", "%zz", "limit", "limit=1&", "%00", "limit=1;a=b", "[]=1",
     "a[b][c]=1", "&".join(["a=1"] * 300)],
)  # fmt: skip
def test_an_absurd_query(same: Served, query: str) -> None:
    """Some of it is a form with an unknown parameter, most is nothing; never does it succeed."""
    status, kind, _ = one_error(same, same.ask("GET", f"/v1/charges?{query}"))
    assert (status, kind) == (400, INVALID)


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/v1"),
        ("GET", "/v1/"),
        ("GET", "/v1/nothing"),
        ("GET", "/v1//charges"),
        ("GET", "/v1/accounts"),
        ("GET", "/v1/keys"),
        ("GET", "/v1/secrets"),
        ("GET", "/v3/charges"),
        ("GET", "/v1%2Fcharges"),
        ("GET", "/v1/%63harges"),
        ("GET", "/V1/charges"),
        ("GET", "/v1/../v1/charges"),
        ("GET", "/v1/charges;a=b"),
        ("GET", "*"),
        ("GET", "charges"),
        ("POST", "/v1/charges/"),
        ("POST", "/v1/charges/ch_1"),
        ("POST", "/v1/events"),
        ("POST", "/v1/charge"),
        ("POST", "charges"),
        ("PUT", "/v1/charges"),
        ("PATCH", "/v1/charges"),
        ("DELETE", "/v1/charges/ch_1"),
        ("DELETE", "/v1/customers"),
        ("GET", "/v1/customers/cus_1/refunds"),
        ("GET", "/v1/charges/ch_1/refunds/re_1"),
    ],
)
def test_an_unknown_url(same: Served, method: str, path: str) -> None:
    [response] = responses(same.talk(same.head(f"{method} {path} HTTP/1.1", len(FORM)) + FORM))
    assert one_error(same, response) == (404, INVALID, None)
    assert same.rows("SELECT * FROM keys") == []


def test_v2_has_one_url(same: Served) -> None:
    for method, path in (("GET", "/v2/charges"), ("POST", "/v2/refunds"), ("POST", "/v2/")):
        response = same.ask(method, path, stripe_version=CURRENT)
        assert one_error(same, response) == (404, INVALID, None)


@pytest.mark.parametrize(
    "sent",
    ["", "Bearer", "Bearer ", "Bearer sk_test_wrong", "Basic {key}", "Token {key}", "{key}",
     "Bearer  {key}", "Bearer {key},", "Bearer ' OR 1=1 --", "Bearer \xe9\xff"],
)  # fmt: skip
def test_a_wrong_key(same: Served, sent: str) -> None:
    key = same.running.key
    head = f"POST /v1/charges HTTP/1.1\r\nConnection: close\r\nContent-Length: {len(FORM)}\r\n"
    for line in ("", f"Authorization: {sent.format(key=key)}\r\n"):
        [response] = responses(same.talk((head + line + "\r\n").encode("latin-1") + FORM))
        assert one_error(same, response) == (401, INVALID, None)
        assert "api key" in response.body["error"]["message"].lower()
    assert same.rows("SELECT * FROM keys") == []
    assert same.rows("SELECT version FROM accounts") == [{"version": CURRENT}], "from `well`"


@pytest.mark.parametrize(
    "version",
    ["2012-02-30", "2026-09-29.endive", "2026-10-01", "endive", ".endive", "2026-09-30.",
     "2026-09-30.endive.", "9", "2027-13-45.fern", "2026-9-30.endive", "\xb2026-09-30.endive",
     "2026-09-30.endive, 2011-01-01"],
)  # fmt: skip
def test_an_unknown_version(same: Served, version: str) -> None:
    response = same.ask("GET", "/v1/charges", stripe_version=version)
    assert one_error(same, response) == (400, INVALID, None)
    assert CURRENT in response.body["error"]["message"]


@pytest.mark.parametrize(
    "name", ["a", "k" * 255, "\xe9\xfc", "' OR 1=1 --", "a b", "%0d%0aX: y", '"', "*"]
)
def test_strange_keys_are_keys(it: Served, name: str) -> None:
    found = [it.charge(idempotency_key=name) for _ in range(2)]
    assert [response.status for response in found] == [200, 200]
    assert [response.headers["idempotency-key"] for response in found] == [name, name]
    assert found[1].headers["idempotent-replayed"] == "true"
    assert it.captures() == [500]


@pytest.mark.parametrize("name", ["k" * 256, "k" * 5000, ""])
def test_keys_that_are_too_long_or_empty(it: Served, name: str) -> None:
    response = it.charge(idempotency_key=name)
    assert one_error(it, response) == (400, INVALID, None)
    assert "255" in response.body["error"]["message"]
    assert it.captures() == []


def basic(user: str) -> str:
    """Return the header that `curl -u` makes."""
    return f"Basic {b64encode(user.encode('latin-1')).decode()}"


def test_a_key_can_be_the_name_of_a_user(same: Served) -> None:
    for user in (f"{same.running.key}:", f"{same.running.key}:secret", same.running.key):
        response = same.ask("GET", "/v1/charges", Authorization=basic(user))
        assert response.status == 200
    for wrong in ("sk_test_wrong:", f":{same.running.key}", "", "\xff:", f" {same.running.key}:"):
        same.lines.clear()
        response = same.ask("GET", "/v1/charges", Authorization=basic(wrong))
        assert one_error(same, response) == (401, INVALID, None)


@pytest.mark.parametrize("name", sorted(server.SINGLE))
def test_a_header_that_may_come_once_is_refused_when_it_comes_twice(
    same: Served, name: str
) -> None:
    head = same.head(f"GET /v1/charges HTTP/1.1\n{name}: a\n{name.title()}: a")
    assert error_for(same, head)[:2] == (400, INVALID)


def test_two_accept_headers_pass(same: Served) -> None:
    head = same.head("GET /v1/charges HTTP/1.1\nAccept: text/html\naccept: application/json")
    [response] = responses(same.talk(head))
    assert response.status == 200


# -- Objects


def test_a_customer_is_changed_and_deleted(it: Served) -> None:
    it.ask("POST", "/v1/customers", {"name": "Ada", "metadata[a]": "1", "metadata[b]": "2"})
    charge = it.ask("POST", "/v1/charges", CHARGE | {"customer": "cus_1"}).body["id"]
    url = "/v1/customers/cus_1"
    changes: list[tuple[dict[str, str], tuple[str | None, str | None, dict[str, str]]]] = [
        ({}, ("Ada", None, {"a": "1", "b": "2"})),
        ({"email": "ada@shop"}, ("Ada", "ada@shop", {"a": "1", "b": "2"})),
        ({"metadata[b]": "", "metadata[c]": "3"}, ("Ada", "ada@shop", {"a": "1", "c": "3"})),
        ({"name": "", "metadata": ""}, (None, "ada@shop", {})),
    ]
    for sent, (name, email, metadata) in changes:
        changed = it.ask("POST", url, sent).body
        assert (changed["name"], changed["email"], changed["metadata"]) == (name, email, metadata)
        assert it.ask("GET", url).body == changed
    other = it.account("acct_2")
    assert clear(it.ask("POST", url, {}, key=other)) == (404, INVALID, "resource_missing")
    assert clear(it.ask("DELETE", url, key=other)) == (404, INVALID, "resource_missing")
    deleted = {"id": "cus_1", "object": "customer", "deleted": True}
    [response] = responses(it.talk(it.head(f"DELETE {url} HTTP/1.1")))  # without a length
    assert (response.status, response.body) == (200, deleted)
    assert it.ask("GET", url).body == deleted
    assert it.ask("GET", "/v1/customers").body["data"] == []
    for method in ("POST", "DELETE"):
        assert clear(it.ask(method, url)) == (404, INVALID, "resource_missing")
    response = it.ask("POST", "/v1/charges", CHARGE | {"customer": "cus_1"})
    assert clear(response) == (400, INVALID, "resource_missing")
    old = it.ask("GET", f"/v1/charges/{charge}?expand[]=customer").body
    assert old["customer"] == deleted
    events = [event["type"] for event in it.ask("GET", "/v1/events").body["data"]]
    names = ["deleted", *["updated"] * len(changes)]
    assert events == [
        *[f"customer.{name}" for name in names],
        "charge.succeeded",
        "customer.created",
    ]


def test_an_empty_text_is_no_value(it: Served) -> None:
    empty = {"description": "", "customer": "", "metadata": "", "expand": ""}
    charge = it.ask("POST", "/v1/charges", CHARGE | empty)
    assert charge.status == 200
    assert [charge.body[name] for name in ("description", "customer", "metadata")] == [
        None,
        None,
        {},
    ]
    customer = it.ask("POST", "/v1/customers", {"email": "", "name": "", "source": ""})
    assert [customer.body[name] for name in ("email", "name", "default_source")] == [None] * 3
    query = "limit=&starting_after=&ending_before=&customer=&created=&expand="
    assert it.ask("GET", f"/v1/charges?{query}").body["data"] == [charge.body]
    hook = {"url": "http://127.0.0.1:1", "enabled_events[]": "*", "api_version": ""}
    assert it.ask("POST", "/v1/webhook_endpoints", hook).body["api_version"] is None


def test_what_the_first_release_ignores_reaches_no_table(it: Served) -> None:
    """Its clients may send any name; none of them becomes the name of a column."""
    hook = {"url": "http://127.0.0.1:1", "enabled_events[]": "*"}
    odd = {"deleted": "1", "account": "acct_2", "id": "7", "livemode": "y"}
    requests = [
        ("/v1/charges", {"amount": 5, "currency": "eur", "card": "tok_visa"}),
        ("/v1/customers", {"name": "Ada"}),
        ("/v1/customers/cus_1", {"name": "Bob"}),
        ("/v1/refunds", {"charge": "ch_1"}),
        ("/v1/webhook_endpoints", hook),
    ]
    for url, params in requests:
        response = it.ask("POST", url, odd | params, stripe_version="2011-01-01")
        assert response.status == 200
        assert response.body["id"].endswith("_1")
    for kind in ("charge", "customer", "refund", "webhook_endpoint"):
        [row] = it.rows(f"SELECT account FROM {kind}s")
        assert row == {"account": "acct_1"}


def test_a_change_is_replayed_and_no_delete_is(it: Served) -> None:
    it.ask("POST", "/v1/customers")
    url = "/v1/customers/cus_1"
    for replayed in (None, "true"):
        response = it.ask("POST", url, {"name": "Ada"}, idempotency_key="a")
        assert response.headers.get("idempotent-replayed") == replayed
    for status in (200, 404):
        assert it.ask("DELETE", url, idempotency_key="b").status == status
    assert it.ask("POST", url, {"name": "Ada"}, idempotency_key="a").status == 200, "still kept"


def test_a_list_can_be_narrowed_by_time(it: Served, clock: Clock) -> None:
    for clock.now in (NOW, NOW + 10, NOW + 20):
        it.charge()
    found = {
        query: [
            charge["created"] - NOW for charge in it.ask("GET", f"/v1/charges?{query}").body["data"]
        ]
        for query in (
            f"created[gte]={NOW + 10}",
            f"created[gt]={NOW + 10}",
            f"created[lt]={NOW + 10}&limit=1",
            f"created={NOW + 10}",
        )
    }
    assert [*found.values()] == [[20, 10], [20], [0], [10]]


def test_the_refunds_of_a_charge_are_its_own(it: Served) -> None:
    for _ in range(2):
        it.charge()
    for amount in range(1, 13):
        for charge in ("ch_1", "ch_2"):
            it.ask("POST", "/v1/refunds", {"charge": charge, "amount": amount})
    part = it.ask("GET", "/v1/charges/ch_1?expand[]=refunds").body["refunds"]
    assert [refund["amount"] for refund in part["data"]] == [*range(12, 2, -1)]
    assert (part["has_more"], part["url"]) == (True, "/v1/charges/ch_1/refunds")
    rest = it.ask("GET", f"{part['url']}?starting_after={part['data'][-1]['id']}").body
    assert [refund["amount"] for refund in rest["data"]] == [2, 1]
    assert (rest["has_more"], rest["url"]) == (False, part["url"])
    assert {refund["charge"] for refund in part["data"] + rest["data"]} == {"ch_1"}
    response = it.ask("GET", part["url"], key=it.account("acct_2"))
    assert clear(response) == (404, INVALID, "resource_missing")


def test_the_name_of_the_scheme_may_have_any_case(it: Served) -> None:
    for scheme in ("Bearer", "bearer", "BEARER"):
        head = f"GET /v1/charges HTTP/1.1\r\nAuthorization: {scheme} {it.running.key}\r\n"
        [response] = responses(it.talk(f"{head}Connection: close\r\n\r\n".encode()))
        assert response.status == 200


def test_a_post_has_no_parameters_in_its_address(it: Served) -> None:
    """Or a head that is cut off in its key would be a charge under half of the key."""
    address = f"/v1/charges?{FORM.decode()}"
    head = it.head(f"POST {address} HTTP/1.1", 0).partition(b"\r\n\r\n")[0]
    [response] = responses(it.talk(head + b"\r\nIdempotency-Key: cart-1", cut=True))
    assert clear(response) == (400, INVALID, "parameter_missing")
    assert it.captures() == []


def test_a_read_that_fails_may_be_repeated(it: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> NoReturn:
        raise OperationalError("database is locked")

    monkeypatch.setattr(api_module, "look_up", broken)
    response = it.ask("GET", "/v1/charges")
    assert clear(response) == (500, "api_error", None)
    assert "stripe-should-retry" not in response.headers


def test_a_client_that_stops_in_its_body_gets_a_408_and_a_line(
    it: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.Handler, "timeout", 0.05)
    head = it.head("POST /v1/charges HTTP/1.1", 100)
    [response] = responses(it.talk(head + b"amount=500"))
    assert clear(response) == (408, INVALID, None)
    assert fields(it.lines[-1])["status"] == "408"


def test_a_handler_that_is_wrong_leaves_a_line(it: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any) -> NoReturn:
        raise ZeroDivisionError("no handler")

    monkeypatch.setattr(server.Handler, "read_headers", broken)
    it.talk(it.head("GET /v1/charges HTTP/1.1", 0))
    until(lambda: any("ZeroDivisionError" in line for line in it.lines))


def test_a_broken_log_ends_no_job() -> None:
    turns, stop = Counter[str](), threading.Event()

    def job() -> NoReturn:
        turns["job"] += 1
        raise OSError("no turn")

    def log(_: str) -> NoReturn:
        raise BrokenPipeError

    thread = server.every(0.001, job, stop, log)
    until(lambda: turns["job"] > 2)
    stop.set()
    thread.join(PATIENCE)
    assert not thread.is_alive()


@pytest.mark.parametrize(
    ("source", "amounts", "message", "code"),
    [
        ("tok_chargeDeclined", [1], "The charge has not succeeded.", None),
        ("tok_visa", [501], "There is 500 left to refund.", None),
        ("tok_visa", [200, 301], "There is 300 left to refund.", None),
        ("tok_visa", [500, 1], "There is 0 left to refund.", "charge_already_refunded"),
        ("tok_visa", [""], "amount can't be empty.", "parameter_invalid_empty"),
    ],
)
def test_what_cannot_be_refunded(
    it: Served, source: str, amounts: list[int | str], message: str, code: str | None
) -> None:
    it.ask("POST", "/v1/charges", CHARGE | {"source": source})
    for amount in amounts:
        response = it.ask("POST", "/v1/refunds", {"charge": "ch_1", "amount": amount})
    assert clear(response) == (400, INVALID, code)
    assert response.body["error"]["message"] == message


# -- Bytes that are no request


def error_for(it: Served, sent: bytes, cut: bool = False) -> tuple[int, str, str | None]:
    """Return what some bytes get: one error, and one line."""
    [response] = responses(it.talk(sent, cut))
    assert response.headers["connection"] == "close"
    return one_error(it, response)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"garbage\r\n\r\n", 400),
        (bytes(range(128, 256)) + b"\r\n\r\n", 400),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n", 400),  # a client that speaks TLS
        (b"GET\r\n\r\n", 400),
        (b"GET / HTTQ/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1\r\n\r\n", 400),
        (b"GET / HTTP/1.1.1\r\n\r\n", 400),
        (b"GET / HTTP/x.y\r\n\r\n", 400),
        (b"GET / v1 charges HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\n\r\n", 505),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
        (b"POST /v1/charges\r\n\r\n", 400),
        (b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\n\r\n", 414),
        (b"GET / HTTP/1.1\r\nX: " + b"a" * 70_000 + b"\r\n\r\n", 431),
        (b"GET / HTTP/1.1\r\n" + b"X: a\r\n" * 200 + b"\r\n", 431),
    ],
)
def test_what_is_no_http(same: Served, sent: bytes, status: int) -> None:
    assert error_for(same, sent) == (status, INVALID, None)


@pytest.mark.parametrize(
    "method", ["HEAD", "OPTIONS", "TRACE", "CONNECT", "BREW", "post", "G\xcbT"]
)
def test_an_unsupported_method(same: Served, method: str) -> None:
    sent = same.head(f"{method} /v1/charges HTTP/1.1", len(FORM)) + FORM
    assert error_for(same, sent) == (501, INVALID, None)
    assert same.rows("SELECT * FROM keys") == []


@pytest.mark.parametrize(
    ("header", "status"),
    [
        ("Content-Length: -1", 411),
        ("Content-Length: ten", 411),
        ("Content-Length: 39, 39", 411),
        ("Content-Length: 0x27", 411),
        ("Content-Length: +39", 411),
        ("Content-Length: \xb2", 411),
        ("Content-Length:", 411),
        ("Transfer-Encoding: chunked", 411),
        ("Transfer-Encoding: gzip\nContent-Length: 39", 411),
        ("Content-Length: 65537", 413),
        ("Content-Length: " + "9" * 400, 413),
    ],
)
def test_a_length_that_cannot_be(same: Served, header: str, status: int) -> None:
    head = same.head(f"POST /v1/charges HTTP/1.1\n{header}")
    assert error_for(same, head + b"27\r\n" + FORM + b"\r\n0\r\n\r\n") == (status, INVALID, None)
    assert same.rows("SELECT * FROM keys") == []


def test_two_lengths_that_differ_are_refused(it: Served) -> None:
    """What follows the shorter one would be taken for a request."""
    head = it.head("POST /v1/customers HTTP/1.1\nContent-Length: 0\nContent-Length: 39")
    assert error_for(it, head + FORM)[:2] == (400, INVALID)
    assert it.rows("SELECT * FROM keys") == []


def test_a_body_of_the_greatest_length(same: Served) -> None:
    filler = b"&expand[]=" + b"x" * (server.MAX_BODY - len(FORM) - 10)
    response = same.ask("POST", "/v1/charges", body=FORM + filler)
    assert response.body["error"]["param"] == "expand"
    assert one_error(same, response) == (400, INVALID, None)
    head = same.head("POST /v1/charges HTTP/1.1", server.MAX_BODY + 1)
    assert error_for(same, head + FORM + filler + b"x") == (413, INVALID, None)


@pytest.mark.parametrize("length", [0, 39])
def test_a_write_says_the_length_of_its_body(same: Served, length: int) -> None:
    sent = same.head("POST /v1/charges HTTP/1.1") + FORM[:length]
    assert error_for(same, sent) == (411, INVALID, None)


@pytest.mark.parametrize("kept", [0, 1, len(FORM) - 1, FORM.index(b"&source")])
def test_a_body_that_is_cut_short_is_not_executed(it: Served, kept: int) -> None:
    sent = it.head("POST /v1/charges HTTP/1.1", len(FORM)) + FORM[:kept]
    assert error_for(it, sent, cut=True) == (400, INVALID, None)
    assert it.rows("SELECT * FROM keys") == []
    assert it.running.network.captures == []


def test_a_head_that_is_cut_short_is_not_executed(it: Served) -> None:
    """Without its length a write is refused, and with it the body is missing."""
    line = "POST /v1/charges HTTP/1.1"
    whole = it.head(line, len(FORM))
    for kept in range(len(line) + 2, len(whole), 5):
        raw = it.talk(whole[:kept], cut=True)
        assert not raw or [response.status for response in responses(raw)] in ([400], [411])
    assert it.rows("SELECT * FROM keys") == []
    well(it)


def test_a_request_line_that_is_cut_short_is_not_executed(same: Served) -> None:
    line = b"POST /v1/customers HTTP/1.1"
    for kept in range(1, len(line)):
        raw = same.talk(line[:kept], cut=True)
        assert b'"error"' in raw
    assert same.rows("SELECT * FROM customers") == []
    well(same)


def test_a_header_without_a_colon_is_refused(it: Served) -> None:
    """The parser stops there, and would take the body for a request."""
    head = it.head("POST /v1/charges HTTP/1.1\nno colon", len(FORM))
    assert error_for(it, head + FORM)[0] == 400


@pytest.mark.parametrize("odd", ["\r\n ", "\r\n\t", "\n ", "\r", "\0"])
def test_a_key_does_not_break_a_line_of_the_answer(it: Served, odd: str) -> None:
    """It comes back in a header."""
    head = it.head("POST /v1/charges HTTP/1.1", len(FORM))
    head = head.replace(b"Connection", f"Idempotency-Key: a{odd}b: c\r\nConnection".encode(), 1)
    raw = it.talk(head + FORM)
    for line in raw.partition(b"\r\n\r\n")[0].split(b"\r\n"):
        assert re.fullmatch(rb"[!-~][^\r\n\0]*", line), raw


def test_an_empty_line_before_a_request_is_passed_over_or_refused(it: Served) -> None:
    """Some clients end a body with one that they do not count; silence says nothing to them."""
    [response] = responses(it.talk(b"\r\n" + it.head("GET /v1/charges HTTP/1.1")))
    assert response.status in (200, 400)
    assert len(it.lines) == 1


def test_a_client_that_waits_for_permission_gets_it(it: Served) -> None:
    head = it.head("POST /v1/charges HTTP/1.1\nExpect: 100-continue", len(FORM))
    with socket.create_connection(("127.0.0.1", it.port), PATIENCE) as connection:
        connection.sendall(head)
        connection.settimeout(2)
        assert connection.recv(65536).startswith(b"HTTP/1.1 100 ")
        connection.sendall(FORM)
        raw = b"".join(iter(lambda: connection.recv(65536), b""))
    [response] = responses(raw)
    assert response.status == 200


def test_requests_in_a_row_on_one_connection(it: Served) -> None:
    """All are sent before the first answer is read; a refusal in between ends nothing."""
    one = it.head("POST /v1/charges HTTP/1.1\nIdempotency-Key: cart-17", len(FORM)) + FORM
    one = one.replace(b"Connection: close\r\n", b"")
    bad = it.head("POST /v1/charges HTTP/1.1", 3).replace(b"Connection: close\r\n", b"") + b"a=1"
    other = it.head("GET /v1/charges?limit=1 HTTP/1.1")
    found = responses(it.talk(one + bad + one + other))
    assert [response.status for response in found] == [200, 400, 200, 200]
    first, _, again, page = found
    assert again.headers["idempotent-replayed"] == "true"
    assert page.body["data"] == [first.body] == [again.body]
    assert it.captures() == [500]
    assert len(it.lines) == 4


def test_a_client_that_stops_in_the_middle_is_let_go(
    it: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.Handler, "timeout", 0.05)
    for sent in (b"", b"POST /v1/cus", it.head("POST /v1/charges HTTP/1.1", len(FORM)) + FORM[:9]):
        with socket.create_connection(("127.0.0.1", it.port), PATIENCE) as connection:
            connection.sendall(sent)
            assert b"200 OK" not in b"".join(iter(lambda: connection.recv(65536), b""))
    assert it.rows("SELECT * FROM keys") == []
    well(it)


def dripping(it: Served, start: bytes, drip: bytes) -> bytes:
    """Send a byte every so often until the connection ends; return what came back."""
    raw, end = b"", time.monotonic() + PATIENCE
    with socket.create_connection(("127.0.0.1", it.port), PATIENCE) as connection:
        connection.sendall(start)
        connection.settimeout(0.01)
        for byte in cycle(drip):
            assert time.monotonic() < end, "nobody ends it"
            try:
                connection.sendall(bytes([byte]))
                got = connection.recv(65536)
            except TimeoutError:
                continue
            except OSError:
                break
            raw += got
            if not got:
                break
    return raw


def test_a_client_that_drips_is_cut_off_at_the_deadline(
    monkeypatch: pytest.MonkeyPatch, hasty: Counter[float], it: Served
) -> None:
    monkeypatch.setattr(server.Server, "seconds_to_arrive", 0.2)
    body = it.head("POST /v1/charges HTTP/1.1", 60_000) + FORM
    for start, drip in ((b"", b"G"), (b"GET / HTTP/1.1\r\n", b"X: a\r\n"), (body, b"&expand[]=a")):
        raw = dripping(it, start, drip)
        assert b" 200 " not in raw
    assert it.rows("SELECT * FROM keys") == []
    monkeypatch.undo()
    well(it)


def test_only_what_is_late_is_cut_off() -> None:
    """A connection that waits, one that has time left, and one whose deadline has passed."""
    with ExitStack() as stack:
        pairs = [socket.socketpair() for _ in range(3)]
        for one in itertools.chain(*pairs):
            stack.enter_context(one)
        now, others = time.monotonic(), [theirs for _, theirs in pairs]
        ends = dict(zip([ours for ours, _ in pairs], (inf, now + 3600, now - 1), strict=True))
        server.Server.end_slow_requests(SimpleNamespace(deadlines=ends))  # type: ignore[arg-type]
        for theirs in others:
            with suppress(BrokenPipeError):
                theirs.send(b"x")
        for ours, end in ends.items():
            ours.setblocking(False)
            assert ours.recv(1) == (b"" if end < now else b"x")


def test_a_request_has_no_deadline_once_it_is_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A connection has one again when it waits for the next request."""
    servers: list[server.Server] = []
    while_paying: list[float] = []

    class Kept(server.Server):
        def __init__(self, *its: Any) -> None:
            super().__init__(*its)
            servers.append(self)

    monkeypatch.setattr(server, "Server", Kept)
    with served(tmp_path / "mini.db") as it:
        [http], pay = servers, it.running.network.charge

        def charge(*its: Any) -> bool:
            while_paying.extend(http.deadlines.values())
            return pay(*its)

        monkeypatch.setattr(it.running.network, "charge", charge)
        sent = it.head("POST /v1/charges HTTP/1.1", len(FORM)) + FORM
        before = time.monotonic()
        with socket.create_connection(("127.0.0.1", it.port), PATIENCE) as connection:
            connection.sendall(sent.replace(b"Connection: close\r\n", b""))
            assert connection.recv(65536).startswith(b"HTTP/1.1 200 ")
            until(lambda: [*http.deadlines.values()] != [inf])
            [deadline] = http.deadlines.values()
            assert deadline >= before + http.seconds_to_arrive
        assert while_paying == [inf]
        until(lambda: not http.deadlines)


def test_more_connections_than_the_server_can_hold_are_refused(
    it: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server.Server, "max_connections", 3)
    with ExitStack() as stack:
        for _ in range(3):
            connection = socket.create_connection(("127.0.0.1", it.port), PATIENCE)
            stack.enter_context(connection)
        raw = b""
        with suppress(OSError):
            raw = it.talk(it.head("GET /v1/charges HTTP/1.1"))
        assert raw == b""
    until(lambda: it.talk(it.head("GET /v1/charges HTTP/1.1")).startswith(b"HTTP/1.1 200 "))


def test_a_client_that_does_not_wait_for_its_answer(it: Served) -> None:
    """The charge is made; nobody hears of it, and nothing is written to the console."""
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", it.port), PATIENCE) as connection:
            connection.sendall(it.head("POST /v1/charges HTTP/1.1", len(FORM)) + FORM)
    until(lambda: len(it.captures()) == 20)
    until(lambda: it.running.api.workers.qsize() == it.running.api.worker_count)
    well(it)


def test_a_status_in_a_line_is_a_number(same: Served) -> None:
    same.talk(b"garbage\r\n\r\n")
    same.talk(same.head("BREW / HTTP/1.1"))
    assert [fields(line)["status"] for line in same.lines] == ["400", "501"]


# -- Canonical lines


def test_a_line_for_each_request(it: Served) -> None:
    it.charge()
    it.ask("GET", "/v1/charges/ch_9?expand[]=customer", stripe_version="2014-06-17")
    it.ask("GET", "/v1/charges", key="sk_test_wrong")
    it.ask("POST", "/v1/charges", stripe_version="x")
    made, missed, unknown, old = [fields(line) for line in it.lines]
    assert int(made.pop("statements")) > 10
    assert made == {
        "id": made["id"],
        "method": "'POST'",
        "path": "'/v1/charges'",
        "account": "'acct_1'",
        "version": f"'{CURRENT}'",
        "status": "200",
        "seconds": made["seconds"],
    }
    assert re.fullmatch(r"'req_[0-9a-f]{16}'", made["id"])
    assert re.fullmatch(r"'\d+\.\d{4}'", made["seconds"])
    assert (missed["path"], missed["version"]) == ("'/v1/charges/ch_9'", "'2014-06-17'")
    assert (missed["status"], int(missed["statements"]) > 0) == ("404", True)
    assert (unknown["status"], "account" in unknown) == ("401", False)
    assert (old["status"], "version" in old, old["account"]) == ("400", False, "'acct_1'")


class Counted(Connection):
    """A connection that counts what it runs, apart from the server's own count."""

    ran: ClassVar[list[str]] = []

    def set_trace_callback(self, callback: Any, /) -> None:
        super().set_trace_callback(lambda sql: (callback(sql), self.ran.append(sql)))


def test_a_line_counts_the_statements_of_its_request(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those that the worker's database runs, whatever else the request does."""
    monkeypatch.setattr(stripe_http, "open_layer", partial(open_layer, factory=Counted))
    with served(tmp_path / "mini.db", clock) as it:
        it.running.network.lost_responses = 1
        requests: list[Callable[[], Response]] = [
            lambda: it.ask("GET", "/v1/charges"),
            lambda: it.ask("GET", "/v1/charges/ch_9"),
            lambda: it.ask("POST", "/v1/customers"),
            lambda: it.ask("POST", "/v1/nothing"),
            it.charge,  # which loses a response
            it.charge,
            lambda: it.ask("POST", "/v1/refunds", {"charge": "ch_2"}),
        ]
        counts = []
        for ask in requests:
            it.lines.clear()
            Counted.ran.clear()
            ask()
            counts.append(len(Counted.ran))
            assert fields(it.lines[0])["statements"] == str(counts[-1])
    assert [count > 0 for count in counts] == [True, True, True, False, True, True, True]


def test_a_path_cannot_forge_a_line(same: Served) -> None:
    same.ask("GET", "/v1/charges/'%20status=200%0acanonical-api-line")
    same.talk(same.head("GET /v1/\x85status=200\x0cx='\x1b[0m\" HTTP/1.1"))
    for line in same.lines:
        assert len(line.splitlines()) == 1
        assert line.isprintable()
        assert fields(line)["status"] != "200"


@pytest.mark.parametrize(
    "exception", [OperationalError("database is locked"), ValueError("odd"), KeyError("x")]
)
def test_an_exception_is_a_500_that_may_be_repeated(
    it: Served, exception: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: Any) -> NoReturn:
        raise exception

    with monkeypatch.context() as patch:
        patch.setattr(api_module, "work", broken)
        response = it.charge(idempotency_key="cart-17")
    assert clear(response) == (500, "api_error", None)
    assert response.headers["stripe-should-retry"] == "true"
    [line] = it.lines
    assert fields(line) | {"status": "500", "account": "'acct_1'", "statements": "0"} == fields(
        line
    )
    assert type(exception).__name__ in fields(line)["error"]
    well(it)
    assert it.charge(idempotency_key="cart-17").status == 200


def test_without_a_key_no_header_advises_to_ask_again(
    it: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What the exception left undone is not known, and a second request would be another."""

    def broken(*_: Any) -> NoReturn:
        raise OperationalError("disk I/O error")

    monkeypatch.setattr(api_module, "work", broken)
    assert it.charge().headers["stripe-should-retry"] == "false"
    assert it.charge(idempotency_key="a").headers["stripe-should-retry"] == "true"


def test_no_answer_is_lost_for_a_line(it: Served, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(line: str) -> NoReturn:
        raise BrokenPipeError(line)

    monkeypatch.setattr(it.running.api, "log", broken)
    assert it.charge().status == 200
    assert it.ask("GET", "/v1/nothing").status == 404
    [response] = responses(it.talk(it.head("GET / HTTP/1.1\nContent-Length: x")))
    assert response.status == 411


def test_a_broken_worker_is_given_back(it: Served) -> None:
    """Each eighth request fails, and no more."""
    layer = it.running.api.workers.get()
    layer.db.close()
    it.running.api.workers.put(layer)
    found = [it.charge().status for _ in range(16)]
    assert Counter(found) == {200: 14, 500: 2}
    assert it.running.api.workers.qsize() == it.running.api.worker_count
    errors = [fields(line).get("error") for line in it.lines]
    assert len([t for t in errors if t and "closed database" in t]) == 2
    assert it.captures() == [500] * 14


def test_a_locked_database_is_a_500_that_may_be_repeated(it: Served) -> None:
    api = it.running.api
    it.ask("GET", "/v1/charges")  # pins the version
    for _ in range(api.worker_count):
        layer = api.workers.get()
        layer.db.execute("PRAGMA busy_timeout = 1")
        api.workers.put(layer)
    with closing(it.connect()) as db:
        db.execute("BEGIN IMMEDIATE")
        response = it.charge(idempotency_key="cart-17")
        assert clear(response) == (500, "api_error", None)
        assert response.headers["stripe-should-retry"] == "true"
        assert "locked" in fields(it.lines[-1])["error"]
        db.execute("ROLLBACK")
    assert it.charge(idempotency_key="cart-17").status == 200
    assert it.captures() == [500]


# -- Limits


def limited(it: Served, response: Response, status: int, reason: str) -> None:
    assert clear(response) == (status, INVALID, "rate_limit")
    header = response.headers.get("stripe-rate-limited-reason")
    assert header == (reason if status == 429 else None)
    line = fields(it.lines[-1])
    assert (line["limited"], line["status"]) == (repr(reason), str(status))
    assert (line["account"], "statements" in line) == ("'acct_1'", False)
    # Shed load is told to stay away; a charge may try again.
    critical = line["method"] == "'POST'" and line["path"] in map(repr, api_module.CRITICAL)
    stay = status == 503 and not critical
    assert response.headers.get("stripe-should-retry") == ("false" if stay else None)


def full(limit: int, users: tuple[str, ...]) -> InFlight:
    """A limiter in which nothing fits any more."""
    ever = float("inf")
    return InFlight(limit, running={user: {str(n): ever for n in range(limit)} for user in users})


@pytest.mark.parametrize(
    ("limits", "status", "reason"),
    [
        (Limits(bucket=TokenBucket(rate=0, capacity=0)), 429, "global-rate"),
        (Limits(user=InFlight(0)), 429, "global-concurrency"),
        (Limits(user=full(3, ("acct_1",))), 429, "global-concurrency"),
        (Limits(shedder=Shedder(rest=1.0)), 503, "workers"),
    ],
)
def test_a_refusal_says_why_and_stores_nothing(
    it: Served, limits: Limits, status: int, reason: str
) -> None:
    api = it.running.api
    usual, api.limits = api.limits, limits
    limited(it, it.charge(idempotency_key="cart-17"), status, reason)
    assert +limits.refused == {reason: 1}
    assert it.rows("SELECT * FROM keys") == []
    api.limits = usual
    assert it.charge(idempotency_key="cart-17").status == 200
    assert it.captures() == [500]


def test_the_fleet_keeps_room_for_what_is_critical(it: Served) -> None:
    it.running.api.limits = Limits(fleet=InFlight(0))
    limited(it, it.ask("GET", "/v1/charges"), 503, "fleet")
    limited(it, it.ask("POST", "/v1/customers"), 503, "fleet")
    assert it.charge().status == 200
    assert it.ask("POST", "/v1/refunds", {"charge": "ch_1"}).status == 200
    body = json.dumps(CHARGE).encode()
    assert it.ask("POST", "/v2/charges", body=body, stripe_version=CURRENT).status == 200


def test_one_account_does_not_use_up_the_limit_of_another(it: Served) -> None:
    it.running.api.limits = Limits(bucket=TokenBucket(rate=0, capacity=2))
    other = it.account("acct_2")
    assert [it.charge().status for _ in range(3)] == [200, 200, 429]
    assert [it.charge(key=other).status for _ in range(3)] == [200, 200, 429]


def test_what_is_refused_is_not_in_flight(it: Served) -> None:
    limits = it.running.api.limits = Limits(user=InFlight(1), fleet=InFlight(1))
    for path in ("/v1/charges", "/v1/nothing", "/v1/charges/ch_9", "/v1/charges?limit=x"):
        assert it.ask("GET", path).status != 429
        assert it.ask("POST", path).status != 429
    assert limits.user.running == {"acct_1": {}}
    assert limits.fleet.running == {"fleet": {}}


class Broken:
    """A limiter whose store is away."""

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*_: Any) -> NoReturn:
            raise ConnectionError(name)

        return call


@pytest.mark.parametrize("name", ["bucket", "user", "fleet", "shedder", "rng"])
def test_a_limiter_that_fails_lets_requests_through(it: Served, name: str) -> None:
    limits: Any = it.running.api.limits
    setattr(limits, name, Broken().raise_ if name == "rng" else Broken())
    response = it.ask("POST", "/v1/customers", idempotency_key="a")
    assert response.status == 200
    assert limits.failed.total() == 1
    assert limits.refused.total() == 0
    assert it.charge().status == 200
    well(it)


@pytest.mark.parametrize(
    ("limits", "reason"),
    [
        (Limits(bucket=TokenBucket(rate=0, capacity=0)), "global-rate"),
        (Limits(user=InFlight(0)), "global-concurrency"),
        (Limits(fleet=InFlight(0)), "fleet"),
        (Limits(shedder=Shedder(rest=1.0)), "workers"),
    ],
)
def test_a_dry_run_counts_and_refuses_nothing(it: Served, limits: Limits, reason: str) -> None:
    limits.dry_run = {reason}
    it.running.api.limits = limits
    assert it.ask("POST", "/v1/customers").status == 200
    assert +limits.refused == {reason: 1}
    assert "limited" not in fields(it.lines[-1])


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE"])
def test_a_method_without_a_url_is_no_error_of_the_limiters(it: Served, method: str) -> None:
    it.ask(method, "/v1/charges")
    assert it.running.api.limits.failed.total() == 0


# -- Many at once


@pytest.mark.parametrize("number", [8, 100])
def test_one_request_too_many_is_refused_while_the_others_are_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """Eight are inside the endpoint, where they wait for the network; the others for a worker."""
    limits = Limits(user=InFlight(number))
    inside, go_on = threading.Barrier(9), threading.Event()
    with (
        ThreadPoolExecutor(number) as pool,
        served(tmp_path / "mini.db", limits=limits) as it,
        monkeypatch.context() as patch,
    ):
        charge = it.running.network.charge

        def slow(*its: Any) -> bool:
            if not go_on.is_set():
                inside.wait(PATIENCE)
            assert go_on.wait(PATIENCE)
            return charge(*its)

        patch.setattr(it.running.network, "charge", slow)
        under_way = [pool.submit(it.charge) for _ in range(number)]
        try:
            inside.wait(PATIENCE)
            until(lambda: len(limits.user.running["acct_1"]) == number)
            response = it.charge()
            assert not any(request.done() for request in under_way)
        finally:
            go_on.set()
        limited(it, response, 429, "global-concurrency")
        assert [request.result().status for request in under_way] == [200] * number
        assert it.charge().status == 200


def test_a_refusal_does_not_wait_for_the_database(it: Served) -> None:
    """Somebody writes and holds all others up; who has no token left hears so at once."""
    it.charge()
    limits = it.running.api.limits = Limits(bucket=TokenBucket(rate=0, capacity=1))
    with ThreadPoolExecutor(1) as pool, closing(it.connect()) as db:
        db.execute("BEGIN EXCLUSIVE")
        try:
            waits = pool.submit(it.charge)
            until(lambda: limits.bucket.levels)
            response = it.charge()
            assert not waits.done()
        finally:
            db.execute("ROLLBACK")
        limited(it, response, 429, "global-rate")
        assert waits.result().status == 200


def test_what_a_crowd_gets_is_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """With limiters, those under way wait here until the last of the crowd has been refused."""
    number, made = 105, list[Limits]()
    charge = CardNetwork.charge

    def limits(**options: Any) -> Limits:
        made.append(Limits(**options))
        return made[-1]

    def slow(*its: Any) -> bool:
        until(lambda: len(made) == 1 or made[1].refused["global-concurrency"] == 5)
        return charge(*its)

    monkeypatch.setattr(overload, "Limits", limits)
    monkeypatch.setattr(CardNetwork, "charge", slow)
    measured = overload.overload(number)
    every = {"global-rate", "global-concurrency", "fleet", "workers"}
    assert [one.disabled for one in made] == [every, {"global-rate"}]
    assert measured["served off"] == number
    assert (measured["served"], measured["refused"]) == (100, 5)
    assert measured["ratio"] > 1
    for which in ("served off", "served", "refused"):
        assert 0 < measured[f"{which}, median"] <= measured[f"{which}, worst"]
    assert measured["ratio"] == measured["served, median"] / measured["refused, median"]
    stored = json.loads(OVERLOAD.read_text(encoding="utf-8"))
    assert [*measured.pop("versions")] == [*stored["measured"]["versions"]]
    worst = (measured["served off, worst"], measured["served, worst"])
    assert measured["worst ratio"] == worst[0] / worst[1]
    columns = {name: measured.pop(name) for name in stored["columns"]}
    assert columns["worst charge"] == [*worst]
    assert columns["worst refusal"] == [0, measured["refused, worst"]]
    assert [*measured] == [*stored["values"]]
    assert stored["values"]["served off"] == 400
    assert stored["values"]["served"] + stored["values"]["refused"] == 400
    assert stored["values"]["ratio"] > 1


def test_two_hundred_connections_at_once(it: Served) -> None:
    """All are answered; those with 200 have their capture, and nothing is left behind."""
    number, barrier = 200, threading.Barrier(200)
    usual = threading.active_count()

    def one(n: int) -> tuple[int, str]:
        with closing(HTTPConnection("127.0.0.1", it.port, timeout=60)) as connection:
            barrier.wait(PATIENCE)
            sent = {"Authorization": f"Bearer {it.running.key}", "Idempotency-Key": f"cart-{n}"}
            connection.request("POST", "/v1/charges", FORM, sent)
            response = connection.getresponse()
            body = json.loads(response.read())
            reason = response.headers.get("Stripe-Rate-Limited-Reason", "")
            return response.status, reason or body.get("id") or body["error"]["code"]

    with ThreadPoolExecutor(number) as pool:
        found = list(pool.map(one, range(number)))
    statuses = Counter(status for status, _ in found)
    assert set(statuses) <= {200, 429, 503}
    made = [name for status, name in found if status == 200]
    assert len(set(made)) == len(made) == len(it.captures())
    assert made
    assert {reason for status, reason in found if status != 200} <= {
        "global-concurrency",
        "global-rate",
        "rate_limit",
    }
    assert len(it.lines) == number
    assert {row["recovery_point"] for row in it.rows("SELECT * FROM keys")} == {"finished"}
    until(lambda: threading.active_count() <= usual)
    well(it)


def test_readers_and_writers_at_once(it: Served) -> None:
    """Every list that anybody sees is whole: newest first, without holes."""
    keys = [it.running.key, it.account("acct_2")]

    def write(n: int) -> None:
        for _ in range(10):
            assert it.charge(key=keys[n % 2]).status == 200

    def read(n: int) -> None:
        for _ in range(10):
            page = it.ask("GET", "/v1/charges?limit=100", key=keys[n % 2])
            ids = [int(charge["id"].removeprefix("ch_")) for charge in page.body["data"]]
            assert ids == sorted(ids, reverse=True)

    with ThreadPoolExecutor(8) as pool:
        jobs = [pool.submit(job, n) for n in range(4) for job in (write, read)]
        for done in jobs:
            done.result()
    assert it.captures("acct_1") == it.captures("acct_2") == [500] * 20


# -- The end of a server


def test_a_silent_client_does_not_keep_the_server_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the server has ended, so have its connections and its threads."""
    monkeypatch.setattr(server.Handler, "timeout", None)  # nobody is let go for being slow
    before = threading.active_count()
    connections: list[socket.socket] = []
    given_up = threading.Event()

    def give_up() -> None:
        given_up.set()
        for connection in connections:
            connection.shutdown(socket.SHUT_RDWR)

    with ExitStack() as stack:
        with served(tmp_path / "mini.db") as it:
            usual = threading.active_count()
            for _ in range(3):
                connection = socket.create_connection(("127.0.0.1", it.port), PATIENCE)
                connections.append(stack.enter_context(connection))
            _, half, kept = connections
            half.sendall(b"POST /v1/cha")
            kept.sendall(it.head("GET /v1/charges HTTP/1.1").replace(b"Connection: close\r\n", b""))
            assert kept.recv(65536)
            until(lambda: threading.active_count() == usual + 3)
            watch = threading.Timer(PATIENCE / 4, give_up)
            watch.start()
        watch.cancel()
        watch.join()
        assert not given_up.is_set()
        with suppress(OSError):
            kept.sendall(it.head("GET /v1/charges HTTP/1.1"))
        for connection in connections:
            connection.settimeout(2)
            with suppress(ConnectionResetError):
                assert b" 200 " not in b"".join(iter(partial(connection.recv, 65536), b""))
        until(lambda: threading.active_count() == before)
    assert sum(" status=200 " in line for line in it.lines) == 1


def when_it_ends(act: Callable[[], None]) -> None:
    """Act when the server takes no more connections and waits for its threads."""
    until(lambda: not any("serve_forever" in thread.name for thread in threading.enumerate()))
    time.sleep(0.1)  # a server that did not wait would be gone
    act()


def hold_charges(
    it: Served, monkeypatch: pytest.MonkeyPatch
) -> tuple[threading.Event, threading.Event]:
    """The card network waits: one event says that a charge is there, the other lets it go on."""
    charge, arrived, go_on = it.running.network.charge, threading.Event(), threading.Event()

    def held(*its: Any) -> bool:
        arrived.set()
        assert go_on.wait(PATIENCE)
        return charge(*its)

    monkeypatch.setattr(it.running.network, "charge", held)
    return arrived, go_on


def test_a_request_under_way_is_answered_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    send, sent = server.Handler.send, list[int]()

    def slow_send(handler: server.Handler, response: HttpResponse) -> None:
        time.sleep(0.2)  # a server that did not wait would be gone
        send(handler, response)
        sent.append(response.status)

    monkeypatch.setattr(server.Handler, "send", slow_send)
    with ThreadPoolExecutor(2) as pool:
        with served(tmp_path / "mini.db") as it:
            arrived, go_on = hold_charges(it, monkeypatch)
            response = pool.submit(it.charge)
            assert arrived.wait(PATIENCE)
            pool.submit(when_it_ends, go_on.set)
        assert sent == [200]
        assert response.result().status == 200


def test_requests_that_wait_for_a_worker_are_answered_before_the_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before, number = threading.active_count(), 20
    with ThreadPoolExecutor(number + 1) as pool:
        with served(tmp_path / "mini.db") as it:
            _, go_on = hold_charges(it, monkeypatch)
            found = [pool.submit(it.charge) for _ in range(number)]
            mine = it.running.api.limits.user.running
            until(lambda: len(mine.get("acct_1", {})) == number)
            pool.submit(when_it_ends, go_on.set)
        assert [response.result().status for response in found] == [200] * number
        assert len(it.running.network.captures) == number
    until(lambda: threading.active_count() == before)


def test_the_response_under_way_is_the_last_on_its_connection(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that goes on asking would keep the server open."""
    with ThreadPoolExecutor(1) as pool, ExitStack() as stack:
        with served(tmp_path / "mini.db") as it:
            arrived, go_on = hold_charges(it, monkeypatch)
            connection = socket.create_connection(("127.0.0.1", it.port), PATIENCE)
            stack.enter_context(connection)
            sent = it.head("POST /v1/charges HTTP/1.1", len(FORM)) + FORM
            connection.sendall(sent.replace(b"Connection: close\r\n", b"") * 20)
            assert arrived.wait(PATIENCE)
            pool.submit(when_it_ends, go_on.set)
        raw = b""
        with suppress(ConnectionResetError):
            while got := connection.recv(65536):
                raw += got
    assert raw.count(b"HTTP/1.1 200 ") <= 1
    assert len(it.running.network.captures) == 1


def test_deliveries_do_not_keep_the_server_open(tmp_path: Path) -> None:
    """What is under way ends; what else is due can wait for the next server."""
    with receiver() as post, ThreadPoolExecutor(1) as pool:
        file = tmp_path / "mini.db"
        post.hold.clear()
        before = {*threading.enumerate()}
        with served(file) as it:
            its = {*threading.enumerate()} - before
            form = {"url": post.url, "enabled_events[]": "*"}
            assert it.ask("POST", "/v1/webhook_endpoints", form).status == 200
            for _ in range(4):
                it.charge()
            until(lambda: len(post.got) == 1)
            pool.submit(when_it_ends, post.hold.set)
        assert not any(thread.is_alive() for thread in its)
        assert not [line for line in it.lines if " error=" in line], "a database went too early"
        assert len(post.got) <= 2
        with served(file):
            until(lambda: len(post.got) == 4)


def test_a_restart_keeps_everything(tmp_path: Path, clock: Clock) -> None:
    file = tmp_path / "mini.db"
    with served(file, clock) as it:
        key, old = it.running.key, it.account("acct_old")
        with closing(it.connect()) as db:
            db.execute("UPDATE accounts SET version = '2014-06-17' WHERE id = 'acct_old'")
        first = it.charge(idempotency_key="cart-17")
        card = {"amount": 500, "currency": "eur", "card": "tok_visa"}
        assert it.ask("POST", "/v1/charges", card, key=old).status == 200
        pages = [it.ask("GET", f"/v1/{kind}").body for kind in ("charges", "events")]
    clock.now += 3600
    with served(file, clock) as it:
        assert it.running.key == key
        assert it.account("acct_old") == old
        again = it.charge(idempotency_key="cart-17")
        assert again.body == first.body
        assert again.headers["idempotent-replayed"] == "true"
        assert it.running.network.captures == []
        assert [it.ask("GET", f"/v1/{kind}").body for kind in ("charges", "events")] == pages
        response = it.ask("GET", "/v1/charges", key=old)
        assert response.headers["stripe-version"] == "2014-06-17"
        assert "card" in response.body["data"][0]
        third = it.charge()
        assert third.body["id"] == "ch_3"
        assert third.body["created"] == NOW + 3600


def test_a_port_in_use_is_an_error_that_leaves_nothing_open(tmp_path: Path) -> None:
    before = threading.active_count()
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        starting = server.serve(str(tmp_path / "mini.db"), port, log=lambda _: None)
        with pytest.raises(OSError, match="in use"):
            starting.__enter__()
    assert threading.active_count() == before


# -- Threads in the background


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> Counter[float]:
    """A server does what it does over and over many times a second; how often it did."""
    runs: Counter[float] = Counter()
    every = server.every

    def often(
        seconds: float, job: Callable[[], Any], end: threading.Event, log: Log
    ) -> threading.Thread:
        def counted() -> None:
            job()
            runs[seconds] += 1

        runs[seconds] = 0
        return every(0.02, counted, end, log)

    monkeypatch.setattr(server, "every", often)
    return runs


def test_no_two_threads_in_the_background_share_a_connection(
    hasty: Counter[float], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While one waits for a lock, with the connection held, the other would hold all Python."""
    users: dict[int, set[str]] = {}

    class Watched(Connection):
        def execute(self, *its: Any) -> Cursor:
            users.setdefault(id(self), set()).add(threading.current_thread().name)
            return super().execute(*its)

    monkeypatch.setattr(stripe_http, "open_layer", partial(open_layer, factory=Watched))
    with served(tmp_path / "mini.db"):
        users.clear()
        usual = {**hasty}
        until(lambda: all(hasty[seconds] >= runs + 2 for seconds, runs in usual.items()))
        assert users
        assert all(len(names) == 1 for names in users.values()), users


def test_the_completer_finishes_a_charge_and_its_event_is_delivered(
    hasty: Counter[float], it: Served, clock: Clock
) -> None:
    with receiver() as post:
        form = {"url": post.url, "enabled_events[]": "charge.succeeded"}
        it.ask("POST", "/v1/webhook_endpoints", form)
        it.running.network.lost_responses = 1
        response = it.charge(idempotency_key="cart-17")
        assert clear(response) == (500, "api_error", None)
        assert response.headers["stripe-should-retry"] == "false"
        assert it.ask("GET", "/v1/charges/ch_1").body["status"] == "pending"
        assert post.got == []
        clock.now += MIN_AGE + 1
        until(lambda: post.got)
        event = json.loads(post.got[0].body)
        assert event["data"]["object"]["id"] == "ch_1"
        assert event["request"]["idempotency_key"] == "cart-17"
        assert it.ask("GET", "/v1/charges/ch_1").body["status"] == "succeeded"
        assert it.captures() == [500]
        again = it.charge(idempotency_key="cart-17")
        assert (again.status, again.body) == (500, response.body), "the first response stays"


def test_the_reaper_takes_old_keys(hasty: Counter[float], it: Served, clock: Clock) -> None:
    it.charge(idempotency_key="cart-17")
    clock.now += KEEP
    it.charge(idempotency_key="cart-18")
    assert len(it.rows("SELECT * FROM keys")) == 2
    clock.now += 1
    until(lambda: len(it.rows("SELECT * FROM keys")) == 1)
    [left] = it.rows("SELECT * FROM keys")
    assert left["key"] == "cart-18"
    assert it.charge(idempotency_key="cart-17").body["id"] == "ch_3", "a key of old is new"


def test_what_nobody_could_finish_is_reported(
    hasty: Counter[float], it: Served, clock: Clock
) -> None:
    it.running.network.lost_responses = 10**9
    it.charge()
    clock.now += HORIZON
    until(lambda: any("unfinished" in line for line in it.lines))
    [line, *_] = [fields(line) for line in it.lines if "unfinished" in line]
    assert (line["unfinished"], "no response from the network" in line["error"]) == ("1", True)


def test_a_key_past_the_horizon_is_too_old(it: Served, clock: Clock) -> None:
    it.running.network.lost_responses = 1
    body = json.dumps(CHARGE).encode()

    def ask() -> Response:
        return it.ask(
            "POST", "/v2/charges", body=body, stripe_version=CURRENT, idempotency_key="cart-17"
        )

    assert ask().status == 500
    clock.now += HORIZON
    response = ask()
    assert clear(response) == (409, INVALID, "idempotency_key_expired")


@pytest.mark.parametrize("exception", [OperationalError("database is locked"), KeyError("odd")])
def test_a_job_that_fails_runs_again_and_leaves_a_line(exception: Exception) -> None:
    runs: list[int] = []
    lines: list[str] = []
    end = threading.Event()

    def job() -> None:
        runs.append(1)
        if len(runs) < 3:
            raise exception

    thread = server.every(0.001, job, end, lines.append)
    until(lambda: len(runs) > 5)
    end.set()
    thread.join()
    assert [fields(line) for line in lines] == [{"error": repr(repr(exception))}] * 2


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/",
        "http://127.0.0.1:99999/",
        "http://127.0.0.1:123456789012345678901/",
        "http://127.0.0.1:-1/",
        "http://127.0.0.1:x/",
        "http://[::1",
        "http://127.0.0.1:1/a b",
        "http://127.0.0.1:1/é",
        f"http://{'a' * 300}/",
        "https://127.0.0.1:1/",
    ],
)
def test_an_address_that_leads_nowhere_stops_no_other(
    hasty: Counter[float], it: Served, url: str
) -> None:
    with receiver() as post:
        for to in (url, post.url):
            form = {"url": to, "enabled_events[]": "*"}
            assert it.ask("POST", "/v1/webhook_endpoints", form).status == 200
        it.charge()
        until(lambda: len(post.got) == 1)
        it.charge()
        until(lambda: len(post.got) == 2)
    [lost, _] = it.rows("SELECT status FROM deliveries WHERE event = 1 ORDER BY endpoint")
    assert lost == {"status": 0}


# -- Anything at all


def apis(file: Path, lines: list[str]) -> Api:
    network, clock = CardNetwork(), Clock(NOW)
    layer: Callable[[], IdempotencyLayer] = partial(opened, str(file), network, clock)
    return Api(layer, lines.append, workers=1)


HEAD = st.characters(max_codepoint=255, exclude_characters="\r\n\0")  # what a head can hold
LATIN = st.text(HEAD, max_size=12)


def mostly(good: st.SearchStrategy[Any], odd: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.integers(0, 9).flatmap(lambda n: odd if n == 9 else good)


VERSIONS = ["2011-01-01", "2020-08-27", CURRENT, *(change.version for change in CHANGES)]
BASES: dict[str, dict[str, Any]] = {
    "charges": {"amount": 5, "currency": "eur", "source": "tok_visa"},
    "customers": {},
    "events": {},
    "refunds": {"charge": "ch_1", "amount": 1},
    "webhook_endpoints": {"url": "http://127.0.0.1:1", "enabled_events[]": "*"},
}
NAMES = st.sampled_from(
    ["amount", "currency", "source", "card", "customer", "description", "metadata", "expand",
     "charge", "email", "url", "enabled_events", "api_version", "limit", "starting_after",
     "ending_before", "type", "id", "account", "now", "default_source"]
)  # fmt: skip
VALUES = st.sampled_from(
    ["500", "0", "-1", "1" * 30, "eur", "tok_visa", "tok_chargeDeclined", "ch_1", "ch_0", "cus_1",
     "re_1", "customer", "data.customer", "refunds", "charge.refunds", "charge.customer",
     "customer.", ".", "http://127.0.0.1:1", "*", "", "x" * 501, "2014-06-17", "charge.failed"]
)  # fmt: skip
PAIRS = st.lists(
    st.tuples(NAMES, st.sampled_from(["", "[]", "[0]", "[a]", "[1", "[a][b]"]), VALUES | LATIN),
    max_size=3,
)
LISTS = st.sampled_from(
    ["", "limit=2", "limit=100&expand[]=data.customer", "starting_after=ch_2&limit=1",
     "ending_before=cus_1", "customer=cus_1", "type=charge.failed", "expand[]=data.refunds"]
)  # fmt: skip
LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | VALUES | st.text(max_size=5)
NESTED = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(NAMES | st.text(), inner, max_size=3)
    ),
    max_leaves=5,
)
ODD = st.text(max_size=20).map(lambda text: text.encode("utf-8", "replace")) | st.binary(
    max_size=20
)
TAILS = ["", "", "/", "/ch_1", "/ch_2", "/cus_1", "/re_1", "/evt_1", "/we_1", "/ch_99", "/ch_0"]
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "stripe-version": mostly(st.sampled_from(VERSIONS), LATIN),
        "idempotency-key": mostly(st.sampled_from(["a", "b", "k" * 256, ""]), LATIN),
        "content-type": LATIN,
    },
)
KEYS = mostly(st.just("Bearer {}"), st.sampled_from(["Basic {}", "", "Bearer"]) | LATIN)


@st.composite
def calls(draw: st.DrawFn) -> tuple[str, str, str, dict[str, str], str, bytes]:
    """Mostly what could be done, with something odd in it."""
    method = draw(mostly(st.sampled_from(["GET", "POST", "POST"]), st.just("PUT") | LATIN))
    root = draw(mostly(st.sampled_from(["/v1/", "/v1/", "/v2/"]), st.just("") | LATIN))
    kind = draw(mostly(st.sampled_from(["charges", "charges", *BASES]), LATIN))
    tail = draw(mostly(st.sampled_from([""] if method == "POST" else TAILS), LATIN))
    base = BASES.get(kind, {}) if draw(mostly(st.just(True), st.just(False))) else {}
    query, form = draw(mostly(LISTS if method == "GET" else st.just(""), LATIN)), b""
    if method != "GET" and root == "/v2/":
        more = draw(mostly(st.just({}), st.dictionaries(NAMES, NESTED, max_size=3)))
        form = json.dumps(base | more).encode()
    elif method != "GET":
        pairs = [f"{name}={value}" for name, value in base.items()]
        pairs += [f"{name}{inner}={value}" for name, inner, value in draw(PAIRS)]
        form = "&".join(pairs).encode()
    body = draw(mostly(st.just(form), ODD))
    given = {"stripe-version": CURRENT} if root == "/v2/" and draw(st.booleans()) else {}
    return method, f"{root}{kind}{tail}", query, given | draw(HEADERS), draw(KEYS), body


@pytest.fixture(scope="module")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Api, list[str], str]]:
    """An interface whose objects pile up; its limits are wide."""
    file = tmp_path_factory.mktemp("anything") / "mini.db"
    file.write_bytes(empty_database())
    lines: list[str] = []
    it = apis(file, lines)
    it.limits = Limits(TokenBucket(rate=1e9, capacity=1e9), rng=random.Random(17).random)
    yield it, lines, open_account(it.accounts_db, "acct_1")
    it.close()


@settings(max_examples=600, suppress_health_check=list(HealthCheck))
@given(calls())
@example(("POST", "/v1/charges", "", {}, "Bearer {}", FORM))
@example(("GET", "/v1/charges", "expand[]=data.customer.", {}, "Bearer {}", b""))
def test_anything_gets_one_answer_in_json_and_one_line(
    api: tuple[Api, list[str], str], call: tuple[str, str, str, dict[str, str], str, bytes]
) -> None:
    it, lines, key = api
    method, path, query, headers, scheme, body = call
    headers = headers | {"authorization": scheme.replace("{}", key)}
    lines.clear()
    reply = it.handle(HttpRequest(method, path, query, headers, body))
    rendered = json.loads(reply.body)
    assert isinstance(rendered, dict)
    assert 200 <= reply.status < 500, lines
    assert ("error" in rendered) is (reply.status >= 400)
    if reply.status >= 400:
        assert rendered["error"]["type"]
        assert rendered["error"]["message"]
    [line] = lines
    assert line.isprintable()
    assert f" status={reply.status} " in line
    for name, value in reply.headers.items():
        assert f"{name}: {value}".encode("latin-1")
        assert not re.search(r"[\r\n\0]", value), (name, value)


@settings(max_examples=60, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.binary(max_size=30)
        | st.sampled_from([b"\r\n", b"GET ", b"/v1/charges", b" HTTP/1.1", b"POST ", b"HTTP/",
                           b"Content-Length: 5\r\n", b"Connection: close\r\n", b": ", b"\r\n\r\n"]),
        max_size=8,
    )
)  # fmt: skip
def test_any_bytes_get_an_end(patient: Served, parts: list[bytes]) -> None:
    """Whatever is sent, the connection ends, and what comes back is errors only."""
    raw = patient.talk(b"".join(parts), cut=True)
    assert b" 200 " not in raw
    assert b" 500 " not in raw
    assert raw.count(b'{"error": ') == raw.count(b'"message": ')
