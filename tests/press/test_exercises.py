"""Exercises from end to end: on the page, in the archive, checked as tests."""

from __future__ import annotations

import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from harness import Built, build, plain, write
from lintcode import fix, lint
from test_literate import line_of, run

INDEX = "# Book\n\n```{toctree}\n:numbered: 3\n\npage\nother\n```\n"
PAGE = '''# Page

Words.

## Adding

```{chunk} mini/core.py
:name: core
:caption: It adds two

"""Adds."""


def add(a: int, b: int) -> int:
    <<sum>>
```

```{chunk}
:name: sum
:caption: The sum

return a + b
```

:::{exercise} Add *any* number
:name: any-number

Let `add` take any number of numbers.

- None is nought.
:::

```{exercise-test} any-number
from mini.core import add


def test_three() -> None:
    assert add(1, 2, 3) == 6


def test_none() -> None:
    assert add() == 0
```

```{solution} any-number
:instead: core

"""Adds."""

from mini.adding import total


def add(*numbers: int) -> int:
    return total(*numbers)
```

```{solution} any-number
:file: mini/adding.py

def total(*numbers: int) -> int:
    return sum(numbers)
```

```{package} mini
```

## After

More words.
'''
OTHER = "# Other\n\nTry [](#exercise-any-number), or [it](#exercise-any-number).\n"
FILES = {"index.md": INDEX, "page.md": PAGE, "other.md": OTHER}
PAGES = {"html": "page.html", "epub": "page.xhtml", "text": "page.txt",
         "singlehtml": "index.html", "latex": "asmallbook.tex"}  # fmt: skip
HINT = "Its solution is at the end of the chapter."


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Built]:
    root = tmp_path_factory.mktemp("exercises")
    write(root, FILES)
    made: dict[str, Built] = {}

    def edition(builder: str) -> Built:
        if builder not in made:
            made[builder] = build(root, builder)
            assert made[builder].warnings == []
        return made[builder]

    return edition


@pytest.fixture(scope="module")
def site(editions: Callable[[str], Built]) -> Built:
    return editions("html")


def test_on_the_screen_each_part_of_a_solution_is_folded_where_it_stands(site: Built) -> None:
    text = site.text("page.html")
    heads = [plain(head) for head in re.findall("<summary.*?</summary>", text, re.S)]
    assert heads == [
        "Solution in place of ‹core› · 7 lines",
        "Solution as mini/adding.py · 2 lines",
    ]
    assert "<details" in text
    assert "<details open" not in text
    order = [text.index(words) for words in ("test_none", "<summary", "The files of")]
    assert order == sorted(order)
    assert HINT not in text
    assert 'id="exercise-any-number"' in text


def test_a_task_says_how_it_is_checked(site: Built) -> None:
    (how,) = re.findall('<p class="exercise-check">(.*?)</p>', site.text("page.html"))
    assert 'href="code/mini.zip"' in how
    assert plain(how) == (
        "In mini.zip , change mini/core.py and mini/adding.py until "
        "python check.py any-number calls it solved."
    )


def test_links_to_an_exercise_print_its_title(site: Built) -> None:
    text = site.text("other.html")
    assert "Try Add any number , or it ." in plain(text)
    assert text.count('href="page.html#exercise-any-number"') == 2


@pytest.mark.parametrize("builder", ["epub", "singlehtml", "latex", "text"])
def test_elsewhere_solutions_stand_at_the_end_of_their_page(
    builder: str, editions: Callable[[str], Built]
) -> None:
    text = editions(builder).text(PAGES[builder])
    assert "<details" not in text
    assert text.count(HINT.replace(" ", "\n")) + text.count(HINT) == 1
    order = [text.rindex(words) for words in ("More words", "Solutions", "sum", "numbers", "Try ")
             if words in text]  # fmt: skip
    assert len(order) == 4 + (builder in ("singlehtml", "latex"))
    assert order == sorted(order)
    assert "of the web edition" in " ".join(text.split())


def test_their_heading_has_the_level_of_a_section(editions: Callable[[str], Built]) -> None:
    assert r"\section*{Solutions}" in editions("latex").text(PAGES["latex"])
    assert '<h2 class="rubric">Solutions</h2>' in editions("epub").text(PAGES["epub"])
    assert '<h3 class="rubric">Solutions</h3>' in editions("singlehtml").text(PAGES["singlehtml"])
    assert "-[ Solutions ]-" in editions("text").text(PAGES["text"])


def test_a_changed_title_shows_on_other_pages(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    build(tmp_path)
    write(tmp_path, {"page.md": PAGE.replace("Add *any* number", "Add all")})
    again = build(tmp_path)
    assert again.read == ["page"]
    assert "Try Add all , or" in plain(again.text("other.html"))


# --- what a reader gets ---


def check(folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-B", "check.py", "any-number"], cwd=folder, text=True,
        stdout=subprocess.PIPE,
    )  # fmt: skip
    return done.returncode, done.stdout


def test_the_archive_says_whether_a_reader_has_solved_it(site: Built, tmp_path: Path) -> None:
    with zipfile.ZipFile(site.out / "code" / "mini.zip") as archive:
        assert archive.namelist() == [
            "check.py", "exercises/any-number/README.md",
            "exercises/any-number/test_any_number.py", "mini/core.py",
        ]  # fmt: skip
        archive.extractall(tmp_path)
    code, out = check(tmp_path)
    assert code == 1
    assert out.endswith("\nany-number is not solved yet.\n")
    assert "assert add(1, 2, 3) == 6" in out
    (tmp_path / "mini" / "core.py").write_text("def add(*numbers):\n    return sum(numbers)\n")
    assert check(tmp_path) == (0, "any-number is solved.\n")
    task = (tmp_path / "exercises" / "any-number" / "README.md").read_text()
    assert task == (
        "# Add any number\n\nLet add take any number of numbers.\n\nNone is nought.\n\n"
        "Change mini/core.py and mini/adding.py. Then ask, in the folder that holds check.py:\n\n"
        "    python check.py any-number\n"
    )


def test_tangle_writes_what_the_archive_holds(editions: Callable[[str], Built]) -> None:
    out = editions("tangle").out
    files = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert files == {
        "check.py", "exercises/any-number/README.md", "exercises/any-number/test_any_number.py",
        "mini/core.py", "origins.json",
    }  # fmt: skip
    assert check(out)[0] == 1


# --- checked as tests ---

EASY = PAGE.replace("add(1, 2, 3) == 6", "add(1, 2) == 3").replace("add() == 0", "add")
WRONG = PAGE.replace("return sum(numbers)", "return 1 // len(numbers)").replace(
    "assert add(1, 2, 3) == 6", "assert add(1)"
)


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("checked")
    pages = {"good": PAGE, "easy": EASY, "wrong": WRONG}
    texts = {f"{name}.md": text.replace("mini", name) for name, text in pages.items()}
    write(root, {"index.md": "# Book\n", **texts})
    (root / "pytest.ini").write_text("[pytest]\n")
    plugin = ("-p", "casebook.literate.pytest_plugin", "-p", "no:cacheprovider")
    return run(root, "pytest", *plugin, "-v", "source").replace(f"{root.as_posix()}/", "")


def test_an_exercise_is_two_tests(said: str) -> None:
    for name, solved, unsolved in (
        ("good", "PASSED", "PASSED"),
        ("easy", "PASSED", "FAILED"),
        ("wrong", "FAILED", "PASSED"),
    ):
        assert f"source/{name}.md::any-number[solved] {solved}" in said
        assert f"source/{name}.md::any-number[unsolved] {unsolved}" in said
    assert "2 failed, 4 passed" in said


def test_a_test_that_passes_at_once_is_reported_at_its_line(said: str) -> None:
    at = line_of(EASY, "from mini.core import add")
    assert (
        f"source/easy.md:{at}: the test of the exercise 'any-number' passes before anybody has "
        "solved it; test what the package cannot do yet\n"
    ) in said


def test_a_solution_that_fails_is_reported_with_the_lines_of_the_page(said: str) -> None:
    at = line_of(WRONG, "from mini.adding") - 2
    assert (
        f"source/wrong.md:{at}: the solution of the exercise 'any-number' does not pass its test:\n"
    ) in said
    assert f'File "source/wrong.md", line {line_of(WRONG, "add() == 0")}, in test_none' in said
    assert f'File "source/wrong.md", line {line_of(WRONG, "1 // len")}, in total' in said
    assert "ZeroDivisionError" in said
    assert "any-number is not solved yet." in said


# --- linted ---


def test_linters_see_tests_and_solutions_at_their_lines(tmp_path: Path) -> None:
    write(tmp_path, {"index.md": "# Book\n", "page.md": PAGE})
    assert lint(tmp_path) == []
    rough = PAGE.replace("return sum(numbers)", "return  str(numbers)").replace("== 0", "==x")
    write(tmp_path, {"page.md": rough})
    ruff, mypy, *style = lint(tmp_path)
    test, solution = line_of(rough, "add() ==x"), line_of(rough, "str(numbers)")
    assert ruff == f"source/page.md:{test}:20: F821 Undefined name `x`"
    assert [line.partition(": error")[0] for line in mypy.splitlines()] == [
        f"source/page.md:{solution}:13", f"source/page.md:{test}:20"
    ]  # fmt: skip
    heads = [line for text in style for line in text.splitlines() if line.startswith("source/")]
    assert heads == [f"source/page.md:{n}: would be formatted otherwise" for n in (solution, test)]
    assert fix(tmp_path) == ["source/page.md"]
    fixed = (tmp_path / "source" / "page.md").read_text()
    assert fixed == rough.replace("  str", " str").replace("==x", "== x")
