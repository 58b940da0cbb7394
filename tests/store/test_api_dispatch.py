"""The dispatch plan over HTTP: as it holds, as it was, and where something would go; and the file followed live."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest
import structlog

from detectors.finding import Severity
from hub.api.model_dispatch import PlanDocument, RouteDocument
from hub.api.serve import serve
from hub.cases.case import Draft
from hub.clock import now
from hub.config.dispatch_document import plan_document
from hub.config.load import load
from hub.config.load_dispatch import Dispatch, load_dispatch
from hub.dispatch.escalate import Clocks
from hub.settings import from_environment
from hub.store.case_command import open_case
from hub.store.session import open_session
from hub.store.tokens import ensure_token
from tests.support.api import Api, serving, token_for, until
from tests.support.databases import Database
from tests.support.stored import NOW, batch, raised
from tests.support.town import CITY, write_city

TOWN = """\
departments:
  - {id: city-order, name: {zh: 市城管, en: City order}, kind: order, level: city}
  - {id: town-police, name: Town police, kind: police, level: district}
squads:
  - {id: squad-2, name: Squad two, department: town-police, grids: "02"}
categories:
  version: "1"
  entries:
    - {code: "01", name: All, group: All, rules: [gas, streetlight, water, drainage, device, sensor, camera, stall]}
    - {code: "02", name: Parking, group: All, rules: parking}
routes:
  - {id: zone, match: {zone_kinds: no_parking}, to: {kind: police, level: district}}
  - {id: rest, to: {kind: order}}
deadlines:
  - {id: rest, name: Rest, limits: {any: {clock: working, hours: 4}}}
"""


def town_plan(folder: Path, text: str = TOWN) -> tuple[Path, Dispatch]:
    path = folder / "plan.yaml"
    path.write_text(text, encoding="utf-8")
    city = load(write_city(folder), None).city
    return path, load_dispatch(path, city)


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path, dispatch=town_plan(tmp_path)[1]) as running:
        yield running


def asked(api: Api, role: str = "operator", **question: Any) -> dict[str, Any]:
    answer = api.client(role).post("/api/v1/dispatch/route", json=question)
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    RouteDocument.model_validate(document)
    return document


def test_the_plan_is_told_whole_with_what_is_doubtful_in_it(api: Api) -> None:
    document = api.client("department").get("/api/v1/dispatch/plan").raise_for_status().json()
    PlanDocument.model_validate(document)
    assert document["version"] == api.hub.plan.version
    assert document["departments"][0]["name"] == {"zh": "市城管", "en": "City order"}
    missing, *doubts = document["warnings"]
    assert (missing["kind"], missing["year"]) == ("calendar_missing", NOW.year)
    assert {doubt["kind"] for doubt in doubts} <= {"doubt"}
    assert {name for name in plan_document(api.hub.plan)} <= set(document)


def test_without_a_plan_of_its_own_the_city_has_the_shipped_one(plain_database: Database, tmp_path: Path) -> None:
    with serving(plain_database.dsn, tmp_path) as running:
        document = running.client("operator").get("/api/v1/dispatch/plan").raise_for_status().json()
    assert len([one for one in document["departments"] if one["regular"]]) == 10
    assert [one["kind"] for one in document["warnings"]] == ["calendar_missing"]


def test_an_alert_goes_where_the_zone_it_lies_in_says(api: Api) -> None:
    change = raised(rule="parking.illegal", subject="zone-1@0.50,0.50", grid="02")
    change = replace(change, alert=replace(change.alert, camera_id="cam-1"))
    api.write(batch(changes=[change]))
    found = asked(api, alert_id=str(change.alert.alert_id))
    assert (found["department"], found["squad"], found["level"]) == ("town-police", "squad-2", "district")
    assert found["matter"]["zone_kind"] == "no_parking"
    assert found["matter"]["category"] == "02"
    assert found["reason"] == {
        "why": "matched",
        "route": "zone",
        "text": "route 'zone' is the first that fits; it leads to Town police (district level)",
    }


def test_a_case_goes_by_the_category_that_it_was_given(api: Api) -> None:
    draft = Draft(title="A case", grid="02", district="", severity=Severity.MINOR, category="02", rule="gas.leak")
    with open_session(api.dsn) as connection:
        case, _ = open_case(connection, draft, actor="Li", at=NOW)
    found = asked(api, case_id=str(case.case_id))
    assert (found["matter"]["category"], found["matter"]["rule"]) == ("02", "gas.leak")
    assert asked(api, case_id=str(case.case_id), category="01")["matter"]["category"] == "01"
    client = api.client("operator")
    for question in ({"case_id": str(uuid4())}, {"alert_id": str(uuid4())}):
        assert client.post("/api/v1/dispatch/route", json=question).status_code == 404


def test_a_question_names_what_it_is_about_and_hears_every_line_that_was_passed_over(api: Api) -> None:
    found = asked(api, rule="gas.leak", grid="01", severity="major", at="2026-11-23T10:30:00+08:00")
    assert (found["department"], found["reason"]["why"]) == ("city-order", "raised")
    assert [one["route"] for one in found["considered"]] == ["zone", "rest", "zone", "rest"]
    assert found["considered"][0]["against"] == "it is for kind of zone no_parking, not none"
    assert found["deadline"] == {
        "clock": "working",
        "limit_s": 14400.0,
        "warn_at": "2026-11-23T07:42:00.000000Z",
        "due_at": "2026-11-23T08:30:00.000000Z",
        "unknown_years": [2026],
    }
    urgent = asked(api, rule="gas.leak", grid="01", clock="urgent", at="2026-11-23T10:30:00+08:00")
    assert urgent["deadline"]["due_at"] == "2026-11-23T06:30:00.000000Z"
    assert asked(api, category="02", grid="01")["matter"]["rule"] is None


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ({}, "give an alert_id"),
        ({"rule": "gas.leek", "grid": "01"}, "#/rule: there is no rule gas.leek; is gas.leak meant?"),
        ({"rule": "gas.leak", "grid": "09"}, "#/grid: there is no grid 09"),
        ({"category": "03", "grid": "01"}, "#/category: there is no category 03"),
        ({"rule": "gas.leak", "grid": "01", "zone": "zone-1"}, "#/zone: zone zone-1 lies in grid 02, not in 01"),
        ({"rule": "gas.leak", "grid": "01", "level": "town"}, "#/level"),
        ({"rule": "gas.leak", "grid": "01", "at": "9999-12-31T00:00:00Z"}, "between the years 2000 and 2200"),
        ({"alert_id": "00000000-0000-0000-0000-000000000000", "grid": "01"}, "with alert_id, leave out grid"),
        ({"alert_id": str(uuid4()), "case_id": str(uuid4())}, "one of the two"),
        ({"rule": "gas.leak", "grid": "01", "sevrity": "major"}, "#/sevrity"),
    ],
)
def test_a_question_that_means_nothing_is_refused_with_its_part(api: Api, question: dict[str, Any], says: str) -> None:
    answer = api.client("operator").post("/api/v1/dispatch/route", json=question)
    assert answer.status_code == 422
    assert says in answer.json()["detail"]


def test_what_lies_outside_somebodys_reach_is_not_there(plain_database: Database, tmp_path: Path) -> None:
    text = CITY.replace("name: One}", "name: One, district: East}").replace("name: Two}", "name: Two, district: West}")
    (tmp_path / "city.yaml").write_text(text, encoding="utf-8")
    configuration = load(tmp_path / "city.yaml", None)
    change = raised(grid="02", subject="gas-2")
    with serving(plain_database.dsn, tmp_path) as running:
        running.hub.configuration = configuration
        running.hub.dispatch = load_dispatch(None, configuration.city)
        running.write(batch(changes=[change]))
        with psycopg.connect(running.dsn) as connection:
            running.tokens["east"] = token_for(connection, "operator", ["East"])
        alert = {"alert_id": str(change.alert.alert_id)}
        described = {"grid": "02", "rule": "gas.leak"}
        for role, statuses in (("operator", (200, 200)), ("east", (404, 422))):
            client = running.client(role)
            answers = [client.post("/api/v1/dispatch/route", json=question) for question in (alert, described)]
            assert tuple(answer.status_code for answer in answers) == statuses, [answer.text for answer in answers]
        assert "there is no grid 02" in answers[1].json()["detail"]


def test_a_former_plan_is_kept_as_it_was(api: Api, tmp_path: Path) -> None:
    clocks = Clocks(api.dsn, lambda: api.hub.plan, lambda: api.hub.configuration.city, lambda: api.hub.now())
    first = api.hub.plan.version
    clocks.look()
    api.hub.dispatch = town_plan(tmp_path, TOWN.replace("hours: 4", "hours: 5"))[1]
    clocks.look()
    clocks.close()
    client = api.client("dispatcher")
    listed = [one["version"] for one in client.get("/api/v1/dispatch/plans").raise_for_status().json()["items"]]
    assert listed == [api.hub.plan.version, first]
    old = client.get(f"/api/v1/dispatch/plans/{first}").raise_for_status().json()
    assert old["deadlines"][0]["limits"]["minor"] == {"clock": "working", "limit_s": 14400.0}
    assert client.get("/api/v1/dispatch/plans/none").status_code == 404


def test_readiness_tells_of_a_missing_calendar_and_does_not_fail_for_it(api: Api) -> None:
    answer = api.client("operator").get("/readyz").json()
    (check,) = [one for one in answer["checks"] if one["name"] == "calendar"]
    assert check["ok"]
    assert f"the calendar of {NOW.year} is missing" in check["detail"]
    assert "calendar" not in answer["problems"]


def test_a_running_hub_follows_its_file_and_keeps_the_old_plan_where_the_new_one_is_bad(
    plain_database: Database, tmp_path: Path
) -> None:
    path, _ = town_plan(tmp_path)
    ensure_token(plain_database.dsn, name="test", role="admin", token="lq_dispatch_test")
    city = write_city(tmp_path)
    settings = from_environment(
        {
            "LIANQIN_DATABASE_URL": plain_database.dsn,
            "LIANQIN_MQTT_URL": "mqtt://127.0.0.1:9",
            "LIANQIN_CITY": str(city),
            "LIANQIN_DISPATCH": str(path),
            "LIANQIN_HTTP_PORT": "0",
            "LIANQIN_DATA": str(tmp_path),
        }
    )
    stop = threading.Event()

    def versions() -> list[str]:
        rows = _rows(plain_database.dsn, "SELECT version FROM dispatch_plans ORDER BY stored_at")
        return [version for (version,) in rows]

    with structlog.testing.capture_logs() as logs:
        thread = threading.Thread(target=serve, args=(settings, load(city, None), stop))
        thread.start()
        try:
            until(lambda: len(versions()) == 1)
            path.write_text(TOWN.replace("hours: 4", "hours: none"), encoding="utf-8")
            until(lambda: any("refused" in one["event"] for one in logs))
            path.write_text(TOWN.replace("hours: 4", "hours: 6"), encoding="utf-8")
            until(lambda: len(versions()) == 2)
        finally:
            stop.set()
            thread.join(20)
    assert not thread.is_alive()
    told = [one["doubt"] for one in logs if one["event"] == "dispatch plan"]
    assert any(doubt.startswith(f"the calendar of {now().year} is missing") for doubt in told)


def _rows(dsn: str, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(dsn) as connection:
        return connection.execute(query.encode()).fetchall()


def test_a_zone_that_the_plan_names_is_kept_until_the_plan_is_changed(plain_database: Database, tmp_path: Path) -> None:
    named = TOWN.replace("match: {zone_kinds: no_parking}", "match: {zones: zone-1}")
    path = "/api/v1/cameras/cam-1/zones"
    other = {"id": "other", "kind": "no_parking", "polygon": [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5]]}
    told = "zone-1 is named in the dispatch plan (route zone): change the plan first"
    with serving(
        plain_database.dsn,
        tmp_path,
        dispatch=town_plan(tmp_path, named)[1],
        files=(tmp_path / "city.yaml", None),
    ) as running:
        client = running.client("engineer")
        version = client.get(path).json()["version"]
        assert client.post(f"{path}/check", json={"zones": [other]}).json()["problems"] == [told]
        refused = client.put(path, json={"zones": [other]}, headers={"If-Match": version})
        assert (refused.status_code, refused.json()["detail"]) == (422, told)
        assert [zone["id"] for zone in client.get(path).json()["zones"]] == ["zone-1"]
        assert load(tmp_path / "city.yaml", None).version == running.hub.configuration.version
        running.hub.dispatch = town_plan(tmp_path)[1]
        assert client.put(path, json={"zones": [other]}, headers={"If-Match": version}).status_code == 200
