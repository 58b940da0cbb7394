"""Each short cut of the workbench finds what a replay finds: leaks, faults, silences, lamps, and zones of their own."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.thresholds import Thresholds
from hub.config.load import Configuration, config_version
from hub.tuning.candidate import with_thresholds
from hub.tuning.judging import Question, Raised, judging_of, raised_of
from hub.tuning.warm import replayed
from ingest.city import Circuit, City, Device, DeviceKind, Grid
from ingest.observation import Observation, Quantity, Reading, Status
from tests.support.memory_recording import MemoryRecording

START = datetime(2026, 11, 22, 16, tzinfo=UTC)  # midnight in the city
LASTS_S = 5400
NIGHTS = 12

LAWS = settings(max_examples=15)


def configured(city: City, thresholds: Thresholds | None = None) -> Configuration:
    found = thresholds or Thresholds()
    return Configuration(city, found, config_version(city, found))


def town() -> City:
    """Two gateways, one with lamps of two circuits behind it; mains and a drain, some of them by themselves."""

    def device(name: str, kind: DeviceKind, **more: Any) -> Device:
        return Device(device_id=name, kind=kind, grid="01", interval_s=20.0, **more)

    behind = [
        device(f"lamp{n}", DeviceKind.STREETLIGHT, gateway_id="gw1", circuit_id="c1" if n < 6 else "c2",
               rated_power_w=90.0)
        for n in range(9)
    ]  # fmt: skip
    water = [device(f"main{n}", DeviceKind.WATER, gateway_id="gw2" if n < 3 else None) for n in range(5)]
    others = [
        device("gw1", DeviceKind.GATEWAY),
        device("gw2", DeviceKind.GATEWAY),
        device("drain", DeviceKind.DRAINAGE),
        device("solo", DeviceKind.STREETLIGHT),
    ]
    lit = ((time(0, 10), time(0, 40)), (time(0, 50), time(1, 5)))
    return City(
        name="Testcity",
        timezone="Asia/Shanghai",
        latitude=30.25,
        longitude=120.17,
        grids={"01": Grid(grid_id="01", name="One")},
        devices={one.device_id: one for one in (*behind, *water, *others)},
        circuits={
            "c1": Circuit(circuit_id="c1", grid="01", lamps=tuple(f"lamp{n}" for n in range(6)), lit=lit),
            "c2": Circuit(circuit_id="c2", grid="01", lamps=("lamp6", "lamp7", "lamp8")),
        },
        cameras={},
    )


CITY = town()
QUICK = {
    "sensor.fault.frozen_after_s": 300,
    "device.silent.at_least_s": 60,
    "streetlight.circuit_out.raise_after_s": 30,
    "streetlight.lamp_out.raise_after_s": 90,
    "streetlight.day_burning.raise_after_s": 60,
    "streetlight.day_burning.clear_after_s": 60,
    "streetlight.voltage.raise_after_s": 60,
    "streetlight.burning.margin_min": 3,
}
TOWN = with_thresholds(configured(CITY), QUICK)


def told(chance: random.Random) -> Iterator[Observation]:
    """Devices that fall silent and come back, alone and with their gateway; sensors that freeze or go mad; lamps."""
    silent_until: dict[str, float] = {}
    stuck: dict[tuple[str, Quantity], float] = {}
    mode: dict[str, str] = {}
    on: dict[str, bool] = {name: True for name in CITY.devices}
    for second in range(0, LASTS_S, 20):
        for name in ("gw1", "gw2", *CITY.devices):
            if chance.random() < (0.02 if name.startswith("gw") else 0.004):
                silent_until[name] = second + chance.choice((30, 70, 140, 400, 1500))
        for circuit in ("c1", "c2"):
            if chance.random() < 0.02:
                now, share = chance.choice(("well", "well", "dark", "bright", "low")), chance.choice((0.5, 0.7, 1.0))
                mode |= {
                    name: now
                    for name, one in CITY.devices.items()
                    if one.circuit_id == circuit and chance.random() < share
                }
        for name, device in CITY.devices.items():
            hushed = max(silent_until.get(name, 0), silent_until.get(device.gateway_id or "", 0)) > second
            at = START + timedelta(seconds=second + (0 if chance.random() < 0.7 else chance.choice((1, 3))))
            delay_s = chance.choice((0.1, 0.1, 0.1, 2.0, 40.0 if chance.random() < 0.05 else 0.2))
            received = at + timedelta(seconds=delay_s)
            if chance.random() < 0.004:
                online, retained = chance.random() < 0.4, chance.random() < 0.3
                yield Status(name, online, at, received, retained, "" if online else f"reason {second % 3}")
            if hushed or chance.random() < 0.03 or device.kind is DeviceKind.GATEWAY:
                continue
            if chance.random() < 0.008:
                mode[name] = chance.choice(("well", "well", "dark", "bright", "low"))
            for quantity, value in measured(chance, name, device.kind, mode.get(name, "well"), on):
                key = (name, quantity)
                if key in stuck and chance.random() < 0.03:
                    del stuck[key]
                elif chance.random() < 0.01:
                    stuck[key] = chance.choice((value, value, 0.0, -5.0, 1e6))
                yield Reading(name, quantity, stuck.get(key, value), at, received)


def measured(
    chance: random.Random, name: str, kind: DeviceKind, mode: str, on: dict[str, bool]
) -> Iterator[tuple[Quantity, float]]:
    if kind is DeviceKind.WATER:
        yield Quantity.PRESSURE_KPA, round(300 + chance.random(), chance.choice((1, 3)))
        yield Quantity.FLOW_L_S, round(10 + chance.random(), chance.choice((1, 3)))
    elif kind is DeviceKind.DRAINAGE:
        yield Quantity.LEVEL_M, round(0.5 + chance.random() / 10, 2)
    else:
        if name in ("lamp0", "lamp1", "lamp7"):
            on[name] ^= chance.random() < 0.02
            if chance.random() < 0.6:
                yield Quantity.LAMP_ON, float(on[name])
        power = {"dark": 0.5, "bright": 90.0}.get(
            mode, chance.choice((88.0, 88.0, 0.5, 40.0)) if name == "solo" else 88.0
        )
        yield Quantity.POWER_W, power + round(chance.random(), 3)
        yield Quantity.VOLTAGE_V, (180.0 if mode == "low" else 221.0) + round(chance.random(), 3)


def in_order(observations: Iterator[Observation]) -> list[Observation]:
    def order(one: Observation) -> tuple[Any, ...]:
        is_reading = isinstance(one, Reading)
        at = one.measured_at if isinstance(one, Reading) else one.received_at
        return (one.received_at, is_reading, at, getattr(one, "device_id", ""), str(getattr(one, "quantity", "")))

    # Of two measurements of one quantity at one instant the second is no news to any hub.
    return list({order(one)[1:]: one for one in sorted(observations, key=order)}.values())


def long_way(recording: MemoryRecording, configuration: Configuration, question: Question) -> list[Raised]:
    found = [raised_of(one) for one in replayed(recording, configuration, question)]
    return sorted(found, key=lambda one: (one.raised_at, one.rule, one.subject))


def asked(rules: set[str], since_s: float, until_s: float, *, subjects: frozenset[str] | None = None) -> Question:
    return Question(
        rules=frozenset(rules),
        grids=None,
        subjects=subjects,
        since=START + timedelta(seconds=since_s),
        until=START + timedelta(seconds=until_s),
    )


def recorded(seed: int, *, deaf: bool) -> MemoryRecording:
    chance = random.Random(seed)
    end = START + timedelta(seconds=LASTS_S + 60)
    spans = []
    if deaf:
        spans = [
            (START + timedelta(seconds=second), START + timedelta(seconds=second + 200)) for second in (1900, 4000)
        ]
    was = with_thresholds(TOWN, {"sensor.fault.frozen_after_s": 600, "device.silent.at_least_s": 90})
    heard = [
        one for one in in_order(told(chance)) if not any(begin <= one.received_at < until for begin, until in spans)
    ]
    return MemoryRecording(TOWN, heard, since=START, until=end, was=was, deaf=spans)


CHANGES: dict[str, dict[str, st.SearchStrategy[Any]]] = {
    "device.silent": {
        "device.silent.at_least_s": st.floats(20, 400),
        "device.silent.intervals": st.floats(1.5, 10),
        "device.silent.status_grace_s": st.floats(1, 120),
    },
    "sensor.fault": {
        "sensor.fault.frozen_after_s": st.floats(60, 900),
        "sensor.fault.impossible_after_s": st.floats(0, 120),
        "sensor.fault.clear_after_s": st.floats(0, 120),
        "sensor.fault.gap_s": st.floats(1, 300),
    },
    "streetlight.lamp_out": {
        "streetlight.lamp_out.raise_after_s": st.floats(31, 400),
        "streetlight.burning.off_share": st.floats(0.05, 0.3),
        "streetlight.burning.obey_command": st.booleans(),
        "streetlight.circuit_out.min_lamps": st.integers(2, 5),
    },
    "streetlight.circuit_out": {
        "streetlight.circuit_out.share": st.floats(0.5, 1.0),
        "streetlight.circuit_out.heard_share": st.floats(0.1, 1.0),
        "streetlight.circuit_out.raise_after_s": st.sampled_from((0, 30)),
        "streetlight.circuit_out.window_s": st.floats(1, 300),
        "streetlight.circuit_out.min_lamps": st.integers(2, 5),
        "streetlight.burning.command_valid_s": st.floats(60, 900),
    },
    "streetlight.day_burning": {
        "streetlight.day_burning.raise_after_s": st.floats(0, 400),
        "streetlight.burning.margin_min": st.floats(0, 8),
        "streetlight.burning.command_margin_s": st.floats(0, 300),
    },
    "streetlight.voltage": {
        "streetlight.voltage.low_v": st.floats(179, 222),
        "streetlight.voltage.gap_s": st.floats(1, 300),
    },
}


def drawn(data: st.DataObject, strategies: Mapping[str, st.SearchStrategy[Any]]) -> dict[str, Any]:
    chosen = data.draw(st.sets(st.sampled_from(sorted(strategies)), min_size=1, max_size=3))
    return {path: data.draw(strategies[path]) for path in sorted(chosen)}


def answers_are_the_same(recording: MemoryRecording, question: Question, *candidates: Configuration) -> int:
    judging, found = judging_of(recording, question), 0
    for candidate in candidates:
        raised = judging.judge(candidate)
        assert raised == long_way(recording, candidate, question)
        found += len(raised)
    return found


@pytest.mark.parametrize("rule", sorted(CHANGES))
@LAWS
@given(data=st.data(), seed=st.integers(0, 10_000))
def test_what_is_shown_in_part_is_found_as_in_a_replay(rule: str, data: st.DataObject, seed: int) -> None:
    recording = recorded(seed, deaf=data.draw(st.booleans()))
    question = asked({rule}, data.draw(st.sampled_from((0, 2400))), data.draw(st.sampled_from((4500, LASTS_S))))
    answers_are_the_same(recording, question, with_thresholds(TOWN, drawn(data, CHANGES[rule])))


@pytest.mark.parametrize("rule", sorted(CHANGES))
def test_those_stories_hold_something_to_find(rule: str) -> None:
    assert answers_are_the_same(recorded(3, deaf=False), asked({rule}, 1200, LASTS_S), TOWN)


def nights(chance: random.Random) -> Iterator[Observation]:
    """Flows of a dozen nights, some with a leak that begins and ends, some hardly measured; days now and then."""
    leaking = {name: 0.0 for name in ("main0", "main1", "main2")}
    gone_until = 0.0
    for minute in range(0, NIGHTS * 1440, 15):
        hour = minute / 60 % 24
        if chance.random() < 0.002:
            gone_until = minute + chance.choice((60, 300, 2000))
        for name in leaking:
            if minute % 1440 == 0 and chance.random() < 0.3:
                leaking[name] = chance.choice((0.0, 0.0, 4.0, 12.0))
            if minute < gone_until or chance.random() < 0.05:
                continue
            value = chance.choice((-1.0, 1e6)) if chance.random() < 0.003 else leaking[name] + chance.uniform(5, 6)
            value += 20 * (6 < hour < 23)
            at = START + timedelta(minutes=minute, seconds=chance.choice((0, 0, 7)))
            late_s = 5.0 if chance.random() < 0.02 else 0.2
            yield Reading(name, Quantity.FLOW_L_S, round(value, 3), at, at + timedelta(seconds=late_s))


LEAKS: dict[str, st.SearchStrategy[Any]] = {
    "water.leak.factor": st.floats(1.2, 3),
    "water.leak.above_l_s": st.floats(0, 5),
    "water.leak.nights": st.integers(3, 10),
    "water.leak.min_nights": st.integers(1, 3),
    "water.leak.from_hour": st.sampled_from((0.0, 1.5, 2.0)),
    "water.leak.to_hour": st.sampled_from((3.0, 4.0, 24.0)),
    "water.leak.coverage": st.floats(0.1, 1.0),
    "sensor.fault.ranges.flow_l_s.low": st.floats(-5, 5),
}
SLOW = configured(replace(CITY, devices={n: replace(one, interval_s=900.0) for n, one in CITY.devices.items()}))


@LAWS
@given(data=st.data(), seed=st.integers(0, 10_000))
def test_leaks_are_found_by_their_nights_alone(data: st.DataObject, seed: int) -> None:
    heard = in_order(nights(random.Random(seed)))
    end = START + timedelta(days=NIGHTS)
    recording = MemoryRecording(SLOW, heard, since=START, until=end)
    since_s = data.draw(st.sampled_from((0, 5 * 86400, 5 * 86400 + 3 * 3600, 8 * 86400 + 4 * 3600)))
    question = asked({"water.leak"}, since_s, data.draw(st.sampled_from((10, 11, 12))) * 86400)
    answers_are_the_same(recording, question, SLOW, with_thresholds(SLOW, drawn(data, LEAKS)))


def test_there_are_leaks_to_be_found_in_those_nights() -> None:
    recording = MemoryRecording(
        SLOW, in_order(nights(random.Random(4))), since=START, until=START + timedelta(days=NIGHTS)
    )
    assert answers_are_the_same(recording, asked({"water.leak"}, 6 * 86400, NIGHTS * 86400), SLOW)


EVERYTHING = {path: value for changes in CHANGES.values() for path, value in changes.items()}


@LAWS
@given(data=st.data(), seed=st.integers(0, 10_000))
def test_a_candidate_may_change_several_things_for_some_alone(data: st.DataObject, seed: int) -> None:
    changes = {path: value for path, value in drawn(data, EVERYTHING).items() if "ranges" not in path}
    selected = data.draw(
        st.sampled_from(({"devices": ["main0", "main4", "drain"]}, {"circuits": ["c1"]}, {"grids": ["01"]}))
    )
    local = {
        path: value
        for path, value in drawn(data, EVERYTHING).items()
        if path.partition(".")[0] in ("device", "sensor") or "devices" not in selected
    }
    document = with_thresholds(TOWN, changes).thresholds.model_dump(mode="json")
    if local:
        document["overrides"] = [{"name": "some", **selected, "set": local}]
    candidate = configured(CITY, Thresholds.model_validate(document))
    rules = data.draw(st.sets(st.sampled_from(sorted(CHANGES)), min_size=1, max_size=4))
    subjects = data.draw(st.sampled_from((None, frozenset({"main0", "lamp1", "gw1"}))))
    question = asked(rules, 1200, LASTS_S, subjects=subjects)
    answers_are_the_same(recorded(seed, deaf=False), question, candidate, TOWN)


def test_who_only_passes_on_what_others_say_is_not_missed() -> None:
    judging = judging_of(recorded(2, deaf=False), asked({"device.silent"}, 1200, LASTS_S))
    judging.judge(TOWN)
    assert not any("gw1" in said or "nothing" in said for said in judging.limits())


def test_a_sensor_that_freezes_at_the_value_last_seen_before_a_rest_froze_when_it_did() -> None:
    def value(second: int) -> float:
        frozen = {600: 5.0, 2400: 6.0, 4000: 7.0}
        stuck = next((found for begin, found in frozen.items() if begin <= second < begin + 500), None)
        return stuck if stuck is not None else 6.0 + second // 20 % 2

    at = {second: START + timedelta(seconds=second) for second in range(0, LASTS_S, 20)}
    heard: list[Observation] = [Reading("main4", Quantity.PRESSURE_KPA, value(n), at[n], at[n]) for n in at]
    recording = MemoryRecording(TOWN, heard, since=START, until=START + timedelta(seconds=LASTS_S))
    assert answers_are_the_same(recording, asked({"sensor.fault"}, 300, LASTS_S), TOWN) == 3


def test_two_lamps_of_six_are_not_taken_for_the_circuit_because_the_others_were_not_shown() -> None:
    heard: list[Observation] = []
    for second in range(0, LASTS_S, 20):
        for number in range(6):
            at = START + timedelta(seconds=second + 3 * number)
            is_dark = number < 2 and 1500 <= second < 1800
            heard.append(Reading(f"lamp{number}", Quantity.POWER_W, 0.2 if is_dark else 88.0 + second / 1e4, at, at))
    candidate = with_thresholds(
        TOWN,
        {
            "streetlight.circuit_out.min_lamps": 2,
            "streetlight.circuit_out.share": 0.9,
            "streetlight.circuit_out.heard_share": 0.1,
            "streetlight.circuit_out.raise_after_s": 0,
        },
    )
    recording = MemoryRecording(TOWN, heard, since=START, until=START + timedelta(seconds=LASTS_S))
    question = asked({"streetlight.circuit_out", "streetlight.lamp_out"}, 900, LASTS_S)
    assert answers_are_the_same(recording, question, candidate) == 2


def test_a_night_before_the_beginning_is_remembered_and_not_judged_by_other_thresholds() -> None:
    at = {minute: START + timedelta(minutes=minute) for minute in range(0, NIGHTS * 1440, 15)}
    heard: list[Observation] = [
        Reading("main4", Quantity.FLOW_L_S, 7.0 if minute >= 7 * 1440 else 5.0, at[minute], at[minute]) for minute in at
    ]
    recording = MemoryRecording(SLOW, heard, since=START, until=START + timedelta(days=NIGHTS))
    candidate = with_thresholds(SLOW, {"water.leak.factor": 1.25, "water.leak.clear_factor": 1.1})
    question = asked({"water.leak"}, 8.5 * 86400, 11 * 86400)
    assert answers_are_the_same(recording, question, candidate) == 1
    assert not judging_of(recording, question).judge(SLOW)


def test_what_is_loaded_beyond_what_detectors_remember_does_not_count() -> None:
    at = [START + timedelta(minutes=minute) for minute in range(0, 24 * 60)]
    heard: list[Observation] = [Reading("main4", Quantity.PRESSURE_KPA, 5.0, one, one) for one in at]
    was = with_thresholds(TOWN, {"sensor.fault.frozen_after_s": 2 * 86400})
    recording = MemoryRecording(TOWN, heard, since=START, until=START + timedelta(days=1), was=was)
    candidate = with_thresholds(TOWN, {"sensor.fault.frozen_after_s": 7200})
    question = asked({"sensor.fault"}, 12 * 3600, 24 * 3600)
    assert answers_are_the_same(recording, question, candidate) == 1
