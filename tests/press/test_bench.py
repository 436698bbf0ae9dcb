"""The benchmark compares like with like, and its page says what was measured and missed."""

from __future__ import annotations

import platform
import re
from dataclasses import replace
from pathlib import Path

import pytest
from bench import Diagrams, Pair, Result, Run, changed, machine, main, page, turns
from benchbook import FURTHER, fences, plain, registered, synthetic, write
from bs4 import BeautifulSoup
from harness import Built, build
from harness import write as lay_out

STUDIES = 3


@pytest.fixture(scope="module")
def books(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    root, known = tmp_path_factory.mktemp("bench"), registered()
    files = synthetic(STUDIES, known)
    write(root / "press", files, press=True)
    write(root / "plain", plain(files, known), press=False)
    return {kind: build(root / kind) for kind in ("press", "plain")}


def test_a_made_up_book_and_its_twin_build_without_a_warning(books: dict[str, Built]) -> None:
    assert {kind: book.warnings for kind, book in books.items()} == {"press": [], "plain": []}
    # The one is the press's work, and the other is not.
    assert (books["press"].out / "data" / "metrics.json").exists()
    assert not (books["plain"].out / "data").exists()
    assert 'class="tooltips"' in books["press"].text("elite/s000.html")
    assert 'class="tooltips"' not in books["plain"].text("elite/s000.html")


def counts(book: Built, name: str) -> dict[str, int]:
    """What a reader finds on a page: words outside tables and listings, and the others."""
    article = BeautifulSoup(book.text(name), "html.parser").article
    assert article
    # What the press notes on links, and what only it knows of the code, is no part of the text.
    for aside in article.select(".tooltips, .chunk-foot, .as-written, .package-download"):
        aside.decompose()
    found = {
        "tables": len(article.select("table")),
        "rows": len(article.select("tr")),
        "listings": len(article.select("pre")) + len(article.select(".drawing")),
        "links": len(article.select("a.reference.internal")),
        "cells": sum(len(cell.get_text().split()) for cell in article.select("td, th")),
    }
    for other in article.select("table, pre, svg, .headerlink, .enlarged, .figure-actions"):
        other.decompose()
    return found | {"words": len(article.get_text(" ").split())}


SAME = ("tables", "rows", "listings")
LESS = {"words": 0.15, "cells": 0.15, "links": 0.15}
"""How far the twin may fall short: it says dates in figures, and no source of a derived one."""


@pytest.mark.parametrize("name", ["elite/s001.html", "patterns.html", "reference.html"])
def test_a_twin_has_the_same_content(books: dict[str, Built], name: str) -> None:
    press, twin = (counts(books[kind], name) for kind in ("press", "plain"))
    assert {what: twin[what] for what in SAME} == {what: press[what] for what in SAME}
    for what, share in LESS.items():
        # Never more than the press, or plain Sphinx would be made slow.
        assert (1 - share) * press[what] <= twin[what] <= press[what], (what, press, twin)


def test_a_study_uses_what_the_press_has_and_a_twin_none_of_it() -> None:
    known = registered() | set(FURTHER)
    few, all_of_it = synthetic(STUDIES, set()), synthetic(STUDIES, known)
    for name in FURTHER:
        assert f"{{{name}}}" not in few["elite/s001.md"]
        assert f"{{{name}}}" in all_of_it["elite/s001.md"]
    twin = plain(all_of_it, known)
    assert set(twin) == set(all_of_it)
    for path, text in twin.items():
        assert not known & set(re.findall(r"\{([a-z-]+)\}", text)), path
    assert {fence.name for fence in fences("", twin["elite/s001.md"])} == {"bibliography"}


def test_a_twin_leaves_examples_alone_and_lists_what_it_does_not_know() -> None:
    example = "````markdown\n```{chunk} a/b.py\n```\n````\n\nA `` {metric}`x` ``.\n"
    new = "```{new} Words\n:name: it\n:caption: See\n\ncode\n```\n"
    made = plain({"a.md": f"{example}\n{new}"}, {"chunk", "metric", "new"})["a.md"]
    assert made.startswith(example)
    assert made.endswith("~~~{code-block} none\n:name: it\n:caption: See\n\ncode\n~~~\n")


def test_the_tool_asks_for_one_page() -> None:
    assert main([]) == main(["--quick"]) == main(["a.md", "b.md"])
    assert main([]).startswith("Usage:")


def test_builds_take_turns(tmp_path: Path) -> None:
    seen: list[tuple[str, int]] = []

    def once(book: Path, number: int) -> Run:
        seen.append((book.name, number))
        return Run(len(seen), 0, 0)

    pair = turns(3, once, (tmp_path / "press", tmp_path / "plain"))
    assert seen == [(kind, number) for number in range(3) for kind in ("press", "plain")]
    assert (pair.press, pair.plain, pair.added) == (3, 4, -1)


def test_only_one_paragraph_is_changed_and_each_time_otherwise(tmp_path: Path) -> None:
    before = synthetic(2, set())["elite/s001.md"]
    first = changed(before, 1)
    second = changed(first, 2)
    assert second == changed(before, 2) != first
    differing = [line for line in first.splitlines() if line not in before.splitlines()]
    assert [line[-12:] for line in differing] == [". Changed 1."]


def pair(plain: float, press: float, read: int = 0) -> Pair:
    return Pair([Run(press, press, read)], [Run(plain, plain, 1)])


GOOD = Result(
    book=pair(2, 2.5),
    made_up={10: pair(1, 1.4), 100: pair(10, 13), 300: pair(50, 59)},
    uncollected={10: pair(1, 1.2), 100: pair(9, 11), 300: pair(40, 46)},
    again=100,
    unchanged=pair(1, 1.1),
    changed=pair(2, 2.5, read=1),
    diagrams=Diagrams(18, 0.0071, 0.04),
    machine={"Processor": "a fast one", "Measured on": "2026-11-25"},
)


def test_the_page_has_its_tables_and_says_what_was_not_measured() -> None:
    text = page(GOOD)
    assert text.startswith("# What the press costs\n")
    assert "| this book | 1 | 2 | 2.5 | 0.5 | 0.25 | 0.5 |" in text
    assert "| 300 studies | 1 | 50 | 59 | 9 | 0.18 | 9 |" in text
    assert "| 10 to 100 | 100 | 28.9 | 20 |" in text
    assert "| nothing changed | 1 | 1.1 | 1.1 | 1 | 0 |" in text
    assert "| one paragraph changed | 2 | 2.5 | 1.25 | 1 | 1 |" in text
    assert "| the press | 7.1 | 1 |" in text
    assert text.count("not measured here") == 2
    assert text.count("It is met.") == 4
    assert "missed" not in text
    assert "quick run" not in text
    assert text.endswith("| Processor | a fast one |\n| Measured on | 2026-11-25 |\n")


def test_the_page_says_where_a_goal_is_missed() -> None:
    bad = replace(
        GOOD,
        made_up={10: pair(1, 1.4), 100: pair(10, 13), 300: pair(50, 80)},
        unchanged=pair(1, 1.3),
        changed=pair(2, 2.5, read=7),
        diagrams=Diagrams(18, 0.03, 0.04, mmdc=2.1, mmdc_together=0.3),
        quick=True,
    )
    assert "its charts" not in page(bad)
    text = page(bad)
    assert re.findall(r"It is missed: (.*)\.\n", text) == [
        "300 studies, 0.6",
        "135 ms after 28.9 ms, without the collector 20 ms after 20 ms",
        "1.3 times", "7 pages", "70 times",
    ]  # fmt: skip
    assert "not measured here" not in text
    assert "| mermaid-cli, a process for each diagram | 2,100 | 70 |" in text
    assert "quick run" in text
    assert "its charts: matplotlib" in page(replace(GOOD, book=pair(2, 3.5)))
    two = page(replace(GOOD, made_up=(two := {3: pair(1, 1), 6: pair(2, 2)}), uncollected=two))
    assert "Two sizes do not show the growth." in two


def test_the_page_builds_in_the_book(tmp_path: Path) -> None:
    lay_out(tmp_path, {"index.md": page(GOOD)})
    built = build(tmp_path)
    assert built.warnings == []
    assert built.text("index.html").count("<table") == 5


def test_the_machine_is_told_without_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.delenv("MMDC", raising=False)
    told = machine()
    assert told["mermaid-cli"] == "not installed"
    assert re.fullmatch(r"\d{4}-\d\d-\d\d", told["Measured on"])
    assert {"Processor", "Cores", "Memory", "System", "Python", "Sphinx", "typst"} <= set(told)
    assert platform.node() not in told.values()
