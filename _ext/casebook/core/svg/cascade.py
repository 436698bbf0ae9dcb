"""A small CSS cascade for style sheets inside SVG: what merman and matplotlib write, and no more.

tinycss2 reads the CSS; here it is matched and weighed. Selectors are tags, ``#id``, ``.class``,
``[attr]``, ``[attr="v"]``, ``[attr~="v"]`` (a word of it), joined by a space or ``>``. Anything
else (pseudo-classes, other operators, at-rules with their blocks) is read over, which can only
mean that a rule has no effect. Order of weight: importance, then the style attribute, then
specificity, then position in the sheet, as in CSS 2.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

import tinycss2
from tinycss2 import ast

Trait: TypeAlias = tuple[str, str, str]
"""What a selector asks of an element: the name of an attribute, a sign and a value.

The sign is ``#``, ``=``, ``~=`` or, for mere presence, nothing. A tag is a value without a name.
"""


@dataclass(frozen=True, slots=True)
class Declaration:
    """``name: value`` with its ``!important`` taken off."""

    name: str
    value: str
    important: bool


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a selector: one element has all its traits."""

    traits: tuple[Trait, ...]
    child: bool
    """Whether the step before must be met by the parent itself, not by any ancestor."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One selector with the declarations of its block."""

    selector: tuple[Step, ...]
    declarations: tuple[Declaration, ...]

    @property
    def specificity(self) -> tuple[int, int, int]:
        """Count the ids, the classes and attributes, and the tags."""
        traits = [trait for step in self.selector for trait in step.traits]
        ids = sum(sign == "#" for _, sign, _ in traits)
        tags = sum(name == "" for name, _, _ in traits)
        return ids, len(traits) - ids - tags, tags

    def matches(self, path: Sequence[frozenset[Trait]]) -> bool:
        """Tell whether the last element of ``path`` (root first) is selected.

        ``ends`` holds at which depths the steps so far can end: so the work is the product of depth
        and steps, whatever the selector.
        """
        ends = [-1]
        for step in self.selector:
            below = (end + 1 for end in ends) if step.child else range(ends[0] + 1, len(path))
            ends = [at for at in below if at < len(path) and path[at].issuperset(step.traits)]
            if not ends:
                return False
        return ends[-1] == len(path) - 1


class Sheet:
    """Rules in order, found by what the last step of each asks of an element.

    Most rules of a drawing's sheet name a class that an element does not have, and need not be
    tried for it.
    """

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = rules
        self._by: dict[Trait | None, list[int]] = {}
        for order, rule in enumerate(rules):
            last = rule.selector[-1].traits
            self._by.setdefault(last[-1] if last else None, []).append(order)
        steps = (step for rule in rules for step in rule.selector)
        self._names = {name for step in steps for name, _, _ in step.traits}

    def __len__(self) -> int:
        return len(self._rules)

    def traits(self, tag: str, attributes: Mapping[str, str]) -> frozenset[Trait]:
        """Return all that the selectors of this sheet can find in an element."""
        found = {("", "", tag)}
        for name in self._names & attributes.keys():
            value = attributes[name]
            found |= {(name, "", ""), (name, "=", value), (name, "#", value)}
            found |= {(name, "~=", word) for word in value.split()}
        return frozenset(found)

    def matching(self, path: Sequence[frozenset[Trait]]) -> Iterator[tuple[int, Rule]]:
        """Yield the rules that select the last element of ``path``, each with its place."""
        for order in sorted(o for trait in (None, *path[-1]) for o in self._by.get(trait, ())):
            if self._rules[order].matches(path):
                yield order, self._rules[order]


# A renderer writes the same style sheets and style attributes over and over.
@lru_cache(maxsize=16)
def parse_sheet(text: str) -> Sheet:
    """Read a style sheet in order; at-rules are left out with all that is in them."""
    rules: list[Rule] = []
    for found in tinycss2.parse_stylesheet(_tokens(text)):
        if found.type == "qualified-rule":
            declarations = _declarations(found.content)
            parts = groupby(found.prelude, lambda token: token == ",")
            selectors = (_selector(part) for comma, part in parts if not comma)
            rules.extend(Rule(selector, declarations) for selector in selectors if selector)
    return Sheet(rules)


@lru_cache(maxsize=256)
def parse_declarations(text: str) -> tuple[Declaration, ...]:
    """Read ``a: b; c: d !important``; what is no declaration is left out."""
    return _declarations(_tokens(text))


def _tokens(text: str) -> Iterable[Any]:
    try:
        tokens: Iterable[Any] = tinycss2.parse_component_value_list(text, skip_comments=True)
    except ValueError:  # a number of thousands of digits, or half a surrogate pair as a unit
        return ()
    return tokens


def _declarations(tokens: Iterable[Any]) -> tuple[Declaration, ...]:
    return tuple(
        Declaration(found.lower_name, value, found.important)
        for found in tinycss2.parse_blocks_contents(tokens)
        if found.type == "declaration" and (value := _written(found.value))
    )


def _written(tokens: Iterable[Any]) -> str:
    try:
        text: str = tinycss2.serialize(tokens)
    except RecursionError:  # hundreds of brackets, each in another
        return ""
    return text.strip()


def _selector(tokens: Iterable[Any]) -> tuple[Step, ...]:
    """Read one selector; nothing if it holds anything beyond the subset of this module."""
    steps: list[Step] = []
    signs = 0
    for joint, part in groupby(tokens, lambda token: token.type == "whitespace" or token == ">"):
        if joint:
            signs = sum(token == ">" for token in part)
        elif signs <= bool(steps) and (traits := _traits(part)) is not None:
            steps.append(Step(traits, child=signs == 1))
            signs = 0
        else:
            return ()
    return () if signs else tuple(steps)


def _traits(tokens: Iterator[Any]) -> tuple[Trait, ...] | None:
    traits: list[Trait] = []
    for position, token in enumerate(tokens):
        match token:
            case ast.IdentToken(value=tag) if position == 0:
                traits.append(("", "", tag))
            case ast.LiteralToken(value="*") if position == 0:
                pass
            case ast.HashToken(value=value):
                traits.append(("id", "#", value))
            case ast.LiteralToken(value=".") if (word := next(tokens, token)).type == "ident":
                traits.append(("class", "~=", word.value))
            case ast.SquareBracketsBlock(content=[ast.IdentToken(value=name)]):
                traits.append((name, "", ""))
            case ast.SquareBracketsBlock(
                content=[
                    ast.IdentToken(value=name),
                    ast.LiteralToken(value="=" | "~=" as sign),
                    ast.IdentToken(value=value) | ast.StringToken(value=value),
                ]
            ):
                traits.append((name, sign, value))
            case _:
                return None
    return tuple(traits)


def cascade(path: Sequence[frozenset[Trait]], sheet: Sheet, inline: str) -> dict[str, str]:
    """Return the properties that hold for the last element of ``path``, without inheritance.

    ``inline`` is its style attribute. The result is in order of first mention.
    """
    found = [
        ((declaration.important, False, rule.specificity, order), declaration)
        for order, rule in sheet.matching(path)
        for declaration in rule.declarations
    ]
    for declaration in parse_declarations(inline):
        found.append(((declaration.important, True, (0, 0, 0), 0), declaration))
    mentioned = dict.fromkeys((declaration.name for _, declaration in found), "")
    weighed = sorted(found, key=itemgetter(0))
    return mentioned | {declaration.name: declaration.value for _, declaration in weighed}
