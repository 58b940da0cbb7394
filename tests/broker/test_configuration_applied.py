"""A version applied through the API reaches a running ingest worker, which judges by it; an alert leads back to it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hub import clock
from hub.config.load import load
from tests.support.api import serving, until
from tests.support.ingest_process import IngestProcess
from tests.support.town import telemetry
from tests.support.town_at_work import publishing, rows

BASE = "/api/v1/configurations"
GAS_1, GAS_2 = "city/01/gas/gas-1/telemetry", "city/02/gas/gas-2/telemetry"


def test_an_override_applied_to_one_grid_raises_there_and_nowhere_else(
    plain_database: Any, mosquitto: Any, tmp_path: Path
) -> None:
    dsn, city, detectors = plain_database.dsn, tmp_path / "city.yaml", tmp_path / "detectors.yaml"
    detectors.write_text("# ours\ngas: {leak: {raise_after_s: 200}}\n", encoding="utf-8")

    def rises() -> None:
        for topic in (GAS_1, GAS_2):
            devices.publish(topic, telemetry(clock.now(), methane_pct_lel=40.0))

    with (
        serving(dsn, tmp_path, files=(city, detectors)) as api,
        IngestProcess(dsn, mosquitto.url, city, detectors) as ingest,
        publishing(mosquitto.url) as devices,
    ):
        api.hub.configuration = load(city, detectors)
        ingest.start()
        ingest.wait_until("connected to")
        rises()
        until(lambda: rows(dsn, "SELECT count(*) FROM readings") == [(2,)])
        client = api.client("engineer")
        canary = {"name": "canary", "grids": ["01"], "set": {"gas.leak.high_pct_lel": 30}}
        made = client.post(BASE, json={"overrides": [canary], "note": "canary in grid 01"}).json()
        plan = client.post(f"{BASE}/{made['version']}/schedule", json={"at": "2099-01-01T00:00:00Z"}).json()
        before = plan["expected"]
        applied = client.post(f"{BASE}/{made['version']}/apply", json={}, headers={"If-Match": before})
        assert applied.status_code == 200, applied.text
        version = api.hub.configuration.version
        ingest.wait_until(version)
        rises()
        until(lambda: rows(dsn, "SELECT 1 FROM alerts") != [])
        assert rows(dsn, "SELECT subject, severity, config_version FROM alerts") == [("gas-1", "critical", version)]
        found = client.get(f"{BASE}/{version}").json()
        assert (found["version"], found["note"], found["in_force"]) == (made["version"], "canary in grid 01", True)
        assert version in found["config_versions"]

        back = client.post(f"{BASE}/rollback", json={}, headers={"If-Match": made["version"]})
        assert back.json()["version"] == before
        assert detectors.read_text(encoding="utf-8").startswith("# ours\n")
        ingest.wait_until(load(city, detectors).version)
        ingest.stop()
    assert rows(dsn, "SELECT DISTINCT subject FROM alerts") == [("gas-1",)]
