"""Whoever manages people makes, changes and disables them over HTTP, and what they did stands in the audit."""

import csv
import io
import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.support.api import Api, serving
from tests.support.databases import Database
from tests.support.people import PASSWORD, browser, make_user, sign_in


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        make_user(running.dsn, "boss", "admin")
        yield running


def detail(answer: httpx.Response) -> str:
    return str(answer.json()["detail"])


def made(client: httpx.Client, **order: Any) -> dict[str, Any]:
    answer = client.post("/api/v1/users", json={"name": "li.na", "role": "operator", **order})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def test_a_person_is_made_with_a_first_password_and_takes_it_over(api: Api) -> None:
    boss = browser(api, "boss")
    found = made(boss, display_name="李娜", districts=["East"])
    assert found["user"]["districts"] == ["East"]
    assert (found["user"]["display_name"], found["user"]["must_change_password"]) == ("李娜", True)
    client = api.client(None)
    assert sign_in(client, "LI.NA", found["password"]).json()["must_change_password"] is True
    answer = client.post("/api/v1/session/password", json={"current": found["password"], "new": PASSWORD})
    assert answer.json()["must_change_password"] is False
    assert [user["name"] for user in boss.get("/api/v1/users").json()["items"]] == ["boss", "li.na"]
    everything = str(api.rows("SELECT audit::text FROM audit")) + str(api.rows("SELECT users::text FROM users"))
    assert found["password"] not in everything


@pytest.mark.parametrize(
    ("order", "why"),
    [
        ({"name": "Boss"}, "there is somebody called Boss already"),
        ({"name": "ＢＯＳＳ"}, "already"),  # the same letters, as a Chinese keyboard may give them
        ({"name": "no spaces"}, "cannot be a name"),
        ({"name": "-x"}, "cannot be a name"),
        ({"role": "department"}, "needs a department"),
        ({"role": "dispatch"}, "operator"),
        ({"password": "password2026"}, "guessed first"),
        ({"password": "short"}, "at least 12"),
        ({"district": ["East"]}, "there is no such part of the request"),
    ],
)
def test_who_cannot_be_is_refused_with_a_reason(api: Api, order: dict[str, Any], why: str) -> None:
    answer = browser(api, "boss").post("/api/v1/users", json={"name": "li.na", "role": "operator", **order})
    assert answer.status_code == 422
    assert why in detail(answer)


def test_names_are_of_any_script(api: Api) -> None:
    password = made(browser(api, "boss"), name="值班员01")["password"]
    assert sign_in(api.client(None), "值班员01", password).status_code == 200


def test_changes_hold_at_once_and_nobody_locks_themselves_out(api: Api) -> None:
    boss = browser(api, "boss")
    user = made(boss)["user"]
    path = f"/api/v1/users/{user['id']}"
    answer = boss.patch(path, json={"role": "department", "department": "city-transport"})
    assert (answer.json()["role"], answer.json()["department"]) == ("department", "city-transport")
    assert "needs a department" in detail(boss.patch(path, json={"department": None}))
    assert boss.patch(path, json={"role": "operator", "department": None}).json()["department"] is None
    assert boss.patch(path, json={"districts": []}).json()["districts"] == []
    assert boss.patch(path, json={"districts": None}).json()["districts"] is None
    mine = f"/api/v1/users/{boss.get('/api/v1/session').json()['user_id']}"
    assert "yourself" in detail(boss.patch(mine, json={"role": "operator"}))
    assert "yourself" in detail(boss.patch(mine, json={"districts": ["East"]}))
    assert "yourself" in detail(boss.post(f"{mine}/disable"))
    assert boss.patch(mine, json={"display_name": "主任"}).json()["display_name"] == "主任"


def test_disabling_resetting_and_signing_out_end_sessions(api: Api) -> None:
    boss = browser(api, "boss")
    user = make_user(api.dsn, "li.na")
    path = f"/api/v1/users/{user.user_id}"
    client = browser(api, "li.na")
    assert boss.delete(f"{path}/sessions").json() == {"ended": 1}
    assert client.get("/api/v1/whoami").status_code == 401
    client = browser(api, "li.na")
    first = boss.post(f"{path}/reset-password").json()["password"]
    assert client.get("/api/v1/whoami").status_code == 401
    assert sign_in(client, "li.na").status_code == 401
    assert sign_in(client, "li.na", first).status_code == 200
    assert boss.post(f"{path}/disable").json()["disabled_at"] is not None
    assert boss.post(f"{path}/disable").status_code == 200
    assert sign_in(api.client(None), "li.na", first).status_code == 401
    assert boss.post(f"{path}/enable").json()["disabled_at"] is None
    for _ in range(6):
        sign_in(api.client(None), "li.na", "not the password")
    assert sign_in(api.client(None), "li.na", first).status_code == 429
    assert boss.post(f"{path}/unlock").status_code == 204
    assert sign_in(api.client(None), "li.na", first).status_code == 200


def test_tokens_are_made_and_ended_and_reach_no_further_than_said(api: Api) -> None:
    boss = browser(api, "boss")
    order = {"name": "east", "role": "dispatch", "districts": ["East"], "days": 1}
    token = boss.post("/api/v1/tokens", json=order).json()["token"]
    bearer = {"Authorization": f"Bearer {token}"}
    assert api.client(None).get("/api/v1/whoami", headers=bearer).json()["grids"] == []
    (listed,) = [one for one in boss.get("/api/v1/tokens").json()["items"] if one["name"] == "east"]
    assert listed["districts"] == ["East"]
    assert boss.delete(f"/api/v1/tokens/{listed['token_id']}").status_code == 204
    assert boss.delete(f"/api/v1/tokens/{listed['token_id']}").status_code == 404
    assert api.client(None).get("/api/v1/whoami", headers=bearer).status_code == 401
    answer = boss.post("/api/v1/tokens", json={"name": "x", "role": "department"})
    assert "needs a department" in detail(answer)


def test_an_administrator_of_one_district_makes_nobody(api: Api) -> None:
    make_user(api.dsn, "local", "admin", districts=["East"])
    local = browser(api, "local")
    for method, path in (("GET", "/users"), ("POST", "/users"), ("GET", "/tokens"), ("GET", "/audit")):
        answer = local.request(method, f"/api/v1{path}", json={} if method == "POST" else None)
        assert answer.status_code == 403, path
        assert "whole city" in detail(answer)


def test_the_audit_tells_who_did_what_from_where_and_pages_by_number(api: Api) -> None:
    boss = browser(api, "boss")
    for n in range(5):
        made(boss, name=f"user{n}")
    sign_in(api.client(None), "boss", "not the password")
    page = boss.get("/api/v1/audit", params={"action": "user.*", "limit": 4}).json()
    rest = boss.get("/api/v1/audit", params={"action": "user.*", "limit": 4, "cursor": page["next"]}).json()
    found = [*page["items"], *rest["items"]]
    assert [entry["detail"]["name"] for entry in found[:5]] == [f"user{n}" for n in (4, 3, 2, 1, 0)]
    assert {entry["actor"] for entry in found[:5]} == {"boss"}
    assert {entry["remote"] for entry in found[:5]} == {"127.0.0.1"}
    assert [entry["seq"] for entry in found] == sorted((entry["seq"] for entry in found), reverse=True)
    (refused,) = boss.get("/api/v1/audit?action=session.refused").json()["items"]
    assert (refused["actor"], refused["detail"]) == ("boss", {"why": "not right"})
    by_id = boss.get("/api/v1/audit", params={"actor_id": found[0]["actor_id"], "action": "session.begun"}).json()
    assert len(by_id["items"]) == 1
    later = (api.hub.now() + timedelta(hours=1)).isoformat()
    assert boss.get("/api/v1/audit", params={"since": later, "action": "user.*"}).json() == {"items": [], "next": None}
    assert boss.get("/api/v1/audit?action=user.create%25").status_code == 422


def test_the_audit_is_exported_as_a_stream_and_says_so_itself(api: Api) -> None:
    boss = browser(api, "boss")
    made(boss, name="a1", display_name="=HYPERLINK()")
    api.rows(
        """INSERT INTO audit (at, actor, action, target, detail)
           SELECT now(), '=cmd|' || n, 'test.done', 'x', '{"a": "b,\\"c"}' FROM generate_series(1, 2500) AS n
           RETURNING 1"""
    )
    with boss.stream("GET", "/api/v1/audit/export?format=jsonl") as answer:
        entries = [json.loads(line) for line in answer.iter_lines()]
        assert answer.headers["content-type"].startswith("application/x-ndjson")
        assert "attachment" in answer.headers["content-disposition"]
    assert [entry["seq"] for entry in entries] == list(range(1, len(entries) + 1))
    assert entries[-1]["action"] == "audit.exported"
    assert entries[-1]["detail"] == {"format": "jsonl"}
    text = boss.get("/api/v1/audit/export", params={"action": "test.*"}).text
    rows = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert len(rows) == 2500
    assert rows[0]["actor"] == "'=cmd|1"  # no spreadsheet runs it
    assert json.loads(rows[0]["detail"]) == {"a": 'b,"c'}
