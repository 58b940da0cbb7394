"""Sensors that repeat themselves or say what cannot be."""

from __future__ import annotations

from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.faults import Faults
from detectors.finding import Finding
from detectors.thresholds import Thresholds
from ingest.observation import Quantity, Reading
from tests.support.stories import identities, open_from, reading, second_of, small_city, told

CITY = small_city()
THRESHOLDS = Thresholds.model_validate(
    {"sensor": {"fault": {"frozen_after_s": 600, "impossible_after_s": 30, "clear_after_s": 60, "gap_s": 100}}}
)
PRESSURE, FLOW = Quantity.PRESSURE_KPA, Quantity.FLOW_L_S


def fold(readings: Iterable[Reading], open_findings=()) -> list[Finding]:
    faults = Faults(CITY, THRESHOLDS)
    state = faults.start("water-1", open_findings)
    found: list[Finding] = []
    for item in readings:
        state, new = faults.observe(state, item)
        found += new
    return found


def pressure(start: float, end: float, value=None, every: float = 10.0) -> list[Reading]:
    """Return pressures from start up to end; without a value, ones whose last digit moves."""
    seconds = [start + n * every for n in range(int((end - start) / every))]
    return [reading("water-1", s, 300 + (s % 70) / 100 if value is None else value, PRESSURE) for s in seconds]


def test_a_living_sensor_is_well():
    assert fold(pressure(0, 5000)) == []


def test_a_sensor_that_repeats_one_value_is_frozen_and_says_so():
    found = fold(pressure(0, 1000, 312.5))
    assert told(found) == [("raised", "sensor.fault", "water-1", 600.0)]
    assert second_of(found[0].since) == 0.0
    assert "312.5" in found[0].reason.text
    assert found[0].reason.numbers["causes"] == "pressure_kpa frozen"


def test_it_clears_when_the_value_has_moved_for_a_while():
    found = fold(pressure(0, 1000, 312.5) + pressure(1000, 1200))
    assert told(found)[1:] == [("cleared", "sensor.fault", "water-1", 1060.0)]


def test_a_single_change_does_not_clear_it():
    found = fold(pressure(0, 1000, 312.5) + pressure(1000, 1010, 313.0) + pressure(1010, 1500, 312.5))
    assert len(found) == 1


def test_one_change_in_time_starts_the_clock_again():
    found = fold(pressure(0, 590, 312.5) + pressure(590, 600, 313.0) + pressure(600, 1300, 312.5))
    assert told(found) == [("raised", "sensor.fault", "water-1", 1200.0)]


def test_zero_is_no_freeze_and_neither_is_a_quantity_that_may_rest():
    assert fold(reading("water-1", n * 10, 0.0, FLOW) for n in range(500)) == []
    assert fold(reading("water-1", n * 10, 1.25, Quantity.LEVEL_M) for n in range(500)) == []


def test_blind_time_neither_counts_nor_resets():
    found = fold(pressure(0, 310, 312.5) + pressure(5000, 5400, 312.5))
    assert told(found) == [("raised", "sensor.fault", "water-1", 5300.0)]
    assert second_of(found[0].since) == 0.0
    assert found[0].reason.numbers["blind_s"] == 4700.0


def test_an_impossible_value_is_raised_and_names_its_range():
    found = fold(pressure(0, 100) + pressure(100, 200, 9999.0))
    assert told(found) == [("raised", "sensor.fault", "water-1", 130.0)]
    assert "9999" in found[0].reason.text
    assert "-10 and 4000" in found[0].reason.text


def test_one_impossible_value_is_forgiven():
    assert fold(pressure(0, 100) + pressure(100, 110, 9999.0) + pressure(110, 500)) == []


def test_a_second_broken_quantity_updates_the_one_finding():
    flows = [reading("water-1", s, -99999.0, FLOW) for s in range(700, 900, 10)]
    well = [reading("water-1", s, 5 + s % 7, FLOW) for s in range(900, 1500, 10)]
    mixed = sorted(pressure(0, 800, 312.5) + pressure(800, 1500) + flows + well, key=lambda r: (r.measured_at, r.value))
    found = fold(mixed)
    assert [line[0] for line in told(found)] == ["raised", "updated", "cleared"]
    assert found[1].reason.numbers["causes"] == "pressure_kpa frozen,flow_l_s impossible"
    assert told(found)[2][3] == 960.0
    assert len({f.since for f in found}) == 1


@pytest.mark.parametrize("cut", [50, 70, 90, 105])
def test_a_restart_neither_repeats_nor_forgets(cut):
    readings = pressure(0, 1000, 312.5) + pressure(1000, 1200)
    whole = fold(readings)
    first = fold(readings[:cut])
    # What a new worker folds again is silent; only what comes after it is new.
    faults = Faults(CITY, THRESHOLDS)
    state = faults.start("water-1", open_from(first))
    again: list[Finding] = []
    for index, item in enumerate(readings):
        state, new = faults.observe(state, item)
        again += new if index >= cut else ()
    assert identities(first) | identities(again) == identities(whole)
    assert len(first) + len(again) == len(whole)


def test_an_open_fault_whose_cause_nobody_remembers_ends_when_the_sensor_is_well():
    opened = open_from(fold(pressure(0, 700, 312.5)))[0]
    forgotten = type(opened)(
        rule=opened.rule,
        subject=opened.subject,
        since=opened.since,
        raised_at=opened.raised_at,
        severity=opened.severity,
    )
    assert told(fold(pressure(1000, 1100), [forgotten])) == [("cleared", "sensor.fault", "water-1", 1000.0)]


VALUES = st.lists(st.sampled_from([300.0, 300.1, 9999.0]), max_size=150)


@given(VALUES)
def test_what_is_never_long_is_never_raised(values):
    """No run of one value reaches the limit, so there is no freeze; impossible values need their own time."""
    readings = [reading("water-1", n * 10, value, PRESSURE) for n, value in enumerate(values)]
    found = fold(readings)
    raised = [f for f in found if f.phase == "raised"]
    for f in raised:
        assert (f.at - f.since).total_seconds() >= 30
    assert [f.phase for f in found if f.phase != "updated"] == ["raised", "cleared"] * (len(raised) - 1) + (
        [] if not raised else ["raised", "cleared"] if found[-1].phase == "cleared" else ["raised"]
    )
