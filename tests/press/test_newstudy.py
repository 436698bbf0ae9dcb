"""A study that make begins: it builds as it stands, and its program runs."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import newstudy
import pytest
import yaml
from editions import ROOT
from harness import Built, build, plain
from lintcode import lint
from newstudy import TEMPLATES

INDEX = """# Book

```{toctree}
:hidden:

elite/index
```

```{toctree}
:numbered: 3
:hidden:

elite/other
patterns/index
```
"""
OTHER = """---
study: Other
---

# Another study

```{chunk} other_program/one.py
:name: one
:caption: A program that is there already

X = 1
```
"""
BUILDERS = ("html", "dirhtml", "latex", "epub", "text", "tangle")
NAME, TITLE = "acme-queue", 'Acme: the *queue*, “as is”, & [C#] <it’s> "100 %"'


def book(root: Path) -> Path:
    """A small book with the settings of this one."""
    pages = {"index.md": INDEX, "elite/index.md": "# Studies\n", "elite/other.md": OTHER}
    for name, text in {**pages, "patterns/index.md": "# Patterns\n"}.items():
        path = root / "source" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (root / "source" / "elite" / "outputs").mkdir()
    for name in ("conf.py", "pyproject.toml"):
        shutil.copy(ROOT / name, root)
    return root


def files(root: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()
    }


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = book(tmp_path_factory.mktemp("begun"))
    assert newstudy.main([NAME, TITLE], root) == 0
    return root


@pytest.fixture(scope="module")
def built(begun: Path) -> dict[str, Built]:
    return {builder: build(begun, builder) for builder in BUILDERS}


def test_a_new_study_builds_in_every_builder(built: dict[str, Built]) -> None:
    assert [result.warnings for result in built.values()] == [[] for _ in BUILDERS]


def test_its_title_is_the_one_that_was_asked_for(built: dict[str, Built]) -> None:
    words = "Acme: the *queue*, “as is”, & [C#] <it’s> “100 %”"
    assert built["text"].text("elite/acme-queue.txt").startswith(f"2. {words}\n***")
    ledger = built["text"].text("elite/acme-queue/ledger.txt")
    assert ledger.partition("\n")[0].endswith(" Acme: the ledger")


def test_its_pages_say_what_they_are(built: dict[str, Built]) -> None:
    for page, front in (
        ("acme-queue", "at the end Essay · 1 min · path 1 min · program: 1 chapter, 6 lines"),
        ("acme-queue/program", " · chapter 1 of 1 · 1 min · 6 lines of code"),
        ("acme-queue/ledger", " · ledger · 1 min · 2 metrics"),
    ):
        said = " ".join(built["text"].text(f"elite/{page}.txt").split())
        assert f"{front} " in said


def test_what_stands_for_something_says_so(built: dict[str, Built]) -> None:
    """No reader takes a placeholder for a fact: each is an example, or tells what to say."""
    essay, ledger, chapter = (
        plain(built["html"].text(f"elite/{page}.html"))
        for page in ("acme-queue", "acme-queue/ledger", "acme-queue/program")
    )
    assert "Say in one sentence what a reader will understand at the end" in essay
    assert "Example, replace me, “The title of the source”, 2000." in essay
    for label in ("Example, replace me", "Example of a derived number, replace me"):
        assert label in essay
        assert label in ledger
    assert "Example, replace me. Say what to see in these lines." in chapter
    notes = "A line that begins with a percent sign"
    assert notes in (TEMPLATES / "essay.md").read_text(encoding="utf-8")
    assert notes not in essay, "no edition shows the notes for the author"


def test_its_program_runs_and_every_line_of_it_is_run(begun: Path) -> None:
    command = [
        sys.executable, "-m", "pytest", "-p", "casebook.literate.pytest_plugin",
        "-p", "no:cacheprovider", "-c", os.devnull, f"--rootdir={begun}", "source",
        "--cov", f"--cov-config={ROOT / 'tests/studies/coverage.ini'}", "--cov-report=term",
        "--cov-fail-under=0",  # the other study has no tests
    ]  # fmt: skip
    path = os.pathsep.join([str(ROOT / "_ext"), *filter(None, [os.environ.get("PYTHONPATH")])])
    done = subprocess.run(
        command, cwd=begun, env=os.environ | {"PYTHONPATH": path}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    assert "2 passed" in done.stdout
    line = re.search(r"^source/elite/acme-queue/program\.md +\d.*", done.stdout, re.M)
    assert line, done.stdout
    assert line[0].endswith("100%")


def test_linters_have_nothing_to_say_of_it(begun: Path) -> None:
    assert lint(begun) == []


def test_the_index_names_it_after_the_last_study(begun: Path) -> None:
    index = (begun / "source" / "index.md").read_text(encoding="utf-8")
    assert index == INDEX.replace("elite/other\n", "elite/other\nelite/acme-queue\n")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("elite/other\npatterns/index\n", "elite/acme-queue\npatterns/index\n"),
        ("elite/other\npatterns/index\n", "patterns/index\nA <elite/a>\nelite/acme-queue\nb\n"),
    ],
)
def test_the_index_may_hold_other_lists(before: str, after: str, tmp_path: Path) -> None:
    """No study at all, or titles: it stands first, or after the last that is a study."""
    root = book(tmp_path)
    wanted = INDEX.replace(before, after)
    index = root / "source" / "index.md"
    index.write_text(wanted.replace("elite/acme-queue\n", ""), encoding="utf-8")
    for _ in range(2):  # a line that is there already stays alone
        made = newstudy.begun(root, NAME, TITLE)
        assert made[index] == wanted
        index.write_text(made[index], encoding="utf-8")


def test_this_book_can_have_it() -> None:
    made = newstudy.begun(ROOT, NAME, TITLE)
    names = [path.relative_to(ROOT / "source").as_posix() for path in made]
    assert names == [
        "elite/acme-queue.md", "elite/acme-queue/program.md", "elite/acme-queue/ledger.md",
        "elite/acme-queue.bib", "index.md",
    ]  # fmt: skip
    old = (ROOT / "source" / "index.md").read_text(encoding="utf-8")
    assert made[ROOT / "source" / "index.md"].replace("elite/acme-queue\n", "") == old


def test_its_short_name_is_a_word_whatever_yaml_makes_of_it(tmp_path: Path) -> None:
    root = book(tmp_path)
    for title, short in (("No: 1", "No"), ('"2024"', '"2024"'), ("Acme’s # queue", None)):
        made = newstudy.begun(root, NAME, title)
        essay = made[root / "source" / "elite" / "acme-queue.md"]
        assert yaml.safe_load(essay.split("---\n")[1]) == {"study": short or title}


SAY = 'say make study NAME=acme-queue TITLE="Acme: the queue".'
FORM = "it has to be lower-case words with hyphens, such as acme-queue."
CLASH = "but Python finds something else under that name; choose another NAME than"


@pytest.mark.parametrize(
    ("name", "title", "said"),
    [
        ("", "", f"NAME is missing: {SAY}"),
        ("", "Acme", f"NAME is missing: {SAY}"),
        ("acme", "", f"TITLE is missing: {SAY}"),
        ("acme", " ", f"TITLE is missing: {SAY}"),
        ("acme", "A\nB", "TITLE has to be one line of words, such as “Acme: the queue”."),
        ("acme", ": B", "TITLE has to be one line of words, such as “Acme: the queue”."),
        *(
            (name, "Acme", f"NAME is '{name}'; {FORM}")
            for name in ("Acme", "acme_queue", "acme--queue", "-acme", "acme-", "3d", "../acme",
                         "acme queue", "acmé", "acme\n", "--help")
        ),
        ("other", "Other", "source/elite/other.md is there already; choose another NAME than "
                           "'other'."),
        ("outputs", "Outputs", "source/elite/outputs is there already; choose another NAME than "
                               "'outputs'."),
        ("other-program", "Other",
         "The program of the study would be the package 'other_program', but source/elite/other.md "
         "prints one of that name; choose another NAME than 'other-program'."),
        *(
            (name, "A",
             f"The program of the study would be the package '{name}', {CLASH} '{name}'.")
            for name in ("class", "json", "pytest", "casebook", "source", "sys", "besides")
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_is_refused_in_a_sentence(
    name: str, title: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = book(tmp_path)
    beside = root / "tests" / "press" / "besides.py"  # which only the tests of that book import
    beside.parent.mkdir(parents=True)
    beside.touch()
    before = files(root)
    assert newstudy.main([name, title], root) == 2
    told = capsys.readouterr()
    assert (told.out, told.err) == ("", f"{said}\n")
    assert files(root) == before


def test_a_book_without_a_numbered_list_is_left_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    root = book(tmp_path)
    index = root / "source" / "index.md"
    index.write_text(INDEX.replace(":numbered: 3\n", ""), encoding="utf-8")
    assert newstudy.main([NAME, TITLE], root) == 2
    said = "source/index.md has no numbered list of contents in which to name the study.\n"
    assert capsys.readouterr().err == said
    assert not (root / "source" / "elite" / "acme-queue.md").exists()


def test_make_hands_over_name_and_title_as_they_are(tmp_path: Path) -> None:
    """Quotes of a title are none of the shell's business, and make has the tool's status."""
    tool = tmp_path / ".venv" / "bin" / "python"
    tool.parent.mkdir(parents=True)
    tool.write_text('#!/bin/sh\nfor word; do echo "[$word]"; done\nexit 2\n')
    tool.chmod(0o755)
    (tmp_path / "requirements.txt").touch()
    (tmp_path / ".venv" / "book").touch()
    shutil.copy(ROOT / "Makefile", tmp_path)
    left = ("NAME", "TITLE", "PYTHON", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    kept = {name: value for name, value in os.environ.items() if name not in left}
    title = 'Acme\'s "queue": a; `b` & c'
    for given, wanted in (([f"NAME={NAME}", f"TITLE={title}"], [NAME, title]), ([], ["", ""])):
        done = subprocess.run(
            ["make", "study", *given], cwd=tmp_path, env=kept, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.stdout.splitlines() == [
            "[tools/newstudy.py]", *(f"[{word}]" for word in wanted)
        ]  # fmt: skip
        assert done.returncode == 2
