"""Weeks of a quantity that moves with the hour and the day: readings, hours' means and profiles for stories."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from zoneinfo import ZoneInfo

from detectors.profile import CELLS, Cell, Profile
from ingest.observation import Quantity, Reading

SHANGHAI = ZoneInfo("Asia/Shanghai")
MONDAY = datetime(2026, 10, 4, 16, tzinfo=UTC)  # Monday 5 October 2026, 00:00 in Shanghai
HOUR = timedelta(hours=1)


def usual_flow(at: datetime, zone: ZoneInfo = SHANGHAI) -> float:
    """Return what a district draws at an instant, in L/s: little by night, most in the evening, later at weekends."""
    local = at.astimezone(zone)
    hour = local.hour + local.minute / 60 - (1.0 if local.weekday() > 4 else 0.0)
    return 20.0 + 8.0 * math.sin((hour - 9.0) / 24 * 2 * math.pi) + 4.0 * math.sin((hour - 7.0) / 12 * 2 * math.pi)


def flat_profile(
    subject: str,
    quantity: Quantity,
    median: float,
    spread: float,
    *,
    until: datetime = MONDAY,
    without: frozenset[int] = frozenset(),
) -> Profile:
    """Return a profile that is the same at every hour but those of the cells `without`, which were not learnt."""
    return Profile(
        subject=subject,
        quantity=quantity,
        learnt_from=until - timedelta(days=42),
        learnt_until=until,
        hours=42 * 24,
        cells=tuple(None if cell in without else Cell(median, spread, 6) for cell in range(CELLS)),
    )


def readings_of(
    device: str,
    quantity: Quantity,
    value: Callable[[datetime], float],
    *,
    begin: datetime,
    hours: float,
    every_s: float = 300.0,
    noise: float = 0.0,
    seed: int = 1,
) -> Iterator[Reading]:
    """Yield a reading every so often; the noise is the same for the same seed."""
    random = Random(seed)
    for n in range(int(hours * 3600 / every_s)):
        at = begin + timedelta(seconds=n * every_s)
        yield Reading(device, quantity, value(at) + random.gauss(0.0, noise), at, at)
