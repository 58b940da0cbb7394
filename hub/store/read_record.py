"""Reads the record of one alert: what happened to it, entry by entry, and what differs from the hash-linked chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import Connection

from hub.people.caller import Reach
from hub.store.chain import verify
from hub.store.reach import may_see_alert


@dataclass(frozen=True, slots=True)
class RecordEntry:
    """One entry of the record, with the alert as it was after it, and who did it; None: no person."""

    seq: int
    type: str
    at: datetime
    alert: dict[str, Any]
    by: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """The entries in their order, and in words what differs from the chain; nothing where all agrees."""

    entries: tuple[RecordEntry, ...]
    differences: tuple[str, ...]


def record_of(connection: Connection[Any], alert_id: UUID, *, reach: Reach) -> Record | None:
    """Return the record of an alert within `reach`, or None; to be called first in a transaction."""
    checked = verify(connection, alert_id)
    if not may_see_alert(connection, alert_id, reach):
        return None
    rows = connection.execute("SELECT seq, type, at, alert FROM feed WHERE alert_id = %s ORDER BY seq", (alert_id,))
    found = rows.fetchall()
    # An order is audited in the transaction that carries it out, with the revision it made.
    audited = connection.execute(
        "SELECT (detail ->> 'revision')::int, actor FROM audit WHERE target = %s AND detail ? 'revision'",
        (f"alert/{alert_id}",),
    )
    actors: dict[int, str] = dict(audited.fetchall())
    return Record(
        entries=tuple(
            RecordEntry(seq, kind, at, alert, actors.get(alert["revision"])) for seq, kind, at, alert in found
        ),
        differences=tuple(problem.text for problem in checked.problems),
    )
