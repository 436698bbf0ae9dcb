"""How merman is made to draw in the book's colours: its settings, and a style sheet over its own.

Each theme variable gets a colour that stands for one token (a sentinel, of the form ``#f1a0NN``);
what merman writes itself, without a variable, is overridden by classes or listed in ``CONSTANTS``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from types import MappingProxyType

_VARIABLES: Mapping[str, str] = MappingProxyType(
    {
        "dia-node": "mainBkg primaryColor actorBkg stateBkg taskBkgColor nodeBkg rowOdd",
        "dia-edge": """lineColor defaultLinkColor arrowheadColor transitionColor signalColor
            nodeBorder primaryBorderColor actorBorder taskBorderColor doneTaskBorderColor
            specialStateColor innerEndBackground relationColor""",
        "dia-text": """primaryTextColor secondaryTextColor tertiaryTextColor textColor titleColor
            labelColor stateLabelColor nodeTextColor noteTextColor actorTextColor signalTextColor
            labelTextColor loopTextColor taskTextColor taskTextOutsideColor taskTextLightColor
            taskTextDarkColor taskTextClickableColor transitionLabelColor errorTextColor classText
            scaleLabelColor relationLabelColor requirementTextColor""",
        "dia-group": """clusterBkg secondaryColor tertiaryColor compositeBackground
            compositeTitleBackground altBackground labelBoxBkgColor sectionBkgColor
            sectionBkgColor2 doneTaskBkgColor excludeBkgColor rowEven""",
        "dia-hair": """clusterBorder secondaryBorderColor tertiaryBorderColor compositeBorder
            actorLineColor labelBoxBorderColor gridColor border1 border2""",
        "dia-key": "activationBkgColor activeTaskBkgColor",
        "dia-key-edge": "activationBorderColor activeTaskBorderColor",
        "dia-note": "noteBkgColor critBkgColor errorBkgColor",
        "dia-note-edge": "noteBorderColor critBorderColor todayLineColor vertLineColor",
        "paper": """background edgeLabelBackground labelBackgroundColor altSectionBkgColor
            sequenceNumberColor relationLabelBackground""",
    }
)
_TOKENS = tuple(_VARIABLES)
_SENTINEL_HEX = re.compile(r"#f1a0([0-9a-f]{2})", re.IGNORECASE)
_SENTINEL_RGB = re.compile(r"rgba?\(\s*241\s*,\s*160\s*,\s*(\d{1,3})\s*(?:,\s*[\d.]+%?\s*)?\)")
_FIRST = 16

CONSTANTS: Mapping[str, str] = MappingProxyType(
    {
        "#edf2ae": "dia-note",
        "#eaeaea": "dia-node",
        "#000": "dia-text",
        "#000000": "dia-text",
        "black": "dia-text",
        "white": "paper",
        "#fff": "paper",
        "#ffffff": "paper",
        "currentcolor": "dia-text",
        "#666": "dia-edge",
        "#999": "dia-hair",
        "rgba(185,185,185,1)": "dia-hair",
    }
)
"""Colours merman writes whatever the settings, in lower case without spaces, and their token."""


def token(colour: str) -> str | None:
    """Return the token that a colour in merman's output stands for; None if it stands for none."""
    match = _SENTINEL_HEX.fullmatch(colour) or _SENTINEL_RGB.fullmatch(colour)
    if match is None:
        return CONSTANTS.get(colour.replace(" ", "").lower())
    index = int(match[1], 16 if colour.startswith("#") else 10) - _FIRST
    return _TOKENS[index] if 0 <= index < len(_TOKENS) else None


FONT_SIZE = 14
"""Size of every label in CSS pixels: at a natural width of 780 px it is 6 pt in print."""

_MEASURED = 15
"""The size merman is told: it knows no font and takes letters to be 7 % narrower than Plex's."""


def _settings(actors: bool) -> dict[str, object]:
    variables = {
        variable: f"#f1a0{_FIRST + index:02x}"
        for index, names in enumerate(_VARIABLES.values())
        for variable in names.split()
    }
    boxes = {"look": "classic", "nodeSpacing": 36, "rankSpacing": 36}
    text = {f"{kind}FontSize": _MEASURED for kind in ("actor", "message", "note")}
    return {
        "look": "classic",
        "theme": "base",
        "fontSize": _MEASURED,
        "themeVariables": {**variables, "fontSize": f"{_MEASURED}px"},
        "flowchart": {**boxes, "padding": 12, "minNodeWidth": 40, "wrappingWidth": 150},
        "state": {"look": "classic"},
        "class": {"look": "classic", "hideEmptyMembersBox": True},
        "er": {"look": "classic", "fontSize": _MEASURED, "nodeSpacing": 60, "rankSpacing": 60},
        "sequence": {
            # a drawn person needs more height than a box, or the name lies over its legs
            **{"mirrorActors": False, "actorMargin": 36, "width": 118},
            **{"height": 65 if actors else 40, "diagramMarginX": 8, "diagramMarginY": 12, **text},
        },
        "gantt": {
            **{"useWidth": 780, "fontSize": _MEASURED, "sectionFontSize": _MEASURED},
            **{"barHeight": 24, "barGap": 6, "topPadding": 36, "leftPadding": 110},
            **{"rightPadding": 40, "gridLineStartPadding": 30, "titleTopMargin": 20},
        },
        "timeline": {"leftMargin": 0, "padding": 8},
    }


_ACTOR = re.compile(r"^\s*(?:create\s+)?actor\s", re.MULTILINE)


def prefix(source: str) -> str:
    """Return the line of settings that goes before a diagram's source."""
    settings = json.dumps(_settings(bool(_ACTOR.search(source))), separators=(",", ":"))
    return f"%%{{init: {settings}}}%%\n"


def _rule(selectors: str, **properties: str) -> str:
    """Write a rule whose every property wins; ``fill`` and ``stroke`` are tokens or ``none``."""
    written = []
    for name, value in properties.items():
        colour = name in ("fill", "stroke") and value != "none"
        text = f"var(--cb-{value})" if colour else value
        written.append(f"{name.replace('_', '-')}: {text} !important;")
    return f"{selectors} {{ {' '.join(written)} }}\n"


_SHAPES = "rect", "path", "polygon", "circle"


def _outline(name: str) -> str:
    return ", ".join(f".{name} > {shape}, .{name} > g > {shape}" for shape in _SHAPES)


_DASHES: Mapping[str, str] = MappingProxyType({"inferred": "6 3", "unknown": "1.5 3"})
"""The lines of what no source says; the nearer to nothing, the less is known."""


def _dashed(name: str, dashes: str) -> str:
    """Dash a node.

    Some outlines of flowcharts are drawn in many pieces and twice, over a ground without a line.
    Each piece would begin with a dash, so the ground gets the line instead.
    """
    paths = f'[aria-roledescription="flowchart-v2"] .{name} > .outer-path > path'
    ground, pieces = (f'{paths}[{part}="none"]' for part in ("stroke", "fill"))
    return "".join(
        [
            _rule(_outline(name), stroke_dasharray=dashes),
            _rule(ground, stroke="dia-edge", stroke_width="1px"),
            _rule(pieces, display="none"),
        ]
    )


_OF_UNKNOWN = '[data-merman-source-classes~="unknown"] text'

_CONDITIONS = '.loopText, [aria-roledescription="sequence"] .sectionTitle'
_HALO = {"stroke": "paper", "paint_order": "stroke", "stroke_linejoin": "round"}

SHEET = "".join(
    [
        "svg { fill: var(--cb-dia-text); }\n",
        _rule("svg", font_size=f"{FONT_SIZE}px"),
        _rule("g, text, tspan", font_size="inherit"),
        _rule(_outline("key"), fill="dia-key", stroke="dia-key-edge"),
        *(_dashed(name, dashes) for name, dashes in _DASHES.items()),
        _rule(_OF_UNKNOWN, fill="ink-2"),
        # words over lines
        _rule(".messageText", stroke_width="9px", **_HALO),
        _rule(_CONDITIONS, stroke_width="5px", **_HALO),
        _rule('text[data-merman-source-classes~="edgeLabel"]', stroke_width="6px", **_HALO),
        _rule('text[data-merman-source-classes~="edgeTerminals"]', stroke_width="4px", **_HALO),
        _rule('[id="merman-filled-head"] path, [id="merman-arrowhead"] path', fill="dia-edge"),
        # sequence
        _rule("rect.rect", fill="dia-group", stroke="none"),
        _rule(".actor-line", stroke="dia-hair", stroke_width="1px"),
        _rule(".loopLine", stroke="dia-hair", stroke_width="1px"),
        _rule("rect.actor, .actor-man line, .actor-man circle", stroke="dia-edge"),
        _rule("rect.actor, .actor-man line, .actor-man circle", stroke_width="1px"),
        _rule("rect.actor, .actor-man circle", fill="dia-node"),
        _rule(".activation0, .activation1, .activation2", fill="dia-key", stroke="dia-key-edge"),
        # entities
        _rule(".divider path", stroke_width="1px"),
        _rule(".row-rect-odd path", fill="dia-node"),
        _rule(".row-rect-even path", fill="dia-group"),
        # gantt; the line of today would make the drawing depend on the clock
        _rule(".today", display="none"),
        _rule(".domain", display="none"),
        _rule(".tick line", stroke="hair"),
        _rule(".tick text", fill="ink-2"),
        _rule(".tick", opacity="1"),
        _rule(".section", fill="none"),
        _rule(".task", stroke_width="1px"),
        _rule(".taskTextOutsideRight, .taskTextOutsideLeft", stroke_width="4px", **_HALO),
        # timeline
        _rule(".timeline-node path", fill="dia-group", stroke="none"),
        _rule(".taskWrapper path", fill="dia-node", stroke="dia-edge", stroke_width="1px"),
        _rule(".eventWrapper path", fill="dia-node", stroke="dia-hair", stroke_width="1px"),
        _rule(".timeline-node line", display="none"),
        _rule(".lineWrapper line", stroke="dia-edge", stroke_width="1px"),
    ]
)
"""CSS over merman's own: what no theme variable reaches."""


def doubted_parts(named: Mapping[str, list[str]]) -> str:
    """Return the CSS of edges and groups, by class; merman gives them their names alone."""
    return "".join(
        _rule(f'path[data-id="{name}"], [id="merman-{name}"] > rect', stroke_dasharray=_DASHES[of])
        for of, names in named.items()
        for name in names
    )
