"""Formulas: what each becomes, and what is said of one that some edition could not set."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import casebook.core
import pytest
from casebook.core.mathematics.drawing import HIGHEST, SIZE, STEPS, css, draw
from casebook.core.mathematics.linear import GREEK, SIGNS, words
from casebook.core.mathematics.mathml import CLASSES, mathml, read
from casebook.core.mathematics.source import lost_in, prepared
from casebook.core.problems import Kind, Problem
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]
from hypothesis import given
from hypothesis import strategies as st

SETTABLE = {
    r"\lambda = L / W": "λ = L/W",
    r"2 x y": "2x y",
    r"1 + r + r^2 + r^{10}": "1 + r + r² + r^10",
    r"x_1 + x_i": "x₁ + x_i",
    r"x'": "x′",
    r"\frac{r^{n+1}-1}{r - 1}": "(r^(n+1)−1)/(r−1)",
    r"\sum_{k=0}^{n} r^k": "∑_(k=0)^n r^k",
    r"\max(0,\; x \cdot y)": "max (0, x · y)",
    r"\sqrt{x+1}": "√(x + 1)",
    r"\text{rate} \times 10^{-3}": "rate × 10^(−3)",
    r"\mathbf{x} \to \mathbb{R}": "x → R",
    r"\epsilon \ne \varepsilon": "ε ≠ ε",
    r"\lim_{n \to \infty} a_n": "lim_(n→∞) a_n",
    r"a\!b": "a b",
    r"x_i^2": "x_i²",
    r"\mathop{x}": "x",
    r"\tfrac12 \dfrac12": "1/21/2",
}


@pytest.mark.parametrize("latex", SETTABLE)
def test_a_formula_as_words(latex: str) -> None:
    assert words(latex) == SETTABLE[latex]


@pytest.mark.parametrize(
    "latex",
    [
        r"\hat{x}",
        r"\binom{n}{k}",
        r"\begin{cases} 1 & x > 0 \\ 0 & \text{else} \end{cases}",
        r"\underbrace{x}_{y}",
        r"\sqrt[3]{x}",
        r"\no{thing}",
        r"x \in y",
    ],
)
def test_what_has_no_form_on_a_line_stays_as_it_was_written(latex: str) -> None:
    assert words(latex) == latex


def test_the_words_of_a_formula_have_glyphs() -> None:
    face = Path(casebook.core.__file__).parents[1] / "fonts" / "casebook-sans-400.ttf"
    letters = TTFont(face).getBestCmap().keys()
    assert {sign for sign in SIGNS if ord(sign) not in letters} == set()
    assert {c for c in map(chr, GREEK.values()) if ord(c) not in letters} == set()


@pytest.mark.parametrize("display", [False, True])
@pytest.mark.parametrize("latex", [*SETTABLE, r"\begin{aligned} a &= b \\ c &= d \end{aligned}"])
def test_a_formula_as_mathml(latex: str, display: bool) -> None:
    root = read(latex, display)
    assert isinstance(root, ElementTree.Element)
    text = mathml(root)
    assert " style=" not in text
    assert ElementTree.fromstring(text).get("alttext") == " ".join(latex.split())
    assert (root.get("display") == "block") == display
    assert {c for e in root.iter() for c in e.get("class", "").split()} <= {*CLASSES.values()}


def test_lines_are_aligned_where_they_have_no_environment() -> None:
    assert prepared("a") == "a"
    assert prepared(r"a \& b") == r"a \& b"
    assert prepared(r"a &= b") == r"\begin{aligned}a &= b\end{aligned}"
    assert prepared(r"a \\ b") == r"\begin{aligned}a \\ b\end{aligned}"
    assert prepared(r" \begin{cases} a \\ b \end{cases}").startswith(r" \begin{cases}")
    root = read("a &= b \\\\\nc &= d", True)
    assert isinstance(root, ElementTree.Element)
    assert len(root.findall(".//mtr")) == 2
    assert [cell.get("class") for cell in root.findall(".//mtr[1]/mtd")] == [
        "m-right m-tight",
        "m-left m-joined",
    ]


REFUSED = {
    "": "this formula is empty",
    "a\n \nb": r"a blank line ends a formula in TeX; write '\\' between its lines",
    "99.9 %": r"TeX skips what follows a bare '%'; write '\%': '99.9 %'",
    r"a \\% b": r"TeX skips what follows a bare '%'; write '\%': 'a \\% b'",
    r"\begin{align*} a \end{align*}": "a formula has no environment 'align*'; write 'aligned'",
    r"\begin{tikz} a \end{tikz}": "a formula has no environment 'tikz'",
    r"\def\a{b}": r"a formula defines no commands ('\def')",
    r"\textcolor{red}{x}": r"a formula sets no colours ('\textcolor')",
    r"\bm{x}": r"TeX has nothing for '\bm' here; write it otherwise",
    r"a \\ b": r"a formula within a sentence has one line, and no '\\': 'a \\ b'",
    "1 and 2": "what stands between two dollar signs is a formula, and '1 and 2' reads like "
    r"prices; write '\$' for a dollar sign",
    "HOME:": "a formula sets 'HOME' as a product of letters; "
    r"write '\text{HOME}' for a word, or '\$' for a dollar sign",
    "λ": r"a formula names 'λ' by a command of TeX, such as '\lambda', '\le' or '\times'",
    r"\foo": r"""this formula cannot be set: unknown command "\foo", in '\foo'""",
    "a_b_c": "this formula cannot be set: duplicate subscript or superscript at '_c', in 'a_b_c'",
    r"\frac{1}{": 'this formula cannot be set: expected closing token "}", '
    r"but reached end of input, in '\frac{1}{'",
    r"\begin{array}{l|r} a & b \end{array}": "not every edition can set the 'border-right' of this "
    r"formula: '\begin{array}{l|r} a & b \end{array}'",
    r"\bigstar": r"not every edition can set the sign '★' of this formula: '\bigstar'",
}


@pytest.mark.parametrize("latex", REFUSED)
def test_a_formula_that_an_edition_could_not_set(latex: str) -> None:
    assert read(latex, False) == Problem(Kind.BAD_MATHEMATICS, REFUSED[latex])


def test_a_long_formula_is_shortened_in_a_message() -> None:
    problem = read(rf"\foo{' + x' * 40}", True)
    assert isinstance(problem, Problem)
    assert problem.message.endswith("x + …'")


def test_where_a_mistake_is_in_lines_that_were_aligned() -> None:
    problem = read("a &= b \\\\ c &= \\foo", True)
    assert isinstance(problem, Problem)
    assert r'unknown command "\foo" at ' + r"'\foo', in 'a &= b \\ c &= \foo'" in problem.message
    words_of_display = read("ring", True)
    assert isinstance(words_of_display, Problem)
    assert words_of_display.message.endswith(r"write '\text{ring}' for a word")


# What MyST takes for text, with the settings of this book; test_formulas.py builds the others.
@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("a $$ b", "'$$' stands alone"),
        (r"so $ \lambda $ is", r"'$ \lambda $' is no formula to Markdown"),
        (r"2$\lambda$", r"'$\lambda$' is no formula"),
        ("from $5 to $6", ""),
        (r"C:\temp costs $5", ""),
    ],
)
def test_a_formula_that_became_text(text: str, part: str) -> None:
    problem = lost_in(text)
    assert (problem.message if problem else "")[: len(part)] == part
    assert bool(problem) == bool(part)


@pytest.mark.parametrize("display", [False, True])
@pytest.mark.parametrize("latex", [*SETTABLE, r"\begin{cases} x & y \end{cases}", r"\relax"])
def test_a_formula_as_a_drawing(latex: str, display: bool) -> None:
    root = read(latex, display)
    assert isinstance(root, ElementTree.Element)
    drawn = draw(root)
    picture = ElementTree.fromstring(drawn.svg)
    _, top, _, height = map(float, picture.attrib["viewBox"].split())
    assert float(picture.attrib["height"]) == height
    assert height == pytest.approx(drawn.height * SIZE / STEPS, abs=0.01)
    assert top + height == pytest.approx(drawn.depth * SIZE / STEPS, abs=0.01)
    assert 0 <= drawn.depth < drawn.height <= HIGHEST
    assert b"<use" not in drawn.svg
    assert root.get("displaystyle") is None, "the formula itself stays as it was"


def test_lines_stand_under_each_other_in_a_drawing() -> None:
    root = read(r"\begin{aligned} a &= b \end{aligned}", True)
    assert isinstance(root, ElementTree.Element)
    assert draw(root).height > 0
    assert root.find("mtable") is not None


def test_a_small_fraction_stays_small() -> None:
    heights = []
    for display in (False, True):
        root = read(r"\frac{1}{2}", display)
        assert isinstance(root, ElementTree.Element)
        heights.append(draw(root).height)
    assert heights[0] < heights[1]


def test_the_style_sheet_of_drawings() -> None:
    sheet = css()
    assert ".formula-h12 { height: 1.2em; }" in sheet
    assert ".formula-d3 { vertical-align: -0.3em; }" in sheet


@given(st.text("ab12+-=^_{}&\\%$ \nλ'()/", max_size=20) | st.text(max_size=10), st.booleans())
def test_no_text_raises(latex: str, display: bool) -> None:
    found = read(latex, display)
    said = words(latex, display)
    if isinstance(found, Problem):
        assert found.message
        assert said == latex
    else:
        ElementTree.fromstring(mathml(found))
        draw(found)
