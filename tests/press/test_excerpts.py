"""Excerpts: what another page prints, shown again in every edition, and counted nowhere."""

from __future__ import annotations

import json
import pickle
import re
import xml.etree.ElementTree as ElementTree
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from casebook.core.literate.excerpts import Excerpt
from casebook.core.text.reading_time import PageLength
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
patterns
lists
```

```{excerpt} elite/one/keys#claim
```

```{excerpt} elite/one#chart-acme-rise
:caption: It rises, as {pattern-link}`outbox` does; see {cite}`post`.
```

```{excerpt} elite/one/keys#counterexample-acme-without-limit
:name: again
```

[See it](#again).
"""
ONE = """---
study: One
---

# The one

```{excerpt} keys#claim
:lines: 1-2, 5-6
:caption: The `heart` of it
```

```{chart} acme/rise
:type: line
:x: load (1/s)
:y: wait (s)
:caption: The wait rises. It does so from the start.
:alt: A line that rises.
```

```{mermaid}
:name: fig-path
:class: wide
:caption: The way of a {pattern-link}`outbox` {cite}`post`.
:alt: A leads to B.

flowchart LR
  A[Ask] --> B[Answer]
```

```{excerpt} #fig-path
```

## References

```{bibliography}
:filter: docname in docnames
```

```{toctree}
:hidden:

one/keys
```
"""
KEYS = '''# Keys

```{chunk} mini_acme/keys.py
:name: claim
:caption: Insert if new

"""Keys."""

def claim(key: str) -> str:
    """Claim it."""
    <<known-key>>
    return key
```

```{chunk}
:name: known-key
:caption: What a key says

key = "a"
```

```{chunk} mini_acme/made.py
:name: made
:caption: What is computed
:output: acme/rise

"""Computes."""

def rise() -> object:
    return {}
```

```{chunk} mini_acme/guards.py
:name: guards
:caption: What is taken away
:output: acme/without-limit

"""Guards."""

def without_limit() -> object:
    return {}
```

```{counterexample} acme/without-limit
:caption: The limit taken away
```

```{chunk} mini_acme/talk.py
:name: talk
:caption: What is said
:output: acme/said

"""Talks."""

def said() -> object:
    return ""
```

```{stepper} acme/rise
:print: 1, 3
:caption: It rises in three steps.
```

```{output} acme/said
:as: trace
:mark: second
:caption: The second *matters*.
```
'''
TWO = """---
study: Two
---

# The two

```{excerpt} one#fig-path
:caption: The same way
```

```{excerpt} one/keys#output-acme-said
:name: said-again
```

[It was said](#said-again).

```{excerpt} one/keys#stepper-acme-rise
:name: steps-again
```

[It rose](#steps-again).
"""
PATTERNS = """# Patterns

```{pattern} outbox
```

## Idempotency

```{pattern} idempotency
```
"""
LISTS = """# Lists

```{inventory} Contents
```

```{chunk-index} Chunks
```

```{chart-data}
```
"""
FILES: dict[str, str | None] = {
    "index.md": INDEX,
    "elite/one.md": ONE,
    "elite/one/keys.md": KEYS,
    "elite/two.md": TWO,
    "patterns.md": PATTERNS,
    "lists.md": LISTS,
    "elite/outputs/acme/rise.json": json.dumps(
        {"columns": {"load": [1, 2, 3], "wait": [1, 2, 4]}, "values": {}}
    ),
    "elite/outputs/acme/said.json": json.dumps({"text": ["first", "second"]}),
    "elite/outputs/acme/without-limit.json": json.dumps(
        {"moves": ["add", "add"], "guarded": ["2", "3"], "unguarded": ["2", "4"], "broken": "much"}
    ),
}
EXCERPT = re.compile(r"^```\{excerpt\}.*?^```\n", re.DOTALL | re.MULTILINE)
BUILDERS = ("html", "text", "epub", "latex", "singlehtml")


def without(text: str | None) -> str | None:
    """A page without its excerpts."""
    bare = text and EXCERPT.sub("", text)
    return bare and re.sub(r"\[.*\]\(#.*again\)\.\n", "", bare)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("excerpts")
    write(root, FILES)
    return root


@pytest.fixture(scope="module")
def built(root: Path) -> dict[str, Built]:
    made = {builder: build(root, builder) for builder in BUILDERS}
    assert {builder: one.warnings for builder, one in made.items()} == {
        builder: [] for builder in BUILDERS
    }
    return made


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    """The same book without its excerpts."""
    root = tmp_path_factory.mktemp("bare")
    write(root, {name: without(text) for name, text in FILES.items()})
    return {builder: build(root, builder) for builder in ("html", "latex")}


def shown(site: Built, page: str) -> list[str]:
    """The excerpts of a page, as HTML."""
    text = site.text(f"{page}.html").partition("<article")[2].partition("</article>")[0]
    kinds = (
        r"<div class=\"chunk excerpt.*?chunk-foot.*?</p>",
        r"<figure class=\"[^\"]*excerpt.*?</figure>",
    )
    return [found[0] for found in re.finditer("|".join(kinds), text, re.DOTALL)]


# --- what a reader sees ---


def test_a_chunk_is_shown_with_its_name_its_caption_and_where_it_stands(
    built: dict[str, Built],
) -> None:
    chunk, _ = shown(built["html"], "index")
    assert plain(chunk).startswith('‹claim› Insert if new ¶ """Keys."""')
    assert plain(chunk).endswith("6 lines · mini_acme/keys.py · from 1.2 Keys")
    home = 'href="elite/one/keys.html#chunk-claim"'
    assert chunk.count(home) == 2
    assert 'href="elite/one/keys.html#chunk-known-key">‹known key›</a>' in chunk
    assert "&lt;&lt;known-key&gt;&gt;" in chunk, "what is copied"
    assert "caption-number" not in chunk
    assert "style=" not in chunk


def test_some_of_its_lines(built: dict[str, Built]) -> None:
    chunk, diagram = shown(built["html"], "elite/one")
    code = re.sub("<[^>]+>", "", chunk[chunk.index("<pre>") : chunk.index("</pre>")])
    assert code == '"""Keys."""\n\n…\n    ‹known key›&lt;&lt;known-key&gt;&gt;\n    return key\n'
    assert '<code class="docutils literal notranslate"><span class="pre">heart</span>' in chunk
    assert "lines 1–2, 5–6 of 6" in chunk
    assert 'href="one/keys.html#chunk-known-key"' in chunk
    assert 'href="#fig-path"' in diagram


def test_drawings_are_made_anew_with_ids_of_their_own(built: dict[str, Built]) -> None:
    _, chart = shown(built["html"], "index")
    assert '<svg id="excerpt-index-2-drawing"' in chart or "excerpt-index-2-drawing" in chart
    assert "It rises, as" in plain(chart)
    assert 'href="patterns.html' in chart
    assert 'class="evidence evidence-modelled">modelled' in chart
    assert 'href="elite/one.html#chart-acme-rise"><span>1 The one</span>' in chart
    assert 'href="data/acme/rise.csv"' in chart
    (diagram,) = shown(built["html"], "elite/two")
    assert '<figure class="diagram wide excerpt' in diagram
    assert {"Ask", "Answer"} <= set(re.findall(r">(\w+)<", diagram))
    assert "The same way from 1 The one" in plain(diagram)
    page = built["html"].text("elite/one.html")
    assert page.count('class="enlarged ') == 2
    again = shown(built["html"], "elite/one")[1]
    assert "The way of a outbox [Doe 2017]. from 1 The one" in plain(again)


def test_a_counterexample_is_shown_with_its_note(built: dict[str, Built]) -> None:
    page = built["html"].text("index.html")
    table = page[page.index('<table class="counterexample') : page.index("</article>")]
    assert 'id="again"' in table
    assert '<td class="broken"><p>4</p></td>' in table
    assert "much. modelled by ‹guards› · from 1.2 Keys" in plain(table).replace("\u00a0", " ")
    assert '<a class="reference internal" href="#again">See it</a>' in page


def test_a_stored_text_is_shown_with_its_foot(built: dict[str, Built]) -> None:
    page = built["html"].text("elite/two.html")
    box = page[page.index('<div class="stored-output') : page.index("</article>")]
    assert box.startswith('<div class="stored-output output-marked excerpt docutils container" id=')
    assert '<mark class="hll">' in box
    told = "The second matters. modelled by ‹talk› · from 1.2 Keys It was said ."
    assert told in plain(box).replace("\u00a0", " ")
    assert 'id="said-again"' in box
    assert r"\label{\detokenize{elite/two:said-again}}" in source(built["latex"])
    text = built["text"].text("elite/two.txt")
    assert "  first\n" in text
    assert "> second\n" in text


def test_a_text_without_a_caption_begins_with_what_made_it(tmp_path: Path) -> None:
    bare = KEYS.replace(":caption: The second *matters*.\n", "")
    write(tmp_path, {**FILES, "elite/one/keys.md": bare})
    assert "\nmodelled by ‹talk›" in build(tmp_path, "text").text("elite/two.txt")


def test_a_stepper_is_shown_with_all_its_steps(built: dict[str, Built]) -> None:
    page = built["html"].text("elite/two.html")
    assert '<script defer="defer" src="../_static/casebook-stepper.js' in page
    box = page[page.index('<div class="stepper excerpt') : page.index("</article>")]
    assert 'id="steps-again"' in box
    assert '"states":[["1","1"],["2","2"],["3","4"]]' in box
    told = "modelled by ‹made› · from 1.2 Keys"
    assert told in plain(box).replace("\u00a0", " ")
    assert r"\label{\detokenize{elite/two:steps-again}}" in source(built["latex"])


@pytest.mark.parametrize("builder", ["html", "singlehtml"])
def test_no_id_stands_twice(built: dict[str, Built], builder: str) -> None:
    for path in built[builder].out.rglob("*.html"):
        ids = Counter(re.findall(r'\sid="([^"]+)"', path.read_text(encoding="utf-8")))
        doubled = {name for name, times in ids.items() if times > 1}
        assert {name for name in doubled if "excerpt" in name or "diagram" in name} == set()


def test_in_plain_text(built: dict[str, Built]) -> None:
    text = " ".join(built["text"].text("elite/one.txt").split())
    assert '‹claim› The "heart" of it """Keys.""" … <<known-key>> return key lines' in text
    assert "A leads to B. The way of a outbox [Doe 2017]. from 1 The one" in text


def test_in_the_electronic_book(built: dict[str, Built]) -> None:
    (book,) = built["epub"].out.glob("*.epub")
    files = zipfile.ZipFile(book)
    page = files.read("index.xhtml").decode()
    ElementTree.fromstring(page)
    assert 'href="elite/one/keys.xhtml#chunk-known-key"' in page
    assert len(re.findall('<img [^>]*src="[^"]*chart-', page)) == 1


def test_in_a_book_of_one_page_all_links_stay_on_it(built: dict[str, Built]) -> None:
    page = built["singlehtml"].text("index.html")
    ids = set(re.findall(r'\sid="([^"]+)"', page))
    boxes = shown(built["singlehtml"], "index")
    links = {found for box in boxes for found in re.findall(r'href="#([^"]*)"', box)}
    assert {"chunk-claim", "chunk-known-key", "fig-path"} <= links
    assert {link for link in links if link.startswith(("chunk-", "fig-"))} <= ids


def source(built: Built) -> str:
    return built.text(next(path.name for path in built.out.glob("*.tex")))


def test_on_paper_nothing_has_a_number_that_had_none(
    built: dict[str, Built], bare: dict[str, Built]
) -> None:
    with_them, without_them = source(built["latex"]), source(bare["latex"])
    for command in (r"\caption{", r"\sphinxSetupCaptionForVerbatim{", r"\casebookshortcaption{"):
        assert with_them.count(command) == without_them.count(command) > 0
    assert with_them.count(r"\casebookexcerptcode{") == 2
    assert with_them.count(r"\casebookexcerptdrawing{") == 3
    assert with_them.count(r"\casebookexcerpttable{") == 2
    assert r"\label{\detokenize{index:again}}" in with_them
    assert r"\hyperref[\detokenize{elite/one/keys:chunk-claim}]{" in with_them


@pytest.mark.slow
def test_tex_sets_them(built: dict[str, Built]) -> None:
    need_tex()
    tex = next(built["latex"].out.glob("*.tex"))
    log = typeset(tex)
    assert not re.search("(?m)^!", log)
    numbers = dict(
        re.findall(
            r"\\newlabel\{([^}]+)\}\{\{([\d.]*)\}", tex.with_suffix(".aux").read_text("utf-8")
        )
    )
    assert numbers["elite/one:chart-acme-rise"] == "1.1"
    assert numbers["elite/one:fig-path"] == "1.2"
    assert numbers["elite/one/keys:counterexample-acme-without-limit"] == "1.1"


# --- nothing counts twice ---


def environment(root: Path) -> Any:
    return pickle.loads((root / "doctrees-html" / "environment.pickle").read_bytes())


def test_nothing_is_counted_twice(
    root: Path, built: dict[str, Built], bare: dict[str, Built]
) -> None:
    own, other = environment(root), environment(bare["html"].out.parent)
    assert own.toc_fignumbers == other.toc_fignumbers
    records = [
        {
            page: [r for r in found if not isinstance(r, (Excerpt, PageLength))]
            for page, found in env.domaindata["casebook"]["pages"].items()
        }
        for env in (own, other)
    ]
    for pages in records:  # lines, and the patterns and sources of captions, are others
        pages.pop("index")
    assert repr(records[0].keys()) == repr(records[1].keys())
    names = [{p: [type(r).__name__ for r in rs] for p, rs in pages.items()} for pages in records]
    assert names[0] == names[1]
    for file in ("chunks.json", "inventory.json"):
        assert built["html"].text(f"data/{file}") == bare["html"].text(f"data/{file}")
    assert built["html"].text("lists.html").count("chunk-claim") == 1


def test_what_is_shown_again_takes_time_to_read(root: Path, bare: dict[str, Built]) -> None:
    def length(env: Any, page: str) -> Any:
        found = env.domaindata["casebook"]["pages"][page]
        return next(r.length for r in found if isinstance(r, PageLength))

    own, other = environment(root), environment(bare["html"].out.parent)
    assert length(own, "elite/one").lines - length(other, "elite/one").lines == 4
    assert length(own, "elite/one").words - length(other, "elite/one").words == 4  # the caption


# --- from one build to the next ---

CHANGES = {
    "a line": ("elite/one/keys.md", "return key", "return key  # now"),
    "a caption": ("elite/one/keys.md", "Insert if new", "Insert if not there"),
    "a name": ("elite/one/keys.md", ":name: claim", ":name: take"),
    "a chunk goes": ("elite/one/keys.md", ":name: claim\n", ""),
    "the fragment": ("elite/one/keys.md", "known-key", "old-key"),
    "the file": ("elite/one/keys.md", "mini_acme/keys.py", "mini_acme/locks.py"),
    "the title": ("elite/one/keys.md", "# Keys", "# Locks"),
    "the number": ("index.md", "elite/one\nelite/two", "elite/two\nelite/one"),
    "a column": ("elite/outputs/acme/rise.json", "[1, 2, 4]", "[1, 3, 4]"),
    "a chart": ("elite/one.md", ":type: line", ":type: bar"),
    "its caption": ("elite/one.md", "The wait rises", "The wait grows"),
    "a move": ("elite/outputs/acme/without-limit.json", '"much"', '"more"'),
    "a diagram": ("elite/one.md", "A[Ask]", "A[Beg]"),
    "a maker": ("elite/one/keys.md", ":name: made", ":name: maker"),
    "a study": ("elite/two.md", "study: Two", "order: 2"),
}


@pytest.fixture(scope="module")
def first(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("first")
    write(root, FILES, THEME)
    assert build(root).warnings == []
    return root


@pytest.mark.parametrize("change", CHANGES)
def test_an_incremental_build_shows_what_a_clean_one_does(first: Path, change: str) -> None:
    name, old, new = CHANGES[change]
    text = FILES[name]
    assert text
    assert old in text
    write(first, {name: text.replace(old, new)}, THEME)
    again, clean = build(first), build(first, out="clean", fresh=True)
    digests = again.digests(), clean.digests()
    write(first, {name: text}, THEME)
    build(first)  # for the next change
    assert "elite/one/keys" in again.read or not name.endswith("keys.md")
    assert len(again.read) < len(FILES) - 2, "the others were not read again"
    assert digests[0] == digests[1]
    assert set(again.warnings) <= set(clean.warnings)
    about = [line for line in clean.warnings if "bad-excerpt" in line]
    assert about == [line for line in again.warnings if "bad-excerpt" in line]
    assert len(about) == (2 if change in ("a name", "a chunk goes") else 0)


def test_a_page_shows_the_name_of_what_is_gone(tmp_path: Path) -> None:
    write(tmp_path, {**FILES, "elite/one/keys.md": KEYS.replace(":name: claim", ":name: take")})
    made = build(tmp_path)
    assert [line for line in made.warnings if "excerpt" in line] == [
        "index.md:13: 'elite/one/keys' has no chunk, figure, output or counterexample 'claim' "
        "[casebook.bad-excerpt]",
        "elite/one.md:7: 'elite/one/keys' has no chunk, figure, output or counterexample 'claim' "
        "[casebook.bad-excerpt]",
    ]
    assert '<span class="pre">keys#claim</span>' in made.text("elite/one.html")


def test_what_is_wrong_with_a_drawing_is_said_once(tmp_path: Path) -> None:
    page = """# Page

```{{mermaid}}
:name: fig
:caption: A picture
:alt: Of {{metric}}`lost`.

{}
```
"""
    diagrams = (
        "flowchart LR\n  A --> ",
        "flowchart LR\n  " + " --> ".join("a" * 20 + c for c in "bcdefgh"),
    )
    for diagram in diagrams:
        home, again = page.format(diagram), "# Again\n\n```{excerpt} home#fig\n```\n"
        listed = "# Book\n\n```{toctree}\nhome\nagain\n```\n"
        write(tmp_path, {"index.md": listed, "home.md": home, "again.md": again}, THEME)
        warnings = build(tmp_path, fresh=True).warnings
        assert {line.partition(":")[0] for line in warnings} == {"home.md"}
        assert len(set(warnings)) == len(warnings) > 0
