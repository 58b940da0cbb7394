"""The vision role dies while a car stands where it may not: one alert, on time, and no process is left behind."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any

import psycopg
import pytest
import yaml

from hub.clock import now
from hub.demo.camera_stories import CAMERAS
from hub.demo.cameras import DemoCameraServer
from tests.support.brokers import Broker
from tests.support.ingest_process import IngestProcess
from tests.support.vision_process import VisionProcess
from tests.support.watching import eventually

pytestmark = [pytest.mark.fault, pytest.mark.timeout(420)]

PARKING = next(camera for camera in CAMERAS if camera.camera_id == "cam-01")
STANDS_FROM_S = 20.0  # of its story; it leaves three minutes later
DWELL_S, GAP_S = 25.0, 4.0
LATE_WITHIN_S = 10.0
ALERTS = "SELECT since, raised_at, reason->'numbers' FROM alerts WHERE rule = 'parking.illegal'"


@pytest.fixture
def street() -> Iterator[DemoCameraServer]:
    """A street in which a car has just parked."""
    began = now() - timedelta(seconds=STANDS_FROM_S)
    server = DemoCameraServer({PARKING.camera_id: 0}, began, "Asia/Shanghai", cameras=[PARKING])
    server.start()
    yield server
    server.stop()


def write_town(folder: Path, port: int) -> tuple[Path, Path]:
    city, detectors = folder / "city.yaml", folder / "detectors.yaml"
    zones = [
        {"id": zone_id, "kind": kind, "polygon": [list(point) for point in polygon]}
        for zone_id, kind, polygon in PARKING.zones
    ]
    camera = {"id": PARKING.camera_id, "grid": "01", "url": f"tcp://127.0.0.1:{port}", "zones": zones}
    document = {
        "name": "Town",
        "timezone": "Asia/Shanghai",
        "latitude": 30.25,
        "longitude": 120.16,
        "grids": [{"id": "01", "name": "One"}],
        "cameras": [camera],
    }
    city.write_text(yaml.safe_dump(document), encoding="utf-8")
    rule = {"parking": {"illegal": {"dwell_s": DWELL_S, "gap_s": GAP_S}}}
    detectors.write_text(yaml.safe_dump(rule), encoding="utf-8")
    return city, detectors


def ask(dsn: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn, autocommit=True) as connection:
        return connection.execute(query).fetchall()


def frame_times(dsn: str) -> list[datetime]:
    return [at for (at,) in ask(dsn, "SELECT captured_at FROM frames ORDER BY captured_at")]


def standing_frames(dsn: str) -> int:
    ((count,),) = ask(dsn, "SELECT count(*) FROM frames WHERE boxes::text LIKE '%car%'")
    return int(count)


def due(times: list[datetime], since: datetime) -> datetime:
    """Return when what stands since `since` has been watched for the dwell: time without frames does not count."""
    left_s = DWELL_S
    for before, after in pairwise([at for at in times if at >= since]):
        step_s = (after - before).total_seconds()
        if step_s <= GAP_S:
            if step_s >= left_s:
                return before + timedelta(seconds=left_s)
            left_s -= step_s
    raise AssertionError("it was not watched for so long")


def test_a_car_that_stands_while_vision_is_killed_is_one_alert_on_time(
    timescale_database: Any, mosquitto: Broker, street: DemoCameraServer, tmp_path: Path
) -> None:
    dsn, town = timescale_database.dsn, write_town(tmp_path, street.ports[PARKING.camera_id])
    with IngestProcess(dsn, mosquitto.url, *town) as ingest, VisionProcess(mosquitto.url, town[0]) as vision:
        ingest.start()
        eventually(lambda: standing_frames(dsn) >= 10, 120)
        (first,) = vision.captures()
        first.send_signal(signal.SIGSTOP)  # not even a capture that is frozen at that moment may be left behind
        vision.kill()
        eventually(lambda: not first.is_running(), 10)
        killed_at = now()
        eventually(lambda: now() > killed_at + timedelta(seconds=GAP_S + 2))
        vision.start()
        eventually(lambda: frame_times(dsn)[-1] > killed_at, 120)

        (capture,) = vision.captures()
        capture.kill()  # one camera's process alone is replaced at once
        eventually(lambda: ask(dsn, ALERTS), 120)
        vision.kill()
        vision.start()
        again_at = now()
        eventually(lambda: frame_times(dsn)[-1] > again_at + timedelta(seconds=5), 120)
        ((since, raised_at, numbers),) = ask(dsn, ALERTS)
        times = frame_times(dsn)
        assert since < killed_at
        assert abs((raised_at - due(times, since)).total_seconds()) <= LATE_WITHIN_S
        assert numbers["blind_s"] >= GAP_S, "the dead time was blind, and it is said"
        assert raised_at - since >= timedelta(seconds=DWELL_S + GAP_S), "it did not count"
        vision.stop()
        ingest.stop()
    assert "Traceback" not in vision.log
