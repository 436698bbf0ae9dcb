"""The features of the press, each a module whose `setup` registers what it adds to Sphinx."""

from __future__ import annotations

from typing import TYPE_CHECKING

from casebook.base import (
    bibliography,
    broken_fences,
    captions,
    config,
    domain,
    filling,
    incremental,
    setting_list,
)
from casebook.figures import (
    audio,
    chart_data,
    charts,
    counterexamples,
    output_directive,
    outputs,
    steppers,
)
from casebook.findings import claims, decisions, evidence, insights
from casebook.literate import (
    chunk_links,
    code_reading,
    exercises,
    folding,
    listings,
    packages,
    tangle_builder,
)
from casebook.metrics import cards, comparison, indexes, tables
from casebook.patterns import lists, sections
from casebook.print import any_latex
from casebook.print import findings as print_findings
from casebook.study import (
    chapters,
    excerpts,
    headings,
    inventory,
    lengths,
    moved,
    reading_path,
    studies,
    summary,
)
from casebook.web import any_theme, data_files, ebook, tooltips

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

FEATURES = (
    config, setting_list,
    domain, bibliography, incremental, captions, broken_fences, filling,
    tables, comparison, cards, indexes, sections, lists, insights, decisions, claims, evidence,
    output_directive, charts, outputs, steppers, audio, counterexamples, chart_data,
    studies, summary, chapters, reading_path, lengths, moved, excerpts, headings, inventory,
    code_reading, listings, packages, exercises, chunk_links, folding, tangle_builder,
    tooltips, data_files, ebook, print_findings,
)  # fmt: skip
"""In the order in which they are registered; handlers and transforms order themselves by
priority."""


def setup(app: Sphinx) -> int:
    """Register every feature, and return the version of what the press stores."""
    app.setup_extension("sphinxcontrib.bibtex")
    for feature in FEATURES:
        feature.setup(app)
    app.connect("config-inited", _set_up_chosen)
    return domain.CasebookDomain.data_version


def _set_up_chosen(app: Sphinx, _: Config) -> None:
    """Register the features that a book has to ask for, with packages that others need not have."""
    chosen = config.settings(app)
    if chosen.diagrams:
        from casebook.figures import diagrams

        diagrams.setup(app)
    if chosen.formulas:
        from casebook.mathematics import formulas

        formulas.setup(app)
    if chosen.design:
        from casebook.print import marks, ordering, styles
        from casebook.web import page_contents, search, theme

        for feature in (theme, page_contents, search, styles, ordering, marks):
            feature.setup(app)
        print_findings.setup_design(app)
    else:
        any_theme.setup(app)
        any_latex.setup(app)
