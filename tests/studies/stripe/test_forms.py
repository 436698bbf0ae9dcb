"""Bodies of requests, as the real SDK encodes them and as nobody should."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from stripe._encode import _api_encode, _make_suitable_for_json

from mini_stripe.faults import Clock
from mini_stripe.forms import MALFORMED, parse_form, parse_json
from mini_stripe.idempotency import IdempotencyLayer, Refusal, Request
from mini_stripe.network import CardNetwork
from mini_stripe.service import open_layer
from mini_stripe.versions import CURRENT

quick = settings(
    max_examples=120,
    suppress_health_check=list(HealthCheck),
)


def sent(params: dict[str, Any]) -> str:
    """The body that the SDK sends: brackets stay, everything else is escaped."""
    body = urlencode(list(_api_encode(params)))
    return body.replace("%5B", "[").replace("%5D", "]")


def refused(read: Callable[[Any], Any], body: Any) -> bool:
    """Whether the body cannot be read; no other exception leaves."""
    try:
        params = read(body)
    except Refusal as refusal:
        response = refusal.response
    else:
        assert isinstance(params, dict)
        assert all(isinstance(name, str) for name in params)
        return False
    assert response == MALFORMED
    return True


# -- Forms

NAMES = st.from_regex(r"[A-Za-z_]\w{0,8}", fullmatch=True)
STRINGS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
SCALARS = STRINGS | st.booleans() | st.integers()
PARAMS = st.dictionaries(NAMES, SCALARS | st.none() | st.dictionaries(NAMES, SCALARS), max_size=5)
LISTS = st.dictionaries(
    st.sampled_from(["expand", "enabled_events"]), st.lists(SCALARS, max_size=12)
)


def as_text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def arrives(name: str, value: Any) -> Any:
    """What a form keeps of a value: text, but for the two numbers; what is empty is not sent."""
    if isinstance(value, list):
        return [str(item) for item in value]  # the SDK writes `True` in a list, `true` elsewhere
    if isinstance(value, dict):
        return {inner: as_text(item) for inner, item in value.items()}
    number = type(value) is int and 0 <= value < 10**18
    return value if name in ("amount", "limit", "created") and number else as_text(value)


@quick
@given(PARAMS, LISTS, st.integers(), st.integers(0, 10**18 - 1))
@example({"metadata": {"amount": 5}}, {"expand": [f"{n}" for n in range(12)]}, -1, 0)
def test_what_the_sdk_sends_arrives(
    params: dict[str, Any], lists: dict[str, Any], amount: int, limit: int
) -> None:
    params = params | lists | {"amount": amount, "limit": limit}
    assert parse_form(sent(params)) == {
        name: arrives(name, value)
        for name, value in params.items()
        if value is not None and value not in ([], {})
    }


@quick
@given(
    st.dictionaries(
        st.text(st.characters(exclude_categories=["Cs"], exclude_characters="[]"), min_size=1),
        STRINGS,
        min_size=1,
        max_size=3,
    )
)
@example({"order-id": "17"})
@example({"order id": "17"})
@example({"shop.order": "17"})
@example({"17": "17"})
def test_metadata_arrives_whatever_its_names_are(metadata: dict[str, str]) -> None:
    """Stripe forbids only brackets in them."""
    assert parse_form(sent({"metadata": metadata})) == {"metadata": metadata}


@pytest.mark.parametrize(
    ("body", "params"),
    [
        ("", {}),
        ("a=", {"a": ""}),
        ("a==", {"a": "="}),
        ("a=b+c%2B", {"a": "b c+"}),
        ("a=%C3%A9&\u00e9=\u00e9", {"a": "\u00e9", "\u00e9": "\u00e9"}),
        ("expand[]=1&expand[]=1", {"expand": ["1", "1"]}),
        ("expand[1]=x&expand[0]=y", {"expand": ["x", "y"]}),
        ("enabled_events[]=*", {"enabled_events": ["*"]}),
        ("a[b]=1&a[c]=2", {"a": {"b": "1", "c": "2"}}),
        ("a[0]=x", {"a": {"0": "x"}}),
        ("a[ ]=x&a[-]=y", {"a": {" ": "x", "-": "y"}}),
        ("expand=a", {"expand": "a"}),
        ("expand[b]=a", {"expand": {"b": "a"}}),
        ("a%5Bb%5D=1", {"a": {"b": "1"}}),
        ("a=1;b=2", {"a": "1;b=2"}),
        ("amount=5", {"amount": 5}),
        ("amount=007", {"amount": 7}),
        ("amount=" + "9" * 18, {"amount": 10**18 - 1}),
        ("amount=" + "9" * 19, {"amount": "9" * 19}),
        ("amount=" + "9" * 5000, {"amount": "9" * 5000}),
        ("amount=-5", {"amount": "-5"}),
        ("amount=%2B5", {"amount": "+5"}),
        ("amount=5.0", {"amount": "5.0"}),
        ("amount=5%0A", {"amount": "5\n"}),
        ("amount=1_0", {"amount": "1_0"}),
        ("amount=\u0665", {"amount": "\u0665"}),
        ("amount=", {"amount": ""}),
        ("amounts=5", {"amounts": "5"}),
        ("amount[]=5", {"amount": {"": 5}}),
        ("limit=10&Limit=10", {"limit": 10, "Limit": "10"}),
    ],
)
def test_a_form(body: str, params: dict[str, Any]) -> None:
    assert parse_form(body) == params


@pytest.mark.parametrize(
    "body",
    [
        "a",
        "&",
        "a=1&",
        "a=1&&b=2",
        "=1",
        "[a]=1",
        "a[b=1",
        "a]b=1",
        "a[b][c]=1",
        "a[b]c=1",
        "a%0A=1",
        "a[[b]]=1",
        "%ff=1",
        "a=%ff",
        "a=%ED%A0%80",
        "a=1&a[]=2",
        "a=1&a[b]=2",
        "expand=1&expand[]=2",
        "expand[]=1&expand[b]=2",
        "amount=5&amount[x]=2",
        "&".join(["a=1"] * 201),
    ],
)
def test_a_form_that_cannot_be_read(body: str) -> None:
    assert refused(parse_form, body)


@pytest.mark.parametrize(
    "body",
    [
        "a=1&a=2",
        "a=1&a=1",
        "a=1&%61=2",
        "a[b]=1&a[c]=2&a[b]=3",
        "a[]=1&a[]=2",
        "amount=5&amount=6",
        "amount=5&amount[x]=6",
        "amount[x]=5&amount=6",
        "expand[]=a&expand=b",
    ],
)
def test_a_name_that_comes_twice_is_refused(body: str) -> None:
    """Which of the two is meant?"""
    assert refused(parse_form, body)


def test_a_form_has_two_hundred_fields_at_most() -> None:
    assert len(parse_form("&".join(f"a{n}=1" for n in range(200)))) == 200


PIECES = st.lists(
    st.sampled_from(
        ["a", "amount", "metadata", "expand", "[", "]", "[]", "[0]", "=", "&", "%", "%ff", "%41"]
    )
    | st.sampled_from(["%5B", "+", ";", "1", "\n", "é", "\0"])
    | st.text(max_size=3)
)


@quick
@given(st.text() | PIECES.map("".join) | st.binary().map(quote))
def test_any_text_is_a_form_or_is_refused(text: str) -> None:
    refused(parse_form, text)


@quick
@given(st.binary(max_size=60))
def test_any_escaped_bytes_arrive_or_are_refused(value: bytes) -> None:
    try:
        text = value.decode()
    except UnicodeDecodeError:
        assert refused(parse_form, f"x={quote(value)}")
    else:
        assert parse_form(f"x={quote(value)}") == {"x": text}


# -- JSON

NESTED = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | STRINGS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(STRINGS, inner, max_size=3),
    max_leaves=10,
)


@quick
@given(st.dictionaries(STRINGS, NESTED, max_size=5), st.booleans())
def test_what_the_sdk_sends_as_json_arrives(params: dict[str, Any], ascii_only: bool) -> None:
    body = json.dumps(params, default=_make_suitable_for_json, ensure_ascii=ascii_only)
    assert parse_json(body.encode()) == params


@pytest.mark.parametrize(
    ("body", "params"),
    [
        (b"", {}),
        (b"{}", {}),
        (b' {"a": 1}\n', {"a": 1}),
        (b'{"amount": "5"}', {"amount": "5"}),
        (b'{"a": "\\ud83d\\ude00"}', {"a": "\U0001f600"}),
        (b'{"a": 1e999}', {"a": float("inf")}),
        (b'{"a": ' + b"9" * 4000 + b"}", {"a": 10**4000 - 1}),
        (b'{"": null}', {"": None}),
    ],
)
def test_a_document(body: bytes, params: dict[str, Any]) -> None:
    assert parse_json(body) == params


@pytest.mark.parametrize(
    "body",
    [
        b" ",
        b"{",
        b"null",
        b"[]",
        b'"a"',
        b"5",
        b"NaN",
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": 1, "a": 1}',
        b'{"a": 1, "\\u0061": 2}',
        b'{"a": {"b": 1, "b": 2}}',
        b'{"a": [{"b": 1, "b": 2}]}',
        b'{"a": 1} x',
        b'{"a": "\xff"}',
        b'{"a": "\n"}',
        b'{"a": "\\ud800"}',
        b'{"\\udfff": 1}',
        b'{"a": ["\\ud800"]}',
        b'{"a": "\xed\xa0\x80"}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b'{"a": -' + b"9" * 5000 + b"}",
        b"[" * 60_000,
        b'{"a":' * 10_000,
    ],
    ids=lambda body: ascii(body[:20]),
)
def test_a_document_that_cannot_be_read(body: bytes) -> None:
    assert refused(parse_json, body)


@pytest.mark.parametrize("deep", [10, 900, 1000, 10_000, 30_000])
def test_a_deep_document_is_read_or_refused(deep: int) -> None:
    """How deep it may be is the interpreter's affair; no other exception leaves."""
    refused(parse_json, b'{"a":' * deep + b"1" + b"}" * deep)
    refused(parse_json, b'{"a":' + b"[" * deep + b"]" * deep + b"}")


JSON_PIECES = st.lists(
    st.sampled_from(
        [b"{", b"}", b"[", b"]", b'"', b'"a"', b":", b",", b"1", b"NaN", b"-Infinity", b"1e999"]
    )
    | st.sampled_from(
        [b"\\ud800", b"\\u", b"\xff", b"\xed\xa0\x80", b"null", b" ", b"\0", b"\xef\xbb\xbf"]
    )
)


@quick
@given(st.binary() | JSON_PIECES.map(b"".join) | NESTED.map(lambda x: json.dumps(x).encode()))
def test_any_bytes_are_a_document_or_are_refused(body: bytes) -> None:
    refused(parse_json, body)


# -- What was read goes on into the layer


@contextmanager
def server() -> Iterator[IdempotencyLayer]:
    layer = open_layer(":memory:", CardNetwork(), Clock())
    with closing(layer.db):
        yield layer


ORDER = b'"currency": "eur", "source": "tok_visa"'


@pytest.mark.parametrize(
    "amount",
    ["NaN", "Infinity", "-Infinity", "1e999", "5.0", "5e2", "9" * 4000, "true", '"5"', "[5]", "{}"],
)
def test_no_strange_amount_is_charged(amount: str) -> None:
    params = parse_json(b'{"amount": ' + amount.encode() + b", " + ORDER + b"}")
    with server() as layer:
        response = layer.handle(Request("acct_1", "k", "/v2/charges", params, CURRENT))
        assert response.body["error"]["param"] == "amount"


def nested(deep: int) -> bytes:
    order = b'{"amount": 5, "currency": "eur", "card": "tok_visa", "x": '
    return order + b"[" * deep + b"]" * deep + b"}"


def test_what_can_be_read_at_all_can_be_stored() -> None:
    """However deep it is nested: the first release ignored what it did not know, and stored it."""
    readable = range(0, 30_000)
    deepest = bisect_left(readable, True, key=lambda deep: refused(parse_json, nested(deep))) - 1
    assert deepest >= 5
    with server() as layer:
        for deep in range(deepest + 20, max(0, deepest - 20), -1):
            if refused(parse_json, nested(deep)):
                continue
            params = parse_json(nested(deep))
            request = Request("acct_1", f"k{deep}", "/v2/charges", params, "2011-01-01")
            assert layer.handle(request).status == 200
            assert layer.handle(request).status == 200


@quick
@given(st.dictionaries(STRINGS, NESTED, max_size=5))
def test_the_first_release_ignores_whatever_it_does_not_know(params: dict[str, Any]) -> None:
    known = {"amount": 5, "currency": "eur", "card": "tok_visa"}
    body = json.dumps({"x": params, **known}).encode()
    with server() as layer:
        request = Request("acct_1", "k", "/v2/charges", parse_json(body), "2011-01-01")
        first = layer.handle(request)
        assert first.status == 200
        assert layer.handle(request).body == first.body
