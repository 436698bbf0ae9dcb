"""The styles of the print edition: what LaTeX loads, and in which fonts it sets."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from casebook.core import palette
from casebook.figures.drawings import FONTS
from casebook.web.tokens import write

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

STYLES, TEMPLATES = Path(__file__).with_name("styles"), Path(__file__).with_name("templates")
FONT_FILES = """[Path=./,Extension=.ttf,UprightFont=casebook-%s-400,BoldFont=casebook-%s-600,
  ItalicFont=casebook-%s,BoldItalicFont=casebook-%s]"""
ELEMENTS = {
    "papersize": "",  # casebook.sty sets the page
    "pointsize": "10pt",
    "fncychap": "",
    "polyglossia": "",
    "babel": r"\usepackage[english]{babel}",
    # Static cuts: LuaTeX would set a variable font without its bold and say nothing.
    "fontpkg": "\n".join(
        rf"\set{family}font{{casebook-{name}-400}}{FONT_FILES % (name, name, *slanted)}"
        for family, name, slanted in (
            ("main", "serif", ("serif-400i", "serif-600i")),
            ("sans", "sans", ("sans-400i", "sans-600")),
            ("mono", "mono", ("mono-400", "mono-600")),
        )
    ),
}
IMPRINT = ("edition", "copyright", "independence")
r"""The words of the imprint, each a command: `\casebookedition` and so on."""


def _dress(config: Config) -> None:
    config.templates_path = [*config.templates_path, str(TEMPLATES)]
    config.latex_engine = "lualatex"
    config.latex_use_xindy = False  # makeindex comes with every TeX
    config.latex_table_style = ["booktabs"]
    files = [*STYLES.glob("*.sty"), *FONTS.glob("*.ttf")]
    config.latex_additional_files = [*config.latex_additional_files, *sorted(map(str, files))]
    given = config.latex_elements
    words = given.get("preamble", "")
    lacking = [rf"\newcommand\casebook{n}{{}}" for n in IMPRINT if rf"\casebook{n}" not in words]
    preamble = "\n".join([words.rstrip("\n"), *lacking, r"\usepackage{casebook}", ""])
    config.latex_elements = {**ELEMENTS, **given, "preamble": preamble}


def _write_colours(app: Sphinx) -> None:
    if app.builder.format == "latex":
        path = Path(app.doctreedir, "look", "casebookcolours.sty")
        write(path, palette.latex())
        app.config.latex_additional_files.append(str(path))


def setup(app: Sphinx) -> None:
    """Set the book in the styles of the press, once it is known that it wants that."""
    _dress(app.config)
    app.connect("builder-inited", _write_colours, priority=100)
