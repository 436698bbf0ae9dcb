"""Resolve phase of patterns: the head of a section, its uses, and the lists of all patterns."""

from __future__ import annotations

from docutils import nodes

from .core.catalogue import RELATIONS
from .core.records import PatternUse
from .directive import Generated
from .page import ListMaker, Page, definition
from .tables import cell, table


def _head(page: Page, node: Generated) -> list[nodes.Node]:
    pattern = page.book.catalogue.find(node["name"])
    if not pattern:
        return []  # reported when the page was read
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
    for use in page.book.uses.get(node["name"], []):
        title = next((s.title for s in page.book.studies if s.page == use.page), None)
        title = title or page.env.titles[use.page].astext()
        words = use.heading if use.heading == title else f"{title}, {use.heading}"
        place = page.place(use.page, use.anchor, words, node["page"])
        sentence = nodes.Text(f": “{use.sentence}”")
        listed += nodes.list_item("", nodes.paragraph("", "", place, sentence))
    return [listed] if listed.children else [nodes.paragraph("", "No study uses it.")]


def _related(page: Page, node: Generated) -> list[nodes.Node]:
    listed = nodes.definition_list(classes=["related"])
    for pattern in page.book.used_by(node["page"]):
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
    for category, patterns in page.book.catalogue.categories().items():
        made.append(nodes.rubric("", category.replace("-", " ").capitalize()))
        listed = nodes.definition_list(classes=["related"])
        for pattern in patterns:
            names = [study.name for study in page.book.users.get(pattern.slug, ())]
            used = f" Used in: {', '.join(names)}." if names else ""
            links = page.patterns((pattern.slug,), node["page"])
            listed += definition(links, [nodes.Text(pattern.intent + used)])
        made.append(listed)
    return made


def _matrix(page: Page, node: Generated) -> list[nodes.Node]:
    studies = page.book.studies
    heads = [cell(nodes.Text("Pattern")), *(cell(nodes.Text(s.name)) for s in studies)]
    widths = (40, *([60 // max(1, len(studies))] * len(studies)))
    made, body = table([], "", widths, heads)
    for patterns in page.book.catalogue.categories().values():
        for pattern in patterns:
            row = nodes.row("", cell(*page.patterns((pattern.slug,), node["page"])))
            uses = page.book.uses.get(pattern.slug, [])
            for study in studies:
                row += cell(*_sections(page, [u for u in uses if u.page == study.page], node))
            body += row
    return list(made.children)


def _sections(page: Page, uses: list[PatternUse], node: Generated) -> list[nodes.Node]:
    if not uses:
        return [nodes.inline("", "not used", classes=["no-use"])]
    found: dict[str, nodes.Node] = {}
    for use in uses:
        numbers = page.env.toc_secnumbers.get(use.page, {})
        number = numbers.get(f"#{use.anchor}") or numbers.get("")
        words = ".".join(map(str, number)) if number else use.heading
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
