"""Begin a study: write its essay, a chapter, its ledger and its bibliography, to be filled in.

Usage: python tools/newstudy.py NAME TITLE

Nothing is written if anything is wrong; the answer is then a sentence, and the status 2.
"""

from __future__ import annotations

import importlib.util
import json
import keyword
import re
import sys
import tomllib
from collections.abc import Iterator
from importlib.machinery import PathFinder
from pathlib import Path
from string import Template

sys.path.insert(0, str(Path(__file__).parents[1] / "_ext"))

from casebook.literate.programs import pages

ROOT = Path(__file__).parents[1]
TEMPLATES = Path(__file__).with_name("templates")
FILES = {
    "essay.md": "{}.md",
    "program.md": "{}/program.md",
    "ledger.md": "{}/ledger.md",
    "sources.bib": "{}.bib",
}
"""What each template makes, in the folder of the studies."""
EXAMPLE = 'make study NAME=acme-queue TITLE="Acme: the queue"'
NUMBERED = re.compile(r"^(`{3,}|:{3,})\{toctree\}\n(?=(?::.*\n)*:numbered:)(?s:.*?)^\1$", re.M)


def begun(root: Path, name: str, title: str) -> dict[Path, str]:
    """Return the files that begin a study of the book at `root`, and the index that names it.

    Raises ``ValueError`` with a sentence for the author if there can be no such study.
    """
    if wrong := next(_wrong(root, name, title), ""):
        raise ValueError(wrong)
    words = {
        "name": name,
        "package": name.replace("-", "_"),
        "title": _plain(title),
        "study": _plain(_short(title)),
        "quoted": json.dumps(_short(title), ensure_ascii=False),
    }
    studies = root / "source" / "elite"
    made = {
        studies / place.format(name): Template((TEMPLATES / file).read_text("utf-8")).substitute(
            words
        )
        for file, place in FILES.items()
    }
    index = root / "source" / "index.md"
    made[index] = _listed(index.read_text(encoding="utf-8"), f"elite/{name}")
    return made


def _wrong(root: Path, name: str, title: str) -> Iterator[str]:
    if not name:
        yield f"NAME is missing: say {EXAMPLE}."
    if not re.fullmatch(r"[a-z][a-z0-9]*(-[a-z0-9]+)*", name):
        yield f"NAME is '{name}'; it has to be lower-case words with hyphens, such as acme-queue."
    if not title.strip():
        yield f"TITLE is missing: say {EXAMPLE}."
    if not title.isprintable() or not _short(title):
        yield "TITLE has to be one line of words, such as “Acme: the queue”."
    for place in (f"{name}.md", f"{name}.bib", name):
        if (root / "source" / "elite" / place).exists():
            yield f"source/elite/{place} is there already; choose another NAME than '{name}'."
    package = name.replace("-", "_")
    if keyword.iskeyword(package) or _can_be_imported(root, package):
        yield (
            f"The program of the study would be the package '{package}', but Python finds "
            f"something else under that name; choose another NAME than '{name}'."
        )
    for page in pages(root):
        if any(file.path.partition("/")[0] == package for file in page.program.files):
            yield (
                f"The program of the study would be the package '{package}', but "
                f"{page.path.relative_to(root).as_posix()} prints one of that name; "
                f"choose another NAME than '{name}'."
            )
    if not NUMBERED.search((root / "source" / "index.md").read_text(encoding="utf-8")):
        yield "source/index.md has no numbered list of contents in which to name the study."


def _can_be_imported(root: Path, package: str) -> bool:
    """Return whether the linters or the tests would find something else under that name."""
    settings = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))
    folders = settings["tool"]["pytest"]["ini_options"]["pythonpath"]
    own = [str(root), *(str(root / folder) for folder in folders)]
    return bool(importlib.util.find_spec(package) or PathFinder.find_spec(package, own))


def _short(title: str) -> str:
    """Return the short name, which stands in a title before a colon."""
    return title.partition(":")[0].strip()


def _plain(title: str) -> str:
    """Return words that Markdown takes as they stand."""
    return re.sub(r"([\\`*_\[\]<>{}#&|~])", r"\\\1", title.strip())


def _listed(index: str, page: str) -> str:
    """Name a page in the numbered list of contents, after the last study."""
    contents = NUMBERED.search(index)
    assert contents
    lines = contents[0].split("\n")
    if page in lines:
        return index
    studies = [number for number, line in enumerate(lines) if "elite/" in line]
    options = [number for number, line in enumerate(lines) if line.startswith(":")]
    at = max(studies, default=options[-1] + 1)
    lines.insert(at + 1, page)
    return index[: contents.start()] + "\n".join(lines) + index[contents.end() :]


def main(arguments: list[str], root: Path = ROOT) -> int:
    """Write the files; return 0, or 2 if nothing was written."""
    name, title = (*arguments, "", "")[:2]
    try:
        made = begun(root, name, title)
    except ValueError as refusal:
        print(refusal, file=sys.stderr)
        return 2
    for path, text in made.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        print(path.relative_to(root).as_posix())
    print(
        f"That is the study. Read it with `make live`, run it with `make one S={name}`, and say "
        "`make outputs` before `make test`."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
