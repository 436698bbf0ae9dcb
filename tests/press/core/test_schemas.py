"""The schemas of the exports: made from their types, and as readers were promised."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from typing import Annotated, Any

import casebook
import jsonschema
import pytest
from casebook.core.exports.patterns_json import Relation, Tier
from casebook.core.exports.registry import EXPORTS, schemas
from casebook.core.exports.schema import DRAFT, Must, as_data, schema
from casebook.core.patterns import catalogue

STORED = Path(__file__).with_name("schemas.json")
PRINT = (
    "import json; from casebook.core.exports.registry import schemas; "
    "print(json.dumps(schemas(), indent=1))"
)
RENEW = f"PYTHONPATH=_ext .venv/bin/python -c '{PRINT}' > tests/press/core/{STORED.name}"


class Colour(Enum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf
    of a tree."""

    colour: Colour


@dataclass(frozen=True, slots=True)
class Fruit:
    """A fruit."""

    weight: float


@dataclass(frozen=True, slots=True)
class Tree:
    """A tree."""

    name: Annotated[str, Must("minLength", 1), "What it is called."]
    age: Annotated[int, Must("minimum", 0), Must("maximum", 5000)]
    old: bool
    place: Annotated[str | None, "Where it stands."]
    first: Leaf
    last: Annotated[Leaf, "The last leaf."]
    bears: Annotated[tuple[Leaf | Fruit, ...], Must("minItems", 1)]
    sizes: Mapping[str, Annotated[float, Must("minimum", 0)]]
    counts: Mapping[Colour, int]


LEAF = {
    "description": "A leaf of a tree.",
    "type": "object",
    "properties": {"colour": {"enum": ["red", "blue"]}},
    "required": ["colour"],
    "additionalProperties": False,
}
FRUIT = {
    "description": "A fruit.",
    "type": "object",
    "properties": {"weight": {"type": "number"}},
    "required": ["weight"],
    "additionalProperties": False,
}
TREE = {
    "$schema": DRAFT,
    "description": "A tree.",
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "description": "What it is called."},
        "age": {"type": "integer", "minimum": 0, "maximum": 5000},
        "old": {"type": "boolean"},
        "place": {
            "anyOf": [{"type": "string"}, {"type": "null"}],
            "description": "Where it stands.",
        },
        "first": LEAF,
        "last": {**LEAF, "description": "The last leaf."},
        "bears": {"type": "array", "items": {"anyOf": [LEAF, FRUIT]}, "minItems": 1},
        "sizes": {"type": "object", "additionalProperties": {"type": "number", "minimum": 0}},
        "counts": {
            "type": "object",
            "properties": {"red": {"type": "integer"}, "blue": {"type": "integer"}},
            "required": ["red", "blue"],
            "additionalProperties": False,
        },
    },
    "required": ["name", "age", "old", "place", "first", "last", "bears", "sizes", "counts"],
    "additionalProperties": False,
}

RED = Leaf(Colour.RED)
OAK = Tree("Oak", 3, False, None, RED, RED, (Fruit(0.5), RED), {"crown": 2.5},
           {Colour.RED: 1, Colour.BLUE: 0})  # fmt: skip


def test_a_schema_says_all_that_the_type_says() -> None:
    jsonschema.Draft202012Validator.check_schema(TREE)
    assert schema(Tree) == TREE


def test_a_value_becomes_plain_data() -> None:
    data = as_data(OAK)
    assert data == {
        "name": "Oak",
        "age": 3,
        "old": False,
        "place": None,
        "first": {"colour": "red"},
        "last": {"colour": "red"},
        "bears": [{"weight": 0.5}, {"colour": "red"}],
        "sizes": {"crown": 2.5},
        "counts": {"red": 1, "blue": 0},
    }
    assert list(data) == TREE["required"]
    jsonschema.validate(data, schema(Tree))


@pytest.mark.parametrize(
    ("broken", "message"),
    [
        ({"height": 3}, "Additional properties are not allowed ('height' was unexpected)"),
        ({"age": "old"}, "'old' is not of type 'integer'"),
        ({"age": -1}, "-1 is less than the minimum of 0"),
        ({"first": {}}, "'colour' is a required property"),
        ({"first": {"colour": "green"}}, "'green' is not one of ['red', 'blue']"),
        ({"bears": []}, "[] should be non-empty"),
        ({"counts": {"red": 1}}, "'blue' is a required property"),
    ],
)
def test_a_schema_refuses_what_has_another_form(broken: dict[str, Any], message: str) -> None:
    with pytest.raises(jsonschema.ValidationError) as caught:
        jsonschema.validate(as_data(OAK) | broken, schema(Tree))
    assert caught.value.message == message


@dataclass(frozen=True, slots=True)
class Listed:
    """A type that holds a list, which can change."""

    names: list[str]


@dataclass(frozen=True, slots=True)
class Pair:
    """A type that holds a tuple of two."""

    ends: tuple[int, int]


def test_other_types_have_no_schema() -> None:
    for kind, field in ((Listed, r"list\[str\]"), (Pair, r"tuple\[int, int\]")):
        with pytest.raises(TypeError, match=f"^no JSON schema is known for {field}$"):
            schema(kind)


# --- the schemas of the book ---


def test_the_form_of_the_data_is_as_promised() -> None:
    """Readers have programs that read the data, so what changes here is told in CHANGELOG.md."""
    environment = {
        "PYTHONPATH": str(Path(casebook.__file__).parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    made = subprocess.run(
        [sys.executable, "-c", PRINT], capture_output=True, text=True, env=environment, check=True
    )
    assert STORED.read_text(encoding="utf-8") == made.stdout, (
        "The form of the data beside the site has changed. If that is meant, say so in "
        f"CHANGELOG.md, and store the new schemas with\n\n    {RENEW}\n"
    )


@pytest.mark.parametrize("name", EXPORTS)
def test_every_field_says_what_it_means(name: str) -> None:
    found = schemas()[name]
    jsonschema.Draft202012Validator.check_schema(found)
    silent = {field for field, form in properties(found) if not form.get("description")}
    # A relation is what its name says.
    assert silent == ({one.value for one in Relation} if name == "patterns" else set())


def properties(form: object) -> Iterator[tuple[str, dict[str, Any]]]:
    """Give every property of every object in a schema."""
    parts: list[object] = []
    if isinstance(form, dict):
        yield from form.get("properties", {}).items()
        parts = list(form.values())
    elif isinstance(form, list):
        parts = form
    for part in parts:
        yield from properties(part)


def test_the_catalogue_and_its_export_know_the_same_words() -> None:
    assert [one.value for one in Relation] == list(catalogue.RELATIONS)
    _, (problem,) = catalogue.parse(
        "- {id: a, title: A, category: c, intent: i, library: d, tier: iron}"
    )
    assert f"({', '.join(one.value for one in Tier)})" in problem.message
