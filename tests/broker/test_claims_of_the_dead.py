"""A worker killed a moment ago still holds its grids; the one that takes its place waits for the database to notice."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

import psycopg

from hub.store.claims import claim
from tests.support.brokers import Broker
from tests.support.load import write_town
from tests.support.working import working


def test_a_claim_that_ends_within_a_moment_is_waited_for(
    plain_database: Any, mosquitto: Broker, tmp_path: Path
) -> None:
    dead = psycopg.connect(plain_database.dsn, autocommit=True)
    assert claim(dead, ["01"]) == []
    noticed = threading.Timer(0.4, dead.close)
    noticed.start()
    with working(plain_database.dsn, mosquitto, write_town(tmp_path)) as worker:
        assert worker.ready
    noticed.join()
