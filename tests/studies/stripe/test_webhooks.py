"""Signatures as the library has them, a sender that loses nothing, a receiver that acts once."""

from __future__ import annotations

import json
import re
import sqlite3
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from functools import cache
from http.client import HTTPException, RemoteDisconnected
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Barrier, Thread
from types import SimpleNamespace
from typing import Any, NamedTuple
from unittest.mock import patch

import pytest
import stripe
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule
from stripe import _webhook

from mini_stripe.api import open_account
from mini_stripe.completer import complete
from mini_stripe.faults import ORDER, Clock, Crash, CrashingConnection, Fuse
from mini_stripe.idempotency import Request
from mini_stripe.network import DECLINED, CardNetwork
from mini_stripe.objects import render_event
from mini_stripe.server import post as http_post
from mini_stripe.service import open_layer
from mini_stripe.store import connect, get, transaction
from mini_stripe.versions import CURRENT
from mini_stripe.webhooks import (
    MAX_ENDPOINTS,
    OVERLAP,
    REMEMBER,
    SEEN,
    TOLERANCE,
    WINDOW,
    Inbox,
    Post,
    Sender,
    backoff,
    roll,
    signature,
    signature_header,
    verify,
)
from stripe_lab.webhooks import RESEND

NOW = 1_700_000_000
SECRET = "whsec_now"
EVENT = {"id": "evt_1", "object": "event", "data": {"object": {"name": "Zoë"}}}
BODY = json.dumps(EVENT, ensure_ascii=False).encode()


def accepts(body: bytes, sent: str, secret: str = SECRET, now: float = NOW) -> bool:
    try:
        assert verify(sent, secret, body, now) == json.loads(body)
    except ValueError:
        return False
    return True


def sdk_accepts(body: bytes, sent: str, secret: str = SECRET, now: float = NOW) -> bool:
    """What the library says; it trips over text that is not ASCII, which accepts nothing."""
    with patch.object(_webhook, "time", SimpleNamespace(time=lambda: now)):
        try:
            event = stripe.Webhook.construct_event(body, sent, secret, api_key="sk_test_1")
        except (stripe.SignatureVerificationError, TypeError, UnicodeError):
            return False
        return bool(event.to_dict() == json.loads(body))


# -- Signatures


@given(at=st.integers(0, 2**40), text=st.text(max_size=50), secret=st.text("äab1_", min_size=1))
@settings(max_examples=60)
def test_a_signature_is_what_the_library_computes(at: int, text: str, secret: str) -> None:
    body = json.dumps({"object": "event", "text": text}, ensure_ascii=False)
    try:
        raw = body.encode()
    except UnicodeEncodeError:
        return
    made = stripe.WebhookSignature.generate_signature_header(body, secret, at)
    assert signature_header([secret], at, raw) == made
    assert verify(made, secret, raw, at)["text"] == text
    assert sdk_accepts(raw, signature_header(["another", secret], at, raw), secret, at)


def good(at: int = NOW) -> str:
    return f"v1={signature(SECRET, at, BODY)}"


@st.composite
def headers(draw: st.DrawFn) -> str:
    """A header that may be right, among parts that mean nothing and parts that mislead."""
    at = draw(st.sampled_from([NOW, NOW - 300, NOW - 301, NOW + 10**6, 0]) | st.integers(0, NOW))
    right = good(at)
    value = right.removeprefix("v1=")
    other = signature("whsec_other", at, BODY)
    harmless = [
        f"v0={value}", f"v2={value}", f"V1={value}", f" v1={value}", f"v1 ={value}", value, "",
        f"v1={other}", f"v1={value[:-1]}", f"v1={value.upper()}", f"v1={'0' * 64}", "v1=", "=",
        f"={value}", "t2=1", f"T={at}",
    ]  # fmt: skip
    awkward = [
        f"t={at}", f"t={NOW}", "t=1", f"t=+{at}", f"t= {at}", f"t=-{at}", f"t={at}.0", "t=", "t",
        f"t={at}=1", f"t={at:_}", f"t=0{at}", "t=٣", "t=²", f"t={'9' * 5000}", "t=now", "v1",
        f"{right}=junk", f"{right}=", "v1=é", "v1=\ud800", "v1=\x00",
    ]  # fmt: skip
    parts = draw(st.lists(st.sampled_from(harmless), max_size=3))
    parts += draw(st.lists(st.sampled_from(awkward), max_size=draw(st.integers(0, 2))))
    parts += draw(st.lists(st.text(max_size=5), max_size=1))
    parts += [part for part in (f"t={at}", right) if draw(st.integers(0, 7))]
    return ",".join(draw(st.permutations(parts)))


def plain(sent: str) -> bool:
    """At most one time, in digits; every part that counts is `name=value`, in ASCII."""
    parts = [part.split("=") for part in sent.split(",")]
    times = [part for part in parts if part[0] == "t"]
    counted = times + [part for part in parts if part[0] == "v1"]
    return (
        len(times) < 2
        and all(len(part) == 2 and part[1].isascii() for part in counted)
        and all(re.fullmatch("[0-9]+", part[1]) for part in times)
    )


@pytest.mark.slow
@given(sent=headers())
@settings(
    max_examples=600,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.large_base_example],
)
def test_a_plain_header_is_accepted_exactly_where_the_library_accepts_it(sent: str) -> None:
    ours, theirs = accepts(BODY, sent), sdk_accepts(BODY, sent)
    if plain(sent):
        assert ours == theirs
    if ours:
        parts = sent.split(",")
        [at] = [int(part[2:]) for part in parts if part.startswith("t=")]
        assert good(at) in parts
        assert at >= NOW - 300


@pytest.mark.parametrize(
    ("sent", "ours", "theirs"),
    [
        (f"t={NOW},{good()}", True, True),
        (f"{good()},t={NOW}", True, True),
        (f"t={NOW},v1=0,{good()},v1=1", True, True),
        (f"t=0{NOW},{good()}", True, True),
        (f"t={NOW - 300},{good(NOW - 300)}", True, True),
        (f"t={NOW - 301},{good(NOW - 301)}", False, False),
        (f"t={NOW + 10**9},{good(NOW + 10**9)}", True, True),
        (f"t={NOW},{good(NOW - 1)}", False, False),
        (f"t={NOW},{good().replace('v1', 'v0')}", False, False),
        (f"t={NOW}, {good()}", False, False),
        (f"t={NOW};{good()}", False, False),
        (good(), False, False),
        (f"t={NOW}", False, False),
        ("", False, False),
        # The library takes the first of several times, and reads more than digits as a number.
        (f"t={NOW},t=1,{good()}", False, True),
        (f"t=1,t={NOW},{good()}", False, False),
        (f"t=+{NOW},{good()}", False, True),
        (f"t= {NOW} ,{good()}", False, True),
        (f"t={NOW:_},{good()}", False, True),
        # It cuts a value off at a second sign of equality.
        (f"t={NOW},{good()}=junk", False, True),
        (f"t={NOW}=junk,{good()}", False, True),
        # It gives up at a part without a value, or beyond ASCII, although a right one follows.
        (f"t={NOW},v1,{good()}", True, False),
        (f"t={NOW},v1=é,{good()}", True, False),
        (f"t={NOW},{good()},v1=é", True, True),
        (f"t={NOW},{good()},v1=\ud800", True, True),
    ],
)
def test_where_we_and_the_library_differ(sent: str, ours: bool, theirs: bool) -> None:
    assert (accepts(BODY, sent), sdk_accepts(BODY, sent)) == (ours, theirs)


@pytest.mark.parametrize("secret", ["", " ", "\t\r\n"])
def test_a_blank_secret_verifies_nothing(secret: str) -> None:
    """A forgotten setting must not accept what everybody can sign."""
    sent = signature_header([secret], NOW, BODY)
    assert not sdk_accepts(BODY, sent, secret)
    assert not accepts(BODY, sent, secret)


def test_a_body_that_was_touched_anywhere_is_refused() -> None:
    sent = signature_header([SECRET], NOW, BODY)
    others = [BODY[:-1], BODY + b" ", BODY + b"\n", b" " + BODY, b"", BODY.replace(b" ", b"")]
    for place in range(len(BODY)):
        for bit in (1, 128):
            changed = bytearray(BODY)
            changed[place] ^= bit
            others.append(bytes(changed))
    for body in others:
        assert not accepts(body, sent)
        assert not sdk_accepts(body, sent)


def test_a_header_that_was_touched_anywhere_is_refused() -> None:
    sent = signature_header([SECRET], NOW, BODY)
    for place, letter in enumerate(sent):
        for other in {chr(ord(letter) ^ 1), "0", "é", ""} - {letter}:
            changed = sent[:place] + other + sent[place + 1 :]
            assert not accepts(BODY, changed), changed
            assert not sdk_accepts(BODY, changed), changed


@pytest.mark.parametrize("age", [0, 299.5, 300, 300.5, 301, -1, -300.5, -(10**9)])
def test_the_tolerance_is_a_matter_of_age_only(age: float) -> None:
    sent = signature_header([SECRET], NOW, BODY)
    assert accepts(BODY, sent, now=NOW + age) == (age <= 300)
    assert sdk_accepts(BODY, sent, now=NOW + age) == (age <= 300)
    assert verify(sent, SECRET, BODY, NOW + age, tolerance=10**9) == EVENT
    assert verify(sent, SECRET, BODY, NOW + 10**12, tolerance=float("inf")) == EVENT


@pytest.mark.parametrize("secret", ["whsec_no", "whsec_now ", "WHSEC_NOW", "x"])
def test_another_secret_is_refused(secret: str) -> None:
    assert not accepts(BODY, signature_header([SECRET], NOW, BODY), secret)
    assert not accepts(BODY, signature_header([secret], NOW, BODY))


# -- Constants

LEDGER = Path(__file__).parents[3] / "source/elite/stripe-api-excellence/ledger.md"
UNITS = {"s": 1, "hour": 3600, "day": 86400, "endpoint": 1}


def recorded(name: str) -> int:
    """The number of a record of the study; a time in seconds."""
    record = rf'^- id: {name}\n(?:  .*\n)*?  value: "?(?:<= )?(\d+) (\w+)"?$'
    [(number, unit)] = re.findall(record, LEDGER.read_text(encoding="utf-8"), re.M)
    return int(number) * UNITS[unit]


def test_the_constants_are_the_recorded_ones() -> None:
    assert recorded("stripe-webhook-window") == WINDOW
    assert recorded("stripe-signature-tolerance") == TOLERANCE
    assert recorded("stripe-secret-overlap") == OVERLAP
    assert recorded("stripe-endpoints-most") == MAX_ENDPOINTS
    assert recorded("stripe-resend") == RESEND


def test_the_memory_is_longer_than_anybody_sends() -> None:
    """Whether the sender repeats, or a person sends again, and for as long as a copy passes."""
    assert recorded("stripe-webhook-window") + recorded("stripe-signature-tolerance") < REMEMBER
    assert recorded("stripe-resend") + recorded("stripe-signature-tolerance") < REMEMBER


# -- A sender and its endpoints


class Sent(NamedTuple):
    at: int
    url: str
    body: bytes
    signature: str

    @property
    def event(self) -> Any:
        return json.loads(self.body)


class World:
    """A server, its sender, and what has left it; the test sets how endpoints respond."""

    def __init__(self) -> None:
        self.clock = Clock(NOW)
        self.network = CardNetwork()
        self.server = open_layer(":memory:", self.network, self.clock)
        self.sender = Sender(self.server.db, self.clock, self.post)
        self.sent: list[Sent] = []
        self.respond: Callable[[str], int] = lambda url: 200
        self.asked = 0

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        assert set(headers) == {"Stripe-Signature"}
        self.sent.append(Sent(self.clock.now, url, body, headers["Stripe-Signature"]))
        return self.respond(url)

    def ask(self, what: str, account: str = "acct_1", **params: Any) -> Any:
        self.asked += 1
        request = Request(account, f"key {self.asked}", f"/v1/{what}", params, CURRENT)
        return self.server.handle(request).body

    def hook(self, url: str, *events: str, **params: Any) -> str:
        """The secret of a new endpoint that wants these events, or all."""
        params |= {"url": f"http://{url}", "enabled_events": list(events or ["*"])}
        secret: str = self.ask("webhook_endpoints", **params)["secret"]
        return secret

    def charge(self, **params: Any) -> Any:
        return self.ask("charges", **{**ORDER.params, **params})

    def taken(self) -> list[Sent]:
        """What was sent since the last look."""
        sent, self.sent[:] = self.sent[:], []
        return sent

    def turns(self, *waits: int) -> list[Sent]:
        """A turn now and one after each wait."""
        self.sender.turn()
        for seconds in waits:
            self.clock.now += seconds
            self.sender.turn()
        return self.taken()

    def secrets(self) -> list[str]:
        return [secret for (secret,) in self.server.db.execute("SELECT secret FROM secrets")]


@pytest.fixture
def world() -> Iterator[World]:
    world = World()
    with closing(world.server.db):
        yield world


def heard(sent: list[Sent]) -> list[tuple[str, str, str]]:
    """The endpoint, and the event's type and object."""
    return sorted(
        (one.url.removeprefix("http://"), one.event["type"], one.event["data"]["object"]["id"])
        for one in sent
    )


def test_each_endpoint_gets_each_event_that_it_wants_once(world: World) -> None:
    world.hook("all")
    world.hook("money", "charge.succeeded", "charge.refunded")
    world.hook("everything", "*", "charge.failed")
    world.hook("other", "invoice.paid")
    world.hook("case", "Charge.succeeded", "charge.*", "charge")
    world.ask("customers", name="Zoë")
    world.charge()
    world.charge(source=DECLINED)
    world.ask("refunds", charge="ch_1", amount=100)
    events = [
        ("customer.created", "cus_1"),
        ("charge.succeeded", "ch_1"),
        ("charge.failed", "ch_2"),
        ("charge.refunded", "ch_1"),
    ]
    wanted = [(url, *event) for url in ("all", "everything") for event in events]
    wanted += [("money", *events[1]), ("money", *events[3])]
    assert heard(world.turns()) == sorted(wanted)
    assert world.turns(1, 60, 3600, WINDOW) == []
    ids = [row["status"] for row in world.server.db.execute("SELECT status FROM deliveries")]
    assert ids == [200] * 10


def test_nothing_is_made_for_a_refused_request(world: World) -> None:
    world.hook("all")
    world.charge(amount=-1)
    world.ask("refunds", charge="ch_7")
    assert world.turns() == []


def test_a_repeat_of_a_request_makes_no_second_event(world: World) -> None:
    world.hook("all")
    for _ in range(3):
        world.server.handle(ORDER)
        world.sender.turn()
    assert heard(world.taken()) == [("all", "charge.succeeded", "ch_1")]


def test_an_event_stays_in_its_account(world: World) -> None:
    for account in ("acct_1", "acct_2"):
        world.hook(account, account=account)
    world.charge(account="acct_1")
    world.ask("customers", account="acct_2")
    world.ask("customers", account="acct_3")
    assert heard(world.turns()) == [
        ("acct_1", "charge.succeeded", "ch_1"),
        ("acct_2", "customer.created", "cus_1"),
    ]


def test_an_event_is_what_the_list_of_events_shows(world: World) -> None:
    world.hook("all")
    customer = world.ask("customers", name="Zoë", email="z@example.com", metadata={"a": "b"})
    [sent] = world.turns()
    db = world.server.db
    [key] = db.execute("SELECT * FROM keys WHERE path = '/v1/customers'").fetchall()
    assert sent.event == {
        "id": "evt_1",
        "object": "event",
        "created": NOW,
        "livemode": False,
        "api_version": CURRENT,
        "data": {"object": customer},
        "request": {"id": key["request_id"], "idempotency_key": key["key"]},
        "type": "customer.created",
    }
    assert sent.event == render_event(db, get(db, "event", 1), CURRENT)


def test_an_event_tells_of_its_moment(world: World) -> None:
    """What happens to the charge later stands in later events."""
    world.hook("all")
    world.charge()
    world.ask("refunds", charge="ch_1", amount=100)
    world.ask("refunds", charge="ch_1")
    refunded = [one.event["data"]["object"]["amount_refunded"] for one in world.turns()]
    assert refunded == [0, 100, 500]


def test_an_event_of_the_completer_has_the_completers_time(world: World) -> None:
    """Its three days begin then, whenever the request came."""
    world.hook("all")
    world.network.lost_responses = 1
    world.charge()
    assert world.turns() == []
    world.clock.now += WINDOW // 4
    assert complete(world.server) == 1
    [sent] = world.turns()
    assert (sent.event["created"], sent.at) == (NOW + WINDOW // 4, NOW + WINDOW // 4)
    assert sent.event["data"]["object"]["created"] == NOW


def in_three_versions(world: World) -> dict[str, Any]:
    """An event as an old endpoint, one without a version, and a new one get it."""
    open_account(world.server.db, "acct_1")
    world.server.db.execute("UPDATE accounts SET version = '2015-02-18'")
    world.hook("old", api_version="2011-06-21")
    world.hook("account")
    world.hook("new", api_version=CURRENT)
    world.charge()
    return {one.url.removeprefix("http://"): one.event for one in world.turns()}


def test_the_endpoint_has_its_own_version_and_else_the_accounts(world: World) -> None:
    sent = in_three_versions(world)
    old, middle, new = sent["old"], sent["account"], sent["new"]
    charges = {url: event["data"]["object"] for url, event in sent.items()}
    assert charges["old"]["card"] == charges["account"]["source"] == charges["new"]["source"]
    assert charges["old"]["refunds"] == charges["account"]["refunds"]["data"] == []
    assert "refunds" not in charges["new"]
    assert "customer" not in charges["old"]
    assert charges["account"]["customer"] is charges["new"]["customer"] is None
    assert old["request"] == middle["request"] == new["request"]["id"]


def test_an_event_names_the_version_that_it_is_in(world: World) -> None:
    """Libraries compare it with their own, and refuse an event in another."""
    named = {name: event["api_version"] for name, event in in_three_versions(world).items()}
    assert named == {"old": "2011-06-21", "account": "2015-02-18", "new": CURRENT}


def test_the_version_is_the_one_of_the_moment_of_the_event(world: World) -> None:
    """An account that moves on gets its old events in the old version."""
    open_account(world.server.db, "acct_1")
    world.hook("all")
    world.server.db.execute("UPDATE accounts SET version = '2014-06-17'")
    world.charge()
    world.server.db.execute("UPDATE accounts SET version = ?", (CURRENT,))
    world.charge()
    first, second = (one.event for one in world.turns())
    assert (first["api_version"], second["api_version"]) == ("2014-06-17", CURRENT)
    assert "card" in first["data"]["object"]
    assert "source" in second["data"]["object"]


def test_an_endpoint_hears_nothing_from_before_it_was_made(world: World) -> None:
    """Not even if the sender comes to the event only afterwards."""
    world.hook("first")
    world.charge()
    world.clock.now += 1
    world.hook("second")
    assert heard(world.turns()) == [("first", "charge.succeeded", "ch_1")]
    world.charge()
    assert heard(world.turns()) == [
        ("first", "charge.succeeded", "ch_2"),
        ("second", "charge.succeeded", "ch_2"),
    ]


def test_an_endpoint_made_while_the_network_is_asked_hears_of_the_charge(world: World) -> None:
    """The charge succeeds after the endpoint was made."""

    class Slow(CardNetwork):
        def charge(self, key: str, amount: int, card: str) -> bool:
            world.clock.now += 5
            world.hook("all")
            world.clock.now += 5
            return super().charge(key, amount, card)

    server = open_layer(":memory:", Slow(), world.clock)
    world.server.db.close()
    world.server, world.sender.db = server, server.db
    with closing(server.db):
        world.charge()
        assert heard(world.turns()) == [("all", "charge.succeeded", "ch_1")]


# -- Failures and repeats

LOST = [
    TimeoutError("no response"),
    ConnectionResetError("gone"),
    RemoteDisconnected("gone"),
    HTTPException("not HTTP"),
    ValueError("not a URL"),
    UnicodeEncodeError("ascii", "é", 0, 1, "not a host"),
    OverflowError("not a port"),
    RuntimeError("a fault of our own"),
]
REFUSED = [0, 100, 199, 300, 301, 304, 307, 400, 401, 404, 410, 429, 500, 503, 599]
SCHEDULE = [60, 240, 960, 3840, 15360, 43200, 43200, 43200, 43200, 43200]


def test_the_waits() -> None:
    assert [backoff(attempts) for attempts in range(1, 11)] == SCHEDULE
    assert sum(SCHEDULE) <= WINDOW < sum(SCHEDULE) + backoff(11)
    assert backoff(1000) == 12 * 3600


@pytest.mark.parametrize("failure", [*REFUSED, *LOST], ids=repr)
def test_a_failed_attempt_is_repeated_on_schedule_for_three_days(
    world: World, failure: int | Exception
) -> None:
    def respond(url: str) -> int:
        if isinstance(failure, Exception):
            raise failure
        return failure

    world.hook("all")
    world.charge()
    world.respond = respond
    early = [seconds for wait in SCHEDULE for seconds in (wait - 1, 1)]
    sent = world.turns(*early, 43199, 1, 3600, WINDOW, 30 * WINDOW)
    times = [NOW + sum(SCHEDULE[:number]) for number in range(len(SCHEDULE) + 1)]
    assert [one.at for one in sent] == times
    world.respond = lambda url: 200
    assert world.turns(1, 3600, WINDOW) == [], "it is too late now"


@pytest.mark.parametrize("status", [200, 201, 202, 204, 226, 299])
def test_every_2xx_is_an_end(world: World, status: int) -> None:
    world.hook("all")
    world.charge()
    world.respond = lambda url: status
    assert len(world.turns(60, 3600, WINDOW)) == 1


@pytest.mark.parametrize("failures", range(11))
def test_the_first_success_is_the_end(world: World, failures: int) -> None:
    world.hook("all")
    world.charge()
    statuses = iter([503] * failures + [200])
    world.respond = lambda url: next(statuses)
    sent = world.turns(*SCHEDULE, 43200, WINDOW)
    assert [one.at for one in sent] == [NOW + sum(SCHEDULE[:n]) for n in range(failures + 1)]


@pytest.mark.parametrize("failure", LOST, ids=repr)
def test_one_endpoint_cannot_keep_events_from_the_others(world: World, failure: Exception) -> None:
    def respond(url: str) -> int:
        if url == "http://broken":
            raise failure
        return 200

    world.hook("broken")
    world.hook("well")
    world.charge()
    world.respond = respond
    assert heard(world.turns(60)).count(("well", "charge.succeeded", "ch_1")) == 1


@pytest.mark.parametrize(
    "url",
    [
        "127.0.0.1:99999999999999999999/", "127.0.0.1:1x/", "[::1", f"{'a' * 300}.invalid:1/",
        "127.0.0.1:1/é", "127.0.0.1:1/a b", "127.0.0.1:1/a\nb: c", "127.0.0.1:1/",
    ],
)  # fmt: skip
def test_no_address_stops_the_sender(world: World, url: str) -> None:
    """Whatever an account registers as an address, only its own deliveries fail.

    None of these gets as far as a connection, or there is nobody at the port."""
    world.hook(url)
    world.charge()
    world.sender.post = http_post
    world.sender.turn()
    [(attempts, status)] = world.server.db.execute("SELECT attempts, status FROM deliveries")
    assert (attempts, status) == (1, 0)


def test_a_sender_that_stands_still_within_a_turn_keeps_the_window(world: World) -> None:
    """One slow endpoint, or a machine that slept, and what was due is due no more."""
    world.hook("slow")
    world.hook("next")
    world.charge()
    world.respond = lambda url: 503
    world.turns()

    def days(url: str) -> int:
        world.clock.now += WINDOW + 1
        return 503

    world.respond = days
    assert [one.at for one in world.turns(60)] == [NOW + 60]


GAPS = st.sampled_from([0, 1, 59, 60, 61, 240, 3600, 43199, 43200, 90000, WINDOW - 60, WINDOW])


@given(turns=st.lists(st.tuples(GAPS, st.sampled_from([200, 302, 503])), max_size=12))
@settings(max_examples=150)
def test_a_sender_that_stood_still(turns: list[tuple[int, int]]) -> None:
    """Attempts come at the first turn at which one is due, and none after three days."""
    world = World()
    with closing(world.server.db):
        world.hook("all")
        world.charge()
        attempts: list[int] = []
        first, due = NOW, NOW
        for gap, status in [(0, 503), *turns]:
            world.clock.now += gap
            world.respond = lambda url, status=status: status  # type: ignore[misc]
            world.sender.turn()
            if due <= world.clock.now <= first + WINDOW:
                attempts.append(world.clock.now)
                due = world.clock.now + backoff(len(attempts)) if status != 200 else 10**12
        assert [one.at for one in world.sent] == attempts
        assert all(at <= attempts[0] + WINDOW for at in attempts)


@pytest.mark.parametrize(
    ("late", "attempts"), [(0, 11), (WINDOW - 300, 3), (WINDOW, 1), (WINDOW + 1, 0)]
)
def test_the_window_begins_with_the_event(world: World, late: int, attempts: int) -> None:
    """A sender that dies after a post doesn't know of it, so no attempt may count as the first."""
    world.hook("all")
    world.charge()
    world.clock.now += late
    world.respond = lambda url: 503
    assert len(world.turns(*SCHEDULE, 43200, WINDOW)) == attempts


def test_what_is_given_up_keeps_its_history(world: World) -> None:
    world.hook("all")
    world.charge()
    world.respond = lambda url: 503
    world.turns(*SCHEDULE, 43200)
    [row] = world.server.db.execute("SELECT * FROM deliveries")
    assert tuple(row) == (1, 1, 1, NOW, 11, None, 503)


@given(order=st.permutations(range(4)))
@settings(max_examples=24)
def test_what_has_been_due_longest_is_sent_first(order: list[int]) -> None:
    world = World()
    with closing(world.server.db) as db:
        world.hook("all")
        for number in range(4):
            world.charge()
            db.execute("UPDATE deliveries SET next_at = ? WHERE event = ?",
                       (NOW - 9 + order[number], number + 1))  # fmt: skip
        events = [one.event["id"] for one in world.turns()]
    assert events == [f"evt_{order.index(place) + 1}" for place in range(4)]


def test_a_sender_that_is_stopped_ends_between_two_deliveries(world: World) -> None:
    world.hook("all")
    for _ in range(3):
        world.charge()

    def stop(url: str) -> int:
        world.sender.stop.set()
        return 200

    world.respond = stop
    assert len(world.turns()) == 1
    assert world.turns(3600) == []
    world.sender.stop.clear()
    world.respond = lambda url: 200
    assert [one.event["id"] for one in world.turns()] == ["evt_2", "evt_3"]


def test_all_attempts_carry_the_same_bytes_and_each_its_own_signature(world: World) -> None:
    open_account(world.server.db, "acct_1")
    secret = world.hook("all", "charge.succeeded")
    world.charge(metadata={"name": "Zoë €"})
    world.respond = lambda url: 503
    sent = world.turns()
    world.ask("refunds", charge="ch_1", amount=100)
    world.server.db.execute("UPDATE accounts SET version = '2014-06-17'")
    sent += world.turns(*SCHEDULE)
    assert len(sent) == 11
    assert len({one.body for one in sent}) == 1
    assert len({one.signature for one in sent}) == 11
    for one in sent:
        assert one.signature.startswith(f"t={one.at},v1=")
        assert accepts(one.body, one.signature, secret, one.at)
        assert sdk_accepts(one.body, one.signature, secret, one.at)
        assert not accepts(one.body, one.signature, secret, one.at + 301)


def test_each_endpoint_has_a_secret_of_its_own(world: World) -> None:
    secrets = {f"http://{url}": world.hook(url) for url in ("a", "b", "c")}
    world.charge()
    sent = world.turns()
    assert len({one.signature for one in sent}) == 3
    for one in sent:
        right = {url for url, secret in secrets.items() if accepts(one.body, one.signature, secret)}
        assert right == {one.url}


# -- Rotation


def test_for_a_day_both_secrets_are_right_and_then_only_the_new_one(world: World) -> None:
    old = world.hook("all")
    other = world.hook("other")
    world.clock.now += 10**6
    new = roll(world.server.db, 1, world.clock.now)
    assert new not in (old, other)
    rolled = world.clock.now
    for at, secrets in ((rolled, {old, new}), (rolled + OVERLAP - 1, {old, new}),
                        (rolled + OVERLAP, {new}), (rolled + 9 * OVERLAP, {new})):  # fmt: skip
        world.clock.now = at
        world.charge()
        one, another = sorted(world.turns(), key=lambda one: one.url)
        assert one.signature.count("v1=") == len(secrets)
        for secret in (old, new, other):
            right = accepts(one.body, one.signature, secret, at)
            assert right == (secret in secrets)
            assert right == sdk_accepts(one.body, one.signature, secret, at)
        assert another.signature == signature_header([other], at, another.body)


def test_a_secret_that_has_leaked_signs_no_more(world: World) -> None:
    """Nor does one that was replaced an hour before, and had a day to live."""
    leaked = world.hook("all")
    also_leaked = roll(world.server.db, 1, world.clock.now)
    world.clock.now += 3600
    new = roll(world.server.db, 1, world.clock.now, overlap=0)
    world.charge()
    [one] = world.turns()
    assert one.signature == signature_header([new], NOW + 3600, one.body)
    for secret in (leaked, also_leaked):
        assert not accepts(one.body, one.signature, secret)


GAPS = st.sampled_from([0, 1, 3600, OVERLAP - 1, OVERLAP, OVERLAP + 1])
OVERLAPS = st.sampled_from([0, 1, 3600, OVERLAP, 2 * OVERLAP])


@given(rolls=st.lists(st.tuples(GAPS, OVERLAPS), max_size=6))
@settings(max_examples=60)
def test_several_rolls(rolls: list[tuple[int, int]]) -> None:
    """No old secret signs for longer than any overlap after it; the last one signs for ever."""
    world = World()
    with closing(world.server.db):
        ends: dict[str, float] = {world.hook("all"): float("inf")}
        for gap, overlap in rolls:
            world.clock.now += gap
            end = world.clock.now + overlap
            ends = {secret: min(before, end) for secret, before in ends.items()}
            ends[roll(world.server.db, 1, world.clock.now, overlap)] = float("inf")
        assert len(ends) == len(rolls) + 1
        for later in (0, 1, 3600, OVERLAP):
            world.clock.now += later
            world.charge()
            [one] = world.turns()
            now = world.clock.now
            right = {name for name in ends if accepts(one.body, one.signature, name, now)}
            assert right == {name for name, end in ends.items() if end > now}
            assert one.signature.count("v1=") == len(right)


def test_a_repeat_is_signed_with_the_secrets_of_its_own_time(world: World) -> None:
    old = world.hook("all")
    world.charge()
    world.respond = lambda url: 503
    first, second = world.turns(60)
    new = roll(world.server.db, 1, world.clock.now)
    third, fourth, fifth, sixth, *_, last = world.turns(240, 960, 3840, 15360, 43200, 43200)
    assert accepts(first.body, first.signature, old, first.at)
    for one in (first, second):
        assert not accepts(one.body, one.signature, new, one.at)
    for one in (third, fourth, fifth, sixth):
        assert accepts(one.body, one.signature, old, one.at)
        assert accepts(one.body, one.signature, new, one.at)
    assert last.at > second.at + OVERLAP
    assert not accepts(last.body, last.signature, old, last.at)
    assert accepts(last.body, last.signature, new, last.at)


# -- Deaths of the sender


@cache
def template() -> tuple[bytes, str]:
    """The file of a server with one endpoint, made once, and the endpoint's secret."""
    with TemporaryDirectory() as folder:
        file = Path(folder) / "mini.db"
        server = open_layer(str(file), CardNetwork(), Clock(NOW))
        params = {"url": "http://shop", "enabled_events": ["*"]}
        path = "/v1/webhook_endpoints"
        with closing(server.db):
            made = server.handle(Request("acct_1", "hook", path, params, CURRENT))
        return file.read_bytes(), made.body["secret"]


@contextmanager
def opened(path: str, fuse: Fuse | None = None) -> Iterator[CrashingConnection]:
    """The connection of a process; closing it is what the process's death does to it."""
    with closing(connect(path, CrashingConnection)) as db:
        assert isinstance(db, CrashingConnection)
        # A process dies here, never the machine: nothing has to reach the disk.
        db.executescript("PRAGMA synchronous = OFF")
        db.fuse = fuse or Fuse()
        yield db


class Files:
    """What outlives the processes: the file, the clock, and what the endpoint has got."""

    def __init__(self, folder: Path, name: object = "mini") -> None:
        self.path = str(folder / f"{name}.db")
        content, self.secret = template()
        Path(self.path).write_bytes(content)
        self.clock = Clock(NOW)
        self.got: list[bytes] = []
        self.made = 0

    def happen(self, fuse: Fuse | None = None) -> None:
        """One more event."""
        self.made += 1
        with opened(self.path, fuse) as db:
            server = open_layer(":memory:", CardNetwork(), self.clock)
            server.db.close()
            server.db = db
            path = "/v1/customers"
            server.handle(Request("acct_1", f"key {self.made}", path, {}, CURRENT))

    def turn(self, fuse: Fuse | None = None, post: Post | None = None) -> bool:
        """A process of the sender; whether it came to the end of its turn."""
        fuse = fuse or Fuse()

        def fused(url: str, body: bytes, headers: Mapping[str, str]) -> int:
            fuse.step("before post")
            assert accepts(body, headers["Stripe-Signature"], self.secret, self.clock.now)
            self.got.append(body)
            fuse.step("after post")
            return 200

        with opened(self.path, fuse) as db:
            try:
                Sender(db, self.clock, post or fused).turn()
            except Crash:
                return False
        return True


def steps_of_a_turn() -> list[str]:
    with TemporaryDirectory() as folder:
        files, fuse = Files(Path(folder)), Fuse()
        files.happen()
        files.turn(fuse)
        return fuse.steps


STEPS = steps_of_a_turn()


def test_the_steps_of_a_turn() -> None:
    """No transaction is open while the sender waits for a response."""
    statements = [step.removeprefix("before ") for step in STEPS if step.startswith("before ")]
    assert statements == [
        "SELECT deliveries.*, url,",
        "SELECT * FROM",
        "SELECT secret FROM",
        "post",
        "UPDATE deliveries SET",
    ]
    assert len(STEPS) == 2 * len(statements)


@pytest.mark.parametrize("at", range(1, len(STEPS) + 1), ids=lambda at: f"{at}-{STEPS[at - 1]}")
def test_a_death_of_the_sender_repeats_and_never_loses(tmp_path: Path, at: int) -> None:
    files = Files(tmp_path)
    files.happen()
    assert not files.turn(Fuse(at))
    posted, written = STEPS.index("after post") < at, STEPS[at - 1 :] == STEPS[-1:]
    assert len(files.got) == posted
    files.clock.now += 60
    assert files.turn()
    assert len(files.got) == 1 + (posted and not written), "only what was not written down"
    assert len(set(files.got)) == 1
    for seconds in (1, 60, 3600, WINDOW):
        files.clock.now += seconds
        assert files.turn()
    assert len(files.got) == 1 + (posted and not written)


@pytest.mark.parametrize("at", range(1, len(STEPS) + 1))
def test_a_death_and_a_death_of_the_next_sender(tmp_path: Path, at: int) -> None:
    second, died = 0, True
    while died:
        second += 1
        files = Files(tmp_path, second)
        files.happen()
        assert not files.turn(Fuse(at))
        files.clock.now += 60
        died = not files.turn(Fuse(second))
        files.clock.now += 240
        assert files.turn()
        assert 1 <= len(files.got) <= 3
        assert len(set(files.got)) == 1
        files.clock.now += 3600
        files.turn()
        assert len(files.got) <= 3
    assert second > 2  # a turn with nothing to do has these


def test_a_death_between_two_deliveries_repeats_only_what_is_left(tmp_path: Path) -> None:
    files = Files(tmp_path)
    for _ in range(3):
        files.happen()
    posts = iter([None, Crash("post")])

    def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        if (crash := next(posts)) is not None:
            raise crash
        files.got.append(body)
        return 200

    assert not files.turn(post=post)
    files.clock.now += 60
    assert files.turn()
    assert [json.loads(body)["id"] for body in files.got] == ["evt_1", "evt_2", "evt_3"]


@pytest.mark.parametrize("at", range(1, 9))
def test_a_death_in_the_middle_of_a_roll_leaves_all_of_it_or_nothing(
    tmp_path: Path, at: int
) -> None:
    files = Files(tmp_path)
    with opened(files.path, Fuse(at)) as db, pytest.raises(Crash), transaction(db):
        roll(db, 1, NOW)
    with opened(files.path) as db:
        ends = [end for (end,) in db.execute("SELECT expires FROM secrets ORDER BY rowid")]
    assert ends in ([None], [NOW + OVERLAP, None])
    assert (len(ends) == 2) == (at == 8)


def test_a_death_of_the_server_leaves_an_event_and_its_delivery_or_neither(tmp_path: Path) -> None:
    """Whoever writes the event writes the delivery, in one transaction."""
    fuse, found = Fuse(), []
    counted = Files(tmp_path, "counted")
    counted.happen(fuse)
    for at in range(1, len(fuse.steps) + 1):
        files = Files(tmp_path, at)
        with pytest.raises(Crash):
            files.happen(Fuse(at))
        with opened(files.path) as db:
            counts = db.execute("""SELECT (SELECT count(*) FROM events),
                                   (SELECT count(*) FROM deliveries)""")
            found.append(tuple(counts.fetchone()))
    assert set(found) == {(0, 0), (1, 1)}
    assert found == sorted(found)


# -- Two senders


@pytest.mark.parametrize("first", [200, 503])
@pytest.mark.parametrize("second", [200, 503])
def test_a_sender_overtaken_while_it_posts_loses_nothing(
    tmp_path: Path, first: int, second: int
) -> None:
    """The other one reads the same row, posts, and writes before us."""
    files = Files(tmp_path)
    files.happen()
    statuses: list[int] = []

    def others(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        statuses.append(second)
        return second

    def ours(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        assert files.turn(post=others)
        statuses.append(first)
        return first

    assert files.turn(post=ours)
    assert statuses == [second, first]
    files.clock.now += 60
    assert files.turn()
    assert files.got or 200 in statuses
    count = len(files.got)
    files.clock.now += WINDOW
    assert files.turn()
    assert len(files.got) == count <= 1


def test_two_senders_at_once_lose_nothing(
    tmp_path: Path, unmeasured: Callable[[], AbstractContextManager[None]]
) -> None:
    """What the two leave for later is chance, so what runs later isn't measured."""
    files = Files(tmp_path)
    for _ in range(12):
        files.happen()
    start, errors = Barrier(2), list[BaseException]()
    failed = Counter[bytes]()

    def post(url: str, body: bytes, headers: Mapping[str, str]) -> int:
        failed[body] += 1
        if failed[body] == 1:
            return 503
        files.got.append(body)
        return 200

    def run() -> None:
        try:
            start.wait(30)
            for _ in range(3):
                assert files.turn(post=post)
        except BaseException as error:
            errors.append(error)

    threads = [Thread(target=run) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    files.clock.now += 60
    with unmeasured():
        assert files.turn(post=post)
    assert {json.loads(body)["id"] for body in files.got} == {f"evt_{n}" for n in range(1, 13)}
    files.clock.now += 3600
    count = len(files.got)
    with unmeasured():
        assert files.turn(post=post)
    assert len(files.got) == count


# -- The receiver

EFFECTS = "CREATE TABLE IF NOT EXISTS effects (id TEXT, at INTEGER)"


class Shop:
    """A receiver whose effect is a row, and which can fail at it."""

    def __init__(self, path: str, clock: Clock, secret: str = SECRET) -> None:
        self.path, self.clock, self.secret = path, clock, secret
        self.failing = False
        with opened(path) as db:
            db.execute(SEEN)
            db.execute(EFFECTS)

    def act(self, db: sqlite3.Connection, event: Any) -> None:
        db.execute("INSERT INTO effects VALUES (?, ?)", (event["id"], self.clock.now))
        if self.failing:
            raise RuntimeError("no more goods")

    def receive(self, body: bytes, sent: str, fuse: Fuse | None = None) -> int:
        """A process that responds with 500 where its handler fails; dying, it is silent."""
        with opened(self.path, fuse) as db:
            inbox = Inbox(db, self.secret, self.clock, self.act)
            try:
                return inbox.receive(body, sent)
            except RuntimeError:
                return 500
            except Crash:
                raise ConnectionResetError("the shop has died") from None

    def forget(self) -> None:
        with opened(self.path) as db:
            Inbox(db, self.secret, self.clock, self.act).forget()

    def table(self, name: str) -> list[str]:
        with closing(sqlite3.connect(self.path)) as db:
            return [row[0] for row in db.execute(f"SELECT * FROM {name}")]

    def effects(self) -> list[str]:
        return self.table("effects")


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(str(tmp_path / "shop.db"), Clock(NOW))


def letter(name: str = "evt_1", at: int = NOW, secret: str = SECRET) -> tuple[bytes, str]:
    body = json.dumps({"id": name}).encode()
    return body, signature_header([secret], at, body)


def test_a_duplicate_is_received_and_has_no_effect(shop: Shop) -> None:
    for name in ("evt_1", "evt_1", "evt_2", "evt_1", "evt_2"):
        assert shop.receive(*letter(name)) == 200
    assert shop.effects() == shop.table("seen") == ["evt_1", "evt_2"]


def test_what_is_not_verified_leaves_nothing(shop: Shop) -> None:
    body, sent = letter()
    assert shop.receive(body + b" ", sent) == 400
    assert shop.receive(body, "") == 400
    assert shop.receive(body, "t=1,v1=é") == 400
    assert shop.receive(*letter(secret="whsec_other")) == 400
    assert shop.receive(*letter(at=NOW - 301)) == 400
    assert shop.receive(b"{", signature_header([SECRET], NOW, b"{")) == 400
    assert shop.effects() == shop.table("seen") == []
    assert shop.receive(body, sent) == 200


def test_an_effect_that_fails_is_not_remembered(shop: Shop) -> None:
    shop.failing = True
    for _ in range(2):
        assert shop.receive(*letter()) == 500
        assert shop.effects() == shop.table("seen") == []
    shop.failing = False
    assert shop.receive(*letter()) == 200
    assert shop.effects() == shop.table("seen") == ["evt_1"]


def test_the_failure_of_an_effect_is_not_hidden(shop: Shop) -> None:
    shop.failing = True
    with opened(shop.path) as db:
        inbox = Inbox(db, SECRET, shop.clock, shop.act)
        with pytest.raises(RuntimeError, match="no more goods"):
            inbox.receive(*letter())
        assert not db.in_transaction


def test_a_death_of_the_receiver_is_a_whole_effect_or_none(tmp_path: Path) -> None:
    fuse = Fuse()
    Shop(str(tmp_path / "counted.db"), Clock(NOW)).receive(*letter(), fuse)
    assert len(fuse.steps) == 8
    for at in range(1, len(fuse.steps) + 1):
        shop = Shop(str(tmp_path / f"{at}.db"), Clock(NOW))
        with pytest.raises(ConnectionResetError):
            shop.receive(*letter(), Fuse(at))
        done = ["evt_1"] if at == len(fuse.steps) else []
        assert shop.effects() == shop.table("seen") == done
        assert shop.receive(*letter()) == 200
        assert shop.effects() == ["evt_1"]


def test_the_memory_outlives_every_repeat(shop: Shop) -> None:
    """The last attempt comes three days after the first at most, and its copies 300 s later."""
    assert REMEMBER > WINDOW + 300
    assert shop.receive(*letter()) == 200
    for later in (WINDOW, WINDOW + 300, REMEMBER):
        shop.clock.now = NOW + later
        shop.forget()
        assert shop.receive(*letter(at=NOW + later)) == 200
        assert shop.effects() == ["evt_1"]
    shop.clock.now = NOW + REMEMBER + 1
    shop.forget()
    assert shop.table("seen") == []


def test_the_memory_ends_with_the_oldest(shop: Shop) -> None:
    for number in range(4):
        shop.receive(*letter(f"evt_{number}", shop.clock.now))
        shop.clock.now += 3600
    shop.clock.now = NOW + REMEMBER + 3601
    shop.forget()
    assert shop.table("seen") == ["evt_2", "evt_3"]


@pytest.mark.parametrize("tolerance", [0, 10, 600])
def test_the_receiver_sets_its_tolerance(shop: Shop, tolerance: int) -> None:
    with opened(shop.path) as db:
        inbox = Inbox(db, SECRET, shop.clock, shop.act, tolerance)
        assert inbox.receive(*letter("a", NOW - tolerance - 1)) == 400
        assert inbox.receive(*letter("b", NOW - tolerance)) == 200


def test_many_receivers_at_once_act_once(shop: Shop) -> None:
    start, statuses = Barrier(4), list[int]()

    def run() -> None:
        start.wait(30)
        for number in range(5):
            statuses.append(shop.receive(*letter(f"evt_{number}")))

    threads = [Thread(target=run) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 20
    assert Counter(shop.effects()) == Counter(f"evt_{number}" for number in range(5))


# -- Everything at once

FUSES = st.none() | st.integers(1, 50)
OUTAGES = st.sampled_from([200, 200, 302, 404, 503, "refused", "lost", "broken"])
WAITS = st.sampled_from([0, 61, 301, 3600, 43200, 100_000])
SLOW = st.sampled_from([0, 0, 10, 400, WINDOW + 1, REMEMBER + 1])


class Machine(RuleBasedStateMachine):
    """A sender, a receiver, and a network that loses, repeats, delays and reorders."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = TemporaryDirectory()
        self.files = Files(Path(self.folder.name))
        self.clock = self.files.clock
        self.shop = Shop(f"{self.folder.name}/shop.db", self.clock, self.files.secret)
        self.network: int | str = 200
        self.slow, self.twice, self.overtaken = 0, False, False
        self.death: int | None = None
        self.copies: list[tuple[bytes, str]] = []
        self.attempts: dict[str, list[int]] = {}

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> int:
        letter = body, headers["Stripe-Signature"]
        self.attempts.setdefault(json.loads(body)["id"], []).append(self.clock.now)
        if self.overtaken:
            self.overtaken = False
            self.files.turn(post=self.post)
        slow, self.slow = self.slow, 0
        if slow:
            self.clock.now += slow
            self.shop.forget()
        if isinstance(self.network, int) and self.network != 200:
            return self.network
        if self.network == "refused":
            raise ConnectionRefusedError
        self.copies.append(letter)
        death, self.death = self.death, None
        status = self.shop.receive(*letter, Fuse(death))
        if self.twice:
            self.deliver_a_copy(-1)
        if self.network == "lost":
            raise TimeoutError
        return status

    def turn(self, fuse: Fuse) -> None:
        def fused(url: str, body: bytes, headers: Mapping[str, str]) -> int:
            fuse.step("before post")
            status = self.post(url, body, headers)
            fuse.step("after post")
            return status

        self.files.turn(fuse, fused)

    def deliver_a_copy(self, which: int) -> None:
        with suppress(ConnectionResetError):
            self.shop.receive(*self.copies[which % len(self.copies)])

    @rule(number=st.integers(1, 3))
    def happen(self, number: int) -> None:
        for _ in range(number):
            self.files.happen()

    @rule(wait=WAITS, fuse=FUSES, overtaken=st.booleans(), slow=SLOW)
    def send(self, wait: int, fuse: int | None, overtaken: bool, slow: int) -> None:
        self.clock.now += wait
        self.overtaken, self.slow = overtaken, slow
        self.turn(Fuse(fuse))

    @rule(waits=st.lists(WAITS, max_size=4))
    def send_undisturbed(self, waits: list[int]) -> None:
        for seconds in waits:
            self.clock.now += seconds
            self.turn(Fuse())

    @rule(network=OUTAGES, twice=st.booleans())
    def change_the_network(self, network: int | str, twice: bool) -> None:
        self.shop.failing = network == "broken"
        self.network, self.twice = 200 if network == "broken" else network, twice

    @rule(at=st.integers(1, 8))
    def let_the_shop_die(self, at: int) -> None:
        self.death = at

    @rule(which=st.integers(0, 9))
    def a_copy_arrives_late(self, which: int) -> None:
        if self.copies:
            self.deliver_a_copy(which)

    @rule(seconds=WAITS)
    def time_passes(self, seconds: int) -> None:
        self.clock.now += seconds
        self.shop.forget()

    @invariant()
    def the_promises_hold(self) -> None:
        """No effect comes twice, none is missing, and no attempt is made after three days."""
        effects = self.shop.effects()
        assert len(effects) == len(set(effects))
        assert set(effects) <= set(self.attempts)
        for name, row in self.deliveries().items():
            assert name in effects or row["next_at"] or row["status"] != 200
        assert all(times[-1] <= times[0] + WINDOW for times in self.attempts.values())

    def deliveries(self) -> dict[str, sqlite3.Row]:
        with opened(self.files.path) as db:
            return {f"evt_{row['event']}": row for row in db.execute("SELECT * FROM deliveries")}

    def last_chance(self, row: sqlite3.Row) -> float:
        """Until when the faults must have ended, if this event is to arrive."""
        end = row["created"] + WINDOW
        return end if row["next_at"] and row["next_at"] <= end else -1

    def teardown(self) -> None:
        """Faults end, and time goes on: each event that is still in its window has one effect."""
        with self.folder:
            self.network, self.twice, self.overtaken, self.slow = 200, False, False, 0
            self.death, self.shop.failing = None, False
            known = self.deliveries()
            names = {f"evt_{number}" for number in range(1, self.files.made + 1)}
            hopeful = {
                name
                for name in names
                if name not in known or self.clock.now <= self.last_chance(known[name])
            }
            for _ in range(20):
                self.turn(Fuse())
                due = [row["next_at"] for row in self.deliveries().values() if row["next_at"]]
                if not due:
                    break
                self.clock.now = max(self.clock.now, *due)
            self.the_promises_hold()
            assert hopeful <= set(self.shop.effects()) <= names


TestMachine = pytest.mark.slow(Machine.TestCase)
TestMachine.settings = settings(
    max_examples=120,
    stateful_step_count=25,
    suppress_health_check=list(HealthCheck),
)
