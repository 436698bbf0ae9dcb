"""What a page asks of the book: answers, their words, and digests that change with what is seen."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import replace

import pytest
from casebook.core.book.answers import ANSWERING, Answers, IndexedChunk, Place, PrintedFile
from casebook.core.book.book import NOWHERE, Book, Frame, Source, Target
from casebook.core.book.records import Captioned, Contents, Record, Study
from casebook.core.book.view import View
from casebook.core.findings.insight import Insight
from casebook.core.literate.excerpts import Excerpt
from casebook.core.literate.printed import Code, Exercise, Listing
from casebook.core.metrics.metric import MetricRow
from casebook.core.patterns.catalogue import Catalogue
from casebook.core.patterns.uses import PatternSection, PatternUse
from casebook.core.text.marked_text import Text, mark

from .test_book import (
    CATALOGUE,
    CHART,
    FOUND,
    MADE,
    ONE,
    ORDER,
    PRINTED,
    RECORDS,
    TWO,
    claim,
    insight,
    metric,
    shown,
)
from .webs import chunk, good

FIVE = "5\N{NO-BREAK SPACE}s"
SOURCE = Source("post", "Doe 2017", "Doe: Post.", "<em>Post</em>", "u", "2026", "b", "id1")
FRAME = Frame(
    titles={"b": Text(f"B of {mark('metric', 'rate')}")},
    tree="tree",
    headings={"b": "headings"},
    objects="objects",
    numbers={"b": {"": "1", "load": "1.2"}},
    shown_numbers={"b": "numbers"},
    targets={
        "label load": Target("b", "load", Text("The load"), "7"),
        "place b#top": Target("b", "top", Text("The top")),
        "page b": Target("b", "", Text("Page b")),
    },
    sources=(SOURCE, replace(SOURCE, page="c", anchor="id9"), replace(SOURCE, key="talk")),
    checked={"post": "2026-11-01"},
    date="2026-11-29",
)
AGAIN = Excerpt("a", "again", "#lost")
EXERCISE = Exercise("a", "try", Text("Try it"), (Text("Do that."),), 3)
OWN = (*MADE.records, AGAIN, EXERCISE)
BOOK = Book((*RECORDS, *FOUND[1:10], *PRINTED, *OWN), CATALOGUE, ORDER, FRAME)


def view(book: Book = BOOK) -> View:
    return View(Answers(book))


QUESTIONS: list[tuple[str, str]] = [
    *(("metric", name) for name in ("rate", "twice", "lost")),
    *(("near_metric", name) for name in ("rat", "zebra")),
    *(("near_pattern", name) for name in ("outbx", "zebra")),
    *(("pattern", name) for name in ("outbox", "retry", "lost")),
    *((kind, slug) for kind in ("uses", "users") for slug in ("outbox", "retry", "lost")),
    *((kind, page) for kind in ("used_by", "title", "references") for page in "ab"),
    *(("headings", page) for page in "ab"),
    ("shown_numbers", "b"),
    *((kind, name) for kind in ("maker", "measures") for name in ("a/storm", "a/lost")),
    *((kind, name) for kind in ("package", "is_printed") for name in ("pack", "other", "lost")),
    *((kind, key) for kind in ("source", "checked") for key in ("post", "talk", "lost")),
    *(("number", place) for place in ("b#", "b#load", "b#lost", "lost#")),
    *(("target", name) for name in ("label load", "label lost")),
    *(("insight", name) for name in ("insight-x", "insight-lost")),
    *(("exercise", name) for name in ("try", "lost")),
    *(("insight_number", place) for place in ("a#insight-x", "b#insight-x", "c#lost")),
    *((kind, page) for kind in ("study", "front") for page in ("a", "a/one", "c")),
    *(("minutes", page) for page in ("a", "c")),
    *(("chunk", place) for place in ("a#chunk-same", "a#chunk-lost")),
    *(("excerpt", place) for place in ("a#again", "a#lost")),
    ("records_elsewhere", "a"),
    *(("records", name) for name in ("Insight", "ClaimEntry", "Shown", "Lost")),
    *(
        (kind, "")
        for kind in ("metrics", "categories", "studies", "packages", "listings",
                     "inventory", "sources", "date", "tree",
                     "outline", "objects")
    ),
]  # fmt: skip


def test_every_kind_of_question_is_tried() -> None:
    assert {kind for kind, _ in QUESTIONS} == set(ANSWERING)


@pytest.mark.parametrize(("kind", "about"), QUESTIONS)
def test_every_answer_has_a_digest_that_the_same_book_agrees_with(kind: str, about: str) -> None:
    asked = {(kind, about): Answers(BOOK).digest(kind, about)}
    again = Book(BOOK.records, CATALOGUE, dict(ORDER), replace(FRAME))
    assert Answers(again).agree(asked)
    assert Answers(Book()).agree({(kind, about): Answers(Book()).digest(kind, about)})


def test_a_view_remembers_what_it_was_asked() -> None:
    seen = view()
    assert seen.asked == {}
    seen.metric("rate")
    seen.metric("lost")
    seen.tree()
    assert set(seen.asked) == {("metric", "rate"), ("metric", "lost"), ("tree", "")}
    assert Answers(BOOK).agree(seen.asked)
    assert not Answers(Book()).agree(seen.asked)


def test_a_question_that_nothing_answers_any_more_does_not_agree() -> None:
    assert not Answers(BOOK).agree({("weather", ""): "x"})
    with pytest.raises(KeyError, match="weather"):
        Answers(BOOK).answer("weather", "")


def test_every_method_of_a_view_asks() -> None:
    given = {
        "words": Text(mark("metric", "rate")), "named": ("metric", "rate"), "number": ("b", "load"),
        "near": ("metric", "rat"), "of": Insight, "chunk": ("a", "chunk-same"),
        "excerpt": ("a", "again"), "titled": ("insight", "x"),
        "insight_number": ("a", "insight-x"),
    }  # fmt: skip
    for name, method in inspect.getmembers(View, inspect.isfunction):
        if name.startswith("_"):
            continue
        seen = view()
        takes = len(inspect.signature(method).parameters) - 1
        arguments = given.get(name, ("rate",) if takes else ())
        arguments = arguments if isinstance(arguments, tuple) else (arguments,)
        method(seen, *arguments)
        assert seen.asked, name


# --- answers ---


def test_a_metric_knows_its_row_and_its_value() -> None:
    found = view().metric("twice")
    assert found
    assert found.resolved
    assert (found.row, str(found.resolved.printed)) == (
        Place("b", "metric-twice"), "10\N{NO-BREAK SPACE}s",
    )  # fmt: skip
    # One that cannot be computed still has its row.
    lost = view(Book((MetricRow("a", metric("x", "2 * y")),))).metric("x")
    assert lost
    assert (lost.row.page, lost.resolved) == ("a", None)
    assert view().metric("lost") is None
    assert [found.metric.id for found in view().metrics()] == ["rate", "twice"]


def test_a_pattern_knows_its_section_and_its_studies() -> None:
    outbox, retry = view().pattern("outbox"), view().pattern("retry")
    assert outbox
    assert retry
    assert (outbox.section, retry.section) == (Place("patterns", "outbox"), None)
    assert view().pattern("lost") is None
    assert view().near("pattern", "outbx") == "; did you mean 'outbox'?"
    assert view().near("metric", "rat") == "; did you mean 'rate'?"
    assert view().users("outbox") == ("B", "A")
    assert [study.name for study in view().studies()] == ["B", "A"]
    assert [(use.page, use.sentence.marked) for use in view().uses("retry")] == [("b", "One.")]
    assert [pattern.slug for pattern in view().used_by("a")] == ["outbox"]
    assert [name for name, _ in view().categories()] == ["c"]


def test_code_is_answered_without_its_lines() -> None:
    press = view(Book(PRINTED, order=ORDER))
    assert press.package("pack") == (
        PrintedFile(Place("b", "chunk-top", "‹top›"), "pack/b.py", 5, ""),
        PrintedFile(Place("b", "chunk-first", "‹first›"), "pack/a.py", 2, "What for."),
    )
    assert (press.package("lost"), press.packages()) == ((), ("pack", "other"))
    assert (press.is_printed("pack"), press.is_printed("lost")) == (True, False)
    first = press.listings()[0]
    assert first == IndexedChunk(
        Place("b", "chunk-top", "‹top›"), "top", Text("What is first"), "pack/b.py", 1
    )
    storm = view(MADE)
    assert storm.maker("a/storm") == Place("b", "chunk-storm", "‹storm›")
    assert storm.maker("a/lost") is None
    assert (storm.measures("a/storm"), storm.measures("a/lost")) == (False, False)
    timed = good(chunk("storm", ":measure: a/storm\ndef storm(): ...", "a/b.py"))
    assert view(Book((Code("a", timed),))).measures("a/storm")


def test_the_frame_is_answered() -> None:
    seen = view()
    assert seen.source("post") == (SOURCE, FRAME.sources[1])
    assert [source.key for source in seen.sources()] == ["post", "talk"]
    assert [source.key for source in seen.references("b")] == ["post", "talk"]
    assert (seen.label("post"), seen.label("lost")) == ("Doe 2017", "lost")
    assert (seen.checked("post"), seen.checked("lost")) == ("2026-11-01", "")
    assert (seen.number("b"), seen.number("b", "load"), seen.number("a")) == ("1", "1.2", "")
    assert (seen.date(), seen.tree(), seen.shown_numbers("b")) == ("2026-11-29", "tree", "numbers")
    assert (seen.title("a"), seen.target("lost")) == (Text("a"), NOWHERE)


@pytest.mark.parametrize(
    ("kind", "name", "words"),
    [
        ("metric", "rate", FIVE),
        ("metric", "lost", "lost"),
        ("pattern", "outbox", "outbox"),
        ("pattern", "lost", "lost"),
        ("cite", "lost,post", "[Doe 2017, lost]"),
        ("insight", "x", f"At {FIVE}."),
        ("insight", "lost", "lost"),
        ("chunk", "two-words", "‹two words›"),
        ("label", "post", "Doe 2017"),
        ("target", "load", "The load"),
        ("target", "a#load", "The load"),
        ("target", "b#top", "The top"),
        ("target", "b", "Page b"),
        ("target", "lost", "lost"),
    ],
)
def test_a_mark_is_read_as_what_it_stands_for(kind: str, name: str, words: str) -> None:
    seen = view()
    assert seen.words(Text(f"At {mark(kind, name)}.")) == f"At {words}."
    assert bool(seen.asked) == (kind != "chunk")  # whose name is its own page's


def test_a_link_to_a_caption_prints_what_is_read_there() -> None:
    caption = Captioned("b", ("load", "other"), Text(f"Drawn at {mark('metric', 'rate')}"))
    seen = view(replace(BOOK, records=(*BOOK.records, caption)))
    assert seen.words(Text(mark("target", "load"))) == f"Drawn at {FIVE}"
    assert seen.target("label load").number == "7"
    assert ("metric", "rate") in seen.asked


def test_the_words_of_a_title_hold_values() -> None:
    assert view().words(view().title("b")) == f"B of {FIVE}"


# --- digests ---


def changed(new: Book) -> set[str]:
    """The questions whose digest is no longer that of `BOOK`."""
    before, after = Answers(BOOK), Answers(new)
    return {
        f"{kind} {about}".strip()
        for kind, about in QUESTIONS
        if before.digest(kind, about) != after.digest(kind, about)
    }


def with_record(old: Record, new: Record) -> Book:
    at = next(i for i, record in enumerate(BOOK.records) if record is old)
    return replace(BOOK, records=(*BOOK.records[:at], new, *BOOK.records[at + 1 :]))


def use(old: int, sentence: str, heading: str = "H", page: str = "b", line: int = 1) -> Record:
    known = RECORDS[old]
    assert isinstance(known, PatternUse)
    return PatternUse(page, known.slug, "h", Text(heading), Text(sentence), line)


LATER = good(
    "Words.\n\n" + chunk("same", "v = 5", "pack/b.py") + chunk("other", "u = 6", "other/c.py")
)
LONGER = good(chunk("same", "v = 5", "pack/b.py") + chunk("other", "u = 6\nt = 7", "other/c.py"))
TOLD = good(chunk("same", "v = 5", "pack/b.py") + chunk("other", "'''What.'''", "other/c.py"))
RENAMED = good(chunk("same", "v = 5", "pack/b.py") + chunk("new", "u = 6", "other/c.py"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (RECORDS[0], MetricRow("b", replace(metric("rate"), line=99, source_line=98))),
        (RECORDS[1], MetricRow("b", replace(metric("twice", "2 * rate"), formula_line=98))),
        (RECORDS[2], MetricRow("a", metric("rate", "7 s"))),  # a doubled row is never shown
        (RECORDS[3], PatternSection("patterns", "outbox", "outbox", 99)),
        (RECORDS[4], PatternSection("other", "outbox", "outbox-3", 9)),
        (RECORDS[5], use(5, "One.", line=99)),
        (RECORDS[6], use(6, "One.", heading="Another")),
        (FOUND[1], insight("a", line=99)),
        (FOUND[5], claim("a", line=99)),
        (FOUND[7], shown("a", line=99)),
        (PRINTED[0], Code("a", LATER)),
        (PRINTED[4], Listing("a", LATER.chunks[0], Text("What is the same", 99))),
        (EXERCISE, replace(EXERCISE, line=99)),
    ],
)
def test_a_line_or_a_record_that_nobody_sees_changes_no_digest(old: Record, new: Record) -> None:
    assert changed(with_record(old, new)) == set()


@pytest.mark.parametrize(
    ("old", "new", "answers"),
    [
        (
            RECORDS[0],
            MetricRow("b", metric("rate", "7 s")),
            {"metric rate", "metric twice", "metrics"},
        ),
        (RECORDS[1], MetricRow("b", metric("twice", "3 * rate")), {"metric twice", "metrics"}),
        (
            RECORDS[1],
            MetricRow("c", metric("twice", "2 * rate")),
            {"metric twice", "metrics", "inventory"},
        ),
        (RECORDS[3], PatternSection("patterns", "outbox", "new", 3), {"pattern outbox"}),
        (RECORDS[7], use(7, "Three."), {"uses outbox"}),
        (RECORDS[7], use(7, "Two.", heading="New"), {"uses outbox"}),
        (
            RECORDS[8],
            use(8, "One.", page="a"),
            {"uses retry", "users retry", "used_by a", "used_by b", "inventory"},
        ),
        (RECORDS[12], Study("b", "C", Text("Study B")), {"users outbox", "users retry", "studies"}),
        (FOUND[1], insight("a", Text("Do that")), {"records Insight"}),
        (FOUND[2], insight("b", Text("Do that")), {"records Insight", "insight insight-x"}),
        (FOUND[5], claim("a", "j"), {"records ClaimEntry"}),
        (FOUND[7], shown("a", "D"), {"records Shown"}),
        (FOUND[7], replace(shown("a"), chart=replace(CHART, x=replace(CHART.x, unit="ms"))),
         {"records Shown"}),
        (FOUND[9], Contents("b", 1, 2, 4), {"inventory"}),
        (PRINTED[0], Code("a", LONGER), {"package other", "front a"}),
        (PRINTED[0], Code("a", TOLD), {"package other"}),
        (PRINTED[0], Code("a", RENAMED), {"package other"}),
        (PRINTED[0], Code("c", TWO), {"package other", "front a"}),
        (PRINTED[1], Code("c", ONE), {"package pack"}),
        (PRINTED[4], Listing("a", TWO.chunks[0], Text("What is new")), {"listings"}),
        (EXERCISE, replace(EXERCISE, title=Text("Try that")), {"exercise try"}),
    ],
)  # fmt: skip
def test_a_change_that_is_seen_changes_the_digests_that_show_it(
    old: Record, new: Record, answers: set[str]
) -> None:
    assert changed(with_record(old, new)) == answers


def framed(**changes: object) -> Book:
    return replace(BOOK, frame=replace(FRAME, **changes))  # type: ignore[arg-type]


LABELLED = (replace(SOURCE, label="Doe 2017a"), *FRAME.sources[1:])
MOVED = (replace(SOURCE, anchor="id5"), *FRAME.sources[1:])
LOAD = {"target label load"}
EVERY_POST = {"source post", "sources", "references b"}


@pytest.mark.parametrize(
    ("book", "answers"),
    [
        (framed(titles={}), {"title b"}),
        (framed(tree="other"), {"tree"}),
        (framed(headings={"b": "other"}), {"outline", "headings b"}),
        (framed(objects="other"), {"objects"}),
        (
            framed(numbers={"b": {"": "2", "load": "1.2"}}),
            {"number b#", "insight_number b#insight-x"},
        ),
        (framed(shown_numbers={"b": "other"}), {"shown_numbers b"}),
        (
            framed(targets={"label load": Target("b", "load", Text("Load"), "7")}),
            {"target label load"},
        ),
        (
            framed(targets={"label load": Target("b", "load", Text("The load"), "8")}),
            {"target label load"},
        ),
        (framed(sources=LABELLED), EVERY_POST),
        (framed(sources=MOVED), EVERY_POST),
        (framed(checked={"post": "2026-11-02"}), {"checked post"}),
        (framed(date="2026-11-30"), {"date"}),
    ],
)
def test_a_change_of_the_frame_changes_the_digests_that_show_it(
    book: Book, answers: set[str]
) -> None:
    assert changed(book) == answers


def test_the_catalogue_and_the_order_of_pages_are_part_of_the_answers() -> None:
    patterns = dict(CATALOGUE.patterns)
    patterns["retry"] = replace(patterns["retry"], intent="y")
    new = replace(BOOK, catalogue=Catalogue(patterns))
    assert changed(new) == {"pattern retry", "categories", "used_by b"}
    turned = replace(BOOK, order={"a": 0, "b": 1, "patterns": 2})
    assert {"uses outbox", "users outbox", "metric rate", "maker a/storm"} <= changed(turned)


def test_an_answer_is_computed_once() -> None:
    answers = Answers(BOOK)
    asked: Callable[[], object] = lambda: answers.answer("metrics", "")  # noqa: E731
    assert asked() is asked()
