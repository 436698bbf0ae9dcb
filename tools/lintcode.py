"""Run ruff and mypy on the programs of the pages; every message names the page and its line.

Usage: python tools/lintcode.py [--fix]

With --fix the pages are formatted as ruff formats their files, as far as a page can say it: what
stands between two chunks belongs to none.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "_ext"))

from casebook.core.literate.chunks import MOST_COLUMNS
from casebook.core.literate.files import ORIGINS, Edit, edited, edits, planned
from casebook.core.literate.messages import Origins, hunks, mapped
from casebook.core.literate.tangle import Tangled
from casebook.literate.programs import pages, write

ROOT = Path(__file__).parents[1]
RUFF = ("--isolated", "--no-cache", "--quiet", "--target-version=py311",
        f"--line-length={MOST_COLUMNS}")  # fmt: skip
# The order of imports is not asked for: a chunk may bring an import late.
RULES = ("--select=E,F,W,B,UP,SIM,RUF,C4", "--ignore=RUF001,RUF002,RUF003")
MYPY = ("--strict", "--config-file=", "--python-version=3.11", "--no-error-summary",
        "--show-column-numbers", "--cache-dir=.mypy_cache", "--explicit-package-bases")  # fmt: skip


@dataclass(frozen=True)
class Code:
    """Files in a folder, of which some are looked at; each line of these knows its page."""

    folder: Path
    looked_at: list[str]
    origins: Origins
    own: frozenset[str] = frozenset()
    """The places ("page:line") that are looked at; empty if all are."""

    def is_own(self, place: str) -> bool:
        """Tell whether a place is looked at here."""
        return not self.own or ":".join(place.split(":")[:2]) in self.own


def laid_out(root: Path) -> Iterator[Code]:
    """Write the programs of the book at `root`, and then what each exercise makes of them."""
    found = [(page.path.relative_to(root).as_posix(), page.program) for page in pages(root)]
    files = [(page, file) for page, program in found for file in program.files]
    build = root / "build"
    looked_at = [file.path for _, file in files if file.is_python]
    if looked_at:
        yield _written(build / "lint", files, looked_at)
    for page, program in found:
        for check in program.checks:
            # A package cannot have every name that an exercise may have.
            test = replace(check.test, path=check.test.path.rpartition("/")[2])
            paths = [file.path for file in (*check.solved, test) if file.is_python]
            others = [pair for pair in files if pair[1].path not in paths]
            mine = [(page, file) for file in (*check.solved, test)]
            lines = check.lines | {line.origin for line in test.lines}
            folder = build / "lint-exercises" / check.name
            yield _written(folder, [*others, *mine], paths, {f"{page}:{n}" for n in lines})


def _written(
    folder: Path,
    files: Iterable[tuple[str, Tangled]],
    looked_at: Iterable[str],
    own: Iterable[str] = (),
) -> Code:
    texts = planned(files)
    write(texts, folder)
    return Code(folder, sorted(looked_at), json.loads(texts[ORIGINS]), frozenset(own))


def lint(root: Path = ROOT) -> list[str]:
    """Return everything that the linters say of the code of the book at `root`."""
    said: list[str] = []
    for code in laid_out(root):
        folder, paths, origins = code.folder, code.looked_at, code.origins
        packages = sorted({path.partition("/")[0] for path in paths})
        checks = (
            ("ruff", "check", *RUFF, *RULES, "--output-format=concise", *paths),
            ("mypy", *MYPY, *packages),
        )
        for command in checks:
            lines = mapped(_run(folder, *command), origins).splitlines()
            said.append("\n".join(line for line in lines if code.is_own(line)))
        for path in paths:
            diff = hunks(_run(folder, "ruff", "format", *RUFF, "--diff", path), path, origins)
            said.append(diff if any(map(code.is_own, diff.splitlines())) else "")
    return [text.strip() for text in said if text.strip()]


def fix(root: Path = ROOT) -> list[str]:
    """Format the code of the pages of the book at `root`; return the pages that have changed."""
    changed: dict[str, list[Edit]] = {}
    for code in laid_out(root):
        before = {path: _lines(code.folder / path) for path in code.looked_at}
        _run(code.folder, "ruff", "format", *RUFF, *code.looked_at)
        for path in code.looked_at:
            page = code.origins[path]["page"]
            for edit in edits(before[path], _lines(code.folder / path), code.origins[path]):
                if code.is_own(f"{page}:{edit.start}"):
                    changed.setdefault(page, []).append(edit)
    found = {}
    for page, changes in sorted(changed.items()):
        text = (root / page).read_text(encoding="utf-8")
        found[page] = edited(text, changes)
        if found[page] == text:
            del found[page]
    for page, text in found.items():
        (root / page).write_text(text, encoding="utf-8")
    return list(found)


def _lines(path: Path) -> list[str]:
    return path.read_text(encoding="utf-8").splitlines()


def _run(folder: Path, tool: str, *arguments: str) -> str:
    command = [sys.executable, "-m", tool, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if done.returncode > 1:
        sys.exit(done.stdout + done.stderr)
    return done.stdout


if __name__ == "__main__":
    if "--fix" in sys.argv[1:]:
        for page in fix():
            print(f"formatted {page}")
    else:
        found = lint()
        print("\n".join(found) or "The code of the pages is clean.")
        sys.exit(bool(found))
