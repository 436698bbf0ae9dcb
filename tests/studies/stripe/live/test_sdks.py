"""Old and new releases of Stripe's libraries believe the server, each in a process of its own."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import stripe
from editions import ROOT, without

from mini_stripe.versions import CURRENT
from stripe_http import CHARGE, PATIENCE, Served, receiver, served, until

CLIENTS = ROOT / "tests" / "studies" / "stripe" / "sdks"
INSTALLED = Path(sys.prefix, "sdks")
NODE = json.loads((CLIENTS / "package.json").read_text(encoding="utf-8"))["dependencies"]


@dataclass(frozen=True)
class Library:
    """A release of a library, where it lies, and the version of the API that it sends."""

    language: str
    release: str
    place: Path
    version: str

    @property
    def name(self) -> str:
        return f"stripe-{self.language} {self.release.partition('.')[0]}"

    @property
    def command(self) -> list[str]:
        if self.language == "python":
            return [sys.executable, str(CLIENTS / "client.py")]
        return ["node", str(CLIENTS / "client.js")]


def for_python(major: int, version: str) -> Library:
    pin = (CLIENTS / f"stripe{major}.txt").read_text(encoding="utf-8")
    [release] = re.findall(r"^stripe==(\S+)", pin, re.M)
    return Library("python", release, INSTALLED / f"python{major}" / "stripe", version)


def for_node(major: int, version: str) -> Library:
    name = f"stripe{major}"
    release = NODE[name].removeprefix("npm:stripe@")
    return Library("node", release, INSTALLED / "node" / "node_modules" / name, version)


LIBRARIES = [
    for_python(5, CURRENT),  # it sends none, so the account has the newest
    for_python(7, "2023-10-16"),
    for_python(10, "2024-06-20"),
    Library("python", stripe.VERSION, Path(stripe.__file__).parent, stripe.api_version),
    for_node(12, "2022-11-15"),
    for_node(16, "2024-06-20"),
    for_node(23, "2026-10-28.endive"),
]


def refused(code: str | None, param: str | None = None, **more: Any) -> dict[str, Any]:
    """An error of the request, as every library tells it."""
    error = {"class": "InvalidRequestError", "status": 400, "code": code, "param": param}
    return error | more


SEEN: dict[str, dict[str, Any]] = {
    "repeat": {
        "charge": ["charge", 500, "eur", "succeeded", True],
        "card": ["Visa", "4242"],
        "same": True,
        "replayed": [None, "true"],
    },
    "reuse": {"class": "IdempotencyError", "status": 400, "code": None, "param": None},
    "retrieve": {
        "same": True,
        "description": "Tea & cake, ½ price",
        "metadata": {"a": "b c"},
        "missing": refused("resource_missing", "id", status=404),
    },
    "pages": {
        "first": [5, 4],
        "has_more": True,
        "all": [5, 4, 3, 2, 1],
        "back": [2, 3, 4, 5],
    },
    "refund": {
        "amounts": [200, 300],
        "status": "succeeded",
        "charge": [500, True],
        "listed": [300, 200],
        "again": refused("charge_already_refunded"),
    },
    "expand": {
        "customer": ["customer", "ada@example.com"],
        "plain": True,
        "listed": ["ada@example.com"],
    },
    "decline": {
        "class": "CardError",
        "status": 402,
        "code": "card_declined",
        "param": None,
        "charge": ["failed", False],
    },
    "webhook": {
        "event": ["charge.succeeded", "charge", 500],
        "changed": "SignatureVerificationError",
        "stranger": "SignatureVerificationError",
    },
    "refund_pages": {
        "held": [12, 11, 10, 9, 8, 7, 6, 5, 4, 3],
        "has_more": True,
        "all": [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
        "asked": [12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1],
    },
    "update_customer": {
        "changed": ["Ada", "ada@example.com", {"a": "1", "c": "3"}],
        "found": ["Ada", "ada@example.com", {"a": "1", "c": "3"}],
    },
    "delete_customer": {"deleted": [True, "customer", True], "after": True, "listed": False},
    "saved_card": {"charge": ["succeeded", "MasterCard"], "same": True},
    "since": {"listed": [True, False]},
    "missing_parameter": refused("resource_missing", "charge"),
}


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """One server for all libraries; each gets an account of its own."""
    with served(tmp_path_factory.mktemp("all libraries") / "mini.db") as it:
        yield it


@pytest.fixture(scope="module")
def delivery(running: Served) -> dict[str, str]:
    """What the server has sent to a webhook endpoint, with the endpoint's secret."""
    with receiver() as post:
        made = running.ask(
            "POST", "/v1/webhook_endpoints", {"url": post.url, "enabled_events[]": "*"}
        )
        assert running.charge().body["amount"] == CHARGE["amount"]
        until(lambda: post.got)
    [sent] = post.got
    secret = made.body["secret"]
    return {"body": sent.body.decode(), "signature": sent.signature, "secret": secret}


@pytest.mark.parametrize("library", LIBRARIES, ids=lambda library: library.name)
def test_a_library_believes_the_server(
    library: Library, running: Served, delivery: dict[str, str], tmp_path: Path
) -> None:
    if not library.place.is_dir() or not shutil.which(library.command[0]):
        needs = " (it needs npm)" if library.language == "node" else ""
        without(library.name, f"make sdks installs it{needs}")
    task = {
        "url": running.running.url,
        "key": running.account(library.name),
        "library": str(library.place),
        "delivery": delivery,
        "steps": [*SEEN],
    }
    # No proxy stands before the loopback, and a library that reports on its user writes a file.
    its = {"NO_PROXY": "*", "XDG_CONFIG_HOME": str(tmp_path), "PYTHONDONTWRITEBYTECODE": "1"}
    its["PYTHONPATH"] = str(library.place.parent)
    done = subprocess.run(
        library.command,
        input=json.dumps(task),
        env=os.environ | its,
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    seen = json.loads(done.stdout)
    assert seen.pop("release") == library.release
    assert seen["repeat"].pop("version") == library.version
    assert seen == SEEN
    assert not any(tmp_path.iterdir())
