"""Reads what the public is told of: the records of alerts by rules that are public, acknowledged by somebody."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.dispatch.cap import Event
from hub.people.caller import Reach
from hub.store.reach import ALERT_IN_REACH, reach_values


def records_of(connection: Connection[Any], alerts: Sequence[UUID]) -> dict[UUID, list[Event]]:
    """Return everything that the feed tells of those alerts, each in order."""
    found: defaultdict[UUID, list[Event]] = defaultdict(list)
    if alerts:
        rows = connection.execute(
            "SELECT alert_id, at, alert FROM feed WHERE alert_id = ANY(%s) ORDER BY seq", (list(alerts),)
        )
        for alert_id, at, document in rows:
            found[alert_id].append(Event(at=at, alert=document))
    return found


def public_alerts(
    connection: Connection[Any], rules: Sequence[str], *, since: datetime, reach: Reach, limit: int
) -> list[tuple[UUID, str, str | None]]:
    """Return id, subject and camera of acknowledged alerts by those rules or domains, the newest first.

    They are active, or something has happened to them `since`.
    """
    query = f"""SELECT alert_id, subject, camera_id FROM alerts
                WHERE (rule = ANY(%(rules)s) OR split_part(rule, '.', 1) = ANY(%(rules)s)) AND acknowledged
                      AND (condition = 'active' OR updated_at >= %(since)s) AND {ALERT_IN_REACH}
                ORDER BY raised_at DESC, alert_id DESC LIMIT %(limit)s"""
    values = {"rules": list(rules), "since": since, "limit": limit, **reach_values(reach)}
    return [(row[0], row[1], row[2]) for row in connection.execute(query.encode(), values)]
