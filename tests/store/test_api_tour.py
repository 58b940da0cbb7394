"""The guided tour over HTTP: there where it is set, followed as its file changes, and none where it is no good."""

import json
from pathlib import Path
from typing import Any

import pytest

from hub.settings import from_environment
from tests.support.api import serving
from tests.support.databases import Database

WORDS = {"zh": "一盏灯灭了", "en": "A lamp goes out"}
TOUR: dict[str, Any] = {
    "id": "drill-1",
    "title": WORDS,
    "about": WORDS,
    "begins_at": "2026-11-22T10:00:00+08:00",
    "happenings": [{"id": "lamp", "title": WORDS, "text": WORDS, "at": "2026-11-22T10:01:00+08:00", "rule": "x.y"}],
    "tasks": [{"id": "try", "title": WORDS, "text": WORDS, "page": "/map", "done_on": []}],
}


def test_a_tour_is_served_to_those_who_see_the_city_and_followed(plain_database: Database, tmp_path: Path) -> None:
    path = tmp_path / "tour.json"
    assert from_environment({"LIANQIN_TOUR": str(path)}).tour == path
    with serving(plain_database.dsn, tmp_path, tour=path) as api:
        client = api.client("operator")

        def served() -> dict[str, object] | None:
            found: dict[str, object] | None = client.get("/api/v1/tour").raise_for_status().json()["tour"]
            return found

        assert served() is None, "there is no file yet"
        path.write_text(json.dumps(TOUR))
        found = served()
        assert found is not None
        assert found["happenings"] == [{**TOUR["happenings"][0], "subject": None, "camera": None}]
        path.write_text(json.dumps({**TOUR, "id": "drill-the-second"}))
        assert (served() or {})["id"] == "drill-the-second"
        assert api.client("reports").get("/api/v1/tour").status_code == 403
        assert api.client(None).get("/api/v1/tour").status_code == 401


@pytest.mark.parametrize(
    "content",
    [
        "no JSON",
        "[]",
        json.dumps({**TOUR, "more": 1}),
        json.dumps({**TOUR, "begins_at": "2026-11-22T10:00:00"}),
        json.dumps({**TOUR, "tasks": [{**TOUR["tasks"][0], "page": "//elsewhere"}]}),
        json.dumps({**TOUR, "tasks": [{**TOUR["tasks"][0], "id": "lamp"}]}),
        " " * 300_000,
    ],
)
def test_a_file_that_is_no_tour_is_none(plain_database: Database, tmp_path: Path, content: str) -> None:
    path = tmp_path / "tour.json"
    path.write_text(content)
    with serving(plain_database.dsn, tmp_path, tour=path) as api:
        assert api.client("operator").get("/api/v1/tour").json() == {"tour": None}
        path.write_text(json.dumps(TOUR))
        assert api.client("operator").get("/api/v1/tour").json()["tour"]["id"] == "drill-1"
