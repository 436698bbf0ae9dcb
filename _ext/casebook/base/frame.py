"""The frame of the book: what pages show of one another that is no record of the press."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pybtex.plugin
from pybtex.backends.html import Backend as Html
from sphinx.addnodes import toctree

from casebook.base import bibtex_text
from casebook.base.config import settings
from casebook.base.node_text import text_of
from casebook.core.book.book import Frame, Source, Target
from casebook.core.text.marked_text import Text

if TYPE_CHECKING:
    from sphinx.environment import BuildEnvironment


OTHERS = ("math", "py", "c", "cpp", "js", "rst")
"""Sphinx's domains of which the press asks all at once, since the book's pages hardly use them."""


def frame(env: BuildEnvironment) -> Frame:
    """Return the frame of a book whose pages have all been read."""
    cite: Any = env.get_domain("cite")
    entries = cite.bibdata.data.entries
    return Frame(
        titles={page: text_of(title.children) for page, title in env.titles.items()},
        tree=repr((_titles(env), list(_toctrees(env)))),
        headings={page: toc.pformat() for page, toc in env.tocs.items()},
        numbers={
            page: {anchor.removeprefix("#"): _dotted(n) for anchor, n in numbers.items()}
            for page, numbers in env.toc_secnumbers.items()
        },
        shown_numbers={
            page: repr((env.toc_secnumbers.get(page), env.toc_fignumbers.get(page)))
            for page in env.all_docs
        },
        targets=dict(_targets(env)),
        objects=repr([env.domaindata.get(name) for name in OTHERS]),
        sources=tuple(_sources(cite)),
        checked={key: entry.fields.get("urldate", "") for key, entry in entries.items()},
        date=settings(env).date,
    )


def _titles(env: BuildEnvironment) -> list[tuple[str, str]]:
    return [(page, title.pformat()) for page, title in sorted(env.titles.items())]


def _toctrees(env: BuildEnvironment) -> Iterator[tuple[str, str]]:
    for page, toc in sorted(env.tocs.items()):
        for tree in toc.findall(toctree):
            yield page, tree.starttag()


def _dotted(number: tuple[int, ...] | None) -> str:
    return ".".join(map(str, number or ()))


def _targets(env: BuildEnvironment) -> Iterator[tuple[str, Target]]:
    numbers = {
        (page, anchor): f"{kind} {_dotted(number)}"
        for page, kinds in env.toc_fignumbers.items()
        for kind, found in kinds.items()
        for anchor, number in found.items()
    }
    numbers |= {
        (page, anchor.removeprefix("#")): _dotted(number)
        for page, sections in env.toc_secnumbers.items()
        for anchor, number in sections.items()
    }

    def target(page: str, anchor: str, title: str) -> Target:
        return Target(page, anchor, Text(title), numbers.get((page, anchor), ""))

    for page, title in env.titles.items():
        yield f"page {page}", Target(page, "", text_of(title.children))
    std: Any = env.get_domain("std")
    for (kind, name), (page, anchor) in std.objects.items():
        found = f"term {name.lower()}" if kind == "term" else f"object {name}"
        yield found, target(page, anchor, "")
    for name, (page, anchor) in std.anonlabels.items():
        yield f"label {name}", target(page, anchor, "")
        yield f"place {page}#{anchor}", target(page, anchor, "")
    for name, (page, anchor, words) in std.labels.items():
        yield f"label {name}", target(page, anchor, words)
        yield f"place {page}#{anchor}", target(page, anchor, words)
    for page, metadata in env.metadata.items():
        for slug, (_, anchor, words) in metadata.get("myst_slugs", {}).items():
            yield f"place {page}#{slug}", target(page, anchor, words)


def _sources(cite: Any) -> Iterator[Source]:
    plain = pybtex.plugin.find_plugin("pybtex.backends", "plaintext")()
    marked = Html()
    for citation in cite.citations:
        entry, fields = citation.formatted_entry, citation.entry.fields
        yield Source(
            citation.key,
            entry.label,
            entry.text.render(plain),
            entry.text.render(marked),
            bibtex_text.address(fields.get("url", "")),
            fields.get("urldate", ""),
            citation.bibliography_key.docname,
            citation.citation_id,
        )
