"""Every example on the authors' pages builds in every builder, without a message."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

import casebook
import pytest
from benchbook import registered
from casebook.literate import exercise_items, importing, running
from casebook.literate.programs import pages
from harness import Built, build, write

AUTHORS = Path(__file__).parents[2] / "source" / "authors"
EXAMPLES = {
    f"{path.stem}-{i}": text
    for path in sorted(AUTHORS.glob("*.md"))
    for i, text in enumerate(
        re.findall(r"^````markdown\n(.*?)^````$", path.read_text(encoding="utf-8"), re.S | re.M), 1
    )
}
BUILDERS = ("html", "latex", "text", "epub")


def book(example: str) -> dict[str, str | None]:
    """The files of an example: of several pages, each begins with a comment that names it."""
    first, *named = re.split(r"^% ([\w/-]+\.md)\n", example, flags=re.M)
    pages: dict[str, str | None] = dict(zip(named[::2], named[1::2], strict=True))
    if first:
        titled = first if first.startswith(("# ", "---")) else f"# Example\n\n{first}"
        pages["example.md"] = titled
    # The chapters of a study are named by its essay.
    listed = "\n".join(name.removesuffix(".md") for name in pages if "/" not in name)
    return {"index.md": f"# Book\n\n```{{toctree}}\n{listed}\n```\n", **pages}


def computed(root: Path) -> dict[str, str | None]:
    """What the programs of an example store, as `make outputs` and `make measure` run them."""
    found, hooks = list(pages(root)), list(sys.meta_path)
    importing.install(found)
    try:
        stored = (running.make(*one) for one in running.makers(found))
        return {f"elite/outputs/{made.file}": made.text for made in stored}
    finally:
        sys.meta_path[:] = hooks
        for name in [name for name in sys.modules if name.startswith("mini_acme")]:
            del sys.modules[name]


@pytest.fixture(scope="session", params=EXAMPLES)
def built(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Built]:
    root = tmp_path_factory.mktemp("example")
    write(root, book(EXAMPLES[request.param]))
    write(root, computed(root))
    return {builder: build(root, builder) for builder in BUILDERS}


def test_every_exercise_of_the_examples_can_be_solved(tmp_path: Path) -> None:
    found = []
    for name, text in EXAMPLES.items():
        if "{exercise}" in text:
            write(tmp_path / name, book(text))
            programs = [page.program for page in pages(tmp_path / name)]
            files = [file for program in programs for file in program.files]
            checks = [check for program in programs for check in program.checks]
            found += [
                exercise_items.run(check, files, solved=solved).returncode
                for check in checks
                for solved in (True, False)
            ]
    assert found == [0, 1]


def test_example_builds_in_every_builder(built: dict[str, Built]) -> None:
    assert [result.warnings for result in built.values()] == [[] for _ in BUILDERS]


def test_every_directive_and_role_has_an_example() -> None:
    shown = set(re.findall(r"\{([a-z-]+)\}", "".join(EXAMPLES.values())))
    # Shown on the book's own pages.
    lists = {"metric-index", "source-index", "aged-metrics"}
    lists |= {"insight-index", "claims-ledger", "chart-data", "casebook-settings"}
    assert registered() - lists <= shown


PRESS = (AUTHORS / "press.md").read_text(encoding="utf-8")
TOY = """
from __future__ import annotations
from dataclasses import dataclass, field
from docutils import nodes
from casebook.base.directive import BookDirective, BookList
from casebook.base.node_text import text_of
from casebook.base.page_context import PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.core.text.marked_text import Text
"""


def test_the_page_on_the_press_names_files_that_are_there() -> None:
    package, root = Path(casebook.__file__).parent, AUTHORS.parents[1]
    named = set(re.findall(r"`([\w./-]+(?:/|\.(?:py|css|sty|json|md)))`", PRESS))
    own = {name for name in named if "question" in name}
    assert len(own) == 4
    assert len(named) > 30
    missing = {n for n in named - own if not (package / n).exists() and not (root / n).exists()}
    assert missing == set()


def test_the_directive_that_the_page_adds_works(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = re.findall(r"^ *```python\n(.*?)^ *```$", PRESS, re.S | re.M)
    assert len(code) == 2
    module = tmp_path / "questions_of_the_page.py"
    module.write_text(TOY + "".join(map(textwrap.dedent, code)), encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    pages = {
        "index.md": "# Book\n\n```{toctree}\na\n```\n\n```{question-index}\n```\n",
        "a.md": "# A\n\n:::{question} Why {pattern-link}`outbox`?\nBecause.\n:::\n",
        "outbox.md": "---\norphan: true\n---\n# Outbox\n\n```{pattern} outbox\n```\n",
    }
    write(tmp_path, pages, f"extensions += ['{module.stem}']\n")
    site = build(tmp_path)
    paper = build(tmp_path, "latex")
    sys.modules.pop(module.stem)
    assert paper.warnings == site.warnings == []
    assert 'href="a.html#question-1"><span>Why outbox?</span>' in site.text("index.html")
    tex = next(paper.out.glob("*.tex")).read_text(encoding="utf-8")
    assert r"\label{\detokenize{a:question-1}}" in tex
    assert r"{\hyperref[\detokenize{a:question-1}]" in tex
