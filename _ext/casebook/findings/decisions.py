"""Decision matrices on the page."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives

from casebook.base.directive import BookDirective
from casebook.base.placeholders import late
from casebook.base.standard_nodes import cell, table
from casebook.core.findings import decision as core
from casebook.core.findings.decision import Decision, Matrix, decimal
from casebook.core.problems import Kind, Problem, suggestion
from casebook.core.text.marked_text import Text, mark

if TYPE_CHECKING:
    from sphinx.application import Sphinx

JUDGEMENT = (
    "Scores run from 1 (poor) to 5 (good). Scores and weights are the judgement of this book’s "
    "authors, for the reasons below."
)


class DecisionMatrix(BookDirective):
    """``decision-matrix``: options against criteria, with weighted totals and reasons."""

    required_arguments = 1
    option_spec: ClassVar = {"name": directives.unchanged, "chosen": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        if self.is_empty():
            return []
        matrix, problems = core.parse(self.body, self.text)
        for problem in problems:
            self.warn(problem)
        if matrix is None:
            return []
        chosen = self.options.get("chosen", "").strip()
        known = [option.id for option in matrix.options]
        if chosen not in known:
            hint = suggestion(chosen, known) or "; the options are " + ", ".join(known)
            message = f"unknown option '{chosen}'{hint}"
            if not chosen:
                message = f"the option 'chosen' is missing{hint}"
            self.warn(Problem(Kind.BAD_MATRIX, message), self.lineno)
            return []
        caption = self.text_at(self.arguments[0], self.lineno)
        made = self._table(matrix, chosen, self.nodes_of(caption))
        page = self.env.docname
        self.book.add(Decision(page, made["ids"][0], caption, matrix, chosen))
        told = Text(f"{JUDGEMENT} {core.stability(matrix, chosen, mark)}")
        notes = nodes.paragraph("", "", late(told), classes=["table-note"])
        return [made, notes, self._reasons(matrix)]

    def _table(self, matrix: Matrix, chosen: str, words: list[nodes.Node]) -> nodes.table:
        marked: list[tuple[str, ...]] = [
            ("num", "chosen") if o.id == chosen else ("num",) for o in matrix.options
        ]
        heads = [
            cell(nodes.Text("Criterion")),
            cell(nodes.Text("Weight"), classes=("num", "weight")),
        ]
        for option, classes in zip(matrix.options, marked, strict=True):
            head = self.nodes_of(option.label)
            if option.id == chosen:
                head += [nodes.Text(" "), nodes.inline("", "chosen", classes=["chosen-word"])]
            heads.append(cell(*head, classes=classes))
        widths = (38, 10, *([52 // len(marked)] * len(marked)))
        made, body = table(words, "decision-matrix", widths, heads)
        place = [option.id for option in matrix.options].index(chosen)
        made["classes"] += ["matrix", f"chosen-{place}"]
        for c in matrix.criteria:
            scores = [str(option.scores[c.id]) for option in matrix.options]
            body += _row(self.nodes_of(c.label), decimal(c.weight), scores, marked, "")
        totals = [decimal(matrix.total(option)) for option in matrix.options]
        body += _row(
            [nodes.strong("", "Weighted total")], decimal(matrix.weight), totals, marked, "total"
        )
        means = [decimal(matrix.mean(option)) for option in matrix.options]
        body += _row([nodes.Text("Weighted mean, of 5")], "", means, marked, "mean")
        self.set_source_info(made)
        if not self.options.get("name", "").strip():
            self.options["name"] = "decision-" + nodes.make_id(self.arguments[0])
        self.add_name(made)
        return made

    def _reasons(self, matrix: Matrix) -> nodes.definition_list:
        listed = nodes.definition_list(classes=["reasons"])
        for criterion in matrix.criteria:
            given = [(Text(f"Weight {decimal(criterion.weight)}"), criterion.why)]
            given += [
                (Text(f"{o.label.marked} {o.scores[criterion.id]}"), o.why[criterion.id])
                for o in matrix.options
            ]
            said = nodes.definition("", *(self._reason(label, why) for label, why in given))
            term = nodes.term("", "", late(criterion.label))
            listed += nodes.definition_list_item("", term, said)
        return listed

    def _reason(self, label: Text, why: Text) -> nodes.paragraph:
        scored = nodes.inline("", "", late(label), classes=["scored"])
        words = self.nodes_of(why)
        return nodes.paragraph("", "", scored, nodes.Text(": "), *words, nodes.Text("."))


def _row(
    label: list[nodes.Node],
    weight: str,
    numbers: list[str],
    marked: list[tuple[str, ...]],
    kind: str,
) -> nodes.row:
    def words(text: str) -> nodes.Node:
        return nodes.strong("", text) if kind == "total" else nodes.Text(text)

    cells = [
        cell(words(number), classes=classes)
        for number, classes in zip(numbers, marked, strict=True)
    ]
    first = cell(*label), cell(words(weight), classes=("num", "weight"))
    return nodes.row("", *first, *cells, classes=[kind] if kind else [])


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("decision-matrix", DecisionMatrix)
