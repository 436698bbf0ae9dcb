"""What make runs on the code of the pages: linters, and the store of tests by chunk."""

from __future__ import annotations

import json
from pathlib import Path

import chunktests
import pytest
from coverage import CoverageData
from harness import build, write
from lintcode import lint

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
    assert build(root, "tangle").warnings == []
    return root


def test_every_message_of_a_linter_names_the_page_and_its_line(book: Path) -> None:
    ruff, mypy, style = lint(book / "tangle")
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
    build(tmp_path, "tangle")
    assert lint(tmp_path / "tangle") == []
    write(tmp_path, {"page.md": "# Page\n"})
    build(tmp_path, "tangle")
    assert lint(tmp_path / "tangle") == []


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
    none = f"{stale}  chunk-add is also run by test_b\n  chunk-body is also run by test_a, test_b"
    assert chunktests.main(arguments, book) == none
    left = stored.with_name("old.tests.json")
    left.parent.mkdir(parents=True)
    left.write_text("{}")
    strange = "source/elite/outputs/old.tests.json belongs to no page with code: make outputs"
    assert chunktests.main(arguments, book) == f"{strange}\n{none}"
    assert chunktests.main(arguments[1:], book) == ""
    assert not left.exists()
    assert json.loads(stored.read_text()) == {
        "chunk-body": ["test_a", "test_b"], "chunk-add": ["test_b"],
    }  # fmt: skip
    assert chunktests.main(arguments, book) == ""
    stored.write_text(stored.read_text().replace("test_a", "test_c"))
    assert chunktests.main(arguments, book) == (
        f"{stale}  chunk-body is not run by test_c\n  chunk-body is also run by test_a"
    )
    stored.write_text("<<<<<<< HEAD")
    assert chunktests.main(arguments, book) == none
