"""What diagrams and charts have in common: drawings as the edition at hand can show them."""

from __future__ import annotations

import hashlib
import math
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes

from casebook.base.domain import domain_of
from casebook.base.fingerprint import PACKAGE
from casebook.core.figures.drawing import Drawing

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment

FONTS = PACKAGE / "fonts"
"""The press's own fonts, by which words are measured and set."""
MEASURE, WIDE = 780, 950
"""Greatest natural widths in pixels: more, and labels fall below 6 pt on paper."""
PRINT_WIDTH = 334
"""Width of a chart on paper, in points: the measure."""
WIDTH_STEP = 20
"""The style sheet knows widths in steps, since the page allows no style attributes."""


def image(
    env: BuildEnvironment, data: bytes, suffix: str, *, alt: str, stem: str, width: str = ""
) -> nodes.image:
    """Write a drawing to a file of its own, named after what it holds, and return its image."""
    folder = Path(env.doctreedir, "drawings")
    path = folder / f"{stem}-{hashlib.sha256(data).hexdigest()[:16]}.{suffix}"
    _write(path, data)
    env.images.add_file(env.current_document.docname or "index", str(path))
    made = nodes.image("", uri=str(path), alt=alt, candidates={"*": str(path)})
    if width:
        made["width"] = width
    return made


def inline(drawing: Drawing, identifier: str, title: str, alt: str) -> str:
    """Return the HTML of a drawing inside a page."""
    svg = drawing.inline(identifier, title, alt)
    return f'<div class="drawing {width_class(drawing.width)}">{svg}</div>'


def width_class(width: float) -> str:
    """Return the class that tells the style sheet a drawing's natural width in pixels."""
    return f"w-{math.ceil(width / WIDTH_STEP) * WIDTH_STEP}"


def cached(env: BuildEnvironment, key: object, make: Callable[[], bytes]) -> bytes:
    """Return what `make` gives, from the last time that it was made on the same foundation."""
    rests_on = domain_of(env).data_version
    digest = hashlib.sha256(repr((rests_on, key)).encode()).hexdigest()
    path = Path(env.doctreedir, "drawings", f"cache-{digest}")
    if not path.exists():
        _write(path, make())
    return path.read_bytes()


def _write(path: Path, data: bytes) -> None:
    # Two processes may make the same file: each writes its own, and the last name stays.
    path.parent.mkdir(parents=True, exist_ok=True)
    own = path.with_name(f"{path.name}.{os.getpid()}")
    own.write_bytes(data)
    own.replace(path)
