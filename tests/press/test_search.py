"""The index of the search: which entry holds which words, after whatever kind of build."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from harness import Built, build, write
from sphinx import search

INDEX = "# Book\n\n```{toctree}\nacme\nbolt\n```\n"
ACME = """# Acme

Preface.

## Errors

A declined card is a 402, and this is zebra.

```{code-block} python
:caption: An okapi.

tapir = 1
```

### Deeper

Under it lives a quagga.

#### Deepest

And a gnu.

## Load

```{list-table} The ocelot
* - 1.2e3
  - lynx
```

```{index} single: dodo
```

(an-anchor)=
## Fence

Zebra.
"""
BOLT = "# Bolt\n\nA zebra.\n\n## Errors\n\nAn emu.\n"


def index(built: Built) -> dict[str, Any]:
    text = built.text("searchindex.js").removeprefix("Search.setIndex(").removesuffix(")")
    found: dict[str, Any] = json.loads(text)
    return found


def places(built: Built, word: str, kind: str = "terms") -> list[str]:
    """The entries that hold a word, in the text or in titles."""
    whole = index(built)
    found = whole[kind].get(word, [])
    return [whole["docnames"][at] for at in (found if isinstance(found, list) else [found])]


@pytest.fixture
def book(tmp_path: Path) -> Path:
    write(tmp_path, {"index.md": INDEX, "acme.md": ACME, "bolt.md": BOLT})
    return tmp_path


def test_a_word_leads_to_the_deepest_section_that_holds_it(book: Path) -> None:
    built = build(book)
    expected = {
        "prefac": ["acme"],
        "402": ["acme#errors"],
        "zebra": ["acme#an-anchor", "acme#errors", "bolt"],
        "okapi": ["acme#errors"],
        "tapir": ["acme#errors"],
        "quagga": ["acme#deeper"],
        "gnu": ["acme#deepest"],
        "lynx": ["acme#load"],
        "emu": ["bolt#errors"],
    }
    assert {word: places(built, word) for word in expected} == expected
    assert places(built, "error", "titleterms") == ["acme#errors", "bolt#errors"]
    assert places(built, "acm", "titleterms") == ["acme"]


def test_titles_and_entries_lead_where_sphinx_leads_them(book: Path) -> None:
    whole = index(build(book))
    names = whole["docnames"]
    titles = {
        title: [(names[page], anchor) for page, anchor in found]
        for title, found in whole["alltitles"].items()
    }
    assert titles["Acme"] == [("acme", None)]
    assert titles["Errors"] == [("acme", "errors"), ("bolt", "errors")]
    assert titles["Fence"] == [("acme", "an-anchor")]
    assert titles["Deepest"] == [("acme", "deepest")]
    [(page, anchor)] = titles["The ocelot"]
    assert page == "acme"
    assert anchor
    [[page, anchor, _]] = whole["indexentries"]["dodo"]
    assert names[page] == "acme"
    assert anchor.startswith("index-")
    # So that a result for a title and one for the text are one to Sphinx's script.
    named = dict(zip(names, whole["titles"], strict=True))
    assert named["acme"] == "Acme"
    assert named["acme#errors"] == "Acme > Errors"


def test_a_section_of_no_interest_is_left_out(book: Path) -> None:
    hidden = ACME.replace("## Errors", "```{rst-class} no-search\n```\n\n## Errors")
    write(book, {"acme.md": hidden, "bolt.md": "---\nno-search: true\n---\n" + BOLT})
    built = build(book)
    assert [places(built, word) for word in ("emu", "402", "quagga")] == [[], [], []]
    assert places(built, "lynx") == ["acme#load"]


@pytest.mark.parametrize("jobs", [1, 4])
def test_the_next_build_keeps_what_has_not_changed(jobs: int, book: Path) -> None:
    build(book)
    write(book, {"acme.md": ACME.replace("## Errors", "## Mistakes").replace("quagga", "kiwi")})
    built = build(book, jobs=jobs)
    assert "bolt" not in built.written
    fresh = build(book, out="fresh")
    assert built.digests()["searchindex.js"] == fresh.digests()["searchindex.js"]
    assert places(built, "402") == ["acme#mistakes"]
    assert places(built, "emu") == ["bolt#errors"]
    write(book, {"acme.md": None, "index.md": INDEX.replace("acme\n", "")})
    built = build(book)
    assert [name for name in index(built)["docnames"] if name.startswith("acme")] == []
    assert places(built, "402") == []


def test_numbers_are_words_to_this_book_alone(book: Path) -> None:
    build(book)
    assert search.languages["en"] is search.SearchEnglish


def test_another_language_keeps_its_stems(book: Path) -> None:
    write(book, {}, conf='html_search_language = "de"\n')
    built = build(book)
    assert places(built, "402") == ["acme#errors"]
    assert "GermanStemmer" in built.text("_static/language_data.js")


def test_only_the_search_page_loads_the_script(book: Path) -> None:
    built = build(book)
    loaders = [page.name for page in built.out.glob("*.html") if "search.js" in page.read_text()]
    assert loaders == ["search.html"]
    assert "search.js" not in build(book, "epub").text("content.opf")
