"""What the tests of the PDF share: the print edition, small books like it, and words of LaTeX."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest
from editions import BOOK, ROOT, git, need_tex
from typeset import typeset

PAGE = """# A book

Words.

```{toctree}
:numbered:

first
```
"""
"""The first page of a small book, whose other page is `first.md`."""


@dataclass(frozen=True)
class Edition:
    """A built book: where it lies, its LaTeX, its log and its words."""

    folder: Path
    tex: str
    log: str
    text: str
    raw: str
    """The text in the order of the file, which keeps the lines of a cell together."""

    @property
    def pdf(self) -> Path:
        return self.folder / f"{BOOK}.pdf"

    def tool(self, *command: str) -> str:
        """What a tool of poppler says of the file."""
        return run([*command, str(self.pdf)], self.folder)


def run(command: list[str], folder: Path) -> str:
    """Run a command; its output, with failure reported in full."""
    done = subprocess.run(
        command, cwd=folder, env=os.environ | clock(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def clock() -> dict[str, str]:
    """The clock that the Makefile sets."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct") or "0"
    return {"SOURCE_DATE_EPOCH": epoch.strip(), "FORCE_SOURCE_DATE": "1"}


def made(source: Path, folder: Path) -> Edition:
    """The book of the pages in `source`, which need what `frame` laid there, built in `folder`."""
    need_tex()
    sphinx = [sys.executable, "-m", "sphinx", "-q", "-n", "-W", "--keep-going", "-b", "latex"]
    doctrees = str(folder.parent / f"{folder.name}-doctrees")
    run([*sphinx, "-c", str(ROOT), "-d", doctrees, str(source), str(folder)], ROOT)
    assert set_as_make_does(folder) == ""
    return looked_at(folder)


def set_as_make_does(folder: Path) -> str:
    """Make the PDF of the LaTeX in `folder`; what is wrong with it."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in clock().items():
            patch.setenv(name, value)
        return typeset(folder / f"{BOOK}.tex")


def looked_at(folder: Path) -> Edition:
    """Read a book that was built in `folder`."""
    log = (folder / f"{BOOK}.log").read_text(encoding="utf-8", errors="replace")
    text, raw = (
        run(["pdftotext", order, f"{BOOK}.pdf", "-"], folder) for order in ("-layout", "-raw")
    )
    return Edition(folder, (folder / f"{BOOK}.tex").read_text(encoding="utf-8"), log, text, raw)


def frame(source: Path) -> None:
    """What a book of other pages needs of ours."""
    (source / "patterns").mkdir(parents=True)
    (source / "elite" / "outputs").mkdir(parents=True)
    shutil.copy(ROOT / "source" / "patterns" / "catalogue.yaml", source / "patterns")


def squeezed(text: str) -> str:
    """The letters and digits alone: line ends, hyphens and spaces differ on paper."""
    return re.sub(r"[^\w%≥≤≈×÷<>]", "", text)


def plain(tex: str) -> str:
    """The words of a piece of LaTeX."""
    tex = re.sub(r"\\casebook(?:mark\{\w+\}|page|url)\{\\detokenize\{[^}]*\}\}", "", tex)
    tex = re.sub(r"\\hyperlink\{[^}]*\}|\\hyperref\[[^]]*\]|\\DUrole\{[\w-]*\}", "", tex)
    tex = re.sub(r"\\sphinxhyphen\{\}", "-", tex).replace(r"\%", "%")
    return re.sub(r"\\[a-zA-Z]+\*?|[{}\\]", "", tex)


def balanced(tex: str, opening: str) -> list[str]:
    """The braced argument of every `opening`, which ends with its brace."""
    found = []
    for match in re.finditer(re.escape(opening), tex):
        depth, at = 1, match.end()
        while depth:
            depth += {"{": 1, "}": -1}.get(tex[at], 0)
            at += 1
        found.append(tex[match.end() : at - 1])
    return found
