"""Diagrams on the page: one source, and for each edition what it can show."""

from __future__ import annotations

import builtins
import re
import zipfile
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from harness import build, write

DIAGRAM = """# Page

```{mermaid}
:name: fig-path
:caption: The key is looked up *first*.
:alt: A request goes to a look-up.

flowchart LR
  R[Request] --> K[Look up]:::key
```

{numref}`fig-path` shows it.
"""


def test_web_page_holds_the_drawing_and_no_script(tmp_path: Path) -> None:
    write(tmp_path, {"index.md": DIAGRAM})
    built = build(tmp_path)
    page = built.text("index.html")
    assert built.warnings == []
    drawing = re.search(r'<div class="drawing w-\d+".*?</svg></div>', page, re.S)
    assert drawing
    assert ">Look up<" in re.sub(r"</?tspan[^>]*>", "", drawing[0])
    assert 'role="img"' in drawing[0]
    assert "<style" not in drawing[0]
    assert " style=" not in drawing[0]
    assert "A request goes to a look-up." in drawing[0]
    assert '<span class="caption-number">Fig. 1 </span>' in page
    assert ">Fig. 1</span>" in page.split("</figure>")[1]
    assert "mermaid" not in page.replace("mermaid_", "")


def test_electronic_book_holds_a_file(tmp_path: Path) -> None:
    write(tmp_path, {"index.md": DIAGRAM})
    built = build(tmp_path, "epub")
    assert built.warnings == []
    with zipfile.ZipFile(next(built.out.glob("*.epub"))) as archive:
        drawings = [name for name in archive.namelist() if "_images" in name]
        assert len(drawings) == 1
        root = ElementTree.fromstring(archive.read(drawings[0]))
        assert root.tag == "{http://www.w3.org/2000/svg}svg"
        assert b"var(" not in archive.read(drawings[0])
        assert 'alt="A request goes to a look-up."' in archive.read("index.xhtml").decode()


def test_print_holds_a_vector_drawing(tmp_path: Path) -> None:
    write(tmp_path, {"index.md": DIAGRAM})
    built = build(tmp_path, "latex")
    assert built.warnings == []
    drawings = list(built.out.glob("*.pdf"))
    assert len(drawings) == 1
    assert drawings[0].read_bytes().startswith(b"%PDF")
    assert drawings[0].stem in built.text(next(p.name for p in built.out.glob("*.tex")))


def test_text_holds_the_words(tmp_path: Path) -> None:
    write(tmp_path, {"index.md": DIAGRAM})
    assert "A request goes to a look-up." in build(tmp_path, "text").text("index.txt")


def test_an_error_leaves_the_source_as_a_listing(tmp_path: Path) -> None:
    write(tmp_path, {"index.md": DIAGRAM.replace("K[Look up]:::key", "K[Look up")})
    built = build(tmp_path)
    assert len(built.warnings) == 1
    assert built.warnings[0].startswith("index.md:3: The diagram has a mistake:")
    assert "R[Request] --&gt; K[Look up" in built.text("index.html")


def test_without_the_renderer_the_source_is_shown_and_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = builtins.__import__

    def without_mmdr(name: str, *args: Any) -> Any:
        if name == "mmdr":
            raise ImportError(name)
        return real(name, *args)

    monkeypatch.setattr(builtins, "__import__", without_mmdr)
    write(tmp_path, {"index.md": DIAGRAM})
    built = build(tmp_path)
    assert built.warnings == [
        "index.md:3: The package 'mmdr', which draws diagrams, is missing. "
        "The page shows the source instead. [casebook.no-renderer]"
    ]
    assert "R[Request] --&gt; K[Look up]:::key" in built.text("index.html")


def test_a_diagram_that_is_too_wide_is_reported(tmp_path: Path) -> None:
    chain = " --> ".join(f"N{i}[A box with several words]" for i in range(9))
    write(tmp_path, {"index.md": DIAGRAM.replace("R[Request] --> K[Look up]:::key", chain)})
    warnings = build(tmp_path).warnings
    assert len(warnings) == 1
    assert re.match(
        r"index\.md:3: the diagram is \d+ px wide, and 780 px is the limit", warnings[0]
    )


@pytest.mark.parametrize(
    "attack",
    [
        'A["<script>alert(1)</script>"] --> B',
        'A["<img src=x onerror=alert(1)>"] --> B',
        "A[\"<a href='javascript:alert(1)'>x</a>\"] --> B",
        'A --> B\n  click A "javascript:alert(1)"',
        "A --> B\n  click A call alert()",
        'A["&lt;script&gt;"] --> B["]]><script>alert(1)</script>"]',
        "A[<iframe src=https://example.org>] --> B",
        "A --> B\n  style A fill:url(https://example.org)",
    ],
)
def test_mermaid_text_brings_nothing_live_into_the_page(attack: str, tmp_path: Path) -> None:
    source = DIAGRAM.replace("R[Request] --> K[Look up]:::key", attack)
    write(tmp_path, {"index.md": source})
    page = build(tmp_path).text("index.html")
    figure = page[page.index("<figure") : page.index("</figure>")].lower()
    for tag in ("<script", "<iframe", "<img", "<foreignobject", "<a href", "<a xlink"):
        assert tag not in figure
    live = re.findall(r"<[^>]*(?:\son\w+=|javascript:|url\(\s*['\"]?http)[^>]*>", figure)
    assert live == []
