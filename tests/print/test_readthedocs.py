"""Read the Docs: the very commands of `.readthedocs.yaml`, in a clean clone."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[2]
JOBS = yaml.safe_load((ROOT / ".readthedocs.yaml").read_text(encoding="utf-8"))["build"]["jobs"]


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory, tex: None) -> Path:
    """What Read the Docs would publish."""
    folder = tmp_path_factory.mktemp("readthedocs")
    clone, output = folder / "checkout", folder / "output"
    subprocess.run(["git", "clone", "--quiet", str(ROOT), str(clone)], check=True)
    commands = [*JOBS["create_environment"], *JOBS["install"]]
    commands += [command for kind in ("html", "pdf", "epub") for command in JOBS["build"][kind]]
    environment = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    environment |= {"READTHEDOCS": "True", "READTHEDOCS_OUTPUT": str(output)}
    for command in commands:
        done = subprocess.run(
            ["bash", "-ec", command], cwd=clone, env=environment, capture_output=True, text=True,
            check=False,
        )  # fmt: skip
        assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
    return output


def test_it_publishes_the_site_one_pdf_and_one_epub(published: Path) -> None:
    assert (published / "html" / "index.html").is_file()
    assert (published / "html" / "elite" / "stripe-api-excellence.html").is_file()
    for kind in ("pdf", "epub"):
        names = [path.name for path in (published / kind).iterdir()]
        assert names == [f"elite-engineering-case-studies.{kind}"]
