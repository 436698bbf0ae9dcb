"""Whole builds: parallel or not, twice, and after each kind of change, the same bytes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from casebook.core import chartdrawing
from casebook.core.drawing import Drawing
from harness import CATALOGUE, Built, build, write

ROW = (
    "- {{id: {id}, label: {label}, what: what it is, kind: reported, value: {value}, "
    "as-of: 2024, source: {source}, locator: top}}\n"
)


def table(caption: str, *rows: str) -> str:
    return f"```{{metrics-table}} {caption}\n{''.join(rows)}```\n"


INDEX = """# Book

```{toctree}
:numbered: 3

a
b
idempotency
lists
outside
code
more
packages
found
gathered
```
"""
A = (
    "---\nstudy: Acme\n---\n# Acme\n\n## Load\n\n"
    "Safe by {pattern-link}`idempotency`, as {cite}`post` says.\n\n"
    + table("Acme", ROW.format(id="jobs", label="Jobs", value="5e6 request/day", source="post"))
    + "\n## References\n\n```{bibliography}\n```\n"
)
B = (
    "---\nstudy: Bolt\n---\n# Bolt\n\n"
    + table(
        "Bolt",
        ROW.format(id="calls", label="Calls", value="12 request/s", source="home"),
        "- {id: share, label: Share, what: w, kind: derived, formula: calls / jobs, unit: ratio}\n",
    )
    + "\nAcme does {metric}`jobs`.\n\n"
    "```{mermaid}\n:name: fig\n:caption: A figure.\n:alt: words\n\nflowchart LR\n  A --> B\n```\n"
)
CODE = """# Code

```{chunk}
:name: sum
:caption: What `add` does.

total = a + b
```

```{chunk} mini/core.py
:name: add
:caption: Adding.

\"\"\"Adds.\"\"\"


def add(a: int, b: int) -> int:
    <<sum>>
    return total
```

See [](#chunk-add).

```{session}
>>> from mini.core import add
>>> add(1, 2)
3
```
"""
MORE = """# More

```{chunk} mini/more.py
:name: more
:caption: More.

MORE = 1
```

```{chunk}
:append: more
:caption: And more.

MOST = 2
```

```{chunk} other/it.py
:name: it
:caption: Another package.

IT = 3
```
"""
PACKAGES = """# Packages

```{package} mini
```

```{chunk-index} All chunks
```
"""
FOUND = """---
study: Core
---
# Core

## Model

```{chunk} model/experiments.py
:name: deaths
:caption: What is counted.
:output: core/deaths

\"\"\"Experiments.\"\"\"


def deaths() -> dict[str, list[int] | int]:
    return {"step": [1, 2], "with": [1, 1], "without": [1, 2], "worst": 2}
```

```{chunk} model/guards.py
:name: without-lock
:caption: The lock goes.
:output: core/without-lock

def without_lock(server: object) -> None:
    pass
```

```{chart} core/deaths
:type: bar
:x: step
:y: with (charges), without (charges)
:caption: Twice without a key, as {cite}`post` says. {metric}`jobs` are not drawn.
:alt: Bars of one, and one of two.
```

```{counterexample} core/without-lock
:caption: Two owners
```

```{metrics-table} Modelled
- {id: worst, label: Worst, what: w, kind: modelled, output: core/deaths#worst, unit: charge}
- {id: twofold, label: Twofold, what: w, kind: derived, formula: 2 * worst, unit: charge}
```

:::{decision-matrix} How to {cite}`post` order
:chosen: turns

criteria:
  - {id: proof, label: Easy to prove, weight: 3, why: ours}
  - {id: fair, weight: 2, why: "says {cite}`post`"}
options:
  - {id: arrival, scores: {proof: 5, fair: 1}, why: {proof: one counter, fair: a batch}}
  - id: turns
    label: In turns
    scores: {proof: 3, fair: 4}
    why: {proof: many, fair: "{metric}`jobs`"}
:::

:::{insight} Keep the key of {metric}`jobs`
:name: early
:kind: practice
:audience: engineer, architect
:patterns: idempotency
:evidence: post jobs core/deaths

Store it, because [the model](#model) says {metric}`worst`. A read needs none {cite}`post`.
:::

```{insight} A second one
:kind: pitfall
:audience: leader
:evidence: core/without-lock

Mind it, as [above](#model). Not always.
```

```{claims}
- claim: It has 500 million jobs
  verdict: unsupported
  instead: It has {metric}`jobs`.
- {claim: It is fast, verdict: contradicted, instead: It is slow., source: [post, home]}
```
"""
GATHERED = """# Gathered

```{insight-index}
```

```{claims-ledger}
```

```{chart-data}
```

```{inventory} What is held
```
"""
DEATHS = """{
 "columns": {"step": [1, 2], "with": [1, 1], "without": [1, 2]},
 "values": {"worst": 2}
}
"""
LOCK = """{
 "moves": ["worker 1 takes", "worker 2 takes"],
 "guarded": ["1 owner", "refused"],
 "unguarded": ["1 owner", "2 owners"],
 "broken": "a job has two owners"
}
"""
BOOK: dict[str, str | None] = {
    "index.md": INDEX,
    "a.md": A,
    "b.md": B,
    "idempotency.md": "# Idempotency\n\n```{pattern} idempotency\n```\n\nA problem.\n",
    "lists.md": "# Lists\n\n```{metric-index}\n```\n\n```{source-index}\n```\n\n"
    "```{aged-metrics}\n```\n\n"
    "```{pattern-index}\n```\n\n```{pattern-matrix} Uses\n```\n",
    "outside.md": "# Outside\n\nNothing that changes elsewhere; but {cite}`post` is cited.\n",
    "code.md": CODE,
    "more.md": MORE,
    "packages.md": PACKAGES,
    "found.md": FOUND,
    "gathered.md": GATHERED,
    "elite/outputs/core/deaths.json": DEATHS,
    "elite/outputs/core/without-lock.json": LOCK,
}
BUILDERS = ("html", "latex", "text", "epub", "tangle")


@pytest.fixture(autouse=True, scope="module")
def _charts_are_drawn_once() -> Iterator[None]:
    """These builds draw the same few charts, and what a chart looks like is not at stake."""
    real, known = chartdrawing.draw, {}

    def draw(*given: Any) -> Drawing:
        key = repr(given)
        if key not in known:
            known[key] = real(*given)
        return known[key]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chartdrawing, "draw", draw)
        yield


@pytest.fixture(autouse=True)
def _fixed_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")


@pytest.mark.parametrize("builder", BUILDERS)
def test_serial_parallel_and_repeated_builds_agree(builder: str, tmp_path: Path) -> None:
    write(tmp_path, BOOK)
    serial = build(tmp_path, builder, out="one")
    parallel = build(tmp_path, builder, out="four", jobs=4)
    again = build(tmp_path, builder, out="again")
    assert serial.warnings == parallel.warnings == again.warnings == []
    assert serial.digests() == again.digests()
    assert serial.digests() == parallel.digests()


CHANGES: dict[str, Mapping[str, str | None]] = {
    "an edit of a value that other pages show": {"a.md": A.replace("5e6", "7e6")},
    "an edit of a label that other pages show": {"a.md": A.replace("Jobs", "Tasks")},
    # Two works of one author and year: the label "Doe 2017" becomes "Doe 2017b" on every page.
    "a new citation": {"a.md": A.replace("says", "says, and {cite}`other` before it")},
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
        "patterns/catalogue.toml": CATALOGUE.replace("safe to repeat", "harmless to repeat")
    },
    "a title in the catalogue": {
        "patterns/catalogue.toml": CATALOGUE.replace('"Idempotency"', '"Safe repeats"')
    },
    "a new relation in the catalogue": {
        "patterns/catalogue.toml": CATALOGUE + 'alternative-to = ["idempotency"]\n'
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
def test_incremental_build_equals_a_fresh_one(builder: str, change: str, tmp_path: Path) -> None:
    write(tmp_path, BOOK)
    build(tmp_path, builder, out="kept")
    write(tmp_path, CHANGES[change])
    incremental = build(tmp_path, builder, out="kept")
    fresh = build(tmp_path, builder, out="fresh")
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
def test_an_incremental_tangle_equals_a_fresh_one(change: str, tmp_path: Path) -> None:
    write(tmp_path, BOOK)
    before = files(build(tmp_path, "tangle", out="kept"))
    write(tmp_path, CODE_CHANGES[change])
    kept = files(build(tmp_path, "tangle", out="kept"))
    made = files(build(tmp_path, "tangle", out="fresh"))
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


def test_a_page_shows_code_of_others_as_it_is_now(tmp_path: Path) -> None:
    write(tmp_path, BOOK)
    build(tmp_path)
    write(tmp_path, {"more.md": MORE.replace("More.", "Even more.")})
    captioned = build(tmp_path)
    assert set(captioned.written) == {"more", "packages", "index"}
    assert "Even more." in captioned.text("packages.html")
    write(tmp_path, {"code.md": CODE.replace("Adds", "Sums")})
    purposed = build(tmp_path)
    assert set(purposed.written) == {"code", "packages", "index"}
    assert "Sums." in purposed.text("packages.html")
    # A line more above code moves it, and changes nothing that others show.
    write(tmp_path, {"more.md": MORE.replace("# More\n", "# More\n\nWords.\n")})
    build(tmp_path)
    write(tmp_path, {"more.md": MORE.replace("# More\n", "# More\n\nWords.\n\nWords.\n")})
    assert set(build(tmp_path).written) == {"more", "index"}


def test_a_change_rewrites_only_the_pages_that_show_it(tmp_path: Path) -> None:
    write(tmp_path, BOOK)
    build(tmp_path)
    assert build(tmp_path).read == []
    assert build(tmp_path).written == []
    # A line more above a table moves its records, and changes nothing that others show.
    write(tmp_path, {"b.md": B.replace("# Bolt\n", "# Bolt\n\nMore words.\n")})
    edited = build(tmp_path)
    assert edited.read == ["b"]
    assert set(edited.written) == {"b", "index"}
    write(tmp_path, {"a.md": A.replace("5e6", "7e6")})
    valued = build(tmp_path)
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


def test_a_removed_pattern_is_reported_on_pages_that_are_not_read_again(tmp_path: Path) -> None:
    write(tmp_path, BOOK)
    build(tmp_path)
    write(tmp_path, {"patterns/catalogue.toml": "[outbox]" + CATALOGUE.split("[outbox]")[1]})
    warnings = build(tmp_path).warnings
    assert "a.md:8: unknown pattern 'idempotency' [casebook.unknown-pattern]" in warnings


def test_books_without_git_or_catalogue_build(tmp_path: Path) -> None:
    write(
        tmp_path, {"index.md": "# Book\n\n```{aged-metrics}\n```\n", "patterns/catalogue.toml": ""}
    )
    shutil.rmtree(tmp_path / "source" / "patterns")
    (tmp_path / "conf.py").write_text(
        (tmp_path / "conf.py").read_text().replace('"2026-11-22"', '""'), encoding="utf-8"
    )
    built = build(tmp_path, "text")
    assert built.warnings == []
    assert "ages cannot be told" in built.text("index.txt")
