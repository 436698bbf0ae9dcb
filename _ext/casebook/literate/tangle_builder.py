"""The ``tangle`` builder: the book's packages as plain files, and where each line comes from."""

from __future__ import annotations

import os
from collections.abc import Sequence, Set
from pathlib import Path
from typing import TYPE_CHECKING

from docutils import nodes
from sphinx.builders import Builder

from casebook.base.domain import domain_of
from casebook.core.book.practice import practice_files
from casebook.core.literate.files import planned
from casebook.literate.programs import write

if TYPE_CHECKING:
    from sphinx.application import Sphinx


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
        """Return the pages with code: what they make is compared, and written where it differs."""
        return domain_of(self.env).pages_with_code()

    def get_target_uri(self, docname: str, typ: str | None = None) -> str:
        """Return an empty address: pages have none here."""
        return ""

    def prepare_writing(self, docnames: Set[str]) -> None:
        """Prepare nothing."""

    def write_documents(self, docnames: Set[str]) -> None:
        """Write nothing: nothing is made of one page alone."""

    def write_doc(self, docname: str, doctree: nodes.document) -> None:
        """Write nothing: nothing is made of one page alone."""

    def finish(self) -> None:
        """Plan every file, then write those that differ and remove those that no page makes."""
        book = domain_of(self.env).book
        files = book.files.values()
        pages = (os.path.relpath(self.env.doc2path(code.page), self.app.confdir) for code in files)
        made = ((Path(page).as_posix(), code.file) for page, code in zip(pages, files, strict=True))
        write(planned(made) | practice_files(book), Path(self.outdir))


def setup(app: Sphinx) -> None:
    """Register the builder."""
    app.add_builder(TangleBuilder)
