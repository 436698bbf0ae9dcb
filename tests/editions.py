"""The editions of the book, made once for all tests, as Read the Docs makes them.

A copy of this checkout is built by the very commands of `.readthedocs.yaml`.  The copy lies in a
folder whose name holds a space, since some readers' folders do.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

import pytest
import yaml
from filelock import FileLock

ROOT = Path(__file__).parents[1]
BOOK = "elite-engineering-case-studies"
JOBS = yaml.safe_load((ROOT / ".readthedocs.yaml").read_text(encoding="utf-8"))["build"]["jobs"]
TEX = ("latexmk", "lualatex", "makeindex", "pdftotext", "pdffonts", "pdfimages", "pdfinfo")
UNTRACKED = shutil.ignore_patterns(".git", ".venv*", "build", "__pycache__", ".*_cache")


def without(what: str, advice: str) -> None:
    """Skip a test for lack of a tool, or fail it in CI, which promises to skip nothing."""
    (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no {what}: {advice}")


def need_tex() -> None:
    """Skip where TeX or poppler is missing."""
    missing = [tool for tool in TEX if not shutil.which(tool)]
    packages = re.search(r"^TEX_PACKAGES := (.*)", (ROOT / "Makefile").read_text("utf-8"), re.M)
    assert packages
    if missing:
        advice = f"apt-get install --no-install-recommends {packages[1]}"
        without(", ".join(missing), advice)


def git(*arguments: str) -> str | None:
    """Return what git says of this checkout; None where there's no git, or it refuses."""
    command = ["git", "-C", str(ROOT), *arguments]
    here = os.environ | {"GIT_CEILING_DIRECTORIES": str(ROOT.parent)}
    try:
        return subprocess.run(command, env=here, capture_output=True, text=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        return None


class Editions:
    """Makes each edition when a test first asks for it, whichever process that test runs in."""

    def __init__(self, folder: Path) -> None:
        """Keep everything in `folder`, which all processes of a run share."""
        self.checkout = folder / "read the docs" / "checkout"
        self.output = folder / "output"
        self._notes = folder / "notes"
        self._notes.mkdir(parents=True, exist_ok=True)

    def _once(self, name: str, make: Callable[[], None]) -> None:
        """Make something unless that was done before; a failure is told to all who ask."""
        told = self._notes / f"{name}.txt"
        with FileLock(self._notes / f"{name}.lock"):
            if not told.exists():
                try:
                    make()
                    told.write_text("", encoding="utf-8")
                except BaseException as problem:
                    told.write_text(f"{name}: {problem}", encoding="utf-8")
                    raise
            elif failed := told.read_text(encoding="utf-8"):
                pytest.fail(failed)

    def _run(self, *commands: str) -> None:
        known = ("VIRTUAL_ENV", "PYTHONPATH", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
        environment = {k: v for k, v in os.environ.items() if k not in known}
        environment |= {"READTHEDOCS": "True", "READTHEDOCS_OUTPUT": str(self.output)}
        environment["PYTHON"] = sys.executable  # also where `make pythons` tries another one
        for command in commands:
            done = subprocess.run(
                ["bash", "-ec", command], cwd=self.checkout, env=environment, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            )  # fmt: skip
            assert done.returncode == 0, f"{command}\n{done.stdout[-6000:]}"

    def _copy(self) -> None:
        """Copy what is committed, and over it what has changed since."""
        changed = git("ls-files", "-z", "--modified", "--others", "--exclude-standard")
        deleted = git("ls-files", "-z", "--deleted")
        if changed is None or deleted is None:  # a tarball
            shutil.copytree(ROOT, self.checkout, ignore=UNTRACKED)
        else:
            clone = ["git", "clone", "--quiet", str(ROOT), str(self.checkout)]
            subprocess.run(clone, check=True)
            for name in set(deleted.split("\0")) - {""}:
                (self.checkout / name).unlink()
            for name in set(changed.split("\0")) - set(deleted.split("\0")) - {""}:
                (self.checkout / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, self.checkout / name)
        self._run(*JOBS["create_environment"], *JOBS["install"])

    def _made(self, kind: str) -> Path:
        self._once("checkout", self._copy)
        self._once(kind, lambda: self._run(*JOBS["build"][kind]))
        return self.output / kind

    @cached_property
    def html(self) -> Path:
        """The folder of the web edition."""
        return self._made("html")

    @cached_property
    def epub(self) -> Path:
        """The folder of the electronic book."""
        return self._made("epub")

    @cached_property
    def pdf(self) -> Path:
        """The folder of the published PDF; the file was made in `latex`."""
        need_tex()
        return self._made("pdf")

    @cached_property
    def latex(self) -> Path:
        """The folder in which the PDF was made, with its LaTeX and its log."""
        assert self.pdf.is_dir()
        return self.checkout / "build" / "latex"

    @cached_property
    def text(self) -> Path:
        """The folder of the plain text, which Read the Docs does not publish."""
        self._once("checkout", self._copy)
        self._once("text", lambda: self._run("make text"))
        return self.checkout / "build" / "text"
