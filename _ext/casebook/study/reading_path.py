"""The marked path: which sections to read in so many minutes, and the way from one to the next."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.transforms import SphinxTransform

from casebook.base.directive import BookDirective
from casebook.base.node_text import text_of
from casebook.base.placeholders import late
from casebook.base.reporting import report
from casebook.core.problems import Kind, Problem, suggestion
from casebook.core.text.reading_time import WORDS_A_MINUTE, count, minutes

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class Path(nodes.General, nodes.Element):
    """Stands for the path until the whole page has been read."""


class ReadingPath(BookDirective):
    """``reading-path``: the ids of sections, a line each, in the order of reading."""

    option_spec: ClassVar = {"minutes": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        if self.is_empty():
            return []
        promised = self.options.get("minutes", "")
        if not promised.isdecimal() or not int(promised):
            message = "a path says in ':minutes:' how long it takes, as a whole number"
            self.warn(Problem(Kind.BAD_PATH, message), self.lineno)
            return []
        lines = enumerate(self.content, 1)
        steps = [(name.strip(), self.body_line(n)) for n, name in lines if name.strip()]
        path = Path("", minutes=int(promised), steps=steps)
        self.set_source_info(path)
        return [path]


class MarkPath(SphinxTransform):
    """Count the words of the path's sections, list them, and mark each where it stands."""

    default_priority = 880  # when all that belongs to a section is in it

    def apply(self, **kwargs: Any) -> None:
        order = list(self.document.findall(nodes.section))
        for path in list(self.document.findall(Path)):
            sections = list(_sections(path, order))
            if not sections:
                path.parent.remove(path)
                continue
            words = [sum(map(count, _texts(section))) for section in sections]
            needed = minutes(sum(words))
            if needed > path["minutes"]:
                message = f"the path takes {needed} minutes and promises {path['minutes']}"
                report(Problem(Kind.BAD_PATH, message), path)
            path.replace_self(_listed(sections, words))
            for number, section in enumerate(sections, 1):
                _mark(section, f"Path {number} of {len(sections)}")
            for section, following in pairwise(sections):
                _lead_on(section, following, order)


def _sections(path: Path, order: list[nodes.section]) -> Iterator[nodes.section]:
    known = {name: s for s in order for name in s["ids"]}
    found: list[nodes.section] = []
    for name, line in path["steps"]:
        section = known.get(name)
        if section is None:
            message = f"there is no section '{name}' on this page{suggestion(name, known)}"
        elif any(section in one.findall() or one in section.findall() for one in found):
            message = f"the section '{name}' is on the path already"
        else:
            found.append(section)
            yield section
            continue
        report(Problem(Kind.BAD_PATH, message), f"{path.source}:{line}")


def _texts(section: nodes.section) -> Iterator[str]:
    # What is read from beginning to end: no code, no tables, no lines of small print.
    small = {"chunk-foot", "insight-meta", "claim-sources"}
    for part in section.findall(lambda node: isinstance(node, nodes.paragraph | nodes.title)):
        assert isinstance(part, nodes.Element)
        inside = part.parent
        while inside is not section and not isinstance(inside, nodes.table):
            inside = inside.parent
        if inside is section and small.isdisjoint(part["classes"]):
            yield text_of([part]).uncited.words(lambda _, name: name)


def _listed(sections: list[nodes.section], words: list[int]) -> nodes.container:
    box = nodes.container(classes=["reading-path"])
    box += nodes.rubric("", "Path", classes=["hang-label"])
    whole = minutes(sum(words))
    said = (
        f"{sum(words):,} words in {len(sections)} sections, which take {whole} minutes at "
        f"{WORDS_A_MINUTE} words a minute; code and tables are not counted."
    )
    listed = nodes.enumerated_list(enumtype="arabic", prefix="", suffix=".")
    for section, number in zip(sections, words, strict=True):
        length = nodes.inline("", f" {number:,} words", classes=["path-length"])
        listed += nodes.list_item("", nodes.paragraph("", "", _link(section), length))
    box += [nodes.paragraph("", said), listed]
    return box


def _mark(section: nodes.section, words: str) -> None:
    label = nodes.rubric("", words, classes=["hang-label"])
    section.insert(1, nodes.container("", label, classes=["path-step"]))


def _lead_on(section: nodes.section, following: nodes.section, order: list[nodes.section]) -> None:
    last = [*section.findall(nodes.section)][-1]
    if order[order.index(last) + 1 :][:1] == [following]:
        return  # it is what the reader comes to anyway
    on = nodes.paragraph("", "The path goes on with ", _link(following), nodes.Text("."))
    last += nodes.container("", on, classes=["path-next"])


def _link(section: nodes.section) -> nodes.reference:
    title = nodes.inline("", "", late(text_of(section[0].children)))
    return nodes.reference("", "", title, refid=section["ids"][0], internal=True)


def setup(app: Sphinx) -> None:
    """Register the directive and its transform."""
    app.add_node(Path)
    app.add_directive("reading-path", ReadingPath)
    app.add_transform(MarkPath)
