"""Units: which there are, what they measure, how they are written.

The table is `units.toml`.  Factors and dimensions come from pint over an empty registry; its own
parser never sees author text, since it would evaluate `9**9**9` and read `0,5 s` as nought.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction
from importlib import resources
from typing import Any

from casebook.core.problems import shortened, suggestion

_SI = {"n": "1e-9", "µ": "1e-6", "m": "1e-3", "k": "1e3", "M": "1e6", "G": "1e9", "T": "1e12",
       "P": "1e15"}  # fmt: skip
_FACTOR = re.compile(r"\s*([*/])\s*")
_POWER = re.compile(r"[eE][+-]?[0-9]")
_MAX_FACTORS = 4


@dataclass(frozen=True, slots=True)
class Name:
    """A unit's name in the table: how it is printed alone and in the plural."""

    singular: str
    plural: str


@dataclass(frozen=True, slots=True)
class Unit:
    """A product of named units.

    `above` and `below` are the names over and under the bar, `factor` leads to base units, and
    `dimension` holds the base dimensions with their powers, sorted.
    """

    above: tuple[Name, ...]
    below: tuple[Name, ...]
    factor: Fraction
    dimension: tuple[tuple[str, int], ...]

    def written(self, *, one: bool = False) -> str:
        """The unit as it stands behind a number; in the singular when `one`."""
        *others, last = self.above or (Name("1", "1"),)
        over = "·".join([*(n.singular for n in others), last.singular if one else last.plural])
        return "/".join([over, *(name.singular for name in self.below)])


DIMENSIONLESS = Unit((Name("", ""),), (), Fraction(1), ())


@functools.cache
def names() -> Mapping[str, Name]:
    """All names that an author may write, with how they are printed."""
    table: dict[str, Name] = {}
    for name, entry in _table().items():
        symbol = entry.get("symbol", name)
        plural = symbol if "symbol" in entry else entry.get("plural", f"{name}s")
        table[name] = table[symbol] = Name(symbol, plural)
        for prefix in entry.get("si", ()):
            # "kbit", "MB": a prefixed symbol has no plural.
            table[prefix + symbol] = Name(prefix + symbol, prefix + symbol)
    return table


def parse(text: str) -> Unit | str:
    """Read `request/day` or `GB*request/s`; the answer is a sentence when it cannot be read."""
    parts = _FACTOR.split(text.strip())
    quoted = shortened(text)
    words, signs = parts[::2], ["*", *parts[1::2]]
    if len(words) > _MAX_FACTORS:
        return f"the unit {quoted} has more than {_MAX_FACTORS} factors"
    for word in words:
        if not word:
            return f"the unit {quoted} lacks a name; write names with * or / between them"
        if word not in names():
            hint = suggestion(word, names()) or _advice(word)
            return f"unknown unit {shortened(word)}{hint}"
    above = tuple(w for w, sign in zip(words, signs, strict=True) if sign == "*")
    below = tuple(w for w, sign in zip(words, signs, strict=True) if sign == "/")
    factor, dimension = _measure(above, below)
    return Unit(tuple(map(names().__getitem__, above)), tuple(map(names().__getitem__, below)),
                factor, dimension)  # fmt: skip


def _advice(word: str) -> str:
    if "," in word or word[:1].isdigit():
        return "; write numbers with a decimal point and without commas or spaces in them"
    if _POWER.match(word):
        return "; a power of ten ends at e15"
    return "; the units are listed in core/metrics/units.toml"


@functools.cache
def _table() -> Mapping[str, dict[str, Any]]:
    text = resources.files(__package__).joinpath("units.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


@functools.cache
def _registry() -> Any:
    import pint  # a tenth of a second, and only pages with figures need it

    registry: Any = pint.UnitRegistry(None, non_int_type=Fraction, on_redefinition="raise")
    for name, entry in _table().items():
        plain = name.replace("-", "_")
        registry.define(f"{plain} = {entry.get('is', f'[{plain}]')}")
        for prefix in entry.get("si", ()):
            factor = Fraction(_SI[prefix])
            registry.define(f"{_identifier(prefix)}_{plain} = {factor} * {plain}")
    return registry


def _identifier(prefix: str) -> str:
    return f"si_{list(_SI).index(prefix)}"


@functools.cache
def _pint_names() -> Mapping[str, str]:
    known: dict[str, str] = {}
    for name, entry in _table().items():
        plain = name.replace("-", "_")
        symbol = entry.get("symbol", name)
        known[name] = known[symbol] = plain
        for prefix in entry.get("si", ()):
            known[prefix + symbol] = f"{_identifier(prefix)}_{plain}"
    return known


@functools.cache
def _measure(
    above: tuple[str, ...], below: tuple[str, ...]
) -> tuple[Fraction, tuple[tuple[str, int], ...]]:
    registry = _registry()
    quantity = registry.Quantity(Fraction(1))
    for name in above:
        quantity *= registry.Quantity(Fraction(1), _pint_names()[name])
    for name in below:
        quantity /= registry.Quantity(Fraction(1), _pint_names()[name])
    base = quantity.to_base_units()
    dimension = {str(k).strip("[]"): int(v) for k, v in base.dimensionality.items() if v}
    return Fraction(base.magnitude), tuple(sorted(dimension.items()))
