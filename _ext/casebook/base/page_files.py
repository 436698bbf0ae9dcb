"""Style sheets and scripts that only some pages need: no other page links to them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from casebook.base.files import write_text

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def link_files(app: Sphinx, *files: Path) -> None:
    """Lay files of the press beside the site, and link them to the page at hand.

    A handler of Sphinx's event `html-page-context` calls it.
    """
    for file in files:
        link_text(app, f"casebook-{file.name}", file.read_text(encoding="utf-8"))


def link_text(app: Sphinx, name: str, text: str) -> None:
    """Lay one file beside the site, and link it to the page at hand."""
    write_text(Path(app.outdir, "_static", name), text)
    if name.endswith(".css"):
        app.add_css_file(name)
    else:
        app.add_js_file(name, defer="defer")
