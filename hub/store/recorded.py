"""What was recorded: grids and a span of receiving in, the observations in the order they were received in out.

Reading happens in a snapshot on a connection of its own with cursors on the server, so a year takes no more memory
than a minute, and a writer beside it changes nothing. Observations that were received in the same microsecond come
in the order (time, device, quantity), which is the order in which a detector folds them.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Any, LiteralString
from zoneinfo import ZoneInfo

from psycopg import Connection

from detectors.overrides import Overridden
from detectors.thresholds_telemetry import Leak
from hub.config.load import Configuration
from hub.store.rows import box_from
from hub.store.session import connect, unavailable
from ingest.city import DeviceKind
from ingest.observation import Frame, Observation, Quantity, Reading, Status

Recorded = tuple[Observation, bool]  # with `late`: it was stored, not judged
_Keyed = tuple[tuple[datetime, int, datetime, str, str], Recorded]

_QUANTITIES = {quantity.value: quantity for quantity in Quantity}
_ROWS_A_TRIP = 5000

_SPAN: LiteralString = """
    received_at >= %(begin)s AND received_at < %(end)s AND (%(grids)s::text[] IS NULL OR grid = ANY(%(grids)s))"""
_DEVICES: LiteralString = "(%(names)s::text[] IS NULL OR device_id = ANY(%(names)s))"
_CAMERAS: LiteralString = "(%(names)s::text[] IS NULL OR camera_id = ANY(%(names)s))"
_READINGS: LiteralString = f"""
    SELECT device_id, quantity, value, measured_at, received_at, late FROM readings WHERE {_SPAN} AND {_DEVICES}
    ORDER BY received_at, measured_at, device_id, quantity"""
_STATUSES: LiteralString = f"""
    SELECT device_id, online, reported_at, received_at, retained, outage FROM statuses WHERE {_SPAN} AND {_DEVICES}
    ORDER BY received_at, reported_at, device_id"""
_FRAMES: LiteralString = f"""
    SELECT camera_id, captured_at, received_at, late, boxes FROM frames WHERE {_SPAN} AND {_CAMERAS}
    ORDER BY received_at, captured_at, camera_id"""

# One short index scan for each device and night.
_NIGHTS: LiteralString = """
    SELECT r.device_id, r.quantity, r.value, r.measured_at, r.received_at, r.late
    FROM unnest(%(devices)s::text[]) AS device (id)
    CROSS JOIN unnest(%(begins)s::timestamptz[], %(ends)s::timestamptz[]) AS night (begins, ends)
    CROSS JOIN LATERAL (
        SELECT * FROM readings
        WHERE device_id = device.id AND quantity = %(quantity)s
          AND measured_at >= night.begins AND measured_at < night.ends) AS r
    WHERE r.received_at < %(begin)s
    ORDER BY r.received_at, r.measured_at, r.device_id, r.quantity"""


def recorded(
    dsn: str,
    grids: Sequence[str] | None,
    received_from: datetime,
    received_to: datetime,
    *,
    nights_of: Configuration | None = None,
    names: Sequence[str] | None = None,
) -> Iterator[Recorded]:
    """Yield what was received in [from, to) for those grids (None: all), each with its `late`.

    `names` are the devices and cameras whose observations are wanted (None: all).
    With `nights_of`, the flows of the nights before come first: those whose windows the configuration's leak rule
    takes its baseline from, as far as they were received before the span.
    """
    span = {"begin": received_from, "end": received_to, "grids": None if grids is None else list(grids)}
    span["names"] = None if names is None else list(names)
    with connect(dsn) as connection, unavailable(), connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        if nights_of is not None:
            for _, one in _nights(connection, grids, nights_of, received_from):
                yield one
        streams = (
            _readings(connection, "recorded_readings", _READINGS, span),
            _statuses(connection, span),
            _frames(connection, span),
        )
        for _, one in heapq.merge(*streams, key=lambda keyed: keyed[0]):
            yield one


def night_windows(
    before: datetime, *, zone: ZoneInfo, nights: int, from_hour: float, to_hour: float
) -> list[tuple[datetime, datetime]]:
    """Return the windows of the last so many nights that had begun by then, oldest first, in UTC."""
    today = before.astimezone(zone).date()
    windows = []
    for back in range(nights, -1, -1):
        midnight = datetime.combine(today - timedelta(days=back), time(0), zone)
        begin, end = (_at_hour(midnight, hour) for hour in (from_hour, to_hour))
        if begin < before:
            windows.append((begin, end))
    return windows[-nights:]


def _at_hour(midnight: datetime, hour: float) -> datetime:
    # Wall-clock arithmetic on an aware local time, then to UTC: 02:00 stays 02:00 on days when clocks change.
    return (midnight + timedelta(hours=hour)).astimezone(UTC)


def _nights(
    connection: Connection[Any], grids: Sequence[str] | None, configuration: Configuration, before: datetime
) -> Iterator[_Keyed]:
    city, overridden = configuration.city, Overridden(configuration.thresholds, configuration.city)
    sharing: dict[Leak, list[str]] = {}  # devices by the leak rule that judges them
    for device in city.devices.values():
        if device.kind is DeviceKind.WATER and (grids is None or device.grid in grids):
            leak = overridden.of("water.leak", device.device_id).water.leak
            sharing.setdefault(leak, []).append(device.device_id)
    for leak, devices in sharing.items():
        windows = night_windows(
            before,
            zone=ZoneInfo(city.timezone),
            nights=leak.nights + 1,  # the last one is judged against those before it
            from_hour=leak.from_hour,
            to_hour=leak.to_hour,
        )
        parameters = {
            "devices": devices,
            "begins": [begin for begin, _ in windows],
            "ends": [end for _, end in windows],
            "quantity": Quantity.FLOW_L_S.value,
            "begin": before,
        }
        yield from _readings(connection, "recorded_nights", _NIGHTS, parameters)


def _readings(
    connection: Connection[Any], name: str, query: LiteralString, parameters: dict[str, Any]
) -> Iterator[_Keyed]:
    for device_id, text, value, measured_at, received_at, late in _rows(connection, name, query, parameters):
        quantity = _QUANTITIES.get(text)
        if quantity is not None:  # one that an older version knew is of no use to any detector of this one
            reading = Reading(device_id, quantity, value, measured_at, received_at)
            yield (received_at, 0, measured_at, device_id, text), (reading, late)


def _statuses(connection: Connection[Any], span: dict[str, Any]) -> Iterator[_Keyed]:
    for row in _rows(connection, "recorded_statuses", _STATUSES, span):
        status = Status(*row)
        yield (status.received_at, 1, status.reported_at, status.device_id, ""), (status, False)


def _frames(connection: Connection[Any], span: dict[str, Any]) -> Iterator[_Keyed]:
    for camera_id, captured_at, received_at, late, boxes in _rows(connection, "recorded_frames", _FRAMES, span):
        frame = Frame(camera_id, captured_at, tuple(map(box_from, boxes)), received_at)
        yield (received_at, 2, captured_at, camera_id, ""), (frame, late)


def _rows(
    connection: Connection[Any], name: str, query: LiteralString, parameters: dict[str, Any]
) -> Iterator[tuple[Any, ...]]:
    with connection.cursor(name=name) as cursor:
        cursor.itersize = _ROWS_A_TRIP
        cursor.execute(query, parameters)
        yield from cursor
