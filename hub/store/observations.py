"""Observations into the database: readings, frames and statuses in, how many were new of each grid and hour out.

Rows travel as arrays in one statement; a thousand readings or more by COPY into a temporary table, which costs this
process a third of the time for each (docs/decisions/store-writes.md has the figures).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, LiteralString

from psycopg import Connection

from hub.store.rows import box_document, dumps
from ingest.observation import Frame, Reading, Status

Tally = Counter[tuple[str, datetime]]  # (grid, hour of receiving) -> observations

COPY_FROM = 1000  # readings

_READINGS_FROM: LiteralString = """
    WITH fresh AS (
        INSERT INTO readings (device_id, quantity, measured_at, value, received_at, grid, late)
        SELECT * FROM {}
        ON CONFLICT DO NOTHING
        RETURNING grid, received_at)
    SELECT grid, date_trunc('hour', received_at, 'UTC'), count(*) FROM fresh GROUP BY 1, 2"""
_READINGS = _READINGS_FROM.format(
    "unnest(%b::text[], %b::text[], %b::timestamptz[], %b::float8[], %b::timestamptz[], %b::text[], %b::bool[])"
)
_INCOMING = """
    CREATE TEMPORARY TABLE IF NOT EXISTS incoming_readings (
        device_id text, quantity text, measured_at timestamptz, value float8, received_at timestamptz, grid text,
        late boolean) ON COMMIT DELETE ROWS"""
_INCOMING_TYPES = ("text", "text", "timestamptz", "float8", "timestamptz", "text", "bool")
_READINGS_INCOMING = _READINGS_FROM.format("incoming_readings")

_FRAMES = """
    WITH fresh AS (
        INSERT INTO frames (camera_id, captured_at, received_at, grid, late, boxes)
        SELECT * FROM unnest(%s::text[], %s::timestamptz[], %s::timestamptz[], %s::text[], %s::bool[], %s::jsonb[])
        ON CONFLICT DO NOTHING
        RETURNING grid, received_at)
    SELECT grid, date_trunc('hour', received_at, 'UTC'), count(*) FROM fresh GROUP BY 1, 2"""

_STATUSES = """
    WITH fresh AS (
        INSERT INTO statuses (device_id, reported_at, online, retained, outage, received_at, grid)
        SELECT * FROM unnest(
            %s::text[], %s::timestamptz[], %s::bool[], %s::bool[], %s::text[], %s::timestamptz[], %s::text[])
        ON CONFLICT DO NOTHING
        RETURNING grid, received_at)
    SELECT grid, date_trunc('hour', received_at, 'UTC'), count(*) FROM fresh GROUP BY 1, 2"""


def insert_readings(connection: Connection[Any], rows: Sequence[tuple[Reading, str, bool]]) -> Tally:
    """Store the readings that are not there yet; return how many those were."""
    if not rows:
        return Counter()
    if len(rows) >= COPY_FROM:
        return _copy_readings(connection, rows)
    columns = (
        [reading.device_id for reading, _, _ in rows],
        # Plain strings: psycopg dumps an Enum by its name, and slowly.
        [reading.quantity.value for reading, _, _ in rows],
        [reading.measured_at for reading, _, _ in rows],
        [reading.value for reading, _, _ in rows],
        [reading.received_at for reading, _, _ in rows],
        [grid for _, grid, _ in rows],
        [late for _, _, late in rows],
    )
    return _tally(connection.execute(_READINGS, columns, prepare=True))


def _copy_readings(connection: Connection[Any], rows: Sequence[tuple[Reading, str, bool]]) -> Tally:
    connection.execute(_INCOMING)
    with connection.cursor() as cursor:
        with cursor.copy("COPY incoming_readings FROM STDIN (FORMAT binary)") as copy:
            copy.set_types(_INCOMING_TYPES)
            write = copy.write_row
            for reading, grid, late in rows:
                write(
                    (
                        reading.device_id,
                        reading.quantity.value,
                        reading.measured_at,
                        reading.value,
                        reading.received_at,
                        grid,
                        late,
                    )
                )
        return _tally(cursor.execute(_READINGS_INCOMING, prepare=True))


def insert_frames(connection: Connection[Any], rows: Sequence[tuple[Frame, str, bool]]) -> Tally:
    """Store the frames that are not there yet; return how many those were."""
    if not rows:
        return Counter()
    columns = (
        [frame.camera_id for frame, _, _ in rows],
        [frame.captured_at for frame, _, _ in rows],
        [frame.received_at for frame, _, _ in rows],
        [grid for _, grid, _ in rows],
        [late for _, _, late in rows],
        [dumps([box_document(box) for box in frame.boxes]) for frame, _, _ in rows],
    )
    return _tally(connection.execute(_FRAMES, columns, prepare=True))


def insert_statuses(connection: Connection[Any], rows: Sequence[tuple[Status, str]]) -> Tally:
    """Store the statuses that are not there yet; return how many those were."""
    if not rows:
        return Counter()
    columns = (
        [status.device_id for status, _ in rows],
        [status.reported_at for status, _ in rows],
        [status.online for status, _ in rows],
        [status.retained for status, _ in rows],
        [status.outage for status, _ in rows],
        [status.received_at for status, _ in rows],
        [grid for _, grid in rows],
    )
    return _tally(connection.execute(_STATUSES, columns, prepare=True))


def tally(received: Iterable[tuple[str, datetime]]) -> Tally:
    """Count (grid, received_at) by grid and hour."""
    by_instant = Counter(received)  # the observations of one message share one instant: truncate once for all
    counts: Tally = Counter()
    for (grid, at), count in by_instant.items():
        counts[grid, at.replace(minute=0, second=0, microsecond=0)] += count
    return counts


def _tally(rows: Iterable[tuple[str, datetime, int]]) -> Tally:
    return Counter({(grid, hour): count for grid, hour, count in rows})
