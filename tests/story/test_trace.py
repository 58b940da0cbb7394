"""Why an alert was raised or none was: a trace must say what the detectors themselves went by."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import time
from typing import Any

import pytest

from detectors.rules import RULES
from detectors.thresholds import Thresholds
from hub.tuning.candidate import with_thresholds
from hub.tuning.replay import replay
from hub.tuning.trace.explain import explainers
from hub.tuning.trace.request import LONGEST, Request, TooLong, trace
from hub.tuning.trace.scope import UnknownRule
from hub.tuning.trace.watching import SILENCE
from ingest.city import City, DeviceKind, TimeWindow, Zone, ZoneKind
from ingest.observation import Box, Frame, Observation, Quantity, Status
from tests.support import stories
from tests.support.folding import START, city_of, instant, lamp_city, reading
from tests.support.tracing import Heard, ListRecording, configured

PRESSURE, FLOW = Quantity.PRESSURE_KPA, Quantity.FLOW_L_S
WHOLE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
KERB = Zone(zone_id="kerb", camera_id="cam-1", kind=ZoneKind.NO_PARKING, polygon=WHOLE, dwell_s=20)
STREET = stories.small_city(KERB)


def ask(
    city: City,
    received: Iterable[Observation],
    rule: str,
    subject: str,
    at_s: float = 300.0,
    *,
    thresholds: Thresholds | None = None,
    heard: list[Heard] | None = None,
    **more: Any,
) -> dict[str, Any]:
    asked = {"around_s": 300.0, "wants_what_if": False} | more
    request = Request(rule=rule, subject=subject, at=instant(at_s), **asked)
    return trace(ListRecording(received, heard=heard), configured(city, thresholds), request)


def pressures(values: Iterable[float], device: str = "w1") -> list[Observation]:
    return [reading(device, 10.0 * n, PRESSURE, value) for n, value in enumerate(values)]


def frames(*shown: tuple[float, float, float | None], every_s: float = 0.5) -> list[Observation]:
    """Return frames of a kerb: (from, to, confidence of the car, None where it is not there)."""
    found: list[Observation] = []
    for begins, ends, confidence in shown:
        for n in range(int((ends - begins) / every_s)):
            boxes = () if confidence is None else (stories.box(0.5, 0.5, confidence=confidence),)
            at = instant(begins + n * every_s)
            found.append(Frame("cam-1", at, boxes, at))
    return found


def test_every_rule_is_explained() -> None:
    assert set(explainers()) | set(SILENCE) == set(RULES)


def test_a_pressure_that_came_back_too_soon_says_when_it_would_have_been_raised() -> None:
    low = pressures([300.0] * 10 + [90.0] * 4 + [300.0] * 40)
    found = ask(city_of(DeviceKind.WATER, "w1"), low, "water.pressure", "w1", 120.0)
    assert not found["is_raised"]
    assert found["text_en"].startswith(
        "it would have been raised at 00:03:40, but at 00:02:20 pressure 300 kPa is not below 140 kPa for "
    )
    assert "已持续 30 秒，需 120 秒" in found["text_zh"]
    assert [one["state"] for one in found["states"]] == ["quiet", "pending", "quiet"]


def test_a_raised_alert_is_the_one_that_a_replay_raises() -> None:
    low = pressures([300.0] * 10 + [90.0] * 40)
    city = city_of(DeviceKind.WATER, "w1")
    found = ask(city, low, "water.pressure", "w1")
    (replayed,) = [
        alert
        for alert in replay(ListRecording(low), configured(city), grids=None, since=instant(0), until=instant(601))
        if alert.rule == "water.pressure"
    ]
    assert found["is_raised"]
    assert [one["alert_id"] for one in found["raised"]] == [str(replayed.alert_id)]
    assert replayed.reason.text in found["text_en"]
    assert {"at": replayed.raised_at.isoformat(), "name": "low"}.items() <= next(
        one for one in found["predicates"] if one["at"] == replayed.raised_at.isoformat()
    ).items()


def test_an_alert_is_told_by_the_reason_it_was_raised_for_not_by_how_it_went_on() -> None:
    methane = [
        reading("g1", 10.0 * n, Quantity.METHANE_PCT_LEL, 1.0 if n < 10 else 30.0 if n < 20 else 60.0)
        for n in range(40)
    ]
    found = ask(city_of(DeviceKind.GAS, "g1"), methane, "gas.leak", "g1", 200.0)
    assert "30 %LEL" in found["text_en"]
    assert "60 %LEL" not in found["text_en"]


def test_a_box_that_faded_below_the_floor_is_named_with_its_confidence() -> None:
    shown = frames((0, 15, 0.8), (15, 30, 0.05), (30, 40, None))
    found = ask(STREET, shown, "parking.illegal", "kerb@0.50,0.50", 15.0, around_s=20.0)
    assert found["text_en"] == (
        "it would have been raised at 00:00:20, but at 00:00:15 the box's confidence 0.05 does not reach 0.1 for 14 s "
        "(it had lasted 15 of 20 s)"
    )


def test_a_stay_that_lasted_but_was_too_faint_says_which_figure_failed() -> None:
    found = ask(STREET, frames((0, 60, 0.15)), "parking.illegal", "kerb", 30.0, around_s=30.0)
    assert found["text_en"] == "it reached its 20 s at 00:00:20, but its median confidence 0.15 does not reach 0.25"


def test_the_smallest_change_that_would_have_raised_it_raises_it_and_half_of_it_does_not() -> None:
    shown = frames((0, 60, 0.15))
    found = ask(STREET, shown, "parking.illegal", "kerb", 30.0, around_s=30.0, wants_what_if=True)
    best = found["what_if"][0]
    assert best["path"] == "parking.illegal.confidence"

    def raises(value: float) -> bool:
        changed = with_thresholds(configured(STREET), {best["path"]: value})
        request = Request(rule="parking.illegal", subject="kerb", at=instant(30), around_s=30.0, wants_what_if=False)
        return bool(trace(ListRecording(shown), changed, request)["is_raised"])

    assert raises(best["to"])
    assert not raises((best["to"] + best["value"]) / 2)


def test_an_override_is_what_the_place_is_held_against_and_what_is_tried() -> None:
    override = {"name": "kerb", "zones": ["kerb"], "set": {"parking.illegal.confidence": 0.7}}
    thresholds = Thresholds.model_validate({"overrides": [override]})
    both = stories.small_city(KERB, replace(KERB, zone_id="other", polygon=((0.0, 0.0), (0.1, 0.0), (0.1, 0.1))))
    found = ask(both, frames((0, 60, 0.5)), "parking.illegal", "kerb", 30.0, around_s=30.0, wants_what_if=True,
                thresholds=thresholds)  # fmt: skip
    assert found["text_en"] == "it reached its 20 s at 00:00:20, but its median confidence 0.5 does not reach 0.7"
    assert found["what_if"][0]["path"] == "overrides[kerb].parking.illegal.confidence"


def test_a_closed_schedule_is_told() -> None:
    closed = replace(KERB, active=(TimeWindow(hours=(time(8), time(9))),))
    found = ask(stories.small_city(closed), frames((0, 60, 0.8)), "parking.illegal", "kerb", 30.0, around_s=30.0)
    assert "standing here is allowed now" in found["text_en"]


def test_frames_that_are_withheld_because_the_camera_was_moved_are_told() -> None:
    look = (Quantity.VIEW_LOST_PCT, Quantity.VIEW_SHARPNESS_PCT, Quantity.VIEW_SHIFT_PCT)
    looks = [
        reading("cam-1", 2.0 * n, what, value) for n in range(60) for what, value in zip(look, (5, 90, 40), strict=True)
    ]
    found = ask(STREET, [*frames((0, 120, 0.8)), *looks], "parking.illegal", "kerb", 90.0, around_s=25.0)
    assert "the camera's view is off (moved)" in found["text_en"]
    assert found["counts"]["withheld"] > 0


@pytest.mark.parametrize(
    ("rule", "subject", "why"),
    [
        ("water.pressure", "w2", "w2 is not configured, so nobody judges it"),
        ("gas.leak", "w1", "w1 is a water device, which gas.leak does not judge"),
        ("parking.illegal", "w1", "w1 is a device, which parking.illegal does not judge"),
    ],
)
def test_a_subject_that_the_rule_cannot_have_is_refused_in_words(rule: str, subject: str, why: str) -> None:
    found = ask(city_of(DeviceKind.WATER, "w1"), [], rule, subject)
    assert found["text_en"].startswith(why)
    assert found["text_zh"]


def test_a_rule_that_is_none_and_a_span_too_long_are_refused() -> None:
    with pytest.raises(UnknownRule, match=r"water\.pressure"):
        ask(city_of(DeviceKind.WATER, "w1"), [], "water.presure", "w1")
    with pytest.raises(TooLong):
        ask(city_of(DeviceKind.WATER, "w1"), [], "water.pressure", "w1", around_s=LONGEST.total_seconds())


def test_a_rule_switched_off_a_deaf_hub_and_no_input_are_told_apart() -> None:
    city = city_of(DeviceKind.WATER, "w1")
    off = Thresholds.model_validate({"water": {"pressure": {"enabled": False}}})
    low = pressures([90.0] * 60)
    assert "switched off" in ask(city, low, "water.pressure", "w1", thresholds=off)["text_en"]
    assert "listened to nobody" in ask(city, [], "water.pressure", "w1", heard=[])["text_en"]
    assert ask(city, [], "water.pressure", "w1")["text_en"].startswith("nothing of it is on record in that time")


def test_impossible_and_late_observations_are_counted() -> None:
    city = city_of(DeviceKind.WATER, "w1")
    wild = pressures([300.0] * 20 + [99999.0] * 3 + [300.0] * 20)
    late = replace(reading("w1", 55.0, PRESSURE, 90.0), received_at=instant(200.0))
    found = ask(city, [*wild, late], "water.pressure", "w1")
    assert found["counts"]["impossible"] == 3
    assert found["counts"]["late"] == 1
    assert any("cannot be" in one["text_en"] for one in found["facts"])
    assert any("too late" in one["text_en"] for one in found["facts"])


def test_a_silence_that_ended_in_time_names_the_longest() -> None:
    city = city_of(DeviceKind.WATER, "w1")
    spoken = [reading("w1", float(t), PRESSURE, 300.0) for t in (*range(0, 100, 10), *range(145, 600, 10))]
    found = ask(city, [reading("w1", -t, PRESSURE, 300.0) for t in range(10, 4000, 10)] + spoken, "device.silent", "w1",
                200.0, around_s=190.0)  # fmt: skip
    assert found["text_en"] == "the longest silence ended at 00:02:25: the silence of 55 s is not above 60 s"


def test_a_gateway_that_is_silent_as_a_whole_is_why_its_device_raises_nothing() -> None:
    city = STREET
    lamps = [reading(f"lamp-{n}", -30.0 * k, Quantity.POWER_W, 100.0) for n in (1, 2, 3) for k in range(1, 120)]
    gone = Status("gw-1", online=False, reported_at=instant(0), received_at=instant(0), retained=False)
    found = ask(city, [*lamps, gone], "device.silent", "lamp-1", 400.0, around_s=300.0)
    assert "its gateway gw-1 is silent as a whole, so the device raises none" in found["text_en"]


def test_lamps_and_their_circuit_are_told_of_by_what_they_should_do() -> None:
    city = lamp_city(10)
    dark = [
        reading(f"l{n:02}", 10.0 * k, Quantity.POWER_W, 0.0 if n < 8 else 100.0) for n in range(10) for k in range(60)
    ]
    whole = ask(city, dark, "streetlight.circuit_out", "c", 300.0)
    assert whole["is_raised"]
    one = ask(city, dark, "streetlight.lamp_out", "l00", 300.0)
    assert not one["is_raised"]
    assert "its circuit is judged or has an alert" in one["text_en"]
    assert "所在回路" in one["text_zh"]


def test_a_burst_needs_both_and_a_trace_says_which_was_missing() -> None:
    city = city_of(DeviceKind.WATER, "w1")
    fallen: list[Observation] = []
    for n in range(60):
        fallen += [reading("w1", 10.0 * n, FLOW, 5.0), reading("w1", 10.0 * n, PRESSURE, 300.0 if n < 30 else 200.0)]
    found = ask(city, fallen, "water.burst", "w1")
    assert "the rise of flow" in found["text_en"]
    assert "the fall of pressure" not in found["text_en"]


def test_it_is_said_that_an_alert_was_open_already() -> None:
    low = pressures([300.0] * 10 + [90.0] * 200)
    found = ask(city_of(DeviceKind.WATER, "w1"), low, "water.pressure", "w1", 1500.0)
    assert found["text_en"] == "an alert of it was open already since 00:03:40: none is raised twice"


def test_looking_on_changes_nothing() -> None:
    shown = frames((0, 15, 0.8), (15, 18, 0.05), (18, 60, 0.8))
    found = ask(STREET, shown, "parking.illegal", "kerb", 30.0, around_s=40.0)
    alerts = replay(
        ListRecording(shown), configured(STREET), grids=frozenset(["02"]), since=instant(-10), until=instant(70)
    )
    told = [(one["alert_id"], one["raised_at"]) for one in found["raised"]]
    assert told == [(str(one.alert_id), one.raised_at.isoformat()) for one in alerts if one.rule == "parking.illegal"]
    assert told


def test_times_are_told_in_the_citys_own() -> None:
    assert START.hour == 16
    low = pressures([300.0] * 10 + [90.0] * 40)
    assert "00:03:40" in ask(city_of(DeviceKind.WATER, "w1"), low, "water.pressure", "w1")["text_en"]


def test_a_box_is_whatever_the_frame_says() -> None:
    other = [Frame("cam-1", instant(t), (Box("person", 0.9, None, 0.4, 0.4, 0.5, 0.5),), instant(t)) for t in range(30)]
    found = ask(STREET, other, "parking.illegal", "kerb", 15.0, around_s=15.0)
    assert "the label 'person' is none of this rule" in found["text_en"]
