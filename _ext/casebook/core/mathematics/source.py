"""What an author may write as a formula: what TeX, browsers and electronic books can all set.

On paper TeX sets a formula as it was written, and TeX stops at a mistake without naming the page.
So whatever it would stop at is found here.
"""

from __future__ import annotations

import re

from casebook.core.problems import Kind, Problem

MATRICES = frozenset(letter + "matrix" for letter in ("", *"pbBvV"))
ENVIRONMENTS = frozenset({"aligned", "array", "cases", "gathered", *MATRICES})
"""Those that stand inside a formula; `align` and its kin would number lines on their own."""
OTHER_NAMES = {"align": "aligned", "gather": "gathered", "split": "aligned", "dcases": "cases"}
_NAMES = """
Colonapprox Colondash Coloneq Coloneqq Colonsim Dashcolon Eqcolon Eqqcolon N R Simcolon VDash Z
approxcolon arcctg arceq arctg argmax argmin awint bcancel bigcupdot bigsqcap bigtimes bm bra
braket cancel ch cirfnint colonapprox coloncolon coloncolonequals colondash coloneq coloneqq
colonequals colonsim cosec cotg cramped ctg cth dashcolon dblcolon degree dotsminusdots eqcolon
eqdef eqqcolon equalscolon fcmp fint gt imageof intBar intbar intclockwise kernelcontraction ket
lAngle lBrace llangle llbracket llparenthesis lparen lt mathscr measeq minuscolon nequiv
ngtrless ngtrsim nlesssim notni nsubset nsupset oiiint oiint ointctrclockwise omicron origof
overbracket overleftharpoon overparen overrightharpoon plim questeq rAngle rBrace ratio rparen
rrangle rrbracket rrparenthesis set setminus sh simcolon stareq sub sumint symbf tg th
underbracket underparen varointclockwise vcentcolon veeeq vertoverlay wedgeq xLeftarrow
xLeftrightarrow xRightarrow xcancel xhookleftarrow xhookrightarrow xleftharpoondown
xleftharpoonup xleftrightarrow xleftrightharpoons xlongequal xmapsto xrightharpoondown
xrightharpoonup xrightleftharpoons xtofrom xtwoheadleftarrow xtwoheadrightarrow
"""
NOT_IN_TEX = frozenset(_NAMES.split())
"""Commands that math-core 0.9 converts, and for which LaTeX with amsmath and amssymb has nothing,
or Latin Modern Math no sign."""
FORBIDDEN = {
    **dict.fromkeys(("def", "gdef", "let", "global", "newcommand", "renewcommand",
                     "providecommand", "DeclareMathOperator"), "defines no commands"),
    **dict.fromkeys(("color", "textcolor", "colorbox", "fcolorbox"), "sets no colours"),
    "boxed": "has no box",
    "texttt": "has no code",
}  # fmt: skip

_WITH_WORDS = re.compile(
    r"\\(?:text(?:rm|it|bf|sf|tt)?|mbox|math(?:rm|bf|it|sf|tt)|operatorname|begin|end)\*?"
    r"\s*\{[^{}]*\}(?:\{[^{}]*\})?"
)
"""A command and its words; `array` has its columns behind them."""
_COMMAND = re.compile(r"\\([A-Za-z]+|.)", re.DOTALL)
_PRICES = re.compile(r"\d[\d.,]*\s?[A-Za-z]*\s+[A-Za-z]{2,}\s")


def quoted(latex: str, limit: int = 60) -> str:
    """Quote a formula in a message as it was written, on one line."""
    flat = " ".join(latex.split())
    return f"'{flat if len(flat) <= limit else flat[: limit - 1] + '…'}'"


def problem_of(latex: str, display: bool) -> Problem | None:
    """Return what is wrong with a formula, as far as its source shows it."""
    message = _message(latex, display)
    return _bad(message) if message else None


def _message(latex: str, display: bool) -> str:
    if not latex.strip():
        return "this formula is empty"
    if re.search(r"\n\s*\n", latex):
        return r"a blank line ends a formula in TeX; write '\\' between its lines"
    if re.search(r"(?<!\\)(?:\\\\)*%", latex):
        return rf"TeX skips what follows a bare '%'; write '\%': {quoted(latex)}"
    for environment in re.findall(r"\\begin\s*\{([^}]*)\}", latex):
        if environment not in ENVIRONMENTS:
            other = OTHER_NAMES.get(environment.rstrip("*"))
            hint = f"; write '{other}'" if other else ""
            return f"a formula has no environment '{environment}'{hint}"
    for command in _COMMAND.findall(latex):
        if command in FORBIDDEN:
            return rf"a formula {FORBIDDEN[command]} ('\{command}')"
        if command in NOT_IN_TEX:
            return rf"TeX has nothing for '\{command}' here; write it otherwise"
    if not display and r"\\" in latex and r"\begin" not in latex:
        return rf"a formula within a sentence has one line, and no '\\': {quoted(latex)}"
    return _words_in(latex, display)


def _words_in(latex: str, display: bool) -> str:
    bare = _COMMAND.sub(" ", _WITH_WORDS.sub(" ", latex))
    if not display and _PRICES.match(latex):
        return (
            f"what stands between two dollar signs is a formula, and {quoted(latex)} reads "
            r"like prices; write '\$' for a dollar sign"
        )
    if found := re.search(r"[A-Za-z]{3,}", bare):
        sign = "" if display else r", or '\$' for a dollar sign"
        return (
            f"a formula sets '{found[0]}' as a product of letters; "
            rf"write '\text{{{found[0]}}}' for a word{sign}"
        )
    if found := re.search(r"[^\x00-\x7f]", bare):
        return (
            f"a formula names '{found[0]}' by a command of TeX, such as "
            r"'\lambda', '\le' or '\times'"
        )
    return ""


def prepared(latex: str) -> str:
    """Return a formula on lines of its own as TeX wants it, with several lines aligned."""
    several = re.search(r"\\\\|(?<!\\)&", latex)
    if not several or latex.lstrip().startswith(r"\begin"):
        return latex
    return rf"\begin{{aligned}}{latex}\end{{aligned}}"


def _bad(message: str) -> Problem:
    return Problem(Kind.BAD_MATHEMATICS, message)


_OUTSIDE = re.compile(r"\$[^$]*\\[A-Za-z]+[^$]*\$")


def lost_in(text: str) -> Problem | None:
    """Return what is wrong where Markdown took a formula for text."""
    if "$$" in text:
        return _bad(
            "'$$' stands alone on a line, above and below a formula, with blank lines around; "
            "within a sentence write one '$'"
        )
    if found := _OUTSIDE.search(text):
        return _bad(
            f"{quoted(found[0])} is no formula to Markdown: no space stands inside the dollar "
            "signs, and no digit right before or behind them"
        )
    return None
