"""JSON schemas (draft 2020-12) from the types of exports, and plain data from their values.

A type is a dataclass whose docstring says what it is.  A field is annotated with its type, its
meaning, and what the type alone does not say::

    digits: Annotated[int, Must("minimum", 1), "How many digits are printed."]

All fields are required, and there are no others.  Of several meanings the last one counts, so a
field can say more than the type that it shares with others.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, is_dataclass
from enum import Enum
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

Data = dict[str, Any]

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_TYPES = {str: "string", int: "integer", float: "number", bool: "boolean", NoneType: "null"}


@dataclass(frozen=True, slots=True)
class Must:
    """What values must fulfil: a keyword of JSON Schema, and what it asks for."""

    keyword: str
    asked: str | int


def schema(kind: type) -> Data:
    """Return the schema of a dataclass.

    Raises ``TypeError`` for a type that is none of these: str, int, float, bool, None, an enum, a
    dataclass, a union, a tuple of any length, a mapping by str or by an enum.
    """
    return {"$schema": DRAFT, **_form(kind)}


def _form(kind: Any) -> Data:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Annotated:
        form = _form(arguments[0])
        for said in arguments[1:]:
            form |= {said.keyword: said.asked} if isinstance(said, Must) else {"description": said}
        return form
    if origin in (Union, UnionType):
        return {"anyOf": [_form(one) for one in arguments]}
    if origin is tuple and arguments[1:] == (...,):
        return {"type": "array", "items": _form(arguments[0])}
    if origin is Mapping:
        return _map(*arguments)
    if is_dataclass(kind):
        hints = get_type_hints(kind, include_extras=True)
        described = {"description": " ".join((kind.__doc__ or "").split())}
        return described | _object({field.name: _form(hints[field.name]) for field in fields(kind)})
    if isinstance(kind, type) and issubclass(kind, Enum):
        return {"enum": [one.value for one in kind]}
    if kind in _TYPES:
        return {"type": _TYPES[kind]}
    raise TypeError(f"no JSON schema is known for {kind!r}")


def _map(key: Any, value: Any) -> Data:
    if key is str:
        return {"type": "object", "additionalProperties": _form(value)}
    # One by an enum has an entry for each of its members.
    return _object({name: _form(value) for name in _form(key)["enum"]})


def _object(properties: Data) -> Data:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


def as_data(value: object) -> Any:
    """Return an export as what `json.dumps` writes: dicts, lists, strings, numbers, None."""
    if is_dataclass(value):
        return {field.name: as_data(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping):
        return {as_data(key): as_data(one) for key, one in value.items()}
    if isinstance(value, tuple):
        return [as_data(one) for one in value]
    return value
