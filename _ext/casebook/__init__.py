"""The press of *Elite Engineering Case Studies*: one Sphinx extension.

Each module below gives one feature and has its own ``setup_…``; their pure parts are in `core`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from . import foundation
from .bibliography import setup_bibliography
from .captions import setup_captions
from .claims import setup_claims
from .decisions import setup_decisions
from .domain import setup_domain
from .epub import setup_epub
from .export import setup_export
from .fences import setup_fences
from .figures.charts import setup_charts
from .figures.diagrams import setup_diagrams
from .generated import setup_generated
from .headings import setup_headings
from .incremental import setup_incremental
from .insights import setup_insights
from .inventory import setup_inventory
from .literate.builder import setup_builder
from .literate.directives import setup_directives
from .literate.reading import setup_reading
from .literate.weaving import setup_weaving
from .look import setup_look
from .metrics import setup_metrics
from .opening import setup_opening
from .patterns import setup_patterns
from .printfindings import setup_printfindings
from .printing import setup_printing
from .printmarks import setup_printmarks
from .readingpath import setup_readingpath
from .slips import setup_slips

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

__version__ = "1.0"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register every feature."""
    app.setup_extension("sphinxcontrib.bibtex")
    app.add_config_value("casebook_print_fonts", "_print/fonts", "env", str)
    version = foundation.of(app)
    setup_domain(app, version)
    setup_bibliography(app)
    setup_incremental(app)
    setup_metrics(app)
    setup_patterns(app)
    setup_insights(app)
    setup_decisions(app)
    setup_claims(app)
    setup_charts(app)
    setup_inventory(app)
    setup_fences(app)
    setup_captions(app)
    setup_headings(app)
    setup_opening(app)
    setup_readingpath(app)
    setup_reading(app)
    setup_directives(app)
    setup_weaving(app)
    setup_builder(app)
    setup_generated(app)
    setup_diagrams(app)
    setup_slips(app)
    setup_printing(app)
    setup_printmarks(app)
    setup_printfindings(app)
    setup_epub(app)
    setup_export(app)
    setup_look(app)
    return {
        "version": __version__,
        "env_version": version,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
