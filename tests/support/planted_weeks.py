"""Seven stored weeks of a main whose flow moves with the hour, the last two days with a leak, into a served hub.

The hours are put where the roll-up puts them; of the last week the readings are there too, so that it can be judged.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from tests.support.api import Api
from tests.support.weeks import HOUR, usual_flow

ZONE = ZoneInfo("Asia/Shanghai")
STEP = timedelta(minutes=10)
LEAK_L_S = 3.0


@dataclass(frozen=True, slots=True)
class Weeks:
    """What was planted: stored from `begin` to `end`, the leak since `leak_from`."""

    device: str
    begin: datetime
    end: datetime
    leak_from: datetime

    @property
    def week_from(self) -> datetime:
        """Return the beginning of the last week, of which readings are stored."""
        return self.end - timedelta(days=7)


def plant_weeks(
    dsn: str, end: datetime, *, device: str = "water-1", grid: str = "02", weeks: int = 7, leak: bool = True
) -> Weeks:
    """Store `weeks` whole weeks before the hour of `end`."""
    last = end.replace(minute=0, second=0, microsecond=0)
    planted = Weeks(device, last - timedelta(weeks=weeks), last, last - timedelta(days=2))
    chance = random.Random(7)

    def flow(at: datetime) -> float:
        leaking = LEAK_L_S if leak and at >= planted.leak_from else 0.0
        return usual_flow(at, ZONE) + chance.gauss(0.0, 0.4) + leaking

    hours: list[tuple[Any, ...]] = []
    readings: list[tuple[Any, ...]] = []
    for hour in _steps(planted.begin, planted.end, HOUR):
        values = [(at, flow(at)) for at in _steps(hour, hour + HOUR, STEP)]
        only = [value for _, value in values]
        hours.append((device, "flow_l_s", hour, min(only), fmean(only), max(only), len(only)))
        if hour >= planted.week_from:
            readings += [(device, "flow_l_s", at, value, at, grid, False) for at, value in values]
    with psycopg.connect(dsn, autocommit=True) as connection, connection.cursor() as cursor:
        _copy(cursor, "readings_rollup (device_id, quantity, hour, min, avg, max, count)", hours)
        _copy(cursor, "readings (device_id, quantity, measured_at, value, received_at, grid, late)", readings)
    return planted


def label_leak(api: Api, planted: Weeks) -> None:
    """Say that there was a leak, which nobody's alert told of."""
    with psycopg.connect(api.dsn) as connection:
        connection.execute(
            """INSERT INTO labels
                   (label_id, rule, subject, grid, since, until, verdict, source, said_by, said_at, stored_at)
               VALUES (gen_random_uuid(), 'water.leak', %s, '02', %s, %s, 'missed', 'drawn', 'Li', %s, %s)""",
            (planted.device, planted.leak_from, planted.end, planted.end, planted.end),
        )


def _steps(begin: datetime, end: datetime, step: timedelta) -> Iterator[datetime]:
    at = begin
    while at < end:
        yield at
        at += step


def _copy(cursor: psycopg.Cursor[Any], into: str, rows: list[tuple[Any, ...]]) -> None:
    with cursor.copy(f"COPY {into} FROM STDIN".encode()) as copy:
        for row in rows:
            copy.write_row(row)
