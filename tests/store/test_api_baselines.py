"""Baselines over HTTP: what was learnt, hour by hour; and what was expected around an alert that a profile judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from detectors.finding import Phase
from detectors.profile import HOUR, Profile, profiles_of
from detectors.thresholds import Thresholds
from detectors.unusual import FLOW, PRESSURE, UnusualWater
from hub.alerts.alert import Alert
from hub.alerts.change import AlertChange
from hub.alerts.lifecycle import EventType, raise_alert
from hub.config.load import Configuration, config_version
from hub.store.profiles import save_learning
from hub.tuning.baselines.learning import NotLearnt, Outcome
from ingest.city import DeviceKind
from tests.support.api import Api, serving, token_for
from tests.support.databases import Database
from tests.support.folding import fold
from tests.support.stored import NOW, batch
from tests.support.weeks import flat_profile, readings_of


@pytest.fixture
def api(plain_database: Database, tmp_path: Path) -> Iterator[Api]:
    with serving(plain_database.dsn, tmp_path) as running:
        yield running


def water_of(api: Api) -> tuple[str, str]:
    """A water device of the served town, and its grid."""
    devices = api.hub.configuration.city.devices.values()
    return next((one.device_id, one.grid) for one in devices if one.kind is DeviceKind.WATER)


def keep(api: Api, *profiles: Profile, grid: str, why_not: str = "", by: str = "Li") -> None:
    outcomes = [
        Outcome(
            subject=one.subject,
            quantity=one.quantity,
            grid=grid,
            profile=None if why_not else one,
            why_not=NotLearnt(why_not) if why_not else None,
            hours=one.hours,
            left_out=3,
        )
        for one in profiles
    ]
    with psycopg.connect(api.dsn) as connection:
        span = {"since": NOW - timedelta(weeks=6), "until": NOW}
        save_learning(connection, outcomes, **span, by=by, at=NOW, version="")


def judge_by(api: Api, *profiles: Profile) -> Configuration:
    """Let the hub's configuration hold these profiles."""
    held, known = profiles_of(profiles), api.hub.configuration
    thresholds = Thresholds.model_validate({"water": {"unusual": {"enabled": True}}})
    version = config_version(known.city, thresholds, held)
    api.hub.configuration = Configuration(known.city, thresholds, version, held)
    return api.hub.configuration


def unusual(api: Api, device: str, profile: Profile) -> Alert:
    """Store readings that leave what is usual, and the alert that they raise."""
    configuration = judge_by(api, profile)
    begin = NOW.replace(minute=0) - 20 * HOUR

    def flow(at: datetime) -> float:
        return 10.0 if at < begin + 8 * HOUR else 12.4

    readings = list(readings_of(device, FLOW, flow, begin=begin, hours=20, every_s=300, noise=0.3))
    detector = UnusualWater(configuration.city, configuration.thresholds, configuration.profiles)
    (found,) = [one for one in fold(detector, readings) if one.phase is Phase.RAISED]
    alert = raise_alert(found, config_version=configuration.version)
    change = AlertChange(alert=alert, type=EventType.RAISED, at=found.at)
    api.write(batch(readings=readings, changes=[change], grid=found.grid))
    return alert


def test_what_was_learnt_is_told_in_short_and_of_one_device_hour_by_hour(api: Api) -> None:
    device, grid = water_of(api)
    client = api.client("engineer")
    assert client.get("/api/v1/tuning/baselines").json() == {"items": [], "profiles": ""}
    profile = flat_profile(device, FLOW, 10.0, 1.0, until=NOW, without=frozenset({5}))
    keep(api, profile, grid=grid)
    keep(api, flat_profile(device, PRESSURE, 300.0, 1.0, until=NOW), grid=grid, why_not="no_readings")
    configuration = judge_by(api, profile)
    listed = client.get("/api/v1/tuning/baselines").json()
    assert listed["profiles"] == configuration.profiles.version
    flow, pressure = listed["items"]
    assert (flow["subject"], flow["quantity"], flow["unit"], flow["learnt_by"]) == (device, "flow_l_s", "L/s", "Li")
    assert flow["profile"]["in_force"] is True
    assert flow["profile"]["learnt_cells"] == 167
    assert "cells" not in flow["profile"]
    assert (pressure["why_not"], pressure["profile"]) == ("no_readings", None)
    assert pressure["why_not_text"] == "nothing was read in that time"
    (one, _) = client.get("/api/v1/tuning/baselines", params={"device": device}).json()["items"]
    cells = one["profile"]["cells"]
    assert len(cells) == 168
    assert cells[5] is None
    assert cells[0] == {"median": 10.0, "low": 7.0, "high": 13.0, "spread": 1.0, "n": 6}
    assert client.get("/api/v1/tuning/baselines", params={"device": "nobody"}).json()["items"] == []


def test_who_sees_other_districts_alone_sees_none_of_it(api: Api) -> None:
    device, grid = water_of(api)
    known = api.hub.configuration
    grids = {name: replace(one, district=f"district {name}") for name, one in known.city.grids.items()}
    api.hub.configuration = replace(known, city=replace(known.city, grids=grids))
    keep(api, flat_profile(device, FLOW, 10.0, 1.0, until=NOW), grid=grid)
    seen, districts = {}, {one.district for one in grids.values()}
    with psycopg.connect(api.dsn) as connection:
        for district in districts:
            api.tokens[district] = token_for(connection, "supervisor", districts=[district])
    for district in districts:
        answer = api.client(district).get("/api/v1/tuning/baselines")
        assert answer.status_code == 200, answer.text
        items = answer.json()["items"]
        seen[district] = [one["subject"] for one in items]
    assert len(seen) > 1
    assert seen == {district: [device] if district == grids[grid].district else [] for district in seen}
    assert api.client("operator").get("/api/v1/tuning/baselines").status_code == 403


def test_an_alert_judged_by_a_profile_shows_what_was_expected(api: Api) -> None:
    device, grid = water_of(api)
    profile = flat_profile(device, FLOW, 10.0, 1.0, until=NOW - timedelta(days=2))
    keep(api, profile, grid=grid)
    alert = unusual(api, device, profile)
    answer = api.client("operator").get(f"/api/v1/alerts/{alert.alert_id}/readings").json()
    (curve,) = answer["curves"]
    assert (curve["device"], curve["quantity"]) == (device, "flow_l_s")
    assert [(one["kind"], one["value"]) for one in curve["limits"]] == [("usual", 10.0)]
    (band,) = answer["expected"]
    assert (band["subject"], band["quantity"], band["profile"]) == (device, "flow_l_s", profile.version)
    assert all(point[1:] == [7.0, 10.0, 13.0] for point in band["points"])
    assert len(band["points"]) >= 12
