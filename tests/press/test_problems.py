"""Every message of the press, exactly: `problems.md` holds input and message side by side."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from casebook.core.problems import Kind
from harness import build, write

FIXTURE = Path(__file__).with_name("problems.md")


@dataclass
class Case:
    name: str
    files: dict[str, str] = field(default_factory=dict)
    expected: list[str] = field(default_factory=list)


def cases() -> list[Case]:
    found = []
    for section in FIXTURE.read_text(encoding="utf-8").split("\n## ")[1:]:
        name, _, rest = section.partition("\n")
        files = dict(re.findall(r"^~~~ (\S+)\n(.*?)^~~~$", rest, re.S | re.M))
        expected = re.findall(
            r"^    (.*)$", re.sub(r"^~~~.*?^~~~$", "", rest, flags=re.S | re.M), re.M
        )
        found.append(Case(name, files, expected))
    return found


CASES = cases()
ALONE = [case for case in CASES if set(case.files) != {"page.md"}]
TOGETHER = [case for case in CASES if set(case.files) == {"page.md"}]


@pytest.fixture(scope="session")
def together(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    """The cases of one page each are built as one book, a page a case."""
    root = tmp_path_factory.mktemp("problems")
    pages = {f"case{i:02d}": case for i, case in enumerate(TOGETHER)}
    toctree = "# Index\n\n```{toctree}\n" + "\n".join(pages) + "\n```\n"
    # The home of a pattern that cases link to, and of the sources that they name.
    home = "# Idempotency\n\n```{pattern} idempotency\n```\n\n```{bibliography}\n```\n"
    files = {f"{name}.md": case.files["page.md"] for name, case in pages.items()}
    write(root, {"index.md": toctree.replace("\n```\n", "\nhome\n```\n"), "home.md": home, **files})
    warnings = build(root).warnings
    return {
        case.name: [
            w.replace(f"{name}.md", "page.md") for w in warnings if w.startswith(f"{name}.md")
        ]
        for name, case in pages.items()
    }


@pytest.mark.parametrize("case", TOGETHER, ids=lambda case: case.name)
def test_message_of_a_page(case: Case, together: dict[str, list[str]]) -> None:
    assert together[case.name] == case.expected


@pytest.mark.parametrize("case", ALONE, ids=lambda case: case.name)
def test_message_of_a_book(case: Case, tmp_path: Path) -> None:
    write(tmp_path, case.files)
    assert build(tmp_path).warnings == case.expected


def test_every_kind_has_a_case() -> None:
    shown = {
        kind
        for case in CASES
        for line in case.expected
        for kind in re.findall(r"\[casebook\.(\S+)\]", line)
    }
    # The renderer's absence is acted in test_diagrams.py, since no page can cause it.
    assert shown == {kind.value for kind in Kind} - {Kind.NO_RENDERER.value}
