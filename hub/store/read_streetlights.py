"""Takes lamps, gives the newest power and switch state of each within a day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection

from hub.store.read_city import EARLY, LOOK_BACK
from ingest.observation import Quantity


@dataclass(slots=True)
class LampValues:
    """What a lamp last said, and when it measured the newest of it."""

    power_w: float | None = None
    lamp_on: float | None = None
    at: datetime | None = None


def lamp_values(connection: Connection[Any], lamps: Sequence[str], at: datetime) -> dict[str, LampValues]:
    """Return what each of `lamps` said last within the day before `at`; an entry for every one.

    One probe of the primary key for each lamp and quantity, however many readings there are.
    """
    found = {lamp: LampValues() for lamp in lamps}
    rows = connection.execute(
        """SELECT d.device_id, q.quantity, r.value, r.measured_at
           FROM unnest(%(ids)s::text[]) AS d (device_id), unnest(%(quantities)s::text[]) AS q (quantity)
           CROSS JOIN LATERAL (
               SELECT value, measured_at FROM readings
               WHERE readings.device_id = d.device_id AND readings.quantity = q.quantity
                     AND measured_at > %(from)s AND measured_at <= %(to)s
               ORDER BY measured_at DESC LIMIT 1) AS r""",
        {
            "ids": list(lamps),
            "quantities": [Quantity.POWER_W.value, Quantity.LAMP_ON.value],
            "from": at - LOOK_BACK,
            "to": at + EARLY,
        },
    )
    for lamp, quantity, value, measured_at in rows:
        values = found[lamp]
        if quantity == Quantity.POWER_W.value:
            values.power_w = value
        else:
            values.lamp_on = value
        values.at = measured_at if values.at is None else max(values.at, measured_at)
    return found
