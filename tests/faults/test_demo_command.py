"""`lianqin demo` as a newcomer runs it: it comes up, says how to get in, ends when told to, leaves nothing behind."""

from __future__ import annotations

import json
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil
import pytest

pytestmark = pytest.mark.fault
PATIENCE_S = 90.0


def free_port() -> int:
    with closing(socket.socket()) as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


@contextmanager
def demo(folder: Path, port: int, *options: str) -> Iterator[subprocess.Popen[str]]:
    environment = {
        **os.environ,
        "LIANQIN_DATA": str(folder),
        "LIANQIN_HTTP_PORT": str(port),
        "LIANQIN_DEMO_TOKEN": "lq_a-token-of-the-tests-own-0123456789abcdef",
        "PYTHONUNBUFFERED": "1",
    }
    process = subprocess.Popen(
        [sys.executable, "-m", "hub.cli", "demo", *options],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        yield process
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        try:
            process.communicate(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()


def said_until(process: subprocess.Popen[str], words: str) -> str:
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        said += line
        if words in line:
            return said
    raise AssertionError(f"it never said {words!r}: {said}")


def left(folder: Path) -> list[str]:
    """Processes whose command line names the demo's folder, the tests' own aside."""
    found = []
    for process in psutil.process_iter(["pid", "cmdline"]):
        line = " ".join(process.info["cmdline"] or ())
        if str(folder) in line and process.pid != os.getpid():
            found.append(line)
    return found


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.1)


def test_it_comes_up_shows_the_way_in_and_ends_by_itself(tmp_path: Path) -> None:
    port = free_port()
    with demo(tmp_path, port, "--for", "8") as process:
        said = said_until(process, "The city comes to life")
        address = re.search(r"http://127\.0\.0\.1:\d+/api/v1", said)
        assert address is not None
        assert "lq_a-token-of-the-tests-own" in said
        question = urllib.request.Request(
            f"{address.group()}/ledger",
            headers={"Authorization": "Bearer lq_a-token-of-the-tests-own-0123456789abcdef"},
        )
        with urllib.request.urlopen(question, timeout=10) as answer:
            assert json.load(answer)["balanced"] is True
        rest, _ = process.communicate(timeout=PATIENCE_S)
        assert process.returncode == 0
        assert "the demo city raised" in rest
        assert "everything has stopped" in rest
    assert left(tmp_path) == []


def test_ctrl_c_ends_it_in_order(tmp_path: Path) -> None:
    with demo(tmp_path, free_port()) as process:
        said_until(process, "The city comes to life")
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode == 0
    assert "everything has stopped" in rest
    assert "Traceback" not in rest
    assert left(tmp_path) == []


def test_a_killed_demo_leaves_no_process_and_the_next_one_starts(tmp_path: Path) -> None:
    port = free_port()
    with demo(tmp_path, port) as process:
        said_until(process, "The city comes to life")
        process.kill()
        process.communicate(timeout=PATIENCE_S)
    until(lambda: left(tmp_path) == [], "processes outlived the demo")
    with demo(tmp_path, port, "--for", "2") as process:
        said_until(process, "The city comes to life")


def test_a_second_demo_on_the_same_folder_and_a_taken_port_are_refused_in_one_line(tmp_path: Path) -> None:
    port = free_port()
    with demo(tmp_path / "one", port) as process:
        said_until(process, "The city comes to life")
        with demo(tmp_path / "one", free_port()) as second:
            said, _ = second.communicate(timeout=PATIENCE_S)
        assert second.returncode == 2
        assert "a demo already runs on" in said
        with demo(tmp_path / "two", port) as third:
            said, _ = third.communicate(timeout=PATIENCE_S)
        assert third.returncode == 2
        assert f":{port} is not free" in said
        assert "LIANQIN_HTTP_PORT" in said
