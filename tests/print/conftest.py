"""The print edition, built once for all tests here."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BOOK = "elite-engineering-case-studies"
TOOLS = ("latexmk", "lualatex", "makeindex", "pdftotext", "pdffonts", "pdfimages", "pdfinfo")


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
    clock = {"SOURCE_DATE_EPOCH": "1790000000", "FORCE_SOURCE_DATE": "1"}
    done = subprocess.run(
        command, cwd=folder, env=os.environ | clock, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return done.stdout


def typeset(source: Path, folder: Path, name: str = BOOK) -> str:
    """Build LaTeX and PDF from pages in `source`; the file's LaTeX."""
    sphinx = [sys.executable, "-m", "sphinx", "-q", "-n", "-W", "--keep-going", "-b", "latex"]
    doctrees = str(folder.parent / f"{folder.name}-doctrees")
    run([*sphinx, "-c", str(ROOT), "-d", doctrees, str(source), str(folder)], ROOT)
    latexmk(folder, name)
    return (folder / f"{name}.tex").read_text(encoding="utf-8")


def latexmk(folder: Path, name: str = BOOK) -> None:
    """Make the PDF in `folder` as the Makefile does."""
    options = ["-lualatex", "-interaction=nonstopmode", "-halt-on-error", "-silent"]
    run(["latexmk", *options, f"{name}.tex"], folder)


@pytest.fixture(scope="session")
def tex() -> None:
    """Skip without TeX; fail in CI, where the print edition has to be tested."""
    missing = [tool for tool in TOOLS if not shutil.which(tool)]
    if not missing:
        return
    packages = re.search(r"^TEX_PACKAGES := (.*)", (ROOT / "Makefile").read_text(), re.M)
    names = packages[1] if packages else "latexmk texlive-luatex poppler-utils"
    advice = f"no {', '.join(missing)}: apt-get install --no-install-recommends {names}"
    if os.environ.get("CI"):
        pytest.fail(advice)
    pytest.skip(advice)


def frame(source: Path) -> None:
    """What a book of other pages needs of ours."""
    shutil.copytree(ROOT / "source" / "_print", source / "_print")
    (source / "patterns").mkdir()
    shutil.copy(ROOT / "source" / "patterns" / "catalogue.toml", source / "patterns")


@pytest.fixture(scope="session")
def edition(tex: None, tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """The book itself."""
    return made(ROOT / "source", tmp_path_factory.mktemp("print") / "latex")


def made(source: Path, folder: Path) -> Edition:
    """The book of the pages in `source`, built in `folder`."""
    latex = typeset(source, folder)
    log = (folder / f"{BOOK}.log").read_text(encoding="utf-8", errors="replace")
    pdf = f"{BOOK}.pdf"
    text = run(["pdftotext", "-layout", pdf, "-"], folder)
    return Edition(folder, latex, log, text, run(["pdftotext", "-raw", pdf, "-"], folder))
