"""Run ruff and mypy on the tangled packages; every message names the page and the line in it.

Usage: python tools/lintcode.py build/tangle
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "_ext"))

from casebook.core.literate.chunks import MOST_COLUMNS
from casebook.core.literate.messages import Origins, hunks, mapped

RUFF = ("--isolated", "--no-cache", "--quiet", "--target-version=py311",
        f"--line-length={MOST_COLUMNS}")  # fmt: skip
# The order of imports is not asked for: a chunk may bring an import late.
RULES = ("--select=E,F,W,B,UP,SIM,RUF,C4", "--ignore=RUF001,RUF002,RUF003")
MYPY = ("--strict", "--config-file=", "--python-version=3.11", "--no-error-summary",
        "--show-column-numbers", "--cache-dir=.mypy_cache")  # fmt: skip


def lint(root: Path) -> list[str]:
    """Everything that the linters say of the files that `tangle` wrote to `root`."""
    origins: Origins = json.loads((root / "origins.json").read_text(encoding="utf-8"))
    if not origins:
        return []
    packages = sorted({path.partition("/")[0] for path in origins})
    said = [
        mapped(_run(root, "ruff", "check", *RUFF, *RULES, "--output-format=concise"), origins),
        mapped(_run(root, "mypy", *MYPY, *packages), origins),
    ]
    for path in sorted(origins):
        diff = _run(root, "ruff", "format", *RUFF, "--diff", path)
        said.append(hunks(diff, path, origins))
    return [text.strip() for text in said if text.strip()]


def _run(root: Path, tool: str, *arguments: str) -> str:
    command = [sys.executable, "-m", tool, *arguments]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    if done.returncode > 1:
        sys.exit(done.stdout + done.stderr)
    return done.stdout


if __name__ == "__main__":
    found = lint(Path(sys.argv[1]))
    print("\n".join(found) or "The code of the pages is clean.")
    sys.exit(bool(found))
