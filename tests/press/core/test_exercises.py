"""Exercises: how task, test and solution fit together, and what a reader gets of them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest
from casebook.core.literate import exercise_runner, exercises
from casebook.core.literate.exercise_checks import RUNNER, Check
from casebook.core.literate.exercise_files import laid_out, on_pages, readme, runner
from casebook.core.literate.program import Program
from casebook.core.problems import Kind

from .webs import chunk, good, line_of, said

PROGRAM = (
    chunk("head", '"""Adds."""', "pack/add.py")
    + chunk("add", "def add(a: int, b: int) -> int:\n    <<sum>>", "pack/add.py")
    + chunk("sum", "return a + b")
    + chunk("other", "OTHER = 1", "pack/other.py")
)
TEST = "from pack.add import add\n\n\ndef test_add() -> None:\n    assert add(1, 2, 3) == 6"
SOLUTION = "def add(*numbers: int) -> int:\n    return sum(numbers)"


def task(name: str = "more-numbers", words: str = "Let it add three.") -> str:
    return f"```{{exercise}} More numbers\n:name: {name}\n\n{words}\n```\n\n"


def checked(name: str = "more-numbers", code: str = TEST) -> str:
    return f"```{{exercise-test}} {name}\n{code}\n```\n\n"


def solution(name: str = "more-numbers", code: str = SOLUTION, place: str = ":instead: add") -> str:
    return f"```{{solution}} {name}\n{place}\n\n{code}\n```\n\n"


EXERCISE = task() + checked() + solution()


def check_of(page: str) -> Check:
    (check,) = good(page).checks
    return check


@pytest.mark.parametrize("page", [PROGRAM + EXERCISE, EXERCISE + PROGRAM,
                                  solution() + PROGRAM + checked() + task()])  # fmt: skip
def test_a_solution_stands_in_the_place_of_a_chunk(page: str) -> None:
    program = good(page)
    assert [file.path for file in program.files] == ["pack/add.py", "pack/other.py"]
    assert "return a + b" in program.files[0].text
    (check,) = program.checks
    assert [file.path for file in check.solved] == ["pack/add.py"]
    assert check.solved[0].text == f'"""Adds."""\n\n\n{SOLUTION}\n'
    first = line_of(page, "def add(*numbers")
    assert [line.origin for line in check.solved[0].lines][-2:] == [first, first + 1]
    assert check.lines == {first, first + 1}
    assert (check.line, check.package) == (line_of(page, "{exercise} "), "pack")
    assert check.test.path == "exercises/more-numbers/test_more_numbers.py"
    assert check.test.text == TEST + "\n"
    assert check.test.origin(5).origin == line_of(page, "assert add(1, 2, 3)")
    assert check.command == "python check.py more-numbers"


def test_it_takes_the_place_of_all_that_was_added() -> None:
    more = chunk("add", "# more", option="append")
    (file,) = check_of(PROGRAM + more + EXERCISE).solved
    assert "# more" not in file.text


def test_it_may_use_chunks_and_add_files_and_have_parts() -> None:
    page = (
        PROGRAM
        + task()
        + checked()
        + solution(code="def add(*all: int) -> int:\n    <<sum>>")
        + solution(code="return total(all)", place=":instead: sum")
        + solution(code="def total() -> int:\n    <<add-up>>", place=":file: pack/total.py")
    )
    page = page.replace("<<add-up>>", "return 1")
    check = check_of(page)
    assert [file.path for file in check.solved] == ["pack/add.py", "pack/total.py"]
    assert check.solved[0].text.endswith("def add(*all: int) -> int:\n    return total(all)\n")
    anchors = [one.anchor for one in good(page).exercises.solutions]
    name = "solution-more-numbers"
    assert anchors == [name, f"{name}--2", f"{name}--3"]


def test_pages_without_exercises() -> None:
    assert good("# Page\n\n```{exercises} x\n```\n\n    {exercise} x\n") == Program()
    lost = SimpleNamespace(type="fence", info="{exercise} x", content="", level=0, map=None)
    assert exercises.read([lost])[0] == exercises.NO_EXERCISES


def test_a_task_may_stand_in_a_fence_of_colons() -> None:
    token = SimpleNamespace(
        type="colon_fence", info="{exercise} T", content=":name: x\n\nWords.\n", level=0, map=[4, 9]
    )
    found, problems = exercises.read([token])
    assert (found.tasks, problems) == ((exercises.Task("x", 5, ("Words.",)),), [])
    token.info = "{solution} x"
    assert [p.message for p in exercises.read([token])[1]] == [
        "a solution is a fence of back-ticks directly under a heading, in nothing else"
    ]


def wrong() -> Iterator[tuple[str, list[tuple[Kind, str, str]]]]:
    """Pages, and what is wrong at the line of which words."""
    bad, at = Kind.BAD_EXERCISE, "{exercise} More"
    name = "more-numbers"
    yield (task() + solution(), [
        (bad, at, f"the exercise '{name}' has no test; write '{{exercise-test}} {name}' below it")
    ])  # fmt: skip
    yield (task() + checked(), [
        (bad, at, f"the exercise '{name}' has no solution; write '{{solution}} {name}' below it")
    ])  # fmt: skip
    yield (EXERCISE + checked("more-number"), [
        (bad, "{exercise-test} more-number\n",
         f"there is no exercise 'more-number' on this page; did you mean '{name}'?")
    ])  # fmt: skip
    yield (EXERCISE + solution("all"), [
        (bad, "{solution} all", "there is no exercise 'all' on this page")
    ])  # fmt: skip
    yield (EXERCISE + task(words="Again."), [
        (Kind.DUPLICATE_ID, at, f"the exercise '{name}' exists already, in line 22")
    ])  # fmt: skip
    yield (EXERCISE + checked(code=TEST.replace("test_add", "test_b")), [
        (bad, "{exercise-test} ", f"the exercise '{name}' has a test already, in line 28")
    ])  # fmt: skip
    yield (task() + solution() + checked(code="assert 1 == 2"), [
        (bad, "{exercise-test} ",
         "the test of an exercise has functions 'def test_…():'; it has none")
    ])  # fmt: skip
    neither = (
        "a solution needs one line, ':instead: …' with the chunk that it replaces or "
        "':file: …' with the file that it adds"
    )
    for place in ("", ":instead: add\n:file: pack/new.py"):
        yield (task() + checked() + solution(place=place), [
            (Kind.MISSING_FIELD, "{solution} ", neither)
        ])  # fmt: skip
    yield (task() + checked() + solution(place=":instead: ad"), [
        (Kind.UNKNOWN_CHUNK, "{solution} ", "unknown chunk 'ad'; did you mean 'add' or 'head'?")
    ])  # fmt: skip
    yield (task() + checked() + solution(place=":file: pack/New.py"), [
        (Kind.CHUNK_FILE, "{solution} ", "'pack/New.py' is not a file of a package; write a "
         "path such as 'mini_stripe/idempotency.py'")
    ])  # fmt: skip
    yield (task() + checked() + solution(place=":file: pack/add.py"), [
        (Kind.CHUNK_FILE, "{solution} ",
         "the file 'pack/add.py' is there already; name its chunk in ':instead:'")
    ])  # fmt: skip
    yield (EXERCISE + solution(code="x = 1"), [
        (bad, "{solution} ", "the solution has this place already, in line 36")
    ])  # fmt: skip
    yield (task() + checked() + solution(code="def add(a: int, b: int) -> int:\n    <<sum>>"), [
        (bad, "{solution} ", "the solution is the code that is there already")
    ])  # fmt: skip
    yield (task() + checked() + solution() + solution(code="Y = 1", place=":file: other/y.py"), [
        (bad, "{solution} more-numbers\n:instead",
         "a solution stays in one package, and this one has files of 'pack' and of 'other'")
    ])  # fmt: skip
    yield (task() + checked() + solution(code="def new(:"), [
        (Kind.BAD_CODE, "def new(", "not Python: invalid syntax")
    ])  # fmt: skip
    yield (task() + checked(code="def test_new(:") + solution(), [
        (Kind.BAD_CODE, "def test_new(", "not Python: invalid syntax")
    ])  # fmt: skip
    yield (task() + checked() + solution(code="<<nowhere>>"), [
        (Kind.UNKNOWN_CHUNK, "<<nowhere>>", "unknown chunk 'nowhere'")
    ])  # fmt: skip
    yield (task("More"), [
        (Kind.BAD_ID, at,
         "'More' is not a name for an exercise; write lower-case words-with-hyphens")
    ])  # fmt: skip
    yield (task(""), [(Kind.MISSING_FIELD, at, "an exercise needs one line ':name: …'")])
    yield (checked(""), [
        (Kind.MISSING_FIELD, "{exercise-test} ", "name the exercise: '{exercise-test} its-name'")
    ])  # fmt: skip
    yield (solution(""), [
        (Kind.MISSING_FIELD, "{solution} ", "name the exercise: '{solution} its-name'")
    ])  # fmt: skip
    yield (task(words=""), [(Kind.EMPTY, at, "the directive 'exercise' is empty")])
    yield (checked(code=""), [
        (Kind.EMPTY, "{exercise-test} ", "the directive 'exercise-test' is empty")
    ])  # fmt: skip
    yield (checked(code="a \x0c= 1"), [
        (Kind.BAD_CODE, "a \x0c", "the line holds '\\x0c', at which some programs break lines")
    ])  # fmt: skip
    yield (task() + checked() + solution(code="x = 1\n" * 41), [
        (Kind.LONG_CHUNK, "{solution} ",
         "the solution has 41 lines, and 40 is the limit; split it")
    ])  # fmt: skip
    yield (task() + solution() + checked(code=TEST + "  # " + "x" * 60), [
        (Kind.LONG_CHUNK, "xxx", "the line has 92 columns, and 74 is the limit")
    ])  # fmt: skip
    yield ("- Item\n\n  " + task().strip().replace("\n", "\n  ") + "\n\n", [
        (Kind.MISPLACED_CHUNK, at, "an exercise stands directly under a heading, in nothing else")
    ])  # fmt: skip
    yield ("> " + checked().strip().replace("\n", "\n> ") + "\n\n", [
        (Kind.MISPLACED_CHUNK, "{exercise-test} ", "the test of an exercise is a fence of "
         "back-ticks directly under a heading, in nothing else")
    ])  # fmt: skip


@pytest.mark.parametrize(("page", "expected"), [*wrong()])
def test_what_does_not_fit_is_reported_at_its_line(
    page: str, expected: list[tuple[Kind, str, str]]
) -> None:
    page = PROGRAM + page

    def line(words: str) -> int:
        return page[: page.rindex(words)].count("\n") + 1

    assert said(page) == [(kind, line(words), message) for kind, words, message in expected]


def test_with_something_else_wrong_no_exercise_is_looked_at() -> None:
    lost = chunk("lost", "x = 1")
    assert said(PROGRAM + task() + lost) == [
        (Kind.CHUNK_USE, 28, "the chunk 'lost' is never used; write '<<lost>>' where it belongs, "
                             "or name its file")
    ]  # fmt: skip
    assert len(said(PROGRAM + task("") + solution())) == 1


# --- what a reader gets ---


def test_files_of_a_reader_with_and_without_the_solution() -> None:
    program = good(PROGRAM + chunk("foreign", "X = 1", "another/x.py") + EXERCISE)
    (check,) = program.checks
    start = laid_out(check, program.files, solved=False)
    assert sorted(start) == [
        RUNNER, "exercises/more-numbers/test_more_numbers.py", "pack/add.py", "pack/other.py",
    ]  # fmt: skip
    end = laid_out(check, program.files, solved=True)
    assert {path for path in end if end[path] != start[path]} == {"pack/add.py"}
    assert "return sum(numbers)" in end["pack/add.py"]


def test_the_task_in_words() -> None:
    path, text = readme(check_of(PROGRAM + EXERCISE), "More numbers", ["Let it.", "And test it."])
    assert path == "exercises/more-numbers/README.md"
    assert text == (
        "# More numbers\n\nLet it.\n\nAnd test it.\n\n"
        "Change pack/add.py. Then ask, in the folder that holds check.py:\n\n"
        "    python check.py more-numbers\n"
    )


def test_a_report_names_the_page() -> None:
    page = PROGRAM + EXERCISE
    check = check_of(page)
    said = (
        'File "/tmp/x/exercises/more-numbers/test_more_numbers.py", line 5, in test_add\n'
        'File "/tmp/x/pack/add.py", line 4\nFile "/usr/lib/runpy.py", line 7\n'
    )
    origins = {file.path: ("page.md", file) for file in (*check.solved, check.test)}
    assert on_pages(said, origins) == (
        f'File "page.md", line {line_of(page, "assert add(1, 2, 3)")}, in test_add\n'
        f'File "page.md", line {line_of(page, "def add(*numbers")}\n'
        'File "/usr/lib/runpy.py", line 7\n'
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, code in {
        "one": "LATER = []\ntest_data = 1\n\n\ndef test_one():\n    LATER.append(1)\n\n\n"
               "def test_two():\n    assert LATER == [1]\n",
        "two": "import nothing_of_that_name\n",
        "three": "def test_three():\n    assert 1 == 2\n",
        "gone": "def test_gone():\n    raise SystemExit(0)\n",
    }.items():  # fmt: skip
        test = tmp_path / "exercises" / name / f"test_{name}.py"
        test.parent.mkdir(parents=True)
        test.write_text(code)
    return tmp_path


def test_the_runner_says_what_is_solved(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def run(*names: str) -> tuple[int, str]:
        return exercise_runner.main([*names], folder / "exercises"), capsys.readouterr().out

    assert run("one") == (0, "one is solved.\n")
    code, out = run("two")
    assert (code, out.splitlines()[-2:]) == (
        1,
        [
            "ModuleNotFoundError: No module named 'nothing_of_that_name'",
            "two is not solved yet.",
        ],
    )
    code, out = run()
    assert (code, [line for line in out.splitlines() if line.endswith((" solved.", " yet."))]) == (
        3,
        [
            "gone is not solved yet.",
            "one is solved.",
            "three is not solved yet.",
            "two is not solved yet.",
        ],
    )
    assert "    assert 1 == 2\n" in out
    assert run("on") == (1, "There is no exercise on. There are: gone, one, three, two.\n")


@pytest.mark.parametrize(("name", "code"), [("one", 0), ("three", 1), ("gone", 1)])
def test_the_printed_command_needs_nothing_but_python(folder: Path, name: str, code: int) -> None:
    (folder / RUNNER).write_text(runner()[RUNNER])
    done = subprocess.run([sys.executable, "-I", folder / RUNNER, name], stdout=subprocess.PIPE)
    assert done.returncode == code
