"""The map: where things lie as far as the caller sees, the base map, and tiles, which the page's policy then allows."""

import json
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from hub.api.map_view import BaseMapUnusable, MapView, map_view_of
from hub.api.routes_geography import geography
from hub.config.load import load, load_city
from hub.people.caller import EVERYWHERE, Reach
from hub.settings import from_environment
from tests.support.api import Api, serving, token_for
from tests.support.databases import Database
from tests.support.town import CITY

RING = [[120.15, 30.24], [120.17, 30.24], [120.17, 30.26], [120.15, 30.26], [120.15, 30.24]]
HOLE = [[120.155, 30.245], [120.16, 30.245], [120.16, 30.25], [120.155, 30.25], [120.155, 30.245]]
MAP = {
    "type": "FeatureCollection",
    "features": [
        {"type": "Feature", "properties": {"kind": "land"}, "geometry": {"type": "Polygon", "coordinates": [RING]}}
    ],
}


def placed_city() -> str:
    text = CITY.replace('{id: "01", name: One}', f'{{id: "01", name: One, district: North, boundary: [{RING}]}}')
    text = text.replace(
        '{id: "02", name: Two}', f'{{id: "02", name: Two, district: South, boundary: [{RING}, {HOLE}]}}'
    )
    return text.replace("{id: gas-1, kind: gas", "{id: gas-1, longitude: 120.16, latitude: 30.25, kind: gas")


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    base_map = tmp_path / "base-map.json"
    base_map.write_text(json.dumps(MAP), encoding="utf-8")
    environment = {
        "LIANQIN_BASE_MAP": str(base_map),
        "LIANQIN_MAP_TILES": "https://t{s}.maps.example/{z}/{x}/{y}.png",
        "LIANQIN_MAP_SUBDOMAINS": "1,2",
        "LIANQIN_MAP_ATTRIBUTION": "© Example",
        "LIANQIN_MAP_DATUM": "gcj02",
    }
    with serving(plain_database.dsn, tmp_path, map_view=map_view_of(from_environment(environment))) as running:
        (tmp_path / "city.yaml").write_text(placed_city(), encoding="utf-8")
        running.hub.configuration = load(tmp_path / "city.yaml", None)  # as a reload does
        yield running


def test_everything_that_has_a_place_is_there_and_what_has_none_says_so(api: Api) -> None:
    found = api.client("operator").get("/api/v1/geography").json()
    grids = {one["id"]: one for one in found["grids"]["features"]}
    assert grids["01"]["geometry"] == {"type": "Polygon", "coordinates": [RING]}
    assert grids["02"]["geometry"]["type"] == "Polygon"
    assert len(grids["02"]["geometry"]["coordinates"]) == 2, "a ring within another is a hole"
    devices = {one["id"]: one for one in found["devices"]["features"]}
    assert devices["gas-1"]["geometry"] == {"type": "Point", "coordinates": [120.16, 30.25]}
    assert devices["lamp-1"]["geometry"] is None
    assert devices["lamp-1"]["properties"]["circuit"] == "c-1"
    assert found["bbox"] == [120.15, 30.24, 120.17, 30.26]
    assert [one["properties"] for one in found["cameras"]["features"]] == [{"name": "", "grid": "02", "zones": 1}]
    assert "tcp://" not in json.dumps(found), "a camera's address is told to nobody"


def test_whoever_sees_one_district_sees_its_ground_alone(api: Api) -> None:
    with psycopg.connect(api.dsn) as connection:
        token = token_for(connection, "operator", ["North"])
    answer = api.client(None).get("/api/v1/geography", headers={"Authorization": f"Bearer {token}"})
    found = answer.json()
    assert [one["id"] for one in found["grids"]["features"]] == ["01"]
    assert {one["properties"]["grid"] for one in found["devices"]["features"]} == {"01"}
    assert found["cameras"]["features"] == []
    assert answer.headers["etag"] != api.client("operator").get("/api/v1/geography").headers["etag"]


def test_a_browser_that_has_it_already_is_told_so(api: Api) -> None:
    client = api.client("operator")
    for path in ("/api/v1/geography", "/api/v1/base-map"):
        first = client.get(path)
        again = client.get(path, headers={"If-None-Match": first.headers["etag"]})
        assert (again.status_code, again.content) == (304, b""), path
        assert client.get(path, headers={"If-None-Match": '"another"'}).status_code == 200


def test_the_base_map_follows_its_file_and_a_broken_one_is_named(api: Api, tmp_path: Path) -> None:
    client, path = api.client("operator"), tmp_path / "base-map.json"
    answer = client.get("/api/v1/base-map")
    assert answer.json() == MAP
    assert answer.headers["content-type"] == "application/geo+json"
    path.write_text(json.dumps({**MAP, "features": []}), encoding="utf-8")
    assert client.get("/api/v1/base-map").json()["features"] == []
    path.write_text("[1, 2", encoding="utf-8")
    broken = client.get("/api/v1/base-map")
    assert (broken.status_code, "is no JSON" in broken.json()["detail"]) == (404, True)
    path.unlink()
    assert "cannot be read" in client.get("/api/v1/base-map").json()["detail"]


def test_the_page_may_load_pictures_from_the_tiles_hosts_and_from_no_other(api: Api) -> None:
    found = api.client("operator").get("/api/v1/map").json()
    assert found["base_map"] == "/api/v1/base-map"
    assert found["tiles"] == {
        "url": "https://t{s}.maps.example/{z}/{x}/{y}.png",
        "subdomains": ["1", "2"],
        "attribution": "© Example",
        "datum": "gcj02",
    }
    policy = api.client(None).get("/console/map").headers["content-security-policy"]
    (pictures,) = [part for part in policy.split("; ") if part.startswith("img-src")]
    assert pictures.endswith(" https://t1.maps.example https://t2.maps.example")
    assert policy.count("maps.example") == 2


def test_without_settings_there_is_plain_ground_and_no_other_host(plain_database: Database, tmp_path: Path) -> None:
    with serving(plain_database.dsn, tmp_path) as plain:
        client = plain.client("operator")
        assert client.get("/api/v1/map").json() == {"center": [120.16, 30.25], "base_map": None, "tiles": None}
        assert "LIANQIN_BASE_MAP" in client.get("/api/v1/base-map").json()["detail"]
        assert client.get("/api/v1/geography").json()["bbox"] is None


def test_a_city_without_places_is_a_city_all_the_same(tmp_path: Path) -> None:
    path = tmp_path / "city.yaml"
    path.write_text(CITY, encoding="utf-8")
    found = geography(load_city(path), "1", EVERYWHERE)
    assert [one["geometry"] for one in found["grids"]["features"]] == [None, None]
    nothing = geography(load_city(path), "1", Reach(grids=frozenset()))
    assert [nothing[kind]["features"] for kind in ("grids", "devices", "cameras")] == [[], [], []]


def test_a_base_map_that_is_none_is_refused_with_its_reason(tmp_path: Path) -> None:
    for text, said in (("{}", "no GeoJSON"), ("[]", "no GeoJSON"), ('{"type": "FeatureCollection"}', "no GeoJSON")):
        path = tmp_path / "map.json"
        path.write_text(text, encoding="utf-8")
        with pytest.raises(BaseMapUnusable, match=said):
            MapView(base_map=path).read_base_map()
