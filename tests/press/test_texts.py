"""No reader and no data file sees how a role is written: every field of every record is tried."""

from __future__ import annotations

import json
import re
import zipfile
import zlib
from pathlib import Path

import pytest
from books import DEATHS, LOCK
from harness import Built, build, write
from texts import OTHER, PAGE, READ


@pytest.fixture(scope="module", params=["html", "text", "epub", "latex"])
def built(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Built:
    root = tmp_path_factory.mktemp("texts")
    write(
        root,
        {
            "index.md": "# Book\n\n```{toctree}\n:numbered:\n\npage\nother\n```\n",
            "page.md": PAGE,
            "other.md": OTHER,
            "elite/outputs/core/deaths.json": DEATHS,
            "elite/outputs/core/without-lock.json": LOCK,
        },
    )
    return build(root, request.param)


def files(built: Built) -> dict[str, str]:
    """Every file that holds words."""
    found: dict[str, bytes] = {}
    for path in built.out.rglob("*"):
        if path.suffix == ".epub":
            with zipfile.ZipFile(path) as book:
                found |= {name: book.read(name) for name in book.namelist()}
        elif path.suffix in (".html", ".json", ".js", ".txt", ".tex", ".csv"):
            found[path.name] = path.read_bytes()
        elif path.name == "objects.inv":
            found[path.name] = zlib.decompress(path.read_bytes().split(b"zlib.\n", 1)[1])
    written = (".md.txt", "schema.json", ".sty", ".ttf", ".pdf", ".png", ".gif")
    return {
        name: data.decode("utf-8")
        for name, data in found.items()
        if not name.endswith(written) and "_static" not in name
    }


def test_the_book_builds(built: Built) -> None:
    assert built.warnings == []


def test_no_file_holds_a_role(built: Built) -> None:
    roles = r"\{(?:metric|pattern-link|cite)\}|[\ue000\ue001]|metric-jobs\)"
    emphasis = r"|\*not\*|\*\*so\*\*"  # which is how plain text shows it
    for name, text in files(built).items():
        found = re.search(roles if name.endswith(".txt") else roles + emphasis, text)
        assert not found, (name, text[max(0, found.start() - 80) : found.end() + 80])


@pytest.mark.parametrize("built", ["html"], indirect=True)
def test_titles_in_the_search_are_words(built: Built) -> None:
    text = built.text("searchindex.js").removeprefix("Search.setIndex(").removesuffix(")")
    index = json.loads(text)
    titles = " ".join([*index["alltitles"], *index["titles"]])
    assert "Caption not so code" in titles
    assert not re.search(r"[<>{}`]", titles), titles
    inventory = files(built)["objects.inv"]
    assert "Keep not so code" in inventory
    assert not re.search(r"[<>{}`]", inventory)


@pytest.mark.parametrize("built", ["html"], indirect=True)
def test_what_is_read_stands_in_tooltips_indexes_and_exports(built: Built) -> None:
    data = {path.stem: path.read_text("utf-8") for path in Path(built.out, "data").glob("*.json")}

    def holds(text: str, *words: str) -> None:
        plain = " ".join(re.sub(r"<[^>]+>", "", text).split())
        for word in words:
            assert f"{word} {READ}" in plain, word

    holds(data["metrics"], "Label", "What", "via", "doubt")
    holds(data["claims"], "Claim", "Instead")
    holds(data["decisions"], "Matrix", "Criterion", "weighed", "Option", "because", "many")
    holds(data["insights"], "Keep", "Text")
    holds(data["chunks"], "Chunk")
    holds(data["patterns"], "idempotency")
    other = built.text("other.html")
    holds(other, "Label", "What", "via", "doubt", "Keep", "Claim", "Instead", "Chunk", "Chart")
    page = built.text("page.html")
    titles = re.findall(r"<title[^>]*>(.*?)</title>", page)
    described = re.findall(r"<desc[^>]*>(.*?)</desc>", page)
    holds(" ".join(titles), "Chart", "Diagram")
    holds(" ".join(described), "Bars", "Boxes")
