"""What make runs on the code of the pages: linters, and the store of tests by chunk."""

from __future__ import annotations

from pathlib import Path

import chunktests
import pytest
from casebook.core.literate.runs import stored_text
from coverage import CoverageData
from harness import write
from lintcode import fix, lint

PAGE = '''# Page

```{chunk}
:name: body
:caption: Printed before its user, and spliced into a function

total = a+b
print(undefined)
```

```{chunk} mini/core.py
:name: add
:caption: The user

"""Adds."""


def add(a: int, b: int) -> int:
    """Add."""
    <<body>>
    return str(total)
```

```{chunk} mini/core.py
:name: rest
:caption: A class that goes on

class A:
    x = 1
```

```{chunk} mini/core.py
:name: method
:caption: Its method

    def f(self) -> int:
        return  self.y
```
'''


def line_of(words: str) -> int:
    (line,) = [n for n, text in enumerate(PAGE.splitlines(), 1) if words in text]
    return line


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("book")
    write(root, {"index.md": "# Book\n\n```{toctree}\npage\n```\n", "page.md": PAGE})
    return root


def test_every_message_of_a_linter_names_the_page_and_its_line(book: Path) -> None:
    ruff, mypy, style = lint(book)
    place = "source/page.md:{}:{}"
    assert ruff == place.format(line_of("undefined"), "7: F821 Undefined name `undefined`")
    assert mypy.splitlines() == [
        place.format(line_of("undefined"), '7: error: Name "undefined" is not defined  '
                     "[name-defined]"),
        place.format(line_of("str(total)"), "12: error: Incompatible return value type "
                     '(got "str", expected "int")  [return-value]'),
        place.format(line_of("self.y"), "9: error: Returning Any from function declared to "
                     'return "int"  [no-any-return]'),
        place.format(line_of("self.y"), '17: error: "A" has no attribute "y"  [attr-defined]'),
    ]  # fmt: skip
    heads = [line for line in style.splitlines() if line.startswith("source/")]
    assert heads == [
        f"source/page.md:{line_of(words)}: would be formatted otherwise"
        for words in ("a+b", "return  self.y")
    ]


def test_clean_code_and_no_code_are_not_spoken_of(tmp_path: Path) -> None:
    clean = PAGE.replace("a+b", "a + b").replace("print(undefined)\n", "")
    clean = clean.replace("str(total)", "total").replace(" self.y", "self.x")
    write(tmp_path, {"index.md": "# Book\n\n```{toctree}\npage\n```\n", "page.md": clean})
    assert lint(tmp_path) == []
    assert fix(tmp_path) == []
    write(tmp_path, {"page.md": "# Page\n"})
    assert lint(tmp_path) == []
    assert fix(tmp_path) == []


def test_code_is_formatted_in_the_page(tmp_path: Path) -> None:
    """Spliced or not; only what would change the space between two chunks is left to people."""
    write(tmp_path, {"index.md": "# Book\n\n```{toctree}\npage\n```\n", "page.md": PAGE})
    assert fix(tmp_path) == ["source/page.md"]
    page = (tmp_path / "source" / "page.md").read_text(encoding="utf-8")
    assert page == PAGE.replace("a+b", "a + b").replace("return  self", "return self")
    assert not [text for text in lint(tmp_path) if "formatted" in text]
    long = "result = some_function_of_mine(first_argument, second_argument, third_argument, 4)"
    write(tmp_path, {"page.md": PAGE.replace("total = a+b", f"{long}\ntotal = 1")})
    fix(tmp_path)
    page = (tmp_path / "source" / "page.md").read_text(encoding="utf-8")
    assert (
        "\nresult = some_function_of_mine(\n"
        "    first_argument, second_argument, third_argument, 4\n)\ntotal = 1\n"
    ) in page
    assert not [text for text in lint(tmp_path) if "formatted" in text]


def test_the_tests_of_each_chunk_are_stored_and_compared(book: Path, tmp_path: Path) -> None:
    data = CoverageData(str(tmp_path / "coverage"))
    page = str(book / "source" / "page.md")
    for name, words in (("test_a", "a+b"), ("test_b[1]", "a+b"), ("test_b[2]", "str(total)")):
        data.set_context(f"tests/test_x.py::{name}|run")
        data.add_lines({page: [line_of(words)]})
    data.write()
    arguments = ["--check", str(tmp_path / "coverage")]
    stored = book / "source" / "elite" / "outputs" / "page.tests.json"
    stale = "source/elite/outputs/page.tests.json is not what the tests do now: make outputs\n"
    none = (
        f"{stale}  chunk-add is also run by test_b\n"
        "  chunk-body is run by 2 tests; stored are 0 tests"
    )
    assert chunktests.main(arguments, book) == none
    left = stored.with_name("old.tests.json")
    left.parent.mkdir(parents=True, exist_ok=True)
    left.write_text("{}")
    strange = "source/elite/outputs/old.tests.json belongs to no page with code: make outputs"
    assert chunktests.main(arguments, book) == f"{strange}\n{none}"
    assert chunktests.main(arguments[1:], book) == ""
    assert not left.exists()
    found = {"chunk-body": ["test_a", "test_b"], "chunk-add": ["test_b"]}
    assert stored.read_text() == stored_text(found)
    assert chunktests.main(arguments, book) == ""
    stored.write_text(stored_text(found | {"chunk-body": ["test_b"]}))
    assert chunktests.main(arguments, book) == f"{stale}  chunk-body is also run by test_a"
    stored.write_text("<<<<<<< HEAD")
    assert chunktests.main(arguments, book) == none
