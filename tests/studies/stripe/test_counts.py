"""What is counted in Stripe's libraries, counted a second time by other means."""

from __future__ import annotations

import ast
import json
import os
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from hashlib import sha256
from inspect import getsource
from pathlib import Path
from re import findall, sub

import pytest
import stripe
from stripe.params import WebhookEndpointCreateParams

from stripe_counts import changelog
from stripe_counts.changelog import COUNTED, DIGEST, LIBRARY, count, removals
from stripe_counts.endpoints import calls, endpoints

Unmeasured = Callable[[], AbstractContextManager[None]]
NODE = Path(sys.prefix, "sdks", "node", "node_modules")

# -- The changelog

EXCERPT = """# Changelog

## 3.0.1 - a release without a version
* Remove support for `elm` on `Tree`

## 3.0.0
This release changes the pinned API version to `2026-09-30.beech`.

* ⚠️ [#9](https://example.com/9) Remove support for Node 18
* [#8](https://example.com/8) Update generated code
  * Add support for new resource `Leaf`
  * ⚠️ Remove support for `gall` on `Leaf`

## 2.2.0
This release uses the same pinned API version to `2026-06-24.alder` as the last.
  * Remove support for `ash` on `Tree`

## 2.1.0
This release changes the pinned API version to `2026-06-24.alder`.
  - Remove support for `root` and `bark` on `Tree`
  * Remove support for unused `twig` on `Tree`
  * Remove `TreeParams` in favor of `LeafParams`
  * Change `Tree.bark` to be optional - Remove support for it later.

## 2.0.0
This release changes the pinned API version to `2026-03-25.alder`.
  * Add support for `bark` and `root` on `Tree`

  This release changes the pinned API version to `2026-03-25.alder`.

## 1.0.0
This release changes the pinned API version to `2020-08-27`.
  * Remove support for `seed` on `Tree`
"""


def test_lines_are_counted_by_plant_from_the_oldest_version_on() -> None:
    assert count(EXCERPT, "Remove support for") == {"alder": [0, 2], "beech": [1]}
    assert count(EXCERPT, "Add support for") == {"alder": [1, 0], "beech": [1]}
    assert list(count(EXCERPT, "Add support for")) == ["alder", "beech"]
    assert count("", "Add support for") == {}


def test_the_printed_numbers_are_those_of_the_file(unmeasured: Unmeasured) -> None:
    """The file is Stripe's and large, so it's counted where the library is installed."""
    versions = {
        json.loads(file.read_text("utf-8"))["version"]: file.with_name("CHANGELOG.md")
        for file in NODE.glob("*/package.json")
    }
    if LIBRARY not in versions:
        end = pytest.fail if os.environ.get("CI") else pytest.skip
        end(f"stripe {LIBRARY} for Node is not installed in {NODE}")
    file = versions[LIBRARY].read_bytes()
    assert sha256(file).hexdigest() == DIGEST
    with unmeasured():
        assert {phrase: count(file.decode(), phrase) for phrase in COUNTED} == COUNTED


def test_every_version_with_a_plant_is_counted() -> None:
    """The Python library lists them too."""
    listed = findall(r'"(20\d\d-\d\d-\d\d)\.(\w+)"', getsource(WebhookEndpointCreateParams))
    plants = Counter(plant for _, plant in listed if plant != "dashboard")
    for table in COUNTED.values():
        assert {plant: len(lines) for plant, lines in table.items()} == plants


def test_a_major_is_no_month(monkeypatch: pytest.MonkeyPatch) -> None:
    table = {"alder": [9, 0, 2, 1], "beech": [4]}
    monkeypatch.setattr(changelog, "COUNTED", {"added": {"alder": [7, 5, 6]}, "removed": table})
    assert removals() == {
        "plant": ["alder", "beech"],
        "its major": [9, 4],
        "its months": [3, 0],
        "months": 3,
        "months that remove": 2,
        "removed": 3,
        "added": 11,
    }


# -- The endpoints


def called(method: str) -> Iterator[tuple[str, str]]:
    """Read the calls of a method as a syntax tree, so that a path of another form is noticed."""
    for file in Path(stripe.__file__).parent.rglob("*_service.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and ast.unparse(node.func) == f"self.{method}":
                verb, path = node.args
                if isinstance(path, ast.Call):
                    assert isinstance(path.func, ast.Attribute)
                    assert path.func.attr == "format"
                    path = path.func.value
                yield ast.literal_eval(verb), ast.literal_eval(path)


def test_no_call_of_a_service_is_missed() -> None:
    found = Counter((verb, version + path) for verb, version, path in calls())
    assert found == Counter(called("_request")) == Counter(called("_request_async"))
    # Names of ids make no difference: no path is written with two of them.
    pairs = {(verb, sub(r"\{\w+\}", "{}", path)) for verb, path in found}
    assert len(pairs) == len(found) == endpoints()["in all"]


def test_endpoints_are_counted_once_by_verb_and_version(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [
        ("post", "/v1", "/a"),
        ("get", "/v1", "/a"),
        ("post", "/v1", "/a"),
        ("post", "/v2", "/a"),
    ]
    monkeypatch.setattr("stripe_counts.endpoints.calls", lambda: made)
    assert endpoints() == {"verb": ["get", "post"], "v1": [1, 1], "v2": [0, 1], "in all": 3}
