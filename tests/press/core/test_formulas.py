"""Formulas: what is one, how it is computed, how it is printed."""

from __future__ import annotations

import pickle
from fractions import Fraction

import pytest
from casebook.core.metrics import formulas, quantities
from casebook.core.metrics.formulas import Formula, Reference
from casebook.core.metrics.quantities import Quantity
from casebook.core.problems import Kind, Problem
from hypothesis import given
from hypothesis import strategies as st

KNOWN = {
    "a": "6 s",
    "b": "> 2 s",
    "c": "3 request",
    "zero": "0..5 s",
    "both": "-1..1 s",
    "d-1": "1 s",
}


def formula(text: str) -> Formula:
    read = formulas.parse(text)
    assert isinstance(read, Formula), read
    return read


def value_of(name: str) -> Quantity:
    read = quantities.parse(KNOWN[name])
    assert isinstance(read, Quantity)
    return read


def computed(text: str) -> str:
    found = formulas.evaluate(formula(text), value_of)
    if isinstance(found, Problem):
        assert found.kind is Kind.BAD_FORMULA
        return found.message
    return str(quantities.printed(found, 4)).replace("\N{NO-BREAK SPACE}", " ")


def written(text: str) -> str:
    pieces = formula(text).pieces()
    return "".join(f"<{p.id}>" if isinstance(p, Reference) else p for p in pieces)


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("a", "6 s"),
        ("a + a * 2", "18 s"),
        ("(a + a) * 2", "24 s"),
        ("a - a - a", "-6 s"),
        ("a - (a - a)", "6 s"),
        ("a / 2 / 3", "1 s"),
        ("a/(2*3)", "1 s"),
        ("1.5e1*a", "90 s"),
        ("a\t-\na", "0 s"),
        ("c / b", "< 1.5 requests/s"),
        ("a / zero", "≥ 1.2 s/s"),
        ("((((((((((a))))))))))", "6 s"),
        ("a - d-1", "5 s"),
        ("a / both", "the divisor may be nought"),
        ("a + (a / both)", "the divisor may be nought"),
        ("(a + c) * a", "s cannot be added to requests"),
        ("a * (a + c)", "s cannot be added to requests"),
        ("a / 0", "the divisor may be nought"),
        ("1 + a", "a plain number cannot be added to s"),
    ],
)
def test_computed(text: str, result: str) -> None:
    assert computed(text) == result


def test_long_products_end() -> None:
    assert computed("*".join(["1e15"] * 59 + ["a"])) == "the numbers grow too long"


@pytest.mark.parametrize(
    ("text", "printed"),
    [
        ("a*b", "<a> × <b>"),
        ("(a+b)/2", "(<a> + <b>) ÷ 2"),
        ("a - (b)", "<a> − <b>"),
        ("((a - b))*1000", "(<a> − <b>) × 1,000"),
        ("a / 1e6", "<a> ÷ 1\N{NO-BREAK SPACE}million"),
        ("0.10 * a", "0.1 × <a>"),
    ],
)
def test_pieces(text: str, printed: str) -> None:
    assert written(text) == printed


def test_ids_come_once_in_reading_order() -> None:
    assert formula("(b-x + a2) / b-x * c").ids == ("b-x", "a2", "c")


KINDS = "a formula holds numbers, metric ids, + - * / and parentheses; "
MINUS = "a minus stands between spaces, since ids hold hyphens"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the formula '' ends too early"),
        ("a +", "the formula 'a +' ends too early"),
        ("a b", "the formula 'a b' goes wrong at 'b'"),
        ("a)", "the formula 'a)' goes wrong at ')'"),
        ("* a", "the formula '* a' goes wrong at '*'"),
        ("a - - a", "the formula 'a - - a' goes wrong at '-'"),
        ("()", "the formula '()' goes wrong at ')'"),
        ("(a", "the formula '(a' lacks a closing parenthesis"),
        ("(a b)", "the formula '(a b)' lacks a closing parenthesis"),
        ("(" * 11 + "a" + ")" * 11, "the formula '(((((((((((a)))))))))))' has more than 10"),
        ("(" * 300, "the formula '((((((((((((((((((((((((((((((((((((((((((((((((((((((((((("),
        ("a" * 301, "the formula is longer than 300 characters"),
        ("2 * 3", "a formula names at least one metric"),
        ("9**9**9", "the formula '9**9**9' goes wrong at '*'"),
        ("__import__('os')", KINDS + "\"__import__('os')\" is none of them"),
        ("a.b", KINDS + "'a.b' is none of them"),
        ("a_b", KINDS + "'a_b' is none of them"),
        ("A + 1", KINDS + "'A + 1' is none of them"),
        ("2a", KINDS + "'2a' is none of them"),
        ("1,000 * a", KINDS + "',000 * a' is none of them"),
        ("1_000 * a", KINDS + "'1_000 * a' is none of them"),
        ("1e16 * a", KINDS + "'1e16 * a' is none of them"),
        ("1.5.2 * a", KINDS + "'1.5.2 * a' is none of them"),
        ("٣ * a", KINDS + "'٣ * a' is none of them"),
        ("３ * a", KINDS + "'３ * a' is none of them"),
        ("2٣ * a", KINDS + "'2٣ * a' is none of them"),
        ("a² * a", KINDS + "'a² * a' is none of them"),
        ("a × b", KINDS + "'× b' is none of them"),
        ("a -b", MINUS),
        ("a- b", MINUS),
        ("-a", MINUS),
        ("a -", MINUS),
        ("a--b", MINUS),
    ],
)
def test_no_formula(text: str, message: str) -> None:
    read = formulas.parse(text)
    assert isinstance(read, Problem)
    assert (read.kind, read.message[: len(message)]) == (Kind.BAD_FORMULA, message)


PIECES = st.sampled_from(["a", "b-1", "2", "1e9", " ", " - ", *"+-*/().,^%'٣²_A\n", "**", "(("])


@given(st.one_of(st.text(max_size=320), st.lists(PIECES, max_size=150).map("".join)))
def test_any_text_gives_a_formula_or_a_sentence(text: str) -> None:
    read = formulas.parse(text)
    assert isinstance(read, Formula | Problem)
    if isinstance(read, Formula):
        assert read.ids
        assert read.pieces()


@st.composite
def terms(draw: st.DrawFn) -> str:
    atoms = st.sampled_from(["a", "b", "zero", "2", "0.5", "1e3"])
    grown = st.recursive(
        atoms,
        lambda inner: st.tuples(inner, st.sampled_from("+-*/"), inner).map(
            lambda t: f"({t[0]} {t[1]} {t[2]})"
        ),
        max_leaves=6,
    )
    return f"{draw(grown)} + a"


@given(terms())
def test_what_is_printed_reads_as_the_same_formula(text: str) -> None:
    plain = "".join(p.id if isinstance(p, Reference) else p for p in formula(text).pieces())
    for sign, typed in (("×", "*"), ("÷", "/"), ("−", "-"), (",", "")):
        plain = plain.replace(sign, typed)
    assert formula(plain).pieces() == formula(text).pieces()
    assert computed(plain) == computed(text)


@given(terms())
def test_python_agrees_on_numbers(text: str) -> None:
    numbers = {"a": Fraction(6), "b": Fraction(7, 2), "zero": Fraction(5, 3)}
    plain = {n: quantities.number(v) for n, v in numbers.items()}
    found = formulas.evaluate(formula(text), plain.__getitem__)
    for name in ("2", "0.5", "1e3"):
        numbers[name] = Fraction(name)
    tokens = text.replace("(", " ( ").replace(")", " ) ").split()
    source = " ".join(f"N[{t!r}]" if t in numbers else t for t in tokens)
    try:
        exact = eval(source, {"N": numbers})
    except ZeroDivisionError:
        assert found == "the divisor may be nought"
    else:
        assert isinstance(found, Quantity)
        assert (found.low, found.high) == (exact, exact)


@pytest.mark.parametrize("text", ["*".join("a" * 150), "/".join("a" * 150), "a - " * 74 + "a"])
def test_the_longest_chains_are_no_recursion_too_deep(text: str) -> None:
    read = formula(text)
    assert isinstance(formulas.evaluate(read, value_of), Quantity)
    assert len(read.pieces()) == 2 * text.count("a") - 1
    assert pickle.loads(pickle.dumps(read)) == read
    assert hash(read) == hash(formula(text))
    assert repr(read) == repr(formula(text))
