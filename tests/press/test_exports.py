"""The JSON files beside the site: valid against their schemas, and true to the pages."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from books import Sample
from casebook.core.exports.registry import EXPORTS
from editions import ROOT

LISTS = [name for name in EXPORTS if name != "inventory"]
"""The files that hold one list."""


@pytest.fixture(scope="module")
def data(sample: Sample) -> dict[str, Any]:
    built = sample.built()
    found = {
        path.stem: json.loads(path.read_text()) for path in (built.out / "data").glob("*.json")
    }
    return found | {"out": built.out}


def test_each_export_is_a_file_beside_its_schema(data: dict[str, Any]) -> None:
    files = {file for name in EXPORTS for file in (name, f"{name}.schema")}
    assert set(data) - {"out"} == files


def test_readers_are_told_of_each_file() -> None:
    page = (ROOT / "source" / "reference" / "index.md").read_text(encoding="utf-8")
    assert re.findall(r"`data/(\w+)\.json`", page) == list(EXPORTS)


@pytest.mark.parametrize("name", EXPORTS)
def test_file_follows_its_schema(name: str, data: dict[str, Any]) -> None:
    schema = data[f"{name}.schema"]
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.validate(data[name], schema)
    assert all(data[name].values())


@pytest.mark.parametrize("name", LISTS)
def test_schema_refuses_what_is_not_there(name: str, data: dict[str, Any]) -> None:
    broken = json.loads(json.dumps(data[name]))
    broken[name][0].pop("page")
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(broken, data[f"{name}.schema"])


@pytest.mark.parametrize("name", LISTS)
def test_every_anchor_is_on_its_page(name: str, data: dict[str, Any]) -> None:
    out: Path = data["out"]
    for record in data[name][name]:
        if record["page"] is not None:
            page = (out / f"{record['page']}.html").read_text(encoding="utf-8")
            assert f'id="{record["anchor"]}"' in page
        for use in record["uses"] if name == "patterns" else ():
            page = (out / f"{use['page']}.html").read_text(encoding="utf-8")
            assert f'id="{use["anchor"]}"' in page


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
