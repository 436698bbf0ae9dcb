"""What a client of each version reads, and what it may send."""

from __future__ import annotations

import copy
import itertools
import json
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from contextlib import closing, contextmanager
from sqlite3 import Connection
from typing import Any, NamedTuple

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mini_stripe import parameters
from mini_stripe.faults import Clock
from mini_stripe.idempotency import IdempotencyLayer, Refusal, Request, Response
from mini_stripe.network import CardNetwork
from mini_stripe.objects import list_page, render, render_event, render_row, to_body
from mini_stripe.parameters import STRING, check, one_of, whole_number
from mini_stripe.service import open_layer
from mini_stripe.store import get
from mini_stripe.versions import (
    CHANGES,
    CURRENT,
    NULLS,
    SOURCE,
    Change,
    changelog,
    changes_after,
    downgrade,
    everywhere,
    includes,
    is_version,
    old_name,
    swap,
    upgrade,
)

Body = dict[str, Any]
quick = settings(
    max_examples=120,
    suppress_health_check=list(HealthCheck),
)

# -- The oracle: what each version says, written by version and not by change

NO_NULLS = "2012-02-23"  # below it, what has no value is not there
ARRAY = "2014-06-17"  # below it, the refunds of a charge are an array
CARD = "2015-02-18"  # below it, a source is a card
ID = "2017-05-25"  # below it, the request of an event is an id
UNASKED = "2022-11-15"  # below it, a charge holds its refunds unasked
AGES = [
    "2011-01-01",
    "2011-06-21",
    "2012-02-23",
    "2014-06-17",
    "2015-02-18",
    "2017-05-25",
    "2020-08-27",
    "2022-11-15",
    "2023-10-16",  # a library sends it, and nothing changed on that day
    "2024-09-30.acacia",
    "2025-03-31.basil",
    "2025-12-15.clover",
    "2026-03-25.dahlia",
    "2026-09-30.endive",
    "2026-10-28.endive",
]


def whole(age: str, body: Body) -> Body:
    return body if age >= NO_NULLS else {k: v for k, v in body.items() if v is not None}


def head(facts: Any, kind: str) -> Body:
    return {"id": facts.id, "object": kind, "created": 7, "metadata": facts.metadata}


class Customer(NamedTuple):
    id: str
    metadata: dict[str, str]
    email: str | None
    source: str | None

    def at(self, age: str, asked: bool) -> Body:
        body = head(self, "customer") | {"email": self.email, "name": None}
        body["default_source" if age >= CARD else "default_card"] = self.source
        return whole(age, body)


class Refund(NamedTuple):
    id: str
    metadata: dict[str, str]
    charge: str | Charge

    def at(self, age: str, asked: bool) -> Body:
        charge = self.charge if isinstance(self.charge, str) else self.charge.at(age, asked)
        return whole(age, head(self, "refund") | {"charge": charge, "reason": None})


class Charge(NamedTuple):
    id: str
    metadata: dict[str, str]
    description: str | None
    customer: str | Customer | None
    refunds: list[Refund]

    def at(self, age: str, asked: bool) -> Body:
        body = head(self, "charge") | {"amount": 500, "description": self.description}
        who = self.customer
        body["customer"] = who.at(age, asked) if isinstance(who, Customer) else who
        card = {"object": "card", "brand": "Visa", "last4": "4242"}
        body["source" if age >= CARD else "card"] = card
        if age < UNASKED or asked:
            refunds = [refund.at(age, asked) for refund in self.refunds]
            body["refunds"] = refunds if age < ARRAY else list_of(refunds)
        return whole(age, body)


class List(NamedTuple):
    items: list[Any]

    def at(self, age: str, asked: bool) -> Body:
        return list_of([item.at(age, asked) for item in self.items])


class Event(NamedTuple):
    id: str
    request: str
    inner: Charge | Customer

    def at(self, age: str, asked: bool) -> Body:
        body: Body = {"id": self.id, "object": "event", "data": {}}
        body["data"]["object"] = self.inner.at(age, asked)
        request = {"id": self.request, "idempotency_key": "cart-17"}
        return body | {"request": request if age >= ID else self.request}


def list_of(data: list[Body]) -> Body:
    return {"object": "list", "url": "/v1/x", "has_more": False, "data": data}


FIELDS = ["object", "refunds", "source", "card", "default_source", "default_card", "metadata"]
FIELDS += ["data", "request", "id", "url", "charge", "customer", "reason", "email"]
KEPT_NAMES = st.sampled_from(FIELDS) | st.text(max_size=5)
KEPT_VALUES = st.sampled_from(["charge", "customer", "event", "list", "card", "x"]) | st.text(
    min_size=1, max_size=5
)
METADATA = st.dictionaries(KEPT_NAMES, KEPT_VALUES, max_size=4)
MAYBE = st.none() | st.text(max_size=5)
IDS = st.sampled_from(["x_1", "x_2"])
CUSTOMERS = st.builds(Customer, IDS, METADATA, MAYBE, st.none() | st.just("tok_visa"))
SHORT_REFUNDS = st.builds(Refund, IDS, METADATA, st.just("ch_1"))
CHARGES = st.builds(
    Charge,
    IDS,
    METADATA,
    MAYBE,
    st.none() | st.just("cus_1") | CUSTOMERS,
    st.lists(SHORT_REFUNDS, max_size=2),
)
REFUNDS = st.builds(Refund, IDS, METADATA, st.just("ch_1") | CHARGES)
EVENTS = st.builds(Event, IDS, IDS, CHARGES | CUSTOMERS)
ONE = CHARGES | CUSTOMERS | REFUNDS | EVENTS
LISTS = st.builds(List, st.lists(ONE, max_size=3))
THINGS = ONE | LISTS
VERSIONS = st.sampled_from(AGES)
# -- Going down


@quick
@given(THINGS, VERSIONS, st.booleans())
def test_a_version_reads_what_it_knew_and_nothing_else(
    thing: Any, version: str, asked: bool
) -> None:
    """Also what a client stored comes back as it was, whatever names it has."""
    body = thing.at(CURRENT, True)
    kept = copy.deepcopy(body)
    assert render(body, version, asked) == thing.at(version, asked)
    assert body == kept, "the object itself stays as it was"


@quick
@given(THINGS)
def test_the_current_version_reads_everything_but_refunds_that_it_did_not_ask_for(
    thing: Any,
) -> None:
    body = thing.at(CURRENT, True)
    assert downgrade(body, CURRENT) == body
    assert render(body, CURRENT, True) == body
    assert render(body, CURRENT, False) == thing.at(CURRENT, False)


@quick
@given(THINGS, VERSIONS, VERSIONS, st.booleans())
def test_two_downgrades_are_as_good_as_one(thing: Any, one: str, other: str, asked: bool) -> None:
    low, high = sorted([one, other])
    body = thing.at(CURRENT, True)
    halfway = downgrade(body, high)
    assert downgrade(halfway, low, high) == downgrade(body, low)
    asked = asked or high >= UNASKED
    halfway = render(body, high, asked)
    assert render(halfway, low, asked, high) == render(body, low, asked)


@quick
@given(THINGS, VERSIONS, VERSIONS, st.booleans())
def test_what_is_stored_in_an_old_shape_has_no_change_undone_that_it_never_had(
    thing: Any, version: str, shape: str, asked: bool
) -> None:
    """A newer version gets the old shape, and an older one goes on from there."""
    stored = thing.at(shape, True)
    body = render(stored, version, asked, shape)
    if version >= UNASKED and not asked:
        stored = without(stored, "refunds")
        assert body == (stored if shape <= version else without(thing.at(version, True), "refunds"))
    else:
        assert body == thing.at(min(shape, version), True)


def without(value: Any, name: str) -> Any:
    """The charges in a body, without a field."""
    if isinstance(value, list):
        return [without(item, name) for item in value]
    if not isinstance(value, dict):
        return value
    body = {k: v if k == "metadata" else without(v, name) for k, v in value.items()}
    if body.get("object") == "charge":
        body.pop(name, None)
    return body


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEPT_NAMES, inner, max_size=3),
    max_leaves=12,
)


@quick
@given(JSON, st.sampled_from(["object", "metadata"]))
def test_what_is_no_object_of_ours_stays(value: Any, name: str) -> None:
    """An object says what it is; a field of that name that holds no name says nothing."""
    for change in (NULLS, SOURCE):
        assert everywhere({"metadata": value}, change.undo) == {"metadata": value}
        body = {"object": {"source": None}, "source": None, "also": {name: ["x", None, 7]}}
        assert everywhere(body, change.undo) == body


# -- A table of what each version did not know, for responses of the real layer

Sign = Callable[[Body], bool]
BELOW: list[tuple[str, str | None, Sign]] = [
    (NO_NULLS, None, lambda body: None in body.values()),
    (ARRAY, "charge", lambda body: isinstance(body.get("refunds"), dict)),
    (CARD, "charge", lambda body: "source" in body),
    (CARD, "customer", lambda body: "default_source" in body),
    (ID, "event", lambda body: isinstance(body["request"], dict)),
]
FROM: list[tuple[str, str, Sign]] = [
    (ARRAY, "charge", lambda body: isinstance(body.get("refunds"), list)),
    (CARD, "charge", lambda body: "card" in body),
    (CARD, "customer", lambda body: "default_card" in body),
    (ID, "event", lambda body: isinstance(body["request"], str)),
    (UNASKED, "charge", lambda body: "refunds" in body),
]


def objects_in(value: Any) -> Iterator[Body]:
    if isinstance(value, list):
        for item in value:
            yield from objects_in(item)
    elif isinstance(value, dict):
        if "object" in value and isinstance(value["object"], str):
            yield value
        for name, item in value.items():
            if name != "metadata":
                yield from objects_in(item)


def check_known(body: Any, version: str, asked: bool = False) -> None:
    for found in objects_in(body):
        for age, kind, is_there in BELOW:
            if version < age and kind in (None, found["object"]):
                assert not is_there(found), (version, found)
        for age, kind, is_there in FROM:
            if version >= age and kind == found["object"] and not (asked and age == UNASKED):
                assert not is_there(found), (version, found)


TRICKY = {"object": "charge", "refunds": "x", "source": "y", "card": "z", "data": "event"}


@contextmanager
def server() -> Iterator[IdempotencyLayer]:
    layer = open_layer(":memory:", CardNetwork(), Clock(7))
    with closing(layer.db):
        yield layer


def source(version: str) -> str:
    """Return the word for a source that a version has."""
    return "source" if version >= CARD else "card"


def post(
    layer: IdempotencyLayer, path: str, version: str, params: Body, key: str = "k"
) -> Response:
    return layer.handle(Request("acct_1", key, path, params, version, f"req_{key}"))


def fill(layer: IdempotencyLayer, pinned: str | None = None) -> None:
    """A customer, a charge of it, another charge of nobody, and a refund, each with an event."""
    layer.db.execute("INSERT INTO accounts VALUES ('acct_1', 'sk_test_1', ?)", (pinned,))
    order: Body = {"amount": 500, "currency": "eur", "source": "tok_visa"}
    requests: list[tuple[str, str, Body]] = [
        ("a", "/v1/customers", {"email": "a@shop", "source": "tok_visa", "metadata": TRICKY}),
        ("b", "/v1/charges", order | {"customer": "cus_1", "metadata": TRICKY}),
        ("c", "/v1/refunds", {"charge": "ch_1", "amount": 200, "metadata": TRICKY}),
        ("d", "/v1/charges", order | {"description": "Tea"}),
        ("e", "/v1/customers", {}),
    ]
    for key, path, params in requests:
        assert post(layer, path, CURRENT, params, key).status == 200


def read(db: Connection, kind: str, number: int, version: str, *expand: str) -> Body:
    request = Request("acct_1", "", "", {"expand": [*expand]}, version)
    return render_row(db, kind, get(db, kind, number), request)


def test_nothing_that_the_server_shows_holds_what_a_version_did_not_know() -> None:
    with server() as layer:
        fill(layer)
        db = layer.db
        for version in AGES:
            for paths in ([], ["customer"], ["refunds"], ["customer", "refunds"]):
                for number in (1, 2):
                    body = read(db, "charge", number, version, *paths)
                    check_known(body, version, "refunds" in paths)
                data = {"expand": [f"data.{path}" for path in paths]}
                body = list_page(db, "charge", Request("acct_1", "", "", data, version))
                check_known(body, version, "refunds" in paths)
                assert len(body["data"]) == 2
                paths = ["charge", *(f"charge.{path}" for path in paths)]
                body = read(db, "refund", 1, version, *paths)
                assert body["charge"]["metadata"] == TRICKY
                check_known(body, version, "charge.refunds" in paths)
            for number in (1, 2):
                check_known(read(db, "customer", number, version), version)
            for number in range(1, 6):
                check_known(render_event(db, get(db, "event", number), version), version)


# -- One of each, for each version

CARDS = {"object": "card", "brand": "Visa", "last4": "4242"}
REFUNDED = {
    "id": "re_1",
    "object": "refund",
    "created": 7,
    "livemode": False,
    "metadata": {"object": "charge", "refunds": "x", "source": "y", "card": "z", "data": "event"},
    "amount": 200,
    "charge": "ch_1",
    "currency": "eur",
    "status": "succeeded",
}
CHARGED = {
    "id": "ch_1",
    "object": "charge",
    "created": 7,
    "livemode": False,
    "metadata": {"object": "charge", "refunds": "x", "source": "y", "card": "z", "data": "event"},
    "amount": 500,
    "amount_refunded": 200,
    "currency": "eur",
    "customer": "cus_1",
    "paid": True,
    "refunded": False,
    "status": "succeeded",
}
SAVED = {
    "id": "cus_1",
    "object": "customer",
    "created": 7,
    "livemode": False,
    "metadata": {"object": "charge", "refunds": "x", "source": "y", "card": "z", "data": "event"},
    "email": "a@shop",
}
EVENT = {
    "id": "evt_3",
    "object": "event",
    "created": 7,
    "livemode": False,
    "type": "charge.refunded",
}
SUBLIST = {
    "object": "list",
    "url": "/v1/charges/ch_1/refunds",
    "has_more": False,
    "data": [REFUNDED | {"reason": None}],
}
# Each with the first version that reads it so.
REFUND_TABLE = {
    "2011-01-01": REFUNDED,
    "2012-02-23": REFUNDED | {"reason": None},
}
CUSTOMER_TABLE = {
    "2011-01-01": SAVED | {"default_card": "card_1"},
    "2012-02-23": SAVED | {"default_card": "card_1", "name": None},
    "2015-02-18": SAVED | {"default_source": "card_1", "name": None},
}
CHARGE_TABLE = {
    "2011-01-01": CHARGED | {"card": CARDS, "refunds": [REFUNDED]},
    "2012-02-23": CHARGED
    | {"card": CARDS, "refunds": [REFUNDED | {"reason": None}], "description": None},
    "2014-06-17": CHARGED | {"card": CARDS, "refunds": SUBLIST, "description": None},
    "2015-02-18": CHARGED | {"source": CARDS, "refunds": SUBLIST, "description": None},
    "2022-11-15": CHARGED | {"source": CARDS, "description": None},
}
REQUESTED = {"id": "req_c", "idempotency_key": "c"}
EVENT_TABLE = {
    "2011-01-01": EVENT | {"request": "req_c", "data": {"object": CHARGE_TABLE["2011-01-01"]}},
    "2012-02-23": EVENT | {"request": "req_c", "data": {"object": CHARGE_TABLE["2012-02-23"]}},
    "2014-06-17": EVENT | {"request": "req_c", "data": {"object": CHARGE_TABLE["2014-06-17"]}},
    "2015-02-18": EVENT | {"request": "req_c", "data": {"object": CHARGE_TABLE["2015-02-18"]}},
    "2017-05-25": EVENT | {"request": REQUESTED, "data": {"object": CHARGE_TABLE["2015-02-18"]}},
    "2022-11-15": EVENT | {"request": REQUESTED, "data": {"object": CHARGE_TABLE["2022-11-15"]}},
}


def of_version(table: Mapping[str, Body], version: str) -> Body:
    return table[max(age for age in table if age <= version)]


@pytest.mark.parametrize("version", AGES)
def test_one_of_each_for_each_version(version: str) -> None:
    with server() as layer:
        fill(layer, pinned=version)
        assert read(layer.db, "refund", 1, version) == of_version(REFUND_TABLE, version)
        assert read(layer.db, "customer", 1, version) == of_version(CUSTOMER_TABLE, version)
        assert read(layer.db, "charge", 1, version) == of_version(CHARGE_TABLE, version)
        event = read(layer.db, "event", 3, CURRENT)
        assert event.pop("api_version") == version
        assert event == of_version(EVENT_TABLE, version)


# -- Events


def test_an_event_keeps_the_version_that_the_account_had_when_it_was_written() -> None:
    with server() as layer:
        fill(layer, pinned="2012-02-23")
        layer.db.execute("UPDATE accounts SET version = ?", (CURRENT,))
        for version in AGES:
            event = read(layer.db, "event", 3, version)
            assert event.pop("api_version") == "2012-02-23"
            assert event == EVENT_TABLE["2012-02-23"]
        [events] = [list_page(layer.db, "event", Request("acct_1", "", "", {}, CURRENT))["data"]]
        assert {event["api_version"] for event in events} == {"2012-02-23"}
        post(layer, "/v1/customers", "2011-01-01", {}, "new")
        assert read(layer.db, "event", 6, "2011-01-01")["api_version"] == CURRENT


def test_an_event_of_an_account_without_a_version_has_the_current_one() -> None:
    with server() as layer:
        fill(layer)
        assert read(layer.db, "event", 3, "2011-01-01")["api_version"] == CURRENT


@pytest.mark.parametrize("version", AGES)
def test_an_event_says_in_which_version_it_is_rendered(version: str) -> None:
    """An endpoint may have asked for another one than the account's."""
    with server() as layer:
        fill(layer, pinned="2012-02-23")
        event = render_event(layer.db, get(layer.db, "event", 3), version)
        assert event.pop("api_version") == version
        assert event == of_version(EVENT_TABLE, version)


@pytest.mark.parametrize("version", AGES)
def test_an_event_that_nobody_asked_for_has_no_request(version: str) -> None:
    body = downgrade({"object": "event", "request": None}, version)
    assert body == whole(version, {"object": "event", "request": None})


@pytest.mark.parametrize("shape", AGES)
@pytest.mark.parametrize("version", AGES)
def test_an_event_that_was_stored_in_an_old_shape(version: str, shape: str) -> None:
    """The object is downgraded from its shape on; the envelope is made anew."""
    with server() as layer:
        fill(layer)
        stored = of_version(CHARGE_TABLE, shape)
        layer.db.execute(
            "UPDATE events SET object = ?, shape = ? WHERE id = 3", (json.dumps(stored), shape)
        )
        event = render_event(layer.db, get(layer.db, "event", 3), version)
        expected = of_version(CHARGE_TABLE, min(shape, version))
        if max(shape, version) >= UNASKED:
            expected = without(expected, "refunds")  # not stored, or not asked for
        assert event["data"]["object"] == expected
        assert event["request"] == of_version(EVENT_TABLE, version)["request"]


# -- Upgrading parameters


def test_the_names_of_parameters() -> None:
    for version in AGES:
        old = {"card": "tok", "default_card": "tok", "amount": 5}
        new = {"source": "tok", "default_source": "tok", "amount": 5}
        sent = old if version < CARD else new
        for kind in ("charge", "customer"):
            assert upgrade(kind, sent, version) == new
        for kind in ("refund", "event", "webhook_endpoint"):
            assert upgrade(kind, sent, version) == sent


SENT = st.sampled_from(["amount", "source", "default_source", "email", "url", "x"])
VALUES = st.text(max_size=3) | st.integers() | METADATA


@quick
@given(
    VERSIONS,
    st.sampled_from(["charge", "customer", "refund", "webhook_endpoint"]),
    st.dictionaries(SENT, VALUES),
)
def test_up_and_down_again_is_what_was_sent(version: str, kind: str, params: Body) -> None:
    if version < CARD:
        names = {"source": "card", "default_source": "default_card"}
        params = {names.get(name, name): value for name, value in params.items()}
    sent = copy.deepcopy(params)
    current = upgrade(kind, params, version)
    assert downgrade({"object": kind, "metadata": sent, **current}, version) == {
        "object": kind,
        "metadata": sent,
        **sent,
    }
    assert params == sent, "what was sent stays as it was"
    assert [old_name(kind, name, version) for name in current] == [*params]


ANY_METADATA = st.dictionaries(KEPT_NAMES, KEPT_VALUES, max_size=3)
CARD_OF = {
    "tok_visa": {"object": "card", "brand": "Visa", "last4": "4242"},
    "tok_mastercard": {"object": "card", "brand": "MasterCard", "last4": "4444"},
}


@quick
@given(VERSIONS, st.sampled_from([*CARD_OF]), ANY_METADATA, st.integers(1, 10**8 - 1))
def test_a_client_reads_what_it_has_sent(
    version: str, token: str, metadata: Body, amount: int
) -> None:
    card = {source(version): token}
    sent: Body = {"amount": amount, "currency": "usd"}
    sent |= {"description": "Tea", "metadata": metadata}
    with server() as layer:
        response = post(layer, "/v1/charges", version, sent | card)
        assert response.status == 200
        assert {name: response.body[name] for name in sent} == sent
        assert response.body[source(version)] == CARD_OF[token]
        check_known(response.body, version)
        sent = {"email": "a@shop", "name": "Ada", "metadata": metadata}
        response = post(layer, "/v1/customers", version, sent | card, "c")
        assert {name: response.body[name] for name in sent} == sent
        assert response.body[f"default_{source(version)}"] == "card_1"
        check_known(response.body, version)


@pytest.mark.parametrize("order", [["source", "card"], ["card", "source"]])
@pytest.mark.parametrize("version", [age for age in AGES if age < CARD])
@pytest.mark.parametrize("path", ["/v1/charges", "/v2/charges", "/v1/customers"])
def test_a_name_that_is_newer_than_the_version_is_unknown(
    path: str, version: str, order: list[str]
) -> None:
    """A card that nobody has checked must not pay because it came under the newer name."""
    sent = {"source": "tok_of_nobody", "card": "tok_visa"}
    params: Body = {name: sent[name] for name in order}
    if path != "/v1/customers":
        params |= {"amount": 500, "currency": "eur"}
    with server() as layer:
        response = post(layer, path, version, params)
        if version >= "2011-06-21":
            assert response.body["error"]["code"] == "parameter_unknown"
            assert response.body["error"]["param"] == "source"
        elif path == "/v1/customers":
            assert response.body["default_card"] == "card_1"
            [stored] = layer.db.execute("SELECT source FROM customers").fetchone()
            assert stored == "tok_visa"
        else:
            assert response.body["card"] == CARD_OF["tok_visa"]


CHAIN = (
    Change("2001-01-01", ("x",), "b was a", swap(b="a")),
    Change("2002-01-01", ("x",), "c was b", swap(c="b")),
    Change("2003-01-01", ("x",), "c holds a list", reshape=lambda x: x | {"c": x["c"][0]}),
)
CHAINED = {"2000-01-01": "a", "2001-01-01": "b", "2002-01-01": "c", "2003-01-01": "c"}


@pytest.mark.parametrize("version", CHAINED)
def test_a_change_may_assume_that_all_newer_ones_are_undone(
    version: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And on the way up, that all older ones are made."""
    monkeypatch.setattr("mini_stripe.versions.CHANGES", CHAIN)
    name = CHAINED[version]
    body = {"object": "x", "c": [5]}
    assert downgrade(body, version) == {"object": "x", name: [5] if version >= "2003" else 5}
    assert upgrade("x", {name: 5}, version) == {"c": 5}
    assert upgrade("y", {name: 5}, version) == {name: 5}
    assert old_name("x", "c", version) == name
    assert old_name("y", "c", version) == "c"


# -- Errors


def error_of(response: Response) -> tuple[int, str | None, str | None]:
    fields = response.body["error"]
    if "param" in fields:
        assert fields["param"] in fields["message"]
    return response.status, fields["code"], fields.get("param")


@pytest.mark.parametrize("version", AGES)
@pytest.mark.parametrize("path", ["/v1/charges", "/v2/charges"])
def test_an_error_names_a_parameter_as_the_version_does(path: str, version: str) -> None:
    name = source(version)
    with server() as layer:
        order: Body = {"amount": 500, "currency": "eur"}
        for value in (None, ["tok_visa"], {"number": "4242"}, 7, "x" * 501):
            wrong = post(layer, path, version, order | {name: value})
            assert error_of(wrong) == (400, None, name)
        wrong = post(layer, path, version, order | {name: "tok_visa", "amount": 0})
        assert error_of(wrong) == (400, None, "amount")
        wrong = post(layer, "/v1/customers", version, {name: "tok_nobody"})
        assert error_of(wrong) == (400, None, name)
        assert layer.db.execute("SELECT count(*) FROM keys").fetchone()[0] == 0


RULES_OF_A_CHARGE = {
    "source": STRING,
    "amount": whole_number(1, 99),
    "currency": one_of("eur", "usd"),
}


@pytest.mark.parametrize("version", AGES)
def test_messages_are_in_the_words_of_the_version(version: str) -> None:
    """Each is compared whole: it's all that a client has to go by."""
    name, other = source(version), source("2014-06-17" if version >= CARD else CURRENT)
    right: Body = {name: "tok_visa", "amount": 5, "currency": "eur"}
    amount = "Invalid amount: it must be a whole number from 1 to 99."
    text = f"Invalid {name}: it must be a string of 1 to 500 characters."
    cases: list[tuple[Body, str, str | None, str]] = [
        ({name: ""}, f"{name} can't be empty.", "parameter_invalid_empty", name),
        ({"amount": ""}, "amount can't be empty.", "parameter_invalid_empty", "amount"),
        ({"amount": 100}, amount, None, "amount"),
        ({"amount": 1.0}, amount, None, "amount"),
        ({"currency": "dm"}, "Invalid currency: it must be one of eur, usd.", None, "currency"),
        ({name: 17}, text, None, name),
    ]
    if version >= "2011-06-21":
        for word in ("amuont", other):
            unknown = f"Received unknown parameter: {word}"
            cases += [({word: sent}, unknown, "parameter_unknown", word) for sent in ("x", "", 7)]
    for params, message, code, param in cases:
        assert refused(right | params, version).body["error"] == {
            "type": "invalid_request_error",
            "code": code,
            "message": message,
            "param": param,
        }
    for param in right:
        params = {key: value for key, value in right.items() if key != param}
        assert refused(params, version).body["error"] == {
            "type": "invalid_request_error",
            "code": "parameter_missing",
            "message": f"Missing required param: {param}.",
            "param": param,
        }


def refused(params: Body, version: str) -> Response:
    with pytest.raises(Refusal) as refusal:
        check("charge", Request("", "", "", params, version), RULES_OF_A_CHARGE, {})
    assert refusal.value.response.status == 400
    return refusal.value.response


@pytest.mark.parametrize("version", AGES)
def test_the_check_returns_what_was_given_in_todays_words(version: str) -> None:
    """Without what is empty, and in the oldest version without what nobody knows."""
    rules = {"customer": STRING, "description": STRING}
    params = {source(version): "tok_visa", "amount": 5, "currency": "eur", "customer": ""}
    if version < "2011-06-21":
        params |= {"amuont": 7, "source": "x"}
    kept = copy.deepcopy(params)
    given = check("charge", Request("", "", "", params, version), RULES_OF_A_CHARGE, rules)
    assert given == {"source": "tok_visa", "amount": 5, "currency": "eur"}
    assert params == kept


@pytest.mark.parametrize("version", AGES)
@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("/v1/charges", "capture"),
        ("/v2/charges", "Amount"),
        ("/v1/charges", "default_source"),
        ("/v1/charges", "default_card"),
        ("/v1/refunds", "card"),
        ("/v1/refunds", "source"),
        ("/v1/customers", "default_source"),
        ("/v1/customers", "default_card"),
        ("/v1/webhook_endpoints", "card"),
    ],
)
def test_an_unknown_parameter_is_ignored_or_refused(path: str, name: str, version: str) -> None:
    charge: Body = {"amount": 500, "currency": "eur", source(version): "tok_visa"}
    needed: dict[str, Body] = {
        "/v1/charges": charge,
        "/v2/charges": charge,
        "/v1/refunds": {"charge": "ch_1", "amount": 1},
        "/v1/webhook_endpoints": {"url": "http://shop", "enabled_events": []},
    }
    values: list[Any] = ["x", 5, None, ["x"], {"x": {}}]
    with server() as layer:
        post(layer, "/v1/charges", version, charge, "before")
        for number, value in enumerate(values):
            params = needed.get(path, {}) | {name: value}
            response = post(layer, path, version, params, f"k{number}")
            if version < "2011-06-21":
                assert response.status == 200
                assert name not in response.body or path == "/v1/customers"
            else:
                assert error_of(response) == (400, "parameter_unknown", name)


@pytest.mark.parametrize("version", AGES)
def test_an_unknown_parameter_is_not_what_is_wrong_first(version: str) -> None:
    """What must be there is looked for before what must not."""
    with server() as layer:
        response = post(layer, "/v1/refunds", version, {"x": 1})
        assert error_of(response) == (400, "parameter_missing", "charge")


ANY_PARAMS = st.dictionaries(
    st.sampled_from(["amount", "currency", "source", "card", "customer", "metadata", "expand"])
    | st.text(max_size=3),
    JSON | st.sampled_from([500, "eur", "tok_visa", {"a": "b"}, ["customer"]]),
    max_size=6,
)


CODES = ("parameter_missing", "parameter_unknown", "parameter_invalid_empty")


@quick
@given(VERSIONS, ANY_PARAMS, st.sampled_from(["charges", "refunds", "customers"]))
def test_whatever_is_sent_is_checked_without_an_exception(
    version: str, params: Body, where: str
) -> None:
    with server() as layer:
        endpoint = layer.endpoints[f"/v1/{where}"]
        try:
            endpoint.validate(Request("acct_1", "k", f"/v1/{where}", params, version))
        except Refusal as refusal:
            status, code, param = error_of(refusal.response)
            assert status == 400
            assert code in (None, *CODES)
            assert (code == "parameter_missing") == (param not in params)
            assert (code == "parameter_invalid_empty") <= (params.get(param) == "")


RULES = [
    (
        parameters.STRING,
        "a string of 1 to 500 characters",
        ["x", "x" * 500, " ", "\0", "1"],
        ["", "x" * 501, 5, None, True, [], {}],
    ),
    (
        parameters.AMOUNT,
        "a whole number from 1 to 99999999",
        [1, 10**8 - 1],
        [0, -1, 10**8, 1.0, True, False, None, "1", [], {}, float("nan"), 10**400],
    ),
    (
        parameters.METADATA,
        "a map of strings",
        [{}, {"a": "b"}, {"": "b"}, {"a": ""}],
        [{"a": 1}, {"a": "x" * 501}, {"a": {}}, {"a": None}, [], "x", None],
    ),
    (
        parameters.STRINGS,
        "a list of strings",
        [[], ["a", "b"]],
        [["a", ""], [1], [["a"]], "a", ("a",), {}, None],
    ),
    (one_of("a", "b"), "one of a, b", ["a", "b"], ["", "ab", "c", None, 0, ["a"], {"a": "a"}]),
    (one_of(), "one of ", [], ["", None, "a"]),
]


@pytest.mark.parametrize(("rule", "wanted", "good", "bad"), RULES)
def test_a_rule(rule: parameters.Rule, wanted: str, good: list[Any], bad: list[Any]) -> None:
    assert rule.wanted == wanted
    assert all(rule.accepts(value) for value in good)
    assert not any(rule.accepts(value) for value in bad)


def test_a_whole_number_lies_between_its_bounds() -> None:
    for low, high, value in itertools.product(range(-2, 3), range(-2, 3), range(-3, 4)):
        assert whole_number(low, high).accepts(value) == (value in range(low, high + 1))


# -- The names of versions


FIRST, LAST = "2011-01-01", "2026-09-30"  # the versions that are a day alone
PLANTS = {
    "acacia": ("2024-09-30", "2025-03-30"),
    "basil": ("2025-03-31", "2025-09-29"),
    "clover": ("2025-09-30", "2026-03-24"),
    "dahlia": ("2026-03-25", "2026-09-29"),
    "endive": ("2026-09-30", "9999-12-31"),  # the newest has no end yet
}


def test_a_version_is_a_day_or_a_day_and_its_plant() -> None:
    """Every day is tried that can be written, whether the calendar has it or not."""
    for year, month, day in itertools.product(range(2009, 2031), range(14), range(33)):
        name = f"{year}-{month:02}-{day:02}"
        real = 1 <= month <= 12 and 1 <= day <= monthrange(year, month)[1]
        assert is_version(name) == (real and FIRST <= name <= LAST), name
        plants = [plant for plant, (first, last) in PLANTS.items() if first <= name <= last]
        assert [it for it in PLANTS if is_version(f"{name}.{it}")] == (plants if real else []), name


@pytest.mark.parametrize("version", [*AGES, "2100-01-01.endive"])
def test_a_known_version(version: str) -> None:
    assert is_version(version)


@pytest.mark.parametrize(
    "version",
    [
        "",
        ".",
        "..",
        "latest",
        "2011",
        "2011-01-01.",
        "2011-01-01.acacia",
        "2020-08-27.acacia",
        "2026-09-30.",
        "2026-09-30.fern",
        "2026-09-30.Endive",
        "2026-09-30.endive ",
        " 2026-09-30.endive",
        "2026-09-30.endive\n",
        "2026-09-30\n.endive",
        "2026-09-30.endive.x",
        "20110101",
        "2011-W01-1",
        "20261028.endive",
        "2026-W44-3.endive",
        "2026-9-30.endive",
        "2026-09-30T00:00:00.endive",
        "+026-09-30.endive",
        "\u0662\u0660\u0662\u0666-09-30.endive",
        "\uff12\uff10\uff12\uff16-09-30.endive",
        "2011-01-01\0",
        "x.endive",
        "9.endive",
        "9.9",
        "9" * 100_000,
        "2026-09-30." + "endive" * 100_000,
        "2026-09-30" * 100_000 + ".endive",
    ],
    ids=lambda version: ascii(version[:24]),
)
def test_an_unknown_version(version: str) -> None:
    assert not is_version(version)


@quick
@given(st.text(max_size=30) | st.from_regex(r"20\d\d-\d\d-\d\d(\.\w+)?"))
def test_any_text_is_known_or_not(version: str) -> None:
    if is_version(version):
        date, dot, plant = version.partition(".")
        assert date.isascii()
        assert len(date) == 10
        assert not dot or plant in PLANTS


# -- What has changed


def test_the_changelog() -> None:
    lines = [
        "2011-06-21  all objects: Unknown parameters are errors.",
        "2012-02-23  all objects: Empty fields are null.",
        "2014-06-17  charge: The refunds of a charge are a list object.",
        "2015-02-18  charge, customer: A card is a source, since there are other sources.",
        "2017-05-25  event: The request of an event is an object with its key.",
        "2022-11-15  charge: A charge holds its refunds only if asked to.",
    ]
    assert [*changelog("2011-01-01")] == lines
    for version in AGES:
        assert [*changelog(version)] == [line for line in lines if line[:10] > version]
    assert [*changelog(CURRENT)] == []


def test_the_changes_stand_in_the_order_of_their_versions() -> None:
    dates = [change.version for change in CHANGES]
    assert dates == sorted(set(dates))
    assert is_version(CURRENT)
    assert all(is_version(date) for date in dates)
    for version in AGES:
        assert changes_after(version) == [
            change for change in CHANGES if not includes(version, change)
        ]
    assert [change.version for change in CHANGES if change.side_effect] == [
        "2011-06-21",
        "2022-11-15",
    ]


def test_a_stored_object_is_in_the_current_shape() -> None:
    with server() as layer:
        fill(layer, pinned="2011-01-01")
        row = get(layer.db, "event", 3)
        assert row["shape"] == CURRENT
        charge = get(layer.db, "charge", 1)
        assert json.loads(row["object"]) == to_body(layer.db, "charge", charge)


# -- What may be expand


@pytest.mark.parametrize("path", ["refunds.", "customer.", ".", "", "refunds.data", "source"])
def test_a_path_that_leads_nowhere_is_refused(path: str) -> None:
    order: Body = {"amount": 500, "currency": "eur", "source": "tok_visa", "expand": [path]}
    with server() as layer:
        assert error_of(post(layer, "/v1/charges", CURRENT, order)) == (400, None, "expand")
