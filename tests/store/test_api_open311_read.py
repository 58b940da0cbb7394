"""GeoReport v2 over a real database, as it is read: services, discovery, reports by question, and a case's way back."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from xml.etree import ElementTree

import psycopg
import pytest

from hub.api.instant import to_instant
from hub.cases.drafting import drafted_from_reports
from hub.cases.orders import Dispatch, File, NotFile
from hub.config.load import load
from hub.store.case_command import change_case, open_case
from hub.store.reports import lock_report
from tests.support.api import Api, serving, token_for
from tests.support.databases import Database
from tests.support.open311 import BASE, LAMP, RING, handed_in, one, photo, refused
from tests.support.stored import NOW, after
from tests.support.town import CITY


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        text = CITY.replace('{id: "01", name: One}', f'{{id: "01", name: One, district: North, boundary: [{RING}]}}')
        (tmp_path / "city.yaml").write_text(text, encoding="utf-8")
        running.hub.configuration = load(tmp_path / "city.yaml", None)  # as a reload does
        yield running


def test_the_services_are_the_plan_s_categories_in_both_forms(api: Api) -> None:
    client = api.client("reports")
    listed = client.get(f"{BASE}/services.json")
    assert listed.headers["content-type"] == "application/json; charset=utf-8"
    lamp = next(entry for entry in listed.json() if entry["service_code"] == LAMP)
    assert (lamp["metadata"], lamp["type"]) == (False, "realtime")
    assert lamp["service_name"].startswith("路灯故障")
    assert "streetlight" in lamp["keywords"].split(", ")
    reportable = [one.code for one in api.hub.plan.categories.values() if one.reportable]
    assert [entry["service_code"] for entry in listed.json()] == reportable
    shown = client.get(f"{BASE}/services.xml")
    assert shown.headers["content-type"] == "text/xml; charset=utf-8"
    assert shown.text.startswith('<?xml version="1.0" encoding="UTF-8"?>')
    root = ElementTree.fromstring(shown.content)
    assert root.tag == "services"
    assert [entry.findtext("service_code") for entry in root.findall("service")] == reportable
    assert root[0].findtext("metadata") == "false"


def test_a_service_has_a_definition_and_an_unknown_one_is_not_found(api: Api) -> None:
    client = api.client("reports")
    assert client.get(f"{BASE}/services/{LAMP}.json").json() == {"service_code": LAMP, "attributes": []}
    root = ElementTree.fromstring(client.get(f"{BASE}/services/{LAMP}.xml").content)
    assert (root.tag, root.findtext("service_code"), len(root.findall("attributes"))) == ("service_definition", LAMP, 1)
    refused(client.get(f"{BASE}/services/nothing.json"), 404, "'nothing' was not found")
    refused(client.get(f"{BASE}/services/nothing.xml"), 404, "'nothing' was not found")


def test_discovery_says_where_and_in_which_forms(api: Api) -> None:
    client = api.client("reports")
    found = client.get("/open311/discovery.json").json()
    (endpoint,) = found["endpoints"]
    assert endpoint["url"] == f"{api.address}{BASE}"
    assert endpoint["formats"] == ["text/xml", "application/json"]
    root = ElementTree.fromstring(client.get("/open311/discovery.xml").content)
    assert [each.text for each in root.findall("endpoints/endpoint/formats/format")] == endpoint["formats"]


def test_a_front_end_sees_its_own_reports_alone_and_the_centre_all(api: Api) -> None:
    number = handed_in(api)
    with psycopg.connect(api.dsn) as connection:
        other = {"Authorization": f"Bearer {token_for(connection, 'reports')}"}
        south = {"Authorization": f"Bearer {token_for(connection, 'operator', ['South'])}"}
    stranger = api.client(None)
    refused(stranger.get(f"{BASE}/requests/{number}.json", headers=other), 404, "was not found")
    assert stranger.get(f"{BASE}/requests.json", headers=other).json() == []
    assert stranger.get(f"{BASE}/requests.json", headers=south).json() == []
    for role in ("reports", "operator", "dispatcher"):
        assert [each["service_request_id"] for each in api.client(role).get(f"{BASE}/requests.json").json()] == [number]
    assert api.client("department").get(f"{BASE}/requests.json").json() == [], "no case of theirs holds it"


def test_reports_are_asked_for_by_time_status_service_and_number(api: Api) -> None:
    first = handed_in(api)
    api.pass_time(timedelta(days=2))
    second = handed_in(api, {"service_code": "0000000102"})
    client = api.client("reports")

    def numbers(**query: str) -> list[str]:
        answer = client.get(f"{BASE}/requests.json", params=query)
        assert answer.status_code == 200, answer.text
        return [entry["service_request_id"] for entry in answer.json()]

    assert numbers() == [second, first]
    assert numbers(start_date=after(3600).isoformat()) == [second]
    assert numbers(end_date=after(3600).isoformat()) == [first]
    assert numbers(service_code="0000000102,nothing") == [second]
    assert numbers(status="open") == [second, first]
    assert numbers(status="closed") == []
    assert numbers(status="open,closed") == [second, first]
    assert numbers(service_request_id=f"{first},999999", status="closed") == [first], "the number outdoes the rest"
    api.pass_time(timedelta(days=90))
    assert numbers() == [second], "without a time it is the last 90 days"
    assert numbers(start_date=NOW.isoformat()) == [second, first]
    token = client.get(f"{BASE}/tokens/{first}.json").json()
    assert token == [{"service_request_id": first, "token": first}]


def test_questions_that_make_no_sense_are_refused(api: Api) -> None:
    client = api.client("reports")
    for query, status, said in (
        ("start_date=2026-01-01T00:00:00Z&end_date=2026-12-01T00:00:00Z", 400, "at most 90 days apart"),
        ("start_date=2026-12-01T00:00:00Z&end_date=2026-11-01T00:00:00Z", 400, "must not lie before"),
        ("start_date=yesterday", 400, "start_date must be a time with its timezone"),
        ("start_date=0001-01-01T00:00:00Z", 200, ""),
        ("end_date=0001-01-01T00:00:00Z", 400, "end_date"),
        ("start_date=9999-12-31T00:00:00Z", 400, "start_date"),
        ("status=done", 400, "open or closed"),
        ("service_request_id=one", 404, "'one' was not found"),
        ("service_request_id=99999999999999999999", 404, "was not found"),
    ):
        for form in ("json", "xml"):
            answer = client.get(f"{BASE}/requests.{form}?{query}")
            if status == 200:
                assert answer.status_code == 200, (query, answer.text)
            else:
                refused(answer, status, said)


def test_the_case_s_way_comes_back_to_the_reporter(api: Api) -> None:
    number = handed_in(api, files={"m": ("a.jpg", photo(), "image/jpeg")})
    with psycopg.connect(api.dsn) as connection:
        row = connection.execute("SELECT report_id FROM reports").fetchone()
        assert row is not None
        report = lock_report(connection, row[0])
        draft = drafted_from_reports(api.hub.plan, api.hub.configuration.city, [report], grid="01")
        case, _ = open_case(connection, draft, actor="wang", at=after(60))
    assert case.last.photos == report.photos
    assert "13800138000" not in str(api.rows('SELECT "case" FROM feed')), "the feed tells of nobody's number"
    entry = one(api, number)
    assert entry["status"] == "open"
    assert case.number in entry["status_notes"]
    with psycopg.connect(api.dsn) as connection:
        change_case(connection, case.case_id, File(by="wang", at=after(120)), actor="wang")
        department = next(iter(api.hub.plan.departments))
        order = Dispatch(by="wang", at=after(180), department=department)
        change_case(connection, case.case_id, order, actor="wang")
    entry = one(api, number)
    assert entry["agency_responsible"] == api.hub.plan.departments[department].name.zh
    assert to_instant(entry["updated_datetime"]) == after(180)
    assert "wang" not in json.dumps(entry)


def test_a_case_that_is_not_filed_closes_its_report(api: Api) -> None:
    number = handed_in(api)
    with psycopg.connect(api.dsn) as connection:
        row = connection.execute("SELECT report_id FROM reports").fetchone()
        assert row is not None
        report = lock_report(connection, row[0])
        draft = drafted_from_reports(api.hub.plan, api.hub.configuration.city, [report], grid="01")
        case, _ = open_case(connection, draft, actor="wang", at=after(60))
        change_case(connection, case.case_id, NotFile(by="wang", at=after(90), note="nothing there"), actor="wang")
    entry = one(api, number)
    assert entry["status"] == "closed"
    assert "nothing there" not in entry["status_notes"], "what the centre writes to itself stays there"
    closed = api.client("reports").get(f"{BASE}/requests.json?status=closed").json()
    assert [each["service_request_id"] for each in closed] == [number]
