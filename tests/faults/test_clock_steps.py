"""The machine's clock is stepped under a running worker: no alert comes of it, and none stays away.

The worker runs in this process, on a wall clock of the test's own; broker, database and devices are real.
"""

from __future__ import annotations

import time
from datetime import datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest

from hub import clock
from hub.clock import Clock
from tests.support.account import check, wait_until_through
from tests.support.brokers import Broker
from tests.support.load import Load, expected, write_town
from tests.support.mqtt_client import Client
from tests.support.town import telemetry
from tests.support.working import working

HOUR_S = 3600.0
GAS = "city/01/gas/gas-0/telemetry"
pytestmark = [pytest.mark.fault, pytest.mark.timeout(180)]


class Wall:
    """The machine's wall clock, and how far it was stepped."""

    def __init__(self) -> None:
        self.stepped_s = 0.0

    def __call__(self) -> float:
        return clock.now().timestamp() + self.stepped_s


def test_a_stepping_clock_raises_nothing_and_hides_nothing(
    timescale_database: Any, mosquitto: Broker, tmp_path: Path
) -> None:
    dsn, wall = timescale_database.dsn, Wall()
    hub_clock = Clock(wall=wall)
    # Silent after 20 s: every step is wider, and no device is really silent for so long.
    town = write_town(tmp_path, interval_s=5, more="device: {silent: {intervals: 4, at_least_s: 20}}\n")
    with working(dsn, mosquitto, town, clock=hub_clock):
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
    with working(dsn, mosquitto, town, clock=Clock(wall=wall)):
        devices = Client(mosquitto, "devices")
        for _ in range(5):
            devices.publish(GAS, telemetry(clock.now(), methane_pct_lel=0.5))
            time.sleep(0.5)
        wall.stepped_s += step_s
        for _ in range(3):
            last = clock.now()
            devices.publish(GAS, telemetry(last, methane_pct_lel=0.4))
            time.sleep(0.5)
        devices.leave()
        raised_after_s = (_raised(dsn, "device.silent") - last).total_seconds()
    assert 3.5 < raised_after_s < 12


def test_a_worker_that_starts_on_a_clock_set_back_remembers_what_the_last_one_heard(
    timescale_database: Any, mosquitto: Broker, tmp_path: Path
) -> None:
    """The last one received everything an hour from now; what it had seen of a leak still counts."""
    dsn, wall, town = timescale_database.dsn, Wall(), write_town(tmp_path)
    devices = Client(mosquitto, "devices")
    wall.stepped_s = HOUR_S
    begin = clock.now()
    with working(dsn, mosquitto, town, clock=Clock(wall=wall)):
        devices.publish(GAS, telemetry(begin, methane_pct_lel=31.0))
        _wait(dsn, "SELECT 1 FROM readings")
    assert _found(dsn, "SELECT 1 FROM alerts WHERE rule = 'gas.leak'") is None
    with working(dsn, mosquitto, town):
        time.sleep(max(0.0, 2.1 - (clock.now() - begin).total_seconds()))
        devices.publish(GAS, telemetry(clock.now(), methane_pct_lel=31.5))
        _raised(dsn, "gas.leak")
    devices.leave()
    assert _found(dsn, "SELECT since FROM alerts WHERE rule = 'gas.leak'") == (begin,)


def _found(dsn: str, query: str) -> tuple[Any, ...] | None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        return connection.execute(query).fetchone()  # type: ignore[call-overload, no-any-return]


def _wait(dsn: str, query: str) -> None:
    deadline = time.monotonic() + 25
    while _found(dsn, query) is None:
        assert time.monotonic() < deadline, f"in vain: {query}"
        time.sleep(0.05)


def _raised(dsn: str, rule: str) -> datetime:
    """Wait until gas-0 has an alert of `rule`; return when that was, by a clock that nobody stepped."""
    _wait(dsn, f"SELECT 1 FROM alerts WHERE subject = 'gas-0' AND rule = '{rule}'")
    return clock.now()
