"""The reference client, killed and started again at random under load, misses nothing and repeats nothing."""

import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from hub import clock
from tests.support.api import Api, serving, until
from tests.support.databases import Database
from tests.support.delivering import delivering, make_endpoint
from tests.support.stored import batch, raised

CLIENT = Path(__file__).parents[2] / "docs" / "dispatch-client"
CASES = 20
KILLS = 12

pytestmark = pytest.mark.fault


class Client:
    """The client as a process that can be killed and started again."""

    def __init__(self, how: str, api: Api, folder: Path, secret: str, port: int) -> None:
        self._words = [sys.executable, "-m", "dispatch_client", how, "--hub", api.address]
        self.database = folder / "dispatch.sqlite"
        self._words += ["--database", str(self.database), "--listen", f"127.0.0.1:{port}"]
        self._environment = {
            **os.environ,
            "DISPATCH_TOKEN": api.tokens["dispatch"],
            "DISPATCH_SECRETS": secret,
            "NO_PROXY": "*",
        }
        self._log = (folder / "client.log").open("ab")
        self.process = self._start()

    def _start(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            self._words, cwd=CLIENT, env=self._environment, stdout=self._log, stderr=subprocess.STDOUT
        )

    def kill_and_start(self) -> None:
        """Kill it as a power cut would, and start it again."""
        self.process.kill()
        self.process.wait(20)
        self.process = self._start()

    def end(self) -> None:
        self.process.terminate()
        try:
            assert self.process.wait(20) in (0, -signal.SIGTERM)  # it may only just have begun
        finally:
            self.process.kill()
            self._log.close()

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        if not self.database.exists():
            return []
        with sqlite3.connect(self.database, timeout=30) as connection:
            return connection.execute(query).fetchall()


@contextmanager
def load(api: Api) -> Iterator[threading.Thread]:
    """Raise alerts, and collect, file and dispatch a case of each, until there are enough."""
    problems: list[BaseException] = []

    def work() -> None:
        try:
            client = api.client("dispatcher")
            for n in range(CASES):
                change = raised(subject=f"water-{n}", rule="water.leak", grid="02", second=n)
                api.write(batch(changes=[change], grid="02"))
                path = "/api/v1/cases"
                case = _ok(client.post(path, json={"alerts": [str(change.alert.alert_id)]}))
                _ok(client.post(f"{path}/{case['id']}/file", json={}))
                _ok(client.post(f"{path}/{case['id']}/dispatch", json={}))
        except BaseException as error:
            problems.append(error)

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(120)
        assert not problems, problems


def _ok(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port: int = listener.getsockname()[1]
    return port


@pytest.mark.parametrize("how", ["pull", "stream", "webhook"])
def test_killed_at_random_under_load_it_misses_nothing_and_repeats_nothing(
    plain_database: Database, tmp_path: Path, how: str
) -> None:
    chance, port, secret = random.Random(how), free_port(), ""
    with serving(plain_database.dsn, tmp_path, at=clock.now()) as api:
        if how == "webhook":
            _, secret = make_endpoint(plain_database, f"http://127.0.0.1:{port}/")
        client = Client(how, api, tmp_path, secret, port)
        try:
            with delivering(plain_database), load(api) as loading:
                kills = 0
                while loading.is_alive() or kills < KILLS:
                    time.sleep(chance.uniform(0.05, 1.2))  # the moment of a kill, not a wait for something
                    client.kill_and_start()
                    kills += 1
                    _hurry(plain_database)

                def is_settled() -> bool:
                    _hurry(plain_database)
                    found = api.rows("SELECT count(*) FROM cases WHERE stage = 'done'")
                    taken_in = client.rows("SELECT count(*) FROM inbox")
                    return found == [(CASES,)] and taken_in == api.rows("SELECT count(*) FROM feed")

                until(is_settled, wait_s=120)
        finally:
            client.end()
        kept = client.rows("SELECT seq, type FROM inbox ORDER BY seq")
        assert kept == api.rows("SELECT seq, type FROM feed ORDER BY seq")
        told = Counter(api.rows("""SELECT case_id, type FROM feed WHERE case_id IS NOT NULL"""))
        assert set(told.values()) == {1}  # nothing was ordered twice: each case was taken, progressed and done once
        assert Counter(kind for _, kind in told) == dict.fromkeys(
            (
                *("case.collected", "case.filed", "case.dispatched", "case.taken", "case.progressed"),
                "case.reported_done",
            ),
            CASES,
        )
        assert client.rows("SELECT DISTINCT state FROM outbox") == [("done",)]
        assert client.rows("SELECT count(*) FROM outbox") == [(3 * CASES,)]
        documents = client.rows("SELECT case_id, revision, stage FROM cases ORDER BY case_id")
        assert documents == api.rows("SELECT case_id::text, revision, stage FROM cases ORDER BY case_id::text")


def _hurry(database: Database) -> None:
    """Let a receiver that was dead a moment ago be tried at once."""
    with psycopg.connect(database.dsn) as connection:
        connection.execute("UPDATE deliveries SET next_at = NULL WHERE state = 'pending' AND next_at IS NOT NULL")
        connection.execute("UPDATE delivery_endpoints SET paused_until = NULL WHERE paused_until IS NOT NULL")
        connection.execute("UPDATE procrastinate_jobs SET scheduled_at = NULL WHERE scheduled_at IS NOT NULL")
