"""A drawing that says less shows the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType

import pytest
from casebook.core.svg.sanitiser import Element, clean
from casebook.core.svg.slimming import slim
from hypothesis import given
from hypothesis import strategies as st

OPEN = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 10 20" '
FIRST = {"fill": "black", "stroke": "none"}
VALUES = {"fill": ["none", "red"], "stroke": ["none", "red"], "stroke-width": ["1", "2"],
          "opacity": ["1", "0.5"], "marker-end": ["url(#a)"], "id": ["a"],
          "transform": ["rotate(-0 3 4)", "rotate(9)"]}  # fmt: skip
ATTRIBUTES = st.fixed_dictionaries({}, optional={n: st.sampled_from(v) for n, v in VALUES.items()})
LEAVES = st.builds(Element, st.sampled_from(["path", "use"]), ATTRIBUTES)
TREES = st.recursive(
    LEAVES, lambda few: st.builds(Element, st.just("g"), ATTRIBUTES, st.lists(few).map(tuple))
)


def drawn(element: Element, around: Mapping[str, str], moved: tuple[str, ...]) -> Iterator[object]:
    """Each leaf with all that holds for it: what it inherits, and what groups do as a whole."""
    own = dict(element.attributes)
    turn = own.pop("transform", "")
    whole = [f"{n} {own.pop(n)}" for n in ("opacity", "id") if element.tag == "g" and n in own]
    moved = (*moved, *([turn] if turn not in ("", "rotate(-0 3 4)") else []), *whole)
    now = {**around, **own}
    if element.tag != "g":
        seen = {now["fill"], now["stroke"]} != {"none"} or {"id", "marker-end"} & {*now}
        if seen or element.tag == "use":
            yield element.tag, now, moved
    for child in element.children:
        assert isinstance(child, Element)
        yield from drawn(child, now, moved)


@pytest.mark.slow
@given(TREES)
def test_what_is_drawn_stays(tree: Element) -> None:
    root = Element("svg", MappingProxyType({}), (tree,))
    lean = slim(root)
    assert list(drawn(lean, FIRST, ())) == list(drawn(root, FIRST, ()))
    assert slim(lean) == lean
    assert len(lean.serialise()) <= len(root.serialise())


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ('<g fill="red"><path d="M0,0" fill="red"/></g>', '<g fill="red"><path d="M0,0"/></g>'),
        ('<path fill="black"/>', '<path fill="black"/>'),
        ('<g opacity="0.5"><g opacity="0.5"><path/></g></g>',
         '<g opacity="0.5"><g opacity="0.5"><path/></g></g>'),
        ('<g fill="none"><path d="M0,0"/><path stroke="red"/></g>',
         '<g fill="none"><path stroke="red"/></g>'),
        ('<g fill="red"><g fill="red"><path/></g></g>', '<g fill="red"><path/></g>'),
        ('<g fill="red"><defs><path id="1" fill="red"/></defs><use href="#1"/></g>',
         '<g fill="red"><defs><path id="1" fill="red"/></defs><use href="#1"/></g>'),
        ('<text transform="rotate(-0 3.5 4)" fill="red">a<tspan fill="red">b</tspan></text>',
         '<text fill="red">a<tspan>b</tspan></text>'),
        ('<text transform="rotate(-90 3 4)"/><path transform="rotate(-90)"/>',
         '<path transform="rotate(-90)"/>'),
        ('<g marker-end="url(#1)"><path fill="none"/></g><marker id="1"><path/></marker>',
         '<g marker-end="url(#1)"><path fill="none"/></g><marker id="1"><path/></marker>'),
    ],
)  # fmt: skip
def test_what_goes(body: str, left: str) -> None:
    made = slim(clean(f"{OPEN}>{body}</svg>").root).serialise()
    assert made == f'<svg viewBox="0 0 10 20">{left}</svg>'
