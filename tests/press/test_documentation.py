"""Every example on the authors' pages builds in every builder, without a message."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
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
    titled = example if "# " in example.split("\n## ")[0] else f"# Example\n\n{example}"
    return {"index.md": "# Book\n\n```{toctree}\nexample\n```\n", "example.md": titled}


@pytest.fixture(scope="session", params=EXAMPLES)
def built(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Built]:
    root = tmp_path_factory.mktemp("example")
    write(root, book(EXAMPLES[request.param]))
    return {builder: build(root, builder) for builder in BUILDERS}


def test_example_builds_in_every_builder(built: dict[str, Built]) -> None:
    assert [result.warnings for result in built.values()] == [[] for _ in BUILDERS]


def test_every_directive_and_role_has_an_example() -> None:
    from casebook import setup

    names: set[str] = set()

    class Recorder:
        def add_directive(self, name: str, *_: object, **__: object) -> None:
            names.add(name)

        add_role = add_directive

        def __getattr__(self, _: str) -> object:
            return lambda *args, **kwargs: None

    setup(Recorder())  # type: ignore[arg-type]
    shown = set(re.findall(r"\{([a-z-]+)\}", "".join(EXAMPLES.values())))
    lists = {"metric-index", "source-index", "aged-metrics"}  # shown on the book's own pages
    assert names - lists <= shown
