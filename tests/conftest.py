"""What all tests share: the editions of the book."""

from __future__ import annotations

import os

import pytest
from editions import Editions


@pytest.fixture(scope="session")
def editions(tmp_path_factory: pytest.TempPathFactory) -> Editions:
    """The editions of the book, each made when it is first asked for."""
    base = tmp_path_factory.getbasetemp()
    # A process of pytest-xdist has a folder of its own inside the one that all share.
    shared = base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base
    return Editions(shared / "editions")
