"""What the pages' files show without a browser: ids, links, headings, policy, weight."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import re
import subprocess
import sys
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit
from urllib.request import Request, urlopen

import html5lib
import jsonschema
import pytest
from casebook.core.exports.registry import EXPORTS
from editions import ROOT
from markdown_it import MarkdownIt

HEADING = re.compile(r"h([1-6])")
# What a file in the page's head or at its end costs: the address, without the query.
ASSET = re.compile(r'<(?:script|link)\b[^>]*(?:src|href)="([^"?]+\.(?:js|css))')
KILOBYTE = 1000
STUDIES = "stripe-api-excellence", "discord-voice-infrastructure"


@pytest.fixture(scope="module")
def trees(site: Path, pages: list[str]) -> dict[str, Any]:
    """The pages, parsed as a browser parses them."""
    parser = html5lib.HTMLParser(namespaceHTMLElements=False)
    return {page: parser.parse((site / page).read_text(encoding="utf-8")) for page in pages}


def tag(element: Any) -> str:
    return element.tag.split("}")[-1] if isinstance(element.tag, str) else ""


def text(element: Any) -> str:
    return "".join(element.itertext())


def test_ids_are_unique(trees: dict[str, Any]) -> None:
    for page, tree in trees.items():
        counted = Counter(element.get("id") for element in tree.iter() if element.get("id"))
        assert [name for name, times in counted.items() if times > 1] == [], page


def test_links_resolve(trees: dict[str, Any], site: Path) -> None:
    ids = {page: {e.get("id") for e in tree.iter()} for page, tree in trees.items()}
    lost = []
    for page, tree in trees.items():
        for element in tree.iter():
            link = element.get("href") or element.get("src") or ""
            if urlsplit(link).scheme or link in ("", "#"):
                continue
            path, anchor = urldefrag(link.split("?")[0] if "#" not in link else link)
            target = (site / page).parent / unquote(path) if path else site / page
            name = str(target.resolve().relative_to(site.resolve()))
            if not target.exists() or (anchor and unquote(anchor) not in ids.get(name, set())):
                lost.append(f"{page}: {link}")
    assert lost == []


@pytest.mark.parametrize(
    "attribute", ["aria-describedby", "aria-labelledby", "popovertarget", "for"]
)
def test_references_between_elements_resolve(trees: dict[str, Any], attribute: str) -> None:
    for page, tree in trees.items():
        ids = {element.get("id") for element in tree.iter()}
        for element in tree.iter():
            names = (element.get(attribute) or "").split()
            assert set(names) <= ids, f"{page}: {names}"


def test_headings_descend_by_one(trees: dict[str, Any]) -> None:
    for page, tree in trees.items():
        found = [(int(m[1]), text(e)) for e in tree.iter() if (m := HEADING.fullmatch(tag(e)))]
        levels = [level for level, _ in found]
        if page in ("search.html", "genindex.html"):
            assert levels.count(1) <= 1, page
        else:
            assert levels[0] == 1, page
            assert levels.count(1) == 1, page
        for (before, _), (level, words) in pairwise(found):
            assert level <= before + 1, f"{page}: h{before} is followed by h{level}, '{words}'"


def test_numbers_of_sections_end_without_a_full_stop(trees: dict[str, Any]) -> None:
    numbers = [
        text(e)
        for tree in trees.values()
        for e in tree.iter()
        if "section-number" in (e.get("class") or "").split()
    ]
    assert numbers
    assert all(re.fullmatch(r"\d+(\.\d+)* ", number) for number in numbers)


def test_notes_hold_no_link_stand_once_and_describe_links(trees: dict[str, Any]) -> None:
    described_anywhere = set()
    for page, tree in trees.items():
        described = {e.get("aria-describedby") for e in tree.iter() if tag(e) == "a"} - {None}
        lists = [e for e in tree.iter() if e.get("class") == "tooltips"]
        notes = [e for listed in lists for e in listed.iter() if tag(e) == "li"]
        assert len(lists) == bool(described), page
        assert sorted(str(note.get("id")) for note in notes) == sorted(map(str, described)), page
        assert not [e for note in notes for e in note.iter() if tag(e) == "a"], page
        described_anywhere |= described
    kinds = {name.split("-")[1] for name in described_anywhere}
    assert kinds == {"metric", "pattern", "source"}


def test_policy_covers_the_page(trees: dict[str, Any]) -> None:
    """No inline style, no inline script but the one whose hash the policy names, no handler."""
    for page, tree in trees.items():
        head = next(e for e in tree.iter() if tag(e) == "head")
        first = next(e for e in head if tag(e) in ("meta", "link", "script", "style"))
        assert first.get("http-equiv") == "Content-Security-Policy", page
        policy = first.get("content")
        assert "default-src 'self'" in policy
        assert "unsafe" not in policy
        for element in tree.iter():
            assert tag(element) != "style", page
            assert element.get("style") is None, f"{page}: {element.attrib}"
            assert not [name for name in element.attrib if str(name).startswith("on")], page
            if tag(element) == "script" and not element.get("src"):
                digest = hashlib.sha256(text(element).encode()).digest()
                assert f"'sha256-{base64.b64encode(digest).decode()}'" in policy, page


def test_colours_come_from_the_palette(site: Path) -> None:
    """look.css names tokens; the one colour it writes is the black of its masks."""
    look = (site / "_static" / "look.css").read_text(encoding="utf-8")
    hexes = re.findall(r"(?:#|%23)[0-9a-fA-F]{3,8}\b(?![^{}]*\{)", look)
    assert set(hexes) <= {"%23000"}


def test_the_home_page_shows_the_book_before_how_it_is_made(trees: dict[str, Any]) -> None:
    home = trees["index.html"]
    titles = [text(e).strip() for e in home.iter() if "sd-card-title" in classes(e)]
    assert titles[:3] == ["Stripe’s API", "Discord’s voice", "Figma’s multiplayer, coming"]
    assert titles[3:] == ["For an architect", "For an engineer", "For a leader"]
    cards = [text(e) for e in home.iter() if "sd-card" in classes(e)]
    for card in cards[:2]:
        assert re.search(r"The essay takes \d+ minutes", card)
    assert not re.search(r"\d", cards[2]), "a study that doesn’t exist has no number"
    order = [tag(e) for e in home.iter() if tag(e) in ("h1", "figure", "h2")]
    assert order[:4] == ["h1", "figure", "h2", "figure"]
    numbers = [text(e) for e in home.iter() if "caption-number" in classes(e)]
    assert numbers == ["Figure 1 "], "the other is an excerpt"


def test_every_page_leads_to_the_proof(trees: dict[str, Any]) -> None:
    words = "How this book proves what it says"
    for page, tree in trees.items():
        (foot,) = [e for e in tree.iter() if "bottom-of-page" in classes(e)]
        links = [e.get("href") for e in foot.iter() if tag(e) == "a" and text(e) == words]
        (link,) = links
        assert link == "#" if page == "proof.html" else link.endswith("proof.html"), page


def packed(path: Path) -> int:
    return len(gzip.compress(path.read_bytes(), 9, mtime=0))


def test_weight_of_a_page(site: Path, pages: list[str]) -> None:
    """Compressed: page 150 kB, style sheets and scripts 40 kB."""
    for page in pages:
        if page == "search.html":  # alone in loading what it searches with
            continue
        html = (site / page).read_text(encoding="utf-8")
        assets = {(site / page).parent / name for name in ASSET.findall(html)}
        assert len(assets) > 5
        assert packed(site / page) < 150 * KILOBYTE, page
        weights = {path.name: packed(path) for path in sorted(assets)}
        assert sum(weights.values()) < 40 * KILOBYTE, weights


@pytest.mark.parametrize("name", EXPORTS)
def test_the_data_follow_their_schema(name: str, site: Path) -> None:
    files = (f"{name}.json", f"{name}.schema.json")
    data, schema = (json.loads((site / "data" / file).read_text("utf-8")) for file in files)
    jsonschema.validate(data, schema)


def test_the_inventory_is_what_the_pages_show(trees: dict[str, Any], site: Path) -> None:
    """Each study's counts, against the elements of its built pages."""
    data = json.loads((site / "data" / "inventory.json").read_text(encoding="utf-8"))
    for name, counts in data["studies"].items():
        shown: Counter[str] = Counter()
        for page, tree in trees.items():
            if page == f"elite/{name}.html" or page.startswith(f"elite/{name}/"):
                shown.update(shown_on(tree))
        assert {kind: counts[kind] for kind in shown} == shown, name
        assert 0 < counts["patterns"] <= counts["pattern_links"]
    stripe, discord = (data["studies"].pop(name) for name in STUDIES)
    assert not data["studies"]
    for kind in {*stripe} - {"patterns"}:
        assert data["total"][kind] == stripe[kind] + discord[kind], kind
    assert max(stripe["patterns"], discord["patterns"]) <= data["total"]["patterns"]


def shown_on(tree: Any) -> dict[str, int]:
    """What a reader would count on a page; the numbers of a chart are no table.

    Nor is a list of imports a listing, and what stands on another page is counted there.
    """
    aside = ("data", "chunk-imports", "excerpt")
    folded = {e for box in tree.iter() if {*aside} & {*classes(box)} for e in box.iter()}
    elements = [e for e in tree.iter() if isinstance(e.tag, str) and e not in folded]
    inside = {e for box in elements if "stepper" in classes(box) for e in box.iter()}
    tables = [e for e in elements if e.tag == "table" and e not in inside]
    matrices = [table for table in tables if "decision-matrix" in classes(table)]
    figures = [classes(e) for e in elements if e.tag == "figure"]
    chunks = [
        e.get("id") for e in elements if "literal-block-wrapper" in classes(e) and e.get("id")
    ]
    pictures = {
        "diagrams": sum("diagram" in names for names in figures),
        "charts": sum("chart" in names for names in figures),
        "sounds": sum("audio" in names for names in figures),
        "steppers": sum("stepper" in classes(e) for e in elements),
        "marked_outputs": sum("output-marked" in classes(e) for e in elements),
    }
    visuals = {
        "tables": len(tables) - len(matrices),
        "listings": len({anchor.partition("--")[0] for anchor in chunks}),
        "decision_matrices": len(matrices),
    }
    others = {
        "sessions": sum("session" in classes(e) for e in elements),
        # What has moved from a page is listed on it.
        "metrics": sum(
            (e.get("id") or "").startswith("metric-") for e in elements if e.tag != "li"
        ),
        "insights": sum("insight" in classes(e) for e in elements),
        "claims": sum("claim" in classes(e) for e in elements),
        "pattern_links": sum("pattern" in classes(e) for e in elements),
    }
    shown = sum(pictures.values())
    sums = {"pictures": shown, "visuals": shown + sum(visuals.values())}
    return {**sums, **pictures, **visuals, **others}


def classes(element: Any) -> list[str]:
    return (element.get("class") or "").split()


def test_insights_are_short(site: Path) -> None:
    """An insight says what to do, why, and when not, in at most 60 words; a study has 20."""
    insights = json.loads((site / "data" / "insights.json").read_text(encoding="utf-8"))["insights"]
    long = {one["title"]: n for one in insights if (n := len(one["text"].split())) > 60}
    assert long == {}
    for study in {one["study"] for one in insights}:
        assert sum(one["study"] == study for one in insights) >= 20, study


def test_weight_of_the_fonts(site: Path) -> None:
    """Six faces in 85 kB; the four that nearly every page needs in 60 kB."""
    weight = {path.stem: path.stat().st_size for path in (site / "_static/fonts").glob("*.woff2")}
    assert weight.pop("greek-400") + weight.pop("greek-600") < 14 * KILOBYTE, "for pages with Greek"
    assert sum(weight.values()) < 85 * KILOBYTE
    common = ("serif-400", "sans-400", "sans-600", "serif-400i")
    assert sum(weight[face] for face in common) < 60 * KILOBYTE


def test_the_download_is_a_server_by_the_printed_command(site: Path, tmp_path: Path) -> None:
    page = ROOT / "source" / "elite" / "stripe-api-excellence" / "server.md"
    text = page.read_text(encoding="utf-8")
    fences = MarkdownIt().parse(text.partition("## Run it")[2])
    [command, *_] = [t.content for t in fences if t.type == "fence" and t.info == "text"]
    unpack, _, start = command.strip().partition(" && ")
    (tmp_path / "mini_stripe.zip").write_bytes((site / "code" / "mini_stripe.zip").read_bytes())
    subprocess.run(python(unpack), cwd=tmp_path, check=True)
    with subprocess.Popen(
        [*python(start), "--port", "0"], cwd=tmp_path, stdout=subprocess.PIPE, text=True
    ) as server:
        try:
            assert server.stdout
            url, key = (server.stdout.readline().strip() for _ in range(2))
            order = b"amount=500&currency=eur&source=tok_visa"
            request = Request(f"{url}/v1/charges", order, {"Authorization": f"Bearer {key}"})
            with urlopen(request, timeout=30) as answer:
                assert json.load(answer)["paid"] is True
        finally:
            server.terminate()


def python(command: str) -> list[str]:
    """The arguments of a printed command, for the Python that runs the tests."""
    name, *arguments = command.split()
    assert name == "python3"
    return [sys.executable, *arguments]


def test_addresses_of_the_first_draft_lead_on(trees: dict[str, Any], site: Path) -> None:
    """The Stripe study was one page; `first-draft.txt` holds its ids, without those of citations,
    parts of drawings and the theme, which change with every edit.
    """
    page = "elite/stripe-api-excellence.html"
    old = Path(__file__).with_name("first-draft.txt").read_text(encoding="utf-8").split()
    ids = {name: {e.get("id") for e in tree.iter()} for name, tree in trees.items()}
    assert [name for name in old if name not in ids[page]] == []
    (moved,) = (e for e in trees[page].iter() if e.get("class") == "moved")
    links = [link.get("href") for link in moved.iter() if tag(link) == "a"]
    assert len(links) > 200
    for link in links:
        target, _, anchor = link.partition("#")
        assert anchor in ids[f"elite/{target}" if target else page], link
