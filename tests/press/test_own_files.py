"""What authors and projects put beside the pages: read with care, and left alone."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from harness import build, write
from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

OUTPUT = "elite/outputs/acme/waits.json"
CHART = "```{chart} acme/waits\n:type: line\n:x: load\n:y: wait\n:caption: Waits.\n:alt: a\n```\n"
MAKER = (
    "```{chunk} mini_acme/waits.py\n:name: waits\n:caption: Waits.\n:output: acme/waits\n\n"
    "def waits() -> dict[str, object]:\n    return {}\n```\n"
)
WAITS = '{"columns": {"load": [1, 2], "wait": [3, 4]}, "values": {}}'
BOOK = {"index.md": f"# Book\n\n{MAKER}\n{CHART}", OUTPUT: WAITS}


def test_a_project_keeps_its_own_files_and_ours_go_with_their_use(tmp_path: Path) -> None:
    own = tmp_path / "own"
    for name in ("data/raw/mine.csv", "code/mine.zip"):
        (own / name).parent.mkdir(parents=True, exist_ok=True)
        (own / name).write_bytes(b"mine")
    conf = f"html_extra_path = [{str(own)!r}]\n"
    write(tmp_path, BOOK, conf)
    out = build(tmp_path).out
    ours = ["data/acme/waits.csv", "data/chunks.json", "code/mini_acme.zip"]
    mine = ["data/raw/mine.csv", "code/mine.zip"]
    assert all((out / name).exists() for name in [*ours, *mine])
    write(tmp_path, {"index.md": "# Book\n\nWords.\n"}, conf)
    build(tmp_path)
    assert [name for name in [*ours, *mine] if (out / name).exists()] == mine


@pytest.mark.parametrize(
    ("file", "place"), [(OUTPUT, "index.md:12"), ("patterns/catalogue.yaml", "{}:2")]
)
def test_a_file_in_another_encoding_is_a_problem(tmp_path: Path, file: str, place: str) -> None:
    write(tmp_path, BOOK)
    path = tmp_path / "source" / file
    path.write_bytes(b"- id: a\n  title: M\xfcller\n")
    (found,) = (line for line in build(tmp_path).warnings if "bad-file" in line)
    said = f"'{path.name}' is not UTF-8; save the file in that encoding"
    assert found == f"{place.format(file)}: {said} [casebook.bad-file]"


def test_a_folder_in_the_place_of_a_file_is_a_problem(tmp_path: Path) -> None:
    write(tmp_path, {"index.md": BOOK["index.md"], f"{OUTPUT}/x": "x"})
    (found,) = (line for line in build(tmp_path).warnings if "bad-file" in line)
    assert found.startswith("index.md:12: 'waits.json' cannot be read: Is a directory")


def test_only_editions_that_have_the_file_link_to_it(tmp_path: Path) -> None:
    write(tmp_path, BOOK)
    assert "data/acme/waits.csv" in build(tmp_path).text("index.html")
    single = build(tmp_path, "singlehtml").text("index.html")
    assert "<summary>Numbers</summary>" in single
    assert "waits.csv" not in single
    assert build(tmp_path, "json").warnings == []


def test_a_setting_of_the_command_line_is_checked(tmp_path: Path) -> None:
    write(tmp_path, {"index.md": "# Book\n"})
    warnings = io.StringIO()
    with patch_docutils(tmp_path), docutils_namespace():
        Sphinx(
            tmp_path / "source", tmp_path, tmp_path / "out", tmp_path / "doctrees", "text",
            status=None, warning=warnings, confoverrides={"casebook_date": "gestern"},
        )  # fmt: skip
    said = "'casebook_date' is 'gestern', which is no day such as '2026-11-22'"
    assert f"-D casebook_date:1: WARNING: {said}" in warnings.getvalue()
