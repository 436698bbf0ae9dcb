"""Before a page's directives run: its code is read whole, with the tests that run it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from casebook.base.config import settings
from casebook.base.domain import domain_of
from casebook.base.reporting import report
from casebook.core.literate.printed import Code
from casebook.core.literate.program import Program
from casebook.core.literate.runs import RunBy, read_tests, stored_tests
from casebook.core.problems import Problem
from casebook.literate import programs

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.environment import BuildEnvironment


def _read_page(app: Sphinx, docname: str, source: list[str]) -> None:
    if not str(app.env.doc2path(docname)).endswith(".md") or "myst_parser" not in app.extensions:
        return
    config = app.config
    settings = {name: getattr(config, f"myst_{name}") for name in programs.SETTINGS}
    program, problems = programs.program(source[0], programs.parser(settings))
    if program != Program():
        tests = _read_tests(app.env, docname)
        domain_of(app.env).add(Code(docname, program, tests))
    for problem in problems:
        report(problem, (docname, problem.line))


def _read_tests(env: BuildEnvironment, page: str) -> dict[str, RunBy]:
    """Read the tests that run each chunk of a page, as they were stored.

    Empty if there is no file, or none that can be read, which is reported.
    """
    path = _stored_tests(env, page)
    if not path.exists():
        return {}
    env.note_dependency(path, docname=page)
    found = read_tests(path.read_bytes())
    if isinstance(found, Problem):
        report(found, f"{path}:1")
        return {}
    return found


def _stored_tests(env: BuildEnvironment, page: str) -> Path:
    return Path(env.srcdir, settings(env).outputs, stored_tests(page))


def _outdated(
    app: Sphinx, env: BuildEnvironment, added: set[str], changed: set[str], removed: set[str]
) -> list[str]:
    # Sphinx sees a file change or disappear that a page has read, and not one that appears.
    found = []
    for page in domain_of(env).pages_with_code():
        path = _stored_tests(env, page)
        if path.exists() and path not in {Path(known) for known in env.dependencies.get(page, ())}:
            found.append(page)
    return found


def setup(app: Sphinx) -> None:
    """Register what happens before a page is parsed."""
    app.connect("source-read", _read_page)
    app.connect("env-get-outdated", _outdated)
