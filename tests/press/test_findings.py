"""Insights, decisions, claims and the inventory: what stands on the page, and what is gathered."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from books import BOOK, FOUND, INDEX, Sample
from harness import Built, build, plain, write


@pytest.fixture
def paper(sample: Sample) -> str:
    built = sample.built("latex")
    return built.text(next(path.name for path in built.out.glob("*.tex")))


def part(page: str, start: str, end: str) -> str:
    begin = page.index(start)
    return page[begin : page.index(end, begin)]


def test_an_insight_says_what_for_whom_and_from_where(site: Built) -> None:
    page = site.text("found.html")
    box = part(page, 'id="insight-early"', "</div>")
    assert plain("<" + box) == (
        "Practice 9.1 Keep the key of 5 million requests/day "
        "Store it, because the model says 2 charges . A read needs none [ Doe 2017 ] . "
        "For engineers and architects · Evidence: Doe 2017 , Jobs , "
        "modelled by ‹deaths› · Pattern: idempotency"
    )
    assert 'class="insight insight-practice admonition"' in page
    assert 'href="a.html#metric-jobs"' in box
    assert 'href="idempotency.html#idempotency"' in box


def test_an_insight_uses_its_patterns(site: Built) -> None:
    uses = part(site.text("idempotency.html"), 'id="idempotency-uses"', "</section>")
    assert "“Keep the key of 5 million requests/day”" in plain(uses)
    assert 'href="found.html#model"' in uses


def test_insights_are_numbered_by_study_and_gathered(site: Built) -> None:
    gathered = plain(site.text("gathered.html"))
    assert (
        "Core Practice 9.1 Keep the key of 5 million requests/day . For engineers and architects. "
        "Pattern: Idempotency . Pitfall 9.2 A second one . For leaders."
    ) in gathered
    assert 'href="found.html#insight-a-second-one"' in site.text("gathered.html")


def test_numbers_follow_the_order_of_chapters(tmp_path: Path) -> None:
    first = INDEX.replace("found\n", "").replace("\na\n", "\nfound\na\n")
    write(tmp_path, BOOK | {"index.md": first})
    built = build(tmp_path)
    assert "Practice 1.1" in plain(built.text("found.html"))
    assert "Practice 1.1 Keep" in plain(built.text("gathered.html"))


def test_a_page_without_a_number_counts_all_the_same(tmp_path: Path) -> None:
    write(tmp_path, BOOK | {"index.md": INDEX.replace(":numbered: 3\n", "")})
    assert "Practice 1 Keep" in plain(build(tmp_path).text("found.html"))


def test_an_insight_can_be_linked_to_and_searched_for(tmp_path: Path) -> None:
    linked = "\n[Keep it](#insight-early), and [do not](#insight-erly).\n"
    write(tmp_path, BOOK | {"b.md": f"{BOOK['b.md']}{linked}"})
    built = build(tmp_path)
    assert len(built.warnings) == 1
    assert "'myst' cross-reference target not found: 'insight-erly'" in built.warnings[0]
    assert 'href="found.html#insight-early"' in built.text("b.html")
    assert "insight-a-second-one" in built.text("searchindex.js")


def test_a_matrix_shows_totals_the_choice_and_what_would_change_it(site: Built) -> None:
    page = site.text("found.html")
    table = part(page, '<table class="', "</table>")
    tables = re.findall(r"<table.*?</table>", page, re.S)
    (table,) = [t for t in tables if "decision-matrix" in t]
    assert plain(table) == (
        "Table 9.3 How to [ Doe 2017 ] order ¶ Criterion Weight Arrival In turns chosen "
        "Easy to prove 3 5 3 Fair 2 1 4 Weighted total 5 17 17 Weighted mean, of 5 3.4 3.4"
    )
    assert len(re.findall(r'<t[dh] class="[^"]*\bchosen\b', table)) == 5
    after = plain(page[page.index("Scores run from") : page.index('id="insight-early"')])
    assert "Scores and weights are the judgement of this book’s authors" in after
    assert "“Arrival” and “In turns” share the lead" in after
    assert "Fair Weight 2 : says [ Doe 2017 ] . Arrival 1 : a batch." in after


def test_a_choice_against_the_weights_is_called_one(tmp_path: Path) -> None:
    write(tmp_path, BOOK | {"found.md": FOUND.replace("weight: 3", "weight: 4")})
    words = plain(build(tmp_path).text("found.html"))
    assert (
        "By these weights “Arrival” would come first, which is not what was chosen. "
        "“In turns” would come before “Arrival” if the weight of “Fair” rose from 2 to more than "
        "2.67; no smaller change of one weight does it."
    ) in words


def test_a_claim_has_its_verdict_what_to_cite_and_sources(site: Built) -> None:
    page = site.text("found.html")
    claims = re.findall(r'<li class="claim" id="claim-\d">.*?</li>', page, re.S)
    assert [plain(claim) for claim in claims] == [
        "unsupported “It has 500 million jobs” It has 5 million requests/day .",
        "contradicted “It is fast” It is slow. Doe 2017 , Acme 2024",
    ]
    assert 'class="verdict verdict-contradicted"' in claims[1]
    gathered = site.text("gathered.html")
    assert "unsupported “It has 500 million jobs” It has 5 million requests/day." in plain(gathered)
    assert 'href="found.html#claim-2"' in gathered


def test_on_paper_labels_hang(paper: str) -> None:
    assert r"\casebookinsight{practice}{Practice 9.1}" in paper
    assert r"\begin{sphinxuseclass}{insight}" in paper
    assert r"\casebookverdict{contradicted}" in paper
    assert r"\begin{sphinxuseclass}{reasons}" in paper


# --- the inventory, against what stands on the page ---


def counted(page: str) -> dict[str, int]:
    """The elements of a built page, as a reader would count them."""
    article = part(page, "<body", "</body>")
    shown = re.sub(
        r'<details class="(data|chunk-imports)[^>]*>.*?</details>', "", article, flags=re.S
    )
    tables = re.findall(r"<table[^>]*>", shown)
    matrices = [table for table in tables if "decision-matrix" in table]
    listings = re.findall(r'id="chunk-[a-z0-9-]*?(--\d+)?"', shown)
    found = {
        "diagrams": len(re.findall(r"<figure[^>]*\bdiagram\b", shown)),
        "charts": len(re.findall(r"<figure[^>]*\bchart\b", shown)),
        "tables": len(tables) - len(matrices),
        "decision_matrices": len(matrices),
        "listings": sum(not later for later in listings),
        "sessions": len(re.findall(r'<div class="session\b', shown)),
        "metrics": len(set(re.findall(r'id="(metric-[a-z0-9-]+)"', shown))),
        "insights": len(re.findall(r'<div class="[^"]*\binsight insight-', shown)),
        "claims": len(re.findall(r'<li class="claim"', shown)),
        "pattern_links": len(re.findall(r'<span class="pattern">', shown)),
    }  # fmt: skip
    kinds = ("tables", "listings", "decision_matrices")
    pictures = found["diagrams"] + found["charts"]
    visuals = pictures + sum(found[kind] for kind in kinds)
    return {"visuals": visuals, "pictures": pictures, **found}


def test_the_inventory_is_what_the_pages_show(site: Built) -> None:
    data: dict[str, Any] = json.loads(site.text("data/inventory.json"))
    assert set(data["studies"]) == {"a", "b", "found"}
    for name, counts in data["studies"].items():
        shown = counted(site.text(f"{name}.html"))
        assert {kind: counts[kind] for kind in shown} == shown, name
    for kind, number in data["total"].items():
        if kind != "patterns":
            assert number == sum(counts[kind] for counts in data["studies"].values())
    # Two studies use one pattern.
    assert [counts["patterns"] for counts in data["studies"].values()] == [1, 0, 1]
    assert data["total"]["patterns"] == 1


EVERY_KIND = """
```{mermaid}
:name: every-picture
:caption: A picture.
:alt: One box.

flowchart LR
  a["one"]
```

````{container} stepper
| step | state |
|---|---|
| 1 | new |
````

```{table} Steps
:class: stepper

| step | state |
|---|---|
| 1 | new |
```

````{container} output-marked
    HTTP/1.1 200 OK
````

````{container} excerpt
```{container} output-marked
again
```

| step | state |
|---|---|
| 1 | new |
````

| a table | |
|---|---|
| 1 | 2 |

```{chunk} core/every.py
:name: imports
:caption: What only imports.

import os
```

```{chunk} core/every.py
:name: first-lines
:caption: More imports, and then code.

import sys
```

```{chunk}
:append: first-lines
:caption: The code.

HERE = os.name + sys.platform
```

```{session}
>>> 1
1
```
"""


def test_each_kind_is_counted_apart_and_excerpts_are_not(tmp_path: Path) -> None:
    index = "# Home\n\n```{toctree}\nb\n```\n"
    write(tmp_path, {"index.md": index, "b.md": f"---\nstudy: B\n---\n# Every kind\n{EVERY_KIND}"})
    built = build(tmp_path)
    assert built.warnings == []
    found = json.loads(built.text("data/inventory.json"))["studies"]["b"]
    assert {kind: number for kind, number in found.items() if number} == {
        "visuals": 6,
        "pictures": 4,
        "diagrams": 1,
        "steppers": 2,
        "marked_outputs": 1,
        "tables": 1,
        "listings": 1,
        "sessions": 1,
    }


def test_the_table_of_the_inventory_holds_the_same(site: Built) -> None:
    data = json.loads(site.text("data/inventory.json"))
    words = plain(part(site.text("gathered.html"), "What is held", "</table>"))
    found = data["studies"]["found"]
    assert f"Visual elements 1 2 {found['visuals']} {data['total']['visuals']}" in words
    assert found["visuals"] == 6


def test_exports_hold_what_was_written(site: Built) -> None:
    first, second = json.loads(site.text("data/insights.json"))["insights"]
    assert (first["label"], second["label"]) == ("Core 1", "Core 2")
    assert first["evidence"] == [{"source": "post"}, {"metric": "jobs"}, {"output": "core/deaths"}]
    said = (
        "Store it, because the model says 2\N{NO-BREAK SPACE}charges. A read needs none [Doe 2017]."
    )
    assert first["text"] == said
    (decision,) = json.loads(site.text("data/decisions.json"))["decisions"]
    assert (decision["chosen"], decision["leaders"]) == ("turns", ["arrival", "turns"])
    assert [option["total"] for option in decision["options"]] == [17, 17]
    claims = json.loads(site.text("data/claims.json"))["claims"]
    assert claims[0]["instead"] == "It has 5\N{NO-BREAK SPACE}million requests/day."
    assert claims[1]["sources"] == ["post", "home"]
    chunks = {
        chunk["anchor"]: chunk for chunk in json.loads(site.text("data/chunks.json"))["chunks"]
    }
    assert chunks["chunk-deaths"]["output"] == "core/deaths"
    assert chunks["chunk-add"]["uses"] == ["sum"]
    assert chunks["chunk-more--2"]["code"] == "MOST = 2\n"
