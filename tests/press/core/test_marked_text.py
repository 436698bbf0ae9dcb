"""Authors' text: words, with marks for what the whole book decides."""

from __future__ import annotations

from casebook.core.text.marked_text import Text, mark
from hypothesis import given
from hypothesis import strategies as st

plain = st.text(st.characters(exclude_categories=["Co", "Cs"]))
kinds = st.sampled_from(["metric", "pattern", "cite", "label", "target"])
names = st.text(st.characters(exclude_categories=["Co", "Cs"]), min_size=1)


@given(st.lists(st.tuples(plain, kinds, names)), plain)
def test_each_mark_is_named_and_all_else_stays(parts: list[tuple[str, str, str]], end: str) -> None:
    marked = "".join(words + mark(kind, name) for words, kind, name in parts) + end
    assert Text(marked).marks == [(kind, name) for _, kind, name in parts]
    read = Text(marked).words(lambda kind, name: f"<{kind} {name}>")
    assert read == "".join(f"{words}<{kind} {name}>" for words, kind, name in parts) + end


def test_a_text_without_its_citations() -> None:
    text = Text(f"Five {mark('cite', 'a,b')}, {mark('metric', 'x')} {mark('label', 'c')}.", 7)
    assert text.uncited == Text(f"Five, {mark('metric', 'x')}.")
    assert text.uncited.line == 7


def test_a_line_is_no_part_of_a_text() -> None:
    assert Text("a", 1) == Text("a", 2)
    assert repr(Text("a", 1)) == repr(Text("a", 2))
    assert (bool(Text("")), bool(Text("a"))) == (False, True)
