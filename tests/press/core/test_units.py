"""Units: the table, exact factors, dimensions, how they are written."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest
from casebook.core.metrics import units
from casebook.core.metrics.units import DIMENSIONLESS, Unit
from casebook.core.problems import Kind, Problem
from hypothesis import given
from hypothesis import strategies as st


def unit(text: str) -> Unit:
    read = units.parse(text)
    assert isinstance(read, Unit), read
    return read


@pytest.mark.parametrize(
    ("text", "factor", "dimension"),
    [
        ("s", Fraction(1), {"second": 1}),
        ("ns", Fraction(1, 10**9), {"second": 1}),
        ("µs", Fraction(1, 10**6), {"second": 1}),
        ("ms", Fraction(1, 1000), {"second": 1}),
        ("min", Fraction(60), {"second": 1}),
        ("h", Fraction(3600), {"second": 1}),
        ("year", Fraction(365 * 86400), {"second": 1}),
        ("week", Fraction(7 * 86400), {"second": 1}),
        ("percent", Fraction(1, 100), {}),
        ("×", Fraction(1), {}),
        ("B", Fraction(8), {"bit": 1}),
        ("kbit", Fraction(1000), {"bit": 1}),
        ("PB", Fraction(8 * 10**15), {"bit": 1}),
        ("kHz", Fraction(1000), {"second": -1}),
        ("request/day", Fraction(1, 86400), {"request": 1, "second": -1}),
        ("GB * request / s", Fraction(8 * 10**9), {"bit": 1, "request": 1, "second": -1}),
        ("request/s*s", Fraction(1), {"request": 1}),
        ("s*bit", Fraction(1), {"bit": 1, "second": 1}),
        ("pull-request", Fraction(1), {"pull-request": 1}),
        ("s/s", Fraction(1), {}),
    ],
)
def test_factor_and_dimension(text: str, factor: Fraction, dimension: dict[str, int]) -> None:
    read = unit(text)
    assert (read.factor, read.dimension) == (factor, tuple(dimension.items()))
    assert type(read.factor) is Fraction


@pytest.mark.parametrize("name", sorted(units.names()))
def test_every_name_has_an_exact_measure(name: str) -> None:
    read = unit(name)
    assert type(read.factor) is Fraction
    assert read.factor > 0
    assert read.written()
    assert list(read.dimension) == sorted(read.dimension)


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ('[minute]\nis = "60 * secnd"', "'secnd' is no number and no unit above it"),
        ('[minute]\nis = "60 second"', "'60 second' is no number and no unit above it"),
        ('[minute]\nis = "60 * minute"', "'minute' is no number and no unit above it"),
        ('[minute]\nis = "60 * second"\n[second]', "'second' is no number and no unit above it"),
        ('[minute]\nis = ""', "'' is no number and no unit above it"),
        ('[second]\nsymbol = "s"\n[shard]\nsymbol = "s"', "'s' is defined twice"),
        ('[s]\n[second]\nsymbol = "s"', "'s' is defined twice"),
        (
            '[minute]\nsymbol = "min"\n[inch]\nsymbol = "in"\nsi = ["k", "m"]',
            "'min' is defined twice",
        ),
        ('[bit]\nsi = ["k", "k"]', "'kbit' is defined twice"),
    ],
)
def test_a_mistake_in_the_table_is_found_when_it_is_read(table: str, message: str) -> None:
    with pytest.raises(ValueError, match=re.escape(f"units.toml: {message}") + "$"):
        units.read(table)


def test_each_thing_that_is_counted_is_a_dimension_of_its_own() -> None:
    named = units.names().items()
    counted = {name: unit(key).dimension for key, name in named if unit(key).factor == 1}
    bases = {name: d for name, d in counted.items() if len(d) == 1}
    assert len(bases) > 60
    assert len(set(bases.values())) == len(bases)


@pytest.mark.parametrize(
    ("text", "plural", "singular"),
    [
        ("request", "requests", "request"),
        ("person", "people", "person"),
        ("pull-request", "pull requests", "pull-request"),
        ("second", "s", "s"),
        ("kbit", "kbit", "kbit"),
        ("bit", "bits", "bit"),
        ("USD/year", "USD/year", "USD/year"),
        ("request/day", "requests/day", "request/day"),
        ("GB*request/user/s", "GB·requests/user/s", "GB·request/user/s"),
    ],
)
def test_written(text: str, plural: str, singular: str) -> None:
    assert unit(text).written() == plural
    assert unit(text).written(one=True) == singular


def test_no_unit_is_written_as_nothing_and_only_a_divisor_under_one() -> None:
    assert DIMENSIONLESS.written() == ""
    assert Unit((), unit("s").above, Fraction(1), (("second", -1),)).written() == "1/s"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("requst", "unknown unit 'requst'; did you mean 'request' or 'pull-request' or 'test'?"),
        ("zzz", "unknown unit 'zzz'; the units are listed in core/metrics/units.toml"),
        (
            "000 zzz",
            "unknown unit '000 zzz'; write numbers with a decimal point and without commas",
        ),
        (",5 s", "unknown unit ',5 s'; write numbers with a decimal point and without commas"),
        ("e16 s", "unknown unit 'e16 s'; a power of ten ends at e15"),
        ("", "the unit '' lacks a name; write names with * or / between them"),
        ("s/", "the unit 's/' lacks a name"),
        ("s**2", "the unit 's**2' lacks a name"),
        ("s*s*s*s*s", "the unit 's*s*s*s*s' has more than 4 factors"),
    ],
)
def test_no_unit(text: str, message: str) -> None:
    found = units.parse(text)
    assert isinstance(found, Problem)
    assert (found.kind, found.message[: len(message)]) == (Kind.UNKNOWN_UNIT, message)


@given(st.text(max_size=60))
def test_any_text_gives_a_unit_or_a_sentence(text: str) -> None:
    assert isinstance(units.parse(text), Unit | Problem)


@given(st.lists(st.sampled_from(sorted(units.names())), min_size=1, max_size=4), st.data())
def test_a_product_measures_what_its_factors_do(some: list[str], data: st.DataObject) -> None:
    signs = [data.draw(st.sampled_from("*/")) for _ in some[1:]]
    factor = unit(some[0]).factor
    for sign, name in zip(signs, some[1:], strict=True):
        factor = factor * unit(name).factor if sign == "*" else factor / unit(name).factor
    text = some[0] + "".join(s + n for s, n in zip(signs, some[1:], strict=True))
    assert unit(text).factor == factor
