"""The API dies at any moment while cases run late: each is warned of and raised once, and its record is whole."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

import psycopg
import pytest

from hub import clock
from hub.cases.stage import Event
from hub.store.chain import verify
from hub.store.session import open_session
from tests.support.api import until
from tests.support.databases import Database
from tests.support.dispatching import Dispatching, dispatched_case, dispatching

CASES, KILLS, SEED = 60, 4, 20261123
TWICE = 2 * CASES
# Most kills shall fall into a transaction.
SLOW = """
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.03); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON audit DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION slow();
"""


def started(dsn: str, town: Dispatching, folder: Path) -> subprocess.Popen[bytes]:
    environment = {
        **os.environ,
        "LIANQIN_DATABASE_URL": dsn,
        "LIANQIN_MQTT_URL": "mqtt://127.0.0.1:9",
        "LIANQIN_CITY": str(town.city_file),
        "LIANQIN_DISPATCH": str(town.plan_file),
        "LIANQIN_HTTP_PORT": "0",
        "LIANQIN_DATA": str(folder),
    }
    with (folder / "api.log").open("ab") as log:
        return subprocess.Popen([sys.executable, "-m", "hub.cli", "api"], env=environment, stdout=log, stderr=log)


@pytest.mark.fault
def test_an_api_that_is_killed_again_and_again_does_what_is_due_once(plain_database: Database, tmp_path: Path) -> None:
    chance, town, dsn = random.Random(SEED), dispatching(tmp_path), plain_database.dsn
    at = clock.ago(40 * 86400)
    for n in range(CASES):
        dispatched_case(dsn, town.plan, at + timedelta(hours=n))
    with psycopg.connect(dsn) as connection:
        connection.execute(SLOW)

    def told() -> Counter[str]:
        with psycopg.connect(dsn) as connection:
            rows = connection.execute("SELECT type, count(*) FROM feed GROUP BY type").fetchall()
        return Counter(dict(rows))

    everything = {Event.WARNED: CASES, Event.OVERDUE: CASES, Event.ESCALATED: TWICE}
    for kill in range(KILLS):
        process = started(dsn, town, tmp_path)
        some = TWICE * (kill + 1) // (KILLS + 2) + chance.randrange(5)
        until(lambda some=some: told()[Event.ESCALATED] >= some)  # type: ignore[misc]
        process.kill()
        process.wait(20)
    assert told()[Event.ESCALATED] < TWICE, "every kill came too late to show anything"
    process = started(dsn, town, tmp_path)
    until(lambda: told()[Event.ESCALATED] >= TWICE)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0, (tmp_path / "api.log").read_text(encoding="utf-8")[-2000:]
    assert {kind: told()[kind] for kind in everything} == everything
    with open_session(dsn) as connection:
        assert verify(connection).problems == []
        query = """SELECT "case"->>'warn_at' FROM feed WHERE type = %s ORDER BY seq"""
        due = [at for (at,) in connection.execute(query, (Event.WARNED,))]
    assert due == sorted(due)
