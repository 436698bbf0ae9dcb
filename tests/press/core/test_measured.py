"""When and on what something was measured: what is stored, what is printed, what is too old."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest
from casebook.core.literate.measured import Measured, lacks_ratio, parse
from casebook.core.literate.stored_outputs import Output, read, written
from casebook.core.problems import Kind, Problem

HERE = {
    "date": "2026-11-30",
    "cores": 2,
    "python": "3.11.7",
    "machine": "x86_64",
    "system": "Linux",
    "versions": {"SQLite": "3.40.1"},
}
RUN = Measured(date(2026, 11, 30), 2, "3.11.7", "x86_64", "Linux", {"SQLite": "3.40.1"})
DATA = {"columns": {"n": [1, 2]}, "values": {"ms": 0.41, "ratio": 1.3}, "measured": HERE}
NO_RATIO = "'a/b' was measured and holds no ratio; run 'make measure ONE=a/b'"
NOT_SAID = "'a/b' does not say when and on what it was measured; run 'make measure ONE=a/b'"


def test_what_is_stored_is_read() -> None:
    assert read("a/b", written(DATA)) == Output("a/b", {"n": (1, 2)}, DATA["values"], RUN)
    assert json.loads(written(DATA)) == DATA
    computed = {part: DATA[part] for part in ("columns", "values")}
    assert read("a/b", written(computed)) == Output("a/b", {"n": (1, 2)}, DATA["values"])


def test_what_it_was_measured_on_breaks_at_commas_alone() -> None:
    assert RUN.where.split(" ") == [
        "on\N{NO-BREAK SPACE}2\N{NO-BREAK SPACE}cores,",
        "Python\N{NO-BREAK SPACE}3.11.7,",
        "SQLite\N{NO-BREAK SPACE}3.40.1",
    ]
    alone = Measured(date(2026, 1, 1), 1, "3.12", "arm64", "Darwin", {})
    assert alone.where.replace("\N{NO-BREAK SPACE}", " ") == "on 1 core, Python 3.12"


@pytest.mark.parametrize(
    "changed",
    [
        {"date": "30 November"}, {"date": 2026}, {"cores": 0}, {"cores": True}, {"cores": "2"},
        {"python": ""}, {"machine": None}, {"system": "a\nb"}, {"versions": [1]},
        {"versions": {"SQLite": 3}}, {"versions": {"": "3"}},
        *({name: ...} for name in HERE),
    ],
    ids=str,
)  # fmt: skip
def test_what_does_not_say_when_and_on_what(changed: dict[str, Any]) -> None:
    here = {k: v for k, v in {**HERE, **changed}.items() if v is not ...}
    text = json.dumps({**DATA, "measured": here})
    assert read("a/b", text) == Problem(Kind.BAD_OUTPUT, NOT_SAID)


@pytest.mark.parametrize("here", [None, [], 5, {}])
def test_no_machine_at_all(here: object) -> None:
    text = json.dumps({**DATA, "measured": here})
    assert read("a/b", text) == Problem(Kind.BAD_OUTPUT, NOT_SAID)


@pytest.mark.parametrize(
    ("names", "lacking"),
    [
        (["ms"], True), ([], True), (["ratios"], True), (["ratio of it"], True),
        (["ms", "ratio"], False), (["read ratio"], False),
    ],
)  # fmt: skip
def test_a_ratio_is_told_by_its_name(names: list[str], lacking: bool) -> None:
    values = dict.fromkeys(names, 2)
    assert lacks_ratio(values) is lacking
    found = read("a/b", written({**DATA, "values": values}))
    assert (found == Problem(Kind.BAD_OUTPUT, NO_RATIO)) is lacking


@pytest.mark.parametrize(
    ("today", "message"),
    [
        ("2026-11-30", ""),
        ("2028-05-30", ""),
        ("2028-05-31", "'a/b' was measured on 2026-11-30, over 18 months ago; "),
        ("2028-06-01", "'a/b' was measured on 2026-11-30, over 18 months ago; "),
        ("2026-11-29", ""),
        ("2026-11-28", "'a/b' was measured on 2026-11-30, which is yet to come; "),
    ],
)
def test_age(today: str, message: str) -> None:
    found = RUN.stale("a/b", date.fromisoformat(today))
    again = Problem(Kind.BAD_OUTPUT, message + "run 'make measure ONE=a/b'")
    assert found == (again if message else None)


def test_parsing_raises_what_reading_reports() -> None:
    assert parse(HERE) == RUN
    with pytest.raises(ValueError, match="'2' is no number of cores"):
        parse({**HERE, "cores": "2"})
