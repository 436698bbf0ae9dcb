"""The palette's style sheets, written for the builder that needs them.

The tokens have one source, `core.palette`; these files are made of it at each build.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from .core import palette
from .figures.diagrams import WIDE, WIDTH_STEP

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def _write_tokens(app: Sphinx) -> None:
    # Beside the doctrees, so that the output holds nothing but the book.
    folder = Path(app.doctreedir, "look")
    if app.builder.format == "html":
        widths = range(WIDTH_STEP, WIDE + WIDTH_STEP + 1, WIDTH_STEP)
        rules = "".join(f".w-{w}{{--w:{w}px}}\n" for w in widths)
        _write(folder / "tokens.css", palette.css() + rules)
        app.config.html_static_path.append(str(folder))
        if not app.builder.name.startswith("epub"):
            app.add_css_file("tokens.css", priority=400)
    if app.builder.format == "latex":
        _write(folder / "casebookcolours.sty", palette.latex())
        app.config.latex_additional_files.append(str(folder / "casebookcolours.sty"))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def setup_look(app: Sphinx) -> None:
    """Write the files once the builder is known."""
    app.connect("builder-inited", _write_tokens, priority=100)
