"""Takes where to go on, gives the messages that could not be read, the newest first; one of them with its bytes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.rows import class_row

_COLUMNS = """id, received_at, topic, reason, detail, grid, entry, replayed_at, times, last_received_at,
              octet_length(payload) AS size, {payload} AS payload"""
PREVIEW_BYTES = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarantinedRow:
    """One message or entry of one; `payload` is its beginning in a listing, the whole where it was asked for alone."""

    id: int
    received_at: datetime
    topic: str
    reason: str
    detail: str
    grid: str
    entry: int | None
    replayed_at: datetime | None
    times: int
    last_received_at: datetime
    size: int
    payload: bytes


def quarantine_page(
    connection: Connection[Any], *, reason: str | None, waiting: bool | None, below: int | None, limit: int
) -> list[QuarantinedRow]:
    """Return up to `limit` rows with ids falling from `below`; `waiting` False asks for replayed ones."""
    columns = _COLUMNS.format(payload=f"substring(payload FROM 1 FOR {PREVIEW_BYTES})")
    with connection.cursor(row_factory=class_row(QuarantinedRow)) as cursor:
        return cursor.execute(
            f"""SELECT {columns} FROM quarantine
                WHERE (%(reason)s::text IS NULL OR reason = %(reason)s)
                      AND (%(waiting)s::boolean IS NULL OR (replayed_at IS NULL) = %(waiting)s)
                      AND (%(below)s::bigint IS NULL OR id < %(below)s)
                ORDER BY id DESC LIMIT %(limit)s""".encode(),
            {"reason": reason, "waiting": waiting, "below": below, "limit": limit},
        ).fetchall()


def quarantined(connection: Connection[Any], row_id: int) -> QuarantinedRow | None:
    """Return one row with its whole payload, or None."""
    with connection.cursor(row_factory=class_row(QuarantinedRow)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS.format(payload='payload')} FROM quarantine WHERE id = %s".encode(), (row_id,)
        ).fetchone()
