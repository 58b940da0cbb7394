"""The quick way to judge a recording again finds what the long way finds, whatever is recorded, asked and tried."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import chain
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.thresholds import Thresholds
from hub.config.load import Configuration, config_version
from hub.tuning import engine
from hub.tuning.candidate import with_thresholds
from hub.tuning.judging import Cancelled, Progress, Question, Raised, TooLarge, asked, judging_of, raised_of
from hub.tuning.replay import replay
from hub.tuning.warm import Warm
from ingest.city import Camera, City, Device, DeviceKind, Grid, Zone, ZoneKind
from ingest.observation import Box, Frame, Observation, Quantity, Reading
from tests.support.memory_recording import MemoryRecording

START = datetime(2026, 11, 22, 16, tzinfo=UTC)
LASTS_S = 5400
ROAD = ((0.2, 0.5), (0.8, 0.5), (0.8, 0.9), (0.2, 0.9))
CORNER = ((0.0, 0.0), (0.3, 0.0), (0.3, 0.4), (0.0, 0.4))


def town() -> Configuration:
    zones = (
        Zone(zone_id="z1", camera_id="cam", kind=ZoneKind.NO_PARKING, polygon=ROAD),
        Zone(zone_id="z2", camera_id="cam", kind=ZoneKind.NO_PARKING, polygon=CORNER, dwell_s=60.0),
        Zone(zone_id="z3", camera_id="cam", kind=ZoneKind.NO_STALL, polygon=ROAD),
    )
    kinds = {"w": DeviceKind.WATER, "g": DeviceKind.GAS, "d": DeviceKind.DRAINAGE}
    city = City(
        name="Testcity",
        timezone="Asia/Shanghai",
        latitude=30.25,
        longitude=120.17,
        grids={"01": Grid(grid_id="01", name="One")},
        devices={name: Device(device_id=name, kind=kind, grid="01", interval_s=10.0) for name, kind in kinds.items()},
        cameras={"cam": Camera(camera_id="cam", grid="01", url="rtsp://none", zones=zones)},
    )
    thresholds = Thresholds()
    return Configuration(city, thresholds, config_version(city, thresholds))


TOWN = town()


def telemetry(chance: random.Random) -> Iterator[Observation]:
    """Readings that wander, jump beyond their limits for a while, cannot be, are missing, and come late or twice."""
    ranges = {
        ("w", Quantity.PRESSURE_KPA): (300.0, 140.0, 650.0),
        ("w", Quantity.FLOW_L_S): (12.0, 60.0, 30.0),
        ("w", Quantity.TURBIDITY_NTU): (0.3, 2.0, 9000.0),
        ("w", Quantity.CHLORINE_MG_L): (0.5, 0.01, 6.0),
        ("g", Quantity.METHANE_PCT_LEL): (0.5, 12.0, 60.0),
        ("g", Quantity.GAS_PRESSURE_KPA): (3.0, 1.0, 7.0),
        ("d", Quantity.LEVEL_M): (0.5, 1.4, 3.0),
    }
    state = {key: 0 for key in ranges}
    for second in range(0, LASTS_S, 10):
        if chance.random() < 0.02:
            continue
        at = START + timedelta(seconds=second)
        for (device, quantity), levels in ranges.items():
            if chance.random() < 0.02:
                state[device, quantity] = chance.choice((0, 0, 1, 2))
            if quantity is Quantity.PRESSURE_KPA and state[device, quantity] == 1:
                state[device, Quantity.FLOW_L_S] = 1  # a main that breaks
            level = levels[state[device, quantity]]
            value = level * chance.uniform(0.97, 1.03)
            delay_s = chance.choice((0.1, 0.1, 0.1, 1.5, 30.0 if chance.random() < 0.1 else 0.2))
            yield Reading(device, quantity, round(value, 3), at, at + timedelta(seconds=delay_s))


def street(chance: random.Random, *, looks: bool) -> Iterator[Observation]:
    """Frames in which cars pass, stand, hide each other; with pauses, and looks at the view that find it moved."""
    standing: list[tuple[float, float, float, str]] = []  # until, x, y, label
    second = 0.0
    view_off = False
    while second < LASTS_S:
        second += chance.choice((0.5, 1.0, 1.0, 2.0, 2.0, 15.0 if chance.random() < 0.05 else 1.0))
        if chance.random() < 0.001:
            second += chance.choice((40.0, 400.0, 1200.0))
        at = START + timedelta(seconds=second)
        if chance.random() < 0.01:
            label = chance.choice(("car", "car", "stall", "truck"))
            standing.append((second + chance.choice((30, 100, 250, 500)), chance.random(), chance.random(), label))
        standing = [one for one in standing if one[0] > second]
        found = [box(chance, x, y, label) for _, x, y, label in standing if chance.random() < 0.93]
        if chance.random() < 0.3:
            found.append(box(chance, chance.random(), chance.uniform(0.5, 1.0), "bus", size=0.3))
        received = at + timedelta(seconds=chance.choice((0.1, 0.2, 0.2, 5.0 if chance.random() < 0.05 else 0.3)))
        yield Frame("cam", at, tuple(found), received)
        if looks and chance.random() < 0.3:
            view_off = view_off ^ (chance.random() < 0.03)
            values = (10.0, 90.0, 8.0 if view_off else 0.2)
            quantities = (Quantity.VIEW_LOST_PCT, Quantity.VIEW_SHARPNESS_PCT, Quantity.VIEW_SHIFT_PCT)
            looked = at + timedelta(seconds=0.05)
            for quantity, value in zip(quantities, values, strict=True):
                yield Reading("cam", quantity, value, looked, looked + timedelta(seconds=0.2))


def box(chance: random.Random, x: float, y: float, label: str, *, size: float = 0.12) -> Box:
    shake = chance.uniform(-0.003, 0.003)
    left, top = max(0.0, x - size / 2 + shake), max(0.0, y - size)
    return Box(label, round(chance.uniform(0.15, 0.95), 3), 1, left, top, min(1.0, left + size), max(top + 0.02, y))


def received(observations: Iterator[Observation]) -> list[Observation]:
    def order(one: Observation) -> tuple[Any, ...]:
        at = one.captured_at if isinstance(one, Frame) else getattr(one, "measured_at", one.received_at)
        name = one.camera_id if isinstance(one, Frame) else one.device_id
        return (one.received_at, at, name, str(getattr(one, "quantity", "")))

    return sorted(observations, key=order)


def long_way(recording: MemoryRecording, configuration: Configuration, question: Question) -> list[Raised]:
    alerts = replay(recording, configuration, grids=question.grids, since=question.since, until=question.until)
    found = [raised_of(one) for one in alerts if asked(question, configuration.city, one)]
    return sorted(found, key=lambda one: (one.raised_at, one.rule, one.subject))


def question_of(rule: str, since_s: float, until_s: float, *, subjects: frozenset[str] | None = None) -> Question:
    return Question(
        rules=frozenset({rule}),
        grids=None,
        subjects=subjects,
        since=START + timedelta(seconds=since_s),
        until=START + timedelta(seconds=until_s),
    )


def recording_of(observations: list[Observation]) -> MemoryRecording:
    return MemoryRecording(TOWN, observations, since=START, until=START + timedelta(seconds=LASTS_S + 60))


TELEMETRY = {
    "water.pressure": {
        "water.pressure.low_kpa": st.floats(100, 310),
        "water.pressure.raise_after_s": st.floats(0, 300),
    },
    "water.quality": {"water.quality.turbidity_ntu": st.floats(1, 4), "water.quality.raise_after_s": st.floats(0, 200)},
    "water.burst": {"water.burst.fall_kpa": st.floats(10, 170), "water.burst.window_s": st.floats(60, 900)},
    "gas.leak": {"gas.leak.rise_pct_lel": st.floats(2, 20), "gas.leak.raise_after_s": st.floats(0, 60)},
    "gas.pressure": {"gas.pressure.raise_after_s": st.floats(0, 200)},
    "drainage.level": {"drainage.level.rise_m": st.floats(0.3, 1.0), "drainage.level.raise_after_s": st.floats(0, 200)},
}
STAYS = {
    "dwell_s": st.floats(20, 400),
    "box_floor": st.floats(0.05, 0.24),
    "presence": st.floats(0.0, 0.9),
    "occlusion_s": st.floats(0, 120),
    "clear_after_s": st.floats(0, 90),
    "swap_s": st.floats(0, 60),
    "gap_s": st.floats(1, 60),
    "drift": st.floats(0.1, 1.0),
}


@pytest.mark.parametrize("rule", sorted(TELEMETRY))
@settings(max_examples=12)
@given(data=st.data(), seed=st.integers(0, 10_000))
def test_telemetry_judged_by_episodes_is_as_replayed(rule: str, data: st.DataObject, seed: int) -> None:
    changes = {path: data.draw(values) for path, values in TELEMETRY[rule].items()}
    recording = recording_of(received(telemetry(random.Random(seed))))
    question = question_of(rule, data.draw(st.sampled_from((0, 1800))), data.draw(st.sampled_from((3600, LASTS_S))))
    configuration = with_thresholds(TOWN, changes)
    assert judging_of(recording, question).judge(configuration) == long_way(recording, configuration, question)


@pytest.mark.parametrize("rule", sorted(engine.PLACES))
@pytest.mark.parametrize("looks", [False, True])
@settings(max_examples=12)
@given(data=st.data(), seed=st.integers(0, 10_000))
def test_stays_judged_by_episodes_are_as_replayed(rule: str, looks: bool, data: st.DataObject, seed: int) -> None:
    section = rule
    chosen = data.draw(st.sets(st.sampled_from(sorted(STAYS)), max_size=3))
    changes = {f"{section}.{name}": data.draw(STAYS[name]) for name in chosen}
    recording = recording_of(received(street(random.Random(seed), looks=looks)))
    question = question_of(rule, data.draw(st.sampled_from((0, 1800))), data.draw(st.sampled_from((3600, LASTS_S))))
    configuration = with_thresholds(TOWN, changes)
    assert judging_of(recording, question).judge(configuration) == long_way(recording, configuration, question)


@pytest.mark.parametrize("rule", sorted(engine.PLACES))
@settings(max_examples=12)
@given(data=st.data(), seed=st.integers(0, 10_000))
def test_stays_under_overrides_of_zones_are_as_replayed(rule: str, data: st.DataObject, seed: int) -> None:
    recording = recording_of(received(street(random.Random(seed), looks=True)))
    question = question_of(rule, data.draw(st.sampled_from((0, 1800))), data.draw(st.sampled_from((3600, LASTS_S))))
    overrides = []
    for number in range(data.draw(st.integers(1, 2))):
        chosen = data.draw(st.sets(st.sampled_from(sorted(STAYS)), min_size=1, max_size=3))
        values: dict[str, Any] = {f"{rule}.{name}": data.draw(STAYS[name]) for name in chosen}
        selected: dict[str, list[str]] = data.draw(
            st.sampled_from(({"zones": ["z1", "z3"]}, {"zones": ["z2", "z3"]}, {"cameras": ["cam"]}))
        )
        if "cameras" in selected and data.draw(st.booleans()):
            values["camera.moved.moved_after_s"] = data.draw(st.floats(1, 120))
        overrides.append({"name": f"no. {number}", **selected, "set": values})
    thresholds = Thresholds.model_validate(TOWN.thresholds.model_dump(mode="json") | {"overrides": overrides})
    configuration = Configuration(TOWN.city, thresholds, config_version(TOWN.city, thresholds))
    judging = judging_of(recording, question)
    for candidate in (configuration, TOWN, configuration):
        assert judging.judge(candidate) == long_way(recording, candidate, question)


def test_what_looks_let_through_before_the_beginning_is_not_raised_again() -> None:
    quantities = (Quantity.VIEW_LOST_PCT, Quantity.VIEW_SHARPNESS_PCT, Quantity.VIEW_SHIFT_PCT)
    heard: list[Observation] = []
    for second in range(0, 2400, 2):
        at = START + timedelta(seconds=second)
        car = (Box("car", 0.9, 1, 0.4, 0.5, 0.6, 0.7),) if 400 <= second < 600 or second >= 2000 else ()
        heard.append(Frame("cam", at, car, at))
        if second % 10 == 0:
            looked = at + timedelta(seconds=1)
            values = zip(quantities, (5.0, 90.0, 0.2), strict=True)
            heard += [Reading("cam", quantity, value, looked, looked) for quantity, value in values]
    was = with_thresholds(TOWN, {"parking.illegal.dwell_s": 3600})
    recording = MemoryRecording(TOWN, heard, since=START, until=START + timedelta(seconds=2400), was=was)
    question, candidate = (
        question_of("parking.illegal", 900, 2400),
        with_thresholds(TOWN, {"parking.illegal.dwell_s": 60}),
    )
    raised = judging_of(recording, question).judge(candidate)
    assert raised == long_way(recording, candidate, question)
    assert len(raised) == 1


@pytest.mark.parametrize("rule", ["camera.lost", "camera.moved"])
@settings(max_examples=12)
@given(data=st.data(), seed=st.integers(0, 10_000))
def test_what_befalls_a_camera_is_found_as_in_a_replay(rule: str, data: st.DataObject, seed: int) -> None:
    changes = data.draw(
        st.fixed_dictionaries(
            {
                "camera.lost.after_s": st.floats(10, 600),
                "camera.lost.clear_after_s": st.floats(0, 120),
                "camera.moved.moved_after_s": st.floats(1, 300),
                "camera.moved.gap_s": st.floats(10, 300),
            }
        )
    )
    recording = recording_of(received(street(random.Random(seed), looks=True)))
    question = question_of(rule, data.draw(st.sampled_from((0, 1800))), data.draw(st.sampled_from((3600, LASTS_S))))
    configuration = with_thresholds(TOWN, changes)
    assert judging_of(recording, question).judge(configuration) == long_way(recording, configuration, question)


def test_a_judging_keeps_what_it_loaded_and_can_be_cancelled() -> None:
    recording = recording_of(received(telemetry(random.Random(3))))
    judging = judging_of(recording, question_of("gas.leak", 0, LASTS_S))
    first = judging.judge(TOWN)
    assert first
    recording.pairs.clear()
    assert judging.judge(TOWN) == first, "it was loaded once"
    assert isinstance(judging, Warm)
    assert judging.bytes > 0

    def no_more(_: Progress) -> None:
        raise Cancelled

    with pytest.raises(Cancelled):
        judging.judge(TOWN, told=no_more)


def test_what_takes_more_memory_than_is_allowed_is_refused_with_words() -> None:
    recording = recording_of(received(telemetry(random.Random(3))))
    judging = judging_of(recording, question_of("gas.leak", 0, LASTS_S), most_bytes=100)
    with pytest.raises(TooLarge, match="ask for a shorter span"):
        judging.judge(TOWN)


@pytest.mark.parametrize("rule", ["sensor.fault", "device.silent", "water.leak", "camera.lost", "water.unusual"])
def test_every_other_rule_finds_what_a_replay_of_the_town_finds(rule: str) -> None:
    chance = random.Random(5)
    recording = recording_of(received(chain(telemetry(chance), street(chance, looks=False))))
    question = question_of(rule, 600, 5000)
    configuration = with_thresholds(TOWN, {"sensor.fault.impossible_after_s": 5, "device.silent.at_least_s": 20})
    assert judging_of(recording, question).judge(configuration) == long_way(recording, configuration, question)


def test_a_change_of_how_long_stragglers_are_waited_for_is_judged_anew() -> None:
    recording = recording_of(received(telemetry(random.Random(8))))
    question = question_of("gas.leak", 0, LASTS_S)
    judging = judging_of(recording, question)
    judging.judge(TOWN)
    patient = with_thresholds(TOWN, {"lateness_s.gas": 5.0})
    assert judging.judge(patient) == long_way(recording, patient, question)
