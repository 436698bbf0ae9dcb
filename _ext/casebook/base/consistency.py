"""What only the whole book shows to be wrong, once every page has been read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from casebook.base import bibliography
from casebook.base.reporting import report
from casebook.core.book.book import Book
from casebook.core.problems import Kind, suggestion

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment


def check(env: BuildEnvironment, book: Book) -> None:
    """Report it all, each at its place."""
    _metrics(env, book)
    _files(env, book)
    _patterns(env, book)
    _makers(env, book)
    _evidence(env, book)
    _named_outputs(book)
    for place, message in bibliography.wrong(env.get_domain("cite")):
        report(Kind.BAD_SOURCE, message, place)


def _metrics(env: BuildEnvironment, book: Book) -> None:
    for row, first in book.doubled:
        place = f"{env.doc2path(first.page, False)}:{first.metric.line}"
        message = f"the metric '{row.metric.id}' exists already, at {place}"
        report(Kind.DUPLICATE_ID, message, (row.page, row.metric.line))
    for misfit in book.misfits:
        row = book.rows[misfit.id]
        report(misfit.kind, misfit.message, (row.page, row.metric.formula_line))


def _files(env: BuildEnvironment, book: Book) -> None:
    for code, other in book.clashes:
        place = f"{env.doc2path(other.page, False)}:{other.first.line}"
        same = code.file.path == other.file.path
        words = "is printed already" if same else "would stand beside a folder of its name"
        message = f"the file '{code.file.path}' {words}, at {place}"
        report(Kind.CHUNK_FILE, message, (code.page, code.first.line))


def _patterns(env: BuildEnvironment, book: Book) -> None:
    for section in book.all_sections:
        first = book.sections[section.slug]
        if section != first:
            place = f"{env.doc2path(first.page, False)}:{first.line}"
            message = f"the pattern '{section.slug}' has its section already, at {place}"
            report(Kind.PATTERN_PAGE, message, (section.page, section.line))
    for slug in sorted(book.uses):
        if book.catalogue.find(slug) and slug not in book.sections:
            use = book.uses[slug][0]
            message = f"the pattern '{slug}' has no section in the book; write one with 'pattern'"
            report(Kind.PATTERN_PAGE, message, (use.page, use.line))


def _makers(env: BuildEnvironment, book: Book) -> None:
    for output, maker in book.all_makers:
        first = book.makers[output]
        if maker != first:
            place = f"{env.doc2path(first.page, False)}:{first.chunk.line}"
            message = f"the output '{output}' is made already, at {place}"
            report(Kind.DUPLICATE_ID, message, (maker.page, maker.chunk.line))


def _named_outputs(book: Book) -> None:
    named = [(shown.output, shown.page, shown.line) for shown in book.shown]
    named += [
        (row.metric.output, row.page, row.metric.line)
        for row in book.rows.values()
        if row.metric.output
    ]
    named += [
        (one.name, insight.page, insight.evidence_line)
        for insight in book.insights
        for one in insight.evidence
        if one.kind == "output"
    ]
    for output, page, line in named:
        if output not in book.makers:
            message = f"no chunk makes the output '{output}'{suggestion(output, book.makers)}"
            report(Kind.UNKNOWN_OUTPUT, message, (page, line))


def _evidence(env: BuildEnvironment, book: Book) -> None:
    cite: Any = env.get_domain("cite")
    known = [*book.rows, *cite.bibdata.data.entries]
    for insight in book.insights:
        for one in insight.evidence:
            if one.kind == "metric" and one.name not in book.rows:
                hint = suggestion(one.name, known)
                message = f"unknown evidence '{one.name}': no source, metric or output{hint}"
                report(Kind.UNKNOWN_METRIC, message, (insight.page, insight.evidence_line))
