"""The demo's tour: it promises what the demo city does, in both languages, and leads to pages that there are."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from hub.alerts.guidance import GUIDANCE
from hub.api.tour import Tour
from hub.cases.stage import Event
from hub.demo.camera_stories import CAMERAS
from hub.demo.citizens import victims_of
from hub.demo.city_plan import city_document
from hub.demo.incidents import incidents_at, round_of
from hub.demo.tour import tour_document, write_tour
from hub.people.scopes import Scope

ROOT = Path(__file__).parents[2]
BEGAN = datetime(2026, 11, 23, 8, tzinfo=UTC)


@pytest.fixture(scope="module")
def city() -> dict[str, Any]:
    return city_document({camera.camera_id: 9000 for camera in CAMERAS})


def test_every_incident_of_the_first_round_is_told_when_it_begins(city: dict[str, Any]) -> None:
    tour = Tour.model_validate(tour_document(city, BEGAN))
    victims = victims_of(city)
    told = {one.subject: one for one in tour.happenings if one.subject and not one.subject.startswith("cam-")}
    assert set(told) == {incident.victim for incident in round_of(victims, 0)}
    for victim, one in told.items():
        begins_s = (one.at - BEGAN).total_seconds()
        assert victim in {incident.victim for incident in incidents_at(victims, begins_s)}
        assert victim not in {incident.victim for incident in incidents_at(victims, begins_s - 0.001)}


def test_it_names_rules_scopes_and_feed_items_that_there_are(city: dict[str, Any]) -> None:
    tour = Tour.model_validate(tour_document(city, BEGAN))
    assert {one.rule for one in tour.happenings} <= set(GUIDANCE)
    assert len({one.rule for one in tour.happenings}) == len(tour.happenings)
    assert {task.scope for task in tour.tasks} <= {scope.value for scope in Scope}
    types = {event.value for event in Event} | {"alert.acknowledged"}
    assert {name for task in tour.tasks for name in task.done_on} <= types
    routes = (ROOT / "hub" / "console" / "src" / "routes.ts").read_text("utf-8")
    pages = set(re.findall(r'path: "(/[a-z]+)"', routes))
    assert {task.page for task in tour.tasks if task.page} <= pages


def test_its_words_are_in_both_languages_and_filled_in(city: dict[str, Any]) -> None:
    tour = Tour.model_validate(tour_document(city, BEGAN))
    pairs = [(one.title, one.text) for one in tour.happenings] + [(one.title, one.text) for one in tour.tasks]
    for pair in pairs:
        for words in pair:
            assert re.search("[\u4e00-\u9fff]", words.zh), words
            assert re.search("[a-z]", words.en), words
            assert not re.search("[{},:;]", words.zh), words
            assert "{" not in words.en


def test_the_next_start_tells_another_tour(city: dict[str, Any], tmp_path: Path) -> None:
    first = write_tour(tmp_path, city, BEGAN).read_text("utf-8")
    second = write_tour(tmp_path, city, BEGAN + timedelta(minutes=5)).read_text("utf-8")
    assert Tour.model_validate_json(first).id != Tour.model_validate_json(second).id
    assert [path.name for path in tmp_path.iterdir()] == ["tour.json"]
