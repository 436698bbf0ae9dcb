"""All exports: each becomes `data/<name>.json` beside the site, with `data/<name>.schema.json`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import get_type_hints

from casebook.core.book.book import Book
from casebook.core.exports import (
    chunks_json,
    claims_json,
    decisions_json,
    insights_json,
    inventory_json,
    metrics_json,
    patterns_json,
    sources_json,
)
from casebook.core.exports.schema import Data, schema

EXPORTS: Mapping[str, Callable[[Book], object]] = MappingProxyType(
    {
        "metrics": metrics_json.export,
        "sources": sources_json.export,
        "patterns": patterns_json.export,
        "insights": insights_json.export,
        "decisions": decisions_json.export,
        "claims": claims_json.export,
        "chunks": chunks_json.export,
        "inventory": inventory_json.export,
    }
)
"""What makes each file; the type that it returns is the form of the file."""


def schemas() -> dict[str, Data]:
    """Return the JSON schema of each export."""
    return {name: schema(get_type_hints(made)["return"]) for name, made in EXPORTS.items()}
