"""Decision matrices: exact totals, and the smallest change that another choice would need."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction

import pytest
from casebook.core.findings.decision import (
    HIGHEST,
    LOWEST,
    Criterion,
    Flip,
    Matrix,
    Option,
    decimal,
    parse,
    stability,
)
from casebook.core.problems import Kind
from casebook.core.text.marked_text import Text, mark
from hypothesis import example, given
from hypothesis import strategies as st

BODY = """\
criteria:
  - id: simplicity
    weight: 3
    why: our judgement, a small team
      must be able to prove it right
  - id: reach
    label: Works offline
    weight: 1.50
    why: "@home says so"
options:
  - id: server-order
    label: Server-ordered writes
    scores: {simplicity: 5, reach: 1}
    why: {simplicity: no clocks, reach: asks the server}
  - id: crdt
    scores:
      reach: 5
      simplicity: 2
    why:
      simplicity: tombstones
      reach: merges later
"""
LINES = BODY.splitlines()


def changed(*changes: tuple[str, str]) -> str:
    """The body with parts of it replaced, each of which it holds once."""
    text = BODY
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


def said(body: str) -> list[tuple[Kind, int, str]]:
    matrix, problems = parse(body)
    assert matrix is None
    return [(p.kind, p.line, p.message) for p in problems]


def matrix(weights: list[float | Fraction], *scores: list[int]) -> Matrix:
    """Criteria `c0`, `c1`, … with these weights, and options `A`, `B`, … with these scores."""
    criteria = [
        Criterion(f"c{i}", Text(f"C{i}"), Fraction(str(weight)), Text(""))
        for i, weight in enumerate(weights)
    ]
    options = [
        Option(letter, Text(letter), {f"c{i}": score for i, score in enumerate(row)}, {})
        for letter, row in zip("ABCDEF", scores, strict=False)
    ]
    return Matrix(tuple(criteria), tuple(options))


# --- reading ---


def test_a_matrix() -> None:
    found, problems = parse(BODY)
    assert not problems
    assert found is not None
    simplicity, reach = found.criteria
    judgement = "our judgement, a small team must be able to prove it right"
    assert simplicity == Criterion("simplicity", Text("Simplicity"), Fraction(3), Text(judgement))
    assert reach == Criterion("reach", Text("Works offline"), Fraction(3, 2), Text("@home says so"))
    assert (simplicity.why.line, reach.label.line, reach.why.line) == (4, 7, 9)
    server, crdt = found.options
    assert (server.id, server.label) == ("server-order", Text("Server-ordered writes"))
    assert (crdt.id, crdt.label) == ("crdt", Text("Crdt"))
    assert (server.scores, crdt.scores) == (
        {"simplicity": 5, "reach": 1},
        {"reach": 5, "simplicity": 2},
    )
    assert crdt.why == {"simplicity": Text("tombstones"), "reach": Text("merges later")}
    assert [why.line for why in crdt.why.values()] == [20, 21]


def test_a_name_in_words_is_the_label_unless_one_is_given() -> None:
    found, _ = parse(changed(("    label: Server-ordered writes\n", "")))
    assert found is not None
    assert [option.label.marked for option in found.options] == ["Server order", "Crdt"]


NOT_ALL = "the field '{}' must be a list of records"
WORDS = "must be lower-case words joined by hyphens"
WEIGHT = "a weight is a number from 0 to 999, not "
SCORE = "a score is a whole number from 1 to 5, not "


@pytest.mark.parametrize(
    ("old", "new", "kind", "line", "message"),
    [
        (
            "criteria:\n",
            "title: x\ncriteria:\n",
            Kind.UNKNOWN_FIELD,
            1,
            "unknown field 'title'; known are criteria, options",
        ),
        ("criteria:\n", "criterai:\n", Kind.MISSING_FIELD, 1, "the field 'criteria' is missing"),
        (
            "criteria:\n",
            "criteria:\n  - x\n",
            Kind.BAD_YAML,
            2,
            NOT_ALL.format("criteria"),
        ),
        (
            "    weight: 3\n",
            "    wieght: 3\n",
            Kind.UNKNOWN_FIELD,
            3,
            "unknown field 'wieght'; did you mean 'weight'?",
        ),
        ("    weight: 3\n", "", Kind.MISSING_FIELD, 2, "the field 'weight' is missing"),
        ("weight: 3", "weight: -1", Kind.BAD_MATRIX, 3, WEIGHT + "'-1'"),
        ("weight: 3", "weight: 1000", Kind.BAD_MATRIX, 3, WEIGHT + "'1000'"),
        ("weight: 3", "weight: 1.125", Kind.BAD_MATRIX, 3, WEIGHT + "'1.125'"),
        ("weight: 3", "weight: .5", Kind.BAD_MATRIX, 3, WEIGHT + "'.5'"),
        ("weight: 3", "weight: 1/3", Kind.BAD_MATRIX, 3, WEIGHT + "'1/3'"),
        ("weight: 3", "weight: 1e2", Kind.BAD_MATRIX, 3, WEIGHT + "'1e2'"),
        ("weight: 3", "weight: ٣", Kind.BAD_MATRIX, 3, WEIGHT + "'٣'"),
        ("weight: 3", "weight: much", Kind.BAD_MATRIX, 3, WEIGHT + "'much'"),
        (
            '    why: "@home says so"\n',
            "",
            Kind.MISSING_FIELD,
            6,
            "the field 'why' is missing; say what the weight rests on, or that it is our judgement",
        ),
        ("id: reach", "id: Reach it", Kind.BAD_ID, 6, "the id 'Reach it' " + WORDS),
        ("id: reach\n    label: Works offline", "label: R", Kind.MISSING_FIELD, 6,
         "the field 'id' is missing"),
        ("label: Works offline", "label: ''", Kind.MISSING_FIELD, 7, "the field 'label' is empty"),
        (
            "id: reach",
            "id: simplicity",
            Kind.DUPLICATE_ID,
            6,
            "the criterion 'simplicity' stands twice",
        ),
        ("id: crdt", "id: CRDT", Kind.BAD_ID, 15, "the id 'CRDT' " + WORDS),
        ("id: crdt", "id: server-order", Kind.DUPLICATE_ID, 15,
         "the option 'server-order' stands twice"),
        (
            "id: crdt\n",
            "id: crdt\n    weight: 1\n",
            Kind.UNKNOWN_FIELD,
            16,
            "unknown field 'weight'; known are id, label, scores, why",
        ),
        (
            "    scores: {simplicity: 5, reach: 1}\n",
            "",
            Kind.MISSING_FIELD,
            11,
            "the field 'scores' is missing",
        ),
        (
            "{simplicity: 5, reach: 1}",
            "[5, 1]",
            Kind.BAD_YAML,
            13,
            "the field 'scores' must map names to plain texts",
        ),
        (
            "{simplicity: 5, reach: 1}",
            "{simplicity: 5}",
            Kind.BAD_MATRIX,
            13,
            "the score of 'server-order' for 'reach' is missing",
        ),
        (
            "      reach: merges later\n",
            "",
            Kind.BAD_MATRIX,
            20,
            "the reason of 'crdt' for 'reach' is missing",
        ),
        (
            "      reach: 5\n",
            "      reach: 5\n      raech: 5\n",
            Kind.BAD_MATRIX,
            18,
            "unknown criterion 'raech'; did you mean 'reach'?",
        ),
        (
            "      reach: merges later\n",
            "      reach: merges later\n      zebra: x\n",
            Kind.BAD_MATRIX,
            22,
            "unknown criterion 'zebra'",
        ),
        # An empty reason is none.
        (
            "      reach: merges later\n",
            "      reach:\n",
            Kind.MISSING_FIELD,
            21,
            "the field 'reach' in 'why' is empty",
        ),
        ("reach: 5", "reach: 6", Kind.BAD_MATRIX, 17, SCORE + "'6'"),
        ("reach: 5", "reach: 0", Kind.BAD_MATRIX, 17, SCORE + "'0'"),
        ("reach: 5", "reach: 2.5", Kind.BAD_MATRIX, 17, SCORE + "'2.5'"),
        ("reach: 5", "reach: ٣", Kind.BAD_MATRIX, 17, SCORE + "'٣'"),
        ("reach: 5", "reach: good", Kind.BAD_MATRIX, 17, SCORE + "'good'"),
    ],
    ids=lambda value: value[:24] if isinstance(value, str) else "",
)  # fmt: skip
def test_each_mistake_has_its_kind_and_line(
    old: str, new: str, kind: Kind, line: int, message: str
) -> None:
    found = said(changed((old, new)))
    assert (kind, line, message) in found
    # A field of the wrong name is missing as well, and no option scores a criterion of another id.
    assert len(found) == {"criterai:": 2, "wieght: 3": 2, "id: simplicity": 5}.get(new.strip(), 1)


def test_all_mistakes_at_once() -> None:
    body = changed(
        ("id: simplicity", "id: Simple"), ("weight: 1.50", "weight: x"), ("label: Works", "labl: W")
    )
    assert [(kind, line) for kind, line, _ in said(body)] == [
        (Kind.BAD_ID, 2),
        (Kind.UNKNOWN_FIELD, 7),
        (Kind.BAD_MATRIX, 8),
    ]
    body = changed(("reach: 5", "reach: 9"), ("simplicity: 5, reach: 1", "zebra: 0"))
    assert [(line, message) for _, line, message in said(body)] == [
        (13, "unknown criterion 'zebra'"),
        (13, "the score of 'server-order' for 'simplicity' is missing"),
        (13, "the score of 'server-order' for 'reach' is missing"),
        (13, SCORE + "'0'"),
        (17, SCORE + "'9'"),
    ]


@pytest.mark.parametrize(
    ("body", "kind", "message"),
    [
        ("- a: b", Kind.BAD_YAML, "the body must be one record, of lines 'field: …'"),
        ("words", Kind.BAD_YAML, "the body must be one record, of lines 'field: …'"),
        ("", Kind.BAD_YAML, "the body is empty"),
    ],
)
def test_a_body_that_is_no_record(body: str, kind: Kind, message: str) -> None:
    assert said(body) == [(kind, 1, message)]


def test_a_decision_weighs_something_and_has_a_choice() -> None:
    nothing = changed(("weight: 3", "weight: 0"), ("weight: 1.50", "weight: 0.00"))
    message = "the weights add up to nought, so nothing is weighed"
    assert said(nothing) == [(Kind.BAD_MATRIX, 2, message)]
    assert parse(changed(("weight: 3", "weight: 0")))[0] is not None
    alone = BODY[: BODY.index("  - id: crdt")]
    message = "a decision has at least two options"
    assert said(alone) == [(Kind.BAD_MATRIX, 11, message)]


@given(st.data())
def test_any_body_gives_a_matrix_or_problems(data: st.DataObject) -> None:
    lines = data.draw(st.lists(st.sampled_from([*LINES, "x", "", "  - id: a", "    - b"])))
    kept = [line for line in LINES if data.draw(st.integers(0, 9))]
    body = "\n".join(data.draw(st.sampled_from([lines, kept])))
    found, problems = parse(body)
    assert (found is None) is bool(problems)
    assert all(1 <= problem.line <= body.count("\n") + 1 for problem in problems)


# --- totals ---


def test_totals_are_exact() -> None:
    found = matrix([0.1, 0.2], [1, 4], [3, 3])
    first, second = found.options
    assert found.weight == Fraction(3, 10)
    assert (found.total(first), found.total(second)) == (Fraction(9, 10), Fraction(9, 10))
    assert (found.mean(first), found.mean(second)) == (3, 3)
    assert found.leaders == (first, second)
    assert matrix([0.1, 0.21], [1, 4], [3, 3]).leaders == (first,)
    assert matrix([0.11, 0.2], [1, 4], [3, 3]).leaders == (second,)


SCORES = st.integers(LOWEST, HIGHEST)
WEIGHTS = st.integers(0, 500).map(lambda hundredths: Fraction(hundredths, 100))


@st.composite
def matrices(draw: st.DrawFn) -> Matrix:
    weights = draw(st.lists(WEIGHTS, min_size=1, max_size=4).filter(any))
    row = st.lists(SCORES, min_size=len(weights), max_size=len(weights))
    found = matrix([], *draw(st.lists(row, min_size=2, max_size=4)))
    criteria = matrix([1] * len(weights)).criteria
    pairs = zip(criteria, weights, strict=True)
    return replace(found, criteria=tuple(replace(c, weight=weight) for c, weight in pairs))


@given(matrices())
def test_means_lie_between_the_scores_and_order_as_the_totals(found: Matrix) -> None:
    for option in found.options:
        assert min(option.scores.values()) <= found.mean(option) <= max(option.scores.values())
    assert found.leaders == tuple(
        one for one in found.options
        if all(found.mean(one) >= found.mean(other) for other in found.options)
    )  # fmt: skip


# --- the smallest change ---

NUDGE = Fraction(1, 10**6)
"""Smaller than the distance of any two weights at which two options are level."""


def with_weight(found: Matrix, at: int, weight: Fraction) -> Matrix:
    criteria = list(found.criteria)
    criteria[at] = replace(criteria[at], weight=weight)
    return replace(found, criteria=tuple(criteria))


def ahead(found: Matrix, leader: Option) -> set[str]:
    """The options that come before the one that led."""
    return {o.id for o in found.options if found.total(o) > found.total(leader)}


def crossings(found: Matrix, at: int) -> Iterator[Fraction]:
    """Every weight of one criterion at which the leader is level with another option.

    Totals are straight lines over the weight, so two of their values give the crossing.
    """
    leader = found.leaders[0]
    for rival in found.options:
        low, high = (
            probe.total(rival) - probe.total(leader)
            for probe in (with_weight(found, at, Fraction(w)) for w in (0, 1))
        )
        if low != high:
            yield low / (low - high)


def smallest_changes(found: Matrix) -> list[tuple[Fraction, int, Fraction]]:
    """Every change of one weight after which another option leads, the smallest first."""
    leader = found.leaders[0]
    changes = []
    for at, criterion in enumerate(found.criteria):
        for level in crossings(found, at):
            beyond = level + (NUDGE if level > criterion.weight else -NUDGE)
            if beyond >= 0 and ahead(with_weight(found, at, beyond), leader):
                changes.append((abs(level - criterion.weight), at, level))
    return sorted(changes)


TWO_AT_ONCE = matrix([1, 1], [1, 5], [2, 3], [3, 1])
"""With half a point for the second criterion all are level; with less, the last one leads."""


@given(matrices())
@example(TWO_AT_ONCE)
@example(matrix([1, 1, 3], [5, 1, 1], [1, 5, 1]))
def test_the_smallest_change_of_one_weight(found: Matrix) -> None:
    flip = found.flip()
    if len(found.leaders) > 1:
        assert flip is None
        return
    (leader,) = found.leaders
    changes = smallest_changes(found)
    if not changes:
        assert flip is None
        # Not even weights far away do it.
        for at in range(len(found.criteria)):
            for weight in (0, 10**6):
                assert not ahead(with_weight(found, at, Fraction(weight)), leader)
        return
    assert flip is not None
    change = changes[0][0]
    at = found.criteria.index(flip.criterion)
    assert (change, at, flip.level) in changes
    assert flip.level > 0
    level = with_weight(found, at, flip.level)
    assert level.total(flip.rival) == level.total(leader)
    # Beyond the level the rival leads, and no other option before it.
    side = 1 if flip.level > flip.criterion.weight else -1
    beyond = with_weight(found, at, flip.level + side * NUDGE)
    assert flip.rival in beyond.leaders
    assert leader not in beyond.leaders
    # Nothing smaller does it, of whichever weight.  Totals are straight lines: the ends suffice.
    for i, criterion in enumerate(found.criteria):
        for less in (-change, change):
            weight = max(Fraction(0), criterion.weight + less)
            assert not ahead(with_weight(found, i, weight), leader)


def test_flips() -> None:
    # A leads with 11 to 9; a unit of the first weight is worth 3, one of the second 4.
    found = matrix([2, 1], [4, 3], [1, 7 - 2])
    (leader, rival) = found.options
    assert (found.total(leader), found.total(rival)) == (11, 7)
    assert found.flip() == Flip(found.criteria[0], rival, Fraction(2, 3))
    # A rise, where that is nearer.
    found = matrix([2, 1], [4, 1], [3, 2])
    assert found.flip() == Flip(found.criteria[0], found.options[1], Fraction(1))
    found = matrix([2, 1], [3, 1], [2, 3])
    assert found.leaders == found.options
    found = matrix([3, 1], [3, 1], [2, 3])
    assert found.flip() == Flip(found.criteria[1], found.options[1], Fraction(3, 2))


@pytest.mark.parametrize(
    "found",
    [
        matrix([1, 1], [5, 3], [4, 3]),  # level only without any weight
        matrix([1, 1], [5, 5], [4, 4]),
        matrix([1, 1], [5, 1], [1, 5]),  # they lead together
        matrix([1], [5], [5]),
    ],
)
def test_no_change_of_one_weight(found: Matrix) -> None:
    assert found.flip() is None


# --- words ---


IF = "would come before “A” if the weight of"
NO_SMALLER = "; no smaller change of one weight does it."
SHARE = " share the lead, so a small change of a weight can decide."


@pytest.mark.parametrize(
    ("found", "sentence"),
    [
        (
            matrix([3, 1], [3, 1], [2, 3]),
            f"“B” {IF} “C1” rose from 1 to more than 1.5{NO_SMALLER}",
        ),
        (
            matrix([2, 1], [4, 3], [1, 5]),
            f"“B” {IF} “C0” fell from 2 to less than 0.66{NO_SMALLER}",
        ),
        (
            matrix([1, 2], [3, 3], [5, 1]),
            f"“B” {IF} “C0” rose from 1 to more than 2{NO_SMALLER}",
        ),
        (
            matrix([4, 1], [5, 1], [2, 3]),
            f"“B” {IF} “C0” fell from 4 to less than 0.66{NO_SMALLER}",
        ),
        # Between nought and a hundredth there is no weight that could be written.
        (matrix([1, 0.01], [5, 1], [1, 2]), f"“B” {IF} “C0” fell from 1 to nought{NO_SMALLER}"),
        (TWO_AT_ONCE, f"“C” {IF} “C1” fell from 1 to less than 0.5{NO_SMALLER}"),
        (matrix([1, 1], [5, 5], [4, 4]), "“A” stays first whatever one weight is changed to."),
        (matrix([1], [5], [5]), "“A” and “B”" + SHARE),
        (matrix([1], [5], [5], [1], [5]), "“A”, “B” and “D”" + SHARE),
    ],
)
def test_how_far_the_judgement_carries(found: Matrix, sentence: str) -> None:
    assert stability(found, "A", mark) == sentence
    # A leader that was not chosen is named first.
    names = sentence.split(" share ")[0] if " share " in sentence else "“A”"
    lead = f"By these weights {names} would come first, which is not what was chosen. "
    assert stability(found, "C", mark) == ("" if "C" in names else lead) + sentence


CHANGE = re.compile(
    r"“(\w)” would come before “(\w)” if the weight of “C(\d)” (?:rose from (\S+) to more than|"
    r"fell from (\S+) to(?: less than)?) (\S+); no smaller change of one weight does it\."
)


@given(matrices())
@example(matrix([1, 0.01], [5, 1], [1, 2]))
def test_beyond_the_printed_weight_the_rival_really_leads(found: Matrix) -> None:
    told = CHANGE.fullmatch(stability(found, found.leaders[0].id, mark))
    assert (told is None) is (found.flip() is None)
    if not told:
        return
    options = {option.id: option for option in found.options}
    rival, leader, at, rises, falls, printed = told.groups()
    assert found.leaders == (options[leader],)
    assert Fraction(rises or falls) == found.criteria[int(at)].weight
    if printed == "nought":
        weights = [Fraction(0)]
    else:
        side = 1 if rises else -1
        weights = [Fraction(printed) + side * part for part in (NUDGE, Fraction(1, 100))]
        # It is printed as exactly as weights are written.
        nearer = with_weight(found, int(at), Fraction(printed) - side * Fraction(1, 100))
        assert not ahead(nearer, options[leader])
    for weight in weights:
        assert weight >= 0
        beyond = with_weight(found, int(at), weight)
        assert beyond.total(options[rival]) > beyond.total(options[leader])


@pytest.mark.parametrize(
    ("number", "places", "text"),
    [
        (Fraction(3), 2, "3"),
        (Fraction(100), 2, "100"),
        (Fraction(0), 2, "0"),
        (Fraction(1, 2), 2, "0.5"),
        (Fraction(2, 3), 2, "0.67"),
        (Fraction(1, 3), 1, "0.3"),
        (Fraction(1999, 1000), 2, "2"),
        (Fraction(4999), 2, "4999"),
    ],
)
def test_decimals(number: Fraction, places: int, text: str) -> None:
    assert decimal(number, places) == text


@given(st.fractions(0, 5000), st.integers(1, 4))
def test_a_decimal_is_near(number: Fraction, places: int) -> None:
    assert abs(Fraction(decimal(number, places)) - number) <= Fraction(1, 2 * 10**places)
