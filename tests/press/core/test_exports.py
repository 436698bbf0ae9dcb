"""The book as data, without Sphinx."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from typing import Any

import jsonschema
from casebook.core.book.book import Book, Frame, Source
from casebook.core.book.counts import KINDS
from casebook.core.book.records import Record, Study
from casebook.core.exports.registry import EXPORTS, schemas
from casebook.core.exports.schema import as_data
from casebook.core.findings import decision
from casebook.core.findings.claim import Claim, ClaimEntry, Verdict
from casebook.core.findings.decision import Decision
from casebook.core.findings.insight import Audience, EvidenceItem, Insight, InsightKind
from casebook.core.literate.measured import Measured
from casebook.core.literate.printed import Code, Listing
from casebook.core.literate.runs import LIVE, RunBy
from casebook.core.literate.stored_outputs import Output
from casebook.core.metrics import metric as metrics
from casebook.core.metrics.metric import MetricRow
from casebook.core.patterns import catalogue
from casebook.core.patterns.uses import PatternSection, PatternUse
from casebook.core.text.marked_text import Text, mark

from .webs import chunk, good

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
- id: outbox
  title: Outbox
  category: data
  intent: Keep messages.
  leads-to: [saga]
  library: data-management/outbox
  tier: gold
- id: saga
  title: Saga
  category: data
  intent: Undo in steps.
"""


def book() -> Book:
    rows = [MetricRow("a", metric) for metric in metrics.parse(TABLE, {"post"}).metrics]
    found, problems = catalogue.parse(PATTERNS)
    assert problems == []
    return Book(
        (
            *rows,
            PatternSection("outbox", "outbox", "outbox", 3),
            PatternUse("a", "outbox", "load", Text("Load"), Text("It keeps an outbox."), 9),
        ),
        found,
        {"a": 0, "outbox": 1},
    )


def data(name: str, book: Book) -> Any:
    """Return an export as a reader gets it; it has the form that its schema gives."""
    found = json.loads(json.dumps(as_data(EXPORTS[name](book))))
    jsonschema.validate(found, schemas()[name])
    return found


def test_metrics() -> None:
    jobs, rate = data("metrics", book())["metrics"]
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
    assert (rate["outputs"], rate["sources"]) == ([], ["post"])


def test_a_modelled_metric_has_outputs_and_no_date() -> None:
    table = metrics.parse(
        "- {id: peak, label: P, what: w, kind: modelled, output: a/storm#peak, unit: s}\n"
        "- {id: half, label: H, what: w, kind: derived, formula: peak / 2, unit: s}\n",
        (),
        lambda name: Output(name, {}, {"peak": 5}),
    )
    records = tuple(MetricRow("a", metric) for metric in table.metrics)
    half, peak = data("metrics", Book(records))["metrics"]
    for found, kind, formula in ((peak, "modelled", None), (half, "derived", "peak ÷ 2")):
        assert (found["kind"], found["basis"]) == (kind, "modelled")
        assert (found["as_of"], found["formula"]) == (None, formula)
        assert (found["sources"], found["outputs"]) == ([], ["a/storm"])


def test_a_measured_metric_says_what_it_was_measured_on() -> None:
    run = Measured(date(2026, 11, 30), 2, "3.11.7", "x86_64", "Linux", {"SQLite": "3.40"})
    table = metrics.parse(
        "- {id: peak, label: P, what: w, kind: measured, output: a/storm#peak, unit: s}\n"
        "- {id: half, label: H, what: w, kind: derived, formula: peak / 2, unit: s}\n",
        (),
        lambda name: Output(name, {}, {"peak": 5}, run),
    )
    records = tuple(MetricRow("a", metric) for metric in table.metrics)
    half, peak = data("metrics", Book(records))["metrics"]
    for found, kind in ((peak, "measured"), (half, "derived")):
        assert (found["kind"], found["basis"]) == (kind, "measured")
        assert (found["as_of"], found["outputs"]) == ("2026-11-30", ["a/storm"])
    assert half["measured"] is None
    assert peak["measured"] == {
        "cores": 2,
        "python": "3.11.7",
        "machine": "x86_64",
        "system": "Linux",
        "versions": {"SQLite": "3.40"},
    }


def test_sources_name_the_metrics_that_rest_on_them() -> None:
    said = ("Doe 2017", "Jane Doe, “Post”.", "<em>Post</em>", "", "2026-10-01")
    cited = tuple(Source("post", *said, page, "post") for page in ("a", "b"))
    assert data("sources", replace(book(), frame=Frame(sources=cited))) == {
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
    outbox, saga = data("patterns", book())["patterns"]
    assert (outbox["page"], outbox["anchor"], outbox["tier"]) == ("outbox", "outbox", "gold")
    assert outbox["relations"] == {"needs": [], "alternative-to": [], "leads-to": ["saga"]}
    assert outbox["uses"] == [{"page": "a", "anchor": "load", "sentence": "It keeps an outbox."}]
    assert (saga["page"], saga["library"], saga["uses"]) == (None, None, [])


# --- findings and code ---

MARKED = Text(f"At {mark('metric', 'jobs')} or more.")
VALUE = "At >\N{NO-BREAK SPACE}5\N{NO-BREAK SPACE}million requests/day or more."
MATRIX = """
criteria:
- {id: speed, label: Speed, weight: 0.5, why: ours}
options:
- {id: a, label: First, scores: {speed: 4}, why: {speed: it is}}
- {id: b, label: Second, scores: {speed: 1}, why: {speed: it is not}}
"""


def findings(*records: Record) -> Book:
    return Book((*book().records, Study("a", "Stripe", Text("Stripe’s API")), *records))


def insight(page: str, number: int) -> Insight:
    evidence = (
        EvidenceItem("post", "source"),
        EvidenceItem("jobs", "metric"),
        EvidenceItem("x/y", "output"),
    )
    audience = (Audience.ENGINEER, Audience.LEADER)
    said = Text(f"Words. {MARKED.marked}")
    return Insight(
        page, f"insight-{number}", MARKED, said, InsightKind.PITFALL, audience, evidence,
        ("outbox",), 5,
    )  # fmt: skip


def test_insights_are_numbered_by_study() -> None:
    book = findings(insight("z", 3), insight("a/part", 8), insight("a", 7))
    found = data("insights", book)["insights"]
    assert found[0] == {
        "label": "Stripe 1",
        "study": "Stripe",
        "number": 1,
        "kind": "pitfall",
        "title": VALUE,
        "text": f"Words. {VALUE}",
        "audience": ["engineer", "leader"],
        "patterns": ["outbox"],
        "evidence": [{"source": "post"}, {"metric": "jobs"}, {"output": "x/y"}],
        "page": "a",
        "anchor": "insight-7",
    }
    # A chapter counts on from the essay; a page of no study counts its own.
    others = [(one["label"], one["study"], one["page"]) for one in found[1:]]
    assert others == [("Stripe 2", "Stripe", "a/part"), ("z 1", None, "z")]


def test_decisions_carry_their_totals() -> None:
    matrix, problems = decision.parse(MATRIX)
    assert (problems, matrix is None) == ([], False)
    assert matrix
    made = Decision("a", "decision-x", MARKED, matrix, "b")
    assert data("decisions", findings(made)) == {
        "decisions": [
            {
                "caption": VALUE,
                "chosen": "b",
                "leaders": ["a"],
                "criteria": [{"id": "speed", "label": "Speed", "weight": 0.5, "why": "ours"}],
                "options": [
                    {
                        "id": "a",
                        "label": "First",
                        "scores": {"speed": 4},
                        "why": {"speed": "it is"},
                        "total": 2.0,
                        "mean": 4.0,
                    },
                    {
                        "id": "b",
                        "label": "Second",
                        "scores": {"speed": 1},
                        "why": {"speed": "it is not"},
                        "total": 0.5,
                        "mean": 1.0,
                    },
                ],
                "stability": decision.stability(matrix, "b", mark),
                "page": "a",
                "anchor": "decision-x",
            }
        ]
    }


def test_claims_carry_their_verdicts() -> None:
    claim = Claim(Text("It is fast"), Verdict.PARTLY, MARKED, ("post", "talk"), 3)
    entries = [ClaimEntry(page, number, claim) for page, number in (("a", 1), ("z", 2))]
    first, second = data("claims", findings(*entries))["claims"]
    assert first == {
        "claim": "It is fast",
        "verdict": "partly",
        "instead": VALUE,
        "sources": ["post", "talk"],
        "study": "Stripe",
        "page": "a",
        "anchor": "claim-1",
    }
    assert (second["study"], second["page"], second["anchor"]) == (None, "z", "claim-2")


def test_chunks_carry_their_code_their_output_and_their_tests() -> None:
    code = good(
        chunk("storm", ":output: x/storm\n\ndef storm():\n    <<body>>", "pack/b.py")
        + chunk("body", "return {}")
        + chunk("storm", "x = 1", option="append")
    )
    tests = {
        "chunk-storm": RunBy.of(["test_one", "test_two", "test_three", LIVE]),
        "chunk-body": RunBy.of(["test_one"]),
    }
    listings = [Listing("a", one, Text(f"Caption {n}")) for n, one in enumerate(code.chunks)]
    storm, body, more = data("chunks", findings(Code("a", code, tests), *listings))["chunks"]
    assert storm == {
        "name": "storm",
        "part": 1,
        "file": "pack/b.py",
        "caption": "Caption 0",
        "code": "def storm():\n    <<body>>\n",
        "uses": ["body"],
        "output": "x/storm",
        "measured": False,
        "tests": {"count": 3, "first": ["test_one", "test_two"], "groups": [LIVE]},
        "page": "a",
        "anchor": "chunk-storm",
        "line": 5,
    }
    assert (body["file"], body["output"]) == (None, None)
    assert body["tests"] == {"count": 1, "first": ["test_one"], "groups": []}
    assert (more["name"], more["part"], more["anchor"]) == ("storm", 2, "chunk-storm--2")
    assert (more["file"], more["tests"]["count"], more["uses"]) == ("pack/b.py", 0, [])


def test_an_empty_book() -> None:
    assert data("insights", Book()) == {"insights": []}
    assert data("decisions", Book()) == {"decisions": []}
    assert data("claims", Book()) == {"claims": []}
    assert data("chunks", Book()) == {"chunks": []}


def test_the_inventory_goes_by_the_last_part_of_the_page() -> None:
    nothing = dict.fromkeys(KINDS, 0)
    used = {**nothing, "metrics": 2, "pattern_links": 1}
    found = data("inventory", findings(Study("elite/two", "Two", Text("Two"))))
    assert found == {"studies": {"a": used, "two": nothing}, "total": used}
    # Written in the order in which the book shows them.
    assert list(found["total"]) == list(KINDS)
