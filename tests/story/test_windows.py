"""Time windows: seasons, nights, holidays, make-up workdays and clock changes."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from detectors.windows import any_open, holds_on, is_open, next_change
from ingest.city import Calendar, TimeWindow

SHANGHAI = ZoneInfo("Asia/Shanghai")
NO_CALENDAR = Calendar()
# The National Day holiday of 2026 with one Saturday worked instead, as a city would write it down.
HOLIDAYS = Calendar(
    holidays=frozenset(date(2026, 10, day) for day in range(1, 8)),
    workdays=frozenset({date(2026, 10, 10)}),
    years=frozenset({2026}),
)


def at(text: str, zone: ZoneInfo = SHANGHAI) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


def opened(window: TimeWindow, text: str, calendar: Calendar = NO_CALENDAR) -> bool:
    return is_open(window, at(text), SHANGHAI, calendar)


def test_hours_include_their_beginning_and_not_their_end():
    evening = TimeWindow(hours=(time(18), time(22)))
    assert not opened(evening, "2026-11-23T17:59:59.999999")
    assert opened(evening, "2026-11-23T18:00")
    assert opened(evening, "2026-11-23T21:59:59.999999")
    assert not opened(evening, "2026-11-23T22:00")


def test_equal_ends_mean_the_whole_day():
    day = TimeWindow(weekdays=frozenset({1}))
    assert opened(day, "2026-11-23T00:00")  # a Monday
    assert opened(day, "2026-11-23T23:59:59")
    assert not opened(day, "2026-11-24T00:00")


def test_hours_after_midnight_belong_to_the_day_they_began_on():
    friday_night = TimeWindow(weekdays=frozenset({5}), hours=(time(22), time(2)))
    assert opened(friday_night, "2026-11-27T23:00")  # Friday
    assert opened(friday_night, "2026-11-28T01:59")  # Saturday by the clock, Friday's night market
    assert not opened(friday_night, "2026-11-28T02:00")
    assert not opened(friday_night, "2026-11-28T22:30")
    assert not opened(friday_night, "2026-11-27T01:00")  # that was Thursday's night


def test_a_season_includes_both_its_ends():
    summer = TimeWindow(season=((5, 1), (9, 30)))
    assert not opened(summer, "2026-04-30T12:00")
    assert opened(summer, "2026-05-01T00:00")
    assert opened(summer, "2026-09-30T23:59")
    assert not opened(summer, "2026-10-01T00:00")


def test_a_season_may_wrap_over_new_year():
    winter = TimeWindow(season=((11, 15), (3, 15)))
    assert opened(winter, "2026-12-31T23:59")
    assert opened(winter, "2027-01-01T00:00")
    assert opened(winter, "2027-03-15T12:00")
    assert not opened(winter, "2027-03-16T00:00")
    assert not opened(winter, "2026-11-14T23:59")


def test_the_night_of_a_seasons_last_day_runs_on_after_midnight():
    last_night = TimeWindow(season=((5, 1), (9, 30)), hours=(time(20), time(1)))
    assert opened(last_night, "2026-10-01T00:30")
    assert not opened(last_night, "2026-05-01T00:30")


def test_a_window_may_hold_on_holidays_only_or_never_on_them():
    only = TimeWindow(on_holidays=True)
    never = TimeWindow(on_holidays=False)
    either = TimeWindow()
    assert [opened(w, "2026-10-03T12:00", HOLIDAYS) for w in (only, never, either)] == [True, False, True]
    assert [opened(w, "2026-10-12T12:00", HOLIDAYS) for w in (only, never, either)] == [False, True, True]


def test_a_make_up_workday_is_a_working_day_and_no_weekend():
    saturday = "2026-10-10T12:00"
    assert opened(TimeWindow(weekdays=frozenset({1, 2, 3, 4, 5})), saturday, HOLIDAYS)
    assert not opened(TimeWindow(weekdays=frozenset({6, 7})), saturday, HOLIDAYS)
    assert opened(TimeWindow(weekdays=frozenset({6, 7})), saturday, NO_CALENDAR)
    assert opened(TimeWindow(on_holidays=False), saturday, HOLIDAYS)
    assert not opened(TimeWindow(weekdays=frozenset({3})), saturday, HOLIDAYS)  # it is no particular weekday


def test_a_day_that_is_both_holiday_and_workday_is_worked():
    both = Calendar(holidays=frozenset({date(2026, 10, 10)}), workdays=frozenset({date(2026, 10, 10)}))
    assert not holds_on(TimeWindow(on_holidays=True), date(2026, 10, 10), both)
    assert holds_on(TimeWindow(on_holidays=False), date(2026, 10, 10), both)


def test_no_window_at_all_is_never_open():
    assert not any_open((), at("2026-10-03T12:00"), SHANGHAI, NO_CALENDAR)
    assert any_open((TimeWindow(on_holidays=True), TimeWindow()), at("2026-11-03T12:00"), SHANGHAI, NO_CALENDAR)


def test_an_hour_that_happens_twice_is_open_twice():
    berlin = ZoneInfo("Europe/Berlin")
    small_hours = TimeWindow(hours=(time(2), time(3)))
    begin = datetime(2026, 10, 25, 0, 0, tzinfo=UTC)  # 02:00 summer time; the clock goes back an hour at 01:00 UTC
    assert is_open(small_hours, begin, berlin, NO_CALENDAR)
    assert is_open(small_hours, begin + timedelta(minutes=90), berlin, NO_CALENDAR)
    assert next_change(small_hours, begin, berlin, NO_CALENDAR) == begin + timedelta(hours=2)


def test_a_beginning_that_the_clock_skips_opens_when_the_clock_has_jumped():
    berlin = ZoneInfo("Europe/Berlin")
    skipped = TimeWindow(hours=(time(2, 30), time(5)))
    jump = datetime(2026, 3, 29, 1, 0, tzinfo=UTC)  # 02:00 becomes 03:00
    assert not is_open(skipped, jump - timedelta(seconds=1), berlin, NO_CALENDAR)
    assert is_open(skipped, jump, berlin, NO_CALENDAR)
    assert next_change(skipped, jump - timedelta(minutes=1), berlin, NO_CALENDAR) == jump


@pytest.mark.parametrize(
    ("window", "start", "change"),
    [
        (TimeWindow(hours=(time(18), time(22))), "2026-11-23T12:00", "2026-11-23T18:00"),
        (TimeWindow(hours=(time(18), time(22))), "2026-11-23T18:00", "2026-11-23T22:00"),
        (TimeWindow(hours=(time(22), time(2))), "2026-11-23T23:00", "2026-11-24T02:00"),
        (TimeWindow(season=((5, 1), (9, 30))), "2026-11-23T12:00", "2027-05-01T00:00"),
        (TimeWindow(season=((2, 29), (2, 29))), "2097-01-01T00:00", "2104-02-29T00:00"),
        (TimeWindow(weekdays=frozenset({6, 7})), "2026-11-22T12:00", "2026-11-23T00:00"),
    ],
)
def test_the_next_change_is_found(window, start, change):
    assert next_change(window, at(start), SHANGHAI, NO_CALENDAR) == at(change)


def test_a_window_that_never_changes_has_no_next_change():
    assert next_change(TimeWindow(), at("2026-11-23T12:00"), SHANGHAI, NO_CALENDAR) is None
    assert next_change(TimeWindow(on_holidays=True), at("2026-11-23T12:00"), SHANGHAI, NO_CALENDAR) is None


ZONES = st.sampled_from(
    [
        ZoneInfo(name)
        for name in ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu")
    ]
)
CLOCKS = st.builds(time, st.integers(0, 23), st.sampled_from([0, 15, 30]))
DAYS = st.sampled_from([(1, 1), (2, 28), (2, 29), (3, 29), (4, 5), (10, 4), (10, 25), (12, 31)])
WINDOWS = st.builds(
    TimeWindow,
    season=st.none() | st.tuples(DAYS, DAYS),
    weekdays=st.frozensets(st.integers(1, 7), min_size=1),
    hours=st.tuples(CLOCKS, CLOCKS),
    on_holidays=st.none() | st.booleans(),
)
# Days around the clock changes of these zones in 2026, at any minute.
INSTANTS = st.builds(
    lambda day, minute: datetime(2026, *day, tzinfo=UTC) + timedelta(minutes=minute),
    st.sampled_from([(3, 7), (3, 28), (4, 4), (10, 3), (10, 24), (10, 31), (12, 31)]),
    st.integers(0, 3 * 24 * 60),
)


@settings(max_examples=60)
@given(WINDOWS, INSTANTS, ZONES)
@example(TimeWindow(hours=(time(2, 30), time(3))), datetime(2026, 3, 28, 12, tzinfo=UTC), ZoneInfo("Europe/Berlin"))
@example(
    TimeWindow(hours=(time(1, 30), time(2))), datetime(2026, 4, 4, 12, tzinfo=UTC), ZoneInfo("Australia/Lord_Howe")
)
def test_nothing_changes_before_the_next_change_minute_by_minute(window, start, zone):
    """Over two days, every minute is as at `start` up to the next change, and at that very instant it is not."""
    now = is_open(window, start, zone, HOLIDAYS)
    change = next_change(window, start, zone, HOLIDAYS)
    if change is not None:
        assert change > start
        assert is_open(window, change, zone, HOLIDAYS) != now
        assert is_open(window, change - timedelta(seconds=1), zone, HOLIDAYS) == now or change - start < timedelta(
            seconds=1
        )
    for minute in range(2 * 24 * 60):
        instant = start + timedelta(minutes=minute)
        if change is not None and instant >= change:
            break
        assert is_open(window, instant, zone, HOLIDAYS) == now


@settings(max_examples=50)
@given(WINDOWS, INSTANTS, ZONES)
def test_how_an_instant_is_written_changes_nothing(window, start, zone):
    """The same instant in UTC or in any zone's wall time is judged alike."""
    assert is_open(window, start, zone, HOLIDAYS) == is_open(window, start.astimezone(SHANGHAI), zone, HOLIDAYS)
