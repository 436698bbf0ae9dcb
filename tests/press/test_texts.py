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
from texts import OTHER, PAGE, READ, SAID


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
            "elite/outputs/core/said.json": SAID,
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
    titles = titles.replace(" > ", " ")  # between a page and its section
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
    holds(page, "Before", "After")


def test_links_to_captions_print_what_is_read(tmp_path: Path) -> None:
    page = (
        "# Page\n\n[](#dec), {ref}`fig`, [](other.md#fig) and {ref}`dec`.\n\n"
        ":::{metrics-table} T\n"
        "- {id: jobs, label: J, what: w, kind: reported, value: 5 s, as-of: 2024, source: post, "
        "locator: top}\n:::\n\n```{bibliography}\n```\n"
    )
    other = (
        "# Other\n\n```{mermaid}\n:name: fig\n:caption: Drawn {metric}`jobs` by {cite}`post`\n"
        ":alt: a\n\n"
        "flowchart LR\n  A --> B\n```\n\n"
        ":::{decision-matrix} Chosen {metric}`jobs`\n:name: dec\n:chosen: a\n\n"
        "criteria:\n  - {id: c, weight: 1, why: w}\noptions:\n"
        "  - {id: a, scores: {c: 2}, why: {c: w}}\n  - {id: b, scores: {c: 1}, why: {c: w}}\n:::\n"
    )
    files: dict[str, str | None] = {
        "index.md": "# Book\n\n```{toctree}\npage\nother\n```\n",
        "page.md": page,
        "other.md": other,
    }
    write(tmp_path, files)
    built = build(tmp_path, "text")
    assert built.warnings == []
    said = " ".join(built.text("page.txt").split()).replace("\N{NO-BREAK SPACE}", " ")
    drawn = "Drawn 5 s by [Doe 2017]"
    assert f"Chosen 5 s, {drawn}, {drawn} and Chosen 5 s." in said
    write(tmp_path, {"page.md": page.replace("5 s", "7 s")})
    said = " ".join(build(tmp_path, "text").text("page.txt").split())
    assert "Chosen 7 s, Drawn 7 s" in said.replace("\N{NO-BREAK SPACE}", " ")


def test_blocks_notes_and_comments_in_a_text(tmp_path: Path) -> None:
    body = (
        "One[^1] -- [](#insight-two) {cite}`post,home`:\n\n- first\n- second\n\n% hidden\n\n"
        "Line\\\nbreak. [It](#insight-two) is so.\n"
    )
    insight = (
        ":::{{insight}} {0}\n:name: {1}\n:kind: lesson\n:audience: leader\n:evidence: post\n\n"
        "{2}:::\n"
    )
    page = (
        "# Page\n\n" + insight.format("First", "one", body)
        + "\n" + insight.format("Second...", "two", "See [it](#insight-one). Or not.\n")
        + "\n[^1]: A note.\n\n```{bibliography}\n```\n"
    )  # fmt: skip
    write(tmp_path, {"index.md": page})
    built = build(tmp_path)
    assert built.warnings == []
    first, second = json.loads(built.text("data/insights.json"))["insights"]
    assert first["text"] == (
        "One – Second… [Acme 2024, Doe 2017]: first second Line break. It is so."
    )
    assert second["title"] == "Second…"
