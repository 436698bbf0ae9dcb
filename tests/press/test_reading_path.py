"""The marked path: what is counted, what is marked, where it leads on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from harness import Built, build, plain, write

PAGE = """# Page

```{reading-path}
:minutes: 5

first
part-of-third
third-on

```

## First

One two three, and a {metric}`figure of 9 <jobs>` {cite}`home`.

```{mermaid}
:caption: Is counted
:alt: Not counted

flowchart LR
  A --> B
```

| table | counts |
| --- | --- |
| a   | b |

```python
lines = 1
count = 2
```

### Of first

- four five

```{metrics-table} Is counted

- id: jobs
  label: Jobs
  value: 9 request
  as-of: 2024
  what: is counted
  source: home
  locator: top
  kind: reported
```

## Second

Not on the path.

## Third

### Part of *third*

WORDS

## Third on

The end.
""".replace("WORDS", " ".join(["word"] * 300))
INDEX = """# Book

```{toctree}
:numbered:
page
```

```{bibliography}
```
"""


@pytest.fixture(scope="module")
def files() -> dict[str, str]:
    return {"index.md": INDEX, "page.md": PAGE}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, files: dict[str, str]) -> Built:
    root = tmp_path_factory.mktemp("site")
    write(root, files)
    built = build(root)
    assert built.warnings == []
    return built


def test_the_list_counts_what_is_read(site: Built) -> None:
    page = site.text("page.html")
    box = page[page.index('class="reading-path') :]
    box = plain("<" + box[: box.index("</ol>")])
    held = "341 words, 1 picture and 2 lines of code in 3 sections take 2 minutes, at 220 words"
    assert f"{held} or 20 lines of code a minute and 15 seconds a picture." in box
    # Title, paragraph, caption, table, heading, list, and a table of metrics without what formulas
    # may decide: 1 + 9 + 2 + 4 + 2 + 2 + 14; then 3 + 300.
    assert "First 34 words Part of third 303 words Third on 4 words" in box
    assert 'href="#part-of-third"' in page


def test_sections_are_marked_and_lead_on_where_the_path_leaves_the_page(site: Built) -> None:
    page = site.text("page.html")
    marks = re.findall(r">(Path \d of \d)<", page)
    assert marks == ["Path 1 of 3", "Path 2 of 3", "Path 3 of 3"]
    first = page[page.index('id="first"') : page.index('id="second"')]
    assert first.index("Path 1 of 3") < first.index("One two")
    on = first[first.index('class="path-next') :]
    assert plain("<" + on).startswith("The path goes on with Part of third .")
    assert first.index('class="path-next') > first.rindex("counted"), "behind what it holds"
    # The third follows the second anyway.
    assert page.count("The path goes on") == 1


def test_paper_and_text(tmp_path: Path, files: dict[str, str]) -> None:
    write(tmp_path, files)
    paper = build(tmp_path, "latex")
    assert paper.warnings == []
    tex = paper.text(next(path.name for path in paper.out.glob("*.tex")))
    assert tex.count(r"\begin{sphinxuseclass}{path-step}") == 3
    assert r"{path-next}" in tex
    assert re.search(r"casebookpage\{\\detokenize\{page:part-of-third\}\}", tex)
    text = build(tmp_path, "text")
    assert "Path 2 of 3" in text.text("page.txt")


def test_a_path_of_nothing_leaves_nothing(tmp_path: Path) -> None:
    page = "# Page\n\n```{reading-path}\n:minutes: 3\n\nnowhere\n```\n"
    write(tmp_path, {"index.md": page})
    built = build(tmp_path)
    assert built.warnings == [
        "index.md:6: there is no section 'nowhere' on this page [casebook.bad-path]"
    ]
    assert "reading-path" not in built.text("index.html")
