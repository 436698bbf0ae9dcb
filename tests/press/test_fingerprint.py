"""What is stored rests on the press, its fonts and its renderers, and does not outlive them."""

from __future__ import annotations

import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from casebook.base import fingerprint
from casebook.base.domain import CasebookDomain
from casebook.figures import drawings
from harness import build, write

PRESS = fingerprint.PACKAGE


@pytest.fixture
def package(tmp_path: Path) -> Path:
    ignored = shutil.ignore_patterns("__pycache__")
    return Path(shutil.copytree(PRESS, tmp_path / "package", ignore=ignored))


@pytest.mark.parametrize(
    "file",
    ["core/book/book.py", "figures/charts.py", "core/metrics/units.toml",
     "web/static/look.css", "fonts/casebook-sans-400.ttf"],
)  # fmt: skip
def test_every_file_counts(package: Path, file: str) -> None:
    before = fingerprint.digest(package, ["1"])
    assert fingerprint.digest(package, ["1"]) == before
    path = package / file
    path.write_bytes(path.read_bytes() + b"\n")
    assert fingerprint.digest(package, ["1"]) != before
    path.unlink()
    assert fingerprint.digest(package, ["1"]) != before


def test_versions_count_and_compiled_files_do_not(package: Path) -> None:
    before = fingerprint.digest(package, ["1"])
    assert fingerprint.digest(package, ["2"]) != before
    (package / "book.pyc").write_bytes(b"x")
    assert fingerprint.digest(package, ["1"]) == before


def test_the_renderers_are_those_that_are_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    before = fingerprint.number()
    for package in fingerprint.RENDERERS:
        with monkeypatch.context() as patch:
            real = fingerprint.metadata.version
            patch.setattr(
                fingerprint.metadata,
                "version",
                lambda name, real=real, new=package: "0.0" if name == new else real(name),
            )
            assert fingerprint.number() != before
    assert fingerprint.number() == before


def test_pages_are_read_again_after_a_font_has_changed(
    package: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fingerprint, "PACKAGE", package)
    write(tmp_path, {"index.md": "# Page\n"})
    assert build(tmp_path).read == ["index"]
    assert build(tmp_path).read == []
    font = package / "fonts" / "casebook-mono-400.ttf"
    font.write_bytes(font.read_bytes() + b"\0")
    again = build(tmp_path)
    assert (again.read, again.written, again.warnings) == (["index"], ["index"], [])


def test_a_drawing_is_made_again_where_the_press_has_changed(tmp_path: Path) -> None:
    made: list[bytes] = []
    domain = object.__new__(CasebookDomain)
    env: Any = SimpleNamespace(doctreedir=tmp_path, domains={"casebook": domain})

    def make() -> bytes:
        made.append(b"%d" % len(made))
        return made[-1]

    def drawn(version: int, key: str) -> bytes:
        domain.data_version = version  # type: ignore[misc]
        return drawings.cached(env, key, make)

    assert [drawn(*asked) for asked in ((1, "a"), (1, "a"), (1, "b"), (2, "a"), (1, "a"))] == [
        b"0", b"0", b"1", b"2", b"0",
    ]  # fmt: skip
