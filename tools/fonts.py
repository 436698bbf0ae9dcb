"""Make the book's fonts from the IBM Plex wheels: `python tools/fonts.py`, or `--check`.

Each face is cut once for print (a static TTF with all the Latin that the face has) and, where the
web needs it, once more from that cut (a small WOFF2).  The results are committed, because a cut
takes seconds and a build must not; `--check` makes them again and lists what is stale.

"Plex" is a reserved font name, and the OFL does not allow a modified version to bear it.  A subset
is a modified version, so every name record says "Casebook" instead.  The bytes depend only on the
wheels, fontTools and brotli, all of them pinned: a change of one of them may call for a new run.
"""

from __future__ import annotations

import argparse
import io
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont
from fontTools.ttLib.tables._g_l_y_f import Glyph
from fontTools.varLib import instancer

PRESS = Path("_ext/casebook")
ROOT = Path(__file__).resolve().parent.parent
WEB, PRINT = PRESS / "web/static/fonts", PRESS / "fonts"


@dataclass(frozen=True)
class Face:
    """One cut: family (Serif, Sans or Mono), weight, slope, and whether the web loads it."""

    family: str
    weight: int
    italic: bool = False
    web: bool = False
    greek: bool = False
    """Whether the web also has its Greek, as a family of its own."""

    @property
    def stem(self) -> str:
        """The file name of the web cut, without its ending; print puts `casebook-` before it."""
        return f"{self.family.lower()}-{self.weight}{'i' * self.italic}"

    @property
    def style(self) -> str:
        weight = {400: "Regular", 600: "SemiBold"}[self.weight]
        return f"{weight} Italic".removeprefix("Regular ") if self.italic else weight

    @property
    def path(self) -> Path:
        """The wheel's file; Sans comes only as a variable font."""
        style = "-" + self.style.replace(" ", "")
        if self.family == "Sans":
            style = "-Italic" * self.italic + "[wdth,wght]"
        wheel = Path(str(files(f"fontpkg_ibm_plex_{self.family.lower()}")))
        return wheel / "files" / f"IBMPlex{self.family}{style}.ttf"


FACES = (
    *(Face("Serif", 400, web=True), Face("Serif", 400, italic=True, web=True)),
    *(Face("Serif", 600, web=True), Face("Serif", 600, italic=True)),
    *(
        Face("Sans", 400, web=True, greek=True),
        Face("Sans", 400, italic=True),
        Face("Sans", 600, web=True, greek=True),
    ),
    *(Face("Mono", 400, web=True), Face("Mono", 600)),
)

# What the web can show.  The four faces that every page loads must stay under 60,000 bytes, and
# kerning makes each letter dear, so of Latin Extended-A only what European names need is here.
# The numbers: thin spaces, hyphen and dashes, quotation marks, bullet, ellipsis, prime, minus.
WEB_CHARACTERS = frozenset(
    map(ord, "ĄąĆćČčĎďĐđĘęĚěĞğİıŁłŃńŇňŐőŒœŘřŚśŞşŠšŤťŮůŰűŸŹźŻżŽž€™₀₁₂←↑→↓↔≈≠≤≥")
).union(
    *(range(0x20, 0x7F), range(0xA0, 0x100), (0x2009, 0x202F, 0x2010, 0x2013, 0x2014)),
    (0x2018, 0x2019, 0x201C, 0x201D, 0x2039, 0x203A, 0x2022, 0x2026, 0x2032, 0x2212),
)
# What only Sans has.  A page loads this face when one of these letters stands on it: the ranges in
# look.css say which they are.
GREEK_CHARACTERS = frozenset({*range(0x370, 0x400), *range(0x2200, 0x2300)} - WEB_CHARACTERS)
# Print need not save bytes: Latin with all its accents, Greek, punctuation, currency, arrows,
# maths, the box drawing of listings, ligatures.  Most faces have less; what is missing is skipped.
PRINT_CHARACTERS = WEB_CHARACTERS.union(
    *(range(0x100, 0x400), range(0x1E00, 0x1F00), range(0x2000, 0x2400)),
    *(range(0x2500, 0x2580), range(0xFB00, 0xFB07)),
)
WEB_FEATURES = ["ccmp", "kern", "liga", "locl", "mark"]
# `rvrn` swaps shapes by weight in a variable font: the subsetting before the cut must leave it.
PRINT_FEATURES = [*WEB_FEATURES, "rvrn", "frac", "numr", "dnom", "ordn", "sups", "subs", "zero"]
# Serif and Mono lack the thin spaces; the browser would take them from another font, and LaTeX
# would set nothing and say so only in its log.
THIN_SPACES = {"uni2009": 0x2009, "uni202F": 0x202F}
# Copyright, version, designer and licence.  Everything else is written anew or, like the trademark
# and the makers' addresses, does not belong to a modified version.
KEPT_NAMES = (0, 5, 9, 13, 14)


def subset(font: TTFont, characters: frozenset[int], features: list[str], names: bool) -> None:
    """Keep these characters and features only; glyph names if `names`; no hinting."""
    options = Options(hinting=False, notdef_outline=True, name_IDs=["*"])  # `rename` decides
    options.layout_features, options.glyph_names = features, names
    options.drop_tables += ["meta"]
    options.harfbuzz_repacker = False  # else the bytes depend on what else is installed
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)


def add_thin_spaces(font: TTFont, monospaced: bool) -> None:
    """Add thin spaces of half a word space, as in Sans.

    In Mono they take a whole cell, or columns would shift.
    """
    width = font["hmtx"]["space"][0]
    for name, character in THIN_SPACES.items():
        if character not in font.getBestCmap():
            font["glyf"][name] = Glyph()  # also enters the glyph order
            font["hmtx"][name] = (width if monospaced else width // 2, 0)
            for table in font["cmap"].tables:
                if table.isUnicode():
                    table.cmap[character] = name


def rename(font: TTFont, face: Face, edition: str) -> None:
    """Write the names and the style bits, so that programs find 400, 400 italic and 600."""
    family = f"Casebook {face.family}"
    postscript = f"{family}-{face.style}".replace(" ", "")
    # For programs that know only four styles SemiBold is a family of its own (records 1 and 2).
    linked = family if face.weight == 400 else f"{family} SemiBold"
    table = font["name"]
    table.names = [record for record in table.names if record.nameID in KEPT_NAMES]
    records = {1: linked, 2: "Italic" if face.italic else "Regular", 4: f"{family} {face.style}"}
    records |= {3: f"{table.getDebugName(5)};{postscript};{edition}", 6: postscript}
    if linked != family:
        records |= {16: family, 17: face.style}
    for number, text in records.items():
        table.setName(text, number, 3, 1, 0x409)
    os2 = font["OS/2"]
    os2.usWeightClass, os2.usWidthClass = face.weight, 5
    os2.achVendID = "NONE"  # the mark of IBM says who made a font
    os2.panose.bWeight = {400: 5, 600: 7}[face.weight]
    os2.fsSelection = os2.fsSelection & ~0b110_0001 | (0b1 if face.italic else 0b100_0000)
    font["head"].macStyle = 0b10 if face.italic else 0


def saved(font: TTFont) -> bytes:
    font.save(buffer := io.BytesIO())
    return buffer.getvalue()


def cuts(face: Face) -> dict[Path, bytes]:
    """Cut the static TTF for LaTeX, typst and matplotlib; from it, if wanted, the WOFF2."""
    font = TTFont(face.path, recalcTimestamp=False)  # keep the wheel's date: same bytes each time
    subset(font, PRINT_CHARACTERS, PRINT_FEATURES, names=True)
    if "fvar" in font:
        where = {"wght": face.weight, "wdth": 100}
        instancer.instantiateVariableFont(font, where, inplace=True)  # else it copies, for 1 s
        del font["STAT"]  # it describes the axes that are gone
    add_thin_spaces(font, monospaced=face.family == "Mono")
    rename(font, face, "print")
    made = {PRINT / f"casebook-{face.stem}.ttf": saved(font)}
    if face.web:
        font = TTFont(io.BytesIO(*made.values()), recalcTimestamp=False)
        subset(font, WEB_CHARACTERS, WEB_FEATURES, names=False)
        rename(font, face, "web")
        font.flavor = "woff2"
        made[WEB / f"{face.stem}.woff2"] = saved(font)
    if face.greek:
        cut = made[PRINT / f"casebook-{face.stem}.ttf"]
        made[WEB / f"greek-{face.weight}.woff2"] = greek(cut, face.weight)
    return made


def greek(cut: bytes, weight: int) -> bytes:
    """Return the WOFF2 of what other faces take from Sans, as a family of its own."""
    font = TTFont(io.BytesIO(cut), recalcTimestamp=False)
    subset(font, GREEK_CHARACTERS, WEB_FEATURES, names=False)
    rename(font, Face("Greek", weight), "web")
    font.flavor = "woff2"
    return saved(font)


def make() -> dict[Path, bytes]:
    """Make every file, by its path from the root; the faces are cut in parallel, 2 s each for Sans.

    Raises ``SystemExit`` if the wheels' licences differ.
    """
    licences = {(face.path.parents[1] / "LICENSE").read_bytes() for face in FACES}
    if len(licences) != 1:
        raise SystemExit("fonts.py: the wheels' licences differ; ship each of them")
    made = {folder / "LICENSE.txt": next(iter(licences)) for folder in (WEB, PRINT)}
    with ProcessPoolExecutor() as pool:
        for of_one_face in pool.map(cuts, FACES):
            made |= of_one_face
    return made


def stale(made: dict[Path, bytes], root: Path) -> list[str]:
    """Return the files in the two folders under `root` that differ, are missing, or not ours."""
    paths = [path for folder in (WEB, PRINT) for path in (root / folder).glob("*")]
    found = {path.relative_to(root) for path in paths}
    wrong = {p for p in found & made.keys() if (root / p).read_bytes() != made[p]}
    return sorted(map(Path.as_posix, wrong | (found ^ made.keys())))


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description="Make the book's fonts from the wheels.")
    parser.add_argument("--check", action="store_true", help="only list stale files; 1 if any")
    check = parser.parse_args(arguments).check
    made = make()
    if not check:
        for path, content in made.items():
            (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
            (ROOT / path).write_bytes(content)
    wrong = stale(made, ROOT)
    for name in wrong:
        print(f"stale: {name}; run `make fonts`", file=sys.stderr)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
