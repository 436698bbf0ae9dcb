"""The book as data, without Sphinx."""

from __future__ import annotations

from casebook.core import catalogue, exports, metrics
from casebook.core.book import Book
from casebook.core.exports import Source
from casebook.core.records import MetricRow, PatternSection, PatternUse

TABLE = """
- id: jobs
  label: Jobs
  what: what it is
  kind: secondary
  value: "> 5e6 request/day"
  as-of: 2023..2025
  source: post
  locator: title
  via: a copy
  doubt: undated
- id: rate
  label: Rate
  what: evenly
  kind: derived
  formula: jobs / 2
  unit: request/s
"""
PATTERNS = """
[outbox]
title = "Outbox"
category = "data"
intent = "Keep messages."
leads-to = ["saga"]
dstudio = "data-management/outbox"
tier = "gold"

[saga]
title = "Saga"
category = "data"
intent = "Undo in steps."
"""


def book() -> Book:
    rows = [MetricRow("a", metric) for metric in metrics.parse(TABLE, {"post"}).metrics]
    found, problems = catalogue.parse(PATTERNS)
    assert problems == []
    return Book(
        (
            *rows,
            PatternSection("outbox", "outbox", "outbox", 3),
            PatternUse("a", "outbox", "load", "Load", "It keeps an outbox.", 9),
        ),
        found,
        {"a": 0, "outbox": 1},
    )


def test_metrics() -> None:
    jobs, rate = exports.metrics(book())["metrics"]
    assert jobs["value"] == {
        "printed": "> 5 million requests/day",
        "low": 5e6,
        "high": None,
        "low_open": True,
        "high_open": False,
        "approximate": False,
        "unit": "requests/day",
    }
    assert (jobs["as_of"], jobs["via"], jobs["doubts"]) == ("2023..2025", "a copy", ["undated"])
    assert (jobs["formula"], jobs["inputs"]) == (None, [])
    assert (rate["formula"], rate["inputs"]) == ("jobs ÷ 2", ["jobs"])
    assert (rate["kind"], rate["basis"], rate["locator"]) == ("derived", "secondary", None)


def test_sources_name_the_figures_that_rest_on_them() -> None:
    cited = {"post": Source("post", "Doe 2017", "Jane Doe, “Post”.", "", "2026-10-01", "a", "post")}
    assert exports.sources(cited, book()) == {
        "sources": [
            {
                "key": "post",
                "label": "Doe 2017",
                "text": "Jane Doe, “Post”.",
                "url": None,
                "checked": "2026-10-01",
                "page": "a",
                "anchor": "post",
                "metrics": ["jobs", "rate"],
            }
        ]
    }


def test_patterns_know_their_sections_and_uses() -> None:
    outbox, saga = exports.patterns(book())["patterns"]
    assert (outbox["page"], outbox["anchor"], outbox["tier"]) == ("outbox", "outbox", "gold")
    assert outbox["relations"] == {"needs": [], "alternative-to": [], "leads-to": ["saga"]}
    assert outbox["uses"] == [{"page": "a", "anchor": "load", "sentence": "It keeps an outbox."}]
    assert (saga["page"], saga["dstudio"], saga["uses"]) == (None, None, [])
