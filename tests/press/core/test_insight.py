"""Insights: their options, and how long they may be."""

from __future__ import annotations

import pytest
from casebook.core.findings.insight import (
    FEWEST_SENTENCES,
    MOST_SENTENCES,
    Audience,
    EvidenceItem,
    InsightKind,
    check,
    for_whom,
    parse,
)
from casebook.core.problems import Kind, Problem
from hypothesis import given
from hypothesis import strategies as st

SOURCES = ("stripe-home", "rate")
GOOD = {"kind": "pitfall", "audience": "engineer architect", "evidence": "stripe-home"}


def said(**changed: str) -> list[tuple[Kind, int, str]]:
    found = parse(**{**GOOD, **changed}, sources=SOURCES)
    assert isinstance(found, list), found
    return [(p.kind, p.line, p.message) for p in found]


def test_an_insight() -> None:
    evidence = " stripe-home  peak\n stripe/retry-storm rate stripe/without-fence "
    found = parse(" pitfall ", " engineer\n leader ", evidence, SOURCES)
    assert found == (
        InsightKind.PITFALL,
        (Audience.ENGINEER, Audience.LEADER),
        (
            EvidenceItem("stripe-home", "source"),
            EvidenceItem("peak", "metric"),
            EvidenceItem("stripe/retry-storm", "output"),
            EvidenceItem("rate", "source"),
            EvidenceItem("stripe/without-fence", "output"),
        ),
    )


@pytest.mark.parametrize("kind", InsightKind)
@pytest.mark.parametrize("audience", Audience)
def test_every_kind_and_every_reader_has_a_word(kind: InsightKind, audience: Audience) -> None:
    found = parse(kind.value, audience.value, "x", ())
    assert found == (kind, (audience,), (EvidenceItem("x", "metric"),))


@pytest.mark.parametrize("audience", ["engineer, leader", "engineer,leader", "engineer,\nleader,"])
def test_readers_may_be_listed_with_commas(audience: str) -> None:
    found = parse("lesson", audience, "x", ())
    assert not isinstance(found, list)
    assert found[1] == (Audience.ENGINEER, Audience.LEADER)


KINDS = "; known are lesson, pitfall, practice"
READERS = "; known are engineer, architect, leader"


@pytest.mark.parametrize(
    ("changed", "problems"),
    [
        ({"kind": " "}, [(Kind.MISSING_FIELD, "the option 'kind' is missing")]),
        ({"audience": ""}, [(Kind.MISSING_FIELD, "the option 'audience' is missing")]),
        (
            {"evidence": "\n"},
            [
                (
                    Kind.MISSING_FIELD,
                    "the option 'evidence' is missing; name a source, a metric or a stored output",
                )
            ],
        ),
        (
            {"kind": "pitfal"},
            [(Kind.BAD_KIND, "unknown kind of insight 'pitfal'; did you mean 'pitfall'?")],
        ),
        ({"kind": "zebra"}, [(Kind.BAD_KIND, "unknown kind of insight 'zebra'" + KINDS)]),
        ({"kind": "Lesson"}, [(Kind.BAD_KIND, "unknown kind of insight 'Lesson'; did you mean "
                               "'lesson'?")]),
        (
            {"kind": "lesson pitfall"},
            [(Kind.BAD_KIND, "an insight has one kind, not 'lesson pitfall'")],
        ),
        (
            {"kind": "pitfall zebra"},
            [(Kind.BAD_KIND, "an insight has one kind, not 'pitfall zebra'")],
        ),
        (
            {"kind": "zebra pitfall"},
            [
                (Kind.BAD_KIND, "unknown kind of insight 'zebra'" + KINDS),
                (Kind.BAD_KIND, "an insight has one kind, not 'zebra pitfall'"),
            ],
        ),
        (
            {"audience": "engineer zebra archtect"},
            [
                (Kind.BAD_KIND, "unknown audience 'zebra'" + READERS),
                (Kind.BAD_KIND, "unknown audience 'archtect'; did you mean 'architect'?"),
            ],
        ),
    ],
    ids=str,
)  # fmt: skip
def test_each_mistake_has_its_kind(
    changed: dict[str, str], problems: list[tuple[Kind, str]]
) -> None:
    assert said(**changed) == [(kind, 1, message) for kind, message in problems]


def test_all_mistakes_at_once() -> None:
    found = said(kind="", audience="zebra", evidence="")
    assert [kind for kind, _, _ in found] == [Kind.MISSING_FIELD, Kind.MISSING_FIELD, Kind.BAD_KIND]


OPTIONS = st.text(max_size=20) | st.lists(
    st.sampled_from([*GOOD.values(), "lesson", "a/b", ",", "\n", "x"]), max_size=5
).map(" ".join)


@given(OPTIONS, OPTIONS, OPTIONS)
def test_any_options_give_an_insight_or_problems(kind: str, audience: str, evidence: str) -> None:
    found = parse(kind, audience, evidence, SOURCES)
    if isinstance(found, list):
        assert found
        assert all(isinstance(problem, Problem) for problem in found)
    else:
        assert found[1]
        assert [one.name for one in found[2]] == evidence.split()


@pytest.mark.parametrize("sentences", range(8))
def test_the_length_of_an_insight(sentences: int) -> None:
    assert (FEWEST_SENTENCES, MOST_SENTENCES) == (2, 5)
    wrong = (
        "an insight has 2 to 5 sentences: what to do, why, and when not; this has "
        f"{sentences}"
    )  # fmt: skip
    problem = Problem(Kind.BAD_INSIGHT, wrong)
    assert check(sentences, links=1) == (None if 2 <= sentences <= 5 else problem)
    without = "an insight links to the section that explains its mechanism"
    unlinked = Problem(Kind.BAD_INSIGHT, without) if 2 <= sentences <= 5 else problem
    assert check(sentences, links=0) == unlinked


@pytest.mark.parametrize(
    ("readers", "words"),
    [
        ("engineer", "For engineers"),
        ("leader engineer", "For leaders and engineers"),
        ("engineer architect leader", "For engineers, architects and leaders"),
    ],
)
def test_for_whom(readers: str, words: str) -> None:
    assert for_whom(tuple(map(Audience, readers.split()))) == words


def test_a_reader_or_a_proof_that_is_named_twice_counts_once() -> None:
    found = parse("lesson", "engineer leader engineer", "x y x", ())
    assert not isinstance(found, list)
    assert for_whom(found[1]) == "For engineers and leaders"
    assert [one.name for one in found[2]] == ["x", "y"]
