"""Paragraphs that no source says: a word before them in every edition, and an end that is seen."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from harness import Built, build, plain, write

PAGE = """# Page

Before.

:::{evidence} not-public
One, as {cite}`post` says nothing.

Two.
:::

```{evidence} inferred
Three.
```

After.

```{bibliography}
```
"""
PROOF = "# Proof\n\n(evidence-inferred)=\n\nIt follows.\n"
BOOK = {
    "index.md": "# Book\n\n```{toctree}\npage\nproof\n```\n",
    "page.md": PAGE,
    "proof.md": PROOF,
}
PLAIN = "\ncasebook_design = False\nhtml_theme = 'alabaster'\nlatex_elements = {'fontpkg': ''}\n"


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    root = tmp_path_factory.mktemp("evidence")
    write(root, BOOK)
    return {name: build(root, name) for name in ("html", "latex", "text", "epub")}


def tex(built: Built) -> str:
    return next(built.out.glob("*.tex")).read_text(encoding="utf-8")


def test_no_edition_complains(editions: dict[str, Built]) -> None:
    assert [built.warnings for built in editions.values()] == [[]] * len(editions)


@pytest.mark.parametrize(("edition", "name"), [("html", "page.html"), ("epub", "page.xhtml")])
def test_a_word_stands_before_all_that_it_covers(
    editions: dict[str, Built], edition: str, name: str
) -> None:
    page = editions[edition].text(name)
    first, second = re.findall(r'<div class="evidence-block ([^>]*)>(.*?)</div>', page, re.S)
    assert first[0].startswith("evidence-not-public")
    assert plain(first[1]) == "not public One, as [ Doe 2017 ] says nothing. Two."
    assert plain(second[1]) == "inferred Three."


def test_a_word_links_to_its_place_if_there_is_one(editions: dict[str, Built]) -> None:
    page = editions["html"].text("page.html")
    assert re.findall(r'<p class="hang-label rubric"><a [^>]*href="([^"]*)"', page) == [
        "proof.html#evidence-inferred"
    ]
    assert '<p class="hang-label rubric">not public</p>' in page


def test_a_place_that_comes_or_goes_changes_the_word(tmp_path: Path) -> None:
    write(tmp_path, BOOK)
    build(tmp_path)
    write(tmp_path, {"proof.md": "# Proof\n\nNothing.\n"})
    built = build(tmp_path)
    assert "page" in built.written
    assert '<p class="hang-label rubric">inferred</p>' in built.text("page.html")


def test_plain_text_is_indented_under_the_word(editions: dict[str, Built]) -> None:
    page = editions["text"].text("page.txt")
    told = "Before.\n\nnot public:\n\n   One, as [Doe 2017] says nothing.\n\n   Two.\n\ninferred:\n"
    assert f"{told}\n   Three.\n\nAfter." in page


def test_paper_has_an_environment_for_it(editions: dict[str, Built]) -> None:
    page = tex(editions["latex"])
    blocks = re.findall(
        r"\\begin\{sphinxuseclass\}\{evidence-block\}(.*?)\\end\{sphinxuseclass\}", page, re.S
    )
    assert len(blocks) == 2
    assert r"\subsubsection*{not public}" in blocks[0]


def test_without_the_design_paper_is_indented(tmp_path: Path) -> None:
    write(tmp_path, BOOK, PLAIN)
    page = tex(build(tmp_path, "latex"))
    assert "evidence-block" not in page
    quoted = re.findall(r"(\S+)\s+\\begin\{quote\}(.*?)\\end\{quote\}", page, re.S)
    assert [word for word, _ in quoted] == ["public:", "inferred:"]
    assert "Two." in quoted[0][1]
