"""The miniature as a program of its own, from the files that the page makes."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from http.client import HTTPConnection
from io import StringIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urlsplit

import pytest
from casebook.literate.programs import pages

import mini_stripe.__main__ as program
from stripe_http import PATIENCE, empty_database, until

ROOT = Path(__file__).parents[4]
signals = pytest.mark.skipif(os.name == "nt", reason="Windows has another way to interrupt")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The package as plain files, and nothing else."""
    root = tmp_path_factory.mktemp("tangled")
    for page in pages(ROOT):
        for file in page.program.files:
            if file.path.startswith("mini_stripe/"):
                (root / file.path).parent.mkdir(parents=True, exist_ok=True)
                (root / file.path).write_text(file.text, encoding="utf-8")
    return root


@pytest.fixture(autouse=True)
def _interruptible() -> Iterator[None]:
    """Tests in the background of a shell ignore SIGINT, and what they start would inherit that."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


def environment(**more: str) -> Mapping[str, str]:
    kept = {"PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR"}
    return {name: value for name, value in os.environ.items() if name in kept} | more


class Running:
    """The program, after it has said where it is."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        self.process = process
        self.url, self.key = (process.stdout.readline().strip() for _ in range(2))
        self.hint = self.read()

    def read(self) -> str:
        """The rest of what it says before it waits."""
        assert self.process.stdout
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        return "".join(lines)

    def interrupt(self) -> tuple[str, str, int]:
        """What it writes when a user has enough, and its status."""
        self.process.send_signal(signal.SIGINT)
        out, err = self.process.communicate(timeout=PATIENCE)
        return out, err, self.process.returncode


@contextmanager
def started(folder: Path, *options: str, **more: str) -> Iterator[Running]:
    command = [sys.executable, "-m", "mini_stripe", *options]
    pipe = subprocess.PIPE
    with subprocess.Popen(
        command, cwd=folder, env=environment(**more), stdout=pipe, stderr=pipe, text=True
    ) as process:
        try:
            yield Running(process)
        finally:
            process.kill()


def ended(folder: Path, *options: str) -> tuple[int, str, str]:
    """The status and the words of a program that does not get as far as to serve."""
    done = subprocess.run(
        [sys.executable, "-m", "mini_stripe", *options],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    return done.returncode, done.stdout, done.stderr


def said(curl: str) -> tuple[int, Any]:
    """What a command for curl would get."""
    first, url, *words = shlex.split(curl.replace("\\\n", " "))
    assert first == "curl"
    pairs = list(zip(words[::2], words[1::2], strict=True))
    assert {option for option, _ in pairs} == {"-H", "-d"}
    headers = dict(value.split(": ", 1) for option, value in pairs if option == "-H")
    form = "&".join(value for option, value in pairs if option == "-d")
    return ask(url, form, headers)


def ask(url: str, form: str, headers: Mapping[str, str]) -> tuple[int, Any]:
    at = urlsplit(url)
    line = HTTPConnection(at.netloc, timeout=PATIENCE)
    try:
        line.request("POST", at.path, form, dict(headers))
        answer = line.getresponse()
        return answer.status, json.loads(answer.read())
    finally:
        line.close()


@signals
def test_the_program_says_where_it_is_and_what_to_say_to_it(folder: Path) -> None:
    with started(folder, "--port", "0") as it:
        assert re.fullmatch(r"http://127\.0\.0\.1:[1-9]\d*", it.url)
        assert re.fullmatch(r"sk_test_[0-9a-f]{24}", it.key)
        curl = it.hint[it.hint.index("curl") : it.hint.index("\nSay")]
        status, charge = said(curl)
        assert (status, charge["object"], charge["amount"]) == (200, "charge", 500)
        assert said(curl) == (200, charge), "the same, said twice"
        status, refusal = said(curl.replace("amount=500", "amount=900"))
        assert (status, refusal["error"]["type"]) == (400, "idempotency_error")
        out, err, code = it.interrupt()
        assert (code, err) == (0, "")
        lines = [line for line in out.splitlines() if line.startswith("canonical-api-line ")]
        assert len(lines) == 3


@signals
def test_an_open_connection_does_not_hold_the_program_up(folder: Path) -> None:
    with started(folder, "--port", "0") as it, ExitStack() as stack:
        at = urlsplit(it.url)
        for words in (b"", b"POST /v1/cha"):
            line = socket.create_connection((at.hostname, at.port), PATIENCE)
            stack.enter_context(line).sendall(words)
        out, err, code = it.interrupt()
        assert (code, err) == (0, "")
        assert " status=200 " not in out


def test_port_0_is_a_free_one_each_time(folder: Path) -> None:
    with started(folder, "--port", "0") as one, started(folder, "--port=0") as other:
        assert one.url != other.url


def test_a_port_that_was_asked_for(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with started(folder, "--port", str(port)) as it:
        assert it.url == f"http://127.0.0.1:{port}"


def test_a_port_in_use_is_said_in_one_line(folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        code, out, err = ended(folder, "--port", str(port))
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert "in use" in err.splitlines()[-1]


@pytest.mark.parametrize(
    "options",
    [
        ["--port", "99999"],
        ["--port", "-1"],
        ["--db", "."],
        ["--db", "nowhere/mini.db"],
        ["--db", "mini_stripe/__main__.py"],
    ],
)
def test_a_port_or_a_file_that_cannot_be_is_said_in_one_line(
    folder: Path, options: list[str]
) -> None:
    options = options if "--port" in options else [*options, "--port", "0"]
    code, out, err = ended(folder, *options)
    assert (code, out) == (2, "")
    assert "Traceback" not in err
    assert err.strip()


@pytest.mark.parametrize("options", [["--prot", "0"], ["--port", "x"], ["--db"], ["serve"]])
def test_a_bad_option_prints_the_usage(folder: Path, options: list[str]) -> None:
    code, out, err = ended(folder, *options)
    assert (code, out) == (2, "")
    assert err.startswith("usage: python3 -m mini_stripe [-h] [--port PORT] [--db FILE]\n")


def test_help_tells_the_options(folder: Path) -> None:
    code, out, err = ended(folder, "--help")
    assert (code, err) == (0, "")
    assert "--port" in out
    assert "--db FILE" in out


@signals
def test_a_file_keeps_what_was_done(folder: Path, tmp_path: Path) -> None:
    """And without one nothing is left, neither data nor a folder."""
    file, scratch = tmp_path / "mini.db", tmp_path / "scratch"
    scratch.mkdir()
    told = []
    for options in (["--db", str(file)], ["--db", str(file)], []):
        with started(folder, "--port", "0", *options, TMPDIR=str(scratch)) as it:
            sent = {"Authorization": f"Bearer {it.key}", "Idempotency-Key": "cart-17"}
            form = "amount=500&currency=eur&source=tok_visa"
            told.append((it.key, ask(f"{it.url}/v1/charges", form, sent)))
            assert it.interrupt()[2] == 0
    assert told[0] == told[1]
    assert told[0][1][0] == 200
    assert told[2][0] != told[0][0]
    assert file.exists()
    assert list(scratch.iterdir()) == []


# -- In this process


def waiting(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Where the program would wait for its user to end it, somebody acts and does."""

    def wait(*_: object) -> None:
        act()
        raise KeyboardInterrupt

    for name in ("Event", "sleep", "time"):  # whatever it waits with
        stub = SimpleNamespace(wait=wait, sleep=wait)
        value = wait if name == "sleep" else stub if name == "time" else lambda stub=stub: stub
        monkeypatch.setattr(program, name, value, raising=False)


def test_main(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    file = tmp_path / "mini.db"
    file.write_bytes(empty_database())
    printed: list[str] = []
    statuses: list[int] = []

    def user() -> None:
        printed.append(capsys.readouterr().out)
        url, key, *_ = printed[0].splitlines()
        statuses.append(ask(f"{url}/v1/customers", "", {"Authorization": f"Bearer {key}"})[0])

    before = threading.active_count()
    monkeypatch.setattr(sys, "argv", ["mini_stripe", "--port", "0", "--db", str(file)])
    waiting(monkeypatch, user)
    program.main()
    assert statuses == [200]
    line, *_ = capsys.readouterr().out.splitlines()
    assert line.startswith("canonical-api-line id='req_")
    until(lambda: threading.active_count() == before)


class Paper(StringIO):
    """Keeps apart what was written at a time."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def write(self, text: str) -> int:
        self.pieces.append(text)
        return super().write(text)


def test_a_line_is_written_in_one_piece(monkeypatch: pytest.MonkeyPatch) -> None:
    """Else the lines of requests at once run into each other."""
    paper = Paper()

    def user() -> None:
        url = paper.getvalue().splitlines()[0]
        for _ in range(3):
            assert ask(f"{url}/v1/customers", "", {})[0] == 401

    monkeypatch.setattr(sys, "argv", ["mini_stripe", "--port", "0"])
    monkeypatch.setattr(sys, "stdout", paper)
    waiting(monkeypatch, user)
    program.main()
    lines = [piece for piece in paper.pieces if "canonical-api-line" in piece]
    assert len(lines) == 3
    assert all(line.endswith("\n") for line in lines)


def test_the_package_runs_and_can_be_imported(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["mini_stripe", "--help"])
    monkeypatch.delitem(sys.modules, "mini_stripe.__main__")
    with pytest.raises(SystemExit) as caught:
        runpy.run_module("mini_stripe", run_name="__main__")
    assert caught.value.code == 0
    assert "usage: python3 -m mini_stripe" in capsys.readouterr().out
    runpy.run_module("mini_stripe.__main__", run_name="imported")
    assert capsys.readouterr().out == ""


def test_an_early_interruption_ends_it_too(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A user may be quicker than the words."""

    def say(*words: object, **_: Any) -> None:
        if "Ctrl-C" in str(words):
            raise KeyboardInterrupt

    monkeypatch.setattr(sys, "argv", ["mini_stripe", "--port", "0"])
    monkeypatch.setattr(program, "print", say, raising=False)
    waiting(monkeypatch, lambda: None)
    try:
        program.main()
    except KeyboardInterrupt:
        pytest.fail("the interruption got out, and would end the tests too")


def test_a_port_in_use_in_this_process(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        monkeypatch.setattr(sys, "argv", ["mini_stripe", "--port", str(port)])
        with pytest.raises(SystemExit) as caught:
            program.main()
    assert caught.value.code == 2
    assert "in use" in capsys.readouterr().err


def test_the_usual_port_is_4242(monkeypatch: pytest.MonkeyPatch) -> None:
    class Stop(Exception):
        pass

    asked: list[tuple[str, int]] = []

    def serve(file: str, port: int) -> None:
        asked.append((Path(file).name, port))
        raise Stop

    monkeypatch.setattr(program, "serve", serve)
    monkeypatch.setattr(sys, "argv", ["mini_stripe"])
    with pytest.raises(Stop):
        program.main()
    assert asked == [("mini.db", 4242)]
