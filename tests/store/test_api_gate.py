"""Nobody unknown gets in: every route against every role and against strangers; and guessing is slowed down."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from hub.api.app import create_app
from hub.people.scopes import ROLE_SCOPES, Scope
from hub.store.tokens import ROLES, digest, ensure_token
from tests.support.api import Api, configuration, serving
from tests.support.databases import Database
from tests.support.stored import batch, raised

NOWHERE = "00000000-0000-0000-0000-000000000000"

SESSION = "session"  # for people who have signed in, and for no token
# What needs no caller.
OPEN = {
    ("GET", "/livez"),
    ("GET", "/api/v1/session/methods"),
    ("POST", "/api/v1/session"),
    ("POST", "/api/v1/session/ticket"),
    ("GET", "/api/v1/session/oidc"),
    ("GET", "/api/v1/session/oidc/callback"),
}
# Every other route: what it needs (of a set, any one scope), and what somebody who may use it is answered here, where
# nothing is stored.
ROUTES: dict[tuple[str, str], tuple[Scope | frozenset[Scope] | str | None, int]] = {
    ("GET", "/api/v1"): (None, 200),
    ("GET", "/api/v1/session"): (SESSION, 200),
    ("DELETE", "/api/v1/session"): (SESSION, 204),
    ("POST", "/api/v1/session/password"): (SESSION, 422),
    ("GET", "/api/v1/sessions"): (SESSION, 200),
    ("DELETE", "/api/v1/sessions"): (SESSION, 200),
    ("DELETE", "/api/v1/sessions/{session_id}"): (SESSION, 404),
    ("GET", "/api/v1/users"): (Scope.PEOPLE_READ, 200),
    ("POST", "/api/v1/users"): (Scope.PEOPLE_WRITE, 422),
    ("GET", "/api/v1/users/{user_id}"): (Scope.PEOPLE_READ, 404),
    ("PATCH", "/api/v1/users/{user_id}"): (Scope.PEOPLE_WRITE, 422),
    ("POST", "/api/v1/users/{user_id}/disable"): (Scope.PEOPLE_WRITE, 404),
    ("POST", "/api/v1/users/{user_id}/enable"): (Scope.PEOPLE_WRITE, 404),
    ("POST", "/api/v1/users/{user_id}/reset-password"): (Scope.PEOPLE_WRITE, 404),
    ("POST", "/api/v1/users/{user_id}/unlock"): (Scope.PEOPLE_WRITE, 404),
    ("DELETE", "/api/v1/users/{user_id}/sessions"): (Scope.PEOPLE_WRITE, 404),
    ("GET", "/api/v1/tokens"): (Scope.PEOPLE_READ, 200),
    ("POST", "/api/v1/tokens"): (Scope.PEOPLE_WRITE, 422),
    ("DELETE", "/api/v1/tokens/{token_id}"): (Scope.PEOPLE_WRITE, 404),
    ("GET", "/api/v1/audit"): (Scope.AUDIT_READ, 200),
    ("GET", "/api/v1/audit/export"): (Scope.AUDIT_READ, 200),
    ("GET", "/readyz"): (Scope.HEALTH_READ, 503),
    ("GET", "/metrics"): (Scope.METRICS_READ, 200),
    ("GET", "/api/v1/openapi.json"): (None, 200),
    ("GET", "/api/v1/whoami"): (None, 200),
    ("GET", "/api/v1/alerts"): (Scope.ALERTS_READ, 200),
    ("GET", "/api/v1/alerts/{alert_id}"): (Scope.ALERTS_READ, 404),
    ("POST", "/api/v1/alerts/{alert_id}/acknowledge"): (Scope.ALERTS_WRITE, 404),
    ("POST", "/api/v1/alerts/{alert_id}/unacknowledge"): (Scope.ALERTS_WRITE, 404),
    ("POST", "/api/v1/alerts/{alert_id}/shelve"): (Scope.ALERTS_WRITE, 422),
    ("POST", "/api/v1/alerts/{alert_id}/unshelve"): (Scope.ALERTS_WRITE, 404),
    ("POST", "/api/v1/alerts/{alert_id}/assign"): (Scope.ALERTS_WRITE, 422),
    ("POST", "/api/v1/alerts/{alert_id}/verdict"): (Scope.ALERTS_WRITE, 422),
    ("POST", "/api/v1/alerts/{alert_id}/unverdict"): (Scope.ALERTS_WRITE, 404),
    ("GET", "/api/v1/alerts/{alert_id}/readings"): (Scope.ALERTS_READ, 404),
    ("GET", "/api/v1/alerts/{alert_id}/record"): (Scope.ALERTS_READ, 404),
    ("GET", "/api/v1/board"): (Scope.ALERTS_READ, 200),
    ("GET", "/api/v1/board/colleagues"): (Scope.ALERTS_WRITE, 200),
    ("GET", "/api/v1/city"): (Scope.CITY_READ, 200),
    ("GET", "/api/v1/feed"): (Scope.FEED_READ, 200),
    ("GET", "/api/v1/feed/stream"): (Scope.FEED_READ, 200),
    ("GET", "/api/v1/evidence/{sha256}"): (Scope.EVIDENCE_READ, 404),
    ("GET", "/api/v1/grids"): (Scope.CITY_READ, 200),
    ("GET", "/api/v1/names"): (Scope.CITY_READ, 422),
    ("GET", "/api/v1/devices"): (Scope.CITY_READ, 200),
    ("GET", "/api/v1/cameras"): (Scope.CITY_READ, 200),
    ("GET", "/api/v1/geography"): (Scope.CITY_READ, 200),
    ("GET", "/api/v1/alerts/{alert_id}/cap"): (Scope.ALERTS_READ, 404),
    ("GET", "/api/v1/cap/alerts"): (Scope.ALERTS_READ, 200),
    ("GET", "/api/v1/reports"): (Scope.REPORTS_READ, 200),
    ("GET", "/api/v1/reports/{report_id}"): (Scope.REPORTS_READ, 404),
    ("GET", "/api/v1/reports/{report_id}/contact"): (Scope.CASES_FILE, 404),
    ("POST", "/api/v1/reports/{report_id}/link"): (Scope.CASES_FILE, 422),
    ("POST", "/api/v1/reports/{report_id}/dismiss"): (Scope.CASES_FILE, 422),
    ("POST", "/api/v1/reports/{report_id}/restore"): (Scope.CASES_FILE, 404),
    ("POST", "/api/v1/reports/{report_id}/place"): (Scope.CASES_FILE, 422),
    ("POST", "/api/v1/reports/{report_id}/collect"): (Scope.CASES_FILE, 422),
    ("GET", "/api/v1/map"): (Scope.CITY_READ, 200),
    ("GET", "/api/v1/base-map"): (Scope.CITY_READ, 404),
    ("GET", "/api/v1/tour"): (Scope.CITY_READ, 200),
    ("GET", "/api/v1/cameras/{camera_id}/snapshot"): (Scope.EVIDENCE_READ, 404),
    ("GET", "/api/v1/cameras/{camera_id}/zones"): (Scope.CITY_READ, 404),
    ("PUT", "/api/v1/cameras/{camera_id}/zones"): (Scope.CONFIG_WRITE, 422),
    ("DELETE", "/api/v1/cameras/{camera_id}/zones"): (Scope.CONFIG_WRITE, 422),
    ("POST", "/api/v1/cameras/{camera_id}/zones/check"): (Scope.CONFIG_WRITE, 422),
    ("GET", "/api/v1/cameras/{camera_id}/zones.yaml"): (Scope.CONFIG_READ, 404),
    ("GET", "/api/v1/cameras/{camera_id}/zones/history"): (Scope.CONFIG_READ, 404),
    ("GET", "/api/v1/streetlights"): (Scope.CITY_READ, 200),
    ("GET", "/api/v1/streetlights/{circuit_id}"): (Scope.CITY_READ, 404),
    ("GET", "/api/v1/rules"): (Scope.CITY_READ, 200),
    ("GET", "/api/v1/configurations"): (Scope.TUNE_READ, 200),
    ("POST", "/api/v1/configurations"): (Scope.TUNE, 422),
    ("GET", "/api/v1/configurations/inheritance"): (Scope.TUNE_READ, 422),
    ("POST", "/api/v1/configurations/import"): (Scope.TUNE, 422),
    ("POST", "/api/v1/configurations/rollback"): (Scope.TUNE, 422),
    ("GET", "/api/v1/configurations/{version}"): (Scope.TUNE_READ, 422),
    ("GET", "/api/v1/configurations/{version}/diff/{other}"): (Scope.TUNE_READ, 422),
    ("GET", "/api/v1/configurations/{version}/export"): (Scope.TUNE_READ, 422),
    ("POST", "/api/v1/configurations/{version}/apply"): (Scope.TUNE, 422),
    ("POST", "/api/v1/configurations/{version}/schedule"): (Scope.TUNE, 422),
    ("POST", "/api/v1/configurations/{version}/unschedule"): (Scope.TUNE, 422),
    ("GET", "/api/v1/cases"): (Scope.CASES_READ, 200),
    ("POST", "/api/v1/cases"): (Scope.CASES_FILE, 422),
    ("GET", "/api/v1/cases/counts"): (Scope.CASES_READ, 200),
    ("GET", "/api/v1/cases/{case_id}"): (Scope.CASES_READ, 404),
    ("GET", "/api/v1/cases/{case_id}/timeline"): (Scope.CASES_READ, 404),
    ("GET", "/api/v1/cases/{case_id}/history"): (Scope.CASES_READ, 404),
    ("GET", "/api/v1/places/history"): (Scope.ALERTS_READ, 422),
    ("POST", "/api/v1/cases/{case_id}/file"): (Scope.CASES_FILE, 422),
    ("POST", "/api/v1/cases/{case_id}/refuse-filing"): (Scope.CASES_FILE, 422),
    ("POST", "/api/v1/cases/{case_id}/dispatch"): (Scope.CASES_DISPATCH, 422),
    ("POST", "/api/v1/cases/{case_id}/reroute"): (Scope.CASES_DISPATCH, 422),
    ("POST", "/api/v1/cases/{case_id}/take"): (Scope.CASES_HANDLE, 422),
    ("POST", "/api/v1/cases/{case_id}/progress"): (Scope.CASES_HANDLE, 422),
    ("POST", "/api/v1/cases/{case_id}/refuse"): (Scope.CASES_HANDLE, 422),
    ("POST", "/api/v1/cases/{case_id}/report-done"): (Scope.CASES_HANDLE, 422),
    ("POST", "/api/v1/cases/{case_id}/verify"): (Scope.CASES_DISPATCH, 422),
    ("POST", "/api/v1/cases/{case_id}/rework"): (Scope.CASES_DISPATCH, 422),
    ("POST", "/api/v1/cases/{case_id}/ask-suspension"): (frozenset({Scope.CASES_HANDLE, Scope.CASES_FILE}), 422),
    ("POST", "/api/v1/cases/{case_id}/suspend"): (Scope.CASES_APPROVE, 422),
    ("POST", "/api/v1/cases/{case_id}/deny-suspension"): (Scope.CASES_APPROVE, 422),
    ("POST", "/api/v1/cases/{case_id}/resume"): (Scope.CASES_APPROVE, 422),
    ("POST", "/api/v1/cases/{case_id}/close"): (Scope.CASES_DISPATCH, 422),
    ("POST", "/api/v1/cases/{case_id}/evaluate"): (Scope.CASES_APPROVE, 422),
    ("POST", "/api/v1/cases/{case_id}/void"): (Scope.CASES_APPROVE, 422),
    ("POST", "/api/v1/cases/{case_id}/merge"): (Scope.CASES_DISPATCH, 422),
    ("POST", "/api/v1/cases/{case_id}/split"): (Scope.CASES_DISPATCH, 422),
    ("POST", "/api/v1/cases/{case_id}/reopen"): (Scope.CASES_APPROVE, 422),
    ("POST", "/api/v1/cases/{case_id}/note"): (
        frozenset({Scope.CASES_FILE, Scope.CASES_HANDLE, Scope.CASES_DISPATCH, Scope.CASES_APPROVE}),
        422,
    ),
    ("POST", "/api/v1/cases/{case_id}/add-alert"): (Scope.CASES_FILE, 422),
    ("POST", "/api/v1/cases/{case_id}/add-report"): (Scope.CASES_FILE, 422),
    ("POST", "/api/v1/cases/{case_id}/call-in"): (Scope.CASES_DISPATCH, 422),
    ("POST", "/api/v1/photos"): (
        frozenset(
            {Scope.CASES_FILE, Scope.CASES_HANDLE, Scope.CASES_DISPATCH, Scope.CASES_APPROVE, Scope.REPORTS_WRITE}
        ),
        422,
    ),
    ("GET", "/api/v1/photos/{sha256}"): (Scope.EVIDENCE_READ, 404),
    ("GET", "/api/v1/dispatch/plan"): (Scope.CITY_READ, 200),
    ("GET", "/api/v1/dispatch/plans"): (Scope.CASES_READ, 200),
    ("GET", "/api/v1/dispatch/plans/{version}"): (Scope.CASES_READ, 404),
    ("POST", "/api/v1/dispatch/route"): (Scope.CASES_READ, 422),
    ("GET", "/api/v1/deliveries"): (Scope.DELIVERIES_READ, 200),
    ("GET", "/api/v1/deliveries/{delivery_id}"): (Scope.DELIVERIES_READ, 404),
    ("POST", "/api/v1/deliveries/{delivery_id}/replay"): (Scope.DELIVERIES_WRITE, 404),
    ("GET", "/api/v1/deliveries/endpoints"): (Scope.DELIVERIES_READ, 200),
    ("POST", "/api/v1/deliveries/endpoints"): (Scope.DELIVERIES_WRITE, 422),
    ("GET", "/api/v1/deliveries/endpoints/{endpoint_id}"): (Scope.DELIVERIES_READ, 404),
    ("PATCH", "/api/v1/deliveries/endpoints/{endpoint_id}"): (Scope.DELIVERIES_WRITE, 422),
    ("DELETE", "/api/v1/deliveries/endpoints/{endpoint_id}"): (Scope.DELIVERIES_WRITE, 404),
    ("POST", "/api/v1/deliveries/endpoints/{endpoint_id}/enable"): (Scope.DELIVERIES_WRITE, 404),
    ("POST", "/api/v1/deliveries/endpoints/{endpoint_id}/disable"): (Scope.DELIVERIES_WRITE, 404),
    ("POST", "/api/v1/deliveries/endpoints/{endpoint_id}/rotate"): (Scope.DELIVERIES_WRITE, 422),
    ("POST", "/api/v1/deliveries/endpoints/{endpoint_id}/ping"): (Scope.DELIVERIES_WRITE, 404),
    ("POST", "/api/v1/deliveries/endpoints/{endpoint_id}/replay"): (Scope.DELIVERIES_WRITE, 422),
    ("POST", "/api/v1/deliveries/endpoints/{endpoint_id}/skip"): (Scope.DELIVERIES_WRITE, 404),
    ("GET", "/api/v1/ledger"): (Scope.LEDGER_READ, 200),
    ("GET", "/api/v1/quarantine"): (Scope.QUARANTINE_READ, 200),
    ("GET", "/api/v1/quarantine/{row_id}"): (Scope.QUARANTINE_READ, 404),
    ("GET", "/api/v1/search"): (Scope.ALERTS_READ, 422),
    ("GET", "/api/v1/statistics/cases"): (Scope.STATISTICS_READ, 200),
    ("GET", "/api/v1/statistics/alarms"): (Scope.STATISTICS_READ, 200),
    ("GET", "/api/v1/config"): (Scope.CONFIG_READ, 200),
    ("GET", "/api/v1/tuning/trace"): (Scope.TUNE_READ, 422),
    ("GET", "/api/v1/tuning/baselines"): (Scope.TUNE_READ, 200),
    ("GET", "/api/v1/tuning/baselines/places"): (Scope.TUNE_READ, 200),
    ("GET", "/api/v1/tuning/baselines/hours"): (Scope.TUNE_READ, 422),
    ("POST", "/api/v1/tuning/baselines/apply"): (Scope.TUNE, 422),
    ("GET", "/api/v1/tuning/labels"): (Scope.TUNE_READ, 200),
    ("POST", "/api/v1/tuning/labels"): (frozenset({Scope.TUNE, Scope.ALERTS_WRITE}), 422),
    ("DELETE", "/api/v1/tuning/labels/{label_id}"): (Scope.TUNE, 404),
    ("POST", "/api/v1/tuning/labels/import"): (Scope.TUNE, 422),
    ("GET", "/api/v1/tuning/labels/export"): (Scope.TUNE_READ, 200),
    ("GET", "/api/v1/tuning/labels/summary"): (Scope.TUNE_READ, 200),
    ("GET", "/api/v1/tuning/labels/waiting"): (Scope.TUNE_READ, 200),
    ("GET", "/api/v1/tuning/shadows"): (Scope.TUNE_READ, 200),
    ("POST", "/api/v1/tuning/shadows"): (Scope.TUNE, 422),
    ("GET", "/api/v1/tuning/shadows/{shadow_id}"): (Scope.TUNE_READ, 404),
    ("POST", "/api/v1/tuning/shadows/{shadow_id}/end"): (Scope.TUNE, 422),
    ("POST", "/api/v1/tuning/shadows/{shadow_id}/canary"): (Scope.TUNE, 422),
    ("POST", "/api/v1/tuning/shadows/{shadow_id}/promote"): (Scope.TUNE, 422),
    ("POST", "/api/v1/tuning/shadows/{shadow_id}/rollback"): (Scope.TUNE, 422),
    ("GET", "/api/v1/tuning/runs"): (Scope.TUNE_READ, 200),
    ("POST", "/api/v1/tuning/runs"): (Scope.TUNE, 422),
    ("GET", "/api/v1/tuning/runs/{run_id}"): (Scope.TUNE_READ, 404),
    ("POST", "/api/v1/tuning/runs/{run_id}/cancel"): (Scope.TUNE, 404),
    ("GET", "/api/v1/tuning/runs/{run_id}/file"): (Scope.TUNE_READ, 404),
    ("GET", "/api/v1/tuning/runs/{run_id}/file/{name}"): (Scope.TUNE_READ, 404),
}


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        yield running


def filled(path: str) -> str:
    return path.format(
        alert_id=NOWHERE,
        case_id=NOWHERE,
        version="none",
        other="000000000000",
        sha256="0" * 64,
        row_id=1,
        report_id=NOWHERE,
        session_id=NOWHERE,
        user_id=NOWHERE,
        token_id=NOWHERE,
        endpoint_id=NOWHERE,
        delivery_id=1,
        run_id=NOWHERE,
        name="none",
        shadow_id=NOWHERE,
        camera_id="none",
        circuit_id="none",
        label_id=NOWHERE,
    )


def status(client: httpx.Client, method: str, path: str) -> int:
    with client.stream(method, filled(path)) as answer:  # a stream has no end to wait for
        return answer.status_code


def test_the_table_below_holds_every_route_there_is(tmp_path: Path) -> None:
    app = create_app(dsn="postgresql:///nowhere", configuration=configuration(tmp_path))
    paths = app.openapi()["paths"]
    described = {(method.upper(), path) for path, methods in paths.items() for method in methods}
    assert described | {("GET", "/api/v1/openapi.json")} == {*ROUTES, *OPEN}


@pytest.mark.parametrize("role", ROLES)
def test_each_role_may_do_what_its_scopes_say_and_no_more(api: Api, role: str) -> None:
    client = api.client(role)
    for (method, path), (scope, answer) in ROUTES.items():
        if scope == SESSION:  # the body is looked at before the caller
            assert status(client, method, path) in (403, 422), (role, method, path)
            continue
        wanted = scope if isinstance(scope, frozenset) else {scope}
        allowed = scope is None or not ROLE_SCOPES[role].isdisjoint(wanted)
        assert status(client, method, path) == (answer if allowed else 403), (role, method, path)


def test_a_stranger_gets_nothing_but_liveness(api: Api) -> None:
    stranger = api.client(None)
    for method, path in ROUTES:
        answer = stranger.request(method, filled(path))
        assert answer.status_code == 401, path
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
    for path in (
        *("/nowhere", "/docs", "/openapi.json", "/api/v1/", "/livez/", f"{api.address}//livez"),
        *("/livez/../api/v1/alerts", "/assets", "/assets/../api/v1/alerts", "/console/%2e%2e/api/v1/alerts"),
        *("/assets//api/v1/alerts", "/console/%2e%2e", "/api/v1/session/", "/api/v1/session/ticket"),
    ):
        assert stranger.get(path).status_code == 401, path
    assert stranger.get("/livez").json() == {"live": True}


def test_what_is_no_bearer_token_is_refused(api: Api) -> None:
    token = api.tokens["admin"]
    for header in ("", "Bearer", f"Basic {token}", token, f"Token {token}"):
        answer = api.client(None).get("/api/v1/whoami", headers={"Authorization": header})
        assert answer.status_code == 401, header
    assert api.client(None).get("/api/v1/whoami", headers={"Authorization": f"bearer  {token}"}).status_code == 200
    assert api.client(None).get("/api/v1/whoami", params={"access_token": token}).status_code == 401


def test_guessing_is_slowed_down_for_the_address_and_only_for_a_while(api: Api) -> None:
    seconds = [0.0]
    api.hub.monotonic = lambda: seconds[0]
    guesser = api.client(None)
    for n in range(10):
        answer = guesser.get("/api/v1/alerts", headers={"Authorization": f"Bearer lq_{n}"})
        assert answer.status_code == 401
    answer = guesser.get("/api/v1/alerts", headers={"Authorization": "Bearer lq_11"})
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "6")
    assert answer.json()["type"] == "urn:lianqin:problem:too-many-failures"
    # Not even the right one: else the limit would not slow down guessing.
    assert api.client("admin").get("/api/v1/whoami").status_code == 429
    assert api.client(None).get("/livez").status_code == 200
    seconds[0] = 6.0
    assert api.client("admin").get("/api/v1/whoami").status_code == 200


def test_a_forwarded_address_is_not_believed(api: Api) -> None:
    guesser = api.client(None)
    answers = [
        guesser.get("/api/v1", headers={"Authorization": "Bearer no", "X-Forwarded-For": f"10.0.0.{n}"}).status_code
        for n in range(11)
    ]
    assert answers == [401] * 10 + [429]


def test_only_hashes_are_stored_and_the_use_is_noted(api: Api) -> None:
    api.client("operator").get("/api/v1/whoami").raise_for_status()
    rows = api.rows("SELECT role, hash, last_used_at FROM tokens")
    assert {role: found for role, found, _ in rows} == {role: digest(token) for role, token in api.tokens.items()}
    assert {role for role, _, used in rows if used is not None} == {"operator"}
    everything = str(api.rows("SELECT tokens::text FROM tokens")) + str(api.rows("SELECT audit::text FROM audit"))
    assert not [token for token in api.tokens.values() if token in everything]


def test_a_given_token_can_be_made_sure_of_again_and_again(api: Api) -> None:
    for role in ("operator", "admin"):
        ensure_token(api.dsn, name="demo", role=role, token="chosen-by-hand")
        answer = api.client(None).get("/api/v1/whoami", headers={"Authorization": "Bearer chosen-by-hand"})
        assert (answer.json()["role"], answer.json()["name"]) == (role, "demo")


def test_every_answer_carries_the_security_headers(api: Api) -> None:
    for answer in (
        api.client("admin").get("/api/v1/alerts"),
        api.client(None).get("/api/v1/alerts"),
        api.client("admin").get("/nowhere"),
    ):
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["cache-control"] == "no-store"
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "server" not in answer.headers
        assert "access-control-allow-origin" not in answer.headers


def test_a_body_beyond_the_limit_is_refused_announced_or_not(api: Api) -> None:
    client, path = api.client("operator"), f"/api/v1/alerts/{NOWHERE}/shelve"
    answer = client.post(path, content=b'{"reason": "' + b"x" * 70_000)
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:lianqin:problem:too-large")

    def chunks() -> Iterator[bytes]:
        for _ in range(80):
            yield b" " * 1024

    assert client.post(path, content=chunks()).status_code == 413
    assert client.post(f"/api/v1/alerts/{NOWHERE}/acknowledge", content=chunks()).status_code == 413


def test_an_error_that_nobody_foresaw_is_a_problem_too(api: Api) -> None:
    api.write(batch(changes=[raised()]))
    api.rows("UPDATE alerts SET reason = '{}' RETURNING 1")
    answer = api.client("operator").get("/api/v1/alerts")
    assert (answer.status_code, answer.headers["content-type"]) == (500, "application/problem+json")
    assert answer.json()["failure"] in answer.json()["detail"]
    assert "KeyError" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
