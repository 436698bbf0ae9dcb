"""What the press lays beside pages of any theme: style sheets for its own parts, and a script.

Only pages that use the press link to them; all other pages of a project stay as they were.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes

from casebook.base.page_files import link_text
from casebook.web import tokens

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FOLDER = Path(__file__).parent
DARK = 'body[data-theme="dark"], [data-theme="dark"] body'
BY_SYSTEM = 'body[data-theme="auto"]'
"""Unless its theme says so, a page has a light ground, whatever the reader's system says."""


def _link(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if doctree is None or not ("casebook" in doctree or "tooltips" in doctree):
        return
    for name, text in _files().items():
        if "tooltips" in doctree or "tooltips" not in name:
            link_text(app, name, text)


@functools.cache  # every page asks
def _files() -> dict[str, str]:
    """Return the files, by their names."""
    return {
        "casebook-tokens.css": tokens.css(DARK, BY_SYSTEM),
        "casebook-plain.css": (FOLDER / "plain.css").read_text(encoding="utf-8"),
        "casebook-tooltips.js": (FOLDER / "tooltips.js").read_text(encoding="utf-8"),
    }


def setup(app: Sphinx) -> None:
    """Link the files, in a book that has not asked for the design."""
    app.connect("html-page-context", _link)
