"""Sources: LaTeX as it is read, labels that hold in the whole book, and alphabetical lists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from casebook.base import bibtex_text
from casebook.base.bibliography import AuthorYear, ByLabel, _letter
from harness import build, plain, write
from hypothesis import given
from hypothesis import strategies as st
from pybtex.database import Entry, parse_string


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (r"M{\"u}ller", "Müller"),
        (r"M\"uller und M\"{u}ller", "Müller und Müller"),
        (r"Erd\H{o}s, caf\'e, {\ss}, {\O}re", "Erdős, café, ß, Øre"),
        ("a --- b -- c", "a — b – c"),
        ("``x'' and `y'", "“x” and ‘y’"),
        (r"\emph{way} {\em back} \textit{a \textbf{b} c}", "way back a b c"),
        (r"C\# \& 50\% of \$5, {\$}6 and $7", "C# & 50% of $5, $6 and $7"),
        ("50% more", "50% more"),
        (r"\url{https://example.org}", "https://example.org"),
        (r"\LaTeX{} and \TeX, \dots", "LaTeX and TeX, …"),
        (r"{A} {{Braced}} title", "A Braced title"),
        (r"\{a, b\} and a\textbackslash b", r"{a, b} and a\b"),
        (
            r"na{\"\i}ve, {\=\i}, \d{a}, \b{b}, 5\,000",
            "naïve, ī, ạ, ḇ, 5\N{NARROW NO-BREAK SPACE}000",
        ),
        (r"see \url{https://example.org/~x--y_z}.", "see https://example.org/~x--y_z."),
        ("a~b", "a\N{NO-BREAK SPACE}b"),
        ("plain_words^with signs @ +", "plain_words^with signs @ +"),
    ],
)
def test_a_field_is_read_as_it_is_meant(written: str, read: str) -> None:
    assert bibtex_text.words(written) == read
    assert bibtex_text.unknown(written) == ()


@pytest.mark.parametrize(
    ("written", "lost"),
    [
        (r"see \foo and \foo{x} \bar", (r"'\foo'", r"'\bar'")),
        (r"\emph{in \foo{x}}", (r"'\foo'",)),
        (r"of $O(n^2)$", ("the formula '$O(n^2)$'",)),
        ("Path C:\\", ("a brace or backslash without its partner",)),
    ],
)
def test_what_nobody_knows_is_named(written: str, lost: tuple[str, ...]) -> None:
    assert bibtex_text.unknown(written) == lost


def test_emphasis_is_kept() -> None:
    html = bibtex_text.decoded(r"The \emph{good} {\bf old} \texttt{way}").render_as("html")
    assert html == "The <em>good</em> <strong>old</strong> <tt>way</tt>"


@pytest.mark.parametrize(
    ("written", "address"),
    [
        (r"https://example.org/a\_b\%20c\#d", "https://example.org/a_b%20c#d"),
        (r"https://example.org/\textasciitilde{}me/~you", "https://example.org/~me/~you"),
        ("https://example.org/a_b%20c#d--e", "https://example.org/a_b%20c#d--e"),
        (r"\url{https://example.org/\~{}x}", "https://example.org/~x"),
        (r"{https://example.org/{\textasciitilde}x}", "https://example.org/~x"),
    ],
)
def test_an_address_is_no_text(written: str, address: str) -> None:
    assert bibtex_text.address(written) == address


# --- labels ---


def entries(*fields: str) -> dict[str, Entry]:
    text = "".join(f"@online{{k{i}, {given}}}\n" for i, given in enumerate(fields))
    return dict(parse_string(text, "bibtex").entries.items())


def labelled(*fields: str) -> list[str]:
    found = entries(*fields)
    AuthorYear.know(found)
    return list(AuthorYear().format_labels(ByLabel().sort(found.values())))


def test_labels_and_their_order() -> None:
    assert labelled(
        "author={Zorn, Ada}, title={Z}, year=2019",
        "author={{M\\\"u}ller, Jo}, title={B}, year=2017",
        "author={Muller, Al and Doe, Jane}, title={A}, year=2018",
        "author={One, A and Two, B and Three, C}, title={A}, year=2018",
        "author={{Acme Inc.}}, title={A}",
        "title={Nobody's {\\em work}}, year=2020",
        "title={x}, shorthand={docs, keys}",
        "author={van der Berg, Jo}, title={A}, year=2001",
        "author={King, Jr., Martin}, title={A}, year={{1963}}",
        "author={Poe, A and others}, title={A}, year={}",
    ) == [
        "Acme Inc. undated",
        "docs, keys",
        "King 1963",
        "Müller 2017",
        "Muller and Doe 2018",
        "Nobody’s work 2020",
        "One et al. 2018",
        "Poe et al. undated",
        "van der Berg 2001",
        "Zorn 2019",
    ]  # fmt: skip


def test_twins_are_told_apart_in_the_order_of_their_titles() -> None:
    given = [f"author={{Doe, Jane}}, title={{{title}}}, year=2017" for title in "cab"]
    found = entries(*given)
    AuthorYear.know(found)
    assert AuthorYear.labels == {"k1": "Doe 2017a", "k2": "Doe 2017b", "k0": "Doe 2017c"}
    # A list that holds one of them says the same.
    assert list(AuthorYear().format_labels([found["k0"]])) == ["Doe 2017c"]
    # One that nobody cites is told apart from those that somebody does.
    AuthorYear.know({"k0": found["k0"]})
    assert list(AuthorYear().format_labels([found["k1"]])) == ["Doe 2017a"]


@given(st.integers(0, 2000))
def test_letters_never_end(number: int) -> None:
    letters = [_letter(n) for n in range(number + 1)]
    assert all(re.fullmatch("[a-z]+", letter) for letter in letters)
    assert len(set(letters)) == len(letters)
    assert letters == sorted(letters, key=lambda letter: (len(letter), letter))


def test_a_source_reads_the_same_wherever_it_stands(tmp_path: Path) -> None:
    bib = r"""
@online{one, author={M{\"u}ller, J{\"o}rg}, title={A \emph{good} way --- 50\%}, year=2017,
  month={²}, organization={Acme \& Co}, url={https://example.org/a\_b}, note={read {\em twice}.}}
@online{two, author={Adams, Ann}, title={Before}, year=2018, url={https://example.org}}
"""
    write(
        tmp_path,
        {
            "index.md": "# Page\n\n{cite}`one` and {cite}`two`.\n\n```{bibliography}\n```\n",
            "sources.bib": bib,
        },
    )
    built = build(tmp_path)
    assert built.warnings == []
    page = built.text("index.html")
    listed = plain(page[page.index('<div class="citation"') :])
    assert listed.index("Adams 2018") < listed.index("Müller 2017")
    said = "Jörg Müller, “A good way — 50%”, Acme & Co, 2017. example.org/a_b . Read twice ."
    assert said in listed.replace("&amp;", "&")
    assert "<em>good</em>" in page
    assert "Jörg Müller, “A good way — 50%”" in built.text("data/sources.json")
    assert 'href="https://example.org/a_b"' in page
