"""The words for what no source says, as authors write them and as readers see them."""

from __future__ import annotations

import pytest
from casebook.core.findings.basis import Basis, parse
from casebook.core.problems import Kind, Problem


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("reconstruction", "reconstruction"),
        ("inferred", "inferred"),
        ("not-public", "not public"),
    ],
)
def test_a_word(written: str, read: str) -> None:
    found = parse(written)
    assert isinstance(found, Basis)
    assert found.words == read


@pytest.mark.parametrize(
    ("written", "hint"),
    [
        ("reconstructed", "; did you mean 'reconstruction'?"),
        ("not public", "; did you mean 'not-public'?"),
        ("", "; the words are reconstruction, inferred, not-public"),
    ],
)
def test_another_word(written: str, hint: str) -> None:
    message = f"no paragraph rests on {written!r}{hint}"
    assert parse(written) == Problem(Kind.BAD_EVIDENCE, message)
