"""Pages that do not shift, names, and objects in objects."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import permutations, product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mini_stripe.api import look_up
from mini_stripe.faults import ORDER, Clock
from mini_stripe.idempotency import IdempotencyLayer, Refusal, Request, Response
from mini_stripe.network import DECLINED, CardNetwork
from mini_stripe.objects import (
    FILTERS,
    KINDS,
    expand,
    expansion,
    find_paths,
    list_page,
    not_found,
    render,
    to_body,
)
from mini_stripe.service import open_layer
from mini_stripe.store import PREFIXES, connect, find, get, id_of, number_of, snapshot
from mini_stripe.versions import CURRENT, Body

quick = settings(max_examples=100)


class World:
    def __init__(self, path: str = ":memory:") -> None:
        self.clock, self.network = Clock(1_700_000_000), CardNetwork()
        self.layer: IdempotencyLayer = open_layer(path, self.network, self.clock)
        self.db = self.layer.db
        self.asked = 0

    def ask(self, what: str, account: str = "acct_1", **params: Any) -> Response:
        self.asked += 1
        path, version = f"/v1/{what}", params.pop("version", CURRENT)
        return self.layer.handle(Request(account, f"key {self.asked}", path, params, version))

    def charge(self, account: str = "acct_1", **params: Any) -> Any:
        return self.ask("charges", account, **{**ORDER.params, **params}).body

    def list_page(
        self, kind: str, account: str = "acct_1", version: str = CURRENT, **params: Any
    ) -> Body:
        path = f"/v1/{kind}s"
        return list_page(self.db, kind, Request(account, "", path, params, version))

    def ids(self, kind: str, account: str = "acct_1", **params: Any) -> list[str]:
        return [body["id"] for body in self.list_page(kind, account, **params)["data"]]

    def delete(self, customer: str) -> Response:
        self.asked += 1
        path = f"DELETE /v1/customers/{customer}"
        return self.layer.handle(Request("acct_1", f"key {self.asked}", path, {}, CURRENT))

    def refused(self, kind: str, account: str = "acct_1", **params: Any) -> Response:
        """The response to a list that is not given; and nothing was looked up for it."""
        with pytest.raises(Refusal) as refusal:
            self.list_page(kind, account, **params)
        return refusal.value.response

    def add(self, customers: list[str]) -> None:
        """Customers of these accounts, quickly."""
        self.db.executemany(
            "INSERT INTO customers (account, created, metadata) VALUES (?, 0, '{}')",
            [(account,) for account in customers],
        )

    def all(self, account: str) -> list[str]:
        """The names of an account's customers, the newest first, by another way."""
        rows = self.db.execute("SELECT id, account FROM customers").fetchall()
        return [f"cus_{id}" for id, owner in reversed(rows) if owner == account]


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    with closing(world.db):
        yield world


# -- Pages

ACCOUNTS = st.lists(st.sampled_from(["acct_1", "acct_1", "acct_2"]), max_size=12)
LIMITS = st.integers(1, 5)


def test_a_page_is_a_list_of_the_newest(world: World) -> None:
    world.add(["acct_1"] * 12)
    page = world.list_page("customer")
    assert {name: value for name, value in page.items() if name != "data"} == {
        "object": "list",
        "url": "/v1/customers",
        "has_more": True,
    }
    assert [body["id"] for body in page["data"]] == [f"cus_{n}" for n in range(12, 2, -1)]
    for body, row in zip(
        page["data"], world.db.execute("SELECT * FROM customers ORDER BY id DESC"), strict=False
    ):
        assert body == to_body(world.db, "customer", row)


@pytest.mark.parametrize("kind", KINDS)
def test_a_list_with_nothing_in_it(world: World, kind: str) -> None:
    url = f"/v1/{kind}s"
    assert world.list_page(kind) == {"object": "list", "url": url, "has_more": False, "data": []}


@given(before=ACCOUNTS, between=st.lists(ACCOUNTS, max_size=6), limits=st.lists(LIMITS, min_size=1))
@quick
def test_forwards_no_row_is_seen_twice_and_none_that_was_there_is_left_out(
    before: list[str], between: list[list[str]], limits: list[int]
) -> None:
    world = World()
    with closing(world.db):
        world.add(before)
        there, seen, turn, more = world.all("acct_1"), list[str](), 0, True
        while more:
            limit = limits[turn % len(limits)]
            cursor = {"starting_after": seen[-1]} if seen else {}
            page = world.list_page("customer", limit=limit, **cursor)
            ids, more = [body["id"] for body in page["data"]], page["has_more"]
            assert len(ids) == limit or not more
            assert more == (len(seen) + len(ids) < len(there))
            seen += ids
            world.add(between[turn] if turn < len(between) else [])
            turn += 1
        assert seen == there, "in order, and nothing that came later"


@given(before=ACCOUNTS, between=st.lists(ACCOUNTS, max_size=6), limits=st.lists(LIMITS, min_size=1))
@quick
def test_backwards_every_row_is_seen_once_also_those_that_come_meanwhile(
    before: list[str], between: list[list[str]], limits: list[int]
) -> None:
    world = World()
    with closing(world.db):
        world.add(["acct_1", *before])
        seen, turn, more = ["cus_1"], 0, True
        while more or turn <= len(between):
            limit = limits[turn % len(limits)]
            page = world.list_page("customer", limit=limit, ending_before=seen[0])
            ids, more = [body["id"] for body in page["data"]], page["has_more"]
            assert more == (len(seen) + len(ids) < len(world.all("acct_1")))
            assert len(ids) == limit or not more
            seen = ids + seen
            world.add(between[turn] if turn < len(between) else [])
            turn += 1
        assert seen == world.all("acct_1")


@given(accounts=ACCOUNTS, limit=LIMITS, at=st.integers(0, 11))
@quick
def test_a_cursor_lies_between_its_two_pages(accounts: list[str], limit: int, at: int) -> None:
    world = World()
    with closing(world.db):
        world.add(["acct_1", *accounts])
        names = world.all("acct_1")
        at %= len(names)
        after = world.ids("customer", limit=limit, starting_after=names[at])
        before = world.ids("customer", limit=limit, ending_before=names[at])
        assert after == names[at + 1 :][:limit]
        assert before == names[:at][-limit:]


@pytest.mark.parametrize("number", [9, 10, 11])
def test_ten_are_shown_if_nothing_is_asked(world: World, number: int) -> None:
    world.add(["acct_1"] * number)
    page = world.list_page("customer")
    assert (len(page["data"]), page["has_more"]) == (min(number, 10), number > 10)


@pytest.mark.parametrize("number", [99, 100, 101])
def test_a_hundred_are_shown_at_most(world: World, number: int) -> None:
    world.add(["acct_1"] * number)
    page = world.list_page("customer", limit=100)
    assert (len(page["data"]), page["has_more"]) == (min(number, 100), number > 100)


@pytest.mark.parametrize("limit", [0, -1, 101, 10**30, "10", 1.0, True, None, [], [1], "x"])
def test_a_limit_is_a_number_from_1_to_100(world: World, limit: Any) -> None:
    response = world.refused("customer", limit=limit)
    message = "Invalid limit: it must be a whole number from 1 to 100."
    assert (response.status, response.body["error"]["message"]) == (400, message)
    assert response.body["error"]["param"] == "limit"


@pytest.mark.parametrize("cursor", ["starting_after", "ending_before"])
@pytest.mark.parametrize("value", [None, 7, True, ["cus_1"], {"a": "b"}, "x" * 501])
def test_a_cursor_is_a_string(world: World, cursor: str, value: Any) -> None:
    world.add(["acct_1"])
    response = world.refused("customer", **{cursor: value})
    assert (response.status, response.body["error"]["param"]) == (400, cursor)


@pytest.mark.parametrize("cursor", ["starting_after", "ending_before"])
@pytest.mark.parametrize(
    "name",
    [
        "cus_3", "cus_99", "cus_0", "cus_01", "cus_-1", "cus_1 ", " cus_1", "cus_1\n", "cus_",
        "cus_١", "cus_1.0", "cus_1e0", "cus_0x1", "cus_1; DROP TABLE customers", "CUS_1", "1",
        "ch_1", "evt_1", "re_1", "we_1", "cus", "_1", "cus_9223372036854775808", f"cus_{'1' * 400}",
        "cus_1\x00", "cus__1", "cus_+1", "cus_1_0", "cus_½", "cus_²", "cus_１", "cus_1２",
    ],
)  # fmt: skip
def test_a_cursor_of_somebody_else_or_of_another_kind_names_nothing(
    world: World, cursor: str, name: str
) -> None:
    """A stranger's object looks exactly like one that does not exist."""
    world.add(["acct_1", "acct_1", "acct_2"])
    world.charge()
    world.ask("refunds", charge="ch_1", amount=1)
    world.ask("webhook_endpoints", url="http://shop", enabled_events=["*"])
    assert world.refused("customer", **{cursor: name}) == not_found("customer", name, cursor)
    assert world.refused("charge", "acct_2", **{cursor: "ch_1"}) == not_found(
        "charge", "ch_1", cursor
    )
    assert world.all("acct_1") == ["cus_2", "cus_1"]


@pytest.mark.parametrize(("param", "status"), [("starting_after", 400), ("", 404)])
def test_what_is_not_found_is_named(param: str, status: int) -> None:
    """404 is for an address that leads nowhere, and 400 for a parameter."""
    response = not_found("charge", "ch_7", param)
    assert response.status == status
    assert response.body["error"] == {
        "type": "invalid_request_error",
        "code": "resource_missing",
        "message": "No such charge: 'ch_7'",
        "param": param or "id",
    }


def test_two_cursors_are_one_too_many(world: World) -> None:
    world.add(["acct_1"] * 3)
    response = world.refused("customer", starting_after="cus_3", ending_before="cus_1")
    assert response.status == 400
    assert response.body["error"] == {
        "type": "invalid_request_error",
        "code": None,
        "message": "Give starting_after or ending_before, not both.",
        "param": "ending_before",
    }
    assert world.ids("customer", starting_after="cus_3", ending_before="") == ["cus_2", "cus_1"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("version", ["2011-01-01", "2014-06-17", CURRENT])
def test_what_is_empty_is_as_if_not_sent(shop: World, kind: str, version: str) -> None:
    names = [
        "limit",
        "starting_after",
        "ending_before",
        "created",
        "expand",
        *FILTERS.get(kind, ()),
    ]
    page = shop.list_page(kind, version=version)
    assert page["data"]
    assert shop.list_page(kind, version=version, **dict.fromkeys(names, "")) == page
    for name in names:
        assert shop.list_page(kind, version=version, **{name: ""}) == page


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", ["page", "offset", "acct", "id", "metadata", "1 = 1 --"])
def test_what_no_list_knows_is_refused(world: World, kind: str, name: str) -> None:
    response = world.refused(kind, **{name: "acct_2"})
    assert response.status == 400
    assert response.body["error"] == {
        "type": "invalid_request_error",
        "code": "parameter_unknown",
        "message": f"Received unknown parameter: {name}",
        "param": name,
    }


def test_the_oldest_version_ignores_what_it_does_not_know(world: World) -> None:
    world.add(["acct_1", "acct_2"])
    assert world.ids("customer", version="2011-01-01", account_id="acct_2", offset=7) == ["cus_1"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("cursor", ["<", ">"])
def test_an_index_finds_the_place_of_the_cursor(world: World, kind: str, cursor: str) -> None:
    """It names both columns: not every database keeps the id in each entry of an index."""
    columns = world.db.execute(f"PRAGMA index_info({kind}s_of)").fetchall()
    assert [name for *_, name in columns] == ["account", "id"]
    query = f"SELECT * FROM {kind}s WHERE account = ? AND id {cursor} ? ORDER BY id DESC"
    [plan] = world.db.execute(f"EXPLAIN QUERY PLAN {query}", ("acct_1", 7)).fetchall()
    assert plan[3] == f"SEARCH {kind}s USING INDEX {kind}s_of (account=? AND id{cursor}?)"


# -- Filters


@pytest.fixture
def shop(world: World) -> World:
    """Two customers; charges 1 to 5 in turn, the last of nobody; one of them declined."""
    for name in ("Ann", "Bob"):
        world.ask("customers", name=name, source="tok_visa", metadata={"a": "b"})
    for customer in ("cus_1", "cus_2", "cus_1", "cus_2"):
        world.charge(customer=customer)
    world.charge()
    world.charge(customer="cus_1", source=DECLINED)
    for charge in ("ch_1", "ch_2", "ch_1"):
        world.ask("refunds", charge=charge, amount=100)
    world.ask("webhook_endpoints", url="http://shop", enabled_events=["*"], api_version=CURRENT)
    world.ask("customers", "acct_2", name="Eve")
    world.charge("acct_2", customer="cus_3")
    return world


def test_filters(shop: World) -> None:
    assert shop.ids("charge") == ["ch_6", "ch_5", "ch_4", "ch_3", "ch_2", "ch_1"]
    assert shop.ids("charge", customer="cus_1") == ["ch_6", "ch_3", "ch_1"]
    assert shop.ids("charge", customer="cus_2") == ["ch_4", "ch_2"]
    assert shop.ids("refund") == ["re_3", "re_2", "re_1"]
    assert shop.ids("refund", charge="ch_1") == ["re_3", "re_1"]
    assert shop.ids("event", type="charge.failed") == ["evt_8"]
    assert shop.ids("event", type="customer.created") == ["evt_2", "evt_1"]
    assert shop.ids("webhook_endpoint") == ["we_1"]


@pytest.mark.parametrize("kind", KINDS)
def test_every_list_shows_only_what_is_the_accounts(shop: World, kind: str) -> None:
    rows = shop.db.execute(f"SELECT id, account FROM {kind}s").fetchall()
    for account in ("acct_1", "acct_2", "acct_3"):
        mine = [id_of(kind, row["id"]) for row in reversed(rows) if row["account"] == account]
        assert shop.ids(kind, account, limit=100) == mine


@pytest.mark.parametrize("name", ["cus_99", "cus_0", "cus_01", "x", "' OR 1 --", "%", "\x00"])
def test_a_filter_by_what_does_not_exist_finds_nothing(shop: World, name: str) -> None:
    assert shop.ids("charge", customer=name) == []
    assert shop.ids("refund", charge=name) == []
    assert shop.ids("event", type=name) == []


def test_a_filter_by_a_strangers_object_or_another_kind_finds_nothing(shop: World) -> None:
    assert shop.ids("charge", customer="cus_3") == []
    assert shop.ids("charge", customer="ch_1") == []
    assert shop.ids("refund", charge="cus_1") == []
    assert shop.ids("refund", charge="re_1") == []
    assert shop.ids("refund", "acct_2", charge="ch_1") == []


@pytest.mark.parametrize(
    ("kind", "name"), [("charge", "customer"), ("refund", "charge"), ("event", "type")]
)
@pytest.mark.parametrize("value", [None, 7, ["cus_1"], {"gte": "1"}, "x" * 501])
def test_a_filter_is_a_string(shop: World, kind: str, name: str, value: Any) -> None:
    response = shop.refused(kind, **{name: value})
    assert (response.status, response.body["error"]["param"]) == (400, name)


def test_a_filter_and_a_cursor(shop: World) -> None:
    """A cursor need not be among what the filter shows; it only is a place in the order."""
    assert shop.ids("charge", customer="cus_1", starting_after="ch_4") == ["ch_3", "ch_1"]
    assert shop.ids("charge", customer="cus_1", ending_before="ch_2") == ["ch_6", "ch_3"]
    first = shop.list_page("charge", customer="cus_1", limit=2)
    assert ([body["id"] for body in first["data"]], first["has_more"]) == (["ch_6", "ch_3"], True)
    second = shop.list_page("charge", customer="cus_1", limit=2, starting_after="ch_3")
    assert ([body["id"] for body in second["data"]], second["has_more"]) == (["ch_1"], False)
    back = shop.list_page("charge", customer="cus_1", limit=1, ending_before="ch_1")
    assert ([body["id"] for body in back["data"]], back["has_more"]) == (["ch_3"], True)


COMPARISONS: dict[str, Callable[[int, int], bool]] = {
    "gt": int.__gt__,
    "gte": int.__ge__,
    "lt": int.__lt__,
    "lte": int.__le__,
}


def test_times_are_compared_as_python_compares_them(world: World) -> None:
    """Every time, every operator and every pair of them, at times from 0 to 4."""
    created = [2, 0, 1, 3, 1]  # a retried creation is dated by its key, so dates jump
    world.db.executemany(
        "INSERT INTO customers (account, created, metadata) VALUES ('acct_1', ?, '{}')",
        [(time,) for time in created],
    )
    newest_first = [*enumerate(created, 1)][::-1]
    for time in range(5):
        wanted = [f"cus_{row}" for row, at in newest_first if at == time]
        assert world.ids("customer", created=time) == wanted
    operators = [*COMPARISONS]
    pairs = [(one, other) for one in operators for other in operators if one <= other]
    for (one, other), low, high in product(pairs, range(5), range(5)):
        asked = {one: low, other: high}
        wanted = [
            f"cus_{row}"
            for row, at in newest_first
            if all(COMPARISONS[name](at, time) for name, time in asked.items())
        ]
        page = world.list_page("customer", created=asked)
        assert [body["id"] for body in page["data"]] == wanted
        assert page["has_more"] is False
    assert len(world.ids("customer", created={})) == 5
    everything = {"": 1, "gt": 0, "gte": 1, "lt": 3, "lte": 2}
    assert world.ids("customer", created=everything) == ["cus_5", "cus_3"]


@pytest.mark.parametrize(
    "created",
    [None, "x", "5", 1.0, True, -1, 10**13, 10**400, [], [5], {"eq": 5}, {"gte": "5"},
     {"gte": None}, {"gte": ""}, {"gt": True}, {"gte": 5, "x": 5}, {"gte": [5]}, {"gte": {}}],
)  # fmt: skip
def test_a_time_is_a_number_of_seconds(world: World, created: Any) -> None:
    response = world.refused("customer", created=created)
    message = "Invalid created: it must be a time in seconds, or gt, gte, lt, lte."
    assert (response.status, response.body["error"]["message"]) == (400, message)


# -- Deleted customers


@pytest.mark.parametrize("version", ["2011-01-01", "2014-06-17", "2020-08-27", CURRENT])
def test_a_deleted_customer_is_its_id_and_no_more(shop: World, version: str) -> None:
    """Also where an old charge is shown with its customer in it."""
    gone = {"id": "cus_1", "object": "customer", "deleted": True}
    assert shop.delete("cus_1").body == gone
    charge = plain(shop, "charge", "ch_1", "customer", version=version)
    assert charge["customer"] == gone
    assert plain(shop, "charge", "ch_1", version=version)["customer"] == "cus_1"
    refund = plain(shop, "refund", "re_1", "charge.customer", version=version)
    assert refund["charge"]["customer"] == gone


def test_a_deleted_customer_is_in_no_list_and_no_cursor(shop: World) -> None:
    assert shop.ids("customer") == ["cus_2", "cus_1"]
    shop.delete("cus_1")
    assert shop.ids("customer") == ["cus_2"]
    assert shop.ids("customer", email="") == ["cus_2"]
    assert shop.list_page("customer", limit=1)["has_more"] is False
    assert shop.ids("charge", customer="cus_1") == ["ch_6", "ch_3", "ch_1"], "they stay"
    assert find(shop.db, "acct_1", "customer", "cus_1") is None
    for cursor in ("starting_after", "ending_before"):
        refused = shop.refused("customer", **{cursor: "cus_1"})
        assert refused == not_found("customer", "cus_1", cursor)


# -- Pages of filtered lists


@given(owners=st.lists(st.sampled_from([None, 1, 2]), max_size=12), limit=LIMITS,
       back=st.booleans())  # fmt: skip
@quick
def test_pages_of_a_filtered_list(owners: list[int | None], limit: int, back: bool) -> None:
    world = World()
    with closing(world.db):
        world.add(["acct_1", "acct_1"])
        world.db.executemany(
            """INSERT INTO charges (account, created, network_key, amount, currency, source,
               customer, metadata) VALUES ('acct_1', 0, '', 1, 'eur', 'tok_visa', ?, '{}')""",
            [(owner,) for owner in [None, *owners, None]],
        )
        mine = [f"ch_{at}" for at, owner in enumerate(owners, 2) if owner == 1][::-1]
        seen, more = list[str](), True
        name, cursor = ("ending_before", "ch_1") if back else (
            "starting_after", f"ch_{len(owners) + 2}"
        )  # fmt: skip
        while more:
            asked: dict[str, Any] = {"customer": "cus_1", "limit": limit, name: cursor}
            page = world.list_page("charge", **asked)
            ids, more = [body["id"] for body in page["data"]], page["has_more"]
            seen = ids + seen if back else seen + ids
            assert more == (len(seen) < len(mine))
            cursor = (ids[0] if back else ids[-1]) if ids else cursor
        assert seen == mine


def test_a_snapshot_shows_one_time(tmp_path: Path) -> None:
    """What somebody else commits meanwhile is seen afterwards, also after a failure."""
    path = str(tmp_path / "mini.db")
    world = World(path)
    with closing(world.db), closing(connect(path)) as other:
        world.db.execute("PRAGMA journal_mode = WAL")
        world.add(["acct_1"])
        with snapshot(world.db):
            assert world.ids("customer") == ["cus_1"]
            other.execute("INSERT INTO customers (account, created, metadata) "
                          "VALUES ('acct_1', 0, '{}')")  # fmt: skip
            assert world.ids("customer") == ["cus_1"]
        assert world.ids("customer") == ["cus_2", "cus_1"]
        with pytest.raises(Refusal), snapshot(world.db):
            world.list_page("customer", limit=0)
        assert not world.db.in_transaction


# -- Names


@pytest.mark.parametrize("kind", KINDS)
@given(row=st.integers(1, 10**18 - 1))
@quick
def test_a_name_stands_for_its_row(kind: str, row: int) -> None:
    name = id_of(kind, row)
    assert name == f"{PREFIXES[kind]}_{row}"
    assert number_of(kind, name) == row
    for other in KINDS:
        assert number_of(other, name) == (row if other == kind else 0)


def test_the_prefixes_are_told_apart() -> None:
    assert PREFIXES.keys() == KINDS.keys()
    assert sorted(PREFIXES.values()) == ["ch", "cus", "evt", "re", "we"]
    assert all(id_of(kind, None) is None for kind in KINDS)


@pytest.mark.parametrize(
    "name",
    [
        "", "ch", "ch_", "_1", "1", "ch_0", "ch_00", "ch_007", "ch_-1", "ch_+1", "ch_1.0",
        "ch_1e3", "ch_0x1", "ch_1_000", "ch_ 1", " ch_1", "ch_1 ", "ch_1\n", "\nch_1", "ch_1\x00",
        "ch_１", "ch_1１", "ch_1١", "ch_١", "ch_²", "ch_½", "ch_Ⅷ", "CH_1", "Ch_1", "сh_1", "ch-1",
        "ch1", "chx_1", "cch_1", "ch_ch_1", "ch_1ch_1", "ch_1,ch_2", "ch_1\nch_2", "ch_" + "9" * 19,
        "ch_" + "1" * 10**5, "ch_\ud800", "ch_%31", "ch_1'", "ch_[1-9]", "c._1",
    ],
)  # fmt: skip
def test_strange_names_stand_for_nothing(world: World, name: str) -> None:
    world.charge()
    assert number_of("charge", name) == 0
    assert find(world.db, "acct_1", "charge", name) is None


@given(name=st.text(max_size=8) | st.from_regex(r"(ch|re)_\d{0,25}", fullmatch=True))
@quick
def test_a_name_that_stands_for_a_row_is_the_rows_name(name: str) -> None:
    row = number_of("charge", name)
    assert 0 <= row < 2**63, "or the database could not compare it"
    assert row == 0 or id_of("charge", row) == name


def test_only_the_owner_finds_an_object(world: World) -> None:
    world.charge()
    row = find(world.db, "acct_1", "charge", "ch_1")
    assert row is not None
    assert tuple(row) == tuple(get(world.db, "charge", 1))
    assert find(world.db, "acct_2", "charge", "ch_1") is None
    assert find(world.db, "acct_1", "charge", "ch_2") is None
    assert find(world.db, "acct_1", "refund", "ch_1") is None


# -- Bodies


def test_what_the_objects_show(shop: World) -> None:
    bodies = {kind: shop.list_page(kind, limit=100)["data"][-1] for kind in KINDS}
    for kind, body in bodies.items():
        assert body["id"] == f"{PREFIXES[kind]}_1"
        assert body["object"] == kind
        assert body["created"] == shop.clock.now
        assert body["livemode"] is False
    assert {name: bodies["charge"][name] for name in (
        "amount", "amount_refunded", "currency", "customer", "paid", "refunded", "status"
    )} == {
        "amount": 500, "amount_refunded": 200, "currency": "eur", "customer": "cus_1",
        "paid": True, "refunded": False, "status": "succeeded",
    }  # fmt: skip
    assert bodies["charge"]["source"] == {"object": "card", "brand": "Visa", "last4": "4242"}
    assert bodies["refund"]["charge"] == "ch_1"
    assert (bodies["refund"]["amount"], bodies["refund"]["status"]) == (100, "succeeded")
    assert bodies["customer"]["name"] == "Ann"
    assert bodies["customer"]["metadata"] == {"a": "b"}
    assert "metadata" not in bodies["event"]
    assert bodies["event"]["data"]["object"]["id"] == "cus_1"
    assert bodies["webhook_endpoint"] == {
        "id": "we_1", "object": "webhook_endpoint", "created": shop.clock.now, "livemode": False,
        "metadata": {}, "url": "http://shop", "enabled_events": ["*"], "api_version": CURRENT,
        "status": "enabled",
    }, "its secret is shown once, at creation"  # fmt: skip
    [failed] = [body for body in shop.list_page("charge")["data"] if body["id"] == "ch_6"]
    assert (failed["paid"], failed["status"], failed["source"]["last4"]) == (
        False,
        "failed",
        "0002",
    )


# -- Expansion

WRONG = [
    "", ".", "customer.", ".customer", "customer..", "Customer", "customer ", "customers",
    "source", "refunds.data", "refunds.", "refunds.data.charge", "refunds.charge", "customer.id",
    "customer.default_source", "customer.customer", "charge", "amount", "metadata", "metadata.a",
    "data.customer", "id", "customer,refunds", "customer\n", "*", "__class__", "x" * 501,
    "customer." * 50, "charge.customer",
]  # fmt: skip
RIGHT = {
    "charge": {"customer", "refunds"},
    "refund": {"charge", "charge.customer", "charge.refunds"},
    "customer": set[str](),
    "event": set[str](),
    "webhook_endpoint": set[str](),
}
PATHS = sorted({*WRONG, *(path for paths in RIGHT.values() for path in paths)})


@pytest.mark.parametrize("kind", KINDS)
def test_what_can_be_expanded(kind: str) -> None:
    assert find_paths(kind) == RIGHT[kind]
    [rule] = expansion(kind).values()
    assert {path for path in PATHS if rule.accepts([path])} == RIGHT[kind]
    [rule] = expansion(kind, "data.").values()
    assert {path for path in PATHS if rule.accepts([f"data.{path}"])} == RIGHT[kind]
    assert not any(rule.accepts([path]) for path in RIGHT[kind]), "they lie below `data`"


@pytest.mark.parametrize("kind", KINDS)
def test_no_other_path_can_be_expanded(kind: str) -> None:
    """All paths of up to four parts are tried."""
    [rule] = expansion(kind).values()
    for length in range(5):
        for parts in product(["customer", "charge", "refunds", "data", ""], repeat=length):
            path = ".".join(parts)
            assert rule.accepts([path]) == (path in RIGHT[kind])


def test_the_message_about_a_path_names_those_that_there_are(shop: World) -> None:
    for kind, known in {
        "charge": "data.customer, data.refunds",
        "refund": "data.charge, data.charge.customer, data.charge.refunds",
        "event": "none",
    }.items():
        message = shop.refused(kind, expand=["x"]).body["error"]["message"]
        assert message == f"Invalid expand: it must be a list of paths, from {known}."


def plain(world: World, kind: str, name: str, *paths: str, version: str = CURRENT) -> Body:
    """One object as a page shows it."""
    page = world.list_page(
        kind, version=version, expand=[f"data.{path}" for path in paths], limit=100
    )
    [body] = [body for body in page["data"] if body["id"] == name]
    return dict(body)


def contracted(body: Any) -> Any:
    """A body with names in place of the objects in it, and without the lists in it."""
    if not isinstance(body, dict):
        return body
    return {
        name: value["id"] if isinstance(value, dict) and "id" in value else value
        for name, value in body.items()
        if not (isinstance(value, dict) and value.get("object") == "list")
    }


@pytest.mark.parametrize(
    "paths", [paths for n in range(4) for paths in permutations(RIGHT["refund"], n)]
)
def test_what_is_asked_for_is_expanded_and_nothing_else(
    shop: World, paths: tuple[str, ...]
) -> None:
    """Whatever the order in which it is asked for; and asking for an inner one asks for both."""
    body = plain(shop, "refund", "re_1", *paths)
    assert contracted(body) == plain(shop, "refund", "re_1")
    charge = body["charge"]
    if not paths:
        assert charge == "ch_1"
        return
    assert contracted(charge) == plain(shop, "charge", "ch_1")
    assert isinstance(charge["customer"], dict) == ("charge.customer" in paths)
    assert ("refunds" in charge) == ("charge.refunds" in paths)
    if "charge.customer" in paths:
        assert charge["customer"] == plain(shop, "customer", "cus_1")
    if "charge.refunds" in paths:
        assert [refund["id"] for refund in charge["refunds"]["data"]] == ["re_3", "re_1"]
        assert {refund["charge"] for refund in charge["refunds"]["data"]} == {"ch_1"}


@pytest.mark.parametrize("paths", [*permutations(["customer", "refunds", "customer"], 3)])
def test_the_same_path_may_come_twice(shop: World, paths: tuple[str, ...]) -> None:
    body = plain(shop, "charge", "ch_1", *paths)
    assert body == plain(shop, "charge", "ch_1", "customer", "refunds")
    assert body["customer"]["name"] == "Ann"
    assert body["refunds"]["url"] == "/v1/charges/ch_1/refunds"


def test_nothing_is_expanded_where_nothing_is(shop: World) -> None:
    body = plain(shop, "charge", "ch_5", "customer", "refunds")
    assert body["customer"] is None
    assert body["refunds"]["data"] == []
    assert "refunds" not in plain(shop, "charge", "ch_5", "customer")


def test_expansion_leaves_the_body_as_it_was(shop: World) -> None:
    before = to_body(shop.db, "refund", get(shop.db, "refund", 1))
    after = expand(shop.db, before, "charge.customer")
    assert before["charge"] == "ch_1"
    assert after["charge"]["customer"]["id"] == "cus_1"
    charge = to_body(shop.db, "charge", get(shop.db, "charge", 5))
    assert expand(shop.db, charge, "customer.x") == charge, "there is nothing to go on in"


def test_all_rows_of_a_page_are_expanded(shop: World) -> None:
    data = shop.list_page("charge", expand=["data.customer"])["data"]
    names = [body["customer"] and body["customer"]["name"] for body in data]
    assert names == ["Ann", None, "Bob", "Ann", "Bob", "Ann"]


def test_an_old_version_gets_what_is_expanded_in_its_own_shape(shop: World) -> None:
    body = plain(shop, "refund", "re_1", "charge.customer", version="2014-06-17")
    assert body["charge"]["card"]["last4"] == "4242"
    assert body["charge"]["customer"]["default_card"]
    assert "default_source" not in body["charge"]["customer"]
    assert [refund["id"] for refund in body["charge"]["refunds"]["data"]] == ["re_3", "re_1"]


@pytest.mark.parametrize("version", ["2011-06-21", "2014-06-17", "2020-08-27", CURRENT])
@pytest.mark.parametrize("asked", [True, False])
def test_refunds_are_shown_on_demand_or_to_old_versions(
    shop: World, version: str, asked: bool
) -> None:
    body = plain(shop, "charge", "ch_1", *["refunds"] * asked, version=version)
    assert ("refunds" in body) == (asked or version < "2022-11-15")
    row = to_body(shop.db, "charge", get(shop.db, "charge", 1))
    assert render(row, version, asked) == body


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("path", WRONG)
def test_a_wrong_path_of_a_page_is_refused(shop: World, kind: str, path: str) -> None:
    asked = [f"data.{path}"]
    if path in RIGHT[kind]:
        assert shop.list_page(kind, expand=asked)["data"]
        return
    for one in (asked, [*(f"data.{right}" for right in RIGHT[kind]), *asked]):
        response = shop.refused(kind, expand=one)
        assert (response.status, response.body["error"]["param"]) == (400, "expand")


@pytest.mark.parametrize(
    "asked", ["data.customer", {"a": "data.customer"}, None, 7, [7], [None], [["data.customer"]],
               ["customer"], ["data"], ["data."], ["data.data.customer"], ["dat.customer"], [""]]
)  # fmt: skip
def test_a_page_is_expanded_by_a_list_of_paths_below_its_data(shop: World, asked: Any) -> None:
    response = shop.refused("charge", expand=asked)
    assert (response.status, response.body["error"]["param"]) == (400, "expand")


# -- The refunds of a charge


@pytest.mark.parametrize("number", [0, 1, 9, 10, 11, 25])
def test_a_charge_holds_its_ten_newest_refunds(world: World, number: int) -> None:
    """Its list is the first page of what its URL leads to, and of nobody else's."""
    world.charge()
    world.charge()
    for _ in range(number):
        for charge in ("ch_1", "ch_2"):
            assert world.ask("refunds", charge=charge, amount=1).status == 200
    held = plain(world, "charge", "ch_1", "refunds")["refunds"]
    mine = [f"re_{2 * row - 1}" for row in range(number, 0, -1)]
    assert [refund["id"] for refund in held["data"]] == mine[:10]
    assert held["has_more"] is (number > 10)
    assert held["url"] == "/v1/charges/ch_1/refunds"
    seen, page = list[str](), read(world, held["url"])
    assert page == held
    while seen := seen + [refund["id"] for refund in page["data"]]:
        if not page["has_more"]:
            break
        page = read(world, held["url"], starting_after=seen[-1])
    assert seen == mine
    assert read(world, held["url"], limit=2)["url"] == held["url"]


def read(world: World, url: str, **params: Any) -> Body:
    """What a GET shows, behind the socket and the limiters."""
    response = look_up(world.db, Request("acct_1", "", url, params, CURRENT))
    assert response.status == 200
    return response.body


@pytest.mark.parametrize("currency", ["eur", "usd"])
def test_a_refund_has_the_currency_of_its_charge(world: World, currency: str) -> None:
    world.charge(currency=currency)
    assert world.ask("refunds", charge="ch_1", amount=1).body["currency"] == currency
    assert plain(world, "refund", "re_1")["currency"] == currency


def test_an_empty_list_of_paths_is_none(shop: World) -> None:
    assert shop.list_page("charge", expand=[]) == shop.list_page("charge")


@pytest.mark.parametrize("path", [*WRONG, "data.customer"])
def test_a_wrong_path_is_refused_before_anything_is_done(world: World, path: str) -> None:
    """No key, no charge, no money."""
    responses = [
        world.ask("charges", **ORDER.params, expand=[path]),
        world.ask("charges", **ORDER.params, expand=["customer", path]),
        world.ask("customers", expand=[path]),
    ]
    for response in responses:
        assert (response.status, response.body["error"]["param"]) == (400, "expand")
    for table in ("keys", "charges", "customers", "events"):
        assert world.db.execute(f"SELECT count(*) FROM {table}").fetchone()[0] == 0
    assert world.network.captures == []


def test_a_creation_expands_its_response(world: World) -> None:
    world.ask("customers", name="Ann")
    charge = world.charge(customer="cus_1", expand=["customer", "refunds"])
    assert charge["customer"]["name"] == "Ann"
    assert charge["refunds"]["data"] == []
    refund = world.ask("refunds", charge="ch_1", amount=1, expand=["charge.customer"]).body
    assert refund["charge"]["customer"]["name"] == "Ann"
    assert refund["charge"]["amount_refunded"] == 1
    assert "refunds" not in refund["charge"]
