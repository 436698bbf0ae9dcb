"""The reader of YAML bodies: strings stay strings, and nothing else gets in or out."""

from __future__ import annotations

import pytest
import yaml
from casebook.core.problems import Kind, Problem
from casebook.core.text import yaml_records
from casebook.core.text.yaml_records import (
    Mapping,
    Node,
    Scalar,
    Sequence,
    YamlRecord,
    load,
    records,
)
from hypothesis import given
from hypothesis import strategies as st


def plain(node: Node | Problem) -> object:
    match node:
        case Scalar():
            return node.text
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {key.text: plain(value) for key, value in node.entries}
    raise AssertionError(node)


def refusal(text: str) -> tuple[int, str]:
    found = load(text)
    assert isinstance(found, Problem), found
    assert found.kind is Kind.BAD_YAML
    return found.line, found.message


def record(text: str) -> YamlRecord:
    found, problems = records(text)
    assert not problems
    return found[0]


def said(one: YamlRecord) -> list[tuple[Kind, int, str]]:
    return [(p.kind, p.line, p.message) for p in one.problems]


@pytest.mark.parametrize(
    "scalar",
    ["2020-13-45", "1.10", "12:30", "no", "~", "null", "0x1F", "1e3", "=", "<<", "9**9**9", ".inf"],
)
def test_a_scalar_stays_what_was_written(scalar: str) -> None:
    assert plain(load(f"- a: {scalar}")) == [{"a": scalar}]
    assert plain(load(f"{scalar}: a")) == {scalar: "a"}


def test_shapes_and_lines() -> None:
    text = "# note\n- a: one\n  b: [x, y]\n\n- c: >\n    folded\n    text\n  d:\n  - e\n"
    node = load(text)
    assert plain(node) == [{"a": "one", "b": ["x", "y"]}, {"c": "folded text\n", "d": ["e"]}]
    assert isinstance(node, Sequence)
    first, second = node.items
    assert (first.line, second.line) == (2, 5)
    assert isinstance(second, Mapping)
    assert [(key.line, value.line) for key, value in second.entries] == [(5, 6), (8, 9)]


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("", 1, "the body is empty"),
        ("# only a remark\n", 1, "the body is empty"),
        ("a: 1\nb: 2\na: 3", 3, "the field 'a' stands twice in one record"),
        ('"a\\nb": 1\n"a\\nb": 2', 2, "the field 'a b' stands twice in one record"),
        ("- &x a", 1, "YAML anchors are not allowed here: '&x'"),
        ("- &x [a]", 1, "YAML anchors are not allowed here: '&x'"),
        ("- a\n- *x", 2, "YAML aliases are not allowed here: '*x'"),
        ("- a\n- !!int 3", 2, "YAML tags are not allowed here: 'tag:yaml.org,2002:int'"),
        ("!x {a: b}", 1, "YAML tags are not allowed here: '!x'"),
        ("%YAML 1.1\n---\na", 1, "YAML directives (%YAML, %TAG) are not allowed here"),
        ("%TAG ! !x\n---\na", 1, "YAML directives (%YAML, %TAG) are not allowed here"),
        ("\n%OTHER x\n---\na", 2, "YAML directives (%YAML, %TAG) are not allowed here"),
        ("a\n---\nb", 2, "a second YAML document; one body holds one document"),
        ("--- a\n...\n--- b", 3, "a second YAML document; one body holds one document"),
        ("a: b\n? [c]\n: d", 2, "a key must be plain text"),
        ("{[a]: b}", 1, "a key must be plain text"),
        ("[" * 7 + "]" * 7, 1, "YAML nested deeper than 6 levels"),
        ("[" * 9999, 1, "YAML nested deeper than 6 levels"),
        ("a: [b\n", 2, "this is not YAML: expected ',' or ']', but got '<stream end>'"),
        ("a: b: c", 1, "this is not YAML: mapping values are not allowed here"),
        ("a: 'b\n\nc", 3, "this is not YAML: found unexpected end of stream"),
        ("- a\n- @b", 2, "this is not YAML: found character '@' that cannot start any token"),
        ("a: b\nc: \x00", 2, "the character '\\x00' is not allowed here"),
        ("a: b\nc: \ud800", 2, "the character '\\ud800' is not allowed here"),
        ('a: b\nc: "\\0"', 2, "the character '\\x00' is not allowed here"),
        ('a: b\nc: "\\ud800"', 2, "the character '\\ud800' is not allowed here"),
        ('a: b\nc: "\\UFFFFFFFF"', 2, "this is not YAML: a number or an escape is too large"),
        ('a: b\nc: "\\U00110000"', 2, "this is not YAML: a number or an escape is too large"),
        (
            "%YAML 1." + "1" * 5000 + "\n---\na",
            1,
            "this is not YAML: a number or an escape is too large",
        ),
        ("a" * 65_537, 1, "the body is longer than 65,536 characters"),
    ],
    ids=lambda value: repr(value)[:30],
)
def test_refused(text: str, line: int, message: str) -> None:
    assert refusal(text) == (line, message)


def test_a_bomb_is_refused_at_its_first_anchor() -> None:
    lines = ["- &a0 [x, x]", *(f"- &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 40))]
    assert refusal("\n".join(lines)) == (1, "YAML anchors are not allowed here: '&a0'")


def test_what_is_just_within_the_limits() -> None:
    assert plain(load("[" * 6 + "]" * 6)) == [[[[[[]]]]]]
    assert plain(load("a" * 65_536)) == "a" * 65_536


PIECES = st.sampled_from(
    [
        *"abc019 \n\n:-#&*!|>'\"%@`{}[],?.~\\\t",
        "- ",
        ": ",
        "\n  ",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "!!str ",
        "&a ",
        "*a ",
        "\\x00",
        "\\UFFFFFFFF",
        "<<: ",
        "\x00",
        "\ufeff",
        "é",
        "\u2028",
    ]
)


@given(st.one_of(st.text(max_size=200), st.lists(PIECES, max_size=60).map("".join)))
def test_any_text_gives_a_node_or_a_problem(text: str) -> None:
    node = load(text)
    assert isinstance(node, Scalar | Sequence | Mapping | Problem)
    found, problems = records(text)
    assert found or problems
    assert all(1 <= p.line <= len(text) + 1 for p in problems)


PRINTABLE = st.text(
    st.characters().filter(lambda c: not yaml.SafeLoader.NON_PRINTABLE.search(c)), max_size=20
)
NESTED = st.recursive(
    PRINTABLE,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(PRINTABLE, inner, max_size=3),
    max_leaves=8,
)


def depth(value: object) -> int:
    inner = list(value.values()) if isinstance(value, dict) else value
    return 1 + max(map(depth, inner), default=0) if isinstance(inner, list) else 0


@given(NESTED.filter(lambda value: depth(value) <= yaml_records.MAX_DEPTH))
def test_what_was_dumped_comes_back(value: object) -> None:
    dumper = type("Dumper", (yaml.SafeDumper,), {"ignore_aliases": lambda *_: True})
    assert plain(load(yaml.dump(value, Dumper=dumper, default_style='"'))) == value


@given(st.text(min_size=1, max_size=20))
def test_a_dumped_string_comes_back_or_is_refused(text: str) -> None:
    node = load(yaml.safe_dump([text], default_style='"'))
    if yaml.SafeLoader.NON_PRINTABLE.search(text):
        assert isinstance(node, Problem)
    else:
        assert plain(node) == [text]


# --- records ---


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("a: b", [(1, "; found a single record")]),
        ("\njust words", [(2, "; found plain text")]),
        ("[]", [(1, "; found an empty list")]),
        ("- a: b\n- c\n- [d]", [(2, "; this item is none"), (3, "; this item is none")]),
        ("- a: 'b", None),
    ],
)
def test_a_body_is_a_list_of_records(text: str, problems: list[tuple[int, str]] | None) -> None:
    shape = "the body must be a list of records, each starting with '- '"
    found, reported = records(text)
    if problems is None:
        assert not found
        assert [p.message[:16] for p in reported] == ["this is not YAML"]
    else:
        assert [(p.line, p.message) for p in reported] == [(n, shape + m) for n, m in problems]
        assert len(found) == text.count("- a")


def test_unknown_fields() -> None:
    one = record('- label: a\n  lable: b\n  zebra: c\n  "x\\ny": d')
    one.check_fields(("label", "note"))
    assert said(one) == [
        (Kind.UNKNOWN_FIELD, 2, "unknown field 'lable'; did you mean 'label'?"),
        (Kind.UNKNOWN_FIELD, 3, "unknown field 'zebra'; known are label, note"),
        (Kind.UNKNOWN_FIELD, 4, "unknown field 'x y'; known are label, note"),
    ]


def test_texts() -> None:
    one = record("- a: one\n    two\n  b: [x]\n  c:\n  d: ' '")
    assert ("a" in one, "z" in one) == (True, False)
    assert (one.text("a"), one.need("a"), one.text("z")) == ("one two", "one two", "")
    assert not one.problems
    assert [one.text("b"), one.need("c"), one.text("d"), one.need("z", "; say why")] == [""] * 4
    assert said(one) == [
        (Kind.BAD_YAML, 3, "the field 'b' must be plain text"),
        (Kind.MISSING_FIELD, 4, "the field 'c' is empty"),
        (Kind.MISSING_FIELD, 5, "the field 'd' is empty"),
        (Kind.MISSING_FIELD, 1, "the field 'z' is missing; say why"),
    ]


def test_lists() -> None:
    one = record("- a: [x, y]\n  b: x\n  c: []\n  d:\n  - x\n  - [y]")
    assert [item.text for item in one.need_list("a")] == ["x", "y"]
    assert not one.problems
    got = [one.need_list(field) for field in "bcdz"]
    assert got == [(), (), (Scalar("x", 5),), ()]
    assert said(one) == [
        (Kind.BAD_YAML, 2, "the field 'b' must be a list of plain texts"),
        (Kind.BAD_YAML, 3, "the field 'c' must be a list of plain texts"),
        (Kind.BAD_YAML, 5, "the field 'd' must be a list of plain texts"),
        (Kind.MISSING_FIELD, 1, "the field 'z' is missing"),
    ]


def test_a_report_stands_at_its_field_or_its_record() -> None:
    one = record("\n- a: b\n  c: d")
    one.report(Kind.BAD_ID, "here", "c")
    one.report(Kind.BAD_ID, "there", "z")
    one.report(Kind.BAD_ID, "above")
    assert [p.line for p in one.problems] == [3, 2, 2]


def test_one_text_or_a_list_of_them() -> None:
    one = record("- a: x\n    y\n  b: [x, y z]\n  c:\n  d: [x, [y]]\n  e: {x: y}")
    assert one.texts("a") == (Scalar("x y", 1),)
    assert one.texts("b") == (Scalar("x", 3), Scalar("y z", 3))
    assert not one.problems
    got = [one.texts(field) for field in "cdez"]
    assert got == [(Scalar("", 4),), (Scalar("x", 5),), (), ()]
    assert said(one) == [
        (Kind.MISSING_FIELD, 4, "the field 'c' is empty"),
        (Kind.BAD_YAML, 5, "the field 'd' must be a list of plain texts"),
        (Kind.BAD_YAML, 6, "the field 'e' must be a list of plain texts"),
        (Kind.MISSING_FIELD, 1, "the field 'z' is missing"),
    ]


def test_mappings() -> None:
    one = record("- a: {x: 1, y: two}\n  b:\n    x: 1\n    y: [2]\n  c: {}\n  d: [x]\n  e: x")
    assert one.need_mapping("a") == {"x": Scalar("1", 1), "y": Scalar("two", 1)}
    assert not one.problems
    assert [one.need_mapping(field) for field in "bcdez"] == [{"x": Scalar("1", 3)}, {}, {}, {}, {}]
    shape = "must map names to plain texts"
    assert said(one) == [
        (Kind.BAD_YAML, 3, f"the field 'b' {shape}"),
        (Kind.BAD_YAML, 5, f"the field 'c' {shape}"),
        (Kind.BAD_YAML, 6, f"the field 'd' {shape}"),
        (Kind.BAD_YAML, 7, f"the field 'e' {shape}"),
        (Kind.MISSING_FIELD, 1, "the field 'z' is missing"),
    ]


def test_an_empty_text_in_a_mapping_is_none() -> None:
    one = record("- a:\n    x: 1\n    y:\n    z: ' '")
    one.need_mapping("a")
    assert said(one) == [
        (Kind.MISSING_FIELD, 3, "the field 'y' in 'a' is empty"),
        (Kind.MISSING_FIELD, 4, "the field 'z' in 'a' is empty"),
    ]


def test_records_within_a_record() -> None:
    one = record(
        "- a:\n  - x: 1\n  - y: 2\n    z: 3\n  b: [{x: 1}, y]\n  c: []\n  d: {x: 1}\n  e: x"
    )
    first, second = one.need_records("a")
    assert (first.line, first.text("x"), second.line, second.line_of("z")) == (2, "1", 3, 4)
    assert not one.problems
    assert [len(one.need_records(field)) for field in "bcdez"] == [1, 0, 0, 0, 0]
    assert said(one) == [
        (Kind.BAD_YAML, 5, "the field 'b' must be a list of records"),
        (Kind.BAD_YAML, 6, "the field 'c' must be a list of records"),
        (Kind.BAD_YAML, 7, "the field 'd' must be a list of records"),
        (Kind.BAD_YAML, 8, "the field 'e' must be a list of records"),
        (Kind.MISSING_FIELD, 1, "the field 'z' is missing"),
    ]
    # What is wrong within one stays with it.
    first.need("y")
    assert said(first) == [(Kind.MISSING_FIELD, 2, "the field 'y' is missing")]


# --- a body that is one record ---


def test_a_body_of_one_record() -> None:
    one = yaml_records.record("\na: b\nc: [d]")
    assert isinstance(one, YamlRecord)
    assert (one.line, one.text("a"), one.line_of("c")) == (2, "b", 3)


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("\n- a: b", 2, "the body must be one record, of lines 'field: …'"),
        ("words", 1, "the body must be one record, of lines 'field: …'"),
        ("# only a remark", 1, "the body is empty"),
        ("a: b\na: c", 2, "the field 'a' stands twice in one record"),
    ],
)
def test_a_body_that_is_not_one_record(text: str, line: int, message: str) -> None:
    assert yaml_records.record(text) == Problem(Kind.BAD_YAML, message, line)


@given(st.text(max_size=100) | st.lists(PIECES, max_size=40).map("".join))
def test_any_text_gives_one_record_or_a_problem(text: str) -> None:
    found = yaml_records.record(text)
    assert isinstance(found, YamlRecord | Problem)
    assert 1 <= found.line <= len(text) + 1


# --- a body that is a list of names ---


def test_a_body_of_names() -> None:
    found = yaml_records.names("\n- one\n\n- two words")
    assert found == (Scalar("one", 2), Scalar("two words", 4))


@pytest.mark.parametrize("text", ["", "one", "a: b", "- a: b", "- one\n- a: b", "- [one]", "- '"])
def test_a_body_of_anything_else_holds_no_names(text: str) -> None:
    assert yaml_records.names(text) is None
