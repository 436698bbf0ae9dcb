"""Chunks of HTML, CSS and JavaScript: on the page, in files, read by the program."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path

import pytest
from harness import Built, build, plain, write
from lintcode import lint
from test_literate import INDEX, added, chunk, run

PAGE = "\n".join([
    "# Page\n",
    chunk("page", '<!doctype html>\n<!-- A list. -->\n<body class="a">\n  <ul>\n    <<rows>>\n'
          "  </ul>\n</body>\n", "mini/web/index.html"),
    chunk("rows", "<li>one &amp; two\n"),
    chunk("script", "/* Moves it. */\nfunction move(x) {\n  <<twice>>\n  return x;\n}\n",
          "mini/web/code/page.js"),
    chunk("twice", "x += x;\n"),
    chunk("style", "/* Plain. */\nli {\n  <<colours>>\n}\n", "mini/web/page.css"),
    chunk("colours", "color: red;\n"),
    added("colours", "background: blue;\n"),
    chunk("core", '"""Reads its page."""\n\nfrom importlib.resources import files\n\n\n'
          'def page(name: str = "index.html") -> str:\n'
          '    """Return a file of the page."""\n'
          '    return (files("mini.web") / name).read_text(encoding="utf-8")\n', "mini/core.py"),
    chunk("start", '"""The package."""\n', "mini/__init__.py"),
    "```{package} mini\n```\n",
])  # fmt: skip
HTML = (
    '<!doctype html>\n<!-- A list. -->\n<body class="a">\n  <ul>\n    <li>one &amp; two\n'
    "  </ul>\n</body>\n"
)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("web")
    write(folder, {"index.md": INDEX, "page.md": PAGE})
    return folder


@pytest.fixture(scope="module")
def site(root: Path) -> Built:
    built = build(root)
    assert built.warnings == []
    return built


def test_each_language_has_its_colours_and_its_links(site: Built) -> None:
    text = site.text("page.html")
    for name in ("html", "css", "javascript", "python"):
        assert f'class="highlight-literate-{name} notranslate"' in text
    assert '<span class="kd">function</span> move' in text
    uses = re.findall(r'<span class="chunk-use"><a [^>]*href="#([^"]+)"', text)
    assert uses == ["chunk-rows", "chunk-twice", "chunk-colours"]
    block = re.search(r"highlight-literate-html.*?<pre>(.*?)</pre>", text, re.S)
    assert block
    assert '\n    <span class="chunk-use">' in block[1]


def test_a_package_lists_them_with_their_first_comment(site: Built) -> None:
    table = re.search(r'<table class="[^"]*package.*?</table>', site.text("page.html"), re.S)
    assert table
    rows = [plain(row) for row in re.findall("<tr.*?</tr>", table[0], re.S)[1:]]
    assert rows == [
        "mini/web/index.html A list. 7 ‹page›",
        "mini/web/code/page.js Moves it. 5 ‹script›",
        "mini/web/page.css Plain. 5 ‹style›",
        "mini/core.py Reads its page. 8 ‹core›",
        "mini/__init__.py The package. 1 ‹start›",
    ]


@pytest.mark.parametrize("builder", ["latex", "text", "epub"])
def test_other_editions_print_them(builder: str, root: Path) -> None:
    assert build(root, builder).warnings == []


def test_the_archive_and_the_folder_hold_them(site: Built, root: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(site.out / "code" / "mini.zip") as archive:
        assert archive.read("mini/web/index.html").decode() == HTML
    tangled = build(root, "tangle")
    assert tangled.text("mini/web/index.html") == HTML
    assert tangled.text("mini/web/page.css") == (
        "/* Plain. */\nli {\n  color: red;\n  background: blue;\n}\n"
    )


def test_a_file_that_no_page_makes_any_more_is_removed(tmp_path: Path) -> None:
    write(tmp_path, {"index.md": INDEX, "page.md": PAGE})
    out = build(tmp_path, "tangle").out
    assert (out / "mini" / "web" / "page.css").exists()
    write(tmp_path, {"page.md": PAGE.replace("mini/web/page.css", "mini/web/other.css")})
    build(tmp_path, "tangle")
    found = {path.name for path in (out / "mini" / "web").rglob("*") if path.is_file()}
    assert found == {"index.html", "page.js", "other.css"}


TESTS = """
from importlib.resources import as_file, files

import mini
from mini.core import page


def test_resources_come_from_the_page():
    assert page() == {html!r}
    web = files("mini.web")
    assert {{one.name for one in web.iterdir()}} == {{"index.html", "page.css", "code"}}
    script = files(mini) / "web" / "code" / "page.js"
    assert script.is_file()
    assert script.read_bytes().startswith(b"/* Moves it. */\\n")
    assert not (web / "nothing.js").is_file()
    assert {{one.name for one in files("mini").iterdir()}} == {{"web", "core.py", "__init__.py"}}
    with as_file(web / "index.html") as path:
        assert path.read_text(encoding="utf-8") == page()
"""


def test_a_program_reads_them_from_the_page_and_coverage_counts_python_alone(
    tmp_path: Path,
) -> None:
    write(tmp_path, {"index.md": INDEX, "page.md": PAGE})
    (tmp_path / "pytest.ini").write_text("[pytest]\n")
    (tmp_path / "cov.ini").write_text(
        "[run]\nbranch = true\nplugins = casebook.literate.coverage_plugin\n"
    )
    (tmp_path / "test_it.py").write_text(TESTS.format(html=HTML))
    said = run(
        tmp_path, "pytest", "-p", "casebook.literate.pytest_plugin", "-p", "no:cacheprovider",
        "test_it.py", "--cov=source", "--cov-config=cov.ini", "--cov-report=term",
    )  # fmt: skip
    assert "1 passed" in said, said
    assert re.search(r"source/page\.md +3 +0 +0 +0 +100%", said), said


def test_linters_leave_them_out(root: Path) -> None:
    assert lint(root) == []
