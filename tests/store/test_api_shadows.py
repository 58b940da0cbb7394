"""A candidate through the API: judged silently, compared, tried in a grid, rolled back by itself, promoted."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest

from hub.alerts.alert import Alert
from hub.api.model_shadows import ShadowDocument
from hub.people.caller import Reach
from hub.store import shadows
from hub.store.read_shadows import both_sides
from hub.store.session import connect, open_session
from hub.tuning.replay import replay
from hub.tuning.shadow.watch import SETTLING, Guard
from tests.support.api import Api, serving
from tests.support.databases import Database
from tests.support.shadowing import Live, candidate, flood, settle
from tests.support.stored import NOW

BASE = "/api/v1/tuning/shadows"
LIMITS = {"alarms_per_hour": 5, "window_s": 3600, "least": 3}


@pytest.fixture
def detectors(tmp_path: Path) -> Path:
    path = tmp_path / "detectors.yaml"
    path.write_text("# by hand\nwater: {pressure: {low_kpa: 120}}\n", encoding="utf-8")
    return path


@pytest.fixture
def quiet(detectors: Path) -> None:
    """Let nobody mind that most of the town says nothing."""
    still = "device: {silent: {enabled: false}}\ncamera: {lost: {enabled: false}}\n"
    detectors.write_text(detectors.read_text(encoding="utf-8") + still, encoding="utf-8")


@pytest.fixture
def api(plain_database: Database, tmp_path: Path, detectors: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path, files=(tmp_path / "city.yaml", detectors)) as api:
        yield api


@pytest.fixture
def live(api: Api) -> Iterator[Live]:
    made = Live(api)
    yield made
    made.close()


def started(api: Api, version: str, **order: Any) -> dict[str, Any]:
    answer = api.client("engineer").post(BASE, json={"version": version, "note": "dusk", **order})
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


def told(alerts: list[Alert]) -> list[tuple[Any, ...]]:
    return sorted((one.rule, one.subject, one.alert_id, one.raised_at, one.cleared_at or NOW) for one in alerts)


@pytest.mark.usefixtures("quiet")
def test_a_shadow_tells_what_it_would_have_raised_and_raises_nothing(api: Api, live: Live) -> None:
    base = settle(api)
    version = candidate(api)
    live.pass_time(120)
    begun = started(api, version)
    assert (begun["state"], begun["grids"], begun["base_version"]) == ("running", ["01", "02"], base)
    assert begun["diff"] is None
    assert begun["alarms_per_hour"] is None
    live.pass_time(60)
    live.pass_time(30, gas_2=15.0)  # rises fast, yet stays below the first level
    live.pass_time(120)
    raised_before = api.rows("SELECT count(*) FROM alerts")[0][0]
    live.follow()
    found = api.client("supervisor").get(f"{BASE}/{begun['id']}").json()
    ShadowDocument.model_validate(found)
    assert [one["rule"] for one in found["diff"]["vanished"]] == ["gas.leak"]
    (vanished,) = found["diff"]["vanished"]
    assert vanished["recorded_alert_id"] == vanished["alert_id"], "what was raised live is on record"
    assert found["diff"]["appeared"] == []
    assert found["alarms"] == {"base": 1, "candidate": 0}
    assert found["alarms_per_hour"] == {"base": pytest.approx(3600 / 210, rel=0.01), "candidate": 0}
    assert found["lag_s"] == 0
    assert found["problem"] is None
    assert [one["what"] for one in found["timeline"]] == ["started"]
    assert api.rows("SELECT count(*) FROM alerts")[0][0] == raised_before == 1
    with open_session(api.dsn) as connection:
        elsewhere = both_sides(connection, UUID(begun["id"]), reach=Reach(grids=frozenset({"01"})))
    assert elsewhere == ([], [], False)
    ended = api.client("engineer").post(f"{BASE}/{begun['id']}/end", json={"note": "seen enough"})
    assert (ended.json()["state"], ended.json()["why"]) == ("ended", "seen enough")
    again = api.client("engineer").post(f"{BASE}/{begun['id']}/end", json={})
    assert (again.status_code, again.json()["type"]) == (409, "urn:lianqin:problem:illegal-transition")
    live.pass_time(30, gas_2=15.0)
    live.follow()
    assert api.client("engineer").get(f"{BASE}/{begun['id']}").json()["alarms"] == found["alarms"]


def test_followers_that_die_and_others_that_go_on_keep_what_a_replay_gives(api: Api, live: Live) -> None:
    settle(api)
    version = candidate(api, **{"gas.leak.raise_after_s": 20.0, "gas.leak.clear_after_s": 15.0})
    live.pass_time(30, gas_1=30.0)  # open already when the shadow begins
    begun = started(api, version)
    since = api.hub.now()
    for turn in range(6):
        live.pass_time(25, gas_1=0.5 if turn % 2 else 40.0, gas_2=70.0 if turn % 3 else 0.5)
        live.follow()
        if turn % 2:
            live.following.close()  # another role takes over
            live.following = live.role()
        assert live.following.look() is False
    live.pass_time(90)
    live.follow()
    whole = replay(live.store, live.configuration(version), grids=None, since=since, until=api.hub.now())
    with open_session(api.dsn) as connection:
        _, kept, _ = both_sides(connection, UUID(begun["id"]))
    assert len(whole) >= 4
    assert told(kept) == told(whole)


def test_a_shadow_ends_when_its_time_is_over(api: Api, live: Live) -> None:
    until = api.hub.now() + timedelta(seconds=40)
    begun = started(api, candidate(api), until=until.isoformat())
    live.pass_time(90)
    live.follow()
    live.follow()
    found = api.client("engineer").get(f"{BASE}/{begun['id']}").json()
    assert (found["state"], found["why"]) == ("ended", "its time was over")
    assert datetime.fromisoformat(found["followed_until"]) == until


def test_a_version_that_cannot_be_read_is_told_and_keeps_nobody_waiting(api: Api, live: Live) -> None:
    good, bad = started(api, candidate(api)), started(api, candidate(api, **{"gas.leak.rise_pct_lel": 41.0}))
    with psycopg.connect(api.dsn) as connection:
        connection.execute(
            """UPDATE configuration_versions SET thresholds = '{"gas": 1}' WHERE version = %s""", (bad["version"],)
        )
    live.pass_time(60)
    live.follow()
    listed = {one["id"]: one for one in api.client("engineer").get(BASE).json()["items"]}
    assert listed[bad["id"]]["problem"]
    assert listed[bad["id"]]["lag_s"] == 60
    assert (listed[good["id"]]["problem"], listed[good["id"]]["lag_s"]) == (None, 0)


def test_a_canary_that_floods_is_rolled_back_once_by_whoever_guards(api: Api, live: Live, detectors: Path) -> None:
    base, before = settle(api), detectors.read_text(encoding="utf-8")
    begun = started(api, candidate(api))
    client = api.client("engineer")
    order = {"grids": ["02"], "limits": LIMITS}
    done = client.post(f"{BASE}/{begun['id']}/canary", json=order)
    assert done.status_code == 200, done.text
    canary = done.json()["canary"]
    assert (done.json()["state"], canary["grids"], canary["before_version"]) == ("canary", ["02"], base)
    assert "rise_pct_lel: 40" in detectors.read_text(encoding="utf-8")
    thresholds = live.configuration(None).thresholds
    assert [(one.name, one.grids, one.set) for one in thresholds.overrides] == [
        (canary["override"], ("02",), {"gas.leak.rise_pct_lel": 40.0})
    ]
    assert client.post(f"{BASE}/{begun['id']}/canary", json=order).status_code == 409
    assert client.post(f"{BASE}/{begun['id']}/end", json={}).status_code == 409
    one, other = (Guard(api.dsn, api.hub.files, api.hub.now) for _ in range(2))
    api.pass_time(timedelta(minutes=5))
    flood(api, 5)
    flood(api, 9, grid="01")  # another grid's alarms are not the canary's
    assert one.look() == other.look() == []
    flood(api, 1)
    assert [shadow.state.value for shadow in [*one.look(), *other.look()]] == ["rolled_back"]
    one.close()
    assert other.look() == []
    other.close()
    assert detectors.read_text(encoding="utf-8") == before
    found = api.client("supervisor").get(BASE, params={"open": True}).json()["items"]
    assert [(shadow["id"], shadow["state"]) for shadow in found] == [(begun["id"], "rolled_back")]
    assert found[0]["rolled_back_at"]
    assert found[0]["why"] == "too many alarms: 6 alarms within 60 min are 6 an hour; 5 are allowed"
    audited = "SELECT actor, detail ->> 'why' FROM audit WHERE action = 'shadow.rolled_back'"
    assert api.rows(audited) == [("lianqin", found[0]["why"])]
    timeline = client.get(f"{BASE}/{begun['id']}").json()["timeline"]
    assert [one["what"] for one in timeline] == ["started", "canary", "rolled_back"]
    api.pass_time(timedelta(days=2))
    assert client.get(BASE, params={"open": True}).json()["items"] == []


def test_a_roll_back_undoes_the_canary_and_nothing_that_was_changed_since(api: Api, live: Live) -> None:
    settle(api)
    begun = started(api, candidate(api))
    client = api.client("engineer")
    client.post(f"{BASE}/{begun['id']}/canary", json={"grids": ["02"], "limits": LIMITS}).raise_for_status()
    present = settle(api)
    other = client.post(
        "/api/v1/configurations", json={"note": "x", "changes": {"gas.leak.raise_after_s": 7.0}, "base": present}
    ).json()["version"]
    headers = {"If-Match": present}
    client.post(f"/api/v1/configurations/{other}/apply", json={}, headers=headers).raise_for_status()
    refused = client.post(f"{BASE}/{begun['id']}/promote", json={})
    assert refused.status_code == 409
    assert "would be undone" in refused.json()["detail"]
    back = client.post(f"{BASE}/{begun['id']}/rollback", json={"note": "not good"})
    assert (back.json()["state"], back.json()["why"]) == ("rolled_back", "not good")
    thresholds = live.configuration(None).thresholds
    assert (thresholds.overrides, thresholds.gas.leak.raise_after_s) == ((), 7.0)
    assert thresholds.water.pressure.low_kpa == 120


def test_a_roll_back_that_died_half_way_is_finished_by_the_next_guard(api: Api, live: Live, detectors: Path) -> None:
    settle(api)
    before = detectors.read_text(encoding="utf-8")
    begun = started(api, candidate(api))
    api.client("engineer").post(f"{BASE}/{begun['id']}/canary", json={"grids": ["02"], "limits": LIMITS})
    with connect(api.dsn) as connection, connection.transaction():
        shadow = shadows.find_shadow(connection, UUID(begun["id"]), lock=True)
        assert shadow.canary is not None
        shadows.keep_canary(connection, shadow.shadow_id, replace(shadow.canary, ending="a flood", ended_by="lianqin"))
    detectors.write_text(before, encoding="utf-8")  # it came so far, and no further
    guard = Guard(api.dsn, api.hub.files, api.hub.now)
    assert [one.why for one in guard.look()] == ["a flood"]
    guard.close()
    assert detectors.read_text(encoding="utf-8") == before


def test_a_canary_whose_override_somebody_removes_by_hand_is_over(api: Api, live: Live, detectors: Path) -> None:
    settle(api)
    before = detectors.read_text(encoding="utf-8")
    begun = started(api, candidate(api))
    api.client("engineer").post(f"{BASE}/{begun['id']}/canary", json={"grids": ["02"], "limits": LIMITS})
    detectors.write_text(before, encoding="utf-8")
    guard = Guard(api.dsn, api.hub.files, api.hub.now)
    assert guard.look() == []  # it may just be about to be written
    api.pass_time(SETTLING + timedelta(seconds=1))
    assert ["stands in the detectors file no longer" in one.why for one in guard.look()] == [True]
    guard.close()


def test_a_shadow_is_promoted_and_its_canary_goes_with_it(api: Api, live: Live) -> None:
    settle(api)
    begun = started(api, candidate(api))
    client = api.client("engineer")
    client.post(f"{BASE}/{begun['id']}/canary", json={"grids": ["02"], "limits": LIMITS}).raise_for_status()
    done = client.post(f"{BASE}/{begun['id']}/promote", json={"note": "good"})
    assert (done.status_code, done.json()["state"]) == (200, "promoted"), done.text
    assert live.configuration(None).thresholds.overrides == ()
    assert live.configuration(None).thresholds.gas.leak.rise_pct_lel == 40
    assert settle(api) == begun["version"]


@pytest.mark.parametrize(
    ("order", "status", "part"),
    [
        ({"version": "0" * 12}, 404, "no version"),
        ({"version": "x"}, 422, "version"),
        ({"grids": ["77"]}, 422, "no grid 77"),
        ({"grids": []}, 422, "grids"),
        ({"until": (NOW - timedelta(days=1)).isoformat()}, 422, "over"),
        ({"until": "soon"}, 422, "until"),
    ],
)
def test_what_cannot_be_shadowed_is_refused_with_words(api: Api, order: Any, status: int, part: str) -> None:
    answer = api.client("engineer").post(BASE, json={"version": candidate(api), **order})
    assert answer.status_code == status
    assert part in answer.json()["detail"]


def test_a_canary_must_have_a_limit_and_grids_that_are_followed(api: Api) -> None:
    settle(api)
    begun = started(api, candidate(api), grids=["01"])
    shared = started(api, candidate(api, **{"lateness_s.water": 5.0}))
    client = api.client("engineer")
    for shadow, order, status, part in (
        (begun, {"grids": ["01"], "limits": {}}, 422, "needs a limit"),
        (begun, {"grids": ["02"], "limits": LIMITS}, 409, "does not follow grid 02"),
        (begun, {"grids": ["01"], "limits": {"factor": 0.5}}, 422, "factor"),
        (shared, {"grids": ["01"], "limits": LIMITS}, 409, "the whole city shares"),
    ):
        answer = client.post(f"{BASE}/{shadow['id']}/canary", json=order)
        assert (answer.status_code, part in answer.json()["detail"]) == (status, True), answer.text
    assert client.get(f"{BASE}/{begun['id']}").json()["state"] == "running"


def test_only_so_many_shadows_run_at_once(api: Api) -> None:
    version = candidate(api)
    for _ in range(shadows.MOST_OPEN):
        started(api, version)
    answer = api.client("engineer").post(BASE, json={"version": version})
    assert (answer.status_code, "end one first" in answer.json()["detail"]) == (409, True)
