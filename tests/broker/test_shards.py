"""Several ingest workers share a city by its grids; and what a restarted worker asks the cameras for."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

from hub import clock
from hub.settings import Settings, from_environment
from hub.worker.serve import serve
from tests.support.town import boxes, telemetry, write_city
from tests.support.town_at_work import publishing, rows, until, working

GAS_1 = "city/01/gas/gas-1/telemetry"
GAS_2 = "city/02/gas/gas-2/telemetry"
CAMERA = "city/02/camera/cam-1"


@contextmanager
def sharing(settings: Settings, *grids: str) -> Iterator[None]:
    """Run the ingest role for `grids`, as `lianqin ingest --grids` does."""
    stop = threading.Event()
    failures: list[BaseException] = []

    def run() -> None:
        try:
            serve(settings, grids=frozenset(grids), metrics_port=0, stop=stop)
        except BaseException as error:
            failures.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(20)
    assert not thread.is_alive()
    assert failures == []


def test_workers_share_the_city_by_grids_and_each_keeps_its_own_place(
    plain_database: Any, mosquitto: Any, tmp_path: Path
) -> None:
    dsn = plain_database.dsn
    settings = from_environment(
        {
            "LIANQIN_DATABASE_URL": dsn,
            "LIANQIN_MQTT_URL": mosquitto.url,
            "LIANQIN_CITY": str(write_city(tmp_path)),
        }
    )

    def heard(*grids: str) -> bool:
        return {name for (names,) in rows(dsn, "SELECT grids FROM listening") for name in names} >= set(grids)

    def alerts_of(subject: str) -> list[tuple[Any, ...]]:
        return rows(dsn, f"SELECT condition FROM alerts WHERE subject = '{subject}'")

    start = clock.now() - timedelta(minutes=10)
    with publishing(mosquitto.url) as devices, sharing(settings, "02"):
        with sharing(settings, "01"):
            until(lambda: heard("01", "02"))
            devices.publish(GAS_1, telemetry(start, methane_pct_lel=60.0))
            devices.publish(GAS_2, telemetry(start, methane_pct_lel=60.0))
            until(lambda: alerts_of("gas-1") and alerts_of("gas-2"))
        for minute in range(1, 5):
            at = start + timedelta(minutes=minute)
            devices.publish(GAS_1, telemetry(at, methane_pct_lel=0.5))
            devices.publish(GAS_2, telemetry(at, methane_pct_lel=0.5))
        until(lambda: alerts_of("gas-2") == [("cleared",)])
        assert alerts_of("gas-1") == [("active",)]
        with sharing(settings, "01"):
            until(lambda: alerts_of("gas-1") == [("cleared",)])
    assert rows(dsn, "SELECT grid, count(*) FROM readings GROUP BY grid ORDER BY grid") == [("01", 5), ("02", 5)]
    accounts = "SELECT grid, sum(received), sum(stored), sum(quarantined) FROM ledger WHERE grid <> '' GROUP BY grid"
    assert sorted(rows(dsn, accounts)) == [("01", 5, 5, 0), ("02", 5, 5, 0)]


def test_a_restarted_worker_asks_only_for_pictures_that_are_not_filed(
    plain_database: Any, mosquitto: Any, tmp_path: Path
) -> None:
    asked: list[dict[str, Any]] = []
    start = clock.now() - timedelta(minutes=10)
    with publishing(mosquitto.url) as camera:
        camera.subscribe(f"{CAMERA}/evidence/request", lambda _, payload: asked.append(json.loads(payload)))
        with working(plain_database.dsn, mosquitto.url, tmp_path):
            for second in range(0, 300, 2):
                at = start + timedelta(seconds=second)
                camera.publish(f"{CAMERA}/detections", boxes(at, ("car", 0.9, (0.4, 0.4, 0.6, 0.6))))
            until(lambda: asked)
            first = asked[0]["pictures"][0]
            picture = {"alert": asked[0]["alert"], "jpeg": base64.b64encode(b"\xff\xd8\xff picture").decode(), **first}
            camera.publish(f"{CAMERA}/evidence", json.dumps(picture).encode())
            until(lambda: rows(plain_database.dsn, "SELECT 1 FROM alert_evidence"))
        with working(plain_database.dsn, mosquitto.url, tmp_path):
            until(lambda: len(asked) == 2)
    assert [[one["kind"] for one in each["pictures"]] for each in asked] == [
        ["first_sight", "confirmation"],
        ["confirmation"],
    ]
