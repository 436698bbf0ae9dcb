"""The print edition, made once for all tests here."""

from __future__ import annotations

import pytest
from editions import Editions
from paper import Edition, looked_at


@pytest.fixture(scope="session")
def edition(editions: Editions) -> Edition:
    """The book itself."""
    return looked_at(editions.latex)
