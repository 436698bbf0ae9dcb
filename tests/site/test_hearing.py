"""Sounds in a browser: played by keyboard, loaded when they are played, without a script."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from harness import build, write
from playwright.sync_api import Browser, Page, expect
from test_browser import violations
from waves import stored, wav

if TYPE_CHECKING:
    from conftest import Reader

PAGE = """# Page

```{chunk} mini_acme/experiments.py
:name: heard
:caption: An experiment
:output: acme/heard

def heard() -> dict[str, object]:
    return {}
```

```{audio} acme/heard
:values: MOS
:caption: A tone.
As sent it hums, and then it rattles.
```
"""
SOUNDS = {
    "as sent": wav([800, -800] * 8_000),
    "with so long a name that it fills a line of": wav([800, -800, 0, 0] * 4_000),
}
CURRENT = "a => [a.paused, a.currentTime > 0, a.duration || 0]"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sounds")
    columns: dict[str, list[float]] = {"MOS": [4.41, 1.5]}
    write(root, {"index.md": PAGE, "elite/outputs/acme/heard.json": stored(SOUNDS, columns)})
    built = build(root)
    assert built.warnings == []
    return built.out


@pytest.fixture(params=[True, False], ids=["script", "no script"])
def scripted(request: pytest.FixtureRequest, browser: Browser) -> Iterator[Page]:
    context = browser.new_context(java_script_enabled=request.param)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("local", [False, True], ids=["served", "file"])
def test_a_key_plays_a_sound_which_is_loaded_then(
    local: bool, scripted: Page, folder: Path, home: str
) -> None:
    """From a folder as from a server, with the policy of the page, and without its scripts."""
    asked: list[str] = []
    scripted.on("request", lambda request: asked.append(request.url))
    scripted.goto(f"file://{folder}/index.html" if local else f"{home}index.html")
    player = scripted.locator("audio").nth(1)
    assert player.evaluate(CURRENT) == [True, False, 0]
    assert not [url for url in asked if url.endswith(".wav")]
    player.evaluate("a => { a.muted = true }")
    player.focus()
    player.press("Space")
    expect(player).to_have_js_property("paused", False)
    expect(player).not_to_have_js_property("currentTime", 0)
    assert player.evaluate(CURRENT)[1:] == [True, 1]
    assert {url.rpartition("/")[2] for url in asked if ".wav" in url} == {"heard-2.wav"}


@pytest.mark.parametrize(
    "reader", [(1280, "light"), (1280, "dark"), (360, "light"), (360, "dark")], indirect=True
)
def test_it_can_be_read_and_used_at_every_width(reader: Reader, home: str) -> None:
    reader.address = home
    page = reader.open("index.html")
    assert violations(page, "figure.audio") == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for player, link in zip(
        page.locator("audio").all(), page.locator(".clip-player a").all(), strict=True
    ):
        box = player.bounding_box()
        assert box
        assert box["width"] >= 220, "its parts have room"
        expect(link).to_be_visible()
    page.get_by_text("Transcript", exact=True).click()
    expect(page.get_by_text("As sent it hums")).to_be_visible()
    assert reader.complaints == []
