"""The miniature as a program of its own, from the files that the page makes."""

from __future__ import annotations

import json
import os
import re
import runpy
import shlex
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager, suppress
from http.client import HTTPConnection, HTTPException
from io import StringIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

import mini_stripe.__main__ as program
from mini_stripe.limiters import Limits
from stripe_http import PATIENCE, empty_database, receiver, until

signals = pytest.mark.skipif(os.name == "nt", reason="Windows has another way to interrupt")


@pytest.fixture(scope="module")
def folder(plain: Callable[[str], Path]) -> Path:
    return plain("mini_stripe")


@pytest.fixture(autouse=True)
def _signals() -> Iterator[None]:
    """Give back the handlers, which the program replaces when it runs in this process."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def environment(**more: str) -> Mapping[str, str]:
    kept = {"PATH", "SYSTEMROOT", "TEMP", "TMP", "TMPDIR"}
    return {name: value for name, value in os.environ.items() if name in kept} | more


class Running:
    """The program, after it has printed its address."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        assert process.stdout
        self.process = process
        self.url, self.key = (process.stdout.readline().strip() for _ in range(2))
        self.hint = self.read()

    def read(self) -> str:
        """Read the rest of what it prints before it waits."""
        assert self.process.stdout
        lines = []
        for line in self.process.stdout:
            lines.append(line)
            if "Ctrl-C" in line:
                break
        return "".join(lines)

    def stop(self, number: int = signal.SIGINT) -> tuple[str, str, int]:
        """Send a signal; return what the program writes then, and its status."""
        self.process.send_signal(number)
        return self.wait()

    def wait(self) -> tuple[str, str, int]:
        out, err = self.process.communicate(timeout=PATIENCE)
        return out, err, self.process.returncode


@contextmanager
def started(
    folder: Path, *options: str, before: tuple[str, ...] = (), **more: str
) -> Iterator[Running]:
    command = [*before, sys.executable, "-m", "mini_stripe", *options]
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


def response_to(curl: str) -> tuple[int, Any]:
    """Return what a command for curl gets."""
    first, url, *words = shlex.split(curl.replace("\\\n", " "))
    assert first == "curl"
    pairs = list(zip(words[::2], words[1::2], strict=True))
    [user] = [value for option, value in pairs if option == "-u"]
    assert {option for option, _ in pairs} == {"-u", "-H", "-d"}
    headers = dict(value.split(": ", 1) for option, value in pairs if option == "-H")
    headers["Authorization"] = f"Basic {b64encode(user.encode()).decode()}"
    form = "&".join(value for option, value in pairs if option == "-d")
    return ask(url, form, headers)


def ask(url: str, form: str, headers: Mapping[str, str]) -> tuple[int, Any]:
    at = urlsplit(url)
    with closing(HTTPConnection(at.netloc, timeout=PATIENCE)) as connection:
        connection.request("POST", at.path, form, dict(headers))
        response = connection.getresponse()
        return response.status, json.loads(response.read())


@signals
def test_the_program_prints_where_it_is_and_a_request_to_try(folder: Path) -> None:
    with started(folder, "--port", "0") as it:
        assert re.fullmatch(r"http://127\.0\.0\.1:[1-9]\d*", it.url)
        assert re.fullmatch(r"sk_test_[0-9a-f]{24}", it.key)
        curl = it.hint[it.hint.index("curl") : it.hint.index("\nSay")]
        status, charge = response_to(curl)
        assert (status, charge["object"], charge["amount"]) == (200, "charge", 500)
        assert response_to(curl) == (200, charge), "the same, sent twice"
        status, refusal = response_to(curl.replace("amount=500", "amount=900"))
        assert (status, refusal["error"]["type"]) == (400, "idempotency_error")
        out, err, code = it.stop()
        assert (code, err) == (0, "")
        lines = [line for line in out.splitlines() if line.startswith("canonical-api-line ")]
        assert len(lines) == 3


@signals
def test_an_open_connection_does_not_hold_the_program_up(folder: Path) -> None:
    with started(folder, "--port", "0") as it, ExitStack() as stack:
        at = urlsplit(it.url)
        for words in (b"", b"POST /v1/cha"):
            connection = socket.create_connection((at.hostname, at.port), PATIENCE)
            stack.enter_context(connection).sendall(words)
        out, err, code = it.stop()
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
    assert err.startswith("usage: python3 -m mini_stripe [-h] [--port PORT] [--db FILE]")


def test_help_tells_the_options(folder: Path) -> None:
    code, out, err = ended(folder, "--help")
    assert (code, err) == (0, "")
    assert "--port" in out
    assert "--db FILE" in out
    assert "--no-rate-limit" in out


@signals
def test_a_file_keeps_what_was_done(folder: Path, tmp_path: Path) -> None:
    """And without one nothing is left, neither data nor a folder."""
    file, scratch = tmp_path / "mini.db", tmp_path / "scratch"
    scratch.mkdir()
    seen = []
    for options in (["--db", str(file)], ["--db", str(file)], []):
        with started(folder, "--port", "0", *options, TMPDIR=str(scratch)) as it:
            sent = {"Authorization": f"Bearer {it.key}", "Idempotency-Key": "cart-17"}
            form = "amount=500&currency=eur&source=tok_visa"
            seen.append((it.key, ask(f"{it.url}/v1/charges", form, sent)))
            assert it.stop()[2] == 0
    assert seen[0] == seen[1]
    assert seen[0][1][0] == 200
    assert seen[2][0] != seen[0][0]
    assert file.exists()
    assert list(scratch.iterdir()) == []


IGNORING = (
    "sh",
    "-c",
    'trap \'\' INT; exec "$0" "$@"',
)  # as a shell starts what's in its background


@signals
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("before", [(), IGNORING], ids=["foreground", "background"])
def test_a_signal_ends_the_program_and_leaves_nothing_behind(
    folder: Path, tmp_path: Path, number: int, before: tuple[str, ...]
) -> None:
    with started(folder, "--port", "0", before=before, TMPDIR=str(tmp_path)) as it:
        sent = {"Authorization": f"Bearer {it.key}"}
        assert ask(f"{it.url}/v1/customers", "", sent)[0] == 200
        assert [*tmp_path.iterdir()]
        out, err, code = it.stop(number)
    assert (code, err) == (0, "")
    assert " status=200 " in out
    assert [*tmp_path.iterdir()] == []


@signals
def test_a_second_signal_while_it_cleans_up_changes_nothing(folder: Path, tmp_path: Path) -> None:
    """A delivery is under way, which the program waits for."""
    with started(folder, "--port", "0", TMPDIR=str(tmp_path)) as it, receiver() as shop:
        sent = {"Authorization": f"Bearer {it.key}"}
        shop.hold.clear()
        form = f"url={shop.url}&enabled_events[]=*"
        assert ask(f"{it.url}/v1/webhook_endpoints", form, sent)[0] == 200
        assert ask(f"{it.url}/v1/customers", "", sent)[0] == 200
        until(lambda: shop.got)
        for number in (signal.SIGTERM, signal.SIGTERM, signal.SIGINT, signal.SIGINT):
            it.process.send_signal(number)
            time.sleep(0.05)
        assert it.process.poll() is None, "it waits for the delivery"
        shop.hold.set()
        _, err, code = it.wait()
    assert (code, err) == (0, "")
    assert [*tmp_path.iterdir()] == []


@signals
def test_what_it_has_accepted_is_answered_before_it_ends(folder: Path, tmp_path: Path) -> None:
    """More requests than there are workers wait, since somebody else holds the database."""
    file, number = str(tmp_path / "mini.db"), 20
    form = "amount=500&currency=eur&source=tok_visa"
    with (
        started(folder, "--port", "0", "--db", file) as it,
        ThreadPoolExecutor(number) as pool,
        closing(sqlite3.connect(file, isolation_level=None)) as db,
    ):
        sent = {"Authorization": f"Bearer {it.key}"}
        assert ask(f"{it.url}/v1/customers", "", sent)[0] == 200
        db.execute("BEGIN EXCLUSIVE")
        waiting = [pool.submit(ask, f"{it.url}/v1/charges", form, sent) for _ in range(number)]
        time.sleep(0.5)  # until all have arrived; a slow machine makes the test easier to pass
        it.process.send_signal(signal.SIGTERM)
        time.sleep(0.5)
        assert it.process.poll() is None
        db.execute("ROLLBACK")
        _, err, code = it.wait()
        assert (code, err) == (0, "")
        assert [request.result()[0] for request in waiting] == [200] * number


@signals
def test_a_program_that_is_killed_loses_no_key(folder: Path, tmp_path: Path) -> None:
    """Charges go on while it dies; each key has one charge, and hears of it afterwards."""
    form, file = "amount=500&currency=eur&source=tok_visa", str(tmp_path / "mini.db")
    made: dict[str, str] = {}

    def charge(url: str, account: str, key: str) -> None:
        sent = {"Authorization": f"Bearer {account}", "Idempotency-Key": key}
        status, body = ask(f"{url}/v1/charges", form, sent)
        assert status == 200
        assert made.setdefault(key, body["id"]) == body["id"]

    for round_ in range(3):
        with started(folder, "--port", "0", "--db", file) as it:

            def shop(it: Running = it, round_: int = round_) -> None:
                with suppress(OSError, HTTPException):
                    for number in range(1000):
                        charge(it.url, it.key, f"cart-{round_}-{number}")

            thread = threading.Thread(target=shop)
            thread.start()
            until(lambda round_=round_: len(made) >= 5 * (round_ + 1))
            it.process.kill()
            thread.join()
    with started(folder, "--port", "0", "--db", file) as it:
        for key in [*made]:
            charge(it.url, it.key, key)
        assert it.stop()[2] == 0
    assert len({*made.values()}) == len(made) >= 15


@pytest.mark.skipif(not shutil.which("curl"), reason="there is no curl")
@signals
def test_curl_believes_the_program(folder: Path) -> None:
    with started(folder, "--port", "0") as it:
        curl = it.hint[it.hint.index("curl") : it.hint.index("\nSay")]
        done = subprocess.run(
            ["sh", "-c", curl.replace("curl ", "curl -s --noproxy '*' ", 1)],
            capture_output=True,
            check=True,
            timeout=PATIENCE,
        )
        assert json.loads(done.stdout)["amount"] == 500


# -- In this process


def waiting(monkeypatch: pytest.MonkeyPatch, act: Callable[[], None]) -> None:
    """Where the program would wait for its user to end it, somebody acts and does."""

    def sleep(_: float) -> None:
        act()
        signal.raise_signal(signal.SIGTERM)

    monkeypatch.setattr(program, "sleep", sleep)


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


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_early_signal_ends_it_too(monkeypatch: pytest.MonkeyPatch, number: int) -> None:
    """A user may be quicker than the words."""
    monkeypatch.setattr(sys, "argv", ["mini_stripe", "--port", "0"])
    monkeypatch.setattr(
        program, "print", lambda *_, **__: signal.raise_signal(number), raising=False
    )
    monkeypatch.setattr(program, "sleep", lambda _: pytest.fail("it waits"))
    program.main()


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


@pytest.mark.parametrize(
    ("options", "disabled"), [([], set()), (["--no-rate-limit"], {"global-rate"})]
)
def test_the_usual_port_is_4242_and_the_rate_is_limited(
    monkeypatch: pytest.MonkeyPatch, options: list[str], disabled: set[str]
) -> None:
    class Stop(Exception):
        pass

    asked: list[tuple[str, int, set[str]]] = []

    def serve(file: str, port: int, limits: Limits) -> None:
        asked.append((Path(file).name, port, limits.disabled))
        raise Stop

    monkeypatch.setattr(program, "serve", serve)
    monkeypatch.setattr(sys, "argv", ["mini_stripe", *options])
    with pytest.raises(Stop):
        program.main()
    assert asked == [("mini.db", 4242, disabled)]
