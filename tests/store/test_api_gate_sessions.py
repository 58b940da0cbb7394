"""The gate for people: every route against every role by cookie, with and without the CSRF token; and sockets."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from hub.people.post import ROLES
from hub.people.scopes import ROLE_SCOPES
from tests.store.test_api_gate import ROUTES, SESSION, status
from tests.support.api import DEPARTMENT, Api, serving, until
from tests.support.databases import Database
from tests.support.people import browser, make_user

COOKIE = "lianqin-session"
# What ends the session that asks, or is about the session's own person.
ENDS = {("DELETE", "/api/v1/session"), ("DELETE", "/api/v1/sessions")}


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path, heartbeat_s=0.2) as running:
        for role in ROLES:
            make_user(running.dsn, role, role, department=DEPARTMENT if role == "department" else None)
        yield running


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_by_cookie_what_its_scopes_say(api: Api, role: str) -> None:
    client = browser(api, role)
    csrf = client.headers["X-CSRF-Token"]
    for (method, path), (scope, answer) in ROUTES.items():
        if (method, path) in ENDS:
            continue
        if method != "GET":
            del client.headers["X-CSRF-Token"]
            assert status(client, method, path) == 403, (role, method, path)
            client.headers["X-CSRF-Token"] = csrf
        wanted = scope if isinstance(scope, frozenset) else {scope}
        allowed = scope in (None, SESSION) or not ROLE_SCOPES[role].isdisjoint(wanted)
        assert status(client, method, path) == (answer if allowed else 403), (role, method, path)
    for method, path in sorted(ENDS):
        client = browser(api, role)
        assert status(client, method, path) == ROUTES[method, path][1]
        assert client.get("/api/v1/whoami").status_code == 401


def socket_status(api: Api, **headers: str) -> int:
    """Return how the hub answers who asks for the socket of live pictures; 101 for one who is let in."""
    address = api.address.replace("http", "ws", 1) + "/api/v1/cameras/live"
    try:
        with connect(address, additional_headers=headers, proxy=None, close_timeout=5):
            return 101
    except InvalidStatus as error:
        return error.response.status_code


def test_a_socket_by_cookie_must_come_from_the_hub_s_own_page(api: Api) -> None:
    cookie = f"{COOKIE}={browser(api, 'operator').cookies[COOKIE]}"
    assert socket_status(api, Cookie=cookie, Origin=api.address) == 101
    assert socket_status(api, Cookie=cookie) == 403
    for theirs in ("https://elsewhere.example", "null", f"{api.address}.elsewhere.example", "http://127.0.0.1:1"):
        assert socket_status(api, Cookie=cookie, Origin=theirs) == 403, theirs
    assert socket_status(api) == 401
    assert socket_status(api, Cookie=f"{COOKIE}=forged", Origin=api.address) == 401
    assert socket_status(api, Authorization=f"Bearer {api.tokens['operator']}") == 101
    assert socket_status(api, Authorization="Bearer lq_wrong") == 401
    assert socket_status(api, Authorization=f"Bearer {api.tokens['reports']}") == 403


def test_a_stream_ends_with_its_session(api: Api) -> None:
    client, other = browser(api, "operator"), browser(api, "operator")
    with client.stream("GET", "/api/v1/feed/stream") as answer:
        lines = answer.iter_lines()
        assert next(lines).startswith(": lianqin feed")
        assert other.delete("/api/v1/sessions").json() == {"ended": 2}
        for _ in lines:
            pass  # it ends


def test_an_open_board_is_a_sign_of_life(api: Api) -> None:
    client = browser(api, "operator")
    ((began,),) = api.rows("SELECT last_seen_at FROM sessions")
    with client.stream("GET", "/api/v1/feed/stream") as answer:
        lines = answer.iter_lines()  # kept: to let go of it would close the stream
        next(lines)
        api.pass_time(api.hub.sessions.idle / 2)
        until(lambda: api.rows("SELECT last_seen_at FROM sessions")[0][0] > began)
    api.pass_time(api.hub.sessions.idle * 0.75)
    assert client.get("/api/v1/session").status_code == 200


def test_who_must_change_the_password_reaches_nothing_else(api: Api) -> None:
    make_user(api.dsn, "new", "admin", must_change=True)
    client = browser(api, "new")
    for method, path in ROUTES:
        if (method, path) in ENDS or path in ("/api/v1/session", "/api/v1/session/password"):
            continue
        assert status(client, method, path) == 403, path
    answer = client.get("/api/v1/whoami")
    assert json.loads(answer.text)["type"] == "urn:lianqin:problem:password-change-needed"
