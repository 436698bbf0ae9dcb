"""Which chunks do nothing but import."""

from __future__ import annotations

import warnings

import pytest
from casebook.core.literate.chunks import Chunk
from casebook.core.literate.imports import only_imports


def holds(code: str) -> Chunk:
    return Chunk("name", "a/b.py", 1, 1, 4, tuple(code.split("\n")))


@pytest.mark.parametrize(
    "code",
    [
        "import os",
        "from os import path  # and why",
        "# first\nfrom os import (\n    path,\n)\n\nimport a.b as c",
        '"""A module."""\n\nfrom __future__ import annotations',
        "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import os\n    from a import b",
        "import typing as t\nif t.TYPE_CHECKING:\n    import os",
    ],
)
def test_imports(code: str) -> None:
    assert only_imports(holds(code))


@pytest.mark.parametrize(
    "code",
    [
        '"""A module, and nothing yet."""',
        "# import os",
        'import os\n"""Words that are no docstring."""',
        "import os\n\nLIMIT = 3",
        "import os\n\n\ndef f() -> None: ...",
        "if TYPE_CHECKING:\n    import os\n\n    A = os.stat_result",
        "if TYPE_CHECKING:\n    import os\nelse:\n    os = None",
        "if not t.TYPE_CHECKING:\n    import os",
        "if LIVE:\n    import os",
        "try:\n    import os\nexcept ImportError:\n    os = None",
        "import os\n<<more>>",
        '"""Words.\n<<more>>\n"""\nimport os',
        "    import os",
        "import",
        "-" * 10_000 + "1",
    ],
)
def test_what_does_more(code: str) -> None:
    assert not only_imports(holds(code))


def test_what_python_warns_of_is_reported_elsewhere() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert only_imports(holds('"""A module \\d."""\n\nimport os'))
