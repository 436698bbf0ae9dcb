"""Kinds of problem, near names, and quoted author text."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from casebook.core import problems
from casebook.core.problems import Kind, Problem, shortened, suggestion
from hypothesis import given
from hypothesis import strategies as st


def test_kinds_are_unique_words() -> None:
    values = [kind.value for kind in Kind]
    assert len(values) == len(set(values)) == len(Kind.__members__)
    assert all(re.fullmatch(r"[a-z]+(-[a-z]+)*", value) for value in values)


def test_every_kind_has_a_sentence() -> None:
    tree = ast.parse(Path(problems.__file__).read_text(encoding="utf-8"))
    body = next(n.body for n in tree.body if isinstance(n, ast.ClassDef) and n.name == "Kind")
    for kind, sentence in zip(body[1::2], body[2::2], strict=True):
        assert isinstance(kind, ast.Assign)
        assert isinstance(sentence, ast.Expr)
        assert isinstance(sentence.value, ast.Constant)
        assert str(sentence.value.value).endswith(".")


def test_a_problem_is_at_the_first_line_unless_told() -> None:
    assert Problem(Kind.BAD_ID, "no").line == 1


@pytest.mark.parametrize(
    ("name", "valid", "hint"),
    [
        ("idempotancy", ["idempotency", "outbox"], "; did you mean 'idempotency'?"),
        ("bit", ["bits", "bite"], "; did you mean 'bits' or 'bite'?"),
        ("zebra", ["idempotency", "outbox"], ""),
        ("zebra", [], ""),
    ],
)
def test_suggestion(name: str, valid: list[str], hint: str) -> None:
    assert suggestion(name, valid) == suggestion(name, valid[::-1]) == hint


def test_at_most_three_names_are_near() -> None:
    assert suggestion("word", ["word1", "word2", "word3", "word4"]).count("word") == 3


@given(st.text(max_size=200), st.integers(1, 80))
def test_quoted_text_is_one_short_line(text: str, limit: int) -> None:
    quoted = ast.literal_eval(shortened(text, limit))
    assert len(quoted) <= limit
    assert "\n" not in shortened(text, limit)
    whole = " ".join(text.split())
    assert quoted == whole or (quoted.endswith("…") and whole.startswith(quoted[:-1]))
