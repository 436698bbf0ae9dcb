"""What linters say about tangled files, said about the pages."""

from __future__ import annotations

import pytest
from casebook.core.literate.messages import Origins, hunks, mapped
from hypothesis import given
from hypothesis import strategies as st

ORIGINS: Origins = {
    "pack/mod.py": {"page": "source/page.md", "lines": [(40, 0), (12, 4), (13, 4), (12, 8)]},
    "pack/a b.py": {"page": "source/b.md", "lines": [(7, 0)]},
}


@pytest.mark.parametrize(
    ("said", "meant"),
    [
        # ruff
        (
            "pack/mod.py:1:8: F401 [*] `os` imported but unused",
            "source/page.md:40:8: F401 [*] `os` imported but unused",
        ),
        (
            "pack/mod.py:3:9: F811 Redefinition of unused `f` from line 1: `f` redefined here",
            "source/page.md:13:5: F811 Redefinition of unused `f` from line 40: `f` redefined here",
        ),
        (
            "pack/mod.py:2:5: invalid-syntax: Expected an expression",
            "source/page.md:12:1: invalid-syntax: Expected an expression",
        ),
        # mypy
        (
            'pack/mod.py:4:17: error: Name "f" already defined on line 2  [no-redef]',
            'source/page.md:12:9: error: Name "f" already defined on line 12  [no-redef]',
        ),
        (
            "pack/mod.py:2: note: Use line 1, timeline 3, or on line 3 and on line 1",
            "source/page.md:12: note: Use line 1, timeline 3, or on line 13 and on line 40",
        ),
        ("pack/a b.py:1: error: no", "source/b.md:7: error: no"),
        # A column before the code is the first one; a line outside of the file the nearest.
        ("pack/mod.py:4:3: E1 no", "source/page.md:12:1: E1 no"),
        ("pack/mod.py:0:1: E1 no", "source/page.md:40:1: E1 no"),
        ("pack/mod.py:99:1: E1 on line 99", "source/page.md:12:1: E1 on line 12"),
        # A place within the words is of another file, or is none.
        ("pack/mod.py:1: see pack/mod.py:2: no", "source/page.md:40: see pack/mod.py:2: no"),
    ],
)
def test_a_message_names_the_page(said: str, meant: str) -> None:
    assert mapped(said, ORIGINS) == meant


@pytest.mark.parametrize(
    "said",
    [
        "",
        "Found 6 errors.",
        "pack/other.py:1:1: E1 already on line 1",
        "  pack/mod.py:1:1: E1 no",
        "other/pack/mod.py:1:1: E1 no",
        "C:pack/mod.py:1:1: E1 no",
        "pack/mod.py: error: on line 1",
        "pack/mod.py:1",
        "pack/mod.py:1 no",
        "pack/mod.pyi:1: no",
        "error in pack/mod.py:1: no",
    ],
)
def test_what_names_no_line_of_a_tangled_file_stays(said: str) -> None:
    assert mapped(said, ORIGINS) == said


def test_each_line_of_a_report_by_itself() -> None:
    said = "pack/mod.py:1:1: E1 one\n\nwords on line 2\npack/mod.py:2:5: E2 two\n"
    meant = "source/page.md:40:1: E1 one\n\nwords on line 2\nsource/page.md:12:1: E2 two\n"
    assert mapped(said, ORIGINS) == meant


@given(st.text(max_size=60))
def test_other_text_stays_as_it_is(text: str) -> None:
    assert mapped(text, ORIGINS) == text


@given(st.integers(1, 4), st.integers(1, 200), st.text(st.characters(categories=["L"])))
def test_any_place_of_a_file_has_a_place_in_the_page(line: int, column: int, text: str) -> None:
    at, indent = ORIGINS["pack/mod.py"]["lines"][line - 1]
    said = f"pack/mod.py:{line}:{column}: {text}"
    assert mapped(said, ORIGINS) == f"source/page.md:{at}:{max(1, column - indent)}: {text}"


def test_the_hunks_of_a_diff_name_the_page() -> None:
    diff = (
        "--- pack/mod.py\n+++ pack/mod.py\n@@ -2,3 +1,4 @@ def f():\n x\n-@@ -1 +1 @@\n+y\n"
        "@@ -1 +1 @@\n-a\n+b\n@@ -0,0 +1 @@\n+c\n@@ -9,2 +9 @@\n d\n"
    )
    words = "would be formatted otherwise"
    assert hunks(diff, "pack/mod.py", ORIGINS) == (
        f"--- pack/mod.py\n+++ pack/mod.py\nsource/page.md:13: {words}\n x\n-@@ -1 +1 @@\n+y\n"
        f"source/page.md:40: {words}\n-a\n+b\nsource/page.md:40: {words}\n+c\n"
        f"source/page.md:12: {words}\n d\n"
    )
    assert hunks("", "pack/mod.py", ORIGINS) == ""
