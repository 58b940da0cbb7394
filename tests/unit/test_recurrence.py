"""One place: a device is one, boxes that overlap are one, and zones of two cameras that lie close together are one."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.finding import Finding, Phase, Reason, Severity
from hub.alerts.alert import Alert
from hub.alerts.lifecycle import raise_alert
from hub.cases.recurrence import Why, belongs_with, cameras_in_reach, compare, distance_m, overlap
from ingest.city import Camera, City, Grid, Zone, ZoneKind
from ingest.observation import Box
from tests.support.stored import NOW

CORNERS = ((0.1, 0.1), (0.9, 0.1), (0.9, 0.9))


def zone(name: str, camera: str, latitude: float | None = None) -> Zone:
    longitude = None if latitude is None else 120.75
    return Zone(
        zone_id=name,
        camera_id=camera,
        kind=ZoneKind.NO_STALL,
        polygon=CORNERS,
        latitude=latitude,
        longitude=longitude,
    )


def camera(name: str, *zones: Zone) -> Camera:
    return Camera(camera_id=name, grid="01", url="file:///x", zones=zones)


# The zones of `east` and `west` lie 22 m apart, that of `far` 1.1 km from them; `blind` says nothing of where it lies.
CITY = City(
    name="x",
    timezone="Asia/Shanghai",
    latitude=30.7,
    longitude=120.7,
    grids={"01": Grid(grid_id="01", name="x")},
    devices={},
    cameras={
        one.camera_id: one
        for one in (
            camera("east", zone("e1", "east", 30.7600)),
            camera("west", zone("w1", "west", 30.7602)),
            camera("far", zone("f1", "far", 30.7700)),
            camera("blind", zone("b1", "blind")),
        )
    },
)


def seen(camera_id: str, zone_id: str, x: float = 0.2, *, rule: str = "stall.unlicensed", width: float = 0.2) -> Alert:
    box = Box("stall", 0.9, 1, x, 0.2, x + width, 0.5)
    found = Finding(
        rule=rule,
        subject=f"{zone_id}@{int(x * 100)},35",
        grid="01",
        since=NOW,
        at=NOW,
        phase=Phase.RAISED,
        severity=Severity.MINOR,
        reason=Reason("A stall.", {}),
        camera_id=camera_id,
        box=box,
    )
    return raise_alert(found, config_version="v")


def told(rule: str, subject: str) -> Alert:
    return replace(seen("east", "e1", rule=rule), subject=subject, camera_id=None, box=None)


@pytest.mark.parametrize(
    ("one", "other", "why"),
    [
        (told("gas.leak", "gas-1"), told("gas.leak", "gas-1"), Why.SAME_SUBJECT),
        (told("gas.leak", "gas-1"), told("gas.leak", "gas-2"), Why.ELSEWHERE),
        (told("gas.leak", "gas-1"), told("gas.pressure", "gas-1"), Why.ANOTHER_RULE),
        (seen("east", "e1"), seen("east", "e1", 0.25), Why.OVERLAPPING),
        (seen("east", "e1"), seen("east", "e1", 0.25, width=0.1), Why.OVERLAPPING),
        (seen("east", "e1"), seen("east", "e1", 0.6), Why.ELSEWHERE),
        (seen("east", "e1"), seen("west", "w1", 0.7), Why.ZONES_IN_REACH),
        (seen("east", "e1"), seen("far", "f1"), Why.ELSEWHERE),
        (seen("east", "e1"), seen("blind", "b1"), Why.ELSEWHERE),
        (seen("blind", "b1"), seen("blind", "b1"), Why.OVERLAPPING),
        (seen("east", "gone"), seen("west", "w1"), Why.ELSEWHERE),
        (seen("east", "e1"), seen("east", "e1", rule="parking.illegal"), Why.ANOTHER_RULE),
    ],
)
def test_whether_it_is_one_place_and_why(one: Alert, other: Alert, why: Why) -> None:
    assert compare(CITY, one, other) is why
    assert compare(CITY, other, one) is why


def test_cameras_in_reach_are_those_whose_zones_lie_close() -> None:
    assert cameras_in_reach(CITY, seen("east", "e1")) == ["east", "west"]
    assert cameras_in_reach(CITY, seen("blind", "b1")) == ["blind"]
    assert cameras_in_reach(CITY, seen("far", "f1"), reach_m=2000) == ["far", "east", "west"]
    assert cameras_in_reach(CITY, told("gas.leak", "gas-1")) == []


def test_what_one_crew_settles_together() -> None:
    assert belongs_with(CITY, told("water.pressure", "w-1"), [told("water.burst", "w-1")])
    assert not belongs_with(CITY, told("sensor.fault", "w-1"), [told("water.burst", "w-1")])
    assert not belongs_with(CITY, told("water.pressure", "w-2"), [told("water.burst", "w-1")])
    assert belongs_with(CITY, seen("west", "w1"), [told("gas.leak", "g"), seen("east", "e1")])
    assert not belongs_with(CITY, seen("west", "w1"), [])


def test_distances_are_those_of_the_earth() -> None:
    assert distance_m((30.76, 120.75), (30.7602, 120.75)) == pytest.approx(22.2, abs=0.1)
    assert distance_m((0, 0), (0, 180)) == pytest.approx(20_015_087, rel=1e-6)
    assert distance_m((1.5, 2.5), (1.5, 2.5)) == 0


SIDE = st.floats(0, 1)
BOXES = st.tuples(SIDE, SIDE, SIDE, SIDE).map(
    lambda s: Box("x", 1.0, 1, min(s[0], s[1]), min(s[2], s[3]), max(s[0], s[1]), max(s[2], s[3]))
)


@given(BOXES, BOXES)
def test_overlap_is_a_share_and_the_same_both_ways(one: Box, other: Box) -> None:
    share = overlap(one, other)
    assert 0 <= share <= 1 + 1e-9
    assert share == pytest.approx(overlap(other, one))
