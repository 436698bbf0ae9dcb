"""Metrics: reading rows, computing formulas, and what a sentence may say of a metric."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from fractions import Fraction

import pytest
from casebook.core.literate.measured import Measured
from casebook.core.literate.stored_outputs import Counterexample, Output, Stored, StoredText
from casebook.core.metrics import dates
from casebook.core.metrics import metric as metrics
from casebook.core.metrics.dates import Span
from casebook.core.metrics.metric import Evidence, Metric, Resolved, aged, lonely, parse, resolve
from casebook.core.problems import Kind, Problem
from casebook.core.text.marked_text import Text
from hypothesis import given
from hypothesis import strategies as st

SOURCES = ("home", "blog")
SAID = {
    "id": "rate", "label": "Rate", "what": "what it is", "kind": "reported", "value": "5 request/s",
    "as-of": "2024", "source": "home", "locator": "top",
}  # fmt: skip
DERIVED = {
    "id": "twice", "label": "Twice", "what": "what it is", "kind": "derived",
    "formula": "2 * rate", "unit": "request/s",
}  # fmt: skip


def row(fields: dict[str, str], **changed: str | None) -> str:
    """A record; `as_of` stands for `as-of`, and None leaves a field out."""
    new = {name.replace("_", "-"): value for name, value in changed.items()}
    lines = [f"{name}: '{value}'" for name, value in (fields | new).items() if value is not None]
    return "- " + "\n  ".join(lines) + "\n"


def problems(body: str) -> list[tuple[Kind, int, str]]:
    table = parse(body, SOURCES)
    assert not table.metrics
    return [(p.kind, p.line, p.message) for p in table.problems]


def book(*bodies: str) -> dict[str, Metric]:
    table = parse("".join(bodies), SOURCES)
    assert not table.problems, table.problems
    return {metric.id: metric for metric in table.metrics}


def said(name: str, value: str, **changed: str | None) -> str:
    return row(SAID, id=name, value=value, **changed)


def derived(name: str, formula: str, unit: str = "request/s", **changed: str | None) -> str:
    return row(DERIVED, id=name, formula=formula, unit=unit, **changed)


def resolved(*bodies: str) -> Resolved:
    """The last of the rows, resolved."""
    known = book(*bodies)
    done, misfits = resolve(known)
    assert not misfits
    return done[list(known)[-1]]


def misfits(*bodies: str) -> list[tuple[str, Kind, str]]:
    return [(name, m.kind, m.message) for name, m in resolve(book(*bodies))[1].items()]


def words(resolved: Resolved) -> str:
    return str(resolved.printed).replace("\N{NO-BREAK SPACE}", " ")


# --- reading ---


WORDS = "must be lower-case words joined by hyphens"
KINDS = "; the kinds are reported, secondary, derived, modelled, measured"
OF_SAID = "; known are id, label, what, kind, doubt, value, as-of, source, locator, via"
OF_DERIVED = "; known are id, label, what, kind, doubt, formula, unit, digits"
WHERE = "; say where in the source the number stands"


def test_a_reported_row() -> None:
    metric = book(row(SAID, via="a copy", doubt="undated"))["rate"]
    assert metric.evidence is Evidence.REPORTED
    assert (metric.label, metric.what, metric.line) == (Text("Rate"), Text("what it is"), 1)
    assert (metric.source, metric.locator, metric.via, metric.doubt) == (
        "home", "top", Text("a copy"), Text("undated"),
    )  # fmt: skip
    # Each field knows its own line.
    texts = (metric.label, metric.what, metric.via, metric.doubt)
    assert (*(text.line for text in texts), metric.source_line) == (2, 3, 9, 10, 7)
    assert metric.quantity is not None
    assert metric.unit == metric.quantity.unit
    assert metric.as_of == dates.parse("2024")
    assert metric.formula is None


def test_a_derived_row() -> None:
    metric = book(row(SAID), row(DERIVED, digits="2", doubt="rough"))["twice"]
    assert metric.evidence is Evidence.DERIVED
    assert (metric.line, metric.formula_line, metric.digits) == (9, 13, 2)
    assert metric.formula is not None
    assert metric.formula.ids == ("rate",)
    assert (metric.quantity, metric.as_of, metric.source) == (None, None, "")
    assert (metric.unit.written(), metric.doubt) == ("requests/s", Text("rough"))


@pytest.mark.parametrize(
    ("fields", "changed", "kind", "line", "message"),
    [
        (SAID, {"id": "Bad Id"}, Kind.BAD_ID, 1, "the id 'Bad Id' " + WORDS),
        (SAID, {"id": "a--b"}, Kind.BAD_ID, 1, "the id 'a--b' " + WORDS),
        (SAID, {"id": "a٣"}, Kind.BAD_ID, 1, "the id 'a٣' " + WORDS),
        (SAID, {"id": " "}, Kind.MISSING_FIELD, 1, "the field 'id' is empty"),
        (SAID, {"label": None}, Kind.MISSING_FIELD, 1, "the field 'label' is missing"),
        (SAID, {"what": ""}, Kind.MISSING_FIELD, 3, "the field 'what' is empty"),
        (SAID, {"kind": None}, Kind.MISSING_FIELD, 1, "the field 'kind' is missing"),
        (SAID, {"kind": "guessed"}, Kind.BAD_KIND, 4, "unknown kind of evidence 'guessed'" + KINDS),
        (SAID, {"value": None}, Kind.MISSING_FIELD, 1, "the field 'value' is missing"),
        (SAID, {"value": "5"}, Kind.BAD_VALUE, 5, "a value needs a unit"),
        (
            SAID,
            {"value": "5 zzz"},
            Kind.UNKNOWN_UNIT,
            5,
            "unknown unit 'zzz'; the units are listed in core/metrics/units.toml",
        ),
        (SAID, {"as_of": None}, Kind.MISSING_FIELD, 1, "the field 'as-of' is missing"),
        (
            SAID,
            {"as_of": "2020-13-45"},
            Kind.BAD_DATE,
            6,
            "'2020-13-45' is not a day of the calendar",
        ),
        (
            SAID,
            {"source": "hoem"},
            Kind.UNKNOWN_SOURCE,
            7,
            "unknown source 'hoem'; did you mean 'home'?",
        ),
        (SAID, {"source": None}, Kind.MISSING_FIELD, 1, "the field 'source' is missing"),
        (SAID, {"locator": None}, Kind.MISSING_FIELD, 1, "the field 'locator' is missing" + WHERE),
        (SAID, {"via": ""}, Kind.MISSING_FIELD, 9, "the field 'via' is empty"),
        (
            SAID,
            {"locator": "in {cite}`home`"},
            Kind.BAD_VALUE,
            8,
            "a locator is printed as it stands and holds no role; say it in 'what' or 'doubt'",
        ),
        (SAID, {"doubt": ""}, Kind.MISSING_FIELD, 9, "the field 'doubt' is empty"),
        (SAID, {"formula": "a"}, Kind.UNKNOWN_FIELD, 9, "unknown field 'formula'" + OF_SAID),
        (
            SAID,
            {"kind": "guessed", "lable": "x"},
            Kind.UNKNOWN_FIELD,
            9,
            "unknown field 'lable'; did you mean 'label' or 'value'?",
        ),
        (DERIVED, {"value": "5 s"}, Kind.UNKNOWN_FIELD, 7, "unknown field 'value'" + OF_DERIVED),
        (DERIVED, {"source": "home"}, Kind.UNKNOWN_FIELD, 7, "unknown field 'source'" + OF_DERIVED),
        (DERIVED, {"formula": None}, Kind.MISSING_FIELD, 1, "the field 'formula' is missing"),
        (DERIVED, {"formula": "2 * 3"}, Kind.BAD_FORMULA, 5, "a formula names at least one metric"),
        (DERIVED, {"unit": None}, Kind.MISSING_FIELD, 1, "the field 'unit' is missing"),
        (
            DERIVED,
            {"unit": "s/"},
            Kind.UNKNOWN_UNIT,
            6,
            "the unit 's/' lacks a name; write names with * or / between them",
        ),
        (DERIVED, {"digits": "0"}, Kind.BAD_VALUE, 7, "'digits' is a number from 1 to 9, not '0'"),
        (
            DERIVED,
            {"digits": "10"},
            Kind.BAD_VALUE,
            7,
            "'digits' is a number from 1 to 9, not '10'",
        ),
        (DERIVED, {"digits": "٣"}, Kind.BAD_VALUE, 7, "'digits' is a number from 1 to 9, not '٣'"),
        (DERIVED, {"digits": ""}, Kind.MISSING_FIELD, 7, "the field 'digits' is empty"),
    ],
)
def test_each_mistake_has_its_kind_and_line(
    fields: dict[str, str], changed: dict[str, str | None], kind: Kind, line: int, message: str
) -> None:
    found = problems(row(fields, **changed))
    assert (kind, line, message) in found
    assert len(found) == (2 if "lable" in changed else 1)
    # In the second place, all lines move; the good row before stays.
    table = parse(row(SAID) + row(fields, **changed), SOURCES)
    assert [metric.id for metric in table.metrics] == ["rate"]
    assert (kind, line + 8, message) in [(p.kind, p.line, p.message) for p in table.problems]


def test_all_mistakes_of_a_row_at_once() -> None:
    found = problems("\n- kind: reported\n  value: 5\n  as-of: x\n  extra: y")
    assert [line for _, line, _ in found] == [5, 2, 2, 2, 2, 2, 3, 4]
    assert problems("- kind: derived") == [
        (Kind.MISSING_FIELD, 1, f"the field '{name}' is missing")
        for name in ("id", "label", "what", "formula", "unit")
    ]


def test_a_body_that_is_no_list() -> None:
    assert [kind for kind, _, _ in problems("a: b")] == [Kind.BAD_YAML]


@given(st.text(max_size=100), st.sampled_from(sorted(SAID | DERIVED | {"digits": "", "via": ""})))
def test_any_text_in_a_field_gives_metrics_or_problems(text: str, name: str) -> None:
    fields = DERIVED if name in DERIVED and name not in SAID else SAID
    table = parse(row(fields | {name: text.replace("'", "''")}), SOURCES)
    assert table.metrics or table.problems


# --- what a program has computed ---

MODELLED = {
    "id": "peak", "label": "Peak", "what": "what it is", "kind": "modelled",
    "output": "stripe/storm#peak", "unit": "request/s",
}  # fmt: skip
BROKEN = "the stored output 'stripe/broken' is not what 'make outputs' writes"
RUN = Measured(date(2026, 11, 30), 2, "3.11.7", "x86_64", "Linux", {})
STORED: dict[str, Stored | Problem] = {
    "stripe/storm": Output("stripe/storm", {}, {"peak": 1234.56, "mean": 0.1, "most": 10**20}),
    "stripe/timed": Output("stripe/timed", {}, {"ms": 4, "slow ratio": 1.3}, RUN),
    "stripe/other": Output("stripe/other", {}, {"ms": 4, "ratio": 1.3}, RUN),
    "stripe/without-fence": Counterexample("stripe/without-fence", (), (), (), "b"),
    "stripe/said": StoredText("stripe/said", ("hello",)),
    "stripe/broken": Problem(Kind.BAD_OUTPUT, BROKEN),
}


def stored(name: str) -> Stored | Problem:
    nothing = Problem(Kind.UNKNOWN_OUTPUT, f"nothing is stored as '{name}'")
    return STORED.get(name, nothing)


def modelled(name: str, output: str, **changed: str | None) -> str:
    return row(MODELLED, id=name, output=f"stripe/storm#{output}", **changed)


def computed(*bodies: str) -> Resolved:
    """The last of the rows, resolved, in a book that has outputs."""
    table = parse("".join(bodies), SOURCES, stored)
    assert not table.problems, table.problems
    done, wrong = resolve({metric.id: metric for metric in table.metrics})
    assert not wrong
    return done[table.metrics[-1].id]


def test_a_modelled_row() -> None:
    result = computed(row(MODELLED, doubt="a model"))
    metric = result.metric
    assert metric.evidence is Evidence.MODELLED
    assert metric.quantity is not None
    assert metric.quantity.low == metric.quantity.high == Fraction("1234.56")
    assert (metric.output, metric.source, metric.formula) == ("stripe/storm", "", None)
    assert (result.as_of, result.date) == (None, "model")
    assert (result.basis, result.evidence_words) == (Evidence.MODELLED, "modelled")
    assert (result.sources, result.outputs) == ((), ("stripe/storm",))
    assert result.doubts == (Text("a model"),)


def test_a_measured_row() -> None:
    result = computed(row(MODELLED, kind="measured", output="stripe/timed#slow ratio"))
    metric = result.metric
    assert (metric.output, metric.measured) == ("stripe/timed", RUN)
    assert (result.date, result.basis) == (
        "30\N{NO-BREAK SPACE}Nov\N{NO-BREAK SPACE}2026",
        Evidence.MEASURED,
    )
    assert result.evidence_words == "measured"
    both = computed(
        row(MODELLED), row(MODELLED, kind="measured", id="t", output="stripe/timed#slow ratio"),
        derived("sum", "peak + t"),
    )  # fmt: skip
    assert both.evidence_words == "derived from measured", "the weaker of the two"
    assert (both.date, both.metric.measured) == (result.date, None)


@pytest.mark.parametrize(
    ("kind", "output", "message"),
    [
        ("measured", "storm#peak", "what is stored as 'stripe/storm' was computed and not "
                                   "measured; its kind is 'modelled'"),
        ("modelled", "timed#ms", "what is stored as 'stripe/timed' was measured; "
                                 "its kind is 'measured'"),
    ],
)  # fmt: skip
def test_what_was_stored_decides_on_the_kind(kind: str, output: str, message: str) -> None:
    table = parse(row(MODELLED, kind=kind, output=f"stripe/{output}"), SOURCES, stored)
    assert not table.metrics
    assert [(p.kind, p.line, p.message) for p in table.problems] == [(Kind.BAD_KIND, 4, message)]


def test_a_time_that_no_ratio_stands_beside_is_lonely() -> None:
    def rows(*named: tuple[str, str, str]) -> list[str]:
        bodies = [
            row(MODELLED, kind="measured", id=name, output=f"stripe/{output}", unit=unit)
            for name, output, unit in named
        ]
        table = parse(row(MODELLED) + "".join(bodies), SOURCES, stored)
        assert not table.problems
        return [metric.id for metric in lonely(table.metrics)]

    time, ratio = ("time", "timed#ms", "ms"), ("part", "timed#slow ratio", "ratio")
    assert rows(time) == ["time"]
    assert rows(time, ratio) == rows(ratio) == rows() == []
    assert rows(time, ratio, ("other", "other#ms", "ms")) == ["other"], "each output by itself"


def test_a_modelled_value_is_exact_and_rounded_when_it_is_printed() -> None:
    assert words(computed(row(MODELLED))) == "1,235 requests/s"
    assert words(computed(row(MODELLED, digits="5"))) == "1,234.6 requests/s"
    three = derived("three", "3 * mean", digits="9")
    assert words(computed(modelled("mean", "mean"), three)) == "0.3 requests/s"
    assert computed(modelled("most", "most")).quantity.low == 10**20


def test_what_is_inherited_from_a_model() -> None:
    rate = said("rate", "5 request/s", as_of="2024", doubt="old")
    result = computed(rate, row(MODELLED, doubt="a model"), derived("sum", "rate + peak + peak"))
    assert (result.basis, result.evidence_words) == (Evidence.MODELLED, "derived from modelled")
    # The date is that of what was said.
    assert (result.date, result.sources) == ("2024", ("home",))
    assert (result.outputs, result.doubts) == (("stripe/storm",), (Text("old"), Text("a model")))
    result = computed(row(MODELLED), modelled("mean", "mean"), derived("sum", "peak + mean"))
    assert (result.as_of, result.date) == (None, "model")
    assert (result.sources, result.outputs) == ((), ("stripe/storm",))
    result = computed(said("rate", "5 request/s", kind="secondary"), derived("half", "rate / 2"))
    assert (result.outputs, result.date) == ((), "2024")


def test_a_model_has_no_age_and_no_year() -> None:
    result = computed(row(MODELLED))
    today = dates.parse("2099")
    assert isinstance(today, Span)
    assert not aged(result, today)
    assert metrics.states_another_number("1,235 requests/s", result) is None
    message = "the words 'in 2024' do not state what the metric prints, "
    assert metrics.states_another_number("in 2024", result) == Problem(
        Kind.WRONG_NUMBER, f"{message}'{result.printed}'"
    )


OF_MODELLED = "; known are id, label, what, kind, doubt, output, unit, digits"
NO_VALUE = "the stored output 'stripe/storm' has no value "


@pytest.mark.parametrize(
    ("changed", "kind", "line", "message"),
    [
        ({"output": None}, Kind.MISSING_FIELD, 1, "the field 'output' is missing"),
        ({"output": ""}, Kind.MISSING_FIELD, 5, "the field 'output' is empty"),
        (
            {"output": "stripe/storm"},
            Kind.BAD_OUTPUT,
            5,
            "name the value as well: 'stripe/storm#…'",
        ),
        # A row that holds only half a name is not dropped without a word.
        ({"output": "#peak"}, Kind.BAD_OUTPUT, 5, "name the output as well: 'study/name#peak'"),
        ({"output": "stripe/storm#"}, Kind.BAD_OUTPUT, 5, NO_VALUE + "''"),
        (
            {"output": "stripe/storm#peek"},
            Kind.BAD_OUTPUT,
            5,
            NO_VALUE + "'peek'; did you mean 'peak'?",
        ),
        ({"output": "stripe/storm#a#b"}, Kind.BAD_OUTPUT, 5, NO_VALUE + "'a#b'"),
        ({"output": "a/b#peak"}, Kind.UNKNOWN_OUTPUT, 5, "nothing is stored as 'a/b'"),
        ({"output": "stripe/broken#peak"}, Kind.BAD_OUTPUT, 5, BROKEN),
        (
            {"output": "stripe/without-fence#peak"},
            Kind.BAD_OUTPUT,
            5,
            "'stripe/without-fence' is a counterexample and has no values",
        ),
        (
            {"output": "stripe/said#peak"},
            Kind.BAD_OUTPUT,
            5,
            "'stripe/said' is a text and has no values",
        ),
        ({"unit": None}, Kind.MISSING_FIELD, 1, "the field 'unit' is missing"),
        ({"unit": "zzz"}, Kind.UNKNOWN_UNIT, 6, "unknown unit 'zzz'; the units are listed in "
                                                "core/metrics/units.toml"),
        ({"digits": "0"}, Kind.BAD_VALUE, 7, "'digits' is a number from 1 to 9, not '0'"),
        ({"as_of": "2024"}, Kind.UNKNOWN_FIELD, 7, "unknown field 'as-of'" + OF_MODELLED),
        ({"formula": "x"}, Kind.UNKNOWN_FIELD, 7, "unknown field 'formula'" + OF_MODELLED),
        ({"source": "home"}, Kind.UNKNOWN_FIELD, 7, "unknown field 'source'" + OF_MODELLED),
    ],
    ids=str,
)  # fmt: skip
def test_each_mistake_of_a_modelled_row(
    changed: dict[str, str | None], kind: Kind, line: int, message: str
) -> None:
    table = parse(row(MODELLED, **changed), SOURCES, stored)
    assert not table.metrics
    assert [(p.kind, p.line, p.message) for p in table.problems] == [(kind, line, message)]


def test_all_mistakes_of_a_modelled_row_at_once() -> None:
    table = parse(row(MODELLED, output="a/b#c", unit="zzz", digits="x"), SOURCES, stored)
    assert [(p.kind, p.line) for p in table.problems] == [
        (Kind.UNKNOWN_UNIT, 6),
        (Kind.BAD_VALUE, 7),
        (Kind.UNKNOWN_OUTPUT, 5),
    ]


def test_a_book_without_outputs() -> None:
    assert problems(row(MODELLED)) == [
        (Kind.UNKNOWN_OUTPUT, 5, "there is no stored output 'stripe/storm'")
    ]


@given(st.text(max_size=30) | st.lists(st.sampled_from(["stripe/storm", "#", "peak"])).map("".join))
def test_a_modelled_row_is_a_metric_or_a_problem(output: str) -> None:
    table = parse(row(MODELLED, output=output.replace("'", "''")), SOURCES, stored)
    assert bool(table.metrics) is not bool(table.problems)


# --- computing ---


def test_values_dates_sources_and_doubts_are_inherited() -> None:
    result = resolved(
        said("a", ">= 500e6 request/day", as_of="2023..2025", doubt="undated"),
        said("b", "27395 request/s", as_of="2022-11-24", source="blog", kind="secondary"),
        derived("mean", "a", doubt="a mean"),
        derived("ratio", "b / mean", "ratio", digits="3", doubt="crude"),
    )
    assert words(result) == "≤ 4.74 ×"
    assert result.as_of.iso() == "2022-11-24..2025"
    assert result.basis is Evidence.SECONDARY
    assert result.sources == ("blog", "home")
    assert result.doubts == (Text("crude"), Text("a mean"), Text("undated"))
    assert result.evidence_words == "derived from secondary"


def test_the_words_of_evidence() -> None:
    rate = said("a", "5 request/s")
    assert resolved(rate).evidence_words == "reported"
    assert resolved(said("a", "5 request/s", kind="secondary")).evidence_words == "secondary"
    assert resolved(rate, derived("b", "a")).evidence_words == "derived"
    assert [kind.weight for kind in Evidence] == [0, 1, 2, 3, 4]


def test_a_typed_value_is_not_rounded_and_a_computed_one_is() -> None:
    rate = said("a", "123.456 request/s")
    assert words(resolved(rate)) == "123.456 requests/s"
    assert words(resolved(rate, derived("b", "a"))) == "123.5 requests/s"
    assert words(resolved(rate, derived("b", "a", digits="2"))) == "120 requests/s"
    assert words(resolved(rate, derived("b", "a", "request/day"))) == "10.67 million requests/day"


def test_a_doubt_comes_once() -> None:
    rows = [said(name, "5 request/s", doubt="same") for name in "ab"]
    assert resolved(*rows, derived("c", "a + b", doubt="same")).doubts == (Text("same"),)
    assert resolved(said("a", "5 request/s")).doubts == ()


A = said("a", "5 request/s")


@pytest.mark.parametrize(
    ("bodies", "found"),
    [
        ([derived("x", "x")], [("x", "the formula refers to itself: x → x")]),
        (
            [derived("z", "x"), derived("y", "z"), derived("x", "y")],
            [("x", "the formula refers to itself: x → y → z → x")],
        ),
        (
            [derived("b", "c"), derived("c", "b"), derived("x", "y"), derived("y", "x * 2")],
            [
                ("b", "the formula refers to itself: b → c → b"),
                ("x", "the formula refers to itself: x → y → x"),
            ],
        ),
        (
            [
                A,
                derived("m", "n + a"),
                derived("n", "m"),
                derived("b", "m"),
                derived("c", "b + zz"),
            ],
            [
                ("m", "the formula refers to itself: m → n → m"),
                ("c", "unknown metric 'zz'"),
            ],
        ),
        ([A, derived("b", "a + aa")], [("b", "unknown metric 'aa'; did you mean 'a'?")]),
        ([derived("b", "zz"), derived("c", "b")], [("b", "unknown metric 'zz'")]),
        (
            [A, derived("b", "a + 1")],
            [("b", "the formula of 'b' fails: requests/s cannot be added to a plain number")],
        ),
        (
            [A, derived("b", "a", "s")],
            [("b", "the formula of 'b' gives requests/s, which is not a kind of s")],
        ),
        (
            [said("a", "5 %"), derived("b", "a * 2", "s")],
            [("b", "the formula of 'b' gives %, which is not a kind of s")],
        ),
        (
            [said("a", ">= 5 s"), derived("b", "a - a", "s")],
            [("b", "the bounds in the formula of 'b' leave every value possible")],
        ),
        (
            [said("a", "0 s"), derived("b", "1 / a", "hertz")],
            [("b", "the formula of 'b' fails: the divisor may be nought")],
        ),
    ],
    ids=lambda value: value[0][0] if isinstance(value[0], tuple) else None,
)
def test_misfits(bodies: list[str], found: list[tuple[str, str]]) -> None:
    kinds = {True: Kind.UNKNOWN_METRIC, False: Kind.BAD_FORMULA}
    expected = [(name, kinds[m.startswith("unknown")], m) for name, m in found]
    assert misfits(*bodies) == misfits(*bodies[::-1]) == expected
    # Whatever fails, the others are there.
    done, _ = resolve(book(*bodies, said("other", "1 s")))
    assert "other" in done
    assert not done.keys() & {name for name, _ in found}


def test_nothing_to_resolve() -> None:
    assert resolve({}) == ({}, {})


@given(st.data())
def test_the_order_of_the_rows_does_not_matter(data: st.DataObject) -> None:
    names = ["a", "b", "c", "d", "e"]
    some = st.lists(st.sampled_from([*names, "zz", "2"]), min_size=1, max_size=3).map(" + ".join)
    rows = [
        derived(name, formula)
        if "2" not in (formula := data.draw(some))
        else said(name, f"{len(formula)} request/s", doubt=formula, as_of=f"200{len(formula) % 10}")
        for name in names
    ]
    known = book(*rows)
    shuffled = dict(data.draw(st.permutations(list(known.items()))))
    done, wrong = resolve(known)
    again, wrong_again = resolve(shuffled)
    assert list(done.items()) == list(again.items())
    assert list(wrong.items()) == list(wrong_again.items())
    assert done.keys().isdisjoint(wrong)


# --- words ---

LINKS = [
    ("5 s", "five or so seconds", True),
    ("5 s", "5 seconds", True),
    ("5 s", "5.0 s", True),
    ("5 s", "six or 7 seconds", False),
    (">= 24 hour", "24 hours", True),
    (">= 24 hour", "at least 24, in general", True),
    (">= 24 hour", "24.", True),
    (">= 24 hour", "at least 24h", True),
    (">= 24 hour", "240 hours", False),
    (">= 500 s", "2.5", False),
    (">= 500 s", "50", False),
    ("12345 s", "12,345 s", True),
    ("12345 s", "12345 s", True),
    ("12345 s", "123,45 s", False),
    ("0.5 s", "0.5 s", True),
    ("0.5 s", "0,5 s", False),
    ("5 s", "٥ s", True),
    ("5 s", "٦ s", False),
    ("-5 dB", "-5 dB", True),
    ("99.999 percent", "99.999 %", True),
    ("99.999 percent", "99.99 %", False),
    # scales
    (">= 500e6 request", "at least 500 million requests", True),
    (">= 500e6 request", "0.5 billion", True),
    (">= 500e6 request", "500,000,000 requests", True),
    (">= 500e6 request", "half a million", True),
    (">= 500e6 request", "millions of requests", True),
    (">= 500e6 request", "500 requests", False),
    (">= 500e6 request", "500 thousand requests", False),
    (">= 500e6 request", "500 billion requests", False),
    (">= 500e6 request", "half a billion", False),
    (">= 500 request", "500 million", False),
    (">= 500 request", "a million", False),
    ("12000 request", "12 thousand", True),
    ("12000 request", "12,000 of a million", True),
    ("2e6..4e6 request", "2 to 4 million", True),
    ("2e6..4e6 request", "2–4 million", True),
    ("2e6..4e6 request", "2 to 5 million", False),
    ("2..4 s", "from 2 s", True),
    # years of the date, not its days
    ("5 s", "5 s in 2023", True),
    ("5 s", "in 2024", True),
    ("5 s", "in 2022", False),
    ("5 s", "24 s", False),
    ("5 s", "23 s", False),
    # what is no cardinal number
    ("5 s", "the 99th percentile, 5 s", True),
    ("5 s", "the 1st, 2nd and 3rd", True),
    ("5 s", "p99 of HTTP2", True),
    ("5 s", "version 5.1.2", True),
]  # fmt: skip


@pytest.mark.parametrize(("value", "link", "right"), LINKS)
def test_the_words_of_a_link(value: str, link: str, right: bool) -> None:
    result = resolved(said("a", value, as_of="2023-11-24..2024-01-03"))
    message = f"the words {link!r} do not state what the metric prints, '{result.printed}'"
    assert metrics.states_another_number(link, result) == (
        None if right else Problem(Kind.WRONG_NUMBER, message)
    )


@given(st.integers(0, 10**12), st.integers(0, 999))
def test_what_is_printed_may_be_said(whole: int, part: int) -> None:
    result = resolved(said("a", f"{whole}.{part:03d} request"))
    assert metrics.states_another_number(f"about {words(result)}, or so", result) is None
    other = resolved(said("a", f"{whole + 1}.{part:03d} request"))
    assert metrics.states_another_number(words(other), result)


# --- age ---


@pytest.mark.parametrize(
    ("date", "today", "old"),
    [
        ("2024-02-29", "2026-02-28", False),
        ("2024-02-29", "2026-03-01", True),
        ("2022-02-28", "2024-02-28", False),
        ("2022-02-28", "2024-02-29", True),
        ("2023", "2025-12-31", False),
        ("2023", "2026-01-01", True),
        ("2001..2024", "2026-12-31", False),
        ("2024-05", "2026", True),
        ("2030", "2026", False),
    ],
)
def test_aged(date: str, today: str, old: bool) -> None:
    now = dates.parse(today)
    assert isinstance(now, Span)
    result = resolved(said("a", "5 s", as_of=date))
    assert aged(result, now) is old
    assert not aged(result, now, years=30)


def test_a_line_is_no_part_of_what_is_shown() -> None:
    metric = book(row(SAID))["rate"]
    assert repr(replace(metric, line=99, formula_line=98)) == repr(metric)
