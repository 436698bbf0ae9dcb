"""Store which tests run each chunk, or check what is stored, from the coverage of the studies.

Usage: python tools/chunktests.py [--check] COVERAGE-FILE
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "_ext"))

from casebook.core.literate.runs import (
    changes,
    read_tests,
    stored_tests,
    stored_text,
    tests_by_chunk,
)
from casebook.core.problems import Problem
from casebook.literate.programs import pages
from coverage import CoverageData

ROOT = Path(__file__).parents[1]
OUTPUTS = Path("source", "elite", "outputs")


def found(data_file: Path, root: Path) -> dict[Path, dict[str, list[str]]]:
    """Return what should be stored: a file a page, holding the tests of each of its chunks."""
    data = CoverageData(str(data_file))
    data.read()
    made = {}
    for page in pages(root):
        if page.program.files:
            tests = tests_by_chunk(page.program, data.contexts_by_lineno(str(page.path)))
            name = page.path.relative_to(root / "source").with_suffix("").as_posix()
            made[root / OUTPUTS / stored_tests(name)] = tests
    return made


def main(arguments: list[str], root: Path = ROOT) -> str:
    """Do as asked; return an empty text, or what is wrong."""
    check = "--check" in arguments
    files = found(Path(arguments[-1]), root)
    # A page without code keeps none.
    wrong = []
    for path in sorted(set((root / OUTPUTS).glob("*.tests.json")) - set(files)):
        if check:
            wrong.append(f"{path.relative_to(root)} belongs to no page with code: make outputs")
        else:
            path.unlink()
    for path, tests in files.items():
        if check:
            stored = read_tests(path.read_bytes()) if path.exists() else {}
            known = {} if isinstance(stored, Problem) else stored
            if different := list(changes(known, tests)):
                wrong += [f"{path.relative_to(root)} is not what the tests do now: make outputs"]
                wrong += [f"  {line}" for line in different]
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(stored_text(tests), encoding="utf-8")
    return "\n".join(wrong)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) or None)
