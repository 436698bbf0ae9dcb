"""What the directives and roles put on the page."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from books import BOOK, Sample
from casebook.web.tooltips import MOST_NAMED
from harness import Built, build, write

SPAN = re.compile(r"<[^>]+>")


@pytest.fixture
def print_source(sample: Sample) -> str:
    built = sample.built("latex")
    return built.text(next(path.name for path in built.out.glob("*.tex")))


def row(page: str, anchor: str) -> list[str]:
    """The words of each cell of the row that holds an anchor."""
    line = next(r for r in re.findall(r"<tr.*?</tr>", page, re.S) if f'id="{anchor}"' in r)
    cells = re.findall(r"<t[hd].*?</t[hd]>", line, re.S)
    return [" ".join(SPAN.sub(" ", cell).split()) for cell in cells]


def test_a_row_shows_value_unit_date_evidence_and_source(site: Built) -> None:
    page = site.text("a.html")
    assert row(page, "metric-jobs") == [
        "Jobs what it is",
        "5",
        "million requests/\N{ZERO WIDTH SPACE}day",
        "2024",
        "reported Doe 2017 top",
    ]


def test_a_derived_row_is_computed_and_links_what_it_was_computed_from(site: Built) -> None:
    page = site.text("b.html")
    head, value, unit, _, evidence = row(page, "metric-share")
    assert head == "Share w calls ÷ jobs"
    assert (value, unit) == ("0.2074", "×")  # 12 / (5e6 / 86,400), to four digits
    assert evidence == "derived from Acme 2024 , Doe 2017"
    assert 'href="a.html#metric-jobs"' in page


NOTE = re.compile(r'<li id="(tooltip-[^"]+)">(.*?)</li>', re.S)


def notes(page: str) -> dict[str, str]:
    """The notes at the end of a page, by the names that links give them."""
    listed = page.partition('<aside class="tooltips"')[2].partition("</aside>")[0]
    found = NOTE.findall(listed)
    assert len(dict(found)) == len(found), "a note stands once"
    return dict(found)


def test_a_value_in_a_sentence_carries_its_evidence(site: Built) -> None:
    page = site.text("b.html")
    link = re.search(
        r'<span class="metric"><a [^>]*aria-describedby="tooltip-metric-jobs"[^>]*>'
        r"(.*?)</a></span>",
        page,
        re.S,
    )
    assert link
    assert SPAN.sub("", link[1]) == "5\N{NO-BREAK SPACE}million requests/day"
    note = notes(page)["tooltip-metric-jobs"]
    lines = [SPAN.sub("", line) for line in re.findall(r"<p>(.*?)</p>", note)]
    assert lines == [
        "Jobs: 5\N{NO-BREAK SPACE}million requests/day, 2024", "what it is", "reported · Doe 2017",
    ]  # fmt: skip
    assert "<a " not in note


def test_a_citation_carries_its_source(site: Built) -> None:
    page = site.text("outside.html")
    assert re.search(r'<a [^>]*aria-describedby="tooltip-source-post" href="a.html#id\d+"', page)
    lines = re.findall(r"<p>(.*?)</p>", notes(page)["tooltip-source-post"])
    assert lines == [
        "<b>Doe 2017</b>",
        "Jane Doe, “How we do it”, Acme blog, Aug\N{NO-BREAK SPACE}2017. example.org/post. "
        "Last checked 1\N{NO-BREAK SPACE}Oct\N{NO-BREAK SPACE}2026.",
    ]


def test_nothing_stands_in_the_middle_of_a_sentence(site: Built) -> None:
    """A browser of text shows the sentence as it is written, and each note once, at the end."""
    article = site.text("b.html").partition('<article role="main"')[2]
    words = " ".join(SPAN.sub("", article).split())
    assert "Acme does 5 million requests/day." in words.replace("\N{NO-BREAK SPACE}", " ")
    assert words.count("reported · Doe 2017") == 1
    assert words.index("Acme does") < words.index("Notes on the links of this page")


def test_notes_are_no_part_of_the_search(site: Built) -> None:
    assert "Acme blog" in notes(site.text("outside.html"))["tooltip-source-post"]
    text = site.text("searchindex.js").removeprefix("Search.setIndex(").removesuffix(")")
    index = json.loads(text)
    found = index["terms"]["blog"]
    pages = [index["docnames"][at] for at in (found if isinstance(found, list) else [found])]
    assert pages == ["a#references"]


def test_a_tooltip_escapes_what_the_author_wrote(tmp_path: Path) -> None:
    row = (
        "- {id: odd, label: 'A < B & \"C\"', what: '\\<script>alert(1)\\</script>', "
        "kind: reported, value: 5 s, as-of: 2024, source: post, locator: '<img src=x>', "
        "doubt: '\\<b>'}"
    )
    table = f"```{{metrics-table}} T\n{row}\n```\n\n```{{bibliography}}\n```\n"
    write(tmp_path, {"index.md": "# Page\n\n{metric}`odd`\n\n" + table})
    note = notes(build(tmp_path).text("index.html"))["tooltip-metric-odd"]
    assert "&lt;script&gt;" in note
    assert "A &lt; B &amp; " in note
    assert not re.search(r"<(script>alert|img|b>[^A])", note)


def test_every_described_link_has_its_note(site: Built) -> None:
    for page in ("a.html", "b.html", "found.html", "outside.html"):
        text = site.text(page)
        described = re.findall(r'aria-describedby="(tooltip-[^"]+)"', text)
        assert set(described) == set(notes(text))
        assert described


def test_a_tooltip_names_few_studies_and_counts_many(tmp_path: Path) -> None:
    names = [f"S{number}" for number in range(MOST_NAMED + 1)]
    both = "Safe by {pattern-link}`outbox` or {pattern-link}`idempotency`.\n"
    one = "Safe by {pattern-link}`outbox`.\n"
    studies = {
        f"{name}.md": f"---\nstudy: {name}\n---\n# {name}\n\n{one if name == 'S0' else both}"
        for name in names
    }
    homes = "".join(
        f"## {slug}\n\n```{{pattern}} {slug}\n```\n\n" for slug in ("outbox", "idempotency")
    )
    index = "# Book\n\n```{toctree}\n" + "\n".join(names) + "\n```\n\n" + homes
    write(tmp_path, {"index.md": index, **studies})
    built = build(tmp_path)
    assert built.warnings == []
    page = built.text("S1.html")
    assert f"used in {len(names)} studies</p>" in page
    assert f"used in {', '.join(names[1:])}</p>" in page


def test_a_pattern_knows_its_way_back(site: Built) -> None:
    page = site.text("idempotency.html")
    words = " ".join(SPAN.sub("", page).split())
    assert "Where the book uses it" in words
    # The sentence is quoted as it is read, with the labels of its sources.
    assert "Acme, Load: “Safe by idempotency, as [Doe 2017] says.”" in words
    assert 'pattern-library/data-management/idempotency/"' in page


def test_a_use_is_quoted_as_it_is_read(tmp_path: Path) -> None:
    sentence = (
        "Before. The *old* {pattern-link}`idempotency` takes {metric}`jobs` or "
        "{metric}`five million jobs <jobs>` {cite}`post`, by [this](#load). After.\n"
    )
    write(tmp_path, {**BOOK, "b.md": BOOK["b.md"] + "\n" + sentence})
    words = " ".join(SPAN.sub("", build(tmp_path).text("idempotency.html")).split())
    value = "5\N{NO-BREAK SPACE}million requests/day".replace("\N{NO-BREAK SPACE}", " ")
    assert f"“The old idempotency takes {value} or five million jobs [Doe 2017], by this.”" in words


def test_cards_and_comparisons_show_values_with_their_evidence(tmp_path: Path) -> None:
    extra = (
        "\n```{metric-cards}\njobs\ncalls\nshare\n```\n\n"
        "```{metrics-comparison} Side by side\n:columns: Acme, Bolt, Cord\n\n"
        "- label: Load\n  metrics: [jobs, share, not published]\n  note: not alike\n```\n\n"
        "```{related-patterns}\n```\n"
    )
    write(tmp_path, {**BOOK, "a.md": f"{BOOK['a.md']}{extra}"})
    built = build(tmp_path, "text")
    assert built.warnings == []
    words = " ".join(built.text("a.txt").replace("\N{NO-BREAK SPACE}", " ").split())
    assert "Jobs 5 million requests/day reported, 2024" in words
    assert "Calls 12 requests/s reported, 2024" in words
    assert "Share 0.2074 × derived, 2024" in words
    row = next(line for line in built.text("a.txt").splitlines() if "not published" in line)
    assert "Load" in row
    assert "0.2074" in row
    assert "not alike" in words
    assert words.endswith("Idempotency Make a request safe to repeat. Leads to: Outbox.")


def test_lists_hold_the_whole_book(site: Built) -> None:
    page = " ".join(SPAN.sub(" ", site.text("lists.html")).split())
    for label in ("Calls", "Jobs", "Share"):
        assert label in page
    assert "Doe 2017 Jobs" in page
    assert "No metric of the book is older than two years." in page
    assert "Idempotency 1.1 not used" in page  # the matrix: Acme in section 1.1, Bolt not


def test_print_marks_and_pages(print_source: str) -> None:
    assert r"\casebookmark{reported}{\detokenize{a:metric-jobs}}" in print_source
    assert r"\casebookmark{pattern}{\detokenize{idempotency:idempotency}}" in print_source
    assert r"\label{\detokenize{a:metric-jobs}}" in print_source


def test_plain_markdown_links_reach_metrics_and_patterns(tmp_path: Path) -> None:
    page = "# Links\n\n[](#metric-jobs), [these words](#metric-jobs), [](#pattern-idempotency).\n"
    write(tmp_path, {**BOOK, "outside.md": page})
    built = build(tmp_path)
    assert built.warnings == []
    words = SPAN.sub("", built.text("outside.html").replace("\N{NO-BREAK SPACE}", " "))
    assert "5 million requests/day" in words
    assert "these words" in words


def test_the_search_knows_metrics_and_patterns(site: Built) -> None:
    text = site.text("searchindex.js").removeprefix("Search.setIndex(").removesuffix(")")
    index = json.loads(text)
    found = {
        name: (index["docnames"][doc], anchor) for doc, _, _, anchor, name in index["objects"][""]
    }
    assert found["Jobs"] == ("a", "metric-jobs")
    assert found["Idempotency"] == ("idempotency", "idempotency")
