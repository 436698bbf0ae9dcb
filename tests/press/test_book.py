"""The book itself, in the editions that need neither a browser nor TeX."""

from __future__ import annotations

import posixpath
import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml
from casebook.core import palette
from editions import BOOK, ROOT, Editions

XHTML = "{http://www.w3.org/1999/xhtml}"
OPF = "{http://www.idpf.org/2007/opf}"


@pytest.fixture(scope="module")
def text(editions: Editions) -> Path:
    return editions.text


@pytest.fixture(scope="module")
def epub(editions: Editions) -> zipfile.ZipFile:
    return zipfile.ZipFile(editions.epub / f"{BOOK}.epub")


def test_text_is_complete(text: Path) -> None:
    pages = {
        path.relative_to(ROOT / "source").with_suffix("") for path in ROOT.glob("source/**/*.md")
    }
    assert {path.relative_to(text).with_suffix("") for path in text.rglob("*.txt")} == pages
    study = text / "elite" / "stripe-api-excellence"
    ledger = (study / "ledger.txt").read_text(encoding="utf-8")
    assert "≥\N{NO-BREAK SPACE}5,787" in ledger  # computed from the published 500 million a day
    assert not any("[casebook" in page.read_text(encoding="utf-8") for page in text.rglob("*.txt"))


def test_each_pattern_of_the_catalogue_has_a_page_and_a_use(text: Path) -> None:
    catalogue = (ROOT / "source/patterns/catalogue.yaml").read_text(encoding="utf-8")
    for pattern in yaml.safe_load(catalogue):
        page = (text / "patterns" / f"{pattern['id']}.txt").read_text(encoding="utf-8")
        assert "“" in page.split("Where the book uses it")[1]


def test_epub_is_well_formed_and_declares_its_files(epub: zipfile.ZipFile) -> None:
    names = epub.namelist()
    assert names[0] == "mimetype"
    assert epub.infolist()[0].compress_type == zipfile.ZIP_STORED
    assert epub.read("mimetype") == b"application/epub+zip"
    manifest = ElementTree.fromstring(epub.read("content.opf"))
    listed = {item.get("href") for item in manifest.iter(f"{OPF}item")}
    packaging = {"mimetype", "META-INF/container.xml", "content.opf"}
    assert listed == set(names) - packaging
    for name in names:
        if name.endswith((".xhtml", ".svg", ".ncx", ".opf")):
            ElementTree.fromstring(epub.read(name))


def test_epub_links_resolve(epub: zipfile.ZipFile) -> None:
    trees = {
        n: ElementTree.fromstring(epub.read(n)) for n in epub.namelist() if n.endswith("xhtml")
    }
    anchors = {
        name: {e.get("id") for e in tree.iter() if e.get("id")} for name, tree in trees.items()
    }
    for name, tree in trees.items():
        for element in tree.iter():
            address = element.get("href") or element.get("src") or ""
            if not address or "://" in address:
                continue
            path, _, anchor = address.partition("#")
            target = (
                posixpath.normpath(posixpath.join(posixpath.dirname(name), path)) if path else name
            )
            assert target in epub.namelist(), f"{name}: {address}"
            if anchor and target in anchors:
                assert anchor in anchors[target], f"{name}: {address}"


def test_epub_figures_have_words(epub: zipfile.ZipFile) -> None:
    study = ElementTree.fromstring(epub.read("elite/stripe-api-excellence.xhtml"))
    images = list(study.iter(f"{XHTML}img"))
    assert images
    assert all(len(image.get("alt") or "") > 40 for image in images)
    assert not list(study.iter(f"{XHTML}script"))


def test_epub_has_the_colours_of_print_as_plain_values(epub: zipfile.ZipFile) -> None:
    sheets = {name: epub.read(name).decode() for name in epub.namelist() if name.endswith(".css")}
    assert "--cb-" not in "".join(sheets.values())
    sheet = sheets["_static/ebook.css"]
    assert "var(" not in sheet
    colours = set(re.findall(r"#\w+", sheet))
    assert {"#14161a", "#165687"} <= colours <= {c.print for c in palette.TOKENS.values()}


def test_epub_opens_no_connection(epub: zipfile.ZipFile) -> None:
    for name in epub.namelist():
        if name.endswith((".xhtml", ".css", ".svg")):
            text = epub.read(name).decode()
            assert "url(http" not in text
            assert 'src="http' not in text
