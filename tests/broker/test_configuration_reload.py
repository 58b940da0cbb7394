"""The configuration of a running worker is edited: a good one is taken over at once, a bad one changes nothing."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

from hub import clock
from hub.config.load import load
from tests.support.ingest_process import IngestProcess
from tests.support.town import CITY, telemetry, write_city
from tests.support.town_at_work import publishing, rows, until

GAS_1 = "city/01/gas/gas-1/telemetry"
GAS_2 = "city/02/gas/gas-2/telemetry"
GAS_3 = "city/03/gas/gas-3/telemetry"


def test_a_running_worker_takes_a_good_configuration_and_refuses_a_bad_one(
    plain_database: Any, mosquitto: Any, tmp_path: Path
) -> None:
    dsn, city, detectors = plain_database.dsn, write_city(tmp_path), tmp_path / "detectors.yaml"
    detectors.write_text("gas: {leak: {low_pct_lel: 25}}\n", encoding="utf-8")
    versions = [load(city, detectors).version]
    with IngestProcess(dsn, mosquitto.url, city, detectors) as ingest, publishing(mosquitto.url) as devices:
        ingest.start()
        ingest.wait_until("connected to")
        devices.publish(GAS_1, telemetry(clock.now(), methane_pct_lel=60.0))
        until(lambda: rows(dsn, "SELECT 1 FROM alerts WHERE subject = 'gas-1'"))

        detectors.write_text("gas:\n  leak:\n    enabled: perhaps\n", encoding="utf-8")
        ingest.wait_until("the old one stays")
        assert "detectors.yaml:3: gas.leak.enabled" in ingest.log
        devices.publish(GAS_2, telemetry(clock.now(), methane_pct_lel=60.0))
        until(lambda: rows(dsn, "SELECT 1 FROM alerts WHERE subject = 'gas-2'"))

        detectors.write_text("gas: {leak: {enabled: false}}\n", encoding="utf-8")
        versions.append(load(city, detectors).version)
        until(lambda: rows(dsn, "SELECT count(*) FROM alerts WHERE condition = 'cleared'") == [(2,)])
        assert "switched off" in rows(dsn, "SELECT clear_reason->>'text' FROM alerts LIMIT 1")[0][0]

        more = CITY.replace('{id: "02", name: Two}', '{id: "02", name: Two}\n  - {id: "03", name: Three}').replace(
            "- {id: gas-2,", '- {id: gas-3, kind: gas, grid: "03", interval_s: 30}\n  - {id: gas-2,'
        )
        city.write_text(more, encoding="utf-8")
        detectors.write_text("", encoding="utf-8")
        versions.append(load(city, detectors).version)
        ingest.wait_until(versions[-1])
        devices.publish(GAS_3, telemetry(clock.now(), methane_pct_lel=60.0))
        until(lambda: rows(dsn, "SELECT 1 FROM alerts WHERE subject = 'gas-3' AND grid = '03'"))
        ingest.stop()
    told = rows(dsn, "SELECT subject, config_version FROM alerts WHERE condition = 'cleared' ORDER BY subject")
    assert told == [("gas-1", versions[0]), ("gas-2", versions[0])]
    assert rows(dsn, "SELECT config_version FROM alerts WHERE subject = 'gas-3'") == [(versions[2],)]
    assert {version for (version,) in rows(dsn, "SELECT version FROM configurations")} >= set(versions)
    assert rows(dsn, "SELECT count(*) FROM quarantine") == [(0,)]


def test_another_threshold_does_not_raise_again_what_is_over(
    plain_database: Any, mosquitto: Any, tmp_path: Path
) -> None:
    dsn, city, detectors = plain_database.dsn, write_city(tmp_path), tmp_path / "detectors.yaml"
    detectors.write_text("gas: {leak: {low_pct_lel: 25}}\n", encoding="utf-8")
    start = clock.now() - timedelta(minutes=12)
    with IngestProcess(dsn, mosquitto.url, city, detectors) as ingest, publishing(mosquitto.url) as devices:
        ingest.start()
        ingest.wait_until("connected to")
        for number, methane in enumerate([20.5, 24.0, *[30.0] * 4, *[0.5] * 12]):
            at = start + timedelta(seconds=30 * number)
            devices.publish(GAS_1, telemetry(at, methane_pct_lel=methane))
            devices.publish(GAS_2, telemetry(at, methane_pct_lel=21.0))
        until(lambda: rows(dsn, "SELECT 1 FROM alerts WHERE condition = 'cleared'"))

        # By this threshold the leak of gas-1 began earlier, and what gas-2 has all the time is a leak.
        detectors.write_text("gas: {leak: {low_pct_lel: 20.5}}\n", encoding="utf-8")
        until(lambda: rows(dsn, "SELECT 1 FROM alerts WHERE subject = 'gas-2'"))
        ingest.stop()
    told = rows(dsn, "SELECT subject, condition FROM alerts ORDER BY subject")
    assert told == [("gas-1", "cleared"), ("gas-2", "active")]
