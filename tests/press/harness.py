"""Build small books with the press, and compare what comes out."""

from __future__ import annotations

import hashlib
import io
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from sphinx.application import Sphinx
from sphinx.util.docutils import docutils_namespace, patch_docutils

CONF = """
project = "A small book"
copyright = author = "Nobody"
version = "1"
extensions = ["myst_parser", "sphinx_design", "casebook"]
numfig = True
nitpicky = True
show_warning_types = True
exclude_patterns = ["_*"]
myst_enable_extensions = ["attrs_inline", "colon_fence", "dollarmath"]
myst_dmath_allow_digits = myst_dmath_allow_space = False
myst_heading_anchors = 3
bibtex_bibfiles = ["source/sources.bib"]
bibtex_default_style = "casebook"
bibtex_reference_style = "label"
suppress_warnings = ["bibtex.duplicate_citation"]
casebook_date = "2026-11-22"
casebook_outputs = "elite/outputs"
casebook_pattern_library = "https://example.org/pattern-library/"
casebook_pattern_library_name = "DStudio"
casebook_diagrams = True
casebook_formulas = True
casebook_design = True
html_theme = "furo"
"""

SOURCES = """
@online{home, author={{Acme}}, title={Home page}, year=2024, url={https://example.org},
  urldate={2026-11-22}, note={read as a public copy}}
@online{post, author={Doe, Jane}, title={How we do it}, organization={Acme blog}, year=2017,
  month=aug, url={https://example.org/post}, urldate={2026-10-01}}
@online{other, author={Doe, Jane}, title={How we did it}, organization={Acme blog}, year=2017,
  month=may, url={https://example.org/other}, urldate={2026-10-01}}
"""
CATALOGUE = """
- id: idempotency
  title: Idempotency
  category: communication
  intent: Make a request safe to repeat.
  aliases: [idempotency key]
  leads-to: [outbox]
  library: data-management/idempotency
  tier: gold

- id: outbox
  title: Outbox
  category: data
  intent: Keep messages with the data that they tell of.
"""


@dataclass
class Built:
    """The outcome of a build: its warnings, with paths from the source folder, and its files."""

    warnings: list[str]
    out: Path
    read: list[str]
    written: list[str]

    def text(self, name: str) -> str:
        """A file of the output."""
        return (self.out / name).read_text(encoding="utf-8")

    def digests(self) -> dict[str, str]:
        """What the output holds, without what Sphinx itself stamps."""
        skipped = {".buildinfo", "environment.pickle"}
        return {
            str(path.relative_to(self.out)): hashlib.sha256(_content(path)).hexdigest()
            for path in sorted(self.out.rglob("*"))
            if path.is_file() and path.name not in skipped
        }


def plain(html: str) -> str:
    """The words of some HTML, on one line."""
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


def _content(path: Path) -> bytes:
    data = path.read_bytes()
    if path.name != "searchindex.js":
        return data
    # After a change Sphinx's own index keeps words that no page has any more, with no page.
    index = json.loads(data.removeprefix(b"Search.setIndex(").removesuffix(b")"))
    del index["envversion"]  # which extensions there were
    for words in ("terms", "titleterms"):
        index[words] = {word: pages for word, pages in index[words].items() if pages != []}
    return json.dumps(index, sort_keys=True).encode()


def write(root: Path, files: Mapping[str, str | None], conf: str = "") -> None:
    """Lay out a book; `None` deletes a file."""
    source = root / "source"
    defaults = {"sources.bib": SOURCES, "patterns/catalogue.yaml": CATALOGUE}
    for name, text in files.items():
        if name == "conf.py":
            continue
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            path.unlink()
        else:
            path.write_text(text, encoding="utf-8")
    (source / "elite" / "outputs").mkdir(parents=True, exist_ok=True)
    for name, text in defaults.items():
        path = source / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() and name not in files:
            path.write_text(text, encoding="utf-8")
    # A file of that name holds settings that come first, so that their lines count from 1.
    first = files.get("conf.py") or ""
    (root / "conf.py").write_text(first + CONF + conf, encoding="utf-8")


def build(
    root: Path, builder: str = "html", *, out: str = "", jobs: int = 1, fresh: bool = False,
    source: str = "source", conf: str = ".",
) -> Built:  # fmt: skip
    """Build the book that lies at `root`, always at the same time of day."""
    target = root / (out or builder)
    warnings, status = io.StringIO(), io.StringIO()
    read: list[str] = []
    written: list[str] = []
    clock = patch.dict(os.environ, SOURCE_DATE_EPOCH="1700000000")
    with clock, patch_docutils(root), docutils_namespace():
        app = Sphinx(
            root / source, root / conf, target, root / f"doctrees-{out or builder}", builder,
            status=status, warning=warnings, freshenv=fresh, parallel=jobs,
        )  # fmt: skip
        app.connect("env-before-read-docs", lambda app, env, names: read.extend(names))
        app.connect("doctree-resolved", lambda app, doctree, name: written.append(name))
        app.build(fresh)
    plain = re.sub(r"\x1b\[[\d;]*m", "", warnings.getvalue()).replace(f"{root}/{source}/", "")
    plain = plain.replace(f"{root}/", "")
    lines = [line.replace("WARNING: ", "") for line in plain.splitlines() if line]
    return Built(lines, target, read, written)
