"""Every example on the authors' pages builds in every builder, without a message."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from casebook.literate import importing
from casebook.literate import running as outputs
from casebook.literate.programs import pages
from harness import Built, build, write

AUTHORS = Path(__file__).parents[2] / "source" / "authors"
EXAMPLES = {
    f"{path.stem}-{i}": text
    for path in sorted(AUTHORS.glob("*.md"))
    for i, text in enumerate(
        re.findall(r"^````markdown\n(.*?)^````$", path.read_text(encoding="utf-8"), re.S | re.M), 1
    )
}
BUILDERS = ("html", "latex", "text", "epub")


def book(example: str) -> dict[str, str | None]:
    titled = example if example.startswith(("# ", "---")) else f"# Example\n\n{example}"
    return {"index.md": "# Book\n\n```{toctree}\nexample\n```\n", "example.md": titled}


def computed(root: Path) -> dict[str, str | None]:
    """What the programs of an example store, run as `make outputs` runs them."""
    found, hooks = list(pages(root)), list(sys.meta_path)
    importing.install(found)
    try:
        return {f"elite/outputs/{made.file}": made.text for made in outputs.made(found)}
    finally:
        sys.meta_path[:] = hooks
        for name in [name for name in sys.modules if name.startswith("mini_acme")]:
            del sys.modules[name]


@pytest.fixture(scope="session", params=EXAMPLES)
def built(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Built]:
    root = tmp_path_factory.mktemp("example")
    write(root, book(EXAMPLES[request.param]))
    write(root, computed(root))
    return {builder: build(root, builder) for builder in BUILDERS}


def test_example_builds_in_every_builder(built: dict[str, Built]) -> None:
    assert [result.warnings for result in built.values()] == [[] for _ in BUILDERS]


def test_every_directive_and_role_has_an_example() -> None:
    from casebook import setup

    names: set[str] = set()

    class Recorder:
        srcdir, config = Path(), SimpleNamespace(casebook_print_fonts="")

        def add_directive(self, name: str, *_: object, **__: object) -> None:
            names.add(name)

        add_role = add_directive

        def __getattr__(self, _: str) -> object:
            return lambda *args, **kwargs: None

    setup(Recorder())  # type: ignore[arg-type]
    shown = set(re.findall(r"\{([a-z-]+)\}", "".join(EXAMPLES.values())))
    # Shown on the book's own pages.
    lists = {"metric-index", "source-index", "aged-metrics"}
    lists |= {"insight-index", "claims-ledger", "chart-data"}
    assert names - lists <= shown
