"""A problem with an option is reported at the option's own line, whatever the body says."""

from __future__ import annotations

from pathlib import Path

import pytest
from harness import build, write

PROBE = """
from casebook.base.directive import BookDirective
from casebook.core.problems import Kind, Problem

class Probe(BookDirective):
    option_spec = dict.fromkeys(("costs", "gains"), str)

    def run(self):
        self.warn(Problem(Kind.EMPTY, "here"), self.option_line("costs"))
        return []

def setup(app):
    app.add_directive("probe", Probe)
"""


@pytest.mark.parametrize(
    ("options", "line"),
    [
        (":gains: a\n:costs: b\n", 5),
        (":gains: a\n", 3),
        ("", 3),
        (":costs:\n:gains: a\n", 4),
        ("---\ncosts: b\n---\n", 5),
        ("---\ncosts: >-\n  b\n---\n", 6),
        ("---\ngains: a\ncosts:\n  b\n---\n", 7),
    ],
)
@pytest.mark.parametrize("body", ["costs: c\nMore.\n", "\nMore.\n:costs: c\n", ""])
def test_an_option_has_its_line(tmp_path: Path, options: str, line: int, body: str) -> None:
    text = f"# Book\n\n```{{probe}}\n{options}{body}```\n"
    if body and not options.startswith("---"):
        text = text.replace(options + body, f"{options}\n{body}")
    write(tmp_path, {"index.md": text}, PROBE)
    found = [w for w in build(tmp_path, "text").warnings if "here" in w]
    assert [w.partition(": ")[0] for w in found] == [f"index.md:{line}"]
