"""Steppers: which columns, what each step is called, and phases that cover all steps once."""

from __future__ import annotations

import pytest
from casebook.core.figures.misfit import Misfit
from casebook.core.figures.stepper import MOST, Phase, Stepper, parse
from casebook.core.literate.stored_outputs import Output
from casebook.core.problems import Kind
from hypothesis import given
from hypothesis import strategies as st

OUTPUT = Output(
    "acme/crashes",
    {
        "step": ("before", "after", "at rest"),
        "key row": ("", "started", "started"),
        "money": (0, 0, -1500),
    },
)


def stepper(columns: str = "", step: str = "", phases: str = "", printed: str = "1") -> Stepper:
    found = parse(OUTPUT, columns, step, phases, printed)
    assert isinstance(found, Stepper), found
    return found


def refusals(
    columns: str = "", step: str = "", phases: str = "", printed: str = "1", output: Output = OUTPUT
) -> list[tuple[str, str]]:
    found = parse(output, columns, step, phases, printed)
    assert isinstance(found, list), found
    assert {one.problem.kind for one in found} == {Kind.BAD_STEPPER}
    return [(one.option, one.problem.message) for one in found]


def test_a_stepper() -> None:
    found = stepper("money, key row", "step", "1..1 nothing; 2..3  the money\n has moved", "1, 3")
    assert found == Stepper(
        ("money", "key row"),
        (("0", ""), ("0", "started"), ("−1,500", "started")),
        ("before", "after", "at rest"),
        (Phase(1, 1, "nothing"), Phase(2, 3, "the money has moved")),
        (1, 3),
    )
    assert [found.phase(step) for step in (1, 2, 3)] == ["nothing", *["the money has moved"] * 2]
    assert [found.event(step) for step in (1, 2, 3)] == ["before", "after", "at rest"]


def test_without_columns_all_are_shown_but_that_of_the_steps() -> None:
    assert stepper().columns == ("step", "key row", "money")
    assert stepper(step="step").columns == ("key row", "money")


def test_phases_and_events_may_be_left_out() -> None:
    assert (stepper().phases, stepper().phase(1), stepper().event(1)) == ((), "", "")


@pytest.mark.parametrize(
    ("phases", "said"),
    [
        ("1..2 a; 2..3 b", "the phase 'b' begins at step 2; the first step that is free is 3"),
        ("1..1 a; 3..3 b", "the phase 'b' begins at step 3 and leaves out step 2"),
        ("2..3 a", "the phase 'a' begins at step 2 and leaves out step 1"),
        ("0..3 a", "the phase 'a' begins at step 0; the first step that is free is 1"),
        ("1..4 a", "the phase 'a' ends at step 4, and the last step is 3"),
        ("1..2 a", "the phases end at step 2, and the last step is 3"),
        ("1..3 a; 3..2 b", "the phase 'b' ends at step 2, before it begins at 3"),
    ],
)
def test_phases_that_do_not_cover_the_steps(phases: str, said: str) -> None:
    assert refusals(phases=phases) == [("phases", said)]


@pytest.mark.parametrize("phase", ["1-3 a", "1..3", "1..3a", "one..3 a", "-1..3 a", " ", "²..3 a"])
def test_what_is_no_phase(phase: str) -> None:
    [(option, said)] = refusals(phases=f"1..3 a;{phase}")
    assert (option, said.partition(";")[0]) == ("phases", f"{phase.strip()!r} is no phase")


@pytest.mark.parametrize(
    ("printed", "said"),
    [
        ("0", "there is no step 0; the steps are 1 to 3"),
        ("1, 4", "there is no step 4; the steps are 1 to 3"),
        ("2, 2", "step 2 comes after step 2; let the steps rise"),
        ("1,", "'' is no step; write steps with commas: '1, 3'"),
        ("1..2", "'1..2' is no step; write steps with commas: '1, 3'"),
    ],
)
def test_steps_that_cannot_be_printed(printed: str, said: str) -> None:
    assert refusals(printed=printed) == [("print", said)]


def test_every_option_is_looked_at() -> None:
    wrong = refusals("mony, key row,key row", "step", "x", "y")
    assert [option for option, _ in wrong] == ["columns", "columns", "phases", "print"]
    assert wrong[0][1] == "'acme/crashes' has no column 'mony'; did you mean 'money'?"
    assert wrong[1][1] == "the column 'key row' stands twice"


def test_a_column_that_is_also_that_of_the_steps_or_empty() -> None:
    assert refusals("step", "step") == [("step", "the column 'step' stands twice")]
    output = Output("acme/x", {"a": ("", " "), "b": ("", "b")})
    said = "the column 'a' is empty at every step; leave it out"
    assert refusals(output=output) == [("columns", said)]
    output = Output("acme/x", {"a": ("a", "b")})
    said = "'acme/x' has no column but that of the steps"
    assert refusals(step="a", output=output) == [("columns", said)]


@pytest.mark.parametrize(
    ("columns", "steps"),
    [({}, "0 steps"), ({"a": (1,)}, "1 step"), ({"a": (1,) * (MOST + 1)}, "201 steps")],
)
def test_too_few_steps_and_too_many(columns: dict[str, tuple[int, ...]], steps: str) -> None:
    said = f"'acme/x' has {steps}; a stepper has 2 to 200"
    assert refusals(output=Output("acme/x", columns)) == [("", said)]


@given(st.lists(st.integers(1, 9), min_size=1, max_size=9), st.data())
def test_each_step_has_one_phase(lengths: list[int], data: st.DataObject) -> None:
    total = sum(lengths)
    written, names = [], []
    for i, length in enumerate(lengths):
        written.append(f"{len(names) + 1}..{len(names) + length} phase {i}")
        names += [f"phase {i}"] * length
    output = Output("acme/x", {"n": tuple(range(max(total, 2)))})
    if total < 2:
        written, names = ["1..2 all"], ["all", "all"]
    found = parse(output, "", "", "; ".join(written), "1")
    assert isinstance(found, Stepper)
    assert [found.phase(step) for step in range(1, len(names) + 1)] == names
    # Leave one out, or swap two: no step is without a phase, or in two.
    if len(written) > 1:
        at = data.draw(st.integers(0, len(written) - 1))
        less = parse(output, "", "", "; ".join(written[:at] + written[at + 1 :]), "1")
        assert isinstance(less, list)
        assert isinstance(less[0], Misfit)
