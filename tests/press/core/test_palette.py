"""The palette: its contrasts, its CSS and LaTeX forms, and the two styles for code."""

from __future__ import annotations

import re

import pytest
from casebook.core import palette
from casebook.core.code_styles import DarkStyle, LightStyle, is_ink, token_colours
from pygments.token import (  # type: ignore[import-untyped]
    Comment,
    Generic,
    Keyword,
    Name,
    Number,
    Operator,
    Punctuation,
    String,
    Token,
)

MEDIA: tuple[palette.Medium, ...] = ("light", "dark", "print")
GROUNDS = ("paper", "sunk", "raised", "tint", "mark-tint")
CODE = ("ink", "ink-2", "ink-3", "code-keyword", "code-string", "code-number", "code-comment")


def test_contrast_is_that_of_wcag() -> None:
    assert palette.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert palette.contrast("#777777", "#777777") == 1
    assert palette.contrast("#ffffff", "#767676") == pytest.approx(4.54, abs=0.005)


@pytest.mark.parametrize("wrong", ["#fff", "red", "", "123456#"])
def test_only_long_hex_has_a_luminance(wrong: str) -> None:
    with pytest.raises(ValueError, match="#rrggbb"):
        palette.luminance(wrong)


@pytest.mark.parametrize("medium", MEDIA)
@pytest.mark.parametrize("ground", GROUNDS)
@pytest.mark.parametrize("text", ["ink", "ink-2", "ink-3", "accent", "mark"])
def test_text_is_readable_on_every_ground(medium: palette.Medium, ground: str, text: str) -> None:
    assert palette.contrast(palette.value(text, medium), palette.value(ground, medium)) >= 4.5


@pytest.mark.parametrize("medium", MEDIA)
def test_graphics_and_code_can_be_seen(medium: palette.Medium) -> None:
    for ground in GROUNDS:
        assert palette.contrast(palette.value("line", medium), palette.value(ground, medium)) >= 3
    for name in CODE:
        assert palette.contrast(palette.value(name, medium), palette.value("sunk", medium)) >= 4.5
    for number in range(1, 7):
        series = palette.value(f"series-{number}", medium)
        assert palette.contrast(series, palette.value("paper", medium)) >= 3


@pytest.mark.parametrize(
    ("medium", "name", "worst", "on_paper"),
    [
        ("light", "ink", 14.1, 16.1),
        ("light", "ink-3", 5.1, 5.8),
        ("light", "line", 3.1, 3.5),
        ("dark", "ink", 11.0, 13.8),
        ("dark", "mark", 5.7, 7.2),
        ("print", "ink-2", 8.7, 10.1),
        ("print", "mark", 5.0, 5.8),
    ],
)
def test_contrasts_are_those_of_the_design(
    medium: palette.Medium, name: str, worst: float, on_paper: float
) -> None:
    own = palette.value(name, medium)
    on = [palette.contrast(own, palette.value(ground, medium)) for ground in GROUNDS]
    assert min(on) == pytest.approx(worst, abs=0.06)
    assert on[0] == pytest.approx(on_paper, abs=0.06)


def test_every_value_is_a_colour() -> None:
    for colour in palette.TOKENS.values():
        for medium in MEDIA:
            assert re.fullmatch(r"#[0-9a-f]{6}", colour.on(medium))
    assert palette.value("dia-edge", "dark") == palette.TOKENS["ink-3"].dark
    with pytest.raises(KeyError):
        palette.value("blue", "light")


def test_variables_become_the_colours_of_print() -> None:
    rule = "a { border: 1px solid var(--cb-line); color: var(--cb-dia-edge) }"
    assert palette.printed(rule) == "a { border: 1px solid #80848a; color: #595e65 }"
    with pytest.raises(KeyError, match="blue"):
        palette.printed("color: var(--cb-blue)")


def test_css_sets_every_token_in_every_medium() -> None:
    sheet = palette.css()
    assert sheet.count("{") == sheet.count("}")
    assert sheet.count("--cb-paper: #14171a;") == 2
    assert 'body[data-theme="dark"]' in sheet
    assert "(prefers-color-scheme: dark)" in sheet
    assert "--cb-dia-edge: var(--cb-ink-3);" in sheet
    screen, paper = sheet.split("@media print {")
    assert all(f"--cb-{name}: {c.light};" in screen for name, c in palette.TOKENS.items())
    assert "--cb-ink: #14161a;" in paper
    assert "--cb-accent" not in paper
    assert "--cb-shadow: none;" in paper


def test_latex_defines_every_name() -> None:
    lines = palette.latex().splitlines()
    assert r"\definecolor{cbink2}{HTML}{3E4248}" in lines
    assert r"\definecolor{cbdianoteedge}{HTML}{AD4427}" in lines
    assert len(lines) == len(palette.TOKENS) + len(palette.ALIASES)
    form = re.compile(r"\\definecolor\{cb[a-z0-9]+\}\{HTML\}\{[0-9A-F]{6}\}")
    assert all(form.fullmatch(line) for line in lines)


@pytest.mark.parametrize(("style", "medium"), [(LightStyle, "light"), (DarkStyle, "dark")])
def test_code_takes_the_tokens(style: type[LightStyle], medium: palette.Medium) -> None:
    def colour(token: object) -> str:
        shown = style.style_for_token(token)
        assert not shown["bold"]
        assert not shown["italic"]
        return f"#{shown['color']}".lower()

    for token in (Keyword, Keyword.Constant, Operator.Word):
        assert colour(token) == palette.value("code-keyword", medium)
    assert colour(String.Doc) == palette.value("code-string", medium)
    assert colour(Number.Float) == palette.value("code-number", medium)
    assert colour(Comment.Single) == palette.value("code-comment", medium)
    assert colour(Name.Decorator) == palette.value("ink-2", medium)
    assert colour(Generic.Prompt) == palette.value("ink-3", medium)
    assert colour(Generic.Output) == palette.value("code-string", medium)
    assert colour(Name.Function) == palette.value("ink", medium)
    assert style.background_color == palette.value("sunk", medium)
    assert token_colours(medium)[Token] == palette.value("ink", medium)


def test_ink_is_what_has_no_colour_of_its_own() -> None:
    for kind in (Token, Name, Name.Function, Name.Builtin, Punctuation, Operator):
        assert is_ink(kind)
    for kind in (Keyword, Keyword.Constant, Operator.Word, Name.Decorator, String.Doc, Comment):
        assert not is_ink(kind)
    # By night the same tokens are plain, so one page serves both.
    ink = DarkStyle.style_for_token(Token)["color"]
    for kind in (Name, Punctuation, Operator, Keyword, Name.Decorator, String, Number, Comment):
        assert (DarkStyle.style_for_token(kind)["color"] == ink) is is_ink(kind)
