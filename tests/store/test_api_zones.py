"""Zones drawn in the console: saved whole or not at all, never over somebody else's work, and taken up by the roles."""

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from hub.config.load import load
from hub.config.zones_file import zones_path
from tests.support.api import Api, serving
from tests.support.databases import Database

PATH = "/api/v1/cameras/cam-1/zones"
SQUARE = [[0.1, 0.1], [0.5, 0.1], [0.5, 0.5], [0.1, 0.5]]


def zone(zone_id: str = "drawn", **more: Any) -> dict[str, Any]:
    return {"id": zone_id, "kind": "no_stall", "polygon": SQUARE, **more}


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path, files=(tmp_path / "city.yaml", None)) as running:
        yield running


def save(api: Api, zones: list[dict[str, Any]], version: str | None = None, role: str = "engineer") -> Any:
    client = api.client(role)
    expected = version or client.get(PATH).json()["version"]
    return client.put(PATH, json={"zones": zones}, headers={"If-Match": f'"{expected}"'})


def test_zones_are_saved_judged_and_told_as_they_were_drawn(api: Api, tmp_path: Path) -> None:
    before = api.client("engineer").get(PATH)
    assert before.json()["drawn"] is False
    assert before.json()["writable"] is True
    assert [one["id"] for one in before.json()["zones"]] == ["zone-1"]
    permits = [{"season": "03-01/11-30", "weekdays": [6, 7], "hours": "17:00-00:00", "holidays": "any"}]
    answer = save(api, [zone(name="夜市", kind="permitted_stall", permits=permits), zone("other", dwell_s=45)])
    assert answer.status_code == 200, answer.text
    after = answer.json()
    assert (after["drawn"], after["drawn_by"]) == (True, "the engineer")
    assert after["version"] != before.json()["version"]
    assert answer.headers["etag"] == f'"{after["version"]}"'
    assert after["zones"][0]["permits"][0]["hours"] == "17:00-24:00"
    assert api.client("operator").get(PATH).json()["zones"] == after["zones"]
    # What every role will read is what was answered.
    found = load(tmp_path / "city.yaml", None)
    assert found.version == after["config_version"] == api.hub.configuration.version
    assert [one.zone_id for one in found.city.cameras["cam-1"].zones] == ["drawn", "other"]
    assert found.city.cameras["cam-1"].zones[1].dwell_s == 45
    # And saving what was read changes nothing but who drew it.
    again = save(api, after["zones"], after["version"])
    assert again.json()["version"] == after["version"]


def test_every_change_is_audited_and_any_state_can_be_had_again(api: Api) -> None:
    first = save(api, [zone("a")]).json()
    save(api, [zone("b")], first["version"]).raise_for_status()
    items = api.client("engineer").get(f"{PATH}/history").json()["items"]
    assert [(item["by"], [one["id"] for one in item["zones"]]) for item in items] == [
        ("the engineer", ["b"]),
        ("the engineer", ["a"]),
    ]
    (detail,) = api.rows(
        "SELECT detail->'before'->0->>'id' FROM audit WHERE action = 'zones.changed' ORDER BY id LIMIT 1"
    )
    assert detail == ("zone-1",)
    back = (
        api.client("engineer")
        .delete(PATH, headers={"If-Match": api.client("engineer").get(PATH).json()["version"]})
        .json()
    )
    assert (back["drawn"], [one["id"] for one in back["zones"]]) == (False, ["zone-1"])
    assert len(api.client("engineer").get(f"{PATH}/history").json()["items"]) == 3


def test_nobodys_work_is_overwritten_unseen(api: Api) -> None:
    old = api.client("engineer").get(PATH).json()["version"]
    answers: list[int] = []
    barrier = threading.Barrier(6)

    def draw(number: int) -> None:
        client = api.client("engineer")
        barrier.wait()
        answer = client.put(PATH, json={"zones": [zone(f"by-{number}")]}, headers={"If-Match": old})
        answers.append(answer.status_code)

    threads = [threading.Thread(target=draw, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert sorted(answers) == [200, 409, 409, 409, 409, 409]
    answer = save(api, [zone()], old)
    assert answer.json()["type"].endswith("changed-meanwhile")
    assert answer.json()["version"] == api.client("engineer").get(PATH).json()["version"]
    assert api.rows("SELECT count(*) FROM audit WHERE action = 'zones.changed'") == [(1,)]


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (zone(polygon=[[0.1, 0.1], [0.5, 0.5], [0.5, 0.1], [0.1, 0.5]]), "cross"),
        (zone(polygon=[[0.1, 0.1], [0.5, 0.5]]), "at least 3"),
        (zone(polygon=[[0.1, 0.1], [1.5, 0.5], [0.5, 0.1]]), "less than or equal to 1"),
        (zone(kind="no_entry"), "kind"),
        (zone(active=[{"hours": "25:00-26:00"}]), "hours"),
        (zone(permits=[{}]), "permits belong"),
        (zone("no id!"), "pattern"),
    ],
)
def test_zones_that_are_no_good_are_refused_with_words_and_nothing_is_written(
    api: Api, tmp_path: Path, wanted: dict[str, Any], said: str
) -> None:
    answer = save(api, [wanted])
    assert answer.status_code == 422
    assert said in answer.text
    assert answer.json()["errors"]
    assert str(tmp_path) not in answer.text
    assert [path.name for path in tmp_path.iterdir()] == ["city.yaml"]
    assert api.rows("SELECT count(*) FROM audit WHERE action = 'zones.changed'") == [(0,)]


def test_zones_can_be_tried_and_downloaded_without_saving(api: Api, tmp_path: Path) -> None:
    client = api.client("engineer")
    crossed = zone("bad", polygon=[[0.1, 0.1], [0.5, 0.5], [0.5, 0.1], [0.1, 0.5]])
    tried = client.post(f"{PATH}/check", json={"zones": [zone(), zone(), crossed]}).json()
    assert [problem.partition(":")[0] for problem in tried["problems"]] == ["bad", "drawn"]
    assert "- id: drawn\n" in tried["patch"]
    assert not zones_path(tmp_path / "city.yaml").exists()
    answer = client.get("/api/v1/cameras/cam-1/zones.yaml")
    assert answer.headers["content-type"].startswith("application/yaml")
    assert "zone-1" in answer.text
    # What was downloaded is a file that can be put in place by hand.
    zones_path(tmp_path / "city.yaml").write_text(answer.text, encoding="utf-8")
    assert load(tmp_path / "city.yaml", None).version == api.hub.configuration.version


def test_where_the_folder_cannot_be_written_to_that_is_said_and_nothing_changes(api: Api, tmp_path: Path) -> None:
    version = api.client("engineer").get(PATH).json()["version"]
    zones_path(tmp_path / "city.yaml").mkdir()  # root may write to any folder, but not over a folder
    answer = api.client("engineer").get(PATH).json()
    assert (answer["writable"], bool(answer["why_not_writable"])) == (False, True)
    refused = save(api, [zone()], version)
    assert refused.status_code in (409, 422)
    assert api.hub.configuration.city.cameras["cam-1"].zones[0].zone_id == "zone-1"
    assert api.rows("SELECT count(*) FROM audit WHERE action = 'zones.changed'") == [(0,)]


def test_a_file_of_drawn_zones_that_somebody_broke_is_not_overwritten(api: Api, tmp_path: Path) -> None:
    version = api.client("engineer").get(PATH).json()["version"]
    zones_path(tmp_path / "city.yaml").write_text("cameras: [", encoding="utf-8")
    answer = api.client("engineer").get(PATH).json()
    assert answer["writable"] is False
    assert "is not YAML" in answer["why_not_writable"]
    assert save(api, [zone()], version).status_code == 422
    assert zones_path(tmp_path / "city.yaml").read_text() == "cameras: ["


def test_a_version_must_be_named(api: Api) -> None:
    assert api.client("engineer").put(PATH, json={"zones": []}).status_code == 422
