"""The committed fonts: current, light, rightly named, and with every character of the book."""

from __future__ import annotations

import functools
import importlib
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fontTools.ttLib import TTFont  # type: ignore[import-untyped]

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "source"
FOLDERS = ("_ext/casebook/web/static/fonts", "_ext/casebook/fonts")
FONTS = sorted(
    path for name in FOLDERS for path in (ROOT / name).glob("*f*") if path.suffix != ".txt"
)
EVERY_PAGE = ("serif-400", "serif-600", "sans-400", "sans-600")

# What the press prints on its own: angle quotes of chunk names, comparison and calculation signs,
# dashes, arrows, middle dot, quotation marks, ellipsis, micro, euro, pound, the narrow spaces.
# Not the marks of evidence and verdicts (circle, diamond, square): no face has them, we draw them.
OF_THE_PRESS = frozenset(map(ord, "≥≤≈÷→←·“”…µ€£")) | {
    *(0x2039, 0x203A, 0xD7, 0x2212, 0x2013, 0x2014, 0x2018, 0x2019, 0xA0, 0x2009, 0x202F)
}
# Copyright and licence must stay as IBM wrote them, and may say whose name is reserved.
OFL_NAMES = (0, 13, 14)


@functools.cache
def characters_of_the_book() -> dict[int, str]:
    """Each character of the sources, invisible ones too, with the first place that has it."""
    found: dict[int, str] = {}
    for path in sorted(p for kind in ("md", "yaml", "bib") for p in SOURCE.rglob(f"*.{kind}")):
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            for character in line.replace("\t", ""):
                found.setdefault(ord(character), f"{path.relative_to(ROOT)}:{number}")
    return found


@pytest.fixture(scope="session")
def maker() -> Iterator[Any]:
    # By a plain import, so that the maker's worker processes can import it as well.
    sys.path.insert(0, str(ROOT / "tools"))
    yield importlib.import_module("fonts")
    sys.path.remove(str(ROOT / "tools"))


@pytest.fixture(scope="session")
def made(maker: Any) -> dict[Path, bytes]:
    files: dict[Path, bytes] = maker.make()
    return files


@pytest.fixture(params=FONTS, ids=lambda path: path.name)
def font(request: pytest.FixtureRequest) -> TTFont:
    return TTFont(request.param)


def names(font: TTFont) -> dict[int, str]:
    return {record.nameID: str(record) for record in font["name"].names}


def test_committed_files_are_current(maker: Any, made: dict[Path, bytes]) -> None:
    assert len(made) == len(FONTS) + 2
    assert maker.stale(made, ROOT) == [], "run `make fonts`"


def test_stale_files_are_listed(maker: Any, made: dict[Path, bytes], tmp_path: Path) -> None:
    for path, content in made.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    assert maker.stale(made, tmp_path) == []
    web, own = FOLDERS
    (tmp_path / web / "sans-400.woff2").write_bytes(b"other")
    (tmp_path / own / "LICENSE.txt").unlink()
    (tmp_path / own / "casebook-sans-700.ttf").write_bytes(b"left over")
    assert maker.stale(made, tmp_path) == [
        f"{own}/LICENSE.txt",
        f"{own}/casebook-sans-700.ttf",
        f"{web}/sans-400.woff2",
    ]


def test_the_reserved_name_is_gone(font: TTFont) -> None:
    records = font["name"].names
    assert not [str(r) for r in records if "plex" in str(r).lower() and r.nameID not in OFL_NAMES]
    assert {0, 13, 14} <= names(font).keys(), "copyright and licence records must stay"
    assert 7 not in names(font), "a trademark that a modified version may not bear"


@pytest.mark.parametrize("folder", FOLDERS)
def test_the_licence_stands_beside_the_fonts(folder: str) -> None:
    text = (ROOT / folder / "LICENSE.txt").read_text(encoding="utf-8")
    assert text.startswith('Copyright © 2017 IBM Corp. with Reserved Font Name "Plex"')
    assert "SIL OPEN FONT LICENSE Version 1.1" in text


def test_weight_and_slope_are_what_the_file_name_says(font: TTFont) -> None:
    family, style = Path(font.reader.file.name).stem.removeprefix("casebook-").split("-")
    italic, bold = style.endswith("i"), style.startswith("600")
    record = names(font)
    assert record.get(16, record[1]) == f"Casebook {family.title()}"
    assert record[2] == ("Italic" if italic else "Regular")
    assert font["OS/2"].usWeightClass == (600 if bold else 400)
    assert (font["OS/2"].fsSelection & 0b110_0001) == (0b1 if italic else 0b100_0000)
    assert font["head"].macStyle == (0b10 if italic else 0)
    assert "fvar" not in font, "XeLaTeX and typst set a variable font without its bold"


@pytest.mark.parametrize("folder", FOLDERS)
@pytest.mark.parametrize("number", [3, 4, 6])
def test_no_two_fonts_share_a_name(folder: str, number: int) -> None:
    found = [names(TTFont(path))[number] for path in FONTS if path.parent == ROOT / folder]
    assert len(found) == len(set(found))


def fallback(path: Path) -> Path:
    """The face from which others take Greek and signs: a subset of Sans, and on paper all of it."""
    return path.with_name("greek-400.woff2" if path.suffix == ".woff2" else "casebook-sans-400.ttf")


@pytest.mark.parametrize("path", [p for p in FONTS if "greek" not in p.stem], ids=lambda p: p.name)
def test_every_character_of_the_book_has_a_glyph(path: Path) -> None:
    places = dict.fromkeys({*range(0x20, 0x7F), *OF_THE_PRESS}, "the press")
    missing = {*places} - TTFont(path).getBestCmap().keys()
    assert not missing, "the press needs it in each face"
    places = characters_of_the_book()
    there = TTFont(path).getBestCmap().keys() | TTFont(fallback(path)).getBestCmap().keys()
    missing = places.keys() - there
    lacking = [f"U+{c:04X} {chr(c)} ({places[c]})" for c in sorted(missing)]
    assert not lacking, "write it otherwise, or add it in tools/fonts.py if the wheel has it"


@pytest.mark.parametrize("path", [p for p in FONTS if "mono" in p.stem], ids=lambda p: p.name)
def test_mono_keeps_its_columns(path: Path) -> None:
    font = TTFont(path)
    widths = {font["hmtx"][name][0] for name in font.getBestCmap().values()}
    assert widths - {0} == {600}, "only combining accents are narrower"


def test_the_web_fonts_are_light() -> None:
    sizes = {path.stem: path.stat().st_size for path in FONTS if path.suffix == ".woff2"}
    assert len(sizes) == 8
    # These come with a page on which Greek stands.
    assert sizes.pop("greek-400") + sizes.pop("greek-600") <= 14_000
    assert sum(sizes.values()) <= 100_000
    assert sum(sizes[stem] for stem in EVERY_PAGE) <= 60_000


def test_greek_is_loaded_for_what_it_has_and_no_other_face_has() -> None:
    web = ROOT / FOLDERS[0]
    sheet = (web.parent / "look.css").read_text(encoding="utf-8")
    ranges = set(re.findall(r"unicode-range: ([^;]*);", sheet))
    assert len(ranges) == 1
    named = set()
    for first, last in re.findall(r"U\+([0-9A-F]+)(?:-([0-9A-F]+))?", *ranges):
        named |= {*range(int(first, 16), int(last or first, 16) + 1)}
    for weight in (400, 600):
        letters = TTFont(web / f"greek-{weight}.woff2").getBestCmap().keys()
        assert letters <= named
        assert {chr(c) for c in named - letters if not 0x370 <= c < 0x400} == set()
        assert set(map(ord, "αβλμρωΔΣΩ")) <= letters
        for path in web.glob("*.woff2"):
            if "greek" not in path.stem:
                assert not named & TTFont(path).getBestCmap().keys()
