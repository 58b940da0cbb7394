"""Learning over HTTP: a run looks, somebody puts exactly that into force; and what is refused on the way."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest

from detectors.unusual import FLOW
from hub.config.load import load
from hub.config.profiles_file import write_profiles
from hub.config.zones_file import profiles_path
from hub.store.audit import Actor
from hub.store.profiles import last_learnt_at, rhythm, tell_rhythm
from hub.store.session import open_session
from hub.tuning.baselines.learn import learn_profiles, span_of
from tests.support.api import Api, serving, token_for, until
from tests.support.databases import Database
from tests.support.planted_weeks import Weeks, label_leak, plant_weeks
from tests.support.tuning_role import tuning
from tests.support.weeks import flat_profile

BASE = "/api/v1/tuning/baselines"


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    files = (tmp_path / "city.yaml", tmp_path / "detectors.yaml")
    files[1].write_text("device: {silent: {enabled: false}}\n", encoding="utf-8")
    with serving(plain_database.dsn, tmp_path, files=files) as api, tuning(api):
        yield api


@pytest.fixture
def planted(api: Api) -> Weeks:
    return plant_weeks(api.dsn, api.hub.now())


def done(api: Api, kind: str, **arguments: Any) -> dict[str, Any]:
    """Ask for a run and return it when it is over."""
    client = api.client("engineer")
    asked = client.post("/api/v1/tuning/runs", json={"kind": kind, "arguments": arguments})
    assert asked.status_code == 202, asked.text
    found: dict[str, Any] = {}

    def is_over() -> bool:
        found.update(client.get(f"/api/v1/tuning/runs/{asked.json()['id']}").json())
        return found["ended_at"] is not None

    until(is_over)
    return found


def looked(api: Api, planted: Weeks, *devices: str) -> dict[str, Any]:
    span = {"since": planted.begin.isoformat(), "until": planted.week_from.isoformat()}
    return done(api, "learn", devices=list(devices) or None, **span)


def put(api: Api, run: dict[str, Any], note: str = "") -> Any:
    return api.client("engineer").post(f"{BASE}/apply", json={"run": run["id"], "note": note})


def test_a_run_looks_and_what_it_found_is_put_into_force_as_it_was(api: Api, planted: Weeks, tmp_path: Path) -> None:
    before = api.hub.configuration.version
    run = looked(api, planted)
    answer = run["answer"]
    assert answer["counts"] == {"new": 1, "changed": 0, "same": 0, "kept": 0, "none": 2}
    assert answer["against"] == ""
    (flow,) = [one for one in answer["items"] if one["change"] == "new"]
    assert (flow["subject"], flow["quantity"], flow["hours"], flow["cells"]) == ("water-1", "flow_l_s", 6 * 168, 168)
    assert not profiles_path(tmp_path / "city.yaml").exists()
    assert api.hub.configuration.version == before
    with psycopg.connect(api.dsn) as connection:  # what comes later is not in it
        connection.execute("UPDATE readings_rollup SET avg = 99")
    applied = put(api, run, "first weeks")
    assert applied.status_code == 200, applied.text
    assert (applied.json()["learnt"], applied.json()["not_learnt"]) == (1, 2)
    held = load(tmp_path / "city.yaml", None).profiles
    assert [one.version for one in held.of.values()] == [flow["version"]]
    assert applied.json()["profiles"] == held.version
    assert applied.json()["config_version"] == api.hub.configuration.version != before
    ((actor, detail),) = api.rows("SELECT actor, detail FROM audit WHERE action = 'profiles.learnt'")
    assert (actor, detail["note"], detail["before"], detail["profiles"]) == (
        "the engineer", "first weeks", "", held.version,
    )  # fmt: skip

    listed = api.client("supervisor").get(f"{BASE}/places").json()
    assert listed["counts"] == {"held": 1, "old": 0, "none": 2}
    states = {(one["subject"], one["quantity"]): one["state"] for one in listed["items"]}
    assert states[("water-1", "flow_l_s")] == "held"
    (learning,) = listed["learnings"]
    assert (learning["learnt_by"], learning["note"], learning["is_whole"]) == ("the engineer", "first weeks", True)
    again = put(api, run)
    assert (again.status_code, again.json()["type"].rsplit(":", 1)[1]) == (409, "changed-meanwhile")


def test_what_somebody_else_put_meanwhile_is_never_overwritten_unseen(api: Api, planted: Weeks, tmp_path: Path) -> None:
    run = looked(api, planted, "water-1")
    city_file, timezone = tmp_path / "city.yaml", "Asia/Shanghai"
    theirs = flat_profile("water-1", FLOW, 5.0, 1.0, until=api.hub.now())
    write_profiles(city_file, [theirs], timezone)
    refused = put(api, run, "mine")
    assert refused.status_code == 409
    assert "somebody else has put others into force" in refused.json()["detail"]
    assert list(load(city_file, None).profiles.of.values()) == [theirs]
    assert api.rows("SELECT count(*) FROM profile_learnings") == [(0,)]
    anew = looked(api, planted, "water-1")
    assert anew["answer"]["counts"]["changed"] == 1
    (moved,) = [one for one in anew["answer"]["items"] if one["shift"]]
    assert moved["shift"]["outside"] > 100
    assert put(api, anew).status_code == 200
    assert list(load(city_file, None).profiles.of.values()) != [theirs]


def test_what_cannot_be_put_is_refused_with_words(api: Api, planted: Weeks, tmp_path: Path) -> None:
    def kind_of(answer: Any) -> tuple[int, str]:
        return answer.status_code, answer.json()["type"].rsplit(":", 1)[1]

    nobody = api.client("engineer").post(f"{BASE}/apply", json={"run": "00000000-0000-0000-0000-000000000000"})
    assert kind_of(nobody) == (404, "not-found")
    nothing = done(api, "learn", devices=["c-1"])
    assert nothing["answer"]["counts"]["none"] == 1
    assert kind_of(put(api, nothing)) == (409, "illegal-transition")
    unknown = done(api, "learn", devices=["nobody"])
    assert (unknown["state"], "nothing can be learnt of nobody" in unknown["problem"]) == ("failed", True)
    assert kind_of(put(api, unknown)) == (409, "illegal-transition")
    question = {"since": planted.week_from.isoformat(), "until": planted.end.isoformat(), "subjects": ["water-1"]}
    other = done(api, "baselines", question=question, rules=["water.unusual", "water.leak"])
    assert kind_of(put(api, other)) == (409, "illegal-transition")
    assert other["answer"]["without_profile"] == ["water-1 flow_l_s", "water-1 pressure_kpa"]
    run = looked(api, planted, "water-1")
    city_file, named = api.hub.files
    api.hub.files = (tmp_path / "gone" / "city.yaml", named)
    assert kind_of(put(api, run)) == (409, "not-writable")
    api.hub.files = (None, None)
    assert kind_of(put(api, run)) == (409, "not-writable")
    assert api.client("engineer").get(f"{BASE}/places").json()["why_not_writable"]
    api.hub.files = (city_file, named)
    assert api.client("supervisor").post(f"{BASE}/apply", json={"run": run["id"]}).status_code == 403
    with psycopg.connect(api.dsn) as connection:
        api.tokens["narrow"] = token_for(connection, "engineer", districts=["A"])
    assert api.client("narrow").post(f"{BASE}/apply", json={"run": run["id"]}).status_code == 403


def test_the_last_week_stands_beside_what_is_usual_for_those_in_reach(api: Api, planted: Weeks) -> None:
    label_leak(api, planted)
    put(api, looked(api, planted, "water-1")).raise_for_status()
    asked = {"device": "water-1", "quantity": "flow_l_s"}
    found = api.client("supervisor").get(f"{BASE}/hours", params=asked).json()
    assert (len(found["hours"]), found["unit"]) == (168, "L/s")
    stands = [one["stands"] for one in found["hours"]]
    assert set(stands[-48:]) == {"above"}
    assert {one["why"] for one in found["hours"][-48:]} == {"alert"}
    assert stands[:120].count("within") > 110
    sooner = {**asked, "until": planted.leak_from.isoformat()}
    assert "above" not in [
        one["stands"] for one in api.client("engineer").get(f"{BASE}/hours", params=sooner).json()["hours"][-24:]
    ]
    for wrong in ({"device": "nobody"}, {"quantity": "power_w"}):
        assert api.client("engineer").get(f"{BASE}/hours", params={**asked, **wrong}).status_code == 404
    lamp = api.client("engineer").get(f"{BASE}/hours", params={"device": "lamp-1", "quantity": "power_w"}).json()
    assert (lamp["subject"], lamp["profile"], {one["stands"] for one in lamp["hours"]}) == ("c-1", None, {"unheard"})
    known = api.hub.configuration
    grids = {name: replace(one, district=f"district {name}") for name, one in known.city.grids.items()}
    api.hub.configuration = replace(known, city=replace(known.city, grids=grids))
    with psycopg.connect(api.dsn) as connection:
        api.tokens["one"] = token_for(connection, "supervisor", districts=["district 01"])
    assert api.client("one").get(f"{BASE}/hours", params=asked).status_code == 404
    assert [one["subject"] for one in api.client("one").get(f"{BASE}/places").json()["items"]] == ["c-1"]


def test_places_are_filtered_and_paged_and_named_ones_come_with_their_hours(api: Api, planted: Weeks) -> None:
    put(api, looked(api, planted, "water-1")).raise_for_status()
    client = api.client("engineer")

    def keys(**asked: Any) -> list[str]:
        answer = client.get(f"{BASE}/places", params=asked)
        assert answer.status_code == 200, answer.text
        return [f"{one['subject']} {one['quantity']}" for one in answer.json()["items"]]

    every = ["c-1 power_w", "water-1 flow_l_s", "water-1 pressure_kpa"]
    assert keys() == every
    assert keys(q="LAMP-2") == keys(kind="streetlight") == every[:1]
    assert keys(state="held") == [every[1]]
    paged, cursor = [], None
    while True:
        answer = client.get(f"{BASE}/places", params={"limit": 1, **({"cursor": cursor} if cursor else {})}).json()
        paged += [f"{one['subject']} {one['quantity']}" for one in answer["items"]]
        assert answer["found"] == 3
        cursor = answer["next"]
        if cursor is None:
            break
    assert paged == every
    items = client.get(f"{BASE}/places", params={"device": "water-1"}).json()["items"]
    assert [one["profile"] and len(one["profile"]["cells"]) for one in items] == [168, None]
    assert items[1]["last"]["why_not"] == "no_readings"
    assert client.get(f"{BASE}/places", params={"cursor": "nonsense"}).status_code == 422
    assert client.get(f"{BASE}/places", params={"state": "odd"}).status_code == 422


def test_where_nothing_is_learnt_it_says_since_when_anything_is_stored(api: Api) -> None:
    bare = api.client("engineer").get(f"{BASE}/places").json()
    assert (bare["stored_since"], bare["learnings"], bare["least_weeks"]) == (None, [], 3)
    assert bare["rules"] == {"water.unusual": False, "streetlight.unusual": False}
    planted = plant_weeks(api.dsn, api.hub.now(), weeks=1)
    since = api.client("engineer").get(f"{BASE}/places").json()["stored_since"]
    assert since == planted.begin.isoformat()


def test_learning_a_few_places_puts_off_the_whole_citys_turn_for_nobody(
    api: Api, planted: Weeks, tmp_path: Path
) -> None:
    now = api.hub.now()
    since, end = span_of(now, planted.begin, planted.week_from)
    with open_session(api.dsn) as connection:
        how: dict[str, Any] = {"since": since, "until": end, "actor": Actor(name="Li")}
        configuration = load(tmp_path / "city.yaml", None)
        learn_profiles(connection, configuration, tmp_path / "city.yaml", now=now, **how)
        later = now + timedelta(days=3)
        learn_profiles(connection, configuration, tmp_path / "city.yaml", now=later, devices=["water-1"], **how)
        assert last_learnt_at(connection) == now
        assert rhythm(connection, now) is None
        tell_rhythm(connection, "role-9", 7.0, now)
        assert rhythm(connection, now) == 7.0
        assert rhythm(connection, now + timedelta(minutes=1)) is None
    assert api.client("engineer").get(f"{BASE}/places").json()["learn_every_days"] == 7.0
