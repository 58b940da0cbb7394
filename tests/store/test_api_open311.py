"""GeoReport v2 over a real database: a report goes in by form, with photos, and comes back as JSON and as XML."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4
from xml.etree import ElementTree

import psycopg
import pytest
from PIL import Image

from hub.api.allowance import Allowance
from hub.api.instant import to_instant
from hub.config.load import load
from hub.people.scopes import ROLE_SCOPES, Scope
from hub.store.tokens import ROLES
from tests.support.api import Api, serving, token_for
from tests.support.databases import Database
from tests.support.open311 import BASE, CONTACT, GOOD, LAMP, RING, handed_in, one, photo, refused
from tests.support.stored import NOW
from tests.support.town import CITY


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        text = CITY.replace('{id: "01", name: One}', f'{{id: "01", name: One, district: North, boundary: [{RING}]}}')
        (tmp_path / "city.yaml").write_text(text, encoding="utf-8")
        running.hub.configuration = load(tmp_path / "city.yaml", None)  # as a reload does
        yield running


def test_a_report_goes_in_by_form_and_comes_back_without_its_reporter(api: Api) -> None:
    number = handed_in(api, CONTACT)
    entry = one(api, number)
    assert (entry["status"], entry["service_code"], entry["service_name"]) == ("open", LAMP, "路灯故障")
    assert (entry["lat"], entry["long"]) == (30.25, 120.16)
    assert entry["description"] == "路灯不亮，我的电话***"
    assert to_instant(entry["requested_datetime"]) == NOW
    for secret in ("13800138000", "wang@example.com", "王"):
        assert secret not in json.dumps(entry, ensure_ascii=False)
    ((grid, placed, description),) = api.rows("SELECT grid, placed, description FROM reports")
    assert (grid, placed) == ("01", "inside")
    assert "13800138000" in description, "the centre reads what was written"
    ((phone, last_name),) = api.rows("SELECT phone, last_name FROM report_contacts")
    assert (phone, last_name) == ("13800138000", "王")
    root = ElementTree.fromstring(api.client("reports").get(f"{BASE}/requests/{number}.xml").content)
    assert root.tag == "service_requests"
    assert root[0].tag == "request"
    assert root[0].findtext("service_request_id") == number
    assert root[0].findtext("address_id") == ""


def test_the_key_may_stand_in_the_form_in_the_address_or_in_a_header(api: Api) -> None:
    key, stranger = api.tokens["reports"], api.client(None)
    assert stranger.post(f"{BASE}/requests.xml", data={**GOOD, "api_key": key}).status_code == 201
    assert stranger.post(f"{BASE}/requests.json?api_key={key}", data=GOOD).status_code == 201
    assert stranger.get(f"{BASE}/services.json?api_key={key}").status_code == 200
    files = {"media": ("photo.jpg", photo(), "image/jpeg")}
    assert stranger.post(f"{BASE}/requests.json", data={**GOOD, "api_key": key}, files=files).status_code == 201
    refused(stranger.post(f"{BASE}/requests.json", data=GOOD), 401, "api_key is needed")
    refused(stranger.post(f"{BASE}/requests.xml", data={**GOOD, "api_key": "lq_wrong"}), 401, "not valid")
    refused(stranger.get(f"{BASE}/services.xml"), 401, "api_key is needed")
    refused(stranger.get(f"{BASE}/services.json?api_key=lq_wrong"), 401, "not valid")
    assert stranger.get(f"/api/v1/whoami?api_key={key}").status_code == 401, "GeoReport's key opens GeoReport alone"


def test_who_may_hand_in_and_who_may_read(api: Api) -> None:
    for role in ROLES:
        scopes, client = ROLE_SCOPES[role], api.client(role)
        may_read = bool({Scope.REPORTS_READ, Scope.REPORTS_WRITE} & scopes)
        for path in (f"{BASE}/services.json", f"{BASE}/services/{LAMP}.xml", "/open311/discovery.xml"):
            assert client.get(path).status_code == (200 if may_read else 403), (role, path)
        for path in ("requests/1.json", "tokens/1.json", f"photos/{'0' * 64}"):
            assert client.get(f"{BASE}/{path}").status_code == (404 if may_read else 403), (role, path)
        assert client.get(f"{BASE}/requests.xml").status_code == (200 if may_read else 403), role
        posted = client.post(f"{BASE}/requests.json", data=GOOD)
        assert posted.status_code == (201 if Scope.REPORTS_WRITE in scopes else 403), role


WRONG: list[tuple[dict[str, str], int, str]] = [
    ({"service_code": ""}, 400, "service_code was not provided"),
    ({"service_code": "999"}, 404, "'999' was not found"),
    ({"lat": ""}, 400, "lat and long must both be given"),
    ({"lat": "", "long": ""}, 400, "give lat and long, or address_string"),
    ({"lat": "", "long": "", "address_id": "7"}, 400, "address_id is not known here"),
    ({"lat": "91"}, 400, "lat must be a number from -90 to 90"),
    ({"long": "nan"}, 400, "long must be a number"),
    ({"long": "1e400"}, 400, "long must be a number"),
    ({"long": "120,16"}, 400, "long must be a number"),
    ({"lat": "30.9"}, 400, "km outside"),
    ({"description": "x" * 4001}, 400, "at most 4000 characters; this one has 4001"),
    ({"phone": "1" * 41}, 400, "phone may have at most 40"),
    ({"media_url": "javascript:alert(1)"}, 400, "media_url must be an address"),
    ({"coordinate_system": "bd09"}, 400, "wgs84 or gcj02"),
    ({"idempotency_key": "ключ"}, 400, "visible ASCII"),
]


def test_what_is_wrong_with_a_report_is_said_in_georeport_s_form(api: Api) -> None:
    client = api.client("reports")
    for fields, status, said in WRONG:
        for form in ("json", "xml"):
            refused(client.post(f"{BASE}/requests.{form}", data={**GOOD, **fields}), status, said)
    assert api.rows("SELECT count(*) FROM reports") == [(0,)]


def test_what_is_no_form_is_refused(api: Api) -> None:
    client, path = api.client("reports"), f"{BASE}/requests.json"
    refused(client.post(path, json=GOOD), 400, "send a form")
    refused(client.post(path, content=b"\xff\xfe", headers={"Content-Type": "multipart/form-data"}), 400, "form")
    refused(client.post(f"{BASE}/requests.html", data=GOOD), 422, "json")
    refused(client.put(path, data=GOOD), 405, "")
    refused(client.get(f"{BASE}/nothing.json"), 404, "")
    refused(client.post(path, content=b"x" * 30_000_000, headers={"Content-Type": "text/plain"}), 400, "send a form")
    urlencoded = {"Content-Type": "application/x-www-form-urlencoded"}
    refused(client.post(path, content=b"a=" + b"x" * 30_000_000, headers=urlencoded), 413, "at most")


def test_a_place_near_the_edge_is_taken_into_the_nearest_grid_and_one_by_address_waits_for_a_grid(api: Api) -> None:
    handed_in(api, {"lat": "30.2605"})
    handed_in(api, {"lat": "", "long": "", "address_string": "石榴巷 12 号"})
    found = api.rows("SELECT grid, placed, round(gap_m::numeric) FROM reports ORDER BY number")
    assert [(grid, placed) for grid, placed, _ in found] == [("01", "near"), (None, "unknown")]
    assert 50 < found[0][2] < 60


def test_positions_of_a_chinese_map_are_kept_as_wgs84(api: Api) -> None:
    entry = one(api, handed_in(api, {"lat": "30.2476", "long": "120.1648", "coordinate_system": "gcj02"}))
    assert abs(entry["lat"] - 30.25) < 0.0003
    assert abs(entry["long"] - 120.16) < 0.0006


def test_photos_come_in_without_what_they_know_of_their_maker(api: Api) -> None:
    files = [("media", ("a.jpg", photo(), "image/jpeg")), ("media", ("b.png", photo("PNG"), "image/png"))]
    number = handed_in(api, files=files)
    entry = one(api, number)
    assert entry["media_url"].startswith(f"{api.address}{BASE}/photos/")
    shown = api.client("reports").get(entry["media_url"])
    assert shown.headers["content-type"] == "image/jpeg"
    assert b"taken at home" in photo()
    assert b"taken at home" not in shown.content
    with Image.open(io.BytesIO(shown.content)) as picture:
        assert picture.size == (32, 24)
    assert api.rows("SELECT cardinality(photos) FROM reports") == [(2,)]
    with psycopg.connect(api.dsn) as connection:
        other = {"Authorization": f"Bearer {token_for(connection, 'reports')}"}
    refused(api.client(None).get(entry["media_url"], headers=other), 404, "no such photo")


def test_what_is_no_photo_is_refused_and_nothing_is_kept(api: Api) -> None:
    client = api.client("reports")
    several: list[tuple[list[Any], str]] = [
        ([("m", ("x.svg", b"<svg/>", "image/svg+xml"))], "'x.svg' cannot be taken: this is neither"),
        ([("m", ("x.jpg", photo()[:300], "image/jpeg"))], "'x.jpg' cannot be taken"),
        ([("m", (f"{n}.jpg", photo(), "image/jpeg")) for n in range(4)], "at most 3 photos"),
        ([("m", (f"{n}.jpg", photo(), "image/jpeg")) for n in range(9)], "files"),
        ([("m", ("big.jpg", b"\xff\xd8" + bytes(8 * 2**20), "image/jpeg"))], "larger than 8 MiB"),
    ]
    for files, said in several:
        refused(client.post(f"{BASE}/requests.json", data=GOOD, files=files), 400, said)
    assert api.rows("SELECT (SELECT count(*) FROM reports) + (SELECT count(*) FROM photos)") == [(0,)]


def test_an_empty_file_field_is_no_photo(api: Api) -> None:
    number = handed_in(api, files={"media": ("", b"", "application/octet-stream")})
    assert one(api, number)["media_url"] is None


@pytest.mark.parametrize("where", ["header", "field"])
def test_the_same_key_hands_in_once_whatever_the_boundary(api: Api, where: str) -> None:
    client, key = api.client("reports"), str(uuid4())
    headers = {"Idempotency-Key": key} if where == "header" else {}
    data = GOOD if where == "header" else {**GOOD, "idempotency_key": key}
    answers = [
        client.post(
            f"{BASE}/requests.{form}", data=data, headers=headers, files={"m": ("a.jpg", photo(), "image/jpeg")}
        )
        for form in ("json", "json", "xml")
    ]
    assert [answer.status_code for answer in answers] == [201, 201, 201]
    assert answers[0].json() == answers[1].json()
    assert answers[1].headers["idempotency-replayed"] == "true"
    number = ElementTree.fromstring(answers[2].content).findtext("request/service_request_id")
    assert number == answers[0].json()[0]["service_request_id"]
    assert api.rows("SELECT count(*) FROM reports") == [(1,)]
    other = client.post(f"{BASE}/requests.json", data={**data, "description": "another"}, headers=headers)
    refused(other, 422, "already used for another request")


def test_a_key_that_hands_in_too_much_must_wait_and_another_need_not(api: Api) -> None:
    api.hub.reports_allowance = Allowance(a_minute=6, burst=2)
    client = api.client("reports")
    assert [client.post(f"{BASE}/requests.json", data=GOOD).status_code for _ in range(2)] == [201, 201]
    third = client.post(f"{BASE}/requests.json", data=GOOD)
    refused(third, 429, "try again in")
    assert 1 <= int(third.headers["retry-after"]) <= 10
    assert api.client("operator").post(f"{BASE}/requests.json", data=GOOD).status_code == 201
    api.hub.reports_allowance = Allowance(a_minute=6, burst=2)
    handed_in(api)
