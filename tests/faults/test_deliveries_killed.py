"""The role that delivers is killed, and its database goes away: everything arrives, in order, under one id each."""

import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from detectors.finding import Phase
from hub.store.session import StoreUnavailable
from hub.store.write import Store
from tests.support.api import until
from tests.support.databases import Database
from tests.support.delivering import make_endpoint, states
from tests.support.receiver import OK, Receiver, Request, answer, receiving
from tests.support.stored import batch, followed, raised

pytestmark = pytest.mark.fault
SECRET_KEY = "a key for tests, long enough to be one"
ALERTS, ROUNDS = 12, 20


class Role:
    """`lianqin deliver` as a process."""

    def __init__(self, database: Database, folder: Path) -> None:
        self._environment = {
            **os.environ,
            "LIANQIN_DATABASE_URL": database.dsn,
            "LIANQIN_SECRET_KEY": SECRET_KEY,
            "LIANQIN_DATA": str(folder),
            "LIANQIN_LOG_FORMAT": "json",
        }
        self.log = folder / "deliver.log"
        self.start()

    def start(self) -> None:
        with self.log.open("ab") as log:
            words = [sys.executable, "-m", "hub.cli", "deliver"]
            self._begun_at = log.tell()
            self.process = subprocess.Popen(words, env=self._environment, stdout=log, stderr=log)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(20)

    def stop(self) -> None:
        try:
            until(lambda: b"the role that delivers starts" in self.log.read_bytes()[self._begun_at :])
            self.process.send_signal(signal.SIGTERM)
            assert self.process.wait(20) == 0, self.log.read_text()
        finally:
            self.process.kill()

    def said(self) -> str:
        return self.log.read_text(encoding="utf-8")


@contextmanager
def running(database: Database, folder: Path) -> Iterator[Role]:
    role = Role(database, folder)
    try:
        yield role
    except BaseException:
        role.process.kill()
        print(role.said()[-4000:])
        raise
    role.stop()


@contextmanager
def load(database: Database) -> Iterator[threading.Thread]:
    """Change a dozen alerts again and again; a database that is away is waited for."""
    problems: list[BaseException] = []

    def work() -> None:
        store = Store(database.dsn)
        try:
            changes = [raised(subject=f"gas-{n}", second=n) for n in range(ALERTS)]
            for turn in range(ROUNDS + 1):
                given = batch(changes=changes)
                while True:
                    try:
                        store.write(given)
                        break
                    except StoreUnavailable:
                        time.sleep(0.2)
                changes = [followed(each.alert, Phase.UPDATED, second=1000.0 + turn) for each in changes]
                time.sleep(0.2)
        except BaseException as error:
            problems.append(error)
        finally:
            store.close()

    thread = threading.Thread(target=work)
    thread.start()
    try:
        yield thread
    finally:
        thread.join(120)
        assert not problems, problems


def hold_to_the_feed(database: Database, receiver: Receiver) -> int:
    """Check that everything came, in order within each alert, under one id each; return how many came twice."""
    with psycopg.connect(database.dsn) as connection:
        feed = dict(connection.execute("SELECT seq, alert_id::text FROM feed").fetchall())
    first: dict[int, str] = {}
    lanes: dict[str, list[int]] = defaultdict(list)
    twice = 0
    for request in receiver.taken:
        seq, name = request.event["data"]["seq"], request.headers["webhook-id"]
        if seq in first:
            assert first[seq] == name
            twice += 1
            continue
        first[seq] = name
        lanes[feed[seq]].append(seq)
    assert sorted(first) == sorted(feed)
    assert all(seqs == sorted(seqs) for seqs in lanes.values())
    return twice


def test_killed_at_random_under_load_everything_arrives_in_order(plain_database: Database, tmp_path: Path) -> None:
    chance = random.Random(41)

    def moody(request: Request, _: object) -> bytes | None:
        """Take a moment, and refuse now and then."""
        time.sleep(chance.uniform(0, 0.05))
        return answer(500) if chance.random() < 0.03 else OK

    with receiving(moody) as receiver:
        endpoint, _ = make_endpoint(plain_database, receiver.url())
        with running(plain_database, tmp_path) as role, load(plain_database) as loading:
            kills = 0
            while loading.is_alive() or kills < 6:
                time.sleep(chance.uniform(0.8, 2.0))
                role.kill()
                role.start()
                kills += 1
            total = ALERTS * (ROUNDS + 1)
            until(lambda: len(states(plain_database, endpoint.endpoint_id)) == total, wait_s=60)
            until(lambda: set(states(plain_database, endpoint.endpoint_id).values()) == {"delivered"}, wait_s=120)
        twice = hold_to_the_feed(plain_database, receiver)
    # What was in the air at a kill is sent again; nothing else is.
    assert twice <= kills * 4


def test_a_database_that_goes_away_costs_no_delivery(plain_database: Database, tmp_path: Path) -> None:
    server = plain_database.server
    with receiving() as receiver:
        endpoint, _ = make_endpoint(plain_database, receiver.url())
        with running(plain_database, tmp_path) as role, load(plain_database):
            until(lambda: len(receiver.taken) > 10)
            server.stop()
            until(lambda: "deliveries wait for the database" in role.said())
            server.start()
            until(lambda: len(receiver.taken) > 60)
            server.kill()
            time.sleep(1)
            server.start()
        with running(plain_database, tmp_path):
            until(lambda: len(states(plain_database, endpoint.endpoint_id)) == ALERTS * (ROUNDS + 1))
            until(lambda: set(states(plain_database, endpoint.endpoint_id).values()) == {"delivered"}, wait_s=150)
    twice = hold_to_the_feed(plain_database, receiver)
    assert twice <= 3 * 4


def test_told_to_end_it_finishes_what_it_is_posting(plain_database: Database, tmp_path: Path) -> None:
    begun = threading.Event()

    def slow(request: Request, _: object) -> bytes | None:
        begun.set()
        time.sleep(1.5)
        return OK

    store = Store(plain_database.dsn)
    store.write(batch(changes=[raised(subject="gas-1")]))
    store.close()
    with receiving(slow) as receiver:
        endpoint, _ = make_endpoint(plain_database, receiver.url())
        with running(plain_database, tmp_path):
            assert begun.wait(60)
    assert len(receiver.taken) == 1
    assert states(plain_database, endpoint.endpoint_id) == {1: "delivered"}
    with psycopg.connect(plain_database.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM procrastinate_workers").fetchone() == (0,)


def test_told_to_end_while_the_database_is_away_it_does(plain_database: Database, tmp_path: Path) -> None:
    plain_database.server.stop()
    role = Role(plain_database, tmp_path)
    try:
        until(lambda: "deliveries wait for the database" in role.said())
        begun = time.monotonic()
        role.stop()
        assert time.monotonic() - begun < 10
    finally:
        role.process.kill()
        plain_database.server.start()
