"""Measure what the programs of the pages measure, and store it with the day and the machine.

Usage: python tools/measure.py [OUTPUT]

OUTPUT names one measurement, such as stripe/key-cost.  Nothing else is run or stored.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "_ext"))

from casebook.core.problems import suggestion
from casebook.literate import importing, running
from casebook.literate.programs import faults, pages
from outputs import FOLDER, ROOT

BUSY = 0.5
"""A load of so much a core, before anything is measured, is somebody else's."""


def main(arguments: Sequence[str], root: Path = ROOT) -> str:
    """Measure and store; return an empty text, or what is wrong."""
    if wrong := "\n".join(faults(root)):
        return wrong
    found = list(pages(root))
    measuring = {c.output: (page, c) for page, c in running.makers(found) if c.measured}
    for name in arguments:
        if name not in measuring:
            return f"no chunk measures '{name}'{suggestion(name, measuring)}"
    if not measuring:
        return "no chunk measures anything; a chunk that does has an option 'measure'"
    importing.install(found)
    if (load := _load()) > BUSY * running.cores():
        print(f"Other programs are running (load {load:.1f}): measure again when they are not.")
    for name in arguments or measuring:
        made = running.make(*measuring[name])
        path = root / FOLDER / made.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made.text, encoding="utf-8")
        print(f"{name}: {made.text}", end="")
    return ""


def _load() -> float:
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]) or None)
