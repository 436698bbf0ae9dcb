"""The report on how pages read: what counts as prose, what is measured, what is printed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from casebook.literate.programs import Parser, book_parser
from editions import ROOT
from prose import LONG, Prose, files, main, read, read_words, report, told

WORDS = read_words((ROOT / "tools" / "prose.toml").read_text(encoding="utf-8"))

PAGE = """---
study: Acme
---

# A title that is long; and doesn't count

You ask once. A client, e.g. Stripe Inc. Europe, asks v1.0 again;
and {metric}`24 hours <life>` later [it](x.md) isn't there.
`row_made` comes next {cite}`post`, on {metric}`life` and [](#chunk-a).

(place)=
## A section

- One item.
- Another; it may wait until May 2024.

> A quotation; you skip it.

| a table; | you |
|---|---|
| is | skipped |

```{insight} A title; you skip it
:name: early
:kind: lesson

The body counts.
It has two lines.
```

:::{note}
So does this.

```{chunk} a/b.py
:name: a
:caption: A caption; you skip it

you = 1
```
:::

```{metrics-table} Caption
- {id: a, what: you; skip}
```

```python
you = 1
```
"""
TEXTS = [
    "You ask once. A client, e.g. Stripe Inc. Europe, asks v1.0 again;\n"
    "and 24 hours later it isn’t there.\n"
    "“row_made” comes next , on “life” and “#chunk-a”.",
    "One item.",
    "Another; it may wait until May 2024.",
    "The body counts.\nIt has two lines.",
    "So does this.",
]


@pytest.fixture(scope="module")
def parse() -> Parser:
    return book_parser(ROOT)


def prose(text: str, parse: Parser) -> Prose:
    return read("page", text, parse, WORDS.directives)


def test_prose_is_paragraphs_and_items(parse: Parser) -> None:
    found = prose(PAGE, parse)
    assert found.essay
    assert [block.text for block in found.blocks] == TEXTS
    assert [block.item for block in found.blocks] == [False, True, True, False, False]
    assert [section.name for section in found.sections()] == [
        "line 5: A title that is long; and doesn’t count",
        "line 12: A section",
    ]


def test_each_sentence_has_its_line(parse: Parser) -> None:
    lines = PAGE.splitlines()
    said = [(at, s) for block in prose(PAGE, parse).blocks for at, s in block.sentences()]
    assert len(said) == 8
    for at, sentence in said:
        first = re.split(r"\W+", sentence.strip("“"))[0]
        assert re.search(rf"\b{first}\b", lines[at - 1]), (at, sentence)


def test_what_is_measured(parse: Parser) -> None:
    found = report(prose(PAGE, parse), WORDS)
    words = (3 + 16 + 7) + 2 + 7 + (3 + 4) + 3
    assert found.words == words
    assert found.mean == words / 8
    assert found.long == 0
    assert found.paragraph == (26 + 7 + 3) / 3
    per = 1000 / words
    assert (found.semicolons, found.you, found.contractions) == (2 * per, per, per)
    assert (found.hedges, found.house) == (per, 0), "a month is no doubt"


def test_a_page_without_prose_measures_nothing(parse: Parser) -> None:
    found = report(prose("# Title\n", parse), WORDS)
    assert (found.words, found.mean, found.long, found.paragraph) == (0, 0, 0, 0)


def test_the_report_names_what_to_mend(parse: Parser) -> None:
    long = " ".join(["word"] * (LONG + 1))
    page = (
        f"---\nstudy: A\n---\n# T\n\nThe devices; the walk;\nto the walk.\n\n## S\n\nYour {long}.\n"
    )
    lines = list(told([prose(page, parse)], WORDS, long=True, sections=True))
    assert [re.sub(" +", " ", line) for line in lines] == [
        "In 1,000 words: semicolons, you, contractions, hedges, house words.",
        "",
        "page words mean over 30 semicolons you contractions hedges house paragraph",
        "goal ≤ 16 ≤ 4 % ≤ 3 ≥ 3 0 60",
        "page 39 19.5! 50.0 %! 51.3! 25.6 0.0 0.0 76.9! 20",
        "",
        "page",
        " devices → name them: line 6",
        " the walk → name it: lines 6, 7",
        f" 32 words, line 11: Your {long}.",
        " section words mean over 30 semicolons you contractions hedges house paragraph",
        " goal ≤ 16 ≤ 4 % ≤ 3 ≥ 3 0 60",
        " line 4: T 7 7.0 0.0 % 285.7! 0.0 0.0 0.0 428.6! 7",
        " line 9: S 32 32.0! 100.0 %! 0.0 31.2 0.0 0.0 0.0 32",
    ]


@pytest.mark.parametrize(("front", "mark"), [("---\nstudy: A\n---\n", "0.0!"), ("", "0.0 ")])
def test_only_an_essay_must_talk_to_its_reader(front: str, mark: str, parse: Parser) -> None:
    row = list(told([prose(front + "# T\n\nOne word.\n", parse)], WORDS, False, False))[-1]
    assert re.sub(" +", " ", row).startswith(f"page 2 2.0 0.0 % 0.0 {mark.strip()}")


def test_pages_and_folders_are_named_once(tmp_path: Path) -> None:
    page = tmp_path / "b" / "page.md"
    page.parent.mkdir()
    page.write_text("# T\n")
    assert list(files([page, tmp_path, tmp_path / "b"])) == [page]


def test_it_reports_on_the_book_and_fails_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == ""
    said = capsys.readouterr().out
    for page in (ROOT / "source" / "elite").rglob("*.md"):
        assert f"\n{page.relative_to(ROOT / 'source').with_suffix('')} " in said


def test_a_page_of_no_book_goes_by_its_path(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text("# T\n\nYou read.\n", encoding="utf-8")
    assert main([str(page)]) == ""
    assert f"\n{page} " in capsys.readouterr().out
    assert main([str(tmp_path / "none")]) == f"there is no page or folder '{tmp_path / 'none'}'"
