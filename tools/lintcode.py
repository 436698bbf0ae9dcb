"""Run ruff and mypy on the programs of the pages; every message names the page and its line.

Usage: python tools/lintcode.py [--fix]

With --fix the pages are formatted as ruff formats their files, as far as a page can say it: what
stands between two chunks belongs to none.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "_ext"))

from casebook.core.literate.chunks import MOST_COLUMNS
from casebook.core.literate.files import ORIGINS, edited, edits, planned
from casebook.core.literate.messages import Origins, hunks, mapped
from casebook.literate.programs import pages, write

ROOT = Path(__file__).parents[1]
RUFF = ("--isolated", "--no-cache", "--quiet", "--target-version=py311",
        f"--line-length={MOST_COLUMNS}")  # fmt: skip
# The order of imports is not asked for: a chunk may bring an import late.
RULES = ("--select=E,F,W,B,UP,SIM,RUF,C4", "--ignore=RUF001,RUF002,RUF003")
MYPY = ("--strict", "--config-file=", "--python-version=3.11", "--no-error-summary",
        "--show-column-numbers", "--cache-dir=.mypy_cache")  # fmt: skip


def tangled(root: Path) -> tuple[Path, Origins]:
    """Write the programs of the book at `root` to a folder, and say where each line is from."""
    folder = root / "build" / "lint"
    files = planned(
        (page.path.relative_to(root).as_posix(), file)
        for page in pages(root)
        for file in page.program.files
    )
    write(files, folder)
    return folder, json.loads(files[ORIGINS])


def lint(root: Path = ROOT) -> list[str]:
    """Return everything that the linters say of the code of the book at `root`."""
    folder, origins = tangled(root)
    if not origins:
        return []
    packages = sorted({path.partition("/")[0] for path in origins})
    said = [
        mapped(_run(folder, "ruff", "check", *RUFF, *RULES, "--output-format=concise"), origins),
        mapped(_run(folder, "mypy", *MYPY, *packages), origins),
    ]
    for path in sorted(origins):
        diff = _run(folder, "ruff", "format", *RUFF, "--diff", path)
        said.append(hunks(diff, path, origins))
    return [text.strip() for text in said if text.strip()]


def fix(root: Path = ROOT) -> list[str]:
    """Format the code of the pages of the book at `root`; return the pages that have changed."""
    folder, origins = tangled(root)
    before = {path: _lines(folder / path) for path in origins}
    _run(folder, "ruff", "format", *RUFF, ".")
    found = {}
    for page in sorted({origin["page"] for origin in origins.values()}):
        changes = [
            edit
            for path, origin in origins.items()
            if origin["page"] == page
            for edit in edits(before[path], _lines(folder / path), origin)
        ]
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
