"""Hourly aggregates where the edition has no continuous aggregates: readings in, rows of `readings_rollup` out."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from psycopg import Connection

# Readings are rolled up again for this long after they were received: a batch that had to wait for the database
# commits with the older time at which it was received.
_SETTLING = timedelta(hours=2)
_HOURS_AT_ONCE = 24


def roll_up(connection: Connection[Any], now: datetime) -> int:
    """Bring the aggregates of every hour up to date of which readings have come since the last time; return how many.

    An hour is computed anew as a whole, so a late reading finds its way in and a repeat changes nothing.
    """
    hours = [
        hour
        for (hour,) in connection.execute(
            """SELECT DISTINCT date_trunc('hour', measured_at, 'UTC') FROM readings
               WHERE received_at >= (SELECT received_until FROM rollup_progress) ORDER BY 1"""
        )
    ]
    for begin in range(0, len(hours), _HOURS_AT_ONCE):
        with connection.transaction():
            for hour in hours[begin : begin + _HOURS_AT_ONCE]:
                _roll_up_hour(connection, hour)
    connection.execute("UPDATE rollup_progress SET received_until = greatest(received_until, %s)", (now - _SETTLING,))
    return len(hours)


def _roll_up_hour(connection: Connection[Any], hour: datetime) -> None:
    connection.execute(
        """INSERT INTO readings_rollup (device_id, quantity, hour, min, avg, max, count)
           SELECT device_id, quantity, %(hour)s, min(value), avg(value), max(value), count(*) FROM readings
           WHERE measured_at >= %(hour)s AND measured_at < %(end)s GROUP BY device_id, quantity
           ON CONFLICT (device_id, quantity, hour) DO UPDATE SET
               min = excluded.min, avg = excluded.avg, max = excluded.max, count = excluded.count""",
        {"hour": hour, "end": hour + timedelta(hours=1)},
    )
