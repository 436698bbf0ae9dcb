"""Steppers in a browser: by buttons, keys and slider, heard and seen, and without a script."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from harness import build, write
from playwright.sync_api import Browser, Locator, Page, expect
from test_browser import violations

if TYPE_CHECKING:
    from conftest import Reader

LONG = "and so on, in more words than a line of the page can hold, " * 2
STATES = {
    "event": ["Nothing happens", *[f"A step {LONG}then the next"] * 3, "Done"],
    "key row": ["", "started", "started", f"started {LONG}then waits", "done"],
    "network": ["silent", "silent", "paid", "paid", "paid"],
}
STEPPER = """
```{stepper} acme/crashes
:columns: key row, network
:step: event
:phases: 1..2 nothing has happened; 3..3 the money has moved; 4..5 written down
:print: 1, 3
:caption: It dies.
```

A paragraph below.
"""
PAGE = f"""# Page

```{{chunk}} mini_acme/experiments.py
:name: crashes
:caption: An experiment
:output: acme/crashes

def crashes() -> dict[str, list[str]]:
    return {{}}
```
{STEPPER}"""
MOST = 6_000
"""What the script may weigh, compressed, in bytes."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("steppers")
    stored = json.dumps({"columns": STATES, "values": {}})
    write(root, {"index.md": PAGE, "elite/outputs/acme/crashes.json": stored})
    built = build(root)
    assert built.warnings == []
    return built.out


@pytest.fixture
def page(reader: Reader, home: str) -> Page:
    reader.address = home
    return reader.open("index.html")


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def scripted(request: pytest.FixtureRequest, browser: Browser, home: str) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=request.param)
    page = context.new_page()
    page.goto(home + "index.html")
    yield page
    context.close()


def part(page: Page, name: str) -> Locator:
    return page.locator(f".stepper {name}")


def shown(page: Page) -> list[str]:
    """The count, and the state: each part, with a star where it is marked as changed."""
    rows = part(page, "dl > div").all()
    said = [
        f"{'*' if 'changed' in (row.get_attribute('class') or '') else ''}"
        f"{row.locator('dt').inner_text()}: {row.locator('.shown').inner_text()}"
        for row in rows
    ]
    return [part(page, ".stepper-where > span").first.inner_text(), *said]


BEGIN = ["Step 1 of 5", "key row: –", "network: silent"]
PAID = ["Step 3 of 5", "key row: started", "*network: paid"]
END = ["Step 5 of 5", "*key row: done", "network: paid"]
WIDTHS = pytest.mark.parametrize(
    "reader", [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")], indirect=True
)


def test_buttons_step_and_stop_at_the_ends(page: Page) -> None:
    back, forth = page.get_by_role("button", name="Back"), page.get_by_role("button", name="Next")
    assert shown(page) == BEGIN
    back.click(force=True)
    assert shown(page) == BEGIN
    expect(back).to_be_disabled()
    for _ in range(2):
        forth.click()
    assert shown(page) == PAID
    expect(back).to_be_enabled()
    for _ in range(2):
        forth.click()
    assert shown(page) == END
    expect(forth).to_be_focused()  # it is disabled, and is not lost to the keyboard
    expect(forth).to_be_disabled()
    page.keyboard.press("Enter")
    assert shown(page) == END


def test_keys_step_on_slider_and_buttons(page: Page) -> None:
    slider = page.get_by_role("slider", name="Step")
    slider.focus()
    for key in ("ArrowRight", "ArrowUp"):
        page.keyboard.press(key)
    assert shown(page) == PAID
    page.keyboard.press("End")
    assert shown(page) == END
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Back")).to_be_focused()
    for key in ("ArrowLeft", "ArrowLeft", "ArrowLeft", "ArrowRight"):
        page.keyboard.press(key)
    assert shown(page) == PAID
    assert slider.input_value() == "3"


def test_what_is_heard(page: Page) -> None:
    said, slider = part(page, "[aria-live=polite]"), page.get_by_role("slider")
    expect(said).to_be_empty()
    forth = page.get_by_role("button", name="Next")
    forth.click()
    event = STATES["event"][1]
    expect(said).to_have_text(f"Step 2 of 5, nothing has happened: {event}; key row: started.")
    forth.click()
    expect(said).to_have_text(f"Step 3 of 5, the money has moved: {event}; network: paid.")
    expect(slider).to_have_attribute("aria-valuetext", "Step 3 of 5, the money has moved")
    slider.focus()
    page.keyboard.press("Home")
    told = "Nothing happens; key row: nothing; network: silent"
    expect(said).to_have_text(f"Step 1 of 5, nothing has happened: {told}.")


@WIDTHS
def test_it_is_accessible_and_fits(page: Page) -> None:
    for step in range(5):
        if step:
            page.get_by_role("button", name="Next").click()
        if step in (0, 2):
            assert violations(page, ".stepper") == []
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        for button in page.locator(".stepper button").all():
            box = button.bounding_box()
            assert box
            assert min(box["width"], box["height"]) >= 24


@WIDTHS
def test_nothing_moves_from_step_to_step(page: Page) -> None:
    places = set()
    for step in range(5):
        if step:
            page.get_by_role("button", name="Next").click()
        parts = part(page, ".stepper-view, dl > div, button, dl").all()
        boxes = [one.bounding_box() for one in [*parts, page.get_by_text("A paragraph below.")]]
        places.add(str([(box["y"], box["height"]) for box in boxes if box]))
    assert len(places) == 1


@WIDTHS
def test_the_current_phase_is_named_whole_and_marked(page: Page) -> None:
    for _ in range(2):
        page.get_by_role("button", name="Next").click()
    current = part(page, ".stepper-phases > .current, .stepper-phase .shown")
    whole = [
        one
        for one in current.all()
        if one.evaluate("e => getComputedStyle(e).fontSize != '0px' && e.checkVisibility()")
    ]
    assert [one.inner_text() for one in whole] == ["the money has moved"]
    [name] = whole
    assert name.evaluate("e => e.scrollWidth <= e.clientWidth || !e.clientWidth")
    assert name.evaluate("e => getComputedStyle(e).fontWeight") == "600"
    segment = part(page, ".stepper-phases > .current")
    colours = [
        one.evaluate("e => getComputedStyle(e).borderBottomColor")
        for one in part(page, ".stepper-phases > span").all()
    ]
    own = segment.evaluate("e => getComputedStyle(e).borderBottomColor")
    assert colours.count(own) == 1


def test_the_thumb_stands_under_its_segment(page: Page) -> None:
    slider, segment = page.get_by_role("slider"), part(page, ".stepper-phases > span").nth(1)
    track, one = slider.bounding_box(), segment.bounding_box()
    assert track
    assert one
    # Of five steps the third is in the middle, and is the whole of its phase.
    assert abs(track["x"] + track["width"] / 2 - (one["x"] + one["width"] / 2)) < 2


def test_without_a_script_and_on_paper_it_is_a_table(scripted: Page) -> None:
    table = scripted.locator(".stepper table")
    rows = table.locator("tbody tr")
    with_script = scripted.locator(".stepper-view").count() == 1
    expect(rows).to_have_count(2)
    expect(table.locator("caption")).to_be_visible()
    if with_script:
        expect(rows.first).to_be_hidden()
        scripted.emulate_media(media="print")
        expect(scripted.locator(".stepper-view")).to_be_hidden()
    expect(rows.first).to_be_visible()


def test_the_script_is_small(folder: Path) -> None:
    script = (folder / "_static" / "casebook-stepper.js").read_bytes()
    assert len(gzip.compress(script)) <= MOST
