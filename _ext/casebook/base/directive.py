"""What the directives and roles of the press have in common."""

from __future__ import annotations

import functools
import re
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.roles import XRefRole
from sphinx.util.docutils import SphinxDirective

from casebook.base.config import settings
from casebook.base.files import read_text
from casebook.base.formulas import checked
from casebook.base.node_text import text_of
from casebook.base.placeholders import Content, Placeholder
from casebook.base.reporting import report
from casebook.base.standard_nodes import table
from casebook.core.literate.stored_outputs import Stored, is_output, read, stored_in
from casebook.core.problems import Kind, Problem, suggestion
from casebook.core.text.marked_text import Text

if TYPE_CHECKING:
    from casebook.base.domain import CasebookDomain


class BookDirective(SphinxDirective):
    """A directive whose body is data, with messages at the body's own lines."""

    has_content = True
    optional_arguments = 0
    final_argument_whitespace = True

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.state.document["casebook"] = True  # the page uses the press

    @property
    def book(self) -> CasebookDomain:
        """The domain that keeps what pages contribute."""
        domain = self.env.domains["casebook"]
        return domain  # type: ignore[return-value]

    @property
    def body(self) -> str:
        """The body as text."""
        return "\n".join(self.content)

    def body_line(self, line: int) -> int:
        """Return the line in the file of a line (from 1) in the body.

        MyST counts content from the start of the file when the directive stands in a fence, and
        from the directive elsewhere; docutils counts from nought.  The offset that the content
        itself carries tells which it is.
        """
        offset = self.content.items[0][1] if self.content.items else self.lineno
        first = offset + 1 if offset >= self.lineno else self.lineno + self.content_offset + 1
        return int(first + line - 1)

    def warn(self, problem: Problem, line: int | None = None) -> None:
        """Report a problem of the body; `line` (in the file) overrides the problem's own."""
        at = self.body_line(problem.line) if line is None else line
        report(problem, f"{self.get_source_info()[0]}:{at}")

    def add_name(self, node: nodes.Node) -> None:
        """Give a node the name that its author has given it; a blank one is none."""
        if self.options.get("name", "").strip():
            self.set_source_info(node)  # docutils may have to say where the name stands
            super().add_name(node)

    def is_empty(self) -> bool:
        """Tell whether the body is empty; if it is, report it, once for all directives."""
        if self.body.strip():
            return False
        message = f"the directive '{self.name}' is empty"
        self.warn(Problem(Kind.EMPTY, message), self.lineno)
        return True

    @property
    def sources(self) -> Collection[str]:
        """Return the keys of the bibliography, and let the page depend on its files."""
        found: Any = self.env.get_domain("cite")
        for path in found.bibdata.bibfiles:
            self.env.note_dependency(str(path))
        return found.bibdata.data.entries  # type: ignore[no-any-return]

    def cited(self, key: str, line: int) -> nodes.inline:
        """Return a source's label, cited: author and year."""
        role = self.env.get_domain("cite").role("label")
        assert role
        words, _ = role("cite:label", "", key, line, self.state.inliner, {}, [])
        return nodes.inline("", "", *words, classes=["source"])

    def stored(self, name: str) -> Stored | Problem:
        """Return a stored output, or why there is none that can be read.

        The page depends on the file, also while it is not there yet.
        """
        if not is_output(name):
            message = f"'{name}' names no output; write 'study/what-is-stored'"
            return Problem(Kind.UNKNOWN_OUTPUT, message)
        folder = Path(self.env.srcdir, settings(self.env).outputs)
        path = folder / stored_in(name)
        self.env.note_dependency(str(path))
        if path.exists():
            text = read_text(path)
            return read(name, text) if isinstance(text, str) else text
        known = [
            found.relative_to(folder).with_suffix("").as_posix()
            for found in folder.glob("*/*.json")
        ]
        hint = suggestion(name, known) or "; run 'make outputs', or 'make measure'"
        return Problem(Kind.UNKNOWN_OUTPUT, f"there is no stored output '{name}'{hint}")

    def option_line(self, name: str) -> int:
        """Return an option's line in the file; the directive's own if it has no such option."""
        option = re.compile(rf"(?P<sign>[\s>:]*)[\"']?{name}[\"']?\s*:\s*(?P<value>[^#]*)")
        lines = self.block_text.split("\n")
        if self.content:
            lines = lines[: self.body_line(1) - self.lineno]
        for at, line in enumerate(lines):
            found = option.match(line)
            if found and name in self.options:
                # In a block of YAML the words may begin on the next line.
                in_yaml = ":" not in found["sign"]
                below = in_yaml and re.fullmatch(r"[|>][+-]?\d?|", found["value"].strip())
                return self.lineno + at + bool(below)
        return self.lineno

    def inline(self, words: str, line: int) -> list[nodes.Node]:
        """Parse what stands on a line (from 1) of the file: words with roles and links."""
        # MyST counts the lines of what it is given from 0, and docutils from 1.
        parsed, _ = self.parse_inline(words, lineno=line - 1)
        return checked(self.env, parsed)

    def parse_content_to_nodes(self, *given: Any, **named: Any) -> list[nodes.Node]:
        """Parse the body: blocks of Markdown."""
        return checked(self.env, super().parse_content_to_nodes(*given, **named))

    def text(self, words: str, line: int) -> Text:
        """Read what stands on a line (from 1) of the body; its nodes are those of `nodes_of`."""
        return self.text_at(words, self.body_line(line))

    def text_at(self, words: str, line: int) -> Text:
        """Read what stands on a line (from 1) of the file."""
        parsed = self.inline(words, line)
        made = text_of(parsed, self.env.docname, line)
        self._read.append((made, parsed))
        return made

    def bare_text_at(self, words: str, line: int) -> Text:
        """Read what stands on a line of the file and has words alone, such as an `alt`."""
        cite: Any = self.env.get_domain("cite")
        before = len(cite.citation_refs)
        made = text_of(self.inline(words, line), self.env.docname, line)
        del cite.citation_refs[before:]  # no list of references can lead back to it
        return made

    def nodes_of(self, text: Text) -> list[nodes.Node]:
        """Return the nodes of a text that this directive has read; they have one place each."""
        return next(parsed for made, parsed in self._read if made is text)

    @functools.cached_property
    def _read(self) -> list[tuple[Text, list[nodes.Node]]]:
        return []

    def place(self, content: Content) -> Placeholder:
        """Return a place at this directive for what is known once the book is read."""
        made = Placeholder(content=content, page=self.env.docname)
        self.set_source_info(made)
        return made


class BookList(BookDirective):
    """A directive with neither argument nor body: a list made of the whole book."""

    has_content = False
    listed: ClassVar[type[Content]]

    def run(self) -> list[nodes.Node]:
        return [self.place(self.listed())]


class BookTable(BookDirective):
    """A table made of the whole book, with its caption as the directive's argument.

    Its rows are known once the book is read; the table itself must be there to be numbered.
    """

    has_content = False
    required_arguments = 1
    option_spec: ClassVar = {"name": directives.unchanged}
    kinds: ClassVar[tuple[str, ...]] = ()
    """The classes of the table."""
    listed: ClassVar[type[Content]]

    def run(self) -> list[nodes.Node]:
        return [self.table(self.arguments[0], self.listed())]

    def table(self, caption: str, rows: Content) -> nodes.table:
        """Return the table with its caption and a place for its rows."""
        words = self.inline(caption, self.lineno)
        made = nodes.table("", nodes.title("", "", *words), self.place(rows))
        made["classes"] = [*self.kinds, "colwidths-given", "longtable"]
        self.set_source_info(made)
        self.add_name(made)
        return made


class CaptionedDirective(BookDirective):
    """A table with a caption as the argument of its directive and a name to link to."""

    required_arguments = 1
    option_spec: ClassVar = {"name": directives.unchanged, "class": directives.class_option}

    def captioned(
        self, kind: str, widths: tuple[int, ...], heads: list[nodes.entry]
    ) -> tuple[nodes.table, nodes.tbody]:
        """Return the table, with caption, name and classes, and its empty body."""
        caption = self.inline(self.arguments[0], self.lineno)
        made, body = table(caption, kind, widths, heads)
        made["classes"] += self.options.get("class", [])
        self.set_source_info(made)
        self.add_name(made)
        return made, body


class BookLink(XRefRole):
    """``metric`` and ``pattern-link``: a link that is resolved once the book is read."""

    def __init__(self, kind: str) -> None:
        super().__init__(innernodeclass=nodes.inline)
        self._kind = kind

    def result_nodes(
        self,
        document: nodes.document,
        env: object,
        node: nodes.Element,
        is_ref: bool,
    ) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        if not is_ref:  # "!" before a target turns a role off, as everywhere in Sphinx
            return [node], []
        document["casebook"] = True
        node["refdomain"], node["reftype"], node["refwarn"] = "casebook", self._kind, True
        return [node], []
