"""Gas: two levels, a fast rise, hysteresis, one alert per device, and never a delay at the second level."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from detectors.finding import Phase, Severity
from detectors.gas import Gas
from detectors.thresholds import Thresholds
from ingest.city import DeviceKind
from ingest.observation import Quantity
from tests.support.folding import START, city_of, fold, opened, reading, told

CITY = city_of(DeviceKind.GAS, "g1", "g2", interval_s=5)
METHANE, PRESSURE = Quantity.METHANE_PCT_LEL, Quantity.GAS_PRESSURE_KPA


def gas(**leak):
    return Gas(CITY, Thresholds.model_validate({"gas": {"leak": leak}}))


def series(*values, every_s=5.0, start_s=0.0, device="g1", quantity=METHANE):
    return [reading(device, start_s + n * every_s, quantity, value) for n, value in enumerate(values)]


def slow_to(level):
    """Readings that climb by 1 %LEL in 20 s: never a fast rise."""
    return [reading("g1", n * 20, METHANE, float(n)) for n in range(level + 1)]


def test_the_second_level_is_raised_on_the_very_reading():
    found = fold(gas(), series(0, 0, 55))
    assert told(found) == [("gas.leak", "raised", 10)]
    assert found[0].severity is Severity.CRITICAL
    assert found[0].reason.numbers["methane_pct_lel"] == 55
    assert found[0].reason.numbers["threshold_pct_lel"] == 50
    assert "second level" in found[0].reason.text


def test_the_second_level_is_raised_by_a_device_that_was_never_heard_before():
    assert told(fold(gas(), series(50))) == [("gas.leak", "raised", 0)]


def test_the_first_level_waits_a_moment_and_one_odd_reading_raises_nothing():
    assert fold(gas(), series(20, 20, 26, 20, 20)) == []
    found = fold(gas(), [*slow_to(24), *series(25, 25, 25, start_s=500)])
    assert told(found) == [("gas.leak", "raised", 510)]
    assert found[0].severity is Severity.MAJOR
    assert (found[0].since - START).total_seconds() == 500
    assert found[0].reason.numbers["lasted_s"] == 10


def test_the_first_level_becomes_critical_under_the_same_identity():
    found = fold(gas(), [*slow_to(24), *series(26, 27, 28, 40, 61, 62, start_s=500)])
    assert [(f.phase, f.severity) for f in found] == [
        (Phase.RAISED, Severity.MAJOR),
        (Phase.UPDATED, Severity.CRITICAL),
    ]
    assert found[0].since == found[1].since
    assert found[1].reason.numbers["threshold_pct_lel"] == 50


def test_it_stays_critical_until_it_is_over():
    found = fold(gas(), series(*[60] * 3, *[30] * 60, *[5] * 30))
    assert [(f.phase, f.severity) for f in found] == [
        (Phase.RAISED, Severity.CRITICAL),
        (Phase.CLEARED, Severity.CRITICAL),
    ]


def test_a_fast_rise_warns_before_the_first_level():
    found = fold(gas(), series(1, 1, 1, 14, 15, 16, 16))
    assert told(found) == [("gas.leak", "raised", 25)]
    assert found[0].severity is Severity.WARNING
    assert found[0].reason.numbers["rise_pct_lel"] == 15
    assert found[0].reason.numbers["causes"] == "rising"


def test_it_clears_below_the_clear_level_after_the_clear_time():
    found = fold(gas(), series(60, *[22] * 60, *[19] * 30))
    clears = [f for f in found if f.phase is Phase.CLEARED]
    assert told(clears) == [("gas.leak", "cleared", 61 * 5 + 120)]
    assert clears[0].since == START


def test_a_silence_is_no_all_clear():
    found = fold(gas(), [*series(60), *series(2, start_s=7200), *series(2, start_s=14400)])
    assert told(found) == [("gas.leak", "raised", 0)]


def test_after_a_restart_an_open_leak_is_neither_raised_again_nor_forgotten():
    readings = series(60, *[60] * 10, *[3] * 40)
    whole = fold(gas(), readings)
    for cut in range(1, len(readings)):
        first = fold(gas(), readings[:cut])
        rest = fold(gas(), readings[max(0, cut - 100) :], opened(first))
        again = [f for f in rest if f.at > readings[cut - 1].measured_at]
        assert told(first) + told(again) == told(whole)


def test_after_a_restart_a_warning_still_becomes_serious_though_an_earlier_leak_was_too():
    detector = gas(raise_after_s=20, clear_after_s=5)
    leak = [0.5, *[31] * 6, *[0.5] * 6]  # a fast rise warns, four readings later the first level is serious
    readings = series(*leak, *leak)
    whole = fold(detector, readings)
    assert [f.phase for f in whole] == [Phase.RAISED, Phase.UPDATED, Phase.CLEARED] * 2
    for cut in range(1, len(readings)):
        first = fold(detector, readings[:cut])
        rest = fold(detector, readings, opened(first))
        again = [f for f in rest if f.at > readings[cut - 1].measured_at]
        assert told(first) + told(again) == told(whole)


def test_devices_do_not_mix():
    found = fold(gas(), [*series(60), *series(1, device="g2", start_s=1)])
    assert [f.subject for f in found] == ["g1"]


def test_pressure_is_low_or_high_after_its_duration_and_clears_inside_the_hysteresis():
    low = fold(gas(), series(*[2.0] * 3, *[1.2] * 20, *[1.55] * 40, *[2.0] * 40, quantity=PRESSURE))
    assert told(low) == [("gas.pressure", "raised", 15 + 60), ("gas.pressure", "cleared", 63 * 5 + 120)]
    assert low[0].reason.numbers["threshold_kpa"] == 1.5
    high = fold(gas(), series(*[3.4] * 20, quantity=PRESSURE))
    assert high[0].reason.text == "Gas pressure stands at 3.4 kPa, above 3 kPa for 60 s."


def test_a_rule_that_is_switched_off_raises_nothing():
    assert fold(gas(enabled=False), series(*[90] * 50)) == []


VALUES = st.lists(st.floats(0, 100, allow_nan=False).map(lambda v: round(v, 1)), max_size=60)


@given(VALUES)
def test_every_reading_at_the_second_level_finds_an_open_critical_alert(values):
    open_now = {}
    detector = gas()
    state = detector.start("g1", ())
    for one in series(*values):
        state, findings = detector.observe(state, one)
        for finding in findings:
            open_now[finding.rule] = None if finding.phase is Phase.CLEARED else finding.severity
        if one.value >= 50:
            assert open_now["gas.leak"] is Severity.CRITICAL


@given(VALUES)
def test_below_every_threshold_nothing_is_raised(values):
    assert fold(gas(), series(*[value / 100 * 9.9 for value in values])) == []


@given(VALUES)
def test_the_same_readings_give_the_same_findings(values):
    assert fold(gas(), series(*values)) == fold(gas(), series(*values))


@given(VALUES)
def test_raised_then_updated_then_cleared_with_one_since(values):
    current = None
    for finding in fold(gas(), series(*values)):
        if finding.phase is Phase.RAISED:
            assert current is None
            current = finding.since
        assert finding.since == current
        assert finding.since <= finding.at
        if finding.phase is Phase.CLEARED:
            current = None
