"""The machine's clock is stepped under a running worker: no alert comes of it, and none stays away.

The worker runs in this process, on a wall clock of the test's own; broker, database and devices are real.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hub import clock
from hub.clock import Clock
from hub.config.load import load
from hub.store.write import Store
from hub.worker.ingest_role import IngestWorker
from hub.worker.metrics import Metrics
from ingest.mqtt import Consumer, parse_url
from ingest.topics import subscriptions
from tests.support.account import check, wait_until_through
from tests.support.brokers import Broker
from tests.support.load import Load, expected, write_town
from tests.support.mqtt_client import Client
from tests.support.town import telemetry

HOUR_S = 3600.0
pytestmark = [pytest.mark.fault, pytest.mark.timeout(180)]


class Wall:
    """The machine's wall clock, and how far it was stepped."""

    def __init__(self) -> None:
        self.stepped_s = 0.0

    def __call__(self) -> float:
        return clock.now().timestamp() + self.stepped_s


@contextmanager
def working(dsn: str, broker: Broker, town: tuple[Path, Path], wall: Callable[[], float]) -> Iterator[Clock]:
    hub_clock, stop = Clock(wall=wall), threading.Event()
    consumer = Consumer(parse_url(broker.url), client_id="ingest", subscriptions=subscriptions(None), now=hub_clock.now)
    worker = IngestWorker(
        name="test",
        configuration=load(*town),
        grids=None,
        consumer=consumer,
        store=Store(dsn),
        clock=hub_clock,
        metrics=Metrics(),
        stop=stop,
    )
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        assert consumer.wait_connected(20)
        yield hub_clock
    finally:
        stop.set()
        thread.join(20)
        assert not thread.is_alive()


def test_a_stepping_clock_raises_nothing_and_hides_nothing(
    timescale_database: Any, mosquitto: Broker, tmp_path: Path
) -> None:
    dsn, wall = timescale_database.dsn, Wall()
    # Silent after 20 s: every step is wider, and no device is really silent for so long.
    town = write_town(tmp_path, interval_s=5, more="device: {silent: {intervals: 4, at_least_s: 20}}\n")
    with working(dsn, mosquitto, town, wall) as hub_clock:
        with Load(mosquitto) as load:
            for step_s in (HOUR_S, -HOUR_S, -HOUR_S, 2 * HOUR_S, -30.0, 30.0):
                time.sleep(2)
                wall.stepped_s += step_s
            load.finish()
        must = expected(*town, load.published)
        wait_until_through(dsn, must, 15)
        check(dsn, must)
        assert hub_clock.steps == 6


@pytest.mark.parametrize("step_s", [HOUR_S, -HOUR_S])
def test_who_falls_silent_after_a_step_is_still_found(
    timescale_database: Any, mosquitto: Broker, tmp_path: Path, step_s: float
) -> None:
    dsn, wall = timescale_database.dsn, Wall()
    town = write_town(tmp_path, interval_s=1, more="device: {silent: {intervals: 4, at_least_s: 4}}\n")
    with working(dsn, mosquitto, town, wall):
        devices = Client(mosquitto, "devices")
        for _ in range(5):
            devices.publish("city/01/gas/gas-0/telemetry", telemetry(clock.now(), methane_pct_lel=0.5))
            time.sleep(0.5)
        wall.stepped_s += step_s
        stepped = clock.now()
        for _ in range(3):
            last = clock.now()
            devices.publish("city/01/gas/gas-0/telemetry", telemetry(last, methane_pct_lel=0.4))
            time.sleep(0.5)
        devices.leave()
        raised_after_s = (_raised(dsn, "gas-0") - last).total_seconds()
    assert 3.5 < raised_after_s < 12, f"silent since {last}, clock stepped at {stepped}"


def _raised(dsn: str, subject: str) -> datetime:
    """Wait until `subject` is told to be silent; return when that was, by a clock that nobody stepped."""
    deadline = time.monotonic() + 25
    while time.monotonic() < deadline:
        with psycopg.connect(dsn, autocommit=True) as connection:
            query = "SELECT 1 FROM alerts WHERE rule = 'device.silent' AND subject = %s"
            if connection.execute(query, (subject,)).fetchone():
                return clock.now()
        time.sleep(0.05)
    raise AssertionError(f"{subject} fell silent, and nobody said so")
