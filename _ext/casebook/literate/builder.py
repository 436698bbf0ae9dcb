"""The ``tangle`` builder: the book's packages as plain files, and where each line comes from."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.builders import Builder

from ..domain import domain_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx

ORIGINS = "origins.json"


class TangleBuilder(Builder):
    """Writes what the chunks make.  The files hold no marks of where they come from.

    `origins.json` says it: for each file its page, and for each of its lines the line of the page
    and by how many columns it was moved to the right.
    """

    name = "tangle"
    format = "tangle"
    epilog = "The packages are in %(outdir)s."
    allow_parallel = True

    def get_outdated_docs(self) -> Sequence[str]:
        """The pages with code: what they make is compared, and written where it differs."""
        return domain_of(self.env).pages_with_code()

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Pages have no address here."""
        return ""

    def prepare_writing(self, docnames: Set[str]) -> None:
        """Nothing to prepare."""

    def write_documents(self, docnames: Set[str]) -> None:
        """Nothing is made of one page alone."""

    def write_doc(self, docname: str, doctree: nodes.document) -> None:
        """Nothing is made of one page alone."""

    def finish(self) -> None:
        """Plan every file, then write those that differ and remove those that no page makes."""
        book = domain_of(self.env).book
        planned: dict[str, str] = {}
        origins: dict[str, object] = {}
        for path, code in sorted(book.files.items()):
            planned[path] = code.file.text
            page = os.path.relpath(self.env.doc2path(code.page), self.app.confdir)
            origins[path] = {
                "page": Path(page).as_posix(),
                "lines": [(line.origin, line.indent) for line in code.file.lines],
            }
        planned[ORIGINS] = json.dumps(origins, indent=0) + "\n"
        root = Path(self.outdir)
        for path, text in planned.items():
            target = root / path
            if not target.exists() or target.read_text(encoding="utf-8") != text:
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_text(text, encoding="utf-8")
        for target in root.rglob("*.py"):
            if target.relative_to(root).as_posix() not in planned:
                target.unlink()


def setup_builder(app: Sphinx) -> None:
    """Register the builder."""
    app.add_builder(TangleBuilder)
