"""``casebook-settings``: the reference of the settings, from the settings themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

from docutils import nodes

from casebook.base.config import FIELDS, PREFIX, TYPES
from casebook.base.directive import BookDirective
from casebook.base.standard_nodes import definition

if TYPE_CHECKING:
    from sphinx.application import Sphinx


class SettingList(BookDirective):
    """``casebook-settings``: each setting with its type, default and help."""

    has_content = False

    def run(self) -> list[nodes.Node]:
        listed = nodes.definition_list()
        for field in FIELDS:
            kind = TYPES[str(field.type)]
            words = f"{kind[0].upper()}{kind[1:]}; by default "
            default = nodes.literal("", repr(field.default))
            said = [nodes.Text(words), default, nodes.Text(f". {field.metadata['help']}")]
            # On paper a name may be broken where a path may: the column of terms is narrow.
            name = nodes.literal("", PREFIX + field.name)
            listed += definition([nodes.inline("", "", name, classes=["locator"])], said)
        return [listed]


def setup(app: Sphinx) -> None:
    """Register the directive."""
    app.add_directive("casebook-settings", SettingList)
