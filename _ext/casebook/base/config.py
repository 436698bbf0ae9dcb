"""The settings of the press: each a field with its type, default, check and help.

Sphinx knows a setting as ``casebook_`` and its name.  What `conf.py` says is checked once, before
anything reads it; from then on `settings` is the one way to them.
"""

from __future__ import annotations

import ast
import dataclasses
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date as day
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

from casebook.base.reporting import report
from casebook.core.problems import Kind, Problem, suggestion

if TYPE_CHECKING:
    from sphinx.application import Sphinx
    from sphinx.config import Config
    from sphinx.environment import BuildEnvironment

T = TypeVar("T", str, bool)
PREFIX = "casebook_"
Check = Callable[[Any, "Sphinx"], "Problem | None"]
"""Says of a value of the right type what is wrong with it in this project, if anything is."""


def _bad(message: str) -> Problem:
    return Problem(Kind.BAD_SETTING, message)


def _day(value: str, app: Sphinx) -> Problem | None:
    try:
        given = day.fromisoformat(value).isoformat()
    except ValueError:
        return _bad("is no day such as '2026-11-22'")
    return _bad(f"is a day to be written as '{given}'") if given != value else None


def _inside(value: str, app: Sphinx) -> Problem | None:
    absolute = Path(value).is_absolute()
    return _bad("is absolute, and has to be a path from the source folder") if absolute else None


def _folder(value: str, app: Sphinx) -> Problem | None:
    lost = not Path(app.srcdir, value).is_dir()
    return _inside(value, app) or (_bad("is no folder in the source folder") if lost else None)


def _file(value: str, app: Sphinx) -> Problem | None:
    lost = not Path(app.srcdir, value).is_file()
    return _inside(value, app) or (_bad("is no file in the source folder") if lost else None)


def _address(value: str, app: Sphinx) -> Problem | None:
    try:
        parts = urlsplit(value)
    except ValueError:
        return _bad("is no address")
    good = parts.scheme in ("http", "https") and parts.netloc
    return None if good else _bad("is no address that begins with 'https://' or 'http://'")


def _anything(value: str, app: Sphinx) -> Problem | None:
    return None


def _diagrams(value: bool, app: Sphinx) -> Problem | None:
    there = importlib.util.find_spec("sphinxcontrib.mermaid")
    return None if there else _bad("needs the package sphinxcontrib-mermaid")


def _formulas(value: bool, app: Sphinx) -> Problem | None:
    needed = {"math_core": "math-core", "ziamath": "ziamath"}
    lacking = [name for module, name in needed.items() if not importlib.util.find_spec(module)]
    return _bad(f"needs the package {lacking[0]}") if lacking else None


def _design(value: bool, app: Sphinx) -> Problem | None:
    if not importlib.util.find_spec("furo"):
        return _bad("needs the package furo")
    return None if app.config.html_theme == "furo" else _bad("needs html_theme = 'furo'")


def _setting(default: T, check: Check, help: str, rebuild: str = "env") -> T:
    metadata = {"check": check, "help": help, "rebuild": rebuild}
    made: T = dataclasses.field(default=default, metadata=metadata)
    return made


@dataclass(frozen=True, slots=True)
class Settings:
    """What a book may set.  A check is asked of values other than the default."""

    date: str = _setting(
        "", _day, "The day of this edition, such as 2026-11-22. Ages are told by it.", ""
    )
    outputs: str = _setting(
        "outputs", _folder, "The folder of stored outputs, from the source folder."
    )
    catalogue: str = _setting(
        "patterns/catalogue.yaml", _file, "The pattern catalogue, from the source folder."
    )
    pattern_library: str = _setting(
        "",
        _address,
        "The address of a library of patterns. A pattern that the catalogue places there is "
        "linked: its path is added to the address.",
    )
    pattern_library_name: str = _setting(
        "", _anything, "What that library is called on the page; else the host of its address."
    )
    diagrams: bool = _setting(
        False,
        _diagrams,
        "Draw Mermaid fences while the book is built.",
    )
    formulas: bool = _setting(
        False, _formulas, "Set formulas while the book is built, in every edition, and check them."
    )
    design: bool = _setting(
        False, _design, "Give the book the look of the press, on the web and on paper."
    )

    @property
    def library(self) -> str:
        """The name of the pattern library."""
        return self.pattern_library_name or urlsplit(self.pattern_library).netloc


FIELDS = dataclasses.fields(Settings)
TYPES = {"str": "text", "bool": "True or False"}
"""How each type of a field is called."""


def settings(of: Sphinx | BuildEnvironment) -> Settings:
    """Return the settings of a build, all of them good."""
    return Settings(**{field.name: of.config[PREFIX + field.name] for field in FIELDS})


def _check(app: Sphinx, config: Config) -> None:
    """Report each setting that is no good, and use its default."""
    conf = Path(app.confdir, "conf.py")
    lines = dict(_assigned(conf))
    names = [field.name for field in FIELDS]
    for name, line in lines.items():
        if name.removeprefix(PREFIX) not in names:
            near = suggestion(name.removeprefix(PREFIX), names).replace(" '", f" '{PREFIX}")
            message = f"unknown setting '{name}'{near}"
            report(Problem(Kind.BAD_SETTING, message, line, str(conf)))
    for field in FIELDS:
        name = PREFIX + field.name
        problem = _problem(field, config[name], app)
        if problem:
            # A setting may come from the command line, or from a file that conf.py imports.
            place = (
                f"{conf}:{lines.get(name, 1)}" if name not in config.overrides else f"-D {name}:1"
            )
            message = f"'{name}' {problem.message}; the default, {field.default!r}, is used"
            report(_bad(message), place)
            config[name] = field.default


def _problem(field: dataclasses.Field[Any], value: Any, app: Sphinx) -> Problem | None:
    if type(value) is not type(field.default):
        return _bad(f"is {_quoted(value)}, and has to be {TYPES[str(field.type)]}")
    if value == field.default:
        return None
    found: Problem | None = field.metadata["check"](value, app)
    if found is None or value is True:
        return found
    return _bad(f"is {_quoted(value)}, which {found.message}")


def _quoted(value: object) -> str:
    words = repr(value)
    return words if len(words) <= 60 else words[:59] + "…"


def _assigned(conf: Path) -> Iterator[tuple[str, int]]:
    """Yield the names of the press that a `conf.py` sets, and where; the last one counts."""
    if conf.is_file():
        tree: ast.AST = ast.parse(conf.read_bytes())
        waiting = [tree]
        while waiting:
            node = waiting.pop(0)
            if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
                if node.id.startswith(PREFIX):
                    yield node.id, node.lineno
            elif not isinstance(node, ast.FunctionDef | ast.ClassDef | ast.Lambda):
                waiting += ast.iter_child_nodes(node)


def setup(app: Sphinx) -> None:
    """Register the settings, and their check before all that rests on them."""
    for field in FIELDS:
        app.add_config_value(PREFIX + field.name, field.default, field.metadata["rebuild"], Any)
    app.connect("config-inited", _check, priority=100)
