"""A time as a user writes it goes in, an aware instant comes out."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from hub import clock
from hub.cli.failure import CommandError


def instant(text: str, zone: ZoneInfo, *, ahead: bool = False, now: datetime | None = None) -> datetime:
    """Return the time that `text` means, in `zone` where it names none; raise CommandError with what would be right.

    A time of day alone (`17:40`) is the last one there was, or with `ahead` the next one; a date alone, its beginning.
    """
    bare = text.strip()
    try:
        of_day = time.fromisoformat(bare) if ":" in bare[:3] else None
        found = datetime.fromisoformat(bare) if of_day is None else None
    except ValueError:
        raise CommandError(f"{text!r} is no ISO 8601 time, such as 2026-11-22T18:00:00+08:00, or 18:00") from None
    if found is None:
        assert of_day is not None
        return _of_day(of_day, zone, now or clock.now(), ahead=ahead)
    if not 1970 <= found.year <= 9000:
        raise CommandError(f"{text!r} lies outside of all recorded time")
    return found if found.tzinfo else found.replace(tzinfo=zone)


def local(at: datetime, zone: ZoneInfo) -> str:
    """Return an instant for people, as the city's clocks show it."""
    return f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def _of_day(of_day: time, zone: ZoneInfo, now: datetime, *, ahead: bool) -> datetime:
    there = of_day.tzinfo or zone
    today = datetime.combine(now.astimezone(there).date(), of_day, there)
    if ahead:
        return today if today > now else today + timedelta(days=1)
    return today if today <= now else today - timedelta(days=1)
