"""What is unusual for its hour of the week: sums of deviations, each with its story."""

from __future__ import annotations

from datetime import timedelta
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.baseline import SCALE, HourSums, Sums
from detectors.finding import Phase
from detectors.profile import CELLS, NO_PROFILES, hour_of, profiles_of
from detectors.thresholds import Thresholds
from detectors.unusual import UnusualLamps, UnusualWater
from ingest.city import DeviceKind
from ingest.observation import Quantity, Reading
from tests.support.folding import city_of, fold, lamp_city, opened
from tests.support.weeks import HOUR, MONDAY, flat_profile, readings_of

FLOW, PRESSURE, POWER = Quantity.FLOW_L_S, Quantity.PRESSURE_KPA, Quantity.POWER_W
CITY = city_of(DeviceKind.WATER, "w1", interval_s=300.0)
ON = Thresholds.model_validate({"water": {"unusual": {"enabled": True}}, "streetlight": {"unusual": {"enabled": True}}})
USUAL = flat_profile("w1", FLOW, 10.0, 1.0)


def water(*profiles, **rule):
    thresholds = Thresholds.model_validate({"water": {"unusual": {"enabled": True, **rule}}})
    return UnusualWater(CITY, thresholds, profiles_of(profiles or (USUAL,)))


def hours(*values, device="w1", quantity=FLOW, begin=MONDAY, every_s=300.0):
    """Readings of one hour for each value; what lies within the hour moves a little; None is an hour unheard."""
    found = []
    for n, value in enumerate(values):
        if value is not None:
            found += readings_of(
                device, quantity, lambda _, value=value: value, begin=begin + n * HOUR, hours=1, every_s=every_s,
                noise=0.01, seed=n,
            )  # fmt: skip
    return found


def told(findings):
    """Findings as (phase, hours after Monday since when, hours after Monday at)."""
    return [
        (str(found.phase), (found.since - MONDAY) / HOUR, round((found.at - MONDAY) / HOUR, 3)) for found in findings
    ]


def test_hours_a_little_above_the_usual_add_up_and_say_since_when():
    found = fold(water(), hours(*[10.0] * 20, *[12.1] * 12))
    # From hour 20 on each counts 2.1 − 0.5 spreads: the eighth brings it over 12, and is over at hour 28.
    assert told(found) == [("raised", 20, 28)]
    numbers = found[0].reason.numbers
    assert numbers["causes"] == "flow_high"
    assert numbers["hours"] == 8
    assert numbers["expected_l_s"] == 10.0
    assert numbers["flow_l_s"] == pytest.approx(12.1, abs=0.02)
    assert numbers["sum_z"] == pytest.approx(12.8, abs=0.1)
    assert (numbers["expected_low_l_s"], numbers["expected_high_l_s"]) == (7.0, 13.0)
    assert numbers["profile"] == USUAL.version
    assert "8 hours above the usual" in found[0].reason.text


def test_what_is_within_the_slack_never_adds_up():
    assert fold(water(), hours(*[10.4] * 200)) == []


def test_one_wild_hour_raises_nothing():
    assert fold(water(), hours(*[10.0] * 10, 500.0, *[10.0] * 30)) == []


def test_it_clears_when_the_last_hours_are_as_usual_and_a_new_one_begins_anew():
    found = fold(water(), hours(*[10.0] * 20, *[12.1] * 12, *[10.0] * 40, *[12.1] * 10))
    raised, cleared, again = told(found)
    assert raised == ("raised", 20, 28)
    # Twelve hours average less than 0.25 spreads as soon as at most one of them is off by two.
    assert cleared == ("cleared", 20, 43)
    assert found[1].reason.numbers["lasted_s"] == 23 * 3600
    assert again == ("raised", 72, 80)


def test_below_the_usual_is_unusual_too():
    pressure = flat_profile("w1", PRESSURE, 300.0, 5.0)
    found = fold(water(pressure), hours(*[300.0] * 5, *[287.4] * 9, quantity=PRESSURE))
    assert told(found) == [("raised", 5, 13)]  # a spread is at least 2 % of the median: 6 kPa
    assert found[0].reason.numbers["causes"] == "pressure_low"
    assert "below the usual" in found[0].reason.text


def test_a_second_quantity_joins_the_open_alert_and_both_must_end():
    both = water(USUAL, flat_profile("w1", PRESSURE, 300.0, 5.0))
    flow = hours(*[10.0] * 5, *[13.0] * 30, *[10.0] * 40)
    pressure = hours(*[300.0] * 15, *[285.0] * 40, *[300.0] * 20, quantity=PRESSURE)
    found = fold(both, sorted(flow + pressure, key=lambda one: (one.measured_at, one.quantity)))
    assert [one.phase for one in found] == [Phase.RAISED, Phase.UPDATED, Phase.CLEARED]
    assert found[1].reason.numbers["causes"] == "flow_high,pressure_low"
    assert len({one.since for one in found}) == 1
    assert (found[2].at - MONDAY) / HOUR > 60


def test_hours_with_too_little_heard_or_nothing_do_not_count():
    sparse = [one for one in hours(*[30.0] * 20) if one.measured_at.minute < 25]
    assert fold(water(), sparse) == []
    gaps = fold(water(), hours(*[10.0] * 5, *[12.1, None] * 12))
    assert told(gaps) == [("raised", 5, 21)]  # eight judged hours, as without the gaps
    assert gaps[0].reason.numbers["hours"] == 8


def test_a_stuck_sensor_says_nothing():
    stuck = [Reading("w1", FLOW, 30.0, MONDAY + n * HOUR / 12, MONDAY + n * HOUR / 12) for n in range(400)]
    assert fold(water(), stuck) == []


def test_without_profile_or_with_one_too_old_or_an_hour_not_learnt_nothing_is_judged():
    high = hours(*[30.0] * 40)
    assert UnusualWater(CITY, ON, NO_PROFILES).partitions() == {}
    assert fold(water(flat_profile("w1", FLOW, 10.0, 1.0, until=MONDAY - timedelta(days=61))), high) == []
    assert fold(water(flat_profile("w1", FLOW, 10.0, 1.0, without=frozenset(range(CELLS)))), high) == []
    assert UnusualWater(CITY, Thresholds(), profiles_of([USUAL])).partitions() == {}


def test_dropping_four_readings_of_five_changes_nothing_that_matters():
    story = hours(*[10.0] * 20, *[12.1] * 12, *[10.0] * 30, every_s=60.0)
    whole, fifth = fold(water(), story), fold(water(), story[::5])
    assert [(one.phase, one.since) for one in fifth] == [(one.phase, one.since) for one in whole]
    assert len(whole) == 2


@given(st.lists(st.floats(6, 14), min_size=60, max_size=90), st.floats(0.1, 50), st.floats(-1000, 1000))
@settings(max_examples=20)
def test_neither_scale_nor_shift_of_the_quantity_matters(values, scale, shift):
    wide = {"least_spread_l_s": 0.0, "least_spread_share": 0.0}
    one = fold(water(flat_profile("w1", FLOW, 10.0, 1.0), **wide), hours(*values))
    other = [
        Reading(old.device_id, old.quantity, old.value * scale + shift, old.measured_at, old.received_at)
        for old in hours(*values)
    ]
    found = fold(water(flat_profile("w1", FLOW, 10.0 * scale + shift, scale), **wide), other)
    assert [(each.phase, each.since) for each in found] == [(each.phase, each.since) for each in one]


def sums_of(readings):
    """What the store would tell of `readings`."""
    found = {}
    for one in readings:
        key = (one.device_id, one.quantity, hour_of(one.measured_at))
        found.setdefault(key, Sums()).add(one.value, one.measured_at)
    return [HourSums(device, quantity, hour, sums) for (device, quantity, hour), sums in sorted(found.items())]


@given(st.integers(0, 10**6), st.integers(300, 900))
@settings(max_examples=30)
def test_a_worker_that_recalls_the_hours_before_goes_on_as_the_old_one_would(seed, cut):
    random = Random(seed)
    values, level = [], 0.0
    for _ in range(100):
        level = random.choice([level, level, level, level, 0.0, 0.0, 1.5, -1.5])
        values.append(10.0 + level + random.gauss(0.0, 0.7))
    story = hours(*values)
    detector = water()
    whole = fold(detector, story)
    before, after = story[:cut], story[cut:]
    until = after[0].measured_at
    known = [one for one in before if hour_of(one.measured_at) > hour_of(until) - detector.window - HOUR]
    state = detector.start("w1", opened(fold(detector, before)))
    detector.recall(state, sums_of(known), until)
    again = []
    for one in after:
        state, found = detector.observe(state, one)
        again += found
    want = [one for one in whole if one.at >= until]
    assert [(one.phase, one.since, one.at, one.reason) for one in again] == [
        (one.phase, one.since, one.at, one.reason) for one in want
    ]


def test_sums_are_the_same_in_any_order():
    values = [0.1, 1e6, 0.2, -1e6, 0.3]
    one, other = Sums(), Sums()
    for value in values:
        one.add(value, MONDAY)
    for value in reversed(values):
        other.add(value, MONDAY)
    assert one == other
    assert one.total == round(0.6 * SCALE)


def lamps(*profiles, lit=None):
    city = lamp_city(5, lit=lit, interval_s=300.0)
    return UnusualLamps(city, ON, profiles_of(profiles or (flat_profile("c", POWER, 100.0, 1.0),)))


def night(power, days, begin=MONDAY):
    """Readings of five lamps that burn from 18:00 to 06:00 local time."""
    found = []
    for n in range(int(days * 24 * 12)):
        at = begin + n * HOUR / 12
        local_hour = (n / 12) % 24
        burning = local_hour < 6 or local_hour >= 18
        value = power(n / 12 / 24) if burning else 0.3
        found += [Reading(f"l{lamp:02}", POWER, value, at, at) for lamp in range(5)]
    return found


def test_lamps_that_fade_are_told_of_by_their_circuit_and_only_lit_hours_count():
    found = fold(lamps(), night(lambda day: 100.0 if day < 2 else 97.0, 4))
    assert [(one.phase, one.subject) for one in found] == [(Phase.RAISED, "c")]
    assert found[0].members == ("l00", "l01", "l02", "l03", "l04")
    assert found[0].reason.numbers["causes"] == "power_low"
    assert found[0].since >= MONDAY + timedelta(days=2)


def test_a_circuit_with_few_lamps_heard_is_not_judged():
    few = [one for one in night(lambda _: 80.0, 4) if one.device_id in ("l00", "l01", "l02")]
    assert fold(lamps(), few) == []
    assert fold(lamps(), night(lambda _: 80.0, 4)) != []
