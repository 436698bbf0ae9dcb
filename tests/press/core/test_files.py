"""What the pages make as files, and changes of the files as changes of the pages."""

from __future__ import annotations

import json

import pytest
from casebook.core.literate.files import ORIGINS, Edit, edited, edits, planned
from casebook.core.literate.messages import Origin
from hypothesis import given
from hypothesis import strategies as st

from .test_tangle import ROOTS, many
from .webs import Web, chunk, good, webs

PAGE = (
    chunk("first", '"""Adds."""\n\nimport os', "pack/a.py")
    + chunk("top", "def f():\n    <<steps>>\n    return x", "pack/a.py")
    + chunk("steps", "x = 1\n\ny = 2")
)
BEFORE = ['"""Adds."""', "", "import os", "", "", "def f():", "    x = 1", "", "    y = 2",
          "    return x"]  # fmt: skip


def origin_of(page: str) -> Origin:
    (file,) = good(page).files
    found: Origin = json.loads(planned([("page.md", file)])[ORIGINS])[file.path]
    return found


def after(now: list[str]) -> str:
    """The page whose file changed to that."""
    return edited(PAGE, edits(BEFORE, now, origin_of(PAGE)))


def test_every_file_and_where_its_lines_are_from() -> None:
    files = [("page.md", file) for file in good(PAGE).files]
    other = good(chunk("b", "x = 1", "pack/_.py")).files
    made = planned([*files, ("other.md", other[0])])
    assert list(made) == ["pack/_.py", "pack/a.py", ORIGINS]
    assert made["pack/a.py"].splitlines() == BEFORE
    assert json.loads(made[ORIGINS])["pack/_.py"] == {"page": "other.md", "lines": [[3, 0]]}
    assert planned([]) == {ORIGINS: "{}\n"}


def changed(at: int, *lines: str, gone: int = 1) -> list[str]:
    return [*BEFORE[:at], *lines, *BEFORE[at + gone :]]


@pytest.mark.parametrize(
    ("now", "old", "new"),
    [
        (changed(2, "import re"), "import os", "import re"),
        (changed(6, "    x = (", "        1", "    )"), "x = 1", "x = (\n    1\n)"),
        (changed(7, "", "", "    z = 3", ""), "x = 1\n\ny", "x = 1\n\n\nz = 3\n\ny"),
        (changed(7), "x = 1\n\ny", "x = 1\ny"),
        (changed(6, "    x = 1", "    z = 3"), "x = 1", "x = 1\nz = 3"),
        (changed(1, "", "", gone=1), '"""\n\nimp', '"""\n\n\nimp'),
        ([*BEFORE, "    # The end."], "return x", "return x\n    # The end."),
    ],
)
def test_a_change_comes_home(now: list[str], old: str, new: str) -> None:
    assert PAGE.count(old) == 1
    assert after(now) == PAGE.replace(old, new)


def test_two_changes_come_home() -> None:
    now = [*changed(2, "import re", "import io")[:-1], "    return y"]
    one = PAGE.replace("import os", "import re\nimport io")
    assert after(now) == one.replace("return x", "return y")


@pytest.mark.parametrize(
    "now",
    [
        changed(3),  # a blank line that no chunk holds
        changed(4, "", ""),
        changed(5, "def f():", "    z = 3"),  # between a chunk and one that it uses
        changed(8, "    y = (", "2", "    )"),  # further left than the chunk can say
        changed(9, "", "    return x"),
        changed(8, "    return y", gone=2),  # two chunks in one
        ["# First", *BEFORE],
    ],
)
def test_what_a_page_cannot_say_is_left_out(now: list[str]) -> None:
    assert after(now) == PAGE


@given(webs(ROOTS.map(many)), st.data())
def test_lines_that_change_in_their_place_make_the_file(web: Web, data: st.DataObject) -> None:
    for path, file in web.tangled.items():
        before = [line.text for line in file.lines]
        filled = [n for n, text in enumerate(before) if text.strip() and "pass" not in text]
        now = list(before)
        for n in data.draw(st.sets(st.sampled_from(filled))) if filled else ():
            now[n] = before[n].replace(before[n].strip(), "changed")
        origin: Origin = json.loads(planned([("p", file)])[ORIGINS])[path]
        # One line at a time: neighbours that change together may belong to two chunks.
        page = web.page
        for n, (old, new) in enumerate(zip(before, now, strict=True)):
            if old != new:
                step = [*now[:n], new, *before[n + 1 :]]
                page = edited(page, edits([*now[:n], old, *before[n + 1 :]], step, origin))
        assert [line.text for line in Web(page, {}).tangled[path].lines] == now


def test_edits_are_made_from_the_end() -> None:
    assert edited("a\nb\nc", [Edit(1, 2, ("x", "y")), Edit(3, 3, ("z",))]) == "x\ny\nb\nz\nc"
