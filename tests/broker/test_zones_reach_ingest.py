"""Zones saved through the API are taken up by a running ingest worker, without a restart."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tests.support.api import serving, until
from tests.support.ingest_process import IngestProcess

PATH = "/api/v1/cameras/cam-1/zones"


def test_a_running_worker_judges_by_the_zones_that_were_drawn(
    plain_database: Any, mosquitto: Any, tmp_path: Path
) -> None:
    city, detectors = tmp_path / "city.yaml", tmp_path / "detectors.yaml"
    detectors.write_text("", encoding="utf-8")
    with (
        serving(plain_database.dsn, tmp_path, files=(city, detectors)) as api,
        IngestProcess(plain_database.dsn, mosquitto.url, city, detectors) as ingest,
    ):
        ingest.start()
        ingest.wait_until("connected to")
        client = api.client("engineer")
        before = client.get(PATH).json()
        zone = {"id": "drawn", "kind": "no_stall", "polygon": [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]]}
        answer = client.put(PATH, json={"zones": [zone]}, headers={"If-Match": before["version"]})
        after = answer.json()
        assert answer.status_code == 200
        ingest.wait_until(after["config_version"])
        until(lambda: api.rows(f"SELECT 1 FROM configurations WHERE version = '{after['config_version']}'") != [])
        ingest.stop()
