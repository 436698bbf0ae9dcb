"""Diagrams: Mermaid source in, drawings for the screen, for e-books and for paper out.

Drawn by ``mmdr`` (backend merman), made safe by ``casebook.core.svg``, with the colours as names of
the palette's tokens until an edition asks for its form. No browser takes part, and the same source
gives the same bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from casebook.core import mermaidstyle, palette, svg
from casebook.core.mermaidlabels import left_align, with_plates
from casebook.core.mermaidsource import KINDS, author_colours, kind_of
from casebook.core.svgvalues import COLOUR_PROPERTIES

__all__ = [
    "KINDS",
    "DiagramError",
    "Drawing",
    "RendererMissing",
    "author_colours",
    "draw",
    "to_pdf",
]

_FALLBACK_FAMILY = "IBM Plex Sans"
_BOOK_FAMILY = "Casebook Sans"
_VARIABLE = re.compile(r"var\(--cb-([a-z0-9-]+)\)")


MAX_SOURCE = 20_000
"""The longest source that is drawn, in characters; a page of print holds a tenth of it."""


class DiagramError(ValueError):
    """The diagram cannot be drawn; the message is one sentence for the author."""


class RendererMissing(RuntimeError):
    """The package that draws is not installed; show the source instead."""


@dataclass(frozen=True)
class Drawing:
    """A diagram, sanitised; every colour is ``var(--cb-NAME)``, ``none`` or ``transparent``."""

    picture: svg.Picture
    kind: str

    @property
    def width(self) -> float:
        """Natural width in CSS pixels, at which labels are 14 px."""
        return self.picture.width

    @property
    def height(self) -> float:
        """Natural height in CSS pixels."""
        return self.picture.height

    def inline(self, identifier: str, title: str, description: str) -> str:
        """SVG to stand in an HTML page.

        ``identifier`` is unique on the page and prefixes every id. Colours follow the page's custom
        properties, the font and the size its style sheet (the natural size is in ``viewBox``).
        """
        head = (
            f"<title id={quoteattr(identifier + '-title')}>{escape(title)}</title>"
            f"<desc id={quoteattr(identifier + '-desc')}>{escape(description)}</desc>"
        )
        attributes = {
            "xmlns": svg.SVG,
            "id": identifier,
            "role": "img",
            "aria-labelledby": f"{identifier}-title {identifier}-desc",
        }
        return self.picture.prefixed(identifier).serialise(attributes, head)

    def standalone(self, title: str, description: str, family: str = _FALLBACK_FAMILY) -> str:
        """A whole SVG file in the colours of print, for e-books."""
        head = f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
        attributes = {
            "xmlns": svg.SVG,
            "width": f"{self.width:g}",
            "height": f"{self.height:g}",
            "font-family": f"'{family}', sans-serif",
        }
        picture = self.picture.prefixed("d").map(_print_colour)
        return replace(picture, root=with_plates(picture.root)).serialise(attributes, head)


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
    try:
        picture = svg.clean(_render(source), mermaidstyle.SHEET, left_align)
    except svg.SvgError as error:
        raise DiagramError(f"The diagram cannot be used: {error}") from error
    return Drawing(picture.map(_token_colour), kind)


def _render(source: str) -> str:
    try:
        import mmdr
    except ImportError as error:
        raise RendererMissing("The package 'mmdr', which draws diagrams, is missing.") from error
    try:
        return mmdr.render(mermaidstyle.prefix(source) + source, backend="merman").svg()
    except BaseException as error:
        # a panic in Rust arrives as a BaseException of the extension's own
        if not isinstance(error, Exception) and type(error).__name__ != "PanicException":
            raise
        message = " ".join(str(error).split()) or type(error).__name__
        raise DiagramError(f"The diagram has a mistake: {message}") from error


def _token_colour(name: str, value: str) -> str:
    if name not in COLOUR_PROPERTIES or value.startswith("url(") or _VARIABLE.fullmatch(value):
        return value
    if value in ("none", "transparent"):
        return value
    token = mermaidstyle.token(value)
    if token is None:
        raise DiagramError(f"The diagram holds a colour that is not the palette's: {value}.")
    return f"var(--cb-{token})"


def _print_colour(_name: str, value: str) -> str:
    return _VARIABLE.sub(lambda match: palette.value(match[1], "print"), value)


_PAGE = b"""#set page(width: auto, height: auto, margin: 0pt, fill: none)
#image(bytes(sys.inputs.svg), format: "svg", width: float(sys.inputs.width) * 1pt)
"""


def to_pdf(drawing: Drawing, font_dir: Path) -> bytes:
    """The drawing as a PDF of one page, vector, with real text; 1 px is 0.75 pt.

    Fonts come from ``font_dir`` alone: "Casebook Sans" if it is there, else "IBM Plex Sans". The
    same drawing gives the same bytes. Raises ``RendererMissing`` if ``typst`` cannot be imported
    and ``DiagramError`` if it refuses the drawing.
    """
    try:
        import typst
    except ImportError as error:
        raise RendererMissing("The package 'typst', which makes PDFs, is missing.") from error
    fonts = typst.Fonts(False, False, [str(font_dir)])
    family = _BOOK_FAMILY if _BOOK_FAMILY in fonts.families() else _FALLBACK_FAMILY
    inputs = {
        "svg": drawing.standalone("", "", family),
        "width": f"{drawing.width * 0.75:.3f}",
    }
    try:
        return typst.compile(
            _PAGE,
            format="pdf",
            font_paths=fonts,
            ignore_system_fonts=True,
            sys_inputs=inputs,
            timestamp=0,
            pdf_tags=False,
        )
    except typst.TypstError as error:
        raise DiagramError(f"The diagram cannot be set in print: {error}") from error
