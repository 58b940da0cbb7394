"""Reports inside the centre: found within reach, likened to what is known, linked, dismissed, placed, collected."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import psycopg
import pytest

from hub.config.load import load
from hub.store.reports import forget_contacts
from hub.store.session import open_session
from tests.support.api import DEPARTMENT, Api, serving, token_for
from tests.support.databases import Database
from tests.support.stored import NOW, batch, raised
from tests.support.town import CITY

GAS, LAMP = "0000000104", "0000000101"
RING = [[120.15, 30.24], [120.17, 30.24], [120.17, 30.26], [120.15, 30.26], [120.15, 30.24]]
HERE = {"lat": "30.25", "long": "120.16"}


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        text = CITY.replace('{id: "01", name: One}', f'{{id: "01", name: One, district: North, boundary: [{RING}]}}')
        text = text.replace('{id: "02", name: Two}', '{id: "02", name: Two, district: South}')
        text = text.replace("{id: gas-1, kind: gas", "{id: gas-1, longitude: 120.1602, latitude: 30.25, kind: gas")
        (tmp_path / "city.yaml").write_text(text, encoding="utf-8")
        running.hub.configuration = load(tmp_path / "city.yaml", None)  # as a reload does
        yield running


def handed_in(api: Api, **fields: str) -> str:
    """Hand a report in; return its id."""
    data = {"service_code": GAS, **HERE, "description": "有煤气味，找13800138000", "phone": "13800138000", **fields}
    answer = api.client("reports").post("/open311/v2/requests.json", data=data)
    assert answer.status_code == 201, answer.text
    number = answer.json()[0]["service_request_id"]
    ((report_id,),) = api.rows(f"SELECT report_id FROM reports WHERE number = {int(number)}")
    return str(report_id)


def order(api: Api, report: str, what: str, body: dict[str, Any] | None = None, *, role: str = "operator") -> Any:
    return api.client(role).post(f"/api/v1/reports/{report}/{what}", json=body)


def shown(api: Api, report: str, role: str = "operator") -> dict[str, Any]:
    answer = api.client(role).get(f"/api/v1/reports/{report}")
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def test_a_report_shows_what_it_probably_repeats_and_why(api: Api) -> None:
    alert = raised(second=-300, since=-600).alert
    api.write(batch(changes=[raised(second=-300, since=-600), raised(subject="gas-2", grid="02")]))
    first, second = handed_in(api), handed_in(api, lat="30.2503")
    found = shown(api, second)
    likely = {one["kind"]: one for one in found["likely"]}
    assert {kind: one["id"] for kind, one in likely.items()} == {"alert": str(alert.alert_id), "report": first}
    near = likely["alert"]
    assert [reason["why"] for reason in near["reasons"]] == ["near", "then_open", "same_category"]
    assert 30 < near["reasons"][0]["number"] < 45
    assert near["reasons"][1]["number"] == 600
    assert 0.8 < near["score"] < 1
    assert shown(api, second)["case"] is None, "nothing is joined by itself"


def test_a_report_linked_to_an_alert_goes_its_way(api: Api) -> None:
    alert = raised().alert
    api.write(batch(changes=[raised()]))
    report = handed_in(api)
    answer = order(api, report, "link", {"alert": str(alert.alert_id)})
    assert answer.status_code == 200, answer.text
    assert (answer.json()["state"], answer.json()["alert"]) == ("linked", str(alert.alert_id))
    assert answer.json()["handled_by"] == "the operator"
    assert order(api, report, "link", {"alert": str(alert.alert_id)}).status_code == 409
    assert order(api, report, "dismiss", {"reason": "no"}).status_code == 409
    case = api.client("operator").post("/api/v1/cases", json={"alerts": [str(alert.alert_id)]})
    assert case.status_code == 201, case.text
    assert shown(api, report)["case"]["id"] == case.json()["id"], "the alert's case is the report's"
    assert order(api, report, "collect", {}).status_code == 409
    assert order(api, report, "restore").json()["state"] == "new"
    assert shown(api, report)["case"] is None
    audited = [row[0] for row in api.rows("SELECT action FROM audit WHERE target LIKE 'report/%' ORDER BY id")]
    assert audited == ["report.linked", "report.restored"]


def test_a_report_becomes_a_case_with_its_place_and_words_but_not_its_reporter(api: Api) -> None:
    report = handed_in(api, address_string="望澜桥 3 号")
    key = {"Idempotency-Key": str(uuid4())}
    client, path = api.client("operator"), f"/api/v1/reports/{report}/collect"
    answers = [client.post(path, json={"severity": "major"}, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    assert answers[0].text == answers[1].text
    found = answers[0].json()
    case = found["case"]
    assert (case["grid"], case["district"], case["severity"]) == ("01", "North", "major")
    assert (case["category"], case["reports"], case["place"]) == (GAS, [report], "望澜桥 3 号")
    assert (case["latitude"], case["longitude"]) == (30.25, 120.16)
    assert case["last"]["note"] == "有煤气味，找***"
    assert found["report"]["case"] == {"id": case["id"], "number": case["number"], "stage": "collected", "due_at": None}
    assert client.post(path, json={}).status_code == 409
    feed = api.client("dispatch").get("/api/v1/feed?after=0").text
    assert case["number"] in feed
    assert "13800138000" not in feed
    assert order(api, report, "link", {"case": case["id"]}).status_code == 409


def test_a_second_report_of_the_same_thing_joins_the_case(api: Api) -> None:
    first, second = handed_in(api), handed_in(api)
    case = order(api, first, "collect", {}).json()["case"]
    likely = shown(api, second)["likely"]
    assert ("case", case["id"]) in [(one["kind"], one["id"]) for one in likely]
    answer = order(api, second, "link", {"case": case["id"], "note": "the same smell"})
    assert answer.status_code == 200, answer.text
    assert answer.json()["case"]["number"] == case["number"]
    assert answer.json()["state"] == "new", "what joins a case needs no other word"
    in_cases = api.client("operator").get("/api/v1/reports?in_case=true").json()["items"]
    assert {one["id"] for one in in_cases} == {first, second}
    assert order(api, handed_in(api), "link", {"case": str(uuid4())}).status_code == 404


def test_a_dismissed_report_tells_its_reporter_why(api: Api) -> None:
    report = handed_in(api)
    assert order(api, report, "dismiss", {"reason": ""}).status_code == 422
    answer = order(api, report, "dismiss", {"reason": "施工气味，已核实"})
    assert (answer.json()["open"], answer.json()["reason"]) == (False, "施工气味，已核实")
    assert "施工气味" in answer.json()["told"]
    assert order(api, report, "collect", {}).status_code == 409
    assert order(api, report, "restore").json()["open"] is True
    assert order(api, report, "restore").status_code == 409


def test_a_report_by_address_alone_is_placed_by_hand_before_it_becomes_a_case(api: Api) -> None:
    report = handed_in(api, lat="", long="", address_string="小区门口")
    unplaced = api.client("operator").get("/api/v1/reports?placed=false").json()["items"]
    assert [one["id"] for one in unplaced] == [report]
    refused = order(api, report, "collect", {})
    assert (refused.status_code, "in no grid yet" in refused.json()["detail"]) == (409, True)
    assert order(api, report, "place", {"grid": "99"}).status_code == 422
    placed = order(api, report, "place", {"grid": "02"}).json()
    assert (placed["grid"], placed["placed"]) == ("02", "by_hand")
    assert order(api, report, "collect", {}).status_code == 201


def test_who_sees_what_of_reports(api: Api) -> None:
    report = handed_in(api)
    with psycopg.connect(api.dsn) as connection:
        north, south = (
            {"Authorization": f"Bearer {token_for(connection, 'operator', [name])}"} for name in ("North", "South")
        )
    client = api.client(None)
    assert client.get(f"/api/v1/reports/{report}", headers=north).status_code == 200
    assert client.get(f"/api/v1/reports/{report}", headers=south).status_code == 404
    assert client.get("/api/v1/reports", headers=south).json()["items"] == []
    assert client.post(f"/api/v1/reports/{report}/collect", json={}, headers=south).status_code == 404
    assert client.post(f"/api/v1/reports/{report}/place", json={"grid": "02"}, headers=north).status_code == 422
    assert api.client("department").get(f"/api/v1/reports/{report}").status_code == 404, "in no case of theirs"
    assert api.client("reports").get("/api/v1/reports").status_code == 403
    assert order(api, report, "dismiss", {"reason": "no"}, role="reports").status_code == 403
    assert "13800138000" in shown(api, report)["description"]
    assert shown(api, report, "dispatch")["description"] == "有煤气味，找***"


def test_a_department_sees_the_reports_of_its_own_cases_without_their_reporters(api: Api) -> None:
    report, other = handed_in(api), handed_in(api)
    case = order(api, report, "collect", {}).json()["case"]["id"]
    dispatcher = api.client("dispatcher")
    for command, body in (("file", {}), ("dispatch", {"department": DEPARTMENT})):
        answer = dispatcher.post(f"/api/v1/cases/{case}/{command}", json=body)
        assert answer.status_code == 200, answer.text
    department = api.client("department")
    (seen,) = department.get("/api/v1/reports").json()["items"]
    assert (seen["id"], seen["case"]["id"]) == (report, case)
    assert seen["description"] == "有煤气味，找***"
    assert department.get(f"/api/v1/reports/{report}").status_code == 200
    assert department.get(f"/api/v1/reports/{other}").status_code == 404
    alert = raised().alert
    api.write(batch(changes=[raised()]))
    assert order(api, other, "link", {"alert": str(alert.alert_id)}).status_code == 200
    answer = dispatcher.post(f"/api/v1/cases/{case}/add-alert", json={"alert": str(alert.alert_id)})
    assert answer.status_code == 200, answer.text
    assert {one["id"] for one in department.get("/api/v1/reports").json()["items"]} == {report, other}


def test_contacts_are_for_who_files_and_each_look_is_audited(api: Api) -> None:
    report = handed_in(api, first_name="丽")
    path = f"/api/v1/reports/{report}/contact"
    for role in ("department", "dispatch", "reports", "engineer"):
        assert api.client(role).get(path).status_code == 403, role
    found = api.client("operator").get(path).json()
    assert (found["phone"], found["first_name"], found["email"]) == ("13800138000", "丽", "")
    ((actor, target),) = api.rows("SELECT actor, target FROM audit WHERE action = 'report.contact_read'")
    assert (actor, target) == ("the operator", f"report/{report}")
    nobody = handed_in(api, phone="")
    assert api.client("operator").get(f"/api/v1/reports/{nobody}/contact").status_code == 404
    assert len(api.rows("SELECT 1 FROM audit WHERE action = 'report.contact_read'")) == 1


def test_contacts_are_forgotten_when_nothing_was_heard_for_long(api: Api) -> None:
    quiet, lively = handed_in(api), handed_in(api)
    keep = timedelta(days=90)

    def forget(at: timedelta) -> int:
        with open_session(api.dsn) as connection:
            return forget_contacts(connection, now=NOW + at, keep=keep)

    assert forget(timedelta(days=89)) == 0
    api.pass_time(timedelta(days=60))
    assert order(api, lively, "collect", {}).status_code == 201
    assert forget(timedelta(days=91)) == 1
    assert api.client("operator").get(f"/api/v1/reports/{quiet}/contact").status_code == 404
    assert api.client("operator").get(f"/api/v1/reports/{lively}/contact").status_code == 200
    assert forget(timedelta(days=151)) == 1
    assert api.rows("SELECT count(*) FROM report_contacts") == [(0,)]
    assert api.rows("SELECT count(*) FROM reports") == [(2,)], "the reports themselves stay"


def test_pages_of_reports_are_cut_by_key_and_filters_hold(api: Api) -> None:
    made = []
    for n in range(5):
        made.append(handed_in(api, service_code=LAMP if n % 2 else GAS))
        api.pass_time(timedelta(minutes=1))
    client = api.client("operator")
    seen: list[str] = []
    cursor: str | None = None
    while True:
        page = client.get("/api/v1/reports", params={"limit": 2, **({"cursor": cursor} if cursor else {})}).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next"]
        if cursor is None:
            break
        handed_in(api)  # what comes meanwhile shifts nothing
    assert seen == made[::-1]

    def count(query: str) -> int:
        answer: httpx.Response = client.get(f"/api/v1/reports?{query}")
        assert answer.status_code == 200, answer.text
        return len(answer.json()["items"])

    assert count(f"category={LAMP}") == 2
    assert count(f"category={LAMP}&category={GAS}") == 7
    assert count("state=dismissed") == 0
    assert count("open=true&grid=01&in_case=false&placed=true") == 7
    assert count(f"since={(NOW + timedelta(minutes=3, seconds=30)).isoformat().replace('+', '%2B')}") == 3
    assert client.get("/api/v1/reports?state=gone").status_code == 422
    assert client.get(f"/api/v1/reports/{UUID(int=0)}").status_code == 404
