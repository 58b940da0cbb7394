"""Deliveries over HTTP: endpoints made with care, secrets shown once, what failed seen and sent again."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg
import pytest
from standardwebhooks import Webhook

from hub import clock
from hub.store.tokens import create_token
from tests.support.api import Api, serving, until
from tests.support.databases import Database
from tests.support.delivering import delivering, make_due, sender, states
from tests.support.receiver import Receiver, answer, receiving
from tests.support.stored import batch, raised

BASE = "/api/v1/deliveries"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as running:
        yield running


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    # The clock of the deliverer, which runs beside, is the machine's.
    with serving(plain_database.dsn, tmp_path, at=clock.now(), sender=sender()) as running:
        yield running


def make(api: Api, receiver: Receiver, **order: Any) -> dict[str, Any]:
    """Make an endpoint and return the answer."""
    order = {"url": receiver.url(), "private_host": "127.0.0.1", "after": 0, **order}
    answer = api.client().post(f"{BASE}/endpoints", json=order)
    assert answer.status_code == 201, answer.text
    made: dict[str, Any] = answer.json()
    return made


def some_alerts(api: Api, first: int, count: int) -> None:
    api.write(batch(changes=[raised(subject=f"gas-{n}", second=n) for n in range(first, first + count)]))


def test_an_endpoint_s_life(api: Api, receiver: Receiver, plain_database: Database) -> None:
    admin = api.client()
    assert admin.get(f"{BASE}/endpoints").json() == {"items": []}
    some_alerts(api, 0, 3)
    made = make(api, receiver, description="派遣平台", types=["alert.*"], grids=["01"])
    secret, path = made.pop("secret"), f"{BASE}/endpoints/{made['id']}"
    assert (made["state"], made["behind"], made["created_by"]) == ("on", 3, "the admin")
    assert admin.get(path).json() == made
    assert "secret" not in admin.get(path).json()

    ping = admin.post(f"{path}/ping").json()
    assert (ping["taken"], ping["status_code"]) == (True, 204)
    assert Webhook(secret).verify(receiver.taken[0].body, receiver.taken[0].headers)["type"] == "lianqin.ping"
    receiver.taken.clear()

    with delivering(plain_database):
        until(lambda: len(receiver.taken) == 3)
        until(lambda: admin.get(path).json()["last_success_at"] is not None)
        fresh = admin.post(f"{path}/rotate", json={"overlap_s": 3600}).json()
        assert fresh["previous_secret_until"] is not None
        some_alerts(api, 10, 1)
        until(lambda: len(receiver.taken) == 4)
        for known in (secret, fresh["secret"]):
            Webhook(known).verify(receiver.taken[3].body, receiver.taken[3].headers)

        assert admin.post(f"{path}/disable").json()["disabled_reason"] == "switched off by the admin"
        some_alerts(api, 20, 2)
        assert admin.get(path).json()["state"] == "off"
        assert admin.post(f"{path}/enable").json()["state"] == "on"
        until(lambda: len(receiver.taken) == 6)
    assert [each["seq"] for each in admin.get(BASE).json()["items"]] == [6, 5, 4, 3, 2, 1]

    assert admin.delete(path).status_code == 204
    assert admin.get(path).status_code == 404
    actions = [action for (action,) in api.rows("SELECT action FROM audit WHERE target LIKE 'endpoint/%' ORDER BY id")]
    names = ["created", "pinged", "rotated", "disabled", "enabled", "removed"]
    assert actions == [f"endpoint.{name}" for name in names]
    everything = str(api.rows("SELECT audit::text FROM audit"))
    assert secret not in everything
    assert fresh["secret"] not in everything


def test_no_secret_is_in_the_database(api: Api, receiver: Receiver) -> None:
    secret = make(api, receiver)["secret"].removeprefix("whsec_")
    tables = [name for (name,) in api.rows("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")]
    for table in tables:
        assert secret not in str(api.rows(f'SELECT "{table}"::text FROM "{table}"')), table


@pytest.mark.parametrize(
    ("order", "pointer", "words"),
    [
        ({"url": "ftp://a.example/"}, "#/url", "https://"),
        ({"url": "https://u:p@a.example/"}, "#/url", "no user"),
        ({"url": "http://a.example/"}, "#/url", "in the clear"),
        ({"url": "https://10.0.0.5/"}, "#/url", "private_host"),
        ({"url": "https://169.254.169.254/", "private_host": "169.254.169.254"}, "#/url", "never sent to"),
        ({"url": "https://a.example/", "private_host": "b.example"}, "#/url", "a.example"),
        ({"url": "https://a.example/", "types": ["raised"]}, "#", "such as case.dispatched"),
        ({"url": "https://a.example/", "rules": ["water"]}, "#", "water.*"),
        ({"url": "https://a.example/", "grids": ["99"]}, "#/grids", "no grid 99"),
        ({"url": "https://a.example/", "departments": ["nobody"]}, "#/departments", "no department nobody"),
        ({"url": "https://a.example/", "parallel": 0}, "#/parallel", "greater"),
        ({"url": "https://a.example/", "secret": "x"}, "#/secret", "there is no such part"),
        ({}, "#/url", "is missing"),
    ],
)
def test_what_cannot_work_is_said_at_once(api: Api, order: dict[str, Any], pointer: str, words: str) -> None:
    answer = api.client().post(f"{BASE}/endpoints", json=order)
    assert answer.status_code == 422
    (error,) = answer.json()["errors"]
    assert error["pointer"] == pointer
    assert words in error["detail"]


def test_what_is_dead_is_seen_and_sent_again(api: Api, receiver: Receiver, plain_database: Database) -> None:
    admin = api.client()
    some_alerts(api, 0, 3)
    receiver.behave = lambda *_: answer(422, b"grid missing")
    made = make(api, receiver)
    path = f"{BASE}/endpoints/{made['id']}"
    with delivering(plain_database):
        until(lambda: admin.get(path).json()["last_error"] == "HTTP 422")
        assert admin.get(path).json()["state"] == "failing"
        skipped = admin.post(f"{path}/skip").json()
        assert skipped == {"deliveries": 3, "cursor": 3}
        page = admin.get(BASE, params={"state": "dead", "limit": 2, "endpoint": made["id"]}).json()
        assert [each["seq"] for each in page["items"]] == [3, 2]
        rest = admin.get(BASE, params={"state": "dead", "limit": 2, "cursor": page["next"]}).json()
        assert ([each["seq"] for each in rest["items"]], rest["next"]) == ([1], None)
        found = admin.get(f"{BASE}/{rest['items'][0]['id']}").json()
        assert (found["state"], found["subject"][:6]) == ("dead", "alert/")

        receiver.behave = lambda *_: answer(200)
        again = admin.post(f"{BASE}/{found['id']}/replay").json()
        assert (again["state"], again["attempts"]) == ("pending", 0)
        until(lambda: receiver.seqs() == [1])
        assert admin.post(f"{path}/replay", json={"dead": True}).json() == {"deliveries": 2, "cursor": 3}
        make_due(plain_database)
        until(lambda: sorted(receiver.seqs()) == [1, 2, 3])
        until(lambda: set(states(plain_database, UUID(made["id"])).values()) == {"delivered"})  # settled, not only sent
        assert admin.post(f"{path}/replay", json={"from_seq": 2}).json() == {"deliveries": None, "cursor": 1}
        until(lambda: sorted(receiver.seqs()) == [1, 2, 2, 3, 3])
    for bad in ({}, {"dead": True, "from_seq": 1}, {"dead": False}, {"from_seq": 0}):
        assert admin.post(f"{path}/replay", json=bad).status_code == 422
    text = admin.get("/metrics").text
    assert f'lianqin_deliveries{{endpoint="{made["id"]}",state="pending"}} 0.0' in text
    assert f'lianqin_endpoint_up{{endpoint="{made["id"]}"}} 1.0' in text


def test_two_who_change_an_endpoint_do_not_undo_each_other(api: Api, receiver: Receiver) -> None:
    admin, made = api.client(), make(api, receiver, types=["alert.*"], parallel=2)
    path = f"{BASE}/endpoints/{made['id']}"
    first = admin.patch(path, json={"description": "one"}, headers={"If-Match": '"1"'})
    assert (first.status_code, first.json()["revision"], first.json()["parallel"]) == (200, 2, 2)
    second = admin.patch(path, json={"description": "two"}, headers={"If-Match": '"1"'})
    assert (second.status_code, second.json()["revision"]) == (409, 2)
    cleared = admin.patch(path, json={"types": [], "description": ""}).json()
    assert (cleared["types"], cleared["description"], cleared["private_host"]) == ([], "", "127.0.0.1")
    assert admin.patch(path, json={"private_host": None}).status_code == 422


def test_who_only_reads_sees_no_keys_in_addresses_and_only_their_grids(
    api: Api, receiver: Receiver, plain_database: Database
) -> None:
    made = make(api, receiver, url=receiver.url("/hook?key=geheim"))
    reader = api.client("dispatcher")
    assert reader.get(f"{BASE}/endpoints/{made['id']}").json()["url"] == receiver.url("/hook")
    assert "geheim" not in str(api.rows("SELECT audit::text FROM audit"))
    assert reader.delete(f"{BASE}/endpoints/{made['id']}").status_code == 403
    api.write(batch(changes=[raised(subject="a", grid="01"), raised(subject="b", grid="02")]))
    with delivering(plain_database):
        until(lambda: len(receiver.taken) == 2)
    city = api.hub.configuration.city
    parted = {name: replace(grid, district="东城" if name == "02" else "西城") for name, grid in city.grids.items()}
    api.hub.configuration = replace(api.hub.configuration, city=replace(city, grids=parted))
    with psycopg.connect(plain_database.dsn) as connection:
        narrow = create_token(connection, "narrow", "dispatcher", districts=["东城"])
    headers = {"Authorization": f"Bearer {narrow}"}
    seen = api.client(None).get(BASE, headers=headers).json()["items"]
    assert [each["grid"] for each in seen] == ["02"]
    other = next(each for each in api.client().get(BASE).json()["items"] if each["grid"] == "01")
    assert api.client(None).get(f"{BASE}/{other['id']}", headers=headers).status_code == 404
    assert api.client(None).get(f"{BASE}/endpoints", headers=headers).status_code == 403


def test_a_process_without_a_key_says_so(plain_database: Database, tmp_path: Path, receiver: Receiver) -> None:
    with serving(plain_database.dsn, tmp_path) as api:
        answer = api.client().post(f"{BASE}/endpoints", json={"url": "https://a.example/"})
        assert answer.status_code == 409
        assert "LIANQIN_SECRET_KEY" in answer.json()["detail"]
