"""The look of an edition: what the style sheets need, in the form its builder needs it.

The tokens have one source, `core.palette`; the files made of it here are written at each build.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from furo import THEME_PATH  # type: ignore[import-untyped]
from sphinx.transforms.post_transforms import SphinxPostTransform

from casebook.core import palette
from casebook.core.metrics import dates
from casebook.core.problems import Problem
from casebook.figures.diagrams import WIDE
from casebook.figures.drawings import WIDTH_STEP

if TYPE_CHECKING:
    from sphinx.application import Sphinx

FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><style>path{fill:%s}'
    "@media(prefers-color-scheme:dark){path{fill:%s}}</style>"
    '<path d="M1 2h3v12H1zM6 2h9v2H6zM6 7h9v2H6zM6 12h6v2H6z"/></svg>\n'
)
"""The hang column and three lines of text."""

OPTIONAL = {
    "sd-": ("sphinx-design", "design-tabs", "furo-extensions"),
    'class="highlight': ("copybutton.js", "clipboard"),
}
"""What a page must hold to need the files of an extension, by parts of their names."""
UNUSED = ("copybutton.css",)
"""Files whose part look.css plays alone."""


def _write_tokens(app: Sphinx) -> None:
    # Beside the doctrees, so that the output holds nothing but the book.
    folder = Path(app.doctreedir, "look", app.builder.name)
    if app.builder.name == "epub":
        # Copied last, in place of the source: some e-book readers know no variables.
        for static in app.config.html_static_path:
            sheet = Path(app.confdir, static, "ebook.css")
            if sheet.exists():
                _write(folder / sheet.name, palette.printed(sheet.read_text(encoding="utf-8")))
        app.config.html_static_path.append(str(folder))
    elif app.builder.format == "html":
        widths = range(WIDTH_STEP, WIDE + WIDTH_STEP + 1, WIDTH_STEP)
        rules = "".join(f".w-{w}{{--w:{w}px}}\n" for w in widths)
        _write(folder / "tokens.css", palette.css() + rules)
        accent = palette.TOKENS["accent"]
        _write(folder / "favicon.svg", FAVICON % (accent.light, accent.dark))
        app.config.html_static_path.append(str(folder))
        app.add_css_file("tokens.css", priority=400)
    if app.builder.format == "latex":
        _write(folder / "casebookcolours.sty", palette.latex())
        app.config.latex_additional_files.append(str(folder / "casebookcolours.sty"))


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


class PlainTables(SphinxPostTransform):
    """Undo what furo's wrapper repeats, leave column widths to the style sheet, let paths break."""

    default_priority = 510  # after furo's wrapper, at 500
    formats = ("html",)

    def run(self, **kwargs: Any) -> None:
        for table in self.document.findall(nodes.table):
            # docutils writes widths as style attributes, which the page's policy forbids.
            classes = [c for c in table["classes"] if c not in ("colwidths-given", "longtable")]
            table["classes"] = [*classes, "colwidths-auto"]
            wrapper = table.parent
            if isinstance(wrapper, nodes.container) and "table-wrapper" in wrapper["classes"]:
                wrapper["ids"] = []
                wide = ["wide-table"] if "wide" in table["classes"] else []
                wrapper["classes"] = ["table-wrapper", *wide]
                table["classes"] = [c for c in table["classes"] if c != "wide"]
        for locator in self.document.findall(nodes.inline):
            if "locator" in locator["classes"]:
                # After a slash; <wbr> is not copied with the path, as a space of no width would be.
                for words in list(locator.findall(nodes.Text)):
                    if isinstance(words.parent, nodes.raw):
                        continue  # the address of a link
                    first, *others = re.split(r"(?<=/)", words.astext())
                    made: list[nodes.Node] = [nodes.Text(first)]
                    for part in others:
                        made += [nodes.raw("", "<wbr/>", format="html"), nodes.Text(part)]
                    words.parent.replace(words, made)


@functools.cache
def _theme_script() -> str:
    """Hash of the one inline script that furo writes, for the policy of every page."""
    base = (THEME_PATH / "base.html").read_text(encoding="utf-8")
    script = re.findall(r"<script>(.*?)</script>", base, re.DOTALL)
    digest = hashlib.sha256("".join(script).encode()).digest()
    return base64.b64encode(digest).decode()


def _page_context(
    app: Sphinx, page: str, template: str, context: dict[str, Any], doctree: nodes.document | None
) -> None:
    context["theme_script_hash"] = _theme_script()
    date = dates.parse(context.get("edition_date") or "")
    context["edition"] = "" if isinstance(date, Problem) else str(date)
    body = context.get("body", "")
    absent = [name for sign, names in OPTIONAL.items() if sign not in body for name in names]
    unused = (*UNUSED, *absent)
    for kind in ("css_files", "script_files"):
        context[kind] = [
            file for file in context[kind] if not any(name in str(file.filename) for name in unused)
        ]


def _strip_comments(app: Sphinx, error: Exception | None) -> None:
    # They are kilobytes of what every reader loads; the source keeps them.
    for name, comment in (("look.css", r"(?s)/\*.*?\*/\n?"), ("look.js", r"(?m)^ *//.*\n")):
        sheet = Path(app.outdir, "_static", name)
        if error is None and sheet.exists():
            _write(sheet, re.sub(comment, "", sheet.read_text(encoding="utf-8")))


def setup(app: Sphinx) -> None:
    """Write the files once the builder is known; give each page what its template asks for."""
    app.connect("builder-inited", _write_tokens, priority=100)
    app.connect("html-page-context", _page_context)
    app.connect("build-finished", _strip_comments)
    app.add_post_transform(PlainTables)
