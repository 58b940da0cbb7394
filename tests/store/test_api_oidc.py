"""Signing in through a provider: there and back with PKCE, who becomes what here, and what is not believed."""

import html
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from hub.api.people_setup import settle_people
from hub.people.oidc import OidcSettings, checked
from hub.people_settings import PeopleSettings
from hub.store.audit import COMMAND_LINE
from hub.store.users import disable_user, user_named
from tests.support.api import Api, serving
from tests.support.databases import Database
from tests.support.people import make_user
from tests.support.provider import FakeProvider, provider

GO = "/api/v1/session/oidc"


@pytest.fixture
def idp() -> Iterator[FakeProvider]:
    # PyJWT reads the machine's clock, so the provider's stands at the same time.
    with provider(int(time.time())) as running:  # noqa: TID251
        running.claims = {"lianqin_role": "operator"}
        yield running


@pytest.fixture
def api(plain_database: Database, tmp_path: Path, idp: FakeProvider) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        set_up(running, idp)
        yield running


def set_up(api: Api, idp: FakeProvider, **changed: Any) -> None:
    options: dict[str, Any] = {
        "issuer": idp.issuer,
        "client_id": "hub",
        "client_secret": "between us",
        "label": "SSO",
        "scopes": "openid profile",
        "name_claim": "preferred_username",
        "role_claim": "lianqin_role",
        "roles": {},
        "department_claim": "lianqin_department",
        "districts_claim": "",
        **changed,
    }
    settle_people(api.hub, PeopleSettings(public_url=api.address, oidc=checked(OidcSettings(**options))))


def go(client: httpx.Client, path: str = GO) -> httpx.Response:
    """Follow the browser's way to the provider and back; return what the callback answers."""
    there = client.get(path)
    assert there.status_code == 303, there.text
    back = httpx.get(there.headers["location"], trust_env=False)
    return client.get(back.headers["location"])


def words(answer: httpx.Response) -> str:
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    return html.unescape(answer.text)


def test_there_and_back_gives_a_session_and_makes_the_person_known(api: Api, idp: FakeProvider) -> None:
    client = api.client(None)
    assert client.get("/api/v1/session/methods").json() == {"password": True, "oidc": "SSO"}
    answer = go(client, f"{GO}?next=/console/cases")
    assert (answer.status_code, answer.headers["location"]) == (303, "/console/cases")
    cookies = answer.headers.get_list("set-cookie")
    assert any(one.startswith("lianqin-session=") and "SameSite=strict" in one for one in cookies)
    assert any(one.startswith('lianqin-session-oidc=""') for one in cookies)
    found = client.get("/api/v1/session").json()
    assert (found["name"], found["display_name"], found["role"], found["how"]) == (
        "zhao.min",
        "赵敏",
        "operator",
        "oidc",
    )
    ((issuer, subject, kept),) = api.rows("SELECT issuer, subject, password_hash FROM users")
    assert (issuer, subject, kept) == (idp.issuer, "u-1", None)
    answer = api.client(None).post("/api/v1/session", json={"name": "zhao.min", "password": "anything at all"})
    assert answer.status_code == 401  # no password was ever set


def test_each_signing_in_brings_role_department_and_districts_up_to_date(api: Api, idp: FakeProvider) -> None:
    set_up(
        api,
        idp,
        role_claim="realm_access.roles",
        roles={"hub-admins": "admin", "hub-depts": "department"},
        districts_claim="areas",
    )
    idp.claims = {
        "realm_access": {"roles": ["offline", "hub-depts"]},
        "lianqin_department": "city-transport",
        "areas": ["East", "West"],
        "preferred_username": "zhao.min",
    }
    client = api.client(None)
    go(client)
    found = client.get("/api/v1/session").json()
    assert (found["role"], found["department"], found["districts"]) == (
        "department",
        "city-transport",
        ["East", "West"],
    )
    idp.claims |= {
        "realm_access": {"roles": ["hub-depts", "hub-admins"]},
        "areas": "*",
        "preferred_username": "renamed",
    }
    again = api.client(None)
    go(again)
    found = again.get("/api/v1/session").json()
    assert (found["role"], found["districts"], found["name"]) == ("admin", None, "zhao.min")
    idp.claims["areas"] = None
    go(again)
    assert again.get("/api/v1/session").json()["districts"] == []  # a bound that is missing bounds to nothing


def test_who_has_no_role_is_told_so_and_let_in_nowhere(api: Api, idp: FakeProvider) -> None:
    for claims, why in (
        ({"lianqin_role": "gardener"}, "gives no role in this hub: it names gardener"),
        ({"lianqin_role": None}, "gives no role in this hub: it names none"),
        ({"lianqin_role": "dispatch"}, "gives no role"),  # a machine's
        ({"lianqin_role": "department"}, "names no department"),
        ({"lianqin_role": "operator", "preferred_username": None}, "holds no name"),
        ({"lianqin_role": "operator", "preferred_username": "<script>alert(1)</script>"}, "cannot be a name"),
    ):
        idp.claims = claims
        client = api.client(None)
        answer = go(client)
        assert answer.status_code == 403
        assert why in words(answer)
        assert "请联系用户管理员" in words(answer)
        assert "<script>" not in answer.text
        assert client.get("/api/v1/session").status_code == 401
    assert api.rows("SELECT count(*) FROM users") == [(0,)]
    assert len(api.rows("SELECT 1 FROM audit WHERE action = 'session.refused'")) == 6


def test_a_local_account_of_the_same_name_is_not_taken_over(api: Api, idp: FakeProvider) -> None:
    make_user(api.dsn, "Zhao.Min", "admin")
    answer = go(api.client(None))
    assert answer.status_code == 403
    assert "there is somebody called zhao.min already" in words(answer)


def test_who_is_disabled_here_stays_out(api: Api, idp: FakeProvider) -> None:
    go(api.client(None))
    with psycopg.connect(api.dsn) as connection:
        disable_user(connection, user_named(connection, "zhao.min"), actor=COMMAND_LINE, at=api.hub.now())
    told = words(go(api.client(None)))
    assert "disabled" in told
    assert "账号已停用" in told


def test_what_the_provider_refuses_is_told_in_its_words(api: Api, idp: FakeProvider) -> None:
    idp.error = "you are <b>not</b> in the right group"
    answer = go(api.client(None))
    assert (answer.status_code, "you are <b>not</b> in the right group" in words(answer)) == (403, True)
    assert "<b>" not in answer.text
    idp.error, idp.answers = "", 500
    answer = go(api.client(None))
    assert (answer.status_code, "the provider is out of order" in words(answer)) == (502, True)
    assert "统一认证平台没有应答" in words(answer)


def test_a_code_without_its_beginning_in_this_browser_is_worth_nothing(api: Api, idp: FakeProvider) -> None:
    there = api.client(None).get(GO)
    back = httpx.get(there.headers["location"], trust_env=False).headers["location"]
    stranger = api.client(None)
    assert "not begun in this browser" in words(stranger.get(back))
    for cookie in ("x", "bnVsbA", "WzEsMiwzLDRd", "_" * 400):
        answer = stranger.get(back, headers={"Cookie": f"lianqin-session-oidc={cookie}"})
        assert "not begun in this browser" in words(answer)
    mine = api.client(None)
    mine.get(GO)  # another beginning, with another state
    assert "not begun in this browser" in words(mine.get(back))
    assert stranger.get("/api/v1/session").status_code == 401


def test_a_code_is_good_once(api: Api, idp: FakeProvider) -> None:
    client = api.client(None)
    there = client.get(GO)
    kept = dict(client.cookies)
    back = httpx.get(there.headers["location"], trust_env=False).headers["location"]
    assert client.get(back).status_code == 303
    again = api.client(None)
    answer = again.get(back, headers={"Cookie": "; ".join(f"{name}={value}" for name, value in kept.items())})
    assert "invalid_grant" in words(answer)


FORGERIES: dict[str, dict[str, Any]] = {
    "of another issuer": {"claims": {"iss": "https://elsewhere.example"}},
    "for another client": {"claims": {"aud": "another"}},
    "for several, of whom we are not the party": {"claims": {"aud": ["hub", "another"]}},
    "for a party that is another": {"claims": {"azp": "another"}},
    "of an hour ago": {"claims": {"iat": 1_000_000_000, "exp": 1_000_000_300}},
    "of tomorrow": {"claims": {"iat": 4_000_000_000, "exp": 4_000_000_300}},
    "without an end": {"claims": {"exp": None}},
    "for another signing in": {"claims": {"nonce": "another"}},
    "without a nonce": {"claims": {"nonce": None}},
    "without a person": {"claims": {"sub": None}},
    "without a signature": {"unsigned": True},
    "signed with what everybody knows": {"algorithm": "HS256", "sign_with": "x" * 32},
    "signed with a key that it does not show": {"header": {"kid": "another"}},
}


@pytest.mark.parametrize("what", FORGERIES)
def test_a_forged_token_is_not_believed(api: Api, idp: FakeProvider, what: str) -> None:
    for name, value in FORGERIES[what].items():
        setattr(idp, name, {**idp.claims, **value} if name == "claims" else value)
    client = api.client(None)
    answer = go(client)
    assert answer.status_code == 502
    assert "ID token" in words(answer)
    assert client.get("/api/v1/session").status_code == 401


def test_new_keys_of_the_provider_are_taken_of_either_kind(api: Api, idp: FakeProvider) -> None:
    assert go(api.client(None)).headers["location"] == "/console/board"
    idp.rotate("second", "ES256")
    assert go(api.client(None)).headers["location"] == "/console/board"


def test_a_provider_that_calls_itself_otherwise_is_not_asked(api: Api, idp: FakeProvider) -> None:
    idp.called = idp.issuer + "/"
    answer = api.client(None).get(GO)
    assert (answer.status_code, "LIANQIN_OIDC_ISSUER must say exactly that" in words(answer)) == (502, True)


@pytest.mark.parametrize(
    "target", ["https://elsewhere.example", "//elsewhere.example", "/console//x", "/console/\\x", ""]
)
def test_nobody_is_sent_elsewhere_afterwards(api: Api, idp: FakeProvider, target: str) -> None:
    client = api.client(None)
    there = client.get(GO, params={"next": target})
    back = httpx.get(there.headers["location"], trust_env=False).headers["location"]
    assert client.get(back).headers["location"] == "/console/board"


def test_without_a_provider_there_is_none(plain_database: Database, tmp_path: Path) -> None:
    with serving(plain_database.dsn, tmp_path) as api:
        for path in (GO, f"{GO}/callback?code=x&state=y"):
            assert api.client(None).get(path).status_code == 404
        assert api.client(None).get("/api/v1/session/methods").json() == {"password": True, "oidc": None}
