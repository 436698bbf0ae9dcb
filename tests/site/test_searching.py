"""The search, as a reader uses it: words in a browser, and the places that they lead to."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from harness import build, write
from playwright.sync_api import Browser, Locator, Page, expect

FILLED = "Words that say nothing.\n\n" * 40
BOOK = {
    "index.md": "# Book\n\n```{toctree}\n:hidden:\n\nacme\nacme/keys\ncages\nnumbers\n```\n",
    "acme.md": "# Acme\n\nAn ocelot.\n\n## Errors\n\nA declined card is a 402.\n\n"
    + FILLED
    + "### Later\n\nIt was so in 1997, when zebras were rare.\n\n"
    + FILLED,
    "acme/keys.md": "# Keys\n\n## Claim\n\nA worker has a token, and a giraffe a cage.\n\n" + FILLED
    + "## Fence\n\nA fencing token keeps the late worker out.\n\n" + FILLED,
    "cages.md": "# Cages\n\n## One\n\nOf a giraffe.\n",
    "numbers.md": "# Numbers\n\n```{metrics-table} Acme\n- {id: zebras-402, label: 402s, "
    "what: w, kind: reported, value: 5 s, as-of: 2024, source: post, locator: top}\n```\n\n"
    "## References\n\n```{bibliography}\n```\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small book, with a file for each page and with a folder for each."""
    root = tmp_path_factory.mktemp("searched")
    write(root, BOOK)
    for builder in ("html", "dirhtml"):
        assert build(root, builder).warnings == []
    return root


@pytest.fixture(scope="module")
def addresses(book: Path, serve: Callable[[Path], str]) -> dict[str, str]:
    return {
        "html": serve(book / "html") + "search.html",
        "dirhtml": serve(book / "dirhtml") + "search/",
        "disk": (book / "html" / "search.html").as_uri(),
    }


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    yield context.new_page()
    context.close()


def results(page: Page, address: str, words: str) -> Locator:
    """Search for words, and return the links that are found once all are."""
    page.goto(f"{address}?q={words.replace(' ', '+')}")
    page.locator(".search-summary:not(:empty)").wait_for()
    return page.locator("#search-results li > a")


def targets(found: Locator) -> list[str | None]:
    return [link.get_attribute("href") for link in found.all()]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("1997", ["acme.html#later"]),
        ("fencing token", ["acme/keys.html#fence"]),
        ("rare zebra", ["acme.html#later"]),
        ("ocelot", ["acme.html"]),
        # In its title and in its text, and listed once.
        ("fence", ["acme/keys.html#fence"]),
        ("Errors", ["acme.html#errors"]),
        # On one page, in two of its sections.
        ("ocelot 1997", ["acme.html"]),
        ("cage giraffe", ["acme/keys.html#claim", "cages.html"]),
        ("fencing ocelot", []),
        ("2018", []),
    ],
)
def test_words_lead_to_the_section_that_holds_them(
    words: str, expected: list[str], page: Page, addresses: dict[str, str]
) -> None:
    assert targets(results(page, addresses["html"], words)) == expected


def test_a_number_is_found_in_the_text_beside_names_that_hold_it(
    page: Page, addresses: dict[str, str]
) -> None:
    found = targets(results(page, addresses["html"], "402"))
    assert sorted(map(str, found)) == ["acme.html#errors", "numbers.html#metric-zebras-402"]


def test_a_result_says_what_its_section_says_and_leads_there(
    page: Page, addresses: dict[str, str]
) -> None:
    errors: list[str] = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    found = results(page, addresses["html"], "1997")
    expect(page.locator(".search-summary")).to_have_text(
        "Search finished, found one place matching the search query."
    )
    expect(found).to_have_text(["Acme > Later"])
    summary = page.locator("#search-results .context")
    expect(summary).to_contain_text("It was so in 1997")
    expect(summary).not_to_contain_text("402")
    expect(summary.locator(".highlighted")).to_have_text(["1997"])
    found.click()
    expect(page.get_by_role("heading", name="Later")).to_be_in_viewport()
    expect(page.locator("article .highlighted")).to_have_text(["1997"])
    assert errors == []


def test_a_page_of_many_results_is_loaded_once(page: Page, addresses: dict[str, str]) -> None:
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    assert len(targets(results(page, addresses["html"], "token"))) == 2
    expect(page.locator("#search-results .context")).to_have_count(2)
    assert len([url for url in asked if url.endswith("acme/keys.html")]) == 1


def test_search_leads_to_sections_of_pages_in_folders(
    page: Page, addresses: dict[str, str]
) -> None:
    found = results(page, addresses["dirhtml"], "fencing token")
    assert targets(found) == ["../acme/keys/#fence"]
    expect(page.locator("#search-results .context")).to_contain_text("keeps the late worker out")
    found.click()
    expect(page.get_by_role("heading", name="Fence")).to_be_in_viewport()


def test_search_leads_to_sections_from_a_disk(page: Page, addresses: dict[str, str]) -> None:
    """No summary, since such a page may not load others; but the link is right."""
    found = results(page, addresses["disk"], "fencing token")
    assert targets(found) == ["acme/keys.html#fence"]
    found.click()
    expect(page.get_by_role("heading", name="Fence")).to_be_in_viewport()
