"""The main path on real parts: a broker, a database and the ingest worker between them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub import clock
from hub.config.load import load
from hub.store.write import Store
from hub.tuning.replay import replay
from hub.worker.ingest_role import GridsTaken
from tests.support.town import boxes, telemetry, write_city
from tests.support.town_at_work import publishing, rows, until, working

GAS = "city/01/gas/gas-1/telemetry"


def test_a_gas_leak_becomes_one_alert_with_its_reason_and_clears(database: Any, broker: Any, tmp_path: Path) -> None:
    with working(database.dsn, broker.url, tmp_path), publishing(broker.url) as devices:
        start = clock.now()
        devices.publish(GAS, telemetry(start, methane_pct_lel=63.0))
        until(lambda: rows(database.dsn, "SELECT 1 FROM alerts"))
        for second in range(1, 200, 20):
            devices.publish(GAS, telemetry(start - timedelta(seconds=second), methane_pct_lel=63.0))
        devices.publish(GAS, b"{ not json")
        devices.publish("city/01/gas/nobody/telemetry", telemetry(start, methane_pct_lel=1.0))
        until(lambda: rows(database.dsn, "SELECT 1 FROM ledger WHERE quarantined > 0 AND grid = '01'"))
        until(lambda: rows(database.dsn, "SELECT count(*) FROM quarantine")[0][0] == 2)
    found = rows(database.dsn, "SELECT rule, subject, severity, condition, reason->>'text' FROM alerts")
    assert [row[:4] for row in found] == [("gas.leak", "gas-1", "critical", "active")]
    assert "63" in found[0][4]
    sums = "SELECT sum(received), sum(stored) + sum(duplicate) + sum(quarantined), sum(stored) FROM ledger"
    received, accounted, stored = rows(database.dsn, sums)[0]
    assert received == accounted
    assert stored == rows(database.dsn, "SELECT count(*) FROM readings")[0][0]
    assert rows(database.dsn, "SELECT type, seq FROM feed ORDER BY seq") == [("alert.raised", 1)]


def test_a_restart_repeats_no_alert_and_clears_what_ended_meanwhile(
    plain_database: Any, mosquitto: Any, tmp_path: Path
) -> None:
    dsn, url = plain_database.dsn, mosquitto.url
    start = clock.now() - timedelta(minutes=10)
    with working(dsn, url, tmp_path), publishing(url) as devices:
        devices.publish(GAS, telemetry(start, methane_pct_lel=63.0))
        until(lambda: rows(dsn, "SELECT 1 FROM alerts"))
    with publishing(url) as devices:
        for minute in range(1, 9):
            devices.publish(
                GAS, telemetry(start + timedelta(minutes=minute), methane_pct_lel=60.0 if minute < 3 else 0.5)
            )
    with working(dsn, url, tmp_path):
        until(lambda: rows(dsn, "SELECT 1 FROM alerts WHERE condition = 'cleared'"))
    assert rows(dsn, "SELECT count(*) FROM alerts") == [(1,)]
    assert [kind for (kind,) in rows(dsn, "SELECT type FROM feed ORDER BY seq")] == ["alert.raised", "alert.cleared"]
    assert rows(dsn, "SELECT count(*) FROM readings") == [(9,)]


def test_a_parked_car_is_judged_from_published_boxes_and_its_pictures_are_asked_for(
    plain_database: Any, mosquitto: Any, tmp_path: Path
) -> None:
    asked: list[bytes] = []
    start = clock.now() - timedelta(minutes=20)
    with working(plain_database.dsn, mosquitto.url, tmp_path), publishing(mosquitto.url) as camera:
        camera.subscribe("city/02/camera/cam-1/evidence/request", lambda _, payload: asked.append(payload))
        for second in range(0, 600, 2):
            at = start + timedelta(seconds=second)
            camera.publish("city/02/camera/cam-1/detections", boxes(at, ("car", 0.9, (0.4, 0.4, 0.6, 0.6))))
        until(lambda: rows(plain_database.dsn, "SELECT 1 FROM alerts WHERE rule = 'parking.illegal'"))
        until(lambda: asked)
    assert rows(plain_database.dsn, "SELECT count(*) FROM frames") == [(300,)]
    assert b"first_sight" in asked[0]
    assert b"confirmation" in asked[0]


def test_two_workers_never_judge_the_same_grid(plain_database: Any, mosquitto: Any, tmp_path: Path) -> None:
    with working(plain_database.dsn, mosquitto.url, tmp_path, frozenset(["01"])) as first:
        until(lambda: first.ready)
        with (
            pytest.raises(GridsTaken, match="01"),
            working(plain_database.dsn, mosquitto.url, tmp_path, frozenset(["01", "02"])),
        ):
            pass


def test_a_replay_gives_exactly_what_was_raised_live(plain_database: Any, mosquitto: Any, tmp_path: Path) -> None:
    dsn, url = plain_database.dsn, mosquitto.url
    began = clock.now()
    start = began - timedelta(minutes=30)
    with working(dsn, url, tmp_path), publishing(url) as devices:
        for minute in range(25):
            at = start + timedelta(minutes=minute)
            level = 55.0 if 3 <= minute < 6 else 30.0 if 12 <= minute < 20 else 0.5
            devices.publish(GAS, telemetry(at, methane_pct_lel=level))
            devices.publish("city/02/water/water-1/telemetry", telemetry(at, turbidity_ntu=9.0 if minute > 8 else 0.3))
        until(lambda: rows(dsn, "SELECT count(*) FROM readings") == [(50,)])
        until(lambda: rows(dsn, "SELECT 1 FROM alerts WHERE rule = 'water.quality'"))
    configuration = load(write_city(tmp_path), None)
    store = Store(dsn)
    again = replay(store, configuration, grids=None, since=began - timedelta(seconds=1), until=clock.now())
    live = store.recent_alerts(None, start)
    store.close()

    def told(alerts: list[Any]) -> list[tuple[Any, ...]]:
        return sorted(
            (a.rule, a.subject, a.alert_id, a.severity, a.since, a.raised_at, a.cleared_at, a.reason.text)
            for a in alerts
        )

    assert told(again) == told(live)
    assert len(live) >= 3


def test_the_listening_is_recorded(plain_database: Any, mosquitto: Any, tmp_path: Path) -> None:
    def heard() -> datetime | None:
        found = rows(plain_database.dsn, "SELECT max(until) FROM listening")[0][0]
        return found if isinstance(found, datetime) else None

    with working(plain_database.dsn, mosquitto.url, tmp_path):
        until(heard)
        first = heard()
        until(lambda: heard() != first)
    assert rows(plain_database.dsn, "SELECT count(*), array_agg(grids) FROM listening")[0] == (1, [["01", "02"]])
