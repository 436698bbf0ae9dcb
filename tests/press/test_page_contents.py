"""The contents of the book beside each page, and those of the page."""

from __future__ import annotations

from pathlib import Path

import pytest
from bs4 import BeautifulSoup, Tag
from harness import Built, build, write

INDEX = "# Book\n\n```{toctree}\n:numbered: 3\n:hidden:\n\nacme\nbolt\n```\n\n## At home\n"
ACME = """# Acme

```{toctree}
:hidden:

acme/keys
```

## Problem

### How *large*

#### Too deep

## Parts
"""
KEYS = "# Keys\n\n## Claim\n\n### Late\n\n## Fence\n"
BOLT = "# Bolt\n\n## Rest\n\n```{toctree}\n:hidden:\n\nfar\n```\n"
HTML_SECNUMBER = 'html_secnumber_suffix = " "\n'


def listed(items: Tag, depth: int = 0) -> list[str]:
    """The entries of a list, each as far to the right as it is deep, with where it leads."""
    found = []
    for item in items.find_all("li", recursive=False):
        link = item.find("a", recursive=False)
        assert isinstance(link, Tag)
        found.append(f"{'  ' * depth}{link.get_text()} {link['href']}")
        for below in item.find_all("ul", recursive=False):
            found += listed(below, depth + 1)
    return found


def tree(built: Built, page: str) -> Tag:
    found = BeautifulSoup(built.text(page), "html.parser").select_one(".sidebar-tree")
    assert found
    return found


def sidebar(built: Built, page: str) -> list[str]:
    return [line for items in tree(built, page).find_all("ul", recursive=False)
            for line in listed(items)]  # fmt: skip


def own(built: Built, page: str) -> list[str]:
    found = BeautifulSoup(built.text(page), "html.parser").select_one(".toc-tree > ul")
    assert found
    return listed(found)


@pytest.fixture
def book(tmp_path: Path) -> Path:
    pages = {
        "index.md": INDEX,
        "acme.md": ACME,
        "acme/keys.md": KEYS,
        "bolt.md": BOLT,
        "far.md": "# Far\n",
    }
    write(tmp_path, pages, HTML_SECNUMBER)
    return tmp_path


def test_the_page_at_hand_opens_to_its_sections_and_others_show_titles(book: Path) -> None:
    built = build(book)
    assert built.warnings == []
    assert sidebar(built, "index.html") == [
        "1 Acme acme.html", "  1.1 Keys acme/keys.html", "2 Bolt bolt.html", "  2.1.1 Far far.html",
    ]  # fmt: skip
    assert sidebar(built, "acme.html") == [
        "1 Acme #", "  1.2 Problem #problem", "    1.2.1 How large #how-large",
        "  1.3 Parts #parts", "  1.1 Keys acme/keys.html",
        "2 Bolt bolt.html", "  2.1.1 Far far.html",
    ]  # fmt: skip
    assert sidebar(built, "acme/keys.html") == [
        "1 Acme ../acme.html", "  1.1 Keys #", "    1.1.1 Claim #claim",
        "      Late #late", "    1.1.2 Fence #fence",
        "2 Bolt ../bolt.html", "  2.1.1 Far ../far.html",
    ]  # fmt: skip
    assert sidebar(built, "search.html") == sidebar(built, "index.html")


def test_folders_of_pages_link_as_furo_does(book: Path) -> None:
    assert sidebar(build(book, "dirhtml"), "acme/keys/index.html") == [
        "1 Acme ../", "  1.1 Keys #", "    1.1.1 Claim #claim",
        "      Late #late", "    1.1.2 Fence #fence",
        "2 Bolt ../../bolt/", "  2.1.1 Far ../../far/",
    ]  # fmt: skip


def test_the_page_at_hand_is_marked_and_everything_around_it_open(book: Path) -> None:
    built = build(book)
    for page, title, folds in (("acme.html", "1 Acme", 2), ("acme/keys.html", "1.1 Keys", 3)):
        shown = tree(built, page)
        [here] = shown.select(".current-page > a")
        assert here.get_text() == title
        around = shown.select("li.current:has(> ul), li.current li:has(> ul)")
        assert len(around) == folds
        for item in around:
            [fold] = item.find_all("input", recursive=False)
            assert fold.has_attr("checked"), item
        names = [fold["id"] for fold in shown.select("input")]
        assert [label["for"] for label in shown.select("label")] == names
        assert len({*names}) == len(names)
    # A study elsewhere can be opened, and is not.
    acme, bolt = tree(built, "bolt.html").select("input")
    assert not acme.has_attr("checked")
    assert bolt.has_attr("checked")


def test_the_contents_of_a_page_are_two_levels_deep(book: Path) -> None:
    built = build(book)
    assert own(built, "acme.html") == [
        "1 Acme #", "  1.2 Problem #problem", "    1.2.1 How large #how-large",
        "  1.3 Parts #parts",
    ]  # fmt: skip
    assert own(built, "bolt.html") == ["2 Bolt #", "  2.1 Rest #rest"]
    for page in ("acme.html", "bolt.html"):
        soup = BeautifulSoup(built.text(page), "html.parser")
        assert soup.select(".toc-tree ul:not(:has(li)), .sidebar-tree ul:not(:has(li))") == []


CHANGES: dict[str, dict[str, str | None]] = {
    "a section of the page": {"acme.md": ACME.replace("## Parts", "## Pieces\n\n## Parts")},
    "a chapter more": {
        "acme.md": ACME.replace("acme/keys\n", "acme/keys\nacme/more\n"),
        "acme/more.md": "# More\n\n## Of it\n",
    },
    "a chapter less": {"acme.md": ACME.replace("acme/keys\n", ""), "acme/keys.md": None},
    "a title": {"acme/keys.md": KEYS.replace("# Keys", "# Locks")},
    "another order": {"index.md": INDEX.replace("acme\nbolt", "bolt\nacme")},
}


@pytest.mark.parametrize("change", CHANGES)
def test_the_next_build_shows_what_has_changed(change: str, book: Path) -> None:
    build(book)
    write(book, CHANGES[change], HTML_SECNUMBER)
    kept, fresh = build(book), build(book, out="fresh")
    assert kept.warnings == fresh.warnings
    for page in fresh.out.rglob("*.html"):
        name = page.relative_to(fresh.out).as_posix()
        assert kept.text(name) == fresh.text(name), name


def test_the_book_at_large_is_not_written_for_a_section_of_one_page(book: Path) -> None:
    build(book)
    write(book, CHANGES["a section of the page"], HTML_SECNUMBER)
    assert "far" not in build(book).written
