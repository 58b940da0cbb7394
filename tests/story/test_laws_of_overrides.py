"""The law of overrides: whom one is for is judged as if its thresholds held everywhere, all others as without it.

The judge is the one that runs live; what it is given is drawn at random: pressures, silences, vehicles in two zones.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.finding import Finding, OpenFinding, Phase
from detectors.judge import Judge
from detectors.thresholds import Thresholds
from ingest.city import Camera, City, Device, DeviceKind, Grid, Zone, ZoneKind
from ingest.observation import Box, Frame, Observation, Quantity, Reading

START = datetime(2026, 11, 23, 4, 0, tzinfo=UTC)
LAWS = settings(max_examples=40)


def _zone(name: str, left: float) -> Zone:
    corners = ((left, 0.0), (left + 0.4, 0.0), (left + 0.4, 1.0), (left, 1.0))
    return Zone(zone_id=name, camera_id="cam", kind=ZoneKind.NO_PARKING, polygon=corners)


CITY = City(
    name="Lawtown",
    timezone="Asia/Shanghai",
    latitude=30.25,
    longitude=120.17,
    grids={name: Grid(grid_id=name, name=name) for name in ("01", "02")},
    devices={
        name: Device(device_id=name, kind=DeviceKind.WATER, grid=grid, interval_s=10.0)
        for name, grid in (("w1", "01"), ("w2", "02"), ("w3", "02"))
    },
    cameras={"cam": Camera(camera_id="cam", grid="01", url="tcp://x", zones=(_zone("left", 0.0), _zone("right", 0.5)))},
)
BASE: dict[str, Any] = {
    "water": {"pressure": {"raise_after_s": 20, "clear_after_s": 20}},
    "parking": {"illegal": {"dwell_s": 40}},
    "camera": {"lost": {"enabled": False}},
}
VALUES: dict[str, Any] = {
    "water.pressure.low_kpa": 200,
    "water.pressure.raise_after_s": 40,
    "device.silent.at_least_s": 90,
    "device.silent.enabled": False,
    "parking.illegal.dwell_s": 20,
    "parking.illegal.confidence": 0.6,
    "parking.illegal.enabled": False,
}
SELECTIONS: list[tuple[dict[str, list[str]], frozenset[str], str]] = [
    ({"devices": ["w1"]}, frozenset({"w1"}), "water.device"),
    ({"devices": ["w1", "w3"]}, frozenset({"w1", "w3"}), "water.device"),
    ({"grids": ["02"]}, frozenset({"w2", "w3"}), "water.device"),
    ({"zones": ["left"]}, frozenset({"left"}), "parking"),
    ({"cameras": ["cam"]}, frozenset({"left", "right"}), "parking"),
    ({"grids": ["01"]}, frozenset({"w1", "left", "right"}), "water.device.parking"),
]

ROWS = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(["w1", "w2", "w3"]), st.sampled_from([120.0, 170.0, 300.0]), max_size=3),
        st.sets(st.sampled_from(["left", "right"])),
        st.sampled_from([0.3, 0.9]),
    ),
    min_size=5,
    max_size=25,
)


@st.composite
def overrides(draw: st.DrawFn) -> tuple[dict[str, Any], frozenset[str]]:
    selected, subjects, domains = draw(st.sampled_from(SELECTIONS))
    paths = [path for path in VALUES if path.partition(".")[0] in domains.split(".")]
    chosen = draw(st.sets(st.sampled_from(paths), min_size=1))
    return {**selected, "set": {path: VALUES[path] for path in chosen}}, subjects


def observations(rows: Sequence[tuple[dict[str, float], set[str], float]]) -> list[Observation]:
    found: list[Observation] = []
    for number, (pressures, standing, confidence) in enumerate(rows):
        at = START + timedelta(seconds=10.0 * (number + 1))
        found += [Reading(name, Quantity.PRESSURE_KPA, value, at, at) for name, value in sorted(pressures.items())]
        boxes = tuple(
            Box("car", confidence, None, left, 0.4, left + 0.2, 0.6)
            for name, left in (("left", 0.1), ("right", 0.6))
            if name in standing
        )
        found.append(Frame("cam", at, boxes, at))
    return found


def judged(
    told: Sequence[Observation], thresholds: Thresholds, opened: Sequence[OpenFinding] = ()
) -> dict[str, list[Finding]]:
    """Return the findings by whom they are about: a device, or the zone of a place."""
    judge = Judge(CITY, thresholds, open_findings=opened, listening_since=START)
    found = judge.observe(told).findings
    found += judge.advance(START + timedelta(seconds=1000))
    about: dict[str, list[Finding]] = {}
    for each in found:
        about.setdefault(each.subject.rpartition("@")[0] or each.subject, []).append(each)
    return about


def everywhere(values: dict[str, Any]) -> Thresholds:
    document = Thresholds.model_validate(BASE).model_dump(mode="json")
    for path, value in values.items():
        domain, rule, name = path.split(".")
        document[domain][rule][name] = value
    return Thresholds.model_validate(document)


@LAWS
@given(ROWS, overrides())
def test_whom_it_is_for_is_judged_as_if_it_held_everywhere_and_all_others_as_without_it(rows, drawn):
    entry, subjects = drawn
    told = observations(rows)
    with_it = judged(told, Thresholds.model_validate({**BASE, "overrides": [{"name": "x", **entry}]}))
    without, throughout = judged(told, Thresholds.model_validate(BASE)), judged(told, everywhere(entry["set"]))
    for name in ("w1", "w2", "w3", "left", "right"):
        wanted = throughout if name in subjects else without
        assert with_it.get(name) == wanted.get(name), name


@LAWS
@given(ROWS, overrides(), st.integers(0, 20))
def test_how_it_is_batched_changes_nothing(rows, drawn, cut):
    entry, _ = drawn
    thresholds = Thresholds.model_validate({**BASE, "overrides": [{"name": "x", **entry}]})
    told = observations(rows)
    whole = Judge(CITY, thresholds, listening_since=START).observe(told).findings
    parted = Judge(CITY, thresholds, listening_since=START)
    assert parted.observe(told[:cut]).findings + parted.observe(told[cut:]).findings == whole


def test_what_an_override_switches_off_is_cleared_for_those_alone():
    opened = [
        OpenFinding(rule=rule, subject=subject, since=START, raised_at=START, severity="minor", members=(), numbers={})
        for rule, subject in (("water.pressure", "w1"), ("water.pressure", "w2"), ("device.silent", "w1"))
    ]
    off = {"water.pressure.enabled": False, "device.silent.enabled": False}
    thresholds = Thresholds.model_validate({**BASE, "overrides": [{"name": "off", "devices": ["w1"], "set": off}]})
    found = Judge(CITY, thresholds, open_findings=opened, listening_since=START).advance(START)
    assert [(each.rule, each.subject, each.phase) for each in found] == [
        ("water.pressure", "w1", Phase.CLEARED),
        ("device.silent", "w1", Phase.CLEARED),
    ]
    assert all("switched off" in each.reason.text for each in found)


def test_a_device_that_is_not_judged_still_proves_that_its_gateway_lives():
    city = City(
        name="Gatetown",
        timezone="Asia/Shanghai",
        latitude=30.0,
        longitude=120.0,
        grids={"01": Grid(grid_id="01", name="One")},
        devices={
            "gw": Device(device_id="gw", kind=DeviceKind.GATEWAY, grid="01", interval_s=10.0),
            **{
                name: Device(device_id=name, kind=DeviceKind.WATER, grid="01", interval_s=10.0, gateway_id="gw")
                for name in ("quiet", "other")
            },
        },
    )
    thresholds = Thresholds.model_validate(
        {"overrides": [{"name": "quiet", "devices": ["quiet"], "set": {"device.silent.enabled": False}}]}
    )
    judge = Judge(city, thresholds, listening_since=START)
    spoken = [Reading("quiet", Quantity.PRESSURE_KPA, 300.0 + n, at, at) for n in range(30)
              for at in [START + timedelta(seconds=10.0 * n)]]  # fmt: skip
    found = judge.observe(spoken).findings
    assert [each.subject for each in found] == ["other"]  # the gateway is heard through the one that is not judged
    found = judge.advance(START + timedelta(seconds=900))
    assert [(each.subject, each.members) for each in found] == [("gw", ("other", "quiet"))]
