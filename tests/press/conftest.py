"""What the tests of the press share."""

from __future__ import annotations

import pytest
from books import Sample
from harness import Built


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    """The book of `books.py`."""
    return Sample(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="session")
def site(sample: Sample) -> Built:
    """The web edition of that book."""
    return sample.built()
