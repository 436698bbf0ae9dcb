"""The settings of the press: what is no good is named at its line, and the default is used."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from casebook.base import config
from casebook.base.config import FIELDS, Settings, settings
from casebook.core.problems import Kind, Problem
from harness import build, plain, write

PAGE: dict[str, str | None] = {"index.md": "# Page\n\n```{casebook-settings}\n```\n"}
BARE = """
extensions = ["myst_parser", "casebook"]
show_warning_types = True
"""
LINE = BARE.count("\n") + 1


@pytest.fixture
def book(tmp_path: Path) -> Path:
    """A book of one page, whose `conf.py` is yet to be written."""
    write(tmp_path, PAGE)
    return tmp_path


@pytest.mark.parametrize(
    ("setting", "message"),
    [
        ("date = 20261122", "'casebook_date' is 20261122, and has to be text; the default, '',"),
        ("date = 'now'", "'casebook_date' is 'now', which is no day such as '2026-11-22'; "
         "the default, '',"),
        ("date = '20261122'", "'casebook_date' is '20261122', which is a day to be written as "
         "'2026-11-22'; the default, '',"),
        ("outputs = '/tmp'", "'casebook_outputs' is '/tmp', which is absolute, and has to be a "
         "path from the source folder; the default, 'outputs',"),
        ("outputs = 'index.md'", "'casebook_outputs' is 'index.md', which is no folder in the "
         "source folder; the default, 'outputs',"),
        ("outputs = None", "'casebook_outputs' is None, and has to be text; "
         "the default, 'outputs',"),
        ("catalogue = 'lost'", "'casebook_catalogue' is 'lost', which is no file in the source "
         f"folder; the default, {Settings().catalogue!r},"),
        ("pattern_library = 'ftp://x'", "'casebook_pattern_library' is 'ftp://x', which is no "
         "address that begins with 'https://' or 'http://'; the default, '',"),
        ("pattern_library = 'https://[x'", "'casebook_pattern_library' is 'https://[x', which is "
         "no address; the default, '',"),
        ("pattern_library_name = lambda: 0", "'casebook_pattern_library_name' is <function"),
        ("diagrams = 1", "'casebook_diagrams' is 1, and has to be True or False; "
         "the default, False,"),
        ("design = True", "'casebook_design' needs html_theme = 'furo'; the default, False,"),
        ("desing = True", "unknown setting 'casebook_desing'; did you mean 'casebook_design'?"),
        ("zzz = 1", "unknown setting 'casebook_zzz' [casebook.bad-setting]"),
    ],
)  # fmt: skip
def test_a_setting_that_is_no_good(book: Path, setting: str, message: str) -> None:
    (book / "conf.py").write_text(f"{BARE}casebook_{setting}\n", encoding="utf-8")
    (warning,) = build(book, "text").warnings
    assert warning.startswith(f"conf.py:{LINE}: {message}")
    assert warning.endswith("[casebook.bad-setting]")


def test_the_last_line_that_sets_it_counts(book: Path) -> None:
    conf = BARE + "if True:\n    casebook_date = ''\n    casebook_date: str = 'x'\n"
    inner = "def f():\n    casebook_of_mine = 1\n"
    (book / "conf.py").write_text(conf + inner, encoding="utf-8")
    (warning,) = build(book, "text").warnings
    assert warning.startswith(f"conf.py:{LINE + 2}: 'casebook_date' is 'x'")


@pytest.mark.parametrize("name", ["diagrams", "formulas", "design"])
def test_what_a_feature_needs_is_named(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    app: Any = SimpleNamespace(config=SimpleNamespace(html_theme="furo"))
    (field,) = (field for field in FIELDS if field.name == name)
    assert field.metadata["check"](True, app) is None
    monkeypatch.setattr(config.importlib.util, "find_spec", lambda module: None)
    package = {"diagrams": "sphinxcontrib-mermaid", "formulas": "math-core", "design": "furo"}[name]
    needed = Problem(Kind.BAD_SETTING, f"needs the package {package}")
    assert field.metadata["check"](True, app) == needed


def test_the_settings_of_a_build() -> None:
    given = {f"casebook_{field.name}": field.default for field in FIELDS}
    app: Any = SimpleNamespace(config=given | {"casebook_date": "2026-11-22"})
    assert settings(app) == dataclasses.replace(Settings(), date="2026-11-22")
    assert Settings(pattern_library="https://a.example/b/").library == "a.example"
    assert Settings("", "", "", "https://a.example/", "A").library == "A"


def test_the_reference_names_each_setting(book: Path) -> None:
    (book / "conf.py").write_text(BARE, encoding="utf-8")
    words = plain(build(book).text("index.html"))
    assert "casebook_date Text; by default '' . The day of this edition" in words
    assert "casebook_design True or False; by default False . Give the book the look" in words
    assert all(f"casebook_{field.name} " in words for field in FIELDS)
