"""The core stands alone: no Sphinx, and nothing heavy until something must be drawn."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import casebook.core
import pytest

CORE = Path(casebook.core.__file__).parent
MODULES = {path.relative_to(CORE).with_suffix(""): path for path in sorted(CORE.rglob("*.py"))}
FOREIGN = ("sphinx", "docutils", "myst_parser", "pybtex", "sphinxcontrib")
LATE = ("mmdr", "typst", "matplotlib", "numpy", "math_core", "ziamath")

SCRIPT = """
import importlib, sys
for name in {modules!r}:
    importlib.import_module(name)
print(*sorted({{name.partition(".")[0] for name in sys.modules}} & set({walled!r})))
"""


def imported(path: Path, *, on_import: bool) -> set[str]:
    """The modules that a file imports; with `on_import`, only those that importing it imports."""
    found: set[str] = set()
    waiting: list[ast.AST] = [ast.parse(path.read_text(encoding="utf-8"))]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
        elif not (on_import and is_late(node)):
            waiting += ast.iter_child_nodes(node)
    return found


def is_late(node: ast.AST) -> bool:
    """Whether what stands in it is not run on import: a function, or what only a checker reads."""
    if isinstance(node, ast.If):
        return isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)


def test_all_modules_are_here() -> None:
    assert {"palette", "literate/__init__", "literate/chunks"} <= set(map(Path.as_posix, MODULES))


@pytest.mark.parametrize("module", MODULES, ids=Path.as_posix)
def test_no_import_of_the_layers_above(module: Path) -> None:
    names = imported(MODULES[module], on_import=False)
    assert not {name for name in names if name.partition(".")[0] in FOREIGN}
    # Inside the press, only the core.
    assert not {n for n in names if n.startswith("casebook") and not n.startswith("casebook.core")}


@pytest.mark.parametrize("module", MODULES, ids=Path.as_posix)
def test_heavy_libraries_are_imported_when_they_are_used(module: Path) -> None:
    path = MODULES[module]
    assert not {n for n in imported(path, on_import=True) if n.partition(".")[0] in LATE}


def loaded(modules: list[str], folder: Path) -> str:
    """Which foreign libraries a fresh process holds once it has imported the modules."""
    script = SCRIPT.format(walled=(*FOREIGN, *LATE), modules=modules)
    environment = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1"}
    run = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, env=environment, check=True
    )
    return run.stdout.strip()


def test_a_fresh_process_loads_the_core_and_none_of_those_libraries() -> None:
    names = [".".join(path.parts) for path in MODULES if path.stem != "__init__"]
    assert loaded([f"casebook.core.{name}" for name in names], CORE.parents[1]) == ""


def test_what_is_loaded_shows(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("import docutils.nodes\n", encoding="utf-8")
    assert loaded(["bad"], tmp_path) == "docutils"
