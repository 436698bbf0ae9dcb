"""Quantities: a number or an interval, with a unit.

A published figure is often a bound ("more than 250 million") or a rough one.  So a quantity is a
closed or half-open interval; arithmetic on quantities is interval arithmetic, and a bound stays a
bound: 27,395 divided by at least 5,787 is at most 4.74.  Numbers are exact fractions; only
printing rounds, and a bound is rounded outwards, so that what is printed stays true.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from decimal import Decimal
from fractions import Fraction

from . import units
from .problems import Kind, shortened
from .units import Unit

End = Fraction | float
"""An end of an interval; a float is always an infinity."""

_INFINITY = math.inf
_NUMBER = re.compile(r"-?\d{1,15}(?:\.\d{1,15})?(?:[eE][+-]?(?:1[0-5]|\d))?")
_VALUE = re.compile(
    rf"\s*(>=|<=|>|<|~)?\s*({_NUMBER.pattern})(?:\s*\.\.\s*({_NUMBER.pattern}))?"
    r"(?![\d.,_*])\s*(.*)"
)
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))
_MAX_LENGTH = 120


@dataclass(frozen=True, slots=True)
class ValueProblem:
    """Why a value or a formula cannot be used."""

    kind: Kind
    message: str


@dataclass(frozen=True, slots=True)
class Quantity:
    """All values from `low` to `high`, in `unit`; `strict` when the ends do not belong to it."""

    low: End
    high: End
    unit: Unit
    strict: bool = False
    approximate: bool = False

    @property
    def is_exact(self) -> bool:
        """Whether this is a single number."""
        return self.low == self.high

    def converted(self, unit: Unit) -> Quantity:
        """The same quantity in another unit of its dimension."""
        ratio = self.unit.factor / unit.factor
        return replace(self, low=self.low * ratio, high=self.high * ratio, unit=unit)


@dataclass(frozen=True, slots=True)
class Printed:
    """A quantity as it is printed: "≥ 500" and "million requests/day"."""

    number: str
    unit: str

    def __str__(self) -> str:
        return f"{self.number}\N{NO-BREAK SPACE}{self.unit}" if self.unit else self.number


def parse(text: str) -> Quantity | ValueProblem:
    """Read `>= 500e6 request/day`, `27395 request/s` or `2..4 s`."""
    match = _VALUE.fullmatch(text) if len(text) <= _MAX_LENGTH else None
    if not match:
        return ValueProblem(
            Kind.BAD_VALUE,
            f"{shortened(text)} is no value; write an optional >=, <=, >, < or ~, a number without "
            "commas (or two with '..' between them), and a unit",
        )
    bound, first, last, unit_text = match.groups()
    unit = units.parse(unit_text) if unit_text else "a value needs a unit"
    if isinstance(unit, str):
        return ValueProblem(Kind.UNKNOWN_UNIT if unit_text else Kind.BAD_VALUE, unit)
    low, high = Fraction(first), Fraction(last or first)
    if low > high:
        return ValueProblem(Kind.BAD_VALUE, f"the range {shortened(text)} runs backwards")
    if last and bound and bound != "~":
        return ValueProblem(Kind.BAD_VALUE, f"a range takes no bound: {shortened(text)}")
    strict = bound in (">", "<")
    if bound in (">", ">="):
        return Quantity(low, _INFINITY, unit, strict)
    if bound in ("<", "<="):
        # What the book counts is never negative, so "at most 5" starts at nought.
        return Quantity(Fraction(0) if high >= 0 else -_INFINITY, high, unit, strict)
    return Quantity(low, high, unit, approximate=bound == "~")


def number(value: Fraction) -> Quantity:
    """A plain number, as a formula may hold one."""
    return Quantity(value, value, units.DIMENSIONLESS)


def combine(sign: str, a: Quantity, b: Quantity) -> Quantity | str:
    """Add, subtract, multiply or divide; the answer is a sentence when that has no sense."""
    strict, rough = a.strict or b.strict, a.approximate or b.approximate
    if sign in "+-":
        if a.unit.dimension != b.unit.dimension:
            verb = "added to" if sign == "+" else "subtracted from"
            one, two = (a, b) if sign == "+" else (b, a)
            return f"{_name(one)} cannot be {verb} {_name(two)}"
        b = b.converted(a.unit)
        low, high = (a.low + b.low, a.high + b.high) if sign == "+" else (a.low - b.high, a.high - b.low)  # fmt: skip
        return Quantity(low, high, a.unit, strict, rough)
    if sign == "/":
        if b.low <= 0 <= b.high and (b.high == 0 or b.low < 0):
            return "the divisor may be nought"
        b = replace(b, low=_inverse(b.high), high=_inverse(b.low))
    ends = [_times(x, y) for x in (a.low, a.high) for y in (b.low, b.high)]
    return Quantity(min(ends), max(ends), _product(a.unit, b.unit, sign), strict, rough)


def printed(quantity: Quantity, digits: int | None = None) -> Printed:
    """Format a quantity; with `digits`, round to so many significant digits.

    Bounds round outwards (a lower one down, an upper one up), single numbers to the nearest.
    """
    low, high = quantity.low, quantity.high
    finite = [abs(end) for end in (low, high) if isinstance(end, Fraction)]
    scale, word = next(((s, w) for s, w in _SCALES if finite and max(finite) >= s), (1, ""))

    def show(end: End, towards: int) -> str:
        assert isinstance(end, Fraction)
        scaled = end / scale
        if digits is not None:
            scaled = _rounded(scaled, digits, 0 if quantity.is_exact else towards)
        return _decimal(scaled)

    if low == high:
        text = show(low, 0)
    elif high == _INFINITY:
        text = f"{'>' if quantity.strict else '≥'} {show(low, -1)}"
    elif low in (0, -_INFINITY):
        text = f"{'<' if quantity.strict else '≤'} {show(high, 1)}"
    else:
        text = f"{show(low, -1)}–{show(high, 1)}"
    mark = "≈ " if quantity.approximate else ""
    unit = quantity.unit.written(one=low == high and abs(low) == 1)
    return Printed((mark + text).replace(" ", "\N{NO-BREAK SPACE}"), f"{word} {unit}".strip())


def says_nothing(quantity: Quantity) -> bool:
    """Whether a quantity holds every value that a count can have."""
    return quantity.low <= 0 and quantity.high == _INFINITY


def _name(quantity: Quantity) -> str:
    return quantity.unit.written() or "a plain number"


def _times(x: End, y: End) -> End:
    return Fraction(0) if x == 0 or y == 0 else x * y


def _inverse(x: End) -> End:
    if x == 0:
        return _INFINITY
    return Fraction(0) if isinstance(x, float) else 1 / x


def _product(a: Unit, b: Unit, sign: str) -> Unit:
    # Only a step on the way: a formula's result is printed in the unit that its author names.
    power = 1 if sign == "*" else -1
    dimension = dict(a.dimension)
    for name, exponent in b.dimension:
        dimension[name] = dimension.get(name, 0) + power * exponent
    kept = tuple(sorted((name, n) for name, n in dimension.items() if n))
    above, below = (b.above, b.below) if power == 1 else (b.below, b.above)
    return Unit(
        tuple(n for n in a.above + above if n.singular),
        tuple(n for n in a.below + below if n.singular),
        a.factor * b.factor**power,
        kept,
    )


def _rounded(value: Fraction, digits: int, towards: int) -> Fraction:
    if value == 0:
        return value
    exponent = math.floor(math.log10(abs(value)))
    step = Fraction(10) ** (exponent - digits + 1)
    scaled = value / step
    rounded = {-1: math.floor, 0: round, 1: math.ceil}[towards](scaled)
    return rounded * step


def _decimal(value: Fraction) -> str:
    # A typed number is a finite decimal, a computed one has been rounded: both print exactly.
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{exact.normalize():,f}"
