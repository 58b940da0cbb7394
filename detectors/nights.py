"""Flow readings go in; each night's lowest flow, and whether it lies above what the nights are used to, comes out.

Minimum night flow: between about two and four in the morning hardly anybody draws water, so what still flows is mostly
leakage. The night window is cut into aligned spans; the lowest average of a span is the night's flow. It is held
against the median of the device's own nights of the last days.

Every night enters that baseline, one with a leak too: what a night is held against then follows from the nights before
it alone, whatever was raised meanwhile, and a restarted worker that reads those nights again comes to the same. That a
long leak would become usual does no harm while its alert is open: an open leak keeps the baseline it was raised with.

A night is judged only when a reading comes soon after it. So nights that are read again for the baseline's sake, and of
which nothing but the night window is read, are remembered and not judged a second time.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from statistics import median

from detectors.thresholds_telemetry import Leak

JUDGED_WITHIN = timedelta(hours=12)


@dataclass(frozen=True, slots=True)
class Night:
    """The night window of one local date, as instants [begins, ends)."""

    day: date
    begins: datetime
    ends: datetime


@dataclass(frozen=True, slots=True)
class NightFlow:
    """One night's lowest flow, and the baseline of the nights before it (None: too few)."""

    night: Night
    lowest_l_s: float
    baseline_l_s: float | None
    nights: int


class NightTable:
    """The night windows of a city's local dates."""

    def __init__(self, limits: Leak, zone: tzinfo) -> None:
        """Take when the window begins and ends, and the city's timezone."""
        self._from, self._to, self._zone = _clock(limits.from_hour), _clock(limits.to_hour), zone
        self._known: dict[date, Night] = {}

    def next(self, at: datetime) -> Night:
        """Return the night window that `at` lies in, else the next one."""
        day = at.astimezone(self._zone).date()
        tonight = self._night(day)
        return tonight if at < tonight.ends else self._night(day + timedelta(days=1))

    def _night(self, day: date) -> Night:
        if day not in self._known:
            if len(self._known) > 100:  # a worker that runs for months needs only the last few
                self._known.clear()
            begins, ends = (
                datetime.combine(day, clock, self._zone).astimezone(UTC)
                if clock is not None
                else datetime.combine(day + timedelta(days=1), time(0), self._zone).astimezone(UTC)
                for clock in (self._from, self._to)
            )
            self._known[day] = Night(day, begins, ends)
        return self._known[day]


class NightWatch:
    """What one device's nights were like: fed with flow readings in order, it tells of each night when that is over."""

    __slots__ = ("_count", "_history", "_limits", "_means", "_span", "_sum", "_table", "_tonight")

    def __init__(self, limits: Leak, table: NightTable) -> None:
        """Begin with no nights known."""
        self._limits, self._table = limits, table
        self._tonight: Night | None = None
        self._span, self._sum, self._count = -1, 0.0, 0
        self._means: list[float] = []
        self._history: tuple[tuple[date, float], ...] = ()

    @property
    def spans(self) -> int:
        """How many spans of the night that goes on could be measured so far."""
        return len(self._means)

    def push(self, at: datetime, flow_l_s: float) -> NightFlow | None:
        """Take a reading in; return the night that it ends, if that could be measured and is to be judged."""
        tonight = self._tonight
        if tonight is None:
            tonight = self._tonight = self._table.next(at)
        if at < tonight.begins:
            return None
        over = None
        if at >= tonight.ends:
            over = self._close(tonight, at)
            tonight = self._tonight = self._table.next(at)
            if at < tonight.begins:
                return over
        span = int((at - tonight.begins).total_seconds() // (self._limits.bucket_min * 60))
        if span != self._span:
            self._end_span()
            self._span = span
        self._sum += flow_l_s
        self._count += 1
        return over

    def _close(self, night: Night, at: datetime) -> NightFlow | None:
        self._end_span()
        means, self._means, self._span = self._means, [], -1
        spans = (night.ends - night.begins).total_seconds() / (self._limits.bucket_min * 60)
        if not means or len(means) < self._limits.coverage * spans:
            return None
        lowest = min(means)
        oldest = night.day - timedelta(days=self._limits.nights)
        past = [flow for day, flow in self._history if day >= oldest]
        self._history = (*self._history, (night.day, lowest))[-self._limits.nights :]
        if at - night.ends > JUDGED_WITHIN:
            return None
        baseline = median(past) if len(past) >= self._limits.min_nights else None
        return NightFlow(night, lowest, baseline, len(past))

    def _end_span(self) -> None:
        if self._count >= self._limits.bucket_readings:
            self._means.append(self._sum / self._count)
        self._sum, self._count = 0.0, 0


def _clock(hour: float) -> time | None:
    """Return the local time of `hour` (2.5 is half past two), or None for the end of the day."""
    return None if hour >= 24 else time(int(hour), round(hour % 1 * 60))
