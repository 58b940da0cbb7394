"""Search over HTTP: an operator types what they remember, and finds it."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from detectors.finding import Severity
from hub.cases.case import Draft
from hub.store.case_command import open_case
from tests.support.api import Api, serving
from tests.support.databases import Database
from tests.support.stored import NOW, batch, raised


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        yield running


def found(api: Api, text: str, **query: Any) -> dict[str, Any]:
    answer: dict[str, Any] = (
        api.client("operator").get("/api/v1/search", params={"q": text, **query}).raise_for_status().json()
    )
    return answer


def test_things_are_found_by_part_of_their_id_the_closest_first(api: Api) -> None:
    names = [thing["id"] for thing in found(api, "GAS-1")["things"]]
    assert names[0] == "gas-1"
    lamps = found(api, "lamp", limit=1)
    assert [thing["kind"] for thing in lamps["things"]] == ["streetlight"]
    assert lamps["more"]["things"]


def test_an_alert_is_found_by_id_subject_rule_and_reason(api: Api) -> None:
    gas, water = raised(subject="gas-1"), raised(subject="water-1", rule="water.burst", second=5)
    api.write(batch(changes=[gas, water]))
    for text in (str(gas.alert.alert_id)[:8].upper(), "gas-1", "gas.le", "燃气泄漏", "gas LEAK", "gas-1: rai"):
        assert [alert["subject"] for alert in found(api, text)["alerts"]] == ["gas-1"], text
    assert [alert["subject"] for alert in found(api, "raised")["alerts"]] == ["water-1", "gas-1"]


def test_a_camera_s_alert_is_found_by_what_people_call_the_camera_and_the_zone(api: Api) -> None:
    change = raised(rule="parking.illegal", subject="zone-1@0.30,0.40", grid="02")
    api.write(batch(changes=[replace(change, alert=replace(change.alert, camera_id="cam-1"))], grid="02"))
    city = api.hub.configuration.city
    camera = city.cameras["cam-1"]
    api.hub.configuration = replace(
        api.hub.configuration, city=replace(city, cameras={"cam-1": replace(camera, name="学校街人行道")})
    )
    assert [alert["subject"] for alert in found(api, "学校街")["alerts"]] == ["zone-1@0.30,0.40"]


def test_a_case_is_found_by_number_title_and_place_by_those_who_may_see_it(api: Api) -> None:
    draft = Draft(title="隧道口井盖缺失", grid="01", district="east", severity=Severity.MAJOR, place="石榴巷 12 号")
    with psycopg.connect(api.dsn) as connection:
        case, _ = open_case(connection, draft, actor="an operator", at=NOW)
    for text in (case.number[-4:], "井盖", "石榴巷"):
        assert [one["id"] for one in found(api, text)["cases"]] == [str(case.case_id)], text
    assert found(api, "没有这个")["cases"] == []


@pytest.mark.parametrize("text", ["%", "_", "\\", "100%_\\", "'; DROP TABLE alerts; --", "没有这个"])
def test_signs_that_mean_something_to_the_database_mean_nothing_here(api: Api, text: str) -> None:
    api.write(batch(changes=[raised(subject="gas-1")]))
    assert found(api, text)["alerts"] == []


def test_nothing_asked_for_is_refused(api: Api) -> None:
    client = api.client("operator")
    for query in ("", "?q=", "?q=%20%20"):
        assert client.get(f"/api/v1/search{query}").status_code == 422, query
