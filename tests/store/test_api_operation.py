"""The state of city, ledger and hub over HTTP; and an API that outlives its database and stops at once."""

import base64
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from hub.api.serve import ListenError, listen
from hub.store.tokens import create_token
from hub.store.write import Batch
from ingest.observation import Quantity
from tests.support.api import Api, serving, until
from tests.support.databases import Database
from tests.support.postgres_servers import PostgresServer
from tests.support.stored import NOW, after, batch, frame, raised, reading, status, unreadable
from tests.support.town import write_city


@pytest.fixture
def api(database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(database.dsn, tmp_path) as running:
        yield running


def by_id(answer: httpx.Response) -> dict[str, Any]:
    return {entry["id"]: entry for entry in answer.raise_for_status().json()["items"]}


def test_devices_show_their_last_readings_and_who_is_silent(api: Api) -> None:
    api.write(
        batch(
            readings=[reading(-60, value=1), reading(-30, value=2), reading(-90, quantity=Quantity.VOLTAGE_V, value=3)],
            statuses=[status(-100, online=False), status(-20)],
            changes=[raised(rule="device.silent", subject="gw-1"), raised(subject="gas-1")],
        )
    )
    client = api.client("dispatch")
    found = by_id(client.get("/api/v1/devices"))
    assert list(found) == ["gas-1", "gas-2", "gw-1", "lamp-1", "lamp-2", "water-1"]
    lamp = found["lamp-1"]
    assert {name: value["value"] for name, value in lamp["readings"].items()} == {"power_w": 2, "voltage_v": 3}
    assert (lamp["online"], lamp["silent"], lamp["circuit"]) == (True, True, "c-1")
    assert lamp["last_heard"] == after(-19.9).isoformat(timespec="microseconds").replace("+00:00", "Z")
    assert (found["gas-1"]["silent"], len(found["gas-1"]["alerts"]), found["gas-1"]["readings"]) == (False, 1, {})
    assert list(by_id(client.get("/api/v1/devices?silent=true"))) == ["gw-1", "lamp-1", "lamp-2"]
    assert list(by_id(client.get("/api/v1/devices?kind=gas&kind=water&grid=02"))) == ["gas-2", "water-1"]
    assert list(by_id(client.get("/api/v1/devices?id=gas-2&id=lamp-1&id=nothing"))) == ["gas-2", "lamp-1"]
    page = client.get("/api/v1/devices?limit=4").json()
    rest = client.get("/api/v1/devices", params={"limit": 4, "cursor": page["next"]})
    assert [entry["id"] for entry in page["items"]] + list(by_id(rest)) == list(found)
    assert rest.json()["next"] is None


def test_cameras_show_zones_and_frames_and_never_their_address(api: Api) -> None:
    camera = api.hub.configuration.city.cameras["cam-1"]
    object.__setattr__(camera, "url", "rtsp://viewer:s3cret@10.9.8.7:554/live?key=s3cret")
    told = status(-1, device="cam-1", online=False, outage="unauthorised")
    changes = [raised(rule="camera.lost", subject="cam-1")]
    api.write(batch(frames=[frame(-5), frame(-2)], statuses=[told], changes=changes))
    found = by_id(api.client("operator").get("/api/v1/cameras"))["cam-1"]
    assert found["last_frame"] == "2026-11-23T04:29:58.000000Z"
    assert (found["last_frame_boxes"], found["lost"], found["zones"][0]["id"]) == (1, True, "zone-1")
    assert (found["moved"], found["online"], found["outage"]) == (False, False, "unauthorised")
    for path in ("/api/v1/cameras", "/api/v1/config", "/api/v1/grids", "/readyz", "/metrics"):
        text = api.client("admin").get(path).text
        assert "s3cret" not in text
        assert "10.9.8.7" not in text


def test_grids_count_what_lies_in_them_and_what_is_wrong_there(api: Api) -> None:
    api.write(batch(changes=[raised(), raised(subject="gas-2", grid="02")]))
    found = by_id(api.client("dispatch").get("/api/v1/grids"))
    assert found["02"]["devices"] == {"gas": 1, "water": 1}
    assert (found["02"]["cameras"], found["02"]["active"]) == (1, {"major": 1})


def test_the_ledger_adds_up_by_hour_grid_and_in_total(api: Api) -> None:
    for grid in ("01", "02"):
        for hours in range(3):
            shift = timedelta(hours=hours).total_seconds()
            api.write(batch(readings=[reading(shift + n, device=f"d-{grid}") for n in range(4)], grid=grid))
    api.write(batch(readings=[reading(0, device="d-01")]))  # known already
    api.write(batch(quarantined=[unreadable(grid="")]))
    client = api.client("engineer")
    whole = client.get("/api/v1/ledger").json()
    assert whole["total"] == {"received": 26, "stored": 24, "duplicate": 1, "quarantined": 1}
    assert (whole["balanced"], whole["next"], len(whole["items"])) == (True, None, 7)
    one = client.get("/api/v1/ledger", params={"grid": "01", "from": "2026-11-23T05:00:00Z"}).json()
    assert [entry["hour"][11:13] for entry in one["items"]] == ["06", "05"]
    assert one["total"]["received"] == 8
    assert client.get("/api/v1/ledger", params={"grid": ""}).json()["total"]["quarantined"] == 1
    walked, cursor = [], None
    while True:
        page = client.get("/api/v1/ledger", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        walked += page["items"]
        cursor = page["next"]
        if cursor is None:
            break
    assert walked == whole["items"]
    api.rows("UPDATE ledger SET received = received + 1 WHERE grid = '02' RETURNING 1")
    assert client.get("/api/v1/ledger").json()["balanced"] is False


def test_the_quarantine_shows_reason_and_bytes(api: Api) -> None:
    api.write(batch(quarantined=[unreadable(b"\xff" * 300), unreadable(b"{")]))
    client = api.client("engineer")
    page = client.get("/api/v1/quarantine?limit=1").json()
    second = client.get("/api/v1/quarantine", params={"cursor": page["next"]}).json()
    entries = {entry["size"]: entry for entry in page["items"] + second["items"]}
    assert set(entries) == {300, 1}
    assert len(base64.b64decode(entries[300]["payload"])) == 200
    alone = client.get(f"/api/v1/quarantine/{entries[300]['id']}").json()
    assert base64.b64decode(alone["payload"]) == b"\xff" * 300
    assert client.get("/api/v1/quarantine?reason=bad_topic").json()["items"] == []
    assert client.get("/api/v1/quarantine?reason=nonsense").status_code == 422


def test_rules_and_configuration_are_told(api: Api) -> None:
    rules = {entry["rule"]: entry for entry in api.client("dispatch").get("/api/v1/rules").json()["items"]}
    assert {"gas.leak", "water.burst", "parking.illegal", "device.silent", "camera.lost"} <= set(rules)
    thresholds = {entry["path"]: entry for entry in rules["water.burst"]["thresholds"]}
    fall = thresholds["water.burst.fall_kpa"]
    assert fall["value"] == fall["default"] == api.hub.configuration.thresholds.water.burst.fall_kpa
    assert fall["unit"] == "kPa"
    config = api.client("engineer").get("/api/v1/config").json()
    assert config["version"] == api.hub.configuration.version
    assert config["detectors"]["water"]["burst"]["fall_kpa"] == fall["value"]


def test_ready_when_every_grid_is_heard_and_named_problems_when_not(api: Api) -> None:
    client = api.client("operator")
    answer = client.get("/readyz")
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert answer.json()["problems"] == ["ingest", "broker_lag", "cameras"]
    api.write(
        Batch(
            at=NOW,
            readings=[(reading(-5), "01", False)],
            frames=[(frame(-1), "02", False)],
            listening=("worker-1", ["01"], after(-600), after(-1)),
        )
    )
    assert client.get("/readyz").json()["problems"] == ["ingest"]
    assert "grid 02" in client.get("/readyz").json()["detail"]
    api.write(Batch(at=NOW, listening=("worker-2", ["02"], after(-600), after(-2))))
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    ages = {check["name"]: check["age_s"] for check in ready.json()["checks"]}
    assert ages == {"database": None, "ingest": 2.0, "broker_lag": 0.9, "cameras": 1.0, "calendar": None}
    api.pass_time(timedelta(minutes=10))
    assert client.get("/readyz").json()["problems"] == ["ingest", "broker_lag", "cameras"]


def test_metrics_tell_what_is_active_and_how_old_the_newest_observation_is(api: Api) -> None:
    api.write(batch(readings=[reading(-5)], frames=[frame(-30)], changes=[raised()]))
    begun = {"title": "a lid is missing", "grid": "02", "severity": "major"}
    assert api.client("operator").post("/api/v1/cases", json=begun).status_code == 201
    client = api.client("engineer")
    client.get("/api/v1/alerts")
    text = client.get("/metrics").text
    assert 'lianqin_cases_open{overdue="false",stage="collected"} 1.0' in text
    assert 'lianqin_cases_open{overdue="true",stage="dispatched"} 0.0' in text
    assert 'lianqin_alerts_active{rule="gas.leak",severity="major"} 1.0' in text
    assert 'lianqin_ledger_observations{outcome="stored"} 2.0' in text
    assert "lianqin_observation_age_seconds 4.9" in text
    assert 'lianqin_camera_age_seconds{camera="cam-1"} 30.0' in text
    assert 'lianqin_http_requests_total{method="GET",route="/api/v1/alerts",status="200"} 1.0' in text


def test_an_address_that_is_taken_or_is_none_is_said_plainly() -> None:
    with listen("127.0.0.1", 0) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ListenError, match=f"127.0.0.1:{port}: Address already in use"), listen("127.0.0.1", port):
            pass
    with pytest.raises(ListenError, match=r"cannot listen on no\.such\.host"), listen("no.such.host", 0):
        pass


@pytest.mark.fault
def test_the_api_outlives_its_database(
    postgres_server: PostgresServer, plain_database: Database, tmp_path: Path
) -> None:
    postgres_server.stop()
    try:
        with serving(plain_database.dsn, tmp_path, tokens=False) as api:
            client = api.client(None)
            client.headers["Authorization"] = "Bearer lq_anything"
            answer = client.get("/api/v1/alerts")
            assert (answer.status_code, answer.json()["problems"]) == (503, ["database"])
            assert answer.headers["retry-after"] == "2"
            postgres_server.start()
            with psycopg.connect(api.dsn) as connection:
                client.headers["Authorization"] = f"Bearer {create_token(connection, 'late', 'admin')}"
            until(lambda: client.get("/api/v1/alerts").status_code == 200, wait_s=40)
            until(lambda: api.hub.tail.newest == 0, wait_s=20)
            postgres_server.stop()
            assert client.get("/readyz").status_code == 503
            assert client.get("/livez").status_code == 200
            postgres_server.start()
            until(lambda: client.get("/api/v1/alerts").status_code == 200, wait_s=40)
    finally:
        postgres_server.start()


@pytest.mark.fault
def test_the_role_stops_at_once_with_open_streams_and_logs_no_token(plain_database: Database, tmp_path: Path) -> None:
    with psycopg.connect(plain_database.dsn) as connection:
        token = create_token(connection, "reader", "admin")
    log = tmp_path / "api.log"
    environment = {
        **os.environ,
        "LIANQIN_DATABASE_URL": plain_database.dsn,
        "LIANQIN_CITY": str(write_city(tmp_path)),
        "LIANQIN_HTTP_PORT": "0",
        "LIANQIN_LOG_LEVEL": "debug",
    }
    with log.open("wb") as output:
        role = subprocess.Popen([sys.executable, "-m", "hub.cli", "api"], env=environment, stderr=output, stdout=output)
    try:
        until(lambda: "listening" in log.read_text(), wait_s=60)
        address = next(json.loads(line)["address"] for line in log.read_text().splitlines() if "listening" in line)
        headers = {"Authorization": f"Bearer {token}"}
        with httpx.Client(base_url=address, headers=headers, timeout=20, trust_env=False) as client:
            until(lambda: client.get("/livez").status_code == 200)
            client.get("/api/v1/alerts", params={"token": token})
            client.get(f"/api/v1/alerts/{token}")
            client.get("/", headers={"Authorization": f"Bearer {token}x"})
            with client.stream("GET", "/api/v1/feed/stream") as stream:
                lines = stream.iter_lines()
                next(lines)
                began = time.monotonic()
                role.send_signal(signal.SIGTERM)
                list(lines)  # the stream ends by itself
        assert role.wait(timeout=20) == 0
        assert time.monotonic() - began < 10
    finally:
        role.kill()
        role.wait()
    text = log.read_text()
    assert "/api/v1/alerts" in text
    assert token not in text
    assert "Traceback" not in text
