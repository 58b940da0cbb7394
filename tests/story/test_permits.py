"""Stalls under permits: nights, seasons, holidays, clock changes, and what stands around and before them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest

from detectors.finding import Finding
from detectors.stalls import Stalls
from detectors.thresholds import Thresholds
from ingest.city import Calendar, TimeWindow, Zone, ZoneKind
from ingest.observation import Box, Frame
from tests.support.stories import box, small_city

# Shipped: dwell 300 s, clear after 60 s.
LEFT = ((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0))
EVERYWHERE = ((0.0, 0.0), (1.0, 0.0), (1.0, 1.0), (0.0, 1.0))
STALL = box(0.25, 0.6, 0.15, 0.3, "stall")
WORKDAYS = frozenset({1, 2, 3, 4, 5})


def market(*permits: TimeWindow, **also) -> Zone:
    return Zone(
        zone_id="market",
        camera_id="cam-1",
        kind=ZoneKind.PERMITTED_STALL,
        polygon=LEFT,
        permits=permits,
        **also,
    )


def square(**also) -> Zone:
    return Zone(zone_id="square", camera_id="cam-1", kind=ZoneKind.NO_STALL, polygon=EVERYWHERE, **also)


def hours(begin: int, end: int, **also) -> TimeWindow:
    return TimeWindow(hours=(time(begin), time(end % 24)), **also)


def told(
    zones: Sequence[Zone],
    begin: datetime,
    lasts: timedelta,
    *,
    timezone: str = "Asia/Shanghai",
    calendar: Calendar | None = None,
    boxes: Sequence[Box] = (STALL,),
) -> list[tuple[str, datetime]]:
    """Return what is found, and when in UTC, while `boxes` are seen every ten seconds from `begin` on."""
    city = replace(small_city(*zones, timezone=timezone), calendar=calendar or Calendar())
    stalls = Stalls(city, Thresholds())
    state = stalls.start("cam-1", [])
    found: list[Finding] = []
    for step in range(int(lasts / timedelta(seconds=10)) + 1):
        at = begin + timedelta(seconds=10 * step)
        state, new = stalls.observe(state, Frame("cam-1", at, tuple(boxes), at))
        found += new
    return [(str(finding.phase), finding.at) for finding in found]


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def shanghai(text: str) -> datetime:
    return datetime.fromisoformat(text + "+08:00")


AFTER_DWELL = timedelta(seconds=300)


def test_a_night_market_may_stand_over_midnight_and_its_clock_starts_when_the_night_is_over():
    found = told([market(hours(22, 6))], shanghai("2026-11-23T21:30"), timedelta(hours=9))
    assert found == [
        ("raised", shanghai("2026-11-23T21:35")),  # it came half an hour too early
        ("cleared", shanghai("2026-11-23T22:00")),
        ("raised", shanghai("2026-11-24T06:05")),
    ]


def test_the_night_belongs_to_the_day_it_began_on():
    """A permit for Friday nights holds into Saturday morning, and not into Friday morning."""
    friday_night = market(hours(22, 6, weekdays=frozenset({5})))
    assert told([friday_night], shanghai("2026-11-28T00:00"), timedelta(hours=6)) == []
    assert told([friday_night], shanghai("2026-11-27T00:00"), timedelta(minutes=10)) == [
        ("raised", shanghai("2026-11-27T00:05"))
    ]


def test_permits_that_touch_leave_no_gap():
    assert told([market(hours(6, 12), hours(12, 14))], shanghai("2026-11-23T11:00"), timedelta(hours=3)) == []
    found = told([market(hours(6, 12), hours(12, 14))], shanghai("2026-11-23T11:00"), timedelta(hours=3, minutes=6))
    assert found == [("raised", shanghai("2026-11-23T14:05"))]


def test_the_season_ends_at_midnight_local_time():
    summer = market(TimeWindow(season=((5, 1), (9, 30))))
    found = told([summer], shanghai("2026-09-30T23:00"), timedelta(hours=2))
    assert found == [("raised", shanghai("2026-10-01T00:05"))]


def test_a_make_up_workday_is_no_free_saturday():
    """The weekend's permit does not hold on a Saturday that is worked; the working days' permit does."""
    worked = Calendar(workdays=frozenset({date(2026, 10, 10)}), years=frozenset({2026}))
    noon = shanghai("2026-10-10T12:00")
    weekend, weekdays = market(TimeWindow(weekdays=frozenset({6, 7}))), market(TimeWindow(weekdays=WORKDAYS))
    half_an_hour = timedelta(minutes=30)
    assert told([weekend], noon, half_an_hour, calendar=worked) == [("raised", noon + AFTER_DWELL)]
    assert told([weekdays], noon, half_an_hour, calendar=worked) == []
    assert told([weekend], noon, half_an_hour) == []


def test_season_weekday_hour_and_holiday_must_all_hold():
    only = market(hours(17, 22, season=((5, 1), (10, 31)), weekdays=WORKDAYS, on_holidays=False))
    calendar = Calendar(holidays=frozenset({date(2026, 10, 1)}), years=frozenset({2026}))
    minutes = timedelta(minutes=10)
    for begin, raised in {
        "2026-10-08T18:00": False,  # a Thursday in the season
        "2026-10-08T16:00": True,  # too early
        "2026-10-10T18:00": True,  # a Saturday
        "2026-11-05T18:00": True,  # out of season
        "2026-10-01T18:00": True,  # a Thursday, and a holiday
    }.items():
        assert bool(told([only], shanghai(begin), minutes, calendar=calendar)) is raised, begin


# Clock changes, in a zone that has them: Berlin goes from 02:00 to 03:00 on 29 March and back on 25 October 2026.


def test_an_hour_that_is_skipped_shortens_a_permit():
    """From 22:00 to 06:00 are seven hours that night."""
    found = told([market(hours(22, 6))], utc("2026-03-28T21:00"), timedelta(hours=8), timezone="Europe/Berlin")
    assert found == [("raised", utc("2026-03-29T04:05"))]


def test_an_hour_that_comes_twice_lengthens_a_permit():
    """From 22:00 to 06:00 are nine hours that night."""
    found = told([market(hours(22, 6))], utc("2026-10-24T20:00"), timedelta(hours=10), timezone="Europe/Berlin")
    assert found == [("raised", utc("2026-10-25T05:05"))]


def test_a_permit_that_ends_in_the_hour_that_comes_twice_ends_twice():
    """Until 02:30 means until 02:30 both times; what stands there in between is at fault in between."""
    found = told(
        [market(hours(20, 2), TimeWindow(hours=(time(2), time(2, 30))))],
        utc("2026-10-25T00:00"),
        timedelta(hours=2),
        timezone="Europe/Berlin",
    )
    assert found == [
        ("raised", utc("2026-10-25T00:35")),
        ("cleared", utc("2026-10-25T01:00")),  # it is 02:00 again
        ("raised", utc("2026-10-25T01:35")),
    ]


def test_the_dwell_is_seconds_whatever_the_clock_on_the_wall_does():
    """It comes seven minutes before the clocks go back, and five minutes later it is reported."""
    found = told([square()], utc("2026-10-25T00:57"), timedelta(minutes=20), timezone="Europe/Berlin")
    assert found == [("raised", utc("2026-10-25T01:02"))]


# What stands around


def test_a_person_on_the_spot_is_no_stall():
    vendor = box(0.25, 0.6, 0.06, 0.3, "person")
    assert told([square()], shanghai("2026-11-23T12:00"), timedelta(minutes=30), boxes=[vendor]) == []


def test_a_person_or_a_vehicle_over_the_stall_changes_nothing():
    crowd = [STALL, box(0.24, 0.62, 0.06, 0.3, "person"), box(0.26, 0.58, 0.16, 0.28, "car")]
    begin = shanghai("2026-11-23T12:00")
    assert told([square()], begin, timedelta(minutes=30), boxes=crowd) == [("raised", begin + AFTER_DWELL)]


def test_a_stall_in_an_ignored_zone_is_not_looked_at():
    kiosk = Zone(zone_id="kiosk", camera_id="cam-1", kind=ZoneKind.IGNORED, polygon=LEFT)
    assert told([square(), kiosk], shanghai("2026-11-23T12:00"), timedelta(minutes=30)) == []


def test_a_stall_that_the_picture_cuts_off_below_stands_in_the_picture():
    """The whole picture is forbidden beside a permitted place; its lower rim belongs to it."""
    cut = box(0.75, 1.0, 0.15, 0.3, "stall")
    begin = shanghai("2026-11-23T12:00")
    found = told([market(TimeWindow())], begin, timedelta(minutes=30), boxes=[cut])
    assert found == [("raised", begin + AFTER_DWELL)]


@pytest.mark.parametrize(("place", "dwell_s"), [(0.25, 120), (0.75, 60)])
def test_where_a_permit_is_closed_its_own_dwell_holds_and_elsewhere_the_zones(place: float, dwell_s: int):
    zones = [square(dwell_s=60), market(hours(6, 8), dwell_s=120)]
    begin = shanghai("2026-11-23T12:00")
    found = told(zones, begin, timedelta(minutes=10), boxes=[box(place, 0.6, 0.15, 0.3, "stall")])
    assert found == [("raised", begin + timedelta(seconds=dwell_s))]


def test_what_stood_under_a_permit_all_day_is_not_charged_with_the_day():
    city = small_city(market(hours(6, 14)))
    stalls = Stalls(city, Thresholds())
    state = stalls.start("cam-1", [])
    found: list[Finding] = []
    begin = shanghai("2026-11-23T06:00")
    for step in range(6 * (8 * 60 + 6)):
        at = begin + timedelta(seconds=10 * step)
        weak = replace(STALL, confidence=0.3 if at < shanghai("2026-11-23T14:00") else 0.9)
        state, new = stalls.observe(state, Frame("cam-1", at, (weak,), at))
        found += new
    (raised,) = found
    assert raised.since == shanghai("2026-11-23T14:00")
    assert raised.reason.numbers["stood_s"] == 300.0
    assert raised.reason.numbers["median_confidence"] == 0.9
    assert raised.reason.numbers["frames"] == 31
    assert "no permit is open now" in raised.reason.text
