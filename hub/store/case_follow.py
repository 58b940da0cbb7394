"""How far the feed was followed for cases, and which open case an alert belongs with."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.alerts.alert import Alert
from hub.alerts.lifecycle import EventType
from hub.cases.recurrence import belongs_with, cameras_in_reach
from hub.store.rows import ALERT_SELECT, alert_from_row
from ingest.city import City

PAGE = 500


@dataclass(frozen=True, slots=True)
class News:
    """One item of the feed that may concern a case."""

    seq: int
    type: EventType
    alert_id: UUID


def followed_to(connection: Connection[Any]) -> int | None:
    """Hold the cursor until the transaction ends and return it; None where another process holds it."""
    row = connection.execute("SELECT seq FROM case_follower FOR UPDATE SKIP LOCKED").fetchone()
    return None if row is None else int(row[0])


def move_on(connection: Connection[Any], seq: int) -> None:
    """Note that the feed was followed up to `seq`."""
    connection.execute("UPDATE case_follower SET seq = %s", (seq,))


def news_after(connection: Connection[Any], seq: int) -> tuple[list[News], int]:
    """Return what was raised and cleared in the next stretch of the feed after `seq`, and where that stretch ends."""
    rows = connection.execute(
        "SELECT seq, type, alert_id FROM feed WHERE seq > %s ORDER BY seq LIMIT %s", (seq, PAGE)
    ).fetchall()
    wanted = (EventType.RAISED, EventType.CLEARED)
    news = [News(number, EventType(kind), alert_id) for number, kind, alert_id in rows if kind in wanted]
    return news, rows[-1][0] if rows else seq


def case_to_join(connection: Connection[Any], city: City, alert: Alert) -> UUID | None:
    """Return the open case that `alert` belongs with, the one opened first; None where there is none.

    It does at the place of one of the case's alerts, at its subject in the same domain, or as a symptom of one.
    """
    members: defaultdict[UUID, list[Alert]] = defaultdict(list)
    query = f"""SELECT {ALERT_SELECT}, case_id FROM alerts JOIN case_alerts USING (alert_id) JOIN cases USING (case_id)
                WHERE case_alerts.open AND (alerts.subject = %(subject)s OR alerts.alert_id = %(cause)s
                    OR (alerts.rule = %(rule)s AND alerts.camera_id = ANY(%(cameras)s)))
                ORDER BY cases.opened_at, case_id"""
    values = {
        "subject": alert.subject,
        "cause": alert.inhibited_by,
        "rule": alert.rule,
        "cameras": cameras_in_reach(city, alert),
    }
    for row in connection.execute(query.encode(), values):
        members[row[-1]].append(alert_from_row(row))
    for case_id, alerts in members.items():
        if any(member.alert_id == alert.inhibited_by for member in alerts) or belongs_with(city, alert, alerts):
            return case_id
    return None
