"""Say whether an exercise is solved: python check.py NAME; without a name, all of them."""

from __future__ import annotations

import runpy
import sys
import traceback
from pathlib import Path

FOLDER = Path(__file__).with_name("exercises")


def is_solved(test: Path) -> bool:
    """Run the functions of a test in their order, until one fails."""
    try:
        for name, function in list(runpy.run_path(str(test)).items()):
            if name.startswith("test_") and callable(function):
                function()
    except (Exception, SystemExit) as error:
        traceback.print_exception(error, file=sys.stdout)
        return False
    return True


def main(names: list[str], folder: Path = FOLDER) -> int:
    """Say it of each exercise; return how many are not solved."""
    known = sorted(path.name for path in folder.iterdir() if path.is_dir())
    unknown = [name for name in names if name not in known]
    if unknown:
        print(f"There is no exercise {unknown[0]}. There are: {', '.join(known)}.")
        return len(unknown)
    left = 0
    for name in names or known:
        solved = all(is_solved(test) for test in sorted((folder / name).glob("test_*.py")))
        print(f"{name} is solved." if solved else f"{name} is not solved yet.")
        left += not solved
    return left


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
