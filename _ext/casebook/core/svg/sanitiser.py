"""The sanitiser: any SVG in, a small safe tree out.

What comes from a renderer is read with DTDs and entities refused, reduced to listed elements and
attributes, and its style sheets and style attributes are resolved into presentation attributes. So
the result runs nothing, loads nothing, leaks no rule over the page, and needs no exception in a
strict Content-Security-Policy. Fonts are left to the page.

Every failure is an ``SvgError``; sizes are bounded, so no input can exhaust the build.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from xml.parsers import expat
from xml.sax.saxutils import escape, quoteattr

from casebook.core.svg import cascade
from casebook.core.svg.allowed import (
    ATTRIBUTES,
    DEFINITIONS,
    ELEMENTS,
    PROPERTIES,
    REFERENCE,
    clean_attribute,
    clean_property,
    font_parts,
)

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
MAX_CHARACTERS = 4_000_000
MAX_ELEMENTS = 20_000
MAX_DEPTH = 64
MAX_CSS = 1_000_000
"""Characters of style sheets and style attributes; the largest real drawing has a fiftieth."""
MAX_WORK = 8_000_000
"""Elements times rules; the largest real diagram needs a tenth of it."""


class SvgError(ValueError):
    """The SVG cannot be used; the message is one sentence for the author."""


@dataclass(frozen=True, slots=True)
class Element:
    """One element of the tree; text is a string among the children."""

    tag: str
    attributes: Mapping[str, str] = field(default_factory=lambda: MappingProxyType({}))
    children: tuple[Element | str, ...] = ()

    def walk(self) -> Iterator[Element]:
        """Yield this element and all below it, in document order."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def text(self) -> str:
        """Return all the text inside, as written."""
        return "".join(c if isinstance(c, str) else c.text() for c in self.children)

    def serialise(self) -> str:
        """Return the element as XML, without a namespace declaration of its own."""
        attributes = "".join(f" {n}={quoteattr(v)}" for n, v in self.attributes.items())
        if not self.children:
            return f"<{self.tag}{attributes}/>"
        content = "".join(escape(c) if isinstance(c, str) else c.serialise() for c in self.children)
        return f"<{self.tag}{attributes}>{content}</{self.tag}>"


@dataclass(frozen=True, slots=True)
class Picture:
    """A sanitised drawing: its tree, and its natural size in CSS pixels."""

    root: Element
    width: float
    height: float

    @property
    def view_box(self) -> str:
        """The part of the plane shown: left, top, width, height."""
        return self.root.attributes["viewBox"]

    def map(self, change: Callable[[str, str], str]) -> Picture:
        """Return the same drawing with every attribute ``name, value`` put through ``change``."""

        def visit(element: Element) -> Element:
            attributes = {n: change(n, v) for n, v in element.attributes.items()}
            children = tuple(c if isinstance(c, str) else visit(c) for c in element.children)
            return Element(element.tag, MappingProxyType(attributes), children)

        return replace(self, root=visit(self.root))

    def prefixed(self, prefix: str) -> Picture:
        """Return the same drawing with ``prefix-`` before every id and every reference to one."""

        def change(name: str, value: str) -> str:
            if name == "id":
                return f"{prefix}-{value}"
            if name == "href":
                return f"#{prefix}-{value[1:]}"
            return REFERENCE.sub(lambda match: f"url(#{prefix}-{match[1]})", value)

        return self.map(change)

    def serialise(self, attributes: Mapping[str, str], head: str = "") -> str:
        """Return the drawing as text.

        ``attributes`` go to the root, ``head`` (XML) before its content.
        """
        own = MappingProxyType({**attributes, **self.root.attributes})
        text = replace(self.root, attributes=own).serialise()
        return text.replace(">", f">{head}", 1) if self.root.children else text


def clean(
    text: str, sheet: str = "", prepare: Callable[[Element], Element] = lambda element: element
) -> Picture:
    """Sanitise an SVG document.

    ``sheet`` is CSS of our own that takes part in the cascade after the drawing's own style sheets;
    ``prepare`` may change the tree as it was read, before anything is taken out. Ids are renamed
    ``1``, ``2``, … and kept only where something refers to them. Raises ``SvgError``.
    """
    source = prepare(_parse(text))
    styles = [element.text() for element in source.walk() if element.tag == "style"]
    inline = (element.attributes.get("style", "") for element in source.walk())
    if sum(map(len, (*styles, *inline))) > MAX_CSS:
        raise SvgError(f"The drawing holds more than {MAX_CSS:,} characters of CSS.")
    rules = cascade.parse_sheet("\n".join([*styles, sheet]))
    if len(rules) * sum(1 for _ in source.walk()) > MAX_WORK:
        raise SvgError("The drawing's style sheet is too large for its number of elements.")
    cleaned = _clean_element(source, [], rules)
    if cleaned is None:
        raise SvgError("The drawing is hidden as a whole.")
    left, top, width, height = _view_box(source)
    root = _renumber(_prune(cleaned))
    shape = " ".join(_short(number) for number in (left, top, width, height))
    attributes = {**root.attributes, "viewBox": shape}
    return Picture(replace(root, attributes=MappingProxyType(attributes)), width, height)


def _parse(text: str) -> Element:
    if len(text) > MAX_CHARACTERS:
        raise SvgError(f"The drawing is longer than {MAX_CHARACTERS:,} characters.")
    reader = _Reader()
    parser = expat.ParserCreate("utf-8", " ")
    parser.buffer_text = True
    parser.StartElementHandler = reader.start
    parser.EndElementHandler = reader.end
    parser.CharacterDataHandler = reader.characters
    parser.StartDoctypeDeclHandler = reader.doctype
    parser.SkippedEntityHandler = reader.skipped
    try:
        parser.Parse(text.encode("utf-8"), True)
    except (expat.ExpatError, UnicodeEncodeError) as error:
        raise SvgError(f"The drawing is not well-formed XML: {error}.") from error
    if reader.root is None or reader.root.tag != "svg":
        raise SvgError("The drawing's outermost element is not an SVG <svg>.")
    return reader.root


@dataclass(slots=True)
class _Reader:
    """Builds the tree; elements and attributes of other vocabularies never enter it."""

    stack: list[tuple[str, dict[str, str], list[Element | str]]] = field(default_factory=list)
    root: Element | None = None
    count: int = 0

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self.count += 1
        if self.count > MAX_ELEMENTS:
            raise SvgError(f"The drawing has more than {MAX_ELEMENTS:,} elements.")
        if len(self.stack) >= MAX_DEPTH:
            raise SvgError(f"The drawing is nested more than {MAX_DEPTH} deep.")
        space, _, local = name.rpartition(" ")
        own: dict[str, str] = {}
        for key, value in attributes.items():
            outer, _, inner = key.rpartition(" ")
            if outer in ("", XLINK):
                own.setdefault(inner, value)
        tag = local if space == SVG else ""
        self.stack.append(("g" if tag == "a" else tag, own, []))

    def end(self, _name: str) -> None:
        tag, attributes, children = self.stack.pop()
        element = Element(tag, MappingProxyType(attributes), tuple(children))
        if self.stack:
            self.stack[-1][2].append(element)
        else:
            self.root = element

    def characters(self, data: str) -> None:
        self.stack[-1][2].append(data)

    def doctype(self, _name: str, _system: str | None, _public: str | None, inner: int) -> None:
        if inner:
            raise SvgError("The drawing declares a document type of its own.")

    def skipped(self, name: str, _parameter: bool) -> None:
        raise SvgError(f"The drawing uses the undeclared entity {name!r}.")


def _clean_element(
    element: Element, ancestors: list[frozenset[cascade.Trait]], rules: cascade.Sheet
) -> Element | None:
    if element.tag not in ELEMENTS:
        return None
    own = element.attributes
    path = [*ancestors, rules.traits(element.tag, own)]
    attributes: dict[str, str] = {}
    for name in ATTRIBUTES[element.tag]:
        if name in own and (value := clean_attribute(name, own[name])) is not None:
            attributes[name] = value
    given = {name: own[name] for name in own if name in PROPERTIES}
    for name, raw in {**given, **cascade.cascade(path, rules, own.get("style", ""))}.items():
        for part, written in font_parts(raw) if name == "font" else [(name, raw)]:
            if (value := clean_property(part, written)) is not None:
                attributes[part] = value
    if attributes.get("display") == "none":
        return None
    children: list[Element | str] = []
    for child in element.children:
        if isinstance(child, str):
            if element.tag in ("text", "tspan"):
                children.append(child)
        elif (cleaned := _clean_element(child, path, rules)) is not None:
            children.append(cleaned)
    return Element(element.tag, MappingProxyType(attributes), tuple(children))


def _references(element: Element) -> Iterator[str]:
    for name, value in element.attributes.items():
        if name == "href":
            yield value[1:]
        yield from REFERENCE.findall(value)


_ROUNDS = 4
"""How long a chain of definitions may be and still vanish whole."""


def _prune(root: Element) -> Element:
    """Leave out definitions nobody uses, ids nobody names, and groups that do nothing."""
    for _ in range(_ROUNDS):
        used = frozenset(name for element in root.walk() for name in _references(element))
        root = replace(root, children=_prune_children(root, used))
    return root


def _prune_children(element: Element, used: frozenset[str]) -> tuple[Element | str, ...]:
    kept: list[Element | str] = []
    for child in element.children:
        if isinstance(child, str):
            kept.append(child)
            continue
        attributes = {n: v for n, v in child.attributes.items() if n != "id" or v in used}
        if child.tag in DEFINITIONS and "id" not in attributes:
            continue
        children = _prune_children(child, used)
        if child.tag in ("g", "defs", "text", "tspan") and not children:
            continue
        if child.tag == "g" and not attributes:
            kept.extend(children)
        else:
            kept.append(Element(child.tag, MappingProxyType(attributes), children))
    return tuple(kept)


def _renumber(root: Element) -> Element:
    """Give ids short names in document order; of two alike the first is meant, as in a browser.

    What is referred to may not refer further: so no drawing multiplies itself or goes in circles.
    """
    names: dict[str, str] = {}
    for element in root.walk():
        if (name := element.attributes.get("id")) is not None:
            names.setdefault(name, str(len(names) + 1))
    seen: set[str] = set()

    def visit(element: Element, inside: bool) -> Element:
        attributes: dict[str, str] = {}
        inside = inside or "id" in element.attributes
        for name, value in element.attributes.items():
            known = REFERENCE.search(value)
            target = value[1:] if name == "href" else known[1] if known else None
            if name == "id":
                if value not in seen:
                    attributes[name] = names[value]
                seen.add(value)
            elif target is None:
                attributes[name] = value
            elif target in names and not inside:
                short = f"#{names[target]}"
                attributes[name] = short if name == "href" else f"url({short})"
        children = tuple(c if isinstance(c, str) else visit(c, inside) for c in element.children)
        return Element(element.tag, MappingProxyType(attributes), children)

    return visit(root, False)


_LENGTH = re.compile(r"\s*([0-9.]{1,12})(px|pt)?\s*\Z")


def _view_box(root: Element) -> tuple[float, float, float, float]:
    text = root.attributes.get("viewBox", "")
    try:
        numbers = [float(part) for part in text.replace(",", " ").split()]
        if not text:
            matches = [_LENGTH.match(root.attributes.get(n, "")) for n in ("width", "height")]
            sizes = [float(m[1]) * (4 / 3 if m[2] == "pt" else 1) for m in matches if m]
            numbers = [0.0, 0.0, *sizes]
    except ValueError:
        numbers = []
    if len(numbers) != 4 or not all(abs(n) < 1e5 for n in numbers) or min(numbers[2:]) <= 0:
        raise SvgError("The drawing has no usable viewBox, so its size is unknown.")
    return numbers[0], numbers[1], numbers[2], numbers[3]


def _short(number: float) -> str:
    return f"{number:.2f}".rstrip("0").rstrip(".").replace("-0", "0") if number else "0"
