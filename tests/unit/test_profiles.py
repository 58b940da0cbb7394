"""Profiles: the hour of the week, what is learnt from which hours, and the file that holds them."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.profile import CELLS, HOUR, NO_PROFILES, cell_of, document_of, profile_from, profiles_of
from detectors.thresholds import Thresholds
from detectors.unusual import FLOW, POWER, PRESSURE
from hub.config.load import Configuration, config_version
from hub.config.profiles_file import read_all, read_profiles, text_of, write_profiles
from hub.config.yaml_source import ConfigError
from hub.config.zones_file import NotWritable, profiles_path
from hub.tuning.baselines.fitting import cells_of
from hub.tuning.baselines.learning import HourMean, NotLearnt, Wrong, learn, subjects_of
from ingest.city import Calendar, DeviceKind
from tests.support.folding import city_of, lamp_city
from tests.support.weeks import MONDAY, SHANGHAI, flat_profile, usual_flow

CITY = city_of(DeviceKind.WATER, "w1")
USUAL = Configuration(CITY, Thresholds(), "v")
BERLIN = ZoneInfo("Europe/Berlin")
END = MONDAY + timedelta(weeks=6)


def weeks_of(value, *, device="w1", quantity=FLOW, weeks=6, hours=None):
    found = []
    for n in range(weeks * 168):
        at = MONDAY + n * HOUR
        if hours is None or hours(at):
            mean = value(at)
            found.append(HourMean(device, quantity, at, mean - 0.5, mean, mean + 0.5, 60))
    return found


def learnt(means, wrong=(), configuration=USUAL, subject="w1", quantity=FLOW, end=END):
    outcomes = learn(configuration, subjects_of(configuration.city), means, wrong, since=MONDAY, until=end)
    return next(one for one in outcomes if (one.subject, one.quantity) == (subject, quantity))


def test_an_hour_has_the_cell_of_its_wall_time_and_holidays_are_sundays():
    none = Calendar()
    assert cell_of(MONDAY, SHANGHAI, none) == 0
    assert cell_of(MONDAY + 27 * HOUR, SHANGHAI, none) == 27
    assert cell_of(MONDAY - HOUR, SHANGHAI, none) == CELLS - 1
    calendar = Calendar(holidays=frozenset({date(2026, 10, 5)}), workdays=frozenset({date(2026, 10, 10)}))
    assert cell_of(MONDAY + 3 * HOUR, SHANGHAI, calendar) == 6 * 24 + 3
    saturday = MONDAY + timedelta(days=5, hours=3)
    assert cell_of(saturday, SHANGHAI, calendar) == 2 * 24 + 3  # worked through: a Wednesday
    assert cell_of(MONDAY, ZoneInfo("Asia/Kolkata"), none) == 6 * 24 + 22  # 21:30 to 22:30 on Sunday


def test_when_clocks_change_an_hour_comes_twice_or_not_at_all():
    none = Calendar()
    back = [cell_of(datetime(2026, 10, 24, 22, tzinfo=UTC) + n * HOUR, BERLIN, none) % 24 for n in range(5)]
    assert back == [0, 1, 2, 2, 3]
    forward = [cell_of(datetime(2026, 3, 28, 23, tzinfo=UTC) + n * HOUR, BERLIN, none) % 24 for n in range(4)]
    assert forward == [0, 1, 3, 4]


@given(st.integers(0, 90_000), st.sampled_from(["Europe/Berlin", "America/Havana"]))
def test_a_cell_is_always_the_wall_clock_of_the_hours_middle(hours, name):
    hour = datetime(2020, 1, 1, tzinfo=UTC) + hours * HOUR
    local = (hour + HOUR / 2).astimezone(ZoneInfo(name))
    assert cell_of(hour, ZoneInfo(name), Calendar()) == local.weekday() * 24 + local.hour


def test_what_moves_with_the_hour_is_learnt_by_the_hour():
    found = learnt(weeks_of(usual_flow))
    assert found.why_not is None
    assert found.hours == 6 * 168
    assert found.profile is not None
    for n in range(168):
        cell = found.profile.cells[n]
        assert cell is not None
        assert cell.median == pytest.approx(usual_flow(MONDAY + n * HOUR), abs=1e-4)
        assert cell.spread == pytest.approx(0.0, abs=1e-4)
        assert cell.n == 6


def test_two_odd_weeks_of_six_move_the_usual_but_little():
    odd = learnt(weeks_of(lambda at: usual_flow(at) + (30.0 if at >= MONDAY + timedelta(weeks=4) else 0.0)))
    assert odd.profile is not None
    cell = odd.profile.cells[30]
    assert cell is not None
    assert cell.median == pytest.approx(usual_flow(MONDAY + 30 * HOUR), abs=0.01)


@given(st.floats(0.01, 100), st.floats(-1000, 1000))
def test_a_profile_scales_and_shifts_with_its_quantity(scale, shift):
    values = {cell: [float((cell * 7 + week * week * 3) % 11) for week in range(6)] for cell in range(CELLS)}
    moved = {cell: [one * scale + shift for one in those] for cell, those in values.items()}
    for one, other in zip(cells_of(values), cells_of(moved), strict=True):
        assert one is not None
        assert other is not None
        assert other.median == pytest.approx(one.median * scale + shift, abs=1e-3)
        assert other.spread == pytest.approx(one.spread * scale, abs=1e-3)


def test_a_cell_of_two_weeks_says_nothing():
    assert cells_of({5: [1.0, 2.0]}) == (None,) * CELLS


def test_hours_of_alerts_that_nobody_called_false_are_left_out():
    def leak(at):
        return usual_flow(at) + (9.0 if at >= MONDAY + timedelta(weeks=3) else 0.0)

    since = MONDAY + timedelta(weeks=3)
    found = learnt(weeks_of(leak), [Wrong("w1", since, None), Wrong("w2", MONDAY, None)])
    assert found.left_out == 3 * 168
    assert found.profile is not None
    assert found.profile.cells[0].median == pytest.approx(usual_flow(MONDAY), abs=0.01)
    assert learnt(weeks_of(leak), [Wrong("w1", MONDAY, None)]).why_not is NotLearnt.ALL_LEFT_OUT


def test_too_little_says_so():
    assert learnt([]).why_not is NotLearnt.NO_READINGS
    assert learnt(weeks_of(usual_flow, weeks=2)).why_not is NotLearnt.TOO_FEW_WEEKS
    few = weeks_of(usual_flow, hours=lambda at: at < MONDAY + timedelta(weeks=2, days=2))
    assert learnt(few).why_not is NotLearnt.TOO_FEW_HOURS
    assert learnt(weeks_of(usual_flow), quantity=PRESSURE).why_not is NotLearnt.NO_READINGS


def test_impossible_values_and_stuck_sensors_are_left_out():
    good = weeks_of(usual_flow)
    wild = [replace(one, high=1e9) if n % 3 == 0 else one for n, one in enumerate(good)]
    assert learnt(wild).left_out == len(good) // 3
    stuck = [replace(one, low=one.mean, high=one.mean) for one in good]
    assert learnt(stuck).why_not is NotLearnt.ALL_LEFT_OUT


def test_a_circuit_is_learnt_by_its_lit_hours_and_its_lamps_together():
    city = lamp_city(3, interval_s=300.0)
    means = [
        one
        for lamp in range(3)
        for one in weeks_of(lambda _, lamp=lamp: 80.0 + lamp, device=f"l{lamp:02}", quantity=POWER)
    ]
    found = learnt(means, configuration=Configuration(city, Thresholds(), "v"), subject="c", quantity=POWER)
    assert found.profile is not None
    assert found.profile.cells[12] is None  # noon
    assert found.profile.cells[1].median == 81.0
    dark = [one for one in means if one.device_id == "l00"]
    few = learnt(dark, configuration=Configuration(city, Thresholds(), "v"), subject="c", quantity=POWER)
    assert few.why_not is NotLearnt.ALL_LEFT_OUT  # a third of the lamps is not the circuit


def test_a_profile_comes_back_from_its_document_and_its_version_names_its_content():
    one = flat_profile("w1", FLOW, 10.0, 1.0, without=frozenset({3}))
    again = profile_from(json.loads(json.dumps(document_of(one))))
    assert again == one
    assert flat_profile("w1", FLOW, 10.0, 1.1).version != one.version
    assert profiles_of([one]).version == profiles_of([again]).version != ""
    assert NO_PROFILES.version == ""


def test_the_configurations_version_follows_the_profiles_and_is_as_before_without_any():
    assert config_version(CITY, Thresholds()) == config_version(CITY, Thresholds(), NO_PROFILES)
    with_one = config_version(CITY, Thresholds(), profiles_of([flat_profile("w1", FLOW, 10.0, 1.0)]))
    assert with_one != config_version(CITY, Thresholds())


def test_the_file_is_read_back_and_others_subjects_are_passed_over(tmp_path: Path):
    city_file = tmp_path / "city.yaml"
    assert read_profiles(city_file, CITY) is NO_PROFILES
    mine, other = flat_profile("w1", FLOW, 10.0, 1.0), flat_profile("elsewhere", FLOW, 1.0, 1.0)
    path = write_profiles(city_file, [mine, other], CITY.timezone)
    assert path == profiles_path(city_file)
    assert read_profiles(city_file, CITY) == profiles_of([mine])
    assert path.read_text() == text_of([other, mine], CITY.timezone)


def test_what_stands_in_the_file_as_before_is_not_made_anew(tmp_path: Path):
    city_file = tmp_path / "city.yaml"
    one, two = flat_profile("w1", FLOW, 10.0, 1.0), flat_profile("w1", PRESSURE, 300.0, 1.0)
    path = write_profiles(city_file, [one, two], CITY.timezone)
    first = read_all(path, CITY.timezone)
    moved = flat_profile("w1", PRESSURE, 310.0, 1.0)
    write_profiles(city_file, [one, moved], CITY.timezone)
    again = read_all(path, CITY.timezone)
    assert again == [one, moved]
    assert again[0] is first[0]
    lines = path.read_text().splitlines()
    path.write_text("\n".join([lines[1], *lines]) + "\n")  # a known line in the place of the first is none of its own
    with pytest.raises(ConfigError, match="the first line must be"):
        read_all(path, CITY.timezone)


@pytest.mark.parametrize(
    ("change", "line", "why"),
    [
        (lambda lines: ["", *lines[1:]], 1, "is not JSON"),
        (lambda lines: ['{"format": "other"}', *lines[1:]], 1, "the first line must be"),
        (lambda lines: [lines[0].replace("Shanghai", "Urumqi"), *lines[1:]], 1, "these hours of the week are of"),
        (lambda lines: [*lines, lines[1]], 3, "stands in line 2 already"),
        (lambda lines: [lines[0], "[]"], 2, "must be a JSON object"),
        (lambda lines: [lines[0], lines[1].replace('"median"', '"mean"')], 2, "median is missing"),
        (lambda lines: [lines[0], lines[1].replace("flow_l_s", "flow")], 2, "not a valid Quantity"),
        (lambda lines: [lines[0], lines[1].replace('"median":[10.0,', '"median":[')], 2, "168 entries"),
        (lambda lines: [lines[0], lines[1].replace('"spread":[1.0', '"spread":[-1.0')], 2, "a spread below 0"),
        (lambda lines: [lines[0], lines[1].replace('"spread":[1.0', '"spread":["x"')], 2, "no number"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_good_is_refused_with_its_line(tmp_path: Path, change, line, why):
    city_file = tmp_path / "city.yaml"
    path = write_profiles(city_file, [flat_profile("w1", FLOW, 10.0, 1.0)], CITY.timezone)
    path.write_text("\n".join(change(path.read_text().splitlines())) + "\n")
    with pytest.raises(ConfigError) as refused:
        read_profiles(city_file, CITY)
    assert any(problem.startswith(f"{path}:{line}: ") and why in problem for problem in refused.value.problems)


def test_a_folder_that_cannot_be_written_to_is_told_of(tmp_path: Path):
    with pytest.raises(NotWritable, match="cannot be written"):
        write_profiles(tmp_path / "missing" / "city.yaml", [], CITY.timezone)
