"""Reads readings for a chart: devices, quantities and a stretch of time in, a bounded number of points out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

POINTS = 600  # on a chart of a thousand pixels more cannot be told apart
RAW_FOR = timedelta(hours=36)  # beyond that the hourly roll-up serves
HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Point:
    """What was measured from `at` on for one step."""

    at: datetime
    low: float
    mean: float
    high: float


def series(
    connection: Connection[Any],
    devices: Sequence[str],
    quantities: Sequence[str],
    *,
    begin: datetime,
    end: datetime,
) -> tuple[timedelta, dict[tuple[str, str], list[Point]]]:
    """Return the step, and the points of each device and quantity of which there are any."""
    found: defaultdict[tuple[str, str], list[Point]] = defaultdict(list)
    long = end - begin > RAW_FOR
    step = HOUR if long else max(timedelta(seconds=1), (end - begin) / POINTS)
    query = _HOURLY if long else _RAW
    rows = connection.execute(
        query, {"devices": list(devices), "quantities": list(quantities), "begin": begin, "end": end, "step": step}
    )
    for device_id, quantity, at, low, mean, high in rows:
        found[device_id, quantity].append(Point(at, low, mean, high))
    return step, dict(found)


_RAW = """SELECT device_id, quantity, date_bin(%(step)s, measured_at, %(begin)s) AS bin,
                 min(value), avg(value), max(value)
          FROM readings
          WHERE device_id = ANY(%(devices)s) AND quantity = ANY(%(quantities)s)
                AND measured_at >= %(begin)s AND measured_at <= %(end)s
          GROUP BY device_id, quantity, bin ORDER BY device_id, quantity, bin"""
_HOURLY = """SELECT device_id, quantity, hour, min, avg, max FROM readings_hourly
             WHERE device_id = ANY(%(devices)s) AND quantity = ANY(%(quantities)s)
                   AND hour >= %(begin)s AND hour <= %(end)s
             ORDER BY device_id, quantity, hour"""
