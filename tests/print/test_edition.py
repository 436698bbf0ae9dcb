"""The PDF: nothing lost on the way to paper, nothing unreadable there."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import printgate
import pytest
from casebook.print.styles import STYLES
from editions import BOOK, Editions, need_tex
from paper import PAGE, Edition, balanced, frame, made, plain, run, set_as_make_does, squeezed
from typeset import typeset

LEAST_LABEL = 6.0
"""Points: the smallest words of a diagram."""
NATURAL_LABEL = 14.0
"""Pixels: the size that a diagram is drawn with."""


def test_the_log_passes_the_gate(edition: Edition) -> None:
    assert [str(fault) for fault in printgate.faults(edition.log)] == []


def test_every_caption_is_on_paper(edition: Edition) -> None:
    captions = [plain(c) for c in balanced(edition.tex, "\\caption{")]
    assert len(captions) >= 10
    words = squeezed(edition.raw)
    assert [c for c in captions if squeezed(c) not in words] == []


def test_every_metric_is_on_paper(edition: Edition, editions: Editions) -> None:
    data = json.loads((editions.html / "data" / "metrics.json").read_text(encoding="utf-8"))
    assert len(data["metrics"]) >= 40
    words = squeezed(edition.raw)
    pairs = [(one["label"], one["value"]["printed"]) for one in data["metrics"]]
    assert [p for p in pairs if not all(squeezed(words_of) in words for words_of in p)] == []


def test_no_figure_waits_for_long(edition: Edition, editions: Editions) -> None:
    """A figure that fits neither above text nor alone on a page holds up all that follow it."""
    (aux,) = editions.latex.glob("*.aux")
    numbered = r"\\newlabel\{([^}]*)\}\{\{[^}]*\}\{(\d+)\}"
    pages = {name: int(page) for name, page in re.findall(numbered, aux.read_text("utf-8"))}
    labels = re.findall(r"\\label\{\\detokenize\{([^}]*)\}\}(\\end\{figure\})?", edition.tex)
    waiting: list[str] = []
    late = {}
    for name, figure in labels:
        if name in pages and figure:
            waiting.append(name)
        elif name in pages:
            late |= {one: n for one in waiting if (n := pages[one] - pages[name]) > 4}
            waiting = []
    assert not late, "so many pages after the next heading"


def test_diagrams_are_drawn_in_lines_and_letters(edition: Edition) -> None:
    assert edition.tool("pdfimages", "-list").splitlines()[2:] == []
    assert "Endpoint, current shape" in edition.text


def test_only_the_books_fonts(edition: Edition) -> None:
    rows = [row.split() for row in edition.tool("pdffonts").splitlines()[2:]]
    assert rows
    for name, *rest in rows:
        # The signs of formulas come from Latin Modern Math.
        assert name.partition("+")[2].startswith(("Casebook", "LatinModernMath")), name
        assert "Type 3" not in " ".join(rest)
        embedded, subset, unicode = rest[-5:-2]
        assert (embedded, subset, unicode) == ("yes", "yes", "yes"), name


def test_no_label_of_a_diagram_is_too_small(edition: Edition) -> None:
    from pypdf import PdfReader

    drawings = re.findall(r"sphinxincludegraphics\[width=([\d.]+)bp\]\{\{([\w-]+)\}", edition.tex)
    assert len(drawings) >= 10
    for width, name in drawings:
        if name.startswith("chart-"):
            continue  # drawn for paper at its own size
        box = PdfReader(edition.folder / f"{name}.pdf").pages[0].mediabox
        # A drawing's own file has one point for each of its pixels.
        size = NATURAL_LABEL * float(width) / float(box.width)
        assert size >= LEAST_LABEL - 0.05, f"{name}: {size:.2f} pt"


def test_charts_are_drawn_at_the_size_of_paper(edition: Edition) -> None:
    """A chart is drawn anew for paper, with letters of 7.4 pt, and not scaled."""
    from pypdf import PdfReader

    drawings = re.findall(
        r"sphinxincludegraphics\[width=([\d.]+)bp\]\{\{(chart-[\w-]+)\}", edition.tex
    )
    assert len(drawings) >= 6
    words = set()
    for width, name in drawings:
        page = PdfReader(edition.folder / f"{name}.pdf").pages[0]
        assert float(width) == pytest.approx(float(page.mediabox.width) / 0.75, abs=0.5)
        words |= set(page.extract_text().split())
    assert {"payments", "visits", "requests", "level"} <= words, "letters stay letters"


def test_findings_are_on_paper(edition: Edition) -> None:
    """Insights with their labels, verdicts with their words, the choice with its tint."""
    assert "Pitfall 1.6" in edition.text
    assert "Practice 1.1" in edition.text
    words = squeezed(edition.raw)
    assert squeezed("“Stripe’s idempotency window is 24 hours”") in words
    assert edition.text.count("unsupported") >= 2
    assert "\\columncolor{cbtint}" in edition.tex
    assert squeezed("Worker 1 wakes up late and inserts a charge row") in words
    assert squeezed("Broken at the last move: one key has two charges.") in words


def test_the_page_and_what_the_file_says_of_itself(edition: Edition) -> None:
    info = edition.tool("pdfinfo")
    assert re.search(r"Title: +Elite Engineering Case Studies\n", info)
    assert re.search(r"Author: +\S", info)
    size = re.search(r"Page size: +([\d.]+) x ([\d.]+) pts", info)
    assert size
    millimetres = [float(points) / 72 * 25.4 for points in size.groups()]
    assert millimetres == pytest.approx([190.5, 235], abs=0.1)


def test_bookmarks(edition: Edition) -> None:
    from pypdf import PdfReader

    def titles(items: list[object]) -> list[str]:
        return [
            title
            for item in items
            for title in (titles(item) if isinstance(item, list) else [str(item["/Title"])])  # type: ignore[index]
        ]

    found = titles(PdfReader(edition.pdf).outline)  # type: ignore[arg-type]
    assert "About this book" in found
    assert any(re.match(r"1\s", title) for title in found)
    assert any(re.match(r"1\.1\s", title) for title in found)


def test_the_home_page_is_front_matter(edition: Edition, editions: Editions) -> None:
    """Its figures have the numbers that they have on the web, and its links lead to pages."""
    found = re.findall(r"^ *(Figure \d+) +(\w+ \w+)", edition.text, re.M)
    page = (editions.html / "index.html").read_text(encoding="utf-8")
    shown = re.findall(r'caption-number">(Figure \d+) </span>.*?>(\w+ \w+)', page)
    assert len(shown) == 1
    assert found == shown
    words = re.sub(r"\s+", " ", edition.raw)
    assert re.search(r"How this book proves what it says ?p\. x[ivx]+ tells you", words)
    assert "make latexpdf" not in edition.text.partition("Stripe’s API")[0]


def test_nothing_is_unresolved(edition: Edition) -> None:
    assert "??" not in edition.text
    assert "{\\" not in edition.text


def test_no_page_begins_with_what_belongs_under_a_listing(edition: Edition) -> None:
    pages = [page.split("\n") for page in edition.raw.split("\f")]
    feet = re.compile(r"(mini_stripe/\S+\.py · |continues ‹|used in ‹)")
    assert len(feet.findall(edition.raw)) > 100
    begins = [
        [line for line in page if line.strip()][1:3] for page in pages
    ]  # a running head first
    assert sum(map(len, begins)) > 100
    assert [lines for lines in begins if any(map(feet.match, lines))] == []


def test_names_in_code_are_not_hyphenated(edition: Edition) -> None:
    code = " ".join(balanced(edition.tex, "\\sphinxcode{\\sphinxupquote{")).replace("\\_", "_")
    # Those that are no words of the text as well.
    names = {name for name in re.findall(r"\w{5,}", code) if re.search(r".[A-Z_]", name)}
    assert {"NOTHING", "AUTOINCREMENT", "request_id"} <= names
    cut = re.findall(r"(?<!\w)(\w+)-\n(?=(\w+))", edition.raw)
    assert len(cut) > 100, "other words are hyphenated"
    assert [(start, end) for start, end in cut if start + end in names] == []


def test_the_last_row_of_a_table_brings_one_with_it(edition: Edition) -> None:
    tables = re.findall(r"\\begin\{longtable\}.*?\\end\{longtable\}", edition.tex, re.DOTALL)
    before = [table.rpartition("\\sphinxhline")[0] for table in tables if "\\sphinxhline" in table]
    assert len(before) > 20
    assert [rows[-90:] for rows in before if not rows.endswith("\\noalign{\\nobreak}")] == []


def test_the_evidence_of_an_insight_stays_with_it(edition: Edition) -> None:
    begins = [page.strip().splitlines()[1:2] for page in edition.raw.split("\f")]
    assert [line for line in begins if re.match(r"For \w+.* · Evidence", "".join(line))] == []


def test_text_keeps_its_ink_to_the_last_page(edition: Edition, tmp_path: Path) -> None:
    """A box that is only measured can take the colour of the page away; ink is no black."""
    pages = re.search(r"Pages:\s+(\d+)", edition.tool("pdfinfo"))
    assert pages
    shades = ["pdftoppm", "-gray", "-r", "150", "-f", str(int(pages[1]) - 9)]
    run([*shades, str(edition.pdf), "page"], tmp_path)
    drawn = [page.read_bytes().split(b"\n", 3)[3] for page in sorted(tmp_path.glob("*.pgm"))]
    assert len(drawn) == 10
    assert min(map(min, drawn)) == 22  # 0.299, 0.587 and 0.114 of #14161A


def test_numbers_of_pages_stand_off_the_lists(edition: Edition) -> None:
    short = r"casebookshortcaption\{(?:\\casebookchunkname\{[^}]*\})?([^{}\\]{20,})\}"
    titles = re.findall(short, edition.tex)
    assert len(titles) > 100
    assert [c for c in titles if re.search(rf"{re.escape(c)}\d", edition.raw)] == []


def test_chapters_begin_on_the_right(edition: Edition) -> None:
    aux = (edition.folder / f"{BOOK}.toc").read_text(encoding="utf-8")
    pages = re.findall(r"\\contentsline \{chapter\}\{\\numberline \{\d+\}.*?\}\{(\d+)\}", aux)
    assert pages
    assert [page for page in pages if int(page) % 2 == 0] == []


def test_nothing_stands_outside_the_page(edition: Edition) -> None:
    boxes = edition.tool("pdftotext", "-bbox", "-q").strip()
    assert boxes == ""
    html = edition.pdf.with_suffix(".html").read_text(encoding="utf-8")
    words = re.findall(r'<word xMin="([-\d.]+)" yMin="([-\d.]+)" xMax="([-\d.]+)"', html)
    assert len(words) > 1000
    # A full stop of the mono face hangs into the margin by 4.02 pt.
    left, right = 20 / 25.4 * 72, 540 - 20 / 25.4 * 72
    assert [w for w in words if float(w[0]) < left - 1 or float(w[2]) > right + 4.5] == []


def test_two_runs_make_the_same_bytes(edition: Edition, editions: Editions, tmp_path: Path) -> None:
    again = tmp_path / "again"
    shutil.copytree(edition.folder, again)
    for path in again.glob(f"{BOOK}.*"):
        if path.suffix != ".tex":
            path.unlink()
    assert set_as_make_does(again) == ""
    published = (editions.pdf / f"{BOOK}.pdf").read_bytes()
    assert (again / f"{BOOK}.pdf").read_bytes() == published


CHAPTER = """# One

## Code

```{code-block} python
:caption: A long listing
%s
```

:::{warning}
Take care.
:::

| name | what |
|---|---|
| a | b |

```{list-table} A table that starts at the left edge
:class: wide
:widths: 1 2
:header-rows: 1

* - name
  - what
* - a
  - leftmost
```

```{mermaid}
:caption: A drawing that starts at the left edge. Its second sentence is not listed.
:alt: Seven boxes in a row.
:class: wide

flowchart LR
  A[Leftmost box] --> B[Second box] --> C[Third box] --> D[Fourth box] --> E[Fifth box]
  E --> F[Sixth box]
```

Words with a note[^1].

[^1]: The note.

```{reading-path}
:minutes: 1

what-follows
```

## What follows

:::{evidence} inferred
It begins with a word of its own.
:::
"""


def test_a_listing_breaks_across_pages_and_says_so(tmp_path: Path) -> None:
    source = tmp_path / "source"
    frame(source)
    line = "value = " + "1 + " * 16 + "1"
    assert len(line) <= 74
    (source / "index.md").write_text(PAGE)
    (source / "first.md").write_text(CHAPTER % "\n".join([line] * 70))
    book = made(source, tmp_path / "latex")
    assert [str(fault) for fault in printgate.faults(book.log)] == []
    text = book.text
    assert text.count("continues on the next page") >= 1
    assert text.count(line) == 70, "a line of 74 columns fits the measure"
    assert "Listing 1.1" in text
    assert "Table 1.1" in text, "a table without a caption has no number"
    assert re.search(r"Path 1 of 1\s+inferred\s+It begins", text), "each label has its line"
    for heading in ("List of Figures", "List of Tables", "Listings"):
        assert heading in text
    for caption in ("A long listing", "A table that starts at", "A drawing that starts at"):
        assert text.count(caption) == 2, "in its place and in the list"
    assert text.count("Its second sentence") == 1, "the list holds the first sentence alone"
    assert "A long listing" in book.tex


BELOW_A_FIGURE = r"""
\documentclass{article}
\usepackage{TABLES}
\renewcommand\floatpagefraction{.88}
\newcommand\fig[1]{\begin{figure}[htbp]\rule{1cm}{#1\textheight}\end{figure}}
\newcommand\rows[1]{\count1=0 \loop\ifnum\count1<#1 \advance\count1 by 1 x\par\repeat}
\begin{document}
\rows{20}
\fig{.6}
\rows{25}
\begin{longtable}{l}a\\b\\\end{longtable}
\fig{.05}
\rows{60}
\end{document}
"""


def test_no_page_runs_over_below_a_figure_and_a_table(tmp_path: Path) -> None:
    need_tex()
    shutil.copy(STYLES / "casebooktables.sty", tmp_path)
    (tmp_path / "own.tex").write_text(BELOW_A_FIGURE.replace("TABLES", "casebooktables"))
    assert typeset(tmp_path / "own.tex") == ""
    # Once longtable itself keeps the room, ours is no longer needed.
    (tmp_path / "plain.tex").write_text(BELOW_A_FIGURE.replace("TABLES", "longtable"))
    assert "too high) has occurred while" in typeset(tmp_path / "plain.tex")
