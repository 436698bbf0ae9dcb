"""The web edition, built once, served on the loopback, and looked at by a real browser."""

from __future__ import annotations

import functools
import http.server
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from editions import Editions, without
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let the tests without a browser run first: they are quick and say more."""
    here = Path(__file__).parent
    mine = [i for i in items if i.path.is_relative_to(here)]
    mine.sort(key=lambda item: "browser" in getattr(item, "fixturenames", ()))
    places = [at for at, item in enumerate(items) if item.path.is_relative_to(here)]
    for at, item in zip(places, mine, strict=True):
        items[at] = item


@pytest.fixture(scope="session")
def site(editions: Editions) -> Path:
    """The folder of the built pages."""
    return editions.html


@pytest.fixture(scope="session")
def pages(site: Path) -> list[str]:
    """Every page, by its address inside the site."""
    return sorted(str(path.relative_to(site)) for path in site.rglob("*.html"))


@pytest.fixture(scope="session")
def studies(pages: list[str]) -> list[str]:
    """The pages of the studies; the first is the essay that holds every component of the book."""
    found = [page for page in pages if page.startswith("elite/") and page != "elite/index.html"]
    return sorted(found, key=lambda page: (not page.startswith("elite/stripe-api"), page))


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, format: str, *args: object) -> None:
        """Write no log."""


@pytest.fixture(scope="session")
def serve() -> Iterator[Callable[[Path], str]]:
    """Serves a folder, and returns where."""
    with ExitStack() as servers:

        def start(folder: Path) -> str:
            handler = functools.partial(Quiet, directory=str(folder))
            server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
            servers.enter_context(server)
            servers.callback(server.shutdown)
            threading.Thread(target=server.serve_forever, daemon=True).start()
            return f"http://127.0.0.1:{server.server_address[1]}/"

        yield start


@pytest.fixture(scope="session")
def address(site: Path, serve: Callable[[Path], str]) -> str:
    """Where the pages are served."""
    return serve(site)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Chromium, as the system has it."""
    path = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not path:
        without("browser", "sudo apt-get install chromium, or set CHROMIUM")
    with sync_playwright() as playwright:
        # The sandbox needs rights that a container often lacks; the pages are our own.
        chromium = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield chromium
        chromium.close()


class Reader:
    """Opens pages at a given width and colour scheme, and listens."""

    def __init__(self, context: BrowserContext, address: str) -> None:
        self.page = context.new_page()
        self.address = address
        self.complaints: list[str] = []
        page, said = self.page, self.complaints
        page.on("console", lambda m: said.append(f"console: {m.text} ({page.url})"))
        page.on("pageerror", lambda e: said.append(f"error: {e} ({page.url})"))
        page.on("requestfailed", lambda r: said.append(f"failed: {r.url} ({page.url})"))
        page.on(
            "response", lambda r: r.status < 400 or said.append(f"{r.status}: {r.url} ({page.url})")
        )
        page.on("request", self._request)

    def _request(self, request: object) -> None:
        url: str = request.url  # type: ignore[attr-defined]
        if not url.startswith((self.address, "data:", "file:")):
            self.complaints.append(f"foreign: {url} ({self.page.url})")

    def open(self, path: str) -> Page:
        """Open a page of the book and wait until its fonts and scripts are there."""
        self.page.goto(self.address + path, wait_until="load")
        self.page.evaluate("document.fonts.ready.then(() => true)")
        return self.page


@pytest.fixture
def reader(browser: Browser, address: str, request: pytest.FixtureRequest) -> Iterator[Reader]:
    """A reader; parametrise indirectly with (width, scheme)."""
    width, scheme = getattr(request, "param", (1280, "light"))
    context = browser.new_context(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    yield Reader(context, address)
    context.close()


@pytest.fixture(scope="module")
def home(folder: Path, serve: Callable[[Path], str]) -> str:
    """The address of the site that a module has built in its `folder`."""
    return serve(folder)
