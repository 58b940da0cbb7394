"""A time window, an instant, a timezone and a calendar go in; whether it is open, and when that next changes, come out.

A window speaks of local wall time. An instant has exactly one wall time in its zone, so `is_open` needs no rule for
clock changes: an hour that happens twice is open twice, an hour that does not happen is never open. `next_change` looks
at the instants where a wall time is crossed and at the instants where the zone's offset jumps.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from ingest.city import Calendar, TimeWindow

WORKING_DAYS = frozenset({1, 2, 3, 4, 5})
EVERY_DAY = frozenset(range(1, 8))
# Farthest that a change is looked for: 29 February comes at worst eight years after the last one.
HORIZON_DAYS = 3_000
DAY = timedelta(days=1)


def is_open(window: TimeWindow, at: datetime, timezone: ZoneInfo, calendar: Calendar) -> bool:
    """Tell whether `window` is open at the instant `at`."""
    local = at.astimezone(timezone)
    today, clock = local.date(), local.time()
    begin, end = window.hours
    if begin == end:
        return holds_on(window, today, calendar)
    if begin < end:
        return begin <= clock < end and holds_on(window, today, calendar)
    # After midnight it is still the window of the day before.
    return (clock >= begin and holds_on(window, today, calendar)) or (
        clock < end and holds_on(window, today - DAY, calendar)
    )


def any_open(windows: tuple[TimeWindow, ...], at: datetime, timezone: ZoneInfo, calendar: Calendar) -> bool:
    """Tell whether at least one of `windows` is open at the instant `at`."""
    return any(is_open(window, at, timezone, calendar) for window in windows)


def holds_on(window: TimeWindow, day: date, calendar: Calendar) -> bool:
    """Tell whether `window` may open on the local date `day`: its season, weekdays and holidays allow it.

    A make-up workday is a working day whatever its weekday: it belongs to windows that hold from Monday to Friday, and
    to no window that holds on single weekdays only, because nobody can say which of them it makes up for.
    """
    if window.season is not None:
        first, last = window.season
        here = (day.month, day.day)
        if not (first <= here <= last if first <= last else here >= first or here <= last):
            return False
    workday = day in calendar.workdays
    if window.on_holidays is not None and window.on_holidays != (day in calendar.holidays and not workday):
        return False
    if workday:
        return window.weekdays >= WORKING_DAYS
    return day.isoweekday() in window.weekdays


def next_change(window: TimeWindow, at: datetime, timezone: ZoneInfo, calendar: Calendar) -> datetime | None:
    """Return the first instant after `at` (in UTC) at which the window opens or closes; None if that never comes."""
    begin, end = window.hours
    whole_day = begin == end
    if whole_day and window.season is None and window.weekdays >= EVERY_DAY and window.on_holidays is None:
        return None
    now_open = is_open(window, at, timezone, calendar)
    first = at.astimezone(timezone).date() - DAY
    edges = (time(0),) if whole_day else (begin, end)
    held = holds_on(window, first - DAY, calendar)
    for offset in range(HORIZON_DAYS):
        day = first + offset * DAY
        holds = holds_on(window, day, calendar)
        # A closed window cannot open, and an open whole day cannot close, on a day that is like its neighbour.
        dull = (not holds and not held and not now_open) or (whole_day and holds and held and now_open)
        held = holds
        if dull:
            continue
        for instant in _crossings(day, edges, timezone):
            if instant > at and is_open(window, instant, timezone, calendar) != now_open:
                return instant
    return None


def _crossings(day: date, edges: tuple[time, ...], timezone: ZoneInfo) -> Iterator[datetime]:
    """Yield in order the instants at which a wall time of `edges` is met on `day`, or the offset jumps."""
    instants = set()
    for edge in edges:
        for fold in (0, 1):  # twice where the hour repeats; where it is skipped, harmless instants nearby
            instants.add(datetime.combine(day, edge).replace(tzinfo=timezone, fold=fold).astimezone(UTC))
    jump = _offset_jump(day, timezone)
    if jump is not None:
        instants.add(jump)
    yield from sorted(instants)


def _offset_jump(day: date, timezone: ZoneInfo) -> datetime | None:
    """Return the instant on `day` from which another offset holds, to the second, or None."""
    low = datetime.combine(day, time(0)).replace(tzinfo=timezone).astimezone(UTC)
    high = datetime.combine(day + DAY, time(0)).replace(tzinfo=timezone).astimezone(UTC)

    def offset(instant: datetime) -> timedelta | None:
        return instant.astimezone(timezone).utcoffset()

    before = offset(low)
    if before == offset(high):
        return None
    left, right = 0, int((high - low).total_seconds())
    while right - left > 1:
        middle = (left + right) // 2
        if offset(low + timedelta(seconds=middle)) == before:
            left = middle
        else:
            right = middle
    return low + timedelta(seconds=right)
