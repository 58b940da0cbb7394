"""Cases over HTTP: the whole loop as people and machines go through it, and what is refused on the way."""

import io
import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest
from PIL import Image

from detectors.finding import Phase
from hub.alerts.alert import Alert
from hub.people.scopes import ROLE_SCOPES
from hub.store.chain import verify
from hub.store.session import connect, open_session
from tests.support.api import DEPARTMENT as DEPARTMENT_ID
from tests.support.api import Api, serving, sse, token_for
from tests.support.databases import Database
from tests.support.stored import NOW, batch, followed, raised

HOUSING = "district-housing"
NOWHERE = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        yield running


def leak(api: Api, *, second: float = 0, subject: str = "water-1", grid: str = "02", rule: str = "water.leak") -> Alert:
    change = raised(second=second, subject=subject, grid=grid, rule=rule)
    api.write(batch(changes=[change], grid=grid))
    return change.alert


def ok(answer: httpx.Response) -> dict[str, Any]:
    assert answer.is_success, answer.text
    document: dict[str, Any] = answer.json()
    return document


def refused(answer: httpx.Response, status: int, kind: str) -> dict[str, Any]:
    document: dict[str, Any] = answer.json()
    assert (answer.status_code, document["type"]) == (status, f"urn:lianqin:problem:{kind}"), answer.text
    return document


def post(api: Api, role: str, case: str, command: str, key: str | None = None, **body: Any) -> httpx.Response:
    headers = {"Idempotency-Key": key} if key else {}
    return api.client(role).post(f"/api/v1/cases/{case}/{command}", json=body, headers=headers)


def collected(api: Api, *alerts: Alert, **more: Any) -> str:
    body = {"alerts": [str(alert.alert_id) for alert in alerts], **more}
    return str(ok(api.client("operator").post("/api/v1/cases", json=body))["id"])


def dispatched(api: Api, *alerts: Alert, department: str = HOUSING, **more: Any) -> str:
    case = collected(api, *alerts, **more)
    ok(post(api, "operator", case, "file"))
    ok(post(api, "dispatcher", case, "dispatch", department=department))
    return case


def photo(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "JPEG")
    return out.getvalue()


def test_a_leak_is_followed_from_its_alert_to_a_verified_and_evaluated_end(api: Api) -> None:
    alert = leak(api)
    case = collected(api, alert, note="water on the road")
    filed = ok(post(api, "operator", case, "file"))
    assert (filed["category"], filed["condition"], filed["clock"]) == ("0000000102", "facilities-urgent", "urgent")
    assert filed["warn_at"] < filed["due_at"]
    sent = ok(post(api, "dispatcher", case, "dispatch"))  # the plan says to whom
    assert (sent["department"], sent["called_in"], sent["level"]) == (HOUSING, ["x-water"], "district")
    taken = ok(post(api, "dispatch", case, "take", lease_s=600))
    assert (taken["stage"], taken["taken_by"]) == ("handling", "the dispatch")
    api.pass_time(timedelta(minutes=5))
    ok(post(api, "dispatch", case, "progress", note="digging"))
    client = api.client("dispatch")
    picture = ok(client.post("/api/v1/photos", content=photo(), headers={"Content-Type": "image/jpeg"}))
    ok(post(api, "dispatch", case, "report-done", note="clamped", photos=[picture["sha256"]]))
    back = ok(post(api, "dispatcher", case, "rework", note="still wet"))
    assert (back["stage"], back["reworks"]) == ("dispatched", 1)
    ok(post(api, "dispatch", case, "take"))
    ok(post(api, "dispatch", case, "report-done", note="a new clamp"))
    ok(post(api, "dispatcher", case, "verify", note="dry"))
    refused(post(api, "dispatcher", case, "close"), 409, "illegal-transition")
    api.write(batch(changes=[followed(alert, Phase.CLEARED, second=600)], grid="02"))
    ok(post(api, "dispatcher", case, "close"))
    closed = ok(post(api, "supervisor", case, "evaluate", score=4, note="quick the second time"))
    assert (closed["stage"], closed["evaluation"]["score"]) == ("closed", 4)

    items = ok(api.client("operator").get(f"/api/v1/cases/{case}/timeline"))["items"]
    assert [item["type"].removeprefix("case.") for item in items] == [
        *("collected", "filed", "dispatched", "taken", "progressed", "reported_done", "reworked"),
        *("taken", "reported_done", "verified", "closed", "evaluated"),
    ]
    assert [item["stage"] for item in items][-3:] == ["verified", "closed", "closed"]
    assert items[5]["photos"][0]["sha256"] == picture["sha256"]
    assert items[6]["changed"] == {"stage": "dispatched", "taken_by": None, "done_at": None, "reworks": 1}
    assert items[0]["by"] == "the operator"
    assert items[0]["note"] == "water on the road"
    feed = ok(client.get("/api/v1/feed", params={"after": 0}))["items"]
    assert [item["seq"] for item in feed] == list(range(1, 15))
    assert [item["type"] for item in feed if "case" in item] == [item["type"] for item in items]
    detail = ok(client.get(f"/api/v1/cases/{case}"))
    assert feed[-1]["case"] == {name: detail[name] for name in feed[-1]["case"]}
    with open_session(api.dsn) as session:
        result = verify(session)
    assert (result.problems, result.cases, result.pictures) == ([], 1, 1)


def test_every_case_says_what_may_be_done_to_it_by_whom(api: Api) -> None:
    case = dispatched(api, leak(api))

    def possible(role: str) -> set[str]:
        return set(ok(api.client(role).get(f"/api/v1/cases/{case}"))["possible"])

    assert possible("dispatch") == {"take", "refuse", "ask-suspension", "note"}
    assert possible("dispatcher") == {"reroute", "merge", "split", "call-in", "note", "add-alert", "add-report"} | {
        "ask-suspension"
    }
    assert possible("engineer") == set()
    assert {"suspend", "void"} <= possible("supervisor")
    assert not {"deny-suspension", "resume", "close"} & possible("supervisor")
    ok(post(api, "dispatch", case, "ask-suspension", note="no part", for_s=3600))
    ok(post(api, "supervisor", case, "suspend", note="agreed", for_s=3600))
    assert possible("dispatch") == {"note"}
    assert "resume" in possible("supervisor")


def test_what_a_case_holds_is_shown_as_it_is_now(api: Api) -> None:
    alert = leak(api)
    case = collected(api, alert)
    api.write(batch(changes=[followed(alert, Phase.CLEARED, second=30)], grid="02"))
    detail = api.client("operator").get(f"/api/v1/cases/{case}")
    (state,) = ok(detail)["alert_states"]
    assert (state["id"], state["condition"], state["rule"]) == (str(alert.alert_id), "cleared", "water.leak")
    assert detail.headers["etag"] == '"1"'


def test_a_second_case_of_an_alert_is_refused_with_the_number_of_the_first(api: Api) -> None:
    alert = leak(api)
    collected(api, alert)
    answer = api.client("operator").post("/api/v1/cases", json={"alerts": [str(alert.alert_id)]})
    assert "belongs to case 2026-000001" in refused(answer, 409, "illegal-transition")["detail"]
    answer = api.client("operator").post("/api/v1/cases", json={"alerts": [NOWHERE]})
    assert refused(answer, 422, "invalid")["errors"][0]["pointer"] == "#/alerts"


def test_a_case_can_be_begun_by_hand_and_says_what_is_missing(api: Api) -> None:
    client = api.client("operator")
    body: dict[str, Any] = {"title": "A hole in the road", "grid": "01", "severity": "minor", "place": "South gate"}
    for left_out, pointer in (("title", "#/title"), ("grid", "#/grid"), ("severity", "#/severity")):
        some = {name: value for name, value in body.items() if name != left_out}
        found = refused(client.post("/api/v1/cases", json=some), 422, "invalid")
        assert found["errors"][0]["pointer"] == pointer
    for wrong in ({"grid": "99"}, {"category": "x"}, {"reports": [NOWHERE]}, {"photos": ["0" * 64]}):
        refused(client.post("/api/v1/cases", json=body | wrong), 422, "invalid")
    case = ok(client.post("/api/v1/cases", json=body | {"category": "0000000101"}))
    assert (case["number"], case["stage"], case["place"], case["rule"]) == (
        "2026-000001",
        "collected",
        "South gate",
        None,
    )
    assert ok(post(api, "operator", case["id"], "file"))["category"] == "0000000101"
    assert api.rows("SELECT count(*) FROM cases") == [(1,)]


def test_a_case_that_is_not_filed_says_why_and_may_be_opened_again(api: Api) -> None:
    case = collected(api, leak(api))
    refused(post(api, "operator", case, "refuse-filing"), 422, "invalid")
    refused(post(api, "operator", case, "refuse-filing", note=" \n "), 422, "invalid")
    ended = ok(post(api, "operator", case, "refuse-filing", note="rain water"))
    assert (ended["stage"], ended["ended_reason"]) == ("not_filed", "rain water")
    refused(post(api, "operator", case, "reopen", note="no rain"), 403, "forbidden")
    assert ok(post(api, "supervisor", case, "reopen", note="no rain"))["stage"] == "collected"


def test_the_same_request_with_its_key_is_carried_out_once_and_answered_alike(api: Api) -> None:
    case = dispatched(api, leak(api))
    first = post(api, "dispatch", case, "take", key="take-1", lease_s=600)
    again = post(api, "dispatch", case, "take", key="take-1", lease_s=600)
    assert (again.text, again.headers["idempotency-replayed"]) == (first.text, "true")
    refused(post(api, "dispatch", case, "take", key="take-1", lease_s=700), 422, "key-reused")
    done = post(api, "dispatch", case, "report-done", key="done-1", note="clamped")
    assert post(api, "dispatch", case, "report-done", key="done-1", note="clamped").json() == done.json()
    refused(post(api, "dispatch", case, "report-done", note="clamped"), 409, "illegal-transition")
    body = {"title": "x", "grid": "01", "severity": "minor"}
    client = api.client("operator")
    cases = [ok(client.post("/api/v1/cases", json=body, headers={"Idempotency-Key": "new"})) for _ in range(2)]
    assert cases[0] == cases[1]
    assert len(api.rows("SELECT 1 FROM cases")) == 2


def test_a_refused_request_keeps_its_refusal_and_changes_nothing(api: Api) -> None:
    case = collected(api, leak(api))
    early = post(api, "dispatch", case, "take", key="k")
    refused(early, 409, "illegal-transition")
    ok(post(api, "operator", case, "file"))
    ok(post(api, "dispatcher", case, "dispatch", department=HOUSING))
    assert post(api, "dispatch", case, "take", key="k").text == early.text
    assert ok(post(api, "dispatch", case, "take", key="another"))["stage"] == "handling"


def test_of_two_dispatchers_the_slower_is_told_what_the_case_is_now(api: Api) -> None:
    case = collected(api, leak(api))
    ok(post(api, "operator", case, "file"))
    answers: list[httpx.Response] = []

    def send(department: str) -> None:
        client = api.client("dispatcher")
        body = {"department": department}
        answers.append(client.post(f"/api/v1/cases/{case}/dispatch", json=body, headers={"If-Match": '"2"'}))

    threads = [threading.Thread(target=send, args=(name,)) for name in (HOUSING, "city-transport")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    won, lost = sorted(answers, key=lambda answer: answer.status_code)
    found = refused(lost, 409, "changed-meanwhile")
    assert (found["revision"], found["case"]) == (3, won.json())
    assert [row[0] for row in api.rows("SELECT revision FROM cases")] == [3]


def test_an_unknown_department_or_squad_is_refused_with_those_that_there_are(api: Api) -> None:
    case = collected(api, leak(api))
    ok(post(api, "operator", case, "file"))
    found = refused(post(api, "dispatcher", case, "dispatch", department="nobody"), 409, "illegal-transition")
    assert HOUSING in found["detail"]
    refused(post(api, "dispatcher", case, "dispatch", department=HOUSING, squad="x"), 409, "illegal-transition")
    ok(post(api, "dispatcher", case, "dispatch", department=HOUSING))
    refused(post(api, "dispatcher", case, "call-in", department="nobody"), 409, "illegal-transition")
    refused(post(api, "dispatcher", case, "reroute", department=HOUSING), 409, "illegal-transition")
    moved = ok(post(api, "dispatcher", case, "reroute", department="city-transport", note="their road"))
    assert (moved["department"], moved["level"]) == ("city-transport", "city")
    assert moved["departments"] == [HOUSING, "x-water", "city-transport"]


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


def test_suspension_is_asked_for_approved_and_ended(api: Api) -> None:
    case = dispatched(api, leak(api))
    taken = ok(post(api, "dispatch", case, "take", lease_s=3600))
    refused(post(api, "dispatch", case, "ask-suspension", for_s=60), 422, "invalid")
    asked = ok(post(api, "dispatch", case, "ask-suspension", note="the part comes tomorrow", for_s=86400))
    assert asked["suspension"] == "asked"
    refused(post(api, "dispatch", case, "suspend", note="x", for_s=60), 403, "forbidden")
    for wrong in ({}, {"for_s": 60, "until": "2026-12-01T00:00:00Z"}, {"until": "2026-01-01T00:00:00Z"}):
        refused(post(api, "supervisor", case, "suspend", note="x", **wrong), 422, "invalid")
    suspended = ok(post(api, "supervisor", case, "suspend", note="agreed", for_s=7200))
    assert suspended["suspension"] == "suspended"
    refused(post(api, "dispatch", case, "progress", note="x"), 409, "illegal-transition")
    api.pass_time(timedelta(hours=1))
    resumed = ok(post(api, "supervisor", case, "resume", note="the part is there"))
    assert (resumed["suspension"], resumed["suspended_total_s"]) == ("none", 3600.0)
    assert hours_between(taken["due_at"], resumed["due_at"]) == pytest.approx(1)
    refused(post(api, "supervisor", case, "resume"), 409, "illegal-transition")


def test_cases_are_merged_and_split(api: Api) -> None:
    one, two, three = leak(api), leak(api, subject="water-2"), leak(api, subject="water-3")
    first, second = collected(api, one), collected(api, two, three)
    merged = ok(post(api, "dispatcher", second, "merge", into=first, note="the same pipe"))
    assert (merged["stage"], merged["merged_into"]) == ("merged", first)
    whole = ok(api.client("operator").get(f"/api/v1/cases/{first}"))
    assert set(whole["alerts"]) == {str(alert.alert_id) for alert in (one, two, three)}
    new = ok(post(api, "dispatcher", first, "split", alerts=[str(three.alert_id)], note="another pipe after all"))
    assert (new["alerts"], new["split_from"], new["number"]) == ([str(three.alert_id)], first, "2026-000003")
    refused(post(api, "dispatcher", first, "split", alerts=[str(three.alert_id)]), 409, "illegal-transition")
    refused(post(api, "dispatcher", first, "merge", into=first), 409, "illegal-transition")
    refused(post(api, "dispatcher", first, "merge", into=NOWHERE), 404, "not-found")
    with open_session(api.dsn) as session:
        assert verify(session).problems == []


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


def test_a_lease_asked_for_is_bounded_by_the_plan_and_renewed_by_a_sign_of_life(api: Api) -> None:
    case = dispatched(api, leak(api))
    refused(post(api, "dispatch", case, "take", lease_s=30), 422, "invalid")
    refused(post(api, "dispatch", case, "take", lease_s=86400), 422, "invalid")
    taken = ok(post(api, "dispatch", case, "take"))  # a machine's lease is the plan's usual one
    assert hours_between(NOW.isoformat(), taken["taken_until"]) == 0.5
    refused(post(api, "department", case, "take"), 404, "not-found")
    api.pass_time(timedelta(minutes=20))
    went_on = ok(post(api, "dispatch", case, "progress", note="digging"))
    assert hours_between(taken["taken_until"], went_on["taken_until"]) == pytest.approx(1 / 3)


def test_words_may_have_lines_but_no_control_characters(api: Api) -> None:
    case = collected(api, leak(api))
    ok(post(api, "operator", case, "note", note="one\n\ttwo — 三"))
    for wrong in ("a\0b", "\x1b[31m", "x" * 2001):
        refused(post(api, "operator", case, "note", note=wrong), 422, "invalid")
    refused(post(api, "operator", case, "note", notes="x"), 422, "invalid")
    refused(post(api, "operator", str(uuid4()), "note", note="x"), 404, "not-found")


def hours_between(one: str, other: str) -> float:
    return (datetime.fromisoformat(other) - datetime.fromisoformat(one)).total_seconds() / 3600


def test_an_order_whose_process_is_killed_in_the_middle_is_as_if_it_had_never_come(api: Api) -> None:
    case = dispatched(api, leak(api))
    answers: list[httpx.Response] = []
    with connect(api.dsn) as holding:
        holding.execute("BEGIN")
        holding.execute("SELECT 1 FROM feed_head FOR UPDATE")  # the order has done everything but its feed item
        thread = threading.Thread(target=lambda: answers.append(post(api, "dispatch", case, "take", key="k")))
        thread.start()
        with connect(api.dsn) as watching:
            watching.execute("SET statement_timeout = '20s'")
            query = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'"
            while (waiting := watching.execute(query).fetchone()) is None:
                watching.execute("SELECT pg_sleep(0.01)")
            watching.execute("SELECT pg_terminate_backend(%s)", waiting)
        thread.join(20)
        holding.execute("ROLLBACK")
    refused(answers[0], 503, "unavailable")
    assert ok(api.client("dispatch").get(f"/api/v1/cases/{case}"))["stage"] == "dispatched"
    assert ok(post(api, "dispatch", case, "take", key="k"))["stage"] == "handling"
    assert ok(post(api, "dispatch", case, "take", key="k"))["revision"] == 4
    assert api.rows("SELECT count(*) FROM feed WHERE type = 'case.taken'") == [(1,)]
    assert api.rows("SELECT count(*) FROM audit WHERE action = 'case.taken'") == [(1,)]
    with open_session(api.dsn) as session:
        assert verify(session).problems == []


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
