"""The features of the press, each a module whose `setup` registers what it adds to Sphinx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casebook.base import (
    bibliography,
    broken_fences,
    captions,
    domain,
    filling,
    incremental,
)
from casebook.figures import chart_data, charts, counterexamples, diagrams, output_directive
from casebook.findings import claims, decisions, insights
from casebook.literate import chunk_links, code_reading, listings, packages, tangle_builder
from casebook.metrics import cards, comparison, indexes, tables
from casebook.patterns import lists, sections
from casebook.print import findings, marks, ordering
from casebook.study import headings, inventory, reading_path, studies, summary
from casebook.web import data_files, ebook, theme, tooltips

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FEATURES = (
    domain, bibliography, incremental, captions, broken_fences, filling,
    tables, comparison, cards, indexes, sections, lists, insights, decisions, claims,
    output_directive, charts, counterexamples, chart_data, diagrams,
    studies, summary, reading_path, headings, inventory,
    code_reading, listings, packages, chunk_links, tangle_builder,
    tooltips, theme, data_files, ebook,
    ordering, marks, findings,
)  # fmt: skip
"""In the order in which they are registered; handlers and transforms order themselves by
priority."""


def setup(app: Sphinx) -> int:
    """Register every feature, and return the version of what the press stores."""
    app.setup_extension("sphinxcontrib.bibtex")
    for feature in FEATURES:
        feature.setup(app)
    return domain.CasebookDomain.data_version
