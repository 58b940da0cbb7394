"""What a shadow would have raised beside what was raised, as far as it was followed and as far as a caller sees."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, LiteralString
from uuid import UUID

from psycopg import Connection

from hub.alerts.alert import Alert
from hub.people.caller import EVERYWHERE, Reach
from hub.store.rows import ALERT_SELECT, alert_from_row
from hub.store.shadows import SHADOW_ALERT_SELECT, shadow_alert

MOST = 2000  # alerts of one side

# Both sides over the same time: from the shadow's beginning as far as each grid was followed.
_SPAN: LiteralString = """shadow_grids.shadow_id = %(id)s AND shadows.shadow_id = %(id)s
    AND {side}.grid = shadow_grids.grid AND {side}.raised_at >= shadows.started_at
    AND {side}.raised_at < shadow_grids.followed_until
    AND (%(reach)s::text[] IS NULL OR {side}.grid = ANY(%(reach)s::text[]))"""
_CANDIDATE = _SPAN.replace("{side}", "shadow_alerts") + " AND shadow_alerts.shadow_id = %(id)s AND NOT is_inherited"
_LIVE = _SPAN.replace("{side}", "alerts") + " AND alerts.known_at >= shadows.started_at"


@dataclass(frozen=True, slots=True)
class Hour:
    """One hour: alarms as they were, and as the candidate would have had them."""

    at: datetime
    base: int
    candidate: int


def both_sides(
    connection: Connection[Any], shadow_id: UUID, *, reach: Reach = EVERYWHERE, most: int = MOST
) -> tuple[list[Alert], list[Alert], bool]:
    """Return what was raised, what the shadow would have raised, and whether older ones were left off."""
    values = {"id": shadow_id, "reach": reach.grid_list(), "most": most + 1}
    live = [
        alert_from_row(row)
        for row in connection.execute(
            f"""SELECT {ALERT_SELECT} FROM alerts, shadows, shadow_grids WHERE {_LIVE}
                ORDER BY alerts.raised_at DESC LIMIT %(most)s""".encode(),
            values,
        )
    ]
    names = ", ".join(f"shadow_alerts.{name}" for name in SHADOW_ALERT_SELECT.split(", "))
    candidate = [
        shadow_alert(row)
        for row in connection.execute(
            f"""SELECT {names} FROM shadow_alerts, shadows, shadow_grids WHERE {_CANDIDATE}
                ORDER BY shadow_alerts.raised_at DESC LIMIT %(most)s""".encode(),
            values,
        )
    ]
    if len(live) <= most and len(candidate) <= most:
        return live, candidate, False
    # What is left off of one side is left off of the other, or it would seem to have vanished.
    oldest = max(side[most - 1].raised_at for side in (live, candidate) if len(side) > most)
    return (
        [each for each in live if each.raised_at >= oldest],
        [each for each in candidate if each.raised_at >= oldest],
        True,
    )


def hours_of(
    connection: Connection[Any], shadow_id: UUID, *, reach: Reach = EVERYWHERE, since: datetime | None = None
) -> list[Hour]:
    """Return how many alarms each hour had on both sides; symptoms held under their cause are none."""
    rows = connection.execute(
        f"""SELECT hour, sum(base)::int, sum(candidate)::int FROM (
                SELECT date_trunc('hour', alerts.raised_at) AS hour, 1 AS base, 0 AS candidate
                FROM alerts, shadows, shadow_grids
                WHERE {_LIVE} AND inhibited_by IS NULL
                  AND alerts.raised_at >= coalesce(%(since)s::timestamptz, '-infinity')
                UNION ALL
                SELECT date_trunc('hour', shadow_alerts.raised_at), 0, 1 FROM shadow_alerts, shadows, shadow_grids
                WHERE {_CANDIDATE} AND inhibited_by IS NULL
                  AND shadow_alerts.raised_at >= coalesce(%(since)s::timestamptz, '-infinity')
            ) AS each GROUP BY hour ORDER BY hour""".encode(),
        {"id": shadow_id, "reach": reach.grid_list(), "since": since},
    )
    return [Hour(at, base, candidate) for at, base, candidate in rows]


def alarms_in(connection: Connection[Any], grids: Sequence[str], since: datetime, until: datetime) -> int:
    """Return how many alarms the hub learned of from `since` to `until` in those grids; symptoms held back are none."""
    row = connection.execute(
        """SELECT count(*) FROM alerts
           WHERE grid = ANY(%s) AND known_at >= %s AND known_at <= %s AND inhibited_by IS NULL""",
        (list(grids), since, until),
    ).fetchone()
    return 0 if row is None else int(row[0])


def per_hour_before(
    connection: Connection[Any], grids: Sequence[str], at: datetime, *, over: timedelta = timedelta(days=7)
) -> float | None:
    """Return how many alarms an hour those grids had while somebody listened, in the time before `at`.

    None where less than an hour was listened to.
    """
    row = connection.execute(
        """SELECT extract(epoch FROM sum(upper(span) - lower(span)))::float8 FROM (
               SELECT unnest(range_agg(tstzrange(greatest(since, %(from)s), least(until, %(at)s)))) AS span
               FROM listening
               WHERE since < %(at)s AND until > %(from)s AND (grids IS NULL OR grids && %(grids)s::text[])
           ) AS heard""",
        {"at": at, "from": at - over, "grids": list(grids)},
    ).fetchone()
    heard_s = 0.0 if row is None or row[0] is None else float(row[0])
    if heard_s < 3600.0:
        return None
    return alarms_in(connection, grids, at - over, at) * 3600.0 / heard_s
