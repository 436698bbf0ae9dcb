"""Run the tests of core, press and studies on every Python from 3.11 on that this machine has.

Usage: python tools/pythons.py

Each Python gets an environment of its own in build/pythons.  The last lines say which versions ran,
and which of the newer ones are not installed.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).parents[1]
OLDEST, NEWEST = 11, 14
"""The minor versions that are looked for, from the oldest that the book promises."""
NAME = re.compile(r"python3\.(\d+)")
ASK = "import sys, venv; print('%d.%d.%d' % sys.version_info[:3])"


def folders() -> list[Path]:
    """Return where Pythons lie: the path for commands, and what pyenv has installed."""
    pyenv = Path(os.environ.get("PYENV_ROOT", Path.home() / ".pyenv"), "versions")
    return [*map(Path, os.get_exec_path()), *sorted(pyenv.glob("*/bin"))]


def installed(places: Iterable[Path]) -> dict[int, tuple[Path, str]]:
    """Return the first working Python of each minor version, with its full version."""
    found: dict[int, tuple[Path, str]] = {}
    for folder in places:
        for path in sorted(folder.glob("python3.*")):
            name = NAME.fullmatch(path.name)
            if not name or int(name[1]) < OLDEST or int(name[1]) in found:
                continue
            # A launcher of pyenv may be there without the Python that it would start.
            asked = subprocess.run([path, "-c", ASK], capture_output=True, text=True)
            if asked.returncode == 0:
                found[int(name[1])] = path, asked.stdout.strip()
    return dict(sorted(found.items()))


def main() -> int:
    """Run the tests on each Python; the result is 1 if they failed on any, or on none could run."""
    known = installed(folders())
    told, failed = [], not known
    for minor, (path, version) in known.items():
        start = time.monotonic()
        target = ["make", "on-one-python", f"PYTHON={path}", f"VENV=build/pythons/3.{minor}"]
        good = subprocess.run(target, cwd=ROOT).returncode == 0
        failed |= not good
        minutes = (time.monotonic() - start) / 60
        told.append(f"Python {version}: {'passed' if good else 'FAILED'}, {minutes:.1f} min")
    missing = [f"3.{minor}" for minor in range(OLDEST, NEWEST + 1) if minor not in known]
    print("\n".join([*told, *([f"Not installed: {', '.join(missing)}"] if missing else [])]))
    return failed


if __name__ == "__main__":
    sys.exit(main())
