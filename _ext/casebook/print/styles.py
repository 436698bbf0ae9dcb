"""The styles of the print edition: what LaTeX loads, and in which fonts it sets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from casebook.base.config import settings
from casebook.base.files import write_text
from casebook.core import palette
from casebook.figures.drawings import FONTS

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

STYLES, TEMPLATES = Path(__file__).with_name("styles"), Path(__file__).with_name("templates")
FONT_FILES = """[Path=./,Extension=.ttf,UprightFont=casebook-%s-400,BoldFont=casebook-%s-600,
  ItalicFont=casebook-%s,BoldItalicFont=casebook-%s,
  UprightFeatures={RawFeature={fallback=cb400}},BoldFeatures={RawFeature={fallback=cb600}},
  ItalicFeatures={RawFeature={fallback=cb400i}},BoldItalicFeatures={RawFeature={fallback=cb600}}]"""
GREEK = r"""\directlua{for _, face in ipairs{"400", "400i", "600"} do
  luaotfload.add_fallback("cb" .. face, {"[./casebook-sans-" .. face .. ".ttf]:mode=node;"}) end}"""
"""Of the faces Sans alone has Greek; the others take from it what they lack."""
ELEMENTS = {
    "papersize": "",  # casebook.sty sets the page
    "pointsize": "10pt",
    "fncychap": "",
    "polyglossia": "",
    "babel": r"\usepackage[english]{babel}",
    # Static cuts: LuaTeX would set a variable font without its bold and say nothing.
    "fontpkg": "\n".join(
        [
            GREEK,
            *(
                rf"\set{family}font{{casebook-{name}-400}}{FONT_FILES % (name, name, *slanted)}"
                for family, name, slanted in (
                    ("main", "serif", ("serif-400i", "serif-600i")),
                    ("sans", "sans", ("sans-400i", "sans-600")),
                    ("mono", "mono", ("mono-400", "mono-600")),
                )
            ),
        ]
    ),
}
IMPRINT = ("edition", "copyright", "independence")
r"""The words of the imprint, each a command: `\casebookedition` and so on."""


FORMULAS = {"passoptionstopackages": r"\PassOptionsToPackage{fleqn,leqno}{amsmath}"}
"""A formula begins where the text does, its number stands at the left."""


def _dress(config: Config, formulas: bool) -> None:
    config.templates_path = [*config.templates_path, str(TEMPLATES)]
    config.latex_engine = "lualatex"
    config.latex_use_xindy = False  # makeindex comes with every TeX
    config.latex_table_style = ["booktabs"]
    files = [*STYLES.glob("*.sty"), *FONTS.glob("*.ttf")]
    config.latex_additional_files = [*config.latex_additional_files, *sorted(map(str, files))]
    given = config.latex_elements
    words = given.get("preamble", "")
    lacking = [rf"\newcommand\casebook{n}{{}}" for n in IMPRINT if rf"\casebook{n}" not in words]
    styles = [r"\usepackage{casebook}", *([r"\usepackage{casebookformulas}"] if formulas else [])]
    preamble = "\n".join([words.rstrip("\n"), *lacking, *styles, ""])
    elements = {**ELEMENTS, **(FORMULAS if formulas else {})}
    config.latex_elements = {**elements, **given, "preamble": preamble}


def _write_colours(app: Sphinx) -> None:
    if app.builder.format == "latex":
        path = Path(app.doctreedir, "look", "casebookcolours.sty")
        write_text(path, palette.latex())
        app.config.latex_additional_files.append(str(path))


def setup(app: Sphinx) -> None:
    """Set the book in the styles of the press, once it is known that it wants that."""
    _dress(app.config, settings(app).formulas)
    app.connect("builder-inited", _write_colours, priority=100)
