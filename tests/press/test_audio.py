"""Sounds in every edition: players on the web, a drawing where nothing can be heard."""

from __future__ import annotations

import html
import json
import pickle
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
from casebook.core.text.reading_time import PageLength
from harness import Built, build, plain, write
from waves import stored, wav

SENT, LOST = wav([800, -800] * 4_000), wav([800, -800] * 1_000 + [0] * 6_000)
NAME = '50 % lost, <b>"concealed"</b> & it\'s late'
SOUNDS = {"sent": SENT, "lost": LOST, NAME: wav([9, -9])}
PAGE = """# Page

```{chunk} mini/a.py
:name: made
:caption: Makes it.
:output: acme/heard

def heard() -> dict[str, object]:
    return {}
```

```{audio} acme/heard
:values: MOS (of 5)
:caption: What [it](#chunk-made) sounds like. In three ways.
As sent it *hums*.

- Then it stops, says {metric}`jobs`.
```

```{audio} acme/heard
:clips: lost, sent
:caption: Two of them.
:name: two

Less of it.
```

As [](#two) says.

```{metrics-table} What it takes
- {id: jobs, label: Jobs, what: all, kind: modelled, output: acme/heard#jobs, unit: request}
```
"""
OTHER = """# Other

```{excerpt} /page#audio-acme-heard
:name: again
```
"""


def held(sounds: dict[str, bytes]) -> str:
    data = json.loads(stored(sounds, {"MOS": [4.4, 1.5, 2]}))
    return json.dumps({**data, "values": {"jobs": 7}})


BOOK: dict[str, str | None] = {
    "index.md": "# Book\n\n```{toctree}\npage\nsub/other\nplain\n```\n\n```{inventory} All\n```\n",
    "page.md": PAGE,
    "sub/other.md": OTHER,
    "plain.md": "# Plain\n\nNothing is heard.\n",
    "elite/outputs/acme/heard.json": held(SOUNDS),
}
PLAIN = 'casebook_design = False\nhtml_theme = "alabaster"\n'
BUILDERS = ("html", "dirhtml", "singlehtml", "latex", "text", "epub")


@pytest.fixture(scope="module")
def editions(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    root = tmp_path_factory.mktemp("sounds")
    write(root, BOOK)
    return {name: build(root, name) for name in BUILDERS}


@pytest.fixture(scope="module")
def foreign(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    root = tmp_path_factory.mktemp("foreign")
    write(root, BOOK, PLAIN)
    return {name: build(root, name) for name in ("html", "latex")}


def test_no_edition_complains(editions: dict[str, Built], foreign: dict[str, Built]) -> None:
    assert [built.warnings for built in (*editions.values(), *foreign.values())] == [[]] * 8


def players(page: str) -> list[tuple[str, str]]:
    """The accessible name and the file of each player."""
    found = re.findall(r"<audio (.*?)></audio>", page)
    for each in found:
        assert each.startswith('controls preload="none" '), "nothing is loaded, nothing plays"
    named = (re.search(r'aria-label="(.*?)" src="(.*?)"', each) for each in found)
    return [(html.unescape(one[1]), one[2]) for one in named if one]


SITES = [
    ("html", "page.html", "sub/other.html"),
    ("dirhtml", "page/index.html", "sub/other/index.html"),
    ("singlehtml", "index.html", "index.html"),
]


@pytest.mark.parametrize(("builder", "home", "again"), SITES)
def test_each_sound_has_a_player_and_a_file(
    builder: str, home: str, again: str, editions: dict[str, Built]
) -> None:
    out = editions[builder].out
    for page in (home, again):
        text = (out / page).read_text(encoding="utf-8")
        found = players(text)
        assert [name for name, _ in found][:3] == [
            "sent, MOS 4.4 of 5", "lost, MOS 1.5 of 5", f"{NAME}, MOS 2 of 5",
        ]  # fmt: skip
        files = [((out / page).parent / uri).read_bytes() for _, uri in found]
        assert files[:3] == list(SOUNDS.values())
        assert files[3:5] == ([] if page == again != home else [LOST, SENT])
        linked = re.findall(r'href="([^"]*\.wav)" download', text)
        assert linked == [uri for _, uri in found]
        assert "<script>" not in text[text.index('<ul class="clips">') :].partition("</ul>")[0]


def test_where_readers_cannot_hear_no_file_is_written(
    editions: dict[str, Built], foreign: dict[str, Built]
) -> None:
    for builder in ("latex", "text", "epub"):
        assert not list(editions[builder].out.rglob("*.wav"))
    assert len(list(foreign["html"].out.rglob("*.wav"))) == 3


def test_no_page_and_no_data_hold_what_is_heard(editions: dict[str, Built]) -> None:
    letters = json.loads(held(SOUNDS))["sounds"]["sent"][200:260].encode()
    for built in editions.values():
        for path in built.out.rglob("*"):
            if path.is_file():
                assert letters not in path.read_bytes(), path
    assert len(editions["html"].text("page.html")) < 60_000


def test_a_waveform_is_as_high_as_it_is_loud(editions: dict[str, Built]) -> None:
    page = editions["html"].text("page.html")
    drawn = re.findall(r'<svg viewBox="0 0 600 64" aria-hidden="true">(.*?)</svg>', page)
    assert len(drawn) == 5
    sent, lost, soft = (re.findall(r'<path d="(.*?)"', each)[0] for each in drawn[:3])
    assert sent.count("V64") == sent.count("M") > 250
    assert 70 < lost.count("M") < 80, "the rest is a gap"
    assert soft == "M1 32V33"


@pytest.mark.parametrize(("edition", "page"), [("html", "page.html"), ("html", "sub/other.html")])
def test_the_transcript_unfolds(edition: str, page: str, editions: dict[str, Built]) -> None:
    text = editions[edition].text(page)
    found = re.findall(r'<details class="data"><summary>Transcript</summary>(.*?)</details>', text,
                       re.S)  # fmt: skip
    words = plain(found[0]).replace(" .", ".")
    assert words == "As sent it hums. Then it stops, says 7 requests."


def test_foot(editions: dict[str, Built]) -> None:
    page = editions["html"].text("page.html")
    assert "Fig. 1 What it sounds like. In three ways. modelled by ‹made›" in plain(page)
    assert "As Two of them. says" in plain(page)
    other = plain(editions["html"].text("sub/other.html")).replace("\u00a0", " ")
    assert "What it sounds like. In three ways. modelled by ‹made› · from Page" in other
    assert 'id="again"' in editions["html"].text("sub/other.html")


def test_only_pages_with_sounds_load_their_sheet(
    editions: dict[str, Built], foreign: dict[str, Built]
) -> None:
    for site in (editions["html"], foreign["html"]):
        for page in ("page.html", "sub/other.html"):
            assert "casebook-audio.css" in site.text(page)
        assert "casebook-audio.css" not in site.text("plain.html")


def test_it_is_looked_at_and_counted(editions: dict[str, Built]) -> None:
    out = editions["html"].out
    path = out.parent / "doctrees-html" / "environment.pickle"
    records = pickle.loads(path.read_bytes()).domaindata["casebook"]["pages"]
    (length,) = (record for record in records["page"] if isinstance(record, PageLength))
    assert length.length.pictures == 2
    counted = [record.sounds for record in records["page"] if type(record).__name__ == "Contents"]
    assert counted == [2]
    assert not any(type(record).__name__ == "Contents" for record in records["sub/other"])


def test_the_electronic_book_shows_waveforms_and_the_transcript(
    editions: dict[str, Built],
) -> None:
    with zipfile.ZipFile(next(editions["epub"].out.glob("*.epub"))) as archive:
        page = archive.read("page.xhtml").decode()
        images = re.findall(r'<img[^>]*src="([^"]*\.svg)"', page)
        drawing = archive.read(images[0]).decode()
    assert len(images) == 2
    words = "".join(ElementTree.fromstring(drawing).itertext())
    assert NAME in words
    assert "MOS 1.5 of 5" in words
    assert 'alt="Waveforms. lost; sent."' in page
    assert "<audio" not in page
    assert "<details" not in page[page.index("As sent it") - 200 :]
    assert "Then it stops, says 7 requests" in plain(page)


def test_paper_shows_waveforms_and_the_transcript(
    editions: dict[str, Built], foreign: dict[str, Built]
) -> None:
    for built in (editions["latex"], foreign["latex"]):
        tex = next(built.out.glob("*.tex")).read_text(encoding="utf-8")
        figures = re.findall(r"\\begin\{figure\}.*?\\end\{figure\}", tex, re.S)
        assert len(figures) == 3
        for figure in figures:
            assert re.search(r"sphinxincludegraphics\[width=334bp\]\{\{chart-\w+\}\.pdf\}", figure)
        assert r"\sphinxstyleemphasis{hums}" in figures[0]
        assert "Less of it." in figures[1]
        assert "As sent it hums. Then it stops, says 7\u00a0requests." in figures[2]


def test_text_has_names_values_and_the_transcript(editions: dict[str, Built]) -> None:
    for page in ("page.txt", "sub/other.txt"):
        words = " ".join(re.sub(r"[|+]|[=-]{3,}", " ", editions["text"].text(page)).split())
        assert "Sound Value Length sent MOS 4.4 of 5 0.5 s lost MOS 1.5 of 5 0.5 s" in words
        assert "modelled by ‹made›" in words
        assert "Then it stops, says 7 requests" in words


def test_other_sounds_make_other_pages_and_files(tmp_path: Path) -> None:
    write(tmp_path, BOOK)
    build(tmp_path)
    path = "elite/outputs/acme/heard.json"
    write(tmp_path, {path: held({"sent": SENT, "lost": SENT, "late": LOST})})
    built = build(tmp_path)
    assert {"page", "sub/other"} <= set(built.written)
    assert "plain" not in built.written
    assert (built.out / "data/acme/heard-2.wav").read_bytes() == SENT
    assert ("late, MOS 2 of 5", "../data/acme/heard-3.wav") in players(built.text("sub/other.html"))
    only = PAGE.replace(":values: MOS (of 5)\n", ":clips: sent\n").replace("lost, sent", "lost")
    write(tmp_path, {"page.md": only})
    built = build(tmp_path)
    assert not (built.out / "data/acme/heard-3.wav").exists()
    assert (built.out / "data/acme/heard-1.wav").exists()


def test_a_sound_that_differs_by_one_sample_is_written_again(tmp_path: Path) -> None:
    """Though its waveform, and so its page, is the same."""
    write(tmp_path, BOOK)
    build(tmp_path)
    other = wav([800, -800] * 3_999 + [800, -799])
    write(tmp_path, {"elite/outputs/acme/heard.json": held(SOUNDS | {"sent": other})})
    assert (build(tmp_path).out / "data/acme/heard-1.wav").read_bytes() == other
