"""Takes device or camera ids, gives what was last heard of them and which alerts stand open on them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.people.caller import Reach
from hub.store.reach import ALERT_IN_REACH, reach_values
from ingest.observation import Quantity

LOOK_BACK = timedelta(days=1)  # older readings say nothing of the present, and their chunks need not be touched
EARLY = timedelta(hours=1)  # a device clock may run ahead a little


@dataclass(frozen=True, slots=True)
class LastValue:
    """The newest value of one quantity."""

    quantity: str
    value: float
    measured_at: datetime
    received_at: datetime


@dataclass(slots=True)
class Heard:
    """What was last heard of one device or camera within the last day."""

    values: list[LastValue] = field(default_factory=list)
    online: bool | None = None
    outage: str = ""
    frame_at: datetime | None = None
    frame_boxes: int = 0
    last_heard: datetime | None = None

    def note(self, at: datetime) -> None:
        """Take `at` as a time something was received."""
        self.last_heard = at if self.last_heard is None else max(self.last_heard, at)


@dataclass(frozen=True, slots=True)
class OpenAlert:
    """An active alert as far as the state of a device needs it."""

    alert_id: UUID
    rule: str
    severity: str
    subject: str
    grid: str
    members: tuple[str, ...]
    camera_id: str | None


def heard_of(connection: Connection[Any], ids: Sequence[str], at: datetime) -> dict[str, Heard]:
    """Return what was heard of each of `ids` within the day before `at`; an entry for every id.

    One probe of the primary key per device and quantity: however many readings there are, it costs the same.
    """
    found = {device_id: Heard() for device_id in ids}
    rows = connection.execute(
        """SELECT d.device_id, q.quantity, r.value, r.measured_at, r.received_at
           FROM unnest(%(ids)s::text[]) AS d (device_id), unnest(%(quantities)s::text[]) AS q (quantity)
           CROSS JOIN LATERAL (
               SELECT value, measured_at, received_at FROM readings
               WHERE readings.device_id = d.device_id AND readings.quantity = q.quantity
                     AND measured_at > %(from)s AND measured_at <= %(to)s
               ORDER BY measured_at DESC LIMIT 1) AS r
           ORDER BY d.device_id, q.quantity""",
        {
            "ids": list(ids),
            "quantities": [quantity.value for quantity in Quantity],
            "from": at - LOOK_BACK,
            "to": at + EARLY,
        },
    )
    for device_id, quantity, value, measured_at, received_at in rows:
        found[device_id].values.append(LastValue(quantity, value, measured_at, received_at))
        found[device_id].note(received_at)
    rows = connection.execute(
        """SELECT d.device_id, s.online, s.outage, s.received_at
           FROM unnest(%s::text[]) AS d (device_id)
           CROSS JOIN LATERAL (
               SELECT online, outage, received_at FROM statuses WHERE statuses.device_id = d.device_id
               ORDER BY reported_at DESC, received_at DESC LIMIT 1) AS s""",
        (list(ids),),
    )
    for device_id, online, outage, received_at in rows:
        heard = found[device_id]
        heard.online, heard.outage = online, outage
        heard.note(received_at)
    return found


def frames_of(connection: Connection[Any], found: dict[str, Heard], at: datetime) -> None:
    """Add each camera's newest frame of the day before `at` to `found`."""
    rows = connection.execute(
        """SELECT c.camera_id, f.captured_at, f.received_at, f.boxes
           FROM unnest(%s::text[]) AS c (camera_id)
           CROSS JOIN LATERAL (
               SELECT captured_at, received_at, jsonb_array_length(boxes) AS boxes FROM frames
               WHERE frames.camera_id = c.camera_id AND captured_at > %s AND captured_at <= %s
               ORDER BY captured_at DESC LIMIT 1) AS f""",
        (list(found), at - LOOK_BACK, at + EARLY),
    )
    for camera_id, captured_at, received_at, boxes in rows:
        heard = found[camera_id]
        heard.frame_at, heard.frame_boxes = captured_at, boxes
        heard.note(received_at)


def open_alerts(connection: Connection[Any], reach: Reach) -> list[OpenAlert]:
    """Return every active alert within `reach`, the oldest first."""
    rows = connection.execute(
        f"""SELECT alert_id, rule, severity, subject, grid, members, camera_id FROM alerts
            WHERE condition = 'active' AND {ALERT_IN_REACH} ORDER BY raised_at, alert_id""".encode(),
        reach_values(reach),
    )
    return [
        OpenAlert(alert_id, rule, severity, subject, grid, tuple(members), camera_id)
        for alert_id, rule, severity, subject, grid, members, camera_id in rows
    ]


def by_subject(alerts: Sequence[OpenAlert]) -> dict[str, list[OpenAlert]]:
    """Return the alerts by each device, camera or other subject that they speak for."""
    found: dict[str, list[OpenAlert]] = defaultdict(list)
    for alert in alerts:
        # A dark circuit is itself a subject and speaks for its lamps; a stall is a place and speaks for its camera.
        names = {alert.subject, *alert.members, *([alert.camera_id] if alert.camera_id else [])}
        for name in names:
            found[name].append(alert)
    return found
