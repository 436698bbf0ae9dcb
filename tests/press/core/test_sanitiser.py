"""The sanitiser: what may stay, what must go, and that nothing but SvgError comes out of it."""

from __future__ import annotations

import re

import pytest
from casebook.core.svg import cascade, sanitiser
from casebook.core.svg.allowed import clean_attribute, clean_property, font_parts
from hypothesis import example, given
from hypothesis import strategies as st

OPEN = '<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" '


def clean(body: str, sheet: str = "", head: str = 'viewBox="0 0 10 20"') -> str:
    return sanitiser.clean(f"{OPEN}{head}>{body}</svg>", sheet).serialise({})


@pytest.mark.parametrize(
    ("body", "left"),
    [
        ("<script>alert(1)</script>", ""),
        ("<foreignObject><b>x</b></foreignObject>", ""),
        ('<image href="http://x/y.png"/>', ""),
        ('<a href="javascript:alert(1)"><path d="M0,0"/></a>', '<path d="M0,0"/>'),
        ('<path d="M0,0" onclick="alert(1)"/>', '<path d="M0,0"/>'),
        ('<path d="M0,0" fill="url(http://x)"/>', '<path d="M0,0"/>'),
        ('<path d="M0,0" style="fill:url(javascript:x)"/>', '<path d="M0,0"/>'),
        ('<path d="javascript:x"/>', "<path/>"),
        ('<use xlink:href="http://x#y"/>', "<use/>"),
        ('<use xlink:href="#nowhere"/>', "<use/>"),
        ('<path d="M0,0" marker-end="url(#nowhere)"/>', '<path d="M0,0"/>'),
        ("<animate/><set/><metadata/><title>x</title>", ""),
        ('<x:g xmlns:x="urn:other"><path d="M0,0"/></x:g>', ""),
        ('<path xml:space="preserve" data-x="1" class="k" d="M0,0"/>', '<path d="M0,0"/>'),
        ("<g><g><path/></g></g><g/><defs/><text/>", "<path/>"),
        ("<text>a &lt;b&gt;</text>stray", "<text>a &lt;b&gt;</text>"),
        ('<path display="none"/>', ""),
        ('<path style="fill:red;stroke:#123;fill:none"/>', '<path fill="none" stroke="#123"/>'),
        ('<text style="font:bold 12.5px Sans">a</text>', None),
        ('<path d="M0.12345,1e-9"  stroke-width="2px"/>', None),
    ],
)
def test_only_the_listed_stays(body: str, left: str | None) -> None:
    out = clean(body)
    assert "style" not in out
    if left is not None:
        end = f">{left}</svg>" if left else "/>"
        assert out == f'<svg viewBox="0 0 10 20"{end}'


def test_numbers_are_shortened() -> None:
    assert clean('<path d="M0.12345,-0.0001" stroke-width="2px"/>') == (
        '<svg viewBox="0 0 10 20"><path d="M0.12,0" stroke-width="2"/></svg>'
    )
    assert clean_attribute("transform", "scale(0.123456789)") == "scale(0.12346)"
    assert clean_attribute("id", "a b") is None
    assert clean_property("filter", "url(#x)") is None
    assert clean_property("fill", "inherit") is None
    assert clean_property("fill", "url('#x') none") == "url(#x)"
    assert font_parts("caption") == []
    assert font_parts("italic normal 600 12px/1.2 Sans") == [
        ("font-size", "12px"),
        ("font-weight", "600"),
        ("font-style", "italic"),
    ]


def test_ids_are_short_unique_and_prefixed() -> None:
    picture = sanitiser.clean(
        f'{OPEN} viewBox="0 0 1 1"><defs><marker id="m"><path id="p"/></marker><marker id="m"/>'
        '<clipPath id="unused"><path/></clipPath><path id="s" marker-end="url(#m)"/></defs>'
        '<use href="#s"/><path marker-end="url(#m)" id="q"/></svg>'
    )
    assert picture.serialise({}) == (
        '<svg viewBox="0 0 1 1"><defs><marker id="1"><path/></marker><marker/>'
        '<path id="2"/></defs>'
        '<use href="#2"/><path marker-end="url(#1)"/></svg>'
    )
    out = picture.prefixed("f").serialise({"role": "img"}, "<title>t</title>")
    assert 'href="#f-2"' in out
    assert "url(#f-1)" in out
    assert out.startswith('<svg role="img" viewBox="0 0 1 1"><title>t</title><defs>')
    assert picture.view_box == "0 0 1 1"


def test_of_two_ids_the_first_is_meant() -> None:
    out = clean('<path id="a" d="M1"/><path id="a" d="M2"/><use href="#a"/>')
    assert out.count("id=") == 1


def test_uses_do_not_multiply() -> None:
    levels = "".join(
        f'<g id="l{n}"><use href="#l{n + 1}"/><use href="#l{n + 1}"/></g>' for n in range(30)
    )
    out = clean(levels + '<g id="l30"><path/></g><use href="#l0"/>')
    assert out.count("href=") == 1


@pytest.mark.parametrize(
    ("head", "size"),
    [
        ('viewBox="-5,-5 30 40"', (30, 40)),
        ('width="30" height="40px"', (30, 40)),
        ('width="30pt" height="60pt"', (40, 80)),
    ],
)
def test_size(head: str, size: tuple[float, float]) -> None:
    picture = sanitiser.clean(f"{OPEN}{head}/>")
    assert (picture.width, picture.height) == size


@pytest.mark.parametrize(
    "head",
    [
        "",
        'viewBox="0 0 0 5"',
        'viewBox="0 0 nan 5"',
        'viewBox="a"',
        'viewBox="0 0 1e9 1"',
        'width="1" height="50%"',
        'width="1.1.1" height="1"',
    ],
)
def test_a_size_is_needed(head: str) -> None:
    with pytest.raises(sanitiser.SvgError, match="viewBox"):
        sanitiser.clean(f"{OPEN}{head}/>")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "well-formed"),
        ("<svg>", "well-formed"),
        ("<svg/>", "outermost"),
        (f"{OPEN} x='\ud800'/>", "well-formed"),
        ("<html xmlns='http://www.w3.org/1999/xhtml'/>", "outermost"),
        (f'<!DOCTYPE svg [<!ENTITY a "b">]>{OPEN}/>', "document type"),
        (f'<!DOCTYPE svg SYSTEM "x.dtd">{OPEN}>&b;</svg>', "entity"),
        (f"{OPEN}>&b;</svg>", "well-formed"),
        (f"{OPEN}>" + "<g>" * 100 + "</g>" * 100 + "</svg>", "deep"),
        (f"{OPEN}>" + "<g/>" * 20_001 + "</svg>", "elements"),
        (" " * 4_000_001, "characters"),
        (f"{OPEN} viewBox='0 0 1 1' display='none'/>", "hidden"),
        (f"{OPEN}><style>{'a{b:c}' * 9000}</style>{'<g/>' * 1000}</svg>", "style sheet"),
        (f"{OPEN} style='{' ' * 999_999}'><style>  </style></svg>", "1,000,000 characters of CSS"),
    ],
)
def test_errors_are_sentences(text: str, message: str) -> None:
    with pytest.raises(sanitiser.SvgError, match=message):
        sanitiser.clean(text)


def test_a_plain_doctype_is_read_over() -> None:
    doctype = '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://www.w3.org/svg11.dtd">'
    assert sanitiser.clean(f'{doctype}{OPEN}viewBox="0 0 1 1"/>').width == 1


@given(st.text(alphabet="<>/=\"'& svgpathstyle#.{}:;!-[]0", max_size=200))
def test_no_input_ends_in_another_error(text: str) -> None:
    for source in (text, f"{OPEN}viewBox='0 0 1 1'><style>{text}</style><path/>{text}</svg>"):
        try:
            out = sanitiser.clean(source, text).serialise({})
        except sanitiser.SvgError:
            continue
        assert not re.search(r"<script|\son\w+=|<style|\sstyle=", out)


@pytest.mark.parametrize(
    ("sheet", "fill"),
    [
        ("path{fill:red}", "red"),
        ("*{fill:red}", "red"),
        ("path{fill:red} path{fill:blue}", "blue"),
        (".a{fill:red} path{fill:blue}", "red"),
        ("#i{fill:red} .a{fill:blue}", "red"),
        ("#x{fill:red}", None),
        (".b{fill:red}", None),
        ("path{fill:red!important} #i{fill:blue}", "red"),
        ("g path{fill:red}", "red"),
        ("svg > path{fill:red}", None),
        (".outer > .inner > path{fill:red}", "red"),
        (".outer path{fill:red}", "red"),
        ("svg g g path{fill:red}", "red"),
        ("g g g path{fill:red}", None),
        ("[data-k]{fill:red}", "red"),
        ('[data-k="v w"]{fill:red}', "red"),
        ("[data-k='v']{fill:red}", None),
        ("[data-k~=w]{fill:red}", "red"),
        ('[data-k~="x"]{fill:red}', None),
        ("[data-x]{fill:red}", None),
        ("path:hover, rect{fill:red}", None),
        ("path >{fill:red}", None),
        ("> path{fill:red}", None),
        ("> svg{display:none}", None),
        ("[data-k]path{fill:red}", None),
        (".apath .b{fill:red}", None),
        (".a*{fill:red}", None),
        (".a.1{fill:red}", None),
        ("path#i.a[data-k]{fill:red} .a[data-k]{fill:blue}", "red"),
        ('[id="i"]{fill:red} .a{fill:blue}', "blue"),
        ("[class~=a]{fill:red}", "red"),
        ("[data-k=v w]{fill:red}", None),
        ("path > > path, g{fill:red}", None),
        ("rect,path{fill:red}", "red"),
        ("{fill:red}", None),
        ("path{fill:red", "red"),
        ("/* x */ path/**/{fill:/**/red} /* y", "red"),
        ("@import 'x'; path{fill:red}", "red"),
        ("@media print{path{fill:blue}} path{fill:red}", "red"),
        ("@keyframes x{from{fill:blue}", None),
        ("path{content:'}';fill:red}", "red"),
        ("path{fill:red;x{fill:blue}}", "red"),
        ("path{fill:red;;broken;:x;fill:} trailing", "red"),
    ],
)
def test_cascade(sheet: str, fill: str | None) -> None:
    out = clean(
        f"<style>{sheet.replace('>', '&gt;').replace('<', '&lt;')}</style>"
        '<g class="outer" opacity="1"><g class="inner" opacity="1">'
        '<path class="a" id="i" data-k="v w"/></g></g>'
    )
    wanted = f'<path fill="{fill}"/>' if fill else "<path/>"
    assert wanted in out


def test_the_style_attribute_wins_over_rules_but_not_over_importance() -> None:
    body = '<path style="fill:red;stroke:red"/>'
    out = clean(body, "path{fill:blue!important;stroke:blue}")
    assert '<path fill="blue" stroke="red"/>' in out


@given(st.text(alphabet="{}[]()<>;:,.#*=~!@\"'\\/ \n-1ad8") | st.text())
@example("1" * 5000)
@example(r"1\d800 ")
@example("a{b:" + "(" * 5000)
def test_no_text_ends_the_reading_of_css(text: str) -> None:
    for source in (text, f"a{{{text}", f"{text}{{fill:red}}"):
        cascade.parse_sheet(source)
        cascade.parse_declarations(source)


def test_what_cannot_be_read_has_no_effect() -> None:
    nested = "(" * 5000 + ")" * 5000
    assert '<path fill="red"/>' in clean("<path/>", f"path{{fill:red;fill:{nested};stroke:}}")
    assert "<path/>" in clean(f'<path style="fill:red;x:{"1" * 5000}"/>')


WORDS = st.from_regex(r"-?[a-z][a-z0-9-]{0,8}", fullmatch=True)
NUMBERS = st.from_regex(r"[+-]?([0-9]{1,4}|[0-9]{0,3}\.[0-9]{1,3})(px|%|em)?", fullmatch=True)
COLOURS = st.from_regex(r"#[0-9a-f]{3,8}", fullmatch=True)
CALLS = st.builds("{}({})".format, WORDS.filter("url".__ne__), st.lists(NUMBERS).map(", ".join))
TARGETS = WORDS.map("url(#{})".format)
VALUES = st.lists(WORDS | NUMBERS | COLOURS | CALLS | TARGETS, min_size=1).map(" ".join)


@given(st.lists(st.builds(cascade.Declaration, WORDS, VALUES, st.booleans())))
def test_declarations_are_read_as_they_are_written(declarations: list[cascade.Declaration]) -> None:
    written = [f"{d.name}: {d.value}{' !important' * d.important}" for d in declarations]
    assert cascade.parse_declarations(" ; ".join(written)) == tuple(declarations)


def selected(steps: list[tuple[str, str]], path: list[str]) -> bool:
    """Whether the end of a path of tags is selected, straight from what a selector means."""
    (joint, tag), before = steps[-1], steps[:-1]
    if not path or tag not in ("*", path[-1]):
        return False
    above = [path[:-1]] if joint == ">" else [path[:depth] for depth in range(len(path))]
    return not before or any(selected(before, shorter) for shorter in above)


STEPS = st.tuples(st.sampled_from(" >"), st.sampled_from("ab*"))


@given(st.lists(STEPS, min_size=1, max_size=5), st.lists(st.sampled_from("ab"), min_size=1))
def test_a_selector_means_a_way_down(steps: list[tuple[str, str]], path: list[str]) -> None:
    selector = "".join(joint + tag for joint, tag in steps)[1:]
    sheet = cascade.parse_sheet(selector + "{fill:red}")
    found = cascade.cascade([sheet.traits(tag, {}) for tag in path], sheet, "")
    assert (found == {"fill": "red"}) == selected(steps, path)
