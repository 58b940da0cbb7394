"""Deliveries as they are read: listed, one by one, and summed up for each endpoint."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection
from psycopg.rows import class_row

from hub.people.caller import EVERYWHERE, Reach

_COLUMNS = """delivery_id, endpoint_id, seq, type, lane, grid, state, queued_at, attempts, first_tried_at,
    last_tried_at, next_at, ended_at, status_code, outcome, snippet, took_s"""
_IN_REACH = """(%(grids)s::text[] IS NULL OR grid = ANY(%(grids)s))
    AND (%(department)s::text IS NULL OR lane LIKE 'alert/%%' OR %(department)s = ANY(departments))"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One item of the feed on its way to one endpoint."""

    delivery_id: int
    endpoint_id: UUID
    seq: int
    type: str
    lane: str
    grid: str
    state: str
    queued_at: datetime
    attempts: int
    first_tried_at: datetime | None
    last_tried_at: datetime | None
    next_at: datetime | None
    ended_at: datetime | None
    status_code: int | None
    outcome: str | None
    snippet: str | None
    took_s: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What waits for an endpoint, and what is dead."""

    pending: int = 0
    dead: int = 0
    oldest_pending_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFilter:
    """Which deliveries; what is None asks for nothing."""

    endpoint_id: UUID | None = None
    state: str | None = None
    lane: str | None = None
    seq: int | None = None


def list_deliveries(
    connection: Connection[Any], wanted: DeliveryFilter, *, below: int | None, limit: int, reach: Reach = EVERYWHERE
) -> list[Delivery]:
    """Return up to `limit` deliveries with a number below `below`, the newest first."""
    with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        return cursor.execute(
            f"""SELECT {_COLUMNS} FROM deliveries
                WHERE (%(endpoint)s::uuid IS NULL OR endpoint_id = %(endpoint)s)
                  AND (%(state)s::text IS NULL OR state = %(state)s)
                  AND (%(lane)s::text IS NULL OR lane = %(lane)s)
                  AND (%(seq)s::bigint IS NULL OR seq = %(seq)s)
                  AND (%(below)s::bigint IS NULL OR delivery_id < %(below)s)
                  AND {_IN_REACH}
                ORDER BY delivery_id DESC LIMIT %(limit)s""".encode(),
            {
                "endpoint": wanted.endpoint_id,
                "state": wanted.state,
                "lane": wanted.lane,
                "seq": wanted.seq,
                "below": below,
                "limit": limit,
                "grids": reach.grid_list(),
                "department": reach.department,
            },
        ).fetchall()


def find_delivery(connection: Connection[Any], delivery_id: int, reach: Reach = EVERYWHERE) -> Delivery | None:
    """Return one delivery within `reach`, or None."""
    with connection.cursor(row_factory=class_row(Delivery)) as cursor:
        return cursor.execute(
            f"SELECT {_COLUMNS} FROM deliveries WHERE delivery_id = %(id)s AND {_IN_REACH}".encode(),
            {"id": delivery_id, "grids": reach.grid_list(), "department": reach.department},
        ).fetchone()


def loads(connection: Connection[Any]) -> dict[UUID, Load]:
    """Return what waits for each endpoint that anything waits for or is dead of."""
    rows = connection.execute(
        """SELECT endpoint_id, count(*) FILTER (WHERE state = 'pending'), count(*) FILTER (WHERE state = 'dead'),
                  min(queued_at) FILTER (WHERE state = 'pending')
           FROM deliveries WHERE state IN ('pending', 'dead') GROUP BY endpoint_id"""
    )
    return {
        endpoint_id: Load(pending=pending, dead=dead, oldest_pending_at=oldest)
        for endpoint_id, pending, dead, oldest in rows
    }


def first_not_handed_on(connection: Connection[Any], cursor: int) -> datetime | None:
    """Return the time of the first item of the feed above an endpoint's cursor; None when there is none."""
    row = connection.execute("SELECT at FROM feed WHERE seq > %s ORDER BY seq LIMIT 1", (cursor,)).fetchone()
    return None if row is None else row[0]
