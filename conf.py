"""Sphinx configuration; every build is `sphinx-build -c . source …`."""

import logging
import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from sphinx.errors import ConfigError
from sphinx.util.logging import getLogger

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE / "_ext"))


def edition() -> tuple[str, str]:
    """Return the edition's date and the short name of its commit; "" for what is not known.

    A build knows no other clock than the last commit, or SOURCE_DATE_EPOCH (in seconds, as
    reproducible-builds.org defines it) where that is set.  The Makefile sets it to 0 for
    want of both.
    """
    # A tarball may lie in the folder of another project, whose commits say nothing of this one.
    alone = os.environ | {"GIT_CEILING_DIRECTORIES": str(HERE.parent)}
    command = ["git", "-C", str(HERE), "log", "-1", "--format=%ct %h"]
    try:
        done = subprocess.run(command, env=alone, capture_output=True, text=True)
        found, refusal = done.stdout.split(), done.stderr
    except OSError:
        found, refusal = [], "git is not installed"
    committed, commit = found if len(found) == 2 else ("0", "")
    epoch = os.environ.get("SOURCE_DATE_EPOCH") or committed
    if not epoch.isascii() or not epoch.isdigit():
        raise ConfigError(f"SOURCE_DATE_EPOCH is {epoch!r}, and not a number of seconds")
    if int(epoch) == 0:
        reason = refusal.strip().partition("\n")[0] or "git names no commit"
        getLogger("conf").info(
            f"This edition has no date: {reason}. Set SOURCE_DATE_EPOCH to its seconds since 1970."
        )
        return "", commit
    return datetime.fromtimestamp(int(epoch), UTC).date().isoformat(), commit


DATE, COMMIT = edition()


def worth_saying(record: logging.LogRecord) -> bool:
    """Drop MyST-Parser's kilobyte of settings, and changes that extensions make in each build."""
    words = str(record.msg) + str(record.args)
    changed = set(re.findall(r"'(\w+)'", words)) if "configuration has changed" in words else {""}
    return not (words.startswith("myst v") or changed <= {*CHANGED})


CHANGED = (
    "epub_css_files", "html_css_files", "html_js_files", "html_static_path",
    "latex_additional_files", "pygments_dark_style",
)  # fmt: skip
for speaker in ("myst_parser.sphinx_ext.main", "sphinx.environment"):
    logging.getLogger(f"sphinx.{speaker}").addFilter(worth_saying)

project = "Elite Engineering Case Studies"
author = "The authors of the book"
project_copyright = f"{DATE[:4]} {author}" if DATE else author
language = "en"
version = release = "1"

extensions = [
    "myst_parser",
    "sphinx.ext.extlinks",
    "sphinx_design",
    "sphinx_copybutton",
    "sphinxcontrib.mermaid",
    "casebook",
]
nitpicky = True
numfig = True
numfig_secnum_depth = 1
numfig_format = {"figure": "Figure %s", "table": "Table %s", "code-block": "Listing %s"}
exclude_patterns = ["_*"]

myst_enable_extensions = ["attrs_inline", "colon_fence", "deflist", "dollarmath", "smartquotes"]
# Between two prices stand no formulas.
myst_dmath_allow_digits = myst_dmath_allow_space = False
myst_heading_anchors = 3
myst_footnote_transition = False

bibtex_bibfiles = sorted(
    str(path.relative_to(HERE)) for path in (HERE / "source").glob("elite/*.bib")
)
bibtex_default_style = "casebook"
bibtex_reference_style = "label"
bibtex_tooltips = False
# Two studies may list one source; a citation leads to the list on its own page.
suppress_warnings = ["bibtex.duplicate_citation"]

casebook_date = DATE
casebook_outputs = "elite/outputs"
casebook_pattern_library = "https://deepaucksharma.github.io/DStudio/pattern-library/"
casebook_pattern_library_name = "DStudio"
casebook_diagrams = True
casebook_formulas = True
casebook_design = True
mermaid_output_format = "svg"
copybutton_selector = "div.highlight pre"
# A chunk is copied as written, a session as typed: look.js marks what it prints.
copybutton_exclude = ".linenos, .chunk-use > a, .gp, .printed"

# --- the web edition ---
html_theme = "furo"
html_title = project
html_secnumber_suffix = " "
html_use_index = False
html_copy_source = False
html_show_sourcelink = False
html_show_sphinx = False
html_show_copyright = False
# Read the Docs serves the other editions beside the pages, but builds none for proposed changes.
DOWNLOADS = (
    f"/_/downloads/{language}/{os.environ.get('READTHEDOCS_VERSION', '')}/"
    if os.environ.get("READTHEDOCS_VERSION_TYPE") in ("branch", "tag")
    else ""
)
html_context = {
    "edition_date": DATE,
    "edition_commit": COMMIT,
    "edition_downloads": DOWNLOADS,
    "edition_words": "Independent of the companies it describes.",
    "edition_checks": "proof",
}
# The home page leads to them as well, as {edition}`PDF <pdf/>`.
extlinks = {"edition": (DOWNLOADS + "%s", None)}
if DOWNLOADS:
    tags.add("downloads")  # noqa: F821 (Sphinx lays it there)
html_baseurl = os.environ.get("READTHEDOCS_CANONICAL_URL", "")
pygments_style = "casebook.core.code_styles.LightStyle"
pygments_dark_style = "casebook.core.code_styles.DarkStyle"

# --- the print edition ---
latex_documents = [
    ("index", "elite-engineering-case-studies.tex", project, author, "manual"),
]
EDITION = ", ".join([DATE or "no date", *([f"commit {COMMIT}"] if COMMIT else [])])
latex_elements = {
    "preamble": rf"""
\newcommand\casebookedition{{{EDITION}}}
\newcommand\casebookcopyright{{{project_copyright}}}
\newcommand\casebookindependence{{This book is independent of the companies that it describes.
  Nobody there commissioned, reviewed or paid for it.}}
""",
}

# --- the electronic book ---
epub_basename = "elite-engineering-case-studies"
epub_title = project
epub_identifier = "urn:uuid:5b8f5c1e-6f0e-4c39-9a51-3d1f6a1d7e20"
epub_scheme = "UUID"
epub_uid = "book-id"
epub_description = "Case studies in engineering, with figures and code that a reader can check."
epub_show_urls = "no"
epub_tocscope = "includehidden"
epub_exclude_files = [
    *(f"_static/copybutton.{kind}" for kind in ("css", "js")),
    *(f"_static/{name}.svg" for name in ("copy-button", "check-solid")),
    ".buildinfo.bak",  # left where settings changed between two builds
]
