"""The marked path: which sections to read in so many minutes, and the way from one to the next."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.transforms import SphinxTransform

from casebook.base.directive import BookDirective
from casebook.base.domain import domain_of
from casebook.base.node_text import text_of
from casebook.base.placeholders import late
from casebook.base.reporting import report
from casebook.core.problems import Kind, Problem, suggestion
from casebook.core.text.counted import counted
from casebook.core.text.reading_time import (
    LINES_A_MINUTE,
    SECONDS_A_PICTURE,
    WORDS_A_MINUTE,
    Length,
    PathLength,
)
from casebook.study.lengths import length_of

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


@dataclass(frozen=True, slots=True)
class LostStep:
    """A step of a path that names no section of its page."""

    page: str
    name: str
    hint: str
    line: int = field(repr=False)


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
            sections = list(self._sections(path, order))
            if not sections:
                path.parent.remove(path)
                continue
            lengths = list(map(length_of, sections))
            whole = sum(lengths, Length())
            if whole.minutes > path["minutes"]:
                message = f"the path takes {whole.minutes} minutes and promises {path['minutes']}"
                report(Problem(Kind.BAD_PATH, message), path)
            domain_of(self.env).add(PathLength(self.env.docname, whole))
            path.replace_self(_listed(sections, lengths))
            for number, section in enumerate(sections, 1):
                _mark(section, f"Path {number} of {len(sections)}")
            for section, following in pairwise(sections):
                _lead_on(section, following, order)

    def _sections(self, path: Path, order: list[nodes.section]) -> Iterator[nodes.section]:
        known = {name: s for s in order for name in s["ids"]}
        found: list[nodes.section] = []
        for name, line in path["steps"]:
            section = known.get(name)
            if section is None:
                hint = suggestion(name, known)
                domain_of(self.env).add(LostStep(self.env.docname, name, hint, line))
            elif any(section in one.findall() or one in section.findall() for one in found):
                message = f"the section '{name}' is on the path already"
                report(Problem(Kind.BAD_PATH, message), f"{path.source}:{line}")
            else:
                found.append(section)
                yield section


def _listed(sections: list[nodes.section], lengths: list[Length]) -> nodes.container:
    box = nodes.container(classes=["reading-path"])
    box += nodes.rubric("", "Path", classes=["hang-label"])
    whole = sum(lengths, Length())
    held = f"{counted(whole.words, 'word')}, {counted(whole.pictures, 'picture')}"
    held += f" and {counted(whole.lines, 'line')} of code" if whole.lines else ""
    said = (
        f"{held} in {counted(len(sections), 'section')} take "
        f"{counted(whole.minutes, 'minute')}, at "
        f"{WORDS_A_MINUTE} words or {LINES_A_MINUTE} lines of code a minute and "
        f"{SECONDS_A_PICTURE} seconds a picture."
    )
    listed = nodes.enumerated_list(enumtype="arabic", prefix="", suffix=".")
    for section, length in zip(sections, lengths, strict=True):
        words = nodes.inline("", f" {counted(length.words, 'word')}", classes=["path-length"])
        listed += nodes.list_item("", nodes.paragraph("", "", _link(section), words))
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


def _check(app: Sphinx, env: BuildEnvironment) -> None:
    """Report steps that name no section of their page; a path stays on one page."""
    book = domain_of(env).book
    for step in book.of(LostStep):
        homes = [page for page in sorted(env.tocs) if step.name in _anchors(env, page)]
        if homes:
            same = book.study(homes[0]) == book.study(step.page)
            whose = "" if same else " and belongs to another study"
            message = (
                f"the section '{step.name}' is on '{homes[0]}'{whose}; "
                "a path names sections of its own page"
            )
        else:
            message = f"there is no section '{step.name}' on this page{step.hint}"
        report(Problem(Kind.BAD_PATH, message), (step.page, step.line))


def _anchors(env: BuildEnvironment, page: str) -> set[str]:
    return {
        link["anchorname"].removeprefix("#") for link in env.tocs[page].findall(nodes.reference)
    }


def setup(app: Sphinx) -> None:
    """Register the directive, its transform, and the check of what paths name in vain."""
    app.add_node(Path)
    app.add_directive("reading-path", ReadingPath)
    app.add_transform(MarkPath)
    app.connect("env-check-consistency", _check)
