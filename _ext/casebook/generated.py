"""Resolve phase: content that needs the whole book, made of standard nodes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from docutils import nodes
from sphinx import addnodes
from sphinx.transforms.post_transforms import SphinxPostTransform

from .core import dates
from .core.book import Book, PatternUse
from .core.catalogue import RELATIONS, Pattern, in_sentence
from .core.metrics import Resolved, aged
from .core.problems import Kind
from .directive import Generated
from .domain import CasebookDomain, domain_of
from .metrics import cell, evidence_mark, metric_link, table
from .problems import report

if TYPE_CHECKING:
    from sphinx.application import Sphinx

NO_BREAK = "\N{NO-BREAK SPACE}"


class FillGenerated(SphinxPostTransform):
    """Replace each placeholder, before references are resolved."""

    default_priority = 5

    def run(self, **kwargs: Any) -> None:
        filler = Filler(domain_of(self.env), self.env)
        for label in list(self.document.findall(addnodes.pending_xref)):
            filler.complete(label)
        for node in list(self.document.findall(Generated)):
            node.replace_self(filler.fill(node))


class Filler:
    """Makes the nodes of one page; each method answers one kind of placeholder."""

    def __init__(self, domain: CasebookDomain, env: Any) -> None:
        self.domain = domain
        self.book: Book = domain.book
        self.env = env
        self._figure: dict[str, Callable[[Resolved, Generated], list[nodes.Node]]] = {
            "number": lambda f, _: [nodes.Text(f.printed.number)],
            "unit": lambda f, _: [nodes.Text(f.printed.unit)],
            "date": lambda f, _: [nodes.Text(str(f.as_of))],
            "input": self._input,
            "evidence": lambda f, _: [evidence_mark(f.metric.evidence, f.evidence_words)],
            "sources": self._sources,
            "evidence-line": self._evidence_line,
            "evidence-date": self._evidence_date,
            "card-value": self._card_value,
        }
        self._list: dict[str, Callable[[Generated], list[nodes.Node]]] = {
            "likeness": self._likeness,
            "pattern-head": self._pattern_head,
            "uses": self._uses,
            "related-patterns": self._related,
            "pattern-index": self._pattern_index,
            "pattern-matrix": self._pattern_matrix,
            "metric-index": self._metric_index,
            "source-index": self._source_index,
            "aged-metrics": self._aged,
        }

    def fill(self, node: Generated) -> list[nodes.Node]:
        """The nodes for a placeholder; nothing where the problem is reported elsewhere."""
        what = node["what"]
        if what in self._list:
            return self._list[what](node)
        figure = self.book.figures.get(node["name"])
        return self._figure[what](figure, node) if figure else []

    def complete(self, link: addnodes.pending_xref) -> None:
        """Give a link in a card or an index the label of its metric as its words."""
        row = self.book.rows.get(link["reftarget"])
        if link.get("label") and row:
            link.children = []
            link += nodes.inline("", row.metric.label)
            link["refexplicit"] = True

    # --- figures ---

    def _input(self, figure: Resolved, node: Generated) -> list[nodes.Node]:
        return [metric_link(figure.metric.id, in_sentence(figure.metric.label), node["page"])]

    def _sources(self, figure: Resolved, node: Generated) -> list[nodes.Node]:
        cited: list[nodes.Node] = [nodes.Text("from ")]
        for key in figure.sources:
            cited += [*([nodes.Text(", ")] if len(cited) > 1 else []), self._cite(key, node["page"])]
        return [nodes.inline("", "", *cited, classes=["source"])]

    def _cite(self, key: str, page: str) -> addnodes.pending_xref:
        return addnodes.pending_xref(
            "", nodes.inline("", key), refdomain="cite", reftype="label", reftarget=key,
            refexplicit=False, refdoc=page, refwarn=True,
        )  # fmt: skip

    def _evidence_line(self, figure: Resolved, node: Generated) -> list[nodes.Node]:
        return [evidence_mark(figure.metric.evidence, figure.metric.evidence.value)]

    def _evidence_date(self, figure: Resolved, node: Generated) -> list[nodes.Node]:
        mark = evidence_mark(figure.metric.evidence, figure.metric.evidence.value)
        return [mark, nodes.Text(f", {figure.as_of}")]

    def _card_value(self, figure: Resolved, node: Generated) -> list[nodes.Node]:
        printed = figure.printed
        unit = nodes.inline("", f" {printed.unit}", classes=["unit"])
        return [nodes.Text(printed.number), unit]

    def _likeness(self, node: Generated) -> list[nodes.Node]:
        figures = [self.book.figures[n] for n in node["figures"] if n in self.book.figures]
        kinds = {figure.metric.evidence.value for figure in figures}
        spans = {str(figure.as_of) for figure in figures}
        differing = [what for what, found in (("kinds", kinds), ("dates", spans)) if len(found) > 1]
        if differing and not node["noted"]:
            report(
                Kind.MIXED_EVIDENCE,
                f"the figures of this row have different {' and '.join(differing)}; say so in 'note'",
                node,
            )
        return []

    # --- patterns ---

    def _link(self, pattern: Pattern, page: str, words: str = "") -> nodes.Node:
        return addnodes.pending_xref(
            "", nodes.inline("", words or pattern.title), refdomain="casebook", reftype="pattern",
            reftarget=pattern.slug, refexplicit=True, refdoc=page, refwarn=True, plain=True,
        )  # fmt: skip

    def _links(self, slugs: tuple[str, ...], page: str) -> list[nodes.Node]:
        found: list[nodes.Node] = []
        for slug in slugs:
            pattern = self.book.catalogue.find(slug)
            if not pattern:
                continue
            # A related pattern may have no section yet; then its name stands as plain words.
            linked = slug in self.book.sections
            link = self._link(pattern, page) if linked else nodes.Text(pattern.title)
            found += [*([nodes.Text(", ")] if found else []), link]
        return found

    def _place(self, use: PatternUse, page: str) -> nodes.Node:
        study = next((s for s in self.book.studies if s.page == use.page), None)
        title = study.title if study else self.env.titles[use.page].astext()
        words = use.heading if use.heading == title else f"{title}, {use.heading}"
        return self._to(use.page, use.anchor, words, page)

    def _to(self, target: str, anchor: str, words: str, page: str) -> nodes.Node:
        link = nodes.reference("", "", nodes.inline("", words), internal=True)
        builder = self.env._app.builder
        if builder.format == "latex":
            link["refuri"] = f"%{target}#{anchor}"
        elif target == page:
            link["refid"] = anchor
        else:
            link["refuri"] = f"{builder.get_relative_uri(page, target)}#{anchor}"
        return link

    def _pattern_head(self, node: Generated) -> list[nodes.Node]:
        pattern = self.book.catalogue.find(node["name"])
        if not pattern:
            return []
        page = node["page"]
        deck = nodes.container(
            "", nodes.paragraph("", pattern.intent), classes=["study-deck", "intent"]
        )
        facts = nodes.definition_list(classes=["facts"])
        _fact(facts, "Category", [nodes.Text(pattern.category.replace("-", " "))])
        if pattern.aliases:
            _fact(facts, "Also called", [nodes.Text(", ".join(pattern.aliases))])
        for relation, slugs in pattern.relations:
            links = self._links(slugs, page)
            if links:
                _fact(facts, RELATIONS[relation].capitalize(), links)
        if pattern.link:
            tier = f", tier {pattern.tier}" if pattern.tier else ""
            outward = nodes.reference("", "the pattern in DStudio", refuri=pattern.link)
            _fact(facts, "Elsewhere", [outward, nodes.Text(tier)])
        else:
            _fact(facts, "Elsewhere", [nodes.Text("described here only; DStudio has no page on it")])
        return [deck, facts]

    def _uses(self, node: Generated) -> list[nodes.Node]:
        uses = self.book.uses.get(node["name"], [])
        if not uses:
            return [nodes.paragraph("", "No study uses it.")]
        listed = nodes.bullet_list(classes=["uses"])
        for use in uses:
            place = self._place(use, node["page"])
            listed += nodes.list_item("", nodes.paragraph("", "", place, nodes.Text(f": “{use.sentence}”")))
        return [listed]

    def _related(self, node: Generated) -> list[nodes.Node]:
        page = node["page"]
        listed = nodes.definition_list(classes=["related"])
        for pattern in self.book.used_by(page):
            words: list[nodes.Node] = [nodes.Text(pattern.intent)]
            for relation, slugs in pattern.relations:
                links = self._links(slugs, page)
                if links:
                    words += [nodes.Text(f" {RELATIONS[relation].capitalize()}: "), *links, nodes.Text(".")]
            listed += _definition([self._link(pattern, page)], words)
        return [listed] if listed.children else [nodes.paragraph("", "This page uses no pattern.")]

    def _pattern_index(self, node: Generated) -> list[nodes.Node]:
        page, made = node["page"], []
        for category, patterns in self.book.catalogue.categories().items():
            made.append(nodes.rubric("", category.replace("-", " ").capitalize()))
            listed = nodes.definition_list(classes=["related"])
            for pattern in patterns:
                links = self._links((pattern.slug,), page)
                pages = {use.page for use in self.book.uses.get(pattern.slug, ())}
                names = [s.name for s in self.book.studies if s.page in pages]
                used = f" Used in: {', '.join(names)}." if names else ""
                listed += _definition(links, [nodes.Text(pattern.intent + used)])
            made.append(listed)
        return made

    def _pattern_matrix(self, node: Generated) -> list[nodes.Node]:
        page, studies = node["page"], self.book.studies
        heads = [cell(nodes.Text("Pattern")), *(cell(nodes.Text(s.name)) for s in studies)]
        widths = (40, *([60 // max(1, len(studies))] * len(studies)))
        made, body = table([], "", widths, heads)
        for patterns in self.book.catalogue.categories().values():
            for pattern in patterns:
                row = nodes.row("", cell(*self._links((pattern.slug,), page)))
                for study in studies:
                    uses = [u for u in self.book.uses.get(pattern.slug, ()) if u.page == study.page]
                    row += cell(*self._sections(uses, page))
                body += row
        return list(made.children)

    def _sections(self, uses: list[PatternUse], page: str) -> list[nodes.Node]:
        if not uses:
            return [nodes.inline("", "–", classes=["no-use"])]
        found: dict[str, nodes.Node] = {}
        for use in uses:
            numbers = self.env.toc_secnumbers.get(use.page, {})
            number = numbers.get(f"#{use.anchor}") or numbers.get("")
            words = ".".join(map(str, number)) if number else use.heading
            found.setdefault(words, self._to(use.page, use.anchor, words, page))
        joined = [part for link in found.values() for part in (nodes.Text(", "), link)]
        return joined[1:]

    # --- pages of figures and sources ---

    def _metric_index(self, node: Generated) -> list[nodes.Node]:
        rows = sorted(self.book.figures.values(), key=lambda f: f.metric.label.lower())
        heads = ("Measure", "Value", "As of", "Evidence")
        return [self._figures(rows, heads, node["page"], None)] if rows else []

    def _aged(self, node: Generated) -> list[nodes.Node]:
        today = dates.parse(self.env.config.casebook_date)
        if isinstance(today, str):
            return [nodes.paragraph("", f"The book has no date: {today}.")]
        old = [f for f in self.book.figures.values() if aged(f, today)]
        old.sort(key=lambda f: (f.as_of.last.last(), f.metric.label))
        if not old:
            return [nodes.paragraph("", "No figure of the book is older than two years.")]
        heads = ("Measure", "Value", "As of", "Last checked")
        return [self._figures(old, heads, node["page"], self._checked)]

    def _checked(self, figure: Resolved) -> list[nodes.Node]:
        cite = self.env.get_domain("cite").bibdata.data.entries
        days = [cite[key].fields.get("urldate", "") for key in figure.sources if key in cite]
        spans = [day for text in days if not isinstance(day := dates.parse(text), str)]
        return [nodes.Text(str(min(spans, key=lambda s: s.last.last())))] if spans else []

    def _figures(
        self,
        figures: list[Resolved],
        heads: tuple[str, ...],
        page: str,
        last: Callable[[Resolved], list[nodes.Node]] | None,
    ) -> nodes.table:
        made, body = table([], "metrics-list", (46, 26, 14, 14), [cell(nodes.Text(h)) for h in heads])
        for figure in figures:
            metric = figure.metric
            mark = evidence_mark(metric.evidence, metric.evidence.value)
            body += nodes.row(
                "",
                cell(metric_link(metric.id, metric.label, page)),
                cell(nodes.Text(str(figure.printed))),
                cell(nodes.Text(str(figure.as_of))),
                cell(*(last(figure) if last else [mark])),
            )
        return made

    def _source_index(self, node: Generated) -> list[nodes.Node]:
        page, used = node["page"], dict[str, list[Resolved]]()
        for figure in self.book.figures.values():
            if figure.metric.source:
                used.setdefault(figure.metric.source, []).append(figure)
        listed = nodes.definition_list(classes=["related"])
        cited = {c.key: c.formatted_entry.label for c in self.env.get_domain("cite").citations}
        for key in sorted(cited, key=lambda k: (cited[k].lower(), k)):
            words: list[nodes.Node] = []
            for figure in used.get(key, []):
                link = metric_link(figure.metric.id, figure.metric.label, page)
                words += [*([nodes.Text("; ")] if words else []), link]
            words = words or [nodes.Text("cited in the text; no figure rests on it")]
            listed += _definition([self._cite(key, page)], words)
        return [listed]


def _definition(term: list[nodes.Node], words: list[nodes.Node]) -> nodes.definition_list_item:
    return nodes.definition_list_item(
        "",
        nodes.term("", "", *term),
        nodes.definition("", nodes.paragraph("", "", *words)),
    )


def _fact(facts: nodes.definition_list, name: str, words: list[nodes.Node]) -> None:
    facts += _definition([nodes.Text(name)], words)


def setup_generated(app: Sphinx) -> None:
    """Register the transform, and the placeholder, which no builder meets."""
    app.add_config_value("casebook_date", "", "", str)
    app.add_node(Generated)
    app.add_post_transform(FillGenerated)
