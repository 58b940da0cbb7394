"""Cases over HTTP: the whole loop as people and machines go through it, and what is refused on the way."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from detectors.finding import Phase
from hub.store.chain import verify
from hub.store.session import connect, open_session
from tests.support.api import Api, serving
from tests.support.case_orders import HOUSING, collected, dispatched, leak, ok, photo, post, refused
from tests.support.databases import Database
from tests.support.stored import NOW, batch, followed

NOWHERE = "00000000-0000-0000-0000-000000000000"


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        yield running


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
