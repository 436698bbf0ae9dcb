"""A chart that chooses, on the screen: radio buttons in plain CSS pick one of its panels."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from casebook.base.page_files import link_files
from casebook.core.figures.panels import Panels

if TYPE_CHECKING:
    from docutils import nodes
    from sphinx.application import Sphinx

_START = '<fieldset class="choose">'
_SHEET = Path(__file__).with_name("choose.css")


def fieldset(panels: Panels, name: str, drawings: list[str]) -> str:
    """Return the HTML of all drawings with buttons; `name` is unique on the page."""
    assert panels.by
    legend = panels.by.name[0].upper() + panels.by.name[1:]
    buttons, held = [], []
    for number, drawing in enumerate(drawings):
        key = escape(f"{name}-{number}")
        checked = " checked" if number == panels.first else ""
        buttons.append(
            f'<input type="radio" name="{escape(name)}" id="{key}" value="{number}"{checked}>'
            f'<label for="{key}">{escape(panels.label(number))}</label>'
        )
        on_paper = " choose-printed" if panels.printed in (None, number) else ""
        held.append(f'<div class="choose-panel{on_paper}">{drawing}</div>')
    return (
        f"{_START}<legend>{escape(legend)}</legend>{''.join(buttons)}"
        f'<div class="choose-panels">{"".join(held)}</div></fieldset>'
    )


def _link(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    if _START in context.get("body", ""):  # in one single page there is no document to ask
        link_files(app, _SHEET)


def setup(app: Sphinx) -> None:
    """Link the style sheet from the pages that need it."""
    app.connect("html-page-context", _link)
