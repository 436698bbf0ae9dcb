"""``exercise``, ``exercise-test`` and ``solution``: a task, what checks it, one way to do it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from casebook.base.domain import domain_of
from casebook.base.node_text import text_of
from casebook.base.page_context import SCREEN, PageContext
from casebook.base.placeholders import Content, Placeholder
from casebook.base.reporting import report
from casebook.base.standard_nodes import joined
from casebook.core.literate.chunks import Chunk
from casebook.core.literate.exercises import Solution
from casebook.core.literate.languages import PYTHON, language_of
from casebook.core.literate.printed import Exercise
from casebook.core.problems import Kind, Problem
from casebook.core.text.marked_text import Text
from casebook.literate.folding import fold, lines_of
from casebook.literate.listings import LiterateDirective, lexer_of, tie_link
from casebook.literate.packages import archive_name

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


class ExerciseDirective(LiterateDirective):
    """``exercise``: its argument is a title, its body the task."""

    required_arguments = 1
    option_spec: ClassVar = {"name": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        program = self.code.program
        task = self.found(program.exercises.tasks)
        title = self.text_at(self.arguments[0], self.lineno)
        body = self.parse_content_to_nodes()
        record = Exercise(
            self.env.docname,
            self.options.get("name", ""),
            title,
            tuple(self._paragraphs(body)),
            self.lineno,
        )
        if task is None or record.name in {
            other.name for other in self.book.records(record.page, Exercise)
        }:
            return body  # which is reported
        self.book.add(record)
        label = nodes.inline("", "Exercise", classes=["exercise-label"])
        head = nodes.title("", "", label, nodes.Text(" "), *self.nodes_of(title))
        box = nodes.admonition("", head, *body, classes=["exercise"], ids=[record.anchor])
        self.state.document.note_explicit_target(box)
        self.set_source_info(box)
        for check in program.checks:
            if check.name == record.name:
                files = tuple(file.path for file in check.solved)
                how = self.place(HowToCheck(check.package, files, check.command))
                box += nodes.paragraph("", "", how, classes=["exercise-check"])
        return [box]

    def _paragraphs(self, body: list[nodes.Node]) -> list[Text]:
        blocks = [
            block
            for part in body
            for block in part.findall(nodes.TextElement)
            if not isinstance(block, nodes.Inline | nodes.Invisible)
        ]
        return [text_of([block], self.env.docname, self.body_line(1)) for block in blocks]


@dataclass(frozen=True, slots=True)
class HowToCheck(Content):
    """Where to find the package, what to change, and the command that checks it."""

    package: str
    files: tuple[str, ...]
    command: str

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        web = "" if page.on_screen else " of the web edition"
        files = joined([[nodes.literal("", file)] for file in self.files], " and ")
        return [
            nodes.Text("In "),
            archive_name(page, self.package),
            nodes.Text(f"{web}, change "),
            *files,
            nodes.Text(" until "),
            nodes.literal("", self.command),
            nodes.Text(" calls it solved."),
        ]


class ExerciseTestDirective(LiterateDirective):
    """``exercise-test``: functions that fail until the exercise is solved."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        block = self.listing(PYTHON.lexer)
        if not self.found(self.code.program.exercises.tests):
            return [block]
        label = nodes.rubric("", "Test", classes=["hang-label"])
        return [nodes.container("", label, block, classes=["exercise-test"])]


class SolutionDirective(LiterateDirective):
    """``solution``: code that stands in the place of a chunk, or in a new file."""

    required_arguments = 1
    option_spec: ClassVar = {"instead": directives.unchanged, "file": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        program = self.code.program
        found = self.found(program.exercises.solutions)
        if not found:
            return [self.listing(PYTHON.lexer)]
        instead = next((c for c in program.chunks if c.name == found.instead), None)
        lexer = lexer_of(instead, program.chunks) if instead else language_of(found.file).lexer
        block = self.listing(lexer)
        anchor = nodes.target("", "", ids=[found.anchor])
        link = nodes.strong("", "", self.place(ToExercise(found.exercise)))
        head = nodes.paragraph("", "", anchor, link, classes=["solution-head"])
        foot = nodes.paragraph("", "", *_place_of(found, program.chunks), classes=["chunk-foot"])
        box = nodes.container("", head, block, foot, classes=["solution"])
        box["solves"], box["part"] = found.anchor, found.part
        return [box]


def _place_of(solution: Solution, chunks: tuple[Chunk, ...]) -> list[nodes.Node]:
    for chunk in chunks:
        if chunk.name == solution.instead:
            return [nodes.Text("in place of "), tie_link(chunk)]
    return [nodes.Text("as "), nodes.inline("", solution.file, classes=["chunk-file"])]


@dataclass(frozen=True, slots=True)
class ToExercise(Content):
    """The title of an exercise, linked to it."""

    name: str

    def fill(self, page: PageContext, at: Placeholder) -> list[nodes.Node]:
        found = page.view.exercise(self.name)
        if not found:
            return [nodes.Text(self.name)]  # reported where it should stand
        return [page.place(found.page, found.anchor, page.view.words(found.title))]


class PlaceSolutions(SphinxPostTransform):
    """Fold solutions on the screen; elsewhere let them stand at the end of their page."""

    default_priority = 8  # when placeholders are filled
    formats = ()

    def run(self, **kwargs: Any) -> None:
        builder = self.env._app.builder
        if builder.name in SCREEN:
            for box in list(self.document.findall(nodes.container)):
                if box.get("solves"):
                    _fold(box)
            return
        ends: dict[int, nodes.Element] = {}
        for box, page, depth in list(_solutions(self.document)):
            if id(page) not in ends:
                # The title of a book has no level of its own on paper.
                ends[id(page)] = _end(page, depth + (builder.format != "latex"))
            parent, at = box.parent, box.parent.index(box)
            if box["part"] == 1:
                parent.insert(at, _hint(box["solves"]))
            parent.remove(box)
            _name(box)
            ends[id(page)] += box


def _solutions(
    node: nodes.Element, page: nodes.section | None = None, depth: int = 0
) -> Iterator[tuple[nodes.container, nodes.section, int]]:
    """Yield each solution with the section that its page is, and how deep that one stands.

    Pages may be joined, and then their nodes do not know all that they stand in.
    """
    for child in node.children:
        if isinstance(child, addnodes.start_of_file):
            yield from _solutions(child, None, depth)
        elif isinstance(child, nodes.section):
            yield from _solutions(child, page or child, depth + (not page))
        elif isinstance(child, nodes.container) and child.get("solves") and page:
            yield child, page, depth
        elif isinstance(child, nodes.Element):
            yield from _solutions(child, page, depth)


def _fold(box: nodes.container) -> None:
    """Fold a solution; its head says where it belongs."""
    block: Any
    _, block, foot = box.children
    for link in list(foot.findall(nodes.reference)):
        link.replace_self(link.children)  # in a head, a click opens the fold
    label = nodes.inline("", "Solution", classes=["caption-number"])
    parts = (label, nodes.Text(" "), *foot.children, nodes.Text("\u00a0· "), lines_of(block))
    box.children = []
    box += fold(
        "chunk-solution", nodes.title("", "", *parts, classes=["code-block-caption"]), block
    )


def _hint(anchor: str) -> nodes.paragraph:
    words = nodes.inline("", "Its solution is at the end of the chapter.")
    link = nodes.reference("", "", words, refid=anchor, internal=True)
    return nodes.paragraph("", "", link, classes=["exercise-check"])


def _name(box: nodes.container) -> None:
    """Say before a solution, in one line, of which exercise it is and where it belongs."""
    head: Any
    head, _, foot = box.children
    box.remove(foot)
    head += [nodes.Text(", "), *foot.children]


def _end(page: nodes.section, level: int) -> nodes.Element:
    """Add a place for solutions at the end of a page, before pages that are joined to it."""
    heading = nodes.rubric("", "Solutions", **{"heading-level": level})
    end = nodes.container("", heading, classes=["solutions"])
    own = [i for i, child in enumerate(page.children, 1) if not _is_joined(child)]
    page.insert(own[-1], end)
    return end


def _is_joined(node: nodes.Node) -> bool:
    if isinstance(node, nodes.section):
        return False
    return any(True for _ in node.findall(addnodes.start_of_file))


def _check(app: Sphinx, env: BuildEnvironment) -> None:
    """Report names that two pages give, files that another page prints, packages of no page."""
    book = domain_of(env).book
    for exercise in book.of(Exercise):
        first = book.exercises[exercise.name]
        if first.page != exercise.page:
            place = f"{env.doc2path(first.page, False)}:{first.line}"
            message = f"the exercise '{exercise.name}' stands in the book already, at {place}"
            report(Problem(Kind.DUPLICATE_ID, message), (exercise.page, exercise.line))
    for page, check in book.checks:
        if check.package not in book.packages:
            message = (
                f"no page prints a file of '{check.package}', so the exercise '{check.name}' "
                "has no package to start with"
            )
            report(Problem(Kind.UNKNOWN_PACKAGE, message), (page, check.line))
        for file in check.solved:
            other = book.files.get(file.path)
            if other and other.page != page:
                place = f"{env.doc2path(other.page, False)}:{other.first.line}"
                message = f"the file '{file.path}' is printed already, at {place}"
                report(Problem(Kind.CHUNK_FILE, message), (page, check.line))


def setup(app: Sphinx) -> None:
    """Register the directives, where solutions stand, and the check of the whole book."""
    app.add_directive("exercise", ExerciseDirective)
    app.add_directive("exercise-test", ExerciseTestDirective)
    app.add_directive("solution", SolutionDirective)
    app.add_post_transform(PlaceSolutions)
    app.connect("env-check-consistency", _check)
