"""Ingest dies at any moment: nothing is lost, nothing is told twice, nothing is missing."""

from __future__ import annotations

import random
import time
from pathlib import Path
from typing import Any

import psycopg
import pytest

from tests.support.account import check, wait_until_through
from tests.support.brokers import Broker
from tests.support.ingest_process import IngestProcess
from tests.support.load import Load, expected, write_town

KILLS = 20
SEED = 20261123
# A disk that takes its time makes most kills fall between COMMIT and acknowledgement, where they hurt most.
SLOW_COMMIT = """
    CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.1); RETURN NULL; END';
    CREATE CONSTRAINT TRIGGER slow AFTER INSERT ON batches DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW EXECUTE FUNCTION slow();
"""


@pytest.mark.fault
@pytest.mark.timeout(420)
def test_twenty_kills_under_load_lose_nothing_and_repeat_nothing(
    timescale_database: Any, mosquitto: Broker, tmp_path: Path
) -> None:
    chance = random.Random(SEED)
    town = write_town(tmp_path)
    dsn = timescale_database.dsn
    with psycopg.connect(dsn) as connection:
        connection.execute(SLOW_COMMIT)
    with IngestProcess(dsn, mosquitto.url, *town) as ingest:
        ingest.start()
        ingest.wait_until("connected to")  # from here on the broker keeps a session for it
        with Load(mosquitto) as load:
            for kill in range(KILLS):
                if kill % 4:  # most die at work, some while they start: importing, rebuilding, subscribing
                    ingest.wait_until("judging")
                    time.sleep(chance.uniform(0.0, 2.0))
                else:
                    time.sleep(chance.uniform(0.3, 3.0))
                ingest.kill()
                ingest.start()
            load.finish()
        must = expected(*town, load.published)
        wait_until_through(dsn, must)
        ingest.stop()
    sums = check(dsn, must)
    assert sums["duplicate"] > 0, "no kill fell between a commit and its acknowledgement"
    assert sums["alerts"] > 10
