"""Working time and a local date go in, the instants between which one works that day come out.

Hours of work are wall time. The instants of a day are those whose wall time lies in the hours, so a clock change needs
no rule of its own: an hour that happens twice is worked twice, an hour that does not happen is not worked.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from hub.cases.plan import WorkingTime

DAY = timedelta(days=1)
Span = tuple[datetime, datetime]
END_OF_DAY = time(0)  # as the end of hours it is 24:00


def is_workday(working: WorkingTime, day: date) -> bool:
    """Tell whether one works on `day`: a make-up workday always, a holiday never, else by the weekday."""
    if day.year in working.years:
        if day in working.workdays:
            return True
        if day in working.holidays:
            return False
    return day.isoweekday() in working.weekdays


def worked(working: WorkingTime, since: datetime) -> Iterator[Span]:
    """Yield in order, without end, the spans of working time from `since` on."""
    day = since.astimezone(working.timezone).date() - DAY
    while True:
        if is_workday(working, day):
            for begin, end in spans(working.timezone, working.hours, day):
                if end > since:
                    yield max(begin, since), end
        day += DAY


@lru_cache(maxsize=4096)
def spans(timezone: ZoneInfo, hours: tuple[tuple[time, time], ...], day: date) -> tuple[Span, ...]:
    """Return the spans (UTC) of the local date `day` whose wall time lies in `hours`, joined where they meet."""
    found: list[Span] = []
    for begin, end, offset in _even_stretches(timezone, day):
        for opens, closes in hours:
            first = datetime.combine(day, opens, UTC) - offset
            last = datetime.combine(day + DAY if closes == END_OF_DAY else day, closes, UTC) - offset
            if max(first, begin) < min(last, end):
                found.append((max(first, begin), min(last, end)))
    joined: list[Span] = []
    for first, last in sorted(found):
        if joined and first <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(joined[-1][1], last))
        else:
            joined.append((first, last))
    return tuple(joined)


def _even_stretches(timezone: ZoneInfo, day: date) -> Iterator[tuple[datetime, datetime, timedelta]]:
    """Yield stretches of time around `day`, with the offset from UTC that holds throughout each."""
    midday = datetime.combine(day, time(12), UTC)
    # Wider than the day at any offset from UTC there is, and narrower than what lies between two clock changes.
    begin, end = midday - timedelta(hours=30), midday + timedelta(hours=30)
    before, after = _offset(timezone, begin), _offset(timezone, end)
    if before == after:
        yield begin, end, before
        return
    left, right = begin, end
    while right - left > timedelta(seconds=1):
        middle = left + (right - left) // timedelta(seconds=2) * timedelta(seconds=1)
        left, right = (middle, right) if _offset(timezone, middle) == before else (left, middle)
    yield begin, right, before
    yield right, end, after


def _offset(timezone: ZoneInfo, at: datetime) -> timedelta:
    offset = at.astimezone(timezone).utcoffset()
    assert offset is not None
    return offset
