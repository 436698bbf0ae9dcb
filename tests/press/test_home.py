"""The home page: cards in every edition, and what each edition says of the others."""

from __future__ import annotations

import re
import shutil
import xml.etree.ElementTree as ElementTree
import zipfile
from pathlib import Path

import pytest
from editions import ROOT
from harness import Built, build, plain, write

CARDS = """
:::::{grid} 1 1 2 2

::::{grid-item-card} [The other page](other.md)
:columns: 12

What does it hold?
::::

::::{grid-item-card} Another
1. One
::::
:::::
"""
TABS = """
::::{tab-set}
:::{tab-item} First
Words.
:::
::::
"""
OTHER = "# Other\n\nWords.\n"
CONTENTS = "\n```{toctree}\nother\n```\n"
DESIGN = re.compile(r'(?:href|src)="[^"]*(?:sphinx-design|design-tabs|furo-extensions)')


def made(root: Path, builder: str, page: str = CARDS) -> Built:
    write(root, {"index.md": f"# Book\n{page}{CONTENTS}", "other.md": OTHER})
    built = build(root, builder)
    assert built.warnings == []
    return built


def home(built: Built, builder: str) -> str:
    """The first page, as it is published."""
    if builder == "epub":
        (book,) = built.out.glob("*.epub")
        return zipfile.ZipFile(book).read("index.xhtml").decode()
    if builder == "latex":
        (path,) = built.out.glob("*.tex")
        return path.read_text(encoding="utf-8")
    return built.text("index.txt" if builder == "text" else "index.html")


@pytest.mark.parametrize("builder", ["html", "epub"])
def test_cards_are_plain_blocks_with_linked_titles(tmp_path: Path, builder: str) -> None:
    page = home(made(tmp_path, builder), builder)
    assert "style=" not in page.partition("<body")[2].partition("</article>")[0]
    titles = re.findall(r'<div class="sd-card-title[^"]*">\s*(.*?)</div>', page, re.S)
    suffix = "xhtml" if builder == "epub" else "html"
    assert f'href="other.{suffix}"' in titles[0]
    assert [plain(title) for title in titles] == ["The other page", "Another"]
    if builder == "epub":
        ElementTree.fromstring(page)


def test_cards_are_titled_blocks_in_plain_text(tmp_path: Path) -> None:
    lines = home(made(tmp_path, "text"), "text").splitlines()
    shown = [line for line in lines if line]
    assert shown[2:6] == ["The other page", "What does it hold?", "Another", "1. One"]
    assert lines[lines.index("Another") - 1] == lines[lines.index("Another") + 1] == ""


def test_cards_are_titled_blocks_on_paper(tmp_path: Path) -> None:
    page = home(made(tmp_path, "latex"), "latex")
    cards = page.split(r"\begin{sphinxuseclass}{sd-card}")[1:]
    assert len(cards) == 2
    title = cards[0].partition(r"\begin{sphinxuseclass}{sd-card-title}")[2]
    assert re.search(r"\\hyperref\[\\detokenize\{other[^]]*\]\{.*The other page", title)
    style = (tmp_path / "latex" / "casebooktext.sty").read_text(encoding="utf-8")
    assert {"sphinxclasssd-card", "sphinxclasssd-card-title"} <= set(
        re.findall(r"\\newenvironment\{([^}]*)\}", style)
    )


@pytest.mark.parametrize("builder", ["html", "epub"])
def test_cards_alone_need_no_files_of_sphinx_design(tmp_path: Path, builder: str) -> None:
    assert not DESIGN.search(home(made(tmp_path, builder), builder))


def test_what_the_style_sheet_does_not_set_brings_its_files(tmp_path: Path) -> None:
    found = DESIGN.findall(home(made(tmp_path, "html", CARDS + TABS), "html"))
    assert len(found) >= 2


def test_the_sheet_of_cards_comes_with_cards(tmp_path: Path) -> None:
    built = made(tmp_path, "html")
    assert "cards.css" in built.text("index.html")
    assert "cards.css" not in built.text("other.html")


WEB = {"READTHEDOCS_VERSION_TYPE": "branch", "READTHEDOCS_VERSION": "latest"}
PROPOSED = {"READTHEDOCS_VERSION_TYPE": "external", "READTHEDOCS_VERSION": "7"}
MAKES = {"html": "make html", "latex": "make latexpdf", "epub": "make epub"}


@pytest.mark.parametrize(
    ("builder", "variables", "named"),
    [
        ("html", {}, {"latex", "epub"}),
        ("html", PROPOSED, {"latex", "epub"}),
        ("html", WEB, set()),
        ("latex", WEB, {"html", "epub"}),
        ("epub", WEB, {"html", "latex"}),
        ("text", {}, {"html", "latex", "epub"}),
    ],
)
def test_an_edition_tells_of_the_others(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    builder: str,
    variables: dict[str, str],
    named: set[str],
) -> None:
    """With the words of the home page, and the settings of the book."""
    for name in WEB:
        monkeypatch.delenv(name, raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    words = (ROOT / "source" / "index.md").read_text(encoding="utf-8")
    section = words.partition("## Other editions\n")[2].partition("\n## ")[0]
    write(tmp_path, {"index.md": f"# Book\n\n## Other editions\n{section}"})
    shutil.copy(ROOT / "conf.py", tmp_path)
    shown = home(build(tmp_path, builder), builder)
    if builder == "html":
        shown = shown.partition('<article role="main"')[2].partition("</article>")[0]
    else:
        assert "_/downloads" not in shown
    said = " ".join(re.sub(r"\\sphinxcode|\\sphinxupquote|[{}]", "", plain(shown)).split())
    assert {kind for kind, command in MAKES.items() if command in said} == named
    links = re.findall(r'href="(/_/downloads/[^"]*)"', shown)
    assert links == (
        ["/_/downloads/en/latest/pdf/", "/_/downloads/en/latest/epub/"]
        if builder == "html" and variables == WEB
        else []
    )
