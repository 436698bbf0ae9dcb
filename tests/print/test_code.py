"""Code in the PDF: each chunk with its head and its foot, on the page where they belong."""

from __future__ import annotations

import re

import printgate
import pytest
from casebook.core.literate.runs import stored_text
from editions import ROOT
from paper import PAGE, Edition, balanced, frame, made, plain, squeezed

WIDE = [f"WORDS_{i:02} = {'x' * 61!r}" for i in range(40)]
"""As many lines and columns as a chunk may have."""
TEXT = "A packet carries sixteen bits of sequence number, so they wrap every 21.8 minutes. " * 4
LINES = "\n".join(WIDE)
CHAPTER = f"""# One

{TEXT}

```{{chunk}} mini_book/idempotency_keys/a_module_with_a_long_name.py
:name: wide-lines
:caption: As much as a chunk `holds`. Its second sentence

{LINES}
```

Here [](#chunk-adder) adds.

```{{chunk}} mini_book/core.py
:name: adder
:caption: A caption of so many words that the file, which stands at the right, has no room there

def add(a: int, b: int) -> int:
    <<the-sum>>
```

{TEXT}

```{{chunk}}
:name: the-sum
:caption: The sum

return a + b
```

```{{session}}
>>> add(1, 2)
3
>>> add(1, None)
Traceback (most recent call last):
TypeError: unsupported
```

```{{package}} mini_book
```

```{{chunk-index}} Every chunk
```
"""
TESTS = {"chunk-adder": ["test_add", "test_that_a_sum_of_two_is_found_whatever_they_are", "test_c"]}


def on_paper(text: str) -> str:
    """The letters of the PDF without the pages that it adds to links."""
    return squeezed(re.sub(r"p\.\s*\d+", "", text))


def lost(edition: Edition) -> list[str]:
    """Heads and feet of chunks that the LaTeX has and the PDF has not."""
    words = on_paper(edition.raw)
    openings = ("\\sphinxSetupCaptionForVerbatim{", "\\casebookchunkfoot{")
    pieces = [plain(piece) for opening in openings for piece in balanced(edition.tex, opening)]
    return [piece for piece in pieces if squeezed(piece) not in words]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Edition:
    """A book with one chapter of code."""
    root = tmp_path_factory.mktemp("code")
    source = root / "source"
    frame(source)
    outputs = source / "elite" / "outputs"
    (outputs / "first.tests.json").write_text(stored_text(TESTS))
    (source / "index.md").write_text(PAGE)
    (source / "first.md").write_text(CHAPTER)
    return made(source, root / "latex")


def test_every_chunk_of_the_book_has_its_head_and_foot(edition: Edition) -> None:
    assert lost(edition) == []
    words = on_paper(edition.raw)
    for path in (ROOT / "source" / "elite").rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        for name, caption in re.findall(
            r"^```\{chunk\}.*\n:name: (.+)\n:caption: (.+)$", text, re.M
        ):
            assert squeezed(name.replace("-", "") + caption.replace("`", "")) in words


def test_every_chunk_of_a_small_book_has_its_head_and_foot(small: Edition) -> None:
    assert [str(fault) for fault in printgate.faults(small.log)] == []
    assert lost(small) == []
    assert small.tex.count("\\casebookchunkfoot{") == 3
    assert "mini_book/core.py · 3 tests" in small.text
    assert re.search(r"Session +>>> add\(1, 2\)", small.text)
    assert re.search(r"used in ‹adder›, p\. \d", small.text)


def test_a_chunk_of_forty_lines_keeps_its_columns_and_its_company(small: Edition) -> None:
    pages = small.text.split("\f")
    assert [line for line in WIDE if small.text.count(line) != 1] == []
    head = next(page for page in pages if re.search(r"Listing 1\.1 +‹wide lines›", page))
    begun = [line for line in WIDE if line in head]
    assert 6 <= len(begun) < len(WIDE), "some lines stay with the head, the others go on"
    assert "continues on the next page" in head
    foot = next(page for page in pages if "used in ‹adder›" in page)
    assert "return a + b" in foot
    assert re.search(r"Listing 1\.3 +‹the sum›", foot)


def test_the_list_of_listings_names_chunks_without_files(small: Edition) -> None:
    entries = small.text.split("Listings", 1)[1].split("\f", 1)[0]
    assert re.search(r"1\.1 +‹wide lines› As much as a chunk holds", entries)
    assert ".py" not in entries
