"""Cases over HTTP as they are looked for: who sees which, lists and pages, a place's history, pictures, the stream."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from detectors.finding import Phase
from hub.people.scopes import ROLE_SCOPES
from hub.store.session import open_session
from tests.support.api import DEPARTMENT as DEPARTMENT_ID
from tests.support.api import Api, serving, sse, token_for
from tests.support.case_orders import HOUSING, dispatched, leak, ok, photo, post, refused
from tests.support.databases import Database
from tests.support.stored import NOW, batch, followed, raised

NOWHERE = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        yield running


def test_a_department_sees_and_moves_what_is_its_own_and_nothing_else(api: Api) -> None:
    mine = dispatched(api, leak(api), department=DEPARTMENT_ID)
    other = dispatched(api, leak(api, subject="water-2"), department="city-transport")
    client = api.client("department")
    assert [case["id"] for case in ok(client.get("/api/v1/cases"))["items"]] == [mine]
    assert [case["id"] for case in ok(client.get("/api/v1/cases", params={"mine": True}))["items"]] == [mine]
    assert ok(client.get("/api/v1/cases/counts"))["stages"] == {"dispatched": 1}
    for path in (f"/api/v1/cases/{other}", f"/api/v1/cases/{other}/timeline", f"/api/v1/cases/{other}/history"):
        refused(client.get(path), 404, "not-found")
    refused(post(api, "department", other, "take"), 404, "not-found")
    taken = ok(post(api, "department", mine, "take"))
    assert taken["taken_until"] is None  # a person's taking does not lapse
    feed = ok(client.get("/api/v1/feed", params={"after": 0}))["items"]
    assert [(item["type"], item["case"]["id"]) for item in feed if "case" in item] == [
        ("case.dispatched", mine),
        ("case.taken", mine),
    ]


def test_what_a_department_gave_away_it_may_read_but_not_move(api: Api) -> None:
    case = dispatched(api, leak(api), department=DEPARTMENT_ID)
    ok(post(api, "department", case, "refuse", note="a gas pipe"))
    ok(post(api, "dispatcher", case, "dispatch", department="city-transport"))
    found = refused(post(api, "department", case, "take"), 409, "illegal-transition")
    assert "is with city-transport now" in found["detail"]
    assert ok(api.client("department").get(f"/api/v1/cases/{case}"))["possible"] == ["note"]
    ok(post(api, "department", case, "note", note="ask the gas company"))
    client = api.client("department")
    assert ok(client.get("/api/v1/cases", params={"mine": True}))["items"] == []
    assert len(ok(client.get("/api/v1/cases"))["items"]) == 1


def test_a_district_sees_its_own_grids(api: Api, tmp_path: Path) -> None:
    near = dispatched(api, leak(api, subject="gas-1", grid="01", rule="gas.leak"))
    far = dispatched(api, leak(api))
    with open_session(api.dsn) as session:
        token = token_for(session, "dispatcher", districts=["nowhere"])
    narrow = api.client(None)
    narrow.headers["Authorization"] = f"Bearer {token}"
    assert ok(narrow.get("/api/v1/cases"))["items"] == []
    assert [item for item in ok(narrow.get("/api/v1/feed", params={"after": 0}))["items"] if "case" in item] == []
    for case in (near, far):
        refused(narrow.get(f"/api/v1/cases/{case}"), 404, "not-found")
        refused(narrow.post(f"/api/v1/cases/{case}/note", json={"note": "x"}), 404, "not-found")


def test_cases_are_found_by_what_people_look_for(api: Api) -> None:
    leaks = [dispatched(api, leak(api, second=n, subject=f"water-{n}")) for n in range(3)]
    hole = ok(
        api.client("operator").post(
            "/api/v1/cases", json={"title": "A 100% _hole_", "grid": "01", "severity": "warning"}
        )
    )["id"]

    def found(**query: Any) -> list[str]:
        items = ok(api.client("supervisor").get("/api/v1/cases", params=query))["items"]
        return [case["id"] for case in items]

    assert set(found()) == {*leaks, hole}
    assert found(stage="collected") == [hole]
    assert found(grid="01") == [hole]
    assert set(found(department=HOUSING, severity="major")) == set(leaks)
    assert found(q="100% _h") == [hole]
    assert found(q="2026-000002") == [leaks[1]]
    assert found(q="%") == [hole]
    assert found(overdue=True) == []
    assert set(found(category="0000000102", open=True, level="district")) == set(leaks)
    assert found(until=NOW.isoformat()) == []
    assert found(order="due")[-1] == hole  # it has no deadline yet
    assert [case["id"] for case in ok(api.client("operator").get("/api/v1/cases?mine=true"))["items"]] == [
        case for case in found() if case in {*leaks, hole}
    ]
    refused(api.client("operator").get("/api/v1/cases", params={"order": "size"}), 422, "invalid")
    refused(api.client("operator").get("/api/v1/cases", params={"colour": "red"}), 422, "invalid")


@pytest.mark.parametrize("order", ["opened", "due"])
def test_pages_hold_every_case_once(api: Api, order: str) -> None:
    body = {"title": "x", "grid": "01", "severity": "minor"}
    client = api.client("operator")
    ids = [ok(client.post("/api/v1/cases", json=body))["id"] for _ in range(5)]
    for case in ids[:3]:
        ok(post(api, "operator", case, "file"))
    seen: list[str] = []
    cursor: str | None = None
    while True:
        query = {"order": order, "limit": "2"} | ({"cursor": cursor} if cursor else {})
        page = ok(client.get("/api/v1/cases", params=query))
        seen += [case["id"] for case in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
    assert sorted(seen) == sorted(ids)
    if order == "due":
        assert set(seen[:3]) == set(ids[:3])


def test_the_same_place_has_one_history_across_its_cases(api: Api) -> None:
    first = leak(api)
    case = dispatched(api, first)
    for role, command in (("dispatch", "take"), ("dispatch", "report-done"), ("dispatcher", "verify")):
        ok(post(api, role, case, command))
    api.write(batch(changes=[followed(first, Phase.CLEARED, second=60)], grid="02"))
    ok(post(api, "dispatcher", case, "close"))
    change = raised(second=90000, since=89990, subject="water-1", grid="02", rule="water.leak")
    api.write(batch(changes=[change], grid="02"))
    api.pass_time(timedelta(days=2))
    again = ok(api.client("operator").post("/api/v1/cases", json={"alerts": [str(change.alert.alert_id)]}))
    assert (again["history"], again["recurrences"], again["previous"]) == (case, 1, case)
    place = ok(api.client("operator").get(f"/api/v1/cases/{again['id']}/history"))
    assert [one["id"] for one in place["cases"]] == [again["id"], case]
    assert [one["id"] for one in place["alerts"]] == [str(change.alert.alert_id), str(first.alert_id)]
    assert place["days"] == 2
    by_alert = ok(api.client("operator").get("/api/v1/places/history", params={"alert": str(first.alert_id)}))
    assert by_alert == place | {"subject": by_alert["subject"]}
    refused(api.client("operator").get("/api/v1/places/history", params={"alert": NOWHERE}), 404, "not-found")


def test_pictures_come_in_clean_and_are_seen_by_those_who_see_the_case(api: Api) -> None:
    client = api.client("dispatch")
    exif = Image.Exif()
    exif[0x010F] = "a telephone"
    out = io.BytesIO()
    Image.new("RGB", (64, 48), "blue").save(out, "JPEG", exif=exif)
    kept = ok(client.post("/api/v1/photos", content=out.getvalue()))
    assert (kept["media_type"], kept["width_px"], kept["height_px"]) == ("image/jpeg", 64, 48)
    assert ok(client.post("/api/v1/photos", content=out.getvalue())) == kept
    answer = client.get(kept["url"])
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["etag"] == f'"{kept["sha256"]}"'
    assert b"telephone" not in answer.content
    assert client.get(kept["url"], headers={"If-None-Match": answer.headers["etag"]}).status_code == 304
    refused(api.client("department").get(kept["url"]), 404, "not-found")
    case = dispatched(api, leak(api), department=DEPARTMENT_ID)
    ok(post(api, "dispatch", case, "note", photos=[kept["sha256"]]))
    assert api.client("department").get(kept["url"]).status_code == 200
    for wrong in (b"", b"GIF89a", photo()[:100], b"x" * 100):
        refused(client.post("/api/v1/photos", content=wrong), 422, "invalid")
    refused(client.post("/api/v1/photos", content=b"x" * (8 * 1024 * 1024 + 1)), 413, "too-large")
    refused(api.client("engineer").post("/api/v1/photos", content=photo()), 403, "forbidden")
    assert api.client("reports").post("/api/v1/photos", content=photo()).status_code == 201
    assert "cases:read" not in ROLE_SCOPES["reports"]


def test_a_departments_stream_tells_of_its_own_cases_and_moves_on_over_the_rest(
    plain_database: Database, tmp_path: Path
) -> None:
    with serving(plain_database.dsn, tmp_path, heartbeat_s=0.2) as api:
        other = dispatched(api, leak(api), department="city-transport")
        mine = dispatched(api, leak(api, subject="water-2"), department=DEPARTMENT_ID)
        client = api.client("department")
        with client.stream("GET", "/api/v1/feed/stream", params={"after": 0}) as answer:
            lines = answer.iter_lines()
            item: dict[str, Any] = {}
            while "case" not in item:
                _, item = next(sse(lines))
            assert (item["type"], item["case"]["id"]) == ("case.dispatched", mine)
            newest = api.rows("SELECT seq FROM feed_head")[0][0]
            for line in lines:  # what follows is a heartbeat whose id lies at the end of what there is
                if line == f"id: {newest}":
                    break
            ok(post(api, "dispatcher", other, "note", note="not for them"))
            for line in lines:
                assert "data:" not in line
                if line == f"id: {newest + 1}":
                    break
