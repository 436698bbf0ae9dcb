"""Measurements: made by the clock, stored with their day and machine, and labelled everywhere."""

from __future__ import annotations

import importlib
import json
import re
import sys
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import measure
import outputs
import pytest
from casebook.literate import running
from harness import Built, build, plain, write

PROGRAM = '''# Home

```{toctree}
away
```

```{chunk} mini_timed/costs.py
:name: cost
:caption: What it costs
:measure: acme/cost

"""Costs."""


def cost() -> dict[str, object]:
    versions = {"SQLite": "3.40"}
    columns = {"n": [1, 2], "ms": [2, 4]}
    return columns | {"slow": 4.5, "read ratio": 2, "versions": versions}
```

```{chunk} mini_timed/model.py
:name: model
:caption: What it computes
:output: acme/model

"""Models."""


def model() -> dict[str, int]:
    return {"most": 7}
```
'''
SHOWN = """
```{chart} acme/cost
:type: bar
:x: n
:y: ms (ms)
:caption: It costs more.
:alt: Two bars.
```

```{metrics-table} Costs
- {id: times, label: Times, what: w, kind: measured, output: acme/cost#read ratio, unit: ratio}
- {id: slow, label: Slow, what: w, kind: measured, output: acme/cost#slow, unit: ms}
- {id: most, label: Most, what: w, kind: modelled, output: acme/model#most, unit: request}
- {id: both, label: Both, what: w, kind: derived, formula: most * times, unit: request}
```

```{insight} Look before you store
:kind: lesson
:audience: engineer
:evidence: acme/cost

It is [slow](#home): a look is cheap. Not on paper.
```
"""
AWAY = "# Away\n\nIt takes {metric}`times` as long, {metric}`slow`.\n"
HERE = {
    "date": "2026-11-30", "cores": 2, "python": "3.11.7", "machine": "x86_64", "system": "Linux",
    "versions": {"SQLite": "3.40"},
}  # fmt: skip
COST = {"columns": {"n": [1, 2], "ms": [2, 4]}, "values": {"slow": 4.5, "read ratio": 2}}
BOOK: dict[str, str | None] = {
    "index.md": PROGRAM + SHOWN,
    "away.md": AWAY,
    "elite/outputs/acme/model.json": '{"columns": {}, "values": {"most": 7}}',
    "elite/outputs/acme/cost.json": json.dumps({**COST, "measured": HERE}),
}
WHERE = "on 2 cores, Python 3.11.7, SQLite 3.40, by ‹cost›"


def words(text: str) -> str:
    return " ".join(plain(text).replace("\N{NO-BREAK SPACE}", " ").split())


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    root = tmp_path_factory.mktemp("measured")
    write(root, BOOK)
    made = {builder: build(root, builder) for builder in ("html", "latex", "text")}
    assert {one: result.warnings for one, result in made.items()} == {one: [] for one in made}
    return made


def test_a_chart_says_when_and_on_what_it_was_measured(built: dict[str, Built]) -> None:
    page = built["html"].text("index.html")
    caption = re.findall(r"<figcaption>.*?</figcaption>", page, re.S)[0]
    assert f"It costs more. measured 30 Nov 2026 {WHERE}" in words(caption)
    assert "modelled" not in words(caption)
    assert f"measured 30 Nov 2026 {WHERE}" in words(built["text"].text("index.txt"))


def test_a_row_has_the_day_and_the_machine(built: dict[str, Built]) -> None:
    page = built["html"].text("index.html")
    rows = {name: page[page.index(f'id="metric-{name}"') :].partition("</tr>")[0] for name in
            ("times", "both")}  # fmt: skip
    assert words("<" + rows["times"]).endswith(f"2 × 30 Nov 2026 measured {WHERE}")
    assert "evidence-measured" in rows["times"]
    assert words("<" + rows["both"]).endswith(
        "14 requests 30 Nov 2026 derived from measured from ‹model› , ‹cost›"
    )


def test_the_note_of_a_link_says_the_same(built: dict[str, Built]) -> None:
    page = built["html"].text("away.html")
    note = page[page.index('id="tooltip-metric-slow"') :].partition("</li>")[0]
    assert words("<" + note).endswith(f"Slow: 4.5 ms , 30 Nov 2026 w measured · {WHERE}")


def test_an_insight_rests_on_what_was_measured(built: dict[str, Built]) -> None:
    assert "Evidence: measured by ‹cost›" in words(built["html"].text("index.html"))


def test_paper_has_a_mark_of_its_own(built: dict[str, Built]) -> None:
    paper = built["latex"].text(next(path.name for path in built["latex"].out.glob("*.tex")))
    assert r"\casebookmark{measured}" in paper
    assert r"\DUrole{evidence-measured}" in paper


def test_what_is_measured_again_is_shown_on_every_page(tmp_path: Path) -> None:
    write(tmp_path, BOOK)
    build(tmp_path)
    again = {**COST, "measured": {**HERE, "date": "2026-12-24"}}
    write(tmp_path, {"elite/outputs/acme/cost.json": json.dumps(again)})
    result = build(tmp_path)
    assert (result.read, result.warnings) == (["index"], [])
    assert "24 Dec 2026" in words(result.text("away.html"))


# --- measuring ---


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Path]:
    """A book of two programs, of which nothing is stored yet."""
    hooks = list(sys.meta_path)
    files = {"index.md": PROGRAM, "away.md": "# Away\n"}
    write(tmp_path, files)
    (tmp_path / "conf.py").write_text("", encoding="utf-8")
    yield tmp_path
    sys.meta_path[:] = hooks
    for name in [name for name in sys.modules if name.startswith("mini_timed")]:
        del sys.modules[name]


def stored(book: Path) -> dict[str, str]:
    folder = book / outputs.FOLDER / "acme"
    return {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*"))}


def test_make_measure_stores_the_day_and_the_machine(
    book: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert measure.main([], book) == ""
    found = stored(book)
    assert list(found) == ["cost.json"], "what is computed is left alone"
    data = json.loads(found["cost.json"])
    assert {part: data[part] for part in COST} == COST
    assert list(data["measured"]) == list(HERE)
    assert data["measured"]["date"] == date.today().isoformat()
    assert data["measured"]["versions"] == {"SQLite": "3.40"}
    assert f"acme/cost: {found['cost.json']}" in capsys.readouterr().out


def test_make_outputs_neither_runs_nor_removes_what_is_measured(book: Path) -> None:
    outputs.main(book)
    assert list(stored(book)) == ["model.json"]
    folder = book / outputs.FOLDER / "acme"
    (folder / "cost.json").write_text("as it was", encoding="utf-8")
    (folder / "gone.json").write_text("of no chunk", encoding="utf-8")
    outputs.main(book)
    assert list(stored(book)) == ["cost.json", "model.json"]
    assert stored(book)["cost.json"] == "as it was"


def test_nothing_is_run_or_removed_while_a_page_cannot_be_read(book: Path) -> None:
    assert outputs.main(book) == measure.main([], book) == ""
    before = stored(book)
    write(book, {"index.md": PROGRAM.replace("def cost", "def costs")})
    told = "source/index.md:7: a chunk that makes 'acme/cost' names its file and defines 'cost'"
    assert outputs.main(book) == measure.main([], book) == told
    assert stored(book) == before


def test_one_is_measured_by_its_name(book: Path) -> None:
    assert measure.main(["acme/cots"], book) == (
        "no chunk measures 'acme/cots'; did you mean 'acme/cost'?"
    )
    assert measure.main(["acme/model"], book).startswith("no chunk measures 'acme/model'")
    assert stored(book) == {}
    assert measure.main(["acme/cost"], book) == ""
    assert list(stored(book)) == ["cost.json"]


def test_a_book_may_measure_nothing(book: Path) -> None:
    write(book, {"index.md": "# Home\n"})
    assert measure.main([], book).startswith("no chunk measures anything")


def test_a_busy_machine_is_told(
    book: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "cores", lambda: 4)
    for load, told in ((2.0, False), (2.1, True)):
        monkeypatch.setattr(measure, "_load", lambda load=load: load)
        assert measure.main([], book) == ""
        said = capsys.readouterr().out
        assert ("Other programs are running (load 2.1): measure again" in said) is told


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"read ratio": 2, ', ""),
        ('{"SQLite": "3.40"}', '{"SQLite": 3}'),
        ('{"SQLite": "3.40"}', "3"),
    ],
)
def test_times_without_a_ratio_or_with_odd_versions_are_not_stored(
    book: Path, old: str, new: str
) -> None:
    write(book, {"index.md": PROGRAM.replace(old, new)})
    importlib.invalidate_caches()
    message = "acme/cost: 'ratio' is missing among the values, or 'versions' is no dictionary"
    with pytest.raises(ValueError, match=message):
        measure.main([], book)
    assert stored(book) == {}
