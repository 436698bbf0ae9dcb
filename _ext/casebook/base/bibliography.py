"""The bibliography's style: author and year as the label, and when a source was last read."""

from __future__ import annotations

import calendar
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

import pybtex.plugin
from pybtex.backends.plaintext import Backend as PlainText
from pybtex.richtext import HRef, Tag, Text
from pybtex.style import FormattedEntry
from pybtex.style.formatting.unsrt import Style as Unsorted
from pybtex.style.labels import BaseLabelStyle
from pybtex.style.sorting import BaseSortingStyle
from pybtex_docutils import Backend as Docutils
from sphinxcontrib.bibtex.domain import BibtexDomain

from casebook.base import bibtex_text
from casebook.base.reporting import report
from casebook.core.book.records import study_of
from casebook.core.metrics import dates
from casebook.core.problems import Kind, Problem

if TYPE_CHECKING:
    from pybtex.database import Entry, Person
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment


class AuthorYear(BaseLabelStyle):  # type: ignore[misc]
    """Labels such as "Leach 2017"; a, b, … tell works of one author and year apart.

    An entry's field ``shorthand`` (as in biblatex) takes the place of author and year.  A source
    has one label in the whole book, so works are told apart in all lists that are in one.
    """

    cited: ClassVar[Mapping[str, Entry]] = {}
    """Every source that the book cites.  pybtex makes a style anew for each list, by its name."""
    labels: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def know(cls, cited: Mapping[str, Entry]) -> None:
        """Label the sources that the book cites."""
        cls.cited, cls.labels = cited, _labels(cited)

    def format_labels(self, sorted_entries: Iterable[Entry]) -> Iterator[str]:
        entries = {entry.key: entry for entry in sorted_entries}
        known = entries.keys() <= self.cited.keys()
        labels = self.labels if known else _labels({**self.cited, **entries})
        return (labels[key] for key in entries)


def _labels(entries: Mapping[str, Entry]) -> dict[str, str]:
    ordered = sorted(entries.values(), key=_place)
    found = {entry.key: _author_year(entry) for entry in ordered}
    shared, seen = Counter(found.values()), Counter[str]()
    for key, label in found.items():
        if shared[label] > 1:
            found[key] = f"{label}{_letter(seen[label])}"
            seen[label] += 1
    return found


def _letter(number: int) -> str:
    """Return a for 0, b for 1, …, z, aa, ab, …"""
    more, last = divmod(number, 26)
    return (_letter(more - 1) if more else "") + chr(ord("a") + last)


def _author_year(entry: Entry) -> str:
    if "shorthand" in entry.fields:
        return bibtex_text.words(entry.fields["shorthand"])
    people = entry.persons.get("author", ())
    names = [bibtex_text.words(" ".join(p.prelast_names + p.last_names)) for p in people]
    names = names or [bibtex_text.words(entry.fields.get("title", entry.key))]
    who = names[0] if len(names) == 1 else f"{names[0]} and {names[1]}"
    if len(names) > 2 or "others" in names:
        who = f"{names[0]} et al."
    return f"{who} {bibtex_text.words(entry.fields.get('year', '')).strip() or 'undated'}"


def _place(entry: Entry) -> tuple[str, str, str]:
    """Return what a list of references is sorted by: the label, then the title."""
    label, title = _author_year(entry), bibtex_text.words(entry.fields.get("title", ""))
    # An accent makes no letter of its own: Müller stands beside Muller.
    base = unicodedata.normalize("NFKD", label)
    return (
        "".join(sign for sign in base if not unicodedata.combining(sign)).casefold(),
        title.casefold(),
        entry.key,
    )


class ByLabel(BaseSortingStyle):  # type: ignore[misc]
    """Alphabetical by label, which is what a reader looks for."""

    def sort(self, entries: Iterable[Entry]) -> list[Entry]:
        return sorted(entries, key=_place)


class CasebookStyle(Unsorted):  # type: ignore[misc]
    """One form for all sources: who, what, where, when, address, when read and how."""

    default_label_style = "casebook_author_year"
    default_sorting_style = "casebook_by_label"

    def format_entry(self, label: str, entry: Entry, bib_data: Any = None) -> FormattedEntry:
        return FormattedEntry(entry.key, self._text(entry), label)

    def _text(self, entry: Entry) -> Text:
        fields = entry.fields
        parts: list[Any] = []
        people = [_person(p) for p in entry.persons.get("author", ())]
        if people:
            parts += [_joined(people), ", "]
        parts += ["“", bibtex_text.decoded(fields.get("title", entry.key)), "”"]
        for name in ("journal", "publisher", "organization", "howpublished"):
            if fields.get(name) and bibtex_text.words(fields[name]) not in people:
                parts += [", ", bibtex_text.decoded(fields[name])]
        day = _date(fields)
        parts += [", ", day] if day else []
        parts += ["."]
        if fields.get("url"):
            parts += [" ", _link(fields["url"]), "."]
        if fields.get("archived"):
            parts += [" Archived: ", _link(fields["archived"]), "."]
        if fields.get("note"):
            note = bibtex_text.decoded(fields["note"].rstrip().rstrip("."))
            parts += [" ", Tag("em", note.capfirst()), "."]
        checked = dates.parse(fields.get("urldate", ""))
        if not isinstance(checked, Problem):
            parts += [f" Last checked {checked}."]
        return Text(*parts)


def _person(person: Person) -> str:
    first = " ".join(person.first_names + person.middle_names)
    name = bibtex_text.words(" ".join([first, *person.prelast_names, *person.last_names])).strip()
    return ", ".join([name, *map(bibtex_text.words, person.lineage_names)])


def _joined(people: list[str]) -> str:
    return people[0] if len(people) == 1 else ", ".join(people[:-1]) + " and " + people[-1]


def _link(written: str) -> HRef:
    address = bibtex_text.address(written)
    return HRef(address, address.partition("://")[2].rstrip("/") or address)


def _date(fields: Any) -> str:
    months = {month[:3].lower(): i for i, month in enumerate(calendar.month_name) if i}
    year, month, day = (
        bibtex_text.words(fields.get(name, "")) for name in ("year", "month", "day")
    )
    number = months.get(month[:3].lower(), int(month) if month.isdecimal() else 0)
    if not year.isdecimal() or not 1 <= number <= 12:
        return year
    return str(dates.Day(int(year), number, int(day) if day.isdecimal() else 0))


PRINTED = ("title", "journal", "publisher", "organization", "howpublished", "note", "shorthand",
           "year", "month", "day")  # fmt: skip
"""Fields that are LaTeX and are printed."""


def wrong(cite: Any) -> Iterator[Problem]:
    """Yield what cannot be printed of the sources, each at its entry."""
    if not is_used(cite):
        return
    for path, known in cite.bibdata.bibfiles.items():
        found = [(key, said) for key in known.keys for said in _unknown(cite.bibdata, key)]
        lines = _lines(path) if found else {}
        for key, (name, lost) in found:
            message = f"'{name}' of '{key}' holds {lost}, which the press does not know"
            yield Problem(Kind.BAD_SOURCE, message, lines.get(key.lower(), 1), str(path))


def _unknown(bibdata: Any, key: str) -> Iterator[tuple[str, str]]:
    entry = bibdata.data.entries[key]
    fields = [(name, text) for name, text in entry.fields.items() if name.lower() in PRINTED]
    fields += [(role, str(person)) for role, people in entry.persons.items() for person in people]
    for name, text in fields:
        for lost in bibtex_text.unknown(text):
            yield name, lost


def _lines(path: Path) -> dict[str, int]:
    # Only where entries begin is looked for, which no encoding of ours hides.
    text = path.read_text(encoding="utf-8-sig", errors="replace")
    opened = re.finditer(r"^[ \t]*@\w+\s*[{(]\s*([^\s,{}()]+)\s*,", text, re.MULTILINE)
    found: dict[str, int] = {}
    for entry in opened:
        found.setdefault(entry[1].lower(), text.count("\n", 0, entry.start()) + 1)
    return found


def is_used(cite: Any) -> bool:
    """Return whether a list of references is in the style of the press."""
    return any(listed.style == "casebook" for listed in cite.bibliographies.values())


def _sort_bibliographies(app: Sphinx, env: BuildEnvironment) -> None:
    # The bibliographies are kept in the order of reading, which parallel and incremental builds
    # change.  A citation on a page without a list of its own leads to the last that holds it, so
    # the order is turned round for it to be the first.
    cite: Any = env.get_domain("cite")
    press: Any = env.get_domain("casebook")
    if not press.is_used:
        return
    bibliographies: dict[Any, Any] = cite.bibliographies
    items = sorted(
        bibliographies.items(), key=lambda item: (item[0].docname, item[0].id_), reverse=True
    )
    bibliographies.clear()
    bibliographies.update(items)
    keys = {target.key for ref in cite.citation_refs for target in ref.targets}
    entries = cite.bibdata.data.entries
    AuthorYear.know({key: entries[key] for key in sorted(keys) if key in entries})


class StudyCitations(BibtexDomain):
    """The citations of a chapter are those of its study, and lead to the list on its essay."""

    def env_updated(self) -> Iterable[str]:
        """Compute what each list of references holds, as if all pages of a study were one."""
        press: Any = self.env.domains["casebook"]
        studies, written = press.studies(), self.data["citation_refs"]
        homes = {ref.docname: study_of(ref.docname, studies) for ref in written}
        self.data["citation_refs"] = [
            ref._replace(docname=home.page) if (home := homes[ref.docname]) else ref
            for ref in written
        ]
        try:
            return super().env_updated()
        finally:
            self.data["citation_refs"] = written

    def resolve_xref(
        self, env: BuildEnvironment, fromdocname: str, *given: Any, **named: Any
    ) -> Any:
        """Lead to the list of the page's study, if it has the source; else to any that has."""
        press: Any = self.env.domains["casebook"]
        known, study = self.data["citations"], press.book.study(fromdocname)
        home = study.page if study else fromdocname
        # Of several lists that have a source, the last one counts.
        self.data["citations"] = sorted(
            known, key=lambda one: bool(one.bibliography_key.docname == home)
        )
        try:
            return super().resolve_xref(env, fromdocname, *given, **named)
        finally:
            self.data["citations"] = known


def _check(app: Sphinx, env: BuildEnvironment) -> None:
    for problem in wrong(env.get_domain("cite")):
        report(problem)


def _no_files(app: Sphinx, config: Config) -> None:
    # sphinxcontrib-bibtex will not run without a list of files, and a book may cite nothing.
    if config.bibtex_bibfiles is None:
        config.bibtex_bibfiles = []


def setup(app: Sphinx) -> None:
    """Make the styles known to pybtex under the names that conf.py gives."""
    app.connect("config-inited", _no_files)
    app.add_domain(StudyCitations, override=True)
    register = pybtex.plugin.register_plugin
    register("pybtex.style.labels", "casebook_author_year", AuthorYear)
    register("pybtex.style.sorting", "casebook_by_label", ByLabel)
    register("pybtex.style.formatting", "casebook", CasebookStyle)
    # sphinxcontrib-bibtex looks for these at every citation, which without this reads the metadata
    # of all installed packages each time.
    register("pybtex.backends", "plaintext", PlainText, force=True)
    register("pybtex.backends", "docutils", Docutils, force=True)
    app.connect("env-updated", _sort_bibliographies, priority=100)  # before it is used
    app.connect("env-check-consistency", _check)
