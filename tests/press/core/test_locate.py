"""Compiled code speaks of the page: tracebacks, columns, and the code that runs all the same."""

from __future__ import annotations

import contextlib
import itertools
import sys
import traceback
from collections.abc import Iterator
from types import CodeType
from typing import Any

import pytest
from casebook.core.literate.locate import compiled
from casebook.core.literate.tangle import Tangled
from hypothesis import given
from hypothesis import strategies as st

from .webs import Block, Web, chunk, good, line_of, read, webs

PAGE = "source/page.md"


def code_of(page: str) -> CodeType:
    (file,) = good(page).files
    return compiled(file, PAGE)


def run(page: str) -> dict[str, Any]:
    names: dict[str, Any] = {}
    exec(code_of(page), names)
    return names


def all_codes(code: CodeType) -> Iterator[CodeType]:
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from all_codes(const)


def places(page: str, name: str = "<module>") -> list[str]:
    """The texts of the page that the instructions of a function stand for, each once."""
    lines = [line.encode() for line in page.split("\n")]  # Python counts bytes
    (code,) = [c for c in all_codes(code_of(page)) if c.co_name == name]
    found = {}
    for first, last, begin, end in code.co_positions():
        if first and first == last and (begin, end) != (0, 0):
            found[lines[first - 1][begin:end].decode()] = None
    return list(found)


def test_the_code_names_its_page() -> None:
    codes = list(all_codes(code_of(chunk("top", "def f():\n    return lambda: 1", "a/b.py"))))
    assert [code.co_name for code in codes] == ["<module>", "f", "<lambda>"]
    assert {code.co_filename for code in codes} == {PAGE}


def test_a_traceback_names_the_lines_of_the_page() -> None:
    page = (
        "# Page\n\n"
        + chunk("divide", "# printed first\nreturn x / y")
        + chunk("late", "g(1)", "a/b.py")
        + chunk("top", "def f(x, y):\n    if True:\n        <<divide>>", "a/c.py")
        + chunk("early", "def g(x):\n    <<call>>", "a/d.py")
        + chunk("call", "return f(\n    x,\n    0,\n)")
    )
    names: dict[str, Any] = {}
    for path in ("a/c.py", "a/d.py", "a/b.py"):
        file = next(f for f in good(page).files if f.path == path)
        code = compiled(file, PAGE)
        if path != "a/b.py":
            exec(code, names)
    with pytest.raises(ZeroDivisionError) as caught:
        exec(code, names)
    frames = traceback.extract_tb(caught.value.__traceback__)[1:]
    assert [(f.filename, f.lineno, f.name) for f in frames] == [
        (PAGE, line_of(page, "g(1)"), "<module>"),
        (PAGE, line_of(page, "return f("), "g"),
        (PAGE, line_of(page, "return x / y"), "f"),
    ]
    columns = [(frame.colno, frame.end_colno) for frame in frames]
    assert columns == [(0, 4), (7, 1), (7, 12)]


def test_columns_are_those_of_the_page() -> None:
    page = (
        chunk("top", "class A:\n    def f(self, x, y):\n        <<body>>", "a/b.py")
        + chunk("body", "for z in y:\n  <<inner>>")
        + chunk("inner", "'é'; x = z + 10")
    )
    assert places(page, "f") == ["y", "z", "10", "z + 10", "x"]


def test_an_expression_printed_backwards_compiles_and_runs() -> None:
    page = (
        chunk("right", "2 * ten(2),")
        + chunk("left", "ten(\n    1\n),")
        + chunk(
            "top", "def f():\n    return [\n        <<left>>\n        <<right>>\n    ]", "a/b.py"
        )
    )
    found = run(page)
    found["ten"] = lambda x: 10 * x
    assert found["f"]() == [10, 40]
    found["ten"] = lambda x: 1 / (x - 2)
    with pytest.raises(ZeroDivisionError) as caught:
        found["f"]()
    assert traceback.extract_tb(caught.value.__traceback__)[1].lineno == line_of(page, "2 * ten")
    for code in all_codes(code_of(page)):
        for first, last, _, _ in code.co_positions():
            assert first is None or last is None or first <= last


def test_decorators() -> None:
    page = (
        chunk("body", "return 1")
        + chunk("def", "def f():\n    <<body>>")
        + chunk("how", "@staticmethod\n@print")
        + chunk("top", "<<how>>\n<<def>>", "a/b.py")
    )
    # As Python has it, a function begins at its first decorator.
    (code,) = [code for code in all_codes(code_of(page)) if code.co_name == "f"]
    assert code.co_firstlineno == line_of(page, "@staticmethod")
    assert {line for *_, line in code.co_lines() if line} == {
        line_of(page, "@staticmethod"),
        line_of(page, "return 1"),
    }


STATEMENTS = {
    "match": (
        "case [1, *rest] if rest:\n    <<deed>>\ncase {'k': int(k), **more} | (A(y=k) as more):\n"
        "    pass",
        "def f(x=[1, 2]):\n    match x:\n        <<cases>>",
    ),
    "try": (
        "except* KeyError:\n    pass\nexcept* (OSError, ValueError) as error:\n    <<deed>>",
        "def f():\n    try:\n        raise ValueError\n    <<cases>>",
    ),
    "finally": (
        "except KeyError as error:\n    pass\nelse:\n    <<deed>>\nfinally:\n    x = 2",
        "def f():\n    try:\n        x = 1\n    <<cases>>",
    ),
    "with": (
        "with open(__file__) as a, \\\n    open(__file__) as (b):\n    <<deed>>",
        "def f(__file__='/dev/null'):\n    <<cases>>",
    ),
    "imports": (
        "from os import (\n    path as p,\n    sep,\n)\nimport os as o\nglobal q\ndel o\n<<deed>>",
        "def f(a: int = 1, /, *b: str, c: int = 2, **d: str) -> None:\n    <<cases>>",
    ),
    "comprehension": (
        "for x in [1]\nif not boom(\n    key=[\n        *'a'\n    ],\n)",
        "def f():\n    return [\n        x\n        <<cases>>\n    ]\n\n\ndef _():\n    <<deed>>",
    ),
}


@pytest.mark.parametrize("name", STATEMENTS)
@pytest.mark.parametrize("turned", [False, True])
def test_every_statement_can_be_spliced(name: str, turned: bool) -> None:
    cases, top = STATEMENTS[name]
    chunks = [chunk("top", top, "a/b.py"), chunk("cases", cases), chunk("deed", "boom(\n    1)")]
    page = "".join(reversed(chunks) if turned else chunks)
    names = run(page)

    def boom(*args: object, **more: object) -> None:
        raise LookupError

    names["boom"] = boom
    with pytest.raises(LookupError) as caught:
        names["f"]()
    lines = [f.lineno for f in traceback.extract_tb(caught.value.__traceback__) if f.name != "boom"]
    deed = "if not boom" if name == "comprehension" else "boom(\n    1)"
    assert lines[-1] == line_of(page, deed)


def test_strings_over_several_lines() -> None:
    page = (
        chunk("more", "{y:>{width}}\n  as it is\n{boom()}")
        + chunk("top", 'def f(x, y, width=3):\n    return f"""{x}\n<<more>>"""', "a/b.py")
        + chunk("end", 'TEXT = """\nas it is\n    <<text>>\n"""', "a/b.py")
        + chunk("text", "too")
    )
    # What stands in a line beside other signs is no name of a chunk.
    assert [p.message for p in read(page)[1]] == [
        "the chunk 'more' is never used; write '<<more>>' where it belongs, or name its file"
    ]
    page = page.replace('<<more>>"""', '<<more>>\n"""')
    names = run(page)
    names["boom"] = lambda: "!"
    assert names["f"](1, 2) == "1\n  2\n  as it is\n!\n"
    assert names["TEXT"] == "\nas it is\n    too\n"
    names["boom"] = lambda: 1 / 0
    with pytest.raises(ZeroDivisionError) as caught:
        names["f"](1, 2)
    frame = traceback.extract_tb(caught.value.__traceback__)[1]
    assert frame.lineno in {line_of(page, "return f"), line_of(page, "{boom()}")}


def test_a_file_that_python_cannot_read_fails_at_the_line_of_the_page() -> None:
    page = chunk("body", "if x:\ny = 1") + chunk("top", "x = 1\n<<body>>", "a/b.py")
    (file,) = read(page)[0].files
    with pytest.raises(SyntaxError) as caught:
        compiled(file, PAGE)
    error = caught.value
    assert (error.filename, error.lineno, error.end_lineno) == (PAGE, 4, 4)
    assert (
        str(error) == "expected an indented block after 'if' statement on line 3 (page.md, line 4)"
    )
    assert "".join(traceback.format_exception_only(error))


def test_features_of_the_press_are_not_inherited() -> None:
    page = chunk("top", "def f(x: int): pass", "a/b.py")
    assert run(page)["f"].__annotations__ == {"x": int}
    page = chunk("top", "from __future__ import annotations\ndef f(x: int): pass", "a/b.py")
    assert run(page)["f"].__annotations__ == {"x": "int"}


# --- any program, in any order ---

LEAF = st.just("see(0)")


def compound(inner: st.SearchStrategy[Block]) -> st.SearchStrategy[Block]:
    def shape(*lines: str) -> st.SearchStrategy[Block]:
        """These lines; an empty one stands for a block inside the line before it."""
        items: list[st.SearchStrategy[Any]] = []
        for before, line in itertools.pairwise(("", *lines)):
            depth = len(before) - len(before.lstrip()) + 4
            items.append(st.just(line) if line else inner.map(lambda block, n=depth: (n, block)))
        return st.tuples(*items).map(list)

    return st.one_of(
        shape("if see(0):", "", "else:", ""),
        shape("for _ in range(see(0)):", ""),
        shape("while True:", "", "    break"),
        shape("try:", "", "    1 / 0", "except ValueError:", "", "except ZeroDivisionError:", ""),
        shape("try:", "", "except KeyError:", "", "else:", "", "finally:", ""),
        shape("with null(see(0)) as a, null():", ""),
        shape("def f(a=see(0)):", "", "    return see(0)", "f()"),
        shape("@same", "@same", "def f(*, a: int = 1):", "", "f()"),
        shape("class A:", ""),
        shape("match [1, 2]:", "    case [2, *rest]:", "", "    case [1, a] if see(0):", ""),
        st.tuples(st.just("call("), multi(), st.just(")")).map(list),
        st.tuples(st.just("a = ["), multi(), st.just("]")).map(list),
        shape('f"""', "{see(0)} {1:{see(0)}}", '"""'),
    )


def multi() -> st.SearchStrategy[tuple[int, Block]]:
    """Arguments, some of them in lines of their own chunks."""
    part: st.SearchStrategy[Block] = st.lists(
        st.sampled_from(["see(0),", "see(0) + see(0),", "[see(0) for _ in 'ab'],"]),
        min_size=1,
        max_size=3,
    )
    blocks = st.lists(part.map(lambda lines: (4, lines)), min_size=1, max_size=3)
    return blocks.map(lambda found: (0, list(found)))


PROGRAMS: st.SearchStrategy[Block] = st.recursive(
    st.lists(LEAF, min_size=1, max_size=2),
    lambda inner: st.lists(st.tuples(st.just(0), compound(inner)), min_size=1, max_size=3),
    max_leaves=6,
)


def numbered(block: Block, count: Iterator[int]) -> Block:
    made: Block = []
    for item in block:
        if isinstance(item, str):
            parts = item.split("see(0)")
            made.append(parts[0] + "".join(f"see({next(count)}){part}" for part in parts[1:]))
        else:
            made.append((item[0], numbered(item[1], count)))
    return made


def roots(block: Block) -> list[tuple[str, Block]]:
    return [("a/b.py", numbered(block, itertools.count(1)))]


def seen(code: CodeType) -> list[tuple[int, int]]:
    """What a program did, and in which line it said so."""
    found: list[tuple[int, int]] = []

    def see(number: int) -> int:
        found.append((number, sys._getframe(1).f_lineno))
        return 1

    @contextlib.contextmanager
    def null(*_: object) -> Iterator[None]:
        yield

    exec(code, {"see": see, "null": null, "same": lambda f: f, "call": lambda *_: None})
    return found


@given(webs(PROGRAMS.map(roots)))
def test_code_printed_in_any_order_does_the_same_and_names_its_lines(web: Web) -> None:
    (file,) = good(web.page).files
    done = seen(compiled(file, PAGE))
    assert done
    assert [n for n, _ in done] == [n for n, _ in seen(compile(file.text, PAGE, "exec"))]
    lines = web.page.split("\n")
    for number, line in done:
        assert f"see({number})" in lines[line - 1] or 'f"""' in lines[line - 1]


@given(webs(PROGRAMS.map(roots)))
def test_every_place_in_the_code_is_a_place_in_the_page(web: Web) -> None:
    (file,) = good(web.page).files
    lines = web.page.split("\n")
    origins = {line.origin for line in file.lines}
    for code in all_codes(compiled(file, PAGE)):
        for first, last, begin, end in code.co_positions():
            if first and last and begin is not None and end is not None:
                assert not first or first in origins
                assert 0 <= first <= last <= len(lines)
                assert first < last or 0 <= begin <= end <= len(lines[first - 1])


def test_a_file_that_is_its_page_compiles_to_the_same_code() -> None:
    code = "def f(x):\n    return [\n        y for y in x\n    ]\n"
    page = chunk("top", code, "a/b.py")
    (file,) = good(page).files
    plain = Tangled(
        "a/b.py", tuple(type(line)(line.text, n) for n, line in enumerate(file.lines, 1))
    )
    mine, pythons = compiled(plain, "a/b.py"), compile(file.text, "a/b.py", "exec")
    for one, other in zip(all_codes(mine), all_codes(pythons), strict=True):
        assert list(one.co_positions()) == list(other.co_positions())
        assert one.co_code == other.co_code
