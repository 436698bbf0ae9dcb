"""Charts that choose, that say, and of records: what each edition shows of them."""

from __future__ import annotations

import json
import re
import zipfile
from pathlib import Path

import pytest
from harness import Built, build, plain, write

DATA = {
    "columns": {
        "loss": [0, 0, 5, 5, 20, 20],
        "time": [0, 10] * 3,
        "heard": [50, 60, 47, 57, 40, 48],
        "sent": [55, 66] * 3,
    },
    "values": {"most": 66},
}
ROW = "- {{id: {}, label: {}, what: w, kind: {}, value: {}, as-of: {}, source: post, locator: l}}\n"
RECORDS = (
    "# Records\n\n```{metrics-table} Records\n"
    + ROW.format("early", "Early", "secondary", '"> 40e6 request"', 2021)
    + ROW.format("late", "Late", "reported", "90e6 request", 2023)
    + "- {id: twice, label: Twice, what: w, kind: derived, formula: 2 * late, unit: request}\n"
    + "```\n\n```{bibliography}\n```\n"
)
CHOOSING = """```{chart} acme/runs
:name: runs
:type: line
:x: time (s)
:y: sent (packets), heard (packets)
:choose: loss (%)
:shown: 5
:limit: 45 speech breaks up
:caption: What is heard.
:alt: Lines that rise.
```
"""
ALONE = CHOOSING.replace("name: runs", "name: alone").replace(":limit", ":print: 20 %\n:limit")
PAGE = f"""# Page

```{{chunk}} mini_made/experiments.py
:name: runs
:caption: An experiment
:output: acme/runs

def runs() -> dict[str, list[int] | int]:
    return {{}}
```

{CHOOSING}
{ALONE}
```{{chart}}
:name: growth
:type: line
:metrics: early, late, twice
:y: requests in a year
:caption: More each year.
:alt: Three points.
```
"""
BOOK: dict[str, str | None] = {
    "index.md": "# Book\n\n```{toctree}\npage\nrecords\nnumbers\n```\n",
    "page.md": PAGE,
    "records.md": RECORDS,
    "numbers.md": "# Numbers\n\n```{chart-data}\n```\n",
    "elite/outputs/acme/runs.json": json.dumps(DATA),
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("charts")
    write(folder, BOOK)
    return folder


@pytest.fixture(scope="module")
def builds(root: Path) -> dict[str, Built]:
    made = {name: build(root, name) for name in ("html", "singlehtml", "latex", "text", "epub")}
    assert [one.warnings for one in made.values()] == [[]] * 5
    return made


def figure(page: str, name: str) -> str:
    start = page.index(f'id="{name}"')
    return page[start : page.index("</figure>", start)]


def test_a_reader_chooses_among_drawings(builds: dict[str, Built]) -> None:
    shown = figure(builds["html"].text("page.html"), "runs")
    assert "<legend>Loss</legend>" in shown
    assert shown.count('<div class="choose-panel choose-printed">') == shown.count("<svg") == 3
    buttons = re.findall(r"<input ([^>]*)><label for=\"([^\"]*)\">([^<]*)</label>", shown)
    assert [label for _, _, label in buttons] == ["0 %", "5 %", "20 %"]
    assert [" checked" in own for own, _, _ in buttons] == [False, True, False]
    assert all(f'id="{target}"' in own for own, target, _ in buttons)
    assert len({re.findall(r'name="([^"]*)"', own)[0] for own, _, _ in buttons}) == 1
    assert "loss 20 %: What is heard." in shown
    # Names of limits and series are in each of them.
    words = re.findall(r"<text[^>]*>([^<]*)<", shown)
    assert words.count("speech breaks up") == words.count("heard") == 3
    assert "style=" not in shown


def test_all_its_numbers_are_in_the_table(builds: dict[str, Built]) -> None:
    shown = figure(builds["html"].text("page.html"), "runs")
    words = plain(shown[shown.index("<details") : shown.index("</details>")])
    assert words.startswith("Numbers loss, % time, s sent, packets heard, packets 0 0 55 50 0 10")
    listed = plain(builds["html"].text("numbers.html"))
    assert "loss, % time, s sent, packets heard, packets 0 0 55 50 0 10" in listed


@pytest.mark.parametrize("edition", ["html/page", "singlehtml/index"])
def test_no_id_stands_twice_on_a_page(edition: str, builds: dict[str, Built]) -> None:
    builder, page = edition.split("/")
    ids = re.findall(r'\bid="([^"]*)"', builds[builder].text(f"{page}.html"))
    assert len(set(ids)) == len(ids)


def test_only_pages_that_need_it_have_the_style_sheet(builds: dict[str, Built]) -> None:
    name = "casebook-choose.css"
    assert name in builds["html"].text("page.html")
    assert name in builds["singlehtml"].text("index.html")
    assert name not in builds["html"].text("records.html")
    assert (builds["html"].out / "_static" / name).exists()


def test_one_that_is_printed_alone_hides_the_others_in_print(builds: dict[str, Built]) -> None:
    shown = figure(builds["html"].text("page.html"), "alone")
    panels = re.findall(r'<div class="choose-panel( choose-printed)?">', shown)
    assert panels == ["", "", " choose-printed"]


def test_on_paper_and_in_the_electronic_book_nothing_is_pressed(builds: dict[str, Built]) -> None:
    assert len(list(builds["latex"].out.glob("chart-*.pdf"))) == 3
    with zipfile.ZipFile(next(builds["epub"].out.glob("*.epub"))) as archive:
        page = archive.read("page.xhtml").decode()
        drawings = [
            archive.read(name).decode() for name in archive.namelist() if "_images/chart-" in name
        ]
    assert "<input" not in page
    names = [re.findall(r">(loss \d+ %)<", drawing) for drawing in drawings]
    assert sorted(names) == [[], ["loss 0 %", "loss 5 %", "loss 20 %"], ["loss 20 %"]]
    assert builds["text"].text("page.txt").count("Lines that rise.") == 2


# --- records ---


def test_records_are_drawn_with_their_kinds_and_lead_to_their_rows(
    builds: dict[str, Built],
) -> None:
    shown = figure(builds["html"].text("page.html"), "growth")
    words = re.findall(r"<text[^>]*>([^<]*)<", shown)
    assert {"&gt;\N{NO-BREAK SPACE}40", "90", "180"} <= set(words)
    assert "requests in a year, million requests" in words
    caption = plain(shown[shown.index("<figcaption") : shown.index("</figcaption>")])
    assert "More each year. reported , secondary , derived" in caption
    table = shown[shown.index("<details") : shown.index("</details>")]
    first = "Numbers Measure As of Value Evidence Early 2021 &gt; 40 million requests secondary"
    assert plain(table).replace("\N{NO-BREAK SPACE}", " ").startswith(first)
    assert 'href="records.html#metric-early"' in table
    assert 'class="evidence evidence-derived"' in table


def test_records_are_listed_with_the_numbers_of_all_charts(builds: dict[str, Built]) -> None:
    page = builds["html"].text("numbers.html")
    assert 'href="page.html#growth"' in page
    assert page.count('href="records.html#metric-late"') == 1


def test_a_chart_of_records_in_other_editions(builds: dict[str, Built]) -> None:
    words = " ".join(builds["text"].text("page.txt").split())
    assert "Three points. More each year. reported, secondary, derived" in words
    tex = builds["latex"].text(next(p.name for p in builds["latex"].out.glob("*.tex")))
    assert "More each year." in tex


def test_a_chart_of_records_is_written_again_when_a_record_changes(tmp_path: Path) -> None:
    write(tmp_path, BOOK)
    build(tmp_path)
    write(tmp_path, {"records.md": RECORDS.replace("90e6", "95e6")})
    again = build(tmp_path)
    assert "page" in again.written
    assert again.read == ["records"]
    words = re.findall(r"<text[^>]*>([^<]*)<", figure(again.text("page.html"), "growth"))
    assert {"95", "190"} <= set(words)


def test_a_formula_that_cannot_be_computed_leaves_no_drawing(tmp_path: Path) -> None:
    records = RECORDS.replace("2 * late", "2 * nothing")
    write(tmp_path, BOOK | {"records.md": records})
    built = build(tmp_path)
    assert built.warnings == ["records.md:6: unknown metric 'nothing' [casebook.unknown-metric]"]
    assert "<svg" not in figure(built.text("page.html"), "growth")


def test_records_that_have_no_room_are_a_table(tmp_path: Path) -> None:
    page = PAGE.replace("line\n:metrics", "bar\n:metrics")
    records = RECORDS.replace("label: Early", "label: " + "A very long label " * 4)
    write(tmp_path, BOOK | {"page.md": page, "records.md": records})
    built = build(tmp_path)
    line = 1 + PAGE[: PAGE.index(":metrics")].count("\n")
    assert built.warnings == [
        f"page.md:{line}: The labels of the records are too long to stand beside their bars. "
        "[casebook.bad-chart]"
    ]
    assert 'href="records.html#metric-twice"' in figure(built.text("page.html"), "growth")


@pytest.mark.parametrize("builder", ["html", "latex"])
def test_without_matplotlib_records_are_a_table(
    builder: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from casebook.core.figures import record_drawing
    from casebook.core.figures.drawing import RendererMissing

    def missing(*_: object) -> None:
        raise RendererMissing("The package 'matplotlib', which draws charts, is missing.")

    monkeypatch.setattr(record_drawing, "draw", missing)
    write(tmp_path, BOOK)
    line = 1 + PAGE[: PAGE.index(":metrics")].count("\n")
    assert build(tmp_path, builder).warnings == [
        f"page.md:{line}: The package 'matplotlib', which draws charts, is missing. "
        "The page shows its numbers instead. [casebook.no-renderer]"
    ]
