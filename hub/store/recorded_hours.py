"""Devices, quantities and a moment in; what was received of them before it, added up by the hour of measuring, out.

The sums are those that the fold itself would have made of the same readings, to the last digit: whole ten-thousandths,
late and impossible values left out. One index scan for each device and quantity.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from psycopg import Connection

from detectors.baseline import SCALE, HourSums, Sums
from detectors.judge import HoursWanted
from ingest.observation import Quantity

# rint() rounds halves to even as Python does, and the product of two doubles is the same in both.
_HOURS = f"""
    SELECT device.id, wanted.quantity, hourly.* FROM unnest(%(devices)s::text[]) AS device (id)
    CROSS JOIN unnest(%(quantities)s::text[], %(lows)s::float8[], %(highs)s::float8[]) AS wanted (quantity, low, high)
    CROSS JOIN LATERAL (
        SELECT date_trunc('hour', measured_at, 'UTC') AS hour, sum(round(value * {SCALE}.0::float8)::bigint)::bigint,
               count(*), min(value), max(value),
               bit_or(1 << (extract(epoch FROM measured_at)::bigint %% 3600 / 900)::int)
        FROM readings
        WHERE device_id = device.id AND quantity = wanted.quantity
          AND measured_at >= %(begin)s AND measured_at < %(until)s + interval '1 hour'
          AND received_at < %(until)s AND NOT late AND value >= wanted.low AND value <= wanted.high
        GROUP BY hour) AS hourly
    ORDER BY hourly.hour, device.id, wanted.quantity"""


def recorded_hours(connection: Connection[Any], wanted: Sequence[HoursWanted], until: datetime) -> list[HourSums]:
    """Return the hours of all of `wanted`, in order, as far as they were received before `until`."""
    found: list[HourSums] = []
    for one in wanted:
        ranges = [one.ranges.get(quantity, (float("-inf"), float("inf"))) for quantity in one.quantities]
        rows = connection.execute(
            _HOURS.encode(),
            {
                "devices": list(one.devices),
                "quantities": [quantity.value for quantity in one.quantities],
                "lows": [low for low, _ in ranges],
                "highs": [high for _, high in ranges],
                "begin": until - one.back,
                "until": until,
            },
        )
        for device_id, quantity, hour, total, count, low, high, quarters in rows:
            found.append(HourSums(device_id, Quantity(quantity), hour, Sums(int(total), count, low, high, quarters)))
    return found
