"""Whole builds: parallel or not, twice, and after each kind of change, the same bytes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from books import CODE, DEATHS, FOUND, INDEX, LOCK, MORE, ROWS, A, B, Sample
from casebook.core.figures import chart_drawing
from casebook.core.figures.drawing import Drawing
from harness import CATALOGUE, SOURCES, Built, build, write

BUILDERS = ("html", "latex", "text", "epub", "tangle")


@pytest.fixture(autouse=True, scope="module")
def _charts_are_drawn_once() -> Iterator[None]:
    """These builds draw the same few charts, and what a chart looks like is not at stake."""
    real, known = chart_drawing.draw, {}

    def draw(*given: Any) -> Drawing:
        key = repr(given)
        if key not in known:
            known[key] = real(*given)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chart_drawing, "draw", draw)
        yield


@pytest.mark.parametrize("builder", BUILDERS)
def test_serial_parallel_and_repeated_builds_agree(builder: str, sample: Sample) -> None:
    root, serial = sample.restored(builder), sample.built(builder)
    parallel = build(root, builder, out="four", jobs=4)
    again = build(root, builder, out="again")
    assert serial.warnings == parallel.warnings == again.warnings == []
    assert serial.digests() == again.digests()
    assert serial.digests() == parallel.digests()


CHANGES: dict[str, Mapping[str, str | None]] = {
    "an edit of a value that other pages show": {"a.md": A.replace("5e6", "7e6")},
    "an edit of a label that other pages show": {"a.md": A.replace("Jobs", "Tasks")},
    # Two works of one author and year: the label "Doe 2017" becomes "Doe 2017b" on every page.
    "a new citation": {"a.md": A.replace("says", "says, and {cite}`other` before it")},
    "the year of a source": {
        "sources.bib": SOURCES.replace("year=2017,\n  month=aug", "year=2016")
    },
    "a metric on another page": {
        "a.md": A.replace(ROWS, ""),
        "b.md": B + "\n" + ROWS,
    },
    "an entry of the contents with a title": {
        "index.md": INDEX.replace("\nb\n", "\nOf bolts <b>\n")
    },
    "contents of another depth": {"index.md": INDEX.replace(":numbered: 3", ":maxdepth: 1")},
    "a page title with marks": {"b.md": B.replace("# Bolt", "# *Bolt*")},
    "a new page before the others": {
        "aa.md": "# New\n\nIt is safe by {pattern-link}`idempotency`.\n",
        "index.md": INDEX.replace("\na\n", "\naa\na\n"),
    },
    "a page renamed": {
        "b.md": None,
        "c.md": B,
        "index.md": INDEX.replace("\nb\n", "\nc\n"),
    },
    "a page deleted": {"b.md": None, "index.md": INDEX.replace("\nb\n", "\n")},
    "a change in the catalogue": {
        "patterns/catalogue.yaml": CATALOGUE.replace("safe to repeat", "harmless to repeat")
    },
    "a title in the catalogue": {
        "patterns/catalogue.yaml": CATALOGUE.replace("title: Idempotency", "title: Safe repeats")
    },
    "a new relation in the catalogue": {
        "patterns/catalogue.yaml": CATALOGUE + "  alternative-to: [idempotency]\n"
    },
    "a use of a pattern gone": {"a.md": A.replace("{pattern-link}`idempotency`", "nature")},
    "a study renamed": {"a.md": A.replace("study: Acme", "study: Acme Inc")},
    "a stored output": {"elite/outputs/core/deaths.json": DEATHS.replace("[1, 2],", "[1, 3],")},
    "a stored value": {"elite/outputs/core/deaths.json": DEATHS.replace(": 2}", ": 3}")},
    "a counterexample": {"elite/outputs/core/without-lock.json": LOCK.replace("refused", "409")},
    "an insight renamed": {"found.md": FOUND.replace("A second one", "Another one")},
    "an insight more": {
        "found.md": FOUND.replace(
            "```{insight} A",
            "```{insight} C\n:kind: lesson\n:audience: leader\n"
            ":evidence: post\n\nSee [it](#model). Or not.\n```\n\n```{insight} A",
        )
    },
    "a chapter before the insights": {
        "index.md": INDEX.replace("found\n", "").replace("\na\n", "\nfound\na\n")
    },
    "a verdict": {"found.md": FOUND.replace("verdict: contradicted", "verdict: partly")},
    "a weight": {"found.md": FOUND.replace("weight: 3", "weight: 4")},
    "a maker renamed": {"found.md": FOUND.replace(":name: deaths", ":name: dying")},
    "a caption of a chart": {"found.md": FOUND.replace("Twice without", "Double without")},
    "a table less": {
        "found.md": FOUND.replace(
            "```{counterexample} core/without-lock\n:caption: Two owners\n```\n", ""
        )
    },
    "a section moved": {"a.md": A.replace("## Load", "## Before\n\nWords.\n\n## Load")},
    **(
        CODE_CHANGES := {
            "a chunk renamed": {
                "code.md": CODE.replace("name: add", "name: plus").replace("-add", "-plus")
            },
            "a fragment renamed": {"code.md": CODE.replace("sum", "addition")},
            "a caption": {
                "more.md": MORE.replace("And more", "Still more").replace("More.", "It.")
            },
            "a chunk in another file": {"more.md": MORE.replace("mini/more.py", "mini/most.py")},
            "a chunk in another package": {
                "more.md": MORE.replace("mini/more.py", "other/more.py")
            },
            "a chunk gone": {"more.md": MORE.partition("```{chunk} other")[0]},
            "a line of code": {"code.md": CODE.replace("a + b", "b + a")},
            "a file's purpose": {"code.md": CODE.replace("Adds", "Sums")},
            "a line above code": {"code.md": CODE.replace("# Code\n", "# Code\n\nWords.\n")},
            "a page with code deleted": {
                "more.md": None,
                "index.md": INDEX.replace("\nmore\n", "\n"),
            },
            "a page with code renamed": {
                "more.md": None,
                "even.md": MORE,
                "index.md": INDEX.replace("\nmore\n", "\neven\n"),
            },
        }
    ),
}


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("builder", ["html", "latex"])
def test_incremental_build_equals_a_fresh_one(builder: str, change: str, sample: Sample) -> None:
    root = sample.restored(builder)
    write(root, CHANGES[change])
    incremental = build(root, builder)
    fresh = build(root, builder, out="fresh")
    assert incremental.warnings == fresh.warnings == []
    kept, made = incremental.digests(), fresh.digests()
    # Sphinx leaves the pages and drawings of deleted sources behind; a site is published afresh.
    gone = {name.removesuffix(".md") for name, text in CHANGES[change].items() if text is None}
    orphans = {name for name in kept if name not in made}
    stems = {Path(name).name.split(".")[0] for name in orphans}
    drawings = {stem for stem in stems if stem.startswith(("diagram-", "chart-"))}
    assert stems - drawings <= gone
    assert not drawings or gone or any("outputs" in name for name in CHANGES[change])
    assert {name: digest for name, digest in kept.items() if name in made} == made


@pytest.mark.parametrize("change", CODE_CHANGES)
def test_an_incremental_tangle_equals_a_fresh_one(change: str, sample: Sample) -> None:
    root, before = sample.restored("tangle"), files(sample.built("tangle"))
    write(root, CODE_CHANGES[change])
    kept = files(build(root, "tangle"))
    made = files(build(root, "tangle", out="fresh"))
    assert {name: text for name, (text, _) in kept.items()} == {
        name: text for name, (text, _) in made.items()
    }
    # What stays the same is not written, so that what is made from it need not be made again.
    same = {name for name, (text, _) in kept.items() if before.get(name, ("",))[0] == text}
    assert same
    assert {name: kept[name] for name in same} == {name: before[name] for name in same}


def files(built: Built) -> dict[str, tuple[str, int]]:
    """What a build wrote: the text of each file, and when it was written."""
    assert built.warnings == []
    return {
        str(path.relative_to(built.out)): (path.read_text("utf-8"), path.stat().st_mtime_ns)
        for path in built.out.rglob("*")
        if path.suffix in (".py", ".json")
    }


def test_a_page_shows_code_of_others_as_it_is_now(sample: Sample) -> None:
    root = sample.restored()
    write(root, {"more.md": MORE.replace("More.", "Even more.")})
    captioned = build(root)
    assert set(captioned.written) == {"more", "packages", "index"}
    assert "Even more." in captioned.text("packages.html")
    write(root, {"code.md": CODE.replace("Adds", "Sums")})
    purposed = build(root)
    assert set(purposed.written) == {"code", "packages", "index"}
    assert "Sums." in purposed.text("packages.html")
    # A line more above code moves it, and changes nothing that others show.
    write(root, {"more.md": MORE.replace("# More\n", "# More\n\nWords.\n")})
    build(root)
    write(root, {"more.md": MORE.replace("# More\n", "# More\n\nWords.\n\nWords.\n")})
    assert set(build(root).written) == {"more", "index"}


def test_a_change_rewrites_only_the_pages_that_show_it(sample: Sample) -> None:
    root = sample.restored()
    assert build(root).read == []
    assert build(root).written == []
    # A line more above a table moves its records, and changes nothing that others show.
    write(root, {"b.md": B.replace("# Bolt\n", "# Bolt\n\nMore words.\n")})
    edited = build(root)
    assert edited.read == ["b"]
    assert set(edited.written) == {"b", "index"}
    write(root, {"a.md": A.replace("5e6", "7e6")})
    valued = build(root)
    assert valued.read == ["a"]
    shown = {"b", "found", "gathered", "idempotency", "lists"}
    assert set(valued.written) == {"a", "index", *shown}


def test_a_source_of_two_studies_is_found_on_the_page_that_cites_it(tmp_path: Path) -> None:
    listed = "{{cite}}`post` says.\n\n```{{bibliography}}\n:filter: docname in docnames\n```\n"
    pages: dict[str, str | None] = {
        "index.md": "# Book\n\n```{toctree}\na\nb\nc\n```\n",
        "a.md": "# A\n\n" + listed.format(),
        "b.md": "# B\n\n" + listed.format(),
        "c.md": "# C\n\nAs {cite}`post` says.\n",
    }
    write(tmp_path, pages)
    built = build(tmp_path)
    assert built.warnings == []
    before = built.digests()
    # Reading one page again changes the order in which lists are known; the links stay.
    for page in ("a.md", "b.md"):
        write(tmp_path, {page: f"{pages[page]}\nMore.\n"})
        again = build(tmp_path)
        assert again.digests()["c.html"] == before["c.html"]
    assert 'href="a.html#' in again.text("c.html")
    assert 'href="a.html#id' not in again.text("b.html")


def test_a_page_that_the_contents_named_before_it_was_there(tmp_path: Path) -> None:
    write(tmp_path, {"index.md": "# Book\n\n```{toctree}\na\n```\n"})
    assert "nonexisting document 'a'" in build(tmp_path).warnings[0]
    write(tmp_path, {"a.md": "# New page\n"})
    built = build(tmp_path)
    assert built.warnings == []
    assert "New page" in built.text("index.html")
    write(tmp_path, {"a.md": None})
    assert "nonexisting document 'a'" in build(tmp_path).warnings[0]


def test_links_by_number_and_by_page_show_what_is_so_now(tmp_path: Path) -> None:
    pages: dict[str, str | None] = {
        "index.md": "# Book\n\n```{toctree}\n:numbered:\n\nlinks\na\n```\n",
        "links.md": "# Links\n\n{numref}`two`, {numref}`fig`, {doc}`./a`, {doc}`/a`, {ref}`two`, "
        "[](a.md#two), {term}`Word`, {eq}`sum`.\n",
        "a.md": "# A\n\n## One\n\n(two)=\n\n## Two\n\n:::{figure} x.png\n:name: fig\n\nFig\n:::\n\n"
        ":::{glossary}\nWord\n  Its meaning.\n:::\n\n:::{math}\n:label: sum\n\nx\n:::\n",
        "x.png": "",
    }
    write(tmp_path, pages)
    base = build(tmp_path)
    for old, new in (
        ("## One\n\n", ""),
        ("# A\n", "# Another\n"),
        ("## Two", "## Second"),
        (":::{figure}", ":::{figure} y.png\n\nFirst\n:::\n\n:::{figure}"),
        ("Word\n", "word\n"),
        (":label: sum", ":label: other\n\ny\n:::\n\n:::{math}\n:label: sum"),
    ):
        write(tmp_path, {"a.md": str(pages["a.md"]).replace(old, new), "y.png": ""})
        kept, fresh = build(tmp_path), build(tmp_path, out="fresh", fresh=True)
        assert kept.digests() == fresh.digests() | {
            name: digest for name, digest in kept.digests().items() if name.startswith("_images")
        }, old
        write(tmp_path, pages)
        assert build(tmp_path).digests().items() >= base.digests().items()


def test_a_bibliography_more_and_one_less(tmp_path: Path) -> None:
    more = '\nbibtex_bibfiles = ["source/sources.bib", "source/more.bib"]\n'
    cited = "# Page\n\n{cite}`post` and {cite}`more`.\n\n```{bibliography}\n```\n"
    files: dict[str, str | None] = {
        "index.md": cited,
        "more.bib": "@online{more, author={Roe}, title={More}, year=2001}\n",
    }
    write(tmp_path, files)
    assert build(tmp_path).warnings == ['index.md:3: could not find bibtex key "more" '
                                        "[bibtex.key_not_found]"]  # fmt: skip
    write(tmp_path, files, more)
    built = build(tmp_path)
    assert built.warnings == []
    assert "Roe 2001" in built.text("index.html")
    write(tmp_path, files)
    assert 'could not find bibtex key "more"' in build(tmp_path).warnings[0]


@pytest.mark.parametrize("kept", ["", "{", "[]", '{"a": 1}', '{"a": [1, [[2]]]}'])
def test_what_was_shown_may_be_lost(tmp_path: Path, kept: str) -> None:
    write(tmp_path, {"index.md": "# Book\n\n```{toctree}\na\n```\n", "a.md": "# A\n"})
    build(tmp_path)
    (shown,) = (tmp_path / "doctrees-html").glob("shown-*.json")
    shown.write_text(kept)
    assert sorted(build(tmp_path).written) == ["a", "index"]
    assert build(tmp_path).written == []


def test_a_hint_is_as_good_as_the_book(tmp_path: Path) -> None:
    unknown = "# Page\n\n{metric}`jobz`\n\n```{toctree}\nb\n```\n"
    write(tmp_path, {"index.md": unknown, "b.md": "# B\n\n```{bibliography}\n```\n"})
    assert build(tmp_path).warnings == [
        "index.md:3: unknown metric 'jobz' [casebook.unknown-metric]"
    ]
    write(tmp_path, {"b.md": "# B\n\n" + ROWS + "\n```{bibliography}\n```\n"})
    assert build(tmp_path).warnings == [
        "index.md:3: unknown metric 'jobz'; did you mean 'jobs'? [casebook.unknown-metric]"
    ]


def test_a_label_in_a_generated_link_is_the_one_of_now(tmp_path: Path) -> None:
    derived = (
        "- {id: twice, label: T, what: w, kind: derived, formula: 2 * jobs, unit: request/s}\n"
    )
    pages = {
        "index.md": "# Book\n\n```{toctree}\na\nb\nc\n```\n",
        "a.md": "# A\n\n" + ROWS + "\n```{bibliography}\n```\n",
        "b.md": "# B\n\n```{metrics-table} T\n" + derived + "```\n",
        "c.md": "# C\n",
    }
    write(tmp_path, pages)
    assert "2017b" not in build(tmp_path, "text").text("b.txt")
    write(tmp_path, {"c.md": "# C\n\n{cite}`other`\n"})
    assert "2017b" in build(tmp_path, "text").text("b.txt")


def test_an_electronic_book_holds_no_drawing_of_another_time(sample: Sample) -> None:
    root = sample.restored("epub")
    write(root, {"b.md": B.replace("A --> B", "A --> C")})
    build(root, "epub")
    build(root, "epub", out="fresh")
    kept, fresh = ((root / name / "Asmallbook.epub").read_bytes() for name in ("epub", "fresh"))
    assert kept == fresh


def test_a_removed_pattern_is_reported_on_pages_that_are_not_read_again(sample: Sample) -> None:
    root = sample.restored()
    write(root, {"patterns/catalogue.yaml": CATALOGUE[CATALOGUE.index("- id: outbox") :]})
    warnings = build(root).warnings
    assert "a.md:8: unknown pattern 'idempotency' [casebook.unknown-pattern]" in warnings


def test_books_without_git_or_catalogue_build(tmp_path: Path) -> None:
    write(
        tmp_path, {"index.md": "# Book\n\n```{aged-metrics}\n```\n", "patterns/catalogue.yaml": ""}
    )
    shutil.rmtree(tmp_path / "source" / "patterns")
    (tmp_path / "conf.py").write_text(
        (tmp_path / "conf.py").read_text().replace('"2026-11-22"', '""'), encoding="utf-8"
    )
    built = build(tmp_path, "text")
    assert built.warnings == []
    assert "ages cannot be told" in built.text("index.txt")
