"""Chunks and sessions as a page holds them: what is read, what is refused, and at which line."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from casebook.core.literate import chunks
from casebook.core.literate.chunks import Chunk, Fences, Session, is_file, quoted, words
from casebook.core.problems import Kind, Problem
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

PLACE = " is a fence of back-ticks directly under a heading, in nothing else"
NO_TRANSCRIPT = "a session is a transcript: it begins with '>>> '"
NEEDS = "a chunk needs one line ':name: …', or ':append: …' to add to an earlier chunk"


def read(page: str) -> tuple[Fences, list[Problem]]:
    return chunks.read(MarkdownIt("commonmark").parse(page))


def good(page: str) -> Fences:
    found, problems = read(page)
    assert not problems, problems
    assert not found.refused
    return found


def said(page: str) -> list[tuple[Kind, int, str]]:
    return [(p.kind, p.line, p.message) for p in read(page)[1]]


def chunk(head: str, code: str = "x = 1", options: str = ":name: top\n") -> str:
    return f"```{{chunk}} {head}\n{options}{code}\n```\n"


def making(output: str, code: str, file: str = "a/b.py") -> str:
    return chunk(file, code, f":name: top\n:output: {output}\n")


def session(text: str) -> str:
    return f"```{{session}}\n{text}\n```\n"


def test_a_page_without_code() -> None:
    other = "# Page\n\n```python\nx = 1\n```\n\n    {chunk} a/b.py\n\n"
    assert good(other + "```{chunks}\n```\n```{chunk}a\n```\n```chunk\n```\n") == Fences()


def test_a_chunk_and_a_session() -> None:
    page = "# Page\n\n" + chunk("a/b.py", "\n  \nx = 1  \n\ny = 2\n\n ") + "\nWords.\n\n"
    found = good(page + session("\n>>> 1\n1\n\n>>> 2 \n2"))
    assert found.chunks == (Chunk("top", "a/b.py", 1, 3, 7, ("x = 1", "", "y = 2")),)
    assert found.sessions == (Session(16, 18, (">>> 1", "1", "", ">>> 2", "2")),)
    assert found.sessions[0].text == ">>> 1\n1\n\n>>> 2\n2\n"


@pytest.mark.parametrize(
    ("options", "first"),
    [
        (":name: top\n", 3),
        (":name:   top  \n:caption: Words: `a` :b:\n", 4),
        ("  :caption:\n :name: top\n", 4),
        (":name: top\n:name: other\n:append:\n", 5),
        # What is no option is reported by MyST, and is no code.
        (":Name: x\n:name:x\n:\n:name: top\n", 6),
        (":name: top\n\n\n", 5),
    ],
)
def test_options_stand_before_the_code(options: str, first: int) -> None:
    (found,) = good(chunk("a/b.py", options=options)).chunks
    assert (found.name, found.first, found.lines) == ("top", first, ("x = 1",))


def test_a_session_has_no_options() -> None:
    assert said(session(":name: x\n>>> 1")) == [(Kind.BAD_CODE, 2, NO_TRANSCRIPT)]


def test_parts_of_a_chunk() -> None:
    page = (
        chunk("a/b.py", "one")
        + chunk("", "two", ":append: top\n")
        + chunk("", "body", ":name: body\n")
        + chunk("", "three", ":append: top\n")
    )
    found = good(page).chunks
    assert [(c.name, c.file, c.part, c.anchor) for c in found] == [
        ("top", "a/b.py", 1, "chunk-top"),
        ("top", "a/b.py", 2, "chunk-top--2"),
        ("body", "", 1, "chunk-body"),
        ("top", "a/b.py", 3, "chunk-top--3"),
    ]
    assert [c.title for c in found] == ["‹top›", "‹top› 2", "‹body›", "‹top› 3"]


def test_references() -> None:
    code = "<<one>>\n  <<two>>  \n\nx <<three>>\n<<a<b>>\n<< >>\n<<four>> # no\n\t<<five>>"
    (found,) = good(chunk("a/b.py", code)).chunks
    assert list(found.references()) == [(3, "one"), (4, "two"), (8, " ")]


def test_names_in_words() -> None:
    assert words("take-a-key") == "take a key"
    assert quoted("take-a-key") == "‹take a key›"


@pytest.mark.parametrize(
    ("options", "problem"),
    [
        ("", (Kind.MISSING_FIELD, NEEDS)),
        (":name:\n:caption: Words\n", (Kind.MISSING_FIELD, NEEDS)),
        (
            ":name: other\n:append: top\n",
            (Kind.MISSING_FIELD, "a chunk has a name of its own or adds to another, not both"),
        ),
        (
            ":name: top\n",
            (
                Kind.DUPLICATE_ID,
                "the chunk 'top' exists already, in line 3; ':append: top' adds to it",
            ),
        ),
        (
            ":append: tip\n",
            (
                Kind.UNKNOWN_CHUNK,
                "there is no earlier chunk 'tip' to add to; did you mean 'top'?",
            ),
        ),
        (
            ":append: later\n",
            (Kind.UNKNOWN_CHUNK, "there is no earlier chunk 'later' to add to"),
        ),
        (
            ":append: top\n",
            (Kind.CHUNK_FILE, "a chunk that adds to 'top' goes where that one goes"),
        ),
    ],
)
def test_a_chunk_has_a_name_or_adds_to_one(options: str, problem: tuple[Kind, str]) -> None:
    page = "# Page\n\n" + chunk("a/b.py") + chunk("a/b.py", options=options)
    assert said(page + chunk("", options=":name: later\n")) == [(problem[0], 7, problem[1])]
    found, _ = read(page)
    assert [c.line for c in found.chunks] == [3]
    assert found.refused == {7}


@pytest.mark.parametrize("name", ["Top", "top-", "-top", "to--p", "2top", "to_p", "to p", "töp"])
def test_a_name_is_lower_case_words(name: str) -> None:
    message = f"'{name}' is not a chunk name; write lower-case words-with-hyphens"
    assert said(chunk("a/b.py", options=f":name: {name}\n")) == [(Kind.BAD_ID, 1, message)]


@pytest.mark.parametrize("name", ["t", "t2", "to-2-p"])
def test_names(name: str) -> None:
    assert good(chunk("a/b.py", options=f":name: {name}\n")).chunks[0].name == name


@pytest.mark.parametrize(
    "file",
    [
        "/a/b.py",
        "a/../b.py",
        "../a/b.py",
        "./a/b.py",
        "a//b.py",
        "A/b.py",
        "a/B.py",
        "a/class.py",
        "import/b.py",
        "a/2b.py",
        "a/b-c.py",
        "a/bé.py",
        "b.py",
        "a/b",
        "a/b.py x",
        "a\\b.py",
        "a/.py",
        "a/b.py/",
    ],
)
def test_a_file_is_a_module_of_a_package(file: str) -> None:
    message = (
        f"'{file}' is not a file of a package; write a path such as 'mini_stripe/idempotency.py'"
    )
    assert said(chunk(file)) == [(Kind.CHUNK_FILE, 1, message)]
    assert not is_file(file)


def test_a_package_hides_none_of_the_standard_library() -> None:
    message = "'json/b.py' would hide a module of Python's own library"
    assert said(chunk("json/b.py")) == [(Kind.CHUNK_FILE, 1, message)]


@pytest.mark.parametrize(
    "file", ["a/b.py", "mini_stripe/v1/keys.py", "a/__init__.py", "_a/match.py", "a/classes.py"]
)
def test_files(file: str) -> None:
    assert good(chunk(file)).chunks[0].file == file


@pytest.mark.parametrize(
    ("output", "code"),
    [
        ("stripe/retry-storm", "def retry_storm() -> Result:\n    ..."),
        ("stripe/retry-storm", "x = 1\n\n\ndef retry_storm(\n):\n    ..."),
        ("stripe/without-fence", "def without_fence(store):\n    ..."),
    ],
)
def test_a_chunk_may_make_an_output(output: str, code: str) -> None:
    (found,) = good(making(output, code)).chunks
    assert (found.output, found.file, found.first) == (output, "a/b.py", 4)


def test_a_chunk_may_measure_an_output() -> None:
    code = "def key_cost():\n    ..."
    (found,) = good(chunk("a/b.py", code, ":name: top\n:measure: s/key-cost\n")).chunks
    assert (found.output, found.measured) == ("s/key-cost", True)
    assert not good(making("s/key-cost", code)).chunks[0].measured


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            ":output: s/f\n:measure: s/f\n",
            "a chunk computes its output or measures it; take ':output:' or ':measure:' away",
        ),
        (":measure: f\n", "'f' names no output; write 'study/what-is-stored'"),
        (":measure: s/g\n", "a chunk that makes 's/g' names its file and defines 'g'"),
        (
            ":measure: s/without-f\n",
            "'s/without-f' is the name of a counterexample, and none is measured",
        ),
    ],
)
def test_what_is_wrong_with_a_measurement(options: str, message: str) -> None:
    page = chunk("a/b.py", "def f(): ...", f":name: top\n{options}")
    assert said(page) == [(Kind.BAD_OUTPUT, 1, message)]


def test_most_chunks_make_no_output() -> None:
    assert good(chunk("a/b.py")).chunks[0].output == ""
    assert good(making("", "x = 1")).chunks[0].output == ""


MAKES = "a chunk that makes 's/retry-storm' names its file and defines 'retry_storm'"


@pytest.mark.parametrize(
    ("page", "message"),
    [
        (
            making("retry-storm", "def retry_storm(): ..."),
            "'retry-storm' names no output; write 'study/what-is-stored'",
        ),
        (
            making("s/Retry", "def retry(): ..."),
            "'s/Retry' names no output; write 'study/what-is-stored'",
        ),
        (
            making("../s", "def s(): ..."),
            "'../s' names no output; write 'study/what-is-stored'",
        ),
        (making("s/retry-storm", "def retry_storm(): ...", ""), MAKES),
        (making("s/retry-storm", "def retrystorm(): ..."), MAKES),
        (making("s/retry-storm", "def retry_storms(): ..."), MAKES),
        (making("s/retry-storm", "class Storm:\n    def retry_storm(self): ..."), MAKES),
        (making("s/retry-storm", "# def retry_storm("), MAKES),
    ],
)
def test_what_makes_an_output_is_a_function_of_its_name(page: str, message: str) -> None:
    assert said(page) == [(Kind.BAD_OUTPUT, 1, message)]
    assert read(page)[0] == Fences(refused=frozenset({1}))


def test_a_chunk_without_a_name_is_told_that_first() -> None:
    assert said(chunk("a/b.py", options=":output: x\n")) == [(Kind.MISSING_FIELD, 1, NEEDS)]


@pytest.mark.parametrize("kind", ["chunk", "session"])
@pytest.mark.parametrize(
    ("before", "after", "line"),
    [("- item\n\n  ", "", 3), ("> ", "", 1), ("1. ", "", 1), ("> - ", "", 1)],
)
def test_what_stands_in_something_is_refused(kind: str, before: str, after: str, line: int) -> None:
    page = f"{before}```{{{kind}}} a/b.py\n"
    found, problems = read(page)
    assert [(p.kind, p.line, p.message) for p in problems] == [
        (Kind.MISPLACED_CHUNK, line, f"a {kind}{PLACE}")
    ]
    assert found == Fences(refused=frozenset({line}))


def token(kind: str = "fence", info: str = "{chunk} a/b.py", line: int | None = 4) -> object:
    where = None if line is None else [line, line + 3]
    return SimpleNamespace(type=kind, info=info, content=":name: top\nx = 1\n", level=0, map=where)


def test_a_fence_of_colons_is_refused() -> None:
    found, problems = chunks.read([token("colon_fence"), token("colon_fence", "{session}", 9)])
    assert [(p.kind, p.line, p.message) for p in problems] == [
        (Kind.MISPLACED_CHUNK, 5, f"a chunk{PLACE}"),
        (Kind.MISPLACED_CHUNK, 10, f"a session{PLACE}"),
    ]
    assert found == Fences(refused=frozenset({5, 10}))


def test_a_token_that_is_no_fence_or_has_no_place_is_nothing() -> None:
    assert chunks.read([token("code_block"), token(line=None), token(info="{note}")]) == (
        Fences(),
        [],
    )
    assert [c.line for c in chunks.read([token(info="  {chunk}   a/b.py  ")])[0].chunks] == [5]


@pytest.mark.parametrize("kind", ["chunk", "session"])
@pytest.mark.parametrize("body", ["", "\n\n  \n"])
def test_an_empty_one(kind: str, body: str) -> None:
    page = f"```{{{kind}}}\n{body}```\n"
    assert said(page) == [(Kind.EMPTY, 1, f"the directive '{kind}' is empty")]


def test_a_chunk_of_options_alone_is_empty() -> None:
    page = chunk("a/b.py", "\n")
    assert said(page) == [(Kind.EMPTY, 1, "the directive 'chunk' is empty")]


def test_what_adds_to_a_refused_chunk_is_not_reported_as_well() -> None:
    page = chunk("A.py") + chunk("", options=":append: top\n")
    assert [line for _, line, _ in said(page)] == [1]


def test_a_chunk_that_is_too_long_or_too_wide_is_reported_and_stands() -> None:
    assert good(chunk("a/b.py", "\n".join(["#" + 73 * "-"] * 40))).chunks
    lines = ["x"] * 41
    lines[1] = "#" + 74 * "é"
    found, problems = read(chunk("a/b.py", "\n".join(lines)))
    assert [(p.kind, p.line, p.message) for p in problems] == [
        (Kind.LONG_CHUNK, 1, "the chunk has 41 lines, and 40 is the limit; split it"),
        (Kind.LONG_CHUNK, 4, "the line has 75 columns, and 74 is the limit"),
    ]
    assert found.chunks[0].lines == tuple(lines)
    assert found.refused == frozenset()


def test_a_session_may_be_long_but_not_wide() -> None:
    text = "\n".join([">>> 1", "1"] * 41 + [">>> '" + 70 * "x" + "'"])
    found, problems = read(session(text))
    assert [(p.kind, p.line, p.message) for p in problems] == [
        (Kind.LONG_CHUNK, 84, "the line has 76 columns, and 74 is the limit")
    ]
    assert (len(found.sessions), found.refused) == (1, frozenset())


UNREAD = "the transcript cannot be read: the line "


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("1 + 1", 2, NO_TRANSCRIPT),
        ("\n1 + 1\n>>> 2", 3, NO_TRANSCRIPT),
        (" >>> 1", 2, NO_TRANSCRIPT),
        (">>> # nothing is run", 2, NO_TRANSCRIPT),
        ("... 1\n>>> 2", 2, NO_TRANSCRIPT),
        (">>>1", 2, UNREAD + "lacks blank after >>>: '>>>1'"),
        (">>> 1\n1\n>>>2", 4, UNREAD + "lacks blank after >>>: '>>>2'"),
        (">>> if 1:\n...2", 3, UNREAD + "lacks blank after ...: '...2'"),
        (
            "\n>>> 1\n  >>> 2\n2",
            5,
            UNREAD + "has inconsistent leading whitespace: '2'",
        ),
        (">>> 1  # doctest: +NOWHERE", 2, UNREAD + "has an invalid option: '+NOWHERE'"),
    ],
)
def test_what_is_no_transcript(text: str, line: int, message: str) -> None:
    found, problems = read(session(text))
    assert problems == [Problem(Kind.BAD_CODE, message, line)]
    assert found == Fences(refused=frozenset({1}))


def test_a_transcript_may_begin_with_a_prompt_alone() -> None:
    assert good(session(">>>\n>>> 1\n1")).sessions[0].first == 2


def test_a_session_takes_no_argument() -> None:
    assert said("```{session} >>> 1\n>>> 2\n```\n") == [(Kind.BAD_CODE, 1, NO_TRANSCRIPT)]


def test_fences_count_in_the_order_of_the_page() -> None:
    page = session("1") + chunk("B.py") + session(">>> 1") + chunk("a/b.py")
    found, problems = read(page)
    assert [p.line for p in problems] == [2, 4]
    assert found.refused == {1, 4}
    assert ([s.line for s in found.sessions], [c.line for c in found.chunks]) == ([8], [11])


@pytest.mark.parametrize("sign", list("\v\f\x1c\x1d\x1e\x85\u2028\u2029"), ids=ascii)
def test_a_sign_at_which_some_programs_break_lines_is_refused(sign: str) -> None:
    message = f"the line holds {sign!r}, at which some programs break lines"
    page = chunk("a/b.py", f"x = 1\ny = '{sign}{sign}'") + session(f">>> '{sign}'")
    assert said(page) == [(Kind.BAD_CODE, line, message) for line in (4, 4, 7)]
    assert read(page)[0] == Fences(refused=frozenset({1, 6}))


PIECES = st.sampled_from(
    [
        *"\n\n\n\0\x0b\u2028é",
        *("```{chunk}", "```{session}", "```", " a/b.py", ":name: x", ":append: x"),
        *(":output: a/x", "def x():"),
        *(">>> 1", ">>>", "...", "- ", "> ", "<<x>>", "    ", "x = 1"),
    ]
)


@given(st.lists(PIECES, max_size=40).map("".join))
def test_any_page_gives_chunks_or_problems(page: str) -> None:
    found, problems = read(page)
    count = page.count("\n") + 1
    assert all(1 <= problem.line <= count for problem in problems)
    assert found.refused <= set(range(1, count + 1))
    lines = page.replace("\0", "\ufffd").split("\n")
    for one in (*found.chunks, *found.sessions):
        assert one.line not in found.refused
        for at, text in enumerate(one.lines, one.first):
            assert lines[at - 1].strip() == text.strip()
