"""The bibliography's style: author and year as the label, and when a source was last read."""

from __future__ import annotations

import calendar
from typing import TYPE_CHECKING, Any

import pybtex.plugin
from pybtex.backends.plaintext import Backend as PlainText
from pybtex.richtext import HRef, Tag, Text
from pybtex.style.formatting.unsrt import Style as Unsorted
from pybtex.style.labels import BaseLabelStyle
from pybtex_docutils import Backend as Docutils

from .core import dates

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from pybtex.database import Entry, Person
    from sphinx.application import Sphinx


class AuthorYear(BaseLabelStyle):  # type: ignore[misc]
    """Labels such as "Leach 2017"; a, b, … tell works of one author and year apart.

    An entry's field ``shorthand`` (as in biblatex) takes the place of author and year.
    """

    def format_labels(self, sorted_entries: Iterable[Entry]) -> Iterator[str]:
        entries = list(sorted_entries)
        labels = [self._label(entry) for entry in entries]
        for i, label in enumerate(labels):
            twins = [j for j, other in enumerate(labels) if other == label]
            yield label if len(twins) == 1 else f"{label}{chr(ord('a') + twins.index(i))}"

    def _label(self, entry: Entry) -> str:
        if "shorthand" in entry.fields:
            return str(entry.fields["shorthand"])
        names = [" ".join(p.prelast_names + p.last_names) for p in entry.persons.get("author", ())]
        names = [name.strip("{}") for name in names] or [entry.fields.get("title", entry.key)]
        who = names[0] if len(names) == 1 else f"{names[0]} and {names[1]}"
        if len(names) > 2:
            who = f"{names[0]} et al."
        return f"{who} {entry.fields.get('year', 'undated')}"


class CasebookStyle(Unsorted):  # type: ignore[misc]
    """One form for all sources: who, what, where, when, address, when read and how."""

    default_label_style = "casebook_author_year"

    def format_entry(self, label: str, entry: Entry, bib_data: Any = None) -> Any:
        from pybtex.style import FormattedEntry

        return FormattedEntry(entry.key, self._text(entry), label)

    def _text(self, entry: Entry) -> Text:
        fields = entry.fields
        parts: list[Any] = []
        people = [_person(p) for p in entry.persons.get("author", ())]
        if people:
            parts += [_joined(people), ", "]
        parts += ["“", _plain(fields.get("title", entry.key)), "”"]
        for name in ("journal", "publisher", "organization", "howpublished"):
            if fields.get(name) and _plain(fields[name]) not in people:
                parts += [", ", _plain(fields[name])]
        day = _date(fields)
        parts += [", ", day] if day else []
        parts += ["."]
        if fields.get("url"):
            parts += [" ", _link(fields["url"]), "."]
        if fields.get("archived"):
            parts += [" Archived: ", _link(fields["archived"]), "."]
        if fields.get("note"):
            note = _plain(fields["note"]).rstrip(".")
            parts += [" ", Tag("em", note[:1].upper() + note[1:]), "."]
        checked = dates.parse(fields.get("urldate", ""))
        if not isinstance(checked, str):
            parts += [f" Last checked {checked}."]
        return Text(*parts)


def _person(person: Person) -> str:
    first = " ".join(person.first_names + person.middle_names)
    return _plain(" ".join([first, *person.prelast_names, *person.last_names])).strip()


def _joined(people: list[str]) -> str:
    return people[0] if len(people) == 1 else ", ".join(people[:-1]) + " and " + people[-1]


_SIGNS = {"{": "", "}": "", "\\&": "&", "\\%": "%", "\\_": "_", "\\textasciitilde": "~"}


def _plain(text: str) -> str:
    # Entries are BibTeX's, which is LaTeX's; these signs are all that the book's entries need.
    for sign, plain in _SIGNS.items():
        text = text.replace(sign, plain)
    return text


def _link(address: str) -> HRef:
    plain = _plain(address)
    return HRef(plain, plain.partition("://")[2].rstrip("/") or plain)


def _date(fields: Any) -> str:
    months = {month[:3].lower(): i for i, month in enumerate(calendar.month_name) if i}
    year, month, day = (str(fields.get(name, "")) for name in ("year", "month", "day"))
    number = months.get(month[:3].lower(), int(month) if month.isdigit() else 0)
    if not year.isdigit() or not 1 <= number <= 12:
        return year
    return str(dates.Day(int(year), number, int(day) if day.isdigit() else 0))


def setup_bibliography(app: Sphinx) -> None:
    """Make the styles known to pybtex under the names that conf.py gives."""
    register = pybtex.plugin.register_plugin
    register("pybtex.style.labels", "casebook_author_year", AuthorYear)
    register("pybtex.style.formatting", "casebook", CasebookStyle)
    # sphinxcontrib-bibtex looks for these at every citation, which without this reads the metadata
    # of all installed packages each time.
    register("pybtex.backends", "plaintext", PlainText, force=True)
    register("pybtex.backends", "docutils", Docutils, force=True)
