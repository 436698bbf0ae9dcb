"""Exercises as tests: each solution passes its test, and the unsolved package fails it."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from casebook.core.literate.exercise_checks import Check
from casebook.core.literate.exercise_files import laid_out, on_pages
from casebook.core.literate.tangle import Tangled
from casebook.literate.programs import Page

SECONDS = 60
"""How long the test of an exercise may take."""


PAGES: pytest.StashKey[dict[Path, Page]] = pytest.StashKey()
"""The pages of the book, as the plugin has read them."""


def run(
    check: Check, files: Iterable[Tangled], *, solved: bool
) -> subprocess.CompletedProcess[str]:
    """Lay out what a reader has, solved or not, and run the command that the page prints.

    `files` is what the whole book makes.
    """
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("PYTHON", "COV"))}
    with tempfile.TemporaryDirectory() as folder:
        for path, text in laid_out(check, files, solved=solved).items():
            target = Path(folder, path)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(text, encoding="utf-8")
        _, *arguments = shlex.split(check.command)
        return subprocess.run(
            [sys.executable, "-B", "-X", "utf8", *arguments], cwd=folder, env=kept, text=True,
            encoding="utf-8", timeout=SECONDS, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, check=False,
        )  # fmt: skip


class ExercisePage(pytest.File):
    """The exercises of a page."""

    def collect(self) -> Iterator[pytest.Item]:
        """Yield two items for each exercise."""
        pages = self.config.stash[PAGES]
        for check in pages[self.path].program.checks:
            for solved in (True, False):
                name = f"{check.name}[{'solved' if solved else 'unsolved'}]"
                item: ExerciseItem = ExerciseItem.from_parent(self, name=name)
                item.prepare(check, pages.values(), solved)
                yield item


class ExerciseItem(pytest.Item):
    """Runs the check of an exercise that is solved, or of one that is not.

    It runs in a process of its own: it imports another package of the same name, and no chunk
    counts as tested by it.
    """

    def prepare(self, check: Check, pages: Iterable[Page], solved: bool) -> None:
        """Say which exercise it is."""
        self._check, self._pages, self._solved = check, list(pages), solved

    def runtest(self) -> None:
        """Run the check; it has to say of the exercise whether it is solved."""
        files = (file for page in self._pages for file in page.program.files)
        done = run(self._check, files, solved=self._solved)
        name, line, problem = self._check.name, 0, ""
        if self._solved and done.returncode:
            line = min(self._check.lines)
            problem = f"the solution of the exercise '{name}' does not pass its test:\n" + on_pages(
                done.stdout, self._origins()
            )
        elif not self._solved and not done.returncode:
            line = self._check.test.origin(1).origin
            problem = (
                f"the test of the exercise '{name}' passes before anybody has solved it; "
                "test what the package cannot do yet"
            )
        if problem:
            pytest.fail(f"{self.path}:{line}: {problem}", pytrace=False)

    def _origins(self) -> dict[str, tuple[str, Tangled]]:
        """Return the page and the lines of each file that the check has run."""
        mine = [(self.path, file) for file in (*self._check.solved, self._check.test)]
        others = [(page.path, file) for page in self._pages for file in page.program.files]
        return {file.path: (str(page), file) for page, file in (*others, *mine)}

    def reportinfo(self) -> tuple[Path, int, str]:
        """Return where the exercise stands."""
        return self.path, self._check.line - 1, f"exercise {self.name}"
