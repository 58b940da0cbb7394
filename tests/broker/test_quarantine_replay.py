"""What could not be read is kept, and read after the fix: from the device to the reading, by the command line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from hub import clock
from hub.config.load import load
from tests.support.ingest_process import IngestProcess
from tests.support.town import CITY, telemetry, write_city
from tests.support.town_at_work import publishing, rows, until

NEW = "city/01/gas/gas-new/telemetry"
BROKEN = "city/01/gas/gas-1/telemetry"


def test_what_was_quarantined_is_read_after_the_fix(plain_database: Any, mosquitto: Any, tmp_path: Path) -> None:
    dsn, city, detectors = plain_database.dsn, write_city(tmp_path), tmp_path / "detectors.yaml"
    detectors.write_text("", encoding="utf-8")

    def command(*words: str) -> str:
        environment = {**os.environ, "LIANQIN_DATABASE_URL": dsn, "LIANQIN_MQTT_URL": mosquitto.url}
        said = subprocess.run(
            [sys.executable, "-m", "hub.cli", "quarantine", *words],
            env=environment,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (said.returncode, said.stderr) == (0, "")
        return said.stdout

    def kept() -> list[tuple[str, str, bool]]:
        found = [json.loads(line) for line in command("list", "--json").splitlines()]
        return sorted((row["topic"], row["reason"], row["replayed_at"] is not None) for row in found)

    assert command("list") == "nothing is quarantined\n"
    assert command("replay", "--all") == "nothing to replay\n"
    at = clock.now()
    with IngestProcess(dsn, mosquitto.url, city, detectors) as ingest, publishing(mosquitto.url) as devices:
        ingest.start()
        ingest.wait_until("connected to")
        devices.publish(NEW, telemetry(at, methane_pct_lel=61.0))
        devices.publish(BROKEN, b"{ not json")
        until(lambda: rows(dsn, "SELECT count(*) FROM quarantine") == [(2,)])
        assert kept() == [(BROKEN, "bad_json", False), (NEW, "unknown_device", False)]

        fixed = CITY.replace("- {id: gas-2,", '- {id: gas-new, kind: gas, grid: "01", interval_s: 30}\n  - {id: gas-2,')
        city.write_text(fixed, encoding="utf-8")
        ingest.wait_until(load(city, detectors).version)
        assert command("replay", "--all").startswith("published 2 again")
        until(lambda: rows(dsn, "SELECT 1 FROM alerts WHERE subject = 'gas-new'"))
        until(lambda: rows(dsn, "SELECT count(*) FROM quarantine") == [(3,)])
        ingest.stop()
    assert rows(dsn, "SELECT device_id, measured_at, value FROM readings") == [("gas-new", at, 61.0)]
    assert kept() == [(BROKEN, "bad_json", False), (BROKEN, "bad_json", True), (NEW, "unknown_device", True)]
    sums = "SELECT sum(received), sum(stored), sum(duplicate), sum(quarantined) FROM ledger"
    assert rows(dsn, sums) == [(4, 1, 0, 3)]
