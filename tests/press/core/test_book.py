"""The book as data: order, doubled ids, uses, files, makers and findings."""

from __future__ import annotations

from dataclasses import replace

from casebook.core.book.book import Book, Frame, Maker, Source
from casebook.core.book.fronts import Front, PageKind, front
from casebook.core.book.records import Contents, Record, Study, study_of
from casebook.core.figures.axes import Axis, Form
from casebook.core.figures.chart import Chart
from casebook.core.figures.exhibit import Shown
from casebook.core.findings.claim import Claim, ClaimEntry, Verdict
from casebook.core.findings.decision import Decision, Matrix
from casebook.core.findings.insight import Audience, Insight, InsightKind
from casebook.core.literate.printed import Code, Listing
from casebook.core.metrics import metric as metrics
from casebook.core.metrics.metric import Metric, MetricRow
from casebook.core.patterns import catalogue
from casebook.core.patterns.uses import PatternSection, PatternUse
from casebook.core.text.marked_text import Text, mark
from casebook.core.text.reading_time import Length, PageLength, PathLength
from hypothesis import given
from hypothesis import strategies as st

from .webs import chunk, good

CATALOGUE, _ = catalogue.parse(
    "".join(
        f"- {{id: {slug}, title: {slug.capitalize()}, category: c, intent: x}}\n"
        for slug in ("outbox", "retry", "saga")
    )
)
SAID = (
    "- {{id: {}, label: L, what: w, kind: reported, value: {}, "
    "as-of: 2024, source: home, locator: top}}"
)
DERIVED = "- {{id: {}, label: L, what: w, kind: derived, formula: {}, unit: s}}"


def metric(name: str, value: str = "5 s", line: int = 1) -> Metric:
    form = DERIVED if "*" in value else SAID
    table = metrics.parse(form.format(name, value), ["home"])
    assert not table.problems
    return replace(table.metrics[0], line=line)


def use(
    page: str, slug: str, sentence: str = "S.", line: int = 1, heading: str = "H"
) -> PatternUse:
    return PatternUse(page, slug, "h", Text(heading), Text(sentence), line)


RECORDS: tuple[Record, ...] = (
    MetricRow("b", metric("rate", line=7)),
    MetricRow("b", metric("twice", "2 * rate")),
    MetricRow("a", metric("rate", "6 s")),
    PatternSection("patterns", "outbox", "outbox", 3),
    PatternSection("other", "outbox", "outbox-2", 9),
    use("b", "outbox", "One."),
    use("b", "outbox", "One.", 5),
    use("b", "outbox", "Two."),
    use("b", "retry", "One."),
    use("a", "outbox", "One."),
    use("a", "zebra"),
    use("patterns", "retry"),
    Study("b", "B", Text("Study B")),
    Study("a", "A", Text("Study A")),
)
ORDER = {"b": 0, "a": 1, "patterns": 2}
BOOK = Book(RECORDS, CATALOGUE, ORDER)


def test_the_first_row_of_an_id_counts_in_the_order_of_the_book() -> None:
    assert {name: row.page for name, row in BOOK.rows.items()} == {"rate": "b", "twice": "b"}
    assert BOOK.rows["rate"].anchor == "metric-rate"
    assert {n: str(f.printed.number) for n, f in BOOK.resolved.items()} == {
        "rate": "5",
        "twice": "10",
    }
    assert not BOOK.misfits
    turned = Book(RECORDS, CATALOGUE, {"a": 0, "b": 1})
    assert turned.rows["rate"].page == "a"
    assert Book(RECORDS).rows["rate"].page == "a"  # without an order, by name


def test_a_page_without_a_place_comes_last() -> None:
    assert list(Book(RECORDS, CATALOGUE, {"b": 0}).studies) == ["b", "a"]
    assert [s.page for s in BOOK.of(PatternSection)] == ["patterns", "other"]


def test_doubled_ids() -> None:
    assert BOOK.doubled == [(RECORDS[2], RECORDS[0])]
    # The same row read twice (a file that a page includes twice) is doubled as well.
    one, same = MetricRow("a", metric("rate")), MetricRow("a", metric("rate"))
    assert one == same
    assert len(Book((one, same)).doubled) == 1
    assert Book((one,)).doubled == []


def test_misfits() -> None:
    book = Book((MetricRow("a", metric("x", "2 * y")),))
    assert list(book.misfits) == ["x"]
    assert book.resolved == {}


def test_sections() -> None:
    assert BOOK.sections == {"outbox": RECORDS[3]}


def test_uses_are_one_a_sentence_and_leave_out_the_pages_of_patterns() -> None:
    assert {
        slug: [(u.page, u.sentence.marked) for u in uses] for slug, uses in BOOK.uses.items()
    } == {
        "outbox": [("b", "One."), ("b", "Two."), ("a", "One.")],
        "retry": [("b", "One.")],
        "zebra": [("a", "S.")],
    }
    assert BOOK.uses["outbox"][0].line == 1  # the first of two equal ones


def test_users_are_studies_in_the_order_of_the_book() -> None:
    names = {slug: [study.name for study in found] for slug, found in BOOK.users.items()}
    assert names == {"outbox": ["B", "A"], "retry": ["B"], "zebra": ["A"]}


def test_used_by() -> None:
    assert [p.slug for p in BOOK.used_by("b")] == ["outbox", "retry"]
    assert [p.slug for p in BOOK.used_by("a")] == ["outbox"]
    assert BOOK.used_by("nowhere") == []


def test_studies_stand_in_the_order_of_the_book() -> None:
    assert [study.name for study in BOOK.studies.values()] == ["B", "A"]


# --- studies that span pages ---

SPANNING: tuple[Record, ...] = (
    Study("x/one", "One", Text("One")),
    Study("x/two", "Two", Text("Two")),
)
PAGES = ["x/one", "x/one/a", "x/one/b/c", "x/one/ledger", "x/two", "x/two/a", "x/three/a", "x/oned"]
SPAN = {page: i for i, page in enumerate(PAGES)}


def spanning(*records: Record) -> Book:
    return Book((*SPANNING, *records), CATALOGUE, SPAN)


def test_a_page_belongs_to_a_study_by_its_path() -> None:
    book = spanning()
    found = {page: study.name if (study := book.study(page)) else "" for page in SPAN}
    assert found == {
        "x/one": "One", "x/one/a": "One", "x/one/b/c": "One", "x/one/ledger": "One",
        "x/two": "Two", "x/two/a": "Two", "x/three/a": "", "x/oned": "",
    }  # fmt: skip
    assert book.chapters == {
        "x/one": ["x/one/a", "x/one/b/c", "x/one/ledger"],
        "x/two": ["x/two/a"],
    }


NAMES = st.lists(st.sampled_from("abc"), min_size=1, max_size=4).map("/".join)


@given(NAMES, st.sets(NAMES, max_size=6))
def test_the_nearest_study_counts(page: str, essays: set[str]) -> None:
    studies = {essay: Study(essay, essay, Text(essay)) for essay in essays}
    found = study_of(page, studies)
    around = [essay for essay in essays if page == essay or page.startswith(f"{essay}/")]
    assert (found.page if found else None) == (max(around, key=len) if around else None)


def test_insights_count_through_a_study_the_essay_first() -> None:
    pages = ["x/two/a", "x/one/b/c", "x/one", "x/one/a", "x/three/a", "x/one"]
    made = [replace(insight(page), anchor=f"insight-{i}") for i, page in enumerate(pages)]
    assert spanning(*made).insight_numbers == {
        ("x/one", "insight-2"): 1,
        ("x/one", "insight-5"): 2,
        ("x/one/a", "insight-3"): 3,
        ("x/one/b/c", "insight-1"): 4,
        ("x/two/a", "insight-0"): 1,
        ("x/three/a", "insight-4"): 1,
    }


@given(st.lists(st.sampled_from(PAGES), max_size=12))
def test_each_study_numbers_its_insights_without_a_gap(pages: list[str]) -> None:
    made = [replace(insight(page), anchor=f"insight-{i}") for i, page in enumerate(pages)]
    book = spanning(*made)
    for essay in book.studies:
        own = {essay, *book.chapters[essay]}
        numbers = [n for (page, _), n in book.insight_numbers.items() if page in own]
        assert numbers == list(range(1, sum(page in own for page in pages) + 1))


def test_a_study_uses_what_its_chapters_use() -> None:
    book = spanning(use("x/one/a", "saga"), use("x/one", "outbox"), use("x/three/a", "saga"))
    assert {slug: [s.name for s in found] for slug, found in book.users.items()} == {
        "outbox": ["One"],
        "saga": ["One"],
    }
    assert [p.slug for p in book.used_by("x/one")] == ["outbox", "saga"]
    assert [p.slug for p in book.used_by("x/one/a")] == ["saga"]


# --- the front of a page ---

LONG = (
    PageLength("x/one", Length(words=2200, pictures=8)),
    PathLength("x/one", Length(words=440)),
    PageLength("x/one/a", Length(words=1)),
)


def test_an_essay_tells_of_its_path_and_its_program() -> None:
    book = spanning(*LONG, Code("x/one", TWO), Code("x/one/b/c", ONE), Code("x/two", TWO))
    assert front(book, "x/one") == Front(
        PageKind.ESSAY, "x/one", 12, path_minutes=2, first="x/one/a", chapters=2, lines=4
    )
    assert front(spanning(), "x/one") == Front(
        PageKind.ESSAY, "x/one", 1, first="x/one/a", chapters=2
    )
    alone = Book(SPANNING, order={"x/one": 0, "x/one/ledger": 1})
    assert front(alone, "x/one") == Front(PageKind.ESSAY, "x/one", 1)


def test_a_chapter_knows_its_place_and_its_code() -> None:
    book = spanning(*LONG, Code("x/one/b/c", TWO))
    assert front(book, "x/one/a") == Front(PageKind.CHAPTER, "x/one", 1, chapter=1, chapters=2)
    assert front(book, "x/one/b/c") == Front(
        PageKind.CHAPTER, "x/one", 1, chapter=2, chapters=2, lines=2
    )
    assert front(book, "x/three/a") is None


def test_a_ledger_counts_its_metrics() -> None:
    book = spanning(MetricRow("x/one/ledger", metric("rate")), MetricRow("x/one", metric("load")))
    assert front(book, "x/one/ledger") == Front(PageKind.LEDGER, "x/one", 1, metrics=1)


# --- code ---

ONE = good(
    chunk("top", "x = 1\n<<body>>", "pack/b.py")
    + chunk("body", "y = 2")
    + chunk("more", "z = 3", "pack/b.py")
    + chunk("first", '"""What for."""\nw = 4', "pack/a.py")
)
TWO = good(chunk("same", "v = 5", "pack/b.py") + chunk("other", "u = 6", "other/c.py"))
PRINTED: tuple[Record, ...] = (
    Code("a", TWO),
    Code("b", ONE),
    Listing("b", ONE.chunks[0], Text("What is first")),
    Listing("b", ONE.chunks[1], Text("What is in it")),
    Listing("a", TWO.chunks[0], Text("What is the same")),
)
PRESS = Book(PRINTED, order=ORDER)


def test_listings_stand_in_the_order_of_the_book() -> None:
    assert [(x.page, x.chunk.anchor) for x in PRESS.of(Listing)] == [
        ("b", "chunk-top"),
        ("b", "chunk-body"),
        ("a", "chunk-same"),
    ]
    assert BOOK.of(Listing) == []


def test_every_file_knows_its_page_and_the_chunk_that_begins_it() -> None:
    assert [(f.page, f.file.path, f.first.name) for f in PRESS.all_files] == [
        ("b", "pack/b.py", "top"),
        ("b", "pack/a.py", "first"),
        ("a", "pack/b.py", "same"),
        ("a", "other/c.py", "other"),
    ]
    assert BOOK.all_files == []


def test_of_a_file_that_two_pages_print_the_first_counts() -> None:
    assert {path: f.page for path, f in PRESS.files.items()} == {
        "pack/b.py": "b",
        "pack/a.py": "b",
        "other/c.py": "a",
    }
    assert Book(PRINTED).files["pack/b.py"].page == "a"


def test_files_that_keep_others_from_their_place() -> None:
    nested = good(
        chunk("one", "x = 1", "pack/b/c/d.py")
        + chunk("two", "x = 1", "pack/b/c.py")
        + chunk("three", "x = 1", "pack/bc.py")
    )
    book = Book((*PRINTED, Code("c", nested)), order={**ORDER, "c": 9})
    assert [(f.page, f.file.path, o.page, o.file.path) for f, o in book.clashes] == [
        ("b", "pack/b.py", "c", "pack/b/c/d.py"),
        ("a", "pack/b.py", "c", "pack/b/c/d.py"),
        ("c", "pack/b/c.py", "c", "pack/b/c/d.py"),
    ]
    assert [(f.page, f.file.path, o.page) for f, o in PRESS.clashes] == [("a", "pack/b.py", "b")]
    assert BOOK.clashes == []


def test_the_files_of_a_package_stand_in_the_order_in_which_they_begin() -> None:
    assert {name: [f.file.path for f in files] for name, files in PRESS.packages.items()} == {
        "pack": ["pack/b.py", "pack/a.py"],
        "other": ["other/c.py"],
    }
    assert list(PRESS.packages) == ["pack", "other"]


# --- what programs have computed ---

MAKES = good(
    chunk("storm", ":output: a/storm\ndef storm(): ...", "pack/b.py")
    + chunk("fence", ":output: a/without-fence\ndef without_fence(): ...", "pack/c.py")
    + chunk("plain", "x = 1", "pack/d.py")
)
AGAIN = good("Words.\n\n" + chunk("late", ":output: a/storm\ndef storm(): ...", "other/b.py"))
MADE = Book((Code("a", AGAIN), Code("b", MAKES)), order=ORDER)


def test_makers() -> None:
    storm, fence, _ = MAKES.chunks
    (late,) = AGAIN.chunks
    assert MADE.all_makers == [
        ("a/storm", Maker("b", storm)),
        ("a/without-fence", Maker("b", fence)),
        ("a/storm", Maker("a", late)),
    ]
    # Of two the first one counts, in the order of the book.
    assert MADE.makers == {"a/storm": Maker("b", storm), "a/without-fence": Maker("b", fence)}
    assert Book(MADE.records).makers["a/storm"] == Maker("a", late)
    assert (BOOK.all_makers, BOOK.makers) == ([], {})


# --- findings ---

RATE = MetricRow("b", metric("rate"))
MARKED = Text(f"At {mark('metric', 'rate')}.")
CHART = Chart(Form.LINE, Axis("x", "s"), (Axis("y"),), {"x": (1,), "y": (2,)})


def insight(page: str, title: Text = Text("Do it"), line: int = 1) -> Insight:  # noqa: B008
    kind, audience = InsightKind.LESSON, (Audience.LEADER,)
    return Insight(page, "insight-x", title, title, kind, audience, (), (), line)


def claim(page: str, instead: str = "i", line: int = 1) -> ClaimEntry:
    said = Claim(Text("C"), Verdict.PARTLY, Text(instead), ("s",), line)
    return ClaimEntry(page, 7, said)


def shown(page: str, caption: str = "C", line: int = 1) -> Shown:
    return Shown(page, "chart-x", "a/storm", Text(caption), CHART, line)


FOUND: tuple[Record, ...] = (
    RATE,
    insight("a"),
    insight("b", MARKED),
    Decision("a", "d", Text("C"), Matrix((), ()), "x"),
    Decision("b", "d", MARKED, Matrix((), ()), "x"),
    claim("a"),
    claim("b", MARKED.marked),
    shown("a"),
    shown("b", MARKED.marked),
    Contents("b", 1, 2, 3),
    Study("b", "B", Text("Study B")),
    use("b", "outbox"),
    use("b", "outbox"),
    use("a", "zebra"),
)
FINDINGS = Book(FOUND, CATALOGUE, ORDER)


def test_findings_stand_in_the_order_of_the_book() -> None:
    assert [i.page for i in FINDINGS.of(Insight)] == ["b", "a"]
    assert [d.page for d in FINDINGS.of(Decision)] == ["b", "a"]
    assert [(c.page, c.anchor) for c in FINDINGS.of(ClaimEntry)] == [
        ("b", "claim-7"),
        ("a", "claim-7"),
    ]
    assert [s.page for s in FINDINGS.of(Shown)] == ["b", "a"]
    empty = Book()
    assert not any(map(empty.of, (Insight, Decision, ClaimEntry, Shown)))


def test_what_a_page_shows_and_links_to() -> None:
    assert FINDINGS.contents == {"b": Contents("b", 1, 2, 3)}
    assert FINDINGS.pattern_links == {"b": 2, "a": 1}
    assert FINDINGS.study("b") == Study("b", "B", Text("Study B"))
    assert FINDINGS.study("b/c") == FINDINGS.study("b")
    assert FINDINGS.study("a") is None


def test_a_source_is_known_by_each_list_that_holds_it() -> None:
    entries = [Source(key, key, "t", "t", "", "", page, "id") for key, page in ("xa", "ya", "xb")]
    book = Book(frame=Frame(sources=tuple(entries)))
    assert book.sources == {"x": (entries[0], entries[2]), "y": (entries[1],)}
