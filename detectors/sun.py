"""A place and a local date go in; when the sun rises and sets comes out. The one file that knows `astral`."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from astral import Observer
from astral.sun import elevation, noon, sunrise, sunset


@dataclass(frozen=True, slots=True)
class SunDay:
    """One local date's sun. In polar summer and winter it neither rises nor sets, and `is_up` says which it is."""

    rises: datetime | None
    sets: datetime | None
    is_up: bool


class Sun:
    """The sun over one place."""

    def __init__(self, latitude: float, longitude: float) -> None:
        """Take the place in degrees, north and east positive."""
        self._observer = Observer(latitude, longitude)

    def on(self, day: date) -> SunDay:
        """Return when the sun rises and sets on the local date `day`, in UTC."""
        middle: datetime = noon(self._observer, day, tzinfo=UTC)
        is_up = bool(elevation(self._observer, middle) > 0)
        try:
            rises = sunrise(self._observer, day, tzinfo=UTC)
            sets = sunset(self._observer, day, tzinfo=UTC)
        except ValueError:  # astral's word for a sun that stays up or down all day
            return SunDay(None, None, is_up)
        # For places far from Greenwich astral may give the event of the neighbouring date: 24 h away from this noon.
        return SunDay(_nearest(rises, middle, before=True), _nearest(sets, middle, before=False), is_up)


def _nearest(event: datetime, middle: datetime, *, before: bool) -> datetime:
    """Return `event` moved by whole days to the half day before or after the sun's noon; seconds of drift are fine."""
    half_days = (middle - event) if before else (event - middle)
    whole_days = half_days.total_seconds() // 86400
    return event + timedelta(days=whole_days if before else -whole_days)
