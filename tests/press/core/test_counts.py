"""The inventory: every count from the records, and the sums that are easily counted twice."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from casebook.core.book import counts as inventory
from casebook.core.book.book import Book
from casebook.core.book.counts import KINDS, PICTURES, VISUALS, count
from casebook.core.book.records import Contents, Record, Study
from casebook.core.figures.axes import Axis, Form
from casebook.core.figures.chart import Chart
from casebook.core.figures.exhibit import Shown
from casebook.core.findings.claim import Claim, ClaimEntry, Verdict
from casebook.core.findings.decision import Decision, Matrix
from casebook.core.findings.insight import Audience, Insight, InsightKind
from casebook.core.literate.chunks import Chunk
from casebook.core.literate.printed import Listing
from casebook.core.metrics import metric as metrics
from casebook.core.metrics.metric import MetricRow
from casebook.core.patterns import catalogue
from casebook.core.patterns.uses import PatternUse
from casebook.core.text.marked_text import Text
from hypothesis import given
from hypothesis import strategies as st

SLUGS = ("outbox", "retry", "saga")
CATALOGUE, _ = catalogue.parse(
    "".join(f"- {{id: {slug}, title: T, category: c, intent: x}}\n" for slug in SLUGS)
)
STUDIES = (Study("elite/one", "One", Text("One")), Study("elite/two", "Two", Text("Two")))
ORDER = {"elite/one": 0, "elite/one/part": 1, "elite/two": 2, "patterns": 3}


def metric(page: str, name: str) -> MetricRow:
    body = (
        f"- {{id: {name}, label: L, what: w, kind: reported, value: 5 s, as-of: 2024, "
        "source: home, locator: top}"
    )
    (found,) = metrics.parse(body, ["home"]).metrics
    return MetricRow(page, found)


def listing(page: str, name: str, part: int = 1, code: str = "x = 1") -> Listing:
    return Listing(page, Chunk(name, "a/b.py", part, 1, 2, (code,)), Text("C"))


def insight(page: str, number: int) -> Insight:
    kind, audience = InsightKind.LESSON, (Audience.LEADER,)
    return Insight(page, f"i{number}", Text("T"), Text("X."), kind, audience, (), (), 1)


def claim(page: str, number: int) -> ClaimEntry:
    return ClaimEntry(page, number, Claim(Text("C"), Verdict.UNSUPPORTED, Text("i"), (), 1))


def use(page: str, slug: str) -> PatternUse:
    return PatternUse(page, slug, "h", Text("H"), Text("S."), 1)


def decision(page: str, name: str) -> Decision:
    return Decision(page, name, Text("C"), Matrix((), ()), "x")


CHART = Chart(Form.LINE, Axis("x"), (Axis("y"),), {"x": (1,), "y": (1,)})


def book(*records: Record, studies: Sequence[Study] = STUDIES) -> Book:
    return Book((*studies, *records), CATALOGUE, ORDER)


FULL = book(
    Contents(
        "elite/one",
        diagrams=7,
        tables=5,
        charts=3,
        steppers=8,
        marked_outputs=9,
        sounds=2,
        sessions=4,
    ),
    listing("elite/one", "imports", code="import os"),
    listing("elite/one", "top"),
    listing("elite/one", "top", 2),
    listing("elite/one", "body"),
    decision("elite/one", "d1"),
    metric("elite/one", "rate"),
    metric("elite/one", "load"),
    metric("elite/one", "size"),
    *(insight("elite/one", n) for n in range(4)),
    *(use("elite/one", slug) for slug in ("outbox", "retry", "outbox", "nowhere")),
    *(claim("elite/one", n) for n in range(6)),
    Contents("elite/two", diagrams=1, tables=0, charts=0),
    use("elite/two", "outbox"),
    use("elite/two", "saga"),
    metric("elite/two", "size"),  # an id of another page: no metric of its own
    # What stands on no study counts for none.
    Contents("patterns", diagrams=50, tables=50, charts=50),
    listing("patterns", "other"),
    metric("patterns", "odd"),
    insight("patterns", 1),
    use("patterns", "saga"),
    claim("patterns", 1),
    decision("patterns", "d2"),
    # A chart is counted where the page shows it, and not by its record.
    Shown("elite/one", "chart", "a/b", Text("C"), CHART, 1),
)


def test_every_count() -> None:
    studies, total = count(FULL)
    assert studies == {
        "elite/one": {
            "visuals": 7 + 3 + 8 + 9 + 2 + 5 + 1 + 2,
            "pictures": 7 + 3 + 8 + 9 + 2,
            "diagrams": 7,
            "charts": 3,
            "steppers": 8,
            "marked_outputs": 9,
            "sounds": 2,
            "tables": 5,
            "decision_matrices": 1,
            "listings": 2,
            "sessions": 4,
            "metrics": 3,
            "insights": 4,
            "pattern_links": 4,
            "patterns": 2,
            "claims": 6,
        },
        "elite/two": {
            "visuals": 1,
            "pictures": 1,
            "diagrams": 1,
            "charts": 0,
            "steppers": 0,
            "marked_outputs": 0,
            "sounds": 0,
            "tables": 0,
            "decision_matrices": 0,
            "listings": 0,
            "sessions": 0,
            "metrics": 0,
            "insights": 0,
            "pattern_links": 2,
            "patterns": 2,
            "claims": 0,
        },
    }
    assert total == {
        **{kind: sum(counts[kind] for counts in studies.values()) for kind in KINDS},
        "patterns": 3,  # both studies use one of them
    }


def test_the_kinds_stand_in_the_order_in_which_they_are_shown() -> None:
    studies, total = count(FULL)
    assert list(total) == list(studies["elite/one"]) == list(KINDS)
    assert list(KINDS)[:10] == ["visuals", "pictures", *VISUALS]
    assert VISUALS[:5] == PICTURES


def test_studies_stand_in_the_order_of_the_book() -> None:
    assert list(count(book(studies=STUDIES[::-1]))[0]) == ["elite/one", "elite/two"]


def test_a_book_without_studies_counts_nothing() -> None:
    nothing = dict.fromkeys(KINDS, 0)
    assert count(book(use("patterns", "saga"), studies=())) == ({}, nothing)
    assert count(book())[0] == {"elite/one": nothing, "elite/two": nothing}


def test_a_continued_listing_is_one() -> None:
    parts = [listing("elite/one", "top", part) for part in (1, 2, 3)]
    assert count(book(*parts))[1]["listings"] == 1
    assert count(book(*parts))[1]["visuals"] == 1


def test_what_only_imports_is_no_listing() -> None:
    imports = listing("elite/one", "top", code="import os")
    assert count(book(imports))[1]["listings"] == 0
    assert (
        count(book(imports, listing("elite/one", "top", 2, "from os import path")))[1]["listings"]
        == 0
    ), "nor with more imports"
    assert count(book(imports, listing("elite/one", "top", 2)))[1]["listings"] == 1


@pytest.mark.parametrize("pages", [("one",), ("one", "one"), ("one", "two"), ("two", "one", "two")])
def test_a_pattern_counts_once_in_all(pages: tuple[str, ...]) -> None:
    studies, total = count(book(*(use(f"elite/{page}", "saga") for page in pages)))
    assert {page[6:] for page, counts in studies.items() if counts["patterns"]} == set(pages)
    assert (total["patterns"], total["pattern_links"]) == (1, len(pages))


def test_chapters_count_for_their_study() -> None:
    records = [
        Contents("elite/one", diagrams=1, tables=2, charts=3),
        Contents("elite/one/part", diagrams=10, tables=20, charts=30),
        listing("elite/one/part", "top"),
        use("elite/one", "saga"),
        use("elite/one/part", "saga"),
        use("elite/one/part", "retry"),
        insight("elite/one/part", 1),
        metric("elite/one/part", "rate"),
    ]
    one = count(book(*records))[0]["elite/one"]
    assert (one["diagrams"], one["tables"], one["charts"], one["listings"]) == (11, 22, 33, 1)
    assert (one["pattern_links"], one["patterns"]) == (3, 2), "of a pattern on two pages one"
    assert (one["insights"], one["metrics"]) == (1, 1)


PAGES = st.sampled_from(list(ORDER))
RECORDS: st.SearchStrategy[Record] = st.one_of(
    st.builds(listing, PAGES, st.sampled_from("ab"), st.integers(1, 3)),
    st.builds(use, PAGES, st.sampled_from([*SLUGS, "nowhere"])),
    st.builds(insight, PAGES, st.integers(1, 3)),
    st.builds(claim, PAGES, st.integers(1, 3)),
    st.builds(decision, PAGES, st.sampled_from("ab")),
)


@given(
    st.lists(RECORDS, max_size=20),
    st.lists(
        st.builds(Contents, PAGES, *[st.integers(0, 9)] * 6), unique_by=lambda given: given.page
    ),
)
def test_sums(records: list[Record], shown: list[Contents]) -> None:
    studies, total = count(book(*records, *shown))
    for counts in (*studies.values(), total):
        assert counts["visuals"] == sum(counts[kind] for kind in VISUALS)
        assert counts["pictures"] == sum(counts[kind] for kind in PICTURES)
        assert counts["patterns"] <= counts["pattern_links"]
    for kind in KINDS:
        parts = [counts[kind] for counts in studies.values()]
        if kind == "patterns":
            assert max(parts) <= total[kind] <= min(sum(parts), len(SLUGS))
        else:
            assert total[kind] == sum(parts)


def test_the_inventory_holds_no_more_than_its_kinds() -> None:
    assert set(VISUALS) < set(inventory.KINDS)
    assert all(words and words[0].isupper() for words in KINDS.values())
