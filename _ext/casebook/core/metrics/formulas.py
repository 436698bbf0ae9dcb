"""Formulas: numbers, metric ids, + - * / and parentheses, and nothing else.

An id holds hyphens, so a minus stands between spaces: `a-b` is one id, `a - b` a difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

from casebook.core.metrics import quantities
from casebook.core.metrics.quantities import Quantity
from casebook.core.problems import Kind, Problem, shortened
from casebook.core.text import names

_TOKEN = re.compile(
    rf"\s*(?:(?P<number>{quantities.NUMBER})(?![\w.])"
    rf"|(?P<id>{names.PATTERN})(?![\w.])"
    r"|(?P<minus>(?<=\s)-(?=\s))"
    r"|(?P<sign>[+*/()]))"
)
_MAX_LENGTH = 300
_MAX_DEPTH = 10
_SIGNS = {"+": "+", "-": "−", "*": "×", "/": "÷"}


@dataclass(frozen=True, slots=True)
class TypedNumber:
    """A number as it was typed."""

    text: str


@dataclass(frozen=True, slots=True)
class Reference:
    """The id of a metric."""

    id: str


@dataclass(frozen=True, slots=True)
class Operation:
    """Two terms and a sign; `grouped` when the author put parentheses around it."""

    sign: str
    left: Term
    right: Term
    grouped: bool = False


Term = TypedNumber | Reference | Operation


@dataclass(frozen=True, slots=True)
class Formula:
    """A formula that could be read."""

    term: Term

    @property
    def ids(self) -> tuple[str, ...]:
        """The metrics that it uses, each once, in reading order."""
        return tuple(dict.fromkeys(p.id for p in self.pieces() if isinstance(p, Reference)))

    def pieces(self) -> list[str | Reference]:
        """Return what a page prints: words and signs, and references to be made links."""
        return _pieces(self.term)


def parse(text: str) -> Formula | Problem:
    """Read a formula, or say why it is none."""
    if len(text) > _MAX_LENGTH:
        return _bad(f"the formula is longer than {_MAX_LENGTH} characters")
    try:
        reader = _Reader(_tokens(text))
        term = reader.sum(0)
        reader.end()
    except _Unknown as error:
        return _bad(str(error))
    except _Unreadable as error:
        return _bad(f"the formula {shortened(text)} {error}")
    formula = Formula(term)
    return formula if formula.ids else _bad("a formula names at least one metric")


def evaluate(formula: Formula, value_of: Callable[[str], Quantity]) -> Quantity | Problem:
    """Compute a formula, or say why its parts do not fit."""
    return _evaluate(formula.term, value_of)


def _bad(message: str) -> Problem:
    return Problem(Kind.BAD_FORMULA, message)


class _Unreadable(Exception):
    """Something is wrong with the order of the tokens."""


class _Unknown(Exception):
    """Something is no token."""


def _tokens(text: str) -> list[str]:
    tokens: list[str] = []
    text, at = text.rstrip(), 0
    while at < len(text):
        match = _TOKEN.match(text, at)
        if not match:
            rest = text[at:].lstrip()
            if rest.startswith("-"):
                raise _Unknown("a minus stands between spaces, since ids hold hyphens")
            raise _Unknown(
                f"a formula holds numbers, metric ids, + - * / and parentheses; "
                f"{shortened(rest, 24)} is none of them"
            )
        tokens.append(match[match.lastgroup or 0])
        at = match.end()
    return tokens


class _Reader:
    """A recursive descent over the tokens; parentheses are limited, so the stack is too."""

    def __init__(self, tokens: list[str]) -> None:
        self._tokens = [*tokens, ""]
        self._at = 0

    def sum(self, depth: int) -> Term:
        return self._chain("+-", lambda: self._product(depth))

    def end(self) -> None:
        if self._tokens[self._at]:
            raise _Unreadable(f"goes wrong at '{self._tokens[self._at]}'")

    def _product(self, depth: int) -> Term:
        return self._chain("*/", lambda: self._atom(depth))

    def _chain(self, signs: str, part: Callable[[], Term]) -> Term:
        term = part()
        while (sign := self._tokens[self._at]) and sign in signs:
            self._at += 1
            term = Operation(sign, term, part())
        return term

    def _atom(self, depth: int) -> Term:
        token = self._tokens[self._at]
        self._at += 1
        if token == "(":
            if depth == _MAX_DEPTH:
                raise _Unreadable(f"has more than {_MAX_DEPTH} parentheses in one another")
            term = self.sum(depth + 1)
            if self._tokens[self._at] != ")":
                raise _Unreadable("lacks a closing parenthesis")
            self._at += 1
            if isinstance(term, Operation):
                term = Operation(term.sign, term.left, term.right, grouped=True)
            return term
        if not token:
            raise _Unreadable("ends too early")
        if token in "+-*/)":
            raise _Unreadable(f"goes wrong at '{token}'")
        return TypedNumber(token) if token[0].isdigit() else Reference(token)


def _evaluate(term: Term, value_of: Callable[[str], Quantity]) -> Quantity | Problem:
    if isinstance(term, TypedNumber):
        return quantities.number(Fraction(term.text))
    if isinstance(term, Reference):
        return value_of(term.id)
    left = _evaluate(term.left, value_of)
    right = _evaluate(term.right, value_of)
    if isinstance(left, Problem):
        return left
    if isinstance(right, Problem):
        return right
    return quantities.combine(term.sign, left, right)


def _pieces(term: Term) -> list[str | Reference]:
    if isinstance(term, Reference):
        return [term]
    if isinstance(term, TypedNumber):
        return [str(quantities.printed(quantities.number(Fraction(term.text))))]
    inner = [*_pieces(term.left), f" {_SIGNS[term.sign]} ", *_pieces(term.right)]
    return ["(", *inner, ")"] if term.grouped else inner
