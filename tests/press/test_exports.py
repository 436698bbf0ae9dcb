"""The JSON files beside the site: valid against their schemas, and true to the pages."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from books import Sample

NAMES = ("metrics", "sources", "patterns", "insights", "decisions", "claims", "chunks")


@pytest.fixture(scope="module")
def data(sample: Sample) -> dict[str, Any]:
    built = sample.built()
    found = {
        path.stem: json.loads(path.read_text()) for path in (built.out / "data").glob("*.json")
    }
    return found | {"out": built.out}


@pytest.mark.parametrize("name", NAMES)
def test_file_follows_its_schema(name: str, data: dict[str, Any]) -> None:
    schema = data[f"{name}.schema"]
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(data[name], schema)
    assert data[name][name]


@pytest.mark.parametrize("name", NAMES)
def test_schema_refuses_what_is_not_there(name: str, data: dict[str, Any]) -> None:
    broken = json.loads(json.dumps(data[name]))
    broken[name][0].pop("page")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, data[f"{name}.schema"])


@pytest.mark.parametrize("name", NAMES)
def test_every_anchor_is_on_its_page(name: str, data: dict[str, Any]) -> None:
    out: Path = data["out"]
    for record in data[name][name]:
        if record["page"] is not None:
            page = (out / f"{record['page']}.html").read_text(encoding="utf-8")
            assert f'id="{record["anchor"]}"' in page
        for use in record["uses"] if name == "patterns" else ():
            page = (out / f"{use['page']}.html").read_text(encoding="utf-8")
            assert f'id="{use["anchor"]}"' in page


def test_inventory_follows_its_schema(data: dict[str, Any]) -> None:
    schema = data["inventory.schema"]
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(data["inventory"], schema)
    data["inventory"]["total"].pop("visuals")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data["inventory"], schema)


def test_values_are_those_of_the_page(data: dict[str, Any]) -> None:
    by_id = {record["id"]: record for record in data["metrics"]["metrics"]}
    assert by_id["jobs"]["value"] == {
        "printed": "5 million requests/day", "low": 5e6, "high": 5e6, "low_open": False,
        "high_open": False,
        "approximate": False, "unit": "requests/day",
    }  # fmt: skip
    share = by_id["share"]
    assert (share["formula"], share["inputs"]) == ("calls ÷ jobs", ["calls", "jobs"])
    assert share["value"]["low"] == pytest.approx(12 / (5e6 / 86_400))
    assert share["sources"] == ["home", "post"]
    sources = {record["key"]: record for record in data["sources"]["sources"]}
    assert sources["post"]["metrics"] == ["jobs", "share"]
    assert sources["post"]["label"] == "Doe 2017"
    patterns = {record["slug"]: record for record in data["patterns"]["patterns"]}
    assert [use["page"] for use in patterns["idempotency"]["uses"]] == ["a", "found"]
    assert patterns["idempotency"]["uses"][0]["sentence"].startswith("Safe by idempotency")
    assert patterns["outbox"]["page"] is None
