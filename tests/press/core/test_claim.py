"""Claims: what is often said, its verdict, and the sources that it needs."""

from __future__ import annotations

import pytest
from casebook.core.findings.claim import Claim, Verdict, parse
from casebook.core.problems import Kind
from casebook.core.text.marked_text import Text
from hypothesis import given
from hypothesis import strategies as st

SOURCES = ("home", "blog", "talk")
CLAIM = {"claim": "It is fast", "verdict": "partly", "instead": "it was fast", "source": "home"}


def row(**changed: str | None) -> str:
    """A record; None leaves a field out."""
    fields = {name: value for name, value in (CLAIM | changed).items() if value is not None}
    return "- " + "\n  ".join(f"{name}: {value}" for name, value in fields.items()) + "\n"


def good(body: str) -> list[Claim]:
    claims, problems = parse(body, SOURCES)
    assert not problems, problems
    return claims


def said(body: str) -> list[tuple[Kind, int, str]]:
    claims, problems = parse(body, SOURCES)
    assert not claims
    return [(p.kind, p.line, p.message) for p in problems]


def test_claims_stand_in_the_order_of_the_page() -> None:
    was = Text("it was fast")
    folded = ">\n    an expert\n    says so"
    found = good(row() + "\n" + row(claim=folded, verdict="contradicted", source="[talk, blog]"))
    assert found == [
        Claim(Text("It is fast"), Verdict.PARTLY, was, ("home",), 1),
        Claim(Text("an expert says so"), Verdict.CONTRADICTED, was, ("talk", "blog"), 6),
    ]
    # Each text knows its own line; that of a folded one is the first of its words.
    assert [(one.claim.line, one.instead.line) for one in found] == [(1, 3), (7, 10)]
    assert found[0] == good(row())[0]


def test_a_line_is_no_part_of_what_is_shown() -> None:
    assert repr(good("\n\n" + row())) == repr(good(row()))


@pytest.mark.parametrize("verdict", Verdict)
def test_every_verdict_has_its_word(verdict: Verdict) -> None:
    assert good(row(verdict=verdict.value))[0].verdict is verdict


def test_what_no_source_says_needs_none_and_may_have_one() -> None:
    assert good(row(verdict="unsupported", source=None))[0].sources == ()
    assert good(row(verdict="unsupported"))[0].sources == ("home",)


@pytest.mark.parametrize("verdict", ["supported", "partly", "contradicted"])
def test_every_other_verdict_rests_on_a_source(verdict: str) -> None:
    problem = (Kind.MISSING_FIELD, 1, "the field 'source' is missing")
    assert said(row(verdict=verdict, source=None)) == [problem]


VERDICTS = "; the verdicts are supported, partly, unsupported, contradicted"


@pytest.mark.parametrize(
    ("changed", "kind", "line", "message"),
    [
        ({"claim": None}, Kind.MISSING_FIELD, 1, "the field 'claim' is missing"),
        ({"claim": "''"}, Kind.MISSING_FIELD, 1, "the field 'claim' is empty"),
        ({"claim": "[x]"}, Kind.BAD_YAML, 1, "the field 'claim' must be plain text"),
        ({"instead": None}, Kind.MISSING_FIELD, 1, "the field 'instead' is missing"),
        ({"instead": "' '"}, Kind.MISSING_FIELD, 3, "the field 'instead' is empty"),
        ({"verdict": None}, Kind.MISSING_FIELD, 1, "the field 'verdict' is missing"),
        ({"verdict": "zebra"}, Kind.BAD_KIND, 2, "unknown verdict 'zebra'" + VERDICTS),
        (
            {"verdict": "suported"},
            Kind.BAD_KIND,
            2,
            "unknown verdict 'suported'; did you mean 'supported' or 'unsupported'?",
        ),
        (
            {"source": "hoem"},
            Kind.UNKNOWN_SOURCE,
            4,
            "unknown source 'hoem'; did you mean 'home'?",
        ),
        ({"source": "[home, zebra]"}, Kind.UNKNOWN_SOURCE, 4, "unknown source 'zebra'"),
        ({"source": "\n  - home\n  - zebra"}, Kind.UNKNOWN_SOURCE, 6, "unknown source 'zebra'"),
        (
            {"verdict": "unsupported", "source": "zebra"},
            Kind.UNKNOWN_SOURCE,
            4,
            "unknown source 'zebra'",
        ),
        ({"source": "[]"}, Kind.BAD_YAML, 4, "the field 'source' must be a list of plain texts"),
        (
            {"source": "{a: b}"},
            Kind.BAD_YAML,
            4,
            "the field 'source' must be a list of plain texts",
        ),
        ({"sauce": "home"}, Kind.UNKNOWN_FIELD, 5, "unknown field 'sauce'; did you mean 'source'?"),
        (
            {"zebra": "x"},
            Kind.UNKNOWN_FIELD,
            5,
            "unknown field 'zebra'; known are claim, verdict, instead, source",
        ),
    ],
    ids=str,
)
def test_each_mistake_has_its_kind_and_line(
    changed: dict[str, str | None], kind: Kind, line: int, message: str
) -> None:
    assert said(row(**changed)) == [(kind, line, message)]
    # In the second place all lines move; the good claim before stays.
    claims, problems = parse(row() + row(**changed), SOURCES)
    assert claims == good(row())
    assert [(p.kind, p.line, p.message) for p in problems] == [(kind, line + 4, message)]


def test_all_mistakes_at_once() -> None:
    found = said("- verdict: zebra\n  source: [hoem, x]\n- x: y\n")
    assert [(kind, line) for kind, line, _ in found] == [
        (Kind.MISSING_FIELD, 1),
        (Kind.MISSING_FIELD, 1),
        (Kind.BAD_KIND, 1),
        (Kind.UNKNOWN_SOURCE, 2),
        (Kind.UNKNOWN_SOURCE, 2),
        (Kind.UNKNOWN_FIELD, 3),
        *[(Kind.MISSING_FIELD, 3)] * 4,
    ]


def test_a_body_that_is_no_list() -> None:
    assert [kind for kind, _, _ in said("a: b")] == [Kind.BAD_YAML]
    claims, problems = parse(row() + "- words\n", SOURCES)
    assert (len(claims), [(p.kind, p.line) for p in problems]) == (1, [(Kind.BAD_YAML, 5)])


@given(st.sampled_from(sorted(CLAIM)), st.text(max_size=30) | st.none())
def test_any_text_in_a_field_gives_claims_or_problems(name: str, text: str | None) -> None:
    quoted = None if text is None else "'" + text.replace("'", "''") + "'"
    claims, problems = parse(row(**{name: quoted}), SOURCES)
    assert bool(claims) is not bool(problems)
    assert all(set(claim.sources) <= set(SOURCES) for claim in claims)
