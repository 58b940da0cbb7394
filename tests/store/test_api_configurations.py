"""Versions of the detectors file through the API: proposed, compared, applied, rolled back, planned, exported."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.store.configurations import save_configuration
from hub.store.session import connect
from tests.support.api import Api, serving
from tests.support.databases import Database
from tests.support.people import browser, make_user
from tests.support.stored import NOW

BASE = "/api/v1/configurations"


@pytest.fixture
def detectors(tmp_path: Path) -> Path:
    path = tmp_path / "detectors.yaml"
    path.write_text("# by hand\nwater: {pressure: {low_kpa: 120}}\n", encoding="utf-8")
    return path


@pytest.fixture
def api(plain_database: Database, tmp_path: Path, detectors: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path, files=(tmp_path / "city.yaml", detectors)) as api:
        yield api


def proposed(client: Any, **order: Any) -> dict[str, Any]:
    answer = client.post(BASE, json={"note": "quieter nights", **order})
    assert answer.status_code == 201, answer.text
    document: dict[str, Any] = answer.json()
    return document


def in_force(client: Any) -> str:
    """Return what is in force; a schedule that is made and withdrawn lets the hub look at the file."""
    made = proposed(client, changes={"gas.leak.rise_pct_lel": 11})
    at = (NOW + timedelta(days=1)).isoformat()
    plan = client.post(f"{BASE}/{made['version']}/schedule", json={"at": at}).json()
    client.post(f"{BASE}/{made['version']}/unschedule", json={"schedule": plan["schedule"]})
    found: str = client.get(BASE).json()["in_force"]
    return found


def test_an_engineer_changes_a_threshold_sees_what_differs_applies_and_rolls_back(api: Api, detectors: Path) -> None:
    client = api.client("engineer")
    first = in_force(client)
    made = proposed(client, changes={"water.pressure.low_kpa": 150, "parking.illegal.dwell_s": 240}, base=first)
    assert (made["author"], made["note"], made["parent"]) == ("the engineer", "quieter nights", first)
    assert not made["in_force"]
    diff = client.get(f"{BASE}/{first}/diff/{made['version']}").json()
    assert [(one["path"], one["before"], one["after"], one["unit"]) for one in diff["changes"]] == [
        ("water.pressure.low_kpa", 120.0, 150.0, "kPa"), ("parking.illegal.dwell_s", 180.0, 240.0, "s"),
    ]  # fmt: skip
    assert any(line.startswith("+") and "dwell_s: 240.0" in line for line in diff["lines"])
    headers = {"If-Match": f'"{first}"'}
    applied = client.post(f"{BASE}/{made['version']}/apply", json={"note": "go"}, headers=headers)
    assert applied.status_code == 200
    assert applied.json()["in_force"]
    assert applied.json()["applied"][0] | {"since": ""} == {
        "since": "", "until": None, "by": "the engineer", "note": "go", "how": "applied",
    }  # fmt: skip
    assert api.hub.configuration.thresholds.parking.illegal.dwell_s == 240
    assert "dwell_s: 240" in detectors.read_text(encoding="utf-8")
    assert client.get(BASE).json()["roll_back_to"] == first
    stale = client.post(f"{BASE}/rollback", json={}, headers=headers)
    assert (stale.status_code, stale.json()["type"]) == (409, "urn:lianqin:problem:changed-meanwhile")
    assert stale.json()["version"] == made["version"]
    back = client.post(f"{BASE}/rollback", json={"note": "no"}, headers={"If-Match": made["version"]}).json()
    assert (back["version"], back["applied"][0]["how"]) == (first, "rolled_back")
    assert detectors.read_text(encoding="utf-8").startswith("# by hand\n")
    listed = client.get(BASE).json()
    assert (listed["in_force"], listed["roll_back_to"]) == (first, None)
    assert listed["writable"]
    assert {one["version"] for one in listed["items"] if one["in_force"]} == {first}
    actions = [row[0] for row in api.rows("SELECT action FROM audit WHERE target LIKE 'configuration/%' ORDER BY id")]
    assert actions[-3:] == ["configuration.proposed", "configuration.applied", "configuration.rolled_back"]


def test_an_override_is_proposed_applied_and_its_inheritance_shown(api: Api) -> None:
    client = api.client("engineer")
    first = in_force(client)
    override = {"name": "hill", "devices": ["water-1"], "set": {"water.pressure.low_kpa": 90}}
    made = proposed(client, overrides=[override])
    assert made["overrides"] == ["hill"]
    answer = client.post(f"{BASE}/{made['version']}/apply", json={}, headers={"If-Match": first})
    assert answer.status_code == 200
    found = client.get(f"{BASE}/inheritance", params={"subject": "water-1"}).json()
    low = next(one for one in found["items"] if one["path"] == "water.pressure.low_kpa")
    assert (low["value"], low["source"], low["unit"]) == (90.0, "override 'hill'", "kPa")
    # The API under test began with the shipped defaults; what it applied it takes up at once.
    assert [(step["source"], step["value"]) for step in low["steps"]] == [("default", 140.0), ("override", 90.0)]
    second = proposed(client, changes={"overrides[hill].water.pressure.low_kpa": 95})
    diff = client.get(f"{BASE}/{made['version']}/diff/{second['version']}").json()
    assert [(one["path"], one["before"], one["after"], one["override"]) for one in diff["changes"]] == [
        ("overrides[hill].water.pressure.low_kpa", 90.0, 95.0, "hill")
    ]


@pytest.mark.parametrize(
    ("order", "says"),
    [
        ({}, "give either `yaml`"),
        ({"yaml": "", "changes": {}}, "give either `yaml`"),
        ({"changes": {"water.pressure.lo_kpa": 1}}, "is water.pressure.low_kpa meant?"),
        ({"changes": {"water.pressure.low_kpa": -1}}, "greater than or equal to 0"),
        ({"changes": {"zone:zone-1.dwell_s": 20}}, "save it with the camera's zones"),
        ({"yaml": "water: [1]"}, "detectors.yaml:1: water: must be settings"),
        ({"yaml": "a: {"}, "detectors.yaml:1: is not YAML"),
        ({"yaml": "overrides:\n- {name: a, devices: [w], set: {water.leak.factor: 2}}"}, "detectors.yaml:2"),
        ({"overrides": [{"name": "a", "devices": ["w"], "set": {"water.leak.factor": 2}}]}, "no device w"),
        ({"overrides": [{"name": "a", "set": {"lateness_s.gas": 2}}]}, "cannot be set for some alone"),
        ({"changes": {}, "note": "a\u0000b"}, "#/note"),
    ],
)
def test_what_is_no_good_is_refused_with_where_and_why(api: Api, order: dict[str, Any], says: str) -> None:
    answer = api.client("engineer").post(BASE, json=order)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]
    assert api.rows("SELECT 1 FROM configuration_versions") == []


def test_a_version_goes_through_a_repository_and_keeps_who_made_it(api: Api) -> None:
    client = api.client("engineer")
    made = proposed(client, changes={"water.pressure.low_kpa": 151}, note='with "quotes", 中文\nand lines')
    exported = client.get(f"{BASE}/{made['version']}/export")
    assert exported.headers["content-type"].startswith("application/yaml")
    api.rows("DELETE FROM configuration_versions RETURNING version")  # as in another city's database
    answer = api.client("admin").post(f"{BASE}/import", json={"yaml": exported.text})
    assert answer.status_code == 201
    found = answer.json()
    assert {name: found[name] for name in ("version", "author", "note", "text", "parent")} == {
        name: made[name] for name in ("version", "author", "note", "text", "parent")
    }
    assert (found["source"], found["brought_by"]) == ("imported", "the admin")
    assert client.get(f"{BASE}/{made['version']}/export").text.partition("\n")[2] == exported.text.partition("\n")[2]


def test_the_configuration_that_an_alert_names_leads_to_its_version(api: Api) -> None:
    configuration = api.hub.configuration
    with connect(api.dsn) as connection:
        save_configuration(connection, configuration.version, configuration.city, configuration.thresholds)
    found = api.client("supervisor").get(f"{BASE}/{configuration.version}").json()
    assert (found["asked_for"], found["source"]) == (configuration.version, "seen")
    assert found["thresholds"]["parking"]["illegal"]["dwell_s"] == 180
    missing = api.client("supervisor").get(f"{BASE}/ffffffffffff")
    assert (missing.status_code, missing.json()["type"]) == (404, "urn:lianqin:problem:not-found")


def test_a_plan_is_made_shown_and_withdrawn(api: Api) -> None:
    client = api.client("engineer")
    made = proposed(client, changes={"water.pressure.low_kpa": 152})
    when = NOW + timedelta(hours=8)
    plan = client.post(f"{BASE}/{made['version']}/schedule", json={"at": when.isoformat(), "note": "tonight"})
    assert plan.status_code == 201
    (waits,) = client.get(BASE).json()["waiting"]
    assert (waits["version"], waits["state"], waits["note"]) == (made["version"], "waiting", "tonight")
    path = f"{BASE}/{made['version']}/unschedule"
    assert client.post(path, json={"schedule": plan.json()["schedule"]}).json()["state"] == "withdrawn"
    assert client.post(path, json={"schedule": plan.json()["schedule"]}).status_code == 404
    past = client.post(f"{BASE}/{made['version']}/schedule", json={"at": (NOW - timedelta(hours=1)).isoformat()})
    assert (past.status_code, "is over" in past.json()["detail"]) == (422, True)


def test_pages_follow_one_another(api: Api) -> None:
    client = api.client("engineer")
    names = [proposed(client, changes={"water.pressure.low_kpa": 100 + n})["version"] for n in range(5)]
    first = client.get(BASE, params={"limit": 3}).json()
    rest = client.get(BASE, params={"limit": 3, "cursor": first["next"]}).json()
    assert rest["next"] is None
    assert sorted(one["version"] for one in [*first["items"], *rest["items"]]) == sorted(names)


def test_who_sees_one_district_sees_the_thresholds_of_that_alone(api: Api, plain_database: Database) -> None:
    make_user(plain_database.dsn, "boss", role="supervisor", districts=["nowhere"])
    client = browser(api, "boss")
    assert client.get(BASE).status_code == 403
    assert client.get(f"{BASE}/inheritance", params={"subject": "water-1"}).status_code == 404
    assert api.client("supervisor").get(f"{BASE}/inheritance", params={"subject": "water-1"}).status_code == 200
    assert api.client("operator").get(BASE).status_code == 403


def test_a_hub_that_knows_no_files_says_so(plain_database: Database, tmp_path: Path) -> None:
    with serving(plain_database.dsn, tmp_path) as api:
        client = api.client("engineer")
        listed = client.get(BASE).json()
        assert (listed["writable"], listed["items"]) == (False, [])
        made = proposed(client, changes={"water.pressure.low_kpa": 150})
        answer = client.post(f"{BASE}/{made['version']}/apply", json={}, headers={"If-Match": made["version"]})
        assert (answer.status_code, answer.json()["type"]) == (409, "urn:lianqin:problem:not-writable")
