"""A failed run of LaTeX ends with the sentence that says why."""

from __future__ import annotations

from pathlib import Path

import pytest
from editions import Editions, need_tex
from typeset import reason, typeset

SAID = """Rc files read:
  /etc/LatexMk
Latexmk: Run number 1 of rule 'lualatex'
Latexmk: Getting log file 'book.log'
Latexmk: Maximum runs of lualatex reached without getting stable files
----------------------
This message may duplicate earlier message.
Latexmk: Failure in processing file 'book.tex':
   'lualatex' needed too many passes
----------------------
Latexmk: If appropriate, the -f option can be used to get latexmk
  to try to force complete processing.
"""
MISSING = "! LaTeX Error: File `no-such-package.sty' not found."


def test_what_latexmk_says() -> None:
    assert reason("This is LuaTeX\nOutput written on book.pdf\n", SAID) == (
        "Latexmk: Maximum runs of lualatex reached without getting stable files\n"
        "Latexmk: Failure in processing file 'book.tex':\n"
        "   'lualatex' needed too many passes"
    )


def test_the_first_error_of_the_log_says_more() -> None:
    log = f"This is LuaTeX\n{MISSING}\nType X to quit.\nl.2 \\usepackage{{no}}\n! Another.\nl.9 x\n"
    assert reason(log, SAID) == f"{MISSING}\nl.2 \\usepackage{{no}}"
    assert reason("! Emergency stop.\n", SAID) == "! Emergency stop."


@pytest.mark.parametrize(
    ("body", "ends"),
    [
        ("\\undefined", "! Undefined control sequence.\nl.2 \\undefined"),
        # Every run writes one x more than the last, as no run of a settling book does.
        (
            "\\providecommand\\x{}\\makeatletter"
            "\\immediate\\write\\@auxout{\\string\\gdef\\string\\x{\\x x}}",
            "needed too many passes",
        ),
        ("\\rule{500mm}{1mm}", "pt too wide) in paragraph at lines 2--3"),
    ],
)
def test_a_real_run(body: str, ends: str, tmp_path: Path) -> None:
    need_tex()
    source = tmp_path / "a folder" / "book.tex"
    source.parent.mkdir()
    source.write_text(f"\\documentclass{{article}}\\begin{{document}}\n{body}\n\\end{{document}}\n")
    source.with_suffix(".pdf").write_text("that of an earlier run")
    said = typeset(source)
    assert ends in said.splitlines()[-1] or said.endswith(ends), said
    made = source.with_suffix(".pdf")
    assert not made.exists() or made.read_bytes().startswith(b"%PDF"), "the old file is gone"


def test_a_book_has_its_own_cache_of_fonts(editions: Editions) -> None:
    cache = editions.latex.with_name("texmf-cache")
    assert {path.name for path in cache.rglob("casebook-serif-400*.luc")}
