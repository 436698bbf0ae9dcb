"""The book's records as data: what stands in `data/*.json` beside the site.

Each file has a JSON schema (draft 2020-12) of the same name in `casebook/schemas`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

from casebook.core.book.book import Book
from casebook.core.book.view import Answers, View
from casebook.core.findings.claim import ClaimEntry
from casebook.core.findings.decision import Decision, stability
from casebook.core.findings.insight import Insight
from casebook.core.literate.printed import Code, Listing
from casebook.core.literate.runs import NO_TESTS, RunBy
from casebook.core.metrics.metric import Resolved
from casebook.core.metrics.quantities import End
from casebook.core.text.marked_text import Text, mark

Data = dict[str, Any]


Words = Callable[[Text], str]


def _words(book: Book) -> Words:
    """Return what gives a text as it is read."""
    return View(Answers(book)).words


def metrics(book: Book) -> Data:
    """All figures; numbers are floats, an end that does not exist is null."""
    words = _words(book)
    figures = sorted(book.figures.values(), key=lambda figure: figure.metric.id)
    return {"metrics": [_metric(book, figure, words) for figure in figures]}


def sources(book: Book) -> Data:
    """All sources that the book cites, each with the figures that rest on it."""
    resting: dict[str, list[str]] = {}
    for figure in book.figures.values():
        for key in figure.sources:
            resting.setdefault(key, []).append(figure.metric.id)
    return {
        "sources": [
            {
                "key": key,
                "label": source.label,
                "text": source.text,
                "url": source.url or None,
                "checked": source.checked or None,
                "page": source.page,
                "anchor": source.anchor,
                "metrics": sorted(resting.get(key, [])),
            }
            for key, (source, *_) in sorted(book.sources.items())
        ]
    }


def patterns(book: Book) -> Data:
    """The catalogue, with the section of each pattern and every place that uses it."""
    words = _words(book)
    listed = []
    for slug, pattern in sorted(book.catalogue.patterns.items()):
        section = book.sections.get(slug)
        listed.append(
            {
                "slug": slug,
                "title": pattern.title,
                "category": pattern.category,
                "intent": pattern.intent,
                "aliases": list(pattern.aliases),
                "relations": {name: list(slugs) for name, slugs in pattern.relations},
                "dstudio": pattern.link or None,
                "tier": pattern.tier or None,
                "page": section.page if section else None,
                "anchor": section.anchor if section else None,
                "uses": [
                    {"page": use.page, "anchor": use.anchor, "sentence": words(use.sentence)}
                    for use in book.uses.get(slug, [])
                ],
            }
        )
    return {"patterns": listed}


def insights(book: Book) -> Data:
    """All insights; the label counts those of a study: "Stripe 7"."""
    words = _words(book)
    return {
        "insights": [
            {
                "label": f"{_study(book, insight.page) or insight.page} {insight.number}",
                "study": _study(book, insight.page),
                "number": insight.number,
                "kind": insight.kind.value,
                "title": words(insight.title),
                "text": words(insight.text),
                "audience": [one.value for one in insight.audience],
                "patterns": list(insight.patterns),
                "evidence": [{one.kind: one.name} for one in insight.evidence],
                "page": insight.page,
                "anchor": insight.anchor,
            }
            for insight in book.of(Insight)
        ]
    }


def decisions(book: Book) -> Data:
    """All decision matrices, with their totals; scores and weights are the authors' judgement."""
    words = _words(book)
    listed = []
    for decision in book.of(Decision):
        matrix = decision.matrix
        listed.append(
            {
                "caption": words(decision.caption),
                "chosen": decision.chosen,
                "leaders": [option.id for option in matrix.leaders],
                "criteria": [
                    {
                        "id": c.id,
                        "label": words(c.label),
                        "weight": float(c.weight),
                        "why": words(c.why),
                    }
                    for c in matrix.criteria
                ],
                "options": [
                    {
                        "id": option.id,
                        "label": words(option.label),
                        "scores": dict(option.scores),
                        "why": {name: words(why) for name, why in option.why.items()},
                        "total": float(matrix.total(option)),
                        "mean": float(matrix.mean(option)),
                    }
                    for option in matrix.options
                ],
                "stability": words(Text(stability(matrix, decision.chosen, mark))),
                "page": decision.page,
                "anchor": decision.anchor,
            }
        )
    return {"decisions": listed}


def claims(book: Book) -> Data:
    """All claims with their verdicts and what can be cited instead."""
    words = _words(book)
    return {
        "claims": [
            {
                "claim": words(entry.claim.claim),
                "verdict": entry.claim.verdict.value,
                "instead": words(entry.claim.instead),
                "sources": list(entry.claim.sources),
                "study": _study(book, entry.page),
                "page": entry.page,
                "anchor": entry.anchor,
            }
            for entry in book.of(ClaimEntry)
        ]
    }


def chunks(book: Book) -> Data:
    """All printed chunks, with their code as it stands in the page."""
    words = _words(book)
    tests = {code.page: code.tests for code in book.of(Code)}
    return {
        "chunks": [
            {
                "name": listing.chunk.name,
                "part": listing.chunk.part,
                "file": listing.chunk.file or None,
                "caption": words(listing.caption),
                "code": "\n".join(listing.chunk.lines) + "\n",
                "uses": [name for _, name in listing.chunk.references()],
                "output": listing.chunk.output or None,
                "tests": _tests(tests[listing.page].get(listing.chunk.anchor, NO_TESTS)),
                "page": listing.page,
                "anchor": listing.chunk.anchor,
                "line": listing.chunk.first,
            }
            for listing in book.of(Listing)
        ]
    }


def _tests(tests: RunBy) -> Data:
    return {"count": tests.count, "first": list(tests.first), "groups": list(tests.groups)}


def _study(book: Book, page: str) -> str | None:
    study = book.study(page)
    return study.name if study else None


def _metric(book: Book, figure: Resolved, words: Words) -> Data:
    metric, row = figure.metric, book.rows[figure.metric.id]
    pieces = metric.formula.pieces() if metric.formula else []
    return {
        "id": metric.id,
        "label": words(metric.label),
        "what": words(metric.what),
        "kind": metric.evidence.value,
        "basis": figure.basis.value,
        "value": {
            "printed": str(figure.printed).replace("\N{NO-BREAK SPACE}", " "),
            "low": _end(figure.quantity.low),
            "high": _end(figure.quantity.high),
            "low_open": figure.quantity.low_open,
            "high_open": figure.quantity.high_open,
            "approximate": figure.quantity.approximate,
            "unit": figure.quantity.unit.written(),
        },
        "as_of": figure.as_of.iso() if figure.as_of else None,
        "formula": "".join(p if isinstance(p, str) else p.id for p in pieces) or None,
        "inputs": list(metric.formula.ids) if metric.formula else [],
        "sources": list(figure.sources),
        "outputs": list(figure.outputs),
        "locator": metric.locator or None,
        "via": words(metric.via) or None,
        "doubts": [words(doubt) for doubt in figure.doubts],
        "page": row.page,
        "anchor": row.anchor,
    }


def _end(end: End) -> float | None:
    return None if math.isinf(end) else float(end)
