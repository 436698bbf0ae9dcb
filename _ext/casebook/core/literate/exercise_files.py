"""The files with which a reader solves an exercise, and what a check of them says of the pages."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from pathlib import Path

from casebook.core.literate import exercise_runner
from casebook.core.literate.exercise_checks import RUNNER, Check
from casebook.core.literate.exercises import FOLDER
from casebook.core.literate.tangle import Tangled


def laid_out(check: Check, files: Iterable[Tangled], *, solved: bool) -> dict[str, str]:
    """Return the files, by path, with which a reader starts; or with which one has ended.

    `files` is what the whole book makes.
    """
    given = {file.path: file for file in files if file.package == check.package}
    if solved:
        given |= {file.path: file for file in check.solved}
    return {file.path: file.text for file in (*given.values(), check.test)} | runner()


def runner() -> dict[str, str]:
    """Return the program that says whether an exercise is solved, by its path."""
    return {RUNNER: Path(exercise_runner.__file__).read_text(encoding="utf-8")}


def readme(check: Check, title: str, task: Iterable[str]) -> tuple[str, str]:
    """Return the path and the text of the file that says in words what is to be done."""
    edited = " and ".join(file.path for file in check.solved)
    how = f"Change {edited}. Then ask, in the folder that holds {RUNNER}:"
    parts = (f"# {title}", *task, how, f"    {check.command}")
    return f"{FOLDER}/{check.name}/README.md", "\n\n".join(parts) + "\n"


_PLACE = re.compile(r'File "(?P<path>[^"]+)", line (?P<line>\d+)')


def on_pages(said: str, origins: Mapping[str, tuple[str, Tangled]]) -> str:
    """Return what a check said with the places of the pages.

    `origins` holds for the path of each file its page, and the file.
    """

    def place(match: re.Match[str]) -> str:
        for path, (page, file) in origins.items():
            if match["path"].endswith(f"/{path}"):
                return f'File "{page}", line {file.origin(int(match["line"])).origin}'
        return match[0]

    return _PLACE.sub(place, said)
