"""The features of the press, each a module whose `setup` registers what it adds to Sphinx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casebook.base import (
    bibliography,
    broken_fences,
    captions,
    domain,
    generated,
    incremental,
)
from casebook.figures import charts, diagrams
from casebook.findings import claims, decisions, insights
from casebook.literate import chunk_links, code_reading, listings, tangle_builder
from casebook.metrics import tables
from casebook.patterns import sections
from casebook.print import findings, marks, ordering
from casebook.study import headings, inventory, reading_path, summary
from casebook.web import data_files, ebook, theme, tooltips

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FEATURES = (
    domain, bibliography, incremental, captions, broken_fences, generated,
    tables, sections, insights, decisions, claims, charts, diagrams,
    summary, reading_path, headings, inventory,
    code_reading, listings, chunk_links, tangle_builder,
    tooltips, theme, data_files, ebook,
    ordering, marks, findings,
)  # fmt: skip
"""In the order in which they are registered; handlers and transforms order themselves by
priority."""


def setup(app: Sphinx) -> int:
    """Register every feature, and return the version of what the press stores."""
    app.setup_extension("sphinxcontrib.bibtex")
    app.add_config_value("casebook_print_fonts", "_print/fonts", "env", str)
    for feature in FEATURES:
        feature.setup(app)
    return domain.CasebookDomain.data_version
