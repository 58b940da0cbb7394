"""The board over HTTP: ranking, pages, symptoms, cases, reach, orders of operators; and how fast it is read."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from detectors.finding import Phase, Severity
from hub.alerts.incidents import in_order
from hub.alerts.lifecycle import Judge, command
from hub.people.caller import EVERYWHERE
from hub.store.read_board import incidents
from ingest.observation import Quantity
from tests.support.api import Api, serving
from tests.support.databases import Database
from tests.support.stored import NOW, batch, followed, raised, reading


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as api:
        yield api


def _write(api: Api, *changes: Any) -> list[Any]:
    api.write(batch(changes=list(changes)))
    return [change.alert for change in changes]


def _board(api: Api, role: str = "operator", **query: Any) -> dict[str, Any]:
    answer = api.client(role).get("/api/v1/board", params=query)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_it_shows_open_alerts_that_are_no_symptoms_with_what_hangs_on_them(api: Api) -> None:
    cause = raised(subject="c-1", rule="streetlight.circuit_out")
    symptom = raised(subject="lamp-1", rule="streetlight.lamp_out")
    symptom = replace(symptom, alert=replace(symptom.alert, inhibited_by=cause.alert.alert_id))
    (dark, lamp, over) = _write(api, cause, symptom, raised(subject="gas-2"))
    api.write(batch(changes=[followed(over, Phase.CLEARED, second=5)]))
    case = api.client("operator").post("/api/v1/cases", json={"alerts": [str(dark.alert_id)]}).json()
    board = _board(api)
    assert [item["id"] for item in board["items"]] == [str(dark.alert_id)]
    assert board["items"][0]["symptoms"] == [str(lamp.alert_id)]
    assert board["items"][0]["case"]["number"] == case["number"]
    assert board["counts"] == {"waiting": {"major": 1}, "dealt_with": {}, "shelved": 0}
    assert board["seq"] == api.client().get("/api/v1/feed", params={"after": 0, "limit": 500}).json()["newest"]


def test_the_order_in_the_database_is_the_one_that_is_declared(api: Api) -> None:
    severities = list(Severity)
    alerts = _write(
        api, *(raised(subject=f"g-{n}", severity=severities[n % 4], second=n % 7, since=-60 - n) for n in range(28))
    )
    client = api.client("operator")
    for n, alert in enumerate(alerts):
        path = f"/api/v1/alerts/{alert.alert_id}"
        if n % 5 == 0:
            client.post(f"{path}/acknowledge").raise_for_status()
        elif n % 5 == 1:
            client.post(f"{path}/verdict", json={"is": "false_alarm"}).raise_for_status()
        elif n % 5 == 2:
            client.post(f"{path}/verdict", json={"is": "real"}).raise_for_status()
        elif n % 5 == 3:
            client.post(f"{path}/shelve", json={"for_s": 600, "reason": "works"}).raise_for_status()
    for at in (NOW, NOW + timedelta(seconds=601)):
        with psycopg.connect(api.dsn) as connection:
            found = incidents(connection, at=at, after=None, limit=100, reach=EVERYWHERE)
        stored = [one.found.alert for one in found]
        assert len(stored) == 28
        declared = in_order(stored, at)
        # Ties, alerts of one instant and rank, are broken by the id either way.
        key = [(one.severity, one.raised_at) for one in declared]
        assert [(one.severity, one.raised_at) for one in stored] == key


def test_pages_hold_every_incident_once_while_others_come_and_go(api: Api) -> None:
    alerts = _write(api, *(raised(subject=f"g-{n}", second=n / 10) for n in range(25)))
    first = _board(api, limit=10)
    seen = [item["id"] for item in first["items"]]
    cursor = first["next"]
    turn = 0
    while cursor is not None:
        _write(api, raised(subject=f"late-{turn}", severity=Severity.CRITICAL, second=60))
        page = _board(api, limit=10, cursor=cursor)
        assert page["blinding"] == []
        seen += [item["id"] for item in page["items"]]
        cursor, turn = page["next"], turn + 1
    assert sorted(seen) == sorted(str(alert.alert_id) for alert in alerts)
    assert api.client().get("/api/v1/board", params={"cursor": "bm9uc2Vuc2U"}).status_code == 422


def test_who_acknowledges_owns_it_and_it_can_be_given_on(api: Api) -> None:
    (leak,) = _write(api, raised())
    path = f"/api/v1/alerts/{leak.alert_id}"
    client = api.client("operator")
    assert client.post(f"{path}/acknowledge").json()["owner"] == "the operator"
    assert client.post(f"{path}/assign", json={"to": "nobody.here"}).status_code == 422
    assert client.post(f"{path}/assign", json={"to": "the operator"}).status_code == 409
    assert client.post(f"{path}/assign", json={"to": None}).json()["owner"] is None
    assert client.post(f"{path}/unacknowledge").json()["owner"] is None
    last = api.client().get("/api/v1/feed", params={"after": 0}).json()["items"]
    assert [item["type"] for item in last] == [
        "alert.raised",
        "alert.acknowledged",
        "alert.assigned",
        "alert.unacknowledged",
    ]


def test_a_verdict_is_given_replaced_and_taken_back_and_outlives_the_detectors_word(api: Api) -> None:
    (leak,) = _write(api, raised())
    path = f"/api/v1/alerts/{leak.alert_id}"
    client = api.client("operator")
    found = client.post(f"{path}/verdict", json={"is": "false_alarm", "reason": "a drill"}).json()
    assert found["verdict"]["is"] == "false_alarm"
    assert found["verdict"]["by"] == "the operator"
    assert found["verdict"]["reason"] == "a drill"
    api.write(batch(changes=[followed(leak, Phase.CLEARED, second=9)]))
    assert client.get(path).json()["verdict"]["reason"] == "a drill"
    assert client.post(f"{path}/verdict", json={"is": "real"}).json()["verdict"]["is"] == "real"
    assert client.post(f"{path}/unverdict").json()["verdict"] is None
    assert client.post(f"{path}/unverdict").status_code == 409
    assert client.post(f"{path}/verdict", json={"is": "maybe"}).status_code == 422
    record = client.get(f"{path}/record").json()
    assert record["whole"] is True
    assert [(item["type"], item["by"]) for item in record["items"]][-1] == ("alert.judged", "the operator")


def test_the_readings_around_an_alert_come_with_the_limits_it_was_judged_by(api: Api) -> None:
    (leak,) = _write(api, raised(numbers={"methane_pct_lel": 31.5, "threshold_pct_lel": 25.0}))
    api.write(
        batch(
            readings=[
                reading(-600 + 10 * n, device="gas-1", quantity=Quantity.METHANE_PCT_LEL, value=n) for n in range(60)
            ]
        )
    )
    found = api.client("operator").get(f"/api/v1/alerts/{leak.alert_id}/readings").json()
    (curve,) = found["curves"]
    assert (curve["device"], curve["quantity"]) == ("gas-1", "methane_pct_lel")
    assert curve["limits"] == [{"kind": "threshold", "value": 25.0}]
    assert len(curve["points"]) == 60
    assert curve["points"][0][1:] == [0.0, 0.0, 0.0]


def test_ten_thousand_open_and_a_hundred_thousand_in_history_are_read_fast(api: Api) -> None:
    with psycopg.connect(api.dsn, autocommit=True) as connection:
        connection.execute(
            """INSERT INTO alerts (alert_id, rule, subject, grid, severity, condition, since, raised_at, cleared_at,
                                   updated_at, reason, config_version, judged_at, known_at)
               SELECT gen_random_uuid(), 'gas.leak', 'g-' || n, '01',
                      (ARRAY['critical', 'major', 'minor', 'warning'])[1 + n % 4],
                      CASE WHEN n < 10000 THEN 'active' ELSE 'cleared' END, at, at,
                      CASE WHEN n < 10000 THEN NULL ELSE at + interval '5 min' END, at,
                      '{"text": "why", "numbers": {}}', 'v1', at, at
               FROM (SELECT n, timestamptz '2026-11-23 04:00Z' - n * interval '1 min' AS at
                     FROM generate_series(0, 109999) AS n) AS made"""
        )
        connection.execute("ANALYZE alerts")
    client = api.client("operator")
    spans = []
    for _ in range(5):
        began = time.perf_counter()
        answer = client.get("/api/v1/board")
        spans.append(time.perf_counter() - began)
        assert len(answer.json()["items"]) == 200
    assert min(spans) < 0.5, spans
    board = answer.json()
    assert sum(board["counts"]["waiting"].values()) == 10_000
    path = f"/api/v1/alerts/{board['items'][0]['id']}/acknowledge"
    began = time.perf_counter()
    assert client.post(path).status_code == 200
    assert time.perf_counter() - began < 1.0


def test_a_verdict_changes_neither_condition_nor_acknowledgement() -> None:
    alert = raised().alert
    judged, kind = command(alert, Judge(by="Li", at=NOW, is_real=False))
    assert (judged.condition, judged.acknowledged) == (alert.condition, alert.acknowledged)
    assert kind.value == "alert.judged"
