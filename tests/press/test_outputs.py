"""Outputs: run and stored, then drawn and told in every edition without running anything."""

from __future__ import annotations

import builtins
import csv
import json
import re
import sys
import types
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from books import BOOK, DEATHS, FOUND, Sample
from casebook.literate import importing, running
from casebook.literate.programs import pages
from harness import Built, build, plain, write

PAGE = '''# Page

```{chunk} mini_made/experiments.py
:name: double
:caption: An experiment
:output: acme/double

"""Experiments."""


def double() -> dict[str, list[float] | float]:
    return {"x": [1, 2, 3], "y": [2 / 3, 4, 6], "last": 6}
```

```{chunk} mini_made/guards.py
:name: without-limit
:caption: A guard, and what is possible
:output: acme/without-limit

"""Guards."""

MOVES = ("wait", "add one", "add two")


class World:
    def __init__(self) -> None:
        self.limit, self.number = 3, 0

    def move(self, name: str) -> str:
        step = {"wait": 0, "add one": 1, "add two": 2}[name]
        self.number = min(self.limit, self.number + step)
        return str(self.number)

    def broken(self) -> str:
        return "more than three" if self.number > 3 else ""


def without_limit(world: World) -> None:
    world.limit = 100
```
'''


@pytest.fixture
def made(tmp_path: Path) -> Iterator[Any]:
    """Runs what a page says it makes: by file, as data."""
    hooks = list(sys.meta_path)

    def run(page: str) -> dict[str, Any]:
        write(tmp_path, {"index.md": page})
        for name in [name for name in sys.modules if name.startswith("mini_made")]:
            del sys.modules[name]
        sys.meta_path[:] = hooks
        found = list(pages(tmp_path))
        importing.install(found)
        return {one.file: json.loads(one.text) for one in running.made(found)}

    yield run
    sys.meta_path[:] = hooks


def test_an_experiment_is_run_and_rounded(made: Any) -> None:
    assert made(PAGE)["acme/double.json"] == {
        "columns": {"x": [1, 2, 3], "y": [0.666667, 4, 6]},
        "values": {"last": 6},
    }


def test_a_counterexample_is_found_and_shrunk(made: Any) -> None:
    assert made(PAGE)["acme/without-limit.json"] == {
        "moves": ["add two", "add two"],
        "guarded": ["2", "3"],
        "unguarded": ["2", "4"],
        "broken": "more than three",
    }


def test_a_text_is_stored_by_its_lines_without_what_differs(made: Any) -> None:
    page = PAGE.replace(
        'return {"x": [1, 2, 3], "y": [2 / 3, 4, 6], "last": 6}',
        'return "HTTP/1.1 200 OK\\nRequest-Id: req_7d3d217d3c0a2a62"',
    )
    assert made(page)["acme/double.json"] == {"text": ["HTTP/1.1 200 OK", "Request-Id: req_1"]}


def test_a_guard_that_guards_nothing_is_no_counterexample(
    made: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "TRIES", 500)  # there is nothing to be found
    with pytest.raises(LookupError, match=r"no list of moves breaks a rule.*: without_limit"):
        made(PAGE.replace("limit = 100", "limit = 3"))


def test_a_rule_that_breaks_with_the_guard_in_place_is_no_counterexample(made: Any) -> None:
    with pytest.raises(LookupError, match="more than three with the guard in place as well"):
        made(PAGE.replace("= 3, 0", "= 9, 0"))


def test_what_is_neither_number_nor_list_is_refused(made: Any) -> None:
    with pytest.raises(ValueError, match="'last' is neither a number nor a list"):
        made(PAGE.replace('"last": 6', '"last": None'))


@pytest.fixture
def samples(sample: Sample) -> dict[str, Built]:
    return {name: sample.built(name) for name in ("html", "latex", "text", "epub")}


def figure(page: str) -> str:
    return page[page.index("<figure") : page.index("</figure>")]


def test_a_chart_on_the_screen(samples: dict[str, Built]) -> None:
    shown = figure(samples["html"].text("found.html"))
    assert 'class="drawing w-640"' in shown
    assert 'role="img"' in shown
    assert "Bars of one, and one of two." in shown
    assert 'class="evidence evidence-modelled">modelled' in shown
    assert 'href="#chunk-deaths"' in shown
    assert "style=" not in shown
    # The name of each series and of the axis are words of the drawing.
    assert {"with", "without", "charges", "step"} <= set(re.findall(r"<text[^>]*>([^<]*)<", shown))


def test_the_numbers_of_a_chart_open_as_a_table_and_lie_in_a_file(
    samples: dict[str, Built],
) -> None:
    shown = figure(samples["html"].text("found.html"))
    table = shown[shown.index("<details") : shown.index("</details>")]
    assert plain(table).startswith("Numbers step with, charges without, charges 1 1 1 2 1 2")
    assert 'href="data/core/deaths.csv" download' in shown
    with (samples["html"].out / "data/core/deaths.csv").open(newline="") as file:
        assert list(csv.reader(file)) == [["step", "with", "without"], ["1"] * 3, ["2", "1", "2"]]


def test_long_data_is_a_file_alone(tmp_path: Path) -> None:
    columns = {name: list(range(40)) for name in ("step", "with", "without")}
    long = json.dumps({"columns": columns, "values": {"worst": 2}})
    write(tmp_path, BOOK | {"elite/outputs/core/deaths.json": long})
    built = build(tmp_path)
    assert built.warnings == []
    assert "<details" not in built.text("found.html")
    assert 'href="data/core/deaths.csv" download' in built.text("found.html")
    assert "40 rows, in data/core/deaths.csv ." in plain(built.text("gathered.html"))
    assert 'href="data/core/deaths.csv"' in built.text("gathered.html")
    words = build(tmp_path, "text").text("gathered.txt")
    assert '40 rows, in "data/core/deaths.csv" beside the web edition.' in words


def test_a_chart_on_paper(samples: dict[str, Built]) -> None:
    out = samples["latex"].out
    drawings = list(out.glob("chart-*.pdf"))
    assert len(drawings) == 1
    assert drawings[0].read_bytes().startswith(b"%PDF")
    source = samples["latex"].text(next(path.name for path in out.glob("*.tex")))
    assert f"\\sphinxincludegraphics[width=334bp]{{{{{drawings[0].stem}}}.pdf}}" in source
    # The list of figures has the sentence, without the source.
    assert "\\casebookshortcaption{Twice without a key" in source
    short = source.split("\\casebookshortcaption{Twice without a key")[1].split("\n")[0]
    assert "modelled" not in short


def test_a_chart_in_the_electronic_book_and_in_words(samples: dict[str, Built]) -> None:
    with zipfile.ZipFile(next(samples["epub"].out.glob("*.epub"))) as archive:
        (drawing,) = [name for name in archive.namelist() if "_images/chart-" in name]
        assert b"var(" not in archive.read(drawing)
        assert 'alt="Bars of one, and one of two."' in archive.read("found.xhtml").decode()
    words = samples["text"].text("found.txt")
    assert "Bars of one, and one of two." in words
    assert "modelled by ‹deaths›" in " ".join(words.split())


@pytest.mark.parametrize("edition", ["html", "text"])
def test_a_counterexample_is_told_move_by_move(edition: str, samples: dict[str, Built]) -> None:
    page = samples[edition].text(f"found.{'html' if edition == 'html' else 'txt'}")
    words = plain(page.replace("|", " "))
    words = re.sub(r"[+=-]{3,}\+?", " ", words)
    told = "worker 1 takes 1 owner 1 owner worker 2 takes refused 2 owners"
    assert told in " ".join(words.split())
    assert "Broken at the last move: a job has two owners." in " ".join(words.split())


def test_a_modelled_metric_names_its_program(samples: dict[str, Built]) -> None:
    page = samples["html"].text("found.html")
    row = page[page.index('id="metric-worst"') :]
    assert plain("<" + row[: row.index("</tr>")]).endswith("2 charges model modelled by ‹deaths›")
    derived = page[page.index('id="metric-twofold"') :]
    words = plain("<" + derived[: derived.index("</tr>")])
    assert words.endswith("4 charges model derived from modelled from ‹deaths›")


def test_without_matplotlib_the_numbers_are_shown_and_that_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without(name: str, *args: Any, **kwargs: Any) -> types.ModuleType:
        if name.partition(".")[0] == "matplotlib":
            raise ImportError(name)
        return real(name, *args, **kwargs)

    write(tmp_path, BOOK)
    monkeypatch.setattr(builtins, "__import__", without)
    built = build(tmp_path)
    assert built.warnings == [
        "found.md:29: The package 'matplotlib', which draws charts, is missing. "
        "The page shows its numbers instead. [casebook.no-renderer]"
    ]
    shown = figure(built.text("found.html"))
    assert "step with, charges without, charges 1 1 1 2 1 2" in plain(shown)


def test_a_chart_is_drawn_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from casebook.core.figures import chart_drawing

    drawn = []
    real = chart_drawing.draw
    monkeypatch.setattr(chart_drawing, "draw", lambda *a: drawn.append(a) or real(*a))
    write(tmp_path, BOOK)
    build(tmp_path)
    assert len(drawn) == 1
    write(tmp_path, {"found.md": FOUND + "\nMore words.\n"})
    assert "found" in build(tmp_path).written
    assert len(drawn) == 1
    write(tmp_path, {"elite/outputs/core/deaths.json": DEATHS.replace("[1, 2],", "[1, 3],")})
    build(tmp_path)
    assert len(drawn) == 2


def test_a_page_is_read_again_when_its_output_appears(tmp_path: Path) -> None:
    write(tmp_path, BOOK | {"elite/outputs/core/.keep": ""})
    path = tmp_path / "source" / "elite" / "outputs" / "core" / "deaths.json"
    text = path.read_text()
    path.unlink()
    missing = build(tmp_path).warnings
    assert missing
    assert all(
        "there is no stored output 'core/deaths'" in line or "worst" in line for line in missing
    )
    path.write_text(text)
    assert build(tmp_path).warnings == []


def test_files_of_numbers_that_nothing_shows_are_removed(tmp_path: Path) -> None:
    write(tmp_path, BOOK)
    built = build(tmp_path)
    assert (built.out / "data/core/deaths.csv").exists()
    start, end = FOUND.index("```{chart}"), FOUND.index("```{counterexample}")
    write(tmp_path, {"found.md": FOUND[:start] + FOUND[end:]})
    assert build(tmp_path).warnings == []
    assert not (built.out / "data/core/deaths.csv").exists()


def test_the_numbers_of_a_chart_that_is_shown_twice_are_listed_once(tmp_path: Path) -> None:
    chart = "```{chart} acme/double\n:type: line\n:x: x\n:y: y\n:caption: %s.\n:alt: a\n```\n\n"
    files = {
        "index.md": f"# Book\n\n{chart % 'At home'}```{{toctree}}\npage\nnumbers\n```\n",
        "page.md": PAGE.partition("```{chunk} mini_made/guards.py")[0] + chart % "In the study",
        "numbers.md": "# Numbers\n\n```{chart-data}\n```\n",
        "elite/outputs/acme/double.json": '{"columns": {"x": [1, 2], "y": [3, 4]}, "values": {}}',
    }
    write(tmp_path, files)
    listed = plain(build(tmp_path).text("numbers.html").partition("<article")[2])
    assert "In the study" in listed
    assert "At home" not in listed


def test_a_blank_name_is_none(tmp_path: Path) -> None:
    page = FOUND.replace(":type: bar", ":name:\n:type: bar")
    again = "# Again\n\n```{excerpt} found#chart-core-deaths\n:name:\n```\n"
    listed = "# Book\n\n```{toctree}\nfound\nagain\n```\n"
    write(tmp_path, {**BOOK, "found.md": page, "again.md": again, "index.md": listed})
    made = build(tmp_path)
    assert [line for line in made.warnings if "label" in line] == []
    assert 'id="chart-core-deaths"' in made.text("found.html")
    assert 'id="excerpt-again-1"' in made.text("again.html")
