"""The one reader of YAML bodies.

A body is a list of records whose fields are strings, lists of strings or records.  YAML's own
guesses are unwanted here (`1.10` would become 1.1, `12:30` a number, `no` false), and so are the
parts that can do harm.  So the events of PyYAML's parser are read, without its resolver and
constructor: every scalar stays the string that the author wrote; anchors, aliases, tags and
duplicate keys are refused; depth and size are limited.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator
from dataclasses import dataclass

import yaml

from casebook.core.problems import Kind, Problem, shortened, suggestion

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


@functools.lru_cache(maxsize=1)  # a table asks for names first, and then for records
def load(text: str) -> Node | Problem:
    """Read one YAML document, or say in one problem why it cannot be read."""
    if len(text) > MAX_CHARACTERS:
        return Problem(Kind.BAD_YAML, f"the body is longer than {MAX_CHARACTERS:,} characters")
    try:
        return _compose(text)
    except _Refused as refused:
        return refused.problem


def _events(text: str) -> Iterator[yaml.Event]:
    strange = yaml.SafeLoader.NON_PRINTABLE.search(text)
    if strange:
        line = text.count("\n", 0, strange.start()) + 1
        raise _Refused(f"the character {strange[0]!a} is not allowed here", line)
    loader = yaml.SafeLoader(text)
    try:
        while loader.check_event():
            yield loader.get_event()  # type: ignore[no-untyped-call]
    except yaml.MarkedYAMLError as error:
        line = (error.problem_mark or loader.get_mark()).line + 1
        raise _Refused(f"this is not YAML: {error.problem}", line) from error
    except (ValueError, OverflowError) as error:  # from int() and chr(), which PyYAML lets through
        raise _Refused(
            "this is not YAML: a number or an escape is too large", loader.line + 1
        ) from error


def _compose(text: str) -> Node:
    # An explicit stack instead of recursion: the depth of a body is the author's, not ours.
    stack: list[tuple[int, list[Node], bool]] = []
    root: Node | None = None
    for event in _events(text):
        mark: yaml.Mark = event.start_mark  # type: ignore[assignment]
        line = mark.line + 1
        node: Node | None = None
        if isinstance(event, yaml.DocumentStartEvent):
            if root is not None:
                raise _Refused("a second YAML document; one body holds one document", line)
            if text.startswith("%", mark.index):
                raise _Refused("YAML directives (%YAML, %TAG) are not allowed here", line)
        elif isinstance(event, yaml.AliasEvent):
            raise _Refused(f"YAML aliases are not allowed here: '*{event.anchor}'", line)
        elif isinstance(event, yaml.NodeEvent):
            _refuse_extras(event, line)
            if isinstance(event, yaml.ScalarEvent):
                # The words of a block begin under its sign.
                node = Scalar(event.value, line + (event.style in ("|", ">")))
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
    tag = getattr(event, "tag", None)
    if tag:
        raise _Refused(f"YAML tags are not allowed here: {shortened(tag)}", line)
    strange = yaml.SafeLoader.NON_PRINTABLE.search(getattr(event, "value", ""))
    if strange:
        raise _Refused(f"the character {strange[0]!a} is not allowed here", line)


def _mapping(children: list[Node], line: int) -> Mapping:
    keys: set[str] = set()
    entries: list[tuple[Scalar, Node]] = []
    for key, value in zip(children[::2], children[1::2], strict=True):
        if not isinstance(key, Scalar):
            raise _Refused("a key must be plain text", key.line)
        if key.text in keys:
            raise _Refused(f"the field {shortened(key.text)} stands twice in one record", key.line)
        keys.add(key.text)
        entries.append((key, value))
    return Mapping(tuple(entries), line)


class YamlRecord:
    """One record, and the problems met while its fields are read."""

    def __init__(self, mapping: Mapping) -> None:
        self.line = mapping.line
        self.problems: list[Problem] = []
        self._fields = {key.text: (key, value) for key, value in mapping.entries}

    def __contains__(self, field: str) -> bool:
        return field in self._fields

    def line_of(self, field: str) -> int:
        """Return the line on which a field's value starts, or the record's first line."""
        return self._fields[field][1].line if field in self._fields else self.line

    def report(self, kind: Kind, message: str, field: str | None = None) -> None:
        """Note a problem at a field, or at the record."""
        self.problems.append(Problem(kind, message, self.line_of(field) if field else self.line))

    def refuse(self, problem: Problem, field: str) -> None:
        """Note a problem with the value of a field."""
        self.problems.append(problem.at(self.line_of(field)))

    def check_fields(self, allowed: tuple[str, ...]) -> None:
        """Refuse fields outside `allowed`, each at its own line."""
        for name, (key, _) in self._fields.items():
            if name not in allowed:
                hint = suggestion(name, allowed)
                known = "; known are " + ", ".join(allowed)
                message = f"unknown field {shortened(name)}{hint or known}"
                self.problems.append(Problem(Kind.UNKNOWN_FIELD, message, key.line))

    def text(self, field: str) -> str:
        """Return the string in an optional field; empty when it is absent."""
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
        """Return the string in a field that must be there; empty and reported when it is absent."""
        if field not in self._fields:
            self.report(Kind.MISSING_FIELD, f"the field '{field}' is missing{why}")
        return self.text(field)

    def need_list(self, field: str) -> tuple[Scalar, ...]:
        """Return the strings in a list that must be there; report what is missing or wrong."""
        value = self._needed(field)
        items = value.items if isinstance(value, Sequence) else ()
        scalars = tuple(item for item in items if isinstance(item, Scalar))
        if value and (not scalars or len(scalars) != len(items)):
            self.report(Kind.BAD_YAML, f"the field '{field}' must be a list of plain texts", field)
        return scalars

    def texts(self, field: str) -> tuple[Scalar, ...]:
        """Return the strings in a field that holds one, or a list of them, and must be there."""
        value = self._fields[field][1] if field in self._fields else None
        if isinstance(value, Scalar):
            return (Scalar(self.text(field), value.line),)
        return self.need_list(field)

    def need_mapping(self, field: str) -> dict[str, Scalar]:
        """Return the strings in a mapping that must be there, by key; report what is wrong."""
        value = self._needed(field)
        entries = value.entries if isinstance(value, Mapping) else ()
        found = {key.text: item for key, item in entries if isinstance(item, Scalar)}
        if value and (not found or len(found) != len(entries)):
            self.report(Kind.BAD_YAML, f"the field '{field}' must map names to plain texts", field)
        for name, item in found.items():
            if not item.text.strip():
                message = f"the field {shortened(name)} in '{field}' is empty"
                self.problems.append(Problem(Kind.MISSING_FIELD, message, item.line))
        return found

    def need_records(self, field: str) -> tuple[YamlRecord, ...]:
        """Return the records in a list that must be there; report what is missing or wrong."""
        value = self._needed(field)
        items = value.items if isinstance(value, Sequence) else ()
        found = tuple(YamlRecord(item) for item in items if isinstance(item, Mapping))
        if value and (not found or len(found) != len(items)):
            self.report(Kind.BAD_YAML, f"the field '{field}' must be a list of records", field)
        return found

    def _needed(self, field: str) -> Node | None:
        if field not in self._fields:
            self.report(Kind.MISSING_FIELD, f"the field '{field}' is missing")
            return None
        return self._fields[field][1]


def record(text: str) -> YamlRecord | Problem:
    """Read a body that is one record."""
    node = load(text)
    if isinstance(node, Mapping):
        return YamlRecord(node)
    if isinstance(node, Problem):
        return node
    return Problem(Kind.BAD_YAML, "the body must be one record, of lines 'field: …'", node.line)


def names(text: str) -> tuple[Scalar, ...] | None:
    """Return a body that is a list of plain texts, such as ids; None if it is anything else."""
    node = load(text)
    items = node.items if isinstance(node, Sequence) else ()
    found = tuple(item for item in items if isinstance(item, Scalar))
    return found if found and len(found) == len(items) else None


def records(text: str) -> tuple[list[YamlRecord], list[Problem]]:
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
    return [YamlRecord(item) for item in node.items if isinstance(item, Mapping)], problems
