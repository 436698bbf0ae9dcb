"""Roles in every caption and field, set by TeX as the book is."""

from __future__ import annotations

import pytest
from books import DEATHS, LOCK
from paper import Edition, frame, made, squeezed
from texts import OTHER, PAGE, ROLES, SAID

SOURCE = "leach-versioning-2017"
"""One of the book's own."""
SHORT = "*not* `code` {metric}`jobs` [](#metric-jobs) {pattern-link}`idempotency` {cite}`post`"
"""One of each kind: paper has less room."""
LABEL = "*not* {metric}`jobs`"
"""What a column of a matrix has room for."""
INDEX = "# A book\n\nWords.\n\n```{toctree}\n:numbered:\n\npage\nother\n```\n"


@pytest.fixture(scope="module")
def edition(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    root = tmp_path_factory.mktemp("texts")
    source = root / "source"
    frame(source)
    outputs = source / "elite" / "outputs" / "core"
    outputs.mkdir(parents=True)
    (outputs / "deaths.json").write_text(DEATHS)
    (outputs / "without-lock.json").write_text(LOCK)
    (outputs / "said.json").write_text(SAID)
    (source / "index.md").write_text(INDEX)
    pages = {"page": PAGE, "other": OTHER}
    for name, text in pages.items():
        text = text.replace(f"Option {ROLES}", LABEL).replace(ROLES, SHORT)
        cited = text.replace("`post`", f"`{SOURCE}`").replace("source: post", f"source: {SOURCE}")
        (source / f"{name}.md").write_text(cited.replace("evidence: post", f"evidence: {SOURCE}"))
    return made(source, root / "latex")


def test_roles_in_captions_and_fields_are_set(edition: Edition) -> None:
    # Evidence, pages and marks stand behind the words.
    words = squeezed(edition.text)
    for kind in ("Caption", "Matrix", "Chart", "Diagram", "Chunk", "Counterexample", "Output"):
        assert squeezed(f"{kind} not code 5 million requests/day") in words, kind
