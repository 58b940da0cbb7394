"""Streetlights: single lamps, whole circuits, day burners, voltage; one cause, one alert."""

from __future__ import annotations

from datetime import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.finding import OpenFinding, Phase, Severity
from detectors.streetlight import Streetlight
from detectors.thresholds import Thresholds
from ingest.city import DeviceKind
from ingest.observation import Quantity
from tests.support.folding import START, city_of, fold, instant, lamp_city, opened, reading, told

POWER, VOLTAGE, LAMP_ON = Quantity.POWER_W, Quantity.VOLTAGE_V, Quantity.LAMP_ON
TUNNEL, NEVER = ((time(0), time(0)),), ()
HOUR = 3600.0
OUT, CIRCUIT, BURNING = "streetlight.lamp_out", "streetlight.circuit_out", "streetlight.day_burning"


def lights(lamps=20, lit=TUNNEL, interval_s=10.0, rated_power_w=100.0, **rules):
    city = lamp_city(lamps, lit=lit, interval_s=interval_s, rated_power_w=rated_power_w)
    return Streetlight(city, Thresholds.model_validate({"streetlight": rules}))


def evening(power, *, lamps=20, from_s=0.0, to_s=1800.0, every_s=10.0, spread_s=0.0, quantity=POWER):
    """Readings of all lamps: `power(lamp, at_s)` says what each draws, None that it says nothing."""
    readings = []
    for n in range(int((to_s - from_s) / every_s)):
        for lamp in range(lamps):
            at_s = from_s + n * every_s + spread_s * lamp / lamps
            value = power(lamp, at_s)
            if value is not None:
                readings.append(reading(f"l{lamp:02}", at_s, quantity, value))
    return readings


def dark_between(from_s, to_s, which):
    return lambda lamp, at_s: 0.5 if lamp in which and from_s <= at_s < to_s else 98.0


def test_all_well_raises_nothing():
    assert fold(lights(), evening(lambda lamp, at_s: 98.0)) == []


def test_one_dark_lamp_is_a_lamp_out_and_clears_when_it_burns():
    found = fold(lights(), evening(dark_between(100, 1000, {4})))
    assert told(found) == [(OUT, "raised", 400), (OUT, "cleared", 1060)]
    assert [f.subject for f in found] == ["l04", "l04"]
    assert found[0].since == instant(100)
    assert found[0].severity is Severity.MINOR
    assert found[0].reason.text == (
        "The lamp should burn by the schedule and has drawn less than 10 W for 300 s, now 0.5 W."
    )
    assert found[0].reason.numbers == {"power_w": 0.5, "threshold_w": 10, "lasted_s": 300, "blind_s": 0}


def test_a_dark_circuit_is_one_alert_and_no_lamp_of_it_raises_its_own():
    found = fold(lights(), evening(dark_between(100, 1500, range(20))))
    assert told(found) == [(CIRCUIT, "raised", 160), (CIRCUIT, "cleared", 1560)]
    assert found[0].subject == "c"
    assert found[0].members == tuple(f"l{n:02}" for n in range(20))
    assert found[0].reason.text == "20 of 20 lamps should burn by the schedule and went dark together."
    assert found[0].reason.numbers["members"] == 20
    assert found[0].reason.numbers["share"] == 0.6


def test_lamps_that_report_every_quarter_of_an_hour_are_one_alert_too():
    slow = evening(dark_between(2000, 9e9, range(20)), to_s=4 * HOUR, every_s=900, spread_s=900)
    found = fold(lights(interval_s=900), slow)
    assert [f.rule for f in found if f.phase is Phase.RAISED] == [CIRCUIT]
    assert set(found[-1].members) == {f"l{n:02}" for n in range(20)}


def test_lamps_that_follow_join_the_circuits_alert_in_one_update():
    def power(lamp, at_s):
        return 0.5 if at_s >= (100 if lamp < 14 else 300 + lamp) else 98.0

    found = fold(lights(), evening(power))
    assert told(found) == [(CIRCUIT, "raised", 160), (CIRCUIT, "updated", 440)]
    assert len(found[0].members) == 14
    assert len(found[1].members) == 20


def test_lamps_that_stay_dark_when_the_circuit_is_back_get_their_own():
    def power(lamp, at_s):
        return 0.5 if 100 <= at_s < (9e9 if lamp == 7 else 1000) else 98.0

    found = fold(lights(), evening(power))
    assert told(found) == [(CIRCUIT, "raised", 160), (CIRCUIT, "cleared", 1060), (OUT, "raised", 1360)]
    assert found[2].subject == "l07"
    assert found[2].since == instant(1060)


def test_a_lamp_that_was_out_before_keeps_its_own_alert():
    def power(lamp, at_s):
        return 0.5 if lamp == 3 or 1000 <= at_s < 1400 else 98.0

    found = fold(lights(), evening(power))
    assert told(found) == [(OUT, "raised", 300), (CIRCUIT, "raised", 1060), (CIRCUIT, "cleared", 1460)]
    assert "l03" not in found[1].members


def test_lamps_that_die_one_after_another_are_no_circuit():
    found = fold(lights(), evening(lambda lamp, at_s: 0.5 if at_s >= lamp * 500 else 98.0, to_s=11000))
    assert {f.rule for f in found} == {OUT}
    assert len(found) == 20


def test_two_lamps_of_two_are_no_circuit():
    found = fold(lights(lamps=2), evening(dark_between(0, 9e9, {0, 1}), lamps=2))
    assert {f.rule for f in found} == {OUT}


def test_a_few_lamps_heard_first_are_not_the_circuit():
    """Three dead lamps report first after a start; the others come later, and are well."""

    def power(lamp, at_s):
        return 0.5 if lamp < 3 else 98.0 if at_s > 30 else None

    found = fold(lights(), evening(power))
    assert {f.rule for f in found} == {OUT}
    assert {f.subject for f in found} == {"l00", "l01", "l02"}


def test_after_a_start_the_first_slow_lamps_to_report_are_not_the_circuit():
    slow = evening(lambda lamp, at_s: 0.5 if lamp < 4 else 98.0, to_s=4 * HOUR, every_s=900, spread_s=900)
    found = fold(lights(interval_s=900), slow)
    assert sorted((f.rule, f.subject) for f in found) == [(OUT, f"l{n:02}") for n in range(4)]


def test_a_dark_circuit_is_recognised_at_a_first_start():
    slow = evening(lambda lamp, at_s: 0.5, to_s=2 * HOUR, every_s=900, spread_s=900)
    found = fold(lights(interval_s=900), slow)
    assert [f.rule for f in found if f.phase is Phase.RAISED] == [CIRCUIT]


def test_an_open_circuit_whose_members_are_not_known_any_more_still_clears():
    open_before = OpenFinding(
        rule=CIRCUIT, subject="c", since=START, raised_at=START, severity=Severity.MAJOR, members=("gone",)
    )
    found = fold(lights(), evening(lambda lamp, at_s: 98.0), [open_before])
    assert told(found) == [(CIRCUIT, "cleared", 60)]


def test_a_flicker_of_the_circuit_raises_nothing():
    assert fold(lights(), evening(dark_between(100, 150, range(20)))) == []


def test_no_power_at_noon_is_no_lamp_out_and_at_dusk_it_is():
    """By the sun: START is midnight; at noon lamps may be dark, and after dusk (17:35) they may not."""
    day = evening(dark_between(7 * HOUR, 9e9, range(20)), from_s=8 * HOUR, to_s=18 * HOUR, every_s=60)
    found = fold(lights(lit=None, interval_s=60), day)
    assert [f.rule for f in found] == [CIRCUIT]
    assert 17.5 * HOUR < (found[0].at - START).total_seconds() < 17.75 * HOUR
    assert "by the sun" in found[0].reason.text


def test_an_alert_of_the_night_stays_open_over_the_day_and_clears_when_the_lamp_burns_again():
    def power(lamp, at_s):
        hour = at_s / HOUR
        night = not 6.25 <= hour % 24 <= 17.25
        return 98.0 if night and not (lamp == 5 and 3 <= hour < 40) else 0.5

    found = fold(lights(lit=None, interval_s=60), evening(power, to_s=48 * HOUR, every_s=60))
    assert told(found) == [(OUT, "raised", 3 * HOUR + 300), (OUT, "cleared", 41.25 * HOUR + 60 + 60)]


def test_a_dark_circuit_stays_open_over_the_day():
    def power(lamp, at_s):
        hour = at_s / HOUR
        night = not 6.25 <= hour % 24 <= 17.25
        return 98.0 if night and not 3 <= hour < 40 else 0.5

    found = fold(lights(lit=None, interval_s=60), evening(power, to_s=44 * HOUR, every_s=60))
    assert told(found) == [(CIRCUIT, "raised", 3 * HOUR + 60), (CIRCUIT, "cleared", 41.25 * HOUR + 60 + 60)]


def test_a_lamp_that_burns_by_day_is_told_alone_and_a_circuit_as_one():
    one = fold(lights(lit=NEVER), evening(lambda lamp, at_s: 98.0 if lamp == 2 else 0.5))
    assert told(one) == [(BURNING, "raised", 600)]
    assert one[0].subject == "l02"
    assert one[0].severity is Severity.WARNING
    assert one[0].reason.numbers["threshold_w"] == 15
    most = fold(lights(lit=NEVER), evening(lambda lamp, at_s: 98.0 if lamp < 18 and at_s < 1200 else 0.5))
    assert told(most) == [(BURNING, "raised", 600), (BURNING, "cleared", 1260)]
    assert most[0].subject == "c"
    assert len(most[0].members) == 18


def test_burning_at_noon_by_the_sun_is_a_day_burner_and_at_night_it_is_not():
    burning = evening(lambda lamp, at_s: 98.0, from_s=4 * HOUR, to_s=9 * HOUR, every_s=60)
    found = fold(lights(lit=None, interval_s=60), burning)
    assert [f.rule for f in found] == [BURNING]
    assert (found[0].at - START).total_seconds() > 6.5 * HOUR


def test_a_commanded_lamp_goes_by_its_command():
    off = [reading("l00", n * 10.0, LAMP_ON, 0.0) for n in range(180)]
    dark = [reading("l00", n * 10.0, POWER, 0.4) for n in range(180)]
    both = sorted([*off, *dark], key=lambda r: (r.measured_at, r.quantity.value))
    assert fold(lights(), both) == []
    assert [f.rule for f in fold(lights(burning={"obey_command": False}), both)] == [OUT]
    on = [reading("l00", n * 10.0, LAMP_ON, 1.0) for n in range(180)]
    ordered = sorted([*on, *dark], key=lambda r: (r.measured_at, r.quantity.value))
    found = fold(lights(lit=NEVER), ordered)
    assert [f.rule for f in found] == [OUT]
    assert "by command" in found[0].reason.text


def test_right_after_a_command_nothing_is_judged():
    def told_off(at_s):
        return [reading("l00", at_s, LAMP_ON, float(at_s < 600)), reading("l00", at_s, POWER, 98.0)]

    lagging = [one for n in range(66) for one in told_off(n * 10.0)]
    rules = {"day_burning": {"raise_after_s": 0}, "burning": {"command_margin_s": 60}}
    assert told(fold(lights(**rules), lagging))[:1] == []
    longer = [one for n in range(70) for one in told_off(n * 10.0)]
    assert told(fold(lights(**rules), longer)) == [(BURNING, "raised", 660)]


def test_a_stale_command_counts_no_more():
    readings = [reading("l00", 0, LAMP_ON, 0.0)]
    readings += [reading("l00", 10.0 * n, POWER, 0.4) for n in range(1, 200)]
    assert told(fold(lights(burning={"command_valid_s": 900}), readings)) == [(OUT, "raised", 910 + 300)]


def test_a_dimmed_lamp_between_dark_and_burning_says_nothing():
    found = fold(lights(lamps=1), evening(lambda lamp, at_s: 12.0, lamps=1))
    assert found == []


def test_voltage_of_one_lamp_and_of_the_circuit():
    sag = evening(lambda lamp, at_s: 190.0 if lamp == 1 else 221.0, quantity=VOLTAGE)
    one = fold(lights(), sag)
    assert told(one) == [("streetlight.voltage", "raised", 300)]
    assert one[0].subject == "l01"
    assert one[0].reason.text == "The voltage has been outside 198 to 235.4 V for 300 s and stands at 190 V."
    surge = evening(lambda lamp, at_s: 241.0 if at_s < 900 else 220.0, quantity=VOLTAGE)
    whole = fold(lights(), surge)
    assert [(f.subject, f.phase) for f in whole] == [("c", Phase.RAISED), ("c", Phase.CLEARED)]
    held = evening(lambda lamp, at_s: 190.0 if at_s < 600 else 199.0, quantity=VOLTAGE)
    assert [f.phase for f in fold(lights(), held)] == [Phase.RAISED]


def test_no_supply_at_all_is_no_matter_of_voltage():
    assert fold(lights(), evening(lambda lamp, at_s: 0.0, quantity=VOLTAGE)) == []


def test_a_lamp_without_a_circuit_is_watched_by_the_sun():
    city = city_of(DeviceKind.STREETLIGHT, "l00", interval_s=60)
    readings = evening(lambda lamp, at_s: 0.4, lamps=1, to_s=HOUR, every_s=60)
    assert told(fold(Streetlight(city, Thresholds()), readings)) == [(OUT, "raised", 300)]


def test_a_circuit_that_falls_silent_while_dark_stays_open():
    found = fold(lights(), [*evening(dark_between(100, 9e9, range(20)), to_s=600),
                            *evening(lambda lamp, at_s: 0.5, from_s=9000, to_s=9100)])  # fmt: skip
    assert [f.phase for f in found] == [Phase.RAISED]


def test_switched_off_rules_raise_nothing():
    off = {rule: {"enabled": False} for rule in ("lamp_out", "circuit_out", "day_burning", "voltage")}
    readings = [*evening(dark_between(0, 9e9, range(20))), *evening(lambda *_: 100.0, quantity=VOLTAGE)]
    assert fold(lights(**off), sorted(readings, key=lambda r: r.measured_at)) == []


STORIES = {
    "lamp": dark_between(100, 1000, {4}),
    "circuit": dark_between(100, 1500, range(20)),
    "stays": lambda lamp, at_s: 0.5 if 100 <= at_s < (9e9 if lamp == 7 else 1000) else 98.0,
    "before": lambda lamp, at_s: 0.5 if lamp == 3 or 1000 <= at_s < 1400 else 98.0,
    "joins": lambda lamp, at_s: 0.5 if at_s >= (100 if lamp < 14 else 300 + lamp) else 98.0,
}


@pytest.mark.parametrize("story", STORIES)
def test_a_restart_at_any_moment_changes_nothing(story):
    readings = evening(STORIES[story])
    detector = lights()
    whole = fold(detector, readings)
    for at_s in range(0, 1800, 90):
        now = instant(at_s)
        before = [r for r in readings if r.measured_at < now]
        first = fold(detector, before)
        memory = [r for r in before if (now - r.measured_at).total_seconds() <= detector.memory_s]
        rest = fold(detector, [*memory, *readings[len(before) :]], opened(first))
        again = [f for f in rest if f.at >= now]
        assert told(first) + told(again) == told(whole)
        assert {(f.rule, f.subject, f.since) for f in [*first, *again]} == {(f.rule, f.subject, f.since) for f in whole}


@pytest.mark.parametrize("story", STORIES)
@pytest.mark.parametrize("kept", range(5))
def test_dropping_four_readings_of_five_moves_times_and_invents_nothing(story, kept):
    readings = evening(STORIES[story], to_s=2400)
    thin = [r for n, r in enumerate(readings) if n // 20 % 5 == kept]
    full, sparse = fold(lights(), readings), fold(lights(), thin)
    assert [(f.rule, f.subject, f.phase) for f in sparse if f.phase is not Phase.UPDATED] == [
        (f.rule, f.subject, f.phase) for f in full if f.phase is not Phase.UPDATED
    ]
    for one, other in zip(sparse, full, strict=False):
        assert abs((one.at - other.at).total_seconds()) <= 150


SWITCHES = st.dictionaries(
    st.integers(0, 7), st.tuples(st.integers(0, 120), st.integers(1, 120)), max_size=8
)  # lamp -> dark from, dark for, in units of 10 s


@settings(max_examples=60)
@given(SWITCHES)
def test_laws_of_one_cause_one_alert(switches):
    def power(lamp, at_s):
        begin, length = switches.get(lamp, (10**6, 0))
        return 0.5 if begin <= at_s / 10 < begin + length else 98.0

    readings = evening(power, lamps=8, to_s=2500)
    found = fold(lights(lamps=8), readings)
    assert found == fold(lights(lamps=8), readings)
    circuit_open, open_now = False, set()
    for finding in found:
        if finding.rule == CIRCUIT:
            circuit_open = finding.phase is not Phase.CLEARED
            continue
        if finding.phase is Phase.RAISED:
            assert not circuit_open
            assert finding.subject not in open_now
            open_now.add(finding.subject)
            lamp = int(finding.subject[1:])
            begin, length = switches[lamp]
            assert begin * 10 <= (finding.since - START).total_seconds()
            assert (finding.at - finding.since).total_seconds() >= 300
            assert (finding.at - START).total_seconds() < (begin + length) * 10
        else:
            open_now.remove(finding.subject)
    assert not circuit_open
    assert not open_now
