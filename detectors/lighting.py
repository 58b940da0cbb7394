"""A circuit's hours, or the sun, go in; whether its lamps should burn at an instant comes out."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Protocol
from zoneinfo import ZoneInfo

from detectors.sun import SunDay
from detectors.thresholds_streetlight import Burning

Span = tuple[datetime, datetime]


class SunTable(Protocol):
    """Where the sun's times come from."""

    def on(self, day: date) -> SunDay:
        """Return the sun of one local date."""
        ...


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of time [begins, ends) in which lamps should burn, should not, or (None) nothing is judged."""

    begins: datetime
    ends: datetime
    should: bool | None
    by: str  # "the sun" or "the schedule"


class Lighting:
    """When the lamps of one circuit should burn: by `lit`, windows of local time, or where that is None by the sun."""

    def __init__(
        self, burning: Burning, zone: ZoneInfo, sun: SunTable, lit: tuple[tuple[time, time], ...] | None
    ) -> None:
        """Take the place's sun and timezone; an empty `lit` means never."""
        self._burning, self._zone, self._sun, self._lit = burning, zone, sun, lit
        self._day: date | None = None
        self._segments: list[Segment] = []

    def at(self, at: datetime) -> Segment:
        """Return the stretch that `at` lies in."""
        day = at.astimezone(self._zone).date()
        if day != self._day:
            self._segments, self._day = list(self._cut(day)), day
        return self._segments[bisect_right(self._segments, at, key=lambda segment: segment.begins) - 1]

    def _cut(self, day: date) -> Iterator[Segment]:
        """Yield the stretches of one local date in order, without gaps."""
        by = "the sun" if self._lit is None else "the schedule"
        begins, ends = self._local(day, time(0)), self._local(day + timedelta(days=1), time(0))
        margin = timedelta(minutes=self._burning.margin_min)
        edges = {begins, ends}
        spans = self._spans(day)
        for start, end in spans:
            edges |= {start - margin, start + margin, end - margin, end + margin}
        ordered = sorted(edge for edge in edges if begins <= edge <= ends)
        for left, right in pairwise(ordered):
            middle = left + (right - left) / 2
            near = any(abs(middle - edge) < margin for span in spans for edge in span)
            should = None if near else any(start <= middle < end for start, end in spans)
            yield Segment(left, right, should, by)

    def _spans(self, day: date) -> list[Span]:
        """Return when lamps should burn around `day`, in order, with touching spans made one."""
        found: list[Span] = []
        for other in (day + timedelta(days=offset) for offset in range(-2, 3)):
            found += [self._night(other)] if self._lit is None else self._windows(other)
        merged: list[Span] = []
        for start, end in sorted(span for span in found if span[0] < span[1]):
            if merged and start <= merged[-1][1]:
                merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
            else:
                merged.append((start, end))
        return merged

    def _windows(self, day: date) -> list[Span]:
        tomorrow = day + timedelta(days=1)
        return [
            (self._local(day, begins), self._local(day if begins < ends else tomorrow, ends))
            if begins != ends
            else (self._local(day, time(0)), self._local(tomorrow, time(0)))
            for begins, ends in self._lit or ()
        ]

    def _night(self, day: date) -> Span:
        """Return the night that follows `day`; an empty span where the sun does not set."""
        tomorrow = day + timedelta(days=1)
        today, next_day = self._sun.on(day), self._sun.on(tomorrow)
        noon, next_noon = self._local(day, time(12)), self._local(tomorrow, time(12))
        # In polar winter one night runs into the next; in polar summer there is none.
        sets = today.sets or (next_noon if today.is_up else noon)
        rises = next_day.rises or (noon if next_day.is_up else next_noon)
        if today.sets:
            sets += timedelta(minutes=self._burning.after_sunset_min)
        if next_day.rises:
            rises -= timedelta(minutes=self._burning.before_sunrise_min)
        return sets, rises

    def _local(self, day: date, clock: time) -> datetime:
        return datetime.combine(day, clock, self._zone).astimezone(UTC)
