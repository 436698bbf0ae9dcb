"""The book as data: order, doubled ids, uses, and digests that change only with an answer."""

from __future__ import annotations

from dataclasses import replace

import pytest
from casebook.core import catalogue, metrics
from casebook.core.book import Book, Maker
from casebook.core.charts import Axis, Chart, Form
from casebook.core.claims import Claim, Verdict
from casebook.core.decisions import Matrix
from casebook.core.insights import Audience, InsightKind
from casebook.core.metrics import Metric
from casebook.core.records import (
    ClaimEntry,
    Code,
    Contents,
    Decision,
    Insight,
    Listing,
    MetricRow,
    PatternSection,
    PatternUse,
    Record,
    Shown,
    Study,
    mark,
)

from .webs import chunk, good

CATALOGUE, _ = catalogue.parse(
    "".join(
        f'[{slug}]\ntitle = "{slug.capitalize()}"\ncategory = "c"\nintent = "x"\n'
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
    return PatternUse(page, slug, "h", heading, sentence, line)


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
    Study("b", "B", "Study B"),
    Study("a", "A", "Study A"),
)
ORDER = {"b": 0, "a": 1, "patterns": 2}
BOOK = Book(RECORDS, CATALOGUE, ORDER)
KINDS = ("metric", "pattern", "uses", "figures", "patterns", "all-uses")


def test_the_first_row_of_an_id_counts_in_the_order_of_the_book() -> None:
    assert {name: row.page for name, row in BOOK.rows.items()} == {"rate": "b", "twice": "b"}
    assert BOOK.rows["rate"].anchor == "metric-rate"
    assert {n: str(f.printed.number) for n, f in BOOK.figures.items()} == {
        "rate": "5",
        "twice": "10",
    }
    assert not BOOK.misfits
    turned = Book(RECORDS, CATALOGUE, {"a": 0, "b": 1})
    assert turned.rows["rate"].page == "a"
    assert Book(RECORDS).rows["rate"].page == "a"  # without an order, by name


def test_a_page_without_a_place_comes_last() -> None:
    assert [s.page for s in Book(RECORDS, CATALOGUE, {"b": 0}).studies] == ["b", "a"]
    assert [s.page for s in BOOK.all_sections] == ["patterns", "other"]


def test_doubled_ids() -> None:
    assert BOOK.doubled == [(RECORDS[2], RECORDS[0])]
    # The same row read twice (a file that a page includes twice) is doubled as well.
    one, same = MetricRow("a", metric("rate")), MetricRow("a", metric("rate"))
    assert one == same
    assert len(Book((one, same)).doubled) == 1
    assert Book((one,)).doubled == []


def test_misfits() -> None:
    book = Book((MetricRow("a", metric("x", "2 * y")),))
    assert [m.id for m in book.misfits] == ["x"]
    assert book.figures == {}


def test_sections() -> None:
    assert BOOK.sections == {"outbox": RECORDS[3]}


def test_uses_are_one_a_sentence_and_leave_out_the_pages_of_patterns() -> None:
    assert {slug: [(u.page, u.sentence) for u in uses] for slug, uses in BOOK.uses.items()} == {
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
    assert [study.name for study in BOOK.studies] == ["B", "A"]


# --- digests ---


def changed(new: Book, *names: str) -> set[str]:
    """The questions, about these names, whose digest is no longer that of `BOOK`."""
    asked = [(kind, name) for kind in KINDS[:3] for name in names] + [(k, "") for k in KINDS[3:]]
    return {" ".join(q).strip() for q in asked if new.digest([q]) != BOOK.digest([q])}


def with_record(index: int, record: Record) -> Book:
    records = list(RECORDS)
    records[index] = record
    return Book(tuple(records), CATALOGUE, ORDER)


NAMES = ("rate", "twice", "outbox", "retry", "zebra")


def test_equal_books_give_equal_digests() -> None:
    again = Book(RECORDS, CATALOGUE, dict(ORDER))
    assert changed(again, *NAMES) == set()
    questions = [("metric", "rate"), ("uses", "outbox")]
    twice = [*questions, *questions]
    assert BOOK.digest(questions) == BOOK.digest(twice[::-1])
    assert BOOK.digest([]) == Book().digest([])


@pytest.mark.parametrize(
    ("index", "record"),
    [
        (0, MetricRow("b", replace(metric("rate"), line=99))),
        (1, MetricRow("b", replace(metric("twice", "2 * rate"), line=99, formula_line=98))),
        (3, PatternSection("patterns", "outbox", "outbox", 99)),
        (5, use("b", "outbox", "One.", 99)),
        (2, MetricRow("a", metric("rate", "7 s"))),  # a doubled row is never shown as an answer
        (4, PatternSection("other", "outbox", "outbox-3", 9)),
        (6, use("b", "outbox", "One.", 5, heading="Another")),
    ],
)
def test_a_line_or_a_record_that_nobody_sees_changes_no_digest(index: int, record: Record) -> None:
    assert changed(with_record(index, record), *NAMES) == set()


@pytest.mark.parametrize(
    ("index", "record", "answers"),
    [
        (0, MetricRow("b", metric("rate", "7 s")), {"metric rate", "metric twice", "figures"}),
        (1, MetricRow("b", metric("twice", "3 * rate")), {"metric twice", "figures"}),
        (1, MetricRow("a", metric("twice", "2 * rate")), {"metric twice", "figures"}),
        (
            3,
            PatternSection("patterns", "outbox", "new", 3),
            {"pattern outbox", "patterns", "all-uses"},
        ),
        (7, use("b", "outbox", "Three."), {"uses outbox", "all-uses"}),
        (7, use("b", "outbox", "Two.", heading="New"), {"uses outbox", "all-uses"}),
        (8, use("a", "retry", "One."), {"pattern retry", "uses retry", "all-uses"}),
        (
            12,
            Study("b", "B", "New title"),
            {"uses " + name for name in NAMES} | {"all-uses"},
        ),
    ],
)
def test_a_change_that_is_seen_changes_the_digests_that_show_it(
    index: int, record: Record, answers: set[str]
) -> None:
    assert changed(with_record(index, record), *NAMES) == answers


def test_the_catalogue_and_the_order_of_pages_are_part_of_the_answers() -> None:
    patterns = dict(CATALOGUE.patterns)
    patterns["retry"] = replace(patterns["retry"], intent="y")
    new = Book(RECORDS, catalogue.Catalogue(patterns), ORDER)
    assert changed(new, *NAMES) == {"pattern retry", "patterns", "all-uses"}
    turned = Book(RECORDS, CATALOGUE, {"a": 0, "b": 1, "patterns": 2})
    assert {"uses outbox", "all-uses", "metric rate"} <= changed(turned, *NAMES)


@pytest.mark.parametrize("kind", KINDS)
def test_an_answer_to_an_unknown_name_is_an_answer(kind: str) -> None:
    assert BOOK.answer((kind, "nowhere"))


def test_a_quoted_sentence_holds_values_and_names_as_they_are_now() -> None:
    metric = metrics.parse(
        "- {id: jobs, label: J, what: w, kind: reported, value: 5 s, as-of: 2024, source: x, "
        "locator: l}",
        {"x"},
    ).metrics[0]
    found, _ = catalogue.parse('[saga]\ntitle = "Saga"\ncategory = "c"\nintent = "i"\n')
    parts = [mark("metric", "jobs"), mark("metric", "gone"), mark("pattern", "saga")]
    sentence = " ".join([*parts, mark("pattern", "lost")])
    use = PatternUse("a", "saga", "s", "S", sentence, 1)
    book = Book((MetricRow("a", metric), use), found, {"a": 0})
    assert book.uses["saga"][0].sentence == "5\N{NO-BREAK SPACE}s gone saga lost"


def test_an_unknown_question_is_refused() -> None:
    with pytest.raises(KeyError, match="weather"):
        Book().answer(("weather", ""))


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
    Listing("b", ONE.chunks[0], "What is first"),
    Listing("b", ONE.chunks[1], "What is in it"),
    Listing("a", TWO.chunks[0], "What is the same"),
)
PRESS = Book(PRINTED, order=ORDER)


def test_listings_stand_in_the_order_of_the_book() -> None:
    assert [(x.page, x.chunk.anchor) for x in PRESS.listings] == [
        ("b", "chunk-top"),
        ("b", "chunk-body"),
        ("a", "chunk-same"),
    ]
    assert BOOK.listings == []


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


def test_the_answers_about_code() -> None:
    assert PRESS.answer(("package", "pack")) == repr(
        [("b", "chunk-top", "pack/b.py", 5, ""), ("b", "chunk-first", "pack/a.py", 2, "What for.")]
    )
    assert PRESS.answer(("package", "nowhere")) == "[]"
    assert PRESS.answer(("listings", "")) == repr(
        [
            ("b", "chunk-top", "pack/b.py", "What is first"),
            ("b", "chunk-body", "", "What is in it"),
            ("a", "chunk-same", "pack/b.py", "What is the same"),
        ]
    )


CODE_QUESTIONS = [("package", "pack"), ("package", "other"), ("listings", "")]
LONGER = good(chunk("same", "v = 5", "pack/b.py") + chunk("other", "u = 6\nt = 7", "other/c.py"))
TOLD = good(chunk("same", "v = 5", "pack/b.py") + chunk("other", "'''What.'''", "other/c.py"))
RENAMED = good(chunk("same", "v = 5", "pack/b.py") + chunk("new", "u = 6", "other/c.py"))
LATER = good(
    "Words.\n\n" + chunk("same", "v = 5", "pack/b.py") + chunk("other", "t = 7", "other/c.py")
)


@pytest.mark.parametrize(
    ("index", "record", "answers"),
    [
        (0, Code("a", LATER), set()),
        (0, Code("a", LONGER), {"other"}),
        (0, Code("a", TOLD), {"other"}),
        (0, Code("a", RENAMED), {"other"}),
        (0, Code("c", TWO), {"other"}),
        (1, Code("c", ONE), {"pack"}),
        (4, Listing("a", LATER.chunks[0], "What is the same"), set()),
        (4, Listing("a", LATER.chunks[0], "What is new"), {""}),
        (4, Listing("a", RENAMED.chunks[1], "What is the same"), {""}),
        (4, Listing("c", TWO.chunks[0], "What is the same"), {""}),
    ],
)
def test_digests_of_code_change_with_what_is_shown(
    index: int, record: Record, answers: set[str]
) -> None:
    new = Book((*PRINTED[:index], record, *PRINTED[index + 1 :]), order=ORDER)
    assert {q[1] for q in CODE_QUESTIONS if new.digest([q]) != PRESS.digest([q])} == answers


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


def test_the_answer_about_a_maker() -> None:
    assert MADE.answer(("maker", "a/storm")) == repr(("b", "chunk-storm", "‹storm›"))
    assert MADE.answer(("maker", "a/other")) == "None"
    moved = Book((Code("b", good("Words.\n\n" + chunk("storm", ":output: a/storm\n"
                 "def storm(): ...", "pack/e.py"))),), order=ORDER)  # fmt: skip
    assert moved.answer(("maker", "a/storm")) == MADE.answer(("maker", "a/storm"))
    elsewhere = Book(MADE.records, order={"a": 0, "b": 1})
    assert elsewhere.answer(("maker", "a/storm")) == repr(("a", "chunk-late", "‹late›"))


# --- findings ---

RATE = MetricRow("b", metric("rate"))
MARKED = f"At {mark('metric', 'rate')}."
CHART = Chart(Form.LINE, Axis("x", "s"), (Axis("y"),), {"x": (1,), "y": (2,)})


def insight(page: str, title: str = "Do it", text: str = "Words.", line: int = 1) -> Insight:
    kind, audience = InsightKind.LESSON, (Audience.LEADER,)
    return Insight(page, "insight-x", 1, title, text, kind, audience, (), (), line)


def claim(page: str, instead: str = "i", line: int = 1) -> ClaimEntry:
    return ClaimEntry(page, 7, Claim("C", Verdict.PARTLY, instead, ("s",), line, line), instead)


def shown(page: str, caption: str = "C", line: int = 1) -> Shown:
    return Shown(page, "chart-x", "a/storm", caption, CHART, line)


FOUND: tuple[Record, ...] = (
    RATE,
    insight("a"),
    insight("b", MARKED, MARKED),
    Decision("a", "d", "C", Matrix((), ()), "x"),
    Decision("b", "d", MARKED, Matrix((), ()), "x"),
    claim("a"),
    claim("b", MARKED),
    shown("a"),
    shown("b", MARKED),
    Contents("b", 1, 2, 3),
    Study("b", "B", "Study B"),
    use("b", "outbox"),
    use("b", "outbox"),
    use("a", "zebra"),
)
FINDINGS = Book(FOUND, CATALOGUE, ORDER)
FIVE = "At 5\N{NO-BREAK SPACE}s."


def test_findings_stand_in_the_order_of_the_book_and_hold_values() -> None:
    assert [(i.page, i.title, i.text) for i in FINDINGS.insights] == [
        ("b", FIVE, FIVE),
        ("a", "Do it", "Words."),
    ]
    assert [(d.page, d.caption) for d in FINDINGS.decisions] == [("b", FIVE), ("a", "C")]
    assert [(c.page, c.instead, c.anchor) for c in FINDINGS.claims] == [
        ("b", FIVE, "claim-7"),
        ("a", "i", "claim-7"),
    ]
    assert [(s.page, s.caption) for s in FINDINGS.shown] == [("b", FIVE), ("a", "C")]
    empty = Book()
    assert [empty.insights, empty.decisions, empty.claims, empty.shown] == [[], [], [], []]


def test_what_a_page_shows_and_links_to() -> None:
    assert FINDINGS.contents == {"b": Contents("b", 1, 2, 3)}
    assert FINDINGS.pattern_links == {"b": 2, "a": 1}
    assert FINDINGS.study("b") == Study("b", "B", "Study B")
    assert FINDINGS.study("a") is None


def test_words_of_a_text() -> None:
    assert FINDINGS.words("plain") == "plain"
    assert FINDINGS.words(MARKED + MARKED) == FIVE + FIVE
    assert FINDINGS.words(mark("pattern", "outbox")) == "outbox"


ALL = ("insights", "claims", "charts", "inventory")


def answers(new: Book) -> set[str]:
    """The questions about the whole book whose answer is no longer that of `FINDINGS`."""
    return {kind for kind in ALL if new.digest([(kind, "")]) != FINDINGS.digest([(kind, "")])}


def test_every_answer_about_the_whole_book_is_there() -> None:
    for book in (FINDINGS, Book()):
        assert all(book.answer((kind, "")) for kind in ALL)
    assert answers(Book(FOUND, CATALOGUE, dict(ORDER))) == set()


@pytest.mark.parametrize(
    ("index", "record", "changed"),
    [
        (1, insight("a", line=99), set()),
        (5, claim("a", line=99), set()),
        (7, shown("a", line=99), set()),
        (11, use("b", "outbox", "Other."), set()),
        (1, insight("a", "Do that"), {"insights"}),
        (1, insight("c"), {"insights"}),
        (5, claim("a", "j"), {"claims"}),
        (7, shown("a", "D"), {"charts"}),
        (7, replace(shown("a"), chart=replace(CHART, x=Axis("x", "ms"))), {"charts"}),
        (9, Contents("b", 1, 2, 4), {"inventory"}),
        (11, use("b", "retry"), {"inventory"}),
        (10, Study("b", "B", "New title"), set(ALL)),
        # A value changes wherever it is read.
        (0, MetricRow("b", metric("rate", "6 s")), {"insights", "claims", "charts"}),
    ],
)
def test_digests_of_findings_change_with_what_is_shown(
    index: int, record: Record, changed: set[str]
) -> None:
    new = Book((*FOUND[:index], record, *FOUND[index + 1 :]), CATALOGUE, ORDER)
    assert answers(new) == changed
