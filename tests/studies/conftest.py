"""Which tests run a chunk is stored and compared, so nothing of it may be a matter of chance."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path

import pytest
from casebook.literate.programs import pages
from hypothesis import settings

settings.register_profile("studies", derandomize=True, deadline=None)
settings.load_profile("studies")

Unmeasured = Callable[[], AbstractContextManager[None]]
PATIENCE = 120  # seconds, for a thread to end on a busy machine
ROOT = Path(__file__).parents[2]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave running programs out of `make quick`: they start, listen and stop."""
    for item in items:
        if "live" in item.path.parts:
            item.add_marker("slow")


@pytest.fixture(autouse=True)
def _threads(request: pytest.FixtureRequest) -> Iterator[None]:
    """Only a running program's threads are measured, and each of them within its own test.

    Of threads that race, who wins is chance, and so is what they run.  A thread that outlives
    its test would be counted to the next one.
    """
    before, measure = {*threading.enumerate()}, threading.gettrace()
    if "live" not in request.path.parts:
        threading.settrace(None)  # type: ignore[arg-type]  # None takes it away
    yield
    if measure:
        threading.settrace(measure)
    end = time.monotonic() + PATIENCE
    for thread in {*threading.enumerate()} - before:
        thread.join(max(0, end - time.monotonic()))
        assert not thread.is_alive(), f"{thread.name} outlives its test"


@pytest.fixture
def unmeasured(request: pytest.FixtureRequest) -> Unmeasured:
    """Enter it, and coverage stands still: counting lines doubles the time of a long loop."""
    plugin = request.config.pluginmanager.getplugin("_cov")
    controller = plugin and plugin.cov_controller
    if not controller:
        return nullcontext

    @contextmanager
    def pause() -> Iterator[None]:
        controller.pause()
        try:
            yield
        finally:
            controller.resume()

    return pause


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Put a package down as plain files, and nothing else, in a folder of its own."""

    def put_down(package: str) -> Path:
        root = tmp_path_factory.mktemp("tangled")
        for page in pages(ROOT):
            for file in page.program.files:
                if file.path.startswith(f"{package}/"):
                    (root / file.path).parent.mkdir(parents=True, exist_ok=True)
                    (root / file.path).write_text(file.text, encoding="utf-8")
        return root

    return put_down
