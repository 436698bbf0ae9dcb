"""The look of the web edition, over furo: style sheets, script, templates, the policy of pages."""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

from docutils import nodes
from furo import THEME_PATH  # type: ignore[import-untyped]
from pygments.lexers.special import TextLexer  # type: ignore[import-untyped]
from sphinx.transforms.post_transforms import SphinxPostTransform

from casebook.base.files import write_text
from casebook.core import palette
from casebook.core.metrics import dates
from casebook.core.problems import Problem
from casebook.web import tokens

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config

FAVICON = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><style>path{fill:%s}'
    "@media(prefers-color-scheme:dark){path{fill:%s}}</style>"
    '<path d="M1 2h3v12H1zM6 2h9v2H6zM6 7h9v2H6zM6 12h6v2H6z"/></svg>\n'
)
"""The hang column and three lines of text."""

CARDS = (
    "card(-body|-title|-text)?|col(-[a-z0-9-]+)?|container-fluid|d-flex-row|font-weight-bold"
    "|mb-4|row(-cols-[a-z0-9-]+)?|shadow-sm|sphinx-override|w-100"
)
"""The classes of sphinx-design's grids and cards, without their "sd-": cards.css sets these."""
DESIGN = ("sphinx-design", "design-tabs", "furo-extensions")
OPTIONAL = {
    re.compile(rf'class="(?:[^"]* )?sd-(?!(?:{CARDS})[ "])'): DESIGN,
    re.compile(r'class="(?:[^"]* )?sd-(?:card|row)'): ("cards.css",),
    re.compile('class="highlight'): ("copybutton.js", "clipboard"),
}
"""What a page must hold to need the files of an extension: a pattern, and parts of their names."""
FOLDER = Path(__file__).parent
STATIC, TEMPLATES = FOLDER / "static", FOLDER / "templates"
SCRIPTS = ("look.js", "tooltips.js")
"""They make one file, which is less to load than two."""
UNUSED = ("copybutton.css",)
"""Files whose part look.css plays alone."""


def _write_tokens(app: Sphinx) -> None:
    # Beside the doctrees, so that the output holds nothing but the book.
    folder = Path(app.doctreedir, "look", app.builder.name)
    if app.builder.name == "epub":
        # Copied last, in place of the source: some e-book readers know no variables.
        sheet = (STATIC / "ebook.css").read_text(encoding="utf-8")
        write_text(folder / "ebook.css", palette.printed(sheet))
        app.config.html_static_path.append(str(folder))
    elif app.builder.format == "html":
        write_text(folder / "tokens.css", tokens.css())
        accent = palette.TOKENS["accent"]
        write_text(folder / "favicon.svg", FAVICON % (accent.light, accent.dark))
        app.config.html_static_path.append(str(folder))
        app.add_css_file("tokens.css", priority=400)
        scripts = [(FOLDER / name).read_text(encoding="utf-8") for name in SCRIPTS]
        write_text(folder / "look.js", "\n".join(scripts))


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
    """Return the SHA-256, in base64, of the one inline script that furo writes.

    The policy of every page names it.
    """
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
    absent = [name for sign, names in OPTIONAL.items() if not sign.search(body) for name in names]
    unused = (*UNUSED, *absent)
    for kind in {"css_files", "script_files"} & context.keys():
        context[kind] = [
            file for file in context[kind] if not any(name in str(file.filename) for name in unused)
        ]


def _strip_comments(app: Sphinx, error: Exception | None) -> None:
    # They are kilobytes of what every reader loads; the source keeps them.
    comments = {".css": r"(?s)/\*.*?\*/\n?", ".js": r"(?m)^ *//.*\n"}
    static = Path(app.outdir, "_static")
    own = [static / name for name in ("look.css", "cards.css", "look.js")]
    for file in (*own, *static.glob("casebook-*.*")):
        if error is None and file.exists() and file.suffix in comments:
            bare = re.sub(comments[file.suffix], "", file.read_text(encoding="utf-8"))
            write_text(file, bare)


def _dress(config: Config) -> None:
    config.templates_path = [*config.templates_path, str(TEMPLATES)]
    config.html_static_path = [*config.html_static_path, str(STATIC)]
    # Of itself the electronic book has the style sheets of the pages.
    config.epub_css_files = [*config.epub_css_files, "ebook.css"]
    config.html_css_files = [*config.html_css_files, "look.css", "cards.css"]
    config.html_js_files = [*config.html_js_files, ("look.js", {"defer": "defer"})]
    # What only the web edition needs stays out of the electronic book.
    files = sorted(path for path in STATIC.rglob("*") if path.is_file())
    config.epub_exclude_files = [
        *config.epub_exclude_files,
        "_static/look.js",
        *(f"_static/{p.relative_to(STATIC).as_posix()}" for p in files if p.name != "ebook.css"),
    ]


def setup(app: Sphinx) -> None:
    """Dress the pages, once it is known that the book wants that."""
    _dress(app.config)
    app.connect("builder-inited", _write_tokens, priority=100)
    app.connect("html-page-context", _page_context)
    app.connect("build-finished", _strip_comments)
    app.add_post_transform(PlainTables)
    # Of fences within fences, as pages for authors have them, Pygments colours every other one.
    app.add_lexer("markdown", TextLexer)
