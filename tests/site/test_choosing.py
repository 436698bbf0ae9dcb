"""A chart that chooses: by pointer and by keyboard, without a script, and printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Browser, Page, expect

if TYPE_CHECKING:
    from conftest import Reader

PAGE = "elite/stripe-api-excellence.html"
SEEN = "panels => panels.map(e => e.checkVisibility({visibilityProperty: true}))"


def panels(page: Page) -> list[bool]:
    """Which panels of the first chart can be seen."""
    found: list[bool] = (
        page.locator("fieldset.choose").first.locator(".choose-panel").evaluate_all(SEEN)
    )
    return found


@pytest.mark.parametrize("reader", [(360, "light"), (1280, "dark")], indirect=True)
def test_arrow_keys_choose_and_nothing_jumps(reader: Reader) -> None:
    page = reader.open(PAGE)
    group = page.get_by_role("group", name="Sent")
    before = group.bounding_box()
    assert panels(page) == [False, True, False]
    # One stop for the tabulator: the button that is chosen.
    chosen = group.get_by_role("radio", name="200 requests/s")
    chosen.focus()
    page.keyboard.press("ArrowRight")
    expect(group.get_by_role("radio", name="400 requests/s")).to_be_checked()
    assert panels(page) == [False, False, True]
    page.keyboard.press("ArrowRight")
    assert panels(page) == [True, False, False]
    page.keyboard.press("Tab")
    expect(group.get_by_role("radio", checked=True)).not_to_be_focused()
    after = group.bounding_box()
    assert before
    assert after
    assert before["height"] == after["height"]
    assert reader.complaints == []


def test_a_reader_of_the_screen_hears_one_drawing(reader: Reader) -> None:
    group = reader.open(PAGE).get_by_role("group", name="Sent")
    expect(group.get_by_role("radio")).to_have_count(3)
    expect(group.get_by_role("img")).to_have_count(1)
    expect(group.get_by_role("img", name="sent 200 requests/s")).to_be_visible()


def test_a_click_chooses_without_a_script(browser: Browser, address: str) -> None:
    context = browser.new_context(java_script_enabled=False, forced_colors="active")
    page = context.new_page()
    page.goto(address + PAGE)
    page.get_by_text("150 requests/s", exact=True).first.click()
    group = page.get_by_role("group", name="Sent")
    expect(group.get_by_role("radio", name="150 requests/s")).to_be_checked()
    expect(group.get_by_role("img", name="sent 150 requests/s")).to_be_visible()
    context.close()


def test_printing_the_page_shows_all_of_them(reader: Reader) -> None:
    page = reader.open(PAGE)
    page.emulate_media(media="print")
    assert panels(page) == [True, True, True]
    tops = page.locator("fieldset.choose").first.locator(".choose-panel").evaluate_all(
        "panels => panels.map(e => e.getBoundingClientRect().top)"
    )  # fmt: skip
    assert tops == sorted(set(tops))
    expect(page.locator("fieldset.choose label").first).to_be_hidden()
