"""What the pages of the Discord study say, and what is stored for them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

ELITE = Path(__file__).parents[3] / "source" / "elite"
PAGES = ELITE / "discord-voice-infrastructure"


def stored(name: str) -> Any:
    """Return a stored output."""
    return json.loads((ELITE / "outputs" / "discord" / f"{name}.json").read_text(encoding="utf-8"))


def says(page: str, words: str) -> bool:
    """Tell whether a page has these words, so that what is computed is what it says."""
    return words in (PAGES / page).read_text(encoding="utf-8")
