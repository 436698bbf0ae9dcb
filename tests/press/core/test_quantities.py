"""Quantities: the grammar of values, interval arithmetic that never claims too much, printing."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable
from fractions import Fraction

import pytest
from casebook.core.metrics import quantities, units
from casebook.core.metrics.quantities import Printed, Quantity, combine, printed
from casebook.core.problems import Kind, Problem
from hypothesis import assume, example, given
from hypothesis import strategies as st

NBSP = "\N{NO-BREAK SPACE}"
OPERATIONS: dict[str, Callable[[Fraction, Fraction], Fraction]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
}


def value(text: str) -> Quantity:
    read = quantities.parse(text)
    assert isinstance(read, Quantity), read
    return read


def unit(text: str) -> units.Unit:
    read = units.parse(text)
    assert isinstance(read, units.Unit)
    return read


def shown(quantity: Quantity, digits: int | None = None) -> str:
    return str(printed(quantity, digits)).replace(NBSP, " ")


def computed(left: str, sign: str, right: str) -> Quantity:
    result = combine(sign, value(left), value(right))
    assert isinstance(result, Quantity), result
    return result


def holds(quantity: Quantity, x: Fraction) -> bool:
    above = quantity.low < x if quantity.low_open else quantity.low <= x
    below = x < quantity.high if quantity.high_open else x <= quantity.high
    return above and below


# --- reading ---


@pytest.mark.parametrize(
    ("text", "number", "behind"),
    [
        (">= 500e6 request/day", "≥ 500", "million requests/day"),
        ("27395 request/s", "27,395", "requests/s"),
        ("2..4 s", "2–4", "s"),
        (" ~2 .. 4s ", "≈ 2–4", "s"),
        ("~ 2 year", "≈ 2", "years"),
        ("< 100 upgrade", "< 100", "upgrades"),
        ("<=3 day", "≤ 3", "days"),
        ("> 5e6 business", "> 5", "million businesses"),
        ("1.9e12 USD/year", "1.9", "trillion USD/year"),
        ("99.999 percent", "99.999", "%"),
        ("0.01 %", "0.01", "%"),
        ("1.10 s", "1.1", "s"),
        ("0.1 s", "0.1", "s"),
        ("1e-15 s", "0.000000000000001", "s"),
        ("1 request", "1", "request"),
        (">= 1 request", "≥ 1", "request"),
        ("0..1 request", "≤ 1", "request"),
        ("1..2 request", "1–2", "requests"),
        ("0 request", "0", "requests"),
        ("1e6 request", "1", "million requests"),
        ("-1 request", "-1", "request"),
        ("-5..-3 dB", "-5–-3", "dB"),
        ("-2500.5 USD", "-2,500.5", "USD"),
        ("<= -5 dB", "≤ -5", "dB"),
        ("< 0 dB", "< 0", "dB"),
        ("<= 0 dB", "≤ 0", "dB"),
        ("> 0 s", "> 0", "s"),
        ("999999.999 s", "999,999.999", "s"),
        ("500e3..2e9 s", "0.0005–2", "billion s"),
        (
            "123456789012345.123456789012345e-15 s",
            "0.123456789012345123456789012345",
            "s",
        ),
        ("123456789012345.123456789012345 s", "123.456789012345123456789012345", "trillion s"),
    ],
)
def test_read_and_printed(text: str, number: str, behind: str) -> None:
    assert printed(value(text)) == Printed(number.replace(" ", NBSP), behind)


WHAT = (
    "is no value; write an optional >=, <=, >, < or ~, a number without commas (or two with '..' "
    "between them), and a unit"
)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "s",
        "0,5 s",
        "1,000 s",
        "1_000 s",
        "9**9**9",
        "9**9 s",
        "1.2.3 s",
        "1... s",
        ".5 s",
        "5. s",
        "٥ s",
        "５ s",
        "≥ 5 s",
        "=> 5 s",
        "+5 s",
        "> = 5 s",
        "1...2 s",
        "1..x s",
        "5 s\n5 s",
        "x" * 121,
        "1234567890123456 s",
        "__import__('os')",
        "inf s",
        "nan s",
        "1.0000000000000001 s",
    ],
)
def test_no_value(text: str) -> None:
    found = quantities.parse(text)
    assert isinstance(found, Problem)
    assert found.kind is Kind.BAD_VALUE
    assert found.message.endswith(WHAT)


@pytest.mark.parametrize(
    ("text", "kind", "message"),
    [
        ("5", Kind.BAD_VALUE, "a value needs a unit"),
        ("4..2 s", Kind.BAD_VALUE, "the range '4..2 s' runs backwards"),
        (">= 2..4 s", Kind.BAD_VALUE, "a range takes no bound: '>= 2..4 s'"),
        ("5 000 s", Kind.UNKNOWN_UNIT, "unknown unit '000 s'; write numbers with a decimal point"),
        ("5e16 s", Kind.UNKNOWN_UNIT, "unknown unit 'e16 s'; a power of ten ends at e15"),
        ("5 seconds", Kind.UNKNOWN_UNIT, "unknown unit 'seconds'; did you mean 'second'?"),
        ("5 s/", Kind.UNKNOWN_UNIT, "the unit 's/' lacks a name"),
    ],
)
def test_no_value_for_another_reason(text: str, kind: Kind, message: str) -> None:
    found = quantities.parse(text)
    assert isinstance(found, Problem)
    assert (found.kind, found.message[: len(message)]) == (kind, message)


PIECES = st.sampled_from([*"0123456789.,eE+-<>=~ */_sh%x٥", "..", "request", "9**9", "\n"])


@given(st.one_of(st.text(max_size=150), st.lists(PIECES, max_size=40).map("".join)))
def test_any_text_gives_a_quantity_or_a_problem(text: str) -> None:
    found = quantities.parse(text)
    assert isinstance(found, Quantity | Problem)
    if isinstance(found, Quantity):
        assert shown(found)
        assert found.low <= found.high


def test_a_bound_is_no_single_number() -> None:
    assert [value(t).is_exact for t in ("5 s", "~5 s", ">= 5 s", "5..6 s")] == [
        True,
        True,
        False,
        False,
    ]


# --- arithmetic ---


@pytest.mark.parametrize(
    ("left", "sign", "right", "result"),
    [
        ("27395 request/s", "/", ">= 5787 request/s", "≤ 4.734"),
        ("27395 request/s", "/", "> 5787 request/s", "< 4.734"),
        ("6 s", "/", "<= 3 s", "≥ 2"),
        ("6 s", "/", "< 3 s", "> 2"),
        (">= 5 s", "+", "> 3 s", "> 8 s"),
        (">= 5 s", "+", "< 3 s", "≥ 5 s"),
        ("> 5 s", "+", "<= 3 s", "> 5 s"),
        (">= 1 min", "-", "<= 30 s", "≥ 0.5 min"),
        (">= 1 min", "-", "< 30 s", "> 0.5 min"),
        ("<= 9 s", "-", ">= 3 s", "≤ 6 s"),
        ("2..3 s", "*", "-1..2 request", "-3–6 s·requests"),
        ("> 2 s", "*", ">= 3 request", "> 6 s·requests"),
        ("< 2 s", "*", "<= 3 request", "< 6 s·requests"),
        ("~2 s", "*", "3 request", "≈ 6 s·requests"),
        ("1 s", "/", "~3..4 request", "≈ 0.25–0.3334 s/request"),
        ("1 request", "/", "2 s", "0.5 requests/s"),
        ("50 %", "*", "8 request", "400 %·requests"),
        ("-6 dB", "/", ">= 2 s", "-3–0 dB/s"),
        ("6 s", "/", "<= -3 dB", "-2–0 s/dB"),
        (">= 2 s", "*", "<= -3 dB", "≤ -6 s·dB"),
    ],
)
def test_combined(left: str, sign: str, right: str, result: str) -> None:
    made = computed(left, sign, right)
    # Dimensions that cancel are kept as names until the author's unit is known; compare without.
    assert shown(made, 4).removesuffix(" " + made.unit.written()) == result.removesuffix(
        " " + made.unit.written()
    )
    expected = math.prod([value(left).unit.factor, value(right).unit.factor])
    if sign == "*":
        assert made.unit.factor == expected


@pytest.mark.parametrize(
    ("left", "sign", "right", "message"),
    [
        ("5 request", "+", "5 s", "requests cannot be added to s"),
        ("5 request", "-", "5 s", "s cannot be subtracted from requests"),
        ("5 s", "/", "0 s", "the divisor may be nought"),
        ("5 s", "/", "-1..1 s", "the divisor may be nought"),
        ("5 s", "/", "-1..0 s", "the divisor may be nought"),
        ("5 s", "/", "<= 0 dB", "the divisor may be nought"),
    ],
)
def test_refused(left: str, sign: str, right: str, message: str) -> None:
    assert combine(sign, value(left), value(right)) == Problem(Kind.BAD_FORMULA, message)


def test_a_plain_number_has_a_name_of_its_own() -> None:
    five = quantities.number(Fraction(5))
    assert combine("+", five, value("1 s")) == Problem(
        Kind.BAD_FORMULA, "a plain number cannot be added to s"
    )
    assert combine("*", five, value("1 s")) == value("5 s")


def test_numbers_that_grow_too_long_are_refused() -> None:
    long = value("1.000000000000001e15 GB")
    result: Quantity | Problem = long
    for _ in range(60):
        if isinstance(result, Quantity):
            assert shown(result, 3)
            assert shown(result.converted(unit("kbit")), 3)
            result = combine("*", result, long)
    assert result == Problem(Kind.BAD_FORMULA, "the numbers grow too long")


def test_an_infinity_survives_fractions_beyond_floats() -> None:
    huge = Quantity(Fraction(10**400), math.inf, unit("PB"))
    for sign, low, high in (("+", 2 * huge.low, math.inf), ("-", -math.inf, math.inf)):
        made = combine(sign, huge, huge)
        assert isinstance(made, Quantity)
        assert (made.low, made.high) == (low, high)
    made = combine("*", huge, value("-2..-1 s"))
    assert isinstance(made, Quantity)
    assert (made.low, made.high) == (-math.inf, -huge.low)
    assert huge.converted(unit("bit")).high == math.inf
    assert shown(huge, 1).startswith("≥ 1")


ENDS = st.fractions(-4, 4, max_denominator=4)


@st.composite
def intervals(draw: st.DrawFn, name: str = "s") -> Quantity:
    low, high = sorted([draw(ENDS), draw(ENDS)])
    flags = draw(st.tuples(*[st.booleans()] * 4))
    return Quantity(
        -math.inf if flags[0] and flags[1] else low,
        math.inf if flags[2] and flags[3] else high,
        unit(name),
        flags[0] and low < high,
        flags[2] and low < high,
    )


@st.composite
def points(draw: st.DrawFn, inside: Quantity) -> Fraction:
    """A value that belongs to an interval; often one of its ends, or next to it."""
    low = inside.low if isinstance(inside.low, Fraction) else Fraction(-100)
    high = inside.high if isinstance(inside.high, Fraction) else Fraction(100)
    share = draw(st.sampled_from([Fraction(n, 10**6) for n in (0, 1, 333333, 999999, 10**6)]))
    at = low + (high - low) * share
    assume(holds(inside, at))
    return at


@given(intervals(), intervals(), st.sampled_from("+-*/"), st.data())
def test_the_result_holds_every_possible_value(
    a: Quantity, b: Quantity, sign: str, data: st.DataObject
) -> None:
    result = combine(sign, a, b)
    x, y = data.draw(points(a)), data.draw(points(b))
    if isinstance(result, Problem):
        assert sign == "/"
        assert b.low <= 0 <= b.high
    elif sign != "/" or y:
        exact = OPERATIONS[sign](x, y)
        assert holds(result, exact)
        # What is printed claims no more: a bound read back, with its strictness, holds it too.
        assert claims(shown(result, 2), exact)


def claims(text: str, x: Fraction) -> bool:
    """Whether a printed quantity allows a value."""
    numbers = [Fraction(n) for n in re.findall(r"(?<![\d.])-?\d+(?:\.\d+)?", text.replace(",", ""))]
    if len(numbers) == 2:
        return numbers[0] <= x <= numbers[1]
    signs = {">": operator.lt, "≥": operator.le, "<": operator.gt, "≤": operator.ge}
    if text[0] in signs:
        return bool(signs[text[0]](numbers[0], x))
    return text.startswith("-∞–∞") or abs(numbers[0] - x) <= abs(x) / 10


@given(intervals(), intervals(), st.sampled_from("+-*"))
def test_a_finite_end_is_approached(a: Quantity, b: Quantity, sign: str) -> None:
    # The result is not wider than it must be: its ends are those of some pair of ends.
    result = combine(sign, a, b)
    assert isinstance(result, Quantity)
    for end in (result.low, result.high):
        if isinstance(end, Fraction):
            near = [x for q in (a, b) for x in (q.low, q.high) if isinstance(x, Fraction)]
            made = {OPERATIONS[sign](x, y) for x in near for y in near} | {Fraction(0)}
            assert end in made


@given(intervals("GB"), st.sampled_from(["bit", "kbit", "TB", "B"]))
def test_there_and_back_again(quantity: Quantity, other: str) -> None:
    there = quantity.converted(unit(other))
    assert there.converted(quantity.unit) == quantity
    assert there.unit == unit(other)


def test_converted() -> None:
    assert (
        shown(value(">= 500e6 request/day").converted(unit("request/s")), 4) == "≥ 5,787 requests/s"
    )
    assert shown(value("< 90 min").converted(unit("h"))) == "< 1.5 h"


# --- printing ---


@given(
    st.integers(-(10**15) + 1, 10**15 - 1),
    st.integers(0, 10**15 - 1),
    st.integers(-15, 15),
    st.sampled_from(["", ">=", "<", "~"]),
)
@example(10**15 - 1, 10**15 - 1, 15, "")
@example(10**15 - 1, 10**15 - 1, -15, "")
def test_a_typed_value_is_printed_exactly(whole: int, part: int, power: int, bound: str) -> None:
    number = f"{whole}.{part:015d}e{power}"
    assume(bound != "<" or Fraction(number) > 0)
    text = shown(value(f"{bound} {number} USD"))
    found = re.fullmatch(r"(?:[≥<≈] )?(-?\d{1,3}(?:,\d{3})*(?:\.\d*[1-9])?) (?:(\w+) )?USD", text)
    assert found, text
    scale = {None: 1, "million": 10**6, "billion": 10**9, "trillion": 10**12}[found[2]]
    assert Fraction(found[1].replace(",", "")) * scale == Fraction(number)


@given(
    st.fractions(max_denominator=10**9).filter(bool), st.integers(1, 9), st.sampled_from([-1, 0, 1])
)
@example(Fraction(10**30 - 1, 10**15), 4, -1)
@example(Fraction(999_999_999, 10**9), 2, 0)
def test_rounding_keeps_its_promise(x: Fraction, digits: int, end: int) -> None:
    low: quantities.End = -math.inf if end == 1 else x
    high: quantities.End = math.inf if end == -1 else x
    text = shown(Quantity(low, high, unit("USD")), digits)
    found = re.fullmatch(r"(?:[≥≤] )?(-?[\d,.]+) (?:(\w+) )?USD", text)
    assert found, text
    scale = {None: 1, "million": 10**6, "billion": 10**9, "trillion": 10**12}[found[2]]
    got = Fraction(found[1].replace(",", "")) * scale
    assert (x - got) * end <= 0
    step = Fraction(10) ** (math.floor(math.log10(abs(x)) + 1e-9) - digits + 1)
    assert abs(x - got) <= (step if end else step / 2) * (1 + Fraction(1, 10**6))
    assert len(found[1].replace(",", "").replace(".", "").strip("-0")) <= digits


@pytest.mark.parametrize(
    ("low", "high", "digits", "text"),
    [
        (Fraction(9_999_999, 10), None, 4, "1 million requests"),
        (Fraction(10_001, 10_000), None, 3, "1 request"),
        (Fraction(1, 3), Fraction(2, 3), 2, "0.33–0.67 requests"),
        (Fraction(-1, 3), Fraction(2, 3), 2, "-0.34–0.67 requests"),
        (Fraction(0), Fraction(2, 3), 2, "≤ 0.67 requests"),
        (Fraction(0), Fraction(0), 2, "0 requests"),
        (-math.inf, math.inf, 2, "-∞–∞ requests"),
        (Fraction(1, 4), None, None, "0.25 requests"),
    ],
)
def test_printed_computed(
    low: quantities.End, high: quantities.End | None, digits: int | None, text: str
) -> None:
    top: quantities.End = low if high is None else high
    assert shown(Quantity(low, top, unit("request")), digits) == text


def test_a_number_without_a_unit_stands_alone() -> None:
    assert str(printed(quantities.number(Fraction(1000)))) == "1,000"
    assert str(Printed("5", "s")) == f"5{NBSP}s"


@pytest.mark.parametrize(
    ("left", "sign", "right", "nothing"),
    [
        (">= 5 s", "-", ">= 5 s", True),
        (">= 5 s", "*", "<= 5 s", True),
        (">= 5 s", "+", "<= 5 s", False),
        ("<= 5 s", "-", ">= 5 s", False),
    ],
)
def test_says_nothing(left: str, sign: str, right: str, nothing: bool) -> None:
    assert quantities.says_nothing(computed(left, sign, right)) is nothing
