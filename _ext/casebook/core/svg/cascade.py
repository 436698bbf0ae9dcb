"""A small CSS cascade for style sheets inside SVG: what merman and matplotlib write, and no more.

Selectors are tags, ``#id``, ``.class``, ``[attr]``, ``[attr="v"]``,
``[attr~="v"]`` (a word of it), joined by a space or ``>``. Anything
else (pseudo-classes, other operators, at-rules with their blocks) is read over, which can only
mean that a rule has no effect. Order of weight: importance, then the style attribute, then
specificity, then position in the sheet, as in CSS 2.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeAlias

Specificity: TypeAlias = tuple[int, int, int]
"""Counts of ids, of classes and attributes, and of tags."""


class Node(Protocol):
    """What a selector looks at."""

    @property
    def tag(self) -> str:
        """The element's local name."""

    @property
    def attributes(self) -> Mapping[str, str]:
        """Its attributes by local name."""


@dataclass(frozen=True)
class Declaration:
    """``name: value`` with its ``!important`` taken off."""

    name: str
    value: str
    important: bool


@dataclass(frozen=True)
class Compound:
    """One step of a selector: all its conditions hold for one element."""

    tag: str | None
    ids: tuple[str, ...]
    classes: tuple[str, ...]
    attributes: tuple[tuple[str, str, str], ...]
    """Name, operator (``""`` for mere presence, ``=`` or ``~=``) and value."""
    child: bool
    """Whether the step before must be met by the parent itself, not by any ancestor."""

    def matches(self, node: Node) -> bool:
        """Whether one element meets every condition."""
        own = node.attributes
        if self.tag is not None and self.tag != node.tag:
            return False
        if any(own.get("id") != wanted for wanted in self.ids):
            return False
        if self.classes:
            classes = own.get("class", "").split()
            if any(wanted not in classes for wanted in self.classes):
                return False
        return all(
            name in own
            and (not sign or (wanted == own[name] if sign == "=" else wanted in own[name].split()))
            for name, sign, wanted in self.attributes
        )


@dataclass(frozen=True)
class Rule:
    """One selector with the declarations of its block."""

    selector: tuple[Compound, ...]
    declarations: tuple[Declaration, ...]

    @property
    def specificity(self) -> Specificity:
        """The weight of the selector."""
        return (
            sum(len(step.ids) for step in self.selector),
            sum(len(step.classes) + len(step.attributes) for step in self.selector),
            sum(step.tag is not None for step in self.selector),
        )

    def matches(self, path: Sequence[Node]) -> bool:
        """Whether the last element of ``path`` (root first) is selected.

        ``met`` holds, for the steps up to the one looked at, at which depths they can end: so the
        work is the product of depth and steps, whatever the selector.
        """
        if not self.selector[-1].matches(path[-1]):
            return False
        met = [True] * len(path)
        for position, step in enumerate(self.selector):
            before, seen = met, False
            met = []
            for depth, node in enumerate(path):
                reachable = position == 0 or (
                    (depth > 0 and before[depth - 1]) if step.child else seen
                )
                met.append(reachable and step.matches(node))
                seen = seen or before[depth]
        return met[-1]


_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
_STEP = re.compile(
    r"""(?P<tag>[A-Za-z][\w-]*|\*)
      | \#(?P<id>[\w-]+)
      | \.(?P<class>[\w-]+)
      | \[(?P<attr>[\w-]+)(?:(?P<sign>~?=)
          (?:"(?P<double>[^"\]]*)"|'(?P<single>[^'\]]*)'|(?P<bare>[\w-]+)))?\]
    """,
    re.VERBOSE,
)
_JOINT = re.compile(r"\s*>\s*|\s+")


def parse_declarations(text: str) -> tuple[Declaration, ...]:
    """Read ``a: b; c: d !important``; what is no declaration is left out."""
    found = []
    for piece in _COMMENT.sub("", text).split(";"):
        name, colon, value = piece.partition(":")
        value = value.strip()
        important = value.lower().endswith("!important")
        if important:
            value = value[: -len("!important")].rstrip()
        if colon and name.strip() and value:
            found.append(Declaration(name.strip().lower(), value, important))
    return tuple(found)


def parse_selector(text: str) -> tuple[Compound, ...] | None:
    """Read one selector; ``None`` if it holds anything beyond the subset of this module."""
    text = text.strip()
    steps: list[Compound] = []
    position, child = 0, False
    while position < len(text):
        tag: str | None = None
        ids: list[str] = []
        classes: list[str] = []
        attributes: list[tuple[str, str, str]] = []
        start = position
        while match := _STEP.match(text, position):
            if match["tag"]:
                if position != start:
                    return None
                tag = None if match["tag"] == "*" else match["tag"]
            elif match["id"]:
                ids.append(match["id"])
            elif match["class"]:
                classes.append(match["class"])
            else:
                value = match["double"] or match["single"] or match["bare"] or ""
                attributes.append((match["attr"], match["sign"] or "", value))
            position = match.end()
        if position == start:
            return None
        steps.append(Compound(tag, tuple(ids), tuple(classes), tuple(attributes), child))
        if joint := _JOINT.match(text, position):
            child = ">" in joint.group()
            position = joint.end()
            if position == len(text):
                return None
        elif position < len(text):
            return None
    return tuple(steps) or None


class Sheet:
    """Rules in order, found by what the last step of each asks of an element.

    Most rules of a drawing's sheet name a class that an element does not have, and need not be
    tried for it.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._by: dict[str, list[int]] = {}
        for order, rule in enumerate(rules):
            self._by.setdefault(_key(rule.selector[-1]), []).append(order)

    def __len__(self) -> int:
        return len(self._rules)

    def matching(self, path: Sequence[Node]) -> Iterator[tuple[int, Rule]]:
        """The rules that select the last element of ``path``, each with its place in the sheet."""
        node = path[-1]
        keys = {"", node.tag, f"#{node.attributes.get('id', '')}"}
        keys |= {f".{name}" for name in node.attributes.get("class", "").split()}
        for order in sorted(order for key in keys for order in self._by.get(key, ())):
            if self._rules[order].matches(path):
                yield order, self._rules[order]


def _key(step: Compound) -> str:
    """One condition of a step that an element must meet; nothing if any element may."""
    if step.ids:
        return f"#{step.ids[0]}"
    return f".{step.classes[0]}" if step.classes else step.tag or ""


def parse_sheet(text: str) -> Sheet:
    """Read a style sheet in order; at-rules are left out with all that is in them."""
    text = _COMMENT.sub("", text)
    rules: list[Rule] = []
    position = 0
    while position < len(text):
        opening, semicolon = text.find("{", position), text.find(";", position)
        if opening == -1:
            break
        prelude = text[position:opening].strip()
        if prelude.startswith("@"):
            plain = -1 < semicolon < opening
            position = semicolon + 1 if plain else _block_end(text, opening)
            continue
        closing = text.find("}", opening)
        closing = len(text) if closing == -1 else closing
        declarations = parse_declarations(text[opening + 1 : closing])
        selectors = (parse_selector(part) for part in prelude.split(","))
        rules.extend(Rule(selector, declarations) for selector in selectors if selector)
        position = closing + 1
    return Sheet(rules)


def _block_end(text: str, opening: int) -> int:
    depth = 0
    for position in range(opening, len(text)):
        depth += {"{": 1, "}": -1}.get(text[position], 0)
        if depth == 0:
            return position + 1
    return len(text)


def cascade(path: Sequence[Node], sheet: Sheet, inline: str) -> dict[str, str]:
    """The properties that hold for the last element of ``path``, without inheritance.

    ``inline`` is its style attribute. The result is in order of first mention.
    """
    weights: dict[str, tuple[bool, bool, Specificity, int]] = {}
    values: dict[str, str] = {}
    candidates = [
        (declaration, False, rule.specificity, order)
        for order, rule in sheet.matching(path)
        for declaration in rule.declarations
    ]
    candidates += [(declaration, True, (0, 0, 0), 0) for declaration in parse_declarations(inline)]
    for declaration, in_attribute, specificity, order in candidates:
        weight = (declaration.important, in_attribute, specificity, order)
        if declaration.name not in weights or weight >= weights[declaration.name]:
            weights[declaration.name] = weight
            values[declaration.name] = declaration.value
    return values
