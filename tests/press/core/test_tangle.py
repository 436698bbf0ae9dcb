"""From chunks to files: what goes where, and where it comes from."""

from __future__ import annotations

import re
from collections import Counter

import pytest
from casebook.core.literate.program import Program
from casebook.core.literate.tangle import Line, Tangled, syntax_problems
from casebook.core.problems import Kind
from hypothesis import given
from hypothesis import strategies as st

from .webs import Block, Web, chunk, good, line_of, read, said, webs


def text_of(page: str) -> str:
    (file,) = good(page).files
    return file.text


def file(*lines: str) -> Tangled:
    return Tangled("a/b.py", tuple(Line(text, 10 * n) for n, text in enumerate(lines, 1)))


def test_a_page_without_code_has_no_files() -> None:
    assert read("# Page\n\n```python\nx = 1\n```\n") == (Program(), [])


def test_a_file() -> None:
    (found,) = good("Words.\n\n" + chunk("top", "x = 1\n\ny = 2", "pack/sub/mod.py")).files
    assert found.lines == (Line("x = 1", 5), Line("", 6), Line("y = 2", 7))
    assert found.text == "x = 1\n\ny = 2\n"
    assert (found.path, found.package, found.module) == ("pack/sub/mod.py", "pack", "pack.sub.mod")
    assert [found.origin(n).origin for n in (-1, 0, 1, 2, 3, 4)] == [5, 5, 5, 6, 7, 7]


@pytest.mark.parametrize(
    ("path", "module"),
    [("a/__init__.py", "a"), ("a/b/__init__.py", "a.b"), ("a/__main__.py", "a.__main__")],
)
def test_the_name_by_which_a_file_is_imported(path: str, module: str) -> None:
    assert Tangled(path, ()).module == module


@pytest.mark.parametrize(
    ("lines", "purpose"),
    [
        (['"""What for."""'], "What for."),
        (["# note", "'What for.\\nAnd more.'", "x = 1"], "What for."),
        (['"""', "    What for.", "", '    """'], "What for."),
        (["x = 1", '"""What for."""'], ""),
        ([], ""),
        (["f'What for.'"], ""),
        (["b'What for.'"], ""),
        (['"""What for.'], ""),  # what Python cannot read is reported elsewhere
        (["'\\N{nothing}'"], ""),
    ],
)
def test_the_purpose_of_a_file_is_the_first_line_of_its_docstring(
    lines: list[str], purpose: str
) -> None:
    assert file(*lines).purpose == purpose


def test_what_is_added_reaches_its_place() -> None:
    page = (
        chunk("top", "x = [\n    <<items>>\n]", "a/b.py")
        + chunk("items", "1,")
        + chunk("end", "print(x)", "a/b.py")
        + chunk("items", "2,", option="append")
        + chunk("top", "y = 3", option="append")
        + chunk("items", "4,", option="append")
    )
    assert text_of(page) == "x = [\n    1,\n    2,\n    4,\n]\ny = 3\n\n\nprint(x)\n"


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 0, 2)])
def test_a_chunk_stands_where_it_is_used_with_its_indentation(order: tuple[int, ...]) -> None:
    chunks = [
        chunk("top", "def f():\n    <<body>>", "a/b.py"),
        chunk("body", "if x:\n\n    <<inner>>\n\nreturn y"),
        chunk("inner", "for y in x:\n\n  pass"),
    ]
    page = "".join(chunks[i] for i in order)
    (found,) = good(page).files
    assert found.text == (
        "def f():\n    if x:\n\n        for y in x:\n\n          pass\n\n    return y\n"
    )
    assert [(line.origin, line.indent) for line in found.lines] == [
        (line_of(page, "def f"), 0),
        (line_of(page, "if x"), 4),
        (line_of(page, "if x") + 1, 4),
        (line_of(page, "for y"), 8),
        (line_of(page, "for y") + 1, 8),
        (line_of(page, "  pass"), 8),
        (line_of(page, "return") - 1, 4),
        (line_of(page, "return"), 4),
    ]


def test_only_a_line_of_its_own_stands_for_a_chunk() -> None:
    code = "x = 1 <<top>> 2\ny = '<<top>>'\nz = 1 <<2\n<<end>>  "
    page = chunk("top", code, "a/b.py") + chunk("end", "w = 1")
    assert text_of(page) == "x = 1 <<top>> 2\ny = '<<top>>'\nz = 1 <<2\nw = 1\n"


def test_parts_of_a_file_stand_apart_as_formatters_set_them() -> None:
    page = (
        chunk("one", "class A:\n    x = 1", "a/b.py")
        + chunk("two", "    y = 2", "a/b.py")
        + chunk("other", "q = 0", "a/c.py")
        + chunk("three", "z = 3", "a/b.py")
        + chunk("four", "    <<five>>", "a/d.py")
        + chunk("five", "pass")
    )
    found = {f.path: f for f in read(page)[0].files}
    assert list(found) == ["a/b.py", "a/c.py", "a/d.py"]
    assert found["a/b.py"].text == "class A:\n    x = 1\n\n    y = 2\n\n\nz = 3\n"
    assert found["a/c.py"].text == "q = 0\n"
    y, z = line_of(page, "y = 2"), line_of(page, "z = 3")
    assert [line.origin for line in found["a/b.py"].lines[2:]] == [y, y, z, z, z]


def test_a_part_that_begins_with_a_chunk_stands_as_that_chunk_does() -> None:
    page = (
        chunk("one", "class A:\n    x = 1", "a/b.py")
        + chunk("two", "    <<body>>", "a/b.py")
        + chunk("body", "y = 2")
        + chunk("three", "<<end>>", "a/b.py")
        + chunk("end", "z = 3")
    )
    assert text_of(page) == "class A:\n    x = 1\n\n    y = 2\n\n\nz = 3\n"


# --- how chunks hang together ---

NEVER = "the chunk '{0}' is never used; write '<<{0}>>' where it belongs, or name its file"
CIRCLE = "chunks that hold each other can never be printed: "


@pytest.mark.parametrize(
    ("page", "problems"),
    [
        (
            chunk("top", "<<bodi>>\n<<zebra>>", "a/b.py") + chunk("body", "x = 1"),
            [
                (Kind.UNKNOWN_CHUNK, 3, "unknown chunk 'bodi'; did you mean 'body'?"),
                (Kind.UNKNOWN_CHUNK, 4, "unknown chunk 'zebra'"),
            ],
        ),
        (
            chunk("top", "<< body >>\n<<>>\n<<body>>", "a/b.py") + chunk("body", "x = 1"),
            [
                (Kind.UNKNOWN_CHUNK, 3, "unknown chunk ' body '; did you mean 'body'?"),
                (Kind.UNKNOWN_CHUNK, 4, "unknown chunk ''"),
            ],
        ),
        # Only what could be used is suggested.
        (
            chunk("top", "<<to>>", "a/b.py"),
            [(Kind.UNKNOWN_CHUNK, 3, "unknown chunk 'to'")],
        ),
        (chunk("one", "<<one>>"), [(Kind.CHUNK_USE, 3, CIRCLE + "'one' in 'one'")]),
        (
            chunk("one", "x = 1\n<<two>>") + chunk("two", "<<one>>"),
            [(Kind.CHUNK_USE, 9, CIRCLE + "'one' in 'two' in 'one'")],
        ),
        (
            chunk("one", "<<two>>\n<<off>>")
            + chunk("off", "x = 1")
            + chunk("two", "<<three>>")
            + chunk("three", "<<one>>")
            + chunk("top", "y = 1", "a/b.py"),
            [(Kind.CHUNK_USE, 19, CIRCLE + "'one' in 'three' in 'two' in 'one'")],
        ),
        (
            chunk("off", "x = 1") + chunk("one", "<<off>>\n<<one>>") + chunk("two", "<<two>>"),
            [
                (Kind.CHUNK_USE, 9, CIRCLE + "'one' in 'one'"),
                (Kind.CHUNK_USE, 14, CIRCLE + "'two' in 'two'"),
            ],
        ),
        (
            chunk("top", "<<body>>", "a/b.py")
            + chunk("body", "x = 1")
            + chunk("end", "<<body>>\n<<body>>", "a/b.py"),
            [
                (Kind.CHUNK_USE, 13, "the chunk 'body' is used already, in line 3"),
                (Kind.CHUNK_USE, 14, "the chunk 'body' is used already, in line 3"),
            ],
        ),
        (
            chunk("one", "<<two>>") + chunk("two", "<<one>>") + chunk("top", "<<two>>", "a/b.py"),
            [
                (Kind.CHUNK_USE, 8, CIRCLE + "'one' in 'two' in 'one'"),
                (Kind.CHUNK_USE, 13, "the chunk 'two' is used already, in line 3"),
            ],
        ),
        (chunk("one", "x = 1"), [(Kind.CHUNK_USE, 1, NEVER.format("one"))]),
        # All problems stand in the order of the page.
        (
            chunk("one", "x = 1") + chunk("two", 75 * "x") + chunk("three", "x = 1"),
            [
                (Kind.CHUNK_USE, 1, NEVER.format("one")),
                (Kind.CHUNK_USE, 6, NEVER.format("two")),
                (Kind.LONG_CHUNK, 8, "the line has 75 columns, and 74 is the limit"),
                (Kind.CHUNK_USE, 11, NEVER.format("three")),
            ],
        ),
        (
            chunk("top", "x = 1", "a/b.py") + chunk("end", "<<top>>\n<<top>>", "a/c.py"),
            [
                (
                    Kind.CHUNK_USE,
                    n,
                    "the chunk 'top' has its place in a file and cannot be used again",
                )
                for n in (8, 9)
            ],
        ),
    ],
    ids=lambda value: "" if isinstance(value, list) else re.sub(r"\W+", " ", value)[:40],
)
def test_chunks_that_do_not_hang_together_make_no_file(
    page: str, problems: list[tuple[Kind, int, str]]
) -> None:
    found, _ = read(page)
    assert said(page) == problems
    assert found.files == ()
    assert found.chunks


def test_with_a_chunk_refused_nothing_else_is_looked_for() -> None:
    page = chunk("top", "<<body>>", "a/b.py") + chunk("Body", "x = 1")
    found, problems = read(page)
    assert [(p.kind, p.line) for p in problems] == [(Kind.BAD_ID, 6)]
    assert (found.files, found.refused) == ((), frozenset({6}))


# --- what Python says ---


@pytest.mark.parametrize(
    ("body", "line", "message"),
    [
        ("x = (1", 9, "'(' was never closed"),
        ("y = 1\nif y:\nx = 2", 11, "expected an indented block after 'if' statement on line 10"),
        ("y = 1\n  x = 2", 10, "unexpected indent"),
        (
            "y = [\n1)",
            10,
            "closing parenthesis ')' does not match opening parenthesis '[' on line 9",
        ),
    ],
)
def test_python_speaks_of_the_page(body: str, line: int, message: str) -> None:
    page = "# Page\n\nWords.\n\n\n\n" + chunk("body", body)
    page += chunk("top", "def f():\n    pass\n\n\ndef g():\n    <<body>>", "a/b.py")
    assert said(page) == [(Kind.BAD_CODE, line, f"not Python: {message}")]
    # The page is otherwise whole.
    assert [f.path for f in read(page)[0].files] == ["a/b.py"]


@pytest.mark.parametrize(
    ("body", "top", "message"),
    [
        ("y = 1,\nreturn 2", "x = 1\n<<body>>", "'return' outside function"),
        ("b=1,\na=2,", "print(\n    a=1,\n    <<body>>\n)", "keyword argument repeated: a"),
    ],
)
def test_what_only_the_compiler_refuses_is_reported_too(body: str, top: str, message: str) -> None:
    page = "# Page\n\n" + chunk("body", body) + chunk("top", top, "a/b.py")
    assert said(page) == [(Kind.BAD_CODE, 6, f"not Python: {message}")]


def test_an_invalid_escape_is_reported() -> None:
    (problem,) = syntax_problems(file("x = 1", r"y = '\d'"))
    assert (problem.kind, problem.line) == (Kind.BAD_CODE, 20)
    assert "invalid escape sequence" in problem.message


@pytest.mark.parametrize(
    "text",
    [
        "x = '\0'",
        "x = '\ud800'",
        "(" * 99_999,
        "-" * 199_999 + "1",
        "a" + ".b" * 99_999,
        "x = " + "1" * 5_000,
    ],
    ids=ascii,
)
def test_nothing_that_python_cannot_read_stops_the_build(text: str) -> None:
    (problem,) = syntax_problems(file(text))
    assert (problem.kind, problem.line) == (Kind.BAD_CODE, 10)
    assert re.fullmatch(r"not Python: \S.+", problem.message)


def test_a_line_that_python_takes_from_behind_the_end_is_the_last() -> None:
    (problem,) = syntax_problems(file("x = 1", "if x:"))
    assert problem.line == 20
    assert (
        problem.message == "not Python: expected an indented block after 'if' statement on line 20"
    )


def test_a_good_file_has_no_problem_and_is_not_run() -> None:
    assert syntax_problems(file("import nowhere", "raise SystemExit", "1 / 0")) == []


@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=12), min_size=1, max_size=5))
def test_any_text_is_read_or_reported(lines: list[str]) -> None:
    problems = syntax_problems(file(*lines))
    assert all(p.kind is Kind.BAD_CODE and p.line % 10 == 0 for p in problems)


# --- any web of chunks ---


def blocks() -> st.SearchStrategy[Block]:
    line = st.just("line")
    return st.recursive(
        st.lists(line, min_size=1, max_size=3),
        lambda inner: st.lists(
            line | st.tuples(st.sampled_from([0, 1, 4, 8]), inner), min_size=1, max_size=4
        ),
        max_leaves=12,
    )


def numbered(block: Block, count: list[int]) -> Block:
    """The same block; no two of its lines are equal."""
    made: Block = []
    for item in block:
        if isinstance(item, str):
            count[0] += 1
            made.append(f"{item}{count[0]} = 1")
        else:
            made.append((item[0], numbered(item[1], count)))
    return made


def many(roots: list[tuple[str, Block]]) -> list[tuple[str, Block]]:
    count = [0]
    return [(path, numbered(block, count)) for path, block in roots]


ROOTS = st.lists(st.tuples(st.sampled_from(["a/b.py", "a/c.py"]), blocks()), min_size=1, max_size=3)


@given(webs(ROOTS.map(many)))
def test_every_line_comes_from_one_line_of_the_page_and_none_is_lost(web: Web) -> None:
    assert {kind for kind, _, _ in said(web.page)} <= {Kind.BAD_CODE}
    lines = web.page.split("\n")
    found = [line for file in web.tangled.values() for line in file.lines]
    assert {p: [x.text for x in f.lines if x.text] for p, f in web.tangled.items()} == web.files
    for line in found:
        assert line.text == line.text.rstrip()
        if line.text:
            assert lines[line.origin - 1] == line.text[line.indent :]
            assert line.text[: line.indent].strip() == ""
    code = [n for n, text in enumerate(lines, 1) if re.fullmatch(r" *line\d+ = 1", text)]
    assert Counter(line.origin for line in found if line.text) == Counter(code)
