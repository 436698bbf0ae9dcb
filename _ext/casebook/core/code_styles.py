"""Two Pygments styles made from the palette, so that code follows the page by day and by night.

Everything is ink but keywords, strings, numbers and comments; decorators and prompts step back, and
what a session prints has the colour of strings. No bold, no italic: the mono face has one cut.
"""

from __future__ import annotations

from pygments.style import Style  # type: ignore[import-untyped]
from pygments.token import (  # type: ignore[import-untyped]
    Comment,
    Generic,
    Keyword,
    Name,
    Number,
    Operator,
    String,
    Token,
)

from casebook.core.palette import Medium, value


def token_colours(medium: Medium) -> dict[object, str]:
    """Return ``#rrggbb`` by Pygments token type; types not named inherit from their parents."""
    return {
        Token: value("ink", medium),
        Keyword: value("code-keyword", medium),
        Operator.Word: value("code-keyword", medium),
        String: value("code-string", medium),
        Number: value("code-number", medium),
        Comment: value("code-comment", medium),
        Name.Decorator: value("ink-2", medium),
        Generic.Prompt: value("ink-3", medium),
        Generic.Output: value("code-string", medium),
    }


class LightStyle(Style):  # type: ignore[misc]
    """Code on the screen by day and, as the values hardly differ, in print."""

    name = "casebook-light"
    background_color = value("sunk", "light")
    highlight_color = value("tint", "light")
    line_number_color = value("ink-3", "light")
    styles = token_colours("light")


class DarkStyle(Style):  # type: ignore[misc]
    """Code on the screen by night."""

    name = "casebook-dark"
    background_color = value("sunk", "dark")
    highlight_color = value("tint", "dark")
    line_number_color = value("ink-3", "dark")
    styles = token_colours("dark")


def is_ink(kind: object) -> bool:
    """Tell whether a kind of token has the colour of plain text."""
    return bool(
        LightStyle.style_for_token(kind)["color"] == LightStyle.style_for_token(Token)["color"]
    )
