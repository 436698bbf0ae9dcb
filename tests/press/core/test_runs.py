"""Which tests run a chunk."""

from __future__ import annotations

import re

import pytest
from casebook.core.literate.program import Program
from casebook.core.literate.runs import (
    GROUPS,
    LIVE,
    SESSIONS,
    RunBy,
    changes,
    read_tests,
    stored_tests,
    stored_text,
    test_name,
    tests_by_chunk,
)
from casebook.core.problems import Kind, Problem
from hypothesis import given
from hypothesis import strategies as st

from .webs import chunk, good, line_of

test_name.__test__ = tests_by_chunk.__test__ = False  # type: ignore[attr-defined]

PAGE = (
    chunk("first", "y = x + 1")
    + chunk("top", "import os\n\n\ndef f(x):\n    '''Words.'''\n    <<steps>>", "a/b.py")
    + chunk("steps", "<<first>>\n<<second>>")
    + chunk("second", "<<third>>\nreturn y")
    + chunk("third", "print(\n    y,\n)")
    + chunk("class", "class A:\n    z = 1\n\n    async def g(self):\n        return 1", "c/d.py")
    + chunk("flat", "CONSTANT = 1", "c/d.py")
)


def runs(**seen: str) -> dict[str, list[str]]:
    """The tests of each chunk, from contexts given by the lines that they ran."""
    lines = {"x": "y = x", "r": "return y", "p": "print(", "c": "y,", "g": "return 1", "z": "z = 1",
             "i": "import os", "d": "def f", "k": "CONSTANT"}  # fmt: skip
    contexts: dict[int, list[str]] = {}
    for name, marks in seen.items():
        for mark in marks:
            path = "source/page.md::line:1" if name == "session" else f"tests/test_x.py::{name}"
            contexts.setdefault(line_of(PAGE, lines[mark]), []).append(f"{path}|run")
    return tests_by_chunk(good(PAGE), contexts)


def test_a_page_without_code() -> None:
    assert tests_by_chunk(Program(), {1: ["tests/test_x.py::test_a|run"]}) == {}


def test_chunks_that_no_test_runs_are_left_out() -> None:
    assert runs() == {}
    assert tests_by_chunk(good(PAGE), {line_of(PAGE, "return y"): [""]}) == {}


def test_lines_outside_of_functions_say_nothing() -> None:
    assert runs(test_a="idzk") == {}


def test_each_chunk_by_its_anchor() -> None:
    assert runs(test_a="xg") == {"chunk-first": ["test_a"], "chunk-class": ["test_a"]}


def test_a_chunk_that_begins_with_another_has_its_tests() -> None:
    assert runs(test_a="r") == {"chunk-second": ["test_a"]}


def test_a_line_that_python_skips_may_count() -> None:
    assert runs(test_a="c") == {"chunk-third": ["test_a"]}


def test_those_that_run_the_fewest_chunks_come_first_and_sessions_last() -> None:
    found = runs(test_all="xrp", test_two="rxr", test_b="r", test_a="r", session="r")
    assert found == {
        "chunk-first": ["test_two", "test_all"],
        "chunk-second": ["test_a", "test_b", "test_two", "test_all", SESSIONS],
        "chunk-third": ["test_all"],
    }


def test_tests_of_a_running_program_count_together() -> None:
    line = line_of(PAGE, "return y")
    contexts = {line: [f"tests/a/live/test_x.py::{t}|run" for t in ("test_a", "test_b")]}
    contexts[line] += ["tests/a/test_y.py::test_c|run", "source/p.md::line:1,column:1|run"]
    found = tests_by_chunk(good(PAGE), contexts)
    assert found == {"chunk-second": ["test_c", LIVE, SESSIONS]}


NAMES = st.lists(
    st.sampled_from([*GROUPS, *(f"test_{letter}" for letter in "abcdefgh")]), unique=True
)


@given(st.dictionaries(st.text("chunk-", min_size=1), NAMES))
def test_what_is_stored_is_read_again(found: dict[str, list[str]]) -> None:
    text = stored_text(found)
    assert text.count("\n") == len(found) + 2, "a line a chunk"
    assert read_tests(text.encode()) == {name: RunBy.of(names) for name, names in found.items()}


def test_a_line_is_short_however_many_tests_there_are() -> None:
    names = [f"test_number_{i}" for i in range(500)]
    _, line, _ = stored_text({"chunk-a": [*names, LIVE]}).splitlines()
    assert re.fullmatch(
        '"chunk-a": {"tests": 500, "mark": "[0-9a-f]{8}", '
        '"first": \\["test_number_0", "test_number_1"\\], '
        '"groups": \\["the tests of the running program"\\]}',
        line,
    )


@pytest.mark.parametrize(
    "stored",
    [
        b"", b"<<<<<<< HEAD", b"\xff", b"[]", b"3", b'{"chunk-a": 3}', b'{"chunk-a": ["test_a"]}',
        b'{"chunk-a": {"tests": 1, "mark": "00000000"}}',
        b'{"chunk-a": {"tests": 1, "mark": "no number", "first": ["test_a"]}}',
        b'{"chunk-a": {"tests": null, "mark": "00000000", "first": ["test_a"]}}',
    ],
)  # fmt: skip
def test_what_make_outputs_did_not_write_is_refused(stored: bytes) -> None:
    message = "the file is not what 'make outputs' writes; run it again"
    assert read_tests(stored) == Problem(Kind.BAD_OUTPUT, message)


@pytest.mark.parametrize(
    ("stored", "now", "found"),
    [
        (["test_a", LIVE], ["test_a", SESSIONS], []),
        ([LIVE, SESSIONS], [SESSIONS], []),
        ([], [LIVE], ["chunk-a is also run by a group"]),
        ([LIVE], [], ["chunk-a is not run by a group"]),
        (["test_a"], [LIVE], ["chunk-a is not run by test_a"]),
        (["test_b", "test_a"], ["test_a", "test_b"], ["chunk-a has its tests in another order"]),
        (["test_a", "test_b"], ["test_b"], ["chunk-a is not run by test_a"]),
        (["test_b"], ["test_a", "test_b"], ["chunk-a is also run by test_a"]),
        (["test_a"], ["test_b"], ["chunk-a is run by 1 test; stored are 1 test, of other names"]),
        (["test_gone", "test_b"], ["test_b"], ["chunk-a is run by 1 test; stored are 2 tests"]),
        ([], ["test_a", "test_b"], ["chunk-a is run by 2 tests; stored are 0 tests"]),
    ],
)  # fmt: skip
def test_what_differs_from_what_is_stored(
    stored: list[str], now: list[str], found: list[str]
) -> None:
    kept = {"chunk-a": RunBy.of(stored)} if stored else {}
    others = {"chunk-b": ["test_a", "test_b"]}
    known = {"chunk-b": RunBy.of(others["chunk-b"])}
    assert list(changes(kept | known, {"chunk-a": now} | others)) == found
    assert list(changes(kept | known, ({"chunk-a": now} if now else {}) | others)) == found


@given(NAMES, NAMES)
def test_nothing_differs_only_where_the_tests_are_the_same(one: list[str], two: list[str]) -> None:
    """In their order as far as it is shown, and with groups as far as they count."""
    differs = list(changes({"chunk-a": RunBy.of(one)}, {"chunk-a": two}))
    a, b = ([name for name in names if name not in GROUPS] for names in (one, two))
    same = set(a) == set(b) and a[:2] == b[:2] and (bool(a) or bool(one) == bool(two))
    assert (not differs) is same


def test_a_chunk_without_a_file_has_no_tests() -> None:
    page = good(PAGE)
    contexts = {n: ["tests/test_x.py::test_a|run"] for n in range(60)}
    assert tests_by_chunk(Program(page.chunks), contexts) == {}
    # That of no function, and that of nothing but other chunks, are not there.
    assert list(tests_by_chunk(page, contexts)) == [
        "chunk-first", "chunk-top", "chunk-second", "chunk-third", "chunk-class",
    ]  # fmt: skip


def test_a_function_in_one_line() -> None:
    page = chunk("top", "def f(): return 1", "a/b.py")
    contexts = {3: ["tests/test_x.py::test_a|run"]}
    assert tests_by_chunk(good(page), contexts) == {"chunk-top": ["test_a"]}


@pytest.mark.parametrize(
    ("context", "name"),
    [
        ("tests/test_x.py::test_a|run", "test_a"),
        ("tests/test_x.py::test_a", "test_a"),
        ("tests/test_x.py::TestA::test_a|run", "test_a"),
        ("tests/test_x.py::test_a[1-b]|run", "test_a"),
        ("tests/test_x.py::TestMachine::runTest|run", "TestMachine"),
        ("tests/test_x.py::TestA::test_a[c::d|e[0]]|run", "test_a"),
        ("tests/test_x.py::test_a[|setup]|run", "test_a"),
        ("source/elite/page.md::line:12,column:1|run", SESSIONS),
        ("tests/studies/a/live/test_x.py::test_a[1]|run", LIVE),
        ("tests/studies/a/live/test_x.py::test_a|setup", ""),
        ("source/elite/page.md::line:12,column:1|setup", ""),
        ("tests/test_x.py::test_a|setup", ""),
        ("tests/test_x.py::test_a[1]|teardown", ""),
        ("tests/test_x.py", ""),
        ("", ""),
        ("|run", ""),
    ],
)
def test_the_name_of_a_context(context: str, name: str) -> None:
    assert test_name(context) == name


def test_each_page_has_a_file_of_its_own() -> None:
    assert stored_tests("elite/a") == "elite.a.tests.json"
    assert stored_tests("a") == "a.tests.json"
