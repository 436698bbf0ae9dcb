"""Stored texts on the page: an exchange before and after, a packet, an object, in every edition."""

from __future__ import annotations

import html
import json
import pickle
import re
import zipfile
from pathlib import Path

import pytest
from casebook.core.text.reading_time import PageLength
from harness import Built, build, plain, write

EXCHANGE = """POST /v1/charges HTTP/1.1
Idempotency-Key: cart-17

amount=500

HTTP/1.1 200 OK
Idempotency-Key: cart-17

{"id": "ch_1", "amount": 500}"""
FIRST = EXCHANGE.split("\n")
RETRY = [*FIRST[:7], "Idempotent-Replayed: true", *FIRST[7:]]
PACKET = ["80 78 00 01  version 2, payload type 120", "de ad be ef  source"]
CHUNK = """```{{chunk}} mini/{0}.py
:name: {0}
:caption: Makes it.
:output: acme/{0}

def {0}() -> str:
    return ""
```

"""
PAGE = "# Page\n\n" + "".join(map(CHUNK.format, ("first", "retry", "packet"))) + """
```{output} acme/first acme/retry
:as: http
:mark: Idempotent-Replayed, "id": "ch_1"
:labels: First try | Retry
:caption: One charge, and *two* answers.
```

```{output} acme/packet
:as: packet
:name: sent
```

```{output} acme/packet
:as: packet
:lines: 2
```

```{output} acme/packet
:as: packet
```

[Before](#output-acme-first-retry) it is [sent](#sent).
"""  # fmt: skip
OTHER = "# Other\n\n[Again](#output-acme-packet-2), and [before](#output-acme-first-retry).\n"


def stored(lines: list[str]) -> str:
    return json.dumps({"text": lines})


FILES: dict[str, str | None] = {
    "index.md": "# Book\n\n```{toctree}\npage\nother\n```\n",
    "page.md": PAGE,
    "other.md": OTHER,
    "elite/outputs/acme/first.json": stored(FIRST),
    "elite/outputs/acme/retry.json": stored(RETRY),
    "elite/outputs/acme/packet.json": stored(PACKET),
}
PLAIN = 'casebook_design = False\nhtml_theme = "alabaster"\n'


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    root = tmp_path_factory.mktemp("texts")
    write(root, FILES)
    return {name: build(root, name) for name in ("html", "latex", "text", "epub")}


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    root = tmp_path_factory.mktemp("foreign")
    write(root, FILES, PLAIN)
    return {name: build(root, name) for name in ("html", "latex")}


def test_nothing_is_said(samples: dict[str, Built], foreign: dict[str, Built]) -> None:
    assert [built.warnings for built in (*samples.values(), *foreign.values())] == [[]] * 6


def shown(page: str) -> list[str]:
    """The HTML of each output of a page."""
    boxes = re.findall(r'<div class="[^"]*\bstored-output\b.*?output-foot.*?</p>', page, re.DOTALL)
    assert len(boxes) == 4
    return boxes


def marked(page: str) -> list[str]:
    found = re.findall(r'<mark class="hll">(.*)\n</mark>', page)
    return [html.unescape(re.sub(r"<[^>]+>", "", line)) for line in found]


def code(page: str) -> list[str]:
    """What the button copies."""
    found = re.findall(r"<pre>(.*?)</pre>", page, re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]+>", "", pre)) for pre in found]


MARKED = [
    '{"id": "ch_1", "amount": 500}',
    "Idempotent-Replayed: true",
    '{"id": "ch_1", "amount": 500}',
]


@pytest.mark.parametrize("edition", ["design", "foreign", "epub"])
def test_an_exchange_before_and_after(
    edition: str, samples: dict[str, Built], foreign: dict[str, Built]
) -> None:
    if edition == "epub":
        with zipfile.ZipFile(next(samples["epub"].out.glob("*.epub"))) as archive:
            page = archive.read("page.xhtml").decode()
    else:
        page = (foreign if edition == "foreign" else samples)["html"].text("page.html")
    pair = shown(page)[0]
    assert 'class="output-marked' in pair or " output-marked" in pair
    assert "output-pair" in pair
    assert marked(pair) == MARKED
    assert code(pair) == ["\n".join(FIRST) + "\n", "\n".join(RETRY) + "\n"]
    words = plain(pair)
    assert words.startswith("Exchange First try POST /v1/charges")
    assert " Retry POST " in words
    foot = plain(pair[pair.index("output-foot") - 12 :])
    assert foot == "One charge, and two answers. modelled by ‹first› and by ‹retry›"
    assert 'class="evidence evidence-modelled"' in pair
    assert re.search(r'href="(page\.xhtml)?#chunk-retry"', pair)


def test_what_is_not_marked_is_no_picture(samples: dict[str, Built]) -> None:
    page = samples["html"].text("page.html")
    _, sent, second, again = shown(page)
    assert "output-marked" not in sent
    assert "output-pair" not in sent
    assert "<mark" not in sent
    assert code(sent) == code(again) == ["\n".join(PACKET) + "\n"]
    assert code(second) == [PACKET[1] + "\n"]
    assert plain(second).endswith("modelled by ‹packet› , line 2")
    assert plain(sent).endswith("modelled by ‹packet›")


def test_a_marked_text_is_looked_at_and_another_is_read(samples: dict[str, Built]) -> None:
    path = samples["html"].out.parent / "doctrees-html" / "environment.pickle"
    records = pickle.loads(path.read_bytes()).domaindata["casebook"]["pages"]["page"]
    (length,) = (record for record in records if isinstance(record, PageLength))
    chunks, packets = 3 * 2, len(PACKET) + 1 + len(PACKET)
    assert (length.length.pictures, length.length.lines) == (1, chunks + packets)


def test_each_has_a_place(samples: dict[str, Built]) -> None:
    ids = re.findall(r'<div class="[^"]*stored-output[^"]*" id="([^"]*)"',
                     samples["html"].text("page.html"))  # fmt: skip
    assert ids == ["output-acme-first-retry", "sent", "output-acme-packet", "output-acme-packet-2"]
    assert 'href="page.html#output-acme-packet-2"' in samples["html"].text("other.html")


def test_colours_of_an_exchange_and_of_a_packet(samples: dict[str, Built]) -> None:
    page = samples["html"].text("page.html")
    assert '<span class="kr">HTTP</span>' in page
    assert '<span class="mi">500</span>' in page, "a body of JSON"
    assert '<span class="c">version 2, payload type 120</span>' in page
    assert 'class="err"' not in page


def test_on_paper(samples: dict[str, Built]) -> None:
    source = next(samples["latex"].out.glob("*.tex")).read_text(encoding="utf-8")
    for name in ("output-acme-first-retry", "sent", "output-acme-packet", "output-acme-packet-2"):
        assert rf"\label{{\detokenize{{page:{name}}}}}" in source
    assert source.count(r"\casebookoutput{") == 4
    assert r"\casebookoutput{10}" in source
    assert re.findall(r"hllines=\{, (.*?),\}", source) == ["9", "8, 10"]
    assert r"\begin{sphinxuseclass}{output-pair}" in source
    assert "> " not in source.partition(r"\begin{sphinxuseclass}{output-pair}")[2][:3000]


SIGNED = "  Idempotency-Key: cart-17\n> Idempotent-Replayed: true\n"


def test_where_there_are_only_letters_a_sign_stands_before_the_line(
    samples: dict[str, Built], foreign: dict[str, Built]
) -> None:
    words = samples["text"].text("page.txt")
    assert "   POST /v1/charges HTTP/1.1" in words
    assert SIGNED in words.replace("\n   ", "\n")
    assert '  > {"id": "ch_1", "amount": 500}\n' in words
    assert "   80 78 00 01  version 2" in words
    source = next(foreign["latex"].out.glob("*.tex")).read_text(encoding="utf-8")
    assert "hllines" not in source
    assert "casebookoutput" not in source
    assert r"\PYGZgt{} Idempotent\PYGZhy{}Replayed: true" in source
    assert r"\label{\detokenize{page:sent}}" in source


def test_a_page_is_written_again_when_its_text_has_changed(tmp_path: Path) -> None:
    write(tmp_path, FILES)
    build(tmp_path)
    write(tmp_path, {"elite/outputs/acme/packet.json": stored(["80 79  version 2"])})
    built = build(tmp_path)
    assert built.warnings == ["page.md:45: 'acme/packet' has no line 2, but 1 in all "
                              "[casebook.bad-output]",
                              "other.md:3: 'myst' cross-reference target not found: "
                              "'output-acme-packet-2' [myst.xref_missing]"]  # fmt: skip
    assert "80 79" in built.text("page.html")


THREE = """
```{output} acme/first acme/retry acme/first
:as: http
:lines: 1-2
:mark: Idempotency-Key
:labels: First try | Retry | Another server
```
"""


def test_three_stand_side_by_side(tmp_path: Path) -> None:
    short = ["POST /v1/charges", "Idempotency-Key: cart17"]
    files = {f"elite/outputs/acme/{name}.json": stored(short) for name in ("first", "retry")}
    page = "# Page\n\n" + "".join(map(CHUNK.format, ("first", "retry"))) + THREE
    write(tmp_path, {"index.md": page, **files})
    built = {name: build(tmp_path, name) for name in ("html", "latex", "text")}
    assert [each.warnings for each in built.values()] == [[]] * 3
    source = built["html"].text("index.html")
    (box,) = re.findall(
        r'<div class="[^"]*\bstored-output\b.*?output-foot.*?</p>', source, re.DOTALL
    )
    assert "output-three" in box
    assert "output-pair" not in box
    assert code(box) == ["\n".join(short) + "\n"] * 3
    assert re.findall(r'output-label docutils container">\s*<p>(.*?)</p>', box) == [
        "First try", "Retry", "Another server",
    ]  # fmt: skip
    foot = plain(box[box.index("output-foot") - 12 :])
    assert foot == "modelled by ‹first› , by ‹retry› and by ‹first› , lines 1–2"
    paper = next(built["latex"].out.glob("*.tex")).read_text(encoding="utf-8")
    panels = paper.partition(r"\begin{sphinxuseclass}{output-three}")[2]
    assert panels.count(r"\begin{sphinxuseclass}{output-panel}") == 3
    words = built["text"].text("index.txt")
    assert re.findall("First try|Retry|Another server", words) == [
        "First try", "Retry", "Another server",
    ]  # fmt: skip
    assert words.count("> Idempotency-Key: cart17") == 3
