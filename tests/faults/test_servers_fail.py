"""The database or the broker goes away under load and comes back: work resumes by itself, and nothing is missing."""

from __future__ import annotations

import os
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.account import check, wait_until_through
from tests.support.brokers import Broker
from tests.support.ingest_process import IngestProcess
from tests.support.load import Load, expected, write_town
from tests.support.working import working

# A whole minute with LIANQIN_TEST_OUTAGE_S=60; the same is proved in a shorter time.
OUTAGE_S = float(os.environ.get("LIANQIN_TEST_OUTAGE_S", "12"))
pytestmark = [pytest.mark.fault, pytest.mark.timeout(420)]


def test_a_database_that_is_stopped_is_waited_for(database: Any, mosquitto: Broker, tmp_path: Path) -> None:
    town = write_town(tmp_path)
    with IngestProcess(database.dsn, mosquitto.url, *town) as ingest:
        ingest.start()
        ingest.wait_until("connected to")
        with Load(mosquitto) as load:
            time.sleep(4)
            database.server.stop()
            ingest.wait_until("waits for the database")
            time.sleep(OUTAGE_S)
            database.server.start()
            load.finish()
        must = expected(*town, load.published)
        wait_until_through(database.dsn, must)
        ingest.stop()
    check(database.dsn, must)


def test_a_database_that_hangs_while_ingest_is_killed_is_waited_for(
    timescale_database: Any, mosquitto: Broker, tmp_path: Path
) -> None:
    town = write_town(tmp_path)
    dsn, server = timescale_database.dsn, timescale_database.server
    with IngestProcess(dsn, mosquitto.url, *town) as ingest:
        ingest.start()
        ingest.wait_until("connected to")
        with Load(mosquitto) as load:
            time.sleep(4)
            server.pause()
            time.sleep(2)
            ingest.kill()  # with a transaction in hand whose end nobody will ever hear of
            ingest.start()
            time.sleep(4)
            server.resume()
            load.finish()
        must = expected(*town, load.published)
        wait_until_through(dsn, must)
        ingest.stop()
    check(dsn, must)


def test_a_database_that_is_killed_loses_nothing(timescale_database: Any, mosquitto: Broker, tmp_path: Path) -> None:
    town = write_town(tmp_path)
    dsn, server = timescale_database.dsn, timescale_database.server
    with IngestProcess(dsn, mosquitto.url, *town) as ingest:
        ingest.start()
        ingest.wait_until("connected to")
        with Load(mosquitto) as load:
            for _ in range(3):
                time.sleep(3)
                server.kill()
                server.start()
            load.finish()
        must = expected(*town, load.published)
        wait_until_through(dsn, must)
        ingest.stop()
    check(dsn, must)


def test_a_broker_that_restarts_is_waited_for(timescale_database: Any, mosquitto: Broker, tmp_path: Path) -> None:
    town = write_town(tmp_path)
    dsn = timescale_database.dsn
    with IngestProcess(dsn, mosquitto.url, *town) as ingest:
        ingest.start()
        ingest.wait_until("connected to")
        with Load(mosquitto) as load:
            for pause_s in (0.0, 2.0, 5.0):
                time.sleep(3)
                mosquitto.stop()
                time.sleep(pause_s)
                mosquitto.start()
            load.finish()
        must = expected(*town, load.published)
        wait_until_through(dsn, must)
        ingest.stop()
    check(dsn, must)


def test_nobody_is_called_silent_whose_messages_waited_out_an_outage(
    timescale_database: Any, mosquitto: Broker, tmp_path: Path
) -> None:
    """The window is full after a second of the outage; everything else waits with the broker, longer than silence."""
    dsn, server = timescale_database.dsn, timescale_database.server
    # Silent after 12 s: less than the outage, more than it takes to settle accounts once the load has ended.
    town = write_town(tmp_path, interval_s=1, more="device: {silent: {intervals: 12, at_least_s: 12}}\n")
    with working(dsn, mosquitto, town, window=50):
        with Load(mosquitto) as load:
            time.sleep(3)
            server.stop()
            time.sleep(15)
            server.start()
            load.finish()
        must = expected(*town, load.published)
        alerts = {key: alert for key, alert in must.alerts.items() if alert["rule"] != "device.silent"}
        must = replace(must, alerts=alerts)  # that they fall silent when the load ends is none of our concern
        wait_until_through(dsn, must, 11)
        check(dsn, must)
