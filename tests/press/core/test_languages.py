"""Files of the web: where they cannot be read, and what they say of themselves."""

from __future__ import annotations

import sys

import pytest
from casebook.core.literate.languages import LANGUAGES, language_of
from casebook.core.problems import Kind
from hypothesis import given
from hypothesis import strategies as st

from .webs import chunk, good, line_of, said

HTML = """<!doctype html>
<!-- The canvas and nothing else -->
<html lang="en">
<head><title>A & B</title><meta charset="utf-8"></head>
<body>
<p>One<p>Two
<ul><li>a<li>b</ul>
<input disabled>
<svg viewBox="0 0 1 1"><path d="M0 0"/></svg>
<script type="module" src="page.js"></script>
</body>
</html>"""
CSS = """/* Two columns,
   or one */
@import url("more.css");
@property --x { syntax: "<number>"; inherits: false }
@media (width >= 40em) {
  :is(a, b):hover { color: color-mix(in srgb, red 10%, blue); }
}
.a { --y: { z }; & > .b { c: calc(1px + 2%) } }
@keyframes k { 0% { x: y } to { x: z } }"""
JS = """// Moves what you drag.
import { x } from "./x.js";
const y = `a${x}`;
class A { #b = 1; static { } }
export async function* f() { for await (const z of y) yield z?.a ?? 1; }"""
FILES = {"html": HTML, "css": CSS, "js": JS}


@pytest.mark.parametrize(("kind", "text"), FILES.items())
def test_what_is_right_is_read(kind: str, text: str) -> None:
    (file,) = good(chunk("top", text, f"mini/page/index.{kind}")).files
    assert file.text == text + "\n"
    assert (file.package, file.is_python) == ("mini", False)


@pytest.mark.parametrize(
    ("kind", "text", "line", "message"),
    [
        ("html", "<p>a\n<div>\n<b>c</b>", 2, "HTML: '<div>' is not closed"),
        ("html", "<div>\n<p>a</div>\n</div>", 3, "HTML: it cannot be read from '</div>' on"),
        ("html", "<p>a\n</b></p>", 2, "HTML: '</b>' closes nothing"),
        ("html", "<p>a\n<DIV>", 2, "HTML: '<DIV>' is not closed"),
        ("html", "<br>\n<i x='>b</i>", 2, "HTML: it cannot be read from \"<i x='>b</i>\" on"),
        ("html", "<p>a\nb < c</p>", 2, "HTML: '<c>' is not closed"),
        ("css", "a { b: c }\nd {\n e: f", 2, "CSS: what begins here is not closed"),
        ("css", "a { b: c }\n/* d", 2, "CSS: what begins here is not closed"),
        ("css", "a {\n b c;\n}", 2,
         "CSS: Stop token reached before {} block for a qualified rule"),
        ("css", "a {\n b: 'c;\n}", 2, "CSS: Bad string token"),
        ("css", "@media (x) { a {\n b: c) } }", 2, "CSS: Unmatched )"),
        ("css", "a {}\n}", 2, "CSS: EOF reached before {} block for a qualified rule"),
        ("js", "let a = 1;\nlet b = a +;", 2, "JavaScript: it cannot be read from '+' on"),
        ("js", "let a = 1;\nlet b = 2 2;", 2, "JavaScript: it cannot be read from '2' on"),
        ("js", "function f() {\n  return 1;", 2, "JavaScript: '}' is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_reported_at_its_line(
    kind: str, text: str, line: int, message: str
) -> None:
    page = "Words.\n\n" + chunk("top", text, f"mini/index.{kind}")
    assert said(page) == [(Kind.BAD_CODE, line + 4, f"not {message}")]


@pytest.mark.parametrize(
    ("kind", "package"),
    [("html", "tree_sitter_html"), ("js", "tree_sitter"), ("css", "tinycss2")],
)
def test_without_its_package_a_language_is_not_checked_and_that_is_said(
    kind: str, package: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    name = language_of(f"a.{kind}").name
    message = f"{name} cannot be checked without the package '{package}'; add it"
    assert said(chunk("top", FILES[kind], f"mini/a.{kind}")) == [(Kind.BAD_CODE, 3, message)]


def test_chunks_stand_in_them_as_in_modules() -> None:
    page = (
        chunk("top", "<!doctype html>\n<body>\n  <<rows>>\n</body>", "mini/page.html")
        + chunk("rows", "<p>a</p>\n\n<p>b</p>")
        + chunk("more", "<!-- end -->", "mini/page.html")
        + chunk("code", "x = 1", "mini/a.py")
    )
    page_file, module = good(page).files
    assert page_file.text == (
        "<!doctype html>\n<body>\n  <p>a</p>\n\n  <p>b</p>\n</body>\n\n<!-- end -->\n"
    )
    assert page_file.lines[4].origin == line_of(page, "<p>b")
    assert module.is_python


@pytest.mark.parametrize(
    ("path", "text", "purpose"),
    [
        ("a/b.html", HTML, "The canvas and nothing else"),
        ("a/b.css", CSS, "Two columns,"),
        ("a/b.js", JS, "Moves what you drag."),
        ("a/b.js", "/** All of it. */\nlet a;", "All of it."),
        ("a/b.js", "let a; // all", ""),
        ("a/b.html", "<p>a</p><!-- b -->", ""),
    ],
)
def test_their_purpose_is_the_comment_that_begins_them(path: str, text: str, purpose: str) -> None:
    (file,) = good(chunk("top", text, path)).files
    assert file.purpose == purpose


@pytest.mark.parametrize("file", ["a/b.ts", "a/b.svg", "a/b/c.json"])
def test_other_kinds_are_refused(file: str) -> None:
    message = (
        f"'{file}' is of no kind that the press reads; its name ends with one of "
        "'.py', '.html', '.css', '.js'"
    )
    assert said(chunk("top", "x", file)) == [(Kind.CHUNK_FILE, 1, message)]


def test_a_name_of_no_kind_counts_as_python() -> None:
    names = [language_of(file).name for file in ("a/b.py", "a/b.js", "a/b.c", "", "js")]
    assert names == ["Python", "JavaScript", "Python", "Python", "JavaScript"]


@given(
    st.sampled_from(list(LANGUAGES)), st.text(st.sampled_from("<>{}/*\"'();:a &!-\n"), min_size=1)
)
def test_nothing_that_is_written_ends_in_an_error(suffix: str, text: str) -> None:
    page = chunk("top", f"a\n{text}\nb", f"mini/a{suffix}")
    assert all(1 <= line <= page.count("\n") for _, line, _ in said(page))
