"""A drawing of the book, ready for each edition: inline SVG, an SVG file, or a PDF.

Diagrams and charts become the same thing here: a sanitised picture whose colours are names of the
palette's tokens until an edition asks for its form.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from xml.sax.saxutils import escape, quoteattr

from casebook.core import palette
from casebook.core.figures.mermaid_labels import with_plates
from casebook.core.svg import sanitiser
from casebook.core.svg.slimming import slim

_FALLBACK_FAMILY = "IBM Plex Sans"
_BOOK_FAMILY = "Casebook Sans"


class DrawingError(ValueError):
    """Nothing can be drawn; the message is one sentence for the author."""


class RendererMissing(RuntimeError):
    """The package that draws is not installed."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """A picture, sanitised; every colour is ``var(--cb-NAME)``, ``none`` or ``transparent``."""

    picture: sanitiser.Picture

    @property
    def width(self) -> float:
        """The natural width in CSS pixels."""
        return self.picture.width

    @property
    def height(self) -> float:
        """The natural height in CSS pixels."""
        return self.picture.height

    def inline(self, identifier: str, title: str, description: str) -> str:
        """Return SVG to stand in an HTML page.

        ``identifier`` is unique on the page and prefixes every id. Colours follow the page's custom
        properties, the font and the size its style sheet (the natural size is in ``viewBox``).
        """
        head = (
            f"<title id={quoteattr(identifier + '-title')}>{escape(title)}</title>"
            f"<desc id={quoteattr(identifier + '-desc')}>{escape(description)}</desc>"
        )
        attributes = {
            "xmlns": sanitiser.SVG,
            "id": identifier,
            "role": "img",
            "aria-labelledby": f"{identifier}-title {identifier}-desc",
        }
        picture = replace(self.picture, root=slim(self.picture.root))
        return picture.prefixed(identifier).serialise(attributes, head)

    def standalone(self, title: str, description: str, family: str = _FALLBACK_FAMILY) -> str:
        """Return a whole SVG file in the colours of print, for e-books."""
        head = f"<title>{escape(title)}</title><desc>{escape(description)}</desc>"
        attributes = {
            "xmlns": sanitiser.SVG,
            "width": f"{self.width:g}",
            "height": f"{self.height:g}",
            "font-family": f"'{family}', sans-serif",
        }
        picture = self.picture.prefixed("d").map(lambda _name, value: palette.printed(value))
        return replace(picture, root=with_plates(picture.root)).serialise(attributes, head)


_PAGE = b"""#set page(width: auto, height: auto, margin: 0pt, fill: none)
#image(bytes(sys.inputs.svg), format: "svg", width: float(sys.inputs.width) * 1pt)
"""


def to_pdf(drawing: Drawing, font_dir: Path) -> bytes:
    """Return the drawing as a PDF of one page, vector, with real text; 1 px is 0.75 pt.

    Fonts come from ``font_dir`` alone: "Casebook Sans" if it is there, else "IBM Plex Sans". The
    same drawing gives the same bytes. Raises ``RendererMissing`` if ``typst`` cannot be imported
    and ``DrawingError`` if it refuses the drawing.
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
        raise DrawingError(f"The drawing cannot be set in print: {error}") from error
