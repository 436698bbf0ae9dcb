"""Studies that span pages: numbers, links, lists and front lines, in every edition."""

from __future__ import annotations

import json
import pickle
import re
from pathlib import Path

import pytest
from editions import need_tex
from harness import Built, build, plain, write
from test_random_books import THEME
from typeset import typeset

INDEX = """# Book

```{toctree}
:numbered: 3
:hidden:

elite/one
elite/two
patterns/index
```
"""
ONE = """---
study: One
---

# The one

% A remark.

```{study-deck}
A deck.
```

An {metric}`value <jobs>` {cite}`home`, {pattern-link}`outbox`, and [](#chunk-part).

```{reading-path}
:minutes: 1

first
```

## First

```{mermaid}
:caption: A picture
:alt: A picture

flowchart LR
  A --> B
```

```{metrics-table} At a glance
:name: glance

- jobs
- twice
```

```{insight} Do one
:kind: lesson
:audience: leader
:evidence: home

Do it, since it is [so](#first). But not always.
```

### Deep

## References

```{bibliography}
:filter: docname in docnames
```

```{toctree}
:hidden:

one/a
one/b
one/ledger
```

```{moved}
old-part -> one/a#the-part
```
"""
A = """# Chapter A

A number, {metric}`jobs`, and a source {cite}`post`.

## The part

```{chunk} pack/a.py
:name: part
:caption: The first part

ONE = 1
```

```{package} pack
```

```{insight} Do two
:kind: practice
:audience: engineer
:evidence: jobs

Do it, since it is [so](#the-part). But not always.
```

```{claims}
- {claim: It is one, verdict: contradicted, instead: It is two., source: home}
```
"""
B = """# Chapter B

It goes on from [](#chunk-part), as {pattern-link}`idempotency` does.

## More

```{chunk} pack/b.py
:name: more
:caption: The second part

from pack.a import ONE

TWO = 2 * ONE
```

```{session}
>>> from pack.b import TWO
>>> TWO
2
```
"""
LEDGER = """# Ledger

```{metrics-table} In full

- id: jobs
  label: Jobs
  value: 5 request
  as-of: 2024
  what: how many there are
  source: other
  locator: top
  kind: reported
- id: twice
  label: Twice the jobs
  formula: 2 * jobs
  unit: request
  what: as many again
  kind: derived
```
"""
PART = """```{{chunk}} pack/{}.py
:name: {}
:caption: Of the same name

HERE = 1
```
"""
TWO = """---
study: Two
---

# The two

## Its own

```{chunk} other/c.py
:name: part
:caption: Another part

THREE = 3
```

```{insight} Do three
:kind: pitfall
:audience: architect
:evidence: post

Do it, since it is [so](#its-own). But not always.
```

## References

```{bibliography}
:filter: docname in docnames
```

```{toctree}
:hidden:

two/a
```
"""
TWO_A = """# Another A

The same source {cite}`post`, and {pattern-link}`outbox`. It is [](#chunk-part).

```{mermaid}
:caption: Another picture
:alt: Another picture

flowchart LR
  B --> A
```

```{metrics-table} Of the other study
- jobs
```
"""
PATTERNS = """# Patterns

```{pattern} outbox
```

```{pattern-matrix} Which study uses what
```

```{inventory} What there is
```

```{insight-index}
```

```{claims-ledger}
```

```{pattern-index}
```

One takes {reading-time}`/elite/one`, and the ledger {reading-time}`/elite/one/ledger`.

## Idempotency

```{pattern} idempotency
```
"""
DO = """```{{insight}} Do {1}
:kind: lesson
:audience: leader
:evidence: home

Do it, since it is [so](#{0}). But not always.
```
"""
RENAMED = ONE.replace("one/a#the-part", "one/a#its-part")
FILES = {
    "index.md": INDEX,
    "elite/one.md": ONE,
    "elite/one/a.md": A,
    "elite/one/b.md": B,
    "elite/one/ledger.md": LEDGER,
    "elite/two.md": TWO,
    "elite/two/a.md": TWO_A,
    "patterns/index.md": PATTERNS,
}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("studies")
    write(root, FILES)
    return root


@pytest.fixture(scope="module")
def site(root: Path) -> Built:
    built = build(root)
    assert built.warnings == []
    return built


@pytest.fixture(scope="module")
def tex(root: Path) -> str:
    built = build(root, "latex")
    assert built.warnings == []
    return built.text(next(path.name for path in built.out.glob("*.tex")))


def test_chapters_are_numbered_after_the_sections_of_the_essay(root: Path, site: Built) -> None:
    env = pickle.loads((root / "doctrees-html" / "environment.pickle").read_bytes())
    numbers = {
        (page.removeprefix("elite/"), anchor): ".".join(map(str, number))
        for page, found in env.toc_secnumbers.items()
        for anchor, number in found.items()
    }
    expected = {
        ("one", ""): "1", ("one", "#first"): "1.1", ("one", "#deep"): "1.1.1",
        ("one", "#references"): "1.2", ("one/a", ""): "1.3", ("one/a", "#the-part"): "1.3.1",
        ("one/b", ""): "1.4", ("one/b", "#more"): "1.4.1", ("one/ledger", ""): "1.5",
        ("two", ""): "2", ("two", "#its-own"): "2.1", ("two", "#references"): "2.2",
        ("two/a", ""): "2.3",
    }  # fmt: skip
    assert expected.items() <= numbers.items()


def test_numbers_are_the_same_on_paper(root: Path, tex: str) -> None:
    # LaTeX counts what stands in the document in its order: chapters are sections of the study.
    pattern = r"\\(chapter|section|subsection|subsubsection)\{([^}]*)\}"
    counters = [0, 0, 0]
    levels = ["chapter", "section", "subsection"]
    found = {}
    for level, title in re.findall(pattern, tex):
        if level in levels:
            at = levels.index(level)
            counters = [*counters[:at], counters[at] + 1, *[0] * (2 - at)]
            found.setdefault(title, ".".join(map(str, counters[: at + 1])))
    before = tex.index("casebookmainmatter")
    assert before < tex.index(r"\chapter{The one}")
    first = int(found["The one"])
    expected = {"First": "1.1", "Chapter A": "1.3", "The part": "1.3.1", "Chapter B": "1.4",
                "Ledger": "1.5", "Another A": "2.3"}  # fmt: skip
    for title, number in expected.items():
        study, _, rest = number.partition(".")
        assert found[title] == f"{first + int(study) - 1}.{rest}"


def test_figures_and_listings_count_through_the_study(site: Built) -> None:
    numbers = {}
    for page in ("one", "one/a", "one/b", "one/ledger", "two", "two/a"):
        shown = re.findall(r'caption-number">([^<]+)<', site.text(f"elite/{page}.html"))
        numbers[page] = [number.strip() for number in shown]
    assert numbers == {
        "one": ["Fig. 1.1", "Table 1.1"],
        "one/a": ["Listing 1.1", "Table 1.2"],
        "one/b": ["Listing 1.2"],
        "one/ledger": ["Table 1.3"],
        "two": ["Listing 2.1"],
        "two/a": ["Fig. 2.1", "Table 2.1"],
    }


@pytest.mark.slow
def test_paper_counts_as_the_site_does(tmp_path: Path) -> None:
    """TeX counts by itself, and notes the number of each place."""
    need_tex()
    write(tmp_path, FILES)
    env = {}
    for builder in ("html", "latex"):
        built = build(tmp_path, builder)
        env[builder] = pickle.loads(
            (tmp_path / f"doctrees-{builder}" / "environment.pickle").read_bytes()
        )
    source = next(built.out.glob("*.tex"))
    assert not re.search("(?m)^!", typeset(source))
    notes = source.with_suffix(".aux").read_text(encoding="utf-8")
    on_paper = dict(re.findall(r"\\newlabel\{([^}]+)\}\{\{([\d.]*)\}", notes))
    places = {
        f"{page}:{anchor.removeprefix('#') or ':doc'}": number
        for page, numbers in env["html"].toc_secnumbers.items()
        for anchor, number in numbers.items()
    }
    sections = len(places)
    for page, kinds in env["html"].toc_fignumbers.items():
        for numbers in kinds.values():
            places |= {f"{page}:{anchor}": number for anchor, number in numbers.items()}
    assert (sections, len(places) - sections) == (17, 11)
    assert {place: on_paper[place] for place in places} == {
        place: ".".join(map(str, number)) for place, number in places.items()
    }
    assert env["html"].toc_fignumbers == env["latex"].toc_fignumbers


def test_the_way_leads_from_the_essay_to_its_chapters_to_the_next_study(site: Built) -> None:
    page, way = "elite/one.html", []
    while page and len(way) < 9:
        way.append(page)
        found = re.search(r'<link rel="next" [^>]*href="([^"]+)"', site.text(page))
        target = (site.out / page).parent / (found[1] if found else "")
        page = str(target.resolve().relative_to(site.out.resolve())) if found else ""
    assert way[:6] == [
        "elite/one.html", "elite/one/a.html", "elite/one/b.html", "elite/one/ledger.html",
        "elite/two.html", "elite/two/a.html",
    ]  # fmt: skip


def front(site: Built, page: str) -> str:
    text = site.text(f"elite/{page}.html")
    found = re.search(r'<div class="page-front[^>]*>\s*<p>(.*?)</p>', text, re.DOTALL)
    return plain(found[1]) if found else ""


def test_every_page_says_what_it_is_and_how_long_it_takes(site: Built) -> None:
    assert front(site, "one") == "Essay · 1 min · path 1 min · program: 2 chapters , 4 lines"
    assert front(site, "one/a") == "The one · chapter 1 of 2 · 1 min · 1 line of code"
    assert front(site, "one/b") == "The one · chapter 2 of 2 · 1 min · 3 lines of code"
    assert front(site, "one/ledger") == "The one · ledger · 1 min · 2 metrics"
    assert front(site, "two/a") == "The two · chapter 1 of 1 · 1 min"
    page = site.text("elite/one.html")
    assert page.index("A deck.") < page.index('class="page-front') < page.index('id="first"')
    assert '<a class="reference internal" href="one/a.html">' in page
    assert '<a class="reference internal" href="../one.html">' in site.text("elite/one/a.html")
    words = plain(site.text("patterns/index.html"))
    assert "One takes 1 minute, and the ledger 1 minute." in words


def test_insights_count_through_the_study(site: Built) -> None:
    labels = {
        page: re.findall(r'insight-label">([^<]+)<', site.text(f"elite/{page}.html"))
        for page in ("one", "one/a", "two")
    }
    assert labels == {"one": ["Lesson 1.1"], "one/a": ["Practice 1.2"], "two": ["Pitfall 2.1"]}
    index = plain(site.text("patterns/index.html"))
    assert re.search(r"The one Lesson 1\.1 .* Practice 1\.2 .* The two Pitfall 2\.1", index)


def test_a_citation_leads_to_the_list_of_its_study(site: Built) -> None:
    assert 'href="../one.html#id' in site.text("elite/one/a.html")
    assert 'href="../two.html#id' in site.text("elite/two/a.html")
    one, two = (plain(site.text(f"elite/{page}.html")) for page in ("one", "two"))
    assert "How we do it" in one, "a chapter cites it"
    assert "How we did it" in one, "a metric of the ledger rests on it"
    assert "How we do it" in two
    assert "How we did it" not in two


def test_a_link_to_a_chunk_stays_in_its_study(site: Built) -> None:
    assert 'href="one/a.html#chunk-part"' in site.text("elite/one.html")
    assert 'href="a.html#chunk-part"' in site.text("elite/one/b.html")
    assert 'href="../two.html#chunk-part"' in site.text("elite/two/a.html")


def test_a_package_lists_the_files_of_all_chapters(site: Built) -> None:
    page = plain(site.text("elite/one/a.html"))
    assert re.search(r"pack/a\.py .* pack/b\.py", page)
    assert "the files above, 4 lines" in page


def test_a_glance_leads_to_the_ledger(site: Built) -> None:
    page = site.text("elite/one.html")
    table = page[page.index('id="glance"') :]
    table = table[: table.index("</table>")]
    assert table.count('href="one/ledger.html#metric-') >= 2
    words = plain(table)
    assert "Jobs 5 requests 2024 reported Doe 2017" in words.replace("\N{NO-BREAK SPACE}", " ")
    assert "how many there are" not in words


def test_studies_count_and_use_what_their_chapters_hold(site: Built) -> None:
    data = json.loads(site.text("data/inventory.json"))["studies"]
    assert data["one"]["listings"] == 2
    assert data["one"]["insights"] == 2
    assert data["one"]["patterns"] == 2
    assert data["two"]["patterns"] == 1
    insights = json.loads(site.text("data/insights.json"))["insights"]
    assert [(i["label"], i["page"]) for i in insights] == [
        ("One 1", "elite/one"), ("One 2", "elite/one/a"), ("Two 1", "elite/two"),
    ]  # fmt: skip
    (claim,) = json.loads(site.text("data/claims.json"))["claims"]
    assert (claim["study"], claim["page"]) == ("One", "elite/one/a")
    lists = site.text("patterns/index.html")
    assert 'href="../elite/one/b.html#chapter-b"' in lists, "a use in a chapter is its study's"
    words = plain(lists)
    assert "Keep messages with the data that they tell of. Used in: One, Two." in words
    assert "Make a request safe to repeat. Used in: One." in words
    assert re.search(r"The one contradicted “ ?It is one”", words), "under its study's title"


def test_old_anchors_lead_to_what_has_moved(root: Path, site: Built, tex: str) -> None:
    page = site.text("elite/one.html")
    moved = page[page.index('<ul class="moved">') :]
    moved = moved[: moved.index("</ul>")]
    found = dict(re.findall(r'<li id="([^"]+)"><p>This has moved to <a href="([^"]+)">', moved))
    assert found == {
        "old-part": "one/a.html#the-part",
        "chunk-part": "one/a.html#chunk-part",
        "chunk-more": "one/b.html#chunk-more",
        "insight-do-two": "one/a.html#insight-do-two",
        "metric-jobs": "one/ledger.html#metric-jobs",
        "metric-twice": "one/ledger.html#metric-twice",
    }
    assert "casebook-moved.js" in page
    assert "casebook-moved" not in site.text("elite/two.html")
    assert "has moved to" not in tex
    for builder, name in (("text", "elite/one.txt"), ("epub", "elite/one.xhtml")):
        built = build(root, builder)
        assert built.warnings == []
        assert "has moved to" not in built.text(name)


def test_an_old_anchor_leads_to_a_place_that_is_there(tmp_path: Path) -> None:
    """A name that a page has itself has not moved from it, though a chapter has it as well."""
    one = ONE.replace("## First", f"## First\n\n{PART.format('z', 'part')}")
    both = {
        "elite/one.md": one.replace("old-part ->", "old-part -> /elite/one/b#more\nolder ->"),
        "elite/one/a.md": f"{A}\n{PART.format('d', 'more')}",
    }
    write(tmp_path, {**FILES, **both})
    for builder, end, chapter in (
        ("html", ".html", "one/a.html"),
        ("dirhtml", "/index.html", "a/"),
    ):
        built = build(tmp_path, builder)
        assert built.warnings == []
        page = built.out / f"elite/one{end}"
        text = page.read_text(encoding="utf-8")
        ids = re.findall(r'\bid="([^"]+)"', text)
        assert len(ids) == len(set(ids))
        links = re.findall(r'This has moved to <a href="([^"#]+)#([^"]+)">', text)
        assert len(links) == 6
        assert [address for address, _ in links].count(chapter) == 3, "of two names the first"
        for address, anchor in links:
            target = page.parent / address
            target = target / "index.html" if target.is_dir() else target
            assert f'id="{anchor}"' in target.read_text(encoding="utf-8"), address


def test_only_what_has_changed_is_written_again(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    build(tmp_path)
    write(tmp_path, {"elite/one/b.md": B.replace("## More", "## More\n\nWords.")})
    again = build(tmp_path)
    assert (again.read, again.written) == (["elite/one/b"], ["elite/one/b"])
    write(tmp_path, {"elite/one.md": ONE.replace("-> one/a#the-part", "-> one/b#more")})
    again = build(tmp_path)
    assert (again.read, again.written) == (["elite/one"], ["elite/one"])


@pytest.mark.parametrize(
    "change",
    [
        {"elite/one/b.md": B.replace("TWO = 2", "TWO = 2 + 0\nTHREE = 2")},
        {"elite/one/ledger.md": LEDGER.replace("5 request", "6 request")},
        {"elite/one.md": ONE.replace("one/a\none/b", "one/b\none/a")},
        {"elite/one.md": ONE.replace("study: One", "study: First")},
        {"elite/one/b.md": B + "\n## One more\n\n{cite}`other`\n"},
        {"elite/two.md": TWO.replace("---\nstudy: Two\n---\n", "")},
        {
            "elite/two/b.md": "# New\n\nWords.\n",
            "elite/two.md": TWO.replace("two/a", "two/a\ntwo/b"),
        },
        {"elite/two/a.md": None, "elite/two.md": TWO.replace("two/a", "")},
        {
            "elite/one.md": None,
            "index.md": INDEX.replace("elite/one", "elite/one/a\nelite/one/b\nelite/one/ledger"),
        },
        {"elite/one/b.md": f"---\nstudy: Within\n---\n{B}"},
        {
            "elite/one/b.md": None,
            "elite/two/b.md": B,
            "elite/one.md": ONE.replace("one/b\n", ""),
            "elite/two.md": TWO.replace("two/a", "two/a\ntwo/b"),
        },
        {"index.md": INDEX.replace("elite/one\nelite/two", "elite/two\nelite/one")},
        {
            "elite/one.md": ONE.replace("one/b\n", ""),
            "index.md": INDEX.replace("elite/two", "elite/one/b\nelite/two"),
        },
        {"elite/one.md": ONE.replace("- jobs\n- twice", "- twice")},
        {"elite/one.md": ONE.replace("### Deep", f"{DO.format('first', 'none')}\n### Deep")},
        {"elite/one.md": ONE.replace("\nfirst\n", "\ndeep\n")},
        {"elite/one/a.md": A.replace(" {cite}`post`", "")},
        {"elite/one/a.md": A.replace("The part", "*Its* part"), "elite/one.md": RENAMED},
        {"elite/one/b.md": B + "\nword" * 500},
    ],
    ids=[
        "code", "value", "order", "name", "citation", "no study", "chapter", "chapter gone",
        "essay gone", "study in a study", "chapter of another", "studies turned", "other list",
        "glance", "insight", "path", "no citation", "moved", "length",
    ],
)  # fmt: skip
def test_a_later_build_is_like_a_clean_one(tmp_path: Path, change: dict[str, str | None]) -> None:
    """And back again: a page that was there is as it was."""
    write(tmp_path, FILES)
    before = build(tmp_path).digests()
    write(tmp_path, change)
    later = build(tmp_path)
    clean = build(tmp_path, out="clean")
    assert later.warnings == clean.warnings
    # Sphinx leaves what it wrote of a page that is gone.
    found = later.digests()
    assert {name: found.get(name) for name in clean.digests()} == clean.digests()
    write(tmp_path, {name: FILES.get(name) for name in change})
    again = build(tmp_path)
    assert again.warnings == []
    assert {name: again.digests().get(name) for name in before} == before


def test_chapters_say_what_they_are_once_their_essay_is_there(tmp_path: Path) -> None:
    early = INDEX.replace("elite/one", "elite/one/a\nelite/one/b\nelite/one/ledger")
    rest = {name: text for name, text in FILES.items() if name != "elite/one.md"}
    write(tmp_path, {**rest, "index.md": early})
    assert front(build(tmp_path), "one/a") == ""
    write(tmp_path, {name: FILES[name] for name in ("index.md", "elite/one.md")})
    later = build(tmp_path)
    assert later.warnings == []
    assert front(later, "one/a").startswith("The one · chapter 1 of 2")
    assert later.digests() == build(tmp_path, out="clean").digests()


def test_other_themes_show_new_headings_of_an_essay_on_its_chapters(tmp_path: Path) -> None:
    shown = {name: text.replace(":hidden:\n", "") for name, text in FILES.items()}
    one = "elite/one.md"
    write(tmp_path, shown, THEME)
    assert "1.2. References<" in build(tmp_path).text("elite/one/a.html")
    write(tmp_path, {one: shown[one].replace("## References", "## Sources")}, THEME)
    assert "1.2. Sources<" in build(tmp_path).text("elite/one/a.html")
