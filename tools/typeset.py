"""Make the PDF of a book's LaTeX with latexmk, and say in its last lines why that failed.

Usage: python tools/typeset.py build/latex/book.tex

The fonts' cache lies beside the LaTeX, for this book alone.  In the cache that TeX keeps for a
whole machine luaotfload finds entries of fonts of the same name that lay elsewhere; where it may
not replace them, it makes its own anew in every run, and latexmk gives up.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

import printgate

LATEXMK = ("latexmk", "-lualatex", "-interaction=nonstopmode", "-halt-on-error", "-silent")
_RUN = re.compile(r"Latexmk: (Run number \d+) of rule '(\w+)")
_HINTS = ("Run number", "Getting log file", "If appropriate", "Errors, so I did not")
_SAID = re.compile(rf"^Latexmk: (?!{'|'.join(_HINTS)}).*(?:\n +.*)*", re.M)


def reason(log: str, said: str) -> str:
    """Return LaTeX's first error with its line, or else what latexmk says of a failure."""
    lines = [line for _, line in printgate.joined(log)]
    for number, line in enumerate(lines):
        if line.startswith("! "):
            place = next((at for at in lines[number:] if at.startswith("l.")), "")
            return f"{line}\n{place}".strip()
    return "\n".join(dict.fromkeys(_SAID.findall(said)))


def typeset(source: Path) -> str:
    """Make the PDF beside `source`; return what is wrong with it, or nothing if it's good."""
    log = source.with_suffix(".log")
    for old in (log, source.with_suffix(".pdf")):
        old.unlink(missing_ok=True)
    cache = source.parent.resolve().with_name("texmf-cache")
    cache.mkdir(exist_ok=True)
    said = []
    with subprocess.Popen(
        [*LATEXMK, source.name], cwd=source.parent, env=os.environ | {"TEXMFCACHE": str(cache)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, encoding="utf-8", errors="replace",
    ) as latexmk:  # fmt: skip
        for line in latexmk.stdout or ():
            said.append(line)
            if run := _RUN.match(line):
                print(f"{run[2]}: {run[1].lower()}", flush=True)
    told = log.read_text(encoding="utf-8", errors="replace") if log.exists() else ""
    if latexmk.returncode:
        return f"The whole log is {log}\n{reason(told, ''.join(said))}"
    return "\n".join(f"{log}: {fault}" for fault in printgate.faults(told))


if __name__ == "__main__":
    sys.exit(typeset(Path(sys.argv[1])) or None)
