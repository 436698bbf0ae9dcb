"""How chunks hang together for a reader."""

from __future__ import annotations

from casebook.core.literate.chunks import Chunk
from casebook.core.literate.weave import Ties, file_of, weave
from hypothesis import given

from .test_tangle import ROOTS, many
from .webs import Web, chunk, good, read, webs

PAGE = (
    chunk("inner", "x = 1")
    + chunk("top", "def f():\n    <<body>>\n    <<end>>", "a/b.py")
    + chunk("body", "<<inner>>\nif x:\n    pass")
    + chunk("other", "y = 1", "a/c.py")
    + chunk("body", "x = 2", option="append")
    + chunk("more", "z = 1", "a/b.py")
    + chunk("end", "return x")
    + chunk("top", "<<late>>", option="append")
    + chunk("late", "w = 1")
    + chunk("body", "x = 3", option="append")
    + chunk("last", "v = 1", "a/b.py")
)
CHUNKS = {c.anchor: c for c in good(PAGE).chunks}


def ties(anchor: str, chunks: dict[str, Chunk] = CHUNKS) -> dict[str, str]:
    """The ties that a chunk has, each chunk by its anchor."""
    found = weave(tuple(chunks.values()))[f"chunk-{anchor}"]
    said: dict[str, str] = {}
    for name in Ties.__slots__:
        if one := getattr(found, name):
            said[name] = one.anchor.removeprefix("chunk-")
    return said


def test_a_page_without_chunks() -> None:
    assert weave(()) == {}


def test_a_chunk_that_stands_alone() -> None:
    assert ties("other") == {}


def test_what_uses_a_chunk() -> None:
    assert ties("inner") == {"used_in": "body"}
    assert ties("end") == {"used_in": "top"}
    # What a later part uses, that part uses.
    assert ties("late") == {"used_in": "top--2"}
    assert ties("top--2") == {"continues": "top"}


def test_parts_of_a_chunk_continue_the_first() -> None:
    assert ties("body") == {"used_in": "top"}
    assert ties("body--2") == ties("body--3") == {"continues": "body"}


def test_chunks_of_a_file_continue_one_another() -> None:
    assert ties("top") == {}
    assert ties("more") == {"continues": "top"}
    assert ties("last") == {"continues": "more"}


def test_a_chunk_that_is_nowhere_or_used_twice_ties_nothing_twice() -> None:
    page = chunk("top", "<<gone>>\n<<body>>", "a/b.py") + chunk("end", "<<body>>", "a/b.py")
    chunks = {c.anchor: c for c in read(page + chunk("body", "x = 1"))[0].chunks}
    assert ties("top", chunks) == {}
    assert ties("end", chunks) == {"continues": "top"}
    assert ties("body", chunks) == {"used_in": "top"}


def test_the_file_in_which_a_chunk_ends_up() -> None:
    page = (
        chunk("top", "<<body>>", "a/b.js")
        + chunk("body", "<<inner>>")
        + chunk("inner", "x")
        + chunk("inner", "y", option="append")
        + chunk("lost", "z")
        + chunk("one", "<<two>>")
        + chunk("two", "<<one>>")
    )
    chunks = read(page)[0].chunks
    files = {one.anchor: file_of(one, chunks) for one in chunks}
    ends = dict.fromkeys(("chunk-top", "chunk-body", "chunk-inner", "chunk-inner--2"), "a/b.js")
    assert files == ends | dict.fromkeys(("chunk-lost", "chunk-one", "chunk-two"), "")


@given(webs(ROOTS.map(many)))
def test_every_tie_leads_to_what_it_says(web: Web) -> None:
    chunks = read(web.page)[0].chunks
    found = weave(chunks)
    assert list(found) == [c.anchor for c in chunks]
    for one in chunks:
        mine = found[one.anchor]
        if mine.used_in:
            assert one.name in [name for _, name in mine.used_in.references()]
        if mine.continues:
            assert mine.continues.file == one.file
            assert mine.continues.line < one.line
        assert bool(mine.continues) or one.part == 1
        assert bool(mine.used_in) == (one.part == 1 and not one.file)
