"""A time as a user writes it goes in, an aware instant comes out."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from hub.cli.failure import CommandError


def instant(text: str, zone: ZoneInfo) -> datetime:
    """Return the time that `text` means, in `zone` where it names none; raise CommandError with what would be right."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError(f"{text!r} is no ISO 8601 time, such as 2026-11-22T18:00:00+08:00") from None
    if not 1970 <= found.year <= 9000:
        raise CommandError(f"{text!r} lies outside of all recorded time")
    return found if found.tzinfo else found.replace(tzinfo=zone)
