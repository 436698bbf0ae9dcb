"""The gate over LaTeX's log, against lines as LaTeX writes them."""

from __future__ import annotations

import printgate
import pytest

DONE = "Output written on book.pdf (2 pages, 1000 bytes).\n"

BAD = {
    "missing": "Missing character: There is no ● (U+25CF) in font casebook-serif-400!",
    "wide": "Overfull \\hbox (2.01pt too wide) in paragraph at lines 3--4",
    "high": "Overfull \\vbox (30.0pt too high) has occurred while \\output is active []",
    "reference": "LaTeX Warning: Reference `a:b' on page 1 undefined on input line 5.",
    "hyper": "LaTeX Warning: Hyper reference `a:b' on page 1 undefined on input line 5.",
    "citation": "LaTeX Warning: Citation `x' on page 1 undefined on input line 5.",
    "double": "LaTeX Warning: Label `a' multiply defined.",
    "summary": "LaTeX Warning: There were undefined references.",
    "changed": "LaTeX Warning: Label(s) may have changed. Rerun to get cross-references right.",
    "font": "LaTeX Font Warning: Font shape `TU/CasebookSans(0)/bx/it' undefined",
    "float": "LaTeX Warning: Float too large for page by 3.0pt on input line 9.",
    "error": "! Undefined control sequence.",
}


@pytest.mark.parametrize("line", BAD.values(), ids=BAD)
def test_a_fault_is_found_whole_or_broken(line: str) -> None:
    assert [f.line for f in printgate.faults(f"This is LuaTeX\n{line}\n{DONE}")] == [2]
    padded = f"{'x' * 30} {line}" if not line.startswith("!") else line
    broken = "\n".join(padded[i : i + 79] for i in range(0, len(padded), 79))
    assert printgate.faults(f"This is LuaTeX\n{broken}\n\n{DONE}")


def test_small_things_pass() -> None:
    log = (
        "Overfull \\hbox (1.99pt too wide) in paragraph at lines 3--4\n"
        "Overfull \\vbox (3.5pt too high) has occurred while \\output is active []\n"
        "Underfull \\hbox (badness 10000) in paragraph at lines 3--4\n"
        "Package hyperref Info: Option `colorlinks' set.\n" + DONE
    )
    assert printgate.faults(log) == []


def test_a_log_without_output_fails() -> None:
    assert [str(f) for f in printgate.faults("This is LuaTeX\n")] == [
        "line 1: the log reports no output"
    ]
