"""What the written pages show of other pages, kept from one build to the next.

Sphinx stores its environment before it resolves any page, so what pages ask while they are resolved
is kept in a file of its own, beside the doctrees, one for each output folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from casebook.core.book.answers import Answers, Question

if TYPE_CHECKING:
    from sphinx.application import Sphinx


def kept_file(app: Sphinx, stem: str, suffix: str) -> Path:
    """Return where something is kept from one build to the next, for each output folder."""
    output = hashlib.sha256(f"{app.builder.name} {app.outdir}".encode()).hexdigest()[:16]
    return Path(app.doctreedir, f"{stem}-{output}.{suffix}")


@dataclass(frozen=True, slots=True)
class WrittenPage:
    """A page as it was written last: when it was read, and the digests of what it asked."""

    read: int
    """In microseconds since 1970, as Sphinx notes it."""
    asked: dict[Question, str]


@dataclass(slots=True)
class WrittenPages:
    """The pages of one output folder."""

    path: Path
    pages: dict[str, WrittenPage] = field(default_factory=dict)

    @classmethod
    def load(cls, app: Sphinx) -> WrittenPages:
        """Read what the last build kept; without its file every page counts as never written.

        So it does where the file is none of ours, or cut off.
        """
        path = kept_file(app, "shown", "json")
        try:
            kept = json.loads(path.read_text(encoding="utf-8"))
            pages = {page: WrittenPage(read, _asked(asked)) for page, (read, asked) in kept.items()}
        except (OSError, ValueError, TypeError, AttributeError):
            return cls(path)
        return cls(path, pages)

    def changed(self, read: dict[str, int], answers: Answers) -> Iterable[str]:
        """Yield the pages, of those with the times when they were read, that must be written."""
        for page in sorted(read):
            written = self.pages.get(page)
            if not (written and written.read == read[page] and answers.agree(written.asked)):
                yield page

    def save(self) -> None:
        """Keep the pages for the next build."""
        kept = {
            page: (
                written.read,
                [(*question, digest) for question, digest in written.asked.items()],
            )
            for page, written in self.pages.items()
        }
        text = json.dumps(kept, ensure_ascii=False, separators=(",", ":"))
        own = self.path.with_suffix(".new")
        own.write_text(text, encoding="utf-8")
        own.replace(self.path)


def _asked(kept: list[tuple[str, str, str]]) -> dict[Question, str]:
    return {(kind, about): digest for kind, about, digest in kept}
