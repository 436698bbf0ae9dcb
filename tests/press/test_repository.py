"""The commands and files that a newcomer meets."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

ROOT = Path(__file__).parents[2]


def tracked() -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    return [ROOT / name for name in listed if (ROOT / name).is_file()]


def text_of(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        return ""


def test_help_names_every_target_of_the_readme() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True)
    targets = set(re.findall(r"`?make ([a-z]+)", (ROOT / "README.md").read_text(encoding="utf-8")))
    assert targets
    assert targets <= set(re.findall(r"^(\w+)", shown.stdout, re.M))


def test_every_requirement_is_pinned_with_its_hashes() -> None:
    for name in ("requirements.txt", "requirements-test.txt"):
        lines = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ").splitlines()
        pins = [line for line in lines if re.match(r"\w", line)]
        assert pins
        assert all("==" in pin and "--hash=sha256:" in pin for pin in pins)
        assert "://" not in "".join(lines)


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
