"""Resolve phase of patterns: the head of a section, its uses, and the lists of all patterns."""

from __future__ import annotations

from docutils import nodes

from casebook.base.links import ListMaker, Page, definition
from casebook.base.placeholders import Generated
from casebook.base.table_nodes import cell, table
from casebook.core.book.records import PatternUse
from casebook.core.patterns.catalogue import RELATIONS


def _head(page: Page, node: Generated) -> list[nodes.Node]:
    described = page.view.pattern(node["name"])
    if not described:
        return []  # reported when the page was read
    pattern = described.pattern
    intent = nodes.paragraph("", pattern.intent)
    facts = nodes.definition_list(classes=["facts"])

    def fact(name: str, *words: nodes.Node) -> None:
        nonlocal facts
        facts += definition([nodes.Text(name)], list(words))

    fact("Category", nodes.Text(pattern.category.replace("-", " ")))
    if pattern.aliases:
        fact("Also called", nodes.Text(", ".join(pattern.aliases)))
    for relation, slugs in pattern.relations:
        links = page.patterns(slugs, node["page"])
        if links:
            fact(RELATIONS[relation].capitalize(), *links)
    if pattern.link:
        outward = nodes.reference("", "the pattern in DStudio", refuri=pattern.link)
        tier = f", tier {pattern.tier}" if pattern.tier else ""
        fact("Elsewhere", outward, nodes.Text(tier))
    else:
        fact("Elsewhere", nodes.Text("described here only; DStudio has no page on it"))
    return [nodes.container("", intent, classes=["study-deck", "intent"]), facts]


def _uses(page: Page, node: Generated) -> list[nodes.Node]:
    listed = nodes.bullet_list(classes=["uses"])
    for use in page.view.uses(node["name"]):
        title = page.view.words(page.view.title(use.page))
        heading = page.view.words(use.heading)
        words = heading if heading == title else f"{title}, {heading}"
        place = page.place(use.page, use.anchor, words, node["page"])
        sentence = nodes.Text(f": “{page.view.words(use.sentence)}”")
        listed += nodes.list_item("", nodes.paragraph("", "", place, sentence))
    return [listed] if listed.children else [nodes.paragraph("", "No study uses it.")]


def _related(page: Page, node: Generated) -> list[nodes.Node]:
    listed = nodes.definition_list(classes=["related"])
    for pattern in page.view.used_by(node["page"]):
        words: list[nodes.Node] = [nodes.Text(pattern.intent)]
        for relation, slugs in pattern.relations:
            links = page.patterns(slugs, node["page"])
            if links:
                words += [nodes.Text(f" {RELATIONS[relation].capitalize()}: "), *links]
                words.append(nodes.Text("."))
        listed += definition(page.patterns((pattern.slug,), node["page"]), words)
    return [listed] if listed.children else [nodes.paragraph("", "This page uses no pattern.")]


def _index(page: Page, node: Generated) -> list[nodes.Node]:
    made: list[nodes.Node] = []
    for category, patterns in page.view.categories():
        made.append(nodes.rubric("", category.replace("-", " ").capitalize()))
        listed = nodes.definition_list(classes=["related"])
        for pattern in patterns:
            names = page.view.users(pattern.slug)
            used = f" Used in: {', '.join(names)}." if names else ""
            links = page.patterns((pattern.slug,), node["page"])
            listed += definition(links, [nodes.Text(pattern.intent + used)])
        made.append(listed)
    return made


def _matrix(page: Page, node: Generated) -> list[nodes.Node]:
    studies = page.view.studies()
    heads = [cell(nodes.Text("Pattern")), *(cell(nodes.Text(s.name)) for s in studies)]
    widths = (40, *([60 // max(1, len(studies))] * len(studies)))
    made, body = table([], "", widths, heads)
    for _, patterns in page.view.categories():
        for pattern in patterns:
            row = nodes.row("", cell(*page.patterns((pattern.slug,), node["page"])))
            uses = page.view.uses(pattern.slug)
            for study in studies:
                row += cell(*_sections(page, [u for u in uses if u.page == study.page], node))
            body += row
    return list(made.children)


def _sections(page: Page, uses: list[PatternUse], node: Generated) -> list[nodes.Node]:
    if not uses:
        return [nodes.inline("", "not used", classes=["no-use"])]
    found: dict[str, nodes.Node] = {}
    for use in uses:
        number = page.view.number(use.page, use.anchor) or page.view.number(use.page)
        words = number or page.view.words(use.heading)
        found.setdefault(words, page.place(use.page, use.anchor, words, node["page"]))
    return [part for link in found.values() for part in (nodes.Text(", "), link)][1:]


LISTS: dict[str, ListMaker] = {
    "pattern-head": _head,
    "uses": _uses,
    "related-patterns": _related,
    "pattern-index": _index,
    "pattern-matrix": _matrix,
}
"""What a placeholder becomes."""
