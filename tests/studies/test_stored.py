"""What is stored is what the printed programs compute now, on this Python as on any other."""

from __future__ import annotations

import itertools
import json
from pathlib import Path
from typing import Any

import pytest
from casebook.core.outputs import stored_in
from casebook.literate import outputs
from casebook.literate.pages import pages

import mini_stripe.guards as guards

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "source" / "elite" / "outputs"
MAKERS = {chunk.output: (page, chunk) for page, chunk in outputs.makers(pages(ROOT))}


def stored(name: str) -> Any:
    return json.loads((FOLDER / stored_in(name)).read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", MAKERS)
def test_stored_output_is_what_the_page_computes(name: str) -> None:
    path = FOLDER / stored_in(name)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    made = outputs.make(*MAKERS[name]).text
    assert text == made, f"{path.relative_to(ROOT)} is stale: run 'make outputs'"


def test_nothing_else_is_stored() -> None:
    found = {path.relative_to(FOLDER).as_posix() for path in FOLDER.glob("*/*.json")}
    assert found == set(map(stored_in, MAKERS)), "run 'make outputs'"


def test_no_shorter_list_of_moves_breaks_a_rule() -> None:
    """Every list up to the stored one's length, without the guard; and with it the stored one."""
    moves = stored("stripe/without-fence")["moves"]
    assert guards.play(moves, guards.without_fence).broken
    assert not guards.play(moves).broken
    for length in range(len(moves)):
        for shorter in itertools.product(guards.MOVES, repeat=length):
            assert not guards.play(shorter, guards.without_fence).broken, shorter


def test_the_guard_holds() -> None:
    """With the guard in place no list of moves breaks a rule, as far as they are all tried."""
    for moves in itertools.product(guards.MOVES, repeat=4):
        assert not guards.play(moves).broken, moves


def test_the_window_of_the_chart_is_the_row_that_waits() -> None:
    """The rehearsal of the page counts the same deaths: 8 of them charged at `row_created`."""
    data = stored("stripe/duplicate-charges")
    columns, values = data["columns"], data["values"]
    window = [
        step for step, n in zip(columns["step"], columns["client’s key"], strict=True) if n > 1
    ]
    assert window == list(range(window[0], window[0] + 8))
    assert values == {
        "steps": 40, "new keys twice": 29, "no completer twice": 19, "client’s key twice": 8,
        "both keys twice": 0,
    }  # fmt: skip
    assert set(columns["both keys"]) == {1}
    assert min(columns["new keys"]) == 1, "every purchase is paid for in the end"
