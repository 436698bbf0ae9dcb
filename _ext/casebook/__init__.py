"""The press of *Elite Engineering Case Studies*: one Sphinx extension.

`casebook.core` is plain Python and can be imported alone; everything else is imported when Sphinx
calls `setup`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.util.typing import ExtensionMetadata

__version__ = "2.0"


def setup(app: Sphinx) -> ExtensionMetadata:
    """Register every feature with Sphinx."""
    from casebook import features

    version = features.setup(app)
    return {
        "version": __version__,
        "env_version": version,
        "parallel_read_safe": True,
        "parallel_write_safe": True,
    }
