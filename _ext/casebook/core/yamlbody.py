"""The one reader of YAML bodies.

A body is a list of records whose fields are strings, lists of strings or records.  YAML's own
guesses are unwanted here (`1.10` would become 1.1, `12:30` a number, `no` false), and so are the
parts that can do harm.  So the events of PyYAML's parser are read, without its resolver and
constructor: every scalar stays the string that the author wrote; anchors, aliases, tags and
duplicate keys are refused; depth and size are limited.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from .problems import Kind, Problem, shortened, suggestion

MAX_CHARACTERS = 65_536
MAX_DEPTH = 6


@dataclass(frozen=True, slots=True)
class Scalar:
    """A string, with the line (from 1) on which it stands."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Sequence:
    """A list."""

    items: tuple[Node, ...]
    line: int


@dataclass(frozen=True, slots=True)
class Mapping:
    """A mapping; keys are unique and in the author's order."""

    entries: tuple[tuple[Scalar, Node], ...]
    line: int


Node = Scalar | Sequence | Mapping


class _Refused(Exception):
    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.problem = Problem(Kind.BAD_YAML, message, line)


def load(text: str) -> Node | Problem:
    """Read one YAML document, or say in one problem why it cannot be read."""
    if len(text) > MAX_CHARACTERS:
        return Problem(Kind.BAD_YAML, f"the body is longer than {MAX_CHARACTERS:,} characters")
    try:
        return _compose(yaml.parse(text, Loader=yaml.SafeLoader))
    except _Refused as refused:
        return refused.problem
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = mark.line + 1 if mark else 1
        return Problem(Kind.BAD_YAML, f"this is not YAML: {error.problem or error.context}", line)
    except yaml.YAMLError as error:
        return Problem(Kind.BAD_YAML, f"this is not YAML: {shortened(str(error), 90)}")


def _compose(events: Iterator[yaml.Event]) -> Node:
    # An explicit stack instead of recursion: the depth of a body is the author's, not ours.
    stack: list[tuple[int, list[Node], bool]] = []
    root: Node | None = None
    for event in events:
        line = event.start_mark.line + 1
        node: Node | None = None
        if isinstance(event, yaml.DocumentStartEvent):
            if root is not None:
                raise _Refused("a second YAML document; one body holds one document", line)
            if event.tags or event.version:
                raise _Refused("YAML directives (%YAML, %TAG) are not allowed here", line)
        elif isinstance(event, yaml.AliasEvent):
            raise _Refused(f"YAML aliases are not allowed here: '*{event.anchor}'", line)
        elif isinstance(event, yaml.NodeEvent):
            _refuse_extras(event, line)
            if isinstance(event, yaml.ScalarEvent):
                node = Scalar(event.value, line)
            else:
                if len(stack) >= MAX_DEPTH:
                    raise _Refused(f"YAML nested deeper than {MAX_DEPTH} levels", line)
                stack.append((line, [], isinstance(event, yaml.MappingStartEvent)))
        elif isinstance(event, yaml.CollectionEndEvent):
            start, children, is_mapping = stack.pop()
            node = _mapping(children, start) if is_mapping else Sequence(tuple(children), start)
        if node is not None:
            if stack:
                stack[-1][1].append(node)
            else:
                root = node
    if root is None:
        raise _Refused("the body is empty", 1)
    return root


def _refuse_extras(event: yaml.NodeEvent, line: int) -> None:
    if event.anchor:
        raise _Refused(f"YAML anchors are not allowed here: '&{event.anchor}'", line)
    if getattr(event, "tag", None):
        raise _Refused(f"YAML tags are not allowed here: {shortened(event.tag)}", line)


def _mapping(children: list[Node], line: int) -> Mapping:
    keys: set[str] = set()
    entries: list[tuple[Scalar, Node]] = []
    for key, value in zip(children[::2], children[1::2], strict=True):
        if not isinstance(key, Scalar):
            raise _Refused("a key must be a plain word", key.line)
        if key.text in keys:
            raise _Refused(f"the field '{key.text}' stands twice in one record", key.line)
        keys.add(key.text)
        entries.append((key, value))
    return Mapping(tuple(entries), line)


class Record:
    """One record, and the problems met while its fields are read."""

    def __init__(self, mapping: Mapping) -> None:
        self.line = mapping.line
        self.problems: list[Problem] = []
        self._fields = {key.text: (key, value) for key, value in mapping.entries}

    def __contains__(self, field: str) -> bool:
        return field in self._fields

    def line_of(self, field: str) -> int:
        """The line on which a field's value starts, or the record's first line."""
        return self._fields[field][1].line if field in self._fields else self.line

    def report(self, kind: Kind, message: str, field: str | None = None) -> None:
        """Note a problem at a field, or at the record."""
        self.problems.append(Problem(kind, message, self.line_of(field) if field else self.line))

    def check_fields(self, allowed: tuple[str, ...]) -> None:
        """Refuse fields outside `allowed`, each at its own line."""
        for name, (key, _) in self._fields.items():
            if name not in allowed:
                hint = suggestion(name, allowed)
                message = f"unknown field '{name}'{hint or '; known are ' + ', '.join(allowed)}"
                self.problems.append(Problem(Kind.UNKNOWN_FIELD, message, key.line))

    def text(self, field: str) -> str:
        """The string in an optional field; empty when it is absent."""
        if field not in self._fields:
            return ""
        value = self._fields[field][1]
        if not isinstance(value, Scalar):
            self.report(Kind.BAD_YAML, f"the field '{field}' must be plain text", field)
            return ""
        if not value.text.strip():
            self.report(Kind.MISSING_FIELD, f"the field '{field}' is empty", field)
        return " ".join(value.text.split())

    def need(self, field: str, why: str = "") -> str:
        """The string in a field that must be there."""
        if field not in self._fields:
            self.report(Kind.MISSING_FIELD, f"the field '{field}' is missing{why}")
        return self.text(field)

    def need_list(self, field: str) -> tuple[Scalar, ...]:
        """The strings in a list that must be there."""
        if field not in self._fields:
            self.report(Kind.MISSING_FIELD, f"the field '{field}' is missing")
            return ()
        value = self._fields[field][1]
        items = value.items if isinstance(value, Sequence) else ()
        scalars = tuple(item for item in items if isinstance(item, Scalar))
        if not scalars or len(scalars) != len(items):
            self.report(Kind.BAD_YAML, f"the field '{field}' must be a list of plain texts", field)
        return scalars


def records(text: str) -> tuple[list[Record], list[Problem]]:
    """Read a body that is a list of records."""
    node = load(text)
    if isinstance(node, Problem):
        return [], [node]
    shape = "the body must be a list of records, each starting with '- '"
    if not isinstance(node, Sequence):
        found = "plain text" if isinstance(node, Scalar) else "a single record"
        return [], [Problem(Kind.BAD_YAML, f"{shape}; found {found}", node.line)]
    problems = [
        Problem(Kind.BAD_YAML, f"{shape}; this item is none", item.line)
        for item in node.items
        if not isinstance(item, Mapping)
    ]
    if not node.items:
        problems.append(Problem(Kind.BAD_YAML, f"{shape}; found an empty list", node.line))
    return [Record(item) for item in node.items if isinstance(item, Mapping)], problems
