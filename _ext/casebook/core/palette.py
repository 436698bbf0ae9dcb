"""The colours of the book: the one table for CSS, LaTeX, code, diagrams and charts.

Source: the palette of the visual design, chosen for contrast (WCAG 2) on every ground it names and
for distance between the series in normal and in colour-blind sight. Nothing else in the project may
hold a colour of its own; a chart or a diagram is drawn with these values or with their names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

Medium: TypeAlias = Literal["light", "dark", "print"]
"""Where a colour is shown: the screen by day, the screen by night, or paper."""


@dataclass(frozen=True, slots=True)
class Colour:
    """One token: the same role in three media, each as ``#rrggbb``."""

    light: str
    dark: str
    print: str

    def on(self, medium: Medium) -> str:
        """Return the value for one medium, as ``#rrggbb``."""
        return {"light": self.light, "dark": self.dark, "print": self.print}[medium]


TOKENS: Mapping[str, Colour] = MappingProxyType(
    {
        "paper": Colour("#fcfcfb", "#14171a", "#ffffff"),
        "sunk": Colour("#f3f3f0", "#1c2024", "#f4f4f2"),
        "raised": Colour("#ffffff", "#23282d", "#ffffff"),
        "tint": Colour("#e6eef5", "#1a2c3b", "#e9eff5"),
        "mark-tint": Colour("#f9ece6", "#37241b", "#f8ede8"),
        "ink": Colour("#1c1f23", "#e0e2e3", "#14161a"),
        "ink-2": Colour("#464b52", "#b4b9be", "#3e4248"),
        "ink-3": Colour("#5f646b", "#9aa0a7", "#595e65"),
        "line": Colour("#83878d", "#747b83", "#80848a"),
        "hair": Colour("#dedfdb", "#30353a", "#c8cac6"),
        "accent": Colour("#165687", "#84b7e6", "#165687"),
        "mark": Colour("#ad4427", "#ec8a5a", "#ad4427"),
        "series-1": Colour("#165687", "#7db2e3", "#165687"),
        "series-2": Colour("#ad4427", "#e8793f", "#ad4427"),
        "series-3": Colour("#248d7d", "#47ceb8", "#248d7d"),
        "series-4": Colour("#7a2157", "#b277b4", "#7a2157"),
        "series-5": Colour("#ae8519", "#f4c456", "#ae8519"),
        "series-6": Colour("#252a32", "#dce4f0", "#252a32"),
        "code-keyword": Colour("#165687", "#84b7e6", "#165687"),
        "code-string": Colour("#3f6a2a", "#a5c98b", "#3f6a2a"),
        "code-number": Colour("#7a2157", "#d39fcb", "#7a2157"),
        "code-comment": Colour("#5f646b", "#9aa0a7", "#5f646b"),
    }
)
"""Every colour that has a value of its own, by the name used in the text of the design."""

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "dia-node": "raised",
        "dia-edge": "ink-3",
        "dia-text": "ink",
        "dia-group": "sunk",
        "dia-hair": "line",
        "dia-key": "tint",
        "dia-key-edge": "accent",
        "dia-note": "mark-tint",
        "dia-note-edge": "mark",
    }
)
"""The parts of a diagram and the token each is drawn in."""

VARIABLE = re.compile(r"var\(--cb-([a-z0-9-]+)\)")
"""A token's or an alias's colour in CSS; group 1 is its name."""

SHADOW = Colour(
    "0 .25rem 1rem rgb(28 31 35 / .14)",
    "0 .25rem 1rem rgb(0 0 0 / .5)",
    "none",
)
"""The only shadow, as a CSS ``box-shadow``; for what floats and nothing else."""


def value(name: str, medium: Medium) -> str:
    """Return the colour of a token or an alias as ``#rrggbb``.

    Raises ``KeyError`` for any other name.
    """
    return TOKENS[ALIASES.get(name, name)].on(medium)


def printed(text: str) -> str:
    """Put the colour of print in each place of a variable, for readers that know no variables.

    Raises ``KeyError`` for a variable that is no token or alias.
    """
    return VARIABLE.sub(lambda found: value(found[1], "print"), text)


def luminance(colour: str) -> float:
    """Return the relative luminance of ``#rrggbb``, 0 (black) to 1 (white), by WCAG 2.

    Raises ``ValueError`` for a colour of any other form.
    """
    if len(colour) != 7 or not colour.startswith("#"):
        raise ValueError(f"not a colour of the form #rrggbb: {colour!r}")
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    """Return the contrast ratio of two colours ``#rrggbb``, 1 to 21, by WCAG 2.

    The order does not matter. Raises ``ValueError`` for a colour of any other form.
    """
    low, high = sorted((luminance(a), luminance(b)))
    return (high + 0.05) / (low + 0.05)


def _declarations(medium: Medium, names: Iterable[str], indent: str) -> list[str]:
    lines = [f"{indent}--cb-{name}: {TOKENS[name].on(medium)};" for name in names]
    return [*lines, f"{indent}--cb-shadow: {SHADOW.on(medium)};"]


DARK = 'body[data-theme="dark"]'
"""Selects the page where the theme's switch says dark."""
BY_SYSTEM = 'body:not([data-theme="light"])'
"""Selects the page where the reader's system decides."""


def css(dark: str = DARK, by_system: str = BY_SYSTEM) -> str:
    """Return a style sheet of custom properties ``--cb-NAME`` for light, dark and print.

    Dark is chosen by the theme's switch, or by the reader's system where the switch leaves it to
    that. The aliases stand once: ``var()`` is resolved on ``body``, where
    every medium sets its tokens.
    """
    changed = [name for name, colour in TOKENS.items() if colour.print != colour.light]
    parts = [
        "body {",
        *_declarations("light", TOKENS, "  "),
        *(f"  --cb-{name}: var(--cb-{token});" for name, token in ALIASES.items()),
        "}",
        "@media not print {",
        f"  {dark} {{",
        *_declarations("dark", TOKENS, "    "),
        "  }",
        "  @media (prefers-color-scheme: dark) {",
        f"    {by_system} {{",
        *_declarations("dark", TOKENS, "      "),
        "    }",
        "  }",
        "}",
        "@media print {",
        "  body {",
        *_declarations("print", changed, "    "),
        "  }",
        "}",
    ]
    return "\n".join(parts) + "\n"


def latex() -> str:
    r"""Return ``\definecolor`` lines (package xcolor) for print; ``ink-2`` becomes ``cbink2``."""
    lines = [
        rf"\definecolor{{cb{name.replace('-', '')}}}{{HTML}}{{{value(name, 'print')[1:].upper()}}}"
        for name in (*TOKENS, *ALIASES)
    ]
    return "\n".join(lines) + "\n"
