"""Literate code from end to end: on the page, in files, imported, tested and measured."""

from __future__ import annotations

import json
import os
import pickle
import re
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from casebook.core.literate.printed import Code, Listing
from casebook.core.literate.runs import GROUPS, stored_text
from casebook.literate.programs import Page, pages
from harness import Built, build, write

EXT = Path(__file__).parents[2] / "_ext"
TAG = re.compile(r"<[^>]+>")
INDEX = "# Book\n\n```{toctree}\n:glob:\n\np*\n```\n"


def fence(kind: str, code: str, argument: str = "", **options: str) -> str:
    lines = "".join(f":{name}: {value}\n" for name, value in options.items())
    return f"```{{{kind}}} {argument}\n{lines}{lines and chr(10)}{code}```\n"


def chunk(name: str, code: str, file: str = "", caption: str = "C") -> str:
    return fence("chunk", code, file, name=name, caption=caption)


def added(name: str, code: str) -> str:
    return fence("chunk", code, append=name, caption="C")


def line_of(text: str, words: str) -> int:
    """The line of a page in which words stand, and they stand in no other."""
    found = [n for n, line in enumerate(text.splitlines(), 1) if words in line]
    assert len(found) == 1, words
    return found[0]


def run(root: Path, *arguments: str, path: Path = EXT) -> str:
    """What a module of Python prints, run at `root`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "COV"))}
    done = subprocess.run(
        [sys.executable, "-m", *arguments], cwd=root, text=True, encoding="utf-8", timeout=120,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        env={**kept, "PYTHONPATH": str(path), "PYTHONIOENCODING": "utf-8"},
    )  # fmt: skip
    return done.stdout


def lay_out(root: Path, text: str, tests: str) -> None:
    """A book of one page, and its tests."""
    write(root, {"index.md": INDEX, "page.md": text})
    (root / "pytest.ini").write_text("[pytest]\n")
    (root / "tests").mkdir()
    (root / "tests" / "test_it.py").write_text(tests, encoding="utf-8")


# --- on the page ---

MINI = "\n".join([
    "# Page\n",
    chunk("sum-of-both", "total = a + b\n", caption="What `add` does"),
    chunk("head", '"""Adds."""\n\nimport sys\n', "mini/core.py", "Head & tail"),
    chunk("add", "def add(a: int, b: int) -> int:\n    <<sum-of-both>>\n    return total\n",
          "mini/core.py"),
    added("head", "import os\n"),
    added("head", "import re\n"),
    chunk("main", "from mini.core import add\n\nprint(add(1, 2))\n", "mini/__main__.py"),
    "See [](#chunk-add) and [the head, *again*](#chunk-head--2).\n",
    fence("session", ">>> from mini.core import add\n>>> add(1, 2)\n3\n"),
    fence("package", "", "mini"),
])  # fmt: skip


@pytest.fixture(scope="module")
def mini(tmp_path_factory: pytest.TempPathFactory) -> Built:
    root = tmp_path_factory.mktemp("mini")
    write(root, {"index.md": INDEX, "page.md": MINI})
    built = build(root)
    assert built.warnings == []
    return built


def shown(built: Built, anchor: str) -> str:
    """The HTML of a chunk."""
    text = built.text("page.html")
    found = re.search(
        rf'<div class="chunk docutils container">\n(<details[^\n]*\n<summary[^\n]*\n)?'
        rf'<div class="literal-block-wrapper[^>]* id="{anchor}">.*?'
        r'(?=<div class="chunk docutils|<div class="session|<p>See)',
        text,
        re.S,
    )
    assert found, anchor
    return found[0]


def in_words(html: str) -> str:
    return " ".join(TAG.sub("", html).replace("¶", "").split())


def test_ids_are_unique_and_every_link_on_the_page_has_its_target(mini: Built) -> None:
    text = mini.text("page.html")
    ids = Counter(re.findall(r'\bid="([^"]+)"', text))
    assert [name for name, times in ids.items() if times > 1] == []
    chunks = {name for name in ids if name.startswith("chunk-")}
    assert chunks == {f"chunk-{n}" for n in ("sum-of-both", "head", "add", "head--2", "head--3",
                                             "main")}  # fmt: skip
    assert set(re.findall(r'href="#(chunk-[^"]+)"', text)) <= chunks


def test_a_use_inside_code_leads_to_the_chunk_and_is_copied_as_it_was_written(mini: Built) -> None:
    code = shown(mini, "chunk-add").partition("chunk-foot")[0]
    assert 'href="#chunk-sum-of-both">‹sum of both›</a>' in code
    assert "&lt;&lt;sum-of-both&gt;&gt;" in code
    # What stands around it is coloured as code.
    assert '<span class="k">return</span>' in code


def test_nothing_but_the_use_of_a_chunk_is_a_link(tmp_path: Path) -> None:
    code = "def add():\n    <<sum>>\n    <<a & b>>\n    return '‹sum›'\n"
    page = "# Page\n\n" + chunk("add", code, "mini/core.py") + chunk("sum", "total = 3\n")
    write(tmp_path, {"index.md": INDEX, "page.md": page})
    built = build(tmp_path)
    assert built.warnings == ["page.md:9: unknown chunk 'a & b' [casebook.unknown-chunk]"]
    assert re.findall("<pre>.*?</pre>", shown(built, "chunk-add"), re.S) == [
        '<pre><span></span><span class="k">def</span> add():\n'
        '    <span class="chunk-use"><a class="reference internal" href="#chunk-sum">‹sum›</a>'
        '<span class="as-written" aria-hidden="true">&lt;&lt;sum&gt;&gt;</span></span>\n'
        '    <span class="ge">‹a &amp; b›</span>\n'
        """    <span class="k">return</span> <span class="s1">'‹sum›'</span>\n</pre>"""
    ]


def foot(built: Built, anchor: str) -> str:
    """The HTML of what stands under a chunk."""
    return re.split('<(?:p|div) class="chunk-foot', shown(built, anchor))[1].partition(">")[2]


def test_one_line_says_where_a_chunk_belongs(mini: Built) -> None:
    lines = {
        "chunk-sum-of-both": "used in ‹add›",
        "chunk-head": "mini/core.py",
        "chunk-add": "mini/core.py · continues ‹head›",
        "chunk-head--2": "mini/core.py · continues ‹head›",
        "chunk-head--3": "mini/core.py · continues ‹head›",
        "chunk-main": "mini/__main__.py",
    }
    assert {anchor: in_words(foot(mini, anchor)) for anchor in lines} == lines
    assert re.findall('href="#([^"]+)"', foot(mini, "chunk-add")) == ["chunk-head"]
    assert re.findall('href="#([^"]+)"', foot(mini, "chunk-sum-of-both")) == ["chunk-add"]


def test_a_chunk_that_only_imports_is_folded_with_its_number_and_its_name(mini: Built) -> None:
    summaries = [in_words(words) for words in
                 re.findall("<summary.*?</summary>", mini.text("page.html"), re.S)]  # fmt: skip
    assert summaries == [
        "Listing 2 ‹head› ≡ Head &amp; tail · 3 lines",
        "Listing 4 ‹head› 2 +≡ C · 1 line",
        "Listing 5 ‹head› 3 +≡ C · 1 line",
    ]
    assert "<summary" in shown(mini, "chunk-head")
    assert "code-block-caption" not in shown(mini, "chunk-head").partition("</summary>")[2]


@pytest.mark.parametrize("builder", ["epub", "singlehtml", "latex", "text"])
def test_other_editions_fold_nothing(builder: str, tmp_path: Path) -> None:
    tests = stored_text({"chunk-add": ["test_b"]})
    write(tmp_path, {"index.md": INDEX, "page.md": MINI, "elite/outputs/page.tests.json": tests})
    built = build(tmp_path, builder)
    assert built.warnings == []
    page = {"epub": "page.xhtml", "singlehtml": "index.html", "text": "page.txt",
            "latex": "asmallbook.tex"}[builder]  # fmt: skip
    text = built.text(page)
    assert "<details" not in text
    assert "1 test" in text
    assert "test_b" not in text


def test_the_sign_says_whether_something_begins_or_goes_on(mini: Built) -> None:
    signs = {
        anchor: in_words(re.search(r'"chunk-sign">(.*?)<', shown(mini, anchor))[1])  # type: ignore[index]
        for anchor in (
            "chunk-sum-of-both",
            "chunk-head",
            "chunk-add",
            "chunk-head--2",
            "chunk-main",
        )
    }
    assert signs == {
        "chunk-sum-of-both": "≡", "chunk-head": "≡", "chunk-add": "+≡", "chunk-head--2": "+≡",
        "chunk-main": "≡",
    }  # fmt: skip


def test_a_caption_is_markdown_and_is_escaped(mini: Built) -> None:
    assert 'What <code class="docutils literal notranslate">' in shown(mini, "chunk-sum-of-both")
    assert "Head &amp; tail" in shown(mini, "chunk-head")


def test_links_print_the_name_or_the_words(mini: Built) -> None:
    text = mini.text("page.html")
    assert "See ‹add› and the head, again." in in_words(text)
    assert 'href="#chunk-head--2"' in text


def test_a_package_lists_its_files(mini: Built) -> None:
    table = re.search(r'<table class="[^"]*package.*?</table>', mini.text("page.html"), re.S)
    assert table
    rows = [
        in_words(row)
        for row in re.findall(r"<tr.*?</tr>", table[0].replace("</td>", "</td> "), re.S)
    ]
    assert rows[1:] == ["mini/core.py Adds. 10 ‹head›", "mini/__main__.py 3 ‹main›"]


def test_the_tests_of_a_chunk_are_those_stored_and_a_change_is_seen(tmp_path: Path) -> None:
    stored = tmp_path / "source" / "elite" / "outputs" / "page.tests.json"
    tests = {
        "chunk-add": ["test_b", "test_a", "test_c", *GROUPS],
        "chunk-sum-of-both": ["the sessions of this page"],
        "chunk-main": [*GROUPS],
    }
    write(tmp_path, {"index.md": INDEX, "page.md": MINI, "p2.md": "# Other\n",
                     "elite/outputs/page.tests.json": stored_text(tests)})  # fmt: skip
    built = build(tmp_path)
    assert in_words(foot(built, "chunk-add")) == (
        "mini/core.py · continues ‹head› · 3 tests "
        "test_b, test_a, 1 more, the tests of the running program and the sessions of this page"
    )
    assert in_words(foot(built, "chunk-sum-of-both")) == (
        "used in ‹add› · run by the sessions of this page"
    )
    assert in_words(foot(built, "chunk-main")) == (
        "mini/__main__.py · run by the tests of the running program"
    )
    assert build(tmp_path).read == []
    stored.write_text(stored_text({"chunk-add": ["test_b"]}))
    again = build(tmp_path)
    assert again.read == ["page"]
    assert in_words(foot(again, "chunk-add")).endswith("· 1 test test_b")
    assert in_words(foot(again, "chunk-sum-of-both")) == "used in ‹add›"
    stored.unlink()
    gone = build(tmp_path)
    assert gone.read == ["page"]
    assert "1 test" not in gone.text("page.html")


# --- in files ---


def test_the_package_can_be_unpacked_and_run(mini: Built, tmp_path: Path) -> None:
    path = mini.out / "code" / "mini.zip"
    with zipfile.ZipFile(path) as archive:
        assert archive.namelist() == ["mini/__main__.py", "mini/core.py"]
        archive.extractall(tmp_path)
    assert run(tmp_path, "mini", path=tmp_path) == "3\n"
    write(tmp_path / "again", {"index.md": INDEX, "page.md": MINI})
    assert (build(tmp_path / "again").out / "code" / "mini.zip").read_bytes() == path.read_bytes()
    assert 'href="code/mini.zip"' in mini.text("page.html")


def test_tangle_writes_files_and_says_where_each_line_comes_from(tmp_path: Path) -> None:
    write(tmp_path, {"index.md": INDEX, "page.md": MINI})
    built = build(tmp_path, "tangle")
    assert built.warnings == []
    core = built.text("mini/core.py")
    assert core == (
        '"""Adds."""\n\nimport sys\nimport os\nimport re\n\n\n'
        "def add(a: int, b: int) -> int:\n    total = a + b\n    return total\n"
    )
    origins = json.loads(built.text("origins.json"))
    assert list(origins) == ["mini/__main__.py", "mini/core.py"]
    assert origins["mini/core.py"]["page"] == "source/page.md"
    source = MINI.splitlines()
    for text, (line, indent) in zip(core.splitlines(), origins["mini/core.py"]["lines"],
                                    strict=True):  # fmt: skip
        if text:
            assert source[line - 1] == text[indent:]
    moved = [indent for _, indent in origins["mini/core.py"]["lines"] if indent]
    assert moved == [4]


# --- one reader ---

EVERYTHING = (
    "---\nstudy: Acme\nnote: |\n  ```{chunk} no/front.py\n---\n# Page\n\n"
    + chunk("one", "ONE = 1\n", "p/one.py")
    + "\n% ```{chunk} no/comment.py\n\n+++ block break\n\n"
    + "<!--\n" + chunk("no-html-comment", "X = 1\n", "no/comment.py") + "-->\n\n"
    + "<pre>\n" + chunk("no-html", "X = 1\n", "no/html.py") + "</pre>\n\n"
    + "````markdown\n" + chunk("no-example", "X = 1\n", "no/example.py") + "````\n\n"
    + "    ```{chunk} no/indented.py\n    X = 1\n    ```\n\n"
    + "Words\n" + chunk("two", "TWO = '''\n~~~\n'''\n", "p/two.py")
    + "more words, and `{chunk}`.\n\n"
    + "- an item\n\n  - ```python\n    X = 1\n    ```\n"
    + chunk("three", "if ONE:\n    <<five>>\n", "p/three.py").replace("```", "~~~~")
    + "\n::::{note}\nWords\n:::{tip}\nWords\n:::\n::::\n\n"
    + "> quoted\n"
    + fence("session", ">>> 1\n1\n")
    + "\n| a | b |\n|---|---|\n| c | d |\n"
    + "```{include} _part.md\n```\n\n"
    + "Term[^1]\n\n[^1]: A note.\n\n   More of it.\n\n"
    + "   " + chunk("four", "FOUR = 4\n", "p/four.py").replace("\n", "\n   ").rstrip(" ")
    + "\n## Heading\n"
    + chunk("five", "x = 5\n\n\ny = 6\n\n\n")
    + added("five", "\n\nz = 7  \n")
    + "```{chunk} p/six.py\n:name: six\n:caption: C\nSIX = 6\n"  # ends with the page
)  # fmt: skip
PART = "Part\n\n````markdown\n" + chunk("no-part", "X = 1\n", "no/part.py") + "````\n"


def test_the_tests_see_the_code_that_the_build_prints(tmp_path: Path) -> None:
    session = fence("session", ">>> 1\n1\n")
    nested = EVERYTHING.replace("{tip}\n", "{tip}\n" + session).replace(
        "- an item\n", "- an item\n\n  " + session.replace("\n", "\n  ")
    )
    files = {"page.md": EVERYTHING, "p2.md": nested.replace(" p/", " q/"), "p3.md": MINI}
    write(tmp_path, {"index.md": INDEX, "_part.md": PART, **files})
    warnings = build(tmp_path).warnings
    misplaced = "a session is a fence of back-ticks directly under a heading, in nothing else"
    assert [line.split(": ")[1] for line in warnings] == [
        f"{misplaced} [casebook.misplaced-chunk]"
    ] * 2
    assert all(line.startswith("p2.md:") for line in warnings)
    env = pickle.loads((tmp_path / "doctrees-html" / "environment.pickle").read_bytes())
    records: dict[str, list[Any]] = env.domaindata["casebook"]["pages"]
    programs = {code.page: code.program for found in records.values() for code in found
                if isinstance(code, Code)}  # fmt: skip
    assert programs == {page.path.stem: page.program for page in pages(tmp_path)}
    for name in ("page", "p3"):
        printed = [record.chunk for record in records[name] if isinstance(record, Listing)]
        assert printed == list(programs[name].chunks)
    assert [c.name for c in programs["page"].chunks] == ["one", "two", "three", "four", "five",
                                                         "five", "six"]  # fmt: skip
    assert len(programs["page"].files) == 5
    assert programs["p2"].files == ()  # one that is refused might be a part of any


# --- imported and tested ---

FAILS = """# Page

```{chunk} 
:name: early
:caption: C

if a > 10:
    raise ValueError(
        f'early {a}'
    )
warn('odd')
```

```{chunk} fails/core.py
:name: head
:caption: C

from warnings import warn
```

```{chunk} fails/core.py
:name: work
:caption: C

def work(a: int) -> int:
    for b in range(a):
        <<early>>
        <<late>>
    return a


def top() -> int:
    return 1 // 0
```

```{chunk} 
:name: late
:caption: C

assert a != 7, 'seven'
```

```{session} 
>>> from fails.core import top
>>> 1 + 1
2

>>> 2 + 2
5
```

Words.

```{session} 
>>> top()
```
"""
FAILING = """
import linecache, traceback
from fails.core import top, work

def test_raises():
    work(11)

def test_asserts():
    work(7)

def test_divides():
    top()

def test_shows_the_line():
    try:
        top()
    except ZeroDivisionError as error:
        last = traceback.extract_tb(error.__traceback__)[-1]
        assert last.line == "return 1 // 0"
        assert last.name == "top"

def test_breakpoints_name_the_page():
    assert work.__code__.co_filename.endswith("page.md")
"""


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("fails")
    lay_out(root, FAILS, FAILING)
    plugin = ("-p", "casebook.literate.pytest_plugin", "-p", "no:cacheprovider")
    return run(root, "pytest", *plugin, "-W", "default", "tests", "source")


@pytest.mark.parametrize(
    ("said", "at"),
    [
        ("source/page.md:{}: ValueError", "raise ValueError("),
        ("source/page.md:{}: AssertionError", "assert a != 7"),
        ("source/page.md:{}: ZeroDivisionError", "1 // 0"),
        ("source/page.md:{}: UserWarning: odd", "warn('odd')"),
        ("page.md, line {}, column 1 did not evaluate as expected", ">>> 2 + 2"),
    ],
)
def test_a_failure_names_the_line_of_the_page(said: str, at: str, failed: str) -> None:
    assert said.format(line_of(FAILS, at)) in failed


def test_nothing_else_fails(failed: str) -> None:
    assert re.search(r"\b5 failed, 4 passed, 1 warning in", failed), failed


# --- measured ---

MEASURED = '''# Page

```{chunk} 
:name: early
:caption: C

if a > 10:
    big = [
        a,
        a,
    ]
elif a < 0:
    big = []
else:
    big = [a]
```

```{chunk} mini/core.py
:name: head
:caption: C

"""Doc."""

from collections.abc import Callable
```

```{chunk} mini/core.py
:name: splice
:caption: C

def splice(a: int) -> list[int]:
    for _ in range(2):
        <<early>>
        <<late>>
    return big
```

```{chunk} 
:name: late
:caption: C

while a:
    a -= 1
    if a == 3:
        break
else:
    a = 1
```

```{chunk} 
:append: head
:caption: C

import functools
import contextlib
```

```{chunk} mini/core.py
:name: decorated
:caption: C

def twice(f: Callable[[], int]) -> Callable[[], int]:
    @functools.wraps(
        f
    )
    def both() -> int:
        return f() + f()

    return both


@twice
@functools.cache
def one() -> int:
    return 1


@twice
def never() -> int:
    return 2
```

```{chunk} mini/match.py
:name: matching
:caption: C

def kind(x: object) -> str:
    match x:
        case 1 | 2:
            return 'few'
        case [a, *_] if a:
            return 'many'
        case str():
            return 'words'
        <<other-case>>
    return ''
```

```{chunk} 
:name: other-case
:caption: C

case {'a': 1}:
    return 'map'
```

```{chunk} mini/core.py
:name: trying
:caption: C

def trying(n: int) -> int:
    try:
        <<risky>>
    except ValueError:
        n = 7
    except (
        KeyError,
        TypeError,
    ):
        n = 8
    else:
        n += 1
    finally:
        <<last>>
    return n
```

```{chunk} 
:name: risky
:caption: C

if n == 1:
    raise ValueError
if n == 2:
    return n
```

```{chunk} 
:name: last
:caption: C

n += 0
if n > 100:
    n = 100
```

```{chunk} mini/core.py
:name: comprehension
:caption: C

def evens(n: int) -> list[int]:
    return [
        i
        for i in range(n)
        if i % 2 == 0
    ]


def lazy(n: int) -> object:
    return sum(i for i in range(n)), lambda: n + 1
```

```{chunk} mini/core.py
:name: klass
:caption: C

class Class(
    object,
):
    <<attributes>>

    def one(self) -> int:
        return self.x if self.x else 0
```

```{chunk} 
:append: last
:caption: C

if n < -100:
    n = -100
```

```{chunk} 
:name: attributes
:caption: C

"""A class."""

x: int = 1
y = {
    <<entries>>
}
```

```{chunk} 
:name: entries
:caption: C

'a': 1,
'b': lambda: 2,
```

```{chunk} 
:append: entries
:caption: C

'c': 3,
```

```{chunk} mini/core.py
:name: more-of-the-class
:caption: C

    @property
    def two(self) -> int:
        <<two>>

    async def three(self) -> int:
        with contextlib.suppress(KeyError):
            raise KeyError
        async for _ in self:
            pass
        return 3
```

```{chunk} 
:name: two
:caption: C

if self.x:
    return (
        self.x +
        1
    )
return 0
```

```{chunk} mini/core.py
:name: excluded
:caption: C

if one() == 3:  # pragma: no cover
    raise SystemExit
if one() == 2:  # pragma: no branch
    DONE = True
```

```{chunk} mini/core.py
:name: generator
:caption: C

def leaving(way: int) -> int:
    found = 0
    with contextlib.suppress(KeyError):
        if way:
            found = way
    for i in range(3):
        with contextlib.suppress(KeyError):
            if i == way:
                break
    return found


def counted(n: int) -> object:
    for i in range(n):
        yield i
        if i == 2:
            continue
        if i == 3:
            return
    assert n < 3
```
'''
MEASURING = """
from mini.core import Class, counted, evens, lazy, leaving, one, splice, trying
from mini.match import kind

def test_all():
    assert splice(5) == [3]
    assert [kind(1), kind([3]), kind("a"), kind(3)] == ["few", "many", "words", ""]
    assert [trying(1), trying(2), trying(3)] == [7, 2, 4]
    assert evens(5) == [0, 2, 4]
    lazy(3)
    assert one() == 2
    assert (Class().one(), Class().two) == (1, 2)
    assert list(counted(2)) == [0, 1]
    assert [leaving(0), leaving(2), leaving(9)] == [0, 2, 9]
"""


def measured(root: Path, *arguments: str, path: Path = EXT) -> Mapping[str, Any]:
    said = run(root, "pytest", "-p", "no:cacheprovider", *arguments, "--cov-branch",
               "--cov-report=json:cov.json", path=path)  # fmt: skip
    assert "1 passed" in said, said
    files: Mapping[str, Any] = json.loads((root / "cov.json").read_text())["files"]
    return files


@pytest.fixture(scope="module")
def coverage(
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Mapping[str, Any], Mapping[str, Any], Page]:
    """What is measured on the page, and what coverage says of plain files."""
    root, plain = tmp_path_factory.mktemp("page"), tmp_path_factory.mktemp("plain")
    lay_out(root, MEASURED, MEASURING)
    (root / "cov.ini").write_text(
        "[run]\nbranch = true\nplugins = casebook.literate.coverage_plugin\n"
    )
    on_page = measured(root, "-p", "casebook.literate.pytest_plugin", "tests",
                       "--cov=source", "--cov-config=cov.ini")  # fmt: skip
    found = next(pages(root))
    for file in found.program.files:
        target = plain / file.path
        target.parent.mkdir(exist_ok=True)
        target.write_text(file.text)
    (plain / "test_it.py").write_text(MEASURING)
    (plain / "pytest.ini").write_text("[pytest]\n")
    return on_page, measured(plain, "test_it.py", "--cov=mini", path=plain), found


@pytest.mark.parametrize("kind", ["executed_lines", "missing_lines", "excluded_lines"])
def test_the_lines_measured_are_those_of_the_plain_files(kind: str, coverage: Any) -> None:
    on_page, plain, found = coverage
    expected = [
        file.origin(line).origin for file in found.program.files for line in plain[file.path][kind]
    ]
    assert on_page["source/page.md"][kind] == sorted(expected)
    assert expected


@pytest.mark.parametrize("kind", ["executed_branches", "missing_branches"])
def test_the_branches_measured_are_those_of_the_plain_files(kind: str, coverage: Any) -> None:
    on_page, plain, found = coverage
    expected = [
        [file.origin(abs(n)).origin * (1 if n > 0 else -1) for n in branch]
        for file in found.program.files
        for branch in plain[file.path][kind]
    ]
    assert sorted(on_page["source/page.md"][kind]) == sorted(expected)
    assert expected


def test_what_was_not_run_is_what_the_tests_leave_out(coverage: Any) -> None:
    on_page, _, _ = coverage
    missing = on_page["source/page.md"]["missing_lines"]
    text = MEASURED.splitlines()
    assert line_of(MEASURED, "    big = []") in missing
    assert line_of(MEASURED, "return 'map'") in missing
    assert line_of(MEASURED, "n = 8") in missing
    assert {text[n - 1].strip() for n in missing} >= {"n = 100", "n = -100", "return 0"}


def test_the_pages_may_lie_elsewhere_with_conf_beside_them(tmp_path: Path, coverage: Any) -> None:
    lay_out(tmp_path, MEASURED, MEASURING)
    (tmp_path / "source").rename(tmp_path / "docs")
    (tmp_path / "conf.py").rename(tmp_path / "docs" / "conf.py")
    (tmp_path / "pytest.ini").write_text("[pytest]\ncasebook_source = docs\n")
    plugin = "casebook.literate.coverage_plugin"
    (tmp_path / "cov.ini").write_text(f"[run]\nplugins = {plugin}\n[{plugin}]\nsource = docs\n")
    found = measured(tmp_path, "-p", "casebook.literate.pytest_plugin", "tests",
                     "--cov=docs", "--cov-config=cov.ini")  # fmt: skip
    executed = "executed_lines"
    assert found["docs/page.md"][executed] == coverage[0]["source/page.md"][executed]
    with pytest.raises(FileNotFoundError, match=r"no conf.py: neither .*/source/conf.py nor .*"):
        next(pages(tmp_path))
