"""One place's last days go in, each hour held against what is usual then comes out, JSON-ready; pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from detectors.profile import HOUR, Profile, cell_of, hour_of
from hub.config.load import Configuration
from hub.tuning.baselines.document import band
from hub.tuning.baselines.learning import HourMean, Subject, Wrong, hours_of

DAYS = timedelta(days=7)


class Stands(StrEnum):
    """How an hour stands to what is usual."""

    WITHIN = "within"
    ABOVE = "above"
    BELOW = "below"
    UNLEARNT = "unlearnt"  # measured, and nothing is known of this hour of the week
    LEFT_OUT = "left_out"  # not to be believed: an impossible value, a stuck sensor, too few lamps heard
    UNHEARD = "unheard"  # nothing is stored; of lamps, they need not burn


def span_before(until: datetime) -> tuple[datetime, datetime]:
    """Return the seven days of whole hours before `until`."""
    end = hour_of(until)
    return end - DAYS, end


def recent_hours(
    configuration: Configuration,
    subject: Subject,
    profile: Profile | None,
    means: Iterable[HourMean],
    wrong: Iterable[Wrong],
    *,
    since: datetime,
    until: datetime,
) -> list[dict[str, Any]]:
    """Return every hour of [since, until): its mean, the band that is usual, and how one stands to the other.

    An hour with an alert stands to the band as any other does, and says `why` learning would leave it out. Of an hour
    that is not believed the mean is told where the place has one device: that shows what was not believed.
    """
    known = list(means)
    found = hours_of(configuration, subject, known, (), since=since, until=until)
    alerted = hours_of(configuration, subject, known, wrong, since=since, until=until).left_out
    doubted = {one.hour: one.mean for one in known} if len(subject.members) == 1 else {}
    zone, calendar = ZoneInfo(configuration.city.timezone), configuration.city.calendar
    hours = []
    hour = since
    while hour < until:
        number = cell_of(hour, zone, calendar)
        cell = profile.cells[number] if profile is not None else None
        low, high = band(cell, profile, configuration) if cell is not None and profile is not None else (None, None)
        why = found.left_out.get(hour)
        mean = found.counted.get(hour)
        shown = mean if why is None else doubted.get(hour)
        hours.append(
            {
                "at": hour.isoformat(),
                "cell": number,
                "mean": None if shown is None else round(shown, 4),
                "low": None if low is None else round(low, 4),
                "usual": None if cell is None else cell.median,
                "high": None if high is None else round(high, 4),
                "stands": (Stands.LEFT_OUT if why is not None else _stands(mean, low, high)).value,
                "why": alerted[hour].value if hour in alerted else None,
            }
        )
        hour += HOUR
    return hours


def _stands(mean: float | None, low: float | None, high: float | None) -> Stands:
    if mean is None:
        return Stands.UNHEARD
    if low is None or high is None:
        return Stands.UNLEARNT
    if mean > high:
        return Stands.ABOVE
    return Stands.BELOW if mean < low else Stands.WITHIN
