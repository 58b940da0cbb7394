"""People sign in and out: the cookie, what it takes to change something by it, when it ends, who is kept waiting."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import httpx
import psycopg
import pytest

from hub.people.post import Post
from hub.store.audit import COMMAND_LINE
from hub.store.sessions import make_ticket
from hub.store.users import change_user, disable_user, user_named
from tests.support.api import Api, serving
from tests.support.databases import Database
from tests.support.people import PASSWORD, browser, make_user, sign_in
from tests.support.stored import batch, raised

COOKIE = "lianqin-session"


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        make_user(running.dsn, "li.na")
        yield running


def problem(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["type"].removeprefix("urn:lianqin:problem:")


def audited(api: Api) -> list[str]:
    return [action for (action,) in api.rows("SELECT action FROM audit ORDER BY id") if action.startswith("session.")]


def test_signing_in_gives_a_cookie_that_scripts_cannot_read(api: Api) -> None:
    client = api.client(None)
    answer = sign_in(client, "  LI.Na ")
    assert answer.status_code == 200
    (cookie,) = answer.headers.get_list("set-cookie")
    name, *attributes = cookie.split("; ")
    assert name.startswith(f"{COOKIE}=")
    assert {"HttpOnly", "Path=/", "SameSite=strict"} == set(attributes)  # no Max-Age: it ends with the browser
    document = answer.json()
    assert (document["name"], document["role"], document["districts"]) == ("li.na", "operator", None)
    assert "alerts:write" in document["scopes"]
    assert client.get("/api/v1/session").json() == document
    assert client.get("/api/v1/whoami").json()["by"] == "session"
    secret = client.cookies[COOKIE]
    assert secret not in str(api.rows("SELECT sessions::text FROM sessions"))
    assert "argon2id" in str(api.rows("SELECT password_hash FROM users"))


@pytest.mark.parametrize("believed", [True, False])
def test_behind_a_proxy_that_is_believed_the_cookie_is_for_tls_and_this_host_alone(
    plain_database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, believed: bool
) -> None:
    monkeypatch.setenv("FORWARDED_ALLOW_IPS", "127.0.0.1" if believed else "192.0.2.1")
    forwarded = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "198.51.100.7"}
    with serving(plain_database.dsn, tmp_path) as api:
        make_user(api.dsn, "li.na")
        body = {"name": "li.na", "password": PASSWORD}
        answer = api.client(None).post("/api/v1/session", json=body, headers=forwarded)
        secret, *attributes = answer.headers["set-cookie"].split("; ")
        assert secret.startswith(f"__Host-{COOKIE}=" if believed else f"{COOKIE}=")
        assert ("Secure" in attributes) is believed
        assert api.rows("SELECT remote FROM sessions") == [("198.51.100.7" if believed else "127.0.0.1",)]
        # The other name is not taken: over plain HTTP anybody on the way could have planted it.
        there = api.client(None).get("/api/v1/session", headers={"Cookie": secret, **forwarded})
        assert there.status_code == 200
        assert api.client(None).get("/api/v1/session", headers={"Cookie": secret}).is_error is believed


def test_what_changes_something_must_repeat_the_csrf_token(api: Api) -> None:
    api.write(batch(changes=[raised()]))
    client = browser(api, "li.na")
    (alert,) = client.get("/api/v1/alerts").json()["items"]
    path = f"/api/v1/alerts/{alert['id']}/acknowledge"
    csrf = client.headers.pop("X-CSRF-Token")
    other = browser(api, "li.na").headers["X-CSRF-Token"]
    assert problem(client.post(path)) == (403, "csrf")
    for wrong in ("", "x", csrf[:-1], csrf + "x", other, "ü".encode()):
        assert problem(client.post(path, headers={"X-CSRF-Token": wrong})) == (403, "csrf"), wrong
    twice = [("X-CSRF-Token", csrf), ("X-CSRF-Token", csrf)]
    assert problem(client.post(path, headers=twice)) == (403, "csrf")
    for theirs in ("https://elsewhere.example", "null", "http://127.0.0.1", f"{api.address}.elsewhere.example"):
        answer = client.post(path, headers={"X-CSRF-Token": csrf, "Origin": theirs})
        assert problem(answer) == (403, "csrf"), theirs
    answer = client.post(path, headers={"X-CSRF-Token": csrf, "Sec-Fetch-Site": "cross-site"})
    assert problem(answer) == (403, "csrf")
    assert client.get(f"/api/v1/alerts/{alert['id']}").json()["acknowledged"] is False
    answer = client.post(path, headers={"X-CSRF-Token": csrf, "Origin": api.address})
    assert (answer.status_code, answer.json()["acknowledged_by"]) == (200, "li.na")
    ((actor, actor_id),) = api.rows("SELECT actor, actor_id FROM audit WHERE action = 'alert.acknowledged'")
    assert (actor, actor_id) == ("li.na", user(api).user_id)


def user(api: Api, name: str = "li.na"):  # type: ignore[no-untyped-def]
    with psycopg.connect(api.dsn) as connection:
        return user_named(connection, name)


def test_nobody_can_be_signed_in_by_a_page_of_somebody_else(api: Api) -> None:
    body = {"name": "li.na", "password": PASSWORD}
    for headers in ({"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        answer = api.client(None).post("/api/v1/session", json=body, headers=headers)
        assert problem(answer) == (403, "csrf"), headers
    assert api.client(None).post("/api/v1/session", json=body, headers={"Origin": api.address}).status_code == 200


def test_a_cookie_opens_nothing_once_its_session_is_over(api: Api) -> None:
    client = browser(api, "li.na")
    replayed = client.cookies[COOKIE]
    answer = client.delete("/api/v1/session")
    assert answer.status_code == 204
    assert f'{COOKIE}=""' in answer.headers["set-cookie"]
    answer = api.client(None).get("/api/v1/alerts", headers={"Cookie": f"{COOKIE}={replayed}"})
    assert problem(answer) == (401, "unauthenticated")
    assert answer.json()["session"] == "ended"
    assert audited(api) == ["session.begun", "session.ended"]


def test_forged_and_doubled_cookies_open_nothing(api: Api) -> None:
    good = browser(api, "li.na").cookies[COOKIE]
    ids = [str(row[0]) for row in api.rows("SELECT session_id FROM sessions")]
    hashes = [str(row[0]) for row in api.rows("SELECT hash FROM sessions")]
    for forged in ("", "x", good[:-1], good.swapcase(), *ids, *hashes, "x" * 5000, "%00", "\x7f"):
        answer = api.client(None).get("/api/v1/whoami", headers={"Cookie": f"{COOKIE}={forged}"})
        assert answer.status_code == 401, forged
    for header in (f"{COOKIE}={good}; {COOKIE}=planted", f"{COOKIE}=planted; {COOKIE}={good}"):
        assert api.client(None).get("/api/v1/whoami", headers={"Cookie": header}).status_code == 401
    two = [("Cookie", f"{COOKIE}={good}"), ("Cookie", f"{COOKIE}={good}")]
    assert api.client(None).get("/api/v1/whoami", headers=two).status_code == 401
    for name in (f"__Host-{COOKIE}", "session", COOKIE.upper()):
        assert api.client(None).get("/api/v1/whoami", headers={"Cookie": f"{name}={good}"}).status_code == 401
    assert api.client(None).get("/api/v1/whoami", headers={"Cookie": f"a=b; {COOKIE}={good}"}).status_code == 200


def test_a_token_beside_a_cookie_is_what_counts(api: Api) -> None:
    client = browser(api, "li.na")
    answer = client.get("/api/v1/whoami", headers={"Authorization": f"Bearer {api.tokens['engineer']}"})
    assert (answer.json()["by"], answer.json()["role"]) == ("token", "engineer")
    assert client.get("/api/v1/whoami", headers={"Authorization": "Bearer lq_wrong"}).status_code == 401
    two = [("Authorization", "Bearer lq_wrong"), ("Authorization", f"Bearer {api.tokens['admin']}")]
    assert client.get("/api/v1/whoami", headers=two).status_code == 401
    # A bearer token is no cookie: no browser sends it on its own, so it needs no CSRF token.
    assert api.client("admin").delete("/api/v1/session").status_code == 403


def test_signing_in_again_begins_another_session_and_never_takes_over_a_given_cookie(api: Api) -> None:
    client = api.client(None)
    client.cookies.set(COOKIE, "chosen-by-somebody-else")
    sign_in(client, "li.na")
    found = {cookie.value for cookie in client.cookies.jar}
    assert api.client(None).get("/api/v1/whoami", headers={"Cookie": f"{COOKIE}=chosen-by-somebody-else"}).is_error
    assert len(found - {"chosen-by-somebody-else"}) == 1


def test_a_session_ends_when_nothing_is_heard_of_it_and_at_its_latest_end(api: Api) -> None:
    limits, client = api.hub.sessions, browser(api, "li.na")
    for _ in range(int(limits.longest / limits.idle) - 1):
        api.pass_time(limits.idle - timedelta(seconds=1))
        assert client.get("/api/v1/session").status_code == 200
    left = browser(api, "li.na")
    api.pass_time(limits.idle)
    assert left.get("/api/v1/session").json()["session"] == "idle"
    api.pass_time(limits.longest)
    assert client.get("/api/v1/session").json()["session"] == "expired"


def test_what_somebody_may_do_changes_at_once_and_disabling_ends_everything(api: Api) -> None:
    client = browser(api, "li.na")
    assert client.get("/api/v1/config").status_code == 403
    with psycopg.connect(api.dsn) as connection:
        change_user(connection, user(api), post=Post(role="engineer"), actor=COMMAND_LINE, at=api.hub.now())
    assert client.get("/api/v1/config").status_code == 200
    with psycopg.connect(api.dsn) as connection:
        disable_user(connection, user(api), actor=COMMAND_LINE, at=api.hub.now())
    assert client.get("/api/v1/config").status_code == 401
    assert problem(sign_in(api.client(None), "li.na")) == (401, "sign-in-refused")


def test_one_sees_one_s_sessions_and_ends_one_or_all(api: Api) -> None:
    make_user(api.dsn, "wang.wei")
    here, there, theirs = browser(api, "li.na"), browser(api, "li.na"), browser(api, "wang.wei")
    listed = here.get("/api/v1/sessions").json()["items"]
    assert sorted(session["this"] for session in listed) == [False, True]
    (other,) = [session["id"] for session in listed if not session["this"]]
    (foreign,) = [session["id"] for session in theirs.get("/api/v1/sessions").json()["items"]]
    assert here.delete(f"/api/v1/sessions/{foreign}").status_code == 404
    assert here.delete(f"/api/v1/sessions/{other}").status_code == 204
    assert there.get("/api/v1/whoami").status_code == 401
    browser(api, "li.na")
    assert here.delete("/api/v1/sessions").json() == {"ended": 2}
    assert here.get("/api/v1/whoami").status_code == 401
    assert theirs.get("/api/v1/whoami").status_code == 200


def test_a_given_password_must_be_changed_before_anything_else(api: Api) -> None:
    make_user(api.dsn, "new", must_change=True)
    client = api.client(None)
    assert sign_in(client, "new").json()["must_change_password"] is True
    assert problem(client.get("/api/v1/alerts")) == (403, "password-change-needed")
    assert client.get("/api/v1/session").status_code == 200
    before = client.cookies[COOKIE]

    def change(current: str, new: str) -> httpx.Response:
        return client.post("/api/v1/session/password", json={"current": current, "new": new})

    for current, new, pointer in (
        ("wrong password here", "green apples fall in autumn", "#/current"),
        (PASSWORD, "short", "#/new"),
        (PASSWORD, "password2026!!", "#/new"),
        (PASSWORD, "new-new-new-new", "#/new"),
        (PASSWORD, PASSWORD, "#/new"),
    ):
        answer = change(current, new)
        assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, pointer), new
    answer = change(PASSWORD, "green apples fall at night")
    assert (answer.status_code, answer.json()["must_change_password"]) == (200, False)
    assert client.cookies[COOKIE] != before
    assert api.client(None).get("/api/v1/whoami", headers={"Cookie": f"{COOKIE}={before}"}).status_code == 401
    assert client.get("/api/v1/alerts").status_code == 200
    assert problem(sign_in(api.client(None), "new")) == (401, "sign-in-refused")
    assert sign_in(api.client(None), "new", "green apples fall at night").status_code == 200


def test_a_ticket_opens_one_session_once_and_not_for_long(api: Api) -> None:
    def ticket() -> str:
        with psycopg.connect(api.dsn) as connection:
            made = make_ticket(connection, user(api), at=api.hub.now(), valid=timedelta(minutes=5))
        return made

    def use(one: str) -> httpx.Response:
        return api.client(None).post("/api/v1/session/ticket", json={"ticket": one})

    first = ticket()
    assert use(first).json()["how"] == "ticket"
    assert problem(use(first)) == (401, "sign-in-refused")
    late = ticket()
    api.pass_time(timedelta(minutes=5))
    assert problem(use(late)) == (401, "sign-in-refused")
    for forged in ("lqt_", "lqt_x", "x", first.removeprefix("lqt_")):
        assert use(forged).status_code == 401, forged
    race = ticket()
    with ThreadPoolExecutor(4) as pool:
        found = sorted(answer.status_code for answer in pool.map(use, [race] * 4))
    assert found == [200, 401, 401, 401]
    assert race not in str(api.rows("SELECT audit::text FROM audit"))


def test_guessing_waits_longer_and_longer_but_never_for_good(api: Api) -> None:
    client = api.client(None)
    for _ in range(5):
        assert problem(sign_in(client, "li.na", "not the password")) == (401, "sign-in-refused")
    waits = []
    for _ in range(4):
        answer = sign_in(client, "li.na")  # not even the right one, else waiting would slow down nobody
        assert problem(answer) == (429, "too-many-failures")
        waits.append(int(answer.headers["retry-after"]))
        assert answer.json()["wait_s"] == waits[-1]
        api.pass_time(timedelta(seconds=waits[-1]))
        assert sign_in(client, "li.na", "not the password").status_code == 401
    assert waits == [1, 2, 4, 8]
    api.pass_time(timedelta(seconds=16))
    assert sign_in(client, "li.na").status_code == 200
    for _ in range(5):  # and all is forgotten
        assert sign_in(client, "li.na", "not the password").status_code == 401
    assert sign_in(client, "nobody", "not the password").json()["detail"] == "the name or the password is not right"
    assert "somebody unknown" in [row[0] for row in api.rows("SELECT actor FROM audit")]
    assert "nobody" not in str(api.rows("SELECT audit::text FROM audit"))


def test_a_hundred_guesses_at_once_are_a_hundred_guesses(api: Api) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(lambda _: sign_in(api.client(None), "li.na", "not the password").status_code, range(24)))
    assert (found.count(401), found.count(429)) == (5, 19)


def test_failures_from_elsewhere_do_not_keep_somebody_out_who_is_known_here(api: Api) -> None:
    browser(api, "li.na")
    with psycopg.connect(api.dsn) as connection:  # as if somebody far away had guessed all night
        connection.execute(
            "INSERT INTO sign_in_failures VALUES ('account li.na', 999, %(at)s, %(at)s + interval '15 minutes')",
            {"at": api.hub.now()},
        )
    assert sign_in(api.client(None), "li.na").status_code == 200
    api.rows("UPDATE sessions SET network = '192.0.2.1' RETURNING 1")
    assert problem(sign_in(api.client(None), "li.na")) == (429, "too-many-failures")


@pytest.mark.parametrize("body", [b"", b"[]", b'{"name": "li.na"}', b'{"name": "\\u0000", "password": "x"}'])
def test_what_is_no_signing_in_is_said_to_be_none(api: Api, body: bytes) -> None:
    answer = api.client(None).post("/api/v1/session", content=body, headers={"Content-Type": "application/json"})
    assert problem(answer) == (422, "invalid")
    strange = '{"name": "\\ud800", "password": "\\ud800"}'
    assert api.client(None).post("/api/v1/session", content=strange).status_code in (401, 422)
