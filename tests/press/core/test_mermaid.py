"""Diagrams: every kind in the palette, refusals with reasons, and nothing active in any case."""

from __future__ import annotations

import builtins
import io
import re
import shutil
import sys
import types
from pathlib import Path
from xml.etree import ElementTree

import mmdr
import pypdf
import pytest
import typst
from casebook.core import palette
from casebook.core.figures import drawing as drawing_of
from casebook.core.figures import mermaid, mermaid_style
from casebook.core.figures.mermaid_labels import left_align, with_plates
from casebook.core.svg import sanitiser
from casebook.core.svg.allowed import ELEMENTS
from casebook.core.svg.sanitiser import Element
from hypothesis import given, settings
from hypothesis import strategies as st

FONTS = Path(__file__).parents[3] / "_ext/casebook/fonts"
COLOURS = ("fill", "stroke", "color", "stop-color")
ALLOWED = re.compile(r"var\(--cb-[a-z0-9-]+\)|none|transparent")

SOURCES = {
    "flowchart": """flowchart LR
  subgraph edge [Edge]
    A[Client] -->|POST| B{Key seen?}
  end
  B -->|yes| C[(Store)]
  B -. no .-> D[Start]:::key
  D ==> E([Card]) --> F{{Retry}} --> G[/Answer<br>more/]
  F --o H((x)) --x I>flag]
""",
    "graph": "graph TD\n  %% a comment\n  A --> B\n  class A key\n  style B stroke-width:3px\n",
    "sequence": """sequenceDiagram
  autonumber
  participant C as Client
  actor U as User
  C->>+U: pay
  Note over C,U: one<br>two
  alt new
    U-->>C: ok
  else known
    U-xC: no
  end
  loop every 5 s
    U-)C: ping
  end
  rect
    U->>U: self
  end
  U-->>-C: done
""",
    "state": """stateDiagram-v2
  [*] --> A
  A --> B: go
  state B {
    [*] --> P
    P --> [*]
  }
  state f <<fork>>
  B --> f
  f --> Q
  state c <<choice>>
  Q --> c
  note right of A
    a note
  end note
  class A key
""",
    "class": """classDiagram
  class Ledger {
    +int balance
    -List~Entry~ entries
    +post(entry) bool
    +close()*
  }
  class Entry:::key
  Ledger "1" *-- "many" Entry : holds
  Ledger <|-- Book
  Book ..> Page
  namespace Store {
    class Shelf
  }
  note for Ledger "never edited"
""",
    "er": """erDiagram
  CUSTOMER ||--o{ ORDER : places
  ORDER ||--|{ ITEM : contains
  CUSTOMER }|..|{ ADDRESS : uses
  CUSTOMER {
    string name PK
    string number FK "the number"
  }
""",
    "gantt": """gantt
  title Move
  dateFormat YYYY-MM-DD
  axisFormat %b %Y
  section Prepare
    Double write :done, a1, 2023-01-01, 60d
    Backfill     :active, a2, after a1, 60d
  section Cut over
    Read new     :crit, a3, after a2, 40d
    Both         :crit, done, 2023-02-01, 30d
    Third        :crit, active, 2023-03-01, 30d
    All          :milestone, m1, 2023-06-20, 0d
""",
    "timeline": """timeline
  title Payments
  section Early
    2011 : First : beta
  section Later
    2016 : Radar
""",
    "timeline down": "timeline TD\n  2011 : First\n  2013 : Second\n",
}


def elements(text: str) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(text).iter())


def check_safe(text: str) -> None:
    for element in elements(text):
        assert element.tag.rpartition("}")[2] in ELEMENTS | {"title", "desc"}
        for name, value in element.attrib.items():
            assert not name.lower().startswith("on")
            assert name != "style"
            if name.endswith("href"):
                assert value.startswith("#")
            if "url(" in value:
                assert re.fullmatch(r"url\(#[\w.-]+\)", value)


@pytest.mark.parametrize("name", SOURCES)
def test_every_kind_is_in_the_palette(name: str) -> None:
    drawing = mermaid.draw(SOURCES[name])
    text = drawing.inline("fig-a", "A & B", "<long>")
    check_safe(text)
    root, *rest = elements(text)
    assert root.get("role") == "img"
    assert root.get("aria-labelledby") == "fig-a-title fig-a-desc"
    assert root.get("aria-roledescription")
    assert root.get("width") is None
    assert root.get("viewBox") == drawing.picture.view_box
    assert [element.text for element in rest[:2]] == ["A & B", "<long>"]
    assert ALLOWED.fullmatch(root.get("fill", ""))
    assert root.get("font-size") == "14"
    for element in rest:
        assert element.get("class") is None
        assert element.get("font-size") is None
        for colour in COLOURS:
            assert ALLOWED.fullmatch(element.get(colour, "none"))
        if name_ := element.get("id"):
            assert name_.startswith("fig-a-")
    names = {variable[9:-1] for variable in re.findall(r"var\([^)]*\)", text)}
    assert names <= {*palette.TOKENS, *palette.ALIASES}
    ids = re.findall(r'\bid="([^"]+)"', text)
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", SOURCES)
def test_standalone_has_the_colours_of_print(name: str) -> None:
    drawing = mermaid.draw(SOURCES[name])
    text = drawing.standalone("t", "d")
    check_safe(text)
    assert "var(" not in text
    assert "paint-order" not in text
    root = elements(text)[0]
    assert root.get("width") == f"{drawing.width:g}"
    assert root.get("height") == f"{drawing.height:g}"
    assert root.get("font-family") == "'IBM Plex Sans', sans-serif"
    printed = {palette.value(token, "print") for token in (*palette.TOKENS, *palette.ALIASES)}
    assert set(re.findall(r"#[0-9a-f]{6}", text)) <= printed


def test_drawing_twice_gives_the_same() -> None:
    assert mermaid.draw(SOURCES["flowchart"]) == mermaid.draw(SOURCES["flowchart"])


MAP = """flowchart LR
  A[Public] --> B[Read]:::inferred
  B e1@--> C([Nothing]):::unknown
  C e2@-.-> D[Else]
  subgraph S [Group]
    E --> F
  end
  class e1,S inferred; class e2 unknown
"""


def dashed(source: str) -> dict[str, int]:
    """How many parts of a drawing have lines of each pattern."""
    text = mermaid.draw(source).inline("x", "t", "a")
    found = re.findall(r'stroke-dasharray="([^"]+)"', text)
    return {dashes: found.count(dashes) for dashes in ("6 3", "1.5 3")}


def test_what_no_source_says_is_dashed_or_dotted() -> None:
    assert dashed(MAP) == {"6 3": 3, "1.5 3": 2}  # a node, an edge and a group; a node and an edge
    plain = MAP.replace("class e1,S inferred; class e2 unknown", "").replace("-.->", "-->")
    assert dashed(plain) == {"6 3": 1, "1.5 3": 1}
    # The words of what is unknown are paler.
    assert mermaid.draw(plain).inline("x", "t", "a").count('fill="var(--cb-ink-2)"') == 1
    assert dashed("stateDiagram-v2\n  a --> b\n  class a inferred\n") == {"6 3": 1, "1.5 3": 0}


def test_an_outline_of_pieces_is_drawn_once() -> None:
    text = mermaid.draw("flowchart LR\n  C([Words]):::unknown\n").inline("x", "t", "a")
    [path] = re.findall(r"<path[^>]*stroke-dasharray[^>]*>", text)
    assert len(re.findall("[Mm]", re.findall(r' d="([^"]*)"', path)[0])) == 1
    assert 'stroke="var(--cb-dia-edge)"' in path


@pytest.mark.parametrize("name", ["flowchart", "graph", "state", "class"])
def test_the_key_node_is_marked(name: str) -> None:
    text = mermaid.draw(SOURCES[name]).inline("a", "", "")
    assert 'fill="var(--cb-dia-key)"' in text
    assert 'stroke="var(--cb-dia-key-edge)"' in text


def test_a_gantt_does_not_know_what_day_it_is() -> None:
    text = mermaid.draw(SOURCES["gantt"]).inline("a", "", "")
    assert text.count('stroke="var(--cb-dia-note-edge)"') == 3


def test_a_milestone_stands_on_end() -> None:
    text = mermaid.draw(SOURCES["gantt"]).inline("a", "", "")
    assert text.count('transform="rotate(45 ') == 1


def test_a_gantt_fits_the_measure() -> None:
    assert mermaid.draw(SOURCES["gantt"]).width == 780


def test_words_over_lines_have_a_ground() -> None:
    text = mermaid.draw("sequenceDiagram\n  A->>B: hello\n").inline("a", "", "")
    label = next(element for element in elements(text) if element.text == "hello")
    assert label.get("stroke") == "var(--cb-paper)"
    assert label.get("paint-order") == "stroke"


def test_lists_are_aligned_at_the_left() -> None:
    members = ["+int balance", "-List<Entry> entries"]
    for name, words in (("class", members), ("er", ["name", "number"])):
        text = mermaid.draw(SOURCES[name]).inline("a", "", "")
        lines = [element for element in elements(text) if element.text in words]
        assert len(lines) == 2
        assert {line.get("text-anchor") for line in lines} == {"start"}
        assert len({line.get("x") for line in lines}) == 1


def test_a_line_without_a_place_is_left_alone() -> None:
    text = Element("text", {"data-merman-source-classes": "members-group", "x": "a", "y": "1"})
    root = Element("svg", {}, (text, Element("g", {"class": "members-group"}, ("x",))))
    assert left_align(root) == root


def test_plates_stand_behind_their_words() -> None:
    halo = {"paint-order": "stroke", "stroke": "#fff", "stroke-width": "6", "x": "10", "y": "20"}
    lines = (Element("tspan", {"dy": "1em"}, ("ab",)), Element("tspan", {"dy": "3"}, ("c",)))
    words = Element("text", {**halo, "transform": "rotate(90)"}, lines)
    root = Element("svg", {}, (words, "x", Element("text")))
    first, second, text, stray, plain = with_plates(root).children
    assert isinstance(first, Element)
    assert isinstance(second, Element)
    assert isinstance(text, Element)
    assert (first.tag, second.tag, stray, plain) == ("rect", "rect", "x", Element("text"))
    assert first.attributes["fill"] == "#fff"
    assert first.attributes["x"] == "7.00"
    assert float(second.attributes["y"]) - float(first.attributes["y"]) == 3
    assert first.attributes["transform"] == "rotate(90)"
    assert set(text.attributes) == {"x", "y", "transform"}


@pytest.mark.parametrize(
    ("anchor", "start", "end"),
    [("start", 98, 115.8), ("middle", 91.1, 108.9), ("end", 84.2, 102)],
)
def test_a_plate_is_on_the_side_of_its_words(anchor: str, start: float, end: float) -> None:
    """Two letters and a margin of 2 px; a plate on the other side would hide what is there."""
    halo = {"paint-order": "stroke", "stroke": "#fff", "stroke-width": "4", "x": "100", "y": "20"}
    words = Element("text", {**halo, "text-anchor": anchor}, ("ab",))
    plate, _ = with_plates(Element("svg", {}, (words,))).children
    assert isinstance(plate, Element)
    left, width = (float(plate.attributes[name]) for name in ("x", "width"))
    assert (left, left + width) == pytest.approx((start, end))


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("%%{init: {}}%%\nflowchart LR\nA", [(1, "%%{init: {}}%%")]),
        ("\n---\nconfig: x\n---\nflowchart LR\nA", [(2, "---")]),
        ('flowchart LR\nA --> B\nclick A "javascript:x"', [(3, 'click A "javascript:x"')]),
        ("flowchart LR\nA; style A fill:#f00", [(2, "style A fill:#f00")]),
        ("flowchart LR\nclassDef x color: red", [(2, "classDef x color: red")]),
        ("flowchart LR\nA-->B\nlinkStyle 0 stroke:red", [(3, "linkStyle 0 stroke:red")]),
        ("flowchart LR\nA:::red --> B:::key", [(2, ":::red")]),
        ("flowchart LR\nA:::inferred a@--> B:::unknown\nclass a inferred; class A,a unknown", []),
        ("flowchart LR\nA:::infered\nclass A unkown", [(2, ":::infered"), (3, "class A unkown")]),
        ("flowchart LR\nA\nclass A,B red", [(3, "class A,B red")]),
        ("flowchart LR\nA@{ shape: x, img: 'http://x' }", [(2, "@{ shape: x, img:")]),
        ("stateDiagram-v2\nA\nclass A red", [(3, "class A red")]),
        ('classDiagram\nclass A\nlink A "http://x"', [(3, 'link A "http://x"')]),
        ('gantt\nclick a href "x"', [(2, 'click a href "x"')]),
        ("sequenceDiagram\nlink A: x @ http://x", [(2, "link A: x @ http://x")]),
        ("sequenceDiagram\nrect rgb(1,2,3)", [(2, "rect rgb(1,2,3)")]),
        ("flowchart LR\n%% style A fill:red\nA:::key\nclass A key\nstyle A stroke-width:2px", []),
        ("gantt\nsection a\nclick tracking :a, 2020-01-01, 3d", []),
        ("sequenceDiagram\nlink->>A: style x", []),
        ("pie\nstyle", []),
        ("", []),
    ],
)
def test_what_a_source_may_not_decide(source: str, found: list[tuple[int, str]]) -> None:
    assert mermaid.author_colours(source) == found
    if found:
        with pytest.raises(mermaid.DiagramError, match=f"Line {found[0][0]} "):
            mermaid.draw(source)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("", "begins with ''"),
        ("%% only a comment\n", "begins with ''"),
        ("pie\n 'a': 1", "begins with 'pie'.*flowchart"),
        ("<script>", "begins with '<script>'"),
        ("flowchart LR\nA[x", "mistake: .*Unterminated"),
        ("flowchart LR\nA e1@--> B\nclass e1,A,e2 inferred", "no node, .* of the name 'e2'"),
        ("stateDiagram-v2\na --> b\nclass a inferred\nclass c unknown", "no node, .* 'c'"),
        ("flowchart LR\nA[\ud800]", "mistake"),
        ("flowchart LR\n" + "A" * 20_000, "longer than"),
    ],
)
def test_refusals_say_why(source: str, message: str) -> None:
    with pytest.raises(mermaid.DiagramError, match=message):
        mermaid.draw(source)


class Fake:
    """Stands for mmdr with an answer or an error of our choice."""

    def __init__(self, answer: str | BaseException) -> None:
        self.answer = answer

    def render(self, _source: str, backend: str) -> Fake:
        assert backend == "merman"
        return self

    def svg(self) -> str:
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


class PanicException(BaseException):
    """As the extension names it."""


@pytest.mark.parametrize(
    ("answer", "message"),
    [
        ("<svg/>", "cannot be used: The drawing's outermost"),
        (
            f'<svg xmlns="{sanitiser.SVG}" viewBox="0 0 1 1"><path fill="#abc"/></svg>',
            "palette's: #abc",
        ),
        (
            f'<svg xmlns="{sanitiser.SVG}" viewBox="0 0 1 1"><path fill="#f1a0ff"/></svg>',
            "palette's",
        ),
        (PanicException(), "mistake: PanicException"),
    ],
)
def test_what_merman_gets_wrong_is_caught(
    monkeypatch: pytest.MonkeyPatch, answer: str | BaseException, message: str
) -> None:
    monkeypatch.setitem(sys.modules, "mmdr", Fake(answer))
    with pytest.raises(mermaid.DiagramError, match=message):
        mermaid.draw("graph TD")


def test_an_interruption_is_not_a_mistake(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "mmdr", Fake(KeyboardInterrupt()))
    with pytest.raises(KeyboardInterrupt):
        mermaid.draw("graph TD")


def test_colours_come_back_in_several_forms() -> None:
    assert mermaid_style.token("#F1A010") == "dia-node"
    assert mermaid_style.token("rgb(241, 160, 16)") == "dia-node"
    assert mermaid_style.token("rgba(241,160,17,0.5)") == "dia-edge"
    assert mermaid_style.token("rgba(185, 185, 185, 1)") == "dia-hair"
    assert mermaid_style.token("#f1a000") is None


def test_missing_packages_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    drawing = mermaid.draw("graph TD\nA")
    real = builtins.__import__

    def refuse(name: str, *args: object) -> types.ModuleType:
        if name in ("mmdr", "typst"):
            raise ImportError(name)
        return real(name, *args)  # type: ignore[arg-type]

    monkeypatch.setattr(builtins, "__import__", refuse)
    with pytest.raises(drawing_of.RendererMissing, match="mmdr"):
        mermaid.draw("graph TD\nA")
    with pytest.raises(drawing_of.RendererMissing, match="typst"):
        drawing_of.to_pdf(drawing, FONTS)


def test_pdf_is_vector_text_in_the_books_font_and_the_same_each_time() -> None:
    drawing = mermaid.draw(SOURCES["sequence"])
    data = drawing_of.to_pdf(drawing, FONTS)
    assert data == drawing_of.to_pdf(drawing, FONTS)
    (page,) = pypdf.PdfReader(io.BytesIO(data)).pages
    assert float(page.mediabox.width) == pytest.approx(drawing.width * 0.75, abs=0.01)
    assert float(page.mediabox.height) == pytest.approx(drawing.height * 0.75, abs=0.5)
    assert "Client" in page.extract_text()
    assert b"CasebookSans" in data.replace(b" ", b"")
    assert not page.images


def test_without_the_books_font_plex_is_asked_for(tmp_path: Path) -> None:
    shutil.copy(FONTS / "casebook-mono-400.ttf", tmp_path)
    assert drawing_of.to_pdf(mermaid.draw("graph TD\nA"), tmp_path).startswith(b"%PDF")


def test_a_refusal_of_typst_is_a_drawing_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> bytes:
        raise typst.TypstError("no", "no")

    monkeypatch.setattr(typst, "compile", fail)
    with pytest.raises(drawing_of.DrawingError, match="set in print"):
        drawing_of.to_pdf(mermaid.draw("graph TD\nA"), FONTS)


ATTACKS = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<a href='javascript:alert(1)'>x</a>",
    "<svg onload=alert(1)>",
    "&lt;script&gt;alert(1)&lt;/script&gt;",
    "#lt;script#gt;",
    "]]><script>x</script>",
    "</text><script>x</script>",
    "</style><script>x</script>",
    "<b style='background:url(http://x)'>b</b>",
    '" onclick="alert(1)',
    "' style='fill:url(javascript:x)",
    "<!ENTITY x SYSTEM 'file:///etc/passwd'>&x;",
    "<foreignObject><iframe src=x></foreignObject>",
    "[x](javascript:alert(1))",
    "$$\\href{javascript:x}{y}$$",
]
FRAMES = [
    'flowchart LR\nA["{}"] -->|"{}"| B',
    "flowchart LR\nsubgraph s [{}]\nA\nend",
    "sequenceDiagram\nparticipant A as {}\nA->>B: {}\nNote over A: {}",
    'stateDiagram-v2\n[*] --> A: {}\nstate "{}" as B',
    'classDiagram\nclass A {{\n{}\n}}\nnote for A "{}"',
    'erDiagram\nA ||--o{{ B : "{}"',
    "gantt\ntitle {}\nsection {}\n{} :a, 2020-01-01, 3d",
    "timeline\ntitle {}\n2020 : {}",
    "flowchart LR\n{}",
    "{}",
]


def check_harmless(source: str) -> None:
    try:
        drawing = mermaid.draw(source)
    except mermaid.DiagramError:
        return
    check_safe(drawing.inline("a", source, source))
    check_safe(drawing.standalone(source, source))


@pytest.mark.parametrize("frame", FRAMES)
@pytest.mark.parametrize("attack", ATTACKS)
def test_attacks_come_to_nothing(frame: str, attack: str) -> None:
    check_harmless(frame.replace("{}", attack).replace("{{", "{").replace("}}", "}"))


PARTS = st.sampled_from(
    [*ATTACKS, "A", "-->", "[", "]", "\n", "click A ", 'href "javascript:x"', "style", ":::", "%%"]
)


@settings(deadline=None, max_examples=150)
@pytest.mark.slow
@given(
    st.sampled_from(FRAMES),
    st.one_of(st.lists(PARTS, max_size=6).map(" ".join), st.text(st.characters(codec="utf-8"))),
)
def test_no_text_brings_anything_active(frame: str, text: str) -> None:
    printable = "".join(c for c in text if c in "\n\t" or c.isprintable())
    check_harmless(frame.replace("{}", printable))


def test_the_renderer_is_the_one_that_was_measured() -> None:
    assert "merman" in mmdr.backends()
