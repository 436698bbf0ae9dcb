"""Units: which there are, what they measure, how they are written.

The table is `units.toml`, read from top to bottom.  Factors are exact fractions.
"""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from importlib import resources

from casebook.core.problems import Kind, Problem, shortened, suggestion

_SI = {"n": "1e-9", "µ": "1e-6", "m": "1e-3", "k": "1e3", "M": "1e6", "G": "1e9", "T": "1e12",
       "P": "1e15"}  # fmt: skip
_FACTOR = re.compile(r"([*/])([^*/]*)")
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
        """Return the unit as it stands behind a number; in the singular when `one`."""
        *others, last = self.above or (Name("1", "1"),)
        over = "·".join([*(n.singular for n in others), last.singular if one else last.plural])
        return "/".join([over, *(name.singular for name in self.below)])

    def times(self, other: Unit, power: int = 1) -> Unit:
        """Multiply by another unit, or divide by it where `power` is -1."""
        dimension = dict(self.dimension)
        for name, exponent in other.dimension:
            dimension[name] = dimension.get(name, 0) + power * exponent
        above, below = (other.above, other.below) if power == 1 else (other.below, other.above)
        # A plain number has an empty name, which a product does not show.
        return Unit(
            tuple(name for name in self.above + above if name.singular),
            tuple(name for name in self.below + below if name.singular),
            self.factor * other.factor**power,
            tuple(sorted((name, n) for name, n in dimension.items() if n)),
        )


DIMENSIONLESS = Unit((Name("", ""),), (), Fraction(1), ())


def names() -> Mapping[str, Name]:
    """Return all names that an author may write, with how they are printed."""
    return {word: unit.above[0] for word, unit in _table().items()}


def parse(text: str) -> Unit | Problem:
    """Read `request/day` or `GB*request/s`, or say why it cannot be read."""
    factors, quoted = _factors(text), shortened(text)
    if len(factors) > _MAX_FACTORS:
        return _unknown(f"the unit {quoted} has more than {_MAX_FACTORS} factors")
    table = _table()
    product = DIMENSIONLESS
    for power, word in factors:
        if not word:
            message = f"the unit {quoted} lacks a name; write names with * or / between them"
            return _unknown(message)
        if word not in table:
            hint = suggestion(word, table) or _advice(word)
            return _unknown(f"unknown unit {shortened(word)}{hint}")
        product = product.times(table[word], power)
    return product


def _unknown(message: str) -> Problem:
    return Problem(Kind.UNKNOWN_UNIT, message)


def read(text: str) -> Mapping[str, Unit]:
    """Read a table of units; return each unit under every name that it may be written with.

    `is` may hold numbers and units that stand above it, so that no unit is defined by itself.
    Raises ValueError where it holds anything else, or where a name is defined twice.
    """
    table: dict[str, Unit] = {}
    for name, entry in tomllib.loads(text).items():
        measure = Unit((), (), Fraction(1), ((name, 1),))
        if "is" in entry:
            measure = DIMENSIONLESS
            for power, word in _factors(entry["is"]):
                measure = measure.times(table.get(word) or _number(word), power)
        symbol = entry.get("symbol", name)
        plural = symbol if "symbol" in entry else entry.get("plural", f"{name}s")
        unit = replace(measure, above=(Name(symbol, plural),), below=())
        for word in dict.fromkeys((name, symbol)):
            _define(table, word, unit)
        for prefix in entry.get("si", ()):
            # "kbit", "MB": a prefixed symbol has no plural.
            word = prefix + symbol
            factor = unit.factor * Fraction(_SI[prefix])
            _define(table, word, replace(unit, above=(Name(word, word),), factor=factor))
    return table


@functools.cache
def _table() -> Mapping[str, Unit]:
    return read(resources.files(__package__).joinpath("units.toml").read_text(encoding="utf-8"))


def _factors(text: str) -> list[tuple[int, str]]:
    """Split `a*b/c` into its factors, each behind its power: 1, or -1 where it divides."""
    found = _FACTOR.findall("*" + text)
    return [(1 if sign == "*" else -1, word.strip()) for sign, word in found]


def _number(word: str) -> Unit:
    try:
        return replace(DIMENSIONLESS, factor=Fraction(word))
    except ValueError:
        raise ValueError(f"units.toml: '{word}' is no number and no unit above it") from None


def _define(table: dict[str, Unit], word: str, unit: Unit) -> None:
    if word in table:
        raise ValueError(f"units.toml: '{word}' is defined twice")
    table[word] = unit


def _advice(word: str) -> str:
    if "," in word or word[:1].isdigit():
        return "; write numbers with a decimal point and without commas or spaces in them"
    if _POWER.match(word):
        return "; a power of ten ends at e15"
    return "; the units are listed in core/metrics/units.toml"
