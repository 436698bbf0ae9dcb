"""Steppers in every edition: a table of some steps, and all of them as data where a script is."""

from __future__ import annotations

import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from harness import Built, build, plain, write

STATES = {
    "event": ["Nothing", "It’s <stored>", 'It\'s "paid"'],
    "key": ["", "started", "started"],
    "paid": [0, 0, 1500],
}
PAGE = """# Page

```{chunk} mini_acme/experiments.py
:name: crashes
:caption: An experiment
:output: acme/crashes

def crashes() -> dict[str, list[str] | list[int]]:
    return {}
```

```{stepper} acme/crashes
:columns: paid, key
:step: event
:phases: 1..1 nothing; 2..3 the & money
:print: 1, 3
:caption: It dies, and [says](#chunk-crashes) so.
```

As [](#stepper-acme-crashes) shows.
"""
BOOK = {
    "index.md": "# Book\n\n```{toctree}\npage\nplain\n```\n",
    "page.md": PAGE,
    "plain.md": "# Plain\n\nThere is {reading-time}`page`.\n",
    "elite/outputs/acme/crashes.json": json.dumps({"columns": STATES, "values": {}}),
}


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    root = tmp_path_factory.mktemp("steppers")
    write(root, BOOK)
    return {name: build(root, name) for name in ("html", "latex", "text", "epub")}


def told(built: Built, name: str) -> str:
    return " ".join(re.sub(r"[|+]|[=-]{3,}", " ", plain(built.text(name))).split())


def test_no_edition_complains(editions: dict[str, Built]) -> None:
    assert [built.warnings for built in editions.values()] == [[]] * len(editions)


@pytest.mark.parametrize(("edition", "name"), [("html", "page.html"), ("epub", "page.xhtml")])
def test_some_steps_are_a_table(editions: dict[str, Built], edition: str, name: str) -> None:
    words = html.unescape(told(editions[edition], name))
    assert "Step paid key 1 Nothing; nothing 0 – 3 It’s “paid”; the & money 1,500 started " in words
    assert "started modelled by ‹crashes› As " in words


def test_plain_text_has_the_table_alone(editions: dict[str, Built]) -> None:
    words = told(editions["text"], "page.txt")
    assert "Step paid key 1 Nothing; nothing 0 – 3" in words
    assert "modelled by ‹crashes›" in words
    assert "stored" not in words


def test_paper_has_the_table_alone(editions: dict[str, Built]) -> None:
    tex = next(editions["latex"].out.glob("*.tex")).read_text(encoding="utf-8")
    assert r"\begin{longtable}" in tex
    assert "1,500" in tex
    assert "stored" not in tex


def steps(page: str) -> Any:
    [data] = re.findall(r"data-steps='([^']*)'", page)
    return json.loads(html.unescape(data))


def test_all_steps_are_data_of_the_page(editions: dict[str, Built]) -> None:
    assert steps(editions["html"].text("page.html")) == {
        "columns": ["paid", "key"],
        "states": [["0", ""], ["0", "started"], ["1,500", "started"]],
        "events": STATES["event"],
        "phases": [[1, 1, "nothing"], [2, 3, "the & money"]],
    }
    assert "data-steps" not in editions["epub"].text("page.xhtml")


def test_only_pages_with_a_stepper_load_its_files(editions: dict[str, Built]) -> None:
    site, book = editions["html"], editions["epub"]
    for name in ("casebook-stepper.css", "casebook-stepper.js"):
        assert (site.out / "_static" / name).exists()
        assert name in site.text("page.html")
        assert name not in site.text("plain.html")
        assert not (book.out / "_static" / name).exists()
        assert name not in book.text("page.xhtml")


def test_it_is_numbered_as_a_table_and_linked_by_its_caption(editions: dict[str, Built]) -> None:
    page = editions["html"].text("page.html")
    [table] = re.findall(r'<div class="stepper[^"]*">.*?<table[^>]*>', page, re.S)
    assert 'id="stepper-acme-crashes"' in table
    assert "Table 1" in plain(page)
    assert "As It dies, and says so. shows." in plain(page)


def test_another_output_makes_another_page(tmp_path: Path) -> None:
    write(tmp_path, BOOK)
    build(tmp_path)
    changed = STATES | {"key": ["", "started", "finished"]}
    path = "elite/outputs/acme/crashes.json"
    write(tmp_path, {path: json.dumps({"columns": changed, "values": {}})})
    built = build(tmp_path)
    assert "plain" not in built.written
    assert steps(built.text("page.html"))["states"][2] == ["1,500", "finished"]
