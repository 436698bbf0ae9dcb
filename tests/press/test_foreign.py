"""In somebody else's book the press reads right, with any theme, and says nothing of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import html5lib
import pytest
from editions import need_tex
from foreign import BOOK, CONF, PLAIN
from harness import Built, build
from printgate import joined
from typeset import typeset

PARTS = "script", "style", "head"
UNUSED = {
    "index.md": "# Index\n\n(place)=\n\n## A place\n\nWords.[^note]\n\n[^note]: A note.\n\n"
    "```{toctree}\nplain\nmore\n```\n",
    "plain.md": PLAIN,
    "more.md": "# More of {ref}`place`\n\n```{code-block} python\n:caption: See {ref}`place`.\n\n"
    "x = 1\n```\n\n````{note}\n```{python} is no directive\n````\n",
}
"""A project that lists the press and uses nothing of it."""


def lay_out(root: Path, files: Mapping[str, str]) -> Path:
    for name, text in files.items():
        path = root / "docs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return root


def made(root: Path, builder: str = "html") -> Built:
    return build(root, builder, source="docs", conf="docs")


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lay_out(tmp_path_factory.mktemp("foreign"), BOOK)


@pytest.fixture(scope="module")
def site(root: Path) -> Built:
    return made(root)


def read(element: Any) -> str:
    """The words that are read out of an element."""
    if not isinstance(element.tag, str) or element.tag in PARTS or element.get("aria-hidden"):
        return element.tail or ""
    words = "".join([element.text or "", *map(read, element)])
    block = "" if element.tag in ("a", "span", "em", "strong", "code", "b", "i", "cite") else " "
    return f"{block}{words}{block}{element.tail or ''}"


def words(html: str) -> str:
    """What a browser of text shows of a page, on one line, without signs of links and breaks."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    return " ".join(read(parser.parse(html)).replace("¶", "").replace("\u200b", "").split())


def test_the_pages_are_built_without_a_word(site: Built) -> None:
    assert site.warnings == []


@pytest.mark.parametrize(
    "said",
    [
        # A card, a sentence, a link with words, a row with its formula.
        "Jobs accepted 5.2 million requests/day reported, Mar 2024",
        "Acme takes 5.2 million requests/day, and repeats them by idempotency, as [Doe17] says. "
        "That is far more than it reports.",
        "What Acme’s queue takes Measure Value Unit As of Evidence Jobs accepted requests that "
        "were answered with 202 5.2 million requests/day Mar 2024 reported Doe17 second paragraph",
        "Doubt: the digest rounds 1,040 requests/day Mar 2024 secondary Doe17 footnote; read "
        "through a digest",
        "late by accepted 100 × jobs late ÷ jobs accepted 2 % Mar 2024 derived from secondary "
        "from Doe17",
        # A chunk, its use, a session.
        "‹wait› ≡ How long a job waits. \"\"\"A model of the queue.\"\"\"",
        "-> dict[str, object]: ‹count› columns = ",
        "queue_model/queue.py ‹count› ≡ The worst of all waits. worst = max(1, 2, 4) used in "
        "‹wait›",
        "Session >>> from queue_model.queue import waits >>> waits()[\"values\"] {'worst': 4}",
        # An exercise.
        "Exercise Bound the wait Let nobody wait for more than 3 s. In queue_model.zip, change "
        "queue_model/queue.py until python check.py bound-the-wait calls it solved. Test from "
        "queue_model.queue import waits def test_bound():",
        "Solution in place of ‹count› · 1 line worst = min(3, max(1, 2, 4))",
        # A chart.
        "It does so from the start. modelled by ‹wait› Numbers load, request/s wait, s 10 1 20 2 "
        "30 4 The same as CSV.",
        "How the queue fills. Step load wait 1 calm 10 1 3 busy 30 4 modelled by ‹wait›",
        "Practice 1 Bound the queue before it bounds you Refuse work while the model says that "
        "5.2 million requests/day wait. A read needs none. For engineers · Evidence: Doe17, Jobs "
        "accepted, modelled by ‹wait› · Pattern: idempotency",
        "inferred So its workers are few. They are busy.",
        "unsupported “It never loses a job” It repeats 5.2 million requests/day. Doe17",
        # A note, once, at the end.
        "Share of late jobs: 2 %, Mar 2024 late by accepted Doubt: the digest rounds derived from "
        "secondary · from Doe17",
    ],
)  # fmt: skip
def test_what_is_read(site: Built, said: str) -> None:
    assert said in words(site.text("study.html"))


def test_what_is_read_on_other_pages(site: Built) -> None:
    front, patterns, plain = (words(site.text(f"{p}.html")) for p in ("index", "patterns", "plain"))
    assert "with 5.2 million requests/day on its first page." in front
    code = '‹wait› How long a job waits. """A model of the queue.""" … def waits() -> dict[str, '
    assert code in front
    assert "‹count› lines 1, 4–5 of 7 · queue_model/queue.py · from Acme’s queue" in front
    assert "The wait grows. modelled by ‹wait› · from Acme’s queue Numbers load, request/s" in front
    head = "Make a request safe to repeat. Category communication Also called idempotency key A "
    assert head in patterns
    assert "“Acme takes 5.2 million requests/day, and repeats them by idempotency," in patterns
    assert "Elsewhere" not in patterns
    assert "flowchart LR A --> B Left Right one 1 A *fence* of Markdown." in plain


@pytest.mark.parametrize("page", ["index", "study", "patterns", "plain"])
def test_no_source_shines_through(site: Built, page: str) -> None:
    html = site.text(f"{page}.html")
    said = words(html)
    for sign in ("{metric}", "{cite}", "```", ":::", "<<", "None", "casebook"):
        assert sign not in said
    empty = re.findall(r"<(p|dt|dd|figcaption|summary|th|caption)\b[^>]*>\s*</\1>", html)
    assert empty == []
    assert "Content-Security-Policy" not in html
    assert "favicon" not in html


def test_only_pages_that_use_the_press_link_to_its_files(site: Built) -> None:
    linked = {
        page: re.findall(
            r"_static/casebook-(tokens\.css|plain\.css|tooltips\.js)", site.text(f"{page}.html")
        )
        for page in ("index", "study", "patterns", "plain")
    }
    every = ["tokens.css", "plain.css"]
    noted = [*every, "tooltips.js"]
    assert linked == {"index": noted, "study": noted, "patterns": every, "plain": []}
    assert all((site.out / "_static" / f"casebook-{name}").is_file() for name in noted)


def test_the_sheet_names_colours_by_their_tokens() -> None:
    from casebook.web import any_theme

    files = any_theme._files()
    used = set(re.findall(r"var\((--[\w-]+)\)", files["casebook-plain.css"]))
    assert used == {name for name in used if f"{name}:" in files["casebook-tokens.css"]}
    assert not re.search(r"#[0-9a-f]{3,6}\b|rgb", files["casebook-plain.css"])
    assert files["casebook-plain.css"].count("\n") <= 80
    assert (
        'prefers-color-scheme: dark) {\n    body[data-theme="auto"] {'
        in files["casebook-tokens.css"]
    )


@pytest.mark.slow
def test_paper_is_set_by_tex(root: Path) -> None:
    need_tex()
    built = made(root, "latex")
    assert built.warnings == []
    source = built.out / "queues.tex"
    assert not re.search(r"\\(casebook|cb@?)[a-z]*", source.read_text(encoding="utf-8"))
    assert typeset(source) == ""
    log = source.with_suffix(".log").read_text(encoding="utf-8", errors="replace")
    lines = [line for _, line in joined(log)]
    bad = ("!", "Undefined control sequence", "Missing character", "LaTeX Warning: Reference")
    assert [line for line in lines if line.startswith(bad)] == []
    said = " ".join(paper(source).split())
    for words in (
        "Acme takes 5.2 million requests/day, and repeats them by idempotency, as [Doe17] says.",
        "100 × jobs late ÷ jobs accepted", "1,040 requests/day", "‹wait› ≡ How long a job waits.",
        "Practice 1 Bound the queue before it bounds you", "“It never loses a job”",
        "inferred: So its workers are few. They are busy.",
    ):  # fmt: skip
        assert words in said


def paper(source: Path) -> str:
    import subprocess

    command = ["pdftotext", "-raw", source.with_suffix(".pdf").name, "-"]
    return subprocess.run(
        command, cwd=source.parent, capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("builder", ["html", "latex", "text", "epub"])
def test_a_project_that_uses_nothing_of_it_is_as_it_was(builder: str, tmp_path: Path) -> None:
    conf = CONF.replace('bibtex_bibfiles = ["queues.bib"]\n', "")
    conf += "version = '1'\ncopyright = 'Nobody'\n"
    without = conf.replace(', "casebook"', "")
    built = {
        name: made(lay_out(tmp_path / name, {**UNUSED, "conf.py": text}), builder)
        for name, text in (("with", conf), ("without", without))
    }
    said = [re.sub(str(tmp_path), "", line) for line in built["without"].warnings]
    assert [re.sub(str(tmp_path), "", line) for line in built["with"].warnings] == said
    # A ZIP file holds the time at which it was made.
    files = {
        name: {path: digest for path, digest in one.digests().items() if path != "Queues.epub"}
        for name, one in built.items()
    }
    assert files["with"] == files["without"]
