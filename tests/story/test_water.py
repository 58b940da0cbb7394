"""Water: bursts, night leaks, pressure and quality, each with its story."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from detectors.finding import OpenFinding, Phase, Severity
from detectors.nights import NightTable
from detectors.thresholds import Thresholds
from detectors.thresholds_telemetry import Leak
from detectors.water import Water
from ingest.city import DeviceKind
from ingest.observation import Quantity, Reading
from tests.support.folding import START, city_of, fold, instant, opened, reading, told

CITY = city_of(DeviceKind.WATER, "w1", interval_s=10)
PRESSURE, FLOW = Quantity.PRESSURE_KPA, Quantity.FLOW_L_S
TURBIDITY, CHLORINE = Quantity.TURBIDITY_NTU, Quantity.CHLORINE_MG_L
DAY = 86400.0


def water(**rules):
    return Water(CITY, Thresholds.model_validate({"water": rules}))


def mains(*spans, start_s=0.0, every_s=10.0):
    """Readings of flow and pressure: each span is (seconds, kPa, L/s); the noise is small and always the same."""
    at_s, readings = start_s, []
    for length_s, pressure, flow in spans:
        for n in range(int(length_s / every_s)):
            wobble = (n * 7 % 5 - 2) / 2
            readings.append(reading("w1", at_s, FLOW, flow + wobble / 10))
            readings.append(reading("w1", at_s, PRESSURE, pressure + wobble))
            at_s += every_s
    return readings


def series(quantity, *values, every_s=10.0):
    return [reading("w1", n * every_s, quantity, value) for n, value in enumerate(values)]


NORMAL, BURST = (600, 320, 10), (600, 200, 25)


def test_a_burst_is_pressure_that_falls_while_flow_rises():
    found = fold(water(), mains(NORMAL, BURST))
    assert told(found) == [("water.burst", "raised", 620)]
    assert (found[0].since - START).total_seconds() == 600
    assert found[0].severity is Severity.CRITICAL
    numbers = found[0].reason.numbers
    assert numbers["before_kpa"] == 321
    assert numbers["fall_kpa"] == 60
    assert "Pressure fell from 321" in found[0].reason.text


def test_a_fall_without_flow_is_no_burst_nor_is_flow_without_a_fall():
    assert fold(water(), mains(NORMAL, (600, 200, 10))) == []
    assert fold(water(), mains(NORMAL, (600, 320, 25))) == []


def test_a_slow_change_such_as_the_morning_is_no_burst():
    morning = [(60, 320 - n * 4, 10 + n) for n in range(30)]
    assert fold(water(), mains(NORMAL, *morning)) == []


def test_one_odd_reading_is_no_burst():
    assert fold(water(), mains(NORMAL, (10, 200, 25), NORMAL)) == []


def test_pressure_alone_without_a_flow_meter_raises_no_burst():
    only = [one for one in mains(NORMAL, BURST) if one.quantity is PRESSURE]
    assert fold(water(), only) == []


def test_a_burst_clears_when_pressure_and_flow_are_back():
    found = fold(water(), mains(NORMAL, BURST, NORMAL))
    assert told(found) == [("water.burst", "raised", 620), ("water.burst", "cleared", 1320)]


def test_a_burst_mended_at_another_hour_clears_by_its_sharp_turn_back():
    by_then = (900, 285, 16)  # neither as high nor as low as before the burst
    slower = [(60, 320 - n * 2, 10 + n / 5) for n in range(17)]
    found = fold(water(), mains(NORMAL, BURST, by_then, *slower))
    assert [f.phase for f in found] == [Phase.RAISED, Phase.CLEARED]


def test_half_a_recovery_is_none():
    found = fold(water(), mains(NORMAL, (600, 200, 25), (3600, 225, 24)))
    assert [f.phase for f in found] == [Phase.RAISED]


def test_a_burst_is_known_after_a_restart_at_any_moment():
    readings = mains(NORMAL, (1800, 200, 25), (600, 318, 10))
    whole = fold(water(), readings)
    for cut in range(0, len(readings), 7):
        first = fold(water(), readings[:cut])
        memory = [r for r in readings[:cut] if r.measured_at > instant(cut * 5 - 1080)]
        rest = fold(water(), [*memory, *readings[cut:]], opened(first))
        again = [f for f in rest if cut == 0 or f.at > readings[cut - 1].measured_at]
        assert told(first) + told(again) == told(whole)
        assert {f.since for f in [*first, *again]} == {f.since for f in whole}


def test_an_open_burst_without_numbers_still_clears_by_its_turn_back():
    found = OpenFinding(rule="water.burst", subject="w1", since=START, raised_at=START, severity=Severity.CRITICAL)
    assert told(fold(water(), mains((300, 200, 25), NORMAL), [found])) == [("water.burst", "cleared", 420)]
    assert fold(water(), mains((900, 200, 25)), [found]) == []


def nights(*lowest, first_day=0, every_s=300.0, flow_by_day=20.0):
    """Flow readings of whole days: each night's flow between 02:00 and 04:00 is one of `lowest`."""
    readings = []
    for day, flow in enumerate(lowest, first_day):
        for n in range(int(DAY / every_s)):
            hour = n * every_s / 3600
            value = flow + 0.01 * (n % 3) if 1 <= hour < 5 else flow_by_day
            readings.append(reading("w1", day * DAY + n * every_s, FLOW, value))
    return readings


def test_a_leak_is_a_night_flow_above_what_the_nights_are_used_to():
    found = fold(water(), nights(*[4.0] * 7, 7.0))
    assert told(found) == [("water.leak", "raised", 7 * DAY + 4 * 3600)]
    assert (found[0].since - START).total_seconds() == 7 * DAY + 2 * 3600
    assert found[0].reason.numbers["baseline_l_s"] == 4.01
    assert found[0].reason.numbers["nights"] == 7
    assert found[0].reason.text == ("The night's lowest flow was 7.01 L/s; 4.01 L/s was usual in the 7 nights before.")


def test_a_leak_is_not_judged_before_three_nights_are_known():
    assert fold(water(), nights(4.0, 4.0, 9.0)) == []
    assert told(fold(water(), nights(4.0, 4.0, 4.0, 9.0))) == [("water.leak", "raised", 3 * DAY + 4 * 3600)]


def test_a_small_rise_is_no_leak_by_factor_nor_by_amount():
    assert fold(water(), nights(*[4.0] * 7, 5.5)) == []
    assert fold(water(), nights(*[0.3] * 7, 1.0)) == []


def test_one_draw_in_the_night_is_no_leak():
    quiet = nights(*[4.0] * 8)
    drawn = [
        reading("w1", (r.measured_at - START).total_seconds(), FLOW, 15.0)
        if 7 * DAY + 7200 <= (r.measured_at - START).total_seconds() < 7 * DAY + 9000
        else r
        for r in quiet
    ]
    assert fold(water(), drawn) == []


def test_a_leak_stays_open_however_usual_it_becomes_and_clears_when_mended():
    found = fold(water(), nights(*[4.0] * 7, *[7.0] * 20, 4.1, 4.0))
    assert told(found) == [
        ("water.leak", "raised", 7 * DAY + 4 * 3600),
        ("water.leak", "cleared", 27 * DAY + 4 * 3600),
    ]


def test_a_night_with_too_few_readings_is_not_judged():
    seen = nights(*[4.0] * 7, 9.0)
    cut = [r for r in seen if not 7 * DAY + 7200 <= (r.measured_at - START).total_seconds() < 7 * DAY + 12600]
    assert fold(water(), cut) == []


def test_the_leak_rule_survives_a_restart_on_the_nights_alone():
    readings = nights(*[4.0, 4.2, 3.9, 6.5, 4.1] * 4, *[8.0] * 3, 4.0, 4.0, 8.5)
    whole = fold(water(), readings)
    assert [f.phase for f in whole].count(Phase.RAISED) >= 2
    for day in range(16, 26):
        for hour in (1, 3, 9):
            now = instant(day * DAY + hour * 3600)
            before = [r for r in readings if r.measured_at < now]
            first = fold(water(), before)
            windows = [(instant(n * DAY + 7200), instant(n * DAY + 14400)) for n in range(day - 8, day + 1)]
            memory_from = now - timedelta(seconds=7200)
            again = [
                r for r in before if r.measured_at >= memory_from or any(a <= r.measured_at < b for a, b in windows)
            ]
            rest = fold(water(), [*again, *(r for r in readings if r.measured_at >= now)], opened(first))
            assert told(first) + told(f for f in rest if f.at >= now) == told(whole), (day, hour)


def test_nights_follow_the_citys_own_clock_over_a_change_of_the_clocks():
    berlin = ZoneInfo("Europe/Berlin")
    table = NightTable(Leak(), berlin)
    night = table.next(datetime(2026, 10, 24, 12, tzinfo=berlin))
    assert night.begins.astimezone(berlin) == datetime(2026, 10, 25, 2, tzinfo=berlin)
    assert night.ends - night.begins == timedelta(hours=3)  # the hour from two to three came twice
    assert table.next(night.begins) == table.next(night.ends - timedelta(seconds=1)) == night
    assert table.next(night.ends).day == date(2026, 10, 26)
    until_midnight = NightTable(Leak(from_hour=22.5, to_hour=24), berlin).next(night.begins)
    assert until_midnight.begins.astimezone(berlin) == datetime(2026, 10, 25, 22, 30, tzinfo=berlin)
    assert until_midnight.ends.astimezone(berlin) == datetime(2026, 10, 26, tzinfo=berlin)


def test_nights_from_long_ago_are_no_baseline():
    long_ago = nights(*[1.0] * 7)
    assert fold(water(), [*long_ago, *nights(5.0, 5.0, 5.0, first_day=20)]) == []


def test_pressure_too_low_and_too_high():
    low = fold(water(), mains((300, 320, 10), (600, 130, 10), (300, 150, 10), (600, 320, 10)))
    assert told(low) == [("water.pressure", "raised", 420), ("water.pressure", "cleared", 1320)]
    assert low[0].reason.numbers["threshold_kpa"] == 140
    high = fold(water(), mains((600, 650, 10)))
    assert "above 600 kPa for 120 s" in high[0].reason.text


def test_turbid_water_and_missing_chlorine_are_one_alert_of_one_place():
    turbid = series(TURBIDITY, *[0.3] * 10, *[1.6] * 60, *[0.2] * 60)
    bad = fold(water(), turbid)
    assert told(bad) == [("water.quality", "raised", 220), ("water.quality", "cleared", 1000)]
    assert bad[0].reason.numbers == {
        "turbidity_ntu": 1.6, "threshold_ntu": 1.0, "lasted_s": 120.0, "blind_s": 0.0, "causes": "turbid",
    }  # fmt: skip
    weak = series(CHLORINE, *[0.3] * 15, *[0.02] * 60, *[0.3] * 90)
    both = fold(water(), sorted([*turbid, *weak], key=lambda r: (r.measured_at, r.quantity.value)))
    assert [(f.phase, f.reason.numbers["causes"]) for f in both] == [
        (Phase.RAISED, "turbid"),
        (Phase.UPDATED, "turbid,chlorine_low"),
        (Phase.CLEARED, "turbid,chlorine_low"),
    ]
    assert fold(water(), series(CHLORINE, *[2.4] * 30))[0].reason.numbers["threshold_mg_l"] == 2


def test_rules_that_are_switched_off_raise_nothing():
    off = {name: {"enabled": False} for name in ("burst", "leak", "pressure", "quality")}
    readings = [*mains(NORMAL, (600, 50, 60)), *series(TURBIDITY, *[9.0] * 50), *nights(*[1.0] * 7, 30.0)]
    assert fold(water(**off), sorted(readings, key=lambda r: r.measured_at)) == []


SPANS = st.lists(
    st.tuples(st.integers(4, 60).map(lambda n: n * 30.0), st.sampled_from([320, 180, 100]), st.sampled_from([10, 30])),
    max_size=6,
)


@given(SPANS)
def test_the_same_readings_give_the_same_findings(spans):
    assert fold(water(), mains(*spans)) == fold(water(), mains(*spans))


@given(SPANS, st.integers(0, 4))
def test_dropping_four_readings_of_five_moves_times_and_invents_nothing(spans, kept):
    """Spans of two minutes and more, readings every 5 s or 25 s: what the thin fold raises the full one raises too."""
    full = mains(*spans, every_s=5.0)
    thin = [r for n, r in enumerate(full) if n // 2 % 5 == kept]
    dense, sparse = fold(water(), full), fold(water(), thin)
    for rule in ("water.pressure",):
        many = [f for f in dense if f.rule == rule and f.phase is Phase.RAISED]
        few = [f for f in sparse if f.rule == rule and f.phase is Phase.RAISED]
        assert len(few) <= len(many)
        for finding in few:
            assert any(abs((finding.at - other.at).total_seconds()) <= 50 for other in many)


@given(st.lists(st.floats(150, 590), max_size=40), st.lists(st.floats(0, 1.9), max_size=40))
def test_inside_every_limit_nothing_is_raised(pressures, flows):
    readings = [*series(PRESSURE, *pressures), *series(FLOW, *flows)]
    assert fold(water(), sorted(readings, key=lambda r: (r.measured_at, r.quantity.value))) == []


def test_an_odd_quantity_is_nothing_to_it():
    assert fold(water(), [Reading("w1", Quantity.BATTERY_PCT, 3.0, START, START)]) == []
