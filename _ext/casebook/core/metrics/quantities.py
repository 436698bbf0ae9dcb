"""Quantities: a number or an interval, with a unit.

A published number is often a bound ("more than 250 million") or a rough one.  So a quantity is an
interval, each end of which may be left out; arithmetic on quantities is interval arithmetic, and a
bound stays a bound: 27,395 divided by at least 5,787 is at most 4.74.  Numbers are exact
fractions; only printing rounds, and a bound is rounded outwards, so that what is printed stays
true.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from fractions import Fraction

from casebook.core.metrics import units
from casebook.core.metrics.units import Unit
from casebook.core.problems import Kind, Problem, shortened

End = Fraction | float
"""An end of an interval; a float is always an infinity."""

_INFINITY = math.inf
NUMBER = r"[0-9]{1,15}(?:\.[0-9]{1,15})?(?:[eE][+-]?(?:1[0-5]|[0-9]))?"
"""How an author writes a number, without its sign."""
_VALUE = re.compile(
    rf"\s*(>=|<=|>|<|~)?\s*(-?{NUMBER})(?:\s*\.\.\s*(-?{NUMBER}))?(?![\d.,_*])\s*(.*)"
)
_SCALES = ((10**12, "trillion"), (10**9, "billion"), (10**6, "million"))
_MAX_LENGTH = 120
_MAX_BITS = 1500  # of a numerator: far below what Python refuses to print


@dataclass(frozen=True, slots=True)
class Quantity:
    """All values from `low` to `high`, in `unit`; an end that is `open` does not belong to it."""

    low: End
    high: End
    unit: Unit
    low_open: bool = False
    high_open: bool = False
    approximate: bool = False

    @property
    def is_exact(self) -> bool:
        """Tell whether this is a single number."""
        return self.low == self.high

    def converted(self, unit: Unit) -> Quantity:
        """Return the same quantity in another unit of its dimension."""
        ratio = self.unit.factor / unit.factor
        return replace(self, low=_times(self.low, ratio), high=_times(self.high, ratio), unit=unit)


@dataclass(frozen=True, slots=True)
class Printed:
    """A quantity as it is printed: "≥ 500" and "million requests/day"."""

    number: str
    unit: str

    def __str__(self) -> str:
        return f"{self.number}\N{NO-BREAK SPACE}{self.unit}" if self.unit else self.number


def parse(text: str) -> Quantity | Problem:
    """Read `>= 500e6 request/day`, `27395 request/s` or `2..4 s`, or say why it is no value."""
    match = _VALUE.fullmatch(text) if len(text) <= _MAX_LENGTH else None
    if not match:
        return Problem(
            Kind.BAD_VALUE,
            f"{shortened(text)} is no value; write an optional >=, <=, >, < or ~, a number without "
            "commas (or two with '..' between them), and a unit",
        )
    bound, first, last, unit_text = match.groups()
    if not unit_text:
        return Problem(Kind.BAD_VALUE, "a value needs a unit")
    unit = units.parse(unit_text)
    if isinstance(unit, Problem):
        return unit
    low, high = Fraction(first), Fraction(last or first)
    if low > high:
        return Problem(Kind.BAD_VALUE, f"the range {shortened(text)} runs backwards")
    if last and bound and bound != "~":
        return Problem(Kind.BAD_VALUE, f"a range takes no bound: {shortened(text)}")
    if bound in (">", ">="):
        return Quantity(low, _INFINITY, unit, low_open=bound == ">")
    if bound in ("<", "<="):
        # What the book counts is never negative, so "at most 5" starts at nought.
        start = Fraction(0) if high > 0 else -_INFINITY
        return Quantity(start, high, unit, high_open=bound == "<")
    return Quantity(low, high, unit, approximate=bound == "~")


def number(value: Fraction) -> Quantity:
    """Return a plain number, as a formula may hold one."""
    return Quantity(value, value, units.DIMENSIONLESS)


def combine(sign: str, a: Quantity, b: Quantity) -> Quantity | Problem:
    """Add, subtract, multiply or divide, or say why that has no sense."""
    if sign in "+-":
        if a.unit.dimension != b.unit.dimension:
            verb = "added to" if sign == "+" else "subtracted from"
            one, two = (a, b) if sign == "+" else (b, a)
            return _senseless(f"{_name(one)} cannot be {verb} {_name(two)}")
        result = _sum(a, b.converted(a.unit) if sign == "+" else _negative(b.converted(a.unit)))
    elif sign == "*":
        result = _multiple(a, b, a.unit.times(b.unit))
    elif b.low < 0 <= b.high or b.high == 0:
        return _senseless("the divisor may be nought")
    else:
        # A divisor's end at nought is left out: nothing is divided by nought.
        result = _multiple(a, _reciprocal(b), a.unit.times(b.unit, -1))
    return _senseless("the numbers grow too long") if _is_long(result) else result


def _senseless(message: str) -> Problem:
    return Problem(Kind.BAD_FORMULA, message)


def printed(quantity: Quantity, digits: int | None = None) -> Printed:
    """Format a quantity; with `digits`, round to so many significant digits.

    Bounds round outwards (a lower one down, an upper one up), single numbers to the nearest.
    """
    low, high = quantity.low, quantity.high
    if digits is not None:
        exact = quantity.is_exact
        low = _rounded(low, digits, round if exact else math.floor)
        high = _rounded(high, digits, round if exact else math.ceil)
    finite = [abs(end) for end in (low, high) if isinstance(end, Fraction)]
    scale, word = next(((s, w) for s, w in _SCALES if max(finite, default=0) >= s), (1, ""))
    first, last = _shown(low, scale), _shown(high, scale)
    if low == high:
        text, single = first, low
    elif high == _INFINITY and low != -_INFINITY:
        text, single = f"{'>' if quantity.low_open else '≥'} {first}", low
    elif low in (0, -_INFINITY) and high != _INFINITY:
        text, single = f"{'<' if quantity.high_open else '≤'} {last}", high
    else:
        text, single = f"{first}–{last}", _INFINITY
    mark = "≈ " if quantity.approximate else ""
    unit = quantity.unit.written(one=abs(single) == 1)
    return Printed((mark + text).replace(" ", "\N{NO-BREAK SPACE}"), f"{word} {unit}".strip())


def says_nothing(quantity: Quantity) -> bool:
    """Tell whether a quantity holds every value that a count can have."""
    return quantity.low <= 0 and quantity.high == _INFINITY


def _name(quantity: Quantity) -> str:
    return quantity.unit.written() or "a plain number"


# An infinity meets no fraction in float arithmetic, for which the fraction may be too long.


def _times(x: End, y: End) -> End:
    if x == 0 or y == 0:
        return Fraction(0)
    if isinstance(x, Fraction) and isinstance(y, Fraction):
        return x * y
    return _INFINITY if (x > 0) == (y > 0) else -_INFINITY


def _plus(x: End, y: End) -> End:
    if isinstance(x, Fraction) and isinstance(y, Fraction):
        return x + y
    return y if isinstance(x, Fraction) else x


def _sum(a: Quantity, b: Quantity) -> Quantity:
    return Quantity(
        _plus(a.low, b.low),
        _plus(a.high, b.high),
        a.unit,
        a.low_open or b.low_open,
        a.high_open or b.high_open,
        a.approximate or b.approximate,
    )


def _negative(a: Quantity) -> Quantity:
    return replace(a, low=-a.high, high=-a.low, low_open=a.high_open, high_open=a.low_open)


def _multiple(a: Quantity, b: Quantity, unit: Unit) -> Quantity:
    """Multiply; an end is open when no two values that belong to `a` and `b` reach it."""
    ends: dict[End, bool] = {}
    for x, x_open in ((a.low, a.low_open), (a.high, a.high_open)):
        for y, y_open in ((b.low, b.low_open), (b.high, b.high_open)):
            reached = not (x_open or y_open) or (x == 0 and not x_open) or (y == 0 and not y_open)
            end = _times(x, y)
            ends[end] = ends.get(end, True) and not reached
    low, high = min(ends), max(ends)
    return Quantity(low, high, unit, ends[low], ends[high], a.approximate or b.approximate)


def _reciprocal(b: Quantity) -> Quantity:
    """Divide one by `b`, which holds no negative and positive values at once."""
    low, high = _inverse(b.high), _inverse(b.low)
    # Nought is the reciprocal of an infinity, which is never reached.
    return replace(
        b, low=low, high=high, low_open=low == 0 or b.high_open, high_open=high == 0 or b.low_open
    )


def _inverse(x: End) -> End:
    if x == 0:
        return _INFINITY
    return 1 / x if isinstance(x, Fraction) else Fraction(0)


def _is_long(quantity: Quantity) -> bool:
    numbers = [quantity.low, quantity.high, quantity.unit.factor]
    finite = [n for n in numbers if isinstance(n, Fraction)]
    return any(
        max(n.numerator.bit_length(), n.denominator.bit_length()) > _MAX_BITS for n in finite
    )


def _rounded(end: End, digits: int, way: Callable[[Fraction], int]) -> End:
    if end == 0 or not isinstance(end, Fraction):
        return end
    exponent = len(str(abs(end.numerator))) - len(str(end.denominator))
    if abs(end) < Fraction(10) ** exponent:
        exponent -= 1
    step = Fraction(10) ** (exponent - digits + 1)
    return way(end / step) * step


def _shown(end: End, scale: int) -> str:
    # Typed numbers are finite decimals, computed ones have been rounded: both print exactly.
    if not isinstance(end, Fraction):
        return "∞" if end > 0 else "-∞"
    value = end / scale
    places = value.denominator.bit_length()
    whole, rest = divmod(round(abs(value) * 10**places), 10**places)
    after = f"{rest:0{places}d}".rstrip("0")
    return f"{'-' if value < 0 else ''}{whole:,}{'.' if after else ''}{after}"
