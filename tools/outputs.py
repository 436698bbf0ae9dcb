"""Store anew what the programs of the pages compute: experiments, texts and counterexamples.

What they measure stays as it is; `tools/measure.py` stores that.

Usage: python tools/outputs.py
"""

from __future__ import annotations

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "_ext"))

from casebook.core.literate.stored_outputs import stored_in
from casebook.literate import importing, running
from casebook.literate.programs import faults, pages

ROOT = Path(__file__).parents[1]
FOLDER = Path("source", "elite", "outputs")


def main(root: Path = ROOT) -> str:
    """Write what differs, and remove what no page makes any more.

    Return an empty text, or why a page cannot be read; then nothing is written or removed.
    """
    if wrong := "\n".join(faults(root)):
        return wrong
    found = list(pages(root))
    importing.install(found)
    made = {root / FOLDER / one.file: one.text for one in running.made(found)}
    known = {root / FOLDER / stored_in(chunk.output) for _, chunk in running.makers(found)}
    for path in set((root / FOLDER).glob("*/*.json")) - known:
        path.unlink()
    for path, text in made.items():
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
    return ""


if __name__ == "__main__":
    sys.exit(main() or None)
