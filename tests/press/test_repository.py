"""The commands and files that a newcomer meets."""

from __future__ import annotations

import json
import logging
import os
import re
import runpy
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml
from casebook.core import palette
from editions import ROOT, git, without
from sphinx.errors import ConfigError


def tracked() -> list[Path]:
    """Every file that git knows here."""
    listed = git("ls-files")
    if listed is None:
        without("git", "these tests need a checkout, and git's leave to read it")
        raise AssertionError
    return [ROOT / name for name in listed.split() if (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_help_names_every_target_of_the_texts() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    known = set(re.findall(r"^(\w+)", shown.stdout, re.M))
    texts = [ROOT / name for name in ("README.md", "CONTRIBUTING.md", "CHANGELOG.md")]
    for path in (*texts, *(ROOT / "source" / "authors").glob("*.md")):
        named = re.findall(r"(?:`|^    )make ([a-z]+)", path.read_text(encoding="utf-8"), re.M)
        assert set(named) <= known, path.name
        assert named or path not in texts


def test_every_command_of_other_files_is_a_target() -> None:
    targets = set(re.findall(r"^([\w-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.M))
    files = [ROOT / name for name in (".ci/run", ".pre-commit-config.yaml", ".readthedocs.yaml")]
    for path in (*files, *(ROOT / ".github").rglob("*.yml")):
        text = path.read_text(encoding="utf-8")
        if path.suffix:
            assert yaml.safe_load(text), path
        called = re.findall(r"^[\s-]*(?:run: |entry: )?make ([a-z][\w-]+)", text, re.M)
        assert set(called) <= targets, path
        assert called or path.name not in ("run", "ci.yml", ".pre-commit-config.yaml")


def test_links_between_the_texts_lead_to_files() -> None:
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md"):
        links = re.findall(r"\]\((?!http)([^)]+)\)", path.read_text(encoding="utf-8"))
        assert [link for link in links if not (ROOT / link).exists()] == []


def test_every_requirement_is_pinned_with_its_hashes() -> None:
    sdks = sorted((ROOT / "tests" / "studies" / "stripe" / "sdks").glob("*.txt"))
    assert sdks
    for path in (ROOT / "requirements.txt", ROOT / "requirements-test.txt", *sdks):
        lines = path.read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
        pins = [line for line in lines if re.match(r"\w", line)]
        assert pins
        assert all("==" in pin and "--hash=sha256:" in pin for pin in pins)
        assert "://" not in "".join(lines)


def test_every_package_for_node_is_pinned_with_its_hash_and_names_no_host() -> None:
    [path] = (ROOT / "tests").rglob("package-lock.json")
    locked = json.loads(path.read_text(encoding="utf-8"))["packages"]
    asked = json.loads((path.parent / "package.json").read_text(encoding="utf-8"))
    assert locked.pop("")["dependencies"] == asked["dependencies"]
    for name, package in locked.items():
        assert re.fullmatch(r"sha512-[\w+/]{86}==", package["integrity"], re.ASCII), name
        assert "resolved" not in package, name


def test_no_style_sheet_holds_a_colour_of_its_own() -> None:
    sheets = {path: text_of(path) for path in tracked() if path.suffix in (".css", ".sty")}
    assert {"look.css", "ebook.css", "casebook.sty"} <= {path.name for path in sheets}
    known = {*palette.TOKENS, *palette.ALIASES, "shadow"}
    own = re.compile(r"#(?:[0-9a-f]{3,4}){1,2}\b|\b(?:rgb|hsl)a?\(|\\definecolor", re.I)
    for path, text in sheets.items():
        assert own.findall(text) == [], path.name
        assert set(re.findall(r"--cb-([\w-]+)", text)) <= known, path.name
        if path.name == "ebook.css":  # of which readers get nothing but values
            assert "var(" not in palette.printed(text)


def test_a_build_without_tex_says_what_to_install(tmp_path: Path) -> None:
    # An empty PATH but for make's own tools: no latexmk.
    for tool in ("sh", "bash", "echo", "git", "test"):
        found = subprocess.run(["which", tool], capture_output=True, text=True, check=True).stdout
        (tmp_path / tool).symlink_to(found.strip())
    make = subprocess.run(
        ["which", "make"], capture_output=True, text=True, check=True
    ).stdout.strip()
    done = subprocess.run(
        [make, "need-tex"], cwd=ROOT, env={"PATH": str(tmp_path)}, capture_output=True, text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "sudo apt-get install --no-install-recommends latexmk texlive-luatex" in done.stdout


def test_no_file_knows_the_machine_it_was_written_on() -> None:
    private = re.compile(r"(?<![\w.])/(?:work|root|home)/\w+")
    for path in tracked():
        if path != Path(__file__):
            assert not private.search(text_of(path)), path


# --- The date of the edition


def edition(folder: Path, **environment: str) -> tuple[str, str, list[str]]:
    """The edition's date and commit by a copy of conf.py, and what a build would be told."""
    shutil.copy(ROOT / "conf.py", folder)
    said: list[str] = []
    listener = logging.Handler(logging.INFO)
    listener.emit = lambda record: said.append(record.getMessage())  # type: ignore[method-assign]
    speaker = logging.getLogger("sphinx.conf")
    speaker.addHandler(listener)
    speaker.setLevel(logging.INFO)
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("SOURCE_DATE_EPOCH", raising=False)
        for name, value in environment.items():
            patch.setenv(name, value)
        try:
            conf: dict[str, Any] = runpy.run_path(str(folder / "conf.py"))
        finally:
            speaker.removeHandler(listener)
    return conf["DATE"], conf["COMMIT"], said


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A folder whose only commit was made in the last second of 2023, in Greenwich."""
    clock = {"GIT_COMMITTER_DATE": "1704067199 -0800", "GIT_CONFIG_GLOBAL": os.devnull}
    who = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
    for words in (["init", "-q"], [*who, "commit", "-q", "--allow-empty", "-m", "First"]):
        try:
            subprocess.run(["git", *words], cwd=tmp_path, env=os.environ | clock, check=True)
        except OSError:
            without("git", "this test makes a checkout")
    return tmp_path


def test_an_edition_has_the_date_of_its_last_commit(checkout: Path) -> None:
    date, commit, said = edition(checkout)
    assert (date, said) == ("2023-12-31", [])
    assert re.fullmatch("[0-9a-f]{7,}", commit)
    # Where it's set, SOURCE_DATE_EPOCH says the date, and the commit stays what it is.
    assert edition(checkout, SOURCE_DATE_EPOCH="1700000000") == ("2023-11-14", commit, [])


def test_without_git_an_edition_says_that_it_has_no_date(checkout: Path) -> None:
    inside = checkout / "unpacked"  # a tarball in the folder of another project
    inside.mkdir()
    advice = "Set SOURCE_DATE_EPOCH to its seconds since 1970."
    for environment in ({}, {"SOURCE_DATE_EPOCH": "0"}):
        date, commit, [said] = edition(inside, **environment)
        assert (date, commit) == ("", "")
        assert said.startswith("This edition has no date: fatal: not a git repository")
        assert said.endswith(advice)
    assert edition(inside, SOURCE_DATE_EPOCH="1700000000") == ("2023-11-14", "", [])
    [said] = edition(inside, PATH="")[2]
    assert said == f"This edition has no date: git is not installed. {advice}"


def test_a_checkout_of_somebody_else_says_why_it_has_no_date(checkout: Path) -> None:
    date, commit, [said] = edition(checkout, GIT_TEST_ASSUME_DIFFERENT_OWNER="1")
    assert (date, commit) == ("", "")
    assert "detected dubious ownership" in said


@pytest.mark.parametrize("epoch", ["soon", "-1", "1e9", "１"])
def test_a_clock_that_is_no_number_is_refused(epoch: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"SOURCE_DATE_EPOCH is .*, and not a number of seconds"):
        edition(tmp_path, SOURCE_DATE_EPOCH=epoch)


# --- The Makefile


def make(folder: Path, *words: str, **environment: str) -> str:
    """What make would do in a folder that holds our Makefile."""
    shutil.copy(ROOT / "Makefile", folder)
    known = ("SOURCE_DATE_EPOCH", "PYTHON", "MAKEFLAGS", "MAKELEVEL", "MFLAGS")
    kept = {name: value for name, value in os.environ.items() if name not in known}
    command = ["make", "--dry-run", "--no-print-directory", *words]
    done = subprocess.run(command, cwd=folder, env=kept | environment, capture_output=True,
                          text=True, check=True)  # fmt: skip
    return done.stdout


def python(path: Path, version: str) -> Path:
    """A program that answers as some Python would."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\necho {version}\n")
    path.chmod(0o755)
    return path


def test_another_python_is_not_ignored(tmp_path: Path) -> None:
    folder = tmp_path / "a folder"
    python(folder / ".venv" / "bin" / "python", "3.11")
    (folder / "requirements.txt").write_text("")
    (folder / ".venv" / "book").write_text("")
    assert "-m venv" not in make(folder, ".venv/book"), "what is there is used"
    same, other = python(folder / "same", "3.11"), python(folder / "other", "3.13")
    assert "-m venv" not in make(folder, ".venv/book", f"PYTHON=./{same.name}")
    for words, environment in (([f"PYTHON=./{other.name}"], {}), ([], {"PYTHON": "./other"})):
        told = make(folder, ".venv/book", *words, **environment)
        assert '"./other" -m venv --clear .venv' in told
        assert "holds another Python than ./other; it is made anew." in told
    shutil.rmtree(folder / ".venv")
    assert '"./other" -m venv' in make(folder, ".venv/book", "PYTHON=./other")


def test_make_knows_the_clock_of_the_last_commit(checkout: Path) -> None:
    inside = checkout / "unpacked"
    inside.mkdir()
    for folder in (checkout, inside):
        (folder / "show.mk").write_text("$(info it is $(SOURCE_DATE_EPOCH))\n")
    show = ["-f", "Makefile", "-f", "show.mk", "clean"]
    assert "it is 1704067199\n" in make(checkout, *show)
    assert "it is 0\n" in make(inside, *show)
    assert "it is 1700000000\n" in make(inside, *show, SOURCE_DATE_EPOCH="1700000000")


def test_make_runs_the_tests_that_are_named_or_those_of_a_study(tmp_path: Path) -> None:
    python(tmp_path / ".venv" / "bin" / "python", "3.11")
    for place, text in (
        ("requirements.txt", ""),
        ("requirements-test.txt", ""),
        (".venv/book", ""),
        (".venv/tests", ""),
        ("tests/studies/acme/test_a.py", ""),
        ("source/elite/acme-queue.md", "# An essay without a session\n"),
        ("source/elite/acme-queue/program.md", "```{session}\n>>> 1\n1\n```\n"),
        ("source/elite/other/program.md", "```{session}\n>>> 1\n1\n```\n"),
    ):
        (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / place).write_text(text)
    own = "tests/studies/acme/ source/elite/acme-queue/program.md"
    for words, run in (
        (["T=tests/press -k title"], "-m pytest tests/press -k title"),
        (["S=acme"], own),
        (["S=acme", "T=-k key"], f"{own} -k key"),
    ):
        assert make(tmp_path, "one", *words).rstrip().endswith(run)
    for words, said in (
        ([], 'Say which: make one T="tests/press -k title", or make one S=stripe\n'),
        (["S=acne"], 'There are no tests of a study "acne", and no sessions.\n'),
    ):
        told = make(tmp_path, "one", *words)
        asked = [line for line in told.splitlines() if line.startswith("test -")]
        done = subprocess.run(
            ["sh", "-ec", "\n".join(asked)], capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stdout) == (1, said)
