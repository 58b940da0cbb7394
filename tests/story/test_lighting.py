"""When lamps should burn: by the sun of the place, by their circuit's hours, and not judged around the switching."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.lighting import Lighting
from detectors.sun import Sun
from detectors.thresholds_streetlight import Burning

SHANGHAI, BERLIN = ZoneInfo("Asia/Shanghai"), ZoneInfo("Europe/Berlin")
BURNING = Burning()  # a quarter of an hour after sunset and before sunrise, 20 minutes of margin


def by_sun(latitude=30.25, longitude=120.17, zone=SHANGHAI):
    return Lighting(BURNING, zone, Sun(latitude, longitude), None)


def by_hours(*lit, zone=SHANGHAI):
    return Lighting(BURNING, zone, Sun(30.25, 120.17), lit)


def local(hour, minute=0, day=23, month=11, zone=SHANGHAI):
    return datetime(2026, month, day, hour, minute, tzinfo=zone)


def test_by_the_sun():
    """On 23 November the sun rises at 06:31 and sets at 17:00 in Hangzhou."""
    lighting = by_sun()
    assert lighting.at(local(12)).should is False
    assert lighting.at(local(16, 50)).should is False
    assert lighting.at(local(17, 15)).should is None
    assert lighting.at(local(17, 40)).should is True
    assert lighting.at(local(0)).should is True
    assert lighting.at(local(5, 50)).should is True
    assert lighting.at(local(6, 16)).should is None
    assert lighting.at(local(6, 40)).should is False
    assert lighting.at(local(12)).by == "the sun"


def test_the_sun_moves_with_the_year():
    lighting = by_sun()
    assert lighting.at(local(18, 0, month=6)).should is False
    assert lighting.at(local(18, 0, month=12)).should is True


def test_by_hours_that_wrap_over_midnight():
    lighting = by_hours((time(18), time(1)))
    assert [lighting.at(local(hour)).should for hour in (17, 19, 23, 2)] == [False, True, True, False]
    assert lighting.at(local(0, 30)).should is True
    assert lighting.at(local(18, 10)).should is None
    assert lighting.at(local(12)).by == "the schedule"


def test_a_tunnel_burns_all_day_with_no_margin_at_midnight():
    lighting = by_hours((time(0), time(0)))
    assert all(lighting.at(local(hour, minute)).should is True for hour in range(24) for minute in (0, 10, 59))


def test_no_hours_at_all_is_never():
    lighting = by_hours()
    assert all(lighting.at(local(hour)).should is False for hour in range(24))


@pytest.mark.parametrize(("month", "day", "expected"), [(6, 21, False), (12, 21, True)])
def test_where_the_sun_never_sets_or_never_rises(month, day, expected):
    lighting = by_sun(70, 20, ZoneInfo("Europe/Oslo"))
    zone = ZoneInfo("Europe/Oslo")
    assert {lighting.at(local(hour, day=day, month=month, zone=zone)).should for hour in range(24)} == {expected}


def test_hours_follow_the_local_clock_over_a_change_of_the_clocks():
    lighting = by_hours((time(20), time(6)), zone=BERLIN)
    for day in (24, 25, 26):  # the clocks change on 25 October
        assert lighting.at(local(5, day=day, month=10, zone=BERLIN)).should is True
        assert lighting.at(local(7, day=day, month=10, zone=BERLIN)).should is False


@given(
    st.integers(0, 364 * 24 * 60).map(lambda n: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=n)),
    st.sampled_from([by_sun(), by_hours((time(22), time(4))), by_hours(), by_sun(52, 13, BERLIN)]),
)
def test_an_instant_lies_in_the_stretch_it_gets(at, lighting):
    segment = lighting.at(at)
    assert segment.begins <= at < segment.ends


@given(st.dates(date(2026, 1, 1), date(2027, 12, 31)), st.floats(-60, 60), st.integers(-179, 179))
def test_the_sun_rises_before_it_sets_everywhere_between_the_polar_circles(day, latitude, longitude):
    sun = Sun(latitude, longitude).on(day)
    if sun.rises and sun.sets:
        assert timedelta(0) < sun.sets - sun.rises < timedelta(hours=24)
        after = Sun(latitude, longitude).on(day + timedelta(days=1))
        assert after.rises is None or sun.sets < after.rises < sun.sets + timedelta(hours=24)


def test_the_stretches_of_a_day_leave_no_gap():
    lighting = by_sun()
    begins = [lighting.at(local(0) + timedelta(minutes=n)) for n in range(0, 1440, 5)]
    segments = sorted(set(begins), key=lambda segment: segment.begins)
    assert all(left.ends == right.begins for left, right in pairwise(segments))
