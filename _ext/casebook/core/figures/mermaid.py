"""Diagrams: Mermaid source in, a drawing for every edition out.

Drawn by ``mmdr`` (backend merman), made safe by ``casebook.core.svg.sanitiser``, with the colours
as names of the palette's tokens until an edition asks for its form. No browser takes part, and the
same source gives the same bytes.
"""

from __future__ import annotations

import itertools
import re

from casebook.core.figures import mermaid_style
from casebook.core.figures.drawing import Drawing, DrawingError, RendererMissing
from casebook.core.figures.mermaid_labels import left_align
from casebook.core.figures.mermaid_source import KINDS, author_colours, doubted, kind_of
from casebook.core.palette import VARIABLE
from casebook.core.svg import sanitiser
from casebook.core.svg.allowed import COLOUR_PROPERTIES

__all__ = ["KINDS", "DiagramError", "author_colours", "draw"]

MAX_SOURCE = 20_000
"""The longest source that is drawn, in characters; a page of print holds a tenth of it."""


class DiagramError(DrawingError):
    """The diagram cannot be drawn; the message is one sentence for the author."""


def draw(source: str) -> Drawing:
    """Draw a Mermaid diagram.

    Raises ``DiagramError`` if the source has a mistake, is of a kind not listed in ``KINDS``, or
    chooses colours, settings or links for itself; ``RendererMissing`` if ``mmdr`` cannot be
    imported.
    """
    if len(source) > MAX_SOURCE:
        raise DiagramError(f"The diagram is longer than {MAX_SOURCE:,} characters.")
    problems = author_colours(source)
    if problems:
        line, text = problems[0]
        raise DiagramError(
            f"Line {line} of the diagram sets colours, settings or links of its own ({text}); "
            "leave them out, or use the class 'key' for the one node that matters."
        )
    kind = kind_of(source)
    if kind not in KINDS:
        raise DiagramError(
            f"The diagram begins with {kind!r}; the kinds that can be drawn are "
            f"{', '.join(sorted(KINDS))}."
        )
    named, rendered = doubted(source), _render(source)
    for name in itertools.chain.from_iterable(named.values()):
        # Else it would look as if a source said what none says.
        if not re.search(rf'id="merman-(?:\w+-)?{name}(?:-\d+)?"', rendered):
            raise DiagramError(f"The diagram has no node, edge or group of the name '{name}'.")
    try:
        sheet = mermaid_style.SHEET + mermaid_style.doubted_parts(named)
        picture = sanitiser.clean(rendered, sheet, left_align)
    except sanitiser.SvgError as error:
        raise DiagramError(f"The diagram cannot be used: {error}") from error
    return Drawing(picture.map(_token_colour))


def _render(source: str) -> str:
    try:
        import mmdr
    except ImportError as error:
        raise RendererMissing("The package 'mmdr', which draws diagrams, is missing.") from error
    try:
        return mmdr.render(mermaid_style.prefix(source) + source, backend="merman").svg()
    except BaseException as error:
        # a panic in Rust arrives as a BaseException of the extension's own
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        message = " ".join(str(error).split()) or type(error).__name__
        raise DiagramError(f"The diagram has a mistake: {message}") from error


def _token_colour(name: str, value: str) -> str:
    if name not in COLOUR_PROPERTIES or value.startswith("url(") or VARIABLE.fullmatch(value):
        return value
    if value in ("none", "transparent"):
        return value
    token = mermaid_style.token(value)
    if token is None:
        raise DiagramError(f"The diagram holds a colour that is not the palette's: {value}.")
    return f"var(--cb-{token})"
