"""What readers get of the exercises of a whole book."""

from __future__ import annotations

from casebook.core.book.answers import Answers
from casebook.core.book.book import Book
from casebook.core.book.practice import practice_files
from casebook.core.book.view import View
from casebook.core.literate.exercise_files import runner
from casebook.core.literate.printed import Code, Exercise
from casebook.core.text.marked_text import Text, mark

from .test_exercises import PROGRAM, checked, solution, task
from .webs import chunk, good


def page(name: str, package: str) -> Code:
    program = PROGRAM.replace("pack/", f"{package}/")
    return Code(name, good(program + task(f"at-{name}") + checked(f"at-{name}")
                           + solution(f"at-{name}")))  # fmt: skip


def printed(page: str, name: str, title: str, line: int = 1) -> Exercise:
    task = (Text(f"See {mark('exercise', 'at-a')}."), Text("Do it."))
    return Exercise(page, name, Text(title), task, line)


BOOK = Book(
    (
        page("a", "one"),
        page("b", "two"),
        printed("b", "at-b", "Second"),
        printed("c", "at-a", "Again"),
        printed("a", "at-a", "First"),
        Code("d", good(chunk("x", "X = 1", "three/x.py"))),
    ),
    order={"a": 0, "b": 1, "c": 2},
)


def test_a_package_has_the_files_of_its_own_exercises() -> None:
    one = ["check.py", "exercises/at-a/README.md", "exercises/at-a/test_at_a.py"]
    two = ["exercises/at-b/README.md", "exercises/at-b/test_at_b.py"]
    assert sorted(practice_files(BOOK, "one")) == one
    assert sorted(practice_files(BOOK)) == one + two
    assert practice_files(BOOK, "three") == {}
    assert practice_files(BOOK)["check.py"] == runner()["check.py"]
    text = practice_files(BOOK, "two")["exercises/at-b/README.md"]
    assert text.startswith("# Second\n\nSee First.\n\nDo it.\n\nChange two/add.py.")


def test_a_name_belongs_to_the_first_page_that_gives_it() -> None:
    assert {name: found.page for name, found in BOOK.exercises.items()} == {
        "at-a": "a",
        "at-b": "b",
    }
    other = Book((*BOOK.records[1:], page("c", "two")), order={"c": 0})
    assert "exercises/at-c/README.md" not in practice_files(other)  # which is not printed
    assert [(page, check.name) for page, check in other.checks] == [("c", "at-c"), ("b", "at-b")]


def test_the_words_and_the_place_of_an_exercise() -> None:
    view = View(Answers(BOOK))
    found = view.exercise("at-b")
    assert found
    assert (found.page, found.anchor) == ("b", "exercise-at-b")
    assert view.exercise("at-d") is None
    assert view.named("exercise", "at-b") == "Second"
    assert view.named("exercise", "at-d") == "at-d"


def test_the_line_of_an_exercise_is_shown_nowhere() -> None:
    assert repr(printed("a", "n", "T", 1)) == repr(printed("a", "n", "T", 2))
