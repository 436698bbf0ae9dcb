"""What is measured by the clock: that it measures what it says.  Never how long it takes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from mini_stripe.idempotency import Claim
from stripe_lab import costs
from stripe_lab.costs import bare, key_cost
from stripe_world import World, order

FILE = Path(__file__).parents[3] / "source/elite/outputs/stripe/key-cost.json"


def test_the_stored_cost_is_of_the_printed_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(costs, "WARM_UP", 1)
    made, stored = key_cost(turns=2), json.loads(FILE.read_text(encoding="utf-8"))
    assert list(made.pop("versions")) == list(stored["measured"]["versions"])
    assert list(made) == list(stored["values"])
    for values in (made, stored["values"]):
        assert min(values.values()) > 0
        ratio = values["with a key"] / values["without a key"]
        assert values["ratio"] == pytest.approx(ratio, rel=1e-4)


def test_a_bare_charge_writes_what_a_charge_writes_and_no_key(world: World) -> None:
    with world.server() as server:
        claim = server.claim(order(key="borrowed"))
        assert isinstance(claim, Claim)
        server.handle(order())
        bare(server, claim)
    keyed, alone = world.rows("SELECT * FROM charges")
    assert {**keyed, "id": 0, "network_key": ""} == {**alone, "id": 0, "network_key": ""}
    assert alone["status"] == "succeeded"
    amounts = [json.loads(row["object"])["amount"] for row in world.rows("SELECT * FROM events")]
    assert amounts == [500, 500]
    assert [row["key"] for row in world.rows("SELECT * FROM keys")] == ["borrowed", "cart-17"]


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path)
