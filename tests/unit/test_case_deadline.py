"""Deadlines: laws of both clocks over calendars, suspensions and clock changes, and a few days told in full."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.finding import Severity
from hub.cases import deadline
from hub.cases.calendar import is_workday, spans
from hub.cases.deadline import add, due, measure, resumed
from hub.cases.level import ClockKind
from hub.cases.plan import Plan, WorkingTime
from hub.config.load import load_city
from hub.config.load_dispatch import load_dispatch, missing_years

ROOT = Path(__file__).resolve().parents[2]
SHANGHAI = ZoneInfo("Asia/Shanghai")
ZONES = [ZoneInfo(name) for name in ("Asia/Shanghai", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe")]
OFFICE = ((time(8), time(12)), (time(14), time(18)))
# The last three have their hours where clocks are changed.
HOURS = [
    OFFICE,
    ((time(9), time(17, 30)),),
    ((time(0), time(0)),),
    ((time(1), time(2)), (time(2), time(2, 30))),
    ((time(1, 30), time(2, 15)), (time(22), time(0))),
]
BOTH = st.sampled_from(ClockKind)
SECONDS = st.integers(1, 60 * 3600)
# 2026, with a clock change near every third instant.
INSTANTS = st.one_of(
    st.integers(0, 365 * 86400).map(lambda second: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=second)),
    st.tuples(
        st.sampled_from([(3, 8), (3, 29), (4, 4), (4, 5), (10, 3), (10, 4), (10, 25), (11, 1)]),
        st.integers(-40 * 3600, 40 * 3600),
    ).map(lambda drawn: datetime(2026, *drawn[0], tzinfo=UTC) + timedelta(seconds=drawn[1])),
)


@st.composite
def working_times(draw: st.DrawFn) -> WorkingTime:
    days = st.integers(0, 364).map(lambda day: date(2026, 1, 1) + timedelta(days=day))
    holidays = draw(st.frozensets(days, max_size=30))
    return WorkingTime(
        timezone=draw(st.sampled_from(ZONES)),
        hours=draw(st.sampled_from(HOURS)),
        weekdays=draw(st.frozensets(st.integers(1, 7), min_size=1)),
        holidays=holidays,
        workdays=draw(st.frozensets(days, max_size=10)) - holidays,
        years=draw(st.sampled_from([frozenset({2026}), frozenset()])),
    )


@cache
def shipped() -> Plan:
    return load_dispatch(None, load_city(ROOT / "deploy" / "city.example.yaml")).plan


def local(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=SHANGHAI)


def in_working_time(working: WorkingTime, at: datetime) -> bool:
    """Ask minute-wise wall time itself, not the code under test."""
    wall = at.astimezone(working.timezone)
    if not is_workday(working, wall.date()):
        return False
    return any(begin <= wall.time() and (end == time(0) or wall.time() < end) for begin, end in working.hours)


@given(working_times(), BOTH, INSTANTS, SECONDS)
def test_to_add_and_then_to_measure_gives_what_was_added(
    working: WorkingTime, clock: ClockKind, since: datetime, seconds: int
) -> None:
    assert measure(working, clock, since, add(working, clock, since, seconds)) == seconds


@given(working_times(), BOTH, INSTANTS, SECONDS, SECONDS)
def test_more_time_is_never_due_earlier(
    working: WorkingTime, clock: ClockKind, since: datetime, one: int, other: int
) -> None:
    less, more = sorted((one, other))
    assert add(working, clock, since, less) <= add(working, clock, since, more)


@given(working_times(), BOTH, INSTANTS, st.integers(0, 200_000), SECONDS)
def test_who_begins_later_is_never_due_earlier(
    working: WorkingTime, clock: ClockKind, since: datetime, later: int, seconds: int
) -> None:
    assert add(working, clock, since, seconds) <= add(working, clock, since + timedelta(seconds=later), seconds)


@given(working_times(), INSTANTS, SECONDS)
def test_what_is_due_in_working_time_is_due_while_one_works(
    working: WorkingTime, since: datetime, seconds: int
) -> None:
    # The instant itself may be the end of the hours, so the moment before it is asked.
    assert in_working_time(working, add(working, ClockKind.WORKING, since, seconds) - timedelta(microseconds=1))


@given(working_times(), INSTANTS)
def test_the_working_clock_counts_the_minutes_whose_wall_time_lies_in_the_hours(
    working: WorkingTime, since: datetime
) -> None:
    since = since.replace(second=0)
    counted = sum(in_working_time(working, since + timedelta(minutes=minute)) for minute in range(0, 1800, 15))
    measured = sum(
        measure(working, ClockKind.WORKING, at, at + timedelta(minutes=1))
        for at in (since + timedelta(minutes=minute) for minute in range(0, 1800, 15))
    )
    assert measured == counted * 60


@given(working_times(), BOTH, INSTANTS, SECONDS, st.integers(0, 200_000), st.integers(0, 200_000), st.floats(0, 1))
def test_to_split_a_suspension_in_two_changes_nothing(
    working: WorkingTime, clock: ClockKind, since: datetime, seconds: int, offset: int, length: int, share: float
) -> None:
    begin = since + timedelta(seconds=offset)
    end = begin + timedelta(seconds=length)
    middle = begin + timedelta(seconds=int(length * share))
    whole = add(working, clock, since, seconds, [(begin, end)])
    assert add(working, clock, since, seconds, [(begin, middle), (middle, end)]) == whole
    assert add(working, clock, since, seconds, [(middle, end), (begin, end)]) == whole


@given(working_times(), BOTH, INSTANTS, SECONDS, st.integers(0, 200_000), st.integers(1, 400_000))
def test_a_clock_that_is_moved_on_when_a_suspension_ends_is_one_that_stood_still(
    working: WorkingTime, clock: ClockKind, since: datetime, seconds: int, offset: int, length: int
) -> None:
    plan = replace(shipped(), working=working)
    was_due = add(working, clock, since, seconds)
    begin = since + timedelta(seconds=offset)
    end = begin + timedelta(seconds=length)
    now_due = resumed(plan, clock=clock, at=end, suspended_at=begin, was_due=was_due)
    assert now_due == add(working, clock, since, seconds, [(begin, end)])
    assert measure(working, clock, since, now_due, [(begin, end)]) == seconds


@given(working_times(), INSTANTS, SECONDS, st.integers(1, 86400))
def test_the_urgent_clock_knows_no_calendar(working: WorkingTime, since: datetime, seconds: int, length: int) -> None:
    assert add(working, ClockKind.URGENT, since, seconds) == since + timedelta(seconds=seconds)
    pause = (since, since + timedelta(seconds=length))
    assert add(working, ClockKind.URGENT, since, seconds, [pause]) == since + timedelta(seconds=seconds + length)


@given(st.sampled_from(ZONES), st.sampled_from(HOURS), st.dates(date(2026, 1, 1), date(2026, 12, 31)))
def test_the_spans_of_a_day_follow_one_another_and_stay_within_it(
    zone: ZoneInfo, hours: tuple[tuple[time, time], ...], day: date
) -> None:
    found = spans(zone, hours, day)
    assert all(begin < end for begin, end in found)
    assert all(one[1] < other[0] for one, other in pairwise(found))
    for begin, end in found:
        assert begin.astimezone(zone).date() == day
        assert (end - timedelta(microseconds=1)).astimezone(zone).date() == day


def test_four_hours_begun_before_lunch_end_in_the_afternoon() -> None:
    working = WorkingTime(timezone=SHANGHAI)
    assert add(working, ClockKind.WORKING, local("2026-11-23T10:30"), 4 * 3600) == local("2026-11-23T16:30")
    assert add(working, ClockKind.WORKING, local("2026-11-23T12:30"), 60) == local("2026-11-23T14:01")
    assert add(working, ClockKind.WORKING, local("2026-11-23T08:00"), 4 * 3600) == local("2026-11-23T12:00")


def test_friday_evening_goes_on_on_monday_and_over_a_holiday_and_a_make_up_workday() -> None:
    plain = WorkingTime(timezone=SHANGHAI)
    assert add(plain, ClockKind.WORKING, local("2026-11-20T17:00"), 2 * 3600) == local("2026-11-23T09:00")
    known = replace(
        plain,
        years=frozenset({2026}),
        holidays=frozenset({date(2026, 11, 23)}),
        workdays=frozenset({date(2026, 11, 21)}),
    )
    assert add(known, ClockKind.WORKING, local("2026-11-20T17:00"), 2 * 3600) == local("2026-11-21T09:00")
    assert add(known, ClockKind.WORKING, local("2026-11-21T17:00"), 2 * 3600) == local("2026-11-24T09:00")


def test_a_night_whose_hour_happens_twice_is_worked_twice_and_a_skipped_one_not_at_all() -> None:
    night = WorkingTime(
        timezone=ZoneInfo("Europe/Berlin"), hours=((time(1), time(4)),), weekdays=frozenset({1, 2, 3, 4, 5, 6, 7})
    )
    autumn, spring = datetime(2026, 10, 24, 20, tzinfo=UTC), datetime(2026, 3, 28, 20, tzinfo=UTC)
    for begin, hours in ((autumn, 4), (spring, 2)):
        assert measure(night, ClockKind.WORKING, begin, begin + timedelta(hours=12)) == hours * 3600


def test_a_filed_case_is_warned_of_at_four_fifths_and_says_which_years_were_guessed() -> None:
    found = due(shipped(), condition="street-order", severity=Severity.MINOR, from_=local("2026-12-31T16:00"))
    assert (found.clock, found.limit_s) == (ClockKind.WORKING, 4 * 3600)
    # Nothing is known of New Year's day, a Friday in 2027: it counts as worked, and the case says so.
    assert found.due_at == local("2027-01-01T10:00")
    assert found.warn_at == local("2027-01-01T09:12")
    assert found.unknown_years == (2026, 2027)
    urgent = due(shipped(), condition="danger", severity=Severity.CRITICAL, from_=local("2026-12-31T23:00"))
    assert (urgent.due_at, urgent.unknown_years) == (local("2027-01-01T01:00"), ())


def test_the_caller_may_put_a_case_on_the_other_clock() -> None:
    from_ = local("2026-11-20T17:00")
    found = due(shipped(), condition="street-order", severity=Severity.MINOR, from_=from_, clock=ClockKind.URGENT)
    assert found.due_at == from_ + timedelta(hours=4)


def test_a_condition_that_the_plan_has_lost_falls_to_the_rest() -> None:
    one = deadline.limit_of(shipped(), condition="gone", severity=Severity.MINOR)
    assert one == deadline.limit_of(shipped(), condition="everything-else", severity=Severity.MINOR)


def test_what_was_due_before_the_suspension_stays_due() -> None:
    due_at = local("2026-11-23T10:00")
    found = resumed(
        shipped(),
        clock=ClockKind.WORKING,
        at=local("2026-11-30T10:00"),
        suspended_at=local("2026-11-23T11:00"),
        was_due=due_at,
    )
    assert found == due_at


@pytest.mark.parametrize(
    ("at", "missing"),
    [("2026-06-01T00:00", (2026,)), ("2026-12-20T00:00", (2026, 2027)), ("2027-01-01T00:00", (2027,))],
)
def test_the_year_at_hand_is_missed_and_the_next_one_when_it_is_near(at: str, missing: tuple[int, ...]) -> None:
    assert missing_years(shipped(), local(at)) == missing
    known = replace(shipped(), working=replace(shipped().working, years=frozenset({2026, 2027})))
    assert missing_years(known, local(at)) == ()


def test_a_naive_instant_is_refused() -> None:
    for clock in ClockKind:
        with pytest.raises(ValueError, match="no timezone"):
            add(WorkingTime(timezone=SHANGHAI), clock, datetime(2026, 1, 1), 60)  # noqa: DTZ001
