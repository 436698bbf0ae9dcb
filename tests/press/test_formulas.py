"""Formulas on the page: one source, and in each edition what its readers can show."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from editions import need_tex
from harness import Built, build, plain, write
from printgate import faults
from pypdf import PdfReader
from typeset import typeset

PAGE = r"""# Load by λ

## A queue of λ and µ

A queue holds $L = \lambda W$ jobs: **λ**, *λ*, `λ`. A call becomes $\frac{r^{n+1}-1}{r-1}$ calls.

$$
t = \operatorname{rand}(0, \min(c, b \cdot 2^{n}))
$$ (jitter)

```{math}
:label: calls

\sum_{k=0}^{n} r^k
  &= 1 + r + \dots + r^n \\
  &= \frac{r^{n+1} - 1}{r - 1} \text{ if } r \ne 1
```

$$
f(x) = \begin{cases} 0 & \text{if } x < 0 \\ x^2 & \text{otherwise} \end{cases}
$$

By {eq}`jitter` and {eq}`calls`, see {ref}`load`.

| Value of $x$ | Square λ |
|--------------|----------|
| $2$          | $2^2$    |

```{mermaid}
:name: load
:caption: The load $\rho = \lambda / \mu$, with λ. More words.
:alt: The load $\rho^2$.

flowchart LR
  A[λ arrives] --> B[served]
```

```{chunk} mini/core.py
:name: add
:caption: Adding $a + b$.

'''Adds λ.'''


def add(a: int, b: int) -> int:
    return a + b  # λ and µ
```

```{metrics-table} Rates by $\lambda$
- id: rate
  label: Rate $\lambda_1$
  what: jobs a second, $\lambda = L / W$
  kind: reported
  value: 5 request/s
  as-of: 2024
  source: post
  locator: top
```

The {metric}`rate` holds.

```{insight} Keep the load $\rho$ below 1
:name: bound
:kind: practice
:audience: engineer
:evidence: post rate

Refuse work while $\rho = \lambda / \mu$ is above 0.8, as [above](#load) says. A read needs none.
```

```{insight-index}
```

```{bibliography}
```
"""
INDEX = "# Book\n\n```{toctree}\n:numbered: 3\n\nfirst\npage\n```\n"
FIRST = "# First\n\nOf $x$.\n\n$$\nx\n$$ (first)\n\n$$\ny\n$$\n"
BOOK = {"index.md": INDEX, "first.md": FIRST, "page.md": PAGE}


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("formulas")
    write(folder, BOOK)
    return folder


@pytest.fixture(scope="module")
def site(root: Path) -> Built:
    return build(root)


@pytest.fixture(scope="module")
def paper(root: Path) -> Built:
    return build(root, "latex")


def test_a_page_holds_mathml_and_loads_nothing_from_elsewhere(site: Built) -> None:
    page = site.text("page.html")
    assert site.warnings == []
    assert page.count("<math ") == 15
    assert r'alttext="L = \lambda W"' in page
    formulas = "".join(re.findall(r"<math .*?</math>", page, re.S))
    assert " style=" not in formulas
    assert " id=" not in formulas
    assert "math-wrapper" not in page
    assert "MathJax" not in page
    assert "https://cdn" not in page
    assert "casebook-formulas.css" in page
    assert "casebook-formulas.css" not in site.text("index.html")
    used = {name for found in re.findall(r'class="(m-[^"]*)"', formulas) for name in found.split()}
    assert used <= set(re.findall(r"\.(m-\w+)", site.text("_static/casebook-formulas.css")))
    ids = re.findall(r' id="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_numbers_and_links(site: Built, paper: Built) -> None:
    page = site.text("page.html")
    numbers = re.findall(r'id="(equation-\w+)"[^>]*>\s*<span class="eqno">\(([\d.]+)\)', page)
    assert numbers == [("equation-jitter", "2.1"), ("equation-calls", "2.2")]
    assert 'href="#equation-calls">(2.2)</a>' in page
    assert ">(1.1)<" in site.text("first.html")
    tex = next(paper.out.glob("*.tex")).read_text(encoding="utf-8")
    assert paper.warnings == []
    assert tex.count(r"\begin{equation}") == 3
    assert r"\eqref{equation:page:calls}" in tex
    assert r"\begin{aligned}\sum_{k=0}^{n}" in tex


def test_where_words_alone_can_stand_a_formula_is_words(site: Built, paper: Built) -> None:
    page = site.text("page.html")
    assert ">The load ρ = λ/μ, with λ. More words.</span></a>" in page
    assert ">The load ρ².</desc>" in page
    assert "jobs a second, λ = L/W" in page[page.index('class="tooltips') :]
    gathered = plain(page[page.rindex("Practice 2.1") :])
    assert "Keep the load ρ below 1 . For engineers." in gathered
    told = site.text("data/metrics.json") + site.text("data/insights.json")
    assert "Rate λ₁" in told
    assert "while ρ = λ/μ is above" in told
    assert "\\\\" not in told
    tex = next(paper.out.glob("*.tex")).read_text(encoding="utf-8")
    assert "\\casebookshortcaption{The load ρ = λ/μ, with λ}" in tex
    assert "}Adding a + b}" in tex


def test_the_search_knows_what_was_written(site: Built) -> None:
    assert '"lambda"' in site.text("searchindex.js") or "lambda:" in site.text("searchindex.js")


def test_text_holds_the_source(root: Path) -> None:
    built = build(root, "text")
    assert built.warnings == []
    assert r"A queue holds L = \lambda W jobs" in built.text("page.txt")


def test_the_electronic_book_holds_drawings(root: Path) -> None:
    built = build(root, "epub")
    assert built.warnings == []
    with zipfile.ZipFile(next(built.out.glob("*.epub"))) as archive:
        page = archive.read("page.xhtml").decode()
        sheet = archive.read("_static/casebook-formulas-ebook.css").decode()
        drawings = {n: archive.read(n) for n in archive.namelist() if "_images/formula" in n}
    ElementTree.fromstring(page)
    assert "<math" not in page
    images = re.findall(r"<img[^>]*formula-image[^>]*>", page)
    assert len(images) == 15
    assert all("style=" not in image and 'alt="' in image for image in images)
    assert 'alt="L = λ W"' in page
    assert re.search(r'id="equation-jitter">.*?>\(2\.1\)<', page, re.S)
    for image in images:
        for name in re.findall(r'formula-[hd]\d+(?=[ "])', image):
            assert f".{name} {{" in sheet
    for image in images:
        (name,) = re.findall(r'src="(_images/formula-[^"]*)"', image)
        assert any(kept.endswith(name) for kept in drawings)
    for drawing in drawings.values():
        assert ElementTree.fromstring(drawing).tag == "{http://www.w3.org/2000/svg}svg"


@pytest.mark.slow
def test_paper_is_set_without_a_fault(paper: Built) -> None:
    need_tex()
    source = next(paper.out.glob("*.tex"))
    assert typeset(source) == ""
    log = source.with_suffix(".log").read_text(encoding="utf-8", errors="replace")
    assert faults(log) == []
    reader = PdfReader(source.with_suffix(".pdf"))
    words = " ".join(page.extract_text() for page in reader.pages)
    for number in ("(1.1)", "(2.1)", "(2.2)"):
        assert number in words
    bookmarks = str(reader.outline)
    assert "Load by λ" in bookmarks
    assert "A queue of λ and µ" in bookmarks


SENTENCES = {
    "A charge of $5 and a fee of $0.30.": [],
    "US$3 and US$4": [],
    "**$5** to **$6**": [],
    "$PATH and $HOME": [],
    "it costs $5-$6": [],
    "from $5M to $6M": [],
    "$5/mo and $6/mo": [],
    "20$ or 30$": [],
    '"$5" or "$6"': [],
    r"\$x\$": [],
    "`$x$`": [],
    "2$x$": [],
    "$1,000 (or $2,000)": [],
    "p is $0.05$.": ["0.05"],
    "$x$ and $y$": ["x", "y"],
    "a $x$-axis": ["x"],
    "between $1 and 2$ more": "reads like prices",
    "from $HOME:$PATH": "sets 'HOME' as a product",
    "so $$a=b$$ holds": "within a sentence stands between single",
    r"so $ \lambda $ holds": "is no formula to Markdown",
}


@pytest.fixture(scope="module")
def sentences(tmp_path_factory: pytest.TempPathFactory) -> Built:
    folder = tmp_path_factory.mktemp("sentences")
    write(folder, {"index.md": "# Page\n\n" + "\n\n".join(SENTENCES) + "\n"})
    return build(folder)


@pytest.mark.parametrize("sentence", SENTENCES)
def test_prices_and_formulas(sentence: str, sentences: Built) -> None:
    line = 3 + 2 * list(SENTENCES).index(sentence)
    said = [w for w in sentences.warnings if w.startswith(f"index.md:{line}:")]
    expected = SENTENCES[sentence]
    if isinstance(expected, str):
        assert len(said) == 1
        assert expected in said[0]
    else:
        assert said == []
        paragraph = sentences.text("index.html").split("<p>")[1:][list(SENTENCES).index(sentence)]
        assert re.findall('alttext="([^"]*)"', paragraph) == expected


def test_what_cannot_be_set_is_shown_as_code(tmp_path: Path) -> None:
    write(tmp_path, {"index.md": "# Page\n\n$$\n\\foo <b>x</b>\n$$ (a)\n"})
    built = build(tmp_path)
    assert len(built.warnings) == 1
    assert r"<code>\foo &lt;b&gt;x&lt;/b&gt;</code>" in built.text("index.html")


OTHER = """
extensions = ["myst_parser", "casebook"]
myst_enable_extensions = ["dollarmath"]
html_theme = "alabaster"
latex_elements = {"fontpkg": ""}
latex_engine = "lualatex"
"""


def test_a_book_that_does_not_ask_keeps_its_own_renderer(tmp_path: Path) -> None:
    write(tmp_path, {"index.md": "# Page\n\nOf $x \\foo$.\n"})
    (tmp_path / "conf.py").write_text(OTHER, encoding="utf-8")
    built = build(tmp_path)
    assert built.warnings == []
    assert r"\(x \foo\)" in built.text("index.html")
    assert "mathjax@" in built.text("index.html")


@pytest.mark.slow
def test_a_book_of_another_design_may_ask(tmp_path: Path) -> None:
    write(
        tmp_path, {"index.md": "# Page\n\n" + PAGE[PAGE.index("A queue holds") : PAGE.index("By")]}
    )
    text = (tmp_path / "source/index.md").read_text(encoding="utf-8")
    page = re.sub(r"\*\*λ\*\*.*?`λ`", "so", text)
    (tmp_path / "source/index.md").write_text(page, encoding="utf-8")
    (tmp_path / "conf.py").write_text(OTHER + "casebook_formulas = True\n", encoding="utf-8")
    built = build(tmp_path)
    assert built.warnings == []
    html = built.text("index.html")
    assert "mathjax@" not in html
    assert html.count("<math ") == 5
    assert "casebook-formulas.css" in html
    need_tex()
    tex = build(tmp_path, "latex")
    (source,) = tex.out.glob("*.tex")
    assert typeset(source) == ""
    assert "Missing character" not in source.with_suffix(".log").read_text("utf-8", "replace")
